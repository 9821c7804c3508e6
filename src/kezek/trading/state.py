"""What a session has come to: filled by the engine, read by documents, reports and the day."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kezek.ledger.charges import Cost
from kezek.ledger.transfer import Ledger
from kezek.market.clearing import Clearing
from kezek.market.imbalance import OperatorImbalance
from kezek.market.lots import Purchase
from kezek.market.order import CancelDecision, Decision, Order, OrderEnd, Step
from kezek.market.product import Product
from kezek.market.publication import ProductSummary


class InvariantBroken(RuntimeError):
    """Something that must never happen happened: a bug of ours; nothing is published."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step of one order in the frozen book of a product."""

    order: Order
    number: int
    step: Step


@dataclass(frozen=True, slots=True)
class SiteImbalance:
    """What one site used against what was bought for it, settled hour by hour."""

    site_id: str
    settled: OperatorImbalance


@dataclass(slots=True)
class ProductState:
    """One product through the session.

    Args:
        rows: The frozen book, in order of arrival; empty until the gate closes.
        fills_kwh: What each row has now, after any curtailment. [kWh]
        purchase_ids: Purchases of each row.
        final_kwh: What each order has now. [kWh]
        revised_kwh: Supply after the last revision behind the gate. [kWh]
    """

    product: Product
    rows: tuple[Row, ...] = ()
    decisions: tuple[Decision, ...] = ()
    clearing: Clearing | None = None
    summary: ProductSummary | None = None
    fills_kwh: tuple[int, ...] = ()
    purchase_ids: list[list[str]] = field(default_factory=list)
    final_kwh: dict[str, int] = field(default_factory=dict)
    revised_kwh: int | None = None

    @property
    def sold_kwh(self) -> int:
        """Energy sold after any curtailment. [kWh]"""
        return sum(self.fills_kwh)

    @property
    def bidder_count(self) -> int:
        """Operators with an order in the frozen book."""
        return len({row.order.operator_id for row in self.rows})

    def require_no_rise(self, after_kwh: Sequence[int], claimant_of: Mapping[str, str]) -> None:
        """Check that a second clearing gives nobody more than it holds, ids of one owner taken together.

        Raises:
            InvariantBroken: somebody's award would rise.
        """
        change_kwh: Counter[str] = Counter()
        for row, before, after in zip(self.rows, self.fills_kwh, after_kwh, strict=True):
            change_kwh[claimant_of[row.order.operator_id]] += after - before
        risen = [claimant for claimant, kwh in change_kwh.items() if kwh > 0]
        if risen:
            raise InvariantBroken(f"curtailment of {self.product.product_id} raises the award of {risen}")


@dataclass(slots=True)
class TradingState:
    """Everything that a session came to.

    Args:
        decisions: Every answer to an order, in order; amendments are answers of their own.
        ends: How each order ended, from the gate on.
        final_purchase_kwh: What is left of each purchase. [kWh]
        price_of_purchase: What each purchase pays now; a re-struck price is not that of its start. [tiyn/kWh]
        cut_entry_of_purchase: Entry of the log with the last cut of a purchase.
        refund_of_purchase, extra_of_purchase: What all its cuts gave back, and all its new prices drew. [tiyn]
    """

    products: dict[str, ProductState] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    cancellations: list[CancelDecision] = field(default_factory=list)
    ends: dict[str, OrderEnd] = field(default_factory=dict)
    purchases: dict[str, Purchase] = field(default_factory=dict)
    final_purchase_kwh: dict[str, int] = field(default_factory=dict)
    price_of_purchase: dict[str, int] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    entry_of_purchase: dict[str, int] = field(default_factory=dict)
    cut_entry_of_purchase: dict[str, int] = field(default_factory=dict)
    refund_of_purchase: dict[str, Cost] = field(default_factory=dict)
    extra_of_purchase: dict[str, Cost] = field(default_factory=dict)
    imbalances: list[SiteImbalance] = field(default_factory=list)
