import pytest

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.error import ArmourError, EvidenceCode, NoteError
from kezek.evidence.signature import Signer, Verifier, open_note, sign_note

GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_NOTE = (
    GO_TEXT
    + "\n— PeterNeumann "
    + "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_note_of_the_go_reference_is_opened():
    assert open_note(GO_NOTE, Verifier.parse(GO_VKEY)) == GO_TEXT


def test_key_of_the_go_checksum_database_is_read():
    vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

    assert Verifier.parse(vkey).vkey == vkey


def test_rfc_8032_test_1_gives_the_public_key_of_its_seed():
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"

    assert Signer("rfc8032", seed).verifier.public_key.hex() == public


def test_signed_note_is_opened_by_the_key_that_signed_it(signer):
    text = "first line\n\nafter an empty line, ә\n"

    assert open_note(sign_note(text, signer), signer.verifier) == text


@pytest.mark.parametrize(
    "text", ["", "\n", "no line end", "bell \x07\n", "tab\t\n", "carriage return\r\n", "nul\0\n"]
)
def test_text_that_no_note_can_carry_is_not_signed(text, signer):
    with pytest.raises(NoteError) as refused:
        sign_note(text, signer)

    assert refused.value.code is EvidenceCode.NOTE_FORM


@pytest.mark.parametrize("name", ["", "two words", "a+b", "nbsp\u00a0", "line\n", "nul\0", "\u2028"])
def test_name_that_no_note_can_carry_is_refused(name):
    with pytest.raises(NoteError) as refused:
        Signer(name, bytes(32))

    assert refused.value.code is EvidenceCode.KEY_FORM


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33)])
def test_seed_of_another_length_is_refused(seed):
    with pytest.raises(NoteError, match="32 bytes"):
        Signer("log", seed)


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        GO_VKEY.upper(),
        GO_VKEY.replace("c74f20a3", "c74f20a4"),
        GO_VKEY.replace("c74f20a3", "C74F20A3"),
        GO_VKEY.replace("c74f20a3", "c74f20a3 "),
        GO_VKEY.replace("PeterNeumann", "PeterNeuman"),
        GO_VKEY.replace("+ARpc", "+BRpc"),
        GO_VKEY + "\n\n",
        " " + GO_VKEY,
        GO_VKEY[:-4],
        b"\xff" + GO_VKEY.encode(),
    ],
)
def test_verifier_key_that_is_not_exact_is_refused(vkey):
    with pytest.raises(NoteError) as refused:
        Verifier.parse(vkey)

    assert refused.value.code is EvidenceCode.KEY_FORM


def test_note_of_another_key_of_the_same_name_is_refused(signer):
    impostor = Signer(signer.name, bytes(32))

    with pytest.raises(NoteError) as refused:
        open_note(sign_note("text\n", impostor), signer.verifier)

    assert refused.value.code is EvidenceCode.NOTE_SIGNER


def test_signature_over_another_text_is_refused(signer):
    note = sign_note("size 7\n", signer).replace("size 7", "size 8")

    with pytest.raises(NoteError) as refused:
        open_note(note, signer.verifier)

    assert refused.value.code is EvidenceCode.NOTE_SIGNATURE


def test_second_signature_line_is_refused(signer):
    note = sign_note("text\n", signer)

    with pytest.raises(NoteError, match="one signature line"):
        open_note(note + note.split("\n")[2] + "\n", signer.verifier)


@pytest.mark.parametrize(
    "text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "Q Q==", "QQ===", "QQ==QQ==", "-_==", "Ә", "\ud800"]
)
def test_base64_with_another_spelling_is_refused(text):
    with pytest.raises(ArmourError):
        from_base64(text)


@pytest.mark.parametrize("data", [b"", b"A", b"AB", b"ABC", bytes(range(256))])
def test_base64_gives_back_what_it_was_given(data):
    assert from_base64(to_base64(data)) == data
