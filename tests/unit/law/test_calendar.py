"""Business days of Kazakhstan: days worked by hand from the law, the orders and the ministry's own counts."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.law.book import load_book
from kezek.law.calendar import DayOffKind
from kezek.law.value import Confidence
from kezek.units.problem import InputProblem

CALENDAR = load_book().calendar
FIRST, LAST = date(2020, 1, 1), date(2026, 12, 31)
DAY = timedelta(days=1)
inside = st.dates(FIRST, LAST)

# first day, a mark for each day: - worked, W weekend, H holiday, M moved off a weekend, T transferred
WEEKS = {
    "new_year_2020_with_a_worked_sunday": (date(2019, 12, 30) + 2 * DAY, "HHTW--H---W"),
    "womens_day_2020_on_sunday": (date(2020, 3, 6), "-WHM-"),
    "nauryz_2020_on_a_weekend": (date(2020, 3, 20), "-HHHMM--WW"),
    "victory_day_2020_moved_to_monday_and_that_to_friday": (date(2020, 5, 1), "HWW---HTHW-----WW"),
    "kurban_ait_2020": (date(2020, 7, 30), "-HWW-"),
    "constitution_day_2020_on_sunday": (date(2020, 8, 28), "-WHM-"),
    "december_2020_with_two_days_of_independence": (date(2020, 12, 14), "--HHTW-"),
    "first_president_2020_the_last_but_one": (date(2020, 11, 30), "-H-"),
    "new_year_2021_on_friday_and_saturday": (date(2021, 1, 1), "HHWM--H-WW-"),
    "nauryz_2021": (date(2021, 3, 19), "-WHHHM-"),
    "may_2021": (date(2021, 4, 30), "-HWM---HWHM-"),
    "capital_day_2021": (date(2021, 7, 2), "--WTH-"),
    "kurban_ait_2021": (date(2021, 7, 19), "-H-"),
    "december_2021_the_last_first_president_and_second_day": (date(2021, 12, 1), "H--WW-----WW---HHWW-"),
    "new_year_2022_on_a_weekend": (date(2021, 12, 31), "-HHMM--HWW-"),
    "womens_day_2022": (date(2022, 3, 4), "--WTH-"),
    "may_2022_two_holidays_one_of_them_on_saturday": (date(2022, 4, 29), "-WHM----HWHM-"),
    "kurban_ait_2022_on_saturday_moves_nothing": (date(2022, 7, 8), "-HW-"),
    "constitution_day_2022": (date(2022, 8, 26), "--WTH-"),
    "republic_day_2022_the_first": (date(2022, 10, 21), "--WTH-"),
    "first_president_2022_no_more": (date(2022, 11, 30), "---WW-"),
    "independence_day_2022_is_one_day": (date(2022, 12, 15), "-HWW--"),
    "new_year_2023_and_christmas_on_saturday": (date(2022, 12, 30), "-WHHM---HW-"),
    "may_2023": (date(2023, 5, 1), "H----WHMH---WW"),
    "kurban_ait_2023_and_a_worked_saturday": (date(2023, 6, 27), "-H---W-"),
    "capital_day_2023": (date(2023, 7, 5), "-HTWW-"),
    "independence_day_2023_on_saturday": (date(2023, 12, 15), "-HWM-"),
    "christmas_2024_on_sunday_moves_nothing": (date(2024, 1, 5), "-WH-"),
    "nauryz_2024": (date(2024, 3, 20), "-HHHWM-"),
    "may_2024": (date(2024, 5, 1), "H---W-HTH-WW-"),
    "kurban_ait_2024_on_sunday_and_the_monday_taken_back": (date(2024, 6, 14), "-WH--"),
    "capital_day_2024_on_saturday": (date(2024, 7, 5), "-HWM-"),
    "new_year_2025": (date(2024, 12, 31), "-HHTW--H---WW"),
    "womens_day_2025_on_saturday": (date(2025, 3, 7), "-HWM-"),
    "nauryz_2025": (date(2025, 3, 20), "-HHHMM-"),
    "may_2025_without_a_transfer": (date(2025, 5, 7), "H-HWW-"),
    "kurban_ait_2025": (date(2025, 6, 5), "-HWW-"),
    "constitution_day_2025_on_saturday": (date(2025, 8, 29), "-HWM-"),
    "republic_day_2025_on_saturday": (date(2025, 10, 24), "-HWM-"),
    "independence_day_2025": (date(2025, 12, 15), "-H-"),
    "new_year_2026": (date(2025, 12, 31), "-HHWW--H-"),
    "nauryz_2026": (date(2026, 3, 20), "-HHHMM-"),
    "may_2026": (date(2026, 5, 1), "HWW---H-HWM-"),
    "kurban_ait_2026": (date(2026, 5, 26), "-H-"),
    "august_2026_without_constitution_day": (date(2026, 8, 28), "-WW--"),
    "republic_day_2026_on_sunday": (date(2026, 10, 23), "-WHM-"),
    "independence_day_2026": (date(2026, 12, 15), "-H--WW-"),
}
MARKS = {
    None: "-",
    DayOffKind.WEEKEND: "W",
    DayOffKind.HOLIDAY: "H",
    DayOffKind.MOVED: "M",
    DayOffKind.TRANSFERRED: "T",
}


def mark(on):
    why = CALENDAR.why_not(on)
    return MARKS[why.kind if why else None]


@pytest.mark.parametrize("name", WEEKS)
def test_days_of(name):
    first, marks = WEEKS[name]
    assert "".join(mark(first + n * DAY) for n in range(len(marks))) == marks


@pytest.mark.parametrize(
    ("year", "days"),
    [
        (2020, 246),
        (2021, 245),
        # 245 by the calendar of 2021; 1 and 19 December were worked after the law of September, 25 October was off
        (2022, 246),
        (2023, 246),
        # 248 by the ministry's balance of working time, which had 17 June off
        (2024, 249),
        # 119 days off as published
        (2025, 246),
        # 119 days off as published with 31 August among them
        (2026, 247),
    ],
)
def test_business_days_of_the_year(year, days):
    assert CALENDAR.business_days_between(date(year, 1, 1), date(year + 1, 1, 1)) == days


@pytest.mark.parametrize(
    ("on", "n", "expected"),
    [
        (date(2024, 5, 3), 1, date(2024, 5, 4)),  # Friday, and a worked Saturday
        (date(2024, 5, 6), 1, date(2024, 5, 10)),  # three days off behind it
        (date(2024, 5, 6), 2, date(2024, 5, 13)),
        (date(2025, 12, 31), 15, date(2026, 1, 26)),  # 5, 6, 8, 9 January, then 12 to 16, 19 to 23, 26
        (date(2020, 5, 11), 0, date(2020, 5, 11)),
        (date(2020, 5, 8), 0, date(2020, 5, 11)),
        (date(2020, 5, 11), -1, date(2020, 5, 6)),
        (date(2023, 1, 1), -2, date(2022, 12, 29)),
    ],
)
def test_term_ends_on(on, n, expected):
    assert CALENDAR.add_business_days(on, n) == expected


def test_day_off_says_why():
    said = {on: str(CALENDAR.why_not(on)) for on in (date(2025, 3, 7), date(2025, 3, 8), date(2025, 3, 9))}
    assert said == {
        date(2025, 3, 7): "None",
        date(2025, 3, 8): "International Women's Day",
        date(2025, 3, 9): "Sunday",
    }
    moved = CALENDAR.why_not(date(2025, 3, 10))
    assert str(moved) == "International Women's Day of 2025-03-08, a day off, moved here"
    assert moved.evidence.at.startswith("Art. 5")
    transferred = CALENDAR.why_not(date(2020, 5, 8))
    assert str(transferred) == "day off transferred from 2020-05-11, which is worked"
    assert (transferred.evidence.source.number, transferred.instead_of) == ("820", date(2020, 5, 11))


@pytest.mark.parametrize("on", [date(2019, 12, 31), date(2027, 1, 1)])
def test_year_that_is_not_covered_is_refused_and_not_guessed(on):
    for ask in (
        CALENDAR.is_business_day,
        CALENDAR.why_not,
        CALENDAR.next_business_day,
        lambda on: CALENDAR.add_business_days(on, 1),
        lambda on: CALENDAR.business_days_between(on, on + DAY),
    ):
        with pytest.raises(InputProblem, match="It covers 2020 to 2026") as refusal:
            ask(on)
        assert refusal.value.code == "law.calendar.not_covered"


@pytest.mark.parametrize(("on", "n"), [(date(2026, 12, 31), 1), (date(2026, 1, 1), 300), (date(2020, 1, 5), -1)])
def test_term_that_leaves_the_years_covered_is_refused(on, n):
    with pytest.raises(InputProblem, match=r"law\.calendar\.not_covered"):
        CALENDAR.add_business_days(on, n)


def test_end_of_the_last_year_is_still_counted_to():
    assert CALENDAR.business_days_between(date(2026, 12, 31), date(2027, 1, 1)) == 1
    with pytest.raises(InputProblem, match=r"law\.calendar\.reversed"):
        CALENDAR.business_days_between(date(2026, 1, 2), date(2026, 1, 1))


def test_every_row_says_where_it_comes_from():
    rows = [CALENDAR.move, *(one.evidence for one in (*CALENDAR.years, *CALENDAR.holidays, *CALENDAR.transfers))]
    assert len(rows) == 1 + 7 + 15 + 10
    for evidence in rows:
        assert evidence.finding.endswith(".") and evidence.source.title and evidence.confidence is not Confidence.LOW


def test_book_without_a_calendar_has_none():
    assert load_book(jurisdiction="world").calendar is None


@given(st.dates(date(2020, 1, 5), LAST), st.integers(1, 60))
def test_adding_and_counting_agree(on, n):
    if CALENDAR.business_days_between(on, LAST) <= n:
        return
    end = CALENDAR.add_business_days(on, n)
    assert CALENDAR.is_business_day(end)
    assert CALENDAR.business_days_between(on + DAY, end + DAY) == n
    assert CALENDAR.add_business_days(end, -n) == CALENDAR.add_business_days(on + DAY, -1)


@given(inside, inside, st.integers(0, 30))
def test_later_start_never_ends_earlier(one, other, n):
    early, late = sorted((one, other))
    if CALENDAR.business_days_between(late, LAST) > n + 1:
        assert CALENDAR.add_business_days(early, n) <= CALENDAR.add_business_days(late, n)
        assert CALENDAR.add_business_days(late, n) <= CALENDAR.add_business_days(late, n + 1)


@given(inside, inside)
def test_counting_is_the_number_of_business_days(one, other):
    early, late = sorted((one, other))
    days = (early + n * DAY for n in range((late - early).days))
    assert CALENDAR.business_days_between(early, late) == sum(CALENDAR.is_business_day(on) for on in days)


@given(inside)
def test_next_business_day_is_the_first_one(on):
    found = CALENDAR.next_business_day(on)
    assert CALENDAR.is_business_day(found) and found >= on
    assert not any(CALENDAR.is_business_day(on + n * DAY) for n in range((found - on).days))
    assert CALENDAR.add_business_days(on, 0) == found


def test_a_transfer_changes_no_number_of_days():
    for one in CALENDAR.transfers:
        assert CALENDAR.why_not(one.off_on).kind is DayOffKind.TRANSFERRED
        assert CALENDAR.is_business_day(one.worked_on)
    off = sum(not CALENDAR.is_business_day(FIRST + n * DAY) for n in range((LAST - FIRST).days + 1))
    assert off == len(CALENDAR.before_transfers)
