"""What several commands read from the command line the same way: days, and readings of the law."""

from datetime import date, datetime

from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Days outside of these years are slips."""


def today() -> date:
    """Give the day in Kazakhstan: for whoever asks without one. The only place of the product that reads a clock."""
    return datetime.now(ALMATY).date()  # noqa: TID251 - the edge


def day_of(text: str | None, option: str = "--as-of") -> date | None:
    """Read a day, or none.

    Args:
        option: The option that gave it, for a refusal.

    Raises:
        InputProblem: cli.date.form, cli.date.range.
    """
    return None if text is None else given_day(text, option)


def given_day(text: str, option: str) -> date:
    """Read a day.

    Raises:
        InputProblem: cli.date.form, cli.date.range.
    """
    try:
        on = date.fromisoformat(text)
    except ValueError as error:
        raise InputProblem("cli.date.form", f"{text!r} is no date.", option, "Write it as 2025-10-15.") from error
    if on.isoformat() != text:
        raise InputProblem("cli.date.form", f"{text!r} is no plain date.", option, f"Write it as {on}.")
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        what = f"{text} lies outside the years {FIRST_YEAR} to {LAST_YEAR}."
        raise InputProblem("cli.date.range", what, option, "Look for a slip in the year.")
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
