"""Prepayments that were booked by mistake are taken back, once, and as long as the money is there."""

import pytest
from tests.trading.sessions import (
    BID_AT,
    CUT_AT,
    PAID_AT,
    SETTLED_AT,
    at,
    cancel,
    clear,
    events,
    fills,
    free_tiyn,
    held_tiyn,
    lens_of,
    logged,
    market,
    order,
    prepay,
)

from kezek.market.order import OrderRefusal
from kezek.trading.engine import MOST_IN_ALL_TIYN, MOST_PREPAID_TIYN
from kezek.trading.events import Correction, Delivered, PrepaymentRefusal
from kezek.trading.session import Broken, MarketSession, replay

P = PrepaymentRefusal
CASH = "cash:single_buyer"


def correct(session, name="slip", *, why="paid by another", when=BID_AT):
    return session.correct(Correction(name, why, when))


def twice_paid(amount_tiyn=500):
    """A has paid 10**6 tiyn, and then once more by mistake."""
    session = market("A", prepaid_tiyn=10**6)
    assert prepay(session, "A", amount_tiyn, name="slip") is None
    return session


def require_the_log_gives_it_again(session):
    again = replay(events=events(session), lens=lens_of)
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text()
    assert again.trading.state.ledger.transfers() == session.trading.state.ledger.transfers()


def test_a_payment_booked_by_mistake_is_taken_back_by_a_transfer_of_its_own():
    session = twice_paid()
    before = session.trading.state.ledger.transfers()
    assert correct(session) is None
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == 10**6
    assert held_tiyn(session, CASH) == -(10**6)
    kept, (back,) = session.trading.state.ledger.transfers()[:-1], session.trading.state.ledger.transfers()[-1:]
    assert kept == before
    assert (back.debit, back.credit, back.amount_tiyn) == ("prepaid:A", CASH, 500)
    assert back.memo.endswith("paid by another")
    session.trading.state.ledger.require_zero()
    require_the_log_gives_it_again(session)


def test_a_correction_is_logged_as_an_act_with_what_it_booked():
    session = twice_paid()
    before = len(session.log)
    correct(session)
    assert [event["type"] for event in events(session)[before:]] == ["account.corrected", "ledger.posted"]
    assert events(session)[before]["data"] == {
        "payment_id": "slip",
        "why": "paid by another",
        "corrected_at": "2025-10-14T04:40:00Z",
    }


def test_the_money_of_a_payment_that_was_taken_back_is_not_there_for_orders():
    session = market("A", prepaid_tiyn=2_239_999)  # 1 MWh at 20.00 costs 2 240 000 with VAT of 12 %
    prepay(session, "A", 1, name="slip")
    assert correct(session) is None
    refused = session.submit(order("A", (2_000, 1_000)))
    assert (refused.refusal, refused.found, refused.limit) == (
        OrderRefusal.OVER_PREPAID_BALANCE,
        2_240_000,
        2_239_999,
    )
    assert session.submit(order("A", (2_000, 999), version=2)).refusal is None


def test_a_payment_is_taken_back_once():
    session = twice_paid()
    assert correct(session) is None
    for _ in range(2):
        assert correct(session, when=at("09:45")) is P.CORRECTED
    assert free_tiyn(session, "A") == 10**6
    assert [event["data"]["refusal"] for event in logged(session, "prepayment.refused")] == [P.CORRECTED.value] * 2
    require_the_log_gives_it_again(session)


@pytest.mark.parametrize("name", ["never", "", "late"])
def test_a_payment_that_was_never_booked_cannot_be_taken_back(name):
    session = twice_paid()
    assert prepay(session, "A", 7, name="late", when=at("08:00:01")) is P.LATE
    assert correct(session, name) is P.UNKNOWN_PAYMENT
    assert free_tiyn(session, "A") == 10**6 + 500
    require_the_log_gives_it_again(session)


