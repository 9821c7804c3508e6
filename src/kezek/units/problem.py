"""The one shape in which bad input is refused: a code, what is wrong, where, and a way out."""

from dataclasses import dataclass

_NAMED = 5


@dataclass(eq=False)
class InputProblem(Exception):
    """Input that cannot be used as it is; a shell prints it as one line and exits with code 2.

    Args:
        code: Stable dotted code `room.noun.reason`.
        what: What is wrong, with the value that was found.
        where: File and place, option name, or "" where the sentence says it already.
        way_out: What the user can do about it.
    """

    code: str
    what: str
    where: str
    way_out: str

    def __str__(self) -> str:
        """One line: where, what, way out, code."""
        place = f"{self.where}: " if self.where else ""
        return f"{place}{self.what} {self.way_out} [{self.code}]"


def nearest(word: str, known: list[str], *, most: int = 20) -> str:
    """Name the known word closest to a misspelt one, as a sentence, or list what is known.

    Args:
        most: Of more words than these only the five nearest are listed.

    >>> nearest("prise", ["price", "volume"])
    'Did you mean "price"?'
    >>> nearest("xyz", ["price", "volume"])
    'Known: price, volume.'
    >>> nearest("xyz", list("abcdefg"), most=5)
    'Known: a, b, c, d, e and 2 more.'
    """
    import difflib

    close = difflib.get_close_matches(word, known, n=1)
    if close:
        return f'Did you mean "{close[0]}"?'
    if len(known) <= most:
        return f"Known: {', '.join(sorted(known))}."
    near = sorted(known, key=lambda one: (-difflib.SequenceMatcher(None, word, one).ratio(), one))[:_NAMED]
    return f"Known: {', '.join(near)} and {len(known) - _NAMED} more."
