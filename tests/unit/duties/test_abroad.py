import json
from dataclasses import replace
from datetime import date, timedelta
from types import MappingProxyType

import pytest

from kezek.duties.abroad import AbroadFacts, Outcome, check_abroad, prohibitions
from kezek.duties.dame import dame_excise
from kezek.law.absence import NotYetInForce, Unknown
from kezek.law.book import load_book
from kezek.law.value import Status
from kezek.units.problem import InputProblem

MILLION = 100_000_000
"""$1,000,000.00 in cents."""
NOT_ENACTED = "Proposed, not enacted: nothing is owed today; if it were law, "
NOT_LAW = "Draft, not law: nothing is owed today; if it were law, "
DAY = timedelta(days=1)


def dame_law(on, profile="described", **readings):
    readings = {f"dame.{question}": position for question, position in readings.items()}
    return load_book(jurisdiction="us-dame").at(on=on, profile=profile, readings=readings)


def excise(on, cost=MILLION, own=0, profile="described", **readings):
    law = dame_law(on, profile, **readings)
    return dame_excise(electricity_cost_cents=cost, own_power_cost_cents=own, taxable_year_from_on=on, law=law)


def checked(jurisdiction, on, **facts):
    book = load_book(jurisdiction=jurisdiction)
    return check_abroad(jurisdiction=jurisdiction, on=on, book=book, facts=AbroadFacts(**facts))


# The proposed excise of the United States


@pytest.mark.parametrize(
    ("phase_in", "year", "dollars"),
    [
        ("green_book_2024", 2024, 100_000),
        ("green_book_2024", 2025, 200_000),
        ("green_book_2024", 2026, 300_000),
        ("green_book_2024", 2030, 300_000),
        ("green_book_2025", 2025, 100_000),
        ("green_book_2025", 2026, 200_000),
        ("green_book_2025", 2027, 300_000),
        ("none", 2024, 300_000),
        ("none", 2025, 300_000),
        ("none", 2026, 300_000),
    ],
)
def test_a_million_dollars_of_power_bears_10_20_and_30_percent(phase_in, year, dollars):
    assert excise(date(year, 1, 1), phase_in=phase_in).excise_cents == 100 * dollars


@pytest.mark.parametrize(
    ("phase_in", "starts"),
    [
        ("green_book_2024", ((2024, 100_000), (2025, 200_000), (2026, 300_000))),
        ("green_book_2025", ((2025, 100_000), (2026, 200_000), (2027, 300_000))),
        ("none", ((2024, 300_000),)),
    ],
)
def test_a_step_starts_with_the_year_that_begins_on_its_first_day(phase_in, starts):
    before = None
    for year, rate_ppm in starts:
        eve = excise(date(year, 1, 1) - DAY, phase_in=phase_in).rate_ppm
        if before is None:
            assert eve == NotYetInForce("dame.rate_ppm", date(year, 1, 1))
        else:
            assert eve == before
        assert excise(date(year, 1, 1), phase_in=phase_in).rate_ppm == rate_ppm
        assert excise(date(year, 1, 1) + DAY, phase_in=phase_in).rate_ppm == rate_ppm
        before = rate_ppm


def test_a_taxable_year_from_july_takes_the_step_of_its_first_day():
    assert excise(date(2024, 7, 1)).rate_ppm == 100_000
    assert excise(date(2025, 7, 1)).rate_ppm == 200_000


def test_without_known_steps_the_rate_is_a_typed_absence_and_no_zero():
    found = excise(date(2024, 1, 1), phase_in="unknown")
    assert isinstance(found.rate_ppm, Unknown)
    assert isinstance(found.excise_cents, Unknown)
    assert "steps and years" in found.excise_cents.missing
    assert found.excise_cents.source.key == "s2"
    assert (found.source, found.owed_cents) == ("", 0)


def test_the_range_holds_every_reading_with_a_figure_and_names_the_others():
    found = excise(date(2024, 1, 1))
    assert (found.least_cents, found.most_cents) == (10_000_000, 30_000_000)
    assert [str(one) for one in found.without_figure()] == [
        "dame.phase_in=green_book_2025",
        "dame.phase_in=unknown",
    ]
    assert found.touched == ("dame.phase_in",)
    assert (found.source, found.is_law, found.owed_cents) == ("green_book_2024", False, 0)
    assert "effective date" in found.at


def test_no_reading_has_a_figure_before_the_first_start():
    found = excise(date(2023, 12, 31))
    assert (found.least_cents, found.most_cents) == (None, None)
    assert len(found.without_figure()) == len(found.readings) == 4


@pytest.mark.parametrize(("cost", "cents"), [(0, 0), (4, 0), (5, 1), (14, 1), (15, 2), (1_000_004, 100_000)])
def test_the_excise_is_rounded_half_up_to_the_cent(cost, cents):
    assert excise(date(2024, 1, 1), cost).excise_cents == cents


