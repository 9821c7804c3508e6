"""A market session as a folder: its log in one file, replaced whole by each act, one act at a time.

`session.jsonl` holds one event a line. An act reads it under a lock, and writes the longer log beside it, flushed to
the disk, before it takes the old one's place: whoever is killed at any point leaves the old log or the new one.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kezek.journal.durable import take
from kezek.journal.folder import flush
from kezek.units.problem import InputProblem

LOG_FILE = "session.jsonl"
LOCK_FILE = ".session.lock"
PARTIAL_FILE = ".session.jsonl.partial"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def create(folder: Path, entries: bytes) -> None:
    """Begin a session in a new or empty folder.

    Raises:
        InputProblem: journal.session.exists, .parent, .foreign, .unwritable, .space.
    """
    with _problems(folder):
        if (folder / LOG_FILE).exists():
            way_out = "Choose another folder; a session is never begun twice."
            raise InputProblem("journal.session.exists", "holds a session already.", str(folder), way_out)
        if not folder.parent.is_dir():
            way_out = f"Make it first: mkdir -p {folder.parent}"
            raise InputProblem(
                "journal.session.parent", "lies in a folder that does not exist.", str(folder), way_out
            )
        if folder.exists() and (not folder.is_dir() or _foreign(folder)):
            way_out = "Choose a new or an empty folder."
            raise InputProblem("journal.session.foreign", "holds something else.", str(folder), way_out)
        folder.mkdir(exist_ok=True)
    with locked(folder, new=True):
        if (folder / LOG_FILE).exists():
            way_out = "Choose another folder; a session is never begun twice."
            raise InputProblem("journal.session.exists", "holds a session already.", str(folder), way_out)
        replace(folder, entries)


def _foreign(folder: Path) -> bool:
    """Tell whether a folder holds what no act of ours left behind."""
    return any(path.name not in (LOCK_FILE, PARTIAL_FILE) for path in folder.iterdir())


def read(folder: Path) -> bytes:
    """Read the log of a session.

    Raises:
        InputProblem: journal.session.none, .unreadable.
    """
    path = folder / LOG_FILE
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        way_out = "Name the folder of a session, or begin one with `kezek market open`."
        raise InputProblem("journal.session.none", f"holds no {LOG_FILE}.", str(folder), way_out) from error
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check its rights."
        raise InputProblem("journal.session.unreadable", what, str(path), way_out) from error


@contextmanager
def locked(folder: Path, *, new: bool = False) -> Iterator[None]:
    """Hold a session, so that no two acts at once read the same log; the lock ends with the process.

    Args:
        new: The session is only just begun, and has no log yet.
    Raises:
        InputProblem: journal.session.none, .busy, .unwritable.
    """
    with _problems(folder):
        if not new and not (folder / LOG_FILE).exists():
            read(folder)
        lock = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            take(lock, wait=False)
        except (BlockingIOError, PermissionError) as error:
            what, way_out = "is being changed by another command.", "Wait for it to end, and try again."
            raise InputProblem("journal.session.busy", what, str(folder), way_out) from error
        yield
    finally:
        os.close(lock)


def replace(folder: Path, entries: bytes) -> None:
    """Put a longer log in the place of the old one, durably and in one step; call it under `locked`.

    Raises:
        InputProblem: journal.session.unwritable, .space, .unflushed.
    """
    target = folder / LOG_FILE
    partial = folder / PARTIAL_FILE
    with _problems(folder):
        try:
            with partial.open("wb") as file:
                file.write(entries)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    try:
        flush(folder)
    except OSError as error:
        what = f"The new log is in place, but the disk did not confirm it ({error.strerror})."
        way_out = "Look with `kezek market status`, and mend the disk."
        raise InputProblem("journal.session.unflushed", what, str(folder), way_out) from error


@contextmanager
def _problems(folder: Path) -> Iterator[None]:
    """Say what the system refused as one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            what, way_out = "There is no space left; nothing was changed.", "Free some space, and try again."
            raise InputProblem("journal.session.space", what, str(folder), way_out) from error
        what, way_out = f"cannot be written ({error.strerror}).", "Choose a folder you may write to."
        raise InputProblem("journal.session.unwritable", what, str(folder), way_out) from error
