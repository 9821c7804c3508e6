"""The reference clearing of the offline verifier gives what the market's clearing gives, under every rule."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kezek.market.apportion import tie_rank
from kezek.market.clearing import clear_product
from kezek.market.reference import (
    REFERENCE_PRICE_RULES,
    REFERENCE_TIE_RULES,
    ReferenceBid,
    reference_clearing,
    reference_rank,
)
from kezek.market.rules import PRICE_RULES, TIE_RULES

PRICES, TIES = st.sampled_from(REFERENCE_PRICE_RULES), st.sampled_from(REFERENCE_TIE_RULES)
small = st.tuples(st.integers(1_800, 1_803), st.integers(1, 12), st.sampled_from("abcdef"))
large = st.tuples(st.integers(1_800, 1_801), st.integers(1, 100_000), st.sampled_from([f"OP-{n}" for n in range(40)]))
books = st.one_of(st.lists(small, max_size=14), st.lists(large, max_size=50))
keys = st.binary(min_size=32, max_size=32)


def fast(bids, supply_kwh, price_rule, tie_rule, key):
    ids = sorted({who for _, _, who in bids})
    found = clear_product(
        product_id="2025-10-15/west/07",
        supply_kwh=supply_kwh,
        reserve_tiyn_per_kwh=0,
        price_tiyn_per_kwh=np.array([price for price, _, _ in bids], dtype=np.int64),
        quantity_kwh=np.array([kwh for _, kwh, _ in bids], dtype=np.int64),
        claimant=np.array([ids.index(who) for _, _, who in bids], dtype=np.int64),
        claimant_ids=ids,
        price_rule=price_rule.partition("/")[0],
        tie_rule=tie_rule.partition("/")[0],
        tie_key=key,
    )
    assert found.rules == (price_rule, tie_rule)
    amounts = (tuple(found.fill_kwh.tolist()), tuple(found.pay_tiyn_per_kwh.tolist()))
    return (*amounts, found.marginal_tiyn_per_kwh, found.first_rejected_tiyn_per_kwh)


def slow(bids, supply_kwh, price_rule, tie_rule, key):
    found = reference_clearing(
        product_id="2025-10-15/west/07",
        supply_kwh=supply_kwh,
        bids=[ReferenceBid(*bid) for bid in bids],
        price_rule=price_rule,
        tie_rule=tie_rule,
        tie_key=key,
    )
    amounts = (found.fill_kwh, found.pay_tiyn_per_kwh)
    return (*amounts, found.marginal_tiyn_per_kwh, found.first_rejected_tiyn_per_kwh)


@settings(max_examples=600)
@given(bids=books, share_ppm=st.integers(0, 1_100_000), price_rule=PRICES, tie_rule=TIES, key=keys)
@example(bids=[(1_800, 1, "a")], share_ppm=0, price_rule="uniform/1", tie_rule="equal_share/1", key=b"")
@example(
    bids=[(1_800, 3, "a"), (1_800, 3, "b")],
    share_ppm=500_000,
    price_rule="uniform/1",
    tie_rule="pro_rata_per_operator/1",
    key=b"",
)
def test_the_reference_clears_as_the_market_does(bids, share_ppm, price_rule, tie_rule, key):
    supply_kwh = sum(kwh for _, kwh, _ in bids) * share_ppm // 1_000_000
    rules = (price_rule, tie_rule, key)
    assert slow(bids, supply_kwh, *rules) == fast(bids, supply_kwh, *rules)
    for cut_kwh in (supply_kwh // 2, supply_kwh // 7):
        assert slow(bids, cut_kwh, *rules) == fast(bids, cut_kwh, *rules)


tied = st.tuples(st.just(1_800), st.sampled_from([1, 2, 3, 4, 6, 8, 12]), st.sampled_from("abcde"))


@settings(max_examples=100)
@given(bids=st.lists(tied, min_size=2, max_size=5), tie_rule=TIES, key=keys)
def test_the_reference_agrees_on_every_kwh_of_books_full_of_exact_ties(bids, tie_rule, key):
    rules = ("uniform/1", tie_rule, key)
    for supply_kwh in range(sum(kwh for _, kwh, _ in bids) + 1):
        assert slow(bids, supply_kwh, *rules) == fast(bids, supply_kwh, *rules)


@given(key=keys, product_id=st.text(max_size=8), claimant=st.text(max_size=8))
def test_the_reference_ranks_as_the_market_does(key, product_id, claimant):
    named = {"tie_key": key, "product_id": product_id, "claimant": claimant}
    assert reference_rank(**named) == tie_rank(**named)


def test_the_reference_knows_the_rules_of_the_market_and_their_versions():
    assert set(REFERENCE_PRICE_RULES) == {f"{name}/{version}" for name, version in PRICE_RULES.items()}
    assert set(REFERENCE_TIE_RULES) == {f"{name}/{version}" for name, version in TIE_RULES.items()}


@pytest.mark.parametrize(
    ("price_rule", "tie_rule", "supply_kwh", "quantity_kwh"),
    [
        ("pay_as_bid/2", "time_priority/1", 1, 1),
        ("uniform/1", "time_priority", 1, 1),
        ("uniform/1", "time_priority/1", -1, 1),
        ("uniform/1", "time_priority/1", 1, 0),
    ],
)
def test_the_reference_refuses_what_it_does_not_know(price_rule, tie_rule, supply_kwh, quantity_kwh):
    with pytest.raises(ValueError, match=r"reference|positive"):
        slow([(1_800, quantity_kwh, "a")], supply_kwh, price_rule, tie_rule, b"")
