"""Clearing of one product: who gets how much of the surplus at what price. Integers, no clock, no chance.

Bids are served from the highest price down until the supply ends. The *level* is the first price that is not served
in full; what is left when it is reached is shared at it. A sample taken at even steps says between which two prices
the level must lie; one pass over the book serves all that is above and finds the few bids between; only these are
sorted. Where the sample misleads, the level is found by halving. The answer is exact either way, and the time is
linear in the number of bids whatever their order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kezek.market.apportion import share_at_margin
from kezek.market.rules import PRICE_RULES, TIE_RULES

Int64s = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int64] | npt.NDArray[np.int32] | npt.NDArray[np.int16]
_END = 1 << 63
_BLOCK = 1 << 16
_SORTED_AT_ONCE = 1 << 16
_SAMPLE = 1 << 12


@dataclass(frozen=True, slots=True)
class Clearing:
    """Result for one product; arrays have one entry per bid, in the order given.

    Args:
        fill_kwh: Energy awarded. int64 (n,). [kWh]
        pay_tiyn_per_kwh: Price that the bid pays for it (0 where nothing is awarded). int64 (n,). [tiyn/kWh]
        marginal_tiyn_per_kwh: Lowest accepted price, None where nothing was sold.
        first_rejected_tiyn_per_kwh: Highest price of a bid that got less than it asked, None where all were served.
        rules: Ids and versions of the price rule and the tie rule that were applied.
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
    reserve_tiyn_per_kwh: int,
    price_tiyn_per_kwh: Int64s,
    quantity_kwh: Int64s,
    claimant: Codes,
    claimant_ids: Sequence[str],
    price_rule: str,
    tie_rule: str,
    tie_key: bytes,
) -> Clearing:
    """Clear one product; curtailment is the same call on the same columns with a smaller supply.

    Bids are served from the highest price down. Where the last price level does not fit whole, the rest is shared by
    the tie rule. Pay-as-bid: each pays its own price. Uniform: all pay the lowest accepted price.

    Args:
        supply_kwh: Surplus for the hour. [kWh]
        reserve_tiyn_per_kwh: Lowest price that a bid may state. [tiyn/kWh]
        price_tiyn_per_kwh: One per step of a bid, in order of arrival. int64 (n,). [tiyn/kWh]
        quantity_kwh: One per step, positive. int64 (n,). [kWh]
        claimant: Code of the beneficial owner of each step: its place in `claimant_ids`. int16, int32 or int64 (n,).
        claimant_ids: Id of each code; no id twice, for one owner under two codes would be two in a tie.
        tie_key: Root of the log at gate closure; breaks exact ties.
    Raises:
        ValueError: an unknown rule, a column that is not of integers or of another length, a bid under the reserve, a
            quantity that is not positive, a claimant without id, or sums of energy or of price x energy of 2**63 or
            more: bugs of the caller, for validation at the gate saw every order.
    Guarantees: sum of fills = min(supply, demand); no fill over its bid; no lower bid served while a higher one is
        short; neither a claimant's total nor any single step rises when the supply shrinks, under every tie rule;
        splitting one's bids over steps never gains under `pro_rata_per_operator`, nor does splitting them over
        claimants. The columns are left as they are and shared with nothing in the result.
    Law: market.price_rule, market.tie_rule.
    """
    rules = _rules(price_rule, tie_rule)
    book = _Book(supply_kwh, reserve_tiyn_per_kwh, price_tiyn_per_kwh, quantity_kwh)
    _require(book, claimant, claimant_ids)
    served = _served(book)
    fill, pay, marginal = served.fill, served.pay, served.lowest
    if served.level is not None:
        shares = share_at_margin(
            total_kwh=served.left_kwh,
            asked_kwh=quantity_kwh[served.rows],
            claimant=claimant[served.rows],
            claimant_ids=claimant_ids,
            product_id=product_id,
            tie_rule=tie_rule,
            tie_key=tie_key,
        )
        fill[served.rows] = shares
        pay[served.rows] = np.sign(shares) * served.level
        marginal = served.level if served.left_kwh else _lowest(price_tiyn_per_kwh[fill > 0])
    if price_rule == "uniform" and marginal is not None:
        np.multiply(np.sign(fill, out=pay), marginal, out=pay)
    return Clearing(fill, pay, marginal, served.level, rules)


@dataclass(frozen=True, slots=True)
class _Book:
    supply_kwh: int
    reserve: int
    price: Int64s
    quantity: Int64s


