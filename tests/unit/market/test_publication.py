"""What is published, what is withheld, and until when."""

from datetime import date

import numpy as np
import pytest

from kezek.market.clearing import clear_product
from kezek.market.curve import CurveRefusal, Level, demand_curve
from kezek.market.embargo import EmbargoRefusal, bids_open
from kezek.market.publication import summarise


def book(*bids):
    """Bids are (owner, tiyn/kWh, kWh)."""
    ids = sorted({owner for owner, _, _ in bids})
    columns = {
        "price_tiyn_per_kwh": np.array([price for _, price, _ in bids], dtype=np.int64),
        "quantity_kwh": np.array([kwh for _, _, kwh in bids], dtype=np.int64),
    }
    return columns, np.array([ids.index(owner) for owner, _, _ in bids], dtype=np.int64), ids


def cleared(supply_kwh, *bids, price_rule="pay_as_bid"):
    columns, claimant, ids = book(*bids)
    return clear_product(
        product_id="p",
        supply_kwh=supply_kwh,
        reserve_tiyn_per_kwh=0,
        **columns,
        claimant=claimant,
        claimant_ids=ids,
        price_rule=price_rule,
        tie_rule="pro_rata_per_operator",
        tie_key=b"root",
    )


def summary(supply_kwh, *bids, price_rule="pay_as_bid"):
    columns, _, ids = book(*bids)
    clearing = cleared(supply_kwh, *bids, price_rule=price_rule)
    return summarise(offered_kwh=supply_kwh, **columns, bidder_count=len(ids), clearing=clearing)


SCARCE = (("a", 1_801, 700), ("b", 2_000, 600), ("c", 1_900, 300), ("c", 1_800, 50))


def test_published_figures_are_weighted_by_energy_and_cover_what_was_sold():
    # 600 x 2,000 + 300 x 1,900 + 100 x 1,801 = 1,950,100 over 1,000 kWh = 1,950.1.
    published = summary(1_000, *SCARCE)
    assert (published.offered_kwh, published.asked_kwh, published.bought_kwh) == (1_000, 1_650, 1_000)
    assert (published.bid_count, published.bidder_count) == (4, 3)
    assert published.lowest_tiyn_per_kwh == 1_801
    assert published.average_tiyn_per_kwh == 1_950
    assert published.highest_tiyn_per_kwh == 2_000
    assert published.uniform_tiyn_per_kwh is None
    assert published.marginal_tiyn_per_kwh == 1_801
    assert published.first_rejected_tiyn_per_kwh == 1_801


def test_under_the_uniform_rule_the_one_price_is_published_and_every_figure_is_it():
    published = summary(1_000, *SCARCE, price_rule="uniform")
    assert published.uniform_tiyn_per_kwh == 1_801
    assert {
        published.lowest_tiyn_per_kwh,
        published.average_tiyn_per_kwh,
        published.highest_tiyn_per_kwh,
        published.marginal_tiyn_per_kwh,
    } == {1_801}


@pytest.mark.parametrize("price_rule", ["pay_as_bid", "uniform"])
def test_an_hour_that_does_not_sell_out_has_no_first_rejected(price_rule):
    published = summary(5_000, *SCARCE, price_rule=price_rule)
    assert (published.bought_kwh, published.first_rejected_tiyn_per_kwh) == (1_650, None)
    assert published.marginal_tiyn_per_kwh == 1_800


@pytest.mark.parametrize("price_rule", ["pay_as_bid", "uniform"])
def test_published_prices_are_absent_and_not_zero_where_nothing_was_sold(price_rule):
    published = summary(0, ("a", 1_800, 5), price_rule=price_rule)
    assert published.bought_kwh == 0
    assert {
        published.lowest_tiyn_per_kwh,
        published.average_tiyn_per_kwh,
        published.highest_tiyn_per_kwh,
        published.uniform_tiyn_per_kwh,
        published.marginal_tiyn_per_kwh,
    } == {None}
    assert published.first_rejected_tiyn_per_kwh == 1_800


