"""A verdict in words, as text, JSON, page, PDF and calendar."""

import hashlib
import json
import re
from dataclasses import replace
from datetime import date

import pytest
from icalendar import Calendar

from kezek.dossier.example import example_names, example_text
from kezek.dossier.problem import Flag, FlagCode
from kezek.dossier.read import read_dossier
from kezek.duties.check import Verdict, check
from kezek.duties.finding import Change, Consequence, ConsequenceKind, Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.evidence.canonical import canonical_bytes
from kezek.law.book import load_book
from kezek.reports.check_calendar import check_calendar
from kezek.reports.check_json import check_json
from kezek.reports.check_model import check_view, expectations
from kezek.reports.check_page import check_page
from kezek.reports.check_pdf import check_pdf, pdf_data
from kezek.reports.check_receipt import Receipt
from kezek.reports.check_text import as_text
from kezek.reports.check_words import (
    against_words,
    consequence_words,
    deadline_words,
    margin_words,
    robustness_sentence,
    verdict_sentence,
)

BOOK = load_book()
NASTY = '<script>alert("1")</script> & *strong* #let x = 1 ₸ Әлем'


def receipt(**changes):
    made = Receipt("0.1.0", BOOK.digest, "kz", date(2025, 12, 10), "described", {}, (), "ab" * 32, ())
    return replace(made, **changes)


def view_of(facts, flags=(), readings=None):
    lens = Lens(book=BOOK, profile="described", readings=readings or {})
    verdict = check(facts=facts, lens=lens)
    return check_view(facts=facts, lens=lens, verdict=verdict, receipt=receipt(), flags=flags)


@pytest.fixture(scope="module")
def under_sold():
    return read_dossier(text=example_text("under-sold"), name="under-sold").facts


@pytest.fixture(scope="module")
def view(under_sold):
    return view_of(under_sold)


@pytest.fixture(scope="module")
def nasty(under_sold):
    facts = replace(under_sold, standing=replace(under_sold.standing, name=NASTY))
    return view_of(facts, flags=(Flag(FlagCode.PRICE_DIFFERS, NASTY, NASTY),))


def verdict(*statuses, changes=()):
    names = ["licence.held", "sale.share", "fee.amount", "tax.income", "pool.accredited"]
    found = [
        Finding(name, "2025-Q3", status, "duties.law.unknown", changes=changes if n == 0 else ())
        for n, (name, status) in enumerate(zip(names, statuses, strict=False))
    ]
    return Verdict("OP-1", tuple(found))


B, R, U, M, N = Status


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        ((B, B, U, M), "Not compliant: 2 of 4 duties breached, 1 undetermined."),
        ((B, R, M), "Not compliant: 1 of 3 duties breached, 1 at risk."),
        ((B,), "Not compliant: 1 of 1 duty breached."),
        ((U, R, M), "Not decided: of 3 duties none is breached, but 1 undetermined and 1 at risk."),
        ((R, M, N), "Compliant so far: no breach, 1 of 3 duties at risk."),
        ((M, M, N), "Compliant: 2 of 3 duties met, and the others do not apply."),
        ((N,), "Nothing to judge: no duty applies."),
    ],
)
def test_the_verdict_is_one_sentence(statuses, said):
    assert verdict_sentence(verdict(*statuses)) == said


SAVED = (Change("sale.period", "calendar_year", R),)
DAMNED = (Change("sale.share_2025", "s2", B),)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (verdict(B, M), "Not compliant under every reading of the law."),
        (verdict(B, M, changes=SAVED), "Whether any duty is breached depends on the reading of the law. "),
        (verdict(B, B, changes=SAVED), "Not compliant under every reading of the law. "),
        (verdict(M, M), "No reading of the law finds a breach."),
        (verdict(M, M, changes=DAMNED), "Another reading of the law would find a breach. "),
    ],
)
def test_the_verdict_says_how_firm_it_is(found, said):
    moved = "1\u00a0finding depends on the reading."
    assert robustness_sentence(found) == (said + moved if said.endswith(" ") else said)


@pytest.mark.parametrize(
    ("status", "measured", "limit", "margin", "against"),
    [
        (B, 100, 250, "1.50 ₸ short", "1.00 ₸ against 2.50 ₸, 1.50 ₸ short"),
        (B, 250, 100, "1.50 ₸ over", "2.50 ₸ against 1.00 ₸, 1.50 ₸ over"),
        (M, 250, 100, "1.50 ₸ to spare", "2.50 ₸ against 1.00 ₸, 1.50 ₸ to spare"),
        (M, 100, 100, "", "1.00 ₸ against 1.00 ₸"),
        (B, 100, 0, "", "1.00 ₸, where none is allowed"),
        (M, 0, 0, "", "0.00 ₸"),
        (M, None, None, "", ""),
    ],
)
def test_a_measured_value_stands_against_its_limit(status, measured, limit, margin, against):
    finding = Finding("fee.amount", "", status, "x", measured, limit, Unit.TIYN)
    assert (margin_words(finding), against_words(finding)) == (margin, against)


@pytest.mark.parametrize(
    ("consequence", "said"),
    [
        (Consequence(ConsequenceKind.PRISON, None, 5, "years"), "Imprisonment, up to 5 years"),
        (Consequence(ConsequenceKind.SUSPENSION, 1, 6, "months"), "Licence suspended: 1 to 6 months"),
        (Consequence(ConsequenceKind.CONFISCATION), "Machines and other assets seized"),
        (Consequence(ConsequenceKind.FINE, unknown="the share"), "Fine; not known: the share"),
        (Consequence(ConsequenceKind.FINE, 300, 300, "tiyn"), "Fine: 3.00 ₸"),
        (Consequence(ConsequenceKind.FINE, 100, 300, "tiyn", "x"), "Fine: 1.00 to 3.00 ₸; not known: x"),
    ],
)
def test_a_consequence_says_what_is_known_of_it(consequence, said):
    assert consequence_words(consequence) == said


