"""Every hour of a log cleared again from its entries, and compared with what the entries say.

For the offline verifier: the standard library and the reference clearing alone. Each entry that clearing or a
curtailment gives is calculated again, in its turn: `product.cleared` with its published figures and rules,
`order.filled`, `purchase.made`, `product.recut`, `purchase.cut`, `purchase.restruck`. So is the key of exact ties:
the root of the entries before the gate.

Derived: `log_book` says what of the book. Believed, because the law is not in the log: which of the two ways
purchases are split (at most 1 MWh, or not at all: one way for all operators with a site on the grid's surplus, one
for each other operator), and whether a curtailment strikes the one price again; both unless the session's readings
say so. Not compared: money (`ledger.posted`), times, the order in which hours are cleared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import CanonicalError
from kezek.evidence.tree import Tree
from kezek.market.reference import ReferenceBid, ReferenceClearing, reference_clearing
from kezek.trading.log_book import SUPPLY_REFUSED, BookedOrder, LogBook, NotFollowing

PURCHASE_KWH = 1_000
"""Largest purchase where the law caps it. [kWh]"""
CLEARED, FILLED, MADE = "product.cleared", "order.filled", "purchase.made"
RECUT, CUT, RESTRUCK = "product.recut", "purchase.cut", "purchase.restruck"
DERIVED = (CLEARED, FILLED, MADE, RECUT, CUT, RESTRUCK)
_FORM = (AttributeError, CanonicalError, IndexError, KeyError, TypeError, ValueError)
Expected = tuple[str, str, dict[str, Any]]
"""Kind, id and data of an entry that follows."""


@dataclass(frozen=True, slots=True)
class ReclearFault:
    """What does not follow.

    Args:
        entry: Index in the log, None where an entry is missing at its end.
        product_id: Hour concerned, "" for all of them.
    """

    entry: int | None
    product_id: str
    what: str


@dataclass(slots=True)
class ReclearedHour:
    """One product: what was compared until the first fault, if there is one. [kWh]"""

    product_id: str
    rules: tuple[str, str]
    supply_kwh: int
    sold_kwh: int = 0
    left_kwh: int = 0
    order_count: int = 0
    purchase_count: int = 0
    recut_count: int = 0
    fault: ReclearFault | None = None


@dataclass(slots=True)
class Reclear:
    """What a second clearing of a log found.

    Args:
        faults: What does not follow and concerns all hours, or one that was never cleared.
    """

    hours: dict[str, ReclearedHour] = field(default_factory=dict)
    faults: list[ReclearFault] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether everything that was compared follows."""
        return not self.faults and all(hour.fault is None for hour in self.hours.values())


@dataclass(slots=True)
class _Bought:
    """One purchase as it is now."""

    purchase_id: str
    energy_kwh: int
    price: int


@dataclass(slots=True)
class _Frozen:
    """The book of one product behind the gate, a row for each step of an order, and what each row bought."""

    orders: list[BookedOrder]
    bids: list[ReferenceBid]
    rules: tuple[str, str]
    fill_kwh: tuple[int, ...] = ()
    bought: list[list[_Bought]] = field(default_factory=list)


def reclear(*, events: Sequence[Mapping[str, Any]], leaves: Sequence[bytes]) -> Reclear:
    """Clear every hour of a log again.

    Args:
        events: The entries of the log from its first, read.
        leaves: Their leaf hashes. [32 bytes each]
    Returns:
        Each hour with the first entry of it that does not follow, and the first fault of the book itself, behind
        which nothing can be derived.
    """
    return _Reclearing(events, leaves).run()


