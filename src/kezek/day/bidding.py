"""The simulated bidders: what each would bid for every hour, and the mistakes that some of them make."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from kezek.day.settings import Settings
from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.ledger.charges import Charges, worst_case_tiyn
from kezek.market.lots import lot_sizes
from kezek.market.order import Order, Step
from kezek.market.product import Product, Session
from kezek.market.rules import MarketRules
from kezek.mining.network import NetworkDay, Segment
from kezek.mining.output import energy_for_wh
from kezek.planning.bidding import Worth, ceiling_of
from kezek.planning.breakeven import (
    SiteCosts,
    bid_price_tiyn_per_kwh,
    coin_value_per_mwh_tiyn,
)
from kezek.planning.fee_target import fee_bands
from kezek.registry.operator import MachineGroup, Operator, Route
from kezek.registry.zone import Zone
from kezek.units.chance import Stream
from kezek.units.rounding import PPM

PREPAID_PERCENT = 102
"""What bidders prepay, of the most that their orders can cost. [%]"""
PREPAID_STEP_TIYN = 100_000
"""Prepayments come in whole thousands of tenge."""
THRIFTY_PERCENT = 60
"""What one bidder in the session prepays of that, so that its later orders are refused. [%]"""


@dataclass(frozen=True, slots=True)
class GroupBid:
    """What one group of machines would bid in every hour.

    Args:
        bidder_id: Who bids: the owner, or the host of a tenant.
        ceiling_tiyn_per_kwh: Break-even price of power, None where even free power loses.
        price_tiyn_per_kwh: What is bid, None where the reserve is over the ceiling.
    """

    group: MachineGroup
    bidder_id: str
    quantity_kwh: int
    ceiling_tiyn_per_kwh: int | None
    price_tiyn_per_kwh: int | None


@dataclass(frozen=True, slots=True)
class Bids:
    """All orders of the session in order of arrival, what everybody prepaid, and the groups behind the orders."""

    orders: tuple[Order, ...]
    prepaid_tiyn: dict[str, int]
    group_bids: tuple[GroupBid, ...]
    group_of_order: dict[str, MachineGroup]


def site_costs(*, operator: Operator, fleet: Settings, law: Snapshot) -> SiteCosts:
    """Collect what a kWh and a coin cost at an operator's site."""
    return SiteCosts(
        transmission_tiyn_per_kwh=fleet.whole("transmission"),
        regional_tiyn_per_kwh=0 if operator.has_substation else fleet.whole("regional_grid"),
        labour_tiyn_per_kwh=fleet.whole("labour"),
        hosting_tiyn_per_kwh=fleet.whole("hosting") if operator.host_id else 0,
        overhead_ppm=fleet.whole("overhead"),
        pool_fee_ppm=fleet.whole("pool_fee"),
        sale_spread_ppm=fleet.whole("sale_spread"),
        vat_ppm=law.amount(keys.VAT_RATE_PPM),
    )


def group_bids(
    *,
    operators: Sequence[Operator],
    network: NetworkDay,
    tiyn_per_btc: int,
    fleet: Settings,
    law: Snapshot,
    reserve_tiyn_per_kwh: int,
    stream: Stream,
) -> tuple[GroupBid, ...]:
    """Work out ceiling and bid of every group that runs on grid surplus, tenants through their hosts."""
    by_id = {operator.operator_id: operator for operator in operators}
    segments = tuple(segment for hour in network.hours for segment in hour)
    ceilings: dict[tuple[object, ...], int | None] = {}
    bids = []
    for operator in operators:
        if operator.route not in (Route.GRID_SURPLUS, Route.HOSTED):
            continue
        bidder = by_id[operator.host_id or operator.operator_id]
        costs = site_costs(operator=operator, fleet=fleet, law=law)
        share_ppm = headroom_share_ppm(bidder_id=bidder.operator_id, fleet=fleet, stream=stream)
        for group in operator.groups:
            key = (group.model_index, costs)
            if key not in ceilings:
                ceilings[key] = _ceiling(group, costs, segments, tiyn_per_btc, law)
            bids.append(_group_bid(group, bidder, ceilings[key], reserve_tiyn_per_kwh, share_ppm, fleet, law))
    return tuple(bids)


