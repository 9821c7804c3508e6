"""The decision of `add-checkpoint`, status by status, in the order of C2SP tlog-witness."""

import base64

import pytest

from kezek.evidence.checkpoint import Checkpoint, sign_checkpoint
from kezek.evidence.cosignature import WitnessSigner, cosign
from kezek.evidence.error import EvidenceCode
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.signature import Signer, sign_note
from kezek.evidence.tree import EMPTY_ROOT, Tree, leaf_hash
from kezek.evidence.witness import REQUEST_BYTES_MAX, Accepted, KnownLog, Refused, consider

SIGNER = Signer("kezek.example/log", bytes(range(32)))
NEXT = Signer("kezek.example/log", b"\7" * 32)
TREE = Tree([leaf_hash(b"%d" % number) for number in range(13)])
FORK = Tree([*TREE.leaves()[:4], *(leaf_hash(b"fork %d" % number) for number in range(9))])


def known(size, *keys):
    latest = None if size is None else Checkpoint(SIGNER.name, size, TREE.root(size))
    return {SIGNER.name: KnownLog(SIGNER.name, keys or (SIGNER.verifier,), latest)}


def note_of(size, tree=TREE, signer=SIGNER):
    return sign_checkpoint(size=size, root=tree.root(size), signer=signer)


def request(old, size, tree=TREE, *, proof=None, signer=SIGNER):
    hashes = tree.consistency_proof(old, size) if 0 < old <= size and proof is None else (proof or ())
    return render_growth(Growth(old, tuple(hashes), note_of(size, tree, signer))).encode()


def answer(data, logs):
    found = consider(data, logs=logs)
    if isinstance(found, Accepted):
        return 200, found.checkpoint.size
    return found.status, found.code


@pytest.mark.parametrize("old", [None, 0, 1, 5, 12, 13])
def test_growth_is_accepted_from_every_size(old):
    found = consider(request(old or 0, 13), logs=known(old))

    assert found == Accepted(Checkpoint(SIGNER.name, 13, TREE.root()), note_of(13))


def test_empty_log_is_accepted_first_and_again():
    assert answer(request(0, 0), known(None)) == (200, 0)
    assert answer(request(0, 0), known(0)) == (200, 0)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", EvidenceCode.GROWTH_FORM),
        (b"old 0\n", EvidenceCode.GROWTH_FORM),
        (b"old 00\n\n" + note_of(13).encode(), EvidenceCode.GROWTH_FORM),
        (b"old 0\n\n" + note_of(13).encode()[:-1], EvidenceCode.NOTE_FORM),
        (b"old 0\n\n" + note_of(13).encode() + b"garbage\n", EvidenceCode.NOTE_FORM),
        (b"old 0\n\n" + note_of(13).encode().replace(b"\n13\n", b"\n013\n"), EvidenceCode.CHECKPOINT_FORM),
        (b"old 0\n\n" + note_of(13).encode().replace(b"log\n13", b"log\n\n13", 1), EvidenceCode.CHECKPOINT_FORM),
        (b"old 0\n\n" + sign_note("kezek.example/log\n13\n", SIGNER).encode(), EvidenceCode.CHECKPOINT_FORM),
        (request(0, 13) + b"\xff", EvidenceCode.GROWTH_FORM),
        (b"old 0\n\n" + b"x" * REQUEST_BYTES_MAX, EvidenceCode.GROWTH_FORM),
        (request(13, 12), EvidenceCode.GROWTH_SHRUNK),
    ],
)
def test_400_for_what_is_malformed_or_goes_back(data, code):
    assert answer(data, known(None)) == (400, code)


def test_400_for_an_old_size_beyond_the_checkpoint_comes_before_409():
    assert answer(request(9, 5), known(9)) == (400, EvidenceCode.GROWTH_SHRUNK)
    assert answer(request(9, 5), known(3)) == (400, EvidenceCode.GROWTH_SHRUNK)


def test_404_for_an_unknown_log_whoever_signed():
    found = consider(request(0, 13, signer=Signer("kezek.example/other", bytes(32))), logs=known(None))

    assert (found.status, found.code) == (404, EvidenceCode.WITNESS_LOG)
    assert "kezek.example/other" in found.body and found.content_type.startswith("text/plain")
    assert answer(request(0, 13), {}) == (404, EvidenceCode.WITNESS_LOG)


def test_403_without_a_signature_of_a_trusted_key():
    stranger = Signer(SIGNER.name, bytes(32))
    changed = request(0, 13).replace(b"\n13\n", b"\n14\n")

    assert answer(request(0, 13, signer=stranger), known(None)) == (403, EvidenceCode.NOTE_SIGNER)
    assert answer(changed, known(None)) == (403, EvidenceCode.NOTE_SIGNATURE)
    assert answer(request(0, 13), known(None, NEXT.verifier)) == (403, EvidenceCode.NOTE_SIGNER)


