from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.law.magnitude import Magnitude
from kezek.law.reckon import ceil_div, half_up, least, most, share_of
from kezek.law.term import Op, Tape, Term, fact_term

NUMBERS = st.integers(-(10**12), 10**12)
POSITIVE = st.integers(1, 10**6)


def column(*amounts):
    return np.array(amounts, np.int64)


def term(amount):
    return fact_term(amount, name="amount", unit="", tape=Tape())


def nearest(numerator, denominator):
    """The nearest whole, a half away from zero, by exact fractions."""
    exact = Fraction(numerator, denominator)
    size = floor(abs(exact) + Fraction(1, 2))
    return size if exact >= 0 else -size


@given(numerator=NUMBERS, denominator=POSITIVE)
def test_half_up_is_the_nearest_whole_with_a_half_away_from_zero(numerator, denominator):
    expected = nearest(numerator, denominator)
    assert half_up(numerator, denominator) == expected
    assert half_up(column(numerator, 0), denominator).tolist() == [expected, 0]
    assert half_up(column(numerator), column(denominator)).tolist() == [expected]


@given(numerator=NUMBERS, denominator=POSITIVE)
def test_ceil_div_rounds_towards_plus_infinity(numerator, denominator):
    expected = ceil(Fraction(numerator, denominator))
    assert ceil_div(numerator, denominator) == expected
    assert ceil_div(column(numerator), denominator).tolist() == [expected]


@given(one=NUMBERS, other=NUMBERS)
def test_most_and_least_choose(one, other):
    assert (most(one, other), least(one, other)) == (max(one, other), min(one, other))
    assert most(column(one), other).tolist() == most(column(one), column(other)).tolist() == [max(one, other)]
    assert least(column(one), other).tolist() == least(column(one), column(other)).tolist() == [min(one, other)]


@given(amount=NUMBERS, share=st.integers(0, 1_000_000))
def test_a_share_is_rounded_half_up(amount, share):
    assert share_of(amount, share) == nearest(amount * share, 1_000_000)


@pytest.mark.parametrize(
    ("numerator", "denominator", "up", "ceiled"),
    [(5, 2, 3, 3), (-5, 2, -3, -2), (7, 3, 2, 3), (-7, 3, -2, -2), (0, 9, 0, 0), (1, 2, 1, 1), (-1, 2, -1, 0)],
)
def test_rounding_worked_by_hand(numerator, denominator, up, ceiled):
    assert (half_up(numerator, denominator), ceil_div(numerator, denominator)) == (up, ceiled)
    assert half_up(column(numerator), denominator).tolist() == [up]
    assert ceil_div(column(numerator), denominator).tolist() == [ceiled]


def test_a_plain_number_over_a_column_is_a_column():
    assert half_up(7, column(2, 3, 7)).tolist() == [4, 2, 1]


@pytest.mark.parametrize(
    ("reckon", "op"), [(half_up, Op.HALF_UP), (ceil_div, Op.CEIL), (most, Op.MOST), (least, Op.LEAST)]
)
def test_a_term_on_either_side_is_remembered(reckon, op):
    for parts in ((term(7), 2), (7, term(2)), (term(7), term(2))):
        found = reckon(*parts)
        assert (type(found), int(found), found.op) == (Term, reckon(7, 2), op)
        assert [int(part) for part in found.parts] == [7, 2]
    assert type(reckon(7, 2)) is int


def test_magnitudes_bound_what_columns_would_give():
    seen = [0]
    assert half_up(Magnitude(7, seen), 2).most >= 4
    assert ceil_div(Magnitude(7, seen), 2).most >= 4
    assert most(Magnitude(7, seen), 9).most == 9
    assert least(Magnitude(7, seen), 9).most == 9
    assert seen[0] == 9
