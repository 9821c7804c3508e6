from datetime import UTC, datetime, timedelta, timezone

import pytest

from kezek.ledger.transfer import (
    AMOUNT_LIMIT_TIYN,
    CASH,
    CLEARING,
    ENERGY_SALES,
    IMBALANCE,
    VAT,
    Ledger,
    LedgerBroken,
    LedgerRefused,
    Transfer,
    TransferRefusal,
    TransferState,
    owed,
    prepaid,
    reversal,
)

AT = datetime(2025, 10, 14, 3, 0, tzinfo=UTC)
ME = prepaid("OP-001")
PENDING, VOIDED = TransferState.PENDING, TransferState.VOIDED


def pay(name="pay", amount=1_000, account=ME):
    return Transfer(name, CASH, account, amount, AT, "prepayment")


def spend(name="sale", amount=100, **changes):
    return Transfer(name, ME, ENERGY_SALES, amount, AT, "energy")._replace(**changes)


def aside(name="order", amount=600):
    return Transfer(name, ME, CLEARING, amount, AT, "reservation", PENDING)


def draw(name, amount, of="order", **changes):
    return spend(name, amount, pending_id=of, **changes)


def void(name, amount, of="order", **changes):
    return Transfer(name, ME, CLEARING, amount, AT, "release", VOIDED, of)._replace(**changes)


def book(*transfers):
    ledger = Ledger()
    ledger.post([pay()])
    for transfer in transfers:
        ledger.post([transfer])
    return ledger


def refused(ledger, *group):
    """Post a group that must be refused, and see that nothing of it stays."""
    before = state_of(ledger)
    with pytest.raises(LedgerRefused) as caught:
        ledger.post(group)
    assert state_of(ledger) == before
    return caught.value


def state_of(ledger):
    pending = [one.transfer_id for one in ledger.transfers() if one.state == PENDING]
    return (
        ledger.transfers(),
        ledger.balances_tiyn(),
        {name: ledger.available_tiyn(name) for name in ledger.balances_tiyn()},
        {name: ledger.pending_left_tiyn(name) for name in pending},
    )


def test_a_prepayment_is_cash_of_the_buyer_and_a_claim_of_the_operator():
    ledger = book()
    assert ledger.balances_tiyn() == {CASH: 1_000, ME: -1_000}
    assert (ledger.held_tiyn(ME), ledger.available_tiyn(ME), ledger.held_tiyn("other")) == (1_000, 1_000, 0)
    ledger.require_zero()


def test_a_prepaid_account_may_be_emptied_to_the_last_tiyn_and_not_beyond():
    ledger = book(spend(amount=999))
    fault = refused(ledger, spend("more", 2))
    assert (fault.code, fault.index) == (TransferRefusal.OVERDRAWN, 0)
    assert "1 are free" in fault.what
    ledger.post([spend("rest", 1)])
    assert ledger.held_tiyn(ME) == 0


def test_what_is_set_aside_moves_nothing_and_cannot_be_spent():
    ledger = book(aside())
    assert (ledger.held_tiyn(ME), ledger.available_tiyn(ME), ledger.pending_left_tiyn("order")) == (1_000, 400, 600)
    assert ledger.held_tiyn(CLEARING) == 0
    assert refused(ledger, spend(amount=401)).code is TransferRefusal.OVERDRAWN
    assert refused(ledger, aside("second", 401)).code is TransferRefusal.OVERDRAWN
    ledger.post([spend(amount=400)])
    assert ledger.available_tiyn(ME) == 0


def test_several_draws_go_to_whom_they_are_due_while_the_sum_fits():
    ledger = book(aside(), draw("energy", 500), draw("tax", 60, credit=VAT))
    assert ledger.pending_left_tiyn("order") == 40
    assert (ledger.held_tiyn(ENERGY_SALES), ledger.held_tiyn(VAT), ledger.held_tiyn(ME)) == (500, 60, 440)
    assert ledger.available_tiyn(ME) == 400
    fault = refused(ledger, draw("more", 41))
    assert fault.code is TransferRefusal.PENDING_EXCEEDED
    assert "40 are left" in fault.what
    ledger.post([draw("last", 40)])
    assert ledger.pending_left_tiyn("order") == 0


def test_a_release_gives_free_exactly_what_is_left():
    ledger = book(aside(), draw("energy", 500))
    for wrong in (99, 101):
        assert refused(ledger, void("end", wrong)).code is TransferRefusal.VOID_AMOUNT
    ledger.post([void("end", 100)])
    assert (ledger.held_tiyn(ME), ledger.available_tiyn(ME), ledger.pending_left_tiyn("order")) == (500, 500, 0)
    assert ledger.held_tiyn(CLEARING) == 0


