"""Reading a plan file: what it gives, and how everything that is wrong with it is refused."""

from datetime import date
from importlib import resources

import pytest

from kezek.mining.network import difficulty_of
from kezek.planning.bidding import Strategy
from kezek.planning.plan_file import read_plan
from kezek.planning.price_file import parse_prices
from kezek.planning.win_chance import LEAST_OBSERVATIONS, PriceRecord
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem

PLAN = """
[plan]
operator = "op-1"
site = "site-1"
zone = "west"
route = "grid_surplus"
date = 2025-10-15
hours = [0, 7]
strategy = "best"
reserve_price = "18.00 ₸/kWh"

[coin]
price = "60 000 000 ₸"
difficulty = 150_000_000_000_000
subsidy = "3.125 BTC"

[costs]
transmission = "2.50 ₸/kWh"
regional_grid = "0 ₸/kWh"
labour = "1.10 ₸/kWh"
hosting = "0 ₸/kWh"
overhead = "4 %"
pool_fee = "2 %"
sale_spread = "1 %"

[[machines]]
model = "Antminer S21 200T"
count = 1_000

[prices]
kind = "history"

[[prices.hours]]
hours = [0, 7]
marginal = ["18.40 ₸/kWh", "not sold out"]
"""
QUARTER = """
[quarter]
bought = "10 MWh"
cost = "200 000 ₸"
planned = "20 MWh"
lowest_price = "20.50 ₸/kWh"
"""
CSV = "date;hour;marginal_price_tenge_per_kwh\n"


def none_beside(name):
    raise AssertionError(f"nothing was to be read beside the plan, and {name} was")


def read(text=PLAN, beside=none_beside):
    return read_plan(text=text, name="plan.toml", beside=beside)


def changed(old, new):
    assert old in PLAN + QUARTER
    return (PLAN + QUARTER).replace(old, new)


def refused(text, beside=none_beside):
    with pytest.raises(InputProblem) as caught:
        read(text, beside)
    problem = caught.value
    assert problem.what and problem.way_out and problem.where.startswith(("plan.toml", "prices.csv"))
    return problem


def test_a_plan_is_read_to_the_smallest_unit():
    facts = read(PLAN + QUARTER)
    assert (facts.operator_id, facts.site_id, facts.owner_id) == ("op-1", "site-1", "op-1")
    assert (facts.zone, facts.route, facts.on) == (Zone.WEST, Route.GRID_SURPLUS, date(2025, 10, 15))
    assert [hour.index for hour in facts.hours] == [0, 7]
    assert facts.hours[0].record == PriceRecord((1_840,), 1)
    assert facts.wish.strategy is Strategy.BEST
    assert facts.reserve_tiyn_per_kwh == 1_800
    assert facts.tiyn_per_btc == 6_000_000_000
    assert facts.least_observations == LEAST_OBSERVATIONS
    assert facts.costs.transmission_tiyn_per_kwh == 250 and facts.costs.overhead_ppm == 40_000
    assert facts.machines[0].energy_kwh == 3_640  # 1,000 machines of 3,500 W and 4 % on top
    assert int(difficulty_of(target=facts.hours[0].segments[0].target)) == 150_000_000_000_000
    assert (facts.quarter.bought_kwh, facts.quarter.cost_tiyn) == (10_000, 20_000_000)
    assert (facts.quarter.planned_kwh, facts.quarter.lowest_tiyn_per_kwh) == (20_000, 2_050)


def test_a_tenant_s_machines_are_bid_for_by_its_host():
    assert read(changed('site = "site-1"', 'site = "site-1"\nowner = "tenant-9"')).owner_id == "tenant-9"


def test_the_published_network_and_price_of_the_day_can_be_asked_for():
    text = changed('difficulty = 150_000_000_000_000\nsubsidy = "3.125 BTC"', 'difficulty = "published"')
    facts = read(text.replace('"60 000 000 ₸"', '"published"'))
    assert "as published for 2025-10" in facts.price_words
    assert facts.network_words.startswith("difficulty 150 839 487 445 890.50")
    assert facts.tiyn_per_btc == 11_420_000 * 54_254 // 100


def test_dollars_need_a_rate():
    text = changed('price = "60 000 000 ₸"', 'price = "114 000.50 USD"\ndollar_rate = "542.54 ₸"')
    assert read(text).tiyn_per_btc == 6_184_983_127  # 114,000.50 x 542.54 = 61,849,831.27
    assert refused(changed('"60 000 000 ₸"', '"114 000 USD"')).code == "planning.plan.missing"


