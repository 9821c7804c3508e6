"""The seal of a law book: one hash per file, kept beside the files, so that a changed figure cannot pass unseen."""

from collections.abc import Mapping
from hashlib import sha256

from kezek.law.problem import BookCode, BookProblem
from kezek.units.problem import nearest

LOCK_NAME = "book.lock"
_INTENDED = "Restore the file; after an intended change run: kezek law seal."


def file_digest(data: bytes) -> str:
    """Hash a file as text with Unix line ends (SHA-256, hex), so that a checkout on Windows reads the same."""
    return sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def lock_text(digests: Mapping[str, str]) -> str:
    """Write the lock: one line `hash  file` per file, sorted by file name."""
    return "".join(f"{digests[name]}  {name}\n" for name in sorted(digests))


def book_digest(digests: Mapping[str, str]) -> str:
    """Hash the whole book (SHA-256, hex): the hash of its lock."""
    return sha256(lock_text(digests).encode()).hexdigest()


def verify(*, digests: Mapping[str, str], lock: str) -> None:
    """Compare the files with the lock.

    Raises:
        BookProblem: law.file.changed, naming the first file that is changed, missing or extra.
    """
    sealed = dict(_name_and_digest(line) for line in lock.splitlines())
    for name in sorted({*digests, *sealed}):
        if name not in digests:
            raise _changed(name, f"{name} is sealed in {LOCK_NAME} and missing. {nearest(name, list(digests))}")
        if name not in sealed:
            raise _changed(name, f"{name} is not sealed in {LOCK_NAME}.")
        if digests[name] != sealed[name]:
            raise _changed(name, f"{name} differs from what was sealed in {LOCK_NAME}.")


def unsealed() -> BookProblem:
    """Refuse the packaged book when its lock is gone."""
    return _changed(LOCK_NAME, f"{LOCK_NAME} is missing from the packaged book.")


def _name_and_digest(line: str) -> tuple[str, str]:
    digest, _, name = line.partition("  ")
    if len(digest) != 64 or not name:
        raise _changed(LOCK_NAME, f"{LOCK_NAME} holds a line that is no hash and file name: {line!r}.")
    return name, digest


def _changed(name: str, what: str) -> BookProblem:
    return BookProblem(BookCode.CHANGED, what, name, _INTENDED, name)
