"""What other market software gets wrong, each as a test of ours; a comment says what the other did."""

from itertools import pairwise

import numpy as np
import pytest

from kezek.market.apportion import highest_averages, tie_rank
from kezek.market.clearing import clear_product
from kezek.units.rounding import largest_remainder

PRICE_RULES = ["pay_as_bid", "uniform"]


def clear(supply_kwh, *bids, price_rule="pay_as_bid", tie_rule="pro_rata_per_operator", product_id="p", reserve=0):
    """Bids are (owner, tiyn/kWh, kWh) in order of arrival."""
    ids = sorted({owner for owner, _, _ in bids})
    return clear_product(
        product_id=product_id,
        supply_kwh=supply_kwh,
        reserve_tiyn_per_kwh=reserve,
        price_tiyn_per_kwh=np.array([price for _, price, _ in bids], dtype=np.int64),
        quantity_kwh=np.array([kwh for _, _, kwh in bids], dtype=np.int64),
        claimant=np.array([ids.index(owner) for owner, _, _ in bids], dtype=np.int64),
        claimant_ids=ids,
        price_rule=price_rule,
        tie_rule=tie_rule,
        tie_key=b"root",
    )


# --- ASSUME 0.6.0 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("price_rule", PRICE_RULES)
def test_assume_1_a_residual_of_floats_never_sets_the_price(price_rule):
    # ASSUME: 0.1 + 0.2 wanted, 0.3 at 10 and 5 at 999 offered, cleared at 999 with 0 accepted at 999. Here the same
    # sum in kWh, bidders in place of sellers: 100 + 200 kWh offered, 300 wanted at 1,999, the next bid gets nothing.
    clearing = clear(100 + 200, ("a", 1_999, 300), ("b", 1_800, 5_000), price_rule=price_rule)
    assert clearing.fill_kwh.tolist() == [300, 0]
    assert clearing.marginal_tiyn_per_kwh == 1_999
    assert clearing.pay_tiyn_per_kwh.tolist() == [1_999, 0]


def test_assume_1_a_float_column_does_not_even_come_in():
    # ASSUME takes floats everywhere. 0.1 + 0.2 is not 0.3, so a quantity in MW as a float is refused.
    with pytest.raises(ValueError, match="quantity must be one column of int64"):
        clear_product(
            product_id="p",
            supply_kwh=300,
            reserve_tiyn_per_kwh=0,
            price_tiyn_per_kwh=np.array([1_999]),
            quantity_kwh=np.array([0.1 + 0.2]),
            claimant=np.array([0]),
            claimant_ids=["a"],
            price_rule="uniform",
            tie_rule="time_priority",
            tie_key=b"",
        )


@pytest.mark.parametrize("residual", [1, 0])
def test_assume_843_only_a_whole_kwh_can_move_the_price(residual):
    # ASSUME #843: a residual of 1.1e-14 MW moved the price from 290 to 1,000. Here the smallest residual is a kWh,
    # and it shows in the fills: either somebody is served at the price or it is not the price.
    clearing = clear(1_000 + residual, ("a", 1_000, 1_000), ("b", 290, 50), price_rule="uniform")
    assert clearing.fill_kwh.tolist() == [1_000, residual]
    assert clearing.marginal_tiyn_per_kwh == (290 if residual else 1_000)


@pytest.mark.parametrize("price_rule", PRICE_RULES)
def test_assume_2_the_price_is_the_bidders_and_not_the_sellers_offer(price_rule):
    # ASSUME: one unit offered at 5, bids 100 and 90: price 5. The scarcity rent is the state's.
    clearing = clear(1, ("a", 100, 1), ("b", 90, 1), price_rule=price_rule, reserve=5)
    assert clearing.pay_tiyn_per_kwh.tolist() == [100, 0]


