from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.facts.figures import difficulty_epochs
from kezek.mining.network import (
    Segment,
    expected_gigahashes,
    expected_sat,
    segments_between,
    target_of,
)
from kezek.mining.output import gigahashes_of, least_energy_wh

EPOCHS = difficulty_epochs()
segment = st.builds(
    Segment,
    seconds=st.integers(1, 10_000_000),
    target=st.sampled_from([target_of(bits=epoch.bits) for epoch in EPOCHS]),
    subsidy_sat=st.sampled_from([625_000_000, 312_500_000]),
)
segments = st.lists(segment, min_size=1, max_size=5)
works = st.integers(0, 10**18)


def exact_sat(gigahashes, segments):
    seconds = sum(one.seconds for one in segments)
    return sum(
        Fraction(gigahashes * 10**9 * one.seconds * one.subsidy_sat * (one.target + 1), seconds * 2**256)
        for one in segments
    )


@settings(max_examples=200)
@given(work=works, segments=segments)
def test_expected_coins_are_the_exact_ones_rounded_down(work, segments):
    assert 0 <= exact_sat(work, segments) - expected_sat(gigahashes=work, segments=segments) < 1


@settings(max_examples=200)
@given(left=works, right=works, segments=segments)
def test_expected_coins_are_linear_and_rise_with_the_work(left, right, segments):
    one, two, both = (expected_sat(gigahashes=work, segments=segments) for work in (left, right, left + right))
    assert one + two <= both <= one + two + 1
    assert (left <= right) <= (one <= two)


@settings(max_examples=200)
@given(sat=st.integers(0, 10**13), segments=segments)
def test_the_work_of_coins_is_the_least_that_can_yield_them(sat, segments):
    work = expected_gigahashes(sat=sat, segments=segments)
    assert exact_sat(work, segments) <= sat < exact_sat(work + 1, segments) or exact_sat(work, segments) == sat


@settings(max_examples=200)
@given(work=works, segments=segments)
def test_coins_back_to_work_never_claims_more_work_than_was_done(work, segments):
    sat = expected_sat(gigahashes=work, segments=segments)
    back = expected_gigahashes(sat=sat, segments=segments)
    assert back <= work
    assert expected_sat(gigahashes=back, segments=segments) in (sat, sat - 1)


@settings(max_examples=150)
@given(starts=st.tuples(st.integers(0, 150_000_000), st.integers(1, 10_000_000)))
def test_segments_add_up_to_any_period_and_split_without_loss(starts):
    from datetime import timedelta

    begin = EPOCHS[0].starts_at + timedelta(seconds=starts[0])
    until = begin + timedelta(seconds=starts[1])
    middle = begin + timedelta(seconds=starts[1] // 2)
    whole = segments_between(from_at=begin, until_at=until, epochs=EPOCHS)
    assert sum(one.seconds for one in whole) == starts[1]
    if middle > begin:
        parts = [
            *segments_between(from_at=begin, until_at=middle, epochs=EPOCHS),
            *segments_between(from_at=middle, until_at=until, epochs=EPOCHS),
        ]
        weight = [sum(s.seconds * s.target * s.subsidy_sat for s in some) for some in (whole, parts)]
        assert weight[0] == weight[1]


@settings(max_examples=200)
@given(
    energy_wh=st.integers(0, 10**13),
    power_w=st.integers(500, 6_000),
    hashrate_ghs=st.integers(10_000, 500_000),
    overhead_ppm=st.integers(0, 500_000),
)
def test_an_honest_meter_is_never_under_what_its_own_coins_imply(energy_wh, power_w, hashrate_ghs, overhead_ppm):
    work = gigahashes_of(energy_wh=energy_wh, power_w=power_w, hashrate_ghs=hashrate_ghs, overhead_ppm=overhead_ppm)
    efficiency = power_w * 10**6 // hashrate_ghs
    assert least_energy_wh(gigahashes=work, efficiency_mj_per_th=efficiency) <= energy_wh
