"""Deadlines: a dated rule turned into a day, and what becomes of one that falls on a day off."""

from datetime import date

from kezek.duties.case import Case
from kezek.law import keys
from kezek.units.calendar import Quarter
from kezek.units.problem import InputProblem


def due_on(*, rule: str, quarter: Quarter) -> date:
    """Turn a dated rule `<months after the quarter>-<day>` into a date.

    >>> due_on(rule="2-25", quarter=Quarter(2025, 2))
    datetime.date(2025, 8, 25)
    """
    months, day = rule.split("-")
    return quarter.day_of_month_after(int(months), int(day))


def shifted(deadline_on: date, case: Case) -> date:
    """Give the day by which it must be done, by the chosen reading of days off.

    As written, a deadline on a day off stays where it is: never later than the text. Under the other reading it
    moves to the next business day; a year that the calendar does not cover leaves it where it is written.

    Law: deadline.non_business_day.
    """
    calendar = case.lens.book.calendar
    try:
        working = calendar is None or calendar.is_business_day(deadline_on)
    except InputProblem:
        return deadline_on
    if working or case.law.text(keys.DEADLINE_NON_BUSINESS_DAY) == "as_written" or calendar is None:
        return deadline_on
    return calendar.next_business_day(deadline_on)
