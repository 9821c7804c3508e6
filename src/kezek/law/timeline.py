"""Whether the values of a quantity fit together in time under every choice of positions."""

from collections.abc import Iterator, Mapping
from itertools import pairwise, product

from kezek.law.file import BookFile
from kezek.law.problem import BookCode, BookProblem
from kezek.law.question import Question
from kezek.law.value import Quantity, Value


def check_timeline(*, quantity: Quantity, questions: Mapping[str, Question], file: BookFile) -> None:
    """Refuse two values on one day and a gap nobody declared, under any combination of positions.

    Raises:
        BookProblem: law.file.overlap, law.file.two_values, law.file.gap, naming both places.
    """
    for lane in _lanes(quantity, questions):
        for earlier, later in pairwise(lane):
            if earlier.until_on is None or later.from_on < earlier.until_on:
                raise _two_at_once(earlier, later, quantity, file)
            if earlier.until_on < later.from_on and not earlier.gap:
                raise _undeclared_gap(earlier, later, quantity, file)


def _lanes(quantity: Quantity, questions: Mapping[str, Question]) -> Iterator[list[Value]]:
    asked = quantity.questions
    for chosen in product(*(questions[question].positions for question in asked)):
        positions = dict(zip(asked, chosen, strict=True))
        held = (value for value in quantity.values if value.held_under(positions))
        yield sorted(held, key=lambda value: value.from_on)


def _place(value: Value) -> str:
    reading = f" ({value.reading})" if value.reading else ""
    return f"{f'{value.at} of ' if value.at else ''}{value.source.key} from {value.from_on}{reading}"


def _two_at_once(earlier: Value, later: Value, quantity: Quantity, file: BookFile) -> BookProblem:
    same = earlier.reading is not None and earlier.reading == later.reading
    what = f"Two values hold on {later.from_on}: {_place(earlier)}, and {_place(later)}."
    way_out = (
        "Give the earlier one an until_on."
        if same or not quantity.questions
        else "Give both a position on one and the same question, or the earlier one an until_on."
    )
    code = BookCode.OVERLAP if same else BookCode.TWO_VALUES
    return file.problem(code, what, way_out, key="from_on", part=quantity.values.index(later))


def _undeclared_gap(earlier: Value, later: Value, quantity: Quantity, file: BookFile) -> BookProblem:
    what = f"Nothing holds from {earlier.until_on} until {later.from_on}, after {_place(earlier)}."
    way_out = 'Add a value with unknown = "what is missing", or gap = "why" beside until_on.'
    return file.problem(BookCode.GAP, what, way_out, key="until_on", part=quantity.values.index(earlier))
