"""A book that its own log does not bear out: each forgery is named by its entry and in a sentence."""

from copy import deepcopy

import pytest
from tests.property.trading.acts import standing
from tests.trading.market_days import PROGRAMME, UNIFORM, cut_session, delivered_session
from tests.trading.reclearing import again, index_of
from tests.trading.sessions import BID_AT, cancel, clear, events, hour, market, order, participant, revise, sent_by

from kezek.day.events import Input
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.tree import leaf_hash
from kezek.market.order import OrderRefusal, OutcomeReason
from kezek.market.supply import CutEffect
from kezek.registry.operator import Route
from kezek.trading import log_book
from kezek.trading.events import Derived, SessionInput
from kezek.trading.reclear import DERIVED, reclear


def forged(change, readings=None, kind="order.decided"):
    """A day's log changed at its first entry of a kind, written anew; gives the verdict and the index."""
    entries = events(delivered_session(readings))
    index = next(i for i, event in enumerate(entries) if event["type"] == kind)
    change(entries, index)
    return again(entries), index


def sentence(found):
    assert not found.ok
    faults = [*found.faults, *(one.fault for one in found.hours.values() if one.fault)]
    return min(faults, key=lambda fault: (fault.entry is None, fault.entry)).what


def drop(entries, index):
    del entries[index]


def test_the_names_of_the_events_are_those_of_the_engine():
    text = (log_book.__file__, reclear.__globals__["__file__"])
    named = {kind for path in text for kind in _names_in(path)}
    known = {str(kind) for kinds in (SessionInput, Derived, Input) for kind in kinds}
    assert named - known == set()
    assert set(DERIVED) <= named and "supply.revised" in named and "standing.decided" in named
    words = {*map(str, OutcomeReason), *map(str, CutEffect)}
    assert {"market.outcome.by_operator", "market.outcome.outbid", "market.supply.below_sold"} <= words


