"""Deadlines ahead as an iCalendar file: whole days, with an alarm two weeks before, and for a licence two months."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from kezek.duties.ahead import Act
from kezek.reports.check_model import AheadView, CheckView
from kezek.reports.check_text import cited_words

if TYPE_CHECKING:
    from icalendar import Calendar

_PRODUCT = "-//Kezek//kezek check//EN"
_ALARM_DAYS = 14
_LICENCE_DAYS = 60
"""A licence takes weeks to get: its end is told this early as well."""


def check_calendar(view: CheckView) -> bytes:
    """Write the deadlines that are ahead and not done as one iCalendar file.

    Guarantees: the same verdict gives the same bytes; a deadline keeps its UID from one day's check to the next, so
    that a calendar updates it; lines end with CR LF and are folded.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", f"Mining duties: {view.operator}")
    written_at = datetime.combine(view.as_of_on, time(), tzinfo=UTC)
    seen: Counter[str] = Counter()
    for one in view.ahead:
        if not one.ahead.done:
            uid = event_uid(one, view.operator)
            seen[uid] += 1
            _add_event(calendar, one, uid if seen[uid] == 1 else f"{seen[uid]}-{uid}", written_at)
    return bytes(calendar.to_ical())


def _add_event(calendar: "Calendar", one: AheadView, uid: str, written_at: datetime) -> None:
    from icalendar import Alarm, Event

    words = one.words.replace("\u00a0", " ")
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", written_at)
    event.add("dtstart", one.ahead.on)
    event.add("dtend", one.ahead.on + timedelta(days=1))
    event.add("summary", words)
    event.add("description", _description(one))
    event.add("transp", "TRANSPARENT")
    event.add("categories", ["Kezek"])
    for days in (_LICENCE_DAYS, _ALARM_DAYS) if one.ahead.act is Act.LICENCE else (_ALARM_DAYS,):
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", words)
        alarm.add("trigger", timedelta(days=-days))
        event.add_component(alarm)
    calendar.add_component(event)


def event_uid(one: AheadView, operator: str) -> str:
    """Name an event by what it is about, not by its day: a day that moves moves the event."""
    ahead = one.ahead
    about = "\n".join((operator, ahead.act.value, ahead.duty, ahead.period, ahead.subject))
    return f"{hashlib.sha256(about.encode()).hexdigest()[:32]}@kezek"


def _description(one: AheadView) -> str:
    cited = cited_words(one.cited) if one.cited else ""
    unsure = "The day itself is not confirmed by any text seen." if one.ahead.unconfirmed else ""
    return "\n".join(filter(None, (cited, unsure, "Written by kezek check.")))
