import pytest
from tests.spec.specs import case_specs, outcome, packaged_lenses


@pytest.mark.parametrize("spec", case_specs(), ids=lambda spec: spec.name)
def test_a_worked_case_comes_out_as_worked_by_hand(spec):
    assert outcome(spec, packaged_lenses()) == spec.expected
