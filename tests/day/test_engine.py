"""The engine on its own: an order sent twice, a revision that would add, money that cannot vanish."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kezek.day.engine import DayEngine
from kezek.day.events import Prepaid, Revision, Supply
from kezek.market.order import Order
from kezek.market.product import product_id
from kezek.registry.zone import Zone


@pytest.fixture
def engine(default_day):
    opened = from_opened(default_day)
    engine = DayEngine(lens=default_day.request.lens.fresh(), opened=opened)
    for operator in default_day.state.operators.values():
        engine.admit(operator)
    return engine


def from_opened(day):
    from kezek.day.codec import from_plain
    from kezek.day.events import Opened
    from kezek.evidence.log import parse_entries

    return from_plain(Opened, parse_entries(day.log.entries_text())[0]["data"])


def one_hour(engine, surplus_kwh=5_000):
    key = product_id(on=engine.opened.on, zone=Zone.NORTH_SOUTH, hour_index=3)
    engine.publish(Supply(key, Zone.NORTH_SOUTH, 3, 10**7, 9 * 10**6, 0, surplus_kwh))
    return key


def bidders(engine, count):
    return [
        one
        for one in engine.state.operators.values()
        if one.bids
        and one.zone is Zone.NORTH_SOUTH
        and one.site_power_w > 10**7
        and one.licence.state_on(engine.opened.on) == "active"
    ][:count]


def order(engine, operator, key, price=2_000, quantity=4_000, tag="a"):
    at = engine.session.opens_at + timedelta(minutes=1)
    return Order(f"{key}/{operator.operator_id}/{tag}", operator.operator_id, key, price, quantity, at)


def test_the_same_order_sent_twice_buys_once(engine):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    for _ in range(2):
        engine.submit(order(engine, buyer, key, quantity=2_000))
    engine.close_gate()
    assert engine.state.products[key].sold_kwh == 2_000
    assert len(engine.state.purchases) == 2
    assert sum(1 for entry in range(len(engine.log)) if b'"order.submitted"' in engine.log.entry(entry)) == 2


def test_two_equal_bids_share_the_hour_and_pay_their_own_price(engine):
    key = one_hour(engine, surplus_kwh=5_000)
    buyers = bidders(engine, 2)
    for buyer in buyers:
        engine.prepay(Prepaid(buyer.operator_id, 10**9))
    for buyer in buyers:
        engine.submit(order(engine, buyer, key, quantity=4_000))
    engine.close_gate()
    assert sorted(engine.state.products[key].final_kwh.values()) == [2_500, 2_500]
    # 5 000 kWh at 20.00 tenge is 100 000 tenge, VAT of 12 % is 12 000 tenge
    balances = engine.state.ledger.balances_tiyn()
    assert balances["energy_sales:single_buyer"] == -10_000_000
    assert balances["vat_payable:single_buyer"] == -1_200_000
    assert sum(balances.values()) == 0


def test_a_cut_refunds_exactly_what_the_lost_energy_cost(engine):
    key = one_hour(engine, surplus_kwh=5_000)
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.submit(order(engine, buyer, key, price=1_999, quantity=4_500))
    engine.close_gate()
    engine.revise(Revision(key, 1_200, engine.session.closes_at + timedelta(hours=9)))
    left = engine.state.final_purchase_kwh
    assert sorted(left.values()) == [0, 0, 0, 200, 1_000]
    # 1 200 kWh at 19.99 tenge: 2 398 800 tiyn, VAT 239 880 (1 000 kWh) + 47 976 (200 kWh)
    balances = engine.state.ledger.balances_tiyn()
    assert balances["energy_sales:single_buyer"] == -2_398_800
    assert balances["vat_payable:single_buyer"] == -287_856
    assert engine.state.ledger.held_tiyn(f"prepaid:{buyer.operator_id}") == 10**9 - 2_398_800 - 287_856


def test_a_revision_that_adds_supply_is_refused(engine):
    key = one_hour(engine, surplus_kwh=5_000)
    engine.close_gate()
    with pytest.raises(ValueError, match="raises"):
        engine.revise(Revision(key, 5_001, engine.session.closes_at))


def test_a_day_without_bids_sells_nothing_and_balances(engine):
    key = one_hour(engine)
    engine.close_gate()
    assert engine.state.products[key].sold_kwh == 0
    assert engine.state.products[key].summary.average_tiyn_per_kwh is None
    assert engine.state.ledger.balances_tiyn() == {}


def test_money_that_was_not_prepaid_buys_nothing(engine):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 100))
    engine.submit(order(engine, buyer, key))
    engine.close_gate()
    (decision,) = engine.state.decisions
    assert decision.refusal == "market.order.over_prepaid_balance"
    # 4 000 kWh at 20.00 tenge with 12 % VAT
    assert (decision.found, decision.limit) == (8_960_000, 100)
    assert engine.state.products[key].sold_kwh == 0


def test_an_expired_licence_may_not_bid(engine):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    ended = replace(buyer.licence.term, until_on=engine.opened.on - timedelta(days=1))
    engine.admit(replace(buyer, licence=replace(buyer.licence, term=ended)))
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.submit(order(engine, buyer, key))
    assert engine.state.decisions[0].refusal == "market.order.licence_not_active"


def test_money_that_comes_after_the_first_order_is_too_late(engine):
    key = one_hour(engine)
    early, late = bidders(engine, 2)
    engine.submit(order(engine, early, key))
    with pytest.raises(ValueError, match="after the first order"):
        engine.prepay(Prepaid(late.operator_id, 10**9))
