"""What `kezek check` was asked, and which options make no sense together."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kezek.cli.law import HOME
from kezek.units.problem import InputProblem, nearest

ABROAD = ("cn", "ru", "us-dame")
"""Jurisdictions whose law is another matter, each with a check of its own."""


@dataclass(frozen=True, slots=True)
class AbroadOptions:
    """What only a check abroad asks: costs as `1 250 000 USD`, the taxable year, whether the address was reported."""

    electricity_cost: str | None = None
    own_power_cost: str | None = None
    year: int | None = None
    address_reported: bool | None = None


@dataclass(frozen=True, slots=True)
class StartOptions:
    """What is no check: a blank file, the interview and where it writes, the list of examples."""

    template: bool = False
    new: bool = False
    out: Path | None = None
    list_examples: bool = False

    @property
    def all_named(self) -> tuple[str, ...]:
        """The options that were given."""
        given = ((self.template, "--template"), (self.new, "--new"), (self.list_examples, "--list-examples"))
        return tuple(name for asked, name in given if asked)

    @property
    def named(self) -> str:
        """The option that was given; "" where none was."""
        return next(iter(self.all_named), "")


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """What was asked for on the command line; see the help of `kezek check`."""

    operator: str | None
    example: str | None = None
    as_of: str | None = None
    known_on: str | None = None
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
    abroad: AbroadOptions = AbroadOptions()
    start: StartOptions = StartOptions()


def require_sense(options: CheckOptions) -> None:
    """Refuse a jurisdiction that has no check, and options without effect.

    Raises:
        InputProblem: law.jurisdiction.unknown, cli.check.input, cli.check.idle.
    """
    known = sorted((HOME, *ABROAD))
    if options.jurisdiction not in known:
        guess = nearest(options.jurisdiction, known)
        way_out = " ".join(dict.fromkeys((guess, f"Known: {', '.join(known)}.")))
        what = f"There is no check for {options.jurisdiction!r}."
        raise InputProblem("law.jurisdiction.unknown", what, "--jurisdiction", way_out)
    start = options.start
    if len(start.all_named) > 1:
        first, second, *_ = start.all_named
        raise InputProblem("cli.check.input", f"goes without {second}.", first, "Choose one of the two.")
    if start.named and (options.operator is not None or options.example is not None):
        who = f"--example {options.example}" if options.example else str(options.operator)
        what = f"goes without a file or an example, and {who} was named."
        raise InputProblem("cli.check.input", what, start.named, f"Leave out {start.named} or {who}.")
    for option, why in _idle(options):
        raise InputProblem("cli.check.idle", f"has no effect {why}.", option, "Leave it out.")


def _idle(options: CheckOptions) -> Iterator[tuple[str, str]]:
    start = options.start
    if start.out is not None and not start.new:
        yield "--out", "without --new"
    if start.named:
        given = (
            ("--explain", options.explain),
            ("--json", options.as_json or None),
            ("--html", options.html),
            ("--pdf", options.pdf),
            ("--ics", options.ics),
            ("--as-of", options.as_of),
            ("--known-on", options.known_on),
        )
        yield from ((option, f"with {start.named}") for option, value in given if value is not None)
    abroad = options.abroad
    dame = (
        ("--electricity-cost", abroad.electricity_cost),
        ("--own-power-cost", abroad.own_power_cost),
        ("--year", abroad.year),
    )
    if options.jurisdiction != "us-dame":
        yield from ((option, "but with --jurisdiction us-dame") for option, value in dame if value is not None)
    if options.jurisdiction != "ru" and abroad.address_reported is not None:
        option = "--reported" if abroad.address_reported else "--not-reported"
        yield option, "but with --jurisdiction ru"
