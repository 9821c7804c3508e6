"""Books of the latest quarters for every operator of the simulated fleet: clean ones; breaches are planted later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kezek.day.bidding import site_costs
from kezek.day.given import nothing_amiss
from kezek.day.settings import Settings
from kezek.duties.facts import FeeRecord, OperatorFacts, Purchased, QuarterBook, Sighting
from kezek.duties.fee import due_on, fee_owed_tiyn, fee_rate_tiyn_per_kwh
from kezek.duties.lens import Lens
from kezek.duties.sale import due_sale_sat
from kezek.duties.tax import income_tax_tiyn
from kezek.facts.figures import DifficultyEpoch, MonthlyFigure
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.mining.network import Segment, expected_gigahashes, expected_sat, period_segments
from kezek.mining.output import after_pool_fee_sat, energy_for_wh, gigahashes_of, least_energy_wh
from kezek.mining.value import coin_price, value_tiyn
from kezek.planning.breakeven import SiteCosts
from kezek.registry.licence import Period
from kezek.registry.operator import Operator, Route
from kezek.units.calendar import Quarter
from kezek.units.chance import Stream
from kezek.units.rounding import PPM, ceil_div, half_up, share_of

FALLBACK_FEE_TIYN_PER_KWH = 100
"""What the simulated operator pays where the law leaves the rate open: the lowest of 2023."""
DAYLIGHT_HOURS = 13
"""Hours in which own solar and wind run, of 24, as on the simulated day."""
HOURS_SPREAD_PPM = (850_000, 1_100_000)
"""A grid buyer's hours with power in a past quarter, against `hours_with_power`, drawn between these."""
PRICE_OVER_RESERVE_TIYN = 300
"""A grid buyer's average price in a past quarter is the reserve and up to this much more, drawn. [tiyn/kWh]"""
BOUGHT_PERMILLE = (1_002, 1_012)
"""Energy bought in a past quarter, of what was metered, drawn between these. [1/1000]"""
OVERSOLD_PPM = (20_000, 100_000)
"""Coins sold over the due share in a past quarter, drawn between these."""
UNCAPPED_PURCHASE_KWH = 5_000
"""Largest single purchase where the law knows no maximum."""
FEE_DAYS_EARLY = (1, 10)
"""Days ahead of the deadline on which fees are paid, returns and reports filed, drawn; the last is exclusive."""
INSPECTED_MACHINES = 8
"""Machines that the inspection of a quarter looks at."""
_ON_GRID = (Route.GRID_SURPLUS, Route.HOSTED)
_OWN_POWER = (Route.OWN_RENEWABLE, Route.OWN_GENERATION)


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


@dataclass(frozen=True, slots=True)
class Ground:
    """What the books of all operators are written by: the day, its assumptions, the law, chance."""

    on: date
    fleet: Settings
    scenario: Settings
    lens: Lens
    stream: Stream


def operator_facts(
    *, operator: Operator, running: Sequence[str], periods: Sequence[PeriodFacts], ground: Ground
) -> OperatorFacts:
    """Write clean books for one operator: all sold, paid, filed and metered as the law asks.

    Args:
        running: Serial numbers of the machines that run; an inspection a quarter sees some of them. Whose they are
            is for the register to say, which has not been asked yet.
    """
    return OperatorFacts(
        operator_id=operator.operator_id,
        route=operator.route,
        licences=(operator.licence,),
        as_of_on=ground.on,
        accredited_pool_ids=frozenset(ground.fleet.words("pools")),
        licensed_exchange_ids=frozenset(ground.fleet.words("exchanges")),
        sightings=_inspections(operator, running, _inspected(periods, ground.on), ground.stream),
        register_digest="",
        imports=(),
        books=tuple(_book(operator, period, ground) for period in periods),
        replacements=(),
    )


def _inspected(periods: Sequence[PeriodFacts], on: date) -> list[tuple[Quarter, date]]:
    """List the quarters in which somebody looks, each with the day until which; of one that begins today, today."""
    known = [(period.quarter, period.until_on) for period in periods]
    opened = Quarter.of(on)
    return known if opened in dict(known) else [*known, (opened, on + timedelta(days=1))]


