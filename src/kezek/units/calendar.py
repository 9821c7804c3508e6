"""Dates of Kazakhstan, the hours of a delivery day, quarters. No clock: the date is an argument."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")
"""One zone for the market; it stood at UTC+6 until 2024-02-29 (a day of 25 hours) and at UTC+5 since."""


@dataclass(frozen=True, slots=True)
class Hour:
    """One delivery hour: its place in the day, its start in UTC, its name on a Kazakh clock."""

    index: int
    starts_at: datetime
    label: str

    @property
    def clock_hour(self) -> int:
        """Hour on the wall clock, 0..23; the two hours of a clock set back share it."""
        return int(self.label[:2])


def local_at(on: date, clock: time) -> datetime:
    """Turn a date and a clock time of Kazakhstan into an instant in UTC.

    >>> local_at(date(2025, 10, 15), time(9, 30)).isoformat()
    '2025-10-15T04:30:00+00:00'
    """
    return datetime.combine(on, clock, tzinfo=ALMATY).astimezone(UTC)


@cache
def hours_of(on: date) -> tuple[Hour, ...]:
    """List the delivery hours of a date: 24, or 25 where the clock was set back (2024-02-29).

    >>> len(hours_of(date(2025, 10, 15))), len(hours_of(date(2024, 2, 29)))
    (24, 25)
    >>> hours_of(date(2024, 2, 29))[-1].label
    '23:00 (second)'
    """
    starts_at = local_at(on, time(0))
    until_at = local_at(on + timedelta(days=1), time(0))
    hours: list[Hour] = []
    while starts_at < until_at:
        label = starts_at.astimezone(ALMATY).strftime("%H:%M")
        seen = any(hour.label == label for hour in hours)
        hours.append(Hour(len(hours), starts_at, f"{label} (second)" if seen else label))
        starts_at += timedelta(hours=1)
    return tuple(hours)


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A calendar quarter.

    >>> str(Quarter.of(date(2025, 10, 15))), str(Quarter.of(date(2025, 10, 15)).previous)
    ('2025-Q4', '2025-Q3')
    """

    year: int
    number: int

    @classmethod
    def of(cls, on: date) -> "Quarter":
        """Quarter that holds a date."""
        return cls(on.year, (on.month + 2) // 3)

    @property
    def from_on(self) -> date:
        """First day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def until_on(self) -> date:
        """Day after the last."""
        return self.next.from_on

    @property
    def next(self) -> "Quarter":
        """Quarter after this one."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> "Quarter":
        """Quarter before this one."""
        return Quarter(self.year - (self.number == 1), (self.number - 2) % 4 + 1)

    def day_of_month_after(self, months: int, day: int) -> date:
        """Give a day of the n-th month after the quarter: the 25th of the second month is `(2, 25)`.

        >>> Quarter(2025, 3).day_of_month_after(2, 25)
        datetime.date(2025, 11, 25)
        """
        month_index = 3 * self.number - 1 + months
        return date(self.year + month_index // 12, month_index % 12 + 1, day)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"


def years_after(on: date, years: int) -> date:
    """Give the same day some years later; 29 February becomes the 28th.

    >>> years_after(date(2024, 2, 29), 5)
    datetime.date(2029, 2, 28)
    """
    return date(on.year + years, on.month, 28) if (on.month, on.day) == (2, 29) else on.replace(year=on.year + years)
