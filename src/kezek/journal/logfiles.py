"""Read the four files of a log folder back as bytes; whether they are believed is the room `evidence`'s to say."""

from dataclasses import dataclass
from pathlib import Path

from kezek.evidence.log import CHECKPOINT_FILE, ENTRIES_FILE, LEAVES_FILE, VKEY_FILE
from kezek.units.problem import InputProblem


@dataclass(frozen=True, slots=True)
class LogFiles:
    """The files of a log: events, leaf hashes, signed root, verifier key; unverified bytes.

    `kezek.evidence.audit.audit_files` takes them by these names.
    """

    entries: bytes
    leaves: bytes
    checkpoint: bytes
    vkey: bytes


def read_log(path: Path) -> LogFiles:
    """Read a log folder.

    Raises:
        InputProblem: journal.log.missing when the folder or one of its files is absent, .unreadable.
    """
    return LogFiles(
        entries=_read(path / ENTRIES_FILE),
        leaves=_read(path / LEAVES_FILE),
        checkpoint=_read(path / CHECKPOINT_FILE),
        vkey=_read(path / VKEY_FILE),
    )


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        what, way_out = "There is no such file.", "Is this a folder that `kezek day` wrote?"
        raise InputProblem("journal.log.missing", what, str(file), way_out) from None
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        raise InputProblem("journal.log.unreadable", what, str(file), "Check who may read it.") from None
