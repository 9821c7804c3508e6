"""What is traded: one delivery hour in one zone, and the clock of the session in which it is."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from kezek.registry.zone import Zone


class Offer(StrEnum):
    """What an hour's energy comes from; each kind is an offer of its own."""

    SURPLUS = "surplus"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Product:
    """Energy of one zone in one delivery hour.

    Args:
        product_id: `<date>/<zone>/<hour index, two digits>`, with `/programme` behind it for the miners' share of the
            70/30 programme; the index counts hours from local midnight, 0..24.
        offered_kwh: Energy that the grid operator declared; 0 means that the hour is not offered. [kWh]
        reserve_tiyn_per_kwh: Lowest price that a bid may state. [tiyn/kWh]
    """

    product_id: str
    zone: Zone
    hour_index: int
    offered_kwh: int
    reserve_tiyn_per_kwh: int
    offer: Offer = Offer.SURPLUS


@dataclass(frozen=True, slots=True)
class Session:
    """Clock of one trading day, as instants."""

    prepayment_by_at: datetime
    volume_by_at: datetime
    opens_at: datetime
    closes_at: datetime


def product_id(*, on: date, zone: Zone, hour_index: int, offer: Offer = Offer.SURPLUS) -> str:
    """Name a product.

    >>> product_id(on=date(2025, 10, 15), zone=Zone.WEST, hour_index=7)
    '2025-10-15/west/07'
    >>> product_id(on=date(2025, 10, 15), zone=Zone.WEST, hour_index=7, offer=Offer.PROGRAMME)
    '2025-10-15/west/07/programme'
    """
    tail = "" if offer is Offer.SURPLUS else f"/{offer}"
    return f"{on}/{zone}/{hour_index:02d}{tail}"
