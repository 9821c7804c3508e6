"""The docs are in step with the program: commands, options, links, codes."""

import re
from pathlib import Path

import pytest
import typer.main

from kezek.cli.main import app
from kezek.cli.terminal import summary_lines
from kezek.day.summary import summarise_day
from kezek.dossier.page import schema_page
from kezek.duties.case import Scope
from kezek.duties.check import DUTIES
from kezek.law.book import load_book
from kezek.reports.manual import codes_page, readings_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_WORDS = {37: "Thirty-seven", 38: "Thirty-eight", 39: "Thirty-nine"}
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands(group, prefix="kezek"):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented(name):
    parts = name.split(" ")
    shown = [name, f"{' '.join(parts[:-1])} list | {parts[-1]}"]
    assert any(form in TEXT for form in shown)


def test_every_option_of_the_day_is_documented():
    page = (ROOT / "docs" / "day.md").read_text(encoding="utf-8")
    options = [option for one in COMMANDS["kezek day"].params for option in one.opts if option.startswith("--")]
    assert len(options) >= 9
    assert [option for option in options if option not in page] == []


def test_every_option_of_the_check_is_documented():
    page = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    check = COMMANDS["kezek check"]
    options = [option for one in check.params for option in (*one.opts, *one.secondary_opts) if option[:2] == "--"]
    assert len(options) >= 20
    assert [option for option in options if option not in page] == []


def options_of(name):
    params = COMMANDS[name].params
    return {option for one in params for option in (*one.opts, *one.secondary_opts) if option[:2] == "--"}


def test_every_option_of_the_market_and_of_the_bid_plan_is_documented():
    market = set().union(*(options_of(name) for name in COMMANDS if name.startswith("kezek market ")))
    pages = {"market.md": market, "uptime.md": options_of("kezek market uptime"), "bid.md": options_of("kezek bid")}
    assert len(market) >= 15
    for page, options in pages.items():
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert [option for option in sorted(options) if option not in text] == [], page


def test_the_counts_of_the_pages_are_those_of_the_program():
    book = load_book()
    held = f"{len(book.quantities)} quantities and {len(book.questions)} open questions"
    assert held in (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{_WORDS[len(DUTIES)]} duties, dated" in (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    by_quarter = sum(duty.scope is Scope.QUARTER for duty in DUTIES.values())
    assert f"| {by_quarter} duties over two closed quarters" in (ROOT / "docs" / "day.md").read_text(encoding="utf-8")


def test_the_page_of_the_operator_file_is_the_one_that_the_schema_gives():
    assert (ROOT / "docs" / "operator-file.md").read_text(encoding="utf-8") == schema_page()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_page_of_codes_is_the_one_that_the_program_prints():
    assert (ROOT / "docs" / "codes.md").read_text(encoding="utf-8") == codes_page()


def test_the_page_of_readings_is_the_one_that_the_book_gives():
    assert (ROOT / "docs" / "readings.md").read_text(encoding="utf-8") == readings_page(load_book())


def test_the_picture_of_the_readme_is_drawn_by_the_project_from_the_default_day(default_day):
    from benchmarks.picture import picture

    assert (ROOT / "docs" / "pictures" / "day.svg").read_text(encoding="utf-8") == picture(
        default_day.tables["hours"]
    )


def test_the_figures_of_the_readme_are_those_of_the_default_day(default_day):
    summary = summarise_day(default_day)
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = [f"{name:<12} {text}" for name, text in summary_lines(summary) if name != "Evidence"]
    assert [line for line in shown if line not in page] == []
    assert f"{summary['duties']['findings_that_depend_on_a_reading']} findings of the day depend on a reading" in page


def test_every_option_of_the_witness_and_of_verify_is_documented():
    page = (ROOT / "docs" / "witness.md").read_text(encoding="utf-8")
    names = [name for name in COMMANDS if name.startswith("kezek witness ")]
    options = set().union(*(options_of(name) for name in (*names, "kezek verify")))
    assert len(names) == 5 and len(options) >= 6
    assert [option for option in sorted(options) if option not in page] == []
