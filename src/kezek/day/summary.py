"""The day in one object: what the terminal prints, `--json` writes and the report shows."""

from collections import Counter
from datetime import date
from typing import Any

from kezek.day.money import grid_money
from kezek.day.run import DayResult
from kezek.day.state import DayState
from kezek.duties.finding import Finding, Status
from kezek.ledger.transfer import CASH, ENERGY_SALES, PREPAID, VAT
from kezek.market.order import Outcome
from kezek.mining.value import value_tiyn
from kezek.registry.zone import Zone
from kezek.units.calendar import Quarter, hours_of
from kezek.units.rounding import PPM, half_up

FORMAT = "kezek-day@v1"


def summarise_day(result: DayResult) -> dict[str, Any]:
    """Collect the figures of a day; every key carries its unit, `assumptions` say which inputs are synthetic."""
    state = result.state
    return {
        "format": FORMAT,
        "date": str(result.request.on),
        "hours": len(hours_of(result.request.on)),
        "profile": result.request.lens.profile,
        "readings": dict(sorted(result.request.lens.readings.items())),
        "seed": result.request.seed,
        "law_digest": result.request.lens.book.digest,
        "unconfirmed_law": list(result.unconfirmed),
        "synthetic": "fleet, bids, meters, books and hourly shapes are simulated; see assumptions",
        "network": _network(result),
        "market": _market(result),
        "zones": [_zone(result, zone) for zone in Zone],
        "curtailment": [_curtailment(state, n) for n in range(len(state.revisions))],
        "fleet": _fleet(state),
        "money": _money(state),
        "output": _output(result),
        "duties": _duties(state, result.request.on),
        "evidence": _evidence(result),
        "assumptions": [
            {
                "key": one.key,
                "value": f"{one.value_text} {one.unit}".strip(),
                "synthetic": one.synthetic,
                "why": one.why,
                "source": one.source,
            }
            for one in result.assumptions
        ],
    }


def _network(result: DayResult) -> dict[str, Any]:
    network, price = result.network, result.price
    return {
        "difficulty": str(network.difficulty),
        "height_at_start": network.height_at_start,
        "subsidy_sat": network.subsidy_sat,
        "expected_blocks_milli": network.expected_blocks_milli,
        "transaction_fees": "are known" if network.fees_known else "are not in the tables, so coins are subsidy only",
        "price_month": price.month,
        "usd_cents_per_btc": price.usd_cents_per_btc,
        "tiyn_per_usd": price.tiyn_per_usd,
        "tiyn_per_btc": price.tiyn_per_btc,
        "sources": list(price.sources),
    }


def _share_ppm(part: int, whole: int) -> int:
    return half_up(part * PPM, whole) if whole else 0


def _market(result: DayResult) -> dict[str, Any]:
    state = result.state
    offered = sum(one.product.offered_kwh for one in state.products.values())
    cleared = sum(one.summary.bought_kwh for one in state.products.values() if one.summary)
    final = sum(one.sold_kwh for one in state.products.values())
    refusals = Counter(str(decision.refusal) for decision in state.decisions if decision.refusal is not None)
    taken = [decision for decision in state.decisions if decision.refusal is None]
    outcomes = Counter(str(state.ends[decision.order.order_id].outcome) for decision in taken)
    outcomes[str(Outcome.REJECTED)] += sum(refusals.values())
    clearing = next(one.clearing for one in state.products.values() if one.clearing is not None)
    return {
        "rules": list(clearing.rules),
        "reserve_tiyn_per_kwh": result.request.scenario.whole("reserve_price"),
        "offered_kwh": offered,
        "bought_kwh": cleared,
        "bought_after_curtailment_kwh": final,
        "take_up_ppm": _share_ppm(cleared, offered),
        "month_take_up_ppm": result.month_take_up_ppm,
        "target_take_up_ppm": result.request.scenario.whole("target_take_up"),
        "month_offered_mwh": sum(zone.offered_mwh for zone in result.month.zones),
        "target_offered_mwh": result.request.scenario.whole("target_offered") // 10**6,
        "orders": len(state.decisions),
        "outcomes": dict(sorted(outcomes.items())),
        "refusals": dict(sorted(refusals.items())),
        "purchases": len(state.purchases),
        "largest_purchase_kwh": max((p.energy_kwh for p in state.purchases.values()), default=0),
        "purchases_cut": len(state.cut_entry_of_purchase),
    }


def _zone(result: DayResult, zone: Zone) -> dict[str, Any]:
    mine = [one for one in result.state.products.values() if one.product.zone is zone]
    offered = sum(one.product.offered_kwh for one in mine)
    bought = sum(one.summary.bought_kwh for one in mine if one.summary)
    month = result.month.of(zone)
    return {
        "zone": str(zone),
        "offered_kwh": offered,
        "bought_kwh": bought,
        "take_up_ppm": _share_ppm(bought, offered),
        "hours_without_surplus": sum(one.product.offered_kwh == 0 for one in mine),
        "hours_sold_out": sum(one.summary.bought_kwh == one.product.offered_kwh > 0 for one in mine if one.summary),
        "calibrated_thermal_ppm": month.thermal_ppm,
        "month_offered_mwh": month.offered_mwh,
    }


