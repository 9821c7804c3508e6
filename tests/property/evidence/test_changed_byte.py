"""One changed byte anywhere is refused, and named."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.audit import audit_files
from kezek.evidence.bundle import Bundle, extract, parse_bundle, render_bundle
from kezek.evidence.error import BundleError, EvidenceError, NoteError, ReceiptError, ReceiptPart
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

    assert parts == set(ReceiptPart)


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
