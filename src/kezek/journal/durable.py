"""Files that are the old ones or the new ones, never half: written beside, flushed to the disk, then renamed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kezek.journal.folder import flush

PARTIAL = ".partial"


def replace_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put a file in place, durably and in one step; call it under a lock where two may write.

    Raises:
        OSError: the system refused; the old file stands, unless only the last flush failed.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    flush(path.parent)


@contextmanager
def held(path: Path, *, wait: bool) -> Iterator[None]:
    """Hold a lock file; the system lets go of it when the process ends, however it ends.

    Args:
        wait: Wait for another to let go; else fail at once.
    Raises:
        BlockingIOError, PermissionError: another holds it.
        OSError: the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        take(descriptor, wait=wait)
        yield
    finally:
        os.close(descriptor)


def take(descriptor: int, *, wait: bool) -> None:
    """Take the lock of an open file; see `held`."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
