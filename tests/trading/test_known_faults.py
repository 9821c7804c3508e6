"""What other market software gets wrong, each as a test of a whole session; a comment says what the other did."""

import json

import numpy as np
import pytest
from tests.trading.sessions import (
    BID_AT,
    CLEARED_AT,
    GATE_AT,
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
    order,
    participant,
    publish,
    revise,
    withdraw,
)

from kezek.evidence.proof import verify_inclusion
from kezek.evidence.tree import leaf_hash
from kezek.market.clearing import clear_product
from kezek.market.order import MOST_KWH, MOST_TIYN_PER_KWH, OrderEnd, OrderRefusal, Outcome, OutcomeReason
from kezek.registry.zone import Zone
from kezek.reports.market_words import code_sentence
from kezek.trading.answers import allocation_of

UNIFORM = {"market.price_rule": "uniform"}
R = OrderRefusal
PAID_TIYN = 10**9


def end_of(session, name):
    return session.trading.state.ends[name]


def allocation(session, who=""):
    made = allocation_of(session=session, created_at=CLEARED_AT, sentence=code_sentence, operator_id=who)
    return {row.order_id: row for row in made.rows}


def in_book(session, product=None):
    return [one.order for one in session.trading.book.live(product or hour())]


# --- ASSUME 4: orders vanish ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product", "refusal"),
    [
        (hour(5), R.NOT_OFFERED),
        (hour(30), R.UNKNOWN_PRODUCT),
        ("2025-10-16/north_south/03", R.UNKNOWN_PRODUCT),
        (f"{hour()}/programme", R.UNKNOWN_PRODUCT),
    ],
)
def test_assume_4_an_order_for_a_product_that_is_not_open_is_answered_logged_and_ends(product, refusal):
    # ASSUME: such an order is in neither list of the result; a line of the log file says "skipping", and it stays.
    session = market("A", "B")
    decision = session.submit(order("A", (2_000, 100), product=product))
    session.submit(order("B", (1_900, 100)))
    assert decision.refusal is refusal
    clear(session)
    assert end_of(session, "o-A") == OrderEnd(Outcome.REJECTED, refusal)
    assert [one["id"] for one in logged(session, "order.submitted")] == ["o-A", "o-B"]
    assert logged(session, "order.decided")[0]["data"]["refusal"] == refusal.value
    row = allocation(session, "A")["o-A"]
    assert (row.product_id, row.asked_kwh, row.awarded_kwh, row.code) == (product, 100, 0, refusal.value)


def test_assume_4_three_identical_orders_in_are_three_orders_out():
    # ASSUME: orders are compared by what they say, so that of four orders in three come out.
    session = market("A", "B", supply_kwh=350)
    for name in ("a-1", "a-2", "a-3"):
        assert session.submit(order("A", (1_900, 100), name=name)).refusal is None
    session.submit(order("B", (1_900, 100)))
    clear(session)
    state = session.trading.state
    assert set(state.ends) == {"a-1", "a-2", "a-3", "o-B"} == set(allocation(session))
    assert sum(fills(session).values()) == 350
    asked = {name: row.asked_kwh for name, row in allocation(session).items()}
    assert asked == dict.fromkeys(state.ends, 100)


def test_assume_4_one_message_sent_three_times_has_three_answers_and_is_one_order():
    # ASSUME: whether two equal orders are one is decided by chance of their content. Here the id decides.
    session = market("A")
    answers = [session.submit(order("A", (1_900, 100))) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    clear(session)
    assert list(left_of(session).values()) == [(100, 1_900)]
    assert len(logged(session, "order.submitted")) == len(logged(session, "order.decided")) == 3
    assert fills(session) == {"o-A": 100}


# --- ASSUME 5: orders are changed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "refusal", "limit"),
    [
        ((MOST_TIYN_PER_KWH + 1, 100), R.PRICE_TOO_HIGH, MOST_TIYN_PER_KWH),
        ((1_799, 100), R.PRICE_UNDER_RESERVE, 1_800),
        ((-1, 100), R.PRICE_UNDER_RESERVE, 1_800),
        ((1_900, MOST_KWH + 1), R.QUANTITY_TOO_LARGE, MOST_KWH),
        ((1_900, 0), R.QUANTITY_NOT_POSITIVE, 1),
        ((1_900, 100_001), R.OVER_SITE_POWER, 100_000),
    ],
)
def test_assume_5_what_is_out_of_range_is_refused_with_its_limit_and_never_moved_to_it(step, refusal, limit):
    # ASSUME: price and volume are changed to the limit, and nobody is told.
    session = market("A")
    decision = session.submit(order("A", step))
    assert (decision.refusal, decision.limit) == (refusal, limit)
    assert decision.found in step
    assert in_book(session) == []
    said = logged(session, "order.submitted")[0]["data"]["steps"]
    assert [(one["price_tiyn_per_kwh"], one["quantity_kwh"]) for one in said] == [step]
    clear(session)
    assert left_of(session) == {}
    assert free_tiyn(session, "A") == PAID_TIYN


