"""The commands of `kezek market`; heavy imports happen inside, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

market_app = typer.Typer(help="A trading session on files: open, bid, close, clear, settle.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder of the session.")]
At = Annotated[
    str | None, typer.Option("--at", help="Moment of the act on Kazakhstan's clock, 2025-10-14T09:40 (default: now).")
]
Law = Annotated[Path | None, typer.Option("--law", help="Folder of another law book.")]


@market_app.command("open")
def open_(
    folder: Folder,
    date: Annotated[str, typer.Option(help="Delivery date; trading happens the day before.")],
    participants: Annotated[Path, typer.Option(help="Table of participants and their sites (CSV, XLSX).")],
    supply: Annotated[Path, typer.Option(help="Table of the declared supply (CSV, XLSX).")],
    prepayments: Annotated[Path | None, typer.Option(help="Table of prepayments (CSV, XLSX).")] = None,
    terms: Annotated[Path | None, typer.Option(help="Terms: reserve prices and charges (TOML).")] = None,
    profile: Annotated[str, typer.Option(help="Profile of the law: described or published.")] = "described",
    reading: Annotated[
        list[str] | None, typer.Option("--reading", help="Choose a position: QUESTION=POSITION.")
    ] = None,
    accept_unconfirmed: Annotated[
        list[str] | None, typer.Option(help="Accept an unconfirmed value of the law by its key.")
    ] = None,
    law: Law = None,
    at: At = None,
) -> None:
    """Open a session in a new folder: terms, participants, prepayments, supply."""
    from kezek.cli.market import OpenOptions, open_command

    accepted = tuple(accept_unconfirmed or ())
    options = OpenOptions(
        folder,
        date,
        participants,
        supply,
        prepayments,
        terms,
        profile,
        tuple(reading or ()),
        accepted,
        law,
        at,
    )
    raise typer.Exit(open_command(options))


@market_app.command()
def prepay(
    folder: Folder,
    table: Annotated[Path, typer.Argument(help="Table of prepayments (CSV, XLSX).")],
    at: At = None,
    law: Law = None,
) -> None:
    """Book prepayments; those after the deadline are refused."""
    from kezek.cli.market import prepay_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(prepay_command(Place(folder, at, law), table))


@market_app.command()
def correct(
    folder: Folder,
    payment: Annotated[str, typer.Argument(help="Id of the payment.")],
    why: Annotated[str, typer.Option(help="Why it is taken back.")],
    at: At = None,
    law: Law = None,
) -> None:
    """Take back a prepayment that was booked by mistake; both bookings stay."""
    from kezek.cli.market import correct_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(correct_command(Place(folder, at, law), payment, why))


@market_app.command()
def supply(
    folder: Folder,
    table: Annotated[Path, typer.Argument(help="Table of supply: publish, revise, withdraw (CSV, XLSX).")],
    at: At = None,
    law: Law = None,
) -> None:
    """Publish, revise or withdraw supply before clearing."""
    from kezek.cli.market import supply_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(supply_command(Place(folder, at, law), table))


@market_app.command()
def suspend(
    folder: Folder,
    operator: Annotated[str, typer.Argument(help="Operator whose licence was suspended.")],
    at: At = None,
    law: Law = None,
) -> None:
    """Suspend an operator before the gate closes; its orders are cancelled."""
    from kezek.cli.market import suspend_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(suspend_command(Place(folder, at, law), operator))


@market_app.command()
def bid(
    folder: Folder,
    papers: Annotated[
        list[Path], typer.Argument(help="Orders (CSV, XLSX, XML) or standing orders (TOML); several may be given.")
    ],
    at: At = None,
    law: Law = None,
) -> None:
    """Take orders, amendments, cancellations and standing orders; every row is acknowledged.

    Exit code 0: every row was taken; 1: a row was refused; 2: a paper cannot be read, and nothing was taken.
    """
    from kezek.cli.market_bids import bid_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(bid_command(Place(folder, at, law), papers))


@market_app.command()
def close(folder: Folder, at: At = None, law: Law = None) -> None:
    """Close the gate: the book is frozen, the log's root breaks exact ties."""
    from kezek.cli.market import close_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(close_command(Place(folder, at, law)))


