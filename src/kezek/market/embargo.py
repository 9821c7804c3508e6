"""Single bids stay closed for some days after delivery, so that nobody can follow a rival while it matters."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class EmbargoRefusal(StrEnum):
    """Why single bids are not shown."""

    UNDER_EMBARGO = "market.bids.under_embargo"


@dataclass(frozen=True, slots=True)
class Embargo:
    """Answer to who asks for the single bids of a delivery day.

    Args:
        refusal: None where the bids are open.
        until_on: First day on which they are open: the embargo's end, not counted in it.
    """

    refusal: EmbargoRefusal | None
    until_on: date

    @property
    def open(self) -> bool:
        """Tell whether the bids may be shown."""
        return self.refusal is None


def bids_open(*, delivered_on: date, embargo_days: int, on: date) -> Embargo:
    """Tell whether the single bids of a delivery day may be shown on a day.

    The embargo covers the day of delivery and `embargo_days` whole days after it; its end is exclusive. With 0 days
    the bids open on the day after delivery.

    Raises:
        ValueError: a negative number of days.

    >>> bids_open(delivered_on=date(2025, 10, 15), embargo_days=30, on=date(2025, 11, 14)).refusal
    <EmbargoRefusal.UNDER_EMBARGO: 'market.bids.under_embargo'>
    >>> bids_open(delivered_on=date(2025, 10, 15), embargo_days=30, on=date(2025, 11, 15)).open
    True
    """
    if embargo_days < 0:
        raise ValueError(f"an embargo of {embargo_days} days")
    until_on = delivered_on + timedelta(days=embargo_days + 1)
    return Embargo(EmbargoRefusal.UNDER_EMBARGO if on < until_on else None, until_on)
