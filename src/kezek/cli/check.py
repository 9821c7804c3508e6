"""`kezek check`: judge an operator's file by the law, and show, print or write the verdict."""

import hashlib
import json
import shlex
import sys
from pathlib import Path
from typing import TypeAlias

from rich.console import Console

from kezek import __version__
from kezek.cli.check_files import read_input, write_all
from kezek.cli.check_request import CheckOptions, day_of, readings_of
from kezek.cli.law import open_book
from kezek.dossier.read import Dossier, read_dossier
from kezek.duties.check import check
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.reports.check_model import CheckView, check_view
from kezek.reports.check_receipt import Receipt
from kezek.units.problem import InputProblem, nearest

EXIT_BREACHED = 1
ABROAD = ("cn", "ru", "us-dame")
"""Jurisdictions whose law is another matter, each with a check of its own."""

AbroadAnswers: TypeAlias = "tuple[str | None, str | None, int | None, bool | None]"
"""Electricity cost, cost of own power, taxable year, whether the address was reported."""


def run_check(options: CheckOptions, abroad: AbroadAnswers) -> int:
    """Check at home, or by the book of another jurisdiction. Gives the exit code.

    Raises:
        InputProblem: anything that a user can mend.
    """
    if options.jurisdiction not in ABROAD:
        return check_command(options)
    from kezek.cli.check_abroad import AbroadOptions, abroad_command

    return abroad_command(options, AbroadOptions(*abroad))


def check_command(options: CheckOptions) -> int:
    """Check an operator, show the verdict or print it as JSON, write what else was asked for.

    Everything is worked out before anything is written. Gives the exit code: 1 where a duty is breached, else 0.

    Raises:
        InputProblem: anything that a user can mend.
    """
    name, data = read_input(options.operator, options.example)
    dossier = read_dossier(text=_text(data, name), name=name, as_of=day_of(options.as_of))
    view = _view(options, dossier, data)
    files = _files(options, view)
    if options.explain is not None:
        _print(_explained(view, options.explain, as_json=options.as_json))
    elif options.as_json:
        from kezek.reports.check_json import check_json

        _print(json.dumps(check_json(view), ensure_ascii=False, indent=2))
    else:
        from kezek.cli.check_terminal import show_check

        show_check(console=Console(), view=view, command=f"kezek check {_again(options)} --explain")
    write_all(files, source=options.operator)
    if files and not options.as_json:
        _print("\n".join(["", *(f"Written: {path}" for path in files)]))
    return EXIT_BREACHED if any(status is Status.BREACHED for status, _ in view.groups) else 0


def _again(options: CheckOptions) -> str:
    """Write the options that make the same check."""
    who = f"--example {options.example}" if options.example else shlex.quote(str(options.operator))
    chosen = "".join(f" --reading {one}" for one in options.readings)
    profile = f" --profile {options.profile}" if options.profile != "described" else ""
    return f"{who}{f' --as-of {options.as_of}' if options.as_of else ''}{profile}{chosen}"


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"is no UTF-8 text (byte {error.start})."
        raise InputProblem("cli.check.encoding", what, name, "Save it as UTF-8.") from error


def _view(options: CheckOptions, dossier: Dossier, data: bytes) -> CheckView:
    book, readings = open_book(options.law, options.jurisdiction), readings_of(options.readings)
    accepted = frozenset(options.accept_unconfirmed)
    lens = Lens(book=book, profile=options.profile, readings=readings, accept_unconfirmed=accepted)
    verdict = check(facts=dossier.facts, lens=lens)
    receipt = Receipt(
        engine_version=__version__,
        law_digest=book.digest,
        jurisdiction=options.jurisdiction,
        as_of_on=dossier.facts.as_of_on,
        profile=options.profile,
        readings=readings,
        accept_unconfirmed=tuple(sorted(accepted)),
        inputs_sha256=hashlib.sha256(data).hexdigest(),
        flags=tuple(one.code.value for one in dossier.flags),
    )
    return check_view(facts=dossier.facts, lens=lens, verdict=verdict, receipt=receipt, flags=dossier.flags)


def _explained(view: CheckView, duty: str, *, as_json: bool) -> str:
    """Explain every finding of a duty, the oldest first."""
    from kezek.reports.check_json import duty_json
    from kezek.reports.check_text import as_text

    found = next((one for one in view.duties if one.duty == duty), None)
    if found is None:
        way_out = nearest(duty, [one.duty for one in view.duties])
        raise InputProblem("cli.check.duty", f"There is no duty {duty!r}.", "--explain", way_out)
    ordered = sorted((*found.findings, *found.others), key=lambda one: one.finding.period)
    if as_json:
        return json.dumps(duty_json(found), ensure_ascii=False, indent=2)
    return "\n".join(as_text(one.explanation) for one in ordered).rstrip()


def _files(options: CheckOptions, view: CheckView) -> dict[Path, bytes]:
    """Make the files that were asked for."""
    files: dict[Path, bytes] = {}
    if options.html is not None:
        from kezek.reports.check_page import check_page

        _add(files, options.html, check_page(view).encode())
    if options.pdf is not None:
        from kezek.reports.check_pdf import check_pdf

        _add(files, options.pdf, check_pdf(view))
    if options.ics is not None:
        from kezek.reports.check_calendar import check_calendar

        _add(files, options.ics, check_calendar(view))
    return files


def _add(files: dict[Path, bytes], path: Path, data: bytes) -> None:
    if path in files:
        raise InputProblem("cli.out.twice", "is named for two outputs.", str(path), "Give each its own file.")
    files[path] = data


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
