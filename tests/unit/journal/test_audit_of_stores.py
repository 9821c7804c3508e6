"""A whole log derived again from what a database holds: whatever was changed there is named by its place."""

import pytest
from tests.stores.place import KEY, NOW, OTHER_KEY, append, append_many, submission

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import EvidenceCode
from kezek.evidence.event import key_of
from kezek.evidence.keychain import KeyChain, rotation_event
from kezek.evidence.log_audit import audit_log
from kezek.evidence.signature import Signer
from kezek.evidence.stored_tree import PAGE_WIDTH
from kezek.evidence.tree import leaf_hash
from kezek.journal import publishing
from kezek.journal.archive import damaged_openings, store_source
from kezek.units.problem import InputProblem

SIZES = (300, 520)
ENTRY, LEAVES, REMOVED = EvidenceCode.AUDIT_ENTRY, EvidenceCode.AUDIT_LEAVES, EvidenceCode.AUDIT_REMOVED


@pytest.fixture
def signed(place, log):
    """A log of two checkpoints over 300 and 520 entries, and five more that are not signed."""
    append_many(log, 0, SIZES[0])
    place.publish(log)
    append_many(log, SIZES[0], SIZES[1])
    place.publish(log)
    append_many(log, SIZES[1], SIZES[1] + 5)
    return place


def audited(place, key=KEY):
    store = place.open()
    with store.look() as transaction:
        return audit_log(store_source(transaction), KeyChain.of(key.verifier))


def found(audit):
    return [(one.code, one.place) for one in audit.findings]


def body(place):
    return b'{"at":"2025-01-01T00:00:00Z","data":{},"key":"order/%d","type":"order.submitted","v":1}' % place


def change(place, sql, *values):
    with place.tampering() as transaction:
        transaction.rows(sql, values)


def replace_body(place, at, *, leaf=False, page=False):
    new = body(at)
    change(place, "UPDATE kezek_entry SET body = ? WHERE place = ?", new, at)
    if leaf:
        change(place, "UPDATE kezek_entry SET leaf = ? WHERE place = ?", leaf_hash(new), at)
    if page:
        number, row = divmod(at, PAGE_WIDTH)
        with place.tampering() as transaction:
            sql = "SELECT hashes FROM kezek_page WHERE depth = 0 AND number = ?"
            hashes = bytearray(transaction.rows(sql, (number,))[0][0])
            hashes[row * 32 : row * 32 + 32] = leaf_hash(new)
            sql = "UPDATE kezek_page SET hashes = ? WHERE depth = 0 AND number = ?"
            transaction.rows(sql, (bytes(hashes), number))


def test_a_sound_log_is_whole(signed):
    audit = audited(signed)
    assert audit.ok and audit.size == 525 and audit.closed == 0
    assert audit.signed.size == 520 and audit.checkpoints == 3


def test_the_key_is_the_auditors(signed):
    audit = audited(signed, OTHER_KEY)
    assert {code for code, _ in found(audit)} == {EvidenceCode.AUDIT_CHECKPOINT} and audit.signed is None


@pytest.mark.parametrize("at", [0, 255, 256, 299, 300, 519])
@pytest.mark.parametrize("leaf", [False, True])
def test_a_replaced_body_is_named_by_its_leaf_hash_or_by_its_tile(signed, at, leaf):
    replace_body(signed, at, leaf=leaf)
    audit = audited(signed)
    assert found(audit)[0] == (ENTRY, at)
    assert {one.place for one in audit.findings if one.code is ENTRY} == {at}


@pytest.mark.parametrize(("at", "held"), [(7, 0), (299, 0), (300, 300), (519, 300)])
def test_where_no_copy_of_the_leaf_hashes_is_left_two_checkpoints_say_between_which_it_lies(signed, at, held):
    replace_body(signed, at, leaf=True, page=True)
    audit = audited(signed)
    assert found(audit)[0] == (ENTRY, held)
    assert f"to entry {299 if at < 300 else 519} at least one was tampered with" in audit.findings[0].what


