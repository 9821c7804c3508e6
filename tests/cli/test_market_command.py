"""`kezek market` from the outside: a session on files, what it writes, refuses, and how it exits."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from lxml import etree

from kezek.cli.main import run

DELIVERY = "2025-10-15"


def outside(*arguments, cwd=None):
    """A command in a process of its own, as a user starts it."""
    line = [sys.executable, "-m", "kezek", "market", *map(str, arguments)]
    env = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(line, capture_output=True, text=True, cwd=cwd, timeout=120, check=False, env=env)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def kezek(*arguments):
    """The same command in this process, which is much quicker: what it prints, and how it exits."""
    line = ["kezek", "market", *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    env = {"COLUMNS": "80", "NO_COLOR": "1"}
    with ExitStack() as stack:
        for one in (mock.patch.object(sys, "argv", line), mock.patch.dict(os.environ, env)):
            stack.enter_context(one)
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        ended = stack.enter_context(pytest.raises(SystemExit))
        run()
    return Done(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def refusal(done):
    """The one line of a refusal."""
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("kezek: ")
    return line


def opened(files, *more, at="2025-10-14T07:50", name="session"):
    tables = [f"--{one}={files / one}.csv" for one in ("participants", "supply", "prepayments")]
    return kezek("open", files / name, "--date", DELIVERY, *tables, "--at", at, *more)


@pytest.fixture
def files(tmp_path):
    assert kezek("example", tmp_path / "demo").returncode == 0
    return tmp_path / "demo"


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """The example session, held whole with the very commands that `kezek market example` prints."""
    folder = tmp_path_factory.mktemp("market")
    said = outside("example", "demo", cwd=folder).stdout
    commands = re.sub(r"\\\n\s*", "", said.split("\n\n", 1)[1]).strip().splitlines()
    done = {}
    for line in commands:
        words = line.split()
        assert words[:2] == ["kezek", "market"]
        done[words[2]] = outside(*words[2:], cwd=folder)
    return folder / "demo" / "session", done


def test_the_printed_commands_hold_a_whole_session(held):
    _, done = held
    codes = {name: one.returncode for name, one in done.items()}
    # The bids hold mistakes on purpose: a refused row is exit code 1, and everything else was taken.
    assert codes == {"open": 0, "bid": 1, "close": 0, "clear": 0, "curtail": 0, "settle": 0, "publish": 0}
    assert all(not one.stderr for one in done.values())


def test_what_is_printed_fits_a_screen(held):
    _, done = held
    for one in done.values():
        assert max(len(line) for line in one.stdout.splitlines()) <= 80


def test_every_row_of_a_paper_is_answered_in_three_forms(held):
    folder, done = held
    (answer,) = (folder / "acknowledgements").glob("ACK-*-bids.csv")
    rows = list(csv.DictReader(io.StringIO(answer.read_text(encoding="utf-8-sig")), delimiter=";"))
    sent = (folder.parent / "bids.csv").read_text().splitlines()[1:]
    steps = {tuple(line.split(";")[:2]) for line in sent}
    assert len(rows) == len(steps)
    refused = {row["order_id"]: row["code"] for row in rows if row["code"]}
    assert refused == {
        "KOK-00": "market.order.licence_not_active",
        "TEN-03": "market.order.no_quota",
        "ATY-18": "market.order.not_offered",
        "ATY-17": "market.order.price_under_reserve",
        "EKB-20": "market.order.other_zone",
        "EKB-09": "documents.value.ambiguous",
        "EKB-14": "market.order.over_site_power",
        "ATY-01": "market.order.over_site_power",
    }
    assert all(code in done["bid"].stdout for code in refused.values())
    tree = etree.parse(str(answer.with_suffix(".xml")))
    assert len(tree.findall(".//{*}Reason")) >= len(refused)
    assert answer.with_suffix(".xlsx").read_bytes()[:2] == b"PK"


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))


def test_every_order_ends_once_in_the_allocation(held):
    folder, _ = held
    text = (folder / "allocation.csv").read_text(encoding="utf-8-sig")
    ends = {}
    for row in csv.DictReader(io.StringIO(text), delimiter=";"):
        assert ends.setdefault(row["order_id"], row["outcome"]) == row["outcome"]
    assert set(ends.values()) == {"accepted", "partly_accepted", "rejected", "cancelled"}
    assert ends["PVL1-08"] == "cancelled" and ends["KOK-00"] == "rejected"


def test_a_session_writes_statements_settlement_and_publication(held):
    folder, _ = held
    statements = {path.name for path in (folder / "statements").iterdir()}
    assert {f"OP-101.{kind}" for kind in ("html", "pdf", "xlsx")} <= statements
    assert not any(name.startswith("OP-106") for name in statements)  # a tenant has no account
    for kind in ("xml", "csv", "xlsx"):
        assert (folder / f"settlement.{kind}").stat().st_size > 500
    for kind in ("html", "json", "csv", "xlsx"):
        assert (folder / f"publication.{kind}").stat().st_size > 500


def words_in(path):
    """All that can be read in a paper, a workbook unpacked."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8-sig")
    with zipfile.ZipFile(path) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


