"""One session from the prepayments to the purchases, every amount worked out by hand."""

from dataclasses import replace
from datetime import date

import pytest
from tests.trading.sessions import (
    BID_AT,
    CLEARED_AT,
    GATE_AT,
    ON,
    OPENED_AT,
    PUBLISHED_AT,
    SETTLED_AT,
    at,
    cancel,
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
    open_session,
    order,
    participant,
    prepay,
    publish,
    revise,
    withdraw,
)

from kezek.market.order import (
    MOST_KWH,
    MOST_STEPS,
    MOST_TIYN_PER_KWH,
    Cancellation,
    OrderEnd,
    OrderRefusal,
    Outcome,
    OutcomeReason,
)
from kezek.market.product import Offer
from kezek.market.standing_order import StandingOrder
from kezek.market.supply import Declaration, SupplyAct, SupplyRefusal
from kezek.registry.licence import Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.engine import MOST_IN_ALL_TIYN, MOST_PREPAID_TIYN, Trading
from kezek.trading.events import Delivered, Metered, Prepayment, PrepaymentRefusal, StageRefusal
from kezek.trading.participant import ParticipantSite

P = PrepaymentRefusal
R = OrderRefusal
NIGHT = (22, 23, 0, 1, 2, 3, 4, 5)
UNIFORM = {"market.price_rule": "uniform"}


def ends(session):
    return session.trading.state.ends


def standing(who="A", *, version=1, hours=NIGHT, price=2_000, power_kw=100, name="S", site=None, until=None):
    term = Period(date(2025, 10, 1), until or date(2026, 4, 1))
    place = site or f"{who}-site"
    return StandingOrder(name, version, who, place, who, price, power_kw, frozenset(hours), frozenset(range(7)), term)


def in_book(session, *products):
    return [one.order.order_id for product in products for one in session.trading.book.live(product)]


# Prepayments


def test_a_prepayment_counts_until_eight_o_clock_and_not_a_second_longer():
    session = market("A", prepaid_tiyn=100)
    assert prepay(session, "A", 7, name="p1", when=at("08:00")) is None
    assert prepay(session, "A", 5, name="p2", when=at("08:00:01")) is P.LATE
    assert free_tiyn(session, "A") == 107
    assert [event["data"] for event in logged(session, "prepayment.refused")] == [{"refusal": P.LATE.value}]


def test_the_same_prepayment_counts_once_whenever_it_is_sent():
    session = market("A", prepaid_tiyn=100)
    booked = len(logged(session, "ledger.posted"))
    assert prepay(session, "A", 100, name="pay-A", when=at("07:31")) is None
    assert prepay(session, "A", 100, name="pay-A", when=at("09:31")) is None
    assert free_tiyn(session, "A") == 100
    assert len(logged(session, "ledger.posted")) == booked


@pytest.mark.parametrize(("who", "amount"), [("A", 101), ("B", 100)])
def test_the_same_id_with_another_content_is_refused(who, amount):
    session = market("A", "B", prepaid_tiyn=100)
    assert prepay(session, who, amount, name="pay-A") is P.ID_TAKEN
    assert (free_tiyn(session, "A"), free_tiyn(session, "B")) == (100, 100)


@pytest.mark.parametrize(
    ("who", "amount", "when", "refusal"),
    [
        ("Z", 5, at("07:00"), P.UNKNOWN_OPERATOR),
        ("Z", -5, at("09:00"), P.UNKNOWN_OPERATOR),
        ("A", 0, at("07:00"), P.NOT_POSITIVE),
        ("A", -1, at("09:00"), P.NOT_POSITIVE),
    ],
)
def test_a_wrong_prepayment_is_refused_with_its_first_fault_and_uses_up_no_id(who, amount, when, refusal):
    session = market("A", prepaid_tiyn=100)
    assert prepay(session, who, amount, name="p", when=when) is refusal
    assert free_tiyn(session, "A") == 100
    assert prepay(session, "A", 9, name="p") is None
    assert free_tiyn(session, "A") == 109


def test_the_largest_prepayment_is_taken_and_one_tiyn_more_is_a_slip():
    session = market("A", prepaid_tiyn=0)
    assert prepay(session, "A", MOST_PREPAID_TIYN + 1, name="p1") is P.TOO_LARGE
    assert session.trading.state.ledger.transfers() == ()
    assert prepay(session, "A", MOST_PREPAID_TIYN, name="p1") is None
    assert free_tiyn(session, "A") == MOST_PREPAID_TIYN


