"""The charts of what follows from a day: verdicts, where the money goes, the fleet; without operator names."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from kezek.duties.finding import Status
from kezek.reports import amounts
from kezek.reports.charts import NARROW_PX, heading, legend_entry
from kezek.reports.drawing import ACCENT, ALARM, INK, MUTED, STATUS_COLOURS, Spec, chart
from kezek.reports.periods import closed_periods
from kezek.reports.words import sentence


def verdict_rows(*, findings: pl.DataFrame, on: date) -> list[dict[str, Any]]:
    """Count findings by duty and status, apart for closed quarters and the open one, in the order of the duties."""
    closed = closed_periods(periods=findings["period"].unique().sort().to_list(), on=on)
    counted = (
        findings.with_columns(closed=pl.col("period").is_in(closed))
        .group_by("duty", "closed", "status", maintain_order=True)
        .agg(findings=pl.len().cast(pl.Int64))
    )
    return counted.to_dicts()


def applying(*, findings: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Part the findings of duties that applied to somebody from the duties that applied to nobody."""
    applied = set(findings.filter(pl.col("status") != str(Status.NOT_APPLICABLE))["duty"].to_list())
    shown = findings.filter(pl.col("duty").is_in(sorted(applied)))
    return shown, tuple(duty for duty in dict.fromkeys(findings["duty"].to_list()) if duty not in applied)


def _verdict_panel(title: str, closed: bool, width_px: int, duties: Sequence[str], *, labels: bool) -> Spec:
    statuses = [str(status) for status in Status]
    names = [sentence(status) for status in statuses]
    y = {"field": "title", "type": "ordinal", "sort": None, "scale": {"domain": [*duties], "paddingInner": 0.3}}
    axis = {"title": None, "labelLimit": 320, "domain": False, "ticks": False, "labelPadding": 6, "labelColor": INK}
    x = {
        "field": "findings",
        "type": "quantitative",
        "stack": "zero",
        "axis": {"title": "Findings", "tickCount": 4, "format": ",~f"},
    }
    colour = {
        "field": "status",
        "type": "nominal",
        "scale": {"domain": names, "range": [STATUS_COLOURS[one] for one in statuses]},
    }
    wrong = {"field": "wrong", "type": "nominal"}
    return {
        "title": heading(title),
        "width": width_px,
        "height": {"step": 19},
        "transform": [{"filter": f"datum.closed == {str(closed).lower()}"}],
        "encoding": {"y": {**y, "axis": axis if labels else None}},
        "layer": [
            {
                "mark": {"type": "bar", "stroke": "#ffffff", "strokeWidth": 0.4},
                "encoding": {"x": x, "color": colour, "order": {"field": "rank", "type": "quantitative"}},
            },
            {
                "transform": [
                    {"joinaggregate": [{"op": "sum", "field": "findings", "as": "all"}], "groupby": ["title"]},
                    {"filter": "datum.wrong != ''"},
                ],
                "mark": {"type": "text", "align": "left", "dx": 5, "fontWeight": 600, "color": ALARM},
                "encoding": {"x": {"field": "all", "type": "quantitative"}, "text": wrong},
            },
        ],
    }


def _labelled(counted: Sequence[Mapping[str, Any]]) -> list[Spec]:
    """Put words to the counts; what is wrong is written once a bar, on its first row."""
    statuses = [str(status) for status in Status]
    wrong: dict[tuple[str, bool], list[str]] = {}
    for row in sorted(counted, key=lambda row: statuses.index(row["status"])):
        if row["status"] in statuses[:3]:
            words = f"{row['findings']} {sentence(row['status']).lower()}"
            wrong.setdefault((row["duty"], row["closed"]), []).append(words)
    return [
        {
            "title": sentence(row["duty"]),
            "closed": row["closed"],
            "status": sentence(row["status"]),
            "rank": statuses.index(row["status"]),
            "findings": row["findings"],
            "wrong": ", ".join(wrong.pop((row["duty"], row["closed"]), [])),
        }
        for row in counted
    ]


def verdicts_spec(*, findings: pl.DataFrame, on: date, width_px: int) -> Spec:
    """Draw findings by duty and status; what is wrong stands beside its bar as a number, however thin its slice."""
    duties = [sentence(duty) for duty in dict.fromkeys(findings["duty"].to_list())]
    stacked = width_px < NARROW_PX
    inner = 70 if stacked else (width_px - 240) // 2 - 90
    panels = [
        _verdict_panel("Closed quarters", True, inner, duties, labels=True),
        _verdict_panel("Open quarter", False, inner, duties, labels=stacked),
    ]
    if stacked:
        for panel in panels:
            panel["encoding"]["y"]["axis"] |= {"labelFontSize": 11}
    legend = {"columns": 2} if stacked else {}
    for panel in panels:
        panel["layer"][0]["encoding"]["color"] |= {"legend": legend}
    return chart(
        name=f"verdicts-{width_px}",
        title="Findings by duty and status",
        desc="Stacked bars of findings by duty: breached, at risk, undetermined, met, does not apply; two panels.",
        rows=_labelled(verdict_rows(findings=findings, on=on)),
        body={"vconcat" if stacked else "hconcat": panels, "spacing": 18 if stacked else 84},
    )


