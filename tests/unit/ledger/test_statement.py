"""Statements and contract notes: what an operator is shown agrees with the ledger."""

from datetime import UTC, datetime, timedelta

import pytest

from kezek.ledger.charges import (
    NOTHING,
    Charges,
    difference,
    imbalance_charge,
    prepayment,
    purchase_cost,
    refund,
    release,
    reservation,
    settlement,
)
from kezek.ledger.contract_note import NoteHead, contract_note
from kezek.ledger.statement import statement_of
from kezek.ledger.transfer import Ledger, Transfer, TransferState, owed, prepaid
from kezek.registry.zone import Zone

AT = datetime(2025, 10, 14, 0, 0, tzinfo=UTC)
CHARGES = Charges(market_fee_tiyn_per_kwh=5, transmission_tiyn_per_kwh=0, vat_ppm=120_000)


def hour(number):
    return AT + timedelta(hours=number)


def cost(energy, price=1_850):
    return purchase_cost(energy_kwh=energy, price_tiyn_per_kwh=price, charges=CHARGES)


def day():
    """Pay 5,000; reserve 3,000 twice over the day; buy; one reservation stays open; owe 700 at the end."""
    ledger = Ledger()
    me = {"operator_id": "OP-001"}
    ledger.post(prepayment(**me, amount_tiyn=5_000, at=hour(1), stem="p"))
    ledger.post(prepayment(operator_id="OP-002", amount_tiyn=9_000, at=hour(1), stem="q"))
    ledger.post(reservation(**me, amount_tiyn=2_500, at=hour(2), stem="A"))
    ledger.post(reservation(**me, amount_tiyn=1_000, at=hour(3), stem="B"))
    ledger.post(settlement(**me, cost=cost(1), reserved_id="A/reserved", at=hour(4), stem="S"))
    left_tiyn = ledger.pending_left_tiyn("A/reserved")
    ledger.post(release(**me, left_tiyn=left_tiyn, reserved_id="A/reserved", at=hour(5), stem="R"))
    free_tiyn = ledger.available_tiyn(prepaid("OP-001"))
    ledger.post(imbalance_charge(**me, amount_tiyn=free_tiyn + 700, available_tiyn=free_tiyn, at=hour(6), stem="I"))
    return ledger


def statement(first, last, transfers=None, operator_id="OP-001"):
    transfers = day().transfers() if transfers is None else transfers
    return statement_of(operator_id=operator_id, transfers=transfers, from_at=hour(first), until_at=hour(last))


def test_a_whole_day_by_hand():
    # 1 kWh: 1,850 + 5 + 12 % of 1,855 = 222.6 -> 223: 2,078. Free of 5,000: 5,000 - 2,078 - 1,000 = 1,922.
    page = statement(0, 24)
    assert [(line.transfer_id, line.debit_tiyn, line.credit_tiyn, line.balance_tiyn) for line in page.lines] == [
        ("p/paid", 0, 5_000, 5_000),
        ("S/energy", 1_850, 0, 3_150),
        ("S/fee", 5, 0, 3_145),
        ("S/vat", 223, 0, 2_922),
        ("I/imbalance/paid", 1_922, 0, 1_000),
        ("I/imbalance/owed", 700, 0, 300),
    ]
    assert [line.account for line in page.lines][-2:] == [prepaid("OP-001"), owed("OP-001")]
    assert (page.opening_tiyn, page.closing_tiyn) == (0, 300)
    assert (page.prepaid_tiyn, page.owed_tiyn) == (1_000, 700)
    assert [(line.transfer_id, line.left_tiyn) for line in page.pending] == [("B/reserved", 1_000)]
    assert (page.pending_tiyn, page.available_tiyn) == (1_000, 0)


def test_the_period_is_half_open_and_opens_where_the_one_before_closed():
    first, second = statement(0, 4), statement(4, 24)
    assert [line.transfer_id for line in first.lines] == ["p/paid"]
    assert first.closing_tiyn == second.opening_tiyn == 5_000
    assert second.lines[0].transfer_id == "S/energy"


def test_what_was_pending_at_the_end_of_the_period_is_shown_as_it_was_then():
    page = statement(0, 4)
    assert [(line.transfer_id, line.left_tiyn) for line in page.pending] == [
        ("A/reserved", 2_500),
        ("B/reserved", 1_000),
    ]
    assert page.available_tiyn == 1_500
    after_the_sale = statement(0, 5)
    assert after_the_sale.pending[0].left_tiyn == 2_500 - 2_078


def test_what_another_has_set_aside_for_an_operator_is_not_its_own():
    promise = Transfer("x", "cash:single_buyer", prepaid("OP-001"), 10, hour(2), "promised", TransferState.PENDING)
    page = statement(0, 5, transfers=(*day().transfers(), promise))
    assert "x" not in [line.transfer_id for line in page.pending]


