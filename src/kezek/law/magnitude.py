"""How large an amount can get inside a rule: run on magnitudes first, a rule on columns cannot overflow unseen."""

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

    def divided(self, denominator: object) -> "Magnitude":
        """Bound a rounded quotient; the half that is added before dividing counts as well."""
        Magnitude(self.most + _bound(denominator), self.seen)
        least = denominator if isinstance(denominator, int) else 1
        return Magnitude(self.most // least + 1, self.seen)

    def either(self, other: object) -> "Magnitude":
        """Bound the greater or the smaller of two amounts."""
        return Magnitude(max(self.most, _bound(other)), self.seen)


def _bound(amount: object) -> int:
    if isinstance(amount, Magnitude):
        return amount.most
    if isinstance(amount, int):
        return abs(amount)
    raise TypeError(f"{type(amount).__name__} has no magnitude")
