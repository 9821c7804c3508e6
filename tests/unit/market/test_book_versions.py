from dataclasses import dataclass, replace

import pytest
from tests.unit.market.test_book import (
    BALANCE,
    BIDDER,
    CANCEL,
    CLOSES,
    COST,
    EMPTY,
    FAULTS,
    FULL,
    INSTANT,
    LATER,
    OPENS,
    ORDER,
    Scene,
    at,
    book_of,
    in_book,
    said,
    stepped,
)

from kezek.market.bidder import Bidder
from kezek.market.order import Cancellation, Order, OrderRefusal, Step

R = OrderRefusal
USE_UP_NOTHING = {
    R.NOT_WHOLE,
    R.ID_TAKEN,
    R.VERSION_NOT_NEXT,
    R.NOT_YOURS,
    R.NOT_IN_BOOK,
    R.UNKNOWN_OPERATOR,
    R.BEFORE_OPENING,
}
EARLY = replace(ORDER, received_at=OPENS - INSTANT)
AMENDED = replace(at(ORDER, price=1_840), version=2)
THEIRS = replace(ORDER, operator_id="OP-002", owner_id="OP-002")
NEWCOMER = replace(BIDDER, operator_id="OP-999")


def answer_of(book, sent):
    return book.decide(sent) if isinstance(sent, Order) else book.cancel(sent)


# --- Ids, versions, amendments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [ORDER, at(ORDER, price=1_700)], ids=str)
def test_the_same_order_again_gets_the_very_same_answer_whenever_it_comes(order):
    book = book_of()
    first = book.decide(order)
    assert book.decide(order) is first
    assert book.decide(replace(order, received_at=CLOSES)) is first
    assert book.decide(replace(order, received_at=OPENS - INSTANT)) is first


def test_twenty_thousand_repeats_change_nothing():
    book = book_of()
    first = book.decide(ORDER)
    assert all(book.decide(replace(ORDER, received_at=OPENS + n * INSTANT)) is first for n in range(20_000))
    assert (in_book(book), book.next_version("A-1")) == ([ORDER], 2)
    assert book.decide(replace(ORDER, order_id="A-2")).refusal is None  # the other half of power and money is there


@pytest.mark.parametrize(
    "change",
    [
        {"steps": (Step(1_860, 1_000),)},
        {"steps": (Step(1_850, 999),)},
        {"steps": (Step(1_850, 500), Step(1_840, 500))},
        {"owner_id": "OP-T"},
        {"site_id": "S-2"},
        {"product_id": LATER.product_id},
        {"operator_id": "OP-002"},
        {"operator_id": "OP-999", "received_at": CLOSES},
    ],
    ids=str,
)
def test_the_same_version_with_another_content_is_refused_and_the_first_stands(change):
    book = book_of()
    first = book.decide(ORDER)
    assert said(book.decide(replace(ORDER, **change))) == (R.ID_TAKEN, 1, 2)
    assert book.decide(ORDER) is first
    assert in_book(book) == [ORDER]


def test_an_amendment_replaces_the_version_before_and_loses_its_place():
    book = book_of()
    second = replace(at(ORDER, quantity=500), order_id="A-2")
    amended = replace(at(ORDER, price=1_840), version=2)
    for order in (ORDER, second, amended):
        assert book.decide(order).refusal is None
    assert in_book(book) == [second, amended]
    assert book.in_book("A-1").order == amended
    assert book.next_version("A-1") == 3


def test_a_refused_amendment_leaves_the_version_before_in_its_place():
    book = book_of()
    second = replace(at(ORDER, quantity=500), order_id="A-2")
    first = book.decide(ORDER)
    book.decide(second)
    refused = book.decide(replace(at(ORDER, price=1_855), version=2))
    assert (refused.refusal, refused.reserved_tiyn) == (R.PRICE_OFF_TICK, 0)
    assert book.in_book("A-1") is first
    assert in_book(book) == [ORDER, second]
    assert said(book.decide(replace(at(ORDER, quantity=501), order_id="A-3"))) == (R.OVER_SITE_POWER, 2_001, 2_000)
    assert book.decide(replace(at(ORDER, quantity=500), order_id="A-4")).refusal is None
    assert book.decide(replace(at(ORDER, price=1_840), version=3)).refusal is None


