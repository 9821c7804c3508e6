"""Measure the evidence: hashing, proofs, durable events, audits, each against the bare work it cannot do without."""

import gc
import os
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from kezek.evidence.event import entry_of
from kezek.evidence.keychain import KeyChain
from kezek.evidence.log_audit import audit_log
from kezek.evidence.proof import verify_consistency, verify_inclusion
from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal.archive import store_source
from kezek.journal.journal import Submission, append, integrate
from kezek.journal.pin import Pin
from kezek.journal.publishing import begin, publish
from kezek.journal.sqlite_store import SqliteStore

Row = tuple[str, str, str, float]
Best = Callable[[int, Callable[[], object]], float]
LEAVES, PROOFS, SINGLES, GROUPS, GROUP = 1_000_000, 2_000, 1_000, 50, 1_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SIGNER = Signer("kezek.example/bench", bytes(32))


def event(number: int) -> dict[str, object]:
    """An order as it is logged: 208 bytes of canonical JSON."""
    return {
        "at": "2025-10-14T04:30:01Z",
        "data": {
            "operator_id": f"OP-{number % 84:03d}",
            "price_tiyn_per_kwh": 1_800 + number % 900,
            "product_id": "2025-10-15/north_south/00",
            "quantity_kwh": 14_039,
        },
        "key": f"order/{number:011d}",
        "type": "order.submitted",
        "v": 1,
    }


def hashed_alone(leaves: list[bytes]) -> None:
    """Hash all leaves and all perfect nodes, keep nothing."""
    level = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]


def one_by_one(leaves: list[bytes]) -> None:
    """Append leaf after leaf."""
    tree = Tree()
    for leaf in leaves:
        tree.append(leaf)