@pytest.mark.parametrize(
    ("table", "kwh", "mj_per_th"),
    [
        ('model = "Bitmain Antminer S21 200T"\ncount = 1_000', 3_640, 17_500),
        ('hashrate = "110 TH/s"\npower = "3.25 kW"\ncount = 100', 338, 29_545),
        ('efficiency = "34.5 J/TH"\ntotal_power = "9.5 MW"', 9_500, 34_500),
    ],
)
def test_machines_are_a_model_or_their_ratings_or_an_efficiency(table, kwh, mj_per_th):
    (lot,) = read(changed('model = "Antminer S21 200T"\ncount = 1_000', table)).machines
    assert lot.energy_kwh == kwh
    assert lot.efficiency_mj_per_th == mj_per_th


def test_a_day_of_25_hours_has_an_hour_24():
    text = changed("2025-10-15", "2024-02-29").replace("hours = [0, 7]", "hours = [23, 24]")
    assert [hour.label for hour in read(text).hours] == ["23:00", "23:00 (second)"]
    every = changed("2025-10-15", "2024-02-29").replace(
        'hours = [0, 7]\nstrategy = "best"', 'hours = "all"\nstrategy = "truthful"'
    )
    assert len(read(every).hours) == 25
    problem = refused(changed("hours = [0, 7]\nstrategy", "hours = [0, 24]\nstrategy"))
    assert problem.code == "planning.plan.hours"
    assert "2025-10-15 has 24 hours" in problem.what


def test_truthful_and_margin_need_no_prices():
    bare = PLAN.partition("[prices]")[0]
    facts = read(bare.replace('"best"', '"truthful"'))
    assert facts.hours[0].record.count == 0 and facts.kind == ""
    margin = read(bare.replace('strategy = "best"', 'strategy = "margin"\nmargin = "1.50 ₸/kWh"'))
    assert margin.wish.margin_tiyn_per_kwh == 150
    assert refused(bare).code == "planning.plan.missing"


_PLAN_FAULTS = [
    ("zone = ", "zon = ", "unknown_key", 'Did you mean "zone"?'),
    ('zone = "west"\n', "", "missing", "Add zone"),
    ('"west"', '"east"', "choice", 'Did you mean "west"?'),
    ('"best"', '"greedy"', "choice", "best"),
    ('"grid_surplus"', '"grid"', "choice", "grid_surplus"),
    ('"op-1"', '"=cmd"', "id", "letter or digit"),
    ('"op-1"', '"a;b"', "id", "letters"),
    ('"op-1"', f'"{32 * "a"}"', "id", "37 characters"),
    ("2025-10-15", '"2025-10-15"', "type", "without quotes"),
    ("2025-10-15", "1925-10-15", "range", "year"),
    ("hours = [0, 7]\nstrategy", "hours = []\nstrategy", "hours", "at least one"),
    ("hours = [0, 7]\nstrategy", "hours = [0, 0]\nstrategy", "hours", "once"),
    ("hours = [0, 7]\nstrategy", "hours = [-1]\nstrategy", "hours", "0 to 23"),
    ("hours = [0, 7]\nstrategy", "hours = [1.5]\nstrategy", "type", "whole numbers"),
    ("hours = [0, 7]\nstrategy", "hours = 7\nstrategy", "type", "all"),
    ('"18.00 ₸/kWh"', "18.00", "type", "with its unit"),
    ('"18.00 ₸/kWh"', "nan", "type", "with its unit"),
    ('"18.00 ₸/kWh"', "inf", "type", "with its unit"),
    ('"18.00 ₸/kWh"', "true", "type", "with its unit"),
    ('"18.00 ₸/kWh"', '"nan ₸/kWh"', "value", "number"),
    ('"18.00 ₸/kWh"', '"-18.00 ₸/kWh"', "range", "from 0"),
    ('"18.00 ₸/kWh"', '"18.005 ₸/kWh"', "value", "smallest step"),
    ('"18.00 ₸/kWh"', '"18.00 ₸"', "value", "₸/kWh"),
    ('"18.00 ₸/kWh"', '"99999 ₸/kWh"', "range", "10 000.00"),
    ('"4 %"', '"104 %"', "range", "100 %"),
    ('"60 000 000 ₸"', "60_000_000", "type", "published"),
    ('"60 000 000 ₸"', '"0 ₸"', "range", "It runs"),
    ('"60 000 000 ₸"', '"60 000 000 ₸"\ndollar_rate = "540 ₸"', "idle", "Leave it out"),
    ("150_000_000_000_000", "1.5e14", "type", "whole number"),
    ("150_000_000_000_000", "0", "range", "from 1"),
    ("150_000_000_000_000", '"published"', "idle", "Leave it out"),
    ('subsidy = "3.125 BTC"\n', "", "missing", "subsidy"),
    ('"Antminer S21 200T"', '"Antminer S21 20T"', "model", "Antminer S21 200T"),
    ("1_000", "0", "range", "from 1"),
    ("1_000", "10.0", "type", "whole number"),
    ("1_000", "true", "type", "whole number"),
    ("count = 1_000", "", "machine", "model and count"),
    ("count = 1_000", 'count = 1_000\npower = "3 kW"', "machine", "model and count"),
    ("[[machines]]", "[machines]", "type", "[[machines]]"),
    ('kind = "history"', 'kind = "guess"', "choice", "forecast"),
    ('strategy = "best"', 'strategy = "best"\nmargin = "1 ₸/kWh"', "idle", "margin"),
    ('strategy = "best"', 'strategy = "target"\ntarget = "0 %"', "range", "100 %"),
    ('strategy = "best"', 'strategy = "target"', "missing", "target"),
    ("[coin]", "[coin]\nheight = 1", "unknown_key", "difficulty"),
    ("[quarter]", "[quater]", "unknown_key", 'Did you mean "quarter"?'),
    ('"10 MWh"', '"0 MWh"', "contradiction", "both"),
    ('"20 MWh"', '"0 kWh"', "range", "1 kWh"),
    ('"20 MWh"', '"20.0005 MWh"', "value", "kWh"),
    ("[plan]", "[plan", "toml", "template"),
]


