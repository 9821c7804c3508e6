"""A session as a log: stages, the same acts the same bytes, and every entry that was tampered with is named."""

import copy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.trading.sessions import (
    BID_AT,
    CLEARED_AT,
    CUT_AT,
    GATE_AT,
    ON,
    OPENED_AT,
    SETTLED_AT,
    at,
    cancel,
    clear,
    close,
    events,
    fills,
    hour,
    lens_of,
    logged,
    market,
    open_session,
    order,
    participant,
    prepay,
    publish,
    revise,
    terms,
    withdraw,
)

from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import CanonicalError, EvidenceCode
from kezek.evidence.log import Log, parse_entries
from kezek.evidence.plain import CodecError, to_plain
from kezek.market.order import MOST_TIYN_PER_KWH, OrderRefusal
from kezek.market.standing_order import StandingOrder
from kezek.market.supply import SupplyRefusal
from kezek.registry.licence import Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.engine import MOST_IN_ALL_TIYN, MOST_PREPAID_TIYN
from kezek.trading.events import (
    Correction,
    Delivered,
    Metered,
    PrepaymentRefusal,
    ReadingFault,
    SessionInput,
    StageRefusal,
    Unreadable,
)
from kezek.trading.participant import ParticipantSite
from kezek.trading.session import Broken, MarketSession, replay
from kezek.trading.settling import MOST_METERED_WH, MOST_PRICE_TIYN_PER_KWH, Faulty
from kezek.units.calendar import hours_of
from kezek.units.problem import InputProblem

RESTRUCK = {"market.price_rule": "uniform", "market.curtailment_price": "restruck"}
BALANCING = {"market.imbalance_price": "balancing_market"}
ACTS = {kind.value for kind in SessionInput}


def whole(readings=RESTRUCK, note="row 7"):
    """A day with every kind of act: refused ones, amended, cancelled, suspended, cut, struck again, delivered."""
    tenant = participant("T", host="A", subtype=Subtype.II, sites=())
    session = market("A", "B", "C", "D", people=[tenant], readings=readings, fee=5, transmission=120)
    prepay(session, "B", 7, name="late", when=at("08:00:01"))
    prepay(session, "B", 9, name="slip")
    session.correct(Correction("slip", "paid by another", at("08:05")))
    publish(session, 900, hour(4))
    publish(session, 800, hour(5))
    publish(session, 10, hour(5))
    withdraw(session, hour(5), when=at("09:20"))
    term = Period(ON, ON + timedelta(days=1))
    night = StandingOrder("S", 1, "B", "B-site", "B", 2_100, 600, frozenset(range(6)), frozenset(range(7)), term)
    session.place(night, at("09:25"))
    session.place(replace(night, version=2, power_kw=700), at("09:35"))
    session.place(replace(night, version=4), at("09:35"))
    dawn = replace(night, order_id="S2", power_kw=50, clock_hours=frozenset({4}), weekdays=frozenset({2}))
    session.place(dawn, at("09:36"))
    session.place(replace(dawn, version=2, clock_hours=frozenset({5})), at("09:37"))
    session.unreadable(Unreadable(f"bids.csv, {note}", "", "documents.row.price", "no price"), BID_AT)
    session.submit(order("A", (2_400, 1_500), (2_200, 600)))
    session.submit(order("A", (2_000, 300), name="for T", owner="T"))
    session.submit(order("A", (2_000, 1), name="for D", owner="D"))
    session.submit(order("C", (2_200, 9_000)))
    session.submit(order("C", (2_000, 4_000), version=2))
    session.submit(order("D", (2_300, 100)))
    session.submit(order("B", (2_300, 100), name="gone"))
    cancel(session, "B", name="gone")
    cancel(session, "C", name="gone", version=3)
    session.suspend("D", BID_AT)
    revise(session, 800, hour(6), when=BID_AT)
    close(session)
    session.submit(order("B", (2_300, 100), name="too late"))
    revise(session, 4_800, when=GATE_AT)
    session.clear(CLEARED_AT)
    revise(session, 2_500)
    revise(session, 2_600)
    withdraw(session, hour(4))
    session.deliver(Delivered((Metered("A", "A-site", 3, 2_200_000),), {}), SETTLED_AT)
    return session


@pytest.fixture(scope="module")
def day():
    return events(whole())


def replayed(changed):
    return replay(events=changed, lens=lens_of)


