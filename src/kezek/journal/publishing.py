"""Publishing: read back, hash, compare with all that was ever signed, sign, pin. In this order, and no other.

A checkpoint exists for the world when it is pinned; the files that show it come after (`publication`). Whoever dies
between two steps leaves a log that the next call brings to the end of the same road.
"""

from dataclasses import dataclass
from datetime import datetime

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.checkpoint import Checkpoint, sign_checkpoint
from kezek.evidence.error import EvidenceError
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.keychain import KeyChain, rotation_event
from kezek.evidence.receipt import Receipt, render_receipt
from kezek.evidence.signature import Signer, Verifier
from kezek.evidence.stored_tree import StoredTree
from kezek.evidence.tree import EMPTY_ROOT
from kezek.journal.journal import (
    Head,
    State,
    append_rotation,
    create,
    find,
    integrate,
    lock,
    look,
    rotations,
    stored_tree,
)
from kezek.journal.pin import Pin, Pinned
from kezek.journal.store import Store, Transaction
from kezek.units.problem import InputProblem

_RESTORE = "Restore the newest backup; publish nothing before. `kezek audit` compares it with what was published."


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint of a journal: the note with the log's signature, what it says, and when it was signed."""

    note: str
    checkpoint: Checkpoint
    signed_unix_s: int

    @property
    def pinned(self) -> Pinned:
        """As the pin keeps it."""
        return Pinned(self.note, self.signed_unix_s)


def begin(store: Store, *, pin: Pin, signer: Signer, now: datetime) -> Signed:
    """Begin a journal: its tables, and a signed checkpoint over nothing, which bars beginning it twice.

    Raises:
        InputProblem: journal.log.exists, also where only the pin is left; journal.pin.*, journal.store.*.
    """
    if pin.read() is not None:
        raise _exists(signer.name)
    with store.begin() as transaction:
        if transaction.has_table("kezek_log"):
            signed = _just_begun(transaction, signer)
        else:
            create(store, transaction, origin=signer.name, vkey=signer.vkey)
            signed = _sign(transaction, size=0, root=EMPTY_ROOT, signer=signer, now=now)
    if not pin.swap(None, signed.pinned):
        raise _exists(signer.name)
    return signed


def _just_begun(transaction: Transaction, signer: Signer) -> Signed:
    """Return the first checkpoint of a log whose beginning was cut short before the pin."""
    head = look(transaction)
    if head.size or head.first_vkey != signer.vkey:
        raise _exists(head.origin)
    return last_signed(transaction, KeyChain.of(signer.verifier))


def _exists(origin: str) -> InputProblem:
    what, way_out = "A log was begun here before.", "Use that log, or name another place."
    return InputProblem("journal.log.exists", what, origin, way_out)


def publish(store: Store, *, pin: Pin, signer: Signer, now: datetime) -> Signed:
    """Sign a checkpoint over all that is accepted, or return the last one where nothing is new.

    A change of keys is signed for by itself, under the old key, before anything after it is.

    Args:
        now: Time at the edge; a clock that stands before the last signature is refused.
    Raises:
        InputProblem: journal.entry.*, journal.log.shrunk, .forked, journal.clock.back, journal.key.other,
            journal.pin.*, journal.store.*; nothing is shown to anybody then.
    Guarantees: every checkpoint that was ever pinned is a prefix of every later one (test_kill, test_faults).
    """
    with store.begin() as transaction:
        head = lock(transaction)
        chain = key_chain(transaction, head)
        last = last_signed(transaction, chain)
        pinned = pin.read()
        target = _next_size(head, chain, last.checkpoint.size)
        _require_integrated_range(head, last.checkpoint.size)
        integrate(transaction, until=max(target, head.integrated))
        tree = stored_tree(transaction, max(target, head.integrated))
        _require_history(tree, _opened(pinned, chain), last, now)
        signed = last
        if target > last.checkpoint.size:
            _require_key(signer, chain.verifier_at(target))
            signed = _sign(transaction, size=target, root=tree.root(target), signer=signer, now=now)
    return _pinned(pin, pinned, signed, chain)


def rotate(store: Store, *, old: Signer, new: Signer, now: datetime) -> int:
    """Log a change of keys and return its place; the next checkpoint ends with it, under the old key.

    Raises:
        InputProblem: journal.key.other, .same; journal.store.*.
    """
    with store.begin() as transaction:
        head = lock(transaction)
        chain = key_chain(transaction, head)
        _require_key(old, chain.current)
        try:
            event = rotation_event(old=chain.current, new=new, at=now)
        except EvidenceError as error:
            way_out = "Make a new key under the log's own name."
            raise InputProblem("journal.key.same", f"{error.what}.", new.name, way_out) from error
        return append_rotation(transaction, event)


