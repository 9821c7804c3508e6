"""Audit a log from its bytes: every entry is hashed again into the signed root, and what is damaged is named.

What each file is worth: the checkpoint is believed for its signature alone; entries and leaf hashes are believed if
they lead to the signed root. Leaf hashes that do, name the entry that does not. The key is believed because the
auditor brought it; `audit_files` takes the one in the folder, which says that the folder agrees with itself, no more.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from kezek.evidence.checkpoint import Checkpoint, open_checkpoint
from kezek.evidence.error import EvidenceCode, EvidenceError
from kezek.evidence.log import CHECKPOINT_FILE, ENTRIES_FILE, LEAVES_FILE, VKEY_FILE, entry_label, split_lines
from kezek.evidence.signature import Verifier
from kezek.evidence.tree import Tree, leaf_hash

_HEX = re.compile(rb"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Damage:
    """One thing that is wrong: a code, the file it is in, and a sentence that names the entry or line."""

    code: EvidenceCode
    file: str
    what: str


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What an audit found.

    Args:
        size: Number of entries in the bytes.
        root: Root they lead to. [32 bytes]
        checkpoint: What is signed, or None if the checkpoint cannot be believed.
        damages: What is wrong, the cause before its consequences; empty if nothing is.
    """

    size: int
    root: bytes
    checkpoint: Checkpoint | None
    damages: tuple[Damage, ...]

    @property
    def ok(self) -> bool:
        """Whether all bytes are the signed ones."""
        return not self.damages


@dataclass(frozen=True, slots=True)
class _Found:
    """The entries as read: lines, their leaf hashes, and whether the last line is whole."""

    lines: list[bytes]
    leaves: list[bytes]
    whole: bool

    def label(self, index: int) -> str:
        """Name an entry, with the kind of its event as far as the damaged bytes still tell."""
        try:
            event = json.loads(self.lines[index])
        except (ValueError, RecursionError):
            event = None
        return entry_label(index, event if isinstance(event, dict) else None)


def audit(*, entries: bytes, checkpoint: str | bytes, verifier: Verifier, leaves: bytes | None = None) -> AuditResult:
    """Hash all entries again and compare with the signed root.

    Args:
        entries: `entries.jsonl`.
        checkpoint: The checkpoint note.
        verifier: Key of the log, from a source the auditor trusts.
        leaves: `leaves.txt`; with it a damaged entry is named.
    Guarantees: test_audit_names_the_file_of_any_changed_byte.
    """
    try:
        signed = open_checkpoint(checkpoint, verifier)
    except EvidenceError as error:
        damages = [Damage(EvidenceCode.AUDIT_CHECKPOINT, CHECKPOINT_FILE, f"cannot be believed: {error.what}")]
        return _audited(entries, leaves, None, damages)
    return _audited(entries, leaves, signed, [])


def audit_files(*, entries: bytes, checkpoint: bytes, vkey: bytes, leaves: bytes | None = None) -> AuditResult:
    """Audit the four files of a log folder with the key that lies in it; see `audit` and the note above."""
    try:
        verifier = Verifier.parse(vkey)
    except EvidenceError as error:
        return _audited(entries, leaves, None, [Damage(EvidenceCode.AUDIT_KEY, VKEY_FILE, error.what)])
    return audit(entries=entries, checkpoint=checkpoint, verifier=verifier, leaves=leaves)


def _audited(entries: bytes, leaves: bytes | None, signed: Checkpoint | None, damages: list[Damage]) -> AuditResult:
    lines = split_lines(entries)
    found = _Found(lines, [leaf_hash(line) for line in lines], whole=not entries or entries.endswith(b"\n"))
    stored = None if leaves is None else _stored_hashes(leaves, damages)
    root = Tree(found.leaves).root()
    if signed is None:
        damages += _compare_unsigned(found, stored)
    else:
        damages += _compare_signed(found, stored, signed)
    return AuditResult(len(lines), root, signed, tuple(damages))


def _stored_hashes(leaves: bytes, damages: list[Damage]) -> list[bytes] | None:
    lines = split_lines(leaves)
    for index, line in enumerate(lines):
        if not _HEX.fullmatch(line):
            damages.append(_leaves(f"line {index + 1} is not a leaf hash: {line[:80].decode('utf-8', 'replace')!r}"))
            return None
    if leaves and not leaves.endswith(b"\n"):
        damages.append(_leaves(f"line {len(lines)} has no line end"))
    return [bytes.fromhex(line.decode()) for line in lines]


