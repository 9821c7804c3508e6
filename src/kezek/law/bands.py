"""The scale of a quantity as a table over whole amounts, so that a column of amounts is looked up in one step."""

from typing import TYPE_CHECKING

from kezek.law.value import Missing, Scale

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_ROWS = 1_000_000
"""Widest table; a scale that reaches farther is looked up by counting the bands passed."""


class BandTable:
    """A scale, ready for columns.

    Args:
        scale: Bands without gap; every row has an amount.

    Raises:
        ValueError: a row whose amount is unknown: nothing stands in for it.

    Guarantees: the same as `Scale.row` gives row by row (property test `test_table_equals_rows`).
    """

    def __init__(self, scale: Scale) -> None:
        import numpy as np

        amounts: list[int] = []
        for band in scale.bands:
            if isinstance(band.content, Missing):
                raise ValueError(f"no column from {band.from_amount}: {band.content.what}")
            amounts.append(band.content)
        self.first = scale.bands[0].from_amount
        self.until = scale.bands[-1].until_amount
        starts = [band.from_amount for band in scale.bands]
        self._starts = np.array(starts[1:], np.int64)
        self._amounts = np.array(amounts, np.int64)
        wide = starts[-1] - self.first >= MOST_ROWS
        self._table = None if wide else np.repeat(self._amounts, np.diff([*starts, starts[-1] + 1]))

    def lazily(self, column: "NDArray[np.int64]") -> "BandColumn":
        """Give the column of what `at` finds, looked up block by block as a rule goes over it."""
        return BandColumn(self, column)

    def at(self, column: "NDArray[np.int64]") -> "NDArray[np.int64]":
        """Look up a column of amounts [of the scale's own unit].

        Raises:
            ValueError: an amount under the first band, or past the end of the last.
        """
        import numpy as np

        if column.size and (int(column.min()) < self.first or (self.until and int(column.max()) >= self.until)):
            raise ValueError(f"outside the bands, which run from {self.first} until {self.until or 'no end'}")
        found = np.empty(len(column), np.int64)
        if self._table is None:
            self._amounts.take(np.count_nonzero(column[:, None] >= self._starts, axis=1), out=found)
        else:
            self._table.take(column - self.first if self.first else column, out=found, mode="clip")
        return found


class BandColumn:
    """A column of looked-up amounts that is never held as a whole."""

    def __init__(self, table: BandTable, column: "NDArray[np.int64]") -> None:
        self._table, self._column = table, column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, part: slice) -> "NDArray[np.int64]":
        return self._table.at(self._column[part])
