"""How the session books: groups of transfers into the ledger and into the log, reservations by order."""

from datetime import datetime

from kezek.ledger.charges import Group, release, reservation_id
from kezek.ledger.transfer import Ledger
from kezek.market.order import Decision, Order
from kezek.trading.events import Derived, Record


def post(ledger: Ledger, record: Record, stem: str, at: datetime, group: Group) -> None:
    """Book a group of transfers and log it; an empty group is none."""
    if not group:
        return
    ledger.post(group)
    moves = [
        {
            "id": one.transfer_id,
            "debit": one.debit,
            "credit": one.credit,
            "amount_tiyn": one.amount_tiyn,
            "memo": one.memo,
            "state": one.state,
            "pending_id": one.pending_id,
        }
        for one in group
    ]
    record(Derived.POSTED, stem, at, {"transfers": moves})


def order_stem(order: Order) -> str:
    """Name one version of an order in the ids of transfers."""
    return f"{order.order_id}/v{order.version}"


def reserved_id(order: Order) -> str:
    """Name the pending transfer that holds what a version of an order may cost."""
    return reservation_id(f"reserve/{order_stem(order)}")


def release_of(ledger: Ledger, decision: Decision, at: datetime, stem: str) -> Group:
    """Build the transfer that lets go of what is left of an order's reservation; empty where nothing is left."""
    aside = reserved_id(decision.order)
    left_tiyn = ledger.pending_left_tiyn(aside) if decision.reserved_tiyn else 0
    who = decision.order.operator_id
    return release(operator_id=who, left_tiyn=left_tiyn, reserved_id=aside, at=at, stem=stem)