@pytest.mark.parametrize("paper", ["allocation", "settlement"])
def test_each_operator_gets_an_allocation_and_a_settlement_that_name_nobody_else(held, paper):
    folder, _ = held
    with_account = {path.stem for path in (folder / "statements").glob("*.html")}
    assert len(with_account) > 3
    people = rows_of(folder.parent / "participants.csv")
    hosted = {who: {row["operator_id"] for row in people if row["host_id"] == who} for who in with_account}
    others = {row["operator_id"] for row in people}
    assert len(others) == 8
    orders = {row["order_id"]: row["operator_id"] for row in rows_of(folder / "allocation.csv")}
    for who in with_account:
        for kind in ("xml", "csv", "xlsx"):
            text = words_in(folder / "statements" / f"{who}-{paper}.{kind}")
            assert who in text or kind != "xml"  # a table without rows names nobody
            assert not [one for one in others - {who} - hosted[who] if one in text], (who, kind)
            assert not [name for name, owner in orders.items() if owner != who and f"{name}<" in text]
    of_all = rows_of(folder / f"{paper}.csv")
    told = [row for who in with_account for row in rows_of(folder / "statements" / f"{who}-{paper}.csv")]
    assert len(told) == len([row for row in of_all if row["operator_id"] in with_account]) > 5


def test_before_it_is_settled_there_is_an_allocation_for_each_and_no_settlement(files):
    session = files / "session"
    opened(files)
    kezek("bid", session, files / "standing.toml", "--at", "2025-10-14T09:40")
    assert not (session / "statements").exists()
    kezek("close", session, "--at", "2025-10-14T10:00")
    assert kezek("clear", session, "--at", "2025-10-14T10:05").returncode == 0
    written = {path.name for path in (session / "statements").iterdir()}
    assert {f"OP-101-allocation.{kind}" for kind in ("xml", "csv", "xlsx")} <= written
    assert not [name for name in written if "settlement" in name]
    assert "[trading.stage.not_delivered]" in refusal(
        kezek("settle", session, "--readings", files / "readings.csv", "--leave-open", "--at", "2025-10-15T23:59:59")
    )
    over = ("--product", "2025-10-15/west/04", "--kwh", "7000")
    done = kezek("curtail", session, *over, "--at", "2025-10-15T05:00")
    assert done.returncode == 1 and "[market.supply.hour_over]" in done.stdout
    assert kezek("curtail", session, *over, "--at", "2025-10-15T05:01").returncode == 1


def test_a_supply_is_cut_until_the_last_second_of_its_hour(files):
    session = files / "session"
    opened(files)
    kezek("close", session, "--at", "2025-10-14T10:00")
    kezek("clear", session, "--at", "2025-10-14T10:05")
    last = ("--product", "2025-10-15/west/04", "--kwh", "7000", "--at", "2025-10-15T04:59:59")
    assert kezek("curtail", session, *last).returncode == 0


