from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kezek.market.order import Bidder, MarketRules, Order, OrderBook, OrderRefusal, Standing, worst_case_tiyn
from kezek.market.product import Product, Session
from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone

OPENS = datetime(2025, 10, 14, 4, 30, tzinfo=UTC)
CLOSES = datetime(2025, 10, 14, 5, 0, tzinfo=UTC)
SESSION = Session(OPENS - timedelta(minutes=90), OPENS - timedelta(minutes=15), OPENS, CLOSES)
RULES = MarketRules(
    price_rule="pay_as_bid",
    tie_rule="pro_rata_per_operator",
    price_tick_tiyn_per_kwh=10,
    smallest_order_kwh=5,
    purchase_max_kwh=1_000,
    vat_ppm=120_000,
)
OFFERED = Product("2025-10-15/north_south/07", Zone.NORTH_SOUTH, 7, 50_000, 1_800)
LATER = replace(OFFERED, product_id="2025-10-15/north_south/08", hour_index=8)
EMPTY = replace(OFFERED, product_id="2025-10-15/north_south/09", hour_index=9, offered_kwh=0)
WEST = replace(OFFERED, product_id="2025-10-15/west/07", zone=Zone.WEST)
# 2 MW of site: 2,000 kWh an hour. 1,000 kWh at 18.50 with 12 % VAT is 20,720.00 tenge; twice that is the balance.
ACTIVE = Standing(LicenceState.ACTIVE, LicenceState.ACTIVE)
SUSPENDED = Standing(LicenceState.SUSPENDED, LicenceState.SUSPENDED)
ENDS = Standing(LicenceState.ACTIVE, LicenceState.EXPIRED)
BEGINS = Standing(LicenceState.NOT_YET, LicenceState.ACTIVE)
TENANTS = {"OP-T": ACTIVE, "OP-E": ENDS}
BIDDER = Bidder("OP-001", Zone.NORTH_SOUTH, ACTIVE, True, 2_000_000, 4_144_000, TENANTS)
ORDER = Order("A-1", "OP-001", OFFERED.product_id, 1_850, 1_000, OPENS, "OP-001")

CASES = {
    OrderRefusal.UNKNOWN_OPERATOR: (replace(ORDER, operator_id="OP-999"), BIDDER),
    OrderRefusal.NO_QUOTA: (ORDER, replace(BIDDER, has_quota=False)),
    OrderRefusal.LICENCE_NOT_ACTIVE: (ORDER, replace(BIDDER, standing=SUSPENDED)),
    OrderRefusal.OWNER_NOT_HOSTED: (replace(ORDER, owner_id="OP-002"), BIDDER),
    OrderRefusal.OWNER_LICENCE_NOT_ACTIVE: (replace(ORDER, owner_id="OP-E"), BIDDER),
    OrderRefusal.BEFORE_OPENING: (replace(ORDER, received_at=OPENS - timedelta(microseconds=1)), BIDDER),
    OrderRefusal.AFTER_CLOSURE: (replace(ORDER, received_at=CLOSES), BIDDER),
    OrderRefusal.UNKNOWN_PRODUCT: (replace(ORDER, product_id="2025-10-15/north_south/24"), BIDDER),
    OrderRefusal.OTHER_ZONE: (replace(ORDER, product_id=WEST.product_id), BIDDER),
    OrderRefusal.NOT_OFFERED: (replace(ORDER, product_id=EMPTY.product_id), BIDDER),
    OrderRefusal.PRICE_OFF_TICK: (replace(ORDER, price_tiyn_per_kwh=1_855), BIDDER),
    OrderRefusal.PRICE_UNDER_RESERVE: (replace(ORDER, price_tiyn_per_kwh=1_790), BIDDER),
    OrderRefusal.QUANTITY_TOO_SMALL: (replace(ORDER, quantity_kwh=4), BIDDER),
    OrderRefusal.OVER_SITE_POWER: (ORDER, replace(BIDDER, site_power_w=999_999)),
    OrderRefusal.OVER_PREPAID_BALANCE: (ORDER, replace(BIDDER, prepaid_tiyn=2_071_999)),
}

