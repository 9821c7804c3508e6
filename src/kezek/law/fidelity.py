"""What each act and document says, provision by provision, and what became of it in the book: nothing goes missing.

The file `fidelity.toml` lies beside the book's heads and is sealed with them; the book itself never reads it.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from kezek.law import lock
from kezek.law.book import Book, Folder, load_book
from kezek.law.file import BookFile
from kezek.law.problem import BookCode, BookProblem
from kezek.units.problem import nearest

T = TypeVar("T", str, int)

FIDELITY_NAME = "fidelity.toml"

_BOOKS = Path(__file__).with_name("books")
_NEEDED = ("source", "at", "says", "how")
_LISTS = ("keys", "numbers", "facts", "conflicts")
_WORDS = ("field", "why")


class How(StrEnum):
    """What became of a provision."""

    ENCODED = "encoded"
    ASKED = "asked"
    LEFT_OUT = "left_out"
    DEVIATION = "deviation"


_MUST_HAVE: Mapping[How, str] = MappingProxyType(
    {How.ENCODED: "keys", How.ASKED: "field", How.LEFT_OUT: "why", How.DEVIATION: "why"}
)
_MAY_HAVE: Mapping[How, tuple[str, ...]] = MappingProxyType(
    {How.ENCODED: (), How.ASKED: ("keys",), How.LEFT_OUT: (), How.DEVIATION: ("keys",)}
)


@dataclass(frozen=True, slots=True)
class Provision:
    """One statement of one source, in our words, and what became of it.

    Args:
        name: Its name in the file, unique.
        source: Key of the source in sources.toml.
        at: Place in the source.
        says: What it says.
        how: Encoded, asked of the user, left out, or departed from.
        keys: Keys of the book that hold it.
        field: What the user is asked for, in words; where it is asked.
        why: Why it is left out or departed from.
        numbers: The numbers of the source that it covers, as written there, one for each time.
        facts: Rows of the reference tables that it covers.
        conflicts: Numbers of the conflicts between the sources that it settles or shows.
    """

    name: str
    source: str
    at: str
    says: str
    how: How
    keys: tuple[str, ...] = ()
    field: str = ""
    why: str = ""
    numbers: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    conflicts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fidelity:
    """All provisions, in file order."""

    provisions: tuple[Provision, ...]

    def of(self, source: str) -> tuple[Provision, ...]:
        """Give the provisions of one source."""
        return tuple(one for one in self.provisions if one.source == source)

    def naming(self, key: str) -> tuple[Provision, ...]:
        """Give the provisions that name a key of the book."""
        return tuple(one for one in self.provisions if key in one.keys)


def load_fidelity(folder: Folder | None = None, *, jurisdiction: str = "kz") -> Fidelity:
    """Read the provisions of a packaged book, or of the book in a folder, and check them against it.

    Raises:
        BookProblem: law.file.missing where the book has no such file; law.file.* where it, or the book, is not right.
        InputProblem: law.jurisdiction.unknown.
    """
    book = load_book(folder) if folder is not None else load_book(jurisdiction=jurisdiction)
    page = (folder if folder is not None else _BOOKS.joinpath(jurisdiction)).joinpath(FIDELITY_NAME)
    if not page.is_file():
        what, way_out = f"{FIDELITY_NAME} is missing.", "Write one, or do without the comparison."
        raise BookProblem(BookCode.MISSING, what, FIDELITY_NAME, way_out, FIDELITY_NAME)
    return parse_fidelity(BookFile(FIDELITY_NAME, _sealed_text(page.read_bytes(), book)), book)


def parse_fidelity(file: BookFile, book: Book) -> Fidelity:
    """Read the provisions from a file and check them against a book.

    Raises:
        BookProblem: law.file.key_unknown, law.file.key_missing, law.file.kind, law.file.content, law.file.source.
    """
    tables = ((name, file.typed(dict, row, key=name)) for name, row in file.read().items())
    return Fidelity(tuple(_provision(file, name, table, book) for name, table in tables))


def coverage(book: Book, fidelity: Fidelity) -> Mapping[str, Mapping[How, int]]:
    """Count the provisions of each source of a book by what became of them; a source without any counts nothing."""
    counted = Counter((one.source, one.how) for one in fidelity.provisions)
    return MappingProxyType(
        {source: MappingProxyType({how: counted[source, how] for how in How}) for source in book.sources}
    )


def _sealed_text(data: bytes, book: Book) -> str:
    sealed = {FIDELITY_NAME: book.file_digests[FIDELITY_NAME]}
    lock.verify(digests={FIDELITY_NAME: lock.file_digest(data)}, lock=lock.lock_text(sealed))
    try:
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        what, way_out = f"Byte {error.start} is not UTF-8.", "Save the file as UTF-8."
        raise BookProblem(BookCode.FORM, what, FIDELITY_NAME, way_out, FIDELITY_NAME) from None


def _provision(file: BookFile, name: str, table: Mapping[str, object], book: Book) -> Provision:
    file.check_keys(table, needed=_NEEDED, allowed=(*_LISTS, *_WORDS), part=name)
    words = file.texts(table, (*_NEEDED, *_WORDS), part=name)
    how = file.member(How, words.pop("how"), key="how", code=BookCode.CONTENT, part=name)
    _check_form(file, name, how, table)
    _check_known(file, name, "source", [words["source"]], book.sources, BookCode.SOURCE)
    keys, numbers, facts = (_listed(file, name, table, key, str) for key in ("keys", "numbers", "facts"))
    _check_known(file, name, "keys", keys, book.quantities, BookCode.CONTENT)
    conflicts = _listed(file, name, table, "conflicts", int)
    return Provision(name=name, how=how, keys=keys, numbers=numbers, facts=facts, conflicts=conflicts, **words)


def _check_form(file: BookFile, name: str, how: How, table: Mapping[str, object]) -> None:
    must = _MUST_HAVE[how]
    if not table.get(must):
        what, way_out = f"{name} is {how} and has no {must}.", f"Add {must} = ...."
        raise file.problem(BookCode.KEY_MISSING, what, way_out, key=must, part=name)
    for key in ("keys", *_WORDS):
        if key in table and key != must and key not in _MAY_HAVE[how]:
            what, way_out = f"{name} is {how} and has {key}.", f"Drop {key}, or change how."
            raise file.problem(BookCode.CONTENT, what, way_out, key=key, part=name)


def _listed(file: BookFile, name: str, table: Mapping[str, object], key: str, kind: type[T]) -> tuple[T, ...]:
    items = file.typed(list, table.get(key, []), key=key, part=name)
    return tuple(file.typed(kind, item, key=key, part=name) for item in items)


def _check_known(
    file: BookFile, name: str, key: str, words: Collection[str], known: Collection[str], code: BookCode
) -> None:
    for word in words:
        if word not in known:
            what, way_out = f"{name} names {word!r}, which the book has not.", nearest(word, list(known))
            raise file.problem(code, what, way_out, key=key, part=name)
