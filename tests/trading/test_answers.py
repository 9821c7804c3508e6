"""The papers of a session: every row answered, every order ended, every tiyn of the ledger in the settlement."""

import datetime as dt
from collections import Counter

import pytest
from lxml import etree
from tests.trading.market_days import (
    BIDS_AT,
    CUT_AT,
    DONE_AT,
    FIRST,
    GATE_AT,
    LATE,
    NORTH,
    ON,
    PAPERS_AT,
    PROGRAMME,
    SECOND,
    UNIFORM,
    bid,
    cleared_session,
    closed_session,
    cut_session,
    declare,
    delivered_session,
    new_session,
    order,
    participant,
    supply,
)

from kezek.documents.markup import schema_text
from kezek.documents.paper import Outcome, RowFault, RuleUsed, SettlementGap
from kezek.documents.xml_answers import write_acknowledgement_xml, write_allocation_xml, write_settlement_xml
from kezek.market.imbalance import ImbalanceGap
from kezek.market.order import Decision
from kezek.market.supply import SupplyAct
from kezek.trading.answers import (
    acknowledged,
    acknowledgement_of,
    allocation_of,
    orders_ended,
    require_cleared,
    rules_used,
    settlement_of,
)
from kezek.trading.events import Delivered, Metered

BALANCING = {"market.imbalance_price": "balancing_market"}
SINGLE = {"market.imbalance_price": "single_price"}
READINGS = pytest.mark.parametrize("readings", [{}, UNIFORM, PROGRAMME], ids=["described", "uniform", "programme"])


def code(code_):
    return f"sentence of {code_}"


def words(answer):
    return f"sentence of {answer.refusal}"


def allocation(session, **changes):
    return allocation_of(session=session, created_at=PAPERS_AT, sentence=code, **changes)


def settlement(session, **changes):
    return settlement_of(session=session, created_at=PAPERS_AT, **changes)


def fits(written, schema_name):
    etree.XMLSchema(etree.fromstring(schema_text(schema_name))).assertValid(etree.fromstring(written))


def test_every_row_of_a_paper_has_an_answer_in_its_order():
    session = new_session()
    supply(session)
    answers = bid(session)
    fault = RowFault("row 40", "X-1", "documents.value.price", "price is empty.", "Write it.")

    made = acknowledgement_of(
        document_id="ACK-1",
        received_document_id="D-1",
        receiver_id="OP-001",
        rows=[
            acknowledged(answer=answer, place=place, sentence=words)
            for place, answer in [*((f"row {n}", one) for n, one in enumerate(answers, start=2)), ("row 40", fault)]
        ],
        created_at=BIDS_AT,
    )

    assert [row.place for row in made.rows] == [*(f"row {n}" for n in range(2, 15)), "row 40"]
    refused = {(row.order_id, row.version): row.code for row in made.rows if not row.accepted}
    assert refused == {
        ("A-3", 1): "market.order.price_under_reserve",
        ("B-2", 2): "market.order.over_site_power",
        ("X-1", 0): "documents.value.price",
    }
    assert made.rows[0].sentence == "sentence of None"
    assert made.rows[-1].sentence == "price is empty. Write it."
    fits(write_acknowledgement_xml(made), "acknowledgement")


@READINGS
def test_an_allocation_holds_every_order_with_its_end_as_cleared(readings):
    session = delivered_session(readings)

    made = allocation(session)

    state = session.trading.state
    assert {row.order_id: row.outcome.value for row in made.rows} == {
        key: end.outcome.value for key, end in state.ends.items()
    }
    for row in made.rows:
        assert (row.outcome is Outcome.ACCEPTED) == (row.awarded_kwh == row.asked_kwh) == (row.code == "")
        assert (row.awarded_kwh > 0) == (row.outcome in (Outcome.ACCEPTED, Outcome.PARTLY_ACCEPTED))
    assert sum(row.awarded_kwh for row in made.rows) == sum(one.energy_kwh for one in state.purchases.values())
    assert sum(row.cost_tiyn for row in made.rows) == sum(one.net_tiyn for one in state.purchases.values())
    fits(write_allocation_xml(made), "allocation")


def test_an_allocation_names_the_version_that_counted():
    rows = {row.order_id: row for row in allocation(cleared_session()).rows}
    assert (rows["B-1"].version, rows["B-1"].asked_kwh) == (2, 22_000)
    assert (rows["B-2"].version, rows["B-2"].asked_kwh) == (1, 25_000)
    assert rows["A-2"].outcome is Outcome.PARTLY_ACCEPTED
    assert [(step.price_tiyn_per_kwh, step.quantity_kwh) for step in rows["A-2"].awarded] == [
        (1_900, 12_000),
        (1_700, 7_032),
    ]
    assert rows["C-4"].code == "market.outcome.by_operator"
    assert rows["D-1"].sentence == "sentence of market.outcome.operator_suspended"
    assert rows["A-3"].code == "market.order.price_under_reserve"


