"""`kezek journal` and `kezek audit` from the command line, as an operator uses them and as somebody misuses them."""

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from tests.trading.market_days import delivered_session
from typer.testing import CliRunner

from kezek.cli import journal_folder
from kezek.cli.audit import audit_command
from kezek.cli.evidence import verify_command
from kezek.cli.journal import (
    append_command,
    cosign_command,
    disclose_command,
    export_command,
    forget_command,
    growth_command,
    import_command,
    init_command,
    list_command,
    publish_command,
    receipt_command,
    rotate_command,
    status_command,
    witness_command,
)
from kezek.cli.main import app
from kezek.cli.witness import add_command as watch
from kezek.cli.witness import cosign_command as cosign_by_hand
from kezek.cli.witness import init_command as new_witness
from kezek.cli.witness_server import WitnessServer
from kezek.evidence.checkpoint import open_checkpoint
from kezek.evidence.growth import parse_growth, verify_growth
from kezek.evidence.signature import Verifier
from kezek.units.problem import InputProblem

NAME = "kezek.example/market"


def event(number, **changes):
    line = {
        "at": "2025-10-14T05:00:05Z",
        "data": {"price_tiyn_per_kwh": 2_450 + number},
        "key": f"order/{number}",
        "type": "order.submitted",
        "v": 1,
        **changes,
    }
    return json.dumps(line)


def written(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


@pytest.fixture
def folder(tmp_path, capsys):
    assert init_command(tmp_path / "log", NAME, "sqlite") == 0
    capsys.readouterr()
    return tmp_path / "log"


@pytest.fixture
def events(tmp_path):
    return written(tmp_path / "events.jsonl", *map(event, range(5)))


def refused(act):
    with pytest.raises(InputProblem) as caught:
        act()
    problem = caught.value
    assert problem.what and problem.way_out and "Traceback" not in str(problem)
    return problem.code


def said(capsys):
    shown = capsys.readouterr()
    return shown.out + shown.err


def status(folder, capsys):
    capsys.readouterr()
    assert status_command(folder, as_json=True) == 0
    return json.loads(capsys.readouterr().out)


def test_from_beginning_to_a_receipt_that_verifies_from_the_public_key_alone(folder, events, tmp_path, capsys):
    assert append_command(folder, events) == 0
    words = said(capsys)
    assert (
        "0\taccepted\torder/0\n" in words
        and "4\taccepted\torder/4\n" in words
        and "new: 5, there already: 0" in words
    )
    assert receipt_command(folder, "order/3", None) == 1
    assert "order/3: accepted, entry 3; `kezek journal publish`" in said(capsys)
    assert publish_command(folder) == 0
    assert "PUBLISHED: 5 entries, root " in said(capsys)
    assert receipt_command(folder, "order/3", tmp_path / "receipt") == 0
    assert verify_command(tmp_path / "receipt", folder / "public" / "log.vkey") == 0
    assert "VALID: order.submitted order/3, entry 3 of the log" in said(capsys)
    assert audit_command(folder, folder / "public" / "log.vkey", replay=False, law=None) == 0
    assert "WHOLE: 5 entries" in said(capsys)


def test_sending_again_adds_nothing_and_another_content_is_refused(folder, events, tmp_path, capsys):
    append_command(folder, events)
    capsys.readouterr()
    assert append_command(folder, events) == 0
    assert "new: 0, there already: 5" in said(capsys)
    other = written(tmp_path / "other.jsonl", event(9), event(3, data={"price_tiyn_per_kwh": 1}))
    assert refused(lambda: append_command(folder, other)) == "journal.event.conflict"
    assert status(folder, capsys)["accepted"] == 5


def test_the_standard_input_is_read(folder, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{event(1)}\n\n{event(2)}\n".encode())))
    assert append_command(folder, "-") == 0
    assert "new: 2," in said(capsys)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "journal.event.form"),
        ("[]", "journal.event.form"),
        ('{"at":1,"at":2}', "journal.event.form"),
        ("[" * 100_000, "journal.event.form"),
        (event(1, type="order"), "evidence.event.form"),
        (event(1, extra=1), "evidence.event.form"),
        (event(1, v=0), "evidence.event.version"),
        (event(1, v=True), "evidence.event.version"),
        (event(1, at="2025-10-14 05:00"), "evidence.event.moment"),
        (event(1, at="2025-02-30T05:00:00Z"), "evidence.event.moment"),
        (event(1, key=""), "evidence.event.key"),
        (event(1, key="n/1"), "evidence.event.key"),
        (event(1, n=1), "evidence.event.key"),
        (event(1, data={"price": 24.5}), "evidence.json.float"),
        (event(1, data={"price": 2**60}), "evidence.json.number"),
        (event(1, data={"text": "a" * 70_000}), "evidence.event.size"),
        (event(1, type="log.key_rotated"), "journal.event.reserved"),
        (event(1, private=[1]), "journal.event.form"),
        (event(1, private={"Bad Name": 1}), "evidence.event.private"),
        (event(1, closed_until="soon"), "cli.moment.form"),
        (event(1, closed_until=7), "journal.event.form"),
    ],
)
def test_an_event_that_no_log_takes_is_refused_with_its_line_and_nothing_is_added(
    folder, tmp_path, capsys, line, code
):
    source = written(tmp_path / "events.jsonl", event(7), line)
    assert refused(lambda: append_command(folder, source)) == code
    assert status(folder, capsys)["accepted"] == 0


