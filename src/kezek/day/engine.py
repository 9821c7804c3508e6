"""The day as a machine: events go in, every consequence is calculated and logged. Run and replay both use it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
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
from kezek.day.state import DayState, InvariantBroken, ProductState, verdict_body
from kezek.duties.check import check
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.log import Log
from kezek.law import keys
from kezek.ledger import settlement as entries
from kezek.ledger.entry import RESERVED, Entry
from kezek.market.clearing import Clearing, clear_product
from kezek.market.lots import Purchase, cut_purchases, purchases_of
from kezek.market.order import Bidder, Order, OrderBook, Standing
from kezek.market.product import Product
from kezek.market.publication import summarise
from kezek.metering.reading import MeterReading, check_readings, meter_of, missing_hours
from kezek.registry.operator import Operator, Route
from kezek.units.calendar import hours_of


class DayEngine:
    """Takes the inputs of one day and logs each with its consequences.

    The order of a day: admissions, prepayments and surpluses; orders; the gate; revisions; readings; payouts and
    books; close. An admission, prepayment or surplus after the first order, a revision before the gate, a reading
    after the first payout or books, and anything after the close raise ValueError; a late order is refused with a
    code. Entries bear the time of their input: they are in time order as far as the inputs are.

    Guarantees: no clock, no chance: the same inputs give the same log, byte for byte. Before a day closes: no product
    has sold more than its surplus, no purchase is over the maximum, the ledger adds up to zero, everybody is judged.
    """

    def __init__(self, *, lens: Lens, opened: Opened) -> None:
        self.lens = lens
        self.opened = opened
        self.log = Log()
        self.state = DayState()
        law = lens.on(opened.on)
        self.rules = market_rules(law=law)
        self.session = session_of(on=opened.on, law=law)
        self._bidder_subtypes = law.items(keys.MARKET_BIDDER_SUBTYPES)
        self._prepaid_tiyn: dict[str, int] = defaultdict(int)
        self._numbers: dict[str, int] = defaultdict(int)
        self._book: OrderBook | None = None
        self._tie_key = b""
        self._last_at = self.session.closes_at
        self._read_in: list[MeterReading] = []
        self._meters_checked = self._gate_closed = self._closed = False
        self._record(Input.OPENED, str(opened.on), self.session.prepayment_by_at - timedelta(hours=8), opened)

    def _record(self, kind: Input | Derived, subject_id: str, at: datetime, data: object) -> int:
        """Log an event under its running number; returns its index in the log."""
        if self._closed:
            raise ValueError(f"{kind.value} after the day was closed")
        self._last_at = max(self._last_at, at)
        event = {
            "at": to_plain(at),
            "data": to_plain(data),
            "id": subject_id,
            "n": len(self.log),
            "type": kind.value,
            "v": SCHEMA_VERSION,
        }
        return self.log.append(event)

    def _numbered(self, stem: str) -> str:
        """Give `stem` its next number, from 1, so that a second booking of its kind is another one."""
        self._numbers[stem] += 1
        return f"{stem}/{self._numbers[stem]}"

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
        """Book a prepayment; several of one operator add up.

        Raises:
            ValueError: a negative amount, or one that comes after the first order.
        """
        self._require_no_orders_yet("prepayment")
        if prepaid.amount_tiyn < 0:
            raise ValueError(f"prepayment of {prepaid.amount_tiyn} tiyn by {prepaid.operator_id}")
        self._record(Input.PREPAID, prepaid.operator_id, self.session.prepayment_by_at, prepaid)
        self._prepaid_tiyn[prepaid.operator_id] += prepaid.amount_tiyn
        self._post(
            entries.prepayment(
                operator_id=prepaid.operator_id,
                at=self.session.prepayment_by_at,
                amount_tiyn=prepaid.amount_tiyn,
                entry_id=self._numbered(f"prepay/{prepaid.operator_id}"),
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
        """Take or refuse an order; the same order again is logged, gets the same answer and changes nothing.

        After the gate it is refused as too late, whatever time it states, and logged behind what went before.
        """
        at = max(order.received_at, self._last_at) if self._gate_closed else order.received_at
        self._record(Input.ORDER, order.order_id, at, order)
        decision = self._orders().decide(order)
        if decision.order is order:
            self.state.decisions.append(decision)
            if decision.refusal is None:
                self.state.products[order.product_id].decisions.append(decision)
            elif self._gate_closed:
                self.state.outcomes.setdefault(order.order_id, Outcome.REFUSED)
        body = {
            "order_id": order.order_id,
            "refusal": decision.refusal,
            "found": decision.found,
            "limit": decision.limit,
            "reserved_tiyn": decision.reserved_tiyn,
        }
        self._record(Derived.DECIDED, order.order_id, at, body)

    def _standing(self, operator: Operator) -> Standing:
        on = self.opened.on
        return Standing(operator.licence.state_on(on - timedelta(days=1)), operator.licence.state_on(on))

    def _bidder(self, operator: Operator) -> Bidder:
        """Collect what the market must know: whether the law lets the operator bid, and for which tenants."""
        may_bid = operator.licence.subtype in self._bidder_subtypes and operator.route is Route.GRID_SURPLUS
        hosted = [one for one in self.state.operators.values() if one.host_id == operator.operator_id]
        return Bidder(
            operator_id=operator.operator_id,
            zone=operator.zone,
            standing=self._standing(operator),
            has_quota=may_bid,
            site_power_w=operator.site_power_w,
            prepaid_tiyn=self._prepaid_tiyn[operator.operator_id],
            tenants={tenant.operator_id: self._standing(tenant) for tenant in hosted},
        )

    def _orders(self) -> OrderBook:
        if self._book is None:
            bidders = [self._bidder(operator) for operator in self.state.operators.values()]
            products = [state.product for state in self.state.products.values()]
            self._book = OrderBook(products=products, bidders=bidders, rules=self.rules, session=self.session)
        return self._book

    def close_gate(self) -> None:
        """Close the book, clear every product, split awards into purchases, settle.

        The gate bears the time of closure, or that of the last order before it if that one was late.

        Raises:
            ValueError: the gate was closed before.
        """
        self._require(not self._gate_closed, "the gate is closed a second time")
        self._orders().close()
        self._gate_closed, gate_at = True, self._last_at
        self._tie_key = self.log.tree.root()
        self._record(Input.GATE, str(self.opened.on), gate_at, {"root": self._tie_key.hex(), "size": len(self.log)})
        self._reserve(gate_at)
        cleared_at = gate_at + timedelta(minutes=5)
        for state in self.state.products.values():
            self._clear(state, cleared_at)
        for decision in self.state.decisions:
            if decision.refusal is not None:
                self.state.outcomes.setdefault(decision.order.order_id, Outcome.REFUSED)
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
            owner_id=order.owner_id,
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

        A product can be cut again; each cut takes from what the one before left.

        Raises:
            ValueError: before the gate closed, a supply under zero, or one over that of the last revision.
            InvariantBroken: somebody's award would rise.
        """
        state = self.state.products[revision.product_id]
        self._require(self._gate_closed, f"revision of {revision.product_id} before the gate closed")
        offered_kwh = state.product.offered_kwh if state.revised_kwh is None else state.revised_kwh
        if not 0 <= revision.surplus_kwh <= offered_kwh:
            fault = "raises" if revision.surplus_kwh > 0 else "takes below zero"
            change = f"from {offered_kwh} to {revision.surplus_kwh} kWh"
            raise ValueError(f"revision {fault}: {revision.product_id} {change}")
        self._record(Input.REVISION, revision.product_id, revision.revised_at, revision)
        self.state.revisions.append(revision)
        clearing = self._clear_book(state, revision.surplus_kwh)
        before = dict(state.final_kwh)
        after = {d.order.order_id: int(clearing.fill_kwh[row]) for row, d in enumerate(state.decisions)}
        state.require_no_rise(after)
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

    def _cut(self, state: ProductState, order_id: str, left_kwh: int, at: datetime) -> None:
        left = self.state.final_purchase_kwh
        mine = [
            replace(one, energy_kwh=left[one.purchase_id])
            for one in self.state.purchases.values()
            if one.order_id == order_id
        ]
        for cut in cut_purchases(purchases=mine, award_kwh=left_kwh):
            purchase = cut.purchase
            self.state.final_purchase_kwh[purchase.purchase_id] = cut.left_kwh
            body = {"purchase_id": purchase.purchase_id, "before_kwh": purchase.energy_kwh, "left_kwh": cut.left_kwh}
            self.state.cut_entry_of_purchase[purchase.purchase_id] = self._record(
                Derived.CUT, f"{purchase.purchase_id}/cut", at, body
            )
            self._refund(purchase, cut.left_kwh, at)
        state.final_kwh[order_id] = left_kwh
        if not left_kwh:
            del state.final_kwh[order_id]

    def _refund(self, purchase: Purchase, left_kwh: int, at: datetime) -> None:
        """Give back what the lost part of a purchase cost; `purchase` holds what it was before this cut."""
        net_tiyn, vat_tiyn = entries.refund_amounts(
            before_kwh=purchase.energy_kwh,
            left_kwh=left_kwh,
            price_tiyn_per_kwh=purchase.price_tiyn_per_kwh,
            vat_ppm=self.rules.vat_ppm,
        )
        entry_id, who = self._numbered(f"refund/{purchase.purchase_id}"), purchase.operator_id
        self._post(entries.refund(operator_id=who, at=at, net_tiyn=net_tiyn, vat_tiyn=vat_tiyn, entry_id=entry_id))

    @property
    def _day_end_at(self) -> datetime:
        return hours_of(self.opened.on)[-1].starts_at + timedelta(hours=1)

    def read_meter(self, reading: MeterReading) -> None:
        """Take an hourly reading; it counts once all readings of the day were checked.

        Raises:
            ValueError: the readings of the day were checked already.
        """
        self._require(not self._meters_checked, f"reading of {reading.meter_id} after the first payout or books")
        self._record(Input.READING, reading.meter_id, self._day_end_at, reading)
        self._read_in.append(reading)

    def _check_meters(self, at: datetime) -> None:
        """Check the day's readings when the first of what rests on them comes: log the unusable, keep the rest."""
        if self._meters_checked:
            return
        self._meters_checked = True
        connection_w = {meter_of(operator_id=key): one.site_power_w for key, one in self.state.operators.items()}
        hours = len(hours_of(self.opened.on))
        usable, refused = check_readings(readings=self._read_in, hour_count=hours, connection_w=connection_w)
        self.state.readings.extend(usable)
        for one in refused:
            reading = one.reading
            body = {
                "hour_index": reading.hour_index,
                "code": one.refusal,
                "found": reading.energy_wh,
                "limit": one.limit_wh,
            }
            self._record(Derived.READING_REFUSED, reading.meter_id, at, body)
        missing = missing_hours(readings=usable, meter_ids=list(connection_w), hour_count=hours)
        self._log_missing(missing, at)

    def _log_missing(self, missing: Sequence[tuple[str, int]], at: datetime) -> None:
        """Log all hours without a usable reading in one entry, by meter; none if there is none."""
        hours: dict[str, list[int]] = defaultdict(list)
        for meter_id, hour_index in missing:
            hours[meter_id].append(hour_index)
        if hours:
            self._record(Derived.READINGS_MISSING, str(self.opened.on), at, {"hours": hours})

    def pay_out(self, payout: Payout) -> None:
        """Take a pool's payout for the day."""
        at = self._day_end_at + timedelta(minutes=30)
        self._record(Input.PAYOUT, payout.operator_id, at, payout)
        self._check_meters(at)
        self.state.payouts.append(payout)

    def file_books(self, facts: OperatorFacts) -> None:
        """Take an operator's books and judge its duties."""
        at = self._day_end_at + timedelta(hours=1)
        self._record(Input.BOOKS, facts.operator_id, at, facts)
        self._check_meters(at)
        verdict = check(facts=facts, lens=self.lens, explained=False)
        self.state.verdicts.append(verdict)
        self._record(Derived.VERDICT, verdict.operator_id, at, verdict_body(verdict))

    def require_complete(self) -> None:
        """Check that nothing is left to happen.

        Raises:
            ValueError: the gate was never closed, or an operator's books were not filed or filed twice.
        """
        self._require(self._gate_closed, "the gate was never closed")
        judged = Counter(verdict.operator_id for verdict in self.state.verdicts)
        wrong = [key for key in {**self.state.operators, **judged} if judged[key] != (key in self.state.operators)]
        self._require(not wrong, f"books not filed exactly once: {', '.join(wrong[:5])}")

    @staticmethod
    def _require(holds: bool, otherwise: str) -> None:
        if not holds:
            raise ValueError(otherwise)

    def close(self, closed: Closed) -> None:
        """Seal the tables of the day, which must be complete; nothing can follow.

        Raises:
            ValueError: see `require_complete`.
            InvariantBroken: the ledger does not add up to zero.
        """
        at = self._day_end_at + timedelta(hours=2)
        self._check_meters(at)
        self.require_complete()
        total_tiyn = sum(self.state.ledger.balances_tiyn().values())
        if total_tiyn:
            raise InvariantBroken(f"the ledger adds up to {total_tiyn} tiyn, not 0")
        self._record(Input.CLOSED, str(self.opened.on), at, closed)
        self._closed = True
