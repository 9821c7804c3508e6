"""Whether energy and money that stand together make a price that energy can have, with the arithmetic shown."""

from datetime import date
from typing import Any

from kezek.dossier.amount import LEAST_PRICE_TIYN, MOST_PRICE_TIYN, Dollars
from kezek.dossier.contradiction import books_until
from kezek.dossier.field import Values
from kezek.dossier.parse import Findings
from kezek.dossier.price import energy_of
from kezek.dossier.problem import FlagCode, Path
from kezek.units.quantity import Energy, EnergyPrice, Money, Power
from kezek.units.rounding import half_up, share_of

_TOLERANCE_PPM = 50_000
"""Two ways to the same price may differ by so much before it is odd. [ppm]"""
_MOST_FEE_TIYN_PER_KWH = 2_500
"""The highest fee there ever was. [tiyn/kWh]"""
_DEAR_TIYN = 5_000
"""From here on a price is possible and dear: megawatts over more than the quarter may be meant. [tiyn/kWh]"""
_TWO_YEARS_HOURS = 2 * 365 * 24


def judge_prices(*, book: Values, as_of: date, findings: Findings) -> None:
    """Hold the energy of a quarter against what was paid for it, and the fee against the energy.

    Refusals: dossier.price.implied. Flags: price_differs, fee_odd, dollar_rate.
    """
    hours = 24 * (books_until(quarter=book, as_of=as_of) - book["period"].from_on).days
    platform = book.get("bought_on_platform", {})
    pairs: tuple[tuple[Any, Any, Path], ...] = (
        (platform.get("energy"), platform.get("paid"), findings.path_of(platform, "paid")),
        (energy_of(quarter=book), book.get("power_cost"), findings.path_of(book, "power_cost")),
    )
    for energy_wh, paid_tiyn, path in pairs:
        if energy_wh is not None and paid_tiyn is not None:
            _implied(book, energy_wh, paid_tiyn, hours, path, findings)
    _average(book, findings)
    _fee(book, findings)
    _rate(book, findings)


def _possible(price_tiyn: int) -> bool:
    return LEAST_PRICE_TIYN <= price_tiyn <= MOST_PRICE_TIYN


def _implied(book: Values, energy_wh: int, paid_tiyn: int, hours: int, path: Path, findings: Findings) -> None:
    if energy_wh == 0:
        if paid_tiyn:
            what = f"{book['period']}: {Money(paid_tiyn)} was paid for no energy."
            findings.refuse("price.implied", what, "Look at both amounts.", path)
        return
    price = half_up(paid_tiyn * 1_000, energy_wh)
    if _possible(price):
        return
    what = f"{book['period']}: {_sum(energy_wh, paid_tiyn, price, path, findings)}; energy costs "
    what += f"between 1 and 200 ₸/kWh.{_as_power(energy_wh, paid_tiyn, hours)}"
    findings.refuse("price.implied", what, "Look at both amounts and their units.", path)


def _sum(energy_wh: int, paid_tiyn: int, price_tiyn: int, path: Path, findings: Findings) -> str:
    """Write the division that gives the price, from the dollars on where the amount was in dollars."""
    said = findings.dollars.get(path)
    if said is None:
        return f"{Energy(energy_wh)} for {Money(paid_tiyn)} is {EnergyPrice(price_tiyn)}"
    per_kwh = Dollars(half_up(said.cents * 1_000, energy_wh)).in_unit("USD", 2)
    in_tenge = f"{EnergyPrice(price_tiyn)} at {Money(said.tiyn_per_usd)} for a dollar ({said.rate_of})"
    return f"{Energy(energy_wh)} for {Dollars(said.cents).in_unit('USD')} is {per_kwh}/kWh, and {in_tenge}"


def _as_power(energy_wh: int, paid_tiyn: int, hours: int) -> str:
    """Say what it would be if power was meant: over the hours of the quarter, and over two years if that is dear."""
    spans = ((hours, f"the {hours} h of the quarter"), (_TWO_YEARS_HOURS, f"two years ({_TWO_YEARS_HOURS} h)"))
    found = []
    for over, name in spans:
        price = half_up(paid_tiyn * 1_000, energy_wh * over)
        if not _possible(price):
            continue
        found.append(f"{Energy(energy_wh * over)} at {EnergyPrice(price)} over {name}")
        if price < _DEAR_TIYN:
            break
    if not found:
        return ""
    return f" As {Power(energy_wh)} it would be {' or '.join(found)}: probably MW was written as MWh."


def _average(book: Values, findings: Findings) -> None:
    """Hold the price that was said against the one that follows from the bill."""
    energy_wh, cost, price = energy_of(quarter=book), book.get("power_cost"), book.get("average_price")
    if not energy_wh or cost is None or price is None:
        return
    found = half_up(cost * 1_000, energy_wh)
    if abs(found - price) > share_of(price, _TOLERANCE_PPM) and _possible(found):
        sentence = f"{book['period']}: {Money(cost)} for {Energy(energy_wh)} is {EnergyPrice(found)}, and "
        sentence += f"average_price says {EnergyPrice(price)}."
        findings.flag(FlagCode.PRICE_DIFFERS, sentence, findings.path_of(book, "average_price"))


def _fee(book: Values, findings: Findings) -> None:
    paid, metered = book.get("fee", {}).get("paid", 0), book.get("metered")
    if metered and paid * 1_000 > _MOST_FEE_TIYN_PER_KWH * metered:
        rate = half_up(paid * 1_000, metered)
        sentence = f"{book['period']}: {Money(paid)} of fee on {Energy(metered)} is {EnergyPrice(rate)}; "
        sentence += f"there was never more than {EnergyPrice(_MOST_FEE_TIYN_PER_KWH)}."
        findings.flag(FlagCode.FEE_ODD, sentence, findings.path_of(book["fee"], "paid"))


def _rate(book: Values, findings: Findings) -> None:
    """Say by which rate dollars were turned into tenge where the file gives none."""
    start = findings.path_of(book)
    inside = [(path, said) for path, said in findings.dollars.items() if path[: len(start)] == start]
    shipped = [(path, said) for path, said in inside if said.rate_of != "dollar_rate"]
    if start and shipped:
        path, said = shipped[0]
        sentence = f"{book['period']}: amounts in dollars were turned into tenge by {said.rate_of}, "
        sentence += f"{Money(said.tiyn_per_usd)} for a dollar; dollar_rate in [operator] gives another."
        findings.flag(FlagCode.DOLLAR_RATE, sentence, path)
