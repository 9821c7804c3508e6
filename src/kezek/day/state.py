"""What a day has come to: filled by the engine, read by tables, summary and report."""

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
