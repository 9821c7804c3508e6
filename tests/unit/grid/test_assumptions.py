from dataclasses import replace

import pytest

from kezek.grid.assumptions import SupplyAssumptions, capacity_factor_ppm, default_assumptions
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem

BASE = default_assumptions()


def refused(**change):
    with pytest.raises(InputProblem) as caught:
        replace(BASE, **change)
    return caught.value


def test_defaults_peak_in_the_evening_and_the_west_is_flatter():
    north, west = BASE.diurnal_ppm[Zone.NORTH_SOUTH], BASE.diurnal_ppm[Zone.WEST]
    assert north.index(max(north)) in range(18, 22)
    assert north.index(min(north)) in range(2, 6)
    assert max(west) - min(west) < max(north) - min(north)
    assert sum(north) == sum(west) == 24_000_000


def test_defaults_take_published_shares():
    assert BASE.capacity_factor_ppm == {fuel: capacity_factor_ppm(fuel) for fuel in ("hydro", "wind", "solar")}
    assert 130_000 < capacity_factor_ppm("solar") < 160_000


def test_a_share_without_installed_capacity_is_a_bug():
    with pytest.raises(ValueError, match="coal"):
        capacity_factor_ppm("coal")


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"reserve_margin_ppm": -1}, "range", "reserve_margin_ppm"),
        ({"reserve_margin_ppm": 1_000_001}, "range", "reserve_margin_ppm"),
        ({"reserve_margin_ppm": 0.08}, "range", "reserve_margin_ppm"),
        ({"target_offered_mwh_per_month": -1}, "range", "target_offered_mwh_per_month"),
        ({"thermal_ceiling_ppm": 1_000_001}, "range", "thermal_ceiling_ppm"),
        ({"weekday_ppm": (1_000_000,) * 6}, "shape", "weekday_ppm"),
        ({"weekday_ppm": (1_000_001,) + (1_000_000,) * 6}, "shape", "weekday_ppm"),
        ({"weekday_ppm": (-1, 2_000_001) + (1_000_000,) * 5}, "shape", "weekday_ppm"),
        ({"hydro_month_shape_ppm": (1_000_000,) * 11}, "shape", "hydro_month_shape_ppm"),
        ({"solar_hour_shape_ppm": (1_000_000,) * 23}, "shape", "solar_hour_shape_ppm"),
        ({"diurnal_ppm": {"west": (1_000_000,) * 24}}, "missing", "diurnal_ppm"),
        ({"diurnal_ppm": {"west": (1_000_000,) * 24, "north_south": (1,) * 24}}, "shape", "diurnal_ppm.north_south"),
        ({"capacity_factor_ppm": {"hydro": 1, "wind": 1}}, "missing", "capacity_factor_ppm"),
        ({"capacity_factor_ppm": {"hydro": 1, "wind": 1, "solar": 2_000_000}}, "range", "capacity_factor_ppm.solar"),
        ({"fixed_thermal_ppm": {"wets": 1}}, "name", "fixed_thermal_ppm"),
        ({"fixed_thermal_ppm": {"west": -1}}, "range", "fixed_thermal_ppm.west"),
    ],
)
def test_what_is_no_assumption_is_refused_with_its_place(change, code, where):
    problem = refused(**change)
    assert problem.code == f"grid.assumptions.{code}"
    assert problem.where == where
    assert problem.way_out


def test_a_misspelt_zone_is_answered_with_the_near_one():
    assert refused(fixed_thermal_ppm={"wets": 1}).way_out == 'Did you mean "west"?'


def test_assumptions_read_from_a_file_are_equal_in_effect_and_hash():
    as_lists = SupplyAssumptions(
        reserve_margin_ppm=BASE.reserve_margin_ppm,
        target_offered_mwh_per_month=BASE.target_offered_mwh_per_month,
        diurnal_ppm={zone: list(factors) for zone, factors in BASE.diurnal_ppm.items()},
        weekday_ppm=list(BASE.weekday_ppm),
        capacity_factor_ppm=dict(BASE.capacity_factor_ppm),
        hydro_month_shape_ppm=list(BASE.hydro_month_shape_ppm),
        solar_hour_shape_ppm=list(BASE.solar_hour_shape_ppm),
    )
    assert hash(as_lists) == hash(BASE)
    assert hash(replace(BASE, reserve_margin_ppm=1)) != hash(BASE)
