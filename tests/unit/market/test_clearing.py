"""Clearing by hand: the hour that does not sell out, its edges, sharing at the margin, and what is refused."""

from dataclasses import dataclass

import numpy as np
import pytest

from kezek.market.apportion import equal_share, highest_averages, tie_rank
from kezek.market.clearing import clear_product

PRO_RATA, IN_TIME, EQUAL = "pro_rata_per_operator", "time_priority", "equal_share"
RULES = [PRO_RATA, IN_TIME, EQUAL]


@dataclass(frozen=True)
class Bid:
    operator: str
    price: int
    kwh: int


def columns(*bids):
    ids = sorted({bid.operator for bid in bids})
    return {
        "price_tiyn_per_kwh": np.array([bid.price for bid in bids], dtype=np.int64),
        "quantity_kwh": np.array([bid.kwh for bid in bids], dtype=np.int64),
        "claimant": np.array([ids.index(bid.operator) for bid in bids], dtype=np.int64),
        "claimant_ids": ids,
    }


RULES_AND_KEY = {
    "product_id": "p",
    "reserve_tiyn_per_kwh": 0,
    "price_rule": "pay_as_bid",
    "tie_rule": PRO_RATA,
    "tie_key": b"root",
}


def clear(supply_kwh, *bids, **how):
    return clear_product(supply_kwh=supply_kwh, **columns(*bids), **RULES_AND_KEY | how)


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


# --- limits ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tie_rule", RULES)
def test_quantities_that_a_float_would_round_stay_exact(tie_rule):
    huge = 2**53
    clearing = clear(2 * huge + 1, *[Bid(who, 300, huge) for who in "abc"], tie_rule=tie_rule)
    fills = clearing.fill_kwh.tolist()
    assert sum(fills) == 2 * huge + 1
    if tie_rule == IN_TIME:
        assert fills == [huge, huge, 1]
    else:  # 2 x 2**53 + 1 over three is 6,004,799,503,160,661.67
        assert sorted(fills) == [6_004_799_503_160_661, 6_004_799_503_160_662, 6_004_799_503_160_662]


@pytest.mark.parametrize("supply", [0, 100, 2**62], ids=["none", "scarce", "more"])
def test_quantities_that_would_overflow_are_refused_and_not_wrapped(supply):
    # Two times 2**62 wraps to a negative sum in 64 bits: less than any supply, so everybody would be served.
    with pytest.raises(ValueError, match=r"2\*\*63 kWh"):
        clear(supply, Bid("a", 1, 2**62), Bid("b", 1, 2**62))


@pytest.mark.parametrize("supply", [0, 100, 2**62], ids=["none", "scarce", "plenty"])
def test_money_that_would_overflow_is_refused_and_one_tiyn_less_is_not(supply):
    with pytest.raises(ValueError, match=r"2\*\*63 tiyn"):
        clear(supply, Bid("a", 2**31, 2**31), Bid("b", 2**31, 2**31))
    most = clear(supply, Bid("a", 2**31, 2**31), Bid("b", 2**31, 2**31 - 1), Bid("b", 1, 2**31 - 1))
    assert int(most.fill_kwh.sum()) == min(supply, 3 * 2**31 - 2)


@pytest.mark.parametrize("supply", [0, 5, 1_000], ids=["none", "scarce", "plenty"])
@pytest.mark.parametrize("wrong", [{"tie_rule": "random"}, {"price_rule": "vcg"}], ids=str)
def test_an_unknown_rule_raises_in_every_hour_scarce_or_not(supply, wrong):
    with pytest.raises(ValueError, match="unknown"):
        clear(supply, Bid("a", 1_800, 5), Bid("b", 1_800, 5), **wrong)


