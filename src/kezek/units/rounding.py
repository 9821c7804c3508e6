"""Division with the rounding in its name; nothing else in the money rooms divides."""

from collections.abc import Sequence

PPM = 1_000_000
"""Parts in a whole: 75 % is 750_000 ppm."""


def floor_div(numerator: int, denominator: int) -> int:
    """Divide and round towards minus infinity.

    >>> floor_div(7, 2), floor_div(-7, 2)
    (3, -4)
    """
    return numerator // denominator


def ceil_div(numerator: int, denominator: int) -> int:
    """Divide and round towards plus infinity.

    >>> ceil_div(7, 2), ceil_div(-7, 2)
    (4, -3)
    """
    return -(-numerator // denominator)


def half_up(numerator: int, denominator: int) -> int:
    """Divide and round to the nearest whole, a half away from zero; the denominator is positive.

    >>> half_up(5, 2), half_up(-5, 2), half_up(7, 3)
    (3, -3, 2)
    """
    if denominator <= 0:
        raise ValueError(f"denominator {denominator} is not positive")
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def share_of(amount: int, share_ppm: int) -> int:
    """Take a share of an amount, rounded half up.

    >>> share_of(1_000, 750_000)
    750
    """
    return half_up(amount * share_ppm, PPM)


def largest_remainder(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number in proportion to weights so that the parts add up to it exactly.

    Ties of the remainder go to the earlier weight. Raises ValueError for a negative weight or all zero.

    >>> largest_remainder(10, [1, 1, 1])
    [4, 3, 3]
    """
    weight_sum = sum(weights)
    if weight_sum <= 0 or min(weights) < 0 or total < 0:
        raise ValueError("weights and total must be non-negative, and one weight positive")
    parts = [total * weight // weight_sum for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % weight_sum), i))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
