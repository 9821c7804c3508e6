"""How a law book, or a question put to one, is refused: code, file, line, key, way out."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from kezek.law.absence import Absent, Ended, NotCovered, NotYetInForce, Unknown
from kezek.units.problem import InputProblem


class BookCode(StrEnum):
    """Why a law book is refused at load, in order of precedence."""

    MISSING = "law.file.missing"
    STRAY = "law.file.stray"
    CHANGED = "law.file.changed"
    FORM = "law.file.form"
    KEY_TWICE = "law.file.key_twice"
    KEY_UNKNOWN = "law.file.key_unknown"
    KEY_MISSING = "law.file.key_missing"
    KIND = "law.file.kind"
    FRACTION = "law.file.fraction"
    UNIT = "law.file.unit"
    CONTENT = "law.file.content"
    BANDS = "law.file.bands"
    PERIOD = "law.file.period"
    SOURCE = "law.file.source"
    QUESTION = "law.file.question"
    POSITION = "law.file.position"
    OVERLAP = "law.file.overlap"
    TWO_VALUES = "law.file.two_values"
    GAP = "law.file.gap"
    UNUSED = "law.file.unused"


@dataclass(eq=False)
class BookProblem(InputProblem):
    """A law book that cannot be used as it is.

    Args:
        file: File inside the book, with forward slashes.
        line: Line in that file, where it can be found.
        key: The key that is wrong, or "".
    """

    file: str = ""
    line: int | None = None
    key: str = ""


@dataclass(eq=False)
class UnknownKey(BookProblem, KeyError):
    """A key that no file of the book defines: a slip in the program, not in the law."""


class NoRuleInForce(InputProblem):
    """A value was needed and the law gives none for that day.

    Args:
        absent: Which kind of absence, with what is known about it.
        on: The day that was asked for.
    """

    def __init__(self, absent: Absent, *, on: date) -> None:
        self.absent = absent
        what, way_out = _sentences(absent, on)
        super().__init__(code=absent.code, what=what, where=absent.key, way_out=way_out)


def _sentences(absent: Absent, on: date) -> tuple[str, str]:
    match absent:
        case Unknown():
            return f"Not known on {on}: {absent.missing}", absent.way_out or "Give the figure, or choose a reading."
        case NotYetInForce():
            return f"No rule is in force on {on}: the first starts on {absent.from_on}.", "Ask for a later day."
        case Ended():
            why = f" ({absent.why})" if absent.why else ""
            return (
                f"No rule is in force on {on}: the last one ended on {absent.until_on}{why}.",
                "Ask for an earlier day.",
            )
        case NotCovered():
            held = ", ".join(absent.held_by)
            way_out = f"One exists under {held}." if held else "Nothing in the book covers this."
            return f"There is no such rule on {on} under the positions chosen.", way_out
