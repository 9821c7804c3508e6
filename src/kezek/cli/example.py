"""`kezek example`: print a shipped assumptions file."""

import sys

from kezek.day.settings import default_text
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
