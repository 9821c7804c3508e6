"""The file of a farm and its marketplace: strict TOML, every key needed, nothing guessed."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from importlib import resources
from itertools import pairwise
from typing import Any

from kezek.market.platform import ApprovalDelay, PlatformRules, Window, drawn_outages, merged
from kezek.planning.at_risk import DeliveryHour, lots_of
from kezek.planning.buyers import Backoff, Person, Script
from kezek.planning.purchasing import PurchasingCase
from kezek.units.calendar import hours_of, local_at
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import Energy, Share
from kezek.units.rounding import PPM

MOST_LOTS = 50_000
MOST_OUTAGES = 100
MOST_AHEAD_DAYS = 7
_LONGEST_S = 48 * 3_600
_MOST_AWARD_WH = 10**10
_KWH_WH = 1_000
_DURATION = re.compile(r"(\d{1,7}) (s|min|h)")
_SECONDS = {"s": 1, "min": 60, "h": 3_600}
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

Read = Callable[[object], Any]


class _Refused(Exception):
    """A value that cannot be used, before its place is known: the last word of the code, what, and a way out."""

    def __init__(self, reason: str, what: str, way_out: str) -> None:
        self.reason, self.what, self.way_out = reason, what, way_out
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class PlatformFile:
    """What a file says, in seconds from the local midnight with which the delivery day begins.

    Args:
        announced: Outages of the file, in order.
        surprise_count: Outages that are drawn, each from `surprise_shortest_s` to `surprise_longest_s`. [s]
    """

    delivery_on: date
    hours: tuple[DeliveryHour, ...]
    rules: PlatformRules
    announced: tuple[Window, ...]
    surprise_count: int
    surprise_shortest_s: int
    surprise_longest_s: int
    person: Person
    script: Script
    backoff: Backoff

    def case(self, *, stream: Stream) -> PurchasingCase:
        """Draw the outages that nobody announced, between the opening and the start of the last hour."""
        surprises = drawn_outages(
            count=self.surprise_count,
            shortest_s=self.surprise_shortest_s,
            longest_s=self.surprise_longest_s,
            within=Window(self.rules.opens_s, self.hours[-1].starts_s),
            stream=stream.child("surprises"),
        )
        return PurchasingCase(
            self.hours, self.rules, self.announced, surprises, self.person, self.script, self.backoff
        )


def example_platform() -> str:
    """Give the text of the file that ships with Kezek, to start one's own from."""
    return (resources.files("kezek.planning") / "examples" / "platform.toml").read_text(encoding="utf-8")


def read_platform(*, text: str, name: str) -> PlatformFile:
    """Read the text of a file.

    Args:
        name: Its name, for refusals.

    Raises:
        InputProblem: planning.platform.*, naming file, table, key and a way out; the first that is wrong.
    """
    tables = _toml(text, name)
    _require_keys("", tables, [*_TABLES, "outage"], ["outage"], name)
    values = {table: _table(table, tables[table], reads, name) for table, reads in _TABLES.items()}
    listed = tables.get("outage", [])
    if not isinstance(listed, list) or len(listed) > MOST_OUTAGES:
        what, way_out = "[[outage]] is no list of tables.", f"Write up to {MOST_OUTAGES} tables headed [[outage]]."
        raise _problem("form", what, name, way_out)
    outages = [_table("outage", one, _OUTAGE, name) for one in listed]
    try:
        return _file(values, outages)
    except _Refused as refused:
        raise _problem(refused.reason, refused.what, name, refused.way_out) from None


def _problem(reason: str, what: str, name: str, way_out: str) -> InputProblem:
    return InputProblem(f"planning.platform.{reason}", what, name, way_out)


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # also what the parser cannot hold: endless digits, endless depth
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number or a nesting is endless"
        way_out = "Correct the line; `kezek market uptime --template` prints a right file."
        raise _problem("toml", f"is not TOML: {reason}.", name, way_out) from None


def _require_keys(where: str, found: Mapping[str, Any], known: list[str], optional: list[str], name: str) -> None:
    for key in found:
        if key not in known:
            raise _problem("unknown_key", f"{where}{key!r} means nothing here.", name, nearest(key, known))
    missing = [key for key in known if key not in found and key not in optional]
    if missing:
        way_out = "Add it; `kezek market uptime --template` shows every key with its unit."
        raise _problem("missing", f"{where}lacks {', '.join(missing)}.", name, way_out)


