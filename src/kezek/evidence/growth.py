"""Growth: the text that shows anybody who kept an old checkpoint that the log only grew since.

    old <size>
    <base64 of a hash, one a line>

    <the new checkpoint note>

It is the body of the `add-checkpoint` request of C2SP tlog-witness, so that what convinces a witness convinces any
person who kept an old checkpoint, and the other way round.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint, parse_whole
from kezek.evidence.error import ArmourError, EvidenceCode, GrowthError, ProofBoundsError, RootMismatch
from kezek.evidence.proof import verify_consistency
from kezek.evidence.signature import Verifier
from kezek.evidence.tree import EMPTY_ROOT, HASH_BYTES

HASHES_MAX = 63
_OLD = "old "


@dataclass(frozen=True, slots=True)
class Growth:
    """A claim of growth as read, not yet believed.

    Args:
        old_size: Entries of the old checkpoint, 0 where there was none.
        proof: RFC 9162 consistency proof from the old size to that of the checkpoint. [32 bytes each]
        checkpoint: The new checkpoint note, verbatim.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: str


def render_growth(growth: Growth) -> str:
    """Write a claim of growth; also the body of an `add-checkpoint` request."""
    return "\n".join((f"{_OLD}{growth.old_size}", *map(to_base64, growth.proof), "", growth.checkpoint))


def parse_growth(text: str | bytes) -> Growth:
    """Read a claim of growth strictly; nothing is verified yet.

    Raises:
        GrowthError: evidence.growth.form.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    head, gap, note = data.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    old_size = parse_whole(first.removeprefix(_OLD.encode()).decode("ascii", "replace"))
    if not first.startswith(_OLD.encode()) or old_size is None:
        raise _no_growth("the first line is not `old` and a size")
    if not gap:
        raise _no_growth("no checkpoint follows the proof")
    if len(lines) > HASHES_MAX:
        raise _no_growth(f"{len(lines)} hashes are more than any proof has")
    try:
        proof = tuple(map(from_base64, lines))
        found = Growth(old_size, proof, note.decode())
    except ArmourError as error:
        raise _no_growth(f"proof: {error.what}") from None
    except UnicodeDecodeError as error:
        raise _no_growth(f"byte {error.start} of the checkpoint is not UTF-8") from None
    if any(len(item) != HASH_BYTES for item in proof):
        raise _no_growth(f"a hash has {HASH_BYTES} bytes")
    return found


def verify_growth(growth: Growth, *, old: Checkpoint, verifier: Verifier) -> Checkpoint:
    """Verify that the log of the old checkpoint grew into the one of the claim, and return that.

    Args:
        old: What is already believed of this log; size 0 and the empty root where nothing is.
        verifier: Key of the log that is trusted for the new checkpoint.
    Raises:
        NoteError, CheckpointError: the new checkpoint is not one of this log.
        GrowthError: evidence.growth.old for a claim from another size, .shrunk for a smaller log, .fork for another
            root at the same size.
        ProofError: the proof does not lead from the old root to the new one.
    """
    new = open_checkpoint(growth.checkpoint, verifier)
    if new.origin != old.origin:
        raise GrowthError(EvidenceCode.GROWTH_OLD, f"{new.origin!r} is not {old.origin!r}")
    if new.size < old.size:
        raise GrowthError(EvidenceCode.GROWTH_SHRUNK, f"the log shrank from {old.size} entries to {new.size}")
    if growth.old_size != old.size:
        what = f"the claim starts at {growth.old_size} entries, {old.size} are known"
        raise GrowthError(EvidenceCode.GROWTH_OLD, what)
    check_growth_proof(growth.proof, old=old, new=new)
    return new


def check_growth_proof(proof: Sequence[bytes], *, old: Checkpoint, new: Checkpoint) -> None:
    """Verify that a proof leads from one checkpoint to another that is not smaller; both are believed already.

    Raises:
        GrowthError: evidence.growth.fork for two roots at one size.
        ProofError: the proof does not lead from the old root to the new one.
    """
    if old.size == new.size and old.root != new.root:
        what = f"two roots for {old.size} entries: {old.root.hex()} and {new.root.hex()}"
        raise GrowthError(EvidenceCode.GROWTH_FORK, what)
    if old.size == 0 and old.root != EMPTY_ROOT:
        raise RootMismatch(found=EMPTY_ROOT, expected=old.root)
    if old.size not in (0, new.size):
        verify_consistency(old_size=old.size, old_root=old.root, size=new.size, root=new.root, proof=proof)
    elif proof:
        raise ProofBoundsError(f"from {old.size} to {new.size} entries no proof is needed, one was given")


def _no_growth(what: str) -> GrowthError:
    return GrowthError(EvidenceCode.GROWTH_FORM, what)
