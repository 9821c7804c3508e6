"""The store on PostgreSQL, for several machines that write: every commit on the disk before it is acknowledged.

Needs `psycopg` (the extra `postgres`).
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import count
from typing import Any

from kezek.journal.store import TABLES, Block, Row, Store, Transaction, no_journal, problem
from kezek.units.problem import InputProblem

_numbers = count()
"""Tell the cursors of one connection apart."""
_DURABLE_COMMITS = ("on", "local", "remote_write", "remote_apply")
_APPEND_ONLY = ("kezek_entry", "kezek_checkpoint")
_BLOCK = """
    SELECT count(*), string_agg(name, E'\\n' ORDER BY place),
        string_agg(body, '\\x0a'::bytea ORDER BY place), string_agg(leaf, ''::bytea ORDER BY place)
    FROM kezek_entry WHERE place >= ? AND place < ?
"""
_BAR = """CREATE FUNCTION kezek_only_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the journal only grows' USING ERRCODE = 'restrict_violation'; END $$"""


class PostgresTransaction(Transaction):
    """An open transaction of a psycopg connection."""

    def __init__(self, connection: Any, where: str) -> None:  # noqa: ANN401 - psycopg is optional
        self._connection = connection
        self._where = where

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[Row]:
        """Run one statement; see `Transaction`."""
        with _problems(self._where), self._cursor() as cursor:
            cursor.execute(sql.replace("?", "%s"), values)
            return cursor.fetchall() if cursor.description else []

    def run_many(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for each row; see `Transaction`."""
        with _problems(self._where), self._cursor() as cursor:
            cursor.executemany(sql.replace("?", "%s"), rows)

    def insert_new(self, sql: str, rows: Sequence[Sequence[object]]) -> bool:
        """Insert rows, all or none; see `Transaction`."""
        import psycopg

        with _problems(self._where):
            try:
                with self._connection.transaction(), self._connection.cursor() as cursor:
                    cursor.executemany(sql.replace("?", "%s"), rows)
            except psycopg.errors.UniqueViolation:
                return False
            return True

    def batches(self, sql: str, values: Sequence[object] = (), *, most: int = 4096) -> Iterator[list[Row]]:
        """Yield the rows of a query through a cursor of the server; see `Transaction`."""
        with _problems(self._where), self._cursor(name=f"kezek_batches_{next(_numbers)}") as cursor:
            cursor.itersize = most
            cursor.execute(sql.replace("?", "%s"), values)
            while rows := cursor.fetchmany(most):
                yield rows

    def has_table(self, name: str) -> bool:
        """Tell whether there is a table; see `Transaction`."""
        return self.rows("SELECT to_regclass(?) IS NOT NULL", (name,)) == [(True,)]

    def block(self, start: int, end: int) -> Block:
        """Read entries in one piece; see `Transaction`."""
        found = self.rows(_BLOCK, (start, end))[0]
        return Block(found[0], (found[1] or "").encode(), found[2] or b"", found[3] or b"")

    def _cursor(self, **options: str) -> Any:  # noqa: ANN401 - psycopg is optional
        """Return a cursor whose rows are plain tuples, whatever form the caller reads rows in."""
        from psycopg.rows import tuple_row

        return self._connection.cursor(row_factory=tuple_row, **options)


class PostgresStore(Store):
    """A journal's database on a PostgreSQL server.

    Args:
        url: As `postgresql://user@host/database`; may come from the environment, for it may hold a password.
        wait_seconds: How long a writer waits for another before it gives up.
    Raises:
        InputProblem: journal.store.driver, .unreachable, .volatile.
    """

    def __init__(self, url: str, *, wait_seconds: int = 30) -> None:
        try:
            import psycopg
        except ImportError as error:
            what, way_out = "PostgreSQL needs psycopg.", "Install it: pip install 'kezek[postgres]'"
            raise problem("driver", what, "", way_out) from error
        try:
            given = psycopg.conninfo.conninfo_to_dict(url)
        except psycopg.Error:
            what, way_out = "The address of the database is none.", "Write it as postgresql://user@host/database."
            raise problem("address", what, "", way_out) from None
        own = f"-c lock_timeout={wait_seconds * 1000} -c synchronous_commit=on"
        options = f"{given.get('options') or ''} {own}".strip()
        self._connect = partial(psycopg.connect, url, autocommit=True, connect_timeout=wait_seconds, options=options)
        self._where = "PostgreSQL"
        self._turn = threading.RLock()
        self._open = False
        self._connection = self._connected()

    def _connected(self) -> Any:  # noqa: ANN401 - psycopg is optional
        with _problems(self._where):
            connection = self._connect()
        try:
            self._require_durable(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def begin(self) -> AbstractContextManager[Transaction]:
        """Open a transaction of one's own; see `Store`."""
        return self._transaction("BEGIN")

    def look(self) -> AbstractContextManager[Transaction]:
        """Open a transaction that only reads; see `Store`."""
        return self._transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    @contextmanager
    def _transaction(self, opening: str) -> Iterator[Transaction]:
        with self._turn:
            if self._open:
                raise RuntimeError("a transaction of this store is open in this thread already")
            if self._connection.broken:
                self._connection = self._connected()
            with _problems(self._where):
                self._connection.execute(opening)
            self._open = True
            try:
                yield PostgresTransaction(self._connection, self._where)
                self._commit()
            except BaseException:
                self._roll_back()
                raise
            finally:
                self._open = False

    def _commit(self) -> None:
        """Commit, and take nothing but the server's own word for it."""
        import psycopg

        try:
            with _problems(self._where):
                answer = self._connection.execute("COMMIT").statusmessage
        except (InputProblem, psycopg.Error) as error:
            if not self._connection.broken:
                raise
            what = f"The connection was lost at the commit; whether it was kept is unknown. ({error})"
            raise problem("unknown", what, self._where, "Try again; it is safe, an event counts once.") from error
        if answer != "COMMIT":
            what, way_out = "A statement had failed, so that all was rolled back.", "Do all of it again."
            raise problem("rolled_back", what, self._where, way_out)

    def _roll_back(self) -> None:
        import psycopg

        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def join(self, connection: Any) -> Transaction:  # noqa: ANN401 - psycopg is optional
        """Join the caller's transaction; see `Store`. READ COMMITTED suits; a stricter one may ask for a retry."""
        from psycopg.pq import TransactionStatus

        status = connection.info.transaction_status
        if status != TransactionStatus.INTRANS and (connection.autocommit or status != TransactionStatus.IDLE):
            way_out = "Begin one, change what the event tells of, and commit both."
            raise problem("no_transaction", "No transaction is open.", self._where, way_out)
        self._require_durable(connection)
        return PostgresTransaction(connection, self._where)

    def create_tables(self, transaction: Transaction) -> None:
        """Make the tables; see `Store`."""
        for table in TABLES:
            transaction.rows(table.format(integer="BIGINT", bytes="BYTEA"))
        transaction.rows(_BAR)
        for table in _APPEND_ONLY:
            transaction.rows(
                f"CREATE TRIGGER {table}_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION kezek_only_grows()"
            )

    def erase(self) -> None:
        """Vacuum the table of personal data; see `Store`. What the server archives elsewhere is not reached."""
        with self._turn, _problems(self._where):
            self._connection.execute("VACUUM kezek_opening")

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _require_durable(self, connection: Any) -> None:  # noqa: ANN401 - psycopg is optional
        """Read back how commits are kept; the server may have been told to forget."""
        ((commit, fsync, pages),) = PostgresTransaction(connection, self._where).rows(
            "SELECT current_setting('synchronous_commit'), current_setting('fsync'), "
            "current_setting('full_page_writes')"
        )
        if commit not in _DURABLE_COMMITS or (fsync, pages) != ("on", "on"):
            what = (
                f"synchronous_commit is {commit}, fsync is {fsync}, full_page_writes is {pages}: a power cut could "
                "lose what was acknowledged."
            )
            raise problem("volatile", what, self._where, "Set all three on, on a disk that can.")


_REASONS = (
    ("25P02", "rolled_back", "A statement before had failed.", "Roll back, and do all of it again."),
    ("42P07", "busy", "Another began a journal here at this moment.", "Use that one, or name another place."),
    ("53100", "space", "There is no space left on the server.", "Free some space, and try again."),
    ("55P03", "busy", "Another writer holds the journal.", "Try again; it is safe, an event counts once."),
    ("40", "busy", "Another writer was first.", "Try again; it is safe, an event counts once."),
    ("23001", "append_only", "The journal only grows.", "Append an event that corrects it."),
    ("23", "damaged", "The tables contradict one another.", "Take a copy, then `kezek audit`."),
    ("42501", "unwritable", "This user may not do that.", "Grant it the rights on the journal's tables."),
    ("XX001", "damaged", "The database is damaged.", "Take a copy, then `kezek audit` and an export."),
    ("08", "unreachable", "The server cannot be reached.", "Check the address; try again, an event counts once."),
    ("57P", "unreachable", "The server is going down.", "Try again when it is back; an event counts once."),
    ("28", "unreachable", "The server refuses this user.", "Check the user and the password."),
    ("3D", "unreachable", "There is no such database.", "Create it, or check its name."),
)


@contextmanager
def _problems(where: str) -> Iterator[None]:
    """Say what the server refused, if it is something a user can act on."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ("08" if isinstance(error, psycopg.OperationalError) else "")
        if state == "42P01":
            raise no_journal(where) from error
        if state == "23505" and (error.diag.constraint_name or "").startswith("pg_"):
            state = "42P07"
        found = next((one for one in _REASONS if state.startswith(one[0])), None)
        if found is None:
            raise
        _, reason, what, way_out = found
        raise problem(reason, f"{what} ({str(error).strip()})", where, way_out) from error
