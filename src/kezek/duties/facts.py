"""Facts about one operator that the duties are judged by; nothing here says whether a rule is broken."""

from dataclasses import dataclass
from datetime import date

from kezek.registry.licence import Licence, Period
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter


@dataclass(frozen=True, slots=True)
class Purchased:
    """Energy bought: how much in all, the largest single purchase with its day, and those of other months. [kWh]

    One a month, since the maximum can change inside a quarter.
    """

    energy_kwh: int
    largest_kwh: int
    largest_on: date
    other_months: tuple[tuple[date, int], ...] = ()


@dataclass(frozen=True, slots=True)
class FeeRecord:
    """What was done about the fee per kWh of a quarter; None where it was not done."""

    return_on: date | None
    paid_on: date | None
    paid_tiyn: int


@dataclass(frozen=True, slots=True)
class QuarterBook:
    """One operator's books for one quarter, or for the part of it until `until_on` (exclusive).

    Args:
        mined: First day and day after the last on which the operator's machines ran.
        mined_sat: Coins credited before the pools took their fee. [sat]
        received_sat: Coins paid out, by pool. [sat]
        sold_sat: Coins sold, by exchange. [sat]
        disclosed_sat: Coins received according to the operator's own report. [sat]
        metered_wh: Energy on the operator's meters. [Wh]
        platform: Energy bought on the surplus platform, by the operator or, for a tenant, by its host.
        other_source_kwh: Energy from an exempt source: own plant or import contract. [kWh]
        least_energy_wh: Least energy that the coins can have taken on the operator's best machines. [Wh]
        average_price_tiyn_per_kwh: Average price paid for power. [tiyn/kWh]
        coin_value_tiyn: Value of the coins on receipt. [tiyn]
        cost_tiyn: Costs of mining, fee included. [tiyn]
        tax_declared_tiyn: Income tax declared for the quarter. [tiyn]
    """

    quarter: Quarter
    until_on: date
    mined: Period
    mined_sat: int
    received_sat: tuple[tuple[str, int], ...]
    sold_sat: tuple[tuple[str, int], ...]
    disclosed_sat: int
    metered_wh: int
    platform: Purchased
    other_source_kwh: int
    least_energy_wh: int
    average_price_tiyn_per_kwh: int
    coin_value_tiyn: int
    cost_tiyn: int
    tax_declared_tiyn: int
    fee: FeeRecord

    @property
    def total_received_sat(self) -> int:
        """Coins received from all pools. [sat]"""
        return sum(sat for _, sat in self.received_sat)

    @property
    def last_on(self) -> date:
        """Last day in the books."""
        return date.fromordinal(self.until_on.toordinal() - 1)


@dataclass(frozen=True, slots=True)
class LockedMachine:
    """A machine imported free of VAT that left the operator's balance sheet."""

    serial: str
    imported_on: date
    left_on: date


@dataclass(frozen=True, slots=True)
class Sighting:
    """A machine seen at work at an operator's site, and whose it is by the register.

    Args:
        registered_to: Operator under whom the register holds the serial number; "" where it does not hold it.
    """

    serial: str
    seen_on: date
    registered_to: str


@dataclass(frozen=True, slots=True)
class OperatorFacts:
    """Everything the check of one operator looks at.

    Args:
        as_of_on: Day of the verdict.
        sightings: Machines that inspections saw at work, a sample in each quarter, with the register's answer.
        register_digest: Hash of the register that gave the answers; "" where nobody was asked.
        books: Books of the latest quarters, oldest first; the last may be open.
    """

    operator_id: str
    route: Route
    licence: Licence
    as_of_on: date
    accredited_pool_ids: frozenset[str]
    licensed_exchange_ids: frozenset[str]
    sightings: tuple[Sighting, ...]
    register_digest: str
    locked_machines_gone: tuple[LockedMachine, ...]
    books: tuple[QuarterBook, ...]

    def is_closed(self, book: QuarterBook) -> bool:
        """Tell whether a quarter is over on the day of the verdict: on its last day it is still open."""
        return book.quarter.until_on <= self.as_of_on
