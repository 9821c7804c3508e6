"""Signed notes (C2SP signed-note) with Ed25519: the only module that needs `cryptography`, when it signs or verifies.

A note is a text, an empty line and, in our profile, one signature line by the key asked for; after it only lines that
have the form of a witness's cosignature may stand, which nothing here believes (see `cosignature`). The C2SP rule to
pass over any signature of an unknown key is left out on purpose: a byte nobody checked has no place in a receipt.
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
TIME_BYTES = 8
COSIGNATURES_MAX = 32
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
        return key_id_of(name=self.name, algorithm=ALGORITHM, public_key=self.public_key)

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
        return cls(*parse_vkey(vkey, algorithm=ALGORITHM))

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


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """A signature line as read, not yet believed.

    Args:
        name: Key name.
        key_id: Key id. [4 bytes]
        signature: What follows the key id; its form is a matter of the algorithm.
    """

    name: str
    key_id: bytes
    signature: bytes

    @property
    def text(self) -> str:
        """The line, with its line end."""
        return f"— {self.name} {to_base64(self.key_id + self.signature)}\n"


def key_id_of(*, name: str, algorithm: bytes, public_key: bytes) -> bytes:
    """Give the key id: SHA-256(name || 0x0A || algorithm || public key)[:4]."""
    return sha256(name.encode() + b"\n" + algorithm + public_key).digest()[:ID_BYTES]


def parse_vkey(vkey: str | bytes, *, algorithm: bytes) -> tuple[str, bytes]:
    """Read a verifier key of one algorithm into name and public key; one line end after it is allowed.

    Raises:
        NoteError: evidence.key.form, also where the key id is not the one of name and key.
    """
    text = _decoded(vkey, _no_key).removesuffix("\n")
    name, _, rest = text.partition("+")
    key_id, _, armoured = rest.partition("+")
    try:
        data = from_base64(armoured)
    except ArmourError as error:
        raise _no_key(f"verifier key {text!r}: {error.what}") from None
    if data[:1] != algorithm:
        found = data[:1].hex() or "none"
        raise _no_key(f"verifier key {text!r} is of algorithm {found}, expected {algorithm.hex()}")
    _check_name(name)
    expected = key_id_of(name=name, algorithm=algorithm, public_key=data[1:]).hex()
    if expected != key_id:
        raise _no_key(f"verifier key id is {key_id!r}, name and key give {expected!r}")
    return name, data[1:]


def sign_note(text: str, signer: Signer) -> str:
    """Return the note: text, empty line, signature line.

    Raises:
        NoteError: evidence.note.form for a text that is empty, has no line end or has control characters.
    """
    _check_text(text)
    line = SignatureLine(signer.name, signer.verifier.key_id, signer.sign(text.encode()))
    return f"{text}\n{line.text}"


def open_note(note: str | bytes, verifier: Verifier) -> str:
    """Return the text of a note whose one signature, the first, is by the verifier's key.

    Cosignature lines may follow; their form is checked, what they say is not believed.

    Raises:
        NoteError: evidence.note.form, .signer (another name or key id), .signature.
    Guarantees: test_note_any_changed_byte_is_refused.
    """
    text, lines = split_note(note)
    own, *others = map(parse_signature_line, lines)
    _check_signature(text, own, verifier)
    if len(others) > COSIGNATURES_MAX:
        raise _no_note(f"{len(others)} cosignatures are more than {COSIGNATURES_MAX}")
    if len({(line.name, line.key_id) for line in others}) < len(others):
        raise _no_note("one key cosigned twice")
    for line in others:
        _check_cosignature_form(line, verifier)
    return text


def split_note(note: str | bytes) -> tuple[str, tuple[str, ...]]:
    """Split a note into its text and its signature lines, without their line ends; none of them is read yet.

    Raises:
        NoteError: evidence.note.form.
    """
    whole = _decoded(note, _no_note)
    text, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise _no_note("a text, an empty line and one signature line were expected")
    text += "\n"
    _check_text(text)
    return text, tuple(tail.removesuffix("\n").split("\n"))


def parse_signature_line(line: str) -> SignatureLine:
    """Read one signature line, given without its line end.

    Raises:
        NoteError: evidence.note.form.
    """
    match line.split(" "):
        case ["—", name, armoured] if _is_name(name):
            pass
        case _:
            raise _no_note(f"{line!r} is not a signature line")
    try:
        data = from_base64(armoured)
    except ArmourError as error:
        raise _no_note(f"signature: {error.what}") from None
    if len(data) <= ID_BYTES:
        raise _no_note(f"{line!r} has no signature")
    return SignatureLine(name, data[:ID_BYTES], data[ID_BYTES:])


def _check_signature(text: str, line: SignatureLine, verifier: Verifier) -> None:
    if (line.name, line.key_id) != (verifier.name, verifier.key_id):
        by, expected = f"{line.name!r} key {line.key_id.hex()}", f"{verifier.name!r} key {verifier.key_id.hex()}"
        raise NoteError(EvidenceCode.NOTE_SIGNER, f"signed by {by}, expected {expected}")
    signature = line.signature
    if len(signature) != SIGNATURE_BYTES or not verifier.accepts(text=text.encode(), signature=signature):
        raise NoteError(EvidenceCode.NOTE_SIGNATURE, f"the signature is not one of {verifier.name!r} over this text")


def _check_cosignature_form(line: SignatureLine, verifier: Verifier) -> None:
    if line.name == verifier.name:
        raise _no_note(f"exactly one signature line by {verifier.name!r} was expected")
    if len(line.signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise _no_note(f"the line of {line.name!r} is no cosignature: {len(line.signature)} bytes")


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise _no_note("the text is empty or does not end in a line end")
    if found := _CONTROL.search(text):
        raise _no_note(f"control character {found[0]!r} in the text")


def _check_name(name: str) -> None:
    if not _is_name(name):
        raise _no_key(f"key name {name!r} is empty or has a space, a plus or an unprintable character")


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or not c.isprintable() for c in name)


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
