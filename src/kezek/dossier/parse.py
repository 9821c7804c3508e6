"""From the text of an operator file to values: strict, and with all that is wrong told at once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from kezek.dossier.amount import Amount
from kezek.dossier.field import Field, Section, Table, Tables, Values
from kezek.dossier.kind import Setting, cyrillic_words, shown
from kezek.dossier.lines import line_at, lines_of
from kezek.dossier.price import InDollars, rate_of_quarter
from kezek.dossier.problem import DossierProblems, Flag, FlagCode, Path, Refusal
from kezek.dossier.schema import SECTIONS
from kezek.units.problem import InputProblem, nearest

_AT_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")
_TWICE = ("Cannot overwrite", "Cannot declare", "Duplicate inline", "Cannot mutate")
_MOST_PROBLEMS = 50
_WIDEST_ROW = 120


@dataclass(slots=True)
class Findings:
    """What is wrong and what is odd about one text, as it is found.

    Args:
        name: Name of the file, for people.
        text: The text.
        dollars: Amounts that were written in dollars, by their place.
    """

    name: str
    text: str
    problems: list[InputProblem] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    dollars: dict[Path, InDollars] = field(default_factory=dict)
    _lines: dict[Path, int] = field(default_factory=dict)
    _paths: dict[int, Path] = field(default_factory=dict)
    _refused: set[Path] = field(default_factory=set)

    def remember(self, table: Values, path: Path) -> None:
        """Keep where a table came from, for what is found about it later."""
        self._paths[id(table)] = path

    def path_of(self, table: Values, *keys: str | int) -> Path:
        """Give the place of a table that was read, or of a key in it."""
        return (*self._paths.get(id(table), ()), *keys)

    def place(self, path: Path) -> str:
        """Name file and line of a place."""
        if not self._lines:
            self._lines.update(lines_of(self.text))
        line = line_at(path, self._lines, self.text)
        return f"{self.name}:{line}" if line else self.name

    def refuse(self, reason: str, what: str, way_out: str, path: Path = ()) -> None:
        """Keep a refusal, with its place."""
        self._refused.add(path)
        self.problems.append(InputProblem(f"dossier.{reason}", what, self.place(path), way_out))

    def was_refused(self, table: Values, key: str) -> bool:
        """Tell whether a key of a table is there and was refused, so that it is not called missing as well."""
        path = self.path_of(table, key)
        return any(one[: len(path)] == path for one in self._refused)

    def flag(self, code: FlagCode, sentence: str, path: Path) -> None:
        """Keep something odd, with its place."""
        self.flags.append(Flag(code, sentence, self.place(path)))

    def require_none(self) -> None:
        """Stop if anything was refused.

        Raises:
            DossierProblems: dossier.*, all of them, in the order of their lines.
        """
        if self.problems:
            raise DossierProblems.of(sorted(self.problems, key=_line_of)[:_MOST_PROBLEMS])


def _line_of(problem: InputProblem) -> int:
    number = problem.where.rpartition(":")[2]
    return int(number) if number.isdigit() else 0


def parse_values(*, text: str, findings: Findings) -> Values:
    """Read every section by the schema; what is refused is kept in `findings` and left out of the values.

    Amounts come in their smallest unit. Sections that stand many times come as lists; those that the file says it
    has none of come as empty lists.

    Raises:
        DossierProblems: dossier.file.toml, dossier.key.twice: nothing more can be read then.
    """
    tables = _toml(text, findings)
    _check_keys(tables, [section.name for section in SECTIONS], (), findings)
    operator = tables.get("operator", {})
    setting = _setting(operator)
    values: dict[str, Any] = {}
    for section in SECTIONS:
        if section.name in tables:
            values |= _section(section, tables[section.name], setting, findings)
        elif section.needed:
            way_out = (
                f"Begin the file with {section.header} and {section.fields[0].key} = {section.fields[0].kind.example}"
            )
            findings.refuse("section.missing", f"{section.header} is missing.", f"{way_out}.")
    return values


def _toml(text: str, findings: Findings) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        match = _AT_LINE.search(str(error))
        line = int(match[1]) if match and match[1] else text.count("\n") + 1
        wrong = _AT_LINE.sub("", str(error))
        twice = wrong.startswith(_TWICE)
        rows = text.splitlines() or [""]
        row = rows[min(line, len(rows)) - 1].strip()
        way_out = "Keep one of the two." if twice else "Correct the line; `kezek check --new` writes a right file."
        shown_row = row if len(row) <= _WIDEST_ROW else f"{row[:_WIDEST_ROW]}…"
        what = f"{shown_row!r} stands here twice ({wrong})." if twice else f"{shown_row!r} is not TOML: {wrong}."
        what += cyrillic_words(row.partition("=")[0].partition("#")[0])
        code = "dossier.key.twice" if twice else "dossier.file.toml"
        raise DossierProblems.of([InputProblem(code, what, f"{findings.name}:{line}", way_out)]) from None
    except ValueError:  # what the parser cannot hold, as an integer of thousands of digits
        what = "A number in it has too many digits."
        problem = InputProblem("dossier.file.toml", what, findings.name, "Look for a number of thousands of digits.")
        raise DossierProblems.of([problem]) from None
    except RecursionError:
        problem = InputProblem("dossier.file.toml", "Tables are nested too deep.", findings.name, "Flatten them.")
        raise DossierProblems.of([problem]) from None


def _setting(operator: object) -> Setting:
    """Find the rate of the dollar before anything is read; a wrong one is refused in its turn."""
    rate = next(one for one in SECTIONS[0].fields if one.key == "dollar_rate")
    if not isinstance(operator, dict) or "dollar_rate" not in operator:
        return Setting()
    try:
        return Setting(rate.kind.read(operator["dollar_rate"], Setting()))
    except Refusal:
        return Setting()


def _setting_of(table: object, setting: Setting) -> Setting:
    """Where the file has no rate of the dollar, take that of the quarter that a table is about."""
    period = table.get("period") if isinstance(table, dict) else None
    rate = rate_of_quarter(period) if setting.tiyn_per_usd is None and isinstance(period, str) else None
    return rate or setting


def _check_keys(table: Mapping[str, object], known: Sequence[str], path: Path, findings: Findings) -> None:
    where = f"[{path[0]}] {path[-1]}: " if len(path) > 2 else ""
    for key in table:
        if key not in known:
            what = f"{where}{shown(key)} means nothing here.{cyrillic_words(key)}"
            way_out = _elsewhere(key, path) or nearest(key, list(known), most=5)
            findings.refuse("key.unknown", what, way_out, (*path, key))


def _elsewhere(key: str, path: Path) -> str:
    """Say under which sections a key belongs that stands under another one."""
    headers = [one.header for one in SECTIONS if path[:1] != (one.name,) and key in (each.key for each in one.fields)]
    return f"It belongs under {' or '.join(headers)}." if headers else ""


def _section(section: Section, raw: object, setting: Setting, findings: Findings) -> dict[str, Any]:
    if not section.many:
        one = _table(section.fields, raw, setting, (section.name,), findings)
        return {} if one is None else {section.name: one}
    listed = raw if isinstance(raw, list) else [raw]
    single = not isinstance(raw, list)
    path: Path = (section.name,)
    paths = [path if single else (*path, nth) for nth in range(len(listed))]
    read = (
        _table(section.fields, one, _setting_of(one, setting), place, findings)
        for one, place in zip(listed, paths, strict=True)
    )
    return {section.name: [one for one in read if one is not None]}


def _table(
    fields: Sequence[Field], raw: object, setting: Setting, path: Path, findings: Findings
) -> dict[str, Any] | None:
    """Read a table; None where it is none, or lacks what it needs."""
    if not isinstance(raw, dict):
        header = f"[{path[0]}]" if len(path) == 1 else str(path[-1])
        findings.refuse("value.kind", f"{header} is {shown(raw)}, not a table.", "Write a table of keys.", path)
        return None
    _check_keys(raw, [one.key for one in fields], path, findings)
    values: dict[str, Any] = {}
    whole = True
    for one in fields:
        if one.key in raw:
            value = _value(one, raw[one.key], setting, (*path, one.key), findings)
            whole = whole and (value is not None or not one.needed)
            if value is not None:
                values[one.key] = value
        elif one.needed:
            whole = False
            what = f"{_name(path)} has no {one.key}."
            findings.refuse("key.missing", what, f"Add {one.key} = {one.kind.example}.", path)
    findings.remember(values, path)
    return values if whole else None


def _name(path: Path) -> str:
    words = [str(part) for part in path if isinstance(part, str)]
    return f"[{words[0]}]" if len(words) == 1 else f"{words[-1]} in [{words[0]}]"


def _value(one: Field, raw: object, setting: Setting, path: Path, findings: Findings) -> Any:  # noqa: ANN401 - by kind
    kind = one.kind
    if isinstance(kind, Table):
        return False if raw is False and kind.may_be_no else _table(kind.fields, raw, setting, path, findings)
    if isinstance(kind, Tables):
        return _tables(kind, raw, setting, path, findings)
    try:
        value = kind.read(raw, setting)
    except Refusal as refusal:
        findings.refuse(refusal.reason, f"{one.key}: {refusal.what}", refusal.way_out, path)
        return None
    if isinstance(kind, Amount) and (cents := kind.cents_of(raw)) is not None and setting.tiyn_per_usd is not None:
        findings.dollars[path] = InDollars(cents, setting.tiyn_per_usd, setting.rate_of)
    return value


def _tables(
    kind: Tables, raw: object, setting: Setting, path: Path, findings: Findings
) -> list[dict[str, Any]] | None:
    if not isinstance(raw, list):
        findings.refuse("value.kind", f"{path[-1]} is {shown(raw)}, not a list.", f"Write {kind.example}.", path)
        return None
    read = [_table(kind.fields, one, setting, (*path, nth), findings) for nth, one in enumerate(raw)]
    whole = [one for one in read if one is not None]
    return whole if len(whole) == len(read) else None
