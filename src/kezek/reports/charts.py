"""The charts of the auction as Vega-Lite specs: plain dictionaries, built from the tables, without operator names.

Floats stand here for coordinates alone; every number that is printed beside a chart comes from the whole numbers.
"""

from collections.abc import Mapping, Sequence

import polars as pl

from kezek.reports.drawing import ACCENT, ALARM, INK, MUTED, PALE, Spec, chart
from kezek.reports.words import sentence

OFFERED, BOUGHT, CUT = "Offered", "Bought", "Bought, then curtailed"
CUT_AXIS = "The axis does not start at zero."
NARROW_PX = 400
_HOUR_LABELS = "indexof(datum.label, 'second') > 0 ? split(datum.label, ' ') : datum.label"


def _mwh(kwh: int) -> float:
    return kwh / 1_000


def _tenge(tiyn: int | None) -> float | None:
    return None if tiyn is None else tiyn / 100


def legend_entry(name: str, colours: Mapping[str, str], columns: int = 0) -> Spec:
    """Colour a layer by its name in the legend; on a narrow sheet the legend has columns."""
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"datum": name, "type": "nominal", "scale": scale, "legend": {"columns": columns}}


def heading(text: str, note: str = "") -> Spec:
    """Head a panel; a note stands under the head."""
    return (
        {"text": text, "subtitle": note, "subtitleColor": MUTED, "subtitleFontSize": 12} if note else {"text": text}
    )


def hour_rows(*, hours: pl.DataFrame, zone: str) -> list[Spec]:
    """Give one row an hour of a zone, in the order of the day. [MWh, ₸/kWh]"""
    mine = hours.filter(pl.col("zone") == zone).sort("hour_index")
    return [
        {
            "hour": row["hour"],
            "offered": _mwh(row["offered_kwh"]),
            "bought": _mwh(row["bought_kwh"]),
            "left": _mwh(row["bought_after_curtailment_kwh"]),
            "available": _mwh(row["available_kwh"]),
            "demand": _mwh(row["demand_kwh"]),
            "needed": _mwh(row["demand_kwh"] + row["reserve_kwh"]),
            "lowest": _tenge(row["lowest_tiyn_per_kwh"]),
            "average": _tenge(row["average_tiyn_per_kwh"]),
            "highest": _tenge(row["highest_tiyn_per_kwh"]),
        }
        for row in mine.to_dicts()
    ]


def _hour_axis(rows: Sequence[Spec], width_px: int, *, labels: bool) -> Spec:
    """Give the hours as an axis; every sixth or third is named, and the second of a doubled hour always."""
    step = 6 if width_px < NARROW_PX else 3
    named = [row["hour"] for n, row in enumerate(rows) if n % step == 0 or "second" in row["hour"]]
    axis = {"values": named, "labelAngle": 0, "labelExpr": _HOUR_LABELS, "title": None, "labelOverlap": False}
    hidden = {"labels": False, "ticks": False}
    scale = {"domain": [row["hour"] for row in rows], "paddingInner": 0.15, "paddingOuter": 0.1}
    return {
        "field": "hour",
        "type": "ordinal",
        "sort": None,
        "scale": scale,
        "axis": axis | ({"title": "Hour of delivery, Kazakhstan time"} if labels else hidden),
    }


def _amount_axis(*, zero: bool = True, title: str) -> Spec:
    axis = {"title": title, "tickCount": 4, "minExtent": 46, "format": ",~f"}
    scale = {"zero": True, "nice": True} if zero else {"zero": False, "nice": False, "padding": 8}
    return {"type": "quantitative", "scale": scale, "axis": axis}


def _volume_panel(x: Spec, width_px: int) -> Spec:
    colours = {OFFERED: PALE, BOUGHT: ACCENT, CUT: ALARM}
    columns = 2 if width_px < NARROW_PX else 0
    y = _amount_axis(title="MWh")
    curtailed = [{"filter": "datum.left < datum.bought"}]

    def bars(field: str, name: str, until: str | None = None) -> Spec:
        upper = {"y2": {"field": until}} if until else {}
        return {
            "mark": "bar",
            "encoding": {"x": x, "y": {"field": field, **y}, **upper, "color": legend_entry(name, colours, columns)},
        }

    return {
        "title": heading("Surplus offered and bought"),
        "width": width_px,
        "height": 130,
        "layer": [
            bars("offered", OFFERED),
            bars("bought", BOUGHT),
            {"transform": curtailed, **bars("left", CUT, "bought")},
        ],
    }


