"""Aggregated demand curve of a product: how much was asked at each price or more, and no word on by whom."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from kezek.market.clearing import Codes, Int64s

FEWEST_BIDDERS = 3
"""With one or two bidders each could read the other's bids off the curve."""


class CurveRefusal(StrEnum):
    """Why a curve is not published."""

    TOO_FEW_BIDDERS = "market.curve.too_few_bidders"


@dataclass(frozen=True, slots=True)
class Level:
    """One price and what was asked at it or at more. [tiyn/kWh, kWh]"""

    price_tiyn_per_kwh: int
    asked_kwh: int


@dataclass(frozen=True, slots=True)
class Curve:
    """Levels from the highest price down, or why they are withheld.

    Args:
        withheld: None where the curve is published; then no level is missing.
        bidder_count: Owners behind the bids.
        fewest_bidders: How many there must be.
    """

    levels: tuple[Level, ...]
    withheld: CurveRefusal | None
    bidder_count: int
    fewest_bidders: int = FEWEST_BIDDERS


def demand_curve(*, price_tiyn_per_kwh: Int64s, quantity_kwh: Int64s, claimant: Codes) -> Curve:
    """Add up a book by price, from the highest down; withheld where fewer than three owners bid.

    Args:
        claimant: Code of the beneficial owner of each bid. int (n,).
    Raises:
        ValueError: columns of different length.
    Guarantees: prices fall and volumes rise from level to level; the last volume is the whole demand.

    >>> price, kwh = np.array([1_900, 1_800, 1_900]), np.array([5, 7, 1])
    >>> curve = demand_curve(price_tiyn_per_kwh=price, quantity_kwh=kwh, claimant=np.array([0, 1, 2]))
    >>> [(level.price_tiyn_per_kwh, level.asked_kwh) for level in curve.levels]
    [(1900, 6), (1800, 13)]
    """
    if not len(price_tiyn_per_kwh) == len(quantity_kwh) == len(claimant):
        raise ValueError("columns differ in length")
    bidder_count = len(np.unique(claimant))
    if bidder_count < FEWEST_BIDDERS:
        return Curve((), CurveRefusal.TOO_FEW_BIDDERS, bidder_count)
    down = np.argsort(price_tiyn_per_kwh)[::-1]
    price, reached = price_tiyn_per_kwh[down], np.cumsum(quantity_kwh[down])
    last = np.flatnonzero(np.diff(price, append=-1))
    levels = zip(price[last].tolist(), reached[last].tolist(), strict=True)
    return Curve(tuple(Level(*level) for level in levels), None, bidder_count)
