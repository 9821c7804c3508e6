"""Less supply than was sold: who loses what, what is paid back, what is drawn when the one price is struck again."""

from datetime import timedelta

import pytest
from tests.trading.sessions import (
    CUT_AT,
    GATE_AT,
    ON,
    OPENED_AT,
    SETTLED_AT,
    at,
    clear,
    close,
    events,
    fills,
    free_tiyn,
    held_tiyn,
    hour,
    left_of,
    logged,
    market,
    order,
    participant,
    prepay,
    publish,
    revise,
    withdraw,
)

from kezek.market.order import OrderEnd, Outcome, OutcomeReason
from kezek.market.product import Offer
from kezek.market.supply import CutEffect, SupplyRefusal
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Delivered
from kezek.trading.state import InvariantBroken

KEPT = {"market.price_rule": "uniform", "market.curtailment_price": "kept"}
RESTRUCK = {"market.price_rule": "uniform", "market.curtailment_price": "restruck"}
PARTIES = ("energy_sales:single_buyer", "fee:market_operator", "transmission:grid_operator", "vat:state")


def sold(readings=None, **changes):
    """5 MWh: A buys 2.5 at 24.00, B 1.5 of 1.5 at 20.00, C 1 of 2.5 at 19.00."""
    session = market("A", "B", "C", readings=readings, **changes)
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("B", (2_000, 1_500)))
    session.submit(order("C", (1_900, 2_500)))
    return clear(session)


def recuts(session):
    return [event["data"] for event in logged(session, "product.recut")]


def test_a_revision_below_what_was_sold_takes_the_lowest_bids_and_the_last_purchases():
    session = sold()
    assert revise(session, 3_200) is None
    assert fills(session) == {"o-A": 2_500, "o-B": 700}
    assert left_of(session) == {
        "o-A#1": (1_000, 2_400),
        "o-A#2": (1_000, 2_400),
        "o-A#3": (500, 2_400),
        "o-B#1": (700, 2_000),
        "o-B#2": (0, 2_000),
        "o-C#1": (0, 1_900),
    }
    assert recuts(session) == [
        {
            "product_id": hour(),
            "supply_kwh": 3_200,
            "effect": CutEffect.BELOW_SOLD.value,
            "before_kwh": 5_000,
            "after_kwh": 3_200,
        }
    ]
    cuts = [event["data"] for event in logged(session, "purchase.cut")]
    assert cuts == [
        {"purchase_id": "o-B#1", "before_kwh": 1_000, "left_kwh": 700},
        {"purchase_id": "o-B#2", "before_kwh": 500, "left_kwh": 0},
        {"purchase_id": "o-C#1", "before_kwh": 1_000, "left_kwh": 0},
    ]


def test_the_money_of_a_cut_to_the_tiyn():
    session = sold(fee=5, transmission=120)
    assert free_tiyn(session, "B") == 10**9 - 3_570_000  # 1500 x 2125 x 1.12
    revise(session, 3_200)
    assert free_tiyn(session, "A") == 10**9 - 7_070_000  # 2500 x 2525 x 1.12, as before
    assert free_tiyn(session, "B") == 10**9 - 1_666_000  # 700 x 2125 x 1.12
    assert free_tiyn(session, "C") == 10**9
    assert held_tiyn(session, "energy_sales:single_buyer") == 6_000_000 + 1_400_000
    assert held_tiyn(session, "fee:market_operator") == 16_000
    assert held_tiyn(session, "transmission:grid_operator") == 384_000
    assert held_tiyn(session, "vat:state") == 936_000


def test_vat_of_each_cut_purchase_is_rounded_by_itself():
    # 7 kWh at 18.03: 12621 and VAT 1514.52, so 1515; 4 kWh: 7212 and 865.44, so 865
    session = market("A", supply_kwh=7)
    session.submit(order("A", (1_803, 7)))
    clear(session)
    assert free_tiyn(session, "A") == 10**9 - 12_621 - 1_515
    revise(session, 4)
    assert free_tiyn(session, "A") == 10**9 - 7_212 - 865
    revise(session, 0, when=CUT_AT)
    assert free_tiyn(session, "A") == 10**9


def test_a_revision_that_still_covers_what_was_sold_cuts_nothing():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    clear(session)
    before = len(session.log)
    assert revise(session, 1_000) is None
    assert [event["type"] for event in events(session)[before:]] == ["supply.declared", "product.recut"]
    assert recuts(session)[0]["effect"] == CutEffect.COVERS_SOLD.value
    assert fills(session) == {"o-A": 1_000}
    assert revise(session, 999) is None
    assert [one["effect"] for one in recuts(session)] == [CutEffect.COVERS_SOLD.value, CutEffect.BELOW_SOLD.value]


