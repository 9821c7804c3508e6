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
from kezek.units.calendar import Quarter
from kezek.units.rounding import PPM

BY_YEAR = "calendar_year"


@rule(
    source="digital_assets_law",
    at="Art. 8(4)",
    from_on=date(2023, 4, 1),
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
    return case.given(total, "received_sat", str(book.quarter))


def _licensed_sat(case: Case, book: QuarterBook) -> int:
    licensed = case.known(case.facts.licensed_exchange_ids, "licensed_exchanges")
    total = sum(sat for venue, sat in case.known(book.sold_sat, "sold") if venue in licensed)
    return case.given(total, "sold_on_licensed_exchanges_sat", str(book.quarter))


def _due_sat(case: Case, book: QuarterBook, law: Snapshot) -> int:
    """Compute the coins to sell of one quarter by the law of its own last day. [sat]"""
    of_mined = law.text(keys.SALE_DENOMINATOR) == "coins_mined"
    counted = case.fact(book.mined_sat, "mined_sat", str(book.quarter)) if of_mined else _received_sat(case, book)
    return required_sale_sat(received_sat=counted, share_ppm=case.amount(keys.SALE_SHARE_PPM, law))


def _carried_sat(case: Case) -> int:
    """Sales over the due share in the period before, by the law of its own days, where they may count on. [sat]

    Raises:
        FactMissing: the share was due then, and the books of that period are not all there.
    """
    if not case.law.flag(keys.SALE_CARRY_OVER):
        return 0
    by_year = case.law.text(keys.SALE_PERIOD) == BY_YEAR
    quarter = case.book.quarter
    wanted = [Quarter(quarter.year - 1, number) for number in (1, 2, 3, 4)] if by_year else [quarter.previous]
    dated = [(one, case.lens.on(one.until_on - timedelta(days=1))) for one in wanted]
    if not all(isinstance(law.find(keys.SALE_SHARE_PPM), Value | Unknown) for _, law in dated):
        return 0
    books = {book.quarter: book for book in case.facts.books}
    before = [(case.known(books.get(one), "books_before"), law) for one, law in dated]
    due_sat = sum((_due_sat(case, book, law) for book, law in before), start=0)
    return most(sum((_licensed_sat(case, book) for book, _ in before), start=0) - due_sat, 0)


def _deadline_on(case: Case) -> date:
    """Give the last day to sell: that of the quarter or of its year; the book knows no other rule."""
    rule, quarter = case.law.text(keys.SALE_DEADLINE), case.book.quarter
    if rule != "last_day_of_period":
        raise ValueError(f"unknown deadline of the sale {rule!r}")
    by_year = case.law.text(keys.SALE_PERIOD) == BY_YEAR
    written_on = date(quarter.year, 12, 31) if by_year else quarter.until_on - timedelta(days=1)
    return shifted(written_on, case)


def _books_so_far(case: Case) -> tuple[QuarterBook, ...]:
    """Pick the books of the year up to the quarter, as far as they are there."""
    quarter = case.book.quarter
    return tuple(one for one in case.facts.books if one.quarter.year == quarter.year and one.quarter <= quarter)


def _part_of_a_year(case: Case) -> Finding:
    """Leave a year that is over to its last quarter; without all four in the books it cannot be judged."""
    year = case.book.quarter.year
    if sum(book.quarter.year == year for book in case.facts.books) == 4:
        return case.no_duty("duties.sale.judged_with_the_year")
    evidence = (f"books of all four quarters of {case.book.quarter.year}",)
    return case.finding(Status.UNDETERMINED, "duties.sale.whole_year_needed", evidence=evidence)


@duty("sale.share", *_READS)
def sale_share(case: Case) -> Finding:
    """Judge whether the due share of the period's coins was sold on licensed exchanges by the period's last day.

    Where the period is the calendar year, sales and coins are added up over the year; a quarter before its last is
    behind pace at worst, and a year that is over is judged with its last quarter, by the books of all four. Until the
    deadline the share is judged against the coins received so far: behind pace is a risk.
    """
    law = case.law
    rule = law.require(keys.SALE_SHARE_PPM)
    by_year = law.text(keys.SALE_PERIOD) == BY_YEAR
    books = _books_so_far(case) if by_year else (case.book,)
    due_sat, counted_sat = _due_sat(case, books[0], law), _licensed_sat(case, books[0])
    for book in books[1:]:
        due_sat, counted_sat = due_sat + _due_sat(case, book, law), counted_sat + _licensed_sat(case, book)
    over = case.facts.as_of_on > _deadline_on(case)
    if over and by_year and len(books) < 4 and law.amount(keys.SALE_SHARE_PPM):
        return _part_of_a_year(case)
    if due_sat > counted_sat:
        counted_sat = counted_sat + _carried_sat(case)
    short = due_sat > counted_sat
    status = (Status.BREACHED if over else Status.AT_RISK) if short else Status.MET
    reason = ("duties.sale.short" if over else "duties.sale.behind_pace") if short else "duties.sale.sold"
    if case.brief:
        return case.finding(status, reason, rule=rule)
    return case.finding(
        status,
        reason,
        rule=rule,
        measured=counted_sat,
        limit=due_sat,
        unit=Unit.SAT,
        deadline_on=_deadline_on(case),
        at_stake_tiyn=_at_stake_tiyn(case, books, due_sat - counted_sat) if short else 0,
    )


def _at_stake_tiyn(case: Case, books: tuple[QuarterBook, ...], short_sat: int) -> int:
    """Value what is unsold as the coins of the same books were valued; 0 where nobody said how or which. [tiyn]"""
    if any(book.coin_value_tiyn is None or book.received_sat is None for book in books):
        return 0
    values = (case.fact(book.coin_value_tiyn, "coin_value_tiyn", str(book.quarter)) for book in books)
    value_tiyn = sum(values, start=0)
    received_sat = sum((_received_sat(case, book) for book in books), start=0)
    return unsold_value_tiyn(coin_value_tiyn=value_tiyn, short_sat=short_sat, received_sat=received_sat)


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
