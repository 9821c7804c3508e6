"""`kezek market`: hold a trading session on files, from opening to settlement."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from kezek import __version__
from kezek.cli.asked import given_day, moment_of, readings_of, today
from kezek.cli.law import open_book
from kezek.cli.market_folder import LIMITS, Place, act, look, paper_bytes, require_stage
from kezek.cli.market_papers import write_papers, write_publication
from kezek.cli.market_terminal import Said, cleared_words, settled_words, show
from kezek.cli.output import forgiving, write_json
from kezek.documents.fault import Unreadable
from kezek.documents.side_tables import (
    ParticipantRow,
    read_curtailments,
    read_participants,
    read_prepayments,
    read_prices,
    read_readings,
    read_supply,
)
from kezek.documents.value import read_product_id
from kezek.duties.lens import Lens
from kezek.journal import session_store
from kezek.law import keys
from kezek.market.embargo import bids_open
from kezek.market.imbalance import ImbalanceKind
from kezek.market.supply import CutEffect, Declaration, SupplyAct
from kezek.reports.amounts import count, money, noun
from kezek.reports.market_words import code_sentence
from kezek.reports.publication_json import publication_json
from kezek.reports.publication_model import publication
from kezek.trading.events import Correction, Delivered, Opened, Prepayment, StageRefusal
from kezek.trading.intake import (
    declarations_of,
    metered_of,
    participant_of,
)
from kezek.trading.rules import MARKET_KEYS, market_rules
from kezek.trading.session import MarketSession
from kezek.trading.settling import bought_kwh, imbalance_rule
from kezek.trading.terms import read_terms
from kezek.units.calendar import ALMATY
from kezek.units.problem import InputProblem

LEAST_ROOT = 16
"""Digits of a root that are enough to compare by."""


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
    """Open a session: terms, participants, prepayments and supply. Gives the exit code: 1 where a row was refused.

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
    _require_in_time(session, at)
    people = read_participants(data=paper_bytes(options.participants), name=str(options.participants), limits=LIMITS)
    _require_people(people, options.participants)
    for row in people:
        session.admit(participant_of(row), at)
    said = [Said("Session", f"{on}, {len(session.participants)} participants")]
    if options.prepayments is not None:
        said += _prepay(session, options.prepayments, at)
    said += _declare(session, options.supply, at)
    session_store.create(options.folder, session.log.entries_text())
    show(said, session, options.folder)
    return 1 if any(one.refused for one in said) else 0


def _require_in_time(session: MarketSession, at: datetime) -> None:
    """Stop before a session is opened that is over already.

    Raises:
        InputProblem: cli.market.over.
    """
    closes_at = session.trading.session.closes_at
    if at >= closes_at:
        until = closes_at.astimezone(ALMATY).strftime("%Y-%m-%dT%H:%M")
        what = f"Trading for {session.opened.on} closed at {until}."
        raise InputProblem("cli.market.over", what, "--at", "Name a moment before it, as --at 2025-10-14T07:50.")


def _require_people(people: Sequence[ParticipantRow], table: Path) -> None:
    """Stop at a table without participants, and at a host that is none of them.

    Raises:
        InputProblem: cli.market.nobody, .host.
    """
    if not people:
        raise InputProblem("cli.market.nobody", "names no participant.", str(table), "Write a row for each site.")
    known = {row.operator_id for row in people}
    for row in people:
        if row.host_id and (row.host_id not in known or row.host_id == row.operator_id):
            what = f"{row.operator_id} has the host {row.host_id}, which is no other participant."
            raise InputProblem("cli.market.host", what, str(table), "Add the host, or leave host_id empty.")


def prepay_command(place: Place, table: Path) -> int:
    """Book prepayments. Gives the exit code: 1 where one was refused."""
    return _tell(place, lambda session, at: _prepay(session, table, at))


def correct_command(place: Place, payment_id: str, why: str) -> int:
    """Take a prepayment back that was booked by mistake. Gives the exit code: 1 where it cannot be."""

    def do(session: MarketSession, at: datetime) -> list[Said]:
        refusal = session.correct(Correction(payment_id, why, at))
        if refusal is None:
            return [Said("Corrected", f"{payment_id} was taken back: {why}")]
        return [Said("Refused", f"{payment_id}: {code_sentence(refusal)} [{refusal}]", refused=True)]

    return _tell(place, do)


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
        rows = read_curtailments(data=paper_bytes(table), name=str(table), limits=LIMITS)
        cuts = [(row.product_id, row.left_kwh) for row in rows]
    else:
        cuts = [(_product(str(product_id)), int(left_kwh or 0))]

    def do(session: MarketSession, at: datetime) -> list[Said]:
        if not session.trading.cleared:
            way_out = "Before clearing, revise the supply with `kezek market supply`."
            raise InputProblem("cli.market.not_cleared", "Nothing is sold yet.", str(place.folder), way_out)
        return [_cut(session, Declaration(key, SupplyAct.REVISED, kwh, at)) for key, kwh in cuts]

    session, said = act(place, do)
    show(said, session, place.folder, written=write_papers(place.folder, session))
    return 1 if any(one.refused for one in said) else 0


def _product(text: str) -> str:
    """Read the id of a product from the command line.

    Raises:
        InputProblem: documents.value.product, documents.id.*.
    """
    try:
        return read_product_id(text)
    except Unreadable as error:
        raise InputProblem(error.code.value, error.what, "--product", error.way_out) from error


