"""Licence duties: who may hold one, what comes before it, what it costs, and that mining keeps inside its term."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

from kezek.duties.case import SOON_DAYS, Case, FactMissing, Scope, duty
from kezek.duties.facts import Application
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.origin import Rounding
from kezek.law.reckon import N, half_up, most
from kezek.law.rule import UNSTATED, rule
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value
from kezek.registry.licence import Licence, LicenceState, Period, Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import years_after
from kezek.units.problem import InputProblem


@rule(source="signum_2023", at="state fee", from_on=date(2023, 4, 1), unit=LawUnit.TIYN)
def licence_fee_tiyn(*, fee_mci: N, mci_tiyn: N) -> N:
    """State fee of a licence: its number of monthly calculation indices on the day of payment. [tiyn]

    >>> licence_fee_tiyn(fee_mci=5, mci_tiyn=345_000)
    1725000
    """
    return fee_mci * mci_tiyn


@rule(
    source="s0",
    at="practical implications",
    from_on=date(2023, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
    exception_to="licence_fee_tiyn",
)
def licence_fee_by_power_tiyn(*, power_w: N, usd_cents_per_mw: N, tiyn_per_usd: N) -> N:
    """Fee by power: dollars for each megawatt, at the rate of the day. [tiyn]"""
    return half_up(power_w * usd_cents_per_mw * tiyn_per_usd, 100 * 1_000_000)


def _terms(case: Case, licences: tuple[Licence, ...]) -> tuple[Licence, ...]:
    """Give the licences, none longer than the law of its first day lets one run."""
    return tuple(replace(one, term=Period(one.term.from_on, _ends_on(case, one))) for one in licences)


def _ends_on(case: Case, licence: Licence) -> date:
    law = case.lens.on(licence.term.from_on)
    if not isinstance(law.find(keys.LICENCE_TERM_YEARS), Value):
        return licence.term.until_on
    years = case.amount(keys.LICENCE_TERM_YEARS, law)
    return min(licence.term.until_on, years_after(licence.term.from_on, years))


def _states(licences: tuple[Licence, ...], first_on: date, until_on: date) -> Counter[LicenceState]:
    """Count days by the best state of any licence held; between two dates of the licences nothing changes."""
    periods = [period for one in licences for period in (one.term, *one.suspensions)]
    dates = {end for period in periods for end in (period.from_on, period.until_on)}
    dates |= {one.terminated_on for one in licences if one.terminated_on is not None}
    days = [first_on, *sorted(end for end in dates if first_on < end < until_on), max(first_on, until_on)]
    counted: Counter[LicenceState] = Counter()
    for on, next_on in pairwise(days):
        states = {one.state_on(on) for one in licences}
        best = next((state for state in _BEST_FIRST if state in states), LicenceState.NOT_YET)
        counted[best] += (next_on - on).days
    return counted


_BEST_FIRST = (
    LicenceState.ACTIVE,
    LicenceState.SUSPENDED,
    LicenceState.TERMINATED,
    LicenceState.EXPIRED,
    LicenceState.NOT_YET,
)


@duty("licence.held", keys.LICENCE_REQUIRED, keys.LICENCE_TERM_YEARS, split_by_day=True)
def licence_held(case: Case) -> Finding:
    """Judge whether every day of mining in the period was covered by an active licence.

    Law: licence.required, licence.term_years; a suspended licence does not cover (Art. 9 of the law on digital
    assets), and one that was terminated is none.
    """
    rule = case.in_force(keys.LICENCE_REQUIRED)
    mined = case.known(case.book.mined, "mined_from")
    licences = _terms(case, case.known(case.facts.licences, "licences"))
    first_on = max(mined.from_on, rule.from_on)
    states = _states(licences, first_on, mined.until_on)
    without_days = case.given(states.total() - states[LicenceState.ACTIVE], "mined_without_licence_days")
    suspended_only = states.total() == states[LicenceState.ACTIVE] + states[LicenceState.SUSPENDED]
    case.holds("a licence was suspended", states[LicenceState.SUSPENDED] > 0)
    breached = without_days > 0
    breach = "duties.licence.suspended" if suspended_only else "duties.licence.not_covered"
    return case.finding(
        Status.BREACHED if breached else Status.MET,
        breach if breached else "duties.licence.covered",
        rule=rule,
        measured=without_days,
        limit=0,
        unit=Unit.DAYS,
        evidence=tuple(_evidence(licences)) if breached else (),
    )


def _evidence(licences: tuple[Licence, ...]) -> Iterator[str]:
    if not licences:
        yield "no licence"
    for one in licences:
        yield f"licence {one.licence_no} runs {one.term.from_on}..{one.term.until_on}"
        if one.terminated_on is not None:
            yield f"licence {one.licence_no} terminated {one.terminated_on}"
        yield from (f"suspended {period.from_on}..{period.until_on}" for period in one.suspensions)


@duty("licence.holder", keys.LICENCE_HOLDER_KINDS, scope=Scope.STANDING)
def holder_entitled(case: Case) -> Finding:
    """Judge whether the operator is of a kind that may hold a licence; foreigners act through a Kazakh entity."""
    rule = case.law.require(keys.LICENCE_HOLDER_KINDS)
    kind = case.known(case.standing.holder_kind, "kind")
    entitled = case.holds(f"{kind} may hold a licence", kind in case.law.items(keys.LICENCE_HOLDER_KINDS))
    return case.finding(
        Status.MET if entitled else Status.BREACHED,
        "duties.licence.holder_entitled" if entitled else "duties.licence.holder_not_entitled",
        rule=rule,
        evidence=() if entitled else (str(kind),),
    )


def _latest(case: Case) -> Licence | None:
    """Give the licence of the day of the verdict; else the last one that began, unless another is applied for."""
    licences, today = case.known(case.facts.licences, "licences"), case.facts.as_of_on
    held = (LicenceState.ACTIVE, LicenceState.SUSPENDED)
    current = next((one for one in reversed(licences) if one.state_on(today) in held), None)
    if current is not None or (case.standing.wanted_subtype is not None):
        return current
    return next((one for one in reversed(licences) if one.term.from_on <= today), licences[-1] if licences else None)


@duty("licence.subtype", keys.LICENCE_SUBTYPES, scope=Scope.STANDING)
def subtype_fits(case: Case) -> Finding:
    """Judge whether the subtype fits: I for who holds a data centre, II for machines in somebody else's."""
    rule = case.law.require(keys.LICENCE_SUBTYPES)
    licence = _latest(case)
    subtype = licence.subtype if licence else case.known(case.standing.wanted_subtype, "wanted_subtype")
    holds_centre = case.holds(
        "the operator holds a data centre", case.known(case.standing.has_data_centre, "has_data_centre")
    )
    fits = holds_centre == (subtype is Subtype.I)
    return case.finding(
        Status.MET if fits else Status.BREACHED,
        "duties.licence.subtype_fits" if fits else "duties.licence.subtype_wrong",
        rule=rule,
        evidence=() if fits else (f"subtype {subtype}",),
    )


