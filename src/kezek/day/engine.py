"""The day as a machine: events go in, every consequence is calculated and logged. Run and replay both use it."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from kezek.day.codec import to_plain
from kezek.day.events import (
    SCHEMA_VERSION,
    Admitted,
    Closed,
    Derived,
    Input,
    Opened,
    Outcome,
    Payout,
    Prepaid,
    Revision,
    Supply,
)
from kezek.day.rules import market_rules, session_of
from kezek.duties.check import Verdict, check
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.log import Log
from kezek.ledger import settlement as entries
from kezek.ledger.entry import RESERVED, Entry, Ledger
from kezek.market.clearing import Clearing, clear_product
from kezek.market.lots import Purchase, cut_purchases, purchases_of
from kezek.market.order import Bidder, Decision, Order, OrderBook
from kezek.market.product import Product
from kezek.market.publication import ProductSummary, summarise
from kezek.metering.reading import MeterReading
from kezek.registry.operator import Operator
from kezek.units.calendar import hours_of


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


class DayEngine:
    """Takes the events of one day in order and logs them with their consequences.

    Guarantees: no clock, no chance: the same inputs give the same log, byte for byte; no product sells more than its
    surplus; no purchase is over the maximum; the ledger adds up to zero.
    """

    def __init__(self, *, lens: Lens, opened: Opened) -> None:
        self.lens = lens
        self.opened = opened
        self.log = Log()
        self.state = DayState()
        law = lens.on(opened.on)
        self.rules = market_rules(law=law)
        self.session = session_of(on=opened.on, law=law)
        self._bidder_subtypes = law.items("market.bidder_subtypes")
        self._prepaid_tiyn: dict[str, int] = defaultdict(int)
        self._book: OrderBook | None = None
        self._tie_key = b""
        self._record(Input.OPENED, str(opened.on), self.session.prepayment_by_at - timedelta(hours=8), opened)

    def _record(self, kind: Input | Derived, subject_id: str, at: datetime, data: object) -> int:
        """Log an event under its running number; returns its index in the log."""
        event = {
            "at": to_plain(at),
            "data": to_plain(data),
            "id": subject_id,
            "n": len(self.log),
            "type": kind.value,
            "v": SCHEMA_VERSION,
        }
        return self.log.append(event)

    def _post(self, entry: Entry) -> None:
        self.state.ledger.post(entry)
        self._record(Derived.POSTED, entry.entry_id, entry.at, entry)

    def admit(self, operator: Operator) -> None:
        """Admit an operator to the day."""
        self._require_no_orders_yet("admission")
        self.state.operators[operator.operator_id] = operator
        self._record(
            Input.ADMITTED,
            operator.operator_id,
            self.session.prepayment_by_at - timedelta(hours=1),
            Admitted(operator),
        )

    def prepay(self, prepaid: Prepaid) -> None:
        """Book a prepayment; it counts for the session only if it comes before the first order."""
        self._require_no_orders_yet("prepayment")
        self._record(Input.PREPAID, prepaid.operator_id, self.session.prepayment_by_at, prepaid)
        self._prepaid_tiyn[prepaid.operator_id] += prepaid.amount_tiyn
        self._post(
            entries.prepayment(
                operator_id=prepaid.operator_id,
                at=self.session.prepayment_by_at,
                amount_tiyn=prepaid.amount_tiyn,
                entry_id=f"prepay/{prepaid.operator_id}",
            )
        )

    def publish(self, supply: Supply) -> None:
        """Publish the surplus of one product."""
        self._require_no_orders_yet("publication")
        self._record(Input.SUPPLY, supply.product_id, self.session.volume_by_at, supply)
        product = Product(
            supply.product_id, supply.zone, supply.hour_index, supply.surplus_kwh, self.opened.reserve_tiyn_per_kwh
        )
        self.state.products[supply.product_id] = ProductState(product, supply)

    def _require_no_orders_yet(self, what: str) -> None:
        if self._book is not None:
            raise ValueError(f"{what} after the first order of the session")

    def submit(self, order: Order) -> None:
        """Take or refuse an order; the same order again is logged, gets the same answer and changes nothing."""
        self._record(Input.ORDER, order.order_id, order.received_at, order)
        decision = self._orders().decide(order)
        if decision.order is order:
            self.state.decisions.append(decision)
            if decision.refusal is None:
                self.state.products[order.product_id].decisions.append(decision)
        body = {
            "order_id": order.order_id,
            "refusal": decision.refusal,
            "found": decision.found,
            "limit": decision.limit,
            "reserved_tiyn": decision.reserved_tiyn,
        }
        self._record(Derived.DECIDED, order.order_id, order.received_at, body)

    def _orders(self) -> OrderBook:
        if self._book is None:
            traded_on = self.opened.on - timedelta(days=1)
            bidders = [
                Bidder(
                    operator_id=operator.operator_id,
                    zone=operator.zone,
                    licence_state=operator.licence.state_on(traded_on),
                    has_quota=operator.licence.subtype in self._bidder_subtypes and operator.bids,
                    site_power_w=operator.site_power_w,
                    prepaid_tiyn=self._prepaid_tiyn[operator.operator_id],
                )
                for operator in self.state.operators.values()
            ]
            products = [state.product for state in self.state.products.values()]
            self._book = OrderBook(products=products, bidders=bidders, rules=self.rules, session=self.session)
        return self._book

    def close_gate(self) -> None:
        """Close the book, clear every product, split awards into purchases, settle."""
        closes_at = self.session.closes_at
        self._tie_key = self.log.tree.root()
        self._record(Input.GATE, str(self.opened.on), closes_at, {"root": self._tie_key.hex(), "size": len(self.log)})
        self._reserve(closes_at)
        cleared_at = closes_at + timedelta(minutes=5)
        for state in self.state.products.values():
            self._clear(state, cleared_at)
        for decision in self.state.decisions:
            if decision.refusal is not None and decision.order.order_id not in self.state.outcomes:
                self.state.outcomes[decision.order.order_id] = Outcome.REFUSED
        self._release(cleared_at)

    def _reserve(self, at: datetime) -> None:
        reserved: dict[str, int] = defaultdict(int)
        for state in self.state.products.values():
            for decision in state.decisions:
                reserved[decision.order.operator_id] += decision.reserved_tiyn
        for operator_id, amount_tiyn in sorted(reserved.items()):
            entry_id = f"reserve/{operator_id}"
            self._post(
                entries.reservation(operator_id=operator_id, at=at, amount_tiyn=amount_tiyn, entry_id=entry_id)
            )

    def _release(self, at: datetime) -> None:
        for operator_id in sorted(self.state.operators):
            left_tiyn = self.state.ledger.held_tiyn(f"{RESERVED}:{operator_id}")
            if left_tiyn:
                entry_id = f"release/{operator_id}"
                self._post(entries.release(operator_id=operator_id, at=at, amount_tiyn=left_tiyn, entry_id=entry_id))

    def _clear_book(self, state: ProductState, supply_kwh: int) -> Clearing:
        orders = [decision.order for decision in state.decisions]
        return clear_product(
            product_id=state.product.product_id,
            supply_kwh=supply_kwh,
            price_tiyn_per_kwh=np.array([order.price_tiyn_per_kwh for order in orders], dtype=np.int64),
            quantity_kwh=np.array([order.quantity_kwh for order in orders], dtype=np.int64),
            operator_ids=[order.operator_id for order in orders],
            price_rule=self.rules.price_rule,
            tie_rule=self.rules.tie_rule,
            tie_key=self._tie_key,
        )

    def _clear(self, state: ProductState, at: datetime) -> None:
        clearing = self._clear_book(state, state.product.offered_kwh)
        quantities = [decision.order.quantity_kwh for decision in state.decisions]
        state.clearing = clearing
        state.summary = summarise(offered_kwh=state.product.offered_kwh, quantity_kwh=quantities, clearing=clearing)
        body = {"product_id": state.product.product_id, "summary": state.summary, "rules": clearing.rules}
        self._record(Derived.CLEARED, state.product.product_id, at, body)
        for row, decision in enumerate(state.decisions):
            self._fill(state, decision.order, int(clearing.fill_kwh[row]), int(clearing.pay_tiyn_per_kwh[row]), at)
        if state.sold_kwh > state.product.offered_kwh:
            raise InvariantBroken(
                f"{state.product.product_id} sold {state.sold_kwh} kWh of {state.product.offered_kwh}"
            )

    def _fill(self, state: ProductState, order: Order, fill_kwh: int, price: int, at: datetime) -> None:
        full = fill_kwh == order.quantity_kwh
        outcome = Outcome.ACCEPTED if full else Outcome.PARTLY if fill_kwh else Outcome.OUTBID
        self.state.outcomes[order.order_id] = outcome
        body = {"order_id": order.order_id, "outcome": outcome, "fill_kwh": fill_kwh, "price_tiyn_per_kwh": price}
        self._record(Derived.FILLED, order.order_id, at, body)
        if not fill_kwh:
            return
        state.final_kwh[order.order_id] = fill_kwh
        purchases = purchases_of(
            order_id=order.order_id,
            operator_id=order.operator_id,
            product_id=order.product_id,
            award_kwh=fill_kwh,
            price_tiyn_per_kwh=price,
            purchase_max_kwh=self.rules.purchase_max_kwh,
        )
        for purchase in purchases:
            self._check_size(purchase)
            self.state.purchases[purchase.purchase_id] = purchase
            self.state.final_purchase_kwh[purchase.purchase_id] = purchase.energy_kwh
            self.state.entry_of_purchase[purchase.purchase_id] = self._record(
                Derived.PURCHASED, purchase.purchase_id, at, purchase
            )
        self._post(
            entries.settlement(
                operator_id=order.operator_id,
                at=at,
                nets_tiyn=[purchase.net_tiyn for purchase in purchases],
                vat_ppm=self.rules.vat_ppm,
                entry_id=f"settle/{order.order_id}",
            )
        )

    def _check_size(self, purchase: Purchase) -> None:
        limit_kwh = self.rules.purchase_max_kwh
        if limit_kwh is not None and purchase.energy_kwh > limit_kwh:
            raise InvariantBroken(f"{purchase.purchase_id} is {purchase.energy_kwh} kWh, over {limit_kwh} kWh")

    def revise(self, revision: Revision) -> None:
        """Cut a product after clearing: the same book and function with less supply; prices stay as struck.

        Raises:
            ValueError: a revision that would raise the supply.
            InvariantBroken: somebody's award would rise.
        """
        state = self.state.products[revision.product_id]
        if revision.surplus_kwh > state.product.offered_kwh:
            raise ValueError(f"revision raises {revision.product_id} to {revision.surplus_kwh} kWh")
        self._record(Input.REVISION, revision.product_id, revision.revised_at, revision)
        self.state.revisions.append(revision)
        clearing = self._clear_book(state, revision.surplus_kwh)
        before = dict(state.final_kwh)
        after = {d.order.order_id: int(clearing.fill_kwh[row]) for row, d in enumerate(state.decisions)}
        self._require_no_rise(state, before, after)
        state.revised_kwh = revision.surplus_kwh
        body = {
            "product_id": revision.product_id,
            "before_kwh": sum(before.values()),
            "after_kwh": sum(after.values()),
        }
        self._record(Derived.RECUT, revision.product_id, revision.revised_at, body)
        for order_id, before_kwh in before.items():
            if after[order_id] < before_kwh:
                self._cut(state, order_id, after[order_id], revision.revised_at)

    @staticmethod
    def _require_no_rise(state: ProductState, before: dict[str, int], after: dict[str, int]) -> None:
        totals: dict[str, int] = defaultdict(int)
        for decision in state.decisions:
            order = decision.order
            totals[order.operator_id] += after[order.order_id] - before.get(order.order_id, 0)
        risen = [operator_id for operator_id, change_kwh in totals.items() if change_kwh > 0]
        if risen:
            raise InvariantBroken(f"curtailment of {state.product.product_id} raises the award of {risen}")

    def _cut(self, state: ProductState, order_id: str, left_kwh: int, at: datetime) -> None:
        mine = [p for p in self.state.purchases.values() if p.order_id == order_id]
        for cut in cut_purchases(purchases=mine, award_kwh=left_kwh):
            purchase = cut.purchase
            self.state.final_purchase_kwh[purchase.purchase_id] = cut.left_kwh
            body = {"purchase_id": purchase.purchase_id, "before_kwh": purchase.energy_kwh, "left_kwh": cut.left_kwh}
            self.state.cut_entry_of_purchase[purchase.purchase_id] = self._record(
                Derived.CUT, f"{purchase.purchase_id}/cut", at, body
            )
            net_tiyn, vat_tiyn = entries.refund_amounts(
                before_kwh=purchase.energy_kwh,
                left_kwh=cut.left_kwh,
                price_tiyn_per_kwh=purchase.price_tiyn_per_kwh,
                vat_ppm=self.rules.vat_ppm,
            )
            self._post(
                entries.refund(
                    operator_id=purchase.operator_id,
                    at=at,
                    net_tiyn=net_tiyn,
                    vat_tiyn=vat_tiyn,
                    entry_id=f"refund/{purchase.purchase_id}",
                )
            )
        state.final_kwh[order_id] = left_kwh
        if not left_kwh:
            del state.final_kwh[order_id]

    @property
    def _day_end_at(self) -> datetime:
        return hours_of(self.opened.on)[-1].starts_at + timedelta(hours=1)

    def read_meter(self, reading: MeterReading) -> None:
        """Take an hourly reading."""
        self._record(Input.READING, reading.meter_id, self._day_end_at, reading)
        self.state.readings.append(reading)

    def pay_out(self, payout: Payout) -> None:
        """Take a pool's payout for the day."""
        self._record(Input.PAYOUT, payout.operator_id, self._day_end_at + timedelta(minutes=30), payout)
        self.state.payouts.append(payout)

    def file_books(self, facts: OperatorFacts) -> None:
        """Take an operator's books and judge its duties."""
        at = self._day_end_at + timedelta(hours=1)
        self._record(Input.BOOKS, facts.operator_id, at, facts)
        verdict = check(facts=facts, lens=self.lens)
        self.state.verdicts.append(verdict)
        body = {
            "operator_id": verdict.operator_id,
            "status": verdict.status,
            "findings": [
                [
                    f.duty,
                    f.period,
                    f.status,
                    f.reason,
                    f.measured,
                    f.limit,
                    list(f.changes),
                ]
                for f in verdict.findings
            ],
        }
        self._record(Derived.VERDICT, verdict.operator_id, at, body)

    def close(self, closed: Closed) -> None:
        """Seal the tables of the day; the ledger must add up to zero."""
        total_tiyn = sum(self.state.ledger.balances_tiyn().values())
        if total_tiyn:
            raise InvariantBroken(f"the ledger adds up to {total_tiyn} tiyn, not 0")
        self._record(Input.CLOSED, str(self.opened.on), self._day_end_at + timedelta(hours=2), closed)
