"""The price of power at which an operator neither earns nor loses, every due included: the ceiling of its bid."""

from collections.abc import Sequence
from dataclasses import dataclass

from kezek.duties.fee import fee_owed_tiyn, fee_rate_tiyn_per_kwh
from kezek.duties.tax import compliance_cost_tiyn, income_tax_tiyn
from kezek.law.snapshot import Snapshot
from kezek.mining.network import Segment, expected_sat
from kezek.mining.output import after_pool_fee_sat, gigahashes_of
from kezek.mining.value import value_tiyn
from kezek.registry.operator import Route
from kezek.units.rounding import PPM, ceil_div, share_of

_MWH_WH = 1_000_000
_MWH_KWH = 1_000


@dataclass(frozen=True, slots=True)
class SiteCosts:
    """What a kWh costs besides the energy, and what coins cost on their way to money.

    Args:
        transmission_tiyn_per_kwh: National grid. [tiyn/kWh]
        regional_tiyn_per_kwh: Regional grid; falls away with an own substation. [tiyn/kWh]
        labour_tiyn_per_kwh: Staff. [tiyn/kWh]
        hosting_tiyn_per_kwh: What a host charges a tenant on top. [tiyn/kWh]
        overhead_ppm: Cooling and losses on top of the machines' own power. [ppm]
        pool_fee_ppm: Pool's fee on payouts. [ppm]
        sale_spread_ppm: Lost between the reference price and the exchange. [ppm]
        vat_ppm: VAT on energy and grids; no credit for it is assumed. [ppm]
    """

    transmission_tiyn_per_kwh: int
    regional_tiyn_per_kwh: int
    labour_tiyn_per_kwh: int
    hosting_tiyn_per_kwh: int
    overhead_ppm: int
    pool_fee_ppm: int
    sale_spread_ppm: int
    vat_ppm: int


@dataclass(frozen=True, slots=True)
class MwhResult:
    """One MWh at the meter, from coins to what is left. [tiyn]"""

    coin_value_tiyn: int
    sale_spread_tiyn: int
    energy_tiyn: int
    grid_tiyn: int
    vat_tiyn: int
    labour_tiyn: int
    fee_tiyn: int
    tax_tiyn: int
    compliance_tiyn: int

    @property
    def cost_tiyn(self) -> int:
        """Costs before tax and compliance. [tiyn]"""
        return (
            self.sale_spread_tiyn
            + self.energy_tiyn
            + self.grid_tiyn
            + self.vat_tiyn
            + self.labour_tiyn
            + self.fee_tiyn
        )

    @property
    def net_tiyn(self) -> int:
        """What is left. [tiyn]"""
        return self.coin_value_tiyn - self.cost_tiyn - self.tax_tiyn - self.compliance_tiyn


def coin_value_per_mwh_tiyn(
    *,
    power_w: int,
    hashrate_ghs: int,
    costs: SiteCosts,
    segments: Sequence[Segment],
    tiyn_per_btc: int,
) -> int:
    """Value the coins that one MWh at the meter yields on one model, after the pool's fee. [tiyn]"""
    gigahashes = gigahashes_of(
        energy_wh=_MWH_WH, power_w=power_w, hashrate_ghs=hashrate_ghs, overhead_ppm=costs.overhead_ppm
    )
    gross_sat = expected_sat(gigahashes=gigahashes, segments=segments)
    return value_tiyn(
        sat=after_pool_fee_sat(gross_sat=gross_sat, fee_ppm=costs.pool_fee_ppm), tiyn_per_btc=tiyn_per_btc
    )


def mwh_result(
    *, price_tiyn_per_kwh: int, coin_value_tiyn: int, route: Route, costs: SiteCosts, law: Snapshot
) -> MwhResult:
    """Compute what one MWh earns at a price of power, all dues included. [tiyn]

    Raises:
        NoRuleInForce: a rate that the law of the day leaves open.
    """
    spread_tiyn = share_of(coin_value_tiyn, costs.sale_spread_ppm)
    energy_tiyn = _MWH_KWH * price_tiyn_per_kwh
    grid_tiyn = _MWH_KWH * (costs.transmission_tiyn_per_kwh + costs.regional_tiyn_per_kwh)
    vat_tiyn = share_of(energy_tiyn + grid_tiyn, costs.vat_ppm)
    labour_tiyn = _MWH_KWH * (costs.labour_tiyn_per_kwh + costs.hosting_tiyn_per_kwh)
    rate = fee_rate_tiyn_per_kwh(route=route, average_price_tiyn_per_kwh=price_tiyn_per_kwh, law=law)
    fee_tiyn = fee_owed_tiyn(metered_wh=_MWH_WH, rate_tiyn_per_kwh=rate)
    cost_tiyn = spread_tiyn + energy_tiyn + grid_tiyn + vat_tiyn + labour_tiyn + fee_tiyn
    return MwhResult(
        coin_value_tiyn=coin_value_tiyn,
        sale_spread_tiyn=spread_tiyn,
        energy_tiyn=energy_tiyn,
        grid_tiyn=grid_tiyn,
        vat_tiyn=vat_tiyn,
        labour_tiyn=labour_tiyn,
        fee_tiyn=fee_tiyn,
        tax_tiyn=income_tax_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, law=law),
        compliance_tiyn=compliance_cost_tiyn(coin_value_tiyn=coin_value_tiyn, cost_tiyn=cost_tiyn, law=law),
    )


def bid_price_tiyn_per_kwh(
    *, ceiling_tiyn_per_kwh: int, reserve_tiyn_per_kwh: int, headroom_share_ppm: int, tick_tiyn_per_kwh: int
) -> int | None:
    """Choose what to bid between the reserve and the ceiling; None where no tick lies between them. [tiyn/kWh]

    Paid as bid, nobody states the ceiling in an hour that will not sell out: the share says how far up one goes.

    >>> bid_price_tiyn_per_kwh(
    ...     ceiling_tiyn_per_kwh=3_000, reserve_tiyn_per_kwh=1_800, headroom_share_ppm=250_000, tick_tiyn_per_kwh=1
    ... )
    2100
    """
    lowest = ceil_div(reserve_tiyn_per_kwh, tick_tiyn_per_kwh) * tick_tiyn_per_kwh
    if lowest > ceiling_tiyn_per_kwh:
        return None
    headroom = ceiling_tiyn_per_kwh - reserve_tiyn_per_kwh
    price = reserve_tiyn_per_kwh + headroom * headroom_share_ppm // PPM
    return max(lowest, price - price % tick_tiyn_per_kwh)
