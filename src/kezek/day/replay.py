"""Replay a day from its log: feed the inputs to the engine again and compare every byte of what follows."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kezek.day.engine import DayEngine
from kezek.day.events import Admitted, Closed, Input, Opened, Payout, Prepaid, Revision, Supply
from kezek.day.tables import day_tables
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.canonical import canonical_bytes
from kezek.evidence.error import EvidenceError
from kezek.evidence.plain import CodecError, from_plain
from kezek.law.book import Book
from kezek.market.order import Order
from kezek.metering.reading import MeterReading
from kezek.units.problem import InputProblem


@dataclass(frozen=True, slots=True)
class Difference:
    """A place where the log and its replay disagree; `where` names a law file or an entry."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Replay:
    """Result of a replay.

    Args:
        entries: Entries that were compared.
        inputs: Of these, entries that came from outside; all others were calculated again.
        root: Root over the replayed entries, hex.
        differences: Empty where the replay reached the same bytes.
        tables: SHA-256 of each table that the log seals, as the replay gives it; that of an input as the log says.
    """

    entries: int
    inputs: int
    root: str
    differences: tuple[Difference, ...]
    tables: dict[str, str]


REPLAY_STEPS = 10
INPUT_TABLES = ("machines",)
"""Tables that do not follow from the log: their digest enters with `day.closed`."""

_FAULTS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
    EvidenceError,
    InputProblem,
    pl.exceptions.PolarsError,
)
"""What inputs that no day can have may raise in the engine: found in a log, they are a difference."""


def table_digest(frame: pl.DataFrame) -> str:
    """Hash the content of a table, column names and rows, whatever the file format and its library. SHA-256, hex."""
    plain = frame.with_columns(pl.selectors.temporal().cast(pl.String))
    return hashlib.sha256(plain.write_csv(quote_style="always").encode()).hexdigest()


def table_digests(tables: Mapping[str, pl.DataFrame]) -> Closed:
    """Hash every table of a day, `machines` included, for `DayEngine.close`."""
    return Closed({name: table_digest(frame) for name, frame in tables.items()})


def replay(*, events: Sequence[Mapping[str, Any]], book: Book, progress: Callable[[str], None]) -> Replay:
    """Replay a day: feed its inputs to a new engine, compare every entry.

    The law must be the very law of the log: each file of the book is compared first and named if it differs. Whatever
    stands in the entries after the first, the answer is a difference, never an exception.

    Args:
        progress: Called `REPLAY_STEPS` times at most, with what is being done.
    Raises:
        InputProblem: day.replay.form for a log that is not that of a day, and what the law room says to a profile or
            reading that the book does not know.
    """
    if not events or events[0].get("type") != Input.OPENED:
        raise _not_a_day("it does not begin with day.opened")
    opened = _read_opened(events[0])
    law = _law_differences(opened, book)
    if law:
        return Replay(len(events), 0, "", tuple(law), {})
    run = _Run(_engine(opened, book))
    run.feed(events, progress)
    progress("comparing entries")
    found = (_first_difference(events, run), run.fault, _end_difference(events))
    return Replay(
        entries=len(events),
        inputs=run.inputs,
        root=run.engine.log.tree.root().hex(),
        differences=tuple(dict.fromkeys(one for one in found if one)),
        tables=run.tables,
    )


def _not_a_day(what: str) -> InputProblem:
    return InputProblem(
        "day.replay.form", f"This log is not that of a national day: {what}.", "", "Check the folder."
    )


def _read_opened(event: Mapping[str, Any]) -> Opened:
    try:
        return from_plain(Opened, event.get("data"))
    except CodecError as error:
        raise _not_a_day(f"entry 0 ({Input.OPENED}): {error}") from error


def _law_differences(opened: Opened, book: Book) -> list[Difference]:
    """Name each file of the law book that is not the one of the log."""
    now = book.file_digests
    return [
        Difference(
            f"law file {name}", f"the log was made with {then[:16] or 'none'}…, this book has {has[:16] or 'none'}…"
        )
        for name in sorted({*opened.law_files, *now})
        for then, has in [(opened.law_files.get(name, ""), now.get(name, ""))]
        if then != has
    ]


