"""The journal: events appended under a lock, made durable by the caller's commit, then woven into the tree.

Three states, and what each is worth:

    accepted     the event has its place for good, and is on the disk
    integrated   its stored bytes were read back and hashed into the tree
    published    a signed checkpoint covers it: its receipt holds against anybody
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.error import EvidenceError
from kezek.evidence.event import EventHead, closed, content_of, entry_of, head_of, key_of, with_private
from kezek.evidence.keychain import KEY_ROTATED, OF_THE_LOG, is_of_the_log
from kezek.evidence.sealed import Opening
from kezek.evidence.stored_tree import PAGE_WIDTH, StoredTree
from kezek.evidence.tree import HASH_BYTES, leaf_hash
from kezek.journal.store import FORMAT, Store, Transaction, no_journal
from kezek.units.problem import InputProblem

_OWN = f'"type":"{OF_THE_LOG}'.encode()
_NAMES_AT_ONCE = 500
Salt = Callable[[], bytes]
NOTHING: Mapping[str, Opening] = {}


class State(StrEnum):
    """How far an event has come."""

    ACCEPTED = "accepted"
    INTEGRATED = "integrated"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class Submission:
    """An event to be appended.

    Args:
        event: As `kezek.evidence.event` has it.
        private: Personal data by field: kept beside the log, of which only salted hashes are logged.
        closed_until: The body is shown from then on; None for an event that is open at once.
    """

    event: Mapping[str, object]
    private: Mapping[str, object] = field(default_factory=dict)
    closed_until: datetime | None = None


class Accepted(NamedTuple):
    """An event has its place; it is durable when the transaction is committed.

    Args:
        place: Index in the log, from 0.
        leaf: Its leaf hash. [32 bytes]
        existed: It had been accepted before.
    """

    key: str
    place: int
    leaf: bytes
    existed: bool


@dataclass(frozen=True, slots=True)
class Head:
    """Where a journal stands.

    Args:
        first_vkey: The verifier key it began with.
        size: Entries accepted.
        integrated: Entries in the tree.
    """

    origin: str
    first_vkey: str
    size: int
    integrated: int


class _Prepared(NamedTuple):
    """An event as it would be stored."""

    key: str
    event: Mapping[str, object]
    entry: bytes
    leaf: bytes
    openings: Mapping[str, Opening]


def create(store: Store, transaction: Transaction, *, origin: str, vkey: str) -> None:
    """Make the tables of a journal in an empty database, and note whose log it is.

    Raises:
        InputProblem: journal.store.*.
    """
    store.create_tables(transaction)
    transaction.rows(
        "INSERT INTO kezek_log (one, format, origin, first_vkey, size, integrated) VALUES (1, ?, ?, ?, 0, 0)",
        (FORMAT, origin, vkey),
    )


def lock(transaction: Transaction) -> Head:
    """Take the journal's lock, held until the transaction ends, and tell where the journal stands.

    The lock is the one row of `kezek_log`: it orders all writers, whichever program they are.

    Raises:
        InputProblem: journal.log.missing, .format, journal.store.*.
    """
    rows = transaction.rows(
        "UPDATE kezek_log SET size = size WHERE one = 1 RETURNING format, origin, first_vkey, size, integrated"
    )
    return _head(rows)


def look(transaction: Transaction) -> Head:
    """Tell where the journal stands, without its lock.

    Raises:
        InputProblem: journal.log.missing, .format, journal.store.*.
    """
    if not transaction.has_table("kezek_log"):
        return _head([])
    return _head(transaction.rows("SELECT format, origin, first_vkey, size, integrated FROM kezek_log WHERE one = 1"))


def append(transaction: Transaction, submissions: Sequence[Submission], *, salt: Salt) -> list[Accepted]:
    """Append events in order, each once: one that is there already is answered with its place.

    Args:
        transaction: Of the caller, who commits; see `Store.join`.
        salt: Gives 32 fresh secret bytes at each call.
    Raises:
        EventError, CanonicalError, SealError: an event that no log takes; nothing is appended.
        InputProblem: journal.event.conflict where a key has another content already; journal.store.*.
    Guarantees: the places of a committed journal are 0, 1, 2 … without a gap, whoever writes (test_two_writers).
    """
    prepared = [_prepared(submission, salt) for submission in submissions]
    size = lock(transaction).size
    if len({one.key for one in prepared}) == len(prepared) and _insert(transaction, prepared, size):
        return [Accepted(one.key, size + at, one.leaf, existed=False) for at, one in enumerate(prepared)]
    return _append_unknown(transaction, prepared, size)


def _append_unknown(transaction: Transaction, prepared: Sequence[_Prepared], size: int) -> list[Accepted]:
    """Append those of the events that are not there yet; the others must be the same as they were."""
    known = _known(transaction, {one.key for one in prepared})
    accepted: list[Accepted] = []
    fresh: dict[str, _Prepared] = {}
    for one in prepared:
        if one.key in known:
            accepted.append(_again(transaction, one, *known[one.key]))
        elif one.key in fresh:
            earlier = fresh[one.key]
            _require_same(one, earlier.event, {name: item.value for name, item in earlier.openings.items()})
            place = size + list(fresh).index(one.key)
            accepted.append(Accepted(one.key, place, earlier.leaf, existed=True))
        else:
            accepted.append(Accepted(one.key, size + len(fresh), one.leaf, existed=False))
            fresh[one.key] = one
    if not _insert(transaction, list(fresh.values()), size):
        raise _missing(size)
    return accepted


def append_rotation(transaction: Transaction, event: Mapping[str, object]) -> int:
    """Append a change of keys and return its place; only `publishing.rotate` makes one.

    Raises:
        InputProblem: journal.event.conflict, journal.store.*.
    """
    head, entry = entry_of(event)
    at = lock(transaction).size
    if not _insert(transaction, [_Prepared(head.key, dict(event), entry, leaf_hash(entry), {})], at):
        what, way_out = "The log had this key before.", "Make a new key."
        raise InputProblem("journal.event.conflict", what, head.key, way_out)
    transaction.rows("INSERT INTO kezek_rotation (place) VALUES (?)", (at,))
    return at


def insert_entries(transaction: Transaction, bodies: Sequence[bytes]) -> bool:
    """Put the verified entries of an archive into an empty journal; False where two have the same key.

    Raises:
        EventError, CanonicalError: bytes that are no event.
    """
    rows, changes = [], []
    for place, body in enumerate(bodies):
        event = parse_canonical(body)
        rows.append((place, key_of(event), body, leaf_hash(body)))
        if event.get("type") == KEY_ROTATED:
            changes.append((place,))
    if not transaction.insert_new("INSERT INTO kezek_entry (place, name, body, leaf) VALUES (?, ?, ?, ?)", rows):
        return False
    transaction.run_many("INSERT INTO kezek_rotation (place) VALUES (?)", changes)
    transaction.rows("UPDATE kezek_log SET size = ? WHERE one = 1", (len(rows),))
    return True


def rotations(transaction: Transaction) -> list[tuple[int, bytes]]:
    """Return place and body of every change of keys, in order."""
    rows = transaction.rows(
        "SELECT place, body FROM kezek_entry WHERE place IN (SELECT place FROM kezek_rotation) ORDER BY place"
    )
    return [(row[0], _body(*row)) for row in rows]


def integrate(transaction: Transaction, *, until: int | None = None, since: int | None = None) -> Head:
    """Read the accepted entries back, hash their stored bytes, and weave them into the tree.

    Args:
        until: Size to integrate to; all that is accepted if it is not given.
        since: Size from which on they are read back, also what was integrated before; that which was not if it is
            not given.
    Raises:
        InputProblem: journal.entry.damaged, .missing where the stored bytes are not those accepted: nothing is
            integrated then. journal.page.damaged, journal.store.*.
    """
    head = lock(transaction)
    end = head.size if until is None else until
    start = head.integrated if since is None else since
    tree = stored_tree(transaction, start)
    for place, leaves in reread(transaction, start, end):
        if len(tree) != place:
            raise _missing(len(tree))
        pages = tree.grown(leaves)
        transaction.run_many(
            "INSERT INTO kezek_page (depth, number, hashes) VALUES (?, ?, ?) "
            "ON CONFLICT (depth, number) DO UPDATE SET hashes = excluded.hashes",
            [(depth, number, hashes) for (depth, number), hashes in pages.items()],
        )
    if len(tree) != max(end, start):
        raise _missing(len(tree))
    transaction.rows("UPDATE kezek_log SET integrated = ? WHERE one = 1", (len(tree),))
    return Head(head.origin, head.first_vkey, head.size, len(tree))


def reread(transaction: Transaction, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the leaf hashes of stored bodies [start, end), batch by batch with the place of the first.

    Raises:
        InputProblem: journal.entry.damaged, .missing.
    """
    sql = "SELECT place, body, leaf FROM kezek_entry WHERE place >= ? AND place < ? ORDER BY place"
    own = {place for (place,) in transaction.rows("SELECT place FROM kezek_rotation")}
    for rows in transaction.batches(sql, (start, end)):
        leaves = [leaf_hash(_body(place, body)) for place, body, _ in rows]
        for at, ((place, body, stored), found) in enumerate(zip(rows, leaves, strict=True)):
            if place != rows[0][0] + at:
                raise _missing(rows[0][0] + at)
            if _OWN in body and place not in own and is_of_the_log(_event(place, body)):
                raise _damaged(place, "It speaks for the log itself, which did not write it.")
            if stored != found:
                raise _damaged(place, f"Its stored bytes hash to {found.hex()[:16]}…, another hash was accepted.")
        yield rows[0][0], leaves


