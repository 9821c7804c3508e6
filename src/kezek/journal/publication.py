"""The publication: a log as files in the form of C2SP tlog-tiles, which any web server can serve.

Tiles of the tree are shown at once, entries when they are open: a bundle is whole when its last entry is, and until
then shows those before the first that is still closed. The checkpoint comes last, so that it never points at a file
that is not there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.checkpoint import Checkpoint
from kezek.evidence.error import EvidenceError
from kezek.evidence.event import head_of
from kezek.evidence.keychain import KeyChain
from kezek.evidence.stored_tree import StoredTree
from kezek.evidence.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    entries_path,
    pack_entries,
    spans_between,
    tiles_between,
)
from kezek.evidence.tree import EMPTY_ROOT, HASH_BYTES, Tree, TreeShape, leaf_hash
from kezek.journal.durable import held, replace_file
from kezek.journal.folder import flush
from kezek.journal.journal import entries, look, page_damaged, stored_tree
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

    What is written is first led up to the signed root, entries to their leaves and hashes to those above them.

    Raises:
        InputProblem: journal.publication.ahead where the files show more than the database signed, .forked where
            they show something else, .unwritable, journal.page.damaged, journal.store.*.
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


def _shown(folder: Path, chain: KeyChain) -> Checkpoint:
    try:
        note = (folder / CHECKPOINT_FILE).read_bytes()
    except FileNotFoundError:
        return Checkpoint(chain.origin, 0, EMPTY_ROOT)
    try:
        return chain.open(note)
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


def hidden_entries(transaction: Transaction, size: int, now: datetime) -> int:
    """Count what a publication of `size` entries does not show yet: closed entries, and those behind them."""
    hidden = 0
    for number, width in spans_between(0, size):
        bodies = list(entries(transaction, number * TILE_WIDTH, number * TILE_WIDTH + width))
        hidden += width - _open_count(bodies, now)
    return hidden


def _open_count(bodies: Sequence[bytes], now: datetime) -> int:
    return next((at for at, body in enumerate(bodies) if not is_open(body, now)), len(bodies))


def _publish(transaction: Transaction, folder: Path, now: datetime) -> Published:
    chain = key_chain(transaction, look(transaction))
    signed = last_signed(transaction, chain)
    size = signed.checkpoint.size
    shown = _shown(folder, chain)
    if shown.size > size:
        what = f"The files show {shown.size} entries, the database signed {size}: an old backup?"
        way_out = "Restore the newest backup; publish nothing before."
        raise InputProblem("journal.publication.ahead", what, str(folder), way_out)
    tree = stored_tree(transaction, size)
    if tree.root(shown.size) != shown.root:
        what = f"The files show another root over {shown.size} entries than the database has."
        way_out = "Keep both: the log forked, or this is another log's folder. Publish nothing before you know."
        raise InputProblem("journal.publication.forked", what, str(folder), way_out)
    tiles = _read_tiles(tree, shown.size, size)
    _require_signed(tiles, tree, signed.checkpoint)
    written = 0
    for tile, hashes in tiles.items():
        written += _put(folder / tile.path, hashes)
        _drop_partials(folder / tile.path, tile.width)
    bundles, hidden = _write_bundles(transaction, tree, folder, now)
    for number, receipt in enumerate(rotation_receipts(transaction), start=1):
        _put(folder / "keys" / f"{number:04d}.tlog-proof", receipt.encode())
    _put(folder / VKEY_FILE, f"{chain.links[0][1].vkey}\n".encode())
    _put(folder / CHECKPOINT_FILE, cosigned_note(transaction, signed).encode())
    return Published(size, written, bundles, hidden)


def _read_tiles(tree: StoredTree, shown: int, size: int) -> dict[Tile, bytes]:
    """Read the tiles that are to be written; more than 10^6 new entries are 34 MB."""
    tiles = {}
    for tile in tiles_between(shown, size):
        first = tile.number * TILE_WIDTH
        tiles[tile] = b"".join(tree.node(tile.depth, first + at) for at in range(tile.width))
    return tiles


def _require_signed(tiles: Mapping[Tile, bytes], tree: StoredTree, signed: Checkpoint) -> None:
    """Refuse tiles whose hashes do not lead, tile by tile, to the signed root.

    A whole tile must fold to the hash that stands for it one level up, which is in a tile that is written too; the
    hashes of the last ones must fold to the root.
    """
    for tile, hashes in tiles.items():
        folded = Tree(hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES))
        if tile.width == TILE_WIDTH and folded.root() != tree.node(tile.depth + TILE_HEIGHT, tile.number):
            raise page_damaged("Its hashes do not fold to the one that stands for them.", tile.path)
    if _TileTree(tree).root() != signed.root:
        raise page_damaged("The tiles do not lead to the signed root.", signed.origin)


class _TileTree(TreeShape):
    """The tree as a reader of the tiles has it: a node between two levels is folded from the level below."""

    def __init__(self, tree: StoredTree) -> None:
        self._tree = tree

    def __len__(self) -> int:
        return len(self._tree)

    def node(self, depth: int, index: int) -> bytes:
        above = depth % TILE_HEIGHT
        leaves = range(index << above, index + 1 << above)
        return Tree(self._tree.node(depth - above, at) for at in leaves).root()


def _write_bundles(transaction: Transaction, tree: StoredTree, folder: Path, now: datetime) -> tuple[int, int]:
    """Write the bundles as far as they are open; return how many were written, and how many entries stay closed."""
    written = hidden = 0
    for number, width in spans_between(0, len(tree)):
        if (folder / entries_path(number, width)).exists():
            continue
        start = number * TILE_WIDTH
        bodies = list(entries(transaction, start, start + width))
        if [leaf_hash(body) for body in bodies] != [tree.node(0, start + at) for at in range(width)]:
            raise page_damaged("Its entries are not those of the signed tree.", entries_path(number, width))
        shown = _open_count(bodies, now)
        hidden += width - shown
        if shown:
            path = folder / entries_path(number, shown)
            written += _put(path, pack_entries(bodies[:shown]))
            _drop_partials(path, shown)
    return written, hidden


def _put(path: Path, data: bytes) -> int:
    """Write a file unless it is there with the same bytes; return how many were written."""
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return 0
    _make_folder(path.parent)
    replace_file(path, data)
    return 1


def _make_folder(folder: Path) -> None:
    """Make a folder and those above it, each on the disk before anything points into it.

    Raises:
        InputProblem: journal.publication.link for one that is a link: it may lead anywhere.
    """
    if folder.is_symlink():
        what, way_out = "is a link.", "Remove it; the public files lie in folders of their own."
        raise InputProblem("journal.publication.link", what, str(folder), way_out)
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush(folder.parent)


def _drop_partials(path: Path, width: int) -> None:
    """Remove narrower files of a group once a wider one stands; C2SP lets a log drop them when the group is whole."""
    folder = path.with_name(path.name + ".p")
    if width != TILE_WIDTH or folder.is_symlink() or not folder.is_dir():
        return
    for old in folder.iterdir():
        if old.name.isdecimal():
            old.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
