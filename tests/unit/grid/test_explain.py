from dataclasses import fields, replace

from kezek.grid.assumptions import default_assumptions
from kezek.grid.explain import explain
from kezek.grid.supply import month_supply

BASE = default_assumptions()


def told(assumptions=BASE, year=2025, month=10):
    figures = month_supply(year=year, month=month, assumptions=assumptions)
    return {one.key: one for one in explain(assumptions=assumptions, month_figures=figures)}


def test_every_assumption_is_told_once_and_completely():
    figures = month_supply(year=2025, month=10, assumptions=BASE)
    listed = explain(assumptions=BASE, month_figures=figures)
    assert len({one.key for one in listed}) == len(listed)
    assert all(one.value_text and one.unit and one.why and one.source for one in listed)


def test_every_field_of_the_assumptions_is_told():
    keys = {key.split(".")[0] for key in told()} | {"fixed_thermal_ppm"}
    assert {one.name for one in fields(BASE)} <= keys


def test_what_is_made_up_is_marked():
    listed = told()
    for key in (
        "diurnal_ppm.west",
        "weekday_ppm",
        "hydro_month_shape_ppm",
        "solar_hour_shape_ppm",
        "reserve_margin_ppm",
    ):
        assert listed[key].synthetic, key
    for key in (
        "target_offered_mwh_per_month",
        "capacity_factor_ppm.wind",
        "thermal_capacity.west",
        "annual_production",
    ):
        assert not listed[key].synthetic, key


def test_calibration_is_called_that():
    one = told()["thermal_availability_ppm.north_south"]
    assert one.synthetic
    assert one.why == "calibrated, not observed; planned outages"
    assert "262174 MWh aimed at" in one.source


def test_a_year_carried_forward_is_flagged():
    one = told(year=2026, month=4)["annual_production"]
    assert one.synthetic
    assert "2026 is not published" in one.why


def test_what_a_scenario_changed_names_the_scenario():
    changed = replace(
        BASE,
        reserve_margin_ppm=50_000,
        target_offered_mwh_per_month=100_000,
        fixed_thermal_ppm={"west": 700_000},
        capacity_factor_ppm={**BASE.capacity_factor_ppm, "wind": 350_000},
    )
    listed = told(changed)
    for key in ("reserve_margin_ppm", "target_offered_mwh_per_month", "capacity_factor_ppm.wind"):
        assert listed[key].source == "the scenario", key
        assert listed[key].synthetic, key
    assert listed["capacity_factor_ppm.hydro"].source != "the scenario"
    assert listed["thermal_availability_ppm.west"].source == "the scenario"
    assert "not calibrated" in listed["thermal_availability_ppm.west"].why
