"""Tiles (C2SP tlog-tiles): the tree and the entries of a log as plain files that anybody can serve and check.

    tile/<L>/<N>[.p/<W>]        hashes of 256 subtrees of height 8 L, 32 bytes each
    tile/entries/<N>[.p/<W>]    256 entries, each behind its length in two bytes, big-endian

`.p/<W>` marks a last one that holds W < 256 only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kezek.evidence.error import EvidenceCode, TileError

TILE_WIDTH = 256
TILE_HEIGHT = 8
ENTRY_BYTES_MAX = 65_535
ENTRY_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a tree: its level, its number in the level, and how many hashes it holds (1..256)."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Path of the file.

        >>> Tile(0, 1234067, 256).path, Tile(1, 0, 7).path
        ('tile/0/x001/x234/067', 'tile/1/000.p/7')
        """
        return f"tile/{self.level}/{_numbered(self.number, self.width)}"

    @property
    def depth(self) -> int:
        """Depth of its hashes above the leaves: 8 a level."""
        return self.level * TILE_HEIGHT


def entries_path(number: int, width: int) -> str:
    """Path of a bundle of entries.

    >>> entries_path(0, 3)
    'tile/entries/000.p/3'
    """
    return f"tile/entries/{_numbered(number, width)}"


def tiles_between(old_size: int, size: int) -> Iterator[Tile]:
    """Yield the tiles that a tree of `size` leaves has and one of `old_size` has not, level by level.

    >>> [tile.path for tile in tiles_between(255, 257)]
    ['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1']
    """
    level = 0
    while size >> level * TILE_HEIGHT:
        old_count, count = old_size >> level * TILE_HEIGHT, size >> level * TILE_HEIGHT
        if count > old_count:
            yield from (Tile(level, *item) for item in spans_between(old_count, count))
        level += 1


def spans_between(old_count: int, count: int) -> Iterator[tuple[int, int]]:
    """Yield number and width of the groups of 256 that changed when `old_count` items became `count`.

    >>> list(spans_between(3, 600))
    [(0, 256), (1, 256), (2, 88)]
    """
    for number in range(old_count // TILE_WIDTH, -(-count // TILE_WIDTH)):
        yield number, min(TILE_WIDTH, count - number * TILE_WIDTH)


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Write a bundle of entries.

    Raises:
        TileError: evidence.tile.entry for an entry of more than 65,535 bytes.
    """
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            what = f"an entry has {len(entry)} bytes, a bundle takes {ENTRY_BYTES_MAX}"
            raise TileError(EvidenceCode.TILE_ENTRY, what)
    return b"".join(len(entry).to_bytes(ENTRY_LENGTH_BYTES, "big") + entry for entry in entries)


def unpack_entries(data: bytes) -> list[bytes]:
    """Read a bundle of entries, however many it holds.

    Raises:
        TileError: evidence.tile.form where the last entry is cut off.
    """
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        start = at + ENTRY_LENGTH_BYTES
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            what = f"the bundle is cut off in its entry {len(entries)}"
            raise TileError(EvidenceCode.TILE_FORM, what)
        entries.append(data[start:end])
        at = end
    return entries


def _numbered(number: int, width: int) -> str:
    """Spell a number in groups of three digits, all but the last behind an x."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join((*(f"x{group}" for group in groups[:-1]), groups[-1]))
    return path if width == TILE_WIDTH else f"{path}.p/{width}"
