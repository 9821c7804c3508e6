from dataclasses import replace
from datetime import date

from kezek.law.book import load_book
from kezek.planning.bidding import Ceiling, NoBid, Strategy, Wish, Worth, ceiling_of, choose_bid, prices_to_try
from kezek.planning.breakeven import SiteCosts
from kezek.planning.fee_target import fee_bands
from kezek.planning.win_chance import PriceRecord
from kezek.registry.operator import Route
from kezek.units.rounding import PPM

COSTS = SiteCosts(250, 250, 110, 0, 40_000, 20_000, 10_000, 120_000)
NOTHING = PriceRecord()
VALUE = 5_000_000
"""50 tenge of coins per kWh. [tiyn/MWh]"""


def law(on=date(2025, 10, 15), **readings):
    return load_book().at(on=on, readings={key.replace("__", "."): value for key, value in readings.items()})


LAW = law()
OPEN_2023 = law(date(2023, 8, 15))
GUESSED_2023 = law(date(2023, 8, 15), fee__bands_2023="hypothesis")


def worth(value=VALUE, law=LAW, costs=COSTS):
    return Worth(value, Route.GRID_SURPLUS, costs, fee_bands(route=Route.GRID_SURPLUS, law=law), law)


def choose(strategy=Strategy.BEST, *, record=NOTHING, reserve=1_800, of=None, tick=1, **wish):
    of = of or worth()
    return choose_bid(
        worth=of,
        ceiling=ceiling_of(worth=of, tick_tiyn_per_kwh=tick),
        record=record,
        wish=Wish(strategy, **wish),
        reserve_tiyn_per_kwh=reserve,
        tick_tiyn_per_kwh=tick,
    )


def test_the_ceiling_is_the_break_even_price():
    assert ceiling_of(worth=worth(), tick_tiyn_per_kwh=1) == Ceiling(3_642, False)
    assert ceiling_of(worth=worth(), tick_tiyn_per_kwh=25) == Ceiling(3_625, False)


def test_where_the_bands_are_unknown_the_ceiling_is_that_of_the_known_ones():
    assert ceiling_of(worth=worth(law=OPEN_2023), tick_tiyn_per_kwh=1).price_tiyn_per_kwh == 3_732
    assert worth(law=OPEN_2023).result(2_399) is None
    assert ceiling_of(worth=worth(2_500_000, OPEN_2023), tick_tiyn_per_kwh=1) == Ceiling(None, True)
    assert choose(of=worth(2_500_000, OPEN_2023)).why_not is NoBid.RATE_UNKNOWN


def test_machines_that_lose_at_any_price_do_not_bid():
    assert choose(of=worth(100_000)).why_not is NoBid.NO_PRICE_PAYS
    assert choose(of=worth(100_000), strategy=Strategy.TRUTHFUL).why_not is NoBid.NO_PRICE_PAYS


def test_a_reserve_over_the_ceiling_ends_it():
    assert choose(reserve=3_643).why_not is NoBid.CEILING_UNDER_RESERVE
    assert choose(Strategy.TRUTHFUL, reserve=3_642).price_tiyn_per_kwh == 3_642
    assert choose(Strategy.TRUTHFUL, reserve=3_640, tick=25).why_not is NoBid.CEILING_UNDER_RESERVE


def test_an_hour_that_never_sells_out_is_bid_at_the_reserve():
    assert choose(record=PriceRecord((), 30)).price_tiyn_per_kwh == 1_800


def test_the_best_bid_by_hand():
    # Net at 18.00 with one win of three, at 19.01 with two, at 30.01 with all: about 1,544 x 1, 1,459 x 2, 536 x 3.
    assert choose(record=PriceRecord((1_900, 3_000), 1)).price_tiyn_per_kwh == 1_901


def test_ties_of_expected_profit_go_to_the_lower_price():
    free = SiteCosts(0, 0, 0, 0, 0, 0, 0, 0)
    dear = law(tax__income="s0", compliance__cost="profit")
    of = worth(2_200_000, LAW, free)  # nets 20 tenge less the price, less a quarter of it
    # 2,000 - 1,600 = 400 once, 2,000 - 1,800 = 200 twice: the same.
    record = PriceRecord((1_799,), 1)
    assert of.net_tiyn(1_600) == 2 * of.net_tiyn(1_800) > 0
    assert choose(record=record, reserve=1_600, of=of).price_tiyn_per_kwh == 1_600
    assert worth(2_200_000, dear, free).net_tiyn(1_600) < of.net_tiyn(1_600)


