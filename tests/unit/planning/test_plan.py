"""A plan of a day: its sums, its orders, its standing orders, and what it says where something is not known."""

from dataclasses import replace
from datetime import date
from importlib import resources

import pytest

from kezek.law.book import load_book
from kezek.market.lots import purchase_max_kwh
from kezek.market.order import Step
from kezek.planning.bidding import NoBid, Strategy, Wish
from kezek.planning.breakeven import coin_value_per_mwh_tiyn, mwh_result
from kezek.planning.fee_target import FeeTargetCode
from kezek.planning.plan import Sums, offers_of, plan_bids
from kezek.planning.plan_file import read_plan
from kezek.planning.plan_orders import alike, planned_orders, spans_of, standing_lines
from kezek.planning.win_chance import PriceRecord
from kezek.registry.operator import Route
from kezek.units.rounding import half_up

FOLDER = resources.files("kezek.planning").joinpath("examples")


def facts_of(name):
    text = FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")
    return read_plan(text=text, name=name, beside=lambda one: FOLDER.joinpath(one).read_text(encoding="utf-8"))


def plan(name="bid-flat-2025", readings=None, **changes):
    facts = replace(facts_of(name), **changes)
    return plan_bids(facts=facts, law=load_book().at(on=facts.on, readings=readings or {}))


FLAT = plan()


def test_the_most_efficient_machines_come_first_and_the_least_lack_power():
    assert [step.machine.name for step in FLAT.curve] == ["hall A", "hall B", "hall C"]
    assert [(step.from_kwh, step.until_kwh) for step in FLAT.curve] == [
        (0, 10_920),
        (10_920, 23_088),
        (23_088, 30_000),
    ]
    worth = [step.ceiling.price_tiyn_per_kwh for step in FLAT.curve]
    assert worth == sorted(worth, reverse=True) == [4_344, 2_256, 1_820]
    assert FLAT.unused_kwh == 9_000 - 6_912
    assert len(plan(site_power_w=10_000_000).curve) == 1


def test_a_step_s_money_is_that_of_a_mwh_times_its_energy():
    step = FLAT.hours[0].steps[0]
    value = coin_value_per_mwh_tiyn(
        power_w=step.machine.power_w,
        hashrate_ghs=step.machine.hashrate_ghs,
        costs=FLAT.facts.costs,
        segments=FLAT.hours[0].hour.segments,
        tiyn_per_btc=FLAT.facts.tiyn_per_btc,
    )
    one = mwh_result(
        price_tiyn_per_kwh=step.price_tiyn_per_kwh,
        coin_value_tiyn=value,
        route=Route.GRID_SURPLUS,
        costs=FLAT.facts.costs,
        law=load_book().at(on=date(2025, 10, 15)),
    )
    assert step.won.profit_tiyn == half_up(one.net_tiyn * step.won.energy_kwh, 1_000)
    assert step.won.coin_value_tiyn == half_up(value * step.won.energy_kwh, 1_000)
    assert step.won.energy_tiyn == step.won.energy_kwh * step.price_tiyn_per_kwh
    assert step.won.vat_tiyn == step.won.energy_tiyn * 12 // 100


def test_what_is_expected_is_what_is_won_times_the_count_of_wins():
    step = FLAT.hours[0].steps[1]
    assert (step.wins, FLAT.hours[0].hour.record.count) == (20, 24)
    assert step.expected.energy_kwh == 10_140  # 12,168 x 20 of 24
    assert step.expected.purchases_milli == 10_833  # 13 purchases
    assert 0 <= FLAT.expected.profit_tiyn <= FLAT.won.profit_tiyn


def test_the_day_is_the_sum_of_its_hours():
    assert FLAT.won == sum((hour.won for hour in FLAT.hours), Sums())
    assert FLAT.expected == sum((hour.expected for hour in FLAT.hours), Sums())
    assert FLAT.won.energy_kwh == sum(kwh for hour in FLAT.hours for kwh in offers_of(hour).values())


def test_the_prepayment_covers_every_order_with_its_vat():
    energy = sum(price * kwh for hour in FLAT.hours for price, kwh in offers_of(hour).items())
    purchases = FLAT.won.purchases_milli // 1_000  # the VAT of each is rounded by itself
    assert abs(100 * FLAT.prepay_tiyn - 112 * energy) <= 50 * purchases


def test_hours_with_few_observations_are_named():
    assert [hour.index for hour in FLAT.few_observations] == [18, 19, 20, 21]
    assert plan(least_observations=5).few_observations == ()


def test_orders_are_one_an_hour_with_the_highest_price_first():
    first, *_ = orders = planned_orders(FLAT)
    assert first.order_id == "op-west-1/atyrau-1/2025-10-15/west/00"
    assert (first.operator_id, first.site_id, first.owner_id) == ("op-west-1", "atyrau-1", "op-west-1")
    assert first.product_id == "2025-10-15/west/00"
    assert first.steps[:2] == (Step(1_976, 10_920), Step(1_841, 12_168))
    assert len({order.order_id for order in orders}) == len({order.product_id for order in orders}) == 24
    for order in orders:
        prices = [step.price_tiyn_per_kwh for step in order.steps]
        assert prices == sorted(set(prices), reverse=True)


