"""Mandatory sale: the share of coins that must be sold, by when, and where."""

from datetime import date, timedelta

from kezek.duties.case import Case, duty
from kezek.duties.counterparty import listed_only
from kezek.duties.deadline import shifted
from kezek.duties.facts import QuarterBook
from kezek.duties.finding import Finding, Status, Unit
from kezek.law import keys
from kezek.law.absence import Unknown
from kezek.law.origin import Rounding
from kezek.law.reckon import N, ceil_div, half_up, most
from kezek.law.rule import UNSTATED, rule
from kezek.law.snapshot import Snapshot
from kezek.law.value import Unit as LawUnit
from kezek.law.value import Value
from kezek.units.rounding import PPM

BY_YEAR = "calendar_year"


@rule(
    source="digital_assets_law",
    at="Art. 8(4)",
    from_on=date(2024, 1, 1),
    unit=LawUnit.SAT,
    rounding=Rounding.UP,
    rounding_at="a share of not less than: a part of a satoshi counts as a whole one",
)
def required_sale_sat(*, received_sat: N, share_ppm: N) -> N:
    """Least number of coins to sell. [sat]

    >>> required_sale_sat(received_sat=1_001, share_ppm=750_000)
    751
    """
    return ceil_div(received_sat * share_ppm, PPM)


