"""Run one national day: facts, supply, fleet, bids, auction, curtailment, settlement, use, duties, evidence."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from kezek import __version__
from kezek.day.bidding import Bids, GroupBid, group_bids, make_bids
from kezek.day.books import PeriodFacts, operator_facts, period_facts
from kezek.day.engine import DayEngine, DayState
from kezek.day.events import Opened, Payout, Prepaid, Revision, Supply
from kezek.day.planted import Plan, behind_pace, plant_breaches
from kezek.day.replay import table_digests
from kezek.day.settings import Settings
from kezek.day.tables import day_tables, machines_table, parquet_bytes
from kezek.day.today import Today, bought_by_owner_kwh, with_today
from kezek.day.use import coins_by_operator_sat, group_hours, meter_readings, paid_sat
from kezek.duties.facts import OperatorFacts, Sighting
from kezek.duties.lens import Lens
from kezek.evidence.log import Log
from kezek.evidence.signature import Signer
from kezek.facts import figures
from kezek.facts.table import table_digests as fact_digests
from kezek.grid.assumptions import SupplyAssumptions, default_assumptions
from kezek.grid.demand import month_hours
from kezek.grid.explain import Assumption, explain
from kezek.grid.supply import MonthSupply, SupplyHour, day_supply, month_supply
from kezek.market.product import product_id
from kezek.metering.reading import energy_by_operator_wh
from kezek.mining.network import NetworkDay, network_day
from kezek.mining.network import covered_dates as network_dates
from kezek.mining.value import CoinPrice, coin_price
from kezek.registry.machine import MachineColumns, owners_by_serial, register_machines, unregistered
from kezek.registry.operator import Operator, Route
from kezek.registry.population import PopulationAssumptions, draw_operators
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
    scenario_digest: str
    fleet_digest: str


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


def simulation_signer(*, seed: int) -> Signer:
    """Give the signing key of a simulated log: derived from the seed, so it proves integrity and no identity."""
    return Signer(LOG_NAME, hashlib.sha256(f"kezek simulation log key 1|{seed}".encode()).digest())


def run_day(*, request: DayRequest, progress: Progress) -> DayResult:
    """Run one national day.

    Guarantees: no network, no clock; the same request gives the same log and tables, byte for byte.

    Raises:
        InputProblem: a date outside the tables, no auction on that day, law that is unknown under the profile.
    """
    on, stream = request.on, Stream(request.seed, "day")
    progress("network facts")
    _require_covered(on)
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
    engine.close(table_digests(tables))
    tables["machines"] = machines_table(register=fleet.register, models=figures.asic_models())
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
    """List every assumption once: the files' own, then the grid's that no file states."""
    stated = (*request.scenario.assumptions, *request.fleet.assumptions)
    restated = {"reserve_margin_ppm", "target_offered_mwh_per_month"}
    grid = explain(assumptions=assumptions, month_figures=month)
    return (*stated, *(one for one in grid if one.key not in restated))


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
    licences = {one.operator_id: one.licence for one in facts}
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


def covered_dates() -> tuple[date, date]:
    """Name the first and last delivery date for which every shipped table has figures."""
    first, last = network_dates(epochs=figures.difficulty_epochs())
    months = sorted(set(figures.usd_cents_per_btc()) & set(figures.tiyn_per_usd()))
    year, month = map(int, months[-1].split("-"))
    price_last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return max(first, date.fromisoformat(f"{months[0]}-01")), min(last, price_last)


def _require_covered(on: date) -> None:
    first, last = covered_dates()
    if not first <= on <= last:
        way_out = f"Choose a date from {first} to {last}."
        raise InputProblem("day.date.outside", f"{on} is outside the shipped tables.", "--date", way_out)


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
        scenario_digest=request.scenario_digest,
        fleet_digest=request.fleet_digest,
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
    """Write all books, plant the breaches, look every machine that was seen up in the register."""
    clean = [
        operator_facts(
            operator=operator,
            periods=periods,
            on=request.on,
            fleet=request.fleet,
            reserve_tiyn_per_kwh=request.scenario.whole("reserve_price"),
            lens=request.lens,
            stream=stream,
        )
        for operator in operators
    ]
    planted, plans = plant_breaches(facts=clean, lens=request.lens, stream=stream.child("planted"))
    broken = {plan.operator_id for plan in plans}
    slow = stream.child("slow").shuffled([one.operator_id for one in planted if one.operator_id not in broken])[:3]
    facts = [behind_pace(one) if one.operator_id in slow else one for one in planted]
    return _looked_up(facts, register), plans


def _looked_up(facts: Sequence[OperatorFacts], register: MachineColumns) -> tuple[OperatorFacts, ...]:
    """Keep of the machines seen at each site those that the register does not hold under that operator."""
    seen_on = {sighting.serial: sighting.seen_on for one in facts for sighting in one.unregistered}
    active = zip(register.serials, register.operator_ids, register.active, strict=True)
    seen = [(serial, operator_id) for serial, operator_id, running in active if running]
    seen += [(sighting.serial, one.operator_id) for one in facts for sighting in one.unregistered]
    missing = unregistered(seen=seen, owners=owners_by_serial(register))
    found: dict[str, list[Sighting]] = {}
    for serial, operator_id in missing:
        found.setdefault(operator_id, []).append(Sighting(serial, seen_on[serial]))
    return tuple(replace(one, unregistered=tuple(found.get(one.operator_id, ()))) for one in facts)


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
    published = [
        Supply(
            product_id=product_id(on=request.on, zone=hour.zone, hour_index=hour.hour_index),
            zone=hour.zone,
            hour_index=hour.hour_index,
            available_kwh=hour.available_kwh,
            demand_kwh=hour.demand_kwh,
            reserve_kwh=hour.reserve_kwh,
            surplus_kwh=hour.surplus_kwh,
        )
        for hour in supply
    ]
    for one in published:
        engine.publish(one)
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
        products=[state.product for state in engine.state.products.values()],
        session=engine.session,
        rules=engine.rules,
        stream=stream.child("orders"),
    )
    for operator_id, amount_tiyn in bids.prepaid_tiyn.items():
        engine.prepay(Prepaid(operator_id, amount_tiyn))
    for order in bids.orders:
        engine.submit(order)
    engine.close_gate()
    return bids


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
    state = max(peak, key=lambda one: (one.supply.demand_kwh, one.product.product_id))
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
    """Run the machines on what was bought or is their own; read the meters; pay out."""
    awarded = {order_id: kwh for state in engine.state.products.values() for order_id, kwh in state.final_kwh.items()}
    licensed = [one for one in operators if one.licence.state_on(request.on) == "active"]
    used = group_hours(
        awarded_kwh=awarded,
        group_of_order=bids.group_of_order,
        products={key: state.product for key, state in engine.state.products.items()},
        operators=licensed,
        network=network,
        fleet=request.fleet,
        uptime_least_ppm=request.scenario.whole("uptime_least"),
        clock_hours=[hour.clock_hour for hour in hours_of(request.on)],
        stream=stream.child("use"),
    )
    for reading in meter_readings(used=used, operators=operators, hour_count=len(network.hours)):
        engine.read_meter(reading)
    coins = coins_by_operator_sat(used=used, network=network, overhead_ppm=request.fleet.whole("overhead"))
    for operator in operators:
        credited = coins.get(operator.operator_id, 0)
        fee_ppm = request.fleet.whole("pool_fee")
        paid = paid_sat(credited_sat=credited, fee_ppm=fee_ppm)
        engine.pay_out(Payout(operator.operator_id, operator.pool_id, credited, paid))


def _judge(
    request: DayRequest,
    engine: DayEngine,
    facts: Sequence[OperatorFacts],
    price: CoinPrice,
) -> None:
    """Add the day to every operator's open books, file them, judge."""
    metered_wh = energy_by_operator_wh(engine.state.readings)
    bought_kwh = bought_by_owner_kwh(engine.state)
    payouts = {payout.operator_id: payout for payout in engine.state.payouts}
    for one in facts:
        today = Today(
            on=request.on,
            metered_wh=metered_wh[one.operator_id],
            bought_kwh=bought_kwh.get(one.operator_id, 0),
            payout=payouts[one.operator_id],
            tiyn_per_btc=price.tiyn_per_btc,
        )
        book = with_today(facts=one, today=today, exchanges=request.fleet.words("exchanges"), lens=request.lens)
        closed = tuple(book for book in one.books if one.is_closed(book))
        engine.file_books(replace(one, books=(*closed, book)))
