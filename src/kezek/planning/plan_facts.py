"""What a plan is made of: who bids, for which hours, with which machines, at what costs."""

from dataclasses import dataclass
from datetime import date

from kezek.mining.network import Segment
from kezek.planning.bidding import Wish
from kezek.planning.breakeven import SiteCosts
from kezek.planning.fee_target import QuarterEnergy
from kezek.planning.win_chance import PriceRecord
from kezek.registry.operator import Route
from kezek.registry.zone import Zone


@dataclass(frozen=True, slots=True)
class MachineLot:
    """Machines of one kind.

    Args:
        power_w, hashrate_ghs: Of one machine, or of any number of them together: only their ratio counts.
        energy_kwh: Energy that all of them draw in an hour, overhead included. [kWh]
    """

    name: str
    power_w: int
    hashrate_ghs: int
    energy_kwh: int

    @property
    def efficiency_mj_per_th(self) -> int:
        """Energy per work, rounded down. [mJ/TH]"""
        return self.power_w * 10**6 // self.hashrate_ghs


@dataclass(frozen=True, slots=True)
class PlanHour:
    """One delivery hour that is bid for.

    Args:
        index: Its place in the day, 0..24.
        label: Its name on a clock in Kazakhstan.
        segments: Target and subsidy of the network in it.
        record: What prices did in it; empty where nothing is known.
    """

    index: int
    label: str
    segments: tuple[Segment, ...]
    record: PriceRecord


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """All that a plan is made of but the law.

    Args:
        owner_id: Whose machines use the power: the bidder's own or a tenant's.
        site_power_w: Most that the site may draw, None where the machines are the limit. [W]
        costs: VAT in it is that of the law of the day and need not be given. [ppm]
        least_observations: Fewer than these are named beside a chance made of them.
        price_words, network_words: Where coin price and difficulty come from, in words.
        kind: What the prices are: `history` or `forecast`; "" where there are none.
        quarter: Energy of the quarter, for a graded fee.
    """

    operator_id: str
    site_id: str
    owner_id: str
    zone: Zone
    on: date
    route: Route
    wish: Wish
    reserve_tiyn_per_kwh: int
    site_power_w: int | None
    costs: SiteCosts
    tiyn_per_btc: int
    price_words: str
    network_words: str
    kind: str
    least_observations: int
    hours: tuple[PlanHour, ...]
    machines: tuple[MachineLot, ...]
    quarter: QuarterEnergy | None
