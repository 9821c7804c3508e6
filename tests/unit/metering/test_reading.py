from itertools import product

import pytest

from kezek.metering.reading import (
    MeterReading,
    ReadingRefusal,
    RefusedReading,
    check_readings,
    energy_by_operator_wh,
    meter_of,
    missing_hours,
)

METER = meter_of(operator_id="OP-001")
CONNECTION = {METER: 2_000_000}


def reading(hour_index=0, energy_wh=1_000, meter_id=METER):
    return MeterReading(meter_id, "OP-001", hour_index, energy_wh)


def check(*readings, hour_count=24):
    return check_readings(readings=readings, hour_count=hour_count, connection_w=CONNECTION)


@pytest.mark.parametrize(
    ("wrong", "refusal", "limit"),
    [
        (reading(hour_index=-1), ReadingRefusal.UNKNOWN_HOUR, 2_000_000),
        (reading(hour_index=24), ReadingRefusal.UNKNOWN_HOUR, 2_000_000),
        (reading(energy_wh=-1), ReadingRefusal.NEGATIVE, 2_000_000),
        (reading(energy_wh=2_000_001), ReadingRefusal.OVER_CONNECTION, 2_000_000),
        (reading(meter_id="M-OP-999"), ReadingRefusal.UNKNOWN_METER, 0),
        (reading(meter_id="M-OP-999", energy_wh=0), ReadingRefusal.UNKNOWN_METER, 0),
    ],
)
def test_a_reading_that_cannot_be_is_refused_with_value_and_limit(wrong, refusal, limit):
    assert check(wrong) == ([], [RefusedReading(wrong, refusal, limit)])


def test_the_second_reading_of_an_hour_is_refused_even_if_it_says_the_same():
    usable, refused = check(reading(), reading())
    assert usable == [reading()]
    assert [one.refusal for one in refused] == [ReadingRefusal.TWICE]


@pytest.mark.parametrize("energy", [0, 2_000_000])
def test_a_reading_on_the_edge_is_usable(energy):
    assert check(reading(energy_wh=energy)) == ([reading(energy_wh=energy)], [])


@pytest.mark.parametrize(("hour_count", "usable_count"), [(24, 0), (25, 1)])
def test_the_25th_hour_counts_only_on_a_day_that_has_it(hour_count, usable_count):
    assert len(check(reading(hour_index=24), hour_count=hour_count)[0]) == usable_count


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        (reading(hour_index=99, energy_wh=-5), ReadingRefusal.UNKNOWN_HOUR),
        (reading(energy_wh=-5), ReadingRefusal.TWICE),
        (reading(energy_wh=9_999_999), ReadingRefusal.TWICE),
    ],
)
def test_a_reading_with_two_faults_gets_the_first_in_the_list(wrong, refusal):
    assert check(reading(), wrong)[1] == [RefusedReading(wrong, refusal, 2_000_000)]


def test_every_reading_is_in_exactly_one_list():
    sent = [
        MeterReading(meter, "OP-001", hour, energy)
        for meter, hour, energy in product((METER, "M-OP-999"), (-1, 0, 0, 23, 24), (-1, 0, 500, 3_000_000))
    ]
    usable, refused = check(*sent)
    key = repr
    assert sorted(usable + [one.reading for one in refused], key=key) == sorted(sent, key=key)


def test_every_refusal_can_be_reached():
    unknown = reading(meter_id="M-OP-999")
    _, refused = check(unknown, reading(), reading(), reading(99), reading(1, -1), reading(2, 2_000_001))
    assert {one.refusal for one in refused} == set(ReadingRefusal)


def test_an_hour_without_a_reading_is_missing_and_a_reading_of_zero_is_not():
    readings = [reading(0, 0), reading(2), reading(0, meter_id="M-B")]
    missing = missing_hours(readings=readings, meter_ids=[METER, "M-B"], hour_count=3)
    assert missing == [(METER, 1), ("M-B", 1), ("M-B", 2)]


def test_energy_adds_up_per_operator_over_meters_and_hours():
    readings = [reading(0, 10), reading(1, 20), MeterReading("M-X", "OP-002", 0, 7)]
    assert energy_by_operator_wh(readings) == {"OP-001": 30, "OP-002": 7}
    assert energy_by_operator_wh([]) == {}


def test_a_right_reading_after_a_refused_one_of_its_hour_is_taken():
    usable, refused = check(reading(energy_wh=-1), reading(energy_wh=1_000))
    assert usable == [reading(energy_wh=1_000)]
    assert [one.refusal for one in refused] == [ReadingRefusal.NEGATIVE]
