"""The papers that `kezek market example` makes: the same orders in other formats, with the same answers."""

import csv
import io
import re

import pytest

from kezek.cli.market_commands import market_app
from kezek.cli.market_example import DOCUMENT, FILES, WORKBOOK, example_command
from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.fault import Limits
from kezek.documents.paper import OrderRow
from kezek.documents.xlsx_bids import read_bids_xlsx
from kezek.documents.xml_bids import read_bid_xml
from kezek.trading.answers import MARKET

OPEN = ("--date", "2025-10-15", "--at", "2025-10-14T07:50")


@pytest.fixture
def demo(tmp_path, capsys):
    assert example_command(tmp_path / "demo", terms=False) == 0
    return tmp_path / "demo", capsys.readouterr().out


def run(*arguments):
    return market_app([str(one) for one in arguments], standalone_mode=False)


def contents(paper):
    return {(row.order_id, row.version, row.action, row.product_id, row.steps) for row in paper.rows}


def test_the_workbook_and_the_document_hold_the_orders_of_the_table(demo):
    folder, _ = demo
    assert {path.name for path in folder.iterdir()} == {*FILES, "terms.toml", WORKBOOK, DOCUMENT}
    common = {"name": "x", "limits": Limits()}
    named = {"document_id": "D", "sender_id": "S"}
    table = read_bids_csv(data=(folder / "bids.csv").read_bytes(), **named, **common)
    book = read_bids_xlsx(data=(folder / WORKBOOK).read_bytes(), **named, **common)
    document = read_bid_xml(data=(folder / DOCUMENT).read_bytes(), receiver_id=MARKET, **common)
    assert document.sender_id == "OP-107"
    for operator_id, paper in (("OP-105", book), ("OP-107", document)):
        assert {row.operator_id for row in paper.rows} == {operator_id}
        rows = [row for row in table.rows if isinstance(row, OrderRow) and row.operator_id == operator_id]
        assert len(paper.rows) == len(rows) >= 5
        assert contents(paper) == {(row.order_id, row.version, row.action, row.product_id, row.steps) for row in rows}


def test_the_example_has_the_same_bytes_whenever_it_is_written(demo, tmp_path):
    folder, _ = demo
    example_command(tmp_path / "again", terms=False)
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_the_optional_papers_are_named_before_the_commands_and_not_among_them(demo):
    folder, said = demo
    before, _, commands = said.partition("\n\n")
    assert before.startswith("Written: 10 files in ")
    assert WORKBOOK in before and DOCUMENT in before
    assert WORKBOOK not in commands and DOCUMENT not in commands
    assert all(re.match(r"kezek market |    --", line) for line in commands.strip().splitlines())
    assert max(len(line.replace(str(folder), "demo")) for line in before.splitlines()) <= 80


def answers_in(folder, stem):
    (path,) = (folder / "acknowledgements").glob(f"ACK-*-{stem}.csv")
    rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig")), delimiter=";")
    return {(row["order_id"], row["version"]): (row["accepted"], row["code"], row["sentence"]) for row in rows}


def test_sent_after_the_table_they_get_the_same_answers(demo):
    folder, _ = demo
    session = folder / "session"
    tables = [f"--{one}={folder / one}.csv" for one in ("participants", "supply", "prepayments")]
    assert run("open", session, *OPEN, *tables) == 0
    run("bid", session, folder / "bids.csv", "--at", "2025-10-14T09:40")
    run("bid", session, folder / WORKBOOK, folder / DOCUMENT, "--at", "2025-10-14T09:41")
    first = answers_in(session, "bids")
    again = answers_in(session, "bids-op-105") | answers_in(session, "bids-op-107")
    assert {key: first[key][:2] for key in again} == {key: answer[:2] for key, answer in again.items()}
    left, stays = set(), set()
    for key, (accepted, _, sentence) in again.items():
        if accepted == "no":
            assert sentence == first[key][2]
        elif sentence.startswith("Sent before and taken at 09:40:00; since then it left the book"):
            left.add(key)
        else:
            assert sentence == "Sent before and taken at 09:40:00; it is in the book."
            stays.add(key)
    amended = {key for key in stays | left if (key[0], str(int(key[1] or 0) + 1)) in again}
    cancelled = {key for key in stays | left if key[1] and (key[0], "") in again}
    assert left == amended | cancelled
    assert left and stays
    assert len(again) == 20 + 5
    assert {code for _, code, _ in again.values()} >= {"", "market.order.not_offered"}
