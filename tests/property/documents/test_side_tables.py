"""Tables of the state: what a template's columns hold comes back exactly, and any bytes are read or refused."""

import io
import random
import zipfile

import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kezek.documents.fault import Limits, PaperCode, RowCode, Unreadable
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
from kezek.documents.table import amount_text
from kezek.documents.value import (
    MOST_AMOUNT_TIYN,
    MOST_METERED_WH,
    MOST_PRICE_TIYN_PER_KWH,
    MOST_QUANTITY_KWH,
    MOST_TEXT_CHARS,
    read_amount,
    read_metered,
    read_signed_price,
    read_text,
)
from kezek.units.problem import InputProblem

LIMITS = Limits()
READERS = {
    SideKind.PARTICIPANTS: read_participants,
    SideKind.SUPPLY: read_supply,
    SideKind.PREPAYMENTS: read_prepayments,
    SideKind.READINGS: read_readings,
    SideKind.BALANCING_PRICES: read_prices,
    SideKind.CURTAILMENTS: read_curtailments,
}
kinds = st.sampled_from(list(SideKind))


def outcome(read, *values, **options):
    """Give what is read, or the refusal; anything else that is raised is a bug."""
    try:
        return read(*values, **options)
    except (InputProblem, Unreadable) as refusal:
        return refusal


def attempt(kind, data):
    """Read a table; a refusal has a code of this room and a sentence that hides nothing."""
    found = outcome(READERS[kind], data=data, name="x", limits=LIMITS)
    if isinstance(found, InputProblem):
        assert found.code in {code.value for code in PaperCode}
        assert found.what.isprintable() and found.way_out
    return found


def header(kind):
    return side_template(kind).decode("utf-8-sig").splitlines()[0]


def workbook(kind):
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, header(kind).split(";"))
    sheet.write_row(1, 0, ["1"] * len(header(kind).split(";")))
    book.close()
    return target.getvalue()


cells = st.one_of(
    st.sampled_from(
        ["", "A", "1", "07", "west", "I", "II", "2024-01-01", "hosted", "1,950", "-1", "=1", '"', '"a""b"']
    ),
    st.text(st.characters(blacklist_characters="\r\n\0;", blacklist_categories=("Cs",)), max_size=8),
)


@given(kinds, st.lists(st.lists(cells, max_size=16), max_size=8))
def test_any_rows_are_taken_wholly_or_not_at_all(kind, rows):
    width = len(header(kind).split(";"))
    lines = [";".join((one + [""] * width)[:width]) for one in rows]
    found = attempt(kind, "\n".join((header(kind), *lines)).encode())
    asked = sum(1 for line in lines if line.replace(";", "").strip())
    if isinstance(found, InputProblem):
        assert found.code != PaperCode.SIDE_ROWS or f"of {asked} rows" in found.what
    elif kind is not SideKind.PARTICIPANTS:
        assert len(found) == asked


@given(kinds, st.binary(max_size=400))
@example(SideKind.SUPPLY, b"PK\x05\x06" + bytes(18))
def test_any_bytes_are_read_or_refused(kind, data):
    assert attempt(kind, data) is not None


@settings(max_examples=60)
@given(kinds, st.integers(0, 10**9))
def test_a_spoilt_workbook_is_read_or_refused(kind, seed):
    draw = random.Random(seed)
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(kind))) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = bytearray(old.read(name))
            at = draw.randrange(len(part))
            part[at : at + draw.randint(0, 3)] = draw.choice([b"", b"<", b'"', b"9", b"A1", b"\xff"])
            new.writestr(name, bytes(part))
    found = attempt(kind, target.getvalue())
    assert isinstance(found, InputProblem) or len(found) <= 1


gaps = st.sampled_from(["", " ", "\u00a0"])


def grouped(text, gap):
    whole, mark, part = text.partition(",")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.strip('-')):,}".replace(",", gap) + mark + part


@given(st.integers(-MOST_PRICE_TIYN_PER_KWH, MOST_PRICE_TIYN_PER_KWH), gaps)
def test_a_balancing_price_comes_back_with_its_sign(price, gap):
    assert read_signed_price(grouped(amount_text(price, decimals=2, mark=","), gap), of="price") == price


@given(st.integers(1, MOST_AMOUNT_TIYN), gaps)
def test_an_amount_comes_back(amount, gap):
    assert read_amount(grouped(amount_text(amount, decimals=2, mark=","), gap), of="amount") == amount


@given(st.integers(0, 1_000 * MOST_QUANTITY_KWH), gaps)
def test_a_reading_comes_back_and_three_decimals_are_refused_or_exact(wh, gap):
    text = grouped(amount_text(wh, decimals=3, mark=","), gap)
    assert read_metered(f"{text}0", of="metered_kwh") == wh
    found = outcome(read_metered, text, of="metered_kwh")
    if 1_000 <= wh < 1_000_000:
        assert found.code is RowCode.AMBIGUOUS
    else:
        assert found == wh


@given(st.integers(0, MOST_METERED_WH), gaps)
def test_a_reading_comes_back_from_a_table_in_wh_as_from_one_in_kwh(wh, gap):
    def row(column, text):
        return f"operator_id;site_id;hour_index;{column}\nOP-1;S-1;7;{text}\n".encode()

    in_wh = read_readings(data=row("metered_wh", grouped(str(wh), gap)), name="x", limits=LIMITS)
    in_kwh = f"{grouped(amount_text(wh, decimals=3, mark=','), gap)}0"
    assert in_wh == read_readings(data=row("metered_kwh", in_kwh), name="x", limits=LIMITS)
    assert in_wh[0].metered_wh == wh


@given(st.text(max_size=MOST_TEXT_CHARS + 5))
def test_a_text_that_is_taken_is_taken_as_it_is_and_safe(text):
    found = outcome(read_text, text, of="name")
    if isinstance(found, Unreadable):
        assert found.what.isprintable()
    else:
        assert found == text
        assert text.isprintable() and text == text.strip() and len(text) <= MOST_TEXT_CHARS
        assert not text.startswith(("=", "+", "-", "@"))
