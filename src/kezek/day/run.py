"""Run one national day: facts, supply, fleet, bids, auction, curtailment, settlement, use, duties, evidence."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from kezek import __version__
from kezek.day.bidding import Bids, GroupBid, group_bids, make_bids
from kezek.day.books import Ground, PeriodFacts, buys_on_platform, operator_facts, period_facts, power_costs
from kezek.day.engine import DayEngine
from kezek.day.events import Opened, Payout, Prepaid, Revision, Supply
from kezek.day.given import given, licence_of
from kezek.day.needs import day_rules
from kezek.day.planted import Plan, behind_pace, plant_breaches, require_free_names
from kezek.day.replay import table_digests
from kezek.day.settings import Settings
from kezek.day.state import DayState
from kezek.day.stated import simulation_constants
from kezek.day.tables import day_tables, machines_table, parquet_bytes
from kezek.day.today import Bought, Today, bought_by_owner, with_today
from kezek.day.use import coins_by_operator_sat, group_hours, meter_readings
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.log import Log
from kezek.evidence.signature import Signer
from kezek.facts import figures
from kezek.facts.table import table_digests as fact_digests
from kezek.grid.assumptions import SupplyAssumptions, default_assumptions
from kezek.grid.demand import month_hours
from kezek.grid.explain import Assumption, explain
from kezek.grid.supply import MonthSupply, SupplyHour, day_supply, month_supply
from kezek.law import keys
from kezek.law.value import Value
from kezek.market.product import Product, product_id
from kezek.metering.reading import energy_by_operator_wh
from kezek.mining.network import NetworkDay, network_day, period_segments
from kezek.mining.network import covered_dates as network_dates
from kezek.mining.output import after_pool_fee_sat
from kezek.mining.value import CoinPrice, coin_price
from kezek.registry.licence import LicenceState
from kezek.registry.machine import (
    MachineColumns,
    owners_by_serial,
    register_digest,
    register_machines,
    running_serials,
)
from kezek.registry.operator import Operator, Route
from kezek.registry.population import PopulationAssumptions, draw_operators
from kezek.trading.rules import session_of
from kezek.units.calendar import hours_of
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem
from kezek.units.rounding import PPM, half_up, share_of

Progress = Callable[[str], None]
LOG_NAME = "kezek.simulation/national-day"


@dataclass(frozen=True, slots=True)
class DayRequest:
    """What to run.

    Args:
        on: Delivery date; trading happens the day before.
        seed: Chance of the simulated fleet.
    """

    on: date
    seed: int
    lens: Lens
    scenario: Settings
    fleet: Settings


@dataclass(frozen=True, slots=True)
class DayResult:
    """A finished day: its log, its tables, and the assumptions behind them."""

    request: DayRequest
    network: NetworkDay
    price: CoinPrice
    month: MonthSupply
    state: DayState
    log: Log
    group_bids: tuple[GroupBid, ...]
    plans: tuple[Plan, ...]
    tables: dict[str, pl.DataFrame]
    table_bytes: dict[str, bytes]
    assumptions: tuple[Assumption, ...]
    unconfirmed: tuple[str, ...]
    month_take_up_ppm: int


def simulation_signer(*, opening: bytes) -> Signer:
    """Give the signing key of a simulated log, derived from its first entry: the terms of the day.

    Another date, seed, law, reading or assumption is another key, so that a pinned key tells days apart. Anybody can
    derive it: it proves integrity and no identity.
    """
    return Signer(LOG_NAME, hashlib.sha256(b"kezek simulation log key 2|" + opening).digest())


def run_day(*, request: DayRequest, progress: Progress) -> DayResult:
    """Run one national day.

    Guarantees: no network, no clock; the same request gives the same log and tables, byte for byte.

    Raises:
        InputProblem: a date outside the tables, no auction on that day, law that is unknown under the profile.
    """
    on, stream = request.on, Stream(request.seed, "day")
    progress("network facts")
    require_runnable(request)
    network = network_day(on=on, epochs=figures.difficulty_epochs())
    price = coin_price(on=on, usd_cents=figures.usd_cents_per_btc(), tiyn_per_usd=figures.tiyn_per_usd())
    engine = DayEngine(lens=request.lens, opened=_opened(request))
    progress("supply")
    assumptions = _supply_assumptions(request)
    supply = day_supply(on=on, assumptions=assumptions)
    progress("licensed fleet")
    fleet = _draw_fleet(request, stream)
    progress("bids and auction")
    bids = _trade(request, engine, fleet.operators, network, price, supply, stream)
    progress("curtailment")
    _curtail(request, engine)
    progress("use and output")
    _use(request, engine, bids, fleet.operators, network, stream)
    progress("duties")
    _judge(request, engine, fleet.facts, price)
    progress("tables")
    tables = day_tables(state=engine.state)
    tables["machines"] = machines_table(register=fleet.register, models=figures.asic_models())
    engine.close(table_digests(tables))
    month = month_supply(year=on.year, month=on.month, assumptions=assumptions)
    return DayResult(
        request=request,
        network=network,
        price=price,
        month=month,
        state=engine.state,
        log=engine.log,
        group_bids=bids.group_bids,
        plans=fleet.plans,
        tables=tables,
        table_bytes={name: parquet_bytes(frame) for name, frame in tables.items()},
        assumptions=_all_assumptions(request, assumptions, month),
        unconfirmed=tuple(sorted(request.lens.unconfirmed_used())),
        month_take_up_ppm=_month_take_up_ppm(on, assumptions, engine),
    )


def _supply_assumptions(request: DayRequest) -> SupplyAssumptions:
    return replace(
        default_assumptions(),
        reserve_margin_ppm=request.scenario.whole("reserve_margin"),
        target_offered_mwh_per_month=request.scenario.whole("target_offered") // 10**6,
    )


def _all_assumptions(
    request: DayRequest, assumptions: SupplyAssumptions, month: MonthSupply
) -> tuple[Assumption, ...]:
    """List every assumption once: the files' own, the simulation's constants, the grid's that no file states."""
    stated = (*request.scenario.assumptions, *request.fleet.assumptions)
    restated = {"reserve_margin_ppm", "target_offered_mwh_per_month"}
    grid = explain(assumptions=assumptions, month_figures=month)
    return (*stated, *simulation_constants(), *(one for one in grid if one.key not in restated))


