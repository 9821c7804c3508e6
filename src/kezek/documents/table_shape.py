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
        either: Columns that say the same in several units: exactly one stands in the header; a row has no other.
        optional: Columns that may be left out; their cells are then empty.
        numbers: Columns in which a number cell of a workbook may have a fraction.
        dates: Columns in which a date cell of a workbook is taken.
        free: Columns of free text, in which quotes may stand.
    """

    subject: str
    sheet: str
    required: tuple[str, ...]
    either: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    free: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns, the optional ones last."""
        return (*self.required, *self.either, *self.optional)

    @property
    def header(self) -> tuple[str, ...]:
        """Columns of a table to be filled: of those of which one stands, the first."""
        return (*self.required, *self.either[:1], *self.optional)


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
        InputProblem: documents.paper.too_many_columns, documents.column.unknown, twice, missing, either.
    """
    if len(names) > limits.most_columns:
        what = f"The header has {len(names)} columns; at most {limits.most_columns} are read."
        way_out = f"A table of {shape.subject} has {len(shape.header)} columns."
        raise refused(PaperCode.TOO_MANY_COLUMNS, what, name, way_out)
    found = [one.strip() for one in names]
    for place, one in enumerate(found, start=1):
        if one not in shape.columns:
            what = f"Column {place} is called {shown(one)}." if one else f"Column {place} has no name."
            raise refused(PaperCode.COLUMN_UNKNOWN, what, name, _meant(one, shape))
        if one in found[: place - 1]:
            raise refused(PaperCode.COLUMN_TWICE, f'Column "{one}" stands twice.', name, "Keep one of the two.")
    missing = [one for one in shape.required if one not in found]
    if missing:
        what = f'Column "{missing[0]}" is missing.'
        raise refused(PaperCode.COLUMN_MISSING, what, name, f"The header needs: {'; '.join(shape.required)}.")
    _require_one(found, shape, name)
    return found


def _meant(word: str, shape: TableShape) -> str:
    """Name the columns that begin with a word, as `price` does without its unit, or else the nearest."""
    begun = [f'"{one}"' for one in shape.columns if word and one.startswith(word.lower())]
    if begun:
        return f"Did you mean {' or '.join(begun)}?"
    return nearest(word[:_MOST_MATCHED_CHARS], list(shape.columns))


def _require_one(found: Sequence[str], shape: TableShape, name: str) -> None:
    """Refuse a header with none or several of the columns of which exactly one stands."""
    given = [one for one in shape.either if one in found]
    if shape.either and len(given) != 1:
        which = " and ".join(f'"{one}"' for one in given or shape.either)
        what = f"Columns {which} both stand in the header." if given else f"Neither of the columns {which} is there."
        raise refused(PaperCode.COLUMN_EITHER, what, name, "Keep exactly one of the two: they say the same.")


def raw_row(*, number: int, shape: TableShape, columns: Sequence[str], cells: Sequence[Cell]) -> RawRow:
    """Put the cells of a row under their columns; an optional column that the table does not have is empty."""
    empty: dict[str, Cell] = dict.fromkeys(shape.optional, "")
    return RawRow(number, {**empty, **dict(zip(columns, cells, strict=True))})
