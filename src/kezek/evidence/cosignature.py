"""Cosignatures (C2SP tlog-cosignature, Ed25519 cosignature/v1): witnesses sign what they saw of a log, and when.

A cosignature stands under a checkpoint as one more signature line; what follows the key id is the time [8 bytes,
big-endian seconds since 1970] and an Ed25519 signature over

    cosignature/v1
    time <seconds>
    <the text of the checkpoint note>

It says: as of then, this is the largest tree that the witness saw of this log, and each it saw before begins it.
Whoever trusts enough witnesses knows that nobody is shown another history.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint, parse_body
from kezek.evidence.error import CosignatureError, EvidenceCode, EvidenceError, NoteError
from kezek.evidence.signature import (
    COSIGNATURES_MAX,
    SIGNATURE_BYTES,
    TIME_BYTES,
    SignatureLine,
    Signer,
    Verifier,
    key_id_of,
    parse_signature_line,
    parse_vkey,
    split_note,
)

COSIGNATURE_ALGORITHM = b"\x04"
SECONDS_MAX = 2**63 - 1
_WITNESS_PRIVATE = "PRIVATE+KEY+"


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """Which witness is trusted: its name and its Ed25519 public key [32 bytes].

    >>> vkey = WitnessSigner("witness.example/w1", bytes(32)).key.vkey
    >>> WitnessKey.parse(vkey).vkey == vkey
    True
    """

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        """Refuse a name or key no note can carry."""
        Verifier(self.name, self.public_key)

    @property
    def key_id(self) -> bytes:
        """SHA-256(name || 0x0A || 0x04 || public key)[:4]."""
        return key_id_of(name=self.name, algorithm=COSIGNATURE_ALGORITHM, public_key=self.public_key)

    @property
    def vkey(self) -> str:
        """The verifier key as text: `name+id in hex+base64(0x04 || public key)`."""
        return f"{self.name}+{self.key_id.hex()}+{to_base64(COSIGNATURE_ALGORITHM + self.public_key)}"

    @classmethod
    def parse(cls, vkey: str | bytes) -> Self:
        """Read the verifier key of a witness; one line end after it is allowed.

        Raises:
            NoteError: evidence.key.form, also for the key of a log, whose algorithm is another.
        """
        return cls(*parse_vkey(vkey, algorithm=COSIGNATURE_ALGORITHM))

    def signed(self, line: SignatureLine) -> bool:
        """Tell whether a line names this key."""
        return (line.name, line.key_id) == (self.name, self.key_id)


class WitnessSigner:
    """Who cosigns: a name and an Ed25519 private seed [32 bytes, secret, made at the edge].

    >>> WitnessSigner("witness.example/w1", bytes(32)).key.vkey
    'witness.example/w1+e42b2f2c+BDtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
    """

    def __init__(self, name: str, private_seed: bytes) -> None:
        self._signer = Signer(name, private_seed)
        self._seed = private_seed
        self.key = WitnessKey(name, self._signer.verifier.public_key)

    @property
    def skey(self) -> str:
        """The private key as text, to be kept secret: `PRIVATE+KEY+name+id in hex+base64(0x04 || seed)`."""
        secret = to_base64(COSIGNATURE_ALGORITHM + self._seed)
        return f"{_WITNESS_PRIVATE}{self.key.name}+{self.key.key_id.hex()}+{secret}"

    @classmethod
    def parse(cls, skey: str | bytes) -> Self:
        """Read a private key as `skey` writes it; one line end after it is allowed.

        Raises:
            NoteError: evidence.key.form; nothing of the key is told.
        """
        try:
            text = (skey if isinstance(skey, str) else skey.decode()).removesuffix("\n")
            name, _, armoured = text.removeprefix(_WITNESS_PRIVATE).split("+", 2)
            found = cls(name, from_base64(armoured)[len(COSIGNATURE_ALGORITHM) :])
        except (ValueError, EvidenceError):
            raise _no_private_key() from None
        if found.skey != text:
            raise _no_private_key()
        return found

    def sign(self, text: str, at: int) -> SignatureLine:
        """Cosign the text of a note at a time [seconds since 1970]."""
        signature = self._signer.sign(_cosigned_message(text, at))
        return SignatureLine(self.key.name, self.key.key_id, at.to_bytes(TIME_BYTES, "big") + signature)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness, by name, cosigned `at` [seconds since 1970]."""

    name: str
    at: int

    @property
    def shown(self) -> str:
        """Name and time for people.

        >>> Cosigned("witness.example/w1", 1679315147).shown
        'witness.example/w1 at 2023-03-20T12:25:47Z'
        """
        try:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.at)
        except OverflowError:
            return f"{self.name} at second {self.at}"
        return f"{self.name} at {moment.strftime('%Y-%m-%dT%H:%M:%SZ')}"


