"""The papers of the market as values: what is asked, what is answered, what was awarded, what is owed."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Action(StrEnum):
    """What a row asks for."""

    NEW = "new"
    AMEND = "amend"
    CANCEL = "cancel"


class Outcome(StrEnum):
    """How an order ended."""

    ACCEPTED = "accepted"
    PARTLY_ACCEPTED = "partly_accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PaperStep:
    """One price step of an order, or one part of an award. [tiyn/kWh, kWh]"""

    price_tiyn_per_kwh: int
    quantity_kwh: int


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order as a paper states it; a cancellation has no steps.

    Args:
        place: Where it begins: "row 7" of a table, counted as the spreadsheet does, or "TimeSeries 3" of a document.
    """

    place: str
    order_id: str
    version: int
    action: Action
    operator_id: str
    site_id: str
    owner_id: str
    product_id: str
    steps: tuple[PaperStep, ...]


@dataclass(frozen=True, slots=True)
class RowFault:
    """A row that cannot be read.

    Args:
        order_id: "" where not even the id can be read.
        code: A value of `RowCode`.
        what: What is wrong, with the value that was found.
        way_out: What the sender can do.
    """

    place: str
    order_id: str
    code: str
    what: str
    way_out: str


@dataclass(frozen=True, slots=True)
class BidPaper:
    """A paper with orders.

    Guarantees: every row of the paper is in exactly one of `rows`, as a step of an order or as a fault.
    """

    document_id: str
    sender_id: str
    rows: tuple[OrderRow | RowFault, ...]


@dataclass(frozen=True, slots=True)
class AckRow:
    """The answer to one order, or to a row that cannot be read.

    Args:
        order_id, version: "" and 0 where the row does not tell them.
        code: Code of the refusal, "" where the order was accepted.
        place: Where the row stands in the paper, or "".
    """

    order_id: str
    version: int
    accepted: bool
    code: str
    sentence: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer to one paper.

    Args:
        accepted: Whether the paper was read; single orders may be refused all the same.
        code, sentence: Why the paper was not read; "" where it was.
    """

    document_id: str
    received_document_id: str
    created_at: datetime
    sender_id: str
    receiver_id: str
    accepted: bool
    code: str
    sentence: str
    rows: tuple[AckRow, ...]


@dataclass(frozen=True, slots=True)
class RuleUsed:
    """A rule by which the market was cleared, with its version."""

    rule_id: str
    version: str


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """How one order ended.

    Args:
        asked_kwh: All steps together. [kWh]
        code, sentence: Why not all was awarded, or why the order was refused; "" where all was.
        awarded: What was awarded at which price, best price first; empty where nothing was.
    """

    order_id: str
    version: int
    operator_id: str
    site_id: str
    owner_id: str
    product_id: str
    outcome: Outcome
    asked_kwh: int
    code: str
    sentence: str
    awarded: tuple[PaperStep, ...]

    @property
    def awarded_kwh(self) -> int:
        """All parts of the award together. [kWh]"""
        return sum(step.quantity_kwh for step in self.awarded)

    @property
    def cost_tiyn(self) -> int:
        """What the award costs, VAT excluded. [tiyn]"""
        return sum(step.quantity_kwh * step.price_tiyn_per_kwh for step in self.awarded)


@dataclass(frozen=True, slots=True)
class AllocationResult:
    """What a session awarded.

    Args:
        session_on: The day of delivery.
        rules: By which it was cleared, with versions.
        log_root: Root of the log at gate closure, hex: the orders that were cleared can be proved against it.
    """

    document_id: str
    created_at: datetime
    sender_id: str
    receiver_id: str
    session_on: date
    rules: tuple[RuleUsed, ...]
    log_root: str
    rows: tuple[AllocationRow, ...]


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One operator in one hour; amounts that the operator owes are positive, refunds negative. [kWh, Wh, tiyn]"""

    operator_id: str
    product_id: str
    bought_kwh: int
    metered_wh: int
    energy_tiyn: int
    market_fee_tiyn: int
    transmission_tiyn: int
    imbalance_tiyn: int
    vat_tiyn: int

    @property
    def imbalance_wh(self) -> int:
        """Metered less bought: positive where more was used than bought. [Wh]"""
        return self.metered_wh - 1_000 * self.bought_kwh

    @property
    def total_tiyn(self) -> int:
        """All amounts together. [tiyn]"""
        parts = (self.energy_tiyn, self.market_fee_tiyn, self.transmission_tiyn, self.imbalance_tiyn, self.vat_tiyn)
        return sum(parts)


@dataclass(frozen=True, slots=True)
class SettlementDocument:
    """What was bought, used and owed over a span of time.

    Args:
        from_at, until_at: The span, end exclusive.
    """

    document_id: str
    created_at: datetime
    sender_id: str
    receiver_id: str
    from_at: datetime
    until_at: datetime
    rows: tuple[SettlementRow, ...]