@pytest.mark.parametrize(("own_power", "cents"), [("estimated", 12_500_000), ("expenses_only", 10_000_000)])
def test_own_power_worth_a_quarter_million_counts_under_one_reading(own_power, cents):
    found = excise(date(2024, 1, 1), MILLION, 25_000_000, own_power=own_power)
    assert found.excise_cents == cents
    assert found.touched == ("dame.own_power", "dame.phase_in")
    assert (found.least_cents, found.most_cents) == (10_000_000, 37_500_000)
    assert len(found.readings) == 2 * 4


def test_own_power_without_a_reading_leaves_the_base_open():
    found = excise(date(2024, 1, 1), MILLION, 1, own_power="unknown")
    assert isinstance(found.base_cents, Unknown)
    assert isinstance(found.excise_cents, Unknown)
    assert excise(date(2024, 1, 1), MILLION, 0, own_power="unknown").excise_cents == 10_000_000


def test_the_published_profile_takes_the_last_wording_and_refuses_what_nobody_proposes():
    assert isinstance(excise(date(2024, 1, 1), profile="published").rate_ppm, NotYetInForce)
    assert excise(date(2025, 1, 1), profile="published").excise_cents == 10_000_000
    assert excise(date(2025, 1, 1), profile="published", phase_in="none").excise_cents == 30_000_000


def test_the_record_of_the_callers_law_stays_as_it_was():
    law = dame_law(date(2024, 1, 1))
    dame_excise(electricity_cost_cents=1, taxable_year_from_on=date(2024, 1, 1), law=law)
    assert law.touched() == frozenset()


def test_the_law_of_another_day_and_a_negative_cost_are_bugs_that_raise():
    law = dame_law(date(2024, 1, 1))
    with pytest.raises(ValueError, match="2025-01-01"):
        dame_excise(electricity_cost_cents=1, taxable_year_from_on=date(2025, 1, 1), law=law)
    with pytest.raises(ValueError, match="negative"):
        dame_excise(electricity_cost_cents=-1, taxable_year_from_on=date(2024, 1, 1), law=law)


def test_the_check_computes_and_says_that_nothing_is_owed():
    found = checked("us-dame", date(2026, 11, 20), electricity_cost_cents=MILLION, year=2025)
    assert (found.outcome, found.is_law, found.refused) == (Outcome.COMPUTED, False, False)
    assert found.sentence.startswith(NOT_ENACTED + "the excise of a taxable year that begins on 2025-01-01 would be ")
    assert "$200,000.00, 20 % of $1,000,000.00 (green_book_2024, " in found.sentence
    assert "Over all readings: $100,000.00 to $300,000.00; not known under dame.phase_in=unknown." in found.sentence
    assert (found.details["excise_cents"], found.details["owed_cents"]) == (20_000_000, 0)
    assert {row.standing for row in found.rows} == {"proposal"}


def test_the_check_takes_its_own_year_where_the_facts_name_none():
    found = checked("us-dame", date(2024, 12, 31), electricity_cost_cents=MILLION)
    assert found.details["taxable_year_from_on"] == "2024-01-01"
    assert found.details["excise_cents"] == 10_000_000


def test_a_year_before_the_proposal_bears_no_excise():
    found = checked("us-dame", date(2023, 6, 1), electricity_cost_cents=MILLION)
    assert (found.outcome, found.reason) == (Outcome.NOT_APPLICABLE, "duties.abroad.no_rate")
    assert found.sentence.startswith(NOT_ENACTED)
    assert "2024-01-01" in found.sentence
    assert found.details["excise_cents"] == {"absent": "law.value.not_yet_in_force"}


def test_no_cost_and_no_steps_leave_the_check_undetermined():
    assert checked("us-dame", date(2024, 6, 1)).reason == "duties.abroad.cost_unknown"
    found = check_abroad(
        jurisdiction="us-dame",
        on=date(2024, 6, 1),
        book=load_book(jurisdiction="us-dame"),
        facts=AbroadFacts(electricity_cost_cents=MILLION),
        readings={"dame.phase_in": "unknown"},
    )
    assert (found.outcome, found.reason) == (Outcome.UNDETERMINED, "duties.abroad.rate_unknown")
    assert found.sentence.startswith(NOT_ENACTED)


# China


def test_china_refuses_and_names_each_prohibition_with_its_source():
    found = checked("cn", date(2025, 10, 15))
    assert (found.outcome, found.refused, found.is_law) == (Outcome.PROHIBITED, True, True)
    assert found.sentence.startswith("Refused; in force in China on 2025-10-15: no new investment in mining (notice_")
    for words in ("no mine may call itself a data centre", "no power may be supplied to miners", "illegal supply"):
        assert words in found.sentence
    reasons = found.details["reasons"]
    assert [row["key"] for row in reasons] == [
        "mining_ban.new_investment",
        "mining_ban.data_centre_label",
        "mining_ban.power_supply",
        "mining_ban.illegal_supply_sanctioned",
    ]
    assert all(row["source"] and row["at"] and row["finding"] for row in reasons)
    assert {row.key: row.says for row in found.rows}["mining_ban.price_category"] == "outdated"


@pytest.mark.parametrize(("on", "count"), [(date(2021, 9, 23), 0), (date(2021, 9, 24), 4), (date(2021, 9, 25), 4)])
def test_the_prohibitions_start_with_the_notice(on, count):
    assert len(prohibitions(law=load_book(jurisdiction="cn").at(on=on)).reasons) == count


