"""The default national day holds together: energy, purchases, money, coins, duties, evidence."""

import hashlib
from fractions import Fraction

import polars as pl
from tests.day.balances import balances_tiyn

from kezek.day.summary import summarise_day
from kezek.duties.check import check
from kezek.duties.facts import OperatorFacts
from kezek.duties.finding import Status
from kezek.evidence.log import parse_entries
from kezek.evidence.plain import from_plain
from kezek.facts.figures import difficulty_epochs
from kezek.metering.reading import energy_by_operator_wh
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import ALMATY


def test_no_product_sells_more_than_its_surplus_before_or_after_curtailment(default_day):
    hours = default_day.tables["hours"]
    assert (hours["bought_kwh"] <= hours["offered_kwh"]).all()
    assert (hours["bought_after_curtailment_kwh"] <= hours["bought_kwh"]).all()
    assert len(hours) == 48


def test_the_surplus_is_what_capacity_leaves_over_demand_and_reserve(default_day):
    for row in default_day.tables["hours"].iter_rows(named=True):
        left = row["available_kwh"] - row["demand_kwh"] - row["reserve_kwh"]
        assert row["offered_kwh"] == max(0, left) // 1_000 * 1_000


def test_some_hour_has_no_surplus_and_nothing_is_sold_in_it(default_day):
    dark = default_day.tables["hours"].filter(pl.col("offered_kwh") == 0)
    assert len(dark) >= 1
    assert dark["bought_kwh"].sum() == 0


def test_take_up_is_near_its_target_on_the_day_and_over_the_month(default_day):
    market = summarise_day(default_day)["market"]
    assert market["target_take_up_ppm"] == 290_000
    assert 250_000 <= market["take_up_ppm"] <= 330_000
    assert 260_000 <= market["month_take_up_ppm"] <= 320_000
    assert 297_000 <= market["month_offered_mwh"] <= 303_000


def test_no_purchase_is_over_one_mwh_and_purchases_add_up_to_the_sales(default_day):
    purchases, hours = default_day.tables["purchases"], default_day.tables["hours"]
    assert purchases["energy_kwh"].min() > 0 and purchases["energy_kwh"].max() == 1_000
    by_product = purchases.group_by("product_id").agg(pl.sum("energy_kwh"), pl.sum("final_kwh"))
    joined = hours.filter(pl.col("bought_kwh") > 0).join(by_product, on="product_id", how="full", coalesce=True)
    assert (joined["energy_kwh"] == joined["bought_kwh"]).all()
    assert (joined["final_kwh"] == joined["bought_after_curtailment_kwh"]).all()
    assert purchases["purchase_id"].is_unique().all()


def test_every_order_ends_in_exactly_one_outcome(default_day):
    orders = default_day.tables["orders"]
    assert set(orders["outcome"].unique()) == {"accepted", "partly_accepted", "rejected"}
    assert len(orders.filter(pl.col("reason").str.starts_with("market.order."))) >= 6
    ends = default_day.state.ends
    assert set(ends) == {decision.order.order_id for decision in default_day.state.decisions}
    why = dict(orders.select("outcome", "reason").unique().group_by("outcome").all().iter_rows())
    assert why["accepted"] == ["market.outcome.served"] and why["partly_accepted"] == ["market.outcome.shared"]


def test_mistaken_orders_meet_their_own_refusal(default_day):
    refusals = dict(
        default_day.tables["orders"]
        .filter(pl.col("reason").str.starts_with("market.order."))
        .select("order_id", "reason")
        .iter_rows()
    )
    by_tag = {order_id.rsplit("/", 1)[1]: refusal for order_id, refusal in refusals.items()}
    assert by_tag["late"] == "market.order.after_closure"
    assert by_tag["cheap"] == "market.order.price_under_reserve"
    assert by_tag["huge"] == "market.order.over_site_power"
    assert by_tag["dark-hour"] == "market.order.not_offered"
    assert by_tag["tenant"] == "market.order.no_quota"
    assert "market.order.id_taken" in refusals.values()
    assert "market.order.over_prepaid_balance" in refusals.values()


def test_bids_stay_between_the_reserve_and_the_break_even_price(default_day):
    bids = [bid for bid in default_day.group_bids if bid.price_tiyn_per_kwh is not None]
    assert all(1_800 <= bid.price_tiyn_per_kwh <= bid.ceiling_tiyn_per_kwh for bid in bids)
    silent = [bid for bid in default_day.group_bids if bid.price_tiyn_per_kwh is None]
    assert all(bid.ceiling_tiyn_per_kwh is None or bid.ceiling_tiyn_per_kwh < 1_800 for bid in silent)
    assert len(bids) > len(silent) > 0