def test_an_unsigned_entry_that_was_changed_is_named_and_nobody_says_which_copy_is_right(signed):
    replace_body(signed, 522)
    audit = audited(signed)
    assert found(audit)[0] == (ENTRY, 522) and "not signed yet" in audit.findings[0].what


def test_a_damaged_leaf_hash_is_no_damage_of_the_entry(signed):
    change(signed, "UPDATE kezek_entry SET leaf = ? WHERE place = 41", bytes(32))
    assert found(audited(signed)) == [(LEAVES, 41)]


def test_two_bodies_that_changed_places_are_both_named(signed):
    with signed.tampering() as transaction:
        rows = dict(transaction.rows("SELECT place, body FROM kezek_entry WHERE place IN (10, 11)"))
        for place, other in ((10, 11), (11, 10)):
            transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = ?", (rows[other], place))
    audit = audited(signed)
    assert [one for one in found(audit) if one[0] is ENTRY] == [(ENTRY, 10), (ENTRY, 11)]


def test_two_rows_that_changed_places_are_both_named(signed):
    with signed.tampering() as transaction:
        for place, other in ((10, 9_999), (11, 10), (9_999, 11)):
            transaction.rows("UPDATE kezek_entry SET place = ? WHERE place = ?", (other, place))
    assert [one for one in found(audited(signed)) if one[0] is ENTRY] == [(ENTRY, 10), (ENTRY, 11)]


@pytest.mark.parametrize("at", [0, 100, 519])
def test_a_removed_entry_is_named(signed, at):
    change(signed, "DELETE FROM kezek_entry WHERE place = ?", at)
    audit = audited(signed)
    assert (REMOVED, at) in found(audit)
    assert [one for one in found(audit) if one[0] is ENTRY] == []


def test_a_log_that_was_cut_off_says_so(signed):
    change(signed, "DELETE FROM kezek_entry WHERE place >= 400")
    change(signed, "UPDATE kezek_log SET size = 400, integrated = 400")
    audit = audited(signed)
    assert (EvidenceCode.AUDIT_TRUNCATED, 400) in found(audit)


def test_a_key_that_is_not_the_bodys_own_is_named(signed):
    change(signed, "UPDATE kezek_entry SET name = ? WHERE place = 12", "order/other")
    assert found(audited(signed)) == [(EvidenceCode.AUDIT_NAME, 12)]


def test_keys_with_signs_that_json_escapes_and_numbered_entries_are_found_under_their_own(place, log):
    odd = ['order/"7"', "order/\\8", "order/Ә-9"]
    append(
        log,
        *(
            submission(
                number,
            )
            for number in range(3)
        ),
    )
    with log.begin() as transaction:
        from kezek.journal.journal import Submission
        from kezek.journal.journal import append as take

        event = {"at": "2025-01-01T00:00:00Z", "data": {}, "type": "order.submitted", "v": 1}
        take(transaction, [Submission({**event, "key": key}) for key in odd], salt=lambda: bytes(32))
        take(transaction, [Submission({**event, "n": 6})], salt=lambda: bytes(32))
    place.publish(log)
    assert audited(place).ok
    change(place, "UPDATE kezek_entry SET name = ? WHERE place = 6", "n/7")
    assert found(audited(place)) == [(EvidenceCode.AUDIT_NAME, 6)]


@pytest.mark.parametrize("depth", range(9))
def test_a_changed_page_is_named_at_every_depth(signed, depth):
    change(signed, "UPDATE kezek_page SET hashes = ? WHERE depth = ? AND number = 0", bytes(32), depth)
    audit = audited(signed)
    assert found(audit) == [(LEAVES, 0)] and f"page 0 of depth {depth} is not" in audit.findings[0].what


