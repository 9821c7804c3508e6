"""The page: whole, well formed, escaped, alone."""

import re
from collections import Counter
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import Any

import polars as pl
import pytest

from kezek.day.run import DayRequest, run_day
from kezek.day.settings import read_fleet, read_scenario
from kezek.day.summary import summarise_day
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.reports.page import day_page
from kezek.reports.words import GROUPS, sentence

Day = tuple[dict[str, Any], dict[str, pl.DataFrame]]
_VOID = {"meta", "br", "hr", "img", "input", "link"}


class Balance(HTMLParser):
    """Opens and closes tags; notes ids, links and what is left open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        self.handle_startendtag(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        named = dict(attrs)
        if named.get("id"):
            self.ids[str(named["id"])] += 1
        self.links += [str(named[key]) for key in ("href", "src", "xlink:href", "action") if named.get(key)]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Balance:
    balance = Balance()
    balance.feed(page)
    balance.close()
    return balance


def words_of(page: str) -> str:
    """The page as a reader sees it, spaces made plain."""
    seen = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", seen)))


@pytest.fixture(scope="module")
def page(summary: dict[str, Any], tables: dict[str, pl.DataFrame]) -> str:
    return day_page(summary=summary, tables=tables, book=load_book())


@pytest.fixture(scope="module")
def real() -> Day:
    lens = Lens(book=load_book(), profile="described", readings={})
    request = DayRequest(date(2025, 10, 15), 1, lens, read_scenario(None), read_fleet(None))
    result = run_day(request=request, progress=lambda step: None)
    return summarise_day(result), result.tables


def test_tags_are_balanced_and_ids_unique(page: str) -> None:
    balance = parsed(page)
    assert balance.open == []
    assert [key for key, times in balance.ids.items() if times > 1] == []


def test_nothing_outside_is_referred_to(page: str) -> None:
    assert all(link.startswith("#") for link in parsed(page).links)
    assert all(inner.startswith("#") for inner in re.findall(r"url\(([^)]*)\)", page))
    assert not re.search(r"@import|<script|<link|<iframe|<object|\son[a-z]+=", page)
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in unescape(page)


def test_every_link_in_the_page_leads_somewhere(page: str) -> None:
    balance = parsed(page)
    assert {link[1:] for link in balance.links} <= set(balance.ids)
    assert all(inner[1:] in balance.ids for inner in re.findall(r"url\(([^)]*)\)", page))


def test_hostile_text_stays_text(page: str) -> None:
    assert "<script" not in page
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; Sons" in page
    assert "<b>A</b>" not in page
    assert "&lt;b&gt;A&lt;/b&gt;" in page
    assert "running &lt;i&gt;" in page


def every_breach_is_on(page: str, summary: dict[str, Any]) -> None:
    cards = [words_of(card) for card in re.findall(r"<article.*?</article>", page, flags=re.DOTALL)]
    for one in summary["duties"]["breached"]:
        year, quarter = one["period"].split("-")
        wanted = (one["operator_id"], sentence(one["duty"]), sentence(one["reason"]), f"{quarter} {year}", "Breached")
        assert sum(all(part in card for part in wanted) for card in cards) == 1


def test_every_breach_is_on_the_page(page: str, summary: dict[str, Any]) -> None:
    every_breach_is_on(page, summary)
    seen = words_of(page)
    for part in ("0.29462802 BTC", "0.35074765 BTC", "3 439 852.72 ₸", "31 December 2023", "and 3 more"):
        assert part in seen
    assert "At risk if: The steps of the share go by calendar year (Kezek)" in seen


def test_duties_that_applied_to_nobody_are_named_in_one_line(page: str) -> None:
    seen = re.sub(r"[\u2009\u202f\u00a0]", " ", words_of(page))
    assert "Left out: 1 duty that applied to nobody in these quarters. Income tax: declared in full." in seen


def test_no_code_is_shown_in_place_of_its_words(page: str) -> None:
    seen = words_of(page)
    codes = [code for group in GROUPS.values() for code in group if re.search(r"[._]", code)]
    assert [code for code in codes if re.search(rf"(?<![\w.]){re.escape(code)}(?![\w.])", seen)] == []


def test_a_doubled_hour_and_the_synthetic_label_are_seen(page: str) -> None:
    seen = words_of(page)
    assert "25 hours" in seen
    assert "23:00 (second)" in seen
    assert "A simulated day." in seen
    assert page.count('class="mark synthetic"') > 8
    assert "Nobody's award rose." in seen


def test_a_chosen_reading_is_said(page: str) -> None:
    assert "Chosen for this run 80 % (S2). sale.share_2025=s2" in words_of(page)


def test_an_award_that_rose_is_not_hidden(summary: dict[str, Any], tables: dict[str, pl.DataFrame]) -> None:
    risen = tables["purchases"].with_columns(final_kwh=pl.col("energy_kwh") + 1)
    seen = words_of(day_page(summary=summary, tables={**tables, "purchases": risen}, book=load_book()))
    assert "Awards that rose, which must not be: 2." in seen
    assert "Nobody's award rose." not in seen


def test_a_day_without_a_sale_says_so(unsold: Day) -> None:
    summary, tables = unsold
    seen = words_of(day_page(summary=summary, tables=tables, book=load_book()))
    assert "and nothing was sold." in seen
    assert "Nobody bid in any hour" in seen
    assert "Nothing was curtailed on this day." in seen
    assert "No order was rejected." in seen
    assert "no value to split" in seen


def test_the_same_day_gives_the_same_page(
    page: str, summary: dict[str, Any], tables: dict[str, pl.DataFrame]
) -> None:
    assert day_page(summary=summary, tables=tables, book=load_book()) == page


def test_a_real_day(real: Day) -> None:
    summary, tables = real
    page = day_page(summary=summary, tables=tables, book=load_book())
    balance = parsed(page)
    assert balance.open == []
    assert balance.tags["svg"] == 12
    every_breach_is_on(page, summary)
    assert all(link.startswith("#") for link in balance.links)
    assert len(page.encode()) < 800_000


def test_the_network_of_the_day_is_on_the_page(page: str) -> None:
    seen = re.sub(r"[\u2009\u202f\u00a0]", " ", words_of(page))
    for figure in ("81 725 299 822 043.20", "6.25000000 BTC", "150.3 at the pace", "Transaction fees are known"):
        assert figure in seen
