"""Receipts (C2SP tlog-proof): one text that proves, offline, that one event is in the signed log.

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>
    index <place in the log>
    <base64 of a hash, one a line, from the leaf's sibling up>

    <the checkpoint note>

C2SP leaves `extra` unauthenticated; here it is the entry itself, and its leaf hash is what the proof is checked for.
The checkpoint may carry cosignatures of witnesses; what they are worth says who names the witnesses he trusts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.canonical import JsonObject, parse_canonical
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint, parse_whole
from kezek.evidence.cosignature import Cosigned, CosignedCheckpoint, WitnessKey, open_cosigned
from kezek.evidence.error import EvidenceError, ProofBoundsError, ReceiptError, ReceiptPart, Step
from kezek.evidence.proof import verify_inclusion
from kezek.evidence.signature import Verifier
from kezek.evidence.tree import HASH_BYTES, leaf_hash

HEADER = "c2sp.org/tlog-proof@v1"
_EXTRA = "extra "
_INDEX = "index "


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as read, not yet believed.

    Args:
        entry: Canonical JSON of the event.
        index: Zero-based place in the log.
        proof: Hashes from the leaf's sibling up. [32 bytes each]
        checkpoint: The checkpoint note, verbatim.
    """

    entry: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class VerifiedReceipt:
    """A receipt that holds: what it says, under which checkpoint, and the checks that were made.

    Args:
        cosigned: Witnesses that are trusted and cosigned the checkpoint.
        unchecked: Names of others that stand under it, of whom nothing is known.
    """

    event: JsonObject
    receipt: Receipt
    checkpoint: Checkpoint
    steps: tuple[Step, ...]
    cosigned: tuple[Cosigned, ...] = ()
    unchecked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom the reader of a receipt trusts.

    Args:
        verifier: Key of the log.
        witnesses: Keys of witnesses.
        needed: How many of them, by name, must have cosigned; all that are named where nothing is said.
    """

    verifier: Verifier
    witnesses: Sequence[WitnessKey] = ()
    needed: int | None = None

    @property
    def needed_count(self) -> int:
        """How many witnesses must have cosigned."""
        return len({key.name for key in self.witnesses}) if self.needed is None else self.needed


def render_receipt(receipt: Receipt) -> str:
    """Write a receipt as C2SP tlog-proof text, to be kept as `*.tlog-proof`."""
    head = (HEADER, f"{_EXTRA}{to_base64(receipt.entry)}", f"{_INDEX}{receipt.index}")
    return "\n".join((*head, *map(to_base64, receipt.proof), "", receipt.checkpoint))


def parse_receipt(text: str | bytes) -> Receipt:
    """Read a receipt strictly; the signature and the proof are not checked yet.

    Raises:
        ReceiptError: naming the first part that is malformed.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    head, gap, note = data.partition(b"\n\n")
    lines = [*head.split(b"\n"), b"", b""]
    if lines[0] != HEADER.encode():
        raise ReceiptError(ReceiptPart.HEADER, f"the first line is {_shown(lines[0])}, expected {HEADER!r}")
    entry = _entry(lines[1])
    index = _index(lines[2])
    with _part(ReceiptPart.PROOF):
        proof = tuple(_sibling(line) for line in lines[3:-2])
    if not gap:
        raise ReceiptError(ReceiptPart.SIGNATURE, "no checkpoint follows the proof")
    try:
        return Receipt(entry, index, proof, note.decode())
    except UnicodeDecodeError as error:
        raise ReceiptError(ReceiptPart.SIGNATURE, f"byte {error.start} of the checkpoint is not UTF-8") from None


