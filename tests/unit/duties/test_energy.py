from dataclasses import replace
from datetime import date, timedelta

import pytest

from kezek.duties.facts import Purchased
from kezek.duties.finding import Status
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter
from kezek.units.quantity import Energy

EXEMPT = [Route.OWN_RENEWABLE, Route.IMPORTED, Route.OWN_GENERATION]


@pytest.mark.parametrize(
    ("metered", "status"),
    [(4_999_999, Status.MET), (5_000_000, Status.MET), (5_000_001, Status.BREACHED), (0, Status.MET)],
)
def test_the_first_wh_over_what_was_bought_is_a_breach(facts_of, book_of, judge, metered, status):
    finding = judge("energy.source", facts_of(book_of(metered_wh=metered)))
    assert (finding.status, finding.measured, finding.limit) == (status, metered, 5_000_000)


def test_energy_from_nowhere_is_called_unsourced(facts_of, book_of, judge):
    assert judge("energy.source", facts_of(book_of(metered_wh=5_000_001))).reason == "duties.energy.unsourced"


@pytest.mark.parametrize("route", EXEMPT)
def test_an_exempt_source_covers_what_the_platform_does_not(facts_of, book_of, judge, route):
    book = book_of(platform=Purchased(0, 0, date(2025, 8, 1)), other_source_kwh=5_000)
    assert judge("energy.source", facts_of(book, route=route)).status is Status.MET


@pytest.mark.parametrize("route", [Route.GRID_SURPLUS, Route.HOSTED])
def test_a_direct_contract_covers_nothing_for_a_grid_buyer(facts_of, book_of, judge, route):
    book = book_of(platform=Purchased(1_000, 1_000, date(2025, 8, 1)), direct_contract_kwh=4_000)
    finding = judge("energy.source", facts_of(book, route=route))
    assert (finding.status, finding.reason) == (Status.BREACHED, "duties.energy.route_not_exempt")
    assert (finding.limit, finding.at_stake_tiyn) == (1_000_000, 7_400_000)  # 4,000 kWh at 18.50


@pytest.mark.parametrize("route", [*EXEMPT, Route.GRID_SURPLUS, Route.HOSTED])
def test_power_of_an_own_plant_or_an_import_is_lawful_beside_the_platforms(facts_of, book_of, judge, route):
    book = book_of(platform=Purchased(1_000, 1_000, date(2025, 8, 1)), other_source_kwh=4_000)
    finding = judge("energy.source", facts_of(book, route=route))
    assert (finding.status, finding.limit) == (Status.MET, 5_000_000)


@pytest.mark.parametrize("route", [Route.GRID_SURPLUS, Route.OWN_GENERATION, Route.OWN_RENEWABLE])
@pytest.mark.parametrize(
    ("quarter", "status", "reason"),
    [
        (Quarter(2023, 4), Status.UNDETERMINED, "duties.energy.surplus_hours_unknown"),
        (Quarter(2025, 3), Status.BREACHED, "duties.energy.route_not_exempt"),
    ],
)
def test_of_mixed_power_only_the_contract_is_in_question(facts_of, book_of, judge, route, quarter, status, reason):
    platform = Purchased(1_000, 1_000, quarter.until_on - timedelta(days=1))
    book = book_of(quarter, platform=platform, other_source_kwh=2_000, direct_contract_kwh=2_000)
    finding = judge("energy.source", facts_of(book, route=route))
    assert (finding.status, finding.reason) == (status, reason)
    unsaid = judge("energy.source", facts_of(replace(book, direct_contract_kwh=None), route=route))
    assert (unsaid.status, unsaid.missing) == (Status.UNDETERMINED, ("direct_contract_kwh",))


def test_where_platform_and_plant_cover_all_nobody_asks_for_contracts(facts_of, book_of, judge):
    assert judge("energy.source", facts_of(book_of(direct_contract_kwh=None))).status is Status.MET


@pytest.mark.parametrize(("price", "tiyn"), [(1_850, 2), (None, 0)])
def test_the_energy_that_nothing_covers_is_worth_the_operators_own_price(facts_of, book_of, judge, price, tiyn):
    """One Wh at 18.50 tenge a kWh: 1.85 tiyn, half up 2."""
    book = book_of(metered_wh=5_000_001, average_price_tiyn_per_kwh=price)
    assert judge("energy.source", facts_of(book)).at_stake_tiyn == tiyn


def test_an_exempt_source_is_lost_under_the_reading_without_exemptions(facts_of, book_of, judge):
    book = book_of(platform=Purchased(0, 0, date(2025, 8, 1)), other_source_kwh=5_000)
    facts = facts_of(book, route=Route.OWN_RENEWABLE)
    finding = judge("energy.source", facts)
    assert [(change.question, change.position, change.status) for change in finding.changes] == [
        ("energy.exemptions", "none", Status.BREACHED)
    ]
    assert judge("energy.source", facts, energy__exemptions="none").reason == "duties.energy.route_not_exempt"


def test_nobody_disputed_the_exemptions_before_march_2024(facts_of, book_of, judge):
    book = book_of(Quarter(2023, 4), platform=Purchased(0, 0, date(2023, 11, 1)), other_source_kwh=5_000)
    finding = judge("energy.source", facts_of(book, route=Route.IMPORTED))
    assert finding.status is Status.MET
    assert finding.holds_under_all_readings


def test_surplus_was_no_duty_before_the_law_of_2023(facts_of, book_of, judge):
    facts = facts_of(book_of(Quarter(2023, 1), metered_wh=10**12))
    assert judge("energy.source", facts).status is Status.NOT_APPLICABLE


