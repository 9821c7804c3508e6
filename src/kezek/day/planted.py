"""Breaches planted into the simulated facts: coins, sales, serials, meters, dates. Never a label that a check reads.

Each kind goes to an operator of its own; the list of who got which stays with the simulation, so that a test can
compare it with what the check finds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kezek.duties.facts import LockedMachine, OperatorFacts, Purchased, QuarterBook, Sighting
from kezek.duties.fee import due_on
from kezek.duties.lens import Lens
from kezek.law.problem import NoRuleInForce
from kezek.registry.licence import Period
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter
from kezek.units.chance import Stream
from kezek.units.rounding import PPM, share_of

FOREIGN_POOL = "pool-abroad"
FOREIGN_EXCHANGE = "exchange-abroad"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which duty an operator breaks, in which quarter."""

    operator_id: str
    duty: str
    quarter: str


Plant = Callable[[OperatorFacts, Quarter, Lens], OperatorFacts]


def _change_book(
    facts: OperatorFacts, quarter: Quarter, change: Callable[[QuarterBook], QuarterBook]
) -> OperatorFacts:
    books = tuple(change(book) if book.quarter == quarter else book for book in facts.books)
    return replace(facts, books=books)


def _book(facts: OperatorFacts, quarter: Quarter) -> QuarterBook:
    return next(book for book in facts.books if book.quarter == quarter)


def _in_quarter(quarter: Quarter, day: int) -> date:
    return quarter.from_on + timedelta(days=day)