# A fault that leaves the others alone: what each adds to an order that has none.
ADDED = {
    OrderRefusal.UNKNOWN_OPERATOR: lambda order, bidder: (replace(order, operator_id="OP-999"), bidder),
    OrderRefusal.NO_QUOTA: lambda order, bidder: (order, replace(bidder, has_quota=False)),
    OrderRefusal.LICENCE_NOT_ACTIVE: lambda o, b: (o, replace(b, standing=ENDS)),
    OrderRefusal.OWNER_NOT_HOSTED: lambda o, b: (replace(o, owner_id="OP-002"), b),
    OrderRefusal.OWNER_LICENCE_NOT_ACTIVE: lambda o, b: (
        o if o.owner_id == "OP-002" else replace(o, owner_id="OP-E"),
        b,
    ),
    OrderRefusal.AFTER_CLOSURE: lambda order, bidder: (replace(order, received_at=CLOSES), bidder),
    OrderRefusal.NOT_OFFERED: lambda order, bidder: (replace(order, product_id=EMPTY.product_id), bidder),
    OrderRefusal.PRICE_OFF_TICK: lambda o, b: (replace(o, price_tiyn_per_kwh=o.price_tiyn_per_kwh + 5), b),
    OrderRefusal.PRICE_UNDER_RESERVE: lambda o, b: (replace(o, price_tiyn_per_kwh=o.price_tiyn_per_kwh - 100), b),
    OrderRefusal.QUANTITY_TOO_SMALL: lambda order, bidder: (replace(order, quantity_kwh=1), bidder),
    OrderRefusal.OVER_SITE_POWER: lambda order, bidder: (order, replace(bidder, site_power_w=0)),
    OrderRefusal.OVER_PREPAID_BALANCE: lambda order, bidder: (order, replace(bidder, prepaid_tiyn=0)),
}


def book_of(bidder=BIDDER, rules=RULES):
    return OrderBook(products=[OFFERED, LATER, EMPTY, WEST], bidders=[bidder], rules=rules, session=SESSION)


def test_a_right_order_is_taken_and_its_worst_cost_reserved():
    decision = book_of().decide(ORDER)
    assert decision.refusal is None
    assert decision.reserved_tiyn == 2_072_000  # 1,000 kWh x 18.50 = 18,500.00, and 12 % on it


@pytest.mark.parametrize("refusal", CASES, ids=str)
def test_an_order_with_one_fault_is_refused_with_that_fault_and_nothing_reserved(refusal):
    order, bidder = CASES[refusal]
    decision = book_of(bidder).decide(order)
    assert (decision.refusal, decision.reserved_tiyn, decision.order) == (refusal, 0, order)


def test_every_refusal_has_its_case():
    assert {*CASES, OrderRefusal.ID_TAKEN} == set(OrderRefusal)


@pytest.mark.parametrize("later", ADDED, ids=str)
@pytest.mark.parametrize("earlier", ADDED, ids=str)
def test_an_order_with_two_faults_gets_the_first_in_the_list(earlier, later):
    rank = list(OrderRefusal).index
    if rank(earlier) >= rank(later):
        return
    order, bidder = ADDED[later](*ADDED[earlier](ORDER, BIDDER))
    assert book_of(bidder).decide(order).refusal is earlier


def test_a_taken_id_comes_before_every_other_fault():
    book = book_of()
    book.decide(ORDER)
    assert book.decide(replace(ORDER, operator_id="OP-999", received_at=CLOSES)).refusal is OrderRefusal.ID_TAKEN


