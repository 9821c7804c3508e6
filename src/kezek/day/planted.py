"""Breaches planted into the simulated facts: coins, sales, serials, meters, dates. Never a label that a check reads.

Each kind goes to an operator of its own, one on whom the changed facts give just that breach and no other: the check
itself is asked. Where no operator is such, the kind is left out. The list of who got which stays with the simulation,
so that a test can compare it with what the check finds.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from kezek.day.given import given, licence_of, received_sat
from kezek.duties.check import breaches
from kezek.duties.facts import Departure, Import, OperatorFacts, Purchased, QuarterBook, Sighting
from kezek.duties.fee import due_on
from kezek.duties.lens import Lens
from kezek.duties.sale import due_sale_sat
from kezek.law import keys
from kezek.law.problem import NoRuleInForce
from kezek.registry.licence import Period
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter, years_after
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem
from kezek.units.rounding import PPM, share_of

FOREIGN_POOL = "pool-abroad"
FOREIGN_EXCHANGE = "exchange-abroad"


@dataclass(frozen=True, slots=True)
class Plan:
    """Which duty an operator breaks, in which quarter."""

    operator_id: str
    duty: str
    quarter: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a breach is planted: the quarter, the law, and an operator next door."""

    quarter: Quarter
    lens: Lens
    neighbour: OperatorFacts


Plant = Callable[[OperatorFacts, Scene], OperatorFacts]
LookUp = Callable[[OperatorFacts], OperatorFacts]


def require_free_names(*, pools: Sequence[str], exchanges: Sequence[str]) -> None:
    """Refuse a fleet whose lists hold a name that stands for a pool or an exchange on no list.

    Raises:
        InputProblem: day.settings.reserved_name.
    """
    for key, names, reserved in (("pools", pools, FOREIGN_POOL), ("exchanges", exchanges, FOREIGN_EXCHANGE)):
        if reserved in names:
            what = f"[{key}] lists {reserved!r}, which the simulation uses for one that is on no list."
            raise InputProblem("day.settings.reserved_name", what, key, "Give it another name in the fleet file.")


def _change_book(
    facts: OperatorFacts, quarter: Quarter, change: Callable[[QuarterBook], QuarterBook]
) -> OperatorFacts:
    books = tuple(change(book) if book.quarter == quarter else book for book in facts.books)
    return replace(facts, books=books)


def _in_quarter(quarter: Quarter, day: int) -> date:
    return quarter.from_on + timedelta(days=day)


