"""The charts of a bid plan as Vega-Lite specs: ceiling and bid, chance of winning, value of energy, cliff of the fee.

Floats stand here for coordinates alone; every number that is printed beside a chart comes from the whole numbers.
"""

from collections.abc import Mapping, Sequence

from kezek.planning.fee_target import FeeBand, FeeTarget
from kezek.planning.plan import BidPlan
from kezek.planning.plan_facts import PlanHour
from kezek.planning.plan_orders import spans_of
from kezek.planning.win_chance import PriceRecord
from kezek.reports.charts import CUT_AXIS, NARROW_PX, heading, legend_entry
from kezek.reports.drawing import ACCENT, ALARM, INK, MUTED, PALE, Spec, chart
from kezek.units.rounding import PPM

COLOURS = (ACCENT, ALARM, "#6a4c93", "#2f7d5b", "#8a5a00")
"""Colours of machine groups or of hours; with more than these they come round again."""
MOST_CURVES = 4
"""More hours with different prices than these are drawn pale, under one curve of all of them together."""
_ALL = "All hours together"
_STROKES = {"symbolType": "stroke", "symbolStrokeWidth": 3}
"""Legend of lines."""


def _tenge(tiyn: int) -> float:
    return tiyn / 100


def _y(title: str, *, zero: bool = False) -> Spec:
    axis = {"title": title, "tickCount": 5, "minExtent": 40, "format": ",~f", "grid": True}
    return {
        "type": "quantitative",
        "scale": {"zero": zero, "nice": True} | ({} if zero else {"padding": 8}),
        "axis": axis,
    }


def _colours(names: Sequence[str]) -> dict[str, str]:
    return {name: COLOURS[n % len(COLOURS)] for n, name in enumerate(names)}


def _columns(width_px: int) -> int:
    return 2 if width_px < NARROW_PX else 0


def hours_spec(*, plan: BidPlan, width_px: int) -> Spec:
    """Draw ceiling and bid of each group over the hours, with the reserve price."""
    rows = [
        {
            "hour": bid.hour.label,
            "group": step.machine.name,
            "ceiling": _tenge_or_none(step.ceiling.price_tiyn_per_kwh),
            "bid": _tenge_or_none(step.price_tiyn_per_kwh),
        }
        for bid in plan.hours
        for step in bid.steps
    ]
    return chart(
        name=f"bid-hours-{width_px}",
        title="Ceiling and bid, hour by hour",
        desc="For each group of machines a dashed line at its ceiling and a dot at its bid in every hour.",
        rows=rows,
        body={
            "title": heading("Dashed: what a MWh is worth at most. Dots: what is bid.", CUT_AXIS),
            "width": width_px,
            "height": 230,
            "layer": _hour_layers(plan, width_px),
        },
    )


def _tenge_or_none(tiyn: int | None) -> float | None:
    return None if tiyn is None else _tenge(tiyn)


def _hour_layers(plan: BidPlan, width_px: int) -> list[Spec]:
    """Lay the reserve price, the ceilings and the bids over each other."""
    names = _colours([step.machine.name for step in plan.curve]) | {"Reserve price": MUTED}
    scale = {"domain": list(names), "range": list(names.values())}
    colour = {"field": "group", "type": "nominal", "scale": scale, "legend": {"columns": _columns(width_px)}}
    x = _hour_axis([bid.hour.label for bid in plan.hours], width_px)
    reserve = {
        "y": {"datum": _tenge(plan.facts.reserve_tiyn_per_kwh), **_y("₸/kWh")},
        "color": legend_entry("Reserve price", names, _columns(width_px)),
    }
    return [
        {"mark": {"type": "rule", "strokeWidth": 1.2}, "encoding": reserve},
        {
            "mark": {"type": "line", "strokeDash": [5, 3], "strokeWidth": 1.6, "interpolate": "step"},
            "encoding": {"x": x, "y": {"field": "ceiling", **_y("₸/kWh")}, "color": colour},
        },
        {
            "transform": [{"filter": "isValid(datum.bid)"}],
            "mark": {"type": "point", "filled": True, "size": 42, "opacity": 1},
            "encoding": {"x": x, "y": {"field": "bid", **_y("₸/kWh")}, "color": colour},
        },
    ]


def _hour_axis(labels: Sequence[str], width_px: int) -> Spec:
    every = 6 if width_px < NARROW_PX else 3
    named = [label for n, label in enumerate(labels) if n % every == 0 or "second" in label]
    title = "Hour of delivery, Kazakhstan time"
    axis = {"values": named, "labelAngle": 0, "title": title, "labelOverlap": False}
    return {"field": "hour", "type": "ordinal", "sort": None, "scale": {"domain": list(labels)}, "axis": axis}


def records_of(plan: BidPlan) -> Mapping[str, PriceRecord]:
    """Give what prices did by hours that share it, named by their spans on the clock."""
    found: dict[PriceRecord, list[PlanHour]] = {}
    for bid in plan.hours:
        if bid.hour.record.count:
            found.setdefault(bid.hour.record, []).append(bid.hour)
    on = plan.facts.on
    return {
        ", ".join(spans_of(on=on, indexes=[one.index for one in hours])): record for record, hours in found.items()
    }


