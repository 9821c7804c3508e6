"""`kezek check` from the outside: what it prints, writes, refuses, and how it exits."""

import hashlib
import json
import os
import pty
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from icalendar import Calendar

from kezek.dossier.example import example_names, example_text


def kezek(*arguments, stdin=b"", cwd=None, command="check", **environment):
    line = [sys.executable, "-m", "kezek", command, *map(str, arguments)]
    env = {**os.environ, **environment}
    return subprocess.run(line, input=stdin, capture_output=True, cwd=cwd, timeout=120, check=False, env=env)


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
    assert lines[0] == "Not compliant: 1 of 38 duties breached (judged: Q3 2025)."
    assert max(len(line) for line in lines if str(under_sold) not in line) <= 80
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


def test_a_duty_of_several_periods_is_explained_for_each_of_them():
    shown = text_of(kezek("--example", "clean", "--explain", "sale.share"))
    assert shown.startswith("Mandatory sale: share: 3 periods, the oldest first.\n")
    heads = [shown.index(f"Mandatory sale: share, {quarter} 2025: ") for quarter in ("Q2", "Q3", "Q4")]
    assert heads == sorted(heads)


def test_an_unknown_example_names_them_all():
    for name in ("claen", "xyz"):
        line = refusal(kezek("--example", name))
        assert f"Known: {', '.join(example_names())}." in line


def test_what_was_not_public_yet_is_left_out_and_the_receipt_says_so(under_sold):
    """The law on digital assets was published on 6 February 2023: before, nobody knew of a licence."""
    later, before = (
        json.loads(kezek(under_sold, "--json", "--known-on", on).stdout) for on in ("2025-12-10", "2023-01-01")
    )
    assert (later["receipt"]["known_on"], before["receipt"]["known_on"]) == ("2025-12-10", "2023-01-01")
    assert later["receipt"]["sha256"] != before["receipt"]["sha256"]
    held = [{one["duty"]: one["status"] for one in data["duties"]}["licence.held"] for data in (later, before)]
    assert held == ["met", "not_applicable"]
    assert json.loads(kezek(under_sold, "--json").stdout)["receipt"]["known_on"] is None


def test_the_day_of_knowledge_stands_at_the_top_and_in_the_command_to_run_next(under_sold):
    lines = text_of(kezek(under_sold, "--known-on", "2025-12-10")).splitlines()
    assert "by what was public on 10 December 2025;" in " ".join(lines[:8])
    assert lines[-1].startswith(f"  kezek check {under_sold} --known-on 2025-12-10 --explain ")


def test_the_help_says_what_counts_without_a_publication_date():
    said = " ".join(text_of(kezek("--help")).replace("│", " ").split())
    assert "Law by what was public on that day; a value without a publication date counts from its start." in said


def test_what_is_not_known_and_not_judged_is_listed(under_sold):
    shown = " ".join(text_of(kezek(under_sold)).split())
    assert "NOT KNOWN, AND NOT JUDGED" in shown
    assert "Period of the report a licensed miner makes today: how often a licensed miner reports" in shown


def shown_in_readme():
    """The verdict that README shows of the under-sold example; a line of … stands for lines left out."""
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (block,) = [one for one in readme.split("```") if one.lstrip("\n").startswith("Not compliant:")]
    return [line for line in block.splitlines() if line.strip() not in ("", "…")]


def test_the_verdict_in_readme_is_what_the_program_prints():
    printed = iter(text_of(kezek("--example", "under-sold")).splitlines())
    wanted = shown_in_readme()
    assert len(wanted) > 10
    assert [line for line in wanted if line not in printed] == []


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
        (("--example", "clean", "--known-on", "2025-13-10"), "cli.date.form"),
        (("--example", "clean", "--as-of", "9999-12-31"), "cli.date.range"),
        (("--example", "clean", "--known-on", "1999-12-31"), "cli.date.range"),
        (("--example", "clean", "--html", "."), "cli.out.unwritable"),
        (("--example", "clean", "--html", ""), "cli.out.unwritable"),
        (("--example", "clean", "--pdf", "/dev/null"), "cli.out.unwritable"),
        (("--example", "clean", "--year", "2024"), "cli.check.idle"),
        (("--example", "clean", "--electricity-cost", "1 USD"), "cli.check.idle"),
        (("--example", "clean", "--own-power-cost", "1 USD"), "cli.check.idle"),
        (("--example", "clean", "--reported"), "cli.check.idle"),
        (("--example", "clean", "--out", "x.toml"), "cli.check.idle"),
        (("--template", "--out", "x.toml"), "cli.check.idle"),
        (("--template", "--example", "clean"), "cli.check.input"),
        (("--template", "--new"), "cli.check.input"),
        (("--template", "--html", "x"), "cli.check.idle"),
        (("--list-examples", "--json"), "cli.check.idle"),
        (("a.toml", "--new"), "cli.check.input"),
        (("--example", "clean", "--jurisdiction", "world"), "law.jurisdiction.unknown"),
        (("--template", "--out", "x", "--jurisdiction", "fr"), "law.jurisdiction.unknown"),
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


