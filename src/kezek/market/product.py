"""What is traded: one delivery hour in one zone."""

from dataclasses import dataclass
from datetime import date, datetime

from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class Product:
    """Surplus of one zone in one delivery hour.

    Args:
        product_id: `<date>/<zone>/<hour index, two digits>`; the index counts hours from local midnight, 0..24.
        offered_kwh: Surplus that the grid operator declared; 0 means that the hour is not offered. [kWh]
        reserve_price: Lowest price that a bid may state. [tiyn/kWh]
    """

    product_id: str
    zone: Zone
    hour_index: int
    offered_kwh: int
    reserve_tiyn_per_kwh: int


@dataclass(frozen=True, slots=True)
class Session:
    """Clock of one trading day, as instants."""

    prepayment_by_at: datetime
    volume_by_at: datetime
    opens_at: datetime
    closes_at: datetime


def product_id(*, on: date, zone: Zone, hour_index: int) -> str:
    """Name a product.

    >>> product_id(on=date(2025, 10, 15), zone=Zone.WEST, hour_index=7)
    '2025-10-15/west/07'
    """
    return f"{on}/{zone}/{hour_index:02d}"
