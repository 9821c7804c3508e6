"""How often a price would have won: counted in what was observed, never fitted; ties and small numbers are named.

Each observation is one hour of a past day, or one scenario of a forecast. Either the hour was sold out, and its
marginal price is the lowest price that was accepted, or it was not, and every bid at the reserve or over it was
served.

The rule for ties: a bid at the marginal price counts as lost. Who shares at the margin is served in part at best, so
such a bid is not certain; the number of ties is counted beside the wins.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kezek.units.rounding import PPM, ceil_div, floor_div

LEAST_OBSERVATIONS = 20
"""Fewer observations than these are counted all the same, and the plan says so beside every chance made of them."""


@dataclass(frozen=True, slots=True)
class PriceRecord:
    """What one delivery hour did in the past, or may do by a forecast.

    Args:
        marginal_tiyn_per_kwh: Lowest accepted price of each observation that was sold out, ascending. [tiyn/kWh]
        open_count: Observations that were not sold out: won at the reserve.
    """

    marginal_tiyn_per_kwh: tuple[int, ...] = ()
    open_count: int = 0

    def __post_init__(self) -> None:
        """Hold the invariant that counting rests on."""
        if list(self.marginal_tiyn_per_kwh) != sorted(self.marginal_tiyn_per_kwh) or self.open_count < 0:
            raise ValueError("marginal prices ascend, and no number of hours is negative")

    @property
    def count(self) -> int:
        """Number of observations."""
        return len(self.marginal_tiyn_per_kwh) + self.open_count

    def wins_at(self, price_tiyn_per_kwh: int) -> int:
        """Count the observations that a price, at the reserve or over it, would have won.

        >>> record = PriceRecord((1_850, 1_900), open_count=1)
        >>> [record.wins_at(price) for price in (1_800, 1_850, 1_851, 1_901)]
        [1, 1, 2, 3]
        """
        return self.open_count + bisect_left(self.marginal_tiyn_per_kwh, price_tiyn_per_kwh)

    def ties_at(self, price_tiyn_per_kwh: int) -> int:
        """Count the observations whose marginal price is the very price: lost by the rule for ties."""
        ended = bisect_right(self.marginal_tiyn_per_kwh, price_tiyn_per_kwh)
        return ended - bisect_left(self.marginal_tiyn_per_kwh, price_tiyn_per_kwh)

    def chance_ppm_at(self, price_tiyn_per_kwh: int) -> int | None:
        """Share of the observations that a price would have won, rounded down; None without any. [ppm]"""
        return floor_div(PPM * self.wins_at(price_tiyn_per_kwh), self.count) if self.count else None

    def paid_at(self, *, price_tiyn_per_kwh: int, reserve_tiyn_per_kwh: int, uniform: bool) -> Mapping[int, int]:
        """Count the observations won by what each would have cost. [tiyn/kWh]

        Args:
            uniform: The marginal price is paid, and the reserve in an hour not sold out; else one's own price.

        >>> record = PriceRecord((1_850, 1_900), open_count=1)
        >>> dict(record.paid_at(price_tiyn_per_kwh=1_860, reserve_tiyn_per_kwh=1_800, uniform=True))
        {1800: 1, 1850: 1}
        """
        wins = self.wins_at(price_tiyn_per_kwh)
        if not uniform:
            return {price_tiyn_per_kwh: wins} if wins else {}
        struck = self.marginal_tiyn_per_kwh[: wins - self.open_count]
        paid = Counter([reserve_tiyn_per_kwh] * self.open_count)
        paid.update(max(one, reserve_tiyn_per_kwh) for one in struck)
        return paid

    def steps(self, *, reserve_tiyn_per_kwh: int, tick_tiyn_per_kwh: int) -> Iterator[int]:
        """List the prices at which the count of wins can change: the reserve, and the tick over each marginal price.

        Guarantees: ascending, each once; between two of them no price on the tick wins more than the lower one.
        """
        tick = tick_tiyn_per_kwh
        lowest = ceil_div(reserve_tiyn_per_kwh, tick) * tick
        over = {(floor_div(one, tick) + 1) * tick for one in self.marginal_tiyn_per_kwh}
        yield from sorted({lowest, *(one for one in over if one > lowest)})
