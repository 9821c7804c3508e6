"""`kezek verifier`: write the file with which anybody checks evidence without Kezek."""

import sys
from hashlib import sha256
from pathlib import Path

from kezek.reports.verifier_file import verifier_text
from kezek.units.problem import InputProblem


def verifier_command(out: Path | None) -> None:
    """Write the offline verifier, and its SHA-256 to the standard error, so that it can be published and compared.

    Raises:
        InputProblem: cli.file.unwritable.
    """
    text = verifier_text()
    if out is None:  # as bytes: a terminal that lacks a sign must not change what is run
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        return
    try:
        out.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        what = f"cannot be written ({error.strerror})."
        raise InputProblem("cli.file.unwritable", what, str(out), "Choose another file.") from error
    sys.stderr.write(f"Written: {out}, SHA-256 {sha256(text.encode()).hexdigest()}\n")
