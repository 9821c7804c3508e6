"""Record duties: report all coins, and meter all the energy that made them."""

from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.units.rounding import PPM

METER_TOLERANCE_PPM = 20_000
"""Meter class and pool luck: coins may imply up to 2 % more energy than was metered before it counts."""


def coins_disclosed(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the operator reported all coins that its pools paid out.

    Not to disclose and not to sell are two offences: what is undisclosed is not what is unsold.

    Law: records.coins_disclosed.
    """
    rule = lens.on(book.last_on).require(keys.RECORDS_COINS_DISCLOSED)
    hidden_sat = max(0, book.total_received_sat - book.disclosed_sat)
    return Finding(
        duty="records.coins",
        period=str(book.quarter),
        status=Status.BREACHED if hidden_sat else Status.MET,
        reason="duties.records.undisclosed" if hidden_sat else "duties.records.disclosed",
        measured=book.disclosed_sat,
        limit=book.total_received_sat,
        unit=Unit.SAT,
        source=rule.source.key,
        at=rule.at,
    )


def energy_metered(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the meters saw at least the energy that the coins must have taken.

    The least energy supposes the operator's best machines and no cooling; a meter under that, by more than its
    tolerance, was by-passed or the coins come from elsewhere.

    Law: fee.volume (the fee is due on the energy actually metered).
    """
    rule = lens.on(book.last_on).require(keys.FEE_VOLUME)
    floor_wh = book.least_energy_wh * (PPM - METER_TOLERANCE_PPM) // PPM
    under = book.metered_wh < floor_wh
    return Finding(
        duty="records.energy",
        period=str(book.quarter),
        status=Status.BREACHED if under else Status.MET,
        reason="duties.records.meter_under_coins" if under else "duties.records.meter_fits_coins",
        measured=book.metered_wh,
        limit=floor_wh,
        unit=Unit.WH,
        source=rule.source.key,
        at=rule.at,
    )
