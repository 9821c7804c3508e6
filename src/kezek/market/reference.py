"""The reference clearing: the rules of `clearing` again, for people to read, on the standard library alone.

Written apart from `clearing` and `apportion` on purpose: two ways to one answer, compared by a property test. It is
what the offline verifier carries out, so it names the rules and versions that it knows itself, and refuses others.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

REFERENCE_PRICE_RULES = ("pay_as_bid/1", "uniform/1")
REFERENCE_TIE_RULES = ("pro_rata_per_operator/1", "equal_share/1", "time_priority/1")
Ranks = Mapping[str, bytes]
"""Who goes first in an exact tie: the smaller hash."""


@dataclass(frozen=True, slots=True)
class ReferenceBid:
    """One step of an order, in the book in order of arrival.

    Args:
        claimant: Beneficial owner: ids of one owner count as one in a tie.
    """

    price_tiyn_per_kwh: int
    quantity_kwh: int
    claimant: str


@dataclass(frozen=True, slots=True)
class ReferenceClearing:
    """What each bid gets and pays, in the order given; see `clearing.Clearing`. [kWh, tiyn/kWh]"""

    fill_kwh: tuple[int, ...]
    pay_tiyn_per_kwh: tuple[int, ...]
    marginal_tiyn_per_kwh: int | None
    first_rejected_tiyn_per_kwh: int | None


def reference_clearing(
    *,
    product_id: str,
    supply_kwh: int,
    bids: Sequence[ReferenceBid],
    price_rule: str,
    tie_rule: str,
    tie_key: bytes,
) -> ReferenceClearing:
    """Serve bids from the highest price down; share what is left at the first price that does not fit whole.

    Args:
        price_rule, tie_rule: Id and version, as `product.cleared` names them.
        tie_key: Root of the log at gate closure; breaks exact ties. [32 bytes]
    Raises:
        ValueError: a rule or version that is not known here, a quantity that is not positive, a supply under zero.

    >>> bids = [ReferenceBid(2_000, 60, "a"), ReferenceBid(1_900, 80, "b"), ReferenceBid(1_900, 40, "c")]
    >>> rules = {"price_rule": "pay_as_bid/1", "tie_rule": "pro_rata_per_operator/1", "tie_key": b""}
    >>> reference_clearing(product_id="p", supply_kwh=120, bids=bids, **rules).fill_kwh
    (60, 40, 20)
    """
    if price_rule not in REFERENCE_PRICE_RULES or tie_rule not in REFERENCE_TIE_RULES:
        raise ValueError(f"the reference does not know the rules {price_rule} and {tie_rule}")
    if supply_kwh < 0 or any(bid.quantity_kwh <= 0 for bid in bids):
        raise ValueError("a supply under zero, or a quantity that is not positive")
    fill = [0] * len(bids)
    left_kwh, first_rejected = supply_kwh, None
    by_price = sorted(range(len(bids)), key=lambda row: -bids[row].price_tiyn_per_kwh)
    for price, level in groupby(by_price, key=lambda row: bids[row].price_tiyn_per_kwh):
        rows = list(level)
        asked_kwh = sum(bids[row].quantity_kwh for row in rows)
        parts = [bids[row].quantity_kwh for row in rows]
        if asked_kwh > left_kwh:
            first_rejected = price
            parts = _shared(left_kwh, [bids[row] for row in rows], tie_rule, product_id, tie_key)
        for row, part in zip(rows, parts, strict=True):
            fill[row] = part
        left_kwh -= sum(parts)
        if first_rejected is not None:
            break
    return _priced(bids, fill, first_rejected, price_rule)


def _priced(
    bids: Sequence[ReferenceBid], fill: Sequence[int], first_rejected: int | None, price_rule: str
) -> ReferenceClearing:
    """Each pays its own price, or all the lowest that was served."""
    served = [bid.price_tiyn_per_kwh for bid, kwh in zip(bids, fill, strict=True) if kwh]
    marginal = min(served, default=None)
    one_price = marginal if price_rule.startswith("uniform/") else None
    pay = [
        (bid.price_tiyn_per_kwh if one_price is None else one_price) if kwh else 0
        for bid, kwh in zip(bids, fill, strict=True)
    ]
    return ReferenceClearing(tuple(fill), tuple(pay), marginal, first_rejected)


def _shared(
    total_kwh: int, bids: Sequence[ReferenceBid], tie_rule: str, product_id: str, tie_key: bytes
) -> list[int]:
    """Share less than is asked among the bids of one price; an owner's part goes to its bids in turn. [kWh]"""
    if tie_rule.startswith("time_priority/"):
        left = {"": total_kwh}
        return [_take(left, "", bid.quantity_kwh) for bid in bids]
    claims: dict[str, int] = {}
    for bid in bids:
        claims[bid.claimant] = claims.get(bid.claimant, 0) + bid.quantity_kwh
    ranks = {who: reference_rank(tie_key=tie_key, product_id=product_id, claimant=who) for who in claims}
    split = _highest_averages if tie_rule.startswith("pro_rata_per_operator/") else _equal_parts
    left = split(total_kwh, claims, ranks)
    return [_take(left, bid.claimant, bid.quantity_kwh) for bid in bids]


def _take(left: dict[str, int], who: str, wanted_kwh: int) -> int:
    taken = min(left[who], wanted_kwh)
    left[who] -= taken
    return taken


def reference_rank(*, tie_key: bytes, product_id: str, claimant: str) -> bytes:
    """Rank of a claimant in an exact tie: SHA-256 over the root at the gate, the hour and the claimant."""
    return sha256(b"kezek-tie-1\0" + tie_key + b"\0" + f"{product_id}\0{claimant}".encode()).digest()


def _highest_averages(total_kwh: int, claims: Mapping[str, int], ranks: Ranks) -> dict[str, int]:
    """D'Hondt by its divisor: everybody gets claim // divisor, and the divisor is where that adds up to the total.

    The divisor is t / 2**bits, t found by halving. Two different averages claim / part are further apart than
    1 / 2**bits, so between t and t + 1 lies one average at most: that of the last kWh. Whoever has it is in an exact
    tie for what is left: the larger claim first, then the hash.
    """
    if total_kwh == 0:
        return dict.fromkeys(claims, 0)
    bits = 2 * max(claims.values()).bit_length()

    def parts(t: int) -> dict[str, int]:
        return {who: (claim << bits) // t for who, claim in claims.items()}

    low = _last(lambda t: sum(parts(t).values()) >= total_kwh, 1 << bits, (max(claims.values()) << bits) + 1)
    found, more = parts(low + 1), parts(low)
    tied = sorted((who for who in claims if more[who] > found[who]), key=lambda who: (-claims[who], ranks[who]))
    for who in tied[: total_kwh - sum(found.values())]:
        found[who] += 1
    return found


def _equal_parts(total_kwh: int, claims: Mapping[str, int], ranks: Ranks) -> dict[str, int]:
    """Give all the same, small claims in full; the kWh that no longer go round, one each by hash."""
    each = _last(lambda kwh: sum(min(claim, kwh) for claim in claims.values()) <= total_kwh, 0, total_kwh + 1)
    found = {who: min(claim, each) for who, claim in claims.items()}
    short = sorted((who for who in claims if claims[who] > each), key=lambda who: ranks[who])
    for who in short[: total_kwh - sum(found.values())]:
        found[who] += 1
    return found


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Find the last number for which something holds that holds at `low`, not at `high`, and ends once between."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
