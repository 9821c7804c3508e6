"""Books of the latest quarters for every operator of the simulated fleet: clean ones; breaches are planted later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kezek.day.settings import Settings
from kezek.duties.facts import FeeRecord, OperatorFacts, Purchased, QuarterBook
from kezek.duties.fee import due_on, fee_owed_tiyn, fee_rate_tiyn_per_kwh
from kezek.duties.lens import Lens
from kezek.duties.tax import income_tax_tiyn
from kezek.facts.figures import DifficultyEpoch, MonthlyFigure
from kezek.law.problem import NoRuleInForce
from kezek.mining.network import Segment, expected_gigahashes, expected_sat, period_segments
from kezek.mining.output import after_pool_fee_sat, energy_for_wh, gigahashes_of, least_energy_wh
from kezek.mining.value import coin_price, value_tiyn
from kezek.registry.licence import Period
from kezek.registry.operator import Operator, Route
from kezek.units.calendar import Quarter
from kezek.units.chance import Stream
from kezek.units.rounding import PPM, ceil_div, share_of

_FALLBACK_FEE_TIYN_PER_KWH = 100
"""What the simulated operator pays where the law leaves the rate open: the lowest of 2023."""


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """What all operators share in one quarter: its length so far, the network, the price of a coin."""

    quarter: Quarter
    until_on: date
    segments: tuple[Segment, ...]
    tiyn_per_btc: int

    @property
    def hours(self) -> int:
        """Hours of the period."""
        return sum(segment.seconds for segment in self.segments) // 3_600


def period_facts(
    *,
    on: date,
    epochs: Sequence[DifficultyEpoch],
    usd_cents: Mapping[str, MonthlyFigure],
    tiyn_per_usd: Mapping[str, MonthlyFigure],
) -> tuple[PeriodFacts, ...]:
    """Collect the two latest closed quarters and, unless the date is its first day, the open one until the date."""
    opened = Quarter.of(on)
    ends = [(opened.previous.previous, opened.previous.from_on), (opened.previous, opened.from_on), (opened, on)]
    periods = []
    for quarter, until_on in ends:
        if until_on <= quarter.from_on:
            continue
        middle_on = quarter.from_on + (until_on - quarter.from_on) // 2
        price = coin_price(on=middle_on, usd_cents=usd_cents, tiyn_per_usd=tiyn_per_usd)
        segments = period_segments(from_on=quarter.from_on, until_on=until_on, epochs=epochs)
        periods.append(PeriodFacts(quarter, until_on, segments, price.tiyn_per_btc))
    return tuple(periods)


def operator_facts(
    *,
    operator: Operator,
    periods: Sequence[PeriodFacts],
    on: date,
    fleet: Settings,
    reserve_tiyn_per_kwh: int,
    lens: Lens,
    stream: Stream,
) -> OperatorFacts:
    """Write clean books for one operator: all sold, paid, filed and metered as the law asks."""
    books = tuple(
        _book(
            operator,
            period,
            on,
            fleet,
            reserve_tiyn_per_kwh,
            lens,
            stream.child(operator.operator_id, period.quarter),
        )
        for period in periods
    )
    return OperatorFacts(
        operator_id=operator.operator_id,
        route=operator.route,
        licence=operator.licence,
        as_of_on=on,
        accredited_pool_ids=frozenset(fleet.words("pools")),
        licensed_exchange_ids=frozenset(fleet.words("exchanges")),
        seen_machine_count=sum(group.active_count for group in operator.groups),
        unregistered=(),
        locked_machines_gone=(),
        books=books,
    )


def _book(
    operator: Operator,
    period: PeriodFacts,
    on: date,
    fleet: Settings,
    reserve_tiyn_per_kwh: int,
    lens: Lens,
    stream: Stream,
) -> QuarterBook:
    """Run the active machines through the period and book what follows from it."""
    last_on = period.until_on - timedelta(days=1)
    on_grid = operator.route in (Route.GRID_SURPLUS, Route.HOSTED)
    share_ppm = fleet.whole("hours_with_power") if on_grid else 900_000
    share_ppm = share_ppm * stream.child("hours").integer(850, 1_100) // 1_000
    metered_wh, gigahashes = _run(operator, period, share_ppm, fleet.whole("overhead"))
    mined_sat = expected_sat(gigahashes=gigahashes, segments=period.segments)
    received_sat = after_pool_fee_sat(gross_sat=mined_sat, fee_ppm=fleet.whole("pool_fee"))
    price = (
        reserve_tiyn_per_kwh + stream.child("price").integer(0, 300) if on_grid else fleet.whole("own_power_price")
    )
    bought_kwh = ceil_div(metered_wh * stream.child("bought").integer(1_002, 1_012), 1_000_000)
    coin_value = value_tiyn(sat=received_sat, tiyn_per_btc=period.tiyn_per_btc)
    fee_tiyn = fee_owed_tiyn(metered_wh=metered_wh, rate_tiyn_per_kwh=_rate(operator, price, lens, last_on))
    cost_tiyn = _cost_tiyn(metered_wh // 1_000, price, fleet, lens.on(last_on).amount("vat.rate_ppm")) + fee_tiyn
    least = min((group.efficiency_mj_per_th for group in operator.groups if group.active_count), default=0)
    coins_gigahashes = expected_gigahashes(sat=received_sat, segments=period.segments)
    return QuarterBook(
        quarter=period.quarter,
        until_on=period.until_on,
        mined=Period(max(period.quarter.from_on, operator.licence.term.from_on), period.until_on),
        mined_sat=mined_sat,
        received_sat=((operator.pool_id, received_sat),),
        sold_sat=sales(
            received_sat, fleet.words("exchanges"), lens, last_on, stream.child("sales").integer(20_000, 100_000)
        ),
        disclosed_sat=received_sat,
        metered_wh=metered_wh,
        platform=_purchased(bought_kwh if on_grid else 0, period, lens, stream.child("largest")),
        other_source_kwh=0 if on_grid else bought_kwh,
        least_energy_wh=least_energy_wh(gigahashes=coins_gigahashes, efficiency_mj_per_th=least),
        average_price_tiyn_per_kwh=price,
        coin_value_tiyn=coin_value,
        cost_tiyn=cost_tiyn,
        tax_declared_tiyn=_tax(coin_value, cost_tiyn, lens, last_on),
        fee=_fee_record(period, on, fee_tiyn, lens, last_on, stream.child("fee")),
    )


def _run(operator: Operator, period: PeriodFacts, share_ppm: int, overhead_ppm: int) -> tuple[int, int]:
    """Energy [Wh] and work [GH] of the active machines over the hours with power."""
    metered_wh = gigahashes = 0
    for group in operator.groups:
        hourly_wh = energy_for_wh(count=group.active_count, power_w=group.power_w, overhead_ppm=overhead_ppm)
        energy_wh = hourly_wh * period.hours * share_ppm // PPM
        metered_wh += energy_wh
        gigahashes += gigahashes_of(
            energy_wh=energy_wh, power_w=group.power_w, hashrate_ghs=group.hashrate_ghs, overhead_ppm=overhead_ppm
        )
    return metered_wh, gigahashes


def _rate(operator: Operator, price: int, lens: Lens, on: date) -> int:
    try:
        return fee_rate_tiyn_per_kwh(route=operator.route, average_price_tiyn_per_kwh=price, law=lens.on(on))
    except NoRuleInForce:
        return _FALLBACK_FEE_TIYN_PER_KWH


def _tax(coin_value_tiyn: int, cost_tiyn: int, lens: Lens, on: date) -> int:
    try:
        return income_tax_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, law=lens.on(on))
    except NoRuleInForce:
        return 0


def _cost_tiyn(energy_kwh: int, price: int, fleet: Settings, vat_ppm: int) -> int:
    grid = energy_kwh * (price + fleet.whole("transmission") + fleet.whole("regional_grid"))
    return grid + share_of(grid, vat_ppm) + energy_kwh * fleet.whole("labour")


def sales(
    received_sat: int, exchanges: Sequence[str], lens: Lens, on: date, more_ppm: int = 20_000
) -> tuple[tuple[str, int], ...]:
    """Sell the due share of the coins and somewhat more, half each on two licensed exchanges. [sat, ppm]"""
    try:
        due_ppm = lens.on(on).amount("sale.share_ppm")
    except NoRuleInForce:
        due_ppm = 0
    sold_sat = ceil_div(received_sat * min(PPM, due_ppm + more_ppm), PPM)
    first_sat = sold_sat // 2 if len(exchanges) > 1 else sold_sat
    return tuple(zip(exchanges[:2], (first_sat, sold_sat - first_sat), strict=False))


def _purchased(energy_kwh: int, period: PeriodFacts, lens: Lens, stream: Stream) -> Purchased:
    """Purchases of the largest lawful size, or 5 MWh where the law knows no maximum; the largest of each month."""
    first, until_on = period.quarter.from_on, period.until_on
    months = [first, *(on for on in (date(first.year, first.month + n, 1) for n in (1, 2)) if on < until_on)]
    ends = [*months[1:], until_on]
    largest = []
    for from_on, to_on in zip(months, ends, strict=True):
        on = from_on + timedelta(days=stream.child(from_on).integer(0, (to_on - from_on).days))
        largest.append((on, min(energy_kwh, _largest_lawful_kwh(lens, on))))
    last_on, last_kwh = largest[-1]
    return Purchased(energy_kwh, last_kwh, last_on, tuple(largest[:-1]))


def _largest_lawful_kwh(lens: Lens, on: date) -> int:
    try:
        return lens.on(on).limit("energy.purchase_max_kwh") or 5_000
    except NoRuleInForce:
        return 5_000


def _fee_record(
    period: PeriodFacts, on: date, owed_tiyn: int, lens: Lens, last_on: date, stream: Stream
) -> FeeRecord:
    """File and pay one to nine days ahead of the deadlines, as far as those days have come."""
    if period.until_on < period.quarter.until_on:
        return FeeRecord(None, None, 0)
    try:
        return_due = due_on(rule=lens.on(last_on).text("fee.return_due"), quarter=period.quarter)
        payment_due = due_on(rule=lens.on(last_on).text("fee.payment_due"), quarter=period.quarter)
    except NoRuleInForce:
        return FeeRecord(None, None, 0)
    return_on = return_due - timedelta(days=stream.child("return").integer(1, 10))
    paid_on = payment_due - timedelta(days=stream.child("paid").integer(1, 10))
    paid = paid_on <= on
    return FeeRecord(return_on if return_on <= on else None, paid_on if paid else None, owed_tiyn if paid else 0)