def test_under_one_price_an_award_of_two_steps_is_one_part():
    rows = {row.order_id: row for row in allocation(cleared_session(UNIFORM)).rows}
    assert [(step.price_tiyn_per_kwh, step.quantity_kwh) for step in rows["A-2"].awarded] == [(1_700, 19_032)]


def test_an_allocation_names_rules_and_the_root_at_the_gate():
    session = cut_session(UNIFORM)
    made = allocation(session)
    assert [(rule.rule_id, rule.version) for rule in made.rules] == [
        ("uniform", "1"),
        ("pro_rata_per_operator", "1"),
        ("restruck", "1"),
    ]
    gate = session.gate
    assert gate is not None
    assert made.log_root == gate.root == session.log.tree.root(gate.size).hex()
    assert (gate.closed_at, session.cleared_at) == (GATE_AT, GATE_AT + dt.timedelta(minutes=1))


def test_one_operators_allocation_names_nobody_else():
    made = allocation(cleared_session(), operator_id="OP-002")
    assert {row.operator_id for row in made.rows} == {"OP-002"}
    assert made.receiver_id == "OP-002"
    assert made.document_id == f"ALLOCATION-{ON}-OP-002"


def test_a_curtailment_leaves_the_allocation_as_it_was():
    assert allocation(cut_session()) == allocation(cleared_session())


def test_a_late_order_ends_as_refused_and_does_not_take_the_place_of_the_one_in_the_book():
    session = closed_session()
    order(session, "Z-1", "OP-001", "S-1", FIRST, (1_500, 10), minute=30)
    order(session, "B-1", "OP-002", "S-2", FIRST, (1_500, 10), version=3, minute=30)
    found = orders_ended(session)
    assert "B-1" not in found
    session.clear(GATE_AT)
    found = orders_ended(session)
    assert found["B-1"].version == 2
    assert found["Z-1"].quantity_kwh == 10
    rows = {row.order_id: row.code for row in allocation(session).rows}
    assert rows["Z-1"] == "market.order.after_closure"


def test_nothing_is_answered_before_the_session_is_cleared():
    session = closed_session()
    assert rules_used(session) == ()
    for make in (allocation, settlement, require_cleared):
        with pytest.raises(ValueError, match="is not cleared"):
            make(session)
    assert (session.cleared_at, new_session().gate) == (None, None)


@READINGS
@pytest.mark.parametrize("all_of_them", [True, False])
def test_a_settlement_is_what_the_ledger_holds(readings, all_of_them):
    session = delivered_session(readings, all_of_them=all_of_them)

    made = settlement(session)

    held = session.trading.state.ledger.held_tiyn
    assert sum(row.energy_tiyn for row in made.rows) == held("energy_sales:single_buyer")
    assert sum(row.market_fee_tiyn for row in made.rows) == held("fee:market_operator")
    assert sum(row.transmission_tiyn for row in made.rows) == held("transmission:grid_operator")
    assert sum(row.vat_tiyn for row in made.rows) == held("vat:state")
    assert sum(row.imbalance_tiyn or 0 for row in made.rows) == held("imbalance:single_buyer")
    assert sum(row.bought_kwh for row in made.rows) == sum(session.trading.state.final_purchase_kwh.values())
    assert sum(row.total_tiyn is None for row in made.rows) == (0 if all_of_them else 1)
    fits(write_settlement_xml(made), "settlement")


@READINGS
@pytest.mark.parametrize("make", [cleared_session, delivered_session])
def test_every_hour_with_a_purchase_or_a_reading_is_in_one_row(readings, make):
    session = make(readings)
    state = session.trading.state
    hours = {(one.operator_id, one.product_id.removesuffix("/programme")) for one in state.purchases.values()}
    hours |= {(one.settled.operator_id, use.use.product_id) for one in state.imbalances for use in one.settled.hours}
    rows = Counter((row.operator_id, row.product_id) for row in settlement(session).rows)
    assert rows == dict.fromkeys(hours, 1)


def test_an_hour_without_a_reading_is_open_and_says_so():
    rows = {(row.operator_id, row.product_id): row for row in settlement(delivered_session()).rows}
    open_row = rows.pop(("OP-002", SECOND))
    assert open_row.open_code == ImbalanceGap.NO_READING
    assert (open_row.metered_wh, open_row.imbalance_wh) == (None, None)
    assert (open_row.imbalance_tiyn, open_row.total_tiyn) == (None, None)
    assert open_row.booked_tiyn > open_row.energy_tiyn > 0
    assert all(row.open_code == "" and row.total_tiyn == row.booked_tiyn for row in rows.values())
    assert all(row.open_code == "" for row in settlement(delivered_session(all_of_them=True)).rows)


