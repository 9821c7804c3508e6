"""Cases around every limit: one unit under, on it, one over. The limits are worked by hand."""

from functools import cache

from tests.spec.clean import clean_operator, quarter_named, with_change
from tests.spec.specs import Spec

MET, BREACHED, OPEN = "met", "breached", "undetermined"
LEAST, MOST = (BREACHED, MET, MET), (MET, MET, BREACHED)
"""Statuses one under, on, and one over a limit that is a least, or a most."""

# duty, quarter, readings, other changes, path of the fact, limit, statuses, what stands as the limit of the finding
LIMITS = [
    # 75 %, 80 %, 50 %, 25 % of 10 BTC; of 1,000,000 sat received by the clean operator
    ("sale.share", "2025-Q3", {}, {}, "book.sold_sat", 750_000, LEAST, 750_000),
    ("sale.share", "2025-Q3", {"sale.share_2025": "s2"}, {}, "book.sold_sat", 800_000, LEAST, 800_000),
    ("sale.share", "2026-Q2", {}, {}, "book.sold_sat", 750_000, LEAST, 750_000),
    ("sale.share", "2024-Q2", {}, {}, "book.sold_sat", 500_000, LEAST, 500_000),
    ("sale.share", "2023-Q3", {"sale.share_2023": "press"}, {}, "book.sold_sat", 250_000, LEAST, 250_000),
    # 75 % of 1,010,000 sat mined: 757,500
    ("sale.share", "2025-Q3", {"sale.denominator": "coins_mined"}, {}, "book.sold_sat", 757_500, LEAST, 757_500),
    ("records.coins", "2025-Q3", {}, {}, "book.disclosed_sat", 1_000_000, LEAST, 1_000_000),
    # 98 % of 4,000,000 Wh
    ("records.energy", "2025-Q3", {}, {}, "book.metered_wh", 3_920_000, LEAST, 3_920_000),
    ("records.detail", "2025-Q3", {}, {}, "book.log_gap_hours", 0, (MET, MET, BREACHED), 0),
    # 5,000 kWh bought
    ("energy.source", "2025-Q3", {}, {}, "book.metered_wh", 5_000_000, MOST, 5_000_000),
    ("energy.purchase_size", "2025-Q3", {}, {}, "book.platform.largest_kwh", 1_000, MOST, 1_000_000),
    ("energy.direct_contract", "2025-Q3", {}, {}, "book.direct_contract_kwh", 0, (MET, MET, BREACHED), 0),
    # 70 % of 100,000 kWh
    (
        "energy.programme",
        "2025-Q3",
        {"programme_70_30.status": "in_force"},
        {"book.programme": {"new_output_kwh": 100_000, "to_grid_kwh": 0}},
        "book.programme.to_grid_kwh",
        70_000,
        LEAST,
        70_000_000,
    ),
    # 5,000 kWh at 1, 1, 2, 2 and, own or renewable, at 10 and 1 tenge
    ("fee.amount", "2022-Q3", {}, {}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    (
        "fee.amount",
        "2023-Q3",
        {},
        {"book.average_price_tiyn_per_kwh": 2_400},
        "book.fee.paid_tiyn",
        500_000,
        LEAST,
        500_000,
    ),
    ("fee.amount", "2024-Q3", {}, {}, "book.fee.paid_tiyn", 1_000_000, LEAST, 1_000_000),
    ("fee.amount", "2026-Q2", {}, {}, "book.fee.paid_tiyn", 1_000_000, LEAST, 1_000_000),
    ("fee.amount", "2022-Q3", {}, {"route": "own_renewable"}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    ("fee.amount", "2022-Q3", {}, {"route": "own_generation"}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    ("fee.amount", "2023-Q3", {}, {"route": "own_renewable"}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    ("fee.amount", "2023-Q3", {}, {"route": "own_generation"}, "book.fee.paid_tiyn", 5_000_000, LEAST, 5_000_000),
    ("fee.amount", "2025-Q3", {}, {"route": "own_renewable"}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    ("fee.amount", "2025-Q3", {}, {"route": "own_generation"}, "book.fee.paid_tiyn", 500_000, LEAST, 500_000),
    (
        "fee.amount",
        "2023-Q3",
        {},
        {"route": "own_renewable", "book.meter_faulty": True},
        "book.fee.paid_tiyn",
        12_500_000,
        LEAST,
        12_500_000,
    ),
    # 5 % of 500,000 tiyn
    (
        "fee.rebate",
        "2025-Q3",
        {},
        {"route": "own_renewable", "book.rebate_eligible": True},
        "book.rebate_claimed_tiyn",
        25_000,
        MOST,
        25_000,
    ),
    # 100,000 tenge of coins, 90,000 of costs: 15 % and 20 % of 10,000, 15 %, 20 % and 1 % of 100,000
    ("tax.income", "2025-Q3", {"tax.income": "s1"}, {}, "book.tax_declared_tiyn", 150_000, LEAST, 150_000),
    ("tax.income", "2025-Q3", {"tax.income": "s4"}, {}, "book.tax_declared_tiyn", 200_000, LEAST, 200_000),
    ("tax.income", "2025-Q3", {"tax.income": "s0"}, {}, "book.tax_declared_tiyn", 1_500_000, LEAST, 1_500_000),
    ("tax.income", "2025-Q3", {"tax.income": "published"}, {}, "book.tax_declared_tiyn", 2_000_000, LEAST, 2_000_000),
    ("tax.income", "2025-Q3", {"tax.income": "s4_it"}, {}, "book.tax_declared_tiyn", 100_000, LEAST, 100_000),
    ("tax.income", "2021-Q3", {}, {}, "book.tax_declared_tiyn", 200_000, LEAST, 200_000),
    ("tax.income", "2021-Q3", {"tax.income": "s4_it"}, {}, "book.tax_declared_tiyn", 100_000, LEAST, 100_000),
]

HYPOTHESIS = (25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1)
"""Fee in tenge at a price from 0, 1, 2 ... 24 tenge: 25 less the whole tenge, at least 1."""
DRAFT = {0: 0, 500: 10, 1_000: 7, 1_500: 0, 2_000: 3, 2_500: 0}
"""Fee in tenge from a price in tiyn on by the bill of 2022; 0 where the report gives none."""
KNOWN = {0: 0, 2_400: 1}
"""The same by what could be read of the act."""


def _around(limit, statuses):
    return [
        (amount, status)
        for amount, status in zip((limit - 1, limit, limit + 1), statuses, strict=True)
        if amount >= 0
    ]


def _limit_specs():
    for duty, quarter, readings, changes, path, limit, statuses, shown in LIMITS:
        for amount, status in _around(limit, statuses):
            facts = clean_operator(quarters=(quarter_named(quarter),))
            value = {"exchange-a": amount} if path == "book.sold_sat" else amount
            for where, what in {**changes, path: value}.items():
                facts = with_change(facts, where, what)
            said = "-".join(map("=".join, readings.items()))
            name = f"limit-{duty}-{quarter}-{said}-{'-'.join(map(str, changes.values()))}-{amount}"
            expected = {"status": status, "limit": shown}
            yield Spec(name, facts, "described", readings, frozenset(), duty, quarter, expected)


def _band_specs():
    tables = {
        "hypothesis": {100 * n: fee for n, fee in enumerate(HYPOTHESIS)},
        "draft_2022": DRAFT,
        "unknown": KNOWN,
    }
    for position, table in tables.items():
        asked = {price + n for price in table for n in (-1, 0, 1) if price + n >= 0} | {10_000}
        for price in sorted(asked):
            fee = table[max(low for low in table if low <= price)]
            facts = clean_operator(quarters=(quarter_named("2023-Q3"),))
            facts = with_change(facts, "book.average_price_tiyn_per_kwh", price)
            facts = with_change(facts, "book.fee.paid_tiyn", 500_000 * fee)
            expected = {"status": MET, "limit": 500_000 * fee} if fee else {"status": OPEN, "limit": None}
            readings = {"fee.bands_2023": position}
            name = f"band-{position}-{price}"
            yield Spec(name, facts, "described", readings, frozenset(), "fee.amount", "2023-Q3", expected)


@cache
def threshold_specs():
    """List the cases around limits and bands."""
    return (*_limit_specs(), *_band_specs())