def test_an_amendment_uses_the_power_that_the_version_before_frees_and_not_more():
    book = book_of(balance=10**9)
    book.decide(replace(at(ORDER, quantity=400), order_id="A-2"))
    book.decide(ORDER)
    over = replace(at(ORDER, quantity=1_601), version=2)
    assert said(book.decide(over)) == (R.OVER_SITE_POWER, 2_001, 2_000)
    assert book.decide(replace(at(ORDER, quantity=1_600), version=3)).refusal is None
    assert said(book.decide(replace(at(ORDER, quantity=5), order_id="A-3")))[1:] == (2_005, 2_000)


def test_an_amendment_uses_the_money_that_the_version_before_frees_and_not_more():
    book = book_of(balance=BALANCE)
    book.decide(replace(ORDER, order_id="A-2", product_id=LATER.product_id))
    book.decide(ORDER)
    dearer = replace(at(ORDER, price=1_860), version=2)
    assert said(book.decide(dearer)) == (R.OVER_PREPAID_BALANCE, 2_083_200, COST)
    same_cost = replace(stepped((1_860, 500), (1_840, 500)), version=3)
    assert book.decide(same_cost).reserved_tiyn == COST
    assert book.decide(replace(at(ORDER, quantity=995), version=4)).refusal is None
    assert said(book.decide(replace(at(ORDER, quantity=6), order_id="A-3")))[1:] == (12_432, 10_360)
    assert book.decide(replace(at(ORDER, quantity=5), order_id="A-4")).refusal is None


@pytest.mark.parametrize("version", [-1, 0, 3, 4, 1_000_000])
def test_a_version_that_is_not_the_next_is_refused_and_uses_up_nothing(version):
    book = book_of()
    book.decide(ORDER)
    wrong = replace(at(ORDER, price=1_860), version=version)
    assert said(book.decide(wrong)) == (R.VERSION_NOT_NEXT, version, 2)
    assert (in_book(book), book.next_version("A-1")) == ([ORDER], 2)
    assert book.decide(replace(at(ORDER, price=1_870), version=2)).refusal is None


def test_an_old_version_sent_again_gets_its_old_answer_and_changes_nothing():
    book = book_of()
    first = book.decide(ORDER)
    amended = replace(at(ORDER, price=1_840), version=2)
    book.decide(amended)
    assert book.decide(ORDER) is first
    assert in_book(book) == [amended]
    book.cancel(replace(CANCEL, version=3))
    assert book.decide(ORDER) is first
    assert in_book(book) == []


def test_somebody_else_s_id_is_refused_and_uses_up_nothing():
    book = book_of()
    book.decide(ORDER)
    theirs = replace(ORDER, version=2, operator_id="OP-002", owner_id="OP-002")
    assert said(book.decide(theirs)) == (R.NOT_YOURS, 2, 2)
    assert book.cancel(replace(CANCEL, operator_id="OP-002")).refusal is R.NOT_YOURS
    assert (in_book(book), book.next_version("A-1")) == ([ORDER], 2)
    assert book.decide(replace(at(ORDER, price=1_840), version=2)).refusal is None


@pytest.mark.parametrize("change", [{"product_id": LATER.product_id}, {"site_id": "S-2"}, {"owner_id": "OP-T"}])
def test_an_amendment_changes_neither_product_nor_site_nor_owner(change):
    book = book_of()
    book.decide(ORDER)
    assert said(book.decide(replace(at(ORDER, quantity=500), version=2, **change))) == (R.TERMS_CHANGED, 2, 2)
    assert in_book(book) == [ORDER]
    assert book.next_version("A-1") == 3


@pytest.mark.parametrize("refused", [at(ORDER, price=1_700), replace(ORDER, product_id=EMPTY.product_id)], ids=str)
def test_a_refused_first_version_is_mended_by_the_second(refused):
    book = book_of()
    assert book.decide(refused).refusal is not None
    assert book.decide(ORDER).refusal is R.ID_TAKEN
    assert book.decide(replace(ORDER, version=2)).refusal is None


# --- Answers that are remembered, and answers that use up nothing --------------------------------------------------


