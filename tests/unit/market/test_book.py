from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest

from kezek.ledger.charges import Charges
from kezek.ledger.charges import worst_case_tiyn as cost_of_purchases
from kezek.market.bidder import Bidder, Site, Standing
from kezek.market.book import OrderBook, worst_case_tiyn
from kezek.market.order import (
    MOST_KWH,
    MOST_STEPS,
    MOST_TIYN_PER_KWH,
    Cancellation,
    Order,
    OrderRefusal,
    Step,
)
from kezek.market.product import Offer, Product, Session
from kezek.market.rules import MarketRules
from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone

OPENS = datetime(2025, 10, 14, 4, 30, tzinfo=UTC)
CLOSES = datetime(2025, 10, 14, 5, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SESSION = Session(OPENS - timedelta(minutes=90), OPENS - timedelta(minutes=15), OPENS, CLOSES)
RULES = MarketRules(
    price_rule="pay_as_bid",
    tie_rule="pro_rata_per_operator",
    curtailment_price="kept",
    price_tick_tiyn_per_kwh=10,
    smallest_order_kwh=5,
    purchase_max_kwh=1_000,
    vat_ppm=120_000,
)
CHARGES = Charges(0, 0, 120_000)
OFFERED = Product("2025-10-15/north_south/07", Zone.NORTH_SOUTH, 7, 50_000, 1_800)
LATER = replace(OFFERED, product_id="2025-10-15/north_south/08", hour_index=8)
EMPTY = replace(OFFERED, product_id="2025-10-15/north_south/09", hour_index=9, offered_kwh=0)
PROGRAMME = replace(OFFERED, product_id=f"{OFFERED.product_id}/programme", offer=Offer.PROGRAMME)
WEST = replace(OFFERED, product_id="2025-10-15/west/07", zone=Zone.WEST)
# 2 MW of site: 2,000 kWh an hour. 1,000 kWh at 18.50 with 12 % VAT is 20,720.00 tenge; twice that is the balance.
COST, BALANCE = 2_072_000, 4_144_000
ACTIVE = Standing(LicenceState.ACTIVE, LicenceState.ACTIVE)
SUSPENDED = Standing(LicenceState.SUSPENDED, LicenceState.SUSPENDED)
ENDS = Standing(LicenceState.ACTIVE, LicenceState.EXPIRED)
BEGINS = Standing(LicenceState.NOT_YET, LicenceState.ACTIVE)
TENANTS = {"OP-T": ACTIVE, "OP-E": ENDS}
SITE = Site(Zone.NORTH_SOUTH, 2_000_000)
SITES = {"S-1": SITE, "S-2": replace(SITE, power_w=500_000), "S-W": replace(SITE, zone=Zone.WEST)}
BIDDER = Bidder("OP-001", ACTIVE, True, SITES, TENANTS, purchase_max_kwh=1_000)
OTHER = replace(BIDDER, operator_id="OP-002", tenants={})
ORDER = Order("A-1", 1, "OP-001", "S-1", "OP-001", OFFERED.product_id, (Step(1_850, 1_000),), OPENS)
FULL = replace(ORDER, order_id="FULL", steps=(Step(1_850, 2_000),))  # all the power and all the money at once
SENT = replace(ORDER, steps=(Step(1_860, 1_000),))
CANCEL = Cancellation("A-1", 2, "OP-001", OPENS)


def at(order, price=None, quantity=None):
    """The order with another price or quantity in its one step."""
    (step,) = order.steps
    price = step.price_tiyn_per_kwh if price is None else price
    quantity = step.quantity_kwh if quantity is None else quantity
    return replace(order, steps=(Step(price, quantity),))


def stepped(*steps):
    return replace(ORDER, steps=tuple(Step(price, quantity) for price, quantity in steps))


def powered(power_w):
    return replace(BIDDER, sites={"S-1": replace(SITE, power_w=power_w)})


def book_of(*bidders, balance=BALANCE, charges=CHARGES, rules=RULES):
    def cost_of(sizes_kwh, price_tiyn_per_kwh):
        return cost_of_purchases(sizes_kwh=sizes_kwh, limit_tiyn_per_kwh=price_tiyn_per_kwh, charges=charges)

    book = OrderBook(rules=rules, session=SESSION, cost_of=cost_of)
    for product in (OFFERED, LATER, EMPTY, PROGRAMME, WEST):
        book.offer(product)
    for bidder in bidders or (BIDDER, OTHER):
        book.admit(bidder)
        book.prepay(operator_id=bidder.operator_id, amount_tiyn=balance)
    return book


def said(decision):
    return decision.refusal, decision.found, decision.limit


def in_book(book, product=OFFERED):
    return [decision.order for decision in book.live(product.product_id)]


# --- One fault, and two -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """What is sent to a healthy book first, what then becomes of the bidder, and the order that is judged."""

    order: Order = SENT
    bidder: Bidder = BIDDER
    before: tuple[Order | Cancellation, ...] = ()
    suspended: tuple[str, ...] = ()

    def order_with(self, **changes):
        return replace(self, order=replace(self.order, **changes))

    def bidder_with(self, **changes):
        return replace(self, bidder=replace(self.bidder, **changes))

    def and_step(self, price, quantity):
        return self.order_with(steps=(*self.order.steps, Step(price, quantity)))

    @property
    def begun(self):
        return self if self.before else replace(self, before=(ORDER,)).order_with(version=2)

    def book(self):
        book = book_of()
        for sent in self.before:
            assert (book.decide(sent) if isinstance(sent, Order) else book.cancel(sent)).refusal is None
        book.admit(self.bidder)
        book.admit(replace(self.bidder, operator_id="OP-002"))
        for operator_id in self.suspended:
            book.suspend(operator_id)
        return book


def not_yours(scene):
    sender = scene.order.operator_id
    return scene.begun.order_with(operator_id="OP-002" if sender == "OP-001" else sender)


def cancelled(scene):
    scene = scene.begun
    return replace(scene, before=(*scene.before, CANCEL)).order_with(version=3)


def terms_changed(scene):
    here = scene.order.product_id == ORDER.product_id
    return scene.begun.order_with(product_id=LATER.product_id if here else scene.order.product_id)


def suspended(scene):
    owner = "OP-T" if scene.order.owner_id == "OP-001" else scene.order.owner_id
    return replace(scene, suspended=(owner,)).order_with(owner_id=owner)


MANY = tuple(Step(2_000 + 10 * n, 5) for n in range(MOST_STEPS))
R = OrderRefusal
FAULTS: dict[OrderRefusal, tuple[Callable[[Scene], Scene], int, int]] = {
    R.NOT_WHOLE: (lambda scene: scene.order_with(version=float(scene.order.version)), 0, 0),
    R.ID_TAKEN: (lambda scene: scene.begun.order_with(version=1), 1, 2),
    R.VERSION_NOT_NEXT: (lambda scene: scene.order_with(version=9), 9, 1),
    R.NOT_YOURS: (not_yours, 2, 2),
    R.ALREADY_CANCELLED: (cancelled, 3, 3),
    R.TERMS_CHANGED: (terms_changed, 2, 2),
    R.UNKNOWN_OPERATOR: (lambda scene: scene.order_with(operator_id="OP-999"), 0, 0),
    R.NO_QUOTA: (lambda scene: scene.bidder_with(has_quota=False), 0, 0),
    R.LICENCE_NOT_ACTIVE: (lambda scene: scene.bidder_with(standing=SUSPENDED), 0, 0),
    R.OPERATOR_SUSPENDED: (suspended, 0, 0),
    R.OWNER_NOT_HOSTED: (lambda scene: scene.order_with(owner_id="OP-003"), 0, 0),
    R.OWNER_LICENCE_NOT_ACTIVE: (lambda scene: scene.order_with(owner_id="OP-E"), 0, 0),
    R.UNKNOWN_SITE: (lambda scene: scene.order_with(site_id="S-9"), 0, 0),
    R.BEFORE_OPENING: (lambda scene: scene.order_with(received_at=OPENS - INSTANT), 0, 0),
    R.AFTER_CLOSURE: (lambda scene: scene.order_with(received_at=CLOSES), 0, 0),
    R.UNKNOWN_PRODUCT: (lambda scene: scene.order_with(product_id="2025-10-15/north_south/24"), 0, 0),
    R.OTHER_ZONE: (lambda scene: scene.order_with(site_id="S-W"), 0, 0),
    R.NOT_OFFERED: (lambda scene: scene.order_with(product_id=EMPTY.product_id), 0, 0),
    R.NO_STEPS: (lambda scene: scene.order_with(steps=()), 0, 1),
    R.TOO_MANY_STEPS: (lambda scene: scene.order_with(steps=(*scene.order.steps, *MANY)), 257, 256),
    R.STEP_TWICE: (lambda scene: scene.and_step(1_860, 5), 1_860, 1_860),
    R.PRICE_TOO_HIGH: (lambda scene: scene.and_step(100_010, 5), 100_010, MOST_TIYN_PER_KWH),
    R.PRICE_OFF_TICK: (lambda scene: scene.and_step(1_855, 5), 1_855, 10),
    R.PRICE_UNDER_RESERVE: (lambda scene: scene.and_step(1_790, 5), 1_790, 1_800),
    R.QUANTITY_NOT_POSITIVE: (lambda scene: scene.and_step(1_900, 0), 0, 1),
    R.QUANTITY_TOO_SMALL: (lambda scene: scene.and_step(1_910, 4), 4, 5),
    R.QUANTITY_TOO_LARGE: (lambda scene: scene.and_step(1_920, MOST_KWH + 1), MOST_KWH + 1, MOST_KWH),
    R.OVER_SITE_POWER: (lambda scene: scene.and_step(1_930, 1_001), 2_001, 2_000),
    # 1,000 kWh at 18.60 and 50 kWh at 1,000.00 with VAT.
    R.OVER_PREPAID_BALANCE: (lambda scene: scene.and_step(100_000, 50), 2_083_200 + 5_600_000, BALANCE),
}
OF_THE_STEPS = [fault for fault in FAULTS if list(OrderRefusal).index(fault) > list(OrderRefusal).index(R.NO_STEPS)]
NEVER_TOGETHER = {
    (R.ALREADY_CANCELLED, R.UNKNOWN_OPERATOR),  # only whose order it is comes so far, and that one is known
    (R.TERMS_CHANGED, R.UNKNOWN_OPERATOR),
    (R.OWNER_NOT_HOSTED, R.OWNER_LICENCE_NOT_ACTIVE),
    (R.UNKNOWN_SITE, R.OTHER_ZONE),
    (R.UNKNOWN_PRODUCT, R.OTHER_ZONE),
    (R.UNKNOWN_PRODUCT, R.NOT_OFFERED),
    (R.BEFORE_OPENING, R.AFTER_CLOSURE),
    *((R.NO_STEPS, fault) for fault in OF_THE_STEPS),
}
PAIRS = [
    pytest.param(earlier, later, id=f"{earlier.name}-{later.name}")
    for earlier, later in combinations(sorted(FAULTS, key=list(OrderRefusal).index), 2)
    if (earlier, later) not in NEVER_TOGETHER
]


def test_a_right_order_is_taken_and_its_worst_cost_reserved():
    book = book_of()
    decision = book.decide(ORDER)
    assert (said(decision), decision.reserved_tiyn) == ((None, 0, 0), COST)  # 18,500.00 and 12 % on it
    assert book.live(OFFERED.product_id) == (decision,)
    assert book.in_book("A-1") is decision


@pytest.mark.parametrize("refusal", FAULTS, ids=str)
def test_an_order_with_one_fault_gets_it_with_found_and_limit_and_nothing_is_reserved(refusal):
    add, found, limit = FAULTS[refusal]
    scene = add(Scene())
    book = scene.book()
    before = in_book(book)
    decision = book.decide(scene.order)
    assert (said(decision), decision.reserved_tiyn) == ((refusal, found, limit), 0)
    assert decision.order is scene.order
    assert in_book(book) == before


def test_every_refusal_has_its_case():
    assert {*FAULTS, R.NOT_IN_BOOK} == set(OrderRefusal)


@pytest.mark.parametrize(("earlier", "later"), PAIRS)
def test_an_order_with_two_faults_gets_the_first_in_the_list(earlier, later):
    scene = FAULTS[earlier][0](FAULTS[later][0](Scene()))
    assert scene.book().decide(scene.order).refusal is earlier


@pytest.mark.parametrize("refusal", [fault for fault in FAULTS if not FAULTS[fault][0](Scene()).before], ids=str)
def test_a_refused_order_takes_no_power_and_no_money_however_often_it_comes(refusal):
    scene = FAULTS[refusal][0](Scene())
    book = scene.book()
    for n in range(50):
        assert book.decide(replace(scene.order, order_id=f"X-{n}")).refusal is refusal
    book.admit(BIDDER)
    assert book.decide(FULL).refusal is None


# --- Edges ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (at(ORDER, price=1_800), (None, 0, 0)),
        (at(ORDER, price=1_799), (R.PRICE_OFF_TICK, 1_799, 10)),
        (at(ORDER, price=1_801), (R.PRICE_OFF_TICK, 1_801, 10)),
        (at(ORDER, price=1_810), (None, 0, 0)),
        (at(ORDER, price=1_790), (R.PRICE_UNDER_RESERVE, 1_790, 1_800)),
        (at(ORDER, price=0), (R.PRICE_UNDER_RESERVE, 0, 1_800)),
        (at(ORDER, price=-10), (R.PRICE_UNDER_RESERVE, -10, 1_800)),
        (at(ORDER, price=-1_855), (R.PRICE_OFF_TICK, -1_855, 10)),
        (at(ORDER, quantity=4), (R.QUANTITY_TOO_SMALL, 4, 5)),
        (at(ORDER, quantity=5), (None, 0, 0)),
        (at(ORDER, quantity=6), (None, 0, 0)),
        (at(ORDER, quantity=1), (R.QUANTITY_TOO_SMALL, 1, 5)),
        (at(ORDER, quantity=0), (R.QUANTITY_NOT_POSITIVE, 0, 1)),
        (at(ORDER, quantity=-1), (R.QUANTITY_NOT_POSITIVE, -1, 1)),
        (at(ORDER, quantity=1_999), (None, 0, 0)),
        (at(ORDER, quantity=2_000), (None, 0, 0)),
        (at(ORDER, quantity=2_001), (R.OVER_SITE_POWER, 2_001, 2_000)),
        (at(ORDER, price=1_860, quantity=2_000), (R.OVER_PREPAID_BALANCE, 4_166_400, BALANCE)),
        (replace(ORDER, received_at=OPENS - INSTANT), (R.BEFORE_OPENING, 0, 0)),
        (replace(ORDER, received_at=OPENS), (None, 0, 0)),
        (replace(ORDER, received_at=CLOSES - INSTANT), (None, 0, 0)),
        (replace(ORDER, received_at=CLOSES), (R.AFTER_CLOSURE, 0, 0)),
        (replace(ORDER, received_at=CLOSES + INSTANT), (R.AFTER_CLOSURE, 0, 0)),
        (replace(ORDER, version=0), (R.VERSION_NOT_NEXT, 0, 1)),
        (replace(ORDER, version=-1), (R.VERSION_NOT_NEXT, -1, 1)),
        (replace(ORDER, version=2), (R.VERSION_NOT_NEXT, 2, 1)),
        # The reserve and the smallest quantity hold for every step, not for the best or for the sum.
        (stepped((1_900, 500), (1_790, 500)), (R.PRICE_UNDER_RESERVE, 1_790, 1_800)),
        (stepped((1_900, 500), (1_800, 4)), (R.QUANTITY_TOO_SMALL, 4, 5)),
        (stepped((1_800, 5), (1_900, 5)), (None, 0, 0)),
    ],
    ids=str,
)
def test_below_on_and_over_the_edge_of_a_limit(order, expected):
    assert said(book_of().decide(order)) == expected