def test_all_prepayments_together_have_a_limit_and_a_refused_one_uses_up_nothing_of_it():
    session = market("A", "B", prepaid_tiyn=0)
    for number in range(MOST_IN_ALL_TIYN // MOST_PREPAID_TIYN - 1):
        assert prepay(session, "AB"[number % 2], MOST_PREPAID_TIYN, name=f"p{number}") is None
    assert prepay(session, "A", 5, name="late", when=at("08:00:01")) is P.LATE
    assert prepay(session, "A", MOST_PREPAID_TIYN - 1, name="last but one") is None
    assert prepay(session, "B", 2, name="last") is P.TOO_MUCH_IN_ALL
    assert prepay(session, "B", 1, name="last") is None
    assert prepay(session, "B", 1, name="more") is P.TOO_MUCH_IN_ALL
    assert free_tiyn(session, "A") + free_tiyn(session, "B") == MOST_IN_ALL_TIYN
    session.trading.state.ledger.require_zero()


@pytest.mark.parametrize("huge", [MOST_PREPAID_TIYN + 1, 2**53 - 1, 2**53, 2**63 - 1, 2**63, 2**64 + 1, 10**30])
def test_numbers_beyond_64_bits_are_refused_as_too_large_and_never_wrapped(huge):
    """Asked of the engine alone: a log keeps no number beyond 53 bits, so none gets as far in a session."""
    rules, clock = market().trading.rules, market().trading.session
    trading = Trading(on=ON, rules=rules, session=clock, record=lambda *_: 0)
    trading.list_product(market().trading.state.products[hour()].product)
    trading.admit(market("A").trading.book.bidders["A"])
    assert trading.prepay(Prepayment("p", "A", 10**9, at("07:00"))) is None
    assert trading.declare(Declaration(hour(), SupplyAct.PUBLISHED, huge, BID_AT)) is SupplyRefusal.TOO_LARGE
    assert trading.declare(Declaration(hour(), SupplyAct.PUBLISHED, 500, BID_AT)) is None
    assert trading.submit(order("A", (2_000, huge), name="a")).refusal is R.QUANTITY_TOO_LARGE
    assert trading.submit(order("A", (huge, 5), name="b")).refusal is R.PRICE_TOO_HIGH
    assert trading.submit(order("A", (2_000, -huge), name="c")).refusal is R.QUANTITY_NOT_POSITIVE
    assert trading.submit(order("A", (2_000, 5), name="d", version=huge)).refusal is R.VERSION_NOT_NEXT
    assert trading.submit(order("A", (2_000, float(huge)), name="e")).refusal is R.NOT_WHOLE
    assert trading.prepay(Prepayment("q", "A", huge, at("07:00"))) is P.TOO_LARGE
    assert trading.state.ledger.available_tiyn("prepaid:A") == 10**9


@pytest.mark.parametrize("wrong", [1_850.0, 100.5, float("nan"), "12", True])
@pytest.mark.parametrize("part", ["price", "quantity", "version"])
def test_a_number_that_is_not_whole_is_refused_and_stays_out_of_the_book(wrong, part):
    """Asked of the engine alone: a session stops such an order before it gets into the log."""
    session = market("A")
    trading = Trading(on=ON, rules=session.trading.rules, session=session.trading.session, record=lambda *_: 0)
    trading.list_product(session.trading.state.products[hour()].product)
    trading.admit(session.trading.book.bidders["A"])
    trading.prepay(Prepayment("p", "A", 10**9, at("07:00")))
    trading.declare(Declaration(hour(), SupplyAct.PUBLISHED, 500, BID_AT))
    price, kwh, version = {"price": 1_850, "quantity": 12, "version": 1, part: wrong}.values()
    for _ in range(2):
        assert trading.submit(order("A", (price, kwh), version=version)).refusal is R.NOT_WHOLE
    assert (trading.book.next_version("o-A"), trading.book.live(hour())) == (1, ())
    assert trading.submit(order("A", (1_850, 12))).refusal is None
    answers = len(trading.state.decisions)
    again = trading.submit(order("A", (price, kwh), version=version))
    assert (again.refusal, len(trading.state.decisions)) == (R.NOT_WHOLE, answers + 1)


def test_several_prepayments_add_up_into_what_orders_may_cost():
    session = market("A", prepaid_tiyn=2_239_999)  # 1 MWh at 20.00 costs 2 240 000 with VAT of 12 %
    assert session.submit(order("A", (2_000, 1_000))).refusal is R.OVER_PREPAID_BALANCE
    prepay(session, "A", 1, name="one more")
    assert session.submit(order("A", (2_000, 1_000), version=2)).refusal is None
    assert free_tiyn(session, "A") == 0


# Supply before the gate


def test_nothing_is_offered_until_it_is_published_and_after_it_is_withdrawn():
    session = market("A", supply_kwh=None)
    assert session.submit(order("A", (2_000, 10), name="a")).refusal is R.NOT_OFFERED
    assert publish(session, 500) is None
    assert session.submit(order("A", (2_000, 10), name="b")).refusal is None
    assert revise(session, 700, when=BID_AT) is None
    assert session.trading.state.products[hour()].product.offered_kwh == 700
    assert withdraw(session, when=BID_AT) is None
    assert session.submit(order("A", (2_000, 10), name="c")).refusal is R.NOT_OFFERED
    assert [event["data"]["act"] for event in logged(session, "supply.declared")] == [
        "published",
        "revised",
        "withdrawn",
    ]


def test_orders_of_an_hour_withdrawn_before_the_gate_end_without_supply_and_cost_nothing():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    withdraw(session, when=BID_AT)
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.REJECTED, OutcomeReason.NO_SUPPLY)}
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9


def test_an_hour_published_with_nothing_is_not_offered():
    session = market("A", supply_kwh=0)
    assert session.submit(order("A", (2_000, 10))).refusal is R.NOT_OFFERED
    assert revise(session, 20, when=BID_AT) is None
    assert session.submit(order("A", (2_000, 10), version=2)).refusal is None


def test_an_hour_offered_again_after_a_withdrawal_serves_the_orders_that_stayed():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    withdraw(session, when=BID_AT)
    revise(session, 400, when=BID_AT)
    assert fills(clear(session)) == {"o-A": 400}


@pytest.mark.parametrize(
    ("act", "refusal", "found"),
    [
        (lambda session: publish(session, 9, when=BID_AT), SupplyRefusal.PUBLISHED_TWICE, 9),
        (lambda session: revise(session, 9, hour(7), when=BID_AT), SupplyRefusal.NOT_PUBLISHED, 9),
        (lambda session: revise(session, -1, when=BID_AT), SupplyRefusal.NEGATIVE, -1),
        (lambda session: revise(session, 10**9 + 1, when=BID_AT), SupplyRefusal.TOO_LARGE, 10**9 + 1),
        (
            lambda session: session.declare(Declaration(hour(), SupplyAct.WITHDRAWN, 9, BID_AT)),
            SupplyRefusal.WITHDRAWN_AMOUNT,
            9,
        ),
        (lambda session: publish(session, 9, hour(24)), SupplyRefusal.UNKNOWN_PRODUCT, 9),
        (lambda session: publish(session, 9, "2025-10-15/east/03"), SupplyRefusal.UNKNOWN_PRODUCT, 9),
        (lambda session: publish(session, 9, hour(on=date(2025, 10, 16))), SupplyRefusal.UNKNOWN_PRODUCT, 9),
    ],
)
def test_a_refused_declaration_changes_nothing_and_is_logged(act, refusal, found):
    session = market("A", supply_kwh=500)
    assert act(session) is refusal
    assert session.trading.state.products[hour()].product.offered_kwh == 500
    assert [event["data"] for event in logged(session, "supply.refused")] == [
        {"refusal": refusal.value, "found": found}
    ]


def test_the_day_has_24_hours_in_each_zone_and_25_where_the_clock_was_set_back():
    assert len(open_session().trading.state.products) == 48
    assert hour(24) not in open_session().trading.state.products
    long_day = open_session(on=date(2024, 2, 29))
    assert len(long_day.trading.state.products) == 50
    assert hour(24, on=date(2024, 2, 29)) in long_day.trading.state.products


# Orders and the money set aside for them


@pytest.mark.parametrize(
    ("charges", "first", "second"),
    [
        # 1500 kWh at 20.00 and 700 kWh at 19.00, VAT 12 %: 3 360 000 + 1 489 600
        ({}, 4_849_600, 1_489_600),
        # with 1.25 a kWh of charges: 1500 x 2125 x 1.12 = 3 570 000 and 700 x 2025 x 1.12 = 1 587 600
        ({"fee": 5, "transmission": 120}, 5_157_600, 1_587_600),
    ],
)
def test_an_order_of_two_steps_sets_aside_what_all_of_it_may_cost(charges, first, second):
    session = market("A", prepaid_tiyn=10_000_000, **charges)
    decision = session.submit(order("A", (2_000, 1_500), (1_900, 700)))
    assert (decision.refusal, decision.reserved_tiyn) == (None, first)
    assert free_tiyn(session, "A") == 10_000_000 - first
    assert held_tiyn(session, "prepaid:A") == 10_000_000
    smaller = session.submit(order("A", (1_900, 700), version=2))
    assert smaller.reserved_tiyn == second
    assert free_tiyn(session, "A") == 10_000_000 - second
    larger = session.submit(order("A", (2_000, 1_500), (1_900, 700), version=3))
    assert larger.reserved_tiyn == first
    assert free_tiyn(session, "A") == 10_000_000 - first
    assert cancel(session, "A", version=4).refusal is None
    assert free_tiyn(session, "A") == 10_000_000


