"""Audit a whole log: every stored body is hashed again, up to every root that was ever signed.

What is believed: the first key, because the auditor brought it, and what it signed. All else is re-derived. Where the
bodies miss a signed root, whatever second copy of the leaf hashes leads to it (those stored with the entries, the
tiles) names the entries that were tampered with; where none does, the checkpoints say between which two it lies.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from operator import contains

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.checkpoint import Checkpoint
from kezek.evidence.error import EvidenceCode, EvidenceError
from kezek.evidence.event import key_of
from kezek.evidence.keychain import KEY_ROTATED, KeyChain
from kezek.evidence.stored_tree import PAGE_WIDTH
from kezek.evidence.tree import HASH_BYTES, Tree, leaf_hash

NAMED_MOST = 20
MISSING = b""
_MISSING_LEAF = leaf_hash(MISSING)
_ROTATED = f'"type":"{KEY_ROTATED}"'.encode()


@dataclass(frozen=True, slots=True)
class Stored:
    """Entries one after another as a store holds them.

    Args:
        place: Where the first of them stands.
        bodies: Their bytes; MISSING for one that is not there, None for one that is still closed.
        names: Their keys as the store knows them; None where it keeps none.
        marks: What each body holds of its key, as `"key":"a"`, where none of them holds that word twice: so one look
            tells that all have the keys of `names`; None where nobody prepared it.
        ordinary: All are there, and none changes the log's key.
        leaves: Their leaf hashes as stored beside them, as a list or joined; None where there are none.
    """

    place: int
    bodies: Sequence[bytes | None]
    names: Sequence[bytes] | None = None
    leaves: Sequence[bytes] | bytes | None = None
    ordinary: bool = False
    marks: Sequence[bytes] | None = None

    def stored_leaves(self) -> Sequence[bytes] | None:
        """Return the stored leaf hashes as a list."""
        if isinstance(self.leaves, bytes):
            return [self.leaves[at : at + HASH_BYTES] for at in range(0, len(self.leaves), HASH_BYTES)]
        return self.leaves


@dataclass(frozen=True, slots=True)
class LogSource:
    """A log to be audited.

    Args:
        entries: All entries, in order.
        checkpoints: Every checkpoint note that lies with the entries.
        changes: Place and body of changes of keys as their receipts have them, for those that are not shown.
        outside: Checkpoint notes that are kept elsewhere, as a pin is; they may be ahead of those.
        page: Gives stored hashes of the tree by depth and number; None where there are none.
        page_depths: At every which depth there are pages: 8 for tiles.
        integrated: Entries that the pages hold; the size of the last checkpoint where it is not given.
        beyond: Entries that a store holds outside of its own size.
        size: Entries that a store says it holds; None where it does not say.
    """

    entries: Iterable[Stored]
    checkpoints: Sequence[str]
    page: Callable[[int, int], bytes | None] | None = None
    page_depths: int = 1
    integrated: int | None = None
    beyond: int = 0
    size: int | None = None
    outside: Sequence[str] = ()
    changes: Sequence[tuple[int, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: a code, the entry it starts at if there is one, and a sentence."""

    code: EvidenceCode
    place: int | None
    what: str


