"""What a simulated book says: everything, so that a duty is never open for want of a fact."""

from dataclasses import replace
from datetime import date
from typing import TypeVar

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.registry.licence import Licence

T = TypeVar("T")


def given(fact: T | None) -> T:
    """Give back a fact of a simulated operator, who leaves nothing out.

    Raises:
        LookupError: the fact is missing, which is a bug of the simulation.
    """
    if fact is None:
        raise LookupError("a simulated book leaves a fact out")
    return fact


def received_sat(book: QuarterBook) -> int:
    """Add up the coins that all pools paid out. [sat]"""
    return sum(sat for _, sat in given(book.received_sat))


def licence_of(facts: OperatorFacts) -> Licence:
    """Give the one licence of a simulated operator."""
    return given(facts.licences)[-1]


def nothing_amiss(book: QuarterBook, *, report_on: date | None) -> QuarterBook:
    """Say of what no other figure of a book tells that all was in order, and that there was nothing to claim.

    Args:
        report_on: Day on which the quarterly report of the notification regime was filed.
    """
    return replace(
        book,
        direct_contract_kwh=0,
        meter_faulty=False,
        rebate_claimed_tiyn=0,
        rebate_eligible=False,
        programme=None,
        programme_known=True,
        log_gap_hours=0,
        log_gap_days=0,
        log_gap_transactions=0,
        report_on=report_on,
        report_known=True,
        pool_reported=True,
    )
