"""`kezek law`: look things up in the book of the law, list its questions, seal it. The shell's way to open a book."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console

from kezek.cli.asked import day_of, given_day, readings_of, today
from kezek.cli.output import write, write_json
from kezek.cli.screen import screen
from kezek.law.book import Book, load_book, seal
from kezek.law.history import history_of, holding, near_keys
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
    known_on: str | None
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
        readings=readings_of(options.readings),
        known_on=day_of(options.known_on, "--known-on"),
    )
    asked_by = _duties_asking(options.key)
    if options.as_json:
        plain = law_view.plain_show(book, history, holds, with_history=options.history)
        write_json({**plain, "asked_by": asked_by})
    else:
        law_view.print_show(_console(), history, holds, asked_by, with_history=options.history)


def _duties_asking(key: str) -> list[str]:
    """Name the duties that may ask a key."""
    from kezek.duties.check import DUTIES

    return [name for name, duty in DUTIES.items() if key in duty.reads]


def _show_keys(book: Book, *, as_json: bool) -> None:
    from kezek.cli import law_view

    if as_json:
        write_json({key: quantity.title for key, quantity in sorted(book.quantities.items())})
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
        write_json([law_view.plain_provision(one) for one in fidelity.of(source)])
    elif source is not None:
        law_view.print_provisions(_console(), book.sources[source], fidelity.of(source))
    elif as_json:
        write_json({key: {str(how): n for how, n in row.items()} for key, row in coverage(book, fidelity).items()})
    else:
        law_view.print_coverage(_console(), coverage(book, fidelity))


def questions_command(folder: Path | None, jurisdiction: str = HOME) -> None:
    """Print every open question, who holds which position, and what each profile takes, wrapped to the terminal."""
    from kezek.cli import law_view

    law_view.print_questions(_console(), open_book(folder, jurisdiction))


def seal_command(folder: Path) -> None:
    """Seal a law book and say where."""
    write(f"sealed: {seal(folder)}\n")


def _console() -> Console:
    return screen()


def _day(text: str | None) -> date:
    if text is None:
        return today()
    return given_day(text, "--as-of")
