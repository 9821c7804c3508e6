"""`kezek check --template` and `--new`: an operator file to start from."""

import sys
from pathlib import Path


def start_command(*, template: bool, out: Path | None) -> None:
    """Print an empty operator file, or ask for the facts one by one and write one.

    Raises:
        InputProblem: cli.interview.*
    """
    if template:
        from kezek.dossier.page import template_text

        sys.stdout.write(template_text())
        return
    from kezek.cli.interview import interview_command

    interview_command(out)
