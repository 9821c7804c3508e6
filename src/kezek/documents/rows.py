"""From the rows of a table to orders: every row becomes a step of one order or a fault, none is dropped."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from kezek.documents.fault import Limits, RowCode, Unreadable, shown
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.documents.table_shape import Cell, RawRow, TableShape
from kezek.documents.value import (
    delivery_of,
    read_action,
    read_id,
    read_price,
    read_quantity,
    read_version,
)
from kezek.market.order import ORDER_COLUMNS

ORDERS = TableShape(
    subject="orders",
    sheet="Orders",
    required=ORDER_COLUMNS,
    numbers=("version", "price_tenge_per_kwh", "quantity_kwh"),
)
_HEAD = ("action", "operator_id", "site_id", "owner_id", "product_id")
_Value = TypeVar("_Value")
_PRECEDENCE = {code: place for place, code in enumerate(RowCode)}


@dataclass(frozen=True, slots=True)
class _Line:
    """One row understood: `fault` is None, or the first by precedence of what is wrong."""

    number: int
    order_id: str
    version: int
    head: tuple[str, ...]
    step: PaperStep | None
    fault: Unreadable | None


def assemble(*, rows: Iterable[RawRow], limits: Limits) -> tuple[OrderRow | RowFault, ...]:
    """Join the rows of one order and version into one order, its steps in the order of the rows.

    An order of which one row is faulty is not taken without that row: its other rows are faults as well.

    Guarantees: each row is in exactly one step, cancellation or fault; the result is in the order of the first rows.
    """
    lines = [_read(row) for row in rows]
    spoilt = {(line.order_id, line.version): line.number for line in reversed(lines) if line.fault and line.order_id}
    orders: dict[tuple[str, int], list[_Line]] = {}
    placed: list[tuple[int, OrderRow | RowFault]] = []
    for line in lines:
        if line.fault:
            placed.append((line.number, _fault(line, line.fault)))
        else:
            orders.setdefault((line.order_id, line.version), []).append(line)
    for key, group in orders.items():
        spoilt_row = spoilt.get(key) or spoilt.get((key[0], 0))
        wrong = _wrong_together(group, spoilt_row, limits)
        if wrong:
            placed.extend((line.number, _fault(line, wrong)) for line in group)
        else:
            placed.append((group[0].number, _order(group)))
    return tuple(row for _, row in sorted(placed, key=lambda one: one[0]))


def _read(row: RawRow) -> _Line:
    """Understand one row; of several faults the first by precedence is kept. An unreadable version is 0."""
    if row.fault:
        return _Line(row.number, "", 0, (), None, row.fault)
    faults: list[Unreadable] = []
    cells = row.cells
    order_id = taken(cells["order_id"], partial(read_id, of="order_id"), faults) or ""
    version = taken(cells["version"], read_version, faults) or 0
    action = taken(cells["action"], read_action, faults)
    ids = [taken(cells[column], partial(read_id, of=column), faults) or "" for column in _HEAD[1:]]
    if ids[-1]:
        taken(ids[-1], delivery_of, faults)
    step = None
    if action is Action.CANCEL:
        for column in ORDER_COLUMNS[-2:]:
            taken(cells[column], partial(_require_empty, of=column), faults)
    elif action:
        price = taken(cells["price_tenge_per_kwh"], read_price, faults)
        step = PaperStep(price or 0, taken(cells["quantity_kwh"], read_quantity, faults) or 0)
    return _Line(row.number, order_id, version, (str(action), *ids), step, first_fault(faults))


def first_fault(faults: Sequence[Unreadable]) -> Unreadable | None:
    """Choose the fault that comes first by precedence, and of equal ones the first found."""
    return min(faults, key=lambda one: _PRECEDENCE[one.code], default=None)


def taken(cell: Cell, read: Callable[[str], _Value], faults: list[Unreadable]) -> _Value | None:
    """Read a cell, or keep why it cannot be read and give None."""
    try:
        if isinstance(cell, Unreadable):
            raise cell
        return read(cell)
    except Unreadable as wrong:
        faults.append(wrong)
        return None


def _require_empty(text: str, *, of: str) -> None:
    if text.strip():
        what = f"{of} is {shown(text)}, but a cancellation has neither price nor quantity."
        raise Unreadable(RowCode.CANCEL_STEPS, what, "Leave both empty, or write amend.")


def _wrong_together(group: list[_Line], spoilt_row: int | None, limits: Limits) -> Unreadable | None:
    """Say what is wrong with the rows of one order when taken together."""
    order = f"order {group[0].order_id} version {group[0].version}"
    if spoilt_row:
        what = f"The row belongs to {order}, of which row {spoilt_row} cannot be read: no order is taken in part."
        return Unreadable(RowCode.STEPS_INCOMPLETE, what, f"Correct row {spoilt_row} and send all rows again.")
    other = next((line for line in group if line.head != group[0].head), None)
    if other:
        column = next(name for name, one, two in zip(_HEAD, group[0].head, other.head, strict=True) if one != two)
        what = f"Rows {group[0].number} and {other.number} are steps of {order}, but differ in {column}."
        return Unreadable(RowCode.STEPS_DIFFER, what, "Steps of one order differ only in price and quantity.")
    if group[0].step is None and len(group) > 1:
        what = f"The cancellation of {order} stands in {len(group)} rows."
        return Unreadable(RowCode.CANCEL_STEPS, what, "Keep one of them.")
    if len(group) > limits.most_steps:
        what = f"{order.capitalize()} has {len(group)} steps; at most {limits.most_steps} are allowed."
        return Unreadable(RowCode.STEPS_TOO_MANY, what, "Join steps of nearly the same price.")
    return None


def _fault(line: _Line, wrong: Unreadable) -> RowFault:
    return RowFault(f"row {line.number}", line.order_id, wrong.code.value, wrong.what, wrong.way_out)


def _order(group: list[_Line]) -> OrderRow:
    first = group[0]
    action, operator_id, site_id, owner_id, product_id = first.head
    return OrderRow(
        place=f"row {first.number}",
        order_id=first.order_id,
        version=first.version,
        action=Action(action),
        operator_id=operator_id,
        site_id=site_id,
        owner_id=owner_id,
        product_id=product_id,
        steps=tuple(line.step for line in group if line.step),
    )


@dataclass(frozen=True, slots=True)
class BidLine:
    """One row of a table of orders, to be written; price and quantity are None for a cancellation."""

    texts: tuple[str, ...]
    step: PaperStep | None


def bid_lines(paper: BidPaper) -> list[BidLine]:
    """Lay out the orders of a paper as rows, one for each step, in the order of `ORDER_COLUMNS`.

    Raises:
        ValueError: the paper holds faults, or one order and version twice: a table could not tell them apart.
    """
    lines: list[BidLine] = []
    seen: set[tuple[str, int]] = set()
    for row in paper.rows:
        if isinstance(row, RowFault) or (row.order_id, row.version) in seen:
            raise ValueError(f"{row.place} of {paper.document_id} cannot stand in a table of orders")
        seen.add((row.order_id, row.version))
        ids = (row.operator_id, row.site_id, row.owner_id, row.product_id)
        texts = (row.order_id, str(row.version), row.action.value, *ids)
        lines.extend(BidLine(texts, step) for step in row.steps or (None,))
    return lines
