from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.order import Bidder, MarketRules, Order, OrderBook, OrderRefusal, Standing, worst_case_tiyn
from kezek.market.product import Product, Session
from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone

AT = datetime(2025, 10, 14, 4, 30, tzinfo=UTC)
SESSION = Session(AT, AT, AT, AT + timedelta(minutes=30))
RULES = MarketRules("pay_as_bid", "pro_rata_per_operator", 5, 2, 7, 120_000)
PRODUCTS = [Product(f"h{n}", Zone.WEST, n, 100 * n, 10) for n in range(3)]
ACTIVE = Standing(LicenceState.ACTIVE, LicenceState.ACTIVE)
ENDS = Standing(LicenceState.ACTIVE, LicenceState.EXPIRED)
BIDDERS = [Bidder(name, Zone.WEST, ACTIVE, True, 20_000, 900, {"t": ACTIVE, "e": ENDS}) for name in ("a", "b")]

orders = st.lists(
    st.builds(
        Order,
        order_id=st.integers(0, 12).map(str),
        operator_id=st.sampled_from(["a", "b", "stranger"]),
        product_id=st.sampled_from(["h0", "h1", "h2", "h9"]),
        price_tiyn_per_kwh=st.integers(0, 8).map(lambda steps: 5 * steps),
        quantity_kwh=st.integers(-3, 25),
        received_at=st.sampled_from([AT - timedelta(seconds=1), AT, AT + timedelta(minutes=30)]),
        owner_id=st.sampled_from(["a", "b", "t", "e"]),
    ),
    max_size=30,
)


def whenever(order):
    """An order without its time: sent again later it is still the same order."""
    return replace(order, received_at=AT)


@settings(max_examples=200)
@given(sent=orders)
def test_no_book_takes_more_than_site_and_balance_and_answers_each_order_once(sent):
    book = OrderBook(products=PRODUCTS, bidders=BIDDERS, rules=RULES, session=SESSION)
    answers = [book.decide(order) for order in sent]
    assert [whenever(answer.order) for answer in answers] == [whenever(order) for order in sent]
    distinct = {id(answer): answer for answer in answers}.values()
    assert len(distinct) == len({whenever(order) for order in sent})

    taken = [decision for decision in distinct if decision.refusal is None]
    assert all(one.order.owner_id in (one.order.operator_id, "t") for one in taken)
    assert len({decision.order.order_id for decision in taken}) == len(taken)
    kwh, reserved = Counter(), Counter()
    for decision in taken:
        order = decision.order
        kwh[order.operator_id, order.product_id] += order.quantity_kwh
        reserved[order.operator_id] += decision.reserved_tiyn
        assert decision.reserved_tiyn == worst_case_tiyn(
            quantity_kwh=order.quantity_kwh, price_tiyn_per_kwh=order.price_tiyn_per_kwh, rules=RULES
        )
    assert all(energy <= 20 for energy in kwh.values())
    assert all(money <= 900 for money in reserved.values())


@settings(max_examples=100)
@given(sent=orders)
def test_sending_everything_twice_changes_no_answer(sent):
    book = OrderBook(products=PRODUCTS, bidders=BIDDERS, rules=RULES, session=SESSION)
    first = [book.decide(order) for order in sent]
    assert [book.decide(order) for order in sent] == first
    assert all(answer.refusal is None or isinstance(answer.refusal, OrderRefusal) for answer in first)