def test_a_prepayment_booked_by_mistake_is_taken_back_once(files):
    session = files / "session"
    opened(files)
    correct = ("correct", session, "PAY-7", "--why", "paid by another")
    done = kezek(*correct, "--at", "2025-10-14T07:55")
    assert done.returncode == 0 and "PAY-7 was taken back: paid by another" in done.stdout
    assert "all accounts add up to 0" in done.stdout
    again = kezek(*correct, "--at", "2025-10-14T07:56")
    assert again.returncode == 1 and "[trading.prepayment.corrected]" in again.stdout
    unknown = kezek("correct", session, "PAY-99", "--why", "none", "--at", "2025-10-14T07:57")
    assert unknown.returncode == 1 and "[trading.prepayment.unknown_payment]" in unknown.stdout
    kezek("bid", session, files / "bids.csv", "--at", "2025-10-14T09:40")
    spent = kezek("correct", session, "PAY-5", "--why", "too late", "--at", "2025-10-14T09:41")
    assert spent.returncode == 1 and "[trading.prepayment.spent]" in spent.stdout
    kinds = [json.loads(line)["type"] for line in entries_of(session)]
    assert kinds.count("account.corrected") == 4
    assert kezek("status", session).returncode == 0
    assert kezek("correct", session, "PAY-7").returncode == 2  # a reason is asked for


def test_a_share_of_the_programme_is_withdrawn_by_itself_or_with_the_surplus(files):
    table = files / "supply.csv"
    table.write_text("zone;hour_index;surplus_kwh;programme_output_kwh\nwest;00;30000;1001\nwest;01;20000;2000\n")
    assert opened(files, "--reading", "programme_70_30.status=in_force").returncode == 0
    head = "zone;hour_index;surplus_kwh;programme_output_kwh;action\n"
    for rows, expected in (
        ("west;00;;0;withdraw\n", [("2025-10-15/west/00/programme", 0)]),
        ("west;00;;;withdraw\n", [("2025-10-15/west/00", 0)]),
        ("west;01;0;0;withdraw\n", [("2025-10-15/west/01", 0), ("2025-10-15/west/01/programme", 0)]),
    ):
        before = len(entries_of(files / "session"))
        table.write_text(head + rows)
        assert kezek("supply", files / "session", table, "--at", "2025-10-14T09:10").returncode == 0
        said = [json.loads(line) for line in entries_of(files / "session")[before:]]
        assert [(one["data"]["product_id"], one["data"]["declared_kwh"]) for one in said] == expected
        assert {one["data"]["act"] for one in said} == {"withdrawn"}


def test_a_refusal_says_what_was_found(held):
    folder, _ = held
    (answer,) = (folder / "acknowledgements").glob("ACK-*-bids.csv")
    said = {row["order_id"]: re.sub(r"\s", " ", row["sentence"]) for row in rows_of(answer)}
    assert re.search(r"Bid [\d., ]+ ₸/kWh or more, not [\d., ]+ ₸/kWh\.", said["ATY-17"])
    assert re.search(r"within [\d ,]+ kWh; these come to [\d ,]+ kWh\.", said["EKB-14"])


def test_nothing_published_names_an_operator_before_the_embargo_ends(held):
    folder, _ = held
    for kind in ("html", "json", "csv"):
        text = (folder / f"publication.{kind}").read_text(encoding="utf-8")
        assert not re.search(r"OP-10\d|EKB-|PVL|SAR", text), kind


def test_after_the_embargo_the_single_bids_are_open(held):
    folder, _ = held
    before = json.loads(kezek("publish", folder, "--on", "2026-01-13", "--json").stdout)
    after = json.loads(kezek("publish", folder, "--on", "2026-01-14", "--json").stdout)
    assert (before["bids"]["open"], before["bids"]["orders"]) == (False, [])
    assert after["bids"]["open"] and len(after["bids"]["orders"]) > 50
    kezek("publish", folder, "--on", "2025-10-16")


