import pytest

from kezek.planning.win_chance import PriceRecord

RECORD = PriceRecord((1_850, 1_850, 1_900, 2_000), open_count=2)


def test_a_price_wins_what_it_is_over_and_every_hour_that_was_not_sold_out():
    assert [RECORD.wins_at(price) for price in (1_800, 1_850, 1_851, 1_900, 1_901, 2_000, 2_001)] == [
        *(2, 2, 4, 4, 5, 5, 6)
    ]


def test_a_tie_counts_as_lost_and_is_counted():
    assert RECORD.wins_at(1_850) == 2
    assert [RECORD.ties_at(price) for price in (1_849, 1_850, 1_900, 1_901)] == [0, 2, 1, 0]


def test_a_chance_is_a_count_in_ppm_rounded_down():
    assert RECORD.chance_ppm_at(1_851) == 666_666
    assert RECORD.chance_ppm_at(9_999) == 1_000_000
    assert PriceRecord((1_900,), 0).chance_ppm_at(1_900) == 0


def test_without_observations_there_is_no_chance():
    assert PriceRecord().chance_ppm_at(5_000) is None
    assert PriceRecord().wins_at(5_000) == 0
    assert PriceRecord().paid_at(price_tiyn_per_kwh=5_000, reserve_tiyn_per_kwh=1_800, uniform=True) == {}


def test_an_hour_that_was_never_sold_out_is_won_at_the_reserve():
    record = PriceRecord((), open_count=30)
    assert record.chance_ppm_at(1_800) == 1_000_000
    assert list(record.steps(reserve_tiyn_per_kwh=1_800, tick_tiyn_per_kwh=1)) == [1_800]


def test_paid_as_bid_each_win_costs_the_own_price_and_under_one_price_what_was_struck():
    own = RECORD.paid_at(price_tiyn_per_kwh=1_950, reserve_tiyn_per_kwh=1_860, uniform=False)
    one = RECORD.paid_at(price_tiyn_per_kwh=1_950, reserve_tiyn_per_kwh=1_860, uniform=True)
    assert dict(own) == {1_950: 5}
    assert dict(one) == {1_860: 4, 1_900: 1}  # never under today's reserve
    assert RECORD.paid_at(price_tiyn_per_kwh=1_950, reserve_tiyn_per_kwh=1_800, uniform=True) == {
        1_800: 2,
        1_850: 2,
        1_900: 1,
    }
    lost = PriceRecord((1_900,)).paid_at(price_tiyn_per_kwh=1_900, reserve_tiyn_per_kwh=1_800, uniform=False)
    assert dict(lost) == {}


def test_the_chance_changes_at_the_reserve_and_one_tick_over_each_marginal_price():
    assert list(RECORD.steps(reserve_tiyn_per_kwh=1_875, tick_tiyn_per_kwh=1)) == [1_875, 1_901, 2_001]
    assert list(RECORD.steps(reserve_tiyn_per_kwh=1_801, tick_tiyn_per_kwh=25)) == [1_825, 1_875, 1_925, 2_025]


@pytest.mark.parametrize("wrong", [((2, 1), 0), ((1,), -1)])
def test_a_record_is_ordered_and_not_negative(wrong):
    with pytest.raises(ValueError, match="ascend"):
        PriceRecord(*wrong)
