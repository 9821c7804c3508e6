"""Amounts with their unit: read strictly, since a slip of unit is a slip of a thousand."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, final

from kezek.dossier.kind import Content, Kind, Setting, cyrillic_words, quoted, shown
from kezek.dossier.problem import Refusal
from kezek.units.problem import InputProblem
from kezek.units.quantity import Coins, Energy, EnergyPrice, HashRate, Money, Power, Quantity, Share
from kezek.units.rounding import half_up

_NO_UNIT = re.compile(r"[-−\d\s.,]*\d[\d\s.,]*")
_WORDED = re.compile(
    r"(?P<sign>[$₸]?)\s*(?P<whole>\d[\d\s]*)(?:\.(?P<part>\d+))?\s*"
    r"(?P<times>thousand|million|billion|mln|bln|mn|bn|k|m|b)?\b\.?\s*(?P<unit>[$₸]|USD|KZT|dollars|tenge)?",
    re.IGNORECASE,
)
_PREFIXES = (("", ""), ("к", "k"), ("М", "M"), ("Г", "G"))
_TIMES = {"": 1, "t": 10**3, "k": 10**3, "m": 10**6, "b": 10**9}
LEAST_PRICE_TIYN, MOST_PRICE_TIYN = 100, 20_000
"""Energy is priced between 1 and 200 tenge per kWh; beyond that an amount or a unit is wrong. [tiyn/kWh]"""


@final
@dataclass(frozen=True, slots=True)
class Dollars(Quantity):
    """Money in US cents."""

    units: ClassVar[dict[str, int]] = {"cents": 1, "USD": 100, "$": 100}
    kind: ClassVar[str] = "money in dollars"
    example: ClassVar[str] = '"1 000 USD"'


@dataclass(frozen=True, slots=True)
class Range:
    """Range of one kind of amount, and what a value outside of it would mean."""

    most: int
    why: str
    least: int = 0


_RANGES: dict[type[Quantity], Range] = {
    Energy: Range(10**14, "the whole country makes about 120 TWh in a year"),
    Power: Range(25 * 10**9, "all plants of the country together have about 25 GW"),
    Money: Range(10**17, "that is more than the country earns in a year"),
    EnergyPrice: Range(
        MOST_PRICE_TIYN, "energy costs between 1 and 200 ₸/kWh, so an amount or a unit is wrong", LEAST_PRICE_TIYN
    ),
    Coins: Range(21 * 10**14, "there will never be more than 21 000 000 BTC"),
    HashRate: Range(10**12, "the whole network has about 1 000 EH/s"),
    Share: Range(10**6, "a share is at most 100 %"),
}
_LATIN = {
    **{f"{prefix}Вт{dot}ч": f"{latin}Wh" for prefix, latin in _PREFIXES for dot in ("·", "*", "")},
    **{f"{prefix}Вт": f"{latin}W" for prefix, latin in _PREFIXES},
    **{f"{money}/кВт{dot}ч": "₸/kWh" for money in ("тг", "тенге", "₸") for dot in ("·", "*", "")},
    "тг": "₸",
    "тг.": "₸",
    "тенге": "₸",
}
"""Units as they are written in Kazakhstan."""
_LAST = re.compile(r"(?P<number>.*\d[\s\u00a0\u202f]*)(?P<unit>[^\d\s].*?)\s*")
_ALL = (Energy, Power, Money, EnergyPrice, Coins, HashRate, Share, Dollars)


@dataclass(frozen=True, slots=True)
class Amount(Kind):
    """An amount in its smallest unit.

    Args:
        of: What is measured.
        step: The amount is a whole multiple of so many smallest units, as 1 000 for whole kWh.
        least: Smallest amount, where it is not that of its kind.
    """

    of: type[Quantity]
    step: int = 1
    least: int = 0

    def read(self, raw: object, setting: Setting) -> int:
        """Read a text with number and unit into the smallest unit.

        Raises:
            Refusal: value.unit for a bare number, another unit or another kind of amount; value.form; value.fraction;
                price.range for energy outside 1 to 200 tenge per kWh, share.range, value.range.
        """
        amount = self._parsed(raw, setting)
        allowed = _RANGES[self.of]
        if amount < 0:
            raise Refusal("value.negative", f"{shown(raw)} is less than nothing.", f"Write {self.of.example}.")
        if not max(self.least, allowed.least) <= amount <= allowed.most:
            reason = {EnergyPrice: "price.range", Share: "share.range"}.get(self.of, "value.range")
            why = f"the least is {self.of(self.least)}" if amount < self.least else allowed.why
            raise Refusal(reason, f"{shown(raw)} cannot be: {why}.", "Look at the number and at its unit.")
        if amount % self.step:
            unit = next(unit for unit, factor in self.of.units.items() if factor == self.step)
            what = f"{shown(raw)} is no whole number of {unit}."
            raise Refusal("value.fraction", what, f"Round it to a whole {unit}.")
        return amount

    def _parsed(self, raw: object, setting: Setting) -> int:
        bare = isinstance(raw, str) and _NO_UNIT.fullmatch(raw) is not None
        if bare or (isinstance(raw, int | Decimal) and not isinstance(raw, bool)):
            unit = self.of.example.strip('"').split(" ")[-1]
            way_out = f'Write it as text with its unit, as "{raw} {unit}" or {self.example}.'
            raise Refusal("value.unit", f"{shown(raw)} has no unit.", way_out)
        if not isinstance(raw, str):
            raise Refusal("value.kind", f"{shown(raw)} is not {self.of.kind}.", f"Write {self.example}.")
        raw = _in_latin(raw)
        if (cents := self.cents_of(raw)) is not None:
            return _in_tenge(raw, cents, setting)
        if self.of is Money and (right := _spelled_out(raw)):
            raise Refusal("value.form", f"{shown(raw)} is not an amount in digits with its unit.", f"Write {right}.")
        try:
            return self.of.parse(raw).amount
        except InputProblem as problem:
            raise self._foreign(raw, problem) from None

    def cents_of(self, raw: object) -> int | None:
        """Give an amount of money that is written in dollars; None for any other. [US cents]"""
        return _amount_of(Dollars, raw) if self.of is Money and isinstance(raw, str) else None

    def _foreign(self, raw: str, problem: InputProblem) -> Refusal:
        """Say what an amount of another kind is, and how to come from it to the right one."""
        other = next((kind for kind in _ALL if kind is not self.of and _amount_of(kind, raw) is not None), None)
        if other is None:
            reason = {"units.parse.unit": "value.unit", "units.parse.fraction": "value.fraction"}
            way_out = problem.way_out.replace(self.of.example, self.example)
            what = f"{problem.what}{cyrillic_words(raw)}"
            return Refusal(reason.get(problem.code, "value.form"), what, way_out)
        what = f"{shown(raw)} is {other.kind}, and {self.of.kind} is due."
        way_out = f"Write {self.example}."
        amount = _amount_of(other, raw) or 0
        if (other, self.of) == (Power, Energy):
            what += f" Power times hours is energy: {Power(amount)} for 24 h is {Energy(24 * amount)}."
            way_out = f"Write the energy that the meter counted, as {self.example}."
        if (other, self.of) == (Energy, Power):
            what += f" Energy by hours is power: {Energy(amount)} in 24 h is {Power(half_up(amount, 24))}."
        return Refusal("value.unit", what, way_out)

    def write(self, value: Content) -> str:
        """Write it exactly, with its unit."""
        return quoted(self.answer_of(value))

    def answer_of(self, value: Content) -> str:
        """Answer with number and unit: energy in MWh, whole tenge without decimals."""
        amount = self.of(value)
        if self.of is Energy:
            return amount.in_unit("MWh")
        return amount.in_unit("₸", 0) if self.of is Money and value % 100 == 0 else str(amount)


def _in_latin(raw: str) -> str:
    """Write a unit in Cyrillic letters as the right one; any other text stays as it is.

    >>> _in_latin("12 345 МВт·ч"), _in_latin("18.50 тг/кВтч"), _in_latin("5 MWh")
    ('12 345 MWh', '18.50 ₸/kWh', '5 MWh')
    """
    match = _LAST.fullmatch(raw)
    return f"{match['number']}{_LATIN[match['unit']]}" if match and match["unit"] in _LATIN else raw


def _amount_of(kind: type[Quantity], text: str) -> int | None:
    try:
        return kind.parse(text).amount
    except InputProblem:
        return None


def _spelled_out(raw: str) -> str:
    """Write an amount as "$16.5M" or "16.5 million USD" the way it is read; "" for what is no such amount.

    >>> _spelled_out("$16.5M"), _spelled_out("1.5 bn KZT"), _spelled_out("2 000")
    ('"16 500 000 USD"', '"1 500 000 000 ₸"', '')
    """
    match = _WORDED.fullmatch(raw.strip())
    unit = (match["sign"] or match["unit"] or "").lower() if match else ""
    if match is None or not unit or not (match["sign"] or match["times"]):
        return ""
    part = match["part"] or ""
    number = int("".join(match["whole"].split()) + part) * _TIMES[(match["times"] or "")[:1].lower()] * 100
    money = Dollars if unit in ("$", "usd", "dollars") else Money
    return quoted(money(half_up(number, 10 ** len(part))).in_unit("USD" if money is Dollars else "₸"))


def _in_tenge(raw: str, cents: int, setting: Setting) -> int:
    """Turn dollars into tiyn, rounded half up."""
    if setting.tiyn_per_usd is None:
        what = f"{shown(raw)} is in dollars, and the file does not say what a dollar costs."
        raise Refusal("value.no_rate", what, 'Write tenge, or add dollar_rate = "520 ₸" to [operator].')
    return half_up(cents * setting.tiyn_per_usd, 100)
