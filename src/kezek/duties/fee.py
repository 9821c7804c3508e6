"""Digital-mining fee per kWh: how much, returned and paid by when."""

from datetime import date, timedelta

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Value
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter
from kezek.units.rounding import half_up

_RATE_KEYS = {Route.OWN_RENEWABLE: "fee.rate.own_renewable", Route.OWN_GENERATION: "fee.rate.own_generation"}
_SOON = timedelta(days=14)


def fee_rate_tiyn_per_kwh(*, route: Route, average_price_tiyn_per_kwh: int, law: Snapshot) -> int:
    """Look up the fee per kWh for a source of power and an average price. [tiyn/kWh]

    Raises:
        NoRuleInForce: the bands of 2023 between the known points, and dates before 2022.
    Law: fee.rate.* (Tax Code, Art. 606-3 in the wording of the day).
    """
    found = law.band_amount(_RATE_KEYS.get(route, "fee.rate.general"), at=average_price_tiyn_per_kwh)
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


def fee_returned(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the fee return was filed in time.

    Law: fee.return_due (Art. 606-4).
    """
    rule = lens.on(book.last_on).require("fee.return_due")
    deadline_on = due_on(rule=lens.on(book.last_on).text("fee.return_due"), quarter=book.quarter)
    status, reason = _timing(facts, deadline_on, book.fee.return_on, "duties.fee.return")
    return Finding(
        duty="fee.return",
        period=str(book.quarter),
        status=status,
        reason=reason,
        evidence=(f"filed {book.fee.return_on}",) if book.fee.return_on else (),
        source=rule.source.key,
        at=rule.at,
        deadline_on=deadline_on,
    )


def fee_paid_in_time(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the fee was paid in time, whatever the amount.

    Law: fee.payment_due (Art. 606-5).
    """
    rule = lens.on(book.last_on).require("fee.payment_due")
    deadline_on = due_on(rule=lens.on(book.last_on).text("fee.payment_due"), quarter=book.quarter)
    status, reason = _timing(facts, deadline_on, book.fee.paid_on, "duties.fee.payment")
    return Finding(
        duty="fee.payment",
        period=str(book.quarter),
        status=status,
        reason=reason,
        evidence=(f"paid {book.fee.paid_on}",) if book.fee.paid_on else (),
        source=rule.source.key,
        at=rule.at,
        deadline_on=deadline_on,
    )


def fee_paid_in_full(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether what was paid covers the fee on all metered energy; silent until something was paid or is due.

    Law: fee.rate.*, on the energy actually metered (Art. 606-5).
    """
    law = lens.on(book.last_on)
    rule = law.require(_RATE_KEYS.get(facts.route, "fee.rate.general"))
    rate = fee_rate_tiyn_per_kwh(
        route=facts.route, average_price_tiyn_per_kwh=book.average_price_tiyn_per_kwh, law=law
    )
    owed_tiyn = fee_owed_tiyn(metered_wh=book.metered_wh, rate_tiyn_per_kwh=rate)
    deadline_on = due_on(rule=law.text("fee.payment_due"), quarter=book.quarter)
    paid = book.fee.paid_on is not None and book.fee.paid_on <= facts.as_of_on
    short_tiyn = max(0, owed_tiyn - book.fee.paid_tiyn) if paid else 0
    if not paid:
        status, reason = Status.NOT_APPLICABLE, "duties.fee.accrued"
    else:
        status = Status.BREACHED if short_tiyn else Status.MET
        reason = "duties.fee.short" if short_tiyn else "duties.fee.covered"
    return Finding(
        duty="fee.amount",
        period=str(book.quarter),
        status=status,
        reason=reason,
        measured=book.fee.paid_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        source=rule.source.key,
        at=rule.at,
        deadline_on=deadline_on,
        at_stake_tiyn=short_tiyn,
    )
