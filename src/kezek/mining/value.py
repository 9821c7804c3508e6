"""What coins are worth in tenge, by cited monthly figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from kezek.facts.figures import MonthlyFigure
from kezek.units.problem import InputProblem
from kezek.units.rounding import half_up

SAT_PER_BTC = 10**8


@dataclass(frozen=True, slots=True)
class CoinPrice:
    """Price of one bitcoin in the month of a date, with both figures and their sources."""

    month: str
    usd_cents_per_btc: int
    tiyn_per_usd: int
    sources: tuple[str, str]

    @property
    def tiyn_per_btc(self) -> int:
        """Price of one bitcoin. [tiyn]"""
        return half_up(self.usd_cents_per_btc * self.tiyn_per_usd, 100)


def _figure(table: Mapping[str, MonthlyFigure], month: str, name: str) -> MonthlyFigure:
    if month not in table:
        raise InputProblem(
            "mining.value.month_outside",
            f"No {name} for {month}.",
            "--date",
            f"Choose a month from {min(table)} to {max(table)}.",
        )
    return table[month]


def coin_price(
    *, on: date, usd_cents: Mapping[str, MonthlyFigure], tiyn_per_usd: Mapping[str, MonthlyFigure]
) -> CoinPrice:
    """Look up the price of a bitcoin in the month of a date.

    Raises:
        InputProblem: mining.value.month_outside, with the months that are covered.
    """
    month = f"{on:%Y-%m}"
    dollars, tenge = _figure(usd_cents, month, "BTC/USD figure"), _figure(tiyn_per_usd, month, "KZT/USD figure")
    return CoinPrice(month, dollars.amount, tenge.amount, (dollars.source, tenge.source))


def value_tiyn(*, sat: int, tiyn_per_btc: int) -> int:
    """Value coins in tenge, rounded half up. [tiyn]

    >>> value_tiyn(sat=50_000_000, tiyn_per_btc=6_000_000_000)
    3000000000
    """
    return half_up(sat * tiyn_per_btc, SAT_PER_BTC)
