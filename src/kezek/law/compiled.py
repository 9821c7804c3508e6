"""The compiled form of a law book: read in a millisecond, used only while the folder it came from has not changed.

First line: name and version of the format, SHA-256 of everything after it. Second line: signature of the folder and
of the code that read it. Then JSON: what every answer needs, and a line for each source, question, quantity and
calendar, so that one is built when it is first asked for. Nothing here is trusted: a file that is damaged, cut
short, of another format or of another state of the folder is no answer, and the TOML is read.

The signature is that of Python's own `.pyc` files: name, size and time of change of every file. It is blind in one
case: a file changed to another of the same size whose time of change is the same to the nanosecond, set back by hand
or on a disk whose clock is coarse. Such a change is found when the compiled form is next written or removed;
`load_book` without a cache always reads the TOML. Whoever can write to the cache can write a law into it, as with
`.pyc`: an audit reads the book without a cache.
"""

import dataclasses
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import Enum
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, Generic, NamedTuple, TypeVar

from kezek.law import calendar, question, value
from kezek.law.calendar import WorkCalendar
from kezek.law.question import Profile, Question
from kezek.law.value import Quantity, Source

T = TypeVar("T")

FORMAT = "kezek-law-book-1"
_CODE = Path(__file__).parent


class Parts(NamedTuple):
    """What a book is made of, in the order in which it is built."""

    quantities: Mapping[str, Quantity]
    questions: Mapping[str, Question]
    profiles: Mapping[str, Profile]
    sources: Mapping[str, Source]
    file_digests: Mapping[str, str]
    calendars: Mapping[str, WorkCalendar]


class LazyTable(Mapping[str, T], Generic[T]):
    """Rows by key, each built when it is first asked for; it compares and walks as any mapping.

    Args:
        lines: Key to the JSON of its row, in order.
        build: Row from its JSON.
    """

    __slots__ = ("_build", "_built", "_lines")

    def __init__(self, lines: Mapping[str, bytes], build: Callable[[bytes], T]) -> None:
        self._lines = lines
        self._build = build
        self._built: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._built:
            self._built[key] = self._build(self._lines[key])
        return self._built[key]

    def __contains__(self, key: object) -> bool:
        return key in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def signature_of(folder: Path, skip: Callable[[str], bool]) -> str | None:
    """Sign the state of a book's folder and of the code of this room; None where that cannot be done.

    Args:
        folder: Folder of a law book, two levels deep.
        skip: Tells by its name which entry is no part of a book.
    """
    try:
        rows, areas = _rows(folder, skip)
        for area in areas:
            rows += [area, *_rows(folder.joinpath(area), skip)[0]]
        rows += (row for row in _rows(_CODE, skip)[0] if ".py\0" in row)
    except OSError:
        return None
    return sha256("\n".join(rows).encode("utf-8", "surrogatepass")).hexdigest()