def numbered(changed):
    """The entries numbered anew, as a careful forger would."""
    return [{**event, "n": number} for number, event in enumerate(changed)]


def gate_of(day):
    return next(index for index, event in enumerate(day) if event["type"] == SessionInput.GATE)


def latest(day, index):
    """Where a changed act is found at the latest: at the gate's root, at the clearing, or in its own consequences."""
    if index <= gate_of(day):
        return gate_of(day)
    clearing = next(place for place, event in enumerate(day) if event["type"] == SessionInput.CLEARING)
    acts = (place for place in range(max(index, clearing) + 1, len(day)) if day[place]["type"] in ACTS)
    return next(acts, len(day))


# Stages

LAST_SECOND = at("23:59:59", on=ON)
FAULTY = Delivered((Metered("nobody", "nowhere", 77, -1),), {})


def test_the_terms_are_the_first_entry():
    session = open_session(fee=5)
    assert len(session.log) == 1
    assert events(session)[0] == {
        "at": "2025-10-14T02:00:00Z",
        "data": to_plain(terms(fee=5)),
        "id": "2025-10-15",
        "n": 0,
        "type": "session.opened",
        "v": 1,
    }


@pytest.mark.parametrize(
    ("before", "act", "refusal"),
    [
        ("open", lambda one: one.admit(participant("A", power_kw=5), BID_AT), StageRefusal.ORDERS_TAKEN),
        ("open", lambda one: one.suspend("nobody", BID_AT), StageRefusal.UNKNOWN_OPERATOR),
        ("open", lambda one: one.close(GATE_AT - timedelta(seconds=1)), StageRefusal.BEFORE_CLOSURE),
        ("open", lambda one: one.clear(CLEARED_AT), StageRefusal.GATE_OPEN),
        ("open", lambda one: one.deliver(Delivered((), {}), SETTLED_AT), StageRefusal.NOT_CLEARED),
        ("closed", lambda one: one.admit(participant("Z"), GATE_AT), StageRefusal.GATE_CLOSED),
        ("closed", lambda one: one.suspend("A", GATE_AT), StageRefusal.GATE_CLOSED),
        ("closed", lambda one: one.close(GATE_AT), StageRefusal.GATE_CLOSED),
        ("closed", lambda one: one.deliver(Delivered((), {}), SETTLED_AT), StageRefusal.NOT_CLEARED),
        ("cleared", lambda one: one.close(CUT_AT), StageRefusal.GATE_CLOSED),
        ("cleared", lambda one: one.deliver(Delivered((), {}), CUT_AT), StageRefusal.NOT_DELIVERED),
        ("cleared", lambda one: one.deliver(FAULTY, LAST_SECOND), StageRefusal.NOT_DELIVERED),
        ("open", lambda one: one.deliver(Delivered((), {}), LAST_SECOND), StageRefusal.NOT_CLEARED),
        ("settled", lambda one: one.deliver(Delivered((), {}), LAST_SECOND), StageRefusal.SETTLED),
        ("cleared", lambda one: one.clear(CUT_AT), StageRefusal.CLEARED),
        ("cleared", lambda one: one.suspend("A", CUT_AT), StageRefusal.GATE_CLOSED),
        ("settled", lambda one: one.clear(SETTLED_AT), StageRefusal.CLEARED),
        ("settled", lambda one: one.deliver(Delivered((), {}), SETTLED_AT), StageRefusal.SETTLED),
    ],
)
def test_an_act_at_the_wrong_stage_is_refused_and_leaves_no_trace(before, act, refusal):
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    if before != "open":
        close(session)
    if before in ("cleared", "settled"):
        session.clear(CLEARED_AT)
    if before == "settled":
        session.deliver(Delivered((), {}), SETTLED_AT)
    log, transfers = session.log.entries_text(), session.trading.state.ledger.transfers()
    assert act(session) is refusal
    assert (session.log.entries_text(), session.trading.state.ledger.transfers()) == (log, transfers)


def test_a_day_is_settled_from_the_end_of_its_last_hour_on():
    session = clear(market("A"))
    assert session.trading.delivered_at == LAST_SECOND + timedelta(seconds=1)
    assert session.deliver(Delivered((), {}), LAST_SECOND) is StageRefusal.NOT_DELIVERED
    assert not session.trading.settled
    assert session.deliver(Delivered((), {}), session.trading.delivered_at) == ()
    assert session.trading.settled
    require_the_log_gives_it_again(session)


