"""What somebody who can write all files of a log, but holds no key of it, may try against an audit."""

from datetime import UTC, datetime

import pytest

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import EvidenceCode
from kezek.evidence.keychain import KeyChain, rotation_event
from kezek.evidence.log_audit import MISSING, NAMED_MOST, LogSource, Stored, audit_log
from kezek.evidence.signature import Signer
from kezek.evidence.stored_tree import StoredTree
from kezek.evidence.tree import Tree, leaf_hash

NAME = "kezek.example/log"
KEY, NEXT, EVIL = (Signer(NAME, bytes([number]) * 32) for number in (1, 2, 3))
AT = datetime(2026, 1, 1, tzinfo=UTC)
KEYS, CHECKPOINT, ENTRY = EvidenceCode.AUDIT_KEY, EvidenceCode.AUDIT_CHECKPOINT, EvidenceCode.AUDIT_ENTRY
REMOVED, TRUNCATED, EXTENDED = (
    EvidenceCode.AUDIT_REMOVED,
    EvidenceCode.AUDIT_TRUNCATED,
    EvidenceCode.AUDIT_EXTENDED,
)
NAMED, LEAVES = EvidenceCode.AUDIT_NAME, EvidenceCode.AUDIT_LEAVES


def event(number, **changes):
    body = {"at": "2026-01-01T00:00:00Z", "data": {"n": number}, "key": f"order/{number}", "type": "a.b", "v": 1}
    return canonical_bytes({**body, **changes})


def bodies_of(size):
    return [event(number) for number in range(size)]


def change_of_keys(old, new):
    return canonical_bytes(rotation_event(old=old, new=new, at=AT))


def usurped(new):
    """A change of keys that the key in force did not sign for."""
    event = rotation_event(old=EVIL, new=new, at=AT) if new is not EVIL else rotation_event(old=NEXT, new=EVIL, at=AT)
    return canonical_bytes({**event, "data": {**event["data"], "old": KEY.vkey}})


def note(bodies, size, signer=KEY):
    return sign_checkpoint(size=size, root=Tree(map(leaf_hash, bodies)).root(size), signer=signer)


def audited(bodies, notes, *, names=None, leaves=None, pages=None, **more):
    """Audit bodies in two blocks, with leaf hashes and pages made of them unless others are given."""
    leaves = [leaf_hash(body) for body in bodies] if leaves is None else leaves
    pages = StoredTree(0, lambda *_: None).grown(leaves) if pages is None else pages
    cut = len(bodies) // 2
    blocks = [(0, cut), (cut, len(bodies))]
    entries = [Stored(a, bodies[a:b], names[a:b] if names else None, leaves[a:b]) for a, b in blocks if a < b]
    more = {"integrated": len(bodies), **more}
    source = LogSource(entries, notes, lambda depth, number: pages.get((depth, number)), **more)
    return audit_log(source, KeyChain.of(KEY.verifier))


def found(audit):
    return [(one.code, one.place) for one in audit.findings]


def test_a_stranger_who_writes_a_change_to_his_own_key_and_signs_all_after_it_is_not_believed():
    bodies = [event(0), usurped(EVIL), event(2), event(3)]
    audit = audited(bodies, [note(bodies, 4, EVIL)])
    assert found(audit)[0] == (KEYS, 1) and audit.signed is None
    assert audit.chain.current == KEY.verifier


def test_a_genuine_checkpoint_of_the_same_size_does_not_hand_over_to_the_strangers_key():
    genuine = bodies_of(6)
    forged = [event("x"), usurped(EVIL), event(2), event(3), event(4), event(5)]
    audit = audited(forged, [note(genuine, 1), note(genuine, 2), note(forged, 6, EVIL)])
    assert (KEYS, 1) in found(audit) and audit.signed is None and audit.chain.current == KEY.verifier


def test_two_changes_of_keys_are_followed_and_one_that_waits_is_no_fault():
    bodies = [event(0), change_of_keys(KEY, NEXT), event(2), change_of_keys(NEXT, EVIL), event(4)]
    notes = [note(bodies, 2), note(bodies, 3, NEXT), note(bodies, 4, NEXT), note(bodies, 5, EVIL)]
    whole = audited(bodies, notes)
    assert whole.ok and whole.chain.current == EVIL.verifier and whole.signed.size == 5
    waiting = audited(bodies[:4], notes[:2])
    assert waiting.ok and waiting.signed.size == 3


def test_a_change_of_keys_is_still_followed_where_an_entry_before_it_was_tampered_with():
    bodies = [event(0), event(1), change_of_keys(KEY, NEXT), event(3)]
    notes = [note(bodies, 3), note(bodies, 4, NEXT)]
    leaves = [leaf_hash(body) for body in bodies]
    audit = audited([event(0), event("x"), *bodies[2:]], notes, leaves=leaves)
    assert [one for one in found(audit) if one[0] is not LEAVES] == [(ENTRY, 1)]
    assert audit.chain.current == NEXT.verifier


