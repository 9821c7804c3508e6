"""Facts about one operator that the duties are judged by; nothing here says whether a rule is broken.

None stands for what nobody said. It is never a zero: a duty that needs it is undetermined.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kezek.registry.licence import Licence, Period, Subtype
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
class Programme:
    """Energy of a 70/30 plant in a quarter: new output in all, and what of it went to the grid. [kWh]"""

    new_output_kwh: int
    to_grid_kwh: int


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
        fee: What was done about the fee per kWh.
        direct_contract_kwh: Energy bought straight from a utility. [kWh]
        meter_faulty: Whether a meter was missing or out of order.
        rebate_claimed_tiyn: Credit for renewable power claimed against the fee. [tiyn]
        rebate_eligible: Whether the operator claims to be eligible for the credit.
        programme: Energy of a 70/30 plant; None where there is none.
        programme_known: Whether anything was said about such a plant.
        log_gap_hours, log_gap_days, log_gap_transactions: Hours, days and transactions that the log lacks.
        report_on: Day on which the quarterly report of the notification regime was filed; None where it was not.
        report_known: Whether anything was said about that report.
        pool_reported: Whether the pools reported every distribution to the tax authority.
    """

    quarter: Quarter
    until_on: date
    mined: Period | None
    mined_sat: int | None
    received_sat: tuple[tuple[str, int], ...] | None
    sold_sat: tuple[tuple[str, int], ...] | None
    disclosed_sat: int | None
    metered_wh: int | None
    platform: Purchased | None
    other_source_kwh: int | None
    least_energy_wh: int | None
    average_price_tiyn_per_kwh: int | None
    coin_value_tiyn: int | None
    cost_tiyn: int | None
    tax_declared_tiyn: int | None
    fee: FeeRecord | None
    direct_contract_kwh: int | None = None
    meter_faulty: bool | None = None
    rebate_claimed_tiyn: int | None = None
    rebate_eligible: bool | None = None
    programme: Programme | None = None
    programme_known: bool = False
    log_gap_hours: int | None = None
    log_gap_days: int | None = None
    log_gap_transactions: int | None = None
    report_on: date | None = None
    report_known: bool = False
    pool_reported: bool | None = None

    @property
    def last_on(self) -> date:
        """Last day in the books."""
        return date.fromordinal(self.until_on.toordinal() - 1)


class Departure(StrEnum):
    """How an imported machine left: each is barred while the lock lasts."""

    SOLD = "sold"
    MOVED = "moved"
    EXPORTED = "exported"


@dataclass(frozen=True, slots=True)
class Import:
    """Machines brought into the country in one consignment, or one machine of it.

    Args:
        serial: Serial number of the machine, or the number of the customs declaration.
        imported_on: Day of import.
        customs_value_tiyn: Value that VAT is taken of; None where nobody said. [tiyn]
        vat_exempt: Whether it came in free of VAT, for the lock.
        vat_paid_tiyn: VAT paid on import; None where nobody said. [tiyn]
        left_on: Day it left the balance sheet, the site or the country; None while it is there.
        departure: How it left.
        on_kz_balance_sheet: Whether a Kazakh entity has it on its books; None where nobody said.
    """

    serial: str
    imported_on: date
    customs_value_tiyn: int | None = None
    vat_exempt: bool | None = True
    vat_paid_tiyn: int | None = None
    left_on: date | None = None
    departure: Departure | None = None
    on_kz_balance_sheet: bool | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A machine seen at work at an operator's site, and whose it is by the register.

    Args:
        registered_to: Operator under whom the register holds the serial number; "" where it does not hold it.
        fingerprint_matches: Whether the register has its fingerprint and it matches; None where nobody compared.
        at_licensed_site: Whether the site stands in the licence; None where nobody said.
    """

    serial: str
    seen_on: date
    registered_to: str
    fingerprint_matches: bool | None = None
    at_licensed_site: bool | None = None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A machine that took the place of another: growth by upgrade.

    Args:
        excluded_on: Day on which the old one was taken off the register; None where it was not.
        registered_on: Day on which the new one was put on the register; None where it was not.
    """

    old_serial: str
    new_serial: str
    replaced_on: date
    excluded_on: date | None
    registered_on: date | None


