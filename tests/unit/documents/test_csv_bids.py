"""Orders as CSV: formats of spreadsheets, hostile files, and no row dropped."""

import pytest

from kezek.documents.csv_bids import read_bids_csv, write_bids_csv
from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.units.problem import InputProblem

HEADER = "order_id;version;action;operator_id;site_id;owner_id;product_id;price_tenge_per_kwh;quantity_kwh"
LIMITS = Limits()


def row(**changes):
    cells = {
        "order_id": "A-1",
        "version": "1",
        "action": "new",
        "operator_id": "OP-1",
        "site_id": "S-1",
        "owner_id": "OP-1",
        "product_id": "2025-10-15/west/07",
        "price": "19,50",
        "quantity": "1500",
        **changes,
    }
    return ";".join(cells.values())


def read(text, *, limits=LIMITS):
    data = text if isinstance(text, bytes) else text.encode()
    return read_bids_csv(data=data, document_id="D-1", sender_id="OP-1", name="bids.csv", limits=limits)


def table(*rows):
    return "\r\n".join((HEADER, *rows)) + "\r\n"


def codes(paper):
    return [(one.place, one.code) if isinstance(one, RowFault) else one.place for one in paper.rows]


def refusal(text, **options):
    with pytest.raises(InputProblem) as problem:
        read(text, **options)
    assert problem.value.what
    assert problem.value.way_out
    assert problem.value.where == "bids.csv"
    return problem.value


def order(**changes):
    values = {
        "place": "row 2",
        "order_id": "A-1",
        "version": 1,
        "action": Action.NEW,
        "operator_id": "OP-1",
        "site_id": "S-1",
        "owner_id": "OP-1",
        "product_id": "2025-10-15/west/07",
        "steps": (PaperStep(1950, 1500),),
        **changes,
    }
    return OrderRow(**values)


@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_is_read_with_any_line_end_and_with_or_without_a_mark(start, end):
    assert read(start + table(row()).replace("\r\n", end)).rows == (order(),)


def test_the_last_line_needs_no_end():
    assert read(table(row()).rstrip()).rows == (order(),)


@pytest.mark.parametrize("delimiter", [";", "\t", ","])
def test_the_header_says_the_delimiter(delimiter):
    text = table(row(price="19.50")).replace(";", delimiter)
    assert read(text).rows == (order(),)


def test_a_decimal_comma_in_a_comma_file_needs_quotes():
    quoted = table(row(price='"19,50"')).replace(";", ",")
    assert read(quoted).rows == (order(),)
    assert codes(read(quoted.replace('"', ""))) == [("row 2", RowCode.CELLS)]


def test_columns_may_stand_in_any_order():
    names = HEADER.split(";")[::-1]
    cells = row().split(";")[::-1]
    assert read(";".join(names) + "\n" + ";".join(cells)).rows == (order(),)


def test_rows_of_one_order_and_version_are_its_steps_in_their_order():
    paper = read(
        table(row(), row(order_id="B"), row(price="18.00", quantity="500"), row(version="2", action="amend"))
    )
    assert paper.rows == (
        order(steps=(PaperStep(1950, 1500), PaperStep(1800, 500))),
        order(place="row 3", order_id="B"),
        order(place="row 5", version=2, action=Action.AMEND),
    )


def test_a_cancellation_has_no_steps():
    paper = read(table(row(version="2", action="cancel", price="", quantity="")))
    assert paper.rows == (order(version=2, action=Action.CANCEL, steps=()),)
    assert codes(read(table(row(action="cancel")))) == [("row 2", RowCode.CANCEL_STEPS)]
    twice = row(action="cancel", price="", quantity="")
    assert codes(read(table(twice, twice))) == [("row 2", RowCode.CANCEL_STEPS), ("row 3", RowCode.CANCEL_STEPS)]


def test_empty_rows_are_passed_over_and_counted():
    assert codes(read(table(";;;;;;;;", "", row(), " ; ;;;;;;;"))) == ["row 4"]