def stored_tree(transaction: Transaction, size: int) -> StoredTree:
    """Return the tree over the first `size` entries, whose pages are read as they are needed."""
    return StoredTree(size, lambda depth, number: whole_page(transaction, size, depth, number))


def whole_page(transaction: Transaction, size: int, depth: int, number: int) -> bytes:
    """Return a stored page of the tree over `size` entries.

    Raises:
        InputProblem: journal.page.damaged for one that is missing or cut off.
    """
    page = read_page(transaction, depth, number)
    width = min(PAGE_WIDTH, (size >> depth) - number * PAGE_WIDTH)
    if page is None or len(page) < width * HASH_BYTES:
        raise page_damaged("A stored page of the tree is missing or cut off.", f"depth {depth}, page {number}")
    return page


def read_page(transaction: Transaction, depth: int, number: int) -> bytes | None:
    """Return a page of the tree as it is stored, None where there is none that is bytes."""
    rows = transaction.rows("SELECT hashes FROM kezek_page WHERE depth = ? AND number = ?", (depth, number))
    return rows[0][0] if rows and isinstance(rows[0][0], bytes) else None


def entries(transaction: Transaction, start: int, end: int) -> Iterator[bytes]:
    """Yield the bodies of the places [start, end) that there are, in order."""
    sql = "SELECT place, body FROM kezek_entry WHERE place >= ? AND place < ? ORDER BY place"
    for rows in transaction.batches(sql, (start, end)):
        yield from (_body(*row) for row in rows)


