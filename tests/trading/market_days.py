"""Small sessions that have it all: amendments, a cancellation, a suspension, a share at the margin, cuts."""

import datetime as dt

from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.market.order import Cancellation, Order, Step
from kezek.market.supply import Declaration, SupplyAct
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Delivered, Metered, Opened, Prepayment
from kezek.trading.participant import Participant, ParticipantSite
from kezek.trading.session import MarketSession

ON = dt.date(2025, 10, 15)
OPEN_AT = dt.datetime(2025, 10, 14, 2, 0, tzinfo=dt.UTC)
"""Seven in the morning of the day before, Kazakhstan time."""
BIDS_AT = dt.datetime(2025, 10, 14, 4, 35, tzinfo=dt.UTC)
GATE_AT = dt.datetime(2025, 10, 14, 5, 0, tzinfo=dt.UTC)
CUT_AT = dt.datetime(2025, 10, 14, 16, 0, tzinfo=dt.UTC)
DONE_AT = dt.datetime(2025, 10, 16, 6, 0, tzinfo=dt.UTC)
PAPERS_AT = dt.datetime(2025, 10, 16, 7, 0, tzinfo=dt.UTC)
NORTH, WEST = Zone.NORTH_SOUTH, Zone.WEST
FIRST, SECOND, LATE = f"{ON}/north_south/00", f"{ON}/north_south/01", f"{ON}/west/07"
UNIFORM = {"market.price_rule": "uniform", "market.curtailment_price": "restruck"}
PROGRAMME = {"programme_70_30.status": "in_force"}
HOSTILE = '<script>alert("1")</script> & Sons'
"""Name of one operator, to be shown as it is."""


def participant(operator_id, name, *sites, owner=""):
    licence = Licence(f"L-{operator_id}", Subtype.I, Period(dt.date(2024, 1, 1), dt.date(2027, 1, 1)))
    placed = tuple(ParticipantSite(site_id, zone, kw * 1_000, Route.GRID_SURPLUS) for site_id, zone, kw in sites)
    return Participant(operator_id, name, licence, "", owner, placed)


PARTICIPANTS = (
    participant("OP-001", "Aksu Data", ("S-1", NORTH, 40_000), ("S-1W", WEST, 5_000)),
    participant("OP-002", "Ekibastuz Compute", ("S-2", NORTH, 30_000)),
    participant("OP-003", HOSTILE, ("S-3", NORTH, 20_000), ("S-3W", WEST, 12_000)),
    participant("OP-004", "Balkhash Grid", ("S-4", NORTH, 20_000)),
)


def opened_on(readings, on=ON):
    return Opened(
        on=on,
        engine_version="0.1.0",
        profile="described",
        readings=dict(readings),
        accept_unconfirmed=(),
        law_digest=load_book().digest,
        reserve_tiyn_per_kwh={"north_south": 1_500, "west": 1_400},
        market_fee_tiyn_per_kwh=7,
        transmission_tiyn_per_kwh=133,
        embargo_days=90,
    )


PREPAID_TIYN = {"OP-001": 300_000_000, "OP-002": 250_000_000, "OP-003": 61_000_000}
"""The third has just enough for its orders, and owes something in the end."""


def new_session(readings=None, participants=PARTICIPANTS, on=ON, prepaid_tiyn=PREPAID_TIYN):
    """Open a session with its participants admitted and paid up."""
    chosen = dict(readings or {})
    lens = Lens(book=load_book(), profile="described", readings=chosen, accept_unconfirmed=frozenset())
    session = MarketSession(lens=lens, opened=opened_on(chosen, on), at=OPEN_AT)
    for minute, one in enumerate(participants):
        session.admit(one, OPEN_AT)
        paid_at = OPEN_AT + dt.timedelta(minutes=10 + minute % 40)
        amount_tiyn = prepaid_tiyn.get(one.operator_id, 20_000_000_000)
        session.prepay(Prepayment(f"PAY-{one.operator_id}", one.operator_id, amount_tiyn, paid_at))
    return session


def order(session, order_id, operator_id, site_id, product_id, *steps, version=1, minute=0):
    """Send an order; gives the market's answer."""
    at = BIDS_AT + dt.timedelta(minutes=minute)
    made = tuple(Step(price, kwh) for price, kwh in steps)
    return session.submit(Order(order_id, version, operator_id, site_id, operator_id, product_id, made, at))


def bid(session):
    """Send the orders of the day: most are served at the reserve, one hour is short, one bidder is suspended."""
    answers = [
        order(session, "A-1", "OP-001", "S-1", FIRST, (1_500, 30_300)),
        order(session, "A-2", "OP-001", "S-1", SECOND, (1_900, 12_000), (1_700, 18_500), minute=1),
        order(session, "B-1", "OP-002", "S-2", FIRST, (1_500, 20_000), minute=2),
        order(session, "B-2", "OP-002", "S-2", SECOND, (1_800, 25_000), minute=3),
        order(session, "C-1", "OP-003", "S-3W", LATE, (1_450, 9_400), minute=4),
        order(session, "C-2", "OP-003", "S-3", SECOND, (1_700, 15_700), minute=5),
        order(session, "C-3", "OP-003", "S-3", FIRST, (1_520, 5_000), minute=6),
        order(session, "D-1", "OP-004", "S-4", SECOND, (2_000, 20_000), minute=7),
        order(session, "A-3", "OP-001", "S-1", FIRST, (1_400, 1_000), minute=8),
        order(session, "B-1", "OP-002", "S-2", FIRST, (1_500, 22_000), version=2, minute=9),
        order(session, "B-2", "OP-002", "S-2", SECOND, (1_800, 99_000), version=2, minute=10),
        order(session, "C-4", "OP-003", "S-3W", LATE, (1_600, 1_000), minute=11),
    ]
    answers.append(session.cancel(Cancellation("C-4", 2, "OP-003", BIDS_AT + dt.timedelta(minutes=12))))
    session.suspend("OP-004", BIDS_AT + dt.timedelta(minutes=13))
    return answers


