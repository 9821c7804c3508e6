"""Orders as workbooks: exact numbers only, hostile files refused before they are unpacked, the same bytes always."""

import datetime as dt
import io
import re
import zipfile

import pytest
import xlsxwriter

from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.documents.workbook import write_bids_xlsx
from kezek.documents.xlsx_bids import read_bids_xlsx
from kezek.market.order import ORDER_COLUMNS
from kezek.units.problem import InputProblem

CREATED_AT = dt.datetime(2025, 10, 14, 4, 30, tzinfo=dt.UTC)
ORDER = ["A-1", 1, "new", "OP-1", "S-1", "OP-1", "2025-10-15/west/07", 19.5, 1500]
PAPER = BidPaper(
    "D-1",
    "OP-1",
    (
        OrderRow(
            "row 2",
            "A-1",
            1,
            Action.NEW,
            "OP-1",
            "S-1",
            "OP-1",
            "2025-10-15/west/07",
            (PaperStep(1950, 1500), PaperStep(1801, 7)),
        ),
        OrderRow("row 4", "B", 2, Action.CANCEL, "OP-1", "S-1", "T-1", "2025-10-15/west/08", ()),
    ),
)


def book(*rows, header=ORDER_COLUMNS, sheets=("Sheet1",), extra=None):
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    for name in sheets:
        sheet = made.add_worksheet(name)
        for number, cells in enumerate((header, *rows)):
            sheet.write_row(number, 0, cells)
    if extra:
        extra(made, sheet)
    made.close()
    return target.getvalue()


def changed(**cells):
    return [cells.get(name, cell) for name, cell in zip(ORDER_COLUMNS, ORDER, strict=True)]


def read(data, *, limits=None):
    return read_bids_xlsx(data=data, document_id="D-1", sender_id="OP-1", name="bids.xlsx", limits=limits or Limits())


def codes(paper):
    return [(one.place, one.code) if isinstance(one, RowFault) else one.place for one in paper.rows]


def refusal(data, **options):
    with pytest.raises(InputProblem) as problem:
        read(data, **options)
    assert problem.value.what
    assert problem.value.way_out
    return problem.value


