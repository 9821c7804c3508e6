"""The shipped tables against the reference data beside the project, where it is present."""

import csv
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from kezek.facts import figures

DATA = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not DATA.is_dir(), reason="the reference data folder is not beside the project"),
]


def rows(place):
    with (DATA / place).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rounded(text, step="1"):
    return int((Decimal(text) / Decimal(step)).quantize(Decimal(1), ROUND_HALF_UP))


def test_epochs_are_those_of_the_chain():
    theirs = [
        (int(row["height"]), row["start_utc"], int(row["bits_hex"], 16))
        for row in rows("btc_network/difficulty_epochs_2021_2026.csv")
    ]
    assert [
        (e.height, e.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ"), e.bits) for e in figures.difficulty_epochs()
    ] == theirs


def test_prices_are_the_rounded_means_of_the_months():
    closes = defaultdict(list)
    for row in rows("btc_network/btc_daily.csv"):
        if row["price_usd"]:
            closes[row["date"][:7]].append(Decimal(row["price_usd"]))
    for month, figure in figures.usd_cents_per_btc().items():
        assert figure.amount == 10_000 * rounded(sum(closes[month]) / len(closes[month]), "100"), month


def test_rates_are_the_published_ones():
    theirs = {row["month"]: row["kzt_per_usd"] for row in rows("fx_kzt/kzt_per_usd_monthly.csv")}
    assert {m: f.amount for m, f in figures.tiyn_per_usd().items()} == {
        month: rounded(theirs[month], "0.01") for month in figures.tiyn_per_usd()
    }


def test_plants_keep_capacity_and_place():
    theirs = {" ".join(row["Name"].split()): row for row in rows("kz_power/kz_powerplants_pypsa.csv")}
    assert set(theirs) == {plant.name for plant in figures.plants()}
    for plant in figures.plants():
        row = theirs[plant.name]
        assert plant.capacity_kw == Decimal(row["Capacity"]) * 1_000
        assert (plant.zone == "west") == (Decimal(row["lon"]) < Decimal("55.5"))


def test_demand_production_and_use_are_the_published_ones():
    demand = {
        int(row["month"]): rounded(row["demand_korem"], "0.1") * 100
        for row in rows("kz_power/kz_monthly_demand_korem_vs_gegis.csv")
        if row["year"] == "2018"
    }
    assert dict(figures.monthly_demand_2018_mwh()) == demand
    production = {
        int(row["year"]): rounded(row["production_gwh"], "0.1") * 100
        for row in rows("kz_power/kz_electricity_production_bns_gwh.csv")
        if row["year"] >= "2018"
    }
    assert dict(figures.annual_production_mwh()) == production
    use = {
        row["Region"]: int(row["Consumption (GWh)"]) * 1_000
        for row in rows("kz_power/kz_regional_consumption_gwh.csv")
    }
    assert {region: mwh for region, (_, mwh) in figures.regional_use_mwh().items()} == use


def test_generation_is_that_of_the_latest_year():
    latest = rows("kz_power/kz_generation_by_source_twh_owid.csv")[-1]
    for fuel, year in figures.generation_by_fuel().items():
        assert int(latest["year"]) == year.year
        assert Decimal(latest[f"{fuel}_twh"]) * 1_000_000 == year.generation_mwh


def test_machines_have_the_specification_of_a_list():
    specified = {
        (Decimal(row["hashrate_ths"]) * 1_000, int(Decimal(row["power_w"])))
        for row in rows("asic_specs/asic_specs.csv")
    }
    assert {(m.hashrate_ghs, m.power_w) for m in figures.asic_models()} <= specified


def test_auction_facts_are_the_published_ones():
    theirs = {row["fact"]: row["value"] for row in rows("kz_power/kz_miner_auction_facts.csv")}
    facts = figures.auction_facts()
    assert facts["take_up_mean"].amount == Decimal(theirs["sum_quota_utilisation_mean"]) * 10_000
    assert facts["take_up_max"].amount == Decimal(theirs["quota_utilisation_max"]) * 10_000
    assert facts["take_up_min"].amount == Decimal(theirs["quota_utilisation_min"]) * 10_000
    assert facts["offered_monthly_at_least"].amount == Decimal(theirs["quota_offered_monthly_lower_bound"]) * 1_000
    assert facts["bought_monthly_min"].amount == Decimal(theirs["purchased_monthly_min"]) * 1_000
    assert facts["bought_monthly_max"].amount == Decimal(theirs["purchased_monthly_max"]) * 1_000
    assert facts["session_from"].value == theirs["session_start"]
    assert facts["session_until"].value == theirs["session_end"]
