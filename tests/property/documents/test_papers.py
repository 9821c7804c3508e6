"""Papers of orders: every format gives back what was written, no row is ever lost, nothing hostile gets through."""

import datetime as dt
import io
import random
import zipfile
from functools import partial

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kezek.documents.csv_bids import read_bids_csv, write_bids_csv
from kezek.documents.fault import Limits, RowCode, Unreadable
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.documents.standing import standing_orders
from kezek.documents.table import amount_text, plain_text
from kezek.documents.value import (
    MOST_PRICE_TIYN_PER_KWH,
    MOST_QUANTITY_KWH,
    MOST_VERSION,
    price_text,
    read_id,
    read_price,
    read_quantity,
)
from kezek.documents.workbook import write_bids_xlsx
from kezek.documents.xlsx_bids import read_bids_xlsx
from kezek.documents.xml_bids import read_bid_xml, write_bid_xml
from kezek.market.order import ORDER_COLUMNS
from kezek.units.problem import InputProblem

LIMITS = Limits()
AT = dt.datetime(2025, 10, 14, 4, 30, tzinfo=dt.UTC)
ids = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
steps = st.builds(PaperStep, st.integers(1, MOST_PRICE_TIYN_PER_KWH), st.integers(1, MOST_QUANTITY_KWH))
products = st.builds(
    lambda on, zone, hour, tail: f"{on}/{zone}/{hour:02d}{tail}",
    st.dates(dt.date(2021, 1, 1), dt.date(2030, 12, 31)),
    st.sampled_from(["west", "north_south"]),
    st.integers(0, 23),
    st.sampled_from(["", "/programme"]),
)


@st.composite
def papers(draw, place):
    """A paper whose places are those of the given format."""
    keys = draw(st.lists(st.tuples(ids, st.integers(1, MOST_VERSION)), min_size=1, max_size=6, unique=True))
    rows, number = [], 2
    for index, (order_id, version) in enumerate(keys, start=1):
        action = draw(st.sampled_from(list(Action)))
        own = () if action is Action.CANCEL else tuple(draw(st.lists(steps, min_size=1, max_size=4)))
        named = draw(st.tuples(ids, ids, ids, products))
        at = f"row {number}" if place == "row" else f"TimeSeries {index}"
        rows.append(OrderRow(at, order_id, version, action, *named, own))
        number += len(own) or 1
    return BidPaper(draw(ids), draw(ids), tuple(rows))


def attempt(read, *values, **options):
    """Give what is read, or the refusal; anything else that is raised is a bug."""
    try:
        return read(*values, **options)
    except (InputProblem, Unreadable) as refusal:
        return refusal


def is_sound(found):
    """Tell whether a refusal has a code of this room; what was read is sound already."""
    return not isinstance(found, InputProblem) or found.code.startswith("documents.")


def csv_back(data, paper):
    return read_bids_csv(
        data=data, document_id=paper.document_id, sender_id=paper.sender_id, name="a.csv", limits=LIMITS
    )


@given(papers("row"), st.sampled_from([";", ",", "\t"]), st.sampled_from([",", "."]))
def test_csv_gives_back_what_was_written(paper, delimiter, mark):
    assert csv_back(write_bids_csv(paper=paper, delimiter=delimiter, mark=mark), paper) == paper


@settings(max_examples=40)
@given(papers("row"))
def test_a_workbook_gives_back_what_was_written(paper):
    data = write_bids_xlsx(paper=paper, created_at=AT)
    back = read_bids_xlsx(
        data=data, document_id=paper.document_id, sender_id=paper.sender_id, name="a.xlsx", limits=LIMITS
    )
    assert back == paper
    assert data == write_bids_xlsx(paper=paper, created_at=AT)


@given(papers("TimeSeries"), ids)
def test_a_bid_document_gives_back_what_was_written(paper, receiver_id):
    data = write_bid_xml(paper=paper, receiver_id=receiver_id, created_at=AT)
    assert read_bid_xml(data=data, receiver_id=receiver_id, name="a.xml", limits=LIMITS) == paper


cells = st.one_of(
    st.sampled_from(
        ["A", "B", "1", "2", "new", "cancel", "19,50", "1,950", "", "NaN", "-1", "=1", '"', "2025-10-15/west/07"]
    ),
    st.text(st.characters(blacklist_characters="\r\n\0;"), max_size=8),
)
good = {"order_id": "A", "version": "1", "action": "new", "product_id": "2025-10-15/west/07"}
rows = st.builds(
    lambda changes: ";".join(changes.get(name, good.get(name, "1")) for name in ORDER_COLUMNS),
    st.dictionaries(st.sampled_from(ORDER_COLUMNS), cells, max_size=3),
)


