"""Standing orders over a day that changes: hours that go and come back, orders changed by hand, suspensions."""

from dataclasses import replace

from tests.property.trading.acts import standing
from tests.trading.sessions import (
    BID_AT,
    ON,
    at,
    cancel,
    clear,
    events,
    fills,
    free_tiyn,
    hour,
    lens_of,
    licence,
    logged,
    market,
    order,
    participant,
    publish,
    revise,
    sent_by,
    withdraw,
)

from kezek.market.order import OrderEnd, OrderRefusal, Outcome, OutcomeReason, Step
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.participant import ParticipantSite
from kezek.trading.session import MarketSession, replay

R = OrderRefusal
SENT = sent_by("S-A")


def night(version=1, price=2_000, power_kw=100, hours=(3,)):
    return standing("A", version, price, power_kw, hours)


def place(session, *sent):
    """Place one after the other; gives the last answer."""
    return [session.place(one, BID_AT) for one in sent][-1]


def in_book(session, order_id=SENT):
    live = session.trading.book.in_book(order_id)
    return live and (live.order.version, *live.order.steps)


def decided(session):
    return [event["data"]["refusal"] for event in logged(session, "order.decided")]


def require_the_log_gives_it_again(session):
    again = replay(events=events(session), lens=lens_of)
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text()
    assert again.trading.state.ledger.transfers() == session.trading.state.ledger.transfers()


# Hours that go and come back


def test_an_hour_given_up_and_taken_back_has_its_order_again():
    session = market("A")
    place(session, night(1), night(2, hours=()))
    assert (in_book(session), free_tiyn(session, "A")) == (None, 10**9)
    answer = place(session, night(3))
    assert [one.refusal for one in answer.decisions] == [None]
    assert in_book(session) == (2, Step(2_000, 100))
    clear(session)
    assert fills(session) == {SENT: 100}
    assert session.trading.state.ends == {SENT: OrderEnd(Outcome.ACCEPTED, OutcomeReason.SERVED)}
    require_the_log_gives_it_again(session)


def test_an_order_that_a_later_version_dropped_ends_cancelled_by_its_operator():
    session = market("A")
    place(session, night(1), night(2, hours=()))
    clear(session)
    assert session.trading.state.ends == {SENT: OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR)}
    require_the_log_gives_it_again(session)


def test_an_order_cancelled_by_hand_does_not_come_back_with_a_later_version():
    session = market("A")
    place(session, night(1))
    assert cancel(session, "A", name=SENT).refusal is None
    assert place(session, night(2, price=1_900)).refusal is None
    place(session, night(3, hours=()), night(4))
    assert in_book(session) is None
    assert decided(session) == [None]
    assert fills(clear(session)) == {}
    require_the_log_gives_it_again(session)


def test_a_version_placed_while_the_hour_is_withdrawn_bids_when_it_comes_back():
    session = market("A")
    place(session, night(1))
    withdraw(session, when=BID_AT)
    assert place(session, night(2, price=1_900)).refusal is None
    revise(session, 400, when=BID_AT)
    assert in_book(session) == (2, Step(1_900, 100))
    assert fills(clear(session)) == {SENT: 100}
    require_the_log_gives_it_again(session)


def test_an_hour_that_is_withdrawn_and_comes_back_keeps_its_standing_order():
    session = market("A")
    place(session, night(1))
    withdraw(session, when=BID_AT)
    assert place(session, night(1)).decisions[0].refusal is None  # sent again meanwhile
    revise(session, 400, when=BID_AT)
    assert in_book(session) == (1, Step(2_000, 100))
    assert decided(session) == [None]
    assert fills(clear(session)) == {SENT: 100}


def test_a_version_that_can_cost_too_much_is_kept_and_the_order_before_it_stays():
    session = market("A", prepaid_tiyn=300_000)
    answer = place(session, night(1), night(2, price=1_900, power_kw=1_000))
    assert (answer.refusal, [one.refusal for one in answer.decisions]) == (None, [R.OVER_PREPAID_BALANCE])
    assert in_book(session) == (1, Step(2_000, 100))
    assert free_tiyn(session, "A") == 300_000 - 224_000
    assert fills(clear(session)) == {SENT: 100}


# The same standing order again


def test_a_standing_order_sent_again_gets_the_same_answers_and_changes_no_book():
    session = market("A")
    publish(session, 500, hour(4))
    first = place(session, night(hours=(3, 4, 5)))
    assert [one.order.product_id for one in first.decisions] == [hour(3), hour(4)]
    answers, transfers = len(session.trading.state.decisions), session.trading.state.ledger.transfers()
    for when in (BID_AT, at("09:50"), at("09:59:59")):
        assert session.place(night(hours=(3, 4, 5)), when) == first
    assert len(session.trading.state.decisions) == answers
    assert session.trading.state.ledger.transfers() == transfers
    require_the_log_gives_it_again(session)


