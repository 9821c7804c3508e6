"""A session kept as a log: every act is an entry, every consequence another; the log gives the session again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kezek.duties.lens import Lens
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import EvidenceError
from kezek.evidence.log import Log
from kezek.evidence.plain import CodecError, event_of, from_plain
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.ledger.transfer import owed, prepaid
from kezek.market.order import CancelDecision, Cancellation, Decision, Order
from kezek.market.product import Offer, Product, product_id
from kezek.market.standing_order import StandingOrder
from kezek.market.supply import Declaration, SupplyRefusal
from kezek.registry.zone import Zone
from kezek.trading.engine import Trading
from kezek.trading.events import (
    Correction,
    Delivered,
    Derived,
    Metered,
    Opened,
    Prepayment,
    PrepaymentRefusal,
    Readings,
    SessionInput,
    StageRefusal,
    StandingAnswer,
    Unreadable,
)
from kezek.trading.participant import Participant, bidder_of
from kezek.trading.rules import market_rules, session_of
from kezek.trading.settling import Faulty, faulty_parts, settle_deliveries
from kezek.units.calendar import hours_of
from kezek.units.problem import InputProblem

SCHEMA_VERSION = 1
READINGS_MOST = 256
"""Meter readings in one entry of the log, so that an entry stays small enough for a journal."""


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a session's log does not give itself again.

    Args:
        index: Entry of the log, from 0.
    """

    index: int
    what: str


@dataclass(frozen=True, slots=True)
class Gate:
    """The closing of a session: the log up to it, whose root breaks exact ties.

    Args:
        root: Of the log's first `size` entries, hex.
    """

    closed_at: datetime
    root: str
    size: int