def _curtailment(state: DayState, number: int) -> dict[str, Any]:
    revision = state.revisions[number]
    product = state.products[revision.product_id]
    cuts = state.cut_entry_of_purchase
    cut_here = [key for key in cuts if state.purchases[key].product_id == revision.product_id]
    return {
        "product_id": revision.product_id,
        "offered_kwh": product.product.offered_kwh,
        "sold_before_kwh": product.summary.bought_kwh if product.summary else 0,
        "sold_after_kwh": product.sold_kwh,
        "purchases_cancelled": sum(state.final_purchase_kwh[key] == 0 for key in cut_here),
        "purchases_reduced": sum(state.final_purchase_kwh[key] > 0 for key in cut_here),
        "awards_raised": _awards_raised(state, revision.product_id),
    }


def _awards_raised(state: DayState, product_id: str) -> int:
    """Count the operators that hold more of a product after its curtailment than they had bought."""
    change_kwh: Counter[str] = Counter()
    for purchase in state.purchases.values():
        if purchase.product_id == product_id:
            change_kwh[purchase.operator_id] -= purchase.energy_kwh
    for decision in state.products[product_id].decisions:
        left_kwh = state.products[product_id].final_kwh.get(decision.order.order_id, 0)
        change_kwh[decision.order.operator_id] += left_kwh
    return sum(kwh > 0 for kwh in change_kwh.values())


def _fleet(state: DayState) -> dict[str, Any]:
    operators = list(state.operators.values())
    registered_w = sum(group.registered_count * group.power_w for one in operators for group in one.groups)
    return {
        "operators": len(operators),
        "by_subtype": dict(sorted(Counter(str(one.licence.subtype) for one in operators).items())),
        "by_route": dict(sorted(Counter(str(one.route) for one in operators).items())),
        "machines_registered": sum(one.registered_count for one in operators),
        "machines_active": sum(group.active_count for one in operators for group in one.groups),
        "registered_power_w": registered_w,
        "active_power_w": sum(one.active_power_w for one in operators),
        "bidders": len({d.order.operator_id for d in state.decisions if d.refusal is None}),
    }


def _money(state: DayState) -> dict[str, Any]:
    balances = state.ledger.balances_tiyn()
    held = sum(amount for account, amount in balances.items() if account.startswith(PREPAID))
    return {
        "prepaid_tiyn": balances.get(CASH, 0),
        "energy_sales_tiyn": -balances.get(ENERGY_SALES, 0),
        "vat_tiyn": -balances.get(VAT, 0),
        "left_with_operators_tiyn": -held,
        "sum_of_all_accounts_tiyn": sum(balances.values()),
        "transfers": len(state.ledger.transfers()),
    }


def _output(result: DayResult) -> dict[str, Any]:
    """Energy, coins, and where one day's coin value goes."""
    state = result.state
    credited = sum(payout.credited_sat for payout in state.payouts)
    paid = sum(payout.paid_sat for payout in state.payouts)
    metered_wh = sum(reading.energy_wh for reading in state.readings)
    network_sat = result.network.expected_blocks_milli * result.network.subsidy_sat // 1_000
    value = sum(value_tiyn(sat=one.paid_sat, tiyn_per_btc=result.price.tiyn_per_btc) for one in state.payouts)
    return {
        "metered_wh": metered_wh,
        "credited_sat": credited,
        "paid_sat": paid,
        "pool_fee_sat": credited - paid,
        "coin_value_tiyn": value,
        "share_of_network_ppm": _share_ppm(credited, network_sat),
        "where_the_money_goes": grid_money(result),
    }


def _states(state: DayState, on: date, *, closed: bool) -> dict[str, int]:
    """Count operators by the worst of their findings in closed quarters, or in the open one."""
    current = str(Quarter.of(on))
    counted: Counter[str] = Counter()
    for verdict in state.verdicts:
        present = {finding.status for finding in verdict.findings if (finding.period != current) == closed}
        counted.update(str(status) for status in [next((one for one in Status if one in present), None)] if status)
    return {str(status): counted[str(status)] for status in Status}


def _undetermined(findings: list[Finding]) -> list[dict[str, Any]]:
    """Group what cannot be decided by duty and quarter, with what is missing."""
    open_ones = [one for one in findings if one.status is Status.UNDETERMINED]
    counted = Counter((one.duty, one.period, one.reason, "; ".join(one.evidence)) for one in open_ones)
    keys = ("duty", "period", "reason", "missing")
    return [{**dict(zip(keys, key, strict=True)), "findings": number} for key, number in sorted(counted.items())]


def _duties(state: DayState, on: date) -> dict[str, Any]:
    closed, opened = (_states(state, on, closed=one) for one in (True, False))
    findings = [finding for verdict in state.verdicts for finding in verdict.findings]
    breached = [
        {"operator_id": verdict.operator_id, "duty": finding.duty, "period": finding.period, "reason": finding.reason}
        for verdict in state.verdicts
        for finding in verdict.breached
    ]
    return {
        "operators_by_status": closed,
        "operators_by_status_open_quarter": opened,
        "findings_by_status": {
            str(status): sum(finding.status is status for finding in findings) for status in Status
        },
        "findings_that_depend_on_a_reading": sum(not finding.holds_under_all_readings for finding in findings),
        "breached": breached,
        "undetermined": _undetermined(findings),
    }


def _evidence(result: DayResult) -> dict[str, Any]:
    log = result.log
    return {
        "entries": len(log),
        "root": log.tree.root().hex(),
        "receipts": len(result.state.purchases) + len(result.state.cut_entry_of_purchase),
    }