@pytest.mark.parametrize("last", [draw("all", 600), void("all", 600)], ids=["drawn whole", "voided"])
def test_after_its_end_nothing_is_drawn_from_a_reservation_nor_is_it_ended_again(last):
    ledger = book(aside(), last)
    for late in (draw("late", 1), void("late", 1), void("late", 600)):
        assert refused(ledger, late).code is TransferRefusal.PENDING_CLOSED


@pytest.mark.parametrize(
    ("transfer", "code"),
    [
        (draw("x", 1, of="nobody"), TransferRefusal.PENDING_UNKNOWN),
        (draw("x", 1, of="pay"), TransferRefusal.PENDING_UNKNOWN),
        (void("x", 600, of=""), TransferRefusal.PENDING_UNKNOWN),
        (draw("x", 1, debit=CASH), TransferRefusal.PENDING_ACCOUNT),
        (draw("x", 1, debit=prepaid("OP-002")), TransferRefusal.PENDING_ACCOUNT),
        (void("x", 600, credit=ENERGY_SALES), TransferRefusal.PENDING_ACCOUNT),
        (aside("x", 1)._replace(pending_id="order"), TransferRefusal.PENDING_NESTED),
        (spend("x", credit=ME), TransferRefusal.SAME_ACCOUNT),
        (spend(""), TransferRefusal.UNNAMED),
        (spend("x", credit=""), TransferRefusal.UNNAMED),
        (spend("x", at=datetime(2025, 10, 14)), TransferRefusal.TIME),  # noqa: DTZ001
        (spend("pay"), TransferRefusal.ID_TAKEN),
        (pay(amount=AMOUNT_LIMIT_TIYN - 1)._replace(transfer_id="x"), TransferRefusal.BALANCE_LIMIT),
    ],
)
def test_each_fault_has_its_code(transfer, code):
    assert refused(book(aside()), transfer).code is code


@pytest.mark.parametrize("amount", [0, -1, True, False, 1.0, float("nan"), "1", None, 2**63, 10**30])
def test_an_amount_is_a_positive_whole_number_below_the_limit(amount):
    assert refused(book(), spend(amount=amount)).code is TransferRefusal.AMOUNT


@pytest.mark.parametrize("amount", [True, 1.0])
def test_what_only_equals_a_booked_amount_is_no_resent_transfer(amount):
    ledger = book(spend(amount=1))
    assert refused(ledger, spend(amount=amount)).code is TransferRefusal.AMOUNT


def test_the_largest_amount_is_booked_once_and_no_balance_goes_beyond_it():
    ledger = Ledger()
    most = AMOUNT_LIMIT_TIYN - 1
    ledger.post([pay(amount=most)])
    assert refused(ledger, pay("one more", 1)).code is TransferRefusal.BALANCE_LIMIT
    shop = Transfer("s", CASH, "bank", most, AT, "unlimited account", PENDING)
    ledger.post([shop])
    assert refused(ledger, shop._replace(transfer_id="t", amount_tiyn=1)).code is TransferRefusal.BALANCE_LIMIT


@pytest.mark.parametrize(("debit", "credit"), [("full", "b"), ("b", "full")], ids=["debit", "credit"])
def test_either_side_of_a_transfer_keeps_below_the_limit(debit, credit):
    ledger = Ledger()
    most = AMOUNT_LIMIT_TIYN - 1
    sides = ("full", "a") if debit == "full" else ("a", "full")
    ledger.post([Transfer("most", *sides, most, AT, "")])
    assert refused(ledger, Transfer("one", debit, credit, 1, AT, "")).code is TransferRefusal.BALANCE_LIMIT


def test_a_draw_that_the_limit_refuses_leaves_its_reservation_whole():
    ledger = Ledger()
    other = prepaid("OP-002")
    ledger.post([pay(), aside(), pay("big", AMOUNT_LIMIT_TIYN - 2_000, other)])
    ledger.post([Transfer("full", other, ENERGY_SALES, AMOUNT_LIMIT_TIYN - 2_000, AT, "energy")])
    ledger.post([Transfer("more", CASH, ENERGY_SALES, 999, AT, "")])
    ledger.post([Transfer("swap", "bank", CASH, 10**9, AT, ""), Transfer("top", "bank", ENERGY_SALES, 999, AT, "")])
    assert refused(ledger, draw("d", 600)).code is TransferRefusal.BALANCE_LIMIT
    assert ledger.pending_left_tiyn("order") == 600