@dataclass(frozen=True, slots=True)
class _Fleet:
    """The licensees with their machines and books, and what was planted into the books."""

    operators: tuple[Operator, ...]
    register: MachineColumns
    facts: tuple[OperatorFacts, ...]
    plans: tuple[Plan, ...]


def _draw_fleet(request: DayRequest, stream: Stream) -> _Fleet:
    """Draw the licensees, register their machines, write their books; licences are those of the books."""
    models = figures.asic_models()
    operators = draw_operators(
        assumptions=_population(request.fleet), models=models, on=request.on, stream=stream.child("fleet")
    )
    register = register_machines(operators=operators, models=models, seed=request.seed)
    periods = period_facts(
        on=request.on,
        epochs=figures.difficulty_epochs(),
        usd_cents=figures.usd_cents_per_btc(),
        tiyn_per_usd=figures.tiyn_per_usd(),
    )
    facts, plans = _books(request, operators, register, periods, stream.child("books"))
    licences = {one.operator_id: licence_of(one) for one in facts}
    licensed = tuple(replace(one, licence=licences[one.operator_id]) for one in operators)
    return _Fleet(licensed, register, facts, plans)


def _month_take_up_ppm(on: date, assumptions: SupplyAssumptions, engine: DayEngine) -> int:
    """Share of the month's surplus that is bought if every hour asks for what this day's fullest hour asked. [ppm]"""
    asked: dict[str, int] = {}
    for state in engine.state.products.values():
        if state.summary is not None:
            asked[state.product.zone] = max(asked.get(state.product.zone, 0), state.summary.asked_kwh)
    offered_kwh = bought_kwh = 0
    for day_on in dict.fromkeys(day for day, _ in month_hours(year=on.year, month=on.month)):
        for hour in day_supply(on=day_on, assumptions=assumptions):
            offered_kwh += hour.surplus_kwh
            bought_kwh += min(hour.surplus_kwh, asked[hour.zone])
    return half_up(bought_kwh * PPM, offered_kwh) if offered_kwh else 0


def covered_dates(lens: Lens) -> tuple[date, date]:
    """Name the first and last delivery date that can be run: every table has figures and the auction exists."""
    first, last = network_dates(epochs=figures.difficulty_epochs())
    months = sorted(set(figures.usd_cents_per_btc()) & set(figures.tiyn_per_usd()))
    year, month = map(int, months[-1].split("-"))
    price_last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    auction = lens.on(last).find(keys.MARKET_PRICE_RULE)
    market_first = auction.from_on if isinstance(auction, Value) else first
    return max(first, date.fromisoformat(f"{months[0]}-01"), market_first), min(last, price_last)


