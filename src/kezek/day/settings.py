"""The scenario and the fleet file: strict TOML in which every figure carries its reason and its source."""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from kezek.grid.explain import Assumption
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import Energy, EnergyPrice, Quantity, Share

_FIELDS = ("value", "why", "source")
STRATEGIES = ("shaded", "truthful")

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_MOST: dict[type, int] = {Share: 10**6, EnergyPrice: 10**6, Energy: 10**13, int: 5_000_000}
"""Largest value of each kind: 100 %, 10 000 ₸/kWh, 10 TWh, five million; beyond them a figure is a slip of unit."""

_SCENARIO_KINDS: dict[str, type] = {
    "reserve_price": EnergyPrice,
    "reserve_margin": Share,
    "target_offered": Energy,
    "target_take_up": Share,
    "curtailment_from_hour": int,
    "curtailment_until_hour": int,
    "curtailment_left": Share,
    "uptime_least": Share,
}
_FLEET_KINDS: dict[str, type] = {
    "operators": int,
    "machines": int,
    "subtype_2_operators": int,
    "route_own_renewable": int,
    "route_imported": int,
    "route_own_generation": int,
    "active_share_grid": Share,
    "active_share_exempt": Share,
    "west_share": Share,
    "substation_share": Share,
    "oldest_release": str,
    "hungriest_model": str,
    "pools": list,
    "pool_fee": Share,
    "exchanges": list,
    "transmission": EnergyPrice,
    "regional_grid": EnergyPrice,
    "labour": EnergyPrice,
    "hosting": EnergyPrice,
    "overhead": Share,
    "sale_spread": Share,
    "own_power_price": EnergyPrice,
    "bid_strategy": str,
    "bid_headroom": Share,
    "bid_headroom_spread": Share,
    "hours_with_power": Share,
}


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


def read_scenario(path: Path | None) -> Settings:
    """Read a scenario file, or the one that ships with Kezek.

    Raises:
        InputProblem: day.settings.*, naming file, key and way out.
    """
    settings = _read(path, "scenario.toml", _SCENARIO_KINDS)
    if settings.whole("target_offered") % 10**6:
        what = "[target_offered] is no whole number of MWh."
        raise _problem("range", what, path, "The market offers whole MWh.")
    first, until = settings.whole("curtailment_from_hour"), settings.whole("curtailment_until_hour")
    if not 0 <= first < until <= 24:
        raise _problem("range", f"curtailment from {first} until {until} is no span of hours.", path, "Use 0..24.")
    return settings


def read_fleet(path: Path | None) -> Settings:
    """Read a fleet file, or the one that ships with Kezek.

    Raises:
        InputProblem: day.settings.*, naming file, key and way out.
    """
    settings = _read(path, "fleet.toml", _FLEET_KINDS)
    if settings.text("bid_strategy") not in STRATEGIES:
        way_out = nearest(settings.text("bid_strategy"), list(STRATEGIES))
        raise _problem("strategy", f"bid_strategy {settings.text('bid_strategy')!r} is not known.", path, way_out)
    special = sum(settings.whole(key) for key in _FLEET_KINDS if key.startswith(("route_", "subtype_2")))
    if special + 12 > settings.whole("operators"):
        what = f"{special} of {settings.whole('operators')} operators are tenants or exempt: too few are left to bid."
        raise _problem("counts", what, path, "Leave at least 12 operators that buy surplus.")
    if not _MONTH.fullmatch(settings.text("oldest_release")):
        what = f"[oldest_release] {settings.text('oldest_release')!r} is no month."
        raise _problem("value", what, path, 'Write it as "2019-01".')
    if settings.whole("machines") < 100 * settings.whole("operators"):
        what = f"{settings.whole('machines')} machines are too few for {settings.whole('operators')} operators."
        raise _problem("counts", what, path, "Give at least 100 machines an operator.")
    return settings


