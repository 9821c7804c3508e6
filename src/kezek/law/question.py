"""The open questions of the law: who holds which position, and which one a profile takes by default."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from kezek.law.value import UNKNOWN_POSITION
from kezek.units.problem import InputProblem, nearest


class QuestionStatus(StrEnum):
    """Whether the question is still open."""

    OPEN = "open"
    SETTLED = "settled"


class Caution(StrEnum):
    """What a profile does with an unconfirmed value: use and list it, or refuse it as unknown."""

    USE = "use"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Position:
    """An answer to a question: who holds it and why."""

    key: str
    holder: str
    why: str


@dataclass(frozen=True, slots=True)
class Default:
    """The position a profile takes, and why."""

    position: str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question on which the sources differ or are silent."""

    key: str
    text: str
    status: QuestionStatus
    positions: Mapping[str, Position]
    defaults: Mapping[str, Default]


@dataclass(frozen=True, slots=True)
class Profile:
    """A named choice of one position on every question."""

    key: str
    title: str
    why: str
    unconfirmed: Caution
    positions: Mapping[str, str]


def profile_named(*, name: str, profiles: Mapping[str, Profile]) -> Profile:
    """Find a profile by its name.

    Raises:
        InputProblem: law.profile.unknown with the nearest right one and the list.
    """
    if name not in profiles:
        what = f"There is no profile {name!r}."
        raise InputProblem("law.profile.unknown", what, "profile", _way_out(name, list(profiles)))
    return profiles[name]


def check_readings(*, readings: Mapping[str, str], questions: Mapping[str, Question]) -> None:
    """Refuse a question nobody asks and a position nobody holds; "unknown" is a position of every question.

    Raises:
        InputProblem: law.reading.unknown with the nearest right one and the list.
    """
    for asked, position in readings.items():
        if asked not in questions:
            what = f"There is no question {asked!r}."
            raise InputProblem("law.reading.unknown", what, "reading", _way_out(asked, list(questions)))
        known = [*questions[asked].positions]
        if position not in known and position != UNKNOWN_POSITION:
            what = f"Nobody holds the position {position!r} on {asked}."
            raise InputProblem("law.reading.unknown", what, "reading", _way_out(position, known))


def _way_out(word: str, known: list[str]) -> str:
    listed = f"Known: {', '.join(sorted(known))}."
    near = nearest(word, known)
    return listed if near == listed else f"{near} {listed}"
