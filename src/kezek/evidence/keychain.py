"""The keys of a log one after another: a new key is an event that the old key signs for.

The event carries a signature by the old key and one by the new, so that only who holds both can make one, and is the
last entry of the last checkpoint under the old key. So who trusts the first key can follow, and the size of a
checkpoint says which key it must have.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.canonical import JsonObject, parse_canonical
from kezek.evidence.checkpoint import Checkpoint, open_checkpoint, parse_whole
from kezek.evidence.error import ArmourError, EvidenceCode, KeyChainError, NoteError
from kezek.evidence.receipt import parse_receipt, verify_receipt
from kezek.evidence.signature import Signer, Verifier

OF_THE_LOG = "log."
"""Kinds of events that only the log itself writes; what else it holds is what others did."""
KEY_ROTATED = f"{OF_THE_LOG}key_rotated"
_ROTATION_DOMAIN = "kezek-key-rotation@v1"


@dataclass(frozen=True, slots=True)
class KeyChain:
    """The keys of one log.

    Args:
        links: Smallest size of a checkpoint under each key, in order; the first from 0.
    """

    links: tuple[tuple[int, Verifier], ...]

    @classmethod
    def of(cls, first: Verifier) -> "KeyChain":
        """Return the chain of a log that never changed its key."""
        return cls(((0, first),))

    @property
    def origin(self) -> str:
        """Name of the log, which all its keys carry."""
        return self.links[0][1].name

    @property
    def current(self) -> Verifier:
        """The key in force after all changes."""
        return self.links[-1][1]

    def verifier_at(self, size: int) -> Verifier:
        """Return the key that a checkpoint over `size` entries must have."""
        return next(verifier for from_size, verifier in reversed(self.links) if size >= from_size)

    def verifier_for(self, note: str | bytes) -> Verifier:
        """Return the key that a checkpoint note must have by the size it states; the note is not believed here."""
        data = note.encode("utf-8", "surrogatepass") if isinstance(note, str) else note
        lines = [*data.split(b"\n", 2), b"", b""]
        return self.verifier_at(parse_whole(lines[1].decode("ascii", "replace")) or 0)

    def open(self, note: str | bytes) -> Checkpoint:
        """Verify a checkpoint note under the key of its size.

        Raises:
            NoteError, CheckpointError: it is by none of the keys, or no checkpoint.
            KeyChainError: evidence.keys.place for a note by a key of this log whose turn it is not.
        """
        failures = []
        for _, verifier in reversed(self.links):
            try:
                signed = open_checkpoint(note, verifier)
            except NoteError as error:
                failures.append(error)
                continue
            if self.verifier_at(signed.size) != verifier:
                what = f"{signed.size} entries are signed by key {verifier.key_id.hex()}, whose turn it is not"
                raise KeyChainError(EvidenceCode.KEYS_PLACE, what)
            return signed
        known = [error for error in failures if error.code != EvidenceCode.NOTE_SIGNER]
        raise (known or failures)[0]

    def rotated(self, event: Mapping[str, Any], index: int) -> "KeyChain":
        """Return the chain after the change of keys that is entry `index` of the log.

        Raises:
            KeyChainError: evidence.keys.form, .order where it does not start from the key in force, .proof.
        """
        new = _new_key(event, self.current)
        if index + 1 < self.links[-1][0]:
            raise KeyChainError(EvidenceCode.KEYS_ORDER, "it stands before the change that came before it")
        return KeyChain((*self.links, (index + 2, new)))


def is_of_the_log(event: Mapping[str, Any]) -> bool:
    """Tell whether an entry is the log's own, and no part of what it is kept for."""
    return str(event.get("type", "")).startswith(OF_THE_LOG)


def rotation_event(*, old: Signer, new: Signer, at: datetime) -> JsonObject:
    """Return the event by which a log takes another key of the same name.

    Raises:
        KeyChainError: evidence.keys.order for another name, or the same key again.
    """
    if new.name != old.name or new.verifier == old.verifier:
        what = f"the new key must be another one under the name {old.name!r}, not {new.vkey!r}"
        raise KeyChainError(EvidenceCode.KEYS_ORDER, what)
    statement = _statement(old.vkey, new.vkey)
    return {
        "at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "data": {
            "new": new.vkey,
            "old": old.vkey,
            "proof_new": to_base64(new.sign(statement)),
            "proof_old": to_base64(old.sign(statement)),
        },
        "key": f"{KEY_ROTATED}/{new.verifier.key_id.hex()}",
        "type": KEY_ROTATED,
        "v": 1,
    }


def since(first: Verifier, receipts: Sequence[bytes]) -> Sequence[bytes]:
    """Return the receipts from the one on that leaves a key; none where the key in force is given already."""
    for at, text in enumerate(receipts):
        data = parse_canonical(parse_receipt(text).entry).get("data")
        if isinstance(data, dict) and data.get("old") == first.vkey:
            return receipts[at:]
    return ()


def follow(first: Verifier, receipts: Iterable[str | bytes]) -> KeyChain:
    """Follow the keys of a log from one that is trusted through the receipts of their changes.

    Raises:
        ReceiptError: a receipt that does not hold under the key in force before it.
        KeyChainError: evidence.keys.place where the change is not the last entry of its checkpoint, and as `rotated`.
    """
    chain = KeyChain.of(first)
    for text in receipts:
        verified = verify_receipt(text, chain.current)
        index = verified.receipt.index
        if verified.checkpoint.size != index + 1:
            what = f"the change is entry {index}, its checkpoint is over {verified.checkpoint.size}"
            raise KeyChainError(EvidenceCode.KEYS_PLACE, what)
        chain = chain.rotated(verified.event, index)
    return chain


def _new_key(event: Mapping[str, Any], current: Verifier) -> Verifier:
    match event:
        case {
            "type": str(kind),
            "v": 1,
            "data": {"new": str(new), "old": str(old), "proof_new": str(by_new), "proof_old": str(by_old)},
        }:
            pass
        case _:
            raise KeyChainError(EvidenceCode.KEYS_FORM, "it is no change of keys as version 1 has it")
    if kind != KEY_ROTATED:
        raise KeyChainError(EvidenceCode.KEYS_FORM, f"it is {kind!r}, not {KEY_ROTATED!r}")
    if old != current.vkey:
        raise KeyChainError(EvidenceCode.KEYS_ORDER, f"it leaves {old!r}, in force is {current.vkey!r}")
    try:
        found, signatures = Verifier.parse(new), (from_base64(by_new), from_base64(by_old))
    except (NoteError, ArmourError) as error:
        raise KeyChainError(EvidenceCode.KEYS_FORM, error.what) from None
    if found.name != current.name:
        raise KeyChainError(EvidenceCode.KEYS_ORDER, f"{found.name!r} is another name than {current.name!r}")
    for who, key, signature in (("new", found, signatures[0]), ("old", current, signatures[1])):
        if not key.accepts(text=_statement(old, new), signature=signature):
            raise KeyChainError(EvidenceCode.KEYS_PROOF, f"the {who} key did not sign for the change")
    return found


def _statement(old: str, new: str) -> bytes:
    return f"{_ROTATION_DOMAIN}\n{old}\n{new}\n".encode()