def test_an_order_is_never_taken_in_part():
    paper = read(table(row(), row(price="1e3"), row(order_id="B"), row(price="18")))
    assert codes(paper) == [
        ("row 2", RowCode.STEPS_INCOMPLETE),
        ("row 3", RowCode.FORM),
        "row 4",
        ("row 5", RowCode.STEPS_INCOMPLETE),
    ]
    assert "row 3 cannot be read" in paper.rows[0].what


def test_a_row_without_a_readable_version_spoils_all_versions_of_its_order():
    paper = read(table(row(), row(version="x"), row(version="2", action="amend")))
    assert [code for _, code in codes(paper)] == [RowCode.STEPS_INCOMPLETE, RowCode.FORM, RowCode.STEPS_INCOMPLETE]


def test_steps_of_one_order_differ_only_in_price_and_quantity():
    paper = read(table(row(), row(site_id="S-2")))
    assert codes(paper) == [("row 2", RowCode.STEPS_DIFFER), ("row 3", RowCode.STEPS_DIFFER)]
    assert "differ in site_id" in paper.rows[0].what


def test_an_order_has_a_limit_of_steps():
    paper = read(table(row(), row(), row()), limits=Limits(most_steps=2))
    assert [code for _, code in codes(paper)] == [RowCode.STEPS_TOO_MANY] * 3


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"order_id": ""}, RowCode.ID_MISSING),
        ({"order_id": "=1+1"}, RowCode.ID_CHARACTERS),
        ({"owner_id": "A" * 100}, RowCode.ID_TOO_LONG),
        ({"action": "nwe"}, RowCode.ACTION),
        ({"product_id": "2025-10-15/west/33"}, RowCode.PRODUCT),
        ({"price": ""}, RowCode.EMPTY),
        ({"price": "NaN"}, RowCode.NOT_A_NUMBER),
        ({"price": "1,950"}, RowCode.AMBIGUOUS),
        ({"price": "-1"}, RowCode.NEGATIVE),
        ({"price": "0"}, RowCode.ZERO),
        ({"price": "19,5055"}, RowCode.OFF_TICK),
        ({"quantity": "1,5"}, RowCode.FRACTION),
        ({"quantity": "１２"}, RowCode.DIGITS),
        ({"quantity": "9223372036854775808"}, RowCode.TOO_LARGE),
        ({"version": "0"}, RowCode.ZERO),
        ({"price": "-1", "quantity": ""}, RowCode.EMPTY),
        ({"order_id": "=1", "price": ""}, RowCode.ID_CHARACTERS),
    ],
)
def test_a_faulty_value_makes_a_faulty_row_with_the_first_code_by_precedence(changes, code):
    assert codes(read(table(row(**changes)))) == [("row 2", code)]


def test_a_fault_names_the_order_only_where_its_id_can_be_read():
    paper = read(table(row(price="x"), row(order_id="A\u202e1")))
    assert [one.order_id for one in paper.rows] == ["A-1", ""]
    assert all(one.what.isprintable() for one in paper.rows)


@pytest.mark.parametrize("cell", ['"A-1', 'A"1', 'A""', '"A"1', '"a""b"'])
def test_quotes_that_do_not_close_spoil_one_row_only(cell):
    assert codes(read(table(row(order_id=cell), row()))) == [("row 2", RowCode.QUOTES), "row 3"]


