import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.units.quantity import Coins, Energy, EnergyPrice, HashRate, Money, Power, Share

KINDS = [Energy, Power, Money, EnergyPrice, Coins, HashRate, Share]
amounts = st.integers(-(10**40), 10**40) | st.integers(-(10**7), 10**7)
kinds = st.sampled_from(KINDS)


@settings(max_examples=300)
@given(kind=kinds, amount=st.integers(-(10**30), 10**30))
def test_what_is_printed_is_read_back(kind, amount):
    assert kind.parse(str(kind(amount))) == kind(amount)


@settings(max_examples=300)
@given(kind=kinds, amount=st.integers(-(10**30), 10**30), data=st.data())
def test_what_is_printed_in_any_unit_is_read_back(kind, amount, data):
    unit = data.draw(st.sampled_from(sorted(kind.units)))
    assert kind.parse(kind(amount).in_unit(unit)) == kind(amount)


@settings(max_examples=100)
@given(kind=kinds, left=amounts, right=amounts)
def test_sums_differences_and_order_are_those_of_the_whole_numbers(kind, left, right):
    assert (kind(left) + kind(right)).amount == left + right
    assert (kind(left) - kind(right)).amount == left - right
    assert (kind(left) < kind(right)) is (left < right)
    assert (kind(left) >= kind(right)) is (left >= right)
    assert -kind(left) == kind(-left)


@settings(max_examples=100)
@given(left=kinds, right=kinds, amount=amounts)
def test_mixed_kinds_are_refused_whatever_the_amounts(left, right, amount):
    if left is right:
        return
    for verb in (left.__add__, left.__sub__, left.__lt__, left.__le__):
        with pytest.raises(TypeError, match="different kinds"):
            verb(left(amount), right(amount))
