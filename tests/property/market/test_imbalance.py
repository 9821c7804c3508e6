from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.imbalance import (
    HourUse,
    Imbalance,
    ImbalanceKind,
    ImbalanceRule,
    Undetermined,
    imbalance,
    operator_imbalance,
)
from kezek.units.rounding import half_up

metered = st.integers(0, 10**9)
bought = st.integers(0, 10**6)
prices = st.integers(0, 10**6)
shares = st.integers(0, 3_000_000)
rules = st.builds(ImbalanceRule, st.sampled_from(ImbalanceKind), shares, shares)
fair = st.builds(
    ImbalanceRule,
    st.just(ImbalanceKind.TWO_PRICE),
    over_ppm=st.integers(1_000_000, 3_000_000),
    under_ppm=st.integers(0, 1_000_000),
)


def settle(wh, kwh, price, rule):
    return imbalance(metered_wh=wh, bought_kwh=kwh, reference_tiyn_per_kwh=price, rule=rule)


@settings(max_examples=200)
@given(kwh=bought, price=prices | st.none(), rule=rules)
def test_used_as_bought_costs_nothing_under_any_rule(kwh, price, rule):
    assert settle(kwh * 1_000, kwh, price, rule) == Imbalance(0, 0)


@settings(max_examples=300)
@given(wh=metered, kwh=bought, price=prices, rule=fair)
def test_under_two_prices_nobody_gains_by_deviating(wh, kwh, price, rule):
    """Energy used costs at least what it would have cost if exactly that had been bought, rounded the same way."""
    assert settle(wh, kwh, price, rule).amount_tiyn >= half_up((wh - kwh * 1_000) * price, 1_000)


@settings(max_examples=300)
@given(wh=metered, kwh=bought, price=prices, rule=rules)
def test_the_amount_is_within_half_a_tiyn_of_the_exact_one(wh, kwh, price, rule):
    result = settle(wh, kwh, price, rule)
    exact = Fraction(result.deviation_wh * price * rule.share_ppm(result.deviation_wh), 10**9)
    assert result.deviation_wh == wh - kwh * 1_000
    assert abs(result.amount_tiyn - exact) <= Fraction(1, 2)


@settings(max_examples=200)
@given(kwh=bought, price=prices, rule=rules, off_wh=st.integers(0, 10**6))
def test_under_one_price_more_and_less_of_the_same_size_cancel(kwh, price, rule, off_wh):
    if rule.kind is ImbalanceKind.TWO_PRICE:
        rule = ImbalanceRule(ImbalanceKind.TWO_PRICE, rule.over_ppm, rule.over_ppm)
    kwh += 1_000
    over, under = settle(kwh * 1_000 + off_wh, kwh, price, rule), settle(kwh * 1_000 - off_wh, kwh, price, rule)
    assert over.amount_tiyn == -under.amount_tiyn


@settings(max_examples=200)
@given(wh=metered, kwh=bought, price=prices, rule=rules, more=st.integers(1, 10**6))
def test_using_more_never_costs_less(wh, kwh, price, rule, more):
    assert settle(wh + more, kwh, price, rule).amount_tiyn >= settle(wh, kwh, price, rule).amount_tiyn


uses = st.lists(st.tuples(metered | st.none(), bought, prices | st.none()), max_size=25)


@settings(max_examples=200)
@given(uses=uses, rule=rules, cut=st.integers(0, 25))
def test_hours_add_up_however_they_are_parted_and_open_ones_add_nothing(uses, rule, cut):
    hours = [HourUse(f"h{number}", *use) for number, use in enumerate(uses)]
    whole, first, second = (
        operator_imbalance(operator_id="OP-1", hours=part, rule=rule) for part in (hours, hours[:cut], hours[cut:])
    )
    assert whole.amount_tiyn == first.amount_tiyn + second.amount_tiyn
    assert whole.deviation_wh == first.deviation_wh + second.deviation_wh
    assert whole.hours == first.hours + second.hours
    priced = [hour.outcome.amount_tiyn for hour in whole.hours if not isinstance(hour.outcome, Undetermined)]
    assert whole.amount_tiyn == sum(priced)
    assert len(priced) + len(whole.open_hours) == len(hours)
