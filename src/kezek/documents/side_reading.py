"""Tables of the state, read wholly or not at all: a table with one row that cannot be read gives nothing."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from kezek.documents.csv_rows import BOM, read_csv_rows
from kezek.documents.fault import Limits, PaperCode, RowCode, Unreadable, refused
from kezek.documents.rows import first_fault, taken
from kezek.documents.table_shape import RawRow, TableShape
from kezek.documents.xlsx_rows import read_xlsx_rows
from kezek.units.problem import InputProblem

_WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""What a workbook begins with: a zip, an empty zip, and the old kind, which is refused with its own code."""
_MOST_TOLD = 5
_Row = TypeVar("_Row")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class NumberedRow(Generic[_Row]):
    """A row understood, and the place where it stands."""

    number: int
    row: _Row


@dataclass(frozen=True, slots=True)
class NumberedFault:
    """What is wrong with a row, and the place where it stands."""

    number: int
    wrong: Unreadable


@dataclass(frozen=True, slots=True)
class SideTable(Generic[_Row]):
    """How a table of the state is read.

    Args:
        readers: How each column of the shape is read that the table has.
        build: Makes a row from its place ("row 7") and its values by column; raises Unreadable where they do not fit.
        key: Columns of which no two rows may have the same values; () where the caller judges rows together.
        examples: Two rows for a template, in the order of the shape's header.
    """

    shape: TableShape
    readers: Mapping[str, Callable[[str], Any]]
    build: Callable[[str, Mapping[str, Any]], _Row]
    key: tuple[str, ...]
    examples: tuple[tuple[str, ...], tuple[str, ...]]


def optional(read: Callable[[str], _Value]) -> Callable[[str], _Value | None]:
    """Make a reader that takes an empty cell as None: not said."""
    return partial(_optional, read=read)


def optional_text(read: Callable[[str], str]) -> Callable[[str], str]:
    """Make a reader that takes an empty cell as an empty text."""
    return partial(_optional_text, read=read)


def read_side(
    *, data: bytes, table: SideTable[_Row], name: str, limits: Limits
) -> tuple[list[NumberedRow[_Row]], list[NumberedFault]]:
    """Read all rows of a table, CSV or workbook by its first bytes.

    Args:
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.column.*, documents.csv.*, documents.xlsx.*
    """
    read = read_xlsx_rows if data.startswith(_WORKBOOKS) else read_csv_rows
    good: list[NumberedRow[_Row]] = []
    faults: list[NumberedFault] = []
    first_numbers: dict[tuple[Any, ...], int] = {}
    for raw in read(data=data, shape=table.shape, name=name, limits=limits):
        try:
            values = _values(raw, table)
            if table.key:
                _require_new(values, table.key, first_numbers, raw.number)
            good.append(NumberedRow(raw.number, table.build(f"row {raw.number}", values)))
        except Unreadable as wrong:
            faults.append(NumberedFault(raw.number, wrong))
    return good, faults


def require_readable(*, faults: list[NumberedFault], row_count: int, name: str) -> None:
    """Refuse a table of which a row is faulty, as a whole; the first five faults are told, the others counted.

    Raises:
        InputProblem: documents.side.rows.
    """
    if faults:
        raise _refusal(faults, row_count, name)


def read_whole(*, data: bytes, table: SideTable[_Row], name: str, limits: Limits) -> tuple[_Row, ...]:
    """Read a table wholly, its rows in their order, or refuse it.

    Raises:
        InputProblem: documents.side.rows, and what `read_side` raises.
    """
    good, faults = read_side(data=data, table=table, name=name, limits=limits)
    require_readable(faults=faults, row_count=len(good) + len(faults), name=name)
    return tuple(one.row for one in good)


def template_csv(table: SideTable[Any]) -> bytes:
    """Write the header of a table and its examples as CSV, as Excel of Kazakhstan expects it."""
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=";", lineterminator="\r\n")
    writer.writerows((table.shape.header, *table.examples))
    return (BOM + sheet.getvalue()).encode()


def _optional(text: str, *, read: Callable[[str], _Value]) -> _Value | None:
    return read(text) if text.strip() else None


def _optional_text(text: str, *, read: Callable[[str], str]) -> str:
    return read(text) if text.strip() else ""


def _values(raw: RawRow, table: SideTable[Any]) -> dict[str, Any]:
    """Read every cell of a row; of several faults the first by precedence is raised."""
    if raw.fault:
        raise raw.fault
    faults: list[Unreadable] = []
    readers = {column: read for column, read in table.readers.items() if column in raw.cells}
    values = {column: taken(raw.cells[column], read, faults) for column, read in readers.items()}
    wrong = first_fault(faults)
    if wrong:
        raise wrong
    return values


def _require_new(
    values: Mapping[str, Any], key: tuple[str, ...], first_numbers: dict[tuple[Any, ...], int], number: int
) -> None:
    """Refuse a row that says again what an earlier one says."""
    found = tuple(values[column] for column in key)
    earlier = first_numbers.setdefault(found, number)
    if earlier != number:
        said = ", ".join(f"{column} {value}" for column, value in zip(key, found, strict=True))
        what = f"{said} stands in row {earlier} already."
        raise Unreadable(RowCode.SIDE_TWICE, what, "Keep one of the two rows.")


def _refusal(faults: list[NumberedFault], row_count: int, name: str) -> InputProblem:
    what = f"{len(faults)} of {row_count} rows cannot be read, so nothing of the table is taken: "
    what += "; ".join(_told(faults))
    return refused(
        PaperCode.SIDE_ROWS, f"{what}.", name, f"{faults[0].wrong.way_out} Then send the whole table again."
    )


def _told(faults: list[NumberedFault]) -> Iterator[str]:
    for one in faults[:_MOST_TOLD]:
        yield f"row {one.number}: {one.wrong.what.removesuffix('.')} [{one.wrong.code.value}]"
    left_count = len(faults) - _MOST_TOLD
    if left_count > 0:
        yield f"and {left_count} more {'row' if left_count == 1 else 'rows'}"
