"""What a witness decides (C2SP tlog-witness, `add-checkpoint`): it cosigns a log that only grew, and nothing else.

`consider` answers for one request, from what is known of the log. Who calls it must hold a lock from reading what is
known until the accepted checkpoint is kept durably, and give the cosignature out only after that.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kezek.evidence.checkpoint import Checkpoint, parse_body
from kezek.evidence.error import CheckpointError, EvidenceCode, GrowthError, NoteError, ProofError
from kezek.evidence.growth import Growth, check_growth_proof, parse_growth
from kezek.evidence.signature import (
    COSIGNATURES_MAX,
    SIGNATURE_BYTES,
    SignatureLine,
    Verifier,
    parse_signature_line,
    split_note,
)
from kezek.evidence.tree import EMPTY_ROOT

REQUEST_BYTES_MAX = 64 * 1024
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
BAD_REQUEST, FORBIDDEN, NOT_FOUND, CONFLICT, UNPROCESSABLE = 400, 403, 404, 409, 422


@dataclass(frozen=True, slots=True)
class KnownLog:
    """What a witness knows of a log.

    Args:
        origin: Name of the log.
        keys: Keys that are trusted for it, more than one after a rotation; each is named as the log.
        latest: The last checkpoint that was cosigned; None if there never was one.
    """

    origin: str
    keys: tuple[Verifier, ...]
    latest: Checkpoint | None = None

    @property
    def size(self) -> int:
        """Entries of the last cosigned checkpoint, 0 without one."""
        return self.latest.size if self.latest else 0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The log only grew: keep this, then cosign it.

    Args:
        checkpoint: What the log signed.
        note: Its text with the signatures of trusted keys; those of others are left out.
    """

    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not cosigned.

    Args:
        status: HTTP status: 400 malformed, 403 not signed by a trusted key, 404 unknown log, 409 another size or root
            is known, 422 the proof does not hold.
        code: Stable code.
        what: The reason as a sentence.
        size: With 409, entries of the last cosigned checkpoint.
    """

    status: int
    code: EvidenceCode
    what: str
    size: int | None = None

    @property
    def body(self) -> str:
        """What is answered: the known size with 409, the reason otherwise."""
        return f"{self.what} [{self.code}]\n" if self.size is None else f"{self.size}\n"

    @property
    def content_type(self) -> str:
        """The type of the body."""
        return TEXT_TYPE if self.size is None else SIZE_TYPE


def consider(request: bytes, *, logs: Mapping[str, KnownLog]) -> Accepted | Refused:
    """Decide on one request of `add-checkpoint`, in the order of C2SP tlog-witness.

    Args:
        request: Body of the request.
        logs: The logs that are watched, by origin.
    Guarantees: test_accepted_checkpoints_are_prefixes_of_one_another.
    """
    if len(request) > REQUEST_BYTES_MAX:
        what = f"{len(request)} bytes are more than the {REQUEST_BYTES_MAX} of a request"
        return Refused(BAD_REQUEST, EvidenceCode.GROWTH_FORM, what)
    try:
        growth = parse_growth(request)
        text, lines = _read_note(growth.checkpoint)
        checkpoint = parse_body(text, extensions=True)
    except (GrowthError, NoteError, CheckpointError) as error:
        return Refused(BAD_REQUEST, error.code, error.what)
    log = logs.get(checkpoint.origin)
    if log is None:
        return Refused(NOT_FOUND, EvidenceCode.WITNESS_LOG, f"the log {checkpoint.origin!r} is not known here")
    try:
        signed = _signed_lines(text, lines, log)
    except NoteError as error:
        return Refused(FORBIDDEN, error.code, error.what)
    refused = _growth_refusal(growth, checkpoint, log)
    return refused or Accepted(checkpoint, f"{text}\n{''.join(line.text for line in signed)}")


def _read_note(note: str) -> tuple[str, tuple[SignatureLine, ...]]:
    """Read a note as C2SP has it: any signatures, of which those of unknown keys are passed over later."""
    text, lines = split_note(note)
    if len(lines) > COSIGNATURES_MAX:
        raise NoteError(EvidenceCode.NOTE_FORM, f"{len(lines)} signatures are more than {COSIGNATURES_MAX}")
    return text, tuple(map(parse_signature_line, lines))


def _signed_lines(text: str, lines: tuple[SignatureLine, ...], log: KnownLog) -> tuple[SignatureLine, ...]:
    """Verify the signatures of trusted keys: one at least, and none of them wrong."""
    found = []
    for key in log.keys:
        for line in lines:
            if (line.name, line.key_id) != (key.name, key.key_id):
                continue
            whole = len(line.signature) == SIGNATURE_BYTES
            if not whole or not key.accepts(text=text.encode(), signature=line.signature):
                what = f"the signature by {key.name!r} key {key.key_id.hex()} is wrong"
                raise NoteError(EvidenceCode.NOTE_SIGNATURE, what)
            found.append(line)
    if not found:
        raise NoteError(EvidenceCode.NOTE_SIGNER, f"no key that is trusted for {log.origin!r} signed this")
    return tuple(dict.fromkeys(found))


def _growth_refusal(growth: Growth, new: Checkpoint, log: KnownLog) -> Refused | None:
    """Compare sizes, then roots, then the proof."""
    if growth.old_size > new.size:
        what = f"the old size {growth.old_size} is beyond the {new.size} entries of the checkpoint"
        return Refused(BAD_REQUEST, EvidenceCode.GROWTH_SHRUNK, what)
    if growth.old_size != log.size:
        what = f"the claim starts at {growth.old_size} entries, {log.size} are known"
        return Refused(CONFLICT, EvidenceCode.GROWTH_OLD, what, log.size)
    try:
        check_growth_proof(growth.proof, old=log.latest or Checkpoint(log.origin, 0, EMPTY_ROOT), new=new)
    except GrowthError as error:
        return Refused(CONFLICT, error.code, error.what, log.size)
    except ProofError as error:
        return Refused(UNPROCESSABLE, error.code, error.what)
    return None
