"""Archives: a journal as plain files, whole or not at all, and back again byte for byte."""

import errno
import json
import shutil
from pathlib import Path

import pytest
from tests.stores.place import KEY, NOW, OTHER_KEY, Place, append, append_many, event, submission

from kezek.evidence.armour import to_base64
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import audit_log
from kezek.evidence.receipt import verify_receipt
from kezek.evidence.tiles import pack_entries
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import publishing
from kezek.journal.archive import bring_back, write_archive
from kezek.journal.folder_log import OPENINGS_FILE, source_of
from kezek.journal.journal import look, openings
from kezek.journal.manifest import MANIFEST_FILE, manifest_bytes
from kezek.journal.pin import Pin
from kezek.journal.publication import CHECKPOINT_FILE
from kezek.journal.sqlite_store import SqliteStore
from kezek.units.problem import InputProblem

LATER = NOW.replace(year=2027)


def made(place, log, target):
    """Write an archive of 600 entries, some closed, some with personal data, under two keys."""
    append_many(log, 0, 300)
    append(log, submission("private", private={"iin": "880101300123"}), submission("closed", closed_until=LATER))
    place.publish(log)
    publishing.rotate(log, old=KEY, new=OTHER_KEY, now=NOW)
    place.publish(log)
    append_many(log, 300, 597)
    signed = place.publish(log, signer=OTHER_KEY)
    with log.begin() as transaction:
        line = "— witness.example/w " + "AAAA" * 25 + "AA==\n"
        publishing.keep_cosignature(transaction, size=signed.checkpoint.size, witness="witness.example/w", line=line)
    assert write_archive(log, target, with_private=True) == 600
    return target


@pytest.fixture
def kept(place, log, tmp_path):
    return made(place, log, tmp_path / "archive")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory):
    """The same archive for all who forge it; what is in its files does not depend on the store it came from."""
    folder = tmp_path_factory.mktemp("made")
    place = Place("sqlite", str(folder / "journal.db"), folder)
    store = place.open()
    place.begin(store)
    yield made(place, store, folder / "archive")
    place.close()


@pytest.fixture
def forged(made_once, tmp_path):
    return shutil.copytree(made_once, tmp_path / "archive")


def back(folder, target, key=KEY):
    target.mkdir()
    store = SqliteStore(target / "journal.db")
    try:
        return bring_back(folder, store=store, pin=Pin(target / "pin"), first_key=key.verifier, now=NOW), store
    except BaseException:
        store.close()
        raise


def refused(folder, target, key=KEY):
    with pytest.raises(InputProblem) as caught:
        back(folder, target, key)
    assert caught.value.what and caught.value.way_out
    store = SqliteStore(target / "journal.db")
    with store.look() as transaction:
        assert not transaction.has_table("kezek_log")
    store.close()
    assert Pin(target / "pin").read() is None
    return caught.value.code


def bytes_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_it_comes_back_and_gives_the_same_archive_again(kept, tmp_path):
    audit, store = back(kept, tmp_path / "new")
    assert audit.ok and audit.size == 600 and audit.chain.current == OTHER_KEY.verifier
    write_archive(store, tmp_path / "again", with_private=True)
    assert bytes_of(tmp_path / "again") == bytes_of(kept)
    with store.look() as transaction:
        assert openings(transaction, 300)["iin"].value == "880101300123"
        state, at, receipt = publishing.state_of(transaction, "order/598") or (None, None, None)
        assert state is None
        state, at, receipt = publishing.state_of(transaction, "order/596")
        assert verify_receipt(receipt, OTHER_KEY.verifier).receipt.index == at == 599
    pin = Pin(tmp_path / "new" / "pin")
    assert publishing.publish(store, pin=pin, signer=OTHER_KEY, now=NOW).checkpoint.size == 600
    append(store, submission("more"))
    assert publishing.publish(store, pin=pin, signer=OTHER_KEY, now=NOW).checkpoint.size == 601
    store.close()


def test_personal_data_is_left_out_unless_it_is_asked_for(log, place, tmp_path):
    append(log, submission(1, private={"iin": "880101300123"}))
    place.publish(log)
    write_archive(log, tmp_path / "archive", with_private=False)
    assert not (tmp_path / "archive" / OPENINGS_FILE).exists()
    assert not any(b"880101300123" in data for data in bytes_of(tmp_path / "archive").values())
    _, store = back(tmp_path / "archive", tmp_path / "new")
    with store.look() as transaction:
        assert look(transaction).size == 1 and openings(transaction, 0) == {}
    store.close()


