"""Machines as an operator names them: known models fill in what was left out, and no machine beats physics."""

from collections.abc import Iterable
from dataclasses import dataclass

from kezek.dossier.field import Values
from kezek.facts.figures import AsicModel, asic_models
from kezek.units.rounding import floor_div

_MJ_PER_J = 1_000


@dataclass(frozen=True, slots=True)
class Rig:
    """Power [W] and hash rate [GH/s] of one machine, as said or as its maker has it; None where nobody knows."""

    power_w: int | None
    hashrate_ghs: int | None
    model: AsicModel | None

    @property
    def efficiency_mj_per_th(self) -> int | None:
        """Energy per work, rounded down. [mJ/TH]"""
        if not self.power_w or not self.hashrate_ghs:
            return None
        return floor_div(self.power_w * 10**6, self.hashrate_ghs)


def rig_of(*, machine: Values) -> Rig:
    """Complete a machine by the model that Kezek knows under its name, capital letters or not."""
    name = machine["model"].casefold()
    model = next((one for one in asic_models() if name in _names(one)), None)
    power_w = machine.get("power", model.power_w if model else None)
    hashrate_ghs = machine.get("hashrate", model.hashrate_ghs if model else None)
    return Rig(power_w, hashrate_ghs, model)


def _names(model: AsicModel) -> tuple[str, str]:
    return model.model.casefold(), f"{model.make} {model.model}".casefold()


def best_efficiency(*, machines: Iterable[Values]) -> int | None:
    """Find the best efficiency among an operator's machines; None where one of them is not known. [mJ/TH]"""
    found = [rig_of(machine=machine).efficiency_mj_per_th for machine in machines if machine.get("count") != 0]
    known = [one for one in found if one is not None]
    return min(known) if known and len(known) == len(found) else None


def best_model() -> AsicModel:
    """Find the known model that takes the least energy per work."""
    return min(asic_models(), key=lambda model: model.efficiency_mj_per_th)


def worst_model() -> AsicModel:
    """Find the known model that takes the most energy per work."""
    return max(asic_models(), key=lambda model: model.efficiency_mj_per_th)


def smallest_model() -> AsicModel:
    """Find the known model that draws the least power."""
    return min(asic_models(), key=lambda model: model.power_w)


def joules_per_th(mj_per_th: int) -> str:
    """Print an efficiency in J/TH, to one decimal, rounded down.

    >>> joules_per_th(3_636)
    '3.6 J/TH'
    """
    tenths = floor_div(mj_per_th * 10, _MJ_PER_J)
    return f"{floor_div(tenths, 10)}.{tenths % 10} J/TH"
