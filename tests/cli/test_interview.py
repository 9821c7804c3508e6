"""`kezek check --new`: the interview asks for what the file can say, and writes what was answered."""

import io
import re

import pytest
from rich.console import Console

from kezek.cli.interview import SKIP, STOP, interview_command, run_interview
from kezek.dossier.example import example_names, example_text
from kezek.dossier.field import Table, Tables
from kezek.dossier.read import read_dossier, read_values
from kezek.dossier.schema import SECTIONS
from kezek.units.problem import InputProblem

SECTION = {section.name: section for section in SECTIONS}


def place_of(path):
    """Find the field that a question is about, by its path."""
    name, *rest = path.split(".")
    fields, found = SECTION[name].fields, None
    for part in rest:
        if not part.isdigit():
            found = next(field for field in fields if field.key == part)
            fields = getattr(found.kind, "fields", ())
    return found


def value_at(values, path):
    """What a file has at a path; None where it has nothing."""
    here = values
    for part in path.split("."):
        if here is None or here is False:
            return None
        here = dict(enumerate(here)).get(int(part)) if part.isdigit() else here.get(part)
    return here


def answers_for(text):
    """Answer every question so that the file says what `text` says."""
    values = read_values(text=text, name="example")

    def answer(question):
        value, field = value_at(values, question.path), place_of(question.path)
        if field is None or isinstance(field.kind, Tables):
            return "no" if value is None else "yes"
        if value is None:
            return SKIP
        if isinstance(field.kind, Table):
            return "no" if value is False else "yes"
        return field.kind.answer_of(value)

    return answer


def interview(*answers, **by_path):
    """Run an interview: `answers` in turn, or by the path of the question; everything else is skipped."""
    said, asked, left = [], [], list(answers)

    def ask(question):
        asked.append(question)
        known = by_path.get(question.path.replace(".", "__"))
        if isinstance(known, list):
            return known.pop(0) if known else SKIP
        return known if known is not None else left.pop(0) if left else SKIP

    return run_interview(ask, said.append), said, asked


@pytest.mark.parametrize("name", example_names())
def test_every_example_can_be_made_by_the_interview(name):
    text = example_text(name)
    made = run_interview(answers_for(text), lambda _line: None)
    before, after = read_dossier(text=text, name=name), read_dossier(text=made, name=name)
    assert after.facts == before.facts
    assert after.number == before.number
    assert [(flag.code, flag.sentence) for flag in after.flags] == [
        (flag.code, flag.sentence) for flag in before.flags
    ]


def test_one_who_knows_only_a_name_gets_a_file_with_only_a_name():
    text, _, asked = interview(operator__id="OP-7")
    assert re.sub(r"^#.*\n", "", text).strip() == '[operator]\nid = "OP-7"'
    assert asked[0].path == "operator.id" and not asked[0].may_skip


def test_what_is_needed_is_asked_again_until_it_is_said():
    text, said, asked = interview(operator__id=["", "skip", "OP-7"])
    assert [one.path for one in asked[:4]] == ["operator.id"] * 3 + ["operator.as_of"]
    assert said.count("This one is needed. Answer a text, as OP-001.") == 2
    assert 'id = "OP-7"' in text


@pytest.mark.parametrize(
    ("path", "wrong", "right", "sentence"),
    [
        ("operator__as_of", "10.12.2025", "2025-12-10", "'10.12.2025' is not a date. Write it as 2025-12-10."),
        ("operator__power", "10 MWh", "10 MW", '"10 MWh" is energy, and power is due. Energy by hours is power: '),
        ("operator__power", "10", "10 MW", '"10" has no unit.'),
        ("operator__bin", "230540999017", "230540999010", "230540999017 has a wrong check digit: "),
        ("operator__route", "grid", "grid_surplus", '"grid" is not known here.'),
        ("operator__has_imports", "perhaps", "no", "'perhaps' is neither yes nor no."),
    ],
)
def test_an_answer_that_cannot_be_used_is_told_why_and_asked_again(path, wrong, right, sentence):
    text, said, asked = interview(operator__id="x", **{path: [wrong, right]})
    assert [one.path for one in asked].count(path.replace("__", ".")) == 2
    assert any(line.startswith(sentence) for line in said)
    assert read_values(text=text, name="o")["operator"].keys() == {"id", path.removeprefix("operator__")}


