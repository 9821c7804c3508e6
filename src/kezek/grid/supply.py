"""The surplus of every hour: what could be generated, less what is used, less the reserve.

The availability of thermal plants is not published by month. It is calibrated, not observed: the share of their
nameplate at which the surplus of the month comes closest to what was offered to miners, the rest standing for
planned outages. Everything is whole kWh; nothing here is a forecast.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from kezek.facts.figures import plants
from kezek.grid.assumptions import RENEWABLES, SupplyAssumptions
from kezek.grid.demand import KwhByHour, hourly_demand_kwh, month_hours, production_year, split_by_zone
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem
from kezek.units.rounding import PPM

THERMAL = ("coal", "gas")
KWH_PER_LOT = 1_000


@dataclass(frozen=True, slots=True)
class SupplyHour:
    """One hour of a zone [kWh]; surplus is in whole MWh."""

    zone: Zone
    hour_index: int
    available_kwh: int
    demand_kwh: int
    reserve_kwh: int
    surplus_kwh: int


@dataclass(frozen=True, slots=True)
class ZoneMonth:
    """A month of a zone: the availability found [ppm of thermal nameplate], its target and what it offers [MWh].

    `calibrated` is False where the scenario fixed the availability; the target is then not aimed at.
    """

    zone: Zone
    thermal_ppm: int
    calibrated: bool
    thermal_kw: int
    demand_kwh: int
    target_mwh: int
    offered_mwh: int


@dataclass(frozen=True, slots=True)
class MonthSupply:
    """A month of both zones; `production_year` is the year whose published production stands for it."""

    year: int
    month: int
    production_year: int
    zones: tuple[ZoneMonth, ...]

    @property
    def carried_forward(self) -> bool:
        """True where the year itself is not published yet."""
        return self.production_year != self.year

    def of(self, zone: Zone) -> ZoneMonth:
        """Give the month of one zone."""
        return next(one for one in self.zones if one.zone is zone)


@dataclass(frozen=True, slots=True, eq=False)
class _Balance:
    """A month of a zone by hour [kWh], before thermal plants: int64 (hours,) each."""

    thermal_kw: int
    renewable_kwh: KwhByHour
    demand_kwh: KwhByHour
    reserve_kwh: KwhByHour

    def available_kwh(self, thermal_ppm: int) -> KwhByHour:
        return self.renewable_kwh + self.thermal_kw * thermal_ppm // PPM

    def surplus_kwh(self, thermal_ppm: int) -> KwhByHour:
        return surplus_of(
            available_kwh=self.available_kwh(thermal_ppm),
            demand_kwh=self.demand_kwh,
            reserve_kwh=self.reserve_kwh,
        )

    def offered_kwh(self, thermal_ppm: int) -> int:
        return int(self.surplus_kwh(thermal_ppm).sum())


def surplus_of(*, available_kwh: KwhByHour, demand_kwh: KwhByHour, reserve_kwh: KwhByHour) -> KwhByHour:
    """Take demand and reserve from what is available; never below 0, rounded down to whole MWh [kWh].

    Args:
        available_kwh: int64 (hours,).
        demand_kwh: int64 (hours,).
        reserve_kwh: int64 (hours,).

    Returns:
        int64 (hours,), multiples of 1 000 (test_surplus_is_never_negative_and_whole_lots,
        test_a_larger_reserve_never_leaves_more).

    >>> surplus_of(available_kwh=np.array([9_999, 5]), demand_kwh=np.array([7_000, 9]), reserve_kwh=np.array([0, 0]))
    array([2000,    0])
    """
    left_kwh: KwhByHour = np.maximum(available_kwh - demand_kwh - reserve_kwh, 0)
    return left_kwh // KWH_PER_LOT * KWH_PER_LOT


def capacity_kw(*, zone: Zone, fuels: tuple[str, ...]) -> int:
    """Nameplate of the plants of a zone that burn or use one of the fuels [kW].

    >>> capacity_kw(zone=Zone.WEST, fuels=THERMAL)
    2854400
    """
    return sum(plant.capacity_kw for plant in plants() if plant.zone == zone and plant.fuel in fuels)


def renewable_kwh(*, zone: Zone, year: int, month: int, assumptions: SupplyAssumptions) -> KwhByHour:
    """Output of hydro, wind and solar plants in every hour of a month [kWh]: nameplate x mean share x shape.

    Returns:
        int64 (hours of the month,), each fuel rounded down. Wind is flat: its share is the mean of a year.

    >>> from kezek.grid.assumptions import default_assumptions
    >>> int(renewable_kwh(zone=Zone.WEST, year=2025, month=10, assumptions=default_assumptions())[0])
    41892
    """
    hydro, wind, solar = (
        capacity_kw(zone=zone, fuels=(fuel,)) * assumptions.capacity_factor_ppm[fuel] for fuel in RENEWABLES
    )
    of_month = assumptions.hydro_month_shape_ppm[month - 1]
    flat_kwh = hydro * of_month // PPM // PPM + wind // PPM
    of_clock = [solar * factor // PPM // PPM for factor in assumptions.solar_hour_shape_ppm]
    hours = month_hours(year=year, month=month)
    return np.array([flat_kwh + of_clock[hour.clock_hour] for _, hour in hours], dtype=np.int64)


def _balance(*, zone: Zone, year: int, month: int, assumptions: SupplyAssumptions) -> _Balance:
    demand_kwh = hourly_demand_kwh(zone=zone, year=year, month=month, assumptions=assumptions)
    return _Balance(
        thermal_kw=capacity_kw(zone=zone, fuels=THERMAL),
        renewable_kwh=renewable_kwh(zone=zone, year=year, month=month, assumptions=assumptions),
        demand_kwh=demand_kwh,
        reserve_kwh=-(-demand_kwh * assumptions.reserve_margin_ppm // PPM),
    )


def _calibrated_ppm(balance: _Balance, *, target_kwh: int, ceiling_ppm: int, where: str) -> int:
    """Bisect for the availability whose month comes closest to the target; the lower of two as close."""
    most_kwh = balance.offered_kwh(ceiling_ppm)
    if most_kwh < target_kwh:
        raise InputProblem(
            "grid.supply.calibration",
            f"Thermal plants at {ceiling_ppm} ppm of their nameplate leave {most_kwh // KWH_PER_LOT} MWh of surplus "
            f"in the month, less than the {target_kwh // KWH_PER_LOT} MWh aimed at.",
            where,
            "Lower target_offered_mwh_per_month or reserve_margin_ppm"
            + (f", or raise thermal_ceiling_ppm (at most {PPM})." if ceiling_ppm < PPM else "."),
        )
    below_ppm, above_ppm = 0, ceiling_ppm
    while above_ppm - below_ppm > 1:
        middle_ppm = (below_ppm + above_ppm) // 2
        if balance.offered_kwh(middle_ppm) > target_kwh:
            above_ppm = middle_ppm
        else:
            below_ppm = middle_ppm
    return min((below_ppm, above_ppm), key=lambda ppm: abs(balance.offered_kwh(ppm) - target_kwh))


@lru_cache(maxsize=256)
def _zone_month(zone: Zone, year: int, month: int, assumptions: SupplyAssumptions) -> tuple[_Balance, ZoneMonth]:
    balance = _balance(zone=zone, year=year, month=month, assumptions=assumptions)
    target_mwh = split_by_zone(assumptions.target_offered_mwh_per_month)[zone]
    fixed_ppm = assumptions.fixed_thermal_ppm.get(zone)
    thermal_ppm = fixed_ppm
    if thermal_ppm is None:
        thermal_ppm = _calibrated_ppm(
            balance,
            target_kwh=target_mwh * KWH_PER_LOT,
            ceiling_ppm=assumptions.thermal_ceiling_ppm,
            where=f"{year:04}-{month:02}, zone {zone}",
        )
    return balance, ZoneMonth(
        zone=zone,
        thermal_ppm=thermal_ppm,
        calibrated=fixed_ppm is None,
        thermal_kw=balance.thermal_kw,
        demand_kwh=int(balance.demand_kwh.sum()),
        target_mwh=target_mwh,
        offered_mwh=balance.offered_kwh(thermal_ppm) // KWH_PER_LOT,
    )


def month_supply(*, year: int, month: int, assumptions: SupplyAssumptions) -> MonthSupply:
    """Calibrate a month in both zones.

    Args:
        year: Calendar year, 2018 or later; after the last published one, that one is carried forward.
        month: 1..12.
        assumptions: See `SupplyAssumptions`.

    Returns:
        By zone the availability of thermal plants (calibrated, not observed), the target and what is offered.
        The offered surplus is within 1 % of the target from 2023-07 to 2026-04 under the default assumptions
        (test_every_month_reaches_its_target).

    Raises:
        InputProblem: grid.supply.calibration where even the ceiling leaves too little; grid.demand.year.

    >>> from kezek.grid.assumptions import default_assumptions
    >>> october = month_supply(year=2025, month=10, assumptions=default_assumptions())
    >>> [(one.zone.value, one.target_mwh) for one in october.zones]
    [('north_south', 262174), ('west', 37826)]
    """
    zones = tuple(_zone_month(zone, year, month, assumptions)[1] for zone in Zone)
    return MonthSupply(year, month, production_year(year), zones)


def day_supply(*, on: date, assumptions: SupplyAssumptions) -> tuple[SupplyHour, ...]:
    """Surplus of every hour of a delivery date in both zones.

    Args:
        on: Delivery date in Kazakhstan.
        assumptions: See `SupplyAssumptions`.

    Returns:
        The hours of North and South, then those of the West; 24 each, 25 on 2024-02-29. Each surplus is what is
        available less demand and reserve, never below 0, in whole MWh [kWh].

    Raises:
        InputProblem: grid.supply.calibration, grid.demand.year.

    >>> from kezek.grid.assumptions import default_assumptions
    >>> len(day_supply(on=date(2024, 2, 29), assumptions=default_assumptions()))
    50
    """
    return tuple(hour for zone in Zone for hour in _zone_day(zone=zone, on=on, assumptions=assumptions))


def _zone_day(*, zone: Zone, on: date, assumptions: SupplyAssumptions) -> list[SupplyHour]:
    balance, of_month = _zone_month(zone, on.year, on.month, assumptions)
    available_kwh = balance.available_kwh(of_month.thermal_ppm)
    surplus_kwh = balance.surplus_kwh(of_month.thermal_ppm)
    hours = month_hours(year=on.year, month=on.month)
    places = [place for place, (of_date, _) in enumerate(hours) if of_date == on]
    return [
        SupplyHour(
            zone=zone,
            hour_index=hours[place][1].index,
            available_kwh=int(available_kwh[place]),
            demand_kwh=int(balance.demand_kwh[place]),
            reserve_kwh=int(balance.reserve_kwh[place]),
            surplus_kwh=int(surplus_kwh[place]),
        )
        for place in places
    ]
