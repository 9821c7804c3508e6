"""Rows of a table in a workbook: unpacked under a limit, cells read as text, numbers only where they are exact."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

import python_calamine

from kezek.documents.fault import (
    Limits,
    PaperCode,
    RowCode,
    Unreadable,
    refused,
    require_rows,
    require_size,
    shown,
)
from kezek.documents.table_shape import Cell, RawRow, TableShape, match_header, raw_row
from kezek.units.problem import nearest

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:workbook|sharedStrings|styles)\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/worksheets/[A-Za-z0-9_]{1,60}\.xml"
)
"""Parts of a workbook that hold values; pictures, macros and links to the outside are left aside."""
_MOST_PARTS = 2_000
_CHUNK_BYTES = 1 << 20
_CELL_TAG = re.compile(rb"""<(?:[\w.-]+:)?(?:c|row)\s(?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_ATTRIBUTE = re.compile(rb"""\s(r|t)\s*=\s*("[^"]*"|'[^']*')""")
_TAG = re.compile(rb"""<[A-Za-z](?:[^<>"']|"[^"<]*"|'[^'<]*')*>""")
_COUNT = re.compile(rb"""\s(?:c|uniqueC)ount\s*=\s*("[^"]*"|'[^']*')""")
_SOUND_COUNT = re.compile(rb"[0-9]{1,7}")
_REFERENCE = re.compile(rb"([A-Z]{0,3})([1-9][0-9]{0,6})")
_GROUP = 3
"""Digits of a group of thousands: a number cell has no groups, and one 0 more keeps it from reading like them."""
_NOT_A_BOOK = 'Save it as "Excel workbook (.xlsx)" without a password.'


def read_xlsx_rows(*, data: bytes, shape: TableShape, name: str, limits: Limits) -> Iterator[RawRow]:
    """Read the rows of a table from the sheet that its shape names, or from the only sheet.

    A number is taken where it is exact: whole, or with a fraction in its shortest exact form where the column may
    have one. A date is taken in a column of dates; other dates, times, truth values and error values are refused.

    Args:
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.column.*, documents.xlsx.*: nothing of the file can be read.
    """
    require_size(size_bytes=len(data), limits=limits, name=name)
    values = _sheet_values(_unpacked(data, limits, name), shape.sheet, name)
    if not values:
        raise refused(PaperCode.EMPTY, "The sheet is empty.", name, "Begin it with a header.")
    columns = match_header(names=_header(values[0]), shape=shape, limits=limits, name=name)
    require_rows(row_count=len(values) - 1, limits=limits, name=name)
    return _rows(values, columns, shape)


def _unpacked(data: bytes, limits: Limits, name: str) -> bytes:
    """Pack the parts that hold values anew, uncompressed: nothing larger than the limit is ever unpacked."""
    if data.startswith(_OLE):
        what = "The file is protected by a password, or is a workbook of the old kind (.xls)."
        raise refused(PaperCode.XLSX_ENCRYPTED, what, name, _NOT_A_BOOK)
    target = io.BytesIO()
    left_bytes = limits.most_unpacked_bytes
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(target, "w") as plain:
            infos = [info for info in book.infolist() if _KEPT.fullmatch(info.filename)]
            if len(infos) > _MOST_PARTS or len({info.filename for info in infos}) < len(infos):
                raise zipfile.BadZipFile("too many parts, or one twice")
            for info in infos:
                part = _part(book, info, left_bytes, limits, name)
                left_bytes -= len(part)
                _check_cells(part, limits, name)
                if not info.filename.startswith("xl/worksheets/"):
                    _check_counts(part)
                plain.writestr(zipfile.ZipInfo(info.filename), part)
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        what = f"The file is not a workbook that can be opened ({shown(error)})."
        raise refused(PaperCode.XLSX_NOT_A_WORKBOOK, what, name, _NOT_A_BOOK) from None
    return target.getvalue()


def _part(book: zipfile.ZipFile, info: zipfile.ZipInfo, left_bytes: int, limits: Limits, name: str) -> bytes:
    """Unpack one part, chunk by chunk: what the file says about its size is not believed."""
    chunks: list[bytes] = []
    with book.open(info) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            chunks.append(chunk)
            left_bytes -= len(chunk)
            if left_bytes < 0:
                what = f"The workbook unpacks to more than {limits.most_unpacked_bytes} bytes."
                way_out = "Copy the table into a new workbook without pictures and formats."
                raise refused(PaperCode.XLSX_UNPACKED_TOO_LARGE, what, name, way_out)
    return b"".join(chunks)


def _check_cells(part: bytes, limits: Limits, name: str) -> None:
    """Look at place and kind of every cell: one far cell would make a table of billions, an error reads as empty."""
    if b"\x00" in part:
        raise zipfile.BadZipFile("a part is not UTF-8")
    for tag in _CELL_TAG.finditer(part):
        marks = [(key, value[1:-1]) for key, value in _ATTRIBUTE.findall(tag[0])]
        places = [value for key, value in marks if key == b"r"]
        for place in places:
            _require_near(place, limits, name)
        if (b"t", b"e") in marks:
            what = f"Cell {b' '.join(places).decode()} shows an error value, as #DIV/0!."
            raise refused(PaperCode.XLSX_ERROR_CELL, what, name, "Correct the formula, or paste plain values.")


def _check_counts(part: bytes) -> None:
    """Refuse a part that says to hold more than ten million of anything: the reader would make room for them."""
    for tag in _TAG.finditer(part):
        if any(not _SOUND_COUNT.fullmatch(one[1:-1]) for one in _COUNT.findall(tag[0])):
            raise zipfile.BadZipFile("a part boasts of its size")


def _require_near(place: bytes, limits: Limits, name: str) -> None:
    match = _REFERENCE.fullmatch(place)
    if match is None:
        raise zipfile.BadZipFile("a cell has no place")
    if int(match[2]) > limits.most_rows + 1 or _column(match[1]) > limits.most_columns:
        what = f"Cell {place.decode()} lies outside of {limits.most_rows} rows and {limits.most_columns} columns."
        raise refused(PaperCode.XLSX_TABLE_TOO_LARGE, what, name, "Delete what stands beside the table.")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _sheet_values(data: bytes, wanted: str, name: str) -> list[list[object]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if len(names) > 1 and wanted not in names:
            what = f'The workbook has {len(names)} sheets, none called "{wanted}".'
            raise refused(PaperCode.XLSX_SHEET, what, name, nearest(wanted, names))
        sheet = book.get_sheet_by_name(wanted if wanted in names else names[0])
        values: list[list[object]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    except (python_calamine.CalamineError, IndexError) as error:
        what = f"The file is not a workbook that can be opened ({shown(error)})."
        raise refused(PaperCode.XLSX_NOT_A_WORKBOOK, what, name, _NOT_A_BOOK) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what the reader gives up on comes outside of Exception
            raise
        what = "The file is not a workbook that can be opened (the reader gave up)."
        raise refused(PaperCode.XLSX_NOT_A_WORKBOOK, what, name, _NOT_A_BOOK) from None
    return values


def _header(cells: list[object]) -> list[str]:
    """Give the names of the columns; empty cells to the right of the last name are no columns."""
    names = [str(cell) for cell in cells]
    while names and not names[-1].strip():
        names.pop()
    return names


def _rows(values: list[list[object]], columns: list[str], shape: TableShape) -> Iterator[RawRow]:
    for number, cells in enumerate(values[1:], start=2):
        if all(isinstance(cell, str) and not cell.strip() for cell in cells):
            continue
        beyond = next((cell for cell in cells[len(columns) :] if not isinstance(cell, str) or cell.strip()), None)
        if beyond is not None:
            what = f"{shown(beyond)} stands in a column without a heading."
            yield RawRow(number, {}, Unreadable(RowCode.CELLS, what, "Delete it, or put it where it belongs."))
            continue
        texts = [_text(cell, column, shape) for column, cell in zip(columns, cells, strict=False)]
        yield raw_row(number=number, shape=shape, columns=columns, cells=texts)


def _text(cell: object, column: str, shape: TableShape) -> Cell:
    """Give a cell as text; a number by its shortest exact form, so that nothing is rounded."""
    if isinstance(cell, str):
        return cell
    if column in shape.dates and isinstance(cell, date) and not isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        what = f"{column} is {shown(cell)}: a date, a time or a truth value."
        return Unreadable(RowCode.CELL_KIND, what, "Format the column as text or number and write it again.")
    exact = Decimal(repr(cell))
    if not exact.is_finite():
        return str(exact)
    if exact == exact.to_integral_value():
        return str(int(exact))
    if column not in shape.numbers:
        what = f"{column} is the number {exact:f}, which is not whole."
        return Unreadable(RowCode.CELL_KIND, what, "Format the column as text and write it again.")
    text = f"{exact:f}"
    return f"{text}0" if len(text.partition(".")[2]) == _GROUP else text
