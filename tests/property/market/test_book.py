from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kezek.ledger.charges import Charges
from kezek.ledger.charges import worst_case_tiyn as cost_of_purchases
from kezek.market.bidder import Bidder, Site, Standing
from kezek.market.book import OrderBook
from kezek.market.order import MOST_KWH, MOST_TIYN_PER_KWH, Cancellation, Order, OrderRefusal, Step
from kezek.market.product import Offer, Product, Session
from kezek.market.rules import MarketRules
from kezek.registry.licence import LicenceState
from kezek.registry.zone import Zone

AT = datetime(2025, 10, 14, 4, 30, tzinfo=UTC)
CLOSES = AT + timedelta(minutes=30)
SESSION = Session(AT, AT, AT, CLOSES)
TICK, SMALLEST, RESERVE, VAT_PPM, FEE, TRANSMISSION = 5, 2, 10, 120_000, 1, 3
RULES = MarketRules("pay_as_bid", "pro_rata_per_operator", "kept", TICK, SMALLEST, 7, VAT_PPM, FEE, TRANSMISSION)
CHARGES = Charges(FEE, TRANSMISSION, VAT_PPM)
PRODUCTS = [
    Product("h0", Zone.WEST, 0, 0, RESERVE),
    Product("h1", Zone.WEST, 1, 100, RESERVE),
    Product("h2", Zone.WEST, 2, 200, RESERVE),
    Product("p1", Zone.WEST, 1, 100, RESERVE, Offer.PROGRAMME),
    Product("n1", Zone.NORTH_SOUTH, 1, 100, RESERVE),
]
ACTIVE = Standing(LicenceState.ACTIVE, LicenceState.ACTIVE)
ENDS = Standing(LicenceState.ACTIVE, LicenceState.EXPIRED)
W1, W2, N1 = Site(Zone.WEST, 20_999), Site(Zone.WEST, 10_000), Site(Zone.NORTH_SOUTH, 15_000)
BIDDERS = [
    Bidder("a", ACTIVE, True, {"w1": W1, "w2": W2, "n1": N1}, {"b": ACTIVE, "t": ACTIVE, "e": ENDS}, "", 7),
    Bidder("b", ACTIVE, True, {"w1": W1}, {}, "", None),
    Bidder("ends", ENDS, True, {"w1": W1}, {}, "", 7),
    Bidder("none", ACTIVE, False, {"w1": W1}, {}, "", 7),
]
LATECOMER = Bidder("stranger", ACTIVE, True, {"w1": W1}, {}, "", 7)
BALANCE = 500
R = OrderRefusal
USE_UP_NOTHING = {
    R.NOT_WHOLE,
    R.ID_TAKEN,
    R.VERSION_NOT_NEXT,
    R.NOT_YOURS,
    R.NOT_IN_BOOK,
    R.UNKNOWN_OPERATOR,
    R.BEFORE_OPENING,
}

ids = st.integers(0, 5).map(str)
senders = st.sampled_from(["a", "a", "a", "b", "b", "ends", "none", "stranger"])
times = st.sampled_from([AT, AT, AT, CLOSES - timedelta(microseconds=1), AT - timedelta(seconds=1), CLOSES])
right_steps = st.lists(
    st.builds(Step, st.integers(2, 6).map(lambda ticks: ticks * TICK), st.integers(SMALLEST, 12)),
    min_size=1,
    max_size=3,
    unique_by=lambda step: step.price_tiyn_per_kwh,
)
wrong_steps = st.sampled_from(
    [
        (),
        (Step(10, 2), Step(10, 3)),
        (Step(MOST_TIYN_PER_KWH + TICK, 2),),
        (Step(10.0, 2),),
        (Step(10, 2.5),),
        (Step(15, True), Step(10, 2)),
        (Step("10", 2),),
        (Step(float("nan"), 2),),
        (Step(12, 2),),
        (Step(20, 2), Step(5, 2)),
        (Step(0, 2),),
        (Step(10, 0),),
        (Step(10, -2),),
        (Step(20, 5), Step(10, 1)),
        (Step(10, 2**63),),
        (Step(10, MOST_KWH + 1),),
        (Step(10, 21),),
        (Step(10, 20), Step(15, 2)),
        tuple(Step(5 * (n + 2), 2) for n in range(257)),
    ]
)
any_steps = st.lists(st.builds(Step, st.integers(-1, 24), st.integers(-3, 25) | st.just(2**63)), max_size=3)
faults = st.one_of(
    st.tuples(st.just("version"), st.sampled_from([-3, -1, 1, 0.0])),
    st.tuples(st.just("operator_id"), st.sampled_from(["a", "b", "ends", "none", "stranger"])),
    st.tuples(st.just("owner_id"), st.sampled_from(["a", "b", "t", "e", "x"])),
    st.tuples(st.just("site_id"), st.sampled_from(["w2", "n1", "w9"])),
    st.tuples(st.just("product_id"), st.sampled_from(["h2", "p1", "n1", "h0", "h9"])),
    st.tuples(st.just("steps"), wrong_steps | wrong_steps | any_steps.map(tuple)),
    st.tuples(st.just("received_at"), times),
)