@pytest.mark.parametrize("other", [0, 1, 3, 4])
def test_a_change_of_keys_that_changed_places_with_another_entry_is_named_with_it(other):
    bodies = [event(0), event(1), change_of_keys(KEY, NEXT), event(3), event(4)]
    notes, leaves = [note(bodies, 3), note(bodies, 5, NEXT)], [leaf_hash(body) for body in bodies]
    bodies[2], bodies[other] = bodies[other], bodies[2]
    audit = audited(bodies, notes, leaves=leaves)
    first = min(2, other)
    assert next(place for code, place in found(audit) if code is ENTRY) == first


def test_a_change_of_keys_that_is_not_shown_is_followed_by_what_its_receipt_says():
    bodies = [event(0), change_of_keys(KEY, NEXT), event(2), event(3)]
    notes, leaves = [note(bodies, 2), note(bodies, 4, NEXT)], [leaf_hash(body) for body in bodies]
    closed, receipt = [bodies[0], None, None, bodies[3]], [(1, bodies[1])]
    assert not audited(closed, notes, leaves=leaves).ok
    audit = audited(closed, notes, leaves=leaves, changes=receipt)
    assert audit.ok and audit.chain.current == NEXT.verifier
    assert audited(bodies, notes, changes=receipt).ok
    tampered = [bodies[0], event("x"), *bodies[2:]]
    assert found(audited(tampered, notes, leaves=leaves, changes=receipt)) == [(ENTRY, 1)]
    for lie in ((1, usurped(EVIL)), (0, change_of_keys(NEXT, EVIL))):
        assert (KEYS, lie[0]) in found(audited(bodies, notes, changes=[lie]))


def test_a_key_out_of_its_turn_is_not_believed_before_or_after():
    bodies = [event(0), change_of_keys(KEY, NEXT), event(2)]
    for wrong in (note(bodies, 3, KEY), note(bodies, 1, NEXT), note(bodies, 2, NEXT)):
        audit = audited(bodies, [note(bodies, 2), note(bodies, 3, NEXT), wrong])
        assert found(audit) == [(CHECKPOINT, None)]


@pytest.mark.parametrize(("first", "last"), [(4, 8), (1, 8), (7, 8), (4, 4), (4, 5)])
def test_two_histories_that_the_log_signed_itself_are_no_whole_log(first, last):
    bodies, other = bodies_of(8), [event(f"other {number}") for number in range(8)]
    audit = audited(bodies, [note(other, first), note(bodies, last)])
    assert not audit.ok and [one for one in found(audit) if one[0] is not CHECKPOINT] == []
    assert "the log signed another history too" in audit.findings[0].what


def test_entries_that_lead_to_a_later_checkpoint_are_not_blamed_for_a_fork_before_it():
    bodies, other = bodies_of(8), [event(f"other {number}") for number in range(8)]
    audit = audited(bodies, [note(bodies, 2), note(other, 5), note(bodies, 8)])
    assert audit.signed.size == 8 and found(audit) == [(CHECKPOINT, None)]


def test_no_checkpoint_at_all_proves_nothing():
    assert found(audited(bodies_of(3), []))[0] == (CHECKPOINT, None)


@pytest.mark.parametrize("at", [0, 3, 7])
def test_a_removed_entry_is_named_whether_it_is_signed_or_not(at):
    bodies = bodies_of(8)
    for signed in (6, 8):
        torn = [*bodies[:at], MISSING, *bodies[at + 1 :]]
        leaves = [leaf_hash(body) for body in torn]
        pages = StoredTree(0, lambda *_: None).grown([leaf_hash(body) for body in bodies])
        audit = audited(torn, [note(bodies, signed)], leaves=leaves, pages=pages)
        assert (REMOVED, at) in found(audit), signed
        assert not any(code is ENTRY for code, _ in found(audit))


@pytest.mark.parametrize("at", [0, 3, 6])
def test_an_inserted_entry_and_all_that_it_moved_are_named_from_the_first(at):
    bodies = bodies_of(7)
    pages = StoredTree(0, lambda *_: None).grown([leaf_hash(body) for body in bodies])
    moved = [*bodies[:at], event("x"), *bodies[at:]]
    audit = audited(moved, [note(bodies, 7)], pages=pages)
    assert [place for code, place in found(audit) if code is ENTRY] == list(range(at, 7))


def test_many_tampered_entries_are_named_up_to_a_limit_and_counted():
    bodies = bodies_of(40)
    changed = [event("x") for _ in bodies]
    leaves = [leaf_hash(body) for body in bodies]
    named = audited(changed, [note(bodies, 40)], leaves=leaves).findings
    assert [one.place for one in named] == list(range(NAMED_MOST + 1))
    assert named[-1].what == "and 20 more entries up to 39"


def test_pages_are_not_blamed_for_a_body_and_a_damaged_page_is_beside_one():
    bodies = bodies_of(8)
    leaves = [leaf_hash(body) for body in bodies]
    pages = StoredTree(0, lambda *_: None).grown(leaves)
    changed = [*bodies[:5], event("x"), *bodies[6:]]
    assert found(audited(changed, [note(bodies, 8)], leaves=leaves, pages=pages)) == [(ENTRY, 5)]
    pages[1, 0] = bytes(128)
    assert found(audited(changed, [note(bodies, 8)], leaves=leaves, pages=pages)) == [(ENTRY, 5), (LEAVES, 0)]