MONEY_KINDS: Mapping[str, str] = {
    "energy": "Power",
    "grids": "Power",
    "vat": "To the state",
    "fee_per_kwh": "To the state",
    "income_tax": "To the state",
    "left_to_operators": "Left to operators",
}
"""Who gets a line of money; what is not here is an own cost of the operators."""


def money_rows(*, lines: Sequence[Mapping[str, Any]]) -> list[Spec]:
    """Give the bars of the waterfall: the value on top, each line below from where the one before ended."""
    left = sum(int(line["amount_tiyn"]) for line in lines)
    rows: list[Spec] = [{"line": "Value of the coins", "kind": "Value of the coins", "from": 0, "until": left}]
    for line in lines:
        amount = int(line["amount_tiyn"])
        last = line["line"] == "left_to_operators"
        kind = MONEY_KINDS.get(line["line"], "Own costs")
        ends = (0, amount) if last else (left - amount, left)
        rows.append({"line": sentence(line["line"]), "kind": kind, "from": ends[0], "until": ends[1]})
        left -= amount
    return [
        row
        | {
            "from": row["from"] / 10**8,
            "until": row["until"] / 10**8,
            "label": amounts.thin(f"{(row['until'] - row['from']) / 10**8:,.2f}".replace(",", " ")),
        }
        for row in rows
    ]


def money_spec(*, lines: Sequence[Mapping[str, Any]], width_px: int) -> Spec:
    """Draw the way from the value of the coins to what is left as a waterfall lying on its side."""
    rows = money_rows(lines=lines)
    colours = {
        "Value of the coins": INK,
        "Power": ACCENT,
        "To the state": "#d08c00",
        "Own costs": "#9aa5af",
        "Left to operators": "#2f7d5b",
    }
    narrow = width_px < NARROW_PX
    axis = {"title": None, "labelLimit": 240, "domain": False, "ticks": False, "labelPadding": 6, "labelColor": INK}
    y: Spec = {"field": "line", "type": "ordinal", "sort": None, "scale": {"paddingInner": 0.3}, "axis": axis}
    x = {"type": "quantitative", "axis": {"title": "Million ₸", "tickCount": 3 if narrow else 6, "format": ",~f"}}
    legend: Spec = {"columns": 2} if narrow else {}
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "legend": legend,
    }
    return chart(
        name=f"money-{width_px}",
        title="Where the money goes",
        desc="Waterfall from the value of the day's coins, cost line by cost line, to what is left to operators.",
        rows=rows,
        body={
            "width": width_px - (225 if narrow else 270),
            "height": {"step": 24},
            "encoding": {"y": y},
            "layer": [
                {
                    "mark": "bar",
                    "encoding": {"x": {"field": "from", **x}, "x2": {"field": "until"}, "color": colour},
                },
                {
                    "transform": [{"calculate": "max(datum.from, datum.until)", "as": "end"}],
                    "mark": {"type": "text", "align": "left", "dx": 5},
                    "encoding": {"x": {"field": "end", **x}, "text": {"field": "label", "type": "nominal"}},
                },
            ],
        },
    )


def fleet_rows(*, operators: pl.DataFrame) -> list[Spec]:
    """Give the operators' machines by rank, largest first, without names."""
    ranked = operators.sort("machines_registered", "operator_id", descending=[True, False])
    sizes = ranked.select("machines_registered", "machines_active").rows()
    return [
        {"rank": n, "registered": registered, "active": active} for n, (registered, active) in enumerate(sizes, 1)
    ]


def fleet_spec(*, operators: pl.DataFrame, width_px: int) -> Spec:
    """Draw machines registered and active by the operator's rank; each step of the axis is ten times the last."""
    rows = fleet_rows(operators=operators)
    colours = {"Registered": MUTED, "Active": ACCENT}
    scale = {"type": "log", "domainMin": 10, "nice": True}
    axis = {"title": "Machines (logarithmic)", "values": [10, 100, 1_000, 10_000, 100_000], "format": ",~f"}
    x = {
        "field": "rank",
        "type": "quantitative",
        "scale": {"domain": [0, len(rows) + 1], "nice": False},
        "axis": {"title": "Operators by number of registered machines, largest first", "tickCount": 8, "grid": False},
    }

    def points(field: str, name: str, mark: Spec) -> Spec:
        y = {"field": field, "type": "quantitative", "scale": scale, "axis": axis}
        return {
            "transform": [{"filter": f"datum.{field} > 0"}],
            "mark": {"type": "point", "size": 26, "opacity": 1, **mark},
            "encoding": {"x": x, "y": y, "color": legend_entry(name, colours) | {"legend": {"symbolType": "circle"}}},
        }

    return chart(
        name=f"fleet-{width_px}",
        title="Machines registered and active by operator",
        desc="Operators ranked by size, on a logarithmic axis: machines registered and machines active.",
        rows=rows,
        body={
            "width": width_px,
            "height": 210,
            "layer": [
                points("registered", "Registered", {"filled": False}),
                points("active", "Active", {"filled": True}),
            ],
        },
    )
