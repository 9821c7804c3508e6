"""Verify Merkle proofs: the shape is computed from the numbers, the length compared, and only then anything hashed.

A proof never says how it is to be read. Where a sibling stands follows from index and size alone, so a proof cannot
bend the tree. Each function returns None or raises a ProofError.
"""

from collections.abc import Iterator, Sequence

from kezek.evidence.error import ProofBoundsError, ProofShapeError, RootMismatch
from kezek.evidence.tree import EMPTY_ROOT, HASH_BYTES, node_hash

ON_LEFT = 1
INSIDE = 2


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Verify that the leaf hash stands at `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.2).

    Requires 0 <= index < size.

    Args:
        leaf: Leaf hash. [32 bytes]
        index: Zero-based place of the leaf.
        size: Number of leaves under `root`.
        proof: Hashes from the leaf's sibling up to the root's child. [32 bytes each]
        root: Root the checkpoint signs. [32 bytes]
    Raises:
        ProofBoundsError, ProofShapeError, RootMismatch.
    """
    if not 0 <= index < size:
        raise ProofBoundsError(f"index {index} is not in 0..{size} (end excluded)")
    sides = list(_sides(index, size - 1))
    _check_shape(proof, len(sides))
    _check_hash(leaf)
    found = leaf
    for side, sibling in zip(sides, proof, strict=True):
        found = node_hash(sibling, found) if side & ON_LEFT else node_hash(found, sibling)
    _check_root(found=found, expected=root)


def verify_consistency(*, old_size: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Verify that the log of `size` leaves begins with the log of `old_size` leaves (RFC 9162 section 2.1.4.2).

    Requires 0 < old_size <= size: everything begins with the empty log, so from there nothing can be proved.

    Raises:
        ProofBoundsError, ProofShapeError, RootMismatch.
    """
    if old_size < 1:
        raise ProofBoundsError(f"old size {old_size} is not in 1..{size}: an empty log proves nothing")
    verify_subtree_consistency(start=0, end=old_size, size=size, subtree_root=old_root, root=root, proof=proof)


def verify_subtree_inclusion(
    *, leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], subtree_root: bytes
) -> None:
    """Verify that the leaf hash stands at `index` in the subtree over leaves [start, end).

    Requires 0 <= start <= index < end, start a multiple of the next power of two from end - start.

    Raises:
        ProofBoundsError, ProofShapeError, RootMismatch.
    """
    _check_subtree(start=start, end=end)
    if not start <= index < end:
        raise ProofBoundsError(f"index {index} is not in {start}..{end} (end excluded)")
    verify_inclusion(leaf=leaf, index=index - start, size=end - start, proof=proof, root=subtree_root)


def verify_subtree_consistency(
    *, start: int, end: int, size: int, subtree_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Verify that the subtree over leaves [start, end) is part of the tree of `size` leaves.

    Requires 0 <= start <= end <= size, start a multiple of the next power of two from end - start. Of an empty
    subtree only its own root can be checked: it is part of any tree.

    Raises:
        ProofBoundsError, ProofShapeError, RootMismatch.
    """
    _check_subtree(start=start, end=end)
    if end > size:
        raise ProofBoundsError(f"end {end} is beyond size {size}")
    if start == end:
        _check_shape(proof, 0)
        _check_root(found=subtree_root, expected=EMPTY_ROOT)
        return
    height = ((end - 1) ^ start).bit_length()
    bottom = height if end == size else _trailing_zeros(end - start)
    known = end == size or end - start == 1 << bottom
    sides = list(_sides(end - 1 >> bottom, size - 1 >> bottom, height - bottom))
    _check_shape(proof, len(sides) + (not known))
    seed, *hashes = [subtree_root, *proof] if known else proof
    old, new = seed, seed
    for side, sibling in zip(sides, hashes, strict=True):
        old = node_hash(sibling, old) if side == ON_LEFT | INSIDE else old
        new = node_hash(sibling, new) if side & ON_LEFT else node_hash(new, sibling)
    _check_root(found=old, expected=subtree_root)
    _check_root(found=new, expected=root)


def _sides(index: int, last: int, inside_levels: int = 0) -> Iterator[int]:
    """Yield one number a sibling, from node `index` of a level whose last node is `last` up to the root.

    ON_LEFT: the sibling stands on the left; INSIDE: it is met in the first `inside_levels` levels. A last node
    without a sibling moves up unchanged.
    """
    level = 0
    while last:
        inside = INSIDE if level < inside_levels else 0
        if index & 1:
            yield inside | ON_LEFT
        elif index < last:
            yield inside
        index, last, level = index >> 1, last >> 1, level + 1


def _check_subtree(*, start: int, end: int) -> None:
    if not 0 <= start <= end:
        raise ProofBoundsError(f"start {start} is not in 0..{end}")
    if end > start and start % (1 << (end - start - 1).bit_length()):
        raise ProofBoundsError(f"leaves {start}..{end} (end excluded) are no subtree")


def _check_shape(hashes: Sequence[bytes], expected: int) -> None:
    if len(hashes) != expected:
        raise ProofShapeError(found=len(hashes), expected=expected)
    for item in hashes:
        _check_hash(item)


def _check_hash(item: bytes) -> None:
    if len(item) != HASH_BYTES:
        raise ProofShapeError(found=len(item), expected=HASH_BYTES, unit="bytes in a hash")


def _check_root(*, found: bytes, expected: bytes) -> None:
    if found != expected:
        raise RootMismatch(found=found, expected=expected)


def _trailing_zeros(number: int) -> int:
    return (number & -number).bit_length() - 1
