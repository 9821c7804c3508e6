"""A tree whose nodes lie in pages of 256 hashes a level, in a database or in files, read as they are asked for.

The pages of the depths 0, 8, 16, … are the tiles of C2SP tlog-tiles; those between are kept as well, so that a proof
reads hashes and makes few.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

from kezek.evidence.error import EvidenceCode, StoredTreeError
from kezek.evidence.tree import HASH_BYTES, TreeShape

PAGE_WIDTH = 256
Pages = dict[tuple[int, int], bytes]
ReadPage = Callable[[int, int], bytes | None]


class StoredTree(TreeShape):
    """An append-only tree over pages; reads each page once, writes none: `grown` gives the pages to be written.

    Args:
        size: Number of leaves that the pages hold.
        read_page: Gives the hashes of a page by depth and number, joined, or None where there is no such page.

    >>> tree, kept = StoredTree(0, lambda depth, number: None), {}
    >>> kept |= tree.grown([bytes(32), bytes(32)])
    >>> StoredTree(2, lambda depth, number: kept.get((depth, number))).root() == tree.root()
    True
    """

    def __init__(self, size: int, read_page: ReadPage) -> None:
        self._size = size
        self._read_page = read_page
        self._pages: dict[tuple[int, int], bytes | bytearray] = {}

    def __len__(self) -> int:
        return self._size

    def node(self, depth: int, index: int) -> bytes:
        """Return the hash of a perfect subtree; see `TreeShape`.

        Raises:
            StoredTreeError: evidence.page.missing, .form for a page that is absent or of another length.
        """
        number, place = divmod(index, PAGE_WIDTH)
        page = self._page(depth, number)
        return bytes(page[place * HASH_BYTES : (place + 1) * HASH_BYTES])

    def grown(self, leaves: Sequence[bytes]) -> Pages:
        """Append leaf hashes [32 bytes each]; return every page that is new or longer now, by depth and number.

        Raises:
            StoredTreeError: evidence.page.missing, .form for a last page that is absent or of another length.
        """
        changed: set[tuple[int, int]] = set()
        depth, old_count, added = 0, self._size, list(leaves)
        while added:
            changed |= self._write(depth, old_count, added)
            first = old_count & ~1
            before = [self.node(depth, first)] if first < old_count else []
            pairs = before + added
            old_count, depth = old_count >> 1, depth + 1
            added = [sha256(b"\x01" + pairs[i] + pairs[i + 1]).digest() for i in range(0, len(pairs) - 1, 2)]
        self._size += len(leaves)
        return {place: bytes(self._pages[place]) for place in sorted(changed)}

    def _write(self, depth: int, count: int, added: Sequence[bytes]) -> set[tuple[int, int]]:
        """Put hashes behind the first `count` of a depth; return the places of the pages that changed."""
        changed = set()
        at = 0
        while at < len(added):
            number, width = divmod(count + at, PAGE_WIDTH)
            page = bytearray(self._page(depth, number)[: width * HASH_BYTES]) if width else bytearray()
            taken = added[at : at + PAGE_WIDTH - width]
            page += b"".join(taken)
            self._pages[depth, number] = page
            changed.add((depth, number))
            at += len(taken)
        return changed

    def _page(self, depth: int, number: int) -> bytes | bytearray:
        place = (depth, number)
        if place not in self._pages:
            found = self._read_page(depth, number)
            width = min(PAGE_WIDTH, (self._size >> depth) - number * PAGE_WIDTH)
            if found is None:
                what = f"page {number} of depth {depth} is missing"
                raise StoredTreeError(EvidenceCode.PAGE_MISSING, what)
            if len(found) < width * HASH_BYTES:
                what = f"page {number} of depth {depth} has {len(found)} bytes, {width * HASH_BYTES} are needed"
                raise StoredTreeError(EvidenceCode.PAGE_FORM, what)
            self._pages[place] = found
        return self._pages[place]
