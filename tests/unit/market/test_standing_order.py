from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from kezek.market.order import Step
from kezek.market.product import Offer, Product, product_id
from kezek.market.standing_order import StandingOrder, orders_of
from kezek.registry.licence import Period
from kezek.registry.zone import Zone
from kezek.units.calendar import hours_of

TERM = Period(date(2025, 10, 1), date(2026, 4, 1))
AT = datetime(2025, 10, 14, 4, 30, tzinfo=UTC)
WEDNESDAY = date(2025, 10, 15)
NIGHT_HOURS, DAY_HOURS = frozenset({22, 23, 0, 1, 2, 3, 4, 5}), frozenset(range(6, 22))
ALL_HOURS, EVERY_DAY = frozenset(range(24)), frozenset(range(7))
# "Up to 40 MW at up to 19.50 tenge a kWh, nights, until 31 March."
STANDING = StandingOrder("S-1", 3, "OP-001", "SITE-1", "OP-T", 1_950, 40_000, NIGHT_HOURS, EVERY_DAY, TERM)


def products_of(on, zone=Zone.WEST, offered_kwh=50_000, offer=Offer.SURPLUS):
    return [
        Product(
            product_id(on=on, zone=zone, hour_index=hour.index, offer=offer),
            zone,
            hour.index,
            offered_kwh,
            1_800,
            offer,
        )
        for hour in hours_of(on)
    ]


def sent(standing=STANDING, on=WEDNESDAY, zone=Zone.WEST, products=None):
    return orders_of(
        standing,
        on=on,
        zone=zone,
        products=products_of(on) if products is None else products,
        clock_hours={hour.index: hour.clock_hour for hour in hours_of(on)},
        received_at=AT,
    )


def hours_sent(standing=STANDING, on=WEDNESDAY, **changes):
    return [int(order.product_id.split("/")[2]) for order in sent(standing, on, **changes)]


def test_an_order_of_a_standing_order_says_what_the_standing_order_says():
    first = sent()[0]
    assert (first.order_id, first.version) == ("S-1~2025-10-15/west/00", 1)
    assert (first.operator_id, first.site_id, first.owner_id) == ("OP-001", "SITE-1", "OP-T")
    assert (first.product_id, first.steps) == ("2025-10-15/west/00", (Step(1_950, 40_000),))
    assert first.received_at == AT


def test_hours_over_midnight_are_those_at_both_ends_of_the_delivery_day():
    assert hours_sent() == [0, 1, 2, 3, 4, 5, 22, 23]
    evening, morning = hours_sent(on=date(2025, 10, 14))[-2:], hours_sent()[:6]
    assert evening + morning == [22, 23, 0, 1, 2, 3, 4, 5]


def test_hours_and_those_between_them_make_up_the_whole_day_and_share_none():
    days = hours_sent(replace(STANDING, clock_hours=DAY_HOURS))
    assert days == list(range(6, 22))
    assert sorted(days + hours_sent()) == hours_sent(replace(STANDING, clock_hours=ALL_HOURS)) == list(range(24))


def test_hours_that_are_listed_are_the_only_ones():
    assert hours_sent(replace(STANDING, clock_hours=frozenset({7, 19}))) == [7, 19]
    assert hours_sent(replace(STANDING, clock_hours=frozenset())) == []


@pytest.mark.parametrize(
    ("on", "covered"),
    [
        (date(2025, 9, 30), False),
        (date(2025, 10, 1), True),
        (date(2025, 10, 2), True),
        (date(2026, 3, 31), True),
        (date(2026, 4, 1), False),  # until_on is the first day without it, its first hours included
        (date(2026, 4, 2), False),
    ],
)
def test_the_term_holds_from_its_first_day_and_not_on_its_end(on, covered):
    assert bool(sent(on=on)) is covered
    assert STANDING.covers(on=on, clock_hour=0) is covered


