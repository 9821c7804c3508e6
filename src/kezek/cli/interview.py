"""`kezek check --new`: ask an operator about itself on the terminal, and write the operator file.

The questions come from the schema of the file, so that there is nothing a file can say that the interview cannot.
"""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from kezek.cli.screen import screen as open_screen
from kezek.dossier.contradiction import refuse_contradictions
from kezek.dossier.field import Field, Section, Table, Tables
from kezek.dossier.kind import Setting, Word
from kezek.dossier.parse import Findings
from kezek.dossier.plausible import judge_plausible
from kezek.dossier.problem import DossierProblems, Refusal
from kezek.dossier.read import LATE_ON, read_dossier
from kezek.dossier.schema import SECTIONS
from kezek.dossier.write import write_values
from kezek.units.problem import InputProblem

SKIP, STOP = "skip", "stop"
"""Answers of one who does not know, so that the fact stays missing, and of one who has had enough."""
DEFAULT_OUT = Path("operator.toml")
EXIT_REFUSED = 2
SOME_DAY = date(2025, 12, 10)
"""A day to judge a file by that gives none."""
ABOUT = 10 * round(sum(len(section.fields) for section in SECTIONS) / 10)
"""How many questions there are, about: every key once."""
_NAME = "operator.id"
_YES, _NO = ("yes", "y"), ("no", "n")
_HEADING = "Written by `kezek check --new`. A key that is not here was not known."
_WELCOME = (
    "Answer what you know. Nothing or `skip` leaves a fact out: what depends on it stays undetermined.",
    "`stop`, or Ctrl-C, ends the interview, and what you said so far is written.",
)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the interview.

    Args:
        path: Place in the file that the answer goes to, as `quarter.2.metered`; `quarter.2` for a question whether
            there is one.
        section: What the question belongs to.
        text: The question.
        note: What to bear in mind.
        form: How to answer.
        options: Answers to choose from; empty where anything of the right form will do.
        may_skip: Whether "skip" is an answer.
    """

    path: str
    section: str
    text: str
    note: str
    form: str
    options: tuple[str, ...] = ()
    may_skip: bool = True


Ask = Callable[[Question], str]
Say = Callable[[str], None]


class _Stopped(Exception):
    """Whoever was asked has had enough."""


class _Abandoned(Exception):
    """Whoever was asked does not know what a table cannot do without."""


@dataclass(slots=True)
class _Interview:
    """An interview in progress: how to ask and to say, and what was answered so far."""

    ask: Ask
    say: Say
    values: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Ask for every section, or until it is stopped."""
        try:
            for section in SECTIONS:
                self._several(section) if section.many else self._single(section)
        except _Stopped:
            self.say("Stopped here.")
        for section in SECTIONS:
            self._prune(section)

    def _prune(self, section: Section) -> None:
        """Take out tables in which nothing was said, or not what is needed."""
        tables = self.values.pop(section.name, None)
        listed = tables if section.many else [tables] if tables else []
        whole = [one for one in listed or [] if one and all(f.key in one for f in section.fields if f.needed)]
        if whole:
            self.values[section.name] = whole if section.many else whole[0]

    def _gate(self, section: Section) -> bool | None:
        """Give what was answered to the question whether there is such a thing; True where nobody asked."""
        if not section.gate:
            return True
        answer: bool | None = self.values.get("operator", {}).get(section.gate)
        return answer

    def _single(self, section: Section) -> None:
        if self._gate(section) is not True and not section.needed:
            return
        if section.opening and not self._agreed(section.name, section.title, section.opening, section.note):
            return
        while True:
            self.values[section.name] = {}
            try:
                self._table(section.fields, self.values[section.name], section.name, section.title)
            except _Abandoned:
                del self.values[section.name]
            if not self._again(section.name, section.title):
                return

    def _several(self, section: Section) -> None:
        if self._gate(section) is not True:
            return
        tables: list[dict[str, Any]] = []
        opening, note = section.opening, section.note
        while self._agreed(f"{section.name}.{len(tables)}", section.title, opening, note):
            tables.append({})
            self.values[section.name] = tables
            self._one_of(section.fields, tables, section.name, section.title)
            opening, note = "Is there another one?", ""

    def _one_of(self, fields: Sequence[Field], tables: list[dict[str, Any]], path: str, title: str) -> None:
        """Fill the last table of a list, or take it out again."""
        while True:
            try:
                self._table(fields, tables[-1], f"{path}.{len(tables) - 1}", title)
            except _Abandoned:
                tables.pop()
                return
            if "." in path or not self._again(f"{path}.{len(tables) - 1}", title):
                return
            tables[-1].clear()

    def _again(self, path: str, title: str) -> bool:
        """Hold what was said against each other; where it does not fit, offer to ask the part again."""
        found = _clashes(self.values)
        clashes, self.told = [one for one in found if one not in self.told], found
        for one in clashes:
            self.say(one)
        text = "These do not fit together. Answer this part again?"
        if not clashes or not self._agreed(f"{path}.again", title, text):
            return False
        self.told = [one for one in found if one not in clashes]
        return True

    def _heard(self, question: Question) -> str:
        """Ask, and give the answer back; nothing counts as not knowing."""
        answer = self.ask(question).strip()
        if answer.lower() == STOP:
            raise _Stopped
        return SKIP if answer.lower() in ("", SKIP) else answer

    def _agreed(self, path: str, title: str, text: str, note: str = "") -> bool:
        """Ask a question of yes or no that writes nothing itself; not to know is no."""
        return self._choice(path, title, text, note) == "yes"

    def _choice(self, path: str, title: str, text: str, note: str) -> str:
        question = Question(path, title, text, note, "yes or no", ("yes", "no"))
        while True:
            answer = self._heard(question).lower()
            if answer == SKIP or answer in _YES + _NO:
                return SKIP if answer == SKIP else "yes" if answer in _YES else "no"
            self.say(f"{answer!r} is neither yes nor no. Answer yes or no, or {SKIP}.")

    def _table(self, fields: Sequence[Field], table: dict[str, Any], path: str, title: str) -> None:
        for one in fields:
            if not one.when(self.values, table):
                continue
            try:
                value = self._value(one, f"{path}.{one.key}", title)
            except _Abandoned:
                if not self._dropped(one, fields, table):
                    raise
                continue
            if value is not None:
                table[one.key] = value

    def _dropped(self, one: Field, fields: Sequence[Field], table: dict[str, Any]) -> bool:
        """Take out the optional answer that made another one needed, where there is such a one."""
        optional = [other.key for other in fields if other.key in table and not other.needed]
        for key in reversed(optional):
            rest = {name: value for name, value in table.items() if name != key}
            if not one.needed and not one.when(self.values, rest):
                del table[key]
                return True
        return False

    def _value(self, one: Field, path: str, title: str) -> Any:  # noqa: ANN401 - by kind
        if isinstance(one.kind, Table):
            return self._inner(one, one.kind, path, title)
        if isinstance(one.kind, Tables):
            return self._list(one, one.kind, path, title)
        options = tuple(map(str, one.kind.words)) if isinstance(one.kind, Word) else ()
        may_skip = not (one.needed or one.then_needed)
        return self._answer(one, Question(path, title, one.question, one.note, one.kind.asked, options, may_skip))

    def _inner(self, one: Field, kind: Table, path: str, title: str) -> dict[str, Any] | bool | None:
        answer = self._choice(path, title, one.question, one.note)
        if answer != "yes":
            return False if answer == "no" and kind.may_be_no else None
        table: dict[str, Any] = {}
        try:
            self._table(kind.fields, table, path, title)
        except _Abandoned:
            return None
        return table

    def _list(self, one: Field, kind: Tables, path: str, title: str) -> list[dict[str, Any]] | None:
        tables: list[dict[str, Any]] = []
        text = one.question
        while self._agreed(f"{path}.{len(tables)}", title, text):
            tables.append({})
            self._one_of(kind.fields, tables, path, title)
            text = "Is there another one?"
        return tables or None

    def _answer(self, one: Field, question: Question) -> Any:  # noqa: ANN401 - by kind
        """Ask until the answer can be read or is skipped; what is needed is asked twice, the name for ever."""
        setting = Setting(self.values.get("operator", {}).get("dollar_rate"))
        skipped = 0
        while True:
            answer = self._heard(question)
            if answer != SKIP:
                try:
                    return one.kind.read(one.kind.raw_of(answer), setting)
                except Refusal as refusal:
                    self.say(f"{refusal.what} {refusal.way_out}")
                    continue
            if question.may_skip:
                return None
            skipped += 1
            self._needed(question, skipped)

    def _needed(self, question: Question, skipped: int) -> None:
        """Say that an answer is needed; at the second time, leave its table out."""
        if question.path == _NAME:
            self.say(f"This one is needed. Answer {question.form}.")
        elif skipped == 1:
            self.say(f"This one is needed. Answer {question.form}, or {SKIP} again to leave all of this out.")
        else:
            self.say("Left out.")
            raise _Abandoned


