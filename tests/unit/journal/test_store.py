"""Both stores: what is committed together, what is refused, and that nothing acknowledged can be lost."""

import sqlite3

import pytest
from tests.stores.place import append, append_many, open_store, salt, stored, submission

from kezek.journal import journal
from kezek.units.problem import InputProblem


def sizes(store):
    with store.look() as transaction:
        return journal.look(transaction).size, len(stored(transaction))


def application_rows(store):
    with store.look() as transaction:
        return transaction.rows("SELECT name FROM farm ORDER BY name")


@pytest.fixture
def caller(place, log):
    """A connection of an application with a table of its own."""
    connection = place.connect()
    connection.execute("CREATE TABLE farm (name TEXT PRIMARY KEY)")
    return connection


def begin(place, connection):
    connection.execute("BEGIN IMMEDIATE" if place.kind == "sqlite" else "BEGIN")


def test_event_and_application_change_are_committed_together(place, log, caller):
    begin(place, caller)
    caller.execute("INSERT INTO farm VALUES ('north')")
    (answer,) = journal.append(log.join(caller), [submission(0)], salt=salt)
    assert (answer.place, answer.existed) == (0, False)
    assert sizes(log) == (0, 0)
    caller.execute("COMMIT")

    assert sizes(log) == (1, 1)
    assert application_rows(log) == [("north",)]


def test_event_and_application_change_are_rolled_back_together(place, log, caller):
    begin(place, caller)
    caller.execute("INSERT INTO farm VALUES ('north')")
    journal.append(log.join(caller), [submission(0, private={"iin": "1"})], salt=salt)
    caller.execute("ROLLBACK")

    assert sizes(log) == (0, 0)
    assert application_rows(log) == []
    assert append(log, submission(0))[0].place == 0


def test_refused_event_leaves_the_callers_transaction_usable(place, log, caller):
    append(log, submission(0))
    begin(place, caller)
    caller.execute("INSERT INTO farm VALUES ('north')")
    joined = log.join(caller)
    with pytest.raises(InputProblem, match=r"journal\.event\.conflict"):
        journal.append(joined, [journal.Submission({**submission(0).event, "data": {}})], salt=salt)
    journal.append(joined, [submission(1)], salt=salt)
    caller.execute("COMMIT")

    assert sizes(log) == (2, 2)
    assert application_rows(log) == [("north",)]


def test_failure_in_a_block_rolls_all_of_it_back(log):
    with pytest.raises(ZeroDivisionError), log.begin() as transaction:
        journal.append(transaction, [submission(0)], salt=salt)
        raise ZeroDivisionError

    assert sizes(log) == (0, 0)
    assert append(log, submission(1))[0].place == 0


def test_block_that_swallowed_an_error_is_committed_or_says_that_it_was_not(log):
    """PostgreSQL answers the COMMIT of a transaction in which a statement failed with ROLLBACK, and no error."""
    outcome = "committed"
    try:
        with log.begin() as transaction:
            journal.append(transaction, [submission(0)], salt=salt)
            with pytest.raises(InputProblem, match=r"journal\.store\.append_only"):
                transaction.rows("DELETE FROM kezek_entry")
    except InputProblem as error:
        outcome = error.code

    assert sizes(log) == ((1, 1) if outcome == "committed" else (0, 0))


def test_joining_without_a_transaction_is_refused(log, caller):
    with pytest.raises(InputProblem, match=r"journal\.store\.no_transaction"):
        log.join(caller)


def test_joining_a_psycopg_connection_that_opens_transactions_itself(postgres_place):
    place = postgres_place
    log = place.open()
    place.begin(log)
    connection = place.connect()
    connection.autocommit = False
    journal.append(log.join(connection), [submission(0)], salt=salt)
    assert sizes(log) == (0, 0)
    connection.commit()

    assert sizes(log) == (1, 1)


@pytest.mark.parametrize(
    "setting", ["PRAGMA synchronous = NORMAL", "PRAGMA synchronous = OFF"], ids=["normal", "off"]
)
def test_joining_a_connection_that_a_power_cut_can_cheat_is_refused(sqlite_place, setting):
    log = sqlite_place.open()
    sqlite_place.begin(log)
    connection = sqlite_place.connect()
    connection.execute(setting)
    connection.execute("BEGIN IMMEDIATE")

    with pytest.raises(InputProblem, match=r"journal\.store\.volatile"):
        log.join(connection)


