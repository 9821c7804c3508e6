"""Amounts as formulas: in names, and with their numbers and units; amounts in words; exact values before rounding."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import gcd

from kezek.law.origin import Fact, Provision, Rule
from kezek.law.term import Op, Term
from kezek.units.quantity import Coins, Energy, EnergyPrice, Money, Power, Share
from kezek.units.rounding import PPM

_DIVISIONS = (Op.HALF_UP, Op.CEIL, Op.FLOOR)
_LEAVES = (Op.FACT, Op.LAW, Op.RULE)
MODES = {
    Op.HALF_UP: "half up",
    Op.CEIL: "up",
    Op.FLOOR: "down",
}
"""How a division rounds, in words."""

_COUNTED = {
    "entries": ("entry", "entries"),
    "days": ("day", "days"),
    "business_days": ("business day", "business days"),
    "hours": ("hour", "hours"),
    "months": ("month", "months"),
    "years": ("year", "years"),
    "machines": ("machine", "machines"),
    "documents": ("document", "documents"),
}
_SCALED: dict[str, Callable[[int], str]] = {
    "tiyn": lambda amount: str(Money(amount)),
    "tiyn/kWh": lambda amount: str(EnergyPrice(amount)),
    "ppm": lambda amount: str(Share(amount)),
    "Wh": lambda amount: Energy(amount).in_unit("kWh"),
    "kWh": lambda amount: Energy(1_000 * amount).in_unit("kWh"),
    "W": lambda amount: str(Power(amount)),
    "sat": lambda amount: str(Coins(amount)),
    "USD cents": lambda amount: f"{_cents(amount)} US dollars",
    "USD cents/MWh": lambda amount: f"{_cents(amount)} US dollars/MWh",
}


def grouped(number: int) -> str:
    """Write a whole number in groups of three.

    >>> grouped(1234567)
    '1 234 567'
    """
    return f"{number:,}".replace(",", " ")


def _cents(amount: int) -> str:
    sign, size = ("-" if amount < 0 else ""), abs(amount)
    return f"{sign}{grouped(size // 100)}.{size % 100:02d}"


def in_words(amount: int, unit: str) -> str:
    """Write an amount in the unit a person thinks in.

    >>> in_words(246_913, "tiyn"), in_words(750_000, "ppm"), in_words(1, "days"), in_words(15, "MCI")
    ('2 469.13 ₸', '75 %', '1 day', '15 MCI')
    """
    amount = int(amount)
    if unit in _SCALED:
        return _SCALED[unit](amount)
    if unit in _COUNTED:
        one, many = _COUNTED[unit]
        return f"{grouped(amount)} {one if amount == 1 else many}"
    return grouped(amount) if unit in ("", "count") else f"{grouped(amount)} {unit}"


def exactly(amount: int, unit: str) -> str:
    """Write an amount in the whole unit it is calculated in.

    >>> exactly(1_234_567, "Wh")
    '1 234 567 Wh'
    """
    return f"{grouped(int(amount))} {unit}".strip()


def exact_quotient(numerator: int, denominator: int) -> str:
    """Write a quotient without rounding: as a decimal where it ends, else as a whole number and a fraction.

    >>> exact_quotient(1_234_567 * 200, 1_000), exact_quotient(10, 3), exact_quotient(-5, 2), exact_quotient(6, 3)
    ('246 913.4', '3 1/3', '-2.5', '2')
    """
    sign = "-" if (numerator < 0) != (denominator < 0) and numerator else ""
    top, bottom = abs(int(numerator)), abs(int(denominator))
    shared = gcd(top, bottom)
    whole, rest = divmod(top // shared, bottom // shared)
    if not rest:
        return f"{sign}{grouped(whole)}"
    digits = _digits(rest, bottom // shared)
    part = f".{digits}" if digits else f" {rest}/{bottom // shared}"
    return f"{sign}{grouped(whole)}{part}"


def _digits(rest: int, bottom: int) -> str:
    """Give the decimals of a fraction that ends within twelve of them, else nothing."""
    found = ""
    while rest and len(found) < 12:
        digit, rest = divmod(rest * 10, bottom)
        found += str(digit)
    return "" if rest else found


@dataclass(frozen=True, slots=True)
class Rounded:
    """One rounding on the way to an amount: the exact value before it, what came out, how, and where that stands."""

    before: str
    after: int
    unit: str
    mode: str
    at: str

    @property
    def changed(self) -> bool:
        """Whether anything was rounded away."""
        return self.before != grouped(self.after)


def unit_of(amount: int) -> str:
    """Tell the unit of an amount from what it was made of; "" where it cannot be told."""
    if not isinstance(amount, Term):
        return ""
    match amount.about:
        case Fact():
            return amount.about.unit
        case Provision():
            return str(amount.about.value.unit)
        case Rule():
            return str(amount.about.unit)
    if amount.op is Op.MULTIPLY:
        return "Wh" if _changes_unit(amount) else _product(unit_of(amount.parts[0]), unit_of(amount.parts[1]))
    if amount.op in _DIVISIONS:
        return _quotient(amount)
    return next(filter(None, map(unit_of, amount.parts)), "")


def _changes_unit(amount: Term) -> bool:
    """Tell whether a product does nothing but write kWh as Wh."""
    factors = [int(part) for part in amount.parts if not isinstance(part, Term)]
    return amount.op is Op.MULTIPLY and factors == [1_000] and "kWh" in map(unit_of, amount.parts)


def _product(one: str, other: str) -> str:
    if {one, other} == {"kWh", "tiyn/kWh"}:
        return "tiyn"
    return f"{one}·{other}" if one and other else one or other


def _quotient(amount: Term) -> str:
    top, bottom = amount.parts
    factors, divisor = unit_of(top).split("·"), unit_of(bottom) or str(int(bottom))
    if divisor == "1000" and set(factors) == {"Wh", "tiyn/kWh"}:
        return "tiyn"
    gone = "ppm" if divisor == str(PPM) else divisor
    if gone in factors:
        factors.remove(gone)
    return "·".join(factors)


def plainly(amount: int) -> int:
    """Leave out a zero that was only added or taken off: the start of a sum is no part of its story."""
    while isinstance(amount, Term) and amount.op in (Op.ADD, Op.SUBTRACT):
        left, right = amount.parts
        if not isinstance(right, Term) and right == 0:
            amount = left
        elif not isinstance(left, Term) and left == 0 and amount.op is Op.ADD:
            amount = right
        else:
            break
    return amount


def leaves(amount: int) -> Iterator[Term]:
    """List the facts, provisions and rules that an amount is written with, in order; each once."""
    seen: list[Term] = []
    for leaf in _all_leaves(amount):
        if not any(leaf is one or (leaf.about == one.about and int(leaf) == int(one)) for one in seen):
            seen.append(leaf)
    yield from seen


def is_leaf(amount: int) -> bool:
    """Tell whether an amount has a name of its own: a fact, a value of the law, the result of a rule."""
    return isinstance(amount, Term) and amount.op in _LEAVES


def _all_leaves(amount: int) -> Iterator[Term]:
    if not isinstance(amount, Term):
        return
    if amount.op in _LEAVES:
        yield amount
        return
    for part in amount.parts:
        yield from _all_leaves(part)


def made_of(amount: Term) -> int:
    """Give what a rule gave back before it was marked as the rule's; any other amount is itself."""
    return plainly(amount.parts[0] if amount.op is Op.RULE else amount)