def cost_of(sizes_kwh, price_tiyn_per_kwh):
    return cost_of_purchases(sizes_kwh=sizes_kwh, limit_tiyn_per_kwh=price_tiyn_per_kwh, charges=CHARGES)


def new_book():
    book = OrderBook(rules=RULES, session=SESSION, cost_of=cost_of)
    for product in PRODUCTS:
        book.offer(product)
    for bidder in BIDDERS:
        book.admit(bidder)
        book.prepay(operator_id=bidder.operator_id, amount_tiyn=BALANCE)
    return book


def is_whole(sent):
    """Whether all numbers of an order are whole: True is none of them, and 10.0 is not, though it equals 10."""
    steps = sent.steps if isinstance(sent, Order) else ()
    numbers = [sent.version, *(one.price_tiyn_per_kwh for one in steps), *(one.quantity_kwh for one in steps)]
    return isinstance(sent, Cancellation) or {int} >= {type(number) for number in numbers}


class Model:
    """The book told plainly: lists that are added up anew for each question, nothing kept beside them."""

    def __init__(self):
        self.products = {product.product_id: product for product in PRODUCTS}
        self.bidders = {bidder.operator_id: bidder for bidder in BIDDERS}
        self.paid = Counter({bidder.operator_id: BALANCE for bidder in BIDDERS})
        self.counted = []  # messages that used up their version
        self.live = []
        self.taken_ids, self.cancelled, self.suspended, self.removed = set(), set(), set(), set()
        self.closed = False

    def version_of(self, order_id):
        return sum(sent.order_id == order_id for sent in self.counted)

    def cost(self, order):
        """One purchase after the other, VAT of each rounded half up."""
        total, largest = 0, self.bidders[order.operator_id].purchase_max_kwh
        for step in order.steps:
            left = step.quantity_kwh
            while left:
                size = min(left, largest or left)
                net = size * (step.price_tiyn_per_kwh + FEE + TRANSMISSION)
                total += net + (2 * net * VAT_PPM + 1_000_000) // 2_000_000
                left -= size
        return total

    def refusal_of_id(self, sent):
        version = self.version_of(sent.order_id)
        used = [one.operator_id for one in self.counted if one.order_id == sent.order_id]
        if isinstance(sent, Cancellation) and not used:
            return R.NOT_IN_BOOK
        if 0 < sent.version <= version:
            return R.ID_TAKEN
        if sent.version != version + 1:
            return R.VERSION_NOT_NEXT
        if used and used[0] != sent.operator_id:
            return R.NOT_YOURS
        return R.ALREADY_CANCELLED if sent.order_id in self.cancelled else None

    def refusal_of_cancelling(self, sent):
        if sent.order_id not in [order.order_id for order in self.live]:
            return R.NOT_IN_BOOK
        return R.AFTER_CLOSURE if self.closed or sent.received_at >= CLOSES else None

    def refusals(self, order):
        """Give what is wrong with an order, one after the other; it is asked no further than to the first fault."""
        product = self.products.get(order.product_id)
        yield None if is_whole(order) else R.NOT_WHOLE
        yield self.refusal_of_id(order)
        for before in self.live:
            if before.order_id == order.order_id:
                kept = ("site_id", "owner_id", "product_id")
                yield R.TERMS_CHANGED if any(getattr(before, k) != getattr(order, k) for k in kept) else None
        if order.operator_id not in self.bidders:
            yield R.UNKNOWN_OPERATOR
        bidder = self.bidders[order.operator_id]
        yield R.NO_QUOTA if order.operator_id == "none" else None
        yield R.LICENCE_NOT_ACTIVE if order.operator_id == "ends" else None
        yield R.OPERATOR_SUSPENDED if self.suspended & {order.operator_id, order.owner_id} else None
        hosted = {order.operator_id, *bidder.tenants}
        yield R.OWNER_NOT_HOSTED if order.owner_id not in hosted else None
        yield R.OWNER_LICENCE_NOT_ACTIVE if order.owner_id == "e" else None
        yield R.UNKNOWN_SITE if order.site_id not in bidder.sites else None
        late = self.closed or order.received_at >= CLOSES
        yield R.AFTER_CLOSURE if late else R.BEFORE_OPENING if order.received_at < AT else None
        yield R.UNKNOWN_PRODUCT if product is None else None
        yield R.OTHER_ZONE if (order.product_id == "n1") != (order.site_id == "n1") else None
        yield R.NOT_OFFERED if product.offered_kwh == 0 else None
        yield from self.refusals_of_steps(order)
        yield from self.refusals_of_limits(order, bidder)

    def refusals_of_steps(self, order):
        prices = [step.price_tiyn_per_kwh for step in order.steps]
        yield R.NO_STEPS if not prices else None
        yield R.TOO_MANY_STEPS if len(prices) > 256 else None
        yield R.STEP_TWICE if len(set(prices)) < len(prices) else None
        yield R.PRICE_TOO_HIGH if any(price > MOST_TIYN_PER_KWH for price in prices) else None
        yield R.PRICE_OFF_TICK if any(price % TICK for price in prices) else None
        yield R.PRICE_UNDER_RESERVE if any(price < RESERVE for price in prices) else None
        yield R.QUANTITY_NOT_POSITIVE if any(step.quantity_kwh < 1 for step in order.steps) else None
        yield R.QUANTITY_TOO_SMALL if any(step.quantity_kwh < SMALLEST for step in order.steps) else None
        yield R.QUANTITY_TOO_LARGE if any(step.quantity_kwh > MOST_KWH for step in order.steps) else None

    def refusals_of_limits(self, order, bidder):
        others = [one for one in self.live if one.order_id != order.order_id and one.operator_id == order.operator_id]
        here = [one for one in others if (one.site_id, self.hour(one)) == (order.site_id, self.hour(order))]
        power_w = 1_000 * sum(one.quantity_kwh for one in [*here, order])
        yield R.OVER_SITE_POWER if power_w > bidder.sites[order.site_id].power_w else None
        yield R.OVER_PREPAID_BALANCE if self.due(order) > self.paid[order.operator_id] else None

    def hour(self, order):
        return self.products[order.product_id].hour_index

    def due(self, order):
        """What all orders of an operator cost with this one among them."""
        others = [one for one in self.live if one.order_id != order.order_id and one.operator_id == order.operator_id]
        return sum(map(self.cost, [*others, order]))

    def answer(self, sent):
        """Judge a message that has no answer for good, and do what it asks."""
        if isinstance(sent, Order):
            refusal = next((one for one in self.refusals(sent) if one), None)
        else:
            refusal = self.refusal_of_id(sent) or self.refusal_of_cancelling(sent)
        if refusal in USE_UP_NOTHING:
            return refusal
        self.counted.append(sent)
        if refusal is None:
            self.live = [order for order in self.live if order.order_id != sent.order_id]
            if isinstance(sent, Order):
                self.live.append(sent)
                self.taken_ids.add(sent.order_id)
                self.removed.discard(sent.order_id)  # its next version is for other machines
            else:
                self.cancelled.add(sent.order_id)
        return refusal

    def remove(self, order):
        self.live.remove(order)
        self.removed.add(order.order_id)

    def suspend(self, operator_id):
        gone = [order for order in self.live if operator_id in (order.operator_id, order.owner_id)]
        self.live = [order for order in self.live if order not in gone]
        self.removed |= {order.order_id for order in gone}
        self.suspended.add(operator_id)
        return gone


