"""What energy cost: the average price of a quarter as said or worked out, and dollars at the rate of the quarter."""

from dataclasses import dataclass
from datetime import date

from kezek.dossier.field import Values
from kezek.dossier.kind import QuarterName, Setting
from kezek.dossier.problem import Refusal
from kezek.facts.figures import tiyn_per_usd
from kezek.units.rounding import half_up

_WH_PER_KWH = 1_000


@dataclass(frozen=True, slots=True)
class InDollars:
    """An amount that was written in dollars [US cents], and the rate it was turned into tenge by [tiyn]."""

    cents: int
    tiyn_per_usd: int
    rate_of: str


def rate_of_quarter(period: str) -> Setting | None:
    """Give the official rate of the dollar in the middle month of a quarter; None where it is not at hand.

    >>> rate_of_quarter("2025-Q3").rate_of
    'the official rate of 2025-08'
    """
    try:
        quarter = QuarterName().read(period, Setting())
    except Refusal:
        return None
    month = f"{date(quarter.year, quarter.from_on.month + 1, 1):%Y-%m}"
    figure = tiyn_per_usd().get(month)
    return Setting(figure.amount, f"the official rate of {month}") if figure else None


def average_price_tiyn_per_kwh(*, quarter: Values) -> int | None:
    """Give the average price that was said, else what was paid for power by the energy of the quarter, half up.

    None where neither can be had. [tiyn/kWh]

    >>> average_price_tiyn_per_kwh(quarter={"power_cost": 185_100, "metered": 100_000})
    1851
    """
    if "average_price" in quarter:
        said: int = quarter["average_price"]
        return said
    energy_wh = energy_of(quarter=quarter)
    cost_tiyn = quarter.get("power_cost")
    return half_up(cost_tiyn * _WH_PER_KWH, energy_wh) if energy_wh and cost_tiyn is not None else None


def energy_of(*, quarter: Values) -> int | None:
    """Give the energy of a quarter: what the meters counted, else what was bought or came from an exempt source. [Wh]

    None where the meters are not told, and of one of the sources nobody said what it gave.
    """
    if "metered" in quarter:
        metered: int = quarter["metered"]
        return metered
    if not all(key in quarter for key in ("bought_on_platform", "exempt_energy", "direct_contract")):
        return None
    bought: int = quarter["bought_on_platform"]["energy"]
    return bought + int(quarter["exempt_energy"]) + int(quarter["direct_contract"])
