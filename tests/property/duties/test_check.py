import pickle
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.duties.case import Scope
from kezek.duties.check import DUTIES, check
from kezek.duties.explain import as_json, explain
from kezek.duties.facts import FeeRecord, Import, OperatorFacts, Programme, Purchased, QuarterBook, Sighting
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter

LENS = Lens(book=load_book(), profile="described", readings={})
ALONE = {}

quarters = st.sampled_from([Quarter(year, number) for year in (2023, 2024, 2025) for number in (1, 2, 3, 4)])
sats = st.integers(0, 1_200_000)
energies = st.integers(0, 6_000)


QUARTERLY = [name for name, one in DUTIES.items() if one.scope is Scope.QUARTER]
MENDED_LATER = {name for name, one in DUTIES.items() if one.mendable} | {"sale.share", "fee.return", "fee.amount"}
any_day = st.integers(-80, 200)
after_all_deadlines = st.integers(100, 200)


@st.composite
def operators(draw, as_of=any_day):
    """Draw an operator with one quarter of random books, looked at so many days after the quarter's end."""
    quarter = draw(quarters)

    def day():
        return quarter.from_on + timedelta(days=draw(st.integers(0, 91)))

    def maybe_after():
        return draw(st.none() | st.integers(0, 90).map(lambda days: quarter.until_on + timedelta(days=days)))

    book = QuarterBook(
        quarter=quarter,
        until_on=quarter.until_on,
        mined=Period(quarter.from_on, quarter.until_on),
        mined_sat=draw(sats),
        received_sat=(("pool-a", draw(sats)), ("pool-abroad", draw(st.sampled_from([0, 1])))),
        sold_sat=(("exchange-a", draw(sats)), ("exchange-abroad", draw(st.sampled_from([0, 1])))),
        disclosed_sat=draw(sats),
        metered_wh=1_000 * draw(energies),
        platform=Purchased(draw(energies), draw(st.integers(0, 1_002)), day()),
        other_source_kwh=draw(energies),
        least_energy_wh=1_000 * draw(energies),
        average_price_tiyn_per_kwh=draw(st.integers(0, 3_000)),
        coin_value_tiyn=draw(sats),
        cost_tiyn=draw(sats),
        tax_declared_tiyn=draw(sats),
        fee=FeeRecord(maybe_after(), maybe_after(), draw(sats)),
        direct_contract_kwh=draw(st.integers(0, 1)),
        meter_faulty=draw(st.booleans()),
        rebate_claimed_tiyn=draw(st.integers(0, 1)),
        rebate_eligible=draw(st.booleans()),
        programme=draw(st.none() | st.builds(Programme, energies, energies)),
        programme_known=True,
        log_gap_hours=draw(st.integers(0, 1)),
        log_gap_days=draw(st.integers(0, 1)),
        log_gap_transactions=draw(st.integers(0, 1)),
        report_on=maybe_after(),
        report_known=True,
        pool_reported=draw(st.booleans()),
    )
    owner, whole = draw(st.sampled_from(["", "OP-001"])), draw(st.booleans())
    seen = Sighting("S", quarter.from_on, owner, fingerprint_matches=whole, at_licensed_site=whole)
    came = Import("I", day(), customs_value_tiyn=draw(sats), vat_exempt=whole, vat_paid_tiyn=draw(sats))
    came = replace(came, left_on=draw(st.none() | st.just(day())), on_kz_balance_sheet=draw(st.booleans()))
    ends_on = draw(st.dates(date(2023, 4, 2), date(2027, 1, 1)))
    licence = Licence("L", Subtype.I, Period(date(2023, 4, 1), ends_on))
    return OperatorFacts(
        operator_id="OP-001",
        route=draw(st.sampled_from(Route)),
        licences=(licence,),
        as_of_on=quarter.until_on + timedelta(days=draw(as_of)),
        accredited_pool_ids=frozenset({"pool-a"}),
        licensed_exchange_ids=frozenset({"exchange-a"}),
        sightings=draw(st.sampled_from([(), (seen,)])),
        register_digest="",
        imports=draw(st.sampled_from([(), (came,)])),
        books=(book,),
        replacements=(),
    )


def lens_under(readings):
    key = tuple(sorted(readings.items()))
    if key not in ALONE:
        ALONE[key] = Lens(book=load_book(), profile="described", readings=readings)
    return ALONE[key]


@settings(max_examples=120, deadline=None)
@given(facts=operators())
def test_each_duty_has_one_finding_and_what_can_be_mended_is_no_breach_of_an_open_quarter(facts):
    verdict = check(facts=facts, lens=LENS)
    assert [finding.duty for finding in verdict.findings] == QUARTERLY
    assert sum(verdict.counts().values()) == len(QUARTERLY)
    if facts.as_of_on < facts.books[0].quarter.until_on:
        assert not {finding.duty for finding in verdict.breached} & MENDED_LATER


