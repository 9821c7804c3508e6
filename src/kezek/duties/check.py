"""The compliance check: every duty of an operator, for closed and open quarters, with its robustness."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from kezek.duties import energy, equipment, fee, licence, notification, records, sale, tax, vat
from kezek.duties.case import Case, Duty, FactMissing, Scope
from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Change, Consequence, Finding, Otherwise, Status
from kezek.duties.lens import Lens, Moved
from kezek.duties.penalty import consequences
from kezek.duties.trace import Trace
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Record, Snapshot
from kezek.law.term import Tape

_ROOMS = (licence.DUTIES, notification.DUTIES, equipment.DUTIES, energy.DUTIES, sale.DUTIES, fee.DUTIES, tax.DUTIES,
          vat.DUTIES, records.DUTIES)  # fmt: skip
DUTIES: dict[str, Duty] = {duty.name: duty for room in _ROOMS for duty in room}
"""Every duty that is judged, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class DutyResult:
    """One duty over all its periods: the worst finding names its status."""

    duty: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Worst status of its periods, in the order of `Status`."""
        return _worst(finding.status for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one operator."""

    operator_id: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Worst status, in the order of `Status`; without books nothing applies."""
        return _worst(finding.status for finding in self.findings)

    @property
    def breached(self) -> tuple[Finding, ...]:
        """Duties of closed periods that are breached."""
        return tuple(finding for finding in self.findings if finding.status is Status.BREACHED)

    @property
    def duties(self) -> tuple[DutyResult, ...]:
        """The findings by duty, in the order of `DUTIES`."""
        found: dict[str, list[Finding]] = {}
        for finding in self.findings:
            found.setdefault(finding.duty, []).append(finding)
        return tuple(DutyResult(name, tuple(found[name])) for name in DUTIES if name in found)

    def counts(self) -> dict[Status, int]:
        """Count findings by status."""
        counted = Counter(finding.status for finding in self.findings)
        return {status: counted[status] for status in Status}


def _worst(statuses: Iterable[Status]) -> Status:
    present = set(statuses)
    return next((status for status in Status if status in present), Status.NOT_APPLICABLE)


def check(*, facts: OperatorFacts, lens: Lens, explained: bool = True, readings: bool = True) -> Verdict:
    """Judge every duty of an operator for every quarter in its books, and for its standing where that is given.

    An act that breaks a rule is a breach in an open quarter as well; what the quarter can still mend, as a share that
    is behind its pace, is at risk until it closes. Missing law and missing facts make a duty undetermined, never
    met. So does law that changes inside the quarter, where the books of the whole quarter would be judged otherwise
    by the law of its first day: they do not say what happened before the change.

    Args:
        explained: Keep how each finding came about; without, the findings are the same.
        readings: Judge under other readings as well; without, nothing is said about them.

    Guarantees: one finding per duty and period; each says under which readings of the law it would be another. The
    lens has on record every question and unconfirmed value that a finding rests on, not those of other readings.
    """
    lens.settle()
    return Verdict(
        facts.operator_id,
        tuple(_examine(one, facts, book, lens, explained, readings) for one, book in _docket(facts)),
    )


def breaches(*, facts: OperatorFacts, lens: Lens) -> frozenset[tuple[str, str]]:
    """Name duty and quarter of each breach under the lens' own readings; other readings are not tried."""
    found = (_judge(one, facts, book, lens, None) for one, book in _docket(facts))
    return frozenset((one.duty, one.period) for one in found if one.status is Status.BREACHED)


def _docket(facts: OperatorFacts) -> Sequence[tuple[Duty, QuarterBook | None]]:
    """List what is to be judged: each duty of the standing once, each other one for each quarter."""
    standing = [one for one in DUTIES.values() if one.scope is Scope.STANDING and facts.standing is not None]
    quarterly = [one for one in DUTIES.values() if one.scope is Scope.QUARTER]
    return [*((one, None) for one in standing), *((one, book) for book in facts.books for one in quarterly)]


def _judge(
    one: Duty, facts: OperatorFacts, book: QuarterBook | None, lens: Lens, tape: Tape | None, *, brief: bool = False
) -> Finding:
    """Judge one duty by the law of the last day; where that of the first would say otherwise, leave it open.

    Where there was nothing amiss in the whole quarter, there was nothing in the part in which the rule was in force.
    """
    finding = _judge_by_one_law(Case(one.name, facts, lens, book, tape, brief), one)
    if one.split_by_day or book is None:
        return finding
    changed_on = lens.changed_on(from_on=book.quarter.from_on, last_on=book.last_on, reads=one.reads)
    if not changed_on:
        return finding
    stood = lens.as_it_stood(book.quarter.from_on)
    before = _judge_by_one_law(Case(one.name, facts, stood, book, brief=True), one)
    if before.status is finding.status or finding.missing:
        return finding
    if before.status is Status.NOT_APPLICABLE and _nothing_amiss(finding):
        return finding
    return Finding(
        duty=one.name,
        period=finding.period,
        status=Status.UNDETERMINED,
        reason="duties.law.changed_inside_period",
        evidence=tuple(f"law changes on {on}" for on in changed_on),
        source=finding.source,
        at=finding.at,
    )