def test_the_same_transfer_again_is_booked_once_alone_and_in_a_group():
    group = [aside(), draw("energy", 500), void("end", 100)]
    ledger = book()
    ledger.post(group)
    before = state_of(ledger)
    ledger.post(group)
    ledger.post([draw("energy", 500)])
    ledger.post([pay(), pay()])
    assert state_of(ledger) == before


def test_the_same_instant_in_another_zone_is_the_same_content():
    ledger = book()
    ledger.post([pay()._replace(at=AT.astimezone(timezone(timedelta(hours=5))))])
    assert len(ledger.transfers()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"amount_tiyn": 101},
        {"memo": "other"},
        {"credit": VAT},
        {"at": AT + timedelta(seconds=1)},
        {"state": PENDING},
        {"pending_id": "order"},
    ],
    ids=str,
)
def test_an_id_with_another_content_is_refused(change):
    fault = refused(book(aside(), spend()), spend()._replace(**change))
    assert fault.code is TransferRefusal.ID_TAKEN


def test_a_group_is_booked_whole_or_not_at_all():
    ledger = book(aside())
    group = (draw("energy", 300), void("end", 300), pay("new", 5, owed("OP-009")), spend(amount=1_000))
    fault = refused(ledger, *group)
    assert (fault.code, fault.index) == (TransferRefusal.OVERDRAWN, 3)
    assert owed("OP-009") not in ledger.balances_tiyn()
    ledger.post(group[:3])
    assert ledger.available_tiyn(ME) == 700


def test_a_group_is_taken_in_its_order():
    ledger = Ledger()
    assert refused(ledger, spend(), pay()).index == 0
    ledger.post([pay(), spend()])
    assert [one.transfer_id for one in ledger.transfers()] == ["pay", "sale"]


def test_a_group_that_breaks_off_for_another_reason_leaves_nothing_either():
    ledger = book()
    before = state_of(ledger)
    with pytest.raises(ValueError, match="no state of a transfer"):
        ledger.post([spend(), spend("odd", state="settled")])
    with pytest.raises(AttributeError):
        ledger.post([spend(), spend("odd", at="yesterday")])
    assert state_of(ledger) == before


def test_a_state_read_from_a_file_counts_as_that_state():
    ledger = book(aside()._replace(state="pending"))
    assert (ledger.held_tiyn(ME), ledger.available_tiyn(ME)) == (1_000, 400)


def test_accounts_that_are_not_prepaid_may_owe():
    ledger = Ledger()
    ledger.post([Transfer("late", owed("OP-001"), IMBALANCE, 700, AT, "imbalance")])
    assert ledger.held_tiyn(owed("OP-001")) == -700


def test_what_is_left_of_a_transfer_that_is_not_pending_is_not_asked():
    for name in ("pay", "nobody"):
        with pytest.raises(ValueError, match="no pending transfer"):
            book().pending_left_tiyn(name)


def test_a_correction_is_a_new_transfer_that_names_the_old_one():
    ledger = book(spend())
    back = reversal(of=spend(), transfer_id="fix", at=AT, why="sold twice")
    ledger.post([back])
    assert ledger.held_tiyn(ME) == 1_000
    assert back.memo == "correction of sale: sold twice"
    assert [one.transfer_id for one in ledger.transfers()] == ["pay", "sale", "fix"]


def test_a_correction_cannot_take_back_what_was_spent_since():
    ledger = book(spend(amount=1))
    assert refused(ledger, reversal(of=pay(), transfer_id="x", at=AT, why="")).code is TransferRefusal.OVERDRAWN


@pytest.mark.parametrize("transfer", [aside(), void("end", 600)])
def test_what_moved_nothing_has_no_reversal(transfer):
    with pytest.raises(ValueError, match="moved nothing"):
        reversal(of=transfer, transfer_id="x", at=AT, why="")


def test_books_that_do_not_add_up_are_noticed():
    ledger = book()
    ledger._balances_tiyn[CASH] += 1
    with pytest.raises(LedgerBroken, match="adds up to 1 tiyn"):
        ledger.require_zero()


def test_a_refusal_says_code_place_and_what():
    fault = refused(book(), pay("a", 1), spend(amount=0))
    assert str(fault) == "ledger.transfer.amount: transfer 1 of the group: sale states 0"
