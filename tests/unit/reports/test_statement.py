"""Statements and contract notes: they add up, hold everything, escape everything, and are the same each time."""

import datetime as dt
import io
import re
from html import unescape

import pytest
import python_calamine
from tests.trading.market_days import (
    CUT_AT,
    GATE_AT,
    HOSTILE,
    PAPERS_AT,
    PROGRAMME,
    SECOND,
    UNIFORM,
    cleared_session,
    closed_session,
    cut_session,
    declare,
    delivered_session,
    large_session,
)

from kezek.ledger.charges import imbalance_charge
from kezek.market.imbalance import ImbalanceGap, ImbalanceKind
from kezek.market.supply import SupplyAct
from kezek.reports.amounts import THIN
from kezek.reports.statement_model import operator_papers
from kezek.reports.statement_page import statement_page
from kezek.reports.statement_pdf import pdf_data, statement_pdf
from kezek.reports.statement_rows import sums_by_memo
from kezek.reports.statement_words import GAPS, IMBALANCE_RULES, end_words, lead, rule_words
from kezek.reports.statement_xlsx import statement_xlsx
from kezek.trading.state import InvariantBroken

READINGS = pytest.mark.parametrize("readings", [{}, UNIFORM, PROGRAMME], ids=["described", "uniform", "programme"])


def papers(session, operator_id="OP-001", at=PAPERS_AT):
    return operator_papers(session=session, operator_id=operator_id, at=at)


@pytest.fixture(scope="module")
def delivered():
    return delivered_session()


@pytest.fixture(scope="module")
def large():
    return papers(large_session(), "OP-900")


def plain(text):
    return unescape(re.sub(r"<[^>]+>", "|", text)).replace(THIN, " ").replace("\u00a0", " ")


@READINGS
def test_all_operators_together_are_the_ledger(readings):
    session = delivered_session(readings)
    made = [papers(session, operator_id) for operator_id in session.participants]
    state = session.trading.state
    assert sum(one.note_count for one in made) == len(state.purchases)
    parties = ("energy_sales:single_buyer", "fee:market_operator", "transmission:grid_operator", "vat:state")
    assert sum(one.due_tiyn for one in made) == sum(map(state.ledger.held_tiyn, parties))
    assert sum(one.imbalance_tiyn for one in made) == state.ledger.held_tiyn("imbalance:single_buyer")
    assert sum(one.statement.closing_tiyn for one in made) == sum(
        -balance
        for account, balance in state.ledger.balances_tiyn().items()
        if account.startswith(("prepaid", "owed"))
    )
    assert sorted(line.order.order_id for one in made for line in one.orders) == sorted(state.ends)


def test_notes_are_numbered_through_in_the_order_of_the_log(delivered):
    made = papers(delivered)
    entries = [delivered.trading.state.entry_of_purchase[note.head.purchase_id] for note in made.notes]
    assert entries == sorted(entries)
    assert [note.head.note_number for note in made.notes] == [f"20251015-OP-001-{n:05d}" for n in range(1, 52)]
    assert {note.head.struck_at for note in made.notes} == {GATE_AT + dt.timedelta(minutes=1)}
    assert {note.head.rules for note in made.notes} == {("pay_as_bid/1", "pro_rata_per_operator/1", "kept/1")}


def test_a_cut_purchase_says_what_is_left_and_what_came_back(delivered):
    cut = [note for note in papers(delivered, "OP-002").notes if note.left_kwh < note.energy_kwh]
    assert [(note.head.purchase_id, note.left_kwh) for note in cut] == [("B-2#23", 600), ("B-2#24", 0), ("B-2#25", 0)]
    assert sum(note.refund.total_tiyn for note in cut) == 2_400 * 1_940 * 112 // 100
    assert cut[-1].due_tiyn == 0


def test_a_price_struck_again_stands_in_the_note():
    notes = list(papers(cut_session(UNIFORM), "OP-002").notes)
    again = [note for note in notes if note.price_left_tiyn_per_kwh != note.price_tiyn_per_kwh]
    assert {(note.price_tiyn_per_kwh, note.price_left_tiyn_per_kwh) for note in again} == {(1_700, 1_800)}
    assert sum(note.left_kwh for note in again) == 22_600
    assert sum(note.extra.net_tiyn for note in again) == 22_600 * 100


def test_two_cuts_with_a_price_struck_again_between_them_add_up():
    session = cut_session(UNIFORM)
    declare(session, SECOND, 9_000, SupplyAct.REVISED, CUT_AT + dt.timedelta(hours=1))
    made = papers(session, "OP-001")
    assert made.hours[1].left_kwh == 9_000
    assert {note.price_left_tiyn_per_kwh for note in made.hours[1].notes if note.left_kwh} == {1_900}
    assert papers(session, "OP-002").hours[1].due_tiyn == 0


def test_a_sum_that_fails_stops_the_papers():
    session = delivered_session()
    who = {"operator_id": "OP-001", "available_tiyn": 10**9, "at": PAPERS_AT, "stem": "slip"}
    session.trading.state.ledger.post(imbalance_charge(amount_tiyn=1, **who))
    with pytest.raises(InvariantBroken, match="Imbalance of S-1"):
        papers(session)


@pytest.mark.parametrize(
    ("session", "change", "said"),
    [
        (closed_session, {}, "is not cleared"),
        (cleared_session, {"operator_id": "OP-777"}, "takes no part"),
        (cut_session, {"at": GATE_AT}, "has seen"),
    ],
)
def test_papers_that_cannot_be_drawn_up(session, change, said):
    with pytest.raises(ValueError, match=said):
        papers(session(), **change)