def _nothing_amiss(finding: Finding) -> bool:
    """Tell whether a duty that allows none found none; a share met over the quarter says nothing of a part of it."""
    return finding.status is Status.MET and finding.measured == 0 and finding.limit == 0


def _judge_by_one_law(case: Case, one: Duty) -> Finding:
    """Judge one duty, what an open period can still mend softly; where law or facts are missing, say so instead."""
    try:
        finding = one.judge(case)
        softer = one.mendable and finding.status is Status.BREACHED and not case.closed
        return finding.for_open_period() if softer else finding
    except FactMissing as gap:
        missing = case.finding(Status.UNDETERMINED, "duties.facts.missing", evidence=(gap.name,))
        return replace(missing, missing=(gap.name,))
    except NoRuleInForce as absence:
        unknown = isinstance(absence.absent, Unknown)
        status = Status.UNDETERMINED if unknown else Status.NOT_APPLICABLE
        reason = "duties.law.unknown" if unknown else "duties.law.not_in_force"
        return case.finding(status, reason, evidence=(str(absence.what),))


def _examine(
    one: Duty, facts: OperatorFacts, book: QuarterBook | None, lens: Lens, explained: bool, readings: bool
) -> Finding:
    """Judge a duty with its explanation, its consequences, and under the other readings of what it touched."""
    tape = Tape() if explained else None
    finding = _judge(one, facts, book, lens, tape)
    record = lens.settle()
    trace = None if tape is None else _trace(finding, lens.on(book.last_on if book else facts.as_of_on), record, tape)
    changes = _changes(one, facts, book, lens, finding.status, record) if readings and record.touched else ()
    if finding.status is not Status.BREACHED:
        return finding.completed(changes=changes, trace=trace) if changes or trace else finding
    plain = finding.completed(changes=changes, trace=trace)
    follows = consequences(plain, Case(one.name, facts, lens, book))
    priced = lens.settle().touched
    touched = priced | record.touched if readings else set[str]()
    otherwise = _otherwise(one, facts, book, lens.alternatives(tuple(sorted(touched))), (plain, follows))
    return replace(plain, consequences=follows, otherwise=otherwise)


def _otherwise(
    one: Duty,
    facts: OperatorFacts,
    book: QuarterBook | None,
    alternatives: Iterable[tuple[Moved, Lens]],
    own: tuple[Finding, tuple[Consequence, ...]],
) -> tuple[Otherwise, ...]:
    """Judge a breach under other readings; where it stays one, say what it would cost, if that is something else."""
    finding, follows = own
    found: dict[Moved, tuple[int, tuple[Consequence, ...]]] = {}
    for moved, other in alternatives:
        judged = _judge(one, facts, book, other, None)
        if judged.status is Status.BREACHED:
            costs = judged.at_stake_tiyn, consequences(judged, Case(one.name, facts, other, book))
            if costs != (finding.at_stake_tiyn, follows):
                found[moved] = costs
        other.record.clear()
    least = [moved for moved in found if not any(part < moved and found[part] == found[moved] for part in found)]
    return tuple(Otherwise(tuple(sorted(moved)), *found[moved]) for moved in sorted(least, key=sorted))


def _changes(
    one: Duty, facts: OperatorFacts, book: QuarterBook | None, lens: Lens, status: Status, record: Record
) -> tuple[Change, ...]:
    """Judge a duty under every combination of the readings that it touched; name the least changes that move it.

    A question that is met only under another reading is touched as well. A combination is named only if no part of
    it gives the same status by itself.
    """
    questions, judged = tuple(sorted(record.touched)), dict[Moved, Status]()
    while True:
        touched = set(questions)
        for moved, other in lens.alternatives(questions):
            if moved not in judged:
                judged[moved] = _judge(one, facts, book, other, None, brief=True).status
                touched |= other.take_touched()
        if len(touched) == len(questions):
            break
        questions = tuple(sorted(touched))
    changed = [moved for moved, found in judged.items() if found is not status]
    least = [
        moved for moved in changed if not any(other < moved and judged[other] is judged[moved] for other in changed)
    ]
    named = {moved: sorted(moved) for moved in least}
    return tuple(
        Change(*named[moved][0], judged[moved], tuple(named[moved][1:]))
        for moved in sorted(least, key=named.__getitem__)
    )


def _trace(finding: Finding, law: Snapshot, record: Record, tape: Tape) -> Trace:
    """Keep the way to a finding apart from it: amounts with their origin, conditions, the law asked, positions."""
    amounts = {"measured": finding.measured, "limit": finding.limit, "at_stake_tiyn": finding.at_stake_tiyn}
    examined, tape.conditions = tuple(tape.conditions), []  # a term holds its tape: leave no circle behind
    return Trace(
        amounts={name: amount for name, amount in amounts.items() if amount is not None and type(amount) is not int},
        conditions=examined,
        asked=record.asked,
        positions={
            question: (law.positions[question], question in law.chosen) for question in sorted(record.touched)
        },
    )
