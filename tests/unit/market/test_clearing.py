"""Clearing by hand, and what other market software gets wrong (anchors/market.md, section 3), each as a test."""

from dataclasses import dataclass

import numpy as np
import pytest

from kezek.market.apportion import equal_share, highest_averages, tie_rank
from kezek.market.clearing import clear_product
from kezek.market.publication import summarise

PRO_RATA, IN_TIME, EQUAL = "pro_rata_per_operator", "time_priority", "equal_share"
RULES = [PRO_RATA, IN_TIME, EQUAL]


@dataclass(frozen=True)
class Bid:
    operator: str
    price: int
    kwh: int


def clear(supply_kwh, *bids, tie_rule=PRO_RATA, price_rule="pay_as_bid", tie_key=b"root", product_id="p"):
    return clear_product(
        product_id=product_id,
        supply_kwh=supply_kwh,
        price_tiyn_per_kwh=np.array([bid.price for bid in bids], dtype=np.int64),
        quantity_kwh=np.array([bid.kwh for bid in bids], dtype=np.int64),
        operator_ids=[bid.operator for bid in bids],
        price_rule=price_rule,
        tie_rule=tie_rule,
        tie_key=tie_key,
    )


def summary(supply_kwh, *bids, **how):
    clearing = clear(supply_kwh, *bids, **how)
    return summarise(offered_kwh=supply_kwh, quantity_kwh=[bid.kwh for bid in bids], clearing=clearing)


# --- the normal case and its edges ----------------------------------------------------------------------------------


@pytest.mark.parametrize("tie_rule", RULES)
def test_an_hour_that_does_not_sell_out_serves_everybody_at_the_own_price(tie_rule):
    clearing = clear(10_000, Bid("a", 1_850, 900), Bid("b", 1_800, 300), Bid("a", 2_400, 5), tie_rule=tie_rule)
    assert clearing.fill_kwh.tolist() == [900, 300, 5]
    assert clearing.pay_tiyn_per_kwh.tolist() == [1_850, 1_800, 2_400]
    assert clearing.marginal_tiyn_per_kwh == 1_800
    assert clearing.first_rejected_tiyn_per_kwh is None


def test_a_scarce_hour_goes_from_the_highest_price_down():
    clearing = clear(1_000, Bid("a", 1_800, 700), Bid("b", 2_000, 600), Bid("c", 1_900, 300))
    assert clearing.fill_kwh.tolist() == [100, 600, 300]
    assert clearing.pay_tiyn_per_kwh.tolist() == [1_800, 2_000, 1_900]
    assert (clearing.marginal_tiyn_per_kwh, clearing.first_rejected_tiyn_per_kwh) == (1_800, 1_800)


@pytest.mark.parametrize("tie_rule", RULES)
def test_supply_that_equals_demand_is_sold_whole_with_nobody_rejected(tie_rule):
    clearing = clear(1_000, Bid("a", 1_800, 400), Bid("b", 1_900, 600), tie_rule=tie_rule)
    assert clearing.fill_kwh.tolist() == [400, 600]
    assert clearing.first_rejected_tiyn_per_kwh is None


@pytest.mark.parametrize("tie_rule", RULES)
def test_supply_that_ends_exactly_with_a_price_level_leaves_the_next_level_empty(tie_rule):
    clearing = clear(600, Bid("a", 1_800, 400), Bid("b", 1_900, 600), tie_rule=tie_rule)
    assert clearing.fill_kwh.tolist() == [0, 600]
    assert (clearing.marginal_tiyn_per_kwh, clearing.first_rejected_tiyn_per_kwh) == (1_900, 1_800)


@pytest.mark.parametrize("tie_rule", RULES)
def test_an_hour_without_supply_sells_nothing_and_has_no_price(tie_rule):
    clearing = clear(0, Bid("a", 1_800, 400), Bid("b", 1_900, 600), tie_rule=tie_rule)
    assert clearing.fill_kwh.tolist() == [0, 0]
    assert clearing.pay_tiyn_per_kwh.tolist() == [0, 0]
    assert (clearing.marginal_tiyn_per_kwh, clearing.first_rejected_tiyn_per_kwh) == (None, 1_900)


