"""Measure the ledger: transfers a second, and 30,000 lots split, charged and settled."""

from collections.abc import Callable
from datetime import UTC, datetime

from kezek.ledger.charges import (
    Charges,
    award_cost,
    prepayment,
    reservation,
    reservation_id,
    settlement,
    worst_case_tiyn,
)
from kezek.ledger.transfer import ENERGY_SALES, Ledger, Transfer, prepaid
from kezek.market.lots import lot_sizes, purchases_of

Row = tuple[str, str, str, float]
Best = Callable[[int, Callable[[], object]], float]
TRANSFERS, LIMIT_PER_S, OPERATORS = 200_000, 200_000, 84
LOTS, LOT_KWH, PRICE = 30_000, 1_000, 1_850
AT = datetime(2025, 10, 14, 5, tzinfo=UTC)
CHARGES = Charges(market_fee_tiyn_per_kwh=5, transmission_tiyn_per_kwh=120, vat_ppm=120_000)
WHO = [f"OP-{number:03d}" for number in range(OPERATORS)]


def paid_in() -> Ledger:
    ledger = Ledger()
    for operator_id in WHO:
        ledger.post(prepayment(operator_id=operator_id, amount_tiyn=10**13, at=AT, stem=operator_id))
    return ledger


def built() -> list[Transfer]:
    return [
        Transfer(f"t{row}", prepaid(WHO[row % OPERATORS]), ENERGY_SALES, 1_000 + row % 7, AT, "energy")
        for row in range(TRANSFERS)
    ]


def posted(ledger: Ledger, groups: list[list[Transfer]]) -> None:
    for group in groups:
        ledger.post(group)


def posting_rows(best_of: Best) -> list[Row]:
    """Plain transfers, in groups of 1 and of 4, without and with making them."""
    transfers, rows = built(), []
    making = best_of(5, built)
    for size in (1, 4):
        groups = [transfers[start : start + size] for start in range(0, TRANSFERS, size)]
        ledgers = iter([paid_in() for _ in range(5)])
        seconds = best_of(5, lambda ledgers=ledgers, groups=groups: posted(next(ledgers), groups))
        rows.append(_rate(f"post transfers, groups of {size}", seconds))
        rows.append(_rate(f"make and post transfers, groups of {size}", seconds + making))
    return rows


def reserved(awards: int, lots: int) -> Ledger:
    """A ledger in which every order has its worst case set aside, as it is when the hour is cleared."""
    ledger = paid_in()
    sizes_kwh = lot_sizes(award_kwh=lots * LOT_KWH, purchase_max_kwh=LOT_KWH)
    most_tiyn = worst_case_tiyn(sizes_kwh=sizes_kwh, limit_tiyn_per_kwh=PRICE, charges=CHARGES)
    for row in range(awards):
        who = WHO[row % OPERATORS]
        ledger.post(reservation(operator_id=who, amount_tiyn=most_tiyn, at=AT, stem=f"A{row}"))
    return ledger


def settled(ledger: Ledger, awards: int, lots: int) -> None:
    """Split each award into purchases, charge each purchase, settle each award: every part of it is a transfer."""
    for row in range(awards):
        stem, who = f"A{row}", WHO[row % OPERATORS]
        cost = award_cost(sizes_kwh=split(stem, who, lots), price_tiyn_per_kwh=PRICE, charges=CHARGES)
        ledger.post(settlement(operator_id=who, cost=cost, reserved_id=reservation_id(stem), at=AT, stem=stem))
    ledger.require_zero()


def split(stem: str, who: str, lots: int) -> list[int]:
    """Split one award into purchases; gives their sizes. [kWh]"""
    purchases = purchases_of(
        order_id=stem,
        operator_id=who,
        product_id="2025-10-15/west/07",
        award_kwh=lots * LOT_KWH,
        price_tiyn_per_kwh=PRICE,
        purchase_max_kwh=LOT_KWH,
        owner_id=who,
    )
    return [purchase.energy_kwh for purchase in purchases]


def settling_rows(best_of: Best) -> list[Row]:
    """The lots of a country's day: as awards of 40 MWh, and in the worst shape, as many awards as lots."""
    rows = []
    for lots in (40, 1):
        awards = LOTS // lots
        ledgers = iter([reserved(awards, lots) for _ in range(5)])
        seconds = best_of(5, lambda ledgers=ledgers, awards=awards, lots=lots: settled(next(ledgers), awards, lots))
        what = f"split and settle {LOTS:,} lots of {awards:,} awards"
        rows.append((what, f"{seconds * 1000:,.1f} ms", "limit: 300 ms", seconds / 0.3))
    return rows


def ledger_rows(best_of: Best) -> list[Row]:
    """All rows about the ledger."""
    return [*posting_rows(best_of), *settling_rows(best_of)]


def _rate(what: str, seconds: float) -> Row:
    rate = TRANSFERS / seconds
    return what, f"{rate:,.0f}/s", f"at least {LIMIT_PER_S:,}/s", LIMIT_PER_S / rate
