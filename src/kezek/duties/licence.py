"""Licence duty: mine only while a licence is active."""

from collections import Counter
from datetime import date

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.registry.licence import LicenceState


def licence_held(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether every day of mining in the period was covered by an active licence.

    Law: licence.required; a suspended licence does not cover (Art. 9 of the law on digital assets).
    """
    rule = lens.on(book.last_on).require(keys.LICENCE_REQUIRED)
    first_on = max(book.mined.from_on, rule.from_on)
    days = map(date.fromordinal, range(first_on.toordinal(), book.mined.until_on.toordinal()))
    states = Counter(facts.licence.state_on(on) for on in days)
    without_days = states.total() - states[LicenceState.ACTIVE]
    suspended = states[LicenceState.SUSPENDED] > 0
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