def test_a_file_that_is_not_there_is_named(folder, tmp_path):
    assert refused(lambda: append_command(folder, str(tmp_path / "none"))) == "cli.file.unreadable"
    assert refused(lambda: publish_command(tmp_path / "none")) == "journal.folder.none"
    assert refused(lambda: receipt_command(folder, "order/99", None)) == "journal.event.unknown"
    assert refused(lambda: audit_command(tmp_path, None, replay=False, law=None)) == "cli.audit.unknown"


def test_a_journal_is_begun_once_and_in_a_folder_of_its_own(folder, tmp_path):
    assert refused(lambda: init_command(folder, NAME, "sqlite")) in ("journal.folder.foreign", "journal.log.exists")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("x")
    assert refused(lambda: init_command(tmp_path / "full", NAME, "sqlite")) == "journal.folder.foreign"
    assert refused(lambda: init_command(tmp_path / "a" / "b", NAME, "sqlite")) == "journal.folder.parent"
    assert refused(lambda: init_command(tmp_path / "x", "two words", "sqlite")) == "evidence.key.form"
    assert refused(lambda: init_command(tmp_path / "y", NAME, "oracle")) == "journal.store.kind"
    assert (tmp_path / "full" / "thesis.txt").read_text() == "x"


def test_the_private_key_is_its_owners_alone(folder):
    assert (folder / "log.key").stat().st_mode & 0o077 == 0
    assert not any(path.name.startswith("log.key") for path in (folder / "public").rglob("*"))


def test_personal_data_stays_outside_can_be_shown_and_destroyed(folder, tmp_path, capsys):
    append_command(folder, written(tmp_path / "e", event(1, private={"iin": "880101300123"})))
    publish_command(folder)
    capsys.readouterr()
    assert disclose_command(folder, "order/1") == 0
    assert json.loads(capsys.readouterr().out)["iin"]["value"] == "880101300123"
    shown = b"".join(path.read_bytes() for path in (folder / "public").rglob("*") if path.is_file())
    assert b"880101300123" not in shown
    assert forget_command(folder, "order/1") == 0
    capsys.readouterr()
    disclose_command(folder, "order/1")
    assert json.loads(capsys.readouterr().out) == {}
    assert audit_command(folder, None, replay=False, law=None) == 0
    assert refused(lambda: forget_command(folder, "order/2")) == "journal.event.unknown"