def test_what_happened_at_the_moment_of_the_papers_is_in_them():
    session = cut_session()
    made = papers(session, "OP-002", at=session.last_at)
    assert made.statement.lines[-1].at == session.last_at
    assert made.statement.closing_tiyn == made.statement.prepaid_tiyn


def test_under_a_price_that_may_be_struck_again_money_stays_aside_until_delivery():
    made = papers(cleared_session(UNIFORM))
    assert made.statement.pending_tiyn > 0
    assert made.statement.available_tiyn == made.statement.prepaid_tiyn - made.statement.pending_tiyn
    assert "Still set aside." in statement_page(made)


def test_every_order_says_how_it_ended_and_why(delivered):
    ends = {}
    for operator_id in delivered.participants:
        made = papers(delivered, operator_id)
        ends |= {line.order.order_id: plain(end_words(made, line)) for line in made.orders}
    assert ends["A-1"] == "Accepted in full. The whole quantity was served."
    assert ends["A-2"] == (
        "Accepted in part. Supply ended at this price; what was left was shared. "
        "Curtailment took 7 032 kWh of it, which are paid back."
    )
    assert ends["A-3"] == "Rejected. The price is under the reserve price. Bid 15.00 ₸/kWh or more, not 14.00 ₸/kWh."
    assert ends["C-4"] == "Cancelled. The operator cancelled it before the gate closed."
    assert ends["D-1"] == "Cancelled. The operator was suspended before the gate closed."


def test_the_lead_says_what_the_session_came_to(delivered):
    assert plain(lead(papers(delivered, "OP-002"))) == (
        "Surplus power for delivery on 15 October 2025. 44 600 kWh in 47 purchases for 895 148.80 ₸, all charges and "
        "VAT included. Curtailment took 2 400 kWh, which are paid back. Deviations from it were credited at "
        "11 265.00 ₸; 1 hour stays open."
    )
    assert plain(lead(papers(delivered, "OP-004"))) == (
        "Surplus power for delivery on 15 October 2025. Nothing was bought."
    )


def test_the_page_holds_every_note_and_line_and_refers_to_nothing_outside(delivered):
    made = papers(delivered, "OP-002")
    page = statement_page(made)
    for note in made.notes:
        assert f">{note.head.note_number}<" in page
    for line in made.statement.lines:
        assert f">{line.transfer_id}<" in page
    for total in made.totals:
        assert total.name in page
    assert GAPS[ImbalanceGap.NO_READING] in page
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|url\(|<script|@import""", page) == []
    assert page == statement_page(papers(delivered_session(), "OP-002"))


def test_a_hostile_name_is_shown_and_does_nothing(delivered):
    made = papers(delivered, "OP-003")
    page = statement_page(made)
    assert "<script" not in page
    assert HOSTILE in unescape(page)
    assert pdf_data(made)["title"] == f"Statement of {HOSTILE}"
    assert statement_pdf(made).startswith(b"%PDF")


def test_an_operator_that_bought_nothing_has_papers_too(delivered):
    made = papers(delivered, "OP-004")
    assert "there is no contract note" in statement_page(made)
    assert statement_pdf(made).startswith(b"%PDF")
    assert len(statement_xlsx(made)) > 1_000


def test_the_sums_by_purpose_are_the_lines(delivered):
    made = papers(delivered)
    sums = sums_by_memo(made.statement.lines)
    assert sum(count for _, count, _, _ in sums) == len(made.statement.lines)
    balance = made.statement.opening_tiyn + sum(credit - debit for _, _, debit, credit in sums)
    assert balance == made.statement.closing_tiyn


def test_the_sheet_has_the_same_bytes_each_time(delivered):
    made = papers(delivered, "OP-002")
    first = statement_pdf(made)
    assert first == statement_pdf(papers(delivered_session(), "OP-002"))
    assert first.startswith(b"%PDF")
    assert b"/Subtype/Link" not in first


def test_the_workbook_adds_up(delivered):
    made = papers(delivered, "OP-002")
    data = statement_xlsx(made)
    assert data == statement_xlsx(made)
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["Statement", "Contract notes", "Imbalance", "Orders", "Answers", "Terms"]
    notes = book.get_sheet_by_name("Contract notes").to_python()
    assert len(notes) == 1 + made.note_count
    due = notes[0].index("Due")
    assert sum(round(100 * row[due]) for row in notes[1:]) == made.due_tiyn
    lines = book.get_sheet_by_name("Statement").to_python()
    assert len(lines) == 1 + 1 + len(made.statement.lines) + 4
    reasons = [row[-1] for row in book.get_sheet_by_name("Imbalance").to_python()[1:]]
    assert reasons.count(GAPS[ImbalanceGap.NO_READING]) == 1


def test_every_rule_has_words():
    assert set(IMBALANCE_RULES) == set(ImbalanceKind)
    assert set(GAPS) == set(ImbalanceGap)
    assert rule_words("two_price/1").endswith("(two_price/1)")


def test_a_large_operator_has_every_note_on_page_and_sheet(large):
    assert large.note_count > 4_000
    page = statement_page(large)
    assert page.count("-OP-900-0") == large.note_count
    assert len(page) < 3_000_000
    sheets = [sheet for group in pdf_data(large)["annexes"] for sheet in group["sheets"]]
    assert sum(len(sheet["lines"]) for sheet in sheets if sheet["heads"][0] == "No.") == large.note_count


@pytest.mark.slow
def test_a_large_operator_is_typeset_whole(large):
    pages = re.search(rb"/Type/Pages/Count (\d+)|/Count (\d+)", statement_pdf(large))
    assert pages is not None
    assert int(pages[1] or pages[2]) > 40