def tree_rows(best_of: Best, leaves: list[bytes]) -> list[Row]:
    """Append against hashing alone; proofs and their verification at a million leaves."""
    alone = best_of(3, lambda: hashed_alone(leaves))
    rows = [
        _share(f"append {LEAVES:,} leaves in bulk", best_of(3, lambda: Tree().extend(leaves)), alone, 0.85),
        _share(f"append {LEAVES:,} leaves one by one", best_of(3, lambda: one_by_one(leaves)), alone, 0.7),
    ]
    tree = Tree()
    tree.extend(leaves)
    root, places = tree.root(), range(0, LEAVES, LEAVES // PROOFS)
    sizes = range(1, LEAVES, LEAVES // PROOFS)
    included = [(place, tree.inclusion_proof(place)) for place in places]
    grown = [(size, tree.root(size), tree.consistency_proof(size)) for size in sizes]
    jobs: list[tuple[str, Callable[[], object]]] = [
        ("prove inclusion", lambda: [tree.inclusion_proof(place) for place in places]),
        ("prove consistency", lambda: [tree.consistency_proof(size) for size in sizes]),
        ("verify inclusion", lambda: [_included(tree, place, proof, root) for place, proof in included]),
        ("verify consistency", lambda: [_grown(size, old, proof, root) for size, old, proof in grown]),
    ]
    for what, job in jobs:
        each_us = best_of(5, job) / PROOFS * 1e6
        rows.append((f"{what}, {LEAVES:,} leaves", f"{each_us:.1f} µs", "limit: 20 µs", each_us / 20))
    return rows


def store_rows(folder: Path) -> list[Row]:
    """Durable events against bare SQLite that writes the same bytes, both in turns on the same disk."""
    rows = []
    store = SqliteStore(folder / "journal.db")
    begin(store, pin=Pin(folder / "pin"), signer=SIGNER, now=NOW)
    bare = sqlite3.connect(folder / "bare.db", isolation_level=None)
    bare.execute("PRAGMA journal_mode = WAL")
    bare.execute("PRAGMA synchronous = FULL")
    bare.execute("CREATE TABLE entry (place INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    numbers = iter(range(10_000_000))
    for what, groups, size, least in (
        ("durable events, one a commit", SINGLES, 1, 0.5),
        (f"durable events, {GROUP:,} a commit", GROUPS, GROUP, 0.2),
    ):
        ours, theirs = [], []
        for _ in range(3):
            work = [[Submission(event(next(numbers))) for _ in range(size)] for _ in range(groups)]
            bodies = [[entry_of(one.event)[1] for one in group] for group in work]
            ours.append(_seconds(work, lambda group: _append(store, group)))
            theirs.append(_seconds(bodies, lambda group: _insert(bare, group)))
        rows.append(_rate(what, groups * size / min(ours), "bare SQLite", groups * size / min(theirs), least))
    store.close()
    bare.close()
    return rows


def audit_rows(folder: Path, leaves: list[bytes]) -> list[Row]:
    """Audit a journal of a million events against hashing them."""
    store = SqliteStore(folder / "audited.db")
    pin = Pin(folder / "audited.pin")
    begin(store, pin=pin, signer=SIGNER, now=NOW)
    for start in range(0, LEAVES, 10_000):
        with store.begin() as transaction:
            append(transaction, [Submission(event(n)) for n in range(start, start + 10_000)], salt=_salt)
    start_s = time.perf_counter()
    with store.begin() as transaction:
        integrate(transaction)
    integrated_s = time.perf_counter() - start_s
    publish(store, pin=pin, signer=SIGNER, now=NOW)
    gc.collect()
    alone, audited, only_leaves = [], [], []
    for _ in range(3):
        only_leaves.append(_timed(lambda: [leaf_hash(leaf) for leaf in leaves]))
        alone.append(_timed(lambda: hashed_alone(leaves)))
        audited.append(_timed(lambda: _audit(store)))
    store.close()
    return [
        _share(f"audit {LEAVES:,} stored events", min(audited), min(alone), 0.5),
        _share(f"audit {LEAVES:,} stored events", min(audited), min(only_leaves), 0.5, "hashing the leaves alone"),
        _share(f"integrate {LEAVES:,} stored events", integrated_s, min(alone), None),
    ]


def evidence_rows(best_of: Best) -> list[Row]:
    """All rows about the evidence."""
    leaves = [entry_of(event(number))[1] for number in range(LEAVES)]
    gc.collect()
    gc.freeze()
    rows = tree_rows(best_of, leaves)
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        rows += store_rows(Path(folder))
        rows += audit_rows(Path(folder), leaves)
    gc.unfreeze()
    return rows


def _included(tree: Tree, place: int, proof: list[bytes], root: bytes) -> None:
    verify_inclusion(leaf=tree.leaf(place), index=place, size=LEAVES, proof=proof, root=root)


def _grown(size: int, old: bytes, proof: list[bytes], root: bytes) -> None:
    verify_consistency(old_size=size, old_root=old, size=LEAVES, root=root, proof=proof)


def _append(store: SqliteStore, group: list[Submission]) -> None:
    with store.begin() as transaction:
        append(transaction, group, salt=_salt)


def _insert(bare: sqlite3.Connection, group: list[bytes]) -> None:
    bare.execute("BEGIN IMMEDIATE")
    bare.executemany("INSERT INTO entry (body) VALUES (?)", [(body,) for body in group])
    bare.execute("COMMIT")


def _audit(store: SqliteStore) -> None:
    with store.look() as transaction:
        audit = audit_log(store_source(transaction), KeyChain.of(SIGNER.verifier))
    assert audit.ok, audit.findings
    assert audit.size == LEAVES


def _salt() -> bytes:
    return os.urandom(32)


def _seconds(work: Iterable[list], action: Callable[[list], object]) -> float:
    gc.collect()
    gc.freeze()
    start = time.perf_counter()
    for group in work:
        action(group)
    seconds = time.perf_counter() - start
    gc.unfreeze()
    return seconds


def _timed(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def _share(
    what: str,
    seconds: float,
    alone: float,
    least: float | None,
    against: str = "hashing leaves and perfect nodes alone",
) -> Row:
    wanted = "" if least is None else f", at least {least} x"
    return what, f"{seconds * 1000:,.0f} ms", f"{against}{wanted}: {alone * 1000:,.0f} ms", alone / seconds


def _rate(what: str, ours: float, against: str, theirs: float, least: float) -> Row:
    return what, f"{ours:,.0f}/s", f"{against}, at least {least} x: {theirs:,.0f}/s", ours / theirs