@pytest.mark.parametrize("price_rule", ["pay_as_bid", "uniform"])
def test_an_hour_without_bids_clears_to_nothing(price_rule):
    clearing = clear(500, price_rule=price_rule)
    assert clearing.fill_kwh.tolist() == []
    assert (clearing.marginal_tiyn_per_kwh, clearing.first_rejected_tiyn_per_kwh) == (None, None)


@pytest.mark.parametrize(("supply", "filled"), [(99, 99), (100, 100), (101, 100)])
def test_a_single_bid_gets_what_there_is_up_to_its_own(supply, filled):
    assert clear(supply, Bid("a", 1_800, 100)).fill_kwh.tolist() == [filled]


def test_a_uniform_price_is_the_lowest_accepted_bid():
    clearing = clear(650, Bid("a", 2_400, 400), Bid("b", 1_900, 400), Bid("c", 1_800, 400), price_rule="uniform")
    assert clearing.fill_kwh.tolist() == [400, 250, 0]
    assert clearing.pay_tiyn_per_kwh.tolist() == [1_900, 1_900, 0]


def test_the_rules_are_named_with_their_version_in_the_result():
    assert clear(1, Bid("a", 1, 1), tie_rule=EQUAL, price_rule="uniform").rules == ("uniform/1", "equal_share/1")


# --- sharing at the margin ------------------------------------------------------------------------------------------


def test_pro_rata_shares_by_highest_averages_per_operator():
    # Claims 6 and 3 for 7 kWh: averages 6, 3, 3, 2, 1.5, 1.5, 1.2; the seven highest are 5 of a's and 2 of b's.
    clearing = clear(7, Bid("a", 1_800, 6), Bid("b", 1_800, 3))
    assert clearing.fill_kwh.tolist() == [5, 2]


def test_pro_rata_counts_an_operator_once_however_many_orders_it_sent():
    split = clear(7, *[Bid("a", 1_800, 1)] * 6, Bid("b", 1_800, 3))
    assert split.fill_kwh.tolist() == [1, 1, 1, 1, 1, 0, 2]


def test_time_priority_serves_the_first_order_first():
    clearing = clear(7, Bid("b", 1_800, 3), Bid("a", 1_800, 6), tie_rule=IN_TIME)
    assert clearing.fill_kwh.tolist() == [3, 4]


def test_equal_share_serves_small_claims_whole_and_the_rest_alike():
    clearing = clear(90, Bid("a", 1_800, 10), Bid("b", 1_800, 100), Bid("c", 1_800, 60), tie_rule=EQUAL)
    assert clearing.fill_kwh.tolist() == [10, 40, 40]


def test_no_alabama_paradox_when_supply_grows_by_one():
    # Largest remainder gives claims (6, 6, 2) of 10: (4, 4, 2), of 11: (5, 5, 1): the third loses by more supply.
    claims = {"a": 6, "b": 6, "c": 2}
    ranks = {who: tie_rank(tie_key=b"k", product_id="p", claimant=who) for who in claims}
    ten, eleven = (highest_averages(total_kwh=total, claims_kwh=claims, ranks=ranks) for total in (10, 11))
    assert all(ten[who] <= eleven[who] for who in claims)


def test_an_exact_tie_goes_to_the_larger_claim_so_that_a_merger_keeps_its_kwh():
    # 2 kWh over claims 2 and 1: the second kWh is a tie, 2/2 against 1/1.
    for rank_of_large, rank_of_small in ((b"0", b"1"), (b"1", b"0")):
        ranks = {"large": rank_of_large, "small": rank_of_small}
        parts = highest_averages(total_kwh=2, claims_kwh={"large": 2, "small": 1}, ranks=ranks)
        assert parts == {"large": 2, "small": 0}


