from dataclasses import replace
from datetime import date, timedelta
from math import prod

import pytest

from kezek.duties.case import Scope
from kezek.duties.check import DUTIES, breaches, check
from kezek.duties.facts import FeeRecord, Import, Purchased, Replacement, Sighting
from kezek.duties.finding import Change, Finding, Status
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.registry.licence import Period, Subtype
from kezek.units.calendar import Quarter

Q2, Q3, Q4 = Quarter(2025, 2), Quarter(2025, 3), Quarter(2025, 4)
QUARTERLY = [name for name, one in DUTIES.items() if one.scope is Scope.QUARTER]
IDLE = {"energy.programme", "fee.rebate", "report.pool", "report.quarterly", "sale.circulation", "vat.import"}
"""Duties that the clean books of 2025 give no occasion for, or whose law was another year's."""
UNBREAKABLE = {"fee.payment", "energy.programme", "report.pool", "report.quarterly", "sale.circulation"}
"""A payment in time, a programme that was only proposed, and duties of other years."""


def broken(book):
    """Break every duty of a quarter that a book can break."""
    return replace(
        book,
        received_sat=(("pool-a", 900_000), ("pool-abroad", 100_000)),
        sold_sat=(("exchange-a", 10), ("exchange-abroad", 5)),
        disclosed_sat=1,
        metered_wh=3_000_000,
        platform=Purchased(1, 9_000, book.platform.largest_on),
        least_energy_wh=9_000_000,
        tax_declared_tiyn=0,
        fee=FeeRecord(None, book.fee.paid_on, 1),
        direct_contract_kwh=1,
        rebate_claimed_tiyn=1,
        log_gap_hours=1,
    )


def all_broken(facts_of, book):
    first_on, facts = book.quarter.from_on, facts_of(broken(book))
    late = Period(first_on + timedelta(days=1), date(2027, 1, 1))
    new = Import("S-2", first_on, customs_value_tiyn=1_000_000, vat_exempt=False, vat_paid_tiyn=0)
    return replace(
        facts,
        licences=(replace(facts.licences[0], term=late, subtype=Subtype.II),),
        sightings=(Sighting("S-1", first_on, "", False, False), Sighting("S-6", first_on, "OP-001", False, False)),
        imports=(Import("S-3", date(2024, 1, 1), left_on=first_on), new),
        replacements=(Replacement("S-4", "S-5", first_on, excluded_on=None, registered_on=None),),
    )


def test_clean_books_meet_every_duty(facts_of, lens_of):
    verdict = check(facts=facts_of(), lens=lens_of())
    assert {finding.duty: finding.status for finding in verdict.findings} == {
        name: Status.NOT_APPLICABLE if name in IDLE else Status.MET for name in QUARTERLY
    }
    assert verdict.status is Status.MET
    assert verdict.breached == ()


def test_each_duty_is_judged_once_for_each_quarter(facts_of, book_of, lens_of):
    verdict = check(facts=facts_of(book_of(Q2), book_of(Q3)), lens=lens_of())
    assert [(finding.period, finding.duty) for finding in verdict.findings] == [
        (period, duty) for period in ("2025-Q2", "2025-Q3") for duty in QUARTERLY
    ]


def test_broken_books_breach_every_duty_that_can_be_broken_at_once(facts_of, book_of, lens_of):
    verdict = check(facts=all_broken(facts_of, book_of()), lens=lens_of())
    assert {finding.duty for finding in verdict.breached} == {*QUARTERLY} - UNBREAKABLE
    assert verdict.counts()[Status.BREACHED] == len(QUARTERLY) - len(UNBREAKABLE)
    assert verdict.status is Status.BREACHED


MENDABLE = {"records.coins", "fee.rebate", "sale.share"}
"""What is amiss in these can still be made up for while the quarter runs."""
AFTER_THE_QUARTER = {"fee.return", "fee.payment", "fee.amount", "tax.income"}
"""Only judged, or only due, once the quarter is over."""