@dataclass(slots=True)
class LogAudit:
    """What an audit found.

    Args:
        size: Entries read.
        closed: Entries whose bodies are not shown yet: their leaf hashes were taken as they are.
        signed: The last checkpoint that holds; None where none does.
        checkpoints: How many hold.
        own: Size of the last one that holds and lies with the entries.
        chain: The keys of the log, as its entries change them.
        findings: What is wrong; empty if nothing is.
    """

    chain: KeyChain
    size: int = 0
    closed: int = 0
    signed: Checkpoint | None = None
    checkpoints: int = 0
    own: int = 0
    root: bytes = b""
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is as it was signed."""
        return not self.findings

    def find(self, code: EvidenceCode, place: int | None, what: str) -> None:
        """Note what is wrong."""
        self.findings.append(Finding(code, place, what))


def audit_log(source: LogSource, first_key: KeyChain) -> LogAudit:
    """Audit a log from its stored bodies up to its signed roots.

    Args:
        first_key: The chain of the first key alone, from a source the auditor trusts.
    Guarantees: test_audit_names_the_first_entry_of_any_change.
    """
    audit = LogAudit(first_key)
    tree, stored, differing, holes = _read(source, audit)
    own, outside = _open(source.checkpoints, audit), _open(source.outside, audit)
    if not own | outside:
        audit.find(EvidenceCode.AUDIT_CHECKPOINT, None, "no checkpoint can be believed: nothing is proven")
    missed = _compare_roots(tree, own, outside, audit)
    signed_tree = _name_tampered(tree, stored, source, missed, audit) if missed else tree
    behind = max([one.size for one in missed], default=0)
    _name_differing([place for place in differing if not missed or place >= behind], audit)
    unnamed = behind if signed_tree is not None else 0
    for place in [place for place in holes if place >= unnamed][:NAMED_MOST]:
        audit.find(EvidenceCode.AUDIT_REMOVED, place, "it is missing")
    _compare_counts(source, audit)
    if source.page is not None and signed_tree is not None:
        _compare_pages(signed_tree, source, audit)
    audit.root = tree.root()
    return audit


def _read(source: LogSource, audit: LogAudit) -> tuple[Tree, list[bytes], list[int], list[int]]:
    """Hash all bodies; return their tree, the stored leaf hashes, the places where both differ, and the holes."""
    holes: list[int] = []
    tree = Tree()
    stored: list[bytes] = []
    differing: list[int] = []
    changes: list[tuple[int, bytes]] = []
    for some in source.entries:
        leaves = _hashed(some, audit)
        kept = leaves if some.leaves is None or some.leaves == b"".join(leaves) else some.stored_leaves() or []
        if kept != leaves:
            differing += [len(tree) + at for at, (a, b) in enumerate(zip(kept, leaves, strict=True)) if a != b]
        _check_names(some, audit)
        if not some.ordinary:
            changes += [(some.place + at, body) for at, body in enumerate(some.bodies) if body and _ROTATED in body]
            holes += [some.place + at for at, body in enumerate(some.bodies) if body == MISSING]
        tree.extend_hashes(leaves)
        stored += kept
    audit.size = len(tree)
    _follow_keys(changes, source.changes, audit)
    return tree, stored, differing, holes


def _hashed(some: Stored, audit: LogAudit) -> list[bytes]:
    if some.ordinary or None not in some.bodies:
        return [sha256(b"\x00" + body).digest() for body in some.bodies]  # type: ignore[operator]  # none is None
    audit.closed += some.bodies.count(None)
    leaves = some.stored_leaves() or [b""] * len(some.bodies)
    return [
        kept if body is None else sha256(b"\x00" + body).digest()
        for body, kept in zip(some.bodies, leaves, strict=True)
    ]


def _check_names(some: Stored, audit: LogAudit) -> None:
    """Compare the keys that the store finds entries by with what their bodies say."""
    if some.names is None:
        return
    if some.ordinary and some.marks is not None and all(map(contains, some.bodies, some.marks)):  # type: ignore[arg-type]
        return
    for at, (name, body) in enumerate(zip(some.names, some.bodies, strict=True)):
        if body and name != _own_key(body):
            what = f"the store finds it under {name.decode('utf-8', 'replace')!r}, its body says another key"
            audit.find(EvidenceCode.AUDIT_NAME, some.place + at, what)


def _own_key(body: bytes) -> bytes | None:
    """Return the key of an event by its own word; None for bytes that are no event: their hash is what is wrong."""
    try:
        return key_of(parse_canonical(body)).encode()
    except EvidenceError:
        return None


def _follow_keys(shown: Sequence[tuple[int, bytes]], known: Sequence[tuple[int, bytes]], audit: LogAudit) -> None:
    """Follow the changes of the log's key: those among the entries, and those known by receipt that are not there."""
    bodies = {body for _, body in shown}
    for place, body in sorted({*shown, *(one for one in known if one[1] not in bodies)}):
        try:
            event = parse_canonical(body)
            if event.get("type") == KEY_ROTATED:
                audit.chain = audit.chain.rotated(event, place)
        except EvidenceError as error:
            audit.find(EvidenceCode.AUDIT_KEY, place, f"the change of keys does not follow: {error.what}")


def _open(notes: Sequence[str], audit: LogAudit) -> set[Checkpoint]:
    """Return the checkpoints that can be believed."""
    opened = set()
    for note in notes:
        try:
            opened.add(audit.chain.open(note))
        except EvidenceError as error:
            audit.find(EvidenceCode.AUDIT_CHECKPOINT, None, f"a checkpoint cannot be believed: {error.what}")
    return opened


def _compare_roots(tree: Tree, own: set[Checkpoint], outside: set[Checkpoint], audit: LogAudit) -> list[Checkpoint]:
    """Compare with every signed root; return the checkpoints that the bodies miss behind the last one that holds."""
    missed = []
    for one in sorted(own | outside, key=lambda one: (one.size, one.root)):
        if one.size > len(tree):
            what = f"the log ends here, {one.size} entries are signed: {one.size - len(tree)} are missing"
            audit.find(EvidenceCode.AUDIT_TRUNCATED, len(tree), what)
        elif tree.root(one.size) != one.root:
            missed.append(one)
        else:
            audit.signed, audit.checkpoints = one, audit.checkpoints + 1
            audit.own = one.size if one in own else audit.own
    held = audit.signed.size if audit.signed is not None else 0
    for one in missed:
        if one.size <= held:
            what = f"the log signed another history too: over {one.size} entries it has the root {one.root.hex()}"
            audit.find(EvidenceCode.AUDIT_CHECKPOINT, None, what)
    return [one for one in missed if one.size > held]


