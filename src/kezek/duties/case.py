"""One duty before one set of facts: what a duty asks the facts and the law, and how it answers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cache
from typing import TypeVar

from kezek.duties.facts import OperatorFacts, QuarterBook, Standing
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.absence import NotCovered
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.term import Tape, fact_term, law_term
from kezek.law.value import Value

T = TypeVar("T")

SOON_DAYS = 14
"""A deadline so many days ahead, or fewer, is a risk."""

_UNIT_OF_SUFFIX = (
    ("tiyn_per_kwh", "tiyn/kWh"),
    ("_kwh", "kWh"),
    ("_wh", "Wh"),
    ("_w", "W"),
    ("_sat", "sat"),
    ("_tiyn", "tiyn"),
    ("_days", "days"),
    ("_hours", "hours"),
    ("_ppm", "ppm"),
)


@cache
def _unit_of(name: str) -> str:
    return next((unit for suffix, unit in _UNIT_OF_SUFFIX if name.endswith(suffix)), "")


class FactMissing(Exception):
    """A duty needs a fact that nobody gave; `name` is the fact's."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(name)


@dataclass(slots=True)
class Case:
    """What one duty looks at; with a tape, amounts remember where they came from.

    Args:
        duty: Name of the duty.
        facts: The operator.
        lens: The law.
        quarter_book: Books of the quarter; None for a duty that belongs to no quarter.
        tape: Where conditions are noted; None for an answer without its explanation.
        brief: Only the status is wanted: a duty may leave deadline and stake out.
        on: Day whose law applies: the last of the books, or that of the verdict.
        law: The law of that day.
    """

    duty: str
    facts: OperatorFacts
    lens: Lens
    quarter_book: QuarterBook | None = None
    tape: Tape | None = None
    brief: bool = False
    on: date = field(init=False)
    law: Snapshot = field(init=False)

    def __post_init__(self) -> None:
        self.on = self.quarter_book.last_on if self.quarter_book else self.facts.as_of_on
        self.law = self.lens.on(self.on)

    @property
    def book(self) -> QuarterBook:
        """The books of the quarter."""
        if self.quarter_book is None:
            raise LookupError(f"{self.duty} belongs to no quarter")
        return self.quarter_book

    @property
    def standing(self) -> Standing:
        """What the operator is, apart from any quarter."""
        return self.known(self.facts.standing, "standing")

    @property
    def period(self) -> str:
        """The quarter, or ""."""
        return str(self.quarter_book.quarter) if self.quarter_book else ""

    @property
    def closed(self) -> bool:
        """Whether the quarter is over on the day of the verdict."""
        return self.facts.is_closed(self.book)

    def known(self, value: T | None, name: str) -> T:
        """Give a fact back.

        Raises:
            FactMissing: nobody gave it; the duty is undetermined.
        """
        if value is None:
            raise FactMissing(name)
        return value

    def done(self, on: date | None) -> date | None:
        """Give the day of an act back if it has been done by the day of the verdict; None where it has not."""
        return on if on is not None and on <= self.facts.as_of_on else None

    def fact(self, amount: int | None, name: str, period: str = "") -> int:
        """Give a number of the operator's back, with its origin; its unit is the suffix of its name.

        Args:
            period: Of which quarter, where it is another than the one judged.

        Raises:
            FactMissing: nobody gave it.
        """
        known = self.known(amount, name)
        return known if self.tape is None else self.given(known, name, period)

    def given(self, amount: int, name: str, period: str = "") -> int:
        """Give a number that was worked out from the operator's facts, with its origin."""
        if self.tape is None:
            return amount
        return fact_term(amount, name=name, unit=_unit_of(name), period=period or self.period, tape=self.tape)

    def amount(self, key: keys.Amount, law: Snapshot | None = None) -> int:
        """Give an amount of the law, with its origin. [the quantity's unit]

        Raises:
            NoRuleInForce: law.value.*
        """
        law = law or self.law
        found = law.amount(key)
        return found if self.tape is None else law_term(found, value=law.require(key), tape=self.tape)

    def in_force(self, key: keys.Flag, law: Snapshot | None = None) -> Value:
        """Give the flag in which a duty stands; where the law says no, there is no such duty.

        Raises:
            NoRuleInForce: law.value.*
        """
        law = law or self.law
        rule = law.require(key)
        if rule.content is False:
            raise NoRuleInForce(NotCovered(str(key)), on=law.on)
        return rule

    def band_amount(self, key: keys.Amount | keys.Banded, at: int, law: Snapshot | None = None) -> int:
        """Give the amount of a scale at an amount, with the row it stands in. [the quantity's unit]

        Raises:
            NoRuleInForce: law.value.*
        """
        law = law or self.law
        band = law.band(key, int(at))
        found = law.band_amount(key, at=int(at)) if band else law.find(key)
        if not isinstance(found, Value):
            raise NoRuleInForce(found, on=law.on)
        if not isinstance(found.content, int):
            raise TypeError(f"{key} is no amount")
        if self.tape is None:
            return found.content
        asked_at = int(at) if band else None
        return law_term(found.content, value=found, tape=self.tape, band=band, asked_at=asked_at)

    def holds(self, words: str, holds: bool) -> bool:
        """Note a condition in words, and give its outcome back; one that does not hold is kept as well."""
        return holds if self.tape is None else self.tape.note(words, "", "", holds)

    def finding(
        self,
        status: Status,
        reason: str,
        *,
        rule: Value | None = None,
        measured: int | None = None,
        limit: int | None = None,
        unit: Unit = Unit.NONE,
        evidence: tuple[str, ...] = (),
        deadline_on: date | None = None,
        at_stake_tiyn: int = 0,
    ) -> Finding:
        """Answer; `rule` is the value of the law in which the duty stands."""
        return Finding(
            duty=self.duty,
            period=self.period,
            status=status,
            reason=reason,
            measured=measured,
            limit=limit,
            unit=unit,
            evidence=evidence,
            source=rule.source.key if rule else "",
            at=rule.at if rule else "",
            deadline_on=deadline_on,
            at_stake_tiyn=at_stake_tiyn,
        )

    def no_duty(self, reason: str) -> Finding:
        """Answer that the duty does not apply."""
        return self.finding(Status.NOT_APPLICABLE, reason)

    def timing(self, deadline_on: date, done_on: date | None, stem: str) -> tuple[Status, str]:
        """Judge an act with a deadline: done late, not done, not yet due, due soon, done."""
        today, done_on = self.facts.as_of_on, self.done(done_on)
        if done_on is not None:
            in_time = self.holds(f"done on {done_on}, by {deadline_on}", done_on <= deadline_on)
            return (Status.MET, f"{stem}_done") if in_time else (Status.BREACHED, f"{stem}_late")
        if not self.holds(f"not done; {today} is not after {deadline_on}", today <= deadline_on):
            return Status.BREACHED, f"{stem}_missing"
        soon = (deadline_on - today).days <= SOON_DAYS
        return (Status.AT_RISK, f"{stem}_due_soon") if soon else (Status.NOT_APPLICABLE, f"{stem}_not_yet_due")


class Scope(StrEnum):
    """What a duty is judged for."""

    QUARTER = "quarter"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty of the law.

    Args:
        name: `<noun>.<duty>`.
        judge: The function that judges it.
        reads: Keys of the book that it may ask.
        scope: Whether each quarter has its own answer.
        split_by_day: It looks up the law of each day itself, or asks for that of the last day alone, so that a change
            inside a quarter leaves it determined.
        mendable: What is amiss in an open quarter can still be mended before it closes: a risk, no breach yet.
    """

    name: str
    judge: Callable[[Case], Finding]
    reads: tuple[str, ...]
    scope: Scope
    split_by_day: bool
    mendable: bool


def duty(
    name: str,
    *reads: keys.Key,
    scope: Scope = Scope.QUARTER,
    split_by_day: bool = False,
    mendable: bool = False,
) -> Callable[[Callable[[Case], Finding]], Duty]:
    """Make a function a duty: see `Duty` for the arguments."""

    def decorated(judge: Callable[[Case], Finding]) -> Duty:
        return Duty(name, judge, tuple(map(str, reads)), scope, split_by_day, mendable)

    return decorated
