"""A plan as orders: one for each hour, and the few standing orders that say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kezek.market.order import Step
from kezek.market.product import product_id
from kezek.planning.plan import BidPlan, HourBid, offers_of
from kezek.planning.plan_facts import MachineLot
from kezek.units.calendar import hours_of


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """A new order of a plan for one hour; the ids and steps are those of an order of the market."""

    order_id: str
    operator_id: str
    site_id: str
    owner_id: str
    product_id: str
    steps: tuple[Step, ...]


def planned_orders(plan: BidPlan) -> tuple[PlannedOrder, ...]:
    """Give the plan as one order for each hour in which it bids, its steps from the highest price down."""
    facts = plan.facts
    orders = []
    for bid in plan.hours:
        product = product_id(on=facts.on, zone=facts.zone, hour_index=bid.hour.index)
        steps = tuple(Step(price, energy_kwh) for price, energy_kwh in offers_of(bid).items())
        order_id = f"{facts.owner_id}/{facts.site_id}/{product}"
        if steps:
            orders.append(PlannedOrder(order_id, facts.operator_id, facts.site_id, facts.owner_id, product, steps))
    return tuple(orders)


@dataclass(frozen=True, slots=True)
class StandingLine:
    """Hours in which one group bids the same price.

    Args:
        power_kw: Energy of each hour: so many kWh an hour. [kW]
        hours: The hours, in the order of the day.
        spans: The same as spans on the clock, the end exclusive.
    """

    machine: MachineLot
    power_kw: int
    price_tiyn_per_kwh: int
    hours: tuple[HourBid, ...]
    spans: tuple[str, ...]


def standing_lines(plan: BidPlan) -> tuple[StandingLine, ...]:
    """Say the plan in standing orders: groups in the order of their efficiency, prices from the highest down."""
    found: dict[tuple[int, int], list[HourBid]] = {}
    for bid in plan.hours:
        for nth, step in enumerate(bid.steps):
            if step.price_tiyn_per_kwh is not None:
                found.setdefault((nth, -step.price_tiyn_per_kwh), []).append(bid)
    return tuple(
        StandingLine(
            machine=hours[0].steps[nth].machine,
            power_kw=hours[0].steps[nth].machine.energy_kwh,
            price_tiyn_per_kwh=-price,
            hours=tuple(hours),
            spans=spans_of(on=plan.facts.on, indexes=[one.hour.index for one in hours]),
        )
        for (nth, price), hours in sorted(found.items(), key=lambda one: one[0])
    )


def alike(plan: BidPlan) -> tuple[tuple[HourBid, ...], ...]:
    """Put hours together in which everything is the same but the hour, in the order of the first of each."""
    found: list[list[HourBid]] = []
    for bid in plan.hours:
        same = next(
            (one for one in found if (one[0].steps, one[0].hour.record) == (bid.steps, bid.hour.record)), None
        )
        if same is None:
            found.append([bid])
        else:
            same.append(bid)
    return tuple(tuple(one) for one in found)


def spans_of(*, on: date, indexes: Sequence[int]) -> tuple[str, ...]:
    """Join hours that follow each other into spans on the clock of a day.

    >>> spans_of(on=date(2025, 10, 15), indexes=[0, 1, 2, 22, 23])
    ('00:00-03:00', '22:00-24:00')
    """
    labels = [*(hour.label for hour in hours_of(on)), "24:00"]
    runs: list[tuple[int, int]] = []
    for index in indexes:
        if runs and runs[-1][1] == index:
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
    return tuple(f"{labels[start]}-{labels[end]}" for start, end in runs)
