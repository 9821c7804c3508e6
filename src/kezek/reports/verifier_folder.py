"""The files of an exported log as the offline verifier reads them: lines of entries, or C2SP tlog-tiles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kezek.evidence.checkpoint import parse_whole
from kezek.evidence.error import EvidenceError
from kezek.evidence.log import CHECKPOINT_FILE, ENTRIES_FILE, LEAVES_FILE
from kezek.evidence.tiles import TILE_WIDTH, Tile, entries_path, spans_between, unpack_entries
from kezek.evidence.tree import HASH_BYTES
from kezek.units.problem import InputProblem

_SESSION_FILE = "session.jsonl"
"""Log of a trading session, as `kezek market` keeps it."""


@dataclass(frozen=True, slots=True)
class ExportedLog:
    """The files of a log as read; nothing is believed yet.

    Args:
        entries: The entries, one a line.
        leaves: All leaf hashes in hex, one a line; None where the folder has none.
        checkpoint: The note; None where the folder has none.
        places: Index of each entry where some are not shown yet; None where all are there.
        rotations: Receipts of changes of keys, oldest first.
    """

    entries: bytes
    leaves: bytes | None
    checkpoint: bytes | None
    places: tuple[int, ...] | None = None
    rotations: tuple[bytes, ...] = ()


def read_file(path: Path) -> bytes:
    """Read a file.

    Raises:
        InputProblem: cli.file.unreadable.
    """
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        way_out = "Check the path and its rights."
        raise InputProblem("cli.file.unreadable", f"cannot be read ({reason}).", str(path), way_out) from error


def size_stated(note: bytes) -> int | None:
    """Read the size that a checkpoint note states, before anything of it is believed."""
    lines = note.decode("utf-8", "replace").split("\n")
    return parse_whole(lines[1]) if len(lines) > 1 else None


def uncounted(folder: Path) -> InputProblem:
    """Say that nothing counts the entries of a folder."""
    what = "holds no checkpoint that counts its entries, so nothing says which log this is."
    way_out = f"Ask for the file {CHECKPOINT_FILE!r}; `clear --no-signature` takes plain entries without it."
    return InputProblem("verifier.folder.no_checkpoint", what, str(folder), way_out)


def read_exported(folder: Path) -> ExportedLog:
    """Read the log of a folder; the folder of a day holds its log in `log`.

    Raises:
        InputProblem: cli.file.unreadable, verifier.folder.no_log, .no_checkpoint, .tiles.
    """
    for place in (folder, folder / "log"):
        if (place / ENTRIES_FILE).is_file():
            return _read_lines(place, ENTRIES_FILE)
        if (place / "tile").is_dir():
            return _read_tiles(place)
    if (folder / _SESSION_FILE).is_file():
        return _read_lines(folder, _SESSION_FILE)
    what = f"holds no log: neither {ENTRIES_FILE} nor the folder tile nor {_SESSION_FILE}."
    raise InputProblem("verifier.folder.no_log", what, str(folder), "Give the folder that was exported.")


def _read_lines(folder: Path, name: str) -> ExportedLog:
    leaves, checkpoint = (_read_if_there(folder / one) for one in (LEAVES_FILE, CHECKPOINT_FILE))
    return ExportedLog(read_file(folder / name), leaves, checkpoint)


def _read_if_there(path: Path) -> bytes | None:
    return read_file(path) if path.exists() else None


def _read_tiles(folder: Path) -> ExportedLog:
    """Read the bundles of entries and the leaf hashes that the checkpoint counts.

    Entries that are still closed are missing behind those of their bundle that are shown; then the leaf hashes are
    needed. A publication writes its checkpoint last, so files can hold more than it counts: that is left out.
    """
    note = _read_if_there(folder / CHECKPOINT_FILE)
    size = size_stated(note or b"")
    if note is None or size is None:
        raise uncounted(folder)
    entries: list[bytes] = []
    places: list[int] = []
    leaves: list[bytes] = []
    for number, width in spans_between(0, size):
        shown, hashes = _bundle(folder, number, width), _leaf_tile(folder, number, width)
        if len(shown) < width and hashes is None:
            what = f"shows {len(shown)} of {width} entries, and has no hashes of the others."
            raise _bad_tile(folder / entries_path(number, width), what)
        leaves += hashes or ()
        places += range(number * TILE_WIDTH, number * TILE_WIDTH + len(shown))
        entries += shown
    listed = b"".join(f"{leaf.hex()}\n".encode() for leaf in leaves) if len(leaves) == size else None
    if len(entries) < size and listed is None:
        raise _bad_tile(folder, "shows not all entries, and lacks hashes of some.")
    text = b"".join(entry + b"\n" for entry in entries)
    keys = tuple(read_file(path) for path in sorted((folder / "keys").glob("*.tlog-proof")))
    return ExportedLog(text, listed, note, tuple(places) if len(entries) < size else None, keys)


def _bundle(folder: Path, number: int, width: int) -> list[bytes]:
    """Read a bundle of entries: as many of `width` as are shown."""
    found = _widest(folder, width, lambda one: entries_path(number, one))
    if found is None:
        return []
    path, held = found
    try:
        entries = unpack_entries(read_file(path))
    except EvidenceError as error:
        raise _bad_tile(path, f"{error.what}.") from error
    if len(entries) != held or any(b"\n" in entry for entry in entries):
        raise _bad_tile(path, f"holds {len(entries)} entries, {held} of one line each were expected.")
    return entries[:width]


def _leaf_tile(folder: Path, number: int, width: int) -> list[bytes] | None:
    """Read the leaf hashes of a bundle; None where there is no such tile."""
    found = _widest(folder, width, lambda one: Tile(0, number, one).path)
    if found is None or found[1] < width:
        return None
    path, held = found
    data = read_file(path)
    if len(data) != held * HASH_BYTES:
        raise _bad_tile(path, f"holds {len(data)} bytes, {held * HASH_BYTES} were expected.")
    return [data[at : at + HASH_BYTES] for at in range(0, width * HASH_BYTES, HASH_BYTES)]


def _widest(folder: Path, width: int, path_of: Callable[[int], str]) -> tuple[Path, int] | None:
    """Find the file of a group of 256: the one asked for, else a wider one, else what is shown of it."""
    widths: Sequence[int] = (width, *range(TILE_WIDTH, width, -1), *range(width - 1, 0, -1))
    return next(((folder / path_of(one), one) for one in widths if (folder / path_of(one)).is_file()), None)


def _bad_tile(path: Path, what: str) -> InputProblem:
    return InputProblem("verifier.folder.tiles", what, str(path), "Ask for this file again, or export the log again.")
