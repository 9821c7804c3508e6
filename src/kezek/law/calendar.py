"""Business days: weekends, holidays that fall on them and move, days off transferred by order; with sources."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType

from kezek.law.value import Confidence, Source
from kezek.units.problem import InputProblem

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = timedelta(days=1)


class HolidayKind(StrEnum):
    """Rank of a holiday in the law; a religious one is a day off and no holiday in the law's own words."""

    NATIONAL = "national"
    STATE = "state"
    RELIGIOUS = "religious"


class DayOffKind(StrEnum):
    """Why a day is off."""

    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MOVED = "moved"
    TRANSFERRED = "transferred"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a row of the calendar comes from: source, place in it, our own words, confidence, day of the check."""

    source: Source
    at: str
    finding: str
    confidence: Confidence
    checked_on: date


@dataclass(frozen=True, slots=True)
class Year:
    """A year the calendar answers for, with the evidence that its list of transfers is whole."""

    year: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Holiday:
    """A holiday kept from `from_on` until `until_on` (exclusive; None: still kept).

    Args:
        key: Name of its table in the file.
        name: What it is called.
        kind: Rank in the law.
        days: (month, day) of each year; empty for one that wanders.
        dates: The dates of one that wanders; empty for a fixed one.
        moves: Whether one that falls on a weekend gives the next working day.
        from_on: First day on which it could be kept.
        until_on: First day on which it can no longer be kept.
        evidence: Where it comes from.
    """

    key: str
    name: str
    kind: HolidayKind
    days: tuple[tuple[int, int], ...]
    dates: tuple[date, ...]
    moves: bool
    from_on: date
    until_on: date | None
    evidence: Evidence

    def kept_in(self, year: int) -> tuple[date, ...]:
        """List its dates in a year, in order."""
        fixed = (date(year, month, day) for month, day in self.days)
        wandering = (on for on in self.dates if on.year == year)
        return tuple(sorted(on for on in (*fixed, *wandering) if self.kept_on(on)))

    def kept_on(self, on: date) -> bool:
        """Tell whether the law keeps it at all on a date."""
        return self.from_on <= on and (self.until_on is None or on < self.until_on)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A day off moved by order: `off_on` is off, `worked_on` is worked instead."""

    off_on: date
    worked_on: date
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class DayOff:
    """Why a day is off.

    Args:
        on: The day.
        kind: Weekend, holiday, a holiday moved off a weekend, or a transfer.
        name: Name of the weekday or the holiday; of a transfer, "day off".
        instead_of: The weekend day whose holiday moved here, or the day worked instead; else None.
        evidence: Where it comes from; None for a weekend.
    """

    on: date
    kind: DayOffKind
    name: str
    instead_of: date | None = None
    evidence: Evidence | None = None

    def __str__(self) -> str:
        match self.kind:
            case DayOffKind.MOVED:
                return f"{self.name} of {self.instead_of}, a day off, moved here"
            case DayOffKind.TRANSFERRED:
                return f"day off transferred from {self.instead_of}, which is worked"
            case _:
                return self.name