@pytest.mark.parametrize(("day", "away"), [(10, "today"), (9, "1 day ago"), (24, "in 14 days")])
def test_a_deadline_says_how_far_it_is(day, away):
    assert deadline_words(date(2025, 12, day), date(2025, 12, 10)).endswith(f"({away})")


def test_groups_come_worst_first_and_hold_every_duty_once(view):
    order = [status for status, _ in view.groups]
    assert order == sorted(order, key=list(Status).index)
    assert len({duty.duty for duty in view.duties}) == len(view.duties) == sum(count for _, count in view.counts)


def test_a_breach_says_everything_a_miner_needs(view):
    (share,) = [one for duty in view.duties if duty.duty == "sale.share" for one in duty.findings]
    assert share.status is Status.BREACHED
    assert "short" in share.margin
    assert share.cited.at.startswith("Art. 8(4)")
    assert share.deadline.startswith("30\u00a0September\u00a02025")
    assert share.at_stake.endswith("₸")
    assert share.fix
    assert share.consequences
    assert {shift.chosen for shift in share.shifts} == {"sale.period=calendar_year"}
    assert view.at_stake_tiyn == share.finding.at_stake_tiyn


def test_expectations_are_dated_and_graded_and_never_asked():
    found = expectations(BOOK)
    assert {one.key for one in found} == {key for key in BOOK.quantities if key.startswith("expected.")}
    assert {"unconfirmed", "low"} <= {one.confidence for one in found}
    assert [one.from_on for one in found] == sorted(one.from_on for one in found)


def test_no_verdict_asks_an_expectation(view):
    asked = {one.key for duty in view.duties for finding in duty.findings for one in finding.explanation.law}
    assert asked
    assert not [key for key in asked if key.startswith("expected.")]


@pytest.mark.parametrize("name", example_names())
def test_every_example_has_words_in_every_form(name):
    dossier = read_dossier(text=example_text(name), name=name)
    shown = view_of(dossier.facts, dossier.flags)
    assert json.loads(json.dumps(check_json(shown)), parse_float=pytest.fail)
    assert shown.sentence in check_page(shown)
    for duty in shown.duties:
        for one in (*duty.findings, *duty.others):
            assert max(map(len, as_text(one.explanation).splitlines())) <= 80 or "http" in as_text(one.explanation)


def test_the_text_names_numbers_rounding_article_and_readings(view):
    (share,) = [one for duty in view.duties if duty.duty == "sale.share" for one in duty.findings]
    text = as_text(share.explanation)
    assert "Mandatory sale: share, Q3 2025: breached" in text
    assert "sat × 75 % =" in text
    assert "Art. 8(4)" in text
    assert "holds       least number of coins to sell" in text
    assert "taken: sale.share_2025=majority, by the profile: 75 %" in text
    assert "UNCONFIRMED" in text


def test_the_page_has_no_script_and_escapes_names(nasty):
    page = check_page(nasty)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page == check_page(nasty)
    assert not re.findall(r"<(?:img|iframe|link|object)", page)
    assert re.findall(r'href="(?!#|https://)', page) == []


def test_the_page_shows_every_duty_with_a_heading(view):
    page = check_page(view)
    assert page.count("<h1>") == 1
    assert page.index("<h1>Not compliant") < page.index("<h2")
    for duty in view.duties:
        assert duty.title in page


def test_the_pdf_takes_words_as_words_and_is_the_same_each_time(nasty):
    made = check_pdf(nasty)
    assert made.startswith(b"%PDF-")
    assert made == check_pdf(nasty)
    assert NASTY in json.dumps(pdf_data(nasty), ensure_ascii=False).replace('\\"', '"')


def test_the_calendar_is_read_back(view):
    data = check_calendar(view)
    assert data == check_calendar(view)
    assert b"\r\n" in data
    assert max(map(len, data.split(b"\r\n"))) <= 75
    events = Calendar.from_ical(data).walk("VEVENT")
    ahead = [one for one in view.ahead if not one.ahead.done]
    assert [event.decoded("dtstart") for event in events] == [one.ahead.on for one in ahead]
    assert len({str(event["uid"]) for event in events}) == len(events)
    assert {alarm.decoded("trigger").days for event in events for alarm in event.walk("VALARM")} == {-14}


def test_an_event_keeps_its_uid_when_another_day_is_checked(under_sold, view):
    later = view_of(replace(under_sold, as_of_on=date(2025, 12, 20)))
    first, second = (
        {str(event["summary"]): str(event["uid"]) for event in Calendar.from_ical(check_calendar(one)).walk("VEVENT")}
        for one in (view, later)
    )
    assert set(first) & set(second)
    assert all(first[name] == second[name] for name in set(first) & set(second))


def test_the_receipt_hashes_its_own_canonical_form():
    one = receipt()
    assert one.sha256 == hashlib.sha256(canonical_bytes(one.as_dict())).hexdigest()
    assert one.sha256 != receipt(readings={"sale.share_2025": "s2"}).sha256
    assert one.sha256 != receipt(inputs_sha256="cd" * 32).sha256


def test_the_order_of_readings_does_not_change_the_receipt():
    pairs = {"b.c": "x", "a.b": "y"}
    assert receipt(readings=pairs).sha256 == receipt(readings=dict(sorted(pairs.items()))).sha256