def test_vat_of_each_purchase_is_rounded_by_itself_in_what_is_set_aside():
    # 1 kWh at 18.03 and 1 kWh at 18.05: VAT 216.36 and 216.60, so 2019 + 2022
    session = market("A", prepaid_tiyn=10_000)
    assert session.submit(order("A", (1_805, 1), (1_803, 1))).reserved_tiyn == 2_022 + 2_019


def test_an_amendment_may_use_the_money_of_the_version_before_and_not_a_tiyn_more():
    session = market("A", prepaid_tiyn=2_240_000)
    session.submit(order("A", (2_000, 1_000)))
    assert free_tiyn(session, "A") == 0
    refused = session.submit(order("A", (2_001, 1_000), version=2))
    assert (refused.refusal, refused.found, refused.limit) == (R.OVER_PREPAID_BALANCE, 2_241_120, 2_240_000)
    assert free_tiyn(session, "A") == 0
    assert session.submit(order("A", (1_900, 1_000), version=3)).refusal is None
    assert free_tiyn(session, "A") == 112_000
    assert session.submit(order("A", (2_000, 1_000), version=4)).refusal is None
    assert free_tiyn(session, "A") == 0
    assert fills(clear(session)) == {"o-A": 1_000}
    assert held_tiyn(session, "prepaid:A") == 0


def test_a_refused_amendment_leaves_the_version_before_which_is_then_served():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    assert session.submit(order("A", (1_799, 1_000), version=2)).refusal is R.PRICE_UNDER_RESERVE
    clear(session)
    assert ends(session)["o-A"] == OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)
    assert left_of(session) == {"o-A#1": (1_000, 2_000)}


def test_the_same_order_sent_again_gets_the_same_answer_and_sets_nothing_aside():
    session = market("A")
    first = session.submit(order("A", (2_000, 1_000)))
    free = free_tiyn(session, "A")
    for when in (at("09:45"), at("12:00")):
        again = session.submit(order("A", (2_000, 1_000), when=when))
        assert again is first
    assert free_tiyn(session, "A") == free
    assert len(session.trading.state.decisions) == 1
    other = session.submit(order("A", (2_000, 999)))
    assert (other.refusal, other.found, other.limit) == (R.ID_TAKEN, 1, 2)
    assert fills(clear(session)) == {"o-A": 1_000}


def test_one_and_the_same_message_sent_twice_is_one():
    session = market("A")
    bid = order("A", (2_000, 1_000))
    assert session.submit(bid) is session.submit(bid)
    assert free_tiyn(session, "A") == 10**9 - 2_240_000
    off = Cancellation("o-A", 2, "A", BID_AT)
    assert session.cancel(off) is session.cancel(off)
    assert (len(session.trading.state.decisions), len(session.trading.state.cancellations)) == (1, 1)
    assert free_tiyn(clear(session), "A") == 10**9


def test_the_answer_to_a_refused_order_stays_the_same_when_it_is_sent_again_with_more_money():
    session = market("A", prepaid_tiyn=1)
    first = session.submit(order("A", (2_000, 1_000)))
    prepay(session, "A", 10**9, name="more")
    assert session.submit(order("A", (2_000, 1_000))) is first
    assert session.submit(order("A", (2_000, 1_000), version=2)).refusal is None


@pytest.mark.parametrize(
    ("product", "refusal"),
    [
        (hour(24), R.UNKNOWN_PRODUCT),
        ("2025-10-15/east/03", R.UNKNOWN_PRODUCT),
        (hour(on=date(2025, 10, 16)), R.UNKNOWN_PRODUCT),
        (hour(zone=Zone.WEST), R.OTHER_ZONE),
        ("no product", R.UNKNOWN_PRODUCT),
    ],
)
def test_an_hour_or_a_zone_that_is_not_traded_is_refused(product, refusal):
    session = market("A")
    publish(session, 500, hour(zone=Zone.WEST))
    assert session.submit(order("A", (2_000, 10), product=product)).refusal is refusal
    assert free_tiyn(session, "A") == 10**9
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.REJECTED, refusal)}


@pytest.mark.parametrize(
    ("steps", "refusal"),
    [
        ([], R.NO_STEPS),
        ([(2_000, 0)], R.QUANTITY_NOT_POSITIVE),
        ([(2_000, -5)], R.QUANTITY_NOT_POSITIVE),
        ([(-1, 5)], R.PRICE_UNDER_RESERVE),
        ([(1_799, 5)], R.PRICE_UNDER_RESERVE),
        ([(MOST_TIYN_PER_KWH + 1, 5)], R.PRICE_TOO_HIGH),
        ([(MOST_TIYN_PER_KWH, MOST_KWH + 1)], R.QUANTITY_TOO_LARGE),
        ([(MOST_TIYN_PER_KWH, MOST_KWH)], R.OVER_SITE_POWER),
        ([(2**53 - 1, 5)], R.PRICE_TOO_HIGH),
        ([(2_000, MOST_KWH + 1)], R.QUANTITY_TOO_LARGE),
        ([(2_000, 2**53 - 1)], R.QUANTITY_TOO_LARGE),
        ([(2_000, 100_001)], R.OVER_SITE_POWER),
        ([(2_000, 5), (2_000, 6)], R.STEP_TWICE),
        ([(2_000 + price, 1) for price in range(257)], R.TOO_MANY_STEPS),
    ],
)
def test_a_wrong_order_is_refused_logged_and_ends_rejected(steps, refusal):
    session = market("A")
    assert session.submit(order("A", *steps)).refusal is refusal
    assert logged(session, "order.decided")[0]["data"]["refusal"] == refusal.value
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.REJECTED, refusal)}
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9


def test_orders_of_two_sites_share_the_money_but_not_the_power():
    sites = [ParticipantSite(name, Zone.NORTH_SOUTH, 1_000_000, Route.GRID_SURPLUS) for name in ("s1", "s2")]
    session = market(prepaid_tiyn=4_480_000, people=[participant("A", sites=sites)])
    assert session.submit(order("A", (2_000, 1_000), name="a", site="s1")).refusal is None
    assert session.submit(order("A", (2_000, 1), name="b", site="s1")).refusal is R.OVER_SITE_POWER
    assert session.submit(order("A", (2_000, 1_000), name="c", site="s2")).refusal is None
    assert free_tiyn(session, "A") == 0


