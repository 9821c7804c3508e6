from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.units.rounding import PPM, ceil_div, floor_div, half_up, largest_remainder, share_of

whole = st.integers(-(10**24), 10**24)
positive = st.integers(1, 10**18)
weights = st.lists(st.integers(0, 10**12), min_size=1, max_size=40).filter(any)


@settings(max_examples=300)
@given(numerator=whole, denominator=positive)
def test_half_up_is_never_more_than_a_half_away_and_a_half_goes_away_from_zero(numerator, denominator):
    exact, rounded = Fraction(numerator, denominator), half_up(numerator, denominator)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if abs(rounded - exact) == Fraction(1, 2):
        assert abs(rounded) > abs(exact)


@settings(max_examples=200)
@given(numerator=whole, denominator=positive)
def test_floor_and_ceiling_embrace_the_exact_value(numerator, denominator):
    exact = Fraction(numerator, denominator)
    assert floor_div(numerator, denominator) <= exact <= ceil_div(numerator, denominator)
    assert ceil_div(numerator, denominator) - floor_div(numerator, denominator) == (exact.denominator != 1)


@settings(max_examples=200)
@given(numerator=whole, denominator=positive)
def test_half_up_treats_gains_and_losses_alike(numerator, denominator):
    assert half_up(-numerator, denominator) == -half_up(numerator, denominator)


@settings(max_examples=200)
@given(amount=whole, share=st.integers(0, PPM))
def test_a_share_and_its_rest_differ_from_the_whole_by_one_at_most(amount, share):
    assert abs(share_of(amount, share) + share_of(amount, PPM - share) - amount) <= 1


@settings(max_examples=300)
@given(total=st.integers(0, 10**15), weights=weights)
def test_a_split_adds_up_exactly_and_keeps_the_quota(total, weights):
    parts = largest_remainder(total, weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        quota = Fraction(total * weight, sum(weights))
        assert quota - 1 < part < quota + 1
