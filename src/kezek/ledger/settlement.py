"""The entries of a trading day: prepayment, reservation, settlement, release, refund.

The single buyer is the counterparty of every purchase: it sells the surplus, holds the prepayments and owes the VAT.
"""

from collections.abc import Sequence
from datetime import datetime

from kezek.ledger.entry import CASH, ENERGY_SALES, PREPAID, RESERVED, VAT_PAYABLE, Entry, Posting
from kezek.units.rounding import share_of


def prepayment(*, operator_id: str, at: datetime, amount_tiyn: int, entry_id: str) -> Entry:
    """Book money that an operator paid in before the session. [tiyn]"""
    postings = (Posting(CASH, amount_tiyn), Posting(f"{PREPAID}:{operator_id}", -amount_tiyn))
    return Entry(entry_id, at, "prepayment", postings)


def reservation(*, operator_id: str, at: datetime, amount_tiyn: int, entry_id: str) -> Entry:
    """Set aside the most that an accepted order can cost. [tiyn]"""
    postings = (Posting(f"{PREPAID}:{operator_id}", amount_tiyn), Posting(f"{RESERVED}:{operator_id}", -amount_tiyn))
    return Entry(entry_id, at, "reservation", postings)


def settlement(*, operator_id: str, at: datetime, nets_tiyn: Sequence[int], vat_ppm: int, entry_id: str) -> Entry:
    """Turn reserved money into the sale of an award's purchases, VAT rounded half up per purchase. [tiyn]"""
    net_tiyn = sum(nets_tiyn)
    vat_tiyn = sum(share_of(one_tiyn, vat_ppm) for one_tiyn in nets_tiyn)
    postings = (
        Posting(f"{RESERVED}:{operator_id}", net_tiyn + vat_tiyn),
        Posting(ENERGY_SALES, -net_tiyn),
        Posting(VAT_PAYABLE, -vat_tiyn),
    )
    return Entry(entry_id, at, "sale of surplus", postings)


def release(*, operator_id: str, at: datetime, amount_tiyn: int, entry_id: str) -> Entry:
    """Give back what was reserved and not used. [tiyn]"""
    postings = (Posting(f"{RESERVED}:{operator_id}", amount_tiyn), Posting(f"{PREPAID}:{operator_id}", -amount_tiyn))
    return Entry(entry_id, at, "release", postings)


def refund(*, operator_id: str, at: datetime, net_tiyn: int, vat_tiyn: int, entry_id: str) -> Entry:
    """Give back the price and VAT of energy that curtailment took away. [tiyn]"""
    postings = (
        Posting(ENERGY_SALES, net_tiyn),
        Posting(VAT_PAYABLE, vat_tiyn),
        Posting(f"{PREPAID}:{operator_id}", -net_tiyn - vat_tiyn),
    )
    return Entry(entry_id, at, "refund of curtailed energy", postings)


def refund_amounts(*, before_kwh: int, left_kwh: int, price_tiyn_per_kwh: int, vat_ppm: int) -> tuple[int, int]:
    """Compute net and VAT of a refund as the difference of what was booked and what stays. [tiyn]

    >>> refund_amounts(before_kwh=1_000, left_kwh=400, price_tiyn_per_kwh=1_850, vat_ppm=120_000)
    (1110000, 133200)
    """
    net_before, net_left = before_kwh * price_tiyn_per_kwh, left_kwh * price_tiyn_per_kwh
    return net_before - net_left, share_of(net_before, vat_ppm) - share_of(net_left, vat_ppm)
