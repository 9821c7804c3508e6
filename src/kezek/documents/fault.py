"""What can be wrong with a market paper: codes for a row, codes for a paper as a whole, and the limits."""

from dataclasses import dataclass
from enum import StrEnum

from kezek.units.problem import InputProblem

_MOST_SHOWN = 60


class RowCode(StrEnum):
    """Why a row cannot be read, in order of precedence: a row with two faults gets the first."""

    QUOTES = "documents.row.quotes"
    CELLS = "documents.row.cells"
    CELL_KIND = "documents.row.cell_kind"
    ELEMENT = "documents.row.element"
    KEY = "documents.row.key"
    ID_MISSING = "documents.id.missing"
    ID_TOO_LONG = "documents.id.too_long"
    ID_CHARACTERS = "documents.id.characters"
    TEXT_TOO_LONG = "documents.text.too_long"
    TEXT_CHARACTERS = "documents.text.characters"
    ACTION = "documents.value.action"
    WORD = "documents.value.word"
    PRODUCT = "documents.value.product"
    ZONE = "documents.value.zone"
    HOURS = "documents.value.hours"
    HOUR_INDEX = "documents.value.hour_index"
    WEEKDAY = "documents.value.weekday"
    DATE = "documents.value.date"
    EMPTY = "documents.value.empty"
    FLOAT = "documents.value.float"
    DIGITS = "documents.value.digits"
    NOT_A_NUMBER = "documents.value.not_a_number"
    FORM = "documents.value.form"
    AMBIGUOUS = "documents.value.ambiguous"
    NEGATIVE = "documents.value.negative"
    OFF_TICK = "documents.value.off_tick"
    FRACTION = "documents.value.fraction"
    ZERO = "documents.value.zero"
    TOO_LARGE = "documents.value.too_large"
    CANCEL_STEPS = "documents.steps.cancel"
    STEPS_ORDER = "documents.steps.order"
    STEPS_TOO_MANY = "documents.steps.too_many"
    DISAGREES = "documents.row.disagrees"
    SCHEMA = "documents.row.schema"
    STEPS_DIFFER = "documents.steps.differ"
    STEPS_INCOMPLETE = "documents.steps.incomplete"
    SIDE_CONTRADICTS = "documents.side.contradicts"
    SIDE_TWICE = "documents.side.twice"
    SIDE_DIFFERS = "documents.side.differs"


class PaperCode(StrEnum):
    """Why a paper cannot be read at all."""

    TOO_LARGE = "documents.paper.too_large"
    ENCODING = "documents.paper.encoding"
    UTF16 = "documents.paper.utf16"
    NUL = "documents.paper.nul"
    EMPTY = "documents.paper.empty"
    TOO_MANY_ROWS = "documents.paper.too_many_rows"
    TOO_MANY_COLUMNS = "documents.paper.too_many_columns"
    COLUMN_UNKNOWN = "documents.column.unknown"
    COLUMN_MISSING = "documents.column.missing"
    COLUMN_TWICE = "documents.column.twice"
    COLUMN_EITHER = "documents.column.either"
    CSV_LINE_ENDS = "documents.csv.line_ends"
    CSV_LINE_TOO_LONG = "documents.csv.line_too_long"
    CSV_DELIMITER = "documents.csv.delimiter"
    CSV_HEADER_QUOTES = "documents.csv.header_quotes"
    XLSX_NOT_A_WORKBOOK = "documents.xlsx.not_a_workbook"
    XLSX_ENCRYPTED = "documents.xlsx.encrypted"
    XLSX_UNPACKED_TOO_LARGE = "documents.xlsx.unpacked_too_large"
    XLSX_ERROR_CELL = "documents.xlsx.error_cell"
    XLSX_SHEET = "documents.xlsx.sheet"
    XLSX_TABLE_TOO_LARGE = "documents.xlsx.table_too_large"
    XML_DOCTYPE = "documents.xml.doctype"
    XML_FORM = "documents.xml.form"
    XML_ROOT = "documents.xml.root"
    XML_ATTRIBUTE = "documents.xml.attribute"
    XML_ELEMENT = "documents.xml.element"
    XML_SCHEMA = "documents.xml.schema"
    XML_RECEIVER = "documents.xml.receiver"
    TOML_FORM = "documents.toml.form"
    TOML_KEY = "documents.toml.key"
    TOML_NO_ORDERS = "documents.toml.no_orders"
    SIDE_ROWS = "documents.side.rows"


class Unreadable(Exception):
    """A value of a row that cannot be read, before its place is known."""

    def __init__(self, code: RowCode, what: str, way_out: str) -> None:
        self.code, self.what, self.way_out = code, what, way_out
        super().__init__(what)


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a paper may be; beyond them it is refused, never cut.

    Args:
        most_bytes: Of the file as it comes.
        most_unpacked_bytes: Of a workbook after unpacking.
        most_rows: Rows below the header, time series, or standing orders.
        most_columns: Columns of a table.
        most_line_chars: Characters on one line of CSV.
        most_steps: Price steps of one order; exchanges allow up to 256.
    """

    most_bytes: int = 16 * 1024 * 1024
    most_unpacked_bytes: int = 128 * 1024 * 1024
    most_rows: int = 100_000
    most_columns: int = 64
    most_line_chars: int = 8_192
    most_steps: int = 256


def refused(code: PaperCode, what: str, name: str, way_out: str) -> InputProblem:
    """Make the refusal of a whole paper.

    Args:
        name: Name of the paper, for people.
    """
    return InputProblem(code.value, what, name, way_out)


def shown(value: object) -> str:
    r"""Quote a value for a sentence: on one line, cut, and with what cannot be seen written out.

    >>> shown("A" + chr(0x202E) + "1")
    "'A\\u202e1'"
    """
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…")


def require_size(*, size_bytes: int, limits: Limits, name: str) -> None:
    """Refuse a file that is too large, before anything of it is looked at.

    Raises:
        InputProblem: documents.paper.too_large, documents.paper.empty.
    """
    if size_bytes == 0:
        raise refused(PaperCode.EMPTY, "The file is empty.", name, "Send a file with at least a header.")
    if size_bytes > limits.most_bytes:
        what = f"The file has {size_bytes} bytes; at most {limits.most_bytes} are read."
        raise refused(PaperCode.TOO_LARGE, what, name, "Send it in several files.")


def require_rows(*, row_count: int, limits: Limits, name: str) -> None:
    """Refuse a paper with too many rows.

    Raises:
        InputProblem: documents.paper.too_many_rows.
    """
    if row_count > limits.most_rows:
        what = f"The paper has {row_count} rows; at most {limits.most_rows} are read."
        raise refused(PaperCode.TOO_MANY_ROWS, what, name, "Send several papers.")
