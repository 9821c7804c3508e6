"""Signed notes (C2SP signed-note) with Ed25519: the only module that needs `cryptography`, when it signs or verifies.

A note is a text, an empty line and, in our profile, exactly one signature line by the key asked for. The C2SP rule to
pass over signatures of unknown keys is left out on purpose: a byte nobody checked has no place in a receipt.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.error import ArmourError, EvidenceCode, NoteError

ALGORITHM = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
KEY_BYTES = 32
SIGNATURE_BYTES = 64
ID_BYTES = 4
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """Who is trusted: a key name and an Ed25519 public key [32 bytes].

    >>> vkey = Signer("kezek.example/log", bytes(32)).vkey
    >>> Verifier.parse(vkey).vkey == vkey
    True
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse a name or key no note can carry."""
        _check_name(self.name)
        if len(self.public_key) != KEY_BYTES:
            raise _no_key(f"a public key has {KEY_BYTES} bytes, not {len(self.public_key)}")

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || 0x01 || public key)[:4]."""
        return sha256(self.name.encode() + b"\n" + ALGORITHM + self.public_key).digest()[:ID_BYTES]

    @property
    def vkey(self) -> str:
        """The verifier key as text: `name+id in hex+base64(0x01 || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(ALGORITHM + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str | bytes) -> Self:
        """Read a verifier key; one line end after it is allowed. The key id must be the one of name and key.

        Raises:
            NoteError: evidence.key.form.
        """
        text = _decoded(vkey, _no_key).removesuffix("\n")
        name, _, rest = text.partition("+")
        key_id, _, armoured = rest.partition("+")
        try:
            data = from_base64(armoured)
        except ArmourError as error:
            raise _no_key(f"verifier key {text!r}: {error.what}") from None
        if data[:1] != ALGORITHM:
            raise _no_key(f"verifier key {text!r} is not an Ed25519 key")
        found = cls(name, data[1:])
        if found.key_id.hex() != key_id:
            raise _no_key(f"verifier key id is {key_id!r}, name and key give {found.key_id.hex()!r}")
        return found

    def accepts(self, *, text: bytes, signature: bytes) -> bool:
        """Tell whether the signature [64 bytes] over the text is by this key (RFC 8032)."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, text)
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer:
    """Who signs: a key name and an Ed25519 private seed [32 bytes, secret, made at the edge].

    >>> Signer("kezek.example/log", bytes(32)).vkey
    'kezek.example/log+95aa648a+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    """

    def __init__(self, name: str, private_seed: bytes) -> None:
        if len(private_seed) != KEY_BYTES:
            raise _no_key(f"a private seed has {KEY_BYTES} bytes, not {len(private_seed)}")
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._key = Ed25519PrivateKey.from_private_bytes(private_seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @property
    def name(self) -> str:
        """The key name."""
        return self.verifier.name

    @property
    def vkey(self) -> str:
        """The verifier key as text, to be published."""
        return self.verifier.vkey

    def sign(self, text: bytes) -> bytes:
        """Sign bytes (RFC 8032). 64 bytes."""
        return self._key.sign(text)


def signer_text(name: str, private_seed: bytes) -> str:
    """Write a private key as one line, as Go does: `PRIVATE+KEY+name+id+base64(0x01 || seed)`."""
    signer = Signer(name, private_seed)
    return f"{_PRIVATE}{name}+{signer.verifier.key_id.hex()}+{to_base64(ALGORITHM + private_seed)}\n"


def parse_signer(text: str | bytes) -> Signer:
    """Read a private key; one line end after it is allowed. The key id must be the one of name and key.

    Raises:
        NoteError: evidence.key.form; the message never shows the key.

    >>> parse_signer(signer_text("kezek.example/log", bytes(32))).name
    'kezek.example/log'
    """
    line = _decoded(text, _no_key).removesuffix("\n")
    name, _, rest = line.removeprefix(_PRIVATE).partition("+")
    key_id, _, armoured = rest.partition("+")
    try:
        data = from_base64(armoured)
    except ArmourError:
        data = b""
    if not line.startswith(_PRIVATE) or data[:1] != ALGORITHM:
        raise _no_key("the text is not an Ed25519 private key")
    found = Signer(name, data[1:])
    if found.verifier.key_id.hex() != key_id:
        raise _no_key("the key id is not that of name and key")
    return found


def sign_note(text: str, signer: Signer) -> str:
    """Return the note: text, empty line, signature line.

    Raises:
        NoteError: evidence.note.form for a text that is empty, has no line end or has control characters.
    """
    _check_text(text)
    signature = signer.sign(text.encode())
    return f"{text}\n— {signer.name} {to_base64(signer.verifier.key_id + signature)}\n"


def open_note(note: str | bytes, verifier: Verifier) -> str:
    """Return the text of a note that carries exactly one signature, by the verifier's key.

    Raises:
        NoteError: evidence.note.form, .signer (another name or key id), .signature.
    Guarantees: test_note_any_changed_byte_is_refused.
    """
    whole = _decoded(note, _no_note)
    text, gap, line = whole.rpartition("\n\n")
    if not gap or not line.endswith("\n") or line.count("\n") != 1:
        raise _no_note("a text, an empty line and one signature line were expected")
    text += "\n"
    _check_text(text)
    match line.removesuffix("\n").split(" "):
        case ["—", name, armoured]:
            _check_signature(text, name, armoured, verifier)
        case _:
            raise _no_note(f"{line!r} is not a signature line")
    return text


def _check_signature(text: str, name: str, armoured: str, verifier: Verifier) -> None:
    try:
        data = from_base64(armoured)
    except ArmourError as error:
        raise _no_note(f"signature: {error.what}") from None
    key_id, signature = data[:ID_BYTES], data[ID_BYTES:]
    if (name, key_id) != (verifier.name, verifier.key_id):
        what = f"signed by {name!r} key {key_id.hex()}, expected {verifier.name!r} key {verifier.key_id.hex()}"
        raise NoteError(EvidenceCode.NOTE_SIGNER, what)
    if len(signature) != SIGNATURE_BYTES or not verifier.accepts(text=text.encode(), signature=signature):
        raise NoteError(EvidenceCode.NOTE_SIGNATURE, f"the signature is not one of {verifier.name!r} over this text")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise _no_note("the text is empty or does not end in a line end")
    if found := _CONTROL.search(text):
        raise _no_note(f"control character {found[0]!r} in the text")


def _check_name(name: str) -> None:
    if not name or "+" in name or any(c.isspace() or not c.isprintable() for c in name):
        raise _no_key(f"key name {name!r} is empty or has a space, a plus or an unprintable character")


def _decoded(data: str | bytes, refusal: Callable[[str], NoteError]) -> str:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise refusal(f"byte {error.start} is not UTF-8") from None


def _no_key(what: str) -> NoteError:
    return NoteError(EvidenceCode.KEY_FORM, what)


def _no_note(what: str) -> NoteError:
    return NoteError(EvidenceCode.NOTE_FORM, what)
