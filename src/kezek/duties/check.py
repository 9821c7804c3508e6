"""The compliance check: every duty of an operator, for closed and open quarters, with its robustness."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

from kezek.duties import energy, equipment, fee, licence, records, sale, tax
from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Change, Finding, Status
from kezek.duties.lens import Lens
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce

Duty = Callable[[OperatorFacts, QuarterBook, Lens], Finding]

DUTIES: dict[str, Duty] = {
    "licence.held": licence.licence_held,
    "equipment.registered": equipment.machines_registered,
    "pool.accredited": equipment.pool_accredited,
    "energy.source": energy.energy_sourced,
    "energy.purchase_size": energy.purchase_size,
    "sale.share": sale.sale_share,
    "sale.venue": sale.sale_venue,
    "fee.return": fee.fee_returned,
    "fee.payment": fee.fee_paid_in_time,
    "fee.amount": fee.fee_paid_in_full,
    "tax.income": tax.income_tax_declared,
    "vat.import_lock": equipment.vat_lock_kept,
    "records.coins": records.coins_disclosed,
    "records.energy": records.energy_metered,
}
"""Every duty that is judged, in the order in which they are shown."""

SPLIT_BY_DAY = frozenset({"licence.held", "energy.purchase_size"})
"""Duties that look up the law of each day themselves, so that a change inside a quarter leaves them determined."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """All findings of one operator."""

    operator_id: str
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        """Worst status, in the order of `Status`; without books nothing applies."""
        present = {finding.status for finding in self.findings}
        return next((status for status in Status if status in present), Status.NOT_APPLICABLE)

    @property
    def breached(self) -> tuple[Finding, ...]:
        """Duties of closed periods that are breached."""
        return tuple(finding for finding in self.findings if finding.status is Status.BREACHED)

    def counts(self) -> dict[Status, int]:
        """Count findings by status."""
        counted = Counter(finding.status for finding in self.findings)
        return {status: counted[status] for status in Status}


def check(*, facts: OperatorFacts, lens: Lens) -> Verdict:
    """Judge every duty of an operator for every quarter in its books.

    A closed quarter is met, breached, undetermined or does not apply; an open one is at most at risk. Missing law
    makes a duty undetermined, never met. So does law that changes inside the quarter, where the books of the whole
    quarter would be judged otherwise by the law of its first day: they do not say what happened before the change.

    Guarantees: one finding per duty and quarter; each says under which readings of the law it would be another. The
    lens has on record every question and unconfirmed value that a finding rests on, not those of other readings.
    """
    findings: list[Finding] = []
    for book in facts.books:
        findings += [_with_changes(name, duty, facts, book, lens) for name, duty in DUTIES.items()]
    return Verdict(facts.operator_id, tuple(findings))


def breaches(*, facts: OperatorFacts, lens: Lens) -> frozenset[tuple[str, str]]:
    """Name duty and quarter of each breach under the lens' own readings; other readings are not tried."""
    found = (_judge(name, duty, facts, book, lens) for book in facts.books for name, duty in DUTIES.items())
    return frozenset((one.duty, one.period) for one in found if one.status is Status.BREACHED)


def _judge(name: str, duty: Duty, facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge one duty by the law of the last day; where that of the first would say otherwise, leave it open."""
    finding = _judge_by_one_law(name, duty, facts, book, lens)
    changed_on = lens.changed_on(from_on=book.quarter.from_on, last_on=book.last_on)
    if name in SPLIT_BY_DAY or not changed_on:
        return finding
    before = _judge_by_one_law(name, duty, facts, book, lens.as_it_stood(book.quarter.from_on))
    if before.status is finding.status:
        return finding
    return Finding(
        duty=name,
        period=str(book.quarter),
        status=Status.UNDETERMINED,
        reason="duties.law.changed_inside_period",
        evidence=tuple(f"law changes on {on}" for on in changed_on),
        source=finding.source,
        at=finding.at,
    )


def _judge_by_one_law(name: str, duty: Duty, facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge one duty, an open period softly; where the law has no rule for it, say so instead."""
    try:
        finding = duty(facts, book, lens)
        return finding if facts.is_closed(book) else finding.for_open_period()
    except NoRuleInForce as absence:
        unknown = isinstance(absence.absent, Unknown)
        status = Status.UNDETERMINED if unknown else Status.NOT_APPLICABLE
        reason = "duties.law.unknown" if unknown else "duties.law.not_in_force"
        return Finding(name, str(book.quarter), status, reason, evidence=(str(absence.what),))


def _with_changes(name: str, duty: Duty, facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge a duty under every combination of the readings that it touched; name the least changes that move it.

    A combination is named only if no part of it would move the status by itself.
    """
    own = lens.fresh()
    finding = _judge(name, duty, facts, book, own)
    lens.absorb(own)
    questions = sorted(own.touched())
    choices = [sorted(lens.book.questions[question].positions) for question in questions]
    changes: dict[tuple[tuple[str, str], ...], Status] = {}
    for combination in product(*choices):
        readings = dict(zip(questions, combination, strict=True))
        other = _judge(name, duty, facts, book, lens.with_readings(readings))
        if other.status is not finding.status:
            moved = tuple((q, p) for q, p in readings.items() if own_position(own, book, q) != p)
            changes[moved] = other.status
    least = [moved for moved in changes if not any(set(other) < set(moved) for other in changes)]
    named = tuple(Change(*moved[0], changes[moved], moved[1:]) for moved in least)
    return replace(finding, changes=named)


def own_position(lens: Lens, book: QuarterBook, question: str) -> str:
    """Name the position that the lens itself takes on a question."""
    return lens.on(book.last_on).positions[question]
