"""Events of a trading session: what comes in from outside, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kezek.market.order import Decision, OrderRefusal
from kezek.market.standing_order import StandingOrder


class SessionInput(StrEnum):
    """Events that come from outside; everything else follows from them by calculation."""

    OPENED = "session.opened"
    ADMITTED = "bidder.admitted"
    PREPAID = "account.prepaid"
    CORRECTED = "account.corrected"
    SUPPLY = "supply.declared"
    ORDER = "order.submitted"
    CANCELLATION = "cancellation.submitted"
    STANDING = "standing.placed"
    UNREADABLE = "order.unreadable"
    SUSPENDED = "operator.suspended"
    GATE = "gate.closed"
    CLEARING = "session.cleared"
    READINGS = "readings.brought"
    DELIVERED = "session.delivered"


class Derived(StrEnum):
    """Events that the engine calculates."""

    SUPPLY_REFUSED = "supply.refused"
    PREPAYMENT_REFUSED = "prepayment.refused"
    DECIDED = "order.decided"
    CANCELLED = "order.cancelled"
    STANDING = "standing.decided"
    REMOVED = "order.removed"
    CLEARED = "product.cleared"
    FILLED = "order.filled"
    PURCHASED = "purchase.made"
    RECUT = "product.recut"
    CUT = "purchase.cut"
    RESTRUCK = "purchase.restruck"
    POSTED = "ledger.posted"
    IMBALANCE = "imbalance.settled"


Record = Callable[[Derived, str, datetime, object], int]
"""Logs an event: kind, subject, time, data; gives its index in the log."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The terms of a session: software, law, readings, and what the law leaves to the terms.

    Args:
        law_digest: SHA-256 of the law book.
        reserve_tiyn_per_kwh: Lowest price of each zone. [tiyn/kWh]
        embargo_days: Days after delivery for which nobody's bids are shown.
    """

    on: date
    engine_version: str
    profile: str
    readings: dict[str, str]
    accept_unconfirmed: tuple[str, ...]
    law_digest: str
    reserve_tiyn_per_kwh: dict[str, int]
    market_fee_tiyn_per_kwh: int
    transmission_tiyn_per_kwh: int
    embargo_days: int


@dataclass(frozen=True, slots=True)
class Prepayment:
    """Money paid in before the session. [tiyn]

    Args:
        payment_id: Given by who pays; the same payment counts once.
    """

    payment_id: str
    operator_id: str
    amount_tiyn: int
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Correction:
    """Takes back a payment that was booked by mistake."""

    payment_id: str
    why: str
    corrected_at: datetime


class PrepaymentRefusal(StrEnum):
    """Why a prepayment or its correction is refused, in order of precedence."""

    ID_TAKEN = "trading.prepayment.id_taken"
    UNKNOWN_OPERATOR = "trading.prepayment.unknown_operator"
    NOT_POSITIVE = "trading.prepayment.not_positive"
    TOO_LARGE = "trading.prepayment.too_large"
    TOO_MUCH_IN_ALL = "trading.prepayment.too_much_in_all"
    LATE = "trading.prepayment.late"
    UNKNOWN_PAYMENT = "trading.prepayment.unknown_payment"
    CORRECTED = "trading.prepayment.corrected"
    SPENT = "trading.prepayment.spent"


@dataclass(frozen=True, slots=True)
class StandingAnswer:
    """Answer to a standing order: kept (refusal None) with the answers to the orders that it sent, or refused."""

    standing: StandingOrder
    refusal: OrderRefusal | None
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Metered:
    """What one site used in one hour. [Wh]"""

    operator_id: str
    site_id: str
    hour_index: int
    metered_wh: int


@dataclass(frozen=True, slots=True)
class Readings:
    """A part of the readings of a day, where they are too many for one entry of the log."""

    readings: tuple[Metered, ...]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What the meters say, and what the balancing market says of the hours where it is asked.

    Args:
        readings: Those that no part before brought.
        prices_tiyn_per_kwh: Price of each hour of each zone by `<zone>/<hour index>`; empty where the rule asks for
            none. [tiyn/kWh]
    """

    readings: tuple[Metered, ...]
    prices_tiyn_per_kwh: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row of a paper that could not be read as an order.

    Args:
        place: Paper and row.
        order_id: Id of the order where it could be read, else "".
        code, what: Why.
    """

    place: str
    order_id: str
    code: str
    what: str


class ReadingFault(StrEnum):
    """Why a meter reading, or a price of the balancing market, cannot be settled with, in order of precedence."""

    UNKNOWN_SITE = "trading.reading.unknown_site"
    UNKNOWN_HOUR = "trading.reading.unknown_hour"
    NEGATIVE = "trading.reading.negative"
    TOO_LARGE = "trading.reading.too_large"
    TWICE = "trading.reading.twice"
    UNKNOWN_PRICE_HOUR = "trading.price.unknown_hour"
    PRICE_TOO_LARGE = "trading.price.too_large"


class StageRefusal(StrEnum):
    """Why an act does not fit where the session stands."""

    GATE_CLOSED = "trading.stage.gate_closed"
    GATE_OPEN = "trading.stage.gate_open"
    BEFORE_CLOSURE = "trading.stage.before_closure"
    CLEARED = "trading.stage.cleared"
    NOT_CLEARED = "trading.stage.not_cleared"
    NOT_DELIVERED = "trading.stage.not_delivered"
    SETTLED = "trading.stage.settled"
    ORDERS_TAKEN = "trading.stage.orders_taken"
    UNKNOWN_OPERATOR = "trading.stage.unknown_operator"
    BACK_IN_TIME = "trading.stage.back_in_time"