def heads(transaction: Transaction, start: int, end: int) -> Iterator[tuple[int, EventHead]]:
    """Yield place and head of the entries [start, end) that there are, in order.

    Raises:
        InputProblem: journal.entry.damaged.
    """
    sql = "SELECT place, body FROM kezek_entry WHERE place >= ? AND place < ? ORDER BY place"
    for rows in transaction.batches(sql, (start, end)):
        for place, stored in rows:
            try:
                yield place, head_of(_event(place, _body(place, stored)))
            except EvidenceError as error:
                raise _damaged(place, f"Its stored bytes are no event: {error}") from error


def find(transaction: Transaction, key: str) -> tuple[int, bytes] | None:
    """Return place and body of an event, None where there is none under this key.

    Raises:
        InputProblem: journal.entry.damaged where the body is not the one of this key.
    """
    rows = transaction.rows("SELECT place, body FROM kezek_entry WHERE name = ?", (key,))
    if not rows:
        return None
    place, body = rows[0][0], _body(*rows[0])
    if key_of(_event(place, body)) != key:
        raise _damaged(place, f"It stands under the key {key!r}, which is not its own.")
    return place, body


def openings(transaction: Transaction, place: int) -> dict[str, Opening]:
    """Return the personal data kept beside an entry, as far as it was not forgotten."""
    rows = transaction.rows("SELECT field, salt, value FROM kezek_opening WHERE place = ? ORDER BY field", (place,))
    return {name: opening_of(place, name, salt, value) for name, salt, value in rows}


