"""The state's own tables: who takes part, what is offered, what was paid in, metered, charged and left over.

Every reader raises InputProblem: documents.side.rows where any row is faulty; documents.paper.*, documents.column.*,
documents.csv.*, documents.xlsx.* where nothing can be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Any

from kezek.documents.fault import Limits, RowCode, Unreadable, shown
from kezek.documents.side_participants import PARTICIPANTS, ParticipantRow, SiteRow, read_participants
from kezek.documents.side_reading import SideTable, optional, read_whole, template_csv
from kezek.documents.table_shape import TableShape
from kezek.documents.value import (
    read_amount,
    read_hour_index,
    read_id,
    read_metered,
    read_metered_wh,
    read_product_id,
    read_quantity,
    read_signed_price,
    read_word,
    read_zone,
)
from kezek.registry.zone import Zone

__all__ = [
    "BalancingPriceRow",
    "CurtailmentRow",
    "ParticipantRow",
    "PrepaymentRow",
    "ReadingRow",
    "SideKind",
    "SiteRow",
    "SupplyAction",
    "SupplyRow",
    "read_curtailments",
    "read_participants",
    "read_prepayments",
    "read_prices",
    "read_readings",
    "read_supply",
    "side_template",
]


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
    (metered_wh,) = (values[column] for column in _METERED_COLUMNS if column in values)
    return ReadingRow(place, *ids, values["hour_index"], metered_wh)


def _balancing_price(place: str, values: Mapping[str, Any]) -> BalancingPriceRow:
    return BalancingPriceRow(place, values["zone"], values["hour_index"], values["price_tenge_per_kwh"])


def _curtailment(place: str, values: Mapping[str, Any]) -> CurtailmentRow:
    return CurtailmentRow(place, values["product_id"], values["left_kwh"])


_SUPPLY_COLUMNS = ("surplus_kwh", "programme_output_kwh", "programme_capacity_kw")
_METERED_COLUMNS = ("metered_kwh", "metered_wh")
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
        required=("operator_id", "site_id", "hour_index"),
        either=_METERED_COLUMNS,
        numbers=("hour_index", *_METERED_COLUMNS),
    ),
    readers={
        "operator_id": partial(read_id, of="operator_id"),
        "site_id": partial(read_id, of="site_id"),
        "hour_index": read_hour_index,
        "metered_kwh": partial(read_metered, of="metered_kwh"),
        "metered_wh": partial(read_metered_wh, of="metered_wh"),
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
        SideKind.PARTICIPANTS: PARTICIPANTS,
        SideKind.SUPPLY: _SUPPLY,
        SideKind.PREPAYMENTS: _PREPAYMENTS,
        SideKind.READINGS: _READINGS,
        SideKind.BALANCING_PRICES: _BALANCING_PRICES,
        SideKind.CURTAILMENTS: _CURTAILMENTS,
    }
)
