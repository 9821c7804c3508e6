from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.law.book import load_book
from kezek.law.problem import NoRuleInForce
from kezek.mining.network import Segment
from kezek.planning.bidding import Worth, ceiling_of
from kezek.planning.breakeven import (
    SiteCosts,
    bid_price_tiyn_per_kwh,
    coin_value_per_mwh_tiyn,
    mwh_result,
)
from kezek.planning.fee_target import fee_bands
from kezek.registry.operator import Route
from kezek.units.rounding import PPM

COSTS = SiteCosts(
    transmission_tiyn_per_kwh=250,
    regional_tiyn_per_kwh=250,
    labour_tiyn_per_kwh=110,
    hosting_tiyn_per_kwh=0,
    overhead_ppm=40_000,
    pool_fee_ppm=20_000,
    sale_spread_ppm=10_000,
    vat_ppm=120_000,
)
VALUE = 5_000_000
"""50 tenge of coins per kWh. [tiyn/MWh]"""


def law(on=date(2025, 10, 15), **readings):
    return load_book().at(on=on, readings={key.replace("__", "."): value for key, value in readings.items()})


LAW = law()
GUESSED_2023 = law(date(2023, 10, 15), fee__bands_2023="hypothesis")


def net(price, value=VALUE, costs=COSTS, law=LAW, route=Route.GRID_SURPLUS):
    return mwh_result(price_tiyn_per_kwh=price, coin_value_tiyn=value, route=route, costs=costs, law=law).net_tiyn


def breakeven(value=VALUE, costs=COSTS, law=LAW, route=Route.GRID_SURPLUS, tick=1):
    worth = Worth(value, route, costs, fee_bands(route=route, law=law), law)
    return ceiling_of(worth=worth, tick_tiyn_per_kwh=tick).price_tiyn_per_kwh


def test_one_mwh_by_hand():
    result = mwh_result(
        price_tiyn_per_kwh=1_850, coin_value_tiyn=VALUE, route=Route.GRID_SURPLUS, costs=COSTS, law=LAW
    )
    assert result.sale_spread_tiyn == 50_000
    assert result.energy_tiyn == 1_850_000
    assert result.grid_tiyn == 500_000
    assert result.vat_tiyn == 282_000  # 12 % of 2,350,000
    assert result.labour_tiyn == 110_000
    assert result.fee_tiyn == 200_000  # 2 tenge on 1,000 kWh
    assert result.cost_tiyn == 2_992_000
    assert result.tax_tiyn == 301_200  # 15 % of 2,008,000
    assert result.compliance_tiyn == 200_800
    assert result.net_tiyn == 1_506_000


