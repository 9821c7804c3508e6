"""Archives: a whole journal as plain files, to be kept, moved, or brought back into a database.

The files are those of a publication, all entries included, with every checkpoint and its cosignatures beside them; on
request also the personal data that the log holds hashes of. An archive is written whole or not at all; it comes back
only if every byte leads to what was signed.
"""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.canonical import JsonObject, canonical_bytes, parse_canonical
from kezek.evidence.error import EvidenceError
from kezek.evidence.keychain import KEY_ROTATED, KeyChain
from kezek.evidence.log_audit import MISSING, LogAudit, LogSource, Stored, audit_log
from kezek.evidence.sealed import Opening, check_opening
from kezek.evidence.signature import SignatureLine, Verifier, parse_signature_line, split_note
from kezek.evidence.tiles import TILE_WIDTH, Tile, entries_path, pack_entries, spans_between, tiles_between
from kezek.evidence.tree import HASH_BYTES, leaf_hash
from kezek.journal.folder import Content, write_folder
from kezek.journal.folder_log import (
    CHECKPOINTS_FILE,
    OPENINGS_FILE,
    checkpoint_lines,
    damaged_keys,
    read_bodies,
    read_lines,
    source_of,
)
from kezek.journal.journal import (
    create,
    entries,
    insert_entries,
    insert_openings,
    integrate,
    look,
    opening_of,
    read_page,
    whole_page,
)
from kezek.journal.manifest import check_folder
from kezek.journal.pin import Pin, Pinned
from kezek.journal.publication import CHECKPOINT_FILE, VKEY_FILE
from kezek.journal.publishing import (
    checkpoints,
    cosignatures,
    cosigned_note,
    damaged_checkpoints,
    insert_checkpoint,
    keep_cosignature,
    key_chain,
    last_signed,
    rotation_receipts,
)
from kezek.journal.store import Block, Store, Transaction
from kezek.units.problem import InputProblem

_NAMED_MOST = 3
_BLOCK_MOST, _BLOCK_LEAST = 65_536, 256
_BLOCK_BYTES = 1 << 28
_HOLES_MOST = 65_536


def write_archive(store: Store, target: Path, *, with_private: bool) -> int:
    """Write everything that is signed as a folder, and return how many entries that is.

    Args:
        with_private: Also the personal data kept beside the log, in a file of its own.
    Raises:
        InputProblem: journal.archive.damaged where the database does not lead to what was signed, journal.folder.*,
            journal.store.*.
    """
    with store.look() as transaction:
        head = look(transaction)
        first = key_chain(transaction, head).links[0][1]
        audit = audit_log(store_source(transaction), KeyChain.of(first))
        if wrong := [one.what for one in audit.findings] + damaged_notes(transaction, audit.chain):
            what = f"The database does not lead to what was signed: {wrong[0]}."
            way_out = "Restore the newest backup; `kezek audit` names all that differs."
            raise InputProblem("journal.archive.damaged", what, head.origin, way_out)
        chain = key_chain(transaction, head)
        size = last_signed(transaction, chain).checkpoint.size
        files = dict(_files(transaction, chain, size))
        if with_private:
            files[OPENINGS_FILE] = _opening_lines(transaction)
        write_folder(target, files, marker=CHECKPOINTS_FILE)
    if sys.platform != "win32":
        target.chmod(0o700)
    return size