@pytest.mark.parametrize("mode", ["DELETE", "MEMORY", "OFF"])
def test_joining_without_write_ahead_log_is_refused(sqlite_place, mode):
    log = sqlite_place.open()
    sqlite_place.begin(log)
    log.close()
    connection = sqlite_place.connect()
    assert connection.execute(f"PRAGMA journal_mode = {mode}").fetchone()[0] == mode.lower()
    other = open_store("sqlite", str(sqlite_place.folder / "other.db"))
    connection.execute("BEGIN IMMEDIATE")

    with pytest.raises(InputProblem, match=r"journal\.store\.volatile"):
        other.join(connection)
    other.close()


def test_store_in_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputProblem, match=r"journal\.store\.volatile"):
        open_store("sqlite", ":memory:")


@pytest.mark.postgres
def test_joining_a_session_without_synchronous_commit_is_refused(postgres_place):
    log = postgres_place.open()
    postgres_place.begin(log)
    connection = postgres_place.connect()
    connection.execute("BEGIN")
    connection.execute("SET LOCAL synchronous_commit = off")

    with pytest.raises(InputProblem, match=r"journal\.store\.volatile"):
        log.join(connection)


@pytest.mark.postgres
def test_store_asks_the_server_whether_it_keeps_its_word(postgres_cluster, postgres_place):
    """A role that was told to commit without waiting is overruled by the store for its own connection."""
    import psycopg

    user = postgres_place.where.partition("//")[2].partition("@")[0]
    with psycopg.connect(postgres_cluster.url("kezek"), autocommit=True) as connection:
        connection.execute(f"ALTER ROLE {user} SET synchronous_commit = off")
    log = postgres_place.open()
    postgres_place.begin(log)
    connection = postgres_place.connect()
    connection.execute("BEGIN")

    with log.look() as transaction:
        assert transaction.rows("SELECT current_setting('synchronous_commit')") == [("on",)]
    with pytest.raises(InputProblem, match=r"journal\.store\.volatile"):
        log.join(connection)


def test_joining_a_connection_with_rows_of_another_form(place, log, caller):
    """An application may read its rows as objects or dictionaries; the journal reads its own way."""
    append(log, submission(0, private={"iin": "1"}))
    if place.kind == "sqlite":
        caller.row_factory = lambda cursor, row: {"row": row}
    else:
        from psycopg.rows import dict_row

        caller.row_factory = dict_row
    begin(place, caller)
    answers = journal.append(log.join(caller), [submission(0, private={"iin": "1"}), submission(1)], salt=salt)
    caller.execute("COMMIT")

    assert [(one.place, one.existed) for one in answers] == [(0, True), (1, False)]


