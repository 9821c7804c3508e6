"""A journal's folder from the command line: its settings, its database, its keys, its pin and its public files."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kezek.cli.asked import fresh_seed, now
from kezek.cli.journal_witnesses import Asked, ask_all
from kezek.evidence.canonical import canonical_bytes, parse_canonical
from kezek.evidence.error import EvidenceError
from kezek.evidence.signature import Signer, parse_signer, signer_text
from kezek.journal.durable import held, replace_file
from kezek.journal.journal import look
from kezek.journal.pin import Pin
from kezek.journal.publication import Published, publish_files
from kezek.journal.publishing import Signed, publish
from kezek.journal.sqlite_store import SqliteStore
from kezek.journal.store import Store
from kezek.units.problem import InputProblem

SETTINGS_FILE = "journal.json"
DATABASE_FILE = "journal.db"
KEY_FILE = "log.key"
NEXT_KEY_FILE = "log.key.next"
KEYS_LOCK_FILE = ".keys.lock"
PIN_FILE = "pin.json"
PUBLIC_FOLDER = "public"
FORMAT = "kezek-journal-folder@v1"
URL_VARIABLE = "KEZEK_DATABASE_URL"
SQLITE, POSTGRES = "sqlite", "postgres"
_OTHERS = 0o077
_HELD: set[Path] = set()
"""Locks that this process holds; a command runs in one thread."""


@dataclass(frozen=True, slots=True)
class JournalFolder:
    """A journal as it lies in a folder: whose log, and in what database."""

    path: Path
    name: str
    database: str

    @property
    def pin(self) -> Pin:
        """The last checkpoint, outside the database."""
        return Pin(self.path / PIN_FILE)

    @property
    def public(self) -> Path:
        """The folder that a web server may show."""
        return self.path / PUBLIC_FOLDER


def open_folder(path: Path) -> JournalFolder:
    """Read the settings of a journal's folder.

    Raises:
        InputProblem: journal.folder.none, .settings.
    """
    try:
        found = parse_canonical((path / SETTINGS_FILE).read_bytes().removesuffix(b"\n"))
    except (FileNotFoundError, NotADirectoryError) as error:
        way_out = "Name the folder of a journal, or begin one with `kezek journal init`."
        raise InputProblem("journal.folder.none", f"holds no {SETTINGS_FILE}.", str(path), way_out) from error
    except (OSError, EvidenceError) as error:
        raise _settings(path, str(error)) from error
    match found:
        case {"database": str(database), "format": str(form), "name": str(name)} if form == FORMAT:
            return JournalFolder(path, name, database)
        case _:
            raise _settings(path, f"it is not of the form {FORMAT}")


def write_settings(folder: JournalFolder) -> None:
    """Write the settings of a new folder."""
    settings = {"database": folder.database, "format": FORMAT, "name": folder.name}
    replace_file(folder.path / SETTINGS_FILE, canonical_bytes(settings) + b"\n")


@contextmanager
def opened(folder: JournalFolder, *, new: bool = False) -> Iterator[Store]:
    """Open the database of a journal, and let go of it.

    Args:
        new: The database is only just begun.
    Raises:
        InputProblem: journal.store.*.
    """
    store = _store(folder, new=new)
    try:
        yield store
    finally:
        store.close()


def publish_all(folder: JournalFolder, store: Store) -> tuple[Signed, Published, list[Asked]]:
    """Sign all that is accepted, across a change of keys too, ask the witnesses, and show it in the public files.

    Raises:
        InputProblem: journal.*; nothing is shown where a witness saw another history.
    """
    asked: list[Asked] = []
    with store.look() as transaction:
        goal = look(transaction).size
    with keys_held(folder):
        while True:
            signed = _publish_once(folder, store)
            asked += ask_all(folder.path, store, signed)
            if signed.checkpoint.size >= goal:
                return signed, publish_files(store, folder.public, now=now()), asked


@contextmanager
def keys_held(folder: JournalFolder) -> Iterator[None]:
    """Hold the keys of a journal, so that no two change or use them at once; a block inside another waits for nobody.

    Raises:
        InputProblem: journal.folder.unwritable.
    """
    path = folder.path / KEYS_LOCK_FILE
    if path in _HELD:
        yield
        return
    try:
        with held(path, wait=True):
            _HELD.add(path)
            try:
                yield
            finally:
                _HELD.discard(path)
    except OSError as error:
        what, way_out = f"cannot be used ({error.strerror}).", "Check the rights of the folder."
        raise InputProblem("journal.folder.unwritable", what, str(error.filename or path), way_out) from error


def read_key(path: Path) -> Signer:
    """Read a private key.

    Raises:
        InputProblem: journal.key.none, .form.
    """
    try:
        if sys.platform != "win32" and path.stat().st_mode & _OTHERS:
            what, way_out = "may be read by others.", f"Make it yours alone: chmod 600 {path}"
            raise InputProblem("journal.key.open", what, str(path), way_out)
        return parse_signer(path.read_bytes())
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Give the private key of the log."
        raise InputProblem("journal.key.none", what, str(path), way_out) from error
    except EvidenceError as error:
        what, way_out = f"is no private key ({error.what}).", "Give the private key of the log."
        raise InputProblem("journal.key.form", what, str(path), way_out) from error


def write_key(path: Path, signer_name: str) -> Signer:
    """Make a new private key, readable by its owner only.

    Raises:
        EvidenceError: a name that no key can have.
    """
    seed = fresh_seed()
    signer = Signer(signer_name, seed)
    replace_file(path, signer_text(signer_name, seed).encode(), mode=0o600)
    return signer


def _publish_once(folder: JournalFolder, store: Store) -> Signed:
    """Sign with the key whose turn it is; the next one takes the place of the old when the log has changed to it."""
    signer = read_key(folder.path / KEY_FILE)
    following = folder.path / NEXT_KEY_FILE
    try:
        return publish(store, pin=folder.pin, signer=signer, now=now())
    except InputProblem as problem:
        if problem.code != "journal.key.other" or not following.exists():
            raise
    signed = publish(store, pin=folder.pin, signer=read_key(following), now=now())
    following.replace(folder.path / KEY_FILE)
    return signed


def _store(folder: JournalFolder, *, new: bool) -> Store:
    if folder.database == SQLITE:
        path = folder.path / DATABASE_FILE
        if not new and not path.exists():
            what = "The database is missing."
            way_out = "Take it back from the newest backup; never begin another under the same name."
            raise InputProblem("journal.store.missing", what, str(path), way_out)
        return SqliteStore(path)
    url = os.environ.get(URL_VARIABLE, "")
    if not url:
        what, way_out = f"The journal lies in PostgreSQL, and {URL_VARIABLE} is not set.", f"Set {URL_VARIABLE}."
        raise InputProblem("journal.store.address", what, str(folder.path), way_out)
    from kezek.journal.postgres_store import PostgresStore

    return PostgresStore(url)


def _settings(path: Path, what: str) -> InputProblem:
    way_out = "Take it back from a copy."
    return InputProblem("journal.folder.settings", f"is damaged: {what}.", str(path / SETTINGS_FILE), way_out)
