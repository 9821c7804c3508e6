"""Every way in which a law book is refused at load: code, file, line, what it names, and the way out."""

from datetime import date

import pytest

from kezek.law.book import Ended, load_book
from kezek.law.problem import BookProblem
from kezek.units.problem import InputProblem

S = "sale/share.toml"
Q = "questions.toml"

# name: file, old text, new text (all occurrences of old, or the first), code, line, words of the message
CASES = {
    "not_toml": (S, 'title = "Share to sell"', "title =", "law.file.form", 1, "This is not TOML"),
    "key_twice": (
        S,
        'unit = "ppm"',
        'unit = "ppm"\nunit = "kWh"',
        "law.file.key_twice",
        3,
        "'unit' stands here twice",
    ),
    "key_twice_in_value": (
        S,
        'at = "Art. 1"',
        'at = "1"\nat = "2"',
        "law.file.key_twice",
        10,
        "'at' stands here twice",
    ),
    "key_unknown_at_top": (S, "title =", "titel =", "law.file.key_unknown", 1, 'Did you mean "title"?'),
    "key_unknown_in_value": (S, "until_on =", "untill_on =", "law.file.key_unknown", 7, 'Did you mean "until_on"?'),
    "unit_missing": (S, 'unit = "ppm"\n', "", "law.file.key_missing", None, "'unit' is missing"),
    "source_missing": (S, 'source = "act"\n', "", "law.file.key_missing", 4, "'source' is missing"),
    "finding_missing": (S, 'finding = "Half."\n', "", "law.file.key_missing", 4, "'finding' is missing"),
    "confidence_missing": (S, 'confidence = "high"\n', "", "law.file.key_missing", 4, "'confidence' is missing"),
    "checked_on_missing": (S, "checked_on = 2026-11-20\n", "", "law.file.key_missing", 4, "'checked_on' is missing"),
    "from_on_missing": (S, "from_on = 2024-01-01\n", "", "law.file.key_missing", 4, "'from_on' is missing"),
    "unit_unknown": (S, '"ppm"', '"ppn"', "law.file.unit", 2, 'Did you mean "ppm"?'),
    "source_unknown": (S, 'source = "act"', 'source = "akt"', "law.file.source", 8, 'Did you mean "act"?'),
    "confidence_unknown": (S, '"high"', '"hihg"', "law.file.content", 11, 'Did you mean "high"?'),
    "question_unknown": (
        S,
        "2025=majority",
        "2026=majority",
        "law.file.question",
        22,
        'Did you mean "sale.share_2025"?',
    ),
    "position_unknown": (S, "2025=majority", "2025=majorty", "law.file.position", 22, 'Did you mean "majority"?'),
    "fraction": (S, "500_000", "0.5", "law.file.fraction", 5, "whole number of the smallest unit"),
    "amount_is_text": (S, "500_000", '"half"', "law.file.kind", 5, "Write a whole number"),
    "amount_is_flag": (S, "500_000", "true", "law.file.kind", 5, "Write a whole number"),
    "date_with_time": (
        S,
        "from_on = 2024-01-01",
        "from_on = 2024-01-01T00:00:00",
        "law.file.kind",
        6,
        "a date such as",
    ),
    "two_contents": (S, "amount = 500_000", 'amount = 1\ntext = "x"', "law.file.content", 5, "found: amount, text"),
    "no_content": (S, "amount = 500_000\n", "", "law.file.content", 4, "found: none"),
    "content_of_other_unit": (S, "amount = 500_000", "flag = true", "law.file.content", 5, "A value in ppm"),
    "finding_empty": (S, '"Half."', '" "', "law.file.content", 10, "finding is empty"),
    "period_reversed": (S, "until_on = 2025-01-01", "until_on = 2024-01-01", "law.file.period", 7, "is not after"),
    "gap_without_end": (S, "until_on = 2025-01-01", 'gap = "why"', "law.file.period", 7, "there is no until_on"),
    "gap_undeclared": (
        S,
        "until_on = 2025-01-01",
        "until_on = 2024-12-31",
        "law.file.gap",
        7,
        "from 2024-12-31 until 2025",
    ),
    "two_values": (S, "until_on = 2025-01-01", "until_on = 2025-01-02", "law.file.two_values", 16, "Art. 1 of act"),
    "two_values_without_question": (
        S,
        'reading = "sale.share_2025=majority"\n',
        "",
        "law.file.two_values",
        25,
        "Art. 2 of act from 2025-01-01, and Art. 3 of act",
    ),
    "two_questions": (
        S,
        "sale.share_2025=s2",
        "sale.other=b",
        "law.file.two_values",
        26,
        "one and the same question",
    ),
    "overlap_in_one_reading": (
        S,
        "sale.share_2025=s2",
        "sale.share_2025=majority",
        "law.file.overlap",
        26,
        "Art. 2 of act",
    ),
    "status_unknown": (
        S,
        'unit = "ppm"',
        'unit = "ppm"\nstatus = "draught"',
        "law.file.content",
        3,
        'Did you mean "draft"?',
    ),
    "source_row_key": ("sources.toml", "kind =", "kin =", "law.file.key_unknown", 4, 'Did you mean "kind"?'),
    "source_date": ("sources.toml", '"2023-02"', '"February"', "law.file.content", 5, "Write 2023"),
    "source_row_is_text": ("sources.toml", "[act]\n", 'x = "y"\n[act]\n', "law.file.kind", 2, "is not a table"),
    "default_position": (
        Q,
        'position = "majority"',
        'position = "majrity"',
        "law.file.position",
        2,
        'Did you mean "majority"?',
    ),
    "default_missing": (
        Q,
        'default.published = { position = "a", why = "A." }',
        "",
        "law.file.question",
        10,
        "no default",
    ),
    "default_of_no_profile": (
        Q,
        "default.published",
        "default.publisht",
        "law.file.question",
        2,
        "described, published",
    ),
    "question_text_missing": (Q, 'text = "Which share?"\n', "", "law.file.key_missing", 2, "'text' is missing"),
    "holder_missing": (Q, 'holder = "A", ', "", "law.file.key_missing", 10, "'holder' is missing"),
    "question_status": (Q, 'status = "open"', 'status = "opne"', "law.file.content", 4, 'Did you mean "open"?'),
    "profile_caution": ("profiles.toml", '"refuse"', '"refuze"', "law.file.content", 10, 'Did you mean "refuse"?'),
    "profile_why_missing": (
        "profiles.toml",
        'why = "The record."\n',
        "",
        "law.file.key_missing",
        7,
        "'why' is missing",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case, pages, write_book):
    name, old, new, code, line, words = CASES[case]
    assert old in pages[name], "the case must change something"
    pages[name] = pages[name].replace(old, new, 1 if case != "two_questions" else -1)
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    problem = refusal.value
    assert (problem.code, problem.file, problem.line) == (code, name, line)
    assert problem.where == (f"{name}:{line}" if line else name)
    assert words in str(problem)
    assert problem.way_out
    assert isinstance(problem, InputProblem)


BANDED = """title = "Rate"
unit = "tiyn/kWh"

[[value]]
bands_unit = "tiyn/kWh"
bands = [{ROWS}]
from_on = 2024-01-01
source = "act"
finding = "Graded."
confidence = "high"
checked_on = 2026-11-20
"""


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("", "law.file.bands"),
        ("{ from = 0, until = 5, amount = 1 }, { from = 6, amount = 2 }", "law.file.bands"),
        ("{ from = 0, until = 5, amount = 1 }, { from = 4, amount = 2 }", "law.file.bands"),
        ("{ from = 0, amount = 1 }, { from = 4, amount = 2 }", "law.file.bands"),
        ("{ from = 5, until = 5, amount = 1 }", "law.file.bands"),
        ("{ from = 0, amount = 1, unknown = 'x' }", "law.file.bands"),
        ("{ from = 0 }", "law.file.bands"),
        ("{ from = 0, til = 5, amount = 1 }", "law.file.key_unknown"),
        ("{ from = 0, until = 5.5, amount = 1 }", "law.file.fraction"),
        ("{ from = 0, amount = 1.5 }", "law.file.fraction"),
    ],
)
def test_bands_refused(rows, code, pages, write_book):
    pages["fee/rate.toml"] = BANDED.replace("{ROWS}", rows)
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    assert (refusal.value.code, refusal.value.file) == (code, "fee/rate.toml")


