"""Rows of a CSV table, as spreadsheets of Kazakhstan write it: semicolons, decimal commas; others by their header."""

import re
from collections.abc import Iterator

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
from kezek.documents.table_shape import RawRow, TableShape, match_header, raw_row

BOM = "\ufeff"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_DELIMITERS = (";", ",", "\t")
_CELL = r'(?:"[^"]*(?:""[^"]*)*"|[^"{0}]*)'
_SOUND_LINES = {one: re.compile(f"{_CELL}(?:{{0}}{_CELL})*".format(one)) for one in _DELIMITERS}
"""Lines of which every quote opens or closes a cell, or is doubled inside one."""
_CELLS = {one: re.compile(f"{{0}}({_CELL})".format(one)) for one in _DELIMITERS}
"""The cells of such a line that begins with a delimiter."""


def read_csv_rows(*, data: bytes, shape: TableShape, name: str, limits: Limits) -> Iterator[RawRow]:
    """Read the rows of a table.

    One line is one row: a line break inside quotes is not allowed. Rows whose cells are all empty ask for nothing and
    are passed over; their number is counted. Delimiter is the one that the header uses: semicolon, comma or tab.

    Args:
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.column.*, documents.csv.*: nothing of the file can be read.
    """
    require_size(size_bytes=len(data), limits=limits, name=name)
    lines = _lines(_text(data, name), limits, name)
    delimiter = _delimiter(lines[0], shape, name)
    header = _cells(lines[0], delimiter)
    if header is None or any('"' in one for one in header):
        way_out = "Close every quote on its line, or leave quotes out."
        raise refused(PaperCode.CSV_HEADER_QUOTES, "A quote in the header is not closed.", name, way_out)
    columns = match_header(names=header, shape=shape, limits=limits, name=name)
    require_rows(row_count=len(lines) - 1, limits=limits, name=name)
    return _rows(lines, delimiter, columns, shape)


def _text(data: bytes, name: str) -> str:
    if data.startswith(_UTF16):
        what, way_out = "The file is UTF-16 (Excel: Unicode text).", 'Save it as "CSV UTF-8".'
        raise refused(PaperCode.UTF16, what, name, way_out)
    if b"\x00" in data:
        line = data[: data.index(b"\x00")].count(b"\n") + 1
        what, way_out = f"Line {line} holds a NUL byte: this is not a text file.", 'Save it as "CSV UTF-8".'
        raise refused(PaperCode.NUL, what, name, way_out)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = f"Line {line} is not UTF-8 (Excel: an old code page, as Windows-1251)."
        raise refused(PaperCode.ENCODING, what, name, 'Save it as "CSV UTF-8".') from None


def _lines(text: str, limits: Limits, name: str) -> list[str]:
    """Part the lines; one kind of line end throughout, so that a break inside a cell is never taken for a new row."""
    paired = text.count("\r\n")
    kinds = {"\r\n": paired, "\n": text.count("\n") - paired, "\r": text.count("\r") - paired}
    used = [end for end, count in kinds.items() if count]
    if len(used) > 1:
        what = "Lines end in different ways, or a cell holds a line break."
        way_out = "Take line breaks out of the cells and save the file again with one program."
        raise refused(PaperCode.CSV_LINE_ENDS, what, name, way_out)
    lines = text.removesuffix(used[0]).split(used[0]) if used else [text]
    for number, line in enumerate(lines, start=1):
        if len(line) > limits.most_line_chars:
            what = f"Line {number} has {len(line)} characters; at most {limits.most_line_chars} are read."
            raise refused(PaperCode.CSV_LINE_TOO_LONG, what, name, "Look for a missing line break.")
    return lines


def _delimiter(header: str, shape: TableShape, name: str) -> str:
    used = [one for one in _DELIMITERS if one in header]
    if len(used) != 1:
        found = "none of" if not used else "more than one of"
        what = f"The header {shown(header)} uses {found} semicolon, comma and tab."
        way_out = f"Begin the file with the line: {';'.join(shape.header)}"
        raise refused(PaperCode.CSV_DELIMITER, what, name, way_out)
    return used[0]


def _cells(line: str, delimiter: str) -> list[str] | None:
    """Take one line apart; None where its quotes do not close or stand inside a bare cell."""
    if '"' not in line:
        return line.split(delimiter)
    if not _SOUND_LINES[delimiter].fullmatch(line):
        return None
    cells = _CELLS[delimiter].findall(delimiter + line)
    return [one[1:-1].replace('""', '"') if one.startswith('"') else one for one in cells]


def _rows(lines: list[str], delimiter: str, columns: list[str], shape: TableShape) -> Iterator[RawRow]:
    bare = [place for place, column in enumerate(columns) if column not in shape.free]
    for number, line in enumerate(lines[1:], start=2):
        cells = _cells(line, delimiter)
        if cells is None:
            yield RawRow(number, {}, _quotes(line, shape))
        elif not any(one.strip() for one in cells):
            continue
        elif len(cells) != len(columns):
            what = f"The row has {len(cells)} cells, the header {len(columns)}."
            way_out = "Look for a delimiter too many or too few; a decimal comma in a comma file needs quotes."
            yield RawRow(number, {}, Unreadable(RowCode.CELLS, what, way_out))
        elif '"' in line and any('"' in cells[place] for place in bare):
            yield RawRow(number, {}, _quotes(line, shape))
        else:
            yield raw_row(number=number, shape=shape, columns=columns, cells=cells)


def _quotes(line: str, shape: TableShape) -> Unreadable:
    what = f"Quotes in {shown(line)} do not close on the line or stand inside a cell."
    way_out = "Leave quotes out: no cell needs them."
    if shape.free:
        way_out = f"Leave quotes out; only {', '.join(shape.free)} may hold them, doubled and the cell in quotes."
    return Unreadable(RowCode.QUOTES, what, way_out)
