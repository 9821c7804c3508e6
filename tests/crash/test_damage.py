"""Flipped bits, cut files, full disks: damage is refused with a code and a sentence, and nothing false is signed."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.stores.place import KEY, append, append_many, salt, stored, submission

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.error import EvidenceError
from kezek.evidence.keychain import KeyChain
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.tiles import tiles_between, unpack_entries
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import journal, publishing
from kezek.journal.group_commit import GroupWriter
from kezek.units.problem import InputProblem

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("KEZEK_SEED", "1"))
SIGNED, SIZE = 270, 300
CHAIN = KeyChain.of(KEY.verifier)
REFUSALS = (InputProblem, EvidenceError)


def begun(place):
    """Signed and published up to 270, integrated up to 290, accepted up to 300; returns the true bodies."""
    store = place.open()
    place.begin(store)
    append_many(store, 0, SIGNED)
    place.publish(store)
    place.publish_files(store)
    append_many(store, SIGNED, SIZE - 10)
    with store.begin() as transaction:
        journal.integrate(transaction)
    append_many(store, SIZE - 10, SIZE)
    with store.look() as transaction:
        bodies = [body for _, _, body in stored(transaction)]
    store.close()
    return bodies


def use(place, bodies):
    """Do with a damaged log all that anybody does; whatever comes out must be true. Returns the codes of refusals."""
    tree, codes = Tree(map(leaf_hash, bodies)), []

    def attempt(act):
        try:
            return act()
        except REFUSALS as error:
            assert str(error.code).startswith(("journal.", "evidence."))
            assert str(error)
            codes.append(str(error.code))

    store = attempt(place.open)
    if store is not None:
        attempt(lambda: append(store, submission(3), submission(SIZE - 1)))
        attempt(lambda: place.publish(store))
        attempt(lambda: place.publish_files(store))
        for number in (0, 3, 255, 256, SIGNED - 1, SIZE - 1):
            attempt(lambda number=number: check_receipt(store, f"order/{number}", bodies))
        bodies = bodies + (attempt(lambda: appended(store, len(bodies))) or [])
        tree = Tree(map(leaf_hash, bodies))
        store.close()
    for note in (place.shown, place.pin.read().note):
        signed = CHAIN.open(note)
        assert tree.root(signed.size) == signed.root, "a false root was signed"
    for tile in tiles_between(0, CHAIN.open(place.shown).size):
        expected = b"".join(tree.node(tile.depth, tile.number * 256 + at) for at in range(tile.width))
        assert (place.public / tile.path).read_bytes() == expected
    for path in (place.public / "tile/entries").rglob("*"):
        if path.is_file():
            assert set(unpack_entries(path.read_bytes())) <= set(bodies)
    return codes


def check_receipt(store, key, bodies):
    with store.look() as transaction:
        found = publishing.state_of(transaction, key)
    if found is not None and found[2] is not None:
        verified = verify_receipt(found[2], KEY.verifier)
        assert verified.event["key"] == key
        if verified.receipt.index < len(bodies):
            assert verified.receipt.entry == bodies[verified.receipt.index]


def appended(store, start):
    """An event whose name was damaged is not known any more, and is appended again when it is sent again."""
    with store.look() as transaction:
        return list(journal.entries(transaction, start, start + 10))


@pytest.fixture
def damaged(place):
    """A begun log, and a function that sets it back to how it was begun."""
    bodies = begun(place)
    keep = place.folder.with_name(place.folder.name + "-base")
    if place.kind == "sqlite":
        shutil.copytree(place.folder, keep)

    def again():
        if place.kind == "sqlite":
            shutil.rmtree(place.folder)
            shutil.copytree(keep, place.folder)
        else:
            place.clear()
            begun(place)

    return bodies, again


def flipped(data: bytes, chance) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


CELLS = {
    "entry body": ("kezek_entry", "body", "place"),
    "entry leaf": ("kezek_entry", "leaf", "place"),
    "entry name": ("kezek_entry", "name", "place"),
    "page": ("kezek_page", "hashes", "depth * 1000 + number"),
    "checkpoint": ("kezek_checkpoint", "note", "size"),
    "vkey": ("kezek_log", "first_vkey", "one"),
}


@pytest.mark.parametrize("cell", CELLS)
def test_flipped_bit_in_a_stored_value(place, damaged, cell):
    print(f"KEZEK_SEED={SEED}")
    chance, (bodies, again), codes = random.Random(f"{SEED} {cell}"), damaged, []
    table, column, key = CELLS[cell]
    for number in range(12 if place.kind == "sqlite" else 4):
        if number:
            again()
        with place.tampering() as transaction:
            rows = sorted(transaction.rows(f"SELECT {key}, {column} FROM {table}"))
            at, value = rows[-1] if number % 3 == 0 else chance.choice(rows)
            changed = value[:-2] + "A" + value[-1] if isinstance(value, str) else flipped(value, chance)
            transaction.rows(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (changed, at))
        codes += use(place, bodies)
    # A damaged name harms nothing that is signed; its event is not known any more, which an audit finds.
    assert codes or cell == "entry name", "no damage was found at all"


@pytest.mark.parametrize("column", ["size", "integrated"])
@pytest.mark.parametrize("value", [0, 1, 269, 271, 295, 301, 1_000_000])
def test_changed_number_in_the_head_of_the_log(place, damaged, column, value):
    bodies, _ = damaged
    with place.tampering() as transaction:
        other = "integrated = 0, size = ?" if column == "size" else "size = 1000000, integrated = ?"
        transaction.rows(f"UPDATE kezek_log SET {other} WHERE one = 1", (value,))
    assert use(place, bodies) or (column, value) in {("size", 271), ("size", 295)}


def test_flipped_bits_anywhere_in_the_file(sqlite_place):
    print(f"KEZEK_SEED={SEED}")
    chance, bodies = random.Random(SEED), begun(sqlite_place)
    file = Path(sqlite_place.where)
    keep = sqlite_place.folder.with_name(sqlite_place.folder.name + "-base")
    shutil.copytree(sqlite_place.folder, keep)
    found = 0
    for number in range(120):
        shutil.rmtree(sqlite_place.folder)
        shutil.copytree(keep, sqlite_place.folder)
        data = bytearray(file.read_bytes())
        for _ in range(1 + number % 3 * 40):
            at = chance.randrange(len(data)) if number % 4 else chance.randrange(200)
            data[at] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        found += bool(use(sqlite_place, bodies))
    assert found > 40


@pytest.mark.parametrize("keep", [0, 1, 100, 4096, 0.3, 0.9])
def test_file_that_was_cut_off(sqlite_place, keep):
    bodies, file = begun(sqlite_place), Path(sqlite_place.where)
    data = file.read_bytes()
    file.write_bytes(data[: keep if isinstance(keep, int) else int(len(data) * keep)])
    assert use(sqlite_place, bodies)


def test_database_that_is_gone_signs_nothing(sqlite_place):
    bodies = begun(sqlite_place)
    Path(sqlite_place.where).unlink()
    assert "journal.log.missing" in use(sqlite_place, bodies)


def test_public_file_that_was_cut_or_swapped_does_not_reach_the_log(place, damaged):
    """The log does not read its public files, but for the checkpoint; from an empty folder all of it comes again."""
    bodies, _ = damaged
    tile, bundle = place.public / "tile/0/000", place.public / "tile/entries/000"
    tile_bytes, bundle_bytes = tile.read_bytes(), bundle.read_bytes()
    tile.write_bytes(bundle_bytes[:100])
    bundle.write_bytes(tile_bytes)
    store = place.open()
    assert place.publish(store).checkpoint.root == Tree(map(leaf_hash, bodies)).root()
    place.publish_files(store)
    shutil.rmtree(place.public)
    place.publish_files(store)
    assert (tile.read_bytes(), bundle.read_bytes()) == (tile_bytes, bundle_bytes)
    assert use(place, bodies) == []


def test_full_database_loses_nothing_and_goes_on(sqlite_place):
    log = sqlite_place.open()
    sqlite_place.begin(log)
    append_many(log, 0, 10)
    place, taken = sqlite_place, 10
    pages = log._connection.execute("PRAGMA page_count").fetchone()[0]
    log._connection.execute(f"PRAGMA max_page_count = {pages + 8}")
    with pytest.raises(InputProblem, match=r"journal\.store\.space"):
        while taken < 10_000:
            taken += len(append_many(log, taken, taken + 5))
    assert taken > 10
    with pytest.raises(InputProblem, match=r"journal\.store\.space"):
        append_many(log, taken, taken + 200)
    with GroupWriter(log, salt=salt) as writer:
        futures = [writer.submit(submission(number)) for number in range(taken, taken + 200)]
        outcomes = [future.exception(timeout=60) for future in futures]
    with log.look() as transaction:
        names = {name for _, name, _ in stored(transaction)}
    for number, outcome in enumerate(outcomes, start=taken):
        assert (f"order/{number}" in names) is (outcome is None)
        assert outcome is None or outcome.code == "journal.store.space"
    assert any(outcomes)

    log._connection.execute("PRAGMA max_page_count = 1000000")
    again = append_many(log, 0, taken + 200)
    assert all(one.existed for one in again if one.key in names)
    assert place.publish(log).checkpoint.size == taken + 200
    with log.look() as transaction:
        assert [at for at, _, _ in stored(transaction)] == list(range(taken + 200))


FILLING = """
import resource, sys
from pathlib import Path
from tests.stores.place import Place, append, submission
from kezek.units.problem import InputProblem
place = Place("sqlite", sys.argv[1], Path(sys.argv[2]))
store = place.open()
place.begin(store)
limit = 200_000
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
said, kept = set(), 0
for number in range(100_000):
    try:
        append(store, submission(number))
        kept += 1
        if number % 10 == 0:
            place.publish(store)
            place.publish_files(store)
    except InputProblem as problem:
        said.add(problem.code)
        if len(said) > 1 or number > kept + 20:
            break
print(kept, *sorted(said))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
append(store, submission("after"))
print(place.publish(store).checkpoint.size, place.publish_files(store).size)
"""


def test_file_that_may_not_grow_any_more_loses_nothing_and_goes_on(sqlite_place):
    """The system refuses to lengthen files, as a full disk does, also in the middle of the write-ahead log."""
    command = [sys.executable, "-c", FILLING, sqlite_place.where, str(sqlite_place.folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    (kept, *codes), sizes = (line.split() for line in done.stdout.splitlines())
    assert codes and set(codes) <= {"journal.store.space", "journal.store.disk"}
    assert int(sizes[0]) == int(sizes[1]) >= int(kept) + 1
    log = sqlite_place.open()
    with log.look() as transaction:
        rows = stored(transaction)
    assert [at for at, _, _ in rows] == list(range(int(sizes[0])))
    assert {f"order/{number}" for number in range(int(kept))} <= {name for _, name, _ in rows}
    assert all(parse_canonical(body)["key"] == name for _, name, body in rows)