@dataclass(frozen=True, slots=True)
class CosignedCheckpoint:
    """A checkpoint that its log signed, and who cosigned it.

    Args:
        checkpoint: What the log signed.
        cosigned: Known witnesses whose cosignature verifies, by name; a witness with two keys stands once, with the
            later time.
        unknown: Names on lines that no known key answers for: they may say anything.
    """

    checkpoint: Checkpoint
    cosigned: tuple[Cosigned, ...]
    unknown: tuple[str, ...]


def cosign(note: str | bytes, *, signer: WitnessSigner, at: int) -> str:
    """Cosign a checkpoint note; whether it may be cosigned is decided in `witness`. One signature line with its end.

    Args:
        at: Now. [seconds since 1970]
    Raises:
        NoteError, CheckpointError: what is given is no checkpoint.
        CosignatureError: evidence.cosignature.form for a time that no cosignature can carry.
    """
    text, _ = split_note(note)
    parse_body(text, extensions=True)
    if not 0 <= at <= SECONDS_MAX:
        raise CosignatureError(EvidenceCode.COSIGNATURE_FORM, f"{at} is no time in seconds since 1970")
    return signer.sign(text, at).text


def open_cosigned(
    note: str | bytes, *, verifier: Verifier, witnesses: Sequence[WitnessKey] = ()
) -> CosignedCheckpoint:
    """Verify a checkpoint note and the cosignatures of the witnesses that are known.

    Raises:
        NoteError, CheckpointError: as `open_checkpoint`.
        CosignatureError: evidence.cosignature.form, .signature for a known witness's line that is wrong, .keys where
            two of the keys are one.
    Guarantees: test_cosigned_note_no_changed_byte_is_believed.
    """
    check_witness_keys(witnesses, verifier)
    checkpoint = open_checkpoint(note, verifier)
    text, (_, *rest) = split_note(note)
    lines = [parse_signature_line(line) for line in rest]
    latest: dict[str, int] = {}
    for line in lines:
        if key := _key_of(line, witnesses):
            at = cosigned_at(text, line, key)
            latest[key.name] = max(at, latest.get(key.name, at))
    unknown = sorted({line.name for line in lines if _key_of(line, witnesses) is None})
    return CosignedCheckpoint(checkpoint, tuple(Cosigned(*item) for item in sorted(latest.items())), tuple(unknown))


def collect(note: str, response: str | bytes, *, verifier: Verifier, witnesses: Sequence[WitnessKey]) -> str:
    """Put the cosignatures of a witness's response under a checkpoint note.

    Lines of unknown keys in the response are passed over, as C2SP says; of two cosignatures by one key the later
    stays. Lines stand in the order of their names and key ids, whichever came first.

    Raises:
        NoteError, CheckpointError, CosignatureError: as `open_cosigned`, for the note and for the response.
    Guarantees: test_collect_gives_one_note_in_whatever_order_the_responses_come.
    """
    open_cosigned(note, verifier=verifier, witnesses=witnesses)
    text, (own, *rest) = split_note(note)
    kept = {(line.name, line.key_id): line for line in map(parse_signature_line, rest)}
    for line in verified_lines(note, response, witnesses=witnesses):
        before = kept.get((line.name, line.key_id), line)
        kept[line.name, line.key_id] = max(before, line, key=lambda one: one.signature)
    found = "".join([f"{text}\n{own}\n", *(kept[place].text for place in sorted(kept))])
    open_cosigned(found, verifier=verifier, witnesses=witnesses)
    return found


