"""Sharing what is left at the marginal price: highest averages (D'Hondt) in whole kWh.

Two properties decide the method. House-monotone: a smaller supply never raises anybody's share (largest remainder
breaks this: the Alabama paradox). Merging never loses, so that splitting one's demand over several ids never gains.
Exact ties of the averages go to the larger claim (else a merger could lose its last kWh to one that did not merge),
between equal claims by a hash bound to the log's root at gate closure.
"""

import hashlib
import heapq
from collections.abc import Mapping, Sequence
from fractions import Fraction


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
    heap = [(-Fraction(claim, parts[who] + 1), -claim, ranks[who], who) for who, claim in claims_kwh.items()]
    heapq.heapify(heap)
    for _ in range(total_kwh - sum(parts.values())):
        _, claim, rank, who = heapq.heappop(heap)
        parts[who] += 1
        heapq.heappush(heap, (Fraction(claim, parts[who] + 1), claim, rank, who))
    return parts


def in_turn(*, total_kwh: int, claims_kwh: Sequence[int]) -> list[int]:
    """Fill claims one after another until nothing is left. [kWh]

    >>> in_turn(total_kwh=5, claims_kwh=[3, 3, 3])
    [3, 2, 0]
    """
    left, fills = total_kwh, []
    for claim in claims_kwh:
        fills.append(min(left, claim))
        left -= fills[-1]
    return fills


def equal_share(*, total_kwh: int, claims_kwh: Mapping[str, int], ranks: Mapping[str, bytes]) -> dict[str, int]:
    """Give every claimant the same, small claims in full, single kWh left over by rank. [kWh]

    >>> equal_share(total_kwh=8, claims_kwh={"a": 1, "b": 9, "c": 9}, ranks={"a": b"0", "b": b"1", "c": b"2"})
    {'a': 1, 'b': 4, 'c': 3}
    """
    parts = dict.fromkeys(claims_kwh, 0)
    left, open_claims = total_kwh, sorted(claims_kwh, key=lambda who: (claims_kwh[who], ranks[who]))
    while open_claims:
        each, extra = divmod(left, len(open_claims))
        smallest = open_claims[0]
        if claims_kwh[smallest] <= each:
            parts[smallest] = claims_kwh[smallest]
            left -= parts[smallest]
            open_claims.pop(0)
            continue
        for place, who in enumerate(sorted(open_claims, key=lambda who: ranks[who])):
            parts[who] = each + (place < extra)
        break
    return parts
