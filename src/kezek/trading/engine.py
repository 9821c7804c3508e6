"""The session as a machine: each act goes in, every consequence is calculated and logged."""

from collections.abc import Sequence, Set
from dataclasses import replace
from datetime import date, datetime, timedelta

from kezek.ledger.charges import Charges, Group, prepayment, reservation, worst_case_tiyn
from kezek.ledger.transfer import prepaid, reversal
from kezek.market.bidder import Bidder
from kezek.market.book import OrderBook
from kezek.market.order import (
    CancelDecision,
    Cancellation,
    Decision,
    Order,
    OrderEnd,
    OrderRefusal,
    Outcome,
    OutcomeReason,
)
from kezek.market.product import Product, Session
from kezek.market.rules import MarketRules
from kezek.market.standing_order import StandingOrder, order_id_of, orders_of
from kezek.market.supply import Declaration, SupplyAct, SupplyRefusal, refusal_of
from kezek.trading.events import Correction, Derived, Prepayment, PrepaymentRefusal, Record, StandingAnswer
from kezek.trading.execution import Execution
from kezek.trading.money import order_stem, post, release_of
from kezek.trading.state import ProductState, Row, TradingState
from kezek.units.calendar import hours_of

MOST_PREPAID_TIYN = 10**15
"""Largest single prepayment, ten thousand billion tenge: what lies over it is a slip. [tiyn]"""
MOST_IN_ALL_TIYN = 10**18
"""All prepayments of a session together stay under this, so that no account can reach its limit. [tiyn]"""