@pytest.mark.parametrize("page", [None, "text", b"", b"x" * 257, 7])
def test_a_page_that_is_no_page_is_named_and_stops_nothing(page):
    bodies = bodies_of(8)
    changed = [*bodies[:5], event("x"), *bodies[6:]]
    pages = StoredTree(0, lambda *_: None).grown([leaf_hash(body) for body in bodies])
    pages[0, 0] = page
    assert found(audited(bodies, [note(bodies, 8)], pages=pages)) == [(LEAVES, 0)]
    assert found(audited(changed, [note(bodies, 8)], pages=pages)) == [(ENTRY, 0)]


def test_numbers_that_a_store_states_are_compared_and_bound_no_work():
    bodies = bodies_of(8)
    notes, huge = [note(bodies, 8)], 10**15
    assert audited(bodies, notes, size=8).ok
    assert found(audited(bodies, notes, size=8, beyond=1)) == [(EXTENDED, 8)]
    assert found(audited(bodies, notes, size=9)) == [(TRUNCATED, 8)]
    assert found(audited(bodies, notes, integrated=0)) == [(LEAVES, 0)]
    assert found(audited(bodies, notes, integrated=7)) == [(LEAVES, 7)]
    assert found(audited(bodies, notes, size=huge, integrated=huge))[:2] == [(TRUNCATED, 8), (LEAVES, 8)]


def test_pages_are_compared_up_to_the_signed_size_whatever_the_store_says_it_integrated():
    bodies = bodies_of(8)
    audit = audited(bodies, [note(bodies, 8)], pages={}, integrated=0)
    assert (LEAVES, 0) in found(audit) and any("page 0 of depth 0 is missing" in one.what for one in audit.findings)


INNER = {"key": "order/9", "type": "a.b"}


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (event(1, data=INNER), "order/9"),
        (event(1, data={"z": [INNER, '"key":"order/9","type":"']}), "order/9"),
        (event(1, data={"n": 9}), "n/9"),
        (event(1, private={"key": "a" * 64}), "a" * 64),
        (event(1, private={"tax": "a" * 64}, data={"private": {"key": "order/9"}}), "order/9"),
        (event(1, key="order/9"), 'order/8","key":"order/9'),
        (event(1, key="a\\b"), "a\\\\b"),
        (event(1), "order/10"),
        (event(1), "rder/1"),
        (event(1), ""),
        (canonical_bytes({"at": "x", "data": {"key": "order/9"}, "n": 3, "type": "a.b", "v": 1}), "n/13"),
        (canonical_bytes({"at": "x", "data": {"key": "order/9"}, "n": 3, "type": "a.b", "v": 1}), "order/9"),
        (b"no event", "order/1"),
    ],
)
def test_a_name_is_the_events_own_key_and_not_one_from_inside_of_its_data(body, name):
    bodies = [event(0), body]
    audit = audited(bodies, [note(bodies, 2)], names=[b"order/0", name.encode()])
    assert found(audit) == [(NAMED, 1)]


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (event(1, private={"key": "a" * 64, "type": "b" * 64}), "order/1"),
        (event(1, key='"quoted" \\ Ә'), '"quoted" \\ Ә'),
        (event(1, data={"key": "x", "type": "y"}), "order/1"),
        (canonical_bytes({"at": "x", "data": {}, "n": 13, "private": {"a": "b"}, "type": "a.b", "v": 1}), "n/13"),
        (canonical_bytes({"data": {}, "key": "old", "v": 1}), "old"),
    ],
)
def test_an_event_is_found_under_its_own_key_however_it_is_spelt(body, name):
    bodies = [event(0), body]
    assert audited(bodies, [note(bodies, 2)], names=[b"order/0", name.encode()]).ok


def test_closed_entries_are_taken_by_their_leaf_hash_and_a_lie_about_one_misses_the_root():
    bodies = bodies_of(4)
    leaves = [leaf_hash(body) for body in bodies]
    closed = [bodies[0], bodies[1], None, bodies[3]]
    audit = audited(closed, [note(bodies, 4)], leaves=leaves)
    assert audit.ok and audit.closed == 1
    pages = StoredTree(0, lambda *_: None).grown(leaves)
    lie = [*leaves[:2], leaf_hash(event("x")), leaves[3]]
    audit = audited(closed, [note(bodies, 4)], leaves=lie, pages=pages)
    assert found(audit) == [(ENTRY, 2)]
    assert found(audited(closed, [note(bodies, 4)], leaves=lie)) == [(ENTRY, 0)]


def test_an_unsigned_tail_is_checked_also_where_a_signed_entry_was_tampered_with():
    bodies = bodies_of(8)
    leaves = [leaf_hash(body) for body in bodies]
    changed = [bodies[0], event("x"), *bodies[2:7], event("y")]
    audit = audited(changed, [note(bodies, 5)], leaves=leaves)
    assert [one for one in found(audit) if one[0] is ENTRY] == [(ENTRY, 1), (ENTRY, 7)]
