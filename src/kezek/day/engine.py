"""The day as a machine: events go in, every consequence is calculated and logged. Run and replay both use it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from kezek.day.events import (
    SCHEMA_VERSION,
    Admitted,
    Closed,
    Derived,
    Input,
    Opened,
    Payout,
    Prepaid,
    Revision,
    Supply,
)
from kezek.day.needs import day_rules
from kezek.day.state import DayState, verdict_body
from kezek.duties.check import check
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.log import Log
from kezek.evidence.plain import event_of
from kezek.law import keys
from kezek.market.bidder import Bidder, Site, Standing
from kezek.market.order import Order
from kezek.market.product import Product
from kezek.market.supply import Declaration, SupplyAct
from kezek.metering.reading import MeterReading, check_readings, meter_of, missing_hours
from kezek.registry.operator import Operator, Route
from kezek.trading.engine import Trading
from kezek.trading.events import Derived as TradingDerived
from kezek.trading.events import Prepayment
from kezek.trading.rules import session_of
from kezek.units.calendar import hours_of


class DayEngine:
    """Takes the inputs of one day and logs each with its consequences.

    The order of a day: admissions, prepayments and surpluses; orders; the gate; revisions; readings; payouts and
    books; close. An admission, prepayment or surplus after the first order, a revision before the gate, a reading
    after the first payout or books, and anything after the close raise ValueError; a late order is refused with a
    code. Entries bear the time of their input: they are in time order as far as the inputs are.

    Guarantees: no clock, no chance: the same inputs give the same log, byte for byte. Before a day closes: no product
    has sold more than its surplus, no purchase is over the maximum, the ledger adds up to zero, everybody is judged.
    """

    def __init__(self, *, lens: Lens, opened: Opened) -> None:
        self.lens = lens
        self.opened = opened
        self.log = Log()
        self.state = DayState()
        law = lens.on(opened.on)
        self.rules = day_rules(law=law)
        self.session = session_of(on=opened.on, law=law)
        self._trading = Trading(
            on=opened.on, rules=self.rules, session=self.session, record=self._record, state=self.state
        )
        self._bidder_subtypes = law.items(keys.MARKET_BIDDER_SUBTYPES)
        self._numbers: dict[str, int] = defaultdict(int)
        self._started = False
        self._last_at = self.session.closes_at
        self._read_in: list[MeterReading] = []
        self._meters_checked = self._closed = False
        self._record(Input.OPENED, str(opened.on), self.session.prepayment_by_at - timedelta(hours=8), opened)

    def _record(self, kind: Input | Derived | TradingDerived, subject_id: str, at: datetime, data: object) -> int:
        """Log an event under its running number; returns its index in the log."""
        if self._closed:
            raise ValueError(f"{kind.value} after the day was closed")
        self._last_at = max(self._last_at, at)
        number = len(self.log)
        event = event_of(
            kind=kind.value, subject_id=subject_id, at=at, data=data, number=number, version=SCHEMA_VERSION
        )
        return self.log.append(event)

    def _numbered(self, stem: str) -> str:
        """Give `stem` its next number, from 1, so that a second booking of its kind is another one."""
        self._numbers[stem] += 1
        return f"{stem}/{self._numbers[stem]}"

    def admit(self, operator: Operator) -> None:
        """Admit an operator to the day; its host may bid for it from now on."""
        self._require_no_orders_yet("admission")
        at = self.session.prepayment_by_at - timedelta(hours=1)
        self.state.operators[operator.operator_id] = operator
        self._record(Input.ADMITTED, operator.operator_id, at, Admitted(operator))
        for operator_id in {operator.operator_id, operator.host_id} & self.state.operators.keys():
            self._trading.admit(self._bidder(self.state.operators[operator_id]))

    def prepay(self, prepaid: Prepaid) -> None:
        """Book a prepayment; several of one operator add up.

        Raises:
            ValueError: an amount that cannot be booked, or one that comes after the first order.
        """
        self._require_no_orders_yet("prepayment")
        self._require(prepaid.amount_tiyn >= 0, f"prepayment of {prepaid.amount_tiyn} tiyn by {prepaid.operator_id}")
        at = self.session.prepayment_by_at
        self._record(Input.PREPAID, prepaid.operator_id, at, prepaid)
        if prepaid.amount_tiyn:
            payment = Prepayment(self._numbered(prepaid.operator_id), prepaid.operator_id, prepaid.amount_tiyn, at)
            refusal = self._trading.prepay(payment)
            self._require(refusal is None, f"prepayment {payment.payment_id}: {refusal}")

    def publish(self, supply: Supply) -> None:
        """Publish the surplus of one product."""
        self._require_no_orders_yet("publication")
        at = self.session.volume_by_at
        self._record(Input.SUPPLY, supply.product_id, at, supply)
        reserve = self.opened.reserve_tiyn_per_kwh
        self._trading.list_product(Product(supply.product_id, supply.zone, supply.hour_index, 0, reserve))
        self.state.supplies[supply.product_id] = supply
        self._declare(Declaration(supply.product_id, SupplyAct.PUBLISHED, supply.surplus_kwh, at))

    def _declare(self, declaration: Declaration) -> None:
        refusal = self._trading.declare(declaration)
        self._require(refusal is None, f"supply of {declaration.product_id}: {refusal}")

    def _require_no_orders_yet(self, what: str) -> None:
        if self._started:
            raise ValueError(f"{what} after the first order of the session")

    def submit(self, order: Order) -> None:
        """Take or refuse an order; the same order again is logged, gets the same answer and changes nothing.

        After the gate it is refused as too late, whatever time it states, and logged behind what went before.
        """
        at = max(order.received_at, self._last_at) if self._trading.closed else order.received_at
        self._started = True
        self._record(Input.ORDER, order.order_id, at, order)
        self._trading.submit(order, logged_at=at)

    def _standing(self, operator: Operator) -> Standing:
        on = self.opened.on
        return Standing(operator.licence.state_on(on - timedelta(days=1)), operator.licence.state_on(on))

    def _bidder(self, operator: Operator) -> Bidder:
        """Collect what the market must know: whether the law lets the operator bid, and for which tenants."""
        may_bid = operator.licence.subtype in self._bidder_subtypes and operator.route is Route.GRID_SURPLUS
        hosted = [one for one in self.state.operators.values() if one.host_id == operator.operator_id]
        return Bidder(
            operator_id=operator.operator_id,
            standing=self._standing(operator),
            has_quota=may_bid,
            sites={operator.operator_id: Site(operator.zone, operator.site_power_w)},
            tenants={tenant.operator_id: self._standing(tenant) for tenant in hosted},
            purchase_max_kwh=self.rules.purchase_max_kwh,
        )

    def close_gate(self) -> None:
        """Close the book, clear every product, split awards into purchases, settle.

        The gate bears the time of closure, or that of the last order before it if that one was late.

        Raises:
            ValueError: the gate was closed before.
        """
        self._require(not self._trading.closed, "the gate is closed a second time")
        self._started = True
        gate_at, root = self._last_at, self.log.tree.root()
        self._trading.close(root=root)
        self._record(Input.GATE, str(self.opened.on), gate_at, {"root": root.hex(), "size": len(self.log)})
        self._trading.clear(gate_at + timedelta(minutes=5))

    def revise(self, revision: Revision) -> None:
        """Cut a product after clearing: the same book and function with less supply.

        A product can be cut again; each cut takes from what the one before left.

        Raises:
            ValueError: before the gate closed, a supply under zero, or one over that of the last revision.
            InvariantBroken: somebody's award would rise.
        """
        self._require(self._trading.closed, f"revision of {revision.product_id} before the gate closed")
        state = self.state.products[revision.product_id]
        now_kwh = state.product.offered_kwh if state.revised_kwh is None else state.revised_kwh
        change = f"{revision.product_id} from {now_kwh} to {revision.surplus_kwh} kWh"
        self._require(revision.surplus_kwh >= 0, f"revision takes {change}")
        self._require(revision.surplus_kwh <= now_kwh, f"revision raises {change}")
        self._record(Input.REVISION, revision.product_id, revision.revised_at, revision)
        self.state.revisions.append(revision)
        act, at = SupplyAct.REVISED, revision.revised_at
        self._declare(Declaration(revision.product_id, act, revision.surplus_kwh, at))

    @property
    def _day_end_at(self) -> datetime:
        return hours_of(self.opened.on)[-1].starts_at + timedelta(hours=1)

    def read_meter(self, reading: MeterReading) -> None:
        """Take an hourly reading; it counts once all readings of the day were checked.

        Raises:
            ValueError: the readings of the day were checked already.
        """
        self._require(not self._meters_checked, f"reading of {reading.meter_id} after the first payout or books")
        self._record(Input.READING, reading.meter_id, self._day_end_at, reading)
        self._read_in.append(reading)

    def _check_meters(self, at: datetime) -> None:
        """Check the day's readings when the first of what rests on them comes: log the unusable, keep the rest."""
        if self._meters_checked:
            return
        self._meters_checked = True
        connection_w = {meter_of(operator_id=key): one.site_power_w for key, one in self.state.operators.items()}
        hours = len(hours_of(self.opened.on))
        usable, refused = check_readings(readings=self._read_in, hour_count=hours, connection_w=connection_w)
        self.state.readings.extend(usable)
        for one in refused:
            reading = one.reading
            body = {
                "hour_index": reading.hour_index,
                "code": one.refusal,
                "found": reading.energy_wh,
                "limit": one.limit_wh,
            }
            self._record(Derived.READING_REFUSED, reading.meter_id, at, body)
        missing = missing_hours(readings=usable, meter_ids=list(connection_w), hour_count=hours)
        self._log_missing(missing, at)

    def _log_missing(self, missing: Sequence[tuple[str, int]], at: datetime) -> None:
        """Log all hours without a usable reading in one entry, by meter; none if there is none."""
        hours: dict[str, list[int]] = defaultdict(list)
        for meter_id, hour_index in missing:
            hours[meter_id].append(hour_index)
        if hours:
            self._record(Derived.READINGS_MISSING, str(self.opened.on), at, {"hours": hours})

    def pay_out(self, payout: Payout) -> None:
        """Take a pool's payout for the day."""
        at = self._day_end_at + timedelta(minutes=30)
        self._record(Input.PAYOUT, payout.operator_id, at, payout)
        self._check_meters(at)
        self.state.payouts.append(payout)

    def file_books(self, facts: OperatorFacts) -> None:
        """Take an operator's books and judge its duties."""
        at = self._day_end_at + timedelta(hours=1)
        self._record(Input.BOOKS, facts.operator_id, at, facts)
        self._check_meters(at)
        verdict = check(facts=facts, lens=self.lens, explained=False)
        self.state.verdicts.append(verdict)
        self._record(Derived.VERDICT, verdict.operator_id, at, verdict_body(verdict))

    def require_complete(self) -> None:
        """Check that nothing is left to happen.

        Raises:
            ValueError: the gate was never closed, or an operator's books were not filed or filed twice.
        """
        self._require(self._trading.closed, "the gate was never closed")
        judged = Counter(verdict.operator_id for verdict in self.state.verdicts)
        wrong = [key for key in {**self.state.operators, **judged} if judged[key] != (key in self.state.operators)]
        self._require(not wrong, f"books not filed exactly once: {', '.join(wrong[:5])}")

    @staticmethod
    def _require(holds: bool, otherwise: str) -> None:
        if not holds:
            raise ValueError(otherwise)

    def close(self, closed: Closed) -> None:
        """Seal the tables of the day, which must be complete; nothing can follow.

        Raises:
            ValueError: see `require_complete`.
            LedgerBroken: the ledger does not add up to zero.
        """
        at = self._day_end_at + timedelta(hours=2)
        self._check_meters(at)
        self.require_complete()
        self.state.ledger.require_zero()
        self._record(Input.CLOSED, str(self.opened.on), at, closed)
        self._closed = True