def verified_lines(
    note: str | bytes, response: str | bytes, *, witnesses: Sequence[WitnessKey]
) -> tuple[SignatureLine, ...]:
    """Give the lines of a witness's response that a known key answers for, each a cosignature of this note.

    Raises:
        NoteError: the note is none.
        CosignatureError: evidence.cosignature.form, .signature.
    """
    text, _ = split_note(note)
    known = [(line, _key_of(line, witnesses)) for line in parse_response(response)]
    for line, key in known:
        if key is not None:
            cosigned_at(text, line, key)
    return tuple(line for line, key in known if key is not None)


def parse_response(response: str | bytes) -> tuple[SignatureLine, ...]:
    """Read what a witness answers: one signature line or more, each with its line end; nothing is verified.

    Raises:
        CosignatureError: evidence.cosignature.form.
    """
    data = response.encode("utf-8", "surrogatepass") if isinstance(response, str) else response
    try:
        *lines, rest = data.decode().split("\n")
        found = tuple(map(parse_signature_line, lines))
    except UnicodeDecodeError as error:
        raise _no_cosignature(f"byte {error.start} of the response is not UTF-8") from None
    except NoteError as error:
        raise _no_cosignature(error.what) from None
    if rest or not 0 < len(found) <= COSIGNATURES_MAX:
        raise _no_cosignature(f"1 to {COSIGNATURES_MAX} whole lines were expected")
    return found


def cosigned_at(text: str, line: SignatureLine, key: WitnessKey) -> int:
    """Verify the cosignature of a key over the text of a note, and give its time. [seconds since 1970]

    Raises:
        CosignatureError: evidence.cosignature.form, .signature.
    """
    if len(line.signature) != TIME_BYTES + SIGNATURE_BYTES:
        raise _no_cosignature(f"the line of {line.name!r} has {len(line.signature)} bytes after the key id")
    at = int.from_bytes(line.signature[:TIME_BYTES], "big")
    if at > SECONDS_MAX:
        raise _no_cosignature(f"{line.name!r} cosigned at second {at}, which is no time")
    accepted = Verifier(key.name, key.public_key).accepts(
        text=_cosigned_message(text, at), signature=line.signature[TIME_BYTES:]
    )
    if not key.signed(line) or not accepted:
        what = f"the cosignature is not one of {key.name!r} over this checkpoint"
        raise CosignatureError(EvidenceCode.COSIGNATURE_SIGNATURE, what)
    return at


def check_witness_keys(witnesses: Iterable[WitnessKey], verifier: Verifier | None = None) -> None:
    """Refuse trust in one key under two names: a cosignature does not bind its name, so one would count as two.

    Raises:
        CosignatureError: evidence.cosignature.keys, also where the log's own key is among them.
    """
    names = {verifier.public_key: verifier.name} if verifier else {}
    for key in dict.fromkeys(witnesses):
        if key.public_key in names:
            what = f"{names[key.public_key]!r} and {key.name!r} are one key"
            raise CosignatureError(EvidenceCode.COSIGNATURE_KEYS, what)
        names[key.public_key] = key.name


def _key_of(line: SignatureLine, witnesses: Iterable[WitnessKey]) -> WitnessKey | None:
    return next((key for key in witnesses if key.signed(line)), None)


def _cosigned_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _no_cosignature(what: str) -> CosignatureError:
    return CosignatureError(EvidenceCode.COSIGNATURE_FORM, what)


def _no_private_key() -> NoteError:
    return NoteError(EvidenceCode.KEY_FORM, "this is no private key of a witness, or a damaged one")
