"""The publication: a log as files in the form of C2SP tlog-tiles, which any web server can serve.

Tiles of the tree are shown at once, entries when they are open: a bundle is whole when its last entry is, and until
then shows those before the first that is still closed. The checkpoint comes last, so that it never points at a file
that is not there.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.error import EvidenceError
from kezek.evidence.event import head_of
from kezek.evidence.keychain import KeyChain
from kezek.evidence.stored_tree import PAGE_WIDTH
from kezek.evidence.tiles import TILE_WIDTH, entries_path, pack_entries, spans_between, tiles_between
from kezek.evidence.tree import HASH_BYTES
from kezek.journal.durable import held, replace_file
from kezek.journal.journal import entries, look, whole_page
from kezek.journal.publishing import cosigned_note, key_chain, last_signed, rotation_receipts
from kezek.journal.store import Store, Transaction
from kezek.units.problem import InputProblem

CHECKPOINT_FILE = "checkpoint"
VKEY_FILE = "log.vkey"
LOCK_FILE = ".lock"
_CONFIDENTIAL = b'"confidential":{'


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication shows now: its size, the tiles and bundles written, and entries that are still closed."""

    size: int
    tiles: int
    bundles: int
    closed: int


def publish_files(store: Store, folder: Path, *, now: datetime) -> Published:
    """Bring the public files of a log up to its last checkpoint, and show the entries that are open by now.

    Raises:
        InputProblem: journal.publication.ahead where the files show more than the database signed,
            journal.publication.unwritable, journal.page.*, journal.store.*.
    Guarantees: killed at any point, the files hold together under the checkpoint they show (test_kill).
    """
    try:
        folder.mkdir(exist_ok=True)
        with held(folder / LOCK_FILE, wait=True), store.look() as transaction:
            return _publish(transaction, folder, now)
    except OSError as error:
        what = f"The public files cannot be written ({error.strerror})."
        way_out = "Free some space or check the rights, and publish again; nothing signed is lost."
        raise InputProblem("journal.publication.unwritable", what, str(folder), way_out) from error


def shown_size(folder: Path, chain: KeyChain) -> int:
    """Return the size of the checkpoint that a publication shows, 0 where it shows none yet.

    Raises:
        InputProblem: journal.publication.damaged.
    """
    try:
        return chain.open((folder / CHECKPOINT_FILE).read_bytes()).size
    except FileNotFoundError:
        return 0
    except EvidenceError as error:
        what = f"The published checkpoint cannot be believed: {error}"
        way_out = "Move the folder away, and publish into an empty one."
        raise InputProblem("journal.publication.damaged", what, str(folder), way_out) from error


def is_open(entry: bytes, now: datetime) -> bool:
    """Tell whether the body of an entry may be shown."""
    if _CONFIDENTIAL not in entry:
        return True
    until = head_of(parse_canonical(entry)).until
    return until is None or until <= now


def _publish(transaction: Transaction, folder: Path, now: datetime) -> Published:
    chain = key_chain(transaction, look(transaction))
    signed = last_signed(transaction, chain)
    size, shown = signed.checkpoint.size, shown_size(folder, chain)
    if shown > size:
        what = f"The files show {shown} entries, the database signed {size}: an old backup?"
        way_out = "Restore the newest backup; publish nothing before."
        raise InputProblem("journal.publication.ahead", what, str(folder), way_out)
    tiles = _write_tiles(transaction, folder, shown, size)
    bundles, hidden = _write_bundles(transaction, folder, size, now)
    (folder / "keys").mkdir(exist_ok=True)
    for number, receipt in enumerate(rotation_receipts(transaction), start=1):
        _put(folder / "keys" / f"{number:04d}.tlog-proof", receipt.encode())
    _put(folder / VKEY_FILE, f"{chain.links[0][1].vkey}\n".encode())
    _put(folder / CHECKPOINT_FILE, cosigned_note(transaction, signed).encode())
    return Published(size, tiles, bundles, hidden)


def _write_tiles(transaction: Transaction, folder: Path, shown: int, size: int) -> int:
    count = 0
    for tile in tiles_between(shown, size):
        hashes = whole_page(transaction, size, tile.depth, tile.number)[: tile.width * HASH_BYTES]
        count += _put(folder / tile.path, hashes)
        _drop_partials(folder / tile.path, tile.width)
    return count


def _write_bundles(transaction: Transaction, folder: Path, size: int, now: datetime) -> tuple[int, int]:
    """Write the bundles as far as they are open; return how many were written, and how many entries stay closed."""
    written = hidden = 0
    for number, width in spans_between(0, size):
        path = folder / entries_path(number, width)
        if path.exists():
            continue
        start = number * TILE_WIDTH
        bodies = list(entries(transaction, start, start + width))
        shown = next((at for at, body in enumerate(bodies) if not is_open(body, now)), width)
        hidden += width - shown
        if shown:
            path = folder / entries_path(number, shown)
            written += _put(path, pack_entries(bodies[:shown]))
            _drop_partials(path, shown)
    return written, hidden


def _put(path: Path, data: bytes) -> int:
    """Write a file unless it is there with the same bytes; return how many were written."""
    if path.is_file() and path.read_bytes() == data:
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, data)
    return 1


def _drop_partials(path: Path, width: int) -> None:
    """Remove narrower files of a group once a wider one stands; C2SP lets a log drop them when the group is whole."""
    if width != PAGE_WIDTH:
        return
    folder = path.with_name(path.name + ".p")
    if folder.is_dir():
        for old in folder.iterdir():
            old.unlink()
        folder.rmdir()