def test_in_an_open_quarter_an_act_is_a_breach_and_what_can_be_mended_a_risk(facts_of, book_of, lens_of):
    book = book_of(Q4, until_on=date(2025, 10, 15), mined=Period(date(2025, 10, 1), date(2025, 10, 15)))
    facts = replace(all_broken(facts_of, book), as_of_on=date(2025, 10, 15))
    verdict = check(facts=facts, lens=lens_of())
    status = {finding.duty: finding.status for finding in verdict.findings}
    assert {duty for duty, found in status.items() if found is Status.AT_RISK} == MENDABLE
    assert {duty for duty, found in status.items() if found is Status.BREACHED} == (
        {*QUARTERLY} - UNBREAKABLE - MENDABLE - AFTER_THE_QUARTER
    )
    assert verdict.status is Status.BREACHED


def test_what_can_be_mended_is_marked_so():
    """The share of the sale and part payments of the fee look at their own deadlines."""
    assert {name for name, one in DUTIES.items() if one.mendable} == {
        "records.coins",
        "energy.programme",
        "fee.rebate",
    }


@pytest.mark.parametrize(
    ("as_of_on", "status"), [(date(2025, 9, 30), Status.AT_RISK), (date(2025, 10, 1), Status.BREACHED)]
)
def test_a_quarter_is_open_on_its_last_day_and_closed_the_day_after(facts_of, book_of, judge, as_of_on, status):
    assert judge("sale.share", facts_of(book_of(sold_sat=()), as_of_on=as_of_on)).status is status


def test_the_worst_status_names_the_operators_state(facts_of, book_of, lens_of):
    worst = [Status.BREACHED, Status.AT_RISK, Status.UNDETERMINED, Status.MET, Status.NOT_APPLICABLE]
    assert list(Status) == worst
    cheap_2023 = book_of(Quarter(2023, 3))
    assert check(facts=facts_of(cheap_2023), lens=lens_of()).status is Status.UNDETERMINED


# --- robustness: under which readings would the answer be another? --------------------------------------------------


def test_a_clean_76_percent_seller_would_be_in_breach_under_the_80_percent_of_s2(facts_of, judge):
    finding = judge("sale.share", facts_of())
    assert finding.status is Status.MET
    s2 = ("sale.share_2025", "s2")
    assert set(finding.changes) == {
        Change(*s2, Status.BREACHED),
        Change("sale.period", "calendar_year", Status.AT_RISK, also=(s2,)),  # until 31 December
        Change("sale.carry_over", "yes", Status.UNDETERMINED, also=(s2,)),  # without the books of the quarter before
    }
    assert not finding.holds_under_all_readings
    assert judge("sale.share", facts_of(), sale__share_2025="s2").status is Status.BREACHED


def test_an_80_percent_seller_is_clean_under_all_readings(facts_of, book_of, judge):
    # 80 % of the coins before the pool's fee is 808,000.
    finding = judge("sale.share", facts_of(book_of(sold_sat=(("exchange-a", 808_000),))))
    assert finding.status is Status.MET
    assert finding.holds_under_all_readings


def test_a_reading_chosen_by_name_is_compared_with_the_others_too(facts_of, judge):
    finding = judge("sale.share", facts_of(), sale__share_2025="s2")
    assert Change("sale.share_2025", "majority", Status.MET) in finding.changes


def test_a_finding_that_no_open_question_touches_holds_under_all_readings(facts_of, judge):
    for duty in ("equipment.registered", "pool.accredited", "sale.venue", "records.energy", "fee.payment"):
        assert judge(duty, facts_of()).holds_under_all_readings


def test_only_single_readings_are_named_where_one_alone_changes_the_answer(facts_of, book_of, judge):
    # 752,000 of 1,000,000: enough of what was received, too little of the 1,010,000 mined (757,500) and under S2.
    finding = judge("sale.share", facts_of(book_of(sold_sat=(("exchange-a", 752_000),))))
    mined, s2 = ("sale.denominator", "coins_mined"), ("sale.share_2025", "s2")
    found = {change for change in finding.changes if change.status is Status.BREACHED}
    assert found == {Change(*mined, Status.BREACHED), Change(*s2, Status.BREACHED)}
    # Over the year both are behind pace; with a surplus of the quarter before, nobody knows: its books are missing.
    others = {(change.status, change.question, *(q for q, _ in change.also)) for change in finding.changes} - {
        (Status.BREACHED, "sale.denominator"),
        (Status.BREACHED, "sale.share_2025"),
    }
    assert others == {
        (Status.AT_RISK, "sale.denominator", "sale.period"),
        (Status.AT_RISK, "sale.period", "sale.share_2025"),
        (Status.UNDETERMINED, "sale.carry_over", "sale.denominator"),
        (Status.UNDETERMINED, "sale.carry_over", "sale.share_2025"),
    }


