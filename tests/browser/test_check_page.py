"""The page of a verdict in a real browser: it fits its window, fetches nothing, and has a dark side."""

import re

import pytest
from tests.browser.chromium import rendered

from kezek.cli.check import check_command
from kezek.cli.check_request import CheckOptions

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "check.html"
    check_command(CheckOptions(None, example="under-sold", html=path))
    return path


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("opened", [False, True])
def test_the_page_fits_its_window(chromium, tmp_path, page, width, opened):
    if opened:
        page.write_text(page.read_text(encoding="utf-8").replace("<details>", "<details open>"), encoding="utf-8")
    probe = tmp_path / "probe.html"
    probe.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload=()=>{const d=document.getElementById('f').contentDocument.documentElement;"
        "document.title='width '+d.scrollWidth}</script>"
    )
    title = re.search(r"<title>width (\d+)</title>", rendered(chromium, tmp_path, probe))
    assert title is not None
    assert int(title[1]) <= width


@pytest.mark.parametrize("width", [390, 500])
def test_no_table_has_to_be_scrolled_on_a_telephone(chromium, tmp_path, page, width):
    probe = tmp_path / "probe.html"
    probe.write_text(
        f'<iframe id="f" src="{page.as_uri()}" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload=()=>{const d=document.getElementById('f').contentDocument;"
        "const wide=[...d.querySelectorAll('section > .scroll')].filter(e=>e.scrollWidth>e.clientWidth);"
        "document.title='wide '+wide.length+' of '+d.querySelectorAll('#owed .scroll').length}</script>"
    )
    assert "<title>wide 0 of 1</title>" in rendered(chromium, tmp_path, probe)


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(17, 24, 31)")])
def test_the_page_follows_the_theme(chromium, tmp_path, page, scheme, paper):
    probe = tmp_path / "probe.html"
    probe.write_text(
        f'<html style="color-scheme:{scheme}"><iframe id="f" src="{page.as_uri()}" style="color-scheme:{scheme}">'
        "</iframe><script>onload=()=>{const f=document.getElementById('f');"
        "document.title=f.contentWindow.getComputedStyle(f.contentDocument.body).backgroundColor}</script>"
    )
    assert f"<title>{paper}</title>" in rendered(chromium, tmp_path, probe)


def test_the_page_refers_to_nothing_outside_but_links(page):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"""src\s*=""", text) == []
    assert re.findall(r"url\(", text) == []
    assert re.findall(r'<(?!a )[a-z]+ [^>]*href="', text) == []
