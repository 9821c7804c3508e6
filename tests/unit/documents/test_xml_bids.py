"""Orders as a bid document: what is written fits the schema and comes back; what is hostile or wrong is told."""

import datetime as dt
from dataclasses import replace

import pytest
from lxml import etree

from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.markup import schema_text
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.documents.xml_bids import read_bid_xml, write_bid_xml
from kezek.units.problem import InputProblem

CREATED_AT = dt.datetime(2025, 10, 14, 4, 30, tzinfo=dt.UTC)
FIRST = OrderRow(
    "TimeSeries 1",
    "A-1",
    1,
    Action.NEW,
    "OP-1",
    "S-1",
    "T-1",
    "2025-10-15/west/07",
    (PaperStep(1950, 1500), PaperStep(1801, 7)),
)
SECOND = OrderRow("TimeSeries 2", "B", 2, Action.CANCEL, "OP-1", "S-1", "OP-1", "2025-10-15/north_south/09", ())
PAPER = BidPaper("D-1", "OP-1", (FIRST, SECOND))
WRITTEN = write_bid_xml(paper=PAPER, receiver_id="KOREM", created_at=CREATED_AT).decode()


def read(text, *, limits=None, receiver_id="KOREM"):
    data = text if isinstance(text, bytes) else text.encode()
    return read_bid_xml(data=data, receiver_id=receiver_id, name="bids.xml", limits=limits or Limits())


def refusal(text, **options):
    with pytest.raises(InputProblem) as problem:
        read(text, **options)
    assert problem.value.what
    assert problem.value.way_out
    return problem.value


def with_change(old, new, count=1):
    assert old in WRITTEN
    return WRITTEN.replace(old, new, count)


def fault_of(text, **options):
    rows = read(text, **options).rows
    assert isinstance(rows[0], RowFault)
    assert rows[1] == SECOND
    return rows[0]


def test_a_paper_comes_back_as_it_was_written():
    assert read(WRITTEN) == PAPER


def test_what_is_written_fits_the_schema_and_claims_nothing():
    schema = etree.XMLSchema(etree.fromstring(schema_text("bid")))
    schema.assertValid(etree.fromstring(WRITTEN.encode()))
    assert "no conformance to IEC 62325 is claimed" in WRITTEN
    assert "<start>2025-10-15T02:00Z</start>" in WRITTEN
    assert "<createdDateTime>2025-10-14T04:30:00Z</createdDateTime>" in WRITTEN


def test_the_same_paper_gives_the_same_bytes():
    assert write_bid_xml(paper=PAPER, receiver_id="KOREM", created_at=CREATED_AT).decode() == WRITTEN


