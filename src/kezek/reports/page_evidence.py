"""The page's sections on proof: the log and how to check it, all assumptions, all sources."""

from collections.abc import Mapping
from typing import Any

from kezek.law.book import Book
from kezek.reports import amounts
from kezek.reports.markup import PUBLISHED, SYNTHETIC, Cell, Markup, facts, paragraph, section, table, tag, text
from kezek.reports.page_market import Summary, Tables

COMMANDS = (
    ("kezek replay DIR", "audit the log and every file, then calculate the whole day again, byte for byte"),
    ("kezek receipt extract DIR PURCHASE --out my.receipt", "take out the receipt of one purchase"),
    ("kezek verify my.receipt --key DIR/log/log.vkey", "check that receipt by itself, offline"),
)


def evidence_section(*, summary: Summary) -> Markup:
    """Say what proves this page and with which commands anybody can check it."""
    evidence = summary["evidence"]
    lead = (
        "Every order, purchase, payment, reading and verdict is an entry of an append-only log. One number, the "
        "root, stands for all of it: change a single byte of the day and the root is another."
    )
    pairs = [
        ("Entries", text(amounts.count(evidence["entries"]))),
        ("Receipts", text(f"{amounts.count(evidence['receipts'])}, one for each purchase and each cut")),
        ("Root of the log", tag("code", text(evidence["root"]))),
        ("Digest of the law", tag("code", text(summary["law_digest"]))),
        ("Seed of the simulation", text(summary["seed"])),
    ]
    steps = [tag("li", tag("code", text(command)), text(f" to {what}")) for command, what in COMMANDS]
    return section(
        key="evidence",
        title="Evidence",
        parts=[paragraph(lead), facts(pairs), paragraph("To verify it yourself:"), tag("ul", *steps)],
    )


def assumption_name(key: str) -> str:
    """Write the key of an assumption as words.

    >>> assumption_name("thermal_availability_ppm.north_south")
    'Thermal availability, north south'
    """
    words = key.replace("_mwh_per_month", " per month").replace("_ppm", "").replace(".", ", ").replace("_", " ")
    return amounts.capital(words)


def _assumption_row(one: Mapping[str, Any]) -> tuple[object, ...]:
    mark = Cell(SYNTHETIC if one["synthetic"] else PUBLISHED)
    return assumption_name(one["key"]), amounts.spoken(one["value"]), mark, amounts.capital(one["why"]), one["source"]


def assumptions_section(*, summary: Summary) -> Markup:
    """List every assumption: value, why, source, synthetic or published."""
    listed = summary["assumptions"]
    made_up = sum(bool(one["synthetic"]) for one in listed)
    lead = f"All {amounts.count(len(listed))} assumptions behind this day; {amounts.count(made_up)} are synthetic."
    heads = ("Assumption", "Value", "Kind", "Why", "Source")
    tabled = table(heads=heads, rows=map(_assumption_row, listed), caption="Assumptions of the run.")
    return section(
        key="assumptions", title="All assumptions", parts=[paragraph(lead), tag("div", tabled, class_="long")]
    )


def _law_sources(tables: Tables, book: Book) -> list[str]:
    keys = tables["findings"]["source"].unique().sort().to_list()
    lines = []
    for key in filter(None, keys):
        known = book.sources.get(key)
        parts = (known.title, known.number, known.issuer, known.date, known.link) if known else (key,)
        lines.append(", ".join(filter(None, parts)))
    return lines


def sources_section(*, summary: Summary, tables: Tables, book: Book) -> Markup:
    """List what the day rests on: the law behind the findings, the tables of facts, the assumptions' sources."""
    network = summary["network"]
    facts_used = dict.fromkeys(
        [*network["sources"], *(one["source"] for one in summary["assumptions"] if not one["synthetic"])]
    )
    height, fees = amounts.count(network["height_at_start"]), network["transaction_fees"]
    consensus = f"Bitcoin consensus: difficulty and subsidy from block {height}; transaction fees {fees}."
    price = (
        f"Coin price of {network['price_month']}: "
        f"{amounts.money(network['tiyn_per_btc'])} per BTC at {amounts.money(network['tiyn_per_usd'])} per US dollar."
    )
    law = [tag("li", text(one)) for one in _law_sources(tables, book)]
    rest = [tag("li", text(one)) for one in (consensus, price, *facts_used)]
    parts = [tag("h3", text("Law behind the findings")), tag("ul", *law), tag("h3", text("Facts")), tag("ul", *rest)]
    return section(key="sources", title="Sources", parts=parts)
