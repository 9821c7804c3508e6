"""`kezek market`: hold a trading session on files, from opening to settlement."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek import __version__
from kezek.cli.asked import given_day, moment_of, readings_of, today
from kezek.cli.check_files import text_of
from kezek.cli.law import open_book
from kezek.cli.market_folder import Place, act, look, require_stage
from kezek.cli.market_papers import write_acknowledgement, write_papers, write_publication
from kezek.cli.market_terminal import Said, cleared_words, settled_words, show, show_acknowledgements
from kezek.cli.output import forgiving, write_json
from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.fault import Limits
from kezek.documents.paper import Acknowledgement, AckRow, OrderRow, RowFault
from kezek.documents.side_tables import (
    read_curtailments,
    read_participants,
    read_prepayments,
    read_prices,
    read_readings,
    read_supply,
)
from kezek.documents.standing import StandingOrderRow, in_words, standing_orders
from kezek.documents.xlsx_bids import read_bids_xlsx
from kezek.documents.xml_bids import read_bid_xml
from kezek.duties.lens import Lens
from kezek.journal import session_store
from kezek.law import keys
from kezek.market.embargo import bids_open
from kezek.market.order import CancelDecision, Cancellation, Decision
from kezek.market.supply import CutEffect, Declaration, SupplyAct
from kezek.reports.amounts import count, money, noun
from kezek.reports.market_words import code_sentence, refusal_sentence
from kezek.reports.publication_json import publication_json
from kezek.reports.publication_model import publication
from kezek.reports.statement_words import answer_words
from kezek.trading.answers import MARKET, acknowledged, acknowledgement_of
from kezek.trading.events import Delivered, Opened, Prepayment, StageRefusal, StandingAnswer
from kezek.trading.intake import (
    declarations_of,
    metered_of,
    order_of,
    participant_of,
    standing_in_zone,
    standing_order_of,
    unreadable_of,
)
from kezek.trading.rules import MARKET_KEYS, market_rules
from kezek.trading.session import MarketSession
from kezek.trading.terms import read_terms
from kezek.units.problem import InputProblem

PARTICIPANT = "PARTICIPANT"
"""Sender of a table, which does not name one."""
MOST_NAME = 60
"""Letters of a paper's name in the id of its answer."""
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class OpenOptions:
    """What `kezek market open` was asked; see its help."""

    folder: Path
    date: str
    participants: Path
    supply: Path
    prepayments: Path | None
    terms: Path | None
    profile: str
    readings: tuple[str, ...]
    accept_unconfirmed: tuple[str, ...]
    law: Path | None
    at: str | None


def open_command(options: OpenOptions) -> int:
    """Open a session: terms, participants, prepayments and supply. Gives the exit code.

    Raises:
        InputProblem: anything that a user can mend; nothing is written then.
    """
    on, at = given_day(options.date, "--date"), moment_of(options.at)
    book = open_book(options.law)
    accepted = frozenset(options.accept_unconfirmed)
    lens = Lens(
        book=book,
        profile=options.profile,
        readings=readings_of(options.readings),
        accept_unconfirmed=accepted,
    )
    terms = read_terms(options.terms)
    market_rules(law=lens.on(on), needed=(*MARKET_KEYS, keys.MARKET_BID_EMBARGO_DAYS))
    opened = Opened(
        on=on,
        engine_version=__version__,
        profile=options.profile,
        readings=lens.readings,
        accept_unconfirmed=tuple(sorted(accepted)),
        law_digest=book.digest,
        reserve_tiyn_per_kwh={
            "north_south": terms.whole("reserve_north_south"),
            "west": terms.whole("reserve_west"),
        },
        market_fee_tiyn_per_kwh=terms.whole("market_fee"),
        transmission_tiyn_per_kwh=terms.whole("transmission"),
        embargo_days=lens.on(on).amount(keys.MARKET_BID_EMBARGO_DAYS),
    )
    session = MarketSession(lens=lens, opened=opened, at=at)
    for row in read_participants(data=_bytes(options.participants), name=str(options.participants), limits=LIMITS):
        session.admit(participant_of(row), at)
    said = [Said("Session", f"{on}, {len(session.participants)} participants")]
    if options.prepayments is not None:
        said += _prepay(session, options.prepayments, at)
    said += _declare(session, options.supply, at)
    session_store.create(options.folder, session.log.entries_text())
    show(said, session, options.folder)
    return 0


