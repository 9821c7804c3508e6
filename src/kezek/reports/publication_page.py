"""What a session publishes as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Iterator, Sequence
from functools import partial

from kezek.reports import amounts
from kezek.reports.drawing import svg
from kezek.reports.markup import Markup, details, facts, figure, key_figure, paragraph, section, tag, text
from kezek.reports.markup import table as plain_table
from kezek.reports.publication_charts import curve_spec, zone_spec
from kezek.reports.publication_model import Publication, PublishedProduct, ZoneTotal
from kezek.reports.publication_words import (
    busiest,
    curve_words,
    day_prices,
    embargo_words,
    energy,
    lead,
    price_span,
    product_name,
    proof_lines,
    withheld_words,
    zone_name,
    zone_words,
)
from kezek.reports.shell import page_header, whole_page
from kezek.reports.statement_words import charge_lines, kwh, rule_lines
from kezek.units.calendar import hours_of

table = partial(plain_table, labelled=True)
"""Tables of this page fit a telephone: the cells of a row stand under each other there."""
WIDE_PX, NARROW_PX, CURVE_PX = 960, 268, 430
"""Inner widths of a chart: over the whole sheet, on a telephone, beside its twin. [px]"""
_CONTENTS = {"day": "The day", "zones": "Hour by hour", "curves": "Demand", "rules": "Rules", "bids": "Who bid what"}
_PROOF = {"proof": "Proof"}
_TOTAL_HEADS = (
    "Zone",
    "Hours offered",
    "Hours short",
    "Offered, MWh",
    "Asked, MWh",
    "Bought, MWh",
    "Take-up",
    "Left, MWh",
    "Lowest, ₸/kWh",
    "Average",
    "Highest",
)
_HOUR_HEADS = (
    "Hour",
    "Offered, MWh",
    "Revised, MWh",
    "Asked, MWh",
    "Bought, MWh",
    "Left, MWh",
    "Bids",
    "Bidders",
    "Lowest, ₸/kWh",
    "Average",
    "Highest",
    "First not served",
)


def publication_page(made: Publication) -> str:
    """Write the page.

    Guarantees: one file without script or outside resource; every value escaped; light and dark; no operator on it
    before the embargo ends; the same publication gives the same page.
    """
    body = tag("body", _header(made), tag("main", *_sections(made)), _footer(made), class_="check market")
    styles = ("page.css", "check.css", "statement.css", "charts.css", "publication.css")
    return whole_page(title=_title(made), styles=styles, body=body)


def _title(made: Publication) -> str:
    return f"Surplus market, {amounts.day(made.terms.on)}"


def _header(made: Publication) -> Markup:
    return page_header(
        kind="Results of a session for everybody",
        title=_title(made),
        lead=tag("p", text(lead(made)), class_="lead"),
        figures=_key_figures(made),
        contents=_CONTENTS | _PROOF,
    )


def _key_figures(made: Publication) -> Iterator[Markup]:
    summaries = [one.summary for one in made.products]
    offered_kwh, bought_kwh = sum(one.offered_kwh for one in summaries), sum(one.bought_kwh for one in summaries)
    left_kwh = sum(one.left_kwh for one in made.products)
    lowest, average, highest = day_prices(made)
    left = "none of it curtailed" if left_kwh == bought_kwh else f"{energy(left_kwh)} after curtailment"
    hours = sum(one.summary.offered_kwh > 0 for one in made.products)
    figures = (
        ("Offered", energy(offered_kwh), f"in {amounts.noun(hours, 'zone hour', 'zone hours')}"),
        ("Bought", energy(bought_kwh), f"{amounts.part(bought_kwh, offered_kwh)} of it; {left}"),
        ("Average price", "–" if average is None else amounts.price(average), price_span(lowest, highest)),
        (
            "Bids",
            amounts.count(sum(one.bid_count for one in summaries)),
            f"at most {amounts.noun(max((one.bidder_count for one in summaries), default=0), 'bidder', 'bidders')} "
            "in one hour",
        ),
    )
    for label, value, note in figures:
        yield key_figure(label=label, value=value, note=note, mark=Markup(""))


def _sections(made: Publication) -> Iterator[Markup]:
    parts = {
        "day": _day(made),
        "zones": (_zone(made, total) for total in made.zones),
        "curves": _curves(made),
        "rules": _rules(made),
        "bids": _bids(made),
    }
    for key, found in parts.items():
        yield section(key=key, title=_CONTENTS[key], parts=list(found))
    proof = facts((term, tag("code", text(words))) for term, words in proof_lines(made))
    told = paragraph("Everybody’s receipts and single entries of the log can be proved against these roots.")
    yield section(key="proof", title=_PROOF["proof"], parts=[told, proof])


def _day(made: Publication) -> Iterator[Markup]:
    if not made.zones:
        yield paragraph("No surplus was offered.")
        return
    rows = [
        (
            zone_name(total),
            amounts.count(total.hours_offered),
            amounts.count(total.hours_short),
            amounts.bare_mwh(total.offered_kwh),
            amounts.bare_mwh(total.asked_kwh),
            amounts.bare_mwh(total.bought_kwh),
            amounts.part(total.bought_kwh, total.offered_kwh),
            amounts.bare_mwh(total.left_kwh),
            *map(amounts.bare_price, _range(total)),
        )
        for total in made.zones
    ]
    caption = "Each offer in each zone. Left: after curtailment. Prices paid at the clearing, before charges and VAT."
    yield table(heads=_TOTAL_HEADS, rows=rows, caption=caption, numbers=tuple(range(1, len(_TOTAL_HEADS))))


def _range(total: ZoneTotal) -> tuple[int | None, int | None, int | None]:
    return total.lowest_tiyn_per_kwh, total.average_tiyn_per_kwh, total.highest_tiyn_per_kwh


def _zone(made: Publication, total: ZoneTotal) -> Markup:
    products, labels = made.of(total), [hour.label for hour in hours_of(made.terms.on)]
    wide, narrow = (
        svg(zone_spec(total=total, products=products, labels=labels, width_px=width))
        for width in (WIDE_PX, NARROW_PX)
    )
    return figure(
        title=zone_name(total),
        reading=zone_words(total),
        wide=wide,
        narrow=narrow,
        numbers=_hours(total, products),
        mark=Markup(""),
    )


def _hours(total: ZoneTotal, products: Sequence[PublishedProduct]) -> Markup:
    again = any(one.price_left_tiyn_per_kwh != one.summary.uniform_tiyn_per_kwh for one in products)
    heads = (*_HOUR_HEADS, *(("After curtailment",) if again else ()))
    rows = [(*_hour(one), *((amounts.bare_price(one.price_left_tiyn_per_kwh),) if again else ())) for one in products]
    caption = f"{zone_name(total)}: every hour. Prices in tenge a kWh, before charges and VAT."
    return table(heads=heads, rows=rows, caption=caption, numbers=tuple(range(1, len(heads))))


def _hour(one: PublishedProduct) -> tuple[str, ...]:
    summary = one.summary
    return (
        one.hour,
        amounts.bare_mwh(summary.offered_kwh),
        amounts.bare_mwh(one.revised_kwh),
        amounts.bare_mwh(summary.asked_kwh),
        amounts.bare_mwh(summary.bought_kwh),
        amounts.bare_mwh(one.left_kwh),
        amounts.count(summary.bid_count),
        amounts.count(summary.bidder_count),
        amounts.bare_price(summary.lowest_tiyn_per_kwh),
        amounts.bare_price(summary.average_tiyn_per_kwh),
        amounts.bare_price(summary.highest_tiyn_per_kwh),
        amounts.bare_price(summary.first_rejected_tiyn_per_kwh),
    )


def _curves(made: Publication) -> Iterator[Markup]:
    drawn = busiest(made)
    if drawn:
        yield paragraph("All bids of an hour together, in the hours that were asked for most beside their supply.")
        yield tag("div", *map(_curve, drawn), class_="pair")
    withheld = withheld_words(made)
    if withheld:
        yield paragraph(withheld, "note")
    if not drawn and not withheld:
        yield paragraph("Nobody bid.")


def _curve(one: PublishedProduct) -> Markup:
    rows = [
        (amounts.bare_price(level.price_tiyn_per_kwh), amounts.bare_mwh(level.asked_kwh))
        for level in one.curve.levels
    ]
    heads = ("Price, ₸/kWh", "Asked at it or more, MWh")
    wide, narrow = (svg(curve_spec(one=one, width_px=width)) for width in (CURVE_PX, NARROW_PX))
    return figure(
        title=product_name(one),
        reading=curve_words(one),
        wide=wide,
        narrow=narrow,
        numbers=table(heads=heads, rows=rows, caption=f"{product_name(one)}: demand.", numbers=(0, 1)),
        mark=Markup(""),
    )


def _rules(made: Publication) -> Iterator[Markup]:
    pairs = [pair for pair in rule_lines(made.terms) if pair[0] != "Imbalance"]
    yield facts((term, text(words)) for term, words in (*pairs, *charge_lines(made.terms)))


def _bids(made: Publication) -> Iterator[Markup]:
    yield paragraph(embargo_words(made))
    if made.bids:
        rows = [
            (
                bid.product_id,
                bid.operator_id,
                bid.order_id,
                amounts.bare_price(bid.price_tiyn_per_kwh),
                kwh(bid.asked_kwh),
                kwh(bid.awarded_kwh),
            )
            for bid in made.bids
        ]
        heads = ("Product", "Operator", "Order", "Bid, ₸/kWh", "Asked, kWh", "Awarded, kWh")
        caption = "Every step of every order in the book at the gate."
        bids = table(heads=heads, rows=rows, caption=caption, numbers=(3, 4, 5))
        yield details(amounts.noun(len(rows), "bid", "bids"), bids)


def _footer(made: Publication) -> Markup:
    line = (
        f"Published {amounts.day(made.on)}, written by Kezek {made.terms.engine_version} from the log of the session."
    )
    return tag("footer", paragraph(line))
