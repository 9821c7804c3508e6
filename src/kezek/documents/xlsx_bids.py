"""Orders as a workbook."""

from kezek.documents.fault import Limits
from kezek.documents.paper import BidPaper
from kezek.documents.rows import ORDERS, assemble
from kezek.documents.xlsx_rows import read_xlsx_rows


def read_bids_xlsx(*, data: bytes, document_id: str, sender_id: str, name: str, limits: Limits) -> BidPaper:
    """Read a table of orders from the sheet "Orders", or from the only sheet.

    A number is taken where it is exact: whole for ids, versions and quantities; for prices at most two decimals in
    its shortest exact form. Dates, truth values and error values are refused.

    Args:
        document_id, sender_id: Of the paper: a table does not hold them.
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.column.*, documents.xlsx.*: nothing of the file can be read.
    """
    rows = read_xlsx_rows(data=data, shape=ORDERS, name=name, limits=limits)
    return BidPaper(document_id, sender_id, assemble(rows=rows, limits=limits))