def test_sections_that_an_answer_makes_pointless_are_not_asked():
    gates = {"has_licence": "no", "has_imports": "no", "has_replacements": "no", "was_inspected": "no"}
    by_path = {f"operator__{key}": answer for key, answer in gates.items()}
    text, _, asked = interview(operator__id="x", operator__has_notice="no", **by_path)
    sections = {one.path.split(".")[0] for one in asked}
    assert sections == {"operator", "application", "lists", "machine", "quarter"}
    assert "has_licence = false" in text


def test_a_wanted_subtype_is_asked_only_of_one_without_a_licence():
    _, _, without = interview(operator__id="x", operator__has_licence="no")
    _, _, licensed = interview(operator__id="x", operator__has_licence="yes")
    assert "operator.wanted_subtype" in [one.path for one in without]
    assert "operator.wanted_subtype" not in [one.path for one in licensed]


def test_several_quarters_and_machines_can_be_added():
    text, _, asked = interview(
        operator__id="x",
        operator__as_of="2025-12-10",
        machine__0="yes",
        machine__0__model="Antminer S21 200T",
        machine__1="yes",
        machine__1__model="Antminer S19 XP 140T",
        quarter__0="yes",
        quarter__0__period="2025-Q2",
        quarter__1="yes",
        quarter__1__period="2025-Q3",
        quarter__1__received="pool-a: 1 BTC; pool-b: 2 BTC",
        quarter__1__sold="none",
    )
    facts = read_dossier(text=text, name="o").facts
    assert [str(book.quarter) for book in facts.books] == ["2025-Q2", "2025-Q3"]
    assert facts.books[1].received_sat == (("pool-a", 10**8), ("pool-b", 2 * 10**8))
    assert facts.books[1].sold_sat == () and facts.books[0].sold_sat is None
    assert [one.text for one in asked if one.path.startswith("quarter.") and one.path.count(".") == 1] == [
        "Do you want to add a quarter?",
        "Is there another one?",
        "Is there another one?",
    ]


def test_the_end_of_the_books_is_asked_only_of_an_open_quarter():
    by_path = {"operator__id": "x", "operator__as_of": "2025-12-10", "quarter__0": "yes"}
    for period, is_asked in (("2025-Q3", False), ("2025-Q4", True)):
        _, _, asked = interview(**by_path, quarter__0__period=period)
        assert ("quarter.0.until" in [one.path for one in asked]) is is_asked


def test_what_a_purchase_cannot_do_without_is_not_skipped():
    _, said, asked = interview(
        operator__id="x",
        quarter__0="yes",
        quarter__0__period="2025-Q3",
        quarter__0__bought_on_platform="yes",
        quarter__0__bought_on_platform__energy="5 MWh",
        quarter__0__bought_on_platform__largest=["skip", "1 MWh"],
        quarter__0__bought_on_platform__largest_on="2025-07-01",
    )
    assert [one.path for one in asked].count("quarter.0.bought_on_platform.largest") == 2
    assert any(line.startswith("This one is needed.") for line in said)


def test_a_table_whose_needed_answer_nobody_knows_is_left_out_and_the_rest_is_kept():
    text, said, asked = interview(
        operator__id="x",
        operator__as_of="2025-12-10",
        application="yes",
        quarter__0="yes",
        quarter__0__period="2025-Q3",
        quarter__0__fee="yes",
        quarter__0__fee__returned_on="2025-11-12",
        quarter__0__metered="5 MWh",
    )
    paths = [one.path for one in asked]
    assert paths.count("application.submitted") == 2 and "application.decided" not in paths
    assert paths.count("quarter.0.fee.paid_on") == 2
    assert said.count("Left out.") == 2
    values = read_values(text=text, name="o")
    assert set(values) == {"operator", "quarter"} and set(values["quarter"][0]) == {"period", "metered"}
    assert read_dossier(text=text, name="o").facts.books[0].fee is None


def test_a_table_of_a_list_that_is_left_out_leaves_its_place_to_the_next():
    text, _, _ = interview(
        operator__id="x", machine__0=["yes", "yes"], machine__0__model=["skip", "skip", "Antminer S21 200T"]
    )
    assert read_values(text=text, name="o")["machine"] == [{"model": "Antminer S21 200T"}]


def test_nothing_bought_asks_for_no_largest_purchase():
    _, _, asked = interview(
        operator__id="x",
        quarter__0="yes",
        quarter__0__period="2025-Q3",
        quarter__0__bought_on_platform="yes",
        quarter__0__bought_on_platform__energy="0 MWh",
    )
    assert not any("largest" in one.path for one in asked)