def repacked(data, change):
    """Pack a workbook anew with its parts changed."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target.getvalue()


def test_what_is_written_is_read_back():
    assert read(write_bids_xlsx(paper=PAPER, created_at=CREATED_AT)) == PAPER


def test_the_same_orders_give_the_same_bytes():
    first, second = (write_bids_xlsx(paper=PAPER, created_at=CREATED_AT) for _ in range(2))
    assert first == second
    assert first != write_bids_xlsx(paper=PAPER, created_at=CREATED_AT + dt.timedelta(days=1))


def test_the_sheet_has_a_frozen_header_units_and_no_formula():
    with zipfile.ZipFile(io.BytesIO(write_bids_xlsx(paper=PAPER, created_at=CREATED_AT))) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<f>" not in sheet
    assert "₸/kWh" in styles
    assert "<v>19.50</v>" in sheet


def test_numbers_and_texts_of_a_person_are_read():
    paper = read(book(ORDER, changed(order_id=1002.0, price_tenge_per_kwh="19,50", quantity_kwh="1 500")))
    assert [(one.order_id, one.steps) for one in paper.rows] == [
        ("A-1", (PaperStep(1950, 1500),)),
        ("1002", (PaperStep(1950, 1500),)),
    ]


def test_an_order_may_be_for_the_programme_of_an_hour():
    paper = read(book(changed(product_id="2025-10-15/west/07/programme")))
    assert [one.product_id for one in paper.rows] == ["2025-10-15/west/07/programme"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"price_tenge_per_kwh": 19.505}, RowCode.OFF_TICK),
        ({"price_tenge_per_kwh": 19.123456}, RowCode.OFF_TICK),
        ({"price_tenge_per_kwh": 0.0000001}, RowCode.OFF_TICK),
        ({"price_tenge_per_kwh": True}, RowCode.CELL_KIND),
        ({"price_tenge_per_kwh": -19.5}, RowCode.NEGATIVE),
        ({"price_tenge_per_kwh": 0}, RowCode.ZERO),
        ({"price_tenge_per_kwh": 1e300}, RowCode.FORM),
        ({"price_tenge_per_kwh": "#N/A"}, RowCode.NOT_A_NUMBER),
        ({"price_tenge_per_kwh": ""}, RowCode.EMPTY),
        ({"quantity_kwh": 1500.5}, RowCode.FRACTION),
        ({"quantity_kwh": 1e18}, RowCode.TOO_LARGE),
        ({"version": 1.5}, RowCode.FRACTION),
        ({"quantity_kwh": 1.505}, RowCode.FRACTION),
        ({"quantity_kwh": "=1+1"}, RowCode.ZERO),
        ({"order_id": 1.5}, RowCode.CELL_KIND),
        ({"order_id": -7}, RowCode.ID_CHARACTERS),
    ],
)
def test_a_cell_that_is_not_exact_is_refused(cells, code):
    assert [one.code for one in read(book(changed(**cells))).rows] == [code]


def test_a_date_is_not_an_id():
    def put_date(made, sheet):
        sheet.write_datetime(1, 0, dt.datetime(2025, 10, 15), made.add_format({"num_format": "yyyy-mm-dd"}))  # noqa: DTZ001

    assert codes(read(book(ORDER, extra=put_date))) == [("row 2", RowCode.CELL_KIND)]


def test_an_error_value_is_told_not_read_as_empty():
    def put_error(_, sheet):
        sheet.write_formula(1, 7, "=1/0", None, "#DIV/0!")

    problem = refusal(book(ORDER, extra=put_error))
    assert problem.code == PaperCode.XLSX_ERROR_CELL
    assert "H2" in problem.what


def test_empty_rows_are_passed_over_and_cells_beside_the_table_are_faults():
    blank = [""] * 9
    assert codes(read(book(blank, ORDER, [*changed(order_id="B"), "note"]))) == ["row 3", ("row 4", RowCode.CELLS)]


def test_the_sheet_is_the_only_one_or_the_one_called_orders():
    assert codes(read(book(ORDER, sheets=("Notes", "Orders")))) == ["row 2"]
    problem = refusal(book(ORDER, sheets=("Notes", "Ordres")))
    assert (problem.code, problem.way_out) == (PaperCode.XLSX_SHEET, 'Did you mean "Ordres"?')


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", PaperCode.EMPTY),
        (b"order_id;version", PaperCode.XLSX_NOT_A_WORKBOOK),
        (b"PK\x03\x04 and nothing", PaperCode.XLSX_NOT_A_WORKBOOK),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), PaperCode.XLSX_ENCRYPTED),
        (book(ORDER)[:-300], PaperCode.XLSX_NOT_A_WORKBOOK),
        (book(header=()), PaperCode.EMPTY),
        (book(header=("ordr_id",)), PaperCode.COLUMN_UNKNOWN),
        (book(ORDER, header=ORDER_COLUMNS[:-1]), PaperCode.COLUMN_MISSING),
    ],
)
def test_what_is_no_table_of_orders_is_refused(data, code):
    assert refusal(data).code == code


def test_limits_hold():
    data = book(*[ORDER] * 5)
    assert refusal(data, limits=Limits(most_bytes=100)).code == PaperCode.TOO_LARGE
    assert refusal(data, limits=Limits(most_unpacked_bytes=2_000)).code == PaperCode.XLSX_UNPACKED_TOO_LARGE
    assert refusal(data, limits=Limits(most_rows=4)).code == PaperCode.XLSX_TABLE_TOO_LARGE
    assert [one.code for one in read(data, limits=Limits(most_steps=4)).rows] == [RowCode.STEPS_TOO_MANY] * 5


def test_a_zip_bomb_is_never_unpacked():
    bomb = repacked(book(ORDER), lambda name, part: b" " * 200_000_000 if "sheet1" in name else part)
    assert len(bomb) < 1_000_000
    assert refusal(bomb).code == PaperCode.XLSX_UNPACKED_TOO_LARGE


@pytest.mark.parametrize("place", ["XFD1048576", "A1048576", "XFD2", "CV2"])
def test_one_far_cell_does_not_make_a_table_of_billions(place):
    def move(name, part):
        return part.replace(b'r="A2"', f'r="{place}"'.encode()) if "sheet1" in name else part

    assert refusal(repacked(book(ORDER), move)).code == PaperCode.XLSX_TABLE_TOO_LARGE


def test_a_far_cell_cannot_hide_behind_another_attribute():
    hidden = b"""r="XFD1048576" x=" r='A2' \""""
    far = repacked(book(ORDER), lambda name, part: part.replace(b'r="A2"', hidden) if "sheet1" in name else part)
    assert refusal(far).code == PaperCode.XLSX_TABLE_TOO_LARGE