def _name_tampered(
    tree: Tree, stored: list[bytes], source: LogSource, missed: Sequence[Checkpoint], audit: LogAudit
) -> Tree | None:
    """Name the entries that miss a signed root, by whatever copy of the leaf hashes leads to it.

    Returns the tree as it was signed, with what follows; None where nobody can say what it was.
    """
    held = audit.signed.size if audit.signed is not None else 0
    for one in reversed(missed):
        right = next((copy for copy in (stored, _tile_leaves(source, one.size)) if _leads_to(copy, one)), None)
        if right is not None:
            wrong = [place for place in range(held, one.size) if tree.leaf(place) != right[place]]
            _name_wrong(wrong, right, tree, audit)
            return Tree([*right[: one.size], *tree.leaves()[one.size :]])
    what = (
        f"from here to entry {missed[0].size - 1} at least one was tampered with: {held} entries lead to their "
        f"signed root, {missed[0].size} do not, and no copy of the leaf hashes does"
    )
    audit.find(EvidenceCode.AUDIT_ENTRY, held, what)
    return None


def _name_wrong(wrong: Sequence[int], right: Sequence[bytes], tree: Tree, audit: LogAudit) -> None:
    for place in wrong[:NAMED_MOST]:
        found = tree.leaf(place)
        what = f"it was tampered with: it hashes to {found.hex()}, signed is {right[place].hex()}"
        if found == _MISSING_LEAF:
            audit.find(EvidenceCode.AUDIT_REMOVED, place, "it is missing")
        else:
            audit.find(EvidenceCode.AUDIT_ENTRY, place, what)
    if len(wrong) > NAMED_MOST:
        what = f"and {len(wrong) - NAMED_MOST} more entries up to {wrong[-1]}"
        audit.find(EvidenceCode.AUDIT_ENTRY, wrong[NAMED_MOST], what)


def _name_differing(differing: Sequence[int], audit: LogAudit) -> None:
    """Name entries whose two hashes differ although no signed root is missed."""
    signed = audit.signed.size if audit.signed is not None else 0
    for place in differing[:NAMED_MOST]:
        if place < signed:
            what = "its stored leaf hash is damaged: the body is the signed one"
            audit.find(EvidenceCode.AUDIT_LEAVES, place, what)
        else:
            what = "its body and its stored leaf hash differ; it is not signed yet, so nobody can say which is right"
            audit.find(EvidenceCode.AUDIT_ENTRY, place, what)


def _compare_counts(source: LogSource, audit: LogAudit) -> None:
    """Compare what the store says it holds with what it holds."""
    found, signed = audit.size, audit.own
    if source.beyond:
        what = f"entries stand outside of the log's own size, where none belongs: {source.beyond}"
        audit.find(EvidenceCode.AUDIT_EXTENDED, found, what)
    cut = any(one.code is EvidenceCode.AUDIT_TRUNCATED for one in audit.findings)
    if source.size is not None and source.size > found and not cut:
        what = f"the log ends here, the store counts {source.size} entries: {source.size - found} are missing"
        audit.find(EvidenceCode.AUDIT_TRUNCATED, found, what)
    if source.integrated is not None and not signed <= source.integrated <= found:
        what = f"the store says that its tree holds {source.integrated} of {found} entries, {signed} are signed"
        audit.find(EvidenceCode.AUDIT_LEAVES, min(source.integrated, found), what)


def _tile_leaves(source: LogSource, size: int) -> list[bytes]:
    if source.page is None:
        return []
    found = [source.page(0, number) for number in range(-(-size // PAGE_WIDTH))]
    pages = [page if isinstance(page, bytes) else b"" for page in found]
    return [page[at : at + HASH_BYTES] for page in pages for at in range(0, len(page), HASH_BYTES)]


def _leads_to(leaves: Sequence[bytes], signed: Checkpoint) -> bool:
    return len(leaves) >= signed.size and Tree(leaves[: signed.size]).root() == signed.root


def _compare_pages(tree: Tree, source: LogSource, audit: LogAudit) -> None:
    """Compare the stored hashes of the tree, which proofs are made of, with those that the bodies give."""
    size, depth = min(max(source.integrated or 0, audit.own), len(tree)), 0
    while size >> depth and source.page is not None:
        count = size >> depth
        for number in range(-(-count // PAGE_WIDTH)) if depth % source.page_depths == 0 else ():
            first, last = number * PAGE_WIDTH, min((number + 1) * PAGE_WIDTH, count)
            page = source.page(depth, number)
            if page == tree.joined(depth, first, last):
                continue
            what = f"page {number} of depth {depth} is {'missing' if page is None else 'not what the entries give'}"
            audit.find(EvidenceCode.AUDIT_LEAVES, first << depth, what)
        depth += 1
