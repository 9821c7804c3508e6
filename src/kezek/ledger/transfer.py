"""Double entry as append-only transfers: each moves an amount from one account to another, or sets it aside first.

A group of transfers is booked whole or not at all. What was booked is never changed: a correction is a new transfer.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

AMOUNT_LIMIT_TIYN = 2**63
"""Every amount and every balance stays below this, so that it fits a column of 64-bit integers. [tiyn]"""

PREPAID = "prepaid:"
OWED = "owed:"
CASH = "cash:single_buyer"
CLEARING = "clearing:market"
ENERGY_SALES = "energy_sales:single_buyer"
IMBALANCE = "imbalance:single_buyer"
MARKET_FEE = "fee:market_operator"
TRANSMISSION = "transmission:grid_operator"
VAT = "vat:state"


def prepaid(operator_id: str) -> str:
    """Name the account of what an operator paid in and has not spent; it never goes below zero.

    >>> prepaid("OP-007")
    'prepaid:OP-007'
    """
    return PREPAID + operator_id


def owed(operator_id: str) -> str:
    """Name the account of what an operator owes after delivery because its prepayment did not reach: a receivable.

    >>> owed("OP-007")
    'owed:OP-007'
    """
    return OWED + operator_id


class TransferState(StrEnum):
    """What a transfer does: move an amount, set it aside, or let go of what is still set aside."""

    POSTED = "posted"
    PENDING = "pending"
    VOIDED = "voided"


_POSTED, _PENDING, _VOIDED = _STATES = tuple(TransferState)


class Transfer(NamedTuple):
    """An amount from the account `debit` to the account `credit`. [tiyn]

    Args:
        transfer_id: Given by who books it; the same id is booked once.
        state: POSTED moves the amount; PENDING sets it aside on `debit` and moves nothing; VOIDED gives free what is
            left of `pending_id` and moves nothing.
        pending_id: The pending transfer that a POSTED one draws from or a VOIDED one ends; "" for none.
    """

    transfer_id: str
    debit: str
    credit: str
    amount_tiyn: int
    at: datetime
    memo: str
    state: TransferState = TransferState.POSTED
    pending_id: str = ""


class TransferRefusal(StrEnum):
    """Why a transfer, and with it its whole group, is refused; in order of precedence."""

    AMOUNT = "ledger.transfer.amount"
    UNNAMED = "ledger.transfer.unnamed"
    TIME = "ledger.transfer.time"
    ID_TAKEN = "ledger.transfer.id_taken"
    SAME_ACCOUNT = "ledger.transfer.same_account"
    PENDING_NESTED = "ledger.transfer.pending_nested"
    PENDING_UNKNOWN = "ledger.transfer.pending_unknown"
    PENDING_ACCOUNT = "ledger.transfer.pending_account"
    PENDING_CLOSED = "ledger.transfer.pending_closed"
    PENDING_EXCEEDED = "ledger.transfer.pending_exceeded"
    VOID_AMOUNT = "ledger.transfer.void_amount"
    OVERDRAWN = "ledger.transfer.overdrawn"
    BALANCE_LIMIT = "ledger.transfer.balance_limit"


Fault = tuple[TransferRefusal, str]


class LedgerRefused(ValueError):
    """A group was refused and nothing of it is booked.

    Args:
        code: Why.
        index: Place in the group of the transfer at fault, from 0.
        what: What was found, against what.
    """

    def __init__(self, code: TransferRefusal, index: int, what: str) -> None:
        super().__init__(f"{code}: transfer {index} of the group: {what}")
        self.code = code
        self.index = index
        self.what = what


class LedgerBroken(RuntimeError):
    """The books do not add up to zero: a bug of ours, never of a user."""


class Ledger:
    """Append-only book of transfers with running balances, whole tiyn, no tolerance.

    Guarantees (tests/property/ledger/test_transfer.py): the balances add up to zero after every group; a prepaid
    account never holds less than what is set aside on it; a refused group leaves everything as it was; the same
    transfer is booked once, however often it is sent.
    """

    def __init__(self) -> None:
        self._transfers: dict[str, Transfer] = {}
        self._balances_tiyn: dict[str, int] = {}
        self._aside_tiyn: dict[str, int] = {}
        self._left_tiyn: dict[str, int] = {}

    def post(self, transfers: Sequence[Transfer]) -> None:
        """Book a group in its order, whole or not at all; a transfer that is in the book already is passed over.

        Raises:
            LedgerRefused: a transfer is at fault; the ledger is as it was.
        """
        size = len(self._transfers)
        try:
            for index, transfer in enumerate(transfers):
                fault = self._book(transfer)
                if fault is not None:
                    raise LedgerRefused(fault[0], index, fault[1])
        except BaseException:
            self._rebuild(size)
            raise

    def held_tiyn(self, account: str) -> int:
        """Tell what an account holds: its credit balance, set aside or not. [tiyn]"""
        return -self._balances_tiyn.get(account, 0)

    def available_tiyn(self, account: str) -> int:
        """Tell what an account holds and has not set aside. [tiyn]"""
        return self.held_tiyn(account) - self._aside_tiyn.get(account, 0)

    def balances_tiyn(self) -> dict[str, int]:
        """List all balances by account, debit positive. [tiyn]"""
        return dict(sorted(self._balances_tiyn.items()))

    def pending_left_tiyn(self, pending_id: str) -> int:
        """Tell what is left of a pending transfer; 0 once it is drawn whole or voided. [tiyn]

        Raises:
            ValueError: there is no such pending transfer.
        """
        if pending_id not in self._left_tiyn:
            raise ValueError(f"{pending_id!r} is no pending transfer of this ledger")
        return self._left_tiyn[pending_id]

    def transfers(self) -> tuple[Transfer, ...]:
        """List all transfers in the order of booking."""
        return tuple(self._transfers.values())

    def require_zero(self) -> None:
        """Add up all balances.

        Raises:
            LedgerBroken: the sum is not zero.
        """
        total_tiyn = sum(self._balances_tiyn.values())
        if total_tiyn:
            raise LedgerBroken(f"the ledger adds up to {total_tiyn} tiyn, not 0")

    def _book(self, transfer: Transfer) -> Fault | None:
        """Let one transfer take effect, or tell why not; form comes before identity, for True equals 1."""
        name, debit, credit, amount_tiyn, at, _, state, pending_id = transfer
        if type(amount_tiyn) is not int or not 0 < amount_tiyn < AMOUNT_LIMIT_TIYN:
            return TransferRefusal.AMOUNT, f"{name} states {amount_tiyn!r}"
        if not (name and debit and credit):
            return TransferRefusal.UNNAMED, f"id {name!r}, from {debit!r} to {credit!r}"
        if at.tzinfo is None:
            return TransferRefusal.TIME, f"{name} states {at} without a time zone"
        if state not in _STATES:
            raise ValueError(f"{name}: {state!r} is no state of a transfer")
        earlier = self._transfers.get(name)
        if earlier is not None:
            same = earlier == transfer
            return None if same else (TransferRefusal.ID_TAKEN, f"{name} was booked with another content")
        if debit == credit:
            return TransferRefusal.SAME_ACCOUNT, f"{name} has {debit} on both sides"
        if pending_id or state == _VOIDED:
            fault = self._fault_of_draw(transfer)
        else:
            fault = self._fault_of_funds(name, debit, amount_tiyn)
        if fault is None and state != _VOIDED:
            move = self._move if state == _POSTED else self._set_aside
            fault = move(name, debit, credit, amount_tiyn)
        if fault is not None:
            return fault
        if pending_id:
            self._left_tiyn[pending_id] -= amount_tiyn
            self._aside_tiyn[debit] -= amount_tiyn
        self._transfers[name] = transfer
        return None

    def _fault_of_funds(self, name: str, debit: str, amount_tiyn: int) -> Fault | None:
        """Check that an account which must not go below zero has the amount free."""
        if debit.startswith(PREPAID):
            free_tiyn = self.available_tiyn(debit)
            if amount_tiyn > free_tiyn:
                what = f"{name} takes {amount_tiyn} from {debit}, where {free_tiyn} are free"
                return TransferRefusal.OVERDRAWN, what
        return None

    def _fault_of_draw(self, transfer: Transfer) -> Fault | None:
        """Check that an amount may be taken out of what is left of a pending transfer."""
        name, debit, credit, amount_tiyn, _, _, state, pending_id = transfer
        if state == _PENDING:
            return TransferRefusal.PENDING_NESTED, f"{name} is pending itself and names {pending_id}"
        left_tiyn = self._left_tiyn.get(pending_id)
        if left_tiyn is None:
            return TransferRefusal.PENDING_UNKNOWN, f"{name} names {pending_id!r}"
        earlier = self._transfers[pending_id]
        if debit != earlier.debit or (state == _VOIDED and credit != earlier.credit):
            what = f"{name} goes from {debit} to {credit}, {pending_id} from {earlier.debit} to {earlier.credit}"
            return TransferRefusal.PENDING_ACCOUNT, what
        if left_tiyn == 0:
            return TransferRefusal.PENDING_CLOSED, f"{name} names {pending_id}"
        if amount_tiyn > left_tiyn or (state == _VOIDED and amount_tiyn != left_tiyn):
            code = TransferRefusal.VOID_AMOUNT if state == _VOIDED else TransferRefusal.PENDING_EXCEEDED
            return code, f"{name} states {amount_tiyn}, {left_tiyn} are left of {pending_id}"
        return None

    def _set_aside(self, name: str, debit: str, _credit: str, amount_tiyn: int) -> Fault | None:
        """Set an amount aside on the account that it will come from."""
        aside_tiyn = self._aside_tiyn.get(debit, 0) + amount_tiyn
        if aside_tiyn >= AMOUNT_LIMIT_TIYN:
            return TransferRefusal.BALANCE_LIMIT, f"{name} of {amount_tiyn}"
        self._aside_tiyn[debit] = aside_tiyn
        self._left_tiyn[name] = amount_tiyn
        return None

    def _move(self, name: str, debit: str, credit: str, amount_tiyn: int) -> Fault | None:
        """Move an amount between two accounts."""
        balances = self._balances_tiyn
        debit_tiyn, credit_tiyn = balances.get(debit, 0), balances.get(credit, 0)
        if debit_tiyn + amount_tiyn >= AMOUNT_LIMIT_TIYN or amount_tiyn - credit_tiyn >= AMOUNT_LIMIT_TIYN:
            return TransferRefusal.BALANCE_LIMIT, f"{name} of {amount_tiyn}"
        balances[debit] = debit_tiyn + amount_tiyn
        balances[credit] = credit_tiyn - amount_tiyn
        if balances[debit] + balances[credit] != debit_tiyn + credit_tiyn:
            raise LedgerBroken(f"{name} does not add up to zero")
        return None

    def _rebuild(self, size: int) -> None:
        """Reckon the books again from the first transfers: whatever broke off a group, nothing of it stays."""
        while len(self._transfers) > size:
            self._transfers.popitem()
        balances, aside, left = self._balances_tiyn, self._aside_tiyn, self._left_tiyn
        for book in (balances, aside, left):
            book.clear()
        for name, debit, credit, amount_tiyn, _, _, state, pending_id in self._transfers.values():
            if state == _PENDING:
                left[name] = amount_tiyn
                aside[debit] = aside.get(debit, 0) + amount_tiyn
            if state == _POSTED:
                balances[debit] = balances.get(debit, 0) + amount_tiyn
                balances[credit] = balances.get(credit, 0) - amount_tiyn
            if pending_id:
                left[pending_id] -= amount_tiyn
                aside[debit] -= amount_tiyn


def reversal(*, of: Transfer, transfer_id: str, at: datetime, why: str) -> Transfer:
    """Build the transfer that takes a booked one back; both stay in the book.

    Raises:
        ValueError: the transfer moved nothing: a pending one is voided, a voided one is over.

    >>> from datetime import UTC
    >>> at = datetime(2025, 10, 14, 3, tzinfo=UTC)
    >>> paid = Transfer("t1", CASH, prepaid("OP-007"), 500, at, "prepayment")
    >>> reversal(of=paid, transfer_id="t2", at=at, why="paid by another")[1:4]
    ('prepaid:OP-007', 'cash:single_buyer', 500)
    """
    if of.state != TransferState.POSTED:
        raise ValueError(f"{of.transfer_id} is {of.state} and moved nothing")
    return Transfer(transfer_id, of.credit, of.debit, of.amount_tiyn, at, f"correction of {of.transfer_id}: {why}")
