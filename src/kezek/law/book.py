"""The law book: all its files read, checked and sealed; asked for the law of a day it gives a snapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias, Union

from kezek.law import compiled, lock
from kezek.law.absence import Absent, Ended, NotCovered, NotYetInForce, Unknown
from kezek.law.calendar import WorkCalendar
from kezek.law.file import BookFile
from kezek.law.parse import parse_profiles, parse_quantity, parse_questions, parse_sources
from kezek.law.parse_calendar import parse_calendar
from kezek.law.problem import BookCode, BookProblem, NoRuleInForce
from kezek.law.question import Profile, Question, check_readings, profile_named
from kezek.law.snapshot import Snapshot
from kezek.law.timeline import check_timeline
from kezek.law.value import Quantity, Source, Value
from kezek.units.problem import InputProblem, nearest

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

Folder: TypeAlias = Union["Traversable", Path]
"""A folder of law data: on disk, or inside a package."""

__all__ = [
    "Absent",
    "Book",
    "Ended",
    "NoRuleInForce",
    "NotCovered",
    "NotYetInForce",
    "Snapshot",
    "Unknown",
    "Value",
    "load_book",
    "seal",
]

_BOOKS = Path(__file__).with_name("books")
_HEADS = ("sources.toml", "questions.toml", "profiles.toml")
_CALENDAR = "calendar.toml"
_BESIDE = ("fidelity.toml",)
"""Files that are sealed with the book and read by others."""


@dataclass(frozen=True, eq=False)
class Book:
    """Everything known about one country's law, read once and never changed.

    Args:
        quantities: Key to quantity, as `fee.rate.general`.
        questions: The open questions.
        profiles: The named choices of positions.
        sources: Acts and documents.
        file_digests: File name to SHA-256 (hex), line ends made Unix.
        calendars: The calendar of business days under its file's name; empty where the book has none.
    """

    quantities: Mapping[str, Quantity]
    questions: Mapping[str, Question]
    profiles: Mapping[str, Profile]
    sources: Mapping[str, Source]
    file_digests: Mapping[str, str]
    calendars: Mapping[str, WorkCalendar]

    @property
    def calendar(self) -> WorkCalendar | None:
        """The business days of the country; None where the book has no calendar.toml."""
        return self.calendars.get(_CALENDAR)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) over the sorted files: it names this state of the law in receipts."""
        return lock.book_digest(self.file_digests)

    def at(
        self,
        *,
        on: date,
        profile: str = "described",
        readings: Mapping[str, str] | None = None,
        accept_unconfirmed: frozenset[str] = frozenset(),
        known_on: date | None = None,
    ) -> Snapshot:
        """Give the law of a day.

        Args:
            on: Day in Kazakhstan.
            profile: Whose defaults to take.
            readings: Question to position, where another than the profile's is wanted.
            accept_unconfirmed: Keys whose unconfirmed values are accepted under a profile that refuses them.
            known_on: Leave out what was published later.

        Raises:
            InputProblem: law.profile.unknown, law.reading.unknown, law.accept.unknown.

        >>> load_book().at(on=date(2025, 10, 15)).amount("sale.share_ppm")
        750000
        """
        taken = profile_named(name=profile, profiles=self.profiles)
        wanted = dict(readings or {})
        check_readings(readings=wanted, questions=self.questions)
        for key in sorted(accept_unconfirmed - {*self.quantities}):
            what, way_out = f"The book has no key {key!r}.", nearest(key, list(self.quantities))
            raise InputProblem("law.accept.unknown", what, "accept_unconfirmed", way_out)
        return Snapshot(
            quantities=self.quantities,
            questions=self.questions,
            profile=taken,
            on=on,
            known_on=known_on,
            positions=MappingProxyType({**taken.positions, **wanted}),
            chosen=frozenset(wanted),
            accept_unconfirmed=accept_unconfirmed,
            digest=self.digest,
        )


def jurisdictions() -> tuple[str, ...]:
    """Name the jurisdictions whose books ship with Kezek, sorted."""
    return tuple(sorted(child.name for child in _children(_BOOKS) if child.is_dir()))


def load_book(folder: Folder | None = None, *, jurisdiction: str = "kz", cache: Path | None = None) -> Book:
    """Read the packaged book of a jurisdiction (once per process), or the one in a folder.

    A packaged book must match its lock; another is compared with its lock where it has one.

    Args:
        folder: Folder of another book; None for the packaged one.
        jurisdiction: Which packaged book; used without a folder.
        cache: Folder that keeps the compiled form, from which a book that has not changed is read some twenty times
            as fast; None reads the TOML and writes nothing. One that cannot be written to changes nothing.

    Raises:
        BookProblem: law.file.*, naming file, line, key, the nearest right word and a way out.
        InputProblem: law.jurisdiction.unknown.
    """
    if folder is not None:
        return _load(folder, must_be_sealed=False, cache=cache)
    once = _packaged(jurisdiction)
    if once.book is None:
        _check_jurisdiction(jurisdiction)
        once.book = _load(_BOOKS.joinpath(jurisdiction), must_be_sealed=True, cache=cache)
    return once.book


def _check_jurisdiction(jurisdiction: str) -> None:
    if jurisdiction not in jurisdictions():
        what = f"No law book of {jurisdiction!r} ships with Kezek."
        way_out = nearest(jurisdiction, [*jurisdictions()])
        raise InputProblem("law.jurisdiction.unknown", what, "jurisdiction", way_out)


