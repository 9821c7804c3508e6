"""From values to the text of an operator file: what `parse_values` reads back the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from kezek.dossier.field import Field, Table, Tables, Values
from kezek.dossier.kind import ByName, bare
from kezek.dossier.schema import SECTIONS

_WIDE = 100
"""A table is written in one line as long as that keeps to so many letters."""


def write_values(*, values: Values, heading: str = "") -> str:
    """Write a file, sections and keys in the order of the schema.

    Args:
        values: As `parse_values` gives them.
        heading: Words for the top of the file, as a comment.
    Guarantees: reading the text gives the values back.
    """
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    lines += [f"{one.name} = []" for one in SECTIONS if one.many and values.get(one.name) == []]
    for section in SECTIONS:
        tables = values.get(section.name, [])
        for table in tables if section.many else [tables] if section.name in values else []:
            lines += ["", section.header, *_section(section.name, section.fields, table)]
    return "\n".join(lines).strip() + "\n"


def _section(name: str, fields: tuple[Field, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Write the keys of a section; tables too wide for a line come after them, each with its own header."""
    given = [field for field in fields if field.key in table]
    wide = [field for field in given if _is_wide(field, table[field.key])]
    yield from (_line(field, table[field.key]) for field in given if field not in wide)
    for field in wide:
        yield from ("", f"[{name}.{field.key}]", *_keys(field, table[field.key]))


def _is_wide(field: Field, value: Any) -> bool:  # noqa: ANN401 - by kind
    return isinstance(field.kind, Table | ByName) and bool(value) and len(_line(field, value)) > _WIDE


def _keys(field: Field, value: Mapping[str, Any]) -> Iterator[str]:
    kind = field.kind
    if isinstance(kind, ByName):
        yield from (f"{bare(name)} = {kind.of.write(one)}" for name, one in value.items())
    elif isinstance(kind, Table):
        yield from (_line(one, value[one.key]) for one in kind.fields if one.key in value)


def _line(field: Field, value: Any) -> str:  # noqa: ANN401 - by kind
    line = f"{field.key} = {_literal(field, value)}"
    if len(line) <= _WIDE or not isinstance(field.kind, Tables):
        return line
    rows = (f"    {_inline(field.kind.fields, one)}," for one in value)
    return "\n".join((f"{field.key} = [", *rows, "]"))


def _literal(field: Field, value: Any) -> str:  # noqa: ANN401 - by kind
    kind = field.kind
    if isinstance(kind, Table):
        return "false" if value is False else _inline(kind.fields, value)
    if isinstance(kind, Tables):
        return f"[{', '.join(_inline(kind.fields, one) for one in value)}]"
    return kind.write(value)


def _inline(fields: tuple[Field, ...], table: Mapping[str, Any]) -> str:
    pairs = (f"{field.key} = {_literal(field, table[field.key])}" for field in fields if field.key in table)
    return f"{{ {', '.join(pairs)} }}"
