"""Sessions for the tests: participants, terms, and the acts of one day of trading, 14 October 2025 for the 15th."""

from datetime import UTC, date, datetime, timedelta
from functools import cache

from kezek.duties.lens import Lens
from kezek.evidence.log import parse_entries
from kezek.law.book import load_book
from kezek.market.order import Cancellation, Order, Step
from kezek.market.product import Offer, product_id
from kezek.market.supply import Declaration, SupplyAct
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.events import Opened, Prepayment
from kezek.trading.participant import Participant, ParticipantSite
from kezek.trading.session import MarketSession

ON = date(2025, 10, 15)
RESERVE = 1_800
TENGE = 100


def at(clock, *, on=date(2025, 10, 14)):
    """An instant by the clock of Astana, UTC+5."""
    hour, minute, *rest = (int(part) for part in clock.split(":"))
    return datetime(on.year, on.month, on.day, hour, minute, *rest, tzinfo=UTC) - timedelta(hours=5)


OPENED_AT, PUBLISHED_AT, PAID_AT = at("07:00"), at("09:15"), at("07:30")
BID_AT, GATE_AT, CLEARED_AT = at("09:40"), at("10:00"), at("10:01")
CUT_AT, SETTLED_AT = at("15:00"), at("09:00", on=date(2025, 10, 16))


def lens_of(opened):
    """The law of a session's terms; the same lens for the same terms, for it is read and never changed."""
    return _lens(opened.profile, tuple(sorted(opened.readings.items())), tuple(opened.accept_unconfirmed))


@cache
def _lens(profile, readings, accept):
    return Lens(book=load_book(), profile=profile, readings=dict(readings), accept_unconfirmed=frozenset(accept))


def terms(*, on=ON, readings=None, fee=0, transmission=0, reserve=RESERVE, profile="described", accept=()):
    return Opened(
        on=on,
        engine_version="test",
        profile=profile,
        readings=dict(readings or {}),
        accept_unconfirmed=tuple(accept),
        law_digest=load_book().digest,
        reserve_tiyn_per_kwh={"north_south": reserve, "west": reserve},
        market_fee_tiyn_per_kwh=fee,
        transmission_tiyn_per_kwh=transmission,
        embargo_days=90,
    )


def open_session(**changes):
    opened = terms(**changes)
    return MarketSession(lens=lens_of(opened), opened=opened, at=OPENED_AT)


def licence(subtype=Subtype.I, **changes):
    return Licence(
        **{"licence_no": "L", "subtype": subtype, "term": Period(date(2024, 1, 1), date(2027, 1, 1)), **changes}
    )


def participant(
    who, *, power_kw=100_000, zone=Zone.NORTH_SOUTH, route=Route.GRID_SURPLUS, owner="", host="", sites=None, **paper
):
    own = (ParticipantSite(f"{who}-site", zone, power_kw * 1_000, route),)
    return Participant(who, f"{who} LLP", licence(**paper), host, owner, own if sites is None else tuple(sites))


def hour(index=3, *, zone=Zone.NORTH_SOUTH, offer=Offer.SURPLUS, on=ON):
    return product_id(on=on, zone=zone, hour_index=index, offer=offer)


def prepay(session, who, amount_tiyn, *, name=None, when=PAID_AT):
    return session.prepay(Prepayment(name or f"pay-{who}", who, amount_tiyn, when))


def publish(session, kwh, product=None, *, when=PUBLISHED_AT):
    return session.declare(Declaration(product or hour(), SupplyAct.PUBLISHED, kwh, when))


def revise(session, kwh, product=None, *, when=CUT_AT):
    return session.declare(Declaration(product or hour(), SupplyAct.REVISED, kwh, when))


def withdraw(session, product=None, *, when=CUT_AT):
    return session.declare(Declaration(product or hour(), SupplyAct.WITHDRAWN, 0, when))


def order(who, *steps, name=None, version=1, product=None, when=BID_AT, site=None, owner=None):
    """An order of steps, each price and energy."""
    return Order(
        order_id=name or f"o-{who}",
        version=version,
        operator_id=who,
        site_id=site or f"{who}-site",
        owner_id=owner or who,
        product_id=product or hour(),
        steps=tuple(Step(price, kwh) for price, kwh in steps),
        received_at=when,
    )


def sent_by(name="S", product=None):
    """Id of the order that a standing order sends for an hour."""
    return f"{name}~{product or hour()}"


def cancel(session, who, *, name=None, version=2, when=BID_AT):
    return session.cancel(Cancellation(name or f"o-{who}", version, who, when))


def market(*whos, supply_kwh=5_000, prepaid_tiyn=10**9, readings=None, people=(), **changes):
    """A session with bidders who have paid, and one published hour."""
    session = open_session(readings=readings, **changes)
    for one in (*(participant(who) for who in whos), *people):
        session.admit(one, OPENED_AT)
        prepay(session, one.operator_id, prepaid_tiyn)
    if supply_kwh is not None:
        publish(session, supply_kwh)
    return session


def close(session):
    assert session.close(GATE_AT) is None


def clear(session):
    close(session)
    assert session.clear(CLEARED_AT) is None
    return session


def free_tiyn(session, who):
    return session.trading.state.ledger.available_tiyn(f"prepaid:{who}")


def held_tiyn(session, account):
    return session.trading.state.ledger.held_tiyn(account)


def fills(session, product=None):
    return dict(session.trading.state.products[product or hour()].final_kwh)


def left_of(session):
    """What is left of each purchase: energy and price."""
    state = session.trading.state
    return {key: (state.final_purchase_kwh[key], state.price_of_purchase[key]) for key in state.purchases}


def events(session):
    return parse_entries(session.log.entries_text())


def logged(session, kind):
    return [event for event in events(session) if event["type"] == kind]