def _table(header: str, table: object, reads: Mapping[str, Read], name: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise _problem("form", f"[{header}] is no table.", name, f"Write [{header}] with {', '.join(reads)}.")
    _require_keys(f"[{header}] ", table, list(reads), [], name)
    values = {}
    for key, read in reads.items():
        try:
            values[key] = read(table[key])
        except _Refused as refused:
            raise _problem(refused.reason, f"[{header}] {key}: {refused.what}", name, refused.way_out) from None
        except InputProblem as problem:
            raise _problem("value", f"[{header}] {key}: {problem.what}", name, problem.way_out) from None
    return values


def _duration(least_s: int) -> Read:
    def read(value: object) -> int:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise _Refused("value", f"{value!r} is no duration.", 'Write it as "30 s", "5 min" or "2 h".')
        seconds = int(match[1]) * _SECONDS[match[2]]
        if not least_s <= seconds <= _LONGEST_S:
            raise _Refused("range", f"{value!r} is out of range.", f"It runs from {least_s} s to 48 h.")
        return seconds

    return read


def _whole(least: int, most: int) -> Read:
    def read(value: object) -> int:
        if type(value) is not int:
            raise _Refused("value", f"{value!r} is no whole number.", f"Write a number from {least} to {most}.")
        if not least <= value <= most:
            raise _Refused("range", f"{value} is out of range.", f"It runs from {least} to {most}.")
        return value

    return read


def _share(most_ppm: int) -> Read:
    def read(value: object) -> int:
        if not isinstance(value, str):
            raise _Refused("value", f"{value!r} is no share.", 'Write it with its unit, as "2 %".')
        share_ppm = Share.parse(value).amount
        if not 0 <= share_ppm <= most_ppm:
            raise _Refused("range", f"{value!r} is out of range.", f"It runs from 0 % to {Share(most_ppm)}.")
        return share_ppm

    return read


def _energy(value: object, least_wh: int) -> int:
    if not isinstance(value, str):
        raise _Refused("value", f"{value!r} is no energy.", 'Write it with its unit, as "180 MWh".')
    amount_wh = Energy.parse(value).amount
    if not least_wh <= amount_wh <= _MOST_AWARD_WH or amount_wh % _KWH_WH:
        way_out = f"Write whole kWh from {Energy(least_wh)} to {Energy(_MOST_AWARD_WH)}."
        raise _Refused("range", f"{value!r} is out of range.", way_out)
    return amount_wh // _KWH_WH


def _award(value: object) -> int | list[int]:
    return [_energy(one, 0) for one in value] if isinstance(value, list) else _energy(value, _KWH_WH)


def _purchase_max(value: object) -> int | None:
    return None if value == "none" else _energy(value, _KWH_WH)


def _day(value: object) -> date:
    if type(value) is not date:
        raise _Refused("value", f"{value!s} is no date.", "Write it without quotes, as 2025-10-15.")
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise _Refused("range", f"{value} is out of range.", f"It runs from {_FIRST_YEAR} to {_LAST_YEAR}.")
    return value


def _instant(value: object) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is not None or value.microsecond:
        way_out = "Write the clock of Kazakhstan without quotes and zone, as 2025-10-14T18:00:00."
        raise _Refused("value", f"{value!s} is no time of a day.", way_out)
    _day(value.date())
    return value


def _clock(value: object) -> time:
    if not isinstance(value, time) or value.microsecond:
        raise _Refused("value", f"{value!s} is no clock time.", "Write it without quotes, as 08:00:00.")
    return value


_TABLES: dict[str, dict[str, Read]] = {
    "farm": {"delivery_date": _day, "award": _award},
    "platform": {
        "opens": _instant,
        "closes_before": _duration(0),
        "purchase_max": _purchase_max,
        "requests_per_minute": _whole(1, 100_000),
        "open_max": _whole(1, 100_000),
        "approval_minimum": _duration(1),
        "approval_typical": _duration(1),
        "approval_longest": _duration(1),
        "lost": _share(PPM // 2),
        "lost_but_executed": _share(PPM),
        "timeout": _duration(1),
    },
    "surprises": {"count": _whole(0, MOST_OUTAGES), "shortest": _duration(1), "longest": _duration(1)},
    "person": {
        "click": _duration(1),
        "works_from": _clock,
        "works_until": _clock,
        "notices_after": _duration(1),
    },
    "script": {"pause": _duration(1), "tries": _whole(1, 1_000)},
    "kezek": {"backoff_first": _duration(1), "backoff_longest": _duration(1)},
}
_OUTAGE: dict[str, Read] = {"from": _instant, "until": _instant}


def _in_order(table: str, *pairs: tuple[str, int]) -> None:
    """Refuse durations that must rise, or stay, from key to key and do not."""
    for (low_key, low_s), (high_key, high_s) in pairwise(pairs):
        if high_s < low_s:
            what = f"[{table}] {high_key} ({high_s} s) is under {low_key} ({low_s} s)."
            raise _Refused("order", what, "Exchange them, or look for a slip.")


def _file(values: Mapping[str, dict[str, Any]], outages: list[dict[str, Any]]) -> PlatformFile:
    farm, surprises = values["farm"], values["surprises"]
    on: date = farm["delivery_date"]
    hours = _hours(on, farm["award"])
    rules = _rules(on, values["platform"])
    _require_span(values["platform"]["opens"], rules, hours)
    lot_count = _lot_count(hours, rules)
    if not 1 <= lot_count <= MOST_LOTS:
        what = f"The awards come to {lot_count} purchases."
        raise _Refused("size", what, f"Award something, and no more than {MOST_LOTS} purchases.")
    for one in outages:
        if one["until"] <= one["from"]:
            what = f"[[outage]] ends at {one['until']}, not after {one['from']}."
            raise _Refused("order", what, "Exchange them, or look for a slip.")
    _in_order("surprises", *((key, surprises[key]) for key in ("shortest", "longest")))
    _in_order("kezek", *values["kezek"].items())
    return PlatformFile(
        delivery_on=on,
        hours=hours,
        rules=rules,
        announced=merged(Window(_seconds(on, one["from"]), _seconds(on, one["until"])) for one in outages),
        surprise_count=surprises["count"],
        surprise_shortest_s=surprises["shortest"],
        surprise_longest_s=surprises["longest"],
        person=_person(on, values["person"], values["platform"]["opens"].date()),
        script=Script(values["script"]["pause"], values["script"]["tries"]),
        backoff=Backoff(values["kezek"]["backoff_first"], values["kezek"]["backoff_longest"]),
    )


def _seconds(on: date, clock: datetime) -> int:
    """Seconds from the midnight with which a day begins. [s]"""
    return (local_at(clock.date(), clock.time()) - local_at(on, time(0))) // timedelta(seconds=1)


def _hours(on: date, award: int | list[int]) -> tuple[DeliveryHour, ...]:
    day = hours_of(on)
    awards = [award] * len(day) if isinstance(award, int) else award
    if len(awards) != len(day):
        what = f"[farm] award: {len(awards)} amounts for the {len(day)} hours of {on}."
        raise _Refused("hours", what, "Give one amount for each hour, or a single one for all.")
    return tuple(
        DeliveryHour(hour.label, (hour.starts_at - day[0].starts_at) // timedelta(seconds=1), needed_kwh)
        for hour, needed_kwh in zip(day, awards, strict=True)
    )


def _rules(on: date, table: Mapping[str, Any]) -> PlatformRules:
    delays = [(key, table[key]) for key in ("approval_minimum", "approval_typical", "approval_longest")]
    _in_order("platform", *delays)
    return PlatformRules(
        opens_s=_seconds(on, table["opens"]),
        closes_before_s=table["closes_before"],
        requests_per_minute=table["requests_per_minute"],
        open_max=table["open_max"],
        purchase_max_kwh=table["purchase_max"],
        approval=ApprovalDelay(*(delay_s for _, delay_s in delays)),
        lost_ppm=table["lost"],
        executed_ppm=table["lost_but_executed"],
        timeout_s=table["timeout"],
    )


def _require_span(opens: datetime, rules: PlatformRules, hours: tuple[DeliveryHour, ...]) -> None:
    if not -MOST_AHEAD_DAYS * 24 * 3_600 <= rules.opens_s < hours[-1].starts_s:
        what = f"[platform] opens at {opens}."
        way_out = f"Open at most {MOST_AHEAD_DAYS} days ahead, and before the last hour of delivery."
        raise _Refused("opens", what, way_out)


def _lot_count(hours: tuple[DeliveryHour, ...], rules: PlatformRules) -> int:
    """Count the purchases; a number of lots beyond any farm is not split first."""
    smallest = rules.purchase_max_kwh
    if smallest is not None and sum(hour.needed_kwh for hour in hours) > MOST_LOTS * smallest:
        return MOST_LOTS + 1
    return len(lots_of(hours=hours, rules=rules))


def _person(on: date, table: Mapping[str, Any], opens_on: date) -> Person:
    begins, ends = table["works_from"], table["works_until"]
    if ends <= begins:
        what = f"[person] works from {begins} until {ends}."
        raise _Refused("order", what, "Let work end after it begins, on the same day.")
    days = [opens_on + timedelta(days=n) for n in range((on - opens_on).days + 1)]
    shifts = (
        Window(_seconds(on, datetime.combine(day, begins)), _seconds(on, datetime.combine(day, ends))) for day in days
    )
    return Person(table["click"], table["notices_after"], tuple(shifts))
