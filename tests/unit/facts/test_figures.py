from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kezek.facts import figures
from kezek.facts.table import FactError


def test_epochs_follow_each_other_every_2016_blocks():
    epochs = figures.difficulty_epochs()
    assert len(epochs) == 140
    assert epochs[0].starts_at == datetime(2021, 1, 9, 15, 24, 37, tzinfo=UTC)
    assert epochs[-1].starts_at == datetime(2026, 4, 17, 17, 55, 37, tzinfo=UTC)
    for one, after in pairwise(epochs):
        assert after.height - one.height == 2016
        assert timedelta(days=9) < after.starts_at - one.starts_at < timedelta(days=21)


def test_the_target_in_bits_stands_for_the_known_difficulty():
    bits = figures.difficulty_epochs()[0].bits
    target = (bits & 0xFFFFFF) << 8 * ((bits >> 24) - 3)
    assert (0xFFFF << 208) // target == 20_607_418_304_385


def test_machines_are_many_unique_and_plausible():
    machines = figures.asic_models()
    assert len(machines) >= 80
    assert max(Counter((m.make, m.model.lower()) for m in machines).values()) == 1
    assert "Whatsminer" not in {m.make for m in machines}
    for machine in machines:
        assert 9 * machine.hashrate_ghs <= 1_000 * machine.power_w <= 110 * machine.hashrate_ghs, machine
        datetime.strptime(machine.released_on, "%Y-%m").replace(tzinfo=UTC)
        assert machine.release_basis in {"listing", "cbeci", "press", "recalled"}
        assert ("recalled" in machine.source) == (machine.release_basis == "recalled")


KAZAKHSTAN_RAN = [
    "Antminer S9 ",
    "Antminer S17 ",
    "Antminer T17 ",
    "Antminer S19 ",
    "Antminer S19j Pro ",
    "Antminer S19 Pro ",
    "Antminer S19 XP ",
    "Antminer S21 ",
    "WhatsMiner M20S ",
    "WhatsMiner M21S ",
    "WhatsMiner M30S ",
    "WhatsMiner M30S+ ",
    "WhatsMiner M30S++ ",
    "WhatsMiner M31S ",
    "WhatsMiner M50 ",
    "WhatsMiner M50S ",
    "WhatsMiner M60 ",
    "WhatsMiner M60S ",
    "Avalon 1066 ",
    "Avalon 1146 ",
    "Avalon 1166 ",
    "Avalon 1246 ",
]


@pytest.mark.parametrize("start", KAZAKHSTAN_RAN)
def test_the_machines_that_ran_in_kazakhstan_are_there(start):
    assert any(machine.model.startswith(start) for machine in figures.asic_models())


def test_a_fraction_of_a_terahash_is_exact():
    machine = next(m for m in figures.asic_models() if m.model == "Antminer S11 20.5T")
    assert machine.hashrate_ghs == 20_500


def months(first, last):
    year, month = map(int, first.split("-"))
    while f"{year}-{month:02}" <= last:
        yield f"{year}-{month:02}"
        year, month = year + month // 12, month % 12 + 1


def test_prices_cover_every_month_and_are_rounded_to_a_hundred_dollars():
    prices = figures.usd_cents_per_btc()
    assert list(prices) == list(months("2021-01", "2026-03"))
    assert all(price.amount % 10_000 == 0 and 1_000_000 < price.amount < 20_000_000 for price in prices.values())
    assert all("rounded to 100 USD" in price.source for price in prices.values())


def test_rates_cover_every_month():
    rates = figures.tiyn_per_usd()
    assert list(rates) == list(months("2021-01", "2026-08"))
    assert rates["2021-01"].amount == 42_060
    assert all(40_000 < rate.amount < 60_000 for rate in rates.values())


def test_monthly_figures_are_read_only():
    with pytest.raises(TypeError):
        figures.tiyn_per_usd()["2025-10"] = None


def test_plants_add_up_to_the_country():
    plants = figures.plants()
    assert len(plants) == 144
    assert sum(plant.capacity_kw for plant in plants) == 22_268_890
    assert {plant.fuel for plant in plants} == {"coal", "gas", "hydro", "wind", "solar"}
    west = sum(plant.capacity_kw for plant in plants if plant.zone == "west")
    assert west == 2_998_600
    assert {plant.zone for plant in plants} == {"north_south", "west"}


def test_aktobe_is_not_west():
    zones = {plant.name: plant.zone for plant in figures.plants()}
    assert zones["Aktobe CHP"] == "north_south"
    assert zones["Atyrau CHP"] == "west"
    assert figures.regional_use_mwh()["Aktobe"] == ("north_south", 6_647_000)


def test_demand_production_and_use_are_of_one_size():
    assert sum(figures.monthly_demand_2018_mwh().values()) == 103_129_800
    assert list(figures.monthly_demand_2018_mwh()) == list(range(1, 13))
    assert list(figures.annual_production_mwh()) == list(range(2018, 2026))
    assert sum(mwh for _, mwh in figures.regional_use_mwh().values()) == 107_338_000


def test_generation_names_what_stood_installed_for_renewables_only():
    fuels = figures.generation_by_fuel()
    assert {fuel for fuel, year in fuels.items() if year.installed_kw} == {"hydro", "wind", "solar"}
    assert all(year.year == 2022 for year in fuels.values())


def test_auction_facts_hold_the_published_figures():
    facts = figures.auction_facts()
    names = ("take_up_mean", "take_up_max", "take_up_min", "bought_monthly_min", "bought_monthly_max")
    assert [facts[name].amount for name in names] == [290_000, 662_000, 84_000, 35_500, 128_900]
    assert facts["session_until"].value == "10:00"
    with pytest.raises(ValueError, match="invalid literal"):
        _ = facts["pricing"].amount


def test_a_figure_finer_than_its_unit_is_refused_not_rounded():
    with pytest.raises(FactError, match="finer"):
        figures._scaled("1.005", 100, table="kzt_per_usd_monthly")


def test_figures_are_read_once():
    assert figures.plants() is figures.plants()
    assert figures.tiyn_per_usd() is figures.tiyn_per_usd()