class BookAgainstModel(RuleBasedStateMachine):
    """Anything in any order: the book says what the plain model says, and never more than its limits."""

    @initialize()
    def open(self):
        self.book, self.model = new_book(), Model()
        self.sent, self.answers = [], {}

    def answer(self, message):
        return self.book.decide(message) if isinstance(message, Order) else self.book.cancel(message)

    def judge(self, message):
        """Send a message: it gets its answer for good again, or is judged as the model judges it now."""
        known = self.answers.get(message.content) if is_whole(message) else None
        assert self.book.answered(message) is (known is not None)
        before = {order.order_id: order for order in self.model.live}
        answer = self.answer(message)
        self.sent.append(message)
        if known is not None:
            assert answer is known
            return
        assert answer.refusal == self.model.answer(message)
        if isinstance(message, Order):
            assert answer.order is message
            assert answer.reserved_tiyn == (0 if answer.refusal else self.model.cost(message))
        else:
            assert answer.cancellation is message
            removed = None if answer.refusal else before[message.order_id]
            assert (answer.removed and answer.removed.order) == removed
        if answer.refusal not in USE_UP_NOTHING:
            self.answers[message.content] = answer
        assert self.book.answered(message) is (is_whole(message) and message.content in self.answers)
        assert self.answer(message) == answer  # at once: nothing changed

    def next_version(self, order_id, off):
        return self.model.version_of(order_id) + 1 + off

    def right(self, order_id, site, product, steps):
        """An order that has no fault unless a limit is reached or an earlier message has set one."""
        sender = next(
            (one.operator_id for one in self.model.counted if one.order_id == order_id), "ab"[int(order_id) % 2]
        )
        here = next((one for one in self.model.live if one.order_id == order_id), None)
        site, product = (here.site_id, here.product_id) if here else (site, product)
        owner = here.owner_id if here else sender
        return Order(order_id, self.next_version(order_id, 0), sender, site, owner, product, tuple(steps), AT)

    @rule(
        order_id=ids,
        site=st.sampled_from(["w1", "w1", "w2"]),
        product=st.sampled_from(["h1", "p1", "h2"]),
        steps=right_steps,
    )
    def submit_right(self, order_id, site, product, steps):
        self.judge(self.right(order_id, site, product, steps))

    @rule(order_id=ids, steps=right_steps, wrong=st.lists(faults, min_size=1, max_size=2))
    def submit(self, order_id, steps, wrong):
        order = self.right(order_id, "w1", "h1", steps)
        for name, value in wrong:
            value = self.next_version(order_id, value) if name == "version" else value
            order = replace(order, **{name: value})
        self.judge(order)

    @rule(order_id=ids, product=st.sampled_from(["h1", "p1", "h2"]), steps=right_steps, short_tiyn=st.integers(0, 1))
    def submit_at_the_edge_of_the_balance(self, order_id, product, steps, short_tiyn):
        order = self.right(order_id, "w1", product, steps)
        if order.operator_id not in ("a", "b"):
            return
        missing_tiyn = self.model.due(order) - self.model.paid[order.operator_id] - short_tiyn
        if missing_tiyn > 0:
            self.prepaid(order.operator_id, missing_tiyn)
        self.judge(order)

    @rule(order_id=ids, steps=wrong_steps)
    def submit_wrong_steps(self, order_id, steps):
        self.judge(self.right(order_id, "w1", "h1", steps))

    def prepaid(self, operator_id, amount):
        self.book.prepay(operator_id=operator_id, amount_tiyn=amount)
        self.model.paid[operator_id] += amount

    @precondition(lambda self: self.model.live)
    @rule(data=st.data(), steps=right_steps, received_at=times)
    def amend(self, data, steps, received_at):
        live = data.draw(st.sampled_from(self.model.live))
        version = self.next_version(live.order_id, 0)
        self.judge(replace(live, version=version, steps=tuple(steps), received_at=received_at))

    @precondition(lambda self: self.model.live)
    @rule(data=st.data(), off=st.sampled_from([0, 0, 0, -1, 1]), sender=st.sampled_from(["", "", "b"]), at=times)
    def cancel(self, data, off, sender, at):
        live = data.draw(st.sampled_from(self.model.live))
        version = self.next_version(live.order_id, off)
        self.judge(Cancellation(live.order_id, version, sender or live.operator_id, at))

    @rule(order_id=ids, off=st.sampled_from([0, 0, 0, -1, 1]), sender=senders, received_at=times)
    def cancel_anything(self, order_id, off, sender, received_at):
        self.judge(Cancellation(order_id, self.next_version(order_id, off), sender, received_at))

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), received_at=times)
    def repeat(self, data, received_at):
        again = data.draw(st.sampled_from(self.sent))
        self.judge(replace(again, received_at=received_at))

    @precondition(lambda self: self.model.live)
    @rule(data=st.data(), kind=st.sampled_from([float, "version"]))
    def repeat_with_numbers_that_only_equal_whole_ones(self, data, kind):
        live = data.draw(st.sampled_from(self.model.live))
        steps = tuple(Step(one.price_tiyn_per_kwh, float(one.quantity_kwh)) for one in live.steps)
        self.judge(replace(live, steps=steps) if kind is float else replace(live, version=float(live.version)))

    @precondition(lambda self: self.model.live)
    @rule(data=st.data())
    def remove(self, data):
        """What leaves the book without its owner's word comes back with a later version."""
        gone = data.draw(st.sampled_from(self.model.live))
        assert self.book.remove(gone.order_id).order == gone
        self.model.remove(gone)

    @precondition(lambda self: any(message.content not in self.answers for message in self.sent))
    @rule(data=st.data())
    def repeat_what_used_up_nothing(self, data):
        open_ones = [message for message in self.sent if message.content not in self.answers]
        self.judge(data.draw(st.sampled_from(open_ones)))

    @precondition(lambda self: len(self.sent) > 8 and LATECOMER.operator_id not in self.model.bidders)
    @rule()
    def admit_a_stranger(self):
        self.book.admit(LATECOMER)
        self.model.bidders[LATECOMER.operator_id] = LATECOMER
        self.prepaid(LATECOMER.operator_id, BALANCE)

    @rule(operator_id=st.sampled_from(["a", "b"]), amount=st.sampled_from([1, 37]))
    def prepay(self, operator_id, amount):
        self.prepaid(operator_id, amount)

    @rule(product_id=st.sampled_from(["h0", "h1", "p1", "n1"]), offered_kwh=st.sampled_from([0, 50, 50, 50]))
    def declare(self, product_id, offered_kwh):
        product = replace(self.model.products[product_id], offered_kwh=offered_kwh)
        self.book.offer(product)
        self.model.products[product_id] = product

    @precondition(lambda self: len(self.sent) > 15)
    @rule(operator_id=st.sampled_from(["stranger", "stranger", "stranger", "t", "b", "a"]))
    def suspend(self, operator_id):
        gone = self.book.suspend(operator_id)
        assert [decision.order for decision in gone] == self.model.suspend(operator_id)

    @precondition(lambda self: len(self.sent) > 25)
    @rule()
    def close(self):
        self.book.close()
        self.model.closed = True

    @invariant()
    def the_book_holds_what_the_model_holds_in_order_of_arrival(self):
        for product_id in [*self.model.products, "h9"]:
            here = [order for order in self.model.live if order.product_id == product_id]
            assert [decision.order for decision in self.book.live(product_id)] == here
        for order_id in map(str, range(6)):
            assert self.book.next_version(order_id) == self.next_version(order_id, 0)

    @invariant()
    def every_message_has_an_answer_of_its_own(self):
        assert len({id(answer) for answer in self.answers.values()}) == len(self.answers)
        assert {*self.answers} == {message.content for message in self.model.counted}
        assert len(self.answers) == len(self.model.counted)

    @invariant()
    def every_order_that_was_taken_is_live_or_cancelled_or_removed(self):
        live = [order.order_id for order in self.model.live]
        ends = [*live, *self.model.cancelled, *self.model.removed]
        assert sorted(ends) == sorted(self.model.taken_ids)
        assert {one for one in self.model.taken_ids if self.book.in_book(one)} == set(live)
        assert {one for one in map(str, range(6)) if self.book.is_cancelled(one)} == self.model.cancelled

    @invariant()
    def nobody_has_more_than_its_site_its_balance_and_its_standing_allow(self):
        kwh, reserved = Counter(), Counter()
        for decision in (one for product_id in self.model.products for one in self.book.live(product_id)):
            order = decision.order
            kwh[order.operator_id, order.site_id, self.model.hour(order)] += order.quantity_kwh
            reserved[order.operator_id] += decision.reserved_tiyn
            assert order.operator_id in ("a", "b", "stranger")
            assert order.operator_id in self.model.bidders
            assert order.owner_id in (order.operator_id, "b", "t")
            assert not self.model.suspended & {order.operator_id, order.owner_id}
        limits = {"w1": 20, "w2": 10, "n1": 15}
        assert all(energy <= limits[site_id] for (_, site_id, _), energy in kwh.items())
        assert all(money <= self.model.paid[operator_id] for operator_id, money in reserved.items())


