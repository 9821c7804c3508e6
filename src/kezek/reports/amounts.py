"""Amounts as a person reads them: thin groups of three, always with a unit, never a code."""

import re
from datetime import date
from decimal import Decimal

from kezek.duties.finding import Unit
from kezek.units.quantity import Coins, Energy, EnergyPrice, Money, Power, Share

THIN = "\u202f"
"""Narrow space that does not break: between groups of three, and between a number and its unit."""
MINUS = "\u2212"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def thin(text: str) -> str:
    """Set the spaces of a number and its minus for print."""
    return text.replace(" ", THIN).replace("-", MINUS)


_GROUP = re.compile(r"(?<=\d) (?=\d{3}(?!\d))")
_UNIT = re.compile(r"(?<=\d) (?=(?:₸|%|BTC|sat|Wh|kWh|MWh|MW|W|tiyn|MCI)(?!\w))")


def tight(text: str) -> str:
    """Keep the groups of three of each number in a text together, and each number with its unit.

    >>> tight("10 000 000.00 ₸ on 3 days").replace(THIN, "_").replace(chr(160), "+")
    '10_000_000.00+₸ on 3 days'
    """
    return _UNIT.sub("\u00a0", _GROUP.sub(THIN, text))


def count(number: int) -> str:
    """Write a count.

    >>> count(415000).replace(THIN, " ")
    '415 000'
    """
    return thin(f"{number:,}".replace(",", " "))


def noun(number: int, one: str, many: str) -> str:
    """Write a count with its noun: 1 operator, 2 operators."""
    return f"{count(number)}\u00a0{one if number == 1 else many}"


def mwh(kwh: int, decimals: int = 0) -> str:
    """Write energy given in kWh as MWh."""
    return thin(Energy(1_000 * kwh).in_unit("MWh", decimals))


def bare_mwh(kwh: int | None) -> str:
    """Write energy given in kWh as a bare number of MWh, for a column whose head names the unit."""
    return "–" if kwh is None else mwh(kwh, 3).removesuffix(f"{THIN}MWh")


def price(tiyn_per_kwh: int) -> str:
    """Write an energy price."""
    return thin(str(EnergyPrice(tiyn_per_kwh)))


def bare_price(tiyn_per_kwh: int | None) -> str:
    """Write an energy price without its unit, for a column whose head names it."""
    return "–" if tiyn_per_kwh is None else price(tiyn_per_kwh).removesuffix(f"{THIN}₸/kWh")


def money(tiyn: int) -> str:
    """Write money to the tiyn."""
    return thin(str(Money(tiyn)))


def million(tiyn: int) -> str:
    """Write money in million tenge, rounded to ten thousand tenge."""
    return thin(f"{Decimal(tiyn) / 10**8:,.2f}".replace(",", " ")) + "\u00a0million\u00a0₸"


def share(ppm: int, decimals: int = 1) -> str:
    """Write a share."""
    return thin(Share(ppm).in_unit("%", decimals))


def part(some: int, whole: int, decimals: int = 1) -> str:
    """Write one amount as a share of another; a dash where there is nothing to share."""
    return thin(f"{Decimal(100 * some) / Decimal(whole):,.{decimals}f} %") if whole else "–"


def megawatts(watts: int) -> str:
    """Write power in MW."""
    return thin(Power(watts).in_unit("MW", 1))


def coins(sat: int) -> str:
    """Write coins to the satoshi in BTC."""
    return thin(Coins(sat).in_unit("BTC", 8 if sat else 0))


def coins_in_short(sat: int) -> str:
    """Write coins in BTC, rounded to four places."""
    return thin(Coins(sat).in_unit("BTC", 4))


def day(on: date) -> str:
    """Write a date.

    >>> day(date(2025, 10, 15)).replace(chr(160), " ")
    '15 October 2025'
    """
    return f"{on.day}\u00a0{_MONTHS[on.month - 1]}\u00a0{on.year}"


def quarter(period: str) -> str:
    """Write a quarter: `2025-Q3` is Q3 2025; "" where there is none."""
    if not period:
        return ""
    year, number = period.split("-")
    return f"{number}\u00a0{year}"


_NOUNS = {
    Unit.DAYS: ("day", "days"),
    Unit.HOURS: ("hour", "hours"),
    Unit.MACHINES: ("machine", "machines"),
    Unit.DOCUMENTS: ("document", "documents"),
    Unit.ENTRIES: ("entry", "entries"),
}


def measured(amount: int | None, unit: str) -> str:
    """Write a measured value or limit of a finding in its unit; a dash where nothing was measured."""
    if amount is None:
        return "–"
    if unit == Unit.WH:
        return thin(Energy(amount).in_unit("MWh", 3))
    if unit == Unit.SAT:
        return coins(amount)
    if unit == Unit.TIYN:
        return money(amount)
    if unit == Unit.W:
        return megawatts(amount)
    return noun(amount, *_NOUNS.get(Unit(unit), ("", ""))).strip()


_SAT = re.compile(r"(\d+) sat\b")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_LONG = re.compile(r"\d{5,}")
_PPM = re.compile(r"^(?P<numbers>\d+(?: \d+)*) ppm\b")


def spoken(text: str) -> str:
    """Make the numbers in a text readable: parts per million as per cent, groups of three in long numbers.

    >>> spoken("809446 ppm of nameplate").replace(THIN, " "), spoken("415000").replace(THIN, " ")
    ('80.9446 % of nameplate', '415 000')
    """
    found = _PPM.match(text)
    if found:
        numbers = [f"{(Decimal(one) / 10_000).normalize():f}" for one in found["numbers"].split()]
        text = f"{', '.join(numbers)}{THIN}%{text[found.end() :]}"
    return _LONG.sub(lambda long: count(int(long[0])), text)


def evidence(text: str) -> str:
    """Make the dates and coins in a piece of evidence readable; serial numbers stay as they are.

    >>> evidence("paid 2025-09-03").replace(chr(160), " ")
    'paid 3 September 2025'
    """
    text = _DATE.sub(lambda found: day(date.fromisoformat(found[0])), text.replace("..", " until "))
    return _SAT.sub(lambda found: coins(int(found[1])), text)


def capital(text: str) -> str:
    """Begin with a capital letter."""
    return text[:1].upper() + text[1:]
