"""A comparison of buyers as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain

from kezek.market.platform import PlatformRefusal
from kezek.planning.purchasing import Buyer, share_ppm
from kezek.reports import amounts
from kezek.reports.markup import SYNTHETIC, Markup, details, figure, join, key_figure, paragraph, section, tag, text
from kezek.reports.markup import table as plain_table
from kezek.reports.shell import whole_page
from kezek.reports.uptime_words import (
    BUYERS,
    REFUSALS,
    RISKS,
    UptimeView,
    ahead_lines,
    bound_words,
    headline,
    hours_up,
    missed_words,
    outage_words,
    refusal_words,
    span,
    summary_rows,
    uptime,
)
from kezek.units.rounding import PPM

table = partial(plain_table, labelled=True)
"""Tables of this page fit a telephone: the cells of a row stand under each other there."""
_CONTENTS = {"chart": "Hour by hour", "ahead": "Known ahead", "compared": "Side by side", "limits": "Limits"}
_POSSIBLE = "possible"
_WIDE_PX, _NARROW_PX = 1_056, 358
_CELL_PX, _TOP_PX, _LABEL_PX = 34, 16, 12


def uptime_page(view: UptimeView) -> str:
    """Write the page of a comparison.

    Guarantees: one file without script or outside resource; every value escaped; light and dark; the same comparison
    gives the same page.
    """
    sections = (_chart_section(view), _ahead_section(view), _compared_section(view), _limits_section())
    footer = tag("footer", paragraph(f"Written by Kezek from {view.source}, seed {view.seed}. Apache-2.0."))
    body = tag("body", _header(view), tag("main", *sections), footer, class_="check uptime")
    title = f"Hours of power under a faulty marketplace, {amounts.day(view.delivery_on)}"
    return whole_page(title=title, styles=("page.css", "check.css", "uptime.css"), body=body)


def _header(view: UptimeView) -> Markup:
    comparison = view.comparison
    lots = sum(one.lots for one in comparison.ahead)
    name = tag("p", text("Kezek"), tag("span", text("Purchases of surplus power, 1 MWh at a time")), class_="name")
    about = (
        f"{amounts.day(view.delivery_on)}: {amounts.mwh(comparison.needed_kwh)} awarded, to be bought in "
        f"{amounts.noun(lots, 'purchase', 'purchases')}. {bound_words(view)}"
    )
    notice = tag(
        "p",
        tag("strong", text("A simulation. ")),
        text("No figure about the platform is published; delays, outages and limits are assumptions of the file."),
        class_="notice",
        role="note",
    )
    links = [tag("li", tag("a", text(words), href=f"#{key}")) for key, words in _CONTENTS.items()]
    return tag(
        "header",
        name,
        tag("h1", text(headline(view))),
        paragraph(amounts.tight(about), "lead"),
        notice,
        tag("nav", tag("ul", *links), aria_label="Contents"),
        _figures(view),
    )


def _figures(view: UptimeView) -> Markup:
    comparison = view.comparison
    of = f"of {comparison.needed_hours}\u00a0hours"
    shown = [
        key_figure(
            label=name,
            value=uptime(result.uptime_ppm),
            note=f"{hours_up(result)} {of}; {amounts.mwh(result.lost_kwh)} lost",
            mark=Markup(""),
        )
        for buyer, name in BUYERS.items()
        for result in (comparison.results[buyer],)
    ]
    lost = amounts.mwh(comparison.needed_kwh - sum(comparison.bound_kwh))
    note = f"no buyer loses less than {lost}"
    shown.append(key_figure(label="Possible", value=uptime(comparison.bound_ppm), note=note, mark=Markup("")))
    return tag("dl", join(shown), class_="figures", aria_label="Uptime by buyer")


@dataclass(frozen=True, slots=True)
class _Strip:
    """One row of the chart: covered energy by hour."""

    key: str
    name: str
    note: str
    covered_kwh: tuple[int, ...]


def _strips(view: UptimeView) -> list[_Strip]:
    comparison = view.comparison
    strips = [
        _Strip(str(buyer), name, uptime(result.uptime_ppm), tuple(hour.covered_kwh for hour in result.hours))
        for buyer, name in BUYERS.items()
        for result in (comparison.results[buyer],)
    ]
    bound = f"{uptime(comparison.bound_ppm)}; no buyer can cover more"
    return [*strips, _Strip(_POSSIBLE, "Possible", bound, comparison.bound_kwh)]


def _chart_section(view: UptimeView) -> Markup:
    comparison = view.comparison
    rows = []
    for nth, ahead in enumerate(comparison.ahead):
        covered = [comparison.results[buyer].hours[nth].covered_kwh for buyer in Buyer]
        shares = [_share(kwh, ahead.hour.needed_kwh) for kwh in (*covered, comparison.bound_kwh[nth])]
        rows.append([ahead.hour.label, amounts.mwh(ahead.hour.needed_kwh), *shares])
    heads = ("Hour", "Awarded", *BUYERS.values(), "Possible")
    numbers = table(heads=heads, rows=rows, caption="Share covered before the hour starts", numbers=(1, 2, 3, 4, 5))
    drawn = figure(
        title="Each delivery hour, by what was approved before it started",
        reading="The filled part is the share covered; ! marks an hour named at risk before the first request.",
        wide=_svg(view, _WIDE_PX),
        narrow=_svg(view, _NARROW_PX),
        numbers=numbers,
        mark=SYNTHETIC,
    )
    return section(key="chart", title="Hour by hour", parts=[drawn])


def _share(part_kwh: int, whole_kwh: int) -> str:
    return uptime(share_ppm(part=part_kwh, whole=whole_kwh)) if whole_kwh else "–"


def _svg(view: UptimeView, width_px: int) -> str:
    """Draw the strips; colours are those of the page, so that they follow its theme."""
    strips, hours = _strips(view), view.comparison.case.hours
    row_px = 92 if width_px == _WIDE_PX else 72
    height_px = _TOP_PX + row_px * len(strips) + 16
    drawn = (_strip(view, strip, _TOP_PX + nth * row_px, width_px) for nth, strip in enumerate(strips))
    parts = [*chain.from_iterable(drawn), *_axis(view, width_px, height_px - 4)]
    desc = "; ".join(f"{strip.name} {strip.note}" for strip in strips)
    title = f"Share of each of {len(hours)} delivery hours that each buyer covers in time"
    return tag(
        "svg",
        tag("title", text(title)),
        tag("desc", text(f"{desc}. The numbers stand in a table below.")),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_label=f"{title}: {desc}",
        viewBox=f"0 0 {width_px} {height_px}",
    )


def _strip(view: UptimeView, strip: _Strip, top_px: int, width_px: int) -> Iterator[Markup]:
    hours = view.comparison.case.hours
    step = width_px / len(hours)
    wide = width_px == _WIDE_PX
    gap = 3 if wide else 2
    name = tag("tspan", text(strip.name), class_="strip-name")
    note = tag("tspan", text(f"  {strip.note}"), class_="strip-note")
    yield tag("text", name, note, x="0", y=f"{top_px + _LABEL_PX}")
    cell_top = top_px + _LABEL_PX + 10
    for nth, hour in enumerate(hours):
        if not hour.needed_kwh:
            continue
        ppm = share_ppm(part=strip.covered_kwh[nth], whole=hour.needed_kwh)
        filled = _CELL_PX * ppm / PPM
        box = {"x": f"{nth * step:.1f}", "width": f"{step - gap:.1f}", "rx": "2"}
        words = tag("title", text(f"{strip.name}, {hour.label}: {uptime(ppm)}"))
        yield tag("rect", words, class_="strip-cell", y=f"{cell_top}", height=f"{_CELL_PX}", **box)
        if filled:
            bar = {"y": f"{cell_top + _CELL_PX - filled:.1f}", "height": f"{filled:.1f}", **box}
            yield tag("rect", words, class_=f"bar-{strip.key}", **bar)
        if wide:
            middle = f"{nth * step + (step - gap) / 2:.1f}"
            share = text(ppm // 10_000)
            yield tag(
                "text", share, class_="strip-value", x=middle, y=f"{cell_top + _CELL_PX + 15}", text_anchor="middle"
            )


def _axis(view: UptimeView, width_px: int, base_px: int) -> Iterator[Markup]:
    ahead = view.comparison.ahead
    step = width_px / len(ahead)
    every = 3 if width_px == _WIDE_PX else 6
    for nth, one in enumerate(ahead):
        middle = f"{nth * step + step / 2 - 1:.1f}"
        if nth % every == 0:
            label = text(one.hour.label[:5])
            yield tag("text", label, class_="strip-hour", x=f"{nth * step:.1f}", y=f"{base_px}")
        if one.risk is not None:
            words = tag("title", text(f"{one.hour.label}: {RISKS[one.risk]}"))
            yield tag("text", words, text("!"), class_="strip-risk", x=middle, y="12", text_anchor="middle")


def _ahead_section(view: UptimeView) -> Markup:
    lines = [
        tag("li", tag("strong", text(f"{label} ")) if label else Markup(""), text(amounts.tight(words)))
        for label, words in ahead_lines(view.comparison.ahead)
    ]
    rows = [
        (
            one.hour.label,
            amounts.count(one.lots),
            amounts.count(one.lots_short),
            _span(one.slack_s),
            _span(one.slack_reserved_s),
            "–" if one.risk is None else RISKS[one.risk],
        )
        for one in view.comparison.ahead
    ]
    heads = ("Hour", "Purchases", "Cannot be in time", "Slack", "Slack with a reserve", "At risk because")
    lead = (
        "Worked out from the window, the limits, the shortest approval and the announced outages, before any request "
        "is sent. The reserve counts on lost answers, mean approvals, and a longest one at the end of the hour’s "
        "purchases."
    )
    parts = [
        paragraph(lead),
        tag("ul", *lines),
        details(
            "Slack of every hour", table(heads=heads, rows=rows, caption="Before any request", numbers=(1, 2, 3, 4))
        ),
    ]
    return section(key="ahead", title="Known ahead", parts=parts)


def _span(seconds: int | None) -> str:
    return "–" if seconds is None else amounts.tight(span(seconds))


def _compared_section(view: UptimeView) -> Markup:
    heads = ("", *BUYERS.values(), "Possible")
    rows = [[cell or "–" for cell in row] for row in summary_rows(view)]
    summary = table(heads=heads, rows=rows, caption="Under the same faults", numbers=(1, 2, 3, 4))
    case, results = view.comparison.case, view.comparison.results
    missed = [(name, missed_words(view, buyer), refusal_words(results[buyer])) for buyer, name in BUYERS.items()]
    why = table(
        heads=("Buyer", "Hours not covered whole", "Requests not taken"),
        rows=missed,
        caption="Why, by most purchases",
    )
    outages = (
        f"Outages announced: {outage_words(view, case.announced)}. "
        f"Outages that nobody announced: {outage_words(view, case.surprises)}."
    )
    return section(key="compared", title="Side by side", parts=[paragraph(outages), summary, why])


def _limits_section() -> Markup:
    silence = REFUSALS[PlatformRefusal.NO_ANSWER]
    lines = (
        "All three meet the same outages, and the n-th try for a purchase meets the same luck whoever makes it.",
        "“Possible” is a bound: by the limits of the platform nobody gets more purchases approved by any hour, "
        "whatever the order. Kezek reaches it where approvals take the same time, no answer is lost and every outage "
        "was announced.",
        "In a single case of bad luck a script may cover a purchase that Kezek misses, as when it buys twice and the "
        "second approval is the quicker one. Kezek buys nothing twice.",
        f"A request with “{silence}” may have been executed: Kezek asks again under the same id, the script under a "
        "new one.",
        "A purchase approved after its hour started counts as lost, although it is bought.",
    )
    return section(
        key="limits", title="Limits of the comparison", parts=[tag("ul", *(tag("li", text(one)) for one in lines))]
    )