def run_interview(ask: Ask, say: Say) -> str:
    """Ask an operator about itself and give the text of its file; "" if it was stopped before its name was said.

    Args:
        ask: Shows a question and gives the answer back; "skip" or nothing stands for not knowing, "stop" ends it.
        say: Shows a line: why an answer cannot be used.
    """
    interview = _Interview(ask, say)
    interview.run()
    return write_values(values=interview.values, heading=_HEADING) if "operator" in interview.values else ""


def _clashes(values: dict[str, Any]) -> list[str]:
    """Say what of the answers so far cannot be true together."""
    operator = values.get("operator", {})
    if "id" not in operator:
        return []
    findings, as_of = Findings("", ""), operator.get("as_of") or LATE_ON
    refuse_contradictions(values=values, as_of=as_of, findings=findings)
    judge_plausible(values=values, as_of=as_of, findings=findings)
    return [f"{one.what} {one.way_out}" for one in findings.problems]


def interview_command(out: Path | None, console: Console | None = None) -> int:
    """Interview on the terminal, write the file, and say what to run next.

    Gives the exit code: 2 where the file as it is would be refused.

    Args:
        out: File to write; `operator.toml` in the current folder if None. It is never overwritten.
    Raises:
        InputProblem: cli.interview.exists, .unwritable before the first question; .nothing if nothing was said.
    """
    target, screen = out or DEFAULT_OUT, console or open_screen(markup=True)
    _require_free(target)
    for line in _WELCOME:
        screen.print(line)
    text = run_interview(_Terminal(screen).ask, lambda line: screen.print(f"[dim]{escape(line)}[/dim]"))
    if not text:
        way_out = "Run it again and say at least what the operator is called."
        raise InputProblem("cli.interview.nothing", "Nothing was said, so nothing was written.", "", way_out)
    _write_new(target, text)
    return _judge(screen, target, text)


