"""`kezek check` from the outside: what it prints, writes, refuses, and how it exits."""

import hashlib
import json
import subprocess
import sys

import pytest
from icalendar import Calendar

from kezek.dossier.example import example_text


def kezek(*arguments, stdin=b"", cwd=None):
    command = [sys.executable, "-m", "kezek", "check", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=cwd, timeout=120, check=False)


def text_of(done):
    return done.stdout.decode()


def refusal(done):
    """The one line of a refusal; nothing may stand on the output."""
    assert done.returncode == 2
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("kezek: ")
    return line


@pytest.fixture
def under_sold(tmp_path):
    path = tmp_path / "operator.toml"
    path.write_text(example_text("under-sold"), encoding="utf-8")
    return path


def test_a_breach_is_the_first_line_and_exit_code_1(under_sold):
    done = kezek(under_sold)
    assert done.returncode == 1
    lines = text_of(done).splitlines()
    assert lines[0] == "Not compliant: 1 of 38 duties breached."
    assert max(map(len, lines[:-1])) <= 80
    assert not any(line != line.rstrip() for line in lines)
    assert lines[-1] == f"  kezek check {under_sold} --explain sale.share"
    shown = text_of(done)
    for words in (
        "Measured",
        "Deadline",
        "At stake",
        "Law",
        "May follow",
        "What to do",
        "Readings",
        "DEADLINES AHEAD",
    ):
        assert words in shown


def test_no_colour_without_a_terminal(under_sold):
    assert b"\x1b" not in kezek(under_sold).stdout


def test_a_clean_operator_exits_0():
    done = kezek("--example", "clean")
    assert done.returncode == 0
    assert text_of(done).startswith("Compliant: ")


def test_another_reading_changes_the_verdict():
    done = kezek("--example", "under-sold", "--reading", "sale.period=calendar_year")
    assert "breached" not in text_of(done).splitlines()[0]
    assert done.returncode == 0


def test_the_file_may_come_from_the_standard_input(under_sold):
    done = kezek("-", "--json", stdin=under_sold.read_bytes())
    data = json.loads(done.stdout, parse_float=pytest.fail)
    assert done.returncode == 1
    assert data["receipt"]["inputs_sha256"] == hashlib.sha256(under_sold.read_bytes()).hexdigest()


def test_json_is_the_same_each_time_and_holds_the_explanations(under_sold):
    first, second = kezek(under_sold, "--json"), kezek(under_sold, "--json")
    assert first.stdout == second.stdout
    data = json.loads(first.stdout)
    assert data["status"] == "breached"
    share = next(one for one in data["duties"] if one["duty"] == "sale.share")
    (breached,) = [one for one in share["findings"] if one["status"] == "breached"]
    assert breached["limit"] - breached["measured"] > 0
    assert breached["explanation"]["amounts"]["limit"]["worked"]
    assert breached["holds_under_all_readings"] is False


def test_a_duty_is_explained_step_by_step(under_sold):
    shown = text_of(kezek(under_sold, "--explain", "sale.share"))
    assert "× 75 % =" in shown
    assert max(len(line) for line in shown.splitlines() if "http" not in line) <= 80
    data = json.loads(kezek(under_sold, "--explain", "sale.share", "--json").stdout)
    assert data["duty"] == "sale.share"


def test_files_are_written_beside_the_terminal(under_sold, tmp_path):
    page, sheet, calendar = tmp_path / "a.html", tmp_path / "a.pdf", tmp_path / "a.ics"
    done = kezek(under_sold, "--html", page, "--pdf", sheet, "--ics", calendar)
    assert done.returncode == 1
    assert page.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert sheet.read_bytes().startswith(b"%PDF-")
    assert Calendar.from_ical(calendar.read_bytes()).walk("VEVENT")
    assert f"Written: {page}" in text_of(done)
    assert {path.name for path in tmp_path.iterdir()} == {"operator.toml", "a.html", "a.pdf", "a.ics"}


