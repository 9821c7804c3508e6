"""The delivered day: what was used against what was bought, charged from the prepayment first, the rest owed."""

from dataclasses import replace
from datetime import date

import pytest
from tests.trading.sessions import (
    CUT_AT,
    RESERVE,
    SETTLED_AT,
    at,
    cancel,
    clear,
    events,
    fills,
    free_tiyn,
    held_tiyn,
    hour,
    lens_of,
    logged,
    market,
    open_session,
    order,
    participant,
    publish,
    revise,
)

from kezek.evidence.event import entry_of
from kezek.evidence.plain import to_plain
from kezek.evidence.tiles import ENTRY_BYTES_MAX
from kezek.market.imbalance import Imbalance, ImbalanceGap, Undetermined
from kezek.market.product import Offer
from kezek.market.supply import SupplyRefusal
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Delivered, Metered, ReadingFault, Readings, StageRefusal
from kezek.trading.participant import ParticipantSite
from kezek.trading.session import READINGS_MOST, Broken, replay
from kezek.trading.settling import MOST_METERED_WH, MOST_PRICE_TIYN_PER_KWH, Faulty

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
    assert session.deliver(Delivered(metered, dict(prices or {})), SETTLED_AT) == ()
    return session


def used(session, metered_wh, *, index=3, prices=None):
    return deliver(session, ("A", "A-site", index, metered_wh), prices=prices)


def outcomes(session):
    return [
        (one.settled.operator_id, one.site_id, hour.use.product_id, hour.outcome)
        for one in session.trading.state.imbalances
        for hour in one.settled.hours
    ]


def deviations(session):
    """What was booked for deviations: group, transfer, amount."""
    return [
        (event["id"], move["id"], move["amount_tiyn"])
        for event in logged(session, "ledger.posted")
        if event["id"].startswith("deviation/")
        for move in event["data"]["transfers"]
    ]


def one_site(name):
    return ParticipantSite(name, Zone.NORTH_SOUTH, 10**8, Route.GRID_SURPLUS)


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


@pytest.mark.parametrize(
    ("prices", "supply_kwh", "price_tiyn_per_kwh"),
    [
        # A 2500 kWh at 24.00, B 2500 kWh at 19.00
        (("pay_as_bid", "kept"), None, 2_150),
        (("pay_as_bid", "kept"), 4_000, 2_213),  # 2500 x 24.00 + 1500 x 19.00: 22.125, half up
        (("pay_as_bid", "kept"), 2_000, 2_400),
        (("pay_as_bid", "kept"), 0, RESERVE),
        (("uniform", "kept"), None, 1_900),
        (("uniform", "kept"), 2_000, 1_900),
        (("uniform", "restruck"), None, 1_900),
        (("uniform", "restruck"), 4_000, 1_900),
        (("uniform", "restruck"), 2_000, 2_400),
        (("uniform", "restruck"), 0, RESERVE),
    ],
)
def test_the_price_of_an_hour_is_the_average_of_what_is_paid_in_the_end(prices, supply_kwh, price_tiyn_per_kwh):
    session = market("A", "B", readings={"market.price_rule": prices[0], "market.curtailment_price": prices[1]})
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("B", (1_900, 2_500)))
    clear(session)
    if supply_kwh is not None:
        assert revise(session, supply_kwh) is None
    left_kwh = fills(session).get("o-A", 0)
    used(session, 1_000 * left_kwh + 100_000)
    assert outcomes(session)[0] == ("A", "A-site", hour(), Imbalance(100_000, 125 * price_tiyn_per_kwh))


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
    session = used(bought(prepaid_tiyn=2_240_000), MOST_METERED_WH)
    assert held_tiyn(session, "prepaid:A") == 0
    assert held_tiyn(session, "owed:A") == -(10**8 - 1_000) * 2_500


def test_what_was_cut_was_not_bought():
    session = bought()
    revise(session, 400)
    used(session, 500_000)
    assert outcomes(session) == [("A", "A-site", hour(), Imbalance(100_000, 250_000))]


def at_two_sites(**changes):
    """A has bought 1 MWh at 20.00 for each of its two sites."""
    sites = [one_site(name) for name in ("s1", "s2")]
    session = market(people=[participant("A", sites=sites)], **changes)
    session.submit(order("A", (2_000, 1_000), name="a1", site="s1"))
    session.submit(order("A", (2_000, 1_000), name="a2", site="s2"))
    return clear(session)


