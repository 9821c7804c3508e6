"""The page's sections on the auction: zones and hours, one hour's bids, orders, curtailment."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from kezek.reports import amounts, charts
from kezek.reports.drawing import svg
from kezek.reports.market_words import ORDER_REFUSALS, OUTCOME_REASONS, OUTCOMES
from kezek.reports.markup import SYNTHETIC, Cell, Markup, figure, paragraph, section, table, tag, text
from kezek.reports.words import sentence

Summary = Mapping[str, Any]
Tables = Mapping[str, pl.DataFrame]
WIDE, NARROW = 430, 268
"""Inner widths of a chart beside its twin and on a telephone. [px]"""
FULL = 970

_HOUR_HEADS = (
    "Hour",
    "Available, MWh",
    "Demand, MWh",
    "Reserve, MWh",
    "Offered, MWh",
    "Asked, MWh",
    "Bought, MWh",
    "Left after curtailment, MWh",
    "Bids",
    "Lowest, ₸/kWh",
    "Average, ₸/kWh",
    "Highest, ₸/kWh",
    "First not served, ₸/kWh",
)
_HOUR_ENERGY = ("available_kwh", "demand_kwh", "reserve_kwh", "offered_kwh", "asked_kwh", "bought_kwh")
_HOUR_PRICES = ("lowest", "average", "highest", "first_rejected")


def hours_table(*, hours: pl.DataFrame, zone: str) -> Markup:
    """Set all hours of a zone as a table."""
    mine = hours.filter(pl.col("zone") == zone).sort("hour_index").to_dicts()
    rows = [
        (
            row["hour"],
            *(amounts.bare_mwh(row[key]) for key in (*_HOUR_ENERGY, "bought_after_curtailment_kwh")),
            amounts.count(row["bid_count"]),
            *(amounts.bare_price(row[f"{key}_tiyn_per_kwh"]) for key in _HOUR_PRICES),
        )
        for row in mine
    ]
    caption = f"{sentence(zone)}: every hour of the day. Prices without VAT."
    return table(heads=_HOUR_HEADS, rows=rows, caption=caption, numbers=range(1, len(_HOUR_HEADS)))


def _zone_reading(zone: Summary) -> str:
    if not zone["offered_kwh"]:
        return "No surplus was declared in this zone."
    if not zone["bought_kwh"]:
        return f"{amounts.mwh(zone['offered_kwh'])} were offered and nothing was sold."
    return (
        f"{amounts.mwh(zone['bought_kwh'])} of {amounts.mwh(zone['offered_kwh'])} found a buyer "
        f"({amounts.share(zone['take_up_ppm'])}); "
        f"{amounts.noun(zone['hours_without_surplus'], 'hour', 'hours')} had no surplus, "
        f"{amounts.noun(zone['hours_sold_out'], 'was', 'were')} sold out."
    )


def _zone_figure(summary: Summary, hours: pl.DataFrame, zone: Summary) -> Markup:
    reserve, name = summary["market"]["reserve_tiyn_per_kwh"], zone["zone"]
    wide, narrow = (
        svg(charts.zone_spec(hours=hours, zone=name, reserve_tiyn_per_kwh=reserve, width_px=width))
        for width in (WIDE, NARROW)
    )
    return figure(
        title=sentence(name),
        reading=_zone_reading(zone),
        wide=wide,
        narrow=narrow,
        numbers=hours_table(hours=hours, zone=name),
        mark=SYNTHETIC,
    )


def auction_section(*, summary: Summary, tables: Tables) -> Markup:
    """Show what was offered and bought, hour by hour and zone by zone."""
    rules = ", and ".join(sentence(rule.split("/")[0]) for rule in summary["market"]["rules"])
    present = set(tables["hours"]["zone"].to_list())
    zones = [zone for zone in summary["zones"] if zone["zone"] in present]
    lead = (
        "For each hour the grid declares what is available over demand and its own reserve. Miners bid for it "
        f"the day before, above a reserve price; {rules}."
    )
    parts = (
        paragraph(lead),
        tag("div", *(_zone_figure(summary, tables["hours"], zone) for zone in zones), class_="pair"),
    )
    return section(key="auction", title="The auction, hour by hour", parts=parts)


def _hour_name(hours: pl.DataFrame, product_id: str) -> str:
    row = hours.row(by_predicate=pl.col("product_id") == product_id, named=True)
    return f"{sentence(row['zone'])}, {row['hour']}"


def _steps_table(steps: list[dict[str, int]], name: str) -> Markup:
    rows = [
        (
            amounts.bare_price(step["price_tiyn_per_kwh"]),
            amounts.count(step["bids"]),
            amounts.bare_mwh(step["quantity_kwh"]),
            amounts.bare_mwh(step["from_kwh"] + step["quantity_kwh"]),
            amounts.bare_mwh(step["accepted_kwh"]),
        )
        for step in steps
    ]
    heads = ("Price, ₸/kWh", "Bids", "Asked, MWh", "Asked so far, MWh", "Accepted, MWh")
    return table(heads=heads, rows=rows, caption=f"{name}: bids by price, highest first.", numbers=range(5))


def bids_section(*, summary: Summary, tables: Tables) -> Markup:
    """Show one hour's bids as a staircase and say why this hour."""
    hours, orders = tables["hours"], tables["orders"]
    product_id = charts.interesting_hour(hours=hours)
    title = "Inside one hour"
    if product_id is None:
        return section(key="bids", title=title, parts=[paragraph("Nobody bid in any hour, so nothing was sold.")])
    row = hours.row(by_predicate=pl.col("product_id") == product_id, named=True)
    reserve, name = summary["market"]["reserve_tiyn_per_kwh"], _hour_name(hours, product_id)
    wide, narrow = (
        svg(
            charts.bid_curve_spec(
                hours=hours, orders=orders, product_id=product_id, reserve_tiyn_per_kwh=reserve, width_px=width
            )
        )
        for width in (FULL, NARROW)
    )
    sold_out = row["bought_kwh"] == row["offered_kwh"]
    kind = "Of the hours that sold out, the one with the most bids" if sold_out else "The hour with the most bids"
    reading = (
        f"{kind}: {amounts.noun(row['bid_count'], 'bid', 'bids')} asked for {amounts.mwh(row['asked_kwh'])}, "
        f"{amounts.mwh(row['offered_kwh'])} were offered and {amounts.mwh(row['bought_kwh'])} were bought. "
        "Shown before any curtailment, added up over bidders."
    )
    steps = _steps_table(charts.bid_steps(hours=hours, orders=orders, product_id=product_id), name)
    parts = [figure(title=name, reading=reading, wide=wide, narrow=narrow, numbers=steps, mark=SYNTHETIC)]
    return section(key="bids", title=title, parts=parts)


