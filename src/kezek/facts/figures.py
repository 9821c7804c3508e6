"""The published figures as whole numbers of the smallest unit, each with who published it.

Every function reads its table once. Results are frozen; the dictionaries are read-only views.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from types import MappingProxyType

from kezek.facts.table import FactError, read_table


@dataclass(frozen=True, slots=True)
class DifficultyEpoch:
    """One retarget of the Bitcoin network: first block [height], its time in UTC, the target in compact form."""

    height: int
    starts_at: datetime
    bits: int


@dataclass(frozen=True, slots=True)
class AsicModel:
    """A SHA-256 machine as its maker specifies it.

    `release_basis` says how the month is known: "listing", "cbeci" (Cambridge list), "press", or "recalled" (from
    memory of the announcement, not checked).
    """

    make: str
    model: str
    hashrate_ghs: int
    power_w: int
    released_on: str
    release_basis: str
    source: str

    @property
    def efficiency_mj_per_th(self) -> int:
        """Energy per work, rounded down. [mJ/TH]"""
        return self.power_w * 10**6 // self.hashrate_ghs


@dataclass(frozen=True, slots=True)
class MonthlyFigure:
    """One figure of a month and who published it."""

    amount: int
    source: str


@dataclass(frozen=True, slots=True)
class Plant:
    """A power plant: fuel (coal, gas, hydro, wind, solar), zone (north_south, west), nameplate [kW]."""

    name: str
    fuel: str
    zone: str
    capacity_kw: int
    in_service_year: int | None
    source: str


@dataclass(frozen=True, slots=True)
class FuelYear:
    """What a fuel generated in a year [MWh] and, where cited, what stood installed on average [kW]."""

    fuel: str
    year: int
    generation_mwh: int
    installed_kw: int | None
    source: str


@dataclass(frozen=True, slots=True)
class AuctionFact:
    """A published fact about the miners' auction; a number where the unit is ppm or MWh, else words."""

    value: str
    unit: str
    period: str
    source: str

    @property
    def amount(self) -> int:
        """The value as a whole number of its unit; ValueError where it is words."""
        return int(self.value)


def _scaled(text: str, factor: int, *, table: str) -> int:
    exact = Decimal(text) * factor
    if exact != int(exact):
        raise FactError(f"{table}.csv", 0, f"{text!r} is finer than 1/{factor}")
    return int(exact)


@cache
def difficulty_epochs() -> tuple[DifficultyEpoch, ...]:
    """Every retarget from 2021-01-09 to 2026-04, in order; consensus facts.

    >>> difficulty_epochs()[0].height, hex(difficulty_epochs()[0].bits)
    (665280, '0x170da8a1')
    """
    return tuple(
        DifficultyEpoch(
            int(row["height"]),
            datetime.strptime(row["start_utc"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
            int(row["bits_hex"], 16),
        )
        for row in read_table("difficulty_epochs")
    )


@cache
def asic_models() -> tuple[AsicModel, ...]:
    """SHA-256 machines with hash rate [GH/s], power at the wall [W] and month of release, by maker and month.

    >>> next(m.power_w for m in asic_models() if m.model == "Antminer S19 XP 140T")
    3010
    """
    return tuple(
        AsicModel(
            row["make"],
            row["model"],
            _scaled(row["hashrate_ths"], 1_000, table="asic_models"),
            int(row["power_w"]),
            row["release"],
            row["release_basis"],
            row["source"],
        )
        for row in read_table("asic_models")
    )


def _monthly(table: str, column: str) -> Mapping[str, MonthlyFigure]:
    return MappingProxyType(
        {
            row["month"]: MonthlyFigure(_scaled(row[column], 100, table=table), row["source"])
            for row in read_table(table)
        }
    )


@cache
def usd_cents_per_btc() -> Mapping[str, MonthlyFigure]:
    """Price of a bitcoin by month "YYYY-MM" [US cents], 2021-01 to 2026-03: one figure a month, rounded to 100 USD.

    >>> usd_cents_per_btc()["2021-01"].amount
    3480000
    """
    return _monthly("usd_per_btc_monthly", "usd")


@cache
def tiyn_per_usd() -> Mapping[str, MonthlyFigure]:
    """Price of a US dollar by month "YYYY-MM" [tiyn], 2021-01 to 2026-08, from official rates.

    >>> tiyn_per_usd()["2025-10"].amount
    54254
    """
    return _monthly("kzt_per_usd_monthly", "kzt")


@cache
def plants() -> tuple[Plant, ...]:
    """The power plants of the country with their nameplate [kW]; pypsa-kz-data, CC BY 4.0.

    >>> sum(plant.capacity_kw for plant in plants()) // 1_000_000
    22
    """
    return tuple(
        Plant(
            row["name"],
            row["fuel"],
            row["zone"],
            _scaled(row["capacity_mw"], 1_000, table="plants"),
            int(row["in_service"]) if row["in_service"] else None,
            row["source"],
        )
        for row in read_table("plants")
    )


@cache
def monthly_demand_2018_mwh() -> Mapping[int, int]:
    """National demand of 2018 by month 1..12 [MWh], as the market operator counted it.

    >>> monthly_demand_2018_mwh()[12]
    9996400
    """
    table = "monthly_demand_2018"
    return MappingProxyType(
        {int(row["month"]): _scaled(row["demand_gwh"], 1_000, table=table) for row in read_table(table)}
    )


@cache
def annual_production_mwh() -> Mapping[int, int]:
    """National electricity production by year [MWh], 2018 to 2025; official statistics.

    >>> annual_production_mwh()[2025]
    123475600
    """
    table = "annual_production"
    return MappingProxyType(
        {int(row["year"]): _scaled(row["production_gwh"], 1_000, table=table) for row in read_table(table)}
    )


@cache
def regional_use_mwh() -> Mapping[str, tuple[str, int]]:
    """Electricity used in a year by region: zone and use [MWh].

    >>> regional_use_mwh()["Mangystau"]
    ('west', 5023000)
    """
    table = "regional_use"
    return MappingProxyType(
        {row["region"]: (row["zone"], _scaled(row["use_gwh"], 1_000, table=table)) for row in read_table(table)}
    )


@cache
def generation_by_fuel() -> Mapping[str, FuelYear]:
    """What each fuel generated in the latest published year [MWh] and what stood installed [kW].

    >>> generation_by_fuel()["wind"].generation_mwh
    2280000
    """
    table = "generation_by_fuel"
    return MappingProxyType(
        {
            row["fuel"]: FuelYear(
                row["fuel"],
                int(row["year"]),
                _scaled(row["generation_twh"], 1_000_000, table=table),
                _scaled(row["installed_mw"], 1_000, table=table) if row["installed_mw"] else None,
                row["source"],
            )
            for row in read_table(table)
        }
    )


@cache
def auction_facts() -> Mapping[str, AuctionFact]:
    """What was published about the miners' auction of 2023 and 2024, by name of the fact.

    >>> auction_facts()["take_up_mean"].amount, auction_facts()["session_from"].value
    (290000, '09:30')
    """
    return MappingProxyType(
        {
            row["fact"]: AuctionFact(row["value"], row["unit"], row["period"], row["source"])
            for row in read_table("auction_facts")
        }
    )
