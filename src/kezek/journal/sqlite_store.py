"""The store on SQLite: one file, write-ahead log, every commit on the disk before it is acknowledged."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from kezek.journal.store import TABLES, Block, Row, Store, Transaction, no_journal, problem
from kezek.units.problem import InputProblem

_OLDEST = (3, 35, 0)
_FULL = 2
_BARRED = ("UPDATE", "DELETE")
_BLOCK = """
    SELECT sum(typeof(name) = 'text' AND typeof(body) = 'blob' AND typeof(leaf) = 'blob'),
        CAST(group_concat(name, char(10)) AS BLOB),
        CAST(group_concat(CAST(body AS TEXT), char(10)) AS BLOB),
        CAST(group_concat(CAST(leaf AS TEXT), '') AS BLOB)
    FROM kezek_entry WHERE place >= ? AND place < ?
"""
"""A range of the primary key is walked in its order; were it joined otherwise, it would show as damage. SQLite
keeps a value of any type in any column; one of another type than was stored does not count."""
_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY")
_APPEND_ONLY = ("kezek_entry", "kezek_checkpoint")


class SqliteTransaction(Transaction):
    """An open transaction of an SQLite connection."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one statement; see `Transaction`."""
        with _problems(self._where):
            return self._cursor().execute(sql, values).fetchall()

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row; see `Transaction`."""
        with _problems(self._where):
            self._connection.executemany(sql, rows)

    def insert_new(self, sql: str, rows: Sequence[Sequence[object]]) -> bool:
        """Insert rows, all or none; see `Transaction`."""
        with _problems(self._where):
            self._connection.execute("SAVEPOINT kezek_insert")
            try:
                self._connection.executemany(sql, rows)
            except sqlite3.IntegrityError as error:
                if error.sqlite_errorname not in _TAKEN:
                    raise
                self._connection.execute("ROLLBACK TO kezek_insert")
                return False
            finally:
                with suppress(sqlite3.Error):
                    self._connection.execute("RELEASE kezek_insert")
            return True

    def batches(self, sql: str, values: Sequence[object] = (), *, most: int = 4096) -> Iterator[list[Row]]:
        """Yield the rows of a query; see `Transaction`."""
        with _problems(self._where):
            cursor = self._cursor().execute(sql, values)
            while rows := cursor.fetchmany(most):
                yield rows

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table; see `Transaction`."""
        return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)))

    def block(self, start: int, end: int) -> Block:
        """Read entries in one piece, in one step of the database; see `Transaction`."""
        found = self.rows(_BLOCK, (start, end))[0]
        return Block(found[0] or 0, found[1] or b"", found[2] or b"", found[3] or b"")

    def _cursor(self) -> sqlite3.Cursor:
        """Return a cursor whose rows are plain tuples, whatever form the caller reads rows in."""
        cursor = self._connection.cursor()
        cursor.row_factory = None
        return cursor