def require_runnable(request: DayRequest) -> None:
    """Refuse what cannot be run before anything is done.

    Raises:
        InputProblem: day.date.outside with the range that can be run; trading.rules.*; day.supply.out_of_reach.
    """
    first, last = covered_dates(request.lens)
    if not first <= request.on <= last:
        what = f"{request.on} cannot be run: the tables end on {last}, the surplus auction begins on {first}."
        raise InputProblem("day.date.outside", what, "--date", f"Choose a date from {first} to {last}.")
    day_rules(law=request.lens.on(request.on))
    session_of(on=request.on, law=request.lens.on(request.on))
    try:
        month_supply(year=request.on.year, month=request.on.month, assumptions=_supply_assumptions(request))
    except InputProblem as problem:
        way_out = "Lower target_offered or reserve_margin in the scenario file."
        raise InputProblem("day.supply.out_of_reach", problem.what, problem.where, way_out) from problem


def _opened(request: DayRequest) -> Opened:
    book = request.lens.book
    return Opened(
        on=request.on,
        engine_version=__version__,
        profile=request.lens.profile,
        readings=request.lens.readings,
        accept_unconfirmed=tuple(sorted(request.lens.accept_unconfirmed)),
        seed=request.seed,
        law_digest=book.digest,
        law_files=dict(book.file_digests),
        fact_files=fact_digests(),
        scenario_digest=request.scenario.digest,
        fleet_digest=request.fleet.digest,
        reserve_tiyn_per_kwh=request.scenario.whole("reserve_price"),
    )


def _population(fleet: Settings) -> PopulationAssumptions:
    exempt = (Route.OWN_RENEWABLE, Route.IMPORTED, Route.OWN_GENERATION)
    grid_ppm, exempt_ppm = fleet.whole("active_share_grid"), fleet.whole("active_share_exempt")
    return PopulationAssumptions(
        operator_count=fleet.whole("operators"),
        machine_count=fleet.whole("machines"),
        subtype_2_count=fleet.whole("subtype_2_operators"),
        route_counts={str(route): fleet.whole(f"route_{route}") for route in exempt},
        active_share_ppm={str(route): exempt_ppm if route in exempt else grid_ppm for route in Route},
        west_share_ppm=fleet.whole("west_share"),
        substation_share_ppm=fleet.whole("substation_share"),
        oldest_release=fleet.text("oldest_release"),
        efficiency_max_mj_per_th=fleet.whole("hungriest_model"),
        pool_ids=fleet.words("pools"),
    )


def _books(
    request: DayRequest,
    operators: Sequence[Operator],
    register: MachineColumns,
    periods: Sequence[PeriodFacts],
    stream: Stream,
) -> tuple[tuple[OperatorFacts, ...], tuple[Plan, ...]]:
    """Write all books, plant the breaches; every machine that was seen is looked up in the register."""
    require_free_names(pools=request.fleet.words("pools"), exchanges=request.fleet.words("exchanges"))
    ground = Ground(request.on, request.fleet, request.scenario, request.lens, stream)
    owners, digest, running = owners_by_serial(register), register_digest(register), running_serials(register)

    def looked_up(facts: OperatorFacts) -> OperatorFacts:
        return _looked_up(facts, owners, digest)

    clean = [
        looked_up(
            operator_facts(operator=one, running=running.get(one.operator_id, ()), periods=periods, ground=ground)
        )
        for one in operators
    ]
    facts, plans = plant_breaches(facts=clean, lens=request.lens, stream=stream.child("planted"), looked_up=looked_up)
    broken = {plan.operator_id for plan in plans}
    slow = stream.child("slow").shuffled([one.operator_id for one in facts if one.operator_id not in broken])[:3]
    return tuple(behind_pace(one) if one.operator_id in slow else one for one in facts), plans


def _looked_up(facts: OperatorFacts, owners: Mapping[str, str], digest: str) -> OperatorFacts:
    """Ask the register whose each machine is that was seen, and compare the fingerprints of those it holds."""
    seen = tuple(
        replace(one, registered_to=owners.get(one.serial, ""), fingerprint_matches=one.serial in owners or None)
        for one in given(facts.sightings)
    )
    return replace(facts, sightings=seen, register_digest=digest)


def _trade(
    request: DayRequest,
    engine: DayEngine,
    operators: Sequence[Operator],
    network: NetworkDay,
    price: CoinPrice,
    supply: Sequence[SupplyHour],
    stream: Stream,
) -> Bids:
    """Admit, prepay, publish, take orders, close the gate."""
    law = request.lens.on(request.on)
    reserve = request.scenario.whole("reserve_price")
    for operator in operators:
        engine.admit(operator)
    published = [_supply(request.on, hour) for hour in supply]
    groups = group_bids(
        operators=operators,
        network=network,
        tiyn_per_btc=price.tiyn_per_btc,
        fleet=request.fleet,
        law=law,
        reserve_tiyn_per_kwh=reserve,
        stream=stream.child("bids"),
    )
    bids = make_bids(
        bids=groups,
        operators=operators,
        products=[Product(one.product_id, one.zone, one.hour_index, one.surplus_kwh, reserve) for one in published],
        session=engine.session,
        rules=engine.rules,
        stream=stream.child("orders"),
    )
    for operator_id, amount_tiyn in bids.prepaid_tiyn.items():
        engine.prepay(Prepaid(operator_id, amount_tiyn))
    for one in published:
        engine.publish(one)
    for order in bids.orders:
        engine.submit(order)
    engine.close_gate()
    return bids