def test_the_largest_order_is_answered_with_what_it_may_cost():
    session = market(people=[participant("A", power_kw=MOST_STEPS * MOST_KWH)], fee=5, transmission=120)
    steps = [(MOST_TIYN_PER_KWH - number, MOST_KWH) for number in range(MOST_STEPS)]
    decision = session.submit(order("A", *steps))
    most_tiyn = sum(MOST_KWH * (price + 125) for price, _ in steps) * 112 // 100
    assert (decision.refusal, decision.found, decision.limit) == (R.OVER_PREPAID_BALANCE, most_tiyn, 10**9)
    assert most_tiyn < 2**53


# Cancellation and suspension


def test_a_cancelled_order_ends_cancelled_whatever_is_sent_for_it_later():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    first = cancel(session, "A")
    assert (first.refusal, first.removed.order.version) == (None, 1)
    assert cancel(session, "A", when=at("09:50")) is first
    assert session.submit(order("A", (2_000, 1_000), version=3)).refusal is R.ALREADY_CANCELLED
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR)}
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**9


@pytest.mark.parametrize(
    ("who", "name", "version", "when", "refusal"),
    [
        ("B", "o-A", 2, BID_AT, R.NOT_YOURS),
        ("A", "nothing", 1, BID_AT, R.NOT_IN_BOOK),
        ("A", "o-A", 3, BID_AT, R.VERSION_NOT_NEXT),
        ("A", "o-A", 2, at("10:00"), R.AFTER_CLOSURE),
    ],
)
def test_a_cancellation_that_does_not_fit_is_refused_and_the_order_is_served(who, name, version, when, refusal):
    session = market("A", "B")
    session.submit(order("A", (2_000, 1_000)))
    assert cancel(session, who, name=name, version=version, when=when).refusal is refusal
    assert fills(clear(session)) == {"o-A": 1_000}
    assert logged(session, "order.cancelled")[0]["data"]["refusal"] == refusal.value


def test_a_cancellation_that_arrives_behind_the_gate_is_too_late_whatever_time_it_states():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    close(session)
    assert cancel(session, "A", when=BID_AT).refusal is R.AFTER_CLOSURE
    assert session.clear(CLEARED_AT) is None
    assert ends(session)["o-A"].outcome is Outcome.ACCEPTED


def test_an_operator_suspended_after_bidding_has_its_orders_cancelled_and_its_money_free():
    session = market("A", "B", supply_kwh=1_500)
    session.submit(order("A", (2_100, 1_000), name="a1"))
    session.submit(order("A", (2_000, 1_000), name="a2"))
    session.submit(order("B", (1_900, 1_000)))
    removed = session.suspend("A", BID_AT)
    assert [one.order.order_id for one in removed] == ["a1", "a2"]
    assert free_tiyn(session, "A") == 10**9
    assert session.submit(order("A", (2_200, 10), name="a3")).refusal is R.OPERATOR_SUSPENDED
    assert session.suspend("A", BID_AT) == ()
    clear(session)
    gone = OrderEnd(Outcome.CANCELLED, OutcomeReason.OPERATOR_SUSPENDED)
    assert ends(session) == {
        "a1": gone,
        "a2": gone,
        "a3": OrderEnd(Outcome.REJECTED, R.OPERATOR_SUSPENDED),
        "o-B": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED),
    }
    assert [event["data"]["order_id"] for event in logged(session, "order.removed")] == ["a1", "a2"]
    assert held_tiyn(session, "prepaid:A") == 10**9


def test_a_suspended_tenant_takes_down_what_its_host_bids_for_it_and_nothing_else():
    tenant = participant("T", host="H", subtype=Subtype.II, sites=())
    session = market("H", people=[tenant])
    session.submit(order("H", (2_000, 100), name="own"))
    session.submit(order("H", (2_000, 200), name="for tenant", owner="T"))
    assert [one.order.order_id for one in session.suspend("T", BID_AT)] == ["for tenant"]
    clear(session)
    assert fills(session) == {"own": 100}
    assert free_tiyn(session, "H") == 10**9 - 224_000


# Standing orders


def test_a_standing_order_becomes_an_order_for_each_offered_hour_that_it_covers():
    session = market("A", supply_kwh=None)
    for index in (3, 12, 23):
        publish(session, 500, hour(index))
        publish(session, 500, hour(index, zone=Zone.WEST))
    answer = session.place(standing(), BID_AT)
    assert (answer.standing, answer.refusal) == (standing(), None)
    decisions = answer.decisions
    assert [one.order.product_id for one in decisions] == [hour(3), hour(23)]
    assert [one.order.steps[0].quantity_kwh for one in decisions] == [100, 100]
    assert free_tiyn(session, "A") == 10**9 - 2 * 224_000
    assert [event["data"] for event in logged(session, "standing.decided")] == [
        {"order_id": "S", "version": 1, "refusal": None}
    ]
    assert fills(clear(session)) == {f"S~{hour(3)}": 100}


def test_a_standing_order_takes_in_an_hour_that_gets_supply_later():
    session = market("A", supply_kwh=None)
    assert session.place(standing(), BID_AT).decisions == ()
    publish(session, 500, when=at("09:45"))
    publish(session, 500, hour(12), when=at("09:45"))
    assert in_book(session, hour(), hour(12)) == [f"S~{hour()}"]
    revise(session, 600, when=at("09:46"))
    assert len(logged(session, "order.decided")) == 1
    assert fills(clear(session)) == {f"S~{hour()}": 100}


def test_an_hour_that_gets_supply_behind_the_gate_is_not_bid_for():
    session = market("A", supply_kwh=100)
    session.place(standing(hours=range(6, 22)), BID_AT)
    publish(session, 0, hour(12))
    close(session)
    assert revise(session, 500, hour(12)) is SupplyRefusal.RAISED_AFTER_CLOSURE
    assert logged(session, "order.decided") == []


def test_a_later_version_of_a_standing_order_takes_the_place_of_the_one_before():
    session = market("A")
    session.place(standing(price=2_000, power_kw=100), BID_AT)
    (decision,) = session.place(standing(version=2, price=1_900, power_kw=300), at("09:45")).decisions
    assert (decision.refusal, decision.order.version) == (None, 2)
    assert free_tiyn(session, "A") == 10**9 - 638_400
    publish(session, 500, hour(4), when=at("09:46"))
    assert session.trading.book.in_book(f"S~{hour(4)}").order.steps[0].price_tiyn_per_kwh == 1_900
    assert left_of(clear(session))[f"S~{hour()}#1"] == (300, 1_900)


