import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kezek.evidence.error import TileError
from kezek.evidence.tiles import TILE_WIDTH, pack_entries, spans_between, tiles_between, unpack_entries

sizes = st.one_of(st.integers(0, 1_000), st.integers(0, 200_000))


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_bundle_gives_back_its_entries(entries):
    assert unpack_entries(pack_entries(entries)) == entries


@given(st.binary(max_size=400))
@example(b"\x00")
def test_any_bytes_are_a_bundle_or_refused(data):
    try:
        entries = unpack_entries(data)
    except TileError:
        return
    assert pack_entries(entries) == data


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=10), st.data())
def test_bundle_cut_inside_an_entry_is_refused(entries, data):
    whole = pack_entries(entries)
    ends = {len(pack_entries(entries[:count])) for count in range(len(entries) + 1)}
    at = data.draw(st.integers(0, len(whole)).filter(lambda end: end not in ends))
    with pytest.raises(TileError):
        unpack_entries(whole[:at])


@given(sizes)
def test_tiles_of_a_tree_hold_each_hash_of_every_eighth_level_once(size):
    found = {}
    for tile in tiles_between(0, size):
        assert 1 <= tile.width <= TILE_WIDTH
        found.setdefault(tile.level, []).extend(
            range(tile.number * TILE_WIDTH, tile.number * TILE_WIDTH + tile.width)
        )
    for level in range(4):
        assert found.get(level, []) == list(range(size >> 8 * level))


@given(sizes, sizes)
def test_tiles_between_are_those_that_the_smaller_tree_has_not(one, other):
    old, size = sorted((one, other))
    had = set(tiles_between(0, old))
    assert set(tiles_between(old, size)) == set(tiles_between(0, size)) - had


@given(sizes, sizes)
def test_spans_between_cover_just_what_changed(one, other):
    old, size = sorted((one, other))
    items = [number * TILE_WIDTH + at for number, width in spans_between(old, size) for at in range(width)]
    assert items == (list(range(old - old % TILE_WIDTH, size)) if size > old or size % TILE_WIDTH else [])
