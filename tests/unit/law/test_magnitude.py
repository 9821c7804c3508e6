import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.law.magnitude import INT64_MAX, Magnitude, either, quotient
from kezek.units import rounding

NUMBERS = st.integers(-(10**9), 10**9)


def magnitudes(*amounts):
    seen = [0]
    return [Magnitude(abs(amount), seen) for amount in amounts], seen


def test_the_bound_is_that_of_int64():
    assert INT64_MAX == 9_223_372_036_854_775_807


@given(one=NUMBERS, other=NUMBERS)
@pytest.mark.parametrize("operate", [operator.add, operator.sub, operator.mul])
def test_no_result_is_greater_than_its_bound(operate, one, other):
    (left, right), seen = magnitudes(one, other)
    for bound in (operate(left, right), operate(left, other), operate(one, right)):
        assert abs(operate(one, other)) <= bound.most <= seen[0]


@given(one=NUMBERS, denominator=st.integers(1, 10**6))
def test_a_rounded_quotient_stays_under_its_bound(one, denominator):
    (left,), seen = magnitudes(one)
    bound = quotient(left, denominator).most
    for divide in (rounding.half_up, rounding.ceil_div):
        assert abs(divide(one, denominator)) <= bound
    assert seen[0] >= abs(one) + denominator // 2


@given(one=NUMBERS, denominator=st.integers(1, 10**6))
def test_a_quotient_by_a_column_of_any_positive_amounts_stays_under_its_bound(one, denominator):
    (left, right), _ = magnitudes(one, 10**6)
    assert abs(rounding.half_up(one, denominator)) <= quotient(left, right).most


def test_the_largest_on_the_way_is_seen_even_where_the_result_is_small():
    (left, right), seen = magnitudes(10**6, 10**6)
    assert quotient(left * right, 10**12).most == 3  # one, one for the half, one to round up
    assert seen[0] == 2 * 10**12


def test_a_choice_is_no_greater_than_the_greater():
    (left, right), _ = magnitudes(3, -7)
    assert either(left, right).most == either(3, right).most == 7
    assert (-left).most == 3


@pytest.mark.parametrize("operate", [operator.add, operator.mul, either])
def test_what_has_no_magnitude_is_refused(operate):
    (left,), _ = magnitudes(3)
    with pytest.raises(TypeError, match="no magnitude"):
        operate(left, "3")
