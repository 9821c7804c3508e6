"""A file of assumptions: strict TOML in which every figure carries its reason and its source."""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from kezek.grid.explain import Assumption
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import Energy, EnergyPrice, Quantity, Share

_FIELDS = ("value", "why", "source")
_EFFICIENCY = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_MOST: dict[type, int] = {Share: 10**6, EnergyPrice: 10**6, Energy: 10**13, int: 5_000_000}
"""Largest value of each kind: 100 %, 10 000 ₸/kWh, 10 TWh, five million; beyond them a figure is a slip of unit."""


class Efficiency:
    """Kind of a figure in J/TH, kept in mJ/TH."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One file of assumptions: amounts in the smallest unit by key, how each is explained, and the text as read."""

    amounts: dict[str, Any]
    assumptions: tuple[Assumption, ...]
    source_text: str = ""

    @property
    def digest(self) -> str:
        """SHA-256 of the text as read, hex."""
        return hashlib.sha256(self.source_text.encode()).hexdigest()

    def whole(self, key: str) -> int:
        """Give a whole number in the smallest unit of its kind."""
        amount: int = self.amounts[key]
        return amount

    def text(self, key: str) -> str:
        """Give a word."""
        word: str = self.amounts[key]
        return word

    def words(self, key: str) -> tuple[str, ...]:
        """Give a list of words."""
        return tuple(self.amounts[key])


@dataclass(frozen=True, slots=True)
class Form:
    """What a file of assumptions must hold.

    Args:
        code: Stem of the codes of its faults, as `day.settings`.
        kinds: Kind of each figure by key.
        hint: Command that prints a right file.
    """

    code: str
    kinds: Mapping[str, type]
    hint: str

    def problem(self, reason: str, what: str, path: Path | None, way_out: str) -> InputProblem:
        """Build a refusal of the file."""
        return InputProblem(f"{self.code}.{reason}", what, str(path or "shipped file"), way_out)


def read_settings(*, path: Path | None, default: str, form: Form) -> Settings:
    """Read a file of assumptions, or the text that ships with Kezek.

    Raises:
        InputProblem: `<code>.unreadable`, .toml, .form, .unknown_key, .missing, .type, .value, .range.
    """
    try:
        text = default if path is None else path.read_text(encoding="utf-8")
        tables = tomllib.loads(text, parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise form.problem(
            "unreadable", f"cannot be read ({error}).", path, "Check the path and its rights."
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        way_out = f"Correct the line; `{form.hint}` prints a right file."
        raise form.problem("toml", f"is not TOML: {error}.", path, way_out) from error
    _require_keys("", list(tables), list(form.kinds), path, form)
    amounts, assumptions = {}, []
    for key, kind in form.kinds.items():
        table = tables[key]
        if not isinstance(table, dict):
            raise form.problem("form", f"[{key}] is not a table.", path, f"Write [{key}] with {', '.join(_FIELDS)}.")
        _require_keys(f"[{key}] ", list(table), list(_FIELDS), path, form)
        if not (isinstance(table["why"], str) and table["why"].strip() and isinstance(table["source"], str)):
            what, way_out = f"[{key}] why or source is no text.", 'Say why; a source may be "".'
            raise form.problem("form", what, path, way_out)
        amounts[key] = _amount(key, kind, table["value"], path, form)
        assumptions.append(_assumption(key, table))
    return Settings(amounts, tuple(assumptions), text)


def _require_keys(where: str, found: list[str], wanted: list[str], path: Path | None, form: Form) -> None:
    for key in found:
        if key not in wanted:
            raise form.problem("unknown_key", f"{where}has an unknown key {key!r}.", path, nearest(key, wanted))
    missing = [key for key in wanted if key not in found]
    if missing:
        way_out = "Add it: a file must state every assumption of its kind."
        raise form.problem("missing", f"{where}lacks {', '.join(missing)}.", path, way_out)


def _amount(key: str, kind: type, value: object, path: Path | None, form: Form) -> object:
    if issubclass(kind, Quantity):
        if not isinstance(value, str):
            raise form.problem(
                "type", f"[{key}] value is {value!r}.", path, f"Write it with its unit, as {kind.example}."
            )
        try:
            amount = kind.parse(value).amount
        except InputProblem as problem:
            raise form.problem("value", f"[{key}] {problem.what}", path, problem.way_out) from problem
        if not 0 <= amount <= _MOST[kind]:
            most = kind(_MOST[kind])
            raise form.problem("range", f"[{key}] {value!r} is out of range.", path, f"It runs from 0 to {most}.")
        return amount
    if kind is Efficiency:
        return _efficiency(key, value, path, form)
    right = type(value) is kind and (kind is not int or (isinstance(value, int) and 0 <= value <= _MOST[int]))
    if right and isinstance(value, list):
        right = bool(value) and all(isinstance(item, str) for item in value) and len(set(value)) == len(value)
    if not right:
        wanted = {int: f"a whole number from 0 to {_MOST[int]}", str: "a text", list: "a list of different texts"}[
            kind
        ]
        raise form.problem("type", f"[{key}] value is {value!r}.", path, f"Write {wanted}.")
    return value


def _efficiency(key: str, value: object, path: Path | None, form: Form) -> int:
    """Read `60 J/TH` into mJ/TH."""
    number, _, unit = str(value).partition(" ")
    if unit != "J/TH" or not _EFFICIENCY.fullmatch(number):
        raise form.problem("value", f"[{key}] {value!r} is no efficiency.", path, 'Write it as "60 J/TH".')
    return 1_000 * int(number)


def _assumption(key: str, table: dict[str, Any]) -> Assumption:
    value = table["value"]
    text = ", ".join(value) if isinstance(value, list) else str(value)
    source = str(table["source"])
    return Assumption(key, text, "", source == "", str(table["why"]), source or "Kezek, own assumption")
