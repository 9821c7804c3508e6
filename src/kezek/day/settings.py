"""The scenario and the fleet file of a day: what they must hold and what hangs together in them."""

import re
from importlib import resources
from pathlib import Path

from kezek.trading.settings import Efficiency, Form, Settings, read_settings
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import Energy, EnergyPrice, Share

__all__ = ["STRATEGIES", "Settings", "default_text", "read_fleet", "read_scenario"]

STRATEGIES = ("shaded", "truthful")

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
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
    "hungriest_model": Efficiency,
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
_SCENARIO = Form("day.settings", _SCENARIO_KINDS, "kezek example scenario")
_FLEET = Form("day.settings", _FLEET_KINDS, "kezek example fleet")


def read_scenario(path: Path | None) -> Settings:
    """Read a scenario file, or the one that ships with Kezek.

    Raises:
        InputProblem: day.settings.*, naming file, key and way out.
    """
    settings = read_settings(path=path, default=default_text("scenario.toml"), form=_SCENARIO)
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
    settings = read_settings(path=path, default=default_text("fleet.toml"), form=_FLEET)
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
