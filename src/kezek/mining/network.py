"""Network facts of a period: difficulty, height, subsidy, expected blocks; exact integers throughout.

A block is found when a hash is at or under the target, so one block takes 2**256 / (target + 1) hashes on average.
(The usual difficulty x 2**32 is 0.0015 % lower.) Heights between two retargets are interpolated over time.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from kezek.facts.figures import DifficultyEpoch
from kezek.units.calendar import hours_of, local_at
from kezek.units.problem import InputProblem
from kezek.units.rounding import ceil_div

EPOCH_BLOCKS = 2016
HALVING_BLOCKS = 210_000
BLOCK_SECONDS = 600
_FIRST_SUBSIDY_SAT = 50 * 10**8
_DIFFICULTY_ONE_TARGET = 0xFFFF << 208


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time with one target and one subsidy."""

    seconds: int
    target: int
    subsidy_sat: int


@dataclass(frozen=True, slots=True)
class NetworkDay:
    """Network facts of one delivery day; `fees_known` is False where only the subsidy is counted."""

    on: date
    difficulty: Decimal
    height_at_start: int
    subsidy_sat: int
    expected_blocks_milli: int
    fees_known: bool
    hours: tuple[tuple[Segment, ...], ...]


def subsidy_sat(*, height: int) -> int:
    """Compute the block subsidy from the height. [sat]

    >>> subsidy_sat(height=839_999), subsidy_sat(height=840_000)
    (625000000, 312500000)
    """
    return _FIRST_SUBSIDY_SAT >> (height // HALVING_BLOCKS)


def target_of(*, bits: int) -> int:
    """Expand the compact form of a target as it stands in a block header.

    >>> target_of(bits=0x1D00FFFF) == 0xFFFF << 208
    True
    """
    return (bits & 0x7FFFFF) << (8 * ((bits >> 24) - 3))


def difficulty_of(*, target: int) -> Decimal:
    """Turn a target into the usual difficulty, to two decimals, for people to read."""
    return (Decimal(_DIFFICULTY_ONE_TARGET) / Decimal(target)).quantize(Decimal("0.01"))


def expected_sat(*, gigahashes: int, segments: Sequence[Segment]) -> int:
    """Compute the coins that a number of hashes yields on average, rounded down. [sat]

    Args:
        gigahashes: Work done, spread evenly over the segments. [GH]
        segments: The period's targets and subsidies.
    Guarantees: linear in the work up to rounding; never more than the hashes can yield.

    >>> one_day = (Segment(86_400, target_of(bits=0x1D00FFFF), 50 * 10**8),)
    >>> expected_sat(gigahashes=4, segments=one_day)  # 4 GH is nearly one block at difficulty 1
    4656541818
    """
    seconds = sum(segment.seconds for segment in segments)
    weight = sum(segment.seconds * segment.subsidy_sat * (segment.target + 1) for segment in segments)
    return (gigahashes * 10**9 * weight // seconds) >> 256


def expected_gigahashes(*, sat: int, segments: Sequence[Segment]) -> int:
    """Compute the work that a number of coins takes on average, rounded down: the inverse of `expected_sat`. [GH]"""
    seconds = sum(segment.seconds for segment in segments)
    weight = sum(segment.seconds * segment.subsidy_sat * (segment.target + 1) for segment in segments)
    return ((sat << 256) * seconds) // (weight * 10**9)


def covered_dates(*, epochs: Sequence[DifficultyEpoch]) -> tuple[date, date]:
    """Name the first and last delivery date that the difficulty table covers in full.

    The last known difficulty stands for up to 2016 blocks of ten minutes, 14 days, after its retarget.
    """
    first = epochs[0].starts_at.date() + timedelta(days=2)
    last = epochs[-1].starts_at.date() + timedelta(days=EPOCH_BLOCKS * BLOCK_SECONDS // 86_400 - 1)
    return first, last


def require_covered(*, on: date, epochs: Sequence[DifficultyEpoch]) -> None:
    """Refuse a date outside the tables with the range that is covered.

    Raises:
        InputProblem: mining.network.date_outside.
    """
    first, last = covered_dates(epochs=epochs)
    if not first <= on <= last:
        raise InputProblem(
            "mining.network.date_outside",
            f"{on} is outside the difficulty table.",
            "--date",
            f"Choose a date from {first} to {last}.",
        )


def _epoch_seconds(epochs: Sequence[DifficultyEpoch], index: int) -> int:
    if index + 1 < len(epochs):
        return int((epochs[index + 1].starts_at - epochs[index].starts_at).total_seconds())
    return EPOCH_BLOCKS * BLOCK_SECONDS


def height_at(*, at: datetime, epochs: Sequence[DifficultyEpoch]) -> int:
    """Interpolate the chain height at an instant from the retargets around it."""
    index = bisect_right([epoch.starts_at for epoch in epochs], at) - 1
    passed = int((at - epochs[index].starts_at).total_seconds())
    return epochs[index].height + passed * EPOCH_BLOCKS // _epoch_seconds(epochs, index)


def _halving_instants(epochs: Sequence[DifficultyEpoch]) -> list[datetime]:
    """First whole second at which the height has reached a halving."""
    instants = []
    for index, epoch in enumerate(epochs):
        boundary = -(-epoch.height // HALVING_BLOCKS) * HALVING_BLOCKS
        if boundary < epoch.height + EPOCH_BLOCKS:
            passed = ceil_div((boundary - epoch.height) * _epoch_seconds(epochs, index), EPOCH_BLOCKS)
            instants.append(epoch.starts_at + timedelta(seconds=passed))
    return instants


def segments_between(
    *, from_at: datetime, until_at: datetime, epochs: Sequence[DifficultyEpoch]
) -> tuple[Segment, ...]:
    """Cut a period at every retarget and halving inside it. Their seconds add up to the period."""
    changes = [epoch.starts_at for epoch in epochs] + _halving_instants(epochs)
    cuts = [from_at, *sorted(at for at in changes if from_at < at < until_at), until_at]
    starts = [epoch.starts_at for epoch in epochs]
    segments = []
    for start, end in pairwise(cuts):
        target = target_of(bits=epochs[bisect_right(starts, start) - 1].bits)
        subsidy = subsidy_sat(height=height_at(at=start, epochs=epochs))
        segments.append(Segment(int((end - start).total_seconds()), target, subsidy))
    return tuple(segments)


def _blocks_milli(from_at: datetime, until_at: datetime, epochs: Sequence[DifficultyEpoch]) -> int:
    """Expected blocks x 1000 at the pace between the surrounding retargets."""
    starts = [epoch.starts_at for epoch in epochs]
    cuts = [from_at, *(at for at in starts if from_at < at < until_at), until_at]
    total = 0
    for start, end in pairwise(cuts):
        index = bisect_right(starts, start) - 1
        total += int((end - start).total_seconds()) * EPOCH_BLOCKS * 1000 // _epoch_seconds(epochs, index)
    return total


def network_day(*, on: date, epochs: Sequence[DifficultyEpoch]) -> NetworkDay:
    """Collect the network facts of a delivery day, hour by hour.

    Transaction fees are not in the shipped tables, so coins are subsidy only and the day says so.

    Raises:
        InputProblem: mining.network.date_outside, with the range.
    """
    require_covered(on=on, epochs=epochs)
    from_at = hours_of(on)[0].starts_at
    until_at = hours_of(on)[-1].starts_at + timedelta(hours=1)
    hours = tuple(
        segments_between(from_at=hour.starts_at, until_at=hour.starts_at + timedelta(hours=1), epochs=epochs)
        for hour in hours_of(on)
    )
    return NetworkDay(
        on=on,
        difficulty=difficulty_of(target=hours[0][0].target),
        height_at_start=height_at(at=from_at, epochs=epochs),
        subsidy_sat=hours[0][0].subsidy_sat,
        expected_blocks_milli=_blocks_milli(from_at, until_at, epochs),
        fees_known=False,
        hours=hours,
    )


def period_segments(*, from_on: date, until_on: date, epochs: Sequence[DifficultyEpoch]) -> tuple[Segment, ...]:
    """Cut a period of dates in Kazakhstan, `until_on` exclusive, at every retarget and halving."""
    return segments_between(from_at=local_at(from_on, time(0)), until_at=local_at(until_on, time(0)), epochs=epochs)
