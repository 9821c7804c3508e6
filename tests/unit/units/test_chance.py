import hashlib

import pytest

from kezek.units.chance import Stream

MASK = (1 << 64) - 1


def splitmix64(state, count):
    """Published algorithm (Steele, Lea, Flood 2014) in plain whole numbers."""
    words = []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        words.append(word ^ (word >> 31))
    return words


def test_the_reference_gives_the_published_numbers():
    assert splitmix64(1234567, 3) == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_a_stream_is_splitmix64_from_a_hash_of_seed_and_label():
    key = int.from_bytes(hashlib.sha256(b"kezek-chance-1|7|fleet").digest()[:8], "big")
    expected = [(word >> 33) * 1_000 >> 31 for word in splitmix64(key, 50)]
    assert Stream(7, "fleet").integers(50, 0, 1_000).tolist() == expected


def test_the_same_seed_draws_the_same_numbers_for_ever():
    assert Stream(1, "demo").integers(5, 0, 1_000).tolist() == [486, 287, 513, 755, 625]
    assert Stream(20251015, "kezek").integers(3, -10, 10).tolist() == [-9, 8, -8]
    assert Stream(1, "demo").shuffled("abcdef") == ["b", "f", "a", "c", "e", "d"]


def test_a_longer_draw_begins_with_the_shorter():
    assert Stream(1, "a").integers(100, 0, 9).tolist()[:10] == Stream(1, "a").integers(10, 0, 9).tolist()


def test_another_seed_or_label_or_child_draws_other_numbers():
    streams = [
        Stream(1, "a"),
        Stream(2, "a"),
        Stream(1, "b"),
        Stream(1, "a").child("b"),
        Stream(1, "a").child("b", 1),
    ]
    assert len({tuple(stream.integers(8, 0, 1 << 31).tolist()) for stream in streams}) == len(streams)


def test_seed_and_label_do_not_run_into_each_other():
    assert Stream(1, "2|x").integers(4, 0, 1 << 31).tolist() != Stream(12, "|x").integers(4, 0, 1 << 31).tolist()


def test_draws_spread_evenly_over_their_range():
    counts = [0] * 10
    for draw in Stream(3, "even").integers(100_000, 0, 10).tolist():
        counts[draw] += 1
    # Chi-squared with 9 degrees of freedom is over 33.7 once in ten thousand streams; this one is fixed.
    assert sum((count - 10_000) ** 2 / 10_000 for count in counts) < 33.7


def test_two_labels_do_not_follow_each_other():
    left = Stream(3, "left").integers(20_000, -1_000, 1_001)
    right = Stream(3, "right").integers(20_000, -1_000, 1_001)
    correlation = (left * right).sum() / (20_000 * 1_000 * 1_001 / 3)
    assert abs(correlation) < 0.03


def test_both_ends_of_a_range_are_kept():
    draws = Stream(5, "ends").integers(10_000, -3, 4)
    assert (draws.min(), draws.max()) == (-3, 3)
    assert Stream(5, "one").integer(7, 8) == 7


@pytest.mark.parametrize(("low", "high"), [(0, 0), (5, 4), (0, (1 << 31) + 1)])
def test_a_range_that_cannot_be_drawn_evenly_is_refused(low, high):
    with pytest.raises(ValueError, match="span"):
        Stream(1, "x").integers(1, low, high)


def test_a_shuffle_keeps_every_item():
    assert sorted(Stream(9, "cards").shuffled(range(1_000))) == list(range(1_000))
    assert Stream(9, "cards").shuffled([]) == []