@dataclass(frozen=True)
class Anew:
    """A message that uses up nothing; then something happens, and the same message gets another answer."""

    sent: Order | Cancellation
    first: tuple[OrderRefusal, int, int]
    then: tuple[Order | Cancellation | Bidder, ...]
    anew: tuple[OrderRefusal | None, int, int]
    before: tuple[Order, ...] = (ORDER,)


TAKEN = (None, 0, 0)
JUDGED_ANEW = {
    "id taken": Anew(at(ORDER, price=1_860), (R.ID_TAKEN, 1, 2), (AMENDED,), (R.ID_TAKEN, 1, 3)),
    "id taken, cancelled": Anew(replace(CANCEL, version=1), (R.ID_TAKEN, 1, 2), (AMENDED,), (R.ID_TAKEN, 1, 3)),
    "version too early": Anew(AMENDED, (R.VERSION_NOT_NEXT, 2, 1), (ORDER,), TAKEN, ()),
    "version two too early": Anew(
        replace(AMENDED, version=3), (R.VERSION_NOT_NEXT, 3, 1), (ORDER, AMENDED), TAKEN, ()
    ),
    "still too early": Anew(
        replace(AMENDED, version=3), (R.VERSION_NOT_NEXT, 3, 1), (ORDER,), (R.VERSION_NOT_NEXT, 3, 2), ()
    ),
    "too early, then late": Anew(
        replace(AMENDED, version=3),
        (R.VERSION_NOT_NEXT, 3, 2),
        (AMENDED, replace(CANCEL, version=3)),
        (R.ID_TAKEN, 3, 4),
    ),
    "cancelled too early": Anew(replace(CANCEL, version=3), (R.VERSION_NOT_NEXT, 3, 2), (AMENDED,), TAKEN),
    "not yours": Anew(replace(THEIRS, version=2), (R.NOT_YOURS, 2, 2), (AMENDED,), (R.ID_TAKEN, 2, 3)),
    "not yours to cancel": Anew(
        replace(CANCEL, operator_id="OP-002"), (R.NOT_YOURS, 2, 2), (AMENDED,), (R.ID_TAKEN, 2, 3)
    ),
    "not in the book, never used": Anew(CANCEL, (R.NOT_IN_BOOK, 0, 0), (ORDER,), TAKEN, ()),
    "not in the book, refused": Anew(
        replace(CANCEL, version=2), (R.NOT_IN_BOOK, 0, 0), (AMENDED,), (R.ID_TAKEN, 2, 3), (at(ORDER, price=1_700),)
    ),
    "unknown operator": Anew(
        replace(ORDER, operator_id="OP-999", owner_id="OP-999"), (R.UNKNOWN_OPERATOR, 0, 0), (NEWCOMER,), TAKEN, ()
    ),
    "before the opening": Anew(EARLY, (R.BEFORE_OPENING, 0, 0), (ORDER,), TAKEN, ()),
    "an amendment before the opening": Anew(
        replace(AMENDED, received_at=OPENS - INSTANT), (R.BEFORE_OPENING, 0, 0), (AMENDED,), TAKEN
    ),
    "not whole": Anew(replace(ORDER, version=1.0), (R.NOT_WHOLE, 0, 0), (ORDER,), (R.NOT_WHOLE, 0, 0), ()),
    "not whole, as an amendment": Anew(
        replace(at(ORDER, quantity=500.0), version=2), (R.NOT_WHOLE, 0, 0), (AMENDED,), (R.NOT_WHOLE, 0, 0)
    ),
}


def happen(book, event):
    if isinstance(event, Bidder):
        book.admit(event)
        book.prepay(operator_id=event.operator_id, amount_tiyn=BALANCE)
    else:
        answer_of(book, event)


def begun(case):
    book = book_of()
    for event in case.before:
        happen(book, event)
    return book


def test_every_refusal_that_uses_up_nothing_has_its_case():
    assert {case.first[0] for case in JUDGED_ANEW.values()} == USE_UP_NOTHING