TWO_BIDS = columns(Bid("a", 1_800, 5), Bid("b", 1_900, 7))
WRONG_COLUMNS = {
    "a price too many": {"price_tiyn_per_kwh": np.array([1_800, 1_900, 2_000])},
    "a quantity too few": {"quantity_kwh": np.array([5])},
    "a claimant too few": {"claimant": np.array([0])},
    "float prices": {"price_tiyn_per_kwh": np.array([1_800.0, 1_900.0])},
    "float quantities": {"quantity_kwh": np.array([5.0, np.nan])},
    "float claimants": {"claimant": np.array([0.0, 1.0])},
    "narrow prices": {"price_tiyn_per_kwh": np.array([1_800, 1_900], dtype=np.int32)},
    "unsigned quantities": {"quantity_kwh": np.array([5, 7], dtype=np.uint64)},
    "truths as claimants": {"claimant": np.array([False, True])},
    "a list": {"quantity_kwh": [5, 7]},
    "a masked column": {"quantity_kwh": np.ma.array([5, 7], mask=[False, True])},
    "two dimensions": {"price_tiyn_per_kwh": np.array([[1_800], [1_900]])},
    "a claimant without id": {"claimant": np.array([0, 2])},
    "a negative claimant": {"claimant": np.array([0, -1], dtype=np.int16)},
    "an id with two codes": {"claimant_ids": ["a", "a"]},
    "a zero quantity": {"quantity_kwh": np.array([5, 0])},
    "a negative quantity": {"quantity_kwh": np.array([-5, 7])},
    "a negative price": {"price_tiyn_per_kwh": np.array([-1, 1_900])},
}


@pytest.mark.parametrize("supply", [0, 6, 1_000], ids=["none", "scarce", "plenty"])
@pytest.mark.parametrize("wrong", WRONG_COLUMNS.values(), ids=WRONG_COLUMNS)
def test_a_wrong_column_raises_in_every_hour_scarce_or_not(supply, wrong):
    with pytest.raises(ValueError, match=r"column|length|code|positive|reserve"):
        clear_product(supply_kwh=supply, **TWO_BIDS | wrong, **RULES_AND_KEY)


@pytest.mark.parametrize("supply", [-1, 1.0, True, np.int64(5), 2**63, None], ids=str)
def test_a_supply_that_is_no_whole_number_raises(supply):
    with pytest.raises(ValueError, match="supply"):
        clear_product(supply_kwh=supply, **TWO_BIDS, **RULES_AND_KEY)


@pytest.mark.parametrize("supply", [0, 6, 1_000], ids=["none", "scarce", "plenty"])
def test_a_bid_under_the_reserve_raises_and_one_at_it_is_served(supply):
    with pytest.raises(ValueError, match="under the reserve"):
        clear_product(supply_kwh=supply, **TWO_BIDS, **RULES_AND_KEY | {"reserve_tiyn_per_kwh": 1_801})
    at = clear_product(supply_kwh=supply, **TWO_BIDS, **RULES_AND_KEY | {"reserve_tiyn_per_kwh": 1_800})
    assert at.fill_kwh.sum() == min(supply, 12)


@pytest.mark.parametrize("kind", [np.int16, np.int32, np.int64])
def test_codes_of_any_width_give_the_same(kind):
    codes = TWO_BIDS | {"claimant": TWO_BIDS["claimant"].astype(kind)}
    assert clear_product(supply_kwh=8, **codes, **RULES_AND_KEY).fill_kwh.tolist() == [1, 7]


# --- large books ----------------------------------------------------------------------------------------------------
# Over 8,000 bids the level is guessed from a sample, over 65,536 the rows go through in blocks: neither may show.


def large_book(order):
    maker = np.random.default_rng(5)
    count = 150_000
    price, kwh = maker.integers(1_800, 6_000, count), maker.integers(100, 1_001, count)
    if order == "falling":
        price = np.sort(price)[::-1].copy()
    elif order == "one price":
        price[:] = 1_800
    elif order == "two prices":
        price = np.where(price > 4_000, 4_000, 1_800)
    elif order == "the sample sees only low prices":
        for step in range(3, 60, 2):  # whatever odd step it takes from the first row on
            price[::step] = 1_800
    elif order == "large orders pay more":
        kwh = price - 1_700
    return {
        "price_tiyn_per_kwh": price,
        "quantity_kwh": kwh,
        "claimant": (np.arange(count) % 84).astype(np.int16),
        "claimant_ids": [f"OP-{n:02d}" for n in range(84)],
    }