def headroom_share_ppm(*, bidder_id: str, fleet: Settings, stream: Stream) -> int:
    """How far from the reserve to its ceiling a bidder goes, by the strategy of the fleet file. [ppm]"""
    if fleet.text("bid_strategy") == "truthful":
        return PPM
    spread = fleet.whole("bid_headroom_spread")
    moved = stream.child("headroom", bidder_id).integer(-spread, spread + 1)
    return min(PPM, max(0, fleet.whole("bid_headroom") + moved))


def _ceiling(
    group: MachineGroup, costs: SiteCosts, segments: Sequence[Segment], tiyn_per_btc: int, law: Snapshot
) -> int | None:
    value = coin_value_per_mwh_tiyn(
        power_w=group.power_w,
        hashrate_ghs=group.hashrate_ghs,
        costs=costs,
        segments=segments,
        tiyn_per_btc=tiyn_per_btc,
    )
    route = Route.GRID_SURPLUS
    worth = Worth(value, route, costs, fee_bands(route=route, law=law), law)
    return ceiling_of(
        worth=worth, tick_tiyn_per_kwh=law.amount(keys.MARKET_PRICE_TICK_TIYN_PER_KWH)
    ).price_tiyn_per_kwh


def _group_bid(
    group: MachineGroup,
    bidder: Operator,
    ceiling: int | None,
    reserve: int,
    share_ppm: int,
    fleet: Settings,
    law: Snapshot,
) -> GroupBid:
    hourly_wh = energy_for_wh(count=group.active_count, power_w=group.power_w, overhead_ppm=fleet.whole("overhead"))
    price = None
    if ceiling is not None:
        price = bid_price_tiyn_per_kwh(
            ceiling_tiyn_per_kwh=ceiling,
            reserve_tiyn_per_kwh=reserve,
            headroom_share_ppm=share_ppm,
            tick_tiyn_per_kwh=law.amount(keys.MARKET_PRICE_TICK_TIYN_PER_KWH),
        )
    return GroupBid(group, bidder.operator_id, hourly_wh // 1_000, ceiling, price)


def make_bids(
    *,
    bids: Sequence[GroupBid],
    operators: Sequence[Operator],
    products: Sequence[Product],
    session: Session,
    rules: MarketRules,
    stream: Stream,
) -> Bids:
    """Turn group bids into orders for every offered hour, add the mistakes, and prepay what the orders can cost."""
    zone_of = {operator.operator_id: operator.zone for operator in operators}
    orders: list[Order] = []
    group_of: dict[str, MachineGroup] = {}
    for product in products:
        for bid in bids:
            offered = product.offered_kwh > 0 and zone_of[bid.bidder_id] is product.zone
            if not offered or bid.price_tiyn_per_kwh is None or bid.quantity_kwh < rules.smallest_order_kwh:
                continue
            order_id = f"{product.product_id}/{bid.group.group_id}"
            group_of[order_id] = bid.group
            orders.append(
                Order(
                    order_id=order_id,
                    version=1,
                    operator_id=bid.bidder_id,
                    site_id=bid.bidder_id,
                    owner_id=bid.group.operator_id,
                    product_id=product.product_id,
                    steps=(Step(bid.price_tiyn_per_kwh, bid.quantity_kwh),),
                    received_at=session.opens_at,
                )
            )
    prepaid = _prepayments(orders, rules)
    thrifty = stream.child("thrifty").shuffled(sorted(prepaid))[:1]
    prepaid.update({who: prepaid[who] * THRIFTY_PERCENT // 100 for who in thrifty})
    arrived = _arrivals(orders, session, stream)
    arrived += _mistakes(arrived, operators, products, session, stream.child("mistakes"))
    arrived.sort(key=lambda order: order.received_at)
    return Bids(tuple(arrived), prepaid, tuple(bids), group_of)


def _prepayments(orders: Iterable[Order], rules: MarketRules) -> dict[str, int]:
    """Worst case of all orders and 2 % more, in whole thousands of tenge. [tiyn]"""
    totals: dict[str, int] = {}
    charges = Charges(rules.market_fee_tiyn_per_kwh, rules.transmission_tiyn_per_kwh, rules.vat_ppm)
    for order in orders:
        (step,) = order.steps
        sizes = lot_sizes(award_kwh=step.quantity_kwh, purchase_max_kwh=rules.purchase_max_kwh)
        cost = worst_case_tiyn(sizes_kwh=sizes, limit_tiyn_per_kwh=step.price_tiyn_per_kwh, charges=charges)
        totals[order.operator_id] = totals.get(order.operator_id, 0) + cost
    rich = {who: total * PREPAID_PERCENT // 100 for who, total in sorted(totals.items())}
    return {who: (total // PREPAID_STEP_TIYN + 1) * PREPAID_STEP_TIYN for who, total in rich.items()}


def _arrivals(orders: Sequence[Order], session: Session, stream: Stream) -> list[Order]:
    """Spread the operators' batches over the session; an operator sends all its orders in one second."""
    seconds = int((session.closes_at - session.opens_at).total_seconds())
    operators = stream.child("arrival").shuffled(sorted({order.operator_id for order in orders}))
    offset = {who: 1 + place * (seconds - 60) // max(1, len(operators)) for place, who in enumerate(operators)}
    return [
        replace(order, received_at=session.opens_at + timedelta(seconds=offset[order.operator_id]))
        for order in orders
    ]


def _mistakes(
    orders: Sequence[Order],
    operators: Sequence[Operator],
    products: Sequence[Product],
    session: Session,
    stream: Stream,
) -> list[Order]:
    """One bidder each: late, under the reserve, over its site's power, in a dark hour, without quota, an id twice.

    Each mistake is refused whatever the day: where a day has no dark hour or no tenant, that one is left out.
    """
    if not orders:
        return []
    picked = stream.shuffled(orders)
    late, cheap, huge, dark, lent, again = (picked[place % len(picked)] for place in range(6))
    by_id = {one.operator_id: one for one in operators}
    last_at = session.closes_at - timedelta(seconds=20)
    dark_id = _dark_product_id(products, by_id[dark.operator_id].zone)
    tenant = next((one.operator_id for one in operators if one.route is Route.HOSTED), None)
    site_kwh = by_id[huge.operator_id].site_power_w // 1_000
    too_cheap, more_kwh = products[0].reserve_tiyn_per_kwh - 50, again.quantity_kwh + 1

    def wrong(order: Order, tag: str, **changes: Any) -> Order:  # noqa: ANN401 - fields of an order
        changed = {"order_id": f"{order.order_id}/{tag}", "received_at": last_at, **changes}
        return replace(order, **changed)

    mistakes = [
        wrong(late, "late", received_at=session.closes_at + timedelta(seconds=5)),
        wrong(cheap, "cheap", steps=(replace(cheap.steps[0], price_tiyn_per_kwh=too_cheap),)),
        wrong(huge, "huge", steps=(replace(huge.steps[0], quantity_kwh=site_kwh + 1),)),
        wrong(again, "", order_id=again.order_id, steps=(replace(again.steps[0], quantity_kwh=more_kwh),)),
    ]
    mistakes += [wrong(dark, "dark-hour", product_id=dark_id)] if dark_id else []
    mistakes += [wrong(lent, "tenant", operator_id=tenant, site_id=tenant)] if tenant else []
    return mistakes


def _dark_product_id(products: Sequence[Product], zone: Zone) -> str | None:
    """Name a product of a zone without surplus; None where every hour has some."""
    dark = (product.product_id for product in products if product.zone is zone and product.offered_kwh == 0)
    return next(dark, None)
