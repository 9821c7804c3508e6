"""The average price of a quarter that costs least in all, where the fee per kWh falls in steps as the average rises.

Under a graded fee paying more for power can cost less in total: an average just under a band's edge pays the higher
rate on all the quarter's energy. Everything here is arithmetic on whole tiyn, and no advice: that somebody paid more
than needed to be charged less may be questioned. Amounts leave income tax aside: power and fee count the same there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kezek.duties.fee import fee_owed_tiyn
from kezek.duties.fee_rate import RATE_KEYS
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Scale, Value
from kezek.registry.operator import Route
from kezek.units.rounding import ceil_div, floor_div, half_up, share_of


class FeeTargetCode(StrEnum):
    """What there is to say of the average price of a quarter, in order of precedence."""

    FLAT = "planning.fee_target.flat"
    NO_QUARTER = "planning.fee_target.no_quarter"
    RATE_UNKNOWN = "planning.fee_target.rate_unknown"
    RAISE = "planning.fee_target.raise"
    STAY = "planning.fee_target.stay"


@dataclass(frozen=True, slots=True)
class FeeBand:
    """One row of the fee: from an average price up to, not including, another one. [tiyn/kWh]

    Args:
        until_tiyn_per_kwh: None where there is no upper end.
        rate_tiyn_per_kwh: None where a rate is in force and nobody knows it.
    """

    from_tiyn_per_kwh: int
    until_tiyn_per_kwh: int | None
    rate_tiyn_per_kwh: int | None

    def holds(self, price_tiyn_per_kwh: int) -> bool:
        """Tell whether a price lies in the band."""
        until = self.until_tiyn_per_kwh
        return self.from_tiyn_per_kwh <= price_tiyn_per_kwh and (until is None or price_tiyn_per_kwh < until)


def fee_bands(*, route: Route, law: Snapshot) -> tuple[FeeBand, ...]:
    """Give the fee by source of power as rows; a rate that hangs on no price is one row.

    Raises:
        NoRuleInForce: the law gives neither a rate nor rows on that day.
    Law: fee.rate.* (Tax Code, Art. 606-3 in the wording of the day).
    """
    found = law.find(RATE_KEYS.get(route, keys.FEE_RATE_GENERAL))
    if not isinstance(found, Value):
        raise NoRuleInForce(found, on=law.on)
    content = found.content
    if isinstance(content, Scale):
        return tuple(
            FeeBand(row.from_amount, row.until_amount, row.content if isinstance(row.content, int) else None)
            for row in content.bands
        )
    if type(content) is not int:
        raise TypeError(f"{found.key} is no amount")
    return (FeeBand(0, None, content),)


def is_graded(bands: Sequence[FeeBand]) -> bool:
    """Tell whether the fee depends on the price."""
    return len(bands) > 1


def band_of(*, bands: Sequence[FeeBand], price_tiyn_per_kwh: int) -> FeeBand:
    """Find the row that holds a price.

    Raises:
        ValueError: no row does.
    """
    found = next((band for band in bands if band.holds(price_tiyn_per_kwh)), None)
    if found is None:
        raise ValueError(f"no band of the fee holds {price_tiyn_per_kwh} tiyn/kWh")
    return found


@dataclass(frozen=True, slots=True)
class QuarterEnergy:
    """The energy of a quarter: what was bought, and what is still to be bought.

    Args:
        bought_kwh: Energy bought so far. [kWh]
        cost_tiyn: What it cost, VAT excluded. [tiyn]
        planned_kwh: Energy still to be bought; more than nothing. [kWh]
        lowest_tiyn_per_kwh: Lowest price at which it can be had, VAT excluded. [tiyn/kWh]
    """

    bought_kwh: int
    cost_tiyn: int
    planned_kwh: int
    lowest_tiyn_per_kwh: int

    @property
    def energy_kwh(self) -> int:
        """Energy of the whole quarter. [kWh]"""
        return self.bought_kwh + self.planned_kwh

    def average_tiyn_per_kwh(self, spend_tiyn: int) -> int:
        """Average price of the quarter if the planned energy costs so much, half up as the check has it. [tiyn/kWh]

        >>> QuarterEnergy(100, 200_000, 100, 2_000).average_tiyn_per_kwh(210_099)
        2050
        """
        return half_up(self.cost_tiyn + spend_tiyn, self.energy_kwh)

    def least_spend_tiyn(self, *, average_tiyn_per_kwh: int, tick_tiyn_per_kwh: int) -> int:
        """Least that the planned energy must cost for the average to come to a price, in whole ticks. [tiyn]

        Guarantees: one tick less gives a lower average (property test).
        """
        doubled = (2 * average_tiyn_per_kwh - 1) * self.energy_kwh
        needed = ceil_div(doubled, 2) - self.cost_tiyn
        return ceil_div(needed, tick_tiyn_per_kwh) * tick_tiyn_per_kwh


@dataclass(frozen=True, slots=True)
class Way:
    """One way to buy the planned energy, and what the quarter then costs. [tiyn]

    Args:
        spend_tiyn: What the planned energy costs, VAT excluded.
        energy_tiyn: What the energy of the whole quarter costs, VAT excluded.
        fee_tiyn: None where the rate is not known.
    """

    average_tiyn_per_kwh: int
    rate_tiyn_per_kwh: int | None
    spend_tiyn: int
    energy_tiyn: int
    vat_tiyn: int
    fee_tiyn: int | None

    @property
    def power_tiyn(self) -> int:
        """Power with its VAT. [tiyn]"""
        return self.energy_tiyn + self.vat_tiyn

    @property
    def total_tiyn(self) -> int | None:
        """Power, VAT and fee of the quarter; None where the rate is not known. [tiyn]"""
        return None if self.fee_tiyn is None else self.power_tiyn + self.fee_tiyn


@dataclass(frozen=True, slots=True)
class FeeTarget:
    """Which average price to come to, and what that saves.

    Args:
        natural: The planned energy at its lowest price.
        ways: The natural way, and for each band's edge above it the cheapest way to reach it.
        best: The cheapest of the ways whose rate is known, of equal ones the one that spends least; None without any.
        extra_tiyn: What the best way pays more for power, VAT included.
        saved_tiyn: What it pays less as fee; None where the rate at the natural average is not known.
        pays_from_tiyn_per_kwh: Where it is not known: the best way is cheaper if that rate is this or higher.
    """

    code: FeeTargetCode
    quarter: QuarterEnergy
    bands: tuple[FeeBand, ...]
    natural: Way
    ways: tuple[Way, ...]
    best: Way | None
    extra_tiyn: int
    saved_tiyn: int | None
    pays_from_tiyn_per_kwh: int | None

    @property
    def gain_tiyn(self) -> int | None:
        """What is left of the fee saved after the power paid more; None where the fee is not known. [tiyn]"""
        return None if self.saved_tiyn is None else self.saved_tiyn - self.extra_tiyn

    @property
    def unknown_ways(self) -> int:
        """Ways whose rate is not known: a better one may be among them."""
        return sum(way.rate_tiyn_per_kwh is None for way in self.ways)


def fee_target(
    *, quarter: QuarterEnergy, bands: tuple[FeeBand, ...], vat_ppm: int, tick_tiyn_per_kwh: int
) -> FeeTarget:
    """Find the average price at which power, its VAT and the fee of the quarter cost least in all.

    Inside a band every tiyn more is only spent, so the natural average and the edges above it are all that is tried.

    Args:
        vat_ppm: VAT on power, for which no credit is assumed. [ppm]
    Guarantees: no other way to spend at least the lowest price, tick by tick, costs less (property test); of equal
        ones the way that spends least.
    """
    tick = tick_tiyn_per_kwh
    natural_tiyn = quarter.planned_kwh * ceil_div(quarter.lowest_tiyn_per_kwh, tick) * tick
    ways = [_way(quarter, bands, vat_ppm, spend) for spend in _spends(quarter, bands, natural_tiyn, tick)]
    natural = ways[0]
    known = [(way.total_tiyn, way.spend_tiyn, way) for way in ways if way.total_tiyn is not None]
    best = min(known, key=lambda one: one[:2])[2] if known else None
    extra_tiyn = best.power_tiyn - natural.power_tiyn if best else 0
    saved = None
    if best is not None and natural.fee_tiyn is not None and best.fee_tiyn is not None:
        saved = natural.fee_tiyn - best.fee_tiyn
    code = _code(bands, natural, best)
    pays_from = _pays_from(quarter, natural, best) if code is FeeTargetCode.RATE_UNKNOWN else None
    return FeeTarget(code, quarter, bands, natural, tuple(ways), best, extra_tiyn, saved, pays_from)


def _spends(quarter: QuarterEnergy, bands: Sequence[FeeBand], natural_tiyn: int, tick: int) -> Iterator[int]:
    """List what the planned energy may cost: as little as it can, or what reaches the next edges."""
    yield natural_tiyn
    natural = quarter.average_tiyn_per_kwh(natural_tiyn)
    for band in bands:
        if band.from_tiyn_per_kwh > natural:
            edge = band.from_tiyn_per_kwh
            yield quarter.least_spend_tiyn(average_tiyn_per_kwh=edge, tick_tiyn_per_kwh=tick)


def _way(quarter: QuarterEnergy, bands: Sequence[FeeBand], vat_ppm: int, spend_tiyn: int) -> Way:
    average = quarter.average_tiyn_per_kwh(spend_tiyn)
    rate = band_of(bands=bands, price_tiyn_per_kwh=average).rate_tiyn_per_kwh
    energy_tiyn = quarter.cost_tiyn + spend_tiyn
    fee_tiyn = None
    if rate is not None:
        fee_tiyn = fee_owed_tiyn(metered_wh=1_000 * quarter.energy_kwh, rate_tiyn_per_kwh=rate)
    return Way(average, rate, spend_tiyn, energy_tiyn, share_of(energy_tiyn, vat_ppm), fee_tiyn)


def _code(bands: Sequence[FeeBand], natural: Way, best: Way | None) -> FeeTargetCode:
    if not is_graded(bands):
        return FeeTargetCode.FLAT
    if natural.fee_tiyn is None:
        return FeeTargetCode.RATE_UNKNOWN
    return FeeTargetCode.STAY if best is natural else FeeTargetCode.RAISE


def _pays_from(quarter: QuarterEnergy, natural: Way, best: Way | None) -> int | None:
    """Find the lowest whole rate at the natural average at which the best way costs less. [tiyn/kWh]"""
    if best is None or best.total_tiyn is None:
        return None
    return floor_div(best.total_tiyn - natural.power_tiyn, quarter.energy_kwh) + 1


@dataclass(frozen=True, slots=True)
class Split:
    """How to spend an exact amount: so much energy at one price, the rest one tick higher. [kWh, tiyn/kWh]"""

    low_kwh: int
    low_tiyn_per_kwh: int
    high_kwh: int
    high_tiyn_per_kwh: int


def split_of(*, spend_tiyn: int, planned_kwh: int, tick_tiyn_per_kwh: int) -> Split:
    """Spread an amount over the planned energy as evenly as ticks allow.

    Guarantees: the two parts cost the amount to the tiyn where it is a whole number of ticks, and add up in energy.

    >>> split_of(spend_tiyn=20_105, planned_kwh=10, tick_tiyn_per_kwh=1)
    Split(low_kwh=5, low_tiyn_per_kwh=2010, high_kwh=5, high_tiyn_per_kwh=2011)
    """
    tick = tick_tiyn_per_kwh
    ticks = ceil_div(spend_tiyn, tick)
    low, high_kwh = divmod(ticks, planned_kwh)
    return Split(planned_kwh - high_kwh, low * tick, high_kwh, (low + 1) * tick)
