import ast
from pathlib import Path

import pytest

import kezek.evidence

MODULES = sorted(Path(kezek.evidence.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_room_ships_alone(module):
    """`cryptography` in the signature module alone, no other room, no other library."""
    import sys

    imported = set()
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    foreign = {
        name
        for name in imported
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("kezek.evidence.")
    }

    if module.stem == "signature":
        assert {name.partition(".")[0] for name in foreign} == {"cryptography"}
    else:
        assert foreign == set()