def prepay_command(place: Place, table: Path) -> int:
    """Book prepayments. Gives the exit code: 1 where one was refused."""
    return _tell(place, lambda session, at: _prepay(session, table, at))


def supply_command(place: Place, table: Path) -> int:
    """Publish, revise or withdraw supply before the session is cleared. Gives the exit code: 1 for a refusal."""

    def do(session: MarketSession, at: datetime) -> list[Said]:
        if session.trading.cleared:
            way_out = "Take supply away with `kezek market curtail`."
            raise InputProblem("cli.market.cleared", "The session is cleared.", str(place.folder), way_out)
        return _declare(session, table, at)

    return _tell(place, do)


def suspend_command(place: Place, operator_id: str) -> int:
    """Suspend an operator; its orders leave the book."""

    def do(session: MarketSession, at: datetime) -> list[Said]:
        removed = session.suspend(operator_id, at)
        require_stage(removed, place.folder)
        orders = len(removed) if isinstance(removed, tuple) else 0
        return [Said("Suspended", f"{operator_id}: {orders} orders cancelled, their money is free again")]

    return _tell(place, do)


def bid_command(place: Place, papers: Sequence[Path]) -> int:
    """Take papers with orders, amendments, cancellations or standing orders, and acknowledge every row.

    Gives the exit code: 1 where a row was refused.
    """
    read = [(path, _bytes(path)) for path in papers]

    def do(session: MarketSession, at: datetime) -> list[Acknowledgement]:
        return [_take(session, path, data, at) for path, data in read]

    session, answers = act(place, do)
    written = [path for answer in answers for path in write_acknowledgement(place.folder, answer)]
    show_acknowledgements(answers, session, place.folder, written)
    return 1 if any(not row.accepted for answer in answers for row in answer.rows) else 0


def close_command(place: Place) -> int:
    """Close the gate."""

    def do(session: MarketSession, at: datetime) -> list[Said]:
        require_stage(session.close(at), place.folder)
        orders = sum(len(state.decisions) for state in session.trading.state.products.values())
        return [Said("Gate", f"closed with {orders} orders in the book; exact ties are broken by the log's root")]

    return _tell(place, do)


def clear_command(place: Place) -> int:
    """Clear the session, settle its purchases, write allocation and statements."""

    def do(session: MarketSession, at: datetime) -> list[Said]:
        require_stage(session.clear(at), place.folder)
        return [Said("Cleared", cleared_words(session))]

    session, said = act(place, do)
    show(said, session, place.folder, written=write_papers(place.folder, session))
    return 0


def curtail_command(place: Place, table: Path | None, product_id: str | None, left_kwh: int | None) -> int:
    """Take supply away after clearing: purchases are cut, last ones first, and paid back."""
    if (table is None) == (product_id is None) or (product_id is None) != (left_kwh is None):
        way_out = "Give a table with --file, or --product and --kwh."
        raise InputProblem("cli.market.curtail", "What is to be cut is not clear.", "", way_out)
    if table is not None:
        rows = read_curtailments(data=_bytes(table), name=str(table), limits=LIMITS)
        cuts = [(row.product_id, row.left_kwh) for row in rows]
    else:
        cuts = [(str(product_id), int(left_kwh or 0))]

    def do(session: MarketSession, at: datetime) -> list[Said]:
        if not session.trading.cleared:
            way_out = "Before clearing, revise the supply with `kezek market supply`."
            raise InputProblem("cli.market.not_cleared", "Nothing is sold yet.", str(place.folder), way_out)
        return [_cut(session, Declaration(key, SupplyAct.REVISED, kwh, at)) for key, kwh in cuts]

    session, said = act(place, do)
    show(said, session, place.folder, written=write_papers(place.folder, session))
    return 1 if any(one.refused for one in said) else 0


