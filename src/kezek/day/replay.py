"""Replay a day from its log: feed the inputs to the engine again and compare every byte of what follows."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from kezek.day.codec import CodecError, from_plain
from kezek.day.engine import DayEngine
from kezek.day.events import Admitted, Closed, Input, Opened, Payout, Prepaid, Revision, Supply
from kezek.day.tables import day_tables
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.evidence.canonical import canonical_bytes
from kezek.law.book import Book
from kezek.market.order import Order
from kezek.metering.reading import MeterReading
from kezek.units.problem import InputProblem


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where the log and its replay disagree; `where` names a law file or an entry."""

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
        tables: The day's tables, calculated again.
    """

    entries: int
    inputs: int
    root: str
    differences: tuple[Difference, ...]
    tables: dict[str, pl.DataFrame]


def table_digest(frame: pl.DataFrame) -> str:
    """Hash the content of a table, column names and rows, whatever the file format and its library. SHA-256, hex."""
    plain = frame.with_columns(pl.selectors.temporal().cast(pl.String))
    return hashlib.sha256(plain.write_csv(quote_style="always").encode()).hexdigest()


def table_digests(tables: Mapping[str, pl.DataFrame]) -> Closed:
    """Hash every table of a day."""
    return Closed({name: table_digest(frame) for name, frame in tables.items()})


def replay(*, events: Sequence[Mapping[str, Any]], book: Book, progress: Callable[[str], None]) -> Replay:
    """Replay a day.

    The law must be the very law of the log: each file of the book is compared first and named if it differs.

    Raises:
        InputProblem: day.replay.form for a log that is not that of a day.
    """
    if not events or events[0].get("type") != Input.OPENED:
        raise _not_a_day("it does not begin with day.opened")
    opened = _read(Opened, events[0], 0)
    law = _law_differences(opened, book)
    if law:
        return Replay(len(events), 0, "", tuple(law), {})
    progress("replaying the market, the meters and the duties")
    engine, inputs = _run(opened, events, book)
    progress("comparing entries")
    found = _first_difference(events, engine)
    return Replay(
        entries=len(events),
        inputs=inputs,
        root=engine.log.tree.root().hex(),
        differences=(found,) if found else (),
        tables=day_tables(state=engine.state),
    )


def _not_a_day(what: str) -> InputProblem:
    return InputProblem(
        "day.replay.form", f"This log is not that of a national day: {what}.", "", "Check the folder."
    )


def _read(kind: type[Any], event: Mapping[str, Any], index: int) -> Any:  # noqa: ANN401 - the kind says what it is
    try:
        return from_plain(kind, event["data"])
    except (CodecError, KeyError, ValueError) as error:
        raise _not_a_day(f"entry {index} ({event.get('type')}): {error}") from error


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


def _run(opened: Opened, events: Sequence[Mapping[str, Any]], book: Book) -> tuple[DayEngine, int]:
    lens = Lens(
        book=book,
        profile=opened.profile,
        readings=opened.readings,
        accept_unconfirmed=frozenset(opened.accept_unconfirmed),
    )
    engine = DayEngine(lens=lens, opened=opened)
    actions: dict[str, tuple[type[Any], Callable[[Any], None]]] = {
        Input.ADMITTED: (Admitted, lambda admitted: engine.admit(admitted.operator)),
        Input.PREPAID: (Prepaid, engine.prepay),
        Input.SUPPLY: (Supply, engine.publish),
        Input.ORDER: (Order, engine.submit),
        Input.REVISION: (Revision, engine.revise),
        Input.READING: (MeterReading, engine.read_meter),
        Input.PAYOUT: (Payout, engine.pay_out),
        Input.BOOKS: (OperatorFacts, engine.file_books),
    }
    inputs = 1
    for index, event in enumerate(events[1:], start=1):
        kind = str(event.get("type"))
        if kind in actions:
            data_type, act = actions[kind]
            act(_read(data_type, event, index))
        elif kind == Input.GATE:
            engine.close_gate()
        elif kind == Input.CLOSED:
            engine.close(table_digests(day_tables(state=engine.state)))
        inputs += kind in set(Input)
    return engine, inputs


def _first_difference(events: Sequence[Mapping[str, Any]], engine: DayEngine) -> Difference | None:
    for index, event in enumerate(events):
        if index >= len(engine.log):
            return Difference(f"entry {index} ({event.get('type')})", "the replay has no such entry")
        if canonical_bytes(event) != engine.log.entry(index):
            replayed = engine.log.entry(index).decode()
            return Difference(f"entry {index} ({event.get('type')})", f"the replay gives {replayed[:200]}…")
    if len(engine.log) > len(events):
        return Difference(
            f"entry {len(events)}", f"the replay goes on: {engine.log.entry(len(events)).decode()[:200]}…"
        )
    return None