def test_an_exact_tie_of_equal_claims_goes_by_the_hash():
    claims = {"a": 1, "b": 1}
    assert highest_averages(total_kwh=1, claims_kwh=claims, ranks={"a": b"1", "b": b"0"}) == {"a": 0, "b": 1}
    assert equal_share(total_kwh=1, claims_kwh=claims, ranks={"a": b"1", "b": b"0"}) == {"a": 0, "b": 1}


@pytest.mark.parametrize("tie_rule", [PRO_RATA, EQUAL])
def test_an_exact_tie_is_stable_for_one_root_and_open_before_it(tie_rule):
    def winner(tie_key, product_id="p", order="ab"):
        bids = [Bid(who, 1_800, 1) for who in order]
        fill = clear(1, *bids, tie_rule=tie_rule, tie_key=tie_key, product_id=product_id).fill_kwh
        return order[int(fill.argmax())]

    assert {winner(b"root") for _ in range(20)} == {winner(b"root", order="ba")}
    assert {winner(bytes([n])) for n in range(40)} == {"a", "b"}
    assert {winner(b"root", product_id=f"hour-{n}") for n in range(40)} == {"a", "b"}


def test_the_tie_hash_is_the_published_one():
    # sha256("kezek-tie-1" NUL root NUL product NUL claimant), so that anybody can replay it.
    import hashlib

    expected = hashlib.sha256(b"kezek-tie-1\x00root\x002025-10-15/west/07\x00OP-001").digest()
    assert tie_rank(tie_key=b"root", product_id="2025-10-15/west/07", claimant="OP-001") == expected


@pytest.mark.parametrize("total", [-1, 4])
def test_a_total_outside_the_claims_is_a_bug_that_raises(total):
    with pytest.raises(ValueError, match="not between"):
        highest_averages(total_kwh=total, claims_kwh={"a": 3}, ranks={"a": b""})


# --- what other software gets wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize("price_rule", ["pay_as_bid", "uniform"])
def test_assume_a_residual_of_floats_never_sets_the_price(price_rule):
    # ASSUME: 0.1 + 0.2 wanted, 0.3 at 10 and 5 at 999 offered, cleared at 999 with 0 accepted at 999. Here the same
    # sum in kWh, bidders in place of sellers: 100 + 200 kWh offered, 300 wanted at 1,999, the next bid gets nothing.
    clearing = clear(100 + 200, Bid("a", 1_999, 300), Bid("b", 1_800, 5_000), price_rule=price_rule)
    assert clearing.fill_kwh.tolist() == [300, 0]
    assert clearing.marginal_tiyn_per_kwh == 1_999
    assert clearing.pay_tiyn_per_kwh.tolist() == [1_999, 0]


@pytest.mark.parametrize(("price_rule", "paid"), [("pay_as_bid", 100), ("uniform", 100)])
def test_assume_the_price_is_the_bidders_and_not_the_sellers_offer(price_rule, paid):
    # ASSUME: one unit offered at 5, bids 100 and 90: price 5. The scarcity rent is the state's.
    clearing = clear(1, Bid("a", 100, 1), Bid("b", 90, 1), price_rule=price_rule)
    assert clearing.pay_tiyn_per_kwh.tolist() == [paid, 0]


def test_assume_thirty_runs_of_a_tie_have_one_winner():
    runs = {tuple(clear(1, Bid("a", 1_800, 1), Bid("b", 1_800, 1)).fill_kwh.tolist()) for _ in range(30)}
    assert len(runs) == 1


def test_assume_identical_orders_stay_as_many_as_were_sent():
    # ASSUME: three identical orders of one bidder: four orders in, three out.
    clearing = clear(35, *[Bid("a", 1_800, 10)] * 3, Bid("b", 1_900, 10))
    assert len(clearing.fill_kwh) == 4
    assert clearing.fill_kwh.tolist() == [10, 10, 5, 10]


def test_assume_out_of_range_input_raises_and_is_never_clamped():
    for wrong in (Bid("a", 1_800, 0), Bid("a", 1_800, -5)):
        with pytest.raises(ValueError, match="positive"):
            clear(100, wrong)
    with pytest.raises(ValueError, match="negative"):
        clear(-1, Bid("a", 1_800, 1))


