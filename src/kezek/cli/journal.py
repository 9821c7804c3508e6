"""`kezek journal`: a log that only grows, kept in a database, signed and shown to the world."""

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, BinaryIO

from rich.console import Console

from kezek.cli.asked import fresh_seed, moment_of, now
from kezek.cli.journal_folder import (
    DATABASE_FILE,
    KEY_FILE,
    KEYS_LOCK_FILE,
    NEXT_KEY_FILE,
    PIN_FILE,
    POSTGRES,
    SETTINGS_FILE,
    SQLITE,
    JournalFolder,
    keys_held,
    open_folder,
    opened,
    publish_all,
    read_key,
    write_key,
    write_settings,
)
from kezek.cli.journal_witnesses import add_witness, keep_answer, known_witnesses
from kezek.cli.key_files import log_key, read_file
from kezek.cli.output import counted, give, write
from kezek.evidence.error import EvidenceError
from kezek.evidence.event import entry_of, head_of, with_private
from kezek.evidence.sealed import SALT_BYTES, Opening
from kezek.evidence.signature import Signer
from kezek.journal import archive, publishing
from kezek.journal.durable import PARTIAL, replace_file
from kezek.journal.folder_log import first_key
from kezek.journal.journal import Accepted, State, Submission, append, forget, heads, look, openings
from kezek.journal.publication import publish_files
from kezek.journal.store import Store, Transaction
from kezek.market.embargo import bids_open
from kezek.trading.events import SessionInput
from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

GROUP = 1000
EXIT_TRUE, EXIT_FALSE = 0, 1