@pytest.mark.parametrize(
    ("old", "new", "code", "said"), _PLAN_FAULTS, ids=[f"{c}-{n}" for _, n, c, _ in _PLAN_FAULTS]
)
def test_what_is_wrong_with_a_plan_is_refused_with_a_way_out(old, new, code, said):
    problem = refused(changed(old, new))
    assert problem.code == f"planning.plan.{code}"
    assert said in f"{problem.what} {problem.way_out}"


def test_two_groups_need_two_names():
    twice = PLAN + '[[machines]]\nmodel = "Antminer S21 200T"\ncount = 5\n'
    assert refused(twice).code == "planning.plan.twice"
    assert len(read(twice + 'name = "hall B"\n').machines) == 2


def test_a_day_without_published_figures_says_which_there_are():
    text = changed('difficulty = 150_000_000_000_000\nsubsidy = "3.125 BTC"', 'difficulty = "published"')
    problem = refused(text.replace("2025-10-15", "2030-01-01"))
    assert problem.code == "mining.network.date_outside"
    assert "Or give difficulty" in problem.way_out
    problem = refused(changed('"60 000 000 ₸"', '"published"').replace("2025-10-15", "2030-01-01"))
    assert problem.code == "mining.value.month_outside"
    assert "Or give the price" in problem.way_out


_INLINE = 'hours = [0, 7]\nmarginal = ["18.40 ₸/kWh", "not sold out"]'
_PRICE_FAULTS = [
    (_INLINE, "hours = [0, 7]\nmarginal = []", "empty"),
    (_INLINE, 'hours = [0]\nmarginal = ["18 ₸/kWh"]', "hour_missing"),
    (_INLINE, "hours = [0, 7]\nmarginal = [18.40]", "value"),
    (_INLINE, "hours = [0, 7]\nmarginal = [nan]", "value"),
    (_INLINE, 'hours = [0, 7]\nmarginal = ["-1 ₸/kWh"]', "value"),
    (_INLINE, 'hours = [0, 7]\nmarginal = ["0 ₸/kWh"]', "value"),
    (_INLINE, 'hours = [0, 7]\nmarginal = ["cheap"]', "value"),
    (_INLINE, 'hours = [0, 24]\nmarginal = ["18 ₸/kWh"]', "hour"),
    (_INLINE, 'hours = [0, 0]\nmarginal = ["18 ₸/kWh"]', "hour"),
    (_INLINE, 'hours = [0, 7]\nmargin = ["18 ₸/kWh"]', "key"),
    (_INLINE, "hours = 7", "form"),
    (_INLINE, f'{_INLINE}\n[[prices.hours]]\nhours = [7]\nmarginal = ["18 ₸/kWh"]', "hour"),
    ('kind = "history"\n', 'kind = "history"\ncsv = "prices.csv"\n', "source"),
]


