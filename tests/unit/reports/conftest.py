"""A small day, set by hand: two zones, three hours, three operators, two breaches."""

from datetime import date
from typing import Any

import polars as pl
import pytest

HOSTILE = '<script>alert("1")</script> & Sons'
HOURS = ("22:00", "23:00", "23:00 (second)")


def _hour(zone: str, index: int, offered: int, bids: int, asked: int) -> dict[str, Any]:
    bought = min(offered, asked)
    sold = bought > 0
    return {
        "product_id": f"2024-02-29/{zone}/{22 + index:02d}",
        "zone": zone,
        "hour_index": index,
        "hour": HOURS[index],
        "available_kwh": 14_000_000 + offered,
        "demand_kwh": 13_000_000,
        "reserve_kwh": 1_000_000,
        "offered_kwh": offered,
        "asked_kwh": asked,
        "bought_kwh": bought,
        "bought_after_curtailment_kwh": bought,
        "revised_offer_kwh": None,
        "bid_count": bids,
        "lowest_tiyn_per_kwh": 1_900 if sold else None,
        "average_tiyn_per_kwh": 2_000 if sold else None,
        "highest_tiyn_per_kwh": 2_100 if sold else None,
        "first_rejected_tiyn_per_kwh": None,
    }


def hours_frame(*, asked: int) -> pl.DataFrame:
    rows = [
        _hour("north_south", 0, 100_000, 2 if asked else 0, asked),
        _hour("north_south", 1, 30_000, 2 if asked else 0, asked),
        _hour("north_south", 2, 0, 0, 0),
        *(_hour("west", n, 10_000, 0, 0) for n in range(3)),
    ]
    numbers = [key for key in rows[0] if key not in ("product_id", "zone", "hour")]
    frame = pl.DataFrame(rows, schema_overrides=dict.fromkeys(numbers, pl.Int64))
    if not asked:
        return frame
    cut = pl.when(pl.col("product_id") == "2024-02-29/north_south/22").then(15_000)
    return frame.with_columns(bought_after_curtailment_kwh=cut.otherwise(pl.col("bought_kwh")))


def orders_frame(*, asked: bool) -> pl.DataFrame:
    rows = [
        (f"{product}/{owner}", owner, product, price, quantity, outcome, reason, quantity)
        for product in ("2024-02-29/north_south/22", "2024-02-29/north_south/23")
        for owner, price, quantity, outcome, reason in (
            ("OP-001", 2_100, 20_000, "accepted", "market.outcome.served"),
            ("OP-002", 1_900, 30_000, "partly_accepted", "market.outcome.shared"),
            ("OP-003", 1_700, 30_000, "rejected", "market.order.price_under_reserve"),
        )
    ]
    keys = ("order_id", "operator_id", "product_id", "price_tiyn_per_kwh", "quantity_kwh", "outcome", "reason")
    texts = {"order_id", "operator_id", "product_id", "outcome", "reason"}
    schema = {key: pl.String if key in texts else pl.Int64 for key in (*keys, "final_kwh")}
    return pl.DataFrame(rows if asked else [], schema=schema, orient="row")