@rule(
    source="kezek_design",
    at="money at stake",
    from_on=date(2023, 4, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=UNSTATED,
)
def unsold_value_tiyn(*, coin_value_tiyn: N, short_sat: N, received_sat: N) -> N:
    """Value on receipt of the coins that should have been sold. [tiyn]"""
    return half_up(coin_value_tiyn * short_sat, most(received_sat, 1))


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


_READS = (
    keys.SALE_SHARE_PPM,
    keys.SALE_PERIOD,
    keys.SALE_DEADLINE,
    keys.SALE_DENOMINATOR,
    keys.SALE_CARRY_OVER,
    keys.DEADLINE_NON_BUSINESS_DAY,
)


def _received_sat(case: Case, book: QuarterBook) -> int:
    total = sum(sat for _, sat in case.known(book.received_sat, "received"))
    return case.given(total, "received_sat")


def _licensed_sat(case: Case, book: QuarterBook) -> int:
    licensed = case.known(case.facts.licensed_exchange_ids, "licensed_exchanges")
    total = sum(sat for venue, sat in case.known(book.sold_sat, "sold") if venue in licensed)
    return case.given(total, "sold_on_licensed_exchanges_sat")


def _due_sat(case: Case, book: QuarterBook, law: Snapshot) -> int:
    """Compute the coins to sell of one quarter by the law of its own last day. [sat]"""
    of_mined = law.text(keys.SALE_DENOMINATOR) == "coins_mined"
    counted = case.fact(book.mined_sat, "mined_sat") if of_mined else _received_sat(case, book)
    return required_sale_sat(received_sat=counted, share_ppm=case.amount(keys.SALE_SHARE_PPM, law))


def _carried_sat(case: Case) -> int:
    """Sales over the due share in the period before, by the law of its own days, where they may count on. [sat]"""
    before = _books_of_period_before(case)
    if not before or not case.law.flag(keys.SALE_CARRY_OVER):
        return 0
    dated = [(book, case.lens.on(book.last_on)) for book in before]
    if not all(isinstance(law.find(keys.SALE_SHARE_PPM), Value | Unknown) for _, law in dated):
        return 0
    due_sat = sum((_due_sat(case, book, law) for book, law in dated), start=0)
    return most(sum((_licensed_sat(case, book) for book in before), start=0) - due_sat, 0)


def _books_of_period_before(case: Case) -> tuple[QuarterBook, ...]:
    """Pick the books of the quarter before, or all four of the year before; empty where they are not all there."""
    quarter = case.book.quarter
    if case.law.text(keys.SALE_PERIOD) != BY_YEAR:
        return tuple(book for book in case.facts.books if book.quarter == quarter.previous)
    before = tuple(book for book in case.facts.books if book.quarter.year == quarter.year - 1)
    return before if len(before) == 4 else ()


def _deadline_on(case: Case) -> date:
    """Give the last day to sell: that of the quarter or of its year; the book knows no other rule."""
    rule, quarter = case.law.text(keys.SALE_DEADLINE), case.book.quarter
    if rule != "last_day_of_period":
        raise ValueError(f"unknown deadline of the sale {rule!r}")
    by_year = case.law.text(keys.SALE_PERIOD) == BY_YEAR
    written_on = date(quarter.year, 12, 31) if by_year else quarter.until_on - timedelta(days=1)
    return shifted(written_on, case)


def _books_of_year(case: Case) -> tuple[QuarterBook, ...]:
    return tuple(book for book in case.facts.books if book.quarter.year == case.book.quarter.year)


def _judged_books(case: Case) -> tuple[QuarterBook, ...]:
    """Pick the books over which the share is measured: the quarter, or its year as far as it is in the books."""
    if case.law.text(keys.SALE_PERIOD) != BY_YEAR:
        return (case.book,)
    return tuple(book for book in _books_of_year(case) if book.quarter <= case.book.quarter)


def _whole_year_needed(case: Case) -> Finding:
    evidence = (f"books of all four quarters of {case.book.quarter.year}",)
    return case.finding(Status.UNDETERMINED, "duties.sale.whole_year_needed", evidence=evidence)


@duty("sale.share", *_READS)
def sale_share(case: Case) -> Finding:
    """Judge whether the due share of the period's coins was sold on licensed exchanges by the period's last day.

    Where the period is the calendar year, sales and coins are added up over the year; a quarter before its last is
    behind pace at worst, and a short last quarter needs the books of all four. In an open period the share is judged
    against the coins received so far: behind pace is a risk.
    """
    law = case.law
    rule = law.require(keys.SALE_SHARE_PPM)
    books = _judged_books(case)
    due_sat = sum((_due_sat(case, book, law) for book in books), start=0)
    counted_sat = sum((_licensed_sat(case, book) for book in books), start=0) + _carried_sat(case)
    by_year = law.text(keys.SALE_PERIOD) == BY_YEAR
    over = case.closed and not (by_year and case.book.quarter.number < 4)
    short = due_sat > counted_sat
    if short and over and by_year and len(books) < 4:
        return _whole_year_needed(case)
    return case.finding(
        (Status.BREACHED if over else Status.AT_RISK) if short else Status.MET,
        ("duties.sale.short" if over else "duties.sale.behind_pace") if short else "duties.sale.sold",
        rule=rule,
        measured=counted_sat,
        limit=due_sat,
        unit=Unit.SAT,
        deadline_on=_deadline_on(case),
        at_stake_tiyn=_at_stake_tiyn(case, due_sat - counted_sat) if short else 0,
    )


def _at_stake_tiyn(case: Case, short_sat: int) -> int:
    """Value what is unsold as the quarter's coins were valued; 0 where nobody valued them. [tiyn]"""
    if case.book.coin_value_tiyn is None:
        return 0
    return unsold_value_tiyn(
        coin_value_tiyn=case.fact(case.book.coin_value_tiyn, "coin_value_tiyn"),
        short_sat=short_sat,
        received_sat=_received_sat(case, case.book),
    )


@duty("sale.venue", keys.SALE_VENUE_LICENSED_ONLY)
def sale_venue(case: Case) -> Finding:
    """Judge whether coins were sold only on exchanges licensed in the Astana International Financial Centre."""
    rule = case.in_force(keys.SALE_VENUE_LICENSED_ONLY)
    return listed_only(
        case=case,
        rule=rule,
        dealt_sat=case.known(case.book.sold_sat, "sold"),
        listed=case.known(case.facts.licensed_exchange_ids, "licensed_exchanges"),
        reasons=("duties.sale.venue_licensed", "duties.sale.venue_not_licensed"),
    )


@duty("sale.circulation", keys.SALE_CIRCULATION_BARRED)
def circulation_barred(case: Case) -> Finding:
    """Judge sales under the earlier law, which barred unsecured digital assets from circulation outside the AIFC."""
    rule = case.in_force(keys.SALE_CIRCULATION_BARRED)
    return listed_only(
        case=case,
        rule=rule,
        dealt_sat=case.known(case.book.sold_sat, "sold"),
        listed=case.known(case.facts.licensed_exchange_ids, "licensed_exchanges"),
        reasons=("duties.sale.not_circulated", "duties.sale.circulated"),
    )


DUTIES = (sale_share, sale_venue, circulation_barred)
"""Duties of this room, in the order in which they are shown."""
