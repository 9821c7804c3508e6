"""The offline verifier: the sources that it needs, joined into one readable file.

Nothing is written twice: the file is the text of the modules below, each under a heading with its name, without the
imports from Kezek. What the modules import from the standard library stands once, at the top. What cannot be joined
without changing its meaning is refused: one name with two meanings, an import from elsewhere, a renamed import.
"""

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from importlib.resources import files

from kezek import __version__

MODULES = (
    "kezek.units.problem",
    "kezek.evidence.error",
    "kezek.evidence.armour",
    "kezek.evidence.canonical",
    "kezek.evidence.tree",
    "kezek.evidence.proof",
    "kezek.evidence.signature",
    "kezek.evidence.checkpoint",
    "kezek.evidence.growth",
    "kezek.evidence.cosignature",
    "kezek.evidence.receipt",
    "kezek.evidence.keychain",
    "kezek.evidence.log",
    "kezek.evidence.audit",
    "kezek.evidence.tiles",
    "kezek.market.reference",
    "kezek.trading.log_book",
    "kezek.trading.reclear",
    "kezek.reports.verifier_folder",
    "kezek.reports.verifier_main",
)
"""What is joined, each behind what it uses."""
_LINE = 118
_RULE = "# " + "-" * (_LINE - 2)
_HEAD = '''#!/usr/bin/env python3
"""The offline verifier of Kezek {version}: checks receipts, growth and logs, and clears hours again, without Kezek.

    python {name} receipt FILE --key LOG.vkey                        is this event in the signed log?
    python {name} growth CLAIM --old OLD_CHECKPOINT --key LOG.vkey   did the log only grow?
    python {name} log FOLDER --key LOG.vkey                          are these entries the signed ones?
    python {name} clear FOLDER --key LOG.vkey [--product ID]         do fills, prices and purchases follow?

Needs Python 3.11 or later and the package `cryptography`; with `--no-signature` the standard library alone, and then
the verdict says that the signature was not checked. Exit code 0: it holds; 1: it does not; 2: bad input.

Made by `kezek verifier` from the sources named below, for people to read: nothing here is hidden or packed.
Licensed under the Apache License, Version 2.0; see LICENSE and NOTICE of Kezek.
"""
'''
_FILE_NAME = "kezek_verifier.py"


class JoinError(Exception):
    """Sources that cannot be joined into one file without changing what they mean."""


@dataclass(slots=True)
class _Joined:
    """What was joined so far.

    Args:
        owners: Where each name of the file comes from.
        imported: Names by module of the standard library; "" for the module itself.
    """

    owners: dict[str, str] = field(default_factory=dict)
    imported: dict[str, set[str]] = field(default_factory=dict)
    futures: set[str] = field(default_factory=set)
    sections: list[str] = field(default_factory=list)

    def own(self, name: str, owner: str) -> None:
        """Note who gives a name.

        Raises:
            JoinError: another one gives it already.
        """
        if self.owners.setdefault(name, owner) != owner:
            raise JoinError(f"{name!r} is given by {self.owners[name]} and by {owner}: rename one of them")


def verifier_text(*, sources: Mapping[str, str] | None = None) -> str:
    """Write the offline verifier; the same sources give the same text.

    Args:
        sources: Text of each module by its name, in order; those of this package if they are not given.
    Raises:
        JoinError: the sources cannot be joined.
    Guarantees: test_the_file_gives_the_verdicts_of_the_package.
    """
    sources = sources if sources is not None else {name: _source(name) for name in MODULES}
    joined = _Joined()
    for name, source in sources.items():
        _join(joined, name, source)
    digests = [f"#   {sha256(text.encode()).hexdigest()}  {name}" for name, text in sources.items()]
    head = _HEAD.format(version=__version__, name=_FILE_NAME)
    parts = (
        head + "\n# SHA-256 of each source:\n#\n" + "\n".join(digests) + "\n",
        _imports(joined),
        *joined.sections,
        'if __name__ == "__main__":\n    sys.exit(main())\n',
    )
    return "\n\n".join(parts)


def _source(name: str) -> str:
    package, _, module = name.rpartition(".")
    return files(package).joinpath(f"{module}.py").read_text(encoding="utf-8")


def _join(joined: _Joined, name: str, source: str) -> None:
    """Add one module: its names, its imports, its text."""
    tree = ast.parse(source)
    gone: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _take_import(joined, name, node)
            gone.append(node)
        for given in _names_of(node):
            joined.own(given, name)
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Import | ast.ImportFrom) and inner not in tree.body and _is_ours(inner):
            raise JoinError(f"{name} line {inner.lineno} imports from kezek inside a block: it would not be found")
    first = tree.body[0] if tree.body else None
    doc = ast.get_docstring(tree)
    if doc is not None and first is not None:
        gone.append(first)
    lines = source.splitlines()
    dropped = {number for node in gone for number in range(node.lineno - 1, (node.end_lineno or node.lineno))}
    text = "\n".join(line for number, line in enumerate(lines) if number not in dropped).strip("\n")
    about = [f"# {line}".rstrip() for line in (doc or "").splitlines()]
    joined.sections.append("\n".join((_RULE, f"# {name}", "#", *about, _RULE, "", "", text, "")))


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
    return any(one.split(".")[0] == "kezek" for one in named) or getattr(node, "level", 0) > 0


def _take_import(joined: _Joined, name: str, node: ast.Import | ast.ImportFrom) -> None:
    """Drop an import of what is joined already, gather one from the standard library, refuse any other."""
    for alias in node.names:
        if alias.asname is not None or alias.name == "*":
            raise JoinError(f"{name} line {node.lineno} imports {alias.name} under another name: it cannot be joined")
        if isinstance(node, ast.Import):
            _gather(joined, name, module=alias.name, given="")
        elif node.module == "__future__":
            joined.futures.add(alias.name)
        elif _is_ours(node):
            if joined.owners.get(alias.name) != node.module:
                what = f"{name} needs {alias.name} of {node.module}, which is not joined before it"
                raise JoinError(what)
        else:
            _gather(joined, name, module=node.module or "", given=alias.name)


def _gather(joined: _Joined, name: str, *, module: str, given: str) -> None:
    if module.split(".")[0] not in sys.stdlib_module_names:
        raise JoinError(f"{name} needs {module}, which is not in the standard library")
    joined.own(given or module.split(".")[0], f"{module}.{given}" if given else module)
    joined.imported.setdefault(module, set()).add(given)


def _names_of(node: ast.stmt) -> Iterable[str]:
    """List the names that a statement of a module gives."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom | ast.Expr):
        return []
    return [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]


def _imports(joined: _Joined) -> str:
    """Write the imports: Python's version is checked before the first that an older one lacks."""
    lines = [f"from __future__ import {', '.join(sorted(joined.futures))}", ""] if joined.futures else []
    lines += ["import sys", "", "if sys.version_info < (3, 11):"]
    lines += ['    sys.exit("This verifier needs Python 3.11 or later.")', ""]
    plain = sorted(module for module, names in joined.imported.items() if "" in names and module != "sys")
    lines += [f"import {module}" for module in plain]
    for module, names in sorted(joined.imported.items()):
        lines += _from_line(module, sorted(names - {""}))
    return "\n".join(lines) + "\n"


def _from_line(module: str, names: Sequence[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    if not names:
        return []
    return [line] if len(line) <= _LINE else [f"from {module} import (", *(f"    {one}," for one in names), ")"]
