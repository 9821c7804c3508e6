"""What is published per product: volumes, number of bids, prices paid; never who bid what."""

from collections.abc import Sequence
from dataclasses import dataclass

from kezek.market.clearing import Clearing
from kezek.units.rounding import half_up


@dataclass(frozen=True, slots=True)
class ProductSummary:
    """Published figures of one product. Prices are those paid, without VAT; None where nothing was sold."""

    offered_kwh: int
    asked_kwh: int
    bought_kwh: int
    bid_count: int
    lowest_tiyn_per_kwh: int | None
    average_tiyn_per_kwh: int | None
    highest_tiyn_per_kwh: int | None
    first_rejected_tiyn_per_kwh: int | None


def summarise(*, offered_kwh: int, quantity_kwh: Sequence[int], clearing: Clearing) -> ProductSummary:
    """Summarise a clearing for publication; the average is weighted by energy and rounded half up."""
    bought_kwh = int(clearing.fill_kwh.sum())
    paid = clearing.pay_tiyn_per_kwh[clearing.fill_kwh > 0]
    awards = zip(clearing.fill_kwh.tolist(), clearing.pay_tiyn_per_kwh.tolist(), strict=True)
    cost_tiyn = sum(fill_kwh * price for fill_kwh, price in awards)
    return ProductSummary(
        offered_kwh=offered_kwh,
        asked_kwh=sum(quantity_kwh),
        bought_kwh=bought_kwh,
        bid_count=len(quantity_kwh),
        lowest_tiyn_per_kwh=int(paid.min()) if bought_kwh else None,
        average_tiyn_per_kwh=half_up(cost_tiyn, bought_kwh) if bought_kwh else None,
        highest_tiyn_per_kwh=int(paid.max()) if bought_kwh else None,
        first_rejected_tiyn_per_kwh=clearing.first_rejected_tiyn_per_kwh,
    )