def test_nobody_sees_the_lines_of_another():
    page = statement(0, 24, operator_id="OP-002")
    assert [line.transfer_id for line in page.lines] == ["q/paid"]
    stranger = statement(0, 24, operator_id="OP-00")
    assert (stranger.lines, stranger.pending, stranger.closing_tiyn) == ((), (), 0)


def test_a_transfer_between_the_two_accounts_of_an_operator_has_two_lines():
    paid_off = Transfer("off", prepaid("OP-001"), owed("OP-001"), 700, hour(7), "debt paid from the prepayment")
    page = statement(7, 8, transfers=(*day().transfers(), paid_off))
    assert [(line.account, line.debit_tiyn, line.credit_tiyn) for line in page.lines] == [
        (prepaid("OP-001"), 700, 0),
        (owed("OP-001"), 0, 700),
    ]
    assert page.opening_tiyn == page.closing_tiyn == 300
    assert (page.prepaid_tiyn, page.owed_tiyn) == (300, 0)


def test_what_is_booked_late_stands_at_its_time():
    late = Transfer("late", "cash:single_buyer", prepaid("OP-001"), 10, hour(2), "prepayment found later")
    page = statement(0, 5, transfers=(*day().transfers(), late))
    assert [line.transfer_id for line in page.lines][:3] == ["p/paid", "late", "S/energy"]
    assert page.lines[1].balance_tiyn == 5_010


@pytest.mark.parametrize("last", [3, 2])
def test_a_period_without_time_is_refused(last):
    with pytest.raises(ValueError, match="no time in it"):
        statement(3, last)


HEAD = NoteHead(
    note_number="2025-10-15/000001",
    purchase_id="A#1",
    order_id="A",
    operator_id="OP-001",
    owner_id="OP-001",
    product_id="2025-10-15/west/07",
    zone=Zone.WEST,
    starts_at=hour(26),
    ends_at=hour(27),
    struck_at=hour(5),
    rules=("uniform/1", "pro_rata_per_operator/1"),
)


def note(energy=1_000, price=1_850, left=None, price_left=None):
    left, price_left = energy if left is None else left, price if price_left is None else price_left
    before = purchase_cost(energy_kwh=energy, price_tiyn_per_kwh=price, charges=CHARGES)
    kept = purchase_cost(energy_kwh=left, price_tiyn_per_kwh=price, charges=CHARGES)
    after = purchase_cost(energy_kwh=left, price_tiyn_per_kwh=price_left, charges=CHARGES)
    within = left <= energy and price_left >= price
    return contract_note(
        head=HEAD,
        energy_kwh=energy,
        price_tiyn_per_kwh=price,
        left_kwh=left,
        price_left_tiyn_per_kwh=price_left,
        charges=CHARGES,
        refund=difference(larger=before, smaller=kept) if within else NOTHING,
        extra=difference(larger=after, smaller=kept) if within else NOTHING,
    )


def test_a_note_whose_bookings_do_not_come_to_what_is_left_is_a_bug():
    with pytest.raises(ValueError, match="is not"):
        contract_note(
            head=HEAD,
            energy_kwh=1_000,
            price_tiyn_per_kwh=1_850,
            left_kwh=500,
            price_left_tiyn_per_kwh=1_850,
            charges=CHARGES,
        )


def test_the_note_of_a_purchase_that_stands():
    one = note()
    assert one.cost == cost(1_000)
    assert (one.refund, one.extra, one.due_tiyn) == (NOTHING, NOTHING, cost(1_000).total_tiyn)
    assert one.head is HEAD


def test_a_curtailed_note_shows_what_the_ledger_gave_back():
    one = note(energy=3, left=1)
    group = refund(operator_id="OP-001", before=cost(3), left=cost(1), at=AT, stem="C")
    assert one.refund.total_tiyn == sum(transfer.amount_tiyn for transfer in group)
    assert one.due_tiyn == cost(1).total_tiyn


def test_a_note_at_a_new_price_adds_up_to_the_energy_left_at_that_price():
    one = note(left=600, price_left=2_100)
    assert one.extra.net_tiyn == 600 * 250
    assert one.due_tiyn == cost(600, 2_100).total_tiyn


def test_a_cancelled_purchase_costs_nothing_in_the_end():
    assert note(left=0).due_tiyn == 0


@pytest.mark.parametrize(("left", "price_left"), [(1_001, 1_850), (1_000, 1_849), (0, 1_849), (-1, 1_850)])
def test_curtailment_adds_nothing_and_lowers_no_price(left, price_left):
    with pytest.raises(ValueError, match=r"are left of|a purchase of"):
        note(left=left, price_left=price_left)