def test_bands_need_the_unit_they_are_asked_in(pages, write_book):
    rows = BANDED.replace("{ROWS}", "{ from = 0, amount = 1 }")
    pages["fee/rate.toml"] = rows.replace('bands_unit = "tiyn/kWh"\n', "")
    with pytest.raises(BookProblem, match="'bands_unit' is missing"):
        load_book(write_book(pages))


@pytest.mark.parametrize(
    ("unit", "content", "words"),
    [
        ("clock", 'text = "9:30"', "Write it as 09:30"),
        ("clock", 'text = "24:00"', "Write it as 09:30"),
        ("date", 'text = "1 May"', "Write it as 2024-01-31"),
        ("text", "text = 5", "Write a text in quotes"),
        ("flag", 'flag = "yes"', "Write true or false"),
        ("flag", "flag = 1", "Write true or false"),
        ("list", 'list = ["a", 1]', "Write a text in quotes"),
        ("list", 'list = "a"', "Write a list"),
        ("kWh", "unlimited = false", "Give the amount"),
        ("kWh", 'unknown = ""', "unknown is empty"),
    ],
)
def test_content_must_fit_its_unit(unit, content, words, pages, write_book):
    text = BANDED.replace('unit = "tiyn/kWh"\n', f'unit = "{unit}"\n', 1).replace('bands_unit = "tiyn/kWh"\n', "")
    pages["fee/rate.toml"] = text.replace("bands = [{ROWS}]", content)
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    assert words in str(refusal.value)
    assert refusal.value.line == 5


