"""From the frozen book to purchases and money, and back again where the grid operator takes supply away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from kezek.ledger.charges import (
    NOTHING,
    Charges,
    Cost,
    Group,
    difference,
    purchase_cost,
    refund,
    restrike,
    settlement,
)
from kezek.market.bidder import Bidder
from kezek.market.clearing import Clearing, Int64s, clear_product
from kezek.market.lots import Purchase, cut_purchases, purchases_of
from kezek.market.order import Order, OrderEnd, Outcome, OutcomeReason
from kezek.market.publication import summarise
from kezek.market.rules import MarketRules
from kezek.market.supply import CutEffect, Declaration
from kezek.trading.events import Derived, Record
from kezek.trading.money import post, release_of, reserved_id
from kezek.trading.state import InvariantBroken, ProductState, Row, TradingState


@dataclass(frozen=True, slots=True)
class Execution:
    """Clears products on the frozen book and carries the result out.

    Args:
        tie_key: Root of the log at the gate.
    """

    state: TradingState
    rules: MarketRules
    charges: Charges
    bidders: Mapping[str, Bidder]
    tie_key: bytes
    record: Record

    def clear(self, product: ProductState, at: datetime) -> None:
        """Clear one product, make its purchases, settle them, free what is left of the reservations.

        Raises:
            InvariantBroken: more was sold than is offered, or a purchase is over its maximum.
        """
        offered_kwh = product.product.offered_kwh
        clearing = self._clearing(product, offered_kwh)
        product.clearing, product.fills_kwh = clearing, tuple(clearing.fill_kwh.tolist())
        product.summary = summarise(
            offered_kwh=offered_kwh,
            price_tiyn_per_kwh=_prices(product.rows),
            quantity_kwh=_quantities(product.rows),
            bidder_count=product.bidder_count,
            clearing=clearing,
        )
        body = {"product_id": product.product.product_id, "summary": product.summary, "rules": clearing.rules}
        self.record(Derived.CLEARED, product.product.product_id, at, body)
        if product.sold_kwh > offered_kwh:
            what = f"{product.product.product_id} sold {product.sold_kwh} kWh of {offered_kwh}"
            raise InvariantBroken(what)
        pays: list[int] = clearing.pay_tiyn_per_kwh.tolist()
        first, draws = 0, []
        for decision in product.decisions:
            until = first + len(decision.order.steps)
            awards = tuple(zip(product.fills_kwh[first:until], pays[first:until], strict=True))
            draws.append(self._fill(product, decision.order, awards, at))
            first = until
        self._settle(product, draws, at)

    def _clearing(self, product: ProductState, supply_kwh: int) -> Clearing:
        claimants = [self.bidders[row.order.operator_id].claimant_id for row in product.rows]
        ids = sorted(set(claimants))
        codes = {claimant: code for code, claimant in enumerate(ids)}
        return clear_product(
            product_id=product.product.product_id,
            supply_kwh=supply_kwh,
            reserve_tiyn_per_kwh=product.product.reserve_tiyn_per_kwh,
            price_tiyn_per_kwh=_prices(product.rows),
            quantity_kwh=_quantities(product.rows),
            claimant=np.array([codes[claimant] for claimant in claimants], dtype=np.int64),
            claimant_ids=ids,
            price_rule=self.rules.price_rule,
            tie_rule=self.rules.tie_rule,
            tie_key=self.tie_key,
        )

    def _fill(self, product: ProductState, order: Order, awards: Sequence[tuple[int, int]], at: datetime) -> Group:
        """End one order: its awards by step, its purchases; gives the transfers that pay for them."""
        fill_kwh = sum(kwh for kwh, _ in awards)
        end = _end_of(order, fill_kwh, product.product.offered_kwh)
        self.state.ends[order.order_id] = end
        body = {"order_id": order.order_id, "outcome": end.outcome, "reason": end.reason, "awards": awards}
        self.record(Derived.FILLED, order.order_id, at, body)
        if fill_kwh:
            product.final_kwh[order.order_id] = fill_kwh
        costs = []
        for purchase in self._purchases(product, order, awards):
            self._make(purchase, at)
            costs.append(self._cost(purchase, purchase.energy_kwh))
        aside, stem = reserved_id(order), f"settle/{order.order_id}"
        return settlement(
            operator_id=order.operator_id, cost=sum(costs, NOTHING), reserved_id=aside, at=at, stem=stem
        )

    def _purchases(self, product: ProductState, order: Order, awards: Sequence[tuple[int, int]]) -> list[Purchase]:
        """Split the awards of all steps of an order into purchases, numbered through, and note them by row."""
        made: list[Purchase] = []
        for kwh, price in awards:
            mine = purchases_of(
                order_id=order.order_id,
                operator_id=order.operator_id,
                product_id=order.product_id,
                award_kwh=kwh,
                price_tiyn_per_kwh=price,
                purchase_max_kwh=self.bidders[order.operator_id].purchase_max_kwh,
                owner_id=order.owner_id,
                first_number=len(made) + 1,
            )
            product.purchase_ids.append([purchase.purchase_id for purchase in mine])
            made += mine
        return made

    def _make(self, purchase: Purchase, at: datetime) -> None:
        limit_kwh = self.bidders[purchase.operator_id].purchase_max_kwh
        if limit_kwh is not None and purchase.energy_kwh > limit_kwh:
            raise InvariantBroken(f"{purchase.purchase_id} is {purchase.energy_kwh} kWh, over {limit_kwh} kWh")
        key = purchase.purchase_id
        self.state.purchases[key] = purchase
        self.state.final_purchase_kwh[key] = purchase.energy_kwh
        self.state.price_of_purchase[key] = purchase.price_tiyn_per_kwh
        self.state.entry_of_purchase[key] = self.record(Derived.PURCHASED, key, at, purchase)

    def _cost(self, purchase: Purchase, energy_kwh: int, price: int | None = None) -> Cost:
        """Cost of so much energy of a purchase, at its own price or at another."""
        price = purchase.price_tiyn_per_kwh if price is None else price
        return purchase_cost(energy_kwh=energy_kwh, price_tiyn_per_kwh=price, charges=self.charges)

    def _settle(self, product: ProductState, draws: Iterable[Group], at: datetime) -> None:
        """Draw the costs from the reservations; what is left is free, unless the price may still be struck again."""
        product_id, ledger = product.product.product_id, self.state.ledger
        post(ledger, self.record, f"settle/{product_id}", at, joined(draws))
        if self.rules.restrikes:
            return
        freed = (release_of(ledger, one, at, f"release/{one.order.order_id}") for one in product.decisions)
        post(ledger, self.record, f"release/{product_id}", at, joined(freed))

    def curtail(self, product: ProductState, declaration: Declaration) -> None:
        """Clear the frozen book again with less supply: the last purchases of an award go first, and are paid back.

        Raises:
            InvariantBroken: somebody's award would rise.
        """
        at, product_id = declaration.declared_at, product.product.product_id
        clearing = self._clearing(product, declaration.declared_kwh)
        before, after = product.fills_kwh, tuple(clearing.fill_kwh.tolist())
        product.require_no_rise(after, {who: one.claimant_id for who, one in self.bidders.items()})
        product.fills_kwh, product.revised_kwh = after, declaration.declared_kwh
        body = {
            "product_id": product_id,
            "supply_kwh": declaration.declared_kwh,
            "effect": CutEffect.BELOW_SOLD if sum(after) < sum(before) else CutEffect.COVERS_SOLD,
            "before_kwh": sum(before),
            "after_kwh": sum(after),
        }
        entry = self.record(Derived.RECUT, product_id, at, body)
        refunds = [
            back
            for row, (had_kwh, has_kwh) in enumerate(zip(before, after, strict=True))
            if has_kwh < had_kwh
            for back in self._cut(product, row, has_kwh, at)
        ]
        post(self.state.ledger, self.record, f"refund/{product_id}/{entry}", at, joined(refunds))
        if self.rules.restrikes and clearing.marginal_tiyn_per_kwh is not None:
            self._restrike(product, clearing.marginal_tiyn_per_kwh, at)

    def now(self, purchase_id: str) -> Purchase:
        """Give a purchase as it is now: what is left of it, at the price that it pays now."""
        return replace(
            self.state.purchases[purchase_id],
            energy_kwh=self.state.final_purchase_kwh[purchase_id],
            price_tiyn_per_kwh=self.state.price_of_purchase[purchase_id],
        )

    def _cut(self, product: ProductState, row: int, left_kwh: int, at: datetime) -> list[Group]:
        """Bring the purchases of one row down to what is left; gives the transfers that pay it back."""
        order_id = product.rows[row].order.order_id
        mine = [self.now(purchase_id) for purchase_id in product.purchase_ids[row]]
        refunds = []
        for cut in cut_purchases(purchases=mine, award_kwh=left_kwh):
            key, had_kwh = cut.purchase.purchase_id, cut.purchase.energy_kwh
            self.state.final_purchase_kwh[key] = cut.left_kwh
            product.final_kwh[order_id] -= had_kwh - cut.left_kwh
            body = {"purchase_id": key, "before_kwh": had_kwh, "left_kwh": cut.left_kwh}
            self.state.cut_entry_of_purchase[key] = entry = self.record(Derived.CUT, f"{key}/cut", at, body)
            before, left = self._cost(cut.purchase, had_kwh), self._cost(cut.purchase, cut.left_kwh)
            stem, who = f"refund/{key}/{entry}", cut.purchase.operator_id
            refunds.append(refund(operator_id=who, before=before, left=left, at=at, stem=stem))
            back = difference(larger=before, smaller=left)
            self.state.refund_of_purchase[key] = self.state.refund_of_purchase.get(key, NOTHING) + back
        if not product.final_kwh[order_id]:
            del product.final_kwh[order_id]
        return refunds

    def _restrike(self, product: ProductState, price: int, at: datetime) -> None:
        """Strike the one price again for what is left; every purchase draws the difference from its reservation."""
        draws = [
            self._strike(self.now(key), price, reserved_id(row.order), at)
            for row, keys in zip(product.rows, product.purchase_ids, strict=True)
            for key in keys
            if self.state.final_purchase_kwh[key] and self.state.price_of_purchase[key] != price
        ]
        post(self.state.ledger, self.record, f"restrike/{product.product.product_id}/{price}", at, joined(draws))

    def _strike(self, purchase: Purchase, price: int, aside: str, at: datetime) -> Group:
        """Note the new price of one purchase; gives the transfers that draw the difference."""
        key, energy_kwh = purchase.purchase_id, purchase.energy_kwh
        self.state.price_of_purchase[key] = price
        body = {
            "purchase_id": key,
            "before_tiyn_per_kwh": purchase.price_tiyn_per_kwh,
            "price_tiyn_per_kwh": price,
        }
        entry = self.record(Derived.RESTRUCK, f"{key}/restruck", at, body)
        before, after = self._cost(purchase, energy_kwh), self._cost(purchase, energy_kwh, price)
        more = difference(larger=after, smaller=before)
        self.state.extra_of_purchase[key] = self.state.extra_of_purchase.get(key, NOTHING) + more
        stem, who = f"restrike/{key}/{entry}", purchase.operator_id
        return restrike(operator_id=who, before=before, after=after, reserved_id=aside, at=at, stem=stem)


def joined(groups: Iterable[Group]) -> Group:
    """Join groups of transfers into one, booked whole or not at all."""
    return tuple(transfer for group in groups for transfer in group)


def _prices(rows: Sequence[Row]) -> Int64s:
    return np.array([row.step.price_tiyn_per_kwh for row in rows], dtype=np.int64)


def _quantities(rows: Sequence[Row]) -> Int64s:
    return np.array([row.step.quantity_kwh for row in rows], dtype=np.int64)


def _end_of(order: Order, fill_kwh: int, offered_kwh: int) -> OrderEnd:
    """Tell how an order that stood in the book ends."""
    if fill_kwh == order.quantity_kwh:
        return OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)
    if fill_kwh:
        return OrderEnd(Outcome.PARTLY, OutcomeReason.SHARED)
    return OrderEnd(Outcome.REJECTED, OutcomeReason.OUTBID if offered_kwh else OutcomeReason.NO_SUPPLY)
