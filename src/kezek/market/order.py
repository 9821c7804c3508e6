"""Orders and their validation: an order is taken or refused with a code; nothing is clamped or dropped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kezek.market.lots import lot_sizes
from kezek.market.product import Product, Session
from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone
from kezek.units.rounding import share_of


@dataclass(frozen=True, slots=True)
class Order:
    """One price/quantity step for one product. [kWh, tiyn/kWh]

    Args:
        operator_id: Who bids and pays.
        owner_id: Whose machines will use the power: the bidder itself, or the tenant for whom it bids.
    """

    order_id: str
    operator_id: str
    product_id: str
    price_tiyn_per_kwh: int
    quantity_kwh: int
    received_at: datetime
    owner_id: str


@dataclass(frozen=True, slots=True)
class Standing:
    """State of one licence on the two days that a purchase touches: when it is traded and when it is delivered."""

    traded: LicenceState
    delivered: LicenceState

    @property
    def active(self) -> bool:
        """Tell whether the licence is active on both days."""
        return self.traded is LicenceState.ACTIVE and self.delivered is LicenceState.ACTIVE


@dataclass(frozen=True, slots=True)
class Bidder:
    """What the market must know of an operator at the session.

    Args:
        standing: The bidder's own licence.
        has_quota: Whether the licence's subtype and the site's route may bid at all.
        site_power_w: Most that the site may draw. [W]
        prepaid_tiyn: Balance at the prepayment deadline. [tiyn]
        tenants: Licences of those in its data centre for whom it may bid, by operator.
    """

    operator_id: str
    zone: Zone
    standing: Standing
    has_quota: bool
    site_power_w: int
    prepaid_tiyn: int
    tenants: Mapping[str, Standing] = field(default_factory=dict)

    def owner_standing(self, owner_id: str) -> Standing | None:
        """Give the licence of one whose machines this bidder may buy for; None for a stranger."""
        return self.standing if owner_id == self.operator_id else self.tenants.get(owner_id)


@dataclass(frozen=True, slots=True)
class MarketRules:
    """Parameters of validation and clearing, read from the law snapshot by the caller.

    Args:
        vat_ppm: Value-added tax on the price, reserved together with it. [ppm]
        purchase_max_kwh: Largest single purchase, None where there is no maximum. [kWh]
    """

    price_rule: str
    tie_rule: str
    price_tick_tiyn_per_kwh: int
    smallest_order_kwh: int
    purchase_max_kwh: int | None
    vat_ppm: int


class OrderRefusal(StrEnum):
    """Why an order is refused, in order of precedence: an order with two faults gets the first."""

    ID_TAKEN = "market.order.id_taken"
    UNKNOWN_OPERATOR = "market.order.unknown_operator"
    NO_QUOTA = "market.order.no_quota"
    LICENCE_NOT_ACTIVE = "market.order.licence_not_active"
    OWNER_NOT_HOSTED = "market.order.owner_not_hosted"
    OWNER_LICENCE_NOT_ACTIVE = "market.order.owner_licence_not_active"
    BEFORE_OPENING = "market.order.before_opening"
    AFTER_CLOSURE = "market.order.after_closure"
    UNKNOWN_PRODUCT = "market.order.unknown_product"
    OTHER_ZONE = "market.order.other_zone"
    NOT_OFFERED = "market.order.not_offered"
    PRICE_OFF_TICK = "market.order.price_off_tick"
    PRICE_UNDER_RESERVE = "market.order.price_under_reserve"
    QUANTITY_TOO_SMALL = "market.order.quantity_too_small"
    OVER_SITE_POWER = "market.order.over_site_power"
    OVER_PREPAID_BALANCE = "market.order.over_prepaid_balance"


@dataclass(frozen=True, slots=True)
class Decision:
    """Answer to one order: taken (refusal None) with the money reserved for it, or refused with found and limit."""

    order: Order
    refusal: OrderRefusal | None
    found: int
    limit: int
    reserved_tiyn: int


def worst_case_tiyn(*, quantity_kwh: int, price_tiyn_per_kwh: int, rules: MarketRules) -> int:
    """Compute the most that an order can cost: its purchases at its own price, VAT rounded per purchase. [tiyn]"""
    sizes = lot_sizes(award_kwh=quantity_kwh, purchase_max_kwh=rules.purchase_max_kwh)
    nets = [size_kwh * price_tiyn_per_kwh for size_kwh in sizes]
    return sum(net_tiyn + share_of(net_tiyn, rules.vat_ppm) for net_tiyn in nets)


class OrderBook:
    """Takes orders in the order of arrival and answers each of them once.

    Guarantees: every order ends in exactly one decision; the same id with the same content gets the same answer
    again, whenever it is sent; per site and hour no more than the site's power is taken; per operator no more than
    the prepaid balance is reserved; nothing is taken for machines whose owner has no active licence; once the book is
    closed nothing is taken, whatever time an order states.
    """

    def __init__(
        self, *, products: Iterable[Product], bidders: Iterable[Bidder], rules: MarketRules, session: Session
    ) -> None:
        self._products: Mapping[str, Product] = {product.product_id: product for product in products}
        self._bidders: Mapping[str, Bidder] = {bidder.operator_id: bidder for bidder in bidders}
        self._rules = rules
        self._session = session
        self._reserved_tiyn: dict[str, int] = dict.fromkeys(self._bidders, 0)
        self._taken_kwh: dict[tuple[str, str], int] = {}
        self._answers: dict[tuple[object, ...], Decision] = {}
        self._ids: set[str] = set()
        self._closed = False

    def close(self) -> None:
        """Close the book: every order that is new from now on is too late."""
        self._closed = True

    def decide(self, order: Order) -> Decision:
        """Take or refuse one order; what was sent before, whenever it arrives again, gets the very same decision."""
        content = (
            order.order_id,
            order.operator_id,
            order.product_id,
            order.price_tiyn_per_kwh,
            order.quantity_kwh,
            order.owner_id,
        )
        earlier = self._answers.get(content)
        if earlier is not None:
            return earlier
        decision = self._refused(order, self._fault_of_standing(order)) or self._fault_of_content(order)
        if decision is None:
            decision = self._take(order)
        self._ids.add(order.order_id)
        self._answers[content] = decision
        return decision

    @staticmethod
    def _refused(order: Order, refusal: OrderRefusal | None, found: int = 0, limit: int = 0) -> Decision | None:
        return Decision(order, refusal, found, limit, 0) if refusal else None

    def _fault_of_standing(self, order: Order) -> OrderRefusal | None:
        """Look for a fault in the id, who bids, for whose machines, when, and for what."""
        bidder = self._bidders.get(order.operator_id)
        product = self._products.get(order.product_id)
        if order.order_id in self._ids:
            return OrderRefusal.ID_TAKEN
        if bidder is None:
            return OrderRefusal.UNKNOWN_OPERATOR
        owner = bidder.owner_standing(order.owner_id)
        late = self._closed or order.received_at >= self._session.closes_at
        checks = (
            (not bidder.has_quota, OrderRefusal.NO_QUOTA),
            (not bidder.standing.active, OrderRefusal.LICENCE_NOT_ACTIVE),
            (owner is None, OrderRefusal.OWNER_NOT_HOSTED),
            (owner is not None and not owner.active, OrderRefusal.OWNER_LICENCE_NOT_ACTIVE),
            (not late and order.received_at < self._session.opens_at, OrderRefusal.BEFORE_OPENING),
            (late, OrderRefusal.AFTER_CLOSURE),
            (product is None, OrderRefusal.UNKNOWN_PRODUCT),
            (product is not None and product.zone is not bidder.zone, OrderRefusal.OTHER_ZONE),
            (product is not None and product.offered_kwh == 0, OrderRefusal.NOT_OFFERED),
        )
        return next((refusal for wrong, refusal in checks if wrong), None)

    def _fault_of_content(self, order: Order) -> Decision | None:
        """Look for a fault in price, quantity, site power and balance, with what was found and the limit."""
        rules, bidder = self._rules, self._bidders[order.operator_id]
        price, quantity = order.price_tiyn_per_kwh, order.quantity_kwh
        reserve = self._products[order.product_id].reserve_tiyn_per_kwh
        taken_kwh = self._taken_kwh.get((order.operator_id, order.product_id), 0)
        site_kwh = bidder.site_power_w // 1_000
        cost = worst_case_tiyn(quantity_kwh=quantity, price_tiyn_per_kwh=price, rules=rules)
        free_tiyn = bidder.prepaid_tiyn - self._reserved_tiyn[order.operator_id]
        checks = (
            (
                price % rules.price_tick_tiyn_per_kwh != 0,
                OrderRefusal.PRICE_OFF_TICK,
                price,
                rules.price_tick_tiyn_per_kwh,
            ),
            (price < reserve, OrderRefusal.PRICE_UNDER_RESERVE, price, reserve),
            (
                quantity < rules.smallest_order_kwh,
                OrderRefusal.QUANTITY_TOO_SMALL,
                quantity,
                rules.smallest_order_kwh,
            ),
            (taken_kwh + quantity > site_kwh, OrderRefusal.OVER_SITE_POWER, taken_kwh + quantity, site_kwh),
            (cost > free_tiyn, OrderRefusal.OVER_PREPAID_BALANCE, cost, free_tiyn),
        )
        for wrong, refusal, found, limit in checks:
            if wrong:
                return self._refused(order, refusal, found, limit)
        return None

    def _take(self, order: Order) -> Decision:
        cost = worst_case_tiyn(
            quantity_kwh=order.quantity_kwh, price_tiyn_per_kwh=order.price_tiyn_per_kwh, rules=self._rules
        )
        key = (order.operator_id, order.product_id)
        self._reserved_tiyn[order.operator_id] += cost
        self._taken_kwh[key] = self._taken_kwh.get(key, 0) + order.quantity_kwh
        return Decision(order, None, 0, 0, cost)