def test_a_closed_event_is_provable_at_once_and_shown_only_when_its_moment_has_come(
    folder, tmp_path, capsys, monkeypatch
):
    secret = {"price_tiyn_per_kwh": 987_654}
    lines = [event(1), event(2, data=secret, closed_until="2099-01-01T00:00"), event(3)]
    append_command(folder, written(tmp_path / "e", *lines))
    publish_command(folder)
    assert "still closed, or behind one that is: 2 entries" in said(capsys)

    def shown():
        return b"".join(path.read_bytes() for path in (folder / "public").rglob("*") if path.is_file())

    assert b"987654" not in shown() and b"order/1" in shown()
    assert receipt_command(folder, "order/2", tmp_path / "receipt") == 0
    assert verify_command(tmp_path / "receipt", folder / "public" / "log.vkey") == 0
    assert audit_command(folder / "public", None, replay=True, law=None) == 0
    assert "entries not shown yet: 2; nothing was calculated again" in said(capsys)
    list_command(folder, 1, 1)
    assert "closed until 2098-12-31T19:00:00Z" in said(capsys)
    opened = journal_folder.now().replace(year=2099, month=2, day=1)
    monkeypatch.setattr(journal_folder, "now", lambda: opened)
    publish_command(folder)
    assert b"987654" in shown() and "still closed" not in said(capsys)


def test_growth_convinces_who_kept_an_old_checkpoint(folder, tmp_path, events, capsys):
    append_command(folder, written(tmp_path / "e", event(100), event(101)))
    publish_command(folder)
    key = Verifier.parse((folder / "public" / "log.vkey").read_bytes())
    old = open_checkpoint((folder / "public" / "checkpoint").read_bytes(), key)
    append_command(folder, events)
    publish_command(folder)
    assert growth_command(folder, 2, tmp_path / "growth") == 0
    new = verify_growth(parse_growth((tmp_path / "growth").read_bytes()), old=old, verifier=key)
    assert new.size == 7
    assert refused(lambda: growth_command(folder, 8, None)) == "journal.growth.size"


def test_the_key_changes_twice_and_each_is_followed_from_the_first(folder, tmp_path, events, capsys):
    first = (folder / "public" / "log.vkey").read_bytes()
    (tmp_path / "first.vkey").write_bytes(first)
    for number in range(2):
        append_command(folder, written(tmp_path / "e", event(number)))
        assert rotate_command(folder) == 0
    append_command(folder, written(tmp_path / "e", event(9)))
    publish_command(folder)
    assert (folder / "public" / "log.vkey").read_bytes() == first and not (folder / "log.key.next").exists()
    assert receipt_command(folder, "order/9", tmp_path / "receipt") == 0
    changes = sorted((folder / "public" / "keys").iterdir())
    assert verify_command(tmp_path / "receipt", tmp_path / "first.vkey") == 1
    assert verify_command(tmp_path / "receipt", tmp_path / "first.vkey", rotated=changes) == 0
    assert refused(lambda: verify_command(tmp_path / "receipt", tmp_path / "first.vkey", rotated=changes[1:]))
    capsys.readouterr()
    assert audit_command(folder, tmp_path / "first.vkey", replay=False, law=None) == 0
    assert "each signed for by the key before: 2" in said(capsys)


@pytest.mark.parametrize("step", ["write_key", "rotate", "publish", "publish_files"])
def test_a_change_of_keys_that_is_cut_off_anywhere_is_brought_to_its_end(
    folder, tmp_path, events, capsys, monkeypatch, step
):
    append_command(folder, events)
    from kezek.cli import journal as commands
    from kezek.journal import publishing

    where = {"write_key": commands, "rotate": publishing, "publish": journal_folder, "publish_files": journal_folder}
    real = getattr(where[step], step)

    def fails(*arguments, **named):
        done = real(*arguments, **named) if step in ("write_key", "rotate") else None
        if status(folder, capsys)["accepted"] > 5 or step == "write_key":
            raise InputProblem("test.cut", "Cut off.", "", "Go on.")
        return done if done is not None else real(*arguments, **named)

    monkeypatch.setattr(where[step], step, fails)
    assert refused(lambda: rotate_command(folder)) == "test.cut"
    monkeypatch.undo()
    assert publish_command(folder) == 0
    assert rotate_command(folder) == 0
    append_command(folder, written(tmp_path / "e", event(50)))
    assert publish_command(folder) == 0
    assert audit_command(folder, None, replay=False, law=None) == 0
    found = status(folder, capsys)
    assert found["published"] == found["accepted"]