def test_a_long_day_is_over_when_its_25th_hour_is():
    on = date(2024, 2, 29)
    session = open_session(on=on)
    closes_at = session.trading.session.closes_at
    session.close(closes_at)
    session.clear(closes_at)
    over = hours_of(on)[-1].starts_at + timedelta(hours=1)
    assert (len(hours_of(on)), session.trading.delivered_at) == (25, over)
    assert session.deliver(Delivered((), {}), over - timedelta(seconds=1)) is StageRefusal.NOT_DELIVERED
    assert session.deliver(Delivered((), {}), over) == ()


def test_the_gate_notes_the_root_of_all_that_came_before_it():
    session = market("A")
    session.submit(order("A", (2_000, 1_000)))
    size, root = len(session.log), session.log.tree.root()
    close(session)
    (gate,) = logged(session, "gate.closed")
    assert gate["data"] == {"root": root.hex(), "size": size}
    again = Log()
    again.extend(events(session)[:size])
    assert again.tree.root() == root


@pytest.mark.parametrize(
    ("accident", "kind"),
    [
        (lambda one: one.submit(order("A", (2_000, 10.0))), CodecError),
        (lambda one: one.submit(order("A", (float("nan"), 10))), CodecError),
        (lambda one: publish(one, 10.0, hour(4)), CodecError),
        (lambda one: prepay(one, "A", 10.0, name="p"), CodecError),
    ],
)
def test_a_number_that_is_not_whole_never_gets_into_the_log_or_the_book(accident, kind):
    session = market("A")
    before = session.log.entries_text()
    with pytest.raises(kind):
        accident(session)
    assert session.log.entries_text() == before
    assert session.submit(order("A", (2_000, 10))).refusal is None
    assert publish(session, 10, hour(4)) is None
    assert prepay(session, "A", 10, name="p") is None


# The same acts, the same bytes; the log gives the session again


def test_the_same_acts_give_the_same_bytes():
    assert whole().log.entries_text() == whole().log.entries_text()


def test_every_kind_of_act_is_in_the_day_that_is_replayed(day):
    assert {event["type"] for event in day} >= ACTS - {SessionInput.READINGS}  # that one is test_settling's
    refused = {event["data"].get("refusal") for event in day if event["type"] not in ACTS} - {None}
    assert refused == {
        "trading.prepayment.late",
        SupplyRefusal.PUBLISHED_TWICE.value,
        SupplyRefusal.NOT_PUBLISHED.value,
        SupplyRefusal.RAISED_AFTER_CLOSURE.value,
        OrderRefusal.OWNER_NOT_HOSTED.value,
        OrderRefusal.NOT_YOURS.value,
        OrderRefusal.VERSION_NOT_NEXT.value,
        OrderRefusal.AFTER_CLOSURE.value,
    }


@pytest.mark.parametrize("readings", [None, RESTRUCK, {**RESTRUCK, "market.tie_rule": "equal_share"}])
def test_the_log_gives_the_session_again(readings):
    session = whole(readings)
    again = replayed(parse_entries(session.log.entries_text()))
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text()
    assert again.log.tree.root() == session.log.tree.root()
    assert again.trading.state.ends == session.trading.state.ends
    assert again.trading.state.ledger.transfers() == session.trading.state.ledger.transfers()


def test_a_replayed_session_goes_on_as_the_first_would_have():
    first = market("A", "B", supply_kwh=3_001)
    first.submit(order("A", (2_000, 3_000)))
    again = replayed(events(first))
    for session in (first, again):
        session.submit(order("B", (2_000, 3_000)))
        clear(session)
        revise(session, 1_001)
    assert again.log.entries_text() == first.log.entries_text()


def test_every_prefix_that_ends_with_an_act_and_its_consequences_is_a_session(day):
    for size in range(1, len(day)):
        result = replayed(day[:size])
        if day[size]["type"] in ACTS:
            assert isinstance(result, MarketSession) and len(result.log) == size
        else:
            assert result == Broken(size, "the log ends before all consequences of its last act")


def unchanged(session):
    """All of a session that an act could change."""
    trading = session.trading
    return (
        session.log.entries_text(),
        trading.state.ledger.transfers(),
        list(trading.state.decisions),
        dict(session.participants),
        {key: state.product for key, state in trading.state.products.items()},
        trading.book.live(hour()),
        (session.unreadable_count, trading.closed, trading.cleared, trading.settled),
        list(trading.state.imbalances),
    )


