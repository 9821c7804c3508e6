"""What the machines do with the power: meter readings and payouts of the simulated day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kezek.day.settings import Settings
from kezek.market.product import Product
from kezek.metering.reading import MeterReading, meter_of
from kezek.mining.network import NetworkDay, expected_sat
from kezek.mining.output import energy_for_wh, gigahashes_of
from kezek.registry.operator import MachineGroup, Operator, Route
from kezek.units.chance import Stream
from kezek.units.rounding import PPM

SOLAR_DAY = range(7, 20)
"""Clock hours in which own solar and wind run."""


@dataclass(frozen=True, slots=True)
class GroupHour:
    """Energy of one group of machines in one hour. [Wh]"""

    group: MachineGroup
    hour_index: int
    energy_wh: int


def group_hours(
    *,
    awarded_kwh: Mapping[str, int],
    group_of_order: Mapping[str, MachineGroup],
    products: Mapping[str, Product],
    operators: Sequence[Operator],
    network: NetworkDay,
    fleet: Settings,
    uptime_least_ppm: int,
    clock_hours: Sequence[int],
    stream: Stream,
) -> list[GroupHour]:
    """Run the machines: on surplus as far as it was awarded, on an exempt source whenever that runs.

    A group takes between `uptime_least_ppm` and all of the energy it bought; own solar and wind run in the daytime.
    """
    used = []
    for order_id, kwh in awarded_kwh.items():
        hour = products[order_id.rsplit("/", 2)[0]].hour_index
        taken_ppm = stream.child("uptime", order_id).integer(uptime_least_ppm, PPM + 1)
        used.append(GroupHour(group_of_order[order_id], hour, 1_000 * kwh * taken_ppm // PPM))
    overhead_ppm = fleet.whole("overhead")
    for operator in operators:
        if operator.route in (Route.GRID_SURPLUS, Route.HOSTED):
            continue
        hours = [
            index
            for index in range(len(network.hours))
            if operator.route is not Route.OWN_RENEWABLE or clock_hours[index] in SOLAR_DAY
        ]
        for group in operator.groups:
            full_wh = energy_for_wh(count=group.active_count, power_w=group.power_w, overhead_ppm=overhead_ppm)
            ppm = stream.child("own", group.group_id).integers(len(hours), uptime_least_ppm, PPM + 1).tolist()
            used += [GroupHour(group, hour, full_wh * share // PPM) for hour, share in zip(hours, ppm, strict=True)]
    return [one for one in used if one.energy_wh]


def meter_readings(
    *, used: Sequence[GroupHour], operators: Sequence[Operator], hour_count: int
) -> list[MeterReading]:
    """Add up to one reading per meter and hour; an hour without use is a reading of zero."""
    totals: dict[tuple[str, int], int] = defaultdict(int)
    for one in used:
        totals[one.group.operator_id, one.hour_index] += one.energy_wh
    return [
        MeterReading(meter_of(operator_id=who), who, hour, totals[who, hour])
        for who in sorted(operator.operator_id for operator in operators)
        for hour in range(hour_count)
    ]


def coins_by_operator_sat(*, used: Sequence[GroupHour], network: NetworkDay, overhead_ppm: int) -> dict[str, int]:
    """Coins that the work of each operator yields on average, hour by hour, before the pool's fee. [sat]"""
    work: dict[tuple[str, int], int] = defaultdict(int)
    for one in used:
        work[one.group.operator_id, one.hour_index] += gigahashes_of(
            energy_wh=one.energy_wh,
            power_w=one.group.power_w,
            hashrate_ghs=one.group.hashrate_ghs,
            overhead_ppm=overhead_ppm,
        )
    coins: dict[str, int] = defaultdict(int)
    for (operator_id, hour), gigahashes in sorted(work.items()):
        coins[operator_id] += expected_sat(gigahashes=gigahashes, segments=network.hours[hour])
    return dict(coins)