def torn(data):
    return {"cut": data[:-1], "flipped": bytes([data[0] ^ 1]) + data[1:], "longer": data + b"\n", "empty": b""}


def test_any_file_that_is_gone_cut_flipped_or_longer_is_found(forged, tmp_path):
    files = bytes_of(forged)
    assert len(files) > 12
    for number, (name, data) in enumerate(files.items()):
        ways = {**torn(data), "gone": None}
        way = list(ways)[number % len(ways)]
        path = forged / name
        if ways[way] is None:
            path.unlink()
        else:
            path.write_bytes(ways[way])
        assert refused(forged, tmp_path / f"new-{number}") == "journal.archive.torn", (name, way)
        path.write_bytes(data)
    assert back(forged, tmp_path / "whole")[0].ok


@pytest.mark.parametrize(
    ("one", "other"),
    [("tile/0/000", "tile/0/001"), ("tile/entries/000", "tile/entries/001"), ("tile/0/000", "tile/entries/000")],
)
def test_two_files_that_changed_places_are_found_with_and_without_a_new_manifest(forged, tmp_path, one, other):
    first, second = (forged / one).read_bytes(), (forged / other).read_bytes()
    (forged / one).write_bytes(second)
    (forged / other).write_bytes(first)
    assert refused(forged, tmp_path / "torn") == "journal.archive.torn"
    remade(forged)
    assert refused(forged, tmp_path / "forged") in ("journal.archive.damaged", "journal.files.bundle")


def remade(folder):
    (folder / MANIFEST_FILE).write_bytes(manifest_bytes(folder, marker=CHECKPOINT_FILE))


def test_what_was_changed_under_a_new_manifest_still_misses_the_signed_root(forged, tmp_path):
    for number, name in enumerate(("tile/entries/000", "tile/0/000", "checkpoints.jsonl", OPENINGS_FILE)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(forged, copy)
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data.replace(b"order/7", b"order/8", 1) if b"order/7" in data else flip(data))
        remade(copy)
        assert refused(copy, tmp_path / f"new-{number}").startswith(("journal.archive.", "journal.files.")), name


def flip(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :]


def test_the_key_it_began_with_is_the_importers(forged, tmp_path):
    assert refused(forged, tmp_path / "new", OTHER_KEY) == "journal.archive.damaged"


def test_nothing_is_brought_back_over_a_journal_or_a_pin(kept, tmp_path):
    other = Place("sqlite", str(tmp_path / "other.db"), tmp_path / "other")
    other.folder.mkdir()
    store = other.open()
    other.begin(store)
    pinned = other.pin.read()
    for pin in (other.pin, Pin(tmp_path / "nowhere")):
        with pytest.raises(InputProblem) as caught:
            bring_back(kept, store=store, pin=pin, first_key=KEY.verifier, now=NOW)
        assert caught.value.code == "journal.log.exists"
    empty = SqliteStore(tmp_path / "empty.db")
    with pytest.raises(InputProblem) as caught:
        bring_back(kept, store=empty, pin=other.pin, first_key=KEY.verifier, now=NOW)
    assert caught.value.code == "journal.log.exists" and other.pin.read() == pinned
    with empty.look() as transaction:
        assert not transaction.has_table("kezek_log")
    empty.close()
    other.close()


def test_what_died_between_its_pin_and_its_commit_can_be_brought_back_again(kept, tmp_path):
    _, store = back(kept, tmp_path / "new")
    store.close()
    for name in ("journal.db", "journal.db-wal", "journal.db-shm"):
        (tmp_path / "new" / name).unlink(missing_ok=True)
    store = SqliteStore(tmp_path / "new" / "journal.db")
    pin = Pin(tmp_path / "new" / "pin")
    assert bring_back(kept, store=store, pin=pin, first_key=KEY.verifier, now=NOW).ok
    store.close()


def test_a_damaged_database_is_not_archived(place, log, tmp_path):
    append_many(log, 0, 20)
    place.publish(log)
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = 3", (b"{}",))
    with pytest.raises(InputProblem) as caught:
        write_archive(log, tmp_path / "archive", with_private=False)
    assert caught.value.code == "journal.archive.damaged" and not (tmp_path / "archive").exists()


