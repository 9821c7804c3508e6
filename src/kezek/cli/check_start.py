"""`kezek check --template`, `--list-examples` and `--new`: an operator file to start from."""

from kezek.cli.check_request import StartOptions
from kezek.cli.output import forgiving, write


def start_command(start: StartOptions) -> int:
    """Print an empty operator file or the list of examples, or ask for the facts one by one and write a file.

    Gives the exit code: 2 where the answers do not make a file that can be checked.

    Raises:
        InputProblem: cli.interview.*
    """
    if start.new:
        from kezek.cli.interview import interview_command

        return interview_command(start.out)
    with forgiving():
        write(_template() if start.template else examples_text())
    return 0


def _template() -> str:
    from kezek.dossier.page import template_text

    return template_text()


def examples_text() -> str:
    """List the shipped examples with what they show."""
    from kezek.dossier.example import example_names, example_title

    names = example_names()
    width = max(map(len, names))
    rows = "".join(f"{name:<{width}}  {example_title(name)}\n" for name in names)
    return f"{rows}\nCheck one: kezek check --example NAME. Print its file: kezek example NAME.\n"