@pytest.mark.parametrize(
    ("old", "new", "code", "said"),
    [
        ("<quantity.quantity>1500<", "<quantity.quantity>NaN<", RowCode.NOT_A_NUMBER, "'NaN'"),
        ("<quantity.quantity>1500<", "<quantity.quantity>1.5<", RowCode.FRACTION, "'1.5'"),
        ("<quantity.quantity>1500<", "<quantity.quantity>0<", RowCode.ZERO, "zero"),
        ("<quantity.quantity>1500<", "<quantity.quantity><", RowCode.EMPTY, "empty"),
        ("amount>19.50<", "amount>-19.50<", RowCode.NEGATIVE, "less than nothing"),
        ("amount>19.50<", "amount>19.5050<", RowCode.OFF_TICK, "finer"),
        ("amount>19.50<", "amount>19,50<", RowCode.SCHEMA, "19,50"),
        ("amount>19.50<", "amount>1 950<", RowCode.SCHEMA, "1 950"),
        ("<mRID>A-1<", "<mRID>=1+1<", RowCode.ID_CHARACTERS, "U+003D"),
        ("<mRID>A-1</mRID>", "", RowCode.ID_MISSING, "mRID is empty"),
        ("<mRID>A-1</mRID>", "<mRID>A-1</mRID><mRID>A-2</mRID>", RowCode.SCHEMA, "mRID"),
        ("1</revisionNumber>\n    <action>", "0</revisionNumber><action>", RowCode.ZERO, "zero"),
        ("<action>new<", "<action>nwe<", RowCode.ACTION, "nwe"),
        ("<action>new<", "<action>cancel<", RowCode.CANCEL_STEPS, "2 points"),
        ("07</auction", "33</auction", RowCode.PRODUCT, "hour"),
        ("07</auction", "08</auction", RowCode.DISAGREES, "auction.mRID names"),
        (">west</acquiring", ">north_south</acquiring", RowCode.DISAGREES, "north_south"),
        ("<step>2<", "<step>3<", RowCode.STEPS_ORDER, "'3'"),
        ("<position>1<", "<position>2<", RowCode.SCHEMA, "position"),
        (">KWH</quantity", ">MWH</quantity", RowCode.SCHEMA, "MWH"),
        (">KZT<", ">USD<", RowCode.SCHEMA, "USD"),
        (">KZT<", ">K\u202eZT<", RowCode.SCHEMA, "K\\u202eZT"),
        ("<resolution>PT60M<", "<resolution>PT15M<", RowCode.SCHEMA, "PT15M"),
    ],
)
def test_what_is_wrong_in_one_series_spoils_that_series_only(old, new, code, said):
    fault = fault_of(with_change(old, new))
    assert (fault.code, fault.place.split(",")[0]) == (code, "TimeSeries 1")
    assert said in fault.what
    assert fault.what.isprintable()


def test_an_order_may_be_for_the_programme_of_an_hour():
    rows = read(with_change("07</auction", "07/programme</auction")).rows
    assert rows == (replace(FIRST, product_id="2025-10-15/west/07/programme"), SECOND)
    assert fault_of(with_change("07</auction", "07/program</auction")).code == RowCode.PRODUCT
    assert fault_of(with_change("07</auction", "08/programme</auction")).code == RowCode.DISAGREES


def test_a_schema_fault_names_its_line():
    fault = fault_of(with_change(">KZT<", ">USD<"))
    line = WRITTEN[: WRITTEN.index("KZT")].count("\n") + 1
    assert f"Line {line}:" in fault.what
    assert "{" not in fault.what
    start = WRITTEN[: WRITTEN.index("<Bid_TimeSeries")].count("\n") + 1
    assert fault.place == f"TimeSeries 1, line {start}"


def test_an_unknown_element_is_told_with_its_path_and_a_hint():
    fault = fault_of(
        with_change("<quantity.quantity>1500</quantity.quantity>", "<quantity.quantiy>1</quantity.quantiy>")
    )
    assert fault.code == RowCode.ELEMENT
    assert "Bid_MarketDocument/Bid_TimeSeries/Period/Point/quantity.quantiy" in fault.what
    assert fault.way_out == 'Did you mean "quantity.quantity"?'
    problem = refusal(with_change("<type>A24</type>", "<typ>A24</typ>"))
    assert (problem.code, problem.way_out) == (PaperCode.XML_ELEMENT, 'Did you mean "type"?')
    assert "Bid_MarketDocument/typ" in problem.what
    foreign = with_change("<type>A24</type>", '<x:type xmlns:x="urn:other">A24</x:type>')
    assert refusal(foreign).code == PaperCode.XML_ELEMENT


def test_an_order_needs_a_step_and_has_a_limit_of_them():
    no_points = WRITTEN[: WRITTEN.index("<Point>")] + WRITTEN[WRITTEN.rindex("</Point>") + 8 :]
    assert fault_of(no_points).code == RowCode.EMPTY
    assert fault_of(WRITTEN, limits=Limits(most_steps=1)).code == RowCode.STEPS_TOO_MANY


def test_a_series_outside_of_the_documents_period_is_a_fault():
    assert fault_of(with_change("<start>2025-10-15T02:00Z", "<start>2025-10-15T03:00Z")).code == RowCode.DISAGREES