def seal(folder: Path) -> Path:
    """Write the lock of a book that loads, after an intended change; gives the path of the lock.

    Raises:
        BookProblem: law.file.*, where the book is not right; nothing is written then.
    """
    data = _read(folder)
    _assemble(data)
    path = folder / lock.LOCK_NAME
    path.write_text(lock.lock_text(_digests(data)), encoding="utf-8", newline="\n")
    return path


@dataclass(slots=True)
class _Once:
    book: Book | None = None


@cache
def _packaged(jurisdiction: str) -> _Once:  # noqa: ARG001 - a place for each
    return _Once()


def _load(folder: Folder, *, must_be_sealed: bool, cache: Path | None) -> Book:
    if cache is None or not isinstance(folder, Path):
        return _read_book(folder, must_be_sealed=must_be_sealed)
    signature = compiled.signature_of(folder, _passed_over)
    if signature is None:
        return _read_book(folder, must_be_sealed=must_be_sealed)
    path = compiled.path_in(cache, folder)
    data = compiled.kept(path)
    parts = compiled.load(data, signature=signature, must_be_sealed=must_be_sealed) if data is not None else None
    if parts is not None:
        return Book(*parts)
    book = _read_book(folder, must_be_sealed=must_be_sealed)
    sealed = (folder / lock.LOCK_NAME).is_file()
    compiled.keep(compiled.dump(_parts(book), signature=signature, sealed=sealed), path)
    return book


def _parts(book: Book) -> compiled.Parts:
    return compiled.Parts(
        book.quantities, book.questions, book.profiles, book.sources, book.file_digests, book.calendars
    )


def _read_book(folder: Folder, *, must_be_sealed: bool) -> Book:
    data = _read(folder)
    seal_file = folder / lock.LOCK_NAME
    if seal_file.is_file():
        lock.verify(digests=_digests(data), lock=seal_file.read_text(encoding="utf-8"))
    elif must_be_sealed:
        raise lock.unsealed()
    return _assemble(data)


def _digests(data: Mapping[str, bytes]) -> dict[str, str]:
    return {name: lock.file_digest(content) for name, content in data.items()}


def _read(folder: Folder) -> dict[str, bytes]:
    if not folder.is_dir():
        raise BookProblem(BookCode.MISSING, "There is no such folder.", str(folder), "Name the folder of a law book.")
    data: dict[str, bytes] = {}
    for child in _children(folder):
        if child.is_dir():
            data |= {_checked(f"{child.name}/{page.name}", page): page.read_bytes() for page in _children(child)}
        elif child.name != lock.LOCK_NAME:
            data[_checked(child.name, child)] = child.read_bytes()
    for name in _HEADS:
        if name not in data:
            raise BookProblem(BookCode.MISSING, f"{name} is missing.", name, f"A book has {', '.join(_HEADS)}.", name)
    return dict(sorted(data.items()))


def _children(folder: Folder) -> Iterator[Folder]:
    return (child for child in folder.iterdir() if not _passed_over(child.name))


def _passed_over(name: str) -> bool:
    return name.startswith((".", "__pycache__"))


def _checked(name: str, page: Folder) -> str:
    top_level = "/" not in name
    allowed = [*_HEADS, _CALENDAR, *_BESIDE]
    if page.is_file() and name.endswith(".toml") and (not top_level or name in allowed):
        return name
    way_out = f"Remove it. {nearest(name, allowed)}" if top_level else "Keep <area>/<quantity>.toml and nothing else."
    raise BookProblem(BookCode.STRAY, f"{name} is no part of a law book.", name, way_out, name)


def _assemble(data: Mapping[str, bytes]) -> Book:
    pages = {name: BookFile(name, _text(name, content)) for name, content in data.items() if name not in _BESIDE}
    heads = {name: pages.pop(name) for name in (*_HEADS, _CALENDAR) if name in pages}
    sources = parse_sources(heads["sources.toml"])
    questions = parse_questions(heads["questions.toml"])
    profiles = parse_profiles(heads["profiles.toml"], questions, heads["questions.toml"])
    quantities: dict[str, Quantity] = {}
    for page in pages.values():
        quantity = parse_quantity(page, sources, questions)
        check_timeline(quantity=quantity, questions=questions, file=page)
        quantities[quantity.key] = quantity
    _check_asked(quantities, questions, heads["questions.toml"])
    calendars = {_CALENDAR: parse_calendar(heads[_CALENDAR], sources)} if _CALENDAR in heads else {}
    return Book(
        quantities=MappingProxyType(quantities),
        questions=questions,
        profiles=profiles,
        sources=sources,
        file_digests=MappingProxyType(_digests(data)),
        calendars=MappingProxyType(calendars),
    )


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        what = f"Byte {error.start} is not UTF-8."
        raise BookProblem(BookCode.FORM, what, name, "Save the file as UTF-8.", name) from None


def _check_asked(quantities: Mapping[str, Quantity], questions: Mapping[str, Question], file: BookFile) -> None:
    asked = {question for quantity in quantities.values() for question in quantity.questions}
    for key in questions:
        if key not in asked:
            what = f"No value takes a position on {key}."
            raise file.problem(BookCode.UNUSED, what, "Give a value that reading, or drop the question.", key=key)
