"""Print how long functions and modules are, and warn about those over the house's goals; never fails."""

import ast
import sys
from pathlib import Path

FUNCTION_GOAL, FUNCTION_MAX, MODULE_MAX, SHARE_GOAL = 15, 50, 450, 0.9


def body_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1 if body else 0


def main(root: Path) -> None:
    """Walk the source and print the table."""
    functions: list[tuple[int, str]] = []
    modules: list[tuple[int, str]] = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        modules.append((text.count("\n"), str(path)))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                functions.append((body_lines(node), f"{path}:{node.lineno} {node.name}"))
    short = sum(lines <= FUNCTION_GOAL for lines, _ in functions) / len(functions)
    print(f"{len(functions)} functions, {short:.0%} of at most {FUNCTION_GOAL} lines (goal {SHARE_GOAL:.0%})")
    over = [*((n, w) for n, w in functions if n > FUNCTION_MAX), *((n, w) for n, w in modules if n > MODULE_MAX)]
    for lines, where in sorted(over, reverse=True):
        print(f"  warning: {lines} lines: {where}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
