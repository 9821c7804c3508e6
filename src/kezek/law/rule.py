"""Rules: plain functions on whole numbers that carry their article, dates, unit and rounding.

A rule runs as it is on integers. Given a `Term` among its arguments it gives a term, so that the result explains
itself; `on_columns` runs it on int64 columns. An exception to a rule is a rule of its own, with its own source.
"""

import functools
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

from kezek.law.magnitude import INT64_MAX, Magnitude
from kezek.law.origin import RULES, Rounding, Rule
from kezek.law.term import Op, first_term
from kezek.law.value import Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from kezek.law.bands import BandColumn

    IntColumn = NDArray[np.int64]

P = ParamSpec("P")
R = TypeVar("R")
_BLOCK_ROWS = 1 << 15
"""Rows that are calculated at once: the columns of a block stay in the processor's cache."""


UNSTATED = "no text seen says how; the product's choice"
"""Where the rounding of a rule stands, if nothing says it."""


def rule(
    *,
    source: str,
    at: str,
    from_on: date,
    until_on: date | None = None,
    unit: Unit,
    rounding: Rounding = Rounding.NONE,
    rounding_at: str = "",
    exception_to: str = "",
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function a rule of the law: see `Rule` for the arguments.

    Raises:
        ValueError: a rule that rounds without saying where that stands, or two rules of one name.
    """

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        name, label = function.__name__, (function.__doc__ or "").partition("\n")[0].strip()
        if name in RULES and RULES[name].function.__module__ != function.__module__:
            raise ValueError(f"two rules are called {name}")
        if (rounding is not Rounding.NONE) != bool(rounding_at) or not label:
            raise ValueError(f"{name}: a rule says what it gives, and where its rounding stands")
        info = Rule(name, label, source, at, from_on, until_on, unit, rounding, rounding_at, exception_to, function)
        RULES[name] = info

        @functools.wraps(function)
        def run(*positional: P.args, **given: P.kwargs) -> R:
            result = function(*positional, **given)
            term = first_term(result, *given.values())
            if term is None or not isinstance(result, int):
                return result
            amounts = (part for part in given.values() if isinstance(part, int))
            return cast("R", term.made(int(result), Op.RULE, result, *amounts, about=info))

        return run

    return decorated


def applies(function: Callable[..., object], on: date) -> bool:
    """Tell whether a rule applies on a day."""
    found = RULES[function.__name__]
    return found.from_on <= on and (found.until_on is None or on < found.until_on)


def on_columns(
    function: "Callable[..., IntColumn]", columns: "Mapping[str, IntColumn | BandColumn | int]"
) -> "IntColumn":
    """Run a rule on int64 columns of one length, exactly.

    Args:
        function: A rule.
        columns: Its arguments; a plain number stands for a column of it, a `BandColumn` for one looked up.

    Raises:
        OverflowError: an amount on the way could leave int64; then run the rule case by case.
        TypeError: a column of another type. ValueError: no column, or columns of different lengths.

    Guarantees: the same numbers as the rule gives row by row (property test `test_columns_equal_cases`).
    """
    import numpy as np

    rows = _rows(columns)
    result = np.empty(rows, np.int64)
    proven: dict[str, int] = {}
    for first in range(0, rows, _BLOCK_ROWS):
        part = slice(first, first + _BLOCK_ROWS)
        block = {name: col if isinstance(col, int) else col[part] for name, col in columns.items()}
        largest = {name: _largest(col) for name, col in block.items()}
        if not proven or any(most > proven[name] for name, most in largest.items()):
            proven = {name: max(most, proven.get(name, 0)) for name, most in largest.items()}
            _prove_bounded(function, proven)
        result[part] = function(**block)
    return result


def _rows(columns: "Mapping[str, IntColumn | BandColumn | int]") -> int:
    """Count the rows; refuse what is no column of int64, and columns of different lengths."""
    import numpy as np

    lengths = set()
    for name, column in columns.items():
        if isinstance(column, np.ndarray) and (column.dtype != np.int64 or column.ndim != 1):
            raise TypeError(f"{name} is no column of int64 but {column.ndim} axes of {column.dtype}")
        if type(column) is not int:
            lengths.add(len(cast("IntColumn", column)))
    if len(lengths) != 1:
        raise ValueError(f"columns of one length are wanted, found lengths {sorted(lengths)}")
    return int(lengths.pop())


def _prove_bounded(function: "Callable[..., IntColumn]", largest: Mapping[str, int]) -> None:
    seen = [0]
    bounds = {name: Magnitude(most, seen) for name, most in largest.items()}
    cast("Callable[..., object]", function)(**bounds)
    if seen[0] > INT64_MAX:
        raise OverflowError(f"{function.__name__}: amounts up to {seen[0]} do not fit a column of int64")


def _largest(column: "IntColumn | int") -> int:
    if isinstance(column, int):
        return abs(column)
    return max(int(column.max()), -int(column.min())) if column.size else 0
