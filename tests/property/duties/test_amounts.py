from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.duties.fee import fee_owed_tiyn
from kezek.duties.sale import required_sale_sat
from kezek.duties.tax import compliance_cost_tiyn, income_tax_tiyn
from kezek.law.book import load_book
from kezek.units.rounding import PPM

amounts = st.integers(0, 10**18)
positions = st.sampled_from(["s0", "s1", "s4", "published", "s4_it"])
ON = load_book().at(on=date(2025, 6, 30))
LAWS = {position: ON.with_readings({"tax.income": position}) for position in ("s0", "s1", "s4", "published", "s4_it")}


@settings(max_examples=200)
@given(received=amounts, share=st.integers(0, PPM))
def test_the_required_sale_is_the_least_that_reaches_the_share(received, share):
    due = required_sale_sat(received_sat=received, share_ppm=share)
    assert due * PPM >= received * share > (due - 1) * PPM or due == 0 == received * share
    assert due <= received


@settings(max_examples=200)
@given(metered=amounts, rate=st.integers(0, 2_500))
def test_the_fee_is_within_half_a_tiyn_of_the_exact_one(metered, rate):
    assert abs(
        fee_owed_tiyn(metered_wh=metered, rate_tiyn_per_kwh=rate) - Fraction(metered * rate, 1_000)
    ) <= Fraction(1, 2)


@settings(max_examples=200)
@given(value=amounts, cost=amounts, more=st.integers(0, 10**12), position=positions)
def test_tax_is_never_negative_never_over_the_income_and_rises_with_it(value, cost, more, position):
    tax, later = (
        income_tax_tiyn(coin_value_tiyn=v, cost_tiyn=cost, law=LAWS[position]) for v in (value, value + more)
    )
    assert 0 <= tax <= value
    assert tax <= later


@settings(max_examples=200)
@given(value=amounts, cost=amounts)
def test_a_reading_on_profit_never_taxes_more_than_the_same_rate_on_gross(value, cost):
    on_profit, on_gross = (
        income_tax_tiyn(coin_value_tiyn=value, cost_tiyn=cost, law=LAWS[one]) for one in ("s1", "s0")
    )
    assert on_profit <= on_gross
    if cost >= value:
        assert on_profit == compliance_cost_tiyn(coin_value_tiyn=value, cost_tiyn=cost, law=ON) == 0