def _rows(folder: Path, skip: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Name, size [byte] and time of change [ns] of each file of a folder, and the folders in it, sorted."""
    files: list[str] = []
    folders: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if skip(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.name)
            else:
                stat = entry.stat()
                files.append(f"{entry.name}\0{stat.st_size}\0{stat.st_mtime_ns}")
    return sorted(files), sorted(folders)


def dump(parts: Parts, *, signature: str, sealed: bool) -> bytes:
    """Write the compiled form.

    Args:
        parts: A book that was read from its TOML.
        signature: Of the folder, taken before the TOML was read.
        sealed: Whether the folder holds a lock, which it then matched.

    Raises:
        TypeError: a value of a kind that has no compiled form, as a float.
    """
    tables: tuple[Mapping[str, Any], ...] = (parts.sources, parts.questions, parts.quantities, parts.calendars)
    known = parts.sources
    head = {
        "sealed": sealed,
        "keys": [[*table] for table in tables],
        "profiles": _plain(parts.profiles, known),
        "file_digests": dict(parts.file_digests),
    }
    rows = [_plain(row, {} if table is known else known) for table in tables for row in table.values()]
    text = "\n".join([signature, *(_json(row) for row in (head, *rows))])
    rest = text.encode()
    return f"{FORMAT} {sha256(rest).hexdigest()}\n".encode() + rest


def load(data: bytes, *, signature: str, must_be_sealed: bool) -> Parts | None:
    """Read a compiled form; None where it is damaged, foreign, of another state of the folder, or seal is wanting."""
    first, _, rest = data.partition(b"\n")
    if first != f"{FORMAT} {sha256(rest).hexdigest()}".encode():
        return None
    signed, *lines = rest.split(b"\n")
    if signed != signature.encode():
        return None
    try:
        head = json.loads(lines[0])
        return None if must_be_sealed and not head["sealed"] else _parts(head, lines[1:])
    except (ValueError, TypeError, LookupError):
        return None


def _parts(head: Mapping[str, Any], lines: Sequence[bytes]) -> Parts:
    tables: list[Mapping[str, bytes]] = []
    start = 0
    for keys in head["keys"]:
        tables.append(dict(zip(keys, lines[start : start + len(keys)], strict=True)))
        start += len(keys)
    sources: Mapping[str, Source] = LazyTable(tables[0], lambda line: _built(json.loads(line), {}))
    return Parts(
        quantities=LazyTable(tables[2], lambda line: _built(json.loads(line), sources)),
        questions=LazyTable(tables[1], lambda line: _built(json.loads(line), sources)),
        profiles=_built(head["profiles"], sources),
        sources=sources,
        file_digests=MappingProxyType(head["file_digests"]),
        calendars=LazyTable(tables[3], lambda line: _built(json.loads(line), sources)),
    )


def keep(data: bytes, path: Path) -> bool:
    """Write the compiled form in one step, so that nobody reads a half of it; tells whether it could be kept."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)  # noqa: PTH105 - the one call that replaces on every system
    except OSError:
        _remove(part)
        return False
    return True


def kept(path: Path) -> bytes | None:
    """Read what was kept; None where there is nothing to read."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def path_in(cache: Path, folder: Path) -> Path:
    """Name the file of a book's compiled form: one for each place of a book on the disk."""
    place = sha256(str(folder.resolve()).encode("utf-8", "surrogatepass")).hexdigest()
    return cache.joinpath(f"law-{folder.name}-{place[:16]}.json")


def _classes(modules: Iterable[ModuleType]) -> Mapping[str, type]:
    return {
        name: one
        for module in modules
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__
    }


_KINDS = _classes((value, question, calendar))


def _json(plain: object) -> str:
    return json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _plain(one: object, sources: Mapping[str, Source]) -> object:
    """Turn a value into JSON: what is no JSON of its own becomes a list that starts with its kind."""
    if one is None or type(one) in (bool, int, str):
        return one
    if isinstance(one, Source) and sources.get(one.key) == one:
        return ["@", one.key]
    if type(one) is date:
        return ["date", one.isoformat()]
    if isinstance(one, Mapping):
        return ["map", {str(key): _plain(item, sources) for key, item in one.items()}]
    if type(one) is tuple:
        return ["tuple", *(_plain(item, sources) for item in one)]
    kind = type(one).__name__
    if _KINDS.get(kind) is not type(one):
        raise TypeError(f"{kind} has no compiled form")
    if isinstance(one, Enum):
        return [kind, one.value]
    fields = dataclasses.fields(one)  # type: ignore[arg-type]  # what is neither an enum nor plain is a dataclass
    return [kind, *(_plain(getattr(one, field.name), sources) for field in fields)]


def _built(plain: Any, sources: Mapping[str, Source]) -> Any:  # noqa: ANN401 - JSON in, any kind of the room out
    if type(plain) is not list:
        return plain
    kind, *items = plain
    if kind == "@":
        return sources[items[0]]
    if kind == "date":
        return date.fromisoformat(items[0])
    if kind == "map":
        return MappingProxyType({key: _built(item, sources) for key, item in items[0].items()})
    if kind == "tuple":
        return tuple(_built(item, sources) for item in items)
    return _KINDS[kind](*(_built(item, sources) for item in items))
