"""Sharing what is left at the marginal price: highest averages (D'Hondt) in whole kWh.

Two properties decide the method. House-monotone: a smaller supply never raises anybody's share (largest remainder
breaks this: the Alabama paradox). Merging never loses, so that splitting one's demand over several ids never gains.
Exact ties of the averages go to the larger claim (else a merger could lose its last kWh to one that did not merge),
between equal claims by a hash bound to the log's root at gate closure.
"""

import hashlib
import heapq
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
_SCALE_BITS = 128


def tie_rank(*, tie_key: bytes, product_id: str, claimant: str) -> bytes:
    """Rank of a claimant in an exact tie: nobody can know it before the gate is closed."""
    return hashlib.sha256(b"kezek-tie-1\0" + tie_key + b"\0" + f"{product_id}\0{claimant}".encode()).digest()


def highest_averages(*, total_kwh: int, claims_kwh: Mapping[str, int], ranks: Mapping[str, bytes]) -> dict[str, int]:
    """Split `total_kwh` over claims by highest averages. [kWh]

    Every claimant first gets the whole part of its exact share (highest averages never gives less); the few kWh
    that are left go one by one to the highest claim / (got + 1).

    Guarantees: adds up to the total; nobody gets more than its claim; monotone in the total; a merger of two claims
    gets no less than both got.

    >>> highest_averages(total_kwh=7, claims_kwh={"a": 6, "b": 3}, ranks={"a": b"0", "b": b"1"})
    {'a': 5, 'b': 2}
    """
    claimed_kwh = sum(claims_kwh.values())
    if not 0 <= total_kwh <= claimed_kwh:
        raise ValueError(f"total {total_kwh} kWh is not between 0 and the claims' {claimed_kwh} kWh")
    if total_kwh == 0:
        return dict.fromkeys(claims_kwh, 0)
    parts = {who: claim * total_kwh // claimed_kwh for who, claim in claims_kwh.items()}
    heap = [(-_average(claim, parts[who]), -claim, ranks[who], who) for who, claim in claims_kwh.items()]
    heapq.heapify(heap)
    for _ in range(total_kwh - sum(parts.values())):
        _, claim, rank, who = heapq.heappop(heap)
        parts[who] += 1
        heapq.heappush(heap, (-_average(-claim, parts[who]), claim, rank, who))
    return parts


def _average(claim_kwh: int, got_kwh: int) -> int:
    """Scale claim / (got + 1) to a whole number that keeps the order and the ties.

    Two different averages of numbers up to 2**63 are 2**-126 or more apart, so 128 bits after the point tell them.
    """
    return (claim_kwh << _SCALE_BITS) // (got_kwh + 1)


def equal_share(*, total_kwh: int, claims_kwh: Mapping[str, int], ranks: Mapping[str, bytes]) -> dict[str, int]:
    """Give every claimant the same, small claims in full, single kWh left over by rank. [kWh]

    >>> equal_share(total_kwh=8, claims_kwh={"a": 1, "b": 9, "c": 9}, ranks={"a": b"0", "b": b"1", "c": b"2"})
    {'a': 1, 'b': 4, 'c': 3}
    """
    parts = dict(claims_kwh)
    smallest_first = sorted(claims_kwh, key=lambda who: claims_kwh[who])
    left_kwh = total_kwh
    for place, who in enumerate(smallest_first):
        each_kwh, extra_kwh = divmod(left_kwh, len(smallest_first) - place)
        if claims_kwh[who] > each_kwh:
            for turn, short in enumerate(sorted(smallest_first[place:], key=lambda who: ranks[who])):
                parts[short] = each_kwh + (turn < extra_kwh)
            break
        left_kwh -= claims_kwh[who]
    return parts


def in_turn(*, total_kwh: int, asked_kwh: Int64s) -> Int64s:
    """Fill one after another until nothing is left. int64 (n,). [kWh]

    >>> in_turn(total_kwh=5, asked_kwh=np.array([3, 3, 3])).tolist()
    [3, 2, 0]
    """
    shares: Int64s = np.clip(total_kwh - (np.cumsum(asked_kwh) - asked_kwh), 0, asked_kwh)
    return shares


def share_at_margin(
    *,
    total_kwh: int,
    asked_kwh: Int64s,
    claimant: npt.NDArray[np.signedinteger],
    claimant_ids: Sequence[str],
    product_id: str,
    tie_rule: str,
    tie_key: bytes,
) -> Int64s:
    """Share what is left among the bids of one price; a claimant's part goes to its bids in order of arrival. [kWh]

    Args:
        total_kwh: What is left, at most what is asked. [kWh]
        asked_kwh: One per bid, in order of arrival. int64 (n,). [kWh]
        claimant: Code of the owner of each bid: its place in `claimant_ids`.
        tie_rule: `pro_rata_per_operator`, `equal_share` or `time_priority`.
    Guarantees: adds up to the total; no bid gets more than it asked; a smaller total raises no bid.
    """
    if tie_rule == "time_priority" or not total_kwh:
        return in_turn(total_kwh=total_kwh, asked_kwh=asked_kwh)
    codes = claimant.astype(np.uint16) if len(claimant_ids) <= 1 << 16 else claimant
    counts = np.bincount(codes, minlength=len(claimant_ids))
    bidding = np.flatnonzero(counts)
    stops = np.cumsum(counts[bidding])
    starts = stops - counts[bidding]
    grouped = np.argsort(codes, kind="stable")
    asked = asked_kwh[grouped]
    owners = [claimant_ids[code] for code in bidding.tolist()]
    claims_kwh = dict(zip(owners, np.add.reduceat(asked, starts).tolist(), strict=True))
    ranks = {owner: tie_rank(tie_key=tie_key, product_id=product_id, claimant=owner) for owner in owners}
    method = highest_averages if tie_rule == "pro_rata_per_operator" else equal_share
    parts = method(total_kwh=total_kwh, claims_kwh=claims_kwh, ranks=ranks)
    shares = np.empty_like(asked)
    shares[grouped] = _in_turn_by_owner(asked, starts, stops, np.array(list(parts.values())))
    return shares


def _in_turn_by_owner(asked_kwh: Int64s, starts: Int64s, stops: Int64s, parts_kwh: Int64s) -> Int64s:
    """Fill the bids of each owner, which stand together, from its own part until that ends."""
    reached = np.cumsum(asked_kwh)
    ends_kwh = reached[starts] - asked_kwh[starts] + parts_kwh
    cuts = np.minimum(np.searchsorted(reached, ends_kwh, side="right"), stops - 1)
    at_cut = np.minimum(ends_kwh - (reached[cuts] - asked_kwh[cuts]), asked_kwh[cuts])
    shares = asked_kwh.copy()
    shares[cuts] = at_cut
    for cut, stop in zip(cuts.tolist(), stops.tolist(), strict=True):
        shares[cut + 1 : stop] = 0
    return shares
