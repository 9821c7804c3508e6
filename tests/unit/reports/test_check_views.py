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
from kezek.dossier.wanted import written_as
from kezek.duties.ahead import Act
from kezek.duties.check import DUTIES, Verdict, check
from kezek.duties.dues import DueKind
from kezek.duties.finding import Change, Consequence, ConsequenceKind, Finding, Otherwise, Status, Unit
from kezek.duties.lens import Lens
from kezek.evidence.canonical import canonical_bytes
from kezek.law.book import load_book
from kezek.reports.check_calendar import check_calendar, event_uid
from kezek.reports.check_json import check_json
from kezek.reports.check_model import check_view, expectations
from kezek.reports.check_page import check_page
from kezek.reports.check_pdf import check_pdf, pdf_data
from kezek.reports.check_receipt import Receipt
from kezek.reports.check_text import as_text
from kezek.reports.check_words import (
    against_words,
    burden_lines,
    consequence_words,
    cost_words,
    deadline_words,
    judged_words,
    margin_words,
    owed_notes,
    owed_rows,
    robustness_sentence,
    stake_words,
    verdict_sentence,
)
from kezek.reports.ways import missing_words
from kezek.reports.words import FACTS

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
        ((B, B, U, M), "Not compliant: 2 of 4 duties breached, 1 undetermined"),
        ((B, R, M), "Not compliant: 1 of 3 duties breached, 1 at risk"),
        ((B,), "Not compliant: 1 of 1 duty breached"),
        ((U, R, M), "Not decided: of 3 duties none is breached, but 1 undetermined and 1 at risk"),
        ((R, M, N), "Compliant so far: no breach, 1 of 3 duties at risk"),
        ((M, M, N), "Compliant: 2 of 3 duties met, and the others do not apply"),
        ((N,), "Nothing to judge: no duty applies"),
    ],
)
def test_the_verdict_is_one_sentence(statuses, said):
    assert verdict_sentence(verdict(*statuses)) == f"{said} (judged: Q3 2025)."


@pytest.mark.parametrize(
    ("periods", "said"),
    [
        (("",), "no quarter judged"),
        (("", "2025-Q3"), "judged: Q3 2025"),
        (("2025-Q1", "2024-Q4", "2024-Q3"), "judged: Q3 2024 to Q1 2025"),
        (("2024-Q1", "2025-Q1", "2025-Q2"), "judged: Q1 2024, Q1 2025 to Q2 2025"),
    ],
)
def test_the_headline_names_the_quarters_that_were_judged(periods, said):
    found = tuple(Finding("sale.share", period, M, "x") for period in periods)
    assert judged_words(Verdict("OP-1", found)) == said
    assert verdict_sentence(Verdict("OP-1", found)).endswith(f" ({said}).")


SAVED = (Change("sale.period", "calendar_year", R),)
OPENED = (Change("sale.carry_over", "yes", U),)
DAMNED = (Change("sale.share_2025", "s2", B),)


BY_FACTS = Finding("fee.amount", "2025-Q3", U, "duties.facts.missing", missing=("route",))
BY_LAW = Finding("tax.income", "2025-Q3", U, "duties.law.unknown")


def with_more(found, *more):
    return replace(found, findings=(*found.findings, *more))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (verdict(B, M), "Not compliant under every reading of the law."),
        (verdict(B, M, changes=SAVED), "Each breach is gone under some other reading of the law. "),
        (verdict(B, M, changes=OPENED), "Each breach cannot be judged under some other reading of the law. "),
        (verdict(B, B, changes=SAVED), "Not compliant under every reading of the law. "),
        (verdict(M, M), "No reading of the law finds a breach."),
        (verdict(M, M, changes=DAMNED), "Under another reading of the law 1 duty would be breached. "),
        (verdict(U, M, changes=DAMNED), "Under another reading of the law 1 duty would be breached. "),
        (with_more(verdict(M, M), BY_FACTS), "No reading of the law finds a breach in the facts given."),
        (with_more(verdict(M, M), BY_LAW), "No reading of the law finds a breach, as far as it can be judged."),
        (
            with_more(verdict(M, M), BY_FACTS, BY_LAW),
            "No reading of the law finds a breach in the facts given, as far as it can be judged.",
        ),
    ],
)
def test_the_verdict_says_how_firm_it_is_and_no_more(found, said):
    """Findings are tried one by one, so that two breaches that other readings mend are not said to go together."""
    moved = "1\u00a0finding depends on the reading."
    assert robustness_sentence(found) == (said + moved if said.endswith(" ") else said)


