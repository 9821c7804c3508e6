from datetime import date

import pytest

from kezek.law.book import load_book
from kezek.law.problem import NoRuleInForce
from kezek.planning.fee_target import (
    FeeBand,
    FeeTargetCode,
    QuarterEnergy,
    band_of,
    fee_bands,
    fee_target,
    is_graded,
    split_of,
)
from kezek.registry.operator import Route

GUESSED = {"fee.bands_2023": "hypothesis"}


def law(on, **readings):
    return load_book().at(on=on, readings={key.replace("__", "."): value for key, value in readings.items()})


def bands_of(on=date(2023, 8, 15), route=Route.GRID_SURPLUS, **readings):
    return fee_bands(route=route, law=law(on, **readings))


GUESS_2023 = bands_of(fee__bands_2023="hypothesis")


def target(quarter, bands=GUESS_2023, vat_ppm=120_000, tick=1):
    return fee_target(quarter=quarter, bands=bands, vat_ppm=vat_ppm, tick_tiyn_per_kwh=tick)


def test_a_flat_fee_is_one_band_and_has_no_cliff():
    bands = bands_of(date(2025, 10, 15))
    assert bands == (FeeBand(0, None, 200),)
    assert not is_graded(bands)
    found = target(QuarterEnergy(0, 0, 1_000, 1_800), bands)
    assert found.code is FeeTargetCode.FLAT
    assert found.ways == (found.natural,)
    assert found.best is found.natural and found.gain_tiyn == 0


def test_the_bands_of_2023_are_unknown_under_24_tenge_unless_a_guess_is_chosen():
    assert bands_of() == (FeeBand(0, 2_400, None), FeeBand(2_400, None, 100))
    assert len(GUESS_2023) == 25
    assert band_of(bands=GUESS_2023, price_tiyn_per_kwh=2_099).rate_tiyn_per_kwh == 500
    assert band_of(bands=GUESS_2023, price_tiyn_per_kwh=2_100).rate_tiyn_per_kwh == 400
    assert bands_of(fee__bands_2023="draft_2022")[1] == FeeBand(500, 1_000, 1_000)


def test_an_own_plant_has_one_rate_whatever_the_price():
    assert bands_of(route=Route.OWN_RENEWABLE) == (FeeBand(0, None, 100),)
    assert bands_of(route=Route.OWN_GENERATION) == (FeeBand(0, None, 1_000),)


def test_bands_that_nobody_has_seen_stop_with_the_law_s_own_words():
    with pytest.raises(NoRuleInForce, match="Tax Code of 2026"):
        bands_of(date(2026, 2, 1), fee__from_2026="banded")


def test_a_price_in_no_band_is_a_fault_of_the_program():
    with pytest.raises(ValueError, match="no band"):
        band_of(bands=(FeeBand(0, 100, 1),), price_tiyn_per_kwh=100)


def test_the_cliff_by_hand():
    # 100,000 kWh at 20.70: power 2,070,000, VAT 248,400, fee 5 a kWh: 2,818,400 tenge. At 21.00 power is 2,100,000
    # less what half up forgives (0.5 tiyn x 100,000 kWh = 500 tenge), VAT 251,940, fee 400,000: 2,751,440 tenge.
    found = target(QuarterEnergy(0, 0, 100_000, 2_070))
    assert found.code is FeeTargetCode.RAISE
    assert found.natural.total_tiyn == 281_840_000
    assert found.best.average_tiyn_per_kwh == 2_100 and found.best.rate_tiyn_per_kwh == 400
    assert found.best.spend_tiyn == 209_950_000
    assert found.best.total_tiyn == 209_950_000 + 25_194_000 + 40_000_000
    assert found.extra_tiyn == 2_950_000 + 354_000
    assert found.saved_tiyn == 10_000_000
    assert found.gain_tiyn == 281_840_000 - found.best.total_tiyn == 6_696_000


