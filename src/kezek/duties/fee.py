"""Digital-mining fee per kWh: how much, returned and paid by when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

from kezek.duties.case import Case, duty
from kezek.duties.deadline import due_on, shifted
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.origin import Rounding
from kezek.law.problem import NoRuleInForce
from kezek.law.reckon import N, half_up, least, most
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value
from kezek.registry.operator import Route

__all__ = ["DUTIES", "due_on", "fee_owed_tiyn", "fee_rate_tiyn_per_kwh"]

Look = Callable[[keys.Amount | keys.Banded, int], int]
"""How a rate is looked up: by its key, at an average price. [tiyn/kWh]"""


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
    source="orbitax_2022",
    at="Art. 606-3",
    from_on=date(2022, 1, 1),
    unit=LawUnit.TIYN_PER_KWH,
    exception_to="general rate",
)
def own_plant_rate(*, own_tiyn_per_kwh: N) -> N:
    """Power of the miner's own plant has its own rate, whatever the price."""
    return own_tiyn_per_kwh


@rule(
    source="orbitax_2022",
    at="Art. 606-3",
    from_on=date(2023, 1, 1),
    until_on=date(2024, 1, 1),
    unit=LawUnit.TIYN_PER_KWH,
    exception_to="general rate",
)
def faulty_meter_rate(*, otherwise_tiyn_per_kwh: N, no_meter_tiyn_per_kwh: N) -> N:
    """Where the meter is missing or faulty, the highest of the rates that fit."""
    return most(otherwise_tiyn_per_kwh, no_meter_tiyn_per_kwh)


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


def _rate(*, route: Route, price: int, law: Snapshot, meter_faulty: bool, look: Look) -> int:
    if route is Route.OWN_RENEWABLE:
        rate = own_plant_rate(own_tiyn_per_kwh=look(keys.FEE_RATE_OWN_RENEWABLE, price))
    elif route is Route.OWN_GENERATION:
        rate = own_plant_rate(own_tiyn_per_kwh=look(keys.FEE_RATE_OWN_GENERATION, price))
    else:
        rate = look(keys.FEE_RATE_GENERAL, price)
    if not meter_faulty or not isinstance(law.find(keys.FEE_RATE_NO_METER), Value | Unknown):
        return rate
    return faulty_meter_rate(otherwise_tiyn_per_kwh=rate, no_meter_tiyn_per_kwh=look(keys.FEE_RATE_NO_METER, price))


def fee_rate_tiyn_per_kwh(
    *, route: Route, average_price_tiyn_per_kwh: int, law: Snapshot, meter_faulty: bool = False
) -> int:
    """Look up the fee per kWh for a source of power and the average price of the quarter. [tiyn/kWh]

    Raises:
        NoRuleInForce: the bands of 2023 between the known points, and dates before 2022.
    Law: fee.rate.* (Tax Code, Art. 606-3 in the wording of the day).
    """

    def look(key: keys.Amount | keys.Banded, price: int) -> int:
        found = law.band_amount(key, at=price)
        if not isinstance(found, Value):
            raise NoRuleInForce(found, on=law.on)
        if not isinstance(found.content, int):
            raise TypeError(f"{found.key} is no amount")
        return found.content

    price = average_price_tiyn_per_kwh
    return _rate(route=route, price=price, law=law, meter_faulty=meter_faulty, look=look)


_RATES = (
    keys.FEE_RATE_GENERAL,
    keys.FEE_RATE_OWN_RENEWABLE,
    keys.FEE_RATE_OWN_GENERATION,
    keys.FEE_RATE_NO_METER,
)

_PAYER = (keys.FEE_PAYER, keys.FEE_HOST_PAYS)


def _act_in_time(case: Case, due: keys.Word, done_on: date | None, verb: str) -> Finding:
    """Judge an act by the deadline `due` of the law; its reasons begin with `duties.<duty>`."""
    rule = case.law.require(due)
    deadline_on = shifted(due_on(rule=case.law.text(due), quarter=case.book.quarter), case)
    status, reason = case.timing(deadline_on, done_on, f"duties.{case.duty}")
    evidence = (f"{verb} {done_on}",) if done_on else ()
    return case.finding(status, reason, rule=rule, evidence=evidence, deadline_on=deadline_on)


def _no_payer(case: Case) -> bool:
    """Tell whether the operator only hosts: whoever mines pays, a pure host does not."""
    standing = case.facts.standing
    return standing is not None and case.holds(
        "the operator only hosts, and a host does not pay",
        standing.only_hosts and case.law.text(keys.FEE_PAYER) == "miner" and not case.law.flag(keys.FEE_HOST_PAYS),
    )


@duty("fee.return", keys.FEE_RETURN_DUE, keys.FEE_RETURN_REQUIRED, *_PAYER, keys.DEADLINE_NON_BUSINESS_DAY)
def fee_returned(case: Case) -> Finding:
    """Judge whether the fee return was filed in time; the first year had none (Art. 606-4)."""
    if not case.law.flag(keys.FEE_RETURN_REQUIRED):
        return case.no_duty("duties.fee.no_return")
    if _no_payer(case):
        return case.no_duty("duties.fee.host_is_no_payer")
    return _act_in_time(case, keys.FEE_RETURN_DUE, case.known(case.book.fee, "fee").return_on, "filed")


