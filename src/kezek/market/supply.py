"""What the grid operator declares: published, revised, withdrawn, each an event; nothing is changed in silence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kezek.units.rounding import PPM

MOST_KWH = 1_000_000_000
"""Largest energy that one hour of one zone can offer: a thousand times what the country has. [kWh]"""


class SupplyAct(StrEnum):
    """What a declaration does."""

    PUBLISHED = "published"
    REVISED = "revised"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Declaration:
    """One act of the grid operator on one product.

    Args:
        declared_kwh: Energy that may be sold; 0 for a withdrawal. [kWh]
    """

    product_id: str
    act: SupplyAct
    declared_kwh: int
    declared_at: datetime


class SupplyRefusal(StrEnum):
    """Why a declaration is refused, in order of precedence."""

    UNKNOWN_PRODUCT = "market.supply.unknown_product"
    NEGATIVE = "market.supply.negative"
    TOO_LARGE = "market.supply.too_large"
    PUBLISHED_TWICE = "market.supply.published_twice"
    NOT_PUBLISHED = "market.supply.not_published"
    ALREADY_WITHDRAWN = "market.supply.already_withdrawn"
    WITHDRAWN_AMOUNT = "market.supply.withdrawn_amount"
    AFTER_CLOSURE = "market.supply.after_closure"
    HOUR_OVER = "market.supply.hour_over"
    RAISED_AFTER_CLOSURE = "market.supply.raised_after_closure"
    AFTER_SETTLEMENT = "market.supply.after_settlement"


class CutEffect(StrEnum):
    """What a smaller supply does to what was sold."""

    BELOW_SOLD = "market.supply.below_sold"
    COVERS_SOLD = "market.supply.covers_sold"


def refusal_of(
    declaration: Declaration,
    *,
    declared_kwh: Mapping[str, int | None],
    closed: bool,
    settled: bool,
    hour_ends_at: datetime | None = None,
) -> SupplyRefusal | None:
    """Tell why a declaration cannot stand, None where it can.

    Args:
        declared_kwh: What is declared now for every product of the day: None where nothing was yet. [kWh]
        closed: Whether the gate is closed: supply can then only shrink.
        settled: Whether the day is settled: nothing can change any more.
        hour_ends_at: End of the delivery hour, from which on nothing of it can change; None where it is not known.

    >>> from datetime import UTC
    >>> more = Declaration("h", SupplyAct.REVISED, 500, datetime(2025, 10, 14, 4, tzinfo=UTC))
    >>> refusal_of(more, declared_kwh={"h": 400}, closed=True, settled=False)
    <SupplyRefusal.RAISED_AFTER_CLOSURE: 'market.supply.raised_after_closure'>
    """
    known = declaration.product_id in declared_kwh
    now_kwh = declared_kwh.get(declaration.product_id)
    first = declaration.act is SupplyAct.PUBLISHED
    withdrawn = declaration.act is SupplyAct.WITHDRAWN
    checks = (
        (not known, SupplyRefusal.UNKNOWN_PRODUCT),
        (declaration.declared_kwh < 0, SupplyRefusal.NEGATIVE),
        (declaration.declared_kwh > MOST_KWH, SupplyRefusal.TOO_LARGE),
        (first and now_kwh is not None, SupplyRefusal.PUBLISHED_TWICE),
        (not first and now_kwh is None, SupplyRefusal.NOT_PUBLISHED),
        (withdrawn and now_kwh == 0, SupplyRefusal.ALREADY_WITHDRAWN),
        (withdrawn and declaration.declared_kwh != 0, SupplyRefusal.WITHDRAWN_AMOUNT),
        (first and closed, SupplyRefusal.AFTER_CLOSURE),
        (hour_ends_at is not None and declaration.declared_at >= hour_ends_at, SupplyRefusal.HOUR_OVER),
        (closed and declaration.declared_kwh > (now_kwh or 0), SupplyRefusal.RAISED_AFTER_CLOSURE),
        (settled, SupplyRefusal.AFTER_SETTLEMENT),
    )
    return next((refusal for wrong, refusal in checks if wrong), None)


def programme_kwh(*, new_output_kwh: int, miner_share_ppm: int) -> int:
    """Compute the miners' share of an hour's new output, whole kWh, what is left over stays with the grid. [kWh]

    Law: programme_70_30.miner_share_ppm (S0, S1), a proposal unless the reading says that it is in force.

    >>> programme_kwh(new_output_kwh=1_001, miner_share_ppm=300_000)
    300
    """
    return new_output_kwh * miner_share_ppm // PPM
