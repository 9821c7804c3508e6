"""What the surplus is calculated from beyond published facts: plain numbers that a scenario may replace.

Shares and shapes are whole parts per million. A shape is a list of factors around 1_000_000 whose mean is exactly
that, so that a shape moves energy between hours or months and never makes any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache

from kezek.facts.figures import auction_facts, generation_by_fuel
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem, nearest
from kezek.units.rounding import PPM, half_up

HOURS_OF_A_YEAR = 8_760
RENEWABLES = ("hydro", "wind", "solar")


def _refused(reason: str, key: str, what: str, way_out: str) -> InputProblem:
    return InputProblem(f"grid.assumptions.{reason}", what, key, way_out)


def _check_shape(key: str, factors: Sequence[int], count: int) -> None:
    whole = all(type(factor) is int and factor >= 0 for factor in factors)
    if len(factors) != count or not whole or sum(factors) != count * PPM:
        raise _refused(
            "shape",
            key,
            f"{len(factors)} factors that add up to {sum(factors)} are no shape.",
            f"Write {count} whole factors, none below 0, that add up to exactly {count * PPM}.",
        )


def _check_number(key: str, number: int, until: int | None) -> None:
    if type(number) is not int or number < 0 or (until is not None and number > until):
        top = "" if until is None else f" and at most {until}"
        raise _refused("range", key, f"{number!r} is out of range.", f"Write a whole number, at least 0{top}.")


def _check_keys(key: str, found: Mapping[str, object], due: Sequence[str], *, all_due: bool) -> None:
    for name in found:
        if name not in due:
            raise _refused("name", key, f"{name!r} is not known here.", nearest(name, list(due)))
    missing = [name for name in due if name not in found]
    if all_due and missing:
        raise _refused("missing", key, f"{', '.join(missing)} is missing.", "Give every one.")


@dataclass(frozen=True, slots=True)
class SupplyAssumptions:
    """The assumptions of a surplus; construct with `default_assumptions` and replace what a scenario says.

    Args:
        reserve_margin_ppm: Reserve the grid holds, share of the hour's demand [ppm].
        target_offered_mwh_per_month: Surplus offered in a month in the whole country [MWh].
        diurnal_ppm: By zone, 24 factors of demand by clock hour [ppm].
        weekday_ppm: 7 factors of demand, Monday first [ppm].
        capacity_factor_ppm: By fuel (hydro, wind, solar), mean output as a share of nameplate [ppm].
        hydro_month_shape_ppm: 12 factors of hydro output, January first [ppm].
        solar_hour_shape_ppm: 24 factors of solar output by clock hour [ppm].
        thermal_ceiling_ppm: Most of the thermal nameplate that can be available [ppm].
        fixed_thermal_ppm: By zone, availability of thermal plants to use instead of the calibrated one [ppm]; for
            a what-if that must not be calibrated away. Empty: calibrate.

    Raises:
        InputProblem: grid.assumptions.shape, .range, .name, .missing.
    """

    reserve_margin_ppm: int
    target_offered_mwh_per_month: int
    diurnal_ppm: Mapping[str, Sequence[int]]
    weekday_ppm: Sequence[int]
    capacity_factor_ppm: Mapping[str, int]
    hydro_month_shape_ppm: Sequence[int]
    solar_hour_shape_ppm: Sequence[int]
    thermal_ceiling_ppm: int = PPM
    fixed_thermal_ppm: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no assumption before it decides energy."""
        _check_number("reserve_margin_ppm", self.reserve_margin_ppm, PPM)
        _check_number("target_offered_mwh_per_month", self.target_offered_mwh_per_month, None)
        _check_number("thermal_ceiling_ppm", self.thermal_ceiling_ppm, PPM)
        _check_keys("diurnal_ppm", self.diurnal_ppm, list(Zone), all_due=True)
        for zone, factors in self.diurnal_ppm.items():
            _check_shape(f"diurnal_ppm.{zone}", factors, 24)
        _check_shape("weekday_ppm", self.weekday_ppm, 7)
        _check_shape("hydro_month_shape_ppm", self.hydro_month_shape_ppm, 12)
        _check_shape("solar_hour_shape_ppm", self.solar_hour_shape_ppm, 24)
        _check_keys("capacity_factor_ppm", self.capacity_factor_ppm, RENEWABLES, all_due=True)
        _check_keys("fixed_thermal_ppm", self.fixed_thermal_ppm, list(Zone), all_due=False)
        for key in ("capacity_factor_ppm", "fixed_thermal_ppm"):
            for name, number in getattr(self, key).items():
                _check_number(f"{key}.{name}", number, PPM)

    def __hash__(self) -> int:
        """Hash by content, so that a month is calculated once for the same assumptions."""
        return hash(tuple(_frozen(getattr(self, one.name)) for one in fields(self)))