def test_what_another_reading_would_breach_is_named_in_every_form(under_sold, view):
    (turn,) = view.turns
    assert (turn.duty, turn.status, turn.chosen) == (
        "tax.income",
        M,
        ("tax.income=published", "tax.income=s0", "tax.income=s4"),
    )
    assert turn.words.endswith("Q3 2025 (met): tax.income=published or tax.income=s0 or tax.income=s4 → breached")
    assert check_json(view)["would_be_breached"][0]["readings"] == [*turn.chosen]
    for form in (check_page(view), json.dumps(pdf_data(view))):
        assert "Breached under another reading" in form
    (tax,) = [one for duty in view.duties if duty.duty == "tax.income" for one in duty.findings]
    assert "  tax.income=published → breached\n" in as_text(tax.explanation, tax.gives)


def test_income_tax_is_declared_and_never_called_paid(view):
    (row,) = [row for row in owed_rows(view.owed) if row[1] == "Income tax"]
    assert row[4:] == ("declared 15 435 000.00 ₸", "–", "–")
    unknown = replace(next(one for one in view.owed if one.kind is DueKind.INCOME_TAX), declared_tiyn=None)
    assert owed_rows((unknown,))[0][4:] == ("declared not known", "–", "–")
    assert any("does not say what of it was paid" in note for note in owed_notes(view.owed))
    (table,) = [one for one in pdf_data(view)["tables"] if one["title"] == "What is owed"]
    assert table["numbers"] == [2, 4, 6]


def test_every_fact_that_can_be_missing_names_what_to_write():
    computed = {
        *("business_day_calendar", "early_machines", "log_gaps", "mined_without_licence_days", "off_site_machines"),
        *("sold_on_licensed_exchanges_sat", "unmatched_machines", "unregistered_machines", "wrong_replacements"),
    }
    assert {name for name in FACTS if not written_as(name)} == computed
    assert missing_words("rebate_claimed_tiyn").endswith(": write `rebate_claimed` under [[quarter]]")
    assert "[[machine]]" in missing_words("least_energy_wh")


def test_law_that_is_not_known_names_the_option_to_choose():
    dossier = read_dossier(text=example_text("faulty-meter-2023"), name="x")
    lens = Lens(book=BOOK, profile="published", readings={})
    shown = check_view(
        facts=dossier.facts, lens=lens, verdict=check(facts=dossier.facts, lens=lens), receipt=receipt()
    )
    by_duty = {duty.duty: duty.findings[0] for duty in shown.duties}
    assert "--reading licence.steps=s0" in by_duty["licence.documents"].fix
    vat = by_duty["vat.import"]
    assert "--accept-unconfirmed vat.rate_ppm" in vat.fix
    assert "vat.rate_ppm" in " ".join(vat.evidence)
    assert vat.holds == "Undetermined under every reading of the law."


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
        (Consequence(ConsequenceKind.PRISON, unknown="How long?"), "Imprisonment; open question: How long?"),
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
    assert {shift.chosen for shift in share.shifts} >= {"sale.period=calendar_year"}
    assert view.at_stake_tiyn == share.finding.at_stake_tiyn


def fined(at_stake_tiyn, *fines):
    return tuple(Consequence(ConsequenceKind.FINE, one, one, "tiyn") for one in fines), at_stake_tiyn


def breached(own, *others):
    """A breach with fines and a stake, and what it costs under other readings."""
    otherwise = tuple(
        Otherwise((("penalty.undersale", f"p{n}"),), stake, follows) for n, (follows, stake) in enumerate(others)
    )
    found = Finding("sale.share", "2025-Q3", B, "duties.sale.short", at_stake_tiyn=own[1])
    return replace(found, consequences=own[0], otherwise=otherwise)


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        (breached(fined(300)), "3.00 ₸"),
        (breached(fined(0)), ""),
        (breached(fined(300), fined(300, 600)), "3.00 ₸"),
        (breached(fined(300), fined(400), fined(500)), "3.00 ₸; by the reading up to 5.00 ₸"),
        (breached(fined(300), fined(100), fined(200)), "3.00 ₸; by the reading from 1.00 ₸"),
        (breached(fined(300), fined(100), fined(500)), "3.00 ₸; by the reading 1.00 to 5.00 ₸"),
        (breached(fined(0), fined(100)), "0.00 ₸; by the reading up to 1.00 ₸"),
    ],
)
def test_a_stake_that_depends_on_the_reading_is_a_range(finding, said):
    assert stake_words(finding) == said


@pytest.mark.parametrize(
    ("own", "other", "said"),
    [
        (fined(300, 100), fined(300, 600), ("Fine: 6.00 ₸",)),
        (fined(300, 100), fined(400, 600), ("Fine: 6.00 ₸", "at stake 4.00 ₸")),
        (fined(300, 100), fined(400, 100), ("at stake 4.00 ₸",)),
        (fined(300, 100), fined(300), ("without: Fine: 1.00 ₸",)),
        (fined(300, 100), fined(300, 100), ()),
    ],
)
def test_another_reading_says_only_what_it_costs_otherwise(own, other, said):
    finding = breached(own, other)
    assert cost_words(finding.otherwise[0], finding) == said


