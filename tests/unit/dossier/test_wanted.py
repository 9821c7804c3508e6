"""The page says which duties want a key; what happens without the key is tried here."""

from copy import deepcopy

import pytest

from kezek.dossier.example import example_names, example_text
from kezek.dossier.problem import DossierProblems
from kezek.dossier.read import read_dossier, read_values
from kezek.dossier.schema import SECTIONS
from kezek.dossier.wanted import WANTED_BY
from kezek.dossier.write import write_values
from kezek.duties.check import DUTIES, check
from kezek.duties.lens import Lens
from kezek.law.book import load_book

GATED = {section.gate: section.name for section in SECTIONS if section.gate}


def without(values, section, key):
    """The values without a key wherever it stands; without the section that it opens, too."""
    less = deepcopy(values)
    tables = less[section.name] if section.many else [less[section.name]]
    given = [table.pop(key) for table in tables if key in table]
    less.pop(GATED.get(key, ""), None)
    return less if given else None


def missing_in(values, lens):
    try:
        facts = read_dossier(text=write_values(values=values), name="o").facts
    except DossierProblems:
        return set()
    findings = check(facts=facts, lens=lens, explained=False).findings
    return {one.duty for one in findings if one.missing}


@pytest.mark.parametrize("name", example_names())
def test_a_duty_that_misses_a_key_is_on_the_page(name):
    lens = Lens(book=load_book(), profile="described", readings={})
    values = read_values(text=example_text(name), name=name)
    before = missing_in(values, lens)
    wrong = {}
    for section in SECTIONS:
        for field in section.fields if section.name in values else ():
            less = None if field.needed else without(values, section, field.key)
            found = missing_in(less, lens) - before if less else set()
            more = found - set(WANTED_BY.get(f"{section.name}.{field.key}", ()))
            if more:
                wrong[f"{section.name}.{field.key}"] = more
    assert wrong == {}


def test_the_page_names_only_keys_and_duties_that_there_are():
    keys = {f"{section.name}.{field.key}" for section in SECTIONS for field in section.fields}
    assert set(WANTED_BY) <= keys
    assert {duty for duties in WANTED_BY.values() for duty in duties} <= set(DUTIES)