def test_the_evening_cut_lowers_one_product_and_raises_nobody(default_day):
    (revision,) = default_day.state.revisions
    state = default_day.state.products[revision.product_id]
    assert state.sold_kwh == revision.surplus_kwh < state.summary.bought_kwh
    orders = default_day.tables["orders"].filter(pl.col("product_id") == revision.product_id)
    purchases = default_day.tables["purchases"].filter(pl.col("product_id") == revision.product_id)
    before = dict(purchases.group_by("operator_id").agg(pl.sum("energy_kwh")).iter_rows())
    after = dict(orders.group_by("operator_id").agg(pl.sum("final_kwh")).iter_rows())
    assert before and all(after[who] <= kwh for who, kwh in before.items())


def test_money_adds_up_to_zero_and_the_table_gives_the_balances(default_day):
    balances = balances_tiyn(default_day)
    assert sum(balances.values()) == 0
    assert balances == default_day.state.ledger.balances_tiyn()


def test_sales_in_the_ledger_are_the_purchases_at_their_price_with_vat(default_day):
    purchases = default_day.tables["purchases"]
    net = (purchases["final_kwh"] * purchases["price_tiyn_per_kwh"]).sum()
    balances = balances_tiyn(default_day)
    assert -balances["energy_sales:single_buyer"] == net
    vat = sum(
        (2 * kwh * price * 12 + 100) // 200
        for kwh, price in purchases.select("final_kwh", "price_tiyn_per_kwh").iter_rows()
    )
    assert -balances["vat:state"] == vat
    assert all(amount <= 0 for account, amount in balances.items() if account.startswith("prepaid:"))
    ledger = default_day.state.ledger
    assert all(ledger.available_tiyn(who) == ledger.held_tiyn(who) for who in balances)  # nothing is set aside


def test_meters_never_count_more_than_was_bought_or_the_site_can_draw(default_day):
    by_operator = default_day.state.operators
    bought: dict[str, int] = {}
    for state in default_day.state.products.values():
        for order_id, kwh in state.final_kwh.items():
            owner = order_id.split("/")[-2]
            bought[owner] = bought.get(owner, 0) + kwh
    metered = energy_by_operator_wh(default_day.state.readings)
    for reading in default_day.state.readings:
        assert 0 <= reading.energy_wh <= by_operator[reading.operator_id].site_power_w
    on_grid = [one for one in by_operator.values() if one.route in (Route.GRID_SURPLUS, Route.HOSTED)]
    assert all(metered[one.operator_id] <= 1_000 * bought.get(one.operator_id, 0) for one in on_grid)
    assert sum(metered.values()) > 0


def test_coins_match_the_hashrate_behind_the_metered_energy(default_day):
    """Worked with fractions from watts, hashes and the compact target: within a satoshi an operator and hour."""
    epoch = max(
        (one for one in difficulty_epochs() if one.starts_at.astimezone(ALMATY).date() < default_day.request.on),
        key=lambda one: one.starts_at,
    )
    target = (epoch.bits & 0xFFFFFF) << (8 * ((epoch.bits >> 24) - 3))
    credited = {payout.operator_id: payout.credited_sat for payout in default_day.state.payouts}
    single = [one for one in default_day.state.operators.values() if one.route is Route.OWN_GENERATION]
    assert single
    for operator in single:
        metered = sum(r.energy_wh for r in default_day.state.readings if r.operator_id == operator.operator_id)
        best = max(Fraction(g.hashrate_ghs, g.power_w) for g in operator.groups if g.active_count)
        worst = min(Fraction(g.hashrate_ghs, g.power_w) for g in operator.groups if g.active_count)
        per_ghs_watt = Fraction(metered * 3_600 * 10**9 * 312_500_000 * (target + 1), 2**256) / Fraction(104, 100)
        assert worst * per_ghs_watt - 48 <= credited[operator.operator_id] <= best * per_ghs_watt


def test_the_registry_holds_the_published_counts(default_day):
    operators = default_day.state.operators.values()
    assert len(operators) == 84
    assert sum(one.registered_count for one in operators) == 415_000
    assert (
        default_day.tables["machines"]["serial"].is_unique().all() and len(default_day.tables["machines"]) == 415_000
    )
    assert {one.licence.subtype for one in operators} == {Subtype.I, Subtype.II}
    assert {one.route for one in operators} == set(Route)
    watts = sum(g.registered_count * g.power_w for one in operators for g in one.groups)
    assert watts > 1_300 * 10**6
    tenants = {one.operator_id for one in operators if one.licence.subtype is Subtype.II}
    taken = [decision.order for decision in default_day.state.decisions if decision.refusal is None]
    assert tenants and not any(order.operator_id in tenants for order in taken)


def test_every_planted_breach_is_found_and_nothing_else(default_day):
    found = {(v.operator_id, f.duty, f.period) for v in default_day.state.verdicts for f in v.breached}
    planted = {(plan.operator_id, plan.duty, plan.quarter) for plan in default_day.plans}
    assert found == planted
    assert len(planted) == 15 == len({plan.operator_id for plan in default_day.plans})


