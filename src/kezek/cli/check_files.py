"""What `kezek check` reads and writes: an operator's file in, reports out, each whole or not at all."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from kezek.dossier.example import example_text
from kezek.units.problem import InputProblem

MOST_BYTES = 4 << 20
"""An operator file is text that somebody wrote; anything larger is something else."""


def read_input(operator: str | None, example: str | None) -> tuple[str, bytes]:
    """Read the operator's file, the standard input for `-`, or a shipped example: its name and its bytes.

    Raises:
        InputProblem: cli.check.input, .unreadable, .size; dossier.example.unknown.
    """
    if (operator is None) == (example is None):
        what = "Nobody was named to check." if operator is None else "A file and an example were named."
        way_out = "Give a file, - for the standard input, or --example under-sold; --template prints an empty file."
        raise InputProblem("cli.check.input", what, "", way_out)
    if example is not None:
        return f"example {example}", example_text(example).encode()
    if operator == "-":
        return "standard input", _limited(sys.stdin.buffer.read(MOST_BYTES + 1), "standard input")
    return str(operator), _read(Path(str(operator)))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return _limited(file.read(MOST_BYTES + 1), str(path))
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check the name; --template prints an empty file."
        raise InputProblem("cli.check.unreadable", what, str(path), way_out) from error


def _limited(data: bytes, name: str) -> bytes:
    if len(data) > MOST_BYTES:
        raise InputProblem("cli.check.size", "is larger than 4 MiB.", name, "Give the operator's TOML file.")
    return data


def write_all(files: Mapping[Path, bytes], *, source: str | None) -> None:
    """Write files, each beside its place first and then moved there in one step.

    Args:
        source: The operator's file, which no output may replace.

    Raises:
        InputProblem: cli.out.source, cli.out.unwritable.
    """
    for path in files:
        if source not in (None, "-") and path.resolve() == Path(str(source)).resolve():
            raise InputProblem("cli.out.source", "is the operator's own file.", str(path), "Choose another name.")
    for path, data in files.items():
        _write(path, data)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        if path.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        what = f"cannot be written ({error.strerror})."
        way_out = "Choose a place you may write to."
        raise InputProblem("cli.out.unwritable", what, str(path), way_out) from error
    finally:
        partial.unlink(missing_ok=True)