def test_the_log_gives_the_session_again_and_a_change_is_found(held, tmp_path):
    folder, _ = held
    copy = tmp_path / "copy"
    copy.mkdir()
    log = (folder / "session.jsonl").read_bytes()
    (copy / "session.jsonl").write_bytes(log)
    assert kezek("status", copy).returncode == 0
    lines = log.splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if b'"purchase.made"' in line)
    lines[place] = lines[place].replace(b'"energy_kwh":1000', b'"energy_kwh":1001')
    (copy / "session.jsonl").write_bytes(b"".join(lines))
    said = refusal(kezek("status", copy))
    assert f"Entry {place}:" in said and "[cli.market.log]" in said
    (copy / "session.jsonl").write_bytes(log[:-5])
    assert "[cli.market.log]" in refusal(kezek("status", copy))


def kept_of(printed):
    """SIZE:ROOT as the line of the log shows it."""
    found = re.search(r"Log +(\d+:[0-9a-f]{32}), its size and root to keep", printed)
    assert found, printed
    return found[1]


def test_what_the_log_line_prints_is_what_kept_takes(held):
    folder, done = held
    size = len((folder / "session.jsonl").read_bytes().splitlines())
    assert kept_of(done["settle"].stdout).startswith(f"{size}:")
    for name in ("open", "bid", "close", "clear", "curtail", "settle"):
        kept = kept_of(done[name].stdout)
        looked = kezek("status", folder, "--kept", kept.upper() if name == "bid" else kept)
        assert looked.returncode == 0 and not looked.stderr
        assert f"the first {kept.split(':')[0]} entries are those of the root that was kept" in looked.stdout


def test_a_kept_root_that_is_not_the_log_s_is_told(held):
    folder, done = held
    size, root = kept_of(done["settle"].stdout).split(":")
    other = ("0" if root[0] != "0" else "1") + root[1:]
    for kept in (f"{size}:{other}", f"{int(size) - 1}:{root}", f"1:{root}", f"0:{root}"):
        said = refusal(kezek("status", folder, "--kept", kept))
        assert "[cli.market.root]" in said and root[1:] in said
    said = refusal(kezek("status", folder, "--kept", f"{int(size) + 1}:{root}"))
    assert "[cli.market.root]" in said and "no such entry" in said


@pytest.mark.parametrize(
    "kept",
    ["", "12", "12:", ":" + "0" * 32, "12:abc", "-1:" + "0" * 32, "1.5:" + "0" * 32, "\u0661:" + "0" * 32, "x:y"],
)
def test_what_is_no_size_and_root_is_refused(held, kept):
    folder, _ = held
    assert "[cli.market.kept]" in refusal(kezek("status", folder, f"--kept={kept}"))


def entries_of(folder):
    return (folder / "session.jsonl").read_bytes().splitlines(keepends=True)


def copied(folder, lines):
    folder.mkdir(exist_ok=True)
    (folder / "session.jsonl").write_bytes(b"".join(lines))
    return folder


def test_a_log_cut_at_the_end_of_an_act_is_found_by_the_root_that_was_kept_and_by_nothing_else(held, tmp_path):
    folder, done = held
    lines, kept = entries_of(folder), kept_of(done["settle"].stdout)
    size = int(kept_of(done["curtail"].stdout).split(":")[0])
    cut = copied(tmp_path / "cut", lines[:size])
    assert kezek("status", cut).returncode == 0  # a log cannot know that it once was longer
    assert "[cli.market.root]" in refusal(kezek("status", cut, "--kept", kept))
    assert kezek("status", cut, "--kept", kept_of(done["curtail"].stdout)).returncode == 0
    assert "[cli.market.log]" in refusal(kezek("status", copied(tmp_path / "cut", lines[: size + 1])))


