"""Random sessions: acts drawn small enough to meet each other, taken in the order of a day."""

from datetime import date

from hypothesis import strategies as st
from tests.trading.sessions import (
    BID_AT,
    CLEARED_AT,
    CUT_AT,
    GATE_AT,
    OPENED_AT,
    SETTLED_AT,
    cancel,
    hour,
    open_session,
    order,
    participant,
    prepay,
    publish,
    revise,
    withdraw,
)

from kezek.market.standing_order import StandingOrder
from kezek.registry.licence import Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Delivered, Metered
from kezek.trading.participant import ParticipantSite


def _site(name, power_kw):
    return ParticipantSite(name, Zone.NORTH_SOUTH, 1_000 * power_kw, Route.GRID_SURPLUS)


PEOPLE = (
    participant("A", owner="X", power_kw=1_500),
    participant("B", owner="X", sites=[_site("B-site", 3_000), _site("B-2", 1)]),
    participant("C", route=Route.OWN_RENEWABLE, power_kw=3_000),
    participant("W", zone=Zone.WEST, power_kw=3_000),
    participant("T", host="B", subtype=Subtype.II, sites=()),
)
BUYERS = ("A", "B", "C", "W")
HOURS = (hour(3), hour(4), hour(3, zone=Zone.WEST))
PRICES = st.integers(1_798, 1_806)
SIZES = st.one_of(st.integers(0, 8), st.integers(990, 2_600))

prepayments = st.tuples(
    st.just("prepay"), st.sampled_from((*BUYERS, "T", "Z")), st.sampled_from((-1, 0, 9, 10**4, 10**7))
)
supplies = st.tuples(
    st.sampled_from(("publish", "revise", "withdraw")), st.sampled_from(HOURS), st.one_of(st.integers(0, 9), SIZES)
)
orders = st.tuples(
    st.just("order"),
    st.sampled_from((*BUYERS, "T", "Z")),
    st.sampled_from(HOURS),
    st.sampled_from(("o1", "o2", "o3", "")),
    st.integers(1, 3),
    st.lists(st.tuples(PRICES, SIZES), min_size=0, max_size=3),
    st.booleans(),
)
bids = st.tuples(
    st.just("bid"),
    st.sampled_from(("A", "A", "B", "B", "C", "W")),
    st.sampled_from((3, 3, 3, 4)),
    st.lists(st.tuples(st.integers(1_801, 1_804), SIZES.map(lambda kwh: max(kwh, 1))), min_size=1, max_size=2),
    st.booleans(),
)
"""Orders without a fault of form, for the hour and zone that most bid for."""
cancellations = st.tuples(
    st.just("cancel"), st.sampled_from(BUYERS), st.sampled_from(("o1", "o2", "")), st.integers(1, 4)
)
standings = st.tuples(
    st.just("place"),
    st.sampled_from(BUYERS),
    st.sampled_from((1, 1, 1, 2, 2, 3)),
    PRICES,
    SIZES,
    st.sampled_from(((3,), (3, 4), (4,))),
)
suspensions = st.tuples(st.just("suspend"), st.sampled_from((*BUYERS, "T", "Z")))
before_the_gate = st.lists(
    st.one_of(prepayments, supplies, orders, orders, orders, cancellations, standings), max_size=15
)
METERS = (("A", "A-site"), ("B", "B-site"), ("B", "B-2"), ("C", "C-site"), ("W", "W-site"))
readings_of_meters = st.dictionaries(
    st.tuples(st.sampled_from(METERS), st.sampled_from((3, 4))), st.integers(0, 5_000_000), max_size=6
).map(lambda found: tuple(Metered(*meter, index, wh) for (meter, index), wh in found.items()))
RULES = st.fixed_dictionaries(
    {
        "market.price_rule": st.sampled_from(("pay_as_bid", "uniform")),
        "market.curtailment_price": st.sampled_from(("kept", "restruck")),
        "market.tie_rule": st.sampled_from(("pro_rata_per_operator", "time_priority", "equal_share")),
        "market.imbalance_price": st.sampled_from(("two_price", "single_price")),
    }
)
CHARGES = st.sampled_from(((0, 0), (5, 120), (3, 7)))


