"""The book of a session as its log tells it: orders, supply and owners, gathered from the entries alone.

For the offline verifier: the standard library, and events by their names, so that nobody needs the engine to read
them. It reads the log of a market session and of a national day.

Derived here: which version of an order stands in the book and in which turn; the orders of a standing order, from its
terms; that what is taken, cancelled or removed was sent, stood in the book and had its reason; that nothing enters
behind the gate and no supply rises there; that no order of a suspended operator stays.

Believed: refusals (the licence, the site's power, the money behind them), and which hours a standing order covers.
`kezek replay` and `kezek market status` judge these too, with the law beside the log.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SUPPLY_REFUSED = "supply.refused"
_SUPPLY = {"supply.published": "surplus_kwh", "supply.revised": "surplus_kwh", "supply.declared": "declared_kwh"}
_GRID_SURPLUS = "grid_surplus"


class NotFollowing(Exception):
    """An entry of a log that does not follow from those before it."""


@dataclass(frozen=True, slots=True)
class BookedOrder:
    """One version of an order that stands in the book.

    Args:
        steps: Price and quantity of each. [tiyn/kWh, kWh]
    """

    order_id: str
    version: int
    operator_id: str
    owner_id: str
    product_id: str
    steps: tuple[tuple[int, int], ...]

    @property
    def quantity_kwh(self) -> int:
        """Energy of all steps. [kWh]"""
        return sum(kwh for _, kwh in self.steps)


@dataclass(slots=True)
class LogBook:
    """Takes the entries of a log one by one.

    Args:
        claimants: Beneficial owner of each operator: who counts as one in a tie.
        on_surplus: Operators with a site on the grid's surplus: what the law says of purchases holds for all of them.
        supply_kwh: What is offered of each product now. [kWh]
        orders: What stands in the book by id, in order of arrival.
        tie_key: Root of the log at the gate, None while it is open.
    """

    readings: Mapping[str, str] = field(default_factory=dict)
    reserve: int | Mapping[str, int] = 0
    claimants: dict[str, str] = field(default_factory=dict)
    on_surplus: set[str] = field(default_factory=set)
    supply_kwh: dict[str, int] = field(default_factory=dict)
    orders: dict[str, BookedOrder] = field(default_factory=dict)
    tie_key: bytes | None = None
    _sent: BookedOrder | None = None
    _taken: dict[tuple[str, int], BookedOrder] = field(default_factory=dict)
    _standing_sent: dict[tuple[str, int], Mapping[str, Any]] = field(default_factory=dict)
    _standing: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _cancelling: Mapping[str, Any] = field(default_factory=dict)
    _cancelled: set[str] = field(default_factory=set)
    _suspended: set[str] = field(default_factory=set)

    def take(self, event: Mapping[str, Any]) -> None:
        """Take an entry; of a kind that changes neither book nor supply nothing is taken.

        Raises:
            NotFollowing: it cannot stand behind the entries before it.
            KeyError, TypeError, ValueError: it has not the form of its kind.
        """
        kind, data = event["type"], event["data"]
        if kind in ("session.opened", "day.opened"):
            self.readings, self.reserve = data["readings"], data["reserve_tiyn_per_kwh"]
        elif kind == "bidder.admitted":
            self._admit(data["operator_id"], data["beneficial_owner_id"], [site["route"] for site in data["sites"]])
        elif kind == "operator.admitted":
            self._admit(data["operator"]["operator_id"], "", [_GRID_SURPLUS])
        elif kind == "order.submitted":
            self._sent = _order_of(data)
        elif kind == "order.decided":
            self._decide(data)
        elif kind == "cancellation.submitted":
            self._cancelling = data
        elif kind == "order.cancelled":
            self._cancel(data)
        elif kind == "standing.placed":
            self._standing_sent[data["order_id"], data["version"]] = data
        elif kind == "standing.decided":
            self._keep_standing(data)
        elif kind == "operator.suspended":
            self._suspended.add(data["operator_id"])
        elif kind == "order.removed":
            self._remove(data)

    def close(self, tie_key: bytes) -> None:
        """Close the gate: the book is frozen.

        Raises:
            NotFollowing: a second gate, or an order of a suspended operator in the book.
        """
        if self.tie_key is not None:
            raise NotFollowing("the gate is closed a second time")
        for order in self.orders.values():
            if {order.operator_id, order.owner_id} & self._suspended:
                raise NotFollowing(f"order {order.order_id} of a suspended operator stands in the book")
        self.tie_key = tie_key

    def declare(self, event: Mapping[str, Any]) -> str | None:
        """Take a change of supply that was not refused; gives its product, None for an entry of another kind.

        Raises:
            NotFollowing: a supply under zero, or one that rises behind the gate.
        """
        name = _SUPPLY.get(event["type"])
        if name is None:
            return None
        product_id, kwh = str(event["data"]["product_id"]), whole(event["data"][name])
        if kwh < 0 or (self.tie_key is not None and kwh > self.supply_kwh.get(product_id, 0)):
            raise NotFollowing(f"supply of {product_id} goes to {kwh} kWh: behind the gate it only shrinks")
        self.supply_kwh[product_id] = kwh
        return product_id

    def reserve_of(self, product_id: str) -> int:
        """Give the lowest price of a product. [tiyn/kWh]"""
        return self.reserve[product_id.split("/")[1]] if isinstance(self.reserve, Mapping) else whole(self.reserve)

    def live(self, product_id: str) -> list[BookedOrder]:
        """List the orders of a product that stand in the book, in order of arrival."""
        return [order for order in self.orders.values() if order.product_id == product_id]

    def _admit(self, operator_id: str, owner_id: str, routes: Sequence[str]) -> None:
        self.claimants[operator_id] = owner_id or operator_id
        self.on_surplus.discard(operator_id)
        if _GRID_SURPLUS in routes:
            self.on_surplus.add(operator_id)

    def _decide(self, data: Mapping[str, Any]) -> None:
        """Put a version that was taken at the end of the book; one that was taken before changes nothing."""
        sent, self._sent = self._sent, None
        if data["refusal"] is not None:
            return
        key = (data["order_id"], data["version"])
        order = self._order(sent, *key)
        if key in self._taken:
            if self._taken[key] != order:
                raise NotFollowing(f"order {key[0]} version {key[1]} is taken twice with different content")
            return
        self._require_takeable(order)
        self._taken[key] = order
        self.orders.pop(order.order_id, None)
        self.orders[order.order_id] = order

    def _order(self, sent: BookedOrder | None, order_id: str, version: int) -> BookedOrder:
        """Find what is decided: the order just sent, or one that a standing order sends for a product."""
        if sent is not None and (sent.order_id, sent.version) == (order_id, version):
            return sent
        standing_id, _, product_id = order_id.partition("~")
        terms = self._standing.get(standing_id)
        if terms is None:
            raise NotFollowing(f"nobody sent order {order_id} version {version}")
        steps = ((whole(terms["price_tiyn_per_kwh"]), whole(terms["power_kw"])),)
        return BookedOrder(order_id, version, terms["operator_id"], terms["owner_id"], product_id, steps)

    def _require_takeable(self, order: BookedOrder) -> None:
        """Refuse what no book can hold, whatever the decision says."""
        before = self.orders.get(order.order_id)
        checks = (
            (self.tie_key is not None, "is taken behind the gate"),
            (order.operator_id not in self.claimants, "is of an operator that was never admitted"),
            (bool({order.operator_id, order.owner_id} & self._suspended), "is of a suspended operator"),
            (order.order_id in self._cancelled, "was cancelled"),
            (self.supply_kwh.get(order.product_id, 0) <= 0, "is for an hour that is not offered"),
            (before is not None and before.version >= order.version, "is no later version"),
            (before is not None and before.operator_id != order.operator_id, "changes another bidder's order"),
            (not order.steps or min(kwh for _, kwh in order.steps) <= 0, "has a quantity that is not positive"),
        )
        fault = next((what for wrong, what in checks if wrong), None)
        if fault is None and min(price for price, _ in order.steps) < self.reserve_of(order.product_id):
            fault = "is under the reserve"
        if fault is not None:
            raise NotFollowing(f"order {order.order_id} version {order.version} {fault}, and is taken")

    def _cancel(self, data: Mapping[str, Any]) -> None:
        asked, self._cancelling = self._cancelling, {}
        if data["refusal"] is not None:
            return
        order_id = data["order_id"]
        if (asked.get("order_id"), asked.get("version")) != (order_id, data["version"]):
            raise NotFollowing(f"nobody asked to cancel order {order_id}")
        if order_id in self._cancelled:
            return
        order = self._pop(order_id)
        if order.operator_id != asked["operator_id"] or self.tie_key is not None:
            raise NotFollowing(f"order {order_id} is cancelled by another bidder, or behind the gate")
        self._cancelled.add(order_id)

    def _keep_standing(self, data: Mapping[str, Any]) -> None:
        if data["refusal"] is not None:
            return
        sent = self._standing_sent.get((data["order_id"], data["version"]))
        if sent is None:
            raise NotFollowing(f"nobody placed standing order {data['order_id']} version {data['version']}")
        self._standing[data["order_id"]] = sent

    def _remove(self, data: Mapping[str, Any]) -> None:
        order = self._pop(data["order_id"])
        standing_id, sent, _ = order.order_id.partition("~")
        by_bidder = bool(sent) and standing_id in self._standing
        suspended = bool({order.operator_id, order.owner_id} & self._suspended)
        reason = by_bidder if data["reason"] == "market.outcome.by_operator" else suspended
        if not reason or self.tie_key is not None:
            raise NotFollowing(f"order {order.order_id} is removed without a reason in the log")

    def _pop(self, order_id: str) -> BookedOrder:
        if order_id not in self.orders:
            raise NotFollowing(f"order {order_id} leaves the book and does not stand in it")
        return self.orders.pop(order_id)


def whole(value: object) -> int:
    """Give a whole number of an entry.

    Raises:
        TypeError: it is none.
    """
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _order_of(data: Mapping[str, Any]) -> BookedOrder:
    steps = tuple((whole(step["price_tiyn_per_kwh"]), whole(step["quantity_kwh"])) for step in data["steps"])
    names = (data["order_id"], whole(data["version"]), data["operator_id"], data["owner_id"], data["product_id"])
    return BookedOrder(*names, steps)