def test_readings_that_change_the_answer_only_together_are_named_together(facts_of, book_of, judge):
    # 805,000 sold: over 80 % of what was received and 75 % of what was mined, under 80 % of what was mined (808,000).
    finding = judge("sale.share", facts_of(book_of(sold_sat=(("exchange-a", 805_000),))))
    mined, s2 = ("sale.denominator", "coins_mined"), ("sale.share_2025", "s2")
    year, carried = ("sale.period", "calendar_year"), ("sale.carry_over", "yes")
    assert set(finding.changes) == {
        Change(*mined, Status.BREACHED, also=(s2,)),
        Change(*mined, Status.AT_RISK, also=(year, s2)),
        Change(*carried, Status.UNDETERMINED, also=(mined, s2)),
    }


def test_an_operator_without_books_is_not_judged(facts_of, lens_of):
    verdict = check(facts=replace(facts_of(), books=()), lens=lens_of())
    assert (verdict.findings, verdict.status) == ((), Status.NOT_APPLICABLE)


class CountingLens(Lens):
    """The lens itself, that also notes which readings were tried."""

    tried: tuple = ()

    def with_readings(self, readings):
        self.tried = (*self.tried, dict(readings))
        return super().with_readings(readings)


def test_only_the_questions_that_a_duty_touched_are_tried(facts_of):
    law = load_book()
    lens = CountingLens(book=law, profile="described", readings={})
    check(facts=facts_of(), lens=lens)
    asked = {question for readings in lens.tried for question in readings}
    assert "sale.share_2025" in asked
    assert not asked & {"sale.share_2023", "fee.bands_2023", "market.tie_rule", "penalty.undersale", "licence.fee"}
    widest = max(lens.tried, key=len)
    assert len(widest) <= 4
    assert len(lens.tried) < 100 < prod(len(question.positions) for question in law.questions.values())


def test_every_combination_of_the_touched_questions_is_tried(facts_of):
    lens = CountingLens(book=load_book(), profile="described", readings={})
    check(facts=facts_of(), lens=lens)
    questions = {"sale.share_2025", "sale.period", "sale.denominator", "sale.carry_over"}
    sale = {tuple(sorted(readings.items())) for readings in lens.tried if questions & {*readings}}
    # Two positions each, carry-over as soon as a reading leaves the share short; one of sixteen is the lens' own.
    assert len(sale) == 15


# --- missing law ----------------------------------------------------------------------------------------------------


def test_missing_law_is_undetermined_and_never_met(facts_of, judge):
    finding = judge("sale.share", facts_of(), profile="published")
    assert (finding.status, finding.reason) == (Status.UNDETERMINED, "duties.law.unknown")
    assert finding.evidence


def test_law_not_yet_in_force_does_not_apply(facts_of, book_of, judge):
    finding = judge("sale.venue", facts_of(book_of(Quarter(2023, 4))))
    assert (finding.status, finding.reason) == (Status.NOT_APPLICABLE, "duties.law.not_in_force")


def test_a_finding_of_a_rule_names_its_source_and_what_was_measured(facts_of, lens_of):
    for finding in check(facts=facts_of(), lens=lens_of()).findings:
        if finding.status is Status.NOT_APPLICABLE:
            continue
        assert finding.source in load_book().sources
        if finding.duty not in {"fee.return", "fee.payment"}:
            assert None not in (finding.measured, finding.limit)
            assert finding.unit


def test_only_a_breach_is_softened_in_an_open_period():
    for status in Status:
        softened = Finding("d", "p", status, "r").for_open_period().status
        assert softened is (Status.AT_RISK if status is Status.BREACHED else status)


