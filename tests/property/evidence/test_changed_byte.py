"""One changed byte anywhere is refused, and named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.audit import audit_files
from kezek.evidence.bundle import Bundle, extract, parse_bundle, render_bundle
from kezek.evidence.checkpoint import Checkpoint
from kezek.evidence.cosignature import Cosigned, WitnessSigner, collect, cosign, open_cosigned
from kezek.evidence.error import BundleError, EvidenceError, NoteError, ReceiptError, ReceiptPart
from kezek.evidence.growth import Growth, parse_growth, render_growth, verify_growth
from kezek.evidence.log import Log
from kezek.evidence.receipt import render_receipt, verify_receipt
from kezek.evidence.signature import Signer, open_note, sign_note

SIGNER = Signer("kezek.example/log", bytes(range(32)))
LOG = Log()
LOG.extend({"event": "order.submitted", "order": f"O-{n:04}", "price_tiyn_per_kwh": 1500 + n} for n in range(53))
CHECKPOINT = LOG.sign(SIGNER)
RECEIPT = render_receipt(LOG.receipt(37, checkpoint=CHECKPOINT)).encode()
BUNDLE = render_bundle(
    Bundle(CHECKPOINT, {f"O-{n:04}": LOG.receipt(n, checkpoint=CHECKPOINT) for n in (0, 37, 52)})
).encode()
FILES = LOG.files(SIGNER)
NAMES = {"entries": "entries.jsonl", "leaves": "leaves.txt", "checkpoint": "checkpoint", "vkey": "log.vkey"}
WITNESS = WitnessSigner("witness.example/w1", b"\1" * 32)
AT = 1_760_518_800
COSIGNED = CHECKPOINT + cosign(CHECKPOINT, signer=WITNESS, at=AT)
COSIGNED_RECEIPT = render_receipt(LOG.receipt(37, checkpoint=COSIGNED)).encode()
MASKS = (1, 2, 4, 8, 16, 32, 64, 128)


def changed(data, at, mask):
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


def variants(data, at):
    """Each bit turned, and the byte made a line end, a space, a zero digit."""
    turned = [changed(data, at, mask) for mask in MASKS]
    put = [
        data[:at] + byte + data[at + 1 :] for byte in (b"\n", b" ", b"0", b"=", b"\x00") if data[at : at + 1] != byte
    ]
    return turned + put


def test_receipt_any_changed_byte_is_refused():
    assert verify_receipt(RECEIPT, SIGNER.verifier).event["order"] == "O-0037"
    parts = set()

    for at in range(len(RECEIPT)):
        for variant in variants(RECEIPT, at):
            with pytest.raises(ReceiptError) as refused:
                verify_receipt(variant, SIGNER.verifier)
            parts.add(refused.value.part)

    assert parts == set(ReceiptPart) - {ReceiptPart.WITNESSES}


def test_cosigned_receipt_any_changed_byte_is_refused_where_the_witness_is_needed():
    """A changed name or key id makes the line a stranger's: what is needed is then missing."""
    trusted = (WITNESS.key,)
    assert verify_receipt(COSIGNED_RECEIPT, SIGNER.verifier, trusted).cosigned == (Cosigned(WITNESS.key.name, AT),)
    parts = set()

    for at in range(len(COSIGNED_RECEIPT)):
        for variant in variants(COSIGNED_RECEIPT, at):
            with pytest.raises(ReceiptError) as refused:
                verify_receipt(variant, SIGNER.verifier, trusted)
            parts.add(refused.value.part)

    assert parts == set(ReceiptPart)


def test_cosigned_note_no_changed_byte_is_believed():
    """In the text or the log's line it is refused; a known witness's line is refused, or is that of nobody known."""
    whole = COSIGNED.encode()
    body = len(CHECKPOINT.encode())
    strangers = set()

    for at in range(len(whole)):
        for variant in variants(whole, at):
            try:
                seen = open_cosigned(variant, verifier=SIGNER.verifier, witnesses=(WITNESS.key,))
            except EvidenceError:
                continue
            assert at >= body and seen.cosigned == ()
            assert seen.checkpoint.root == LOG.tree.root()
            strangers.update(seen.unknown)

    assert WITNESS.key.name in strangers  # the key id was changed
    assert len(strangers) > 20  # the name was


