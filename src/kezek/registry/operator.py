"""Operators, their sites and the machines they registered, as decisions need them (no table mirrors)."""

from dataclasses import dataclass
from enum import StrEnum

from kezek.registry.licence import Licence
from kezek.registry.zone import Zone


class Route(StrEnum):
    """Where an operator's power comes from."""

    GRID_SURPLUS = "grid_surplus"
    OWN_RENEWABLE = "own_renewable"
    IMPORTED = "imported"
    OWN_GENERATION = "own_generation"
    HOSTED = "hosted"


@dataclass(frozen=True, slots=True)
class MachineGroup:
    """Machines of one model of one operator.

    Args:
        group_id: `<operator>/<model index>`.
        registered_count: Machines on the register.
        active_count: Machines that run when they have power (an assumption of the fleet, never more than registered).
    """

    group_id: str
    operator_id: str
    model_index: int
    registered_count: int
    active_count: int
    power_w: int
    hashrate_ghs: int
    efficiency_mj_per_th: int


@dataclass(frozen=True, slots=True)
class Operator:
    """A licensee with its site.

    Args:
        site_power_w: Most that the site may draw (technical conditions of its grid connection). [W]
        host_id: For subtype II: the operator in whose data centre the machines stand; "" otherwise.
        has_substation: Connected straight to the national grid, so that the regional grid's charge falls away.
    """

    operator_id: str
    name: str
    licence: Licence
    zone: Zone
    route: Route
    host_id: str
    pool_id: str
    has_substation: bool
    site_power_w: int
    groups: tuple[MachineGroup, ...]

    @property
    def registered_count(self) -> int:
        """Machines on the register."""
        return sum(group.registered_count for group in self.groups)

    @property
    def active_power_w(self) -> int:
        """Power of the machines that run. [W]"""
        return sum(group.active_count * group.power_w for group in self.groups)