def test_stop_ends_it_and_keeps_what_was_said():
    text, said, asked = interview("OP-7", "2025-12-10", STOP)
    assert len(asked) == 3 and said[-1] == "Stopped here."
    assert read_values(text=text, name="o") == {
        "operator": {"id": "OP-7", "as_of": read_values(text=text, name="o")["operator"]["as_of"]}
    }


def test_stop_inside_a_table_leaves_out_the_table_that_is_not_whole():
    text, _, _ = interview(operator__id="x", machine__0="yes", machine__0__model=STOP)
    assert "machine" not in text


def test_stop_before_the_name_gives_no_file():
    assert interview(STOP)[0] == ""


def screen_of(answers, monkeypatch):
    screen = Console(file=io.StringIO(), width=200)
    left = list(answers)

    def read_line(prompt=""):
        if not left:
            raise EOFError
        return left.pop(0)

    monkeypatch.setattr(screen, "input", read_line)
    return screen


def test_the_command_writes_the_file_and_says_what_to_run(tmp_path, monkeypatch):
    screen = screen_of(["OP-7", "2025-12-10", "Some LLP"], monkeypatch)
    interview_command(tmp_path / "o.toml", screen)
    values = read_values(text=(tmp_path / "o.toml").read_text(encoding="utf-8"), name="o")
    assert values["operator"]["name"] == "Some LLP"
    shown = screen.file.getvalue()
    assert "What is the operator called in your files?" in shown
    assert f"Next: kezek check {tmp_path / 'o.toml'}\n" in shown
    assert [path.name for path in tmp_path.iterdir()] == ["o.toml"]


def test_a_file_without_a_day_is_to_be_checked_with_one(tmp_path, monkeypatch):
    screen = screen_of(["OP-7"], monkeypatch)
    interview_command(tmp_path / "o.toml", screen)
    assert "o.toml --as-of 2025-12-10" in screen.file.getvalue()


def test_answers_that_do_not_fit_together_are_kept_and_pointed_at(tmp_path, monkeypatch):
    answers = {"What is the operator called": "x", "On which day shall": "2025-12-10", "add a quarter": "yes"}
    answers |= {"Which quarter": "2026-Q1"}
    screen = Console(file=io.StringIO(), width=200)

    def read_line(prompt=""):
        shown = screen.file.getvalue().splitlines()[-1]
        return next((answer for words, answer in answers.items() if words in shown), "")

    monkeypatch.setattr(screen, "input", read_line)
    assert interview_command(tmp_path / "o.toml", screen) == 2
    shown = screen.file.getvalue()
    assert "Correct these lines in the file:" in shown and "[dossier.quarter.future]" in shown
    assert 'period = "2026-Q1"' in (tmp_path / "o.toml").read_text(encoding="utf-8")


def test_a_file_that_is_there_is_never_overwritten_and_nothing_is_asked(tmp_path, monkeypatch):
    (tmp_path / "o.toml").write_text("mine", encoding="utf-8")
    screen = screen_of([], monkeypatch)
    with pytest.raises(InputProblem) as caught:
        interview_command(tmp_path / "o.toml", screen)
    assert caught.value.code == "cli.interview.exists"
    assert screen.file.getvalue() == "" and (tmp_path / "o.toml").read_text(encoding="utf-8") == "mine"


def test_a_file_that_came_in_the_meantime_is_not_overwritten(tmp_path, monkeypatch):
    screen = Console(file=io.StringIO(), width=200)
    left = ["OP-7"]

    def read_line(prompt=""):
        (tmp_path / "o.toml").write_text("theirs", encoding="utf-8")
        return left.pop(0) if left else STOP

    monkeypatch.setattr(screen, "input", read_line)
    with pytest.raises(InputProblem, match="came to be in the meantime"):
        interview_command(tmp_path / "o.toml", screen)
    assert (tmp_path / "o.toml").read_text(encoding="utf-8") == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["o.toml"]


def test_a_place_without_a_folder_is_refused_before_the_first_question(tmp_path, monkeypatch):
    with pytest.raises(InputProblem) as caught:
        interview_command(tmp_path / "none" / "o.toml", screen_of([], monkeypatch))
    assert caught.value.code == "cli.interview.unwritable"


