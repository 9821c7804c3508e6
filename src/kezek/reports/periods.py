"""Which quarters of a table of findings are closed on a day."""

from collections.abc import Iterable
from datetime import date

from kezek.units.calendar import Quarter


def closed_periods(*, periods: Iterable[str], on: date) -> list[str]:
    """Pick the quarters that are over when the day is.

    >>> closed_periods(periods=["2025-Q3", "2025-Q4"], on=date(2025, 10, 15))
    ['2025-Q3']
    """
    today = Quarter.of(on)
    last_day = today.until_on.toordinal() == on.toordinal() + 1
    return [one for one in periods if _quarter(one) < today or (last_day and _quarter(one) == today)]


def _quarter(period: str) -> Quarter:
    year, number = period.split("-Q")
    return Quarter(int(year), int(number))
