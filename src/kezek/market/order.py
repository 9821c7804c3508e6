"""Orders: price/quantity steps for one hour, in versions; an order is taken or refused with a code, never changed."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_TIYN_PER_KWH = 100_000
"""Highest price that an order can state, 1,000 tenge a kWh: what lies over it is a slip. [tiyn/kWh]"""
MOST_KWH = 100_000_000
"""Largest step, several times what the country draws in an hour: what lies over it is a slip of unit. [kWh]"""
MOST_STEPS = 256
"""Steps of one order, as exchanges allow."""
ORDER_COLUMNS = (
    "order_id",
    "version",
    "action",
    "operator_id",
    "site_id",
    "owner_id",
    "product_id",
    "price_tenge_per_kwh",
    "quantity_kwh",
)
"""Columns of orders written as a table, a row for each step; prices in tenge, energy in kWh."""


@dataclass(frozen=True, slots=True)
class Step:
    """So much at so much. [tiyn/kWh, kWh]"""

    price_tiyn_per_kwh: int
    quantity_kwh: int


@dataclass(frozen=True, slots=True)
class Order:
    """Price/quantity steps for one product; the steps add up.

    Args:
        version: 1 for a new order; each amendment is the next version and takes the place of the one before.
        operator_id: Who bids and pays.
        site_id: Site of the bidder that will use the power.
        owner_id: Whose machines will use the power: the bidder itself, or the tenant for whom it bids.
    """

    order_id: str
    version: int
    operator_id: str
    site_id: str
    owner_id: str
    product_id: str
    steps: tuple[Step, ...]
    received_at: datetime

    @property
    def quantity_kwh(self) -> int:
        """Energy of all steps. [kWh]"""
        return sum(step.quantity_kwh for step in self.steps)

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but the time: what was sent before is the same order whenever it arrives again."""
        return (
            self.order_id,
            self.version,
            self.operator_id,
            self.site_id,
            self.owner_id,
            self.product_id,
            self.steps,
        )


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Takes an order out of the book before the gate closes; it is the next version of that order."""

    order_id: str
    version: int
    operator_id: str
    received_at: datetime

    @property
    def content(self) -> tuple[object, ...]:
        """Everything but the time."""
        return (self.order_id, self.version, self.operator_id, "cancel")


class OrderRefusal(StrEnum):
    """Why an order is refused, in order of precedence: an order with two faults gets the first."""

    NOT_WHOLE = "market.order.not_whole"
    ID_TAKEN = "market.order.id_taken"
    VERSION_NOT_NEXT = "market.order.version_not_next"
    NOT_YOURS = "market.order.not_yours"
    ALREADY_CANCELLED = "market.order.already_cancelled"
    NOT_IN_BOOK = "market.order.not_in_book"
    TERMS_CHANGED = "market.order.terms_changed"
    UNKNOWN_OPERATOR = "market.order.unknown_operator"
    NO_QUOTA = "market.order.no_quota"
    LICENCE_NOT_ACTIVE = "market.order.licence_not_active"
    OPERATOR_SUSPENDED = "market.order.operator_suspended"
    OWNER_NOT_HOSTED = "market.order.owner_not_hosted"
    OWNER_LICENCE_NOT_ACTIVE = "market.order.owner_licence_not_active"
    UNKNOWN_SITE = "market.order.unknown_site"
    BEFORE_OPENING = "market.order.before_opening"
    AFTER_CLOSURE = "market.order.after_closure"
    UNKNOWN_PRODUCT = "market.order.unknown_product"
    OTHER_ZONE = "market.order.other_zone"
    NOT_OFFERED = "market.order.not_offered"
    NO_STEPS = "market.order.no_steps"
    TOO_MANY_STEPS = "market.order.too_many_steps"
    STEP_TWICE = "market.order.step_twice"
    PRICE_TOO_HIGH = "market.order.price_too_high"
    PRICE_OFF_TICK = "market.order.price_off_tick"
    PRICE_UNDER_RESERVE = "market.order.price_under_reserve"
    QUANTITY_NOT_POSITIVE = "market.order.quantity_not_positive"
    QUANTITY_TOO_SMALL = "market.order.quantity_too_small"
    QUANTITY_TOO_LARGE = "market.order.quantity_too_large"
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


@dataclass(frozen=True, slots=True)
class CancelDecision:
    """Answer to one cancellation: done (refusal None) with the version it took out, or refused."""

    cancellation: Cancellation
    refusal: OrderRefusal | None
    found: int
    limit: int
    removed: Decision | None


class Outcome(StrEnum):
    """How an order ends; every order ends in exactly one."""

    ACCEPTED = "accepted"
    PARTLY = "partly_accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class OutcomeReason(StrEnum):
    """Why an order that was in the book ended as it did."""

    SERVED = "market.outcome.served"
    SHARED = "market.outcome.shared"
    OUTBID = "market.outcome.outbid"
    NO_SUPPLY = "market.outcome.no_supply"
    BY_OPERATOR = "market.outcome.by_operator"
    OPERATOR_SUSPENDED = "market.outcome.operator_suspended"


@dataclass(frozen=True, slots=True)
class OrderEnd:
    """End of one order: its outcome, and the code of a refusal or of what happened to it in the book."""

    outcome: Outcome
    reason: OrderRefusal | OutcomeReason
