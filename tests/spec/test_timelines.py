import pytest
from tests.spec.specs import case_specs, outcome, packaged_lenses, timeline_specs

from kezek.duties.check import DUTIES


@pytest.mark.parametrize("spec", timeline_specs(), ids=lambda spec: spec.name)
def test_a_duty_changes_on_its_days_and_on_no_other(spec):
    assert outcome(spec, packaged_lenses()) == spec.expected


def test_every_duty_is_worked_as_met_as_breached_and_as_not_applicable():
    """A breach may be a risk; what has no such answer by its nature is named here."""
    seen = {duty: set() for duty in DUTIES}
    for spec in case_specs() + timeline_specs():
        if spec.duty:
            seen[spec.duty].add(spec.expected["status"].replace("at_risk", "breached"))
    never = {
        "licence.tax_prepayment": {"met", "breached"},  # a claim without a base: nothing to keep or break
        "licence.cap": {"breached"},  # no source gives a number to reach
    }
    gaps = {
        duty: {"met", "breached", "not_applicable"} - said - never.get(duty, set()) for duty, said in seen.items()
    }
    assert not {duty: gap for duty, gap in gaps.items() if gap}


def test_every_duty_is_worked_as_undetermined():
    undetermined = {spec.duty for spec in case_specs() if spec.expected.get("status") == "undetermined"}
    assert {*DUTIES} - undetermined == set()
