"""`kezek market example`: a set of files to hold a first session with."""

from importlib import resources
from pathlib import Path

from kezek.cli.output import forgiving, write
from kezek.trading.terms import default_terms
from kezek.units.problem import InputProblem

FILES = (
    "participants.csv",
    "supply.csv",
    "prepayments.csv",
    "bids.csv",
    "standing.toml",
    "curtailment.csv",
    "readings.csv",
)
_STEPS = """\
kezek market open {folder}/session --date 2025-10-15 --participants {folder}/participants.csv \\
    --supply {folder}/supply.csv --prepayments {folder}/prepayments.csv --at 2025-10-14T07:50
kezek market bid {folder}/session {folder}/standing.toml {folder}/bids.csv --at 2025-10-14T09:40
kezek market close {folder}/session --at 2025-10-14T10:00
kezek market clear {folder}/session --at 2025-10-14T10:05
kezek market curtail {folder}/session --file {folder}/curtailment.csv --at 2025-10-14T19:00
kezek market settle {folder}/session --readings {folder}/readings.csv --at 2025-10-16T09:00
kezek market publish {folder}/session --on 2025-10-16
"""


def example_command(folder: Path | None, *, terms: bool) -> int:
    """Write the example files into a new folder and name the commands that use them, or print the terms.

    Raises:
        InputProblem: cli.market.example, .folder.
    """
    if terms == (folder is not None):
        way_out = "Name a new folder, or give --terms."
        raise InputProblem("cli.market.example", "What to write is not clear.", "", way_out)
    if folder is None:
        write(default_terms())
        return 0
    try:
        folder.mkdir()
        for name in FILES:
            (folder / name).write_bytes(example_bytes(name))
        (folder / "terms.toml").write_text(default_terms(), encoding="utf-8")
    except OSError as error:
        what, way_out = f"cannot be written ({error.strerror}).", "Name a folder that does not exist yet."
        raise InputProblem("cli.market.folder", what, str(folder), way_out) from error
    with forgiving():
        write(f"Written: {len(FILES) + 1} files in {folder}. A session with them, step by step:\n\n")
        write(_STEPS.format(folder=folder))
    return 0


def example_bytes(name: str) -> bytes:
    """Give one of the shipped example files."""
    return (resources.files("kezek.trading") / "examples" / name).read_bytes()
