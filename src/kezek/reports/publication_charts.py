"""The charts of a publication as Vega-Lite specs: volumes and prices by hour, demand of single hours.

Floats stand here for coordinates alone; every number that is printed beside a chart comes from the whole numbers.
"""

from collections.abc import Sequence
from itertools import pairwise

from kezek.reports.charts import BOUGHT, CUT, CUT_AXIS, NARROW_PX, OFFERED, heading, legend_entry
from kezek.reports.drawing import ACCENT, ALARM, INK, MUTED, PALE, Spec, chart
from kezek.reports.publication_model import PublishedProduct, ZoneTotal
from kezek.reports.publication_words import product_name, zone_name

_LEAST_PAD_TIYN = 25
"""Room over and under prices: where all is sold at the reserve there would be none. [tiyn/kWh]"""
_SPAN, _AVERAGE, _RESERVE, _AFTER = "Lowest to highest", "Average", "Reserve price", "After curtailment"
_SERVED, _NOT_SERVED, _REVISED = "Served", "Not served", "Left after curtailment"
_LABELS = "indexof(datum.label, 'second') > 0 ? split(datum.label, ' ') : datum.label"


def _mwh(kwh: int) -> float:
    return kwh / 1_000


def _tenge(tiyn: int | None) -> float | None:
    return None if tiyn is None else tiyn / 100


