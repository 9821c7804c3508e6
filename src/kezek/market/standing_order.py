"""Standing orders: said once, turned into an order for every offered hour they cover, day after day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from kezek.market.order import Order, Step
from kezek.market.product import Offer, Product
from kezek.registry.licence import Period
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class StandingOrder:
    """Up to so much power at up to so much, in these hours, from one day until another.

    Args:
        power_kw: Power wanted in each hour, so many kWh an hour. [kW]
        clock_hours: Hours of the wall clock in Kazakhstan, 0..23; both hours of a clock set back count.
        weekdays: Days of delivery, Monday is 0.
        term: Days of delivery, the last exclusive.
    """

    order_id: str
    version: int
    operator_id: str
    site_id: str
    owner_id: str
    price_tiyn_per_kwh: int
    power_kw: int
    clock_hours: frozenset[int]
    weekdays: frozenset[int]
    term: Period

    def covers(self, *, on: date, clock_hour: int) -> bool:
        """Tell whether the order wants an hour of a day."""
        return self.term.holds(on) and on.weekday() in self.weekdays and clock_hour in self.clock_hours


def order_id_of(standing: StandingOrder, product_id: str) -> str:
    """Name the order of a standing order for one product; no paper can use the sign between, nor take the name."""
    return f"{standing.order_id}~{product_id}"


def orders_of(
    standing: StandingOrder,
    *,
    on: date,
    zone: Zone,
    products: Iterable[Product],
    clock_hours: Mapping[int, int],
    received_at: datetime,
) -> list[Order]:
    """Turn a standing order into one order for each surplus hour of its zone that is offered and that it covers.

    Args:
        zone: Zone of the order's site.
        clock_hours: Clock hour of each hour index of the day.
    Guarantees: the quantity is the whole power in every hour, never less to fit: what does not fit is refused.
    """
    step = Step(standing.price_tiyn_per_kwh, standing.power_kw)
    return [
        Order(
            order_id=order_id_of(standing, product.product_id),
            version=1,
            operator_id=standing.operator_id,
            site_id=standing.site_id,
            owner_id=standing.owner_id,
            product_id=product.product_id,
            steps=(step,),
            received_at=received_at,
        )
        for product in products
        if product.zone is zone
        and product.offer is Offer.SURPLUS
        and product.offered_kwh > 0
        and standing.covers(on=on, clock_hour=clock_hours[product.hour_index])
    ]
