"""A plan as orders: the rows that the market reads, and the few standing orders that say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from kezek.market.order import ORDER_COLUMNS
from kezek.market.product import product_id
from kezek.planning.plan import BidPlan, HourBid, offers_of
from kezek.planning.plan_facts import MachineLot
from kezek.units.calendar import hours_of
from kezek.units.quantity import EnergyPrice

NEW = "new"
"""Action of an order that was not there before."""


def order_rows(plan: BidPlan) -> list[tuple[str, ...]]:
    """Write the plan as one order an hour, a row for each of its steps, highest price first; prices in tenge."""
    facts = plan.facts
    rows: list[tuple[str, ...]] = []
    for bid in plan.hours:
        product = product_id(on=facts.on, zone=facts.zone, hour_index=bid.hour.index)
        for price, energy_kwh in offers_of(bid).items():
            tenge = EnergyPrice(price).in_unit("₸/kWh", 2).removesuffix(" ₸/kWh").replace(" ", "").replace(".", ",")
            order_id = f"{facts.owner_id}/{facts.site_id}/{product}"
            rows.append(
                (
                    *(order_id, "1", NEW, facts.operator_id, facts.site_id, facts.owner_id),
                    *(product, tenge, str(energy_kwh)),
                )
            )
    return rows


def orders_csv(plan: BidPlan) -> str:
    """Write the orders as a file with semicolons and decimal commas, as the market reads it."""
    return "".join(f"{';'.join(row)}\n" for row in (ORDER_COLUMNS, *order_rows(plan)))


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