def verify_receipt(
    text: str | bytes,
    verifier: Verifier,
    witnesses: Sequence[WitnessKey] = (),
    witnesses_needed: int | None = None,
) -> VerifiedReceipt:
    """Verify a receipt with nothing but the text and the key of the log, and those of witnesses that are trusted.

    The checkpoint is opened before its root is believed; the proof comes last, against that root.

    Args:
        witnesses_needed: How many of the witnesses must have cosigned; all of them if it is not given.
    Raises:
        ReceiptError: `part` is the first that fails, `steps` the checks made until then.
    Guarantees: test_receipt_any_changed_byte_is_refused.
    """
    steps: list[Step] = []
    trust = Trust(verifier, witnesses, witnesses_needed)
    try:
        receipt = parse_receipt(text)
        steps.append(Step(ReceiptPart.HEADER, HEADER, ok=True))
        with _part(ReceiptPart.ENTRY):
            event = parse_canonical(receipt.entry)
        leaf = leaf_hash(receipt.entry)
        steps.append(Step(ReceiptPart.ENTRY, f"{len(receipt.entry)} bytes, leaf hash {leaf.hex()}", ok=True))
        seen = _check_place(receipt, leaf, trust, steps)
    except ReceiptError as error:
        error.steps = (*steps, *error.steps)
        raise
    return VerifiedReceipt(event, receipt, seen.checkpoint, tuple(steps), seen.cosigned, seen.unknown)


def _check_place(receipt: Receipt, leaf: bytes, trust: Trust, steps: list[Step]) -> CosignedCheckpoint:
    """Check signature, witnesses, index and proof, in this order: what is compared must be believed first."""
    verifier = trust.verifier
    with _part(ReceiptPart.SIGNATURE):
        signed = open_checkpoint(receipt.checkpoint, verifier)
    by = f"{verifier.name} key {verifier.key_id.hex()} signs {signed.size} entries, root {signed.root.hex()}"
    steps.append(Step(ReceiptPart.SIGNATURE, by, ok=True))
    seen = _check_witnesses(receipt, trust, steps)
    place = {"index": receipt.index, "size": signed.size}
    with _part(ReceiptPart.PROOF):
        verify_inclusion(leaf=leaf, proof=receipt.proof, root=signed.root, **place)
    steps.append(Step(ReceiptPart.INDEX, f"entry {receipt.index} of {signed.size}", ok=True))
    steps.append(Step(ReceiptPart.PROOF, f"{len(receipt.proof)} hashes lead to root {signed.root.hex()}", ok=True))
    return seen


def _check_witnesses(receipt: Receipt, trust: Trust, steps: list[Step]) -> CosignedCheckpoint:
    """Check the cosignatures of trusted witnesses, and that they are enough; name those of whom nothing is known."""
    with _part(ReceiptPart.WITNESSES):
        seen = open_cosigned(receipt.checkpoint, verifier=trust.verifier, witnesses=trust.witnesses)
    said = [", ".join(one.shown for one in seen.cosigned) or "none that is trusted cosigned"]
    said += [f"not checked: {', '.join(seen.unknown)}"] if seen.unknown else []
    if len(seen.cosigned) < trust.needed_count:
        count = f"{len(seen.cosigned)} of {trust.needed_count} needed witnesses cosigned"
        raise ReceiptError(ReceiptPart.WITNESSES, "; ".join((count, *said)))
    if seen.unknown or trust.witnesses:
        steps.append(Step(ReceiptPart.WITNESSES, "; ".join(said), ok=True))
    return seen


@contextmanager
def _part(part: ReceiptPart) -> Iterator[None]:
    """Name the part of the receipt in which evidence fails."""
    try:
        yield
    except ProofBoundsError as error:
        raise ReceiptError(ReceiptPart.INDEX, error.what) from error
    except EvidenceError as error:
        raise ReceiptError(part, error.what) from error


def _entry(line: bytes) -> bytes:
    with _part(ReceiptPart.ENTRY):
        entry = from_base64(_after(_EXTRA, line, ReceiptPart.ENTRY))
        parse_canonical(entry)
    return entry


def _index(line: bytes) -> int:
    index = parse_whole(_after(_INDEX, line, ReceiptPart.INDEX).decode("ascii", "replace"))
    if index is None:
        raise ReceiptError(ReceiptPart.INDEX, f"{_shown(line)} is not an index line")
    return index


def _sibling(line: bytes) -> bytes:
    found = from_base64(line)
    if len(found) != HASH_BYTES:
        raise ReceiptError(ReceiptPart.PROOF, f"{_shown(line)} is not a hash of {HASH_BYTES} bytes")
    return found


def _after(word: str, line: bytes, part: ReceiptPart) -> bytes:
    if not line.startswith(word.encode()):
        raise ReceiptError(part, f"the line is {_shown(line)}, expected {word!r} and a value")
    return line.removeprefix(word.encode())


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 60 else text[:57] + "...")
