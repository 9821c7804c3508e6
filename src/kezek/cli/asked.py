"""What several commands read from the command line the same way: days, and readings of the law."""

import os
from datetime import UTC, date, datetime

from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Days outside of these years are slips."""


def today() -> date:
    """Give the day in Kazakhstan: for whoever asks without one."""
    return now().astimezone(ALMATY).date()


def now() -> datetime:
    """Give the moment, to the second: for whoever acts without naming one. All that reads a clock is here."""
    return datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - the edge


def fresh_seed() -> bytes:
    """Draw the seed of a private key from the system. [32 bytes, secret] All that draws chance is here."""
    return os.urandom(32)


def moment_of(text: str | None) -> datetime:
    """Read a moment, on the clock of Kazakhstan unless it states another; without one it is now.

    Raises:
        InputProblem: cli.moment.form, cli.moment.range.

    >>> moment_of("2025-10-14T09:40").isoformat(), moment_of("2025-10-14T04:40:00Z").isoformat()
    ('2025-10-14T04:40:00+00:00', '2025-10-14T04:40:00+00:00')
    """
    if text is None:
        return now()
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        way_out = "Write it as 2025-10-14T09:40, on the clock of Kazakhstan."
        raise InputProblem("cli.moment.form", f"{text!r} is no moment.", "--at", way_out) from error
    if at.microsecond or "T" not in text.upper():
        what, way_out = f"{text!r} is no day and time to the second.", "Write it as 2025-10-14T09:40."
        raise InputProblem("cli.moment.form", what, "--at", way_out)
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        what = f"{text} lies outside the years {FIRST_YEAR} to {LAST_YEAR}."
        raise InputProblem("cli.moment.range", what, "--at", "Look for a slip in the year.")
    return (at if at.tzinfo else at.replace(tzinfo=ALMATY)).astimezone(UTC)


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
