"""`kezek check`: judge an operator's file by the law, and show, print or write the verdict."""

import hashlib
import shlex
import sys
from pathlib import Path

from kezek import __version__
from kezek.cli.asked import day_of, readings_of
from kezek.cli.check_files import place_of, read_input, text_of, write_all
from kezek.cli.check_request import ABROAD, CheckOptions, require_sense
from kezek.cli.law import HOME, open_book
from kezek.cli.output import forgiving, write, write_json
from kezek.dossier.read import Dossier, read_dossier
from kezek.duties.check import check
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.reports.check_model import CheckView, DutyView, check_view
from kezek.reports.check_receipt import Receipt
from kezek.units.problem import InputProblem, nearest

EXIT_BREACHED = 1


def run_check(options: CheckOptions) -> int:
    """Check at home, or by the book of another jurisdiction, or give a file to start from. Gives the exit code.

    Raises:
        InputProblem: anything that a user can mend.
    """
    if options.jurisdiction in ABROAD:
        from kezek.cli.check_abroad import abroad_command

        return abroad_command(options)
    require_sense(options)
    if options.start.named:
        from kezek.cli.check_start import start_command

        return start_command(options.start)
    return check_command(options)


def check_command(options: CheckOptions) -> int:
    """Check an operator, write what was asked for, then show the verdict or print it as JSON.

    All places are looked at first, and everything is worked out before anything is written. Gives the exit code: 1
    where a duty is breached, else 0.

    Raises:
        InputProblem: anything that a user can mend; cli.out.failed where something could not be written.
    """
    places = _places(options)
    name, data = read_input(options.operator, options.example)
    dossier = read_dossier(text=text_of(data, name), name=name, as_of=day_of(options.as_of))
    view = _view(options, dossier, data)
    explained = None if options.explain is None else _explained(view, options.explain)
    files = {kind: _made(kind, view) for kind in places}
    empty = "ics" in places and not any(not one.ahead.done for one in view.ahead)
    if empty:
        del files["ics"]
    write_all({places[kind].resolve(): made for kind, made in files.items()})
    said = [f"Written: {places[kind]}" for kind in files]
    said += [f"Not written, since no deadline lies ahead: {places['ics']}"] if empty else []
    with forgiving():
        _show(options, view, explained)
        if said and not options.as_json:
            write("\n".join(["", *said, ""]))
        elif empty:
            sys.stderr.write(f"kezek: {said[-1]}\n")
    return EXIT_BREACHED if any(status is Status.BREACHED for status, _ in view.groups) else 0


def _show(options: CheckOptions, view: CheckView, explained: DutyView | None) -> None:
    from kezek.reports.check_json import check_json, duty_json

    if explained is not None and options.as_json:
        write_json(duty_json(explained))
    elif explained is not None:
        write(f"{_steps(explained)}\n")
    elif options.as_json:
        write_json(check_json(view))
    else:
        from kezek.cli.check_terminal import show_check
        from kezek.cli.screen import screen

        again = "" if options.operator == "-" else f"kezek check {_again(options)} --explain"
        show_check(console=screen(), view=view, command=again)


def _places(options: CheckOptions) -> dict[str, Path]:
    """Look at every place that a report is to go to, before anything is judged.

    Raises:
        InputProblem: cli.out.source, .twice, .unwritable.
    """
    asked = {"html": options.html, "pdf": options.pdf, "ics": options.ics}
    places = {kind: path for kind, path in asked.items() if path is not None}
    targets: set[Path] = set()
    for path in places.values():
        target = place_of(path, source=options.operator)
        if target in targets:
            raise InputProblem("cli.out.twice", "is named for two outputs.", str(path), "Give each its own file.")
        targets.add(target)
    return places


def _again(options: CheckOptions) -> str:
    """Write the options that make the same check."""
    who = f"--example {options.example}" if options.example else shlex.quote(str(options.operator))
    profile = options.profile if options.profile != "described" else None
    law = shlex.quote(str(options.law)) if options.law else None
    single = (("--as-of", options.as_of), ("--known-on", options.known_on), ("--profile", profile), ("--law", law))
    said = [f"{name} {value}" for name, value in single if value]
    said += [f"--reading {shlex.quote(one)}" for one in options.readings]
    said += [f"--accept-unconfirmed {shlex.quote(key)}" for key in options.accept_unconfirmed]
    return " ".join((who, *said))


def _view(options: CheckOptions, dossier: Dossier, data: bytes) -> CheckView:
    book, readings = open_book(options.law, HOME), readings_of(options.readings)
    accepted = frozenset(options.accept_unconfirmed)
    known_on = day_of(options.known_on, "--known-on")
    lens = Lens(book=book, profile=options.profile, readings=readings, accept_unconfirmed=accepted, known_on=known_on)
    verdict = check(facts=dossier.facts, lens=lens)
    receipt = Receipt(
        engine_version=__version__,
        law_digest=book.digest,
        jurisdiction=HOME,
        as_of_on=dossier.facts.as_of_on,
        profile=options.profile,
        readings=readings,
        accept_unconfirmed=tuple(sorted(accepted)),
        inputs_sha256=hashlib.sha256(data).hexdigest(),
        flags=tuple(one.code.value for one in dossier.flags),
        known_on=known_on,
    )
    return check_view(facts=dossier.facts, lens=lens, verdict=verdict, receipt=receipt, flags=dossier.flags)


def _explained(view: CheckView, duty: str) -> DutyView:
    """Find the duty to explain.

    Raises:
        InputProblem: cli.check.duty.
    """
    found = next((one for one in view.duties if one.duty == duty), None)
    if found is None:
        way_out = nearest(duty, [one.duty for one in view.duties])
        raise InputProblem("cli.check.duty", f"There is no duty {duty!r}.", "--explain", way_out)
    return found


def _steps(duty: DutyView) -> str:
    """Explain every finding of a duty, the oldest first."""
    from kezek.reports.check_text import as_text

    ordered = sorted((*duty.findings, *duty.others), key=lambda one: one.finding.period)
    lead = f"{duty.title}: {len(ordered)} periods, the oldest first.\n\n" if len(ordered) > 1 else ""
    return lead + "\n".join(as_text(one.explanation, one.gives) for one in ordered).rstrip()


def _made(kind: str, view: CheckView) -> bytes:
    """Make one report."""
    if kind == "html":
        from kezek.reports.check_page import check_page

        return check_page(view).encode()
    if kind == "pdf":
        from kezek.reports.check_pdf import check_pdf

        return check_pdf(view)
    from kezek.reports.check_calendar import check_calendar

    return check_calendar(view)