def settle_command(place: Place, readings: Path, prices: Path | None) -> int:
    """Settle what was metered against what was bought, and write settlement and statements."""
    metered = metered_of(read_readings(data=_bytes(readings), name=str(readings), limits=LIMITS))
    given = () if prices is None else read_prices(data=_bytes(prices), name=str(prices), limits=LIMITS)
    by_hour = {f"{row.zone}/{row.hour_index:02d}": row.price_tiyn_per_kwh for row in given}

    def do(session: MarketSession, at: datetime) -> list[Said]:
        done = session.deliver(Delivered(metered, by_hour), at)
        require_stage(done, place.folder)
        _require_readings(done, readings)
        return [Said("Settled", settled_words(session))]

    session, said = act(place, do)
    show(said, session, place.folder, written=write_papers(place.folder, session))
    return 0


def _require_readings(done: object, table: Path) -> None:
    """Stop at readings that cannot be settled; the day stays as it was.

    Raises:
        InputProblem: trading.reading.*, the code of the first.
    """
    faulty = done if isinstance(done, tuple) else ()
    if faulty:
        told = [f"{one.reading.operator_id} {one.reading.site_id} hour {one.reading.hour_index}" for one in faulty]
        more = f" and {len(told) - 1} more" if told[1:] else ""
        what = f"{told[0]}{more}: {code_sentence(faulty[0].fault)}"
        raise InputProblem(str(faulty[0].fault), what, str(table), "Correct them, and settle then.")


def papers_command(place: Place) -> int:
    """Write the papers of a cleared session again."""
    session = look(place)
    require_stage(None if session.trading.cleared else StageRefusal.NOT_CLEARED, place.folder)
    show([], session, place.folder, written=write_papers(place.folder, session))
    return 0


def publish_command(place: Place, on: str | None, *, as_json: bool) -> int:
    """Write or print what everybody may know on a day; single bids only once their embargo has ended."""
    session = look(place)
    require_stage(None if session.trading.cleared else StageRefusal.NOT_CLEARED, place.folder)
    day = today() if on is None else given_day(on, "--on")
    if as_json:
        with forgiving():
            write_json(publication_json(publication(session=session, on=day)))
        return 0
    written = write_publication(place.folder, session, on=day)
    embargo = bids_open(delivered_on=session.opened.on, embargo_days=session.opened.embargo_days, on=day)
    bids = "are open" if embargo.open else f"stay closed until {embargo.until_on}"
    show([Said("Published", f"as of {day}; single bids {bids}")], session, place.folder, written=written)
    return 0


def status_command(place: Place) -> int:
    """Show where a session stands; its log is calculated again and compared entry by entry."""
    show([], look(place), place.folder)
    return 0


def _tell(place: Place, do: Callable[[MarketSession, datetime], list[Said]]) -> int:
    session, said = act(place, do)
    show(said, session, place.folder)
    return 1 if any(one.refused for one in said) else 0


def _bytes(path: Path) -> bytes:
    """Read a file that may be as large as a paper.

    Raises:
        InputProblem: cli.market.unreadable.
    """
    try:
        with path.open("rb") as file:
            return file.read(LIMITS.most_bytes + 1)
    except OSError as error:
        what, way_out = f"cannot be read ({error.strerror}).", "Check the name; `kezek market example` writes a set."
        raise InputProblem("cli.market.unreadable", what, str(path), way_out) from error


