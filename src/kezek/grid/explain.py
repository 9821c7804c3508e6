"""Every assumption behind a surplus, printed wherever the surplus is: its value, its source, and what is made up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kezek.facts.figures import annual_production_mwh, auction_facts, generation_by_fuel
from kezek.grid.assumptions import RENEWABLES, SupplyAssumptions, capacity_factor_ppm, default_assumptions
from kezek.grid.supply import MonthSupply, ZoneMonth
from kezek.registry.zone import Zone

KEZEK = "Kezek, own assumption"
SCENARIO = "the scenario"
PLANTS = "pypsa-kz-data (CC BY 4.0)"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One assumption: key, value and unit as text, whether it is made up, why it is so, where it is from."""

    key: str
    value_text: str
    unit: str
    synthetic: bool
    why: str
    source: str


def _source(assumptions: SupplyAssumptions, key: str, published: str) -> str:
    same = getattr(assumptions, key) == getattr(default_assumptions(), key)
    return published if same else SCENARIO


def _listed(factors: Sequence[int]) -> str:
    return " ".join(str(factor) for factor in factors)


def _demand(assumptions: SupplyAssumptions, month: MonthSupply) -> Iterator[Assumption]:
    mwh = annual_production_mwh()[month.production_year]
    carried = (
        f"{month.year} is not published: {month.production_year} is carried forward" if month.carried_forward else ""
    )
    yield Assumption(
        "annual_production",
        str(mwh),
        "MWh",
        month.carried_forward,
        carried or f"production of {month.production_year} stands for the demand of that year",
        "Bureau of National Statistics of Kazakhstan",
    )
    yield Assumption(
        "monthly_shape",
        "2018",
        "year",
        False,
        "the latest year whose demand by month is at hand; its shape is kept for every year",
        f"KOREM, by way of {PLANTS}",
    )
    yield Assumption(
        "regional_use",
        f"{month.of(Zone.WEST).demand_kwh} of {sum(one.demand_kwh for one in month.zones)}",
        "kWh in the West",
        False,
        "demand and the target are split over the zones by regional use; its year is not stated",
        PLANTS,
    )
    for zone in Zone:
        yield Assumption(
            f"diurnal_ppm.{zone}",
            _listed(assumptions.diurnal_ppm[zone]),
            "ppm by clock hour",
            True,
            "hourly load is not published: lowest 02-05 h, highest 18-21 h, flatter in the West",
            _source(assumptions, "diurnal_ppm", KEZEK),
        )
    yield Assumption(
        "weekday_ppm",
        _listed(assumptions.weekday_ppm),
        "ppm, Monday first",
        True,
        "daily load is not published: a little less at the weekend, as industry runs through",
        _source(assumptions, "weekday_ppm", KEZEK),
    )


def _renewables(assumptions: SupplyAssumptions) -> Iterator[Assumption]:
    for fuel in RENEWABLES:
        found, published = assumptions.capacity_factor_ppm[fuel], capacity_factor_ppm(fuel)
        figure = generation_by_fuel()[fuel]
        yield Assumption(
            f"capacity_factor_ppm.{fuel}",
            str(found),
            "ppm of nameplate",
            found != published,
            f"generation of {figure.year} over what stood installed"
            + (", flat over the year" if fuel == "wind" else ""),
            figure.source if found == published else SCENARIO,
        )
    yield Assumption(
        "hydro_month_shape_ppm",
        _listed(assumptions.hydro_month_shape_ppm),
        "ppm by month",
        True,
        "inflow peaks with the melt of April to July; reservoirs even it out",
        _source(assumptions, "hydro_month_shape_ppm", KEZEK),
    )
    yield Assumption(
        "solar_hour_shape_ppm",
        _listed(assumptions.solar_hour_shape_ppm),
        "ppm by clock hour",
        True,
        "a day of the sun, the same in every season and weather",
        _source(assumptions, "solar_hour_shape_ppm", KEZEK),
    )


def _thermal(one: ZoneMonth) -> Iterator[Assumption]:
    yield Assumption(
        f"thermal_capacity.{one.zone}",
        str(one.thermal_kw),
        "kW",
        False,
        "coal and gas plants in service to 2022; units added or closed since are not in the table",
        PLANTS,
    )
    yield Assumption(
        f"thermal_availability_ppm.{one.zone}",
        str(one.thermal_ppm),
        "ppm of nameplate",
        True,
        "calibrated, not observed; planned outages" if one.calibrated else "fixed by the scenario, not calibrated",
        f"so that {one.offered_mwh} MWh are offered in the month, {one.target_mwh} MWh aimed at"
        if one.calibrated
        else SCENARIO,
    )


def _rule(assumptions: SupplyAssumptions) -> Iterator[Assumption]:
    offered = auction_facts()["offered_monthly_at_least"]
    published = assumptions.target_offered_mwh_per_month == offered.amount
    yield Assumption(
        "target_offered_mwh_per_month",
        str(assumptions.target_offered_mwh_per_month),
        "MWh",
        not published,
        f"at least this was offered each month of {offered.period}; 46900 MWh in 2024-08 show it can be far less",
        offered.source if published else SCENARIO,
    )
    yield Assumption(
        "reserve_margin_ppm",
        str(assumptions.reserve_margin_ppm),
        "ppm of demand",
        True,
        "the grid holds back a reserve before it declares surplus; its size is not published",
        _source(assumptions, "reserve_margin_ppm", KEZEK),
    )
    yield Assumption(
        "thermal_ceiling_ppm",
        str(assumptions.thermal_ceiling_ppm),
        "ppm of nameplate",
        True,
        "no more than the nameplate can run; exchange with neighbours is left out, as demand is national production",
        _source(assumptions, "thermal_ceiling_ppm", KEZEK),
    )


def explain(*, assumptions: SupplyAssumptions, month_figures: MonthSupply) -> tuple[Assumption, ...]:
    """List every assumption behind the surplus of a month, made-up ones marked.

    Args:
        assumptions: Those the month was calculated from.
        month_figures: What `month_supply` returned for them.

    Returns:
        Rule, demand, renewable output, thermal plants of each zone, in this order; keys are unique. A value that a
        scenario changed names the scenario as its source.

    >>> from kezek.grid.supply import month_supply
    >>> october = month_supply(year=2025, month=10, assumptions=default_assumptions())
    >>> listed = explain(assumptions=default_assumptions(), month_figures=october)
    >>> [one.key for one in listed if not one.synthetic][:3]
    ['target_offered_mwh_per_month', 'annual_production', 'monthly_shape']
    """
    thermal = (one for of_zone in month_figures.zones for one in _thermal(of_zone))
    return (
        *_rule(assumptions),
        *_demand(assumptions, month_figures),
        *_renewables(assumptions),
        *thermal,
    )