def test_an_act_changed_before_the_gate_is_found_by_the_root_that_was_kept_and_by_nothing_else(files):
    session = files / "session"
    opened(files)
    before = kept_of(kezek("bid", session, files / "bids.csv", "--at", "2025-10-14T09:40").stdout)
    lines = entries_of(session)
    rows = [n for n, line in enumerate(lines) if b'"order.unreadable"' in line]
    what = json.loads(lines[rows[0]])["data"]["what"]
    lines[rows[0]] = lines[rows[0]].replace(json.dumps(what, ensure_ascii=False).encode(), b'"something else"')
    copied(session, lines)
    assert kezek("status", session).returncode == 0  # nothing follows from it before the gate notes its root
    said = refusal(kezek("status", session, "--kept", before))
    assert "[cli.market.root]" in said and before.split(":")[1] in said
    after = kept_of(kezek("close", session, "--at", "2025-10-14T10:00").stdout)
    lines = entries_of(session)
    lines[rows[0]] = lines[rows[0]].replace(b'"something else"', b'"something new"')
    copied(session, lines)
    assert "[cli.market.log]" in refusal(kezek("status", session))  # behind it there is the root of the gate
    assert "[cli.market.log]" in refusal(kezek("status", session, "--kept", after))


def test_papers_can_be_written_again(held):
    folder, _ = held
    (folder / "allocation.xml").unlink()
    assert kezek("papers", folder).returncode == 0
    assert (folder / "allocation.xml").exists()


def test_acts_come_in_their_order(files):
    session = files / "session"
    assert opened(files).returncode == 0
    assert "[trading.stage.gate_open]" in refusal(kezek("clear", session, "--at", "2025-10-14T10:00"))
    assert "[trading.stage.before_closure]" in refusal(kezek("close", session, "--at", "2025-10-14T09:59"))
    assert "[trading.stage.back_in_time]" in refusal(kezek("close", session, "--at", "2025-10-14T07:49"))
    assert "[cli.market.not_cleared]" in refusal(
        kezek("curtail", session, "--product", "2025-10-15/west/04", "--kwh", "0", "--at", "2025-10-14T10:00")
    )
    assert "[trading.stage.not_cleared]" in refusal(
        kezek("settle", session, "--readings", files / "readings.csv", "--at", "2025-10-14T10:00")
    )
    assert "[trading.stage.not_cleared]" in refusal(kezek("papers", session))
    assert kezek("close", session, "--at", "2025-10-14T10:00").returncode == 0
    assert "[trading.stage.gate_closed]" in refusal(kezek("close", session, "--at", "2025-10-14T10:01"))
    assert "[trading.stage.gate_closed]" in refusal(kezek("suspend", session, "OP-101", "--at", "2025-10-14T10:01"))
    assert kezek("clear", session, "--at", "2025-10-14T10:05").returncode == 0
    assert "[trading.stage.cleared]" in refusal(kezek("clear", session, "--at", "2025-10-14T10:06"))
    assert "[cli.market.cleared]" in refusal(
        kezek("supply", session, files / "supply.csv", "--at", "2025-10-14T10:06")
    )


def test_a_suspension_cancels_what_was_bid(files):
    session = files / "session"
    opened(files)
    kezek("bid", session, files / "standing.toml", "--at", "2025-10-14T09:40")
    done = kezek("suspend", session, "OP-101", "--at", "2025-10-14T09:50")
    assert done.returncode == 0 and "OP-101: 7 orders cancelled" in done.stdout
    late = kezek("bid", session, files / "standing.toml", "--at", "2025-10-14T09:51")
    assert late.returncode == 1 and "market.order.operator_suspended" in late.stdout
    assert "[trading.stage.unknown_operator]" in refusal(
        kezek("suspend", session, "OP-999", "--at", "2025-10-14T09:52")
    )


