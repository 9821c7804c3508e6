"""The `kezek` command. Heavy imports happen inside the commands, so that `--help` answers at once."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kezek.cli import check_options as asked
from kezek.cli.journal_commands import journal_app
from kezek.cli.market_commands import market_app
from kezek.cli.witness_commands import witness_app
from kezek.units.problem import InputProblem

app = typer.Typer(
    name="kezek",
    help="The open system for a country that rations electricity to crypto miners.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
receipt_app = typer.Typer(help="Receipts of purchases.", no_args_is_help=True)
law_app = typer.Typer(help="The book of the law.", no_args_is_help=True)
app.add_typer(receipt_app, name="receipt")
app.add_typer(law_app, name="law")
app.add_typer(market_app, name="market")
app.add_typer(journal_app, name="journal")
app.add_typer(witness_app, name="witness")

EXIT_INPUT = 2
EXIT_UNWRITTEN = 3
EXIT_FAULT = 70
EXIT_INTERRUPTED = 130
MOST_SEED = 2**53 - 1

KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Verifier key of the log (default: log.vkey near the receipt).")
]

LawOption = Annotated[Path | None, typer.Option("--law", help="Folder of another law book.")]
JurisdictionOption = Annotated[str, typer.Option(help="Jurisdiction whose packaged book to read.")]


def _version(asked_for: bool) -> None:
    if asked_for:
        from kezek import __version__

        typer.echo(f"kezek {__version__}")
        raise typer.Exit


@app.callback()
def kezek(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The open system for a country that rations electricity to crypto miners."""