def licence_ran_out(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Let the licence end inside the quarter while the machines run on."""
    term = Period(facts.licence.term.from_on, _in_quarter(quarter, 70))
    return replace(facts, licence=replace(facts.licence, term=term))


def mined_while_suspended(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Suspend the licence for a month of the quarter while the machines run on."""
    suspension = Period(_in_quarter(quarter, 20), _in_quarter(quarter, 51))
    return replace(facts, licence=replace(facts.licence, suspensions=(suspension,)))


def machines_off_the_register(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Let an inspection see machines whose serial numbers nobody registered."""
    seen = tuple(Sighting(f"XXX0000-{number:08X}", _in_quarter(quarter, 40)) for number in range(1, 18))
    return replace(facts, unregistered=facts.unregistered + seen)


def foreign_pool(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Move a fifth of the payouts to a pool that is on no list."""

    def change(book: QuarterBook) -> QuarterBook:
        moved = book.total_received_sat // 5
        (pool, sat), *others = book.received_sat
        return replace(book, received_sat=((pool, sat - moved), (FOREIGN_POOL, moved), *others))

    return _change_book(facts, quarter, change)


def power_from_elsewhere(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Book 6 % less bought energy than the meters counted."""

    def change(book: QuarterBook) -> QuarterBook:
        bought_kwh = share_of(book.metered_wh // 1_000, 940_000)
        if facts.route in (Route.GRID_SURPLUS, Route.HOSTED):
            return replace(book, platform=replace(book.platform, energy_kwh=bought_kwh))
        return replace(book, other_source_kwh=bought_kwh)

    return _change_book(facts, quarter, change)


def purchase_over_size(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Book one purchase that is larger than the law allows."""

    def change(book: QuarterBook) -> QuarterBook:
        on = _in_quarter(quarter, 33)
        limit_kwh = lens.on(on).limit("energy.purchase_max_kwh") or 1_000
        return replace(book, platform=Purchased(book.platform.energy_kwh, limit_kwh * 14 // 10, on))

    return _change_book(facts, quarter, change)


def sold_too_little(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Sell 12 % of the coins less than was due."""

    def change(book: QuarterBook) -> QuarterBook:
        due_ppm = lens.on(book.last_on).amount("sale.share_ppm")
        sold_sat = share_of(book.total_received_sat, due_ppm - 120_000)
        return replace(book, sold_sat=((book.sold_sat[0][0], sold_sat),))

    return _change_book(facts, quarter, change)


def sold_abroad(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Sell the due share where it must be sold, and some more where it must not."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, sold_sat=(*book.sold_sat, (FOREIGN_EXCHANGE, book.total_received_sat // 20)))

    return _change_book(facts, quarter, change)


def _deadline(lens: Lens, key: str, quarter: Quarter) -> date:
    return due_on(rule=lens.on(quarter.until_on - timedelta(days=1)).text(key), quarter=quarter)


def returned_late(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """File the fee return six days late."""
    late_on = _deadline(lens, "fee.return_due", quarter) + timedelta(days=6)
    return _change_book(facts, quarter, lambda book: replace(book, fee=replace(book.fee, return_on=late_on)))


def paid_late(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Pay the fee nine days late."""
    late_on = _deadline(lens, "fee.payment_due", quarter) + timedelta(days=9)
    return _change_book(facts, quarter, lambda book: replace(book, fee=replace(book.fee, paid_on=late_on)))


def paid_too_little(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Pay the fee for 85 % of the metered energy."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, fee=replace(book.fee, paid_tiyn=share_of(book.fee.paid_tiyn, 850_000)))

    return _change_book(facts, quarter, change)


def taxed_too_little(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Declare 70 % of the income tax."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, tax_declared_tiyn=share_of(book.tax_declared_tiyn, 700_000))

    return _change_book(facts, quarter, change)


def lock_broken(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Let machines that were imported free of VAT leave after three years."""
    left_on = _in_quarter(quarter, 15)
    gone = tuple(
        LockedMachine(f"LCK0000-{number:08X}", left_on.replace(year=left_on.year - 3, day=1), left_on)
        for number in range(1, 9)
    )
    return replace(facts, locked_machines_gone=gone)


def coins_hidden(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Report nine tenths of the coins that the pools paid out."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, disclosed_sat=share_of(book.total_received_sat, 900_000))

    return _change_book(facts, quarter, change)


def meter_bypassed(facts: OperatorFacts, quarter: Quarter, lens: Lens) -> OperatorFacts:
    """Let the meter see 70 % of the least energy that the coins took; fee, tax and purchases follow the meter."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, metered_wh=share_of(book.least_energy_wh, 700_000))

    return _change_book(facts, quarter, change)


_FEE_DUTIES = ("fee.return", "fee.payment", "fee.amount")
KINDS: tuple[tuple[str, str, Plant], ...] = (
    ("licence.held", "licence.required", licence_ran_out),
    ("licence.held", "licence.required", mined_while_suspended),
    ("equipment.registered", "equipment.registration_required", machines_off_the_register),
    ("pool.accredited", "pool.accreditation_required", foreign_pool),
    ("energy.source", "energy.surplus_only", power_from_elsewhere),
    ("energy.purchase_size", "energy.purchase_max_kwh", purchase_over_size),
    ("sale.share", "sale.share_ppm", sold_too_little),
    ("sale.venue", "sale.venue_licensed_only", sold_abroad),
    ("fee.return", "fee.return_due", returned_late),
    ("fee.payment", "fee.payment_due", paid_late),
    ("fee.amount", "fee.rate.general", paid_too_little),
    ("tax.income", "tax.income_rate_ppm", taxed_too_little),
    ("vat.import_lock", "vat.import_lock_years", lock_broken),
    ("records.coins", "records.coins_disclosed", coins_hidden),
    ("records.energy", "fee.volume", meter_bypassed),
)
"""Duty that is broken, key of the law that must be in force for it, and how the facts are changed."""


def _quarter_for(duty: str, closed: Sequence[QuarterBook], as_of_on: date, lens: Lens) -> Quarter | None:
    """Choose the latest closed quarter; for the fee the latest whose deadline, and a late act, has passed."""
    for book in reversed(closed):
        if duty not in _FEE_DUTIES:
            return book.quarter
        if _deadline(lens, "fee.payment_due", book.quarter) + timedelta(days=10) <= as_of_on:
            return book.quarter
    return None


def _fits(duty: str, facts: OperatorFacts, quarter: Quarter) -> bool:
    """Tell whether an operator's facts can carry a breach: no fee or tax, no purchase, nothing to break."""
    book = _book(facts, quarter)
    needs = {
        "fee.amount": book.fee.paid_tiyn > 0,
        "tax.income": book.tax_declared_tiyn > 0,
        "energy.purchase_size": facts.route is Route.GRID_SURPLUS,
        "records.energy": book.total_received_sat > 0,
    }
    return needs.get(duty, True)


def _applies(duty: str, key: str, quarter: Quarter, lens: Lens) -> bool:
    law = lens.on(quarter.until_on - timedelta(days=1))
    try:
        if duty == "energy.purchase_size":
            return lens.on(_in_quarter(quarter, 33)).limit(key) is not None
        if duty == "sale.share":
            return law.amount(key) > 120_000
        if duty == "fee.amount":
            law.amount(key)
        law.require(key)
    except (NoRuleInForce, TypeError):
        return False
    return True


def plant_breaches(
    *, facts: Sequence[OperatorFacts], lens: Lens, stream: Stream
) -> tuple[tuple[OperatorFacts, ...], tuple[Plan, ...]]:
    """Plant each kind of breach that the law of the quarter knows, each into another operator's facts.

    Returns:
        The facts with the breaches in them, and the plan, which no check may see.
    """
    by_id = {one.operator_id: one for one in facts}
    free = stream.shuffled(sorted(by_id))
    plans = []
    for duty, key, plant in KINDS:
        closed = [book for book in facts[0].books if facts[0].is_closed(book)]
        quarter = _quarter_for(duty, closed, facts[0].as_of_on, lens)
        if quarter is None or not _applies(duty, key, quarter, lens):
            continue
        chosen = next((who for who in free if _fits(duty, by_id[who], quarter)), None)
        if chosen is None:
            continue
        free.remove(chosen)
        by_id[chosen] = plant(by_id[chosen], quarter, lens)
        plans.append(Plan(chosen, duty, str(quarter)))
    return tuple(by_id[one.operator_id] for one in facts), tuple(plans)


def behind_pace(facts: OperatorFacts) -> OperatorFacts:
    """Let an operator be slow with its sales in the open quarter: no breach, a risk."""
    book = facts.books[-1]
    if facts.is_closed(book):
        return facts
    slow = tuple((venue, sat * 300_000 // PPM) for venue, sat in book.sold_sat)
    return replace(facts, books=(*facts.books[:-1], replace(book, sold_sat=slow)))
