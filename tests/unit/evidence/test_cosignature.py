"""Cosignatures in the layout of C2SP tlog-cosignature; the signed message is put together here by hand."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kezek.evidence.checkpoint import open_checkpoint, sign_checkpoint
from kezek.evidence.cosignature import (
    Cosigned,
    WitnessKey,
    WitnessSigner,
    check_witness_keys,
    collect,
    cosign,
    cosigned_at,
    open_cosigned,
    parse_response,
    verified_lines,
)
from kezek.evidence.error import CheckpointError, CosignatureError, EvidenceCode, NoteError
from kezek.evidence.signature import COSIGNATURES_MAX, Signer, open_note, parse_signature_line, sign_note, split_note

C2SP_LINE = (
    "— witness.example.com/w1 "
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)
"""The example of C2SP tlog-cosignature, cosigned at `time 1679315147`; its public key is not published."""
PUBLISHED_VKEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
"""A witness's key as transparency-dev/formats tests it (note/note_cosigv1_test.go)."""
AT = 1_760_518_800


@pytest.fixture
def witness():
    return WitnessSigner("witness.example/w1", b"\1" * 32)


@pytest.fixture
def other():
    return WitnessSigner("witness.example/w2", b"\2" * 32)


@pytest.fixture
def note(signer, log):
    return sign_checkpoint(size=11, root=log.tree.root(), signer=signer)


def code_of(act):
    with pytest.raises((CosignatureError, NoteError, CheckpointError)) as refused:
        act()
    return refused.value.code


def test_key_id_is_the_one_of_the_specification(witness):
    public = Ed25519PrivateKey.from_private_bytes(b"\1" * 32).public_key().public_bytes_raw()
    expected = hashlib.sha256(b"witness.example/w1\n\x04" + public).digest()[:4]

    assert witness.key.key_id == expected
    assert witness.key.vkey == f"witness.example/w1+{expected.hex()}+{base64.b64encode(b'%c' % 4 + public).decode()}"
    assert expected != Signer("witness.example/w1", b"\1" * 32).verifier.key_id


def test_published_key_of_a_witness_is_read():
    assert WitnessKey.parse(PUBLISHED_VKEY).vkey == PUBLISHED_VKEY
    assert WitnessKey.parse(f"{PUBLISHED_VKEY}\n").name == "remora.n621.de"


def test_line_of_the_specification_has_its_time():
    line = parse_signature_line(C2SP_LINE)

    assert (line.name, line.key_id.hex(), len(line.signature)) == ("witness.example.com/w1", "8d66cf3f", 72)
    assert int.from_bytes(line.signature[:8], "big") == 1_679_315_147
    assert line.text == f"{C2SP_LINE}\n"


def test_cosignature_signs_header_time_and_the_whole_text(witness, note, log):
    root = base64.b64encode(log.tree.root()).decode()
    message = f"cosignature/v1\ntime 1760518800\nkezek.example/log\n11\n{root}\n".encode()
    signature = Ed25519PrivateKey.from_private_bytes(b"\1" * 32).sign(message)
    blob = witness.key.key_id + (1_760_518_800).to_bytes(8, "big") + signature

    assert cosign(note, signer=witness, at=AT) == f"— witness.example/w1 {base64.b64encode(blob).decode()}\n"


def test_cosigned_checkpoint_is_opened_and_unknown_names_are_told(note, signer, witness, other):
    whole = note + cosign(note, signer=witness, at=AT) + cosign(note, signer=other, at=AT + 1)

    seen = open_cosigned(whole, verifier=signer.verifier, witnesses=(witness.key,))

    assert seen.checkpoint == open_checkpoint(note, signer.verifier) == open_checkpoint(whole, signer.verifier)
    assert seen.cosigned == (Cosigned("witness.example/w1", AT),)
    assert seen.unknown == ("witness.example/w2",)
    assert seen.cosigned[0].shown == "witness.example/w1 at 2025-10-15T09:00:00Z"
    assert open_cosigned(note, verifier=signer.verifier).unknown == ()


def test_witness_with_two_keys_counts_once_with_the_later_time(note, signer, witness):
    newer = WitnessSigner(witness.key.name, b"\3" * 32)
    whole = note + cosign(note, signer=newer, at=AT + 9) + cosign(note, signer=witness, at=AT)

    seen = open_cosigned(whole, verifier=signer.verifier, witnesses=(witness.key, newer.key))

    assert seen.cosigned == (Cosigned("witness.example/w1", AT + 9),)


def test_one_key_under_two_names_is_no_trust(note, signer, witness):
    """The Ed25519 message does not bind the name: one cosignature would count as two."""
    alias = WitnessKey("witness.example/alias", witness.key.public_key)
    selves = WitnessKey("witness.example/self", signer.verifier.public_key)

    assert code_of(lambda: check_witness_keys((witness.key, alias))) is EvidenceCode.COSIGNATURE_KEYS
    for keys in ((witness.key, alias), (selves,)):
        found = code_of(lambda keys=keys: open_cosigned(note, verifier=signer.verifier, witnesses=keys))
        assert found is EvidenceCode.COSIGNATURE_KEYS
    check_witness_keys((witness.key, witness.key))
    assert open_cosigned(note, verifier=signer.verifier, witnesses=(witness.key, witness.key)).cosigned == ()


