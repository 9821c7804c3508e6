from datetime import date

import pytest

from kezek.facts.figures import AsicModel, MonthlyFigure, asic_models, tiyn_per_usd, usd_cents_per_btc
from kezek.mining.output import (
    after_pool_fee_sat,
    energy_for_wh,
    gigahashes_of,
    least_energy_wh,
)
from kezek.mining.value import coin_price, value_tiyn
from kezek.units.problem import InputProblem


def test_one_kilowatt_hour_on_one_machine_of_a_kilowatt_is_an_hour_of_its_hashes():
    assert gigahashes_of(energy_wh=1_000, power_w=1_000, hashrate_ghs=110_000, overhead_ppm=0) == 110_000 * 3_600


def test_cooling_takes_its_part_of_the_energy_and_the_work_is_rounded_down():
    # 1,000 Wh with 4 % on top leave 961.53846... Wh: 961.53846 / 1,000 x 396,000,000 = 380,769,230.77.
    assert gigahashes_of(energy_wh=1_000, power_w=1_000, hashrate_ghs=110_000, overhead_ppm=40_000) == 380_769_230


@pytest.mark.parametrize(
    ("power_w", "hashrate_ghs", "mj"),
    [(3_250, 110_000, 29_545), (3_500, 200_000, 17_500), (1_320, 14_000, 94_285), (2_000, 100_000, 20_000)],
)
def test_efficiency_is_power_over_hash_rate(power_w, hashrate_ghs, mj):
    model = AsicModel("make", "model", hashrate_ghs, power_w, "2020-01", "published", "source")
    assert model.efficiency_mj_per_th == mj


def test_every_shipped_model_is_between_8_and_1000_joules_a_terahash():
    for model in asic_models():
        assert 8_000 < model.efficiency_mj_per_th < 1_000_000, model


def test_machines_of_a_site_draw_their_power_and_the_cooling():
    assert energy_for_wh(count=100, power_w=3_250, overhead_ppm=40_000) == 338_000
    assert energy_for_wh(count=1, power_w=1, overhead_ppm=999_999) == 1


def test_the_register_at_s1s_400_watts_and_at_a_real_3250():
    # law_conflicts.md, 18: 166 MW and 1,349 MW.
    assert energy_for_wh(count=415_000, power_w=400, overhead_ppm=0) == 166_000_000
    assert energy_for_wh(count=415_000, power_w=3_250, overhead_ppm=0) == 1_348_750_000


def test_hashes_never_imply_more_energy_than_they_took():
    # 20 J/TH: 100 TH/s at 2 kW; an hour is 360,000,000 GH and 2,000 Wh.
    assert least_energy_wh(gigahashes=360_000_000, efficiency_mj_per_th=20_000) == 2_000
    assert least_energy_wh(gigahashes=359_999_999, efficiency_mj_per_th=20_000) == 1_999


@pytest.mark.parametrize(
    ("gross", "fee_ppm", "left"), [(1_000_000, 20_000, 980_000), (25, 20_000, 24), (24, 20_000, 24), (7, 0, 7)]
)
def test_the_pools_fee_is_rounded_half_up(gross, fee_ppm, left):
    assert after_pool_fee_sat(gross_sat=gross, fee_ppm=fee_ppm) == left


def test_coins_are_valued_half_up():
    assert value_tiyn(sat=100_000_000, tiyn_per_btc=5_954_321_011) == 5_954_321_011
    assert value_tiyn(sat=1, tiyn_per_btc=6_050_000_000) == 61  # 60.5
    assert value_tiyn(sat=1, tiyn_per_btc=6_049_999_999) == 60


def test_a_coins_price_is_dollars_times_tenge_with_both_sources():
    dollars = {"2025-10": MonthlyFigure(11_000_000, "A")}
    tenge = {"2025-10": MonthlyFigure(54_050, "B")}
    price = coin_price(on=date(2025, 10, 15), usd_cents=dollars, tiyn_per_usd=tenge)
    assert price.tiyn_per_btc == 5_945_500_000  # 110,000.00 x 540.50 = 59,455,000 tenge
    assert price.sources == ("A", "B")


@pytest.mark.parametrize("on", [date(2020, 12, 31), date(2031, 1, 1)])
def test_a_month_without_a_figure_is_refused_with_the_months_that_have_one(on):
    with pytest.raises(InputProblem) as refusal:
        coin_price(on=on, usd_cents=usd_cents_per_btc(), tiyn_per_usd=tiyn_per_usd())
    assert refusal.value.code == "mining.value.month_outside"
    assert min(usd_cents_per_btc()) in refusal.value.way_out
