"""Digital-mining fee per kWh: how much, returned and paid by when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from kezek.duties.case import Case, FactMissing, duty
from kezek.duties.deadline import due_on, shifted
from kezek.duties.facts import FeeRecord
from kezek.duties.fee_rate import RATE_KEYS, fee_rate_tiyn_per_kwh, rate
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.origin import Rounding
from kezek.law.problem import NoRuleInForce
from kezek.law.reckon import N, half_up, least, most
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value
from kezek.registry.operator import Route

__all__ = ["DUTIES", "due_on", "fee_owed_tiyn", "fee_rate_tiyn_per_kwh"]


@rule(
    source="tax_law_165",
    at="Art. 606-5(1)",
    from_on=date(2022, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def fee_owed_tiyn(*, metered_wh: N, rate_tiyn_per_kwh: N) -> N:
    """Fee on the energy metered. [tiyn]

    >>> fee_owed_tiyn(metered_wh=1_234_567, rate_tiyn_per_kwh=200)
    246913
    """
    return half_up(metered_wh * rate_tiyn_per_kwh, 1_000)


@rule(
    source="s0",
    at="table of requirements",
    from_on=date(2025, 7, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def rebate_most_tiyn(*, fee_tiyn: N, credit_ppm: N) -> N:
    """Most that the credit for renewable power can take off the fee. [tiyn]"""
    return least(half_up(fee_tiyn * credit_ppm, 1_000_000), fee_tiyn)


@rule(source="s0", at="table of requirements", from_on=date(2025, 7, 1), unit=LawUnit.TIYN)
def fee_after_credit_tiyn(*, fee_tiyn: N, claimed_tiyn: N, most_tiyn: N) -> N:
    """Fee less the credit that was claimed, as far as it is granted. [tiyn]

    >>> fee_after_credit_tiyn(fee_tiyn=1_000, claimed_tiyn=60, most_tiyn=50)
    950
    """
    return most(fee_tiyn - least(claimed_tiyn, most_tiyn), 0)


_RATES = (
    keys.FEE_RATE_GENERAL,
    keys.FEE_RATE_OWN_RENEWABLE,
    keys.FEE_RATE_OWN_GENERATION,
    keys.FEE_RATE_NO_METER,
    keys.FEE_SEVERAL_RATES,
    keys.REBATE_RENEWABLE_FEE_CREDIT_PPM,
)

_PAYER = (keys.FEE_PAYER, keys.FEE_HOST_PAYS)


def _fee(case: Case, deadline_on: date) -> FeeRecord:
    """Give what was done about the fee; until the deadline, silence says that nothing was done yet.

    Raises:
        FactMissing: the deadline has passed, and nobody said anything.
    """
    if case.book.fee is None and case.facts.as_of_on <= deadline_on:
        return FeeRecord(None, None, 0)
    return case.known(case.book.fee, "fee")


def _act_in_time(case: Case, due: keys.Word, act: Callable[[FeeRecord], date | None], verb: str) -> Finding:
    """Judge an act by the deadline `due` of the law; its reasons begin with `duties.<duty>`."""
    rule = case.law.require(due)
    deadline_on = shifted(due_on(rule=case.law.text(due), quarter=case.book.quarter), case)
    done_on = act(_fee(case, deadline_on))
    status, reason = case.timing(deadline_on, done_on, f"duties.{case.duty}")
    evidence = (f"{verb} {done_on}",) if case.done(done_on) else ()
    return case.finding(status, reason, rule=rule, evidence=evidence, deadline_on=deadline_on)


def _no_payer(case: Case) -> bool:
    """Tell whether the operator only hosts: whoever mines pays, a pure host does not; who has coins mines."""
    standing = case.facts.standing
    if standing is None or any(sat for _, sat in case.book.received_sat or ()):
        return False
    spared = case.law.text(keys.FEE_PAYER) == "miner" and not case.law.flag(keys.FEE_HOST_PAYS)
    return case.holds("the operator only hosts, and a host does not pay", spared and _only_hosts(case))


def _only_hosts(case: Case) -> bool:
    used = case.book.metered_wh != 0
    return used and case.known(case.standing.only_hosts, "only_hosts")


@duty("fee.return", keys.FEE_RETURN_DUE, keys.FEE_RETURN_REQUIRED, *_PAYER, keys.DEADLINE_NON_BUSINESS_DAY)
def fee_returned(case: Case) -> Finding:
    """Judge whether the fee return was filed in time; the first year had none (Art. 606-4)."""
    if not case.law.flag(keys.FEE_RETURN_REQUIRED):
        return case.no_duty("duties.fee.no_return")
    if _no_payer(case):
        return case.no_duty("duties.fee.host_is_no_payer")
    return _act_in_time(case, keys.FEE_RETURN_DUE, lambda fee: fee.return_on, "filed")


def _gross_tiyn(case: Case) -> int:
    """Compute the fee of a quarter; nothing metered owes nothing, whatever the rate. [tiyn]

    Raises:
        NoRuleInForce: the law leaves the rate open. FactMissing: energy, price or source of power.
    """
    metered_wh = case.fact(case.book.metered_wh, "metered_wh")
    if not int(metered_wh):
        return 0
    return fee_owed_tiyn(metered_wh=metered_wh, rate_tiyn_per_kwh=_rate_of(case))


def _owed_tiyn(case: Case) -> int:
    """Compute the fee of a quarter, less the credit for renewable power that was claimed and is granted. [tiyn]

    Raises:
        NoRuleInForce, FactMissing: see `_gross_tiyn`.
    """
    fee_tiyn = _gross_tiyn(case)
    credit = case.law.find(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    own_renewable = case.facts.route is Route.OWN_RENEWABLE
    if not own_renewable or not isinstance(credit, Value) or not case.book.rebate_claimed_tiyn:
        return fee_tiyn
    if not _granted(case):
        return fee_tiyn
    credit_ppm = case.amount(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    return fee_after_credit_tiyn(
        fee_tiyn=fee_tiyn,
        claimed_tiyn=case.fact(case.book.rebate_claimed_tiyn, "rebate_claimed_tiyn"),
        most_tiyn=rebate_most_tiyn(fee_tiyn=fee_tiyn, credit_ppm=credit_ppm),
    )


def _granted(case: Case) -> bool:
    """Tell whether the credit is open to the operator: own renewable power, and a claim to be eligible."""
    renewable = case.holds(
        "the power comes from an own renewable plant", case.known(case.facts.route, "route") is Route.OWN_RENEWABLE
    )
    return renewable and case.holds(
        "the operator claims to be eligible", case.known(case.book.rebate_eligible, "rebate_eligible")
    )


def _rate_of(case: Case) -> int:
    route = case.known(case.facts.route, "route")
    faulty = isinstance(case.law.find(keys.FEE_RATE_NO_METER), Value) and case.holds(
        "the meter is missing or faulty", case.known(case.book.meter_faulty, "meter_faulty")
    )
    own = [case.holds(f"the source of power is {one}", route is one) for one in RATE_KEYS]
    banded = not any(own) and _is_banded(case.law)
    price = case.book.average_price_tiyn_per_kwh
    if price is None and banded and not faulty:
        price = case.known(price, "average_price_tiyn_per_kwh")
    return rate(route=route, price=price or 0, law=case.law, meter_faulty=faulty, look=case.band_amount)


def _is_banded(law: Snapshot) -> bool:
    """Tell whether the general rate depends on the price on that day."""
    found = law.find(keys.FEE_RATE_GENERAL)
    return isinstance(found, Value) and not isinstance(found.content, int)


def _known_owed_tiyn(case: Case) -> int | None:
    """Compute the fee, or None where the law leaves it open. [tiyn]"""
    try:
        return _owed_tiyn(case)
    except NoRuleInForce:
        return None


def _paid_tiyn(case: Case, deadline_on: date) -> int | None:
    """Give what was paid up to the day of the verdict; None where no payment was made. [tiyn]"""
    fee = _fee(case, deadline_on)
    paid = fee.paid_on is not None and fee.paid_on <= case.facts.as_of_on
    return case.given(fee.paid_tiyn, "fee_paid_tiyn") if paid else None


@duty("fee.payment", keys.FEE_PAYMENT_DUE, *_PAYER, keys.DEADLINE_NON_BUSINESS_DAY, *_RATES)
def fee_paid_in_time(case: Case) -> Finding:
    """Judge whether the fee was paid in time, whatever the amount (Art. 606-5).

    No payment at all is a breach of this duty alone, with the whole fee at stake: `fee_paid_in_full` then says
    `duties.fee.unpaid` and claims nothing, so that one fault is one breach. Of a late payment nothing is at stake but
    the interest, which no source gives. Where the rate is unknown the stake is not claimed. A payment in time is one
    whatever is owed; without one, nothing has to be paid where nothing is owed, and nobody can tell whether something
    is late where the energy is unknown.
    """
    if _no_payer(case):
        return case.no_duty("duties.fee.host_is_no_payer")
    finding = _act_in_time(case, keys.FEE_PAYMENT_DUE, lambda fee: fee.paid_on, "paid")
    try:
        owed_tiyn = _known_owed_tiyn(case)
    except FactMissing:
        if finding.status in (Status.BREACHED, Status.AT_RISK):
            raise
        return finding
    if finding.status is not Status.MET and owed_tiyn is not None and int(owed_tiyn) == 0:
        return replace(finding, status=Status.NOT_APPLICABLE, reason="duties.fee.nothing_owed")
    if finding.status is not Status.BREACHED or owed_tiyn is None:
        return finding
    return replace(finding, at_stake_tiyn=owed_tiyn if finding.reason == "duties.fee.payment_missing" else 0)


def _amount(case: Case, deadline_on: date, paid_tiyn: int | None, owed_tiyn: int) -> tuple[Status, str]:
    """Judge an amount: what is short is a risk until the deadline has passed, and a breach after it."""
    passed = case.facts.as_of_on > deadline_on
    if paid_tiyn is None:
        return Status.NOT_APPLICABLE, "duties.fee.unpaid" if passed and owed_tiyn else "duties.fee.accrued"
    if paid_tiyn >= owed_tiyn:
        return Status.MET, "duties.fee.covered"
    return (Status.BREACHED, "duties.fee.short") if passed else (Status.AT_RISK, "duties.fee.part_paid")


@duty("fee.amount", keys.FEE_PAYMENT_DUE, *_PAYER, keys.DEADLINE_NON_BUSINESS_DAY, *_RATES)
def fee_paid_in_full(case: Case) -> Finding:
    """Judge whether what was paid by the day of the verdict, late or not, covers the fee on all metered energy.

    Silent while nothing was paid: before the deadline the fee accrues, after it the fault is that of
    `fee_paid_in_time`, which has the whole fee at stake. A payment that is short is a risk until the deadline has
    passed and a breach after it, with what is missing at stake. Law: fee.rate.*, on the energy actually metered.
    """
    law = case.law
    if _no_payer(case):
        return case.no_duty("duties.fee.host_is_no_payer")
    owed_tiyn = _owed_tiyn(case)
    deadline_on = shifted(due_on(rule=law.text(keys.FEE_PAYMENT_DUE), quarter=case.book.quarter), case)
    paid_tiyn = _paid_tiyn(case, deadline_on)
    status, reason = _amount(case, deadline_on, paid_tiyn, owed_tiyn)
    return case.finding(
        status,
        reason,
        rule=law.require(_rate_key(case)),
        measured=0 if paid_tiyn is None else paid_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        deadline_on=deadline_on,
        at_stake_tiyn=0 if paid_tiyn is None else most(owed_tiyn - paid_tiyn, 0),
    )


def _rate_key(case: Case) -> keys.Amount | keys.Banded:
    return RATE_KEYS.get(case.known(case.facts.route, "route"), keys.FEE_RATE_GENERAL)


@duty("fee.rebate", keys.REBATE_RENEWABLE_FEE_CREDIT_KIND, *_RATES, mendable=True)
def rebate_within_cap(case: Case) -> Finding:
    """Judge whether a credit for renewable power claimed against the fee keeps to what the reading grants.

    The credit is off until the operator claims to be eligible; its base is the fee (S0's "electricity tax").
    """
    rule = case.law.require(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    claimed_tiyn = case.fact(case.book.rebate_claimed_tiyn, "rebate_claimed_tiyn")
    if not int(claimed_tiyn):
        return case.no_duty("duties.fee.no_rebate_claimed")
    credit_ppm = case.amount(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    limit_tiyn = rebate_most_tiyn(fee_tiyn=_gross_tiyn(case), credit_ppm=credit_ppm) if _granted(case) else 0
    over = claimed_tiyn > limit_tiyn
    return case.finding(
        Status.BREACHED if over else Status.MET,
        "duties.fee.rebate_over_cap" if over else "duties.fee.rebate_within_cap",
        rule=rule,
        measured=claimed_tiyn,
        limit=limit_tiyn,
        unit=Unit.TIYN,
        at_stake_tiyn=most(claimed_tiyn - limit_tiyn, 0),
    )


DUTIES = (fee_returned, fee_paid_in_time, fee_paid_in_full, rebate_within_cap)
"""Duties of this room, in the order in which they are shown."""
