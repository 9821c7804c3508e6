"""Columns looked up in a scale: as the rows say, or refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.law.bands import MOST_ROWS, BandTable
from kezek.law.reckon import half_up
from kezek.law.rule import on_columns
from kezek.law.value import Band, Missing, Scale, Unit


def scale(*starts_and_amounts, until=None):
    starts = [start for start, _ in starts_and_amounts]
    ends = [*starts[1:], until]
    rows = zip(starts_and_amounts, ends, strict=True)
    return Scale(Unit.TIYN_PER_KWH, tuple(Band(start, end, amount) for (start, amount), end in rows))


def column(*amounts):
    return np.array(amounts, np.int64)


@given(
    st.lists(st.integers(0, 3_000), min_size=1, max_size=30, unique=True).map(sorted),
    st.lists(st.integers(0, 10_000), min_size=1, max_size=50),
)
def test_table_equals_rows(starts, asked):
    bands = scale(*((start, 7 * n + 1) for n, start in enumerate(starts)))
    asked = [starts[0] + one for one in asked]
    assert BandTable(bands).at(column(*asked)).tolist() == [bands.row(one).content for one in asked]


@given(st.lists(st.integers(0, 4 * MOST_ROWS), min_size=1, max_size=50))
def test_a_wide_scale_is_counted_and_gives_the_same(asked):
    bands = scale((0, 5), (10, 6), (2 * MOST_ROWS, 7), (3 * MOST_ROWS, 8))
    assert BandTable(bands).at(column(*asked)).tolist() == [bands.row(one).content for one in asked]


def test_outside_the_bands_is_refused():
    table = BandTable(scale((100, 1), (200, 2), until=300))
    assert table.at(column(100, 199, 200, 299)).tolist() == [1, 1, 2, 2]
    for outside in (99, 300):
        with pytest.raises(ValueError, match="outside the bands, which run from 100 until 300"):
            table.at(column(150, outside))


def test_an_unknown_row_gives_no_column():
    with pytest.raises(ValueError, match="no column from 100: the middle"):
        BandTable(scale((0, 1), (100, Missing("the middle")), (200, 2)))


def test_a_rule_goes_over_a_column_that_is_looked_up_block_by_block():
    def fee(*, energy, rate):
        return half_up(energy * rate, 1_000)

    prices = np.arange(100_000, dtype=np.int64) % 400
    table = BandTable(scale((0, 10), (100, 20), (300, 30)))
    energy = np.arange(100_000, dtype=np.int64) * 1_001
    lazily = on_columns(fee, {"energy": energy, "rate": table.lazily(prices)})
    assert np.array_equal(lazily, on_columns(fee, {"energy": energy, "rate": table.at(prices)}))