DTD = "<!DOCTYPE a [<!ENTITY b 'c'>]>"
BOMB = (
    '<!DOCTYPE a [<!ENTITY x0 "ha">' + "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 9}">' for n in range(1, 30)) + "]>"
)
FETCH = '<!DOCTYPE a SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", PaperCode.EMPTY),
        ("order_id;version", PaperCode.XML_FORM),
        (WRITTEN[:-30], PaperCode.XML_FORM),
        (WRITTEN.replace("<Bid_MarketDocument", DTD + "<Bid_MarketDocument"), PaperCode.XML_DOCTYPE),
        (WRITTEN.replace("<Bid_MarketDocument", BOMB + "<Bid_MarketDocument"), PaperCode.XML_DOCTYPE),
        (WRITTEN.replace("<Bid_MarketDocument", FETCH + "<Bid_MarketDocument"), PaperCode.XML_DOCTYPE),
        (WRITTEN.replace("A-1", "&x;"), PaperCode.XML_FORM),
        (WRITTEN.encode("utf-16"), PaperCode.NUL),
        (WRITTEN.replace("UTF-8", "windows-1251"), PaperCode.ENCODING),
        (WRITTEN.replace("A-1", "Заявка").encode("cp1251"), PaperCode.ENCODING),
        (WRITTEN.replace("urn:kezek:market:bid:1", "urn:other"), PaperCode.XML_ROOT),
        (WRITTEN.replace("Bid_MarketDocument", "ReserveBid_MarketDocument"), PaperCode.XML_ROOT),
        (WRITTEN.replace("<mRID>", '<mRID codingScheme="A01">', 1), PaperCode.XML_ATTRIBUTE),
        (WRITTEN.replace("A24", "A37"), PaperCode.XML_SCHEMA),
        (WRITTEN.replace("<createdDateTime>2025-10-14T", "<createdDateTime>2025-10-34T"), PaperCode.XML_SCHEMA),
        (WRITTEN.replace("</Bid_MarketDocument>", "<type>A24</type></Bid_MarketDocument>"), PaperCode.XML_SCHEMA),
        ("<a>" * 5_000 + "</a>" * 5_000, PaperCode.XML_FORM),
    ],
)
def test_a_document_that_cannot_be_read_at_all_is_refused(text, code):
    assert refusal(text).code == code


def test_a_document_may_not_make_the_validator_fetch_a_schema():
    xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x file:///etc/passwd"'
    assert (
        refusal(WRITTEN.replace("<Bid_MarketDocument", f"<Bid_MarketDocument {xsi}")).code == PaperCode.XML_ATTRIBUTE
    )


def test_limits_hold():
    assert refusal(WRITTEN, limits=Limits(most_bytes=100)).code == PaperCode.TOO_LARGE
    assert refusal(WRITTEN, limits=Limits(most_rows=1)).code == PaperCode.TOO_MANY_ROWS


def test_a_document_to_somebody_else_is_refused():
    problem = refusal(WRITTEN, receiver_id="OTHER")
    assert (problem.code, problem.way_out) == (PaperCode.XML_RECEIVER, "Send it to OTHER.")


def test_comments_are_passed_over():
    assert read(with_change("1500<", "15<!-- fifteen hundred -->00<")) == PAPER


def test_prefixes_make_no_difference():
    prefixed = WRITTEN.replace("<", "<k:").replace("<k:/", "</k:").replace("<k:?", "<?").replace("<k:!", "<!")
    assert read(prefixed.replace("xmlns=", "xmlns:k=")) == PAPER


@pytest.mark.parametrize("rows", [(), (RowFault("TimeSeries 1", "", "x", "y", "z"),)])
def test_a_paper_without_orders_or_with_faults_is_not_written(rows):
    with pytest.raises(ValueError, match="D-1"):
        write_bid_xml(paper=BidPaper("D-1", "OP-1", rows), receiver_id="KOREM", created_at=CREATED_AT)
