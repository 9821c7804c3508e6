"""A country of made-up operators with books of twelve quarters: every kind of route, some of them in breach."""

from dataclasses import replace
from datetime import date, timedelta

from kezek.duties.facts import (
    Application,
    FeeRecord,
    HolderKind,
    OperatorFacts,
    Purchased,
    QuarterBook,
    Sighting,
    Size,
    Standing,
)
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter

STEPS = ("association_registration", "energy_forecast", "peak_mitigation_plan", "technical_plan", "aml_kyc_audit")
ROUTES = (Route.GRID_SURPLUS, Route.GRID_SURPLUS, Route.OWN_RENEWABLE, Route.IMPORTED, Route.HOSTED)


def operators(count: int, quarters: int) -> list[OperatorFacts]:
    """Give operators with books of so many quarters from 2023-Q1 on; every seventh sold too little."""
    spans = [Quarter(2023, 1)]
    while len(spans) < quarters:
        spans.append(spans[-1].next)
    return [_operator(number, spans) for number in range(count)]


def _operator(number: int, spans: list[Quarter]) -> OperatorFacts:
    route = ROUTES[number % len(ROUTES)]
    subtype = Subtype.II if route is Route.HOSTED else Subtype.I
    papers = Application(date(2023, 4, 3), date(2023, 4, 20), dict.fromkeys(STEPS, date(2023, 4, 1)))
    paid_tiyn = 690_000_000 if subtype is Subtype.I else 1_725_000
    return OperatorFacts(
        operator_id=f"OP-{number:03d}",
        route=route,
        licences=(Licence(f"L-{number}", subtype, Period(date(2023, 4, 21), date(2026, 4, 21))),),
        as_of_on=spans[-1].day_of_month_after(3, 1),
        accredited_pool_ids=frozenset({"pool-a"}),
        licensed_exchange_ids=frozenset({"exchange-a"}),
        sightings=tuple(Sighting(f"S-{number}-{q}", q.from_on, f"OP-{number:03d}", True, True) for q in spans),
        register_digest="",
        imports=(),
        books=tuple(_book(number, route, quarter) for quarter in spans),
        replacements=(),
        standing=Standing(
            name=f"Operator {number}",
            holder_kind=HolderKind.KAZAKH_LEGAL_ENTITY,
            size=Size.MEDIUM,
            has_data_centre=subtype is Subtype.I,
            application=replace(papers, fee_paid_on=date(2023, 4, 2), fee_paid_tiyn=paid_tiyn),
            notice_known=True,
            new_mine=False,
            power_w=5_000_000,
        ),
    )


def _book(number: int, route: Route, quarter: Quarter) -> QuarterBook:
    received_sat = 10_000_000 + 1_000 * number
    share_ppm = 600_000 if number % 7 == 0 else 810_000
    metered_wh = 4_000_000_000 + 1_000_000 * number
    bought_kwh = metered_wh // 1_000
    on_platform = route in (Route.GRID_SURPLUS, Route.HOSTED)
    return QuarterBook(
        quarter=quarter,
        until_on=quarter.until_on,
        mined=Period(max(quarter.from_on, date(2023, 4, 21)), quarter.until_on),
        mined_sat=received_sat + 50_000,
        received_sat=(("pool-a", received_sat),),
        sold_sat=(("exchange-a", received_sat * share_ppm // 1_000_000),),
        disclosed_sat=received_sat,
        metered_wh=metered_wh,
        platform=Purchased(bought_kwh if on_platform else 0, 1_000, quarter.until_on - timedelta(days=1)),
        other_source_kwh=0 if on_platform else bought_kwh,
        least_energy_wh=metered_wh // 2,
        average_price_tiyn_per_kwh=2_450,
        coin_value_tiyn=4_000_000_000,
        cost_tiyn=3_500_000_000,
        tax_declared_tiyn=75_000_000,
        fee=FeeRecord(quarter.day_of_month_after(2, 10), quarter.day_of_month_after(2, 20), 1_000_000_000),
        direct_contract_kwh=0,
        meter_faulty=False,
        rebate_claimed_tiyn=0,
        rebate_eligible=False,
        programme_known=True,
        log_gap_hours=0,
        report_known=True,
        report_on=quarter.day_of_month_after(1, 8),
        pool_reported=True,
    )