@pytest.mark.parametrize("case", JUDGED_ANEW.values(), ids=JUDGED_ANEW)
def test_a_message_that_uses_up_nothing_gets_an_equal_answer_while_nothing_changed(case):
    book = begun(case)
    version, live = book.next_version("A-1"), in_book(book)
    first = answer_of(book, case.sent)
    assert said(first) == case.first
    for _ in range(3):
        assert not book.answered(case.sent)
        assert answer_of(book, case.sent) == first
    assert (book.next_version("A-1"), in_book(book)) == (version, live)


@pytest.mark.parametrize("case", JUDGED_ANEW.values(), ids=JUDGED_ANEW)
def test_a_message_that_uses_up_nothing_is_judged_anew_when_it_is_sent_again(case):
    book = begun(case)
    assert said(answer_of(book, case.sent)) == case.first
    for event in case.then:
        happen(book, event)
    again = answer_of(book, case.sent)
    assert said(again) == case.anew
    assert book.answered(case.sent) is (again.refusal is None)


@pytest.mark.parametrize("case", JUDGED_ANEW.values(), ids=JUDGED_ANEW)
def test_a_message_that_uses_up_nothing_changes_no_answer_of_those_that_follow(case):
    with_it, without = begun(case), begun(case)
    answer_of(with_it, case.sent)
    following = [ORDER, AMENDED, replace(CANCEL, version=3), replace(FULL, order_id="A-2")]
    assert [answer_of(with_it, one) for one in following] == [answer_of(without, one) for one in following]


REMEMBERED = [refusal for refusal in FAULTS if refusal not in USE_UP_NOTHING]


@pytest.mark.parametrize("refusal", REMEMBERED, ids=str)
def test_every_other_refusal_uses_up_the_version_and_is_remembered_for_good(refusal):
    scene = FAULTS[refusal][0](Scene())
    book, order = scene.book(), scene.order
    assert not book.answered(order)
    refused = book.decide(order)
    assert refused.refusal is refusal
    assert (book.answered(order), book.next_version("A-1")) == (True, order.version + 1)
    book.admit(BIDDER)
    book.prepay(operator_id="OP-001", amount_tiyn=10**12)
    book.offer(replace(EMPTY, offered_kwh=50_000))
    assert book.decide(replace(order, received_at=OPENS)) is refused


def test_a_cancellation_that_is_too_late_or_a_second_one_is_remembered_for_good():
    book = book_of()
    book.decide(ORDER)
    late, second = replace(CANCEL, received_at=CLOSES), replace(CANCEL, version=4)
    too_late = book.cancel(late)
    assert said(too_late) == (R.AFTER_CLOSURE, 0, 0)
    assert (book.answered(late), book.next_version("A-1")) == (True, 3)
    assert book.cancel(replace(late, received_at=OPENS)) is too_late  # it may not be dated back
    assert book.cancel(replace(CANCEL, version=3)).refusal is None
    twice = book.cancel(second)
    assert said(twice) == (R.ALREADY_CANCELLED, 4, 4)
    assert (book.answered(second), book.next_version("A-1")) == (True, 5)
    assert book.cancel(second) is twice


@pytest.mark.parametrize(
    "sent",
    [
        replace(CANCEL, version=1, operator_id="OP-002"),
        replace(CANCEL, operator_id="OP-002"),
        replace(CANCEL, version=1, operator_id="OP-999"),
        replace(ORDER, operator_id="OP-999"),
        replace(ORDER, operator_id="OP-999", owner_id="OP-999"),
        replace(THEIRS, version=2),
        replace(THEIRS, version=0),
    ],
    ids=str,
)
def test_nobody_takes_another_s_id_by_cancelling_or_bidding_as_a_stranger_or_out_of_turn(sent):
    book = book_of()
    assert answer_of(book, sent).refusal in USE_UP_NOTHING
    assert said(book.decide(ORDER)) == (None, 0, 0)
    answer_of(book, sent)
    assert said(book.decide(AMENDED)) == (None, 0, 0)
    answer_of(book, sent)
    assert said(book.cancel(replace(CANCEL, version=3))) == (None, 0, 0)


def test_an_id_belongs_to_whom_it_was_first_used_by_even_where_that_order_was_refused():
    book = book_of()
    assert book.decide(at(ORDER, price=1_700)).refusal is R.PRICE_UNDER_RESERVE
    assert said(book.decide(replace(THEIRS, version=2))) == (R.NOT_YOURS, 2, 2)
    assert book.decide(replace(ORDER, version=2)).refusal is None