def test_an_hour_without_bids_is_published_too():
    published = summary(500)
    assert (published.offered_kwh, published.asked_kwh, published.bid_count, published.bidder_count) == (500, 0, 0, 0)


def test_a_published_average_rounds_a_half_up():
    assert summary(2, ("a", 1_801, 1), ("b", 1_800, 1)).average_tiyn_per_kwh == 1_801


def test_a_published_average_of_huge_volumes_does_not_overflow():
    assert summary(2**52, ("a", 1_800, 2**51), ("b", 2_000, 2**51)).average_tiyn_per_kwh == 1_900


def test_a_clearing_of_another_book_is_not_summarised():
    columns, _, ids = book(*SCARCE)
    with pytest.raises(ValueError, match="length"):
        summarise(offered_kwh=1, **columns, bidder_count=len(ids), clearing=cleared(1, *SCARCE[:2]))
    with pytest.raises(ValueError, match="another book"):
        summarise(offered_kwh=1, **columns, bidder_count=3, clearing=cleared(5_000, *[("a", 9_999, 999)] * 4))


# --- the curve ------------------------------------------------------------------------------------------------------


def curve(*bids):
    columns, claimant, _ = book(*bids)
    return demand_curve(**columns, claimant=claimant)


def test_the_curve_adds_up_what_was_asked_at_each_price_or_more():
    shown = curve(*SCARCE, ("d", 1_900, 1))
    assert shown.levels == (Level(2_000, 600), Level(1_900, 901), Level(1_801, 1_601), Level(1_800, 1_651))
    assert (shown.withheld, shown.bidder_count) == (None, 4)


def test_a_curve_of_one_price_is_one_level():
    assert curve(("a", 1_800, 1), ("b", 1_800, 2), ("c", 1_800, 3)).levels == (Level(1_800, 6),)


@pytest.mark.parametrize("owners", ["", "a", "ab"])
def test_a_curve_of_fewer_than_three_owners_is_withheld_however_many_bids_they_sent(owners):
    withheld = curve(*[(who, 1_800 + n, 10) for who in owners for n in range(5)])
    assert withheld.withheld is CurveRefusal.TOO_FEW_BIDDERS
    assert withheld.levels == ()
    assert (withheld.bidder_count, withheld.fewest_bidders) == (len(owners), 3)


def test_a_curve_does_not_depend_on_who_sent_what():
    swapped = [(who, price, kwh) for who, (_, price, kwh) in zip("cabb", SCARCE, strict=True)]
    assert curve(*swapped) == curve(*SCARCE)


def test_columns_of_different_length_have_no_curve():
    with pytest.raises(ValueError, match="length"):
        demand_curve(
            price_tiyn_per_kwh=np.array([1]), quantity_kwh=np.array([1, 2]), claimant=np.array([0, 1], dtype=np.int64)
        )


# --- the embargo ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "open_"),
    [
        (date(2025, 10, 14), False),  # before delivery
        (date(2025, 10, 15), False),
        (date(2025, 11, 14), False),  # the thirtieth day after delivery is the last one closed
        (date(2025, 11, 15), True),
        (date(2026, 1, 1), True),
    ],
)
def test_bids_open_when_the_whole_days_after_delivery_are_over(on, open_):
    answer = bids_open(delivered_on=date(2025, 10, 15), embargo_days=30, on=on)
    assert answer.open is open_
    assert answer.refusal is (None if open_ else EmbargoRefusal.UNDER_EMBARGO)
    assert answer.until_on == date(2025, 11, 15)


def test_without_an_embargo_bids_open_on_the_day_after_delivery():
    days = [bids_open(delivered_on=date(2024, 2, 28), embargo_days=0, on=date(2024, 2, day)).open for day in (28, 29)]
    assert days == [False, True]


def test_a_negative_embargo_is_a_bug():
    with pytest.raises(ValueError, match="-1"):
        bids_open(delivered_on=date(2025, 10, 15), embargo_days=-1, on=date(2025, 10, 15))