def test_question_that_no_value_takes_up_is_refused(pages, write_book):
    del pages["sale/other.toml"]
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    assert (refusal.value.code, refusal.value.line) == ("law.file.unused", 10)


@pytest.mark.parametrize("name", ["sources.toml", "questions.toml", "profiles.toml"])
def test_head_file_missing(name, pages, write_book):
    del pages[name]
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    assert (refusal.value.code, refusal.value.file) == ("law.file.missing", name)


@pytest.mark.parametrize("name", ["source.toml", "notes.txt", "sale/share.tml", "sale/deep/share.toml"])
def test_stray_file_is_refused(name, pages, write_book):
    pages[name] = ""
    with pytest.raises(BookProblem) as refusal:
        load_book(write_book(pages))
    assert refusal.value.code == "law.file.stray"
    assert name.startswith(refusal.value.file)


def test_folder_missing(tmp_path):
    with pytest.raises(BookProblem) as refusal:
        load_book(tmp_path / "nowhere")
    assert refusal.value.code == "law.file.missing"


def test_file_that_is_no_text(pages, write_book):
    folder = write_book(pages)
    (folder / "sale/share.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BookProblem, match="not UTF-8"):
        load_book(folder)


def test_declared_gap_and_unknown_are_accepted(pages, write_book):
    pages[S] = pages[S].replace("until_on = 2025-01-01", 'until_on = 2024-07-01\ngap = "repealed for half a year"')
    found = load_book(write_book(pages)).at(on=date(2024, 8, 1)).find("sale.share")
    assert isinstance(found, Ended)
    assert (found.until_on, found.why) == (date(2024, 7, 1), "repealed for half a year")
