"""`kezek bid` from the inside: what it prints and writes, and what it refuses."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kezek.cli.bid import ORDER_FILES, BidOptions, example_names, example_text, run_bid
from kezek.documents.csv_bids import read_bids_csv
from kezek.documents.fault import Limits
from kezek.documents.paper import OrderRow
from kezek.planning.bidding import NoBid
from kezek.planning.fee_target import FeeTargetCode
from kezek.reports.bid_words import SENTENCES, SHORT
from kezek.units.problem import InputProblem

GUESS = ("fee.bands_2023=hypothesis",)


@pytest.fixture
def shown(capsys):
    """Run a plan and give what it printed."""

    def show(example=None, **options):
        assert run_bid(BidOptions(example=example, **options)) == 0
        return capsys.readouterr().out

    return show


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(example_text("bid-flat-2025"), encoding="utf-8")
    return path


def refused(**options):
    with pytest.raises(InputProblem) as caught:
        run_bid(BidOptions(**options))
    assert caught.value.way_out
    return caught.value


@pytest.mark.parametrize("example", example_names())
@pytest.mark.parametrize("readings", [(), ("market.price_rule=uniform",), GUESS])
def test_every_example_fits_eighty_columns(shown, example, readings):
    lines = shown(example, readings=readings).splitlines()
    assert lines[0].startswith("Bid plan for ")
    assert max(map(len, lines)) <= 80
    assert not any(line != line.rstrip() for line in lines)


def test_the_flat_example_says_what_to_bid_and_that_there_is_no_cliff(shown):
    said = shown("bid-flat-2025")
    for words in (
        "WHAT EACH FURTHER MWh OF AN HOUR IS WORTH",
        "hall A             10.920   19.76  100.0%    11     215 779  0.0102    217 216",
        "12 past hours (few), 0 not sold out",
        "hall C           no bid: nothing to gain up to the ceiling",
        "up to 12.168 MWh an hour at up to 19.11 ₸/kWh, 06:00-18:00 (hall B)",
        "there is no cliff",
        "A bid equal to the marginal price counts as lost",
        "4 hours with fewer than 20",
    ):
        assert words in " ".join(said.replace("\u00a0", " ").replace("\u202f", " ").split("\n")), words


def test_the_cliff_of_2023_is_shown_once_a_reading_is_chosen(shown):
    said = shown("bid-banded-2023", readings=GUESS)
    for words in (
        "Target: an average of 21.00 ₸/kWh",
        "net gain 4 062 400.00 ₸",
        "arithmetic, not advice",
        "27.51 best",
    ):
        assert words in said
    open_ = shown("bid-banded-2023")
    for words in ("not known", "With a known fee: an average of 24.00", "4.69 ₸/kWh or more", "are left out"):
        assert words in " ".join(open_.split())


def test_under_one_price_for_all_it_says_why_the_ceiling_is_the_answer(shown):
    said = " ".join(shown("bid-flat-2025", readings=("market.price_rule=uniform",)).split())
    assert "Uniform price: the ceiling." in said
    assert "a bid decides whether one wins, not what one pays" in said


def test_machines_that_bid_in_no_hour_are_named_once(shown):
    said = shown("bid-undersupplied-2025")
    assert said.count("hall B") == 2  # the curve, and why not
    assert "hall B: no bid in any hour. The reserve price is over" in said


def test_json_is_whole_numbers_and_codes(shown):
    plan = json.loads(shown("bid-flat-2025", as_json=True), parse_float=lambda text: pytest.fail(f"a float: {text}"))
    assert plan["format"] == "kezek-bid@v1"
    assert len(plan["hours"]) == 24
    assert plan["hours"][0]["steps"][0]["price_tiyn_per_kwh"] == 1_976
    assert plan["hours"][18]["few"] and not plan["hours"][0]["few"]
    assert plan["hours"][18]["steps"][2]["no_bid"] == "planning.bid.nothing_to_gain"
    assert plan["fee"]["code"] == "planning.fee_target.flat"
    assert sum(hour["expected"]["profit_tiyn"] for hour in plan["hours"]) == plan["expected"]["profit_tiyn"]
    graded = json.loads(shown("bid-banded-2023", as_json=True, readings=GUESS))
    assert graded["fee"]["quarter"]["gain_tiyn"] == 406_240_000


def test_without_prices_the_plan_is_made_and_expects_nothing(shown, plan_file):
    text = plan_file.read_text(encoding="utf-8").partition("[prices]")[0]
    plan_file.write_text(text.replace('"best"', '"truthful"'), encoding="utf-8")
    said = shown(plan=plan_file)
    assert "no prices known" in said and "expected" not in said.partition("THE DAY")[2].partition("AS STANDING")[0]
    assert json.loads(shown(plan=plan_file, as_json=True))["expected"] is None


def test_orders_are_written_as_the_market_reads_them(shown, tmp_path):
    path = tmp_path / "orders.csv"
    assert f"Written: {path}" in shown("bid-undersupplied-2025", orders=path)
    paper = read_bids_csv(data=path.read_bytes(), document_id="d", sender_id="s", name="orders.csv", limits=Limits())
    assert len(paper.rows) == 19
    assert all(isinstance(row, OrderRow) for row in paper.rows)
    first = paper.rows[0]
    assert (first.product_id, first.steps[0].price_tiyn_per_kwh) == ("2025-12-10/west/00", 2_141)
    assert first.steps[0].quantity_kwh == 10_920


@pytest.fixture(scope="module")
def orders_of_105(tmp_path_factory):
    """A plan of one operator of the example session, its orders in all three kinds of file."""
    folder = tmp_path_factory.mktemp("orders")
    text = example_text("bid-flat-2025").replace("op-west-1", "OP-105").replace("atyrau-1", "ATY-1")
    text = text.replace('hours = "all"', "hours = [0, 1, 2, 7, 16]").replace('"30 MW"', '"12 MW"')
    (folder / "plan.toml").write_text(text, encoding="utf-8")
    files = [folder / f"orders{suffix}" for suffix in ORDER_FILES]
    for file in files:
        assert run_bid(BidOptions(plan=folder / "plan.toml", orders=file)) == 0
    return folder, files


def market(*arguments):
    line = [sys.executable, "-m", "kezek", "market", *map(str, arguments)]
    env = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, env=env)


def test_each_file_of_orders_is_taken_whole_by_a_session(orders_of_105, tmp_path):
    _, files = orders_of_105
    assert market("example", tmp_path / "demo").returncode == 0
    tables = [f"--{one}={tmp_path / 'demo' / one}.csv" for one in ("participants", "supply", "prepayments")]
    answers = []
    for file in files:
        session = tmp_path / file.suffix
        at = "2025-10-14T07:50"
        assert market("open", session, "--date", "2025-10-15", *tables, "--at", at).returncode == 0
        done = market("bid", session, file, "--at", "2025-10-14T09:40")
        assert done.returncode == 0, done.stdout + done.stderr
        log = [json.loads(line) for line in (session / "session.jsonl").read_text().splitlines()]
        answers.append([one["data"] for one in log if one["type"] == "order.decided"])
    assert answers[0] == answers[1] == answers[2]
    assert len(answers[0]) == 5
    assert all(one["refusal"] is None and one["reserved_tiyn"] > 0 for one in answers[0])


def test_a_file_of_orders_has_the_same_bytes_whenever_it_is_written(orders_of_105):
    folder, files = orders_of_105
    for file in files:
        again = folder / f"again{file.suffix}"
        run_bid(BidOptions(plan=folder / "plan.toml", orders=again))
        assert again.read_bytes() == file.read_bytes()
    assert b"<createdDateTime>2025-10-14T19:00:00Z<" in files[-1].read_bytes()


@pytest.mark.parametrize("name", ["orders.txt", "orders", "orders.xls", "orders.CSV", ".csv"])
def test_a_file_of_orders_of_another_kind_is_refused_before_anything_is_written(plan_file, name):
    folder = plan_file.parent
    problem = refused(plan=plan_file, orders=folder / name, html=folder / "plan.html")
    assert problem.code == "cli.bid.orders"
    assert problem.way_out == "Name a file that ends in .csv, .xlsx or .xml."
    assert list(folder.iterdir()) == [plan_file]


def test_the_ending_is_that_of_the_name_given_and_not_of_what_a_link_points_to(shown, tmp_path):
    (tmp_path / "mine.xml").symlink_to(tmp_path / "kept.csv")
    shown("bid-flat-2025", orders=tmp_path / "mine.xml")
    assert (tmp_path / "kept.csv").read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("example", example_names())
def test_the_page_stands_alone_and_shows_its_charts(shown, tmp_path, example):
    path = tmp_path / "plan.html"
    shown(example, html=path, readings=GUESS)
    page = path.read_text(encoding="utf-8")
    charts = 4 if example == "bid-banded-2023" else 3
    assert page.count("<svg") == 2 * charts
    assert not re.search(r"<script|<link|src=|url\((?!#)", page)
    assert not [link for link in re.findall(r'href="([^"]*)"', page) if not link.startswith("#")]
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert target in ids
    shown(example, html=tmp_path / "again.html", readings=GUESS)
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == page


def test_names_on_the_page_are_escaped(shown, plan_file, tmp_path):
    text = plan_file.read_text(encoding="utf-8").replace('"hall A"', '"<b>hall</b>"')
    plan_file.write_text(text, encoding="utf-8")
    shown(plan=plan_file, html=tmp_path / "plan.html")
    assert "<b>hall" not in (tmp_path / "plan.html").read_text(encoding="utf-8")


def test_a_page_without_prices_has_no_chances(shown, plan_file, tmp_path):
    text = plan_file.read_text(encoding="utf-8").partition("[prices]")[0]
    plan_file.write_text(text.replace('"best"', '"truthful"'), encoding="utf-8")
    shown(plan=plan_file, html=tmp_path / "plan.html")
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert "Chance of winning" not in page and page.count("<svg") == 4


def test_a_graded_fee_without_a_quarter_shows_its_steps(shown, plan_file, tmp_path):
    plan_file.write_text(example_text("bid-banded-2023").partition("[quarter]")[0], encoding="utf-8")
    said = shown(plan=plan_file, html=tmp_path / "plan.html", readings=GUESS)
    assert "[quarter] is missing" in " ".join(said.split())
    assert "The fee by average price." in (tmp_path / "plan.html").read_text(encoding="utf-8")


def test_the_template_is_an_example_and_runs(shown, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(shown(template=True), encoding="utf-8")
    assert shown(plan=path) == shown("bid-flat-2025")
    assert shown("bid-banded-2023", template=True) == example_text("bid-banded-2023")


def test_a_csv_is_read_from_the_folder_of_the_plan(shown, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(example_text("bid-undersupplied-2025"), encoding="utf-8")
    problem = refused(plan=path)
    assert problem.code == "cli.bid.unreadable" and "bid-undersupplied-2025.csv" in problem.where
    folder = Path(__file__).resolve().parents[2] / "src" / "kezek" / "planning" / "examples"
    data = (folder / "bid-undersupplied-2025.csv").read_bytes()
    (tmp_path / "bid-undersupplied-2025.csv").write_bytes(data)
    assert shown(plan=path) == shown("bid-undersupplied-2025")


def test_no_machine_that_pays_is_said_and_not_an_error(shown, plan_file):
    text = plan_file.read_text(encoding="utf-8").replace('price = "published"', 'price = "1 000 ₸"')
    plan_file.write_text(text, encoding="utf-8")
    said = shown(plan=plan_file, html=plan_file.parent / "plan.html", orders=plan_file.parent / "orders.csv")
    assert len((plan_file.parent / "orders.csv").read_text().splitlines()) == 1
    shown(plan=plan_file, orders=plan_file.parent / "orders.xlsx")
    assert refused(plan=plan_file, orders=plan_file.parent / "orders.xml").code == "cli.bid.no_orders"
    assert not (plan_file.parent / "orders.xml").exists()
    assert "lose at any price of power" in said and "none: nothing is bid" in said


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "cli.bid.input"),
        ({"plan": Path("plan.toml"), "example": "bid-flat-2025"}, "cli.bid.input"),
        ({"example": "bid-flat"}, "cli.bid.example"),
        ({"example": "../plan"}, "cli.bid.example"),
        ({"plan": Path("nowhere.toml")}, "cli.bid.unreadable"),
        ({"template": True, "as_json": True}, "cli.bid.idle"),
        ({"example": "bid-flat-2025", "readings": ("nonsense",)}, "cli.reading.form"),
        ({"example": "bid-flat-2025", "readings": ("a.b=c",)}, "law.reading.unknown"),
        ({"example": "bid-flat-2025", "profile": "described2"}, "law.profile.unknown"),
        ({"example": "bid-flat-2025", "profile": "published"}, "law.value.unknown"),
        ({"example": "bid-flat-2025", "html": Path("no/such/folder.html")}, "cli.out.unwritable"),
    ],
)
def test_what_cannot_be_done_is_refused(options, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert refused(**options).code == code
    assert list(tmp_path.iterdir()) == []


def test_bands_that_nobody_has_seen_stop_the_plan(plan_file):
    text = plan_file.read_text(encoding="utf-8").replace("2025-10-15", "2026-02-02")
    plan_file.write_text(text, encoding="utf-8")
    problem = refused(plan=plan_file, readings=("fee.from_2026=banded",))
    assert problem.code == "law.value.unknown" and problem.where == "fee.rate.general"


def test_two_outputs_need_two_places_and_the_plan_stays(plan_file):
    out = plan_file.parent / "out.csv"
    assert refused(plan=plan_file, html=out, orders=out).code == "cli.out.twice"
    assert refused(plan=plan_file, html=plan_file).code == "cli.out.source"


def test_a_plan_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_bytes(b"\xff\xfe[plan]")
    assert refused(plan=path).code == "cli.check.encoding"
    path.write_bytes(b"#" * (5 << 20))
    assert refused(plan=path).code == "cli.bid.size"


def test_every_code_of_a_plan_has_a_sentence():
    assert set(SENTENCES) == {*NoBid, *FeeTargetCode}
    assert set(SHORT) == {*NoBid}
    assert all(words.endswith(".") for words in SENTENCES.values())
