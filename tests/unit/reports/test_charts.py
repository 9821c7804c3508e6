"""The charts hold the numbers of the tables, and are the same each time."""

from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl
import pytest

from kezek.reports import charts, charts_books
from kezek.reports.drawing import Spec, svg

Tables = dict[str, pl.DataFrame]
ON = date(2024, 2, 29)
PRODUCT = "2024-02-29/north_south/23"


def all_specs(tables: Tables, summary: dict[str, Any], width: int) -> list[Spec]:
    hours, lines = tables["hours"], summary["output"]["where_the_money_goes"]
    return [
        charts.zone_spec(hours=hours, zone="north_south", reserve_tiyn_per_kwh=1_800, width_px=width),
        charts.bid_curve_spec(
            hours=hours, orders=tables["orders"], product_id=PRODUCT, reserve_tiyn_per_kwh=1_800, width_px=width
        ),
        charts_books.verdicts_spec(findings=tables["findings"], on=ON, width_px=width),
        charts_books.money_spec(lines=lines, width_px=width),
        charts_books.fleet_spec(operators=tables["operators"], width_px=width),
    ]


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("offered", "offered_kwh"),
        ("bought", "bought_kwh"),
        ("left", "bought_after_curtailment_kwh"),
        ("demand", "demand_kwh"),
        ("available", "available_kwh"),
    ],
)
@pytest.mark.parametrize("zone", ["north_south", "west"])
def test_a_zone_chart_adds_up_to_the_table(tables: Tables, zone: str, field: str, column: str) -> None:
    spec = charts.zone_spec(hours=tables["hours"], zone=zone, reserve_tiyn_per_kwh=1_800, width_px=430)
    drawn = sum(round(1_000 * row[field]) for row in spec["data"]["values"])
    assert drawn == tables["hours"].filter(pl.col("zone") == zone)[column].sum()


def test_a_doubled_hour_is_named(tables: Tables) -> None:
    spec = charts.zone_spec(hours=tables["hours"], zone="north_south", reserve_tiyn_per_kwh=1_800, width_px=430)
    assert [row["hour"] for row in spec["data"]["values"]] == ["22:00", "23:00", "23:00 (second)"]
    assert "(second)" in svg(spec)


def test_the_most_interesting_hour_is_sold_out(tables: Tables) -> None:
    assert charts.interesting_hour(hours=tables["hours"]) == PRODUCT


def test_no_hour_is_interesting_without_bids(unsold: tuple[dict[str, Any], Tables]) -> None:
    assert charts.interesting_hour(hours=unsold[1]["hours"]) is None


def test_the_bid_steps_add_up(tables: Tables) -> None:
    steps = charts.bid_steps(hours=tables["hours"], orders=tables["orders"], product_id=PRODUCT)
    assert [(one["price_tiyn_per_kwh"], one["quantity_kwh"], one["accepted_kwh"]) for one in steps] == [
        (2_100, 20_000, 20_000),
        (1_900, 30_000, 10_000),
    ]
    row = tables["hours"].row(by_predicate=pl.col("product_id") == PRODUCT, named=True)
    assert sum(one["accepted_kwh"] for one in steps) == row["bought_kwh"]
    assert sum(one["quantity_kwh"] for one in steps) == row["asked_kwh"]
    assert sum(one["bids"] for one in steps) == row["bid_count"]


def test_the_verdict_chart_counts_every_finding_once(tables: Tables) -> None:
    spec = charts_books.verdicts_spec(findings=tables["findings"], on=ON, width_px=960)
    assert sum(row["findings"] for row in spec["data"]["values"]) == tables["findings"].height
    closed = sum(row["findings"] for row in spec["data"]["values"] if row["closed"])
    assert closed == tables["findings"].filter(pl.col("period") == "2023-Q4").height


def test_a_duty_that_applied_to_nobody_is_left_out_and_named(tables: Tables) -> None:
    shown, idle = charts_books.applying(findings=tables["findings"])
    assert idle == ("tax.income",)
    assert shown.height == tables["findings"].filter(pl.col("duty") != "tax.income").height
    again, none = charts_books.applying(findings=shown)
    assert again.equals(shown) and none == ()


def test_the_waterfall_ends_where_the_rest_begins(summary: dict[str, Any]) -> None:
    value, *lines, left = charts_books.money_rows(lines=summary["output"]["where_the_money_goes"])
    assert value["until"] == 150
    assert lines[0]["until"] == value["until"]
    assert all(before["from"] == after["until"] for before, after in pairwise(lines))
    assert lines[-1]["from"] == left["until"] == 50


def test_a_loss_goes_under_zero() -> None:
    rows = charts_books.money_rows(
        lines=[{"line": "energy", "amount_tiyn": 3 * 10**8}, {"line": "left_to_operators", "amount_tiyn": -(10**8)}]
    )
    assert [(row["from"], row["until"], row["label"]) for row in rows] == [
        (0, 2, "2.00"),
        (-1, 2, "3.00"),
        (0, -1, "−1.00"),
    ]


def test_the_fleet_chart_adds_up(tables: Tables) -> None:
    rows = charts_books.fleet_rows(operators=tables["operators"])
    assert sum(row["registered"] for row in rows) == 1_600
    assert sum(row["active"] for row in rows) == 150


@pytest.mark.parametrize("width", [280, 900])
def test_a_drawing_is_the_same_twice_named_and_alone(tables: Tables, summary: dict[str, Any], width: int) -> None:
    for spec in all_specs(tables, summary, width):
        drawn = svg(spec)
        assert drawn == svg(spec)
        assert '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="' in drawn
        assert "<title>" in drawn
        assert "<desc>" in drawn
        assert drawn.count("http") == 1  # the name space


def test_no_operator_is_named_in_a_chart(tables: Tables, summary: dict[str, Any]) -> None:
    for spec in all_specs(tables, summary, 900):
        assert "OP-0" not in str(spec)
        assert "synthetic)" not in str(spec)
