from collections import Counter
from fractions import Fraction

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from kezek.market.apportion import tie_rank
from kezek.market.clearing import clear_product

PRO_RATA, IN_TIME, EQUAL = "pro_rata_per_operator", "time_priority", "equal_share"
rules = st.sampled_from([PRO_RATA, IN_TIME, EQUAL])
price_rules = st.sampled_from(["pay_as_bid", "uniform"])

# Few prices, operators and kWh, so that ties and margins are the rule and not the exception.
bid = st.tuples(st.integers(1_800, 1_804), st.integers(1, 12), st.sampled_from("abcdef"))
bids = st.lists(bid, max_size=14)
supplies = st.integers(0, 130)


def columns(bids):
    ids = sorted({owner for _, _, owner in bids})
    return {
        "price_tiyn_per_kwh": np.array([price for price, _, _ in bids], dtype=np.int64),
        "quantity_kwh": np.array([kwh for _, kwh, _ in bids], dtype=np.int64),
        "claimant": np.array([ids.index(owner) for _, _, owner in bids], dtype=np.int32),
        "claimant_ids": ids,
    }


def clear(bids, supply_kwh, tie_rule=PRO_RATA, price_rule="pay_as_bid", key=b"root", product_id="p"):
    return clear_product(
        product_id=product_id,
        supply_kwh=supply_kwh,
        reserve_tiyn_per_kwh=0,
        **columns(bids),
        price_rule=price_rule,
        tie_rule=tie_rule,
        tie_key=key,
    )


def fills(bids, supply_kwh, **how):
    return clear(bids, supply_kwh, **how).fill_kwh.tolist()


def totals(bids, supply_kwh, **how):
    got = Counter()
    for (_, _, operator), kwh in zip(bids, fills(bids, supply_kwh, **how), strict=True):
        got[operator] += kwh
    return got


def oracle(bids, supply_kwh):
    """Serve from the highest price down, first come first served; fifteen lines, nothing clever."""
    got = [0] * len(bids)
    left = supply_kwh
    for row in sorted(range(len(bids)), key=lambda row: (-bids[row][0], row)):
        got[row] = min(left, bids[row][1])
        left -= got[row]
    accepted = [price for (price, _, _), kwh in zip(bids, got, strict=True) if kwh]
    return got, min(accepted, default=None)


def in_parts(bids, supply_kwh, next_one):
    """Serve price by price from above; at the margin kWh by kWh to the owner that `next_one` names."""
    got = [0] * len(bids)
    ranks = {owner: tie_rank(tie_key=b"root", product_id="p", claimant=owner) for _, _, owner in bids}
    for price in sorted({price for price, _, _ in bids}, reverse=True):
        asked, parts = Counter(), Counter()
        for _, kwh, owner in [bid for bid in bids if bid[0] == price]:
            asked[owner] += kwh
        for _ in range(min(supply_kwh, asked.total())):
            parts[min((who for who in asked if parts[who] < asked[who]), key=next_one(asked, parts, ranks))] += 1
        supply_kwh -= parts.total()
        for row in [row for row, bid in enumerate(bids) if bid[0] == price]:
            got[row] = min(bids[row][1], parts[bids[row][2]])
            parts[bids[row][2]] -= got[row]
    return got


def by_average(asked, parts, ranks):
    """D'Hondt: the highest claim / (got + 1), the larger claim, the hash."""
    return lambda who: (-Fraction(asked[who], parts[who] + 1), -asked[who], ranks[who])


def by_turn(_asked, parts, ranks):
    """The one that has least so far, then the hash."""
    return lambda who: (parts[who], ranks[who])


@settings(max_examples=300)
@given(bids=bids, supply=supplies, price_rule=price_rules)
def test_time_priority_fills_as_the_sorted_reference(bids, supply, price_rule):
    assert fills(bids, supply, tie_rule=IN_TIME, price_rule=price_rule) == oracle(bids, supply)[0]


@settings(max_examples=300)
@given(bids=bids, supply=supplies, price_rule=price_rules)
def test_pro_rata_fills_as_a_slow_dhondt_kwh_by_kwh(bids, supply, price_rule):
    assert fills(bids, supply, price_rule=price_rule) == in_parts(bids, supply, by_average)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, price_rule=price_rules)
def test_equal_share_fills_as_taking_turns_kwh_by_kwh(bids, supply, price_rule):
    assert fills(bids, supply, tie_rule=EQUAL, price_rule=price_rule) == in_parts(bids, supply, by_turn)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_the_marginal_price_is_that_of_the_sorted_reference(bids, supply, tie_rule):
    assert clear(bids, supply, tie_rule=tie_rule).marginal_tiyn_per_kwh == oracle(bids, supply)[1]


