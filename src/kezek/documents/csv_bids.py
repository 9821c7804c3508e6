"""Orders as CSV, as spreadsheets of Kazakhstan write it: semicolons, decimal commas; others by their header."""

import csv
import io

from kezek.documents.csv_rows import BOM, read_csv_rows
from kezek.documents.fault import Limits
from kezek.documents.paper import BidPaper
from kezek.documents.rows import ORDERS, assemble, bid_lines
from kezek.documents.value import price_text
from kezek.market.order import ORDER_COLUMNS


def read_bids_csv(*, data: bytes, document_id: str, sender_id: str, name: str, limits: Limits) -> BidPaper:
    """Read a table of orders.

    One line is one row: a line break inside quotes is not allowed. Rows whose cells are all empty ask for nothing and
    are passed over; their number is counted. Delimiter is the one that the header uses: semicolon, comma or tab.

    Args:
        document_id, sender_id: Of the paper: a table does not hold them.
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.column.*, documents.csv.*: nothing of the file can be read.
    """
    rows = read_csv_rows(data=data, shape=ORDERS, name=name, limits=limits)
    return BidPaper(document_id, sender_id, assemble(rows=rows, limits=limits))


def write_bids_csv(*, paper: BidPaper, delimiter: str = ";", mark: str = ",") -> bytes:
    r"""Write a table of orders: UTF-8 with a byte order mark, lines ended by CR LF, as Excel expects it.

    Args:
        mark: Of decimals, "," or ".".

    Raises:
        ValueError: the paper holds faults, or one order and version twice.
    """
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(ORDER_COLUMNS)
    for line in bid_lines(paper):
        step = line.step
        tail = (price_text(step.price_tiyn_per_kwh, mark=mark), str(step.quantity_kwh)) if step else ("", "")
        writer.writerow((*line.texts, *tail))
    return (BOM + sheet.getvalue()).encode()
