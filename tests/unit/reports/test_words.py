"""Every code has words, and no words stand without a code."""

import re
from itertools import chain
from pathlib import Path

import pytest

from kezek import duties
from kezek.day.events import Outcome
from kezek.day.money import LINES
from kezek.duties.check import DUTIES
from kezek.duties.finding import Status
from kezek.law.book import load_book
from kezek.market.order import OrderRefusal
from kezek.metering.reading import ReadingRefusal
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.reports import words
from kezek.reports.words import sentence

_STEM_USED = re.compile(r'_act_in_time\([^)]*duty="([a-z_.]+)"')
_ENDING = re.compile(r'f"\{stem\}(_[a-z_]+)"')


def reason_codes() -> set[str]:
    """Every `duties.*` string in the room; the duty handed to `_act_in_time` stands for its endings."""
    source = "\n".join(path.read_text() for path in Path(*duties.__path__).glob("*.py"))
    codes = set(re.findall(r'"(duties\.[a-z_]+\.[a-z_]+)"', source))
    stems = {f"duties.{duty}" for duty in _STEM_USED.findall(source)}
    return (codes - stems) | {stem + ending for stem in stems for ending in _ENDING.findall(source)}


def clearing_rules() -> set[str]:
    questions = load_book().questions
    return set(questions["market.price_rule"].positions) | set(questions["market.tie_rule"].positions)


GROUPS = {
    "status": set(Status),
    "outcome": set(Outcome),
    "order refusal": set(OrderRefusal),
    "reading refusal": set(ReadingRefusal),
    "duty": set(DUTIES),
    "reason": reason_codes(),
    "zone": set(Zone),
    "route": set(Route),
    "subtype": set(Subtype),
    "money line": set(LINES),
    "clearing rule": clearing_rules(),
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_code_has_a_sentence_and_no_sentence_lacks_a_code(group: str) -> None:
    assert set(words.GROUPS[group]) == {str(code) for code in GROUPS[group]}


def test_the_groups_are_all_tested() -> None:
    assert set(GROUPS) == set(words.GROUPS)


def test_the_regex_sees_the_reasons() -> None:
    assert {"duties.fee.return_late", "duties.fee.payment_due_soon", "duties.law.unknown"} <= reason_codes()
    assert len(reason_codes()) > 40


def test_no_code_stands_in_two_groups() -> None:
    codes = list(chain.from_iterable(words.GROUPS.values()))
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("code", [*words.REASONS, *words.ORDER_REFUSALS, *words.READING_REFUSALS])
def test_a_reason_is_a_sentence(code: str) -> None:
    said = sentence(code)
    assert said[0].isupper()
    assert said.endswith(".")
    assert "_" not in said


def test_an_unknown_code_is_a_bug() -> None:
    with pytest.raises(KeyError):
        sentence("duties.fee.vanished")