def test_a_row_with_too_many_or_too_few_cells_is_a_fault():
    assert codes(read(table(row() + ";", "A;B", row()))) == [
        ("row 2", RowCode.CELLS),
        ("row 3", RowCode.CELLS),
        "row 4",
    ]


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (b"", PaperCode.EMPTY, "empty"),
        (table(row()).encode("utf-16"), PaperCode.UTF16, "UTF-16"),
        (b"\xfe\xff" + table(row()).encode("utf-16-be"), PaperCode.UTF16, "UTF-16"),
        (table(row()).encode("utf-16-le"), PaperCode.NUL, "Line 1"),
        (table(row(order_id="A\x00")), PaperCode.NUL, "Line 2"),
        (table(row(order_id="Заявка")).encode("cp1251"), PaperCode.ENCODING, "Line 2"),
        (HEADER + "\r\n" + row() + "\n", PaperCode.CSV_LINE_ENDS, "different ways"),
        (table(row(order_id='"A\n1"')), PaperCode.CSV_LINE_ENDS, "line break"),
        (HEADER.replace(";", "|"), PaperCode.CSV_DELIMITER, "none of"),
        (HEADER.replace(";", ",", 1), PaperCode.CSV_DELIMITER, "more than one"),
        ('"' + HEADER, PaperCode.CSV_HEADER_QUOTES, "quote"),
        (HEADER.replace("order_id", "ordr_id"), PaperCode.COLUMN_UNKNOWN, "Column 1"),
        (HEADER + ";", PaperCode.COLUMN_UNKNOWN, "Column 10 has no name"),
        (HEADER + ";version", PaperCode.COLUMN_TWICE, '"version"'),
        (HEADER.replace(";owner_id", ""), PaperCode.COLUMN_MISSING, '"owner_id"'),
        (table(*[";".join("ab")] * 4), PaperCode.TOO_MANY_ROWS, "4 rows"),
        (HEADER + "\n" + "A" * 9_000, PaperCode.CSV_LINE_TOO_LONG, "Line 2"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(text, code, said):
    problem = refusal(text, limits=Limits(most_rows=3))
    assert problem.code == code
    assert said in problem.what


def test_a_misspelt_column_gets_a_hint():
    assert refusal(HEADER.replace("quantity_kwh", "quantity_kw")).way_out == 'Did you mean "quantity_kwh"?'
    for word in ("price", "Price", "price_tenge"):
        assert refusal(HEADER.replace("price_tenge_per_kwh", word)).way_out == 'Did you mean "price_tenge_per_kwh"?'
    assert refusal(HEADER.replace("quantity_kwh", "o")).way_out == (
        'Did you mean "order_id" or "operator_id" or "owner_id"?'
    )


def test_a_line_of_many_megabytes_and_a_million_columns_are_refused_by_size():
    long = HEADER + "\n" + "A" * 20_000_000
    assert refusal(long, limits=Limits(most_bytes=10_000_000)).code == PaperCode.TOO_LARGE
    assert refusal(long, limits=Limits(most_bytes=10**9)).code == PaperCode.CSV_LINE_TOO_LONG
    wide = HEADER + ";a" * 1_000_000
    assert refusal(wide).code == PaperCode.CSV_LINE_TOO_LONG
    assert refusal(wide, limits=Limits(most_line_chars=10**7)).code == PaperCode.TOO_MANY_COLUMNS


def test_orders_are_written_as_excel_of_kazakhstan_reads_them():
    paper = BidPaper("D-1", "OP-1", (order(), order(version=2, action=Action.CANCEL, place="row 3", steps=())))
    written = write_bids_csv(paper=paper)
    assert written.startswith(b"\xef\xbb\xbforder_id;version;")
    assert written.endswith(b";19,50;1500\r\nA-1;2;cancel;OP-1;S-1;OP-1;2025-10-15/west/07;;\r\n")
    assert read(written) == paper
    assert b'"19,50"' in write_bids_csv(paper=paper, delimiter=",")


def test_an_order_may_be_for_the_programme_of_an_hour():
    paper = read(table(row(product_id="2025-10-15/west/07/programme"), row(order_id="B", product_id="x/programme")))
    assert paper.rows[0] == order(product_id="2025-10-15/west/07/programme")
    assert codes(paper) == ["row 2", ("row 3", RowCode.PRODUCT)]


def test_faults_and_doubles_are_not_written():
    with pytest.raises(ValueError, match="row 2"):
        write_bids_csv(paper=BidPaper("D-1", "OP-1", (RowFault("row 2", "", "x", "y", "z"),)))
    with pytest.raises(ValueError, match="row 2"):
        write_bids_csv(paper=BidPaper("D-1", "OP-1", (order(), order())))
