"""Whom an operator may deal with: coins come from and go to the names on a list of the state's, and nobody else."""

from collections.abc import Iterable

from kezek.duties.facts import QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.law.value import Value


def listed_only(
    *,
    duty: str,
    rule: Value,
    book: QuarterBook,
    dealt_sat: Iterable[tuple[str, int]],
    listed: frozenset[str],
    reasons: tuple[str, str],
) -> Finding:
    """Judge whether all coins were dealt with names on the list; the first satoshi with another is a breach.

    Args:
        dealt_sat: Coins by counterparty. [sat]
        reasons: Reason of a duty that is met, and of one that is breached.
    """
    others = [(name, sat) for name, sat in dealt_sat if name not in listed and sat]
    met, breached = reasons
    return Finding(
        duty=duty,
        period=str(book.quarter),
        status=Status.BREACHED if others else Status.MET,
        reason=breached if others else met,
        measured=sum(sat for _, sat in others),
        limit=0,
        unit=Unit.SAT,
        evidence=tuple(f"{name} ({sat} sat)" for name, sat in others),
        source=rule.source.key,
        at=rule.at,
    )