def test_an_export_comes_back_elsewhere_and_goes_on(folder, tmp_path, events, capsys):
    append_command(folder, events)
    publish_command(folder)
    assert export_command(folder, tmp_path / "archive", with_private=False) == 0
    key = folder / "log.key"
    assert import_command(tmp_path / "archive", tmp_path / "new", None, key, "sqlite") == 0
    append_command(tmp_path / "new", written(tmp_path / "e", event(77)))
    publish_command(tmp_path / "new")
    for one in (tmp_path / "archive", tmp_path / "new"):
        assert audit_command(one, folder / "public" / "log.vkey", replay=False, law=None) == 0
    (tmp_path / "archive" / "tile" / "0" / "000.p" / "5").write_bytes(bytes(160))
    assert audit_command(tmp_path / "archive", None, replay=False, law=None) == 1
    code = refused(lambda: import_command(tmp_path / "archive", tmp_path / "third", None, key, "sqlite"))
    assert code == "journal.archive.torn"


def test_an_old_backup_publishes_nothing_and_the_audit_says_so(folder, tmp_path, events, capsys):
    append_command(folder, written(tmp_path / "e", event(100)))
    publish_command(folder)
    shutil.copy(folder / "journal.db", tmp_path / "backup.db")
    append_command(folder, events)
    publish_command(folder)
    shown = (folder / "public" / "checkpoint").read_bytes()
    for suffix in ("", "-wal", "-shm"):
        (folder / f"journal.db{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", folder / "journal.db")
    assert refused(lambda: publish_command(folder)) == "journal.log.shrunk"
    capsys.readouterr()
    assert audit_command(folder, None, replay=False, law=None) == 1
    assert "the log ends here, 6 entries are signed: 5 are missing" in said(capsys)
    append_command(folder, written(tmp_path / "e", *map(event, range(200, 240))))
    assert refused(lambda: publish_command(folder)) == "journal.log.forked"
    assert (folder / "public" / "checkpoint").read_bytes() == shown


@pytest.mark.parametrize(
    ("name", "code"),
    [("journal.db", "journal.store.missing"), ("log.key", "journal.key.none"), ("pin.json", "journal.pin.missing")],
)
def test_what_is_missing_from_the_folder_is_named(folder, tmp_path, events, name, code):
    append_command(folder, events)
    for path in folder.glob(f"{name}*"):
        path.unlink()
    assert refused(lambda: publish_command(folder)) == code


def test_settings_that_are_damaged_and_a_database_without_address_are_refused(folder, monkeypatch):
    settings = folder / "journal.json"
    was = settings.read_text()
    settings.write_text(was.replace("sqlite", "postgres"))
    monkeypatch.delenv("KEZEK_DATABASE_URL", raising=False)
    assert refused(lambda: publish_command(folder)) == "journal.store.address"
    settings.write_text(was[:-5])
    assert refused(lambda: publish_command(folder)) == "journal.folder.settings"


def test_a_witness_asked_by_hand_stands_in_checkpoint_receipt_and_status(folder, tmp_path, events, capsys):
    witness = tmp_path / "witness"
    new_witness(witness, "witness.example/w1")
    watch(witness, folder / "public" / "log.vkey")
    assert witness_command(folder, witness / "witness.vkey", "") == 0
    append_command(folder, events)
    assert publish_command(folder) == 0
    growth_command(folder, 0, tmp_path / "request")
    assert cosign_by_hand(witness, tmp_path / "request", tmp_path / "answer") == 0
    assert cosign_command(folder, tmp_path / "answer") == 0
    assert "— witness.example/w1 " in (folder / "public" / "checkpoint").read_text(encoding="utf-8")
    assert status(folder, capsys)["witnesses"] == ["witness.example/w1"]
    receipt_command(folder, "order/1", tmp_path / "receipt")
    keys = {"witnesses": (witness / "witness.vkey",)}
    assert verify_command(tmp_path / "receipt", folder / "public" / "log.vkey", **keys) == 0
    stranger = tmp_path / "stranger"
    new_witness(stranger, "witness.example/w2")
    watch(stranger, folder / "public" / "log.vkey")
    cosign_by_hand(stranger, tmp_path / "request", tmp_path / "other")
    assert refused(lambda: cosign_command(folder, tmp_path / "other")) == "journal.witness.unknown"
    lie = (tmp_path / "answer").read_text(encoding="utf-8").replace("A", "B", 1)
    (tmp_path / "lie").write_text(lie, encoding="utf-8")
    assert refused(lambda: cosign_command(folder, tmp_path / "lie"))


