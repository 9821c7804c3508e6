"""The page of the manual: its examples are read and written by the program, limits and codes are the program's."""

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.paper import Acknowledgement, AckRow, OrderRow, SettlementGap
from kezek.documents.side_tables import (
    SideKind,
    read_curtailments,
    read_participants,
    read_prepayments,
    read_prices,
    read_readings,
    read_supply,
    side_template,
)
from kezek.documents.standing import NAMED_HOURS, StandingOrderRow, in_words, standing_orders
from kezek.documents.value import (
    MOST_AMOUNT_TIYN,
    MOST_ID_CHARS,
    MOST_METERED_WH,
    MOST_PRICE_TIYN_PER_KWH,
    MOST_QUANTITY_KWH,
    MOST_TEXT_CHARS,
)
from kezek.documents.xml_answers import write_acknowledgement_xml
from kezek.documents.xml_bids import read_bid_xml, write_bid_xml
from kezek.market.imbalance import ImbalanceGap
from kezek.market.order import MOST_KWH, MOST_TIYN_PER_KWH, OrderRefusal
from kezek.registry.operator import Route

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "documents.md").read_text(encoding="utf-8")
AT = dt.datetime(2025, 10, 14, 4, 30, tzinfo=dt.UTC)
LIMITS = Limits()


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


def test_the_example_in_csv_is_the_example_in_xml():
    text = blocks("csv")[0]
    paper = read_bids_csv(data=text.encode(), document_id="D-1", sender_id="OP-001", name="", limits=LIMITS)
    assert [(type(row), len(row.steps)) for row in paper.rows] == [(OrderRow, 2), (OrderRow, 0)]
    bid = blocks("xml")[0].encode()
    assert write_bid_xml(paper=paper, receiver_id="KOREM", created_at=AT) == bid
    read = read_bid_xml(data=bid, receiver_id="KOREM", name="", limits=LIMITS)
    assert [replace(row, place="") for row in read.rows] == [replace(row, place="") for row in paper.rows]


def test_the_example_of_an_acknowledgement_is_what_is_written():
    rows = (
        AckRow("A-1", 1, True, "", "Taken."),
        AckRow("A-2", 3, False, "market.order.after_closure", "The order came after gate closure."),
    )
    answer = Acknowledgement("ACK-1", "D-1", AT, "KOREM", "OP-001", True, "", "", rows)
    assert write_acknowledgement_xml(answer).decode() == blocks("xml")[1]


def test_the_standing_orders_are_said_as_the_page_says_them():
    (text,), (words,) = blocks("toml"), blocks("text")
    rows = standing_orders(text=text, name="", limits=LIMITS)
    assert all(isinstance(row, StandingOrderRow) for row in rows)
    assert [in_words(row) for row in rows] == words.splitlines()
    assert f'`"nights"` {NAMED_HOURS["nights"]}, `"days"` {NAMED_HOURS["days"]}' in PAGE


SIDE_READERS = {
    SideKind.PARTICIPANTS: read_participants,
    SideKind.SUPPLY: read_supply,
    SideKind.PREPAYMENTS: read_prepayments,
    SideKind.READINGS: read_readings,
    SideKind.BALANCING_PRICES: read_prices,
    SideKind.CURTAILMENTS: read_curtailments,
}


def test_the_tables_of_the_state_are_the_templates_and_are_read():
    examples = blocks("csv")[1:]
    assert len(examples) == len(SideKind)
    for kind, text in zip(SideKind, examples, strict=True):
        assert side_template(kind).decode("utf-8-sig").replace("\r\n", "\n") == text
        assert len(SIDE_READERS[kind](data=text.encode(), name="x", limits=LIMITS)) == 2


def test_the_columns_of_the_page_are_those_of_the_templates():
    tables = PAGE.split("| column | holds |\n|---|---|\n")[1:]
    instead = {SideKind.READINGS: ["metered_wh"]}
    for kind, table in zip(SideKind, tables, strict=True):
        rows = re.findall(r"^\| (`[^|]+) \|", table.split("\n\n")[0], re.MULTILINE)
        named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
        header = side_template(kind).decode("utf-8-sig").splitlines()[0].split(";")
        assert sorted(named) == sorted([*header, *instead.get(kind, [])])


def test_the_limits_of_the_page_are_those_of_the_program():
    def spaced(number):
        return f"{number:,}".replace(",", " ")

    table = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \| `documents", PAGE, re.MULTILINE))
    assert table == {
        "size of a file": f"{LIMITS.most_bytes >> 20} MiB",
        "size of a workbook when unpacked": f"{LIMITS.most_unpacked_bytes >> 20} MiB",
        "rows, time series or standing orders": spaced(LIMITS.most_rows),
        "columns": str(LIMITS.most_columns),
        "characters on a line of CSV": spaced(LIMITS.most_line_chars),
        "steps of an order": str(LIMITS.most_steps),
    }
    assert f"1 to {MOST_ID_CHARS} characters" in PAGE
    assert f"from 0.01 to {spaced(MOST_PRICE_TIYN_PER_KWH // 100)}" in PAGE
    assert f"from 1 to {spaced(MOST_QUANTITY_KWH)}" in PAGE
    assert f"from 0.01 to {spaced(MOST_AMOUNT_TIYN // 100)}" in PAGE
    assert (
        f"over {spaced(MOST_TIYN_PER_KWH // 100)} tenge/kWh is\n  refused with `{OrderRefusal.PRICE_TOO_HIGH}`"
        in PAGE
    )
    assert f"a step over {spaced(MOST_KWH)} kWh with `{OrderRefusal.QUANTITY_TOO_LARGE}`" in PAGE
    assert f"at most {MOST_TEXT_CHARS} letters" in PAGE
    assert f"whole Wh, 0 allowed, at most {spaced(MOST_METERED_WH)};" in PAGE
    assert all(f"`{route}`" in PAGE for route in Route)


def test_the_page_lists_every_code_in_order_of_precedence():
    answers, said = PAGE.split("\n## Codes\n")
    assert re.findall(r"^\| `(documents\.[a-z0-9_.]+)` \|", said, re.MULTILINE) == [*RowCode, *PaperCode]
    assert re.findall(r"^\| `([a-z]+\.[a-z_]+\.[a-z_]+)` \|", answers, re.MULTILINE) == [
        *SettlementGap,
        *ImbalanceGap,
    ]