def test_a_term_of_no_days_sends_nothing():
    assert sent(replace(STANDING, term=Period(WEDNESDAY, WEDNESDAY))) == []
    assert len(sent(replace(STANDING, term=Period(WEDNESDAY, WEDNESDAY + timedelta(days=1))))) == 8


def test_weekdays_are_those_of_the_delivery_day_monday_is_zero():
    week = [date(2025, 10, 13) + timedelta(days=n) for n in range(7)]
    for weekday, on in enumerate(week):
        only = replace(STANDING, weekdays=frozenset({weekday}))
        assert [day for day in week if sent(only, on=day)] == [on]
    assert not any(sent(replace(STANDING, weekdays=frozenset()), on=day) for day in week)


def test_the_hours_after_midnight_belong_to_the_day_they_are_in():
    saturday = replace(STANDING, weekdays=frozenset({5}))
    assert hours_sent(saturday, on=date(2025, 10, 18)) == [0, 1, 2, 3, 4, 5, 22, 23]
    assert hours_sent(saturday, on=date(2025, 10, 19)) == []


def test_both_hours_of_a_clock_set_back_are_covered_each_with_an_order_of_its_own():
    on, term = date(2024, 2, 29), Period(date(2024, 2, 1), date(2024, 3, 1))
    nights = replace(STANDING, term=term)
    assert hours_sent(nights, on=on) == [0, 1, 2, 3, 4, 5, 22, 23, 24]
    last_hour = replace(nights, clock_hours=frozenset({23}))
    assert [order.order_id for order in sent(last_hour, on=on)] == [
        "S-1~2024-02-29/west/23",
        "S-1~2024-02-29/west/24",
    ]
    assert hours_sent(replace(nights, clock_hours=DAY_HOURS), on=on) == list(range(6, 22))


def test_only_hours_of_the_site_s_zone_are_bid_for():
    both = products_of(WEDNESDAY) + products_of(WEDNESDAY, zone=Zone.NORTH_SOUTH)
    assert {order.product_id.split("/")[1] for order in sent(products=both)} == {"west"}
    north = sent(zone=Zone.NORTH_SOUTH, products=both)
    assert {order.product_id.split("/")[1] for order in north} == {"north_south"}
    assert len(north) == 8
    assert sent(zone=Zone.NORTH_SOUTH) == []


def test_the_programme_s_offers_are_not_touched():
    programme = products_of(WEDNESDAY, offer=Offer.PROGRAMME)
    assert sent(products=programme) == []
    both = sent(products=programme + products_of(WEDNESDAY))
    assert both == sent()
    assert not any("programme" in order.product_id for order in both)


def test_hours_that_are_not_offered_are_skipped_and_the_others_are_not():
    products = products_of(WEDNESDAY)
    products[2] = replace(products[2], offered_kwh=0)
    products[23] = replace(products[23], offered_kwh=0)
    assert hours_sent(products=products) == [0, 1, 3, 4, 5, 22]
    assert sent(products=products_of(WEDNESDAY, offered_kwh=0)) == []
    assert sent(products=[]) == []


@pytest.mark.parametrize("offered_kwh", [1, 39_999, 40_000, 40_001])
def test_the_quantity_is_the_whole_power_however_little_is_offered(offered_kwh):
    orders = sent(products=products_of(WEDNESDAY, offered_kwh=offered_kwh))
    assert [order.steps for order in orders] == [(Step(1_950, 40_000),)] * 8


def test_a_price_under_the_reserve_is_sent_as_it_is_for_the_book_to_refuse():
    orders = sent(replace(STANDING, price_tiyn_per_kwh=1))
    assert [order.steps[0].price_tiyn_per_kwh for order in orders] == [1] * 8


def test_the_same_standing_order_sends_the_same_orders_again():
    assert sent() == sent()
    assert len({order.order_id for order in sent()}) == 8
    days = [WEDNESDAY + timedelta(days=n) for n in range(10)]
    assert len({order.order_id for day in days for order in sent(on=day)}) == 80
