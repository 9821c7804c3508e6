from dataclasses import replace
from datetime import date

import pytest

from kezek.duties.check import check
from kezek.duties.facts import Standing
from kezek.duties.finding import ConsequenceKind, Status
from kezek.registry.licence import Licence, Period, Subtype
from kezek.units.calendar import Quarter


def with_licence(facts, from_on=date(2023, 4, 1), until_on=date(2026, 4, 1), *suspensions):
    (licence,) = facts.licences
    return replace(facts, licences=(replace(licence, term=Period(from_on, until_on), suspensions=suspensions),))


@pytest.mark.parametrize(
    ("from_on", "until_on", "status", "days"),
    [
        (date(2025, 7, 1), date(2025, 10, 1), Status.MET, 0),
        (date(2025, 7, 2), date(2026, 4, 1), Status.BREACHED, 1),
        (date(2025, 6, 30), date(2025, 9, 30), Status.BREACHED, 1),
        (date(2026, 1, 1), date(2029, 1, 1), Status.BREACHED, 92),
    ],
)
def test_each_day_of_mining_needs_an_active_licence(facts_of, judge, from_on, until_on, status, days):
    finding = judge("licence.held", with_licence(facts_of(), from_on, until_on))
    assert (finding.status, finding.measured) == (status, days)


def test_days_without_mining_need_no_licence(facts_of, book_of, judge):
    facts = with_licence(facts_of(book_of(mined=Period(date(2025, 8, 1), date(2025, 8, 11)))), date(2025, 8, 1))
    assert judge("licence.held", facts).status is Status.MET
    assert judge("licence.held", with_licence(facts, date(2025, 8, 2))).measured == 1


def test_a_suspended_licence_does_not_cover(facts_of, judge):
    finding = judge(
        "licence.held",
        with_licence(facts_of(), date(2023, 4, 1), date(2026, 4, 1), Period(date(2025, 9, 30), date(2025, 10, 31))),
    )
    assert (finding.status, finding.reason, finding.measured) == (Status.BREACHED, "duties.licence.suspended", 1)
    assert finding.evidence == ("licence DM-I-0001 runs 2023-04-01..2026-04-01", "suspended 2025-09-30..2025-10-31")
    (fine,) = finding.consequences
    assert (fine.kind, fine.most, fine.unknown) == (
        ConsequenceKind.FINE,
        None,
        "what mining during a suspension brings",
    )


def test_a_suspension_of_another_quarter_does_not_matter(facts_of, judge):
    past = Period(date(2025, 6, 1), date(2025, 7, 1))
    assert (
        judge("licence.held", with_licence(facts_of(), date(2023, 4, 1), date(2026, 4, 1), past)).status is Status.MET
    )


def test_a_day_without_a_licence_counts_once_even_if_suspended_too(facts_of, judge):
    # Expired on 1 September (30 days), suspended from 1 August on: 31 + 30 days, not 31 + 30 + 30.
    overlapping = (Period(date(2025, 8, 1), date(2025, 10, 1)), Period(date(2025, 8, 10), date(2025, 8, 20)))
    finding = judge("licence.held", with_licence(facts_of(), date(2023, 4, 1), date(2025, 9, 1), *overlapping))
    assert finding.measured == 61


def test_an_expired_licence_says_when_it_ran_out(facts_of, judge):
    finding = judge("licence.held", with_licence(facts_of(), date(2023, 4, 1), date(2025, 9, 1)))
    assert finding.reason == "duties.licence.not_covered"
    assert finding.evidence == ("licence DM-I-0001 runs 2023-04-01..2025-09-01",)


def test_no_licence_was_needed_before_april_2023_unless_s0_or_s2_is_read(facts_of, book_of, judge):
    facts = facts_of(book_of(Quarter(2023, 1)))
    finding = judge("licence.held", facts)
    assert finding.status is Status.NOT_APPLICABLE
    assert {(change.position, change.status) for change in finding.changes} == {
        ("s0", Status.BREACHED),
        ("s2", Status.BREACHED),
    }


# --- ended early, and the term of the law ---------------------------------------------------------------------------


