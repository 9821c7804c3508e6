"""Mandatory sale: the share of coins that must be sold, and where."""

from datetime import date, timedelta

from kezek.duties.counterparty import listed_only
from kezek.duties.facts import OperatorFacts, QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.units.rounding import PPM, ceil_div


def required_sale_sat(*, received_sat: int, share_ppm: int) -> int:
    """Compute the least number of coins to sell, rounded up: a share of not less than. [sat]

    >>> required_sale_sat(received_sat=1_001, share_ppm=750_000)
    751
    """
    return ceil_div(received_sat * share_ppm, PPM)


def due_sale_sat(*, received_sat: int, mined_sat: int, law: Snapshot) -> int:
    """Compute the coins to sell by the chosen readings: of those received, or of those before the pool's fee. [sat]

    Law: sale.share_ppm, sale.denominator.

    Raises:
        NoRuleInForce: a share or a denominator that the law of the day leaves open.
    """
    counted = {"coins_received": received_sat, "coins_mined": mined_sat}
    return required_sale_sat(
        received_sat=counted[law.text(keys.SALE_DENOMINATOR)], share_ppm=law.amount(keys.SALE_SHARE_PPM)
    )


def _licensed_sat(facts: OperatorFacts, book: QuarterBook) -> int:
    return sum(sat for venue, sat in book.sold_sat if venue in facts.licensed_exchange_ids)


def _carried_sat(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> int:
    """Sales over the due share in the quarter before, where the reading lets them count. [sat]"""
    before = next((one for one in facts.books if one.quarter == book.quarter.previous), None)
    if before is None or not lens.on(book.last_on).flag(keys.SALE_CARRY_OVER):
        return 0
    return max(0, _licensed_sat(facts, before) - _due_sat(before, lens))


def _due_sat(book: QuarterBook, lens: Lens) -> int:
    law = lens.on(book.last_on)
    return due_sale_sat(received_sat=book.total_received_sat, mined_sat=book.mined_sat, law=law)


def _deadline_on(book: QuarterBook, law: Snapshot) -> date:
    """Give the last day to sell: that of the quarter or of its year; the book knows no other rule."""
    rule, period = law.text(keys.SALE_DEADLINE), law.text(keys.SALE_PERIOD)
    if rule != "last_day_of_period":
        raise ValueError(f"unknown deadline of the sale {rule!r}")
    year_end_on = date(book.quarter.year, 12, 31)
    return year_end_on if period == "calendar_year" else book.quarter.until_on - timedelta(days=1)


def _whole_year_needed(book: QuarterBook) -> Finding:
    return Finding(
        duty="sale.share",
        period=str(book.quarter),
        status=Status.UNDETERMINED,
        reason="duties.sale.whole_year_needed",
        evidence=(f"books of all four quarters of {book.quarter.year}",),
    )


def sale_share(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether the due share of the period's coins was sold on licensed exchanges by the period's last day.

    Where the period is the calendar year, a quarter before its last is behind pace at worst, and a short last quarter
    leaves the year undetermined, since earlier sales may make up for it. In an open period the share is judged
    against the coins received so far: behind pace is a risk.

    Law: sale.share_ppm, sale.period, sale.deadline, sale.denominator, sale.carry_over.
    """
    law = lens.on(book.last_on)
    rule = law.require(keys.SALE_SHARE_PPM)
    due_sat = _due_sat(book, lens)
    counted_sat = _licensed_sat(facts, book) + _carried_sat(facts, book, lens)
    short_sat = max(0, due_sat - counted_sat)
    by_year = law.text(keys.SALE_PERIOD) == "calendar_year"
    over = facts.is_closed(book) and not (by_year and book.quarter.number < 4)
    if short_sat and over and by_year:
        return _whole_year_needed(book)
    return Finding(
        duty="sale.share",
        period=str(book.quarter),
        status=(Status.BREACHED if over else Status.AT_RISK) if short_sat else Status.MET,
        reason=("duties.sale.short" if over else "duties.sale.behind_pace") if short_sat else "duties.sale.sold",
        measured=counted_sat,
        limit=due_sat,
        unit=Unit.SAT,
        source=rule.source.key,
        at=rule.at,
        deadline_on=_deadline_on(book, law),
        at_stake_tiyn=book.coin_value_tiyn * short_sat // max(1, book.total_received_sat),
    )


def sale_venue(facts: OperatorFacts, book: QuarterBook, lens: Lens) -> Finding:
    """Judge whether coins were sold only on exchanges licensed in the Astana International Financial Centre.

    Law: sale.venue_licensed_only.
    """
    return listed_only(
        duty="sale.venue",
        rule=lens.on(book.last_on).require(keys.SALE_VENUE_LICENSED_ONLY),
        book=book,
        dealt_sat=book.sold_sat,
        listed=facts.licensed_exchange_ids,
        reasons=("duties.sale.venue_licensed", "duties.sale.venue_not_licensed"),
    )