def test_json_stays_json_when_files_are_written(under_sold, tmp_path):
    done = kezek(under_sold, "--json", "--html", tmp_path / "a.html")
    assert json.loads(done.stdout)["format"] == "kezek.check/1"
    assert (tmp_path / "a.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), "cli.check.input"),
        (("a.toml", "--example", "clean"), "cli.check.input"),
        (("nowhere.toml",), "cli.check.unreadable"),
        (("--example", "claen"), "dossier.example.unknown"),
        (("--example", "clean", "--explain", "sale.shar"), "cli.check.duty"),
        (("--example", "clean", "--as-of", "10.12.2025"), "cli.date.form"),
        (("--example", "clean", "--as-of", "20251210"), "cli.date.form"),
        (("--example", "clean", "--reading", "sale"), "cli.reading.form"),
        (("--example", "clean", "--reading", "a=b", "--reading", "a=c"), "cli.reading.twice"),
        (("--example", "clean", "--reading", "sale.period=month"), "law.reading.unknown"),
        (("--example", "clean", "--profile", "publshed"), "law.profile.unknown"),
        (("--example", "clean", "--accept-unconfirmed", "sale.perod"), "law.accept.unknown"),
        (("--example", "clean", "--jurisdiction", "fr"), "law.jurisdiction.unknown"),
        (("--example", "clean", "--html", "no/where.html"), "cli.out.unwritable"),
        (("--example", "clean", "--html", "x", "--pdf", "x"), "cli.out.twice"),
        (("--example", "clean", "--seed", "1"), "cli.usage"),
    ],
)
def test_bad_input_is_one_line_with_a_code_and_a_way_out(tmp_path, arguments, code):
    done = kezek(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert f"[{code}]" in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "[cli.check.encoding]" in refusal(kezek(path))


def test_the_operators_own_file_is_never_replaced(under_sold):
    before = under_sold.read_bytes()
    done = kezek(under_sold, "--html", under_sold)
    assert "[cli.out.source]" in done.stderr.decode()
    assert under_sold.read_bytes() == before


def test_the_template_can_be_printed():
    done = kezek("--template")
    assert done.returncode == 0
    assert "[operator]" in text_of(done)


def test_china_refuses_with_its_reason():
    assert "no new investment in mining" in refusal(kezek("--jurisdiction", "cn", "--as-of", "2025-10-15"))


def test_china_in_json_is_an_object_and_exit_code_2():
    done = kezek("--jurisdiction", "cn", "--as-of", "2025-10-15", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["outcome"] == "prohibited"


def test_the_american_excise_is_computed_and_called_no_law():
    """20 % of 1 250 000 dollars in the second year of the phase-in."""
    done = kezek("--jurisdiction", "us-dame", "--electricity-cost", "1 250 000 USD", "--year", "2025",
                 "--as-of", "2025-06-01")  # fmt: skip
    assert done.returncode == 0
    assert "$250,000.00" in text_of(done)
    assert "This is no law." in text_of(done)


def test_a_file_abroad_is_overruled_by_options(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text('[abroad]\nelectricity_cost = "1 000.50 USD"\nyear = 2024\n', encoding="utf-8")
    day = ("--jurisdiction", "us-dame", "--as-of", "2025-06-01", "--json")
    data = json.loads(kezek(path, *day).stdout)
    assert (data["base_cents"], data["taxable_year_from_on"]) == (100_050, "2024-01-01")
    assert json.loads(kezek(path, *day, "--year", "2025").stdout)["taxable_year_from_on"] == "2025-01-01"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[abroad]\nelectrcity_cost = 1", "cli.abroad.key"),
        ("[abroad]\nelectricity_cost = 1000", "cli.abroad.amount"),
        ('[abroad]\nelectricity_cost = "1000 EUR"', "cli.abroad.amount"),
        ("[operator]", "cli.abroad.form"),
        ("[abroad", "cli.abroad.form"),
        ("[abroad]\nyear = -1", "duties.abroad.fact"),
    ],
)
def test_a_bad_file_abroad_is_refused(tmp_path, text, code):
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    assert f"[{code}]" in refusal(kezek(path, "--jurisdiction", "us-dame"))


def test_a_check_abroad_is_printed_only(tmp_path):
    done = kezek("--jurisdiction", "us-dame", "--html", tmp_path / "a.html")
    assert "[cli.abroad.output]" in refusal(done)
    assert not list(tmp_path.iterdir())


def test_help_says_what_the_exit_codes_mean():
    said = " ".join(text_of(kezek("--help")).split())
    assert "Exit code 0: no duty is breached; 1: a duty is breached; 2:" in said
