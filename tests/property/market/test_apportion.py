from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.apportion import equal_share, highest_averages, in_turn, tie_rank

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
    parts = in_turn(total_kwh=total, claims_kwh=claims_kwh)
    assert sum(parts) == min(total, sum(claims_kwh))
    for place in range(1, len(parts)):
        assert parts[place] == 0 or parts[place - 1] == claims_kwh[place - 1]
