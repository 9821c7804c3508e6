"""`kezek day`: run the day, write its folder, show it."""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kezek.cli.asked import given_day, readings_of
from kezek.cli.progress import progress_steps
from kezek.cli.screen import screen
from kezek.day.run import DayRequest, DayResult, require_runnable, run_day, simulation_signer
from kezek.day.settings import read_fleet, read_scenario
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
    on = given_day(options.date, "--date")
    request = _request(options, on)
    require_runnable(request)
    if options.out is not None:
        _run_into(options.out, request, options)
        return
    with _parent_of_default() as parent:
        _run_into(parent / f"day-{on}", request, options)


def _run_into(target: Path, request: DayRequest, options: DayOptions) -> None:
    check_target(target, marker=MARKER)
    with progress_steps(total=STEPS, quiet=options.as_json) as progress:
        progress("law and assumptions")
        result = run_day(request=request, progress=progress)
        progress("signing and receipts")
        summary = summarise_day(result)
        files = day_files(result=result, summary=summary)
        progress("report")
        files["report.html"] = _page(summary, result)
        progress("writing")
        write_folder(target, files, marker=MARKER)
    if options.as_json:
        sys.stdout.write(f"{json.dumps(summary, ensure_ascii=False, indent=2)}\n")
    else:
        from kezek.cli.terminal import show_day

        show_day(
            console=screen(markup=True, highlight=True), summary=summary, hours=result.tables["hours"], folder=target
        )


@contextmanager
def _parent_of_default() -> Iterator[Path]:
    """Make the folder of the default place, and take it away again if nothing came into it."""
    parent = Path("out")
    try:
        parent.mkdir(exist_ok=True)
    except OSError as error:
        what = f"cannot be made ({error.strerror})."
        raise InputProblem("cli.out.unwritable", what, str(parent), "Choose a place with --out.") from error
    try:
        yield parent
    finally:
        if not any(parent.iterdir()):
            parent.rmdir()


def day_files(*, result: DayResult, summary: Mapping[str, Any]) -> dict[str, Any]:
    """Collect the files of a day but the report: log, receipts, tables, summary, the assumptions used."""
    log_files = result.log.files(simulation_signer(opening=result.log.entry(0)))
    checkpoint = log_files[CHECKPOINT_FILE].decode()
    entries = {**result.state.entry_of_purchase}
    entries |= {f"{key}/cut": index for key, index in result.state.cut_entry_of_purchase.items()}
    receipts = {key: result.log.receipt(index, checkpoint=checkpoint) for key, index in entries.items()}
    return {
        **{f"log/{name}": data for name, data in log_files.items()},
        RECEIPTS_FILE: render_bundle(Bundle(checkpoint, receipts)).encode(),
        **{f"tables/{name}.parquet": data for name, data in result.table_bytes.items()},
        "scenario.toml": result.request.scenario.source_text.encode(),
        "fleet.toml": result.request.fleet.source_text.encode(),
        MARKER: f"{json.dumps(summary, ensure_ascii=False, indent=2)}\n".encode(),
    }


def _page(summary: Mapping[str, Any], result: DayResult) -> bytes:
    from kezek.reports.page import day_page

    return day_page(summary=summary, tables=result.tables, book=result.request.lens.book).encode()


def _request(options: DayOptions, on: date) -> DayRequest:
    scenario, fleet = read_scenario(options.scenario), read_fleet(options.fleet)
    lens = Lens(
        book=load_book(options.law),
        profile=options.profile,
        readings=readings_of(options.readings),
        accept_unconfirmed=frozenset(options.accept_unconfirmed),
    )
    return DayRequest(
        on=on,
        seed=options.seed,
        lens=lens,
        scenario=scenario,
        fleet=fleet,
    )