@pytest.mark.parametrize("huge", [2**63 - 1, 2**63, 2**64, 2**70, 10**30])
def test_a_number_that_no_64_bits_hold_is_refused_with_its_exact_value(huge):
    book = book_of()
    price = book.decide(replace(at(ORDER, price=huge), order_id="P"))
    quantity = book.decide(replace(at(ORDER, quantity=huge), order_id="Q"))
    under = book.decide(replace(at(ORDER, price=-10 * huge), order_id="U"))
    negative = book.decide(replace(at(ORDER, quantity=-huge), order_id="N"))
    version = book.decide(replace(ORDER, version=huge))
    assert said(price) == (R.PRICE_TOO_HIGH, huge, MOST_TIYN_PER_KWH)
    assert said(quantity) == (R.QUANTITY_TOO_LARGE, huge, MOST_KWH)
    assert said(under) == (R.PRICE_UNDER_RESERVE, -10 * huge, 1_800)
    assert said(negative) == (R.QUANTITY_NOT_POSITIVE, -huge, 1)
    assert said(version) == (R.VERSION_NOT_NEXT, huge, 1)


def test_the_limits_are_a_thousand_tenge_a_kilowatt_hour_and_a_hundred_gigawatt_hours():
    assert (MOST_TIYN_PER_KWH, MOST_KWH) == (100_000, 100_000_000)


