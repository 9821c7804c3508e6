"""Workbooks written: typed columns, a frozen header, no formulas, and the same bytes for the same content."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

from kezek.documents.paper import BidPaper
from kezek.documents.rows import ORDERS, bid_lines
from kezek.documents.table import DECIMALS, Column, ColumnKind, Table, Value, amount_text, require_cell
from kezek.market.order import ORDER_COLUMNS

_MOST_ROWS = 1_048_576
_MOST_CELL_CHARS = 32_767
_MOST_DIGITS = 15
_LEAST_WIDTH, _MOST_WIDTH = 8, 60
_WIDTH_ROWS = 1_000
_FORMATS = {
    ColumnKind.TEXT: "@",
    ColumnKind.COUNT: "0",
    ColumnKind.KWH: '#,##0" kWh"',
    ColumnKind.WH_AS_KWH: '#,##0.000" kWh"',
    ColumnKind.TENGE: '#,##0.00" ₸"',
    ColumnKind.TENGE_PER_KWH: '#,##0.00" ₸/kWh"',
}
"""Number formats; a spreadsheet shows its own marks for thousands and decimals."""
_BID_KINDS = {
    "version": ColumnKind.COUNT,
    "price_tenge_per_kwh": ColumnKind.TENGE_PER_KWH,
    "quantity_kwh": ColumnKind.KWH,
}


def table_xlsx(
    *, title: str, columns: tuple[Column, ...], rows: Sequence[tuple[Value, ...]], created_at: datetime
) -> bytes:
    """Write one table as a workbook.

    Args:
        title: Name of the sheet, at most 31 characters.
        created_at: Instant that the workbook states as its creation.

    Raises:
        TypeError: a cell does not fit its column.
        ValueError: more rows or longer texts than a sheet can hold, or a title that cannot name one.
    Guarantees: the same bytes for the same arguments.
    """
    return workbook_xlsx(tables=(Table(title, columns, tuple(rows)),), created_at=created_at)


def workbook_xlsx(*, tables: Sequence[Table], created_at: datetime) -> bytes:
    """Write several tables as the sheets of one workbook; raises and guarantees as `table_xlsx`."""
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    try:
        created = created_at.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": tables[0].title, "author": "Kezek", "created": created})
        for table in tables:
            _write_sheet(book, table)
    except xlsxwriter.exceptions.XlsxWriterException as error:
        raise ValueError(f"a sheet cannot be called {[table.title for table in tables]}: {error}") from error
    book.close()
    return target.getvalue()


def write_bids_xlsx(*, paper: BidPaper, created_at: datetime) -> bytes:
    """Write a table of orders as a workbook with the sheet "Orders".

    Raises:
        ValueError: the paper holds faults, or one order and version twice.
    """
    columns = tuple(Column(name, _BID_KINDS.get(name, ColumnKind.TEXT)) for name in ORDER_COLUMNS)
    rows: list[tuple[Value, ...]] = []
    for line in bid_lines(paper):
        order_id, version, *rest = line.texts
        tail = (line.step.price_tiyn_per_kwh, line.step.quantity_kwh) if line.step else (None, None)
        rows.append((order_id, int(version), *rest, *tail))
    return table_xlsx(title=ORDERS.sheet, columns=columns, rows=rows, created_at=created_at)


def _write_sheet(book: xlsxwriter.Workbook, table: Table) -> None:
    if len(table.rows) >= _MOST_ROWS:
        raise ValueError(f"{len(table.rows)} rows of {table.title} do not fit on one sheet")
    sheet = book.add_worksheet(table.title)
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    formats = {kind: book.add_format({"num_format": form}) for kind, form in _FORMATS.items()}
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    for place, column in enumerate(table.columns):
        sheet.set_column(place, place, _width(table, place))
        sheet.write_string(0, place, column.heading, bold)
    for number, row in enumerate(table.rows, start=1):
        for place, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            _write_cell(sheet, number, place, value, column, formats[column.kind])


def _write_cell(
    sheet: xlsxwriter.worksheet.Worksheet,
    number: int,
    place: int,
    value: Value,
    column: Column,
    form: xlsxwriter.format.Format,
) -> None:
    """Write one cell; an amount of more digits than a spreadsheet holds exactly is written as text."""
    require_cell(value, column)
    decimals = DECIMALS.get(column.kind, 0)
    if value is None:
        return
    if isinstance(value, str):
        if len(value) > _MOST_CELL_CHARS:
            raise ValueError(f"a text of {len(value)} characters does not fit in a cell")
        sheet.write_string(number, place, value, form)
    elif len(str(abs(value))) > _MOST_DIGITS:
        sheet.write_string(number, place, amount_text(value, decimals=decimals, mark="."))
    else:
        sheet.write_number(number, place, Decimal(value).scaleb(-decimals), form)


def _width(table: Table, place: int) -> int:
    """Choose a width in characters from the heading and the first rows."""
    column = table.columns[place]
    longest = len(column.heading)
    unit_chars = 0 if column.kind is ColumnKind.TEXT else 8
    for row in table.rows[:_WIDTH_ROWS]:
        longest = max(longest, len(str(row[place] or "")) + unit_chars)
    return min(max(longest + 2, _LEAST_WIDTH), _MOST_WIDTH)
