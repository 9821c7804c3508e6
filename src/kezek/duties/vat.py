"""VAT on imported machines: paid, or spared for keeping them five years on a Kazakh balance sheet."""

from datetime import date

from kezek.duties.case import Case, duty
from kezek.duties.facts import Import
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.origin import Rounding
from kezek.law.reckon import N, most, share_of
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value
from kezek.units.calendar import years_after


@rule(
    source="s4",
    at="VAT on hardware",
    from_on=date(2020, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def import_vat_tiyn(*, customs_value_tiyn: N, vat_ppm: N) -> N:
    """VAT on an imported machine. [tiyn]

    >>> import_vat_tiyn(customs_value_tiyn=1_000_000, vat_ppm=120_000)
    120000
    """
    return share_of(customs_value_tiyn, vat_ppm)


def _imports(case: Case) -> tuple[Import, ...]:
    return case.known(case.facts.imports, "imports")


def lock_ends_on(*, machine: Import, years: int) -> date:
    """Give the day on which the lock of a machine ends."""
    return years_after(machine.imported_on, years)


@duty("vat.import", keys.VAT_RATE_PPM, keys.VAT_IMPORT_EXEMPT, split_by_day=True)
def import_vat_paid(case: Case) -> Finding:
    """Judge whether VAT was paid on the machines imported in the period, but for those lawfully exempt.

    An exemption wants a reading that grants it, and a Kazakh entity that has the machine on its books. Each import
    is judged by the law of its own day.
    """
    book = case.book
    rule = case.law.require(keys.VAT_RATE_PPM)
    came = [one for one in _imports(case) if book.quarter.from_on <= one.imported_on < book.until_on]
    if not came:
        return case.no_duty("duties.vat.nothing_imported")
    owed_tiyn = sum((_owed_tiyn(case, one) for one in came), start=0)
    paid_tiyn = sum((_paid_tiyn(case, one) for one in came), start=0)
    short = paid_tiyn < owed_tiyn
    return case.finding(
        Status.BREACHED if short else Status.MET,
        "duties.vat.import_unpaid" if short else "duties.vat.import_settled",
        rule=rule,
        measured=paid_tiyn,
        limit=owed_tiyn,
        unit=Unit.TIYN,
        evidence=tuple(one.serial for one in came) if short else (),
        at_stake_tiyn=most(owed_tiyn - paid_tiyn, 0),
    )


def _owed_tiyn(case: Case, machine: Import) -> int:
    law = case.lens.on(machine.imported_on)
    if case.known(machine.vat_exempt, "vat_exempt"):
        granted = case.holds("the exemption is in force", law.flag(keys.VAT_IMPORT_EXEMPT))
        on_books = granted and case.holds(
            f"{machine.serial} is on a Kazakh balance sheet",
            case.known(machine.on_kz_balance_sheet, "on_kz_balance_sheet"),
        )
        if on_books:
            return 0
    return import_vat_tiyn(
        customs_value_tiyn=case.fact(machine.customs_value_tiyn, "customs_value_tiyn"),
        vat_ppm=case.amount(keys.VAT_RATE_PPM, law),
    )


def _paid_tiyn(case: Case, machine: Import) -> int:
    spared = machine.vat_exempt and machine.vat_paid_tiyn is None
    return case.fact(0 if spared else machine.vat_paid_tiyn, "vat_paid_tiyn")


@duty("vat.import_lock", keys.VAT_IMPORT_LOCK_YEARS, keys.VAT_LOCK_BARS, keys.VAT_LOCK_INSPECTED, split_by_day=True)
def vat_lock_kept(case: Case) -> Finding:
    """Judge whether machines imported free of VAT stayed for the whole lock: not sold, moved or exported.

    Each machine is locked by the law of the day on which it came. Only departures inside the period count, and
    machines that no Kazakh entity has on its books. What an early exit costs has no published figure, so nothing is
    claimed.
    """
    rule = case.law.require(keys.VAT_IMPORT_LOCK_YEARS)
    faults = [(one, fault) for one in _imports(case) if (fault := _fault(case, one))]
    early = [fault for one, fault in faults if case.known(one.vat_exempt, "vat_exempt")]
    inspected = case.law.find(keys.VAT_LOCK_INSPECTED)
    case.holds("inspections may look for the machines", isinstance(inspected, Value) and inspected.content is True)
    return case.finding(
        Status.BREACHED if early else Status.MET,
        "duties.vat.lock_broken" if early else "duties.vat.lock_kept",
        rule=rule,
        measured=case.given(len(early), "early_machines"),
        limit=0,
        unit=Unit.MACHINES,
        evidence=tuple(early),
    )


def _fault(case: Case, machine: Import) -> str:
    """Say how a machine broke its lock in the period; "" where it did not."""
    law, left_on, book = case.lens.on(machine.imported_on), machine.left_on, case.book
    if not isinstance(law.find(keys.VAT_IMPORT_LOCK_YEARS), Value | Unknown):
        return ""  # it came when there was no lock
    ends_on = lock_ends_on(machine=machine, years=law.amount(keys.VAT_IMPORT_LOCK_YEARS))
    came = machine.imported_on < book.until_on and book.quarter.from_on < ends_on
    if machine.vat_exempt is False:
        return ""
    if came and left_on is None and machine.on_kz_balance_sheet is False:
        case.holds(f"{machine.serial} is on a Kazakh balance sheet", False)
        return f"{machine.serial}: imported {machine.imported_on}, on no Kazakh balance sheet"
    if left_on is None or not (book.quarter.from_on <= left_on < book.until_on) or not _barred(case, machine, law):
        return ""
    if case.holds(f"{machine.serial} stayed until {ends_on}", left_on >= ends_on):
        return ""
    return f"{machine.serial}: imported {machine.imported_on}, left {left_on}"


def _barred(case: Case, machine: Import, law: Snapshot) -> bool:
    """Tell whether the lock bars this kind of departure; one that nobody named counts as barred."""
    bars = law.find(keys.VAT_LOCK_BARS)
    if machine.departure is None or not isinstance(bars, Value) or not isinstance(bars.content, tuple):
        return True
    named = _NAMES[machine.departure] in bars.content
    return case.holds(f"the lock bars that a machine is {machine.departure}", named)


_NAMES = {"sold": "sale", "moved": "move", "exported": "export"}

DUTIES = (import_vat_paid, vat_lock_kept)
"""Duties of this room, in the order in which they are shown."""
