"""A day in every month that the tables cover, and many seeds: the promises hold on all of them."""

from datetime import date

import polars as pl
import pytest
from tests.day.balances import balances_tiyn

from kezek.day.summary import summarise_day
from kezek.law.book import load_book

MONTHS = [(2023, month) for month in range(7, 13)] + [(year, m) for year in (2024, 2025) for m in range(1, 13)]
MONTHS += [(2026, month) for month in range(1, 4)]


def check_promises(day):
    found = {(v.operator_id, f.duty, f.period) for v in day.state.verdicts for f in v.breached}
    assert found == {(plan.operator_id, plan.duty, plan.quarter) for plan in day.plans}
    hours, purchases = day.tables["hours"], day.tables["purchases"]
    assert (hours["bought_kwh"] <= hours["offered_kwh"]).all()
    assert (hours["bought_after_curtailment_kwh"] <= hours["bought_kwh"]).all()
    balances = balances_tiyn(day)
    assert balances == day.state.ledger.balances_tiyn()
    assert (
        -balances.get("energy_sales:single_buyer", 0)
        == (purchases["final_kwh"] * purchases["price_tiyn_per_kwh"]).sum()
    )
    assert all(tiyn <= 0 for account, tiyn in balances.items() if account.startswith("prepaid:"))
    if day.request.on >= date(2024, 3, 1):
        assert purchases["energy_kwh"].max() <= 1_000
    assert (hours.filter(pl.col("offered_kwh") == 0)["bought_kwh"] == 0).all()
    assert 297_000 <= summarise_day(day)["market"]["month_offered_mwh"] <= 303_000


@pytest.mark.slow
@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_a_day_of_every_month_holds_together(make_day, year, month):
    readings = {"fee.bands_2023": "hypothesis"} if year == 2023 else {}
    check_promises(make_day(on=date(year, month, 28), readings=readings))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 22))
def test_any_seed_holds_together(make_day, seed):
    check_promises(make_day(seed=seed))


JUDGED = (
    *("deadline.", "energy.", "fee.", "licence.required_from", "penalty.nondisclosure", "programme_70_30."),
    *("rebate.", "records.", "sale.", "source.", "tax.", "vat."),
)
READINGS = [
    (key, position)
    for key, question in load_book().questions.items()
    if key.startswith(JUDGED)
    for position in question.positions
    if position != "unknown"
]


@pytest.mark.slow
@pytest.mark.parametrize(("question", "position"), READINGS)
def test_under_any_reading_of_a_duty_the_clean_stay_clean(make_day, question, position):
    day = make_day(readings={question: position})
    found = {(v.operator_id, f.duty, f.period) for v in day.state.verdicts for f in v.breached}
    assert found == {(plan.operator_id, plan.duty, plan.quarter) for plan in day.plans}