def init_command(folder: Path, name: str, database: str) -> int:
    """Begin a journal: settings, key, database, and a signed checkpoint over nothing."""
    if database not in (SQLITE, POSTGRES):
        way_out = f"Choose {SQLITE} or {POSTGRES}."
        raise InputProblem("journal.store.kind", f"{database!r} is no store.", "--database", way_out)
    one = _new_folder(folder, name, database)
    key = folder / KEY_FILE
    try:
        signer = read_key(key) if key.exists() else write_key(key, name)
    except EvidenceError as error:
        way_out = "Choose a name as kezek.example/log: no space, no plus."
        raise InputProblem(str(error.code), f"{error.what}.", "--name", way_out) from error
    if signer.name != name:
        what, way_out = f"holds the key of {signer.name!r}.", "Give that name, or choose a new folder."
        raise InputProblem("journal.key.other", what, str(folder), way_out)
    write_settings(one)
    with opened(one, new=True) as store:
        publishing.begin(store, pin=one.pin, signer=signer, now=now())
        publish_all(one, store)
    console = _console()
    console.print(f"The journal {name} is begun in {folder}.", markup=False)
    console.print(f"  its key, to be told to everybody: {signer.vkey}", markup=False, soft_wrap=True)
    console.print(f"  its private key, to be kept: {key}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def append_command(folder: Path, source: str, closed_until: str | None = None) -> int:
    """Append events, one JSON object a line, in groups; say of each where it stands.

    Args:
        closed_until: Moment until which the bodies stay closed; a session's, if it is not given, till its embargo
            ends.
    """
    one = open_folder(folder)
    new = total = 0
    until = None if closed_until is None else moment_of(closed_until)
    with opened(one) as store:
        for group in _groups(_closed(_submissions(source), until)):
            with store.begin() as transaction:
                accepted = _append(transaction, group)
            total += len(accepted)
            new += sum(not item.existed for item in accepted)
            write("".join(f"{item.place}\t{_said(item)}\t{item.key}\n" for item in accepted))
    sys.stderr.write(f"new: {new}, there already: {total - new}\n")
    return EXIT_TRUE


def publish_command(folder: Path) -> int:
    """Sign all that is accepted, and bring the public files up to it."""
    one = open_folder(folder)
    with opened(one) as store:
        signed, shown, asked = publish_all(one, store)
    console = _console()
    said = f"PUBLISHED: {counted(signed.checkpoint.size)}, root {signed.checkpoint.root.hex()}"
    console.print(said, markup=False, soft_wrap=True)
    files = shown.tiles + shown.bundles
    console.print(f"  files written: {files}, to be served from {one.public}", markup=False, soft_wrap=True)
    if shown.closed:
        console.print(f"  still closed, or behind one that is: {counted(shown.closed)}", markup=False)
    for answer in asked:
        console.print(f"  witness {answer.name}: {answer.what}", markup=False, soft_wrap=True)
    return EXIT_TRUE if all(answer.cosigned for answer in asked) else EXIT_FALSE


def witness_command(folder: Path, vkey: Path, url: str) -> int:
    """Collect the cosignatures of a witness from now on."""
    one = open_folder(folder)
    with opened(one) as store:
        added = add_witness(folder, store, vkey, url)
    where = f"asked at {url} whenever the journal is published" if url else "asked by hand"
    _console().print(f"The witness {added.key.name} is {where}.", markup=False, soft_wrap=True)
    return EXIT_TRUE


def cosign_command(folder: Path, answer: Path) -> int:
    """Keep the answer of a witness that was asked by hand, and show it in the public files."""
    one = open_folder(folder)
    keys = [item.key for item in known_witnesses(folder)]
    with opened(one) as store:
        with store.look() as transaction:
            signed = publishing.last_signed(transaction, publishing.key_chain(transaction, look(transaction)))
        names = keep_answer(store, signed, read_file(answer), keys)
        publish_files(store, one.public, now=now())
    if not names:
        way_out = "Name its key first: kezek journal witness FOLDER WITNESS.vkey"
        raise InputProblem("journal.witness.unknown", "holds no line of a known witness.", str(answer), way_out)
    said = f"{', '.join(names)} cosigned the checkpoint over {counted(signed.checkpoint.size)}."
    _console().print(said, markup=False, soft_wrap=True)
    return EXIT_TRUE


def status_command(folder: Path, *, as_json: bool) -> int:
    """Say where a journal stands."""
    one = open_folder(folder)
    with opened(one) as store, store.look() as transaction:
        found = _status(transaction)
    if as_json:
        write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
        return EXIT_TRUE
    console = _console()
    console.print(f"{found['name']}", markup=False, style="bold")
    for name in ("accepted", "integrated", "published"):
        console.print(f"  {name:<11}{found[name]:>12,}".replace(",", " "), markup=False)
    console.print(f"  root       {found['root']}", markup=False, soft_wrap=True)
    console.print(f"  signed     {found['signed_at']}", markup=False)
    console.print(f"  key        {found['key']}", markup=False, soft_wrap=True)
    console.print(f"  witnesses  {', '.join(found['witnesses']) or 'none cosigned'}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def list_command(folder: Path, start: int, most: int) -> int:
    """List entries: place, moment, kind, key."""
    one = open_folder(folder)
    with opened(one) as store, store.look() as transaction:
        for place, head in heads(transaction, start, start + most):
            closed = f"\tclosed until {head.until:%Y-%m-%dT%H:%M:%SZ}" if head.until else ""
            write(f"{place}\t{head.at:%Y-%m-%dT%H:%M:%SZ}\t{head.kind}\t{head.key}{closed}\n")
    return EXIT_TRUE


def receipt_command(folder: Path, key: str, out: Path | None) -> int:
    """Give the receipt of an event; of one that is not published yet say how far it has come."""
    one = open_folder(folder)
    with opened(one) as store, store.look() as transaction:
        found = publishing.state_of(transaction, key)
    if found is None:
        raise _unknown_event(key, folder)
    state, place, receipt = found
    if receipt is None:
        following = "publish it" if state is State.INTEGRATED else "integrate and publish it"
        sys.stderr.write(f"{key}: {state}, entry {place}; `kezek journal publish` will {following}\n")
        return EXIT_FALSE
    give(receipt, out)
    return EXIT_TRUE


def _unknown_event(key: str, folder: Path) -> InputProblem:
    way_out = "`kezek journal list` names them."
    return InputProblem("journal.event.unknown", f"There is no event {key!r}.", str(folder), way_out)


def growth_command(folder: Path, since: int, out: Path | None) -> int:
    """Give the text that shows that the log only grew since an older checkpoint."""
    one = open_folder(folder)
    with opened(one) as store, store.look() as transaction:
        text = publishing.growth_since(transaction, since)
    give(text, out)
    return EXIT_TRUE


def rotate_command(folder: Path) -> int:
    """Change the log's key: the old one signs for the new one, from then on the new one signs."""
    one = open_folder(folder)
    following = folder / NEXT_KEY_FILE
    with opened(one) as store, keys_held(one):
        publish_all(one, store)
        old = _settled_key(one, store)
        new = read_key(following) if following.exists() else write_key(following, one.name)
        place = publishing.rotate(store, old=old, new=new, now=now())
        publish_all(one, store)
    console = _console()
    console.print(f"The log has a new key; the change is entry {place}, signed for by the old one.", markup=False)
    console.print(f"  tell everybody: {new.vkey}", markup=False, soft_wrap=True)
    return EXIT_TRUE


def forget_command(folder: Path, key: str) -> int:
    """Destroy the personal data kept beside an event; the log stays whole."""
    one = open_folder(folder)
    with opened(one) as store, store.begin() as transaction:
        count = forget(transaction, key)
    with opened(one) as store:
        store.erase()
    _console().print(f"Private fields of {key} destroyed: {count}. The log is the same.", markup=False)
    return EXIT_TRUE


def disclose_command(folder: Path, key: str) -> int:
    """Print the personal data kept beside an event as JSON, with the salts that prove it."""
    one = open_folder(folder)
    with opened(one) as store, store.look() as transaction:
        found = publishing.state_of(transaction, key)
        if found is None:
            raise _unknown_event(key, folder)
        opening = openings(transaction, found[1])
    shown = {name: {"salt": item.salt.hex(), "value": item.value} for name, item in opening.items()}
    write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    return EXIT_TRUE


def export_command(folder: Path, target: Path, *, with_private: bool) -> int:
    """Write all that is signed as plain files."""
    one = open_folder(folder)
    if target.resolve().is_relative_to(folder.resolve()):
        what, way_out = "lies in the journal's own folder.", "Choose a folder elsewhere, on another disk if you can."
        raise InputProblem("journal.archive.place", what, str(target), way_out)
    with opened(one) as store:
        size = archive.write_archive(store, target, with_private=with_private)
    console = _console()
    console.print(f"{counted(size)}, the tree and every checkpoint are in {target}.", markup=False, soft_wrap=True)
    console.print("  Closed entries are among them: this is a copy to keep, not one to publish.", markup=False)
    return EXIT_TRUE


def import_command(source: Path, folder: Path, key: Path | None, signing_key: Path, database: str) -> int:
    """Bring an archive back into an empty journal, if every byte of it leads to what was signed."""
    verifier = log_key(key) if key else first_key(source)
    signer = read_key(signing_key)
    one = _new_folder(folder, verifier.name, database, again=True)
    with opened(one, new=True) as store:
        audit = archive.bring_back(source, store=store, pin=one.pin, first_key=verifier, now=now())
        replace_file(folder / KEY_FILE, signing_key.read_bytes(), mode=0o600)
        write_settings(one)
        publish_all(one, store)
    pinned = "" if key else " by the key that lies in it; give --key to check against one you trust"
    console = _console()
    console.print(f"{counted(audit.size)} back, verified{pinned}.", markup=False, soft_wrap=True)
    if signer.verifier != audit.chain.current:
        console.print("  The private key is not the one in force: nothing new can be signed with it.", markup=False)
    return EXIT_TRUE


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    submission: Submission


def _submissions(source: str) -> Iterator[_Line]:
    """Read events from a file or the standard input; a line may add `private` values and `closed_until`."""
    stream = sys.stdin.buffer if source == "-" else _opened(Path(source))
    with stream:
        for number, line in enumerate(stream, start=1):
            text = line.removeprefix(BOM_UTF8) if number == 1 else line
            if text.strip():
                yield _Line(number, _submission(text, f"{source}, line {number}"))


def _closed(lines: Iterator[_Line], until: datetime | None) -> Iterator[_Line]:
    """Close the bodies of events that do not say themselves until when; a session that opens says it for all."""
    for line in lines:
        event = line.submission.event
        if until is None and line.number == 1 and event.get("type") == SessionInput.OPENED:
            until = _embargo_of(event)
        if until is None or line.submission.closed_until is not None:
            yield line
        else:
            yield _Line(line.number, replace(line.submission, closed_until=until))


def _embargo_of(opened_event: Mapping[str, object]) -> datetime | None:
    """Return the moment at which the bids of a session are open to all."""
    match opened_event.get("data"):
        case {"on": str(on), "embargo_days": int(days)} if days >= 0:
            opens_on = bids_open(delivered_on=date.fromisoformat(on), embargo_days=days, on=date.min).until_on
            return datetime.combine(opens_on, time(), ALMATY)
        case _:
            return None


def _submission(line: bytes, where: str) -> Submission:
    try:
        found = json.loads(line.decode(), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        way_out = "Write one JSON object a line."
        raise InputProblem("journal.event.form", f"is no JSON: {error}.", where, way_out) from error
    if not isinstance(found, dict):
        raise InputProblem("journal.event.form", "is no object.", where, "Write one JSON object a line.")
    private, until = found.pop("private", {}), found.pop("closed_until", None)
    if not isinstance(private, Mapping) or not isinstance(until, str | None):
        way_out = "Write private as an object of values, closed_until as 2025-10-14T09:40."
        raise InputProblem("journal.event.form", "has private or closed_until of another form.", where, way_out)
    try:
        event = Submission(found, private, None if until is None else moment_of(until))
    except InputProblem as problem:
        raise InputProblem(problem.code, f"closed_until: {problem.what}", where, problem.way_out) from problem
    try:
        head_of(found)
    except EvidenceError as error:
        raise InputProblem(str(error.code), f"{error.what}.", where, _FORM) from error
    return event


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


_FORM = 'An event is as {"at":"2025-10-14T05:00:05Z","data":{},"key":"order/1","type":"order.submitted","v":1}.'


def _append(transaction: Transaction, group: list[_Line]) -> list[Accepted]:
    try:
        return append(transaction, [line.submission for line in group], salt=fresh_seed)
    except EvidenceError as error:
        raise InputProblem(str(error.code), f"{error.what}.", _blamed(group), _FORM) from error


def _blamed(group: list[_Line]) -> str:
    """Name the first line of a group that no log takes."""
    for line in group:
        one = line.submission
        try:
            sealed = {name: Opening(value, bytes(SALT_BYTES)) for name, value in one.private.items()}
            entry_of(with_private(one.event, sealed) if sealed else one.event)
        except EvidenceError:
            return f"line {line.number}"
    return f"lines {group[0].number} to {group[-1].number}"


def _groups(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    group: list[_Line] = []
    for line in lines:
        group.append(line)
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


def _said(accepted: Accepted) -> str:
    return "existed" if accepted.existed else str(State.ACCEPTED)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        what = f"cannot be read ({error.strerror})."
        raise InputProblem("cli.file.unreadable", what, str(path), "Check the path and its rights.") from error


def _status(transaction: Transaction) -> dict[str, Any]:
    head = look(transaction)
    chain = publishing.key_chain(transaction, head)
    signed = publishing.last_signed(transaction, chain)
    at = datetime.fromtimestamp(signed.signed_unix_s, UTC).astimezone(ALMATY)
    return {
        "name": head.origin,
        "accepted": head.size,
        "integrated": head.integrated,
        "published": signed.checkpoint.size,
        "root": signed.checkpoint.root.hex(),
        "signed_at": at.isoformat(),
        "key": chain.current.vkey,
        "witnesses": [name for name, _ in publishing.cosignatures(transaction, signed.checkpoint.size)],
    }


def _settled_key(one: JournalFolder, store: Store) -> Signer:
    """Return the private key in force; one that the log has changed to already takes the old one's place first."""
    with store.look() as transaction:
        current = publishing.key_chain(transaction, look(transaction)).current
    following = one.path / NEXT_KEY_FILE
    if following.exists() and read_key(following).verifier == current:
        following.replace(one.path / KEY_FILE)
    return read_key(one.path / KEY_FILE)


def _new_folder(folder: Path, name: str, database: str, *, again: bool = False) -> JournalFolder:
    """Make the folder of a new journal, or take up one whose beginning was cut off; `again` with its pin."""
    if not folder.parent.is_dir():
        way_out = f"Make it first: mkdir -p {folder.parent}"
        raise InputProblem("journal.folder.parent", "lies in a folder that does not exist.", str(folder), way_out)
    try:
        folder.mkdir(exist_ok=True)
        if (folder / PIN_FILE).exists() and not again:
            way_out = "Use that log, or name another folder."
            raise InputProblem("journal.log.exists", "A log was begun here before.", str(folder), way_out)
        if any(not _left_by_a_beginning(item.name) for item in folder.iterdir()):
            way_out = "Choose a new or an empty folder."
            raise InputProblem("journal.folder.foreign", "holds something else.", str(folder), way_out)
    except OSError as error:
        what, way_out = f"cannot be written ({error.strerror}).", "Choose a folder you may write to."
        raise InputProblem("journal.folder.unwritable", what, str(folder), way_out) from error
    return JournalFolder(folder, name, database)


def _left_by_a_beginning(name: str) -> bool:
    """Tell whether a file can be what a beginning that was cut off left: it goes on from there."""
    known = (KEY_FILE, KEYS_LOCK_FILE, PIN_FILE, SETTINGS_FILE, f".{PIN_FILE}.lock")
    return name in known or name.startswith(DATABASE_FILE) or name.endswith(PARTIAL)


def _console() -> Console:
    return Console(highlight=False)
