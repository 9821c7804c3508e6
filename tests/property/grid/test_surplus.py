from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.grid.assumptions import default_assumptions
from kezek.grid.demand import hourly_demand_kwh, month_demand_kwh
from kezek.grid.supply import day_supply, month_supply, surplus_of
from kezek.registry.zone import Zone
from kezek.units.calendar import hours_of
from kezek.units.rounding import PPM

BASE = default_assumptions()
MONTHS = [
    (year, month) for year in range(2023, 2027) for month in range(1, 13) if (2023, 7) <= (year, month) <= (2026, 4)
]
months = st.sampled_from(MONTHS)
zones = st.sampled_from(list(Zone))
energies = st.lists(st.integers(0, 20_000_000), min_size=1, max_size=50)


@st.composite
def shapes(draw, count):
    """Factors whose mean is exactly one: pairs take from each other."""
    factors = [PPM] * count
    for place in range(0, count - 1, 2):
        moved = draw(st.integers(-PPM // 2, PPM // 2))
        factors[place] += moved
        factors[place + 1] -= moved
    return tuple(factors)


@settings(deadline=None, max_examples=60)
@given(when=months, zone=zones, diurnal=shapes(24), week=shapes(7))
def test_a_month_of_hours_adds_up_exactly(when, zone, diurnal, week):
    year, month = when
    assumptions = replace(BASE, diurnal_ppm={one.value: diurnal for one in Zone}, weekday_ppm=week)
    hours = hourly_demand_kwh(zone=zone, year=year, month=month, assumptions=assumptions)
    assert int(hours.sum()) == month_demand_kwh(year=year, month=month)[zone]
    assert int(hours.min()) >= 0


@given(available=energies, data=st.data())
def test_surplus_is_never_negative_and_whole_lots(available, data):
    same = st.lists(st.integers(0, 20_000_000), min_size=len(available), max_size=len(available))
    demand, reserve = np.array(data.draw(same)), np.array(data.draw(same))
    surplus = surplus_of(available_kwh=np.array(available), demand_kwh=demand, reserve_kwh=reserve)
    assert (surplus >= 0).all()
    assert (surplus % 1_000 == 0).all()
    assert (surplus <= np.maximum(np.array(available) - demand - reserve, 0)).all()


@settings(deadline=None, max_examples=40)
@given(on=st.dates(min_value=date(2023, 7, 1), max_value=date(2026, 4, 30)))
def test_a_day_is_never_below_nothing_and_has_its_hours(on):
    hours = day_supply(on=on, assumptions=BASE)
    assert len(hours) == 2 * len(hours_of(on))
    assert all(hour.surplus_kwh >= 0 and hour.surplus_kwh % 1_000 == 0 for hour in hours)
    assert all(hour.surplus_kwh <= max(0, hour.available_kwh - hour.demand_kwh - hour.reserve_kwh) for hour in hours)


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_every_month_reaches_its_target(year, month):
    for zone in month_supply(year=year, month=month, assumptions=BASE).zones:
        assert 100 * abs(zone.offered_mwh - zone.target_mwh) <= zone.target_mwh
        assert 300_000 < zone.thermal_ppm < 1_000_000


@settings(deadline=None, max_examples=40)
@given(when=months, target=st.integers(0, 400_000))
def test_any_reachable_target_is_reached(when, target):
    year, month = when
    assumptions = replace(BASE, target_offered_mwh_per_month=target)
    for zone in month_supply(year=year, month=month, assumptions=assumptions).zones:
        assert abs(zone.offered_mwh - zone.target_mwh) <= 400


@settings(deadline=None, max_examples=60)
@given(
    when=months,
    margins=st.tuples(st.integers(0, 300_000), st.integers(0, 300_000)),
    thermal=st.integers(500_000, PPM),
)
def test_a_larger_reserve_never_leaves_more(when, margins, thermal):
    year, month = when
    fixed = {zone.value: thermal for zone in Zone}
    small, large = (
        day_supply(
            on=date(year, month, 15),
            assumptions=replace(BASE, reserve_margin_ppm=margin, fixed_thermal_ppm=fixed),
        )
        for margin in sorted(margins)
    )
    for one, other in zip(small, large, strict=True):
        assert (one.zone, one.hour_index, one.demand_kwh) == (other.zone, other.hour_index, other.demand_kwh)
        assert one.surplus_kwh >= other.surplus_kwh


@settings(deadline=None, max_examples=30)
@given(when=months, margins=st.tuples(st.integers(0, 80_000), st.integers(0, 80_000)))
def test_a_larger_reserve_never_asks_less_of_the_plants(when, margins):
    year, month = when
    small, large = (
        month_supply(year=year, month=month, assumptions=replace(BASE, reserve_margin_ppm=margin))
        for margin in sorted(margins)
    )
    for zone in Zone:
        assert small.of(zone).thermal_ppm <= large.of(zone).thermal_ppm
