"""`kezek law`: look things up in the book of the law, list its questions, seal it. The shell's way to open a book."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from kezek.law.book import Book, load_book, seal
from kezek.law.history import history_of, holding, near_keys
from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

HOME = "kz"


def open_book(folder: Path | None = None, jurisdiction: str = HOME) -> Book:
    """Open a law book by way of the user's cache folder: the one in a folder, or the packaged one of a jurisdiction.

    Raises:
        BookProblem: law.file.*. InputProblem: law.jurisdiction.unknown.
    """
    return load_book(folder, jurisdiction=jurisdiction, cache=cache_folder(os.environ, sys.platform))


def cache_folder(environment: Mapping[str, str], platform: str) -> Path | None:
    """Name the folder for what can be made again, as the system wants it; None where the user has no home.

    >>> str(cache_folder({"XDG_CACHE_HOME": "/var/cache/me", "HOME": "/me"}, "linux"))
    '/var/cache/me/kezek'
    """
    home = environment.get("USERPROFILE" if platform == "win32" else "HOME", "")
    if platform == "win32":
        base = environment.get("LOCALAPPDATA", "")
    elif platform == "darwin":
        base = f"{home}/Library/Caches" if home else ""
    else:
        asked = environment.get("XDG_CACHE_HOME", "")
        base = asked if asked.startswith("/") else f"{home}/.cache" if home else ""
    return Path(base) / "kezek" if base else None


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What `kezek law show` was asked; see its help."""

    key: str | None
    history: bool
    as_of: str | None
    profile: str
    readings: tuple[str, ...]
    as_json: bool
    law: Path | None
    jurisdiction: str


def show_command(options: ShowOptions) -> None:
    """Show one quantity as it holds on a day, with its history if asked; without a key, list them all.

    Raises:
        InputProblem: law.key.unknown, law.profile.unknown, law.reading.unknown, cli.date.form, cli.reading.*;
            BookProblem where the book is not right.
    """
    from kezek.cli import law_view

    book = open_book(options.law, options.jurisdiction)
    if options.key is None:
        _show_keys(book, as_json=options.as_json)
        return
    history = history_of(book, options.key)
    holds = holding(
        book,
        options.key,
        on=_day(options.as_of),
        profile=options.profile,
        readings=_readings(options.readings),
    )
    asked_by = _duties_asking(options.key)
    if options.as_json:
        plain = law_view.plain_show(book, history, holds, with_history=options.history)
        _print_json({**plain, "asked_by": asked_by})
    else:
        law_view.print_show(_console(), history, holds, asked_by, with_history=options.history)


def _duties_asking(key: str) -> list[str]:
    """Name the duties that may ask a key."""
    from kezek.duties.check import DUTIES

    return [name for name, duty in DUTIES.items() if key in duty.reads]


def _show_keys(book: Book, *, as_json: bool) -> None:
    from kezek.cli import law_view

    if as_json:
        _print_json({key: quantity.title for key, quantity in sorted(book.quantities.items())})
    else:
        law_view.print_keys(_console(), book)


def coverage_command(source: str | None, *, as_json: bool, jurisdiction: str) -> None:
    """Say what of each act and document is encoded, asked, left out or departed from; of one source, all of it.

    Raises:
        InputProblem: law.source.unknown; BookProblem: law.file.missing where the book has no fidelity file.
    """
    from kezek.cli import law_view
    from kezek.law.fidelity import coverage, load_fidelity

    book = open_book(jurisdiction=jurisdiction)
    if source is not None and source not in book.sources:
        what = f"The book has no source {source!r}."
        way_out = near_keys(source, book.sources, listing="kezek law coverage")
        raise InputProblem("law.source.unknown", what, "--source", way_out)
    fidelity = load_fidelity(jurisdiction=jurisdiction)
    if source is not None and as_json:
        _print_json([law_view.plain_provision(one) for one in fidelity.of(source)])
    elif source is not None:
        law_view.print_provisions(_console(), book.sources[source], fidelity.of(source))
    elif as_json:
        _print_json({key: {str(how): n for how, n in row.items()} for key, row in coverage(book, fidelity).items()})
    else:
        law_view.print_coverage(_console(), coverage(book, fidelity))


def questions_command(folder: Path | None, jurisdiction: str = HOME) -> None:
    """Print every open question, who holds which position, and what each profile takes."""
    for key, question in sorted(open_book(folder, jurisdiction).questions.items()):
        sys.stdout.write(f"{key}: {question.text}\n")
        for name, position in question.positions.items():
            takers = [profile for profile, taken in question.defaults.items() if taken.position == name]
            taken = f" [{', '.join(takers)}]" if takers else ""
            sys.stdout.write(f"  --reading {key}={name}{taken}  {position.why.rstrip('.')} ({position.holder})\n")


def seal_command(folder: Path) -> None:
    """Seal a law book and say where."""
    sys.stdout.write(f"sealed: {seal(folder)}\n")


def _console() -> Console:
    return Console(markup=False, highlight=False)


def _print_json(plain: Any) -> None:  # noqa: ANN401 - any JSON
    sys.stdout.write(f"{json.dumps(plain, ensure_ascii=False, indent=2)}\n")


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(ALMATY).date()  # noqa: TID251 - the edge: whoever asks without a day means today
    try:
        on = date.fromisoformat(text)
    except ValueError as error:
        raise InputProblem("cli.date.form", f"{text!r} is no date.", "--as-of", "Write it as 2025-10-15.") from error
    if on.isoformat() != text:
        raise InputProblem("cli.date.form", f"{text!r} is no plain date.", "--as-of", f"Write it as {on}.")
    return on


def _readings(pairs: tuple[str, ...]) -> dict[str, str]:
    readings: dict[str, str] = {}
    for pair in pairs:
        question, equals, position = pair.partition("=")
        if not (question and equals and position):
            way_out = "Write QUESTION=POSITION, as sale.share_2025=s2."
            raise InputProblem("cli.reading.form", f"{pair!r} is no reading.", "--reading", way_out)
        if question in readings:
            raise InputProblem(
                "cli.reading.twice", f"{question} is chosen twice.", "--reading", "Give each question once."
            )
        readings[question] = position
    return readings
