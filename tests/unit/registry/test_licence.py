from datetime import date

import pytest

from kezek.registry.licence import Licence, LicenceState, Period, Subtype

TERM = Period(date(2023, 4, 1), date(2026, 4, 1))
SUSPENDED = Period(date(2025, 7, 1), date(2025, 9, 1))


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2023, 3, 31), LicenceState.NOT_YET),
        (date(2023, 4, 1), LicenceState.ACTIVE),
        (date(2025, 6, 30), LicenceState.ACTIVE),
        (date(2025, 7, 1), LicenceState.SUSPENDED),
        (date(2025, 8, 31), LicenceState.SUSPENDED),
        (date(2025, 9, 1), LicenceState.ACTIVE),
        (date(2026, 3, 31), LicenceState.ACTIVE),
        (date(2026, 4, 1), LicenceState.EXPIRED),
    ],
)
def test_a_licence_changes_its_state_on_the_first_day_of_each_period(on, state):
    assert Licence("L-1", Subtype.I, TERM, (SUSPENDED,)).state_on(on) is state


def test_an_expired_licence_is_expired_even_while_a_suspension_runs_on():
    late = Period(date(2026, 3, 1), date(2026, 6, 1))
    licence = Licence("L-1", Subtype.I, TERM, (late,))
    assert licence.state_on(date(2026, 3, 31)) is LicenceState.SUSPENDED
    assert licence.state_on(date(2026, 4, 1)) is LicenceState.EXPIRED


@pytest.mark.parametrize(
    ("other", "days"),
    [
        (Period(date(2025, 9, 1), date(2025, 10, 1)), 0),
        (Period(date(2025, 8, 31), date(2025, 10, 1)), 1),
        (Period(date(2025, 1, 1), date(2026, 1, 1)), 62),
        (Period(date(2025, 7, 10), date(2025, 7, 10)), 0),
        (Period(date(2025, 1, 1), date(2025, 7, 1)), 0),
    ],
)
def test_periods_share_the_days_that_are_in_both(other, days):
    assert SUSPENDED.overlap_days(other) == days
    assert other.overlap_days(SUSPENDED) == days


def test_a_period_holds_its_first_day_and_not_its_last():
    assert SUSPENDED.holds(date(2025, 7, 1))
    assert not SUSPENDED.holds(date(2025, 9, 1))
