"""`kezek day`: run the day, write its folder, show it."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from kezek.day.run import DayRequest, DayResult, run_day, simulation_signer
from kezek.day.settings import default_text, read_fleet, read_scenario
from kezek.day.summary import summarise_day
from kezek.duties.lens import Lens
from kezek.evidence.bundle import Bundle, render_bundle
from kezek.evidence.log import CHECKPOINT_FILE
from kezek.journal.folder import check_target, write_folder
from kezek.law.book import load_book
from kezek.units.problem import InputProblem

MARKER = "summary.json"
RECEIPTS_FILE = "receipts.jsonl"
STEPS = 13
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class DayOptions:
    """What was asked for on the command line."""

    date: str
    profile: str
    readings: tuple[str, ...]
    accept_unconfirmed: tuple[str, ...]
    seed: int
    out: Path | None
    scenario: Path | None
    fleet: Path | None
    law: Path | None
    as_json: bool


def run_day_command(options: DayOptions) -> None:
    """Run a day, write its folder in one piece, print the tables or the JSON.

    Raises:
        InputProblem: anything that a user can mend; nothing is written then.
    """
    try:
        _run(options)
    except KeyboardInterrupt as interruption:
        sys.stderr.write("kezek: interrupted; nothing was left half-written.\n")
        raise SystemExit(EXIT_INTERRUPTED) from interruption


def _run(options: DayOptions) -> None:
    on = _date(options.date)
    target = options.out or Path("out") / f"day-{on}"
    if options.out is None:
        _make_parent(target.parent)
    check_target(target, marker=MARKER)
    with _progress(quiet=options.as_json) as progress:
        progress("law and assumptions")
        result = run_day(request=_request(options, on), progress=progress)
        progress("signing and receipts")
        summary = summarise_day(result)
        files = day_files(result=result, summary=summary, options=options)
        progress("report")
        files["report.html"] = _page(summary, result)
        progress("writing")
        write_folder(target, files, marker=MARKER)
    if options.as_json:
        sys.stdout.write(f"{json.dumps(summary, ensure_ascii=False, indent=2)}\n")
    else:
        from kezek.cli.terminal import show_day

        show_day(console=Console(), summary=summary, hours=result.tables["hours"], folder=target)


def _make_parent(parent: Path) -> None:
    """Make the folder of the default place; a place of the user's own must be there."""
    try:
        parent.mkdir(exist_ok=True)
    except OSError as error:
        what = f"cannot be made ({error.strerror})."
        raise InputProblem("cli.out.unwritable", what, str(parent), "Choose a place with --out.") from error


def day_files(*, result: DayResult, summary: Mapping[str, Any], options: DayOptions) -> dict[str, Any]:
    """Collect the files of a day but the report: log, receipts, tables, summary, the assumptions used."""
    log_files = result.log.files(simulation_signer(seed=options.seed))
    checkpoint = log_files[CHECKPOINT_FILE].decode()
    entries = {**result.state.entry_of_purchase}
    entries |= {f"{key}/cut": index for key, index in result.state.cut_entry_of_purchase.items()}
    receipts = {key: result.log.receipt(index, checkpoint=checkpoint) for key, index in entries.items()}
    return {
        **{f"log/{name}": data for name, data in log_files.items()},
        RECEIPTS_FILE: render_bundle(Bundle(checkpoint, receipts)).encode(),
        **{f"tables/{name}.parquet": data for name, data in result.table_bytes.items()},
        "scenario.toml": _settings_text(options.scenario, "scenario.toml").encode(),
        "fleet.toml": _settings_text(options.fleet, "fleet.toml").encode(),
        MARKER: f"{json.dumps(summary, ensure_ascii=False, indent=2)}\n".encode(),
    }


def _page(summary: Mapping[str, Any], result: DayResult) -> bytes:
    from kezek.reports.page import day_page

    return day_page(summary=summary, tables=result.tables).encode()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputProblem("cli.date.form", f"{text!r} is no date.", "--date", "Write it as 2025-10-15.") from error


def _readings(pairs: tuple[str, ...]) -> dict[str, str]:
    readings = {}
    for pair in pairs:
        question, equals, position = pair.partition("=")
        if not (question and equals and position):
            way_out = "Write QUESTION=POSITION, as sale.share_2025=s2."
            raise InputProblem("cli.reading.form", f"{pair!r} is no reading.", "--reading", way_out)
        if question in readings:
            way_out = "Give each question once."
            raise InputProblem("cli.reading.twice", f"{question} is chosen twice.", "--reading", way_out)
        readings[question] = position
    return readings


def _settings_text(path: Path | None, name: str) -> str:
    return default_text(name) if path is None else path.read_text(encoding="utf-8")


def _request(options: DayOptions, on: date) -> DayRequest:
    scenario, fleet = read_scenario(options.scenario), read_fleet(options.fleet)
    lens = Lens(
        book=load_book(options.law),
        profile=options.profile,
        readings=_readings(options.readings),
        accept_unconfirmed=frozenset(options.accept_unconfirmed),
    )
    return DayRequest(
        on=on,
        seed=options.seed,
        lens=lens,
        scenario=scenario,
        fleet=fleet,
        scenario_digest=hashlib.sha256(_settings_text(options.scenario, "scenario.toml").encode()).hexdigest(),
        fleet_digest=hashlib.sha256(_settings_text(options.fleet, "fleet.toml").encode()).hexdigest(),
    )


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Show a bar on the error stream while the day runs; nothing where it is no terminal or JSON was asked for."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description:<34}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=STEPS)

        def step(name: str) -> None:
            bar.update(task, description=name, advance=1)

        yield step
