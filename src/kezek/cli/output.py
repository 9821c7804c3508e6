"""The standard output: what cannot be encoded is replaced, a reader who left is no fault, a full disk is one line."""

import codecs
import errno
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kezek.units.problem import InputProblem

UNWRITTEN = "cli.out.failed"
"""Code of what could not be written although the request was right."""
_PLAIN = {
    "₸": "KZT",
    "✗": "x",
    "✓": "+",
    "–": "-",
    "−": "-",
    "—": "-",
    "→": "->",
    "×": "x",
    "·": "*",
    "…": "...",
    "’": "'",
    "“": '"',
    "”": '"',
    "\u00a0": " ",
    "\u202f": " ",
}
"""Signs of the reports in ASCII."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG)


def _in_plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(letter, "?") for letter in error.object[error.start : error.end]), error.end


def soften() -> None:
    """Make both streams write a sign that their encoding lacks in ASCII."""
    codecs.register_error("kezek.plain", _in_plain)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - closed by the caller
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="kezek.plain")


def harmless(text: str) -> str:
    r"""Show signs that could steer a terminal, or begin a line of their own, by their codes.

    >>> print(harmless("a\nVALID \x1b[2J"))
    a\nVALID \x1b[2J
    """
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


def counted(entries: int) -> str:
    """Say how many entries of a log.

    >>> counted(1), counted(0)
    ('1 entry', '0 entries')
    """
    return f"{entries} entr{'y' if entries == 1 else 'ies'}"


def write(text: str) -> None:
    """Write a text to the standard output."""
    sys.stdout.write(text)


def give(text: str, out: Path | None) -> None:
    """Write a text to a file, or to the standard output where none is named.

    Raises:
        InputProblem: cli.file.unwritable.
    """
    if out is None:
        write(text)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        what = f"cannot be written ({error.strerror})."
        raise InputProblem("cli.file.unwritable", what, str(out), "Choose another file.") from error


def write_json(plain: Any) -> None:  # noqa: ANN401 - any JSON
    """Write an object as JSON; letters that the encoding may lack are escaped, so that it stays JSON."""
    unicode = (sys.stdout.encoding or "utf-8").lower().replace("-", "") in ("utf8", "utf8sig")
    write(f"{json.dumps(plain, ensure_ascii=not unicode, indent=2)}\n")


@contextmanager
def forgiving() -> Iterator[None]:
    """Print, and go on where the reader of a pipe has left.

    Raises:
        InputProblem: cli.out.failed where the output could not be written.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        drop()
    except OSError as error:
        drop()
        raise failed("the standard output", error) from error


def failed(place: str, error: OSError) -> InputProblem:
    """Say that something could not be written."""
    return InputProblem(UNWRITTEN, f"cannot be written ({error.strerror}).", place, "Make room, and try again.")


def is_full(error: OSError) -> bool:
    """Tell whether an error is that of a disk that takes no more."""
    return error.errno in _FULL


def drop() -> None:
    """Let the rest of the output go nowhere, so that the interpreter's own last flush cannot fail."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