@pytest.fixture(scope="module")
def costly(under_sold):
    """Under-sold coins, whose fine is another under one reading."""
    lens = Lens(book=BOOK, profile="described", readings={})
    verdict = check(facts=under_sold, lens=lens)
    other = Otherwise((("penalty.undersale", "s0_200"),), 7, (Consequence(ConsequenceKind.FINE, 600, 600, "tiyn"),))
    findings = tuple(replace(one, otherwise=(other,)) if one.status is B else one for one in verdict.findings)
    verdict = replace(verdict, findings=findings)
    return check_view(facts=under_sold, lens=lens, verdict=verdict, receipt=receipt())


def test_what_a_breach_costs_under_another_reading_is_in_every_form(costly):
    (share,) = [one for duty in costly.duties if duty.duty == "sale.share" for one in duty.findings]
    (cost,) = share.costs
    assert cost.chosen == "penalty.undersale=s0_200"
    assert cost.costs == ("Fine: 6.00 ₸", "at stake 0.07 ₸")
    (plain,) = [one for duty in check_json(costly)["duties"] for one in duty["findings"] if one["otherwise"]]
    assert plain["otherwise"][0]["readings"] == {"penalty.undersale": "s0_200"}
    assert plain["otherwise"][0]["at_stake_tiyn"] == 7
    assert plain["otherwise"][0]["words"] == [*cost.costs]
    assert "Costs something else by the reading:" in check_page(costly)
    assert "Fine: 6.00 ₸; at stake 0.07 ₸ if 200 % of the shortfall" in json.dumps(
        pdf_data(costly), ensure_ascii=False
    )


def test_a_breach_under_every_reading_may_cost_something_else():
    other = Otherwise((("penalty.unlicensed", "s1"),), 0, ())
    found = verdict(B, M)
    costly = replace(found, findings=(replace(found.findings[0], otherwise=(other,)), found.findings[1]))
    said = robustness_sentence(costly).replace("\u00a0", " ")
    assert said == "Not compliant under every reading of the law. What 1 breach costs depends on the reading."
    moved = replace(costly, findings=(replace(costly.findings[0], changes=SAVED), costly.findings[1]))
    said = robustness_sentence(moved).replace("\u00a0", " ")
    assert said.endswith("1 finding depends on the reading. What 1 breach costs depends on it, too.")


def test_what_the_law_asks_and_nobody_could_read_is_listed(view):
    named = {one.key: one for one in view.unjudged}
    report = named["report.miner_current_period"]
    assert report.missing == "how often a licensed miner reports to the ministry, and by when"
    asked = {key for duty in DUTIES.values() for key in duty.reads}
    assert not asked & set(named)
    assert not [key for key in named if key.startswith("expected.")]
    for form in (check_page(view), json.dumps(check_json(view)), json.dumps(pdf_data(view))):
        assert "Not known, and not judged" in form or '"unjudged"' in form
        assert report.title in form


def test_what_stays_legal_for_a_small_operator_is_not_believed(view):
    """The tax of 15 % meets the upper end of 10 to 15 % alone: with 10 % for compliance it is 25 %."""
    (said,) = [words for who, words in burden_lines(view.burden) if who == "Small"]
    assert said == (
        "10 to 15 % of earnings (S1, confidence low), its tax of 15 % included; that cannot hold together with its "
        "own calculator: 10 % for compliance and 15 % tax of profit make 25 %"
    )
    small, anyone = view.burden.claims
    assert small.parts_ppm == (100_000, 150_000) and anyone.parts_ppm == ()


def test_the_day_on_which_the_law_was_known_is_in_the_receipt_and_on_the_page(under_sold):
    assert receipt().sha256 != receipt(known_on=date(2025, 1, 1)).sha256
    lens = Lens(book=BOOK, profile="described", readings={}, known_on=date(2025, 1, 1))
    shown = check_view(
        facts=under_sold,
        lens=lens,
        verdict=check(facts=under_sold, lens=lens),
        receipt=receipt(known_on=date(2025, 1, 1)),
    )
    assert check_json(shown)["receipt"]["known_on"] == "2025-01-01"
    assert "what was public on 2025-01-01" in check_page(shown)


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
    assert {alarm.decoded("trigger").days for event in events for alarm in event.walk("VALARM")} == {-14, -60}
    (licence,) = [event for event in events if str(event["summary"]).startswith("Licence ends")]
    assert [alarm.decoded("trigger").days for alarm in licence.walk("VALARM")] == [-60, -14]


def test_a_day_that_moves_moves_its_event(view):
    (one,) = [one for one in view.ahead if one.ahead.act is Act.LICENCE]
    later = replace(one, ahead=replace(one.ahead, on=date(2027, 1, 1)))
    assert event_uid(one, "OP") == event_uid(later, "OP")
    assert event_uid(one, "OP") != event_uid(replace(one, ahead=replace(one.ahead, subject="other")), "OP")


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