def _application(case: Case) -> Application:
    return case.known(case.standing.application, "application")


@duty("licence.documents", keys.LICENCE_STEPS_BEFORE, scope=Scope.STANDING)
def steps_taken(case: Case) -> Finding:
    """Judge whether the steps and papers before a licence are done: association, forecast, plans, audit."""
    rule = case.law.require(keys.LICENCE_STEPS_BEFORE)
    wanted = case.law.items(keys.LICENCE_STEPS_BEFORE)
    application = _application(case)
    unsaid = [name for name in wanted if name not in application.documents]
    if unsaid:
        case.known(None, unsaid[0])
    submitted_on = case.done(application.submitted_on)
    late_on = submitted_on or case.facts.as_of_on
    missing = [name for name in wanted if not _done_by(case, name, application.documents[name], late_on)]
    waiting = submitted_on is None
    return case.finding(
        (Status.AT_RISK if waiting else Status.BREACHED) if missing else Status.MET,
        ("duties.licence.steps_open" if waiting else "duties.licence.steps_missing")
        if missing
        else "duties.licence.steps_done",
        rule=rule,
        measured=case.given(len(wanted) - len(missing), "documents"),
        limit=len(wanted),
        unit=Unit.DOCUMENTS,
        evidence=tuple(missing),
    )


def _done_by(case: Case, name: str, done_on: date | None, late_on: date) -> bool:
    done_on = case.done(done_on)
    return case.holds(f"{name} done by {late_on}", done_on is not None and done_on <= late_on)


