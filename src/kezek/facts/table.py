"""The shipped tables: read strictly, or not at all. Every row says who published it."""

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table must look like: its columns in order, and those that together name a row once."""

    columns: tuple[str, ...]
    key: tuple[str, ...]
    may_be_empty: tuple[str, ...] = ()


def _shape(columns: str, *, key: str, may_be_empty: str = "") -> Shape:
    return Shape((*columns.split(), "source", "terms"), tuple(key.split()), tuple(may_be_empty.split()))


SHAPES: Mapping[str, Shape] = MappingProxyType(
    {
        "annual_production": _shape("year production_gwh", key="year"),
        "asic_models": _shape("make model hashrate_ths power_w release release_basis", key="make model"),
        "auction_facts": _shape("fact value unit period", key="fact"),
        "difficulty_epochs": _shape("height start_utc bits_hex", key="height"),
        "generation_by_fuel": _shape(
            "fuel year generation_twh installed_mw", key="fuel", may_be_empty="installed_mw"
        ),
        "kzt_per_usd_monthly": _shape("month kzt", key="month"),
        "monthly_demand_2018": _shape("month demand_gwh", key="month"),
        "plants": _shape("name fuel zone capacity_mw in_service", key="name", may_be_empty="in_service"),
        "regional_use": _shape("region zone use_gwh", key="region"),
        "usd_per_btc_monthly": _shape("month usd", key="month"),
    }
)
"""Every table that ships, by its name without the ending."""


@dataclass(eq=False)
class FactError(Exception):
    """A shipped table is not what it must be: a broken installation or a bad edit, never an honest user's doing.

    Args:
        file: Name of the table's file.
        line: Line in it, from 1.
        what: What is wrong there.
    """

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """One line: file, line, what."""
        return f"{self.file}:{self.line}: {self.what}"


def _bytes_of(name: str) -> bytes:
    return resources.files("kezek.facts").joinpath("tables", f"{name}.csv").read_bytes()


def _shape_of(name: str) -> Shape:
    if name not in SHAPES:
        raise FactError(f"{name}.csv", 0, f"no such table; known: {', '.join(SHAPES)}")
    return SHAPES[name]


def _checked_row(*, file: str, line: int, shape: Shape, cells: list[str]) -> dict[str, str]:
    if len(cells) != len(shape.columns):
        raise FactError(file, line, f"{len(cells)} cells where {len(shape.columns)} are due")
    row = dict(zip(shape.columns, cells, strict=True))
    for column, cell in row.items():
        if cell != cell.strip():
            raise FactError(file, line, f"column {column!r} has spaces around {cell!r}")
        if not cell and column not in shape.may_be_empty:
            raise FactError(file, line, f"column {column!r} is empty")
    return row


def parse_table(*, name: str, text: str) -> list[dict[str, str]]:
    r"""Read the text of a table by the shape declared for its name.

    Args:
        name: Name of a declared table, without ending.
        text: The whole file.

    Returns:
        One dictionary a row, column to cell, in the order of the file.

    Raises:
        FactError: unknown name, another header, a wrong number of cells, an empty cell where none may be (the
            source above all), or a second row with the same key.

    >>> head = "year,production_gwh,source,terms"
    >>> parse_table(name="annual_production", text=f"{head}\n2025,123475.6,Statistics 2025,official figure\n")
    [{'year': '2025', 'production_gwh': '123475.6', 'source': 'Statistics 2025', 'terms': 'official figure'}]
    """
    shape, file = _shape_of(name), f"{name}.csv"
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    if tuple(header) != shape.columns:
        raise FactError(file, 1, f"header {','.join(header)!r} where {','.join(shape.columns)!r} is due")
    rows: list[dict[str, str]] = []
    first_line: dict[tuple[str, ...], int] = {}
    for cells in reader:
        row = _checked_row(file=file, line=reader.line_num, shape=shape, cells=cells)
        key = tuple(row[column] for column in shape.key)
        if key in first_line:
            raise FactError(file, reader.line_num, f"{' '.join(key)!r} is in line {first_line[key]} already")
        first_line[key] = reader.line_num
        rows.append(row)
    return rows


def read_table(name: str) -> list[dict[str, str]]:
    """Read a shipped table.

    Raises:
        FactError: see `parse_table`; also where the bytes are no UTF-8.

    >>> len(read_table("difficulty_epochs"))
    140
    """
    _shape_of(name)
    try:
        text = _bytes_of(name).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise FactError(f"{name}.csv", 1, f"not UTF-8: {problem.reason}") from problem
    return parse_table(name=name, text=text)


@cache
def _digests() -> Mapping[str, str]:
    return MappingProxyType({f"{name}.csv": hashlib.sha256(_bytes_of(name)).hexdigest() for name in sorted(SHAPES)})


def table_digests() -> dict[str, str]:
    """Name every shipped table by the SHA-256 of its bytes, so that a result can say which facts it stands on.

    >>> len(table_digests()["plants.csv"])
    64
    """
    return dict(_digests())
