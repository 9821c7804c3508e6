"""Forged proofs at all small sizes: another size, an extra hash, a missing one, an inserted history."""

import pytest

from kezek.evidence.error import ProofError, ProofShapeError
from kezek.evidence.proof import verify_consistency, verify_inclusion
from kezek.evidence.tree import Tree, leaf_hash

LEAVES = [leaf_hash(b"%d" % number) for number in range(20)]
TREE = Tree(LEAVES)
SIZES = range(1, 18)
OTHER = leaf_hash(b"other")


def included(index, size, proof, *, root_size=None):
    root = TREE.root(size if root_size is None else root_size)
    verify_inclusion(leaf=LEAVES[index], index=index, size=size, proof=proof, root=root)


def consistent(old, size, proof, *, old_root=None, root=None):
    verify_consistency(
        old_size=old,
        old_root=TREE.root(old) if old_root is None else old_root,
        size=size,
        root=TREE.root(size) if root is None else root,
        proof=proof,
    )


def refused(kind=ProofError):
    return pytest.raises(kind)


@pytest.mark.parametrize("size", SIZES)
def test_extra_or_missing_hash_is_a_wrong_shape_wherever_it_is(size):
    for index in range(size):
        proof = TREE.inclusion_proof(index, size)
        for forged in changed_in_length(proof):
            with refused(ProofShapeError):
                included(index, size, forged)
    for old in range(1, size + 1):
        proof = TREE.consistency_proof(old, size)
        for forged in changed_in_length(proof):
            with refused(ProofShapeError):
                consistent(old, size, forged)


def changed_in_length(proof):
    yield from ([*proof[:at], extra, *proof[at:]] for at in range(len(proof) + 1) for extra in (OTHER, *proof[:1]))
    yield from (proof[:at] + proof[at + 1 :] for at in range(len(proof)))
    if proof:
        yield []


@pytest.mark.parametrize("size", SIZES)
def test_proof_holds_for_no_other_old_size_or_root(size):
    for old in range(1, size + 1):
        proof = TREE.consistency_proof(old, size)
        consistent(old, size, proof)
        for other in range(size + 1):
            if other != old:
                with refused():
                    consistent(other, size, proof)
                with refused():
                    consistent(old, size, proof, old_root=TREE.root(other))
                with refused():
                    consistent(old, size, proof, root=TREE.root(other) if other != size else OTHER)


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_holds_under_the_root_of_no_other_size(size):
    for index in range(size):
        proof = TREE.inclusion_proof(index, size)
        included(index, size, proof)
        for other in range(len(LEAVES) + 1):
            if other != size:
                with refused():
                    included(index, size, proof, root_size=other)


@pytest.mark.parametrize("size", SIZES)
def test_each_hash_of_a_proof_counts(size):
    for index in range(size):
        proof = TREE.inclusion_proof(index, size)
        for at in range(len(proof)):
            with refused():
                included(index, size, [*proof[:at], OTHER, *proof[at + 1 :]])
    for old in range(1, size):
        proof = TREE.consistency_proof(old, size)
        for at in range(len(proof)):
            with refused():
                consistent(old, size, [*proof[:at], OTHER, *proof[at + 1 :]])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("inserted", [1, 2, 4])
def test_history_put_before_the_old_log_is_refused(size, inserted):
    """Every proof that the forger's own tree can give, under every old size that he can claim."""
    forged = Tree([*(leaf_hash(b"forged %d" % at) for at in range(inserted)), *LEAVES[:size]])
    end = size + inserted
    for old in range(1, size + 1):
        for claimed in range(1, end + 1):
            for proof in (forged.consistency_proof(claimed), forged.inclusion_proof(claimed - 1)):
                with refused():
                    consistent(old, end, proof, root=forged.root())
    for index in range(size):
        with refused():
            included(index, size, forged.inclusion_proof(index + inserted))
