"""Operator files that ship with Kezek, to look at and to start one's own from."""

from importlib import resources

from kezek.units.problem import InputProblem, nearest

_SUFFIX = ".toml"


def example_names() -> tuple[str, ...]:
    """Name the shipped examples, in the order of the alphabet."""
    folder = resources.files("kezek.dossier").joinpath("examples")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX)))


def example_text(name: str) -> str:
    """Give the text of a shipped example.

    Raises:
        InputProblem: dossier.example.unknown, with the nearest right name and all names.
    """
    if name not in example_names():
        listed = f"Known: {', '.join(example_names())}."
        way_out = " ".join(dict.fromkeys((nearest(name, list(example_names())), listed)))
        raise InputProblem("dossier.example.unknown", f"There is no example {name!r}.", "", way_out)
    return resources.files("kezek.dossier").joinpath("examples", f"{name}{_SUFFIX}").read_text(encoding="utf-8")


def example_title(name: str) -> str:
    """Give the first line of an example: what it shows."""
    return example_text(name).partition("\n")[0].removeprefix("# ")