def _balance_panel(x: Spec, width_px: int) -> Spec:
    colours = {"Available": ACCENT, "Demand and reserve": ALARM, "Demand": MUTED, "Surplus": PALE}
    columns = 2 if width_px < NARROW_PX else 0
    y = _amount_axis(zero=False, title="MWh")
    lines = {"available": "Available", "needed": "Demand and reserve", "demand": "Demand"}
    dashes = {"available": [1, 0], "needed": [5, 3], "demand": [1, 0]}
    surplus = {
        "transform": [{"filter": "datum.available > datum.needed && datum.offered > 0"}],
        "mark": "bar",
        "encoding": {
            "x": x,
            "y": {"field": "needed", **y},
            "y2": {"field": "available"},
            "color": legend_entry("Surplus", colours, columns),
        },
    }
    drawn = [
        {
            "mark": {"type": "line", "strokeWidth": 1.8, "strokeDash": dashes[field]},
            "encoding": {"x": x, "y": {"field": field, **y}, "color": legend_entry(name, colours, columns)},
        }
        for field, name in lines.items()
    ]
    return {
        "title": heading("Where the surplus comes from", CUT_AXIS),
        "width": width_px,
        "height": 120,
        "layer": [surplus, *drawn],
    }


def _price_panel(x: Spec, width_px: int, reserve_tiyn_per_kwh: int) -> Spec:
    colours = {"Lowest to highest": PALE, "Average": ACCENT, "Reserve price": ALARM}
    columns = 2 if width_px < NARROW_PX else 0
    y = _amount_axis(zero=False, title="₸/kWh")
    sold = [{"filter": "isValid(datum.average)"}]
    band = {
        "x": x,
        "y": {"field": "lowest", **y},
        "y2": {"field": "highest"},
        "color": legend_entry("Lowest to highest", colours, columns),
    }
    average = {"x": x, "y": {"field": "average", **y}, "color": legend_entry("Average", colours, columns)}
    reserve = {
        "y": {"datum": _tenge(reserve_tiyn_per_kwh), **y},
        "color": legend_entry("Reserve price", colours, columns),
    }
    return {
        "title": heading("Price paid, without VAT", CUT_AXIS),
        "width": width_px,
        "height": 110,
        "layer": [
            {"transform": sold, "mark": "bar", "encoding": band},
            {
                "transform": sold,
                "mark": {"type": "tick", "thickness": 2.5, "bandSize": 12, "opacity": 1},
                "encoding": average,
            },
            {"mark": {"type": "rule", "strokeDash": [5, 3], "strokeWidth": 1.5}, "encoding": reserve},
        ],
    }


def zone_spec(*, hours: pl.DataFrame, zone: str, reserve_tiyn_per_kwh: int, width_px: int) -> Spec:
    """Draw a zone's day in three panels of one unit each: volumes, balance of the grid, prices."""
    rows = hour_rows(hours=hours, zone=zone)
    hidden, shown = (_hour_axis(rows, width_px, labels=labels) for labels in (False, True))
    words = sentence(zone)
    return chart(
        name=f"zone-{zone}-{width_px}".replace("_", "-"),
        title=f"{words}: surplus and price by hour",
        desc=(
            f"Three panels over the {len(rows)} hours of the day in {words}: surplus offered and bought in MWh; "
            "available power, demand and reserve in MWh; lowest, average and highest price paid in tenge per kWh."
        ),
        rows=rows,
        body={
            "vconcat": [
                _volume_panel(hidden, width_px),
                _balance_panel(hidden, width_px),
                _price_panel(shown, width_px, reserve_tiyn_per_kwh),
            ],
            "resolve": {"scale": {"color": "independent"}},
        },
    )


def interesting_hour(*, hours: pl.DataFrame) -> str | None:
    """Name the product to look into: sold out if any is, then the most bids, then the earliest; None without bids."""
    bid = hours.filter(pl.col("bid_count") > 0)
    if bid.is_empty():
        return None
    ranked = bid.with_columns(
        sold_out=(pl.col("bought_kwh") == pl.col("offered_kwh")) & (pl.col("offered_kwh") > 0)
    ).sort("sold_out", "bid_count", "product_id", descending=[True, True, False])
    return str(ranked["product_id"][0])