def _compare_unsigned(found: _Found, stored: list[bytes] | None) -> list[Damage]:
    """Without a believable checkpoint only say whether the entries agree with their leaf hashes."""
    at = None if stored is None else _first_difference(found.leaves, stored)
    if at is None:
        return _line_end(found)
    what = f"entry {at}: entries and leaf hashes disagree; without the checkpoint nobody can say which is damaged"
    return [Damage(EvidenceCode.AUDIT_ENTRY, ENTRIES_FILE, what)]


def _compare_signed(found: _Found, stored: list[bytes] | None, signed: Checkpoint) -> list[Damage]:
    entries_hold = _leads_to(found.leaves, signed)
    leaves_hold = stored is not None and _leads_to(stored, signed)
    damages = []
    if entries_hold:
        damages += _line_end(found)
    elif leaves_hold and stored is not None:
        damages.append(_named_damage(found, stored))
    else:
        damages.append(_unnamed_damage(found, stored, signed))
    if stored is not None and not leaves_hold:
        damages.append(_leaves_damage(stored, found.leaves if entries_hold else None, signed))
    return damages


def _named_damage(found: _Found, right: Sequence[bytes]) -> Damage:
    """Name the damage in the entries, given the leaf hashes that are signed."""
    held, signed = len(found.leaves), len(right)
    at = _first_difference(found.leaves, right)
    if at is None or at == held:
        return _truncated(held, signed)
    if at == signed:
        return _extended(found, signed)
    if held < signed and found.leaves[at:] == right[at + signed - held :]:
        what = f"{signed - held} of {signed} entries are missing from entry {at} on"
        return Damage(EvidenceCode.AUDIT_REMOVED, ENTRIES_FILE, what)
    if held > signed and found.leaves[at + held - signed :] == right[at:]:
        what = f"{found.label(at)}: {held - signed} entries were inserted here"
        return Damage(EvidenceCode.AUDIT_INSERTED, ENTRIES_FILE, what)
    what = f"{found.label(at)}: leaf hash is {found.leaves[at].hex()}, signed is {right[at].hex()}"
    return Damage(EvidenceCode.AUDIT_ENTRY, ENTRIES_FILE, what)


def _unnamed_damage(found: _Found, stored: list[bytes] | None, signed: Checkpoint) -> Damage:
    """Say what can be said of the entries when no leaf hashes lead to the signed root."""
    held = len(found.leaves)
    if held > signed.size and _leads_to(found.leaves[: signed.size], signed):
        return _extended(found, signed.size)
    if held < signed.size:
        return _truncated(held, signed.size)
    at = None if stored is None else _first_difference(found.leaves, stored)
    if at is not None and at < held:
        what = f"{found.label(at)} is the first that differs from {LEAVES_FILE}, and both miss the signed root"
    else:
        what = f"{held} entries miss the signed root over {signed.size}; whole leaf hashes would name the first one"
    return Damage(EvidenceCode.AUDIT_ENTRY, ENTRIES_FILE, what)


def _leaves_damage(stored: list[bytes], right: Sequence[bytes] | None, signed: Checkpoint) -> Damage:
    if right is None:
        return _leaves(f"{len(stored)} leaf hashes miss the signed root over {signed.size} entries")
    at = _first_difference(stored, right)
    if at is None or at >= min(len(stored), len(right)):
        return _leaves(f"holds {len(stored)} leaf hashes for {len(right)} entries")
    return _leaves(f"line {at + 1} is {stored[at].hex()}, entry {at} has {right[at].hex()}")


def _line_end(found: _Found) -> list[Damage]:
    if found.whole:
        return []
    what = f"{found.label(len(found.lines) - 1)}: the last line has no line end"
    return [Damage(EvidenceCode.AUDIT_ENTRY, ENTRIES_FILE, what)]


def _truncated(held: int, signed: int) -> Damage:
    what = f"ends after {held} entries, {signed} are signed: {signed - held} are missing"
    return Damage(EvidenceCode.AUDIT_TRUNCATED, ENTRIES_FILE, what)


def _extended(found: _Found, signed: int) -> Damage:
    extra = len(found.leaves) - signed
    what = f"{found.label(signed)}: the first of {extra} entries after the {signed} that are signed"
    return Damage(EvidenceCode.AUDIT_EXTENDED, ENTRIES_FILE, what)


def _leaves(what: str) -> Damage:
    return Damage(EvidenceCode.AUDIT_LEAVES, LEAVES_FILE, what)


def _leads_to(leaves: Sequence[bytes], signed: Checkpoint) -> bool:
    return len(leaves) == signed.size and Tree(leaves).root() == signed.root


def _first_difference(found: Sequence[bytes], right: Sequence[bytes]) -> int | None:
    """Return the first index where two sequences differ, the shorter length if one begins with the other."""
    at = next((i for i, (a, b) in enumerate(zip(found, right, strict=False)) if a != b), None)
    if at is None and len(found) != len(right):
        return min(len(found), len(right))
    return at