@settings(max_examples=100, deadline=None)
@given(facts=operators())
def test_every_change_that_is_named_comes_true_when_the_reading_is_taken(facts):
    for finding in check(facts=facts, lens=LENS).findings:
        for change in finding.changes:
            readings = {change.question: change.position, **dict(change.also)}
            taken = check(facts=facts, lens=lens_under(readings))
            status = next(one.status for one in taken.findings if one.duty == finding.duty)
            assert status is change.status
            assert status is not finding.status


@settings(max_examples=40, deadline=None)
@given(facts=operators(as_of=after_all_deadlines))
def test_a_finding_that_holds_under_all_readings_holds_under_each_single_one(facts):
    firm = {one.duty: one.status for one in check(facts=facts, lens=LENS).findings if one.holds_under_all_readings}
    for question in ("sale.share_2025", "tax.income", "energy.exemptions", "energy.purchase_max", "sale.denominator"):
        for position in load_book().questions[question].positions:
            taken = check(facts=facts, lens=lens_under({question: position})).findings
            assert {one.duty: one.status for one in taken if one.duty in firm} == firm


@settings(max_examples=60, deadline=None)
@given(facts=operators(as_of=after_all_deadlines), more=sats)
def test_selling_disclosing_or_declaring_more_never_makes_a_breach(facts, more):
    book = facts.books[0]
    better = replace(
        book,
        sold_sat=(*book.sold_sat, ("exchange-a", more)),
        disclosed_sat=book.disclosed_sat + more,
        tax_declared_tiyn=book.tax_declared_tiyn + more,
        fee=replace(book.fee, paid_tiyn=book.fee.paid_tiyn + more),
    )
    before = {finding.duty for finding in check(facts=facts, lens=LENS).breached}
    after = {finding.duty for finding in check(facts=replace(facts, books=(better,)), lens=LENS).breached}
    assert after <= before


@settings(max_examples=60, deadline=None)
@given(facts=operators())
def test_the_status_of_the_operator_is_its_worst_finding(facts):
    verdict = check(facts=facts, lens=LENS)
    rank = list(Status).index
    assert rank(verdict.status) == min(rank(finding.status) for finding in verdict.findings)


LEFT_OUT = st.sampled_from(
    [
        *("mined", "mined_sat", "received_sat", "sold_sat", "disclosed_sat", "metered_wh", "platform"),
        *("other_source_kwh", "least_energy_wh", "average_price_tiyn_per_kwh", "coin_value_tiyn", "cost_tiyn"),
        *("tax_declared_tiyn", "fee", "direct_contract_kwh", "meter_faulty", "rebate_claimed_tiyn"),
        *("rebate_eligible", "log_gap_hours", "log_gap_days", "log_gap_transactions", "pool_reported"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(facts=operators(), name=LEFT_OUT)
def test_a_fact_that_nobody_gave_leaves_a_finding_as_it_was_or_undetermined(facts, name):
    before = check(facts=facts, lens=LENS).findings
    silent = replace(facts, books=(replace(facts.books[0], **{name: None}),))
    for one, other in zip(before, check(facts=silent, lens=LENS).findings, strict=True):
        assert other.status in (one.status, Status.UNDETERMINED)


@settings(max_examples=60, deadline=None)
@given(facts=operators())
def test_an_explanation_changes_no_finding(facts):
    assert check(facts=facts, lens=LENS) == check(facts=facts, lens=LENS, explained=False)


@settings(max_examples=60, deadline=None)
@given(facts=operators())
def test_who_does_not_ask_for_other_readings_gets_the_same_findings_and_explanations(facts):
    asked, plain = check(facts=facts, lens=LENS), check(facts=facts, lens=LENS, readings=False)
    assert [replace(one, changes=(), otherwise=()) for one in asked.findings] == list(plain.findings)
    for one, other in zip(asked.findings, plain.findings, strict=True):
        assert one.trace.asked.keys() == other.trace.asked.keys()
        assert one.trace.positions == other.trace.positions


@settings(max_examples=40, deadline=None)
@given(facts=operators())
def test_what_a_breach_costs_otherwise_comes_true_when_the_readings_are_taken(facts):
    for finding in check(facts=facts, lens=LENS).findings:
        assert not finding.otherwise or finding.status is Status.BREACHED
        for other in finding.otherwise:
            found = check(facts=facts, lens=lens_under(dict(other.readings)), readings=False).findings
            (taken,) = (one for one in found if one.duty == finding.duty)
            assert (taken.status, taken.at_stake_tiyn) == (Status.BREACHED, other.at_stake_tiyn)
            assert taken.consequences == other.consequences
            assert (taken.at_stake_tiyn, taken.consequences) != (finding.at_stake_tiyn, finding.consequences)


@settings(max_examples=20, deadline=None)
@given(facts=operators())
def test_an_explained_verdict_is_the_same_after_it_was_stored(facts):
    verdict = check(facts=facts, lens=LENS)
    again = pickle.loads(pickle.dumps(verdict))
    assert again == verdict
    for one, other in zip(verdict.findings, again.findings, strict=True):
        said, told = (explain(each, book=LENS.book) for each in (one, other))
        assert as_json(said) == as_json(told)
