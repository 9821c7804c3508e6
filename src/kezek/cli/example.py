"""Small commands: print a shipped assumptions file, seal a law book."""

import sys
from pathlib import Path

from kezek.day.settings import default_text
from kezek.law.book import load_book, seal
from kezek.units.problem import InputProblem, nearest

_EXAMPLES = ["fleet", "scenario"]


def example_command(name: str) -> None:
    """Print `scenario.toml` or `fleet.toml`.

    Raises:
        InputProblem: cli.example.unknown.
    """
    if name not in _EXAMPLES:
        raise InputProblem("cli.example.unknown", f"There is no example {name!r}.", "", nearest(name, _EXAMPLES))
    sys.stdout.write(default_text(f"{name}.toml"))


def questions_command(folder: Path | None) -> None:
    """Print every open question, who holds which position, and what each profile takes."""
    for key, question in sorted(load_book(folder).questions.items()):
        sys.stdout.write(f"{key}: {question.text}\n")
        for name, position in question.positions.items():
            takers = [profile for profile, taken in question.defaults.items() if taken.position == name]
            taken = f" [{', '.join(takers)}]" if takers else ""
            sys.stdout.write(f"  --reading {key}={name}{taken}  {position.why.rstrip('.')} ({position.holder})\n")


def seal_command(folder: Path) -> None:
    """Seal a law book and say where."""
    sys.stdout.write(f"sealed: {seal(folder)}\n")
