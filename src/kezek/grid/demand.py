"""How much a zone uses in each hour of a month: a published year, split exactly down to the hour."""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from functools import cache

import numpy as np
import numpy.typing as npt

from kezek.facts.figures import annual_production_mwh, monthly_demand_2018_mwh, regional_use_mwh
from kezek.grid.assumptions import SupplyAssumptions
from kezek.registry.zone import Zone
from kezek.units.calendar import Hour, hours_of
from kezek.units.problem import InputProblem
from kezek.units.rounding import largest_remainder

KwhByHour = npt.NDArray[np.int64]


@cache
def month_hours(*, year: int, month: int) -> tuple[tuple[date, Hour], ...]:
    """List every delivery hour of a month with its date, in order.

    >>> len(month_hours(year=2025, month=10)), len(month_hours(year=2024, month=2))
    (744, 697)
    """
    dates = (date(year, month, day + 1) for day in range(monthrange(year, month)[1]))
    return tuple((on, hour) for on in dates for hour in hours_of(on))


def production_year(year: int) -> int:
    """Name the year whose published production stands for a year: itself, or the last one known.

    Raises:
        InputProblem: grid.demand.year, before the first published year.

    >>> production_year(2024), production_year(2026)
    (2024, 2025)
    """
    known = annual_production_mwh()
    if year < min(known):
        raise InputProblem(
            "grid.demand.year",
            f"No national production is on file for {year}.",
            "",
            f"Take a date from {min(known)} on.",
        )
    return min(year, max(known))


@cache
def zone_use_mwh() -> Mapping[Zone, int]:
    """Use of a year by zone [MWh]: the weights by which demand and the target are split.

    >>> zone_use_mwh()[Zone.WEST]
    13534000
    """
    use = regional_use_mwh().values()
    return {zone: sum(mwh for of_zone, mwh in use if of_zone == zone) for zone in Zone}


def split_by_zone(total: int) -> dict[Zone, int]:
    """Split a whole number over the zones by regional use; the parts add up to it exactly.

    >>> split_by_zone(300_000)
    {<Zone.NORTH_SOUTH: 'north_south'>: 262174, <Zone.WEST: 'west'>: 37826}
    """
    weights = zone_use_mwh()
    parts = largest_remainder(total, [weights[zone] for zone in Zone])
    return dict(zip(Zone, parts, strict=True))


def month_demand_kwh(*, year: int, month: int) -> dict[Zone, int]:
    """Demand of a month by zone [kWh]: production of the year by the shape of 2018 and by regional use.

    Args:
        year: Calendar year; after the last published one, that one is carried forward.
        month: 1..12.

    Returns:
        Demand by zone. The months of a year add up to its production, the zones to the month, exactly.

    Raises:
        InputProblem: grid.demand.year.

    >>> sum(month_demand_kwh(year=2025, month=10).values())
    10372066297
    """
    shape = monthly_demand_2018_mwh()
    year_kwh = annual_production_mwh()[production_year(year)] * 1_000
    months = largest_remainder(year_kwh, [shape[number] for number in range(1, 13)])
    return split_by_zone(months[month - 1])


def hourly_demand_kwh(*, zone: Zone, year: int, month: int, assumptions: SupplyAssumptions) -> KwhByHour:
    """Demand of every hour of a month in a zone [kWh].

    Args:
        zone: Zone.
        year: Calendar year.
        month: 1..12.
        assumptions: Its diurnal and weekday factors give the weight of an hour.

    Returns:
        int64 (hours of the month,), none below 0; adds up to `month_demand_kwh` exactly, a month with a day of 25
        hours included (test_a_month_of_hours_adds_up_exactly).

    Raises:
        InputProblem: grid.demand.year.

    >>> from kezek.grid.assumptions import default_assumptions
    >>> hours = hourly_demand_kwh(zone=Zone.WEST, year=2024, month=2, assumptions=default_assumptions())
    >>> len(hours), int(hours.sum()) == month_demand_kwh(year=2024, month=2)[Zone.WEST]
    (697, True)
    """
    diurnal, week = assumptions.diurnal_ppm[zone], assumptions.weekday_ppm
    hours = month_hours(year=year, month=month)
    weights = [diurnal[hour.clock_hour] * week[on.weekday()] for on, hour in hours]
    total_kwh = month_demand_kwh(year=year, month=month)[zone]
    return np.array(largest_remainder(total_kwh, weights), dtype=np.int64)
