"""`kezek market example`: a set of files to hold a first session with."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path

from kezek.cli.output import forgiving, write
from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.fault import Limits
from kezek.documents.paper import BidPaper, OrderRow
from kezek.documents.workbook import write_bids_xlsx
from kezek.documents.xml_bids import write_bid_xml
from kezek.trading.answers import MARKET
from kezek.trading.terms import default_terms
from kezek.units.problem import InputProblem

FILES = (
    "participants.csv",
    "supply.csv",
    "prepayments.csv",
    "bids.csv",
    "standing.toml",
    "curtailment.csv",
    "readings.csv",
)
WORKBOOK, DOCUMENT = "bids-op-105.xlsx", "bids-op-107.xml"
"""The orders of two operators in the other two formats, made from those of `bids.csv`."""
_SENT_AT = datetime(2025, 10, 14, 4, 40, tzinfo=UTC)
"""When the orders are sent, as the commands say it: 09:40 in Kazakhstan."""
_WRITTEN = """\
Written: {count} files in {folder}.
{workbook} and {document} hold orders of bids.csv again: sent with
`kezek market bid` after it, as an optional step, they get the same answers.
A session with the other files, step by step:

"""
_STEPS = """\
kezek market open {folder}/session --date 2025-10-15 --participants {folder}/participants.csv \\
    --supply {folder}/supply.csv --prepayments {folder}/prepayments.csv --at 2025-10-14T07:50
kezek market bid {folder}/session {folder}/standing.toml {folder}/bids.csv --at 2025-10-14T09:40
kezek market close {folder}/session --at 2025-10-14T10:00
kezek market clear {folder}/session --at 2025-10-14T10:05
kezek market curtail {folder}/session --file {folder}/curtailment.csv --at 2025-10-14T19:00
kezek market settle {folder}/session --readings {folder}/readings.csv --leave-open \\
    --at 2025-10-16T09:00
kezek market publish {folder}/session --on 2025-10-16
"""


def example_command(folder: Path | None, *, terms: bool) -> int:
    """Write the example files into a new folder and name the commands that use them, or print the terms.

    Raises:
        InputProblem: cli.market.example, .folder.
    """
    if terms == (folder is not None):
        way_out = "Name a new folder, or give --terms."
        raise InputProblem("cli.market.example", "What to write is not clear.", "", way_out)
    if folder is None:
        write(default_terms())
        return 0
    try:
        folder.mkdir()
        files = _files()
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        what, way_out = f"cannot be written ({error.strerror}).", "Name a folder that does not exist yet."
        raise InputProblem("cli.market.folder", what, str(folder), way_out) from error
    with forgiving():
        write(_WRITTEN.format(count=len(files), folder=folder, workbook=WORKBOOK, document=DOCUMENT))
        write(_STEPS.format(folder=folder))
    return 0


def _files() -> Mapping[str, bytes]:
    """Give all files by name: those that ship, the terms, and two papers made from the orders."""
    return {
        **{name: example_bytes(name) for name in FILES},
        "terms.toml": default_terms().encode(),
        WORKBOOK: write_bids_xlsx(paper=_orders_of("OP-105"), created_at=_SENT_AT),
        DOCUMENT: write_bid_xml(paper=_orders_of("OP-107"), receiver_id=MARKET, created_at=_SENT_AT),
    }


def _orders_of(operator_id: str) -> BidPaper:
    """Take the orders of one operator out of the shipped ones."""
    paper = read_bids_csv(
        data=example_bytes("bids.csv"),
        document_id=f"BIDS-{operator_id}",
        sender_id=operator_id,
        name="bids.csv",
        limits=Limits(),
    )
    rows = (row for row in paper.rows if isinstance(row, OrderRow))
    return BidPaper(paper.document_id, operator_id, tuple(row for row in rows if row.operator_id == operator_id))


def example_bytes(name: str) -> bytes:
    """Give one of the shipped example files."""
    return (resources.files("kezek.trading") / "examples" / name).read_bytes()
