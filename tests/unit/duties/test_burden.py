"""What staying legal costs: 10 % of profit by the calculator, 10 to 15 % of a small operator's earnings by S1."""

from dataclasses import replace

import pytest

from kezek.dossier.example import example_text
from kezek.dossier.read import read_dossier
from kezek.duties.burden import compliance_burden
from kezek.duties.facts import Size
from kezek.duties.lens import Lens
from kezek.law.book import load_book


@pytest.fixture(scope="module")
def facts():
    found = read_dossier(text=example_text("clean"), name="clean").facts
    book = replace(found.books[-1], coin_value_tiyn=1_000_005, cost_tiyn=900_000)
    return replace(found, books=(book,), standing=replace(found.standing, size=Size.SMALL))


def burden_of(facts, profile="described", **readings):
    return compliance_burden(facts=facts, lens=Lens(book=load_book(), profile=profile, readings=readings))


def test_the_calculator_takes_ten_per_cent_of_profit(facts):
    """100 005 of profit: 10 000.5 tiyn, half up 10 001; of 1 000 005 that is 10 001 ppm."""
    burden = burden_of(facts)
    assert (burden.earnings_tiyn, burden.cost_tiyn, burden.share_ppm) == (1_000_005, 10_001, 10_001)
    assert burden.size == "small"


def test_read_as_of_revenue_it_is_ten_per_cent_of_all(facts):
    burden = burden_of(facts, **{"compliance.cost": "revenue"})
    assert burden.cost_tiyn == 100_001


def test_where_the_rate_is_not_known_nothing_is_claimed(facts):
    burden = burden_of(facts, **{"compliance.cost": "s1_text"})
    assert burden.cost_tiyn is None
    assert burden.share_ppm is None
    assert any("15 %" in one for one in burden.unknown)


def test_a_small_operator_bears_ten_to_fifteen_per_cent(facts):
    small = next(one for one in burden_of(facts).claims if one.size == "small")
    assert (small.least_ppm, small.most_ppm, small.base, small.source) == (100_000, 150_000, "earnings", "s1")


def test_books_without_values_are_not_counted(facts):
    unsaid = replace(facts.books[0], coin_value_tiyn=None)
    burden = burden_of(replace(facts, books=(unsaid,)))
    assert (burden.earnings_tiyn, burden.cost_tiyn, burden.periods) == (0, None, ())
