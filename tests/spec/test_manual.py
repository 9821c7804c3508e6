from pathlib import Path

from tests.spec.manual import worked_examples_page
from tests.spec.specs import case_specs, pages

PAGE = Path(__file__).parents[2] / "docs" / "worked-examples.md"


def test_the_page_lists_every_case_with_its_source_and_what_was_worked():
    text = worked_examples_page()
    for page in pages().values():
        assert f"## {page['title']}\n\nSource: {page['source']}.\n\nWorked: {page['worked']}\n" in text
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| case |")]
    assert len(rows) == len(case_specs())


def test_a_row_has_as_many_cells_as_its_head():
    columns = 0
    for line in worked_examples_page().splitlines():
        if line.startswith("| case |"):
            columns = line.count("|")
        elif line.startswith("| "):
            assert line.count("|") == columns, line


def test_the_page_of_the_manual_is_the_one_made_from_the_cases():
    """Once it is published: `make docs` writes it."""
    assert not PAGE.is_file() or PAGE.read_text(encoding="utf-8") == worked_examples_page()


def test_every_case_file_says_its_source_and_its_arithmetic_once():
    titles = [page["title"] for page in pages().values()]
    assert len(set(titles)) == len(titles)
    for stem, page in pages().items():
        assert page["source"] and any(sign.isdigit() for sign in page["worked"]), stem
        names = [variant["name"] for variant in page["variant"]]
        assert names and len(set(names)) == len(names), stem
