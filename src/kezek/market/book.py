"""The order book: answers every order once, keeps versions, and holds nobody to more than its limits."""

from collections.abc import Callable, Mapping, Sequence

from kezek.market.bidder import Bidder
from kezek.market.lots import lot_sizes
from kezek.market.order import (
    MOST_KWH,
    MOST_STEPS,
    MOST_TIYN_PER_KWH,
    CancelDecision,
    Cancellation,
    Decision,
    Order,
    OrderRefusal,
)
from kezek.market.product import Product, Session
from kezek.market.rules import MarketRules

CostOf = Callable[[Sequence[int], int], int]
"""What purchases of these sizes cost at this price, all charges and VAT included. [kWh, tiyn/kWh -> tiyn]"""
Fault = tuple[OrderRefusal, int, int]
"""A refusal with what was found and the limit."""


def worst_case_tiyn(*, order: Order, purchase_max_kwh: int | None, cost_of: CostOf) -> int:
    """Compute the most that an order can cost: the purchases of each step at the step's own price. [tiyn]"""
    return sum(
        cost_of(lot_sizes(award_kwh=step.quantity_kwh, purchase_max_kwh=purchase_max_kwh), step.price_tiyn_per_kwh)
        for step in order.steps
    )


class OrderBook:
    """Takes orders, amendments and cancellations in the order of arrival and answers each of them once.

    Guarantees: the same id and version with the same content gets the same answer again, whenever it is sent, and
    with another content is refused; a refused amendment leaves the version before in the book; per site and hour no
    more than the site's power is taken; per operator no more than the prepaid balance is reserved; nothing is taken
    for machines whose owner has no active licence; once the book is closed nothing is taken, whatever time is stated.
    """

    def __init__(self, *, rules: MarketRules, session: Session, cost_of: CostOf) -> None:
        self._rules = rules
        self._session = session
        self._cost_of = cost_of
        self._products: dict[str, Product] = {}
        self._bidders: dict[str, Bidder] = {}
        self._suspended: set[str] = set()
        self._free_tiyn: dict[str, int] = {}
        self._taken_kwh: dict[tuple[str, str, int], int] = {}
        self._answers: dict[tuple[object, ...], Decision | CancelDecision] = {}
        self._versions: dict[str, int] = {}
        self._senders: dict[str, str] = {}
        self._cancelled: set[str] = set()
        self._live: dict[str, Decision] = {}
        self._closed = False

    def offer(self, product: Product) -> None:
        """Offer a product, or change what is offered of it."""
        self._products[product.product_id] = product

    def admit(self, bidder: Bidder) -> None:
        """Admit a bidder."""
        self._bidders[bidder.operator_id] = bidder
        self._free_tiyn.setdefault(bidder.operator_id, 0)

    def prepay(self, *, operator_id: str, amount_tiyn: int) -> None:
        """Add to what an operator's orders may cost. [tiyn]"""
        self._free_tiyn[operator_id] = self._free_tiyn.get(operator_id, 0) + amount_tiyn

    def suspend(self, operator_id: str) -> tuple[Decision, ...]:
        """Suspend an operator: its orders leave the book, as do those for its machines; gives what was removed."""
        self._suspended.add(operator_id)
        gone = [one for one in self._live.values() if operator_id in (one.order.operator_id, one.order.owner_id)]
        for decision in gone:
            self._remove(decision)
        return tuple(gone)

    def remove(self, order_id: str) -> Decision:
        """Take an order out of the book; unlike after a cancellation, its id can come back with a later version."""
        decision = self._live[order_id]
        self._remove(decision)
        return decision

    def is_cancelled(self, order_id: str) -> bool:
        """Tell whether an order was cancelled by whom it belongs to."""
        return order_id in self._cancelled

    def close(self) -> None:
        """Close the book: every order that is new from now on is too late."""
        self._closed = True

    @property
    def bidders(self) -> Mapping[str, Bidder]:
        """Bidders by operator."""
        return self._bidders

    def answered(self, sent: Order | Cancellation) -> bool:
        """Tell whether a message was answered for good, so that sending it again changes nothing."""
        return _is_whole(sent) and sent.content in self._answers

    def live(self, product_id: str) -> tuple[Decision, ...]:
        """List what is in the book for a product, in order of arrival; an amendment has its own arrival."""
        return tuple(one for one in self._live.values() if one.order.product_id == product_id)

    def in_book(self, order_id: str) -> Decision | None:
        """Give the version of an order that is in the book."""
        return self._live.get(order_id)

    def next_version(self, order_id: str) -> int:
        """Tell which version of an order comes next: 1 for an id that nobody used."""
        return self._versions.get(order_id, 0) + 1

    def decide(self, order: Order) -> Decision:
        """Take or refuse one order or amendment; what was sent before gets the very same decision."""
        earlier = self._answers.get(order.content) if _is_whole(order) else None
        if isinstance(earlier, Decision):
            return earlier
        fault = self._fault(order)
        refusal, found, limit = fault or (None, 0, 0)
        decision = Decision(order, refusal, found, limit, 0 if fault else self._cost(order))
        self._note(order, decision)
        if fault is None:
            self._put(decision)
        return decision

    def cancel(self, cancellation: Cancellation) -> CancelDecision:
        """Take an order out of the book, or say why not; what was sent before gets the very same decision."""
        earlier = self._answers.get(cancellation.content)
        if isinstance(earlier, CancelDecision):
            return earlier
        fault = self._fault_of_id(cancellation) or self._fault_of_cancelling(cancellation)
        removed = None if fault else self._live[cancellation.order_id]
        refusal, found, limit = fault or (None, 0, 0)
        decision = CancelDecision(cancellation, refusal, found, limit, removed)
        self._note(cancellation, decision)
        if removed is not None:
            self._remove(removed)
            self._cancelled.add(cancellation.order_id)
        return decision

    def _note(self, sent: Order | Cancellation, answer: Decision | CancelDecision) -> None:
        """Remember an answer; what has a wrong id, version or sender, or comes too early, uses up nothing."""
        if answer.refusal not in _USE_UP_NOTHING:
            self._answers[sent.content] = answer
            self._versions[sent.order_id] = sent.version
            self._senders.setdefault(sent.order_id, sent.operator_id)

    def _fault(self, order: Order) -> Fault | None:
        if not _is_whole(order):
            return OrderRefusal.NOT_WHOLE, 0, 0
        return (
            self._fault_of_id(order)
            or self._fault_of_standing(order)
            or self._fault_of_steps(order)
            or self._fault_of_limits(order)
        )

    def _fault_of_id(self, sent: Order | Cancellation) -> Fault | None:
        """Look for a fault in id and version."""
        if isinstance(sent, Cancellation) and sent.order_id not in self._versions:
            return OrderRefusal.NOT_IN_BOOK, 0, 0
        version = self._versions.get(sent.order_id, 0)
        live = self._live.get(sent.order_id)
        same = not isinstance(sent, Order) or live is None or _terms(sent) == _terms(live.order)
        checks = (
            (1 <= sent.version <= version, OrderRefusal.ID_TAKEN),
            (sent.version != version + 1, OrderRefusal.VERSION_NOT_NEXT),
            (self._senders.get(sent.order_id, sent.operator_id) != sent.operator_id, OrderRefusal.NOT_YOURS),
            (sent.order_id in self._cancelled, OrderRefusal.ALREADY_CANCELLED),
            (not same, OrderRefusal.TERMS_CHANGED),
        )
        refusal = next((refusal for wrong, refusal in checks if wrong), None)
        return (refusal, sent.version, version + 1) if refusal else None

    def _fault_of_cancelling(self, sent: Cancellation) -> Fault | None:
        late = self._closed or sent.received_at >= self._session.closes_at
        if sent.order_id not in self._live:
            return OrderRefusal.NOT_IN_BOOK, 0, 0
        return (OrderRefusal.AFTER_CLOSURE, 0, 0) if late else None

    def _fault_of_standing(self, order: Order) -> Fault | None:
        """Look for a fault in who bids, for whose machines, where, when, and for what."""
        bidder, product = self._bidders.get(order.operator_id), self._products.get(order.product_id)
        if bidder is None:
            return OrderRefusal.UNKNOWN_OPERATOR, 0, 0
        owner, site = bidder.owner_standing(order.owner_id), bidder.sites.get(order.site_id)
        late = self._closed or order.received_at >= self._session.closes_at
        checks = (
            (not bidder.has_quota, OrderRefusal.NO_QUOTA),
            (not bidder.standing.active, OrderRefusal.LICENCE_NOT_ACTIVE),
            (bool({order.operator_id, order.owner_id} & self._suspended), OrderRefusal.OPERATOR_SUSPENDED),
            (owner is None, OrderRefusal.OWNER_NOT_HOSTED),
            (owner is not None and not owner.active, OrderRefusal.OWNER_LICENCE_NOT_ACTIVE),
            (site is None, OrderRefusal.UNKNOWN_SITE),
            (not late and order.received_at < self._session.opens_at, OrderRefusal.BEFORE_OPENING),
            (late, OrderRefusal.AFTER_CLOSURE),
            (product is None, OrderRefusal.UNKNOWN_PRODUCT),
            (product is not None and site is not None and product.zone is not site.zone, OrderRefusal.OTHER_ZONE),
            (product is not None and product.offered_kwh == 0, OrderRefusal.NOT_OFFERED),
        )
        refusal = next((refusal for wrong, refusal in checks if wrong), None)
        return (refusal, 0, 0) if refusal else None

    def _fault_of_steps(self, order: Order) -> Fault | None:
        """Look for a fault in the steps, each by itself, with what was found and the limit."""
        reserve = self._products[order.product_id].reserve_tiyn_per_kwh
        tick, smallest = self._rules.price_tick_tiyn_per_kwh, self._rules.smallest_order_kwh
        prices = [step.price_tiyn_per_kwh for step in order.steps]
        quantities = [step.quantity_kwh for step in order.steps]
        if not order.steps:
            return OrderRefusal.NO_STEPS, 0, 1
        if len(order.steps) > MOST_STEPS:
            return OrderRefusal.TOO_MANY_STEPS, len(order.steps), MOST_STEPS
        twice = next((price for price in prices if prices.count(price) > 1), None)
        off_tick = next((price for price in prices if price % tick), None)
        checks = (
            (twice is not None, OrderRefusal.STEP_TWICE, twice or 0, twice or 0),
            (max(prices) > MOST_TIYN_PER_KWH, OrderRefusal.PRICE_TOO_HIGH, max(prices), MOST_TIYN_PER_KWH),
            (off_tick is not None, OrderRefusal.PRICE_OFF_TICK, off_tick or 0, tick),
            (min(prices) < reserve, OrderRefusal.PRICE_UNDER_RESERVE, min(prices), reserve),
            (min(quantities) <= 0, OrderRefusal.QUANTITY_NOT_POSITIVE, min(quantities), 1),
            (min(quantities) < smallest, OrderRefusal.QUANTITY_TOO_SMALL, min(quantities), smallest),
            (max(quantities) > MOST_KWH, OrderRefusal.QUANTITY_TOO_LARGE, max(quantities), MOST_KWH),
        )
        return next(((refusal, found, limit) for wrong, refusal, found, limit in checks if wrong), None)

    def _fault_of_limits(self, order: Order) -> Fault | None:
        """Look for more than the site can use or the balance can pay; the version before makes room for its next."""
        before = self._live.get(order.order_id)
        site_kwh = self._bidders[order.operator_id].sites[order.site_id].hour_kwh
        taken_kwh = self._taken_kwh.get(self._place(order), 0) - (before.order.quantity_kwh if before else 0)
        if taken_kwh + order.quantity_kwh > site_kwh:
            return OrderRefusal.OVER_SITE_POWER, taken_kwh + order.quantity_kwh, site_kwh
        cost = self._cost(order)
        free_tiyn = self._free_tiyn[order.operator_id] + (before.reserved_tiyn if before else 0)
        return (OrderRefusal.OVER_PREPAID_BALANCE, cost, free_tiyn) if cost > free_tiyn else None

    def _cost(self, order: Order) -> int:
        largest_kwh = self._bidders[order.operator_id].purchase_max_kwh
        return worst_case_tiyn(order=order, purchase_max_kwh=largest_kwh, cost_of=self._cost_of)

    def _put(self, decision: Decision) -> None:
        order = decision.order
        before = self._live.get(order.order_id)
        if before is not None:
            self._remove(before)
        self._live[order.order_id] = decision
        self._free_tiyn[order.operator_id] -= decision.reserved_tiyn
        self._taken_kwh[self._place(order)] = self._taken_kwh.get(self._place(order), 0) + order.quantity_kwh

    def _remove(self, decision: Decision) -> None:
        order = self._live.pop(decision.order.order_id).order
        self._free_tiyn[order.operator_id] += decision.reserved_tiyn
        self._taken_kwh[self._place(order)] -= order.quantity_kwh

    def _place(self, order: Order) -> tuple[str, str, int]:
        """Site and hour, whatever is offered in it."""
        return order.operator_id, order.site_id, self._products[order.product_id].hour_index


_USE_UP_NOTHING = {
    OrderRefusal.ID_TAKEN,
    OrderRefusal.VERSION_NOT_NEXT,
    OrderRefusal.NOT_YOURS,
    OrderRefusal.NOT_IN_BOOK,
    OrderRefusal.UNKNOWN_OPERATOR,
    OrderRefusal.BEFORE_OPENING,
    OrderRefusal.NOT_WHOLE,
}


def _is_whole(order: Order | Cancellation) -> bool:
    """Tell whether version, prices and quantities are whole numbers: 1850.0 equals 1850 and is no price."""
    steps = order.steps if isinstance(order, Order) else ()
    numbers = [order.version, *(one for step in steps for one in (step.price_tiyn_per_kwh, step.quantity_kwh))]
    return all(type(number) is int for number in numbers)


def _terms(order: Order) -> tuple[str, str, str]:
    """What an amendment may not change: that would be another order."""
    return order.site_id, order.owner_id, order.product_id