def require_the_log_gives_it_again(session):
    again = replayed(parse_entries(session.log.entries_text()))
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text()


NOTE = Unreadable("bids.csv, row 7", "", "documents.row.price", "no price")
THIS_DAY = Period(ON, ON + timedelta(days=1))
NIGHT = StandingOrder("S", 1, "A", "A-site", "A", 2_000, 100, frozenset(range(6)), frozenset(range(7)), THIS_DAY)


@pytest.mark.parametrize("parts", [1, 500_000, 999_999])
@pytest.mark.parametrize(
    ("before", "act"),
    [
        ("open", lambda one, late: one.admit(participant("B"), OPENED_AT + late)),
        ("open", lambda one, late: prepay(one, "A", 5, name="p", when=at("07:00") + late)),
        ("open", lambda one, late: prepay(one, "A", 5, name="p", when=at("08:00") + late)),
        ("open", lambda one, late: publish(one, 5, hour(4), when=BID_AT + late)),
        ("open", lambda one, late: one.submit(order("A", (2_000, 10), when=at("09:59:59") + late))),
        ("open", lambda one, late: cancel(one, "A", name="first", when=BID_AT + late)),
        ("open", lambda one, late: one.place(NIGHT, BID_AT + late)),
        ("open", lambda one, late: one.unreadable(NOTE, BID_AT + late)),
        ("open", lambda one, late: one.suspend("A", BID_AT + late)),
        ("open", lambda one, late: one.close(GATE_AT + late)),
        ("closed", lambda one, late: one.clear(CLEARED_AT + late)),
        ("cleared", lambda one, late: revise(one, 5, when=CUT_AT + late)),
        ("cleared", lambda one, late: one.deliver(Delivered((), {}), SETTLED_AT + late)),
    ],
)
def test_a_time_between_two_seconds_is_never_taken_for_the_log_could_not_give_it_again(before, act, parts):
    session = market("A")
    session.submit(order("A", (2_000, 1_000), name="first"))
    if before != "open":
        close(session)
    if before == "cleared":
        session.clear(CLEARED_AT)
    was, last_at = unchanged(session), session.last_at
    with pytest.raises(ValueError, match="no whole second"):
        act(session, timedelta(microseconds=parts))
    assert (unchanged(session), session.last_at) == (was, last_at)
    assert act(session, timedelta(0)) is not StageRefusal.SETTLED
    assert unchanged(session) != was
    require_the_log_gives_it_again(session)


def test_a_session_is_opened_at_a_whole_second():
    with pytest.raises(ValueError, match="no whole second"):
        MarketSession(lens=lens_of(terms()), opened=terms(), at=OPENED_AT + timedelta(microseconds=1))


@pytest.mark.parametrize("huge", [2**53, 2**63, 10**30])
@pytest.mark.parametrize(
    "act",
    [
        lambda one, huge: one.admit(participant("B", power_kw=huge), BID_AT),
        lambda one, huge: prepay(one, "A", huge, name="p"),
        lambda one, huge: prepay(one, "A", -huge, name="p"),
        lambda one, huge: publish(one, huge, hour(4)),
        lambda one, huge: revise(one, huge, when=BID_AT),
        lambda one, huge: one.submit(order("A", (huge, 10))),
        lambda one, huge: one.submit(order("A", (2_000, 10), (1_900, -huge))),
        lambda one, huge: one.submit(order("A", (2_000, 10), version=huge)),
        lambda one, huge: cancel(one, "A", name="first", version=huge),
        lambda one, huge: one.place(replace(NIGHT, power_kw=huge), BID_AT),
        lambda one, huge: one.place(replace(NIGHT, version=huge), BID_AT),
    ],
)
def test_a_number_that_a_log_cannot_keep_is_stopped_before_anything_changes(act, huge):
    """The readers of papers let none of them in."""
    session = market("A")
    session.submit(order("A", (2_000, 1_000), name="first"))
    was = unchanged(session)
    with pytest.raises(CanonicalError) as caught:
        act(session, huge)
    assert caught.value.code is EvidenceCode.JSON_NUMBER
    assert unchanged(session) == was
    clear(session)
    assert fills(session) == {"first": 1_000}
    require_the_log_gives_it_again(session)


