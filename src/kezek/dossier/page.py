"""What a file can hold, for people: a blank file to fill in, and a page with a table of every key."""

from collections.abc import Iterator
from textwrap import wrap

from kezek.dossier.field import Field, Section, Table, Tables
from kezek.dossier.kind import Word
from kezek.dossier.schema import SECTIONS
from kezek.dossier.wanted import WANTED_BY

_WIDTH = 110
_HEAD = """\
## An operator file for `kezek check`.
## Take the single # away from a line to say it; ## is a remark. All the examples together make one file that fits.
## What stays away is unknown: a duty that needs it is undetermined, never met.
## Amounts are texts with their unit, dates stand without quotes, periods end with the first day after them."""

_PAGE = """\
# The operator file

What an operator says about itself, for `kezek check OPERATOR.toml`. It is [TOML](https://toml.io).

- **Almost nothing is needed**: `id`, and a day to judge by. What is left out is unknown, and a duty that needs it is
  undetermined, never met and never breached.
- **Amounts are texts with their unit**: `"12 345 MWh"`, `"18.50 ₸/kWh"`, `"2.61 BTC"`. A bare number is refused, and
  so is MW where MWh is due. Decimals take a point; spaces may group digits. Amounts of money may be in dollars
  (`"1 000 USD"`) by `dollar_rate`; in a quarter without it, by the official rate of the quarter's middle month.
  Words for numbers (`"$16.5M"`) are refused with the right form.
- **Dates stand without quotes**: `2025-11-20`. `false` stands for what was not done, where the table says so.
- **Periods end with the first day after them**: a quarter runs `2025-07-01` until `2025-10-01`.
- **A misspelt key is refused** with its line and the nearest right one; all that is wrong is told at once.

The last column names the duties that are undetermined without the key, under one reading of the law or another.
`kezek check --new` asks for everything on the terminal and writes the file."""


def template_text() -> str:
    """Give a blank file with every key as a comment: its question, and an example to fill in."""
    parts = (line for section in SECTIONS for line in ("", *_blank(section)))
    return "\n".join((_HEAD, *parts)) + "\n"


def _blank(section: Section) -> Iterator[str]:
    yield from wrap(f"{section.title}. {section.note}", width=_WIDTH, initial_indent="## ", subsequent_indent="## ")
    yield section.header if section.needed else f"# {section.header}"
    for field in section.fields:
        yield from wrap(field.told, width=_WIDTH, initial_indent="##   ", subsequent_indent="##   ")
        mark = "" if section.needed and field.needed else "# "
        yield f"{mark}{field.key} = {field.kind.example}"


def schema_page() -> str:
    """Give the page of every section and key in Markdown."""
    return "\n".join((_PAGE, *(line for section in SECTIONS for line in _part(section)))) + "\n"


def _part(section: Section) -> Iterator[str]:
    yield from ("", f"## `{section.header}`: {_small(section.title)}", "", section.note)
    if section.gate:
        yield from ("", f"`{section.gate} = false` in `[operator]` says that there is none.")
    yield from ("", "| key | what it says | written as | example | wanted by |", "|---|---|---|---|---|")
    for field in section.fields:
        wanted = ", ".join(f"`{duty}`" for duty in WANTED_BY.get(f"{section.name}.{field.key}", ()))
        yield from _rows(field, "", wanted)


def _rows(field: Field, prefix: str, wanted: str) -> Iterator[str]:
    name = f"`{prefix}{field.key}`{' (needed)' if field.needed else ''}"
    cells = (name, _cell(field.told), _cell(_form(field)), f"`{_cell(field.kind.example)}`", wanted)
    yield f"| {' | '.join(cells)} |"
    if isinstance(field.kind, Table | Tables):
        for one in field.kind.fields:
            yield from _rows(one, f"{prefix}{field.key}.", "")


def _form(field: Field) -> str:
    kind = field.kind
    return f"one of {', '.join(f'`{word}`' for word in kind.words)}" if isinstance(kind, Word) else kind.form


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _small(title: str) -> str:
    return title[0].lower() + title[1:]