BookAgainstModel.TestCase.settings = settings(max_examples=250, stateful_step_count=50)
TestBookAgainstModel = BookAgainstModel.TestCase

orders = st.lists(
    st.builds(
        Order,
        order_id=ids,
        version=st.integers(0, 3),
        operator_id=senders,
        site_id=st.sampled_from(["w1", "w2"]),
        owner_id=st.sampled_from(["a", "b", "t", "e"]),
        product_id=st.sampled_from(["h0", "h1", "p1", "h2", "h9"]),
        steps=(right_steps | any_steps).map(tuple),
        received_at=times,
    ),
    max_size=30,
)


def held(book):
    return [book.live(product.product_id) for product in PRODUCTS]


@settings(max_examples=100)
@given(sent=orders)
def test_what_was_answered_for_good_is_answered_alike_again_and_changes_no_book(sent):
    book = new_book()
    last = {order.content: book.decide(order) for order in sent}
    live = held(book)
    for order in filter(book.answered, sent):
        assert book.decide(order) is last[order.content]
    assert held(book) == live


@settings(max_examples=100)
@given(sent=orders)
def test_everything_can_be_sent_again_until_nothing_changes_and_then_nothing_does(sent):
    book, answered_count = new_book(), -1
    while answered_count < sum(map(book.answered, sent)):
        answered_count = sum(map(book.answered, sent))
        answers = [book.decide(order) for order in sent]
    live = held(book)
    again = [book.decide(order) for order in sent]
    for one, other in zip(again, answers, strict=True):
        assert one == other
        assert (one is other) is (one.refusal not in USE_UP_NOTHING)
    assert held(book) == live


