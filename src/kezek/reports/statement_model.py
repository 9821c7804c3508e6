"""What one operator's session came to: terms, orders, contract notes, account, imbalance, and that it all adds up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from kezek.ledger.charges import NOTHING, Charges, Cost, difference
from kezek.ledger.contract_note import ContractNote, NoteHead, contract_note
from kezek.ledger.statement import Statement, statement_of
from kezek.ledger.transfer import ENERGY_SALES, IMBALANCE, MARKET_FEE, TRANSMISSION, VAT, TransferState, owed, prepaid
from kezek.market.order import CancelDecision, Decision, Order, OrderEnd
from kezek.market.product import Product
from kezek.trading.answers import orders_ended, require_cleared, rules_used
from kezek.trading.session import Gate, MarketSession
from kezek.trading.state import InvariantBroken, SiteImbalance
from kezek.units.calendar import hours_of


@dataclass(frozen=True, slots=True)
class Terms:
    """By which rules and charges a session was held, and the log that proves its book.

    Args:
        rules: Price rule, tie rule and curtailment rule, each with its version.
        imbalance_rule: With its version; "" before delivery.
        reserve_tiyn_per_kwh: Lowest price by zone. [tiyn/kWh]
        gate: Root and size of the log at the gate.
    """

    on: date
    rules: tuple[str, ...]
    imbalance_rule: str
    charges: Charges
    reserve_tiyn_per_kwh: dict[str, int]
    gate: Gate
    engine_version: str
    profile: str
    readings: dict[str, str]
    law_digest: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order: the version that counts, how it ended, what it bought.

    Args:
        awarded_kwh, left_kwh: At the clearing, and after any curtailment. [kWh]
        product: None where the order named none of the session.
    """

    order: Order
    product: Product | None
    end: OrderEnd
    awarded_kwh: int
    left_kwh: int


@dataclass(frozen=True, slots=True)
class HourNotes:
    """Contract notes of one hour and zone, with their sums. [kWh, tiyn]"""

    product: Product
    hour: str
    notes: tuple[ContractNote, ...]
    energy_kwh: int
    left_kwh: int
    cost: Cost
    refund: Cost
    extra: Cost
    due_tiyn: int

    @property
    def changed(self) -> bool:
        """Tell whether a curtailment touched the hour."""
        return any((self.refund.total_tiyn, self.extra.total_tiyn, self.energy_kwh - self.left_kwh))


@dataclass(frozen=True, slots=True)
class Total:
    """One sum that was checked: the parts come to the amount, to the tiyn or to the kWh.

    Args:
        parts: Name and amount of each.
        name: What the amount is.
        unit: "tiyn" or "kWh".
    """

    parts: tuple[tuple[str, int], ...]
    name: str
    amount: int
    unit: str


@dataclass(frozen=True, slots=True)
class OperatorPapers:
    """Statement and contract notes of one operator for one session.

    Args:
        at: Moment of the statement; what happened at it is in it.
        answers: Every answer to an order or a cancellation of the operator, in order, refused ones too.
        purchase_max_kwh: Largest purchase of this operator, None where its purchases are not split. [kWh]
        totals: Every sum that was checked.
    Guarantees: opening balance and lines come to the closing balance; what the contract notes say is due is what the
    ledger drew less what it gave back, part by part; the imbalance is what the ledger booked; purchases add up to
    awards.
    """

    operator_id: str
    name: str
    at: datetime
    terms: Terms
    purchase_max_kwh: int | None
    orders: tuple[OrderLine, ...]
    answers: tuple[Decision | CancelDecision, ...]
    hours: tuple[HourNotes, ...]
    statement: Statement
    imbalances: tuple[SiteImbalance, ...]
    totals: tuple[Total, ...]

    @property
    def notes(self) -> Iterator[ContractNote]:
        """All contract notes, by number."""
        return (note for hour in self.hours for note in hour.notes)

    @property
    def note_count(self) -> int:
        """How many contract notes there are."""
        return sum(len(hour.notes) for hour in self.hours)

    @property
    def due_tiyn(self) -> int:
        """What the energy cost in the end, all charges and VAT in it. [tiyn]"""
        return sum(hour.due_tiyn for hour in self.hours)

    @property
    def imbalance_tiyn(self) -> int:
        """What deviations cost; below zero they were credited. [tiyn]"""
        return sum(one.settled.amount_tiyn for one in self.imbalances)