def _inspections(
    operator: Operator, running: Sequence[str], quarters: Sequence[tuple[Quarter, date]], stream: Stream
) -> tuple[Sighting, ...]:
    """See some of the running machines once in each quarter, evenly over the site from a drawn start."""
    seen: list[Sighting] = []
    for quarter, until_on in quarters if running else ():
        drawn = stream.child(operator.operator_id, quarter, "inspection")
        days = (until_on - quarter.from_on).days
        seen_on = quarter.from_on + timedelta(days=drawn.child("day").integer(0, days))
        first, count = drawn.child("first").integer(0, len(running)), min(INSPECTED_MACHINES, len(running))
        places = (first + step * (len(running) // count) for step in range(count))
        seen += [Sighting(running[place % len(running)], seen_on, "", at_licensed_site=True) for place in places]
    return tuple(seen)


def _book(operator: Operator, period: PeriodFacts, ground: Ground) -> QuarterBook:
    """Run the active machines through the period and book what follows from it."""
    fleet, last_on = ground.fleet, period.until_on - timedelta(days=1)
    law = ground.lens.on(last_on)
    stream = ground.stream.child(operator.operator_id, period.quarter)
    on_platform = buys_on_platform(operator.route, law)
    load_ppm = _load_ppm(operator.route, on_platform, ground, stream)
    metered_wh, gigahashes = _run(operator, period, load_ppm, fleet.whole("overhead"))
    mined_sat = expected_sat(gigahashes=gigahashes, segments=period.segments)
    received_sat = after_pool_fee_sat(gross_sat=mined_sat, fee_ppm=fleet.whole("pool_fee"))
    more_ppm = stream.child("sales").integer(*OVERSOLD_PPM)
    price = _price_tiyn_per_kwh(on_platform, ground, stream)
    bought_kwh = ceil_div(metered_wh * stream.child("bought").integer(*BOUGHT_PERMILLE), 1_000_000)
    coin_value = value_tiyn(sat=received_sat, tiyn_per_btc=period.tiyn_per_btc)
    fee_rate = booked_fee_rate(route=operator.route, price=price, law=law)
    fee_tiyn = fee_owed_tiyn(metered_wh=metered_wh, rate_tiyn_per_kwh=fee_rate)
    costs = power_costs(operator=operator, fleet=fleet, law=law, on_platform=on_platform)
    cost_tiyn = fee_tiyn + mining_cost_tiyn(
        metered_wh=metered_wh, price_tiyn_per_kwh=price, coin_value_tiyn=coin_value, costs=costs
    )
    started_on = max(period.quarter.from_on, operator.licence.term.from_on)
    book = QuarterBook(
        quarter=period.quarter,
        until_on=period.until_on,
        mined=Period(started_on, period.until_on if metered_wh else started_on),
        mined_sat=mined_sat,
        received_sat=((operator.pool_id, received_sat),),
        sold_sat=sales(received_sat, mined_sat, fleet.words("exchanges"), law, more_ppm),
        disclosed_sat=received_sat,
        metered_wh=metered_wh,
        platform=_purchased(bought_kwh if on_platform else 0, period, ground.lens, stream.child("largest")),
        other_source_kwh=0 if on_platform else bought_kwh,
        least_energy_wh=least_energy_of_coins_wh(received_sat, period.segments, operator),
        average_price_tiyn_per_kwh=price,
        coin_value_tiyn=coin_value,
        cost_tiyn=cost_tiyn,
        tax_declared_tiyn=_tax(coin_value, cost_tiyn, law),
        fee=_fee_record(period, ground.on, fee_tiyn, law, stream.child("fee")),
    )
    return nothing_amiss(book, report_on=_report_on(period, ground.on, law, stream.child("report")))


def buys_on_platform(route: Route, law: Snapshot) -> bool:
    """Tell whether an operator who keeps to the law buys surplus: whoever no reading in force exempts."""
    if route in _ON_GRID:
        return True
    try:
        return route not in law.items(keys.ENERGY_EXEMPT_ROUTES)
    except NoRuleInForce:
        return False


def _load_ppm(route: Route, on_platform: bool, ground: Ground, stream: Stream) -> int:
    """Share of the hours with power, as the day has it: surplus as the fleet file says, own sun and wind by daylight.

    Exempt sources run round the clock otherwise; all are used as fully as the scenario's uptime has it. [ppm]
    """
    drawn = stream.child("hours")
    if on_platform:
        return min(PPM, share_of(ground.fleet.whole("hours_with_power"), drawn.integer(*HOURS_SPREAD_PPM)))
    uptime_ppm = drawn.integer(ground.scenario.whole("uptime_least"), PPM + 1)
    return uptime_ppm * DAYLIGHT_HOURS // 24 if route is Route.OWN_RENEWABLE else uptime_ppm


def _price_tiyn_per_kwh(on_platform: bool, ground: Ground, stream: Stream) -> int:
    """Price of power: somewhat over the reserve on the platform, the fleet file's own price elsewhere. [tiyn/kWh]"""
    if on_platform:
        return ground.scenario.whole("reserve_price") + stream.child("price").integer(0, PRICE_OVER_RESERVE_TIYN)
    return ground.fleet.whole("own_power_price")


def least_energy_of_coins_wh(received_sat: int, segments: Sequence[Segment], operator: Operator) -> int:
    """Compute the least energy that coins can have taken on an operator's best running machines. [Wh]

    Zero where nothing runs: then no machine is known that they could have come from.
    """
    best = min((group.efficiency_mj_per_th for group in operator.groups if group.active_count), default=0)
    gigahashes = expected_gigahashes(sat=received_sat, segments=segments)
    return least_energy_wh(gigahashes=gigahashes, efficiency_mj_per_th=best)


def power_costs(*, operator: Operator, fleet: Settings, law: Snapshot, on_platform: bool) -> SiteCosts:
    """Collect what a kWh and a coin cost at a site: for power of the platform the costs behind its bids.

    An own plant pays no grid and no VAT on what it does not buy; an import comes over the national grid alone.
    """
    costs = site_costs(operator=operator, fleet=fleet, law=law)
    if on_platform:
        return costs
    if operator.route in _OWN_POWER:
        return replace(costs, transmission_tiyn_per_kwh=0, regional_tiyn_per_kwh=0, vat_ppm=0)
    return replace(costs, regional_tiyn_per_kwh=0)


def mining_cost_tiyn(*, metered_wh: int, price_tiyn_per_kwh: int, coin_value_tiyn: int, costs: SiteCosts) -> int:
    """Add up energy, grids, VAT on both, staff and hosting, and the loss on selling the coins; no fee. [tiyn]"""
    supply = price_tiyn_per_kwh + costs.transmission_tiyn_per_kwh + costs.regional_tiyn_per_kwh
    supplied_tiyn = half_up(metered_wh * supply, 1_000)
    staff_tiyn = half_up(metered_wh * (costs.labour_tiyn_per_kwh + costs.hosting_tiyn_per_kwh), 1_000)
    spread_tiyn = share_of(coin_value_tiyn, costs.sale_spread_ppm)
    return supplied_tiyn + share_of(supplied_tiyn, costs.vat_ppm) + staff_tiyn + spread_tiyn


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


def booked_fee_rate(*, route: Route, price: int, law: Snapshot) -> int:
    """Look up the fee per kWh that an operator books; where the law leaves it open, the lowest of 2023. [tiyn/kWh]"""
    try:
        return fee_rate_tiyn_per_kwh(route=route, average_price_tiyn_per_kwh=price, law=law)
    except NoRuleInForce:
        return FALLBACK_FEE_TIYN_PER_KWH


def _tax(coin_value_tiyn: int, cost_tiyn: int, law: Snapshot) -> int:
    try:
        return income_tax_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, law=law)
    except NoRuleInForce:
        return 0


def sales(
    received_sat: int, mined_sat: int, exchanges: Sequence[str], law: Snapshot, more_ppm: int = 20_000
) -> tuple[tuple[str, int], ...]:
    """Sell what is due by the chosen readings and somewhat more, half each on two licensed exchanges. [sat, ppm]

    More than was received is sold only where more is due, out of coins of earlier periods.
    """
    try:
        due_sat = due_sale_sat(received_sat=received_sat, mined_sat=mined_sat, law=law)
    except NoRuleInForce:
        due_sat = 0
    sold_sat = max(due_sat, min(received_sat, due_sat + share_of(received_sat, more_ppm)))
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
        return lens.on(on).limit(keys.ENERGY_PURCHASE_MAX_KWH) or UNCAPPED_PURCHASE_KWH
    except NoRuleInForce:
        return UNCAPPED_PURCHASE_KWH


def _fee_record(period: PeriodFacts, on: date, owed_tiyn: int, law: Snapshot, stream: Stream) -> FeeRecord:
    """File and pay one to nine days ahead of the deadlines, as far as those days have come."""
    if period.until_on < period.quarter.until_on:
        return FeeRecord(None, None, 0)
    try:
        return_due = due_on(rule=law.text(keys.FEE_RETURN_DUE), quarter=period.quarter)
        payment_due = due_on(rule=law.text(keys.FEE_PAYMENT_DUE), quarter=period.quarter)
    except NoRuleInForce:
        return FeeRecord(None, None, 0)
    return_on = return_due - timedelta(days=stream.child("return").integer(*FEE_DAYS_EARLY))
    paid_on = payment_due - timedelta(days=stream.child("paid").integer(*FEE_DAYS_EARLY))
    paid = paid_on <= on
    return FeeRecord(return_on if return_on <= on else None, paid_on if paid else None, owed_tiyn if paid else 0)


def _report_on(period: PeriodFacts, on: date, law: Snapshot, stream: Stream) -> date | None:
    """File the quarterly report of the notification regime ahead of its deadline, as far as that day has come."""
    if period.until_on < period.quarter.until_on:
        return None
    try:
        due = law.text(keys.REPORT_MINER_QUARTERLY_DUE)
    except NoRuleInForce:
        return None
    filed_on = due_on(rule=due, quarter=period.quarter) - timedelta(days=stream.integer(*FEE_DAYS_EARLY))
    return filed_on if filed_on <= on else None
