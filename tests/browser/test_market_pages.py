"""Statement and publication in a real browser: they fit their window, fetch nothing, and have a dark side."""

import datetime as dt
import re

import pytest
from tests.browser.chromium import rendered
from tests.trading.market_days import PAPERS_AT, UNIFORM, delivered_session

from kezek.reports.publication_model import publication
from kezek.reports.publication_page import publication_page
from kezek.reports.statement_model import operator_papers
from kezek.reports.statement_page import statement_page

pytestmark = pytest.mark.browser

PAGES = ("statement", "publication", "opened")
"""The publication under the embargo, and with single bids."""


@pytest.fixture(scope="module")
def texts():
    session = delivered_session(UNIFORM)
    return {
        "statement": statement_page(operator_papers(session=session, operator_id="OP-002", at=PAPERS_AT)),
        "publication": publication_page(publication(session=session, on=dt.date(2025, 10, 16))),
        "opened": publication_page(publication(session=session, on=dt.date(2026, 2, 1))),
    }


def written(tmp_path, texts, name, *, unfolded):
    text = texts[name].replace("<details>", "<details open>") if unfolded else texts[name]
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


def probed(chromium, tmp_path, page, width, script):
    """What a script finds in the page when it is laid out so wide, as the title of the probe."""
    probe = tmp_path / "probe.html"
    probe.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload=()=>{const d=document.getElementById('f').contentDocument;"
        f"document.title={script}}}</script>"
    )
    title = re.search(r"<title>([^<]*)</title>", rendered(chromium, tmp_path, probe))
    assert title is not None
    return title[1]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "unfolded"), [(390, False), (390, True), (768, True), (1280, True)])
def test_a_page_fits_its_window(chromium, tmp_path, texts, name, width, unfolded):
    page = written(tmp_path, texts, name, unfolded=unfolded)
    assert int(probed(chromium, tmp_path, page, width, "d.documentElement.scrollWidth")) <= width


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("width", [390, 1280])
def test_no_table_of_a_section_has_to_be_scrolled(chromium, tmp_path, texts, name, width):
    page = written(tmp_path, texts, name, unfolded=False)
    script = "[...d.querySelectorAll('section > .scroll')].filter(e=>e.scrollWidth>e.clientWidth).length"
    assert probed(chromium, tmp_path, page, width, script) == "0"


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 24, 31)")])
def test_a_page_follows_the_theme(chromium, tmp_path, texts, name, scheme, paper):
    page, probe = written(tmp_path, texts, name, unfolded=False), tmp_path / "probe.html"
    probe.write_text(
        f'<html style="color-scheme:{scheme}"><iframe id="f" src="{page.as_uri()}" style="color-scheme:{scheme}">'
        "</iframe><script>onload=()=>{const f=document.getElementById('f');"
        "document.title=f.contentWindow.getComputedStyle(f.contentDocument.body).backgroundColor}</script>"
    )
    assert f"<title>{paper}</title>" in rendered(chromium, tmp_path, probe)


def test_every_chart_is_drawn_named_and_legible_in_the_dark(chromium, tmp_path, texts):
    page = written(tmp_path, texts, "publication", unfolded=False)
    charts = "[...d.querySelectorAll('svg')]"
    assert probed(chromium, tmp_path, page, 1280, f"{charts}.filter(e=>e.getAttribute('aria-label')).length") == "8"
    sheet = texts["publication"]
    drawn = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', sheet[sheet.index("<svg") :]))
    mapped = set(re.findall(r'svg \[(?:fill|stroke)="(#[0-9a-f]{6})"\]', sheet))
    assert drawn <= mapped


def test_the_pages_ask_the_network_for_nothing(texts):
    for text in texts.values():
        assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)[^"']*["']""", text) == []
        assert re.findall(r"url\((?!#|data:|\"#)[^)]*\)", text) == []
        assert "<script" not in text
