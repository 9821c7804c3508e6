"""Where a journal of the tests lives: its database of either kind, its pin, its public folder and its key."""

import os
import shutil
import sqlite3
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kezek.evidence.signature import Signer
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal import journal, publishing
from kezek.journal.journal import Submission
from kezek.journal.pin import Pin
from kezek.journal.publication import CHECKPOINT_FILE, publish_files
from kezek.journal.store import Store, Transaction

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
ORIGIN = "kezek.example/log"
KEY = Signer(ORIGIN, bytes(32))
OTHER_KEY = Signer(ORIGIN, b"\1" * 32)
THIRD_KEY = Signer(ORIGIN, b"\2" * 32)
TABLES = ("kezek_entry", "kezek_checkpoint")


def salt() -> bytes:
    return os.urandom(32)


def event(number: int | str, **changes) -> dict:
    return {
        "at": "2025-01-01T00:00:00Z",
        "data": {"number": number},
        "key": f"order/{number}",
        "type": "order.submitted",
        "v": 1,
        **changes,
    }


def submission(number: int | str, **options) -> Submission:
    return Submission(event(number), **options)


class Place:
    """One journal and all that belongs to it. Stores and connections opened here are closed with it."""

    def __init__(self, kind: str, where: str, folder: Path) -> None:
        self.kind = kind
        self.where = where
        self.folder = folder
        self.pin = Pin(folder / "pin")
        self.pin_path = folder / "pin"
        self.public = folder / "public"
        self._opened: list = []

    def open(self, **options) -> Store:
        return self._kept(open_store(self.kind, self.where, **options))

    def connect(self):
        """Return a caller's own connection, as an application has it."""
        if self.kind == "sqlite":
            connection = sqlite3.connect(self.where, isolation_level=None, timeout=30)
            connection.execute("PRAGMA synchronous = FULL")
            return self._kept(connection)
        import psycopg

        return self._kept(psycopg.connect(self.where, autocommit=True))

    def _kept(self, one):
        self._opened.append(one)
        return one

    def close(self) -> None:
        for one in self._opened:
            one.close()

    def clear(self) -> None:
        """Throw away database, pin and public files; nothing may be open."""
        if self.kind == "postgres":
            import psycopg

            with psycopg.connect(self.where, autocommit=True) as connection:
                user = connection.info.user
                connection.execute(f"DROP SCHEMA {user} CASCADE; CREATE SCHEMA {user}")
        shutil.rmtree(self.folder)
        self.folder.mkdir()

    def wait_until_alone(self) -> None:
        """Wait until the server noticed that its clients are gone: till then what they sent last may be committed."""
        if self.kind == "postgres":
            import psycopg

            others = "SELECT count(*) FROM pg_stat_activity WHERE usename = user AND pid <> pg_backend_pid()"
            with psycopg.connect(self.where, autocommit=True) as connection:
                deadline = time.monotonic() + 60
                while connection.execute(others).fetchone() != (0,) and time.monotonic() < deadline:
                    time.sleep(0.005)

    def begin(self, store: Store):
        return publishing.begin(store, pin=self.pin, signer=KEY, now=NOW)

    def publish(self, store: Store, *, signer=KEY, now=NOW):
        return publishing.publish(store, pin=self.pin, signer=signer, now=now)

    def publish_files(self, store: Store, *, now=NOW):
        return publish_files(store, self.public, now=now)

    @property
    def shown(self) -> str:
        return (self.public / CHECKPOINT_FILE).read_text()

    @contextmanager
    def tampering(self):
        """Give a transaction of somebody who has the database, without what bars changes."""
        store = open_store(self.kind, self.where)
        try:
            with store.begin() as transaction:
                if self.kind == "sqlite":
                    for (name,) in transaction.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                        transaction.rows(f"DROP TRIGGER {name}")
                else:
                    for table in TABLES:
                        transaction.rows(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                yield transaction
        finally:
            store.close()


def open_store(kind: str, where: str, **options) -> Store:
    if kind == "sqlite":
        from kezek.journal.sqlite_store import SqliteStore

        return SqliteStore(Path(where), **options)
    from kezek.journal.postgres_store import PostgresStore

    return PostgresStore(where, **options)


def append(store: Store, *submissions: Submission) -> list[journal.Accepted]:
    with store.begin() as transaction:
        return journal.append(transaction, submissions, salt=salt)


def append_many(store: Store, start: int, end: int) -> list[journal.Accepted]:
    return append(store, *(submission(number) for number in range(start, end)))


def stored(transaction: Transaction) -> list[tuple[int, str, bytes]]:
    return transaction.rows("SELECT place, name, body FROM kezek_entry ORDER BY place")


def tree_of(transaction: Transaction) -> Tree:
    """The tree over the stored bodies, by the simple code and not by the journal's."""
    return Tree(leaf_hash(body) for _, _, body in stored(transaction))