def _engine(opened: Opened, book: Book) -> DayEngine:
    """Build the engine of the day; unlike a wrong entry, terms that no day can have are refused."""
    lens = Lens(
        book=book,
        profile=opened.profile,
        readings=opened.readings,
        accept_unconfirmed=frozenset(opened.accept_unconfirmed),
    )
    try:
        return DayEngine(lens=lens, opened=opened)
    except (ArithmeticError, LookupError, ValueError) as error:
        raise _not_a_day(f"entry 0 ({Input.OPENED}): {error}") from error


class _Run:
    """One pass over the inputs of a log; it ends at the first that the engine cannot take."""

    def __init__(self, engine: DayEngine) -> None:
        self.engine = engine
        self.inputs = 1
        self.tables: dict[str, str] = {}
        self.fault: Difference | None = None
        self.until = 0
        self._actions: dict[str, tuple[type[Any], Callable[[Any], None]]] = {
            Input.ADMITTED: (Admitted, lambda admitted: engine.admit(admitted.operator)),
            Input.PREPAID: (Prepaid, engine.prepay),
            Input.SUPPLY: (Supply, engine.publish),
            Input.ORDER: (Order, engine.submit),
            Input.REVISION: (Revision, engine.revise),
            Input.READING: (MeterReading, engine.read_meter),
            Input.PAYOUT: (Payout, engine.pay_out),
            Input.BOOKS: (OperatorFacts, engine.file_books),
            Input.CLOSED: (Closed, self._close),
        }

    def feed(self, events: Sequence[Mapping[str, Any]], progress: Callable[[str], None]) -> None:
        """Give the engine every input after the first entry; `until` tells how far it came."""
        every = max(1, -(-len(events) // (REPLAY_STEPS - 1)))
        for index, event in enumerate(events):
            if index % every == 0:
                progress(f"replaying entry {index:,} of {len(events):,}".replace(",", " "))
            if index == 0:
                continue
            try:
                self._act(str(event.get("type")), event)
            except _FAULTS as error:
                what = f"the day cannot take it: {type(error).__name__}: {str(error)[:200]}"
                self.fault = Difference(_where(index, event), what)
                self.until = index
                return
        self.until = len(events)

    def _act(self, kind: str, event: Mapping[str, Any]) -> None:
        if kind == Input.OPENED:
            raise ValueError("a day is opened once")
        if kind == Input.GATE:
            self.engine.close_gate()
        elif kind in self._actions:
            data_type, act = self._actions[kind]
            act(from_plain(data_type, event["data"]))
        self.inputs += kind in set(Input)

    def _close(self, logged: Closed) -> None:
        """Close with the tables calculated again; the digest of an input is taken as it stands."""
        self.engine.require_complete()
        again = table_digests(day_tables(state=self.engine.state)).tables
        self.tables = {**again, **{name: logged.tables[name] for name in INPUT_TABLES}}
        self.engine.close(Closed(self.tables))


def _where(index: int, event: Mapping[str, Any]) -> str:
    return f"entry {index} ({event.get('type')})"


def _end_difference(events: Sequence[Mapping[str, Any]]) -> Difference | None:
    if events[-1].get("type") == Input.CLOSED:
        return None
    return Difference(_where(len(events) - 1, events[-1]), f"the log does not end with {Input.CLOSED}")


def _first_difference(events: Sequence[Mapping[str, Any]], run: _Run) -> Difference | None:
    """Compare the bytes of every entry, as far as the run came."""
    log = run.engine.log
    for index, event in enumerate(events[: run.until]):
        if index >= len(log):
            return Difference(_where(index, event), "the replay has no such entry")
        if canonical_bytes(event) != log.entry(index):
            return Difference(_where(index, event), f"the replay gives {log.entry(index).decode()[:200]}…")
    if run.fault is None and len(log) > len(events):
        return Difference(f"entry {len(events)}", f"the replay goes on: {log.entry(len(events)).decode()[:200]}…")
    return None
