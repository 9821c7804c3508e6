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
    """A rule by which the market was cleared or deviations were priced, with its version."""

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


class SettlementGap(StrEnum):
    """Why every hour of a settlement is open; why a single one is, the market says with its own codes."""

    NOT_DELIVERED = "documents.settlement.not_delivered"


@dataclass(frozen=True, slots=True)
class SettlementRow:
    """One operator in one hour; amounts that the operator owes are positive, refunds negative. [kWh, Wh, tiyn]

    Args:
        metered_wh: None where a site has no reading: the sum of the others is not what the operator used. [Wh]
        imbalance_tiyn: What was charged or credited; in an open hour that of the sites that could be settled, None
            where none could. [tiyn]
        open_code: Why the hour could not be settled: market.imbalance.* or a `SettlementGap`; "" where it was.
    Raises:
        ValueError: a settled hour without a reading or without an imbalance.
    """

    operator_id: str
    product_id: str
    bought_kwh: int
    metered_wh: int | None
    energy_tiyn: int
    market_fee_tiyn: int
    transmission_tiyn: int
    imbalance_tiyn: int | None
    vat_tiyn: int
    open_code: str

    def __post_init__(self) -> None:
        """Refuse an hour that is settled and not known."""
        if not self.open_code and (self.metered_wh is None or self.imbalance_tiyn is None):
            raise ValueError(f"{self.operator_id} in {self.product_id} is settled, but not known")

    @property
    def imbalance_wh(self) -> int | None:
        """Metered less bought: positive where more was used than bought; None where nobody knows. [Wh]"""
        return None if self.metered_wh is None else self.metered_wh - 1_000 * self.bought_kwh

    @property
    def booked_tiyn(self) -> int:
        """All amounts that are known together: what the ledger holds for the hour. [tiyn]"""
        purchase_tiyn = self.energy_tiyn + self.market_fee_tiyn + self.transmission_tiyn + self.vat_tiyn
        return purchase_tiyn + (self.imbalance_tiyn or 0)

    @property
    def total_tiyn(self) -> int | None:
        """What the hour costs in the end; None while it is open. [tiyn]"""
        return None if self.open_code else self.booked_tiyn


@dataclass(frozen=True, slots=True)
class SettlementDocument:
    """What was bought, used and owed over a span of time.

    Args:
        from_at, until_at: The span, end exclusive.
        rules: By which deviations were priced, with versions; none before delivery.
        log_root: Root of the log at gate closure, hex, as in the allocation.
        rows: Settled hours and open ones: no hour is left out because something of it is not known.
    """

    document_id: str
    created_at: datetime
    sender_id: str
    receiver_id: str
    from_at: datetime
    until_at: datetime
    rules: tuple[RuleUsed, ...]
    log_root: str
    rows: tuple[SettlementRow, ...]
