"""One TOML file of a law book: read exactly, and refused with its line where it is wrong."""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from kezek.law.problem import BookCode, BookProblem
from kezek.units.problem import nearest

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Part = int | str | None
"""Part of a file: the n-th `[[value]]`, the table of that name, or the whole."""

_TWICE = ("Cannot overwrite", "Cannot declare", "Duplicate inline", "Cannot mutate")
_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_KINDS: dict[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    date: "a date such as 2024-01-01",
    list: "a list",
    dict: "a table",
}


@dataclass(frozen=True, slots=True)
class BookFile:
    """A file of the book by its name inside it; every refusal about it is made here."""

    name: str
    text: str

    def read(self) -> dict[str, object]:
        """Parse the file; numbers with a fraction arrive as `Decimal` and are refused where they are used.

        Raises:
            BookProblem: law.file.form, law.file.key_twice.
        """
        try:
            return tomllib.loads(self.text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise self._bad_form(str(error)) from None

    def _bad_form(self, message: str) -> BookProblem:
        match = _AT_LINE.search(message)
        line = int(match[1]) if match and match[1] else self.text.count("\n") + 1
        wrong = _AT_LINE.sub("", message)
        twice = wrong.startswith(_TWICE)
        key = self.text.splitlines()[line - 1].partition("=")[0].strip() if twice and match else ""
        return BookProblem(
            BookCode.KEY_TWICE if twice else BookCode.FORM,
            f"{f'{key!r} stands here twice' if twice else 'This is not TOML'} ({wrong}).",
            f"{self.name}:{line}",
            "Keep one of the two." if twice else "Correct the line; toml.io shows the form.",
            self.name,
            line,
            key,
        )

    def line_of(self, key: str, part: Part = None) -> int | None:
        """Find the line of a key in a part of the file; the header of the part where the key is not written out."""
        lines = self.text.splitlines()
        first, last = self._lines_of(part, lines)
        pattern = re.compile(rf'\s*(\["?{re.escape(key)}"?\]\s*$|"?{re.escape(key)}"?\s*[=.])') if key else None
        found = (n for n in range(first, last) if pattern and pattern.match(lines[n]))
        return next(found, first if part is not None else -1) + 1 or None

    def _lines_of(self, part: Part, lines: list[str]) -> tuple[int, int]:
        if part is None:
            return 0, len(lines)
        heads = [n for n, line in enumerate(lines) if line.startswith("[")]
        names = (f"[{part}]", f'["{part}"]') if isinstance(part, str) else ("[[value]]",)
        own = [n for n in heads if lines[n].strip() in names]
        nth = part if isinstance(part, int) else 0
        if nth >= len(own):
            return 0, len(lines)
        return own[nth], next((n for n in heads if n > own[nth]), len(lines))

    def problem(self, code: BookCode, what: str, way_out: str, *, key: str = "", part: Part = None) -> BookProblem:
        """Refuse this file, naming file, line where it can be found, key and a way out."""
        line = self.line_of(key, part)
        where = f"{self.name}:{line}" if line else self.name
        return BookProblem(code, what, where, way_out, self.name, line, key)

    def check_keys(
        self,
        table: Mapping[str, object],
        *,
        needed: Collection[str],
        allowed: Collection[str],
        part: Part = None,
    ) -> None:
        """Refuse a key nobody reads and a missing one.

        Raises:
            BookProblem: law.file.key_unknown with the nearest right key, law.file.key_missing.
        """
        for key in table:
            if key not in needed and key not in allowed:
                way_out = nearest(key, [*needed, *allowed])
                raise self.problem(BookCode.KEY_UNKNOWN, f"{key!r} means nothing here.", way_out, key=key, part=part)
        for key in needed:
            if key not in table:
                raise self.problem(
                    BookCode.KEY_MISSING, f"{key!r} is missing.", f"Add {key} = ....", key=key, part=part
                )

    def typed(self, kind: type[T], value: object, *, key: str, part: Part = None) -> T:
        """Give a value back as the kind it must be; a date is no instant and a flag no number.

        Raises:
            BookProblem: law.file.fraction for a number with a point, law.file.kind for any other kind.
        """
        if type(value) is kind:
            return value
        if kind is int and isinstance(value, Decimal):
            what = f"{key} = {value} is no whole number."
            way_out = "Write a whole number of the smallest unit: tiyn, ppm, kWh."
            raise self.problem(BookCode.FRACTION, what, way_out, key=key, part=part)
        what = f"{key} = {value!r} is not {_KINDS[kind]}."
        raise self.problem(BookCode.KIND, what, f"Write {_KINDS[kind]}.", key=key, part=part)

    def member(self, kind: type[E], value: object, *, key: str, code: BookCode, part: Part = None) -> E:
        """Give a word back as the member of a list of words it must be.

        Raises:
            BookProblem: `code`, with the nearest right word; law.file.kind where it is no text.
        """
        word = self.typed(str, value, key=key, part=part)
        known = [str(member) for member in kind]
        if word not in known:
            raise self.problem(code, f"{key} = {word!r} is not known.", nearest(word, known), key=key, part=part)
        return kind(word)

    def texts(self, table: Mapping[str, object], keys: Collection[str], *, part: Part = None) -> dict[str, str]:
        """Give the texts of the keys that are there.

        Raises:
            BookProblem: law.file.kind for anything but a text, law.file.content for an empty one.
        """
        found = {key: self.typed(str, table[key], key=key, part=part) for key in keys if key in table}
        for key, text in found.items():
            if not text.strip():
                raise self.problem(BookCode.CONTENT, f"{key} is empty.", "Write a sentence.", key=key, part=part)
        return found
