"""What the law lets a participant do: who has a quota, whose purchases are split, for whom a host may bid."""

from datetime import date

import pytest
from tests.trading.sessions import ON, lens_of, licence, participant, terms

from kezek.market.bidder import Site, Standing
from kezek.registry.licence import LicenceState, Period, Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.trading.participant import ParticipantSite, bidder_of, standing_of


def bidder(one, *, others=(), on=ON, readings=None):
    law = lens_of(terms(on=on, readings=readings)).on(on)
    return bidder_of(one, others=others, on=on, law=law)


def site(name, route):
    return ParticipantSite(name, Zone.WEST, 5_999, route)


def test_subtype_one_has_a_quota_and_subtype_two_has_none():
    assert bidder(participant("A")).has_quota
    assert not bidder(participant("A", subtype=Subtype.II)).has_quota


@pytest.mark.parametrize("route", Route)
def test_only_sites_of_an_exempt_route_spare_an_operator_the_splitting(route):
    exempt = route in (Route.OWN_RENEWABLE, Route.IMPORTED, Route.OWN_GENERATION)
    assert bidder(participant("A", route=route)).purchase_max_kwh == (None if exempt else 1_000)


@pytest.mark.parametrize(
    ("routes", "largest_kwh"),
    [
        ([Route.OWN_RENEWABLE, Route.IMPORTED], None),
        ([Route.OWN_RENEWABLE, Route.GRID_SURPLUS], 1_000),
        ([], 1_000),
    ],
)
def test_one_site_on_the_surplus_is_enough_to_be_split(routes, largest_kwh):
    sites = [site(f"s{number}", route) for number, route in enumerate(routes)]
    assert bidder(participant("A", sites=sites)).purchase_max_kwh == largest_kwh


def test_a_reading_without_exemptions_splits_all():
    readings = {"energy.exemptions": "none"}
    assert bidder(participant("A", route=Route.OWN_RENEWABLE), readings=readings).purchase_max_kwh == 1_000


def test_a_reading_without_a_maximum_splits_nobody():
    assert bidder(participant("A"), readings={"energy.purchase_max": "none"}).purchase_max_kwh is None


def test_a_site_can_use_in_an_hour_whole_kwh_of_its_power():
    found = bidder(participant("A", sites=[site("s1", Route.GRID_SURPLUS)])).sites
    assert found == {"s1": Site(Zone.WEST, 5_999)}
    assert found["s1"].hour_kwh == 5


def test_a_host_may_bid_for_those_in_its_data_centre_and_for_nobody_else():
    others = [
        participant("T", host="H", subtype=Subtype.II),
        participant("U", host="J", subtype=Subtype.II),
        participant("V", host="H", subtype=Subtype.II, terminated_on=ON),
    ]
    found = bidder(participant("H"), others=others)
    assert found.tenants == {
        "T": Standing(LicenceState.ACTIVE, LicenceState.ACTIVE),
        "V": Standing(LicenceState.ACTIVE, LicenceState.TERMINATED),
    }


def test_a_licence_is_looked_at_on_the_day_of_trading_and_on_the_day_of_delivery():
    suspended = licence(suspensions=(Period(date(2025, 10, 14), date(2025, 10, 15)),))
    assert standing_of(suspended, on=ON) == Standing(LicenceState.SUSPENDED, LicenceState.ACTIVE)
    begins = licence(term=Period(ON, date(2027, 1, 1)))
    assert standing_of(begins, on=ON) == Standing(LicenceState.NOT_YET, LicenceState.ACTIVE)
    assert standing_of(licence(), on=ON).active


def test_who_counts_at_the_margin_is_the_owner_or_the_operator_itself():
    assert bidder(participant("A", owner="X")).claimant_id == "X"
    assert bidder(participant("A")).claimant_id == "A"
