"""Days other than the default: 25 hours, other seeds, the first day of a quarter, other readings, other years."""

from datetime import date

import polars as pl
import pytest

from kezek.units.problem import InputProblem


def found_and_planted(day):
    found = {(v.operator_id, f.duty, f.period) for v in day.state.verdicts for f in v.breached}
    return found, {(plan.operator_id, plan.duty, plan.quarter) for plan in day.plans}


def test_a_day_of_25_hours_trades_every_hour(make_day):
    day = make_day(on=date(2024, 2, 29))
    hours = day.tables["hours"]
    assert len(hours) == 50
    assert hours.filter(pl.col("zone") == "west")["hour"].to_list()[-2:] == ["23:00", "23:00 (second)"]
    assert {reading.hour_index for reading in day.state.readings} == set(range(25))
    assert (hours["bought_kwh"] <= hours["offered_kwh"]).all()
    assert day.tables["ledger"]["amount_tiyn"].sum() == 0


def test_before_the_cap_came_into_force_awards_are_not_split(make_day):
    day = make_day(on=date(2024, 2, 29))
    assert day.tables["purchases"]["energy_kwh"].max() > 1_000
    assert day.tables["purchases"]["purchase_id"].str.ends_with("#1").all()


@pytest.mark.parametrize("seed", [2])
def test_other_seeds_find_what_was_planted_and_nothing_else(make_day, seed):
    found, planted = found_and_planted(make_day(seed=seed))
    assert found == planted and len(planted) == 15


@pytest.mark.parametrize(
    ("on", "readings"),
    [
        (date(2025, 10, 1), {}),
        (date(2025, 12, 31), {}),
        (date(2023, 8, 1), {"fee.bands_2023": "hypothesis"}),
    ],
)
def test_other_dates_find_what_was_planted_and_nothing_else(make_day, on, readings):
    found, planted = found_and_planted(make_day(on=on, readings=readings))
    assert found == planted and len(planted) >= 8


def test_the_same_request_gives_the_same_bytes(make_day, default_day):
    again = make_day()
    assert again.log.entries_text() == default_day.log.entries_text()
    assert again.table_bytes == default_day.table_bytes


def test_another_seed_gives_another_fleet_but_the_same_counts(make_day, default_day):
    other = make_day(seed=2)
    assert other.log.tree.root() != default_day.log.tree.root()
    assert len(other.state.operators) == 84 and len(other.tables["machines"]) == 415_000


def test_uniform_pricing_charges_everybody_the_lowest_accepted_bid(make_day):
    day = make_day(readings={"market.price_rule": "uniform"})
    sold = day.tables["hours"].filter(pl.col("bought_kwh") > 0)
    assert (sold["lowest_tiyn_per_kwh"] == sold["highest_tiyn_per_kwh"]).all()
    assert (sold["lowest_tiyn_per_kwh"] >= 1_800).all()


def test_the_80_percent_reading_finds_sellers_of_less(make_day):
    day = make_day(readings={"sale.share_2025": "s2"})
    found, planted = found_and_planted(day)
    assert found == planted
    assert all(v.status != "undetermined" for v in day.state.verdicts)


def test_published_asks_for_what_it_leaves_open_in_one_go(make_day):
    with pytest.raises(InputProblem) as refusal:
        make_day(profile="published")
    assert refusal.value.code == "day.rules.law_open"
    for key in ("market.tie_rule", "vat.rate_ppm", "compliance.cost"):
        assert key in str(refusal.value)


def test_published_runs_with_consent_and_leaves_the_sale_undetermined(make_day):
    day = make_day(
        profile="published",
        readings={"market.tie_rule": "pro_rata_per_operator", "compliance.cost": "profit"},
        accept=("vat.rate_ppm", "market.price_tick_tiyn_per_kwh", "market.smallest_order_kwh"),
    )
    sale = [f for v in day.state.verdicts for f in v.findings if f.duty == "sale.share" and f.period == "2025-Q3"]
    assert {finding.status for finding in sale} == {"undetermined"}


@pytest.mark.parametrize(
    ("on", "code", "word"),
    [
        (date(2020, 12, 31), "day.date.outside", "2021-01-11 to 2026-03-31"),
        (date(2026, 4, 1), "day.date.outside", "2021-01-11 to 2026-03-31"),
        (date(2023, 6, 30), "day.rules.no_market", "2023-07-01"),
        (date(2023, 8, 1), "day.rules.law_open", "fee.bands_2023=draft_2022|hypothesis"),
    ],
)
def test_a_day_that_cannot_run_says_what_to_do(make_day, on, code, word):
    with pytest.raises(InputProblem) as refusal:
        make_day(on=on)
    assert refusal.value.code == code
    assert word in str(refusal.value)
