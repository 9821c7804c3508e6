"""Digital-mining fee per kWh: how much, returned and paid by when."""

from dataclasses import replace
from datetime import date, timedelta

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Value
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter
from kezek.units.rounding import half_up

_RATE_KEYS = {Route.OWN_RENEWABLE: keys.FEE_RATE_OWN_RENEWABLE, Route.OWN_GENERATION: keys.FEE_RATE_OWN_GENERATION}
_SOON = timedelta(days=14)


def fee_rate_tiyn_per_kwh(*, route: Route, average_price_tiyn_per_kwh: int, law: Snapshot) -> int:
    """Look up the fee per kWh for a source of power and an average price. [tiyn/kWh]

    Raises:
        NoRuleInForce: the bands of 2023 between the known points, and dates before 2022.
    Law: fee.rate.* (Tax Code, Art. 606-3 in the wording of the day).
    """
    found = law.band_amount(_RATE_KEYS.get(route, keys.FEE_RATE_GENERAL), at=average_price_tiyn_per_kwh)
    if not isinstance(found, Value):
        raise NoRuleInForce(found, on=law.on)
    if not isinstance(found.content, int):
        raise TypeError(f"{found.key} is no amount")
    return found.content


def fee_owed_tiyn(*, metered_wh: int, rate_tiyn_per_kwh: int) -> int:
    """Compute the fee on metered energy, rounded half up to the tiyn. [tiyn]

    >>> fee_owed_tiyn(metered_wh=1_234_567, rate_tiyn_per_kwh=200)
    246913
    """
    return half_up(metered_wh * rate_tiyn_per_kwh, 1_000)


def due_on(*, rule: str, quarter: Quarter) -> date:
    """Turn a dated rule `<months after the quarter>-<day>` into a date.

    >>> due_on(rule="2-25", quarter=Quarter(2025, 2))
    datetime.date(2025, 8, 25)
    """
    months, day = rule.split("-")
    return quarter.day_of_month_after(int(months), int(day))


def _timing(facts: OperatorFacts, deadline_on: date, done_on: date | None, stem: str) -> tuple[Status, str]:
    """Judge an act with a deadline: done late, not done, not yet due, due soon, done."""
    if done_on is not None and done_on <= facts.as_of_on:
        late = done_on > deadline_on
        return (Status.BREACHED, f"{stem}_late") if late else (Status.MET, f"{stem}_done")
    if facts.as_of_on > deadline_on:
        return Status.BREACHED, f"{stem}_missing"
    soon = facts.as_of_on + _SOON >= deadline_on
    return (Status.AT_RISK, f"{stem}_due_soon") if soon else (Status.NOT_APPLICABLE, f"{stem}_not_yet_due")


def _act_in_time(
    *, facts: OperatorFacts, book: QuarterBook, lens: Lens, duty: str, due: keys.Word, done_on: date | None, verb: str
) -> Finding:
    """Judge an act by the deadline `due` of the law; its reasons begin with `duties.<duty>`."""
    law = lens.on(book.last_on)
    rule = law.require(due)
    deadline_on = due_on(rule=law.text(due), quarter=book.quarter)
    status, reason = _timing(facts, deadline_on, done_on, f"duties.{duty}")
    return Finding(
        duty=duty,
        period=str(book.quarter),
        status=status,
        reason=reason,
        evidence=(f"{verb} {done_on}",) if done_on else (),
        source=rule.source.key,
        at=rule.at,
        deadline_on=deadline_on,
    )


