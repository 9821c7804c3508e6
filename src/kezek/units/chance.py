"""Chance drawn from a seed that is passed in: the same numbers on every machine and library version.

SplitMix64 over a counter (Steele, Lea, Flood 2014): each draw depends on seed, label and position only, so adding
a draw somewhere never moves the others. Not for secrets.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Stream:
    """A named stream of numbers under a seed.

    >>> Stream(1, "demo").integers(3, 0, 10).tolist() == Stream(1, "demo").integers(3, 0, 10).tolist()
    True
    """

    seed: int
    label: str

    def child(self, *names: object) -> "Stream":
        """Name a stream below this one."""
        return Stream(self.seed, "/".join((self.label, *map(str, names))))

    def _words(self, count: int) -> npt.NDArray[np.uint64]:
        key = hashlib.sha256(f"kezek-chance-1|{self.seed}|{self.label}".encode()).digest()[:8]
        words = (np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN) + np.uint64(int.from_bytes(key, "big"))
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed: npt.NDArray[np.uint64] = words ^ (words >> np.uint64(31))
        return mixed

    def integers(self, count: int, low: int, high: int) -> npt.NDArray[np.int64]:
        """Draw `count` whole numbers in [low, high); the span is at most 2**31. int64 (count,)."""
        span = high - low
        if not 0 < span <= 1 << 31:
            raise ValueError(f"span {span} is not in 1..2**31")
        top = self._words(count) >> np.uint64(33)
        return (top * np.uint64(span) >> np.uint64(31)).astype(np.int64) + low

    def integer(self, low: int, high: int) -> int:
        """Draw one whole number in [low, high)."""
        return int(self.integers(1, low, high)[0])

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a drawn order."""
        order = np.argsort(self._words(len(items)), kind="stable")
        return [items[int(i)] for i in order]