@pytest.mark.parametrize("huge", [MOST_PRICE_TIYN_PER_KWH + 1, -MOST_PRICE_TIYN_PER_KWH - 1, 2**53, -(2**63), 10**30])
def test_a_price_of_the_balancing_market_that_is_a_slip_settles_nothing(huge):
    session = clear(market("A", readings=BALANCING))
    was = unchanged(session)
    assert session.deliver(Delivered((), {"north_south/03": huge}), SETTLED_AT) == (
        Faulty("price of north_south/03", ReadingFault.PRICE_TOO_LARGE),
    )
    assert unchanged(session) == was
    assert session.deliver(Delivered((), {"north_south/03": MOST_PRICE_TIYN_PER_KWH}), SETTLED_AT) == ()
    require_the_log_gives_it_again(session)


@pytest.mark.parametrize("sites", [1, 5, 40])
@pytest.mark.parametrize("price", [MOST_PRICE_TIYN_PER_KWH, -MOST_PRICE_TIYN_PER_KWH])
def test_the_largest_readings_at_the_largest_prices_are_settled_or_refused_before_anything_is_logged(sites, price):
    """One site comes to 10**14 tiyn an hour; those of one operator together to more than a log can keep."""
    owned = [ParticipantSite(f"s{n}", Zone.NORTH_SOUTH, 10**8, Route.GRID_SURPLUS) for n in range(sites)]
    session = clear(market(people=[participant("A", sites=owned)], readings=BALANCING))
    was = unchanged(session)
    readings = [Metered("A", one.site_id, index, MOST_METERED_WH) for one in owned for index in range(24)]
    done = session.deliver(Delivered(tuple(readings), {f"north_south/{n:02d}": price for n in range(24)}), SETTLED_AT)
    assert session.trading.settled is (done == ())
    assert (done == ()) or unchanged(session) == was
    session.trading.state.ledger.require_zero()
    require_the_log_gives_it_again(session)


def test_the_largest_readings_at_the_highest_reserve_are_settled():
    session = clear(market("A", reserve=MOST_TIYN_PER_KWH))
    readings = tuple(Metered("A", "A-site", index, MOST_METERED_WH) for index in range(24))
    assert session.deliver(Delivered(readings, {}), SETTLED_AT) == ()
    assert session.trading.state.ledger.held_tiyn("imbalance:single_buyer") == 24 * 10**8 * 125_000
    require_the_log_gives_it_again(session)


@pytest.mark.parametrize(
    "act",
    [
        lambda one, when: prepay(one, "A", 2**53, name="p", when=when),
        lambda one, when: publish(one, 2**53, hour(4), when=when),
        lambda one, when: one.submit(order("A", (2**53, 10), when=when)),
        lambda one, when: one.submit(order("A", (2_000, 10.0), when=when)),
        lambda one, when: one.place(replace(NIGHT, power_kw=2**53), when),
        lambda one, when: one.admit(participant("B", power_kw=2**53), when),
        lambda one, when: one.correct(Correction("\ud800", "no letter", when)),
    ],
)
def test_the_session_stays_at_its_moment_where_nothing_was_logged(act):
    session = market("A")
    last_at = session.last_at
    with pytest.raises((CanonicalError, CodecError)):
        act(session, at("12:00"))
    assert session.last_at == last_at < at("12:00")
    assert session.submit(order("A", (2_000, 10), when=at("09:40"))).refusal is None
    assert session.last_at == at("09:40")


@pytest.mark.parametrize(
    ("field", "act"),
    [
        ("market_fee_tiyn_per_kwh", lambda one: one.submit(order("A", (2_000, 1_000)))),
        ("transmission_tiyn_per_kwh", lambda one: one.submit(order("A", (2_000, 1_000)))),
        ("market_fee_tiyn_per_kwh", lambda one: one.place(NIGHT, BID_AT)),
    ],
)
def test_a_log_whose_amounts_no_log_can_keep_is_broken_and_never_raises(field, act):
    session = market("A")
    act(session)
    changed = events(session)
    changed[0]["data"][field] = 2**53 - 1
    found = replayed(changed)
    assert isinstance(found, Broken)
    assert "CanonicalError" in found.what


def test_terms_that_no_log_can_keep_open_no_session():
    changed = events(market("A"))
    changed[0]["data"]["market_fee_tiyn_per_kwh"] = 2**53
    found = replayed(changed)
    assert (found.index, "it does not open a session" in found.what) == (0, True)