@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=60)
def test_collect_gives_one_note_in_whatever_order_the_responses_come(data):
    signers = [WitnessSigner(f"witness.example/w{n}", bytes([n] * 32)) for n in range(1, 5)]
    times = st.lists(st.tuples(st.sampled_from(signers), st.integers(AT, AT + 3)), min_size=1, max_size=6)
    lines = [cosign(CHECKPOINT, signer=one, at=at) for one, at in data.draw(times)]
    known = {"verifier": SIGNER.verifier, "witnesses": [one.key for one in signers[:3]]}

    def collected(order):
        note = CHECKPOINT
        for line in order:
            note = collect(note, line, **known)
        return note

    found = collected(lines)
    assert collected(data.draw(st.permutations(lines))) == found
    assert collect(CHECKPOINT, "".join(lines), **known) == found
    assert collect(found, "".join(lines), **known) == found


@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=200)
def test_growth_any_changed_byte_is_refused_or_means_the_same(data):
    old = data.draw(st.integers(0, 53))
    claim = Growth(old, tuple(LOG.tree.consistency_proof(old)) if old else (), CHECKPOINT)
    kept = Checkpoint(SIGNER.name, old, LOG.tree.root(old))
    text = render_growth(claim).encode()
    believed = verify_growth(parse_growth(text), old=kept, verifier=SIGNER.verifier)
    at = data.draw(st.integers(0, len(text) - 1))
    variant = changed(text, at, data.draw(st.integers(1, 255)))

    with pytest.raises(EvidenceError):
        verify_growth(parse_growth(variant), old=kept, verifier=SIGNER.verifier)
    assert believed == Checkpoint(SIGNER.name, 53, LOG.tree.root())


def test_receipt_any_missing_or_doubled_byte_is_refused():
    for at in range(len(RECEIPT)):
        for variant in (RECEIPT[:at] + RECEIPT[at + 1 :], RECEIPT[:at] + RECEIPT[at : at + 1] + RECEIPT[at:]):
            with pytest.raises(ReceiptError):
                verify_receipt(variant, SIGNER.verifier)


def test_receipt_any_cut_is_refused():
    for end in range(len(RECEIPT)):
        with pytest.raises(ReceiptError):
            verify_receipt(RECEIPT[:end], SIGNER.verifier)


def test_note_any_changed_byte_is_refused():
    note = sign_note("first\n\nsecond\n", SIGNER).encode()

    for at in range(len(note)):
        for variant in variants(note, at):
            with pytest.raises(NoteError):
                open_note(variant, SIGNER.verifier)


def verify_all(bundle_text):
    bundle = parse_bundle(bundle_text)
    for key in ("O-0000", "O-0037", "O-0052"):
        assert verify_receipt(extract(bundle, key), SIGNER.verifier).event["order"] == key


def test_bundle_any_changed_byte_is_refused():
    """The line it stands in is malformed, or its receipt fails, or (the id) is no longer found under its name."""
    verify_all(BUNDLE)

    for at in range(len(BUNDLE)):
        variant = changed(BUNDLE, at, MASKS[at % 8])
        with pytest.raises(EvidenceError):
            verify_all(variant)


def test_bundle_error_names_the_line():
    third = BUNDLE.index(b"\n", BUNDLE.index(b"\n") + 1) + 1

    with pytest.raises(BundleError) as refused:
        parse_bundle(changed(BUNDLE, third, 1))

    assert refused.value.where == "line 3"


@pytest.mark.parametrize("kind", NAMES)
@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_audit_names_the_file_of_any_changed_byte(kind, data):
    stored = {key: FILES[name] for key, name in NAMES.items()}
    at = data.draw(st.integers(0, len(stored[kind]) - 1))
    stored[kind] = changed(stored[kind], at, data.draw(st.integers(1, 255)))

    result = audit_files(**stored)

    assert not result.ok
    assert {damage.file for damage in result.damages} == {NAMES[kind]}


@given(data=st.data())
@settings(derandomize=True, deadline=None, max_examples=300)
def test_audit_names_the_entry_of_any_changed_byte(data):
    stored = {key: FILES[name] for key, name in NAMES.items()}
    at = data.draw(st.integers(0, len(stored["entries"]) - 1))
    index = stored["entries"].count(b"\n", 0, at)
    stored["entries"] = changed(stored["entries"], at, data.draw(st.integers(1, 255)))

    damages = audit_files(**stored).damages

    assert [damage.what.partition(":")[0].partition(" (")[0] for damage in damages] == [f"entry {index}"]