def terms_of(session: MarketSession) -> Terms:
    """Collect the terms of a cleared session.

    Raises:
        ValueError: the session is not cleared.
    """
    opened, imbalances = session.opened, session.trading.state.imbalances
    return Terms(
        on=opened.on,
        rules=rules_used(session),
        imbalance_rule=imbalances[0].settled.rule_id if imbalances else "",
        charges=session.trading.charges,
        reserve_tiyn_per_kwh=dict(opened.reserve_tiyn_per_kwh),
        gate=require_cleared(session),
        engine_version=opened.engine_version,
        profile=opened.profile,
        readings=dict(opened.readings),
        law_digest=opened.law_digest,
    )


def operator_papers(*, session: MarketSession, operator_id: str, at: datetime) -> OperatorPapers:
    """Draw up the papers of one operator.

    Args:
        at: Moment of the papers, not before the last act of the session.
    Raises:
        ValueError: the session is not cleared, it has no such operator, or it has seen a later moment.
        InvariantBroken: a sum does not come out: a bug of ours; nothing may be sent.
    """
    if operator_id not in session.participants:
        raise ValueError(f"{operator_id} takes no part in the session of {session.opened.on}")
    if at < session.last_at:
        raise ValueError(f"papers of {at}, and the session has seen {session.last_at}")
    state, terms = session.trading.state, terms_of(session)
    orders = tuple(_order_lines(session, operator_id))
    hours = tuple(_hours(session, operator_id, terms))
    transfers = state.ledger.transfers()
    until_at = at + timedelta(microseconds=1)
    from_at = min([one.at for one in transfers] + [at])
    statement = statement_of(operator_id=operator_id, transfers=transfers, from_at=from_at, until_at=until_at)
    imbalances = tuple(one for one in state.imbalances if one.settled.operator_id == operator_id)
    return OperatorPapers(
        operator_id=operator_id,
        name=session.participants[operator_id].name,
        at=at,
        terms=terms,
        purchase_max_kwh=session.trading.book.bidders[operator_id].purchase_max_kwh,
        orders=orders,
        answers=tuple(_answers(session, operator_id)),
        hours=hours,
        statement=statement,
        imbalances=imbalances,
        totals=tuple(_totals(session, statement, orders, hours, imbalances)),
    )


def _answers(session: MarketSession, operator_id: str) -> Iterator[Decision | CancelDecision]:
    """Give the answers in the order of arrival; of one moment, orders come first."""
    state = session.trading.state
    orders: list[tuple[datetime, Decision | CancelDecision]] = [
        (one.order.received_at, one) for one in state.decisions if one.order.operator_id == operator_id
    ]
    for one in state.cancellations:
        if one.cancellation.operator_id == operator_id:
            orders.append((one.cancellation.received_at, one))
    yield from (answer for _, answer in sorted(orders, key=lambda pair: pair[0]))


def _order_lines(session: MarketSession, operator_id: str) -> Iterator[OrderLine]:
    state = session.trading.state
    awarded_kwh: dict[str, int] = defaultdict(int)
    for product in state.products.values():
        fills = product.clearing.fill_kwh.tolist() if product.clearing else ()
        for row, kwh in zip(product.rows, fills, strict=True):
            awarded_kwh[row.order.order_id] += kwh
    for order_id, order in sorted(orders_ended(session).items(), key=lambda pair: (pair[1].product_id, pair[0])):
        if order.operator_id == operator_id:
            sold = state.products.get(order.product_id)
            left_kwh = sold.final_kwh.get(order_id, 0) if sold else 0
            yield OrderLine(
                order, sold.product if sold else None, state.ends[order_id], awarded_kwh[order_id], left_kwh
            )


def _hours(session: MarketSession, operator_id: str, terms: Terms) -> Iterator[HourNotes]:
    """Write the contract notes, numbered as their purchases stand in the log, by product."""
    state, labels = session.trading.state, hours_of(terms.on)
    notes = _notes(session, operator_id, terms)
    for product_id, mine in groupby(notes, key=lambda note: note.head.product_id):
        product, found = state.products[product_id].product, tuple(mine)
        yield HourNotes(
            product=product,
            hour=labels[product.hour_index].label,
            notes=found,
            energy_kwh=sum(note.energy_kwh for note in found),
            left_kwh=sum(note.left_kwh for note in found),
            cost=sum((note.cost for note in found), NOTHING),
            refund=sum((note.refund for note in found), NOTHING),
            extra=sum((note.extra for note in found), NOTHING),
            due_tiyn=sum(note.due_tiyn for note in found),
        )


