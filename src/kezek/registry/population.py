"""A synthetic population of licensees: who they are, what they registered, where their power comes from.

Counts and models are published facts; how they are spread over operators is drawn from a seed. Nobody in it exists.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import isqrt

from kezek.facts.figures import AsicModel
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import MachineGroup, Operator, Route
from kezek.registry.zone import Zone
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem
from kezek.units.rounding import PPM, largest_remainder, share_of

_FIRST_LICENCES_ON = date(2023, 4, 1)
SIZE_JITTER_PERMILLE = 200
"""How far chance moves an operator's size from its rank's, either way. [1/1000]"""
HOST_COUNT = 12
"""Grid buyers, largest first, that take tenants in."""
SITE_POWER_PERCENT = 110
"""Connection of a site, of the power of all its registered machines. [%]"""
LICENCE_AGE_DAYS = (290, 900)
"""Age of a licence on the delivery date, drawn between these."""
_NAMES = (
    "Aqdala",
    "Betpaq",
    "Jezdy",
    "Qulan",
    "Munar",
    "Sayan",
    "Tolqyn",
    "Ulytas",
    "Shalqar",
    "Ertis",
    "Naiza",
    "Zhusan",
)


@dataclass(frozen=True, slots=True)
class PopulationAssumptions:
    """How many of what; every count and share is an assumption or a cited figure of the fleet file.

    Args:
        operator_count, machine_count: Licensees and registered machines.
        subtype_2_count: Licensees without a data centre of their own.
        route_counts: Subtype I licensees by route other than the grid; the rest buys surplus.
        active_share_ppm: Share of the registered machines that run, by route. [ppm]
        west_share_ppm: Share of grid machines in the West zone. [ppm]
        substation_share_ppm: Share of subtype I licensees connected straight to the national grid. [ppm]
        oldest_release, efficiency_max_mj_per_th: Models older or hungrier than this are not drawn.
        pool_ids: Accredited pools, drawn evenly.
    """

    operator_count: int
    machine_count: int
    subtype_2_count: int
    route_counts: dict[str, int]
    active_share_ppm: dict[str, int]
    west_share_ppm: int
    substation_share_ppm: int
    oldest_release: str
    efficiency_max_mj_per_th: int
    pool_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Seat:
    """One licensee before its machines are drawn."""

    rank: int
    machine_count: int
    subtype: Subtype
    route: Route


def heavy_tailed_sizes(*, total: int, count: int, stream: Stream) -> list[int]:
    """Split a number of machines over operators by rank, largest first: size falls as (rank + 3) ** -1.25.

    Each size is moved by up to 20 % by chance. Whole numbers only, so that every machine draws the same fleet.
    Guarantees: adds up to the total.
    """
    jitter = stream.integers(count, 1_000 - SIZE_JITTER_PERMILLE, 1_001 + SIZE_JITTER_PERMILLE).tolist()
    weights = []
    for rank in range(count):
        place = rank + 3
        fourth_root_e6 = isqrt(isqrt(place * 10**24))
        weights.append(jitter[rank] * 10**24 // (place * fourth_root_e6))
    return sorted(largest_remainder(total, weights), reverse=True)


def draw_operators(
    *, assumptions: PopulationAssumptions, models: Sequence[AsicModel], on: date, stream: Stream
) -> tuple[Operator, ...]:
    """Draw the licensees of a date with their machines.

    Guarantees: machine counts add up to `machine_count`; active machines never exceed registered ones; every tenant
    has a host in its zone that buys surplus; the same seed draws the same operators.
    """
    seats = _seats(assumptions, stream.child("seats"))
    eligible = _eligible(assumptions, models, on)
    west = _west_ranks(assumptions, seats, stream.child("west"))
    hosts = [seat.rank for seat in seats if seat.route is Route.GRID_SURPLUS][:HOST_COUNT]
    host_of = {
        seat.rank: hosts[stream.child("host", seat.rank).integer(0, len(hosts))]
        for seat in seats
        if seat.route is Route.HOSTED
    }
    drawn = [
        _operator(seat, assumptions, models, eligible, on, host_of.get(seat.rank), west, stream.child(seat.rank))
        for seat in seats
    ]
    by_id = {operator.operator_id: operator for operator in drawn}
    return tuple(_in_place(operator, by_id, drawn) for operator in drawn)


def _seats(assumptions: PopulationAssumptions, stream: Stream) -> list[_Seat]:
    """Give each rank its size, subtype and route; tenants and exempt routes are not among the very largest."""
    count = assumptions.operator_count
    sizes = heavy_tailed_sizes(total=assumptions.machine_count, count=count, stream=stream.child("sizes"))
    lower_ranks = stream.child("routes").shuffled(range(min(6, count // 4), count))
    routes = [Route.HOSTED] * assumptions.subtype_2_count
    for name, number in sorted(assumptions.route_counts.items()):
        routes += [Route(name)] * number
    route_of = dict(zip(lower_ranks, routes, strict=False))
    return [
        _Seat(rank, sizes[rank], Subtype.II if route is Route.HOSTED else Subtype.I, route)
        for rank in range(count)
        for route in [route_of.get(rank, Route.GRID_SURPLUS)]
    ]


def _eligible(assumptions: PopulationAssumptions, models: Sequence[AsicModel], on: date) -> list[int]:
    """Pick the models that were on the market three months before the date, neither too old nor too hungry."""
    latest = f"{on - timedelta(days=90):%Y-%m}"
    eligible = [
        index
        for index, model in enumerate(models)
        if assumptions.oldest_release <= model.released_on <= latest
        and model.efficiency_mj_per_th <= assumptions.efficiency_max_mj_per_th
    ]
    if not eligible:
        what = f"No model was released from {assumptions.oldest_release} to {latest} with that efficiency."
        way_out = "Allow older or hungrier models in the fleet file."
        raise InputProblem("registry.population.no_model", what, "oldest_release, hungriest_model", way_out)
    return eligible


def _west_ranks(assumptions: PopulationAssumptions, seats: Sequence[_Seat], stream: Stream) -> set[int]:
    """Choose grid buyers for the West until they hold its share of the grid machines, none of the six largest."""
    grid = [seat for seat in seats if seat.route is Route.GRID_SURPLUS]
    wanted = share_of(sum(seat.machine_count for seat in grid), assumptions.west_share_ppm)
    chosen: set[int] = set()
    for seat in stream.shuffled(grid[6:]):
        if wanted >= seat.machine_count:
            chosen.add(seat.rank)
            wanted -= seat.machine_count
    return chosen


def _operator(
    seat: _Seat,
    assumptions: PopulationAssumptions,
    models: Sequence[AsicModel],
    eligible: Sequence[int],
    on: date,
    host_rank: int | None,
    west: set[int],
    stream: Stream,
) -> Operator:
    operator_id = _operator_id(seat.rank)
    groups = _groups(seat, operator_id, assumptions, models, eligible, stream.child("machines"))
    place = host_rank if host_rank is not None else seat.rank
    pools = assumptions.pool_ids
    own_power_w = sum(group.registered_count * group.power_w for group in groups)
    return Operator(
        operator_id=operator_id,
        name=f"{_NAMES[seat.rank % len(_NAMES)]}-{seat.rank + 1:02d} (synthetic)",
        licence=_licence(seat, on, stream.child("licence")),
        zone=Zone.WEST if place in west else Zone.NORTH_SOUTH,
        route=seat.route,
        host_id=_operator_id(host_rank) if host_rank is not None else "",
        pool_id=pools[stream.child("pool").integer(0, len(pools))],
        has_substation=seat.subtype is Subtype.I
        and stream.child("substation").integer(0, PPM) < assumptions.substation_share_ppm,
        site_power_w=own_power_w * SITE_POWER_PERCENT // 100,
        groups=groups,
    )


def _operator_id(rank: int) -> str:
    return f"OP-{rank + 1:03d}"


def _groups(
    seat: _Seat,
    operator_id: str,
    assumptions: PopulationAssumptions,
    models: Sequence[AsicModel],
    eligible: Sequence[int],
    stream: Stream,
) -> tuple[MachineGroup, ...]:
    """Spread an operator's machines over three to six models; the most efficient ones run first."""
    kinds = stream.child("models").shuffled(eligible)[: stream.child("kinds").integer(3, 7)]
    kinds.sort(key=lambda index: (models[index].efficiency_mj_per_th, index))
    weights = stream.child("weights").integers(len(kinds), 1, 8).tolist()
    counts = largest_remainder(seat.machine_count, weights)
    left = share_of(seat.machine_count, assumptions.active_share_ppm[seat.route])
    groups = []
    for index, count in zip(kinds, counts, strict=True):
        active, model = min(left, count), models[index]
        left -= active
        groups.append(
            MachineGroup(
                group_id=f"{operator_id}/{index:03d}",
                operator_id=operator_id,
                model_index=index,
                registered_count=count,
                active_count=active,
                power_w=model.power_w,
                hashrate_ghs=model.hashrate_ghs,
                efficiency_mj_per_th=model.efficiency_mj_per_th,
            )
        )
    return tuple(groups)


def _licence(seat: _Seat, on: date, stream: Stream) -> Licence:
    """Issue a three-year licence that covers the last nine months, as far as licences existed."""
    issued_on = on - timedelta(days=stream.integer(*LICENCE_AGE_DAYS))
    from_on = max(issued_on, _FIRST_LICENCES_ON)
    until_on = date(from_on.year + 3, from_on.month, min(from_on.day, 28))
    return Licence(f"DM-{seat.subtype}-{seat.rank + 1:04d}", seat.subtype, Period(from_on, until_on))


def _in_place(operator: Operator, by_id: Mapping[str, Operator], drawn: Sequence[Operator]) -> Operator:
    """Size a host's connection for its tenants as well; a tenant is connected as its host is."""
    if operator.host_id:
        return replace(operator, has_substation=by_id[operator.host_id].has_substation)
    tenants_w = sum(tenant.site_power_w for tenant in drawn if tenant.host_id == operator.operator_id)
    return replace(operator, site_power_w=operator.site_power_w + tenants_w)
