"""What a day has come to: filled by the engine, read by tables, summary and report."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from kezek.day.events import Outcome, Payout, Revision, Supply
from kezek.duties.check import Verdict
from kezek.ledger.entry import Ledger
from kezek.market.clearing import Clearing
from kezek.market.lots import Purchase
from kezek.market.order import Decision
from kezek.market.product import Product
from kezek.market.publication import ProductSummary
from kezek.metering.reading import MeterReading
from kezek.registry.operator import Operator


class InvariantBroken(RuntimeError):
    """Something that must never happen happened: a bug of ours; the day is not published."""


@dataclass(slots=True)
class ProductState:
    """One product through the day."""

    product: Product
    supply: Supply
    decisions: list[Decision] = field(default_factory=list)
    clearing: Clearing | None = None
    summary: ProductSummary | None = None
    final_kwh: dict[str, int] = field(default_factory=dict)
    revised_kwh: int | None = None

    @property
    def sold_kwh(self) -> int:
        """Energy sold after any curtailment. [kWh]"""
        return sum(self.final_kwh.values())

    def require_no_rise(self, after_kwh: Mapping[str, int]) -> None:
        """Check that a second clearing gives no operator more than it holds.

        Raises:
            InvariantBroken: somebody's award would rise.
        """
        change_kwh: Counter[str] = Counter()
        for decision in self.decisions:
            order = decision.order
            change_kwh[order.operator_id] += after_kwh[order.order_id] - self.final_kwh.get(order.order_id, 0)
        risen = [operator_id for operator_id, kwh in change_kwh.items() if kwh > 0]
        if risen:
            raise InvariantBroken(f"curtailment of {self.product.product_id} raises the award of {risen}")


@dataclass(slots=True)
class DayState:
    """Everything that the day came to; read by tables, summary and report."""

    operators: dict[str, Operator] = field(default_factory=dict)
    products: dict[str, ProductState] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)
    final_purchase_kwh: dict[str, int] = field(default_factory=dict)
    revisions: list[Revision] = field(default_factory=list)
    readings: list[MeterReading] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    entry_of_purchase: dict[str, int] = field(default_factory=dict)
    cut_entry_of_purchase: dict[str, int] = field(default_factory=dict)


def verdict_body(verdict: Verdict) -> dict[str, object]:
    """Write a verdict for the log: each finding with what was measured and the readings that would change it."""
    findings = [
        [one.duty, one.period, one.status, one.reason, one.measured, one.limit, list(one.changes)]
        for one in verdict.findings
    ]
    return {"operator_id": verdict.operator_id, "status": verdict.status, "findings": findings}
