"""How a finding came about: the amounts with their origin, the conditions examined, the law that was asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kezek.law.absence import Absent
from kezek.law.term import Condition
from kezek.law.value import Value


@dataclass(frozen=True, slots=True)
class Trace:
    """What was kept of the way to one finding.

    Args:
        amounts: `measured`, `limit`, `at_stake_tiyn` as terms, where they have an origin.
        conditions: What was examined, in order, whether it held or not.
        asked: Each value of the law that was asked, by key, the amount a scale was asked at, and the day.
        positions: The position taken on each question that mattered, and whether it was chosen by name.
    """

    amounts: Mapping[str, int]
    conditions: tuple[Condition, ...]
    asked: Mapping[tuple[str, int | None, date], Value | Absent]
    positions: Mapping[str, tuple[str, bool]]