@settings(max_examples=300)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_only_the_marginal_price_is_shared_in_another_way_than_the_reference(bids, supply, tie_rule):
    expected, marginal = oracle(bids, supply)
    for (price, _, _), kwh, reference in zip(bids, fills(bids, supply, tie_rule=tie_rule), expected, strict=True):
        assert price == marginal or kwh == reference


@settings(max_examples=300)
@given(bids=bids, supply=supplies)
def test_pro_rata_at_the_margin_is_within_a_kwh_below_the_exact_share(bids, supply):
    got, marginal = totals(bids, supply), oracle(bids, supply)[1]
    above, claims = Counter(), Counter()
    for price, kwh, operator in bids:
        (claims if price == marginal else above)[operator] += kwh if marginal and price >= marginal else 0
    left = min(supply, above.total() + claims.total()) - above.total()
    for operator, claim in claims.items():
        share = got[operator] - above[operator]
        assert claim * left // max(1, claims.total()) <= share <= claim


@settings(max_examples=300)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_what_is_sold_is_all_supply_or_all_demand(bids, supply, tie_rule):
    got = fills(bids, supply, tie_rule=tie_rule)
    assert sum(got) == min(supply, sum(kwh for _, kwh, _ in bids))
    assert all(0 <= kwh <= asked for kwh, (_, asked, _) in zip(got, bids, strict=True))


@settings(max_examples=300)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_no_lower_bid_is_served_while_a_higher_one_is_short(bids, supply, tie_rule):
    got = fills(bids, supply, tie_rule=tie_rule)
    short = [price for (price, asked, _), kwh in zip(bids, got, strict=True) if kwh < asked]
    served = [price for (price, _, _), kwh in zip(bids, got, strict=True) if kwh]
    assert not short or not served or max(short) <= min(served)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, tie_rule=st.sampled_from([PRO_RATA, EQUAL]), data=st.data())
def test_the_order_of_arrival_moves_nothing_between_operators(bids, supply, tie_rule, data):
    shuffled = data.draw(st.permutations(bids))
    assert totals(shuffled, supply, tie_rule=tie_rule) == totals(bids, supply, tie_rule=tie_rule)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, cut=st.integers(0, 130), tie_rule=rules, price_rule=price_rules)
def test_curtailment_raises_no_award_neither_of_a_row_nor_of_an_owner(bids, supply, cut, tie_rule, price_rule):
    how = {"tie_rule": tie_rule, "price_rule": price_rule}
    more, less = fills(bids, supply, **how), fills(bids, max(supply - cut, 0), **how)
    assert all(after <= before for after, before in zip(less, more, strict=True))
    before, after = totals(bids, supply, **how), totals(bids, max(supply - cut, 0), **how)
    assert all(after[owner] <= before[owner] for owner in before)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, cut=st.integers(0, 130), tie_rule=rules)
def test_curtailment_never_lowers_the_uniform_price(bids, supply, cut, tie_rule):
    more = clear(bids, supply, tie_rule=tie_rule).marginal_tiyn_per_kwh
    less = clear(bids, max(supply - cut, 0), tie_rule=tie_rule).marginal_tiyn_per_kwh
    assert less is None or less >= more


@settings(max_examples=300)
@given(bids=bids.filter(bool), supply=supplies, data=st.data())
def test_many_small_orders_of_one_owner_get_what_one_large_order_gets(bids, supply, data):
    row = data.draw(st.integers(0, len(bids) - 1))
    price, kwh, operator = bids[row]
    lots = [(price, 1, operator)] * kwh
    split = bids[:row] + lots + bids[row + 1 :]
    assert totals(split, supply) == totals(bids, supply)
    scattered = data.draw(st.permutations(split))
    assert totals(scattered, supply) == totals(bids, supply)


@settings(max_examples=300)
@given(bids=bids, supply=supplies, parts=st.lists(st.integers(1, 6), min_size=2, max_size=5))
def test_splitting_over_several_owners_never_gains(bids, supply, parts):
    split = [*bids, *[(1_802, kwh, f"front-{n}") for n, kwh in enumerate(parts)]]
    whole = [*bids, (1_802, sum(parts), "one")]
    got = totals(split, supply)
    assert sum(got[f"front-{n}"] for n in range(len(parts))) <= totals(whole, supply)["one"]


@settings(max_examples=400)
@given(bids=bids, supply=supplies, sizes=st.tuples(st.integers(1, 12), st.integers(1, 12)), key=st.binary(max_size=2))
def test_two_ids_never_get_more_than_the_one_that_owns_both(bids, supply, sizes, key):
    price = 1_802
    split = [*bids, (price, sizes[0], "twin-1"), (price, sizes[1], "twin-2")]
    merged = [*bids, (price, sum(sizes), "one")]
    got = totals(split, supply, key=key)
    assert got["twin-1"] + got["twin-2"] <= totals(merged, supply, key=key)["one"]


