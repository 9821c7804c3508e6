"""What the day makes of its operators: the clean are clean on any day; meters that cannot be read count for zero."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from kezek.day.engine import DayEngine
from kezek.day.events import Opened, Payout
from kezek.day.given import given
from kezek.day.run import _judge
from kezek.duties.facts import OperatorFacts
from kezek.duties.finding import Status
from kezek.evidence.log import parse_entries
from kezek.evidence.plain import from_plain
from kezek.metering.reading import MeterReading, meter_of
from kezek.registry.operator import Route

FINE = {Status.MET, Status.NOT_APPLICABLE}
BANDS = {"fee.bands_2023": "hypothesis"}


@pytest.mark.parametrize(
    ("on", "readings", "slow"),
    [
        (date(2023, 8, 28), BANDS, 0),
        (date(2024, 5, 28), BANDS, 3),
        (date(2025, 10, 15), {}, 3),
        (date(2026, 3, 15), {}, 3),
    ],
)
def test_of_a_clean_operator_nothing_is_open_or_at_risk_but_what_the_plan_left_slow(make_day, on, readings, slow):
    day = make_day(on=on, readings=readings)
    everything = [finding for verdict in day.state.verdicts for finding in verdict.findings]
    assert Status.UNDETERMINED not in {finding.status for finding in everything}
    broken = {plan.operator_id for plan in day.plans}
    clean = [verdict for verdict in day.state.verdicts if verdict.operator_id not in broken]
    assert len(clean) >= 69
    odd = Counter(
        (finding.duty, str(finding.status), finding.reason)
        for verdict in clean
        for finding in verdict.findings
        if finding.status not in FINE
    )
    assert odd == ({("sale.share", "at_risk", "duties.sale.behind_pace"): slow} if slow else {})


def test_every_duty_of_a_quarter_is_judged_somewhere_in_the_years(make_day, default_day):
    """Nobody of the simulated fleet has a 70/30 plant, claims a credit or imported a machine in these years."""
    first = make_day(on=date(2023, 8, 28), readings=BANDS)
    last = make_day(on=date(2026, 3, 15))
    findings = [one for day in (first, default_day, last) for v in day.state.verdicts for one in v.findings]
    applied = {one.duty for one in findings if one.status is not Status.NOT_APPLICABLE}
    assert {one.duty for one in findings} - applied == {"energy.programme", "fee.rebate", "vat.import"}


def test_the_check_of_the_day_keeps_no_explanations(default_day):
    assert all(one.trace is None for verdict in default_day.state.verdicts for one in verdict.findings)


# --- readings that are all refused ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(default_day):
    """Two operators whose pools paid them for the day: the meter of the first carries more than its connection."""
    logged = parse_entries(default_day.log.entries_text())
    engine = DayEngine(lens=default_day.request.lens.with_readings({}), opened=from_plain(Opened, logged[0]["data"]))
    broken = {plan.operator_id for plan in default_day.plans}
    runs = [one for one in default_day.state.operators.values() if one.active_power_w]
    whole = [one for one in runs if one.operator_id not in broken]
    operators = [next(one for one in whole if one.route is route) for route in (Route.OWN_GENERATION, Route.IMPORTED)]
    for operator in operators:
        engine.admit(operator)
    engine.close_gate()
    for operator, over_w in zip(operators, (1, 0), strict=True):
        meter, wh = meter_of(operator_id=operator.operator_id), operator.site_power_w + over_w
        for hour in range(24):
            engine.read_meter(MeterReading(meter, operator.operator_id, hour, wh))
    for operator in operators:
        engine.pay_out(Payout(operator.operator_id, operator.pool_id, 1_010, 1_000))
    filed = [event["data"] for event in logged if event["type"] == "books.filed"]
    wanted = {one.operator_id for one in operators}
    facts = [from_plain(OperatorFacts, data) for data in filed if data["operator_id"] in wanted]
    closed = [replace(one, books=tuple(book for book in one.books if one.is_closed(book))) for one in facts]
    _judge(default_day.request, engine, closed, default_day.price)
    return engine, operators


def books_of(engine):
    events = [event for event in parse_entries(engine.log.entries_text()) if event["type"] == "books.filed"]
    facts = [from_plain(OperatorFacts, event["data"]) for event in events]
    return {one.operator_id: one.books[-1] for one in facts}


def test_an_operator_whose_readings_were_all_refused_metered_nothing_and_is_judged(judged):
    engine, (refused, metered) = judged
    assert {reading.operator_id for reading in engine.state.readings} == {metered.operator_id}
    book, other = (books_of(engine)[one.operator_id] for one in (refused, metered))
    assert (book.metered_wh, book.other_source_kwh) == (0, 0)
    assert other.metered_wh == 24 * metered.site_power_w
    # No machine is known to have run, but coins came in: 1,000 of 1,010 sat, 500 sat and more of them sold.
    assert book.mined.from_on == book.mined.until_on
    assert (book.mined_sat, book.received_sat) == (1_010, ((refused.pool_id, 1_000),))
    assert {verdict.operator_id for verdict in engine.state.verdicts} == {refused.operator_id, metered.operator_id}


def test_coins_without_a_usable_reading_are_a_breach_in_the_open_quarter_and_no_fee_is_owed(judged):
    engine, (refused, metered) = judged
    verdicts = {verdict.operator_id: verdict for verdict in engine.state.verdicts}
    opened = {one.duty: one for one in verdicts[refused.operator_id].findings if one.period == "2025-Q4"}
    assert (opened["records.energy"].status, opened["records.energy"].reason) == (
        Status.BREACHED,
        "duties.records.meter_under_coins",
    )
    assert opened["records.energy"].measured == 0 < opened["records.energy"].limit
    assert opened["fee.payment"].reason == "duties.fee.nothing_owed"
    assert opened["licence.held"].status is Status.MET
    others = {one.duty: one for one in verdicts[metered.operator_id].findings if one.period == "2025-Q4"}
    assert others["records.energy"].status is Status.MET


# --- a simulated book leaves nothing out ----------------------------------------------------------------------------


@pytest.mark.parametrize("fact", [0, "", (), False])
def test_a_fact_that_was_given_is_given_back(fact):
    assert given(fact) == fact


def test_a_fact_that_a_simulated_book_leaves_out_is_a_bug_that_raises():
    with pytest.raises(LookupError, match="leaves a fact out"):
        given(None)
