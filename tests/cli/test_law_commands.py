"""`kezek law show`, `coverage`, `questions` and `seal` as a person runs them, and where the shell keeps its cache."""

import json
import os
import shutil
import subprocess
import sys
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from kezek.cli.law import cache_folder
from kezek.law.book import load_book


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """The user's cache folder for the whole module."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def kezek(cache, tmp_path):
    """Run the command as its user would; gives code, what it printed, and what it complained."""

    def run(*arguments, **environment):
        done = subprocess.run(
            [sys.executable, "-m", "kezek", "law", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "COLUMNS": "80", "XDG_CACHE_HOME": str(cache), **environment},
        )
        return done.returncode, done.stdout, done.stderr

    return run


def flat(text):
    return " ".join(text.split())


def test_show_leaves_out_what_was_not_public_yet(kezek):
    """The law on digital assets of 2023 was published on 6 February 2023."""
    asked = ("show", "licence.required", "--as-of", "2024-06-01", "--json", "--known-on")
    before, after = (json.loads(kezek(*asked, on)[1]) for on in ("2023-02-05", "2023-02-06"))
    assert (before["known_on"], after["known_on"]) == ("2023-02-05", "2023-02-06")
    assert before["said"] != after["said"]
    shown = kezek("show", "licence.required", "--as-of", "2024-06-01", "--known-on", "2023-02-06")[1]
    assert "on 2024-06-01, profile described, by what was public on 2023-02-06" in flat(shown)
    assert "[cli.date.form]" in kezek("show", "licence.required", "--known-on", "soon")[2]


def test_show_gives_value_article_source_confidence_and_reading(kezek):
    code, out, complaint = kezek("show", "sale.share_ppm", "--as-of", "2025-06-01")
    assert (code, complaint) == (0, "")
    for words in (
        "on 2025-06-01, profile described",
        "reading sale.share_2025=majority",
        "holds 75 %",
        "period from 2025-01-01 until 2026-01-01",
        "place Art. 8(4)",
        "No 193-VII, Parliament, 2023-02-06",
        "link https://adilet.zan.kz/rus/docs/Z2300000193",
        "published 2023-02-06",
        "confidence high, checked",
    ):
        assert words in flat(out)
    assert max(map(len, out.splitlines())) <= 80


def test_show_history_holds_every_value_gap_question_and_holder(kezek):
    code, out, _ = kezek("show", "fee.rate.general", "--as-of", "2020-01-01", "--history")
    text = flat(out)
    assert code == 0
    assert "the first starts on 2022-01-01" in text and "nothing before 2022-01-01" in text
    assert "2022-01-01 2023-01-01 1.00 ₸/kWh 2021-06-24 high tax_law_53, Arts 606-1 to 606-5" in text
    assert "fee.from_2026=banded (banded: notes marked as unverified)" in text
    assert "2026-01-01 – unknown: the bands said to" in text
    assert "fee.bands_2023: What were the fee bands of 2023 between the known points? (open)" in text
    assert "published record: Only the ends could be read. Taken by described, published." in text
    assert max(map(len, out.splitlines())) <= 80
    assert "nothing: the index of 2016 to 2020 is not at hand" in flat(kezek("show", "mci.tiyn", "--history")[1])


def test_show_takes_reading_and_profile(kezek):
    day = ("--as-of", "2025-06-01")
    assert "holds 80 %" in flat(kezek("show", "sale.share_ppm", *day, "--reading", "sale.share_2025=s2")[1])
    out = flat(kezek("show", "vat.rate_ppm", "--as-of", "2026-06-01", "--profile", "published")[1])
    assert "holds Not known on 2026-06-01: a confirmed value of vat.rate_ppm" in out


def test_scale_is_shown_band_by_band(kezek):
    reading = ("--reading", "fee.bands_2023=hypothesis", "--as-of", "2023-06-01")
    out = flat(kezek("show", "fee.rate.general", *reading)[1])
    assert "25 bands by tiyn/kWh, 1.00 ₸/kWh to 25.00 ₸/kWh" in out
    assert "3.00 to under 4.00 ₸/kWh 22.00 ₸/kWh" in out and "from 24.00 ₸/kWh 1.00 ₸/kWh" in out


def test_show_as_json_holds_whole_numbers_and_words(kezek):
    code, out, _ = kezek("show", "sale.share_ppm", "--as-of", "2025-06-01", "--history", "--json")
    plain = json.loads(out)
    assert (code, plain["unit"], plain["said"], plain["law"]) == (0, "ppm", "75 %", load_book().digest)
    assert (plain["holds"]["content"], plain["holds"]["source"]["number"]) == (750_000, "193-VII")
    lanes = {lane["reading"]: lane for lane in plain["history"]}
    assert lanes["sale.share_2025=s2"]["rows"][0]["content"] == 800_000
    assert lanes["sale.share_2025=majority"]["taken_by"] == ["described", "published"]
    assert [question["key"] for question in plain["questions"]] == ["sale.share_2023", "sale.share_2025"]
    alone = json.loads(kezek("show", "sale.share_ppm", "--as-of", "2020-01-01", "--json")[1])
    assert alone["holds"] == {"absent": "law.value.not_yet_in_force"} and "history" not in alone
    banded = json.loads(kezek("show", "fee.rate.general", "--as-of", "2023-06-01", "--json")[1])
    assert banded["holds"]["content"]["bands"][-1] == {"from": 2400, "until": None, "content": 100}


def test_show_without_a_key_lists_all_by_area(kezek):
    code, out, _ = kezek("show")
    assert code == 0
    keys = [line.split()[0] for line in out.splitlines() if line.startswith("  ") and "." in line.split()[0]]
    assert {*load_book().quantities} <= {*keys}
    areas = [line.strip() for line in out.splitlines() if line and not line.startswith((" ", "One"))]
    assert areas == sorted({key.partition(".")[0] for key in load_book().quantities})
    assert max(map(len, out.splitlines())) <= 80
    titles = json.loads(kezek("show", "--json")[1])
    assert titles["sale.share_ppm"] == "Share of the coins that must be sold on a licensed exchange"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "sale.share_pm"), "Did you mean sale.share_ppm"),
        (("show", "mci.tiyn", "--as-of", "2025-6-1"), "--as-of: '2025-6-1' is no date."),
        (("show", "mci.tiyn", "--as-of", "20250601"), "Write it as 2025-06-01."),
        (("show", "mci.tiyn", "--profile", "publisht"), 'Did you mean "published"?'),
        (("show", "mci.tiyn", "--reading", "x"), "[cli.reading.form]"),
        (("show", "mci.tiyn", "--reading", "sale.share_2025=s9"), "[law.reading.unknown]"),
        (("show", "mci.tiyn", "--reading", "sale.a=b", "--reading", "sale.a=c"), "[cli.reading.twice]"),
        (("show", "--jurisdiction", "kx"), "[law.jurisdiction.unknown]"),
        (("show", "--law", "nowhere"), "[law.file.missing]"),
        (("coverage", "--source", "digital_asset_law"), "Did you mean digital_assets_law"),
        (("coverage", "--jurisdiction", "world"), "fidelity.toml is missing"),
    ],
)
def test_bad_input_is_one_line_and_code_2(arguments, words, kezek):
    code, out, complaint = kezek(*arguments)
    assert (code, out) == (2, "")
    assert words in complaint and complaint.count("\n") == 1


def test_coverage_counts_and_lists(kezek):
    code, out, _ = kezek("coverage")
    assert code == 0 and max(map(len, out.splitlines())) <= 80
    counts = json.loads(kezek("coverage", "--json")[1])
    assert set(counts) == set(load_book().sources)
    total = [sum(row[how] for row in counts.values()) for how in ("encoded", "asked", "left_out", "deviation")]
    assert f"all {' '.join(map(str, total))}" in flat(out)
    of_s3 = json.loads(kezek("coverage", "--source", "s3", "--json")[1])
    assert len(of_s3) == sum(counts["s3"].values()) > 0
    listed = kezek("coverage", "--source", "s3")[1]
    assert all(one["says"].split()[0] in listed for one in of_s3) and max(map(len, listed.splitlines())) <= 80


def test_questions_and_seal(kezek, tmp_path):
    assert "--reading sale.share_2025=s2" in kezek("questions")[1]
    with as_file(files("kezek.law") / "books" / "world") as folder:
        shutil.copytree(folder, tmp_path / "own")
    lock = (tmp_path / "own" / "book.lock").read_text()
    (tmp_path / "own" / "book.lock").unlink()
    assert kezek("seal", "own") == (0, f"sealed: {Path('own') / 'book.lock'}\n", "")
    assert (tmp_path / "own" / "book.lock").read_text() == lock
    assert kezek("show", "--law", "own")[0] == 0


def test_book_is_compiled_into_the_users_cache_and_read_from_it(kezek, tmp_path):
    own = tmp_path / "own_cache"
    first = kezek("show", "mci.tiyn", "--as-of", "2025-06-01", XDG_CACHE_HOME=str(own))
    [kept] = (own / "kezek").iterdir()
    data = kept.read_bytes()
    again = kezek("show", "mci.tiyn", "--as-of", "2025-06-01", XDG_CACHE_HOME=str(own))
    assert again == first and kept.read_bytes() == data
    kept.write_bytes(data[:1000])
    assert kezek("show", "mci.tiyn", "--as-of", "2025-06-01", XDG_CACHE_HOME=str(own)) == first
    assert kept.read_bytes() == data


def test_cache_that_cannot_be_written_to_is_no_trouble(kezek, tmp_path):
    (tmp_path / "file").write_text("")
    blocked = kezek("show", "mci.tiyn", "--as-of", "2025-06-01", XDG_CACHE_HOME=str(tmp_path / "file"))
    assert blocked[0] == 0 and blocked[2] == ""


@pytest.mark.parametrize(
    ("environment", "platform", "folder"),
    [
        ({"HOME": "/me"}, "linux", "/me/.cache/kezek"),
        ({"HOME": "/me", "XDG_CACHE_HOME": "/fast"}, "linux", "/fast/kezek"),
        ({"HOME": "/me", "XDG_CACHE_HOME": "relative"}, "linux", "/me/.cache/kezek"),
        ({"HOME": "/me", "XDG_CACHE_HOME": ""}, "linux", "/me/.cache/kezek"),
        ({"HOME": "/me", "XDG_CACHE_HOME": "/fast"}, "darwin", "/me/Library/Caches/kezek"),
        ({"LOCALAPPDATA": "/app", "USERPROFILE": "/me"}, "win32", "/app/kezek"),
        ({}, "linux", None),
        ({}, "darwin", None),
        ({}, "win32", None),
    ],
)
def test_cache_folder_is_where_the_system_wants_it(environment, platform, folder):
    assert cache_folder(environment, platform) == (Path(folder) if folder else None)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_questions_and_keys_keep_to_the_width_and_break_no_word(kezek, width):
    book = load_book()
    asked, keys = kezek("questions", COLUMNS=str(width))[1], kezek("show", COLUMNS=str(width))[1]
    for shown in (asked, keys):
        assert max(map(len, shown.splitlines())) <= width
    for key, quantity in book.quantities.items():
        assert key in keys
        assert set(quantity.title.split()) <= set(keys.split())
    for key, question in book.questions.items():
        assert all(f"--reading {key}={name}" in asked for name in question.positions)


def test_no_color_leaves_no_escapes(kezek):
    assert "\x1b" not in kezek("show", "sale.share_ppm", NO_COLOR="1", FORCE_COLOR="1")[1]
    assert "\x1b" in kezek("show", "sale.share_ppm", FORCE_COLOR="1", TERM="xterm")[1]


def test_a_day_outside_of_all_years_is_refused(kezek):
    for option in ("--as-of", "--known-on"):
        code, _, said = kezek("show", "sale.share_ppm", option, "9999-12-31")
        assert code == 2 and "[cli.date.range]" in said
