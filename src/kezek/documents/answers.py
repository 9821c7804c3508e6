"""The market's answers as tables: acknowledgement, allocation and settlement, for CSV and workbooks."""

from kezek.documents.paper import (
    Acknowledgement,
    AckRow,
    AllocationResult,
    AllocationRow,
    RowFault,
    RuleUsed,
    SettlementDocument,
)
from kezek.documents.table import Column, ColumnKind, Table, Value

_ACKNOWLEDGEMENT = (
    Column("place"),
    Column("order_id"),
    Column("version", ColumnKind.COUNT),
    Column("accepted"),
    Column("code"),
    Column("sentence"),
)
_ALLOCATION = (
    Column("order_id"),
    Column("version", ColumnKind.COUNT),
    Column("operator_id"),
    Column("site_id"),
    Column("owner_id"),
    Column("product_id"),
    Column("outcome"),
    Column("asked_kwh", ColumnKind.KWH),
    Column("awarded_kwh", ColumnKind.KWH),
    Column("price_tenge_per_kwh", ColumnKind.TENGE_PER_KWH),
    Column("cost_tenge", ColumnKind.TENGE),
    Column("code"),
    Column("sentence"),
)
_SETTLEMENT = (
    Column("operator_id"),
    Column("product_id"),
    Column("bought_kwh", ColumnKind.KWH),
    Column("metered_kwh", ColumnKind.WH_AS_KWH),
    Column("imbalance_kwh", ColumnKind.WH_AS_KWH),
    Column("energy_tenge", ColumnKind.TENGE),
    Column("market_fee_tenge", ColumnKind.TENGE),
    Column("transmission_tenge", ColumnKind.TENGE),
    Column("imbalance_tenge", ColumnKind.TENGE),
    Column("vat_tenge", ColumnKind.TENGE),
    Column("booked_tenge", ColumnKind.TENGE),
    Column("total_tenge", ColumnKind.TENGE),
    Column("open_code"),
)


def answer_to_fault(fault: RowFault) -> AckRow:
    """Answer a row that cannot be read: refused, with what is wrong and the way out."""
    sentence = f"{fault.what} {fault.way_out}"
    return AckRow(
        order_id=fault.order_id, version=0, accepted=False, code=fault.code, sentence=sentence, place=fault.place
    )


def acknowledgement_tables(document: Acknowledgement) -> tuple[Table, ...]:
    """Lay out an acknowledgement: a sheet with the answer to each order, and one about the paper."""
    rows: list[tuple[Value, ...]] = [
        (row.place, row.order_id, row.version or None, "yes" if row.accepted else "no", row.code, row.sentence)
        for row in document.rows
    ]
    about = [
        ("document_id", document.document_id),
        ("received_document_id", document.received_document_id),
        ("created_at", document.created_at.isoformat()),
        ("sender_id", document.sender_id),
        ("receiver_id", document.receiver_id),
        ("accepted", "yes" if document.accepted else "no"),
        ("code", document.code),
        ("sentence", document.sentence),
    ]
    return Table("Acknowledgement", _ACKNOWLEDGEMENT, tuple(rows)), _about(about)


def allocation_tables(document: AllocationResult) -> tuple[Table, ...]:
    """Lay out an allocation: one row for each part of an award, one for an order without; and a sheet about it."""
    rows = [line for row in document.rows for line in _allocation_lines(row)]
    about = [
        ("document_id", document.document_id),
        ("created_at", document.created_at.isoformat()),
        ("sender_id", document.sender_id),
        ("receiver_id", document.receiver_id),
        ("session_on", document.session_on.isoformat()),
        *_about_log(document.rules, document.log_root),
    ]
    return Table("Allocation", _ALLOCATION, tuple(rows)), _about(about)


def settlement_tables(document: SettlementDocument) -> tuple[Table, ...]:
    """Lay out a settlement: one row for each operator and hour, and a sheet about it; empty is not known."""
    rows: list[tuple[Value, ...]] = [
        (
            row.operator_id,
            row.product_id,
            row.bought_kwh,
            row.metered_wh,
            row.imbalance_wh,
            row.energy_tiyn,
            row.market_fee_tiyn,
            row.transmission_tiyn,
            row.imbalance_tiyn,
            row.vat_tiyn,
            row.booked_tiyn,
            row.total_tiyn,
            row.open_code,
        )
        for row in document.rows
    ]
    about = [
        ("document_id", document.document_id),
        ("created_at", document.created_at.isoformat()),
        ("sender_id", document.sender_id),
        ("receiver_id", document.receiver_id),
        ("from_at", document.from_at.isoformat()),
        ("until_at", document.until_at.isoformat()),
        *_about_log(document.rules, document.log_root),
    ]
    return Table("Settlement", _SETTLEMENT, tuple(rows)), _about(about)


def _allocation_lines(row: AllocationRow) -> list[tuple[Value, ...]]:
    """Repeat the order for each part of its award; what was asked stands in the first row only, so that it sums."""
    ids = (row.order_id, row.version, row.operator_id, row.site_id, row.owner_id, row.product_id, row.outcome.value)
    tail = (row.code, row.sentence)
    if not row.awarded:
        return [(*ids, row.asked_kwh, 0, None, 0, *tail)]
    return [
        (
            *ids,
            None if number else row.asked_kwh,
            step.quantity_kwh,
            step.price_tiyn_per_kwh,
            step.quantity_kwh * step.price_tiyn_per_kwh,
            *tail,
        )
        for number, step in enumerate(row.awarded)
    ]


def _about_log(rules: tuple[RuleUsed, ...], log_root: str) -> list[tuple[str, str]]:
    return [*((f"rule {rule.rule_id}", f"version {rule.version}") for rule in rules), ("log_root", log_root)]


def _about(pairs: list[tuple[str, str]]) -> Table:
    return Table("About", (Column("key"), Column("value")), tuple(pairs))