def test_an_hour_without_a_price_is_open_and_its_reading_known():
    rows = settlement(delivered_session(BALANCING, all_of_them=True)).rows
    deviating = [row for row in rows if row.imbalance_wh]
    assert {row.open_code for row in deviating} == {ImbalanceGap.NO_PRICE.value}
    assert all(row.imbalance_tiyn is None and row.metered_wh is not None for row in deviating)
    exact = [row for row in rows if row.imbalance_wh == 0]
    assert exact and all((row.open_code, row.imbalance_tiyn) == ("", 0) for row in exact)


@pytest.mark.parametrize(
    ("readings", "rule"),
    [({}, "two_price"), (BALANCING, "balancing_market"), (SINGLE, "single_price")],
)
def test_a_settlement_names_the_rule_of_imbalance_and_the_root_at_the_gate(readings, rule):
    session = delivered_session(readings)
    made = settlement(session)
    assert made.rules == (RuleUsed(rule, "1"),)
    assert {one.settled.rule_id for one in session.trading.state.imbalances} == {f"{rule}/1"}
    assert made.log_root == allocation(session).log_root == session.log.tree.root(session.gate.size).hex()
    assert settlement(session, operator_id="OP-003").rules == made.rules


def test_before_delivery_every_hour_is_open_with_what_it_cost():
    session = cleared_session()
    made = settlement(session)
    assert Counter(row.product_id for row in made.rows) == {FIRST: 3, SECOND: 3, LATE: 1}
    assert {row.open_code for row in made.rows} == {SettlementGap.NOT_DELIVERED.value}
    assert (made.rules, made.log_root) == ((), allocation(session).log_root)
    assert {row.metered_wh for row in made.rows} == {row.imbalance_tiyn for row in made.rows} == {None}
    cost = sum(row.energy_tiyn for row in made.rows)
    assert cost == session.trading.state.ledger.held_tiyn("energy_sales:single_buyer") > 0
    fits(write_settlement_xml(made), "settlement")


def two_sites(readings):
    """Settle an hour in which one operator has two sites."""
    sites = (("S-1", NORTH, 40_000), ("S-9", NORTH, 5_000))
    session = new_session(participants=(participant("OP-001", "Aksu Data", *sites),))
    declare(session, FIRST, 120_000)
    order(session, "A-1", "OP-001", "S-1", FIRST, (1_500, 1_000))
    order(session, "A-2", "OP-001", "S-9", FIRST, (1_500, 2_000))
    assert session.close(GATE_AT) is None
    assert session.clear(GATE_AT + dt.timedelta(minutes=1)) is None
    session.deliver(Delivered(tuple(Metered("OP-001", *one) for one in readings), {}), DONE_AT)
    return session


def test_of_an_hour_with_one_site_open_what_the_other_was_charged_stands():
    session = two_sites([("S-1", 0, 1_100_000)])
    (row,) = settlement(session).rows
    charged = session.trading.state.ledger.held_tiyn("imbalance:single_buyer")
    assert (row.open_code, row.metered_wh, row.total_tiyn) == (ImbalanceGap.NO_READING, None, None)
    assert row.imbalance_tiyn == charged > 0
    (whole,) = settlement(two_sites([("S-1", 0, 1_100_000), ("S-9", 0, 2_000_000)])).rows
    assert (whole.open_code, whole.metered_wh, whole.imbalance_tiyn) == ("", 3_100_000, charged)


def test_the_programme_is_settled_with_the_surplus_of_its_hour():
    rows = {(row.operator_id, row.product_id): row for row in settlement(delivered_session(PROGRAMME)).rows}
    one = rows["OP-001", SECOND]
    assert one.bought_kwh == 12_000 + 6_000
    assert one.imbalance_wh == 10_000_000 - 18_000_000
    assert all("programme" not in product for _, product in rows)


def test_one_operators_settlement_names_nobody_else():
    made = settlement(delivered_session(), operator_id="OP-003")
    assert {row.operator_id for row in made.rows} == {"OP-003"}
    assert all(row.open_code == "" for row in made.rows)


def test_a_second_cut_is_settled_at_what_is_left():
    session = cut_session(UNIFORM)
    declare(session, SECOND, 9_000, SupplyAct.REVISED, CUT_AT + dt.timedelta(hours=1))
    made = settlement(session)
    assert sum(row.bought_kwh for row in made.rows if row.product_id == SECOND) == 9_000
    held_tiyn = session.trading.state.ledger.held_tiyn("energy_sales:single_buyer")
    assert sum(row.energy_tiyn for row in made.rows) == held_tiyn


def test_the_fixture_has_all_that_it_says():
    session = new_session()
    supply(session)
    answers = bid(session)
    assert sum(isinstance(one, Decision) and one.order.version > 1 for one in answers) == 2
    assert sum(one.refusal is not None for one in answers) == 2