NOT_WHOLE = [1_850.0, 100.5, float("nan"), float("inf"), "12", True, False, None]


@pytest.mark.parametrize("number", NOT_WHOLE, ids=repr)
@pytest.mark.parametrize(
    "with_it",
    [
        lambda number: replace(ORDER, steps=(Step(number, 1_000),)),
        lambda number: replace(ORDER, steps=(Step(1_850, number),)),
        lambda number: replace(ORDER, steps=(Step(1_900, 5), Step(1_850, number))),
        lambda number: replace(ORDER, version=number),
        lambda number: replace(ORDER, version=number, operator_id="OP-999", steps=()),
    ],
    ids=["price", "quantity", "second step", "version", "version, and more faults"],
)
def test_a_number_that_is_not_whole_is_refused_and_uses_up_nothing(with_it, number):
    book = book_of()
    wrong = with_it(number)
    for _ in range(2):
        decision = book.decide(wrong)
        assert (said(decision), decision.reserved_tiyn) == ((R.NOT_WHOLE, 0, 0), 0)
        assert decision.order is wrong
        assert not book.answered(wrong)
        assert (book.next_version("A-1"), in_book(book)) == (1, [])
    assert book.decide(ORDER).refusal is None


@pytest.mark.parametrize(
    "equal",
    [
        replace(ORDER, steps=(Step(1_850.0, 1_000),)),
        replace(ORDER, steps=(Step(1_850, 1_000.0),)),
        replace(ORDER, version=1.0),
        replace(ORDER, version=True),
    ],
    ids=["price", "quantity", "version", "version that is true"],
)
def test_an_order_with_a_number_that_only_equals_a_whole_one_is_not_that_order(equal):
    assert equal == ORDER  # for Python
    book = book_of()
    taken = book.decide(ORDER)
    assert said(book.decide(equal)) == (R.NOT_WHOLE, 0, 0)
    assert not book.answered(equal)
    assert (in_book(book), book.next_version("A-1")) == ([ORDER], 2)
    assert book.decide(ORDER) is taken
    assert type(book.in_book("A-1").order.version) is int


