from dataclasses import replace
from datetime import date

import pytest

from kezek.grid import supply
from kezek.grid.assumptions import default_assumptions
from kezek.grid.demand import month_demand_kwh, month_hours, production_year, split_by_zone
from kezek.grid.supply import capacity_kw, day_supply, month_supply
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem

BASE = default_assumptions()
DAYS = [date(2025, 10, 15), date(2024, 2, 29), date(2023, 8, 1), date(2026, 4, 10), date(2024, 12, 20)]


def surplus_kwh(on, zone, assumptions=BASE):
    return [hour.surplus_kwh for hour in day_supply(on=on, assumptions=assumptions) if hour.zone is zone]


@pytest.mark.parametrize("on", DAYS, ids=str)
@pytest.mark.parametrize("zone", Zone)
def test_a_day_has_its_hours_in_order_with_plenty_at_night(on, zone):
    hours = [hour for hour in day_supply(on=on, assumptions=BASE) if hour.zone is zone]
    assert [hour.hour_index for hour in hours] == list(range(25 if on == date(2024, 2, 29) else 24))
    assert all(hours[clock].surplus_kwh > 0 for clock in range(2, 6))
    assert 10 * hours[19].surplus_kwh < hours[3].surplus_kwh
    for hour in hours:
        left = hour.available_kwh - hour.demand_kwh - hour.reserve_kwh
        assert hour.surplus_kwh == max(0, left) // 1_000 * 1_000


def test_the_default_day_has_scarce_evenings_and_many_hours_with_surplus():
    north = surplus_kwh(date(2025, 10, 15), Zone.NORTH_SOUTH)
    assert [clock for clock, kwh in enumerate(north) if kwh == 0] == [17, 18, 19, 20, 21]
    assert max(range(24), key=lambda clock: north[clock]) == 3
    assert sum(kwh > 0 for kwh in surplus_kwh(date(2025, 10, 15), Zone.WEST)) == 22


def test_the_days_of_a_month_are_the_month():
    for zone in Zone:
        offered = sum(
            sum(surplus_kwh(on, zone)) for on in dict.fromkeys(on for on, _ in month_hours(year=2024, month=2))
        )
        assert offered == 1_000 * month_supply(year=2024, month=2, assumptions=BASE).of(zone).offered_mwh


def test_the_target_is_split_by_regional_use():
    month = month_supply(year=2025, month=10, assumptions=BASE)
    assert [zone.target_mwh for zone in month.zones] == [262_174, 37_826]
    assert sum(split_by_zone(299_999).values()) == 299_999


def test_the_month_says_whether_its_year_is_published():
    assert not month_supply(year=2025, month=10, assumptions=BASE).carried_forward
    month = month_supply(year=2026, month=4, assumptions=BASE)
    assert (month.carried_forward, month.production_year) == (True, 2025)


def test_a_year_before_the_first_published_is_refused():
    with pytest.raises(InputProblem) as caught:
        production_year(2017)
    assert caught.value.code == "grid.demand.year"
    assert "2018" in caught.value.way_out


def test_winter_asks_more_of_the_plants_than_summer():
    winter, summer = (month_supply(year=2024, month=month, assumptions=BASE) for month in (12, 6))
    for zone in Zone:
        assert winter.of(zone).thermal_ppm > summer.of(zone).thermal_ppm


def test_a_month_that_cannot_be_calibrated_says_what_and_what_to_do():
    with pytest.raises(InputProblem) as caught:
        month_supply(year=2024, month=12, assumptions=replace(BASE, target_offered_mwh_per_month=5_000_000))
    problem = caught.value
    assert problem.code == "grid.supply.calibration"
    assert "2024-12, zone north_south" in str(problem)
    assert "4369562 MWh" in problem.what
    assert "target_offered_mwh_per_month" in problem.way_out


def test_a_lower_ceiling_is_kept():
    with pytest.raises(InputProblem, match="raise thermal_ceiling_ppm"):
        month_supply(year=2025, month=1, assumptions=replace(BASE, thermal_ceiling_ppm=900_000))


def test_a_target_of_nothing_offers_nothing():
    month = month_supply(year=2025, month=10, assumptions=replace(BASE, target_offered_mwh_per_month=0))
    assert [zone.offered_mwh for zone in month.zones] == [0, 0]
    assert all(zone.thermal_ppm > 400_000 for zone in month.zones)


def test_a_fixed_availability_is_not_calibrated_away():
    held = {zone.zone.value: zone.thermal_ppm for zone in month_supply(year=2025, month=10, assumptions=BASE).zones}
    what_if = replace(BASE, fixed_thermal_ppm=held, reserve_margin_ppm=120_000)
    month = month_supply(year=2025, month=10, assumptions=what_if)
    assert not any(zone.calibrated for zone in month.zones)
    assert {zone.zone.value: zone.thermal_ppm for zone in month.zones} == held
    assert all(zone.offered_mwh < zone.target_mwh for zone in month.zones)


def test_no_neighbouring_availability_comes_closer():
    month = month_supply(year=2024, month=5, assumptions=BASE)
    for zone in month.zones:
        balance = supply._balance(zone=zone.zone, year=2024, month=5, assumptions=BASE)
        distance = [
            abs(balance.offered_kwh(zone.thermal_ppm + step) - 1_000 * zone.target_mwh) for step in range(-5, 6)
        ]
        assert min(distance) == distance[5]


def test_thermal_plants_of_both_zones_are_those_of_the_country():
    assert capacity_kw(zone=Zone.NORTH_SOUTH, fuels=("coal", "gas")) == 15_218_000
    assert capacity_kw(zone=Zone.WEST, fuels=("coal",)) == 0


def test_a_year_of_months_is_its_production():
    months = [sum(month_demand_kwh(year=2025, month=month).values()) for month in range(1, 13)]
    assert sum(months) == 123_475_600_000


def test_the_sun_does_not_shine_at_night():
    hours = supply.renewable_kwh(zone=Zone.NORTH_SOUTH, year=2025, month=10, assumptions=BASE)[:24].tolist()
    assert hours[0] == hours[3] == hours[23] == min(hours)
    assert hours[12] == max(hours)