# --- the record of what a verdict rests on --------------------------------------------------------------------------


@pytest.mark.parametrize("readings", [{}, {"sale.carry_over": "yes"}, {"sale.denominator": "coins_mined"}])
def test_the_callers_lens_has_on_record_all_that_the_findings_rest_on(facts_of, book_of, readings):
    facts = facts_of(book_of(Q2), book_of(Q3, sold_sat=(("exchange-a", 10),)))
    asked, alone = (Lens(book=load_book(), profile="described", readings=readings) for _ in range(2))
    check(facts=facts, lens=asked)
    breaches(facts=facts, lens=alone)
    # Of what the breach of the sale costs nothing is said by who only looks for breaches.
    costs = {"penalty.digital_asset_law_mci_min", "penalty.digital_asset_law_mci_max"}
    assert asked.unconfirmed_used() - alone.unconfirmed_used() == costs
    assert alone.unconfirmed_used() < asked.unconfirmed_used()
    assert asked.touched() - alone.touched() == {"penalty.undersale"}
    assert alone.touched() < asked.touched()
    assert {"sale.period", "sale.deadline", "sale.carry_over"} <= asked.unconfirmed_used()


def test_what_only_another_reading_rests_on_is_not_on_record(facts_of):
    # The denominator of S0 is a source's; ours is a choice that nobody confirmed.
    lens = Lens(book=load_book(), profile="described", readings={"sale.denominator": "coins_mined"})
    check(facts=facts_of(), lens=lens)
    assert "sale.denominator" not in lens.unconfirmed_used()


def test_the_breaches_are_those_of_the_check(facts_of, book_of, lens_of):
    facts = all_broken(facts_of, book_of())
    found = {(finding.duty, finding.period) for finding in check(facts=facts, lens=lens_of()).breached}
    assert breaches(facts=facts, lens=lens_of()) == found
    assert breaches(facts=facts_of(), lens=lens_of()) == frozenset()


# --- law that changes inside a quarter ------------------------------------------------------------------------------


def lens_with_a_step_inside_q3():
    """The shipped book, but half of the coins are due until 14 August 2025 and three quarters from the 15th."""
    book, on = load_book(), date(2025, 8, 15)
    share = book.quantities["sale.share_ppm"]
    half = next(value for value in share.values if value.from_on == date(2024, 1, 1))
    more = next(value for value in share.values if value.content == 750_000 and value.from_on == date(2025, 1, 1))
    values = (replace(half, until_on=on), replace(more, from_on=on, reading=None))
    quantities = {**book.quantities, "sale.share_ppm": replace(share, values=values)}
    return Lens(book=replace(book, quantities=quantities), profile="described", readings={})


@pytest.mark.parametrize(
    ("sat", "status", "reason"),
    [
        (800_000, Status.MET, "duties.sale.sold"),
        (600_000, Status.UNDETERMINED, "duties.law.changed_inside_period"),
        (400_000, Status.BREACHED, "duties.sale.short"),
    ],
)
def test_a_share_that_changes_inside_the_quarter_is_judged_where_both_shares_agree(
    facts_of, book_of, sat, status, reason
):
    facts = facts_of(book_of(sold_sat=(("exchange-a", sat),)))
    findings = check(facts=facts, lens=lens_with_a_step_inside_q3()).findings
    (finding,) = (one for one in findings if one.duty == "sale.share")
    assert (finding.status, finding.reason) == (status, reason)
    if status is Status.UNDETERMINED:
        assert finding.evidence == ("law changes on 2025-08-15",)
    others = {one.status for one in findings if one.duty != "sale.share" and one.duty not in IDLE}
    assert others == {Status.MET}


def test_no_quarter_since_the_law_of_2023_is_left_open_by_a_change_inside_it(facts_of, book_of, lens_of):
    quarters = [Quarter(year, number) for year in (2023, 2024, 2025) for number in (1, 2, 3, 4)]
    for quarter in quarters:
        findings = check(facts=facts_of(book_of(quarter)), lens=lens_of()).findings
        assert "duties.law.changed_inside_period" not in {finding.reason for finding in findings}
