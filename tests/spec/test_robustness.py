"""What a finding says of other readings, against all combinations of them; what a breach costs otherwise."""

import pickle
from dataclasses import replace
from functools import cache
from itertools import product
from unittest.mock import patch

import pytest
from tests.spec.clean import clean_operator, with_change
from tests.spec.specs import Spec, case_specs, consequence_text, finding_of, packaged_lenses
from tests.spec.test_claims import finding

from kezek.duties.check import DUTIES, check
from kezek.duties.explain import as_json, explain
from kezek.duties.lens import Lens
from kezek.law.book import load_book

BREACH = Spec(
    "", clean_operator(), "described", {"penalty.undersale": "s0_200"}, frozenset(), "sale.share", "2025-Q3", {}
)
JUDGED = [spec for spec in case_specs() if spec.duty]


@cache
def lens_under(profile, readings, accept):
    return Lens(book=load_book(), profile=profile, readings=dict(readings), accept_unconfirmed=accept)


def alone(spec, moved):
    """Judge a case under the readings it takes, but for some: status, and the questions that mattered."""
    readings = tuple(sorted({**spec.readings, **moved}.items()))
    with patch.dict(DUTIES, {spec.duty: DUTIES[spec.duty]}, clear=True):
        found = check(facts=spec.facts, lens=lens_under(spec.profile, readings, spec.accept), readings=False).findings
    one = next(one for one in found if one.period == spec.period)
    return one.status, set(one.trace.positions)


def statuses(spec):
    """The status under every combination of positions on all questions that any of them touches."""
    questions, seen = set(), {}
    while True:
        touched, named = set(questions), sorted(questions)
        for taken in product(*(sorted(load_book().questions[one].positions) for one in named)):
            moved = frozenset(zip(named, taken, strict=True))
            if moved not in seen:
                seen[moved] = alone(spec, dict(moved))
            touched |= seen[moved][1]
        if touched == questions:
            return {seen[moved][0] for moved in seen if len(moved) == len(questions)}
        questions = touched


@pytest.mark.parametrize("spec", JUDGED, ids=lambda spec: spec.name)
def test_the_statuses_that_are_named_are_those_of_all_combinations(spec):
    found = finding_of(spec, packaged_lenses())
    named = {found.status} | {change.status for change in found.changes}
    # A question that is taken is touched in some combination; under its own positions the status is the finding's.
    assert named == statuses(spec) | {found.status}


@pytest.mark.parametrize("spec", JUDGED, ids=lambda spec: spec.name)
def test_no_change_is_named_of_which_a_part_does_the_same(spec):
    changes = finding_of(spec, packaged_lenses()).changes
    parts = [(frozenset(((one.question, one.position), *one.also)), one.status) for one in changes]
    assert not [one for one in parts for other in parts if other[0] < one[0] and other[1] is one[1]]


def test_what_200_per_cent_of_the_shortfall_would_cost_is_said_beside_the_range():
    """600,000 of 750,000 sold: 150,000 sat at 10 tiyn are 1,500,000, twice that 3,000,000."""
    found = finding("sale.share", {"book.sold_sat": {"exchange-a": 600_000}})
    (other,) = (one for one in found.otherwise if one.readings == (("penalty.undersale", "s0_200"),))
    assert found.at_stake_tiyn == other.at_stake_tiyn == 1_500_000
    assert [consequence_text(one) for one in other.consequences] == [
        "suspension 1..6 months",
        "fine 3000000..3000000 tiyn",
    ]
    (under_s2,) = (one for one in found.otherwise if one.readings == (("sale.share_2025", "s2"),))
    assert under_s2.at_stake_tiyn == 2_000_000  # 800,000 due


def test_200_per_cent_of_a_shortfall_that_nobody_valued_is_not_known_and_not_zero():
    facts = with_change(clean_operator(), "book.sold_sat", {"exchange-a": 600_000})
    facts = with_change(facts, "book.coin_value_tiyn", unsaid=True)
    found = finding_of(replace(BREACH, facts=facts), packaged_lenses())
    (fine,) = (one for one in found.consequences if one.kind == "fine")
    assert (found.at_stake_tiyn, fine.least, fine.most) == (0, None, None)
    assert fine.unknown == "the value of the coins on receipt, of which the fine is a share"


def test_a_finding_that_is_no_breach_costs_nothing_otherwise():
    for spec in JUDGED:
        found = finding_of(spec, packaged_lenses())
        assert found.status == "breached" or found.otherwise == ()


def test_every_explained_finding_can_be_stored_and_is_explained_as_before():
    book = load_book()
    for spec in JUDGED:
        found = finding_of(spec, packaged_lenses())
        again = pickle.loads(pickle.dumps(found))
        assert again == found
        assert as_json(explain(again, book=book)) == as_json(explain(found, book=book))
