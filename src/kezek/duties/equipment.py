"""Equipment duties: every machine on the register, every payout from an accredited pool, the VAT lock kept."""

from datetime import date

from kezek.duties.counterparty import listed_only
from kezek.duties.facts import OperatorFacts, QuarterBook, Sighting
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys


def machines_registered(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether each machine seen at work is on the register under this operator.

    A machine that the register does not hold counts like one that it holds under somebody else.

    Law: equipment.registration_required.
    """
    rule = lens.on(book.last_on).require(keys.EQUIPMENT_REGISTRATION_REQUIRED)
    seen = [one for one in facts.sightings if book.quarter.from_on <= one.seen_on < book.until_on]
    others = tuple(one for one in seen if one.registered_to != facts.operator_id)
    return Finding(
        duty="equipment.registered",
        period=str(book.quarter),
        status=Status.BREACHED if others else Status.MET,
        reason="duties.equipment.not_registered" if others else "duties.equipment.registered",
        measured=len(others),
        limit=0,
        unit=Unit.MACHINES,
        evidence=tuple(_whose(one) for one in others),
        source=rule.source.key,
        at=rule.at,
    )


def _whose(seen: Sighting) -> str:
    return f"{seen.serial} (registered to {seen.registered_to})" if seen.registered_to else seen.serial


def pool_accredited(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether all coins came from pools on the state's list.

    Law: pool.accreditation_required.
    """
    return listed_only(
        duty="pool.accredited",
        rule=lens.on(book.last_on).require(keys.POOL_ACCREDITATION_REQUIRED),
        book=book,
        dealt_sat=book.received_sat,
        listed=facts.accredited_pool_ids,
        reasons=("duties.pool.accredited", "duties.pool.not_accredited"),
    )


def _years_after(on: date, years: int) -> date:
    return date(on.year + years, on.month, 28) if (on.month, on.day) == (2, 29) else on.replace(year=on.year + years)


def vat_lock_kept(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether machines imported free of VAT stayed on the balance sheet for the whole lock.

    Only departures inside the period count. What an early exit costs has no published figure, so nothing is claimed.

    Law: vat.import_lock_years.
    """
    rule = lens.on(book.last_on).require(keys.VAT_IMPORT_LOCK_YEARS)
    years = lens.on(book.last_on).amount(keys.VAT_IMPORT_LOCK_YEARS)
    early = [
        machine
        for machine in facts.locked_machines_gone
        if book.quarter.from_on <= machine.left_on < book.until_on
        and machine.left_on < _years_after(machine.imported_on, years)
    ]
    return Finding(
        duty="vat.import_lock",
        period=str(book.quarter),
        status=Status.BREACHED if early else Status.MET,
        reason="duties.vat.lock_broken" if early else "duties.vat.lock_kept",
        measured=len(early),
        limit=0,
        unit=Unit.MACHINES,
        evidence=tuple(f"{m.serial}: imported {m.imported_on}, left {m.left_on}" for m in early),
        source=rule.source.key,
        at=rule.at,
    )