def _prepay(session: MarketSession, table: Path, at: datetime) -> list[Said]:
    rows = read_prepayments(data=_bytes(table), name=str(table), limits=LIMITS)
    said, booked_tiyn, booked = [], 0, 0
    for row in rows:
        refusal = session.prepay(Prepayment(row.payment_id, row.operator_id, row.amount_tiyn, at))
        if refusal is None:
            booked, booked_tiyn = booked + 1, booked_tiyn + row.amount_tiyn
        else:
            said.append(Said("Refused", f"{row.payment_id}: {code_sentence(refusal)} [{refusal}]", refused=True))
    return [Said("Prepaid", f"{noun(booked, 'payment', 'payments')}, {money(booked_tiyn)}"), *said]


def _declare(session: MarketSession, table: Path, at: datetime) -> list[Said]:
    rows = read_supply(data=_bytes(table), name=str(table), limits=LIMITS)
    wanted = declarations_of(rows, on=session.opened.on, at=at, law=session.law, name=str(table))
    done: Counter[str] = Counter()
    said = []
    for one in wanted:
        refusal = session.declare(one)
        if refusal is None:
            done[one.act] += 1
        else:
            words = f"{one.product_id}: {code_sentence(refusal)} [{refusal}]"
            said.append(Said("Refused", words, refused=True))
    counts = ", ".join(f"{number} {act}" for act, number in sorted(done.items())) or "nothing"
    return [Said("Supply", counts), *said]


def _cut(session: MarketSession, declaration: Declaration) -> Said:
    key = declaration.product_id
    state = session.trading.state.products.get(key)
    before_kwh = state.sold_kwh if state else 0
    refusal = session.declare(declaration)
    if refusal is not None:
        return Said("Refused", f"{key}: {code_sentence(refusal)} [{refusal}]", refused=True)
    after_kwh = session.trading.state.products[key].sold_kwh
    effect = CutEffect.BELOW_SOLD if after_kwh < before_kwh else CutEffect.COVERS_SOLD
    sold = f"{count(before_kwh)} kWh sold before, {count(after_kwh)} kWh now"
    return Said("Cut", f"{key} to {count(declaration.declared_kwh)} kWh: {sold}. {code_sentence(effect)}")


def _take(session: MarketSession, path: Path, data: bytes, at: datetime) -> Acknowledgement:
    """Take one paper, each row by itself, and answer every row."""
    paper_id = f"{len(session.log)}-{path.stem}"[:MOST_NAME]
    rows = _rows(data, path, paper_id)
    return acknowledgement_of(
        document_id=f"ACK-{paper_id}",
        received_document_id=paper_id,
        receiver_id=PARTICIPANT,
        rows=[answer for row in rows for answer in _answers(session, row, str(path), at)],
        created_at=at,
    )


def _rows(data: bytes, path: Path, paper_id: str) -> Sequence[OrderRow | StandingOrderRow | RowFault]:
    """Read a paper by the ending of its name."""
    name = str(path)
    if path.suffix == ".toml":
        return standing_orders(text=text_of(data, name), name=name, limits=LIMITS)
    if path.suffix == ".xml":
        return read_bid_xml(data=data, receiver_id=MARKET, name=name, limits=LIMITS).rows
    read = read_bids_xlsx if path.suffix == ".xlsx" else read_bids_csv
    return read(data=data, document_id=paper_id, sender_id=PARTICIPANT, name=name, limits=LIMITS).rows


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
        answer = session.cancel(sent) if isinstance(sent, Cancellation) else session.submit(sent)
    return [acknowledged(answer=answer, place=row.place, sentence=answer_words)]


def _kept(row: StandingOrderRow, answer: StandingAnswer) -> list[AckRow]:
    """Answer a standing order, and each order that it sent."""
    if answer.refusal is not None:
        sentence = refusal_sentence(answer.refusal, found=row.version, limit=row.version)
        return [AckRow(row.order_id, row.version, False, str(answer.refusal), sentence, row.place)]
    said = f"Kept: {in_words(row)}; {noun(len(answer.decisions), 'order', 'orders')} sent."
    sent = (acknowledged(answer=one, place=row.place, sentence=answer_words) for one in answer.decisions)
    return [AckRow(row.order_id, row.version, True, "", said, row.place), *sent]
