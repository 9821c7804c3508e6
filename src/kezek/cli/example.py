"""`kezek example`: print a shipped file to start one's own from."""

from kezek.cli.output import write
from kezek.dossier.example import example_names, example_text
from kezek.units.problem import InputProblem, nearest

_DAY = ("fleet", "scenario")


def example_command(name: str) -> None:
    """Print `scenario.toml` or `fleet.toml` of the day, or the file of a shipped operator.

    Raises:
        InputProblem: cli.example.unknown.
    """
    if name in _DAY:
        from kezek.day.settings import default_text

        write(default_text(f"{name}.toml"))
        return
    known = [*_DAY, *example_names()]
    if name not in known:
        way_out = " ".join(dict.fromkeys((nearest(name, known), f"Known: {', '.join(known)}.")))
        raise InputProblem("cli.example.unknown", f"There is no example {name!r}.", "", way_out)
    write(example_text(name))
