"""What an operator file is made of: sections with fields, told once for parser, template, page and interview."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from kezek.dossier.kind import Kind

Values = Mapping[str, Any]
"""Values of a table by key: what kinds read, tables in tables, lists of tables; a key nobody gave is not there."""

When = Callable[[Values, Values], bool]
"""Whether a question makes sense, by the whole file and the table answered so far."""


def always(_file: Values, _own: Values) -> bool:
    """Ask it in any case."""
    return True


@dataclass(frozen=True, slots=True)
class Field:
    """One key.

    Args:
        question: What it asks, in plain words.
        note: What to bear in mind; "" where the question says it all.
        in_file: What more to bear in mind in a file, where no question is asked.
        needed: Without it the table says nothing.
        when: Whether the interview asks it.
        then_needed: Where the interview asks it, it cannot be skipped.
    """

    key: str
    kind: Kind
    question: str
    note: str = ""
    needed: bool = False
    when: When = always
    then_needed: bool = False
    in_file: str = ""

    @property
    def told(self) -> str:
        """The question with all that a reader of the file has to bear in mind."""
        return " ".join(part for part in (self.question, self.note, self.in_file) if part)


@dataclass(frozen=True, slots=True)
class Table(Kind):
    """A table inside a table.

    Args:
        may_be_no: `false` stands for: there was none.
    """

    fields: tuple[Field, ...]
    may_be_no: bool = False


@dataclass(frozen=True, slots=True)
class Tables(Kind):
    """A list of tables inside a table."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section, or as many as there are things of its kind.

    Args:
        name: Its header.
        title: What it is about.
        note: When it is wanted.
        opening: Question with which the interview opens it.
        many: It stands once for each thing, as [[name]].
        gate: Key of [operator] that says whether there is such a thing at all; "" where there is none.
        needed: The interview does not ask whether.
    """

    name: str
    title: str
    note: str
    opening: str
    fields: tuple[Field, ...]
    many: bool = False
    gate: str = ""
    needed: bool = False

    @property
    def header(self) -> str:
        """Its header in the file."""
        return f"[[{self.name}]]" if self.many else f"[{self.name}]"
