"""The commands of `kezek journal`; heavy imports happen inside, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

journal_app = typer.Typer(help="A log that only grows: append, publish, prove, keep.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder of the journal.")]
Out = Annotated[Path | None, typer.Option(help="File to write (default: the terminal).")]
Database = Annotated[str, typer.Option(help="sqlite, or postgres (its URL in KEZEK_DATABASE_URL).")]


@journal_app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Name of the log for ever, as kezek.example/market.")],
    database: Database = "sqlite",
) -> None:
    """Begin a journal in a new folder."""
    from kezek.cli.journal import init_command

    raise typer.Exit(init_command(folder, name, database))


@journal_app.command()
def append(
    folder: Folder,
    events: Annotated[str, typer.Argument(help="File with one JSON event a line; - for the standard input.")],
    closed_until: Annotated[
        str | None,
        typer.Option(help="Keep the bodies closed until then (default: a session's until its embargo ends)."),
    ] = None,
) -> None:
    """Append events; sending one twice adds it once."""
    from kezek.cli.journal import append_command

    raise typer.Exit(append_command(folder, events, closed_until))


@journal_app.command()
def publish(folder: Folder) -> None:
    """Sign all that is accepted, ask the witnesses, and bring the public files up to it.

    Exit code 0: published; 1: published, but a witness did not cosign; 2: nothing may be published.
    """
    from kezek.cli.journal import publish_command

    raise typer.Exit(publish_command(folder))


@journal_app.command()
def status(folder: Folder, json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Say where a journal stands: accepted, integrated, published."""
    from kezek.cli.journal import status_command

    raise typer.Exit(status_command(folder, as_json=json))


@journal_app.command("list")
def list_(
    folder: Folder,
    start: Annotated[int, typer.Option("--from", min=0, help="First entry.")] = 0,
    most: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
) -> None:
    """List entries: place, moment, kind, key."""
    from kezek.cli.journal import list_command

    raise typer.Exit(list_command(folder, start, most))


@journal_app.command()
def receipt(folder: Folder, key: Annotated[str, typer.Argument(help="Key of the event.")], out: Out = None) -> None:
    """Give the receipt of an event, for `kezek verify`; exit code 1 while it is not published."""
    from kezek.cli.journal import receipt_command

    raise typer.Exit(receipt_command(folder, key, out))


@journal_app.command()
def growth(
    folder: Folder,
    since: Annotated[int, typer.Option(min=0, help="Size in the second line of the older checkpoint.")],
    out: Out = None,
) -> None:
    """Give the text that shows that the log only grew since an older checkpoint; witnesses take it too."""
    from kezek.cli.journal import growth_command

    raise typer.Exit(growth_command(folder, since, out))


@journal_app.command()
def witness(
    folder: Folder,
    vkey: Annotated[Path, typer.Argument(help="Key of the witness, its witness.vkey.")],
    url: Annotated[str, typer.Option(help="Where it is asked whenever the journal is published.")] = "",
) -> None:
    """Collect the cosignatures of a witness from now on."""
    from kezek.cli.journal import witness_command

    raise typer.Exit(witness_command(folder, vkey, url))


@journal_app.command()
def cosign(
    folder: Folder,
    answer: Annotated[Path, typer.Argument(help="What the witness answered, as `kezek witness cosign` writes it.")],
) -> None:
    """Keep the answer of a witness that was asked by hand."""
    from kezek.cli.journal import cosign_command

    raise typer.Exit(cosign_command(folder, answer))


@journal_app.command()
def rotate(folder: Folder) -> None:
    """Change the log's key; the old one signs for the new one."""
    from kezek.cli.journal import rotate_command

    raise typer.Exit(rotate_command(folder))


@journal_app.command()
def disclose(folder: Folder, key: Annotated[str, typer.Argument(help="Key of the event.")]) -> None:
    """Print the personal data kept beside an event, with the salts that prove it."""
    from kezek.cli.journal import disclose_command

    raise typer.Exit(disclose_command(folder, key))


@journal_app.command()
def forget(folder: Folder, key: Annotated[str, typer.Argument(help="Key of the event.")]) -> None:
    """Destroy the personal data kept beside an event; the log stays whole."""
    from kezek.cli.journal import forget_command

    raise typer.Exit(forget_command(folder, key))


@journal_app.command()
def export(
    folder: Folder,
    target: Annotated[Path, typer.Argument(help="Folder to write.")],
    with_private: Annotated[
        bool, typer.Option("--with-private", help="Also the personal data kept beside the log.")
    ] = False,
) -> None:
    """Write all that is signed as plain files: entries, tiles, checkpoints."""
    from kezek.cli.journal import export_command

    raise typer.Exit(export_command(folder, target, with_private=with_private))


@journal_app.command("import")
def import_(
    source: Annotated[Path, typer.Argument(help="Folder that `kezek journal export` wrote.")],
    folder: Folder,
    signing_key: Annotated[Path, typer.Option(help="Private key of the log, to go on signing with.")],
    key: Annotated[
        Path | None, typer.Option("--key", help="Verifier key that the log began with (default: the archive's).")
    ] = None,
    database: Database = "sqlite",
) -> None:
    """Bring an archive back, if every byte of it leads to what was signed."""
    from kezek.cli.journal import import_command

    raise typer.Exit(import_command(source, folder, key, signing_key, database))
