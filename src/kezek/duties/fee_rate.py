"""The rate of the digital-mining fee: the general one by price, and its exceptions, each with its own source."""

from collections.abc import Callable
from datetime import date

from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.reckon import N, most
from kezek.law.rule import applies, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit, Value
from kezek.registry.operator import Route

Look = Callable[[keys.Amount | keys.Banded, int], int]
"""How a rate is looked up: by its key, at an average price. [tiyn/kWh]"""

RATE_KEYS: dict[Route, keys.Amount | keys.Banded] = {
    Route.OWN_RENEWABLE: keys.FEE_RATE_OWN_RENEWABLE,
    Route.OWN_GENERATION: keys.FEE_RATE_OWN_GENERATION,
}
"""Keys of the rates that stand apart; every other source of power has `fee.rate.general`."""


@rule(source="tax_law_135", at="Art. 606-3", from_on=date(2022, 1, 1), unit=Unit.TIYN_PER_KWH)
def general_rate(*, rate_tiyn_per_kwh: N) -> N:
    """Rate of the fee, in 2023 by the average price of the quarter. [tiyn/kWh]"""
    return rate_tiyn_per_kwh


@rule(
    source="orbitax_2022",
    at="Art. 606-3",
    from_on=date(2023, 1, 1),
    until_on=date(2024, 1, 1),
    unit=Unit.TIYN_PER_KWH,
    exception_to="general_rate",
)
def renewable_plant_rate(*, rate_tiyn_per_kwh: N) -> N:
    """Rate for an own renewable plant, whatever the price. [tiyn/kWh]"""
    return rate_tiyn_per_kwh


@rule(
    source="orbitax_2022",
    at="Art. 606-3",
    from_on=date(2023, 1, 1),
    until_on=date(2024, 1, 1),
    unit=Unit.TIYN_PER_KWH,
    exception_to="general_rate",
)
def own_plant_rate(*, rate_tiyn_per_kwh: N) -> N:
    """Rate for an own plant that is not renewable, whatever the price. [tiyn/kWh]"""
    return rate_tiyn_per_kwh


@rule(
    source="fintax_2025",
    at="rates of the fee",
    from_on=date(2024, 1, 1),
    unit=Unit.TIYN_PER_KWH,
    exception_to="general_rate",
)
def own_or_renewable_rate(*, rate_tiyn_per_kwh: N) -> N:
    """Rate for power of an own plant, renewable or not. [tiyn/kWh]"""
    return rate_tiyn_per_kwh


@rule(
    source="jjtv_2022",
    at="State Revenue Committee",
    from_on=date(2023, 1, 1),
    until_on=date(2024, 1, 1),
    unit=Unit.TIYN_PER_KWH,
    exception_to="general_rate",
)
def faulty_meter_rate(*, otherwise_tiyn_per_kwh: N, no_meter_tiyn_per_kwh: N) -> N:
    """Rate where the meter is missing or faulty: of those that fit, the highest. [tiyn/kWh]"""
    return most(otherwise_tiyn_per_kwh, no_meter_tiyn_per_kwh)


def rate(*, route: Route, price: int, law: Snapshot, meter_faulty: bool, look: Look) -> int:
    """Pick the rate for a source of power, an average price and the state of the meter. [tiyn/kWh]

    The rate without a meter is the top of the scale: where the band of a price is not known, a faulty meter decides.

    Raises:
        NoRuleInForce: the bands of 2023 between the known points, and dates before 2022.
    """
    faulty = meter_faulty and isinstance(law.find(keys.FEE_RATE_NO_METER), Value | Unknown)
    if not faulty:
        return _by_source(route, price, law.on, look)
    no_meter = look(keys.FEE_RATE_NO_METER, price)
    if law.text(keys.FEE_SEVERAL_RATES) != "highest":
        raise ValueError(f"unknown rule where several rates fit: {law.text(keys.FEE_SEVERAL_RATES)!r}")
    try:
        otherwise = _by_source(route, price, law.on, look)
    except NoRuleInForce as absence:
        if not isinstance(absence.absent, Unknown):
            raise
        otherwise = 0
    return faulty_meter_rate(otherwise_tiyn_per_kwh=otherwise, no_meter_tiyn_per_kwh=no_meter)


def _by_source(route: Route, price: int, on: date, look: Look) -> int:
    found = look(RATE_KEYS.get(route, keys.FEE_RATE_GENERAL), price)
    if route not in RATE_KEYS or on < date(2023, 1, 1):
        return general_rate(rate_tiyn_per_kwh=found)
    if applies(own_or_renewable_rate, on):
        return own_or_renewable_rate(rate_tiyn_per_kwh=found)
    if route is Route.OWN_RENEWABLE:
        return renewable_plant_rate(rate_tiyn_per_kwh=found)
    return own_plant_rate(rate_tiyn_per_kwh=found)


def fee_rate_tiyn_per_kwh(
    *, route: Route, average_price_tiyn_per_kwh: int, law: Snapshot, meter_faulty: bool = False
) -> int:
    """Look up the fee per kWh for a source of power and the average price of the quarter. [tiyn/kWh]

    Raises:
        NoRuleInForce: the bands of 2023 between the known points, and dates before 2022.
    Law: fee.rate.* (Tax Code, Art. 606-3 in the wording of the day).
    """

    def look(key: keys.Amount | keys.Banded, price: int) -> int:
        found = law.band_amount(key, at=price)
        if not isinstance(found, Value):
            raise NoRuleInForce(found, on=law.on)
        if not isinstance(found.content, int):
            raise TypeError(f"{found.key} is no amount")
        return found.content

    return rate(route=route, price=average_price_tiyn_per_kwh, law=law, meter_faulty=meter_faulty, look=look)
