"""Ledger, charges and statements under any sequence of groups."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.ledger.charges import (
    NOTHING,
    Charges,
    award_cost,
    difference,
    imbalance_charge,
    prepayment,
    purchase_cost,
    refund,
    release,
    reservation,
    reservation_id,
    restrike,
    settlement,
    worst_case_tiyn,
)
from kezek.ledger.contract_note import NoteHead, contract_note
from kezek.ledger.statement import statement_of
from kezek.ledger.transfer import (
    CASH,
    CLEARING,
    ENERGY_SALES,
    VAT,
    Ledger,
    LedgerRefused,
    Transfer,
    TransferState,
    owed,
    prepaid,
)
from kezek.registry.zone import Zone

AT = datetime(2025, 10, 14, 3, 0, tzinfo=UTC)
WHO = {"operator_id": "OP-1", "at": AT}
ME = prepaid("OP-1")

accounts = st.sampled_from([CASH, ME, prepaid("OP-2"), owed("OP-1"), ENERGY_SALES, VAT, CLEARING])
hours = st.integers(0, 5).map(lambda number: AT + timedelta(hours=number))
names = st.sampled_from([f"t{number}" for number in range(12)])
wild = st.builds(
    Transfer,
    transfer_id=names,
    debit=accounts,
    credit=accounts,
    amount_tiyn=st.integers(0, 60) | st.sampled_from([2**63 - 1, 2**63, True]),
    at=hours,
    memo=st.just(""),
    state=st.sampled_from(TransferState),
    pending_id=st.just("") | names,
)
KINDS = ["draw"] * 4 + ["set aside"] * 2 + ["pay", "void", "spend", "again", "wild"]
steps = st.tuples(
    st.sampled_from(KINDS),
    st.sampled_from(["OP-1", "OP-1", "OP-2"]),
    st.integers(1, 60),
    accounts,
    hours,
    st.integers(0, 10),
    wild,
)
plans = st.lists(st.lists(steps, min_size=1, max_size=4), min_size=4, max_size=20)
"""Groups of steps that mostly make sense, one in eleven wholly wild."""
START = (
    Transfer("start 1", CASH, ME, 150, AT, ""),
    Transfer("start 2", CASH, prepaid("OP-2"), 80, AT, ""),
    Transfer("order 1", ME, CLEARING, 60, AT, "", TransferState.PENDING),
)


def made(ledger, plan):
    """Turn a plan into groups, one after the other, each with the reservations in mind that the ledger then has."""
    number = 0
    yield list(START)
    for group_steps in plan:
        group = []
        for step in group_steps:
            group.append(one_of(step, f"t{number}", [*ledger.transfers(), *group]))
            number += 1
        yield group


def one_of(step, name, booked):
    kind, operator_id, amount, other, at, pick, odd = step
    if kind == "wild":
        return odd
    me = prepaid(operator_id)
    aside = [one for one in booked if one.state == TransferState.PENDING and not one.pending_id]
    if kind == "again" and booked:
        return booked[pick % len(booked)]
    if kind in ("draw", "void") and aside:
        one = aside[-1 - pick % len(aside)]
        used = sum(two.amount_tiyn for two in booked if two.pending_id == one.transfer_id)
        if kind == "void":
            left = one.amount_tiyn - used
            return Transfer(name, one.debit, one.credit, left, at, "", TransferState.VOIDED, one.transfer_id)
        return Transfer(name, one.debit, other, amount // 3 + 1, at, "", TransferState.POSTED, one.transfer_id)
    if kind == "set aside":
        return Transfer(name, me, CLEARING, amount, at, "", TransferState.PENDING)
    return (
        Transfer(name, me, other, amount, at, "") if kind == "spend" else Transfer(name, CASH, me, 3 * amount, at, "")
    )


def state_of(ledger):
    pending = [one.transfer_id for one in ledger.transfers() if one.state == TransferState.PENDING]
    return (
        ledger.transfers(),
        ledger.balances_tiyn(),
        {name: ledger.available_tiyn(name) for name in (ME, prepaid("OP-2"), CASH)},
        {name: ledger.pending_left_tiyn(name) for name in pending},
    )


def try_to_post(ledger, group):
    try:
        ledger.post(group)
    except LedgerRefused as refused:
        return refused
    return None


@settings(max_examples=100)
@given(plan=plans)
def test_a_refused_group_leaves_the_ledger_exactly_as_it_was_and_a_booked_one_at_zero(plan):
    ledger = Ledger()
    for group in made(ledger, plan):
        before = state_of(ledger)
        refused = try_to_post(ledger, group)
        if refused is not None:
            assert state_of(ledger) == before
            assert 0 <= refused.index < len(group)
        else:
            assert {one.transfer_id for one in group} <= {one.transfer_id for one in ledger.transfers()}
        ledger.require_zero()
        for name in (ME, prepaid("OP-2")):
            assert 0 <= ledger.available_tiyn(name) <= ledger.held_tiyn(name)


@settings(max_examples=100)
@given(plan=plans)
def test_balances_and_what_is_left_follow_from_the_transfers_alone(plan):
    """The book is append-only: adding up its transfers anew, and posting them anew, gives the same ledger."""
    ledger, again = Ledger(), Ledger()
    for group in made(ledger, plan):
        earlier = ledger.transfers()
        try_to_post(ledger, group)
        assert ledger.transfers()[: len(earlier)] == earlier
    totals, left = {}, {}
    for one in ledger.transfers():
        if one.state == TransferState.PENDING:
            left[one.transfer_id] = one.amount_tiyn
        elif one.pending_id:
            left[one.pending_id] -= one.amount_tiyn
        if one.state == TransferState.POSTED:
            totals[one.debit] = totals.get(one.debit, 0) + one.amount_tiyn
            totals[one.credit] = totals.get(one.credit, 0) - one.amount_tiyn
    assert totals == ledger.balances_tiyn()
    assert left == {name: ledger.pending_left_tiyn(name) for name in left}
    assert min(left.values(), default=0) >= 0
    again.post(ledger.transfers())
    assert state_of(again) == state_of(ledger)


@settings(max_examples=100)
@given(plan=plans, times=st.integers(2, 3))
def test_sending_every_group_again_changes_nothing(plan, times):
    once, often = Ledger(), Ledger()
    for group in made(once, plan):
        if try_to_post(once, group) is None:
            for _ in range(times):
                often.post(group)
    assert state_of(once) == state_of(often)


@settings(max_examples=100)
@given(plan=plans, cut=st.integers(-1, 6), operator_id=st.sampled_from(["OP-1", "OP-2"]))
def test_a_statement_ties_out_and_the_next_one_opens_where_it_closed(plan, cut, operator_id):
    ledger = Ledger()
    for group in made(ledger, plan):
        try_to_post(ledger, group)
    first_at, cut_at, last_at = AT - timedelta(hours=2), AT + timedelta(hours=cut), AT + timedelta(hours=9)

    def statement(from_at, until_at):
        return statement_of(operator_id=operator_id, transfers=ledger.transfers(), from_at=from_at, until_at=until_at)

    whole, first, second = statement(first_at, last_at), statement(first_at, cut_at), statement(cut_at, last_at)
    for page in (whole, first, second):
        running = page.opening_tiyn
        for line in page.lines:
            running += line.credit_tiyn - line.debit_tiyn
            assert line.balance_tiyn == running
        assert page.closing_tiyn == running == page.prepaid_tiyn - page.owed_tiyn
    assert first.opening_tiyn == 0 and first.closing_tiyn == second.opening_tiyn
    assert first.lines + second.lines == whole.lines
    assert whole.prepaid_tiyn == ledger.held_tiyn(prepaid(operator_id))
    assert whole.owed_tiyn == -ledger.held_tiyn(owed(operator_id))
    assert whole.available_tiyn == ledger.available_tiyn(prepaid(operator_id))


charges = st.builds(
    Charges,
    market_fee_tiyn_per_kwh=st.integers(0, 50),
    transmission_tiyn_per_kwh=st.integers(0, 300),
    vat_ppm=st.integers(0, 300_000),
)
small = st.builds(
    Charges,
    market_fee_tiyn_per_kwh=st.integers(0, 1),
    transmission_tiyn_per_kwh=st.integers(0, 1),
    vat_ppm=st.integers(0, 999_999),
)
"""Where every tiyn of a rounding shows."""


def sizes_of(award_kwh, largest_kwh):
    full, rest = divmod(award_kwh, largest_kwh)
    return [largest_kwh] * full + ([rest] if rest else [])


@settings(max_examples=400)
@given(data=st.data(), charges=charges | small, largest=st.sampled_from([1, 3, 10, 1_000]), limit=st.integers(1, 60))
def test_whatever_is_cut_and_struck_again_the_worst_case_reaches_and_every_tiyn_ties_out(
    data, charges, largest, limit
):
    """Order, award, then rounds of less energy at a price that rises up to the limit: the reservation always fits."""
    asked = data.draw(st.integers(1, 12)) * data.draw(st.sampled_from([1, largest]))
    kwh, price = data.draw(st.integers(1, asked)), data.draw(st.integers(0, limit))
    most = worst_case_tiyn(sizes_kwh=sizes_of(asked, largest), limit_tiyn_per_kwh=limit, charges=charges)
    ledger = Ledger()
    ledger.post(prepayment(**WHO, amount_tiyn=most, stem="p"))
    ledger.post(reservation(**WHO, amount_tiyn=most, stem="A"))
    assert ledger.available_tiyn(ME) == 0

    def cost(energy_kwh, at_price):
        return award_cost(sizes_kwh=sizes_of(energy_kwh, largest), price_tiyn_per_kwh=at_price, charges=charges)

    aside = reservation_id("A")
    ledger.post(settlement(**WHO, cost=cost(kwh, price), reserved_id=aside, stem="S"))
    for number in range(data.draw(st.integers(0, 3))):
        left = data.draw(st.integers(0, kwh))
        higher = data.draw(st.integers(price, limit)) if left < kwh else price
        ledger.post(refund(**WHO, before=cost(kwh, price), left=cost(left, price), stem=f"C{number}"))
        step = {"before": cost(left, price), "after": cost(left, higher)}
        ledger.post(restrike(**WHO, **step, reserved_id=aside, stem=f"N{number}"))
        kwh, price = left, higher
    left_tiyn = ledger.pending_left_tiyn(aside)
    ledger.post(release(**WHO, left_tiyn=left_tiyn, reserved_id=aside, stem="R"))
    final = cost(kwh, price)
    assert ledger.held_tiyn(ME) == ledger.available_tiyn(ME) == most - final.total_tiyn
    assert ledger.held_tiyn(ENERGY_SALES) == final.net_tiyn
    assert ledger.held_tiyn(VAT) == final.vat_tiyn


@settings(max_examples=200)
@given(sizes=st.lists(st.integers(0, 1_000), max_size=30), price=st.integers(0, 5_000), charges=charges)
def test_an_award_costs_the_sum_of_its_purchases(sizes, price, charges):
    total = NOTHING
    for size in sizes:
        total += purchase_cost(energy_kwh=size, price_tiyn_per_kwh=price, charges=charges)
    assert award_cost(sizes_kwh=sizes, price_tiyn_per_kwh=price, charges=charges) == total


HEAD = NoteHead(
    "1", "A#1", "A", "OP-1", "OP-1", "d/west/07", Zone.WEST, AT, AT + timedelta(hours=1), AT, ("uniform/1",)
)


@settings(max_examples=200)
@given(
    energy=st.integers(1, 1_000),
    left_ppm=st.integers(0, 1_000_000),
    price=st.integers(0, 5_000),
    rise=st.integers(0, 500),
    charges=charges | small,
)
def test_a_contract_note_agrees_with_the_ledger_to_the_tiyn(energy, left_ppm, price, rise, charges):
    left = energy * left_ppm // 1_000_000
    before = purchase_cost(energy_kwh=energy, price_tiyn_per_kwh=price, charges=charges)
    kept = purchase_cost(energy_kwh=left, price_tiyn_per_kwh=price, charges=charges)
    after = purchase_cost(energy_kwh=left, price_tiyn_per_kwh=price + rise, charges=charges)
    note = contract_note(
        head=HEAD,
        energy_kwh=energy,
        price_tiyn_per_kwh=price,
        left_kwh=left,
        price_left_tiyn_per_kwh=price + rise,
        charges=charges,
        refund=difference(larger=before, smaller=kept),
        extra=difference(larger=after, smaller=kept),
    )
    paid = worst_case_tiyn(sizes_kwh=[energy], limit_tiyn_per_kwh=price + rise, charges=charges) + 1
    ledger = Ledger()
    ledger.post(prepayment(**WHO, amount_tiyn=paid, stem="p"))
    ledger.post(reservation(**WHO, amount_tiyn=paid, stem="A"))
    ledger.post(settlement(**WHO, cost=note.cost, reserved_id=reservation_id("A"), stem="S"))
    assert paid - ledger.held_tiyn(ME) == note.cost.total_tiyn
    ledger.post(refund(**WHO, before=note.cost, left=kept, stem="C"))
    assert paid - ledger.held_tiyn(ME) == note.cost.total_tiyn - note.refund.total_tiyn
    ledger.post(restrike(**WHO, before=kept, after=after, reserved_id=reservation_id("A"), stem="N"))
    assert paid - ledger.held_tiyn(ME) == note.due_tiyn == after.total_tiyn


@settings(max_examples=200)
@given(paid=st.integers(1, 1_000), aside=st.integers(0, 1_000), amount=st.integers(0, 3_000))
def test_an_imbalance_is_booked_whole_and_overdraws_nothing(paid, aside, amount):
    ledger = Ledger()
    ledger.post(prepayment(**WHO, amount_tiyn=paid, stem="p"))
    if 0 < aside <= paid:
        ledger.post(reservation(**WHO, amount_tiyn=aside, stem="A"))
    free = ledger.available_tiyn(ME)
    ledger.post(imbalance_charge(**WHO, amount_tiyn=amount, available_tiyn=free, stem="i"))
    assert ledger.available_tiyn(ME) == max(free - amount, 0)
    assert -ledger.held_tiyn(owed("OP-1")) == max(amount - free, 0)
