"""What a duty's examination says: a status with the measured value, the limit, the source and the way out."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum


class Status(StrEnum):
    """Result of a duty, in order of precedence: the first that occurs names the operator's state."""

    BREACHED = "breached"
    AT_RISK = "at_risk"
    UNDETERMINED = "undetermined"
    MET = "met"
    NOT_APPLICABLE = "not_applicable"


class Unit(StrEnum):
    """Unit of the measured value and the limit of a finding."""

    SAT = "sat"
    WH = "Wh"
    TIYN = "tiyn"
    DAYS = "days"
    MACHINES = "machines"
    NONE = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A reading under which the status would be another.

    Args:
        also: Other questions and positions that must be taken together with it; empty if it suffices alone.
    """

    question: str
    position: str
    status: Status
    also: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One duty, one period, one answer.

    Args:
        duty: `<noun>.<duty>`.
        reason: Code of the sentence that explains the status.
        measured, limit: In `unit`; None where nothing was measured. The margin is their difference.
        evidence: Serial numbers, dates, names that a person can look up.
        source, at: Where the duty stands, article or place.
        deadline_on: Last day to do it, None where there is none.
        at_stake_tiyn: Money that the fault left unpaid or unsold, or paid late; 0 where it is not known. [tiyn]
        changes: Readings of the law under which the status would be another; empty if it holds under all.
    """

    duty: str
    period: str
    status: Status
    reason: str
    measured: int | None = None
    limit: int | None = None
    unit: Unit = Unit.NONE
    evidence: tuple[str, ...] = ()
    source: str = ""
    at: str = ""
    deadline_on: date | None = None
    at_stake_tiyn: int = 0
    changes: tuple[Change, ...] = ()

    @property
    def holds_under_all_readings(self) -> bool:
        """Tell whether no reading of the law would change the status."""
        return not self.changes

    def for_open_period(self) -> "Finding":
        """Soften a breach of a period that is still open: there it is a risk, since it can still be mended."""
        return replace(self, status=Status.AT_RISK) if self.status is Status.BREACHED else self
