"""Arithmetic for rules, on one whole number, on a traced one, and on a column of int64: the same rule runs on all.

Rules use `+`, `-` and `*` as they are; what divides, compares or chooses goes through here. On columns the amounts
must stay inside int64; `kezek.law.rule.on_columns` proves that before it multiplies.
"""

from typing import TYPE_CHECKING, TypeVar

from kezek.law.magnitude import Magnitude, either, quotient
from kezek.law.term import Op, first_term
from kezek.units import rounding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

N = TypeVar("N", int, "NDArray[np.int64]")
"""A whole number, or a column of them."""


def half_up(numerator: N, denominator: N | int) -> N:
    """Divide and round to the nearest whole, a half away from zero; the denominator is positive.

    >>> half_up(5, 2), half_up(-5, 2), half_up(7, 3)
    (3, -3, 2)
    """
    if isinstance(numerator, int) and isinstance(denominator, int):
        amount = rounding.half_up(int(numerator), int(denominator))
        return _traced(amount, Op.HALF_UP, numerator, denominator)
    if isinstance(numerator, Magnitude) or isinstance(denominator, Magnitude):
        return quotient(numerator, denominator)
    import numpy as np

    if not isinstance(denominator, int) and denominator.size and denominator.min() <= 0:
        raise ValueError(f"denominator {denominator.min()} is not positive")
    half, amounts = denominator // 2, np.asarray(numerator)
    if amounts.size and amounts.min() < 0:
        magnitude = (np.abs(amounts) + half) // denominator
        return np.where(amounts < 0, -magnitude, magnitude)
    shifted = amounts + half
    np.floor_divide(shifted, denominator, out=shifted)
    return shifted


def ceil_div(numerator: N, denominator: N | int) -> N:
    """Divide and round towards plus infinity.

    >>> ceil_div(7, 2), ceil_div(-7, 2)
    (4, -3)
    """
    if isinstance(numerator, int) and isinstance(denominator, int):
        return _traced(rounding.ceil_div(int(numerator), int(denominator)), Op.CEIL, numerator, denominator)
    if isinstance(numerator, Magnitude) or isinstance(denominator, Magnitude):
        return quotient(numerator, denominator)
    return -(-numerator // denominator)


def most(first: N, second: N | int) -> N:
    """Give the greater of two amounts.

    >>> most(-3, 0)
    0
    """
    if isinstance(first, int) and isinstance(second, int):
        return _traced(max(int(first), int(second)), Op.MOST, first, second)
    if isinstance(first, Magnitude) or isinstance(second, Magnitude):
        return either(first, second)
    import numpy as np

    return np.maximum(first, second)


def least(first: N, second: N | int) -> N:
    """Give the smaller of two amounts.

    >>> least(3, 2)
    2
    """
    if isinstance(first, int) and isinstance(second, int):
        return _traced(min(int(first), int(second)), Op.LEAST, first, second)
    if isinstance(first, Magnitude) or isinstance(second, Magnitude):
        return either(first, second)
    import numpy as np

    return np.minimum(first, second)


def share_of(amount: N, share_ppm: N | int) -> N:
    """Take a share of an amount, rounded half up.

    >>> share_of(1_000, 750_000)
    750
    """
    return half_up(amount * share_ppm, rounding.PPM)


def _traced(amount: int, op: Op, *parts: int) -> int:
    term = first_term(*parts)
    return amount if term is None else term.made(amount, op, *parts)