@duty(
    "licence.fee",
    keys.LICENCE_REQUIRED,
    keys.LICENCE_FEE_MCI_SUBTYPE_1,
    keys.LICENCE_FEE_MCI_SUBTYPE_2,
    keys.LICENCE_FEE_USD_CENTS_PER_MW,
    keys.MCI_TIYN,
    scope=Scope.STANDING,
)
def licence_fee_paid(case: Case) -> Finding:
    """Judge whether the state fee was paid in full, by the figures of the day of payment."""
    case.in_force(keys.LICENCE_REQUIRED)
    application, licence = _application(case), _latest(case)
    subtype = licence.subtype if licence else case.known(case.standing.wanted_subtype, "wanted_subtype")
    paid_on = case.done(application.fee_paid_on)
    law = case.lens.on(paid_on or case.facts.as_of_on)
    mci_key = keys.LICENCE_FEE_MCI_SUBTYPE_1 if subtype is Subtype.I else keys.LICENCE_FEE_MCI_SUBTYPE_2
    by_index = isinstance(law.find(mci_key), Value)
    if by_index:
        fee_mci, mci_tiyn = case.amount(mci_key, law), case.amount(keys.MCI_TIYN, law)
        owed_tiyn = licence_fee_tiyn(fee_mci=fee_mci, mci_tiyn=mci_tiyn)
    else:
        owed_tiyn = licence_fee_by_power_tiyn(
            power_w=case.fact(application.power_w, "application_power_w"),
            usd_cents_per_mw=case.amount(keys.LICENCE_FEE_USD_CENTS_PER_MW, law),
            tiyn_per_usd=case.fact(application.tiyn_per_usd, "dollar_rate_tiyn"),
        )
    rule = law.require(mci_key if by_index else keys.LICENCE_FEE_USD_CENTS_PER_MW)
    paid_tiyn = case.fact(0 if paid_on is None else application.fee_paid_tiyn, "licence_fee_paid_tiyn")
    short = paid_tiyn < owed_tiyn
    waiting = licence is None and paid_on is None
    return case.finding(
        (Status.AT_RISK if waiting else Status.BREACHED) if short else Status.MET,
        ("duties.licence.fee_open" if waiting else "duties.licence.fee_short")
        if short
        else "duties.licence.fee_paid",
        rule=rule,
        measured=paid_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        at_stake_tiyn=most(owed_tiyn - paid_tiyn, 0),
    )


@duty("licence.tax_prepayment", keys.LICENCE_TAX_PREPAYMENT_PPM, scope=Scope.STANDING)
def tax_prepaid(case: Case) -> Finding:
    """Judge the claim that tax is prepaid for a licence: before the first coin there is no base for a share."""
    rule = case.law.require(keys.LICENCE_TAX_PREPAYMENT_PPM)
    claimed = case.amount(keys.LICENCE_TAX_PREPAYMENT_PPM) > 0
    if not claimed:
        return case.no_duty("duties.licence.no_prepayment")
    application = case.standing.application
    prepaid_tiyn = application.prepaid_tax_tiyn if application else None
    measured = None if prepaid_tiyn is None else case.given(prepaid_tiyn, "prepaid_tax_tiyn")
    reason = "duties.licence.prepayment_without_base"
    return case.finding(Status.UNDETERMINED, reason, rule=rule, measured=measured, unit=Unit.TIYN)


@duty("licence.cap", keys.LICENCE_MAX_COUNT, keys.LICENCE_ACTIVE_COUNT, scope=Scope.STANDING)
def licence_available(case: Case) -> Finding:
    """Judge whether a new licence can be had: a count is no limit, and a cap without a number cannot be judged."""
    if _latest(case) is not None:
        return case.no_duty("duties.licence.already_held")
    rule = case.law.require(keys.LICENCE_MAX_COUNT)
    limit = case.law.limit(keys.LICENCE_MAX_COUNT)
    if limit is None:
        return case.finding(Status.MET, "duties.licence.no_cap", rule=rule)
    held = case.amount(keys.LICENCE_ACTIVE_COUNT)
    full = held >= limit
    return case.finding(
        Status.AT_RISK if full else Status.MET,
        "duties.licence.cap_reached" if full else "duties.licence.cap_not_reached",
        rule=rule,
        measured=held,
        limit=limit,
    )


