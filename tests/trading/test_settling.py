"""The delivered day: what was used against what was bought, charged from the prepayment first, the rest owed."""

import pytest
from tests.trading.sessions import (
    CUT_AT,
    SETTLED_AT,
    cancel,
    clear,
    events,
    free_tiyn,
    held_tiyn,
    hour,
    logged,
    market,
    order,
    participant,
    publish,
    revise,
)

from kezek.market.imbalance import Imbalance, ImbalanceGap, Undetermined
from kezek.market.product import Offer
from kezek.market.supply import SupplyRefusal
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Delivered, Metered, StageRefusal
from kezek.trading.participant import ParticipantSite

SINGLE = {"market.imbalance_price": "single_price"}
BALANCING = {"market.imbalance_price": "balancing_market"}
IMBALANCE = "imbalance:single_buyer"


def bought(kwh=1_000, *, price=2_000, **changes):
    """A has bought so much of hour 3; nothing else was sold."""
    session = market("A", **changes)
    assert session.submit(order("A", (price, kwh))).refusal is None
    return clear(session)


def deliver(session, *readings, prices=None):
    metered = tuple(Metered(*one) for one in readings)
    assert session.deliver(Delivered(metered, dict(prices or {})), SETTLED_AT) is None
    return session


def used(session, metered_wh, *, index=3, prices=None):
    return deliver(session, ("A", "A-site", index, metered_wh), prices=prices)


def outcomes(session):
    return [
        (one.settled.operator_id, one.site_id, hour.use.product_id, hour.outcome)
        for one in session.trading.state.imbalances
        for hour in one.settled.hours
    ]


@pytest.mark.parametrize(
    ("readings", "prices", "metered_wh", "amount_tiyn"),
    [
        (None, None, 1_100_000, 250_000),  # 100 kWh at 20.00 and a quarter on top
        (None, None, 900_000, -150_000),  # 100 kWh at three quarters of 20.00
        (None, None, 0, -1_500_000),
        (None, None, 1_000_001, 3),  # 1 Wh at 25.00 a kWh: 2.5 tiyn, half up
        (None, None, 1_000_000, 0),
        (SINGLE, None, 1_100_000, 200_000),
        (SINGLE, None, 900_000, -200_000),
        (BALANCING, {"north_south/03": 3_000}, 1_100_000, 300_000),
        (BALANCING, {"north_south/03": 3_000}, 900_000, -300_000),
        (BALANCING, {"north_south/03": -500}, 1_100_000, -50_000),
        (BALANCING, {"north_south/03": 0}, 1_100_000, 0),
    ],
)
def test_a_deviation_is_priced_by_the_rule_of_the_reading(readings, prices, metered_wh, amount_tiyn):
    session = used(bought(readings=readings), metered_wh, prices=prices)
    deviation = Imbalance(metered_wh - 1_000_000, amount_tiyn)
    assert outcomes(session) == [("A", "A-site", hour(), deviation)]
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9 - 2_240_000 - amount_tiyn
    assert held_tiyn(session, IMBALANCE) == amount_tiyn
    (event,) = logged(session, "imbalance.settled")
    rule = (readings or {"market.imbalance_price": "two_price"})["market.imbalance_price"]
    assert (event["data"]["rule"], event["data"]["amount_tiyn"]) == (f"{rule}/1", amount_tiyn)


def test_without_a_price_of_the_balancing_market_the_hour_stays_open():
    session = used(bought(readings=BALANCING), 1_100_000, prices={"west/03": 3_000, "north_south/04": 3_000})
    assert outcomes(session) == [("A", "A-site", hour(), Undetermined(ImbalanceGap.NO_PRICE))]
    assert held_tiyn(session, IMBALANCE) == 0
    assert session.trading.state.imbalances[0].settled.open_hours


def test_used_as_bought_needs_no_price():
    session = used(bought(readings=BALANCING), 1_000_000)
    assert outcomes(session) == [("A", "A-site", hour(), Imbalance(0, 0))]


def test_prices_of_the_balancing_market_are_asked_only_where_the_rule_asks():
    session = used(bought(), 1_100_000, prices={"north_south/03": 9_999})
    assert held_tiyn(session, IMBALANCE) == 250_000


@pytest.mark.parametrize("readings", [None, SINGLE, BALANCING])
def test_without_a_reading_the_hour_stays_open_and_nothing_is_charged(readings):
    session = deliver(bought(readings=readings))
    assert outcomes(session) == [("A", "A-site", hour(), Undetermined(ImbalanceGap.NO_READING))]
    assert free_tiyn(session, "A") == 10**9 - 2_240_000
    assert logged(session, "imbalance.settled")[0]["data"]["amount_tiyn"] == 0


def test_an_hour_that_was_neither_bought_nor_metered_is_not_settled():
    session = deliver(clear(market("A")))
    assert session.trading.state.imbalances == []
    assert logged(session, "imbalance.settled") == []


def test_power_used_without_any_purchase_costs_the_reserve_where_nothing_was_sold():
    session = used(bought(), 10_000, index=5)
    assert outcomes(session) == [
        ("A", "A-site", hour(), Undetermined(ImbalanceGap.NO_READING)),
        ("A", "A-site", hour(5), Imbalance(10_000, 22_500)),  # 10 kWh x 18.00 x 1.25
    ]