@contextmanager
def serving(witness):
    server = WitnessServer(witness, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_witness_is_asked_at_each_publication_and_stops_one_that_shows_another_history(
    folder, tmp_path, events, capsys
):
    witness = tmp_path / "witness"
    new_witness(witness, "witness.example/w1")
    watch(witness, folder / "public" / "log.vkey")
    shutil.copytree(folder, tmp_path / "fork")
    with serving(witness) as url:
        witness_command(folder, witness / "witness.vkey", url)
        append_command(folder, events)
        assert publish_command(folder) == 0
        assert "witness witness.example/w1: cosigned" in said(capsys)
        append_command(folder, written(tmp_path / "e", *map(event, range(20, 30))))
        assert publish_command(folder) == 0
        fork = tmp_path / "fork"
        witness_command(fork, witness / "witness.vkey", url)
        append_command(fork, written(tmp_path / "e", event(1_000)))
        assert refused(lambda: publish_command(fork)) == "journal.witness.fork"
        append_command(fork, written(tmp_path / "e", *map(event, range(2_000, 2_014))))
        assert refused(lambda: publish_command(fork)) == "journal.witness.fork"
        assert (fork / "public" / "checkpoint").read_text(encoding="utf-8").split("\n")[1] == "0"
    append_command(folder, written(tmp_path / "e", event(40)))
    assert publish_command(folder) == 1
    assert "witness witness.example/w1: could not be reached" in said(capsys)
    assert status(folder, capsys)["published"] == 16


def test_a_session_is_kept_proven_and_calculated_again(folder, tmp_path, capsys):
    session = delivered_session()
    lines = session.log.entries_text()
    (tmp_path / "session.jsonl").write_bytes(lines)
    append_command(folder, str(tmp_path / "session.jsonl"))
    publish_command(folder)
    capsys.readouterr()
    assert audit_command(folder, None, replay=True, law=None) == 0
    words = said(capsys)
    assert "the session calculated again gives all" in words and "by the second clearing, entry by entry: 48" in words
    changed = lines.replace(b'"price_tiyn_per_kwh":', b'"price_tiyn_per_kwh":1', 1)
    assert changed != lines
    (tmp_path / "changed.jsonl").write_bytes(changed)
    assert refused(lambda: append_command(folder, str(tmp_path / "changed.jsonl"))) == "journal.event.conflict"


def test_of_a_log_without_market_hours_there_is_nothing_to_clear(folder, events, capsys):
    append_command(folder, events)
    publish_command(folder)
    capsys.readouterr()
    assert audit_command(folder, None, replay=True, law=None) == 0
    assert "no market hour was cleared in this log" in said(capsys)


def test_a_tampered_body_is_named_by_the_audit_of_the_journal_and_of_its_public_files(
    folder, events, tmp_path, capsys
):
    append_command(folder, events)
    publish_command(folder)
    bundle = next((folder / "public" / "tile" / "entries").rglob("5"))
    bundle.write_bytes(bundle.read_bytes().replace(b"2453", b"2459"))
    capsys.readouterr()
    assert audit_command(folder, None, replay=False, law=None) == 1
    assert "public: entry 3: it was tampered with" in said(capsys)
    assert audit_command(folder / "public", None, replay=False, law=None) == 1
    assert "entry 3: it was tampered with" in said(capsys)


def test_the_program_itself_runs_the_commands_with_their_exit_codes(tmp_path):
    run = CliRunner().invoke
    log = str(tmp_path / "log")
    assert run(app, ["journal", "init", log, "--name", NAME]).exit_code == 0
    source = written(tmp_path / "e", event(1))
    assert run(app, ["journal", "append", log, source]).exit_code == 0
    assert run(app, ["journal", "receipt", log, "order/1"]).exit_code == 1
    assert run(app, ["journal", "publish", log]).exit_code == 0
    assert run(app, ["journal", "status", log]).output.splitlines()[0] == NAME
    assert run(app, ["journal", "list", log]).output.startswith("0\t2025-10-14T05:00:05Z\torder.submitted\torder/1")
    assert run(app, ["audit", log]).exit_code == 0


def public_bytes(folder):
    return b"".join(path.read_bytes() for path in (folder / "public").rglob("*") if path.is_file())


def test_the_bids_of_a_session_stay_closed_until_its_embargo_ends(folder, tmp_path, capsys, monkeypatch):
    session = delivered_session()
    (tmp_path / "session.jsonl").write_bytes(session.log.entries_text())
    soon = journal_folder.now().replace(year=2025, month=10, day=17)
    monkeypatch.setattr(journal_folder, "now", lambda: soon)
    monkeypatch.setattr("kezek.cli.journal.now", lambda: soon)
    shutil.rmtree(folder)
    init_command(folder, NAME, "sqlite")
    append_command(folder, str(tmp_path / "session.jsonl"))
    publish_command(folder)
    assert b"order.submitted" not in public_bytes(folder)
    list_command(folder, 0, 1)
    assert "closed until 2026-01-13T19:00:00Z" in said(capsys)
    late = soon.replace(year=2026, month=1, day=14)
    monkeypatch.setattr(journal_folder, "now", lambda: late)
    publish_command(folder)
    assert b"order.submitted" in public_bytes(folder)
    capsys.readouterr()
    assert audit_command(folder / "public", None, replay=True, law=None) == 0
    assert "by the second clearing, entry by entry: 48" in said(capsys)


def test_events_can_be_closed_from_the_command_line_and_none_opens_by_an_empty_word(folder, tmp_path, events, capsys):
    append_command(folder, events, "2099-01-01T00:00")
    publish_command(folder)
    assert b"order.submitted" not in public_bytes(folder)
    odd = written(tmp_path / "odd.jsonl", event(50, closed_until=""))
    assert refused(lambda: append_command(folder, odd)) == "cli.moment.form"


def test_an_archive_never_lands_in_the_journal_or_over_its_public_files(folder, events, tmp_path, capsys):
    append_command(folder, events)
    publish_command(folder)
    for target in (folder / "public", folder / "archive", folder):
        assert refused(lambda target=target: export_command(folder, target, with_private=True)).startswith("journal.")
    shutil.copytree(folder / "public", tmp_path / "www")
    assert refused(lambda: export_command(folder, tmp_path / "www", with_private=True)) == "journal.folder.foreign"


def test_what_was_forgotten_is_in_no_file_even_while_another_reads(folder, tmp_path, capsys):
    append_command(folder, written(tmp_path / "e", event(1, private={"name": "SECRETPERSON"})))
    publish_command(folder)
    with journal_folder.opened(journal_folder.open_folder(folder)):
        forget_command(folder, "order/1")
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert [path.name for path in files if b"SECRETPERSON" in path.read_bytes()] == []


def test_database_and_archive_are_their_owners_alone(folder, events, tmp_path):
    append_command(folder, events)
    publish_command(folder)
    export_command(folder, tmp_path / "archive", with_private=True)
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.glob("journal.db*"))
    assert (tmp_path / "archive").stat().st_mode & 0o077 == 0
    (folder / "log.key").chmod(0o644)
    append_command(folder, written(tmp_path / "e", event(70)))
    assert refused(lambda: publish_command(folder)) == "journal.key.open"