def test_assume_3_thirty_runs_of_a_tie_have_one_winner_and_who_it_is_depends_on_the_root_alone():
    # ASSUME: ties by an unseeded random number; 30 identical runs gave both winners.
    runs = {tuple(clear(1, ("a", 1_800, 1), ("b", 1_800, 1)).fill_kwh.tolist()) for _ in range(30)}
    first = min("ab", key=lambda who: tie_rank(tie_key=b"root", product_id="p", claimant=who))
    assert runs == {(1, 0) if first == "a" else (0, 1)}


def test_assume_4_identical_orders_stay_as_many_as_were_sent():
    # ASSUME: three identical orders of one bidder: four orders in, three out.
    clearing = clear(35, *[("a", 1_800, 10)] * 3, ("b", 1_900, 10))
    assert clearing.fill_kwh.tolist() == [10, 10, 5, 10]


@pytest.mark.parametrize("tie_rule", ["pro_rata_per_operator", "time_priority", "equal_share"])
def test_assume_4_every_bid_is_in_exactly_one_of_accepted_partly_and_rejected(tie_rule):
    # ASSUME: an order for another product is in neither list. Here each row has its own fill, and nothing is added.
    bids = [("a", 1_900, 10), ("b", 1_800, 10), ("c", 1_800, 10), ("a", 1_700, 10)]
    fill = clear(25, *bids, tie_rule=tie_rule).fill_kwh
    accepted, partly, rejected = fill == 10, (fill > 0) & (fill < 10), fill == 0
    assert (accepted.astype(int) + partly + rejected).tolist() == [1, 1, 1, 1]
    assert fill.sum() == 25


@pytest.mark.parametrize(
    ("bid", "fault"),
    [(("a", 1_800, 0), "positive"), (("a", 1_800, -5), "positive"), (("a", 1_799, 5), "under the reserve")],
)
@pytest.mark.parametrize("supply", [3, 100])
def test_assume_5_out_of_range_input_raises_and_is_never_clamped(bid, fault, supply):
    # ASSUME: a price or a volume out of range is silently changed to the limit.
    with pytest.raises(ValueError, match=fault):
        clear(supply, bid, ("b", 1_800, 1), reserve=1_800)


@pytest.mark.parametrize("wrong", [{"price_rule": "pay_as_clear"}, {"tie_rule": "random"}], ids=str)
def test_assume_5_an_unknown_rule_raises_and_becomes_no_other(wrong):
    # ASSUME: an unknown bid type becomes a simple bid, an unknown node the first node.
    with pytest.raises(ValueError, match="unknown"):
        clear(1, ("a", 1_800, 1), **wrong)


@pytest.mark.parametrize("supply", [0, 7, 100])
def test_assume_6_the_book_is_left_as_it_was(supply):
    # ASSUME: the order dictionaries that come in are written into. Read-only columns would raise here.
    price, kwh, owner = np.array([1_900, 1_800, 1_800]), np.array([5, 5, 5]), np.array([0, 1, 0])
    for column in (price, kwh, owner):
        column.setflags(write=False)
    clearing = clear_product(
        product_id="p",
        supply_kwh=supply,
        reserve_tiyn_per_kwh=1_800,
        price_tiyn_per_kwh=price,
        quantity_kwh=kwh,
        claimant=owner,
        claimant_ids=["a", "b"],
        price_rule="uniform",
        tie_rule="equal_share",
        tie_key=b"root",
    )
    assert int(clearing.fill_kwh.sum()) == min(supply, 15)
    assert not np.shares_memory(clearing.fill_kwh, kwh)
    assert not np.shares_memory(clearing.pay_tiyn_per_kwh, price)


@pytest.mark.parametrize("price_rule", PRICE_RULES)
def test_assume_7_an_empty_book_gives_an_answer_of_the_same_shape(price_rule):
    # ASSUME: clear([]) returns three values where the callers unpack four.
    empty, full = clear(500, price_rule=price_rule), clear(500, ("a", 1_800, 1), price_rule=price_rule)
    assert type(empty) is type(full)
    assert empty.rules == full.rules
    assert (empty.fill_kwh.tolist(), empty.pay_tiyn_per_kwh.tolist()) == ([], [])
    assert (empty.marginal_tiyn_per_kwh, empty.first_rejected_tiyn_per_kwh) == (None, None)


