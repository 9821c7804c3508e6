"""One day added to an operator's open books: energy, purchases, coins, sales."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kezek.day.books import sales
from kezek.day.engine import DayState
from kezek.day.events import Payout
from kezek.duties.facts import FeeRecord, OperatorFacts, Purchased, QuarterBook
from kezek.duties.lens import Lens
from kezek.mining.value import value_tiyn
from kezek.registry.licence import Period
from kezek.registry.operator import Route
from kezek.units.rounding import ceil_div


@dataclass(frozen=True, slots=True)
class Today:
    """What one operator used, bought and was paid on the day. [Wh, kWh, sat, tiyn]"""

    on: date
    metered_wh: int
    bought_kwh: int
    payout: Payout
    tiyn_per_btc: int


def bought_by_owner_kwh(state: DayState) -> dict[str, int]:
    """Energy bought for each owner's machines, a tenant's under the tenant, after curtailment. [kWh]"""
    totals: dict[str, int] = {}
    for product in state.products.values():
        for order_id, kwh in product.final_kwh.items():
            owner = order_id.split("/")[-2]
            totals[owner] = totals.get(owner, 0) + kwh
    return totals


def with_today(*, facts: OperatorFacts, today: Today, exchanges: Sequence[str], lens: Lens) -> QuarterBook:
    """Add the day to the open book; on the first day of a quarter it starts empty."""
    last, payout = facts.books[-1], today.payout
    book = _empty_book(last, payout.pool_id, today.on) if facts.is_closed(last) else last
    until_on = today.on + timedelta(days=1)
    on_grid = facts.route in (Route.GRID_SURPLUS, Route.HOSTED)
    own_kwh = 0 if on_grid else ceil_div(today.metered_wh, 1_000)
    (pool, sat), *others = book.received_sat
    value = value_tiyn(sat=payout.paid_sat, tiyn_per_btc=today.tiyn_per_btc)
    return replace(
        book,
        until_on=until_on,
        mined=replace(book.mined, until_on=until_on) if today.metered_wh else book.mined,
        mined_sat=book.mined_sat + payout.credited_sat,
        received_sat=((pool, sat + payout.paid_sat), *others),
        sold_sat=(*book.sold_sat, *sales(payout.paid_sat, exchanges, lens, today.on)),
        disclosed_sat=book.disclosed_sat + payout.paid_sat,
        metered_wh=book.metered_wh + today.metered_wh,
        platform=replace(book.platform, energy_kwh=book.platform.energy_kwh + today.bought_kwh),
        other_source_kwh=book.other_source_kwh + own_kwh,
        coin_value_tiyn=book.coin_value_tiyn + value,
    )


def _empty_book(last: QuarterBook, pool_id: str, on: date) -> QuarterBook:
    """Open the book of a quarter on its first day."""
    return QuarterBook(
        quarter=last.quarter.next,
        until_on=on,
        mined=Period(on, on),
        mined_sat=0,
        received_sat=((pool_id, 0),),
        sold_sat=(),
        disclosed_sat=0,
        metered_wh=0,
        platform=Purchased(0, 0, on),
        other_source_kwh=0,
        least_energy_wh=0,
        average_price_tiyn_per_kwh=last.average_price_tiyn_per_kwh,
        coin_value_tiyn=0,
        cost_tiyn=0,
        tax_declared_tiyn=0,
        fee=FeeRecord(None, None, 0),
    )
