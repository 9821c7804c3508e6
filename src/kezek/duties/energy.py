"""Energy duties: use only what was bought as surplus or comes from an exempt source; keep to the purchase size."""

from datetime import date

from kezek.duties.case import Case, Scope, duty
from kezek.duties.facts import Purchased
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.origin import Rounding
from kezek.law.problem import NoRuleInForce
from kezek.law.reckon import N, ceil_div, half_up
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.registry.licence import Licence, Period
from kezek.registry.operator import Route
from kezek.units.rounding import PPM


@rule(
    source="s1",
    at="one proposal under review",
    from_on=date(2025, 1, 1),
    unit=LawUnit.KWH,
    rounding=Rounding.UP,
    rounding_at="a share of not less than: a part of a kWh counts as a whole one",
)
def grid_share_kwh(*, new_output_kwh: N, grid_share_ppm: N) -> N:
    """Part of a 70/30 plant's new output that goes to the grid. [kWh]"""
    return ceil_div(new_output_kwh * grid_share_ppm, PPM)


@rule(
    source="kezek_design",
    at="money at stake",
    from_on=date(2020, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def energy_value_tiyn(*, energy_wh: N, price_tiyn_per_kwh: N) -> N:
    """Value of energy at a price. [tiyn]"""
    return half_up(energy_wh * price_tiyn_per_kwh, 1_000)


def _platform_only(law: Snapshot) -> bool:
    """Tell whether a grid buyer had to buy on the platform; before that rule it did not.

    Raises:
        NoRuleInForce: the sources leave it open.
    """
    try:
        return law.flag(keys.ENERGY_PLATFORM_ONLY)
    except NoRuleInForce as absence:
        if isinstance(absence.absent, Unknown):
            raise
        return False


@duty("energy.source", keys.ENERGY_SURPLUS_ONLY, keys.ENERGY_PLATFORM_ONLY, keys.ENERGY_EXEMPT_ROUTES)
def energy_sourced(case: Case) -> Finding:
    """Judge whether the metered energy is covered by purchases on the platform and exempt sources.

    Power of an own plant or an import contract is lawful beside the platform, where the law spares it. What is over
    was taken from somewhere else: by a direct contract, or from nobody. A direct contract covers nothing once the
    platform is the only seller. Before, it could be lawful in hours of declared surplus; the books do not hold those
    hours, so that energy which only such a contract covers is undetermined.
    """
    law, book = case.law, case.book
    rule = case.in_force(keys.ENERGY_SURPLUS_ONLY)
    route = case.known(case.facts.route, "route")
    exempt = law.items(keys.ENERGY_EXEMPT_ROUTES)
    spared = case.holds("own and imported power stays outside the platform", bool(exempt))
    barred = case.holds("grid power is bought on the platform only", _platform_only(law))
    bought_kwh = case.given(case.known(book.platform, "bought_on_platform").energy_kwh, "platform_kwh")
    own_kwh = case.fact(book.other_source_kwh, "other_source_kwh")
    direct_kwh = 0 if spared else own_kwh
    lawful_wh = 1_000 * (bought_kwh + (own_kwh if spared else 0))
    metered_wh = case.fact(book.metered_wh, "metered_wh")
    if metered_wh > lawful_wh and not (route is Route.IMPORTED and route in exempt):
        direct_kwh = direct_kwh + case.fact(book.direct_contract_kwh, "direct_contract_kwh")
    covered_wh = lawful_wh if barred else lawful_wh + 1_000 * direct_kwh
    status, reason = _coverage(metered_wh, lawful_wh, covered_wh, barred and int(direct_kwh) > 0)
    return case.finding(
        status,
        reason,
        rule=rule,
        measured=metered_wh,
        limit=covered_wh,
        unit=Unit.WH,
        at_stake_tiyn=_value_tiyn(case, metered_wh - covered_wh) if status is Status.BREACHED else 0,
    )


def _value_tiyn(case: Case, uncovered_wh: int) -> int:
    """Value the energy that nothing covers at the operator's own average price; 0 where nobody gave one. [tiyn]"""
    if case.book.average_price_tiyn_per_kwh is None:
        return 0
    price = case.fact(case.book.average_price_tiyn_per_kwh, "average_price_tiyn_per_kwh")
    return energy_value_tiyn(energy_wh=uncovered_wh, price_tiyn_per_kwh=price)


def _coverage(metered_wh: int, lawful_wh: int, covered_wh: int, barred: bool) -> tuple[Status, str]:
    """Judge metered energy against what is lawful for certain and what may be. [Wh]"""
    if metered_wh <= lawful_wh:
        return Status.MET, "duties.energy.sourced"
    if metered_wh <= covered_wh:
        return Status.UNDETERMINED, "duties.energy.surplus_hours_unknown"
    return Status.BREACHED, "duties.energy.route_not_exempt" if barred else "duties.energy.unsourced"


@duty("energy.direct_contract", keys.ENERGY_DIRECT_CONTRACT_BARRED, keys.ENERGY_EXEMPT_ROUTES)
def no_direct_contract(case: Case) -> Finding:
    """Judge whether no power was bought straight from a utility once that was barred; imports are another matter."""
    rule = case.in_force(keys.ENERGY_DIRECT_CONTRACT_BARRED)
    route = case.known(case.facts.route, "route")
    if case.holds(f"{route} is an exempt source", route in case.law.items(keys.ENERGY_EXEMPT_ROUTES)):
        return case.no_duty("duties.energy.exempt_route")
    bought_kwh = case.fact(case.book.direct_contract_kwh, "direct_contract_kwh")
    barred = bought_kwh > 0
    return case.finding(
        Status.BREACHED if barred else Status.MET,
        "duties.energy.direct_contract" if barred else "duties.energy.no_direct_contract",
        rule=rule,
        measured=1_000 * bought_kwh,
        limit=0,
        unit=Unit.WH,
    )


def _maximum_kwh(case: Case, on: date) -> int | None:
    try:
        return case.lens.on(on).limit(keys.ENERGY_PURCHASE_MAX_KWH)
    except NoRuleInForce:
        return None


def _worst_purchase(case: Case, platform: Purchased) -> tuple[date, int, int | None]:
    """Pick of the largest purchases of each month the one farthest over the maximum of its own day. [kWh]

    Where no month has a maximum in force, the last one's absence says why.

    Raises:
        FactMissing: a maximum came into force inside the period, and no purchase after it was given.
    """
    bought = sorted({(platform.largest_on, platform.largest_kwh), *platform.other_months})
    limited = [(on, kwh, _maximum_kwh(case, on)) for on, kwh in bought]
    over = [(on, kwh, limit) for on, kwh, limit in limited if limit is not None]
    if not over and platform.energy_kwh and _maximum_kwh(case, case.on) is not None:
        case.known(None, "other_months")
    return max(over, key=lambda one: one[1] - (one[2] or 0)) if over else limited[-1]


@duty("energy.purchase_size", keys.ENERGY_PURCHASE_MAX_KWH, split_by_day=True)
def purchase_size(case: Case) -> Finding:
    """Judge whether each purchase of grid surplus kept to the maximum per transaction.

    An energy cap: it says nothing about power. A tenant does not purchase, and exempt sources are not purchased.
    """
    if case.known(case.facts.route, "route") is not Route.GRID_SURPLUS:
        return case.no_duty("duties.energy.no_purchases")
    platform = case.known(case.book.platform, "bought_on_platform")
    on, largest_kwh, limit_kwh = _worst_purchase(case, platform)
    rule = case.lens.on(on).require(keys.ENERGY_PURCHASE_MAX_KWH)
    if limit_kwh is None:
        return case.no_duty("duties.energy.no_maximum")
    largest_kwh = case.given(largest_kwh, "largest_purchase_kwh")
    over = largest_kwh > limit_kwh
    return case.finding(
        Status.BREACHED if over else Status.MET,
        "duties.energy.purchase_too_large" if over else "duties.energy.purchases_in_size",
        rule=rule,
        measured=1_000 * largest_kwh,
        limit=1_000 * limit_kwh,
        unit=Unit.WH,
        evidence=(f"largest purchase on {on}",) if over else (),
    )


def _runs(licence: Licence) -> Period:
    ends_on = min(licence.term.until_on, licence.terminated_on or licence.term.until_on)
    return Period(licence.term.from_on, max(licence.term.from_on, ends_on))


@duty("energy.quota", keys.MARKET_BIDDER_SUBTYPES)
def quota_by_subtype(case: Case) -> Finding:
    """Judge whether only a licence with a quota bought on the platform; a tenant takes its host's power."""
    rule = case.law.require(keys.MARKET_BIDDER_SUBTYPES)
    bidders = case.law.items(keys.MARKET_BIDDER_SUBTYPES)
    licences = case.known(case.facts.licences, "licences")
    quarter = Period(case.book.quarter.from_on, case.book.until_on)
    held = dict.fromkeys(one.subtype for one in licences if _runs(one).overlap_days(quarter))
    if not held or case.known(case.facts.route, "route") is Route.HOSTED:
        return case.no_duty("duties.energy.no_own_purchases")
    bought_kwh = case.given(case.known(case.book.platform, "bought_on_platform").energy_kwh, "platform_kwh")
    may = [case.holds(f"a licence of subtype {one} has a quota", str(one) in bidders) for one in held]
    may_bid = any(may)
    if int(bought_kwh) and may_bid and not all(may):
        case.known(None, "bought_on_platform")  # nobody says under which of the licences it was bought
    breached = not may_bid and int(bought_kwh) > 0
    return case.finding(
        Status.BREACHED if breached else Status.MET,
        "duties.energy.no_quota" if breached else "duties.energy.quota_fits",
        rule=rule,
        measured=0 if may_bid else 1_000 * bought_kwh,
        limit=0,
        unit=Unit.WH,
    )


@duty(
    "energy.programme",
    keys.PROGRAMME_70_30_STATUS,
    keys.PROGRAMME_70_30_GRID_SHARE_PPM,
    keys.PROGRAMME_70_30_BASE,
    mendable=True,
)
def programme_shared(case: Case) -> Finding:
    """Judge whether a plant of the 70/30 programme gave the grid its share of the new output.

    Only where the programme is read as in force; as a proposal it binds nobody. A share of capacity would need the
    plant's power for every hour, which the books do not hold.
    """
    in_force = case.holds("the programme is in force", case.law.text(keys.PROGRAMME_70_30_STATUS) == "in_force")
    if not in_force:
        return case.no_duty("duties.energy.programme_proposed")
    if not case.book.programme_known:
        case.known(None, "programme")
    programme = case.book.programme
    if programme is None:
        return case.no_duty("duties.energy.no_programme")
    rule = case.law.require(keys.PROGRAMME_70_30_GRID_SHARE_PPM)
    if case.law.text(keys.PROGRAMME_70_30_BASE) == "capacity":
        return case.finding(Status.UNDETERMINED, "duties.energy.programme_by_capacity", rule=rule)
    due_kwh = grid_share_kwh(
        new_output_kwh=case.given(programme.new_output_kwh, "new_output_kwh"),
        grid_share_ppm=case.amount(keys.PROGRAMME_70_30_GRID_SHARE_PPM),
    )
    given_kwh = case.given(programme.to_grid_kwh, "to_grid_kwh")
    short = given_kwh < due_kwh
    return case.finding(
        Status.BREACHED if short else Status.MET,
        "duties.energy.programme_short" if short else "duties.energy.programme_shared",
        rule=rule,
        measured=1_000 * given_kwh,
        limit=1_000 * due_kwh,
        unit=Unit.WH,
    )


@duty("energy.new_mine_power", keys.ENERGY_NEW_MINE_MAX_W, scope=Scope.STANDING)
def new_mine_power(case: Case) -> Finding:
    """Judge the power of a new mine by the draft of 2021: a power limit, not an energy cap, never seen adopted."""
    rule = case.law.require(keys.ENERGY_NEW_MINE_MAX_W)
    if not case.holds("the mine is new", case.known(case.standing.new_mine, "new_mine")):
        return case.no_duty("duties.energy.not_a_new_mine")
    power_w = case.fact(case.standing.power_w, "power_w")
    limit_w = case.amount(keys.ENERGY_NEW_MINE_MAX_W)
    over = power_w > limit_w
    return case.finding(
        Status.BREACHED if over else Status.MET,
        "duties.energy.new_mine_too_large" if over else "duties.energy.new_mine_in_size",
        rule=rule,
        measured=power_w,
        limit=limit_w,
        unit=Unit.W,
    )


DUTIES = (energy_sourced, no_direct_contract, purchase_size, quota_by_subtype, programme_shared, new_mine_power)
"""Duties of this room, in the order in which they are shown."""
