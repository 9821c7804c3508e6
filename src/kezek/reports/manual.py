"""Pages of the manual that are written from the program itself, so that they cannot drift."""

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