def test_an_hour_without_a_bid_has_no_order():
    idle = plan(reserve_tiyn_per_kwh=100_000)
    assert planned_orders(idle) == ()


def test_steps_of_one_price_are_one_row():
    cheap = plan(hours=tuple(replace(one, record=PriceRecord((), 30)) for one in FLAT.facts.hours[:1]))
    assert offers_of(cheap.hours[0]) == {1_800: 30_000}
    (order,) = planned_orders(cheap)
    assert order.steps == (Step(1_800, 30_000),)


def test_standing_orders_say_the_same_energy():
    lines = standing_lines(FLAT)
    assert sum(line.power_kw * len(line.hours) for line in lines) == FLAT.won.energy_kwh
    assert lines[2].spans == ("00:00-06:00", "22:00-24:00")


def test_hours_that_are_alike_are_put_together():
    assert [len(same) for same in alike(FLAT)] == [8, 12, 4]


def test_spans_on_a_day_whose_clock_was_set_back():
    assert spans_of(on=date(2024, 2, 29), indexes=[22, 23, 24]) == ("22:00-24:00",)
    assert spans_of(on=date(2024, 2, 29), indexes=[23]) == ("23:00-23:00 (second)",)
    assert spans_of(on=date(2025, 10, 15), indexes=[]) == ()


def test_purchases_are_capped_by_the_law_of_the_day_unless_the_source_is_exempt():
    assert FLAT.purchase_max_kwh == 1_000
    law = load_book().at(on=date(2025, 10, 15))
    assert purchase_max_kwh(route=Route.IMPORTED, law=law) is None
    assert purchase_max_kwh(route=Route.GRID_SURPLUS, law=load_book().at(on=date(2023, 8, 15))) is None
    step = plan(route=Route.IMPORTED).hours[0].steps[0]
    assert step.won.purchases_milli == 1_000


def test_without_prices_nothing_is_expected_and_bids_are_made_all_the_same():
    bare = tuple(replace(one, record=PriceRecord()) for one in FLAT.facts.hours)
    found = plan(hours=bare, kind="", wish=Wish(Strategy.TRUTHFUL))
    assert found.expected is None and found.hours[0].expected is None
    assert [step.price_tiyn_per_kwh for step in found.hours[0].steps] == [4_344, 2_256, 1_820]


def test_under_one_price_for_all_the_ceiling_is_bid_and_what_was_struck_is_paid():
    uniform = {"market.price_rule": "uniform"}
    found = plan(readings=uniform)
    step = found.hours[0].steps[0]
    assert found.uniform and step.price_tiyn_per_kwh == 4_344
    # 18 hours at the reserve, then 18.40 twice, 18.65, 18.90, 19.20, 19.75
    paid = 18 * 1_800 + 2 * 1_840 + 1_865 + 1_890 + 1_920 + 1_975
    assert step.expected.energy_tiyn == (2 * paid * 10_920 + 24) // 48
    assert found.expected.profit_tiyn > FLAT.expected.profit_tiyn


def test_the_unknown_bands_of_2023_stop_only_what_hangs_on_them():
    found = plan("bid-banded-2023")
    assert found.fee_code is FeeTargetCode.RATE_UNKNOWN
    prices = [step.price_tiyn_per_kwh for hour in found.hours for step in hour.steps]
    assert min(prices) >= 2_400
    assert "fee.bands_2023" in found.touched
    struck = plan("bid-banded-2023", readings={"market.price_rule": "uniform"})
    assert struck.hours[0].expected is None and struck.hours[0].won.profit_tiyn >= 0


def test_a_guess_at_the_bands_shows_the_cliff():
    found = plan("bid-banded-2023", readings={"fee.bands_2023": "hypothesis"})
    assert found.fee_code is FeeTargetCode.RAISE
    assert found.target.gain_tiyn == 406_240_000
    assert "fee.rate.general" in found.unconfirmed
    assert plan("bid-banded-2023", quarter=None).fee_code is FeeTargetCode.NO_QUARTER


def test_with_too_little_surplus_old_machines_stand_and_evenings_are_out_of_reach():
    found = plan("bid-undersupplied-2025")
    reasons = {step.why_not for hour in found.hours for step in hour.steps}
    assert reasons == {None, NoBid.CEILING_UNDER_RESERVE, NoBid.TARGET_OUT_OF_REACH}
    for hour in found.hours:
        for step in hour.steps:
            if step.price_tiyn_per_kwh is not None:
                assert hour.hour.record.chance_ppm_at(step.price_tiyn_per_kwh) >= 800_000


@pytest.mark.parametrize("name", ["bid-flat-2025", "bid-undersupplied-2025"])
def test_no_step_loses(name):
    assert all(step.won.profit_tiyn >= 0 for hour in plan(name).hours for step in hour.steps)