@pytest.mark.parametrize(
    "act",
    [
        lambda one: prepay(one, "A", 2**53 - 1, name="p"),
        lambda one: publish(one, 2**53 - 1, hour(4)),
        lambda one: one.submit(order("A", (2**53 - 1, 10))),
        lambda one: one.submit(order("A", (2_000, -(2**53) + 1))),
        lambda one: one.submit(order("A", (2_000, 10), version=2**53 - 1)),
        lambda one: one.place(replace(NIGHT, power_kw=2**53 - 1), BID_AT),
    ],
)
def test_the_largest_number_that_a_log_keeps_gets_an_answer_and_comes_back(act):
    session = market("A")
    size = len(session.log)
    assert act(session) is not None
    assert len(session.log) > size + 1
    require_the_log_gives_it_again(session)


def test_the_largest_prepayments_come_back_from_the_log():
    session = market("A", prepaid_tiyn=MOST_PREPAID_TIYN)
    for number in range(MOST_IN_ALL_TIYN // MOST_PREPAID_TIYN - 1):
        assert prepay(session, "A", MOST_PREPAID_TIYN, name=f"p{number}") is None
    assert prepay(session, "A", 1, name="more") is PrepaymentRefusal.TOO_MUCH_IN_ALL
    require_the_log_gives_it_again(session)


def test_a_day_with_faulty_readings_is_not_in_the_log_and_goes_on():
    session = clear(market("A"))
    bad = Metered("A", "A-site", 3, -1)
    assert session.deliver(Delivered((bad,), {}), SETTLED_AT) == (
        Faulty("A, site A-site, hour 3", ReadingFault.NEGATIVE),
    )
    require_the_log_gives_it_again(session)
    assert revise(session, 5) is None
    assert session.deliver(Delivered((), {}), SETTLED_AT) == ()
    require_the_log_gives_it_again(session)


def test_readings_that_nobody_could_have_settled_are_not_of_this_log():
    session = clear(market("A"))
    session.deliver(Delivered((Metered("A", "A-site", 3, 1_000),), {}), SETTLED_AT)
    entries = events(session)
    index = next(place for place, event in enumerate(entries) if event["type"] == SessionInput.DELIVERED)
    forged = copy.deepcopy(entries)
    forged[index]["data"]["readings"] *= 2
    assert replayed(forged) == Broken(index, "it is not what follows from the entries before it")


def test_a_suspended_day_and_a_west_only_day_replay_too():
    session = market(people=[participant("W", zone=Zone.WEST)], supply_kwh=None)
    publish(session, 100, hour(zone=Zone.WEST))
    session.submit(order("W", (1_900, 150), product=hour(zone=Zone.WEST)))
    clear(session)
    assert fills(session, hour(zone=Zone.WEST)) == {"o-W": 100}
    assert isinstance(replayed(events(session)), MarketSession)


# Tampering


def amounts_in(value, path=()):
    """Paths to all whole numbers inside an entry's data."""
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in amounts_in(item, (*path, key))]
    if isinstance(value, list):
        return [found for key, item in enumerate(value) for found in amounts_in(item, (*path, key))]
    return [path] if type(value) is int else []


def with_one_more(event, path):
    changed = copy.deepcopy(event)
    inside = changed["data"]
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] += 1
    return changed


def test_every_amount_of_every_consequence_is_named_when_it_is_changed(day):
    places = [
        (index, path)
        for index, event in enumerate(day)
        if event["type"] not in ACTS
        for path in amounts_in(event["data"])
    ]
    assert len(places) > 150
    for index, path in places[::2]:
        changed = [*day[:index], with_one_more(day[index], path), *day[index + 1 :]]
        assert replayed(changed) == Broken(index, "it is not what follows from the entries before it"), (index, path)


def test_every_amount_of_every_act_is_found_by_what_follows_from_it(day):
    """But for an order that came too late: nothing that it says has a consequence."""
    places = [
        (index, path)
        for index, event in enumerate(day)
        if event["type"] in ACTS and index and event["id"] != "too late"
        for path in amounts_in(event["data"])
    ]
    assert len(places) > 40
    for index, path in places:
        result = replayed([*day[:index], with_one_more(day[index], path), *day[index + 1 :]])
        assert isinstance(result, Broken), (index, path)
        assert index <= result.index <= latest(day, index), (index, path, result)