def opening_of(place: int, name: object, salt: object, value: object) -> Opening:
    """Return personal data as it was stored.

    Raises:
        InputProblem: journal.opening.damaged.
    """
    if isinstance(salt, bytes) and isinstance(value, bytes):
        with suppress(EvidenceError, KeyError):
            return Opening(parse_canonical(value)["value"], salt)
    way_out = "Take it back from the newest backup; the log is the same without it."
    raise InputProblem("journal.opening.damaged", f"Its private {name} is damaged.", f"entry {place}", way_out)


def forget(transaction: Transaction, key: str) -> int:
    """Destroy the personal data of an event, values and salts; the log stays whole. Returns how many fields.

    Raises:
        InputProblem: journal.event.unknown.
    """
    found = find(transaction, key)
    if found is None:
        what, way_out = f"There is no event {key!r}.", "`kezek journal list` names them."
        raise InputProblem("journal.event.unknown", what, "", way_out)
    rows = transaction.rows("DELETE FROM kezek_opening WHERE place = ? RETURNING field", (found[0],))
    return len(rows)


def insert_openings(transaction: Transaction, rows: Iterable[tuple[int, str, Opening]]) -> None:
    """Keep personal data beside entries."""
    transaction.run_many(
        "INSERT INTO kezek_opening (place, field, salt, value) VALUES (?, ?, ?, ?)",
        [(place, name, one.salt, canonical_bytes({"value": one.value})) for place, name, one in rows],
    )


def _prepared(submission: Submission, salt: Salt) -> _Prepared:
    event, sealed = submission.event, NOTHING
    if submission.private:
        _require_absent(event, "private")
        sealed = {name: Opening(value, salt()) for name, value in submission.private.items()}
        event = with_private(event, sealed)
    if submission.closed_until is not None:
        _require_absent(event, "confidential")
        event = closed(event, salt=salt(), until=submission.closed_until)
    head, entry = entry_of(event)
    if head.kind.startswith(OF_THE_LOG):
        what, way_out = f"Only the log itself writes {head.kind!r}.", "Choose another type for the event."
        raise InputProblem("journal.event.reserved", what, head.key, way_out)
    return _Prepared(head.key, event, entry, leaf_hash(entry), sealed)


def _require_absent(event: Mapping[str, object], name: str) -> None:
    if name in event:
        what, way_out = f"The event has {name!r} already.", "Give it in one way: in the event, or beside it."
        raise InputProblem("journal.event.twice", what, str(event.get("key")), way_out)


