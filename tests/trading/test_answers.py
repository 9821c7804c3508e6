"""The papers of a session: every row answered, every order ended, every tiyn of the ledger in the settlement."""

import datetime as dt
from collections import Counter

import pytest
from lxml import etree
from tests.trading.market_days import (
    BIDS_AT,
    CUT_AT,
    FIRST,
    GATE_AT,
    LATE,
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
    supply,
)

from kezek.documents.markup import schema_text
from kezek.documents.paper import Outcome, RowFault
from kezek.documents.xml_answers import write_acknowledgement_xml, write_allocation_xml, write_settlement_xml
from kezek.ledger.charges import NOTHING
from kezek.market.imbalance import ImbalanceGap
from kezek.market.order import Decision
from kezek.market.supply import SupplyAct
from kezek.trading.answers import (
    acknowledgement_of,
    allocation_of,
    cleared_at,
    gate_of,
    orders_ended,
    rules_used,
    settlement_of,
)

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
        answers=[*((f"row {n}", answer) for n, answer in enumerate(answers, start=2)), ("row 40", fault)],
        created_at=BIDS_AT,
        sentence=words,
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
    gate = gate_of(session)
    assert gate is not None
    assert made.log_root == gate.root == session.log.tree.root(gate.size).hex()
    assert (gate.closed_at, cleared_at(session)) == (GATE_AT, GATE_AT + dt.timedelta(minutes=1))


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
    for make in (allocation, settlement, cleared_at):
        with pytest.raises(ValueError, match="is not cleared"):
            make(session)
    assert gate_of(new_session()) is None


@READINGS
@pytest.mark.parametrize("all_of_them", [True, False])
def test_settlement_and_open_hours_are_what_the_ledger_holds(readings, all_of_them):
    session = delivered_session(readings, all_of_them=all_of_them)

    made = settlement(session)

    rows, left = made.document.rows, made.open_hours
    held = session.trading.state.ledger.held_tiyn
    grid = "transmission:grid_operator"
    open_cost = sum((one.cost for one in left), NOTHING)
    assert sum(row.energy_tiyn for row in rows) + open_cost.net_tiyn == held("energy_sales:single_buyer")
    assert sum(row.market_fee_tiyn for row in rows) + open_cost.fee_tiyn == held("fee:market_operator")
    assert sum(row.transmission_tiyn for row in rows) + open_cost.transmission_tiyn == held(grid)
    assert sum(row.vat_tiyn for row in rows) + open_cost.vat_tiyn == held("vat:state")
    charged = sum(row.imbalance_tiyn for row in rows) + sum(one.imbalance_tiyn for one in left)
    assert charged == held("imbalance:single_buyer")
    bought = sum(row.bought_kwh for row in rows) + sum(one.bought_kwh for one in left)
    assert bought == sum(session.trading.state.final_purchase_kwh.values())
    fits(write_settlement_xml(made.document), "settlement")


def test_an_hour_without_a_reading_is_open_and_not_in_the_paper():
    made = settlement(delivered_session())
    assert [(one.operator_id, one.product_id, one.gaps) for one in made.open_hours] == [
        ("OP-002", SECOND, (ImbalanceGap.NO_READING,))
    ]
    assert ("OP-002", SECOND) not in {(row.operator_id, row.product_id) for row in made.document.rows}
    assert settlement(delivered_session(all_of_them=True)).open_hours == ()


def test_before_delivery_every_hour_is_open():
    made = settlement(cleared_session())
    assert made.document.rows == ()
    assert Counter(one.product_id for one in made.open_hours) == {FIRST: 3, SECOND: 3, LATE: 1}


def test_the_programme_is_settled_with_the_surplus_of_its_hour():
    rows = {(row.operator_id, row.product_id): row for row in settlement(delivered_session(PROGRAMME)).document.rows}
    one = rows["OP-001", SECOND]
    assert one.bought_kwh == 12_000 + 6_000
    assert one.imbalance_wh == 10_000_000 - 18_000_000
    assert all("programme" not in product for _, product in rows)


def test_one_operators_settlement_names_nobody_else():
    made = settlement(delivered_session(), operator_id="OP-003")
    assert {row.operator_id for row in made.document.rows} == {"OP-003"}
    assert made.open_hours == ()


def test_a_second_cut_is_settled_at_what_is_left():
    session = cut_session(UNIFORM)
    declare(session, SECOND, 9_000, SupplyAct.REVISED, CUT_AT + dt.timedelta(hours=1))
    made = settlement(session)
    assert sum(one.bought_kwh for one in made.open_hours if one.product_id == SECOND) == 9_000
    cost = sum((one.cost for one in made.open_hours), NOTHING)
    assert cost.net_tiyn == session.trading.state.ledger.held_tiyn("energy_sales:single_buyer")


def test_the_fixture_has_all_that_it_says():
    session = new_session()
    supply(session)
    answers = bid(session)
    assert sum(isinstance(one, Decision) and one.order.version > 1 for one in answers) == 2
    assert sum(one.refusal is not None for one in answers) == 2