def together(plan: BidPlan) -> PriceRecord:
    """Put the prices of all hours of the plan into one record."""
    records = [bid.hour.record for bid in plan.hours]
    prices = tuple(sorted(price for one in records for price in one.marginal_tiyn_per_kwh))
    return PriceRecord(prices, sum(one.open_count for one in records))


def chance_rows(*, record: PriceRecord, reserve_tiyn_per_kwh: int, tick_tiyn_per_kwh: int, until: int) -> list[Spec]:
    """Give the chance at each price where it changes, from the reserve up. [₸/kWh, %]"""
    steps = record.steps(reserve_tiyn_per_kwh=reserve_tiyn_per_kwh, tick_tiyn_per_kwh=tick_tiyn_per_kwh)
    prices = [price for price in steps if price < until] + [until]
    return [{"price": _tenge(price), "chance": 100 * (record.chance_ppm_at(price) or 0) / PPM} for price in prices]


def chance_spec(*, plan: BidPlan, width_px: int) -> Spec:
    """Draw the chance of winning against the price, as counted."""
    records = records_of(plan)
    many = len(records) > MOST_CURVES
    highest = max((one.marginal_tiyn_per_kwh[-1] for one in records.values() if one.marginal_tiyn_per_kwh), default=0)
    shown = {**records, _ALL: together(plan)} if many else dict(records)
    rows = [
        {**row, "hours": name}
        for name, record in shown.items()
        for row in chance_rows(
            record=record,
            reserve_tiyn_per_kwh=plan.facts.reserve_tiyn_per_kwh,
            tick_tiyn_per_kwh=plan.tick_tiyn_per_kwh,
            until=max(highest, plan.facts.reserve_tiyn_per_kwh) + 100,
        )
    ]
    return chart(
        name=f"bid-chance-{width_px}",
        title="Chance of winning against the price",
        desc="Staircases that rise from the reserve price: the share of observed hours that a price would have won.",
        rows=rows,
        body={
            "width": width_px,
            "height": 220,
            "layer": _many_curves() if many else [_few_curves(list(shown), width_px)],
        },
    )


_STAIRS: Spec = {"type": "line", "interpolate": "step-after", "strokeWidth": 2}


def _chance_axes() -> Spec:
    return {
        "x": {
            "field": "price",
            "type": "quantitative",
            "scale": {"zero": False, "nice": False},
            "axis": {"title": "Bid, ₸/kWh", "tickCount": 6},
        },
        "y": {
            "field": "chance",
            "type": "quantitative",
            "scale": {"domain": [0, 100]},
            "axis": {"title": "% of hours won", "tickCount": 5, "minExtent": 40},
        },
    }


def _few_curves(names: Sequence[str], width_px: int) -> Spec:
    """Draw each curve in a colour of its own."""
    colours = _colours(names)
    scale = {"domain": list(colours), "range": list(colours.values())}
    legend = {"columns": 1 if width_px < NARROW_PX else 0, "labelLimit": 280, **_STROKES}
    colour = {"field": "hours", "type": "nominal", "scale": scale, "legend": legend}
    return {"mark": _STAIRS, "encoding": {**_chance_axes(), "color": colour}}


def _many_curves() -> list[Spec]:
    """Draw every curve pale, under that of all hours together."""
    pale = {"detail": {"field": "hours", "type": "nominal"}, "color": {"value": PALE}}
    entry = legend_entry(_ALL, {_ALL: ACCENT, "One hour": PALE}) | {"legend": _STROKES}
    return [
        {
            "transform": [{"filter": f"datum.hours != '{_ALL}'"}],
            "mark": {**_STAIRS, "strokeWidth": 1.2},
            "encoding": {**_chance_axes(), **pale},
        },
        {
            "transform": [{"filter": f"datum.hours == '{_ALL}'"}],
            "mark": {**_STAIRS, "strokeWidth": 2.4},
            "encoding": {**_chance_axes(), "color": entry},
        },
    ]


