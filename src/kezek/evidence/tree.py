"""The Merkle tree of RFC 9162 with SHA-256: leaves in, root and proofs out.

Every hash of a perfect subtree is stored, two a leaf: a proof hashes only along the right border.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import pairwise

from kezek.evidence.error import ProofBoundsError

HASH_BYTES = 32
_DEPTHS = 64
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry: SHA-256(0x00 || entry), RFC 9162 section 2.1.1. 32 bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two children: SHA-256(0x01 || left || right), RFC 9162 section 2.1.1. 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


class TreeShape(ABC):
    """Roots and proofs of an append-only Merkle tree, wherever its nodes are kept."""

    @abstractmethod
    def __len__(self) -> int:
        """Number of leaves."""

    @abstractmethod
    def node(self, depth: int, index: int) -> bytes:
        """Return the hash of the perfect subtree over leaves [index * 2**depth, (index + 1) * 2**depth). 32 bytes."""

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves, all by default (RFC 9162 section 2.1.1). 32 bytes.

        Raises:
            ProofBoundsError: size is not in 0..len.
        """
        size = self._checked_size(size)
        return self._span(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """Return the hashes from the leaf's sibling up to the root's child (RFC 9162 section 2.1.3.1).

        Raises:
            ProofBoundsError: not 0 <= index < size <= len.
        """
        size = self._checked_size(size)
        if not 0 <= index < size:
            raise ProofBoundsError(f"index {index} is not in 0..{size} (end excluded)")
        proof, start, end = [], 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._span(middle, end))
                end = middle
            else:
                proof.append(self._span(start, middle))
                start = middle
        return proof[::-1]

    def consistency_proof(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Return the hashes that lead from the old root to the new one (RFC 9162 section 2.1.4.1).

        Raises:
            ProofBoundsError: not 0 < old_size <= size <= len.
        """
        size = self._checked_size(size)
        if not 0 < old_size <= size:
            raise ProofBoundsError(f"old size {old_size} is not in 1..{size}")
        proof, start, end = [], 0, size
        while end != old_size:
            middle = start + _split(end - start)
            if old_size <= middle:
                proof.append(self._span(middle, end))
                end = middle
            else:
                proof.append(self._span(start, middle))
                start = middle
        if start:
            proof.append(self._span(start, end))
        return proof[::-1]

    def _checked_size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise ProofBoundsError(f"size {size} is not in 0..{len(self)}")
        return size

    def _span(self, start: int, end: int) -> bytes:
        """Hash leaves [start, end), start a multiple of the next power of two: fold perfect nodes from the right."""
        width = (end - start) & (start - end)
        depth = width.bit_length() - 1
        end -= width
        found = self.node(depth, end >> depth)
        while end > start:
            width = (end - start) & (start - end)
            depth = width.bit_length() - 1
            end -= width
            found = sha256(b"\x01" + self.node(depth, end >> depth) + found).digest()
        return found


class Tree(TreeShape):
    """An append-only Merkle tree in memory.

    `_levels[k][i]` is the hash of the perfect subtree over leaves [i * 2**k, (i + 1) * 2**k).

    >>> tree = Tree()
    >>> tree.extend([b"a", b"b", b"c"])
    >>> tree.root() == node_hash(node_hash(leaf_hash(b"a"), leaf_hash(b"b")), leaf_hash(b"c"))
    True
    """

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[] for _ in range(_DEPTHS)]
        self._size = 0
        self.extend_hashes(hashes)

    def __len__(self) -> int:
        return self._size

    def node(self, depth: int, index: int) -> bytes:
        """Return the hash of a perfect subtree; see `TreeShape`."""
        return self._levels[depth][index]

    def append(self, entry: bytes) -> int:
        """Append one entry and return its index."""
        return self.append_hash(sha256(b"\x00" + entry).digest())

    def append_hash(self, leaf: bytes) -> int:
        """Append one leaf hash [32 bytes] and return its index."""
        index = self._size
        self._size = count = index + 1
        node = leaf
        for level in self._levels:
            level.append(node)
            if count & 1:
                break
            node = sha256(b"\x01" + level[-2] + node).digest()
            count >>= 1
        return index

    def extend(self, entries: Iterable[bytes]) -> None:
        """Append entries in order."""
        self.extend_hashes([sha256(b"\x00" + entry).digest() for entry in entries])

    def extend_hashes(self, leaves: Iterable[bytes]) -> None:
        """Append leaf hashes [32 bytes each] in order; the same tree as one by one (test_tree_extend_is_append)."""
        self._levels[0].extend(leaves)
        self._size = len(self._levels[0])
        for below, above in pairwise(self._levels):
            if len(below) < 2:
                break
            pairs = range(2 * len(above), len(below) - 1, 2)
            above.extend([sha256(b"\x01" + below[i] + below[i + 1]).digest() for i in pairs])

    def leaf(self, index: int) -> bytes:
        """Return the leaf hash at an index. 32 bytes. Requires 0 <= index < size."""
        if not 0 <= index < len(self):
            raise ProofBoundsError(f"index {index} is not in 0..{len(self)} (end excluded)")
        return self._levels[0][index]

    def joined(self, depth: int, first: int, last: int) -> bytes:
        """Return the hashes [first, last) of a depth, one after another; see `node`."""
        return b"".join(self._levels[depth][first:last])

    def leaves(self) -> Sequence[bytes]:
        """Return all leaf hashes in order."""
        return tuple(self._levels[0])


def _split(count: int) -> int:
    """Return the largest power of two smaller than count > 1 (RFC 9162 section 2.1.1)."""
    return 1 << (count - 1).bit_length() - 1