def roundings(amount: int, *, at: str, unit: str) -> Iterator[Rounded]:
    """List the roundings inside a formula, the outermost first; those inside another rule are that rule's."""
    if not isinstance(amount, Term) or amount.op in _LEAVES:
        return
    if amount.op in _DIVISIONS:
        before = exact_quotient(int(amount.parts[0]), int(amount.parts[1]))
        yield Rounded(before, int(amount), unit_of(amount) or unit, MODES[amount.op], at)
    for part in amount.parts:
        yield from roundings(part, at=at, unit=unit)


Leaf = Callable[[int, bool], str]
"""Writes what a formula is made of; the flag says that a share is meant as a share, not as parts per million."""


def formula(amount: int, leaf: Leaf) -> str:
    """Write the formula of an amount, its leaves by `leaf`.

    >>> formula(3, lambda amount, share: str(amount))
    '3'
    """
    return _written(amount, leaf)[0]


_WEAK, _SUM, _PRODUCT, _ATOM = range(4)


def _written(amount: int, leaf: Leaf) -> tuple[str, int]:
    amount = plainly(amount)
    if not isinstance(amount, Term) or amount.op in (*_LEAVES, Op.NUMBER) or not amount.parts:
        return leaf(amount, False), _ATOM
    if amount.op in _DIVISIONS:
        return _division(amount, leaf)
    if amount.op in (Op.LEAST, Op.MOST, Op.CHOOSE):
        return _choice(amount, leaf), _WEAK
    if _changes_unit(amount):
        return _written(next(part for part in amount.parts if isinstance(part, Term)), leaf)
    left, right = (_written(part, leaf) for part in amount.parts)
    if amount.op is Op.MULTIPLY:
        return f"{_inside(left, _PRODUCT)} × {_inside(right, _PRODUCT)}", _PRODUCT
    least = _PRODUCT if amount.op is Op.SUBTRACT else _SUM
    return f"{_inside(left, _SUM)} {amount.op.value} {_inside(right, least)}", _SUM


def _inside(part: tuple[str, int], least: int) -> str:
    text, strength = part
    return text if strength >= least else f"({text})"


def _division(amount: Term, leaf: Leaf) -> tuple[str, int]:
    """Write a quotient; a share of an amount is written as a share, without its division by a million."""
    top, bottom = amount.parts
    if isinstance(top, Term) and top.op is Op.MULTIPLY and int(bottom) == PPM:
        shares = [unit_of(part) == "ppm" for part in top.parts]
        if any(shares):
            parts = [
                leaf(part, True) if share else _inside(_written(part, leaf), _PRODUCT)
                for part, share in zip(top.parts, shares, strict=True)
            ]
            return " × ".join(parts), _PRODUCT
    divided = f"{_inside(_written(top, leaf), _PRODUCT)} ÷ {_inside(_written(bottom, leaf), _ATOM)}"
    return divided, _PRODUCT


def _choice(amount: Term, leaf: Leaf) -> str:
    parts = [_inside(_written(part, leaf), _SUM) for part in amount.parts]
    zero = amount.op is Op.MOST and not isinstance(amount.parts[1], Term) and amount.parts[1] == 0
    if zero:
        return f"{parts[0]} (not less than 0)"
    name = {Op.LEAST: "the smaller of ", Op.MOST: "the greater of "}.get(amount.op, "")
    return name + " and ".join(parts)