def _names_in(path):
    import ast
    import re
    from pathlib import Path

    texts = [
        node.value
        for node in ast.walk(ast.parse(Path(path).read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    return [text for text in texts if re.fullmatch(r"[a-z]+\.[a-z]+", text)]


def test_a_whole_day_is_compared_and_counted():
    found = again(events(cut_session(UNIFORM)))
    assert found.ok
    second = found.hours["2025-10-15/north_south/01"]
    assert (second.supply_kwh, second.sold_kwh, second.left_kwh, second.recut_count) == (50_000, 50_000, 34_600, 1)
    assert (second.order_count, second.rules) == (3, ("uniform/1", "pro_rata_per_operator/1"))
    assert len(found.hours) == 48


def test_the_programme_is_cleared_again_apart_from_the_surplus():
    found = again(events(cut_session(PROGRAMME)))
    assert found.ok
    assert found.hours["2025-10-15/north_south/01/programme"].purchase_count == 9


def test_a_root_at_the_gate_that_is_not_that_of_the_entries_is_named():
    entries = events(delivered_session())
    gate = next(i for i, event in enumerate(entries) if event["type"] == "gate.closed")
    entries[gate]["data"]["root"] = "00" * 32
    found = reclear(events=entries, leaves=[leaf_hash(canonical_bytes(event)) for event in entries])
    assert index_of(found) == gate
    assert "the gate names" in sentence(found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda entries, i: entries[i]["data"].update(order_id="nobody"), "nobody sent order nobody version 1"),
        (lambda entries, i: entries[i]["data"].update(version=9), "version 9"),
    ],
)
def test_a_decision_on_an_order_that_was_not_sent_is_named(change, words):
    found, index = forged(change)
    assert index_of(found) == index
    assert words in sentence(found)


def test_an_order_dropped_from_the_book_behind_its_acceptance_changes_the_clearing():
    found, _ = forged(lambda entries, i: entries[i]["data"].update(refusal="market.order.no_quota"))
    assert "summary" in sentence(found)


def test_an_order_taken_under_the_reserve_is_named():
    def change(entries, index):
        entries[index]["data"]["steps"][0]["price_tiyn_per_kwh"] = 3

    assert "is under the reserve, and is taken" in sentence(forged(change, kind="order.submitted")[0])


def test_a_cancellation_that_nobody_sent_is_named():
    found, index = forged(drop, kind="cancellation.submitted")
    assert "nobody asked to cancel order C-4" in sentence(found)
    assert index_of(found) == index + 1  # behind the money that is let go


def test_an_order_of_a_suspended_operator_cannot_stay():
    assert "D-1 of a suspended operator stands in the book" in sentence(forged(drop, kind="order.removed")[0])


def test_an_order_cannot_be_removed_without_a_suspension():
    assert "is removed without a reason" in sentence(forged(drop, kind="operator.suspended")[0])


def test_an_hour_that_was_declared_is_cleared():
    def change(entries, index):
        product_id = entries[index]["id"]
        entries[index:] = [
            event
            for event in entries[index:]
            if event["id"] != product_id
            and event["data"].get("product_id") != product_id
            and event["data"].get("order_id") not in {"A-1", "B-1", "C-3"}
        ]

    found, _ = forged(change, kind="product.cleared")
    assert sentence(found) == "it was declared and never cleared"
    assert [fault.product_id for fault in found.faults] == ["2025-10-15/north_south/00"]


def test_supply_behind_the_gate_only_shrinks():
    def change(entries, index):
        cut = [i for i, event in enumerate(entries) if event["type"] == "supply.declared"][-1]
        entries[cut]["data"]["declared_kwh"] = 60_000

    assert "goes to 60000 kWh: behind the gate it only shrinks" in sentence(forged(change)[0])


def test_an_order_cannot_enter_behind_the_gate():
    def change(entries, index):
        sent, decided = deepcopy(entries[index]), deepcopy(entries[index + 2])
        sent["data"].update(order_id="LATE", version=1)
        decided["data"].update(order_id="LATE", version=1)
        gate = next(i for i, event in enumerate(entries) if event["type"] == "gate.closed")
        entries[gate + 1 : gate + 1] = [sent, decided]

    assert "LATE version 1 is taken behind the gate" in sentence(forged(change, kind="order.submitted")[0])


def test_hours_cleared_by_another_rule_than_the_first_are_named():
    def change(entries, index):
        entries[index + 1]["data"]["rules"][1] = "time_priority/1"
        later = [event for event in entries[index + 2 :] if event["type"] == "product.cleared"]
        later[0]["data"]["rules"][1] = "equal_share/1"

    assert "time_priority" in sentence(forged(change, kind="session.cleared")[0])


def test_a_rule_that_the_reading_does_not_name_is_found():
    def change(entries, index):
        for event in entries:
            if event["type"] == "product.cleared":
                event["data"]["rules"][0] = "pay_as_bid/1"

    assert "its reading is uniform" in sentence(forged(change, UNIFORM)[0])


def test_a_version_of_a_rule_that_is_not_known_here_is_named():
    def change(entries, index):
        for event in entries:
            if event["type"] == "product.cleared":
                event["data"]["rules"][0] = "pay_as_bid/2"

    assert "does not know the rules pay_as_bid/2" in sentence(forged(change)[0])


@pytest.mark.parametrize("readings", [None, {"energy.purchase_max": "none"}])
def test_purchases_are_split_in_one_way_for_all_on_the_surplus(readings):
    session = market("A", "B", supply_kwh=9_000, readings=readings)
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("B", (2_000, 2_500)))
    entries = events(clear(session))
    assert again(entries).ok
    first = next(i for i, event in enumerate(entries) if event["type"] == "purchase.made")
    entries[first]["data"]["energy_kwh"] = 1_000 if readings else 2_500
    assert not again(entries).ok


def test_an_exempt_bidder_may_buy_in_one_piece_beside_others_that_do_not():
    exempt = participant("E", route=Route.OWN_RENEWABLE)
    session = market("A", supply_kwh=9_000, people=(exempt,), readings={"energy.exemptions": "s3"})
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("E", (2_300, 2_500)))
    found = again(events(clear(session)))
    assert found.ok
    assert sum(one.purchase_count for one in found.hours.values()) == 4


def test_the_orders_of_a_standing_order_are_taken_from_its_terms():
    session = market("A", "B", supply_kwh=150)
    session.place(standing("A", 1, 2_000, 100, (3,)), BID_AT)
    session.submit(order("B", (1_900, 100)))
    clear(session)
    revise(session, 120)
    entries = events(session)
    assert again(entries).ok
    placed = next(event for event in entries if event["type"] == "standing.placed")
    placed["data"]["power_kw"] = 90
    assert "asked_kwh" in sentence(again(entries))


def test_one_on_the_surplus_cannot_buy_in_one_piece_while_another_is_split():
    session = market("A", "B", supply_kwh=9_000)
    session.submit(order("A", (2_400, 2_500)))
    session.submit(order("B", (2_000, 2_500)))
    entries = events(clear(session))
    mine = [
        i for i, event in enumerate(entries) if event["type"] == "purchase.made" and event["id"].startswith("o-B")
    ]
    entries[mine[0]]["data"]["energy_kwh"] = 2_500
    del entries[mine[1] : mine[-1] + 1]
    assert index_of(again(entries)) == mine[0]


