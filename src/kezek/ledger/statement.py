"""An operator's statement of account: what it had, each line that changed it, what is set aside, what it has."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from kezek.ledger.transfer import Transfer, TransferState, owed, prepaid


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One side of one transfer on an account of the operator. [tiyn]

    Args:
        account: `prepaid:<operator>` or `owed:<operator>`.
        debit_tiyn, credit_tiyn: One of them is zero; a debit takes from the operator.
        balance_tiyn: Prepayment less debts after the line.
    """

    at: datetime
    memo: str
    transfer_id: str
    account: str
    debit_tiyn: int
    credit_tiyn: int
    balance_tiyn: int


@dataclass(frozen=True, slots=True)
class PendingLine:
    """A reservation that is still open at the end of the period, with what is left of it. [tiyn]"""

    at: datetime
    memo: str
    transfer_id: str
    left_tiyn: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Statement of one operator over a half-open period.

    Args:
        opening_tiyn, closing_tiyn: Prepayment less debts; below zero where more is owed than is left. [tiyn]
        prepaid_tiyn, owed_tiyn: The two parts of the closing balance. [tiyn]
    Guarantees: the opening balance and the lines add up to the closing one, and the closing balance is the opening
    one of the next period (tests/property/ledger/test_transfer.py).
    """

    operator_id: str
    from_at: datetime
    until_at: datetime
    opening_tiyn: int
    lines: tuple[StatementLine, ...]
    pending: tuple[PendingLine, ...]
    closing_tiyn: int
    prepaid_tiyn: int
    owed_tiyn: int

    @property
    def pending_tiyn(self) -> int:
        """What is set aside at the end of the period. [tiyn]"""
        return sum(line.left_tiyn for line in self.pending)

    @property
    def available_tiyn(self) -> int:
        """What is prepaid and not set aside at the end of the period. [tiyn]"""
        return self.prepaid_tiyn - self.pending_tiyn


def statement_of(
    *, operator_id: str, transfers: Iterable[Transfer], from_at: datetime, until_at: datetime
) -> Statement:
    """Draw up a statement: lines by time, those of one instant in the order of booking.

    Raises:
        ValueError: the period is empty.
    """
    if from_at >= until_at:
        raise ValueError(f"a statement from {from_at} until {until_at} has no time in it")
    accounts = (prepaid(operator_id), owed(operator_id))
    mine = [one for one in transfers if one.debit in accounts or one.credit in accounts]
    past = sorted((one for one in mine if one.at < until_at), key=lambda one: one.at)
    held_tiyn, opening_tiyn, lines = dict.fromkeys(accounts, 0), 0, []
    for transfer in past:
        if transfer.state != TransferState.POSTED:
            continue
        for account, debit_tiyn, credit_tiyn in _sides(transfer, accounts):
            held_tiyn[account] += credit_tiyn - debit_tiyn
            balance_tiyn = sum(held_tiyn.values())
            if transfer.at < from_at:
                opening_tiyn = balance_tiyn
                continue
            who = (transfer.at, transfer.memo, transfer.transfer_id)
            lines.append(StatementLine(*who, account, debit_tiyn, credit_tiyn, balance_tiyn))
    return Statement(
        operator_id=operator_id,
        from_at=from_at,
        until_at=until_at,
        opening_tiyn=opening_tiyn,
        lines=tuple(lines),
        pending=_pending(past, accounts[0]),
        closing_tiyn=sum(held_tiyn.values()),
        prepaid_tiyn=held_tiyn[accounts[0]],
        owed_tiyn=-held_tiyn[accounts[1]],
    )


def _sides(transfer: Transfer, accounts: tuple[str, str]) -> list[tuple[str, int, int]]:
    """List the sides of a transfer that are on accounts of the operator: account, debit, credit."""
    sides = ((transfer.debit, transfer.amount_tiyn, 0), (transfer.credit, 0, transfer.amount_tiyn))
    return [side for side in sides if side[0] in accounts]


def _pending(transfers: list[Transfer], account: str) -> tuple[PendingLine, ...]:
    """List what is still set aside on an account, in its order."""
    used_tiyn: dict[str, int] = {}
    for one in transfers:
        if one.pending_id:
            used_tiyn[one.pending_id] = used_tiyn.get(one.pending_id, 0) + one.amount_tiyn
    lines = (
        PendingLine(one.at, one.memo, one.transfer_id, one.amount_tiyn - used_tiyn.get(one.transfer_id, 0))
        for one in transfers
        if one.state == TransferState.PENDING and one.debit == account
    )
    return tuple(line for line in lines if line.left_tiyn)