# --- size of a purchase ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("largest", "on", "status"),
    [
        (999, date(2025, 8, 1), Status.MET),
        (1_000, date(2025, 8, 1), Status.MET),
        (1_001, date(2025, 8, 1), Status.BREACHED),
        (1_001, date(2024, 3, 1), Status.BREACHED),
        (5_000, date(2023, 8, 1), Status.NOT_APPLICABLE),
        (0, date(2025, 8, 1), Status.MET),
    ],
)
def test_a_purchase_over_one_mwh_is_a_breach_from_march_2024(facts_of, book_of, judge, largest, on, status):
    book = book_of(Quarter.of(on), platform=Purchased(5_000, largest, on))
    assert judge("energy.purchase_size", facts_of(book)).status is status


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ((), Status.UNDETERMINED),
        (((date(2024, 3, 1), 1_000),), Status.MET),
        (((date(2024, 3, 31), 1_001),), Status.BREACHED),
    ],
)
def test_a_maximum_that_began_inside_the_quarter_needs_a_purchase_after_it(facts_of, book_of, judge, other, status):
    book = book_of(Quarter(2024, 1), platform=Purchased(5_000, 5_000, date(2024, 2, 29), other))
    finding = judge("energy.purchase_size", facts_of(book))
    assert finding.status is status
    assert finding.missing == (("other_months",) if status is Status.UNDETERMINED else ())


def test_the_limit_is_an_energy_of_one_mwh_and_its_first_wh_over_is_larger():
    assert Energy.parse("1 000.001 kWh").amount - Energy.parse("1 MWh").amount == 1


def test_a_large_purchase_names_its_day_and_the_limit_in_wh(facts_of, book_of, judge):
    finding = judge("energy.purchase_size", facts_of(book_of(platform=Purchased(5_000, 1_001, date(2025, 8, 1)))))
    assert (finding.measured, finding.limit) == (1_001_000, 1_000_000)
    assert finding.evidence == ("largest purchase on 2025-08-01",)


def test_the_published_record_knows_no_maximum(facts_of, book_of, judge):
    facts = facts_of(book_of(platform=Purchased(5_000, 5_000, date(2025, 8, 1))))
    finding = judge("energy.purchase_size", facts)
    assert [(change.question, change.position, change.status) for change in finding.changes] == [
        ("energy.purchase_max", "none", Status.NOT_APPLICABLE)
    ]
    assert judge("energy.purchase_size", facts, profile="published").reason == "duties.energy.no_maximum"


@pytest.mark.parametrize("route", [*EXEMPT, Route.HOSTED])
def test_who_does_not_purchase_has_no_purchase_to_judge(facts_of, book_of, judge, route):
    facts = facts_of(book_of(platform=Purchased(5_000, 5_000, date(2025, 8, 1))), route=route)
    assert judge("energy.purchase_size", facts).status is Status.NOT_APPLICABLE


# --- since when the platform is the only seller ---------------------------------------------------------------------


def with_contract(book_of, quarter, metered_wh=5_000_000):
    """1 MWh from the platform and 4 MWh by a direct contract."""
    platform = Purchased(1_000, 1_000, quarter.from_on)
    return book_of(quarter, platform=platform, direct_contract_kwh=4_000, metered_wh=metered_wh)


@pytest.mark.parametrize(
    ("metered", "status", "reason"),
    [
        (1_000_001, Status.UNDETERMINED, "duties.energy.surplus_hours_unknown"),
        (5_000_000, Status.UNDETERMINED, "duties.energy.surplus_hours_unknown"),
        (5_000_001, Status.BREACHED, "duties.energy.unsourced"),
    ],
)
def test_before_the_platform_a_direct_contract_leaves_open_whether_it_was_surplus(
    facts_of, book_of, judge, metered, status, reason
):
    finding = judge("energy.source", facts_of(with_contract(book_of, Quarter(2023, 4), metered)))
    assert (finding.status, finding.reason, finding.limit) == (status, reason, 5_000_000)


def test_the_day_from_which_the_platform_is_the_only_seller_moves_the_verdict(facts_of, book_of, judge):
    facts = facts_of(with_contract(book_of, Quarter(2023, 4)))
    finding = judge("energy.source", facts)
    assert [(change.question, change.position, change.status) for change in finding.changes] == [
        ("energy.platform_from", "trading_rules", Status.BREACHED)
    ]
    read = judge("energy.source", facts, energy__platform_from="trading_rules")
    assert (read.reason, read.limit) == ("duties.energy.route_not_exempt", 1_000_000)


def test_the_quarter_in_which_the_platform_began_cannot_be_split_by_its_books(facts_of, book_of, judge):
    facts = facts_of(with_contract(book_of, Quarter(2024, 1)))
    finding = judge("energy.source", facts)
    assert (finding.status, finding.reason) == (Status.UNDETERMINED, "duties.law.changed_inside_period")
    assert "law changes on 2024-03-01" in finding.evidence
    assert judge("energy.source", facts, energy__platform_from="trading_rules").status is Status.BREACHED


def test_the_loss_of_an_exemption_inside_a_quarter_leaves_it_open(facts_of, book_of, judge):
    book = book_of(Quarter(2024, 1), platform=Purchased(0, 0, date(2024, 1, 1)), other_source_kwh=5_000)
    facts = facts_of(book, route=Route.OWN_RENEWABLE)
    assert judge("energy.source", facts).status is Status.MET
    assert judge("energy.source", facts, energy__exemptions="none").status is Status.UNDETERMINED


def test_the_maximum_of_a_purchase_is_that_of_its_own_day_in_the_quarter_in_which_it_began(facts_of, book_of, judge):
    book = book_of(Quarter(2024, 1), platform=Purchased(5_000, 1_001, date(2024, 3, 1)))
    assert judge("energy.purchase_size", facts_of(book)).status is Status.BREACHED