def test_a_late_prepayment_is_refused_and_the_rest_goes_on(files):
    late_opening = opened(files, at="2025-10-14T08:01")
    assert late_opening.returncode == 1  # every prepayment of its table came too late
    assert late_opening.stdout.count("[trading.prepayment.late]") == 7
    assert re.search(r"0\spayments", late_opening.stdout) and "open for papers" in late_opening.stdout
    more = files / "more.csv"
    more.write_text("payment_id;operator_id;amount_tenge\nPAY-9;OP-101;1000,00\n")
    done = kezek("prepay", files / "session", more, "--at", "2025-10-14T08:02")
    assert done.returncode == 1 and "[trading.prepayment.late]" in done.stdout


def test_supply_can_be_revised_and_withdrawn_before_clearing(files):
    opened(files)
    table = files / "revision.csv"
    table.write_text(
        "zone;hour_index;surplus_kwh;action\nwest;00;30000;revise\nwest;01;;withdraw\nwest;02;5;publish\n"
    )
    done = kezek("supply", files / "session", table, "--at", "2025-10-14T09:20")
    assert done.returncode == 1
    assert "1 revised, 1 withdrawn" in done.stdout and "[market.supply.published_twice]" in done.stdout


def test_the_programme_is_an_offer_only_where_its_reading_is_chosen(files):
    table = files / "supply.csv"
    table.write_text("zone;hour_index;surplus_kwh;programme_output_kwh\nwest;00;30000;1001\n")
    assert "[trading.supply.programme_not_in_force]" in refusal(opened(files))
    done = opened(files, "--reading", "programme_70_30.status=in_force")
    assert done.returncode == 0 and "2 published" in done.stdout
    log = (files / "session" / "session.jsonl").read_text()
    assert '"declared_kwh":300' in log and '"2025-10-15/west/00/programme"' in log


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (["--date", "soon"], "cli.date.form"),
        (["--date", "2022-01-01"], "trading.rules.no_market"),
        (["--profile", "published"], "trading.rules.law_open"),
        (["--at", "yesterday"], "cli.moment.form"),
        (["--supply", "none.csv"], "cli.market.unreadable"),
        (["--terms", "none.toml"], "trading.terms.unreadable"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_leaves_nothing(files, change, code):
    assert f"[{code}]" in refusal(opened(files, *change))
    assert not (files / "session").exists()


def test_a_second_session_in_one_folder_and_a_folder_of_something_else_are_refused(files):
    opened(files)
    assert "[journal.session.exists]" in refusal(opened(files))
    (files / "mine").mkdir()
    (files / "mine" / "notes.txt").write_text("keep")
    assert "[journal.session.foreign]" in refusal(opened(files, name="mine"))
    assert "[journal.session.none]" in refusal(kezek("status", files / "nowhere"))
    assert "[cli.market.folder]" in refusal(kezek("example", files))


def test_a_paper_that_cannot_be_read_changes_nothing(files):
    opened(files)
    before = (files / "session" / "session.jsonl").read_bytes()
    hostile = files / "hostile.csv"
    hostile.write_bytes(b"order_id;version\n\x00\n")
    good = files / "standing.toml"
    assert "[documents.paper.nul]" in refusal(
        kezek("bid", files / "session", good, hostile, "--at", "2025-10-14T09:40")
    )
    assert (files / "session" / "session.jsonl").read_bytes() == before


def test_the_same_paper_again_gets_the_same_answers_and_changes_no_book(files):
    opened(files)
    first = kezek("bid", files / "session", files / "bids.csv", "--at", "2025-10-14T09:40")
    second = kezek("bid", files / "session", files / "bids.csv", "--at", "2025-10-14T09:41")
    papers = (files / "session" / "acknowledgements").glob("*.csv")
    before, after = (
        list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";"))
        for path in sorted(papers, key=lambda path: int(path.name.split("-")[1]))
    )
    assert first.returncode == second.returncode == 1
    keys = ("place", "order_id", "version", "accepted", "code")
    assert [[row[key] for key in keys] for row in before] == [[row[key] for key in keys] for row in after]
    again = {f"{row['order_id']} v{row['version']}": row["sentence"] for row in after if not row["code"]}
    gone = "Sent before and taken at 09:40:00; since then it left the book, amended, cancelled or suspended."
    assert {name for name, said in again.items() if said == gone} == {"ATY-00 v1", "PVL1-08 v1"}
    assert again["SARA-00 v1"] == "Sent before and taken at 09:40:00; it is in the book."
    assert first.stdout.count("orders in the book") == second.stdout.count("orders in the book") == 1
    line = next(line for line in first.stdout.splitlines() if "orders in the book" in line)
    assert line.split("given,")[1] in second.stdout


