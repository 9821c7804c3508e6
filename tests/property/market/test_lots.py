from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.ledger.charges import Charges, purchase_cost
from kezek.ledger.charges import worst_case_tiyn as cost_of_purchases
from kezek.market.book import worst_case_tiyn
from kezek.market.lots import cut_purchases, lot_sizes, purchases_of
from kezek.market.order import Order, Step

awards = st.integers(0, 50_000)
maxima = st.none() | st.integers(100, 3_000)
first_numbers = st.integers(1, 10_000)
prices = st.integers(0, 100_000)
charges = st.builds(Charges, st.integers(0, 50), st.integers(0, 500), st.integers(0, 300_000))
steps = st.lists(
    st.builds(Step, prices, st.integers(0, 20_000)),
    max_size=4,
    unique_by=lambda step: step.price_tiyn_per_kwh,
).map(tuple)


def bought(award_kwh, purchase_max_kwh, first_number=1, price=1_850):
    return purchases_of(
        order_id="A",
        operator_id="OP-001",
        product_id="p",
        award_kwh=award_kwh,
        price_tiyn_per_kwh=price,
        purchase_max_kwh=purchase_max_kwh,
        owner_id="OP-001",
        first_number=first_number,
    )


def worst(order_steps, maximum, rates):
    def cost_of(sizes_kwh, price_tiyn_per_kwh):
        return cost_of_purchases(sizes_kwh=sizes_kwh, limit_tiyn_per_kwh=price_tiyn_per_kwh, charges=rates)

    order = Order("A", 1, "OP-001", "S", "OP-001", "p", order_steps, datetime(2025, 10, 14, 4, 30, tzinfo=UTC))
    return worst_case_tiyn(order=order, purchase_max_kwh=maximum, cost_of=cost_of)


def booked(purchases, rates):
    """What settlement books: the cost of each purchase by itself."""
    return sum(
        purchase_cost(energy_kwh=one.energy_kwh, price_tiyn_per_kwh=one.price_tiyn_per_kwh, charges=rates).total_tiyn
        for one in purchases
    )


@settings(max_examples=200)
@given(award=awards, maximum=maxima)
def test_lots_add_up_to_the_award_none_empty_none_too_large(award, maximum):
    sizes = lot_sizes(award_kwh=award, purchase_max_kwh=maximum)
    assert sum(sizes) == award
    assert all(0 < size <= (maximum or award) for size in sizes)
    assert len(sizes) == (-(-award // maximum) if maximum else (award > 0))


@settings(max_examples=200)
@given(fills=st.lists(awards, max_size=5), maximum=maxima, first_number=first_numbers)
def test_the_purchases_of_an_order_have_consecutive_numbers_over_all_its_steps(fills, maximum, first_number):
    purchases = []
    for price, fill in enumerate(fills, start=1_800):
        purchases += bought(fill, maximum, first_number + len(purchases), price)
    expected = [f"A#{number}" for number in range(first_number, first_number + len(purchases))]
    assert [purchase.purchase_id for purchase in purchases] == expected
    assert sum(purchase.energy_kwh for purchase in purchases) == sum(fills)


@settings(max_examples=100)
@given(award=awards, maximum=maxima, first_number=first_numbers)
def test_the_first_number_changes_names_alone(award, maximum, first_number):
    plain, numbered = bought(award, maximum), bought(award, maximum, first_number)
    assert [replace(one, purchase_id="") for one in numbered] == [replace(one, purchase_id="") for one in plain]


@settings(max_examples=200)
@given(award=awards, maximum=maxima, first_number=first_numbers, data=st.data())
def test_a_cut_leaves_exactly_the_new_award_and_touches_nothing_before_it(award, maximum, first_number, data):
    left = data.draw(st.integers(0, award))
    purchases = bought(award, maximum, first_number)
    cuts = {cut.purchase.purchase_id: cut.left_kwh for cut in cut_purchases(purchases=purchases, award_kwh=left)}
    kept = [cuts.get(purchase.purchase_id, purchase.energy_kwh) for purchase in purchases]
    assert sum(kept) == left
    touched = [purchase.purchase_id in cuts for purchase in purchases]
    assert touched == sorted(touched)
    assert all(kept < purchase.energy_kwh for kept, purchase in zip(kept, purchases, strict=True) if kept == 0)


@settings(max_examples=200)
@given(award=awards, maximum=maxima, left=st.integers(-60_000, 110_000))
def test_a_cut_is_refused_exactly_where_the_new_award_is_negative_or_larger(award, maximum, left):
    purchases = bought(award, maximum)
    if 0 <= left <= award:
        cuts = cut_purchases(purchases=purchases, award_kwh=left)
        assert sum(cut.purchase.energy_kwh - cut.left_kwh for cut in cuts) == award - left
    else:
        with pytest.raises(ValueError, match=rf"^curtailment would bring an award to {left} kWh$"):
            cut_purchases(purchases=purchases, award_kwh=left)


@settings(max_examples=100)
@given(award=st.integers(1, 50_000), first_number=first_numbers, data=st.data())
def test_an_exempt_operator_has_one_purchase_and_a_cut_of_it_leaves_one(award, first_number, data):
    left = data.draw(st.integers(0, award))
    purchases = bought(award, None, first_number)
    assert [purchase.energy_kwh for purchase in purchases] == [award]
    cuts = cut_purchases(purchases=purchases, award_kwh=left)
    assert [cut.left_kwh for cut in cuts] == ([left] if left < award else [])


@settings(max_examples=200)
@given(order_steps=steps, maximum=maxima, rates=charges)
def test_the_worst_cost_is_what_settlement_of_a_full_fill_books(order_steps, maximum, rates):
    purchases = []
    for step in order_steps:
        purchases += bought(step.quantity_kwh, maximum, len(purchases) + 1, step.price_tiyn_per_kwh)
    assert worst(order_steps, maximum, rates) == booked(purchases, rates)


@settings(max_examples=200)
@given(order_steps=steps, maximum=maxima, rates=charges, data=st.data())
def test_a_smaller_fill_at_a_lower_price_never_costs_more_than_was_reserved(order_steps, maximum, rates, data):
    purchases = []
    for step in order_steps:
        fill = data.draw(st.integers(0, step.quantity_kwh))
        paid = data.draw(st.integers(0, step.price_tiyn_per_kwh))
        purchases += bought(fill, maximum, len(purchases) + 1, paid)
    assert booked(purchases, rates) <= worst(order_steps, maximum, rates)
