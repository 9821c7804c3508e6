"""Licence duty: mine only while a licence is active."""

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.registry.licence import Period


def licence_held(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether every day of mining in the period was covered by an active licence.

    Law: licence.required; a suspended licence does not cover (Art. 9 of the law on digital assets).
    """
    rule = lens.on(book.last_on).require("licence.required")
    mined = Period(max(book.mined.from_on, rule.from_on), book.mined.until_on)
    mined_days = max(0, (mined.until_on - mined.from_on).days)
    covered_days = facts.licence.term.overlap_days(mined)
    suspended_days = sum(period.overlap_days(mined) for period in facts.licence.suspensions)
    without_days = mined_days - covered_days + suspended_days
    suspended = suspended_days > 0
    evidence = (
        tuple(f"suspended {period.from_on}..{period.until_on}" for period in facts.licence.suspensions)
        if suspended
        else (f"licence {facts.licence.licence_no} runs {facts.licence.term.from_on}..{facts.licence.term.until_on}",)
    )
    breach = "duties.licence.suspended" if suspended else "duties.licence.not_covered"
    return Finding(
        duty="licence.held",
        period=str(book.quarter),
        status=Status.BREACHED if without_days else Status.MET,
        reason=breach if without_days else "duties.licence.covered",
        measured=without_days,
        limit=0,
        unit=Unit.DAYS,
        evidence=evidence if without_days else (),
        source=rule.source.key,
        at=rule.at,
    )