@pytest.mark.parametrize("field", ["at", "id", "type", "v", "n"])
def test_the_frame_of_every_entry_is_checked(day, field):
    gate = gate_of(day)
    for index, event in enumerate(day):
        other = {"at": "2025-10-14T02:00:01Z", "id": "x", "type": "fee.raised", "v": 2, "n": 10**6}[field]
        result = replayed([*day[:index], {**event, field: other}, *day[index + 1 :]])
        assert isinstance(result, Broken), (index, event)
        if event["type"] not in ACTS or field != "at":
            assert result.index == index
        assert index <= result.index <= max(gate, index + 1)


def test_an_entry_that_is_dropped_is_missed(day):
    for index, event in enumerate(day[:-1]):
        left = [*day[:index], *day[index + 1 :]]
        assert replayed(left).index == index
        careful = replayed(numbered(left))
        if event["type"] in ACTS and index:
            assert index <= careful.index <= max(latest(day, index), index + 1)
        else:
            assert careful.index == index


def test_two_entries_that_changed_places_are_named(day):
    gate = gate_of(day)
    for index in range(len(day) - 1):
        swapped = [*day[:index], day[index + 1], day[index], *day[index + 2 :]]
        assert replayed(swapped).index == index
        careful = replayed(numbered(swapped))
        assert isinstance(careful, Broken), index
        assert index <= careful.index <= max(gate, index + 1)


def test_an_entry_that_was_put_in_is_named(day):
    gate = gate_of(day)
    posted = next(event for event in day if event["type"] == "ledger.posted")
    bid = next(event for event in day if event["type"] == "order.submitted")
    for index in range(1, len(day), 3):
        for foreign in (posted, bid):
            if foreign is day[index]:
                continue
            assert replayed([*day[:index], foreign, *day[index:]]).index == index
            careful = replayed(numbered([*day[:index], foreign, *day[index:]]))
            assert isinstance(careful, Broken)
            assert index <= careful.index <= max(gate + 1, index + 1)


def test_an_act_behind_the_last_stage_is_not_of_this_log(day):
    gate = day[gate_of(day)]
    for kind, data in (
        ("session.cleared", {}),
        ("gate.closed", gate["data"]),
        ("operator.suspended", {"operator_id": "A"}),
    ):
        extra = {**day[-1], "type": kind, "data": data, "n": len(day)}
        assert replayed([*day, extra]) == Broken(len(day), "it is not what follows from the entries before it")


@pytest.mark.parametrize(
    "data",
    [None, [], {}, "x", {"operator_id": "A"}, {"order_id": 1}],
)
def test_an_act_with_a_strange_body_breaks_no_replay(day, data):
    for index, event in enumerate(day):
        if event["type"] in ACTS - {"session.opened", "operator.suspended", "gate.closed", "session.cleared"}:
            result = replayed([*day[:index], {**event, "data": data}, *day[index + 1 :]])
            assert result.index == index
            assert result.what.startswith("no session can take it: ")


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [{}],
        [{"type": "order.submitted", "at": "2025-10-14T02:00:00Z", "data": {}}],
        [{"type": "session.opened"}],
        [{"type": "session.opened", "data": {}, "at": "2025-10-14T02:00:00Z"}],
        [{"type": "session.opened", "data": None, "at": None}],
        [{"type": "session.opened", "data": to_plain(terms()), "at": "yesterday"}],
    ],
)
def test_what_does_not_begin_with_the_terms_opens_no_session(entries):
    result = replayed(entries)
    assert result.index == 0
    assert result.what.startswith("it does not open a session: ")


def test_changed_terms_are_found(day):
    for field, value in (
        ("market_fee_tiyn_per_kwh", 6),
        ("transmission_tiyn_per_kwh", 0),
        ("engine_version", "other"),
        ("law_digest", "00" * 32),
        ("readings", {"market.price_rule": "uniform"}),
    ):
        first = copy.deepcopy(day[0])
        first["data"][field] = value
        result = replayed([first, *day[1:]])
        assert isinstance(result, Broken), field
        assert 0 < result.index <= gate_of(day)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("reserve_tiyn_per_kwh", {}),
        ("reserve_tiyn_per_kwh", {"north_south": 1_800}),
        ("reserve_tiyn_per_kwh", {"north_south": 1_800, "west": -1}),
        ("reserve_tiyn_per_kwh", {"north_south": 1_800, "west": "1800"}),
        ("market_fee_tiyn_per_kwh", -5),
        ("transmission_tiyn_per_kwh", -5),
        ("embargo_days", 89),
        ("embargo_days", 91),
        ("embargo_days", 0),
        ("embargo_days", -90),
        ("on", "9999-12-31"),
        ("on", "2025-02-30"),
        ("readings", ["x"]),
        ("profile", None),
    ],
)
def test_terms_that_no_session_can_have_open_none(day, field, value):
    first = copy.deepcopy(day[0])
    first["data"][field] = value
    result = replayed([first, *day[1:]])
    assert result.index == 0
    assert result.what.startswith("it does not open a session: ")


