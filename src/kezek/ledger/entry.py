"""Double entry: entries whose postings add up to zero, and a ledger that no prepaid account can overdraw."""

from dataclasses import dataclass
from datetime import datetime

PREPAID = "prepaid"
"""Accounts `prepaid:<operator>` and `reserved:<operator>` hold what the single buyer owes to operators."""
RESERVED = "reserved"
CASH = "cash:single_buyer"
ENERGY_SALES = "energy_sales:single_buyer"
VAT_PAYABLE = "vat_payable:single_buyer"


class Unbalanced(ValueError):
    """An entry does not add up to zero: a bug of ours, never of a user."""


class Overdrawn(ValueError):
    """An entry would take more out of a prepaid or reserved account than it holds."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Debit (positive) or credit (negative) of one account. [tiyn]"""

    account: str
    amount_tiyn: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One balanced booking."""

    entry_id: str
    at: datetime
    memo: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Refuse an entry that does not add up to zero."""
        total_tiyn = sum(posting.amount_tiyn for posting in self.postings)
        if total_tiyn != 0:
            raise Unbalanced(f"entry {self.entry_id} adds up to {total_tiyn} tiyn, not 0")


class Ledger:
    """Append-only book of entries with running balances.

    Guarantees: the sum of all balances is zero after every entry; operators' accounts never go below zero; the same
    entry id with the same content is booked once.
    """

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._balances_tiyn: dict[str, int] = {}

    def post(self, entry: Entry) -> None:
        """Book an entry.

        Raises:
            Overdrawn: an operator's account would hold less than nothing.
            ValueError: the id was used for another content.
        """
        earlier = self._entries.get(entry.entry_id)
        if earlier is not None:
            if earlier != entry:
                raise ValueError(f"entry id {entry.entry_id} was used for another content")
            return
        after = dict[str, int]()
        for posting in entry.postings:
            before_tiyn = after.get(posting.account, self._balances_tiyn.get(posting.account, 0))
            after[posting.account] = before_tiyn + posting.amount_tiyn
        for account, balance_tiyn in after.items():
            if account.startswith((f"{PREPAID}:", f"{RESERVED}:")) and balance_tiyn > 0:
                raise Overdrawn(f"entry {entry.entry_id} overdraws {account} by {balance_tiyn} tiyn")
        self._entries[entry.entry_id] = entry
        self._balances_tiyn.update(after)

    def held_tiyn(self, account: str) -> int:
        """Tell what an operator's account holds (its credit balance). [tiyn]"""
        return -self._balances_tiyn.get(account, 0)

    def balances_tiyn(self) -> dict[str, int]:
        """List all balances, debit positive. [tiyn]"""
        return dict(sorted(self._balances_tiyn.items()))

    def entries(self) -> tuple[Entry, ...]:
        """List all entries in the order of booking."""
        return tuple(self._entries.values())
