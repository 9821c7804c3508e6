import itertools
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from kezek.facts.figures import difficulty_epochs
from kezek.mining.network import (
    Segment,
    covered_dates,
    difficulty_of,
    expected_gigahashes,
    expected_sat,
    height_at,
    network_day,
    period_segments,
    segments_between,
    subsidy_sat,
    target_of,
)
from kezek.units.calendar import hours_of, local_at
from kezek.units.problem import InputProblem

EPOCHS = difficulty_epochs()
FIRST_ON, LAST_ON = covered_dates(epochs=EPOCHS)
HALVED_AT = datetime(2024, 4, 20, 0, 9, 27, tzinfo=UTC)
"""Time in the header of block 840,000."""

# Difficulties as every explorer shows them, from the compact targets of public block headers.
KNOWN = [
    (0x1D00FFFF, Decimal("1.00")),
    (0x1B0404CB, Decimal("16307.42")),
    (0x170DA8A1, Decimal("20607418304385.63")),
    (0x1701DDB4, Decimal("150839487445890.50")),
]


@pytest.mark.parametrize(
    ("height", "sat"),
    [
        (0, 5_000_000_000),
        (209_999, 5_000_000_000),
        (210_000, 2_500_000_000),
        (629_999, 1_250_000_000),
        (630_000, 625_000_000),
        (839_999, 625_000_000),
        (840_000, 312_500_000),
        (1_050_000, 156_250_000),
        (33 * 210_000 - 1, 1),
        (33 * 210_000, 0),
    ],
)
def test_the_subsidy_halves_at_each_210000th_block(height, sat):
    assert subsidy_sat(height=height) == sat


@pytest.mark.parametrize(("bits", "difficulty"), KNOWN, ids=lambda part: str(part))
def test_compact_targets_give_the_published_difficulties(bits, difficulty):
    assert difficulty_of(target=target_of(bits=bits)) == difficulty


def test_the_difficulty_of_a_day_is_the_published_one_to_a_billionth():
    day = network_day(on=date(2025, 10, 15), epochs=EPOCHS)
    assert abs(day.difficulty - Decimal("150839487445890.5")) / day.difficulty < Decimal("1e-9")
    assert day.subsidy_sat == 312_500_000
    assert not day.fees_known


def test_the_tables_agree_with_the_consensus_rule_that_a_retarget_is_every_2016_blocks():
    heights = [epoch.height for epoch in EPOCHS]
    assert {after - before for before, after in itertools.pairwise(heights)} == {2016}
    assert heights[0] % 2016 == 0


def test_every_epoch_moves_the_target_as_the_time_of_the_one_before_asks():
    """New target = old target x seconds / 14 days: the start times and the targets check each other."""
    for before, after in itertools.pairwise(EPOCHS):
        seconds = (after.starts_at - before.starts_at).total_seconds()
        moved = Fraction(target_of(bits=after.bits), target_of(bits=before.bits))
        assert abs(float(moved) / (seconds / 1_209_600) - 1) < 0.01


def test_the_halving_of_2024_is_inside_the_period_and_cut():
    segments = segments_between(
        from_at=HALVED_AT - timedelta(hours=12), until_at=HALVED_AT + timedelta(hours=12), epochs=EPOCHS
    )
    assert [segment.subsidy_sat for segment in segments] == [625_000_000, 312_500_000]
    assert abs(segments[0].seconds - 12 * 3_600) < 2 * 3_600
    assert sum(segment.seconds for segment in segments) == 86_400


def test_a_quarter_with_the_halving_pays_the_old_subsidy_before_it_and_the_new_one_after():
    segments = period_segments(from_on=date(2024, 4, 1), until_on=date(2024, 7, 1), epochs=EPOCHS)
    subsidies = [segment.subsidy_sat for segment in segments]
    assert subsidies == sorted(subsidies, reverse=True)
    old_seconds = sum(segment.seconds for segment in segments if segment.subsidy_sat == 625_000_000)
    started_at = local_at(date(2024, 4, 1), datetime.min.time())
    assert abs(started_at + timedelta(seconds=old_seconds) - HALVED_AT) < timedelta(hours=2)


def test_the_hour_of_the_halving_has_two_subsidies_and_all_others_of_the_day_one():
    hours = network_day(on=date(2024, 4, 20), epochs=EPOCHS).hours
    assert sorted(len(hour) for hour in hours) == [1] * 23 + [2]
    assert hours[0][0].subsidy_sat == 625_000_000
    assert hours[-1][-1].subsidy_sat == 312_500_000


