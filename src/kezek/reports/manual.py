"""Pages of the manual that are written from the program itself, so that they cannot drift."""

from kezek.law.book import Book
from kezek.reports.words import GROUPS

_HEAD = """# Codes and what they mean

Written by `make docs` from `reports/words.py`; a test compares the two. Codes are
stable: never renamed, never reused.
"""


def codes_page() -> str:
    """Write the page of all codes with their sentences, as Markdown."""
    parts = [_HEAD]
    for title, words in GROUPS.items():
        rows = "".join(f"| `{code}` | {sentence} |\n" for code, sentence in words.items())
        parts.append(f"\n## {title}\n\n| code | meaning |\n|---|---|\n{rows}")
    return "".join(parts)


_READINGS = """# Open questions of the law and their positions

Written by `make docs` from the book of the law; a test compares the two. Take another position with
`kezek day --reading QUESTION=POSITION`; `unknown` can be taken on every question.
"""


def readings_page(book: Book) -> str:
    """Write the page of all open questions, who holds which position, and what each profile takes, as Markdown."""
    parts = [_READINGS]
    for key, question in sorted(book.questions.items()):
        rows = []
        for name, position in question.positions.items():
            takers = ", ".join(profile for profile, taken in question.defaults.items() if taken.position == name)
            rows.append(f"| `{key}={name}` | {position.why} | {position.holder} | {takers} |\n")
        head = "| reading | what it says | held by | default of |\n|---|---|---|---|\n"
        parts.append(f"\n## {question.text}\n\n{head}{''.join(rows)}")
    return "".join(parts)