def test_files_of_a_log_can_be_audited_without_its_database(kept):
    audit = audit_log(source_of(kept), KeyChain.of(KEY.verifier))
    assert audit.ok and audit.size == 600 and audit.checkpoints == 4 and audit.closed == 0


LINES = "checkpoints.jsonl"


def lines_of(folder, name=LINES):
    return [json.loads(line) for line in (folder / name).read_bytes().splitlines()]


def with_lines(lines):
    return b"".join(canonical_bytes(line) + b"\n" for line in lines)


def changed_last(**changes):
    return lambda lines: [*lines[:-1], {**lines[-1], **changes}]


STRANGE_LINE = {"line": "no cosignature\n\n", "witness": "witness.example/w"}
FORGED_LISTS = {
    "the last checkpoint left out": lambda lines: lines[:-1],
    "a checkpoint twice": lambda lines: [*lines[:-1], lines[-1], lines[-1]],
    "another order": lambda lines: lines[::-1],
    "none": lambda _: [],
    "under another size": changed_last(size=599),
    "a size that is no number": changed_last(size=True),
    "a moment that is no number": changed_last(signed_unix_s=True),
    "a field more": changed_last(more=1),
    "a cosignature of another form": changed_last(cosignatures=[{}]),
    "a cosignature that is no line": changed_last(cosignatures=[STRANGE_LINE]),
    "a cosignature under another name": lambda lines: [
        *lines[:-1],
        {**lines[-1], "cosignatures": [{**lines[-1]["cosignatures"][0], "witness": "other"}]},
    ],
    "two cosignatures in one": lambda lines: [
        *lines[:-1],
        {**lines[-1], "cosignatures": [{**lines[-1]["cosignatures"][0], "line": twice(lines)}]},
    ],
}


def twice(lines):
    return lines[-1]["cosignatures"][0]["line"] * 2


@pytest.mark.parametrize("how", FORGED_LISTS)
def test_a_list_of_checkpoints_that_somebody_made_up_is_refused(forged, tmp_path, how):
    (forged / LINES).write_bytes(with_lines(FORGED_LISTS[how](lines_of(forged))))
    remade(forged)
    assert refused(forged, tmp_path / "new") == "journal.archive.damaged"


FORGED_OPENINGS = {
    "of another value": {"value": "880101300124"},
    "of another salt": {"salt": to_base64(bytes(32))},
    "with a salt that is none": {"salt": "?"},
    "with a short salt": {"salt": to_base64(b"short")},
    "of an entry without any": {"place": 7},
    "of an entry that is not there": {"place": 600},
    "of a place under zero": {"place": -1},
    "of a place that is no number": {"place": True},
    "of another field": {"field": "name"},
    "with a field more": {"more": 1},
}


@pytest.mark.parametrize("how", FORGED_OPENINGS)
def test_personal_data_that_was_not_sealed_is_refused(forged, tmp_path, how):
    (one,) = lines_of(forged, OPENINGS_FILE)
    (forged / OPENINGS_FILE).write_bytes(with_lines([{**one, **FORGED_OPENINGS[how]}]))
    remade(forged)
    assert refused(forged, tmp_path / "new") == "journal.archive.damaged"


def test_personal_data_twice_is_refused(forged, tmp_path):
    (one,) = lines_of(forged, OPENINGS_FILE)
    (forged / OPENINGS_FILE).write_bytes(with_lines([one, one]))
    remade(forged)
    assert refused(forged, tmp_path / "new") == "journal.archive.damaged"


def test_an_archive_from_which_files_were_left_out_under_a_new_manifest_is_refused(forged, tmp_path):
    files = bytes_of(forged)
    needless = {MANIFEST_FILE, OPENINGS_FILE, "log.vkey", "keys/0001.tlog-proof"}  # the receipt is made again
    for number, name in enumerate(sorted(set(files) - needless)):
        (forged / name).unlink()
        if name == CHECKPOINT_FILE:
            (forged / MANIFEST_FILE).write_bytes(manifest_bytes(forged, marker=LINES))
        else:
            remade(forged)
        code = refused(forged, tmp_path / f"new-{number}")
        assert code in ("journal.archive.damaged", "journal.files.checkpoint"), name
        (forged / name).write_bytes(files[name])