def ended(facts, terminated_on):
    (licence,) = facts.licences
    return replace(facts, licences=(replace(licence, terminated_on=terminated_on),))


@pytest.mark.parametrize(
    ("terminated_on", "status", "days"),
    [
        (date(2025, 7, 1), Status.BREACHED, 92),
        (date(2025, 9, 30), Status.BREACHED, 1),
        (date(2025, 10, 1), Status.MET, 0),
    ],
)
def test_a_licence_that_was_ended_covers_no_day_from_then_on(facts_of, judge, terminated_on, status, days):
    finding = judge("licence.held", ended(facts_of(), terminated_on))
    assert (finding.status, finding.measured) == (status, days)
    if days:
        assert finding.reason == "duties.licence.not_covered"
        assert finding.evidence[1:] == (f"licence DM-I-0001 terminated {terminated_on}",)
        assert [one.kind for one in finding.consequences] == [ConsequenceKind.PRISON, ConsequenceKind.CONFISCATION]


def test_a_licence_ends_when_the_term_of_the_law_does(facts_of, book_of, judge):
    """Three years from 1 April 2023 end with 31 March 2026: the second quarter of 2026 has 91 days without."""
    written = (date(2023, 4, 1), date(2033, 4, 1))
    assert judge("licence.held", with_licence(facts_of(book_of(Quarter(2026, 1))), *written)).status is Status.MET
    after = judge("licence.held", with_licence(facts_of(book_of(Quarter(2026, 2))), *written))
    assert (after.status, after.measured) == (Status.BREACHED, 91)
    assert after.evidence == ("licence DM-I-0001 runs 2023-04-01..2026-04-01",)


def test_any_day_without_a_licence_names_the_fault_over_a_suspension(facts_of, judge):
    suspended = Period(date(2025, 7, 1), date(2025, 8, 1))
    finding = judge("licence.held", with_licence(facts_of(), date(2023, 4, 1), date(2025, 9, 30), suspended))
    assert (finding.reason, finding.measured) == ("duties.licence.not_covered", 32)
    assert finding.evidence == ("licence DM-I-0001 runs 2023-04-01..2025-09-30", "suspended 2025-07-01..2025-08-01")


def test_an_open_quarter_without_a_licence_is_a_breach_already(facts_of, book_of, judge):
    book = book_of(until_on=date(2025, 7, 2), mined=Period(date(2025, 7, 1), date(2025, 7, 2)))
    finding = judge("licence.held", facts_of(book, licences=(), as_of_on=date(2025, 7, 2)))
    assert (finding.status, finding.measured) == (Status.BREACHED, 1)


def _two(facts_of, second, **standing):
    first = Licence("A", Subtype.I, Period(date(2023, 4, 1), date(2026, 4, 1)))
    known = Standing(has_data_centre=True, **standing)
    return facts_of(licences=(first, second), standing=known)


@pytest.mark.parametrize(
    "second",
    [
        Licence("B", Subtype.II, Period(date(2024, 1, 1), date(2027, 1, 1)), terminated_on=date(2024, 2, 1)),
        Licence("B", Subtype.II, Period(date(2026, 4, 1), date(2029, 4, 1))),
    ],
    ids=["terminated", "still to come"],
)
def test_a_licence_that_is_not_that_of_today_decides_nothing(second, facts_of, lens_of):
    verdict = check(facts=_two(facts_of, second), lens=lens_of())
    found = {one.duty: one for one in verdict.findings}
    assert found["licence.subtype"].status is Status.MET
    assert found["energy.quota"].status is Status.MET


def test_a_change_of_subtype_inside_a_quarter_leaves_open_who_bought(facts_of, lens_of):
    first = Licence("A", Subtype.I, Period(date(2023, 4, 1), date(2025, 9, 1)))
    second = Licence("B", Subtype.II, Period(date(2025, 9, 1), date(2028, 9, 1)))
    verdict = check(facts=facts_of(licences=(first, second)), lens=lens_of())
    found = next(one for one in verdict.findings if one.duty == "energy.quota")
    assert (found.status, found.missing) == (Status.UNDETERMINED, ("bought_on_platform",))