@pytest.mark.parametrize(
    ("old", "new", "code"), _PRICE_FAULTS, ids=[n.replace("\n", " ") for _, n, _ in _PRICE_FAULTS]
)
def test_what_is_wrong_with_prices_is_refused(old, new, code):
    assert refused(changed(old, new)).code == f"planning.prices.{code}"


def test_prices_without_any_are_refused():
    text = PLAN.partition("[[prices.hours]]")[0]
    assert refused(text).code == "planning.prices.source"
    assert refused(f"{text}hours = []\n").code == "planning.prices.empty"
    assert refused(f"{text}hours = 7\n").code == "planning.prices.form"


def from_csv(rows, name="prices.csv"):
    text = PLAN.partition("[[prices.hours]]")[0] + f'csv = "{name}"\n'
    return text, lambda asked: {name: rows}[asked]


def test_prices_can_lie_in_a_csv_beside_the_plan():
    rows = f"{CSV}2025-10-13;0;18,40\n2025-10-14;0;\n2025-10-13;7;19.5\n\n2024-02-29;24;20\n"
    facts = read(*from_csv(rows))
    assert facts.hours[0].record == PriceRecord((1_840,), 1)
    assert facts.hours[1].record == PriceRecord((1_950,), 0)
    assert parse_prices(text=rows, name="prices.csv")[24] == PriceRecord((2_000,), 0)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ("", "form"),
        ("date,hour,price\n", "form"),
        (CSV, "empty"),
        (f"{CSV}2025-10-13;0\n", "form"),
        (f"{CSV}13.10.2025;0;18\n", "form"),
        (f"{CSV}2025-10-13;24;18\n", "hour"),
        (f"{CSV}2024-02-29;25;18\n", "hour"),
        (f"{CSV}2025-10-13;-1;18\n", "hour"),
        (f"{CSV}2025-10-13;٣;18\n", "hour"),
        (f"{CSV}2025-10-13;0;nan\n", "value"),
        (f"{CSV}2025-10-13;0;-18\n", "value"),
        (f"{CSV}2025-10-13;0;0\n", "value"),
        (f"{CSV}2025-10-13;0;1e9\n", "value"),
        (f"{CSV}2025-10-13;0;18,405\n", "value"),
        (f"{CSV}2025-10-13;0;١٨\n", "value"),
        (f"{CSV}2025-10-13;0;=1+1\n", "value"),
        (f"{CSV}2025-10-13;0;99999\n", "value"),
        (f"{CSV}2025-10-13;0;18\n2025-10-13;0;19\n", "twice"),
        (f"{CSV}2025-10-13;0;18\n", "hour_missing"),
        (CSV + "\n" * 200_001, "size"),
    ],
)
def test_a_hostile_csv_is_refused_with_its_line(rows, code):
    problem = refused(*from_csv(rows))
    assert problem.code == f"planning.prices.{code}"


@pytest.mark.parametrize("name", ["../prices.csv", "/etc/prices.csv", "a\\\\b.csv", ".prices.csv", ""])
def test_a_csv_lies_beside_the_plan_and_nowhere_else(name):
    assert refused(PLAN.partition("[[prices.hours]]")[0] + f'csv = "{name}"\n').code == "planning.prices.file"


def test_every_shipped_example_is_read():
    folder = resources.files("kezek.planning").joinpath("examples")
    names = sorted(one.name for one in folder.iterdir() if one.name.startswith("bid-") and one.name.endswith(".toml"))
    assert names == ["bid-banded-2023.toml", "bid-flat-2025.toml", "bid-undersupplied-2025.toml"]
    for name in names:
        facts = read_plan(
            text=folder.joinpath(name).read_text(encoding="utf-8"),
            name=name,
            beside=lambda beside: folder.joinpath(beside).read_text(encoding="utf-8"),
        )
        assert facts.machines and facts.hours
