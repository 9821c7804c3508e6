from datetime import datetime, timedelta, timezone

import pytest

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import EvidenceCode, EvidenceError, KeyChainError
from kezek.evidence.keychain import KEY_ROTATED, KeyChain, follow, is_of_the_log, rotation_event
from kezek.evidence.receipt import Receipt, render_receipt
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash

NAME = "kezek.example/log"
A, B, C = (Signer(NAME, bytes([number]) * 32) for number in (1, 2, 3))
AT = datetime(2026, 1, 1, 17, tzinfo=timezone(timedelta(hours=5)))


def change(old=A, new=B):
    return rotation_event(old=old, new=new, at=AT)


def refused(act):
    with pytest.raises(KeyChainError) as caught:
        act()
    assert caught.value.what
    return caught.value.code


def test_the_event_names_both_keys_its_moment_and_itself():
    event = change()
    assert (event["at"], event["type"], event["v"]) == ("2026-01-01T12:00:00Z", KEY_ROTATED, 1)
    assert (event["data"]["old"], event["data"]["new"]) == (A.vkey, B.vkey)
    assert event["key"] == f"log.key_rotated/{B.verifier.key_id.hex()}" and is_of_the_log(event)
    assert not is_of_the_log({"type": "catalog.made"}) and not is_of_the_log({})


def test_a_log_keeps_its_name_and_takes_another_key():
    assert refused(lambda: change(A, A)) == EvidenceCode.KEYS_ORDER
    assert refused(lambda: change(A, Signer("kezek.example/other", bytes(32)))) == EvidenceCode.KEYS_ORDER


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "log.other"}, EvidenceCode.KEYS_FORM),
        ({"v": 2}, EvidenceCode.KEYS_FORM),
        ({"data": {}}, EvidenceCode.KEYS_FORM),
        ({"data": {**change()["data"], "new": "no key"}}, EvidenceCode.KEYS_FORM),
        ({"data": {**change()["data"], "proof_new": "?"}}, EvidenceCode.KEYS_FORM),
        ({"data": {**change()["data"], "proof_old": 1}}, EvidenceCode.KEYS_FORM),
        ({"data": {**change()["data"], "old": C.vkey}}, EvidenceCode.KEYS_ORDER),
        ({"data": {**change()["data"], "new": C.vkey}}, EvidenceCode.KEYS_PROOF),
        ({"data": {**change()["data"], "proof_new": change(A, C)["data"]["proof_new"]}}, EvidenceCode.KEYS_PROOF),
        ({"data": {**change()["data"], "proof_old": change(A, C)["data"]["proof_old"]}}, EvidenceCode.KEYS_PROOF),
        ({"data": {**change(C, B)["data"], "old": A.vkey}}, EvidenceCode.KEYS_PROOF),
        (
            {"data": {**change()["data"], "new": Signer("kezek.example/x", bytes(32)).vkey}},
            EvidenceCode.KEYS_ORDER,
        ),
    ],
)
def test_a_change_that_does_not_follow_is_refused(changes, code):
    assert refused(lambda: KeyChain.of(A.verifier).rotated({**change(), **changes}, 4)) == code


def test_a_second_change_stands_behind_the_first():
    chain = KeyChain.of(A.verifier).rotated(change(), 4)
    assert refused(lambda: chain.rotated(change(B, C), 3)) == EvidenceCode.KEYS_ORDER
    assert refused(lambda: chain.rotated(change(B, C), 4)) == EvidenceCode.KEYS_ORDER
    assert chain.rotated(change(B, C), 5).links == ((0, A.verifier), (6, B.verifier), (7, C.verifier))


def test_a_note_is_opened_by_the_key_of_its_size_alone():
    chain = KeyChain.of(A.verifier).rotated(change(), 4)
    tree = Tree([leaf_hash(b"%d" % number) for number in range(9)])
    note = lambda size, signer: sign_checkpoint(size=size, root=tree.root(size), signer=signer)  # noqa: E731
    assert [chain.open(note(size, signer)).size for size, signer in ((5, A), (6, B), (0, A), (9, B))] == [5, 6, 0, 9]
    assert refused(lambda: chain.open(note(6, A))) == EvidenceCode.KEYS_PLACE
    assert refused(lambda: chain.open(note(5, B))) == EvidenceCode.KEYS_PLACE
    with pytest.raises(EvidenceError) as caught:
        chain.open(note(6, C))
    assert caught.value.code == EvidenceCode.NOTE_SIGNER
    for data in (b"", b"\xff", b"\n\n\n", "\ud800"):
        with pytest.raises(EvidenceError):
            chain.open(data)


class Rotated:
    """A log of three plain entries, a change of keys, and two more entries."""

    def __init__(self):
        self.bodies = [b'{"n":%d}' % number for number in range(3)]
        self.bodies += [canonical_bytes(change()), b'{"n":4}', b'{"n":5}']
        self.tree = Tree(map(leaf_hash, self.bodies))

    def receipt(self, *, at=3, size=4, signer=A):
        note = sign_checkpoint(size=size, root=self.tree.root(size), signer=signer)
        return render_receipt(Receipt(self.bodies[at], at, tuple(self.tree.inclusion_proof(at, size)), note))


def test_a_receipt_of_the_change_is_followed_only_under_the_checkpoint_that_ends_with_it():
    log = Rotated()
    assert follow(A.verifier, [log.receipt()]).current == B.verifier
    assert follow(A.verifier, []).links == ((0, A.verifier),)
    assert refused(lambda: follow(A.verifier, [log.receipt(size=5)])) == EvidenceCode.KEYS_PLACE
    assert refused(lambda: follow(A.verifier, [log.receipt(at=2, size=3)])) == EvidenceCode.KEYS_FORM
    for signer in (B, C):
        with pytest.raises(EvidenceError):
            follow(A.verifier, [log.receipt(signer=signer)])
    with pytest.raises(EvidenceError):
        follow(A.verifier, [log.receipt(), log.receipt()])
