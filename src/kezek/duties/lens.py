"""The law through one profile and set of readings, on any date, with a record of the questions that mattered."""

from collections.abc import Mapping
from datetime import date

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

    def on(self, on: date) -> Snapshot:
        """Give the law of a date; one snapshot a date, so that the record of questions adds up."""
        if on not in self._snapshots:
            self._snapshots[on] = self.book.at(
                on=on, profile=self.profile, readings=self.readings, accept_unconfirmed=self.accept_unconfirmed
            )
        return self._snapshots[on]

    def fresh(self) -> "Lens":
        """Give the same law with an empty record."""
        lens = Lens(
            book=self.book,
            profile=self.profile,
            readings=self.readings,
            accept_unconfirmed=self.accept_unconfirmed,
        )
        lens._snapshots = {on: snapshot.tracked() for on, snapshot in self._snapshots.items()}
        return lens

    def touched(self) -> frozenset[str]:
        """Name the questions on which the answers so far depended."""
        return frozenset().union(*(snapshot.touched() for snapshot in self._snapshots.values()))

    def with_readings(self, readings: Mapping[str, str]) -> "Lens":
        """Give the law under other readings; the same lens again for the same readings."""
        key = tuple(sorted(readings.items()))
        if key not in self._others:
            self._others[key] = Lens(
                book=self.book,
                profile=self.profile,
                readings={**self.readings, **readings},
                accept_unconfirmed=self.accept_unconfirmed,
            )
        return self._others[key]

    def unconfirmed_used(self) -> frozenset[str]:
        """Name the keys whose answers so far rest on an unconfirmed value."""
        return frozenset().union(*(snapshot.unconfirmed_used() for snapshot in self._snapshots.values()))
