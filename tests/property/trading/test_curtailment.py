"""Cuts of one hour, level after level: what is left, at what price, out of what was set aside and nothing else."""

from hypothesis import event, given
from hypothesis import strategies as st
from tests.trading.sessions import (
    OPENED_AT,
    SETTLED_AT,
    clear,
    free_tiyn,
    held_tiyn,
    hour,
    logged,
    open_session,
    order,
    participant,
    prepay,
    publish,
    revise,
)

from kezek.registry.operator import Route
from kezek.trading.events import Delivered

WHO = ("A", "B", "C", "D")
KWH = st.one_of(st.integers(1, 30), st.integers(1, 30), st.integers(900, 2_300))
STEPS = st.dictionaries(st.integers(1_801, 1_840), KWH, min_size=1, max_size=3)
BOOKS = st.lists(st.tuples(st.sampled_from(WHO), STEPS), min_size=2, max_size=5)
PERMILLES = st.lists(st.integers(0, 1_000), min_size=1, max_size=6).map(lambda some: sorted(some, reverse=True))
CHARGES = st.sampled_from(((0, 0), (5, 120), (3, 4)))
TIES = st.sampled_from(("pro_rata_per_operator", "time_priority", "equal_share"))
PRICES = st.sampled_from((("pay_as_bid", "kept"), ("uniform", "kept"), ("uniform", "restruck")))


def sold(book, charges, tie, prices):
    """An hour cleared in which nobody has a tiyn more than its orders may cost."""
    rules = {"market.price_rule": prices[0], "market.curtailment_price": prices[1], "market.tie_rule": tie}
    session = open_session(readings=rules, fee=charges[0], transmission=charges[1])
    for who in WHO:
        route = Route.IMPORTED if who == "D" else Route.GRID_SURPLUS
        session.admit(participant(who, route=route, owner="X" if who in "AB" else ""), OPENED_AT)
    for number, (who, steps) in enumerate(book):
        prepay(session, who, most_tiyn(session, who, steps), name=f"p{number}")
    publish(session, max(1, sum(sum(steps.values()) for _, steps in book) * 9 // 10))
    for number, (who, steps) in enumerate(book):
        assert session.submit(order(who, *steps.items(), name=f"o{number}")).refusal is None
    assert [free_tiyn(session, who) for who in WHO] == [0, 0, 0, 0]
    return clear(session)


def cost_tiyn(session, kwh, price):
    """One purchase: price, charges and VAT of 12 % on them, half up."""
    rules = session.trading.rules
    net = kwh * (price + rules.market_fee_tiyn_per_kwh + rules.transmission_tiyn_per_kwh)
    return net + (net * 12 + 50) // 100


def most_tiyn(session, who, steps):
    lots = [
        (min(1_000, kwh - first) if who != "D" else kwh, price)
        for price, kwh in steps.items()
        for first in range(0, kwh, 1_000 if who != "D" else kwh)
    ]
    return sum(cost_tiyn(session, kwh, price) for kwh, price in lots)


def levels_of(session, permilles):
    offered = session.trading.state.products[hour()].product.offered_kwh
    return [offered * part // 1_000 for part in permilles]


def lowest_served(session, supply_kwh):
    """The lowest price that a supply reaches in the book, found by sorting."""
    rows = sorted(
        (row.step for row in session.trading.state.products[hour()].rows), key=lambda one: -one.price_tiyn_per_kwh
    )
    lowest = None
    for step in rows:
        if supply_kwh <= 0:
            break
        lowest, supply_kwh = step.price_tiyn_per_kwh, supply_kwh - step.quantity_kwh
    return lowest


def spent_tiyn(session, who):
    state = session.trading.state
    keys = [key for key, purchase in state.purchases.items() if purchase.operator_id == who]
    return sum(cost_tiyn(session, state.final_purchase_kwh[key], state.price_of_purchase[key]) for key in keys)


@given(book=BOOKS, permilles=PERMILLES, charges=CHARGES, tie=TIES)
def test_one_price_struck_again_is_the_lowest_bid_still_served_and_what_is_set_aside_suffices(
    book, permilles, charges, tie
):
    session = sold(book, charges, tie, ("uniform", "restruck"))
    paid = {who: held_tiyn(session, f"prepaid:{who}") + spent_tiyn(session, who) for who in WHO}
    state = session.trading.state
    bids = {order_id: dict(steps) for order_id, steps in ((f"o{n}", steps) for n, (_, steps) in enumerate(book))}
    for kwh in levels_of(session, permilles):
        assert revise(session, kwh) is None
        price = lowest_served(session, kwh)
        for key, left in state.final_purchase_kwh.items():
            assert left == 0 or state.price_of_purchase[key] == price
            assert state.price_of_purchase[key] <= max(bids[key.partition("#")[0]])
        for who in WHO:
            assert held_tiyn(session, f"prepaid:{who}") == paid[who] - spent_tiyn(session, who)
            assert free_tiyn(session, who) >= 0
        state.ledger.require_zero()
    event(f"struck again: {bool(logged(session, 'purchase.restruck'))}")
    session.deliver(Delivered((), {}), SETTLED_AT)
    assert [free_tiyn(session, who) for who in WHO] == [held_tiyn(session, f"prepaid:{who}") for who in WHO]


@given(book=BOOKS, permilles=PERMILLES, charges=CHARGES, tie=TIES, prices=PRICES)
def test_cuts_in_a_row_leave_what_one_cut_to_the_last_level_leaves(book, permilles, charges, tie, prices):
    steps, at_once = (sold(book, charges, tie, prices) for _ in range(2))
    for kwh in levels_of(steps, permilles):
        assert revise(steps, kwh) is None
    assert revise(at_once, levels_of(at_once, permilles)[-1]) is None
    one, other = steps.trading.state, at_once.trading.state
    assert one.final_purchase_kwh == other.final_purchase_kwh
    assert one.products[hour()].final_kwh == other.products[hour()].final_kwh
    left = [key for key, kwh in one.final_purchase_kwh.items() if kwh]
    assert [one.price_of_purchase[key] for key in left] == [other.price_of_purchase[key] for key in left]
    assert one.ledger.balances_tiyn() == other.ledger.balances_tiyn()


@given(book=BOOKS, permilles=PERMILLES, charges=CHARGES, tie=TIES, prices=PRICES)
def test_no_award_and_no_purchase_ever_rises_and_one_who_keeps_its_price_pays_less(
    book, permilles, charges, tie, prices
):
    session = sold(book, charges, tie, prices)
    state = session.trading.state
    purchases, awards = dict(state.final_purchase_kwh), state.products[hour()].fills_kwh
    free = {who: free_tiyn(session, who) for who in WHO}
    for kwh in levels_of(session, permilles):
        revise(session, kwh)
        now = state.products[hour()].fills_kwh
        assert all(after <= before for before, after in zip(awards, now, strict=True))
        assert all(state.final_purchase_kwh[key] <= before for key, before in purchases.items())
        assert sum(now) == min(kwh, sum(awards))
        assert all(free_tiyn(session, who) >= before for who, before in free.items())
        purchases, awards = dict(state.final_purchase_kwh), now
        free = {who: free_tiyn(session, who) for who in WHO}
    if prices[1] == "kept":
        assert all(state.price_of_purchase[key] == one.price_tiyn_per_kwh for key, one in state.purchases.items())
        assert logged(session, "purchase.restruck") == []
