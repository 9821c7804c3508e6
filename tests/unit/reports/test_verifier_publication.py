"""The offline verifier reads what the journal publishes: closed entries, a change of keys, an archive."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.trading.market_days import delivered_session

from kezek.cli.audit import audit_command
from kezek.evidence.signature import Signer
from kezek.journal.archive import write_archive
from kezek.journal.journal import Submission, append
from kezek.journal.pin import Pin
from kezek.journal.publication import publish_files
from kezek.journal.publishing import begin, publish, rotate
from kezek.journal.sqlite_store import SqliteStore
from kezek.reports.verifier_main import main

OLD, NEW = (Signer("kezek.example/market", bytes([number]) * 32) for number in (1, 2))
NOW = datetime(2025, 10, 17, tzinfo=UTC)
LATER = NOW + timedelta(days=90)
CLOSED = {"at": "2025-10-17T00:00:00Z", "data": {}, "key": "note/1", "type": "note.kept", "v": 1}


@pytest.fixture
def journal(tmp_path):
    """A session's log in a journal whose key was changed, with one entry behind it that is still closed."""
    store, pin = SqliteStore(tmp_path / "journal.sqlite"), Pin(tmp_path / "pin")
    begin(store, pin=pin, signer=OLD, now=NOW)
    lines = delivered_session().log.entries_text().splitlines()
    with store.begin() as transaction:
        append(transaction, [Submission(json.loads(line)) for line in lines], salt=lambda: bytes(32))
    publish(store, pin=pin, signer=OLD, now=NOW)
    rotate(store, old=OLD, new=NEW, now=NOW)
    publish(store, pin=pin, signer=OLD, now=NOW)
    with store.begin() as transaction:
        append(transaction, [Submission(CLOSED, closed_until=LATER)], salt=lambda: bytes(32))
    publish(store, pin=pin, signer=NEW, now=NOW)
    yield store
    store.close()


def run(capsys, *arguments):
    code = main([str(one) for one in arguments])
    shown = capsys.readouterr()
    return code, shown.out + shown.err


def test_a_publication_is_checked_while_entries_are_closed_and_cleared_again_when_all_are_open(
    journal, tmp_path, capsys
):
    shown = tmp_path / "shown"
    publish_files(journal, shown, now=NOW)
    key = ["--key", shown / "log.vkey"]
    code, words = run(capsys, "log", shown, *key)
    assert code == 0 and "1 entry not shown yet" in words
    code, words = run(capsys, "clear", shown, *key)
    assert code == 2 and "[verifier.folder.closed]" in words
    publish_files(journal, shown, now=LATER)
    code, words = run(capsys, "clear", shown, *key)
    assert code == 0 and "VALID: 48 hours" in words
    for receipt in (shown / "keys").iterdir():
        receipt.unlink()
    assert run(capsys, "log", shown, *key)[0] == 1


def test_an_archive_is_read_as_a_publication(journal, tmp_path, capsys):
    size = write_archive(journal, tmp_path / "archive", with_private=False)
    key = ["--key", tmp_path / "archive" / "log.vkey"]
    code, words = run(capsys, "log", tmp_path / "archive", *key)
    assert code == 0 and f"VALID: {size} entries" in words
    assert run(capsys, "clear", tmp_path / "archive", *key)[0] == 0


@pytest.fixture
def rotated_midway(tmp_path):
    """A session's log in a journal whose key was changed while the session was open."""
    store, pin = SqliteStore(tmp_path / "journal.sqlite"), Pin(tmp_path / "pin")
    begin(store, pin=pin, signer=OLD, now=NOW)
    lines = delivered_session().log.entries_text().splitlines()
    for part in (lines[:20], lines[20:]):
        with store.begin() as transaction:
            append(transaction, [Submission(json.loads(line)) for line in part], salt=lambda: bytes(32))
        if len(part) == 20:
            rotate(store, old=OLD, new=NEW, now=NOW)
            publish(store, pin=pin, signer=OLD, now=NOW)
    publish(store, pin=pin, signer=NEW, now=NOW)
    yield store
    store.close()


def test_the_logs_own_entries_are_no_part_of_a_session(rotated_midway, tmp_path, capsys):
    shown = tmp_path / "shown"
    publish_files(rotated_midway, shown, now=NOW)
    code, words = run(capsys, "clear", shown, "--key", shown / "log.vkey")
    assert code == 0 and "VALID: 48 hours" in words
    assert audit_command(shown, shown / "log.vkey", replay=True, law=None) == 0
    words = capsys.readouterr().out
    assert "the session calculated again gives all" in words and "second clearing, entry by entry: 48" in words


def test_a_wrong_fill_is_named_by_its_place_in_the_log_behind_a_change_of_its_key(tmp_path, capsys):
    lines = delivered_session().log.entries_text().splitlines()
    events = [json.loads(line) for line in lines]
    wrong = next(place for place, event in enumerate(events) if event["type"] == "order.filled")
    events[wrong]["data"]["awards"][0][0] -= 1
    store, pin = SqliteStore(tmp_path / "journal.sqlite"), Pin(tmp_path / "pin")
    begin(store, pin=pin, signer=OLD, now=NOW)
    rotate(store, old=OLD, new=NEW, now=NOW)
    publish(store, pin=pin, signer=OLD, now=NOW)
    with store.begin() as transaction:
        append(transaction, [Submission(event) for event in events], salt=lambda: bytes(32))
    publish(store, pin=pin, signer=NEW, now=NOW)
    publish_files(store, tmp_path / "shown", now=NOW)
    store.close()
    code, words = run(capsys, "clear", tmp_path / "shown", "--key", tmp_path / "shown" / "log.vkey")
    assert code == 1 and f"entry {wrong + 1} (order.filled)" in words
    assert audit_command(tmp_path / "shown", None, replay=True, law=None) == 1
    assert f"NO  entry {wrong + 1}: " in capsys.readouterr().out


def test_the_key_in_force_is_as_good_as_the_first_one_for_what_it_signed(journal, tmp_path, capsys):
    shown = tmp_path / "shown"
    publish_files(journal, shown, now=LATER)
    (tmp_path / "new.vkey").write_text(f"{NEW.vkey}\n")
    change = shown / "keys" / "0001.tlog-proof"
    for keys in (["--key", tmp_path / "new.vkey"], ["--key", shown / "log.vkey", "--rotated", change]):
        code, words = run(capsys, "log", shown, *keys)
        assert code == 0 and "VALID" in words, words
