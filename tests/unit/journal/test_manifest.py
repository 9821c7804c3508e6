import json

import pytest

from kezek.journal.folder import write_folder
from kezek.journal.manifest import Damage, check_folder
from kezek.units.problem import InputProblem

FILES = {"day.json": b"day\n", "charts/price.svg": b"<svg/>\n", "lots.csv": b"lot\n1\n"}


@pytest.fixture
def folder(tmp_path):
    write_folder(tmp_path / "out", FILES, marker="day.json")
    return tmp_path / "out"


def test_manifest_lists_every_file_with_size_and_hash(folder):
    manifest = json.loads((folder / "manifest.json").read_bytes())

    assert manifest["format"] == "kezek-folder@v1"
    assert manifest["marker"] == "day.json"
    assert {name: listed["bytes"] for name, listed in manifest["files"].items()} == {
        "charts/price.svg": 7,
        "day.json": 4,
        "lots.csv": 6,
    }


def test_changed_file_of_the_same_length_is_named(folder):
    (folder / "lots.csv").write_bytes(b"lot\n2\n")

    (damage,) = check_folder(folder)

    assert damage.file == "lots.csv"
    assert damage.what.startswith("has SHA-256 ")


def test_longer_file_is_named_with_both_lengths(folder):
    (folder / "lots.csv").write_bytes(b"lot\n1\n2\n")

    assert check_folder(folder) == [Damage("lots.csv", "has 8 bytes, 6 were written")]


def test_missing_and_extra_files_are_named(folder):
    (folder / "charts" / "price.svg").rename(folder / "charts" / "cost.svg")

    assert check_folder(folder) == [
        Damage("charts/price.svg", "is missing"),
        Damage("charts/cost.svg", "is not in the manifest"),
    ]


def test_missing_manifest_is_named(folder):
    (folder / "manifest.json").unlink()

    assert check_folder(folder) == [Damage("manifest.json", "is missing")]


def test_any_changed_byte_of_any_file_is_found(folder):
    for file in (folder / name for name in [*FILES, "manifest.json"]):
        whole = file.read_bytes()
        for at in range(len(whole)):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
            assert check_folder(folder) != []
        file.write_bytes(whole)

    assert check_folder(folder) == []


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b'{"files":{"../../etc/passwd":{"bytes":1,"sha256":""},"day.json":{"bytes":1,"sha256":""}},'
        b'"format":"kezek-folder@v1","marker":"day.json"}\n',
        b'{"files":{},"format":"kezek-folder@v1","marker":"day.json"}\n',
        b'{"files":{"day.json":7},"format":"kezek-folder@v1","marker":"day.json"}\n',
    ],
)
def test_manifest_that_is_not_ours_is_named(manifest, folder):
    (folder / "manifest.json").write_bytes(manifest)

    (damage,) = check_folder(folder)

    assert damage.file == "manifest.json"
    assert damage.what.startswith("is not as it was written: ")


@pytest.mark.parametrize("name", ["nowhere", "out/day.json"])
def test_path_that_is_no_folder_is_refused(name, folder):
    with pytest.raises(InputProblem) as refused:
        check_folder(folder.parent / name)

    assert refused.value.code == "journal.folder.missing"