@duty("licence.review", keys.LICENCE_REQUIRED, keys.LICENCE_REVIEW_BUSINESS_DAYS, scope=Scope.STANDING)
def decided_in_time(case: Case) -> Finding:
    """Judge the authority: its decision is due so many business days after the application.

    Raises:
        FactMissing: no application; a calendar that does not cover the days.
    """
    case.in_force(keys.LICENCE_REQUIRED)
    application = _application(case)
    submitted_on, decided_on = case.done(application.submitted_on), case.done(application.decided_on)
    if submitted_on is None:
        return case.no_duty("duties.licence.not_submitted")
    law = case.lens.on(submitted_on)
    rule = law.require(keys.LICENCE_REVIEW_BUSINESS_DAYS)
    calendar = case.known(case.lens.book.calendar, "business_day_calendar")
    review_days = law.amount(keys.LICENCE_REVIEW_BUSINESS_DAYS)
    try:
        deadline_on = calendar.add_business_days(submitted_on, review_days)
    except InputProblem:
        raise FactMissing("business_day_calendar") from None
    late = (decided_on or case.facts.as_of_on) > deadline_on
    reason = "authority_late" if late else ("decided" if decided_on else "under_review")
    return case.finding(
        Status.AT_RISK if late and decided_on is None else Status.MET,
        f"duties.licence.{reason}",
        rule=rule,
        deadline_on=deadline_on,
    )


@duty("licence.renewal", keys.LICENCE_TERM_YEARS, scope=Scope.STANDING)
def renewed_in_time(case: Case) -> Finding:
    """Judge whether the licence runs on: to its own end, never past the term that the law gives, or ended early.

    The licence of today counts, and every one that follows it without a gap; else the last one that ran out.
    """
    licences = case.known(case.facts.licences, "licences")
    if not licences:
        return case.no_duty("duties.licence.none")
    runs = sorted(((one.term.from_on, _over_on(case, one), one) for one in licences), key=lambda run: run[:2])
    today = case.facts.as_of_on
    first = next((run for run in runs if run[0] <= today < run[1]), None)
    from_on, ends_on, licence = first or max((run for run in runs if run[1] <= today), default=runs[0], key=_end_of)
    for next_from_on, next_ends_on, _ in runs:
        if first and next_from_on <= ends_on < next_ends_on:
            ends_on = next_ends_on
    left_days = (ends_on - today).days if from_on <= today else (ends_on - from_on).days
    over, soon = left_days <= 0, left_days <= SOON_DAYS
    return case.finding(
        Status.AT_RISK if soon else Status.MET,
        "duties.licence.expired" if over else "duties.licence.expires_soon" if soon else "duties.licence.runs",
        rule=case.lens.on(licence.term.from_on).require(keys.LICENCE_TERM_YEARS),
        measured=max(left_days, 0),
        limit=0,
        unit=Unit.DAYS,
        deadline_on=ends_on - timedelta(days=1),
    )


def _over_on(case: Case, licence: Licence) -> date:
    """Give the first day without the licence, ended early or not."""
    return min(_ends_on(case, licence), licence.terminated_on or date.max)


def _end_of(run: tuple[date, date, Licence]) -> date:
    return run[1]


@duty("licence.data_centre", keys.EQUIPMENT_DATA_CENTRE_REQUIRED, scope=Scope.STANDING)
def mines_in_data_centre(case: Case) -> Finding:
    """Judge whether machines stand in a mining data centre: the operator's own, or as a tenant in another's."""
    rule = case.in_force(keys.EQUIPMENT_DATA_CENTRE_REQUIRED)
    tenant = case.holds("the operator is a tenant", case.known(case.facts.route, "route") is Route.HOSTED)
    inside = tenant or case.holds(
        "the operator holds a data centre", case.known(case.standing.has_data_centre, "has_data_centre")
    )
    return case.finding(
        Status.MET if inside else Status.BREACHED,
        "duties.licence.in_data_centre" if inside else "duties.licence.outside_data_centre",
        rule=rule,
    )


DUTIES = (
    licence_held,
    holder_entitled,
    subtype_fits,
    steps_taken,
    licence_fee_paid,
    tax_prepaid,
    licence_available,
    decided_in_time,
    renewed_in_time,
    mines_in_data_centre,
)
"""Duties of this room, in the order in which they are shown."""
