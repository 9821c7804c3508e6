"""Deadlines ahead of the day of a verdict: what has to be done by when, and whether it is done."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from kezek.duties.case import Case
from kezek.duties.deadline import due_on, shifted
from kezek.duties.facts import FeeRecord, OperatorFacts
from kezek.duties.finding import Finding, Status
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.value import Value
from kezek.units.calendar import Quarter, years_after
from kezek.units.problem import InputProblem

MONTHS = 12
"""How far ahead deadlines are listed."""


class Act(StrEnum):
    """What falls due, or what ends."""

    FEE_RETURN = "ahead.fee.return"
    FEE_PAYMENT = "ahead.fee.payment"
    SALE_PERIOD = "ahead.sale.period_end"
    REPORT = "ahead.report.quarterly"
    LICENCE = "ahead.licence.expiry"
    DECISION = "ahead.licence.decision"
    VAT_LOCK = "ahead.vat.lock_end"
    OTHER = "ahead.duty.deadline"


@dataclass(frozen=True, slots=True)
class Ahead:
    """One day ahead.

    Args:
        on: Last day to act; of a lock, the first free day.
        duty: The duty it belongs to; "" where there is none.
        period: The quarter; "" where it belongs to none.
        source, at: Where the day stands.
        subject: Licence number, serial number, or how many of them.
        done: Whether it is done already.
        unconfirmed: Whether nothing seen supports the day.
        amount_tiyn: What is to be paid, where it is known. [tiyn]
    """

    on: date
    act: Act
    duty: str
    period: str = ""
    source: str = ""
    at: str = ""
    subject: str = ""
    done: bool = False
    unconfirmed: bool = False
    amount_tiyn: int | None = None


def deadlines_ahead(*, facts: OperatorFacts, lens: Lens, findings: Sequence[Finding]) -> tuple[Ahead, ...]:
    """List all deadlines of the twelve months after the day of the verdict, by date.

    What the law leaves open is left out. The lens' record is not touched.

    Args:
        findings: Those of the verdict: amounts owed, and deadlines of duties that this list knows nothing of.
    """
    apart = lens.with_readings({})
    last_on = years_after(facts.as_of_on, 1)
    found = [
        *_quarterly(facts, apart, findings),
        *_sale(facts, apart, findings),
        *_licences(facts, apart),
        *_decision(facts, apart),
        *_locks(facts, apart),
    ]
    known = {(one.on, one.period) for one in found}
    found += [one for one in _others(findings) if (one.on, one.period) not in known]
    return tuple(sorted((one for one in found if facts.as_of_on <= one.on <= last_on), key=_order))


def _order(one: Ahead) -> tuple[date, int, str, str]:
    return one.on, list(Act).index(one.act), one.period, one.subject


def _quarters(facts: OperatorFacts) -> list[Quarter]:
    """List the quarters whose deadlines can lie ahead, from two before the day of the verdict; none without books."""
    if not facts.books:
        return []
    first = Quarter.of(facts.as_of_on).previous.previous
    quarters = [first]
    while len(quarters) < 2 + MONTHS // 3 + 1:
        quarters.append(quarters[-1].next)
    return quarters


def _found(lens: Lens, on: date, key: keys.Word | keys.Flag | keys.Amount) -> Value | None:
    found = lens.on(on).find(key)
    return found if isinstance(found, Value) else None


def _due(facts: OperatorFacts, lens: Lens, quarter: Quarter, key: keys.Word) -> tuple[date, Value] | None:
    """Give the last day of a quarterly act, and the value of the law that says so; None where there is none."""
    rule = _found(lens, date.fromordinal(quarter.until_on.toordinal() - 1), key)
    if rule is None or not isinstance(rule.content, str):
        return None
    written_on = due_on(rule=rule.content, quarter=quarter)
    try:
        return shifted(written_on, Case("ahead", facts, lens)), rule
    except NoRuleInForce:
        return written_on, rule


def _fee_of(facts: OperatorFacts, quarter: Quarter) -> FeeRecord | None:
    return next((book.fee for book in facts.books if book.quarter == quarter), None)


def _quarterly(facts: OperatorFacts, lens: Lens, findings: Sequence[Finding]) -> Iterator[Ahead]:
    """Returns, payments and reports of the quarters."""
    for quarter in _quarters(facts):
        last_on, fee = date.fromordinal(quarter.until_on.toordinal() - 1), _fee_of(facts, quarter)
        returns = _found(lens, last_on, keys.FEE_RETURN_REQUIRED)
        due = _due(facts, lens, quarter, keys.FEE_RETURN_DUE)
        if due and returns is not None and returns.content is True:
            done = _done(fee.return_on if fee else None, facts)
            yield _act(Act.FEE_RETURN, "fee.return", quarter, *due, done=done)
        due = _due(facts, lens, quarter, keys.FEE_PAYMENT_DUE)
        if due:
            done = _done(fee.paid_on if fee else None, facts)
            yield _act(Act.FEE_PAYMENT, "fee.payment", quarter, *due, done=done, amount=_owed(findings, quarter))
        reports = _found(lens, last_on, keys.REPORT_MINER_QUARTERLY_REQUIRED)
        due = _due(facts, lens, quarter, keys.REPORT_MINER_QUARTERLY_DUE)
        if due and reports is not None and reports.content is True:
            reported = next((book.report_on for book in facts.books if book.quarter == quarter), None)
            yield _act(Act.REPORT, "report.quarterly", quarter, *due, done=_done(reported, facts))


def _done(done_on: date | None, facts: OperatorFacts) -> bool:
    return done_on is not None and done_on <= facts.as_of_on


def _owed(findings: Sequence[Finding], quarter: Quarter) -> int | None:
    """Give the fee of a quarter as the verdict found it, for the part of the quarter in the books. [tiyn]"""
    found = (one.limit for one in findings if one.duty == "fee.amount" and one.period == str(quarter))
    return next(found, None)


def _act(
    act: Act, duty: str, quarter: Quarter, on: date, rule: Value, *, done: bool = False, amount: int | None = None
) -> Ahead:
    return Ahead(
        on=on,
        act=act,
        duty=duty,
        period=str(quarter),
        source=rule.source.key,
        at=rule.at,
        done=done,
        unconfirmed=rule.unconfirmed,
        amount_tiyn=amount,
    )


def _sale(facts: OperatorFacts, lens: Lens, findings: Sequence[Finding]) -> Iterator[Ahead]:
    """Last days of the periods over which the share of coins is measured."""
    sold = {one.period for one in findings if one.duty == "sale.share" and one.status is Status.MET}
    for quarter in _quarters(facts):
        last_on = date.fromordinal(quarter.until_on.toordinal() - 1)
        rule, period = _found(lens, last_on, keys.SALE_DEADLINE), _found(lens, last_on, keys.SALE_PERIOD)
        share = _found(lens, last_on, keys.SALE_SHARE_PPM)
        if rule is None or period is None or share is None or share.content == 0:
            continue
        if period.content == "calendar_quarter" or quarter.number == 4:
            done = str(quarter) in sold and quarter.until_on <= facts.as_of_on
            yield _act(Act.SALE_PERIOD, "sale.share", quarter, last_on, rule, done=done)


def _licences(facts: OperatorFacts, lens: Lens) -> Iterator[Ahead]:
    """Last days of the licences held; a later licence makes an earlier one's end harmless."""
    term = _found(lens, facts.as_of_on, keys.LICENCE_TERM_YEARS)
    held = facts.licences or ()
    for licence in held:
        last_on = licence.term.until_on - timedelta(days=1)
        renewed = any(other.term.holds(licence.term.until_on) for other in held)
        source = (term.source.key, term.at) if term else ("", "")
        yield Ahead(last_on, Act.LICENCE, "licence.held", "", *source, subject=licence.licence_no, done=renewed)


