"""No amount of any case comes from a rule outside the days on which the rule applies."""

import pytest
from tests.spec.specs import case_specs, finding_of, packaged_lenses, timeline_specs
from tests.spec.thresholds import threshold_specs

from kezek.law.origin import Rule
from kezek.law.term import Term

JUDGED = [spec for spec in (*case_specs(), *timeline_specs(), *threshold_specs()) if spec.duty]


def rules_of(amount):
    """Walk a term: every rule that gave it or a part of it."""
    if isinstance(amount, Term):
        if isinstance(amount.about, Rule):
            yield amount.about
        for part in amount.parts:
            yield from rules_of(part)


def traced(found):
    for amount in found.trace.amounts.values():
        yield from rules_of(amount)
    for one in found.trace.conditions:
        yield from rules_of(one.left)
        yield from rules_of(one.right)


def days_of(spec):
    """First and last day whose law counts: of the books so far; of a licence fee the day on which it was paid."""
    if spec.period:
        books = [book for book in spec.facts.books if str(book.quarter) <= spec.period]
        return min(book.quarter.from_on for book in books), books[-1].last_on
    application = spec.facts.standing.application
    paid_on = application.fee_paid_on if application else None
    on = paid_on if spec.duty == "licence.fee" and paid_on and paid_on <= spec.facts.as_of_on else spec.facts.as_of_on
    return on, on


@pytest.mark.parametrize("duty", sorted({spec.duty for spec in JUDGED}))
def test_no_rule_stands_in_a_case_outside_its_days(duty):
    strangers = {}
    for spec in JUDGED:
        if spec.duty != duty:
            continue
        first_on, last_on = days_of(spec)
        for rule in traced(finding_of(spec, packaged_lenses())):
            if rule.from_on > last_on or (rule.until_on is not None and rule.until_on <= first_on):
                strangers.setdefault(rule.name, spec.name)
    assert strangers == {}


def test_the_rules_with_an_end_are_met_inside_it():
    met = {rule.name for spec in JUDGED for rule in traced(finding_of(spec, packaged_lenses()))}
    assert {"renewable_plant_rate", "own_plant_rate", "faulty_meter_rate", "own_or_renewable_rate"} <= met
