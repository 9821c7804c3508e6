"""What to bid for an hour: by a strategy, exactly, from what a MWh is worth and from what prices won before.

Nothing is estimated but the chance, which is a count (see `win_chance`). The price that earns most is found by trying
every price at which anything can change: the reserve, the tick over each marginal price, each edge of the fee.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from kezek.law.snapshot import Snapshot
from kezek.planning.breakeven import MwhResult, SiteCosts, mwh_result
from kezek.planning.fee_target import FeeBand, band_of
from kezek.planning.win_chance import PriceRecord
from kezek.registry.operator import Route
from kezek.units.rounding import PPM, ceil_div, floor_div

_MWH_KWH = 1_000


class Strategy(StrEnum):
    """How a price is chosen under the ceiling."""

    BEST = "best"
    TARGET = "target"
    MARGIN = "margin"
    TRUTHFUL = "truthful"


class NoBid(StrEnum):
    """Why nothing is bid, in order of precedence."""

    RATE_UNKNOWN = "planning.bid.rate_unknown"
    NO_PRICE_PAYS = "planning.bid.no_price_pays"
    CEILING_UNDER_RESERVE = "planning.bid.ceiling_under_reserve"
    MARGIN_UNDER_RESERVE = "planning.bid.margin_under_reserve"
    LOSES_AT_PRICE = "planning.bid.loses_at_price"
    TARGET_OUT_OF_REACH = "planning.bid.target_out_of_reach"
    NOTHING_TO_GAIN = "planning.bid.nothing_to_gain"


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What one MWh on one kind of machine earns at a price of power, all dues included.

    A graded fee is taken at the bid's own price, as if the quarter's average were that price; `fee_target` is about
    the average itself.

    Args:
        coin_value_tiyn: Value of the coins of one MWh, after the pool's fee. [tiyn]
        bands: The fee by price, as the law of the day has it.
        law: The law of the day.
    """

    coin_value_tiyn: int
    route: Route
    costs: SiteCosts
    bands: tuple[FeeBand, ...]
    law: Snapshot
    _results: dict[int, MwhResult] = field(default_factory=dict, repr=False)

    def result(self, price_tiyn_per_kwh: int) -> MwhResult | None:
        """Work out one MWh at a price; None where the rate of the fee at that price is not known."""
        if band_of(bands=self.bands, price_tiyn_per_kwh=price_tiyn_per_kwh).rate_tiyn_per_kwh is None:
            return None
        found = self._results.get(price_tiyn_per_kwh)
        if found is None:
            found = self._results[price_tiyn_per_kwh] = mwh_result(
                price_tiyn_per_kwh=price_tiyn_per_kwh,
                coin_value_tiyn=self.coin_value_tiyn,
                route=self.route,
                costs=self.costs,
                law=self.law,
            )
        return found

    def net_tiyn(self, price_tiyn_per_kwh: int) -> int | None:
        """What one MWh leaves at a price; None where the fee is not known. [tiyn]"""
        result = self.result(price_tiyn_per_kwh)
        return None if result is None else result.net_tiyn

    @property
    def most_tiyn_per_kwh(self) -> int:
        """A price over which power alone costs more than the coins are worth. [tiyn/kWh]"""
        return floor_div(self.coin_value_tiyn, _MWH_KWH)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The highest price at which one MWh still loses nothing.

    Args:
        price_tiyn_per_kwh: None where there is none among the prices whose fee is known. [tiyn/kWh]
        unknown_above: Over it lie prices whose fee is not known, and which may pay as well.
    """

    price_tiyn_per_kwh: int | None
    unknown_above: bool


def ceiling_of(*, worth: Worth, tick_tiyn_per_kwh: int) -> Ceiling:
    """Find the highest price at which one MWh loses nothing, on the price tick.

    Inside one band of the fee a dearer price leaves less, so each band is halved until the tick is found, the highest
    band first; a fee that falls as the price rises makes a band at the top pay where a lower one does not.

    Guarantees: at the result one MWh nets zero or more, and at no higher price whose fee is known (property test).
    """
    unknown_above = False
    for band in reversed(worth.bands):
        found = _highest_in(band, worth, tick_tiyn_per_kwh)
        if found is not None:
            return Ceiling(found, unknown_above)
        unknown = band.rate_tiyn_per_kwh is None
        unknown_above = unknown_above or (unknown and band.from_tiyn_per_kwh <= worth.most_tiyn_per_kwh)
    return Ceiling(None, unknown_above)


def _highest_in(band: FeeBand, worth: Worth, tick: int) -> int | None:
    """Find the highest price of a band at which one MWh loses nothing, in one band of a known fee."""
    low = ceil_div(band.from_tiyn_per_kwh, tick)
    high = floor_div(worth.most_tiyn_per_kwh, tick)
    if band.until_tiyn_per_kwh is not None:
        high = min(high, ceil_div(band.until_tiyn_per_kwh, tick) - 1)
    if band.rate_tiyn_per_kwh is None or low > high or not _pays(worth, low * tick):
        return None
    high += 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _pays(worth, middle * tick) else (low, middle)
    return low * tick


def _pays(worth: Worth, price_tiyn_per_kwh: int) -> bool:
    net_tiyn = worth.net_tiyn(price_tiyn_per_kwh)
    return net_tiyn is not None and net_tiyn >= 0


@dataclass(frozen=True, slots=True)
class Wish:
    """How to bid.

    Args:
        margin_tiyn_per_kwh: How far under the ceiling, for `margin`. [tiyn/kWh]
        target_ppm: Chance of winning to reach, for `target`. [ppm]
        uniform: All winners pay one price: the ceiling is bid then, whatever the strategy.
    """

    strategy: Strategy
    margin_tiyn_per_kwh: int = 0
    target_ppm: int = PPM
    uniform: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A price, or why there is none. [tiyn/kWh]"""

    price_tiyn_per_kwh: int | None
    why_not: NoBid | None


