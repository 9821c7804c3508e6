"""Events of a day: what comes in from outside, what follows from it, and how both stand in the log."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kezek.registry.operator import Operator
from kezek.registry.zone import Zone

SCHEMA_VERSION = 2


class Input(StrEnum):
    """Events that come from outside; everything else in the log follows from them by calculation."""

    OPENED = "day.opened"
    ADMITTED = "operator.admitted"
    PREPAID = "account.prepaid"
    SUPPLY = "supply.published"
    ORDER = "order.submitted"
    GATE = "gate.closed"
    REVISION = "supply.revised"
    READING = "meter.read"
    PAYOUT = "payout.received"
    BOOKS = "books.filed"
    CLOSED = "day.closed"


class Derived(StrEnum):
    """Events that the engine calculates, besides those of the trading session."""

    READING_REFUSED = "reading.refused"
    READINGS_MISSING = "readings.missing"
    VERDICT = "verdict.given"


@dataclass(frozen=True, slots=True)
class Opened:
    """The terms of the day: software, law, readings, seed, and digests of law, facts and assumption files.

    Args:
        law_files, fact_files: SHA-256 of each file of the law book and of each fact table.
        scenario_digest, fleet_digest: SHA-256 of the assumption files.
    """

    on: date
    engine_version: str
    profile: str
    readings: dict[str, str]
    accept_unconfirmed: tuple[str, ...]
    seed: int
    law_digest: str
    law_files: dict[str, str]
    fact_files: dict[str, str]
    scenario_digest: str
    fleet_digest: str
    reserve_tiyn_per_kwh: int


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operator as the market and the check know it."""

    operator: Operator


@dataclass(frozen=True, slots=True)
class Prepaid:
    """Money paid in before the session. [tiyn]"""

    operator_id: str
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class Supply:
    """Surplus declared for one hour of one zone with the figures behind it. [kWh]"""

    product_id: str
    zone: Zone
    hour_index: int
    available_kwh: int
    demand_kwh: int
    reserve_kwh: int
    surplus_kwh: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A smaller surplus for one product after clearing. [kWh]"""

    product_id: str
    surplus_kwh: int
    revised_at: datetime


@dataclass(frozen=True, slots=True)
class Payout:
    """Coins that a pool credited and paid for the day. [sat]"""

    operator_id: str
    pool_id: str
    credited_sat: int
    paid_sat: int


@dataclass(frozen=True, slots=True)
class Closed:
    """SHA-256 of each table that was published with the day.

    All follow from the log but `machines`, the register, which enters with this event.
    """

    tables: dict[str, str]