@pytest.mark.parametrize("zone", ["north_south", "west"])
def test_a_session_with_a_reserve_below_zero_cannot_be_opened(zone):
    opened = terms()
    below = replace(opened, reserve_tiyn_per_kwh={**opened.reserve_tiyn_per_kwh, zone: -1})
    with pytest.raises(ValueError, match="a reserve of"):
        MarketSession(lens=lens_of(below), opened=below, at=OPENED_AT)


# Another law


def test_under_another_law_the_first_consequence_that_differs_is_named(day):
    def uniform(opened):
        return lens_of(replace(opened, readings={**opened.readings, "market.price_rule": "pay_as_bid"}))

    first = next(index for index, event in enumerate(day) if event["type"] == "product.cleared")
    assert replay(events=day, lens=uniform) == Broken(first, "it is not what follows from the entries before it")


def test_under_a_law_that_says_the_same_the_session_is_the_same(day):
    def sale(opened):
        return lens_of(replace(opened, readings={**opened.readings, "licence.cap": "s1"}))

    assert isinstance(replay(events=day, lens=sale), MarketSession)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("profile", "published", "trading.rules.law_open"),
        ("profile", "x", "law.profile.unknown"),
        ("readings", {"nonsense": "x"}, "law.reading.unknown"),
        ("readings", {"market.price_rule": "nonsense"}, "law.reading.unknown"),
        ("on", "2020-01-01", "trading.rules.no_market"),
    ],
)
def test_under_a_law_that_gives_no_market_there_is_nothing_to_replay_and_the_reader_is_told_why(
    day, field, value, code
):
    first = copy.deepcopy(day[0])
    first["data"][field] = value
    with pytest.raises(InputProblem) as refusal:
        replayed([first, *day[1:]])
    assert refusal.value.code == code


# Exact ties


def drawn(note):
    """Two claims of 1 kWh for 1 kWh, and an earlier entry that has nothing to do with them."""
    session = market("A", "B", supply_kwh=1)
    session.unreadable(Unreadable(note, "", "documents.row.price", "no price"), BID_AT)
    for who in "AB":
        session.submit(order(who, (2_000, 1)))
    return clear(session)


def test_an_earlier_entry_may_change_who_wins_an_exact_tie_and_never_how_much_is_sold():
    sessions = [drawn(f"row {number}") for number in range(16)]
    winners = {tuple(fills(session)) for session in sessions}
    assert winners == {("o-A",), ("o-B",)}
    assert {session.trading.state.products[hour()].sold_kwh for session in sessions} == {1}
    assert {session.trading.state.ledger.held_tiyn("energy_sales:single_buyer") for session in sessions} == {2_000}


def test_what_comes_behind_the_gate_changes_no_tie():
    session = market("A", "B", supply_kwh=1)
    for who in "AB":
        session.submit(order(who, (2_000, 1)))
    twin = replayed(events(session))
    close(session)
    close(twin)
    twin.submit(order("A", (2_400, 1), name="late"))
    session.clear(CLEARED_AT)
    twin.clear(CLEARED_AT)
    assert fills(session) == fills(twin)


def test_no_two_entries_are_the_same_bytes(day):
    assert len({canonical_bytes(event) for event in day}) == len(day)
    assert [event["n"] for event in day] == list(range(len(day)))


def test_a_session_cannot_be_opened_where_the_law_has_no_market():
    with pytest.raises(InputProblem) as refusal:
        open_session(on=ON.replace(year=2022))
    assert refusal.value.code == "trading.rules.no_market"


def test_one_who_paid_before_being_admitted_is_a_stranger():
    session = open_session()
    assert prepay(session, "A", 5) is not None
    session.admit(participant("A"), OPENED_AT)
    assert prepay(session, "A", 5) is None
