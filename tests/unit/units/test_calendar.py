import itertools
from datetime import UTC, date, datetime, time, timedelta

import pytest

from kezek.units.calendar import Quarter, hours_of, local_at

CLOCK_SET_BACK_ON = date(2024, 2, 29)


def test_an_ordinary_day_has_24_hours_named_by_the_clock():
    hours = hours_of(date(2025, 10, 15))
    assert [hour.label for hour in hours] == [f"{n:02d}:00" for n in range(24)]
    assert [hour.clock_hour for hour in hours] == list(range(24))
    assert [hour.index for hour in hours] == list(range(24))


def test_the_day_the_clock_was_set_back_has_25_hours_and_eleven_at_night_twice():
    hours = hours_of(CLOCK_SET_BACK_ON)
    assert len(hours) == 25
    assert [hour.label for hour in hours[-3:]] == ["22:00", "23:00", "23:00 (second)"]
    assert [hour.clock_hour for hour in hours[-2:]] == [23, 23]


def test_labels_are_unique_and_hours_follow_without_gap_on_the_long_day():
    hours = hours_of(CLOCK_SET_BACK_ON)
    assert len({hour.label for hour in hours}) == 25
    assert {later.starts_at - hour.starts_at for hour, later in itertools.pairwise(hours)} == {timedelta(hours=1)}


@pytest.mark.parametrize("on", [date(2024, 2, 28), CLOCK_SET_BACK_ON, date(2024, 3, 1), date(2025, 12, 31)])
def test_a_day_ends_where_the_next_begins(on):
    assert hours_of(on)[-1].starts_at + timedelta(hours=1) == hours_of(on + timedelta(days=1))[0].starts_at


def test_midnight_was_utc_plus_six_before_march_2024_and_plus_five_after():
    assert hours_of(date(2024, 2, 29))[0].starts_at == datetime(2024, 2, 28, 18, tzinfo=UTC)
    assert hours_of(date(2024, 3, 1))[0].starts_at == datetime(2024, 2, 29, 19, tzinfo=UTC)


def test_the_session_clock_is_five_hours_ahead_of_utc_in_2025():
    assert local_at(date(2025, 10, 14), time(9, 30)) == datetime(2025, 10, 14, 4, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("on", "quarter"),
    [
        (date(2024, 1, 1), Quarter(2024, 1)),
        (date(2024, 3, 31), Quarter(2024, 1)),
        (date(2024, 4, 1), Quarter(2024, 2)),
        (date(2024, 9, 30), Quarter(2024, 3)),
        (date(2024, 12, 31), Quarter(2024, 4)),
    ],
)
def test_a_date_lies_in_its_quarter(on, quarter):
    assert Quarter.of(on) == quarter
    assert quarter.from_on <= on < quarter.until_on


def test_quarters_step_over_the_year_in_both_directions():
    assert Quarter(2024, 4).next == Quarter(2025, 1)
    assert Quarter(2025, 1).previous == Quarter(2024, 4)
    assert Quarter(2024, 4).until_on == date(2025, 1, 1)


def test_quarters_sort_by_time():
    assert sorted([Quarter(2025, 1), Quarter(2024, 4), Quarter(2024, 2)]) == [
        Quarter(2024, 2),
        Quarter(2024, 4),
        Quarter(2025, 1),
    ]


@pytest.mark.parametrize(
    ("quarter", "months", "day", "on"),
    [
        (Quarter(2022, 4), 1, 20, date(2023, 1, 20)),
        (Quarter(2025, 1), 2, 15, date(2025, 5, 15)),
        (Quarter(2025, 3), 2, 25, date(2025, 11, 25)),
        (Quarter(2025, 4), 2, 25, date(2026, 2, 25)),
        (Quarter(2025, 4), 0, 31, date(2025, 12, 31)),
    ],
)
def test_a_day_of_the_nth_month_after_a_quarter_crosses_the_year(quarter, months, day, on):
    assert quarter.day_of_month_after(months, day) == on