class SqliteStore(Store):
    """A journal's database in one file of SQLite.

    Args:
        path: The file; made where there is none.
        wait_seconds: How long a writer waits for another before it gives up.
    Raises:
        InputProblem: journal.store.old, .unreadable, .damaged, .volatile.
    """

    def __init__(self, path: Path, *, wait_seconds: int = 30) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            what = f"SQLite {sqlite3.sqlite_version} is older than {'.'.join(map(str, _OLDEST))}."
            raise problem("old", what, "", "Use a Python built with a newer SQLite.")
        self._where = str(path)
        self._turn = threading.RLock()
        self._open = False
        with _problems(self._where):
            _make_private(path)
            self._connection = sqlite3.connect(
                path, timeout=wait_seconds, isolation_level=None, check_same_thread=False
            )
        try:
            with _problems(self._where):
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute("PRAGMA secure_delete = ON")
            self._require_durable(self._connection)
        except InputProblem:
            self._connection.close()
            raise

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a transaction of one's own; see `Store`."""
        return self._transaction("BEGIN IMMEDIATE")

    def look(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads; see `Store`."""
        return self._transaction("BEGIN")

    @contextmanager
    def _transaction(self, opening: str) -> Iterator[Transaction]:
        with self._turn:
            if self._open:
                raise RuntimeError("a transaction of this store is open in this thread already")
            with _problems(self._where):
                self._connection.execute(opening)
            self._open = True
            try:
                yield SqliteTransaction(self._connection, self._where)
                with _problems(self._where):
                    self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._open = False

    def _roll_back(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.rollback()

    def join(self, connection: sqlite3.Connection) -> Transaction:
        """Join the caller's transaction; see `Store`. Begun with BEGIN IMMEDIATE it cannot meet another writer."""
        if not connection.in_transaction:
            way_out = "Begin one with BEGIN IMMEDIATE, change what the event tells of, and commit both."
            raise problem("no_transaction", "No transaction is open.", self._where, way_out)
        self._require_durable(connection)
        return SqliteTransaction(connection, self._where)

    def create_tables(self, transaction: Transaction) -> None:
        """Make the tables; see `Store`."""
        for table in TABLES:
            transaction.rows(table.format(integer="INTEGER", bytes="BLOB"))
        for table in _APPEND_ONLY:
            for act in _BARRED:
                transaction.rows(
                    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, 'the journal only grows'); END"
                )

    def erase(self) -> None:
        """Let nothing of what was deleted stay in the file or beside it; see `Store`."""
        with self._turn, _problems(self._where):
            blocked = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if blocked:
            what = "Another connection reads the journal; what was deleted is still in the write-ahead log beside it."
            raise problem("busy", what, self._where, "Ask again when nobody reads it.")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _require_durable(self, connection: sqlite3.Connection) -> None:
        """Read back how commits are kept; what was asked for is not always what is done."""
        asked = SqliteTransaction(connection, self._where)
        ((mode,),), ((level,),) = asked.rows("PRAGMA journal_mode"), asked.rows("PRAGMA synchronous")
        if mode != "wal" or level < _FULL:
            what = f"journal_mode is {mode} and synchronous is {level}: a power cut could lose what was acknowledged."
            way_out = "Set PRAGMA journal_mode = WAL and PRAGMA synchronous = FULL, on a disk that can."
            raise problem("volatile", what, self._where, way_out)


_NO_TABLE = "no such table: kezek_"
_DAMAGED = (
    "Could not decode to UTF-8",
    "ON CONFLICT clause",
    "has no column named",
    "no such column",
    "unsupported file format",
)
"""What SQLite says, under no code of its own, of a file whose head or whose description of a table was damaged."""


def _make_private(path: Path) -> None:
    """Make a new database readable by its owner alone: closed bids and personal data lie in it."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        what = f"The file cannot be made ({error.strerror})."
        raise problem("unreadable", what, str(path), "Check the path and its rights.") from error


_REASONS = {
    "SQLITE_FULL": ("space", "There is no space left.", "Free some space, and try again."),
    "SQLITE_BUSY": ("busy", "Another writer holds the journal.", "Try again; it is safe, an event counts once."),
    "SQLITE_READONLY": ("unwritable", "The file may not be written.", "Check its rights and its disk."),
    "SQLITE_CANTOPEN": ("unreadable", "The file cannot be opened.", "Check the path and its rights."),
    "SQLITE_CORRUPT": ("damaged", "The file is damaged.", "Take a copy, then `kezek audit` and an export."),
    "SQLITE_NOTADB": ("damaged", "The file is no database.", "Name the journal's own file."),
    "SQLITE_IOERR": (
        "disk",
        "The disk failed; what of it was kept is unknown.",
        "Mend the disk, then try again.",
    ),
    "SQLITE_LOCKED": ("busy", "Another writer holds the journal.", "Try again; it is safe, an event counts once."),
    "SQLITE_CONSTRAINT": ("damaged", "The tables contradict one another.", "Take a copy, then `kezek audit`."),
    "SQLITE_CONSTRAINT_TRIGGER": ("append_only", "The journal only grows.", "Append an event that corrects it."),
}


@contextmanager
def _problems(where: str) -> Iterator[None]:
    """Say what the database refused, if it is something a user can act on."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if _NO_TABLE in str(error):
            raise no_journal(where) from error
        damaged = isinstance(error, UnicodeDecodeError) or any(one in str(error) for one in _DAMAGED)
        name = "SQLITE_CORRUPT" if damaged else getattr(error, "sqlite_errorname", "")
        key = next((key for key in (name, "_".join(name.split("_")[:2])) if key in _REASONS), None)
        if key is None:
            raise
        reason, what, way_out = _REASONS[key]
        raise problem(reason, f"{what} ({error})", where, way_out) from error