def test_every_bit_of_every_file_counts_under_a_new_manifest(forged, tmp_path):
    """A few bits of each file; the manifest is made anew, so that only what is signed can tell."""
    for number, (name, data) in enumerate(bytes_of(forged).items()):
        if name in (MANIFEST_FILE, "log.vkey"):
            continue
        at = (number * 7919) % len(data)
        (forged / name).write_bytes(data[:at] + bytes([data[at] ^ 1 << number % 8]) + data[at + 1 :])
        remade(forged)
        code = refused(forged, tmp_path / f"new-{number}")
        assert code in ("journal.archive.damaged", "journal.files.checkpoint", "journal.files.form"), (name, at)
        (forged / name).write_bytes(data)


def signed_folder(folder, bodies, signer=KEY):
    """Write an archive of any bodies, validly signed, as only the holder of a key can."""
    tree = Tree(map(leaf_hash, bodies))
    note = sign_checkpoint(size=len(bodies), root=tree.root(), signer=signer)
    (folder / "tile/0/000.p").mkdir(parents=True)
    (folder / "tile/entries/000.p").mkdir(parents=True)
    (folder / f"tile/0/000.p/{len(bodies)}").write_bytes(b"".join(tree.leaves()))
    (folder / f"tile/entries/000.p/{len(bodies)}").write_bytes(pack_entries(bodies))
    line = {"cosignatures": [], "note": note, "signed_unix_s": 1, "size": len(bodies)}
    (folder / LINES).write_bytes(with_lines([line]))
    (folder / CHECKPOINT_FILE).write_text(note, encoding="utf-8")
    (folder / "log.vkey").write_text(f"{signer.vkey}\n")
    remade(folder)
    return folder


def test_signed_bytes_that_are_no_events_or_events_twice_are_no_journal(tmp_path):
    one = canonical_bytes(event(1))
    for number, bodies in enumerate(([b"no json"], [one, one], [b'{"a":1}'], [b""])):
        folder = signed_folder(tmp_path / f"archive-{number}", bodies)
        assert refused(folder, tmp_path / f"new-{number}") == "journal.archive.damaged"
    assert back(signed_folder(tmp_path / "sound", [one]), tmp_path / "whole")[0].size == 1


def test_an_archive_never_takes_the_place_of_public_files(place, log, tmp_path):
    append(log, submission(1, closed_until=LATER))
    place.publish(log)
    place.publish_files(log)
    before = bytes_of(place.public)
    with pytest.raises(InputProblem) as caught:
        write_archive(log, place.public, with_private=True)
    assert caught.value.code == "journal.folder.foreign" and bytes_of(place.public) == before


def test_an_archive_takes_the_place_of_an_older_one(kept, log, tmp_path):
    assert write_archive(log, kept, with_private=False) == 600
    assert not (kept / OPENINGS_FILE).exists()


def test_notes_that_do_not_belong_to_the_entries_are_not_archived(place, log, tmp_path):
    append_many(log, 0, 3)
    place.publish(log)
    changes = (
        "INSERT INTO kezek_cosignature (size, witness, line) VALUES (3, 'w', 'no line')",
        "INSERT INTO kezek_rotation (place) VALUES (1)",
        "UPDATE kezek_log SET origin = 'kezek.example/other'",
    )
    undo = (
        "DELETE FROM kezek_cosignature",
        "DELETE FROM kezek_rotation",
        "UPDATE kezek_log SET origin = 'kezek.example/log'",
    )
    for change, back_again in zip(changes, undo, strict=True):
        with place.tampering() as transaction:
            transaction.rows(change)
        with pytest.raises(InputProblem) as caught:
            write_archive(log, tmp_path / "archive", with_private=False)
        assert caught.value.code in ("journal.archive.damaged", "journal.key.damaged")
        with place.tampering() as transaction:
            transaction.rows(back_again)
    assert write_archive(log, tmp_path / "archive", with_private=False) == 3


def test_a_full_disk_leaves_no_half_archive_and_no_half_journal(kept, log, tmp_path, monkeypatch):
    real, left = Path.write_bytes, iter(range(5))

    def fails(path, data):
        if next(left, None) is None:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, data)

    monkeypatch.setattr(Path, "write_bytes", fails)
    with pytest.raises(InputProblem) as caught:
        write_archive(log, tmp_path / "second", with_private=False)
    monkeypatch.undo()
    assert caught.value.code == "journal.folder.space" and not (tmp_path / "second").exists()
    assert [path.name for path in tmp_path.iterdir() if "second" in path.name] == []

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("kezek.journal.pin.replace_file", full)
    assert refused(kept, tmp_path / "new") == "journal.pin.unwritable"
