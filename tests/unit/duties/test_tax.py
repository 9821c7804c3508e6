from datetime import date

import pytest

from kezek.duties.finding import Status
from kezek.duties.tax import compliance_cost_tiyn, income_tax_tiyn, tax_base_tiyn
from kezek.law.book import load_book
from kezek.law.problem import NoRuleInForce
from kezek.units.calendar import Quarter


def law(on=date(2025, 6, 30), **readings):
    return load_book().at(on=on, readings={key.replace("__", "."): value for key, value in readings.items()})


@pytest.mark.parametrize(
    ("position", "tax"), [("s0", 15_000), ("s1", 1_500), ("s4", 2_000), ("published", 20_000), ("s4_it", 1_000)]
)
def test_revenue_100_and_cost_90_are_taxed_as_each_reading_says(position, tax):
    # law_conflicts.md, 5: 15 of 100 gross, 1.5 of the profit of 10, 2 at 20 % (here in thousandths).
    reading = law(tax__income=position)
    assert income_tax_tiyn(coin_value_tiyn=100_000, cost_tiyn=90_000, law=reading) == tax


def test_the_described_profile_taxes_profit_at_15_percent():
    assert income_tax_tiyn(coin_value_tiyn=100_000, cost_tiyn=90_000, law=law()) == 1_500


@pytest.mark.parametrize(
    ("on", "tax"), [(date(2020, 1, 1), 2_000), (date(2021, 12, 31), 2_000), (date(2022, 1, 1), 1_500)]
)
def test_the_rate_changes_with_the_year_2022(on, tax):
    assert income_tax_tiyn(coin_value_tiyn=100_000, cost_tiyn=90_000, law=law(on)) == tax


@pytest.mark.parametrize(
    ("position", "tax"), [("s1", 0), ("s4", 0), ("s0", 15_000), ("published", 20_000), ("s4_it", 1_000)]
)
def test_a_loss_owes_nothing_where_profit_is_taxed_and_everything_where_revenue_is(position, tax):
    reading = law(tax__income=position)
    assert income_tax_tiyn(coin_value_tiyn=100_000, cost_tiyn=100_001, law=reading) == tax


def test_tax_is_rounded_half_up():
    # 15 % of a profit of 10 is 1.5, of 9 it is 1.35.
    assert income_tax_tiyn(coin_value_tiyn=100, cost_tiyn=90, law=law()) == 2
    assert income_tax_tiyn(coin_value_tiyn=100, cost_tiyn=91, law=law()) == 1


@pytest.mark.parametrize(("position", "cost"), [("profit", 1_000), ("revenue", 10_000)])
def test_compliance_costs_a_tenth_of_what_the_reading_names(position, cost):
    reading = law(compliance__cost=position)
    assert compliance_cost_tiyn(coin_value_tiyn=100_000, cost_tiyn=90_000, law=reading) == cost


def test_a_loss_costs_no_compliance_under_the_described_profile():
    assert compliance_cost_tiyn(coin_value_tiyn=100_000, cost_tiyn=200_000, law=law()) == 0


def test_the_range_of_s1s_text_stops_the_calculation():
    with pytest.raises(NoRuleInForce, match="10-15 %"):
        compliance_cost_tiyn(coin_value_tiyn=100, cost_tiyn=90, law=law(compliance__cost="s1_text"))


def test_an_unknown_base_is_a_bug_that_raises():
    with pytest.raises(ValueError, match="turnover"):
        tax_base_tiyn(coin_value_tiyn=1, cost_tiyn=1, base="turnover")


@pytest.mark.parametrize(
    ("declared", "status", "short"),
    [(149_999, Status.BREACHED, 1), (150_000, Status.MET, 0), (150_001, Status.MET, 0)],
)
def test_the_last_tiyn_of_the_tax_decides(facts_of, book_of, judge, declared, status, short):
    finding = judge("tax.income", facts_of(book_of(tax_declared_tiyn=declared)))
    assert (finding.status, finding.limit, finding.at_stake_tiyn) == (status, 150_000, short)


def test_a_tax_declared_on_profit_is_short_under_the_readings_that_tax_more(facts_of, judge):
    changes = judge("tax.income", facts_of()).changes
    assert {(change.question, change.position) for change in changes} == {
        ("tax.income", "s0"),
        ("tax.income", "published"),
        ("tax.income", "s4"),
    }


def test_tax_of_an_open_quarter_is_not_judged(facts_of, book_of, judge):
    book = book_of(Quarter(2025, 4), until_on=date(2025, 12, 31), tax_declared_tiyn=0)
    assert judge("tax.income", facts_of(book, as_of_on=date(2025, 12, 31))).status is Status.NOT_APPLICABLE
    assert judge("tax.income", facts_of(book, as_of_on=date(2026, 1, 1))).status is Status.BREACHED
