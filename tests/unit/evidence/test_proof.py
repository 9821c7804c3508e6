import base64
import json
from pathlib import Path

import pytest

from kezek.evidence.error import ProofBoundsError, ProofError, ProofShapeError, RootMismatch
from kezek.evidence.proof import (
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from kezek.evidence.tree import Tree, leaf_hash

ROOT = Path(__file__).parents[3]
OWN = ROOT / "tests" / "vectors"
SHARED = ROOT.parent / "shared" / "data" / "merkle_vectors" / "testdata"
VERIFY = {
    "inclusion": (verify_inclusion, {"leafIdx": "index", "treeSize": "size", "root": "root", "leafHash": "leaf"}),
    "consistency": (
        verify_consistency,
        {"size1": "old_size", "size2": "size", "root1": "old_root", "root2": "root"},
    ),
    "subtreeinclusion": (
        verify_subtree_inclusion,
        {"leafIdx": "index", "start": "start", "end": "end", "root": "subtree_root", "leafHash": "leaf"},
    ),
    "subtreeconsistency": (
        verify_subtree_consistency,
        {"start": "start", "end": "end", "size": "size", "root1": "subtree_root", "root2": "root"},
    ),
}


def holds(verify, **arguments):
    try:
        verify(**arguments)
    except ProofError:
        return False
    return True


def own_vectors():
    return [
        pytest.param(verify, file, id=f"{kind}/{file.stem}")
        for kind, verify in (("inclusion", verify_inclusion), ("consistency", verify_consistency))
        for file in sorted((OWN / kind).glob("*.json"))
    ]


@pytest.mark.parametrize(("verify", "file"), own_vectors())
def test_own_vector(verify, file):
    vector = json.loads(file.read_text())
    expected = vector.pop("holds")
    proof = [bytes.fromhex(item) for item in vector.pop("proof")]
    arguments = {key: bytes.fromhex(value) if isinstance(value, str) else value for key, value in vector.items()}

    assert holds(verify, proof=proof, **arguments) is expected


@pytest.mark.shared
@pytest.mark.parametrize(
    ("kind", "count"),
    [("inclusion", 98), ("consistency", 98), ("subtreeinclusion", 204), ("subtreeconsistency", 118)],
)
def test_foreign_vectors(kind, count):
    """The 518 vectors of transparency-dev/merkle, most of which must fail."""
    if not SHARED.is_dir():
        pytest.skip("the folder shared/data/merkle_vectors is not beside the project")
    verify, names = VERIFY[kind]
    wrong = []
    files = sorted((SHARED / kind).rglob("*.json"))
    for file in files:
        vector = json.loads(file.read_text())
        arguments = {
            ours: base64.b64decode(vector[theirs] or "") if isinstance(vector[theirs], str | None) else vector[theirs]
            for theirs, ours in names.items()
        }
        proof = [base64.b64decode(item or "") for item in vector["proof"] or []]
        if holds(verify, proof=proof, **arguments) is vector["wantErr"]:
            wrong.append(f"{file.relative_to(SHARED)}: {vector['desc']}")

    assert wrong == []
    assert len(files) == count


def tree_of(count):
    return Tree(leaf_hash(b"%d" % number) for number in range(count))


def test_error_says_found_and_expected_length():
    tree = tree_of(9)

    with pytest.raises(ProofShapeError, match="has 3 hashes, the tree has 4 there") as refused:
        verify_inclusion(leaf=tree.leaf(2), index=2, size=9, proof=tree.inclusion_proof(2)[:-1], root=tree.root())

    assert (refused.value.found, refused.value.expected) == (3, 4)


def test_error_says_found_and_expected_root():
    tree = tree_of(9)

    with pytest.raises(RootMismatch) as refused:
        verify_inclusion(leaf=tree.leaf(2), index=2, size=9, proof=tree.inclusion_proof(2), root=tree.root(8))

    assert (refused.value.found, refused.value.expected) == (tree.root(), tree.root(8))


def test_length_is_refused_before_anything_is_hashed():
    """A proof of a million hashes costs nothing: its items are never looked at."""

    class Untouchable(list):
        def __getitem__(self, at):
            raise AssertionError("looked at")

        def __iter__(self):
            raise AssertionError("looked at")

    with pytest.raises(ProofShapeError):
        verify_inclusion(leaf=bytes(32), index=0, size=2, proof=Untouchable([b""] * 1_000), root=bytes(32))


def test_consistency_from_the_empty_log_is_refused_as_meaningless():
    with pytest.raises(ProofBoundsError, match="proves nothing"):
        verify_consistency(old_size=0, old_root=Tree().root(), size=3, root=tree_of(3).root(), proof=[])


def test_hash_of_another_length_is_a_wrong_shape():
    tree = tree_of(2)

    with pytest.raises(ProofShapeError, match="33 bytes in a hash"):
        verify_inclusion(leaf=tree.leaf(0), index=0, size=2, proof=[tree.leaf(1) + b"x"], root=tree.root())
