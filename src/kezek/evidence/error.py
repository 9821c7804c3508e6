"""What can be wrong with evidence: one tree of errors, one list of codes.

EvidenceError
├── CanonicalError   a value or a line that has no canonical JSON form
├── ArmourError      text that is not strict base64
├── ProofError
│   ├── ProofBoundsError   index or sizes that no tree has
│   ├── ProofShapeError    another number of hashes, or a hash of another length, than the tree has there
│   └── RootMismatch       the hashes lead to another root
├── NoteError        a signed note, its key or its signature
├── CheckpointError  a note that is no checkpoint of this log
├── CosignatureError a witness's line that is malformed or wrong, or trust in one key under two names
├── EventError       an event that no log takes
├── SealError        a value that is not the sealed one
├── TileError        a file of tlog-tiles that is no tile
├── StoredTreeError  a page of a stored tree that is absent or of another length
├── KeyChainError    a change of keys that does not follow
├── GrowthError      a claim that a log only grew
├── ReceiptError     names the first part of a receipt that fails
├── BundleError      names the line of a bundle that fails
└── LogError         names the entry of a log that fails
"""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class EvidenceCode(StrEnum):
    """Everything this room can object to, in order of precedence: form first, then meaning, then signature."""

    JSON_KIND = "evidence.json.kind"
    JSON_FLOAT = "evidence.json.float"
    JSON_NUMBER = "evidence.json.number"
    JSON_TEXT = "evidence.json.text"
    JSON_DEPTH = "evidence.json.depth"
    JSON_FORM = "evidence.json.form"
    EVENT_FORM = "evidence.event.form"
    EVENT_KEY = "evidence.event.key"
    EVENT_VERSION = "evidence.event.version"
    EVENT_MOMENT = "evidence.event.moment"
    EVENT_CONFIDENTIAL = "evidence.event.confidential"
    EVENT_PRIVATE = "evidence.event.private"
    EVENT_SIZE = "evidence.event.size"
    SEAL_SALT = "evidence.seal.salt"
    SEAL_VALUE = "evidence.seal.value"
    ARMOUR_FORM = "evidence.armour.form"
    KEY_FORM = "evidence.key.form"
    NOTE_FORM = "evidence.note.form"
    NOTE_SIGNER = "evidence.note.signer"
    NOTE_SIGNATURE = "evidence.note.signature"
    CHECKPOINT_FORM = "evidence.checkpoint.form"
    CHECKPOINT_ORIGIN = "evidence.checkpoint.origin"
    COSIGNATURE_FORM = "evidence.cosignature.form"
    COSIGNATURE_KEYS = "evidence.cosignature.keys"
    COSIGNATURE_SIGNATURE = "evidence.cosignature.signature"
    PROOF_BOUNDS = "evidence.proof.bounds"
    PROOF_SHAPE = "evidence.proof.shape"
    PROOF_ROOT = "evidence.proof.root"
    TILE_FORM = "evidence.tile.form"
    TILE_ENTRY = "evidence.tile.entry"
    PAGE_MISSING = "evidence.page.missing"
    PAGE_FORM = "evidence.page.form"
    KEYS_FORM = "evidence.keys.form"
    KEYS_PROOF = "evidence.keys.proof"
    KEYS_ORDER = "evidence.keys.order"
    KEYS_PLACE = "evidence.keys.place"
    GROWTH_FORM = "evidence.growth.form"
    GROWTH_OLD = "evidence.growth.old"
    GROWTH_SHRUNK = "evidence.growth.shrunk"
    GROWTH_FORK = "evidence.growth.fork"
    WITNESS_LOG = "evidence.witness.log"
    RECEIPT_HEADER = "evidence.receipt.header"
    RECEIPT_ENTRY = "evidence.receipt.entry"
    RECEIPT_INDEX = "evidence.receipt.index"
    RECEIPT_PROOF = "evidence.receipt.proof"
    RECEIPT_SIGNATURE = "evidence.receipt.signature"
    RECEIPT_WITNESSES = "evidence.receipt.witnesses"
    BUNDLE_FORM = "evidence.bundle.form"
    BUNDLE_ID = "evidence.bundle.id"
    LOG_ENTRY = "evidence.log.entry"
    LOG_REPEATED = "evidence.log.repeated"
    LOG_DIFFERS = "evidence.log.differs"
    AUDIT_KEY = "evidence.audit.key"
    AUDIT_CHECKPOINT = "evidence.audit.checkpoint"
    AUDIT_ENTRY = "evidence.audit.entry"
    AUDIT_REMOVED = "evidence.audit.removed"
    AUDIT_INSERTED = "evidence.audit.inserted"
    AUDIT_TRUNCATED = "evidence.audit.truncated"
    AUDIT_EXTENDED = "evidence.audit.extended"
    AUDIT_NAME = "evidence.audit.name"
    AUDIT_LEAVES = "evidence.audit.leaves"