def test_a_tie_at_the_margin_is_outbid_by_one_tick():
    assert choose(record=PriceRecord((1_800,) * 10)).price_tiyn_per_kwh == 1_801
    assert choose(record=PriceRecord((1_800,) * 10), tick=25).price_tiyn_per_kwh == 1_825


def test_what_never_won_under_the_ceiling_is_not_bid():
    assert choose(record=PriceRecord((9_000,) * 10)).why_not is NoBid.NOTHING_TO_GAIN
    assert choose(record=PriceRecord()).why_not is NoBid.NOTHING_TO_GAIN


def test_an_edge_of_the_fee_is_a_price_to_try():
    of = worth(4_000_000, GUESSED_2023)
    tried = list(prices_to_try(worth=of, record=PriceRecord((), 5), reserve_tiyn_per_kwh=2_050, tick=1))
    assert tried == [2_050, 2_100, 2_200, 2_300, 2_400]
    assert of.net_tiyn(2_100) > of.net_tiyn(2_099)
    assert choose(record=PriceRecord((), 5), reserve=2_095, of=of).price_tiyn_per_kwh == 2_100


def test_the_margin_is_a_distance_from_the_ceiling():
    assert choose(Strategy.MARGIN, margin_tiyn_per_kwh=150).price_tiyn_per_kwh == 3_492
    assert choose(Strategy.MARGIN, margin_tiyn_per_kwh=1_842).price_tiyn_per_kwh == 1_800
    assert choose(Strategy.MARGIN, margin_tiyn_per_kwh=1_843).why_not is NoBid.MARGIN_UNDER_RESERVE


def test_a_margin_can_fall_into_a_band_where_a_mwh_loses_or_nothing_is_known():
    of = worth(3_192_000, GUESSED_2023, replace(COSTS, vat_ppm=0))
    top = ceiling_of(worth=of, tick_tiyn_per_kwh=1).price_tiyn_per_kwh
    losing = next(price for price in range(top, 1_000, -1) if of.net_tiyn(price) < 0)
    assert choose(Strategy.MARGIN, margin_tiyn_per_kwh=top - losing, of=of, reserve=1_000).why_not is (
        NoBid.LOSES_AT_PRICE
    )
    unknown = choose(Strategy.MARGIN, margin_tiyn_per_kwh=1_500, of=worth(law=OPEN_2023))
    assert unknown.why_not is NoBid.RATE_UNKNOWN


def test_the_target_is_the_lowest_price_that_wins_often_enough():
    record = PriceRecord((1_900, 2_000, 2_500, 3_000), 1)
    assert choose(Strategy.TARGET, record=record, target_ppm=200_000).price_tiyn_per_kwh == 1_800
    assert choose(Strategy.TARGET, record=record, target_ppm=200_001).price_tiyn_per_kwh == 1_901
    assert choose(Strategy.TARGET, record=record, target_ppm=800_000).price_tiyn_per_kwh == 2_501
    assert choose(Strategy.TARGET, record=record, target_ppm=PPM).price_tiyn_per_kwh == 3_001
    dearer = PriceRecord((*record.marginal_tiyn_per_kwh, 9_000), 1)
    assert choose(Strategy.TARGET, record=dearer, target_ppm=PPM).why_not is NoBid.TARGET_OUT_OF_REACH
    assert choose(Strategy.TARGET).why_not is NoBid.TARGET_OUT_OF_REACH


def test_under_one_price_for_all_every_strategy_bids_the_ceiling():
    for strategy in Strategy:
        found = choose(strategy, record=PriceRecord((9_000,) * 5), uniform=True, margin_tiyn_per_kwh=100)
        assert found.price_tiyn_per_kwh == 3_642


def test_truthful_paid_as_bid_leaves_nothing_of_a_mwh():
    assert worth().net_tiyn(choose(Strategy.TRUTHFUL).price_tiyn_per_kwh) == 720
