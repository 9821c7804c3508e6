"""Clearing of one product: who gets how much of the surplus at what price. Integers, no clock, no chance."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kezek.market.apportion import equal_share, highest_averages, in_turn, tie_rank

Int64s = npt.NDArray[np.int64]
RULE_VERSION = "1"
_PER_OPERATOR = {"pro_rata_per_operator": highest_averages, "equal_share": equal_share}
_TIE_RULES = {*_PER_OPERATOR, "time_priority"}


@dataclass(frozen=True, slots=True)
class Clearing:
    """Result for one product; arrays have one entry per bid, in the order given.

    Args:
        fill_kwh: Energy awarded. int64 (n,). [kWh]
        pay_tiyn_per_kwh: Price that the bid pays for it (0 where nothing is awarded). int64 (n,). [tiyn/kWh]
        marginal_tiyn_per_kwh: Lowest accepted price, None where nothing was sold.
        first_rejected_tiyn_per_kwh: Highest price of a bid that got less than it asked, None where all were served.
        rules: Ids and versions of the rules that were applied.
    """

    fill_kwh: Int64s
    pay_tiyn_per_kwh: Int64s
    marginal_tiyn_per_kwh: int | None
    first_rejected_tiyn_per_kwh: int | None
    rules: tuple[str, str]


def clear_product(
    *,
    product_id: str,
    supply_kwh: int,
    price_tiyn_per_kwh: Int64s,
    quantity_kwh: Int64s,
    operator_ids: Sequence[str],
    price_rule: str,
    tie_rule: str,
    tie_key: bytes,
) -> Clearing:
    """Clear one product.

    Bids are served from the highest price down. Where the last price level does not fit whole, the rest is shared by
    the tie rule. Pay-as-bid: each pays its own price. Uniform: all pay the lowest accepted price.

    Args:
        supply_kwh: Surplus for the hour. [kWh]
        price_tiyn_per_kwh: One per bid, at or over the reserve (validation saw to it). int64 (n,). [tiyn/kWh]
        quantity_kwh: One per bid, positive. int64 (n,). [kWh]
        operator_ids: Owner of each bid, in order of arrival.
        tie_key: Root of the log at gate closure; breaks exact ties.
    Raises:
        ValueError: columns of different length, negative supply, a quantity that is not positive, quantities that
            add up to 2**63 or more, or an unknown rule: bugs of the caller.
    Guarantees: sum of fills <= supply and = min(supply, demand); no fill over its bid; nobody's total rises when the
        supply shrinks; splitting a bid never gains under `pro_rata_per_operator`.
    Law: market.price_rule, market.tie_rule.
    """
    _require(supply_kwh, price_tiyn_per_kwh, quantity_kwh, operator_ids, tie_rule)
    fill = _fills(product_id, supply_kwh, price_tiyn_per_kwh, quantity_kwh, operator_ids, tie_rule, tie_key)
    accepted = price_tiyn_per_kwh[fill > 0]
    short = price_tiyn_per_kwh[fill < quantity_kwh]
    marginal = int(accepted.min()) if accepted.size else None
    return Clearing(
        fill_kwh=fill,
        pay_tiyn_per_kwh=_payments(price_tiyn_per_kwh, fill, marginal, price_rule),
        marginal_tiyn_per_kwh=marginal,
        first_rejected_tiyn_per_kwh=int(short.max()) if short.size else None,
        rules=(f"{price_rule}/{RULE_VERSION}", f"{tie_rule}/{RULE_VERSION}"),
    )


def _require(supply_kwh: int, price: Int64s, quantity: Int64s, operator_ids: Sequence[str], tie_rule: str) -> None:
    if tie_rule not in _TIE_RULES:
        raise ValueError(f"unknown tie rule {tie_rule!r}")
    if not len(price) == len(quantity) == len(operator_ids):
        raise ValueError(f"columns differ in length: {len(price)}, {len(quantity)}, {len(operator_ids)}")
    if supply_kwh < 0 or (quantity <= 0).any():
        raise ValueError("supply must not be negative and every quantity must be positive")
    if len(quantity) and int(quantity.max()) * len(quantity) >= 1 << 63:
        raise ValueError("quantities may add up to 2**63 kWh or more")


def _fills(
    product_id: str,
    supply_kwh: int,
    price: Int64s,
    quantity: Int64s,
    operator_ids: Sequence[str],
    tie_rule: str,
    tie_key: bytes,
) -> Int64s:
    if int(quantity.sum()) <= supply_kwh:
        return quantity.copy()
    by_price = np.argsort(-price, kind="stable")
    reached = np.cumsum(quantity[by_price])
    level = price[by_price[int(np.searchsorted(reached, supply_kwh))]]
    fill = np.where(price > level, quantity, 0)
    rows = np.flatnonzero(price == level)
    left_kwh = supply_kwh - int(fill.sum())
    owners = [operator_ids[int(row)] for row in rows]
    asked = [int(kwh) for kwh in quantity[rows]]
    fill[rows] = _margin(product_id, left_kwh, asked, owners, tie_rule, tie_key)
    return fill


def _margin(
    product_id: str, left_kwh: int, asked: list[int], owners: list[str], tie_rule: str, tie_key: bytes
) -> list[int]:
    """Share what is left among the bids of the marginal price, in order of arrival within an operator."""
    if tie_rule == "time_priority" or sum(asked) <= left_kwh:
        return in_turn(total_kwh=left_kwh, claims_kwh=asked)
    claims: dict[str, int] = {}
    for owner, kwh in zip(owners, asked, strict=True):
        claims[owner] = claims.get(owner, 0) + kwh
    ranks = {owner: tie_rank(tie_key=tie_key, product_id=product_id, claimant=owner) for owner in claims}
    parts = _PER_OPERATOR[tie_rule](total_kwh=left_kwh, claims_kwh=claims, ranks=ranks)
    fills = []
    for owner, kwh in zip(owners, asked, strict=True):
        fills.append(min(kwh, parts[owner]))
        parts[owner] -= fills[-1]
    return fills


def _payments(price: Int64s, fill: Int64s, marginal: int | None, price_rule: str) -> Int64s:
    if price_rule == "pay_as_bid":
        return np.where(fill > 0, price, 0)
    if price_rule == "uniform":
        return np.where(fill > 0, marginal or 0, 0)
    raise ValueError(f"unknown price rule {price_rule!r}")