def bring_back(folder: Path, *, store: Store, pin: Pin, first_key: Verifier, now: datetime) -> LogAudit:
    """Verify an archive whole, and put it into an empty database.

    What was signed after the archive was written is not in it, and nobody here can know of it: take the newest, and
    compare with the checkpoint that is published.

    Args:
        first_key: The key that the log began with, from a source that is trusted.
    Raises:
        InputProblem: journal.archive.torn for a file that is missing, cut off or changed since it was written,
            .damaged for bytes that do not lead to what was signed; journal.log.exists, journal.store.*. Nothing is
            kept then.
    """
    _require_whole(folder)
    audit = audit_log(source_of(folder), KeyChain.of(first_key))
    wrong = [one.what for one in audit.findings] + damaged_keys(folder, audit.chain)
    if wrong or audit.closed:
        raise _damaged(folder, wrong[0] if wrong else "not all of its entries are there")
    kept = [_checkpoint_of(line, audit.chain, folder, now) for line in checkpoint_lines(folder)]
    bodies = list(read_bodies(folder))
    opened = list(_openings_of(folder, bodies))
    if [one.size for one in kept] != sorted({one.size for one in kept}) or not kept or kept[-1].size != len(bodies):
        raise _damaged(folder, f"{CHECKPOINTS_FILE} does not lead from one checkpoint to the last")
    with store.begin() as transaction:
        if transaction.has_table("kezek_log"):
            what, way_out = "There is a journal in this database already.", "Name another database."
            raise InputProblem("journal.log.exists", what, str(folder), way_out)
        create(store, transaction, origin=first_key.name, vkey=first_key.vkey)
        try:
            whole = _restore(transaction, bodies, opened, kept)
        except EvidenceError as error:
            raise _damaged(folder, f"an entry is no event: {error}") from error
        if not whole:
            raise _damaged(folder, "two of its entries have the same key")
        integrate(transaction)
        last = Pinned(kept[-1].note, kept[-1].signed_unix_s)
        if pin.read() != last and not pin.swap(None, last):
            what, way_out = "A log was begun here before.", "Name another place."
            raise InputProblem("journal.log.exists", what, str(folder), way_out)
    return audit


def store_source(transaction: Transaction) -> LogSource:
    """Return the log of a database as a source for `audit_log`."""
    head = look(transaction)
    return LogSource(
        _stored(transaction, head.size),
        [note if isinstance(note, str) else repr(note) for _, note in checkpoints(transaction)],
        page=lambda depth, number: read_page(transaction, depth, number),
        integrated=head.integrated,
        beyond=transaction.rows("SELECT count(*) FROM kezek_entry WHERE place >= ? OR place < 0", (head.size,))[0][0],
        size=head.size,
    )


def damaged_notes(transaction: Transaction, chain: KeyChain) -> list[str]:
    """Check what the database notes beside the entries: whose log it is, where its key changes, who cosigned."""
    found = []
    if (origin := look(transaction).origin) != chain.origin:
        found.append(f"the database calls the log {origin}, its key {chain.origin}")
    if not checkpoints(transaction):
        found.append("the database holds no checkpoint")
    noted = [row[0] for row in transaction.rows("SELECT place FROM kezek_rotation ORDER BY place")]
    if noted != (changes := [from_size - 2 for from_size, _ in chain.links[1:]]):
        found.append(f"changes of keys are noted at the entries {noted}, the entries have them at {changes}")
    return found + damaged_checkpoints(transaction, chain)


def damaged_openings(transaction: Transaction) -> list[tuple[int, str]]:
    """Check the personal data kept beside the log against its hashes; return place and what is wrong."""
    found = []
    sql = (
        "SELECT o.place, o.field, o.salt, o.value, e.body FROM kezek_opening o "
        "LEFT JOIN kezek_entry e ON e.place = o.place ORDER BY o.place, o.field"
    )
    for rows in transaction.batches(sql):
        for place, name, salt, value, body in rows:
            try:
                digest = "" if body is None else _sealed(body, name)
                check_opening(opening_of(place, name, salt, value), digest)
            except EvidenceError as error:
                found.append((place, f"{name}: {error.what if digest else 'the entry holds no hash of it'}"))
            except (InputProblem, AttributeError):
                found.append((place, f"{name} is damaged"))
    return found


