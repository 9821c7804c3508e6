"""What is published per product: volumes, number of bids, prices paid; never who bid what."""

from dataclasses import dataclass

from kezek.market.clearing import Clearing, Int64s
from kezek.units.rounding import half_up


@dataclass(frozen=True, slots=True)
class ProductSummary:
    """Published figures of one product. Prices are those paid, without VAT; None where nothing was sold.

    Args:
        bid_count: Price/quantity steps in the book.
        bidder_count: Operators that sent them.
        average_tiyn_per_kwh: Weighted by energy, rounded half up. [tiyn/kWh]
        uniform_tiyn_per_kwh: The one price that all pay, None under pay-as-bid.
        marginal_tiyn_per_kwh: Lowest bid that was served, wholly or in part.
        first_rejected_tiyn_per_kwh: Highest bid that got less than it asked, None where all were served.
    """

    offered_kwh: int
    asked_kwh: int
    bought_kwh: int
    bid_count: int
    bidder_count: int
    lowest_tiyn_per_kwh: int | None
    average_tiyn_per_kwh: int | None
    highest_tiyn_per_kwh: int | None
    uniform_tiyn_per_kwh: int | None
    marginal_tiyn_per_kwh: int | None
    first_rejected_tiyn_per_kwh: int | None


def summarise(
    *,
    offered_kwh: int,
    price_tiyn_per_kwh: Int64s,
    quantity_kwh: Int64s,
    bidder_count: int,
    clearing: Clearing,
) -> ProductSummary:
    """Summarise a clearing for publication.

    Args:
        price_tiyn_per_kwh: Prices of the book that was cleared. int64 (n,). [tiyn/kWh]
        quantity_kwh: Its quantities. int64 (n,). [kWh]
        bidder_count: Operators that sent the bids.
    Raises:
        ValueError: the columns are not those of the clearing.
    """
    if not len(price_tiyn_per_kwh) == len(quantity_kwh) == len(clearing.fill_kwh):
        raise ValueError("the book and its clearing differ in length")
    fill, pay = clearing.fill_kwh, clearing.pay_tiyn_per_kwh
    if (fill > quantity_kwh).any() or (pay > price_tiyn_per_kwh).any():
        raise ValueError("the clearing is of another book")
    bought_kwh = int(fill.sum())
    paid = pay[fill > 0]
    uniform = clearing.rules[0].startswith("uniform/")
    return ProductSummary(
        offered_kwh=offered_kwh,
        asked_kwh=int(quantity_kwh.sum()),
        bought_kwh=bought_kwh,
        bid_count=len(quantity_kwh),
        bidder_count=bidder_count,
        lowest_tiyn_per_kwh=int(paid.min()) if bought_kwh else None,
        average_tiyn_per_kwh=half_up(int(fill @ pay), bought_kwh) if bought_kwh else None,
        highest_tiyn_per_kwh=int(paid.max()) if bought_kwh else None,
        uniform_tiyn_per_kwh=clearing.marginal_tiyn_per_kwh if uniform else None,
        marginal_tiyn_per_kwh=clearing.marginal_tiyn_per_kwh,
        first_rejected_tiyn_per_kwh=clearing.first_rejected_tiyn_per_kwh,
    )