@pytest.mark.parametrize(
    ("steps", "price"),
    [
        (((1_850, 500), (1_850, 500)), 1_850),
        (((1_850, 500), (1_850, 300), (1_850, 200)), 1_850),
        (((1_900, 500), (1_850, 300), (1_840, 200), (1_850, 300)), 1_850),
        (((0, 500), (0, 500)), 0),
        (((-10, 500), (1_850, 5), (-10, 500)), -10),
        (((2**63, 5), (2**63, 5)), 2**63),
    ],
)
def test_a_price_that_is_stated_twice_is_found_and_is_the_limit(steps, price):
    assert said(book_of().decide(stepped(*steps))) == (R.STEP_TWICE, price, price)


def test_the_highest_price_and_the_largest_quantity_are_taken_and_cost_what_they_cost():
    giant = replace(powered(1_000 * MOST_KWH), purchase_max_kwh=None)
    largest = at(ORDER, price=MOST_TIYN_PER_KWH, quantity=MOST_KWH)
    decision = book_of(giant, balance=10**16).decide(largest)
    # 100 GWh at 1,000.00 a kWh, and 12 % on it: 112 thousand million tenge.
    assert (decision.refusal, decision.reserved_tiyn) == (None, 11_200_000_000_000)
    one_less = book_of(giant, balance=11_199_999_999_999).decide(largest)
    assert said(one_less) == (R.OVER_PREPAID_BALANCE, 11_200_000_000_000, 11_199_999_999_999)