@pytest.mark.parametrize(
    ("where", "refusal"),
    [
        ({"site": "nowhere"}, R.UNKNOWN_SITE),
        ({"site": "B-site"}, R.UNKNOWN_SITE),
        ({"site": "A-Site"}, R.UNKNOWN_SITE),
        ({"product": hour(zone=Zone.WEST)}, R.OTHER_ZONE),
        ({"owner": "nobody"}, R.OWNER_NOT_HOSTED),
    ],
)
def test_assume_5_an_unknown_place_is_refused_and_becomes_no_other(where, refusal):
    # ASSUME: an order for a node that is not known is cleared at the first node.
    session = market("A", "B")
    publish(session, 5_000, hour(zone=Zone.WEST))
    assert session.submit(order("A", (1_900, 100), **where)).refusal is refusal
    assert [in_book(session, product) for product in session.trading.state.products] == [[]] * 48
    clear(session)
    assert left_of(session) == {}


# --- ASSUME 7 and #795: orders merge --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "second",
    [
        order("A", (2_500, 100)),
        order("A", (1_900, 200)),
        order("A", (1_900, 100), product=hour(4)),
        order("B", (1_900, 100), name="o-A"),
    ],
    ids=["price", "energy", "hour", "operator"],
)
def test_assume_795_a_second_order_with_the_id_of_the_first_is_refused_and_neither_is_lost(second):
    # ASSUME #795: bids of one id become one, in silence, with what the last of them says.
    session = market("A", "B")
    publish(session, 5_000, hour(4))
    first = session.submit(order("A", (1_900, 100)))
    decision = session.submit(second)
    assert (first.refusal, decision.refusal) == (None, R.ID_TAKEN)
    assert decision.order == second
    assert in_book(session) == [first.order]
    clear(session)
    assert fills(session) == {"o-A": 100}
    assert fills(session, hour(4)) == {}
    assert free_tiyn(session, "B") == PAID_TIYN
    assert [one["data"]["refusal"] for one in logged(session, "order.decided")] == [None, R.ID_TAKEN.value]


@pytest.mark.parametrize("readings", [None, UNIFORM])
def test_assume_7_a_curtailed_hour_is_shared_by_its_own_orders_and_not_by_those_of_another(readings):
    # ASSUME: a child's surplus is calculated with its parent's volume, and a list is shortened while it is read.
    session = market("A", "B", "C", supply_kwh=3_000, readings=readings)
    publish(session, 3_000, hour(4))
    for who, price in (("A", 2_000), ("B", 1_900), ("C", 1_850)):
        for index in (3, 4):
            session.submit(order(who, (price, 1_000), name=f"{who}-{index}", product=hour(index)))
    clear(session)
    assert revise(session, 1_500, hour(4)) is None
    assert fills(session, hour(4)) == {"A-4": 1_000, "B-4": 500}
    assert fills(session, hour(3)) == {"A-3": 1_000, "B-3": 1_000, "C-3": 1_000}


def test_assume_7_a_session_without_orders_is_cleared_as_any_other():
    # ASSUME: clear([]) gives three values where those who call it unpack four.
    session = clear(market("A"))
    assert (fills(session), left_of(session), allocation(session)) == ({}, {}, {})
    assert session.trading.state.products[hour()].summary is not None


# --- ASSUME 8: no reason, no amendment, no cancellation, no receipt -------------------------------------------------


@pytest.mark.parametrize("refusal", list(OrderRefusal))
def test_assume_8_every_refusal_has_a_code_and_a_sentence(refusal):
    # ASSUME: whatever is wrong, the answer is "unable to process".
    assert refusal.value.startswith("market.order.")
    assert code_sentence(refusal.value).endswith(".")