def test_supply_never_rises_behind_the_gate_not_even_back_to_what_it_was():
    session = sold()
    assert revise(session, 5_001) is SupplyRefusal.RAISED_AFTER_CLOSURE
    assert revise(session, 3_000) is None
    assert revise(session, 3_001) is SupplyRefusal.RAISED_AFTER_CLOSURE
    assert revise(session, 5_000) is SupplyRefusal.RAISED_AFTER_CLOSURE
    assert session.trading.state.products[hour()].sold_kwh == 3_000
    assert len(recuts(session)) == 1


@pytest.mark.parametrize(
    "act", [lambda one, when: revise(one, 3_200, when=when), lambda one, when: withdraw(one, when=when)]
)
def test_an_hour_is_cut_until_its_last_second_and_not_when_it_is_over(act):
    session = sold()
    before = session.trading.state.ledger.transfers()
    assert act(session, at("04:00", on=ON)) is SupplyRefusal.HOUR_OVER  # hour 3 runs from 03:00 until 04:00
    assert act(session, at("23:00", on=ON)) is SupplyRefusal.HOUR_OVER
    assert session.trading.state.products[hour()].sold_kwh == 5_000
    assert session.trading.state.ledger.transfers() == before
    assert [event["data"]["refusal"] for event in logged(session, "supply.refused")] == [
        SupplyRefusal.HOUR_OVER.value
    ] * 2
    assert act(session, at("03:59:59", on=ON)) is None
    assert session.trading.state.products[hour()].sold_kwh < 5_000


def test_the_first_and_the_last_hour_end_by_the_clock_of_kazakhstan():
    session = market("A")
    for index in (0, 23):
        publish(session, 500, hour(index))
    clear(session)
    assert revise(session, 400, hour(0), when=at("00:59:59", on=ON)) is None
    assert revise(session, 300, hour(0), when=at("01:00", on=ON)) is SupplyRefusal.HOUR_OVER
    assert revise(session, 400, hour(23), when=at("23:59:59", on=ON)) is None
    assert revise(session, 300, hour(23), when=at("00:00", on=ON + timedelta(days=1))) is SupplyRefusal.HOUR_OVER


def test_the_share_of_the_programme_is_over_with_its_hour():
    session = market("A", readings={"programme_70_30.status": "in_force"})
    thirty = hour(offer=Offer.PROGRAMME)
    publish(session, 300, thirty)
    clear(session)
    assert revise(session, 200, thirty, when=at("04:00", on=ON)) is SupplyRefusal.HOUR_OVER
    assert revise(session, 200, thirty, when=at("03:59:59", on=ON)) is None


@pytest.mark.parametrize("readings", [None, KEPT, RESTRUCK])
def test_a_withdrawal_after_clearing_cuts_everything_and_pays_everything_back(readings):
    session = sold(readings, fee=5, transmission=120)
    assert withdraw(session) is None
    assert fills(session) == {}
    assert {kwh for kwh, _ in left_of(session).values()} == {0}
    assert [held_tiyn(session, account) for account in PARTIES] == [0, 0, 0, 0]
    assert [held_tiyn(session, f"prepaid:{who}") for who in "ABC"] == [10**9] * 3
    session.deliver(Delivered((), {}), SETTLED_AT)
    assert [free_tiyn(session, who) for who in "ABC"] == [10**9] * 3
    assert withdraw(session) is SupplyRefusal.ALREADY_WITHDRAWN


def test_a_cut_leaves_the_ends_of_the_orders_as_they_were():
    session = sold()
    ends = dict(session.trading.state.ends)
    withdraw(session)
    assert session.trading.state.ends == ends
    assert ends["o-A"] == OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)
    assert ends["o-C"] == OrderEnd(Outcome.PARTLY, OutcomeReason.SHARED)


@pytest.mark.parametrize("readings", [None, KEPT, RESTRUCK])
def test_several_cuts_in_a_row_leave_what_one_cut_leaves(readings):
    steps, at_once = sold(readings, fee=3), sold(readings, fee=3)
    for kwh in (4_900, 4_001, 3_333, 1_777):
        assert revise(steps, kwh) is None
    assert revise(at_once, 1_777) is None
    left = [{key: one for key, one in left_of(session).items() if one[0]} for session in (steps, at_once)]
    assert left[0] == left[1] != {}
    money = [[held_tiyn(one, f"prepaid:{who}") for who in "ABC"] for one in (steps, at_once)]
    assert money[0] == money[1]


