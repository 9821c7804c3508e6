"""Values with a unit for the edges of the program: parsed, printed, added only to their own kind.

Inside the rooms the same amounts travel as plain integers in suffixed names (`_wh`, `_tiyn`, `_sat`).
Mixing kinds (kW with kWh, tenge with tenge per kWh) is refused by the type checker and at run time.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import ClassVar, Self, final

from kezek.units.problem import InputProblem

_SPACES = "\u00a0\u202f\u2009 "
_NUMBER = re.compile(
    rf"^(?P<sign>[-−]?)(?P<whole>\d{{1,3}}(?:[{_SPACES}]\d{{3}}){{1,13}}|\d{{1,40}})(?:\.(?P<part>\d{{1,40}}))?"
    rf"[{_SPACES}]*(?P<unit>[^\d.,].*)$"
)


class UnitMismatch(TypeError):
    """Two amounts of different kinds were added, subtracted or compared."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A whole number of the smallest unit of its kind."""

    amount: int
    units: ClassVar[dict[str, int]] = {}
    kind: ClassVar[str] = "quantity"
    example: ClassVar[str] = ""

    def __post_init__(self) -> None:
        """Refuse anything but a whole number: a float here would decide money."""
        if type(self.amount) is not int:
            raise TypeError(f"{self.kind} takes a whole number of its smallest unit, not {self.amount!r}")

    def _same(self, other: object, verb: str) -> Self:
        if type(other) is not type(self):
            found = f"{other.kind} ({other})" if isinstance(other, Quantity) else repr(other)
            raise UnitMismatch(f"cannot {verb} {found} and {self.kind} ({self}): they are different kinds")
        return other

    def __add__(self, other: Self) -> Self:
        return type(self)(self.amount + self._same(other, "add").amount)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.amount - self._same(other, "subtract").amount)

    def __neg__(self) -> Self:
        return type(self)(-self.amount)

    def __mul__(self, factor: int) -> Self:
        if type(factor) is not int:
            raise UnitMismatch(f"cannot multiply {self.kind} ({self}) by {factor!r}: only by a whole number")
        return type(self)(self.amount * factor)

    def __lt__(self, other: Self) -> bool:
        return self.amount < self._same(other, "compare").amount

    def __le__(self, other: Self) -> bool:
        return self.amount <= self._same(other, "compare").amount

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an amount with its unit; refuses a missing, unknown or foreign unit and a fraction of the smallest.

        Raises:
            InputProblem: units.parse.* with the accepted units and an example.
        """
        match = _NUMBER.match(text.strip())
        if not match:
            raise InputProblem(
                "units.parse.form",
                f"{text!r} is not {cls.kind}.",
                "",
                f"Write a number with its unit, as {cls.example}; decimals take a point.",
            )
        factor = cls.units.get(match["unit"].strip())
        if factor is None:
            raise InputProblem(
                "units.parse.unit",
                f"{match['unit'].strip()!r} in {text!r} is no unit of {cls.kind}.",
                "",
                f"Use one of {', '.join(cls.units)}, as in {cls.example}.",
            )
        part = match["part"] or ""
        digits = re.sub(rf"[{_SPACES}]", "", match["whole"]) + part
        amount, finer = divmod(int(digits) * factor, 10 ** len(part))
        if finer:
            raise InputProblem(
                "units.parse.fraction",
                f"{text!r} is finer than the smallest unit of {cls.kind}.",
                "",
                f"The smallest step is 1 {next(iter(cls.units))}.",
            )
        return cls(-amount if match["sign"] else amount)

    def in_unit(self, unit: str, decimals: int | None = None) -> str:
        """Print in a given unit, exactly, in groups of three: `in_unit("MWh")` gives "4 320 MWh"."""
        with localcontext(prec=len(str(self.amount)) + 20):
            number = Decimal(self.amount) / self.units[unit]
            text = f"{number:,.{decimals}f}" if decimals is not None else f"{number.normalize():,f}"
        return f"{text.replace(',', ' ')} {unit}"

    def _fitting_unit(self) -> str:
        fitting = [unit for unit, factor in self.units.items() if abs(self.amount) >= factor]
        return max(fitting or [next(iter(self.units))], key=lambda unit: self.units[unit])

    def __str__(self) -> str:
        return self.in_unit(self._fitting_unit())


@final
@dataclass(frozen=True, slots=True)
class Energy(Quantity):
    """Energy in Wh.

    >>> str(Energy.parse("1 MWh")), Energy.parse("1 MWh").amount
    ('1 MWh', 1000000)
    """

    units: ClassVar[dict[str, int]] = {"Wh": 1, "kWh": 10**3, "MWh": 10**6, "GWh": 10**9}
    kind: ClassVar[str] = "energy"
    example: ClassVar[str] = '"1 MWh"'


@final
@dataclass(frozen=True, slots=True)
class Power(Quantity):
    """Power in W."""

    units: ClassVar[dict[str, int]] = {"W": 1, "kW": 10**3, "MW": 10**6, "GW": 10**9}
    kind: ClassVar[str] = "power"
    example: ClassVar[str] = '"3.25 kW"'


@final
@dataclass(frozen=True, slots=True)
class Money(Quantity):
    """Money in tiyn (1/100 tenge)."""

    units: ClassVar[dict[str, int]] = {"tiyn": 1, "₸": 100, "KZT": 100}
    kind: ClassVar[str] = "money"
    example: ClassVar[str] = '"1 500.50 ₸"'

    def __str__(self) -> str:
        return self.in_unit("₸", 2)


@final
@dataclass(frozen=True, slots=True)
class EnergyPrice(Quantity):
    """Price of energy in tiyn per kWh.

    >>> str(EnergyPrice.parse("24.50 ₸/kWh"))
    '24.50 ₸/kWh'
    """

    units: ClassVar[dict[str, int]] = {"tiyn/kWh": 1, "₸/kWh": 100, "KZT/kWh": 100}
    kind: ClassVar[str] = "an energy price"
    example: ClassVar[str] = '"24.50 ₸/kWh"'

    def __str__(self) -> str:
        return self.in_unit("₸/kWh", 2)


@final
@dataclass(frozen=True, slots=True)
class Coins(Quantity):
    """Bitcoin in satoshi.

    >>> str(Coins.parse("0.125 BTC"))
    '0.125 BTC'
    """

    units: ClassVar[dict[str, int]] = {"sat": 1, "BTC": 10**8}
    kind: ClassVar[str] = "coins"
    example: ClassVar[str] = '"0.125 BTC"'

    def __str__(self) -> str:
        return self.in_unit("sat" if abs(self.amount) < 100_000 else "BTC")


@final
@dataclass(frozen=True, slots=True)
class HashRate(Quantity):
    """Hash rate in GH/s."""

    units: ClassVar[dict[str, int]] = {"GH/s": 1, "TH/s": 10**3, "PH/s": 10**6, "EH/s": 10**9}
    kind: ClassVar[str] = "a hash rate"
    example: ClassVar[str] = '"110 TH/s"'


@final
@dataclass(frozen=True, slots=True)
class Share(Quantity):
    """A share in ppm.

    >>> Share.parse("75 %").amount
    750000
    """

    units: ClassVar[dict[str, int]] = {"ppm": 1, "%": 10**4}
    kind: ClassVar[str] = "a share"
    example: ClassVar[str] = '"75 %"'

    def __str__(self) -> str:
        return self.in_unit("%")