def test_one_who_says_nothing_gets_no_file(tmp_path, monkeypatch):
    with pytest.raises(InputProblem) as caught:
        interview_command(tmp_path / "o.toml", screen_of([], monkeypatch))
    assert caught.value.code == "cli.interview.nothing"
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_keeps_what_was_said_and_asks_nothing_more(tmp_path, monkeypatch):
    screen = Console(file=io.StringIO(), width=200)
    left = ["OP-7", "2025-12-10"]

    def read_line(prompt=""):
        if not left:
            raise KeyboardInterrupt
        return left.pop(0)

    monkeypatch.setattr(screen, "input", read_line)
    assert interview_command(tmp_path / "o.toml", screen) == 0
    assert 'id = "OP-7"' in (tmp_path / "o.toml").read_text(encoding="utf-8")
    assert f"Written: {tmp_path / 'o.toml'}" in screen.file.getvalue()


def test_dates_that_do_not_fit_are_told_right_after_their_section_and_asked_again():
    text, said, asked = interview(
        operator__id="x",
        operator__as_of="2025-12-10",
        operator__has_licence="yes",
        licence__0="yes",
        licence__0__number="L",
        licence__0__subtype="I",
        licence__0__from=["2025-06-01", "2023-06-01"],
        licence__0__until=["2024-06-01", "2024-06-01"],
        licence__0__again="yes",
    )
    (told,) = [line for line in said if "is not later than" in line]
    assert told.startswith("until = 2024-06-01 is not later than from = 2025-06-01.")
    paths = [one.path for one in asked]
    assert paths.index("licence.0.again") < paths.index("licence.1")
    assert "from = 2023-06-01" in text and "2025-06-01" not in text


def test_answers_that_are_left_as_they_are_are_told_once():
    _, said, asked = interview(
        operator__id="x",
        operator__as_of="2025-12-10",
        quarter__0="yes",
        quarter__0__period="2026-Q1",
        quarter__0__again="no",
        quarter__1="yes",
        quarter__1__period="2025-Q3",
    )
    assert len([line for line in said if "begins on 2026-01-01" in line]) == 1
    assert "quarter.1.again" not in [one.path for one in asked]


@pytest.mark.parametrize(("answer", "word"), [("GRID surplus", "grid_surplus"), ("Hosted", "hosted")])
def test_a_word_is_understood_in_capitals_and_with_spaces(answer, word):
    text, _, _ = interview(operator__id="x", operator__route=answer)
    assert f'route = "{word}"' in text


@pytest.mark.parametrize(("answer", "word"), [("1", "I"), ("2", "II"), ("ii", "II")])
def test_a_subtype_may_be_a_plain_number(answer, word):
    text, _, _ = interview(operator__id="x", operator__has_licence="no", operator__wanted_subtype=answer)
    assert f'wanted_subtype = "{word}"' in text


def test_pairs_are_understood_with_either_sign_and_shown_with_an_example():
    by_path = {"operator__id": "x", "quarter__0": "yes", "quarter__0__period": "2025-Q3"}
    text, _, asked = interview(**by_path, quarter__0__received="pool-a = 2.57 BTC; pool-b: 1 BTC")
    assert 'received = { pool-a = "2.57 BTC", pool-b = "1 BTC" }' in text
    (received,) = [one for one in asked if one.path == "quarter.0.received"]
    assert "as pool-a = 2.57 BTC" in received.form


def test_an_optional_pair_can_be_skipped_without_losing_its_quarter():
    text, _, _ = interview(
        operator__id="x",
        quarter__0="yes",
        quarter__0__period="2025-Q3",
        quarter__0__mined_from="2025-07-01",
        quarter__0__metered="5 MWh",
    )
    assert read_values(text=text, name="o")["quarter"][0].keys() == {"period", "metered"}


def test_progress_is_shown(tmp_path, monkeypatch):
    screen = screen_of(["OP-7", "2025-12-10"], monkeypatch)
    interview_command(tmp_path / "o.toml", screen)
    assert re.search(r"^2 of about \d+ {2}On which day", screen.file.getvalue(), re.MULTILINE)


@pytest.mark.parametrize(
    ("program", "said"), [("/x/kezek", "kezek"), ("/x/kezek/__main__.py", "python -m kezek"), ("pytest", "kezek")]
)
def test_the_next_command_is_named_as_this_one_was(tmp_path, monkeypatch, program, said):
    monkeypatch.setattr("sys.argv", [program])
    screen = screen_of(["OP-7", "2025-12-10"], monkeypatch)
    interview_command(tmp_path / "o.toml", screen)
    assert f"Next: {said} check " in screen.file.getvalue()