def test_pymarket_prices_that_nearly_agree_stay_apart():
    # PyMarket rounds 2.444446 and 2.444447 into one price. One tiyn is a difference.
    clearing = clear(10, Bid("late", 2_444_446, 10), Bid("high", 2_444_447, 10))
    assert clearing.fill_kwh.tolist() == [0, 10]
    assert clear(10, Bid("low", 2**53, 10), Bid("high", 2**53 + 1, 10)).fill_kwh.tolist() == [0, 10]


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tie_rule", RULES)
def test_quantities_that_a_float_would_round_stay_exact(tie_rule):
    huge = 2**53
    clearing = clear(2 * huge + 1, *[Bid(who, 1_800, huge) for who in "abc"], tie_rule=tie_rule)
    fills = clearing.fill_kwh.tolist()
    assert sum(fills) == 2 * huge + 1
    if tie_rule == IN_TIME:
        assert fills == [huge, huge, 1]
    else:  # 2 x 2**53 + 1 over three is 6,004,799,503,160,661.67
        assert sorted(fills) == [6_004_799_503_160_661, 6_004_799_503_160_662, 6_004_799_503_160_662]


def test_quantities_that_would_overflow_are_refused_and_not_wrapped():
    # Two times 2**62 wraps to a negative sum in 64 bits: less than any supply, so everybody would be served.
    with pytest.raises(ValueError, match=r"2\*\*63"):
        clear(100, Bid("a", 1_800, 2**62), Bid("b", 1_800, 2**62))


@pytest.mark.parametrize("supply", [0, 5, 1_000], ids=["none", "scarce", "plenty"])
@pytest.mark.parametrize("wrong", [{"tie_rule": "random"}, {"price_rule": "vcg"}], ids=str)
def test_an_unknown_rule_raises_in_every_hour_scarce_or_not(supply, wrong):
    with pytest.raises(ValueError, match="unknown"):
        clear(supply, Bid("a", 1_800, 5), Bid("b", 1_800, 5), **wrong)


def test_columns_of_different_length_raise():
    with pytest.raises(ValueError, match="length"):
        clear_product(
            product_id="p",
            supply_kwh=1,
            price_tiyn_per_kwh=np.array([1_800, 1_900]),
            quantity_kwh=np.array([1]),
            operator_ids=["a", "b"],
            price_rule="pay_as_bid",
            tie_rule=PRO_RATA,
            tie_key=b"",
        )


# --- what is published ----------------------------------------------------------------------------------------------


def test_published_figures_are_weighted_by_energy_and_cover_what_was_sold():
    # 600 x 2,000 + 300 x 1,900 + 100 x 1,801 = 1,950,100 over 1,000 kWh = 1,950.1.
    published = summary(1_000, Bid("a", 1_801, 700), Bid("b", 2_000, 600), Bid("c", 1_900, 300))
    assert (published.offered_kwh, published.asked_kwh, published.bought_kwh, published.bid_count) == (
        1_000,
        1_600,
        1_000,
        3,
    )
    assert published.lowest_tiyn_per_kwh == 1_801
    assert published.average_tiyn_per_kwh == 1_950
    assert published.highest_tiyn_per_kwh == 2_000
    assert published.first_rejected_tiyn_per_kwh == 1_801


def test_published_prices_are_absent_and_not_zero_where_nothing_was_sold():
    published = summary(0, Bid("a", 1_800, 5))
    assert published.bought_kwh == 0
    assert {
        published.lowest_tiyn_per_kwh,
        published.average_tiyn_per_kwh,
        published.highest_tiyn_per_kwh,
    } == {None}


def test_a_published_average_of_huge_volumes_does_not_overflow():
    assert summary(2**54, Bid("a", 1_800, 2**53), Bid("b", 2_000, 2**53)).average_tiyn_per_kwh == 1_900
