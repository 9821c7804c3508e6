"""Record duties: report all coins, meter all the energy that made them, log every hour."""

from datetime import date

from kezek.duties.case import Case, duty
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.origin import Rounding
from kezek.law.reckon import N, ceil_div
from kezek.law.rule import UNSTATED, rule
from kezek.law.value import Unit as LawUnit
from kezek.units.rounding import PPM

METER_TOLERANCE_PPM = 20_000
"""Meter class and pool luck: coins may imply up to 2 % more energy than was metered before it counts."""


@rule(
    source="kezek_design",
    at="meter tolerance",
    from_on=date(2020, 1, 1),
    unit=LawUnit.WH,
    rounding=Rounding.UP,
    rounding_at=UNSTATED,
)
def least_metered_wh(*, least_wh: N, tolerance_ppm: N) -> N:
    """Least energy that the meters must have seen: what the coins took at best, less the meters' tolerance. [Wh]"""
    return ceil_div(least_wh * (PPM - tolerance_ppm), PPM)


@duty("records.coins", keys.RECORDS_COINS_DISCLOSED, mendable=True)
def coins_disclosed(case: Case) -> Finding:
    """Judge whether the operator reported all coins that its pools paid out.

    Not to disclose and not to sell are two offences: what is undisclosed is not what is unsold.
    """
    rule = case.in_force(keys.RECORDS_COINS_DISCLOSED)
    received = sum(sat for _, sat in case.known(case.book.received_sat, "received"))
    received_sat = case.given(received, "received_sat")
    disclosed_sat = case.fact(case.book.disclosed_sat, "disclosed_sat")
    hidden = disclosed_sat < received_sat
    return case.finding(
        Status.BREACHED if hidden else Status.MET,
        "duties.records.undisclosed" if hidden else "duties.records.disclosed",
        rule=rule,
        measured=disclosed_sat,
        limit=received_sat,
        unit=Unit.SAT,
    )


@duty("records.energy", keys.FEE_VOLUME)
def energy_metered(case: Case) -> Finding:
    """Judge whether the meters saw at least the energy that the coins must have taken.

    The least energy supposes the operator's best machines and no cooling; a meter under that, by more than its
    tolerance, was by-passed or the coins come from elsewhere. Law: fee.volume (due on the energy actually metered).
    """
    rule = case.law.require(keys.FEE_VOLUME)
    least_wh = case.known(case.book.least_energy_wh, "least_energy_wh")
    floor_wh = least_metered_wh(least_wh=case.given(least_wh, "least_energy_wh"), tolerance_ppm=METER_TOLERANCE_PPM)
    metered_wh = case.fact(case.book.metered_wh, "metered_wh")
    under = metered_wh < floor_wh
    return case.finding(
        Status.BREACHED if under else Status.MET,
        "duties.records.meter_under_coins" if under else "duties.records.meter_fits_coins",
        rule=rule,
        measured=metered_wh,
        limit=floor_wh,
        unit=Unit.WH,
    )


@duty("records.detail", keys.RECORDS_DETAIL)
def log_complete(case: Case) -> Finding:
    """Judge whether the operator's log holds every transaction, hour and day of mining that the law names."""
    rule = case.law.require(keys.RECORDS_DETAIL)
    book = case.book
    lacking = {"transaction": book.log_gap_transactions, "hour": book.log_gap_hours, "day": book.log_gap_days}
    gaps = case.given(0, "log_gaps")
    for detail in case.law.items(keys.RECORDS_DETAIL):
        gaps = gaps + case.fact(lacking[detail], f"log_gap_{detail}s")
    incomplete = gaps > 0
    return case.finding(
        Status.BREACHED if incomplete else Status.MET,
        "duties.records.log_gaps" if incomplete else "duties.records.log_complete",
        rule=rule,
        measured=gaps,
        limit=0,
        unit=Unit.ENTRIES,
    )


DUTIES = (coins_disclosed, energy_metered, log_complete)
"""Duties of this room, in the order in which they are shown."""
