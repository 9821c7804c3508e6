"""Whom an operator may deal with: coins come from and go to the names on a list of the state's, and nobody else."""

from collections.abc import Iterable

from kezek.duties.case import Case
from kezek.duties.finding import Finding, Status, Unit
from kezek.law.value import Value


def listed_only(
    *, case: Case, rule: Value, dealt_sat: Iterable[tuple[str, int]], listed: frozenset[str], reasons: tuple[str, str]
) -> Finding:
    """Judge whether all coins were dealt with names on the list; the first satoshi with another is a breach.

    Args:
        dealt_sat: Coins by counterparty. [sat]
        reasons: Reason of a duty that is met, and of one that is breached.
    """
    others: list[tuple[str, int]] = []
    for name, sat in dealt_sat:
        if sat and not case.holds(f"{name} is on the list", name in listed):
            others.append((name, sat))
    met, breached = reasons
    return case.finding(
        Status.BREACHED if others else Status.MET,
        breached if others else met,
        rule=rule,
        measured=sum(case.given(sat, f"{name}_sat") for name, sat in others),
        limit=0,
        unit=Unit.SAT,
        evidence=tuple(f"{name} ({sat} sat)" for name, sat in others),
    )