def test_a_later_version_cancels_the_orders_of_hours_that_it_no_longer_covers():
    session = market("A")
    publish(session, 500, hour(4))
    session.place(standing(hours=(3, 4)), BID_AT)
    assert free_tiyn(session, "A") == 10**9 - 2 * 224_000
    before = len(session.log)
    answer = session.place(standing(version=2, hours=(3,)), at("09:45"))
    assert (answer.refusal, answer.decisions) == (None, ())  # what stands in hour 3 is the very same order
    assert in_book(session, hour(), hour(4)) == [f"S~{hour()}"]
    assert free_tiyn(session, "A") == 10**9 - 224_000
    assert [event["type"] for event in events(session)[before:]] == [
        "standing.placed",
        "standing.decided",
        "ledger.posted",
        "order.removed",
    ]
    assert events(session)[-1]["data"] == {
        "order_id": f"S~{hour(4)}",
        "operator_id": "A",
        "reason": OutcomeReason.BY_OPERATOR.value,
    }
    clear(session)
    assert ends(session) == {
        f"S~{hour()}": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED),
        f"S~{hour(4)}": OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR),
    }


@pytest.mark.parametrize(
    "changes",
    [{"hours": ()}, {"until": date(2025, 10, 15)}, {"site": "west"}],
)
def test_a_later_version_that_covers_nothing_here_cancels_all_that_the_one_before_sent(changes):
    sites = [
        ParticipantSite("A-site", Zone.NORTH_SOUTH, 10**8, Route.GRID_SURPLUS),
        ParticipantSite("west", Zone.WEST, 10**8, Route.GRID_SURPLUS),
    ]
    session = market(people=[participant("A", sites=sites)])
    session.submit(order("A", (2_000, 70), name="by hand"))
    session.place(standing(name="T"), BID_AT)
    session.place(standing(), BID_AT)
    assert session.place(standing(version=2, **changes), BID_AT).decisions == ()
    assert in_book(session, hour()) == ["by hand", f"T~{hour()}"]
    revise(session, 600, when=BID_AT)
    assert fills(clear(session)) == {"by hand": 70, f"T~{hour()}": 100}


def test_a_later_version_that_comes_behind_the_gate_cancels_nothing():
    session = market("A")
    session.place(standing(), BID_AT)
    close(session)
    transfers = session.trading.state.ledger.transfers()
    assert session.place(standing(version=2, hours=(12,)), GATE_AT).refusal is None
    assert logged(session, "order.removed") == []
    assert session.trading.state.ledger.transfers() == transfers
    session.clear(CLEARED_AT)
    assert fills(session) == {f"S~{hour()}": 100}
    assert ends(session) == {f"S~{hour()}": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)}


def test_a_later_version_that_comes_after_the_session_and_before_the_gate_was_closed_cancels_nothing():
    session = market("A")
    session.place(standing(), BID_AT)
    assert session.place(standing(version=2, hours=(12,)), GATE_AT).refusal is None
    assert in_book(session, hour()) == [f"S~{hour()}"]
    assert fills(clear(session)) == {f"S~{hour()}": 100}


def test_a_standing_order_placed_again_gets_the_same_answer_and_changes_nothing():
    session = market("A")
    first = session.place(standing(), BID_AT)
    before = len(session.log)
    publish(session, 500, hour(4), when=at("09:44"))
    assert session.place(standing(), at("09:45")) == first
    assert [event["type"] for event in events(session)[before:]][-1] == "standing.placed"
    close(session)
    assert session.place(standing(), GATE_AT) == first
    assert in_book(session, hour(), hour(4)) == [f"S~{hour()}", f"S~{hour(4)}"]


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (standing(version=1), R.ID_TAKEN),
        (standing(version=2, price=1_999), R.ID_TAKEN),
        (standing(version=4), R.VERSION_NOT_NEXT),
        (standing(version=0), R.VERSION_NOT_NEXT),
        (standing(version=-1), R.VERSION_NOT_NEXT),
        (standing("B", version=2, name="S"), R.ID_TAKEN),
        (standing("B", version=3, name="S"), R.NOT_YOURS),
        (standing("Z", version=3, name="S"), R.NOT_YOURS),
        (standing("Z", name="SZ"), R.UNKNOWN_OPERATOR),
        (standing("Z", name="SZ", version=2), R.VERSION_NOT_NEXT),
        (standing(name="SN", site="elsewhere"), R.UNKNOWN_SITE),
        (standing(name="SB", site="B-site"), R.UNKNOWN_SITE),
        (standing(version=3, site="elsewhere"), R.UNKNOWN_SITE),
    ],
)
def test_a_standing_order_that_does_not_fit_is_refused_as_a_whole_and_leaves_the_one_before(sent, refusal):
    session = market("A", "B")
    session.place(standing(price=1_900), BID_AT)
    session.place(standing(version=2, price=2_000), BID_AT)
    answers, transfers = len(session.trading.state.decisions), session.trading.state.ledger.transfers()
    for _ in range(2):
        before = len(session.log)
        answer = session.place(sent, BID_AT)
        assert (answer.standing, answer.refusal, answer.decisions) == (sent, refusal, ())
        assert [event["type"] for event in events(session)[before:]] == ["standing.placed", "standing.decided"]
        assert events(session)[-1]["data"] == {
            "order_id": sent.order_id,
            "version": sent.version,
            "refusal": refusal.value,
        }
    assert len(session.trading.state.decisions) == answers
    assert session.trading.state.ledger.transfers() == transfers
    publish(session, 500, hour(4), when=BID_AT)
    for product in (hour(), hour(4)):
        (live,) = session.trading.book.live(product)
        assert (live.order.operator_id, live.order.steps[0].price_tiyn_per_kwh) == ("A", 2_000)
    assert session.place(standing(version=3, price=1_950), BID_AT).refusal is None


def test_a_refused_standing_order_is_judged_anew_when_it_is_sent_again():
    session = market()
    assert session.place(standing(), BID_AT).refusal is R.UNKNOWN_OPERATOR
    session.admit(participant("A"), BID_AT)
    prepay(session, "A", 10**9)
    answer = session.place(standing(), BID_AT)
    assert (answer.refusal, len(answer.decisions)) == (None, 1)


def test_a_standing_order_placed_before_the_opening_waits_for_it():
    session = market("A")
    (decision,) = session.place(standing(), at("07:30")).decisions
    assert (decision.refusal, decision.order.received_at) == (None, at("09:30"))


def test_a_standing_order_replaced_before_the_opening_is_cancelled_too():
    session = market("A")
    session.place(standing(), at("07:30"))
    session.place(standing(version=2, hours=()), at("07:31"))
    assert in_book(session, hour()) == []
    assert free_tiyn(session, "A") == 10**9