@st.composite
def days(draw):
    """A day of acts: money and supply first, so that orders have something to meet; late ones; cuts; delivery."""
    paid = [("prepay", who, draw(st.sampled_from((10**6, 10**7, 10**7)))) for who in BUYERS]
    sizes = {one: draw(st.one_of(st.integers(1, 12), SIZES, SIZES)) for one in HOURS}
    offered = [("publish", one, kwh) for one, kwh in sizes.items()]
    first = draw(st.lists(bids, min_size=2, max_size=6))
    middle = draw(before_the_gate)
    gone = draw(st.lists(suspensions, max_size=1))
    late = draw(st.lists(st.one_of(orders, _cuts(sizes)), max_size=2))
    after = draw(st.lists(_cuts(sizes), max_size=4))
    end = [("deliver", draw(readings_of_meters))] if draw(st.booleans()) else []
    before = [*first, *middle, *gone] if draw(st.booleans()) else [*middle, *gone, *first]
    return [*paid, *offered, *before, ("close",), *late, ("clear",), *after, *end]


def _cuts(sizes):
    """Revisions of what was offered first, most of them smaller, and now and then a withdrawal."""
    return st.sampled_from((*HOURS, HOURS[0], HOURS[0])).flatmap(
        lambda one: st.one_of(
            st.tuples(st.just("revise"), st.just(one), st.integers(0, sizes[one])),
            st.tuples(st.just("revise"), st.just(one), st.integers(0, 3_000)),
            st.just(("withdraw", one)),
        )
    )


def begin(readings, charges=(0, 0)):
    """A session in which all are admitted."""
    session = open_session(readings=readings, fee=charges[0], transmission=charges[1])
    for one in PEOPLE:
        session.admit(one, OPENED_AT)
    return session


def take(session, act, number):
    """Take one act of a day; `number` makes ids of payments and of orders without a name."""
    kind, *rest = act
    when = CUT_AT if session.trading.cleared else BID_AT
    if kind == "prepay":
        who, amount = rest
        return prepay(session, who, amount, name=f"p{number}")
    if kind == "publish":
        return publish(session, rest[1], rest[0])
    if kind == "revise":
        return revise(session, rest[1], rest[0], when=when)
    if kind == "withdraw":
        return withdraw(session, rest[0], when=when)
    if kind == "order":
        who, product, name, version, steps, for_tenant = rest
        owner = "T" if for_tenant and who == "B" else who
        name = f"{who}-{name}" if name else f"n{number}"
        return session.submit(order(who, *steps, name=name, version=version, product=product, owner=owner))
    if kind == "bid":
        who, index, steps, for_tenant = rest
        product = hour(index if who != "W" else 3, zone=Zone.WEST if who == "W" else Zone.NORTH_SOUTH)
        owner = "T" if for_tenant and who == "B" else who
        return session.submit(order(who, *dict(steps).items(), name=f"b{number}", product=product, owner=owner))
    if kind == "cancel":
        who, name, version = rest
        return cancel(session, who, name=f"{who}-{name}", version=version)
    if kind == "place":
        return session.place(standing(*rest), BID_AT)
    if kind == "suspend":
        return session.suspend(rest[0], BID_AT)
    if kind == "deliver":
        return session.deliver(Delivered(rest[0], {}), SETTLED_AT)
    return session.close(GATE_AT) if kind == "close" else session.clear(CLEARED_AT)


def standing(who, version, price, power_kw, hours, name=None):
    """A standing order for some hours of every day."""
    term = Period(date(2025, 1, 1), date(2026, 1, 1))
    name, site = name or f"S-{who}", f"{who}-site"
    return StandingOrder(name, version, who, site, who, price, power_kw, frozenset(hours), frozenset(range(7)), term)


def run(readings, charges, day, after=lambda session, act: None):
    """Take a whole day, with a look after each act."""
    session = begin(readings, charges)
    for number, act in enumerate(day):
        take(session, act, number)
        after(session, act)
    return session