def key_chain(transaction: Transaction, head: Head) -> KeyChain:
    """Return the keys of the log, from its first one through the changes that it logged.

    Raises:
        InputProblem: journal.key.damaged.
    """
    try:
        chain = KeyChain.of(Verifier.parse(head.first_vkey))
        for place, body in rotations(transaction):
            chain = chain.rotated(parse_canonical(body), place)
    except EvidenceError as error:
        what = f"The log's keys do not follow from one another: {error}"
        raise InputProblem("journal.key.damaged", what, head.origin, _RESTORE) from error
    return chain


def last_signed(transaction: Transaction, chain: KeyChain) -> Signed:
    """Return the last checkpoint that the database knows.

    Raises:
        InputProblem: journal.checkpoint.damaged.
    """
    rows = transaction.rows("SELECT note, signed_unix_s FROM kezek_checkpoint ORDER BY size DESC LIMIT 1")
    if not rows:
        raise _damaged_checkpoint(chain.origin, "There is no checkpoint.")
    found = _opened(Pinned(rows[0][0], rows[0][1]), chain)
    if found is None:
        raise _damaged_checkpoint(chain.origin, "There is no checkpoint.")
    return found


def checkpoints(transaction: Transaction) -> list[tuple[int, str]]:
    """Return size and note of every checkpoint, in order."""
    return [(row[0], row[1]) for row in transaction.rows("SELECT size, note FROM kezek_checkpoint ORDER BY size")]


def state_of(transaction: Transaction, key: str) -> tuple[State, int, str | None] | None:
    """Tell how far an event has come: state, place, and its receipt where it is published; None where unknown."""
    found = find(transaction, key)
    if found is None:
        return None
    place, body = found
    head = look(transaction)
    if place >= head.integrated:
        return State.ACCEPTED, place, None
    signed = last_signed(transaction, key_chain(transaction, head))
    if place >= signed.checkpoint.size:
        return State.INTEGRATED, place, None
    proof = stored_tree(transaction, head.integrated).inclusion_proof(place, signed.checkpoint.size)
    note = cosigned_note(transaction, signed)
    return State.PUBLISHED, place, render_receipt(Receipt(body, place, tuple(proof), note))


def rotation_receipts(transaction: Transaction) -> list[str]:
    """Return the receipt of each change of keys, under the checkpoint that ends with it; see `keychain.follow`."""
    head = look(transaction)
    tree = stored_tree(transaction, head.integrated)
    notes = dict(checkpoints(transaction))
    return [
        render_receipt(Receipt(body, place, tuple(tree.inclusion_proof(place, place + 1)), notes[place + 1]))
        for place, body in rotations(transaction)
        if place + 1 in notes
    ]


def growth_since(transaction: Transaction, old_size: int) -> str:
    """Return the text that shows that the log only grew since a checkpoint over `old_size` entries.

    Raises:
        InputProblem: journal.growth.size for a size beyond the last checkpoint.
    """
    head = look(transaction)
    signed = last_signed(transaction, key_chain(transaction, head))
    size = signed.checkpoint.size
    if not 0 <= old_size <= size:
        what = f"{old_size} is not in 0..{size}."
        way_out = "Name the size in the second line of the checkpoint that you kept."
        raise InputProblem("journal.growth.size", what, head.origin, way_out)
    tree = stored_tree(transaction, head.integrated)
    proof = tree.consistency_proof(old_size, size) if 0 < old_size < size else []
    return render_growth(Growth(old_size, tuple(proof), cosigned_note(transaction, signed)))


def cosigned_note(transaction: Transaction, signed: Signed) -> str:
    """Return the note of a checkpoint with the cosignatures that were collected for it."""
    return signed.note + "".join(line for _, line in cosignatures(transaction, signed.checkpoint.size))


def cosignatures(transaction: Transaction, size: int) -> list[tuple[str, str]]:
    """Return witness and line of each cosignature that was collected for a checkpoint."""
    rows = transaction.rows("SELECT witness, line FROM kezek_cosignature WHERE size = ? ORDER BY witness", (size,))
    return [(row[0], row[1]) for row in rows]


def cosigned_size(transaction: Transaction, witness: str) -> int:
    """Return the size of the last checkpoint that a witness cosigned, as far as it was collected; else 0."""
    rows = transaction.rows("SELECT max(size) FROM kezek_cosignature WHERE witness = ?", (witness,))
    return rows[0][0] or 0


