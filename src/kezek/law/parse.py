"""Files of a law book into sources, questions, profiles and quantities; a file that is not right is refused."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from kezek.law.file import BookFile
from kezek.law.problem import BookCode
from kezek.law.question import Caution, Default, Position, Profile, Question, QuestionStatus
from kezek.law.value import (
    UNKNOWN_POSITION,
    Band,
    Confidence,
    Content,
    Missing,
    Quantity,
    Reading,
    Scale,
    Source,
    Status,
    Unit,
    Unlimited,
    Value,
)
from kezek.units.problem import nearest

_CONTENT = ("amount", "text", "flag", "list", "bands", "unlimited", "unknown")
_NEEDED = ("from_on", "source", "finding", "confidence", "checked_on")
_ALLOWED = (*_CONTENT, "bands_unit", "until_on", "published_on", "at", "reading", "gap")
_WORD_UNITS = {
    Unit.TEXT: ("text", "unknown"),
    Unit.CLOCK: ("text", "unknown"),
    Unit.DATE: ("text", "unknown"),
    Unit.FLAG: ("flag", "unknown"),
    Unit.LIST: ("list", "unknown"),
}
_NUMBER_CONTENT = ("amount", "bands", "unlimited", "unknown")
_FORMS = {Unit.CLOCK: (r"([01]\d|2[0-3]):[0-5]\d", "09:30"), Unit.DATE: (r"\d{4}-\d\d-\d\d", "2024-01-31")}
_SOURCE_DATE = re.compile(r"\d{4}(-\d\d){0,2}")


def parse_sources(file: BookFile) -> Mapping[str, Source]:
    """Read sources.toml.

    Raises:
        BookProblem: law.file.key_unknown, law.file.key_missing, law.file.kind, law.file.content.
    """
    found: dict[str, Source] = {}
    optional = ("number", "issuer", "date", "link")
    for key, row in file.read().items():
        table = file.typed(dict, row, key=key)
        file.check_keys(table, needed=("title", "kind"), allowed=optional, part=key)
        found[key] = Source(key=key, **file.texts(table, ("title", "kind", *optional), part=key))
        if found[key].date and not _SOURCE_DATE.fullmatch(found[key].date):
            what = f"The date of source {key!r} is {found[key].date!r}."
            raise file.problem(BookCode.CONTENT, what, "Write 2023, 2023-02 or 2023-02-06.", key="date", part=key)
    return MappingProxyType(found)


def parse_questions(file: BookFile) -> Mapping[str, Question]:
    """Read questions.toml.

    Raises:
        BookProblem: law.file.key_unknown, law.file.key_missing, law.file.kind, law.file.position.
    """
    found: dict[str, Question] = {}
    for key, row in file.read().items():
        table = file.typed(dict, row, key=key)
        file.check_keys(table, needed=("text", "status", "position", "default"), allowed=(), part=key)
        positions = {
            name: Position(name, **row) for name, row in _rows(file, table, key, "position", ("holder", "why"))
        }
        defaults = {name: Default(**row) for name, row in _rows(file, table, key, "default", ("position", "why"))}
        for default in defaults.values():
            _check_position(file, key, default.position, [*positions, UNKNOWN_POSITION])
        text = file.texts(table, ("text",), part=key)["text"]
        status = file.member(QuestionStatus, table["status"], key="status", code=BookCode.CONTENT, part=key)
        found[key] = Question(key, text, status, MappingProxyType(positions), MappingProxyType(defaults))
    return MappingProxyType(found)


def _rows(
    file: BookFile, table: Mapping[str, object], question: str, key: str, needed: tuple[str, str]
) -> list[tuple[str, dict[str, str]]]:
    rows: list[tuple[str, dict[str, str]]] = []
    for name, row in file.typed(dict, table[key], key=key, part=question).items():
        fields = file.typed(dict, row, key=f"{key}.{name}", part=question)
        file.check_keys(fields, needed=needed, allowed=(), part=question)
        rows.append((name, file.texts(fields, needed, part=question)))
    return rows


def _check_position(file: BookFile, question: str, position: str, known: list[str], nth: int | None = None) -> None:
    if position not in known:
        what = f"Nobody holds the position {position!r} on {question}."
        key = question if nth is None else "reading"
        raise file.problem(BookCode.POSITION, what, nearest(position, known), key=key, part=nth)


def parse_profiles(file: BookFile, questions: Mapping[str, Question], asked: BookFile) -> Mapping[str, Profile]:
    """Read profiles.toml; each profile takes its positions from the defaults in questions.toml.

    Raises:
        BookProblem: law.file.key_unknown, law.file.key_missing, law.file.kind, law.file.content; law.file.question
            where a question has no default for a profile or one for a profile that is not there.
    """
    tables = {key: file.typed(dict, row, key=key) for key, row in file.read().items()}
    for question in questions.values():
        for name in {*question.defaults} ^ {*tables}:
            what = f"{question.key} has {'no' if name in tables else 'a'} default for the profile {name!r}."
            way_out = f"Give one to each profile and no other: {', '.join(tables)}."
            raise asked.problem(BookCode.QUESTION, what, way_out, key=question.key)
    found: dict[str, Profile] = {}
    for key, table in tables.items():
        file.check_keys(table, needed=("title", "why", "unconfirmed"), allowed=(), part=key)
        words = file.texts(table, ("title", "why"), part=key)
        caution = file.member(Caution, table["unconfirmed"], key="unconfirmed", code=BookCode.CONTENT, part=key)
        positions = {question.key: question.defaults[key].position for question in questions.values()}
        found[key] = Profile(key, words["title"], words["why"], caution, MappingProxyType(positions))
    return MappingProxyType(found)


def parse_quantity(file: BookFile, sources: Mapping[str, Source], questions: Mapping[str, Question]) -> Quantity:
    """Read one quantity; its key is its place: `fee/rate.general.toml` is `fee.rate.general`.

    Raises:
        BookProblem: law.file.*, naming file, line, key and the nearest right word.
    """
    table = file.read()
    file.check_keys(table, needed=("title", "unit", "value"), allowed=("status",))
    key = file.name.removesuffix(".toml").replace("/", ".")
    title = file.texts(table, ("title",))["title"]
    unit = file.member(Unit, table["unit"], key="unit", code=BookCode.UNIT)
    status = file.member(Status, table.get("status", Status.LAW.value), key="status", code=BookCode.CONTENT)
    values: list[Value] = []
    for nth, row in enumerate(file.typed(list, table["value"], key="value")):
        entry = file.typed(dict, row, key="value", part=nth)
        file.check_keys(entry, needed=_NEEDED, allowed=_ALLOWED, part=nth)
        values.append(_value(file, entry, nth, (key, unit, status), sources, questions))
    return Quantity(key, title, unit, tuple(values), status)


def _value(
    file: BookFile,
    entry: Mapping[str, object],
    nth: int,
    owner: tuple[str, Unit, Status],
    sources: Mapping[str, Source],
    questions: Mapping[str, Question],
) -> Value:
    key, unit, status = owner
    from_on, until_on, published_on = _period(file, entry, nth)
    words = file.texts(entry, ("finding", "source", "at", "gap"), part=nth)
    if words["source"] not in sources:
        what = f"There is no source {words['source']!r} in sources.toml."
        raise file.problem(BookCode.SOURCE, what, nearest(words["source"], list(sources)), key="source", part=nth)
    return Value(
        key=key,
        unit=unit,
        content=_content(file, entry, nth, unit),
        from_on=from_on,
        until_on=until_on,
        published_on=published_on,
        source=sources[words["source"]],
        at=words.get("at", ""),
        finding=words["finding"],
        confidence=file.member(Confidence, entry["confidence"], key="confidence", code=BookCode.CONTENT, part=nth),
        checked_on=file.typed(date, entry["checked_on"], key="checked_on", part=nth),
        reading=_reading(file, entry, nth, questions),
        gap=words.get("gap", ""),
        status=status,
    )


def _period(file: BookFile, entry: Mapping[str, object], nth: int) -> tuple[date, date | None, date | None]:
    keys = ("from_on", "until_on", "published_on")
    given = {key: file.typed(date, entry[key], key=key, part=nth) for key in keys if key in entry}
    from_on, until_on = given["from_on"], given.get("until_on")
    if until_on is not None and until_on <= from_on:
        what = f"until_on {until_on} is not after from_on {from_on}."
        raise file.problem(
            BookCode.PERIOD, what, "until_on is the first day after the period.", key="until_on", part=nth
        )
    if "gap" in entry and until_on is None:
        what = "gap explains what follows until_on, and there is no until_on."
        raise file.problem(BookCode.PERIOD, what, "Add until_on or drop gap.", key="gap", part=nth)
    return from_on, until_on, given.get("published_on")


def _reading(
    file: BookFile, entry: Mapping[str, object], nth: int, questions: Mapping[str, Question]
) -> Reading | None:
    if "reading" not in entry:
        return None
    text = file.typed(str, entry["reading"], key="reading", part=nth)
    question, _, held = text.partition("=")
    if question not in questions:
        what = f"There is no question {question!r} in questions.toml."
        raise file.problem(BookCode.QUESTION, what, nearest(question, list(questions)), key="reading", part=nth)
    positions = tuple(held.split("|"))
    for position in positions:
        _check_position(file, question, position, list(questions[question].positions), nth)
    return Reading(question, positions)


def _content(file: BookFile, entry: Mapping[str, object], nth: int, unit: Unit) -> Content:
    given = [key for key in _CONTENT if key in entry]
    fitting = _WORD_UNITS.get(unit, _NUMBER_CONTENT)
    if len(given) != 1 or given[0] not in fitting:
        what = f"A value in {unit} has exactly one of {', '.join(fitting)}; found: {', '.join(given) or 'none'}."
        raise file.problem(BookCode.CONTENT, what, "Keep or add one.", key=given[0] if given else "", part=nth)
    if given[0] == "bands":
        return _scale(file, entry, nth)
    return _READERS[given[0]](file, entry[given[0]], nth, unit)


def _amount(file: BookFile, value: object, nth: int, _unit: Unit) -> int:
    return file.typed(int, value, key="amount", part=nth)


def _text(file: BookFile, value: object, nth: int, unit: Unit) -> str:
    text = file.texts({"text": value}, ("text",), part=nth)["text"]
    form, example = _FORMS.get(unit, (".+", ""))
    if not re.fullmatch(form, text):
        what = f"{text!r} is no {unit}."
        raise file.problem(BookCode.CONTENT, what, f"Write it as {example}.", key="text", part=nth)
    return text


def _flag(file: BookFile, value: object, nth: int, _unit: Unit) -> bool:
    return file.typed(bool, value, key="flag", part=nth)


def _list(file: BookFile, value: object, nth: int, _unit: Unit) -> tuple[str, ...]:
    return tuple(
        file.typed(str, item, key="list", part=nth) for item in file.typed(list, value, key="list", part=nth)
    )


def _unlimited(file: BookFile, value: object, nth: int, _unit: Unit) -> Unlimited:
    if file.typed(bool, value, key="unlimited", part=nth):
        return Unlimited()
    raise file.problem(
        BookCode.CONTENT, "unlimited = false says nothing.", "Give the amount.", key="unlimited", part=nth
    )


def _missing(file: BookFile, value: object, nth: int, _unit: Unit) -> Missing:
    return Missing(file.texts({"unknown": value}, ("unknown",), part=nth)["unknown"])


_READERS: Mapping[str, Callable[[BookFile, object, int, Unit], Content]] = MappingProxyType(
    {
        "amount": _amount,
        "text": _text,
        "flag": _flag,
        "list": _list,
        "unlimited": _unlimited,
        "unknown": _missing,
    }
)


def _scale(file: BookFile, entry: Mapping[str, object], nth: int) -> Scale:
    file.check_keys(
        {key: entry[key] for key in entry if key == "bands_unit"}, needed=("bands_unit",), allowed=(), part=nth
    )
    unit = file.member(Unit, entry["bands_unit"], key="bands_unit", code=BookCode.UNIT, part=nth)
    rows = file.typed(list, entry["bands"], key="bands", part=nth)
    bands = tuple(_band(file, file.typed(dict, row, key="bands", part=nth), nth) for row in rows)
    ends = [band.until_amount for band in bands]
    starts = [*(band.from_amount for band in bands[1:]), ends[-1] if bands else None]
    if (
        not bands
        or ends != starts
        or any(end is not None and end <= b.from_amount for b, end in zip(bands, ends, strict=True))
    ):
        what = "The bands are empty, out of order, or leave a gap or an overlap."
        way_out = "Let each row start where the one before ends; only the last may have no until."
        raise file.problem(BookCode.BANDS, what, way_out, key="bands", part=nth)
    return Scale(unit, bands)


def _band(file: BookFile, row: Mapping[str, object], nth: int) -> Band:
    file.check_keys(row, needed=("from",), allowed=("until", "amount", "unknown"), part=nth)
    if ("amount" in row) == ("unknown" in row):
        what = "A band has either an amount or says what is unknown."
        raise file.problem(BookCode.BANDS, what, "Keep one of the two.", key="bands", part=nth)
    until = file.typed(int, row["until"], key="until", part=nth) if "until" in row else None
    content: int | Missing = (
        file.typed(int, row["amount"], key="amount", part=nth)
        if "amount" in row
        else Missing(file.typed(str, row["unknown"], key="unknown", part=nth))
    )
    return Band(file.typed(int, row["from"], key="from", part=nth), until, content)
