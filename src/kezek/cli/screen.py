"""The console of a command: with the styles of the terminal, and patient with a reader who leaves."""

import os

from rich.console import Console


class _Screen(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, whose exit code is about the verdict and not about the reader."""
        self.quiet = True
        raise BrokenPipeError


def screen(*, markup: bool = False, highlight: bool = False) -> Console:
    """Open the standard output; with NO_COLOR there are no escapes at all, bold and dim included."""
    plain = {"color_system": None} if os.environ.get("NO_COLOR") else {}
    return _Screen(markup=markup, highlight=highlight, **plain)  # type: ignore[arg-type]
