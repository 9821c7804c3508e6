import pytest

from kezek.units.rounding import ceil_div, floor_div, half_up, largest_remainder, share_of


@pytest.mark.parametrize(
    ("numerator", "denominator", "floor", "half", "ceil"),
    [
        (5, 2, 2, 3, 3),
        (-5, 2, -3, -3, -2),
        (6, 2, 3, 3, 3),
        (1, 3, 0, 0, 1),
        (2, 3, 0, 1, 1),
        (-1, 3, -1, 0, 0),
        (0, 7, 0, 0, 0),
        (10**30 + 1, 2, 5 * 10**29, 5 * 10**29 + 1, 5 * 10**29 + 1),
    ],
)
def test_each_rounding_goes_its_own_way(numerator, denominator, floor, half, ceil):
    assert floor_div(numerator, denominator) == floor
    assert half_up(numerator, denominator) == half
    assert ceil_div(numerator, denominator) == ceil


@pytest.mark.parametrize("denominator", [0, -2])
def test_half_up_without_a_positive_denominator_is_refused(denominator):
    with pytest.raises(ValueError, match="not positive"):
        half_up(1, denominator)


def test_a_share_of_half_a_tiyn_goes_up():
    assert share_of(1_854, 120_000) == 222  # 222.48
    assert share_of(18_375, 120_000) == 2_205  # 2205.00
    assert share_of(25, 20_000) == 1  # 0.50


def test_a_remainder_goes_to_the_largest_fractions_first():
    # 10 x 5/12 = 4.17, 10 x 4/12 = 3.33, 10 x 3/12 = 2.5: the one left goes to the last.
    assert largest_remainder(10, [5, 4, 3]) == [4, 3, 3]


def test_equal_remainders_go_to_the_earlier():
    assert largest_remainder(2, [1, 1, 1]) == [1, 1, 0]


@pytest.mark.parametrize(("total", "weights"), [(5, []), (5, [0, 0]), (5, [1, -1, 1]), (-1, [1])])
def test_a_split_that_has_no_meaning_is_refused(total, weights):
    with pytest.raises(ValueError, match="non-negative"):
        largest_remainder(total, weights)
