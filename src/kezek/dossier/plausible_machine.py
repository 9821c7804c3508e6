"""Whether machines can be what the file says: none does its hashes with far less energy than the best there is."""

from kezek.dossier.field import Values
from kezek.dossier.machine import (
    Rig,
    best_model,
    joules_per_th,
    rig_of,
    smallest_model,
    worst_model,
)
from kezek.dossier.parse import Findings
from kezek.dossier.problem import FlagCode
from kezek.units.quantity import HashRate, Power
from kezek.units.rounding import floor_div, share_of

_MODEL_TOLERANCE_PPM = 250_000
"""A machine may be tuned so far from its maker's figures before it is odd. [ppm]"""


def judge_machines(*, values: Values, findings: Findings) -> None:
    """Hold each machine against the known models, and all of them against the power of the mine.

    Refusals: dossier.machine.physics for less than half the energy per hash of the best model there is.
    """
    total_w = 0
    for machine in values.get("machine", []):
        rig = rig_of(machine=machine)
        _model(machine, rig, findings)
        _efficiency(machine, rig, findings)
        total_w += machine.get("count", 0) * (rig.power_w or 0)
    operator = values["operator"]
    power_w = operator.get("power")
    if power_w is not None and total_w > power_w:
        sentence = f"The machines together draw {Power(total_w)}, and the mine has {Power(power_w)}."
        findings.flag(FlagCode.MACHINES_OVER_POWER, sentence, findings.path_of(operator, "power"))


def _efficiency(machine: Values, rig: Rig, findings: Findings) -> None:
    found, best = rig.efficiency_mj_per_th, best_model()
    if found is None or rig.power_w is None or rig.hashrate_ghs is None:
        _small(machine, rig, findings)
        return
    name = machine["model"]
    sum_of = f"{name}: {Power(rig.power_w)} for {HashRate(rig.hashrate_ghs)} is {joules_per_th(found)}"
    path = findings.path_of(machine, "power" if "power" in machine else "hashrate")
    limit = best.efficiency_mj_per_th
    the_best = f"the best machine known, {best.make} {best.model}, takes {joules_per_th(limit)}"
    if 2 * found < limit:
        least = Power(floor_div(rig.hashrate_ghs * limit, 10**6))
        what = f"{sum_of}; {the_best}, and would draw {least} for it."
        findings.refuse("machine.physics", what, "Look at power and hash rate: W or kW, GH/s or TH/s?", path)
    elif found < limit:
        findings.flag(FlagCode.MACHINE_EFFICIENT, f"{sum_of}; {the_best}.", path)
    elif found > 2 * worst_model().efficiency_mj_per_th:
        worst = joules_per_th(worst_model().efficiency_mj_per_th)
        findings.flag(FlagCode.MACHINE_WASTEFUL, f"{sum_of}; the worst machine known takes {worst}.", path)


def _small(machine: Values, rig: Rig, findings: Findings) -> None:
    smallest = smallest_model()
    if rig.power_w is not None and 2 * rig.power_w < smallest.power_w:
        sentence = f"{machine['model']}: {Power(rig.power_w)} is less than half of what the smallest machine known, "
        sentence += f"{smallest.make} {smallest.model}, draws: {Power(smallest.power_w)}."
        findings.flag(FlagCode.MACHINE_SMALL, sentence, findings.path_of(machine, "power"))


def _model(machine: Values, rig: Rig, findings: Findings) -> None:
    """Hold what was said of a known model against its maker's figures."""
    if rig.model is None:
        return
    pairs = (("power", rig.model.power_w, Power), ("hashrate", rig.model.hashrate_ghs, HashRate))
    for key, made, kind in pairs:
        said = machine.get(key)
        if said is not None and abs(said - made) > share_of(made, _MODEL_TOLERANCE_PPM):
            sentence = f"{machine['model']}: {key} = {kind(said)}, and its maker says {kind(made)}."
            findings.flag(FlagCode.MODEL_DIFFERS, sentence, findings.path_of(machine, key))