ORDERS = ["random", "falling", "one price", "two prices", "the sample sees only low prices", "large orders pay more"]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("share", [0, 1, 30, 60, 95, 99, 100, 101])
def test_a_large_book_clears_as_a_full_sort_would(order, share):
    book = large_book(order)
    price, kwh = book["price_tiyn_per_kwh"], book["quantity_kwh"]
    supply = int(kwh.sum()) * share // 100
    clearing = clear_product(supply_kwh=supply, **book, **RULES_AND_KEY | {"tie_rule": IN_TIME})
    down = np.argsort(-price, kind="stable")
    before = np.cumsum(kwh[down]) - kwh[down]
    expected = np.empty_like(kwh)
    expected[down] = np.clip(supply - before, 0, kwh[down])
    assert np.array_equal(clearing.fill_kwh, expected)
    assert np.array_equal(clearing.pay_tiyn_per_kwh, np.where(expected > 0, price, 0))
    served, short = price[expected > 0], price[expected < kwh]
    assert clearing.marginal_tiyn_per_kwh == (served.min() if len(served) else None)
    assert clearing.first_rejected_tiyn_per_kwh == (short.max() if len(short) else None)


@pytest.mark.parametrize("order", ORDERS)
def test_a_large_book_shares_its_margin_as_a_small_one(order):
    book = large_book(order)
    price, kwh, owner = book["price_tiyn_per_kwh"], book["quantity_kwh"], book["claimant"]
    supply = int(kwh.sum()) * 6 // 10
    clearing = clear_product(supply_kwh=supply, **book, **RULES_AND_KEY)
    level = clearing.first_rejected_tiyn_per_kwh
    at = price == level
    claims = {f"OP-{code:02d}": int(kwh[at & (owner == code)].sum()) for code in range(84)}
    claims = {who: claim for who, claim in claims.items() if claim}
    ranks = {who: tie_rank(tie_key=b"root", product_id="p", claimant=who) for who in claims}
    left = supply - int(kwh[price > level].sum())
    parts = highest_averages(total_kwh=left, claims_kwh=claims, ranks=ranks)
    got = {who: int(clearing.fill_kwh[at & (owner == int(who[3:]))].sum()) for who in claims}
    assert got == parts
    assert int(clearing.fill_kwh.sum()) == supply


def test_prices_and_quantities_too_wide_for_one_sorting_key_clear_the_same():
    price = 2**40 + np.arange(20, dtype=np.int64)
    clearing = clear(2**20 + 2**19, *[Bid(f"op-{n}", int(price[n]), 2**18) for n in range(20)])
    assert clearing.fill_kwh.tolist() == [0] * 14 + [2**18] * 6
    wide = clear(3, Bid("a", 2**61, 1), Bid("b", 1, 2**40), Bid("c", 2**60, 1))
    assert wide.fill_kwh.tolist() == [1, 1, 1]


def test_a_thousand_owners_with_one_kwh_left_give_it_to_one():
    clearing = clear(1, *[Bid(f"op-{n:04d}", 1_800, 7) for n in range(1_000)])
    assert sorted(clearing.fill_kwh.tolist())[-2:] == [0, 1]


def test_a_million_bids_at_one_price_share_the_supply_in_proportion_and_to_the_kilowatt_hour():
    count, owners = 1_000_000, 100
    rows = np.arange(count, dtype=np.int64)
    kwh, owner = 1 + rows * 31 % 997, rows * 7 % owners
    claims = np.bincount(owner, weights=kwh).astype(np.int64)
    assert (int(kwh.sum()), int(claims.sum())) == (498_996_634, 498_996_634)
    supply = int(kwh.sum()) * 6 // 10
    clearing = clear_product(
        supply_kwh=supply,
        price_tiyn_per_kwh=np.full(count, 1_850, dtype=np.int64),
        quantity_kwh=kwh,
        claimant=owner,
        claimant_ids=[f"OP-{n:02d}" for n in range(owners)],
        **RULES_AND_KEY,
    )
    fill = clearing.fill_kwh
    assert int(fill.sum()) == supply
    assert bool(((fill >= 0) & (fill <= kwh)).all())
    assert (clearing.marginal_tiyn_per_kwh, clearing.first_rejected_tiyn_per_kwh) == (1_850, 1_850)
    for code in range(owners):
        got = int(fill[owner == code].sum())
        assert abs(got * int(kwh.sum()) - int(claims[code]) * supply) < int(kwh.sum()), code
