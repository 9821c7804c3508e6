"""The `kezek` command. Heavy imports happen inside the commands, so that `--help` answers at once."""

import sys
from pathlib import Path
from typing import Annotated

import typer

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

EXIT_INPUT = 2
EXIT_INTERRUPTED = 130
MOST_SEED = 2**53 - 1

KeyOption = Annotated[
    Path | None, typer.Option("--key", help="Verifier key of the log (default: log.vkey near the receipt).")
]


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
def verify(
    receipt: Annotated[Path, typer.Argument(help="Receipt file, as `kezek receipt extract` gives it.")],
    key: KeyOption = None,
) -> None:
    """Check a receipt offline: entry, signature and place in the log."""
    from kezek.cli.evidence import verify_command

    raise typer.Exit(verify_command(receipt, key))


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
def example(name: Annotated[str, typer.Argument(help="scenario or fleet")]) -> None:
    """Print a shipped file of assumptions, to start one's own from."""
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


@law_app.command("questions")
def law_questions(
    law: Annotated[Path | None, typer.Option(help="Folder of another law book.")] = None,
) -> None:
    """List the open questions of the law with their positions, for --reading."""
    from kezek.cli.example import questions_command

    questions_command(law)


@law_app.command("seal")
def law_seal(folder: Annotated[Path, typer.Argument(help="Folder of a law book.")]) -> None:
    """Write book.lock anew after an intended change of a law book."""
    from kezek.cli.example import seal_command

    seal_command(folder)


_USAGE_ERROR: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if issubclass(kind, Exception) and kind.__name__ == "ClickException"
)
"""What Typer raises for a wrong option; it keeps its own copy of Click, so it is found by way of a public class."""


def run() -> None:
    """Run the command line: bad input, of an option or of a file, is one line and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except InputProblem as problem:
        code = _say(str(problem), EXIT_INPUT)
    except (KeyboardInterrupt, typer.Abort):  # Typer gives most interruptions as the code 130
        code = EXIT_INTERRUPTED
    except _USAGE_ERROR as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Typer has printed the help already
            sys.exit(EXIT_INPUT)
        message = str(getattr(error, "format_message", error.__str__)()).rstrip(".")
        code = _say(f"{message}. See --help. [cli.usage]", EXIT_INPUT)
    if code == EXIT_INTERRUPTED:
        _say("interrupted; nothing was left half-written.", code)
    sys.exit(code or 0)


def _say(line: str, code: int) -> int:
    print(f"kezek: {' '.join(line.split())}", file=sys.stderr)  # noqa: T201 - the one line a user sees
    return code
