"""Where the money of one day goes: the coin value of the grid buyers, cost line by cost line."""

from collections import defaultdict
from typing import Any

from kezek.day.bidding import site_costs
from kezek.day.run import DayResult
from kezek.duties.fee import fee_owed_tiyn, fee_rate_tiyn_per_kwh
from kezek.duties.tax import compliance_cost_tiyn, income_tax_tiyn
from kezek.metering.reading import energy_by_operator_wh
from kezek.mining.value import value_tiyn
from kezek.registry.operator import Operator, Route
from kezek.units.rounding import half_up, share_of

LINES = (
    "energy",
    "grids",
    "vat",
    "fee_per_kwh",
    "labour",
    "sale_spread",
    "compliance",
    "income_tax",
    "left_to_operators",
)


def grid_money(result: DayResult) -> list[dict[str, Any]]:
    """Split the day's coin value of all grid buyers and tenants over cost lines, dues and the rest. [tiyn]

    Energy at the prices really paid, less refunds; grids, labour and VAT on bought energy; fee on metered energy; tax
    and compliance on each operator's own result, so that a loss pays none.

    Guarantees: the lines add up to the coin value.
    """
    totals: dict[str, int] = dict.fromkeys(LINES, 0)
    paid = {payout.operator_id: payout.paid_sat for payout in result.state.payouts}
    bought = _bought(result)
    metered_wh = energy_by_operator_wh(result.state.readings)
    for operator in result.state.operators.values():
        if operator.route not in (Route.GRID_SURPLUS, Route.HOSTED) or not metered_wh.get(operator.operator_id):
            continue
        value = value_tiyn(sat=paid[operator.operator_id], tiyn_per_btc=result.price.tiyn_per_btc)
        lines = _lines(result, operator, value, *bought[operator.operator_id], metered_wh[operator.operator_id])
        for name, amount in lines.items():
            totals[name] += amount
    return [{"line": name, "amount_tiyn": totals[name]} for name in LINES]


def _bought(result: DayResult) -> dict[str, tuple[int, int]]:
    """Energy bought for each owner's machines [kWh] and its price without VAT [tiyn], after curtailment."""
    totals: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for purchase_id, purchase in result.state.purchases.items():
        owner = purchase.owner_id
        left_kwh = result.state.final_purchase_kwh[purchase_id]
        energy_kwh, net_tiyn = totals[owner]
        totals[owner] = (energy_kwh + left_kwh, net_tiyn + left_kwh * result.state.price_of_purchase[purchase_id])
    return totals


def _lines(
    result: DayResult, operator: Operator, value: int, bought_kwh: int, energy_tiyn: int, metered_wh: int
) -> dict[str, int]:
    law = result.request.lens.on(result.request.on)
    costs = site_costs(operator=operator, fleet=result.request.fleet, law=law)
    grids = bought_kwh * (costs.transmission_tiyn_per_kwh + costs.regional_tiyn_per_kwh)
    average = half_up(energy_tiyn, bought_kwh) if bought_kwh else 0
    rate = fee_rate_tiyn_per_kwh(route=Route.GRID_SURPLUS, average_price_tiyn_per_kwh=average, law=law)
    lines = {
        "energy": energy_tiyn,
        "grids": grids,
        "vat": share_of(energy_tiyn + grids, costs.vat_ppm),
        "fee_per_kwh": fee_owed_tiyn(metered_wh=metered_wh, rate_tiyn_per_kwh=rate),
        "labour": bought_kwh * (costs.labour_tiyn_per_kwh + costs.hosting_tiyn_per_kwh),
        "sale_spread": share_of(value, costs.sale_spread_ppm),
    }
    cost = sum(lines.values())
    lines["compliance"] = compliance_cost_tiyn(coin_value_tiyn=value, cost_tiyn=cost, law=law)
    lines["income_tax"] = income_tax_tiyn(coin_value_tiyn=value, cost_tiyn=cost, law=law)
    lines["left_to_operators"] = value - sum(lines.values())
    return lines