class MarketSession:
    """Takes the acts of one session and logs each with its consequences.

    Guarantees: no clock, no chance: the same acts give the same log, byte for byte.

    Raises:
        InputProblem: trading.rules.* where the law leaves the market open, unusable or absent.
        ValueError: terms that no session can have, as a negative charge or reserve.
    """

    def __init__(self, *, lens: Lens, opened: Opened, at: datetime) -> None:
        if min(opened.reserve_tiyn_per_kwh.values(), default=0) < 0:
            raise ValueError(f"a reserve of {opened.reserve_tiyn_per_kwh}, an embargo of {opened.embargo_days} days")
        self.opened = opened
        self.log = Log()
        self.last_at = at
        self.law = lens.on(opened.on)
        rules = market_rules(
            law=self.law,
            market_fee_tiyn_per_kwh=opened.market_fee_tiyn_per_kwh,
            transmission_tiyn_per_kwh=opened.transmission_tiyn_per_kwh,
        )
        if opened.embargo_days != self.law.amount(keys.MARKET_BID_EMBARGO_DAYS):
            raise ValueError(f"an embargo of {opened.embargo_days} days")
        clock = session_of(on=opened.on, law=self.law)
        self.participants: dict[str, Participant] = {}
        self.unreadable_count = 0
        self.gate: Gate | None = None
        self.cleared_at: datetime | None = None
        self.brought: tuple[Metered, ...] = ()
        self.trading = Trading(on=opened.on, rules=rules, session=clock, record=self._record)
        self._record(SessionInput.OPENED, str(opened.on), at, opened)
        for product in products_of(opened=opened, law=self.law):
            self.trading.list_product(product)

    def _record(self, kind: SessionInput | Derived, subject_id: str, at: datetime, data: object) -> int:
        """Log an event under its running number; gives its index in the log.

        Raises:
            ValueError: an act at a moment that is no whole second.
            CanonicalError: a number that the log cannot hold; nothing is changed then.
        """
        act = isinstance(kind, SessionInput)
        if act and at.microsecond:
            raise ValueError(f"{at.isoformat()} is no whole second: the log could not give it again")
        number = len(self.log)
        event = event_of(
            kind=kind.value, subject_id=subject_id, at=at, data=data, number=number, version=SCHEMA_VERSION
        )
        index = self.log.append(event)
        self.last_at = max(self.last_at, at) if act else self.last_at
        return index

    def admit(self, participant: Participant, at: datetime) -> StageRefusal | None:
        """Admit a participant; before the first order what is known of it can still change.

        Its host may bid for it from now on, a host that it left no more.
        """
        earlier = self.participants.get(participant.operator_id)
        if self.trading.closed:
            return StageRefusal.GATE_CLOSED
        if earlier is not None and self.trading.state.decisions:
            return StageRefusal.ORDERS_TAKEN
        self._record(SessionInput.ADMITTED, participant.operator_id, at, participant)
        self.participants[participant.operator_id] = participant
        hosts = (participant.host_id, earlier.host_id if earlier else "")
        for operator_id in dict.fromkeys((participant.operator_id, *hosts)):
            one = self.participants.get(operator_id)
            if one is not None:
                others = self.participants.values()
                self.trading.admit(bidder_of(one, others=others, on=self.opened.on, law=self.law))
        return None

    def has_account(self, operator_id: str) -> bool:
        """Tell whether money of an operator ever moved."""
        accounts = self.trading.state.ledger.balances_tiyn()
        return prepaid(operator_id) in accounts or owed(operator_id) in accounts

    def prepay(self, payment: Prepayment) -> PrepaymentRefusal | None:
        """Book a prepayment."""
        self._record(SessionInput.PREPAID, payment.payment_id, payment.paid_at, payment)
        return self.trading.prepay(payment)

    def correct(self, correction: Correction) -> PrepaymentRefusal | None:
        """Take a prepayment back that was booked by mistake."""
        self._record(SessionInput.CORRECTED, correction.payment_id, correction.corrected_at, correction)
        return self.trading.correct(correction)

    def declare(self, declaration: Declaration) -> SupplyRefusal | None:
        """Publish, revise or withdraw supply; after clearing a smaller supply is a curtailment."""
        self._record(SessionInput.SUPPLY, declaration.product_id, declaration.declared_at, declaration)
        return self.trading.declare(declaration)

    def submit(self, order: Order) -> Decision:
        """Take or refuse an order or an amendment."""
        self._record(SessionInput.ORDER, order.order_id, order.received_at, order)
        return self.trading.submit(order)

    def cancel(self, cancellation: Cancellation) -> CancelDecision:
        """Take an order out of the book, or say why not."""
        self._record(SessionInput.CANCELLATION, cancellation.order_id, cancellation.received_at, cancellation)
        return self.trading.cancel(cancellation)

    def place(self, standing: StandingOrder, at: datetime) -> StandingAnswer:
        """Keep a standing order and send its orders of the day."""
        self._record(SessionInput.STANDING, standing.order_id, at, standing)
        return self.trading.place(standing, at)

    def unreadable(self, fault: Unreadable, at: datetime) -> None:
        """Note a row that could not be read as an order: it is rejected, and nothing is lost."""
        self._record(SessionInput.UNREADABLE, fault.place, at, fault)
        self.unreadable_count += 1

    def suspend(self, operator_id: str, at: datetime) -> tuple[Decision, ...] | StageRefusal:
        """Suspend an operator; its orders are cancelled. Behind the gate it is too late for this session."""
        if self.trading.closed:
            return StageRefusal.GATE_CLOSED
        if operator_id not in self.participants:
            return StageRefusal.UNKNOWN_OPERATOR
        self._record(SessionInput.SUSPENDED, operator_id, at, {"operator_id": operator_id})
        return self.trading.suspend(operator_id, at)

    def close(self, at: datetime) -> StageRefusal | None:
        """Close the gate; the log's root at this moment breaks exact ties."""
        if self.trading.closed:
            return StageRefusal.GATE_CLOSED
        if at < self.trading.session.closes_at:
            return StageRefusal.BEFORE_CLOSURE
        root = self.log.tree.root()
        self._record(SessionInput.GATE, str(self.opened.on), at, {"root": root.hex(), "size": len(self.log)})
        self.trading.close(root=root)
        self.gate = Gate(at, root.hex(), len(self.log) - 1)
        return None

    def clear(self, at: datetime) -> StageRefusal | None:
        """Clear all products and settle the purchases."""
        if not self.trading.closed:
            return StageRefusal.GATE_OPEN
        if self.trading.cleared:
            return StageRefusal.CLEARED
        self._record(SessionInput.CLEARING, str(self.opened.on), at, {})
        self.trading.clear(at)
        self.cleared_at = at
        return None

    def deliver(self, delivered: Delivered, at: datetime) -> StageRefusal | tuple[Faulty, ...]:
        """Settle what was metered against what was bought, and let go of what is still set aside.

        Returns:
            Nothing where the day is settled; with a faulty reading or price nothing is settled at all.
        """
        refusal = self._before_settling(at)
        if refusal is not None:
            return refusal
        whole = Delivered(self.brought + delivered.readings, delivered.prices_tiyn_per_kwh)
        faulty = faulty_parts(whole, participants=self.participants, on=self.opened.on)
        if faulty:
            return faulty
        last = max(0, len(delivered.readings) - 1) // READINGS_MOST * READINGS_MOST
        for start in range(0, last, READINGS_MOST):
            self.bring(Readings(delivered.readings[start : start + READINGS_MOST]), at)
        rest = Delivered(delivered.readings[last:], delivered.prices_tiyn_per_kwh)
        self._record(SessionInput.DELIVERED, str(self.opened.on), at, rest)
        self.brought = ()
        settle_deliveries(
            trading=self.trading,
            participants=self.participants.values(),
            delivered=whole,
            law=self.law,
            at=at,
            record=self._record,
        )
        return ()

    def bring(self, part: Readings, at: datetime) -> StageRefusal | None:
        """Note a part of the readings that the next delivery settles with."""
        refusal = self._before_settling(at)
        if refusal is None:
            self._record(SessionInput.READINGS, str(self.opened.on), at, part)
            self.brought += part.readings
        return refusal

    def _before_settling(self, at: datetime) -> StageRefusal | None:
        if not self.trading.cleared:
            return StageRefusal.NOT_CLEARED
        if self.trading.settled:
            return StageRefusal.SETTLED
        if at < self.trading.delivered_at:
            return StageRefusal.NOT_DELIVERED
        return None


