"""A log in files of the tlog-tiles form, a publication or an archive, read to be audited or brought back."""

from collections.abc import Iterator
from pathlib import Path

from kezek.evidence.canonical import JsonObject, parse_canonical
from kezek.evidence.checkpoint import parse_whole
from kezek.evidence.error import EvidenceError
from kezek.evidence.log_audit import MISSING, LogSource, Stored
from kezek.evidence.signature import Verifier
from kezek.evidence.stored_tree import PAGE_WIDTH
from kezek.evidence.tiles import TILE_HEIGHT, TILE_WIDTH, Tile, entries_path, spans_between, unpack_entries
from kezek.evidence.tree import HASH_BYTES
from kezek.journal.publication import CHECKPOINT_FILE, VKEY_FILE
from kezek.units.problem import InputProblem

CHECKPOINTS_FILE = "checkpoints.jsonl"
OPENINGS_FILE = "openings.jsonl"
NOTE_BYTES_MAX = 1 << 16


def is_log_folder(folder: Path) -> bool:
    """Tell whether a folder holds a log in tiles."""
    return (folder / CHECKPOINT_FILE).is_file() and (folder / VKEY_FILE).is_file() and not (folder / "log").is_dir()


def first_key(folder: Path) -> Verifier:
    """Return the key that lies in the folder, which says that the folder agrees with itself, no more.

    Raises:
        InputProblem: journal.files.key.
    """
    try:
        return Verifier.parse((folder / VKEY_FILE).read_bytes())
    except (OSError, EvidenceError) as error:
        way_out = "Give the key of the log with --key, from a source you trust."
        raise InputProblem("journal.files.key", f"holds no verifier key ({error}).", str(folder), way_out) from error


def size_of(folder: Path) -> int:
    """Return the size that the checkpoint of a folder claims; it is not verified here.

    Raises:
        InputProblem: journal.files.checkpoint.
    """
    way_out = "Name the folder of a log that Kezek wrote."
    try:
        with (folder / CHECKPOINT_FILE).open("rb") as file:
            lines = [*file.read(NOTE_BYTES_MAX).split(b"\n", 2), b"", b""]
    except OSError as error:
        what = f"holds no checkpoint ({error.strerror})."
        raise InputProblem("journal.files.checkpoint", what, str(folder), way_out) from error
    size = parse_whole(lines[1].decode("ascii", "replace"))
    if size is None:
        what = "holds a checkpoint without the size of a log."
        raise InputProblem("journal.files.checkpoint", what, str(folder), way_out)
    return size


def source_of(folder: Path) -> LogSource:
    """Return the log of a folder as a source for `audit_log`; files are read as far as there are any.

    Raises:
        InputProblem: journal.files.*.
    """
    size = size_of(folder)
    pages = _pages(folder, size)
    notes = [_note_of(line, folder) for line in checkpoint_lines(folder)]
    shown = (folder / CHECKPOINT_FILE).read_text("utf-8", "replace")
    return LogSource(
        entries=_stored(folder, size, pages),
        checkpoints=[*notes[:-1], shown] if notes and shown.startswith(notes[-1]) else [*notes, shown],
        page=lambda depth, number: pages.get((depth, number)),
        page_depths=TILE_HEIGHT,
        integrated=size,
    )


def _note_of(line: JsonObject, folder: Path) -> str:
    match line.get("note"):
        case str(note):
            return note
        case _:
            where, way_out = str(folder / CHECKPOINTS_FILE), "Take an undamaged copy."
            raise InputProblem("journal.files.form", "has a line without a note.", where, way_out)


def checkpoint_lines(folder: Path) -> list[JsonObject]:
    """Return the checkpoints that an archive lists: {cosignatures, note, signed_unix_s, size}; a publication none.

    Raises:
        InputProblem: journal.files.form.
    """
    return read_lines(folder / CHECKPOINTS_FILE)


def read_lines(path: Path) -> list[JsonObject]:
    """Read a file of canonical JSON lines; none where there is no file.

    Raises:
        InputProblem: journal.files.form.
    """
    if not path.is_file():
        return []
    try:
        return [parse_canonical(line) for line in path.read_bytes().split(b"\n")[:-1]]
    except EvidenceError as error:
        way_out = "Take an undamaged copy."
        raise InputProblem("journal.files.form", f"is damaged: {error.what}.", str(path), way_out) from error


def read_bodies(folder: Path) -> Iterator[bytes]:
    """Yield the bodies of a folder, up to the first that is not shown or not there."""
    for number, width in spans_between(0, size_of(folder)):
        bodies = _bundle(folder, number, width)
        yield from bodies
        if len(bodies) < width:
            return


def _stored(folder: Path, size: int, pages: dict[tuple[int, int], bytes]) -> Iterator[Stored]:
    for number, width in spans_between(0, size):
        bodies: list[bytes | None] = list(_bundle(folder, number, width))
        page = pages.get((0, number), b"")
        if not bodies and not page:
            return
        leaves = [page[at : at + HASH_BYTES] for at in range(0, len(page), HASH_BYTES)]
        leaves += [bytes(HASH_BYTES)] * (width - len(leaves))
        absent = MISSING if (folder / CHECKPOINTS_FILE).exists() else None
        bodies += [absent] * (width - len(bodies))
        yield Stored(number * TILE_WIDTH, bodies[:width], None, leaves[:width])


def _bundle(folder: Path, number: int, width: int) -> list[bytes]:
    """Return the entries of a bundle, as far as its widest file goes.

    Raises:
        InputProblem: journal.files.bundle for one that is cut off.
    """
    path = folder / entries_path(number, TILE_WIDTH)
    partial = path.with_name(path.name + ".p")
    widths = sorted((int(one.name) for one in partial.glob("*") if one.name.isdecimal()), reverse=True)
    files = [path, *(partial / str(found) for found in widths)]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        return []
    try:
        return unpack_entries(found.read_bytes())[:width]
    except EvidenceError as error:
        way_out = "The copy is torn: take another one."
        raise InputProblem("journal.files.bundle", f"is damaged: {error.what}.", str(found), way_out) from error


def _pages(folder: Path, size: int) -> dict[tuple[int, int], bytes]:
    """Read the tiles of a tree of this size; a wider file serves for a narrower tile."""
    pages: dict[tuple[int, int], bytes] = {}
    level = 0
    while size >> level * TILE_HEIGHT:
        for number, width in spans_between(0, size >> level * TILE_HEIGHT):
            files = (folder / Tile(level, number, width).path, folder / Tile(level, number, PAGE_WIDTH).path)
            found = next((file for file in files if file.is_file()), None)
            if found is None:
                break
            with found.open("rb") as file:
                pages[level * TILE_HEIGHT, number] = file.read(width * HASH_BYTES)
        level += 1
    return pages
