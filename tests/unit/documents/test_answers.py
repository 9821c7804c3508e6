"""The market's answers: XML that fits its schema, tables for people, and no cell that is a formula."""

import csv
import datetime as dt
import io
from dataclasses import replace

import pytest
import python_calamine
from lxml import etree

from kezek.documents.answers import (
    acknowledgement_tables,
    allocation_tables,
    answer_to_fault,
    settlement_tables,
)
from kezek.documents.markup import schema_text
from kezek.documents.paper import (
    Acknowledgement,
    AckRow,
    AllocationResult,
    AllocationRow,
    Outcome,
    PaperStep,
    RowFault,
    RuleUsed,
    SettlementDocument,
    SettlementRow,
)
from kezek.documents.table import Column, ColumnKind, Table, write_table_csv
from kezek.documents.workbook import table_xlsx, workbook_xlsx
from kezek.documents.xml_answers import write_acknowledgement_xml, write_allocation_xml, write_settlement_xml

AT = dt.datetime(2025, 10, 14, 5, 0, tzinfo=dt.UTC)
ACK = Acknowledgement(
    document_id="ACK-1",
    received_document_id="D-1",
    created_at=AT,
    sender_id="KOREM",
    receiver_id="OP-1",
    accepted=True,
    code="",
    sentence="",
    rows=(
        AckRow("A-1", 1, True, "", "Taken."),
        AckRow("B", 2, False, "market.order.after_closure", "The order came after gate closure < 10:00 & late."),
    ),
)
NOT_READ = Acknowledgement("ACK-2", "D-2", AT, "KOREM", "OP-1", False, "documents.xml.form", "Line 3 is broken.", ())
PRODUCT = "2025-10-15/west/07"
ALLOCATION = AllocationResult(
    document_id="AL-1",
    created_at=AT,
    sender_id="KOREM",
    receiver_id="OP-1",
    session_on=dt.date(2025, 10, 15),
    rules=(RuleUsed("price.pay_as_bid", "1"), RuleUsed("tie.pro_rata", "2")),
    log_root="ab" * 32,
    rows=(
        AllocationRow(
            "A-1",
            1,
            "OP-1",
            "S-1",
            "OP-1",
            PRODUCT,
            Outcome.ACCEPTED,
            1507,
            "",
            "",
            (PaperStep(1950, 1500), PaperStep(1801, 7)),
        ),
        AllocationRow(
            "B",
            1,
            "OP-2",
            "S-2",
            "OP-2",
            PRODUCT,
            Outcome.REJECTED,
            10,
            "market.clearing.under_price",
            "Too low.",
            (),
        ),
    ),
)
SETTLEMENT = SettlementDocument(
    document_id="SE-1",
    created_at=AT,
    sender_id="KOREM",
    receiver_id="OP-1",
    from_at=dt.datetime(2025, 10, 14, 19, tzinfo=dt.UTC),
    until_at=dt.datetime(2025, 10, 15, 19, tzinfo=dt.UTC),
    rules=(RuleUsed("two_price", "1"),),
    log_root="cd" * 32,
    rows=(SettlementRow("OP-1", PRODUCT, 1507, 1_506_995, 2_937_607, 15_000, 300_000, -5, 390_312, ""),),
)
NO_READING, NO_PRICE = "market.imbalance.no_reading", "market.imbalance.no_price"
OPEN = replace(
    SETTLEMENT,
    rules=(),
    rows=(
        replace(SETTLEMENT.rows[0], metered_wh=None, imbalance_tiyn=None, open_code=NO_READING),
        replace(SETTLEMENT.rows[0], imbalance_tiyn=None, open_code=NO_PRICE),
        replace(SETTLEMENT.rows[0], metered_wh=None, imbalance_tiyn=700, open_code=NO_READING),
    ),
)
"""Hours that are open: nothing known, only the price missing, one of two sites settled."""


@pytest.mark.parametrize(
    ("written", "schema_name"),
    [
        (write_acknowledgement_xml(ACK), "acknowledgement"),
        (write_acknowledgement_xml(NOT_READ), "acknowledgement"),
        (write_allocation_xml(ALLOCATION), "allocation"),
        (write_settlement_xml(SETTLEMENT), "settlement"),
        (write_settlement_xml(OPEN), "settlement"),
    ],
)
def test_what_is_written_fits_its_schema_and_claims_nothing(written, schema_name):
    etree.XMLSchema(etree.fromstring(schema_text(schema_name))).assertValid(etree.fromstring(written))
    assert b"no conformance to IEC 62325 is claimed" in written


def texts(written, path):
    tree = etree.fromstring(written)
    return [one.text for one in tree.iterfind("/".join(f"{{*}}{name}" for name in path.split("/")))]


def test_an_acknowledgement_says_a01_or_a02_for_the_paper_and_for_each_order():
    written = write_acknowledgement_xml(ACK)
    assert texts(written, "Reason/code") == ["A01"]
    assert texts(written, "TimeSeries/Reason/code") == ["A01", "A02", "market.order.after_closure"]
    assert texts(written, "TimeSeries/Reason/text")[1].endswith("< 10:00 & late.")
    assert texts(write_acknowledgement_xml(NOT_READ), "Reason/code") == ["A02", "documents.xml.form"]


