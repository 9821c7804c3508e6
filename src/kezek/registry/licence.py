"""Licences: subtype, term, suspension, and the state on a date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class LicenceState(StrEnum):
    """What a licence is worth on a date."""

    ACTIVE = "active"
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


class Subtype(StrEnum):
    """I holds a data centre; II runs machines in somebody else's and has no quota of its own."""

    I = "I"  # noqa: E741 - the law's own numeral
    II = "II"


@dataclass(frozen=True, slots=True)
class Period:
    """Dates in Kazakhstan, `until_on` exclusive."""

    from_on: date
    until_on: date

    def holds(self, on: date) -> bool:
        """Tell whether a date lies inside."""
        return self.from_on <= on < self.until_on

    def overlap_days(self, other: "Period") -> int:
        """Count the days that two periods share.

        >>> Period(date(2025, 7, 1), date(2025, 10, 1)).overlap_days(Period(date(2025, 9, 29), date(2026, 1, 1)))
        2
        """
        return max(0, (min(self.until_on, other.until_on) - max(self.from_on, other.from_on)).days)


@dataclass(frozen=True, slots=True)
class Licence:
    """A mining licence with its term, its suspensions, and the day on which it was ended before its time."""

    licence_no: str
    subtype: Subtype
    term: Period
    suspensions: tuple[Period, ...] = ()
    terminated_on: date | None = None

    def state_on(self, on: date) -> LicenceState:
        """Tell the state on a date.

        >>> Licence("L-1", Subtype.I, Period(date(2023, 4, 1), date(2026, 4, 1))).state_on(date(2026, 4, 1))
        <LicenceState.EXPIRED: 'expired'>
        """
        if on < self.term.from_on:
            return LicenceState.NOT_YET
        if self.terminated_on is not None and on >= self.terminated_on:
            return LicenceState.TERMINATED
        if on >= self.term.until_on:
            return LicenceState.EXPIRED
        suspended = any(period.holds(on) for period in self.suspensions)
        return LicenceState.SUSPENDED if suspended else LicenceState.ACTIVE
