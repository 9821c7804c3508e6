"""Where each key of a TOML text stands, for refusals that name a line."""

import re
from collections import Counter

from kezek.dossier.problem import Path

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=""")
_PART = re.compile(r""""[^"]*"|'[^']*'|[A-Za-z0-9_-]+""")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|' + r"'[^']*'|#.*")


def lines_of(text: str) -> dict[Path, int]:
    r"""Map each key outside inline tables, and each header, to its line; the n-th `[[name]]` is (name, n, ...).

    >>> found = lines_of('[a]\nb = 1\n[[c]]\nd = 2\n[c.e]\nf = 3')
    >>> found[("a", "b")], found[("c", 0, "d")], found[("c", 0, "e", "f")]
    (2, 4, 6)
    """
    found: dict[Path, int] = {}
    seen: Counter[str] = Counter()
    head: Path = ()
    depth = 0
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if depth == 0 and header:
            head = _head(header[1] == "[[", _names(header[2]), seen)
            found.setdefault(head, number)
        elif depth == 0 and key:
            for length in range(1, len(_names(key[1])) + 1):
                found.setdefault((*head, *_names(key[1])[:length]), number)
        if not (depth == 0 and header):
            plain = _TEXT.sub("", line)
            depth = max(0, depth + sum(map(plain.count, "[{")) - sum(map(plain.count, "]}")))
    return found


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _head(listed: bool, names: tuple[str, ...], seen: Counter[str]) -> Path:
    name = names[0]
    if listed and len(names) == 1:
        seen[name] += 1
        return (name, seen[name] - 1)
    nth: Path = (seen[name] - 1,) if seen[name] else ()
    return (name, *nth, *names[1:])


def line_at(path: Path, lines: dict[Path, int], text: str) -> int | None:
    """Find the line of a place: its own, else the one inside its table where its key is written, else its table's."""
    for length in range(len(path), 0, -1):
        start = lines.get(path[:length]) or (lines.get((*path, 0)) if length == len(path) else None)
        if start is None:
            continue
        return _inside(path[length:], start, text) if length < len(path) else start
    return None


def _inside(rest: Path, start: int, text: str) -> int:
    """Look for the last key of a place on the lines of one value that runs over several."""
    rows = text.splitlines()
    key = next((part for part in reversed(rest) if isinstance(part, str)), "")
    depth = 0
    for number in range(start, len(rows) + 1):
        plain = _TEXT.sub("", rows[number - 1])
        if key and re.search(rf"(?<![\w-]){re.escape(key)}\s*=", plain):
            return number
        depth += sum(map(plain.count, "[{")) - sum(map(plain.count, "]}"))
        if depth <= 0:
            break
    return start