def test_a_missing_page_is_named(signed):
    change(signed, "DELETE FROM kezek_page WHERE depth = 0 AND number = 1")
    audit = audited(signed)
    assert found(audit) == [(LEAVES, 256)] and "is missing" in audit.findings[0].what


def test_a_changed_checkpoint_is_not_believed(signed):
    with signed.tampering() as transaction:
        note = transaction.rows("SELECT note FROM kezek_checkpoint WHERE size = 300")[0][0]
        sql = "UPDATE kezek_checkpoint SET note = ? WHERE size = 300"
        transaction.rows(sql, (note.replace("\n300\n", "\n301\n"),))
    audit = audited(signed)
    assert [code for code, _ in found(audit)] == [EvidenceCode.AUDIT_CHECKPOINT] and audit.checkpoints == 2


def test_a_change_of_keys_that_was_changed_itself_is_named(signed):
    store = signed.open()
    signed.publish(store)
    at = publishing.rotate(store, old=KEY, new=OTHER_KEY, now=NOW)
    signed.publish(store)
    append(store, submission("after"))
    signed.publish(store, signer=OTHER_KEY)
    assert audited(signed).ok and audited(signed).chain.current == OTHER_KEY.verifier
    with signed.tampering() as transaction:
        was = transaction.rows("SELECT body FROM kezek_entry WHERE place = ?", (at,))[0][0]
        flipped = was.replace(b'"proof_new":"', b'"proof_new":"A')
        transaction.rows("UPDATE kezek_entry SET body = ? WHERE place = ?", (flipped, at))
    audit = audited(signed)
    assert (EvidenceCode.AUDIT_KEY, at) in found(audit) and not audit.ok


def test_private_data_that_is_not_what_was_sealed_is_named_and_forgotten_data_is_not(place, log):
    append(log, submission(1, private={"iin": "880101300123", "name": "A"}), submission(2, private={"iin": 5}))
    place.publish(log)

    def damaged():
        with place.open().look() as transaction:
            return damaged_openings(transaction)

    assert damaged() == []
    change(place, "DELETE FROM kezek_opening WHERE place = 1")
    assert damaged() == [] and audited(place).ok
    change(place, "UPDATE kezek_opening SET salt = ? WHERE place = 0 AND field = ?", bytes(32), "iin")
    assert [(at, what.partition(":")[0]) for at, what in damaged()] == [(0, "iin")]


def test_who_can_write_the_database_cannot_take_over_the_key(signed):
    """A change of keys that the old key never signed is neither signed for nor believed, with its row or without."""
    store = signed.open()
    signed.publish(store)
    mallory = Signer(KEY.name, b"E" * 32)
    event = rotation_event(old=Signer(KEY.name, b"M" * 32), new=mallory, at=NOW)
    forged = canonical_bytes({**event, "data": {**event["data"], "old": KEY.vkey}})
    for own_row in (False, True):
        with signed.tampering() as transaction:
            at = transaction.rows("SELECT size FROM kezek_log")[0][0]
            sql = "INSERT INTO kezek_entry (place, name, body, leaf) VALUES (?, ?, ?, ?)"
            transaction.rows(sql, (at, key_of(event), forged, leaf_hash(forged)))
            transaction.rows("UPDATE kezek_log SET size = ?", (at + 1,))
            if own_row:
                transaction.rows("INSERT INTO kezek_rotation (place) VALUES (?)", (at,))
        with pytest.raises(InputProblem) as caught:
            signed.publish(store)
        assert caught.value.code == ("journal.key.damaged" if own_row else "journal.entry.damaged")
        assert (EvidenceCode.AUDIT_KEY, at) in found(audited(signed))
        with signed.tampering() as transaction:
            transaction.rows("DELETE FROM kezek_rotation")
            transaction.rows("DELETE FROM kezek_entry WHERE place = ?", (at,))
            transaction.rows("UPDATE kezek_log SET size = ?", (at,))
    assert signed.publish(store).checkpoint.size == 525 and audited(signed).ok
