"""Energy duties: use only what was bought as surplus or comes from an exempt source; keep to the purchase size."""

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
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


def purchase_size(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether each purchase of grid surplus kept to the maximum per transaction.

    An energy cap: it says nothing about power. A tenant does not purchase.

    Law: energy.purchase_max_kwh.
    """
    if facts.route is not Route.GRID_SURPLUS:
        return Finding("energy.purchase_size", str(book.quarter), Status.NOT_APPLICABLE, "duties.energy.no_purchases")
    law = lens.on(book.platform.largest_on)
    rule = law.require("energy.purchase_max_kwh")
    limit_kwh = law.limit("energy.purchase_max_kwh")
    if limit_kwh is None:
        return Finding("energy.purchase_size", str(book.quarter), Status.NOT_APPLICABLE, "duties.energy.no_maximum")
    over = book.platform.largest_kwh > limit_kwh
    return Finding(
        duty="energy.purchase_size",
        period=str(book.quarter),
        status=Status.BREACHED if over else Status.MET,
        reason="duties.energy.purchase_too_large" if over else "duties.energy.purchases_in_size",
        measured=1_000 * book.platform.largest_kwh,
        limit=1_000 * limit_kwh,
        unit=Unit.WH,
        evidence=(f"largest purchase on {book.platform.largest_on}",) if over else (),
        source=rule.source.key,
        at=rule.at,
    )
