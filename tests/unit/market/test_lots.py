from dataclasses import replace
from datetime import date

import pytest

from kezek.market.lots import PurchaseCut, cut_purchases, lot_sizes, purchases_of
from kezek.market.product import Offer, product_id
from kezek.registry.zone import Zone


def bought(award_kwh, purchase_max_kwh=1_000, **numbering):
    return purchases_of(
        order_id="A-7",
        operator_id="OP-001",
        product_id="2025-10-15/west/07",
        award_kwh=award_kwh,
        price_tiyn_per_kwh=1_850,
        purchase_max_kwh=purchase_max_kwh,
        owner_id="OP-001",
        **numbering,
    )


@pytest.mark.parametrize(
    ("award", "maximum", "sizes"),
    [
        (0, 1_000, []),
        (1, 1_000, [1]),
        (999, 1_000, [999]),
        (1_000, 1_000, [1_000]),
        (1_001, 1_000, [1_000, 1]),
        (2_000, 1_000, [1_000, 1_000]),
        (2_000, None, [2_000]),
        (0, None, []),
        (3, 1, [1, 1, 1]),
    ],
)
def test_an_award_is_split_into_full_lots_and_one_remainder(award, maximum, sizes):
    assert lot_sizes(award_kwh=award, purchase_max_kwh=maximum) == sizes


def test_a_megawatt_for_a_day_takes_24_purchases_and_enegix_4320():
    # law_conflicts.md, 8: 1 MW is 24 purchases a day, the 180 MW of Enegix 4,320.
    assert sum(len(lot_sizes(award_kwh=1_000, purchase_max_kwh=1_000)) for _ in range(24)) == 24
    assert sum(len(lot_sizes(award_kwh=180_000, purchase_max_kwh=1_000)) for _ in range(24)) == 4_320


def test_purchases_are_numbered_from_one_within_their_order():
    assert [purchase.purchase_id for purchase in bought(2_300)] == ["A-7#1", "A-7#2", "A-7#3"]
    assert [purchase.net_tiyn for purchase in bought(2_300)] == [1_850_000, 1_850_000, 555_000]


def test_the_awards_of_one_order_s_steps_are_numbered_through():
    first = bought(2_300)
    second = bought(1_500, first_number=len(first) + 1)
    third = bought(7, first_number=len(first) + len(second) + 1)
    names = [purchase.purchase_id for purchase in first + second + third]
    assert names == ["A-7#1", "A-7#2", "A-7#3", "A-7#4", "A-7#5", "A-7#6"]


@pytest.mark.parametrize("first_number", [1, 2, 4_321])
def test_the_number_changes_the_name_and_nothing_else(first_number):
    plain, numbered = bought(2_300), bought(2_300, first_number=first_number)
    renamed = [replace(purchase, purchase_id=f"A-7#{first_number + n}") for n, purchase in enumerate(plain)]
    assert numbered == renamed


def test_the_purchases_of_an_operator_that_is_exempt_are_one_for_each_award():
    (whole,) = bought(180_000, purchase_max_kwh=None)
    assert (whole.purchase_id, whole.energy_kwh, whole.net_tiyn) == ("A-7#1", 180_000, 333_000_000)
    (next_step,) = bought(2_300, purchase_max_kwh=None, first_number=2)
    assert next_step.purchase_id == "A-7#2"
    assert bought(0, purchase_max_kwh=None, first_number=3) == []


@pytest.mark.parametrize(("award", "left"), [(2_300, None), (2_299, 2_299), (1, 1), (0, 0)])
def test_curtailment_cuts_the_one_purchase_of_an_exempt_operator(award, left):
    (whole,) = purchases = bought(2_300, purchase_max_kwh=None)
    expected = [] if left is None else [PurchaseCut(whole, left)]
    assert cut_purchases(purchases=purchases, award_kwh=award) == expected


def test_an_award_of_nothing_is_no_purchase():
    assert bought(0) == []


@pytest.mark.parametrize(
    ("award", "cut"),
    [
        (2_300, []),
        (2_299, [(3, 299)]),
        (2_000, [(3, 0)]),
        (1_500, [(2, 500), (3, 0)]),
        (1_000, [(2, 0), (3, 0)]),
        (0, [(1, 0), (2, 0), (3, 0)]),
    ],
)
def test_curtailment_keeps_the_first_purchases_and_cuts_the_last(award, cut):
    purchases = bought(2_300)
    expected = [PurchaseCut(purchases[number - 1], left_kwh) for number, left_kwh in cut]
    assert cut_purchases(purchases=purchases, award_kwh=award) == expected


@pytest.mark.parametrize("purchase_max_kwh", [1_000, None])
@pytest.mark.parametrize(("bought_kwh", "award"), [(2_300, 2_301), (2_300, -1), (2_300, -2_300), (0, 1), (0, -1)])
def test_curtailment_to_more_than_was_bought_or_to_less_than_nothing_is_a_fault(bought_kwh, award, purchase_max_kwh):
    purchases = bought(bought_kwh, purchase_max_kwh=purchase_max_kwh)
    with pytest.raises(ValueError, match=rf"^curtailment would bring an award to {award} kWh$"):
        cut_purchases(purchases=purchases, award_kwh=award)


def test_curtailment_of_nothing_to_nothing_cuts_nothing():
    assert cut_purchases(purchases=[], award_kwh=0) == []


def test_a_product_is_named_by_date_zone_and_two_digits_of_the_hour():
    assert product_id(on=date(2024, 2, 29), zone=Zone.NORTH_SOUTH, hour_index=24) == "2024-02-29/north_south/24"


def test_the_programme_s_share_of_an_hour_is_a_product_of_its_own():
    name = product_id(on=date(2024, 2, 29), zone=Zone.WEST, hour_index=0, offer=Offer.PROGRAMME)
    assert name == "2024-02-29/west/00/programme"
    assert product_id(on=date(2024, 2, 29), zone=Zone.WEST, hour_index=0, offer=Offer.SURPLUS) == "2024-02-29/west/00"
