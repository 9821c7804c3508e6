"""Energy duties: use only what was bought as surplus or comes from an exempt source; keep to the purchase size."""

from datetime import date

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law.problem import NoRuleInForce
from kezek.registry.operator import Route


def energy_sourced(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the metered energy is covered by purchases on the platform and exempt sources.

    What is over was taken from somewhere else: a direct contract, which the law bars, or nobody's.

    Law: energy.surplus_only, energy.platform_only, energy.exempt_routes.
    """
    law = lens.on(book.last_on)
    rule = law.require("energy.surplus_only")
    exempt = facts.route in law.items("energy.exempt_routes")
    lawful_wh = 1_000 * (book.platform.energy_kwh + (book.other_source_kwh if exempt else 0))
    over_wh = max(0, book.metered_wh - lawful_wh)
    if over_wh and book.other_source_kwh and not exempt:
        reason = "duties.energy.route_not_exempt"
    else:
        reason = "duties.energy.unsourced" if over_wh else "duties.energy.sourced"
    return Finding(
        duty="energy.source",
        period=str(book.quarter),
        status=Status.BREACHED if over_wh else Status.MET,
        reason=reason,
        measured=book.metered_wh,
        limit=lawful_wh,
        unit=Unit.WH,
        source=rule.source.key,
        at=rule.at,
    )


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
        return lens.on(on).limit("energy.purchase_max_kwh")
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
    rule = lens.on(on).require("energy.purchase_max_kwh")
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