def fee_returned(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the fee return was filed in time.

    Law: fee.return_due (Art. 606-4).
    """
    return _act_in_time(
        facts=facts,
        book=book,
        lens=lens,
        duty="fee.return",
        due=keys.FEE_RETURN_DUE,
        done_on=book.fee.return_on,
        verb="filed",
    )


def _owed_tiyn(facts: OperatorFacts, book: QuarterBook, law: Snapshot) -> int:
    """Compute the fee of a quarter; nothing metered owes nothing, whatever the rate. [tiyn]

    Raises:
        NoRuleInForce: the law leaves the rate open.
    """
    if not book.metered_wh:
        return 0
    price = book.average_price_tiyn_per_kwh
    rate = fee_rate_tiyn_per_kwh(route=facts.route, average_price_tiyn_per_kwh=price, law=law)
    return fee_owed_tiyn(metered_wh=book.metered_wh, rate_tiyn_per_kwh=rate)


def _known_owed_tiyn(facts: OperatorFacts, book: QuarterBook, law: Snapshot) -> int | None:
    try:
        return _owed_tiyn(facts, book, law)
    except NoRuleInForce:
        return None


def _paid_tiyn(facts: OperatorFacts, book: QuarterBook) -> int | None:
    """Give what was paid up to the day of the verdict; None where no payment was made. [tiyn]"""
    paid = book.fee.paid_on is not None and book.fee.paid_on <= facts.as_of_on
    return book.fee.paid_tiyn if paid else None


def fee_paid_in_time(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the fee was paid in time, whatever the amount.

    No payment at all is a breach of this duty alone, with the whole fee at stake: `fee_paid_in_full` then says
    `duties.fee.unpaid` and claims nothing, so that one fault is one breach. Of a late payment the part of the fee
    that came late is at stake. Where the rate is unknown the stake is not claimed; where nothing is owed, nothing
    has to be paid.

    Law: fee.payment_due (Art. 606-5).
    """
    finding = _act_in_time(
        facts=facts,
        book=book,
        lens=lens,
        duty="fee.payment",
        due=keys.FEE_PAYMENT_DUE,
        done_on=book.fee.paid_on,
        verb="paid",
    )
    owed_tiyn = _known_owed_tiyn(facts, book, lens.on(book.last_on))
    if owed_tiyn == 0:
        return replace(finding, status=Status.NOT_APPLICABLE, reason="duties.fee.nothing_owed")
    if finding.status is not Status.BREACHED or owed_tiyn is None:
        return finding
    paid_tiyn = _paid_tiyn(facts, book)
    return replace(finding, at_stake_tiyn=owed_tiyn if paid_tiyn is None else min(paid_tiyn, owed_tiyn))


def _amount(facts: OperatorFacts, deadline_on: date, paid_tiyn: int | None, owed_tiyn: int) -> tuple[Status, str]:
    """Judge an amount: what is short is a risk until the deadline has passed, and a breach after it."""
    passed = facts.as_of_on > deadline_on
    if paid_tiyn is None:
        return Status.NOT_APPLICABLE, "duties.fee.unpaid" if passed and owed_tiyn else "duties.fee.accrued"
    if paid_tiyn >= owed_tiyn:
        return Status.MET, "duties.fee.covered"
    return (Status.BREACHED, "duties.fee.short") if passed else (Status.AT_RISK, "duties.fee.part_paid")


def fee_paid_in_full(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether what was paid by the day of the verdict, late or not, covers the fee on all metered energy.

    Silent while nothing was paid: before the deadline the fee accrues, after it the fault is that of
    `fee_paid_in_time`, which has the whole fee at stake. A payment that is short is a risk until the deadline has
    passed and a breach after it, with what is missing at stake.

    Law: fee.rate.*, on the energy actually metered (Art. 606-5).
    """
    law = lens.on(book.last_on)
    rule = law.require(_RATE_KEYS.get(facts.route, keys.FEE_RATE_GENERAL))
    owed_tiyn = _owed_tiyn(facts, book, law)
    deadline_on = due_on(rule=law.text(keys.FEE_PAYMENT_DUE), quarter=book.quarter)
    paid_tiyn = _paid_tiyn(facts, book)
    status, reason = _amount(facts, deadline_on, paid_tiyn, owed_tiyn)
    return Finding(
        duty="fee.amount",
        period=str(book.quarter),
        status=status,
        reason=reason,
        measured=paid_tiyn or 0,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        source=rule.source.key,
        at=rule.at,
        deadline_on=deadline_on,
        at_stake_tiyn=0 if paid_tiyn is None else max(0, owed_tiyn - paid_tiyn),
    )