def test_a_row_without_a_readable_id_is_answered_by_its_place():
    fault = RowFault("row 7", "", "documents.id.missing", "order_id is empty.", "Write the order_id.")
    answer = replace(ACK, rows=(answer_to_fault(fault),))
    written = write_acknowledgement_xml(answer)
    etree.XMLSchema(etree.fromstring(schema_text("acknowledgement"))).assertValid(etree.fromstring(written))
    assert texts(written, "TimeSeries/place") == ["row 7"]
    assert texts(written, "TimeSeries/mRID") == []
    assert texts(written, "TimeSeries/Reason/text") == ["order_id is empty. Write the order_id."]
    (row,) = csv_rows(acknowledgement_tables(answer)[0])
    assert (row["place"], row["order_id"], row["version"], row["accepted"]) == ("row 7", "", "", "no")


def test_an_allocation_names_rules_root_and_awards():
    written = write_allocation_xml(ALLOCATION)
    assert texts(written, "Rule/version") == ["1", "2"]
    assert texts(written, "log.root") == ["ab" * 32]
    assert texts(written, "Allocation_TimeSeries/outcome") == ["accepted", "rejected"]
    assert texts(written, "Allocation_TimeSeries/Period/Point/energy_Price.amount") == ["19.50", "18.01"]


def test_a_settlement_is_exact_to_the_tiyn_and_the_wh():
    written = write_settlement_xml(SETTLEMENT)
    point = "AccountTimeSeries/Period/Point/"
    assert texts(written, point + "metered.quantity") == ["1506.995"]
    assert texts(written, point + "imbalance.quantity") == ["-0.005"]
    assert texts(written, point + "imbalance.amount") == ["-0.05"]
    assert texts(written, point + "booked.amount") == texts(written, point + "total.amount") == ["36429.14"]
    assert texts(written, "AccountTimeSeries/Reason/code") == []


def test_a_settlement_names_the_rule_of_imbalance_and_the_root():
    written = write_settlement_xml(SETTLEMENT)
    assert (texts(written, "Rule/mRID"), texts(written, "Rule/version")) == (["two_price"], ["1"])
    assert texts(written, "log.root") == ["cd" * 32]
    before = write_settlement_xml(OPEN)
    assert (texts(before, "Rule/mRID"), texts(before, "log.root")) == ([], ["cd" * 32])
    about = {row["key"]: row["value"] for row in csv_rows(settlement_tables(SETTLEMENT)[1])}
    assert (about["rule two_price"], about["log_root"]) == ("version 1", "cd" * 32)
    book = sheet_values(workbook_xlsx(tables=settlement_tables(SETTLEMENT), created_at=AT), "About")
    assert ["rule two_price", "version 1"] in book and ["log_root", "cd" * 32] in book


def test_an_open_hour_stands_in_the_settlement_with_its_reason_and_what_is_known():
    written = write_settlement_xml(OPEN)
    point = "AccountTimeSeries/Period/Point/"
    assert texts(written, "AccountTimeSeries/Reason/code") == [NO_READING, NO_PRICE, NO_READING]
    assert texts(written, point + "metered.quantity") == ["1506.995"]
    assert texts(written, point + "imbalance.quantity") == ["-0.005"]
    assert texts(written, point + "imbalance.amount") == ["7.00"]
    assert texts(written, point + "booked.amount") == ["36429.19", "36429.19", "36436.19"]
    assert texts(written, point + "total.amount") == []
    rows = csv_rows(settlement_tables(OPEN)[0])
    cells = ("metered_kwh", "imbalance_kwh", "imbalance_tenge", "booked_tenge", "total_tenge", "open_code")
    assert [tuple(row[cell] for cell in cells) for row in rows] == [
        ("", "", "", "36429,19", "", NO_READING),
        ("1506,995", "-0,005", "", "36429,19", "", NO_PRICE),
        ("", "", "7,00", "36436,19", "", NO_READING),
    ]
    values = sheet_values(workbook_xlsx(tables=settlement_tables(OPEN), created_at=AT), "Settlement")
    assert [dict(zip(values[0], row, strict=True))["metered_kwh"] for row in values[1:]] == ["", 1506.995, ""]


@pytest.mark.parametrize("unknown", [{"metered_wh": None}, {"imbalance_tiyn": None}])
def test_an_hour_is_not_settled_while_something_of_it_is_not_known(unknown):
    with pytest.raises(ValueError, match="is settled, but not known"):
        replace(SETTLEMENT.rows[0], **unknown)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (NO_READING, "A02"),
        (NO_READING, ""),
        ("<booked.amount>36429.19</booked.amount>", ""),
        ("<bought.quantity>1507</bought.quantity>", ""),
        (f"<log.root>{'cd' * 32}</log.root>", ""),
        ("cd" * 32, "cd" * 31),
    ],
)
def test_the_schema_of_a_settlement_wants_the_code_and_all_that_is_always_known(old, new):
    spoilt = write_settlement_xml(OPEN).decode().replace(old, new, 1)
    assert spoilt != write_settlement_xml(OPEN).decode()
    schema = etree.XMLSchema(etree.fromstring(schema_text("settlement")))
    assert not schema.validate(etree.fromstring(spoilt.encode()))