def test_nobody_breaks_a_rule_in_the_open_quarter_and_the_slow_sellers_are_at_risk(default_day):
    """An act would be a breach there too: whose licence ran out holds the next one, every quarter was inspected."""
    opened = [f for v in default_day.state.verdicts for f in v.findings if f.period == "2025-Q4"]
    assert opened and all(finding.status is not Status.BREACHED for finding in opened)
    assert Status.UNDETERMINED not in {finding.status for finding in opened}
    slow = [f for f in opened if f.duty == "sale.share" and f.status is Status.AT_RISK]
    assert len(slow) == 3


def test_power_from_elsewhere_is_not_covered_or_comes_by_a_contract(default_day):
    """Grid buyers have no second source; who has a plant or an import got the rest from a utility."""
    (plan,) = (one for one in default_day.plans if one.duty == "energy.source")
    route = default_day.state.operators[plan.operator_id].route
    verdict = next(one for one in default_day.state.verdicts if one.operator_id == plan.operator_id)
    (finding,) = verdict.breached
    on_platform = route in (Route.GRID_SURPLUS, Route.HOSTED)
    assert finding.reason == ("duties.energy.unsourced" if on_platform else "duties.energy.route_not_exempt")
    assert finding.at_stake_tiyn > 0


def test_verdicts_say_which_reading_would_change_them(default_day):
    taxes = [
        f for v in default_day.state.verdicts for f in v.findings if f.duty == "tax.income" and f.status == "met"
    ]
    assert taxes
    assert any(("tax.income", "s0") in {(c.question, c.position) for c in f.changes} for f in taxes)
    held = [f for v in default_day.state.verdicts for f in v.findings if f.duty == "equipment.registered"]
    assert all(finding.holds_under_all_readings for finding in held)


def test_verdicts_follow_from_the_filed_books_alone(default_day):
    """Nothing but the books in the log decides: no plan of the simulation can be read by the check."""
    lens = default_day.request.lens.with_readings({})
    filed = [event for event in parse_entries(default_day.log.entries_text()) if event["type"] == "books.filed"]
    again = [check(facts=from_plain(OperatorFacts, event["data"]), lens=lens) for event in filed]
    assert again == default_day.state.verdicts and len(again) == 84


def test_the_money_lines_add_up_to_the_coin_value_of_the_grid_buyers(default_day):
    lines = summarise_day(default_day)["output"]["where_the_money_goes"]
    grid = {
        o.operator_id for o in default_day.state.operators.values() if o.route in (Route.GRID_SURPLUS, Route.HOSTED)
    }
    price = default_day.price.tiyn_per_btc
    value = sum(
        (2 * payout.paid_sat * price + 10**8) // (2 * 10**8)
        for payout in default_day.state.payouts
        if payout.operator_id in grid
    )
    assert sum(line["amount_tiyn"] for line in lines) == value


def test_every_assumption_says_why_and_whether_it_is_synthetic(default_day):
    assumptions = summarise_day(default_day)["assumptions"]
    keys = [one["key"] for one in assumptions]
    assert len(keys) == len(set(keys)) > 40
    assert all(one["why"] and one["source"] for one in assumptions)
    synthetic = {one["key"] for one in assumptions if one["synthetic"]}
    assert {"reserve_price", "active_share_grid", "bid_headroom"} <= synthetic
    assert {"operators", "machines", "target_take_up"}.isdisjoint(synthetic)


def test_inspections_see_machines_and_the_register_says_whose_they_are(default_day):
    machines = default_day.tables["machines"]
    owners = dict(machines.select("serial", "operator_id").iter_rows())
    rows = "".join(f"{serial},{owner}\n" for serial, owner in machines.select("serial", "operator_id").iter_rows())
    digest = hashlib.sha256(rows.encode()).hexdigest()
    events = [event for event in parse_entries(default_day.log.entries_text()) if event["type"] == "books.filed"]
    filed = [from_plain(OperatorFacts, event["data"]) for event in events]
    assert {one.register_digest for one in filed} == {digest}
    assert all(seen.registered_to == owners.get(seen.serial, "") for one in filed for seen in one.sightings)
    seen = {(one.operator_id, seen.registered_to) for one in filed for seen in one.sightings}
    guilty = {plan.operator_id for plan in default_day.plans if plan.duty == "equipment.registered"}
    strangers = {(who, owner) for who, owner in seen if who != owner}
    assert {who for who, _ in strangers} == guilty
    assert "" in {owner for _, owner in strangers} and len(strangers) == 2
    runs = {one.operator_id for one in default_day.state.operators.values() if one.active_power_w}
    assert {who for who, _ in seen} >= runs


def test_what_the_verdicts_rest_on_unconfirmed_is_listed(default_day):
    assert {"sale.period", "sale.deadline", "sale.denominator", "sale.carry_over"} <= {*default_day.unconfirmed}
