import pytest

from kezek.evidence.error import EvidenceCode, TileError
from kezek.evidence.tiles import Tile, entries_path, pack_entries, spans_between, tiles_between, unpack_entries


def test_tree_of_70000_has_the_tiles_of_the_specification():
    """C2SP tlog-tiles, section "Merkle Tree": the worked example of 70,000 entries."""
    paths = [tile.path for tile in tiles_between(0, 70_000)]

    assert paths == [
        *(f"tile/0/{number:03d}" for number in range(273)),
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]


@pytest.mark.parametrize(
    ("old", "size", "paths"),
    [
        (0, 0, []),
        (0, 1, ["tile/0/000.p/1"]),
        (0, 255, ["tile/0/000.p/255"]),
        (0, 256, ["tile/0/000", "tile/1/000.p/1"]),
        (255, 256, ["tile/0/000", "tile/1/000.p/1"]),
        (256, 256, []),
        (256, 257, ["tile/0/001.p/1"]),
        (256, 511, ["tile/0/001.p/255"]),
        (511, 512, ["tile/0/001", "tile/1/000.p/2"]),
        (65_535, 65_536, ["tile/0/255", "tile/1/000", "tile/2/000.p/1"]),
        (65_536, 65_537, ["tile/0/256.p/1"]),
    ],
)
def test_only_changed_tiles_are_named(old, size, paths):
    assert [tile.path for tile in tiles_between(old, size)] == paths


def test_number_is_spelt_in_groups_of_three():
    assert Tile(0, 999, 256).path == "tile/0/999"
    assert Tile(3, 1000, 1).path == "tile/3/x001/000.p/1"
    assert Tile(0, 1_234_067, 255).path == "tile/0/x001/x234/067.p/255"
    assert entries_path(1_234_067, 256) == "tile/entries/x001/x234/067"
    assert Tile(2, 0, 1).depth == 16


def test_span_of_nothing_is_empty():
    assert list(spans_between(0, 0)) == list(spans_between(512, 512)) == []


def test_entry_of_the_greatest_length_fits_and_a_longer_one_is_refused():
    longest = b"x" * 65_535
    assert unpack_entries(pack_entries([longest, b""])) == [longest, b""]
    with pytest.raises(TileError) as refused:
        pack_entries([b"a", longest + b"x"])
    assert refused.value.code is EvidenceCode.TILE_ENTRY


@pytest.mark.parametrize(
    ("data", "entry"), [(b"\x00", 0), (b"\x00\x02a", 0), (b"\x00\x01a\x00", 1), (b"\x00\x01a\x00\x02b", 1)]
)
def test_bundle_that_is_cut_off_names_its_entry(data, entry):
    with pytest.raises(TileError, match=f"cut off in its entry {entry}") as refused:
        unpack_entries(data)
    assert refused.value.code is EvidenceCode.TILE_FORM
