"""`kezek market uptime` from its entry: what it prints, writes and refuses."""

import json
import re
from pathlib import Path

import pytest

from kezek.cli.uptime import UptimeOptions, run_uptime
from kezek.market.platform import PlatformRefusal
from kezek.planning.at_risk import Risk
from kezek.planning.platform_file import example_platform
from kezek.planning.purchasing import LotEnd, Miss
from kezek.reports.uptime_words import BUYERS, ENDS, MISSES, REFUSALS, RISKS
from kezek.units.problem import InputProblem


@pytest.fixture(autouse=True)
def a_narrow_screen(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(example_platform().replace('"180 MWh"', '"5 MWh"'), encoding="utf-8")
    return path


def refused(**options):
    with pytest.raises(InputProblem) as caught:
        run_uptime(UptimeOptions(**options))
    return caught.value


def shown(capsys, **options):
    assert run_uptime(UptimeOptions(**options)) == 0
    return capsys.readouterr().out


def test_the_example_shows_all_three_side_by_side_on_80_columns(capsys):
    text = shown(capsys)
    lines = text.splitlines()
    lead = " ".join(lines[:2]).replace("\u00a0", " ").replace("\u202f", " ")
    assert lead == "Kezek covers 97.5 % of the energy in time, a naive script 35.3 %, a person clicking 18.6 %."
    assert max(map(len, lines)) <= 80
    for words in ("KNOWN AHEAD", "UNDER THE SAME FAULTS", "HOUR BY HOUR", "Person", "Script", "Kezek", "possible"):
        assert words in text
    assert sum(re.match(r" ?\d\d:00 ", line) is not None for line in lines) == 24
    assert "60 of 180 purchases cannot be in time" in text


def test_the_page_of_the_docs_shows_the_figures_of_the_example(capsys):
    docs = Path(__file__).parents[2] / "docs" / "uptime.md"
    rows = [line for line in docs.read_text(encoding="utf-8").splitlines() if line.count("|") == 6]
    lines = [" ".join(line.split()) for line in shown(capsys).splitlines()]
    names = {"uptime, by energy": "Uptime, by energy", "hours up, of 24": "Hours up, of 24"}
    names |= {"MWh lost": "MWh lost", "bought twice": "Bought twice"}
    found = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    figures = [row for row in found if row[0] in names]
    assert len(figures) == len(names)
    for name, *cells in figures:
        assert " ".join([names[name], *cells]).strip().replace("\u202f", " ") in lines


def test_every_option_and_key_is_documented():
    text = (Path(__file__).parents[2] / "docs" / "uptime.md").read_text(encoding="utf-8")
    assert [name for name in ("--seed", "--html", "--json", "--template", "PLATFORM.toml") if name not in text] == []
    keys = {line.partition(" = ")[0] for line in example_platform().splitlines() if re.match(r"[a-z_]+ = ", line)}
    assert len(keys) >= 25
    short = {"approval_typical": "`_typical`", "approval_longest": "`_longest`"}
    assert [key for key in keys if short.get(key, key) not in text] == []


def test_no_colour_without_a_terminal(capsys):
    assert "\x1b" not in shown(capsys)


def test_the_json_holds_whole_numbers_and_adds_up(capsys):
    plain = json.loads(shown(capsys, as_json=True))
    assert plain["format"] == "kezek-uptime-1"
    assert (plain["lots"], plain["needed_kwh"], len(plain["hours"])) == (4_320, 4_320_000, 24)
    for name, buyer in plain["buyers"].items():
        assert buyer["covered_kwh"] + buyer["lost_kwh"] == plain["needed_kwh"]
        assert sum(buyer["lots"].values()) == plain["lots"]
        assert buyer["covered_kwh"] == sum(hour["buyers"][name]["covered_kwh"] for hour in plain["hours"])
        assert buyer["covered_kwh"] <= plain["bound"]["covered_kwh"]
    assert plain["buyers"]["kezek"]["doubles"] == 0
    assert plain["buyers"]["kezek"]["last_approved_at"].startswith("2025-10-15T")
    assert plain["hours"][2]["ahead"]["risk"] == "planning.risk.outage"
    assert plain["hours"][0]["starts_at"] == "2025-10-14T19:00:00+00:00"


def test_the_seed_decides_and_the_same_seed_says_the_same(capsys):
    first, again, other = (shown(capsys, seed=seed, as_json=True) for seed in (3, 3, 4))
    assert first == again != other


def test_a_small_farm_is_read_from_a_file_and_a_script_is_enough_for_it(capsys, mine):
    plain = json.loads(shown(capsys, platform=mine, as_json=True))
    assert plain["lots"] == 120
    assert plain["source"] == str(mine)
    assert plain["buyers"]["kezek"]["uptime_ppm"] == 1_000_000


def test_the_template_is_the_shipped_file(capsys):
    assert shown(capsys, template=True) == example_platform()


def test_the_page_is_one_file_with_every_hour_and_nothing_from_outside(capsys, tmp_path, mine):
    target = tmp_path / "uptime.html"
    assert f"Written: {target}" in shown(capsys, platform=mine, html=target)
    page = target.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" role="img"') == 2
    assert page.count("<title>Kezek, 23:00: ") >= 2
    assert re.findall(r"""src\s*=|url\(|<script""", page) == []
    assert re.findall(r'<(?!a )[a-z]+ [^>]*href="', page) == []
    assert "prefers-color-scheme: dark" in page
    for name in ("Person", "Script", "Kezek", "Possible"):
        assert name in page


def test_the_page_escapes_the_name_of_the_file(capsys, tmp_path):
    path = tmp_path / "<b>&.toml"
    path.write_text(example_platform().replace('"180 MWh"', '"1 MWh"'), encoding="utf-8")
    target = tmp_path / "uptime.html"
    shown(capsys, platform=path, html=target)
    page = target.read_text(encoding="utf-8")
    assert "&lt;b&gt;&amp;.toml" in page
    assert "<b>" not in page


def test_what_cannot_be_done_is_refused_before_anything_is_written(capsys, tmp_path, mine):
    assert refused(seed=-1).code == "cli.uptime.seed"
    assert refused(platform=tmp_path / "none.toml").code == "cli.uptime.unreadable"
    assert refused(platform=mine, html=mine).code == "cli.out.source"
    assert refused(html=tmp_path).code == "cli.out.unwritable"
    assert refused(template=True, as_json=True).code == "cli.uptime.options"
    (tmp_path / "large.toml").write_bytes(b"#" * (1 << 20) + b"#")
    assert refused(platform=tmp_path / "large.toml").code == "cli.uptime.size"
    (tmp_path / "latin.toml").write_bytes("[farm] # é".encode("latin-1"))
    assert refused(platform=tmp_path / "latin.toml").code == "cli.check.encoding"
    (tmp_path / "bad.toml").write_text("[farm]\n", encoding="utf-8")
    problem = refused(platform=tmp_path / "bad.toml", html=tmp_path / "never.html")
    assert problem.code == "planning.platform.missing"
    assert not (tmp_path / "never.html").exists()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "codes"), [(RISKS, Risk), (MISSES, Miss), (REFUSALS, PlatformRefusal), (ENDS, LotEnd)]
)
def test_every_code_has_words(words, codes):
    assert list(words) == list(codes)
    assert len(set(words.values())) == len(words)


def test_every_buyer_has_a_name():
    assert list(BUYERS.values()) == ["Person", "Script", "Kezek"]