def test_just_over_an_edge_nothing_more_is_worth_paying():
    # The next tenge costs 1.12 with VAT and saves 1.00.
    found = target(QuarterEnergy(0, 0, 100_000, 2_100))
    assert found.code is FeeTargetCode.STAY
    assert found.best is found.natural and (found.extra_tiyn, found.saved_tiyn, found.gain_tiyn) == (0, 0, 0)
    assert [way.average_tiyn_per_kwh for way in found.ways] == [2_100, 2_200, 2_300, 2_400]


def test_without_vat_a_tenge_more_for_power_saves_a_tenge_of_fee_and_less_power_is_kept_of_equal_ones():
    # Exactly on an edge each further edge costs the same, but for half a tiyn a kWh that rounding forgives.
    found = target(QuarterEnergy(0, 0, 100_000, 2_150), vat_ppm=0)
    assert found.best.average_tiyn_per_kwh == 2_200
    totals = {way.total_tiyn for way in found.ways[1:]}
    assert len(totals) == 1


def test_what_was_bought_already_counts_in_the_average():
    # 1,000 kWh at 25.00 pull the average of 1,000 more at 20.00 to 22.50.
    found = target(QuarterEnergy(1_000, 2_500_000, 1_000, 2_000))
    assert found.natural.average_tiyn_per_kwh == 2_250
    assert found.natural.rate_tiyn_per_kwh == 300
    assert found.best.average_tiyn_per_kwh == 2_300


def test_over_the_last_edge_there_is_nothing_to_try():
    found = target(QuarterEnergy(0, 0, 1_000, 2_600))
    assert found.code is FeeTargetCode.STAY and len(found.ways) == 1


def test_where_the_rate_is_not_known_the_answer_says_from_which_rate_on_it_pays():
    found = target(QuarterEnergy(0, 0, 100_000, 2_070), bands_of())
    assert found.code is FeeTargetCode.RATE_UNKNOWN
    assert found.natural.total_tiyn is None and found.gain_tiyn is None
    assert found.best.average_tiyn_per_kwh == 2_400
    assert found.unknown_ways == 1
    # 24.00 costs 2,399,500 + 287,940 + 100,000 = 2,787,440 tenge; 20.70 without fee 2,318,400: 469,040 over 100,000.
    assert found.pays_from_tiyn_per_kwh == 470
    at = target(QuarterEnergy(0, 0, 100_000, 2_070), (FeeBand(0, 2_400, 470), FeeBand(2_400, None, 100)))
    under = target(QuarterEnergy(0, 0, 100_000, 2_070), (FeeBand(0, 2_400, 469), FeeBand(2_400, None, 100)))
    assert at.code is FeeTargetCode.RAISE and under.code is FeeTargetCode.STAY


def test_where_no_rate_is_known_there_is_no_best_way():
    found = target(QuarterEnergy(0, 0, 1_000, 2_100), (FeeBand(0, 2_000, 300), FeeBand(2_000, None, None)))
    assert found.code is FeeTargetCode.RATE_UNKNOWN
    assert found.best is None and found.pays_from_tiyn_per_kwh is None


def test_unknown_steps_above_a_known_one_are_counted():
    found = target(QuarterEnergy(0, 0, 1_000, 1_450), bands_of(fee__bands_2023="draft_2022"))
    assert found.code is FeeTargetCode.STAY
    assert found.unknown_ways == 2


def test_the_lowest_price_is_brought_up_to_the_tick():
    assert target(QuarterEnergy(0, 0, 10, 2_101), tick=25).natural.spend_tiyn == 10 * 2_125


@pytest.mark.parametrize(("spend", "energy", "tick"), [(209_950_000, 100_000, 1), (7, 3, 1), (100, 7, 5)])
def test_an_exact_amount_is_spread_over_two_prices(spend, energy, tick):
    split = split_of(spend_tiyn=spend, planned_kwh=energy, tick_tiyn_per_kwh=tick)
    cost = split.low_kwh * split.low_tiyn_per_kwh + split.high_kwh * split.high_tiyn_per_kwh
    assert cost == spend
    assert split.low_kwh + split.high_kwh == energy
    assert split.high_tiyn_per_kwh - split.low_tiyn_per_kwh == tick