def _notes(session: MarketSession, operator_id: str, terms: Terms) -> Iterator[ContractNote]:
    state, hours, at = session.trading.state, hours_of(terms.on), session.cleared_at or terms.gate.closed_at
    mine = [one for one in state.purchases.values() if one.operator_id == operator_id]
    mine.sort(key=lambda one: state.entry_of_purchase[one.purchase_id])
    for number, purchase in enumerate(mine, start=1):
        product = state.products[purchase.product_id].product
        starts_at = hours[product.hour_index].starts_at
        head = NoteHead(
            note_number=f"{terms.on:%Y%m%d}-{operator_id}-{number:05d}",
            purchase_id=purchase.purchase_id,
            order_id=purchase.order_id,
            operator_id=operator_id,
            owner_id=purchase.owner_id,
            product_id=purchase.product_id,
            zone=product.zone,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            struck_at=at,
            rules=terms.rules,
        )
        yield contract_note(
            head=head,
            energy_kwh=purchase.energy_kwh,
            price_tiyn_per_kwh=purchase.price_tiyn_per_kwh,
            left_kwh=state.final_purchase_kwh[purchase.purchase_id],
            price_left_tiyn_per_kwh=state.price_of_purchase[purchase.purchase_id],
            charges=terms.charges,
            refund=state.refund_of_purchase.get(purchase.purchase_id, NOTHING),
            extra=state.extra_of_purchase.get(purchase.purchase_id, NOTHING),
        )


def _totals(
    session: MarketSession,
    statement: Statement,
    orders: tuple[OrderLine, ...],
    hours: tuple[HourNotes, ...],
    imbalances: tuple[SiteImbalance, ...],
) -> Iterator[Total]:
    """Check every sum.

    Raises:
        InvariantBroken: one does not come out.
    """
    credit_tiyn = sum(line.credit_tiyn for line in statement.lines)
    debit_tiyn = sum(line.debit_tiyn for line in statement.lines)
    opening = (("Opening balance", statement.opening_tiyn), ("credits", credit_tiyn), ("debits", -debit_tiyn))
    yield _checked(opening, "closing balance", statement.closing_tiyn)
    in_ledger_tiyn = session.trading.state.ledger.held_tiyn(prepaid(statement.operator_id))
    aside = (("Available", statement.available_tiyn), ("set aside", statement.pending_tiyn))
    yield _checked(aside, "prepayment in the ledger", in_ledger_tiyn)
    booked_tiyn = _booked(session, statement.operator_id)
    due = _due(hours)
    yield from (
        _checked(((f"Contract notes, {name}", due_tiyn),), "drawn less given back", booked_tiyn[account])
        for name, account, due_tiyn in (
            ("energy", ENERGY_SALES, due.net_tiyn),
            ("fee", MARKET_FEE, due.fee_tiyn),
            ("transmission", TRANSMISSION, due.transmission_tiyn),
            ("VAT", VAT, due.vat_tiyn),
        )
    )
    amounts_tiyn = tuple((f"Imbalance of {one.site_id}", one.settled.amount_tiyn) for one in imbalances)
    yield _checked(amounts_tiyn or (("Imbalance", 0),), "booked", booked_tiyn[IMBALANCE])
    bought_kwh = sum(hour.left_kwh for hour in hours)
    yield _checked((("Contract notes", bought_kwh),), "orders", sum(line.left_kwh for line in orders), "kWh")


def _checked(parts: tuple[tuple[str, int], ...], name: str, amount: int, unit: str = "tiyn") -> Total:
    if sum(part for _, part in parts) != amount:
        raise InvariantBroken(f"{parts} come to another sum than {name}: {amount} {unit}")
    return Total(parts, name, amount, unit)


def _due(hours: Iterable[HourNotes]) -> Cost:
    """Add up what is due part by part: the cost, less what was refunded, plus what a new price added."""
    due = NOTHING
    for hour in hours:
        due = difference(larger=due + hour.cost + hour.extra, smaller=hour.refund)
    return due


def _booked(session: MarketSession, operator_id: str) -> dict[str, int]:
    """Add up what the ledger moved from the operator to each account, less what came back. [tiyn]"""
    mine, moved = (prepaid(operator_id), owed(operator_id)), defaultdict[str, int](int)
    for one in session.trading.state.ledger.transfers():
        if one.state is TransferState.POSTED and one.debit in mine:
            moved[one.credit] += one.amount_tiyn
        if one.state is TransferState.POSTED and one.credit in mine:
            moved[one.debit] -= one.amount_tiyn
    return moved