def test_a_workbook_and_a_document_are_papers_too(files):
    from datetime import UTC, datetime

    from kezek.documents.csv_bids import read_bids_csv
    from kezek.documents.fault import Limits
    from kezek.documents.paper import BidPaper, OrderRow
    from kezek.documents.workbook import write_bids_xlsx
    from kezek.documents.xml_bids import write_bid_xml

    paper = read_bids_csv(
        data=(files / "bids.csv").read_bytes(), document_id="P", sender_id="OP-105", name="bids", limits=Limits()
    )
    rows = tuple(row for row in paper.rows if isinstance(row, OrderRow) and row.operator_id == "OP-105")
    mine = BidPaper("BID-1", "OP-105", rows)
    at = datetime(2025, 10, 14, 4, 35, tzinfo=UTC)
    (files / "mine.xlsx").write_bytes(write_bids_xlsx(paper=mine, created_at=at))
    (files / "mine.xml").write_bytes(write_bid_xml(paper=mine, receiver_id="KEZEK-MARKET", created_at=at))
    books = []
    for name in ("mine.xlsx", "mine.xml"):
        opened(files, name=name.split(".")[1])
        session = files / name.split(".")[1]
        kezek("bid", session, files / name, "--at", "2025-10-14T09:40")
        log = [json.loads(line) for line in (session / "session.jsonl").read_text().splitlines()]
        books.append([one["data"] for one in log if one["type"] == "order.decided"])
    assert books[0] == books[1] and len(books[0]) > 15


def test_one_price_for_all_and_a_price_struck_again(files):
    rules = ["--reading", "market.price_rule=uniform", "--reading", "market.curtailment_price=restruck"]
    session = files / "session"
    assert opened(files, *rules).returncode == 0
    kezek("bid", session, files / "standing.toml", files / "bids.csv", "--at", "2025-10-14T09:40")
    kezek("close", session, "--at", "2025-10-14T10:00")
    assert kezek("clear", session, "--at", "2025-10-14T10:05").returncode == 0
    cut = kezek("curtail", session, "--product", "2025-10-15/west/04", "--kwh", "7000", "--at", "2025-10-14T19:00")
    assert cut.returncode == 0
    log = [json.loads(line) for line in (session / "session.jsonl").read_text().splitlines()]
    struck = {one["data"]["price_tiyn_per_kwh"] for one in log if one["type"] == "purchase.restruck"}
    assert struck == {1_930}  # 8 000 kWh were bid at 19.30, 20 000 at 18.50: only the first are served now


def test_terms_are_printed_to_start_from(tmp_path):
    printed = kezek("example", "--terms").stdout
    assert "[market_fee]" in printed and "[reserve_west]" in printed
    assert "[cli.market.example]" in refusal(kezek("example"))


def test_help_names_every_command():
    shown = kezek("--help").stdout
    for name in ("open", "correct", "bid", "close", "clear", "curtail", "settle", "publish", "status", "uptime"):
        assert re.search(rf"^│ {name} ", shown, re.MULTILINE)


def test_documents_of_the_docs_exist():
    page = Path(__file__).resolve().parents[2] / "docs" / "market.md"
    assert "All-or-nothing blocks" in page.read_text(encoding="utf-8")