def test_the_largest_steps_together_are_added_up_exactly():
    steps = tuple(Step(MOST_TIYN_PER_KWH - 10 * n, MOST_KWH) for n in range(100))
    assert said(book_of().decide(replace(ORDER, steps=steps))) == (R.OVER_SITE_POWER, 100 * MOST_KWH, 2_000)


def test_as_many_steps_as_exchanges_allow_are_taken_and_one_more_is_not():
    book = book_of(balance=10**9)
    assert book.decide(replace(ORDER, steps=MANY)).refusal is None
    one_more = replace(ORDER, order_id="A-2", steps=(*MANY, Step(1_990, 5)))
    assert said(book.decide(one_more)) == (R.TOO_MANY_STEPS, MOST_STEPS + 1, MOST_STEPS)


@pytest.mark.parametrize(("power_w", "fits"), [(999_999, False), (1_000_000, True), (1_000_999, True)])
def test_a_site_uses_whole_kilowatt_hours_of_its_power(power_w, fits):
    assert (book_of(powered(power_w)).decide(ORDER).refusal is None) is fits
    assert book_of(powered(power_w)).decide(at(ORDER, quantity=1_001)).refusal is R.OVER_SITE_POWER


# --- Site power and balance over several orders -----------------------------------------------------------------


def test_site_power_counts_all_orders_and_steps_of_one_hour_together():
    book = book_of()
    assert book.decide(stepped((1_800, 400), (1_810, 500))).refusal is None
    over = book.decide(replace(stepped((1_800, 600), (1_810, 501)), order_id="A-2"))
    assert said(over) == (R.OVER_SITE_POWER, 2_001, 2_000)
    assert book.decide(replace(stepped((1_800, 600), (1_810, 500)), order_id="A-3")).refusal is None


def test_site_power_counts_what_is_bought_for_tenants_at_the_site():
    book = book_of()
    assert book.decide(replace(at(ORDER, quantity=1_500), owner_id="OP-T")).refusal is None
    assert said(book.decide(replace(at(ORDER, quantity=501), order_id="A-2"))) == (R.OVER_SITE_POWER, 2_001, 2_000)


@pytest.mark.parametrize(
    ("first", "second"), [(OFFERED, PROGRAMME), (PROGRAMME, OFFERED)], ids=["surplus", "programme"]
)
def test_site_power_counts_all_products_of_one_hour_together(first, second):
    book = book_of(balance=10**9)
    assert book.decide(replace(at(ORDER, quantity=1_500), product_id=first.product_id)).refusal is None
    other = replace(ORDER, product_id=second.product_id)
    over = book.decide(replace(at(other, quantity=501), order_id="A-2"))
    assert said(over) == (R.OVER_SITE_POWER, 2_001, 2_000)
    assert book.decide(replace(at(other, quantity=500), order_id="A-3")).refusal is None
    again = book.decide(replace(at(ORDER, quantity=5), order_id="A-4", product_id=first.product_id))
    assert said(again) == (R.OVER_SITE_POWER, 2_005, 2_000)
    assert book.decide(replace(FULL, product_id=LATER.product_id)).refusal is None  # another hour


def test_an_amendment_uses_the_power_that_the_hour_s_other_products_leave():
    book = book_of(balance=10**9)
    book.decide(replace(at(ORDER, quantity=400), order_id="A-2", product_id=PROGRAMME.product_id))
    book.decide(ORDER)
    over = replace(at(ORDER, quantity=1_601), version=2)
    assert said(book.decide(over)) == (R.OVER_SITE_POWER, 2_001, 2_000)
    assert book.decide(replace(at(ORDER, quantity=1_600), version=3)).refusal is None


def test_power_that_one_product_frees_is_there_for_the_hour_s_others():
    book = book_of()
    in_programme = replace(FULL, product_id=PROGRAMME.product_id)
    assert book.decide(replace(FULL, order_id="A-1")).refusal is None
    assert said(book.decide(replace(in_programme, order_id="A-2"))) == (R.OVER_SITE_POWER, 4_000, 2_000)
    assert book.cancel(CANCEL).refusal is None
    assert book.decide(replace(in_programme, order_id="A-3", owner_id="OP-T")).refusal is None
    assert book.decide(replace(FULL, order_id="A-4")).refusal is R.OVER_SITE_POWER
    book.suspend("OP-T")
    assert book.decide(replace(FULL, order_id="A-5")).refusal is None