@settings(max_examples=100)
@given(sent=orders)
def test_each_different_message_that_uses_up_its_version_has_one_answer_and_carries_it(sent):
    book = new_book()
    answers = [book.decide(order) for order in sent]
    assert [answer.order.content for answer in answers] == [order.content for order in sent]
    kept = [answer for answer in answers if answer.refusal not in USE_UP_NOTHING]
    contents = {answer.order.content for answer in kept}
    assert len({id(answer) for answer in kept}) == len(contents)
    assert contents == {order.content for order in sent if book.answered(order)}
    for order_id in map(str, range(6)):
        assert book.next_version(order_id) == 1 + sum(content[0] == order_id for content in contents)


@settings(max_examples=100)
@given(sent=orders, later=st.timedeltas(timedelta(0), timedelta(minutes=29)))
def test_what_comes_before_the_opening_leaves_no_trace_and_is_judged_as_new_when_it_is_open(sent, later):
    def is_early(order):
        return new_book().decide(order).refusal is R.BEFORE_OPENING

    sent = list(filter(is_early, (replace(order, received_at=AT - timedelta(seconds=1)) for order in sent)))
    again = [replace(order, received_at=AT + later) for order in sent]
    book, other = new_book(), new_book()
    assert {book.decide(order).refusal for order in sent} <= {R.BEFORE_OPENING}
    assert [book.decide(order) for order in again] == [other.decide(order) for order in again]