def test_a_standing_order_placed_when_the_session_is_over_is_kept_and_its_orders_are_too_late():
    session = market("A")
    (decision,) = session.place(standing(), at("10:00")).decisions
    assert decision.refusal is R.AFTER_CLOSURE
    close(session)
    late = session.place(standing(name="S2"), BID_AT)
    assert late.refusal is None
    assert [one.refusal for one in late.decisions] == [R.AFTER_CLOSURE]
    assert {end.outcome for end in ends(session).values()} == {Outcome.REJECTED}


def test_the_orders_of_a_standing_order_of_a_suspended_operator_are_refused():
    session = market("A")
    session.place(standing(), BID_AT)
    session.suspend("A", BID_AT)
    again = session.place(standing(), BID_AT)
    assert (again.refusal, [one.refusal for one in again.decisions]) == (None, [R.OPERATOR_SUSPENDED])
    answer = session.place(standing(version=2, price=1_900), BID_AT)
    assert (answer.refusal, [one.refusal for one in answer.decisions]) == (None, [R.OPERATOR_SUSPENDED])
    assert in_book(session, hour()) == []


def test_a_standing_order_whose_term_is_over_sends_nothing():
    session = market("A")
    assert session.place(standing(name="over", until=date(2025, 10, 15)), BID_AT).decisions == ()
    assert len(session.place(standing(until=date(2025, 10, 16)), BID_AT).decisions) == 1


def test_one_who_used_the_id_of_an_order_before_keeps_it():
    session = market("A", "B")
    publish(session, 500, hour(4))
    session.submit(order("B", (1_900, 7), name=f"S~{hour()}"))
    assert [one.refusal for one in session.place(standing(hours=(3, 4)), BID_AT).decisions] == [R.NOT_YOURS, None]
    session.place(standing(version=2, hours=(4,)), BID_AT)
    assert in_book(session, hour(), hour(4)) == [f"S~{hour()}", f"S~{hour(4)}"]
    assert fills(clear(session)) == {f"S~{hour()}": 7}


def test_an_order_of_a_standing_order_that_was_cancelled_does_not_come_back():
    session = market("A")
    session.place(standing(), BID_AT)
    assert cancel(session, "A", name=f"S~{hour()}").refusal is None
    revise(session, 9_000, when=BID_AT)
    assert in_book(session, hour()) == []
    clear(session)
    assert ends(session) == {f"S~{hour()}": OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR)}


def test_a_standing_order_short_of_money_is_tried_again_when_supply_changes():
    session = market("A", prepaid_tiyn=223_999)
    (short,) = session.place(standing(), BID_AT).decisions
    assert short.refusal is R.OVER_PREPAID_BALANCE
    prepay(session, "A", 1, name="more")
    revise(session, 5_001, when=BID_AT)
    assert in_book(session, hour()) == [f"S~{hour()}"]
    assert ends(clear(session))[f"S~{hour()}"].outcome is Outcome.ACCEPTED


# The gate and clearing


@pytest.mark.parametrize(
    ("when", "refusal"),
    [
        (at("09:29:59"), R.BEFORE_OPENING),
        (at("09:30"), None),
        (at("09:59:59"), None),
        (at("10:00"), R.AFTER_CLOSURE),
        (at("10:05"), R.AFTER_CLOSURE),
    ],
)
def test_orders_are_taken_from_half_past_nine_until_before_ten(when, refusal):
    assert market("A").submit(order("A", (2_000, 10), when=when)).refusal is refusal


def test_an_order_that_came_too_early_is_taken_when_the_same_is_sent_again_at_the_opening():
    session = market("A")
    for when in (at("08:00"), at("09:29:59")):
        assert session.submit(order("A", (2_000, 1_000), when=when)).refusal is R.BEFORE_OPENING
    assert free_tiyn(session, "A") == 10**9
    assert session.submit(order("A", (2_000, 1_000), when=at("09:30"))).refusal is None
    assert [event["data"]["refusal"] for event in logged(session, "order.decided")] == [
        R.BEFORE_OPENING.value,
        R.BEFORE_OPENING.value,
        None,
    ]
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)}
    assert free_tiyn(session, "A") == 10**9 - 2_240_000


def test_an_order_that_came_too_early_and_never_again_ends_rejected():
    session = market("A")
    session.submit(order("A", (2_000, 1_000), when=at("09:29:59")))
    clear(session)
    assert ends(session) == {"o-A": OrderEnd(Outcome.REJECTED, R.BEFORE_OPENING)}


def test_an_order_behind_the_gate_is_too_late_whatever_time_it_states():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    close(session)
    assert session.submit(order("A", (2_000, 10), name="late")).refusal is R.AFTER_CLOSURE
    assert session.submit(order("A", (2_000, 10), version=2)).refusal is R.AFTER_CLOSURE
    session.clear(CLEARED_AT)
    assert ends(session) == {
        "o-A": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED),
        "late": OrderEnd(Outcome.REJECTED, R.AFTER_CLOSURE),
    }
    assert session.submit(order("A", (2_000, 10), name="later")).refusal is R.AFTER_CLOSURE
    assert ends(session)["later"] == OrderEnd(Outcome.REJECTED, R.AFTER_CLOSURE)


@pytest.fixture
def three():
    """5 MWh for 6.5 MWh asked: A is served whole, B in part, C not at all; 1.25 a kWh of charges."""
    session = market("A", "B", "C", fee=5, transmission=120)
    session.submit(order("A", (2_400, 1_500), (2_200, 1_300)))
    session.submit(order("B", (2_000, 3_300), (1_850, 100)))
    session.submit(order("C", (1_900, 300)))
    return clear(session)


def test_awards_go_from_the_highest_bid_down_and_each_pays_its_own(three):
    assert fills(three) == {"o-A": 2_800, "o-B": 2_200}
    assert ends(three) == {
        "o-A": OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED),
        "o-B": OrderEnd(Outcome.PARTLY, OutcomeReason.SHARED),
        "o-C": OrderEnd(Outcome.REJECTED, OutcomeReason.OUTBID),
    }
    assert left_of(three) == {
        "o-A#1": (1_000, 2_400),
        "o-A#2": (500, 2_400),
        "o-A#3": (1_000, 2_200),
        "o-A#4": (300, 2_200),
        "o-B#1": (1_000, 2_000),
        "o-B#2": (1_000, 2_000),
        "o-B#3": (200, 2_000),
    }