def test_before_the_notice_nothing_is_refused():
    found = checked("cn", date(2021, 9, 23))
    assert (found.outcome, found.refused) == (Outcome.NOT_APPLICABLE, False)
    assert "the first starts on 2021-09-24" in found.sentence


def test_whom_power_may_not_reach_depends_on_the_reading():
    law = load_book(jurisdiction="cn").at(on=date(2025, 1, 1), readings={"mining_ban.supply_scope": "new_mines"})
    assert prohibitions(law=law).reasons[2].says == "no power may be supplied to new mines"
    assert checked("cn", date(2025, 1, 1)).touched == ("mining_ban.supply_scope",)


# Russia


@pytest.mark.parametrize(
    ("reported", "outcome", "end"),
    [
        (None, Outcome.UNDETERMINED, "the facts do not say whether it did."),
        (True, Outcome.WOULD_BE_MET, "it did."),
        (False, Outcome.WOULD_BE_BREACHED, "it did not."),
    ],
)
def test_the_draft_duty_to_report_waits_for_the_fact(reported, outcome, end):
    found = checked("ru", date(2023, 1, 22), address_reported=reported)
    assert (found.outcome, found.is_law) == (outcome, False)
    assert found.sentence.startswith(NOT_LAW + "a miner would have to report its address-identifier")
    assert found.sentence.endswith(end)


@pytest.mark.parametrize(
    ("on", "outcome"),
    [
        (date(2022, 11, 16), Outcome.NOT_APPLICABLE),
        (date(2022, 11, 17), Outcome.WOULD_BE_MET),
        (date(2024, 8, 7), Outcome.WOULD_BE_MET),
        (date(2024, 8, 8), Outcome.UNDETERMINED),
    ],
)
def test_the_draft_lasts_from_its_submission_until_the_law_that_followed(on, outcome):
    assert checked("ru", on, address_reported=True).outcome is outcome


def test_after_the_draft_the_law_that_followed_is_named_and_not_judged():
    found = checked("ru", date(2025, 10, 15), address_reported=True)
    assert (found.outcome, found.reason) == (Outcome.UNDETERMINED, "duties.abroad.draft_ended")
    assert "221-FZ" in found.sentence
    assert "nothing is owed" not in found.sentence


def test_the_same_duty_in_a_book_that_calls_it_law_is_breached():
    book = load_book(jurisdiction="ru")
    key = "mining_report.address_identifier_required"
    enacted = replace(
        book.quantities[key],
        status=Status.LAW,
        values=tuple(replace(value, status=Status.LAW) for value in book.quantities[key].values),
    )
    book = replace(book, quantities=MappingProxyType({**book.quantities, key: enacted}))
    facts = AbroadFacts(address_reported=False)
    found = check_abroad(jurisdiction="ru", on=date(2023, 1, 22), book=book, facts=facts)
    assert (found.outcome, found.is_law) == (Outcome.BREACHED, True)
    assert found.sentence.startswith("A miner has to report its address-identifier")


# All


@pytest.mark.parametrize("jurisdiction", ["us-dame", "cn", "ru"])
@pytest.mark.parametrize("on", [date(2020, 1, 1), date(2023, 1, 22), date(2025, 10, 15)])
@pytest.mark.parametrize("profile", ["described", "published"])
def test_an_answer_is_ready_for_json_and_holds_the_whole_book(jurisdiction, on, profile):
    book = load_book(jurisdiction=jurisdiction)
    facts = AbroadFacts(electricity_cost_cents=MILLION, own_power_cost_cents=1)
    found = check_abroad(jurisdiction=jurisdiction, on=on, book=book, facts=facts, profile=profile)
    told = found.as_dict()
    assert json.loads(json.dumps(told)) == told
    assert [row["key"] for row in told["rows"]] == sorted(book.quantities)
    assert all(row["says"] for row in told["rows"])
    assert found.sentence.endswith(".")
    assert found.reason.startswith("duties.abroad.")


@pytest.mark.parametrize("jurisdiction", ["kz", "world", "fr"])
def test_a_jurisdiction_without_a_check_abroad_is_refused(jurisdiction):
    with pytest.raises(InputProblem, match="Known: cn, ru, us-dame") as caught:
        check_abroad(jurisdiction=jurisdiction, on=date(2025, 1, 1), book=load_book(), facts=AbroadFacts())
    assert caught.value.code == "duties.abroad.jurisdiction"


@pytest.mark.parametrize(
    "facts",
    [
        {"electricity_cost_cents": -1},
        {"electricity_cost_cents": True},
        {"own_power_cost_cents": "5"},
        {"electricity_kwh": -1},
        {"year": 0},
        {"year": 10_000},
        {"address_reported": "yes"},
    ],
)
def test_what_cannot_be_a_fact_is_refused_by_name(facts):
    with pytest.raises(InputProblem, match=next(iter(facts))) as caught:
        AbroadFacts(**facts)
    assert caught.value.code == "duties.abroad.fact"