@dataclass(frozen=True, slots=True)
class _Served:
    """A book served but for its level: the first price not served in full, None where the supply covers the demand.

    Args:
        lowest: Lowest price in the book where all are served.
        rows: Bids at the level.
        left_kwh: What is left for them. [kWh]
    """

    fill: Int64s
    pay: Int64s
    lowest: int | None
    level: int | None
    rows: Int64s
    left_kwh: int


def _rules(price_rule: str, tie_rule: str) -> tuple[str, str]:
    if price_rule not in PRICE_RULES:
        raise ValueError(f"unknown price rule {price_rule!r}")
    if tie_rule not in TIE_RULES:
        raise ValueError(f"unknown tie rule {tie_rule!r}")
    return f"{price_rule}/{PRICE_RULES[price_rule]}", f"{tie_rule}/{TIE_RULES[tie_rule]}"


def _require(book: _Book, claimant: Codes, claimant_ids: Sequence[str]) -> None:
    """Check what can be seen without reading prices and quantities; the passes over them check the rest."""
    for name, number in (("supply", book.supply_kwh), ("reserve", book.reserve)):
        if type(number) is not int or not 0 <= number < _END:
            raise ValueError(f"{name} must be a whole number, not negative and below 2**63, not {number!r}")
    columns = (("price", book.price, (np.int64,)), ("quantity", book.quantity, (np.int64,)))
    for name, column, kinds in (*columns, ("claimant", claimant, (np.int64, np.int32, np.int16))):
        if type(column) is not np.ndarray or column.ndim != 1 or column.dtype not in kinds:
            raise ValueError(f"{name} must be one column of {kinds[0].__name__}, not {_shape_of(column)}")
    if not len(book.price) == len(book.quantity) == len(claimant):
        raise ValueError(f"columns differ in length: {len(book.price)}, {len(book.quantity)}, {len(claimant)}")
    if len(set(claimant_ids)) != len(claimant_ids):
        raise ValueError("a claimant has two codes")
    unsigned = claimant.view(f"u{claimant.itemsize}")
    if len(claimant) and int(unsigned.max()) >= len(claimant_ids):
        raise ValueError(f"a claimant's code is not one of 0..{len(claimant_ids) - 1}")


def _shape_of(column: object) -> str:
    if isinstance(column, np.ndarray):
        return f"{type(column).__name__} of {column.dtype} with {column.ndim} dimensions"
    return type(column).__name__


def _blocks(count: int) -> list[slice]:
    """Rows in blocks that stay in the processor's cache from one operation to the next."""
    return [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]


class _Bounds:
    """Least and greatest price and quantity, gathered block by block while these are at hand."""

    def __init__(self) -> None:
        self._least: list[tuple[np.int64, np.int64]] = []
        self._most: list[tuple[np.int64, np.int64]] = []

    def add(self, price: Int64s, quantity: Int64s) -> None:
        """Look at one block."""
        self._least.append((np.minimum.reduce(price), np.minimum.reduce(quantity)))
        self._most.append((np.maximum.reduce(price), np.maximum.reduce(quantity)))

    def require(self, book: _Book) -> int:
        """Refuse a bid under the reserve, a quantity that is not positive, and sums that 64 bits do not hold.

        Gives the lowest price.
        """
        lowest, least_kwh = (int(min(column)) for column in zip(*self._least, strict=True))
        if lowest < book.reserve:
            raise ValueError(f"a bid of {lowest} tiyn/kWh is under the reserve of {book.reserve}")
        if least_kwh <= 0:
            raise ValueError(f"every quantity must be positive, not {least_kwh} kWh")
        highest, most_kwh = (int(max(column)) for column in zip(*self._most, strict=True))
        if most_kwh * len(book.quantity) * max(highest, 1) >= _END:
            _require_sums(book)
        return lowest


def _require_sums(book: _Book) -> None:
    """Add up exactly what might not fit in 64 bits."""
    asked, prices = book.quantity.tolist(), book.price.tolist()
    if sum(asked) >= _END:
        raise ValueError("quantities add up to 2**63 kWh or more")
    if sum(kwh * price for kwh, price in zip(asked, prices, strict=True)) >= _END:
        raise ValueError("price x quantity adds up to 2**63 tiyn or more")


def _lowest(price: Int64s) -> int | None:
    return int(price.min()) if len(price) else None


def _served(book: _Book) -> _Served:
    """Serve a book: all of it, or what is above the level.

    A scarce book whose sample misled is gone through three times more; nothing but the time depends on the sample.
    """
    if not len(book.price):
        none = np.empty(0, np.int64)
        return _Served(none, none.copy(), None, None, none, 0)
    low, high, plenty = _between(book)
    served = None if plenty else _sift(book, low, high)
    if served is None:
        served, demand_kwh = _all_served(book)
        if demand_kwh > book.supply_kwh:
            level = _level(book.price, book.quantity, book.supply_kwh)
            served = _sift(book, level, level)
    if served is None:
        raise AssertionError("the level found is not the level of the book")
    return served


