"""The law through one profile and set of readings, on any date, with a record of the questions that mattered."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from kezek.law.book import Book
from kezek.law.snapshot import Snapshot


class Lens:
    """Gives the law of a date and remembers which open questions the answers depended on."""

    def __init__(
        self,
        *,
        book: Book,
        profile: str,
        readings: Mapping[str, str],
        accept_unconfirmed: frozenset[str] = frozenset(),
    ) -> None:
        self.book = book
        self.profile = profile
        self.readings = dict(readings)
        self.accept_unconfirmed = accept_unconfirmed
        self._snapshots: dict[date, Snapshot] = {}
        self._others: dict[tuple[tuple[str, str], ...], Lens] = {}
        self._stops_on: date | None = None
        self._touched: set[str] = set()
        self._unconfirmed: set[str] = set()

    def on(self, on: date) -> Snapshot:
        """Give the law of a date; one snapshot a date, so that the record of questions adds up."""
        on = on if self._stops_on is None else min(on, self._stops_on)
        if on not in self._snapshots:
            self._snapshots[on] = self.book.at(
                on=on, profile=self.profile, readings=self.readings, accept_unconfirmed=self.accept_unconfirmed
            )
        return self._snapshots[on]

    def _like(self, readings: Mapping[str, str]) -> "Lens":
        lens = Lens(
            book=self.book,
            profile=self.profile,
            readings=readings,
            accept_unconfirmed=self.accept_unconfirmed,
        )
        lens._stops_on = self._stops_on
        return lens

    def fresh(self) -> "Lens":
        """Give the same law with an empty record."""
        lens = self._like(self.readings)
        lens._snapshots = {on: snapshot.tracked() for on, snapshot in self._snapshots.items()}
        return lens

    def as_it_stood(self, on: date) -> "Lens":
        """Give the same law, and the same record, without what changed after a day."""
        lens = self._like(self.readings)
        lens._snapshots, lens._stops_on = self._snapshots, on
        return lens

    def changed_on(self, *, from_on: date, last_on: date) -> tuple[date, ...]:
        """List the days after the first, up to the last, on which any value of the book starts or ends."""
        return tuple(day for day in _change_days(self.book) if from_on < day <= last_on)

    def absorb(self, other: "Lens") -> None:
        """Add the record of another lens to this one's: what was judged through it was judged for this one."""
        self._touched |= other.touched()
        self._unconfirmed |= other.unconfirmed_used()

    def touched(self) -> frozenset[str]:
        """Name the questions on which the answers so far depended."""
        return frozenset(self._touched).union(*(snapshot.touched() for snapshot in self._snapshots.values()))

    def with_readings(self, readings: Mapping[str, str]) -> "Lens":
        """Give the law under other readings; the same lens again for the same readings."""
        key = tuple(sorted(readings.items()))
        if key not in self._others:
            self._others[key] = self._like({**self.readings, **readings})
        return self._others[key]

    def unconfirmed_used(self) -> frozenset[str]:
        """Name the keys whose answers so far rest on an unconfirmed value."""
        used = (snapshot.unconfirmed_used() for snapshot in self._snapshots.values())
        return frozenset(self._unconfirmed).union(*used)


@lru_cache(maxsize=8)
def _change_days(book: Book) -> tuple[date, ...]:
    """List the days on which any value of a book starts or ends, oldest first."""
    values = [value for quantity in book.quantities.values() for value in quantity.values]
    return tuple(sorted({on for value in values for on in (value.from_on, value.until_on) if on is not None}))
