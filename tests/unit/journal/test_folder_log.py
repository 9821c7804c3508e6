"""Public files and archives read to be audited: whatever stands in them, an answer comes, and names the place."""

import shutil

import pytest
from tests.stores.place import KEY, NOW, OTHER_KEY, append_many, submission
from tests.stores.place import append as add

from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import EvidenceCode
from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import audit_log
from kezek.evidence.tiles import pack_entries, unpack_entries
from kezek.journal import publishing
from kezek.journal.folder_log import damaged_keys, first_key, is_log_folder, read_bodies, size_of, source_of
from kezek.units.problem import InputProblem

ENTRY, LEAVES, KEYS = EvidenceCode.AUDIT_ENTRY, EvidenceCode.AUDIT_LEAVES, EvidenceCode.AUDIT_KEY
REMOVED, CHECKPOINT, TRUNCATED = (
    EvidenceCode.AUDIT_REMOVED,
    EvidenceCode.AUDIT_CHECKPOINT,
    EvidenceCode.AUDIT_TRUNCATED,
)
SIZE = 600


@pytest.fixture
def public(sqlite_place):
    """Public files of 600 entries; the key changed at entry 300."""
    store = sqlite_place.open()
    sqlite_place.begin(store)
    append_many(store, 0, 300)
    sqlite_place.publish(store)
    publishing.rotate(store, old=KEY, new=OTHER_KEY, now=NOW)
    sqlite_place.publish(store)
    append_many(store, 300, 599)
    sqlite_place.publish(store, signer=OTHER_KEY)
    sqlite_place.publish_files(store)
    return sqlite_place.public


def audited(folder):
    return audit_log(source_of(folder), KeyChain.of(KEY.verifier))


def found(folder):
    audit = audited(folder)
    return [(one.code, one.place) for one in audit.findings]


def change(path, act):
    path.write_bytes(act(path.read_bytes()))


def test_public_files_are_whole_and_their_change_of_keys_is_followed_from_the_first(public):
    audit = audited(public)
    assert audit.ok and audit.size == SIZE and audit.signed.size == SIZE and audit.closed == 0
    assert audit.chain.current == OTHER_KEY.verifier and damaged_keys(public, audit.chain) == []
    assert is_log_folder(public) and size_of(public) == SIZE and first_key(public) == KEY.verifier
    assert len(list(read_bodies(public))) == SIZE


def test_every_single_bit_of_a_small_log_counts(sqlite_place, tmp_path):
    store = sqlite_place.open()
    sqlite_place.begin(store)
    append_many(store, 0, 2)
    publishing.rotate(store, old=KEY, new=OTHER_KEY, now=NOW)
    sqlite_place.publish(store)
    add(store, submission(9))
    sqlite_place.publish(store, signer=OTHER_KEY)
    sqlite_place.publish_files(store)
    folder = sqlite_place.public
    assert audited(folder).ok
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in (".lock", "log.vkey")]
    assert [path.parent.name for path in files] == ["public", "keys", "000.p", "000.p"]
    for path in files:
        data = path.read_bytes()
        for at in range(0, len(data), 1 if len(data) < 300 else 7):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :])
            try:
                audit = audited(folder)
                assert not audit.ok or damaged_keys(folder, audit.chain), (path, at)
            except InputProblem as problem:
                assert problem.code == "journal.files.checkpoint"
        path.write_bytes(data)
    assert audited(folder).ok


@pytest.mark.parametrize("at", [0, 1, 255])
def test_a_bundle_that_was_cut_off_is_named_from_its_first_broken_entry(public, at):
    bundle = public / "tile/entries/001"
    bodies = unpack_entries(bundle.read_bytes())
    bundle.write_bytes(pack_entries(bodies[: at + 1])[:-1])
    named = found(public)
    assert named[0] == (ENTRY, 256 + at)
    assert at == 255 or named[1] == (REMOVED, 257 + at)


def test_a_bundle_that_was_cut_between_two_entries_misses_the_rest(public):
    change(public / "tile/entries/001", lambda data: pack_entries(unpack_entries(data)[:100]))
    assert found(public)[0] == (REMOVED, 356)


def test_what_was_put_behind_a_bundle_or_a_tile_shows(public):
    change(public / "tile/entries/001", lambda data: data + pack_entries([b"{}"]))
    assert found(public) == [(ENTRY, 511)]
    change(public / "tile/0/001", lambda data: data + bytes(32))
    assert (LEAVES, 256) in found(public)


def test_two_files_that_changed_places_are_named(public):
    for kind, first in (("0", LEAVES), ("entries", ENTRY)):
        one, other = public / f"tile/{kind}/000", public / f"tile/{kind}/001"
        first_data, other_data = one.read_bytes(), other.read_bytes()
        one.write_bytes(other_data)
        other.write_bytes(first_data)
        assert next(item for item in found(public) if item[0] in (ENTRY, LEAVES)) == (first, 0)
        one.write_bytes(first_data)
        other.write_bytes(other_data)


