"""Keys from files, as several commands read them: those of logs and those of witnesses."""

from collections.abc import Sequence
from pathlib import Path

from kezek.evidence.cosignature import WitnessKey, check_witness_keys
from kezek.evidence.error import EvidenceError
from kezek.evidence.signature import Verifier
from kezek.units.problem import InputProblem


def read_file(path: Path, *, most_bytes: int = -1) -> bytes:
    """Read a file, or no more than its first bytes.

    Raises:
        InputProblem: cli.file.unreadable.
    """
    try:
        with path.open("rb") as file:
            return file.read(most_bytes)
    except OSError as error:
        what = f"cannot be read ({error.strerror})."
        raise InputProblem("cli.file.unreadable", what, str(path), "Check the path and its rights.") from error


def log_key(path: Path) -> Verifier:
    """Read the verifier key of a log.

    Raises:
        InputProblem: cli.file.unreadable, evidence.key.form.
    """
    try:
        return Verifier.parse(read_file(path))
    except EvidenceError as error:
        way_out = "Ask the log's operator for its log.vkey."
        raise InputProblem(str(error.code), "is no verifier key.", str(path), way_out) from error


def witness_keys(paths: Sequence[Path], log: Verifier) -> tuple[WitnessKey, ...]:
    """Read the verifier keys of the witnesses that are trusted for a log.

    Raises:
        InputProblem: cli.file.unreadable, evidence.key.form, evidence.cosignature.keys where two are one.
    """
    keys = []
    for path in paths:
        try:
            keys.append(WitnessKey.parse(read_file(path)))
        except EvidenceError as error:
            way_out = "Ask the witness's operator for its witness.vkey."
            raise InputProblem(str(error.code), "is no key of a witness.", str(path), way_out) from error
    try:
        check_witness_keys(keys, log)
    except EvidenceError as error:
        way_out = "Name each witness once, and none that is the log itself."
        raise InputProblem(str(error.code), f"{error.what}.", "--witness", way_out) from error
    return tuple(keys)
