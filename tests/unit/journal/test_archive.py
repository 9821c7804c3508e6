"""Archives: a journal as plain files, whole or not at all, and back again byte for byte."""

import shutil

import pytest
from tests.stores.place import KEY, NOW, OTHER_KEY, Place, append, append_many, submission

from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import audit_log
from kezek.evidence.receipt import verify_receipt
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


@pytest.fixture
def kept(place, log, tmp_path):
    """An archive of 600 entries, some closed, some with personal data, under two keys."""
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
    assert write_archive(log, tmp_path / "archive", with_private=True) == 600
    return tmp_path / "archive"


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


def test_any_file_that_is_gone_cut_flipped_or_longer_is_found(kept, tmp_path):
    files = bytes_of(kept)
    assert len(files) > 12
    for number, (name, data) in enumerate(files.items()):
        ways = {**torn(data), "gone": None}
        way = list(ways)[number % len(ways)]
        path = kept / name
        if ways[way] is None:
            path.unlink()
        else:
            path.write_bytes(ways[way])
        assert refused(kept, tmp_path / f"new-{number}") == "journal.archive.torn", (name, way)
        path.write_bytes(data)
    assert back(kept, tmp_path / "whole")[0].ok


@pytest.mark.parametrize(
    ("one", "other"),
    [("tile/0/000", "tile/0/001"), ("tile/entries/000", "tile/entries/001"), ("tile/0/000", "tile/entries/000")],
)
def test_two_files_that_changed_places_are_found_with_and_without_a_new_manifest(kept, tmp_path, one, other):
    first, second = (kept / one).read_bytes(), (kept / other).read_bytes()
    (kept / one).write_bytes(second)
    (kept / other).write_bytes(first)
    assert refused(kept, tmp_path / "torn") == "journal.archive.torn"
    remade(kept)
    assert refused(kept, tmp_path / "forged") in ("journal.archive.damaged", "journal.files.bundle")


def remade(folder):
    (folder / MANIFEST_FILE).write_bytes(manifest_bytes(folder, marker=CHECKPOINT_FILE))


def test_what_was_changed_under_a_new_manifest_still_misses_the_signed_root(kept, tmp_path):
    for number, name in enumerate(("tile/entries/000", "tile/0/000", "checkpoints.jsonl", OPENINGS_FILE)):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(kept, copy)
        data = (copy / name).read_bytes()
        (copy / name).write_bytes(data.replace(b"order/7", b"order/8", 1) if b"order/7" in data else flip(data))
        remade(copy)
        assert refused(copy, tmp_path / f"new-{number}").startswith(("journal.archive.", "journal.files.")), name


def flip(data):
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 2]) + data[at + 1 :]


def test_the_key_it_began_with_is_the_importers(kept, tmp_path):
    assert refused(kept, tmp_path / "new", OTHER_KEY) == "journal.archive.damaged"


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
