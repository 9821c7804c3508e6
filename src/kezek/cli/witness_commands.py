"""The commands of `kezek witness`; heavy imports happen inside, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated

import typer

witness_app = typer.Typer(help="A witness: it cosigns logs that only grow.", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(help="Folder of the witness.")]


@witness_app.command()
def init(
    folder: Folder,
    name: Annotated[str, typer.Option(help="Name of the witness, as witness.example.kz/1.")],
) -> None:
    """Begin a witness in a new folder, under a new key; prints the key to publish."""
    from kezek.cli.witness import init_command

    raise typer.Exit(init_command(folder, name))


@witness_app.command()
def add(
    folder: Folder,
    log: Annotated[Path, typer.Argument(help="Verifier key of a log, as log.vkey.")],
) -> None:
    """Trust a log, or a further key of one after a rotation."""
    from kezek.cli.witness import add_command

    raise typer.Exit(add_command(folder, log))


@witness_app.command()
def cosign(
    folder: Folder,
    request: Annotated[Path, typer.Argument(help="Request: old size, proof, checkpoint; - for standard input.")],
    out: Annotated[Path | None, typer.Option(help="File for the cosignature (default: the terminal).")] = None,
) -> None:
    """Cosign a checkpoint if the log only grew since the last one. Exit code 1 where it is refused."""
    from kezek.cli.witness import cosign_command

    raise typer.Exit(cosign_command(folder, request, out))


@witness_app.command()
def status(folder: Folder) -> None:
    """Say which logs are watched and what was cosigned last."""
    from kezek.cli.witness import status_command

    raise typer.Exit(status_command(folder))


@witness_app.command()
def serve(
    folder: Folder,
    listen: Annotated[str, typer.Option(help="Address and port.")] = "127.0.0.1:8471",
) -> None:
    """Answer POST /add-checkpoint over HTTP until it is told to stop."""
    from kezek.cli.witness_server import serve_command

    raise typer.Exit(serve_command(folder, listen))
