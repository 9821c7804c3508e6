"""A whole number that remembers how it came about: from a fact, a value of the law, arithmetic, a rule.

A `Term` is an `int`: its sums, differences and products are terms again, and each comparison is noted on its tape.
Other operators give plain integers, without an origin; rules divide through `kezek.law.reckon`. So a rule is written
once, on whole numbers, and explains itself when it is given terms.
"""

import operator
from dataclasses import dataclass, field
from enum import StrEnum

from kezek.law.origin import About, Fact, Provision
from kezek.law.value import Band, Value


class Op(StrEnum):
    """What made a term."""

    FACT = "fact"
    LAW = "law"
    NUMBER = "number"
    ADD = "+"
    SUBTRACT = "−"
    MULTIPLY = "×"
    HALF_UP = "half up"
    CEIL = "up"
    FLOOR = "down"
    LEAST = "least"
    MOST = "most"
    CHOOSE = "choose"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Condition:
    """Two amounts that were compared, and whether the comparison held; or a condition in words."""

    left: object
    sign: str
    right: object
    holds: bool


@dataclass(slots=True)
class Tape:
    """Conditions in the order in which they were examined."""

    conditions: list[Condition] = field(default_factory=list)

    def note(self, left: object, sign: str, right: object, holds: bool) -> bool:
        """Write down a condition and give its outcome back."""
        self.conditions.append(Condition(left, sign, right, holds))
        return holds


class Term(int):
    """A whole number with its origin.

    Attributes:
        op: What made it.
        parts: The amounts it was made of, in order.
        about: Fact, provision or rule behind it.
        tape: Where comparisons are noted.
    """

    op: Op
    parts: tuple[int, ...]
    about: About
    tape: Tape

    def __add__(self, other: int) -> "Term":
        return self._with(Op.ADD, self, other)

    def __radd__(self, other: int) -> "Term":
        return self._with(Op.ADD, other, self) if not isinstance(other, int) or other else self

    def __sub__(self, other: int) -> "Term":
        return self._with(Op.SUBTRACT, self, other)

    def __rsub__(self, other: int) -> "Term":
        return self._with(Op.SUBTRACT, other, self)

    def __mul__(self, other: int) -> "Term":
        return self._with(Op.MULTIPLY, self, other)

    def __rmul__(self, other: int) -> "Term":
        return self._with(Op.MULTIPLY, other, self)

    def _with(self, op: Op, left: int, right: int) -> "Term":
        if not isinstance(left, int) or not isinstance(right, int):
            return NotImplemented
        return _made(_ARITHMETIC[op](int(left), int(right)), op, (left, right), self.tape)

    def __neg__(self) -> "Term":
        return 0 - self

    def __lt__(self, other: int) -> bool:
        return self.tape.note(self, "<", other, int(self) < int(other))

    def __le__(self, other: int) -> bool:
        return self.tape.note(self, "≤", other, int(self) <= int(other))

    def __gt__(self, other: int) -> bool:
        return self.tape.note(self, ">", other, int(self) > int(other))

    def __ge__(self, other: int) -> bool:
        return self.tape.note(self, "≥", other, int(self) >= int(other))

    def __bool__(self) -> bool:
        return self.tape.note(self, "≠", 0, int(self) != 0)

    __eq__ = int.__eq__
    __hash__ = int.__hash__

    def made(self, amount: int, op: Op, *parts: int, about: About = None) -> "Term":
        """Give a term that was made of this one among others."""
        return _made(amount, op, parts, self.tape, about)


_ARITHMETIC = {Op.ADD: operator.add, Op.SUBTRACT: operator.sub, Op.MULTIPLY: operator.mul}


def _made(amount: int, op: Op, parts: tuple[int, ...], tape: Tape, about: About = None) -> Term:
    term = int.__new__(Term, amount)
    term.op, term.parts, term.about, term.tape = op, parts, about, tape
    return term


def fact_term(amount: int, *, name: str, unit: str, period: str = "", tape: Tape) -> Term:
    """Give a number of the operator's as a term. [unit]

    >>> tape = Tape()
    >>> energy = fact_term(3, name="metered_wh", unit="Wh", tape=tape)
    >>> energy * 2 + 1, (energy + 0).op, energy >= 4, tape.conditions[0].sign
    (7, <Op.ADD: '+'>, False, '≥')
    """
    return _made(amount, Op.FACT, (), tape, Fact(name, unit, period))


def law_term(amount: int, *, value: Value, tape: Tape, band: Band | None = None, asked_at: int | None = None) -> Term:
    """Give an amount of the law as a term. [the value's unit]"""
    return _made(amount, Op.LAW, (), tape, Provision(value, band, asked_at))


def first_term(*parts: object) -> Term | None:
    """Find the first term among amounts, or None where none of them remembers anything."""
    for part in parts:
        if type(part) is Term:
            return part
    return None
