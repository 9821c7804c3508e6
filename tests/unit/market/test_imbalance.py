import pytest

from kezek.market.imbalance import (
    HourUse,
    Imbalance,
    ImbalanceGap,
    ImbalanceKind,
    ImbalanceRule,
    Undetermined,
    imbalance,
    operator_imbalance,
)

MARKET = ImbalanceRule(ImbalanceKind.BALANCING_MARKET, over_ppm=1_250_000, under_ppm=750_000)
TWO = ImbalanceRule(ImbalanceKind.TWO_PRICE, over_ppm=1_250_000, under_ppm=750_000)
SINGLE = ImbalanceRule(ImbalanceKind.SINGLE_PRICE, over_ppm=1_250_000, under_ppm=750_000)


def settle(metered, rule=TWO, bought=1_000, price=2_000):
    return imbalance(metered_wh=metered, bought_kwh=bought, reference_tiyn_per_kwh=price, rule=rule)


@pytest.mark.parametrize(
    ("rule", "metered", "amount"),
    [
        (TWO, 1_100_000, 250_000),  # 100 kWh x 20.00 x 1.25
        (TWO, 900_000, -150_000),  # 100 kWh x 20.00 x 0.75
        (SINGLE, 1_100_000, 200_000),
        (SINGLE, 900_000, -200_000),
        (MARKET, 1_100_000, 200_000),
        (MARKET, 900_000, -200_000),
        (TWO, 1_000_000, 0),
        (TWO, 0, -1_500_000),
    ],
)
def test_what_a_deviation_costs(rule, metered, amount):
    assert settle(metered, rule) == Imbalance(metered - 1_000_000, amount)


@pytest.mark.parametrize(("metered", "amount"), [(1_000_001, 1), (999_999, -1), (1_000_002, 1)])
def test_one_watt_hour_counts_and_a_half_is_rounded_away_from_zero(metered, amount):
    # 1 Wh at 500 tiyn/kWh = 0.5 tiyn; 2 Wh = 1 tiyn.
    assert settle(metered, SINGLE, price=500).amount_tiyn == amount


def test_a_share_and_the_price_are_rounded_together_once():
    # 3 Wh x 333 x 1.25 / 1000 = 1.24875 -> 1; in two steps: 0.999 -> 1, x 1.25 = 1.25 -> 1. 7 Wh: 2.91375 -> 3.
    assert settle(1_000_003, price=333).amount_tiyn == 1
    assert settle(1_000_007, price=333).amount_tiyn == 3


def test_an_hour_without_a_reading_stays_open_whatever_was_bought():
    assert settle(None) == Undetermined(ImbalanceGap.NO_READING)
    assert settle(None, bought=0) == Undetermined(ImbalanceGap.NO_READING)
    assert settle(None, price=None) == Undetermined(ImbalanceGap.NO_READING)


@pytest.mark.parametrize("rule", [MARKET, TWO, SINGLE])
def test_a_deviation_without_a_price_stays_open_and_none_costs_nothing_at_any_price(rule):
    assert settle(1_000_001, rule, price=None) == Undetermined(ImbalanceGap.NO_PRICE)
    assert settle(1_000_000, rule, price=None) == Imbalance(0, 0)


def test_on_the_balancing_market_a_price_may_be_negative():
    assert settle(1_100_000, MARKET, price=-300).amount_tiyn == -30_000


@pytest.mark.parametrize(
    "case",
    [
        {"metered": -1},
        {"metered": 0, "bought": -1},
        {"metered": 0, "price": -1},
        {"metered": 0, "price": -1, "rule": SINGLE},
    ],
    ids=str,
)
def test_no_energy_is_negative_and_no_price_of_an_auction_is(case):
    with pytest.raises(ValueError, match="metered"):
        settle(**case)


@pytest.mark.parametrize("shares", [(-1, 0), (0, -1)])
def test_no_share_is_negative(shares):
    with pytest.raises(ValueError, match="ppm"):
        ImbalanceRule(ImbalanceKind.TWO_PRICE, *shares)


def test_the_rule_has_an_id_with_a_version():
    assert [rule.rule_id for rule in (MARKET, TWO, SINGLE)] == ["balancing_market/1", "two_price/1", "single_price/1"]


def test_a_list_settles_each_hour_by_itself_and_leaves_open_what_is_open():
    hours = [
        HourUse("d/west/00", 1_100_000, 1_000, 2_000),
        HourUse("d/west/01", 900_000, 1_000, 2_000),
        HourUse("d/west/02", None, 1_000, 2_000),
        HourUse("d/west/03", 900_000, 1_000, None),
    ]
    result = operator_imbalance(operator_id="OP-001", hours=hours, rule=TWO)
    assert (result.amount_tiyn, result.deviation_wh, result.rule_id) == (100_000, 0, "two_price/1")
    assert [(hour.use.product_id, hour.outcome.gap) for hour in result.open_hours] == [
        ("d/west/02", ImbalanceGap.NO_READING),
        ("d/west/03", ImbalanceGap.NO_PRICE),
    ]
    assert [hour.use for hour in result.hours] == hours


def test_an_hour_cannot_be_settled_twice():
    with pytest.raises(ValueError, match="an hour twice"):
        operator_imbalance(operator_id="OP-001", hours=[HourUse("h", 0, 0, 1)] * 2, rule=TWO)
