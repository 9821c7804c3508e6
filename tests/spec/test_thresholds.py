import pytest
from tests.spec.specs import outcome, packaged_lenses
from tests.spec.thresholds import LIMITS, threshold_specs


@pytest.mark.parametrize("spec", threshold_specs(), ids=lambda spec: spec.name)
def test_a_status_turns_exactly_at_its_limit(spec):
    assert outcome(spec, packaged_lenses()) == spec.expected


def test_duties_with_a_numeric_limit_from_the_law_are_all_here():
    """Found in the worked cases: an answer in sat, tiyn or energy whose limit is not zero."""
    from tests.spec.specs import case_specs

    with_limit = {
        spec.duty
        for spec in case_specs()
        if spec.expected.get("limit") and spec.expected.get("unit") in ("sat", "tiyn", "Wh", "W")
    }
    around = {row[0] for row in LIMITS}
    elsewhere = {"licence.fee", "vat.import", "energy.new_mine_power"}  # one under, on and over in their case files
    assert with_limit - around - elsewhere == set()