def _all_served(book: _Book) -> tuple[_Served, int]:
    """Serve everybody at the own price, and tell how much that is: the normal hour. [kWh]"""
    fill, pay = np.empty((2, len(book.price)), np.int64)
    bounds, demand_kwh = _Bounds(), 0
    for block in _blocks(len(book.price)):
        price, quantity = book.price[block], book.quantity[block]
        bounds.add(price, quantity)
        demand_kwh += int(np.add.reduce(quantity))
        fill[block] = quantity
        pay[block] = price
    lowest = bounds.require(book)
    return _Served(fill, pay, lowest, None, np.empty(0, np.int64), 0), demand_kwh


def _between(book: _Book) -> tuple[int, int, bool]:
    """Guess from a sample two prices with the level between them, and whether the supply covers the demand.

    The rank of the level in a sample of m is off by some 0.6 square roots of m; two and a half
    times that is allowed for.
    """
    count = len(book.price)
    step = count // (_SAMPLE * max(1, math.isqrt(count >> 14))) | 1
    price, reached = _from_the_top(book.price[::step], book.quantity[::step])
    rank = int(np.searchsorted(reached, book.supply_kwh * len(price) // count, side="right"))
    slack = 3 * math.isqrt(len(price)) // 2
    high = int(price[rank - slack]) if rank >= slack else _END - 1
    low = int(price[rank + slack]) if rank + slack < len(price) else min(high, 0)
    return low, high, rank == len(price)


def _sift(book: _Book, low: int, high: int) -> _Served | None:
    """Serve all bids above `high` and settle those from `low` to `high`; None where the level is not between."""
    fill, pay = np.empty((2, len(book.price)), np.int64)
    bounds, above_kwh, near = _Bounds(), 0, []
    top, width, sign = np.array(high), np.array(high - low, np.uint64), np.array(63)
    for block in _blocks(len(book.price)):
        price, quantity, mask = book.price[block], book.quantity[block], pay[block]
        bounds.add(price, quantity)
        np.subtract(top, price, out=mask)  # negative: above
        rows = np.flatnonzero(np.less_equal(mask.view(np.uint64), width))
        near.append((rows + block.start, price[rows], quantity[rows]))
        np.right_shift(mask, sign, out=mask)  # all ones: above; zero: not
        above_kwh += int(np.add.reduce(np.bitwise_and(quantity, mask, out=fill[block])))
        np.bitwise_and(price, mask, out=mask)
    bounds.require(book)
    rows, price, quantity = (np.concatenate(column) for column in zip(*near, strict=True))
    left_kwh = book.supply_kwh - above_kwh
    if left_kwh < 0 or int(quantity.sum()) <= left_kwh:
        return None
    if low == high:  # all of them at the level
        return _Served(fill, pay, None, low, rows, left_kwh)
    level = _level(price, quantity, left_kwh)
    above = price > level
    fill[rows] = served = quantity * above
    pay[rows] = price * above
    return _Served(fill, pay, None, level, rows[price == level], left_kwh - int(served.sum()))


def _level(price: Int64s, quantity: Int64s, supply_kwh: int) -> int:
    """Find the highest price at and over which more is asked than there is, halving until little is left to sort."""
    while len(price) > _SORTED_AT_ONCE:
        pivot = np.partition(price, len(price) // 2)[len(price) // 2]
        above, at = price > pivot, price == pivot
        above_kwh = int(quantity[above].sum())
        if above_kwh > supply_kwh:
            price, quantity = price[above], quantity[above]
            continue
        supply_kwh -= above_kwh + int(quantity[at].sum())
        if supply_kwh < 0:
            return int(pivot)
        below = price < pivot
        price, quantity = price[below], quantity[below]
    price, reached = _from_the_top(price, quantity)
    return int(price[np.searchsorted(reached, supply_kwh, side="right")])


def _from_the_top(price: Int64s, quantity: Int64s) -> tuple[Int64s, Int64s]:
    """Sort by price, highest first, and add up the quantities; one key holds both where 63 bits are enough."""
    bits = int(quantity.max()).bit_length()
    if int(price.max()).bit_length() + bits > 63:
        down = np.argsort(price)[::-1]
        return price[down], np.cumsum(quantity[down])
    keys = np.sort(price << bits | quantity)[::-1]
    return keys >> bits, np.cumsum(keys & (1 << bits) - 1)
