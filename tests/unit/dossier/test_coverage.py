"""What the file does not contain is said: the rest of a quarter that is over, acts after the end of its books."""

from datetime import date

import pytest

from kezek.dossier.example import example_text
from kezek.dossier.read import read_dossier


def flags(text, as_of=None):
    return [one.sentence for one in read_dossier(text=text, name="file", as_of=as_of).flags]


def test_books_that_end_before_their_closed_quarter_are_flagged():
    said = [one for one in flags(example_text("clean"), date(2026, 1, 20)) if "the rest of 2025-Q4" in one]
    assert said == [
        "Not judged: 2025-12-10 to 2026-01-01, the rest of 2025-Q4, which is over; its books end before it does."
    ]
    assert not [one for one in flags(example_text("clean")) if "the rest of" in one]


@pytest.mark.parametrize(("left_on", "flagged"), [("2025-11-14", False), ("2025-11-15", True)])
def test_an_act_after_the_end_of_an_open_book_is_flagged(left_on, flagged):
    text = example_text("clean").replace("until = 2025-12-10", "until = 2025-11-15")
    text = text.replace("left_on = false", f'left_on = {left_on}\ndeparture = "exported"', 1)
    assert any(left_on in one and "not judged" in one for one in flags(text)) is flagged