def test_a_message_is_answered_once_it_has_its_answer_for_good_whatever_its_time():
    book = book_of()
    wrong = replace(at(ORDER, price=1_700), order_id="A-2")
    assert not any(map(book.answered, [ORDER, CANCEL, wrong]))
    assert (book.next_version("A-1"), in_book(book)) == (1, [])  # asking is not sending
    book.decide(ORDER)
    book.decide(wrong)
    assert [book.answered(sent) for sent in (ORDER, CANCEL, wrong)] == [True, False, True]
    book.cancel(CANCEL)
    assert all(map(book.answered, [ORDER, CANCEL, wrong]))
    for received_at in (OPENS - INSTANT, CLOSES):
        assert all(book.answered(replace(sent, received_at=received_at)) for sent in (ORDER, CANCEL, wrong))
    book.suspend("OP-001")
    book.close()
    assert all(map(book.answered, [ORDER, CANCEL, wrong]))


@pytest.mark.parametrize(
    "other",
    [
        at(ORDER, price=1_860),
        at(ORDER, quantity=5),
        replace(ORDER, order_id="A-2"),
        replace(ORDER, version=2),
        replace(ORDER, operator_id="OP-002"),
        replace(ORDER, owner_id="OP-T"),
        replace(ORDER, site_id="S-2"),
        replace(ORDER, product_id=LATER.product_id),
        replace(CANCEL, version=1),
        replace(CANCEL, version=3),
        replace(CANCEL, operator_id="OP-002"),
        replace(CANCEL, order_id="A-2"),
    ],
    ids=str,
)
def test_a_message_of_another_content_is_not_answered(other):
    book = book_of()
    book.decide(ORDER)
    book.cancel(CANCEL)
    assert not book.answered(other)


def test_an_order_that_came_too_early_is_taken_when_it_is_sent_again_at_the_opening():
    book = book_of()
    assert [book.decide(EARLY).refusal for _ in range(3)] == [R.BEFORE_OPENING] * 3
    assert (book.answered(EARLY), book.next_version("A-1")) == (False, 1)
    taken = book.decide(ORDER)  # the very same message, at the opening
    assert (taken.refusal, taken.order.received_at) == (None, OPENS)
    assert book.decide(EARLY) is taken
    assert in_book(book) == [ORDER]


def test_an_id_that_came_too_early_is_nobody_s():
    book = book_of()
    assert book.decide(EARLY).refusal is R.BEFORE_OPENING
    assert said(book.decide(THEIRS)) == (None, 0, 0)
    assert said(book.decide(replace(ORDER, version=2))) == (R.NOT_YOURS, 2, 2)


# --- Cancellations ----------------------------------------------------------------------------------------------


def test_a_cancelled_order_leaves_the_book_and_frees_power_and_money():
    book = book_of()
    full = book.decide(replace(FULL, order_id="A-1"))
    done = book.cancel(CANCEL)
    assert (said(done), done.removed) == ((None, 0, 0), full)
    assert (in_book(book), book.in_book("A-1")) == ([], None)
    assert book.decide(FULL).refusal is None


def test_a_cancellation_again_gets_the_very_same_answer_whenever_it_comes():
    book = book_of()
    book.decide(ORDER)
    done = book.cancel(CANCEL)
    assert book.cancel(CANCEL) is done
    book.close()
    assert book.cancel(replace(CANCEL, received_at=CLOSES)) is done
    assert book.next_version("A-1") == 3


def test_a_cancellation_takes_out_the_version_that_stands():
    book = book_of()
    book.decide(ORDER)
    amended = book.decide(replace(at(ORDER, quantity=5), version=2))
    assert book.cancel(CANCEL).refusal is R.ID_TAKEN
    assert book.cancel(replace(CANCEL, version=3)).removed is amended