@pytest.mark.parametrize("place", ["&#88;FD1048576", "a1", "A0", "ZZZZ1", "", "A12345678"])
def test_a_cell_with_a_strange_place_is_refused(place):
    def move(name, part):
        return part.replace(b'r="A2"', f'r="{place}"'.encode()) if "sheet1" in name else part

    assert refusal(repacked(book(ORDER), move)).code == PaperCode.XLSX_NOT_A_WORKBOOK


def test_what_a_workbook_says_about_its_size_is_not_believed():
    def boast(name, part):
        return re.sub(rb"<dimension[^>]*>", b'<dimension ref="A1:XFD1048576"/>', part) if "sheet1" in name else part

    assert codes(read(repacked(book(ORDER), boast))) == ["row 2"]


@pytest.mark.parametrize("count", ["18446744073709551615", "99999999", "&#57;99999999", "-1", ""])
@pytest.mark.parametrize("name", ["count", "uniqueCount"])
def test_a_boasting_count_of_texts_is_refused(name, count):
    def boast(part_name, part):
        strange = re.sub(rf' {name}="\d+"'.encode(), f' {name}="{count}"'.encode(), part)
        return strange if "sharedStrings" in part_name else part

    assert refusal(repacked(book(ORDER), boast)).code == PaperCode.XLSX_NOT_A_WORKBOOK


class PanicException(BaseException):
    """Named as the one that the reader raises when it gives up."""


@pytest.mark.parametrize(("raised", "seen"), [(PanicException, InputProblem), (KeyboardInterrupt, KeyboardInterrupt)])
def test_a_reader_that_gives_up_ends_in_a_refusal(monkeypatch, raised, seen):
    class Broken:
        @staticmethod
        def from_filelike(_):
            raise raised

    monkeypatch.setattr("python_calamine.CalamineWorkbook", Broken)
    with pytest.raises(seen):
        read(book(ORDER))


@pytest.mark.parametrize(
    ("value", "code"),
    [("NaN", RowCode.NOT_A_NUMBER), ("1e999", RowCode.NOT_A_NUMBER), ("-inf", RowCode.NOT_A_NUMBER)],
)
def test_a_number_that_is_none_is_a_fault(value, code):
    strange = repacked(book(ORDER), lambda _, part: part.replace(b"<v>1500</v>", f"<v>{value}</v>".encode()))
    assert codes(read(strange)) == [("row 2", code)]


def test_a_sheet_in_another_encoding_is_refused():
    def encode(name, part):
        return part.decode().replace("UTF-8", "UTF-16").encode("utf-16") if "sheet1" in name else part

    assert refusal(repacked(book(ORDER), encode)).code == PaperCode.XLSX_NOT_A_WORKBOOK


def test_a_workbook_with_one_part_twice_is_refused():
    target = io.BytesIO(book(ORDER))
    with zipfile.ZipFile(target, "a") as parts, pytest.warns(UserWarning, match="Duplicate"):
        parts.writestr("xl/worksheets/sheet1.xml", "<worksheet/>")
    assert refusal(target.getvalue()).code == PaperCode.XLSX_NOT_A_WORKBOOK


def test_a_sheet_hidden_under_another_name_is_left_aside():
    def redirect(name, part):
        return part.replace(b"worksheets/sheet1.xml", b"evil.xml") if name.endswith("workbook.xml.rels") else part

    assert refusal(repacked(book(ORDER), redirect)).code == PaperCode.XLSX_NOT_A_WORKBOOK


def test_broken_parts_end_in_a_refusal_or_a_fault():
    sheet_cut = repacked(book(ORDER), lambda name, part: part[: len(part) // 2] if "sheet1" in name else part)
    strings_gone = repacked(book(ORDER), lambda name, part: b"<sst/>" if "sharedStrings" in name else part)
    for data in (sheet_cut, strings_gone):
        assert re.fullmatch(r"documents\.(xlsx|paper|column)\.\w+", refusal(data).code)