class _Reclearing:
    """Goes through a log once; `_expected` is what must follow next."""

    def __init__(self, events: Sequence[Mapping[str, Any]], leaves: Sequence[bytes]) -> None:
        self._events = events
        self._leaves = leaves
        self._book = LogBook()
        self._found = Reclear()
        self._frozen: dict[str, _Frozen] = {}
        self._hour: ReclearedHour | None = None
        self._expected: Iterator[Expected] = iter(())
        self._next: Expected | None = None
        self._index = 0
        self._whole: dict[str, bool] = {}
        self._first_kwh = {
            event["id"]: event["data"].get("energy_kwh")
            for event in events
            if event.get("type") == MADE and isinstance(event.get("data"), dict) and isinstance(event.get("id"), str)
        }
        self._restruck = any(event.get("type") == RESTRUCK for event in events)

    def run(self) -> Reclear:
        """Take all entries; a fault of the book ends it, a fault of an hour only what is compared of that hour."""
        for index, event in enumerate(self._events):
            self._index = index
            try:
                self._take(event)
            except NotFollowing as fault:
                return self._ended(str(fault))
            except _FORM as error:
                return self._ended(f"it has not the form of its kind: {type(error).__name__} {str(error)[:100]}")
        self._index = len(self._events)
        self._require_nothing_left()
        self._require_all_cleared()
        return self._found

    def _ended(self, what: str) -> Reclear:
        """Note a fault behind which nothing can be derived; the hour it interrupts has it too."""
        self._found.faults.append(ReclearFault(self._index, "", what))
        if self._hour is not None and self._next is not None and self._hour.fault is None:
            self._fault(self._hour, what)
        return self._found

    def _take(self, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        if kind == CLEARED:
            self._require_nothing_left()
            self._start(event)
        if kind in DERIVED:
            self._compare(event)
            return
        if kind != "ledger.posted":
            self._require_nothing_left()
            self._hour = None
        if kind == "gate.closed":
            self._close(event["data"])
        elif not self._refused(event) and (product_id := self._book.declare(event)) and self._frozen:
            self._curtail(product_id)
        else:
            self._book.take(event)

    def _refused(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the next entry refuses a declaration of supply."""
        if event["type"] != "supply.declared" or self._index + 1 == len(self._events):
            return False
        after = self._events[self._index + 1]
        return (after.get("type"), after.get("id")) == (SUPPLY_REFUSED, event["id"])

    def _close(self, data: Mapping[str, Any]) -> None:
        root = Tree(self._leaves[: self._index]).root()
        if (data["root"], data["size"]) != (root.hex(), self._index):
            raise NotFollowing(f"the gate names {data}, {self._index} entries before it lead to root {root.hex()}")
        self._book.close(root)

    def _start(self, event: Mapping[str, Any]) -> None:
        """Clear a product again, and expect all that follows from it."""
        product_id = event["data"]["product_id"]
        price_rule, tie_rule = event["data"]["rules"]
        if self._book.tie_key is None or product_id in self._found.hours:
            raise NotFollowing(f"{product_id} is cleared before the gate, or a second time")
        orders = self._book.live(product_id)
        bids = [
            ReferenceBid(price, kwh, self._book.claimants[order.operator_id])
            for order in orders
            for price, kwh in order.steps
        ]
        supply_kwh = self._book.supply_kwh.get(product_id, 0)
        self._require_rules((price_rule, tie_rule))
        frozen = _Frozen(orders, bids, (price_rule, tie_rule))
        clearing = self._cleared(product_id, frozen, supply_kwh)
        frozen.fill_kwh = clearing.fill_kwh
        hour = ReclearedHour(product_id, frozen.rules, supply_kwh, sum(clearing.fill_kwh), sum(clearing.fill_kwh))
        self._hour, self._found.hours[product_id], self._frozen[product_id] = hour, hour, frozen
        self._expect(self._of_clearing(hour, frozen, clearing))

    def _require_rules(self, rules: tuple[str, str]) -> None:
        """All hours of a session are cleared by one pair of rules: those of its readings, where these name any."""
        first = next((hour.rules for hour in self._found.hours.values()), rules)
        for rule, key in zip(rules, ("market.price_rule", "market.tie_rule"), strict=True):
            asked = self._book.readings.get(key, rule.partition("/")[0])
            if rule.partition("/")[0] != asked or rules != first:
                one, other = " and ".join(rules), " and ".join(first)
                raise NotFollowing(f"cleared by {one}; the first hour by {other}, its reading is {asked}")

    def _cleared(self, product_id: str, frozen: _Frozen, supply_kwh: int) -> ReferenceClearing:
        return reference_clearing(
            product_id=product_id,
            supply_kwh=supply_kwh,
            bids=frozen.bids,
            price_rule=frozen.rules[0],
            tie_rule=frozen.rules[1],
            tie_key=self._book.tie_key or b"",
        )

    def _of_clearing(self, hour: ReclearedHour, frozen: _Frozen, found: ReferenceClearing) -> Iterator[Expected]:
        """Give the entries of a clearing: the hour, then each order with its purchases."""
        product_id = hour.product_id
        summary = _summary(hour.supply_kwh, frozen, found)
        body: dict[str, Any] = {"product_id": product_id, "rules": list(frozen.rules), "summary": summary}
        yield CLEARED, product_id, body
        first = 0
        for order in frozen.orders:
            until = first + len(order.steps)
            awards = [list(pair) for pair in zip(found.fill_kwh, found.pay_tiyn_per_kwh, strict=True)][first:until]
            yield FILLED, order.order_id, _filled(order, awards, hour.supply_kwh)
            hour.order_count += 1
            number = 0
            for kwh, price in awards:
                row: list[_Bought] = []
                frozen.bought.append(row)
                for size in self._sizes(order, kwh, number + 1):
                    number += 1
                    one = _Bought(f"{order.order_id}#{number}", size, price)
                    row.append(one)
                    hour.purchase_count += 1
                    yield MADE, one.purchase_id, _made(order, one)
            first = until

    def _sizes(self, order: BookedOrder, award_kwh: int, number: int) -> Iterator[int]:
        """Split an award into purchases in the way that holds for its bidder; the log's first large one tells it."""
        if award_kwh > PURCHASE_KWH:
            bound = "" if order.operator_id in self._book.on_surplus else order.operator_id
            chosen = self._book.readings.get("energy.purchase_max") if not bound else None
            written = self._first_kwh.get(f"{order.order_id}#{number}") == award_kwh
            if self._whole.setdefault(bound, written if chosen is None else chosen == "none"):
                yield award_kwh
                return
        while award_kwh > 0:
            yield min(award_kwh, PURCHASE_KWH)
            award_kwh -= PURCHASE_KWH

    def _curtail(self, product_id: str) -> None:
        """Clear the frozen book again with less supply; of an hour that has a fault nothing more is compared."""
        frozen, hour = self._frozen.get(product_id), self._found.hours.get(product_id)
        if frozen is None or hour is None or hour.fault is not None:
            self._hour = hour
            return
        self._hour = hour
        hour.recut_count += 1
        supply_kwh = self._book.supply_kwh[product_id]
        clearing = self._cleared(product_id, frozen, supply_kwh)
        hour.left_kwh = sum(clearing.fill_kwh)
        self._expect(self._of_recut(product_id, frozen, clearing, supply_kwh))

    def _of_recut(
        self, product_id: str, frozen: _Frozen, found: ReferenceClearing, supply_kwh: int
    ) -> Iterator[Expected]:
        """Give the entries of a curtailment: the last purchases of an award go first, then the price."""
        before, after = frozen.fill_kwh, found.fill_kwh
        frozen.fill_kwh = after
        yield RECUT, product_id, _recut(product_id, supply_kwh, sum(before), sum(after))
        for row, had_kwh, left_kwh in zip(frozen.bought, before, after, strict=True):
            for one in row if left_kwh < had_kwh else ():
                kept_kwh = min(left_kwh, one.energy_kwh)
                left_kwh -= kept_kwh
                if kept_kwh < one.energy_kwh:
                    body = {"purchase_id": one.purchase_id, "before_kwh": one.energy_kwh, "left_kwh": kept_kwh}
                    one.energy_kwh = kept_kwh
                    yield CUT, f"{one.purchase_id}/cut", body
        price = found.marginal_tiyn_per_kwh
        if price is None or not self._restrikes(frozen.rules[0]):
            return
        for one in (one for row in frozen.bought for one in row if one.energy_kwh and one.price != price):
            body = {"purchase_id": one.purchase_id, "before_tiyn_per_kwh": one.price, "price_tiyn_per_kwh": price}
            one.price = price
            yield RESTRUCK, f"{one.purchase_id}/restruck", body

    def _restrikes(self, price_rule: str) -> bool:
        chosen = self._book.readings.get("market.curtailment_price")
        return price_rule.startswith("uniform/") and (self._restruck if chosen is None else chosen == "restruck")

    def _expect(self, entries: Iterator[Expected]) -> None:
        self._expected = entries
        self._next = next(entries, None)

    def _compare(self, event: Mapping[str, Any]) -> None:
        """Compare an entry with the one that follows; behind a fault of its hour nothing is compared."""
        hour = self._hour
        if hour is None:
            raise NotFollowing(f"{event['type']} of {event['id']} follows from nothing")
        if hour.fault is not None:
            return
        if self._next is None:
            self._fault(hour, f"{event['type']} of {event['id']} follows from nothing")
        elif difference := _difference(event, self._next):
            self._fault(hour, difference)
        else:
            self._next = next(self._expected, None)

    def _fault(self, hour: ReclearedHour, what: str) -> None:
        entry = self._index if self._index < len(self._events) else None
        hour.fault = ReclearFault(entry, hour.product_id, what)
        self._expect(iter(()))

    def _require_nothing_left(self) -> None:
        if self._hour is not None and self._next is not None:
            self._fault(self._hour, f"{self._next[0]} of {self._next[1]} is missing before it")

    def _require_all_cleared(self) -> None:
        """Every hour that was declared, and every hour that has orders, is cleared, if any is."""
        known = {*self._book.supply_kwh, *(order.product_id for order in self._book.orders.values())}
        begun = self._found.hours or any(event.get("type") == "session.cleared" for event in self._events)
        for product_id in sorted(known - self._found.hours.keys()) if begun else ():
            self._found.faults.append(ReclearFault(None, product_id, "it was declared and never cleared"))


def _summary(supply_kwh: int, frozen: _Frozen, found: ReferenceClearing) -> dict[str, Any]:
    """Give the published figures of an hour; the average is weighted by energy and rounded half up."""
    bought_kwh = sum(found.fill_kwh)
    paid = [price for price, kwh in zip(found.pay_tiyn_per_kwh, found.fill_kwh, strict=True) if kwh]
    cost_tiyn = sum(price * kwh for price, kwh in zip(found.pay_tiyn_per_kwh, found.fill_kwh, strict=True))
    return {
        "offered_kwh": supply_kwh,
        "asked_kwh": sum(bid.quantity_kwh for bid in frozen.bids),
        "bought_kwh": bought_kwh,
        "bid_count": len(frozen.bids),
        "bidder_count": len({order.operator_id for order in frozen.orders}),
        "lowest_tiyn_per_kwh": min(paid, default=None),
        "average_tiyn_per_kwh": (2 * cost_tiyn + bought_kwh) // (2 * bought_kwh) if bought_kwh else None,
        "highest_tiyn_per_kwh": max(paid, default=None),
        "uniform_tiyn_per_kwh": found.marginal_tiyn_per_kwh if frozen.rules[0].startswith("uniform/") else None,
        "marginal_tiyn_per_kwh": found.marginal_tiyn_per_kwh,
        "first_rejected_tiyn_per_kwh": found.first_rejected_tiyn_per_kwh,
    }


def _filled(order: BookedOrder, awards: list[list[int]], supply_kwh: int) -> dict[str, Any]:
    fill_kwh = sum(kwh for kwh, _ in awards)
    if fill_kwh == order.quantity_kwh:
        end = ("accepted", "market.outcome.served")
    elif fill_kwh:
        end = ("partly_accepted", "market.outcome.shared")
    else:
        end = ("rejected", "market.outcome.outbid" if supply_kwh else "market.outcome.no_supply")
    return {"order_id": order.order_id, "outcome": end[0], "reason": end[1], "awards": awards}


def _made(order: BookedOrder, one: _Bought) -> dict[str, Any]:
    return {
        "purchase_id": one.purchase_id,
        "order_id": order.order_id,
        "operator_id": order.operator_id,
        "product_id": order.product_id,
        "energy_kwh": one.energy_kwh,
        "price_tiyn_per_kwh": one.price,
        "owner_id": order.owner_id,
    }


def _recut(product_id: str, supply_kwh: int, before_kwh: int, after_kwh: int) -> dict[str, Any]:
    return {
        "product_id": product_id,
        "supply_kwh": supply_kwh,
        "effect": f"market.supply.{'below_sold' if after_kwh < before_kwh else 'covers_sold'}",
        "before_kwh": before_kwh,
        "after_kwh": after_kwh,
    }


def _difference(event: Mapping[str, Any], follows: Expected) -> str:
    """Say in what an entry differs from the one that follows; "" where it does not."""
    kind, subject_id, data = follows
    if (event["type"], event["id"]) != (kind, subject_id):
        return f"{event['type']} of {event['id']} stands where {kind} of {subject_id} follows"
    return _difference_of(event["data"], data, "")


def _difference_of(found: Mapping[str, Any], data: Mapping[str, Any], place: str) -> str:
    if not isinstance(found, dict) or found.keys() != data.keys():
        return f"{place or 'the data'} has other fields than {', '.join(sorted(data))}"
    for name in data:
        if canonical_bytes({"": found[name]}) == canonical_bytes({"": data[name]}):
            continue
        if isinstance(data[name], dict):
            return _difference_of(found[name], data[name], f"{place}{name}.")
        return f"{place}{name} is {found[name]}, {data[name]} follows"
    return ""