@pytest.mark.parametrize(
    ("change", "bidder", "found", "limit"),
    [
        ({"price_tiyn_per_kwh": 1_855}, BIDDER, 1_855, 10),
        ({"price_tiyn_per_kwh": 1_790}, BIDDER, 1_790, 1_800),
        ({"quantity_kwh": 4}, BIDDER, 4, 5),
        ({"quantity_kwh": 2_001}, BIDDER, 2_001, 2_000),
        ({"quantity_kwh": 2_000, "price_tiyn_per_kwh": 1_860}, BIDDER, 4_166_400, 4_144_000),
    ],
)
def test_a_fault_of_content_says_what_was_found_and_the_limit(change, bidder, found, limit):
    decision = book_of(bidder).decide(replace(ORDER, **change))
    assert (decision.found, decision.limit) == (found, limit)


@pytest.mark.parametrize(
    "change",
    [
        {"received_at": OPENS},
        {"received_at": CLOSES - timedelta(microseconds=1)},
        {"price_tiyn_per_kwh": 1_800},
        {"quantity_kwh": 5},
        {"quantity_kwh": 2_000},
    ],
    ids=str,
)
def test_an_order_on_the_edge_of_a_limit_is_taken(change):
    assert book_of().decide(replace(ORDER, **change)).refusal is None


def test_the_same_order_again_gets_the_same_answer_and_reserves_once():
    book = book_of()
    first = book.decide(ORDER)
    assert book.decide(ORDER) is first
    # Twice the cost is the whole balance and the whole site: it would not fit a third time.
    assert book.decide(replace(ORDER, order_id="A-2")).refusal is None
    assert book.decide(replace(ORDER, order_id="A-3", quantity_kwh=5)).refusal is OrderRefusal.OVER_SITE_POWER


def test_a_refused_order_again_gets_the_same_answer():
    book = book_of()
    wrong = replace(ORDER, price_tiyn_per_kwh=1_700)
    assert book.decide(wrong) is book.decide(wrong)


def test_the_same_id_with_another_content_is_refused_and_the_first_stands():
    book = book_of()
    first = book.decide(ORDER)
    clash = replace(ORDER, price_tiyn_per_kwh=1_900)
    assert book.decide(clash).refusal is OrderRefusal.ID_TAKEN
    assert book.decide(ORDER) is first


def test_site_power_counts_all_orders_of_one_hour_together():
    book = book_of()
    answers = [book.decide(replace(ORDER, order_id=f"A-{n}", quantity_kwh=kwh)) for n, kwh in enumerate((900, 1_101))]
    assert [answer.refusal for answer in answers] == [None, OrderRefusal.OVER_SITE_POWER]
    assert (answers[1].found, answers[1].limit) == (2_001, 2_000)
    assert book.decide(replace(ORDER, order_id="A-2", quantity_kwh=1_100)).refusal is None


def test_site_power_of_one_hour_is_free_again_in_the_next():
    book = book_of()
    assert book.decide(replace(ORDER, quantity_kwh=2_000)).refusal is None
    next_hour = replace(ORDER, order_id="A-2", product_id=LATER.product_id, quantity_kwh=2_000)
    assert book.decide(next_hour).refusal is OrderRefusal.OVER_PREPAID_BALANCE


def test_the_balance_counts_all_orders_of_all_hours_with_vat():
    book = book_of()
    book.decide(ORDER)
    in_next_hour = replace(ORDER, order_id="A-2", product_id=LATER.product_id)
    one_more = replace(in_next_hour, order_id="A-3", quantity_kwh=1_001)
    assert book.decide(one_more).refusal is OrderRefusal.OVER_PREPAID_BALANCE
    assert book.decide(in_next_hour).refusal is None
    last = book.decide(replace(in_next_hour, order_id="A-4", quantity_kwh=5))
    assert (last.refusal, last.found, last.limit) == (OrderRefusal.OVER_PREPAID_BALANCE, 10_360, 0)