def test_each_cut_notes_its_own_entry_in_the_log():
    session = sold()
    revise(session, 3_200)
    first = dict(session.trading.state.cut_entry_of_purchase)
    revise(session, 3_100)
    second = session.trading.state.cut_entry_of_purchase
    assert events(session)[first["o-B#1"]]["data"]["left_kwh"] == 700
    assert events(session)[second["o-B#1"]]["data"] == {"purchase_id": "o-B#1", "before_kwh": 700, "left_kwh": 600}
    assert second["o-C#1"] == first["o-C#1"]


def test_a_cut_of_the_second_step_leaves_the_purchases_of_the_first():
    session = market("A", supply_kwh=2_000)
    session.submit(order("A", (2_000, 1_200), (1_900, 800)))
    clear(session)
    revise(session, 1_300)
    assert left_of(session) == {
        "o-A#1": (1_000, 2_000),
        "o-A#2": (200, 2_000),
        "o-A#3": (100, 1_900),
    }
    assert fills(session) == {"o-A": 1_300}
    revise(session, 100)
    assert fills(session) == {"o-A": 100}


def test_equal_bids_lose_in_proportion_and_ids_of_one_owner_as_one():
    people = [participant("A1", owner="X"), participant("A2", owner="X")]
    session = market("B", people=people, supply_kwh=4_000)
    for who, kwh in (("A1", 1_000), ("A2", 1_000), ("B", 2_000)):
        session.submit(order(who, (2_000, kwh)))
    clear(session)
    revise(session, 2_000)
    assert fills(session) == {"o-A1": 1_000, "o-B": 1_000}  # A1 came first of the two


def test_one_hour_of_one_zone_is_cut_and_no_other():
    session = market("A", people=[participant("W", zone=Zone.WEST)])
    west = hour(zone=Zone.WEST)
    publish(session, 5_000, west)
    session.submit(order("A", (2_000, 1_000)))
    session.submit(order("W", (2_000, 1_000), product=west))
    clear(session)
    revise(session, 400, west)
    assert (fills(session), fills(session, west)) == ({"o-A": 1_000}, {"o-W": 400})
    assert session.trading.state.products[west].revised_kwh == 400
    assert session.trading.state.products[hour()].revised_kwh is None


def test_the_thirty_percent_are_cut_apart_from_the_surplus():
    session = market("A", readings={"programme_70_30.status": "in_force"}, supply_kwh=700)
    thirty = hour(offer=Offer.PROGRAMME)
    publish(session, 300, thirty)
    session.submit(order("A", (2_000, 700), name="a"))
    session.submit(order("A", (1_800, 300), name="a30", product=thirty))
    clear(session)
    revise(session, 100, thirty)
    assert (fills(session), fills(session, thirty)) == ({"a": 700}, {"a30": 100})
    assert free_tiyn(session, "A") == 10**9 - 1_568_000 - 201_600  # 700 x 20.00 and 100 x 18.00, VAT 12 %


def test_a_revision_between_gate_and_clearing_is_what_is_cleared():
    session = market("A", "B")
    session.submit(order("A", (2_400, 1_000)))
    session.submit(order("B", (2_000, 1_000)))
    close(session)
    assert revise(session, 6_000, when=GATE_AT) is SupplyRefusal.RAISED_AFTER_CLOSURE
    assert revise(session, 1_100, when=GATE_AT) is None
    session.clear(GATE_AT)
    assert fills(session) == {"o-A": 1_000, "o-B": 100}
    assert recuts(session) == []
    assert free_tiyn(session, "B") == 10**9 - 224_000


def test_an_hour_withdrawn_between_gate_and_clearing_sells_nothing():
    session = market("A")
    session.submit(order("A", (2_400, 1_000)))
    close(session)
    assert withdraw(session, when=GATE_AT) is None
    session.clear(GATE_AT)
    assert session.trading.state.ends == {"o-A": OrderEnd(Outcome.REJECTED, OutcomeReason.NO_SUPPLY)}
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9


def test_a_cut_of_an_hour_that_sold_nothing_is_only_noted():
    session = clear(market("A"))
    assert revise(session, 10) is None
    assert recuts(session)[0]["effect"] == CutEffect.COVERS_SOLD.value


# One price for all


