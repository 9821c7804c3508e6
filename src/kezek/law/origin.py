"""What a number can be about: a fact of the operator's, a provision of the law, a rule that gave it."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from kezek.law.value import Band, Unit, Value


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a number of the operator's came from: the name of the fact, its unit, the period it is of."""

    name: str
    unit: str
    period: str = ""


@dataclass(frozen=True, slots=True)
class Provision:
    """Where a number of the law came from: the value with its evidence, and the row of a scale it stands in."""

    value: Value
    band: Band | None = None
    asked_at: int | None = None


class Rounding(StrEnum):
    """How a rule rounds; an explicit step, never a side effect of a unit."""

    NONE = "exact"
    HALF_UP = "half up to the whole unit"
    UP = "up to the whole unit"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is known about a rule.

    Args:
        name: The function's name.
        label: First sentence of its docstring.
        source, at: Act or document in the book, and the place in it.
        from_on, until_on: When it applies; `until_on` is exclusive, None where it still does.
        unit: Unit of the result.
        rounding, rounding_at: How it rounds and where that stands, or that no text says it.
        exception_to: The rule that this one stands in place of; "" for a general rule.
        function: The rule as it was written.

    A rule is pickled by its name: the module that wrote it is imported again.
    """

    name: str
    label: str
    source: str
    at: str
    from_on: date
    until_on: date | None
    unit: Unit
    rounding: Rounding
    rounding_at: str
    exception_to: str
    function: Callable[..., Any]

    def __reduce__(self) -> tuple[Callable[[str, str], "Rule"], tuple[str, str]]:
        return rule_named, (self.function.__module__, self.name)


RULES: dict[str, Rule] = {}
"""Every rule by its name, in the order in which the modules were loaded."""


def rule_named(module: str, name: str) -> Rule:
    """Find a rule by the module that wrote it and its name.

    Raises:
        KeyError: no such rule.
    """
    importlib.import_module(module)
    return RULES[name]


About = Fact | Provision | Rule | None
"""What a term is about."""
