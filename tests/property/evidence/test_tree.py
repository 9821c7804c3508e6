import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.error import ProofError
from kezek.evidence.proof import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from kezek.evidence.tree import EMPTY_ROOT, Tree, leaf_hash, node_hash

SIZE_MAX = 70
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZE_MAX)]
TREE = Tree(LEAVES)
seeded = settings(derandomize=True, deadline=None)


def split(count):
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def mth(leaves):
    """RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


def path(m, leaves):
    """RFC 9162 section 2.1.3.1, word for word."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m, leaves, complete):
    """RFC 9162 section 2.1.4.1, word for word."""
    if m == len(leaves):
        return [] if complete else [mth(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], complete), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


@pytest.mark.parametrize("size", range(SIZE_MAX + 1))
def test_tree_is_the_one_of_the_rfc(size):
    assert TREE.root(size) == mth(LEAVES[:size])
    for index in range(size):
        assert TREE.inclusion_proof(index, size) == path(index, LEAVES[:size])
    for old in range(1, size + 1):
        assert TREE.consistency_proof(old, size) == subproof(old, LEAVES[:size], True)


@given(st.lists(st.integers(0, 20), max_size=8))
@seeded
def test_tree_extend_is_append(batches):
    bulk, single, taken = Tree(), Tree(), 0
    for number, batch in enumerate(batches):
        leaves = [leaf_hash(b"%d" % (taken + n)) for n in range(batch)]
        taken += batch
        if number % 2:
            bulk.extend_hashes(leaves)
        else:
            for leaf in leaves:
                bulk.append_hash(leaf)
        for leaf in leaves:
            single.append_hash(leaf)

        assert bulk.root() == single.root()
        assert bulk.leaves() == single.leaves()


@pytest.mark.parametrize("size", range(1, 34))
def test_every_true_proof_is_verified(size):
    root = TREE.root(size)
    for index in range(size):
        verify_inclusion(
            leaf=LEAVES[index], index=index, size=size, proof=TREE.inclusion_proof(index, size), root=root
        )
    for old in range(1, size + 1):
        proof = TREE.consistency_proof(old, size)
        verify_consistency(old_size=old, old_root=TREE.root(old), size=size, root=root, proof=proof)


@pytest.mark.parametrize("size", range(1, 18))
def test_no_proof_holds_for_another_index(size):
    for index in range(size):
        proof = TREE.inclusion_proof(index, size)
        for other in range(-1, size + 2):
            if other != index:
                with pytest.raises(ProofError):
                    verify_inclusion(leaf=LEAVES[index], index=other, size=size, proof=proof, root=TREE.root(size))


@pytest.mark.parametrize("size", range(1, 18))
def test_no_history_is_consistent_with_one_that_has_an_entry_put_before_it(size):
    """pymerkle 6 let the proof say how it is to be read, and accepted history inserted before the old log."""
    forged = Tree([leaf_hash(b"forged"), *LEAVES[:size]])
    for old in range(1, size + 1):
        with pytest.raises(ProofError):
            verify_consistency(
                old_size=old,
                old_root=TREE.root(old),
                size=size + 1,
                root=forged.root(),
                proof=forged.consistency_proof(old),
            )


@given(st.data())
@seeded
def test_no_random_hashes_are_a_consistency_proof(data):
    size = data.draw(st.integers(2, SIZE_MAX))
    old = data.draw(st.integers(1, size - 1))
    proof = TREE.consistency_proof(old, size)
    at = data.draw(st.integers(0, len(proof) - 1))
    proof[at] = data.draw(st.binary(min_size=32, max_size=32).filter(lambda item: item != proof[at]))

    with pytest.raises(ProofError):
        verify_consistency(old_size=old, old_root=TREE.root(old), size=size, root=TREE.root(size), proof=proof)


def test_every_subtree_contains_its_leaves():
    for width in range(1, 10):
        aligned = 1 << (width - 1).bit_length()
        for start in range(0, 33, aligned):
            subtree = Tree(LEAVES[start : start + width])
            for index in range(start, start + width):
                verify_subtree_inclusion(
                    leaf=LEAVES[index],
                    index=index,
                    start=start,
                    end=start + width,
                    proof=subtree.inclusion_proof(index - start),
                    subtree_root=subtree.root(),
                )


@pytest.mark.parametrize("size", range(1, 20))
def test_perfect_subtree_is_consistent_by_the_tail_of_an_inclusion_proof(size):
    """The path of a perfect subtree is the path of its leaves without the steps inside it."""
    for depth in range(5):
        for start in range(0, size - (1 << depth) + 1, 1 << depth):
            end = start + (1 << depth)
            verify_subtree_consistency(
                start=start,
                end=end,
                size=size,
                subtree_root=mth(LEAVES[start:end]),
                root=TREE.root(size),
                proof=TREE.inclusion_proof(start, size)[depth:],
            )