def test_links_in_the_public_folder_lead_nowhere(folder, events, tmp_path):
    append_command(folder, events)
    key = (folder / "log.key").read_bytes()
    (folder / "public" / "checkpoint.partial").symlink_to(folder / "log.key")
    publish_command(folder)
    assert (folder / "log.key").read_bytes() == key
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "7").write_text("mine")
    shutil.rmtree(folder / "public" / "tile" / "0" / "000.p")
    (folder / "public" / "tile" / "0" / "000.p").symlink_to(victim)
    append_command(folder, written(tmp_path / "e", *map(event, range(10, 300))))
    publish_command(folder)
    assert (victim / "7").read_text() == "mine"


def test_a_witness_with_no_address_is_refused_at_once(folder, tmp_path):
    new_witness(tmp_path / "witness", "witness.example/w1")
    vkey = tmp_path / "witness" / "witness.vkey"
    assert refused(lambda: witness_command(folder, vkey, "notaurl")) == "cli.witness.url"
    assert publish_command(folder) == 0


@pytest.mark.parametrize("size", ["-5", "900000000000000000", "x", ""])
def test_a_checkpoint_of_an_impossible_size_is_answered_at_once(folder, events, tmp_path, size):
    append_command(folder, events)
    publish_command(folder)
    shutil.copytree(folder / "public", tmp_path / "copy")
    note = (tmp_path / "copy" / "checkpoint").read_text(encoding="utf-8").split("\n")
    (tmp_path / "copy" / "checkpoint").write_text("\n".join([note[0], size, *note[2:]]), encoding="utf-8")
    try:
        assert audit_command(tmp_path / "copy", None, replay=False, law=None) == 1
    except InputProblem as problem:
        assert problem.code == "journal.files.checkpoint"