def test_the_coins_of_one_mwh_by_hand():
    # 3.25 kW and 110 TH/s with 4 % on top: 1e6 x 3,600 x 110,000 / (1.04 x 3,250) = 117,159,763,313 GH. At a target
    # of 2**256 / 1e15 each 1e6 GH is a block: 117,159 blocks of 10 sat and a part of one = 1,171,597 sat.
    # Less 2 % (23,431.94 -> 23,432) = 1,148,165 sat at 60 tenge each.
    segments = (Segment(3_600, 2**256 // 10**15 - 1, 10),)
    value = coin_value_per_mwh_tiyn(
        power_w=3_250, hashrate_ghs=110_000, costs=COSTS, segments=segments, tiyn_per_btc=6_000 * 10**8
    )
    assert value == 1_148_165 * 6_000


def test_the_break_even_price_by_hand():
    # 5,000,000 - 50,000 - 560,000 (grid with VAT) - 110,000 - 200,000 = 4,080,000; over 1,120 that is 3,642.86.
    assert breakeven() == 3_642
    assert net(3_642) == 720  # profit 960 less 144 and 96
    assert net(3_643) == -160


def test_to_earn_exactly_nothing_is_still_to_break_even():
    # Nothing to pay but power and a fee of 2 tenge: 22 tenge of coins are worth 20 of power, to the tiyn.
    free = SiteCosts(0, 0, 0, 0, 0, 0, 0, 0)
    assert net(2_000, 2_200_000, free) == 0
    assert breakeven(2_200_000, free) == 2_000


def test_a_tax_on_gross_lowers_the_ceiling_as_far_as_the_hand_calculation_says():
    # Net is 0.9 x profit - 750,000 >= 0 from a profit of 833,333.3: (4,080,000 - 833,333.3) / 1,120 = 2,898.8.
    assert breakeven(law=law(tax__income="s0")) == 2_898


def test_there_is_no_price_where_even_free_power_loses():
    # Without energy it takes 50,000-odd of spread, 560,000, 110,000 and 200,000: 870,000 / 0.99 = 878,787.9.
    assert breakeven(value=878_787) is None
    assert breakeven(value=878_789) == 0
    assert breakeven(value=0) is None


@pytest.mark.parametrize(
    "dearer",
    [
        {"law": law(tax__income="s0")},
        {"law": law(tax__income="published")},
        {"costs": replace(COSTS, vat_ppm=160_000)},
        {"costs": replace(COSTS, transmission_tiyn_per_kwh=251)},
        {"costs": replace(COSTS, hosting_tiyn_per_kwh=200)},
        {"costs": replace(COSTS, labour_tiyn_per_kwh=130)},
        {"costs": replace(COSTS, sale_spread_ppm=20_000)},
    ],
    ids=["gross tax", "published tax", "VAT", "transmission", "hosting", "labour", "spread"],
)
def test_the_ceiling_falls_when_a_due_or_a_cost_rises(dearer):
    assert breakeven(**dearer) < breakeven()


def test_the_ceiling_falls_with_the_fee_of_2024_and_is_higher_with_an_own_plant():
    assert breakeven(route=Route.OWN_RENEWABLE) > breakeven()
    assert breakeven(law=law(date(2022, 10, 15))) > breakeven(law=law(date(2024, 10, 15)))


def test_an_own_substation_saves_the_regional_grid_and_its_vat():
    # 250 x 1.12 = 280 tiyn a kWh saved, over 1.12: the ceiling rises by 250.
    assert breakeven(costs=replace(COSTS, regional_tiyn_per_kwh=0)) == breakeven() + 250


@settings(max_examples=80, deadline=None)
@given(
    value=st.integers(0, 12_000_000),
    law=st.sampled_from([LAW, law(tax__income="s0"), law(compliance__cost="revenue")]),
)
def test_at_the_break_even_price_one_nets_nothing_or_more_and_one_tick_higher_one_loses(value, law):
    price = breakeven(value=value, law=law)
    if price is None:
        assert net(0, value, law=law) < 0
    else:
        assert net(price, value, law=law) >= 0 > net(price + 1, value, law=law)


@settings(max_examples=12, deadline=None)
@given(value=st.integers(0, 6_000_000))
def test_under_the_bands_of_2023_the_result_is_the_highest_price_that_pays(value):
    paying = [price for price in range(value // 1_000 + 1) if net(price, value, law=GUESSED_2023) >= 0]
    assert breakeven(value=value, law=GUESSED_2023) == max(paying, default=None)


def test_under_the_bands_of_2023_the_fee_falls_while_the_price_rises():
    # 19.99 tenge pays a fee of 6, 20.00 one of 5: a kWh of dearer power leaves more.
    assert net(2_000, law=GUESSED_2023) > net(1_999, law=GUESSED_2023)


def test_without_a_reading_cheap_power_of_2023_stops_the_calculation():
    described = law(date(2023, 10, 15))
    assert breakeven(value=6_000_000, law=described) > 2_400
    with pytest.raises(NoRuleInForce, match="between the known points"):
        net(1_500, value=2_000_000, law=described)


@pytest.mark.parametrize("tick", [1, 7, 10, 30, 100, 250])
@pytest.mark.parametrize("law", [LAW, GUESSED_2023], ids=["2025", "2023"])
def test_the_result_lies_on_the_price_tick_and_the_next_tick_loses(tick, law):
    price = breakeven(law=law, tick=tick)
    assert price % tick == 0
    assert net(price, law=law) >= 0
    assert all(net(higher, law=law) < 0 for higher in range(price + tick, VALUE // 1_000 + tick, tick))


# --- what to bid ----------------------------------------------------------------------------------------------------


def bid(ceiling=3_642, reserve=1_800, share_ppm=200_000, tick=1):
    return bid_price_tiyn_per_kwh(
        ceiling_tiyn_per_kwh=ceiling,
        reserve_tiyn_per_kwh=reserve,
        headroom_share_ppm=share_ppm,
        tick_tiyn_per_kwh=tick,
    )


def test_a_shaded_bid_goes_its_share_of_the_way_up():
    assert bid() == 2_168  # 1,800 + 20 % of 1,842 = 368.4


def test_a_truthful_bid_is_the_ceiling_and_one_without_headroom_the_reserve():
    assert bid(share_ppm=PPM) == 3_642
    assert bid(share_ppm=0) == 1_800


@pytest.mark.parametrize(("ceiling", "price"), [(1_799, None), (1_800, 1_800), (1_801, 1_800)])
def test_who_cannot_pay_the_reserve_does_not_bid(ceiling, price):
    assert bid(ceiling=ceiling) == price


@pytest.mark.parametrize(
    ("reserve", "ceiling", "share_ppm", "price"),
    [(1_800, 3_642, 200_000, 2_160), (1_805, 3_642, 0, 1_810), (1_805, 1_809, PPM, None), (1_805, 1_810, 0, 1_810)],
)
def test_a_bid_on_a_wide_tick_stays_between_reserve_and_ceiling(reserve, ceiling, share_ppm, price):
    assert bid(ceiling, reserve, share_ppm, tick=10) == price


@settings(max_examples=200)
@given(
    ceiling=st.integers(0, 10_000),
    reserve=st.integers(0, 10_000),
    share_ppm=st.integers(0, PPM),
    tick=st.integers(1, 300),
)
def test_a_bid_is_on_the_tick_and_between_reserve_and_ceiling_or_there_is_none(ceiling, reserve, share_ppm, tick):
    price = bid(ceiling, reserve, share_ppm, tick)
    if price is None:
        assert not [one for one in range(0, ceiling + 1, tick) if one >= reserve]
    else:
        assert reserve <= price <= ceiling
        assert price % tick == 0