def test_the_money_of_a_cleared_hour_to_the_tiyn(three):
    # net: 1500 x 2400 + 1300 x 2200 + 2200 x 2000; 5000 kWh of charges; VAT 12 % on the sum
    assert held_tiyn(three, "energy_sales:single_buyer") == 3_600_000 + 2_860_000 + 4_400_000
    assert held_tiyn(three, "fee:market_operator") == 25_000
    assert held_tiyn(three, "transmission:grid_operator") == 600_000
    assert held_tiyn(three, "vat:state") == 1_378_200
    # A: (1500 x 2525 + 1300 x 2325) x 1.12; B: 2200 x 2125 x 1.12
    assert free_tiyn(three, "A") == held_tiyn(three, "prepaid:A") == 10**9 - 7_627_200
    assert free_tiyn(three, "B") == held_tiyn(three, "prepaid:B") == 10**9 - 5_236_000
    assert free_tiyn(three, "C") == held_tiyn(three, "prepaid:C") == 10**9
    assert sum(three.trading.state.ledger.balances_tiyn().values()) == 0


def test_what_is_published_of_a_cleared_hour(three):
    summary = three.trading.state.products[hour()].summary
    assert (summary.offered_kwh, summary.asked_kwh, summary.bought_kwh) == (5_000, 6_500, 5_000)
    assert (summary.bid_count, summary.bidder_count) == (5, 3)
    # 10 860 000 tiyn for 5000 kWh
    assert (summary.lowest_tiyn_per_kwh, summary.average_tiyn_per_kwh, summary.highest_tiyn_per_kwh) == (
        2_000,
        2_172,
        2_400,
    )
    assert (summary.marginal_tiyn_per_kwh, summary.first_rejected_tiyn_per_kwh) == (2_000, 2_000)
    assert logged(three, "product.cleared")[3]["data"]["rules"] == ["pay_as_bid/1", "pro_rata_per_operator/1"]


def test_every_purchase_names_its_entry_in_the_log(three):
    entries = events(three)
    for key, index in three.trading.state.entry_of_purchase.items():
        assert (entries[index]["type"], entries[index]["data"]["purchase_id"]) == ("purchase.made", key)
    assert len(three.trading.state.entry_of_purchase) == 7


def test_under_one_price_all_pay_the_lowest_that_was_served():
    session = market("A", "B", "C", readings=UNIFORM)
    session.submit(order("A", (2_400, 1_500), (2_200, 1_300)))
    session.submit(order("B", (2_000, 3_300)))
    session.submit(order("C", (1_900, 300)))
    clear(session)
    assert {price for _, price in left_of(session).values()} == {2_000}
    assert held_tiyn(session, "energy_sales:single_buyer") == 10_000_000
    assert free_tiyn(session, "A") == 10**9 - 6_272_000  # 2800 x 2000 x 1.12
    assert session.trading.state.products[hour()].summary.uniform_tiyn_per_kwh == 2_000


def test_an_hour_with_less_demand_than_supply_serves_all():
    session = market("A", "B", readings=UNIFORM)
    session.submit(order("A", (2_400, 1_000)))
    session.submit(order("B", (1_900, 1_000)))
    clear(session)
    assert fills(session) == {"o-A": 1_000, "o-B": 1_000}
    assert {price for _, price in left_of(session).values()} == {1_900}


def test_equal_prices_at_the_margin_are_shared_in_proportion():
    session = market("A", "B", supply_kwh=3_000)
    session.submit(order("A", (2_000, 4_000)))
    session.submit(order("B", (2_000, 2_000)))
    assert fills(clear(session)) == {"o-A": 2_000, "o-B": 1_000}


def test_time_priority_serves_the_first_and_an_amended_order_comes_last():
    session = market("A", "B", supply_kwh=1_000, readings={"market.tie_rule": "time_priority"})
    session.submit(order("A", (2_000, 1_000)))
    session.submit(order("B", (2_000, 1_000)))
    session.submit(order("A", (2_000, 900), version=2))
    assert fills(clear(session)) == {"o-B": 1_000}


@pytest.mark.parametrize(("owner", "shares_kwh"), [("", [333, 333, 334]), ("X", [100, 400, 500])])
def test_ids_of_one_owner_count_as_one_in_equal_shares(owner, shares_kwh):
    people = [participant("A1", owner=owner), participant("A2", owner=owner)]
    session = market("B", people=people, supply_kwh=1_000, readings={"market.tie_rule": "equal_share"})
    for who, kwh in (("A1", 100 if owner else 900), ("A2", 900), ("B", 900)):
        session.submit(order(who, (2_000, kwh)))
    assert sorted(fills(clear(session)).values()) == shares_kwh
    assert (fills(session)["o-B"] == 500) is bool(owner)


@pytest.mark.parametrize(("owner", "got"), [("", {"o-B": 2}), ("X", {"o-A1": 1, "o-B": 1})])
def test_ids_of_one_owner_are_one_claim_in_proportion(owner, got):
    # claims 1, 1 and 2 for 2 kWh: apart, exact ties go to the larger claim; together, 2 against 2
    people = [participant("A1", owner=owner), participant("A2", owner=owner)]
    session = market("B", people=people, supply_kwh=2)
    for who, kwh in (("A1", 1), ("A2", 1), ("B", 2)):
        session.submit(order(who, (2_000, kwh)))
    assert fills(clear(session)) == got


def test_an_operator_with_an_exempt_route_alone_is_not_split():
    session = market("G", people=[participant("E", route=Route.OWN_RENEWABLE)])
    for who in ("G", "E"):
        session.submit(order(who, (2_000, 2_300)))
    clear(session)
    assert [left for key, left in left_of(session).items() if key.startswith("o-E")] == [(2_300, 2_000)]
    assert [kwh for key, (kwh, _) in left_of(session).items() if key.startswith("o-G")] == [1_000, 1_000, 300]


def test_before_the_cap_came_into_force_nothing_is_split():
    on = date(2024, 1, 10)
    session = open_session(on=on)
    session.admit(participant("A", term=Period(date(2023, 1, 1), date(2026, 1, 1))), OPENED_AT)
    when = session.trading.session
    prepay(session, "A", 10**9, when=when.prepayment_by_at)
    publish(session, 5_000, hour(on=on), when=when.volume_by_at)
    decision = session.submit(order("A", (2_000, 2_300), product=hour(on=on), when=when.opens_at))
    assert decision.refusal is None
    session.close(when.closes_at)
    session.clear(when.closes_at)
    assert left_of(session) == {"o-A#1": (2_300, 2_000)}


def test_the_gate_of_a_day_at_utc_plus_six_closes_an_hour_earlier():
    clock = open_session(on=date(2024, 1, 10)).trading.session
    assert clock.closes_at == at("09:00", on=date(2024, 1, 9))
    assert market().trading.session.closes_at == at("10:00")


def test_a_price_of_zero_sets_nothing_aside_and_is_served_for_nothing():
    session = market("A", reserve=0)
    assert session.submit(order("A", (0, 1_000))).reserved_tiyn == 0
    clear(session)
    assert left_of(session) == {"o-A#1": (1_000, 0)}
    assert held_tiyn(session, "prepaid:A") == free_tiyn(session, "A") == 10**9