class EvidenceError(Exception):
    """Evidence that must not be believed: broken, forged, or bytes no evidence can be made of.

    Args:
        code: Stable code.
        what: What is wrong, with what was found and what was expected.
        where: The part, line or entry, or "" where the sentence says it already.
    """

    def __init__(self, code: EvidenceCode, what: str, where: str = "") -> None:
        super().__init__(code, what, where)
        self.code = code
        self.what = what
        self.where = where

    def __str__(self) -> str:
        """One line: where, what, code."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} [{self.code}]"


class CanonicalError(EvidenceError):
    """A value that has no canonical JSON form, or bytes that are not in it."""


class ArmourError(EvidenceError):
    """Text that is not the one base64 spelling of its bytes."""


class ProofError(EvidenceError):
    """A Merkle proof that proves nothing."""


class ProofBoundsError(ProofError):
    """An index or a pair of sizes that no tree has."""

    def __init__(self, what: str) -> None:
        super().__init__(EvidenceCode.PROOF_BOUNDS, what)


class ProofShapeError(ProofError):
    """A proof of another shape than the tree has at that place: `found` and `expected` count `unit`."""

    def __init__(self, *, found: int, expected: int, unit: str = "hashes") -> None:
        what = f"the proof has {found} {unit}, the tree has {expected} there"
        super().__init__(EvidenceCode.PROOF_SHAPE, what)
        self.found = found
        self.expected = expected


class RootMismatch(ProofError):
    """The hashes lead to the root `found`, not to `expected`."""

    def __init__(self, *, found: bytes, expected: bytes) -> None:
        what = f"the hashes lead to root {found.hex()}, not to {expected.hex()}"
        super().__init__(EvidenceCode.PROOF_ROOT, what)
        self.found = found
        self.expected = expected


class NoteError(EvidenceError):
    """A signed note, a key or a signature that is not what it must be."""


class CheckpointError(EvidenceError):
    """A note that is not a checkpoint of the log asked for."""


class CosignatureError(EvidenceError):
    """A cosignature that is malformed or not the witness's, or trust in one key under two names."""


class EventError(EvidenceError):
    """An event that has not the form that a log takes."""


class SealError(EvidenceError):
    """A value that is not the one whose hash the log holds."""


class TileError(EvidenceError):
    """Bytes that are no tile, or an entry that no tile takes."""


class StoredTreeError(EvidenceError):
    """A page of a stored tree that is absent or of another length."""


class KeyChainError(EvidenceError):
    """A change of keys that does not follow from the key before, or a note by a key out of its turn."""


class GrowthError(EvidenceError):
    """A claim of growth that is malformed, starts elsewhere, or shows a log that shrank or forked."""


@unique
class ReceiptPart(StrEnum):
    """The parts of a receipt, in the order they are named when they fail."""

    HEADER = "header"
    ENTRY = "entry"
    INDEX = "index"
    PROOF = "proof"
    SIGNATURE = "signature"
    WITNESSES = "witnesses"


@dataclass(frozen=True, slots=True)
class Step:
    """One check that was made on a receipt: its part, what was computed, and whether it holds."""

    name: ReceiptPart
    computed: str
    ok: bool


class ReceiptError(EvidenceError):
    """A receipt that fails; `part` is the first part that does, `steps` the checks made up to and with it."""

    def __init__(self, part: ReceiptPart, what: str) -> None:
        super().__init__(EvidenceCode(f"evidence.receipt.{part}"), what, part.value)
        self.part = part
        self.steps: tuple[Step, ...] = (Step(part, what, ok=False),)


class BundleError(EvidenceError):
    """A bundle of receipts that fails; `where` is the line."""


class LogError(EvidenceError):
    """A log that fails; `where` is the entry."""