@dataclass(frozen=True, repr=False)
class WorkCalendar:
    """The business days of a country in the years it is known for; a day outside them is refused, never guessed.

    Args:
        title: Whose calendar it is.
        weekend: Days of the week that are off, Monday is 0.
        move: Evidence of the rule by which a holiday moves off a weekend.
        years: The years covered, without a gap.
        holidays: Every holiday, in file order.
        transfers: Every transfer, by date.
    """

    title: str
    weekend: tuple[int, ...]
    move: Evidence
    years: tuple[Year, ...]
    holidays: tuple[Holiday, ...]
    transfers: tuple[Transfer, ...]

    @property
    def covered_from_on(self) -> date:
        """First day covered."""
        return date(self.years[0].year, 1, 1)

    @property
    def covered_until_on(self) -> date:
        """Day after the last one covered."""
        return date(self.years[-1].year + 1, 1, 1)

    def is_business_day(self, on: date) -> bool:
        """Tell whether a day is worked.

        Raises:
            InputProblem: law.calendar.not_covered.
        """
        return self.why_not(on) is None

    def why_not(self, on: date) -> DayOff | None:
        """Say why a day is off; None for a business day.

        Raises:
            InputProblem: law.calendar.not_covered.
        """
        self._require(on, self.covered_until_on - _DAY)
        return self._days_off.get(on)

    def next_business_day(self, on: date) -> date:
        """Give the day itself where it is worked, else the first business day after it.

        Raises:
            InputProblem: law.calendar.not_covered, also where the answer lies outside the years covered.
        """
        return self._at(bisect_left(self._business_days, self._require(on, self.covered_until_on - _DAY)), on)

    def add_business_days(self, on: date, n: int) -> date:
        """Give the n-th business day after a day; the day itself is never counted.

        A term of n business days that an event on `on` starts ends with the day given. Counted back (n < 0) it is the
        n-th business day before. Day 0 is the day itself where it is worked, else the next business day, so that the
        answer is a business day always.

        >>> from kezek.law.book import load_book
        >>> calendar = load_book().calendar
        >>> friday, saturday = date(2025, 3, 7), date(2025, 3, 8)
        >>> calendar.add_business_days(friday, 0).isoformat(), calendar.add_business_days(friday, 1).isoformat()
        ('2025-03-07', '2025-03-11')
        >>> calendar.add_business_days(saturday, 0).isoformat(), calendar.add_business_days(saturday, 1).isoformat()
        ('2025-03-11', '2025-03-11')
        >>> calendar.add_business_days(saturday, -1).isoformat()
        '2025-03-07'

        Raises:
            InputProblem: law.calendar.not_covered, also where the answer lies outside the years covered.
        """
        self._require(on, self.covered_until_on - _DAY)
        if n == 0:
            return self.next_business_day(on)
        days = self._business_days
        return self._at(bisect_right(days, on) + n - 1 if n > 0 else bisect_left(days, on) + n, on)

    def business_days_between(self, from_on: date, until_on: date) -> int:
        """Count the business days from `from_on` until, not including, `until_on`.

        >>> from kezek.law.book import load_book
        >>> load_book().calendar.business_days_between(date(2025, 3, 7), date(2025, 3, 12))
        2

        Raises:
            InputProblem: law.calendar.not_covered; law.calendar.reversed where `until_on` lies before `from_on`.
        """
        for on in (from_on, until_on):
            self._require(on, self.covered_until_on)
        if until_on < from_on:
            what = f"{until_on} lies before {from_on}."
            raise InputProblem("law.calendar.reversed", what, "", "Give the earlier day first.")
        return bisect_left(self._business_days, until_on) - bisect_left(self._business_days, from_on)

    @cached_property
    def before_transfers(self) -> Mapping[date, DayOff]:
        """Every day off by the week and the law of holidays alone, by date."""
        days = {on: DayOff(on, DayOffKind.WEEKEND, WEEKDAYS[on.weekday()].capitalize()) for on in self._weekends()}
        kept = sorted(self._kept(), key=lambda pair: pair[0])
        for on, holiday in kept:
            days[on] = DayOff(on, DayOffKind.HOLIDAY, holiday.name, None, holiday.evidence)
        for on, holiday in kept:
            if holiday.moves and on.weekday() in self.weekend:
                moved_on = on + _DAY
                while moved_on in days:
                    moved_on += _DAY
                days[moved_on] = DayOff(moved_on, DayOffKind.MOVED, holiday.name, on, self.move)
        return MappingProxyType(days)

    @cached_property
    def _days_off(self) -> Mapping[date, DayOff]:
        days = dict(self.before_transfers)
        for one in self.transfers:
            days.pop(one.worked_on, None)
            days[one.off_on] = DayOff(one.off_on, DayOffKind.TRANSFERRED, "day off", one.worked_on, one.evidence)
        return MappingProxyType(days)

    @cached_property
    def _business_days(self) -> tuple[date, ...]:
        return tuple(on for on in self._covered() if on not in self._days_off)

    def _covered(self) -> Iterator[date]:
        count = (self.covered_until_on - self.covered_from_on).days
        return (self.covered_from_on + n * _DAY for n in range(count))

    def _weekends(self) -> Iterator[date]:
        return (on for on in self._covered() if on.weekday() in self.weekend)

    def _kept(self) -> Iterator[tuple[date, Holiday]]:
        return ((on, one) for year in self.years for one in self.holidays for on in one.kept_in(year.year))

    def _require(self, on: date, last_on: date) -> date:
        if not self.covered_from_on <= on <= last_on:
            raise self._not_covered(f"{on} lies outside the calendar of business days.")
        return on

    def _at(self, index: int, on: date) -> date:
        if not 0 <= index < len(self._business_days):
            raise self._not_covered(f"The business day asked for, counted from {on}, lies outside the calendar.")
        return self._business_days[index]

    def _not_covered(self, what: str) -> InputProblem:
        first, last = self.years[0].year, self.years[-1].year
        way_out = f"It covers {first} to {last}; add the year to calendar.toml of the law book."
        return InputProblem("law.calendar.not_covered", what, "", way_out)
