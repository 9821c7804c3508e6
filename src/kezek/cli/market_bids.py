"""`kezek market bid`: papers in, an answer for every row out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek.cli.check_files import text_of
from kezek.cli.market_folder import LIMITS, Place, act, paper_bytes
from kezek.cli.market_papers import write_acknowledgement
from kezek.cli.market_terminal import show_acknowledgements
from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.paper import Acknowledgement, AckRow, OrderRow, RowFault
from kezek.documents.standing import StandingOrderRow, in_words, standing_orders
from kezek.documents.xlsx_bids import read_bids_xlsx
from kezek.documents.xml_bids import read_bid_xml
from kezek.market.order import CancelDecision, Cancellation, Decision
from kezek.reports.amounts import noun
from kezek.reports.market_words import refusal_sentence
from kezek.reports.statement_words import answer_words
from kezek.trading.answers import MARKET, acknowledged, acknowledgement_of
from kezek.trading.events import StandingAnswer
from kezek.trading.intake import order_of, own_row, standing_in_zone, standing_order_of, unreadable_of
from kezek.trading.session import MarketSession
from kezek.units.calendar import ALMATY

PARTICIPANT = "PARTICIPANT"
"""Sender of a table, which does not name one."""
MOST_NAME = 60
"""Letters of a paper's name in the id of its answer."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class Paper:
    """What was sent: its id, its sender if it names one, and its rows."""

    document_id: str
    sender_id: str
    rows: Sequence[OrderRow | StandingOrderRow | RowFault]


def bid_command(place: Place, papers: Sequence[Path]) -> int:
    """Take papers with orders, amendments, cancellations or standing orders, and acknowledge every row.

    Gives the exit code: 1 where a row was refused.
    """
    read = [(path, paper_bytes(path)) for path in papers]

    def do(session: MarketSession, at: datetime) -> list[Acknowledgement]:
        return [_take(session, path, data, at) for path, data in read]

    session, answers = act(place, do)
    written = [path for answer in answers for path in write_acknowledgement(place.folder, answer)]
    show_acknowledgements(answers, session, place.folder, written)
    return 1 if any(not row.accepted for answer in answers for row in answer.rows) else 0


def _take(session: MarketSession, path: Path, data: bytes, at: datetime) -> Acknowledgement:
    """Take one paper, each row by itself, and answer every row."""
    paper_id = f"{len(session.log)}-{_UNSAFE.sub('-', path.stem)}"[:MOST_NAME]
    paper = _paper(data, path, paper_id)
    named = f"{paper_id}{path.suffix}"
    sender_id = "" if paper.sender_id == PARTICIPANT else paper.sender_id
    return acknowledgement_of(
        document_id=f"ACK-{paper_id}",
        received_document_id=paper.document_id,
        receiver_id=paper.sender_id,
        rows=[answer for row in paper.rows for answer in _answers(session, own_row(row, sender_id), named, at)],
        created_at=at,
    )


def _paper(data: bytes, path: Path, paper_id: str) -> Paper:
    """Read a paper by the ending of its name; a document names its sender, a table does not."""
    name, ending = str(path), path.suffix.lower()
    if ending == ".toml":
        return Paper(paper_id, PARTICIPANT, standing_orders(text=text_of(data, name), name=name, limits=LIMITS))
    if ending == ".xml":
        read = read_bid_xml(data=data, receiver_id=MARKET, name=name, limits=LIMITS)
    else:
        reader = read_bids_xlsx if ending == ".xlsx" else read_bids_csv
        read = reader(data=data, document_id=paper_id, sender_id=PARTICIPANT, name=name, limits=LIMITS)
    return Paper(read.document_id, read.sender_id, read.rows)


def _answers(
    session: MarketSession, row: OrderRow | StandingOrderRow | RowFault, name: str, at: datetime
) -> list[AckRow]:
    """Act on one row: an order, a cancellation, a standing order with its orders, or a row that cannot be read."""
    if isinstance(row, StandingOrderRow):
        row = standing_in_zone(row, session.participants)
    if isinstance(row, StandingOrderRow):
        return _kept(row, session.place(standing_order_of(row), at))
    sent = order_of(row, at=at) if isinstance(row, OrderRow) else row
    if isinstance(sent, RowFault):
        session.unreadable(unreadable_of(sent, paper=name), at)
        answer: Decision | CancelDecision | RowFault = sent
    else:
        again = session.trading.book.answered(sent)
        answer = session.cancel(sent) if isinstance(sent, Cancellation) else session.submit(sent)
        if again and isinstance(answer, Decision) and answer.refusal is None:
            return [_repeated(session, answer, row.place)]
    return [acknowledged(answer=answer, place=row.place, sentence=answer_words)]


def _repeated(session: MarketSession, decision: Decision, place: str) -> AckRow:
    """Give the answer that an order got before, and say what became of it since."""
    order = decision.order
    taken_at = order.received_at.astimezone(ALMATY).strftime("%H:%M:%S")
    stands = session.trading.book.in_book(order.order_id) == decision
    since = "it is in the book" if stands else "since then it left the book, amended, cancelled or suspended"
    return AckRow(order.order_id, order.version, True, "", f"Sent before and taken at {taken_at}; {since}.", place)


def _kept(row: StandingOrderRow, answer: StandingAnswer) -> list[AckRow]:
    """Answer a standing order, and each order that it sent."""
    if answer.refusal is not None:
        sentence = refusal_sentence(answer.refusal, found=row.version, limit=row.version)
        return [AckRow(row.order_id, row.version, False, str(answer.refusal), sentence, row.place)]
    said = f"Kept: {in_words(row)}; {noun(len(answer.decisions), 'order', 'orders')} sent."
    sent = (acknowledged(answer=one, place=row.place, sentence=answer_words) for one in answer.decisions)
    return [AckRow(row.order_id, row.version, True, "", said, row.place), *sent]
