"""The offline verifier reads what the journal publishes: closed entries, a change of keys, an archive."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from tests.trading.market_days import delivered_session

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