@pytest.mark.parametrize(
    ("metered_wh", "amounts_tiyn", "moves"),
    [
        ((1_100_000, 900_000), [250_000, -150_000], [("paid", 100_000)]),
        ((900_000, 1_100_000), [-150_000, 250_000], [("paid", 100_000)]),
        ((1_060_000, 900_000), [150_000, -150_000], []),
        ((1_000_000, 900_000), [0, -150_000], [("credit", 150_000)]),
        ((1_100_000, 1_100_000), [250_000, 250_000], [("paid", 500_000)]),
    ],
)
def test_two_sites_are_settled_each_by_itself_and_charged_as_one(metered_wh, amounts_tiyn, moves):
    session = deliver(at_two_sites(), *(("A", f"s{number}", 3, wh) for number, wh in enumerate(metered_wh, 1)))
    assert [(site, one.amount_tiyn) for _, site, _, one in outcomes(session)] == [
        ("s1", amounts_tiyn[0]),
        ("s2", amounts_tiyn[1]),
    ]
    assert [event["data"]["amount_tiyn"] for event in logged(session, "imbalance.settled")] == amounts_tiyn
    assert deviations(session) == [
        ("deviation/A", f"deviation/A/imbalance/{name}", amount_tiyn) for name, amount_tiyn in moves
    ]
    assert free_tiyn(session, "A") == 10**9 - 4_480_000 - sum(amounts_tiyn)


@pytest.mark.parametrize("metered_wh", [(1_100_000, 900_000), (900_000, 1_100_000)])
@pytest.mark.parametrize(
    ("prepaid_tiyn", "left_tiyn", "owed_tiyn"),
    [(4_480_000, 0, 100_000), (4_480_001, 0, 99_999), (4_580_000, 0, 0), (4_580_001, 1, 0)],
)
def test_what_one_site_is_credited_pays_for_the_other_before_anything_is_owed(
    metered_wh, prepaid_tiyn, left_tiyn, owed_tiyn
):
    session = deliver(
        at_two_sites(prepaid_tiyn=prepaid_tiyn), ("A", "s1", 3, metered_wh[0]), ("A", "s2", 3, metered_wh[1])
    )
    assert held_tiyn(session, "owed:A") == -owed_tiyn
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == left_tiyn


def test_an_open_hour_of_one_site_leaves_the_other_settled():
    session = deliver(at_two_sites(), ("A", "s2", 3, 1_100_000))
    assert outcomes(session) == [
        ("A", "s1", hour(), Undetermined(ImbalanceGap.NO_READING)),
        ("A", "s2", hour(), Imbalance(100_000, 250_000)),
    ]
    assert deviations(session) == [("deviation/A", "deviation/A/imbalance/paid", 250_000)]


def test_ids_with_a_slash_do_not_meet_in_the_ledger():
    people = [participant("A/B", sites=[one_site("C")]), participant("A", sites=[one_site("B/C")])]
    session = clear(market(people=people))
    deliver(session, ("A/B", "C", 3, 1_000), ("A", "B/C", 3, 2_000))
    assert deviations(session) == [
        ("deviation/A/B", "deviation/A/B/imbalance/paid", 2_250),  # 1 kWh x 18.00 x 1.25
        ("deviation/A", "deviation/A/imbalance/paid", 4_500),
    ]


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


def test_what_was_set_aside_is_free_before_a_deviation_is_charged():
    # all that A has is set aside: 1000 kWh x 24.00 x 1.12; it pays 19.00, so 560 000 of it is left
    session = market(
        "A",
        "B",
        supply_kwh=2_000,
        prepaid_tiyn=2_688_000,
        readings={"market.price_rule": "uniform", "market.curtailment_price": "restruck"},
    )
    session.submit(order("A", (2_400, 1_000)))
    session.submit(order("B", (1_900, 1_000)))
    clear(session)
    assert free_tiyn(session, "A") == 0
    used(session, 1_100_000)
    assert held_tiyn(session, "owed:A") == 0
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 2_688_000 - 2_128_000 - 237_500


# Readings and prices that cannot be settled with


def place_of(reading):
    return f"{reading.operator_id}, site {reading.site_id}, hour {reading.hour_index}"