def _supply(on: date, hour: SupplyHour) -> Supply:
    return Supply(
        product_id=product_id(on=on, zone=hour.zone, hour_index=hour.hour_index),
        zone=hour.zone,
        hour_index=hour.hour_index,
        available_kwh=hour.available_kwh,
        demand_kwh=hour.demand_kwh,
        reserve_kwh=hour.reserve_kwh,
        surplus_kwh=hour.surplus_kwh,
    )


def _curtail(request: DayRequest, engine: DayEngine) -> None:
    """Cut the evening-peak product with sales and the highest demand to a share of what was sold in it."""
    hours = hours_of(request.on)
    span = range(request.scenario.whole("curtailment_from_hour"), request.scenario.whole("curtailment_until_hour"))
    peak = [
        state
        for state in engine.state.products.values()
        if hours[state.product.hour_index].clock_hour in span and state.sold_kwh
    ]
    if not peak:
        return
    supplies = engine.state.supplies
    state = max(peak, key=lambda one: (supplies[one.product.product_id].demand_kwh, one.product.product_id))
    left_kwh = share_of(state.sold_kwh, request.scenario.whole("curtailment_left"))
    at = hours[state.product.hour_index].starts_at - timedelta(hours=1)
    engine.revise(Revision(state.product.product_id, left_kwh, at))


def _use(
    request: DayRequest,
    engine: DayEngine,
    bids: Bids,
    operators: Sequence[Operator],
    network: NetworkDay,
    stream: Stream,
) -> None:
    """Run the machines on what was bought, or is their own where the law exempts that; read the meters; pay out."""
    awarded = {order_id: kwh for state in engine.state.products.values() for order_id, kwh in state.final_kwh.items()}
    law = request.lens.on(request.on)
    licensed = (one for one in operators if one.licence.state_on(request.on) is LicenceState.ACTIVE)
    on_own_power = [one for one in licensed if not buys_on_platform(one.route, law)]
    used = group_hours(
        awarded_kwh=awarded,
        group_of_order=bids.group_of_order,
        products={key: state.product for key, state in engine.state.products.items()},
        operators=on_own_power,
        network=network,
        fleet=request.fleet,
        uptime_least_ppm=request.scenario.whole("uptime_least"),
        clock_hours=[hour.clock_hour for hour in hours_of(request.on)],
        stream=stream.child("use"),
    )
    for reading in meter_readings(used=used, operators=operators, hour_count=len(network.hours)):
        engine.read_meter(reading)
    coins = coins_by_operator_sat(used=used, network=network, overhead_ppm=request.fleet.whole("overhead"))
    fee_ppm = request.fleet.whole("pool_fee")
    for operator in operators:
        credited = coins.get(operator.operator_id, 0)
        paid = after_pool_fee_sat(gross_sat=credited, fee_ppm=fee_ppm)
        engine.pay_out(Payout(operator.operator_id, operator.pool_id, credited, paid))


def _judge(
    request: DayRequest,
    engine: DayEngine,
    facts: Sequence[OperatorFacts],
    price: CoinPrice,
) -> None:
    """Add the day to every operator's open books, file them, judge."""
    metered_wh, bought = energy_by_operator_wh(engine.state.readings), bought_by_owner(engine.state)
    payouts = {payout.operator_id: payout for payout in engine.state.payouts}
    next_on, law = request.on + timedelta(days=1), request.lens.on(request.on)
    segments = period_segments(from_on=request.on, until_on=next_on, epochs=figures.difficulty_epochs())
    for one in facts:
        operator = engine.state.operators[one.operator_id]
        on_platform = operator.route in (Route.GRID_SURPLUS, Route.HOSTED)
        today = Today(
            on=request.on,
            operator=operator,
            metered_wh=metered_wh.get(one.operator_id, 0),
            bought=bought.get(one.operator_id, Bought()),
            payout=payouts[one.operator_id],
            segments=segments,
            costs=power_costs(operator=operator, fleet=request.fleet, law=law, on_platform=on_platform),
            tiyn_per_btc=price.tiyn_per_btc,
        )
        book = with_today(facts=one, today=today, exchanges=request.fleet.words("exchanges"), law=law)
        closed = tuple(book for book in one.books if one.is_closed(book))
        engine.file_books(replace(one, books=(*closed, book)))
