"""The law on a terminal of 80 columns, and as JSON: one quantity, its history, all keys, what the book covers."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from itertools import groupby
from types import MappingProxyType
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from kezek.law.book import Book
from kezek.law.fidelity import How, Provision
from kezek.law.history import Gap, History, Holding, Lane, Row, said, said_band
from kezek.law.question import Question
from kezek.law.value import Content, Missing, Scale, Source, Status, Unlimited, Value

_STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        Status.DRAFT: "a draft that never became law",
        Status.PROPOSAL: "a proposal that never became law",
        Status.EXPECTATION: "an expectation: announced, and not seen in force",
    }
)


def print_show(
    console: Console, history: History, holds: Holding, asked_by: Sequence[str], *, with_history: bool
) -> None:
    """Print one quantity: what holds on the day with its evidence; with its history, every lane and question."""
    quantity = history.quantity
    console.print(Text.assemble((quantity.key, "bold"), "  ", quantity.title))
    if quantity.status is not Status.LAW:
        console.print(Text(_STATUSES[quantity.status], style="yellow"))
    console.print()
    console.print(_holding_grid(holds, asked_by))
    if not with_history:
        if len(quantity.values) > 1 or history.questions:
            console.print(Text(f"\n{_more(history)}: kezek law show {quantity.key} --history", style="dim"))
        return
    _print_history(console, history, holds.on)


def _more(history: History) -> str:
    values, questions = len(history.quantity.values), len(history.questions)
    asked = f", {_counted(questions, 'open question')}" if questions else ""
    return f"{_counted(values, 'value')} through time{asked}"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column()
    return grid


def _holding_grid(holds: Holding, asked_by: Sequence[str]) -> Table:
    grid = _grid()
    public = f", by what was public on {holds.known_on}" if holds.known_on else ""
    grid.add_row("on", f"{holds.on}, profile {holds.profile}{public}")
    for question, position in holds.readings.items():
        grid.add_row("reading", f"{question}={position}")
    answer = holds.answer
    known = isinstance(answer, Value)
    grid.add_row("holds", Text(holds.said, style="bold" if known else "yellow"))
    if isinstance(answer, Value):
        for name, text in _evidence(answer):
            grid.add_row(name, text)
    if asked_by:
        grid.add_row("asked by", ", ".join(asked_by))
    return grid


def _evidence(value: Value) -> Iterator[tuple[str, str | Text | Table]]:
    if isinstance(value.content, Scale):
        bands = Table.grid(padding=(0, 2))
        for band in value.content.bands:
            bands.add_row(*said_band(band, value.content, value.unit))
        yield "", bands
    yield "period", f"from {value.from_on}{f' until {value.until_on}' if value.until_on else ', no end set'}"
    if value.at:
        yield "place", value.at
    yield "source", _source_line(value.source)
    if value.source.link:
        yield "link", Text(value.source.link, overflow="fold")
    if value.published_on:
        yield "published", str(value.published_on)
    yield "confidence", f"{value.confidence}, checked {value.checked_on}"
    yield "finding", value.finding


def _source_line(source: Source) -> str:
    about = [f"No {source.number}" if source.number else "", source.issuer, source.date]
    return f"{source.title} ({', '.join(filter(None, [source.kind, *about]))})"


def _print_history(console: Console, history: History, on: date) -> None:
    console.print()
    console.print(_columns("from", "until", Text("value; source and place"), "published", "confidence", style="dim"))
    if on < history.first_on:
        console.print(Text(f"nothing before {history.first_on}", style="yellow"))
    for lane in history.lanes:
        if len(history.lanes) > 1:
            console.print(Padding(_lane_title(lane), (1, 0, 0, 0)))
        for row in lane.rows:
            console.print(_gap_columns(row) if isinstance(row, Gap) else _row_columns(row))
    for question in history.questions:
        console.print(
            Padding(Text(f"{question.key}: {question.text} ({question.status})", style="bold"), (1, 0, 0, 0))
        )
        console.print(_question_grid(question))


def _lane_title(lane: Lane) -> Text:
    if lane.reading is None:
        return Text("whatever the reading", style="bold")
    held = "; ".join(f"{position}: {holder}" for position, holder in lane.holders.items())
    taken = f"; taken by {', '.join(lane.taken_by)}" if lane.taken_by else ""
    return Text.assemble((str(lane.reading), "bold"), f"  ({held}{taken})")


def _columns(*cells: str | Text, style: str = "") -> Table:
    """One row of the history; its columns have fixed widths, so that the rows of all lanes stand under each other."""
    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for width in (10, 10, None, 10, 11):
        grid.add_column(width=width, ratio=None if width else 1, overflow="fold")
    grid.add_row(*cells, style=style)
    return grid


def _gap_columns(gap: Gap) -> Table:
    return _columns(str(gap.from_on), _end(gap.until_on), f"nothing: {gap.why}", "", "", style="yellow")


def _row_columns(row: Row) -> Table:
    value = row.value
    place = ", ".join(filter(None, [value.source.key, value.at]))
    about = Text.assemble((row.said, "bold"), "\n", (place, "dim"))
    sure = Text(str(value.confidence), style="yellow" if value.unconfirmed else "")
    return _columns(str(row.from_on), _end(row.until_on), about, str(value.published_on or "–"), sure)


def _end(on: date | None) -> str:
    return str(on) if on else "–"


def _question_grid(question: Question) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for name, position in question.positions.items():
        grid.add_row(f"  {name}", f"{position.holder}: {position.why}{_taken(question, name)}")
    for name in sorted({one.position for one in question.defaults.values()} - {*question.positions}):
        grid.add_row(f"  {name}", f"Nobody says; the calculation stops.{_taken(question, name)}")
    return grid


def _taken(question: Question, position: str) -> str:
    takers = _takers(question, position)
    return f" Taken by {takers}." if takers else ""


def _takers(question: Question, position: str) -> str:
    return ", ".join(profile for profile, one in question.defaults.items() if one.position == position)


def print_keys(console: Console, book: Book) -> None:
    """Print all keys with their titles, a table for each area."""
    for area, keys in groupby(sorted(book.quantities), key=lambda key: key.partition(".")[0]):
        console.print(Text(area, style="bold"))
        for key in keys:
            _print_key(console, key, book.quantities[key].title)
    console.print(Text("\nOne of them: kezek law show KEY", style="dim"))


_KEY_WIDTH = 42


def _print_key(console: Console, key: str, title: str) -> None:
    """Print a key whole and its title beside it, or under it where the terminal is narrow or the key long."""
    beside = console.width >= 2 * _KEY_WIDTH - 4 and len(key) <= _KEY_WIDTH - 4
    lines = textwrap.wrap(title, max(20, console.width - (_KEY_WIDTH if beside else 6)), break_long_words=False)
    head = f"  {key}"
    if beside:
        lines[0] = f"{head:<{_KEY_WIDTH}}{lines[0]}"
    else:
        console.print(Text(head), soft_wrap=True)
    indent = " " * (_KEY_WIDTH if beside else 6)
    for n, line in enumerate(lines):
        console.print(Text(line if beside and n == 0 else indent + line), soft_wrap=True)


def print_questions(console: Console, book: Book) -> None:
    """Print every open question with its positions, as --reading takes them, and who takes them."""
    for key, question in sorted(book.questions.items()):
        console.print(Text.assemble((key, "bold"), f": {question.text}"))
        for name, position in question.positions.items():
            takers = _takers(question, name)
            taken = f" [{takers}]" if takers else ""
            console.print(Text(f"  --reading {key}={name}{taken}"))
            said = Text(f"{position.why.rstrip('.')} ({position.holder})", style="dim")
            console.print(Padding(said, (0, 0, 0, 6), expand=False))


def _table(title: str | None) -> Table:
    return Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        expand=True,
    )


def print_coverage(console: Console, counts: Mapping[str, Mapping[How, int]]) -> None:
    """Print a row for each source: how many provisions are encoded, asked, left out, departed from."""
    table = _table("Provisions of each source, by what became of them in the book")
    table.add_column("source", no_wrap=True)
    for how in How:
        table.add_column(how.replace("_", " "), justify="right", no_wrap=True)
    for key, row in counts.items():
        if any(row.values()):
            table.add_row(key, *(str(row[how] or "–") for how in How))
    table.add_section()
    totals = [sum(row[how] for row in counts.values()) for how in How]
    table.add_row("all", *(str(total) for total in totals), style="bold")
    console.print(table)
    silent = [key for key, row in counts.items() if not any(row.values())]
    if silent:
        console.print(Text(f"No provision is listed for: {', '.join(silent)}.", style="dim"))
    console.print(Text("\nOne source, with its title: kezek law coverage --source SOURCE", style="dim"))


def print_provisions(console: Console, source: Source, provisions: Sequence[Provision]) -> None:
    """Print every provision of a source and what became of it."""
    console.print(Text.assemble((source.key, "bold"), "  ", _source_line(source)))
    if not provisions:
        console.print("\nNo provision of it is listed.")
        return
    table = _table(None)
    for name, ratio in (("at", 2), ("says", 4), ("became", 4)):
        table.add_column(name, ratio=ratio, overflow="fold")
    for one in provisions:
        rest = "; ".join(filter(None, [", ".join(one.keys), one.field, one.why]))
        became = Text(f"{one.how.replace('_', ' ')}: {rest}", style="yellow" if one.why else "")
        table.add_row(one.at, one.says, became)
    console.print(table)


def plain_show(book: Book, history: History, holds: Holding, *, with_history: bool) -> dict[str, Any]:
    """Give what `print_show` prints as JSON types; amounts as whole numbers of the unit, and said in words."""
    quantity = history.quantity
    answer = holds.answer
    plain: dict[str, Any] = {
        "key": quantity.key,
        "title": quantity.title,
        "unit": str(quantity.unit),
        "status": str(quantity.status),
        "on": str(holds.on),
        "known_on": _day_or_none(holds.known_on),
        "profile": holds.profile,
        "readings": dict(holds.readings),
        "holds": _plain_value(answer) if isinstance(answer, Value) else {"absent": str(answer.code)},
        "said": holds.said,
        "law": book.digest,
    }
    if with_history:
        plain["history"] = [_plain_lane(lane) for lane in history.lanes]
        plain["questions"] = [_plain_question(question) for question in history.questions]
    return plain


def _plain_lane(lane: Lane) -> dict[str, Any]:
    return {
        "reading": str(lane.reading) if lane.reading else None,
        "holders": dict(lane.holders),
        "taken_by": list(lane.taken_by),
        "rows": [_plain_gap(row) if isinstance(row, Gap) else _plain_value(row.value) for row in lane.rows],
    }


def _plain_gap(gap: Gap) -> dict[str, Any]:
    return {"from_on": str(gap.from_on), "until_on": _day_or_none(gap.until_on), "nothing": gap.why}


def _plain_value(value: Value) -> dict[str, Any]:
    return {
        "from_on": str(value.from_on),
        "until_on": _day_or_none(value.until_on),
        "published_on": _day_or_none(value.published_on),
        "content": _plain_content(value.content),
        "said": said(value.content, value.unit),
        "reading": str(value.reading) if value.reading else None,
        "source": asdict(value.source),
        "at": value.at,
        "finding": value.finding,
        "confidence": str(value.confidence),
        "checked_on": str(value.checked_on),
        "gap": value.gap,
    }


def _plain_content(content: Content) -> Any:  # noqa: ANN401 - JSON
    match content:
        case Missing():
            return {"unknown": content.what}
        case Unlimited():
            return {"unlimited": True}
        case Scale():
            bands = [(band.from_amount, band.until_amount, _plain_content(band.content)) for band in content.bands]
            rows = [{"from": low, "until": high, "content": one} for low, high, one in bands]
            return {"bands_unit": str(content.unit), "bands": rows}
        case tuple():
            return list(content)
        case _:
            return content


def _plain_question(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "text": question.text,
        "status": str(question.status),
        "positions": [asdict(one) for one in question.positions.values()],
        "defaults": {profile: asdict(one) for profile, one in question.defaults.items()},
    }


def _day_or_none(on: date | None) -> str | None:
    return str(on) if on else None


def plain_provision(provision: Provision) -> dict[str, Any]:
    """Give a provision as JSON types."""
    return {**asdict(provision), "how": str(provision.how)}