def test_cosignature_of_another_checkpoint_is_refused(note, signer, witness, log):
    older = sign_checkpoint(size=5, root=log.tree.root(5), signer=signer)
    whole = note + cosign(older, signer=witness, at=AT)

    assert open_checkpoint(whole, signer.verifier).size == 11
    found = code_of(lambda: open_cosigned(whole, verifier=signer.verifier, witnesses=(witness.key,)))
    assert found is EvidenceCode.COSIGNATURE_SIGNATURE


def test_moved_time_is_refused(note, signer, witness):
    line = parse_signature_line(cosign(note, signer=witness, at=AT).removesuffix("\n"))
    blob = line.key_id + (AT + 3600).to_bytes(8, "big") + line.signature[8:]
    whole = f"{note}— {line.name} {base64.b64encode(blob).decode()}\n"

    found = code_of(lambda: open_cosigned(whole, verifier=signer.verifier, witnesses=(witness.key,)))
    assert found is EvidenceCode.COSIGNATURE_SIGNATURE


def test_time_beyond_the_specification_is_refused(note, signer, witness):
    assert cosign(note, signer=witness, at=2**63 - 1).startswith("— witness")
    for at in (-1, 2**63):
        assert code_of(lambda at=at: cosign(note, signer=witness, at=at)) is EvidenceCode.COSIGNATURE_FORM
    line = witness.sign(split_note(note)[0], 2**63)
    assert code_of(lambda: cosigned_at(split_note(note)[0], line, witness.key)) is EvidenceCode.COSIGNATURE_FORM
    far = open_cosigned(
        note + cosign(note, signer=witness, at=2**63 - 1), verifier=signer.verifier, witnesses=(witness.key,)
    )
    assert far.cosigned[0].shown == f"witness.example/w1 at second {2**63 - 1}"


def test_plain_note_signature_by_a_witness_is_no_cosignature(note, signer, witness):
    """68 bytes, as a log signs: an algorithm mix-up must not pass for a cosignature."""
    impostor = Signer("witness.example/w1", b"\1" * 32)
    plain = sign_note(split_note(note)[0], impostor).rpartition("\n\n")[2]

    assert code_of(lambda: open_note(note + plain, signer.verifier)) is EvidenceCode.NOTE_FORM


@pytest.mark.parametrize(
    "line",
    [
        "garbage",
        "garbage\n",
        "\n",
        f"{C2SP_LINE}",
        f"{C2SP_LINE} \n",
        f"{C2SP_LINE}\n\n",
        f"{C2SP_LINE}\r\n",
        f"-{C2SP_LINE[1:]}\n",
        f"{C2SP_LINE.replace('/w1', '/w1+')}\n",
        f"{C2SP_LINE.replace(' witness', '  witness')}\n",
        f"{C2SP_LINE.replace('witness', '', 1).replace('.example.com/w1', '')}\n",
        f"{C2SP_LINE[:-4]}\n",
        f"{C2SP_LINE.replace('qnA==', 'qnB==')}\n",
        f"{C2SP_LINE}\n{C2SP_LINE}\n",
        f"{C2SP_LINE.replace('witness.example.com/w1', 'kezek.example/log')}\n",
        "— witness.example/w1 AAAAAA==\n",
    ],
)
def test_line_that_is_no_cosignature_is_refused_under_a_checkpoint(line, note, signer):
    assert open_checkpoint(f"{note}{C2SP_LINE}\n", signer.verifier).size == 11

    assert code_of(lambda: open_checkpoint(note + line, signer.verifier)) is EvidenceCode.NOTE_FORM


def test_cosignature_before_the_logs_own_signature_is_refused(note, signer, witness):
    text, (own,) = split_note(note)
    turned = f"{text}\n{cosign(note, signer=witness, at=AT)}{own}\n"

    assert code_of(lambda: open_checkpoint(turned, signer.verifier)) is EvidenceCode.NOTE_SIGNER


def test_more_cosignatures_than_anybody_needs_are_refused(note, signer):
    lines = [cosign(note, signer=WitnessSigner(f"w{n}", bytes([n] * 32)), at=AT) for n in range(COSIGNATURES_MAX + 1)]

    assert open_checkpoint(note + "".join(lines[:-1]), signer.verifier).size == 11
    assert code_of(lambda: open_checkpoint(note + "".join(lines), signer.verifier)) is EvidenceCode.NOTE_FORM


def test_what_is_no_checkpoint_is_not_cosigned(signer, witness):
    for text in ("two\nlines\n", "log\n07\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"):
        note = sign_note(text, signer)
        assert code_of(lambda note=note: cosign(note, signer=witness, at=AT)) is EvidenceCode.CHECKPOINT_FORM


