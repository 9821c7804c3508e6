"""Days other than the default: 25 hours, other seeds, the first day of a quarter, other readings, other years."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from kezek.day.books import DAYLIGHT_HOURS
from kezek.day.planted import FOREIGN_EXCHANGE, FOREIGN_POOL
from kezek.day.run import run_day
from kezek.duties.check import check
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.log import parse_entries
from kezek.evidence.plain import from_plain
from kezek.registry.operator import Route
from kezek.units.problem import InputProblem

pytestmark = pytest.mark.slow
"""A day takes seconds; the quick suite runs the default one, `make test-all` these too."""


def found_and_planted(day):
    found = {(v.operator_id, f.duty, f.period) for v in day.state.verdicts for f in v.breached}
    return found, {(plan.operator_id, plan.duty, plan.quarter) for plan in day.plans}


def test_a_day_of_25_hours_trades_every_hour(make_day):
    day = make_day(on=date(2024, 2, 29))
    hours = day.tables["hours"]
    assert len(hours) == 50
    assert hours.filter(pl.col("zone") == "west")["hour"].to_list()[-2:] == ["23:00", "23:00 (second)"]
    assert {reading.hour_index for reading in day.state.readings} == set(range(25))
    assert (hours["bought_kwh"] <= hours["offered_kwh"]).all()
    assert sum(day.state.ledger.balances_tiyn().values()) == 0


def test_before_the_cap_came_into_force_awards_are_not_split(make_day):
    day = make_day(on=date(2024, 2, 29))
    assert day.tables["purchases"]["energy_kwh"].max() > 1_000
    assert day.tables["purchases"]["purchase_id"].str.ends_with("#1").all()


@pytest.mark.parametrize("seed", [2])
def test_other_seeds_find_what_was_planted_and_nothing_else(make_day, seed):
    found, planted = found_and_planted(make_day(seed=seed))
    assert found == planted and len(planted) == 15


@pytest.mark.parametrize(
    ("on", "readings"),
    [
        (date(2025, 10, 1), {}),
        (date(2025, 12, 31), {}),
        (date(2023, 8, 1), {"fee.bands_2023": "hypothesis"}),
    ],
)
def test_other_dates_find_what_was_planted_and_nothing_else(make_day, on, readings):
    found, planted = found_and_planted(make_day(on=on, readings=readings))
    assert found == planted and len(planted) >= 8


def test_the_same_request_gives_the_same_bytes(make_day, default_day):
    again = make_day()
    assert again.log.entries_text() == default_day.log.entries_text()
    assert again.table_bytes == default_day.table_bytes


def test_another_seed_gives_another_fleet_but_the_same_counts(make_day, default_day):
    other = make_day(seed=2)
    assert other.log.tree.root() != default_day.log.tree.root()
    assert len(other.state.operators) == 84 and len(other.tables["machines"]) == 415_000


def test_uniform_pricing_charges_everybody_the_lowest_accepted_bid(make_day):
    day = make_day(readings={"market.price_rule": "uniform"})
    sold = day.tables["hours"].filter(pl.col("bought_kwh") > 0)
    assert (sold["lowest_tiyn_per_kwh"] == sold["highest_tiyn_per_kwh"]).all()
    assert (sold["lowest_tiyn_per_kwh"] >= 1_800).all()


def test_the_80_percent_reading_finds_sellers_of_less(make_day):
    day = make_day(readings={"sale.share_2025": "s2"})
    found, planted = found_and_planted(day)
    assert found == planted
    assert all(v.status != "undetermined" for v in day.state.verdicts)


def test_published_asks_for_what_it_leaves_open_in_one_go(make_day):
    with pytest.raises(InputProblem) as refusal:
        make_day(profile="published")
    assert refusal.value.code == "trading.rules.law_open"
    for key in ("market.tie_rule", "vat.rate_ppm", "compliance.cost"):
        assert key in str(refusal.value)


def test_published_runs_with_consent_and_leaves_the_sale_undetermined(make_day):
    day = make_day(
        profile="published",
        readings={"market.tie_rule": "pro_rata_per_operator", "compliance.cost": "profit"},
        accept=("vat.rate_ppm", "market.price_tick_tiyn_per_kwh", "market.smallest_order_kwh"),
    )
    sale = [f for v in day.state.verdicts for f in v.findings if f.duty == "sale.share" and f.period == "2025-Q3"]
    assert {finding.status for finding in sale} == {"undetermined"}


@pytest.mark.parametrize(
    ("on", "code", "word"),
    [
        (date(2020, 12, 31), "day.date.outside", "2023-07-01 to 2026-03-31"),
        (date(2026, 4, 1), "day.date.outside", "2023-07-01 to 2026-03-31"),
        (date(2023, 6, 30), "day.date.outside", "2023-07-01 to 2026-03-31"),
        (date(2023, 8, 1), "trading.rules.law_open", "fee.bands_2023=hypothesis"),
    ],
)
def test_a_day_that_cannot_run_says_what_to_do(make_day, on, code, word):
    with pytest.raises(InputProblem) as refusal:
        make_day(on=on)
    assert refusal.value.code == code
    assert word in str(refusal.value)


# --- what is planted is what the law makes a breach -----------------------------------------------------------------


def run_changed(day, fleet=None, readings=None, profile="described", accept=()):
    """Run a day again with some figures of the fleet file, readings or the profile changed."""
    settings = replace(day.request.fleet, amounts={**day.request.fleet.amounts, **(fleet or {})})
    law = day.request.lens.book
    lens = Lens(book=law, profile=profile, readings=readings or {}, accept_unconfirmed=frozenset(accept))
    return run_day(request=replace(day.request, fleet=settings, lens=lens), progress=lambda _: None)


PUBLISHED = {
    "profile": "published",
    "readings": {"market.tie_rule": "pro_rata_per_operator", "compliance.cost": "profit"},
    "accept": ("vat.rate_ppm", "market.price_tick_tiyn_per_kwh", "market.smallest_order_kwh"),
}
CHANGES = {
    "no_machine_runs": ({"fleet": {"active_share_grid": 0, "active_share_exempt": 0}}, 4),
    "own_sale_of_all_mined": ({"fleet": {"pool_fee": 100_000}, "readings": {"sale.denominator": "coins_mined"}}, 15),
    "pool_fee_over_the_rest": (
        {
            "fleet": {"pool_fee": 300_000},
            "readings": {"sale.denominator": "coins_mined", "sale.share_2025": "s2"},
        },
        15,
    ),
    "no_hour_with_power": ({"fleet": {"hours_with_power": 0}}, 15),
    "calendar_year": ({"readings": {"sale.period": "calendar_year"}}, 14),
    "carry_over": ({"readings": {"sale.carry_over": "yes"}}, 15),
    "published": (PUBLISHED, 11),
    "uniform": ({"readings": {"market.price_rule": "uniform"}}, 15),
    "nobody_exempt": ({"readings": {"energy.exemptions": "none"}}, 15),
    "tax_on_gross": ({"readings": {"tax.income": "s0"}}, 15),
    "eighty_percent": ({"readings": {"sale.share_2025": "s2"}}, 15),
}
QUICK = ("no_machine_runs", "own_sale_of_all_mined")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in CHANGES]
)
def test_whatever_is_assumed_each_planted_breach_is_found_and_nothing_else(default_day, name):
    changes, count = CHANGES[name]
    found, planted = found_and_planted(run_changed(default_day, **changes))
    assert found == planted
    assert len(planted) == count == len({operator_id for operator_id, _, _ in planted})


def test_without_running_machines_only_breaches_that_need_none_are_planted(default_day):
    changes, _ = CHANGES["no_machine_runs"]
    _, planted = found_and_planted(run_changed(default_day, **changes))
    assert {duty for _, duty, _ in planted} == {
        "equipment.registered",
        "energy.purchase_size",
        "fee.return",
        "vat.import_lock",
    }


@pytest.mark.parametrize(
    ("key", "names"),
    [("pools", ["pool-altai", FOREIGN_POOL]), ("exchanges", [FOREIGN_EXCHANGE])],
)
def test_a_name_that_stands_for_one_on_no_list_is_refused_in_the_lists(default_day, key, names):
    with pytest.raises(InputProblem) as refusal:
        run_changed(default_day, fleet={key: names})
    assert (refusal.value.code, refusal.value.where) == ("day.settings.reserved_name", key)


# --- the first day of a quarter, and the load behind the books ------------------------------------------------------


def filed_books(day):
    events = parse_entries(day.log.entries_text())
    return [from_plain(OperatorFacts, event["data"]) for event in events if event["type"] == "books.filed"]


def test_the_meters_are_judged_by_the_coins_from_the_first_day_of_a_quarter_on(make_day):
    day = make_day(on=date(2025, 10, 1))
    miners = [one for one in filed_books(day) if one.books[-1].received_sat[0][1]]
    assert len(miners) > 40
    for one in miners:
        book = one.books[-1]
        assert (book.quarter.number, book.until_on) == (4, date(2025, 10, 2))
        assert 0 < book.least_energy_wh <= book.metered_wh
        assert book.cost_tiyn > 0
    book = miners[0].books[-1]
    bypassed = replace(book, metered_wh=book.least_energy_wh * 97 // 100)
    verdict = check(facts=replace(miners[0], books=(bypassed,)), lens=day.request.lens.with_readings({}))
    (finding,) = (one for one in verdict.findings if one.duty == "records.energy")
    assert (finding.status, finding.reason) == ("breached", "duties.records.meter_under_coins")


def test_on_the_first_day_of_a_quarter_the_machines_were_seen_on_that_day(make_day):
    day = make_day(on=date(2025, 10, 1))
    runs = {one.operator_id for one in day.state.operators.values() if one.active_power_w}
    for one in filed_books(day):
        seen = {seen.seen_on for seen in one.sightings if seen.seen_on >= date(2025, 10, 1)}
        assert seen == ({date(2025, 10, 1)} if one.operator_id in runs else set())
    opened = [f for v in day.state.verdicts for f in v.findings if f.period == "2025-Q4"]
    assert not {f.status for f in opened} & {"breached", "undetermined"}


def test_whose_licence_ran_out_holds_the_next_one_from_the_next_quarter(default_day):
    plans = {plan.operator_id: plan.quarter for plan in default_day.plans if plan.duty == "licence.held"}
    (renewed,) = (one for one in filed_books(default_day) if len(one.licences) == 2)
    first, second = renewed.licences
    assert plans[renewed.operator_id] == "2025-Q3"
    assert first.term.until_on == date(2025, 9, 9)  # 70 days after 1 July
    assert (second.term.from_on, second.term.until_on) == (date(2025, 10, 1), date(2028, 10, 1))


def test_the_books_have_the_hours_of_the_day(default_day):
    """Share of the hours that the meters come to, by route, in quarters that nobody broke."""
    hours_ppm: dict[Route, list[int]] = {}
    broken = {plan.operator_id for plan in default_day.plans}
    overhead = default_day.request.fleet.whole("overhead")
    for one in filed_books(default_day):
        operator = default_day.state.operators[one.operator_id]
        if one.operator_id in broken or not operator.active_power_w:
            continue
        book = one.books[0]
        full_wh = operator.active_power_w * 24 * (book.until_on - book.quarter.from_on).days
        with_overhead_wh = full_wh * (10**6 + overhead) // 10**6
        hours_ppm.setdefault(operator.route, []).append(book.metered_wh * 10**6 // with_overhead_wh)
    daylight = 10**6 * DAYLIGHT_HOURS // 24
    limits = {
        Route.GRID_SURPLUS: (467_000, 605_000),
        Route.HOSTED: (467_000, 605_000),
        Route.OWN_RENEWABLE: (daylight * 96 // 100, daylight),
        Route.IMPORTED: (960_000, 1_000_000),
        Route.OWN_GENERATION: (960_000, 1_000_000),
    }
    assert set(hours_ppm) == set(limits)
    for route, shares in hours_ppm.items():
        low, high = limits[route]
        assert low <= min(shares) and max(shares) <= high, route


def test_own_sun_and_wind_run_as_many_hours_in_the_books_as_on_the_day(default_day):
    own = {one.operator_id for one in default_day.state.operators.values() if one.route is Route.OWN_RENEWABLE}
    hours = {
        reading.hour_index
        for reading in default_day.state.readings
        if reading.operator_id in own and reading.energy_wh
    }
    assert len(hours) == DAYLIGHT_HOURS


def test_costs_in_the_books_follow_the_site(default_day):
    """Worked from the fleet file: reserve and over, 2.50 twice for the grids, 12 % VAT, 1.10 staff, spread, fee."""
    fee = {Route.OWN_RENEWABLE: 100, Route.OWN_GENERATION: 100}
    for one in filed_books(default_day):
        operator, book = default_day.state.operators[one.operator_id], one.books[0]
        if one.operator_id in {plan.operator_id for plan in default_day.plans}:
            continue
        own_plant = operator.route in (Route.OWN_RENEWABLE, Route.OWN_GENERATION)
        grids = 0 if own_plant else 250
        grids += 250 if operator.route in (Route.GRID_SURPLUS, Route.HOSTED) and not operator.has_substation else 0
        vat = 0 if own_plant else 12
        staff = 110 + (200 if operator.route is Route.HOSTED else 0)
        power = (book.average_price_tiyn_per_kwh + grids) * (100 + vat)
        expected = book.metered_wh * (power + 100 * (staff + fee.get(operator.route, 200))) // 100_000
        assert abs(book.cost_tiyn - expected - book.coin_value_tiyn // 100) <= 4


def test_where_no_source_is_exempt_nobody_runs_on_own_power(make_day):
    day = make_day(readings={"energy.exemptions": "none"})
    own = {one.operator_id for one in day.state.operators.values() if one.route not in ("grid_surplus", "hosted")}
    assert own and not any(one.energy_wh for one in day.state.readings if one.operator_id in own)
    found, planted = found_and_planted(day)
    assert found == planted and len(planted) == 15
