"""What holds in every session: one end for each order, books that add up, nobody below zero, the same bytes again."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.trading.acts import (
    BUYERS,
    CHARGES,
    HOURS,
    METERS,
    RULES,
    begin,
    days,
    readings_of_meters,
    run,
    standing,
    take,
)
from tests.trading.sessions import BID_AT, SETTLED_AT, events, lens_of

from kezek.evidence.log import parse_entries
from kezek.ledger.transfer import TransferState, owed, prepaid
from kezek.market.order import OrderRefusal, Outcome, Step
from kezek.trading.events import Delivered, Metered, ReadingFault, SessionInput
from kezek.trading.session import Broken, MarketSession, replay
from kezek.trading.settling import MOST_METERED_WH, Faulty

ACTS = {kind.value for kind in SessionInput}


def pending_tiyn(session, who=None):
    """What is still set aside, of all or of one."""
    ledger = session.trading.state.ledger
    return sum(
        ledger.pending_left_tiyn(one.transfer_id)
        for one in ledger.transfers()
        if one.state == TransferState.PENDING and who in (None, one.debit.removeprefix("prepaid:"))
    )


def require_sound_books(session):
    state = session.trading.state
    state.ledger.require_zero()
    for who in (*BUYERS, "T"):
        held, free = state.ledger.held_tiyn(prepaid(who)), state.ledger.available_tiyn(prepaid(who))
        assert 0 <= free <= held
        assert held - free == pending_tiyn(session, who)


@given(rules=RULES, charges=CHARGES, day=days())
def test_the_books_are_sound_after_every_act(rules, charges, day):
    run(rules, charges, day, after=lambda session, _: require_sound_books(session))


@given(rules=RULES, charges=CHARGES, day=days())
def test_what_is_set_aside_is_what_the_orders_in_the_book_may_cost(rules, charges, day):
    def look(session, _):
        if session.trading.cleared:
            return
        for who in BUYERS:
            live = [one for hour in HOURS for one in session.trading.book.live(hour) if one.order.operator_id == who]
            assert pending_tiyn(session, who) == sum(one.reserved_tiyn for one in live)

    run(rules, charges, day, after=look)


@given(rules=RULES, charges=CHARGES, day=days())
def test_nothing_is_left_set_aside_once_it_is_over(rules, charges, day):
    session = run(rules, charges, day)
    restruck = session.trading.rules.restrikes
    if not restruck:
        assert pending_tiyn(session) == 0
    if not session.trading.settled:
        assert session.deliver(Delivered((), {}), SETTLED_AT) == ()
    assert pending_tiyn(session) == 0


@given(rules=RULES, charges=CHARGES, day=days(), readings=readings_of_meters)
def test_what_is_charged_after_delivery_is_what_the_sites_came_to_and_nobody_owes_while_it_has_money(
    rules, charges, day, readings
):
    session = run(rules, charges, [act for act in day if act[0] != "deliver"])
    ledger = session.trading.state.ledger
    before = {who: ledger.held_tiyn(prepaid(who)) for who in BUYERS}
    assert take(session, ("deliver", readings), 0) == ()
    charged = Counter()
    for one in session.trading.state.imbalances:
        charged[one.settled.operator_id] += one.settled.amount_tiyn
    for who in BUYERS:
        free, debt = ledger.available_tiyn(prepaid(who)), ledger.held_tiyn(owed(who))
        assert free == ledger.held_tiyn(prepaid(who)) == max(0, before[who] - charged[who])
        assert debt == min(0, before[who] - charged[who])
    assert ledger.held_tiyn("imbalance:single_buyer") == charged.total()
    stems = [event["id"] for event in events(session) if event["id"].startswith("deviation/")]
    assert sorted(stems) == sorted(f"deviation/{who}" for who, tiyn in charged.items() if tiyn)
    require_sound_books(session)


any_reading = st.builds(
    Metered,
    st.sampled_from(("A", "A", "B", "T", "Z")),
    st.sampled_from(("A-site", "A-site", "B-2", "")),
    st.sampled_from((3, 3, 4, 0, 23, 24, -1)),
    st.sampled_from((0, 1_000, MOST_METERED_WH, MOST_METERED_WH + 1, -1, 2**53)),
)


def fault_of(readings, index):
    """What is wrong with one of the readings, reckoned here."""
    one = readings[index]
    earlier = [(other.operator_id, other.site_id, other.hour_index) for other in readings[:index]]
    if (one.operator_id, one.site_id) not in METERS:
        return ReadingFault.UNKNOWN_SITE
    if one.hour_index not in range(24):
        return ReadingFault.UNKNOWN_HOUR
    if not 0 <= one.metered_wh <= MOST_METERED_WH:
        return ReadingFault.NEGATIVE if one.metered_wh < 0 else ReadingFault.TOO_LARGE
    return ReadingFault.TWICE if (one.operator_id, one.site_id, one.hour_index) in earlier else None


@given(readings=st.lists(any_reading, max_size=6).map(tuple))
def test_either_every_reading_is_sound_or_nothing_is_settled_and_each_faulty_one_is_named(readings):
    day = [("prepay", "A", 10**7), ("publish", HOURS[0], 9), ("bid", "A", 3, [(1_801, 9)], False)]
    session = run({}, (0, 0), [*day, ("close",), ("clear",)])
    log, transfers = session.log.entries_text(), session.trading.state.ledger.transfers()
    faults = [(one, fault_of(readings, index)) for index, one in enumerate(readings)]
    expected = tuple(
        Faulty(f"{one.operator_id}, site {one.site_id}, hour {one.hour_index}", fault)
        for one, fault in faults
        if fault
    )
    assert take(session, ("deliver", readings), 0) == expected
    assert session.trading.settled is not bool(expected)
    if expected:
        assert (session.log.entries_text(), session.trading.state.ledger.transfers()) == (log, transfers)


NIGHTS = st.tuples(
    st.just("night"),
    st.sampled_from(("A", "A", "A", "B", "Z")),
    st.sampled_from((1, 1, 2, 2, 3, 4)),
    st.integers(1_799, 1_802),
    st.sampled_from((5, 9, 1_600)),
    st.sampled_from(((3,), (3, 4), (4,), ())),
)
changes_of_supply = st.tuples(
    st.sampled_from(("revise", "revise", "withdraw")), st.sampled_from(HOURS[:2]), st.integers(0, 9)
)


def expected_refusal(sent, kept):
    """What a standing order is refused for, reckoned here, where all are sent under one id."""
    if sent.version <= (kept.version if kept else 0):
        return OrderRefusal.ID_TAKEN
    if sent.version != (kept.version if kept else 0) + 1:
        return OrderRefusal.VERSION_NOT_NEXT
    if kept and kept.operator_id != sent.operator_id:
        return OrderRefusal.NOT_YOURS
    return OrderRefusal.UNKNOWN_OPERATOR if sent.operator_id == "Z" else None


def require_orders_of(kept, session):
    """In each hour that is covered and offered stands the last version, or its order was answered with a refusal."""
    last = {one.order.order_id: one for one in session.trading.state.decisions}
    for one in HOURS[:2]:
        name, product = f"S~{one}", session.trading.state.products[one].product
        live = session.trading.book.in_book(name)
        covered = kept is not None and product.hour_index in kept.clock_hours
        assert live is None or (covered and live.order.operator_id == kept.operator_id)
        if covered and product.offered_kwh and last[name].refusal is None:
            assert live is not None
            assert live.order.steps == (Step(kept.price_tiyn_per_kwh, kept.power_kw),)


@given(acts=st.lists(st.one_of(NIGHTS, NIGHTS, changes_of_supply), max_size=12))
def test_of_a_standing_order_stands_in_the_book_what_its_last_version_covers_and_nothing_else(acts):
    session, kept, answers = begin({}), None, {}
    start = [("prepay", "A", 10**7), ("prepay", "B", 10**4), ("publish", HOURS[0], 9), ("publish", HOURS[1], 0)]
    for number, act in enumerate([*start, *acts]):
        if act[0] != "night":
            take(session, act, number)
        elif (sent := standing(*act[1:], name="S")) in answers:
            assert session.place(sent, BID_AT) == answers[sent]
        else:
            result = session.place(sent, BID_AT)
            assert (result.standing, result.refusal) == (sent, expected_refusal(sent, kept))
            if result.refusal is None:
                kept, answers[sent] = sent, result
        require_orders_of(kept, session)
        require_sound_books(session)
    again = replay(events=events(session), lens=lens_of)
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text()


@given(rules=RULES, charges=CHARGES, day=days())
def test_every_order_ends_in_exactly_one_way(rules, charges, day):
    session = run(rules, charges, day)
    state = session.trading.state
    sent = {decision.order.order_id for decision in state.decisions}
    assert set(state.ends) == sent
    awarded = Counter()
    for one in state.purchases.values():
        awarded[one.order_id] += one.energy_kwh
    taken = {one.order.order_id: one.order for hour in HOURS for one in state.products[hour].decisions}
    gone = {one.removed.order.order_id for one in state.cancellations if one.removed}
    for order_id, end in state.ends.items():
        if order_id in taken:
            whole = taken[order_id].quantity_kwh
            expected = {whole: Outcome.ACCEPTED, 0: Outcome.REJECTED}.get(awarded[order_id], Outcome.PARTLY)
            assert end.outcome is expected
        else:
            assert awarded[order_id] == 0
            assert end.outcome in (Outcome.REJECTED, Outcome.CANCELLED)
            assert (end.outcome is Outcome.CANCELLED) >= (order_id in gone)


@given(rules=RULES, charges=CHARGES, day=days())
def test_no_end_changes_once_it_is_given(rules, charges, day):
    seen = {}

    def look(session, act):
        if session.trading.cleared:
            for order_id, end in seen.items():
                assert session.trading.state.ends[order_id] == end
            seen.update(session.trading.state.ends)

    run(rules, charges, day, after=look)


@given(rules=RULES, charges=CHARGES, day=days())
def test_no_more_is_sold_than_is_offered_and_purchases_add_up(rules, charges, day):
    def look(session, act):
        state = session.trading.state
        if not session.trading.cleared:
            return
        left = Counter()
        for key, kwh in state.final_purchase_kwh.items():
            purchase = state.purchases[key]
            left[purchase.product_id] += kwh
            assert 0 <= kwh <= purchase.energy_kwh
            assert purchase.energy_kwh <= 1_000 or purchase.operator_id == "C"
        for one in HOURS:
            product = state.products[one]
            supply = product.product.offered_kwh if product.revised_kwh is None else product.revised_kwh
            asked = sum(row.step.quantity_kwh for row in product.rows)
            assert product.sold_kwh == left[one] == sum(product.final_kwh.values()) == min(supply, asked)

    run(rules, charges, day, after=look)


@given(rules=RULES, charges=CHARGES, day=days())
def test_nobody_pays_more_than_it_bid_and_purchases_are_numbered_through(rules, charges, day):
    session = run(rules, charges, day)
    state = session.trading.state
    for one in HOURS:
        product = state.products[one]
        numbers = {}
        for row, keys in zip(product.rows, product.purchase_ids, strict=True):
            for key in keys:
                order_id, _, number = key.rpartition("#")
                numbers.setdefault(order_id, []).append(int(number))
                assert order_id == row.order.order_id
                reserve = product.product.reserve_tiyn_per_kwh
                assert reserve <= state.price_of_purchase[key] <= row.step.price_tiyn_per_kwh
        assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def cost_tiyn(session, kwh, price):
    """What a purchase costs, reckoned here: price, charges and VAT of 12 %, half up."""
    rules = session.trading.rules
    net = kwh * (price + rules.market_fee_tiyn_per_kwh + rules.transmission_tiyn_per_kwh)
    return net + (net * 12 + 50) // 100


@given(rules=RULES, charges=CHARGES, day=days())
def test_each_has_paid_what_it_holds_and_nothing_else(rules, charges, day):
    """Also where the price was struck again: what was drawn bit by bit is what the rest costs at its price."""
    session = run(rules, charges, [act for act in day if act[0] != "deliver"])
    state = session.trading.state
    paid = Counter()
    for one in state.ledger.transfers():
        if one.transfer_id.startswith("prepay/"):
            paid[one.credit] += one.amount_tiyn
    for who in BUYERS:
        keys = [key for key, purchase in state.purchases.items() if purchase.operator_id == who]
        spent = sum(cost_tiyn(session, state.final_purchase_kwh[key], state.price_of_purchase[key]) for key in keys)
        assert state.ledger.held_tiyn(prepaid(who)) == paid[prepaid(who)] - spent


@given(rules=RULES, charges=CHARGES, day=days())
def test_when_all_is_withdrawn_all_is_paid_back_to_the_tiyn(rules, charges, day):
    session = run(rules, charges, [act for act in day if act[0] != "deliver"])
    for one in HOURS:
        take(session, ("withdraw", one), 0)
    ledger = session.trading.state.ledger
    paid = Counter()
    for one in ledger.transfers():
        if one.transfer_id.startswith("prepay/"):
            paid[one.credit] += one.amount_tiyn
    for who in BUYERS:
        assert ledger.held_tiyn(prepaid(who)) == paid[prepaid(who)]
    parties = ("energy_sales:single_buyer", "fee:market_operator", "transmission:grid_operator", "vat:state")
    assert {ledger.held_tiyn(account) for account in parties} == {0}


@given(charges=CHARGES, day=days())
def test_under_pay_as_bid_striking_again_makes_no_difference(charges, day):
    sessions = [
        run({"market.price_rule": "pay_as_bid", "market.curtailment_price": rule}, charges, day)
        for rule in ("kept", "restruck")
    ]
    for session in sessions:
        assert pending_tiyn(session) == 0
        assert not [event for event in events(session) if event["type"] == "purchase.restruck"]
    sold = [{one: session.trading.state.products[one].sold_kwh for one in HOURS} for session in sessions]
    assert sold[0] == sold[1]


@given(rules=RULES, charges=CHARGES, day=days())
def test_the_log_gives_the_session_again_byte_for_byte(rules, charges, day):
    session = run(rules, charges, day)
    again = replay(events=parse_entries(session.log.entries_text()), lens=lens_of)
    assert isinstance(again, MarketSession)
    assert again.log.entries_text() == session.log.entries_text() == run(rules, charges, day).log.entries_text()
    assert again.trading.state.ends == session.trading.state.ends
    assert again.trading.state.ledger.transfers() == session.trading.state.ledger.transfers()


@given(rules=RULES, charges=CHARGES, day=days(), data=st.data())
@settings(max_examples=60)
def test_a_log_that_was_tampered_with_is_found_where_it_was(rules, charges, day, data):
    logged = events(run(rules, charges, day))
    index = data.draw(st.sampled_from([n for n, event in enumerate(logged) if event["type"] not in ACTS]))
    other = data.draw(st.integers(0, len(logged) - 1))
    event = logged[index]
    tampered = {
        "changed": [*logged[:index], {**event, "data": {**event["data"], "more": 1}}, *logged[index + 1 :]],
        "dropped": [*logged[:index], *logged[index + 1 :]],
        "put in": [*logged[: index + 1], {**event, "id": "again"}, *logged[index + 1 :]],
        "cut off": logged[:index],
    }
    places = {"changed": index, "dropped": index, "put in": index + 1, "cut off": index}
    for name, changed in tampered.items():
        for number, one in enumerate(changed):
            changed[number] = {**one, "n": number}
        found = replay(events=changed, lens=lens_of)
        assert isinstance(found, Broken) and found.index == places[name], name
    if other != index:
        low, high = sorted((index, other))
        swapped = list(logged)
        swapped[low], swapped[high] = logged[high], logged[low]
        assert replay(events=swapped, lens=lens_of).index == low


@given(rules=RULES, day=days(), note=st.integers(0, 10**6))
def test_an_entry_that_has_nothing_to_do_with_it_changes_no_total(rules, day, note):
    until = day.index(("clear",)) + 1
    totals = []
    for extra in (("prepay", "T", 9), ("prepay", "T", 9 + note)):
        session = begin(rules)
        for number, act in enumerate([extra, *day[:until]]):
            take(session, act, number)
        state = session.trading.state
        totals.append([(state.products[one].sold_kwh, state.products[one].summary) for one in HOURS])
    assert totals[0] == totals[1]
