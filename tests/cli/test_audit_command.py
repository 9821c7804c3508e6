"""`kezek audit` from the command line: of a journal, its public files, an archive, a day and a session."""

import json
import shutil
import sqlite3
import sys

import pytest
from tests.trading.market_days import delivered_session

from kezek.cli import main
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.checkpoint import sign_checkpoint
from kezek.evidence.keychain import rotation_event
from kezek.evidence.log import CHECKPOINT_FILE, ENTRIES_FILE, LEAVES_FILE, VKEY_FILE, Log
from kezek.evidence.signature import Signer, parse_signer
from kezek.evidence.tiles import pack_entries
from kezek.evidence.tree import Tree, leaf_hash
from kezek.journal.pin import Pin, Pinned

NAME = "kezek.example/market"


def event(number, **changes):
    line = {"at": "2025-10-14T05:00:05Z", "data": {"n": number}, "key": f"order/{number}", "type": "a.b", "v": 1}
    return json.dumps({**line, **changes})


@pytest.fixture
def kezek(capsys, monkeypatch):
    """Run the program as a person does; it prints no traceback, whatever happens."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("KEZEK_TRACEBACK", raising=False)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["kezek", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main.run()
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err and "cli.fault" not in shown.err, shown.err
        assert ended.value.code != 2 or (shown.err.startswith("kezek: ") and shown.err.count("\n") == 1)
        return ended.value.code, shown.out + shown.err

    return run


@pytest.fixture
def log(kezek, tmp_path):
    """A journal of 300 entries, ten of them with personal data, published."""
    folder = tmp_path / "log"
    assert kezek("journal", "init", folder, "--name", NAME)[0] == 0
    lines = [event(number, **({"private": {"iin": f"88{number}"}} if number < 10 else {})) for number in range(300)]
    (tmp_path / "events").write_text("\n".join(lines) + "\n")
    assert kezek("journal", "append", folder, tmp_path / "events")[0] == 0
    assert kezek("journal", "publish", folder)[0] == 0
    return folder


def tamper(folder, sql, *values):
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql, values)
    connection.close()


def append(kezek, folder, *lines):
    file = folder.parent / "more"
    file.write_text("".join(f"{line}\n" for line in lines))
    assert kezek("journal", "append", folder, file)[0] == 0


def test_each_line_says_what_was_compared_and_the_last_one_the_answer(kezek, log):
    code, said = kezek("audit", log)
    assert code == 0 and said.splitlines()[-1].startswith("WHOLE: 300 entries, root ")
    assert "the stored entries lead to every signed root: 2" in said
    assert "the checkpoint pinned outside the database, and the published one, lead to it too" in said
    assert "published entries that agree with their tiles: 300" in said
    assert "give --key to check against one you trust" in said
    assert "give --key" not in kezek("audit", log, "--key", log / "public" / "log.vkey")[1]


def test_one_entry_is_one_entry(kezek, tmp_path):
    folder = tmp_path / "one"
    kezek("journal", "init", folder, "--name", NAME)
    append(kezek, folder, event(1))
    assert "PUBLISHED: 1 entry, root" in kezek("journal", "publish", folder)[1]
    assert "WHOLE: 1 entry, root" in kezek("audit", folder)[1]


@pytest.mark.parametrize(
    ("sql", "value", "said"),
    [
        ("UPDATE kezek_entry SET body = ? WHERE place = 42", event("x").encode(), "entry 42: it was tampered with"),
        ("UPDATE kezek_entry SET body = ? WHERE place = 42", b"\xff\n{", "entry 42: it was tampered with"),
        ("UPDATE kezek_entry SET body = ? WHERE place = 42", 7, "entry 42: it was tampered with"),
        ("UPDATE kezek_entry SET body = CAST(body AS TEXT) WHERE place = ?", 42, "entry 42: it was tampered with"),
        ("UPDATE kezek_entry SET leaf = ? WHERE place = 42", b"", "entry 42: its stored leaf hash is damaged"),
        ("UPDATE kezek_entry SET leaf = ? WHERE place = 42", "text", "entry 42: its stored leaf hash is damaged"),
        ("UPDATE kezek_entry SET name = ? WHERE place = 42", "order/x", "entry 42: the store finds it under"),
        ("UPDATE kezek_entry SET name = ? WHERE place = 42", b"order/42", "entry 42: the store finds it under"),
        ("DELETE FROM kezek_entry WHERE place = ?", 42, "entry 42: it is missing"),
        ("DELETE FROM kezek_entry WHERE place = ?", 299, "entry 299: it is missing"),
        ("UPDATE kezek_entry SET place = ? WHERE place = 299", 10**15, "entry 299: it is missing"),
        (
            "UPDATE kezek_log SET size = ?, integrated = 300",
            10**15,
            "the log ends here, the store counts 1000000000000000",
        ),
        ("UPDATE kezek_log SET integrated = ?", 0, "entry 0: the store says that its tree holds 0 of 300"),
        ("UPDATE kezek_log SET origin = ?", "kezek.example/other", "calls the log kezek.example/other"),
        ("UPDATE kezek_page SET hashes = ? WHERE depth = 3", bytes(9), "page 0 of depth 3 is not what"),
        ("UPDATE kezek_page SET hashes = ? WHERE depth = 0 AND number = 1", "text", "page 1 of depth 0 is missing"),
        ("DELETE FROM kezek_page WHERE depth = ?", 8, "page 0 of depth 8 is missing"),
        ("UPDATE kezek_checkpoint SET note = ? WHERE size = 300", 7, "a checkpoint cannot be believed"),
        ("DELETE FROM kezek_checkpoint WHERE size >= ?", 0, "the database holds no checkpoint"),
        ("INSERT INTO kezek_rotation VALUES (?)", 42, "changes of keys are noted at the entries [42]"),
        (
            "INSERT INTO kezek_cosignature VALUES (300, ?, 'x')",
            "w",
            "the checkpoint over 300 entries, with its cosignatures: ",
        ),
        ("UPDATE kezek_opening SET value = ? WHERE place = 4", b'{"value":"x"}', "entry 4: private iin: the value"),
        ("UPDATE kezek_opening SET value = ? WHERE place = 4", 7, "entry 4: private iin is damaged"),
        (
            "UPDATE kezek_opening SET salt = ? WHERE place = 4",
            "x",
            "entry 4: private iin is damaged",
        ),
        ("UPDATE kezek_opening SET field = ? WHERE place = 4", "name", "private name: the entry holds no hash of it"),
        ("UPDATE kezek_opening SET place = ? WHERE place = 4", 9000, "entry 9000: private iin: the entry holds no"),
    ],
)
def test_whatever_is_changed_in_the_database_is_named(kezek, log, sql, value, said):
    tamper(log, sql, value)
    for more in ((), ("--replay",)):
        code, told = kezek("audit", log, *more)
        assert code == 1 and said in told and told.endswith("TAMPERED WITH OR DAMAGED: see above.\n")


def test_an_entry_that_the_journal_does_not_count_is_named(kezek, log):
    body = event(300).encode()
    tamper(log, "INSERT INTO kezek_entry VALUES (300, 'order/300', ?, ?)", body, leaf_hash(body))
    code, said = kezek("audit", log)
    assert code == 1 and "entry 300: entries stand outside of the log's own size, where none belongs: 1" in said


def test_a_first_key_in_the_database_that_is_none_asks_for_the_auditors(kezek, log):
    tamper(log, "UPDATE kezek_log SET first_vkey = ?", "no key")
    code, said = kezek("audit", log)
    assert code == 2 and "--key" in said and "[journal.key.damaged]" in said
    assert kezek("audit", log, "--key", log / "public" / "log.vkey")[0] == 0


def test_another_logs_key_is_believed_nothing(kezek, log, tmp_path):
    (tmp_path / "other.vkey").write_text(Signer(NAME, bytes(32)).vkey)
    for path in (log, log / "public"):
        code, said = kezek("audit", path, "--key", tmp_path / "other.vkey")
        assert code == 1 and "no checkpoint can be believed: nothing is proven" in said


@pytest.mark.parametrize(("key", "code"), [("none", "cli.file.unreadable"), ("log/log.key", "evidence.key.form")])
def test_a_key_that_is_none_is_refused_in_one_line(kezek, log, tmp_path, key, code):
    assert kezek("audit", log, "--key", tmp_path / key)[0] == 2
    assert f"[{code}]" in kezek("audit", log, "--key", tmp_path / key)[1]


def test_a_folder_without_a_log_a_file_and_nothing_are_refused_in_one_line(kezek, tmp_path):
    (tmp_path / "file").write_text("x")
    for path in (tmp_path, tmp_path / "file", tmp_path / "none"):
        code, said = kezek("audit", path)
        assert code == 2 and "[cli.audit.unknown]" in said


def test_an_old_backup_is_told_from_the_pin_and_from_the_public_files(kezek, log, tmp_path):
    shutil.copytree(log, tmp_path / "backup")
    append(kezek, log, event(300))
    kezek("journal", "publish", log)
    shutil.copy(tmp_path / "backup" / "journal.db", log / "journal.db")
    code, said = kezek("audit", log)
    assert code == 1 and "the log ends here, 301 entries are signed: 1 are missing" in said
    assert kezek("journal", "publish", log)[0] == 2
    shutil.copy(tmp_path / "backup" / "pin.json", log / "pin.json")
    code, said = kezek("audit", log)
    assert code == 1 and "the log ends here, 301 entries are signed: 1 are missing" in said


def test_what_was_accepted_before_a_pin_that_is_ahead_is_no_fault(kezek, log):
    """Who dies between the pin and the commit leaves a pin ahead of the database; publishing takes it over."""
    append(kezek, log, event(300))
    signer = parse_signer((log / "log.key").read_bytes())
    with sqlite3.connect(log / "journal.db") as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM kezek_entry ORDER BY place")]
    connection.close()
    note = sign_checkpoint(size=301, root=Tree(map(leaf_hash, bodies)).root(), signer=signer)
    pin = Pin(log / "pin.json")
    assert pin.swap(pin.read(), Pinned(note, pin.read().signed_unix_s))
    code, said = kezek("audit", log)
    assert code == 0 and "the last of them is over 301 of 301 entries" in said


def test_another_history_under_the_same_size_is_told_from_the_pin(kezek, log):
    """Whoever holds the key can sign a rewritten log; the pin, and whoever kept a checkpoint, still tell."""
    signer = parse_signer((log / "log.key").read_bytes())
    note = sign_checkpoint(size=300, root=bytes(32), signer=signer)
    pin = Pin(log / "pin.json")
    assert pin.swap(pin.read(), Pinned(note, 0))
    code, said = kezek("audit", log)
    assert code == 1 and "the log signed another history too: over 300 entries it has the root 0000" in said
    (log / "public" / "checkpoint").write_text(note, encoding="utf-8")
    assert kezek("audit", log)[0] == kezek("audit", log / "public")[0] == 1


@pytest.mark.parametrize("data", [None, b"", b"{}\n", b"\xff"])
def test_a_pin_that_is_missing_or_damaged_is_said(kezek, log, data):
    (log / "pin.json").unlink() if data is None else (log / "pin.json").write_bytes(data)
    code, said = kezek("audit", log)
    assert code == 1 and ("the pin is missing" in said if data is None else "The pin is damaged." in said)
    assert kezek("journal", "publish", log)[0] == 2


def test_public_files_that_a_stranger_made_up_under_the_right_first_key_are_not_whole(kezek, log, tmp_path):
    evil = Signer(NAME, bytes(32))
    change = canonical_bytes(rotation_event(old=Signer(NAME, b"s" * 32), new=evil, at=main_now()))
    bodies = [event("x").replace(" ", "").encode(), change, event("y").replace(" ", "").encode()]
    fake = tmp_path / "fake"
    for kind, data in (("0", b"".join(map(leaf_hash, bodies))), ("entries", pack_entries(bodies))):
        (fake / f"tile/{kind}/000.p").mkdir(parents=True)
        (fake / f"tile/{kind}/000.p/3").write_bytes(data)
    root = Tree(map(leaf_hash, bodies)).root()
    (fake / "checkpoint").write_text(sign_checkpoint(size=3, root=root, signer=evil), encoding="utf-8")
    shutil.copy(log / "public" / "log.vkey", fake / "log.vkey")
    code, said = kezek("audit", fake, "--key", log / "public" / "log.vkey")
    assert code == 1 and "entry 1: the change of keys does not follow" in said


def main_now():
    from kezek.cli.asked import now

    return now()


def test_a_change_of_keys_that_somebody_wrote_into_the_database_is_not_signed_for(kezek, log):
    evil = Signer(NAME, bytes(32))
    body = canonical_bytes(rotation_event(old=Signer(NAME, b"s" * 32), new=evil, at=main_now()))
    name = json.loads(body)["key"]
    tamper(log, "INSERT INTO kezek_entry VALUES (300, ?, ?, ?)", name, body, leaf_hash(body))
    tamper(log, "INSERT INTO kezek_rotation VALUES (300)")
    tamper(log, "UPDATE kezek_log SET size = 301")
    before = (log / "pin.json").read_bytes()
    code, said = kezek("journal", "publish", log)
    assert code == 2 and "[journal.key.damaged]" in said
    assert (log / "pin.json").read_bytes() == before
    assert kezek("journal", "rotate", log)[0] == 2
    assert "entry 300: the change of keys does not follow" in kezek("audit", log)[1]


def test_an_archive_is_audited_with_its_manifest(kezek, log, tmp_path):
    archive = tmp_path / "archive"
    assert kezek("journal", "export", log, archive)[0] == 0
    assert kezek("audit", archive, "--key", log / "public" / "log.vkey")[0] == 0
    bundle = archive / "tile/entries/000"
    bundle.write_bytes(bundle.read_bytes()[:-1])
    code, said = kezek("audit", archive)
    assert code == 1 and "tile/entries/000: has " in said and "entry 255: it was tampered with" in said


def test_public_files_of_which_some_are_closed_or_gone_say_how_many(kezek, log):
    append(kezek, log, event(300, closed_until="2099-01-01T00:00"), event(301))
    kezek("journal", "publish", log)
    code, said = kezek("audit", log)
    assert code == 0 and "agree with their tiles: 300" in said
    (log / "public" / "tile/0/000").unlink()
    code, said = kezek("audit", log)
    assert code == 1 and "public: entry 0: page 0 of depth 0 is missing" in said


def test_a_log_in_lines_as_that_of_a_day_is_audited_too(kezek, tmp_path):
    folder, log, signer = tmp_path / "day" / "log", Log(), Signer(NAME, bytes(32))
    folder.mkdir(parents=True)
    log.extend({"event": "lot.bought", "id": f"L-{number}"} for number in range(5))
    (folder / ENTRIES_FILE).write_bytes(log.entries_text())
    (folder / LEAVES_FILE).write_bytes(log.leaves_text())
    (folder / CHECKPOINT_FILE).write_text(log.sign(signer), encoding="utf-8")
    (folder / VKEY_FILE).write_text(f"{signer.vkey}\n")
    for path in (folder, folder.parent):
        code, said = kezek("audit", path, "--replay")
        assert code == 0 and "5 entries hash to the signed root" in said and "WHOLE: 5 entries" in said
    entries = (folder / ENTRIES_FILE).read_bytes()
    (folder / ENTRIES_FILE).write_bytes(entries.replace(b"L-3", b"L-9"))
    code, said = kezek("audit", folder.parent)
    assert code == 1 and "TAMPERED WITH OR DAMAGED" in said and "entry 3" in said
    (folder / VKEY_FILE).write_text("no key")
    assert kezek("audit", folder.parent)[0] == 2


def test_the_hours_of_a_session_are_cleared_again_and_a_changed_price_is_named_by_its_entry(kezek, tmp_path):
    folder, lines = tmp_path / "session", delivered_session().log.entries_text()
    for number, text in enumerate((lines, forged(lines))):
        folder = tmp_path / f"session-{number}"
        kezek("journal", "init", folder, "--name", NAME)
        append(kezek, folder, *text.decode().splitlines())
        kezek("journal", "publish", folder)
        code, said = kezek("audit", folder, "--replay")
        assert kezek("audit", folder)[0] == 0
        assert (code, "the session calculated again gives all" in said) == ((0, True) if number == 0 else (1, False))
    assert f"entry {changed_place(lines)}: " in said


def forged(lines):
    """Change the price of the first hour that was cleared, as if the operator had written it so."""
    at = lines.index(b'"type":"product.cleared"')
    start = lines.rindex(b"\n", 0, at) + 1
    line = lines[start:].split(b"\n", 1)[0]
    cleared = json.loads(line)
    cleared["data"]["price_tiyn_per_kwh"] = (cleared["data"].get("price_tiyn_per_kwh") or 0) + 1
    return lines.replace(line, canonical_bytes(cleared), 1)


def changed_place(lines):
    return lines[: lines.index(b'"type":"product.cleared"')].count(b"\n")
