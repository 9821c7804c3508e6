"""Imbalance: what an operator used against what it bought, hour by hour, priced by a rule that is data.

The law book names where deviations are settled; which price applies is a rule with an id and a version. Energy that
nobody metered and energy for which nobody knows a price is not priced: it stays open, with a code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kezek.units.rounding import PPM, half_up

RULE_VERSION = 1
WH_PER_KWH = 1_000
ROUNDING_STEP = "half up to the tiyn, once per operator and hour"
"""Where imbalance is rounded; a half goes away from zero, so that charge and credit are rounded alike."""


class ImbalanceKind(StrEnum):
    """Price of a deviation: given for each hour from outside; with a surcharge and a discount; or the hour's own."""

    BALANCING_MARKET = "balancing_market"
    TWO_PRICE = "two_price"
    SINGLE_PRICE = "single_price"


@dataclass(frozen=True, slots=True)
class ImbalanceRule:
    """How a deviation is priced.

    Args:
        over_ppm: Under `two_price`, share of the price that energy used beyond what was bought costs. [ppm]
        under_ppm: Under `two_price`, share of the price that energy bought and not used brings. [ppm]
    Raises:
        ValueError: a share is negative.
    """

    kind: ImbalanceKind
    over_ppm: int
    under_ppm: int

    def __post_init__(self) -> None:
        """Refuse negative shares."""
        if min(self.over_ppm, self.under_ppm) < 0:
            raise ValueError(f"{self.kind} with {self.over_ppm} and {self.under_ppm} ppm")

    def share_ppm(self, deviation_wh: int) -> int:
        """Share of the price that applies to a deviation: the whole of it under the rules with one price. [ppm]"""
        if self.kind is not ImbalanceKind.TWO_PRICE:
            return PPM
        return self.over_ppm if deviation_wh > 0 else self.under_ppm

    @property
    def rule_id(self) -> str:
        """Id and version of the rule.

        >>> ImbalanceRule(ImbalanceKind.TWO_PRICE, over_ppm=1_250_000, under_ppm=750_000).rule_id
        'two_price/1'
        """
        return f"{self.kind}/{RULE_VERSION}"


class ImbalanceGap(StrEnum):
    """Why an hour stays open, in order of precedence; nothing is charged for it and nothing guessed."""

    NO_READING = "market.imbalance.no_reading"
    NO_PRICE = "market.imbalance.no_price"


@dataclass(frozen=True, slots=True)
class Imbalance:
    """A deviation and its price.

    Args:
        deviation_wh: Energy used less energy bought. [Wh]
        amount_tiyn: What the operator pays; below zero it is credited. [tiyn]
    """

    deviation_wh: int
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class Undetermined:
    """An hour that cannot be settled, and why."""

    gap: ImbalanceGap


def imbalance(
    *, metered_wh: int | None, bought_kwh: int, reference_tiyn_per_kwh: int | None, rule: ImbalanceRule
) -> Imbalance | Undetermined:
    """Settle one hour of one operator; rounded half up to the tiyn here, once. [tiyn]

    Args:
        metered_wh: Energy used; None where there is no reading, which is not a reading of zero. [Wh]
        reference_tiyn_per_kwh: Price of the hour, or under `balancing_market` the price given for it; None where
            there is none. A deviation of zero costs nothing at any price, known or not. [tiyn/kWh]
    Raises:
        ValueError: an energy is negative, or the price is under a rule other than `balancing_market`.
    Guarantees (tests/property/market/test_imbalance.py): used as bought costs nothing; where `two_price` has over at
    least at the whole price and under at most, nobody gains by deviating.

    >>> rule = ImbalanceRule(ImbalanceKind.TWO_PRICE, over_ppm=1_250_000, under_ppm=750_000)
    >>> imbalance(metered_wh=1_100_000, bought_kwh=1_000, reference_tiyn_per_kwh=2_000, rule=rule)
    Imbalance(deviation_wh=100000, amount_tiyn=250000)
    >>> imbalance(metered_wh=900_000, bought_kwh=1_000, reference_tiyn_per_kwh=2_000, rule=rule)
    Imbalance(deviation_wh=-100000, amount_tiyn=-150000)
    """
    price = reference_tiyn_per_kwh
    negative_price = price is not None and price < 0 and rule.kind is not ImbalanceKind.BALANCING_MARKET
    if negative_price or bought_kwh < 0 or (metered_wh is not None and metered_wh < 0):
        raise ValueError(f"metered {metered_wh} Wh, bought {bought_kwh} kWh, at {price} tiyn/kWh")
    if metered_wh is None:
        return Undetermined(ImbalanceGap.NO_READING)
    deviation_wh = metered_wh - bought_kwh * WH_PER_KWH
    if deviation_wh == 0:
        return Imbalance(0, 0)
    if price is None:
        return Undetermined(ImbalanceGap.NO_PRICE)
    exact = deviation_wh * price * rule.share_ppm(deviation_wh)
    return Imbalance(deviation_wh, half_up(exact, WH_PER_KWH * PPM))


@dataclass(frozen=True, slots=True)
class HourUse:
    """One delivery hour of one operator: metered, bought and priced (see `imbalance`). [Wh, kWh, tiyn/kWh]"""

    product_id: str
    metered_wh: int | None
    bought_kwh: int
    reference_tiyn_per_kwh: int | None


@dataclass(frozen=True, slots=True)
class HourImbalance:
    """One delivery hour and how it was settled."""

    use: HourUse
    outcome: Imbalance | Undetermined


@dataclass(frozen=True, slots=True)
class OperatorImbalance:
    """An operator's imbalance over its hours.

    Args:
        rule_id: Id and version of the rule, which was rounded as `ROUNDING_STEP` says.
        amount_tiyn: Sum over the hours that could be settled; below zero it is credited. [tiyn]
        deviation_wh: Sum over the same hours; hours of more and hours of less cancel here, never in the amount. [Wh]
    """

    operator_id: str
    rule_id: str
    hours: tuple[HourImbalance, ...]
    amount_tiyn: int
    deviation_wh: int

    @property
    def open_hours(self) -> tuple[HourImbalance, ...]:
        """The hours that could not be settled."""
        return tuple(hour for hour in self.hours if isinstance(hour.outcome, Undetermined))


def operator_imbalance(*, operator_id: str, hours: Sequence[HourUse], rule: ImbalanceRule) -> OperatorImbalance:
    """Settle the hours of one operator, each by itself, in the order given.

    Raises:
        ValueError: an hour is there twice.
    """
    if len({hour.product_id for hour in hours}) < len(hours):
        raise ValueError(f"{operator_id} has an hour twice")
    settled = tuple(
        HourImbalance(
            hour,
            imbalance(
                metered_wh=hour.metered_wh,
                bought_kwh=hour.bought_kwh,
                reference_tiyn_per_kwh=hour.reference_tiyn_per_kwh,
                rule=rule,
            ),
        )
        for hour in hours
    )
    priced = [hour.outcome for hour in settled if isinstance(hour.outcome, Imbalance)]
    return OperatorImbalance(
        operator_id=operator_id,
        rule_id=rule.rule_id,
        hours=settled,
        amount_tiyn=sum(one.amount_tiyn for one in priced),
        deviation_wh=sum(one.deviation_wh for one in priced),
    )
