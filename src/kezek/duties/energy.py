"""Energy duties: use only what was bought as surplus or comes from an exempt source; keep to the purchase size."""

from datetime import date

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.registry.operator import Route


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


def energy_sourced(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the metered energy is covered by purchases on the platform and exempt sources.

    What is over was taken from somewhere else: by a direct contract, or from nobody. A direct contract covers
    nothing once the platform is the only seller. Before, it could be lawful in hours of declared surplus; the books
    do not hold those hours, so that energy which only such a contract covers is undetermined.

    Law: energy.surplus_only, energy.platform_only, energy.exempt_routes.
    """
    law = lens.on(book.last_on)
    rule = law.require(keys.ENERGY_SURPLUS_ONLY)
    exempt = facts.route in law.items(keys.ENERGY_EXEMPT_ROUTES)
    barred = _platform_only(law) and not exempt
    lawful_wh = 1_000 * (book.platform.energy_kwh + (book.other_source_kwh if exempt else 0))
    covered_wh = lawful_wh + (0 if exempt or barred else 1_000 * book.other_source_kwh)
    status, reason = _coverage(book.metered_wh, lawful_wh, covered_wh, barred and book.other_source_kwh > 0)
    return Finding(
        duty="energy.source",
        period=str(book.quarter),
        status=status,
        reason=reason,
        measured=book.metered_wh,
        limit=covered_wh,
        unit=Unit.WH,
        source=rule.source.key,
        at=rule.at,
    )


def _coverage(metered_wh: int, lawful_wh: int, covered_wh: int, barred: bool) -> tuple[Status, str]:
    """Judge metered energy against what is lawful for certain and what may be. [Wh]"""
    if metered_wh <= lawful_wh:
        return Status.MET, "duties.energy.sourced"
    if metered_wh <= covered_wh:
        return Status.UNDETERMINED, "duties.energy.surplus_hours_unknown"
    return Status.BREACHED, "duties.energy.route_not_exempt" if barred else "duties.energy.unsourced"


def _worst_purchase(book: QuarterBook, lens: Lens) -> tuple[date, int, int | None]:
    """Pick of the largest purchases of each month the one farthest over the maximum of its own day. [kWh]

    Where no month has a maximum in force, the last one's absence says why.
    """
    bought = sorted({(book.platform.largest_on, book.platform.largest_kwh), *book.platform.other_months})
    limited = [(on, kwh, _maximum_kwh(lens, on)) for on, kwh in bought]
    over = [(on, kwh, limit) for on, kwh, limit in limited if limit is not None]
    return max(over, key=lambda one: one[1] - (one[2] or 0)) if over else limited[-1]


def _maximum_kwh(lens: Lens, on: date) -> int | None:
    try:
        return lens.on(on).limit(keys.ENERGY_PURCHASE_MAX_KWH)
    except NoRuleInForce:
        return None


def purchase_size(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether each purchase of grid surplus kept to the maximum per transaction.

    An energy cap: it says nothing about power. A tenant does not purchase.

    Law: energy.purchase_max_kwh.
    """
    if facts.route is not Route.GRID_SURPLUS:
        return Finding("energy.purchase_size", str(book.quarter), Status.NOT_APPLICABLE, "duties.energy.no_purchases")
    on, largest_kwh, limit_kwh = _worst_purchase(book, lens)
    rule = lens.on(on).require(keys.ENERGY_PURCHASE_MAX_KWH)
    if limit_kwh is None:
        return Finding("energy.purchase_size", str(book.quarter), Status.NOT_APPLICABLE, "duties.energy.no_maximum")
    over = largest_kwh > limit_kwh
    return Finding(
        duty="energy.purchase_size",
        period=str(book.quarter),
        status=Status.BREACHED if over else Status.MET,
        reason="duties.energy.purchase_too_large" if over else "duties.energy.purchases_in_size",
        measured=1_000 * largest_kwh,
        limit=1_000 * limit_kwh,
        unit=Unit.WH,
        evidence=(f"largest purchase on {on}",) if over else (),
        source=rule.source.key,
        at=rule.at,
    )
