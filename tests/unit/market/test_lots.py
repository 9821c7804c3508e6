from datetime import date

import pytest

from kezek.market.lots import PurchaseCut, cut_purchases, lot_sizes, purchases_of
from kezek.market.product import product_id
from kezek.registry.zone import Zone


def bought(award_kwh, purchase_max_kwh=1_000):
    return purchases_of(
        order_id="A-7",
        operator_id="OP-001",
        product_id="2025-10-15/west/07",
        award_kwh=award_kwh,
        price_tiyn_per_kwh=1_850,
        purchase_max_kwh=purchase_max_kwh,
        owner_id="OP-001",
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


def test_curtailment_that_would_raise_an_award_raises_instead():
    with pytest.raises(ValueError, match="would raise"):
        cut_purchases(purchases=bought(2_300), award_kwh=2_301)


def test_a_product_is_named_by_date_zone_and_two_digits_of_the_hour():
    assert product_id(on=date(2024, 2, 29), zone=Zone.NORTH_SOUTH, hour_index=24) == "2024-02-29/north_south/24"
