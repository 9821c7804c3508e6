"""From a Vega-Lite spec to an accessible SVG: one look for all charts, no network, the same bytes each time."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

import vl_convert

Spec = dict[str, Any]
VEGA_LITE = "5.20"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"

INK, MUTED, RULE = "#1b2733", "#55626f", "#dfe4e8"
ACCENT, PALE, ALARM = "#0b5c8a", "#c3d3de", "#b8430a"
STATUS_COLOURS = {
    "breached": ALARM,
    "at_risk": "#e69f00",
    "undetermined": "#6a4c93",
    "met": "#9cc0d6",
    "not_applicable": "#e6e9ec",
}
"""Apart for the usual kinds of colour blindness and, by lightness, in grey print."""

CONFIG: Spec = {
    "font": FONT,
    "background": "transparent",
    "padding": {"left": 2, "right": 8, "top": 4, "bottom": 2},
    "aria": False,
    "view": {"stroke": None},
    "concat": {"spacing": 18},
    "title": {"anchor": "start", "fontSize": 13, "fontWeight": 600, "color": INK, "offset": 6, "frame": "group"},
    "axis": {
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": MUTED,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "domainColor": "#9aa5af",
        "tickColor": "#9aa5af",
        "gridColor": RULE,
        "tickSize": 4,
    },
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelColor": INK,
        "labelFontSize": 12,
        "symbolSize": 90,
        "symbolType": "square",
        "symbolOpacity": 1,
        "symbolStrokeWidth": 0,
        "offset": 6,
        "columnPadding": 14,
        "layout": {"top": {"anchor": "start", "bounds": "full", "direction": "horizontal"}},
    },
    "text": {"font": FONT, "fontSize": 12, "color": INK},
}
_NUMBERS = {"decimal": ".", "thousands": "\u2009", "grouping": [3], "currency": ["", ""]}


def chart(*, name: str, title: str, desc: str, rows: Sequence[Spec], body: Spec) -> Spec:
    """Put the parts of a spec together.

    Args:
        name: Prefix of all ids in the drawing, unique on a page.
        title: What it shows, in a few words; read out, not drawn.
        desc: What can be seen in it, in a sentence or two; read out, not drawn.
        rows: Inline data.
        body: Marks, encodings or panels.
    """
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "name": name,
        "description": desc,
        "usermeta": {"title": title},
        "config": CONFIG,
        "data": {"values": list(rows)},
        **body,
    }


_OPENING = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"')


def svg(spec: Spec) -> str:
    """Draw a spec made by `chart`.

    Guarantees: the same spec gives the same text; title and description are in it; it refers to nothing outside.

    Raises:
        ValueError: Vega-Lite does not understand the spec.
    """
    # vl-convert declares no types
    drawn: str = vl_convert.vegalite_to_svg(
        spec, vl_version=VEGA_LITE, allowed_base_urls=[], format_locale=_NUMBERS, show_warnings=False
    )
    name = spec["name"]
    body = _OPENING.sub(lambda opening: _opening(opening[0], spec), drawn, count=1)
    return re.sub(r'\bid="(?=[a-z]+\d)', f'id="{name}-', body).replace("url(#", f"url(#{name}-")


def _opening(tag: str, spec: Spec) -> str:
    size = _SIZE.search(tag)
    if size is None:
        raise ValueError("the drawing has no size")
    title, desc = escape(spec["usermeta"]["title"]), escape(spec["description"])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{title}" '
        f'width="{size["width"]}" height="{size["height"]}" {size[0]}>'
        f"<title>{title}</title><desc>{desc}</desc>"
    )