def choose_bid(
    *,
    worth: Worth,
    ceiling: Ceiling,
    record: PriceRecord,
    wish: Wish,
    reserve_tiyn_per_kwh: int,
    tick_tiyn_per_kwh: int,
) -> Choice:
    """Choose the price of a bid for one hour.

    Under one price for all, a bid only decides whether one wins and not what one pays, so the ceiling is the answer:
    less loses hours that would have paid, more wins hours that do not.

    Guarantees: for `best`, no price on the tick has a higher expected profit, and no lower one the same (property
        test); whatever the strategy, the price is at the reserve or over it and one MWh at it loses nothing.
    """
    tick = tick_tiyn_per_kwh
    if ceiling.price_tiyn_per_kwh is None:
        return Choice(None, NoBid.RATE_UNKNOWN if ceiling.unknown_above else NoBid.NO_PRICE_PAYS)
    if ceil_div(reserve_tiyn_per_kwh, tick) * tick > ceiling.price_tiyn_per_kwh:
        return Choice(None, NoBid.RATE_UNKNOWN if ceiling.unknown_above else NoBid.CEILING_UNDER_RESERVE)
    if wish.uniform or wish.strategy is Strategy.TRUTHFUL:
        return Choice(ceiling.price_tiyn_per_kwh, None)
    if wish.strategy is Strategy.MARGIN:
        return _under_margin(worth, ceiling.price_tiyn_per_kwh, wish, reserve_tiyn_per_kwh, tick)
    tried = [
        (price, net_tiyn)
        for price in prices_to_try(worth=worth, record=record, reserve_tiyn_per_kwh=reserve_tiyn_per_kwh, tick=tick)
        if (net_tiyn := worth.net_tiyn(price)) is not None and net_tiyn >= 0
    ]
    if wish.strategy is Strategy.TARGET:
        needed = wish.target_ppm * record.count
        sure = (price for price, _ in tried if record.count and PPM * record.wins_at(price) >= needed)
        price = next(sure, None)
        return Choice(price, NoBid.TARGET_OUT_OF_REACH if price is None else None)
    gains = [(net_tiyn * record.wins_at(price), -price) for price, net_tiyn in tried]
    gain, negated = max(gains, default=(0, 0))
    return Choice(-negated, None) if gain > 0 else Choice(None, NoBid.NOTHING_TO_GAIN)


def _under_margin(worth: Worth, ceiling: int, wish: Wish, reserve: int, tick: int) -> Choice:
    price = floor_div(ceiling - wish.margin_tiyn_per_kwh, tick) * tick
    if price < reserve:
        return Choice(None, NoBid.MARGIN_UNDER_RESERVE)
    net_tiyn = worth.net_tiyn(price)
    if net_tiyn is None:
        return Choice(None, NoBid.RATE_UNKNOWN)
    return Choice(price, None) if net_tiyn >= 0 else Choice(None, NoBid.LOSES_AT_PRICE)


def prices_to_try(*, worth: Worth, record: PriceRecord, reserve_tiyn_per_kwh: int, tick: int) -> Iterator[int]:
    """List every price at which the chance rises or the fee falls, ascending: between two of them profit only falls.

    Args:
        tick: Smallest step of a price. [tiyn/kWh]
    """
    steps = set(record.steps(reserve_tiyn_per_kwh=reserve_tiyn_per_kwh, tick_tiyn_per_kwh=tick))
    edges = {ceil_div(band.from_tiyn_per_kwh, tick) * tick for band in worth.bands}
    yield from sorted(
        price
        for price in steps | {edge for edge in edges if edge >= reserve_tiyn_per_kwh}
        if price <= worth.most_tiyn_per_kwh
    )