@pytest.mark.parametrize("version", [-1, 0, 1, 2, 3, 1_000_000, 2**70])
@pytest.mark.parametrize("change", [{}, {"operator_id": "OP-999"}, {"received_at": CLOSES}], ids=str)
def test_an_id_that_nobody_used_is_not_in_the_book_whatever_version_is_cancelled(version, change):
    book = book_of()
    decision = book.cancel(replace(CANCEL, version=version, **change))
    assert (said(decision), decision.removed) == ((R.NOT_IN_BOOK, 0, 0), None)
    assert book.next_version("A-1") == 1
    assert book.decide(ORDER).refusal is None


@pytest.mark.parametrize(
    "sent",
    [replace(ORDER, version=2), replace(ORDER, operator_id="OP-999"), replace(CANCEL, version=1)],
    ids=["version too early", "unknown operator", "cancellation"],
)
def test_an_id_is_not_used_by_a_message_that_uses_up_nothing(sent):
    book = book_of()
    assert answer_of(book, sent).refusal is not None
    assert said(book.cancel(replace(CANCEL, version=9))) == (R.NOT_IN_BOOK, 0, 0)


def test_a_refused_order_is_not_in_the_book_to_be_cancelled():
    book = book_of()
    book.decide(at(ORDER, price=1_700))
    assert said(book.cancel(CANCEL)) == (R.NOT_IN_BOOK, 0, 0)
    assert said(book.cancel(replace(CANCEL, version=3))) == (R.VERSION_NOT_NEXT, 3, 2)
    assert book.decide(replace(ORDER, version=2)).refusal is None  # the cancellation used up no version


@pytest.mark.parametrize(("received_at", "taken"), [(CLOSES - INSTANT, True), (CLOSES, False)])
def test_a_cancellation_is_in_time_until_closure_and_the_order_stays_after_it(received_at, taken):
    book = book_of()
    book.decide(ORDER)
    decision = book.cancel(replace(CANCEL, received_at=received_at))
    assert decision.refusal is (None if taken else R.AFTER_CLOSURE)
    assert in_book(book) == ([] if taken else [ORDER])


def test_a_cancelled_order_is_neither_cancelled_again_nor_amended():
    book = book_of()
    book.decide(ORDER)
    book.cancel(CANCEL)
    again = book.cancel(replace(CANCEL, version=3))
    assert (said(again), again.removed) == ((R.ALREADY_CANCELLED, 3, 3), None)
    assert said(book.decide(replace(ORDER, version=4))) == (R.ALREADY_CANCELLED, 4, 4)
    assert in_book(book) == []
    assert book.decide(replace(FULL, order_id="A-2")).refusal is None  # freed once, and once only
    assert book.decide(replace(at(ORDER, quantity=5), order_id="A-3")).refusal is R.OVER_SITE_POWER


@pytest.mark.parametrize(
    ("sent", "change", "refusal", "found"),
    [
        ((ORDER,), {"version": 1}, R.ID_TAKEN, 1),
        ((ORDER,), {"version": 1, "operator_id": "OP-002"}, R.ID_TAKEN, 1),
        ((ORDER,), {"version": 3}, R.VERSION_NOT_NEXT, 3),
        ((ORDER,), {"version": 0}, R.VERSION_NOT_NEXT, 0),
        ((ORDER,), {"version": 3, "operator_id": "OP-002"}, R.VERSION_NOT_NEXT, 3),
        ((ORDER,), {"operator_id": "OP-002", "received_at": CLOSES}, R.NOT_YOURS, 2),
        ((ORDER, CANCEL), {"version": 3, "operator_id": "OP-002"}, R.NOT_YOURS, 3),
        ((ORDER, CANCEL), {"version": 3, "received_at": CLOSES}, R.ALREADY_CANCELLED, 3),
        ((at(ORDER, price=1_700),), {"operator_id": "OP-002"}, R.NOT_YOURS, 2),
        ((at(ORDER, price=1_700),), {"received_at": CLOSES}, R.NOT_IN_BOOK, 0),
    ],
)
def test_a_cancellation_with_two_faults_gets_the_first_in_the_list(sent, change, refusal, found):
    book = book_of()
    for one in sent:
        answer_of(book, one)
    before = in_book(book)
    decision = book.cancel(replace(CANCEL, **change))
    assert (decision.refusal, decision.found, decision.removed) == (refusal, found, None)
    assert in_book(book) == before