@pytest.mark.parametrize(
    ("encoding", "likely"), [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("cp1251", "WINDOWS-1251")]
)
def test_a_file_in_another_encoding_names_it_and_the_way_to_utf_8(tmp_path, encoding, likely):
    path = tmp_path / "a.toml"
    path.write_bytes('[operator]\nid = "Алтай"\nname = "Сарыарка"\n'.encode(encoding))
    assert f"iconv -f {likely} -t UTF-8 OLD.toml > NEW.toml" in refusal(kezek(path))


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


def test_a_check_abroad_knows_no_day_of_knowledge():
    assert "[cli.abroad.output]" in refusal(kezek("--jurisdiction", "us-dame", "--known-on", "2025-01-01"))


def test_help_says_what_the_exit_codes_mean():
    said = " ".join(text_of(kezek("--help")).split())
    assert "Exit code 0: no duty is breached; 1: a duty is breached; 2:" in said


def test_china_refuses_whatever_else_is_given(tmp_path):
    for more in (("--example", "clean"), ("no.toml",), ("--template",), ("--html", "x"), ("--year", "2024")):
        line = refusal(kezek("--jurisdiction", "cn", "--as-of", "2025-10-15", *more, cwd=tmp_path))
        assert "[duties.abroad.prohibited]" in line


def test_an_unknown_jurisdiction_names_those_that_can_be_checked():
    line = refusal(kezek("--jurisdiction", "world"))
    assert "There is no check for 'world'. Known: cn, kz, ru, us-dame." in line


def test_the_american_excise_names_readings_without_a_figure_once():
    costs = ("--electricity-cost", "1 000 USD", "--own-power-cost", "5 USD")
    shown = text_of(kezek("--jurisdiction", "us-dame", "--year", "2025", "--as-of", "2025-06-01", *costs))
    assert "\nOver all readings: $100.00 to $301.50\n  not known under dame.phase_in = unknown\n" in shown


def test_nothing_but_a_regular_file_is_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "sock"))
        for name, said in (("pipe", "it is a pipe"), ("sock", "it is a socket"), (".", "it is a folder")):
            line = refusal(kezek("--example", "clean", "--html", tmp_path / name))
            assert said in line and "[cli.out.unwritable]" in line
    assert {path.name for path in tmp_path.iterdir()} == {"pipe", "sock"}


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    assert kezek("--example", "clean", "--html", tmp_path / "link.html").returncode == 0
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_link_to_the_operators_own_file_is_refused(under_sold, tmp_path):
    (tmp_path / "link.html").symlink_to(under_sold)
    assert "[cli.out.source]" in refusal(kezek(under_sold, "--html", tmp_path / "link.html"))


def test_places_are_looked_at_before_the_file_is_read(tmp_path):
    assert "[cli.out.unwritable]" in refusal(kezek(tmp_path / "none.toml", "--html", tmp_path))


def with_reader_gone(*arguments):
    """Run with an output that nobody reads."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "kezek", "check", *map(str, arguments)]
    try:
        return subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=120, check=False)
    finally:
        os.close(write)


@pytest.mark.parametrize(("example", "code"), [("clean", 0), ("under-sold", 1)])
@pytest.mark.parametrize("form", [(), ("--json",), ("--explain", "sale.share")])
def test_a_reader_who_leaves_changes_neither_files_nor_exit_code(tmp_path, example, code, form):
    done = with_reader_gone("--example", example, "--html", tmp_path / "a.html", *form)
    assert (done.returncode, done.stderr) == (code, b"")
    assert (tmp_path / "a.html").is_file()


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_disk_is_one_line_and_exit_code_3(form):
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "kezek", "check", "--example", "under-sold", *form]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == 3
    (line,) = done.stderr.decode().splitlines()
    assert "cannot be written" in line and "[cli.out.failed]" in line


@pytest.mark.parametrize("encoding", ["ascii", "cp1251", "latin-1"])
def test_an_encoding_without_the_tenge_sign_is_no_fault(encoding):
    done = kezek("--example", "under-sold", PYTHONIOENCODING=encoding)
    assert done.returncode == 1 and done.stderr == b""
    assert "At stake in the breaches: 17 799 554.40 KZT." in done.stdout.decode(encoding)
    data = json.loads(kezek("--example", "under-sold", "--json", PYTHONIOENCODING=encoding).stdout.decode(encoding))
    assert "₸" in json.dumps(data, ensure_ascii=False)


FAULT = """
import sys
from kezek.cli import check
def broken(options):
    raise RuntimeError("no such luck")
