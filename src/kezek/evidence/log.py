"""The log: events as canonical bytes, their Merkle tree, and the files both are kept in.

A log folder holds `entries.jsonl` (one event a line), `leaves.txt` (their leaf hashes in hex, which name the damaged
entry later), `checkpoint` (the signed root) and `log.vkey` (the key to check it with).
"""

from collections.abc import Iterable, Mapping
from typing import Self

from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.error import CanonicalError, EvidenceCode, LogError
from kezek.evidence.receipt import Receipt
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash

ENTRIES_FILE = "entries.jsonl"
LEAVES_FILE = "leaves.txt"
CHECKPOINT_FILE = "checkpoint"
VKEY_FILE = "log.vkey"


class Log:
    r"""An append-only log of events.

    No two entries are the same bytes: an event carries its own id or number. So an index means one entry only.

    >>> log = Log()
    >>> log.append({"event": "lot.bought", "lot": "L-1"})
    0
    >>> log.entries_text()
    b'{"event":"lot.bought","lot":"L-1"}\n'
    """

    def __init__(self) -> None:
        self._entries: list[bytes] = []
        self._places: dict[bytes, int] = {}
        self._tree = Tree()

    def __len__(self) -> int:
        return len(self._entries)

    @classmethod
    def parse(cls, entries: bytes) -> Self:
        """Read the log back from `entries.jsonl`.

        Raises:
            LogError: evidence.log.entry, .repeated; `where` is the entry.
        """
        log = cls()
        for line, event in zip(entries.split(b"\n"), parse_entries(entries), strict=False):
            log._append_bytes(line, event)
        return log

    def append(self, event: Mapping[str, object]) -> int:
        """Append an event and return its index.

        Raises:
            CanonicalError: the event has no canonical form.
            LogError: evidence.log.repeated when the same bytes are in the log already.
        """
        return self._append_bytes(canonical_bytes(event), event)

    def extend(self, events: Iterable[Mapping[str, object]]) -> None:
        """Append events in order; those before one that is refused stay."""
        for event in events:
            self.append(event)

    def entry(self, index: int) -> bytes:
        """Return the canonical bytes of an entry. Requires 0 <= index < len."""
        if not 0 <= index < len(self):
            raise IndexError(f"entry {index} is not in 0..{len(self)} (end excluded)")
        return self._entries[index]

    @property
    def tree(self) -> Tree:
        """The Merkle tree over the entries: root and proofs; append to the log, never to the tree."""
        return self._tree

    def entries_text(self) -> bytes:
        """Return `entries.jsonl`: one canonical JSON line an entry."""
        return b"".join(entry + b"\n" for entry in self._entries)

    def leaves_text(self) -> bytes:
        """Return `leaves.txt`: one leaf hash in hex a line."""
        return "".join(f"{leaf.hex()}\n" for leaf in self._tree.leaves()).encode()

    def sign(self, signer: Signer, *, stored: bytes | None = None) -> str:
        """Sign a checkpoint over all entries, after hashing the bytes again.

        Args:
            signer: Key of the log.
            stored: `entries.jsonl` as read back from the disk; the entries in memory if it is not given.
        Raises:
            LogError: evidence.log.differs when the bytes do not lead to the root: nothing is signed then.
        """
        found = Tree(map(leaf_hash, split_lines(self.entries_text() if stored is None else stored)))
        if len(found) != len(self) or found.root() != self._tree.root():
            what = f"{len(found)} stored entries lead to root {found.root().hex()}, not {self._tree.root().hex()}"
            raise LogError(EvidenceCode.LOG_DIFFERS, what)
        return sign_checkpoint(size=len(self), root=self._tree.root(), signer=signer)

    def receipt(self, index: int, *, checkpoint: str, size: int | None = None) -> Receipt:
        """Return the receipt of an entry under a checkpoint note over the first `size` entries, all by default."""
        proof = tuple(self._tree.inclusion_proof(index, size))
        return Receipt(self.entry(index), index, proof, checkpoint)

    def files(self, signer: Signer) -> dict[str, bytes]:
        """Return the four files of a log folder, signed now."""
        return {
            ENTRIES_FILE: self.entries_text(),
            LEAVES_FILE: self.leaves_text(),
            CHECKPOINT_FILE: self.sign(signer).encode(),
            VKEY_FILE: f"{signer.vkey}\n".encode(),
        }

    def _append_bytes(self, entry: bytes, event: Mapping[str, object]) -> int:
        leaf = leaf_hash(entry)
        index = self._places.setdefault(leaf, len(self._entries))
        if index != len(self._entries):
            where = entry_label(len(self._entries), event)
            raise LogError(
                EvidenceCode.LOG_REPEATED, f"the same bytes are entry {index}: give each its own id", where
            )
        self._entries.append(entry)
        return self._tree.append_hash(leaf)


def parse_entries(entries: bytes) -> list[JsonObject]:
    """Read `entries.jsonl` strictly into events.

    Raises:
        LogError: evidence.log.entry; `where` is the entry.
    """
    if entries and not entries.endswith(b"\n"):
        last = entries.count(b"\n")
        raise LogError(EvidenceCode.LOG_ENTRY, "the last line has no line end", f"entry {last}")
    events = []
    for index, line in enumerate(split_lines(entries)):
        try:
            events.append(parse_canonical(line))
        except CanonicalError as error:
            raise LogError(EvidenceCode.LOG_ENTRY, error.what, f"entry {index}") from None
    return events


def as_sent(event: Mapping[str, object]) -> JsonObject:
    """Return an event as it was before a journal closed its body, which adds a salt: a session knows no other form.

    >>> as_sent({"n": 7, "confidential": {"salt": "…", "until": "…"}})
    {'n': 7}
    """
    return {name: value for name, value in event.items() if name != "confidential"}


def split_lines(data: bytes) -> list[bytes]:
    """Return the lines of a file without their line ends; a last line without one counts as a line."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def entry_label(index: int, event: Mapping[str, object] | None = None) -> str:
    """Name an entry for people by its index and the kind of its event.

    >>> entry_label(1234, {"event": "order.submitted"})
    'entry 1234 (order.submitted)'
    """
    kinds = [(event or {}).get(key) for key in ("event", "kind", "type")]
    named = [kind for kind in kinds if isinstance(kind, str)]
    return f"entry {index} ({named[0]})" if named else f"entry {index}"