def bid_steps(*, hours: pl.DataFrame, orders: pl.DataFrame, product_id: str) -> list[dict[str, int]]:
    """Add up the orders taken for a product by price, highest first, and what the offer covers of each step.

    Returns:
        One row a price: `price_tiyn_per_kwh`, `bids`, `from_kwh`, `quantity_kwh`, `accepted_kwh`.
    """
    offered = int(hours.filter(pl.col("product_id") == product_id)["offered_kwh"][0])
    levels = (
        orders.filter((pl.col("product_id") == product_id) & pl.col("reason").str.starts_with("market.outcome."))
        .group_by("price_tiyn_per_kwh")
        .agg(bids=pl.len().cast(pl.Int64), quantity_kwh=pl.col("quantity_kwh").sum())
        .sort("price_tiyn_per_kwh", descending=True)
    )
    steps, reached = [], 0
    for row in levels.to_dicts():
        accepted = min(row["quantity_kwh"], max(0, offered - reached))
        steps.append({**row, "from_kwh": reached, "accepted_kwh": accepted})
        reached += row["quantity_kwh"]
    return steps


def _step_rows(steps: Sequence[Mapping[str, int]]) -> list[Spec]:
    """Cut each price step into what was accepted and what was not."""
    rows = []
    for step in steps:
        start, middle = step["from_kwh"], step["from_kwh"] + step["accepted_kwh"]
        parts = (("Accepted", start, middle), ("Not accepted", middle, start + step["quantity_kwh"]))
        rows += [
            {"from": _mwh(a), "until": _mwh(b), "price": _tenge(step["price_tiyn_per_kwh"]), "part": part}
            for part, a, b in parts
            if b > a
        ]
    return rows


def _bid_layers(*, offered: float, reserve: float | None, columns: int) -> list[Spec]:
    """Lay the staircase, the offer and the reserve price over each other."""
    colours = {"Accepted": ACCENT, "Not accepted": PALE, "Offered": INK, "Reserve price": ALARM}
    scale = {"domain": list(colours), "range": list(colours.values())}
    x_axis = {"title": "Energy asked for, highest price first, MWh", "tickCount": 6}
    x: Spec = {"type": "quantitative", "axis": x_axis}
    y = _amount_axis(zero=False, title="₸/kWh")
    stairs: Spec = {
        "x": {"field": "from", **x},
        "x2": {"field": "until"},
        "y": {"field": "price", **y},
        "y2": {"datum": reserve},
        "color": {"field": "part", "type": "nominal", "scale": scale, "legend": {"columns": columns}},
    }
    offer = {"x": {"datum": offered, **x}, "color": legend_entry("Offered", colours, columns)}
    floor = {"y": {"datum": reserve, **y}, "color": legend_entry("Reserve price", colours, columns)}
    return [
        {"mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 0.7}, "encoding": stairs},
        {"mark": {"type": "rule", "strokeWidth": 2}, "encoding": offer},
        {"mark": {"type": "rule", "strokeDash": [5, 3], "strokeWidth": 1.5}, "encoding": floor},
    ]


def bid_curve_spec(
    *, hours: pl.DataFrame, orders: pl.DataFrame, product_id: str, reserve_tiyn_per_kwh: int, width_px: int
) -> Spec:
    """Draw one hour's bids as a staircase from the highest price down, with the offer and the reserve price."""
    steps = bid_steps(hours=hours, orders=orders, product_id=product_id)
    offered = int(hours.filter(pl.col("product_id") == product_id)["offered_kwh"][0])
    layers = _bid_layers(
        offered=_mwh(offered),
        reserve=_tenge(reserve_tiyn_per_kwh),
        columns=2 if width_px < NARROW_PX else 0,
    )
    return chart(
        name=f"bids-{width_px}",
        title="One hour's bids",
        desc=(
            "Staircase of the energy asked for, from the highest price down, over the reserve price; "
            "a vertical line marks the surplus offered, and the steps left of it were accepted."
        ),
        rows=_step_rows(steps),
        body={"width": width_px, "height": 230, "layer": layers},
    )
