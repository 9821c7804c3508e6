"""Acknowledgement, allocation result and settlement as XML, in the style of the IEC 62325-451 family."""

from collections.abc import Mapping

from kezek.documents.markup import Node, leaf, write_xml
from kezek.documents.paper import (
    Acknowledgement,
    AckRow,
    AllocationResult,
    AllocationRow,
    RuleUsed,
    SettlementDocument,
    SettlementRow,
)
from kezek.documents.table import amount_text
from kezek.documents.value import delivery_of
from kezek.documents.xml_bids import document_head, interval, party_nodes, period, step_points

_ACCEPTED, _REJECTED = "A01", "A02"


def write_acknowledgement_xml(document: Acknowledgement) -> bytes:
    """Write an acknowledgement: A01 or A02 for the paper and for each order, and beside A02 the market's own code."""
    head = document_head(
        document_id=document.document_id,
        kinds=("A17", ""),
        sender=(document.sender_id, "A11"),
        receiver=(document.receiver_id, "A01"),
        created_at=document.created_at,
    )
    received = leaf("received_MarketDocument.mRID", document.received_document_id)
    reasons = _reasons(document.accepted, document.code, document.sentence)
    series = [_answer(row) for row in document.rows]
    root = Node("Acknowledgement_MarketDocument", children=(*head, received, *reasons, *series))
    return write_xml(root=root, schema_name="acknowledgement")


def write_allocation_xml(document: AllocationResult) -> bytes:
    """Write an allocation result: how each order ended, by which rules, and the root of the log behind it."""
    head = document_head(
        document_id=document.document_id,
        kinds=("A25", "A01"),
        sender=(document.sender_id, "A11"),
        receiver=(document.receiver_id, "A01"),
        created_at=document.created_at,
    )
    session = leaf("session.date", document.session_on.isoformat())
    series = [_allocation(row) for row in document.rows]
    children = (*head, session, *_rules(document.rules), leaf("log.root", document.log_root), *series)
    return write_xml(root=Node("AllocationResult_MarketDocument", children=children), schema_name="allocation")


def write_settlement_xml(document: SettlementDocument) -> bytes:
    """Write a settlement in the manner of an energy account report: one time series for each operator and hour.

    Before them stand the rules by which deviations were priced, and the root of the log behind it. What is not known
    of an open hour is left out, and a reason says why.
    """
    head = document_head(
        document_id=document.document_id,
        kinds=("A45", "A01"),
        sender=(document.sender_id, "A11"),
        receiver=(document.receiver_id, "A01"),
        created_at=document.created_at,
    )
    span = interval("period.timeInterval", document.from_at, document.until_at)
    series = [_account(row) for row in document.rows]
    children = (*head, span, *_rules(document.rules), leaf("log.root", document.log_root), *series)
    return write_xml(root=Node("EnergyAccount_MarketDocument", children=children), schema_name="settlement")


def _rules(rules: tuple[RuleUsed, ...]) -> list[Node]:
    return [Node("Rule", children=(leaf("mRID", rule.rule_id), leaf("version", rule.version))) for rule in rules]


def _reason(code: str, text: str) -> Node:
    return Node("Reason", children=(leaf("code", code), *([leaf("text", text)] if text else [])))


def _reasons(accepted: bool, code: str, sentence: str) -> tuple[Node, ...]:
    """State A01 or A02 and, for a refusal, the market's code with its sentence."""
    if accepted:
        return (_reason(_ACCEPTED, sentence),)
    return (_reason(_REJECTED, ""), _reason(code, sentence))


def _answer(row: AckRow) -> Node:
    said = {"mRID": row.order_id, "revisionNumber": str(row.version or ""), "place": row.place}
    named = [leaf(name, text) for name, text in said.items() if text]
    return Node("TimeSeries", children=(*named, *_reasons(row.accepted, row.code, row.sentence)))


def _allocation(row: AllocationRow) -> Node:
    hour = delivery_of(row.product_id)
    parties = party_nodes(
        operator_id=row.operator_id,
        site_id=row.site_id,
        owner_id=row.owner_id,
        product_id=row.product_id,
        zone=hour.zone.value,
    )
    named = (leaf("mRID", row.order_id), leaf("revisionNumber", str(row.version)), leaf("outcome", row.outcome.value))
    awarded = (leaf("requested.quantity", str(row.asked_kwh)), period(hour, step_points(row.awarded)))
    reason = [_reason(row.code, row.sentence)] if row.code else []
    return Node("Allocation_TimeSeries", children=(*named, *parties, *awarded, *reason))


def _account(row: SettlementRow) -> Node:
    hour = delivery_of(row.product_id)
    energies = {"metered": row.metered_wh, "imbalance": row.imbalance_wh}
    amounts = {
        "energy": row.energy_tiyn,
        "marketFee": row.market_fee_tiyn,
        "transmission": row.transmission_tiyn,
        "imbalance": row.imbalance_tiyn,
        "vat": row.vat_tiyn,
        "booked": row.booked_tiyn,
        "total": row.total_tiyn,
    }
    point = (
        leaf("position", "1"),
        leaf("bought.quantity", str(row.bought_kwh)),
        *_known("quantity", energies, 3),
        *_known("amount", amounts, 2),
    )
    named = (
        leaf("provider_MarketParticipant.mRID", row.operator_id),
        leaf("auction.mRID", row.product_id),
        leaf("acquiring_Domain.mRID", hour.zone.value),
        leaf("measurement_Unit.name", "KWH"),
        leaf("currency_Unit.name", "KZT"),
    )
    reason = [_reason(row.open_code, "")] if row.open_code else []
    return Node("AccountTimeSeries", children=(*named, period(hour, (Node("Point", children=point),)), *reason))


def _known(kind: str, values: Mapping[str, int | None], decimals: int) -> list[Node]:
    """Write the values that are known."""
    known = {name: value for name, value in values.items() if value is not None}
    return [leaf(f"{name}.{kind}", amount_text(value, decimals=decimals, mark=".")) for name, value in known.items()]