def test_the_hour_s_power_is_counted_for_each_operator_and_each_site_alone():
    book = book_of()
    in_programme = replace(ORDER, product_id=PROGRAMME.product_id)
    assert book.decide(at(ORDER, quantity=1_500)).refusal is None
    at_the_second = replace(in_programme, order_id="A-2", site_id="S-2")
    assert said(book.decide(at(at_the_second, quantity=501))) == (R.OVER_SITE_POWER, 501, 500)
    assert book.decide(replace(at(at_the_second, quantity=500), order_id="A-3")).refusal is None
    of_another = replace(at(in_programme, quantity=2_000), order_id="B-1", operator_id="OP-002", owner_id="OP-002")
    assert book.decide(of_another).refusal is None


def test_site_power_of_one_hour_is_free_again_in_the_next():
    book = book_of()
    assert book.decide(FULL).refusal is None
    next_hour = replace(FULL, order_id="A-2", product_id=LATER.product_id)
    assert book.decide(next_hour).refusal is R.OVER_PREPAID_BALANCE


def test_each_site_of_an_operator_has_its_own_power_and_the_balance_is_one():
    book = book_of()
    assert book.decide(at(ORDER, quantity=1_500)).refusal is None
    second = replace(ORDER, order_id="A-2", site_id="S-2")
    assert said(book.decide(at(second, quantity=501))) == (R.OVER_SITE_POWER, 501, 500)
    assert book.decide(replace(at(second, quantity=500), order_id="A-3")).refusal is None
    third = replace(ORDER, order_id="A-4", site_id="S-W", product_id=WEST.product_id)
    assert said(book.decide(at(third, quantity=5))) == (R.OVER_PREPAID_BALANCE, 10_360, 0)


def test_power_and_balance_of_one_operator_are_not_another_s():
    book = book_of()
    assert book.decide(FULL).refusal is None
    assert book.decide(replace(FULL, order_id="B-1", operator_id="OP-002", owner_id="OP-002")).refusal is None


def test_the_balance_counts_all_orders_of_all_hours_with_vat():
    book = book_of()
    book.decide(ORDER)
    in_next_hour = replace(ORDER, order_id="A-2", product_id=LATER.product_id)
    one_more = replace(at(in_next_hour, quantity=1_001), order_id="A-3")
    assert said(book.decide(one_more)) == (R.OVER_PREPAID_BALANCE, 2_074_072, COST)
    assert book.decide(in_next_hour).refusal is None
    last = book.decide(replace(at(in_next_hour, quantity=5), order_id="A-4"))
    assert said(last) == (R.OVER_PREPAID_BALANCE, 10_360, 0)


def test_the_balance_must_hold_fee_transmission_and_the_vat_on_them():
    # 1,000 kWh at 18.50 + 0.05 + 1.20 tenge, and 12 % on all of it.
    charges = Charges(5, 120, 120_000)
    assert book_of(balance=2_212_000, charges=charges).decide(ORDER).reserved_tiyn == 2_212_000
    poorer = book_of(balance=2_211_999, charges=charges).decide(ORDER)
    assert said(poorer) == (R.OVER_PREPAID_BALANCE, 2_212_000, 2_211_999)


def test_the_balance_to_the_tiyn():
    assert book_of(balance=COST).decide(ORDER).refusal is None
    assert said(book_of(balance=COST - 1).decide(ORDER)) == (R.OVER_PREPAID_BALANCE, COST, COST - 1)
    assert said(book_of(balance=0).decide(ORDER)) == (R.OVER_PREPAID_BALANCE, COST, 0)


def test_a_late_prepayment_adds_to_what_is_free():
    book = book_of(balance=COST - 1)
    assert book.decide(ORDER).refusal is R.OVER_PREPAID_BALANCE
    book.prepay(operator_id="OP-001", amount_tiyn=1)
    assert book.decide(ORDER).refusal is R.OVER_PREPAID_BALANCE  # what was answered is answered
    assert book.decide(replace(ORDER, version=2)).refusal is None


def test_money_paid_before_the_operator_is_admitted_counts():
    book = book_of(OTHER)
    book.prepay(operator_id="OP-001", amount_tiyn=COST)
    book.admit(BIDDER)
    assert book.decide(ORDER).refusal is None


def test_the_worst_cost_rounds_vat_for_each_purchase_as_settlement_does():
    # 10 kWh at 18.10: VAT of 217.2 tiyn on each kWh becomes 217, on ten at once it is 2,172.
    split = book_of(replace(BIDDER, purchase_max_kwh=1)).decide(at(ORDER, price=1_810, quantity=10))
    whole = book_of(replace(BIDDER, purchase_max_kwh=None)).decide(at(ORDER, price=1_810, quantity=10))
    assert (split.reserved_tiyn, whole.reserved_tiyn) == (20_270, 20_272)


def test_the_worst_cost_is_the_sum_over_the_steps_each_at_its_own_price():
    seen = []

    def cost_of(sizes_kwh, price_tiyn_per_kwh):
        seen.append((list(sizes_kwh), price_tiyn_per_kwh))
        return sum(sizes_kwh) * price_tiyn_per_kwh

    order = stepped((1_900, 1_200), (1_850, 300))
    assert worst_case_tiyn(order=order, purchase_max_kwh=1_000, cost_of=cost_of) == 2_280_000 + 555_000
    assert seen == [([1_000, 200], 1_900), ([300], 1_850)]


