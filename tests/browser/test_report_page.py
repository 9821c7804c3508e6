"""The report in a real browser: nothing is fetched, nothing scrolls sideways, every chart is drawn."""

import html
import re
import subprocess

import pytest
from tests.browser.chromium import FLAGS, rendered

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_report_fits_its_window(chromium, tmp_path, day_folder, width):
    probe = tmp_path / "probe.html"
    report = (day_folder / "report.html").as_uri()
    probe.write_text(
        f'<iframe id="f" src="{report}" style="width:{width}px;height:900px;border:0"></iframe>'
        "<script>onload=()=>{const d=document.getElementById('f').contentDocument.documentElement;"
        "document.title='width '+d.scrollWidth}</script>"
    )
    title = re.search(r"<title>width (\d+)</title>", rendered(chromium, tmp_path, probe))
    assert title is not None
    assert int(title[1]) <= width


def test_every_chart_is_drawn_and_named(chromium, tmp_path, day_folder):
    dom = rendered(chromium, tmp_path, day_folder / "report.html")
    charts = re.findall(r"<svg[^>]*>", dom)
    assert len(charts) >= 5
    assert all("aria-label" in chart or "aria-labelledby" in chart for chart in charts)
    assert "North + South" in html.unescape(dom)


def test_the_report_asks_the_network_for_nothing(chromium, tmp_path, day_folder):
    log = tmp_path / "net.json"
    arguments = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={log}"]
    report = (day_folder / "report.html").as_uri()
    subprocess.run([*arguments, "--dump-dom", report], capture_output=True, timeout=120, check=True)
    text = day_folder.joinpath("report.html").read_text(encoding="utf-8")
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#|data:)[^"']*["']""", text) == []
    assert re.findall(r"url\((?!#|data:|\"#)[^)]*\)", text) == []
    assert "<script" not in text