@given(st.lists(st.one_of(rows, st.lists(cells, max_size=12).map(";".join)), max_size=12))
@example([";".join(good.get(name, "1") for name in ORDER_COLUMNS)] * 3)
def test_every_row_is_in_one_step_or_one_fault(lines):
    text = "\n".join((";".join(ORDER_COLUMNS), *lines)) + "\n"
    paper = read_bids_csv(
        data=text.encode("utf-8", "replace"), document_id="D", sender_id="S", name="", limits=LIMITS
    )
    counted = sum(1 if isinstance(one, RowFault) else len(one.steps) or 1 for one in paper.rows)
    assert counted == sum(1 for line in lines if line.replace(";", "").strip())
    known = {code.value for code in RowCode}
    for one in paper.rows:
        if isinstance(one, RowFault):
            assert one.code in known
            assert one.what.isprintable() and one.what and one.way_out


@given(st.binary(max_size=400))
@example(";".join(ORDER_COLUMNS).encode() + b"\n\xff")
@example(b"<?xml version='1.0'?><a/>")
@example(b"PK\x05\x06" + bytes(18))
def test_any_bytes_are_read_or_refused(data):
    for read in (read_bids_csv, read_bids_xlsx):
        assert is_sound(attempt(read, data=data, document_id="D", sender_id="S", name="x", limits=LIMITS))
    assert is_sound(attempt(read_bid_xml, data=data, receiver_id="R", name="x", limits=LIMITS))


PAPER = BidPaper(
    "D",
    "S",
    (OrderRow("row 2", "A", 1, Action.NEW, "O", "S", "O", "2025-10-15/west/07", (PaperStep(1950, 1500),)),),
)
XML = write_bid_xml(paper=PAPER, receiver_id="R", created_at=AT)
BOOK = write_bids_xlsx(paper=PAPER, created_at=AT)


def spoilt(data, seed):
    """Change some bytes of a text."""
    draw = random.Random(seed)
    changed = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(changed))
        changed[at : at + draw.randint(0, 3)] = draw.choice([b"", b"<", b">", b"&", b'"', b"9", b"A1", b"\xff", b"/"])
    return bytes(changed)


@given(st.integers(0, 10**9))
def test_a_spoilt_bid_document_is_read_or_refused(seed):
    found = attempt(read_bid_xml, data=spoilt(XML, seed), receiver_id="R", name="x", limits=LIMITS)
    assert is_sound(found)
    assert isinstance(found, InputProblem) or len(found.rows) <= 1


@settings(max_examples=60)
@given(st.integers(0, 10**9), st.sampled_from(["sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml"]))
def test_a_spoilt_workbook_is_read_or_refused(seed, part_name):
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(BOOK)) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, spoilt(part, seed) if name.endswith(part_name) else part)
    data = target.getvalue()
    found = attempt(read_bids_xlsx, data=data, document_id="D", sender_id="S", name="x", limits=LIMITS)
    assert is_sound(found)
    assert isinstance(found, InputProblem) or len(found.rows) <= 2


@given(st.text(max_size=300))
def test_any_text_is_standing_orders_or_refused(text):
    found = attempt(standing_orders, text=text, name="x", limits=LIMITS)
    assert found
    assert is_sound(found)


@given(
    st.integers(1, MOST_PRICE_TIYN_PER_KWH),
    st.sampled_from([",", "."]),
    st.sampled_from(["", " ", "\u00a0", "\u202f"]),
)
def test_a_price_comes_back_however_it_is_grouped(price, mark, gap):
    grouped = f"{price // 100:,}".replace(",", gap) + mark + f"{price % 100:02d}"
    assert read_price(grouped) == price
    assert read_price(price_text(price, mark=mark)) == price


@given(st.text(max_size=12))
def test_a_number_is_read_only_from_plain_digits(text):
    for read in (read_price, read_quantity):
        found = attempt(read, text)
        if isinstance(found, Unreadable):
            assert found.what.isprintable()
        else:
            assert found > 0
            assert set(text) <= set("0123456789,. \u00a0\u202f\u2009")


@given(st.text(max_size=70))
@example("OP-001/2025-10-15")
def test_an_id_that_is_taken_is_safe_in_every_format(text):
    found = attempt(partial(read_id, of="id"), text)
    if isinstance(found, Unreadable):
        assert found.what.isprintable()
    else:
        assert found.isascii() and found.isprintable() and plain_text(found) == found
        assert not set(found) & set(" ;,\t\"'<>&=+@")


@given(st.integers(-(10**20), 10**20), st.integers(0, 4))
def test_an_amount_is_written_exactly(value, decimals):
    text = amount_text(value, decimals=decimals, mark=".")
    whole, _, part = text.partition(".")
    assert int(whole + part) == value and len(part) == decimals
