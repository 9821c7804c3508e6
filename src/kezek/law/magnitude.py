"""How large an amount can get inside a rule: run on magnitudes first, a rule on columns cannot overflow unseen."""

from typing import Any

INT64_MAX = 2**63 - 1


class Magnitude:
    """The most that the absolute value of an amount can be, and the largest seen on the way.

    Args:
        most: Bound of the absolute value.
        seen: One list for all magnitudes of a run; the largest bound stands in it.
    """

    __slots__ = ("most", "seen")

    def __init__(self, most: int, seen: list[int]) -> None:
        self.most, self.seen = most, seen
        seen[0] = max(seen[0], most)

    def __add__(self, other: object) -> "Magnitude":
        return Magnitude(self.most + _bound(other), self.seen)

    __radd__ = __sub__ = __rsub__ = __add__

    def __mul__(self, other: object) -> "Magnitude":
        return Magnitude(self.most * _bound(other), self.seen)

    __rmul__ = __mul__

    def __neg__(self) -> "Magnitude":
        return self


def quotient(numerator: object, denominator: object) -> Any:  # noqa: ANN401 - stands in for an amount inside a rule
    """Bound a rounded quotient; the half that is added before dividing counts as well."""
    seen = _seen(numerator, denominator)
    whole = Magnitude(_bound(numerator) + _bound(denominator), seen)
    least = max(1, _bound(denominator)) if isinstance(denominator, int) else 1
    return Magnitude(whole.most // least + 1, seen)


def either(first: object, second: object) -> Any:  # noqa: ANN401 - stands in for an amount inside a rule
    """Bound the greater or the smaller of two amounts."""
    return Magnitude(max(_bound(first), _bound(second)), _seen(first, second))


def _seen(*amounts: object) -> list[int]:
    return next(one.seen for one in amounts if isinstance(one, Magnitude))


def _bound(amount: object) -> int:
    if isinstance(amount, Magnitude):
        return amount.most
    if isinstance(amount, int):
        return abs(amount)
    raise TypeError(f"{type(amount).__name__} has no magnitude")
