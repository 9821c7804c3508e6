"""What other ledgers get wrong, each as a test of ours; a comment says what the other did."""

from datetime import UTC, datetime

import pytest

from kezek.ledger.charges import Charges, imbalance_charge, purchase_cost
from kezek.ledger.transfer import (
    CASH,
    CLEARING,
    ENERGY_SALES,
    MARKET_FEE,
    TRANSMISSION,
    VAT,
    Ledger,
    LedgerBroken,
    LedgerRefused,
    Transfer,
    TransferRefusal,
    TransferState,
    owed,
    prepaid,
)

AT = datetime(2025, 10, 14, 3, 0, tzinfo=UTC)
ME = prepaid("OP-001")
PENDING, POSTED, VOIDED = TransferState.PENDING, TransferState.POSTED, TransferState.VOIDED
PAID_TIYN, ASIDE_TIYN = 1_000_000, 112_001
PARTS_TIYN = {ENERGY_SALES: 90_000, MARKET_FEE: 700, TRANSMISSION: 9_300, VAT: 12_000}
"""What an award of 112 000 tiyn is made of; one tiyn of the reservation is left over."""


def reserved():
    """A ledger with a prepayment and a reservation."""
    ledger = Ledger()
    ledger.post([Transfer("pay", CASH, ME, PAID_TIYN, AT, "prepayment")])
    ledger.post([Transfer("order", ME, CLEARING, ASIDE_TIYN, AT, "reservation", PENDING)])
    return ledger


def award(release_tiyn=1):
    """The group that settles an award: a draw for each party, then the release of what is left."""
    draws = [
        Transfer(f"award/{account}", ME, account, tiyn, AT, "award", POSTED, "order")
        for account, tiyn in PARTS_TIYN.items()
    ]
    return [*draws, Transfer("award/end", ME, CLEARING, release_tiyn, AT, "release", VOIDED, "order")]


def state_of(ledger):
    names = ledger.balances_tiyn()
    free = {name: ledger.available_tiyn(name) for name in names}
    return ledger.transfers(), names, free, ledger.pending_left_tiyn("order")


def require_untouched_and_usable(ledger, before):
    """Nothing of a broken group is left, the books add up, and the same group can be booked afterwards."""
    assert state_of(ledger) == before
    ledger.require_zero()
    ledger.post(award())
    assert ledger.held_tiyn(ME) == PAID_TIYN - sum(PARTS_TIYN.values())
    assert ledger.pending_left_tiyn("order") == 0


# --- beancount ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off_tiyn", [-1, 1])
def test_beancount_one_tiyn_off_is_refused_where_a_reservation_is_let_go(off_tiyn):
    # beancount: the tolerance is inferred from the digits that were written (#246, #411, #828, #1030): entries that
    # are a cent off pass for months. Here an award of 112 000 of a reservation of 112 001 leaves exactly 1 tiyn.
    ledger = reserved()
    ledger.post(award()[:-1])
    ledger.post([award(release_tiyn=1)[-1]])
    again = reserved()
    before = state_of(again)
    with pytest.raises(LedgerRefused) as caught:
        again.post(award(release_tiyn=1 + off_tiyn))
    assert caught.value.code is (TransferRefusal.AMOUNT if off_tiyn < 0 else TransferRefusal.VOID_AMOUNT)
    require_untouched_and_usable(again, before)


def test_beancount_one_tiyn_more_than_is_set_aside_or_free_is_refused():
    # beancount would balance the entry within its tolerance and not look at what the account holds.
    ledger = reserved()
    for name, tiyn, pending, code in (
        ("draw", ASIDE_TIYN + 1, "order", TransferRefusal.PENDING_EXCEEDED),
        ("spend", PAID_TIYN - ASIDE_TIYN + 1, "", TransferRefusal.OVERDRAWN),
    ):
        with pytest.raises(LedgerRefused) as caught:
            ledger.post([Transfer(name, ME, ENERGY_SALES, tiyn, AT, "energy", POSTED, pending)])
        assert caught.value.code is code
        ledger.post([Transfer(name, ME, ENERGY_SALES, tiyn - 1, AT, "energy", POSTED, pending)])
    assert ledger.held_tiyn(ME) == ledger.available_tiyn(ME) == 0


@pytest.mark.parametrize("account", [CASH, ME, VAT])
@pytest.mark.parametrize("off_tiyn", [-1, 1])
def test_beancount_books_that_are_one_tiyn_off_do_not_pass(account, off_tiyn):
    # beancount: a file whose sums are a cent off is clean. No transfer can make ours so, so the book is forced here.
    ledger = reserved()
    ledger.post(award())
    ledger.require_zero()
    ledger._balances_tiyn[account] += off_tiyn
    with pytest.raises(LedgerBroken, match=f"adds up to {off_tiyn} tiyn"):
        ledger.require_zero()


@pytest.mark.parametrize("amount", [0.01, 1.0, 112_000.005])
def test_beancount_there_is_no_amount_from_whose_digits_a_tolerance_could_be_inferred(amount):
    # beancount reads 10.00 and 10.000 as amounts of two tolerances. Here an amount is a whole number of tiyn.
    ledger = reserved()
    with pytest.raises(LedgerRefused) as caught:
        ledger.post([Transfer("t", CASH, ME, amount, AT, "prepayment")])
    assert caught.value.code is TransferRefusal.AMOUNT