@dataclass(slots=True)
class _Terminal:
    """Asks on a console; the end of input and an interruption are a stop."""

    console: Console
    section: str = ""
    asked: int = 0

    def ask(self, question: Question) -> str:
        """Show a question and read a line."""
        if question.section != self.section:
            self.section = question.section
            self.console.rule(escape(self.section), align="left")
        self.asked += 1
        count = f"{self.asked} of about {ABOUT}" if self.asked <= ABOUT else str(self.asked)
        self.console.print(
            f"[dim]{count}[/dim]  [bold]{escape(question.text)}[/bold] [dim]{escape(question.note)}[/dim]",
            highlight=False,
        )
        skip = f", or {SKIP}" if question.may_skip else ""
        try:
            return self.console.input(f"  ({escape(question.form)}{skip}) > ")
        except (EOFError, KeyboardInterrupt):
            self.console.print()
            return STOP


def _judge(screen: Console, target: Path, text: str) -> int:
    """Read the file as `kezek check` will, and say what is wrong or odd, and what to run."""
    later = "" if "\nas_of = " in text else f" --as-of {SOME_DAY}"
    code = 0
    screen.print(f"Written: {escape(str(target))}")
    try:
        flags = read_dossier(text=text, name=str(target), as_of=SOME_DAY if later else None).flags
        for flag in flags:
            screen.print(f"Odd: {escape(flag.place)}: {escape(flag.sentence)}")
    except DossierProblems as problems:
        screen.print("Some answers do not fit together. Correct these lines in the file:")
        for problem in problems.problems:
            screen.print(escape(str(problem)))
        code = EXIT_REFUSED
    screen.print(f"Next: {escape(_own_name())} check {escape(str(target))}{later}")
    return code


def _own_name() -> str:
    """Name the command as the user did: `kezek`, or the module of an interpreter."""
    name = Path(sys.argv[0]).name
    return "python -m kezek" if name == "__main__.py" else name if name.startswith("kezek") else "kezek"


def _require_free(target: Path) -> None:
    if target.exists() or target.is_symlink():
        raise InputProblem(
            "cli.interview.exists", "is there already.", str(target), "Choose another file with --out."
        )
    if not target.absolute().parent.is_dir():
        way_out = "Make the folder first, or choose another one with --out."
        raise InputProblem("cli.interview.unwritable", "has no folder to stand in.", str(target), way_out)


def _write_new(target: Path, text: str) -> None:
    """Write a file whole or not at all, and never over another."""
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}")
    try:
        with partial.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        _place(partial, target)
    except FileExistsError:
        way_out = "Choose another file with --out."
        raise InputProblem("cli.interview.exists", "came to be in the meantime.", str(target), way_out) from None
    except OSError as error:
        way_out = "Choose a place you may write to with --out."
        what = f"cannot be written ({error.strerror})."
        raise InputProblem("cli.interview.unwritable", what, str(target), way_out) from error
    finally:
        partial.unlink(missing_ok=True)


def _place(partial: Path, target: Path) -> None:
    """Give a file its name unless another has it; disks without links can only look first."""
    try:
        os.link(partial, target)
    except FileExistsError:
        raise
    except OSError:
        if target.exists():
            raise FileExistsError(target) from None
        partial.rename(target)
