import pytest

from kezek.evidence.error import ProofBoundsError
from kezek.evidence.tree import EMPTY_ROOT, Tree, leaf_hash

CT_LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def test_roots_are_those_of_the_certificate_transparency_reference_tree():
    tree = Tree()
    tree.extend(CT_LEAVES)

    assert [tree.root(size).hex() for size in range(1, 9)] == CT_ROOTS


def test_empty_tree_has_the_hash_of_nothing():
    assert Tree().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_proofs_of_the_example_in_rfc_9162():
    """Section 2.1.5: seven leaves; a, b, c, d, f, g, h, i, j, k, l are the nodes of its drawing."""
    tree = Tree()
    tree.extend(CT_LEAVES[:7])
    a, b, c, d, f, j = (tree.leaf(i) for i in (0, 1, 2, 3, 5, 6))
    g, h = tree.root(2), Tree([c, d]).root()
    i = Tree([tree.leaf(4), f]).root()
    k = tree.root(4)
    right = Tree([tree.leaf(4), f, j]).root()

    assert tree.inclusion_proof(0) == [b, h, right]
    assert tree.inclusion_proof(3) == [c, g, right]
    assert tree.inclusion_proof(4) == [f, j, k]
    assert tree.inclusion_proof(6) == [i, k]
    assert tree.consistency_proof(3) == [c, d, g, right]
    assert tree.consistency_proof(4) == [right]
    assert tree.consistency_proof(6) == [i, j, k]
    assert tree.consistency_proof(7) == []
    assert a == leaf_hash(b"")


@pytest.mark.parametrize(
    "ask",
    [
        lambda tree: tree.root(4),
        lambda tree: tree.root(-1),
        lambda tree: tree.leaf(3),
        lambda tree: tree.leaf(-1),
        lambda tree: tree.inclusion_proof(3),
        lambda tree: tree.inclusion_proof(-1),
        lambda tree: tree.inclusion_proof(2, 2),
        lambda tree: tree.inclusion_proof(0, 4),
        lambda tree: tree.consistency_proof(0),
        lambda tree: tree.consistency_proof(3, 2),
        lambda tree: tree.consistency_proof(4),
    ],
)
def test_question_beyond_the_tree_is_refused(ask):
    tree = Tree(map(leaf_hash, [b"a", b"b", b"c"]))

    with pytest.raises(ProofBoundsError):
        ask(tree)
