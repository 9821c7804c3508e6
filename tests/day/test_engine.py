"""The engine on its own: an order sent twice, a revision that would add, money that cannot vanish."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kezek.day.engine import DayEngine
from kezek.day.events import Closed, Payout, Prepaid, Revision, Supply
from kezek.evidence.log import parse_entries
from kezek.market.order import Order, Step
from kezek.market.product import product_id
from kezek.metering.reading import MeterReading, meter_of
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone


@pytest.fixture
def engine(default_day):
    opened = from_opened(default_day)
    engine = DayEngine(lens=default_day.request.lens.with_readings({}), opened=opened)
    for operator in default_day.state.operators.values():
        engine.admit(operator)
    return engine


def from_opened(day):
    from kezek.day.events import Opened
    from kezek.evidence.log import parse_entries
    from kezek.evidence.plain import from_plain

    return from_plain(Opened, parse_entries(day.log.entries_text())[0]["data"])


def one_hour(engine, surplus_kwh=5_000):
    key = product_id(on=engine.opened.on, zone=Zone.NORTH_SOUTH, hour_index=3)
    engine.publish(Supply(key, Zone.NORTH_SOUTH, 3, 10**7, 9 * 10**6, 0, surplus_kwh))
    return key


def bidders(engine, count):
    return [
        one
        for one in engine.state.operators.values()
        if one.route is Route.GRID_SURPLUS
        and one.zone is Zone.NORTH_SOUTH
        and one.site_power_w > 10**7
        and one.licence.state_on(engine.opened.on) == "active"
    ][:count]


def order(engine, operator, key, price=2_000, quantity=4_000, tag="a", owner=None):
    at, who = engine.session.opens_at + timedelta(minutes=1), operator.operator_id
    owner_id = owner.operator_id if owner else who
    return Order(f"{key}/{who}/{tag}", 1, who, who, owner_id, key, (Step(price, quantity),), at)


def logged(engine, kind):
    return [event for event in parse_entries(engine.log.entries_text()) if event["type"] == kind]


def ended_before(operator, on):
    """The operator with a licence whose last day is the day before `on`."""
    return replace(operator, licence=replace(operator.licence, term=replace(operator.licence.term, until_on=on)))


def host_and_tenant(engine):
    """A host that may bid in the north, and a tenant in its data centre, both licensed on both days."""
    (host,) = bidders(engine, 1)
    tenant = next(one for one in engine.state.operators.values() if one.host_id)
    tenant = replace(
        tenant, host_id=host.operator_id, zone=host.zone, licence=replace(host.licence, subtype=Subtype.II)
    )
    engine.admit(tenant)
    engine.prepay(Prepaid(host.operator_id, 10**9))
    return host, tenant


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
    assert balances["vat:state"] == -1_200_000
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
    assert balances["vat:state"] == -287_856
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


def test_two_prepayments_of_one_operator_add_up_in_the_book_and_in_the_ledger(engine):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    # 4 000 kWh at 20.00 tenge with 12 % VAT is 89 600.00 tenge: neither half is enough
    for _ in range(2):
        engine.prepay(Prepaid(buyer.operator_id, 4_480_000))
    assert engine.state.ledger.held_tiyn(f"prepaid:{buyer.operator_id}") == 8_960_000
    engine.submit(order(engine, buyer, key))
    assert engine.state.decisions[0].refusal is None
    ids = [one.transfer_id for one in engine.state.ledger.transfers() if one.memo == "prepayment"]
    assert ids == [f"prepay/{buyer.operator_id}/{number}/paid" for number in (1, 2)]


def test_a_negative_prepayment_is_refused_and_leaves_no_trace(engine):
    (buyer,) = bidders(engine, 1)
    size = len(engine.log)
    with pytest.raises(ValueError, match="prepayment of -1 tiyn"):
        engine.prepay(Prepaid(buyer.operator_id, -1))
    assert len(engine.log) == size


def test_a_product_is_cut_twice_and_each_cut_takes_from_what_is_left(engine):
    key = one_hour(engine, surplus_kwh=5_000)
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.submit(order(engine, buyer, key, price=1_999, quantity=2_500))
    engine.close_gate()
    at = engine.session.closes_at + timedelta(hours=9)
    for surplus_kwh in (1_200, 1_100, 300):
        engine.revise(Revision(key, surplus_kwh, at))
    cuts = [(event["data"]["before_kwh"], event["data"]["left_kwh"]) for event in logged(engine, "purchase.cut")]
    assert cuts == [(1_000, 200), (500, 0), (200, 100), (1_000, 300), (100, 0)]
    # 300 kWh at 19.99 tenge: 599 700 tiyn and VAT of 71 964
    balances = engine.state.ledger.balances_tiyn()
    assert balances["energy_sales:single_buyer"] == -599_700
    assert balances["vat:state"] == -71_964
    assert engine.state.ledger.held_tiyn(f"prepaid:{buyer.operator_id}") == 10**9 - 599_700 - 71_964
    second = f"refund/{key}/{buyer.operator_id}/a#2/"
    ids = [one.transfer_id for one in engine.state.ledger.transfers() if one.transfer_id.startswith(second)]
    assert len(ids) == len(set(ids)) == 6  # three cuts, each with energy and VAT
    with pytest.raises(ValueError, match="raises"):
        engine.revise(Revision(key, 301, at))


def test_a_revision_under_zero_or_before_the_gate_is_refused(engine):
    key = one_hour(engine)
    with pytest.raises(ValueError, match="before the gate"):
        engine.revise(Revision(key, 1, engine.session.closes_at))
    engine.close_gate()
    with pytest.raises(ValueError, match="takes"):
        engine.revise(Revision(key, -1, engine.session.closes_at))


@pytest.mark.parametrize("minutes", [-600, 1, 600])
def test_an_order_after_the_gate_is_too_late_whatever_time_it_states(engine, minutes):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.close_gate()
    late = order(engine, buyer, key)
    engine.submit(replace(late, received_at=engine.session.opens_at + timedelta(minutes=minutes)))
    assert [one.refusal for one in engine.state.decisions] == ["market.order.after_closure"]
    end = engine.state.ends[late.order_id]
    assert (end.outcome, end.reason) == ("rejected", "market.order.after_closure")
    assert len(logged(engine, "order.submitted")) == len(logged(engine, "order.decided")) == 1
    assert engine.state.products[key].sold_kwh == 0


def test_the_gate_closes_once(engine):
    one_hour(engine)
    engine.close_gate()
    with pytest.raises(ValueError, match="second time"):
        engine.close_gate()


def test_the_log_of_a_session_is_in_time_order_with_late_orders_in_it(engine):
    (buyer,) = bidders(engine, 1)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    key = one_hour(engine)
    engine.submit(order(engine, buyer, key, quantity=1_000))
    late = order(engine, buyer, key, quantity=1_000, tag="late")
    engine.submit(replace(late, received_at=engine.session.closes_at + timedelta(minutes=9)))
    engine.close_gate()
    engine.submit(order(engine, buyer, key, quantity=1_000, tag="later"))
    engine.revise(Revision(key, 10, engine.session.closes_at + timedelta(hours=9)))
    times = [event["at"] for event in parse_entries(engine.log.entries_text())]
    assert times == sorted(times)


def test_who_may_bid_is_the_laws_word_and_the_route(engine):
    key = one_hour(engine)
    one, two, three = bidders(engine, 3)
    engine._bidder_subtypes = ("II",)
    engine.admit(one)
    engine.admit(replace(two, licence=replace(two.licence, subtype=Subtype.II)))
    engine.admit(replace(three, route=Route.OWN_GENERATION))
    for buyer in (one, two, three):
        engine.prepay(Prepaid(buyer.operator_id, 10**9))
    for buyer in (one, two, three):
        engine.submit(order(engine, buyer, key, quantity=100))
    assert [one.refusal for one in engine.state.decisions] == ["market.order.no_quota", None, "market.order.no_quota"]


def test_a_host_buys_for_its_tenant_and_the_purchase_names_both(engine):
    key = one_hour(engine)
    host, tenant = host_and_tenant(engine)
    engine.submit(order(engine, host, key, quantity=500, owner=tenant))
    engine.close_gate()
    (bought,) = engine.state.purchases.values()
    assert (bought.operator_id, bought.owner_id) == (host.operator_id, tenant.operator_id)
    assert logged(engine, "purchase.made")[0]["data"]["owner_id"] == tenant.operator_id


@pytest.mark.parametrize("days", [0, 1])
def test_a_tenant_whose_licence_ended_gets_nothing_and_the_refusal_says_so(engine, days):
    """It counts on both days: a licence that ends with the trading day is not active on delivery."""
    key = one_hour(engine)
    host, tenant = host_and_tenant(engine)
    engine.admit(ended_before(tenant, engine.opened.on - timedelta(days=days)))
    engine.submit(order(engine, host, key, quantity=500, owner=tenant))
    engine.submit(order(engine, host, key, quantity=500, tag="own"))
    engine.close_gate()
    assert [one.refusal for one in engine.state.decisions] == ["market.order.owner_licence_not_active", None]
    assert {one.owner_id for one in engine.state.purchases.values()} == {host.operator_id}


def test_a_bidder_whose_licence_ends_before_delivery_may_not_bid(engine):
    key = one_hour(engine)
    (buyer,) = bidders(engine, 1)
    engine.admit(ended_before(buyer, engine.opened.on))
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.submit(order(engine, buyer, key))
    assert engine.state.decisions[0].refusal == "market.order.licence_not_active"


def test_nobody_buys_for_a_stranger(engine):
    key = one_hour(engine)
    buyer, stranger = bidders(engine, 2)
    engine.prepay(Prepaid(buyer.operator_id, 10**9))
    engine.submit(order(engine, buyer, key, owner=stranger))
    assert engine.state.decisions[0].refusal == "market.order.owner_not_hosted"


def test_readings_that_cannot_be_do_not_count_and_missing_hours_are_named_once(engine):
    one, two = bidders(engine, 2)
    engine.state.operators = {who.operator_id: who for who in (one, two)}
    meter = meter_of(operator_id=one.operator_id)
    over_wh = one.site_power_w + 1
    good = [MeterReading(meter, one.operator_id, hour, one.site_power_w) for hour in range(23)]
    bad = [
        MeterReading(meter, one.operator_id, 23, over_wh),
        MeterReading(meter, one.operator_id, 3, 1),
        MeterReading("M-OP-999", "OP-999", 3, 1),
    ]
    for reading in (*good, *bad):
        engine.read_meter(reading)
    assert engine.state.readings == []
    for _ in range(2):
        engine.pay_out(Payout(one.operator_id, "pool", 2, 1))
    assert engine.state.readings == good
    refused = [
        (event["id"], event["data"]["hour_index"], event["data"]["code"])
        for event in logged(engine, "reading.refused")
    ]
    assert refused == [
        (meter, 23, "metering.reading.over_connection"),
        (meter, 3, "metering.reading.twice"),
        ("M-OP-999", 3, "metering.reading.unknown_meter"),
    ]
    over = logged(engine, "reading.refused")[0]["data"]
    assert (over["found"], over["limit"]) == (over_wh, one.site_power_w)
    (missing,) = logged(engine, "readings.missing")
    assert missing["data"] == {"hours": {meter: [23], meter_of(operator_id=two.operator_id): list(range(24))}}
    with pytest.raises(ValueError, match="after the first payout"):
        engine.read_meter(good[0])


def test_a_day_does_not_close_with_an_open_gate_or_unjudged_operators(engine):
    one_hour(engine)
    with pytest.raises(ValueError, match="gate was never closed"):
        engine.close(Closed({}))
    engine.close_gate()
    with pytest.raises(ValueError, match="books not filed"):
        engine.close(Closed({}))


def test_nothing_follows_the_close(engine):
    key = one_hour(engine)
    engine.state.operators = {}
    engine.close_gate()
    engine.close(Closed({}))
    with pytest.raises(ValueError, match="after the day was closed"):
        engine.revise(Revision(key, 0, engine.session.closes_at))
