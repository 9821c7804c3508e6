"""What `kezek check` reads and writes: an operator's file in, reports out, each whole or not at all."""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

from kezek.cli.output import failed
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


def text_of(data: bytes, name: str) -> str:
    """Decode an operator's file.

    Raises:
        InputProblem: cli.check.encoding, with the encoding that it probably has.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _encoding(f"is no UTF-8 text (byte {error.start})", data, name) from error
    if "\0" in text:
        raise _encoding("holds zero bytes, which no text has", data, name)
    return text


def _encoding(what: str, data: bytes, name: str) -> InputProblem:
    likely, called = _likely(data)
    guess = f"; it looks like {likely}" if likely else ""
    way_out = "Save it as UTF-8: in an editor by “Save as”, encoding UTF-8"
    way_out += f"; or with: iconv -f {called} -t UTF-8 OLD.toml > NEW.toml." if called else "."
    return InputProblem("cli.check.encoding", f"{what}{guess}.", name, way_out)


def _likely(data: bytes) -> tuple[str, str]:
    """Guess an encoding: its name, and what iconv calls it."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data.count(0) * 4 > len(data):
        return "UTF-16, as Windows Notepad writes “Unicode”", "UTF-16"
    letters = data.decode("cp1251", "replace")
    cyrillic = sum("\u0400" <= one <= "\u04ff" for one in letters)
    high = sum(one > 0x7F for one in data)
    if cyrillic * 2 > high and "operator" in letters:
        return "Windows-1251", "WINDOWS-1251"
    return "", ""


def place_of(path: Path, *, source: str | None) -> Path:
    """Find where a report goes: symbolic links are followed, and only a regular file may be replaced.

    Args:
        source: The operator's file, which no output may replace.

    Raises:
        InputProblem: cli.out.source, cli.out.unwritable.
    """
    target = path.resolve()
    if source not in (None, "-") and target == Path(str(source)).resolve():
        raise InputProblem("cli.out.source", "is the operator's own file.", str(path), "Choose another name.")
    why = _unfit(target)
    if why:
        raise InputProblem("cli.out.unwritable", f"cannot be written: {why}.", str(path), "Name a file to write.")
    return target


def _unfit(target: Path) -> str:
    """Say why nothing can be written to a place; "" where it can."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = 0
    except OSError as error:
        return str(error.strerror)
    if mode and not stat.S_ISREG(mode):
        return next((words for test, words in _NO_FILES if test(mode)), "it is no regular file")
    if not target.parent.is_dir():
        return "there is no such folder"
    return "" if os.access(target.parent, os.W_OK) else "the folder cannot be written to"


_NO_FILES = (
    (stat.S_ISDIR, "it is a folder"),
    (stat.S_ISFIFO, "it is a pipe"),
    (stat.S_ISSOCK, "it is a socket"),
    (stat.S_ISCHR, "it is a device"),
    (stat.S_ISBLK, "it is a device"),
)


def write_all(files: Mapping[Path, bytes]) -> None:
    """Write files to places that `place_of` gave, each beside its place first and then moved there in one step.

    Raises:
        InputProblem: cli.out.failed.
    """
    for path, data in files.items():
        _write(path, data)


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise failed(str(path), error) from error
    finally:
        partial.unlink(missing_ok=True)
