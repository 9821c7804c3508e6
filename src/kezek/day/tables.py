"""The day as tables: one row an hour and zone, an order, a purchase, an operator, a finding; Polars frames."""

import io
from collections.abc import Mapping
from datetime import date

import polars as pl

from kezek.day.state import DayState
from kezek.duties.finding import Change, Finding
from kezek.facts.figures import AsicModel
from kezek.market.order import Outcome
from kezek.metering.reading import energy_by_operator_wh
from kezek.registry.machine import MachineColumns
from kezek.units.calendar import hours_of


def _frame(rows: list[dict[str, object]], schema: Mapping[str, type[pl.DataType] | pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


_I, _S, _B = pl.Int64, pl.String, pl.Boolean


def hours_table(*, state: DayState, labels: Mapping[int, str]) -> pl.DataFrame:
    """One row a zone and hour: balance of the grid [kWh], sales [kWh], prices paid without VAT [tiyn/kWh]."""
    rows: list[dict[str, object]] = []
    for one in state.products.values():
        summary, supply = one.summary, state.supplies[one.product.product_id]
        if summary is None:
            continue
        rows.append(
            {
                "product_id": one.product.product_id,
                "zone": str(one.product.zone),
                "hour_index": one.product.hour_index,
                "hour": labels[one.product.hour_index],
                "available_kwh": supply.available_kwh,
                "demand_kwh": supply.demand_kwh,
                "reserve_kwh": supply.reserve_kwh,
                "offered_kwh": summary.offered_kwh,
                "asked_kwh": summary.asked_kwh,
                "bought_kwh": summary.bought_kwh,
                "bought_after_curtailment_kwh": one.sold_kwh,
                "revised_offer_kwh": one.revised_kwh,
                "bid_count": summary.bid_count,
                "lowest_tiyn_per_kwh": summary.lowest_tiyn_per_kwh,
                "average_tiyn_per_kwh": summary.average_tiyn_per_kwh,
                "highest_tiyn_per_kwh": summary.highest_tiyn_per_kwh,
                "first_rejected_tiyn_per_kwh": summary.first_rejected_tiyn_per_kwh,
            }
        )
    text = ("product_id", "zone", "hour")
    return _frame(rows, {key: _S if key in text else _I for key in rows[0]})


def orders_table(*, state: DayState) -> pl.DataFrame:
    """One row an order, each of one step, with its outcome, the reason for it and the energy awarded. [kWh]"""
    rows: list[dict[str, object]] = []
    for decision in state.decisions:
        order, refused = decision.order, decision.refusal is not None
        end = state.ends[order.order_id]
        product = state.products.get(order.product_id)
        filled = product.final_kwh.get(order.order_id, 0) if product and not refused else 0
        rows.append(
            {
                "order_id": order.order_id,
                "operator_id": order.operator_id,
                "owner_id": order.owner_id,
                "product_id": order.product_id,
                "price_tiyn_per_kwh": order.steps[0].price_tiyn_per_kwh,
                "quantity_kwh": order.quantity_kwh,
                "received_at": order.received_at,
                "outcome": str(Outcome.REJECTED if refused else end.outcome),
                "reason": str(decision.refusal if refused else end.reason),
                "final_kwh": filled,
            }
        )
    schema: dict[str, type[pl.DataType] | pl.DataType] = dict.fromkeys(
        ("order_id", "operator_id", "owner_id", "product_id", "outcome", "reason"), _S
    )
    schema |= dict.fromkeys(("price_tiyn_per_kwh", "quantity_kwh", "final_kwh"), _I)
    schema["received_at"] = pl.Datetime("us", "UTC")
    return _frame(rows, schema).select(
        "order_id",
        "operator_id",
        "owner_id",
        "product_id",
        "price_tiyn_per_kwh",
        "quantity_kwh",
        "received_at",
        "outcome",
        "reason",
        "final_kwh",
    )


def purchases_table(*, state: DayState) -> pl.DataFrame:
    """One row a purchase: energy bought and left after curtailment [kWh], price without VAT [tiyn/kWh]."""
    rows: list[dict[str, object]] = [
        {
            "purchase_id": purchase.purchase_id,
            "operator_id": purchase.operator_id,
            "owner_id": purchase.owner_id,
            "product_id": purchase.product_id,
            "energy_kwh": purchase.energy_kwh,
            "final_kwh": state.final_purchase_kwh[purchase.purchase_id],
            "price_tiyn_per_kwh": purchase.price_tiyn_per_kwh,
            "log_index": state.entry_of_purchase[purchase.purchase_id],
        }
        for purchase in state.purchases.values()
    ]
    keys = ("purchase_id", "operator_id", "owner_id", "product_id")
    numbers = ("energy_kwh", "final_kwh", "price_tiyn_per_kwh", "log_index")
    return _frame(rows, {**dict.fromkeys(keys, _S), **dict.fromkeys(numbers, _I)})


def operators_table(*, state: DayState) -> pl.DataFrame:
    """One row an operator: licence, route, machines, energy [Wh], coins [sat], state of its duties."""
    energy_wh = energy_by_operator_wh(state.readings)
    payouts = {payout.operator_id: payout for payout in state.payouts}
    verdicts = {verdict.operator_id: verdict for verdict in state.verdicts}
    rows: list[dict[str, object]] = []
    for operator in state.operators.values():
        payout, verdict = payouts.get(operator.operator_id), verdicts[operator.operator_id]
        rows.append(
            {
                "operator_id": operator.operator_id,
                "name": operator.name,
                "subtype": str(operator.licence.subtype),
                "zone": str(operator.zone),
                "route": str(operator.route),
                "host_id": operator.host_id,
                "pool_id": operator.pool_id,
                "machines_registered": operator.registered_count,
                "machines_active": sum(group.active_count for group in operator.groups),
                "active_power_w": operator.active_power_w,
                "metered_wh": energy_wh.get(operator.operator_id, 0),
                "credited_sat": payout.credited_sat if payout else 0,
                "paid_sat": payout.paid_sat if payout else 0,
                "verdict": str(verdict.status),
                "breached": len(verdict.breached),
            }
        )
    text = ("operator_id", "name", "subtype", "zone", "route", "host_id", "pool_id", "verdict")
    return _frame(rows, {key: _S if key in text else _I for key in rows[0]})


def findings_table(*, state: DayState) -> pl.DataFrame:
    """One row an operator, duty and quarter, with the readings that would change it."""
    rows = [_finding_row(verdict.operator_id, finding) for verdict in state.verdicts for finding in verdict.findings]
    numbers = ("measured", "limit", "at_stake_tiyn")
    schema: dict[str, type[pl.DataType] | pl.DataType] = {key: _I if key in numbers else _S for key in rows[0]}
    return _frame(rows, {**schema, "deadline_on": pl.Date, "holds_under_all_readings": _B})


def _change_text(change: Change) -> str:
    """Write a change as `question=position + question=position: status`."""
    readings = [(change.question, change.position), *change.also]
    return f"{' + '.join(f'{question}={position}' for question, position in readings)}: {change.status}"


def _finding_row(operator_id: str, finding: Finding) -> dict[str, object]:
    return {
        "operator_id": operator_id,
        "duty": finding.duty,
        "period": finding.period,
        "status": str(finding.status),
        "reason": finding.reason,
        "measured": finding.measured,
        "limit": finding.limit,
        "unit": str(finding.unit),
        "evidence": "; ".join(finding.evidence),
        "source": finding.source,
        "at": finding.at,
        "deadline_on": finding.deadline_on,
        "at_stake_tiyn": finding.at_stake_tiyn,
        "holds_under_all_readings": finding.holds_under_all_readings,
        "changes": "; ".join(map(_change_text, finding.changes)),
    }


def ledger_table(*, state: DayState) -> pl.DataFrame:
    """One row a transfer from the account `debit` to the account `credit`. [tiyn]"""
    rows: list[dict[str, object]] = [
        {
            "transfer_id": one.transfer_id,
            "memo": one.memo,
            "state": str(one.state),
            "pending_id": one.pending_id,
            "debit": one.debit,
            "credit": one.credit,
            "amount_tiyn": one.amount_tiyn,
        }
        for one in state.ledger.transfers()
    ]
    text = ("transfer_id", "memo", "state", "pending_id", "debit", "credit")
    return _frame(rows, {**dict.fromkeys(text, _S), "amount_tiyn": _I})


def meters_table(*, state: DayState) -> pl.DataFrame:
    """One row a meter and hour. [Wh]"""
    rows: list[dict[str, object]] = [
        {"meter_id": r.meter_id, "operator_id": r.operator_id, "hour_index": r.hour_index, "energy_wh": r.energy_wh}
        for r in state.readings
    ]
    return _frame(rows, {"meter_id": _S, "operator_id": _S, "hour_index": _I, "energy_wh": _I})


def machines_table(*, register: MachineColumns, models: tuple[AsicModel, ...]) -> pl.DataFrame:
    """One row a registered machine with its model's figures."""
    kinds = pl.DataFrame(
        {
            "model_index": range(len(models)),
            "make": [model.make for model in models],
            "model": [model.model for model in models],
            "hashrate_ghs": [model.hashrate_ghs for model in models],
            "power_w": [model.power_w for model in models],
        },
        schema={"model_index": pl.Int32, "make": _S, "model": _S, "hashrate_ghs": _I, "power_w": _I},
    )
    machines = pl.DataFrame(
        {
            "serial": register.serials,
            "fingerprint": register.fingerprints,
            "operator_id": register.operator_ids,
            "model_index": register.model_indices,
            "active": register.active,
        },
        schema={"serial": _S, "fingerprint": _S, "operator_id": _S, "model_index": pl.Int32, "active": _B},
    )
    return machines.join(kinds, on="model_index", how="left", maintain_order="left").drop("model_index")


def day_tables(*, state: DayState) -> dict[str, pl.DataFrame]:
    """All tables that follow from the log, by name."""
    on = next(iter(state.products.values())).product.product_id.split("/")[0]
    labels = {hour.index: hour.label for hour in hours_of(date.fromisoformat(on))}
    return {
        "hours": hours_table(state=state, labels=labels),
        "orders": orders_table(state=state),
        "purchases": purchases_table(state=state),
        "operators": operators_table(state=state),
        "findings": findings_table(state=state),
        "ledger": ledger_table(state=state),
        "meters": meters_table(state=state),
    }


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """Write a table as Parquet; the same table gives the same bytes with the same library."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=True)
    return buffer.getvalue()
