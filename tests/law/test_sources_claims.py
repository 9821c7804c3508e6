"""Nothing of the source documents and reference papers goes missing: every number, row and conflict is claimed."""

import re
from collections import Counter
from pathlib import Path

import pytest

from kezek.law.book import load_book
from kezek.law.fidelity import load_fidelity

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (SHARED / "sources").is_dir(), reason="the reference folder is not beside the project"),
]
BOOK = load_book()
FIDELITY = load_fidelity()

_UNITS = "MWh|MW|GW|kWh|kW|kilowatt|megawatt|terawatt|million|billion|tenge|°C|th|rd"
_NUMBER = re.compile(rf"[$~]?\d+(?:[.,:/]\d+)*(?:\s*(?:%|(?:{_UNITS})\b))?")
"""A number as written, with the sign before it and the unit after it: 50 MWh is not 50 %."""

_FOOTNOTE = re.compile(r"\[\d+\]")
_YEAR = re.compile(r"(199|20[0-3])\d")


def numbers(text):
    """Every number of a text, as often as it stands there. Left aside: years by themselves, and footnotes."""
    found = (re.sub(r"\s", "", match[0]) for match in _NUMBER.finditer(_FOOTNOTE.sub("", text)))
    return Counter(word for word in found if not _YEAR.fullmatch(word))


def document(nth):
    return sorted((SHARED / "sources").glob("*.txt"))[nth].read_text(encoding="utf-8")


def on_rules(nth):
    """The text of a document; of the study (S2) the parts on this country's rules, not its method and literature."""
    text = document(nth)
    return text[text.index("Table 2. A") : text.index("Conclusions")] if nth == 2 else text


@pytest.mark.parametrize("nth", range(5))
def test_every_number_of_a_document_is_claimed_as_often_as_it_stands_there(nth):
    claimed = Counter(number for one in FIDELITY.of(f"s{nth}") for number in one.numbers)
    written = numbers(on_rules(nth))
    assert {"unclaimed": written - claimed, "not there": claimed - written} == {
        "unclaimed": Counter(),
        "not there": Counter(),
    }


def rows():
    """Name each row of the tables of parameters; where its first cell repeats itself, with the second."""
    head = ""
    for line in (SHARED / "facts" / "law_facts.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = ""
        elif not head:
            head = cells[0].split()[0]
        elif {*cells[0]} != {"-"}:
            both = f"{cells[0]} {cells[1]}"
            yield {"period": both, "price": both, "reading": f"reading {cells[0]}"}.get(head, cells[0])


def test_every_row_of_the_parameters_is_claimed():
    named = [*rows()]
    assert len(named) == len({*named}) > 150
    claimed = {fact for one in FIDELITY.provisions for fact in one.facts}
    assert {"unclaimed": {*named} - claimed, "not there": claimed - {*named}} == {
        "unclaimed": set(),
        "not there": set(),
    }


def test_every_conflict_is_claimed():
    text = (SHARED / "facts" / "law_conflicts.md").read_text(encoding="utf-8")
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert listed == {*range(1, 30)}
    assert {number for one in FIDELITY.provisions for number in one.conflicts} == listed


def runs(text):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[n : n + 8]) for n in range(len(words) - 7)}


def test_no_sentence_of_a_document_stands_in_the_book():
    """Eight words in a row are a sentence of somebody else."""
    theirs = set().union(*(runs(document(nth)) for nth in range(5)))
    ours = [(one.name, f"{one.says} | {one.why} | {one.field}") for one in FIDELITY.provisions]
    ours += [(key, value.finding) for key, quantity in BOOK.quantities.items() for value in quantity.values]
    assert [name for name, text in ours if runs(text) & theirs] == []
