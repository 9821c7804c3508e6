"""The state's own tables: who takes part, what is offered, what was paid in, metered, charged and left over."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any

from kezek.documents.fault import Limits, RowCode, Unreadable, shown
from kezek.documents.side_reading import (
    NumberedFault,
    NumberedRow,
    SideTable,
    optional,
    optional_text,
    read_side,
    read_whole,
    require_readable,
    template_csv,
)
from kezek.documents.table_shape import TableShape
from kezek.documents.value import (
    read_amount,
    read_date,
    read_hour_index,
    read_id,
    read_metered,
    read_product_id,
    read_quantity,
    read_signed_price,
    read_text,
    read_word,
    read_zone,
)
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone


class SideKind(StrEnum):
    """The tables that the state hands in."""

    PARTICIPANTS = "participants"
    SUPPLY = "supply"
    PREPAYMENTS = "prepayments"
    READINGS = "readings"
    BALANCING_PRICES = "balancing_prices"
    CURTAILMENTS = "curtailments"


class SupplyAction(StrEnum):
    """What a row of supply does."""

    PUBLISH = "publish"
    REVISE = "revise"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A site of a participant; its power is 0 only for a subtype II. [kW]"""

    site_id: str
    zone: Zone
    power_kw: int
    route: Route


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A participant with all its rows joined.

    Args:
        licence_until: Day after the last.
        suspensions: From and until (exclusive); none or one.
        host_id, beneficial_owner_id: "" where the table says nothing.
        sites: In the order of the rows; empty for a subtype II without one.
    """

    operator_id: str
    name: str
    licence_no: str
    subtype: Subtype
    licence_from: date
    licence_until: date
    suspensions: tuple[tuple[date, date], ...]
    terminated_on: date | None
    host_id: str
    beneficial_owner_id: str
    sites: tuple[SiteRow, ...]


@dataclass(frozen=True, slots=True)
class SupplyRow:
    """What is offered in one hour of one zone; None is not said, 0 an hour with nothing. [kWh, kWh, kW]"""

    place: str
    zone: Zone
    hour_index: int
    action: SupplyAction
    surplus_kwh: int | None
    programme_output_kwh: int | None
    programme_capacity_kw: int | None


@dataclass(frozen=True, slots=True)
class PrepaymentRow:
    """A payment of an operator in advance. [tiyn]"""

    place: str
    payment_id: str
    operator_id: str
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """What a site drew in one hour. [Wh]"""

    place: str
    operator_id: str
    site_id: str
    hour_index: int
    metered_wh: int


@dataclass(frozen=True, slots=True)
class BalancingPriceRow:
    """The price of balancing energy in one hour of one zone; may be less than zero. [tiyn/kWh]"""

    place: str
    zone: Zone
    hour_index: int
    price_tiyn_per_kwh: int


@dataclass(frozen=True, slots=True)
class CurtailmentRow:
    """What is left of a product after a curtailment. [kWh]"""

    place: str
    product_id: str
    left_kwh: int


_Group = dict[str, NumberedRow[ParticipantRow]]
"""Rows of one operator by the id of their site, "" for none."""


def read_participants(*, data: bytes, name: str, limits: Limits) -> tuple[ParticipantRow, ...]:
    """Read who takes part; the rows of one operator are joined, in the order of their first rows.

    Raises:
        InputProblem: documents.side.rows where any row is faulty; documents.paper.*, documents.column.*,
            documents.csv.*, documents.xlsx.* where nothing can be read. The other readers raise the same.
    """
    lines, faults = read_side(data=data, table=_PARTICIPANTS, name=name, limits=limits)
    row_count = len(lines) + len(faults)
    operators: dict[str, _Group] = {}
    for line in lines:
        group = operators.setdefault(line.row.operator_id, {})
        site_id = line.row.sites[0].site_id if line.row.sites else ""
        wrong = _wrong_beside(line, site_id, group)
        if wrong:
            faults.append(NumberedFault(line.number, wrong))
        else:
            group[site_id] = line
    faults.sort(key=lambda one: one.number)
    require_readable(faults=faults, row_count=row_count, name=name)
    return tuple(_joined(group) for group in operators.values())


def read_supply(*, data: bytes, name: str, limits: Limits) -> tuple[SupplyRow, ...]:
    """Read what is offered."""
    return read_whole(data=data, table=_SUPPLY, name=name, limits=limits)


def read_prepayments(*, data: bytes, name: str, limits: Limits) -> tuple[PrepaymentRow, ...]:
    """Read what was paid in advance."""
    return read_whole(data=data, table=_PREPAYMENTS, name=name, limits=limits)


def read_readings(*, data: bytes, name: str, limits: Limits) -> tuple[ReadingRow, ...]:
    """Read what meters counted."""
    return read_whole(data=data, table=_READINGS, name=name, limits=limits)


def read_prices(*, data: bytes, name: str, limits: Limits) -> tuple[BalancingPriceRow, ...]:
    """Read what balancing energy costs."""
    return read_whole(data=data, table=_BALANCING_PRICES, name=name, limits=limits)


def read_curtailments(*, data: bytes, name: str, limits: Limits) -> tuple[CurtailmentRow, ...]:
    """Read what is left of products."""
    return read_whole(data=data, table=_CURTAILMENTS, name=name, limits=limits)


def side_template(kind: SideKind) -> bytes:
    """Write a table to be filled: all columns and two rows as examples, CSV with semicolons and decimal commas."""
    return template_csv(_TABLES[kind])


def _wrong_beside(line: NumberedRow[ParticipantRow], site_id: str, group: _Group) -> Unreadable | None:
    """Say what is wrong with a row beside earlier rows of the same operator; they agree among themselves."""
    if not group:
        return None
    other = next(iter(group.values()))
    who = f"operator {line.row.operator_id}"
    differing = (name for name in _OPERATOR_FIELDS if getattr(line.row, name) != getattr(other.row, name))
    field = next(differing, None)
    if field:
        what = f"Rows {other.number} and {line.number} are of {who}, but differ in {field}."
        return Unreadable(RowCode.SIDE_DIFFERS, what, "Rows of one operator differ only in their site.")
    if site_id in group:
        what = (
            f"{f'Site {site_id}' if site_id else 'No site'} of {who} stands in row {group[site_id].number} already."
        )
        return Unreadable(RowCode.SIDE_TWICE, what, "Keep one of the two rows.")
    if not site_id or "" in group:
        what = f"Rows {other.number} and {line.number} are of {who}, but one of them has no site."
        return Unreadable(RowCode.SIDE_CONTRADICTS, what, "An operator without a site has one row.")
    return None


def _joined(group: _Group) -> ParticipantRow:
    lines = list(group.values())
    return replace(lines[0].row, sites=tuple(site for one in lines for site in one.row.sites))


def _participant(_: str, values: Mapping[str, Any]) -> ParticipantRow:
    """Make a participant of one row, with at most one site."""
    _require_order(values["licence_from"], values["licence_until"], "licence")
    same = {name: values[name] for name in ("operator_id", *_OPERATOR_FIELDS) if name in values}
    suspensions = _suspensions(values["suspended_from"], values["suspended_until"])
    return ParticipantRow(**same, suspensions=suspensions, sites=_sites(values))


def _require_order(from_on: date, until_on: date, of: str) -> None:
    if from_on >= until_on:
        what = f"{of}_from {from_on} is not before {of}_until {until_on}."
        raise Unreadable(RowCode.DATE, what, f"{of}_until is the day after the last.")


def _suspensions(from_on: date | None, until_on: date | None) -> tuple[tuple[date, date], ...]:
    if from_on is None and until_on is None:
        return ()
    if from_on is None or until_on is None:
        what = "Of suspended_from and suspended_until only one is given."
        raise Unreadable(RowCode.SIDE_CONTRADICTS, what, "Give both, or leave both empty.")
    _require_order(from_on, until_on, "suspended")
    return ((from_on, until_on),)


def _sites(values: Mapping[str, Any]) -> tuple[SiteRow, ...]:
    """Make the site of a row, or none for a subtype II whose cells of a site are empty or 0."""
    site = {column: values[column] for column in _SITE_COLUMNS}
    tenant = values["subtype"] is Subtype.II
    if tenant and not any(site.values()):
        return ()
    missing = next((column for column, value in site.items() if value in (None, "")), None)
    if missing:
        what = f"{missing} is empty, but the row is not that of a subtype II without a site."
        way_out = "Give site_id, zone, power_kw and route; a subtype II may leave all four empty, or power_kw 0."
        raise Unreadable(RowCode.SIDE_CONTRADICTS, what, way_out)
    if not site["power_kw"] and not tenant:
        raise Unreadable(
            RowCode.ZERO, "power_kw is zero.", "Write the licensed power; only a subtype II may have none."
        )
    return (SiteRow(**site),)


def _supply(place: str, values: Mapping[str, Any]) -> SupplyRow:
    action = values["action"] or SupplyAction.PUBLISH
    energies = {column: values[column] for column in _SUPPLY_COLUMNS}
    given = next((column for column, value in energies.items() if value), None)
    if action is SupplyAction.WITHDRAW and given:
        what = f"The hour is withdrawn, but {given} is {shown(energies[given])}."
        raise Unreadable(RowCode.SIDE_CONTRADICTS, what, "Leave it empty, or write revise.")
    return SupplyRow(place, values["zone"], values["hour_index"], action, **energies)


def _prepayment(place: str, values: Mapping[str, Any]) -> PrepaymentRow:
    return PrepaymentRow(place, values["payment_id"], values["operator_id"], values["amount_tenge"])


def _reading(place: str, values: Mapping[str, Any]) -> ReadingRow:
    ids = (values["operator_id"], values["site_id"])
    return ReadingRow(place, *ids, values["hour_index"], metered_wh=values["metered_kwh"])


def _balancing_price(place: str, values: Mapping[str, Any]) -> BalancingPriceRow:
    return BalancingPriceRow(place, values["zone"], values["hour_index"], values["price_tenge_per_kwh"])


def _curtailment(place: str, values: Mapping[str, Any]) -> CurtailmentRow:
    return CurtailmentRow(place, values["product_id"], values["left_kwh"])


_SITE_COLUMNS = ("site_id", "zone", "power_kw", "route")
_SUPPLY_COLUMNS = ("surplus_kwh", "programme_output_kwh", "programme_capacity_kw")
_OPERATOR_FIELDS = tuple(one.name for one in fields(ParticipantRow) if one.name not in ("operator_id", "sites"))
"""In what the rows of one operator must agree."""
_PARTICIPANTS = SideTable(
    shape=TableShape(
        subject="participants",
        sheet="Participants",
        required=(
            "operator_id",
            "name",
            "licence_no",
            "subtype",
            "licence_from",
            "licence_until",
            "host_id",
            "beneficial_owner_id",
            *_SITE_COLUMNS,
        ),
        optional=("suspended_from", "suspended_until", "terminated_on"),
        numbers=("power_kw",),
        dates=("licence_from", "licence_until", "suspended_from", "suspended_until", "terminated_on"),
        free=("name",),
    ),
    readers={
        "operator_id": partial(read_id, of="operator_id"),
        "name": partial(read_text, of="name"),
        "licence_no": partial(read_id, of="licence_no"),
        "subtype": partial(read_word, of="subtype", known=Subtype),
        "licence_from": partial(read_date, of="licence_from"),
        "licence_until": partial(read_date, of="licence_until"),
        "host_id": optional_text(partial(read_id, of="host_id")),
        "beneficial_owner_id": optional_text(partial(read_id, of="beneficial_owner_id")),
        "site_id": optional_text(partial(read_id, of="site_id")),
        "zone": optional(read_zone),
        "power_kw": optional(partial(read_quantity, of="power_kw", unit="kW", zero_allowed=True)),
        "route": optional(partial(read_word, of="route", known=Route)),
        "suspended_from": optional(partial(read_date, of="suspended_from")),
        "suspended_until": optional(partial(read_date, of="suspended_until")),
        "terminated_on": optional(partial(read_date, of="terminated_on")),
    },
    build=_participant,
    key=(),
    examples=(
        (
            *("OP-001", 'ТОО "Сарыарқа Қуат"', "L-0001", "I", "2024-01-01", "2027-01-01", "", "HOLDING-1"),
            *("SITE-1", "west", "40000", "grid_surplus", "2025-03-01", "2025-04-01", ""),
        ),
        (
            *("TENANT-9", 'ТОО "Хеш, сервис"', "L-0009", "II", "2025-01-01", "2028-01-01", "OP-001", ""),
            *("", "", "0", "", "", "", "2025-12-01"),
        ),
    ),
)
_SUPPLY = SideTable(
    shape=TableShape(
        subject="supply",
        sheet="Supply",
        required=("zone", "hour_index", "surplus_kwh"),
        optional=("programme_output_kwh", "programme_capacity_kw", "action"),
        numbers=("hour_index", *_SUPPLY_COLUMNS),
    ),
    readers={
        "zone": read_zone,
        "hour_index": read_hour_index,
        "surplus_kwh": optional(partial(read_quantity, of="surplus_kwh", zero_allowed=True)),
        "programme_output_kwh": optional(partial(read_quantity, of="programme_output_kwh", zero_allowed=True)),
        "programme_capacity_kw": optional(
            partial(read_quantity, of="programme_capacity_kw", unit="kW", zero_allowed=True)
        ),
        "action": optional(partial(read_word, of="action", known=SupplyAction, code=RowCode.ACTION)),
    },
    build=_supply,
    key=("zone", "hour_index"),
    examples=(("west", "07", "40000", "", "", "publish"), ("north_south", "08", "0", "", "", "")),
)
_PREPAYMENTS = SideTable(
    shape=TableShape(
        subject="prepayments",
        sheet="Prepayments",
        required=("payment_id", "operator_id", "amount_tenge"),
        numbers=("amount_tenge",),
    ),
    readers={
        "payment_id": partial(read_id, of="payment_id"),
        "operator_id": partial(read_id, of="operator_id"),
        "amount_tenge": partial(read_amount, of="amount_tenge"),
    },
    build=_prepayment,
    key=("payment_id",),
    examples=(("PAY-1", "OP-001", "25000000,00"), ("PAY-2", "OP-002", "1250000,50")),
)
_READINGS = SideTable(
    shape=TableShape(
        subject="meter readings",
        sheet="Readings",
        required=("operator_id", "site_id", "hour_index", "metered_kwh"),
        numbers=("hour_index", "metered_kwh"),
    ),
    readers={
        "operator_id": partial(read_id, of="operator_id"),
        "site_id": partial(read_id, of="site_id"),
        "hour_index": read_hour_index,
        "metered_kwh": partial(read_metered, of="metered_kwh"),
    },
    build=_reading,
    key=("operator_id", "site_id", "hour_index"),
    examples=(("OP-001", "SITE-1", "07", "38950,125"), ("OP-001", "SITE-1", "08", "0")),
)
_BALANCING_PRICES = SideTable(
    shape=TableShape(
        subject="balancing prices",
        sheet="Balancing prices",
        required=("zone", "hour_index", "price_tenge_per_kwh"),
        numbers=("hour_index", "price_tenge_per_kwh"),
    ),
    readers={
        "zone": read_zone,
        "hour_index": read_hour_index,
        "price_tenge_per_kwh": partial(read_signed_price, of="price_tenge_per_kwh"),
    },
    build=_balancing_price,
    key=("zone", "hour_index"),
    examples=(("west", "07", "24,30"), ("north_south", "03", "-1,50")),
)
_CURTAILMENTS = SideTable(
    shape=TableShape(
        subject="curtailments",
        sheet="Curtailments",
        required=("product_id", "left_kwh"),
        numbers=("left_kwh",),
    ),
    readers={
        "product_id": read_product_id,
        "left_kwh": partial(read_quantity, of="left_kwh", zero_allowed=True),
    },
    build=_curtailment,
    key=("product_id",),
    examples=(("2025-10-15/west/07", "30000"), ("2025-10-15/west/07/programme", "0")),
)
_TABLES: Mapping[SideKind, SideTable[Any]] = MappingProxyType(
    {
        SideKind.PARTICIPANTS: _PARTICIPANTS,
        SideKind.SUPPLY: _SUPPLY,
        SideKind.PREPAYMENTS: _PREPAYMENTS,
        SideKind.READINGS: _READINGS,
        SideKind.BALANCING_PRICES: _BALANCING_PRICES,
        SideKind.CURTAILMENTS: _CURTAILMENTS,
    }
)
