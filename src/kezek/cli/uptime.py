"""`kezek market uptime`: the hours that a person, a naive script and Kezek cover on the same faulty platform."""

from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from kezek.cli.check_files import place_of, text_of, write_all
from kezek.cli.output import forgiving, write, write_json
from kezek.cli.screen import screen
from kezek.planning.platform_file import PlatformFile, example_platform, read_platform
from kezek.planning.purchasing import Buyer, Comparison, compare_buyers, share_ppm
from kezek.reports import amounts
from kezek.reports.uptime_words import (
    BUYERS,
    UptimeView,
    ahead_lines,
    bound_words,
    headline,
    missed_words,
    outage_words,
    refusal_words,
    span,
    summary_rows,
    uptime,
    uptime_json,
)
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem

SHIPPED = "shipped example"
MOST_BYTES = 1 << 20
MOST_SEED = (1 << 63) - 1
_WIDEST = 80
_NARROWEST = 20
"""Letters a line has at least, however narrow the screen."""


@dataclass(frozen=True, slots=True)
class UptimeOptions:
    """What was asked for on the command line.

    Args:
        platform: File of the farm and its marketplace; None for the one that ships with Kezek.
        seed: Seed of the faults that are drawn, from 0.
        template: Print the shipped file, and nothing else.
        as_json: Print JSON instead of the tables.
        html: Where to write the report.
    """

    platform: Path | None = None
    seed: int = 1
    template: bool = False
    as_json: bool = False
    html: Path | None = None


def run_uptime(options: UptimeOptions) -> int:
    """Compare the buyers, write the report if one was asked for, then show the comparison. Gives the exit code, 0.

    Raises:
        InputProblem: cli.uptime.options, .seed, .unreadable, .size; cli.check.encoding; cli.out.*;
            planning.platform.*.
    """
    if options.template:
        _print_template(options)
        return 0
    if not 0 <= options.seed <= MOST_SEED:
        what = f"{options.seed} is no seed."
        raise InputProblem("cli.uptime.seed", what, "--seed", "Give a whole number from 0 to 2**63 - 1.")
    source = None if options.platform is None else str(options.platform)
    target = None if options.html is None else place_of(options.html, source=source)
    view = compare_in_file(options)
    if target is not None:
        from kezek.reports.uptime_page import uptime_page

        write_all({target: uptime_page(view).encode()})
    with forgiving():
        if options.as_json:
            write_json(uptime_json(view))
        else:
            show_uptime(console=screen(), view=view)
            if options.html is not None:
                write(f"\nWritten: {options.html}\n")
    return 0


def _print_template(options: UptimeOptions) -> None:
    given = ((options.platform, "a file"), (options.html, "--html"), (options.as_json or None, "--json"))
    named = [name for value, name in given if value is not None]
    if named:
        what = f"--template prints a file and does nothing with {', '.join(named)}."
        raise InputProblem("cli.uptime.options", what, "--template", "Give it alone.")
    with forgiving():
        write(example_platform())


def compare_in_file(options: UptimeOptions) -> UptimeView:
    """Read the file and let the buyers buy.

    Raises:
        InputProblem: cli.uptime.unreadable, .size; cli.check.encoding; planning.platform.*.
    """
    name = SHIPPED if options.platform is None else str(options.platform)
    text = example_platform() if options.platform is None else _text(options.platform)
    file: PlatformFile = read_platform(text=text, name=name)
    stream = Stream(options.seed, "uptime")
    comparison = compare_buyers(case=file.case(stream=stream), stream=stream)
    return UptimeView(comparison, file.delivery_on, name, options.seed)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check the name; --template prints a right file."
        raise InputProblem("cli.uptime.unreadable", what, str(path), way_out) from error
    if len(data) > MOST_BYTES:
        raise InputProblem("cli.uptime.size", "is larger than 1 MiB.", str(path), "Give the platform's TOML file.")
    return text_of(data, str(path))