@settings(max_examples=100)
@given(sent=orders)
def test_refused_orders_of_others_change_nobody_s_answers(sent):
    alone, crowded = new_book(), new_book()
    mine = [replace(order, order_id=f"b{order.order_id}") for order in sent if order.operator_id == "b"]
    expected = [alone.decide(order) for order in mine]
    answers = [crowded.decide(replace(order, order_id=f"{order.operator_id}{order.order_id}")) for order in sent]
    assert [answer for answer in answers if answer.order.operator_id == "b"] == expected


strangers = st.lists(
    st.builds(Cancellation, ids, st.integers(-1, 4), st.sampled_from(["stranger", "other"]), times)
    | st.builds(
        Order,
        order_id=ids,
        version=st.integers(-1, 4),
        operator_id=st.sampled_from(["stranger", "other"]),
        site_id=st.just("w1"),
        owner_id=st.sampled_from(["stranger", "b"]),
        product_id=st.sampled_from(["h1", "p1"]),
        steps=right_steps.map(tuple),
        received_at=times,
    ),
    max_size=3,
)


@settings(max_examples=100)
@given(sent=st.lists(st.tuples(strangers, ids, right_steps), max_size=12))
def test_strangers_take_nobody_s_id_and_no_version(sent):
    alone, crowded = new_book(), new_book()
    for others, order_id, steps in sent:
        for message in others:
            answer = crowded.decide(message) if isinstance(message, Order) else crowded.cancel(message)
            assert answer.refusal in USE_UP_NOTHING
        mine = Order(order_id, alone.next_version(order_id), "b", "w1", "b", "h1", tuple(steps), AT)
        assert crowded.decide(mine) == alone.decide(mine)
    assert held(crowded) == held(alone)
