"""What a table must look like, whatever its format: its columns, and its rows before they are understood."""

from collections.abc import Sequence
from dataclasses import dataclass

from kezek.documents.fault import Limits, PaperCode, Unreadable, refused, shown
from kezek.units.problem import nearest

_MOST_MATCHED_CHARS = 64

Cell = str | Unreadable
"""A cell as text, or why it cannot be text."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """The columns of a table; they may stand in any order.

    Args:
        subject: What the rows are, as "orders".
        sheet: Name of the sheet in a workbook.
        required: Columns that must stand in the header.
        optional: Columns that may be left out; their cells are then empty.
        numbers: Columns in which a number cell of a workbook may have a fraction.
        dates: Columns in which a date cell of a workbook is taken.
        free: Columns of free text, in which quotes may stand.
    """

    subject: str
    sheet: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    free: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, the optional ones last."""
        return (*self.required, *self.optional)


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row of a table before it is understood.

    Args:
        number: As the spreadsheet counts: the header is row 1.
        cells: By column; empty where the row itself is faulty.
        fault: Why the row cannot be taken apart, or None.
    """

    number: int
    cells: dict[str, Cell]
    fault: Unreadable | None = None


def match_header(*, names: Sequence[str], shape: TableShape, limits: Limits, name: str) -> list[str]:
    """Check the names of the columns, in the order of the paper.

    Raises:
        InputProblem: documents.paper.too_many_columns, documents.column.unknown, twice, missing.
    """
    if len(names) > limits.most_columns:
        what = f"The header has {len(names)} columns; at most {limits.most_columns} are read."
        way_out = f"A table of {shape.subject} has {len(shape.columns)} columns."
        raise refused(PaperCode.TOO_MANY_COLUMNS, what, name, way_out)
    found = [one.strip() for one in names]
    for place, one in enumerate(found, start=1):
        if one not in shape.columns:
            what = f"Column {place} is called {shown(one)}." if one else f"Column {place} has no name."
            way_out = nearest(one[:_MOST_MATCHED_CHARS], list(shape.columns))
            raise refused(PaperCode.COLUMN_UNKNOWN, what, name, way_out)
        if one in found[: place - 1]:
            raise refused(PaperCode.COLUMN_TWICE, f'Column "{one}" stands twice.', name, "Keep one of the two.")
    missing = [one for one in shape.required if one not in found]
    if missing:
        what = f'Column "{missing[0]}" is missing.'
        raise refused(PaperCode.COLUMN_MISSING, what, name, f"The header needs: {'; '.join(shape.required)}.")
    return found


def raw_row(*, number: int, shape: TableShape, columns: Sequence[str], cells: Sequence[Cell]) -> RawRow:
    """Put the cells of a row under their columns; an optional column that the table does not have is empty."""
    empty: dict[str, Cell] = dict.fromkeys(shape.optional, "")
    return RawRow(number, {**empty, **dict(zip(columns, cells, strict=True))})