@pytest.mark.parametrize(
    ("reading", "fault"),
    [
        (("Z", "A-site", 3, 1_000), ReadingFault.UNKNOWN_SITE),
        (("A", "s9", 3, 1_000), ReadingFault.UNKNOWN_SITE),
        (("A", "B-site", 77, -1), ReadingFault.UNKNOWN_SITE),
        (("A", "A-site", 24, 1_000), ReadingFault.UNKNOWN_HOUR),
        (("A", "A-site", 77, -1), ReadingFault.UNKNOWN_HOUR),
        (("A", "A-site", -1, 1_000), ReadingFault.UNKNOWN_HOUR),
        (("A", "A-site", 3, -1), ReadingFault.NEGATIVE),
        (("A", "A-site", 3, MOST_METERED_WH + 1), ReadingFault.TOO_LARGE),
        (("A", "A-site", 3, 9 * 10**15), ReadingFault.TOO_LARGE),
        (("A", "A-site", 3, 2**64), ReadingFault.TOO_LARGE),
        (("A", "A-site", 4, 1_000), ReadingFault.TWICE),
        (("A", "A-site", 4, 2_000), ReadingFault.TWICE),
        (("A", "A-site", 4, -1), ReadingFault.NEGATIVE),
    ],
)
def test_a_faulty_reading_is_named_and_then_nothing_is_logged_or_settled(reading, fault):
    session = bought()
    log, transfers = session.log.entries_text(), session.trading.state.ledger.transfers()
    good, bad = Metered("A", "A-site", 4, 1_000), Metered(*reading)
    assert session.deliver(Delivered((good, bad), {}), SETTLED_AT) == (Faulty(place_of(bad), fault),)
    assert (session.log.entries_text(), session.trading.state.ledger.transfers()) == (log, transfers)
    assert (session.trading.settled, session.trading.state.imbalances) == (False, [])
    used(session, 1_100_000)
    assert outcomes(session) == [("A", "A-site", hour(), Imbalance(100_000, 250_000))]


def test_all_faulty_readings_are_named_at_once_in_their_order():
    session = bought()
    readings = [
        Metered("A", "A-site", 3, -1),
        Metered("A", "A-site", 3, 1_000),
        Metered("A", "A-site", 5, 1_000),
        Metered("A", "A-site", 99, 1_000),
    ]
    assert session.deliver(Delivered(tuple(readings), {}), SETTLED_AT) == (
        Faulty(place_of(readings[0]), ReadingFault.NEGATIVE),
        Faulty(place_of(readings[1]), ReadingFault.TWICE),
        Faulty(place_of(readings[3]), ReadingFault.UNKNOWN_HOUR),
    )


