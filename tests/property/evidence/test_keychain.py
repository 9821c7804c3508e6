from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import EvidenceError, KeyChainError
from kezek.evidence.keychain import KeyChain, follow, rotation_event
from kezek.evidence.receipt import Receipt, render_receipt
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash

NAME = "kezek.example/log"
SIGNERS = [Signer(NAME, bytes([number]) * 32) for number in range(6)]
AT = datetime(2026, 1, 1, tzinfo=UTC)
few = settings(max_examples=40)


class History:
    """A log of plain entries and changes of keys at the given gaps."""

    def __init__(self, gaps):
        self.bodies, self.places = [], []
        for number, gap in enumerate(gaps):
            self.bodies += [b"entry %d" % (len(self.bodies) + at) for at in range(gap)]
            event = rotation_event(old=SIGNERS[number], new=SIGNERS[number + 1], at=AT)
            self.places.append((len(self.bodies), event))
            self.bodies.append(canonical_bytes(event))
        self.bodies += [b"last"] * 3
        self.tree = Tree(map(leaf_hash, self.bodies))

    def signer_at(self, size):
        return SIGNERS[sum(size > place + 1 for place, _ in self.places)]

    def note(self, size, signer):
        return sign_checkpoint(size=size, root=self.tree.root(size), signer=signer)

    def receipts(self):
        for place, event in self.places:
            proof = tuple(self.tree.inclusion_proof(place, place + 1))
            note = self.note(place + 1, self.signer_at(place + 1))
            yield render_receipt(Receipt(canonical_bytes(event), place, proof, note))


gaps = st.lists(st.integers(0, 5), max_size=5)


@given(gaps)
@few
def test_each_size_has_one_key_and_no_other_is_believed(found):
    history = History(found)
    chain = KeyChain.of(SIGNERS[0].verifier)
    for place, event in history.places:
        chain = chain.rotated(event, place)

    assert follow(SIGNERS[0].verifier, history.receipts()) == chain
    for size in range(1, len(history.bodies) + 1):
        right = history.signer_at(size)
        assert chain.verifier_at(size) == right.verifier
        assert chain.open(history.note(size, right)).size == size
        for other in SIGNERS:
            if other.verifier != right.verifier:
                with pytest.raises(EvidenceError):
                    chain.open(history.note(size, other))


@given(gaps.filter(lambda one: len(one) > 1), st.data())
@few
def test_receipts_in_another_order_or_with_one_left_out_are_not_followed(found, data):
    receipts = list(History(found).receipts())
    gone = data.draw(st.integers(0, len(receipts) - 2))
    with pytest.raises(EvidenceError):
        follow(SIGNERS[0].verifier, receipts[:gone] + receipts[gone + 1 :])
    with pytest.raises(EvidenceError):
        follow(SIGNERS[0].verifier, receipts[::-1])


@given(st.sampled_from(["new", "old", "proof_new", "proof_old"]), st.data())
@few
def test_changed_change_of_keys_is_refused(field, data):
    event = rotation_event(old=SIGNERS[0], new=SIGNERS[1], at=AT)
    text = event["data"][field]
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from("Aa0+/=").filter(lambda one: one != text[at]))
    changed = {**event, "data": {**event["data"], field: text[:at] + other + text[at + 1 :]}}

    with pytest.raises(KeyChainError):
        KeyChain.of(SIGNERS[0].verifier).rotated(changed, 0)