def test_a_height_is_that_of_the_table_at_a_retarget_and_half_way_between():
    epoch, following = EPOCHS[100], EPOCHS[101]
    half_seconds = -(-int((following.starts_at - epoch.starts_at).total_seconds()) // 2)
    middle = epoch.starts_at + timedelta(seconds=half_seconds)
    assert height_at(at=epoch.starts_at, epochs=EPOCHS) == epoch.height
    assert height_at(at=middle - timedelta(seconds=1), epochs=EPOCHS) == epoch.height + 1_007
    assert height_at(at=middle, epochs=EPOCHS) == epoch.height + 1_008
    assert height_at(at=following.starts_at - timedelta(seconds=1), epochs=EPOCHS) == epoch.height + 2_015


@pytest.mark.parametrize(
    ("from_on", "until_on"),
    [
        (date(2025, 7, 1), date(2025, 10, 1)),
        (date(2024, 4, 1), date(2024, 7, 1)),
        (date(2024, 2, 29), date(2024, 3, 1)),
        (FIRST_ON, LAST_ON),
    ],
)
def test_segments_add_up_to_the_period(from_on, until_on):
    segments = period_segments(from_on=from_on, until_on=until_on, epochs=EPOCHS)
    hours = sum(len(hours_of(from_on + timedelta(days=n))) for n in range((until_on - from_on).days))
    assert sum(segment.seconds for segment in segments) == 3_600 * hours
    assert all(segment.seconds > 0 for segment in segments)


def test_a_quarter_is_cut_at_each_retarget_and_nowhere_else():
    from_at, until_at = (local_at(on, datetime.min.time()) for on in (date(2025, 7, 1), date(2025, 10, 1)))
    retargets = [epoch for epoch in EPOCHS if from_at < epoch.starts_at < until_at]
    segments = period_segments(from_on=date(2025, 7, 1), until_on=date(2025, 10, 1), epochs=EPOCHS)
    assert [segment.target for segment in segments][1:] == [target_of(bits=epoch.bits) for epoch in retargets]


def test_every_day_of_the_tables_expects_about_144_blocks():
    days = [FIRST_ON + timedelta(days=n) for n in range((LAST_ON - FIRST_ON).days + 1)]
    per_hour = [network_day(on=on, epochs=EPOCHS).expected_blocks_milli / len(hours_of(on)) for on in days]
    # The slowest epoch followed China's ban (20 days for 2016 blocks), the fastest took 11.5.
    assert 4_200 < min(per_hour) < max(per_hour) < 7_400
    assert 5_950 < sum(per_hour) / len(per_hour) < 6_150


@pytest.mark.parametrize("on", [FIRST_ON - timedelta(days=1), LAST_ON + timedelta(days=1), date(2009, 1, 3)])
def test_a_date_outside_the_tables_is_refused_with_the_range(on):
    with pytest.raises(InputProblem) as refusal:
        network_day(on=on, epochs=EPOCHS)
    assert refusal.value.code == "mining.network.date_outside"
    assert refusal.value.way_out == f"Choose a date from {FIRST_ON} to {LAST_ON}."


@pytest.mark.parametrize("on", [FIRST_ON, LAST_ON])
def test_the_first_and_last_date_are_covered(on):
    assert len(network_day(on=on, epochs=EPOCHS).hours) == 24


def test_a_110_terahash_machine_earns_in_a_day_what_the_hand_calculation_says():
    # Target of 2025-10-15: 0x01ddb4 shifted by 8 x (0x17 - 3) bits. A hash wins with chance (target + 1) / 2**256.
    # 110e12 hashes x 86,400 s x chance x 312,500,000 sat = 4,584 sat, about 0.0000458 BTC, as calculators show.
    target = 0x01DDB4 << 160
    exact = Fraction(110 * 10**12 * 86_400 * 312_500_000 * (target + 1), 2**256)
    assert 4_584 <= exact < 4_585
    hours = network_day(on=date(2025, 10, 15), epochs=EPOCHS).hours
    segments = [segment for hour in hours for segment in hour]
    assert abs(expected_sat(gigahashes=110_000 * 86_400, segments=segments) - exact) < 1


def test_coins_of_a_day_cut_at_a_retarget_weigh_each_part_by_its_seconds():
    hours = network_day(on=date(2025, 10, 16), epochs=EPOCHS).hours
    segments = [segment for hour in hours for segment in hour]
    # Retarget at 06:05:46 UTC = 11:05:46 in Kazakhstan.
    before, after = 11 * 3_600 + 5 * 60 + 46, 86_400 - (11 * 3_600 + 5 * 60 + 46)
    assert sum(segment.seconds for segment in segments if segment.target == 0x01DDB4 << 160) == before
    weighted = before * ((0x01DDB4 << 160) + 1) + after * ((0x01EB21 << 160) + 1)
    exact = Fraction(10**9 * 10**10 * 312_500_000 * weighted, 86_400 * 2**256)
    assert abs(expected_sat(gigahashes=10**10, segments=segments) - exact) < 1


def test_no_hashes_yield_no_coins_and_no_coins_take_no_hashes():
    segments = (Segment(3_600, target_of(bits=0x1701DDB4), 312_500_000),)
    assert expected_sat(gigahashes=0, segments=segments) == 0
    assert expected_gigahashes(sat=0, segments=segments) == 0


def test_a_hash_at_the_target_wins_too():
    # Under the highest target every hash is a block; one lower, all but one of 2**256.
    always = (Segment(1, 2**256 - 1, 7),)
    assert expected_sat(gigahashes=3, segments=always) == 3 * 10**9 * 7
    almost = (Segment(1, 2**256 - 2, 7),)
    assert expected_sat(gigahashes=3, segments=almost) == 3 * 10**9 * 7 - 1
