"""A log in files of the tlog-tiles form, a publication or an archive, read to be audited or brought back."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from kezek.evidence.canonical import JsonObject, parse_canonical
from kezek.evidence.checkpoint import parse_whole
from kezek.evidence.error import EvidenceError
from kezek.evidence.keychain import KeyChain, follow
from kezek.evidence.log import ENTRIES_FILE
from kezek.evidence.log_audit import MISSING, LogSource, Stored
from kezek.evidence.receipt import parse_receipt
from kezek.evidence.signature import Verifier
from kezek.evidence.stored_tree import PAGE_WIDTH
from kezek.evidence.tiles import ENTRY_LENGTH_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, entries_path, spans_between
from kezek.evidence.tree import HASH_BYTES
from kezek.journal.publication import CHECKPOINT_FILE, VKEY_FILE
from kezek.units.problem import InputProblem

CHECKPOINTS_FILE = "checkpoints.jsonl"
OPENINGS_FILE = "openings.jsonl"
KEYS_FOLDER = "keys"
NOTE_BYTES_MAX = 1 << 16


def is_log_folder(folder: Path) -> bool:
    """Tell whether a folder holds a log in tiles."""
    signed = (folder / CHECKPOINT_FILE).is_file() and (folder / VKEY_FILE).is_file()
    return signed and not (folder / "log").is_dir() and not (folder / ENTRIES_FILE).is_file()


def first_key(folder: Path) -> Verifier:
    """Return the key that lies in the folder, which says that the folder agrees with itself, no more.

    Raises:
        InputProblem: journal.files.key.
    """
    try:
        return Verifier.parse((folder / VKEY_FILE).read_bytes())
    except (OSError, EvidenceError) as error:
        reason = error.what if isinstance(error, EvidenceError) else error.strerror
        what = f"holds no verifier key ({VKEY_FILE}: {reason})."
        way_out = "Give the key of the log with --key, from a source you trust."
        raise InputProblem("journal.files.key", what, str(folder), way_out) from error


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
    """Return the log of a folder as a source for `audit_log`.

    Whoever wrote the folder can state any size; no more is read than its files could hold.

    Raises:
        InputProblem: journal.files.*.
    """
    files = sum(1 for one in (folder / "tile").rglob("*") if one.is_file())
    size = min(size_of(folder), TILE_WIDTH * files)
    pages = _pages(folder, size)
    notes = [_note_of(line, folder) for line in checkpoint_lines(folder)]
    shown = (folder / CHECKPOINT_FILE).read_text("utf-8", "replace")
    return LogSource(
        entries=_stored(folder, size, pages),
        checkpoints=[*notes[:-1], shown] if notes and notes[-1] and shown.startswith(notes[-1]) else [*notes, shown],
        page=lambda depth, number: pages.get((depth, number)),
        page_depths=TILE_HEIGHT,
        changes=list(_changes(folder).items()),
        integrated=size,
    )


def damaged_keys(folder: Path, chain: KeyChain) -> list[str]:
    """Follow the receipts of the changes of keys; say which does not lead on to the keys that the entries give."""
    receipts: list[bytes] = []
    for path in _key_files(folder):
        receipts.append(path.read_bytes())
        try:
            found = follow(chain.links[0][1], receipts)
        except EvidenceError as error:
            return [f"{KEYS_FOLDER}/{path.name}: {error.what}"]
        if found.links != chain.links[: len(found.links)]:
            return [f"{KEYS_FOLDER}/{path.name}: the entries tell of another change of keys"]
    return []


def _key_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / KEYS_FOLDER).glob("*.tlog-proof") if path.is_file())


def changes_shown(folder: Path) -> list[bytes]:
    """Return the entries of the changes of keys, as their receipts show them; nothing is believed here."""
    return list(_changes(folder).values())


def _changes(folder: Path) -> dict[int, bytes]:
    """Return the changes of keys by their receipts: their entries may not be shown yet."""
    found = {}
    for path in _key_files(folder):
        with suppress(EvidenceError):  # `damaged_keys` names it
            receipt = parse_receipt(path.read_bytes())
            found[receipt.index] = receipt.entry
    return found


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
    way_out = "Take an undamaged copy."
    *lines, rest = path.read_bytes().split(b"\n")
    if rest:
        raise InputProblem("journal.files.form", "is cut off in its last line.", str(path), way_out)
    try:
        return [parse_canonical(line) for line in lines]
    except EvidenceError as error:
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
        bodies: list[bytes | None] = [*_bundle(folder, number, width)]
        page = pages.get((0, number), b"")
        leaves = [page[at : at + HASH_BYTES] for at in range(0, len(page), HASH_BYTES)]
        if not (folder / CHECKPOINTS_FILE).exists():
            bodies += [None] * (min(len(leaves), width) - len(bodies))
        bodies += [MISSING] * (width - len(bodies))
        leaves += [bytes(HASH_BYTES)] * (width - len(leaves))
        yield Stored(number * TILE_WIDTH, bodies[:width], None, leaves[:width])


def _bundle(folder: Path, number: int, width: int) -> list[bytes]:
    """Return the entries of a bundle, as far as its widest file goes; where it is torn, with holes."""
    path = folder / entries_path(number, TILE_WIDTH)
    partial = path.with_name(path.name + ".p")
    widths = sorted((int(one.name) for one in partial.glob("*") if _is_width(one.name)), reverse=True)
    files = [(path, TILE_WIDTH), *((partial / str(found), found) for found in widths)]
    found = next(((file, held) for file, held in files if file.is_file()), None)
    return [] if found is None else _unpacked(found[0].read_bytes(), found[1])[:width]


def _is_width(name: str) -> bool:
    return name.isdecimal() and name.isascii() and not name.startswith("0") and int(name) < TILE_WIDTH


def _unpacked(data: bytes, held: int) -> list[bytes]:
    """Read a bundle that must hold so many entries; what is cut off or too much stays in the last, and shows."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + ENTRY_LENGTH_BYTES
        end = start + int.from_bytes(data[at:start], "big")
        entries.append(data[start:end] if end <= len(data) else data[at:])
        at = end
    if len(entries) > held:
        entries[held - 1 :] = [b"".join(entries[held - 1 :])]
    return entries + [MISSING] * (held - len(entries))


def _pages(folder: Path, size: int) -> dict[tuple[int, int], bytes]:
    """Read the tiles of a tree of this size; a wider file serves for a narrower tile, one too long shows."""
    pages: dict[tuple[int, int], bytes] = {}
    level = 0
    while size >> level * TILE_HEIGHT:
        for number, width in spans_between(0, size >> level * TILE_HEIGHT):
            files = (folder / Tile(level, number, width).path, folder / Tile(level, number, PAGE_WIDTH).path)
            found = next((file for file in files if file.is_file()), None)
            if found is None:
                continue
            exact = found == files[0]
            with found.open("rb") as file:
                pages[level * TILE_HEIGHT, number] = file.read(width * HASH_BYTES + exact)
        level += 1
    return pages