def default_text(name: str) -> str:
    """Give the text of a shipped file, to start one's own from: `scenario.toml` or `fleet.toml`."""
    return (resources.files("kezek.day") / "defaults" / name).read_text(encoding="utf-8")


def _problem(reason: str, what: str, path: Path | None, way_out: str) -> InputProblem:
    return InputProblem(f"day.settings.{reason}", what, str(path or "shipped file"), way_out)


def _read(path: Path | None, name: str, kinds: dict[str, type]) -> Settings:
    try:
        text = default_text(name) if path is None else path.read_text(encoding="utf-8")
        tables = tomllib.loads(text, parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as error:
        raise _problem("unreadable", f"cannot be read ({error}).", path, "Check the path and its rights.") from error
    except tomllib.TOMLDecodeError as error:
        way_out = f"Correct the line; `kezek example {name.removesuffix('.toml')}` prints a right file."
        raise _problem("toml", f"is not TOML: {error}.", path, way_out) from error
    _require_keys("", list(tables), list(kinds), path)
    amounts, assumptions = {}, []
    for key, kind in kinds.items():
        table = tables[key]
        if not isinstance(table, dict):
            raise _problem("form", f"[{key}] is not a table.", path, f"Write [{key}] with {', '.join(_FIELDS)}.")
        _require_keys(f"[{key}] ", list(table), list(_FIELDS), path)
        amounts[key] = _amount(key, kind, table["value"], path)
        assumptions.append(_assumption(key, table))
    return Settings(amounts, tuple(assumptions), text)


def _require_keys(where: str, found: list[str], wanted: list[str], path: Path | None) -> None:
    for key in found:
        if key not in wanted:
            raise _problem("unknown_key", f"{where}has an unknown key {key!r}.", path, nearest(key, wanted))
    missing = [key for key in wanted if key not in found]
    if missing:
        way_out = "Add it: a file must state every assumption of its kind."
        raise _problem("missing", f"{where}lacks {', '.join(missing)}.", path, way_out)


def _amount(key: str, kind: type, value: object, path: Path | None) -> object:
    if issubclass(kind, Quantity):
        if not isinstance(value, str):
            raise _problem(
                "type", f"[{key}] value is {value!r}.", path, f"Write it with its unit, as {kind.example}."
            )
        try:
            amount = kind.parse(value).amount
        except InputProblem as problem:
            raise _problem("value", f"[{key}] {problem.what}", path, problem.way_out) from problem
        if not 0 <= amount <= _MOST[kind]:
            most = kind(_MOST[kind])
            raise _problem("range", f"[{key}] {value!r} is out of range.", path, f"It runs from 0 to {most}.")
        return amount
    if key == "hungriest_model":
        return _efficiency(value, path)
    right = type(value) is kind and (kind is not int or (isinstance(value, int) and 0 <= value <= _MOST[int]))
    if right and isinstance(value, list):
        right = bool(value) and all(isinstance(item, str) for item in value) and len(set(value)) == len(value)
    if not right:
        wanted = {int: f"a whole number from 0 to {_MOST[int]}", str: "a text", list: "a list of different texts"}[
            kind
        ]
        raise _problem("type", f"[{key}] value is {value!r}.", path, f"Write {wanted}.")
    return value


def _efficiency(value: object, path: Path | None) -> int:
    """Read `60 J/TH` into mJ/TH."""
    number, _, unit = str(value).partition(" ")
    if unit != "J/TH" or not number.isdigit():
        raise _problem("value", f"[hungriest_model] {value!r} is no efficiency.", path, 'Write it as "60 J/TH".')
    return 1_000 * int(number)


def _assumption(key: str, table: dict[str, Any]) -> Assumption:
    value = table["value"]
    text = ", ".join(value) if isinstance(value, list) else str(value)
    source = str(table["source"])
    return Assumption(key, text, "", source == "", str(table["why"]), source or "Kezek, own assumption")