def test_the_price_of_an_hour_is_the_average_of_what_was_paid_for_it():
    session = market("A", "B")
    session.submit(order("A", (2_400, 1_000)))
    session.submit(order("B", (2_000, 3_000)))
    used(clear(session), 1_100_000)
    assert held_tiyn(session, IMBALANCE) == 262_500  # 100 kWh x 21.00 x 1.25


def test_each_zone_has_its_own_price():
    west, product = participant("W", zone=Zone.WEST), hour(zone=Zone.WEST)
    session = market("A", people=[west])
    publish(session, 5_000, product)
    session.submit(order("A", (2_000, 1_000)))
    session.submit(order("W", (3_000, 1_000), product=product))
    deliver(clear(session), ("A", "A-site", 3, 1_100_000), ("W", "W-site", 3, 1_100_000))
    assert [one.settled.amount_tiyn for one in session.trading.state.imbalances] == [250_000, 375_000]


@pytest.mark.parametrize(
    ("prepaid_tiyn", "left_tiyn", "owed_tiyn"),
    [(2_240_000, 0, 250_000), (2_340_000, 0, 150_000), (2_490_000, 0, 0), (2_490_001, 1, 0)],
)
def test_what_the_prepayment_does_not_reach_for_is_owed(prepaid_tiyn, left_tiyn, owed_tiyn):
    session = used(bought(prepaid_tiyn=prepaid_tiyn), 1_100_000)
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == left_tiyn
    assert held_tiyn(session, "owed:A") == -owed_tiyn
    assert held_tiyn(session, IMBALANCE) == 250_000
    assert sum(session.trading.state.ledger.balances_tiyn().values()) == 0


def test_a_huge_use_never_takes_the_prepayment_below_zero():
    session = used(bought(prepaid_tiyn=2_240_000), 10**12)
    assert held_tiyn(session, "prepaid:A") == 0
    assert held_tiyn(session, "owed:A") == -(10**9 - 1_000) * 2_500


def test_what_was_cut_was_not_bought():
    session = bought()
    revise(session, 400)
    used(session, 500_000)
    assert outcomes(session) == [("A", "A-site", hour(), Imbalance(100_000, 250_000))]


def test_two_sites_are_settled_each_by_itself():
    sites = [ParticipantSite(name, Zone.NORTH_SOUTH, 10**8, Route.GRID_SURPLUS) for name in ("s1", "s2")]
    session = market(people=[participant("A", sites=sites)])
    session.submit(order("A", (2_000, 1_000), name="a1", site="s1"))
    session.submit(order("A", (2_000, 1_000), name="a2", site="s2"))
    deliver(clear(session), ("A", "s1", 3, 1_100_000), ("A", "s2", 3, 900_000))
    assert [(site, one.amount_tiyn) for _, site, _, one in outcomes(session)] == [("s1", 250_000), ("s2", -150_000)]
    assert free_tiyn(session, "A") == 10**9 - 4_480_000 - 100_000


def test_more_in_one_hour_and_less_in_another_do_not_cancel():
    session = market("A")
    publish(session, 5_000, hour(4))
    session.submit(order("A", (2_000, 1_000), name="a3"))
    session.submit(order("A", (2_000, 1_000), name="a4", product=hour(4)))
    deliver(clear(session), ("A", "A-site", 3, 1_100_000), ("A", "A-site", 4, 900_000))
    (site,) = session.trading.state.imbalances
    assert (site.settled.deviation_wh, site.settled.amount_tiyn) == (0, 100_000)


def test_surplus_and_programme_of_an_hour_were_bought_together():
    session = market("A", readings={"programme_70_30.status": "in_force"})
    thirty = hour(offer=Offer.PROGRAMME)
    publish(session, 300, thirty)
    session.submit(order("A", (2_000, 700), name="a"))
    session.submit(order("A", (1_800, 300), name="a30", product=thirty))
    used(clear(session), 1_100_000)
    assert outcomes(session) == [("A", "A-site", hour(), Imbalance(100_000, 250_000))]


def test_what_is_still_set_aside_is_free_after_the_delivery():
    session = market("A", "B", readings={"market.price_rule": "uniform", "market.curtailment_price": "restruck"})
    session.submit(order("A", (2_400, 1_000), name="a"))
    session.submit(order("B", (1_900, 1_000), name="b"))
    session.submit(order("B", (1_800, 4_000), name="b2"))
    session.submit(order("B", (1_900, 1), name="gone"))
    cancel(session, "B", name="gone")
    clear(session)
    assert free_tiyn(session, "A") == 10**9 - 2_688_000
    used(session, 1_000_000)
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9 - 2_016_000
    assert free_tiyn(session, "B") == held_tiyn(session, "prepaid:B") == 10**9 - 8_064_000


def test_a_day_is_settled_once_and_nothing_is_declared_after_it():
    session = used(bought(), 1_000_000)
    before = events(session)
    assert session.deliver(Delivered((), {}), SETTLED_AT) is StageRefusal.SETTLED
    assert events(session) == before
    assert revise(session, 1, when=CUT_AT) is SupplyRefusal.AFTER_SETTLEMENT
    assert held_tiyn(session, "energy_sales:single_buyer") == 2_000_000
