"""A table for people: typed columns, written as CSV; a cell is never a formula."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

Value = str | int | None
"""A text, a whole number of the column's smallest unit, or nothing."""


class ColumnKind(StrEnum):
    """What a column holds; amounts come as whole numbers of the smallest unit."""

    TEXT = "text"
    COUNT = "count"
    KWH = "kWh"
    WH_AS_KWH = "Wh shown in kWh"
    TENGE = "tiyn shown in tenge"
    TENGE_PER_KWH = "tiyn per kWh shown in tenge per kWh"


DECIMALS = {ColumnKind.TENGE: 2, ColumnKind.TENGE_PER_KWH: 2, ColumnKind.WH_AS_KWH: 3}
"""How many digits of the smallest unit stand after the mark."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading and what it holds."""

    heading: str
    kind: ColumnKind = ColumnKind.TEXT


@dataclass(frozen=True, slots=True)
class Table:
    """A table for people.

    Args:
        title: Name of the sheet, at most 31 characters.
        rows: Cells in the order of the columns.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]


def amount_text(value: int, *, decimals: int, mark: str) -> str:
    """Write a whole number of a smallest unit in the larger one, exactly.

    >>> amount_text(-1950, decimals=2, mark=","), amount_text(5, decimals=3, mark=".")
    ('-19,50', '0.005')
    """
    digits = str(abs(value)).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    return f"{sign}{digits[:-decimals]}{mark}{digits[-decimals:]}" if decimals else f"{sign}{digits}"


def plain_text(text: str) -> str:
    """Make a text safe for CSV: one that a spreadsheet would take for a formula gets an apostrophe before it.

    >>> plain_text("=cmd|' /C calc'!A0"), plain_text("OP-001")
    ("'=cmd|' /C calc'!A0", 'OP-001')
    """
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) else text


def require_cell(value: Value, column: Column) -> None:
    """Stop at a cell that does not fit its column: a bug of the caller.

    Raises:
        TypeError: a text in a column of amounts, an amount in a column of texts, or a float.
    """
    wanted = str if column.kind is ColumnKind.TEXT else int
    if value is not None and type(value) is not wanted:
        raise TypeError(f"column {column.heading!r} holds {column.kind.value}, not {value!r}")


def write_table_csv(*, table: Table) -> bytes:
    """Write a table as CSV: UTF-8 with a byte order mark, semicolons, decimal commas, lines ended by CR LF.

    Raises:
        TypeError: a cell does not fit its column.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=";", lineterminator="\r\n")
    writer.writerow([plain_text(column.heading) for column in table.columns])
    writer.writerows([_cell_texts(row, table.columns) for row in table.rows])
    return ("\ufeff" + sheet.getvalue()).encode()


def _cell_texts(row: Sequence[Value], columns: Sequence[Column]) -> list[str]:
    texts = []
    for value, column in zip(row, columns, strict=True):
        require_cell(value, column)
        if isinstance(value, int):
            texts.append(amount_text(value, decimals=DECIMALS.get(column.kind, 0), mark=","))
        else:
            texts.append(plain_text(value or ""))
    return texts
