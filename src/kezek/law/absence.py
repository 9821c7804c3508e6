"""Why the law gives no value for a day: unknown, not yet in force, ended, or not covered. Absence is never a zero."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from kezek.law.value import Source


class AbsenceCode(StrEnum):
    """Kinds of absence, in order of precedence."""

    UNKNOWN = "law.value.unknown"
    NOT_YET_IN_FORCE = "law.value.not_yet_in_force"
    ENDED = "law.value.ended"
    NOT_COVERED = "law.value.not_covered"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A rule is in force and its content is not known: what is missing, who says there is a rule, a way out."""

    code: ClassVar[AbsenceCode] = AbsenceCode.UNKNOWN
    key: str
    missing: str
    source: Source | None = None
    at: str = ""
    question: str = ""
    way_out: str = ""


@dataclass(frozen=True, slots=True)
class NotYetInForce:
    """The first rule starts on `from_on`, after the day that was asked for."""

    code: ClassVar[AbsenceCode] = AbsenceCode.NOT_YET_IN_FORCE
    key: str
    from_on: date


@dataclass(frozen=True, slots=True)
class Ended:
    """The last rule ended on `until_on` (exclusive), on or before the day that was asked for; `why` where stated."""

    code: ClassVar[AbsenceCode] = AbsenceCode.ENDED
    key: str
    until_on: date
    why: str = ""


@dataclass(frozen=True, slots=True)
class NotCovered:
    """No rule of this kind under the positions chosen; `held_by` names the positions that have one on that day."""

    code: ClassVar[AbsenceCode] = AbsenceCode.NOT_COVERED
    key: str
    held_by: tuple[str, ...] = ()


Absent = Unknown | NotYetInForce | Ended | NotCovered