def _known(transaction: Transaction, keys: set[str]) -> dict[str, tuple[int, bytes]]:
    """Find which keys are in the journal already, with place and body."""
    wanted = sorted(keys)
    found: dict[str, tuple[int, bytes]] = {}
    for at in range(0, len(wanted), _NAMES_AT_ONCE):
        some = wanted[at : at + _NAMES_AT_ONCE]
        marks = ", ".join("?" * len(some))
        rows = transaction.rows(f"SELECT name, place, body FROM kezek_entry WHERE name IN ({marks})", some)  # noqa: S608 - marks only
        found |= {name: (place, _body(place, body)) for name, place, body in rows}
    return found


def _again(transaction: Transaction, one: _Prepared, place: int, body: bytes) -> Accepted:
    kept = {name: item.value for name, item in openings(transaction, place).items()}
    _require_same(one, _event(place, body), kept)
    return Accepted(one.key, place, leaf_hash(body), existed=True)


def _require_same(one: _Prepared, stored: Mapping[str, object], kept: Mapping[str, object]) -> None:
    """Refuse another content under the same key; of forgotten data nothing can be compared."""
    same = canonical_bytes(content_of(stored)) == canonical_bytes(content_of(one.event))
    if not one.openings:
        same &= stored.get("private") == one.event.get("private")
    values = [(kept.get(name, item.value), item.value) for name, item in one.openings.items()]
    if not same or any(canonical_bytes([was]) != canonical_bytes([is_]) for was, is_ in values):
        what = "There is another event under this key."
        way_out = "Send the same event again, or a new one under its own key."
        raise InputProblem("journal.event.conflict", what, one.key, way_out)


def _insert(transaction: Transaction, fresh: Sequence[_Prepared], size: int) -> bool:
    """Put events behind the first `size`; False, with nothing changed, where a key is there already."""
    if not fresh:
        return True
    rows = [(size + at, one.key, one.entry, one.leaf) for at, one in enumerate(fresh)]
    if not transaction.insert_new("INSERT INTO kezek_entry (place, name, body, leaf) VALUES (?, ?, ?, ?)", rows):
        return False
    opened = [(size + at, name, item) for at, one in enumerate(fresh) for name, item in one.openings.items()]
    if opened:
        insert_openings(transaction, opened)
    transaction.rows("UPDATE kezek_log SET size = ? WHERE one = 1", (size + len(fresh),))
    return True


def _head(rows: Sequence[tuple[object, ...]]) -> Head:
    match rows:
        case [(str(found), str(origin), str(first), int(size), int(integrated))]:
            pass
        case _:
            raise no_journal("")
    if found != FORMAT:
        what, way_out = f"The journal has the form {found!r}, this is {FORMAT!r}.", "Use the Kezek that wrote it."
        raise InputProblem("journal.log.format", what, origin, way_out)
    return Head(origin, first, size, integrated)


def _body(place: int, stored: object) -> bytes:
    """Return a body as it was stored; a database whose bits flipped may give no bytes, or no place, at all."""
    if not isinstance(stored, bytes) or not isinstance(place, int):
        raise _damaged(place, f"Its body is {type(stored).__name__}, not bytes.")
    return stored


def _event(place: int, body: bytes) -> JsonObject:
    try:
        event = parse_canonical(body)
        key_of(event)
    except EvidenceError as error:
        raise _damaged(place, f"Its stored bytes are no event: {error}") from error
    return event


def _damaged(place: int, what: str) -> InputProblem:
    way_out = "Stop, keep a copy, and restore the newest backup; `kezek audit` names all that differs."
    return InputProblem("journal.entry.damaged", what, f"entry {place}", way_out)


def page_damaged(what: str, where: str) -> InputProblem:
    """Refuse a page of the tree that is not what the signed root was made of."""
    way_out = "Restore the newest backup; `kezek audit` names all that differs."
    return InputProblem("journal.page.damaged", what, where, way_out)


def _missing(place: int) -> InputProblem:
    what, way_out = "It is not where the journal says it is.", "Restore the newest backup; `kezek audit` tells more."
    return InputProblem("journal.entry.missing", what, f"entry {place}", way_out)
