"""calendar.toml into the calendar of business days; a file that is not right is refused with its line."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from types import MappingProxyType

from kezek.law.calendar import WEEKDAYS, Evidence, Holiday, HolidayKind, Transfer, WorkCalendar, Year
from kezek.law.file import BookFile, Part
from kezek.law.parse import parse_sources
from kezek.law.problem import BookCode, BookProblem
from kezek.law.value import Confidence, Source
from kezek.units.problem import nearest

_EVIDENCE = ("source", "finding", "confidence", "checked_on")
_MOVE_RULE = "next_working_day"


@dataclass(frozen=True, slots=True)
class _SourceTables(BookFile):
    """The tables `[source.KEY]` of the file, read and refused as those of sources.toml are."""

    def read(self) -> dict[str, object]:
        return self.typed(dict, BookFile.read(self).get("source", {}), key="source")

    def line_of(self, key: str, part: Part = None) -> int | None:
        return BookFile.line_of(self, key, None if part is None else f"source.{part}")


def parse_calendar(file: BookFile, sources: Mapping[str, Source]) -> WorkCalendar:
    """Read calendar.toml; its rows cite its own sources or those of sources.toml.

    Raises:
        BookProblem: law.file.key_unknown, law.file.key_missing, law.file.kind, law.file.content, law.file.source,
            law.file.period; law.file.gap where a year between two covered ones, or the date of a wandering holiday in
            a covered year, is missing.
    """
    table = file.read()
    needed = ("title", "weekend", "move", "year", "holiday")
    file.check_keys(table, needed=needed, allowed=("transfer", "source"))
    known = _sources(file, sources)
    years = tuple(_year(file, key, row, known) for key, row in _tables(file, table, "year"))
    if not years:
        raise file.problem(BookCode.CONTENT, "No year is covered.", "Add a table [year.2026].", key="year")
    for earlier, later in pairwise(years):
        if later.year != earlier.year + 1:
            what = f"{later.year} follows {earlier.year}."
            raise file.problem(BookCode.GAP, what, "Cover years in order, without a gap.", part=f"year.{later.year}")
    calendar = WorkCalendar(
        title=file.texts(table, ("title",))["title"],
        weekend=_weekend(file, table["weekend"]),
        move=_move(file, table["move"], known),
        years=years,
        holidays=tuple(_holiday(file, key, row, known) for key, row in _tables(file, table, "holiday")),
        transfers=tuple(
            sorted(
                (_transfer(file, key, row, known) for key, row in _tables(file, table, "transfer")),
                key=lambda transfer: transfer.off_on,
            )
        ),
    )
    _check_wandering(file, calendar)
    _check_transfers(file, calendar)
    return calendar


def _sources(file: BookFile, sources: Mapping[str, Source]) -> Mapping[str, Source]:
    own = parse_sources(_SourceTables(file.name, file.text))
    for key in own:
        if key in sources:
            what = f"There is a source {key!r} in sources.toml already."
            raise file.problem(BookCode.KEY_TWICE, what, "Cite that one or choose another key.", part=f"source.{key}")
    return MappingProxyType({**sources, **own})


def _tables(file: BookFile, table: Mapping[str, object], name: str) -> list[tuple[str, dict[str, object]]]:
    rows = file.typed(dict, table.get(name, {}), key=name)
    return [(key, file.typed(dict, row, key=f"{name}.{key}")) for key, row in rows.items()]


def _evidence(file: BookFile, row: Mapping[str, object], part: str, sources: Mapping[str, Source]) -> Evidence:
    words = file.texts(row, ("source", "at", "finding"), part=part)
    if words["source"] not in sources:
        what = f"There is no source {words['source']!r} in calendar.toml or sources.toml."
        raise file.problem(BookCode.SOURCE, what, nearest(words["source"], list(sources)), key="source", part=part)
    confidence = file.member(Confidence, row["confidence"], key="confidence", code=BookCode.CONTENT, part=part)
    checked_on = file.typed(date, row["checked_on"], key="checked_on", part=part)
    return Evidence(sources[words["source"]], words.get("at", ""), words["finding"], confidence, checked_on)


def _weekend(file: BookFile, value: object) -> tuple[int, ...]:
    days = [file.typed(str, day, key="weekend") for day in file.typed(list, value, key="weekend")]
    for day in days:
        if day not in WEEKDAYS:
            raise file.problem(
                BookCode.CONTENT, f"{day!r} is no day of the week.", nearest(day, list(WEEKDAYS)), key="weekend"
            )
    if not 0 < len({*days}) == len(days) < len(WEEKDAYS):
        what = "The weekend is empty, names a day twice, or leaves no day to work."
        raise file.problem(BookCode.CONTENT, what, 'Write weekend = ["saturday", "sunday"].', key="weekend")
    return tuple(sorted(WEEKDAYS.index(day) for day in days))


def _move(file: BookFile, value: object, sources: Mapping[str, Source]) -> Evidence:
    row = file.typed(dict, value, key="move")
    file.check_keys(row, needed=("rule", *_EVIDENCE), allowed=("at",), part="move")
    if row["rule"] != _MOVE_RULE:
        what = f"rule = {row['rule']!r} is not known."
        raise file.problem(BookCode.CONTENT, what, f"Known: {_MOVE_RULE}.", key="rule", part="move")
    return _evidence(file, row, "move", sources)


def _year(file: BookFile, key: str, row: Mapping[str, object], sources: Mapping[str, Source]) -> Year:
    part = f"year.{key}"
    file.check_keys(row, needed=_EVIDENCE, allowed=("at",), part=part)
    if not re.fullmatch(r"[12]\d{3}", key):
        raise file.problem(BookCode.CONTENT, f"{key!r} is no year.", "Write it as [year.2026].", part=part)
    return Year(int(key), _evidence(file, row, part, sources))


def _holiday(file: BookFile, key: str, row: Mapping[str, object], sources: Mapping[str, Source]) -> Holiday:
    part = f"holiday.{key}"
    needed = ("name", "kind", "moves", "from_on", *_EVIDENCE)
    file.check_keys(row, needed=needed, allowed=("days", "dates", "until_on", "at"), part=part)
    if ("days" in row) == ("dates" in row):
        what = "A holiday has either days of every year or dates."
        raise file.problem(BookCode.CONTENT, what, 'Write days = ["12-31"] or dates = [2026-12-31].', part=part)
    from_on, until_on = _period(file, row, part)
    holiday = Holiday(
        key=key,
        name=file.texts(row, ("name",), part=part)["name"],
        kind=file.member(HolidayKind, row["kind"], key="kind", code=BookCode.CONTENT, part=part),
        days=tuple(_month_day(file, day, part) for day in _listed(file, row, "days", part)),
        dates=tuple(file.typed(date, on, key="dates", part=part) for on in _listed(file, row, "dates", part)),
        moves=file.typed(bool, row["moves"], key="moves", part=part),
        from_on=from_on,
        until_on=until_on,
        evidence=_evidence(file, row, part, sources),
    )
    _check_holiday(file, holiday, part)
    return holiday


def _listed(file: BookFile, row: Mapping[str, object], key: str, part: str) -> list[object]:
    return file.typed(list, row.get(key, []), key=key, part=part)


def _period(file: BookFile, row: Mapping[str, object], part: str) -> tuple[date, date | None]:
    from_on = file.typed(date, row["from_on"], key="from_on", part=part)
    until_on = file.typed(date, row["until_on"], key="until_on", part=part) if "until_on" in row else None
    if until_on is not None and until_on <= from_on:
        what = f"until_on {until_on} is not after from_on {from_on}."
        way_out = "until_on is the first day after the period."
        raise file.problem(BookCode.PERIOD, what, way_out, key="until_on", part=part)
    return from_on, until_on


def _month_day(file: BookFile, value: object, part: str) -> tuple[int, int]:
    text = file.typed(str, value, key="days", part=part)
    on = _date(f"2001-{text}")
    if on is None:
        what = f"{text!r} is no day of every year."
        raise file.problem(BookCode.CONTENT, what, "Write month and day as 12-31.", key="days", part=part)
    return on.month, on.day


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else None
    except ValueError:
        return None


def _check_holiday(file: BookFile, holiday: Holiday, part: str) -> None:
    if not holiday.days and not holiday.dates:
        raise file.problem(BookCode.CONTENT, "The holiday has no day.", "Name one.", part=part)
    for on in holiday.dates:
        if not holiday.kept_on(on):
            what = f"{on} lies outside {holiday.from_on} to {holiday.until_on}."
            raise file.problem(BookCode.PERIOD, what, "Correct the date or the period.", key="dates", part=part)


def _check_wandering(file: BookFile, calendar: WorkCalendar) -> None:
    """A holiday that wanders needs a date in every covered year in which it is kept on every day."""
    for holiday in calendar.holidays:
        for year in (one.year for one in calendar.years if holiday.dates):
            whole = holiday.kept_on(date(year, 1, 1)) and holiday.kept_on(date(year, 12, 31))
            if whole and not holiday.kept_in(year):
                what = f"{holiday.name} has no date in {year}."
                way_out = "Add the date, or end the holiday's period, or do not cover the year."
                raise file.problem(BookCode.GAP, what, way_out, key="dates", part=f"holiday.{holiday.key}")


def _transfer(file: BookFile, key: str, row: Mapping[str, object], sources: Mapping[str, Source]) -> Transfer:
    part = f"transfer.{key}"
    file.check_keys(row, needed=("worked_on", *_EVIDENCE), allowed=("at",), part=part)
    off_on = _date(key)
    if off_on is None:
        raise file.problem(BookCode.CONTENT, f"{key!r} is no date.", "Write it as [transfer.2026-12-31].", part=part)
    worked_on = file.typed(date, row["worked_on"], key="worked_on", part=part)
    return Transfer(off_on, worked_on, _evidence(file, row, part, sources))


def _check_transfers(file: BookFile, calendar: WorkCalendar) -> None:
    seen: set[date] = set()
    for one in calendar.transfers:
        wrong = _wrong_transfer(one, calendar, seen)
        if wrong:
            way_out = "A transfer makes one working day off and one day off worked, both in the years covered."
            raise _of_transfer(file, one, wrong, way_out)
        seen |= {one.off_on, one.worked_on}


def _wrong_transfer(one: Transfer, calendar: WorkCalendar, seen: set[date]) -> str:
    for on in (one.off_on, one.worked_on):
        if not calendar.covered_from_on <= on < calendar.covered_until_on:
            return f"{on} is not covered."
        if on in seen:
            return f"{on} is transferred twice."
    if one.off_on in calendar.before_transfers:
        return f"{one.off_on} is off anyway ({calendar.before_transfers[one.off_on]})."
    return "" if one.worked_on in calendar.before_transfers else f"{one.worked_on} is worked anyway."


def _of_transfer(file: BookFile, one: Transfer, what: str, way_out: str) -> BookProblem:
    return file.problem(BookCode.CONTENT, what, way_out, part=f"transfer.{one.off_on}")