def settle_command(place: Place, readings: Path, prices: Path | None, *, leave_open: bool) -> int:
    """Settle what was metered against what was bought, and write settlement and statements.

    Raises:
        InputProblem: cli.market.prices, .open_hours; trading.reading.*, trading.price.*, trading.stage.*.
    """
    metered = metered_of(read_readings(data=paper_bytes(readings), name=str(readings), limits=LIMITS))
    given = () if prices is None else read_prices(data=paper_bytes(prices), name=str(prices), limits=LIMITS)
    by_hour = {f"{row.zone}/{row.hour_index:02d}": row.price_tiyn_per_kwh for row in given}

    def do(session: MarketSession, at: datetime) -> list[Said]:
        _require_prices(session, prices)
        delivered = Delivered(metered, by_hour)
        _require_all(session, delivered, readings, leave_open=leave_open)
        done = session.deliver(delivered, at)
        require_stage(done, place.folder)
        _require_readings(done, readings)
        return [Said("Settled", settled_words(session))]

    session, said = act(place, do)
    show(said, session, place.folder, written=write_papers(place.folder, session))
    return 0


def _require_prices(session: MarketSession, prices: Path | None) -> None:
    """Stop where the rule asks for prices that were not given, or would not look at those that were."""
    kind = imbalance_rule(session.law).kind
    asked = kind is ImbalanceKind.BALANCING_MARKET
    if asked and prices is None:
        way_out = "Give them with --prices, or open the session under another market.imbalance_price."
        raise InputProblem("cli.market.prices", f"The rule {kind} needs prices of the hours.", "--prices", way_out)
    if not asked and prices is not None:
        way_out = "Leave --prices out, or open the session with market.imbalance_price=balancing_market."
        raise InputProblem("cli.market.prices", f"The rule {kind} takes no prices.", "--prices", way_out)


def _require_all(session: MarketSession, delivered: Delivered, table: Path, *, leave_open: bool) -> None:
    """Stop where a site that bought has no reading, unless its hours are to stay open for good."""
    have = {(one.operator_id, one.site_id, one.hour_index) for one in delivered.readings}
    missing = sorted(place for place in bought_kwh(session.trading) if place not in have)
    if session.trading.cleared and missing and not leave_open:
        who, site, hour = missing[0]
        more = f" and {count(len(missing) - 1)} more" if missing[1:] else ""
        what = f"lacks the reading of {who}, site {site}, hour {hour}{more}."
        way_out = "Add what is missing; a day is settled once. --leave-open leaves these hours unsettled for good."
        raise InputProblem("cli.market.open_hours", what, str(table), way_out)


def _require_readings(done: object, table: Path) -> None:
    """Stop at readings that cannot be settled; the day stays as it was.

    Raises:
        InputProblem: trading.reading.*, the code of the first.
    """
    faulty = done if isinstance(done, tuple) else ()
    if faulty:
        more = f" and {len(faulty) - 1} more" if faulty[1:] else ""
        what = f"{faulty[0].place}{more}: {code_sentence(faulty[0].fault)}"
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


def status_command(place: Place, kept: str | None) -> int:
    """Show where a session stands; its log is calculated again and compared entry by entry.

    Args:
        kept: Size and root of the log at an earlier moment, as `SIZE:ROOT`, that must be those of its first entries.
    """
    session = look(place)
    said = [] if kept is None else [Said("Kept", _held_root(session, kept, place.folder))]
    show(said, session, place.folder)
    return 0


def _held_root(session: MarketSession, kept: str, folder: Path) -> str:
    """Compare a root that was kept with the log's own.

    Raises:
        InputProblem: cli.market.kept, .root.
    """
    size, _, root = kept.partition(":")
    if not (size.isascii() and size.isdigit() and len(root) >= LEAST_ROOT):
        way_out = f"Write it as the log line shows it: SIZE:ROOT, of the root at least {LEAST_ROOT} digits."
        raise InputProblem("cli.market.kept", f"{kept!r} is no size and root.", "--kept", way_out)
    found = session.log.tree.root(int(size)).hex() if int(size) <= len(session.log) else "no such entry"
    if not found.startswith(root.lower()):
        what = f"is not the log that had {size} entries and the root {root}: it has {found}."
        raise InputProblem("cli.market.root", what, str(folder), "It was changed or cut: take it back from a copy.")
    return f"the first {size} entries are those of the root that was kept"


def _tell(place: Place, do: Callable[[MarketSession, datetime], list[Said]]) -> int:
    session, said = act(place, do)
    show(said, session, place.folder)
    return 1 if any(one.refused for one in said) else 0


def _prepay(session: MarketSession, table: Path, at: datetime) -> list[Said]:
    rows = read_prepayments(data=paper_bytes(table), name=str(table), limits=LIMITS)
    said, booked_tiyn, booked = [], 0, 0
    for row in rows:
        refusal = session.prepay(Prepayment(row.payment_id, row.operator_id, row.amount_tiyn, at))
        if refusal is None:
            booked, booked_tiyn = booked + 1, booked_tiyn + row.amount_tiyn
        else:
            said.append(Said("Refused", f"{row.payment_id}: {code_sentence(refusal)} [{refusal}]", refused=True))
    return [Said("Prepaid", f"{noun(booked, 'payment', 'payments')}, {money(booked_tiyn)}"), *said]


def _declare(session: MarketSession, table: Path, at: datetime) -> list[Said]:
    rows = read_supply(data=paper_bytes(table), name=str(table), limits=LIMITS)
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