def test_a_cancellation_sent_again_and_a_foreign_order_under_a_standing_id_change_no_book():
    session = market("A", "B", supply_kwh=150)
    session.submit(order("B", (1_900, 100)))
    assert cancel(session, "B") == cancel(session, "B")
    session.place(standing("A", 1, 2_000, 100, (3,)), BID_AT)
    child = sent_by("S-A")
    foreign = session.submit(order("B", (1_950, 30), name=child, version=2))
    assert foreign.refusal is OrderRefusal.NOT_YOURS
    session.place(standing("A", 2, 2_000, 80, (3,)), BID_AT)
    clear(session)
    found = again(events(session))
    assert found.ok
    assert found.hours[hour()].sold_kwh == 80


def insert(*made):
    """Put an order and its acceptance, or a cancellation and its answer, behind the first acceptance of A-1."""

    def change(entries, _):
        place = next(
            i for i, event in enumerate(entries) if event["id"] == "C-1" and event["type"] == "order.submitted"
        )
        sent = next(event for event in entries if event["id"] == "A-1" and event["type"] == "order.submitted")
        decided = next(event for event in entries if event["id"] == "A-1" and event["type"] == "order.decided")
        new = []
        for kind, data in made:
            model = deepcopy(sent if kind in ("order.submitted", "cancellation.submitted") else decided)
            new.append({**model, "type": kind, "data": {**model["data"], **data}})
        entries[place:place] = new

    return change


CANCELLED = (
    ("cancellation.submitted", {"version": 2}),
    ("order.cancelled", {"version": 2}),
)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            (("order.submitted", {"owner_id": "OP-002"}), ("order.decided", {})),
            "order A-1 version 1 is taken twice with different content",
        ),
        (
            (("order.submitted", {"version": 2, "operator_id": "OP-002"}), ("order.decided", {"version": 2})),
            "changes another bidder's order",
        ),
        ((("order.submitted", {"version": 0}), ("order.decided", {"version": 0})), "is no later version"),
        (
            (*CANCELLED, ("order.submitted", {"version": 3}), ("order.decided", {"version": 3})),
            "order A-1 version 3 was cancelled, and is taken",
        ),
        (
            (("cancellation.submitted", {"version": 2, "operator_id": "OP-002"}), CANCELLED[1]),
            "order A-1 is cancelled by another bidder",
        ),
        (
            (("order.submitted", {"order_id": "X", "operator_id": "OP-009"}), ("order.decided", {"order_id": "X"})),
            "is of an operator that was never admitted",
        ),
        (
            (
                ("order.submitted", {"order_id": "X", "product_id": "2025-10-15/west/05"}),
                ("order.decided", {"order_id": "X"}),
            ),
            "is for an hour that is not offered",
        ),
        (
            (("order.submitted", {"order_id": "X", "steps": []}), ("order.decided", {"order_id": "X"})),
            "has a quantity that is not positive",
        ),
    ],
)
def test_a_book_that_no_market_can_have_is_named(made, words):
    found, _ = forged(insert(*made))
    assert words in sentence(found)


@pytest.mark.parametrize("kind", ["purchase.made", "purchase.cut", "purchase.restruck"])
def test_the_last_entry_of_an_hour_cannot_be_left_out(kind):
    entries = events(delivered_session(UNIFORM))
    last = max(i for i, event in enumerate(entries) if event["type"] == kind)
    name = entries[last]["id"]
    del entries[last]
    found = again(entries)
    assert not found.ok
    assert any(one.fault and f"{kind} of {name}" in one.fault.what for one in found.hours.values())


def test_an_hour_cannot_be_cleared_twice():
    def change(entries, index):
        entries[index:index] = [deepcopy(entries[index])]

    assert "or a second time" in sentence(forged(change, kind="product.cleared")[0])


def test_a_log_before_its_clearing_has_nothing_to_compare():
    session = market("A")
    session.submit(order("A", (2_400, 2_500)))
    found = again(events(session))
    assert found.ok and not found.hours


def test_a_forged_amount_beyond_reason_takes_no_memory():
    def change(entries, index):
        huge = 2**53 - 1
        for event in entries:
            if event["type"] == "supply.declared":
                event["data"]["declared_kwh"] = huge
        entries[index]["data"]["steps"] = [{"price_tiyn_per_kwh": 2_000, "quantity_kwh": huge}]

    assert not forged(change, kind="order.submitted")[0].ok