@settings(max_examples=200)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_pay_as_bid_takes_the_own_price_and_nothing_from_who_got_nothing(bids, supply, tie_rule):
    clearing = clear(bids, supply, tie_rule=tie_rule)
    for (price, _, _), kwh, paid in zip(bids, clearing.fill_kwh, clearing.pay_tiyn_per_kwh, strict=True):
        assert paid == (price if kwh else 0)


@settings(max_examples=200)
@given(bids=bids, supply=supplies, tie_rule=rules)
def test_a_uniform_price_is_the_lowest_accepted_bid_for_all(bids, supply, tie_rule):
    clearing = clear(bids, supply, tie_rule=tie_rule, price_rule="uniform")
    accepted = [price for (price, _, _), kwh in zip(bids, clearing.fill_kwh, strict=True) if kwh]
    paid = {int(price) for price, kwh in zip(clearing.pay_tiyn_per_kwh, clearing.fill_kwh, strict=True) if kwh}
    assert paid == ({min(accepted)} if accepted else set())


@settings(max_examples=200)
@given(bids=bids, supply=supplies)
def test_the_price_rule_moves_no_energy_and_uniform_never_costs_more(bids, supply):
    own, one = clear(bids, supply), clear(bids, supply, price_rule="uniform")
    assert own.fill_kwh.tolist() == one.fill_kwh.tolist()
    assert (one.pay_tiyn_per_kwh <= own.pay_tiyn_per_kwh).all()


@settings(max_examples=200)
@given(bids=bids, supply=supplies, tie_rule=rules, price_rule=price_rules)
def test_first_rejected_is_the_highest_price_that_was_not_served_in_full(bids, supply, tie_rule, price_rule):
    clearing = clear(bids, supply, tie_rule=tie_rule, price_rule=price_rule)
    short = [price for (price, asked, _), kwh in zip(bids, clearing.fill_kwh, strict=True) if kwh < asked]
    assert clearing.first_rejected_tiyn_per_kwh == max(short, default=None)


@settings(max_examples=100)
@given(bids=bids, supply=supplies, tie_rule=rules, price_rule=price_rules)
def test_the_same_book_clears_the_same_and_is_left_as_it_was(bids, supply, tie_rule, price_rule):
    book = columns(bids)
    price, kwh = book["price_tiyn_per_kwh"], book["quantity_kwh"]
    before = price.tolist(), kwh.tolist()
    how = {"price_rule": price_rule, "tie_rule": tie_rule, "tie_key": b"k", "product_id": "p"}
    one, two = (clear_product(supply_kwh=supply, reserve_tiyn_per_kwh=0, **book, **how) for _ in range(2))
    assert one.fill_kwh.tolist() == two.fill_kwh.tolist()
    assert (price.tolist(), kwh.tolist()) == before
    one.fill_kwh[:] = one.pay_tiyn_per_kwh[:] = -1
    assert (price.tolist(), kwh.tolist()) == before


@settings(max_examples=150)
@given(
    claims=st.lists(st.integers(1, 1 << 53), min_size=1, max_size=12),
    share=st.fractions(0, 1, max_denominator=1_000_003),
    tie_rule=rules,
)
def test_huge_quantities_lose_not_a_single_kwh(claims, share, tie_rule):
    demand = sum(claims)
    supply = int(demand * share)
    assume(supply <= demand)
    got = fills([(50, kwh, f"op-{n}") for n, kwh in enumerate(claims)], supply, tie_rule=tie_rule)
    assert sum(got) == supply
    assert all(0 <= kwh <= claim for kwh, claim in zip(got, claims, strict=True))


any_int64 = st.one_of(st.integers(-2, 5), st.integers(-(1 << 63), (1 << 63) - 1))


@settings(max_examples=300)
@given(
    rows=st.lists(st.tuples(any_int64, any_int64, st.integers(-1, 3)), min_size=1, max_size=60),
    supply=st.one_of(st.integers(0, 20), st.integers(0, (1 << 63) - 1)),
    tie_rule=rules,
    price_rule=price_rules,
)
def test_whatever_the_columns_hold_it_is_cleared_exactly_or_refused_with_a_value_error(
    rows, supply, tie_rule, price_rule
):
    price, kwh, code = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    good = all(one[0] >= 0 and one[1] > 0 and 0 <= one[2] < 3 for one in rows)
    good = good and sum(one[1] for one in rows) < 1 << 63 and sum(one[0] * one[1] for one in rows) < 1 << 63
    columns = {"price_tiyn_per_kwh": price, "quantity_kwh": kwh, "claimant": code, "claimant_ids": ["a", "b", "c"]}
    how = {"product_id": "p", "reserve_tiyn_per_kwh": 0, "price_rule": price_rule, "tie_rule": tie_rule}
    try:
        clearing = clear_product(supply_kwh=supply, **columns, **how, tie_key=b"")
    except ValueError:
        assert not good
    else:
        assert good
        assert sum(clearing.fill_kwh.tolist()) == min(supply, sum(one[1] for one in rows))
