"""The regime before licences, 2020 to 2023: notices of start and end, and quarterly reports to the ministry."""

from datetime import date, timedelta

from kezek.duties.case import Case, Scope, duty
from kezek.duties.deadline import due_on, shifted
from kezek.duties.facts import Notice
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.value import Value


def _notice(case: Case) -> Notice | None:
    """Give the notices, or None where there was nothing to notify.

    Raises:
        FactMissing: mining may have begun under that regime, and nobody said anything about it.
    """
    standing = case.standing
    if standing.notice is not None or standing.notice_known:
        return standing.notice
    first_on = min((book.quarter.from_on for book in case.facts.books), default=case.facts.as_of_on)
    return (
        case.known(None, "notice") if isinstance(case.lens.on(first_on).find(keys.NOTICE_REQUIRED), Value) else None
    )


@duty("notice.start", keys.NOTICE_REQUIRED, keys.NOTICE_START_DAYS_BEFORE, scope=Scope.STANDING)
def start_notified(case: Case) -> Finding:
    """Judge whether the start of mining was notified so many calendar days before."""
    notice = _notice(case)
    if notice is None:
        return case.no_duty("duties.notice.no_notice_needed")
    law = case.lens.on(notice.started_on)
    rule = case.in_force(keys.NOTICE_REQUIRED, law)
    deadline_on = notice.started_on - timedelta(days=law.amount(keys.NOTICE_START_DAYS_BEFORE))
    return _notified(case, rule, deadline_on, notice.notified_on, "duties.notice.start")


@duty("notice.end", keys.NOTICE_REQUIRED, keys.NOTICE_END_WITHIN_DAYS, scope=Scope.STANDING)
def end_notified(case: Case) -> Finding:
    """Judge whether the end of mining was notified within so many days."""
    notice = _notice(case)
    if notice is None or notice.ended_on is None:
        return case.no_duty("duties.notice.not_ended")
    law = case.lens.on(notice.ended_on)
    rule = case.in_force(keys.NOTICE_REQUIRED, law)
    deadline_on = notice.ended_on + timedelta(days=law.amount(keys.NOTICE_END_WITHIN_DAYS))
    return _notified(case, rule, deadline_on, notice.end_notified_on, "duties.notice.end")


def _notified(case: Case, rule: Value, deadline_on: date, done_on: date | None, stem: str) -> Finding:
    status, reason = case.timing(deadline_on, done_on, stem)
    done_on = case.done(done_on)
    late_days = (done_on - deadline_on).days if done_on and done_on > deadline_on else 0
    return case.finding(
        status,
        reason,
        rule=rule,
        measured=late_days,
        limit=0,
        unit=Unit.DAYS,
        evidence=(f"notified {done_on}",) if done_on else (),
        deadline_on=deadline_on,
    )


@duty(
    "report.quarterly",
    keys.REPORT_MINER_QUARTERLY_REQUIRED,
    keys.REPORT_MINER_QUARTERLY_DUE,
    keys.DEADLINE_NON_BUSINESS_DAY,
    split_by_day=True,
)
def quarter_reported(case: Case) -> Finding:
    """Judge whether the quarterly report to the ministry was filed in time, as long as that regime ran."""
    rule = case.in_force(keys.REPORT_MINER_QUARTERLY_REQUIRED)
    if not case.book.report_known:
        case.known(None, "report_on")
    due = case.law.text(keys.REPORT_MINER_QUARTERLY_DUE)
    deadline_on = shifted(due_on(rule=due, quarter=case.book.quarter), case)
    done_on = case.book.report_on
    status, reason = case.timing(deadline_on, done_on, "duties.report.quarterly")
    evidence = (f"filed {done_on}",) if done_on else ()
    return case.finding(status, reason, rule=rule, evidence=evidence, deadline_on=deadline_on)


@duty("report.pool", keys.POOL_DISTRIBUTION_REPORT_REQUIRED)
def pools_reported(case: Case) -> Finding:
    """Judge whether the pools reported every distribution to the tax authority: their duty, and the miner's proof."""
    rule = case.in_force(keys.POOL_DISTRIBUTION_REPORT_REQUIRED)
    reported = case.holds("every distribution was reported", case.known(case.book.pool_reported, "pool_reported"))
    return case.finding(
        Status.MET if reported else Status.BREACHED,
        "duties.report.pool_reported" if reported else "duties.report.pool_not_reported",
        rule=rule,
        measured=0 if reported else None,
        limit=0 if reported else None,
    )


DUTIES = (start_notified, end_notified, quarter_reported, pools_reported)
"""Duties of this room, in the order in which they are shown."""