@market_app.command()
def clear(folder: Folder, at: At = None, law: Law = None) -> None:
    """Clear every hour, split awards into purchases, settle them, write allocation and statements."""
    from kezek.cli.market import clear_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(clear_command(Place(folder, at, law)))


@market_app.command()
def curtail(
    folder: Folder,
    file: Annotated[
        Path | None, typer.Option("--file", help="Table of products and what is left (CSV, XLSX).")
    ] = None,
    product: Annotated[str | None, typer.Option("--product", help="Product, as 2025-10-15/west/07.")] = None,
    kwh: Annotated[int | None, typer.Option("--kwh", min=0, max=10**9, help="What is left of its supply.")] = None,
    at: At = None,
    law: Law = None,
) -> None:
    """Take supply away after clearing; lost purchases are paid back."""
    from kezek.cli.market import curtail_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(curtail_command(Place(folder, at, law), file, product, kwh))


@market_app.command()
def settle(
    folder: Folder,
    readings: Annotated[Path, typer.Option(help="Table of meter readings by site and hour (CSV, XLSX).")],
    prices: Annotated[
        Path | None, typer.Option(help="Prices of the balancing market, where the rule asks for them (CSV, XLSX).")
    ] = None,
    leave_open: Annotated[
        bool,
        typer.Option("--leave-open", help="Settle without missing readings; their hours stay open for good."),
    ] = False,
    at: At = None,
    law: Law = None,
) -> None:
    """Settle what was metered against what was bought."""
    from kezek.cli.market import settle_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(settle_command(Place(folder, at, law), readings, prices, leave_open=leave_open))


@market_app.command()
def publish(
    folder: Folder,
    on: Annotated[
        str | None, typer.Option("--on", help="Day of publication, for the embargo (default: today).")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the publication as JSON.")] = False,
    law: Law = None,
) -> None:
    """Write what everybody may know: volumes, prices, curves; single bids only after the embargo."""
    from kezek.cli.market import publish_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(publish_command(Place(folder, None, law), on, as_json=json))


@market_app.command()
def papers(folder: Folder, law: Law = None) -> None:
    """Write the papers of a cleared session again."""
    from kezek.cli.market import papers_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(papers_command(Place(folder, None, law)))


@market_app.command()
def status(
    folder: Folder,
    kept: Annotated[
        str | None, typer.Option("--kept", help="SIZE:ROOT of the log as an earlier act printed it, to compare.")
    ] = None,
    law: Law = None,
) -> None:
    """Show where a session stands, after calculating its log again and comparing every entry."""
    from kezek.cli.market import status_command
    from kezek.cli.market_folder import Place

    raise typer.Exit(status_command(Place(folder, None, law), kept))


@market_app.command()
def example(
    folder: Annotated[
        Path | None, typer.Argument(help="New folder for a set of files to try a session with.")
    ] = None,
    terms: Annotated[bool, typer.Option("--terms", help="Print the terms that ship with Kezek.")] = False,
) -> None:
    """Write a set of example files, or print the terms of a session."""
    from kezek.cli.market_example import example_command

    raise typer.Exit(example_command(folder, terms=terms))


@market_app.command()
def uptime(
    platform: Annotated[
        Path | None, typer.Argument(help="File of a farm and its marketplace (default: the shipped example).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the faults that are drawn.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report with charts.")] = None,
    template: Annotated[bool, typer.Option("--template", help="Print the shipped file.")] = False,
) -> None:
    """Compare the hours that a person, a naive script and Kezek cover on the same faulty platform."""
    from kezek.cli.uptime import UptimeOptions, run_uptime

    options = UptimeOptions(platform=platform, seed=seed, template=template, as_json=json, html=html)
    raise typer.Exit(run_uptime(options))