def orders_section(*, tables: Tables) -> Markup:
    """Say how every order ended, and why the refused were refused."""
    orders = tables["orders"]
    counted = dict(orders.group_by("outcome").len().rows())
    rejected = dict(orders.filter(pl.col("outcome") == "rejected").group_by("reason").len().rows())
    why = {**ORDER_REFUSALS, **OUTCOME_REASONS}
    outcomes = [(words, amounts.count(counted.get(code, 0))) for code, words in OUTCOMES.items()]
    reasons = [(words, amounts.count(rejected[code])) for code, words in why.items() if code in rejected]
    lead = f"{amounts.noun(orders.height, 'order', 'orders')} arrived. Each ended in exactly one way, with a reason."
    tabled = table(heads=("Outcome", "Orders"), rows=outcomes, caption="How orders ended.", numbers=(1,))
    refusals = (
        table(heads=("Why rejected", "Orders"), rows=reasons, caption="Why orders were rejected.", numbers=(1,))
        if reasons
        else paragraph("No order was rejected.")
    )
    parts = (paragraph(lead), tag("div", tabled, refusals, class_="pair"))
    return section(key="orders", title="What became of the orders", parts=parts)


def awards_raised(*, purchases: pl.DataFrame, product_id: str) -> int:
    """Count the operators that hold more of a product after its curtailment than before; must be none."""
    held = (
        purchases.filter(pl.col("product_id") == product_id)
        .group_by("operator_id")
        .agg(pl.col("energy_kwh", "final_kwh").sum())
    )
    return held.filter(pl.col("final_kwh") > pl.col("energy_kwh")).height


def curtailment_section(*, summary: Summary, tables: Tables) -> Markup:
    """Show what was cut before and after, and that nobody's award rose, counted from the purchases."""
    cut = summary["curtailment"]
    raised = [awards_raised(purchases=tables["purchases"], product_id=one["product_id"]) for one in cut]
    heads = (
        "Hour",
        "Offered",
        "Sold before",
        "Left after",
        "Purchases cancelled",
        "Purchases reduced",
        "Awards raised",
    )
    rows = [
        (
            Cell(text(_hour_name(tables["hours"], one["product_id"])), Markup(" "), SYNTHETIC),
            amounts.mwh(one["offered_kwh"], 3),
            amounts.mwh(one["sold_before_kwh"], 3),
            amounts.mwh(one["sold_after_kwh"], 3),
            amounts.count(one["purchases_cancelled"]),
            amounts.count(one["purchases_reduced"]),
            amounts.count(rose),
        )
        for one, rose in zip(cut, raised, strict=True)
    ]
    if not rows:
        return section(
            key="curtailment", title="Curtailment", parts=[paragraph("Nothing was curtailed on this day.")]
        )
    kept = "Nobody's award rose." if not sum(raised) else f"Awards that rose, which must not be: {sum(raised)}."
    lead = (
        "When the grid withdraws part of what it sold, the hour is cleared again with the smaller offer: the lowest "
        f"prices lose first and what was paid for them is refunded. {kept}"
    )
    tabled = table(heads=heads, rows=rows, caption="Hours that were curtailed.", numbers=range(1, 7))
    return section(key="curtailment", title="Curtailment", parts=(paragraph(lead), tabled))
