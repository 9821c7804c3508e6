"""What an operator owes, quarter by quarter: what accrued, by when it is due, what was paid and in which quarter.

Accrual and cash are two things: the fee of one quarter is paid in the next, and a sum by the day of payment
says nothing about the quarter that it was for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kezek.duties.case import Case, FactMissing
from kezek.duties.check import DUTIES
from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.units.calendar import Quarter


class DueKind(StrEnum):
    """What is owed, in the order in which it is shown."""

    FEE = "fee"
    INCOME_TAX = "income_tax"
    IMPORT_VAT = "import_vat"


@dataclass(frozen=True, slots=True)
class Due:
    """One sum owed for one quarter.

    Args:
        accrued_tiyn: What the quarter's books come to; None where law or facts leave it open.
        due_on: Last day to pay; None where no source gives one.
        paid_tiyn: What was paid for it by the day of the verdict; None where nobody said.
        declared_tiyn: What was declared for it, where that is all the books hold; None where nobody said.
        paid_on: Day of payment.
        unknown: What the law leaves open, as a sentence.
        missing: Fact that nobody gave, by its name.
    """

    kind: DueKind
    quarter: Quarter
    accrued_tiyn: int | None
    due_on: date | None
    paid_tiyn: int | None
    paid_on: date | None = None
    declared_tiyn: int | None = None
    unknown: str = ""
    missing: str = ""

    @property
    def open_tiyn(self) -> int | None:
        """What is still owed; None where it is not known, as of a tax that was declared. [tiyn]"""
        if self.accrued_tiyn is None or self.paid_tiyn is None:
            return None
        return max(0, self.accrued_tiyn - self.paid_tiyn)


_DUTY = {DueKind.FEE: "fee.amount", DueKind.INCOME_TAX: "tax.income", DueKind.IMPORT_VAT: "vat.import"}


def dues(*, facts: OperatorFacts, lens: Lens) -> tuple[Due, ...]:
    """List what accrued in each quarter of the books, under the lens' own readings; what does not apply is left out.

    The amounts are the limits of the duties `fee.amount`, `tax.income` and `vat.import`: one engine for what is owed
    and for whether it was paid.
    """
    found = (_due(kind, facts, book, lens) for book in facts.books for kind in DueKind)
    return tuple(one for one in found if one is not None)


def paid_by_quarter(*, owed: tuple[Due, ...]) -> Mapping[Quarter, int]:
    """Sum the fee by the quarter in which it was paid: cash, not accrual. [tiyn]"""
    paid: dict[Quarter, int] = {}
    for one in owed:
        if one.kind is DueKind.FEE and one.paid_on is not None and one.paid_tiyn:
            paid_in = Quarter.of(one.paid_on)
            paid[paid_in] = paid.get(paid_in, 0) + one.paid_tiyn
    return dict(sorted(paid.items()))


def _due(kind: DueKind, facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Due | None:
    one = DUTIES[_DUTY[kind]]
    try:
        finding = one.judge(Case(one.name, facts, lens, book))
    except FactMissing as gap:
        return Due(kind, book.quarter, None, None, None, missing=gap.name)
    except NoRuleInForce as absence:
        open_law = isinstance(absence.absent, Unknown)
        return Due(kind, book.quarter, None, None, None, unknown=absence.what) if open_law else None
    if finding.limit is None or (finding.status is Status.NOT_APPLICABLE and finding.reason not in _ACCRUES):
        return None
    paid_on = book.fee.paid_on if kind is DueKind.FEE and book.fee else None
    paid_on = paid_on if paid_on is not None and paid_on <= facts.as_of_on else None
    if kind is DueKind.INCOME_TAX:
        return Due(kind, book.quarter, finding.limit, finding.deadline_on, None, declared_tiyn=finding.measured)
    return Due(kind, book.quarter, finding.limit, finding.deadline_on, finding.measured, paid_on)


_ACCRUES = ("duties.fee.accrued", "duties.fee.unpaid")
