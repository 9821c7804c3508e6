"""What a session prints: acknowledgements, allocation, settlement, statements, publication; each file whole."""

import json
from datetime import date, datetime
from pathlib import Path

from kezek.cli.check_files import write_all
from kezek.documents.answers import acknowledgement_tables, allocation_tables, settlement_tables
from kezek.documents.paper import Acknowledgement
from kezek.documents.table import Table, write_table_csv
from kezek.documents.workbook import workbook_xlsx
from kezek.documents.xml_answers import write_acknowledgement_xml, write_allocation_xml, write_settlement_xml
from kezek.reports.market_words import code_sentence
from kezek.reports.publication_json import publication_json
from kezek.reports.publication_model import publication
from kezek.reports.publication_page import publication_page
from kezek.reports.publication_tables import publication_csv, publication_xlsx
from kezek.reports.statement_model import operator_papers
from kezek.reports.statement_page import statement_page
from kezek.reports.statement_pdf import statement_pdf
from kezek.reports.statement_xlsx import statement_xlsx
from kezek.trading.answers import allocation_of, settlement_of
from kezek.trading.session import MarketSession
from kezek.units.calendar import ALMATY

ACKNOWLEDGEMENTS = "acknowledgements"
STATEMENTS = "statements"


def _three(folder: Path, stem: str, xml: bytes, tables: tuple[Table, ...], at: datetime) -> dict[Path, bytes]:
    """One document as XML, as CSV (its first table) and as a workbook."""
    return {
        folder / f"{stem}.xml": xml,
        folder / f"{stem}.csv": write_table_csv(table=tables[0]),
        folder / f"{stem}.xlsx": workbook_xlsx(tables=tables, created_at=at),
    }


def _write(files: dict[Path, bytes]) -> list[Path]:
    """Write files, each whole, into folders that are made if they are not there.

    Raises:
        InputProblem: cli.out.failed.
    """
    for folder in {path.parent for path in files}:
        folder.mkdir(exist_ok=True)
    write_all({path.resolve(): data for path, data in files.items()})
    return list(files)


def write_acknowledgement(folder: Path, answer: Acknowledgement) -> list[Path]:
    """Write the answer to one paper."""
    stem = answer.document_id.replace("/", "-")
    tables = acknowledgement_tables(answer)
    xml = write_acknowledgement_xml(answer)
    return _write(_three(folder / ACKNOWLEDGEMENTS, stem, xml, tables, answer.created_at))


def write_allocation(folder: Path, session: MarketSession) -> list[Path]:
    """Write what the session awarded, to whom each order's end is told with its reason."""
    answer = allocation_of(session=session, created_at=session.last_at, sentence=code_sentence)
    return _write(
        _three(folder, "allocation", write_allocation_xml(answer), allocation_tables(answer), session.last_at)
    )


def write_settlement(folder: Path, session: MarketSession) -> list[Path]:
    """Write what was bought, metered and owed, hour by hour."""
    answer = settlement_of(session=session, created_at=session.last_at)
    return _write(
        _three(folder, "settlement", write_settlement_xml(answer), settlement_tables(answer), session.last_at)
    )


def write_statements(folder: Path, session: MarketSession) -> list[Path]:
    """Write the statement with contract notes of every operator whose money moved: page, PDF, workbook."""
    files: dict[Path, bytes] = {}
    for operator_id in session.participants:
        if session.has_account(operator_id):
            made = operator_papers(session=session, operator_id=operator_id, at=session.last_at)
            stem = folder / STATEMENTS / operator_id.replace("/", "-")
            files[stem.with_name(f"{stem.name}.html")] = statement_page(made).encode()
            files[stem.with_name(f"{stem.name}.pdf")] = statement_pdf(made)
            files[stem.with_name(f"{stem.name}.xlsx")] = statement_xlsx(made)
    return _write(files)


def write_publication(folder: Path, session: MarketSession, *, on: date) -> list[Path]:
    """Write what everybody may know on a day: page, JSON, CSV, workbook."""
    made = publication(session=session, on=on)
    return _write(
        {
            folder / "publication.html": publication_page(made).encode(),
            folder / "publication.json": f"{json.dumps(publication_json(made), indent=2)}\n".encode(),
            folder / "publication.csv": publication_csv(made),
            folder / "publication.xlsx": publication_xlsx(made, created_at=session.last_at),
        }
    )


def write_papers(folder: Path, session: MarketSession) -> list[Path]:
    """Write everything that the session has come to: allocation, statements, publication, settlement if settled."""
    on = session.last_at.astimezone(ALMATY).date()
    written = [*write_allocation(folder, session), *write_statements(folder, session)]
    written += write_publication(folder, session, on=on)
    return written + (write_settlement(folder, session) if session.trading.settled else [])