def _stored(transaction: Transaction, size: int) -> Iterator[Stored]:
    """Yield what the database holds; while one block is hashed the next is read.

    Whoever can write it can state any size: holes are shown, but not as many as a number can count.
    """
    count, longest = transaction.rows("SELECT count(*), max(length(body)) FROM kezek_entry")[0]
    end = min(size, 2 * count + _HOLES_MOST)
    width = min(_BLOCK_MOST, max(_BLOCK_LEAST, _BLOCK_BYTES // (longest or 1)))
    with ThreadPoolExecutor(1) as reader:
        ahead = reader.submit(_read_block, transaction, 0, min(width, end))
        for start in range(width, end + width, width):
            found, ahead = ahead.result(), reader.submit(_read_block, transaction, start, min(start + width, end))
            yield from found


def _read_block(transaction: Transaction, start: int, end: int) -> list[Stored]:
    """Read a block in one piece, or row by row where it is not what it should be."""
    width = end - start
    if width <= 0:
        return []
    block = transaction.block(start, end)
    names, bodies = block.names.split(b"\n"), block.bodies.split(b"\n")
    if block.count == width == len(names) == len(bodies) and len(block.leaves) == width * HASH_BYTES:
        ordinary = KEY_ROTATED.encode() not in block.bodies and b"\n\n" not in block.bodies
        return [Stored(start, bodies, names, block.leaves, ordinary=ordinary, marks=_marks(block, width))]
    return _row_by_row(transaction, start, width)


def _marks(block: Block, width: int) -> list[bytes] | None:
    """Return what bodies hold whose keys are all plain or all numbers, where none has the word for it twice."""
    if block.names.startswith(b"n/"):
        word, joined = b'"n":', b'"n":' + block.names[2:].replace(b"\nn/", b'\n"n":')
    else:
        word, joined = b'"key":', b'"key":"' + block.names.replace(b"\n", b'"\n"key":"') + b'"'
    return joined.split(b"\n") if block.bodies.count(word) == width else None


def _row_by_row(transaction: Transaction, start: int, width: int) -> list[Stored]:
    """Read entries one by one, with a hole for each that is missing."""
    sql = "SELECT place, name, body, leaf FROM kezek_entry WHERE place >= ? AND place < ?"
    rows = {place: rest for place, *rest in transaction.rows(sql, (start, start + width))}
    missing = ("", MISSING, leaf_hash(MISSING))
    found = [_typed(*rows.get(start + at, missing)) for at in range(width)]
    names, bodies, leaves = zip(*found, strict=True)
    return [Stored(start, bodies, names, leaves)]


def _typed(name: object, body: object, leaf: object) -> tuple[bytes, bytes, bytes]:
    """Take what a damaged database gives for what it should be: of another type it is damage that will show."""
    said = name.encode("utf-8", "surrogatepass") if isinstance(name, str) else repr(name).encode()
    stored = body if isinstance(body, bytes) else repr(body).encode()
    return said, stored, leaf if isinstance(leaf, bytes) else b""


def _files(transaction: Transaction, chain: KeyChain, size: int) -> Iterator[tuple[str, Content]]:
    for tile in tiles_between(0, size):
        yield tile.path, _page_writer(transaction, size, tile)
    for number, width in spans_between(0, size):
        yield entries_path(number, width), _bundle_writer(transaction, number * TILE_WIDTH, width)
    for number, receipt in enumerate(rotation_receipts(transaction), start=1):
        yield f"keys/{number:04d}.tlog-proof", receipt.encode()
    yield VKEY_FILE, f"{chain.links[0][1].vkey}\n".encode()
    yield CHECKPOINTS_FILE, _checkpoint_lines(transaction)
    yield CHECKPOINT_FILE, cosigned_note(transaction, last_signed(transaction, chain)).encode()


def _page_writer(transaction: Transaction, size: int, tile: Tile) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(whole_page(transaction, size, tile.depth, tile.number)[: tile.width * HASH_BYTES])

    return write


def _bundle_writer(transaction: Transaction, start: int, width: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(pack_entries(list(entries(transaction, start, start + width))))

    return write


def _checkpoint_lines(transaction: Transaction) -> bytes:
    rows = transaction.rows("SELECT size, note, signed_unix_s FROM kezek_checkpoint ORDER BY size")
    lines = [
        {
            "cosignatures": [{"line": line, "witness": name} for name, line in cosignatures(transaction, size)],
            "note": note,
            "signed_unix_s": at,
            "size": size,
        }
        for size, note, at in rows
    ]
    return b"".join(canonical_bytes(line) + b"\n" for line in lines)


def _opening_lines(transaction: Transaction) -> bytes:
    rows = transaction.rows("SELECT place, field, salt, value FROM kezek_opening ORDER BY place, field")
    opened = [(place, name, opening_of(place, name, salt, value)) for place, name, salt, value in rows]
    lines = [
        {"field": name, "place": place, "salt": to_base64(one.salt), "value": one.value}
        for place, name, one in opened
    ]
    return b"".join(canonical_bytes(line) + b"\n" for line in lines)


def _require_whole(folder: Path) -> None:
    torn = [one for one in check_folder(folder) if one.what != "is not in the manifest"]
    if torn:
        named = "; ".join(f"{one.file} {one.what}" for one in torn[:_NAMED_MOST])
        more = f" and {len(torn) - _NAMED_MOST} more" if len(torn) > _NAMED_MOST else ""
        way_out = "Copy the archive again, or take another one."
        raise InputProblem("journal.archive.torn", f"The copy is torn: {named}{more}.", str(folder), way_out)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A checkpoint as an archive keeps it, verified: its cosignatures are lines of the right form, no more."""

    size: int
    note: str
    signed_unix_s: int
    cosignatures: tuple[SignatureLine, ...]


def _checkpoint_of(line: JsonObject, chain: KeyChain, folder: Path, now: datetime) -> _Kept:
    match line:
        case {"cosignatures": list(lines), "note": str(note), "signed_unix_s": int(at), "size": int(size), **rest}:
            formed = not rest and type(at) is int and type(size) is int
        case _:
            formed = False
    if not formed:
        raise _damaged(folder, f"{CHECKPOINTS_FILE} has a line of another form")
    whole = note + "".join(str(one.get("line")) if isinstance(one, dict) else "" for one in lines)
    try:
        signed = chain.open(whole)
        cosigned = [parse_signature_line(text) for text in split_note(whole)[1][1:]]
    except EvidenceError as error:
        raise _damaged(folder, f"{CHECKPOINTS_FILE}: {error.what}") from error
    if signed.size != size or [{"line": one.text, "witness": one.name} for one in cosigned] != lines:
        raise _damaged(folder, f"{CHECKPOINTS_FILE} says another size or other cosignatures than its note")
    if not 0 <= at <= now.timestamp():
        raise _damaged(folder, f"{CHECKPOINTS_FILE} has a checkpoint from the future, or the clock stands wrong")
    return _Kept(size, note, at, tuple(cosigned))


def _restore(
    transaction: Transaction, bodies: list[bytes], opened: list[tuple[int, str, Opening]], kept: list[_Kept]
) -> bool:
    """Put entries, personal data and checkpoints in, all verified before; False where two entries have one key."""
    if not insert_entries(transaction, bodies):
        return False
    if opened:
        insert_openings(transaction, opened)
    for one in kept:
        insert_checkpoint(transaction, size=one.size, note=one.note, signed_unix_s=one.signed_unix_s)
        for line in one.cosignatures:
            keep_cosignature(transaction, size=one.size, witness=line.name, line=line.text)
    return True


def damaged_opening_lines(folder: Path) -> str | None:
    """Check the personal data of an archive against its hashes; say what is wrong, or nothing.

    Raises:
        InputProblem: journal.files.form.
    """
    try:
        list(_openings_of(folder, list(read_bodies(folder))))
    except InputProblem as problem:
        return problem.what
    return None


def _openings_of(folder: Path, bodies: list[bytes]) -> Iterator[tuple[int, str, Opening]]:
    """Yield the personal data of an archive, each checked against the hash that its entry holds."""
    seen = set()
    for line in read_lines(folder / OPENINGS_FILE):
        match line:
            case {"field": str(name), "place": int(place), "salt": str(salt), "value": value, **rest} if not rest:
                pass
            case _:
                raise _damaged(folder, f"{OPENINGS_FILE} has a line of another form")
        if type(place) is not int or not 0 <= place < len(bodies) or (place, name) in seen:
            raise _damaged(folder, f"{OPENINGS_FILE} names entry {place}, {name}, twice or where there is none")
        seen.add((place, name))
        try:
            one = Opening(value, from_base64(salt))
            check_opening(one, _sealed(bodies[place], name))
        except EvidenceError as error:
            raise _damaged(folder, f"entry {place}, {name}: {error.what}") from error
        yield place, name, one


def _sealed(body: bytes, name: str) -> str:
    """Return the digest that an entry holds of a private field, "" where it holds none."""
    match parse_canonical(body).get("private"):
        case {**digests} if isinstance(digests.get(name), str):
            return str(digests[name])
        case _:
            return ""


def _damaged(folder: Path, what: str) -> InputProblem:
    way_out = "Take another archive; `kezek audit` on this one tells more."
    return InputProblem(
        "journal.archive.damaged", f"It does not lead to what was signed: {what}.", str(folder), way_out
    )