def keep_cosignature(transaction: Transaction, *, size: int, witness: str, line: str) -> None:
    """Keep a verified cosignature line of a witness; a newer one of the same witness takes its place."""
    transaction.rows(
        "INSERT INTO kezek_cosignature (size, witness, line) VALUES (?, ?, ?) "
        "ON CONFLICT (size, witness) DO UPDATE SET line = excluded.line",
        (size, witness, line),
    )


def insert_checkpoint(transaction: Transaction, *, size: int, note: str, signed_unix_s: int) -> None:
    """Note a signed checkpoint."""
    transaction.rows(
        "INSERT INTO kezek_checkpoint (size, note, signed_unix_s) VALUES (?, ?, ?)", (size, note, signed_unix_s)
    )


def _sign(transaction: Transaction, *, size: int, root: bytes, signer: Signer, now: datetime) -> Signed:
    note = sign_checkpoint(size=size, root=root, signer=signer)
    signed_unix_s = int(now.timestamp())
    insert_checkpoint(transaction, size=size, note=note, signed_unix_s=signed_unix_s)
    return Signed(note, Checkpoint(signer.name, size, root), signed_unix_s)


def _next_size(head: Head, chain: KeyChain, last_size: int) -> int:
    """Return the size to sign next: all, or as far as the first change of keys that is not signed for yet."""
    pending = [from_size - 1 for from_size, _ in chain.links[1:] if from_size - 1 > last_size]
    return min([head.size, *pending])


def _opened(pinned: Pinned | None, chain: KeyChain) -> Signed | None:
    if pinned is None:
        return None
    try:
        return Signed(pinned.note, chain.open(pinned.note), pinned.signed_unix_s)
    except EvidenceError as error:
        raise _damaged_checkpoint(chain.origin, f"A checkpoint cannot be believed: {error}") from error


def _require_integrated_range(head: Head, last_size: int) -> None:
    if head.size < last_size:
        raise _shrunk(head.origin, head.size, last_size)


def _require_history(tree: StoredTree, pinned: Signed | None, last: Signed, now: datetime) -> None:
    """Compare the tree with the last checkpoint of the database and with the pinned one."""
    if pinned is None:
        what = "The pin is missing: nobody here can say what was signed last."
        way_out = "Take back the newest copy of it, or pin the checkpoint that is published."
        raise InputProblem("journal.pin.missing", what, last.checkpoint.origin, way_out)
    for one in (last, pinned):
        signed = one.checkpoint
        if signed.size > last.checkpoint.size or signed.size > len(tree):
            raise _shrunk(signed.origin, min(last.checkpoint.size, len(tree)), signed.size)
        if tree.root(signed.size) != signed.root:
            what = f"Its first {signed.size} entries have another root than the one that was signed."
            raise InputProblem("journal.log.forked", what, signed.origin, _RESTORE)
        if now.timestamp() < one.signed_unix_s:
            what = "The last checkpoint is from the future: the clock stands before the moment of its signature."
            way_out = "Set the clock right, then publish."
            raise InputProblem("journal.clock.back", what, signed.origin, way_out)


def _pinned(pin: Pin, old: Pinned | None, signed: Signed, chain: KeyChain) -> Signed:
    """Pin a checkpoint; where another publisher pinned a later one meanwhile, that stands."""
    if old == signed.pinned or pin.swap(old, signed.pinned):
        return signed
    newer = _opened(pin.read(), chain)
    if newer is not None and newer.checkpoint.size >= signed.checkpoint.size:
        return newer
    what, way_out = "Another publisher is at work.", "Publish again."
    raise InputProblem("journal.pin.busy", what, chain.origin, way_out)


def _require_key(signer: Signer, wanted: Verifier) -> None:
    if signer.verifier != wanted:
        what = f"The key is {signer.verifier.key_id.hex()}, this must be signed by {wanted.key_id.hex()}."
        way_out = "Give the private key that belongs to the log's key in force."
        raise InputProblem("journal.key.other", what, wanted.name, way_out)


def _shrunk(origin: str, held: int, signed: int) -> InputProblem:
    what = f"It holds {held} entries, a checkpoint over {signed} was signed: an old backup, or a lost file."
    return InputProblem("journal.log.shrunk", what, origin, _RESTORE)


def _damaged_checkpoint(origin: str, what: str) -> InputProblem:
    return InputProblem("journal.checkpoint.damaged", what, origin, _RESTORE)
