"""Publishing: read back, hash, compare with all that was ever signed, sign, pin. In this order, and no other.

A checkpoint exists for the world when it is pinned; the files that show it come after (`publication`). Whoever dies
between two steps leaves a log that the next call brings to the end of the same road.
"""

from dataclasses import dataclass
from datetime import datetime

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.checkpoint import Checkpoint, sign_checkpoint
from kezek.evidence.error import EvidenceError, ProofError
from kezek.evidence.growth import Growth, render_growth
from kezek.evidence.keychain import KeyChain, rotation_event
from kezek.evidence.proof import verify_consistency, verify_inclusion
from kezek.evidence.receipt import Receipt, render_receipt
from kezek.evidence.signature import Signer, Verifier
from kezek.evidence.stored_tree import StoredTree
from kezek.evidence.tree import EMPTY_ROOT, leaf_hash
from kezek.journal.journal import (
    Head,
    State,
    append_rotation,
    create,
    find,
    integrate,
    lock,
    look,
    page_damaged,
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

    Whatever was accepted since the last checkpoint is read back and hashed, also what was integrated before. The new
    checkpoint is pinned before the database knows it, so that no reader of the database shows one that a restored
    backup could contradict; a pin that is ahead is taken over where the entries lead to its root. A change of keys is
    signed for by itself, under the old key, before anything after it is; so one call may not cover everything.

    Args:
        now: Time at the edge; a clock that stands before the last signature is refused.
    Raises:
        InputProblem: journal.entry.*, journal.page.damaged, journal.log.shrunk, .forked, journal.clock.back,
            journal.key.other, journal.pin.*, journal.store.*; nothing is shown to anybody then.
    Guarantees: every checkpoint that was ever pinned is a prefix of every later one (test_kill, test_faults).
    """
    with store.begin() as transaction:
        head = lock(transaction)
        chain = key_chain(transaction, head)
        last, pinned = last_signed(transaction, chain), _pinned(pin, chain)
        signed = max(last, pinned, key=lambda one: one.checkpoint.size)
        target = _next_size(head, chain, signed.checkpoint.size)
        if target < signed.checkpoint.size:
            raise _shrunk(head.origin, head.size, signed.checkpoint.size)
        integrate(transaction, since=last.checkpoint.size, until=max(target, head.integrated))
        tree = stored_tree(transaction, max(target, head.integrated))
        _require_history(tree, pinned, last, now)
        taken_over = signed.checkpoint.size > last.checkpoint.size
        if taken_over:
            insert_checkpoint(
                transaction, size=signed.checkpoint.size, note=signed.note, signed_unix_s=signed.signed_unix_s
            )
        if target > signed.checkpoint.size and not (taken_over and signer.verifier != chain.verifier_at(target)):
            _require_key(signer, chain.verifier_at(target))
            signed = _sign(transaction, size=target, root=tree.root(target), signer=signer, now=now)
        if signed.checkpoint.size > pinned.checkpoint.size and not pin.swap(pinned.pinned, signed.pinned):
            what, way_out = "Another publisher is at work.", "Publish again."
            raise InputProblem("journal.pin.busy", what, chain.origin, way_out)
    return signed


def rotate(store: Store, *, old: Signer, new: Signer, now: datetime) -> int:
    """Log a change of keys and return its place; the next checkpoint ends with it, under the old key.

    Raises:
        InputProblem: journal.key.other, .same; journal.store.*.
    """
    with store.begin() as transaction:
        head = lock(transaction)
        chain = key_chain(transaction, head)
        _require_key(old, chain.current)
        if any(new.verifier == link for _, link in chain.links):
            what, way_out = "The log had this key before, or has it now.", "Make a new key under the log's own name."
            raise InputProblem("journal.key.same", what, new.vkey, way_out)
        try:
            event = rotation_event(old=old, new=new, at=now)
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
    rows = transaction.rows("SELECT note, signed_unix_s, size FROM kezek_checkpoint ORDER BY size DESC LIMIT 1")
    if not rows:
        raise _damaged_checkpoint(chain.origin, "There is no checkpoint.")
    match rows[0]:
        case (str(note), int(at), int(size)) if (found := _opened(Pinned(note, at), chain)) and (
            found.checkpoint.size == size
        ):
            return found
    raise _damaged_checkpoint(chain.origin, "The last checkpoint is not the one of its size.")


def checkpoints(transaction: Transaction) -> list[tuple[int, str]]:
    """Return size and note of every checkpoint, in order."""
    return [(row[0], row[1]) for row in transaction.rows("SELECT size, note FROM kezek_checkpoint ORDER BY size")]


def state_of(transaction: Transaction, key: str) -> tuple[State, int, str | None] | None:
    """Tell how far an event has come: state, place, and its receipt where it is published; None where unknown.

    Raises:
        InputProblem: journal.entry.damaged, journal.page.damaged: no receipt is given that would not hold.
    """
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
    note = cosigned_note(transaction, signed)
    return State.PUBLISHED, place, _receipt(transaction, place, body, signed.checkpoint, note)


def _receipt(transaction: Transaction, place: int, body: bytes, signed: Checkpoint, note: str) -> str:
    """Write the receipt of an entry, after walking its proof as a reader will."""
    proof = stored_tree(transaction, signed.size).inclusion_proof(place, signed.size)
    try:
        verify_inclusion(leaf=leaf_hash(body), index=place, size=signed.size, proof=proof, root=signed.root)
    except ProofError as error:
        what = f"Its body or a page of the tree has changed: {error}"
        raise page_damaged(what, f"entry {place}") from error
    return render_receipt(Receipt(body, place, tuple(proof), note))


def rotation_receipts(transaction: Transaction) -> list[str]:
    """Return the receipt of each change of keys, under the checkpoint that ends with it; see `keychain.follow`.

    Raises:
        InputProblem: journal.checkpoint.damaged, journal.page.damaged.
    """
    chain = key_chain(transaction, look(transaction))
    notes = dict(checkpoints(transaction))
    found = []
    for place, body in rotations(transaction):
        note = notes.get(place + 1)
        signed = None if note is None else _opened(Pinned(note, 0), chain)
        if note is not None and signed is not None:
            found.append(_receipt(transaction, place, body, signed.checkpoint, note))
    return found


def growth_since(transaction: Transaction, old_size: int) -> str:
    """Return the text that shows that the log only grew since a checkpoint over `old_size` entries.

    Raises:
        InputProblem: journal.growth.size for a size beyond the last checkpoint, journal.page.damaged.
    """
    head = look(transaction)
    signed = last_signed(transaction, key_chain(transaction, head))
    size, root = signed.checkpoint.size, signed.checkpoint.root
    if not 0 <= old_size <= size:
        what = f"{old_size} is not in 0..{size}."
        way_out = "Name the size in the second line of the checkpoint that you kept."
        raise InputProblem("journal.growth.size", what, head.origin, way_out)
    proof: list[bytes] = []
    if 0 < old_size < size:
        tree = stored_tree(transaction, size)
        proof = tree.consistency_proof(old_size)
        try:
            verify_consistency(old_size=old_size, old_root=tree.root(old_size), size=size, root=root, proof=proof)
        except ProofError as error:
            raise page_damaged(f"A page of the tree has changed: {error}", head.origin) from error
    return render_growth(Growth(old_size, tuple(proof), cosigned_note(transaction, signed)))


def cosigned_note(transaction: Transaction, signed: Signed) -> str:
    """Return the note of a checkpoint with the cosignatures that were collected for it."""
    return signed.note + "".join(line for _, line in cosignatures(transaction, signed.checkpoint.size))


def damaged_checkpoints(transaction: Transaction, chain: KeyChain) -> list[str]:
    """Say which checkpoints stand under another size than their own, or have lines of no witness."""
    found = []
    for size, note in checkpoints(transaction):
        lines = "".join(str(line) for _, line in cosignatures(transaction, size))
        try:
            signed = chain.open(f"{note}{lines}")
        except EvidenceError as error:
            found.append(f"the checkpoint over {size} entries, with its cosignatures: {error.what}")
            continue
        if signed.size != size:
            found.append(f"the checkpoint over {signed.size} entries stands under {size}")
    return found


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


def _pinned(pin: Pin, chain: KeyChain) -> Signed:
    found = _opened(pin.read(), chain)
    if found is None:
        what = "The pin is missing: nobody here can say what was signed last."
        way_out = "Take back the newest copy of it, or pin the checkpoint that is published."
        raise InputProblem("journal.pin.missing", what, chain.origin, way_out)
    return found


def _require_history(tree: StoredTree, pinned: Signed, last: Signed, now: datetime) -> None:
    """Compare the tree with the last checkpoint of the database and with the pinned one."""
    for one in (last, pinned):
        signed = one.checkpoint
        if tree.root(signed.size) != signed.root:
            what = f"Its first {signed.size} entries have another root than the one that was signed."
            raise InputProblem("journal.log.forked", what, signed.origin, _RESTORE)
        if now.timestamp() < one.signed_unix_s:
            what = "The last checkpoint is from the future: the clock stands before the moment of its signature."
            way_out = "Set the clock right, then publish."
            raise InputProblem("journal.clock.back", what, signed.origin, way_out)


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