class Trading:
    """Takes the acts of one session and logs every consequence; the acts themselves are logged by whoever calls.

    The order of a session: products, bidders, prepayments and supply; orders; the gate; clearing; curtailments.

    Guarantees: no clock, no chance: the same acts give the same consequences. Nothing sells more than its supply, no
    purchase is over its maximum, the ledger adds up to zero after every group, every order has exactly one end.
    """

    def __init__(
        self, *, on: date, rules: MarketRules, session: Session, record: Record, state: TradingState | None = None
    ) -> None:
        self.on = on
        self.rules = rules
        self.session = session
        self.state = TradingState() if state is None else state
        self.charges = Charges(rules.market_fee_tiyn_per_kwh, rules.transmission_tiyn_per_kwh, rules.vat_ppm)
        self.book = OrderBook(rules=rules, session=session, cost_of=self._cost_of)
        self.closed = self.cleared = self.settled = False
        self._record = record
        self._tie_key = b""
        self._declared_kwh: dict[str, int | None] = {}
        self._standing: dict[str, StandingAnswer] = {}
        self._replaced: dict[tuple[str, int], StandingAnswer] = {}
        self._prepaid_tiyn = 0
        self._payments: dict[str, Prepayment] = {}
        self._corrected: set[str] = set()
        self._clock_hours = {hour.index: hour.clock_hour for hour in hours_of(on)}
        self._ends_at = {hour.index: hour.starts_at + timedelta(hours=1) for hour in hours_of(on)}

    def _cost_of(self, sizes_kwh: Sequence[int], price_tiyn_per_kwh: int) -> int:
        return worst_case_tiyn(sizes_kwh=sizes_kwh, limit_tiyn_per_kwh=price_tiyn_per_kwh, charges=self.charges)

    def _post(self, stem: str, at: datetime, group: Group) -> None:
        post(self.state.ledger, self._record, stem, at, group)

    @property
    def delivered_at(self) -> datetime:
        """When the last hour of the day is over."""
        return max(self._ends_at.values())

    def list_product(self, product: Product) -> None:
        """List a product; until its supply is published nothing of it is offered."""
        self.state.products[product.product_id] = ProductState(replace(product, offered_kwh=0))
        self._declared_kwh[product.product_id] = None
        self.book.offer(self.state.products[product.product_id].product)

    def admit(self, bidder: Bidder) -> None:
        """Admit a bidder."""
        self.book.admit(bidder)

    def prepay(self, payment: Prepayment) -> PrepaymentRefusal | None:
        """Book a prepayment; several of one operator add up, the same payment counts once."""
        earlier = self._payments.get(payment.payment_id)
        if earlier is not None and replace(earlier, paid_at=payment.paid_at) == payment:
            return PrepaymentRefusal.CORRECTED if payment.payment_id in self._corrected else None
        checks = (
            (earlier is not None, PrepaymentRefusal.ID_TAKEN),
            (payment.operator_id not in self.book.bidders, PrepaymentRefusal.UNKNOWN_OPERATOR),
            (payment.amount_tiyn <= 0, PrepaymentRefusal.NOT_POSITIVE),
            (payment.amount_tiyn > MOST_PREPAID_TIYN, PrepaymentRefusal.TOO_LARGE),
            (self._prepaid_tiyn + payment.amount_tiyn > MOST_IN_ALL_TIYN, PrepaymentRefusal.TOO_MUCH_IN_ALL),
            (payment.paid_at > self.session.prepayment_by_at, PrepaymentRefusal.LATE),
        )
        refusal = next((refusal for wrong, refusal in checks if wrong), None)
        if refusal is not None:
            self._record(Derived.PREPAYMENT_REFUSED, payment.payment_id, payment.paid_at, {"refusal": refusal})
            return refusal
        self._payments[payment.payment_id] = payment
        self._prepaid_tiyn += payment.amount_tiyn
        self._book_prepayment(payment)
        return None

    def _book_prepayment(self, payment: Prepayment) -> None:
        self.book.prepay(operator_id=payment.operator_id, amount_tiyn=payment.amount_tiyn)
        self._post(f"prepay/{payment.payment_id}", payment.paid_at, self._prepaid_group(payment))

    @staticmethod
    def _prepaid_group(payment: Prepayment) -> Group:
        return prepayment(
            operator_id=payment.operator_id,
            amount_tiyn=payment.amount_tiyn,
            at=payment.paid_at,
            stem=f"prepay/{payment.payment_id}",
        )

    def correct(self, correction: Correction) -> PrepaymentRefusal | None:
        """Take a prepayment back that was booked by mistake, by a transfer of its own; the first one stays."""
        payment = self._payments.get(correction.payment_id)
        at = correction.corrected_at
        ledger = self.state.ledger
        free_tiyn = ledger.available_tiyn(prepaid(payment.operator_id)) if payment else 0
        checks = (
            (payment is None, PrepaymentRefusal.UNKNOWN_PAYMENT),
            (correction.payment_id in self._corrected, PrepaymentRefusal.CORRECTED),
            (payment is not None and payment.amount_tiyn > free_tiyn, PrepaymentRefusal.SPENT),
        )
        refusal = next((refusal for wrong, refusal in checks if wrong), None)
        if refusal is not None or payment is None:
            self._record(Derived.PREPAYMENT_REFUSED, correction.payment_id, at, {"refusal": refusal})
            return refusal
        self._corrected.add(correction.payment_id)
        self._prepaid_tiyn -= payment.amount_tiyn
        self.book.prepay(operator_id=payment.operator_id, amount_tiyn=-payment.amount_tiyn)
        stem = f"correct/{payment.payment_id}"
        (booked,) = self._prepaid_group(payment)
        self._post(stem, at, (reversal(of=booked, transfer_id=f"{stem}/back", at=at, why=correction.why),))
        return None

    def declare(self, declaration: Declaration) -> SupplyRefusal | None:
        """Publish, revise or withdraw the supply of a product; behind the gate a smaller one is a curtailment."""
        known = self.state.products.get(declaration.product_id)
        refusal = refusal_of(
            declaration,
            declared_kwh=self._declared_kwh,
            closed=self.closed,
            settled=self.settled,
            hour_ends_at=self._ends_at[known.product.hour_index] if known else None,
        )
        if refusal is not None:
            body = {"refusal": refusal, "found": declaration.declared_kwh}
            self._record(Derived.SUPPLY_REFUSED, declaration.product_id, declaration.declared_at, body)
            return refusal
        state = self.state.products[declaration.product_id]
        self._declared_kwh[declaration.product_id] = declaration.declared_kwh
        if self.cleared:
            self._execution().curtail(state, declaration)
            return None
        state.product = replace(state.product, offered_kwh=declaration.declared_kwh)
        self.book.offer(state.product)
        if declaration.act is not SupplyAct.WITHDRAWN and not self.closed:
            for one in self._standing.values():
                wanted = self._wanted(one.standing, [state.product], declaration.declared_at)
                self._send([order for order in wanted if self.book.in_book(order.order_id) is None])
        return None

    def submit(self, order: Order, *, logged_at: datetime | None = None) -> Decision:
        """Take or refuse an order or an amendment; what was sent before gets the same answer and changes nothing.

        Args:
            logged_at: Time of the answer in the log, if it is not the time that the order states.
        """
        before, again = self.book.in_book(order.order_id), self.book.answered(order)
        decision = self.book.decide(order)
        if not again:
            self.state.decisions.append(decision)
            if decision.refusal is None:
                self._reserve(decision, before)
            elif self.closed:
                self._end_refused(decision)
        body = {
            "order_id": order.order_id,
            "version": order.version,
            "refusal": decision.refusal,
            "found": decision.found,
            "limit": decision.limit,
            "reserved_tiyn": decision.reserved_tiyn,
        }
        self._record(Derived.DECIDED, order.order_id, logged_at or order.received_at, body)
        return decision

    def _reserve(self, decision: Decision, before: Decision | None) -> None:
        """Set aside the cost of a new version, after letting go of what the version before had set aside."""
        order = decision.order
        stem = order_stem(order)
        freed = release_of(self.state.ledger, before, order.received_at, f"amend/{stem}") if before else ()
        aside = reservation(
            operator_id=order.operator_id,
            amount_tiyn=decision.reserved_tiyn,
            at=order.received_at,
            stem=f"reserve/{stem}",
        )
        self._post(f"reserve/{stem}", order.received_at, freed + (aside if decision.reserved_tiyn else ()))

    def cancel(self, cancellation: Cancellation) -> CancelDecision:
        """Take an order out of the book, or say why not."""
        again = self.book.answered(cancellation)
        decision = self.book.cancel(cancellation)
        if not again:
            self.state.cancellations.append(decision)
            if decision.removed is not None:
                self._end_cancelled(decision.removed, cancellation.received_at, OutcomeReason.BY_OPERATOR)
        body = {"order_id": cancellation.order_id, "version": cancellation.version, "refusal": decision.refusal}
        self._record(Derived.CANCELLED, cancellation.order_id, cancellation.received_at, body)
        return decision

    def _end_cancelled(self, removed: Decision, at: datetime, reason: OutcomeReason) -> None:
        order_id = removed.order.order_id
        self.state.ends[order_id] = OrderEnd(Outcome.CANCELLED, reason)
        stem = f"cancel/{order_stem(removed.order)}"
        self._post(stem, at, release_of(self.state.ledger, removed, at, stem))

    def place(self, standing: StandingOrder, received_at: datetime) -> StandingAnswer:
        """Keep a standing order and send its orders; a later version cancels what it no longer covers.

        Before the session opens the orders wait for the opening. What was placed before gets the very same answer.
        """
        earlier = self._standing.get(standing.order_id)
        if earlier is not None and earlier.standing == standing:
            return self._again(earlier)
        replaced = self._replaced.get((standing.order_id, standing.version))
        if replaced is not None and replaced.standing == standing:
            return replaced
        refusal = self._fault_of_standing_order(standing, earlier)
        body = {"order_id": standing.order_id, "version": standing.version, "refusal": refusal}
        self._record(Derived.STANDING, standing.order_id, received_at, body)
        if refusal is not None:
            return StandingAnswer(standing, refusal, ())
        wanted = self._wanted(standing, self._offered(), received_at)
        if earlier is not None:
            self._replaced[earlier.standing.order_id, earlier.standing.version] = earlier
            if not self.closed and received_at < self.session.closes_at:
                self._drop(earlier, {order.order_id for order in wanted}, received_at)
        answer = StandingAnswer(standing, None, self._send(wanted))
        self._standing[standing.order_id] = answer
        return answer

    def _again(self, earlier: StandingAnswer) -> StandingAnswer:
        """Answer a standing order that was sent before: the same, but for orders that a suspension removed."""
        answer = replace(earlier, decisions=tuple(self._answered_now(one) for one in earlier.decisions))
        self._standing[earlier.standing.order_id] = answer
        return answer

    def _answered_now(self, decision: Decision) -> Decision:
        order_id = decision.order.order_id
        if decision.refusal is not None or self.book.is_cancelled(order_id):
            return decision
        return self.book.in_book(order_id) or self._resend(decision.order)

    def _resend(self, order: Order) -> Decision:
        return self.submit(replace(order, version=self.book.next_version(order.order_id)))

    def _fault_of_standing_order(
        self, standing: StandingOrder, earlier: StandingAnswer | None
    ) -> OrderRefusal | None:
        """Look for a fault in id, version, sender and site; all else is the business of its orders."""
        bidder = self.book.bidders.get(standing.operator_id)
        version = earlier.standing.version if earlier else 0
        sender = earlier.standing.operator_id if earlier else standing.operator_id
        checks = (
            (1 <= standing.version <= version, OrderRefusal.ID_TAKEN),
            (standing.version != version + 1, OrderRefusal.VERSION_NOT_NEXT),
            (standing.operator_id != sender, OrderRefusal.NOT_YOURS),
            (bidder is None, OrderRefusal.UNKNOWN_OPERATOR),
            (bidder is not None and standing.site_id not in bidder.sites, OrderRefusal.UNKNOWN_SITE),
        )
        return next((refusal for wrong, refusal in checks if wrong), None)

    def _offered(self) -> list[Product]:
        return [state.product for state in self.state.products.values()]

    def _wanted(self, standing: StandingOrder, products: Sequence[Product], at: datetime) -> list[Order]:
        """Make the orders of a standing order for those of the products that it covers."""
        site = self.book.bidders[standing.operator_id].sites.get(standing.site_id)
        if site is None:
            return []
        return orders_of(
            standing,
            on=self.on,
            zone=site.zone,
            products=products,
            clock_hours=self._clock_hours,
            received_at=max(at, self.session.opens_at),
        )

    def _send(self, wanted: Sequence[Order]) -> tuple[Decision, ...]:
        """Send orders that neither stand in the book already nor were cancelled by hand, each as its next version."""
        wanted = [order for order in wanted if not self.book.is_cancelled(order.order_id)]
        return tuple(self._resend(order) for order in wanted if not self._stands(order))

    def _stands(self, order: Order) -> bool:
        """Tell whether the very same order is in the book already."""
        live = self.book.in_book(order.order_id)
        return live is not None and replace(order, version=live.order.version).content == live.order.content

    def _drop(self, earlier: StandingAnswer, wanted: Set[str], at: datetime) -> None:
        """Take the orders of a standing order out of the book that its next version does not cover any more."""
        for product_id in self.state.products:
            order_id = order_id_of(earlier.standing, product_id)
            live = self.book.in_book(order_id)
            mine = live is not None and live.order.operator_id == earlier.standing.operator_id
            if order_id not in wanted and mine:
                self._end_removed(self.book.remove(order_id), at, OutcomeReason.BY_OPERATOR)

    def _end_removed(self, removed: Decision, at: datetime, reason: OutcomeReason) -> None:
        order = removed.order
        self._end_cancelled(removed, at, reason)
        body = {"order_id": order.order_id, "operator_id": order.operator_id, "reason": reason}
        self._record(Derived.REMOVED, order.order_id, at, body)

    def suspend(self, operator_id: str, at: datetime) -> tuple[Decision, ...]:
        """Suspend an operator before the gate closes: its orders are cancelled, the money is free again."""
        removed = self.book.suspend(operator_id)
        for decision in removed:
            self._end_removed(decision, at, OutcomeReason.OPERATOR_SUSPENDED)
        return removed

    def close(self, *, root: bytes) -> None:
        """Close the gate: the book is frozen, and the log's root breaks exact ties from now on.

        Raises:
            ValueError: the gate was closed before.
        """
        if self.closed:
            raise ValueError("the gate is closed a second time")
        self.closed, self._tie_key = True, root
        self.book.close()
        for state in self.state.products.values():
            state.decisions = self.book.live(state.product.product_id)
            state.rows = tuple(
                Row(one.order, number, step) for one in state.decisions for number, step in enumerate(one.order.steps)
            )
        for decision in self.state.decisions:
            self._end_refused(decision)

    def _end_refused(self, decision: Decision) -> None:
        """Note the end of an order that never stood in the book; nothing that comes later changes it."""
        order_id, refusal = decision.order.order_id, decision.refusal
        if refusal is not None and self.book.in_book(order_id) is None:
            self.state.ends.setdefault(order_id, OrderEnd(Outcome.REJECTED, refusal))

    def clear(self, at: datetime) -> None:
        """Clear every product on the frozen book, split awards into purchases, settle them, free what is left.

        Raises:
            ValueError: before the gate is closed, or a second time.
        """
        if not self.closed or self.cleared:
            raise ValueError("a session is cleared once, after its gate")
        self.cleared = True
        execution = self._execution()
        for state in self.state.products.values():
            execution.clear(state, at)

    def _execution(self) -> Execution:
        return Execution(
            state=self.state,
            rules=self.rules,
            charges=self.charges,
            bidders=self.book.bidders,
            tie_key=self._tie_key,
            record=self._record,
        )