@pytest.mark.parametrize("supply", [9_999, 10_000, 10_001])
def test_assume_7_no_epsilon_decides_money(supply):
    # ASSUME: EPS = 1e-4 decides whether something is left: one part in ten thousand. Here one kWh of 10,000 counts.
    clearing = clear(supply, ("a", 1_900, 10_000), ("b", 1_800, 10))
    assert clearing.fill_kwh.tolist() == [min(supply, 10_000), max(supply - 10_000, 0)]


def test_assume_8_a_refused_book_says_which_fault_it_has():
    # ASSUME: errors of clear() answer "unable to process" and no reason.
    with pytest.raises(ValueError, match="a bid of 1799 tiyn/kWh is under the reserve of 1800"):
        clear(1, ("a", 1_799, 1), reserve=1_800)


def test_assume_584_a_rejected_bid_gets_the_price_of_no_other_hour():
    # ASSUME #584: rejected orders carried the price of another hour. A bid without award pays 0, hour by hour.
    night = clear(10, ("a", 1_900, 10), ("b", 1_800, 10), price_rule="uniform", product_id="night")
    day = clear(10, ("a", 2_400, 10), ("b", 2_300, 10), price_rule="uniform", product_id="day")
    assert night.pay_tiyn_per_kwh.tolist() == [1_900, 0]
    assert day.pay_tiyn_per_kwh.tolist() == [2_400, 0]


def test_assume_795_bids_that_look_alike_are_never_merged():
    # ASSUME #795: bids of one id silently become one. A row is a row here: its place is its identity.
    clearing = clear(15, ("a", 1_800, 10), ("a", 1_800, 10))
    assert clearing.fill_kwh.tolist() == [10, 5]


# --- PyMarket 0.7.6 -------------------------------------------------------------------------------------------------


def test_pymarket_prices_that_nearly_agree_stay_apart():
    # PyMarket rounds 2.444446 and 2.444447 into one price. One tiyn is a difference, however large the price.
    clearing = clear(10, ("late", 2_444_446, 10), ("high", 2_444_447, 10))
    assert clearing.fill_kwh.tolist() == [0, 10]
    assert clear(10, ("low", 2**53, 10), ("high", 2**53 + 1, 10)).fill_kwh.tolist() == [0, 10]


# --- Apportionment --------------------------------------------------------------------------------------------------


def test_no_alabama_paradox_when_supply_grows_by_one():
    # Largest remainder, the usual pro rata, gives claims (6, 6, 2) of 10 kWh (4, 4, 2) and of 11 kWh (5, 5, 1): the
    # third loses a kWh because there is more; a curtailment would raise its award.
    ten, eleven = largest_remainder(10, [6, 6, 2]), largest_remainder(11, [6, 6, 2])
    assert eleven[2] < ten[2]
    claims = {"a": 6, "b": 6, "c": 2}
    ranks = {who: tie_rank(tie_key=b"k", product_id="p", claimant=who) for who in claims}
    ours = [highest_averages(total_kwh=total, claims_kwh=claims, ranks=ranks) for total in range(15)]
    assert all(less[who] <= more[who] for less, more in pairwise(ours) for who in claims)


@pytest.mark.parametrize("tie_rule", ["pro_rata_per_operator", "equal_share"])
def test_a_split_into_many_orders_gains_nothing(tie_rule):
    # Shares per order (IESO's former equal share, a random pick, an order each in time) pay for splitting.
    whole = clear(30, ("a", 1_800, 40), ("b", 1_800, 40), tie_rule=tie_rule)
    split = clear(30, *[("a", 1_800, 1)] * 40, ("b", 1_800, 40), tie_rule=tie_rule)
    assert int(split.fill_kwh[:40].sum()) == int(whole.fill_kwh[0]) == 15
