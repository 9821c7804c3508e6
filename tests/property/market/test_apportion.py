from fractions import Fraction
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.apportion import equal_share, highest_averages, in_turn, share_at_margin, tie_rank

claims = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 15), min_size=1)
keys = st.binary(max_size=2)


def ranks_of(claims_kwh, key):
    return {who: tie_rank(tie_key=key, product_id="p", claimant=who) for who in claims_kwh}


def one_by_one(total_kwh, claims_kwh, ranks):
    """D'Hondt as it stands in the books: each kWh to the highest claim / (got + 1)."""
    got = dict.fromkeys(claims_kwh, 0)
    for _ in range(total_kwh):
        winner = min(
            claims_kwh, key=lambda who: (-Fraction(claims_kwh[who], got[who] + 1), -claims_kwh[who], ranks[who])
        )
        got[winner] += 1
    return got


@settings(max_examples=300)
@given(claims_kwh=claims, key=keys, data=st.data())
def test_highest_averages_are_those_of_the_book_kwh_by_kwh(claims_kwh, key, data):
    total, ranks = data.draw(st.integers(0, sum(claims_kwh.values()))), ranks_of(claims_kwh, key)
    assert highest_averages(total_kwh=total, claims_kwh=claims_kwh, ranks=ranks) == one_by_one(
        total, claims_kwh, ranks
    )


@settings(max_examples=200)
@given(claims_kwh=claims, key=keys)
def test_highest_averages_and_equal_share_never_fall_while_the_total_rises(claims_kwh, key):
    for method in (highest_averages, equal_share):
        before = dict.fromkeys(claims_kwh, 0)
        for total in range(sum(claims_kwh.values()) + 1):
            after = method(total_kwh=total, claims_kwh=claims_kwh, ranks=ranks_of(claims_kwh, key))
            assert sum(after.values()) == total
            assert all(before[who] <= after[who] <= claims_kwh[who] for who in claims_kwh)
            before = after
        assert before == claims_kwh


@settings(max_examples=200)
@given(claims_kwh=claims, key=keys, data=st.data())
def test_equal_share_leaves_nobody_a_kwh_behind_unless_its_claim_is_full(claims_kwh, key, data):
    total = data.draw(st.integers(0, sum(claims_kwh.values())))
    parts = equal_share(total_kwh=total, claims_kwh=claims_kwh, ranks=ranks_of(claims_kwh, key))
    for who, part in parts.items():
        assert part == claims_kwh[who] or part >= max(parts.values()) - 1


@settings(max_examples=200)
@given(claims_kwh=st.lists(st.integers(0, 20), max_size=10), total=st.integers(0, 250))
def test_in_turn_the_first_is_full_before_the_next_gets_any(claims_kwh, total):
    parts = in_turn(total_kwh=total, asked_kwh=np.array(claims_kwh, dtype=np.int64)).tolist()
    assert sum(parts) == min(total, sum(claims_kwh))
    for place in range(1, len(parts)):
        assert parts[place] == 0 or parts[place - 1] == claims_kwh[place - 1]


@settings(max_examples=300)
@given(
    claims_kwh=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 1 << 60), min_size=1),
    share=st.fractions(0, 1, max_denominator=1_000_003),
    key=keys,
)
def test_huge_claims_leave_no_average_higher_than_the_last_one_served(claims_kwh, share, key):
    total = int(sum(claims_kwh.values()) * share)
    got = highest_averages(total_kwh=total, claims_kwh=claims_kwh, ranks=ranks_of(claims_kwh, key))
    assert sum(got.values()) == total
    last_served = min((Fraction(claims_kwh[who], kwh) for who, kwh in got.items() if kwh), default=None)
    next_in_line = max(Fraction(claims_kwh[who], kwh + 1) for who, kwh in got.items())
    assert last_served is None or next_in_line <= last_served


@settings(max_examples=300)
@given(claims_kwh=claims.filter(lambda one: len(one) > 1), key=keys, data=st.data())
def test_a_merger_never_loses_by_highest_averages(claims_kwh, key, data):
    total = data.draw(st.integers(0, sum(claims_kwh.values())))
    first, second = sorted(claims_kwh)[:2]
    merged = {who: claim for who, claim in claims_kwh.items() if who not in (first, second)}
    merged["one"] = claims_kwh[first] + claims_kwh[second]
    apart = highest_averages(total_kwh=total, claims_kwh=claims_kwh, ranks=ranks_of(claims_kwh, key))
    together = highest_averages(total_kwh=total, claims_kwh=merged, ranks=ranks_of(merged, key))
    assert apart[first] + apart[second] <= together["one"]


rows = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=16)
tie_rules = st.sampled_from(["pro_rata_per_operator", "equal_share", "time_priority"])


def shared(rows, total, tie_rule):
    return share_at_margin(
        total_kwh=total,
        asked_kwh=np.array([kwh for _, kwh in rows], dtype=np.int64),
        claimant=np.array([code for code, _ in rows], dtype=np.int16),
        claimant_ids=["a", "b", "c", "d", "e"],
        product_id="p",
        tie_rule=tie_rule,
        tie_key=b"k",
    ).tolist()


@settings(max_examples=300)
@given(rows=rows, tie_rule=tie_rules, data=st.data())
def test_an_owners_part_goes_to_its_bids_in_order_of_arrival(rows, tie_rule, data):
    got = shared(rows, data.draw(st.integers(0, sum(kwh for _, kwh in rows))), tie_rule)
    for code in range(5):
        own = [(kwh, asked) for (who, asked), kwh in zip(rows, got, strict=True) if who == code]
        for earlier, later in pairwise(own):
            assert later[0] == 0 or earlier[0] == earlier[1]


@settings(max_examples=200)
@given(rows=rows, tie_rule=tie_rules)
def test_no_bid_at_the_margin_falls_while_the_total_rises(rows, tie_rule):
    before = [0] * len(rows)
    for total in range(sum(kwh for _, kwh in rows) + 1):
        after = shared(rows, total, tie_rule)
        assert sum(after) == total
        assert all(old <= new <= asked for old, new, (_, asked) in zip(before, after, rows, strict=True))
        before = after
