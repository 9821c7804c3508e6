import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kezek.evidence.error import EvidenceCode, StoredTreeError
from kezek.evidence.stored_tree import PAGE_WIDTH, StoredTree
from kezek.evidence.tree import Tree, leaf_hash

SIZE_MAX = 1_400
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZE_MAX)]
TREE = Tree(LEAVES)
pieces = st.lists(st.one_of(st.integers(0, 5), st.integers(250, 260), st.integers(0, 700)), max_size=8)


def grown(counts):
    """Grow in pieces, each by a tree of its own that knows only the pages written so far."""
    kept, size = {}, 0
    for count in counts:
        count = min(count, SIZE_MAX - size)
        tree = StoredTree(size, lambda *place, kept=kept: kept.get(place))
        kept |= tree.grown(LEAVES[size : size + count])
        size += count
        assert len(tree) == size
    return StoredTree(size, lambda depth, number: kept.get((depth, number))), kept


@given(pieces, st.data())
@example([255, 1, 1, 254, 1, 1], None)
@example([0, 256, 0, 256], None)
def test_tree_grown_in_pieces_is_the_tree(counts, data):
    stored, kept = grown(counts)
    size = len(stored)
    for at in {0, 1, size, size // 2, max(size - 1, 0)} & set(range(size + 1)):
        assert stored.root(at) == TREE.root(at)
    if size and data:
        end = data.draw(st.integers(1, size), "size")
        index = data.draw(st.integers(0, end - 1), "index")
        old = data.draw(st.integers(1, end), "old size")
        assert stored.inclusion_proof(index, end) == TREE.inclusion_proof(index, end)
        assert stored.consistency_proof(old, end) == TREE.consistency_proof(old, end)
    for (depth, number), hashes in kept.items():
        nodes = range(number * PAGE_WIDTH, min((number + 1) * PAGE_WIDTH, size >> depth))
        assert hashes == b"".join(TREE.node(depth, index) for index in nodes)


def test_all_proofs_at_all_sizes_are_those_of_the_tree():
    stored, _ = grown([1, 2, 4, 8, 16, 3])
    for size in range(35):
        assert stored.root(size) == TREE.root(size)
        assert [stored.inclusion_proof(at, size) for at in range(size)] == [
            TREE.inclusion_proof(at, size) for at in range(size)
        ]
        assert [stored.consistency_proof(at, size) for at in range(1, size + 1)] == [
            TREE.consistency_proof(at, size) for at in range(1, size + 1)
        ]


@given(st.integers(1, 600), st.integers(0, 600))
def test_growing_again_from_an_older_size_writes_the_same_pages(old, more):
    """What was integrated but not signed is read back and woven in once more, over pages that are longer already."""
    _, kept = grown([old, more])
    again = StoredTree(old, lambda depth, number: kept.get((depth, number)))

    pages = again.grown(LEAVES[old : old + more])

    assert pages == {place: kept[place] for place in pages}
    assert bool(pages) is bool(more)


@given(st.integers(1, 600), st.data())
def test_page_that_is_missing_or_short_is_named(size, data):
    _, kept = grown([size])
    place = data.draw(st.sampled_from(sorted(kept)))
    index = place[1] * PAGE_WIDTH + len(kept[place]) // 32 - 1
    missing = StoredTree(size, lambda *at: None if at == place else kept[at])
    short = StoredTree(size, lambda *at: kept[at][:-1] if at == place else kept[at])

    with pytest.raises(StoredTreeError) as refused:
        missing.node(place[0], index)
    assert refused.value.code is EvidenceCode.PAGE_MISSING
    with pytest.raises(StoredTreeError) as refused:
        short.node(place[0], index)
    assert refused.value.code is EvidenceCode.PAGE_FORM