@pytest.mark.parametrize("count", [3, 7, 1_000])
def test_beancount_roundings_of_many_purchases_are_booked_and_not_absorbed(count):
    # beancount: rounding differences vanish in the tolerance, or in an account for them. Here VAT of each purchase is
    # rounded once, the sum of the rounded parts is booked, and it is exactly what the account is less by.
    charges = Charges(market_fee_tiyn_per_kwh=7, transmission_tiyn_per_kwh=133, vat_ppm=123_457)
    costs = [purchase_cost(energy_kwh=1, price_tiyn_per_kwh=1_801 + n % 3, charges=charges) for n in range(count)]
    ledger = Ledger()
    ledger.post([Transfer("pay", CASH, ME, sum(one.total_tiyn for one in costs), AT, "prepayment")])
    parts = {ENERGY_SALES: "net_tiyn", MARKET_FEE: "fee_tiyn", TRANSMISSION: "transmission_tiyn", VAT: "vat_tiyn"}
    for account, part in parts.items():
        tiyn = sum(getattr(one, part) for one in costs)
        ledger.post([Transfer(f"sale/{account}", ME, account, tiyn, AT, "award")])
    assert ledger.held_tiyn(ME) == 0
    ledger.require_zero()


# --- python-accounting ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", range(len(award()) + 1))
def test_python_accounting_a_refused_line_leaves_no_half_entry_wherever_it_stands(place):
    # python-accounting: session.commit() after every line of a posting; a fault in the third leaves two of them.
    ledger = reserved()
    before = state_of(ledger)
    group = award()
    group.insert(place, Transfer("bad", prepaid("OP-404"), VAT, 1, AT, "nobody paid for it"))
    with pytest.raises(LedgerRefused) as caught:
        ledger.post(group)
    assert (caught.value.code, caught.value.index) == (TransferRefusal.OVERDRAWN, place)
    require_untouched_and_usable(ledger, before)


class Crash(BaseException):
    """What no `except Exception` catches, as the end of a process asked for from the keyboard."""


@pytest.mark.parametrize("failure", [Crash, KeyboardInterrupt, MemoryError, OSError])
@pytest.mark.parametrize("done", range(len(award())))
@pytest.mark.parametrize("late", [False, True], ids=["before the line", "after the line"])
def test_python_accounting_a_failure_from_inside_leaves_no_half_entry(monkeypatch, failure, done, late):
    # python-accounting: a crash between two commits leaves half an entry in the database. Here the failure comes out
    # of the ledger's own work on a line, before it did anything or when it has done all.
    ledger = reserved()
    before = state_of(ledger)
    book, seen = Ledger._book, []

    def failing(self, transfer):
        seen.append(transfer)
        if len(seen) > done and not late:
            raise failure
        fault = book(self, transfer)
        if len(seen) > done:
            raise failure
        return fault

    monkeypatch.setattr(Ledger, "_book", failing)
    with pytest.raises(failure):
        ledger.post(award())
    monkeypatch.undo()
    assert len(seen) == done + 1
    require_untouched_and_usable(ledger, before)


@pytest.mark.parametrize("failure", [Crash, KeyboardInterrupt, MemoryError])
@pytest.mark.parametrize("step", ["_fault_of_draw", "_move"])
@pytest.mark.parametrize("done", range(len(PARTS_TIYN)))
def test_python_accounting_a_failure_at_a_step_within_a_line_leaves_no_half_entry(monkeypatch, failure, step, done):
    # python-accounting: each line is several statements, each of which can be the last one. Here the checks of a
    # line, or the move that follows them, do not come about.
    ledger = reserved()
    before = state_of(ledger)
    real, calls = getattr(Ledger, step), []

    def failing(self, *arguments):
        calls.append(arguments)
        if len(calls) > done:
            raise failure
        return real(self, *arguments)

    monkeypatch.setattr(Ledger, step, failing)
    with pytest.raises(failure):
        ledger.post(award())
    monkeypatch.undo()
    require_untouched_and_usable(ledger, before)


def test_python_accounting_a_failure_while_the_group_is_still_being_made_leaves_nothing():
    # python-accounting: lines are made and committed one by one. A group that never becomes whole is never begun.
    ledger = reserved()
    before = state_of(ledger)

    def lines():
        yield from award()[:2]
        raise Crash

    with pytest.raises(Crash):
        ledger.post(lines())
    require_untouched_and_usable(ledger, before)


def test_python_accounting_a_charge_on_two_accounts_is_booked_on_both_or_none():
    # python-accounting: allocation goes line by line, each committed. A deviation of which the prepayment covers a
    # part is two transfers: where the second is refused, the first is not booked either.
    ledger = reserved()
    free_tiyn = ledger.available_tiyn(ME)
    before = state_of(ledger)
    group = imbalance_charge(
        operator_id="OP-001", amount_tiyn=free_tiyn + 500, available_tiyn=free_tiyn, at=AT, stem="deviation"
    )
    assert len(group) == 2
    with pytest.raises(LedgerRefused):
        ledger.post((group[0], group[1]._replace(amount_tiyn=0)))
    assert state_of(ledger) == before
    ledger.post(group)
    assert (ledger.available_tiyn(ME), ledger.held_tiyn(owed("OP-001"))) == (0, -500)


def test_python_accounting_a_group_that_broke_off_can_be_sent_again_and_is_booked_once():
    # python-accounting: after half an entry a second try books the first half twice.
    ledger = reserved()
    with pytest.raises(LedgerRefused):
        ledger.post([*award(), Transfer("bad", ME, VAT, PAID_TIYN, AT, "too much")])
    ledger.post(award())
    once = state_of(ledger)
    ledger.post(award())
    assert state_of(ledger) == once