def _decision(facts: OperatorFacts, lens: Lens) -> Iterator[Ahead]:
    """Last day on which the authority decides on an application that is open."""
    application = facts.standing.application if facts.standing else None
    if application is None or application.submitted_on is None or application.decided_on is not None:
        return
    rule, calendar = _found(lens, application.submitted_on, keys.LICENCE_REVIEW_BUSINESS_DAYS), lens.book.calendar
    if rule is None or calendar is None or not isinstance(rule.content, int):
        return
    try:
        on = calendar.add_business_days(application.submitted_on, rule.content)
    except InputProblem:
        return
    yield Ahead(on, Act.DECISION, "", "", rule.source.key, rule.at)


def _locks(facts: OperatorFacts, lens: Lens) -> Iterator[Ahead]:
    """First days on which machines imported free of VAT may leave; those of one day stand together."""
    ends: Counter[tuple[date, str, str, bool]] = Counter()
    names: dict[date, str] = {}
    for one in facts.imports or ():
        rule = _found(lens, one.imported_on, keys.VAT_IMPORT_LOCK_YEARS)
        if one.left_on is None and one.vat_exempt and rule is not None and isinstance(rule.content, int):
            on = years_after(one.imported_on, rule.content)
            ends[on, rule.source.key, rule.at, rule.unconfirmed] += 1
            names.setdefault(on, one.serial)
    for (on, source, at, unconfirmed), count in ends.items():
        subject = names[on] if count == 1 else f"{names[on]} +{count - 1}"
        yield Ahead(on, Act.VAT_LOCK, "vat.import_lock", "", source, at, subject=subject, unconfirmed=unconfirmed)


_LISTED = (
    "fee.return",
    "fee.payment",
    "fee.amount",
    "sale.share",
    "report.quarterly",
    "licence.renewal",
    "licence.review",
)


def _others(findings: Sequence[Finding]) -> Iterator[Ahead]:
    """Deadlines of duties that have no list of their own here."""
    for one in findings:
        if one.deadline_on is not None and one.duty not in _LISTED:
            done = one.status is Status.MET
            yield Ahead(one.deadline_on, Act.OTHER, one.duty, one.period, one.source, one.at, done=done)