def test_joining_another_database_says_that_there_is_no_journal(place, tmp_path, log):
    if place.kind == "sqlite":
        connection = sqlite3.connect(tmp_path / "other.db", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
    else:
        connection = place.connect()
        connection.execute("SET search_path = pg_catalog")
    begin(place, connection)

    with pytest.raises(InputProblem, match=r"journal\.log\.missing"):
        journal.append(log.join(connection), [submission(0)], salt=salt)
    connection.close()


def test_empty_database_holds_no_journal(place, store):
    for act in (
        lambda: append(store, submission(0)),
        lambda: place.publish(store),
        lambda: place.publish_files(store),
    ):
        with pytest.raises(InputProblem, match=r"journal\.log\.missing"):
            act()


@pytest.mark.parametrize("table", ["kezek_entry", "kezek_checkpoint"])
@pytest.mark.parametrize("act", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_entries_and_checkpoints_only_grow(place, log, table, act):
    append_many(log, 0, 3)
    place.publish(log)
    change = {"kezek_entry": "body = leaf", "kezek_checkpoint": "note = 'x'"}[table]

    with pytest.raises(InputProblem, match=r"journal\.store\.append_only"), log.begin() as transaction:
        transaction.rows(act.format(table, change))
    assert sizes(log) == (3, 3)


@pytest.mark.postgres
def test_truncating_is_refused(postgres_place):
    log = postgres_place.open()
    postgres_place.begin(log)
    append_many(log, 0, 3)
    with pytest.raises(InputProblem, match=r"journal\.store\.append_only"), log.begin() as transaction:
        transaction.rows("TRUNCATE kezek_entry CASCADE")


def test_writer_that_waits_too_long_is_told_that_trying_again_is_safe(place, log):
    hasty = place.open(wait_seconds=1) if place.kind == "postgres" else place.open(wait_seconds=0)
    with log.begin() as transaction:
        journal.append(transaction, [submission(0)], salt=salt)
        with pytest.raises(InputProblem, match=r"journal\.store\.busy"):
            append(hasty, submission(1))

    assert append(hasty, submission(1))[0].place == 1


def test_reader_sees_one_moment_and_holds_up_no_writer(place, log):
    reader = place.open()
    append_many(log, 0, 2)
    with reader.look() as transaction:
        assert journal.look(transaction).size == 2
        append_many(log, 2, 5)
        place.publish(log)
        assert journal.look(transaction).size == 2
        assert len(stored(transaction)) == 2
    assert sizes(reader) == (5, 5)


def test_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "journal.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputProblem, match=r"journal\.store\.damaged"):
        open_store("sqlite", str(tmp_path / "journal.db"))


def test_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputProblem, match=r"journal\.store\.unreadable") as refused:
        open_store("sqlite", str(tmp_path / "nowhere" / "journal.db"))
    assert "nowhere" in refused.value.where


def test_server_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputProblem, match=r"journal\.store\.unreachable"):
        open_store("postgres", f"postgresql://nobody@/postgres?host={tmp_path}", wait_seconds=2)


@pytest.mark.postgres
def test_store_comes_back_when_its_connection_was_cut(postgres_place):
    """A server that restarts cuts all connections; "try again" must be true of the same store."""
    log = postgres_place.open()
    postgres_place.begin(log)
    append_many(log, 0, 2)
    other = postgres_place.connect()
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = user AND pid <> pg_backend_pid()"
    other.execute(cut)
    with pytest.raises(InputProblem, match=r"journal\.store\.unreachable"):
        append_many(log, 2, 4)

    assert [one.place for one in append_many(log, 2, 4)] == [2, 3]


@pytest.mark.postgres
def test_commit_that_nobody_heard_the_end_of_is_said_to_be_unknown(postgres_place):
    log = postgres_place.open()
    postgres_place.begin(log)
    other = postgres_place.connect()
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = user AND pid <> pg_backend_pid()"
    with pytest.raises(InputProblem, match=r"journal\.store\.unknown"), log.begin() as transaction:
        journal.append(transaction, [submission(0)], salt=salt)
        other.execute(cut)

    assert append(log, submission(0))[0].existed is False


def test_no_store_reads_a_value_of_another_form_as_an_entry(place, log):
    """In SQLite one bit of a record's head makes a text of a body."""
    append_many(log, 0, 3)
    if place.kind != "sqlite":
        with pytest.raises(Exception, match="bytea"), place.tampering() as transaction:
            transaction.rows("UPDATE kezek_entry SET body = CAST('a' AS TEXT) WHERE place = 1")
        return
    with place.tampering() as transaction:
        transaction.rows("UPDATE kezek_entry SET body = CAST(body AS TEXT) WHERE place = 1")
    with pytest.raises(InputProblem, match=r"entry 1.*journal\.entry\.damaged"):
        place.publish(log)
    with pytest.raises(InputProblem, match=r"journal\.entry\.damaged"):
        append(log, submission(1))


def test_a_transaction_inside_another_of_the_same_store_is_a_bug_and_breaks_nothing(place, log):
    with log.begin() as transaction:
        with pytest.raises(RuntimeError, match="open in this thread already"), log.look():
            pass
        journal.append(transaction, [submission(1)], salt=salt)
    with log.look() as transaction:
        assert journal.look(transaction).size == 1