def test_a_fork_that_is_whole_in_itself_is_found_by_what_lies_outside_the_database(folder, events, tmp_path, capsys):
    shutil.copytree(folder, tmp_path / "other")
    append_command(folder, events)
    append_command(tmp_path / "other", written(tmp_path / "e", *map(event, range(100, 105))))
    publish_command(folder)
    publish_command(tmp_path / "other")
    for path in folder.glob("journal.db*"):
        path.unlink()
    shutil.copy(tmp_path / "other" / "journal.db", folder / "journal.db")
    assert audit_command(folder, None, replay=False, law=None) == 1
    assert "the log signed another history too" in said(capsys)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE kezek_entry SET body = 5 WHERE place = 2",
        "UPDATE kezek_entry SET body = 'text' WHERE place = 2",
        "UPDATE kezek_entry SET name = x'00ff' WHERE place = 2",
        "UPDATE kezek_entry SET place = 1000000000 WHERE place = 2",
        "UPDATE kezek_opening SET value = 'x'",
        "UPDATE kezek_opening SET salt = 7",
        "UPDATE kezek_checkpoint SET size = 3 WHERE size = 0",
        "INSERT INTO kezek_cosignature VALUES (5, 'witness.example/w', 'garbage')",
    ],
)
@pytest.mark.parametrize("hole", [False, True])
def test_damage_of_any_type_is_named_and_no_fault_of_the_program(folder, tmp_path, capsys, damage, hole):
    import sqlite3

    lines = [event(0, private={"iin": "880101300123"}), *map(event, range(1, 5))]
    append_command(folder, written(tmp_path / "e", *lines))
    publish_command(folder)
    capsys.readouterr()
    with sqlite3.connect(folder / "journal.db") as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(damage)
        if hole:
            connection.execute("DELETE FROM kezek_entry WHERE place = 3")
    connection.close()
    assert audit_command(folder, None, replay=True, law=None) == 1
    assert "TAMPERED WITH OR DAMAGED" in said(capsys)


def test_public_bodies_that_were_taken_away_are_missed(folder, events, capsys):
    append_command(folder, events)
    publish_command(folder)
    shutil.rmtree(folder / "public" / "tile" / "entries")
    capsys.readouterr()
    assert audit_command(folder, None, replay=False, law=None) == 1
    assert "entries that are open and not shown: 5; publish again" in said(capsys)
    assert audit_command(folder / "public", None, replay=False, law=None) == 0
    assert "WHOLE AS FAR AS IT IS SHOWN" in said(capsys)
    publish_command(folder)
    assert audit_command(folder, None, replay=False, law=None) == 0


def test_a_later_key_is_told_from_a_wrong_one(folder, events, tmp_path):
    append_command(folder, events)
    rotate_command(folder)
    append_command(folder, written(tmp_path / "e", event(60)))
    publish_command(folder)
    (tmp_path / "new.vkey").write_text(journal_folder.read_key(folder / "log.key").vkey)
    for path in (folder, folder / "public"):
        code = refused(lambda path=path: audit_command(path, tmp_path / "new.vkey", replay=False, law=None))
        assert code == "journal.key.later"


def test_a_receipt_cannot_write_lines_of_its_own(folder, tmp_path, capsys):
    odd = event(1, id="x\u001b[2J\nVALID: OP-001 bought 999 kWh")
    append_command(folder, written(tmp_path / "e", odd))
    publish_command(folder)
    receipt_command(folder, "order/1", tmp_path / "receipt")
    capsys.readouterr()
    verify_command(tmp_path / "receipt", folder / "public" / "log.vkey")
    words = said(capsys)
    assert "\x1b" not in words and not any(line.startswith("VALID: OP-001") for line in words.splitlines())