def worth_spec(*, plan: BidPlan, width_px: int) -> Spec:
    """Draw what each further MWh of an hour is worth, as a staircase from the most efficient machines on."""
    colours = _colours([step.machine.name for step in plan.curve])
    rows = [
        {
            "from": step.from_kwh / 1_000,
            "until": step.until_kwh / 1_000,
            "worth": _tenge(step.ceiling.price_tiyn_per_kwh),
            "group": step.machine.name,
        }
        for step in plan.curve
        if step.ceiling.price_tiyn_per_kwh is not None
    ]
    names = {**colours, "Reserve price": INK}
    scale = {"domain": list(names), "range": list(names.values())}
    stairs = {
        "x": {"field": "from", "type": "quantitative", "axis": {"title": "Energy of an hour, MWh", "tickCount": 6}},
        "x2": {"field": "until"},
        "y": {"field": "worth", **_y("₸/kWh", zero=True)},
        "y2": {"datum": 0},
        "color": {"field": "group", "type": "nominal", "scale": scale, "legend": {"columns": _columns(width_px)}},
    }
    reserve = {
        "y": {"datum": _tenge(plan.facts.reserve_tiyn_per_kwh), **_y("₸/kWh", zero=True)},
        "color": legend_entry("Reserve price", names, _columns(width_px)),
    }
    return chart(
        name=f"bid-worth-{width_px}",
        title="What each further MWh is worth",
        desc="Falling staircase: each group's ceiling over the energy it uses in an hour, and the reserve price.",
        rows=rows,
        body={
            "width": width_px,
            "height": 200,
            "layer": [
                {"mark": {"type": "rect", "opacity": 0.85}, "encoding": stairs},
                {"mark": {"type": "rule", "strokeDash": [5, 3], "strokeWidth": 1.8}, "encoding": reserve},
            ],
        },
    )


def cliff_spec(*, plan: BidPlan, target: FeeTarget | None, width_px: int) -> Spec:
    """Draw power, VAT and fee of a kWh against the quarter's average price: a saw, one tooth a band of the fee."""
    low, high = _span(plan.bands, target)
    return chart(
        name=f"bid-cliff-{width_px}",
        title="The cliff of the fee",
        desc="What a kWh costs in all rises with the average price and falls at each edge of a band of the fee.",
        rows=_teeth(plan.bands, plan.facts.costs.vat_ppm, low, high),
        body={"width": width_px, "height": 230, "layer": _cliff_layers(target, low, high, width_px)},
    )


def _cliff_layers(target: FeeTarget | None, low: int, high: int, width_px: int) -> list[Spec]:
    """Lay power with its VAT, the same with the fee, and the averages to choose from over each other."""
    marks = _marks(target)
    colours = {"Power, VAT and fee": ACCENT, "Power and VAT alone": MUTED}
    colours |= {str(one["mark"]): str(one["colour"]) for one in marks}
    legend = {"columns": 1 if width_px < NARROW_PX else 0, **_STROKES}
    x = {
        "field": "average",
        "type": "quantitative",
        "scale": {"zero": False, "nice": False, "domain": [_tenge(low), _tenge(high)]},
        "axis": {"title": "Average price of the quarter, VAT excluded, ₸/kWh", "tickCount": 6},
    }

    def line(field: str, name: str, dash: Sequence[int]) -> Spec:
        return {
            "transform": [{"filter": f"isValid(datum.{field})"}],
            "mark": {"type": "line", "strokeWidth": 2, "strokeDash": list(dash)},
            "encoding": {
                "x": x,
                "y": {"field": field, **_y("₸ a kWh, all in")},
                "detail": {"field": "band", "type": "nominal"},
                "color": legend_entry(name, colours) | {"legend": legend},
            },
        }

    def rule(one: Spec) -> Spec:
        colour = legend_entry(one["mark"], colours) | {"legend": legend}
        at = {"datum": one["at"], "type": "quantitative"}
        return {"mark": {"type": "rule", "strokeWidth": 1.8}, "encoding": {"x": at, "color": colour}}

    lines = [line("power", "Power and VAT alone", [4, 3]), line("all", "Power, VAT and fee", [1, 0])]
    return [*lines, *map(rule, marks)]


def _span(bands: Sequence[FeeBand], target: FeeTarget | None) -> tuple[int, int]:
    """Choose the averages to draw: around the ways there are, else around the edges of the fee. [tiyn/kWh]"""
    edges = [band.from_tiyn_per_kwh for band in bands]
    if target is None:
        return 0, edges[-1] + 400
    averages = [way.average_tiyn_per_kwh for way in target.ways]
    return max(0, averages[0] - 250), max(averages[-1], averages[0] + 250) + 150


def _teeth(bands: Sequence[FeeBand], vat_ppm: int, low: int, high: int) -> list[Spec]:
    """Give both ends of each band inside a span; where the fee is not known, power and VAT alone."""
    rows: list[Spec] = []
    for n, band in enumerate(bands):
        start, end = max(low, band.from_tiyn_per_kwh), min(high, band.until_tiyn_per_kwh or high)
        for at in (start, end) if start < end else ():
            power = at * (PPM + vat_ppm) / PPM / 100
            rate = band.rate_tiyn_per_kwh
            fee = None if rate is None else rate / 100
            rows.append({"band": n, "average": at / 100, "power": power, "all": None if fee is None else power + fee})
    return rows


def _marks(target: FeeTarget | None) -> list[Spec]:
    if target is None:
        return []
    marks = [{"mark": "At the lowest price", "at": _tenge(target.natural.average_tiyn_per_kwh), "colour": INK}]
    if target.best is not None and target.best is not target.natural:
        known = "Cheapest in all" if target.gain_tiyn is not None else "Cheapest with a known fee"
        marks.append({"mark": known, "at": _tenge(target.best.average_tiyn_per_kwh), "colour": ALARM})
    return marks
