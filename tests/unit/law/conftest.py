from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

SOURCES = """
[act]
title = "An act"
kind = "act"
date = "2023-02"
"""

PROFILES = """
[described]
title = "As described"
why = "The majority."
unconfirmed = "use"

[published]
title = "As published"
why = "The record."
unconfirmed = "refuse"
"""

QUESTIONS = """
["sale.share_2025"]
text = "Which share?"
status = "open"
position.majority = { holder = "most", why = "They say so." }
position.s2 = { holder = "one", why = "It says so." }
default.described = { position = "majority", why = "Most." }
default.published = { position = "unknown", why = "Not read." }

["sale.other"]
text = "Something else?"
status = "open"
position.a = { holder = "A", why = "A." }
position.b = { holder = "B", why = "B." }
default.described = { position = "a", why = "A." }
default.published = { position = "a", why = "A." }
"""

SHARE = """title = "Share to sell"
unit = "ppm"

[[value]]
amount = 500_000
from_on = 2024-01-01
until_on = 2025-01-01
source = "act"
at = "Art. 1"
finding = "Half."
confidence = "high"
checked_on = 2026-11-20

[[value]]
amount = 750_000
from_on = 2025-01-01
source = "act"
at = "Art. 2"
finding = "Three quarters."
confidence = "high"
checked_on = 2026-11-20
reading = "sale.share_2025=majority"

[[value]]
amount = 800_000
from_on = 2025-01-01
source = "act"
at = "Art. 3"
finding = "Four fifths."
confidence = "unconfirmed"
checked_on = 2026-11-20
reading = "sale.share_2025=s2"
"""

OTHER = """title = "Another"
unit = "text"

[[value]]
text = "a"
from_on = 2024-01-01
source = "act"
finding = "A."
confidence = "high"
checked_on = 2026-11-20
reading = "sale.other=a"

[[value]]
text = "b"
from_on = 2024-01-01
source = "act"
finding = "B."
confidence = "high"
checked_on = 2026-11-20
reading = "sale.other=b"
"""

PAGES = {
    "sources.toml": SOURCES,
    "profiles.toml": PROFILES,
    "questions.toml": QUESTIONS,
    "sale/share.toml": SHARE,
    "sale/other.toml": OTHER,
}

WriteBook = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def pages() -> dict[str, str]:
    """Files of a small book that is right."""
    return dict(PAGES)


@pytest.fixture
def write_book(tmp_path: Path) -> WriteBook:
    """Write a book into a fresh folder."""

    def write(files: Mapping[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "book" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "book"

    return write
