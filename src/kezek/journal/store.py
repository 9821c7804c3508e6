"""Stores: the databases a journal is kept in. One interface, one schema; SQLite and PostgreSQL stand beside it.

A journal never opens a transaction of its own where the caller has one: it *joins* it, so that the event and the
change it tells of are committed together or not at all.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from kezek.units.problem import InputProblem

FORMAT = "kezek-journal@v1"
Row = tuple[Any, ...]

TABLES = (
    """CREATE TABLE kezek_log (
        one {integer} PRIMARY KEY CHECK (one = 1),
        format TEXT NOT NULL,
        origin TEXT NOT NULL,
        first_vkey TEXT NOT NULL,
        size {integer} NOT NULL,
        integrated {integer} NOT NULL,
        CHECK (0 <= integrated AND integrated <= size)
    )""",
    """CREATE TABLE kezek_entry (
        place {integer} PRIMARY KEY CHECK (place >= 0),
        name TEXT NOT NULL UNIQUE,
        body {bytes} NOT NULL,
        leaf {bytes} NOT NULL CHECK (length(leaf) = 32)
    )""",
    """CREATE TABLE kezek_page (
        depth {integer} NOT NULL,
        number {integer} NOT NULL,
        hashes {bytes} NOT NULL,
        PRIMARY KEY (depth, number)
    )""",
    """CREATE TABLE kezek_checkpoint (
        size {integer} PRIMARY KEY,
        note TEXT NOT NULL,
        signed_unix_s {integer} NOT NULL
    )""",
    """CREATE TABLE kezek_rotation (
        place {integer} PRIMARY KEY REFERENCES kezek_entry (place)
    )""",
    """CREATE TABLE kezek_cosignature (
        size {integer} NOT NULL REFERENCES kezek_checkpoint (size),
        witness TEXT NOT NULL,
        line TEXT NOT NULL,
        PRIMARY KEY (size, witness)
    )""",
    """CREATE TABLE kezek_opening (
        place {integer} NOT NULL REFERENCES kezek_entry (place),
        field TEXT NOT NULL,
        salt {bytes} NOT NULL,
        value {bytes} NOT NULL,
        PRIMARY KEY (place, field)
    )""",
)


@dataclass(frozen=True, slots=True)
class Block:
    """Stored entries read in one piece, for whoever reads them all.

    Args:
        count: How many.
        names, bodies: Joined by line ends, which neither contains.
        leaves: Leaf hashes, one after another.
    """

    count: int
    names: bytes
    bodies: bytes
    leaves: bytes


class Transaction(ABC):
    """An open transaction: statements with `?` for values, the same for every store."""

    @abstractmethod
    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one statement and return its rows, none if it has none.

        Raises:
            InputProblem: journal.store.*.
        """

    @abstractmethod
    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row of values.

        Raises:
            InputProblem: journal.store.*.
        """

    @abstractmethod
    def insert_new(self, sql: str, rows: Sequence[Sequence[object]]) -> bool:
        """Run an insert for each row; False, with none of them inserted, where one exists already.

        Raises:
            InputProblem: journal.store.*.
        """

    @abstractmethod
    def batches(self, sql: str, values: Sequence[object] = (), *, most: int = 4096) -> Iterator[list[Row]]:
        """Run one query and yield its rows, so many at a time."""

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Tell whether the database has a table."""

    @abstractmethod
    def block(self, start: int, end: int) -> Block:
        """Read the stored entries [start, end) in one piece."""


class Store(ABC):
    """A database that a journal is kept in."""

    @abstractmethod
    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a transaction of one's own: committed at the end of the block, rolled back when it raises.

        Raises:
            InputProblem: journal.store.*; .rolled_back where a statement had failed and the block went on; after
                .unknown, .disk and .unreachable nobody can say whether it was committed: do it again.
        """

    @abstractmethod
    def look(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads, all of it at one moment, and holds up no writer.

        Raises:
            InputProblem: journal.store.*.
        """

    @abstractmethod
    def join(self, connection: Any) -> Transaction:  # noqa: ANN401 - the driver's own connection
        """Join the transaction that the caller has open; the caller commits.

        Raises:
            InputProblem: journal.store.no_transaction where none is open, .volatile for a connection that would
                acknowledge what a power cut can lose.
        """

    @abstractmethod
    def create_tables(self, transaction: Transaction) -> None:
        """Make the tables of an empty journal, and bar changes of entries."""

    @abstractmethod
    def erase(self) -> None:
        """Let nothing of what was deleted stay in the files of the database, as far as it can be reached from here.

        Raises:
            InputProblem: journal.store.busy.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the database."""


def problem(reason: str, what: str, where: str, way_out: str) -> InputProblem:
    """Refuse what a database cannot do, under the code `journal.store.<reason>`."""
    return InputProblem(f"journal.store.{reason}", what, where, way_out)


def no_journal(where: str) -> InputProblem:
    """Say that a database holds no journal."""
    what, way_out = "There is no journal in this database.", "Begin one with `kezek journal init`."
    return InputProblem("journal.log.missing", what, where, way_out)