# --- Who may bid ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("standing", [SUSPENDED, ENDS, BEGINS])
def test_a_licence_counts_on_the_trading_and_on_the_delivery_day(standing):
    own = book_of(replace(BIDDER, standing=standing)).decide(ORDER)
    lent = book_of(replace(BIDDER, tenants={"OP-T": standing})).decide(replace(ORDER, owner_id="OP-T"))
    assert own.refusal is R.LICENCE_NOT_ACTIVE
    assert lent.refusal is R.OWNER_LICENCE_NOT_ACTIVE


def test_a_bidder_buys_for_its_licensed_tenant():
    assert book_of().decide(replace(ORDER, owner_id="OP-T")).refusal is None


def test_another_bidder_s_site_is_unknown_however_well_it_is_known():
    stranger = replace(OTHER, sites={"S-9": SITE})
    order = replace(ORDER, operator_id="OP-002", owner_id="OP-002")
    assert book_of(BIDDER, stranger).decide(order).refusal is R.UNKNOWN_SITE


def test_a_product_that_is_withdrawn_takes_no_more_and_keeps_what_it_has():
    book = book_of()
    book.decide(ORDER)
    book.offer(replace(OFFERED, offered_kwh=0))
    assert book.decide(replace(at(ORDER, quantity=5), order_id="A-2")).refusal is R.NOT_OFFERED
    assert in_book(book) == [ORDER]
    book.offer(OFFERED)
    assert book.decide(replace(at(ORDER, quantity=5), order_id="A-2", version=2)).refusal is None


# --- Suspension and closure -------------------------------------------------------------------------------------


def test_a_suspended_operator_s_orders_leave_the_book_and_free_power_and_money():
    book = book_of()
    mine = book.decide(ORDER)
    later = book.decide(replace(ORDER, order_id="A-2", product_id=LATER.product_id))
    theirs = replace(ORDER, order_id="B-1", operator_id="OP-002", owner_id="OP-002")
    book.decide(theirs)
    assert book.suspend("OP-001") == (mine, later)
    assert (in_book(book), in_book(book, LATER)) == ([theirs], [])
    assert book.suspend("OP-001") == ()
    for order in (replace(ORDER, version=2), replace(ORDER, order_id="A-3")):
        assert said(book.decide(order)) == (R.OPERATOR_SUSPENDED, 0, 0)
    assert book.cancel(replace(CANCEL, version=3)).refusal is R.NOT_IN_BOOK


def test_orders_for_the_machines_of_a_suspended_tenant_leave_and_free_power_and_money():
    book = book_of()
    lent = book.decide(replace(FULL, owner_id="OP-T"))
    assert book.suspend("OP-T") == (lent,)
    assert book.decide(replace(FULL, order_id="A-2", owner_id="OP-T")).refusal is R.OPERATOR_SUSPENDED
    assert book.decide(replace(FULL, order_id="A-3")).refusal is None


def test_an_operator_is_suspended_before_it_sends_anything():
    book = book_of()
    assert book.suspend("OP-001") == ()
    assert book.decide(ORDER).refusal is R.OPERATOR_SUSPENDED


def test_the_answers_from_before_a_suspension_stay_what_they_were():
    book = book_of()
    first = book.decide(ORDER)
    book.suspend("OP-001")
    assert book.decide(ORDER) is first
    assert in_book(book) == []


@pytest.mark.parametrize("received_at", [OPENS - timedelta(hours=1), OPENS, CLOSES])
def test_a_closed_book_takes_nothing_new_and_repeats_its_answers(received_at):
    book = book_of()
    first = book.decide(ORDER)
    book.close()
    late = replace(ORDER, order_id="A-2", received_at=received_at)
    assert book.decide(late).refusal is R.AFTER_CLOSURE
    assert book.decide(replace(late, order_id="A-1", version=2)).refusal is R.AFTER_CLOSURE
    assert book.cancel(replace(CANCEL, version=3, received_at=received_at)).refusal is R.AFTER_CLOSURE
    assert book.decide(replace(ORDER, received_at=received_at)) is first
    assert in_book(book) == [ORDER]


def test_an_order_that_is_removed_frees_power_and_money_and_comes_back_with_a_later_version():
    book = book_of()
    taken = book.decide(replace(FULL, order_id="A-1"))
    assert book.remove("A-1") is taken
    assert (in_book(book), book.in_book("A-1"), book.is_cancelled("A-1")) == ([], None, False)
    assert book.decide(replace(FULL, order_id="A-1")) is taken  # what was answered is answered
    assert in_book(book) == []
    assert book.next_version("A-1") == 2
    back = book.decide(replace(FULL, order_id="A-1", version=2))
    assert (back.refusal, in_book(book)) == (None, [back.order])


def test_an_order_that_is_removed_comes_back_for_another_hour_and_stays_with_whom_it_belongs_to():
    book = book_of()
    book.decide(ORDER)
    book.remove("A-1")
    theirs = replace(ORDER, version=2, operator_id="OP-002", owner_id="OP-002")
    assert said(book.decide(theirs)) == (R.NOT_YOURS, 2, 2)
    assert book.cancel(CANCEL).refusal is R.NOT_IN_BOOK
    assert book.decide(replace(ORDER, version=2, product_id=LATER.product_id)).refusal is None


