"""What `kezek check` was asked, and how days and readings are read from the command line."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kezek.cli.law import HOME
from kezek.units.problem import InputProblem


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What was asked for on the command line; see the help of `kezek check`."""

    operator: str | None
    example: str | None = None
    as_of: str | None = None
    profile: str = "described"
    readings: tuple[str, ...] = ()
    accept_unconfirmed: tuple[str, ...] = ()
    law: Path | None = None
    jurisdiction: str = HOME
    explain: str | None = None
    as_json: bool = False
    html: Path | None = None
    pdf: Path | None = None
    ics: Path | None = None


def day_of(text: str | None) -> date | None:
    """Read a day, or none.

    Raises:
        InputProblem: cli.date.form.
    """
    if text is None:
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError as error:
        raise InputProblem("cli.date.form", f"{text!r} is no date.", "--as-of", "Write it as 2025-10-15.") from error
    if on.isoformat() != text:
        raise InputProblem("cli.date.form", f"{text!r} is no plain date.", "--as-of", f"Write it as {on}.")
    return on


def readings_of(pairs: tuple[str, ...]) -> dict[str, str]:
    """Read positions chosen by name.

    Raises:
        InputProblem: cli.reading.form, cli.reading.twice.
    """
    readings: dict[str, str] = {}
    for pair in pairs:
        question, equals, position = pair.partition("=")
        if not (question and equals and position):
            way_out = "Write QUESTION=POSITION, as sale.share_2025=s2."
            raise InputProblem("cli.reading.form", f"{pair!r} is no reading.", "--reading", way_out)
        if question in readings:
            what, way_out = f"{question} is chosen twice.", "Give each question once."
            raise InputProblem("cli.reading.twice", what, "--reading", way_out)
        readings[question] = position
    return readings