def test_assume_8_an_order_can_be_amended_and_cancelled_until_the_gate_closes():
    # ASSUME: what was sent stays as it was sent.
    session = market("A", "B", supply_kwh=500)
    session.submit(order("A", (1_900, 300)))
    session.submit(order("B", (1_850, 500)))
    amended = session.submit(order("A", (1_950, 200), version=2))
    assert amended.refusal is None
    assert [one.version for one in in_book(session)] == [1, 2]
    removed = cancel(session, "B")
    assert (removed.refusal, removed.removed.order.order_id) == (None, "o-B")
    assert free_tiyn(session, "B") == PAID_TIYN
    close(session)
    assert cancel(session, "A", version=3, when=GATE_AT).refusal is R.AFTER_CLOSURE
    assert session.clear(CLEARED_AT) is None
    assert fills(session) == {"o-A": 200}
    assert end_of(session, "o-B") == OrderEnd(Outcome.CANCELLED, OutcomeReason.BY_OPERATOR)


def test_assume_8_every_order_and_every_answer_has_a_receipt_that_anybody_can_check():
    # ASSUME: there is nothing to show that an order was sent, or how it was answered.
    session = market("A", supply_kwh=500)
    session.submit(order("A", (1_900, 300)))
    session.submit(order("A", (1_700, 300), name="low"))
    cancel(session, "A")
    clear(session)
    size, root = len(session.log), session.log.tree.root()
    shown = [n for n, one in enumerate(events(session)) if one["type"].startswith(("order.", "cancellation."))]
    assert len(shown) >= 6
    for index in shown:
        entry = session.log.entry(index)
        proof = session.log.tree.inclusion_proof(index)
        verify_inclusion(leaf=leaf_hash(entry), index=index, size=size, proof=proof, root=root)
        assert json.loads(entry)["id"] in ("o-A", "low")


# --- what users of ASSUME ask for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("readings", [None, UNIFORM])
def test_assume_584_a_rejected_order_has_no_price_of_its_own_hour_or_of_another(readings):
    # ASSUME #584: rejected orders carried the price of another hour.
    session = market("A", "B", supply_kwh=1_000, readings=readings)
    publish(session, 1_000, hour(4))
    for index, high, low in ((3, 1_900, 1_850), (4, 2_400, 2_300)):
        session.submit(order("A", (high, 1_000), name=f"A-{index}", product=hour(index)))
        session.submit(order("B", (low, 1_000), name=f"B-{index}", product=hour(index)))
    clear(session)
    rows = allocation(session)
    assert [(step.price_tiyn_per_kwh, step.quantity_kwh) for step in rows["A-3"].awarded] == [(1_900, 1_000)]
    assert [(step.price_tiyn_per_kwh, step.quantity_kwh) for step in rows["A-4"].awarded] == [(2_400, 1_000)]
    for name in ("B-3", "B-4"):
        assert (rows[name].awarded, rows[name].cost_tiyn) == ((), 0)
        assert end_of(session, name) == OrderEnd(Outcome.REJECTED, OutcomeReason.OUTBID)
    assert {one.operator_id for one in session.trading.state.purchases.values()} == {"A"}
    assert free_tiyn(session, "B") == PAID_TIYN
    assert held_tiyn(session, "energy_sales:single_buyer") == 1_000 * (1_900 + 2_400)


@pytest.mark.parametrize(
    ("when", "refusal"),
    [(at("09:29:59"), R.BEFORE_OPENING), (GATE_AT, R.AFTER_CLOSURE), (at("23:00"), R.AFTER_CLOSURE)],
)
def test_assume_192_a_product_takes_orders_only_while_its_session_is_open(when, refusal):
    # ASSUME #192: an order for a product that is closed was taken as any other.
    session = market("A")
    assert session.submit(order("A", (1_900, 100), when=when)).refusal is refusal
    assert in_book(session) == []


@pytest.mark.parametrize("cleared", [False, True])
def test_assume_192_behind_the_gate_nothing_comes_in_whatever_time_it_states(cleared):
    # ASSUME #192: whether a product is closed was not looked at.
    session = market("A", "B")
    session.submit(order("A", (1_900, 100)))
    close(session)
    if cleared:
        assert session.clear(CLEARED_AT) is None
    late = session.submit(order("B", (9_000, 5_000), when=BID_AT))
    amended = session.submit(order("A", (9_000, 5_000), version=2, when=BID_AT))
    assert (late.refusal, amended.refusal) == (R.AFTER_CLOSURE, R.AFTER_CLOSURE)
    if not cleared:
        assert session.clear(CLEARED_AT) is None
    assert fills(session) == {"o-A": 100}
    assert end_of(session, "o-B") == OrderEnd(Outcome.REJECTED, R.AFTER_CLOSURE)
    assert allocation(session)["o-B"].code == R.AFTER_CLOSURE.value


