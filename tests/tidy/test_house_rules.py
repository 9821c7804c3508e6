"""House rules that no linter holds: no float decides money, no machine path, no dead room, no stray name."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "kezek"
MONEY_ROOMS = (
    "units",
    "law",
    "dossier",
    "registry",
    "market",
    "ledger",
    "metering",
    "mining",
    "grid",
    "duties",
    "planning",
    "documents",
    "trading",
    "day",
)
MAY_DIVIDE = {"units/quantity.py", "mining/network.py"}
"""Printing an amount in a larger unit, and the difficulty for people to read, divide decimals."""


def money_files():
    return [path for room in MONEY_ROOMS for path in sorted((SOURCE / room).rglob("*.py"))]


@pytest.mark.parametrize("path", money_files(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_float_and_no_true_division_decides_money_energy_or_coins(path):
    name = path.relative_to(SOURCE).as_posix()
    faults = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            faults.append(f"line {node.lineno}: float {node.value}")
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div) and not _joins_paths(node):
            faults.append(f"line {node.lineno}: /")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("float", "round"):
            faults.append(f"line {node.lineno}: {node.func.id}()")
    assert not faults or name in MAY_DIVIDE, faults


def _joins_paths(node):
    """A path is joined with / and a text: `folder / "name"`."""
    parts = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.value]
    texts = [part for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    names = [part.id for part in parts if isinstance(part, ast.Name)]
    return bool(texts) or any(name in ("folder", "target", "name", "path") for name in names)


def tracked():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = done.stdout.split() if done.returncode == 0 else []
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_no_tracked_file_names_a_path_of_one_machine():
    """Patterns are put together here so that this file does not match itself."""
    pattern = re.compile(
        "|".join(("/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "py" + "pi[.]org", "files[.]python" + "hosted"))
    )
    faults = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in tracked()
        if path.suffix in {".py", ".md", ".toml", ".txt", ".csv", ".cfg", ".yml", ""} or path.name == "Makefile"
        for match in pattern.finditer(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert faults == []


def test_every_room_says_its_question():
    rooms = [path for path in SOURCE.iterdir() if path.is_dir() and not path.name.startswith("__")]
    assert len(rooms) >= 15
    for room in rooms:
        first = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))).splitlines()[0]
        assert first.endswith("?"), room.name
        assert len(list(room.glob("*.py"))) > 1, f"{room.name} is empty"


def test_every_public_function_of_the_core_has_a_docstring():
    faults = []
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            inner = isinstance(node, ast.FunctionDef) and node.col_offset > 0
            if public and not inner and ast.get_docstring(node) is None:
                faults.append(f"{path.name}: {node.name}")
    assert faults == []


def test_shared_data_is_not_in_the_repository():
    """Nothing of the reference data is copied as a file; the shipped tables are small and have a source a row."""
    tables = list((SOURCE / "facts" / "tables").glob("*.csv"))
    assert len(tables) >= 9
    for path in tables:
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert "source" in header, path.name
        assert path.stat().st_size < 64 * 1024, path.name