def declare(session, product_id, kwh, act=SupplyAct.PUBLISHED, at=OPEN_AT):
    assert session.declare(Declaration(product_id, act, kwh, at)) is None


def supply(session, *, programme=False):
    declare(session, FIRST, 120_000)
    declare(session, SECOND, 50_000)
    declare(session, LATE, 20_000)
    if programme:
        declare(session, f"{SECOND}/programme", 10_000)


def readings_of(*, all_of_them):
    """Meters of the three who bought: one hour over, one under, one exact, and one missing where asked."""
    found = [
        Metered("OP-001", "S-1", 0, 30_450_125),
        Metered("OP-001", "S-1", 1, 10_000_000),
        Metered("OP-002", "S-2", 0, 21_000_000),
        Metered("OP-003", "S-3", 0, 5_000_000),
        Metered("OP-003", "S-3", 1, 19_000_000),
        Metered("OP-003", "S-3W", 7, 9_000_000),
        Metered("OP-002", "S-2", 1, 20_000_000),
    ]
    return Delivered(tuple(found if all_of_them else found[:-1]), {})


def closed_session(readings=None):
    """A session whose gate is closed and whose book is frozen."""
    session = new_session(readings)
    supply(session, programme=bool(readings) and PROGRAMME.items() <= readings.items())
    bid(session)
    if session.trading.state.products.get(f"{SECOND}/programme"):
        order(session, "P-1", "OP-001", "S-1", f"{SECOND}/programme", (1_650, 6_000), minute=14)
        order(session, "P-2", "OP-002", "S-2", f"{SECOND}/programme", (1_600, 3_000), minute=15)
    assert session.close(GATE_AT) is None
    return session


def cleared_session(readings=None):
    session = closed_session(readings)
    assert session.clear(GATE_AT + dt.timedelta(minutes=1)) is None
    return session


def cut_session(readings=None):
    """A cleared session whose second hour is cut to 34.6 MWh."""
    session = cleared_session(readings)
    declare(session, SECOND, 34_600, SupplyAct.REVISED, CUT_AT)
    return session


def delivered_session(readings=None, *, all_of_them=False):
    """A session to its end; one reading is missing unless all are asked for."""
    session = cut_session(readings)
    assert session.deliver(readings_of(all_of_them=all_of_them), DONE_AT) == ()
    return session


def large_session(*, power_kw=180_000, bidders=40):
    """A 180 MW farm that buys all day in purchases of 1 MWh, among others; under-subscribed but for the evening."""
    farm = participant("OP-900", "Large farm", ("S-900", NORTH, power_kw))
    others = [participant(f"OP-{n:03d}", f"Farm {n}", (f"S-{n}", NORTH, 4_000)) for n in range(1, bidders)]
    west = [participant(f"OP-{n:03d}", f"West {n}", (f"S-{n}", WEST, 3_000)) for n in range(501, 510)]
    session = new_session(participants=(farm, *others, *west), prepaid_tiyn={})
    for hour in range(24):
        declare(session, f"{ON}/north_south/{hour:02d}", 600_000 if hour not in (18, 19, 20) else 250_000)
        if hour < 9:
            declare(session, f"{ON}/west/{hour:02d}", 60_000)
    for hour in range(24):
        short = hour in (18, 19, 20)
        product = f"{ON}/north_south/{hour:02d}"
        order(session, f"F-{hour:02d}", "OP-900", "S-900", product, (1_620 if short else 1_500, power_kw))
        for n in range(1, bidders):
            price = 1_500 + (n * 7 + hour) % 5 * 10 if not short else 1_560 + (n * 13) % 30 * 10
            order(session, f"O-{n}-{hour:02d}", f"OP-{n:03d}", f"S-{n}", product, (price, 3_100 + n * 13), minute=1)
        for n in range(501, 510) if hour < 9 else ():
            west_id = f"{ON}/west/{hour:02d}"
            order(session, f"W-{n}-{hour:02d}", f"OP-{n}", f"S-{n}", west_id, (1_400 + n % 3 * 20, 2_500), minute=2)
    session.close(GATE_AT)
    session.clear(GATE_AT)
    declare(session, f"{ON}/north_south/19", 190_000, SupplyAct.REVISED, CUT_AT)
    used = [Metered("OP-900", "S-900", hour, 1_000 * power_kw - 37_500 * (hour % 5)) for hour in range(24)]
    session.deliver(Delivered(tuple(used[:-1]), {}), DONE_AT)
    return session
