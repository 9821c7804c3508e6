"""Equipment duties: every machine on the register with its fingerprint, at a licensed site; accredited pools only."""

from kezek.duties.case import Case, duty
from kezek.duties.counterparty import listed_only
from kezek.duties.facts import Replacement, Sighting
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys


def _seen(case: Case) -> list[Sighting]:
    """Give the machines seen in the quarter.

    Raises:
        FactMissing: machines ran, and nobody looked at them.
    """
    sightings = case.known(case.facts.sightings, "sightings")
    seen = [one for one in sightings if case.book.quarter.from_on <= one.seen_on < case.book.until_on]
    return seen if seen or case.book.metered_wh == 0 else case.known(None, "sightings")


def _none_wrong(case: Case, key: keys.Flag, wrong: list[str], name: str, reasons: tuple[str, str]) -> Finding:
    met, breached = reasons
    return case.finding(
        Status.BREACHED if wrong else Status.MET,
        breached if wrong else met,
        rule=case.law.require(key),
        measured=case.given(len(wrong), name),
        limit=0,
        unit=Unit.MACHINES,
        evidence=tuple(wrong),
    )


@duty("equipment.registered", keys.EQUIPMENT_REGISTRATION_REQUIRED)
def machines_registered(case: Case) -> Finding:
    """Judge whether each machine seen at work is on the register under this operator.

    A machine that the register does not hold counts like one that it holds under somebody else.
    """
    case.in_force(keys.EQUIPMENT_REGISTRATION_REQUIRED)
    owner = case.facts.operator_id
    wrong = [_whose(one) for one in _seen(case) if not case.holds(_on_register(one), one.registered_to == owner)]
    reasons = ("duties.equipment.registered", "duties.equipment.not_registered")
    return _none_wrong(case, keys.EQUIPMENT_REGISTRATION_REQUIRED, wrong, "unregistered_machines", reasons)


def _on_register(seen: Sighting) -> str:
    return f"{seen.serial} is registered to the operator"


def _whose(seen: Sighting) -> str:
    return f"{seen.serial} (registered to {seen.registered_to})" if seen.registered_to else seen.serial


@duty("equipment.fingerprint", keys.EQUIPMENT_FINGERPRINT_REQUIRED)
def fingerprints_present(case: Case) -> Finding:
    """Judge whether the register holds the digital fingerprint of each machine seen, and it matches.

    A machine that the register does not hold at all is the fault of `machines_registered` alone.
    """
    case.in_force(keys.EQUIPMENT_FINGERPRINT_REQUIRED)
    wrong = [
        one.serial
        for one in _seen(case)
        if one.registered_to
        and not case.holds(
            f"the fingerprint of {one.serial} matches", case.known(one.fingerprint_matches, "fingerprint_matches")
        )
    ]
    reasons = ("duties.equipment.fingerprints_match", "duties.equipment.no_fingerprint")
    return _none_wrong(case, keys.EQUIPMENT_FINGERPRINT_REQUIRED, wrong, "unmatched_machines", reasons)


@duty("equipment.site", keys.EQUIPMENT_LICENSED_SITE_REQUIRED)
def at_licensed_site(case: Case) -> Finding:
    """Judge whether each machine seen stands at a site that is named in the licence."""
    case.in_force(keys.EQUIPMENT_LICENSED_SITE_REQUIRED)
    wrong = [
        one.serial
        for one in _seen(case)
        if not case.holds(
            f"{one.serial} stands at a licensed site", case.known(one.at_licensed_site, "at_licensed_site")
        )
    ]
    reasons = ("duties.equipment.at_licensed_site", "duties.equipment.off_site")
    return _none_wrong(case, keys.EQUIPMENT_LICENSED_SITE_REQUIRED, wrong, "off_site_machines", reasons)


@duty("equipment.replacement", keys.EQUIPMENT_REPLACEMENT_REGISTERED)
def replacements_registered(case: Case) -> Finding:
    """Judge growth by upgrade: the new machine registered before it ran, the old one taken off the register."""
    case.in_force(keys.EQUIPMENT_REPLACEMENT_REGISTERED)
    book = case.book
    swaps = [
        one
        for one in case.known(case.facts.replacements, "replacements")
        if book.quarter.from_on <= one.replaced_on < book.until_on
    ]
    wrong = [fault for one in swaps if (fault := _fault(case, one))]
    reasons = ("duties.equipment.replacements_registered", "duties.equipment.replacement_not_registered")
    return _none_wrong(case, keys.EQUIPMENT_REPLACEMENT_REGISTERED, wrong, "wrong_replacements", reasons)


def _fault(case: Case, swap: Replacement) -> str:
    entered = swap.registered_on is not None and swap.registered_on <= swap.replaced_on
    excluded = case.done(swap.excluded_on) is not None
    if not case.holds(f"{swap.new_serial} was registered before it ran", entered):
        return f"{swap.new_serial}: registered {swap.registered_on or 'never'}, at work from {swap.replaced_on}"
    if not case.holds(f"{swap.old_serial} was taken off the register", excluded):
        return f"{swap.old_serial}: replaced {swap.replaced_on}, still on the register"
    return ""


@duty("pool.accredited", keys.POOL_ACCREDITATION_REQUIRED)
def pool_accredited(case: Case) -> Finding:
    """Judge whether all coins came from pools on the state's list."""
    rule = case.in_force(keys.POOL_ACCREDITATION_REQUIRED)
    return listed_only(
        case=case,
        rule=rule,
        dealt_sat=case.known(case.book.received_sat, "received"),
        listed=case.known(case.facts.accredited_pool_ids, "accredited_pools"),
        reasons=("duties.pool.accredited", "duties.pool.not_accredited"),
    )


DUTIES = (
    machines_registered,
    fingerprints_present,
    at_licensed_site,
    replacements_registered,
    pool_accredited,
)
"""Duties of this room, in the order in which they are shown."""
