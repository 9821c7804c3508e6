"""Write a folder whole or not at all, and durably.

Everything is written into a hidden sibling (`.name.partial-<pid>`), flushed to the disk and renamed into place. A
reader sees the old folder or the new one. A process killed at any point leaves the old or the new folder, or, between
the two renames, the old one under `.name.replaced-<pid>`; the next run puts that back or clears it.
"""

import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from kezek.journal.manifest import MANIFEST_FILE, extra_files, is_plain, manifest_bytes
from kezek.units.problem import InputProblem

Content = bytes | Callable[[Path], None]
_REASONS = {
    errno.ENOSPC: ("space", "There is no space left.", "Free some space or write to another disk."),
    errno.EDQUOT: ("space", "The disk quota is used up.", "Free some space or write to another disk."),
    errno.EFBIG: ("space", "A file would be too large for this disk.", "Write to another disk."),
    errno.EACCES: ("unwritable", "This may not be written.", "Choose a folder you may write to."),
    errno.EPERM: ("unwritable", "This may not be written.", "Choose a folder you may write to."),
    errno.EROFS: ("unwritable", "This disk is read-only.", "Choose a folder you may write to."),
    errno.ENAMETOOLONG: ("name", "This name is too long.", "Choose a shorter one."),
}


def write_folder(target: Path, files: Mapping[str, Content], *, marker: str) -> None:
    """Write all files and a manifest as the folder `target`; on any failure the old folder stands.

    An earlier output is replaced if it holds the marker file; anything else that is in the way is refused, also files
    somebody put beside an earlier output.

    Args:
        target: The folder; its parent must exist.
        files: Content by plain relative name: bytes, or a function that writes the file at the path it is given.
        marker: One of the names (never manifest.json, which others use too): by it an output is known as ours.
    Raises:
        InputProblem: journal.folder.parent, .foreign, .extra, .unwritable, .space, .name, .busy.
        ValueError: a name that is not plain, a marker that is not among the names, a function that wrote nothing.
    Guarantees: test_failure_at_each_file_leaves_the_old_folder, test_kill_leaves_the_old_folder.
    """
    _check_names(files, marker)
    target = target.resolve() if target.name in ("", "..") else target.absolute()
    with _problems(target):
        _check_parent(target)
        _clear_left_over(target)
        _check_replaceable(target, marker)
        partial = _sibling(target, "partial")
        try:
            _make(partial)
            _fill(partial, files, marker)
            _check_replaceable(target, marker)
            _swap_in(partial, target)
        finally:
            shutil.rmtree(partial, ignore_errors=True)


def check_target(target: Path, *, marker: str) -> None:
    """Refuse a target that `write_folder` would refuse, before the work that would fill it is done.

    Raises:
        InputProblem: journal.folder.parent, .foreign, .extra, .unwritable.
    """
    with _problems(target):
        _check_parent(target)
        _clear_stage(target, "probe")
        _check_replaceable(target, marker)
        probe = _sibling(target, "probe")
        _make(probe)
        probe.rmdir()


def _check_names(files: Mapping[str, Content], marker: str) -> None:
    for name in files:
        if not is_plain(name) or name == MANIFEST_FILE:
            raise ValueError(f"{name!r} is no name for a file of a folder")
    if marker not in files:
        raise ValueError(f"marker {marker!r} is not among the files: {', '.join(files)}")


def _check_parent(target: Path) -> None:
    parent = target.parent
    if not parent.is_dir():
        found = "is not a folder" if parent.exists() else "does not exist"
        raise InputProblem(
            "journal.folder.parent", f"{parent} {found}.", str(target), f"Make it first: mkdir -p {parent}"
        )


def _check_replaceable(target: Path, marker: str) -> None:
    """Refuse to replace what we did not write."""
    if not os.path.lexists(target):
        return
    ours = target.is_dir() and not target.is_symlink()
    if not ours or (any(target.iterdir()) and not (target / marker).is_file()):
        what = f"There is something else here, without {marker}."
        raise InputProblem("journal.folder.foreign", what, str(target), "Choose another folder, or move it away.")
    if extra := extra_files(target):
        what = f"The folder holds {', '.join(extra[:3])}{' and more' if extra[3:] else ''}, which would be lost."
        raise InputProblem("journal.folder.extra", what, str(target), "Move these files away first.")


def _make(partial: Path) -> None:
    try:
        partial.mkdir()
    except FileNotFoundError as error:
        where = str(partial.parent)
        what, way_out = "No new folder can be made here.", "Choose a folder you may write to."
        raise InputProblem("journal.folder.unwritable", what, where, way_out) from error


def _fill(partial: Path, files: Mapping[str, Content], marker: str) -> None:
    for name, content in files.items():
        file = partial / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            file.write_bytes(content)
        else:
            content(file)
        if not file.is_file():
            raise ValueError(f"the function for {name!r} did not write it")
        flush(file)
    manifest = partial / MANIFEST_FILE
    manifest.write_bytes(manifest_bytes(partial, marker=marker))
    flush(manifest)
    for folder in (partial, *(item for item in partial.rglob("*") if item.is_dir())):
        flush(folder)


def _swap_in(partial: Path, target: Path) -> None:
    """Put the new folder in place; the old one leaves by rename and is removed last."""
    replaced = _sibling(target, "replaced")
    try:
        if target.exists():
            target.rename(replaced)
        partial.rename(target)
    except BaseException:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        raise
    finally:
        flush(target.parent)
        if target.exists():
            shutil.rmtree(replaced, ignore_errors=True)


def _clear_left_over(target: Path) -> None:
    """Clear what dead runs left beside the target; a folder they had just moved away is put back."""
    for replaced in _left_over(target, "replaced"):
        if os.path.lexists(target):
            shutil.rmtree(replaced, ignore_errors=True)
        else:
            replaced.rename(target)
    for stage in ("partial", "probe"):
        _clear_stage(target, stage)


def _clear_stage(target: Path, stage: str) -> None:
    for left in _left_over(target, stage):
        shutil.rmtree(left, ignore_errors=True)


def _left_over(target: Path, stage: str) -> Iterator[Path]:
    prefix = f".{target.name}.{stage}-"
    for item in sorted(target.parent.iterdir()):
        pid = item.name.removeprefix(prefix)
        if item.name.startswith(prefix) and pid.isdecimal() and not _is_running(int(pid)):
            yield item


def _is_running(pid: int) -> bool:
    """Tell whether another process runs under this number; our own number on a left-over is a dead run's."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _sibling(target: Path, stage: str) -> Path:
    return target.with_name(f".{target.name}.{stage}-{os.getpid()}")


def flush(path: Path) -> None:
    """Wait until a file or folder is on the disk; Windows knows no such thing for a folder."""
    if sys.platform == "win32" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _problems(target: Path) -> Iterator[None]:
    """Say what the system refused, if it is something a user can act on and it happened here."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            what = "Another run wrote this folder at the same moment."
            raise InputProblem("journal.folder.busy", what, str(target), "Run again.") from error
        inside = error.filename is None or Path(os.fsdecode(error.filename)).is_relative_to(target.parent)
        if error.errno not in _REASONS or not inside:
            raise
        reason, what, way_out = _REASONS[error.errno]
        raise InputProblem(f"journal.folder.{reason}", what, str(target), way_out) from error