def test_checkpoint_of_another_log_with_extension_lines_is_cosigned_whole(witness):
    text = "example.com/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n"
    note = sign_note(text, Signer("example.com/log", bytes(32)))
    line = parse_signature_line(cosign(note, signer=witness, at=AT).removesuffix("\n"))

    assert cosigned_at(text, line, witness.key) == AT
    assert code_of(lambda: cosigned_at(text.replace("extension", "extensioN"), line, witness.key)) is (
        EvidenceCode.COSIGNATURE_SIGNATURE
    )


def test_collect_puts_verified_lines_under_the_note_by_name(note, signer, witness, other):
    keys = (other.key, witness.key)
    first, second = cosign(note, signer=witness, at=AT), cosign(note, signer=other, at=AT)

    one = collect(note, second, verifier=signer.verifier, witnesses=keys)
    both = collect(one, first.encode(), verifier=signer.verifier, witnesses=keys)

    assert both == note + first + second
    assert collect(note, second + first, verifier=signer.verifier, witnesses=keys) == both


def test_collect_passes_over_unknown_keys_and_keeps_the_line_of_an_unknown_witness(note, signer, witness, other):
    stranger = cosign(note, signer=other, at=AT)
    post_quantum = f"— witness.example/pq {base64.b64encode(bytes(4 + 8 + 2420)).decode()}\n"
    mine = cosign(note, signer=witness, at=AT)

    known = {"verifier": signer.verifier, "witnesses": (witness.key,)}
    assert collect(note, stranger + post_quantum + mine, **known) == note + mine
    assert collect(note, stranger, **known) == note
    assert [line.text for line in verified_lines(note, stranger + mine, witnesses=(witness.key,))] == [mine]
    assert verified_lines(note, stranger, witnesses=(witness.key,)) == ()
    assert collect(note + stranger, mine, **known) == note + mine + stranger


def test_collect_keeps_the_later_of_two_cosignatures_of_one_key(note, signer, witness):
    known = {"verifier": signer.verifier, "witnesses": (witness.key,)}
    early, late = cosign(note, signer=witness, at=AT), cosign(note, signer=witness, at=AT + 60)

    assert collect(note + early, late, **known) == note + late
    assert collect(note + late, early, **known) == note + late


def test_collect_refuses_a_known_witness_whose_signature_is_wrong(note, signer, witness, log):
    older = sign_checkpoint(size=5, root=log.tree.root(5), signer=signer)
    known = {"verifier": signer.verifier, "witnesses": (witness.key,)}

    found = code_of(lambda: collect(note, cosign(older, signer=witness, at=AT), **known))

    assert found is EvidenceCode.COSIGNATURE_SIGNATURE


def test_known_witness_with_a_line_of_another_length_is_refused(note, signer, witness):
    blob = base64.b64encode(witness.key.key_id + bytes(64)).decode()

    found = code_of(
        lambda: collect(note, f"— {witness.key.name} {blob}\n", verifier=signer.verifier, witnesses=(witness.key,))
    )

    assert found is EvidenceCode.COSIGNATURE_FORM


@pytest.mark.parametrize(
    "response",
    [
        "",
        "\n",
        "garbage",
        "<html></html>\n",
        C2SP_LINE,
        f"{C2SP_LINE}\n\n",
        f"{C2SP_LINE}\n" * 33,
        b"\xff\n",
        "\ud800",
    ],
)
def test_response_that_is_no_list_of_signature_lines_is_refused(response):
    assert code_of(lambda: parse_response(response)) is EvidenceCode.COSIGNATURE_FORM


def test_private_key_is_read_as_written_and_tells_nothing_when_damaged(witness):
    assert WitnessSigner.parse(f"{witness.skey}\n").key == witness.key
    assert WitnessSigner.parse(witness.skey.encode()).skey == witness.skey
    assert witness.skey.startswith("PRIVATE+KEY+witness.example/w1+") and "\n" not in witness.skey

    for at in range(len(witness.skey)):
        damaged = f"{witness.skey[:at]}{'A' if witness.skey[at] != 'A' else 'B'}{witness.skey[at + 1 :]}"
        with pytest.raises(NoteError) as refused:
            WitnessSigner.parse(damaged)
        assert "damaged" in refused.value.what and damaged[-20:] not in str(refused.value)


@pytest.mark.parametrize("skey", ["", "PRIVATE+KEY+", b"\xff", "PRIVATE+KEY+w+00000000+AAAA", PUBLISHED_VKEY])
def test_what_is_no_private_key_is_refused(skey):
    assert code_of(lambda: WitnessSigner.parse(skey)) is EvidenceCode.KEY_FORM


def test_key_of_a_log_is_no_key_of_a_witness(signer, witness):
    assert code_of(lambda: WitnessKey.parse(signer.vkey)) is EvidenceCode.KEY_FORM
    assert code_of(lambda: type(signer.verifier).parse(witness.key.vkey)) is EvidenceCode.KEY_FORM
    assert code_of(lambda: WitnessKey("two words", bytes(32))) is EvidenceCode.KEY_FORM
    assert code_of(lambda: WitnessKey("w", bytes(31))) is EvidenceCode.KEY_FORM