def test_derived_amounts_add_up():
    assert (ALLOCATION.rows[0].awarded_kwh, ALLOCATION.rows[0].cost_tiyn) == (1507, 2_937_607)
    assert (SETTLEMENT.rows[0].imbalance_wh, SETTLEMENT.rows[0].total_tiyn) == (-5, 3_642_914)


def csv_rows(table):
    return list(csv.DictReader(io.StringIO(write_table_csv(table=table).decode("utf-8-sig")), delimiter=";"))


def test_the_answers_are_tables_with_decimal_commas():
    answer = csv_rows(acknowledgement_tables(ACK)[0])
    assert [(row["order_id"], row["accepted"], row["code"]) for row in answer] == [
        ("A-1", "yes", ""),
        ("B", "no", "market.order.after_closure"),
    ]
    award = csv_rows(allocation_tables(ALLOCATION)[0])
    assert [
        (row["asked_kwh"], row["awarded_kwh"], row["price_tenge_per_kwh"], row["cost_tenge"]) for row in award
    ] == [
        ("1507", "1500", "19,50", "29250,00"),
        ("", "7", "18,01", "126,07"),
        ("10", "0", "", "0,00"),
    ]
    owed = csv_rows(settlement_tables(SETTLEMENT)[0])
    assert (owed[0]["imbalance_kwh"], owed[0]["imbalance_tenge"], owed[0]["total_tenge"]) == (
        "-0,005",
        "-0,05",
        "36429,14",
    )
    about = {row["key"]: row["value"] for row in csv_rows(allocation_tables(ALLOCATION)[1])}
    assert (about["rule tie.pro_rata"], about["log_root"]) == ("version 2", "ab" * 32)


def sheet_values(data, name):
    return python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(name).to_python()


def test_the_answers_are_workbooks_with_the_same_bytes_always():
    data = workbook_xlsx(tables=settlement_tables(SETTLEMENT), created_at=AT)
    assert data == workbook_xlsx(tables=settlement_tables(SETTLEMENT), created_at=AT)
    values = sheet_values(data, "Settlement")
    assert dict(zip(*values, strict=True)) == {
        "operator_id": "OP-1",
        "product_id": PRODUCT,
        "bought_kwh": 1507.0,
        "metered_kwh": 1506.995,
        "imbalance_kwh": -0.005,
        "energy_tenge": 29376.07,
        "market_fee_tenge": 150.0,
        "transmission_tenge": 3000.0,
        "imbalance_tenge": -0.05,
        "vat_tenge": 3903.12,
        "booked_tenge": 36429.14,
        "total_tenge": 36429.14,
        "open_code": "",
    }


FORMULAS = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "https://a.example"]


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_or_a_link(text):
    columns = (Column("note"),)
    data = table_xlsx(title="Notes", columns=columns, rows=[(text,)], created_at=AT)
    assert sheet_values(data, "Notes")[1] == [text]
    written = write_table_csv(table=Table("Notes", columns, ((text,),))).decode("utf-8-sig")
    cell = next(csv.reader([written.splitlines()[1]]))[0]
    assert cell == (text if text.startswith("http") else f"'{text}")


def test_an_amount_too_long_for_a_spreadsheet_is_written_as_text():
    columns = (Column("amount", ColumnKind.TENGE),)
    rows = [(999_999_999_999_999,), (1_234_567_890_123_456,), (None,), (-9_999_999_999_999_999,)]
    data = table_xlsx(title="Amounts", columns=columns, rows=rows, created_at=AT)
    assert sheet_values(data, "Amounts")[1:] == [
        [9_999_999_999_999.99],
        ["12345678901234.56"],
        [""],
        ["-99999999999999.99"],
    ]


@pytest.mark.parametrize("cell", [1.5, True, "1"])
def test_an_amount_is_a_whole_number(cell):
    columns = (Column("amount", ColumnKind.TENGE),)
    with pytest.raises(TypeError, match="amount"):
        table_xlsx(title="Amounts", columns=columns, rows=[(cell,)], created_at=AT)
    with pytest.raises(TypeError, match="amount"):
        write_table_csv(table=Table("Amounts", columns, ((cell,),)))


@pytest.mark.parametrize(("title", "text"), [("a" * 32, "x"), ("a/b", "x"), ("Notes", "x" * 40_000)])
def test_what_a_sheet_cannot_hold_is_refused(title, text):
    with pytest.raises(ValueError, match=r"sheet|cell"):
        table_xlsx(title=title, columns=(Column("note"),), rows=[(text,)], created_at=AT)


def test_more_rows_than_a_sheet_holds_are_refused():
    with pytest.raises(ValueError, match="1048576 rows"):
        table_xlsx(title="Notes", columns=(Column("note"),), rows=[("x",)] * 1_048_576, created_at=AT)
