"""Faults at each write: the k-th write of a piece of work fails, before it took effect or after it did.

Writes are counted where they happen (statements that change something, commits, and what the system is asked to do
with files), so that a write that somebody adds is covered without being named here.
"""

import errno
import os
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import psycopg

from kezek.journal.postgres_store import PostgresTransaction
from kezek.journal.sqlite_store import SqliteTransaction

BEFORE, AFTER, FROM_THEN_ON = "before", "after", "from then on"
MODES = (BEFORE, AFTER, FROM_THEN_ON)
_SYSTEM = ("replace", "mkdir", "unlink", "rmdir", "fsync", "open")
_NO_WRITE = ("SELECT", "PRAGMA", "BEGIN", "ROLLBACK", "SAVEPOINT", "RELEASE")


class Faults:
    """Counts writes, and lets the one that is armed fail."""

    def __init__(self) -> None:
        self.count = 0
        self.fired = 0
        self.name = ""
        self._at: int | None = None
        self._mode = BEFORE

    def arm(self, at: int, mode: str) -> None:
        self.count, self.fired, self.name, self._at, self._mode = 0, 0, "", at, mode

    def disarm(self) -> None:
        self._at = None

    def write(self, name, act, error):
        """Do a write, or fail."""
        if self._at is None:
            return act()
        number, self.count = self.count, self.count + 1
        hit = number >= self._at if self._mode == FROM_THEN_ON else number == self._at
        if not hit:
            return act()
        self.fired += 1
        self.name = self.name or name
        if self._mode == AFTER:
            act()
        raise error()


def disk_error() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def sqlite_error() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = "SQLITE_IOERR_WRITE"
    return error


def postgres_error() -> psycopg.OperationalError:
    return psycopg.OperationalError("the connection is lost")


class _Connection:
    """A connection whose commits can fail; all else is the real one's."""

    def __init__(self, connection, faults: Faults, error) -> None:
        self._real, self._faults, self._error = connection, faults, error

    def __getattr__(self, name):
        return getattr(self._real, name)

    def execute(self, sql, *values):
        def act():
            return self._real.execute(sql, *values)

        return self._faults.write(sql, act, self._error) if sql == "COMMIT" else act()


def wrap(store, faults: Faults):
    """Let the commits of a store fail."""
    error = sqlite_error if type(store).__name__ == "SqliteStore" else postgres_error
    store._connection = _Connection(store._connection, faults, error)
    return store


@contextmanager
def installed(monkeypatch, faults: Faults):
    """Let statements and file operations fail while the block runs."""
    with monkeypatch.context() as patch:
        for kind, error in ((SqliteTransaction, sqlite_error), (PostgresTransaction, postgres_error)):
            for name in ("rows", "run_many", "insert_new"):
                patch.setattr(kind, name, _statement(getattr(kind, name), faults, error))
        for name in _SYSTEM:
            patch.setattr(os, name, _system(name, getattr(os, name), faults))
        yield


def _statement(method, faults: Faults, error):
    def run(self, sql, *values):
        if sql.split(None, 1)[0] in _NO_WRITE:
            return method(self, sql, *values)
        kind = type(self).__module__.rpartition(".")[2]
        from kezek.journal import postgres_store, sqlite_store

        problems = {"sqlite_store": sqlite_store, "postgres_store": postgres_store}[kind]._problems
        with problems(self._where):
            return faults.write(sql, lambda: method(self, sql, *values), error)

    return run


def _system(name: str, function, faults: Faults):
    def run(*arguments, **options):
        if name == "open" and not arguments[1] & os.O_CREAT:
            return function(*arguments, **options)
        if name == "mkdir" and Path(arguments[0]).is_dir():
            return function(*arguments, **options)
        if name == "unlink" and str(arguments[0]).endswith(".partial"):
            # Clearing up after a failure; a file that is left behind there is written over by the next.
            return function(*arguments, **options)
        return faults.write(f"{name} {arguments}", lambda: function(*arguments, **options), disk_error)

    return run
