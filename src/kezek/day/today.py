"""One day added to an operator's open books: energy, purchases, coins, sales, costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kezek.day.books import booked_fee_rate, least_energy_of_coins_wh, mining_cost_tiyn, sales
from kezek.day.events import Payout
from kezek.day.given import given, nothing_amiss
from kezek.day.state import DayState
from kezek.duties.facts import FeeRecord, OperatorFacts, Purchased, QuarterBook
from kezek.duties.fee import fee_owed_tiyn
from kezek.law.snapshot import Snapshot
from kezek.mining.network import Segment
from kezek.mining.value import value_tiyn
from kezek.planning.breakeven import SiteCosts
from kezek.registry.licence import Period
from kezek.registry.operator import Operator, Route
from kezek.units.rounding import ceil_div, half_up


@dataclass(frozen=True, slots=True)
class Bought:
    """Energy bought for one owner's machines after curtailment, and what it cost without VAT. [kWh, tiyn]"""

    energy_kwh: int = 0
    paid_tiyn: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """What one operator used, bought and was paid on the day.

    Args:
        metered_wh: Energy on its meter. [Wh]
        segments: The day's network, by which its coins are weighed against its energy.
        costs: What a kWh and a coin cost at its site.
        tiyn_per_btc: Value of a coin. [tiyn]
    """

    on: date
    operator: Operator
    metered_wh: int
    bought: Bought
    payout: Payout
    segments: tuple[Segment, ...]
    costs: SiteCosts
    tiyn_per_btc: int


def bought_by_owner(state: DayState) -> dict[str, Bought]:
    """Add up what was bought for each owner's machines, a tenant's under the tenant, after curtailment."""
    totals: dict[str, Bought] = {}
    for purchase_id, purchase in state.purchases.items():
        kwh = state.final_purchase_kwh[purchase_id]
        so_far = totals.get(purchase.owner_id, Bought())
        paid_tiyn = so_far.paid_tiyn + kwh * state.price_of_purchase[purchase_id]
        totals[purchase.owner_id] = Bought(so_far.energy_kwh + kwh, paid_tiyn)
    return totals


def with_today(*, facts: OperatorFacts, today: Today, exchanges: Sequence[str], law: Snapshot) -> QuarterBook:
    """Add the day to the open book; on the first day of a quarter it starts empty.

    The least energy of the day's coins and the costs of its power are added too, so that every duty that is judged
    on a whole quarter can be judged on its first day.
    """
    last, payout = facts.books[-1], today.payout
    book = _empty_book(last, payout.pool_id, today.on) if facts.is_closed(last) else last
    own_kwh = 0 if facts.route in (Route.GRID_SURPLUS, Route.HOSTED) else ceil_div(today.metered_wh, 1_000)
    (pool, sat), *others = given(book.received_sat)
    value = value_tiyn(sat=payout.paid_sat, tiyn_per_btc=today.tiyn_per_btc)
    least_wh = least_energy_of_coins_wh(payout.paid_sat, today.segments, today.operator)
    sold = sales(payout.paid_sat, payout.credited_sat, exchanges, law)
    platform = given(book.platform)
    return replace(
        book,
        until_on=today.on + timedelta(days=1),
        mined=_mined(book, today),
        mined_sat=given(book.mined_sat) + payout.credited_sat,
        received_sat=((pool, sat + payout.paid_sat), *others),
        sold_sat=(*given(book.sold_sat), *sold),
        disclosed_sat=given(book.disclosed_sat) + payout.paid_sat,
        metered_wh=given(book.metered_wh) + today.metered_wh,
        platform=replace(platform, energy_kwh=platform.energy_kwh + today.bought.energy_kwh),
        other_source_kwh=given(book.other_source_kwh) + own_kwh,
        least_energy_wh=given(book.least_energy_wh) + least_wh,
        average_price_tiyn_per_kwh=_average_price(book, today),
        coin_value_tiyn=given(book.coin_value_tiyn) + value,
        cost_tiyn=given(book.cost_tiyn) + _cost_tiyn(book, today, value, law),
    )


def _mined(book: QuarterBook, today: Today) -> Period:
    """Stretch the days of mining to this one where machines ran; the first such day begins them."""
    mined = given(book.mined)
    if not today.metered_wh:
        return mined
    empty = mined.from_on >= mined.until_on
    return Period(today.on if empty else mined.from_on, today.on + timedelta(days=1))


def _average_price(book: QuarterBook, today: Today) -> int:
    """Average what the platform's energy of the quarter cost; without any, the price stays as booked. [tiyn/kWh]"""
    before_kwh, price = given(book.platform).energy_kwh, given(book.average_price_tiyn_per_kwh)
    energy_kwh = before_kwh + today.bought.energy_kwh
    return half_up(before_kwh * price + today.bought.paid_tiyn, energy_kwh) if energy_kwh else price


def _cost_tiyn(book: QuarterBook, today: Today, value_tiyn: int, law: Snapshot) -> int:
    """Cost of the day, fee included: power at the day's own average price, else at the booked one. [tiyn]"""
    bought, price = today.bought, given(book.average_price_tiyn_per_kwh)
    price = half_up(bought.paid_tiyn, bought.energy_kwh) if bought.energy_kwh else price
    rate = booked_fee_rate(route=today.operator.route, price=price, law=law)
    fee_tiyn = fee_owed_tiyn(metered_wh=today.metered_wh, rate_tiyn_per_kwh=rate)
    return fee_tiyn + mining_cost_tiyn(
        metered_wh=today.metered_wh,
        price_tiyn_per_kwh=price,
        coin_value_tiyn=value_tiyn,
        costs=today.costs,
    )


def _empty_book(last: QuarterBook, pool_id: str, on: date) -> QuarterBook:
    """Open the book of a quarter on its first day."""
    book = QuarterBook(
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
    return nothing_amiss(book, report_on=None)