def purchases_frame(*, asked: bool) -> pl.DataFrame:
    product = "2024-02-29/north_south/22"
    rows = [("OP-001", product, 20_000, 15_000), ("OP-002", product, 30_000, 0)] if asked else []
    schema = {"operator_id": pl.String, "product_id": pl.String, "energy_kwh": pl.Int64, "final_kwh": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def operators_frame() -> pl.DataFrame:
    rows = [
        ("OP-001", HOSTILE, "I", "grid_surplus", 1_000, 100, 360_000),
        ("OP-002", "Munar-02 (synthetic)", "I", "grid_surplus", 500, 50, 180_000),
        ("OP-003", "Naiza-03 (synthetic)", "II", "hosted", 100, 0, 0),
    ]
    keys = ("operator_id", "name", "subtype", "route", "machines_registered", "machines_active", "active_power_w")
    return pl.DataFrame(rows, schema=dict(zip(keys, (*[pl.String] * 4, *[pl.Int64] * 3), strict=True)), orient="row")


def _finding(operator: str, duty: str, period: str, status: str, reason: str, **more: Any) -> dict[str, Any]:
    blank = {
        "measured": None,
        "limit": None,
        "unit": "",
        "evidence": "",
        "source": "digital_assets_law",
        "at": "Art. 9",
        "deadline_on": None,
        "at_stake_tiyn": 0,
        "holds_under_all_readings": not more.get("changes"),
        "changes": "",
    }
    named = {"operator_id": operator, "duty": duty, "period": period, "status": status, "reason": reason}
    return {**named, **blank, **more}


def findings_frame() -> pl.DataFrame:
    rows = [
        _finding(
            "OP-001",
            "sale.share",
            "2023-Q4",
            "breached",
            "duties.sale.short",
            measured=29_462_802,
            limit=35_074_765,
            unit="sat",
            deadline_on=date(2023, 12, 31),
            at_stake_tiyn=343_985_272,
            changes="sale.period=calendar_year: at_risk",
        ),
        _finding(
            "OP-002",
            "equipment.registered",
            "2023-Q4",
            "breached",
            "duties.equipment.not_registered",
            measured=4,
            limit=0,
            unit="machines",
            evidence="<b>A</b>; XXX0000-00000002; C; D",
        ),
        _finding("OP-003", "fee.amount", "2023-Q4", "undetermined", "duties.law.unknown"),
        _finding("OP-003", "fee.return", "2023-Q4", "met", "duties.fee.return_done", evidence="filed 2024-02-10"),
        _finding(
            "OP-002", "sale.share", "2024-Q1", "at_risk", "duties.sale.behind_pace", measured=1, limit=3, unit="sat"
        ),
        _finding("OP-001", "tax.income", "2024-Q1", "not_applicable", "duties.tax.period_open"),
    ]
    numbers = dict.fromkeys(("measured", "limit", "at_stake_tiyn"), pl.Int64)
    return pl.DataFrame(rows, schema_overrides={**numbers, "deadline_on": pl.Date})


def make_tables(*, asked: int) -> dict[str, pl.DataFrame]:
    return {
        "hours": hours_frame(asked=asked),
        "orders": orders_frame(asked=asked > 0),
        "purchases": purchases_frame(asked=asked > 0),
        "operators": operators_frame(),
        "findings": findings_frame(),
    }


LINES = {"energy": 60, "grids": 10, "vat": 8, "fee_per_kwh": 5, "labour": 3, "sale_spread": 1, "compliance": 4}


def make_summary(*, tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    hours, findings = tables["hours"], tables["findings"]
    bought, offered = int(hours["bought_kwh"].sum()), int(hours["offered_kwh"].sum())
    left = int(hours["bought_after_curtailment_kwh"].sum())
    lines = {**LINES, "income_tax": 9, "left_to_operators": 50} if bought else {"left_to_operators": 0}
    statuses = dict.fromkeys(("breached", "at_risk", "undetermined", "met", "not_applicable"), 0)
    counted = dict(findings.group_by("status").len().rows())
    breached = findings.filter(pl.col("status") == "breached")
    cut = {
        "product_id": "2024-02-29/north_south/22",
        "offered_kwh": 100_000,
        "sold_before_kwh": 50_000,
        "sold_after_kwh": 15_000,
        "purchases_cancelled": 3,
        "purchases_reduced": 1,
        "awards_raised": 0,
    }
    return {
        "format": "kezek-day@v1",
        "date": "2024-02-29",
        "hours": 25,
        "profile": "described",
        "readings": {"sale.share_2025": "s2"},
        "seed": 7,
        "law_digest": "ab" * 32,
        "unconfirmed_law": ["vat.rate_ppm"],
        "network": {
            "difficulty": "81725299822043.20",
            "height_at_start": 832_000,
            "subsidy_sat": 625_000_000,
            "expected_blocks_milli": 150_250,
            "transaction_fees": "are known",
            "price_month": "2024-02",
            "tiyn_per_usd": 45_000,
            "tiyn_per_btc": 2_200_000_000,
            "sources": ["A table of prices"],
        },
        "market": {
            "rules": ["pay_as_bid/1", "pro_rata_per_operator/1"],
            "reserve_tiyn_per_kwh": 1_800,
            "offered_kwh": offered,
            "bought_kwh": bought,
            "bought_after_curtailment_kwh": left,
            "take_up_ppm": bought * 10**6 // offered,
            "month_take_up_ppm": 287_421,
            "target_take_up_ppm": 290_000,
            "month_offered_mwh": 299_988,
            "target_offered_mwh": 300_000,
        },
        "zones": [
            {
                "zone": zone,
                "offered_kwh": int(hours.filter(pl.col("zone") == zone)["offered_kwh"].sum()),
                "bought_kwh": int(hours.filter(pl.col("zone") == zone)["bought_kwh"].sum()),
                "take_up_ppm": 500_000,
                "hours_without_surplus": 1,
                "hours_sold_out": 1,
            }
            for zone in ("north_south", "west")
        ],
        "curtailment": [cut] if bought else [],
        "fleet": {
            "operators": 3,
            "machines_registered": 1_600,
            "machines_active": 150,
            "registered_power_w": 5_760_000,
            "active_power_w": 540_000,
            "bidders": 2,
        },
        "money": {
            "prepaid_tiyn": 300,
            "energy_sales_tiyn": 200,
            "vat_tiyn": 24,
            "left_with_operators_tiyn": 76,
            "sum_of_all_accounts_tiyn": 0,
            "transfers": 9,
        },
        "output": {
            "metered_wh": 3_786_000_000,
            "credited_sat": 342_134_330,
            "paid_sat": 335_291_642,
            "pool_fee_sat": 6_842_688,
            "share_of_network_ppm": 7_833,
            "where_the_money_goes": [{"line": line, "amount_tiyn": 10**8 * n} for line, n in lines.items()],
        },
        "duties": {
            "operators_by_status": {**statuses, "breached": 2, "undetermined": 1},
            "operators_by_status_open_quarter": {**statuses, "at_risk": 1},
            "findings_by_status": {**statuses, **counted},
            "findings_that_depend_on_a_reading": 1,
            "breached": breached.select("operator_id", "duty", "period", "reason").to_dicts(),
        },
        "evidence": {"entries": 1_234, "root": "cd" * 32, "receipts": 8},
        "assumptions": [
            {
                "key": "active_share_grid",
                "value": "100000 ppm",
                "synthetic": True,
                "why": "registered is not running <i>",
                "source": "Kezek, own assumption",
            },
            {"key": "machines", "value": "415000", "synthetic": False, "why": "the register", "source": "S1"},
        ],
    }


@pytest.fixture(scope="session")
def tables() -> dict[str, pl.DataFrame]:
    return make_tables(asked=50_000)


@pytest.fixture(scope="session")
def summary(tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    return make_summary(tables=tables)


@pytest.fixture(scope="session")
def unsold() -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    tables = make_tables(asked=0)
    return make_summary(tables=tables), tables