def test_403_comes_before_all_that_compares_sizes():
    stranger = Signer(SIGNER.name, bytes(32))

    assert answer(request(9, 5, signer=stranger), known(9)) == (403, EvidenceCode.NOTE_SIGNER)
    assert answer(request(2, 5, signer=stranger), known(9)) == (403, EvidenceCode.NOTE_SIGNER)


def test_403_for_a_signature_of_a_trusted_key_of_another_length():
    blob = base64.b64encode(SIGNER.verifier.key_id + bytes(72)).decode()
    text = note_of(13).rpartition("\n\n")[0]

    assert answer(f"old 0\n\n{text}\n\n— {SIGNER.name} {blob}\n".encode(), known(None)) == (
        403,
        EvidenceCode.NOTE_SIGNATURE,
    )


@pytest.mark.parametrize(("old", "latest"), [(0, 5), (4, 5), (6, 5), (13, 5), (5, None), (5, 0)])
def test_409_for_another_old_size_tells_the_known_one(old, latest):
    found = consider(request(old, 13), logs=known(latest))

    assert (found.status, found.code) == (409, EvidenceCode.GROWTH_OLD)
    assert (found.body, found.content_type) == (f"{latest or 0}\n", "text/x.tlog.size")


def test_409_for_another_root_at_the_known_size():
    found = consider(request(13, 13, FORK), logs=known(13))

    assert (found.status, found.code) == (409, EvidenceCode.GROWTH_FORK)
    assert (found.body, found.content_type) == ("13\n", "text/x.tlog.size")


@pytest.mark.parametrize(
    ("data", "latest", "code"),
    [
        (request(5, 13, FORK), 5, EvidenceCode.PROOF_ROOT),
        (request(5, 13, proof=[]), 5, EvidenceCode.PROOF_SHAPE),
        (request(5, 13, proof=[*TREE.consistency_proof(5), bytes(32)]), 5, EvidenceCode.PROOF_SHAPE),
        (request(5, 13, proof=TREE.consistency_proof(4)), 5, EvidenceCode.PROOF_SHAPE),
        (request(0, 13, proof=[bytes(32)]), None, EvidenceCode.PROOF_BOUNDS),
        (request(0, 13, proof=[bytes(32)]), 0, EvidenceCode.PROOF_BOUNDS),
        (request(13, 13, proof=[bytes(32)]), 13, EvidenceCode.PROOF_BOUNDS),
    ],
)
def test_422_for_a_proof_that_does_not_hold(data, latest, code):
    found = consider(data, logs=known(latest))

    assert isinstance(found, Refused)
    assert (found.status, found.code, found.size) == (422, code, None)
    assert str(code) in found.body


def test_after_a_rotation_either_key_will_do_and_strangers_are_passed_over():
    both = known(5, SIGNER.verifier, NEXT.verifier)
    old_line, new_line = (note_of(13, signer=one).rpartition("\n\n")[2] for one in (SIGNER, NEXT))
    stranger = note_of(13, signer=Signer("kezek.example/stranger", bytes(32))).rpartition("\n\n")[2]
    witness = cosign(note_of(13), signer=WitnessSigner("witness.example/w1", bytes(32)), at=1)
    head = request(5, 13).decode().rpartition("\n\n")[0] + "\n\n"

    for lines in (old_line, new_line, old_line + new_line, stranger + new_line + witness):
        found = consider((head + lines).encode(), logs=both)
        assert found.checkpoint.size == 13
        assert stranger not in found.note and witness not in found.note
        assert found.note.count("\n— ") == (old_line in lines) + (new_line in lines)
    wrong = note_of(12, signer=NEXT).rpartition("\n\n")[2]
    assert answer((head + old_line + wrong).encode(), both) == (403, EvidenceCode.NOTE_SIGNATURE)


def test_more_signatures_than_anybody_needs_are_malformed():
    line = note_of(13).rpartition("\n\n")[2]

    assert answer(request(0, 13) + line.encode() * 31, known(None)) == (200, 13)
    assert answer(request(0, 13) + line.encode() * 32, known(None)) == (400, EvidenceCode.NOTE_FORM)


def test_checkpoint_with_extension_lines_is_accepted_whole():
    body = f"{SIGNER.name}\n13\n{base64.b64encode(TREE.root()).decode()}\nextension\n"
    note = sign_note(body, SIGNER)

    assert consider(f"old 0\n\n{note}".encode(), logs=known(None)).note == note


def test_root_of_an_empty_log_is_the_one_of_the_standard():
    note = sign_note(f"{SIGNER.name}\n0\n{base64.b64encode(EMPTY_ROOT).decode()}\n", SIGNER)
    forged = sign_note(f"{SIGNER.name}\n0\n{base64.b64encode(bytes(32)).decode()}\n", SIGNER)

    assert answer(f"old 0\n\n{note}".encode(), known(None)) == (200, 0)
    assert answer(f"old 0\n\n{forged}".encode(), known(None)) == (400, EvidenceCode.CHECKPOINT_FORM)