def licence_ran_out(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Let the licence end inside the quarter while the machines run on; the next one begins with the next quarter."""
    licence, until_on = licence_of(facts), scene.quarter.until_on
    term = Period(licence.term.from_on, _in_quarter(scene.quarter, 70))
    renewed = replace(licence, licence_no=f"{licence.licence_no}-R", term=Period(until_on, years_after(until_on, 3)))
    return replace(facts, licences=(replace(licence, term=term), renewed))


def mined_while_suspended(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Suspend the licence for a month of the quarter while the machines run on."""
    suspension = Period(_in_quarter(scene.quarter, 20), _in_quarter(scene.quarter, 51))
    return replace(facts, licences=(replace(licence_of(facts), suspensions=(suspension,)),))


def machines_off_the_register(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Let an inspection see machines whose serial numbers nobody registered, and some of the operator next door."""
    seen_on = _in_quarter(scene.quarter, 40)
    foreign = [f"XXX0000-{number:08X}" for number in range(1, 15)]
    borrowed = [one.serial for one in given(scene.neighbour.sightings)[:3]]
    seen = [Sighting(serial, seen_on, "", at_licensed_site=True) for serial in (*foreign, *borrowed)]
    return replace(facts, sightings=(*given(facts.sightings), *seen))


def foreign_pool(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Move a fifth of the payouts to a pool that is on no list."""

    def change(book: QuarterBook) -> QuarterBook:
        moved = received_sat(book) // 5
        (pool, sat), *others = given(book.received_sat)
        return replace(book, received_sat=((pool, sat - moved), (FOREIGN_POOL, moved), *others))

    return _change_book(facts, scene.quarter, change)


def power_from_elsewhere(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Book 6 % less energy than the meters counted; for who has a plant or an import, by a contract with a utility.

    On the platform nobody could have such a contract without breaking another duty too.
    """

    def change(book: QuarterBook) -> QuarterBook:
        metered_kwh = given(book.metered_wh) // 1_000
        lawful_kwh = share_of(metered_kwh, 940_000)
        if facts.route in (Route.GRID_SURPLUS, Route.HOSTED):
            return replace(book, platform=replace(given(book.platform), energy_kwh=lawful_kwh))
        return replace(book, other_source_kwh=lawful_kwh, direct_contract_kwh=metered_kwh - lawful_kwh)

    return _change_book(facts, scene.quarter, change)


def purchase_over_size(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Book one purchase that is larger than the law allows."""

    def change(book: QuarterBook) -> QuarterBook:
        on = _in_quarter(scene.quarter, 33)
        limit_kwh = scene.lens.on(on).limit(keys.ENERGY_PURCHASE_MAX_KWH) or 1_000
        return replace(book, platform=Purchased(given(book.platform).energy_kwh, limit_kwh * 14 // 10, on))

    return _change_book(facts, scene.quarter, change)


def sold_too_little(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Sell less than was due by 12 % of the coins."""

    def change(book: QuarterBook) -> QuarterBook:
        law, got_sat, ((venue, _), *_) = scene.lens.on(book.last_on), received_sat(book), given(book.sold_sat)
        due_sat = due_sale_sat(received_sat=got_sat, mined_sat=given(book.mined_sat), law=law)
        return replace(book, sold_sat=((venue, max(0, due_sat - share_of(got_sat, 120_000))),))

    return _change_book(facts, scene.quarter, change)


def sold_abroad(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Sell the due share where it must be sold, and some more where it must not."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, sold_sat=(*given(book.sold_sat), (FOREIGN_EXCHANGE, received_sat(book) // 20)))

    return _change_book(facts, scene.quarter, change)


def _late_on(facts: OperatorFacts, scene: Scene, key: keys.Word, days: int) -> date | None:
    """Give a day so long after a deadline, or None where it has not come yet."""
    quarter = scene.quarter
    rule = scene.lens.on(quarter.until_on - timedelta(days=1)).text(key)
    late_on = due_on(rule=rule, quarter=quarter) + timedelta(days=days)
    return late_on if late_on <= facts.as_of_on else None


def returned_late(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """File the fee return six days late, or not yet where those days have not passed."""
    late_on = _late_on(facts, scene, keys.FEE_RETURN_DUE, 6)

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, fee=replace(given(book.fee), return_on=late_on))

    return _change_book(facts, scene.quarter, change)


def paid_late(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Pay the fee nine days late, or not yet where those days have not passed."""
    late_on = _late_on(facts, scene, keys.FEE_PAYMENT_DUE, 9)

    def change(book: QuarterBook) -> QuarterBook:
        fee = given(book.fee)
        return replace(book, fee=replace(fee, paid_on=late_on, paid_tiyn=fee.paid_tiyn if late_on else 0))

    return _change_book(facts, scene.quarter, change)


def paid_too_little(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Pay the fee for 85 % of the metered energy."""

    def change(book: QuarterBook) -> QuarterBook:
        fee = given(book.fee)
        return replace(book, fee=replace(fee, paid_tiyn=share_of(fee.paid_tiyn, 850_000)))

    return _change_book(facts, scene.quarter, change)


def taxed_too_little(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Declare 70 % of the income tax."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, tax_declared_tiyn=share_of(given(book.tax_declared_tiyn), 700_000))

    return _change_book(facts, scene.quarter, change)


def lock_broken(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Sell machines that were imported free of VAT after three years."""
    left_on = _in_quarter(scene.quarter, 15)
    gone = [
        Import(
            serial=f"LCK0000-{number:08X}",
            imported_on=left_on.replace(year=left_on.year - 3, day=1),
            left_on=left_on,
            departure=Departure.SOLD,
            on_kz_balance_sheet=True,
        )
        for number in range(1, 9)
    ]
    return replace(facts, imports=(*given(facts.imports), *gone))


def coins_hidden(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Report nine tenths of the coins that the pools paid out."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, disclosed_sat=share_of(received_sat(book), 900_000))

    return _change_book(facts, scene.quarter, change)


def meter_bypassed(facts: OperatorFacts, scene: Scene) -> OperatorFacts:
    """Let the meter see 70 % of the least energy that the coins took; what was bought, paid and declared stays."""

    def change(book: QuarterBook) -> QuarterBook:
        return replace(book, metered_wh=share_of(given(book.least_energy_wh), 700_000))

    return _change_book(facts, scene.quarter, change)


KINDS: tuple[tuple[str, Plant], ...] = (
    ("licence.held", licence_ran_out),
    ("licence.held", mined_while_suspended),
    ("equipment.registered", machines_off_the_register),
    ("pool.accredited", foreign_pool),
    ("energy.source", power_from_elsewhere),
    ("energy.purchase_size", purchase_over_size),
    ("sale.share", sold_too_little),
    ("sale.venue", sold_abroad),
    ("fee.return", returned_late),
    ("fee.payment", paid_late),
    ("fee.amount", paid_too_little),
    ("tax.income", taxed_too_little),
    ("vat.import_lock", lock_broken),
    ("records.coins", coins_hidden),
    ("records.energy", meter_bypassed),
)
"""Duty that is broken, and how the facts are changed."""


def plant_breaches(
    *, facts: Sequence[OperatorFacts], lens: Lens, stream: Stream, looked_up: LookUp
) -> tuple[tuple[OperatorFacts, ...], tuple[Plan, ...]]:
    """Plant each kind of breach that can be committed, each into another operator's facts.

    Args:
        looked_up: Asks the register whose the machines are that were seen.

    Returns:
        The facts with the breaches in them, and the plan, which no check may see.
    Guarantees: on closed quarters the check finds in the changed facts what is planned, and what it found before.
    """
    by_id = {one.operator_id: one for one in facts}
    free = stream.shuffled(sorted(by_id))
    own = lens.with_readings({})  # the same law with a record of its own
    before = {who: _closed_breaches(one, own) for who, one in by_id.items()}
    plans: list[Plan] = []
    for duty, plant in KINDS:
        for plan, changed in _attempts(duty, plant, [by_id[who] for who in free], own, looked_up):
            if _closed_breaches(changed, own) - before[plan.operator_id] == {(duty, plan.quarter)}:
                by_id[plan.operator_id] = changed
                free.remove(plan.operator_id)
                plans.append(plan)
                break
    return tuple(by_id[one.operator_id] for one in facts), tuple(plans)


def _attempts(
    duty: str, plant: Plant, candidates: Sequence[OperatorFacts], lens: Lens, looked_up: LookUp
) -> Iterator[tuple[Plan, OperatorFacts]]:
    """Change the facts of one candidate after the other, the latest closed quarter first, where the law allows it."""
    closed = [book.quarter for book in candidates[0].books if candidates[0].is_closed(book)] if candidates else []
    for quarter in reversed(closed):
        for place, one in enumerate(candidates):
            scene = Scene(quarter, lens, candidates[place - 1])
            try:
                changed = looked_up(plant(one, scene))
            except NoRuleInForce:
                continue
            yield Plan(one.operator_id, duty, str(quarter)), changed


def _closed_breaches(facts: OperatorFacts, lens: Lens) -> frozenset[tuple[str, str]]:
    closed = tuple(book for book in facts.books if facts.is_closed(book))
    return breaches(facts=replace(facts, books=closed), lens=lens)


def behind_pace(facts: OperatorFacts) -> OperatorFacts:
    """Let an operator be slow with its sales in the open quarter: no breach, a risk."""
    book = facts.books[-1]
    if facts.is_closed(book):
        return facts
    slow = tuple((venue, sat * 300_000 // PPM) for venue, sat in given(book.sold_sat))
    return replace(facts, books=(*facts.books[:-1], replace(book, sold_sat=slow)))
