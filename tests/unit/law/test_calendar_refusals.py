"""calendar.toml that is not right: code, file, line, and what the sentence names."""

import pytest

from kezek.law.book import load_book
from kezek.law.problem import BookProblem

EVIDENCE = 'source = "act"\nfinding = "So."\nconfidence = "high"\nchecked_on = 2026-11-20\n'
CALENDAR = f"""title = "Five-day week"
weekend = ["saturday", "sunday"]

[move]
rule = "next_working_day"
{EVIDENCE}
[source.order]
title = "An order"
kind = "order"

[year.2024]
{EVIDENCE}
[year.2025]
{EVIDENCE}
[holiday.may]
name = "May Day"
kind = "state"
days = ["05-01"]
moves = true
from_on = 2000-01-01
{EVIDENCE}
[holiday.feast]
name = "Feast"
kind = "religious"
dates = [2024-06-16, 2025-06-06]
moves = false
from_on = 2024-01-01
until_on = 2026-01-01
{EVIDENCE}
[transfer.2024-05-02]
worked_on = 2024-05-04
{EVIDENCE.replace('"act"', '"order"')}"""

# name: old text, new text (first occurrence after the mark, if one is given), code, line, words of the message
CASES = {
    "weekend_missing": ('weekend = ["saturday", "sunday"]\n', "", "key_missing", None, "'weekend' is missing"),
    "part_unknown": ("[transfer.", "[transfers.", "key_unknown", None, 'Did you mean "transfer"?'),
    "weekday": ('"sunday"', '"sonday"', "content", 2, 'Did you mean "sunday"?'),
    "weekend_twice": ('"sunday"', '"saturday"', "content", 2, "names a day twice"),
    "weekend_empty": ('["saturday", "sunday"]', "[]", "content", 2, "empty"),
    "rule": ("next_working_day", "never", "content", 5, "Known: next_working_day"),
    "source_unknown": ('source = "act"', 'source = "akt"', "source", 6, 'Did you mean "act"?'),
    "source_twice": ("[source.order]", "[source.act]", "key_twice", 11, "in sources.toml already"),
    "source_row": ('kind = "order"', 'kin = "order"', "key_unknown", 13, 'Did you mean "kind"?'),
    "confidence": ('confidence = "high"', 'confidence = "hihg"', "content", 8, 'Did you mean "high"?'),
    "finding_empty": ('finding = "So."', 'finding = ""', "content", 7, "finding is empty"),
    "checked_on": ("checked_on = 2026-11-20", "checked_on = 2026", "kind", 9, "a date such as"),
    "year_gap": ("[year.2025]", "[year.2026]", "gap", 21, "2026 follows 2024"),
    "year_form": ("[year.2025]", "[year.25]", "content", 21, "'25' is no year"),
    "year_evidence": ("[year.2024]\nsource", "[year.2024]\nsurce", "key_unknown", 16, 'Did you mean "source"?'),
    "holiday_kind": ('kind = "state"', 'kind = "stat"', "content", 29, 'Did you mean "state"?'),
    "holiday_moves": ("moves = true", 'moves = "yes"', "kind", 31, "true or false"),
    "holiday_key": ("moves = true", "move = true", "key_unknown", 31, 'Did you mean "moves"?'),
    "no_day": ('days = ["05-01"]', "days = []", "content", 27, "has no day"),
    "days_and_dates": ('days = ["05-01"]', 'days = ["05-01"]\ndates = []', "content", 27, "either days"),
    "day_of_no_year": ('"05-01"', '"02-29"', "content", 30, "'02-29' is no day of every year"),
    "day_form": ('"05-01"', '"1 May"', "content", 30, "Write month and day as 12-31"),
    "day_as_week": ('"05-01"', '"W01-1"', "content", 30, "Write month and day as 12-31"),
    "period_reversed": ("until_on = 2026-01-01", "until_on = 2024-01-01", "period", 44, "is not after"),
    "date_outside": ("until_on = 2026-01-01", "until_on = 2025-06-06", "period", 41, "2025-06-06 lies outside"),
    "date_missing": (", 2025-06-06", "", "gap", 41, "Feast has no date in 2025"),
    "date_with_time": ("[2024-06-16,", "[2024-06-16T00:00:00,", "kind", 41, "a date such as"),
    "transfer_form": ("[transfer.2024-05-02]", "[transfer.may]", "content", 50, "'may' is no date"),
    "transfer_no_day": ("[transfer.2024-05-02]", "[transfer.2024-02-30]", "content", 50, "is no date"),
    "transfer_of_day_off": ("[transfer.2024-05-02]", "[transfer.2024-05-01]", "content", 50, "off anyway (May Day)"),
    "transfer_to_working_day": ("worked_on = 2024-05-04", "worked_on = 2024-05-03", "content", 50, "worked anyway"),
    "transfer_not_covered": ("worked_on = 2024-05-04", "worked_on = 2026-01-03", "content", 50, "is not covered"),
    "transfer_on_itself": ("worked_on = 2024-05-04", "worked_on = 2024-05-02", "content", 50, "worked anyway"),
    "transfer_source": ('source = "order"', 'source = "oder"', "source", 52, 'Did you mean "order"?'),
}


def test_calendar_that_is_right_loads(pages, write_book):
    calendar = load_book(write_book({**pages, "calendar.toml": CALENDAR})).calendar
    assert [one.year for one in calendar.years] == [2024, 2025]
    assert calendar.transfers[0].evidence.source.title == "An order"


@pytest.mark.parametrize("case", CASES)
def test_refused(case, pages, write_book):
    old, new, code, line, words = CASES[case]
    assert old in CALENDAR, "the case must change something"
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book({**pages, "calendar.toml": CALENDAR.replace(old, new, 1)}))
    problem = refusal.value
    assert (problem.code, problem.file, problem.line) == (f"law.file.{code}", "calendar.toml", line)
    assert words in str(problem)
    assert problem.way_out


def test_day_transferred_twice_is_refused(pages, write_book):
    again = f"\n[transfer.2024-05-03]\nworked_on = 2024-05-04\n{EVIDENCE}"
    with pytest.raises(BookProblem, match="2024-05-04 is transferred twice"):
        load_book(write_book({**pages, "calendar.toml": CALENDAR + again}))


def test_calendar_without_a_year_is_refused(pages, write_book):
    start, end = CALENDAR.index("[year.2024]"), CALENDAR.index("[holiday.may]")
    text = CALENDAR[:start] + "[year]\n" + CALENDAR[end:]
    with pytest.raises(BookProblem, match="No year is covered"):
        load_book(write_book({**pages, "calendar.toml": text}))


def test_two_holidays_on_a_weekend_move_one_after_the_other(pages, write_book):
    """4 and 5 May 2024 are Saturday and Sunday: Monday and Tuesday are off, and the transfer goes elsewhere."""
    text = CALENDAR.replace('days = ["05-01"]', 'days = ["05-04", "05-05"]').replace("2024-05-04\n", "2024-05-11\n")
    calendar = load_book(write_book({**pages, "calendar.toml": text})).calendar
    moved = [(on.isoformat(), str(why.instead_of)) for on, why in calendar.before_transfers.items() if why.instead_of]
    assert moved[:2] == [("2024-05-06", "2024-05-04"), ("2024-05-07", "2024-05-05")]
