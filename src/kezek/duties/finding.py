"""What a duty's examination says: a status with the measured value, the limit, the source and the way out."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from kezek.duties.trace import Trace


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
    W = "W"
    TIYN = "tiyn"
    DAYS = "days"
    HOURS = "hours"
    ENTRIES = "entries"
    MACHINES = "machines"
    DOCUMENTS = "documents"
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


class ConsequenceKind(StrEnum):
    """What may follow from a breach, the heaviest first."""

    PRISON = "prison"
    CONFISCATION = "confiscation"
    SUSPENSION = "suspension"
    FINE = "fine"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class Consequence:
    """One thing that may follow from a breach.

    Args:
        least, most: In `unit`; None where the book does not know it, and `unknown` says what is missing.
        unit: tiyn, months or years; "" where there is no amount.
    """

    kind: ConsequenceKind
    least: int | None = None
    most: int | None = None
    unit: str = ""
    unknown: str = ""
    source: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What a breach would cost under other readings, its status the same.

    Args:
        readings: Question and position of each reading that is taken together.
    """

    readings: tuple[tuple[str, str], ...]
    at_stake_tiyn: int
    consequences: tuple[Consequence, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One duty, one period, one answer.

    Args:
        duty: `<noun>.<duty>`.
        period: The quarter as `2025-Q3`; "" for a duty that belongs to no quarter.
        reason: Code of the sentence that explains the status.
        measured, limit: In `unit`; None where nothing was measured. The margin is their difference.
        evidence: Serial numbers, dates, names that a person can look up.
        source, at: Where the duty stands, article or place.
        deadline_on: Last day to do it, None where there is none.
        at_stake_tiyn: Money that the fault left unpaid or unsold, or paid late; 0 where it is not known. [tiyn]
        changes: Readings of the law under which the status would be another; empty if it holds under all.
        missing: Facts that nobody gave and the duty needs.
        consequences: What may follow from the breach.
        otherwise: Readings under which a breach stays one and costs something else.
        trace: How the finding came about; see `kezek.duties.explain`.
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
    missing: tuple[str, ...] = ()
    consequences: tuple[Consequence, ...] = ()
    otherwise: tuple[Otherwise, ...] = ()
    trace: Trace | None = field(default=None, compare=False, repr=False)

    @property
    def holds_under_all_readings(self) -> bool:
        """Tell whether no reading of the law would change the status."""
        return not self.changes

    @property
    def margin(self) -> int | None:
        """Distance from measured to limit, never negative; None where nothing was measured. [unit]"""
        return None if self.measured is None or self.limit is None else abs(self.measured - self.limit)

    def completed(self, *, changes: tuple[Change, ...], trace: Trace | None) -> "Finding":
        """Give the finding with what was found out after it; its amounts become plain numbers."""
        return Finding(
            self.duty,
            self.period,
            self.status,
            self.reason,
            None if self.measured is None else int(self.measured),
            None if self.limit is None else int(self.limit),
            self.unit,
            self.evidence,
            self.source,
            self.at,
            self.deadline_on,
            int(self.at_stake_tiyn),
            changes,
            self.missing,
            self.consequences,
            self.otherwise,
            trace,
        )

    def for_open_period(self) -> "Finding":
        """Soften a breach that the open period can still mend: it is a risk until then."""
        return replace(self, status=Status.AT_RISK) if self.status is Status.BREACHED else self