def price_domain(prices_tiyn_per_kwh: Sequence[int]) -> tuple[int, int]:
    """Give the ends of a price axis, with room for marks at the lowest price. [tiyn/kWh]

    >>> price_domain([1_500, 1_500])
    (1475, 1525)
    """
    lowest, highest = min(prices_tiyn_per_kwh), max(prices_tiyn_per_kwh)
    pad = max(_LEAST_PAD_TIYN, (highest - lowest) // 8)
    return max(0, lowest - pad), highest + pad


def _price_axis(prices_tiyn_per_kwh: Sequence[int]) -> Spec:
    domain = [_tenge(end) for end in price_domain(prices_tiyn_per_kwh)]
    axis = {"title": "₸/kWh", "tickCount": 4, "minExtent": 46, "format": ",~f"}
    return {"type": "quantitative", "scale": {"domain": domain, "zero": False, "nice": False}, "axis": axis}


def _hours(labels: Sequence[str], width_px: int, *, named: bool) -> Spec:
    step = 6 if width_px < NARROW_PX else 3
    shown = [label for n, label in enumerate(labels) if n % step == 0 or "second" in label]
    axis: Spec = {"values": shown, "labelAngle": 0, "labelExpr": _LABELS, "title": None, "labelOverlap": False}
    axis |= {"title": "Hour of delivery, Kazakhstan time"} if named else {"labels": False, "ticks": False}
    scale = {"domain": list(labels), "paddingInner": 0.15, "paddingOuter": 0.1}
    return {"field": "hour", "type": "ordinal", "sort": None, "scale": scale, "axis": axis}


def hour_rows(products: Sequence[PublishedProduct]) -> list[Spec]:
    """Give one row an hour. [MWh, ₸/kWh]"""
    return [
        {
            "hour": one.hour,
            "offered": _mwh(one.summary.offered_kwh),
            "bought": _mwh(one.summary.bought_kwh),
            "left": _mwh(one.left_kwh),
            "lowest": _tenge(one.summary.lowest_tiyn_per_kwh),
            "average": _tenge(one.summary.average_tiyn_per_kwh),
            "highest": _tenge(one.summary.highest_tiyn_per_kwh),
            "after": _tenge(_price_after(one)),
        }
        for one in products
    ]


def _price_after(one: PublishedProduct) -> int | None:
    """Give the price that is paid now, where a curtailment struck it again."""
    now = one.price_left_tiyn_per_kwh
    return None if now == one.summary.uniform_tiyn_per_kwh else now


def zone_spec(
    *, total: ZoneTotal, products: Sequence[PublishedProduct], labels: Sequence[str], width_px: int
) -> Spec:
    """Draw a zone's day in two panels: volumes and prices.

    Args:
        labels: All hours of the day, offered or not.
    """
    hidden, named = (_hours(labels, width_px, named=named) for named in (False, True))
    return chart(
        name=f"zone-{total.zone}-{total.offer}-{width_px}".replace("_", "-"),
        title=f"{zone_name(total)}: offered, bought and paid by hour",
        desc=(
            f"Two panels over the {len(labels)} hours of the day: energy offered and bought in MWh; lowest, average "
            "and highest price paid in tenge per kWh, with the reserve price."
        ),
        rows=hour_rows(products),
        body={
            "vconcat": [_volumes(hidden, width_px, products), _prices(named, width_px, total, products)],
            "resolve": {"scale": {"color": "independent"}},
        },
    )


def _columns(width_px: int) -> int:
    return 2 if width_px < NARROW_PX else 0


def _volumes(x: Spec, width_px: int, products: Sequence[PublishedProduct]) -> Spec:
    cut = any(one.cut_kwh for one in products)
    colours = {OFFERED: PALE, BOUGHT: ACCENT} | ({CUT: ALARM} if cut else {})
    axis = {"title": "MWh", "tickCount": 4, "minExtent": 46, "format": ",~f"}
    y: Spec = {"type": "quantitative", "scale": {"zero": True, "nice": True}, "axis": axis}

    def bars(field: str, name: str, until: str = "") -> Spec:
        colour = legend_entry(name, colours, _columns(width_px))
        upper = {"y2": {"field": until}} if until else {}
        return {"mark": "bar", "encoding": {"x": x, "y": {"field": field, **y}, **upper, "color": colour}}

    lost = {"transform": [{"filter": "datum.left < datum.bought"}], **bars("left", CUT, "bought")}
    layers = [bars("offered", OFFERED), bars("bought", BOUGHT), *([lost] if cut else [])]
    return {"title": heading("Surplus offered and bought"), "width": width_px, "height": 150, "layer": layers}


def _prices(x: Spec, width_px: int, total: ZoneTotal, products: Sequence[PublishedProduct]) -> Spec:
    again = [price for price in map(_price_after, products) if price is not None]
    colours = {_SPAN: PALE, _AVERAGE: ACCENT} | ({_AFTER: INK} if again else {}) | {_RESERVE: ALARM}
    ends = [price for price in (total.lowest_tiyn_per_kwh, total.highest_tiyn_per_kwh) if price is not None]
    y = _price_axis([total.reserve_tiyn_per_kwh, *ends, *again])

    def marks(field: str, name: str, mark: Spec, until: str = "") -> Spec:
        colour = legend_entry(name, colours, _columns(width_px))
        upper = {"y2": {"field": until}} if until else {}
        encoding = {"x": x, "y": {"field": field, **y}, **upper, "color": colour}
        return {"transform": [{"filter": f"isValid(datum.{field})"}], "mark": mark, "encoding": encoding}

    tick = {"type": "tick", "thickness": 3, "bandSize": 8 if width_px < NARROW_PX else 22, "opacity": 1}
    reserve = {
        "y": {"datum": _tenge(total.reserve_tiyn_per_kwh), **y},
        "color": legend_entry(_RESERVE, colours, _columns(width_px)),
    }
    layers: list[Spec] = [
        {"mark": {"type": "rule", "strokeDash": [5, 3], "strokeWidth": 1.5}, "encoding": reserve},
        marks("lowest", _SPAN, {"type": "bar"}, "highest"),
        marks("average", _AVERAGE, tick),
        *([marks("after", _AFTER, tick)] if again else []),
    ]
    title = heading("Price paid, without charges and VAT", CUT_AXIS)
    return {"title": title, "width": width_px, "height": 120, "layer": layers}


def curve_steps(one: PublishedProduct) -> list[Spec]:
    """Cut each level of a curve where the supply ends: what is left of it was served. [MWh, ₸/kWh]"""
    offered_kwh, rows = one.summary.offered_kwh, []
    reached = [0, *(level.asked_kwh for level in one.curve.levels)]
    for level, (start, until) in zip(one.curve.levels, pairwise(reached), strict=True):
        middle = min(max(start, offered_kwh), until)
        for part, first, last in ((_SERVED, start, middle), (_NOT_SERVED, middle, until)):
            if last > first:
                price = _tenge(level.price_tiyn_per_kwh)
                rows.append({"from": _mwh(first), "until": _mwh(last), "price": price, "part": part})
    return rows


def curve_spec(*, one: PublishedProduct, width_px: int) -> Spec:
    """Draw the demand of one hour from the highest price down, with the supply and the reserve price."""
    reserve = one.product.reserve_tiyn_per_kwh
    prices = [reserve, *(level.price_tiyn_per_kwh for level in one.curve.levels)]
    name = one.product.product_id.replace("/", "-").replace("_", "-")
    return chart(
        name=f"curve-{name}-{width_px}",
        title=f"{product_name(one)}: demand",
        desc=(
            "Staircase of the energy asked for by all bidders together, from the highest price down; a vertical line "
            "marks the energy offered, and what lies left of it was served."
        ),
        rows=curve_steps(one),
        body={"width": width_px, "height": 200, "layer": _curve_layers(one, prices, _columns(width_px))},
    )


def _curve_layers(one: PublishedProduct, prices: Sequence[int], columns: int) -> list[Spec]:
    cut = one.revised_kwh is not None and one.revised_kwh < one.summary.offered_kwh
    colours = {_SERVED: ACCENT} | ({_NOT_SERVED: PALE} if one.short else {}) | {OFFERED: INK}
    colours |= ({_REVISED: MUTED} if cut else {}) | {_RESERVE: ALARM}
    x: Spec = {
        "type": "quantitative",
        "axis": {"title": "Energy asked for, highest price first, MWh", "tickCount": 6},
    }
    y = _price_axis(prices)
    scale = {"domain": list(colours), "range": list(colours.values())}
    stairs = {
        "x": {"field": "from", **x},
        "x2": {"field": "until"},
        "y": {"field": "price", **y},
        "y2": {"datum": _tenge(price_domain(prices)[0])},
        "color": {"field": "part", "type": "nominal", "scale": scale, "legend": {"columns": columns}},
    }
    lines: list[Spec] = [{"mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 0.7}, "encoding": stairs}]
    supplies = [(OFFERED, one.summary.offered_kwh, [1, 0])]
    if cut and one.revised_kwh is not None:
        supplies.append((_REVISED, one.revised_kwh, [3, 3]))
    for name, kwh, dash in supplies:
        at = {"x": {"datum": _mwh(kwh), **x}, "color": legend_entry(name, colours, columns)}
        lines.append({"mark": {"type": "rule", "strokeWidth": 2, "strokeDash": dash}, "encoding": at})
    floor = {
        "y": {"datum": _tenge(one.product.reserve_tiyn_per_kwh), **y},
        "color": legend_entry(_RESERVE, colours, columns),
    }
    return [*lines, {"mark": {"type": "rule", "strokeDash": [5, 3], "strokeWidth": 1.5}, "encoding": floor}]