def test_two_zones_and_two_hours_are_cleared_each_by_itself():
    west = participant("W", zone=Zone.WEST)
    session = market("A", people=[west], supply_kwh=100)
    publish(session, 200, hour(4))
    publish(session, 300, hour(zone=Zone.WEST))
    session.submit(order("A", (2_000, 150), name="a3"))
    session.submit(order("A", (2_000, 150), name="a4", product=hour(4)))
    session.submit(order("W", (1_800, 400), product=hour(zone=Zone.WEST)))
    clear(session)
    assert fills(session) == {"a3": 100}
    assert fills(session, hour(4)) == {"a4": 150}
    assert fills(session, hour(zone=Zone.WEST)) == {"o-W": 300}


def test_the_gate_closes_once_and_clearing_follows_it_once():
    trading = market("A").trading
    with pytest.raises(ValueError, match="after its gate"):
        trading.clear(CLEARED_AT)
    trading.close(root=b"r")
    with pytest.raises(ValueError, match="second time"):
        trading.close(root=b"r")
    trading.clear(CLEARED_AT)
    with pytest.raises(ValueError, match="cleared once"):
        trading.clear(CLEARED_AT)


# The 70/30 programme


IN_FORCE = {"programme_70_30.status": "in_force"}


def test_without_the_programme_in_force_there_is_no_offer_of_its_own():
    session = market("A")
    thirty = hour(offer=Offer.PROGRAMME)
    assert publish(session, 300, thirty) is SupplyRefusal.UNKNOWN_PRODUCT
    assert session.submit(order("A", (2_000, 10), product=thirty)).refusal is R.UNKNOWN_PRODUCT


def test_the_thirty_percent_are_cleared_apart_from_the_surplus():
    session = market("A", "B", readings=IN_FORCE, supply_kwh=700)
    thirty = hour(offer=Offer.PROGRAMME)
    assert len(session.trading.state.products) == 96
    assert publish(session, 300, thirty) is None
    session.submit(order("A", (2_000, 700), name="a"))
    session.submit(order("B", (2_400, 100), name="b"))
    session.submit(order("A", (1_800, 400), name="a30", product=thirty))
    session.submit(order("B", (1_900, 200), name="b30", product=thirty))
    clear(session)
    assert fills(session) == {"a": 600, "b": 100}
    assert fills(session, thirty) == {"a30": 100, "b30": 200}
    assert free_tiyn(session, "A") == 10**9 - 1_344_000 - 201_600  # 600 x 20.00 and 100 x 18.00, VAT 12 %


def test_a_standing_order_is_for_the_surplus_and_not_for_the_programme():
    session = market("A", readings=IN_FORCE)
    publish(session, 300, hour(offer=Offer.PROGRAMME))
    assert [one.order.product_id for one in session.place(standing(), BID_AT).decisions] == [hour()]


# What a participant may do


def test_one_admitted_again_before_the_first_order_is_known_by_what_it_said_last():
    session = market()
    session.admit(participant("A", power_kw=100), OPENED_AT)
    prepay(session, "A", 10**9)
    assert session.admit(participant("A", power_kw=200), PUBLISHED_AT) is None
    assert session.submit(order("A", (2_000, 200), name="a")).refusal is None
    assert session.submit(order("A", (2_000, 1), name="b")).refusal is R.OVER_SITE_POWER
    assert free_tiyn(session, "A") == 10**9 - 448_000


def test_a_tenant_that_moved_is_bid_for_by_its_new_host_and_by_the_old_one_no_more():
    tenant = participant("T", host="A", subtype=Subtype.II, sites=())
    session = market("A", "B", people=[tenant])
    assert session.admit(replace(tenant, host_id="B"), PUBLISHED_AT) is None
    tenants = {who: list(session.trading.book.bidders[who].tenants) for who in "AB"}
    assert tenants == {"A": [], "B": ["T"]}
    assert session.submit(order("A", (2_000, 10), owner="T")).refusal is R.OWNER_NOT_HOSTED
    assert session.submit(order("B", (2_000, 10), owner="T")).refusal is None


@pytest.mark.parametrize("refused", [False, True])
@pytest.mark.parametrize("again", [participant("A"), participant("A", zone=Zone.WEST), participant("A", host="B")])
def test_nothing_that_is_known_of_a_participant_changes_once_an_order_was_answered(refused, again):
    session = market("A", "B")
    session.submit(order("B", (1_000 if refused else 2_000, 1_000)))
    log, bidders = session.log.entries_text(), dict(session.trading.book.bidders)
    assert session.admit(again, BID_AT) is StageRefusal.ORDERS_TAKEN
    assert (session.log.entries_text(), session.trading.book.bidders) == (log, bidders)
    assert session.admit(participant("C"), BID_AT) is None


def test_one_who_comes_after_the_first_order_may_be_a_tenant_of_one_who_was_there():
    session = market("H")
    session.submit(order("H", (2_000, 10), name="own"))
    assert session.submit(order("H", (2_000, 10), name="early", owner="T")).refusal is R.OWNER_NOT_HOSTED
    assert session.admit(participant("T", host="H", subtype=Subtype.II, sites=()), BID_AT) is None
    assert session.submit(order("H", (2_000, 10), name="for T", owner="T")).refusal is None


def test_an_order_is_settled_in_the_zone_that_its_site_had():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    assert session.admit(participant("A", zone=Zone.WEST), BID_AT) is StageRefusal.ORDERS_TAKEN
    clear(session)
    assert session.deliver(Delivered((Metered("A", "A-site", 3, 1_100_000),), {}), SETTLED_AT) == ()
    assert session.trading.state.imbalances[0].settled.hours[0].use.product_id == hour()


def test_subtype_two_has_no_quota_and_its_host_bids_for_it():
    tenant = participant("T", host="H", subtype=Subtype.II, sites=())
    session = market("H", "J", people=[tenant])
    assert session.submit(order("T", (2_000, 10))).refusal is R.NO_QUOTA
    assert session.submit(order("J", (2_000, 10), owner="T")).refusal is R.OWNER_NOT_HOSTED
    assert session.submit(order("H", (2_000, 10), owner="T")).refusal is None
    clear(session)
    assert [one.owner_id for one in session.trading.state.purchases.values()] == ["T"]


def test_a_licence_that_ends_between_trading_and_delivery_cannot_bid():
    ending = participant("A", term=Period(date(2024, 1, 1), date(2025, 10, 15)))
    session = market(people=[ending, participant("B", term=Period(date(2024, 1, 1), date(2025, 10, 16)))])
    assert session.submit(order("A", (2_000, 10))).refusal is R.LICENCE_NOT_ACTIVE
    assert session.submit(order("B", (2_000, 10))).refusal is None