def products_of(*, opened: Opened, law: Snapshot) -> list[Product]:
    """List the products of a day, none of them offered yet: every hour of both zones.

    The miners' share of the 70/30 programme is an offer of its own where the reading holds the programme for law.

    Law: programme_70_30.status.
    """
    offers = [Offer.SURPLUS, Offer.PROGRAMME] if programme_in_force(law) else [Offer.SURPLUS]
    return [
        Product(
            product_id=product_id(on=opened.on, zone=zone, hour_index=hour.index, offer=offer),
            zone=zone,
            hour_index=hour.index,
            offered_kwh=0,
            reserve_tiyn_per_kwh=opened.reserve_tiyn_per_kwh[str(zone)],
            offer=offer,
        )
        for offer in offers
        for zone in Zone
        for hour in hours_of(opened.on)
    ]


def programme_in_force(law: Snapshot) -> bool:
    """Tell whether the chosen reading holds the 70/30 programme for law."""
    try:
        return law.text(keys.PROGRAMME_70_30_STATUS) == "in_force"
    except NoRuleInForce:
        return False


def replay(*, events: Sequence[Mapping[str, Any]], lens: Callable[[Opened], Lens]) -> MarketSession | Broken:
    """Give a session again from the entries of its log; every consequence is calculated and compared.

    Args:
        lens: Gives the law of the session's terms.
    Returns:
        The session, or the first entry that does not follow.
    """
    try:
        opened, at = _first(events)
        session = MarketSession(lens=lens(opened), opened=opened, at=at)
    except (ArithmeticError, EvidenceError, LookupError, TypeError, ValueError) as error:
        return Broken(0, f"it does not open a session: {error}")
    for index, event in enumerate(events):
        if index >= len(session.log):
            try:
                _act(session, event)
            except _FAULTS as error:
                return Broken(index, f"no session can take it: {type(error).__name__}: {str(error)[:200]}")
        if index >= len(session.log) or canonical_bytes(event) != session.log.entry(index):
            return Broken(index, "it is not what follows from the entries before it")
    if len(session.log) > len(events) or session.brought:
        return Broken(len(events), "the log ends before all consequences of its last act")
    return session


_FAULTS = (ArithmeticError, AttributeError, EvidenceError, LookupError, TypeError, ValueError, InputProblem)


def _first(events: Sequence[Mapping[str, Any]]) -> tuple[Opened, datetime]:
    if events[0].get("type") != SessionInput.OPENED:
        raise CodecError(f"found {events[0].get('type')}")
    return from_plain(Opened, events[0]["data"]), _instant(events[0])


def _instant(event: Mapping[str, Any]) -> datetime:
    return from_plain(_At, {"at": event["at"]}).at


@dataclass(frozen=True, slots=True)
class _At:
    at: datetime


def _act(session: MarketSession, event: Mapping[str, Any]) -> None:
    """Take one act of the log again."""
    data, at = event["data"], _instant(event)
    acts: dict[str, Callable[[], object]] = {
        SessionInput.ADMITTED: lambda: session.admit(from_plain(Participant, data), at),
        SessionInput.PREPAID: lambda: session.prepay(from_plain(Prepayment, data)),
        SessionInput.CORRECTED: lambda: session.correct(from_plain(Correction, data)),
        SessionInput.SUPPLY: lambda: session.declare(from_plain(Declaration, data)),
        SessionInput.ORDER: lambda: session.submit(from_plain(Order, data)),
        SessionInput.CANCELLATION: lambda: session.cancel(from_plain(Cancellation, data)),
        SessionInput.STANDING: lambda: session.place(from_plain(StandingOrder, data), at),
        SessionInput.UNREADABLE: lambda: session.unreadable(from_plain(Unreadable, data), at),
        SessionInput.SUSPENDED: lambda: session.suspend(data["operator_id"], at),
        SessionInput.GATE: lambda: session.close(at),
        SessionInput.CLEARING: lambda: session.clear(at),
        SessionInput.READINGS: lambda: session.bring(from_plain(Readings, data), at),
        SessionInput.DELIVERED: lambda: session.deliver(from_plain(Delivered, data), at),
    }
    acts[event["type"]]()