def test_assume_192_an_hour_that_was_withdrawn_takes_no_order_any_more():
    # ASSUME #192: the same for a product that is taken back.
    session = market("A", "B")
    session.submit(order("A", (1_900, 100)))
    assert withdraw(session, when=at("09:35")) is None
    assert session.submit(order("B", (1_900, 100))).refusal is R.NOT_OFFERED
    clear(session)
    assert end_of(session, "o-A") == OrderEnd(Outcome.REJECTED, OutcomeReason.NO_SUPPLY)
    assert left_of(session) == {}


def test_assume_133_everybody_who_gets_less_than_was_asked_is_told_so_with_the_reason():
    # ASSUME #133: only those who were served heard of it.
    session = market("A", "B", "C", supply_kwh=150, people=(participant("D", zone=Zone.WEST),))
    session.submit(order("A", (1_900, 100)))
    session.submit(order("B", (1_850, 100)))
    session.submit(order("C", (1_820, 100)))
    session.submit(order("D", (1_900, 100)))
    clear(session)
    told = {who: allocation(session, who) for who in "ABCD"}
    assert {who: set(rows) for who, rows in told.items()} == {who: {f"o-{who}"} for who in "ABCD"}
    assert {who: (rows[f"o-{who}"].outcome.value, rows[f"o-{who}"].code) for who, rows in told.items()} == {
        "A": ("accepted", ""),
        "B": ("partly_accepted", OutcomeReason.SHARED.value),
        "C": ("rejected", OutcomeReason.OUTBID.value),
        "D": ("rejected", R.OTHER_ZONE.value),
    }
    assert all(told[who][f"o-{who}"].sentence.endswith(".") for who in "BCD")


# --- PyMarket -------------------------------------------------------------------------------------------------------


def sorted_oracle(price, quantity, supply_kwh):
    """Serve from the highest price down, first come first served."""
    fill, left = [0] * len(price), supply_kwh
    for row in sorted(range(len(price)), key=lambda row: (-price[row], row)):
        fill[row] = min(left, quantity[row])
        left -= fill[row]
    return fill, min(price[row] for row, kwh in enumerate(fill) if kwh)


@pytest.mark.parametrize("distinct_count", [200_000, 100_000], ids=["all distinct", "two bids a price"])
@pytest.mark.parametrize("price_rule", ["pay_as_bid", "uniform"])
@pytest.mark.parametrize("share_percent", [3, 60, 100])
def test_pymarket_two_hundred_thousand_bids_are_cleared_as_the_sorted_reference(
    distinct_count, price_rule, share_percent
):
    # PyMarket: two loops over all bids for every price make a merge of two curves quadratic (5.7 s for 10 000 bids),
    # and prices that differ in the sixth decimal are rounded into one. Here neighbours are a tiyn apart, in no order.
    count, stride = 200_000, 77_773
    rows = range(count)
    price = [1_800 + (row * stride) % distinct_count for row in rows]
    quantity = [1 + (row * 31) % 997 for row in rows]
    assert len(set(price)) == distinct_count
    supply_kwh = sum(quantity) * share_percent // 100
    fill, marginal = sorted_oracle(price, quantity, supply_kwh)
    clearing = clear_product(
        product_id=hour(),
        supply_kwh=supply_kwh,
        reserve_tiyn_per_kwh=1_800,
        price_tiyn_per_kwh=np.array(price, dtype=np.int64),
        quantity_kwh=np.array(quantity, dtype=np.int64),
        claimant=np.arange(count, dtype=np.int64),
        claimant_ids=[f"OP-{row}" for row in rows],
        price_rule=price_rule,
        tie_rule="time_priority",
        tie_key=b"root",
    )
    assert clearing.fill_kwh.tolist() == fill
    assert clearing.marginal_tiyn_per_kwh == marginal
    paid = [
        (marginal if price_rule == "uniform" else own) if kwh else 0 for own, kwh in zip(price, fill, strict=True)
    ]
    assert clearing.pay_tiyn_per_kwh.tolist() == paid