check.run_check = broken
sys.argv = ["kezek", "check", "--example", "clean"]
from kezek.cli.main import run
run()
"""


@pytest.mark.parametrize(("asked", "lines"), [("", 1), ("1", 10)])
def test_a_fault_of_the_program_is_one_line_and_exit_code_70(asked, lines):
    env = {**os.environ, "KEZEK_TRACEBACK": asked}
    done = subprocess.run([sys.executable, "-c", FAULT], capture_output=True, timeout=60, check=False, env=env)
    said = done.stderr.decode()
    assert "no such luck" in said
    if asked:
        assert len(said.splitlines()) >= lines and "Traceback" in said
    else:
        assert done.returncode == 70
        assert len(said.splitlines()) == lines and "[cli.fault]" in said


def test_a_calendar_without_deadlines_is_not_written_and_said(tmp_path):
    path = tmp_path / "o.toml"
    path.write_text('[operator]\nid = "x"\nas_of = 2025-12-10\n', encoding="utf-8")
    done = kezek(path, "--ics", tmp_path / "a.ics")
    assert f"Not written, since no deadline lies ahead: {tmp_path / 'a.ics'}" in text_of(done)
    as_json = kezek(path, "--ics", tmp_path / "a.ics", "--json")
    assert json.loads(as_json.stdout) and b"no deadline lies ahead" in as_json.stderr
    assert not (tmp_path / "a.ics").exists()


def test_the_command_to_run_next_repeats_every_option(under_sold):
    book = Path(__file__).parents[2] / "src/kezek/law/books/kz"
    asked = ("--known-on", "2025-12-10", "--law", book, "--reading", "sale.share_2025=s2", "--accept-unconfirmed",
             "vat.rate_ppm")  # fmt: skip
    last = text_of(kezek(under_sold, *asked)).splitlines()[-1]
    assert last == f"  kezek check {under_sold} {' '.join(map(str, asked))} --explain sale.share"
    assert "step by step" not in text_of(kezek("-", stdin=under_sold.read_bytes()))


def test_the_examples_are_listed_with_their_titles_and_printed():
    lines = text_of(kezek("--list-examples")).splitlines()
    assert [line.split()[0] for line in lines[: len(example_names())]] == [*example_names()]
    assert "keeps every duty" in lines[example_names().index("clean")]
    done = kezek("clean", command="example")
    assert done.stdout.decode() == example_text("clean")
    assert kezek("fleet", command="example").returncode == 0


def test_the_version_can_be_asked():
    done = subprocess.run([sys.executable, "-m", "kezek", "--version"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.decode().startswith("kezek ")


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("example", ["clean", "under-sold", "unregistered-rigs"])
def test_every_line_keeps_to_the_width_of_the_terminal(example, width):
    lines = text_of(kezek("--example", example, COLUMNS=str(width))).splitlines()
    assert [line for line in lines[:-1] if len(line) > width and "http" not in line] == []


def test_no_color_leaves_no_escapes_on_a_terminal():
    """A terminal of our own reads what the command prints."""
    for environment, escapes in (({"NO_COLOR": "1"}, False), ({}, True)):
        main, side = pty.openpty()
        env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm"} | environment
        command = [sys.executable, "-m", "kezek", "check", "--example", "late-fee"]
        with subprocess.Popen(command, stdout=side, stderr=side, env=env) as running:
            os.close(side)
            said = b""
            try:
                while part := os.read(main, 65536):
                    said += part
            except OSError:
                pass  # the other side is closed
            running.wait(timeout=60)
        os.close(main)
        assert b"breached" in said
        assert (b"\x1b" in said) is escapes


def test_the_explanation_says_what_other_readings_give():
    shown = text_of(kezek("--example", "under-sold", "--explain", "tax.income"))
    assert "Under another reading\n  tax.income=published → breached\n" in shown


def test_an_unknown_key_of_the_law_names_five_at_most():
    line = refusal(kezek("--example", "clean", "--accept-unconfirmed", "zzz"))
    assert len(line) < 300 and " more." in line
