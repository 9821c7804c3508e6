"""Orders as a bid document in XML, in the style of the IEC 62325-451 family."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

from kezek.documents.fault import Limits, PaperCode, RowCode, Unreadable, refused, shown
from kezek.documents.markup import Node, Series, leaf, parse_xml, write_xml
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep, RowFault
from kezek.documents.rows import first_fault, taken
from kezek.documents.value import (
    Delivery,
    delivery_of,
    price_text,
    read_action,
    read_id,
    read_price,
    read_quantity,
    read_version,
)

_ROOT = "Bid_MarketDocument"
_SERIES = "Bid_TimeSeries"
_PARTIES = {
    "provider_MarketParticipant.mRID": "operator_id",
    "registeredResource.mRID": "site_id",
    "resourceProvider_MarketParticipant.mRID": "owner_id",
    "auction.mRID": "product_id",
}
_UNITS = (
    leaf("quantity_Measure_Unit.name", "KWH"),
    leaf("currency_Unit.name", "KZT"),
    leaf("price_Measure_Unit.name", "KWH"),
)


def read_bid_xml(*, data: bytes, receiver_id: str, name: str, limits: Limits) -> BidPaper:
    """Read a bid document.

    Args:
        receiver_id: Who reads: a document to somebody else is refused.
        name: Of the file, for refusals.

    Raises:
        InputProblem: documents.paper.*, documents.xml.*: nothing of the document can be read.
    """
    parsed = parse_xml(data=data, root_name=_ROOT, series_name=_SERIES, schema_name="bid", name=name, limits=limits)
    head = parsed.head
    to_id = head.one("receiver_MarketParticipant.mRID").text
    if to_id != receiver_id:
        what = f"The document is addressed to {shown(to_id)}."
        raise refused(PaperCode.XML_RECEIVER, what, name, f"Send it to {receiver_id}.")
    span = _interval(head.one("period.timeInterval"))
    rows = [_row(f"TimeSeries {number}", one, span, limits) for number, one in enumerate(parsed.series, start=1)]
    return BidPaper(head.one("mRID").text, head.one("sender_MarketParticipant.mRID").text, tuple(rows))


def write_bid_xml(*, paper: BidPaper, receiver_id: str, created_at: datetime) -> bytes:
    """Write a bid document.

    Raises:
        ValueError: the paper holds faults, or no order: a document says over which time it reaches.
    """
    orders = [row for row in paper.rows if isinstance(row, OrderRow)]
    if not orders or len(orders) < len(paper.rows):
        raise ValueError(f"{paper.document_id} holds faults or no order: it cannot be written")
    hours = [delivery_of(order.product_id) for order in orders]
    span = interval("period.timeInterval", min(one.from_at for one in hours), max(one.until_at for one in hours))
    head = document_head(
        document_id=paper.document_id,
        kinds=("A24", "A01"),
        sender=(paper.sender_id, "A01"),
        receiver=(receiver_id, "A11"),
        created_at=created_at,
    )
    series = [_series(order, hour) for order, hour in zip(orders, hours, strict=True)]
    return write_xml(root=Node(_ROOT, children=(*head, span, *series)), schema_name="bid")


def document_head(
    *,
    document_id: str,
    kinds: tuple[str, str],
    sender: tuple[str, str],
    receiver: tuple[str, str],
    created_at: datetime,
) -> tuple[Node, ...]:
    """Write what every document begins with.

    Args:
        kinds: Code of the document's type and of the process, "" where it has none.
        sender, receiver: Id and code of the role.
    """
    process = [leaf("process.processType", kinds[1])] if kinds[1] else []
    return (
        leaf("mRID", document_id),
        leaf("revisionNumber", "1"),
        leaf("type", kinds[0]),
        *process,
        leaf("sender_MarketParticipant.mRID", sender[0]),
        leaf("sender_MarketParticipant.marketRole.type", sender[1]),
        leaf("receiver_MarketParticipant.mRID", receiver[0]),
        leaf("receiver_MarketParticipant.marketRole.type", receiver[1]),
        leaf("createdDateTime", created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
    )


def interval(name: str, from_at: datetime, until_at: datetime) -> Node:
    """Write a span of time in UTC, to the minute, end exclusive."""
    return Node(name, children=(leaf("start", _minute(from_at)), leaf("end", _minute(until_at))))


def period(delivery: Delivery, points: tuple[Node, ...]) -> Node:
    """Write the hour of a product with its points."""
    span = interval("timeInterval", delivery.from_at, delivery.until_at)
    return Node("Period", children=(span, leaf("resolution", "PT60M"), *points))


def step_points(steps: tuple[PaperStep, ...]) -> tuple[Node, ...]:
    """Write price steps as points of the one hour."""
    return tuple(
        Node(
            "Point",
            children=(
                leaf("position", "1"),
                leaf("step", str(number)),
                leaf("quantity.quantity", str(step.quantity_kwh)),
                leaf("energy_Price.amount", price_text(step.price_tiyn_per_kwh, mark=".")),
            ),
        )
        for number, step in enumerate(steps, start=1)
    )


def party_nodes(*, operator_id: str, site_id: str, owner_id: str, product_id: str, zone: str) -> tuple[Node, ...]:
    """Write who asks for which product, and in which units."""
    ids = (operator_id, site_id, owner_id, product_id)
    named = [leaf(name, one) for name, one in zip(_PARTIES, ids, strict=True)]
    return (*named, leaf("acquiring_Domain.mRID", zone), leaf("businessType", "A04"), *_UNITS)


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ")


def _series(order: OrderRow, hour: Delivery) -> Node:
    parties = party_nodes(
        operator_id=order.operator_id,
        site_id=order.site_id,
        owner_id=order.owner_id,
        product_id=order.product_id,
        zone=hour.zone.value,
    )
    asked = (
        leaf("mRID", order.order_id),
        leaf("revisionNumber", str(order.version)),
        leaf("action", order.action.value),
    )
    return Node(_SERIES, children=(*asked, *parties, period(hour, step_points(order.steps))))


def _interval(node: Node) -> tuple[str, str]:
    return node.one("start").text, node.one("end").text


def _row(place: str, series: Series, span: tuple[str, str], limits: Limits) -> OrderRow | RowFault:
    """Read one time series; of all that our reading and the schema find wrong, the first by precedence is told."""
    node = series.node
    faults: list[Unreadable] = []
    order_id = taken(node.one("mRID").text, partial(read_id, of="mRID"), faults) or ""
    order = _order(place, order_id, node, faults)
    faults.extend(_wrong_together(node, order, span, limits))
    if series.wrong:
        faults.append(series.wrong)
    fault = first_fault(faults)
    if fault:
        return RowFault(f"{place}, line {node.line}", order_id, fault.code.value, fault.what, fault.way_out)
    return order


def _order(place: str, order_id: str, node: Node, faults: list[Unreadable]) -> OrderRow:
    """Read the values of a time series; what cannot be read stands empty, and why is kept in `faults`."""
    ids = {key: taken(node.one(name).text, partial(read_id, of=name), faults) for name, key in _PARTIES.items()}
    steps: list[PaperStep] = []
    for point in node.one("Period").all("Point"):
        price_found, quantity_found = point.one("energy_Price.amount").text, point.one("quantity.quantity").text
        price = taken(price_found, partial(read_price, of="energy_Price.amount"), faults)
        quantity = taken(quantity_found, partial(read_quantity, of="quantity.quantity"), faults)
        steps.append(PaperStep(price or 0, quantity or 0))
    return OrderRow(
        place=place,
        order_id=order_id,
        version=taken(node.one("revisionNumber").text, read_version, faults) or 0,
        action=taken(node.one("action").text, read_action, faults) or Action.NEW,
        operator_id=ids["operator_id"] or "",
        site_id=ids["site_id"] or "",
        owner_id=ids["owner_id"] or "",
        product_id=ids["product_id"] or "",
        steps=tuple(steps),
    )


def _wrong_together(node: Node, order: OrderRow, span: tuple[str, str], limits: Limits) -> Iterator[Unreadable]:
    """Say what is wrong with the values of a time series when taken together."""
    if order.product_id:
        try:
            _require_agreement(node, delivery_of(order.product_id), span)
        except Unreadable as wrong:
            yield wrong
    points = node.one("Period").all("Point")
    if order.action is Action.CANCEL and points:
        what = f"The cancellation has {len(points)} points."
        yield Unreadable(RowCode.CANCEL_STEPS, what, "Leave the points out, or write amend.")
    if order.action is not Action.CANCEL and not points:
        yield Unreadable(RowCode.EMPTY, "The order has no point.", "Give at least one step of quantity and price.")
    if len(points) > limits.most_steps:
        what = f"The order has {len(points)} steps; at most {limits.most_steps} are allowed."
        yield Unreadable(RowCode.STEPS_TOO_MANY, what, "Join steps of nearly the same price.")
    for number, point in enumerate(points, start=1):
        if point.one("step").text != str(number):
            what = f"Step {shown(point.one('step').text)} stands where step {number} is due."
            yield Unreadable(RowCode.STEPS_ORDER, what, "Number the points 1, 2, 3 in their order.")


def _require_agreement(node: Node, hour: Delivery, span: tuple[str, str]) -> None:
    """Refuse a time series whose period or zone is not that of the product, or that lies outside the document."""
    found = _interval(node.one("Period").one("timeInterval"))
    zone = node.one("acquiring_Domain.mRID").text
    if found != (_minute(hour.from_at), _minute(hour.until_at)) or zone != hour.zone.value:
        what = f"auction.mRID names {hour.zone.value} from {_minute(hour.from_at)}, but the series says "
        what += f"{shown(zone)} from {shown(found[0])} until {shown(found[1])}."
        raise Unreadable(RowCode.DISAGREES, what, "Correct the one that is wrong.")
    if not span[0] <= found[0] < found[1] <= span[1]:
        what = f"The hour {found[0]} lies outside of the document's period, {span[0]} until {span[1]}."
        raise Unreadable(RowCode.DISAGREES, what, "Widen period.timeInterval, or correct the hour.")