def test_a_cancelled_order_is_told_from_one_that_was_removed_or_refused():
    book = book_of()
    book.decide(ORDER)
    assert not book.is_cancelled("A-1")
    book.cancel(CANCEL)
    assert book.is_cancelled("A-1")
    assert book.decide(replace(ORDER, version=3)).refusal is R.ALREADY_CANCELLED
    book.decide(at(replace(ORDER, order_id="A-2"), price=1_700))
    book.decide(replace(ORDER, order_id="A-3"))
    book.suspend("OP-001")
    assert [book.is_cancelled(one) for one in ("A-2", "A-3", "never")] == [False, False, False]


@pytest.mark.parametrize("order_id", ["A-1", "never"])
def test_what_is_not_in_the_book_cannot_be_removed(order_id):
    book = book_of()
    book.decide(ORDER)
    book.cancel(CANCEL)
    with pytest.raises(KeyError):
        book.remove(order_id)


# --- What other markets get wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("product_id", "refusal"),
    [(EMPTY.product_id, R.NOT_OFFERED), ("2025-10-15/north_south/24", R.UNKNOWN_PRODUCT), ("", R.UNKNOWN_PRODUCT)],
)
def test_assume_an_order_for_a_product_that_is_not_open_does_not_vanish(product_id, refusal):
    book = book_of()
    order = replace(ORDER, product_id=product_id)
    decision = book.decide(order)
    assert (decision.order, decision.refusal) == (order, refusal)
    assert book.decide(order) is decision
    assert book.live(product_id) == ()


def test_assume_three_alike_orders_of_one_bidder_stay_three():
    book = book_of()
    alike = [replace(at(ORDER, quantity=600), order_id=f"A-{n}") for n in range(3)]
    answers = [book.decide(order) for order in alike]
    assert [answer.refusal for answer in answers] == [None, None, None]
    assert in_book(book) == alike
    assert said(book.decide(replace(at(ORDER, quantity=201), order_id="A-3")))[1:] == (2_001, 2_000)


@pytest.mark.parametrize(
    ("price", "quantity", "refusal"),
    [
        (10, 1_000, R.PRICE_UNDER_RESERVE),
        (MOST_TIYN_PER_KWH + 10, 1_000, R.PRICE_TOO_HIGH),
        (1_850, MOST_KWH + 1, R.QUANTITY_TOO_LARGE),
        (1_850, 2_001, R.OVER_SITE_POWER),
        (1_850, -5, R.QUANTITY_NOT_POSITIVE),
    ],
)
def test_assume_an_order_out_of_range_is_refused_and_not_brought_into_it(price, quantity, refusal):
    book = book_of()
    sent = at(ORDER, price=price, quantity=quantity)
    decision = book.decide(sent)
    assert (decision.refusal, decision.order.steps) == (refusal, (Step(price, quantity),))
    assert in_book(book) == []


def test_assume_an_unknown_site_does_not_become_the_first_one():
    book = book_of()
    assert book.decide(replace(ORDER, site_id="")).refusal is R.UNKNOWN_SITE
    assert book.decide(replace(ORDER, order_id="A-2", site_id="S-W")).refusal is R.OTHER_ZONE
    assert in_book(book) == []


def test_assume_nothing_that_is_handed_in_is_changed():
    sent = [ORDER, replace(at(ORDER, price=1_860), version=2), at(replace(ORDER, order_id="A-2"), price=1)]
    bidder = deepcopy(BIDDER)
    untouched = deepcopy(sent)
    book = book_of(bidder)
    answers = [book.decide(order) for order in sent]
    book.cancel(replace(CANCEL, version=3))
    assert (sent, bidder) == (untouched, BIDDER)
    assert all(answer.order is order for answer, order in zip(answers, sent, strict=True))


def test_assume_every_order_amendment_and_cancellation_has_its_receipt():
    book = book_of()
    amended = replace(at(ORDER, price=1_840), version=2)
    wrong = at(replace(ORDER, order_id="A-2"), price=1)
    gone = replace(CANCEL, version=3)
    answers = [book.decide(ORDER), book.decide(amended), book.decide(wrong), book.cancel(gone)]
    assert [answer.refusal for answer in answers] == [None, None, R.PRICE_OFF_TICK, None]
    assert [answer.order for answer in answers[:3]] == [ORDER, amended, wrong]
    assert answers[3].removed is answers[1]


def test_assume_795_two_orders_under_one_id_do_not_merge():
    book = book_of()
    book.decide(at(ORDER, quantity=600))
    assert book.decide(at(ORDER, quantity=700)).refusal is R.ID_TAKEN
    assert [order.quantity_kwh for order in in_book(book)] == [600]


def test_assume_192_a_closed_market_takes_no_order_for_its_products():
    book = book_of()
    book.close()
    assert [book.decide(replace(ORDER, order_id=f"A-{n}")).refusal for n in range(3)] == [R.AFTER_CLOSURE] * 3
    assert in_book(book) == []