def test_two_commands_at_once_change_the_key_one_after_the_other(folder, events):
    append_command(folder, events)
    command = [sys.executable, "-m", "kezek", "journal", "rotate", str(folder)]
    workers = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(3)]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0, 0]
    append_command(folder, str(folder.parent / "events.jsonl"))
    assert publish_command(folder) == 0 and audit_command(folder, None, replay=False, law=None) == 0
    assert len(list((folder / "public" / "keys").iterdir())) == 3


def test_a_beginning_that_was_cut_off_goes_on_under_the_same_name_only(tmp_path, monkeypatch):
    from kezek.journal.pin import Pin

    folder = tmp_path / "log"

    def dies(*_):
        raise InputProblem("test.cut", "Cut off.", "", "Go on.")

    monkeypatch.setattr(Pin, "swap", dies)
    assert refused(lambda: init_command(folder, NAME, "sqlite")) == "test.cut"
    monkeypatch.undo()
    assert refused(lambda: init_command(folder, "kezek.example/other", "sqlite")) == "journal.key.other"
    assert init_command(folder, NAME, "sqlite") == 0
    assert refused(lambda: init_command(folder, NAME, "sqlite")) == "journal.log.exists"


def test_the_address_of_a_database_is_never_shown(folder, monkeypatch):
    settings = folder / "journal.json"
    settings.write_text(settings.read_text().replace("sqlite", "postgres"))
    monkeypatch.setenv("KEZEK_DATABASE_URL", "postgres:/user:SECRETPW@host/db")
    with pytest.raises(InputProblem) as caught:
        publish_command(folder)
    assert caught.value.code == "journal.store.address" and "SECRETPW" not in str(caught.value)


def test_a_file_that_begins_with_a_byte_order_mark_is_read_and_the_line_at_fault_is_named(folder, tmp_path):
    (tmp_path / "bom.jsonl").write_bytes(b"\xef\xbb\xbf" + event(1).encode() + b"\n")
    assert append_command(folder, str(tmp_path / "bom.jsonl")) == 0
    source = written(tmp_path / "big.jsonl", event(2), event(3, data={"text": "a" * 70_000}), event(4))
    with pytest.raises(InputProblem) as caught:
        append_command(folder, source)
    assert caught.value.where == "line 2"


def test_a_file_that_an_editor_marked_as_utf_8_is_read_and_a_bad_line_is_named(folder, tmp_path, capsys):
    (tmp_path / "marked").write_bytes(b"\xef\xbb\xbf" + event(1).encode() + b"\n")
    assert append_command(folder, str(tmp_path / "marked")) == 0
    for bad in (event(3, data={"a": 1.5}), event(3, data={"a": "\ud800"}), event(3, private={"Full Name": 1})):
        with pytest.raises(InputProblem) as caught:
            append_command(folder, written(tmp_path / "events", event(2), bad))
        assert caught.value.where == "line 2"
    assert status(folder, capsys)["accepted"] == 1


@pytest.mark.parametrize("damage", ["value = 7", "salt = 'x'", "value = x'7b7d'", "value = x'ff'"])
def test_personal_data_that_was_damaged_is_said_where_it_is_asked_for(folder, tmp_path, damage):
    append_command(folder, written(tmp_path / "e", event(1, private={"iin": "88"})))
    publish_command(folder)
    with sqlite3.connect(folder / "journal.db") as connection:
        connection.execute(f"UPDATE kezek_opening SET {damage}")
    connection.close()
    assert refused(lambda: disclose_command(folder, "order/1")) == "journal.opening.damaged"
    private = lambda: export_command(folder, tmp_path / "archive", with_private=True)  # noqa: E731
    assert refused(private) == "journal.opening.damaged"
    assert not (tmp_path / "archive").exists()


def test_one_entry_is_counted_as_one(folder, tmp_path, capsys):
    append_command(folder, written(tmp_path / "e", event(1)))
    publish_command(folder)
    export_command(folder, tmp_path / "archive", with_private=False)
    words = said(capsys)
    assert "PUBLISHED: 1 entry, root " in words and "1 entry, the tree and every checkpoint" in words