@pytest.mark.parametrize(("kwh", "refusal"), [(446, None), (447, P.SPENT)])
def test_what_is_set_aside_for_orders_is_not_taken_back(kwh, refusal):
    # 446 kWh at 20.00 with VAT are 999 040 tiyn of 10**6 + 500, 447 kWh are 1 001 280 of 10**6 + 2 000
    session = twice_paid(500 if refusal is None else 2_000)
    session.submit(order("A", (2_000, kwh)))
    assert correct(session) is refusal
    require_the_log_gives_it_again(session)


def test_to_the_tiyn_what_is_free_can_be_taken_back():
    session = market("A", prepaid_tiyn=224_000)
    prepay(session, "A", 224_000, name="slip")
    session.submit(order("A", (2_000, 100)))
    assert correct(session) is None
    assert free_tiyn(session, "A") == 0
    assert correct(session, "pay-A") is P.SPENT
    cancel(session, "A")
    assert correct(session, "pay-A") is None
    assert free_tiyn(session, "A") == held_tiyn(session, "prepaid:A") == held_tiyn(session, CASH) == 0


def test_money_that_was_spent_is_not_taken_back_and_what_is_left_of_it_is():
    session = market("A", prepaid_tiyn=224_000)
    prepay(session, "A", 500, name="small")
    prepay(session, "A", 100_000, name="slip")
    session.submit(order("A", (2_000, 100)))
    clear(session)
    assert correct(session, "pay-A", when=CUT_AT) is P.SPENT
    assert correct(session, when=CUT_AT) is None
    assert free_tiyn(session, "A") == 500
    assert session.deliver(Delivered((), {}), SETTLED_AT) == ()
    assert correct(session, "small", when=SETTLED_AT) is None
    assert held_tiyn(session, "prepaid:A") == 0
    session.trading.state.ledger.require_zero()
    require_the_log_gives_it_again(session)


def test_one_who_has_paid_nothing_else_loses_its_orders_to_nobody():
    session = market("A", "B", supply_kwh=100)
    session.submit(order("A", (2_000, 100)))
    assert correct(session, "pay-B") is None
    assert (free_tiyn(session, "A"), free_tiyn(session, "B")) == (10**9 - 224_000, 0)
    assert fills(clear(session)) == {"o-A": 100}


def test_what_is_taken_back_makes_room_under_the_limit_of_all_prepayments():
    session = market("A", prepaid_tiyn=MOST_PREPAID_TIYN)
    for number in range(MOST_IN_ALL_TIYN // MOST_PREPAID_TIYN - 1):
        assert prepay(session, "A", MOST_PREPAID_TIYN, name=f"p{number}") is None
    assert prepay(session, "A", 1, name="more") is P.TOO_MUCH_IN_ALL
    assert correct(session, "p7", when=PAID_AT) is None
    assert prepay(session, "A", MOST_PREPAID_TIYN, name="more") is None
    assert prepay(session, "A", 1, name="one more") is P.TOO_MUCH_IN_ALL


def test_a_payment_that_was_taken_back_does_not_come_back_under_its_id():
    session = twice_paid()
    correct(session, when=PAID_AT)
    prepay(session, "A", 500, name="slip")
    assert prepay(session, "A", 501, name="slip") is P.ID_TAKEN
    assert free_tiyn(session, "A") == 10**6
    assert prepay(session, "A", 500, name="again") is None
    assert free_tiyn(session, "A") == 10**6 + 500


@pytest.mark.parametrize(("field", "value"), [("payment_id", "pay-A"), ("payment_id", "never")])
def test_a_correction_that_was_changed_is_found_in_the_log(field, value):
    session = twice_paid()
    correct(session)
    changed = events(session)
    index = next(place for place, event in enumerate(changed) if event["type"] == "account.corrected")
    changed[index]["data"][field] = value
    changed[index]["id"] = value
    assert replay(events=changed, lens=lens_of) == Broken(
        index + 1, "it is not what follows from the entries before it"
    )