def _owed_tiyn(case: Case) -> int:
    """Compute the fee of a quarter; nothing metered owes nothing, whatever the rate. [tiyn]

    Raises:
        NoRuleInForce: the law leaves the rate open. FactMissing: energy, price or source of power.
    """
    metered_wh = case.fact(case.book.metered_wh, "metered_wh")
    if not int(metered_wh):
        return 0
    return fee_owed_tiyn(metered_wh=metered_wh, rate_tiyn_per_kwh=_rate_of(case))


def _rate_of(case: Case) -> int:
    route = case.known(case.facts.route, "route")
    faulty = isinstance(case.law.find(keys.FEE_RATE_NO_METER), Value) and case.holds(
        "the meter is missing or faulty", case.known(case.book.meter_faulty, "meter_faulty")
    )
    banded = route not in (Route.OWN_RENEWABLE, Route.OWN_GENERATION) and _is_banded(case.law)
    price = case.known(case.book.average_price_tiyn_per_kwh, "average_price_tiyn_per_kwh") if banded else 0
    return _rate(route=route, price=price, law=case.law, meter_faulty=faulty, look=case.band_amount)


def _is_banded(law: Snapshot) -> bool:
    """Tell whether the general rate depends on the price on that day."""
    found = law.find(keys.FEE_RATE_GENERAL)
    return isinstance(found, Value) and not isinstance(found.content, int)


def _known_owed_tiyn(case: Case) -> int | None:
    try:
        return _owed_tiyn(case)
    except NoRuleInForce:
        return None


def _paid_tiyn(case: Case) -> int | None:
    """Give what was paid up to the day of the verdict; None where no payment was made. [tiyn]"""
    fee = case.known(case.book.fee, "fee")
    paid = fee.paid_on is not None and fee.paid_on <= case.facts.as_of_on
    return case.given(fee.paid_tiyn, "fee_paid_tiyn") if paid else None


@duty("fee.payment", keys.FEE_PAYMENT_DUE, *_PAYER, keys.DEADLINE_NON_BUSINESS_DAY, *_RATES)
def fee_paid_in_time(case: Case) -> Finding:
    """Judge whether the fee was paid in time, whatever the amount (Art. 606-5).

    No payment at all is a breach of this duty alone, with the whole fee at stake: `fee_paid_in_full` then says
    `duties.fee.unpaid` and claims nothing, so that one fault is one breach. Of a late payment the part of the fee
    that came late is at stake. Where the rate is unknown the stake is not claimed; where nothing is owed, nothing
    has to be paid.
    """
    if _no_payer(case):
        return case.no_duty("duties.fee.host_is_no_payer")
    finding = _act_in_time(case, keys.FEE_PAYMENT_DUE, case.known(case.book.fee, "fee").paid_on, "paid")
    owed_tiyn = _known_owed_tiyn(case)
    if owed_tiyn is not None and int(owed_tiyn) == 0:
        return replace(finding, status=Status.NOT_APPLICABLE, reason="duties.fee.nothing_owed")
    if finding.status is not Status.BREACHED or owed_tiyn is None:
        return finding
    paid_tiyn = _paid_tiyn(case)
    return replace(finding, at_stake_tiyn=owed_tiyn if paid_tiyn is None else least(paid_tiyn, owed_tiyn))


def _amount(case: Case, deadline_on: date, paid_tiyn: int | None, owed_tiyn: int) -> tuple[Status, str]:
    """Judge an amount: what is short is a risk until the deadline has passed, and a breach after it."""
    passed = case.facts.as_of_on > deadline_on
    if paid_tiyn is None:
        return Status.NOT_APPLICABLE, "duties.fee.unpaid" if passed and owed_tiyn else "duties.fee.accrued"
    if paid_tiyn >= owed_tiyn:
        return Status.MET, "duties.fee.covered"
    return (Status.BREACHED, "duties.fee.short") if passed else (Status.AT_RISK, "duties.fee.part_paid")


@duty("fee.amount", keys.FEE_PAYMENT_DUE, *_PAYER, keys.FEE_SEVERAL_RATES, keys.DEADLINE_NON_BUSINESS_DAY, *_RATES)
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
    paid_tiyn = _paid_tiyn(case)
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
    route_keys = {
        Route.OWN_RENEWABLE: keys.FEE_RATE_OWN_RENEWABLE,
        Route.OWN_GENERATION: keys.FEE_RATE_OWN_GENERATION,
    }
    return route_keys.get(case.known(case.facts.route, "route"), keys.FEE_RATE_GENERAL)


@duty("fee.rebate", keys.REBATE_RENEWABLE_FEE_CREDIT_PPM, keys.REBATE_RENEWABLE_FEE_CREDIT_KIND, *_RATES)
def rebate_within_cap(case: Case) -> Finding:
    """Judge whether a credit for renewable power claimed against the fee keeps to what the reading grants.

    The credit is off until the operator claims to be eligible; its base is the fee (S0's "electricity tax").
    """
    rule = case.law.require(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    claimed_tiyn = case.fact(case.book.rebate_claimed_tiyn, "rebate_claimed_tiyn")
    if not int(claimed_tiyn):
        return case.no_duty("duties.fee.no_rebate_claimed")
    renewable = case.holds(
        "the power comes from an own renewable plant", case.known(case.facts.route, "route") is Route.OWN_RENEWABLE
    )
    eligible = renewable and case.holds(
        "the operator claims to be eligible", case.known(case.book.rebate_eligible, "rebate_eligible")
    )
    credit_ppm = case.amount(keys.REBATE_RENEWABLE_FEE_CREDIT_PPM)
    limit_tiyn = rebate_most_tiyn(fee_tiyn=_owed_tiyn(case), credit_ppm=credit_ppm) if eligible else 0
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
