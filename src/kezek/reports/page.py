"""The day as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from kezek.law.book import Book
from kezek.reports import amounts
from kezek.reports.markup import PUBLISHED, SYNTHETIC, Markup, join, key_figure, paragraph, tag, text
from kezek.reports.page_duties import duties_section, law_section
from kezek.reports.page_evidence import assumptions_section, evidence_section, sources_section
from kezek.reports.page_market import auction_section, bids_section, curtailment_section, orders_section
from kezek.reports.page_money import coins_section, fleet_section, money_section
from kezek.reports.shell import whole_page

_CONTENTS = {
    "auction": "Auction",
    "bids": "One hour",
    "orders": "Orders",
    "curtailment": "Curtailment",
    "money": "Money",
    "coins": "Coins",
    "fleet": "Fleet",
    "duties": "Duties",
    "law": "Open questions",
    "evidence": "Evidence",
    "assumptions": "Assumptions",
    "sources": "Sources",
}


def day_page(*, summary: Mapping[str, Any], tables: Mapping[str, pl.DataFrame], book: Book) -> str:
    """Write the page of a day.

    Args:
        summary: The object that `kezek day --json` writes.
        tables: hours, orders, purchases, operators and findings, as the day gives them.
        book: The law that the day was judged by, for the words of its questions and sources.

    Guarantees: one file without script or outside reference; every value escaped; every breach on the page; the same
    input gives the same page.

    Raises:
        KeyError: a code without words, or a summary without a key that the page shows.
    """
    sections = (
        auction_section(summary=summary, tables=tables),
        bids_section(summary=summary, tables=tables),
        orders_section(tables=tables),
        curtailment_section(summary=summary, tables=tables),
        money_section(summary=summary),
        coins_section(summary=summary),
        fleet_section(summary=summary, tables=tables),
        duties_section(summary=summary, tables=tables, book=book),
        law_section(summary=summary, tables=tables, book=book),
        evidence_section(summary=summary),
        assumptions_section(summary=summary),
        sources_section(summary=summary, tables=tables, book=book),
    )
    body = tag(
        "body", _header(summary, tables), tag("main", _key_figures(summary, tables), *sections), _footer(summary)
    )
    title = f"Surplus power for miners, {amounts.day(date.fromisoformat(summary['date']))}"
    return whole_page(title=title, styles=("page.css",), body=body, schemes="light")


def price_range(hours: pl.DataFrame) -> str:
    """Say at which prices energy was sold."""
    lowest, highest = hours["lowest_tiyn_per_kwh"].min(), hours["highest_tiyn_per_kwh"].max()
    if not isinstance(lowest, int) or not isinstance(highest, int):
        return "no price was paid"
    return f"{amounts.bare_price(lowest)} to {amounts.price(highest)}"


def _sentence(summary: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> str:
    market, wrong = summary["market"], summary["duties"]["operators_by_status"]["breached"]
    duties = (
        f"{amounts.count(wrong)} of {amounts.noun(summary['fleet']['operators'], 'operator', 'operators')} "
        f"{'breaches' if wrong == 1 else 'breach'} a duty."
        if wrong
        else "No operator breaches a duty."
    )
    offered = f"{amounts.mwh(market['offered_kwh'])} of surplus were offered"
    if not market["bought_kwh"]:
        return f"{offered} and nothing was sold. {duties}"
    return (
        f"{offered} and {amounts.mwh(market['bought_kwh'])} bought, {amounts.share(market['take_up_ppm'])} of it, "
        f"at {price_range(tables['hours'])} before VAT. The month's take-up comes to "
        f"{amounts.share(market['month_take_up_ppm'])} against a target of "
        f"{amounts.share(market['target_take_up_ppm'])}. {duties}"
    )


def _header(summary: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> Markup:
    on = date.fromisoformat(summary["date"])
    hours = f"{summary['hours']} hours" if summary["hours"] != 24 else ""
    name = tag(
        "p", text("Kezek"), tag("span", text("National surplus-power auction for licensed miners")), class_="name"
    )
    notice = tag(
        "p",
        tag("strong", text("A simulated day. ")),
        text(
            "The fleet, the bids, the meters, the books and the hourly shapes are synthetic, and so is every figure "
            "that follows from them; figures marked “published” are not. Operators are invented. "
        ),
        tag("a", text("All assumptions"), href="#assumptions"),
        class_="notice",
        role="note",
    )
    links = [tag("li", tag("a", text(words), href=f"#{key}")) for key, words in _CONTENTS.items()]
    return tag(
        "header",
        name,
        tag("h1", text(amounts.day(on)), tag("span", text(hours), class_="hours") if hours else Markup("")),
        paragraph(_sentence(summary, tables), "lead"),
        notice,
        tag("nav", tag("ul", *links), aria_label="Contents"),
    )


def _mark(summary: Mapping[str, Any], key: str) -> Markup:
    """Mark a figure as its assumption is: published or synthetic."""
    return (
        PUBLISHED if any(one["key"] == key and not one["synthetic"] for one in summary["assumptions"]) else SYNTHETIC
    )


def _average_price(hours: pl.DataFrame) -> str:
    """Average of what was paid over all hours, weighted by energy."""
    sold = hours.drop_nulls("average_tiyn_per_kwh")
    bought = int(sold["bought_kwh"].sum())
    paid = int((sold["bought_kwh"] * sold["average_tiyn_per_kwh"]).sum())
    return amounts.price(paid // bought) if bought else "–"


def _key_figures(summary: Mapping[str, Any], tables: Mapping[str, pl.DataFrame]) -> Markup:
    market, fleet, output, duties = (summary[key] for key in ("market", "fleet", "output", "duties"))
    cut = market["bought_kwh"] - market["bought_after_curtailment_kwh"]
    month, target = (amounts.mwh(1_000 * market[key]) for key in ("month_offered_mwh", "target_offered_mwh"))
    figures = (
        ("Surplus offered", amounts.mwh(market["offered_kwh"]), f"{month} in the month, target {target}", SYNTHETIC),
        ("Bought", amounts.mwh(market["bought_kwh"]), f"{amounts.mwh(cut)} of it curtailed later", SYNTHETIC),
        (
            "Take-up",
            amounts.share(market["take_up_ppm"]),
            f"month {amounts.share(market['month_take_up_ppm'])}, "
            f"target {amounts.share(market['target_take_up_ppm'])}",
            SYNTHETIC,
        ),
        ("Average price", _average_price(tables["hours"]), f"range {price_range(tables['hours'])}", SYNTHETIC),
        (
            "Licensed operators",
            amounts.count(fleet["operators"]),
            f"{amounts.count(fleet['bidders'])} of them bid",
            _mark(summary, "operators"),
        ),
        (
            "Machines registered",
            amounts.count(fleet["machines_registered"]),
            f"{amounts.count(fleet['machines_active'])} active (synthetic)",
            _mark(summary, "machines"),
        ),
        (
            "Coins credited",
            amounts.coins_in_short(output["credited_sat"]),
            f"{amounts.share(output['share_of_network_ppm'], 2)} of the network's day",
            SYNTHETIC,
        ),
        (
            "Operators in breach",
            amounts.count(duties["operators_by_status"]["breached"]),
            f"{amounts.noun(len(duties['breached']), 'breach', 'breaches')} in closed quarters",
            SYNTHETIC,
        ),
    )
    shown = join(key_figure(label=a, value=b, note=c, mark=d) for a, b, c, d in figures)
    return tag("dl", shown, class_="figures", aria_label="Key figures")


def _footer(summary: Mapping[str, Any]) -> Markup:
    origin = f"{summary['format']}, seed {summary['seed']}"
    line = f"Written by Kezek from the log of the day ({origin}). Open source, Apache-2.0."
    return tag("footer", paragraph(line))