@app.command()
def day(
    date: Annotated[str, typer.Option(help="Delivery date; trading happens the day before.")] = "2025-10-15",
    profile: Annotated[str, typer.Option(help="Profile of the law: described or published.")] = "described",
    reading: Annotated[
        list[str] | None,
        typer.Option("--reading", help="Choose a position on an open question: QUESTION=POSITION."),
    ] = None,
    accept_unconfirmed: Annotated[
        list[str] | None, typer.Option(help="Accept an unconfirmed value of the law by its key.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Chance of the simulated fleet and books.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Output folder (default: out/day-DATE).")] = None,
    scenario: Annotated[
        Path | None, typer.Option(help="Scenario file; `kezek example scenario` prints the default.")
    ] = None,
    fleet: Annotated[Path | None, typer.Option(help="Fleet file; `kezek example fleet` prints the default.")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of another law book.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Run one national day, from surplus to verdict."""
    from kezek.cli.day import DayOptions, run_day_command

    options = DayOptions(
        date, profile, tuple(reading or ()), tuple(accept_unconfirmed or ()), seed, out, scenario, fleet, law, json
    )
    run_day_command(options)


@app.command()
def bid(
    plan: Annotated[Path | None, typer.Argument(help="Plan file (TOML); see --template.")] = None,
    example: Annotated[str | None, typer.Option("--example", help="Plan of a shipped example.")] = None,
    profile: asked.Profile = "described",
    reading: asked.Reading = None,
    accept_unconfirmed: Annotated[
        list[str] | None, typer.Option(help="Accept an unconfirmed value of the law by its key.")
    ] = None,
    law: asked.Law = None,
    json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report with charts.")] = None,
    orders: Annotated[
        Path | None, typer.Option("--orders", help="Write orders for `kezek market bid` (.csv, .xlsx, .xml).")
    ] = None,
    template: Annotated[bool, typer.Option("--template", help="Print a plan file to start from.")] = False,
) -> None:
    """Plan bids for surplus: what power is worth hour by hour with all dues, and what to bid for it."""
    from kezek.cli.bid import BidOptions, run_bid

    options = BidOptions(
        plan,
        example,
        profile,
        tuple(reading or ()),
        tuple(accept_unconfirmed or ()),
        law,
        as_json=json,
        html=html,
        orders=orders,
        template=template,
    )
    raise typer.Exit(run_bid(options))


@app.command()
def check(
    operator: asked.Operator = None,
    example: asked.Example = None,
    as_of: asked.AsOf = None,
    known_on: asked.KnownOn = None,
    profile: asked.Profile = "described",
    reading: asked.Reading = None,
    accept: asked.Accept = None,
    explain: asked.Explain = None,
    json: asked.Json = False,
    html: asked.Html = None,
    pdf: asked.Pdf = None,
    ics: asked.Ics = None,
    new: asked.New = False,
    out: asked.Out = None,
    template: asked.Template = False,
    list_examples: asked.ListExamples = False,
    law: asked.Law = None,
    jurisdiction: asked.Jurisdiction = "kz",
    electricity_cost: asked.ElectricityCost = None,
    own_power_cost: asked.OwnPowerCost = None,
    year: asked.Year = None,
    address_reported: asked.Reported = None,
) -> None:
    """Check an operator's duties: what is breached, at risk, undetermined, met, and why.

    Exit code 0: no duty is breached; 1: a duty is breached; 2: the input cannot be used, or mining is forbidden;
    3: something could not be written; 70: a fault of the program.
    """
    from kezek.cli.check import run_check
    from kezek.cli.check_request import AbroadOptions, CheckOptions, StartOptions

    options = CheckOptions(
        operator,
        example,
        as_of,
        known_on,
        profile,
        tuple(reading or ()),
        tuple(accept or ()),
        law,
        jurisdiction,
        explain,
        json,
        html,
        pdf,
        ics,
        AbroadOptions(electricity_cost, own_power_cost, year, address_reported),
        StartOptions(template, new, out, list_examples),
    )
    raise typer.Exit(run_check(options))


@app.command()
def verify(
    receipt: Annotated[
        Path, typer.Argument(help="Receipt file, of `kezek receipt extract` or `kezek journal receipt`.")
    ],
    key: KeyOption = None,
    rotated: Annotated[
        list[Path] | None,
        typer.Option("--rotated", help="Receipt of a change of the log's key since, oldest first; repeatable."),
    ] = None,
    witness: Annotated[
        list[Path] | None, typer.Option("--witness", help="Verifier key of a witness that you trust; repeatable.")
    ] = None,
    witnesses_needed: Annotated[
        int | None, typer.Option(min=0, help="How many of them must have cosigned (default: all).")
    ] = None,
) -> None:
    """Check a receipt offline: entry, signature, witnesses and place in the log."""
    from kezek.cli.evidence import verify_command

    code = verify_command(
        receipt, key, rotated=rotated or (), witnesses=witness or (), witnesses_needed=witnesses_needed
    )
    raise typer.Exit(code)


@app.command()
def verifier(
    out: Annotated[Path | None, typer.Option("--out", help="File to write (default: the terminal).")] = None,
) -> None:
    """Write the offline verifier: one Python file with which anybody checks evidence without Kezek."""
    from kezek.cli.verifier import verifier_command

    verifier_command(out)


@app.command()
def replay(
    folder: Annotated[Path, typer.Argument(help="Folder that `kezek day` wrote.")],
    key: Annotated[Path | None, typer.Option("--key", help="Verifier key to pin (default: the folder's).")] = None,
    law: Annotated[Path | None, typer.Option(help="Folder of another law book.")] = None,
) -> None:
    """Audit a day's log and calculate the whole day again from it, to the same bytes."""
    from kezek.cli.evidence import replay_command

    raise typer.Exit(replay_command(folder, key, law))


@app.command()
def audit(
    path: Annotated[Path, typer.Argument(help="A journal, its public files, an archive, or what `kezek day` wrote.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="Verifier key that the log began with (default: the log's own).")
    ] = None,
    replay: Annotated[bool, typer.Option("--replay", help="Calculate the market's hours again too.")] = False,
    law: Annotated[Path | None, typer.Option(help="Folder of another law book.")] = None,
) -> None:
    """Derive a log again from its stored bytes to its signed root; name the entry that was tampered with."""
    from kezek.cli.audit import audit_command

    raise typer.Exit(audit_command(path, key, replay=replay, law=law))


@app.command()
def example(
    name: Annotated[str, typer.Argument(help="scenario, fleet, or an operator example, as under-sold.")],
) -> None:
    """Print a shipped file to start one's own from: assumptions of a day, or an operator."""
    from kezek.cli.example import example_command

    example_command(name)


@receipt_app.command("list")
def receipt_list(
    folder: Annotated[Path, typer.Argument(help="Folder that `kezek day` wrote, or its receipts.jsonl.")],
    operator: Annotated[str, typer.Option(help="Only purchases of this operator.")] = "",
) -> None:
    """List the purchases that have a receipt."""
    from kezek.cli.evidence import list_command

    list_command(folder, operator)


@receipt_app.command("extract")
def receipt_extract(
    folder: Annotated[Path, typer.Argument(help="Folder that `kezek day` wrote, or its receipts.jsonl.")],
    purchase: Annotated[str, typer.Argument(help="Id of the purchase.")],
    out: Annotated[Path | None, typer.Option(help="File to write (default: the terminal).")] = None,
) -> None:
    """Take the receipt of one purchase out of the bundle."""
    from kezek.cli.evidence import extract_command

    extract_command(folder, purchase, out)


@law_app.command("show")
def law_show(
    key: Annotated[
        str | None, typer.Argument(help="Key of a quantity, as sale.share_ppm (default: list all).")
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Every value through time, by reading.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Day asked for (default: today in Kazakhstan).")] = None,
    known_on: asked.KnownOn = None,
    profile: Annotated[str, typer.Option(help="Profile of the law: described or published.")] = "described",
    reading: Annotated[
        list[str] | None,
        typer.Option("--reading", help="Choose a position on an open question: QUESTION=POSITION."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    law: LawOption = None,
    jurisdiction: JurisdictionOption = "kz",
) -> None:
    """Show what the law says on a quantity: value, article, source, confidence, who holds which reading."""
    from kezek.cli.law import ShowOptions, show_command

    show_command(ShowOptions(key, history, as_of, known_on, profile, tuple(reading or ()), json, law, jurisdiction))


@law_app.command("coverage")
def law_coverage(
    source: Annotated[str | None, typer.Option(help="Only this source, provision by provision.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    jurisdiction: JurisdictionOption = "kz",
) -> None:
    """Say what of each act and document the book encodes, asks, leaves out or departs from."""
    from kezek.cli.law import coverage_command

    coverage_command(source, as_json=json, jurisdiction=jurisdiction)


@law_app.command("questions")
def law_questions(law: LawOption = None, jurisdiction: JurisdictionOption = "kz") -> None:
    """List the open questions of the law with their positions, for --reading."""
    from kezek.cli.law import questions_command

    questions_command(law, jurisdiction)


@law_app.command("seal")
def law_seal(folder: Annotated[Path, typer.Argument(help="Folder of a law book.")]) -> None:
    """Write book.lock anew after an intended change of a law book."""
    from kezek.cli.law import seal_command

    seal_command(folder)


_USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if issubclass(kind, Exception) and kind.__name__ == "ClickException"
)
"""What Typer raises for a wrong option; it keeps its own copy of Click, so it is found by way of a public class."""


def run() -> None:
    """Run the command line: whatever goes wrong is one line a fault, with an exit code of its own; no traceback."""
    from kezek.cli.output import drop, failed, forgiving, is_full, soften

    soften()
    code = 0
    try:
        code = _run()
        with forgiving():
            pass  # what is still to be written
    except BrokenPipeError:
        drop()
    except InputProblem as problem:
        code = _say(str(problem), EXIT_UNWRITTEN)
    except Exception as error:
        if os.environ.get("KEZEK_TRACEBACK") == "1":
            raise
        if isinstance(error, OSError) and is_full(error):
            code = _say(str(failed("the output", error)), EXIT_UNWRITTEN)
        else:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            way_out = "This is a fault of the program; KEZEK_TRACEBACK=1 shows where. [cli.fault]"
            code = _say(f"{what}. {way_out}", EXIT_FAULT)
    sys.exit(code)


def _run() -> int:
    """Run a command. Gives the exit code: 2 for bad input, of an option or of a file."""
    code = 0
    try:
        code = app(standalone_mode=False) or 0
    except InputProblem as problem:
        wrong = EXIT_UNWRITTEN if problem.code == "cli.out.failed" else EXIT_INPUT
        for one in getattr(problem, "problems", (problem,)):  # a file may be refused for several reasons at once
            code = _say(str(one), wrong)
    except (KeyboardInterrupt, typer.Abort):  # Typer gives most interruptions as the code 130
        code = EXIT_INTERRUPTED
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Typer has printed the help already
            return EXIT_INPUT
        message = str(getattr(error, "format_message", error.__str__)()).rstrip(".")
        code = _say(f"{message}. See --help. [cli.usage]", EXIT_INPUT)
    if code == EXIT_INTERRUPTED:
        _say("interrupted; nothing was left half-written.", code)
    return code


def _say(line: str, code: int) -> int:
    print(f"kezek: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201 - the one line a user sees
    return code
