"""What a session prints: acknowledgements, allocation, settlement, statements, publication; each file whole."""

import json
from datetime import date, datetime
from pathlib import Path

from kezek.cli.check_files import write_all
from kezek.cli.output import failed
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


def file_stem(name: str) -> str:
    """Write an id as the stem of a file's name: no two ids share one, on no system.

    Capitals, digits, dot and hyphen stay; small letters and all else are written by their number, so that ids that
    differ in case alone differ where the system does not tell them apart.

    >>> file_stem("OP-101"), file_stem("a/b"), file_stem("op-101")
    ('OP-101', '%61%2F%62', '%6F%70-101')
    """
    kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
    return "".join(one if one in kept else f"%{ord(one):02X}" for one in name)


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
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            raise failed(str(folder), error) from error
    write_all({path.resolve(): data for path, data in files.items()})
    return list(files)


def write_acknowledgement(folder: Path, answer: Acknowledgement) -> list[Path]:
    """Write the answer to one paper."""
    stem = answer.document_id
    tables = acknowledgement_tables(answer)
    xml = write_acknowledgement_xml(answer)
    return _write(_three(folder / ACKNOWLEDGEMENTS, stem, xml, tables, answer.created_at))


def _allocation(folder: Path, stem: str, session: MarketSession, operator_id: str = "") -> dict[Path, bytes]:
    """What was awarded, to one operator or to all: each order's end with its reason."""
    at = session.last_at
    answer = allocation_of(session=session, created_at=at, sentence=code_sentence, operator_id=operator_id)
    return _three(folder, stem, write_allocation_xml(answer), allocation_tables(answer), at)


def _settlement(folder: Path, stem: str, session: MarketSession, operator_id: str = "") -> dict[Path, bytes]:
    """What was bought, metered and owed, hour by hour, of one operator or of all."""
    at = session.last_at
    answer = settlement_of(session=session, created_at=at, operator_id=operator_id)
    return _three(folder, stem, write_settlement_xml(answer), settlement_tables(answer), at)


def write_statements(folder: Path, session: MarketSession) -> list[Path]:
    """Write for every operator whose money moved its statement with contract notes, its allocation and settlement."""
    files: dict[Path, bytes] = {}
    for operator_id in session.participants:
        if session.has_account(operator_id):
            made = operator_papers(session=session, operator_id=operator_id, at=session.last_at)
            stem = folder / STATEMENTS / file_stem(operator_id)
            files[stem.with_name(f"{stem.name}.html")] = statement_page(made).encode()
            files[stem.with_name(f"{stem.name}.pdf")] = statement_pdf(made)
            files[stem.with_name(f"{stem.name}.xlsx")] = statement_xlsx(made)
            files |= _allocation(stem.parent, f"{stem.name}-allocation", session, operator_id)
            if session.trading.settled:
                files |= _settlement(stem.parent, f"{stem.name}-settlement", session, operator_id)
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
    for_all = _allocation(folder, "allocation", session)
    if session.trading.settled:
        for_all |= _settlement(folder, "settlement", session)
    return [*_write(for_all), *write_statements(folder, session), *write_publication(folder, session, on=on)]