def test_a_price_that_is_kept_stays_when_dearer_bids_alone_are_left():
    session = sold(KEPT)
    assert {price for _, price in left_of(session).values()} == {1_900}
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9 - 5_320_000
    revise(session, 2_000)
    assert fills(session) == {"o-A": 2_000}
    assert {price for _, price in left_of(session).values()} == {1_900}
    assert held_tiyn(session, "prepaid:A") == 10**9 - 4_256_000
    assert logged(session, "purchase.restruck") == []


def test_a_price_struck_again_draws_the_difference_and_not_a_tiyn_more():
    session = sold(RESTRUCK, fee=5, transmission=120)
    # all pay 19.00: A 2500 x 2025 x 1.12; the reservation of 24.00 stays until the delivery
    assert held_tiyn(session, "prepaid:A") == 10**9 - 5_670_000
    assert free_tiyn(session, "A") == 10**9 - 7_070_000
    revise(session, 3_200)
    # B is served in part at 20.00, so all pay 20.00: A 2500 x 2125 x 1.12, B 700 x 2125 x 1.12
    assert {left for left in left_of(session).values() if left[0]} == {(1_000, 2_000), (500, 2_000), (700, 2_000)}
    assert held_tiyn(session, "prepaid:A") == 10**9 - 5_950_000
    assert held_tiyn(session, "prepaid:B") == 10**9 - 1_666_000
    assert held_tiyn(session, "prepaid:C") == 10**9
    revise(session, 2_000)
    assert {left for left in left_of(session).values() if left[0]} == {(1_000, 2_400)}
    assert held_tiyn(session, "prepaid:A") == 10**9 - 5_656_000  # 2000 x 2525 x 1.12, its own bid
    session.deliver(Delivered((), {}), SETTLED_AT)
    assert free_tiyn(session, "A") == 10**9 - 5_656_000
    assert free_tiyn(session, "B") == 10**9


def test_a_price_struck_again_is_logged_purchase_by_purchase_and_leaves_the_first_as_it_was():
    session = sold(RESTRUCK)
    revise(session, 3_200)
    struck = [event["data"] for event in logged(session, "purchase.restruck")]
    assert [one["purchase_id"] for one in struck] == ["o-A#1", "o-A#2", "o-A#3", "o-B#1"]
    assert {(one["before_tiyn_per_kwh"], one["price_tiyn_per_kwh"]) for one in struck} == {(1_900, 2_000)}
    assert {one.price_tiyn_per_kwh for one in session.trading.state.purchases.values()} == {1_900}
    revise(session, 3_100)
    assert len(logged(session, "purchase.restruck")) == 4


def test_what_is_set_aside_suffices_where_nothing_else_was_prepaid():
    # all that A has is the cost of its own bid, 2500 x 24.00 x 1.12
    session = market("B", readings=RESTRUCK)
    session.admit(participant("A"), OPENED_AT)
    prepay(session, "A", 6_720_000)
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("B", (1_900, 2_500)))
    clear(session)
    assert free_tiyn(session, "A") == 0
    revise(session, 2_400)
    assert held_tiyn(session, "prepaid:A") == 6_720_000 - 6_451_200  # 2400 x 24.00 x 1.12
    session.deliver(Delivered((), {}), SETTLED_AT)
    assert free_tiyn(session, "A") == 268_800


def test_under_pay_as_bid_a_price_that_may_be_struck_again_changes_nothing():
    sessions = [sold({"market.curtailment_price": rule}, fee=5) for rule in ("kept", "restruck")]
    for session in sessions:
        revise(session, 3_200)
        revise(session, 700)
    kept, restruck = sessions
    assert left_of(kept) == left_of(restruck)
    assert kept.trading.state.ledger.transfers() == restruck.trading.state.ledger.transfers()
    assert logged(restruck, "purchase.restruck") == []
    assert [free_tiyn(restruck, who) for who in "ABC"] == [held_tiyn(restruck, f"prepaid:{who}") for who in "ABC"]


def test_an_exempt_operator_keeps_one_purchase_through_a_cut():
    session = market(people=[participant("E", route=Route.IMPORTED)])
    session.submit(order("E", (2_000, 2_500)))
    clear(session)
    revise(session, 1_900)
    assert left_of(session) == {"o-E#1": (1_900, 2_000)}


# What must never happen is caught


def test_an_award_that_would_rise_is_stopped_before_anything_is_booked():
    session = sold()
    state = session.trading.state.products[hour()]
    state.fills_kwh = (1_000, 1_500, 1_000)
    booked = session.trading.state.ledger.transfers()
    with pytest.raises(InvariantBroken, match="raises the award of \\['A'\\]"):
        revise(session, 3_200)
    assert session.trading.state.ledger.transfers() == booked
