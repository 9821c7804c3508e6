"""Which value of a quantity holds on a day, under given positions, as far as it was known."""

from collections.abc import Mapping
from datetime import date

from kezek.law.absence import Absent, Ended, NotCovered, NotYetInForce, Unknown
from kezek.law.question import Question
from kezek.law.value import UNKNOWN_POSITION, Missing, Quantity, Scale, Value


def resolve(
    *,
    quantity: Quantity,
    on: date,
    positions: Mapping[str, str],
    questions: Mapping[str, Question],
    known_on: date | None = None,
    at: int | None = None,
) -> Value | Absent:
    """Find the value in force, or say which kind of absence it is.

    Args:
        quantity: Everything said about the quantity.
        on: The day asked for; a day before the first start, or after the last end, never borrows a value.
        positions: The position chosen on every question.
        questions: The questions, for the sentence where the position chosen is "unknown".
        known_on: Leave out what was published later; an end that a later act set is then not known either.
        at: Amount at which a scale is asked; None leaves a scale as it is.
    """
    told = [value for value in quantity.values if value.known(known_on)]
    held = [value for value in told if value.held_under(positions) or _left_open(value, positions, questions)]
    begun = [value for value in held if value.from_on <= on and not _over(value, on, quantity, known_on)]
    hit = max(begun, key=lambda value: value.from_on, default=None)
    if hit is None:
        return _absence(quantity, held, told, on)
    if not hit.held_under(positions) and hit.reading:
        return _open_question(hit, questions[hit.reading.question])
    return _with_content(hit, at)


def _left_open(value: Value, positions: Mapping[str, str], questions: Mapping[str, Question]) -> bool:
    if value.reading is None or positions[value.reading.question] != UNKNOWN_POSITION:
        return False
    return UNKNOWN_POSITION not in questions[value.reading.question].positions


def _over(value: Value, on: date, quantity: Quantity, known_on: date | None) -> bool:
    if value.until_on is None or on < value.until_on:
        return False
    successors = [other for other in quantity.values if other.from_on == value.until_on]
    return not successors or any(other.known(known_on) for other in successors)


def _absence(quantity: Quantity, held: list[Value], told: list[Value], on: date) -> Absent:
    ended = max((v for v in held if v.from_on <= on), key=lambda v: v.from_on, default=None)
    if ended is not None and ended.until_on is not None:
        return Ended(quantity.key, ended.until_on, ended.gap)
    if held:
        return NotYetInForce(quantity.key, min(value.from_on for value in held))
    return NotCovered(quantity.key, tuple(sorted({str(v.reading) for v in told if v.reading and v.in_force(on)})))


def _open_question(value: Value, question: Question) -> Unknown:
    known = ", ".join(f"{question.key}={position}" for position in question.positions)
    return Unknown(value.key, question.text, value.source, value.at, question.key, f"Choose a reading: {known}.")


def _with_content(value: Value, at: int | None) -> Value | Absent:
    content = value.content
    if isinstance(content, Scale) and at is not None:
        row = content.row(at)
        if row is None:
            return NotCovered(value.key)
        content = row.content
    if isinstance(content, Missing):
        question = value.reading.question if value.reading else ""
        return Unknown(value.key, content.what, value.source, value.at, question)
    return value if content is value.content else value.saying(content)