def _frozen(content: object) -> object:
    if isinstance(content, Mapping):
        return tuple(sorted((str(key), _frozen(inner)) for key, inner in content.items()))
    return tuple(content) if isinstance(content, Sequence) else content


_THOUSANDTHS_NORTH_SOUTH = (
    *(973, 960, 953, 951, 953, 963, 983, 1_003),
    *(1_018, 1_018, 1_014, 1_010, 1_006, 1_004, 1_005, 1_010),
    *(1_014, 1_022, 1_044, 1_052, 1_048, 1_028, 990, 978),
)
"""Synthetic: lowest 02-05 h, highest 18-21 h; three rows of eight hours."""
_THOUSANDTHS_WEEK = (1_003, 1_004, 1_004, 1_004, 1_003, 994, 988)
_THOUSANDTHS_HYDRO = (800, 800, 900, 1_250, 1_350, 1_300, 1_200, 1_050, 900, 850, 800, 800)
_THOUSANDTHS_SUN = (
    (0,) * 6 + (200, 700, 1_400, 2_100, 2_700, 3_100, 3_200, 3_100, 2_700, 2_100, 1_500, 900, 300) + (0,) * 5
)


def _ppm(thousandths: Sequence[int]) -> tuple[int, ...]:
    return tuple(1_000 * factor for factor in thousandths)


def capacity_factor_ppm(fuel: str) -> int:
    """Mean output of a fuel in the latest published year as a share of what stood installed [ppm].

    Args:
        fuel: hydro, wind or solar; only these have a published installed capacity in the table.

    Returns:
        Parts per million, rounded half up. Source: `generation_by_fuel` (Our World in Data, Ember; IRENA).

    >>> capacity_factor_ppm("wind")
    290517
    """
    figure = generation_by_fuel()[fuel]
    if figure.installed_kw is None:
        raise ValueError(f"no installed capacity is published for {fuel}")
    return half_up(figure.generation_mwh * 1_000 * PPM, figure.installed_kw * HOURS_OF_A_YEAR)


@cache
def default_assumptions() -> SupplyAssumptions:
    """Give the assumptions that ship: published where something was published, else synthetic and labelled so.

    >>> default_assumptions().target_offered_mwh_per_month
    300000
    """
    flatter = [500 * (factor + 1_000) for factor in _THOUSANDTHS_NORTH_SOUTH]
    return SupplyAssumptions(
        reserve_margin_ppm=80_000,
        target_offered_mwh_per_month=auction_facts()["offered_monthly_at_least"].amount,
        diurnal_ppm={Zone.NORTH_SOUTH.value: _ppm(_THOUSANDTHS_NORTH_SOUTH), Zone.WEST.value: tuple(flatter)},
        weekday_ppm=_ppm(_THOUSANDTHS_WEEK),
        capacity_factor_ppm={fuel: capacity_factor_ppm(fuel) for fuel in RENEWABLES},
        hydro_month_shape_ppm=_ppm(_THOUSANDTHS_HYDRO),
        solar_hour_shape_ppm=_ppm(_THOUSANDTHS_SUN),
    )
