"""What is wrong with an operator file, and what is odd about it: refusals are collected, flags travel on."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kezek.units.problem import InputProblem

Path = tuple[str | int, ...]
"""Place in a file: section, number of the table, key."""


class FlagCode(StrEnum):
    """What is odd about a file without being impossible."""

    RECEIVED_OVER_MINED = "dossier.flag.received_over_mined"
    POOL_FEE_DIFFERS = "dossier.flag.pool_fee_differs"
    SOLD_OVER_STOCK = "dossier.flag.sold_over_stock"
    DISCLOSED_OVER_RECEIVED = "dossier.flag.disclosed_over_received"
    COIN_VALUE_ODD = "dossier.flag.coin_value_odd"
    ENERGY_OVER_POWER = "dossier.flag.energy_over_power"
    MACHINES_OVER_POWER = "dossier.flag.machines_over_power"
    PRICE_DIFFERS = "dossier.flag.price_differs"
    DOLLAR_RATE = "dossier.flag.dollar_rate"
    FEE_ODD = "dossier.flag.fee_odd"
    MACHINE_EFFICIENT = "dossier.flag.machine_efficient"
    MACHINE_WASTEFUL = "dossier.flag.machine_wasteful"
    MACHINE_SMALL = "dossier.flag.machine_small"
    MODEL_DIFFERS = "dossier.flag.model_differs"
    DONE_LATER = "dossier.flag.done_later"
    DATE_EARLY = "dossier.flag.date_early"
    LICENCE_EARLY = "dossier.flag.licence_early"
    SUSPENSION_OUTSIDE = "dossier.flag.suspension_outside"
    NUMBER_KIND = "dossier.flag.number_kind"
    QUARTER_GAP = "dossier.flag.quarter_gap"
    NO_QUARTERS = "dossier.flag.no_quarters"
    SEEN_OUTSIDE = "dossier.flag.seen_outside"
    IMPORTED_OUTSIDE = "dossier.flag.imported_outside"
    LEFT_OUTSIDE = "dossier.flag.left_outside"
    REPLACED_OUTSIDE = "dossier.flag.replaced_outside"
    APPLIED_WITH_LICENCE = "dossier.flag.applied_with_licence"
    SECTION_MISSING = "dossier.flag.section_missing"


@dataclass(frozen=True, slots=True)
class Flag:
    """Something odd in a file that can be true: the check goes on, and the report shows it.

    Args:
        sentence: What is odd, with the arithmetic.
        place: File and line.
    """

    code: FlagCode
    sentence: str
    place: str


class Refusal(Exception):
    """A value that cannot be used, before its place is known: the last word of the code, what, and a way out."""

    def __init__(self, reason: str, what: str, way_out: str) -> None:
        self.reason, self.what, self.way_out = reason, what, way_out
        super().__init__(what)


@dataclass(eq=False)
class DossierProblems(InputProblem):
    """All that is wrong with one operator file; as text one line per problem.

    Args:
        problems: Each with its own code, place and way out; never empty. The fields of this one are the first's.
    """

    problems: tuple[InputProblem, ...] = ()

    @classmethod
    def of(cls, problems: Sequence[InputProblem]) -> "DossierProblems":
        """Put several problems into one."""
        first = problems[0]
        return cls(first.code, first.what, first.where, first.way_out, tuple(problems))

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))