def show_uptime(*, console: Console, view: UptimeView) -> None:
    """Print the comparison: what was known ahead, the three buyers side by side, and hour by hour."""
    width = min(console.width, _WIDEST)
    _line(console, headline(view), width, "bold")
    _line(console, bound_words(view), width)
    lots = sum(one.lots for one in view.comparison.ahead)
    about = (
        f"{amounts.day(view.delivery_on)}, {amounts.mwh(view.comparison.needed_kwh)} in "
        f"{amounts.noun(lots, 'purchase', 'purchases')}; {view.source}, seed\u00a0{view.seed}."
    )
    _line(console, f"{about} A simulation: the faults are assumptions of the file.", width, "dim")
    _head(console, "KNOWN AHEAD, BEFORE THE FIRST REQUEST")
    for label, words in ahead_lines(view.comparison.ahead):
        _labelled(console, label, words, width)
    _head(console, "UNDER THE SAME FAULTS")
    _labelled(console, "Announced", f"outages: {outage_words(view, view.comparison.case.announced)}", width)
    _labelled(console, "Surprise", f"outages: {outage_words(view, view.comparison.case.surprises)}", width)
    console.print(_summary(view), soft_wrap=True)
    for buyer, name in BUYERS.items():
        _labelled(console, name, f"not taken: {refusal_words(view.comparison.results[buyer])}", width)
    _head(console, "HOUR BY HOUR: SHARE COVERED BEFORE THE HOUR STARTS, %")
    console.print(_hours(view.comparison), soft_wrap=True)
    for buyer, name in BUYERS.items():
        _labelled(console, name, f"hours not covered whole: {missed_words(view, buyer)}", width)


def _line(console: Console, words: str, width: int, style: str = "") -> None:
    _labelled(console, "", words, width, style=style, indent=0)


def _head(console: Console, title: str) -> None:
    console.print()
    console.print(title, style="bold", soft_wrap=True)


def _labelled(console: Console, label: str, words: str, width: int, *, style: str = "", indent: int = 12) -> None:
    """Print words wrapped to the screen, the label in front of their first line."""
    import textwrap

    from kezek.reports.check_text import spaced

    parts = textwrap.wrap(amounts.tight(words), max(width - indent, _NARROWEST), break_on_hyphens=False)
    for nth, part in enumerate(parts):
        lead = f"  {label if nth == 0 else '':<{indent - 2}}" if indent else ""
        console.print(f"{lead}{spaced(part)}", style=style, soft_wrap=True)


def _table(first: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(first, no_wrap=True)
    return table


def _summary(view: UptimeView) -> Table:
    table = _table("")
    for name in (*BUYERS.values(), "possible"):
        table.add_column(name, justify="right", no_wrap=True, min_width=8, style="bold" if name == "Kezek" else "")
    for row in summary_rows(view):
        table.add_row(*(cell.replace(amounts.THIN, " ") for cell in row))
    return table


def _hours(comparison: Comparison) -> Table:
    table = _table("hour")
    names = ("need MWh", *BUYERS.values(), "possible", "slack ahead")
    for name in names:
        table.add_column(name, justify="right", no_wrap=True, style="bold" if name == "Kezek" else "")
    for nth, ahead in enumerate(comparison.ahead):
        hour = ahead.hour
        covered = [comparison.results[buyer].hours[nth].covered_kwh for buyer in Buyer]
        cells = [_percent(kwh, hour.needed_kwh) for kwh in (*covered, comparison.bound_kwh[nth])]
        slack = "–" if ahead.slack_s is None else span(ahead.slack_s)
        label = hour.label.replace("(second)", "2nd")
        need = amounts.mwh(hour.needed_kwh).removesuffix(f"{amounts.THIN}MWh").replace(amounts.THIN, " ")
        table.add_row(label, need, *cells, slack, style="red" if ahead.lots_short else "yellow" if ahead.risk else "")
    return table


def _percent(part_kwh: int, whole_kwh: int) -> str:
    """Write a share to a tenth, rounded down; a dash where nothing is needed."""
    if not whole_kwh:
        return "–"
    return uptime(share_ppm(part=part_kwh, whole=whole_kwh)).removesuffix(f"{amounts.THIN}%")
