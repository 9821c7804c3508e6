"""The law through one profile and set of readings, on any date, with a record of the questions that mattered."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property, lru_cache
from itertools import product

from kezek.law.book import Book
from kezek.law.snapshot import Record, Snapshot

Moved = frozenset[tuple[str, str]]
"""Questions with the position taken on each, where it is another than the lens' own."""


class Lens:
    """Gives the law of a date and remembers which open questions the answers depended on.

    Attributes:
        record: What was asked since it was last cleared; see `settle`.
    """

    def __init__(
        self,
        *,
        book: Book,
        profile: str,
        readings: Mapping[str, str],
        accept_unconfirmed: frozenset[str] = frozenset(),
        known_on: date | None = None,
    ) -> None:
        self.book = book
        self.profile = profile
        self.readings = dict(readings)
        self.accept_unconfirmed = accept_unconfirmed
        self.known_on = known_on
        self.record = Record()
        self._snapshots: dict[date, Snapshot] = {}
        self._others: dict[tuple[tuple[str, str], ...], Lens] = {}
        self._alternatives: dict[tuple[str, ...], tuple[tuple[Moved, Lens], ...]] = {}
        self._stood: dict[date, Lens] = {}
        self._changed: dict[tuple[date, date, tuple[str, ...]], tuple[date, ...]] = {}
        self._stops_on: date | None = None
        self._settled = Record()

    def on(self, on: date) -> Snapshot:
        """Give the law of a date; one snapshot a date, so that the record of questions adds up."""
        on = on if self._stops_on is None else min(on, self._stops_on)
        found = self._snapshots.get(on)
        if found is None:
            found = self._snapshots[on] = self.book.at(
                on=on,
                profile=self.profile,
                readings=self.readings,
                accept_unconfirmed=self.accept_unconfirmed,
                known_on=self.known_on,
            ).recording(self.record)
        return found

    def as_it_stood(self, on: date) -> "Lens":
        """Give the same law, and the same record, without what changed after a day."""
        if on not in self._stood:
            lens = self._like(self.readings)
            lens._snapshots, lens._stops_on = self._snapshots, on
            lens.record = self.record
            self._stood[on] = lens
        return self._stood[on]

    def with_readings(self, readings: Mapping[str, str]) -> "Lens":
        """Give the law under other readings; the same lens again for the same readings."""
        key = tuple(sorted(readings.items()))
        if key not in self._others:
            self._others[key] = self._like({**self.readings, **readings})
            self._others[key].record.keeps_answers = False
        return self._others[key]

    def alternatives(self, questions: tuple[str, ...]) -> "tuple[tuple[Moved, Lens], ...]":
        """Give every way of taking other positions on some of the questions, with the law under it."""
        if questions not in self._alternatives:
            own = self.positions
            found: dict[Moved, Lens] = {}
            for combination in product(*(sorted(self.book.questions[question].positions) for question in questions)):
                moved = frozenset((q, p) for q, p in zip(questions, combination, strict=True) if own[q] != p)
                if moved:
                    found[moved] = self.with_readings(dict(moved))
            self._alternatives[questions] = tuple(found.items())
        return self._alternatives[questions]

    @cached_property
    def positions(self) -> Mapping[str, str]:
        """The position taken on every question, the same on all days."""
        return {**self.book.profiles[self.profile].positions, **self.readings}

    def changed_on(self, *, from_on: date, last_on: date, reads: tuple[str, ...]) -> tuple[date, ...]:
        """List the days after the first, up to the last, on which a value of these keys starts or ends."""
        key = (from_on, last_on, reads)
        if key not in self._changed:
            days = _change_days(self.book, reads)
            self._changed[key] = tuple(day for day in days if from_on < day <= last_on)
        return self._changed[key]

    def settle(self) -> Record:
        """Give the record since the last call, keep it in the sum, and start a new one."""
        record = self.record
        taken = Record(record.touched, record.unconfirmed, record.asked, record.keeps_answers)
        self._settled.touched |= taken.touched
        self._settled.unconfirmed |= taken.unconfirmed
        record.clear()
        return taken

    def take_touched(self) -> set[str]:
        """Give the questions touched since the last call, for a lens whose record nobody else wants."""
        record = self.record
        taken, record.touched = record.touched, set()
        return taken

    def touched(self) -> frozenset[str]:
        """Name the questions on which the answers so far depended."""
        return frozenset(self._settled.touched | self.record.touched)

    def unconfirmed_used(self) -> frozenset[str]:
        """Name the keys whose answers so far rest on an unconfirmed value."""
        return frozenset(self._settled.unconfirmed | self.record.unconfirmed)

    def _like(self, readings: Mapping[str, str]) -> "Lens":
        lens = Lens(
            book=self.book,
            profile=self.profile,
            readings=readings,
            accept_unconfirmed=self.accept_unconfirmed,
            known_on=self.known_on,
        )
        lens._stops_on, lens._changed = self._stops_on, self._changed
        return lens


@lru_cache(maxsize=512)
def _change_days(book: Book, reads: tuple[str, ...]) -> tuple[date, ...]:
    """List the days on which any value of some keys starts or ends, oldest first."""
    values = [value for key in reads for value in book.quantities[key].values]
    return tuple(sorted({on for value in values for on in (value.from_on, value.until_on) if on is not None}))