def test_a_refused_order_takes_no_power_and_no_money():
    book = book_of()
    for n in range(50):
        book.decide(replace(ORDER, order_id=f"X-{n}", quantity_kwh=2_000, price_tiyn_per_kwh=1_860))
    assert book.decide(replace(ORDER, quantity_kwh=2_000)).refusal is None


def test_every_order_is_in_exactly_one_decision():
    book = book_of()
    sent = [order for order, _ in CASES.values()]
    sent = [replace(order, order_id=f"C-{n}") for n, order in enumerate(sent)]
    sent += [ORDER, replace(ORDER, order_id="C-0"), replace(ORDER, order_id="B-1", quantity_kwh=5)]
    answers = [book.decide(order) for order in sent]
    assert all(answer.order is order for answer, order in zip(answers, sent, strict=True))


def test_assume_an_order_for_a_closed_product_does_not_vanish():
    book = book_of()
    decision = book.decide(replace(ORDER, product_id=EMPTY.product_id))
    assert decision.refusal is OrderRefusal.NOT_OFFERED


def test_assume_an_order_out_of_range_keeps_the_values_that_were_sent():
    sent = replace(ORDER, price_tiyn_per_kwh=1, quantity_kwh=10**9)
    assert book_of().decide(sent).order == sent


@pytest.mark.parametrize("standing", [SUSPENDED, ENDS, BEGINS])
def test_a_licence_counts_on_the_trading_and_on_the_delivery_day(standing):
    own = book_of(replace(BIDDER, standing=standing)).decide(ORDER)
    lent = book_of(replace(BIDDER, tenants={"OP-T": standing})).decide(replace(ORDER, owner_id="OP-T"))
    assert own.refusal is OrderRefusal.LICENCE_NOT_ACTIVE
    assert lent.refusal is OrderRefusal.OWNER_LICENCE_NOT_ACTIVE


def test_a_bidder_buys_for_its_licensed_tenant():
    assert book_of().decide(replace(ORDER, owner_id="OP-T")).refusal is None


def test_the_same_id_for_another_owner_is_another_order():
    book = book_of()
    book.decide(ORDER)
    assert book.decide(replace(ORDER, owner_id="OP-T")).refusal is OrderRefusal.ID_TAKEN


@pytest.mark.parametrize("received_at", [OPENS - timedelta(hours=1), OPENS, CLOSES])
def test_a_closed_book_takes_nothing_new_and_repeats_its_answers(received_at):
    book = book_of()
    first = book.decide(ORDER)
    book.close()
    late = replace(ORDER, order_id="A-2", received_at=received_at)
    assert book.decide(late).refusal is OrderRefusal.AFTER_CLOSURE
    assert book.decide(replace(ORDER, received_at=received_at)) is first


@pytest.mark.parametrize(
    ("purchase_max", "vat_ppm", "cost"),
    [
        (None, 120_000, 4_627),  # 4,131 + 495.72 -> 496
        (1_000, 120_000, 4_627),  # 4 x 1,120 + 131 + 15.72 -> 16
        (None, 0, 4_131),
    ],
)
def test_the_worst_cost_is_the_price_of_all_purchases_and_their_vat(purchase_max, vat_ppm, cost):
    rules = replace(RULES, purchase_max_kwh=purchase_max, vat_ppm=vat_ppm)
    assert worst_case_tiyn(quantity_kwh=4_131, price_tiyn_per_kwh=1, rules=rules) == cost


def test_the_worst_cost_rounds_vat_for_each_purchase_as_settlement_does():
    # 3 kWh at 5 tiyn in purchases of 1 kWh: VAT of 0.6 each becomes 1, so 3 x 6 = 18 and not 15 + 1.8 -> 17.
    rules = replace(RULES, purchase_max_kwh=1)
    assert worst_case_tiyn(quantity_kwh=3, price_tiyn_per_kwh=5, rules=rules) == 18
    assert worst_case_tiyn(quantity_kwh=3, price_tiyn_per_kwh=5, rules=replace(rules, purchase_max_kwh=None)) == 17