def test_an_earlier_version_sent_again_gets_its_own_answer_and_changes_nothing():
    session = market("A")
    first = place(session, night(1))
    second = place(session, night(2, price=1_900))
    assert place(session, night(1)) == first
    assert place(session, night(2, price=1_900)) == second
    assert in_book(session) == (2, Step(1_900, 100))
    assert place(session, night(1, price=1_950)).refusal is R.ID_TAKEN
    require_the_log_gives_it_again(session)


def test_a_refused_order_of_a_standing_order_is_not_tried_again_by_sending_it_again():
    session = market("A", prepaid_tiyn=5)
    first = place(session, night())
    assert place(session, night(), night(), night()) == first
    assert decided(session) == [R.OVER_PREPAID_BALANCE.value]


def test_an_order_cancelled_by_hand_is_not_sent_again():
    session = market("A")
    first = place(session, night())
    cancel(session, "A", name=SENT)
    for _ in range(3):
        assert place(session, night()) == first
    assert (in_book(session), decided(session)) == (None, [None])
    assert len(session.trading.state.decisions) == 1
    clear(session)
    assert session.trading.state.ends == {SENT: OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR)}
    require_the_log_gives_it_again(session)


def test_an_order_amended_by_hand_stays_as_amended_when_the_standing_order_is_sent_again():
    session = market("A")
    place(session, night())
    amended = session.submit(order("A", (2_100, 50), name=SENT, version=2))
    for _ in range(3):
        assert place(session, night()).decisions == (amended,)
    assert in_book(session) == (2, Step(2_100, 50))
    assert fills(clear(session)) == {SENT: 50}
    require_the_log_gives_it_again(session)


def test_an_order_amended_by_hand_gives_way_to_a_later_version():
    session = market("A")
    place(session, night())
    session.submit(order("A", (2_100, 50), name=SENT, version=2))
    place(session, night(2, price=1_900))
    assert in_book(session) == (3, Step(1_900, 100))


# Suspension


def test_after_a_suspension_the_orders_are_refused_once_and_the_answer_stays():
    session = market("A")
    publish(session, 500, hour(4))
    first = place(session, night(hours=(3, 4)))
    session.suspend("A", BID_AT)
    again = place(session, night(hours=(3, 4)))
    assert (again.refusal, [one.refusal for one in again.decisions]) == (None, [R.OPERATOR_SUSPENDED] * 2)
    assert again != first
    for _ in range(3):
        assert place(session, night(hours=(3, 4))) == again
    assert decided(session) == [None, None, R.OPERATOR_SUSPENDED.value, R.OPERATOR_SUSPENDED.value]
    clear(session)
    assert set(session.trading.state.ends.values()) == {OrderEnd(Outcome.CANCELLED, OutcomeReason.OPERATOR_SUSPENDED)}
    require_the_log_gives_it_again(session)


def test_what_leaves_the_book_is_logged_with_its_reason():
    session = market("A", "B")
    session.place(standing("B", 1, 2_000, 100, (3,)), BID_AT)
    place(session, night(1), night(2, hours=()))
    session.suspend("B", BID_AT)
    assert [event["data"] for event in logged(session, "order.removed")] == [
        {"order_id": SENT, "operator_id": "A", "reason": OutcomeReason.BY_OPERATOR.value},
        {"order_id": sent_by("S-B"), "operator_id": "B", "reason": OutcomeReason.OPERATOR_SUSPENDED.value},
    ]


# Participants who are admitted again


def other_site(name="other"):
    return ParticipantSite(name, Zone.NORTH_SOUTH, 10**8, Route.GRID_SURPLUS)


def test_one_admitted_again_without_the_site_of_its_standing_order_bids_no_more_for_it():
    session = market("A", supply_kwh=None)
    place(session, night())
    assert session.admit(participant("A", sites=[other_site()]), BID_AT) is None
    assert publish(session, 500, when=BID_AT) is None
    assert (in_book(session), decided(session)) == (None, [])
    assert place(session, night(2)).refusal is R.UNKNOWN_SITE
    assert place(session, night()).decisions == ()
    require_the_log_gives_it_again(session)


def test_one_admitted_again_with_the_site_bids_for_it_again():
    session = market("A", supply_kwh=None)
    place(session, night())
    session.admit(participant("A", sites=[other_site()]), BID_AT)
    publish(session, 500, when=BID_AT)
    session.admit(participant("A"), BID_AT)
    revise(session, 600, when=BID_AT)
    assert in_book(session) == (1, Step(2_000, 100))


def test_a_tenant_admitted_again_with_a_licence_that_ended_is_bid_for_no_more():
    tenant = participant("T", host="A", subtype=Subtype.II, sites=())
    session = market("A", people=[tenant])
    ended = replace(tenant, licence=licence(Subtype.II, terminated_on=ON))
    assert session.admit(ended, BID_AT) is None
    assert session.submit(order("A", (2_000, 10), owner="T")).refusal is R.OWNER_LICENCE_NOT_ACTIVE