@pytest.mark.parametrize("readings", [None, BALANCING])
@pytest.mark.parametrize(
    ("place", "price", "fault"),
    [
        ("east/03", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("north_south/3", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("north_south/24", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("north_south/-1", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("north_south", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("", 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        (hour(), 5, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("east/03", 2**63, ReadingFault.UNKNOWN_PRICE_HOUR),
        ("west/03", MOST_PRICE_TIYN_PER_KWH + 1, ReadingFault.PRICE_TOO_LARGE),
        ("west/03", -MOST_PRICE_TIYN_PER_KWH - 1, ReadingFault.PRICE_TOO_LARGE),
        ("west/03", 2**63, ReadingFault.PRICE_TOO_LARGE),
    ],
)
def test_a_faulty_price_is_named_and_then_nothing_is_logged_or_settled(readings, place, price, fault):
    session = bought(readings=readings)
    log, transfers = session.log.entries_text(), session.trading.state.ledger.transfers()
    delivered = Delivered((Metered("A", "A-site", 3, 1_100_000),), {"north_south/03": 3_000, place: price})
    assert session.deliver(delivered, SETTLED_AT) == (Faulty(f"price of {place}", fault),)
    assert (session.log.entries_text(), session.trading.state.ledger.transfers()) == (log, transfers)
    assert not session.trading.settled
    assert session.deliver(replace(delivered, prices_tiyn_per_kwh={"north_south/03": 3_000}), SETTLED_AT) == ()


@pytest.mark.parametrize("price", [MOST_PRICE_TIYN_PER_KWH, -MOST_PRICE_TIYN_PER_KWH])
def test_the_largest_price_of_the_balancing_market_is_settled_with(price):
    session = used(bought(readings=BALANCING), 1_100_000, prices={"north_south/03": price})
    assert held_tiyn(session, IMBALANCE) == 100 * price


def test_faulty_readings_come_before_faulty_prices_and_all_are_named():
    session = bought()
    bad = Metered("A", "A-site", 3, -1)
    prices = {"east/03": 5, "west/03": 5, "west/04": MOST_PRICE_TIYN_PER_KWH + 1}
    assert session.deliver(Delivered((bad,), prices), SETTLED_AT) == (
        Faulty("A, site A-site, hour 3", ReadingFault.NEGATIVE),
        Faulty("price of east/03", ReadingFault.UNKNOWN_PRICE_HOUR),
        Faulty("price of west/04", ReadingFault.PRICE_TOO_LARGE),
    )


def test_the_same_hour_of_two_sites_or_of_two_operators_is_not_the_same_reading():
    session = at_two_sites()
    assert deliver(session, ("A", "s1", 3, 1_000_000), ("A", "s2", 3, 1_000_000)).trading.settled
    session = clear(market("A", "B"))
    assert deliver(session, ("A", "A-site", 3, 0), ("B", "B-site", 3, 0)).trading.settled


def test_the_25th_hour_of_a_long_day_can_be_metered_and_a_26th_cannot():
    on = date(2024, 2, 29)
    session = open_session(on=on)
    session.admit(participant("A"), at("07:00", on=date(2024, 2, 28)))
    session.close(session.trading.session.closes_at)
    session.clear(session.trading.session.closes_at)
    beyond = Metered("A", "A-site", 25, 0)
    when = at("09:00", on=date(2024, 3, 1))
    assert session.deliver(Delivered((beyond,), {}), when) == (
        Faulty("A, site A-site, hour 25", ReadingFault.UNKNOWN_HOUR),
    )
    assert session.deliver(Delivered((replace(beyond, hour_index=24),), {}), when) == ()


def test_a_day_is_settled_once_and_nothing_is_declared_after_it():
    session = used(bought(), 1_000_000)
    before = events(session)
    assert session.deliver(Delivered((), {}), SETTLED_AT) is StageRefusal.SETTLED
    assert events(session) == before
    assert revise(session, 1, when=CUT_AT) is SupplyRefusal.AFTER_SETTLEMENT
    assert held_tiyn(session, "energy_sales:single_buyer") == 2_000_000


def sites_with_every_hour_metered(count):
    """A bought at none of many sites, each of which was metered in each hour of the day."""
    names = [f"site-{number:02d}" for number in range(count)]
    session = clear(market(people=[participant("A", sites=[one_site(name) for name in names])]))
    readings = tuple(Metered("A", name, index, 1_000_000) for name in names for index in range(24))
    return session, readings


def test_many_readings_are_logged_in_parts_that_a_journal_can_hold_and_give_the_session_again():
    session, readings = sites_with_every_hour_metered(32)
    assert session.deliver(Delivered(readings, {}), SETTLED_AT) == ()
    assert len(outcomes(session)) == len(readings) == 3 * READINGS_MOST
    parts = [
        event["data"]["readings"]
        for event in events(session)
        if event["type"] in ("readings.brought", "session.delivered")
    ]
    assert [len(part) for part in parts] == [READINGS_MOST] * 3
    assert [one for part in parts for one in part] == [to_plain(one) for one in readings]
    assert max(len(entry_of(event)[1]) for event in events(session)) <= ENTRY_BYTES_MAX
    again = replay(events=events(session), lens=lens_of)
    assert again.log.entries_text() == session.log.entries_text() and again.trading.settled


def test_few_readings_are_one_entry():
    session, readings = sites_with_every_hour_metered(1)
    session.deliver(Delivered(readings, {}), SETTLED_AT)
    assert logged(session, "readings.brought") == [] and len(logged(session, "session.delivered")) == 1


def test_a_log_that_ends_between_the_parts_of_its_readings_is_broken():
    session, readings = sites_with_every_hour_metered(32)
    session.deliver(Delivered(readings, {}), SETTLED_AT)
    log = events(session)
    first = next(index for index, event in enumerate(log) if event["type"] == "readings.brought")
    for size in (first + 1, first + 2):
        assert replay(events=log[:size], lens=lens_of) == Broken(
            size, "the log ends before all consequences of its last act"
        )
    left_out = [*log[:first], *({**event, "n": event["n"] - 1} for event in log[first + 1 :])]
    assert isinstance(replay(events=left_out, lens=lens_of), Broken)


@pytest.mark.parametrize(
    ("clock", "refusal"), [("09:00", StageRefusal.NOT_CLEARED), ("15:00", StageRefusal.NOT_DELIVERED)]
)
def test_a_part_of_the_readings_is_refused_where_none_can_be_settled_with(clock, refusal):
    session = market("A")
    if refusal is StageRefusal.NOT_DELIVERED:
        clear(session)
    assert session.bring(Readings((Metered("A", "A-site", 3, 1),)), at(clock)) is refusal
    assert logged(session, "readings.brought") == [] and session.brought == ()