class HolderKind(StrEnum):
    """What the operator is in law."""

    INDIVIDUAL_ENTREPRENEUR = "individual_entrepreneur"
    KAZAKH_LEGAL_ENTITY = "kazakh_legal_entity"
    FOREIGN_ENTITY = "foreign_entity"
    NATURAL_PERSON = "natural_person"


class Size(StrEnum):
    """Size of the business, by which fines are graded."""

    INDIVIDUAL = "individual"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Application:
    """The application for the licence.

    Args:
        submitted_on: Day it was handed in; None before.
        decided_on: Day of the authority's decision; None while it is open.
        documents: Steps and papers of the law by name, each with the day it was done; None where it was not.
        fee_paid_on, fee_paid_tiyn: State fee of the licence. [tiyn]
        prepaid_tax_tiyn: Tax paid in advance, where somebody asked for it. [tiyn]
        power_w: Power applied for. [W]
        tiyn_per_usd: Rate of the dollar on the day of payment, for readings that set the fee in dollars. [tiyn]
    """

    submitted_on: date | None = None
    decided_on: date | None = None
    documents: Mapping[str, date | None] = field(default_factory=dict)
    fee_paid_on: date | None = None
    fee_paid_tiyn: int | None = None
    prepaid_tax_tiyn: int | None = None
    power_w: int | None = None
    tiyn_per_usd: int | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The notices of the regime before licences: days of start, end and of telling the ministry; None: not done."""

    started_on: date
    notified_on: date | None = None
    ended_on: date | None = None
    end_notified_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the operator is and has, apart from any quarter.

    Args:
        name: Name of the business.
        holder_kind: What it is in law.
        size: Size of the business.
        has_data_centre: Whether it owns, or lawfully holds, a mining data centre.
        wanted_subtype: Subtype applied for, where there is no licence yet.
        new_mine: Whether the mine is new under the draft of 2021.
        power_w: Power of the mine. [W]
        only_hosts: It runs a data centre for others and mines nothing itself; None where nobody said.
    """

    name: str = ""
    holder_kind: HolderKind | None = None
    size: Size | None = None
    has_data_centre: bool | None = None
    wanted_subtype: Subtype | None = None
    application: Application | None = None
    notice: Notice | None = None
    notice_known: bool = False
    new_mine: bool | None = None
    power_w: int | None = None
    only_hosts: bool | None = None


@dataclass(frozen=True, slots=True)
class OperatorFacts:
    """Everything the check of one operator looks at.

    Args:
        as_of_on: Day of the verdict.
        licences: Licences held, oldest first; empty where there is none, None where nobody said.
        sightings: Machines that inspections saw at work, a sample in each quarter, with the register's answer.
        register_digest: Hash of the register that gave the answers; "" where nobody was asked.
        imports: Machines imported, with how VAT was dealt with and when they left.
        replacements: Machines replaced.
        books: Books of the latest quarters, oldest first; the last may be open.
        standing: What the operator is; None where only its books are judged, as on the simulated day.
    """

    operator_id: str
    route: Route | None
    licences: tuple[Licence, ...] | None
    as_of_on: date
    accredited_pool_ids: frozenset[str] | None
    licensed_exchange_ids: frozenset[str] | None
    sightings: tuple[Sighting, ...] | None
    register_digest: str
    imports: tuple[Import, ...] | None
    books: tuple[QuarterBook, ...]
    replacements: tuple[Replacement, ...] | None = None
    standing: Standing | None = None

    def is_closed(self, book: QuarterBook) -> bool:
        """Tell whether a quarter is over on the day of the verdict: on its last day it is still open."""
        return book.quarter.until_on <= self.as_of_on