def test_bodies_that_are_not_shown_are_closed_and_tiles_that_are_missing_are_named(public):
    (public / "tile/entries/001").unlink()
    assert audited(public).ok and audited(public).closed == 256
    assert len(list(read_bodies(public))) == 256
    (public / "tile/0/001").unlink()
    assert {code for code, place in found(public) if place is not None} == {ENTRY, REMOVED}
    assert audited(public).closed == 0


def test_a_change_of_keys_is_followed_by_its_entry_or_by_its_receipt_and_not_without_both(public):
    receipt, bundle = public / "keys/0001.tlog-proof", public / "tile/entries/001"
    data, shown = receipt.read_bytes(), bundle.read_bytes()
    receipt.unlink()
    assert found(public) == []
    bundle.unlink()
    assert (CHECKPOINT, None) in found(public)
    receipt.write_bytes(data)
    assert found(public) == []
    bundle.write_bytes(shown)
    receipt.write_bytes(data.replace(b"extra ", b"extra A"))
    assert found(public) == [] and damaged_keys(public, audited(public).chain) != []


def test_a_log_whose_key_changed_behind_a_closed_entry_is_whole(sqlite_place):
    store = sqlite_place.open()
    sqlite_place.begin(store)
    add(store, submission(0), submission(1, closed_until=NOW.replace(year=2099)))
    sqlite_place.publish(store)
    publishing.rotate(store, old=KEY, new=OTHER_KEY, now=NOW)
    sqlite_place.publish(store)
    add(store, submission(2))
    sqlite_place.publish(store, signer=OTHER_KEY)
    sqlite_place.publish_files(store)
    audit = audited(sqlite_place.public)
    assert audit.ok and audit.closed == 3 and audit.chain.current == OTHER_KEY.verifier


def test_a_receipt_of_a_change_that_does_not_hold_is_named_by_its_file(public):
    receipt, chain = public / "keys/0001.tlog-proof", audited(public).chain
    data = receipt.read_bytes()
    receipt.write_bytes(data.replace(b"index 300", b"index 299"))
    assert [line.partition(":")[0] for line in damaged_keys(public, chain)] == ["keys/0001.tlog-proof"]
    receipt.write_bytes(data)
    shutil.copy(receipt, public / "keys/0002.tlog-proof")
    assert [line.partition(":")[0] for line in damaged_keys(public, chain)] == ["keys/0002.tlog-proof"]
    (public / "keys/0002.tlog-proof").unlink()
    told = damaged_keys(public, KeyChain.of(KEY.verifier))
    assert told == ["keys/0001.tlog-proof: the entries tell of another change of keys"]


def test_a_checkpoint_of_any_size_by_anybody_bounds_no_work(public):
    root = bytes(32)
    for signer, code in ((KEY, CHECKPOINT), (OTHER_KEY, TRUNCATED)):
        (public / "checkpoint").write_text(sign_checkpoint(size=10**15, root=root, signer=signer), encoding="utf-8")
        assert code in {one for one, _ in found(public)}


@pytest.mark.parametrize("text", [b"", b"a", b"a\n", b"a\n-1\n", b"a\n1_0\n", b"a\n01\n", b"a\n\xd9\xa1\n"])
def test_a_checkpoint_that_counts_nothing_is_refused(public, text):
    (public / "checkpoint").write_bytes(text)
    with pytest.raises(InputProblem) as caught:
        source_of(public)
    assert caught.value.code == "journal.files.checkpoint" and caught.value.way_out


def test_files_that_are_no_bundles_lie_beside_them_without_harm(public):
    folder = public / "tile/entries/002.p"
    for name in ("0", "007", "999", "٣", "x", "88.partial"):
        (folder / name).write_bytes(b"\xff")
    assert audited(public).ok
    (folder / "255").write_bytes((folder / "88").read_bytes())
    assert found(public) == []


def test_a_list_of_checkpoints_with_an_empty_note_says_that_it_cannot_be_believed(public):
    (public / "checkpoints.jsonl").write_bytes(b'{"note":""}\n')
    assert (CHECKPOINT, None) in found(public)


@pytest.mark.parametrize("data", [b"[]\n", b"{}", b"{}\n", b'{"note":7}\n', b'{"note": 1}\n', b"\xff\n"])
def test_a_list_of_checkpoints_of_another_form_is_refused(public, data):
    (public / "checkpoints.jsonl").write_bytes(data)
    with pytest.raises(InputProblem) as caught:
        source_of(public)
    assert caught.value.code == "journal.files.form"


def test_a_folder_without_a_key_says_how_to_go_on(public):
    (public / "log.vkey").unlink()
    assert not is_log_folder(public)
    with pytest.raises(InputProblem) as caught:
        first_key(public)
    assert (
        caught.value.code == "journal.files.key" and "--key" in caught.value.way_out and "[" not in caught.value.what
    )
    (public / "log.vkey").write_text("no key")
    with pytest.raises(InputProblem):
        first_key(public)
