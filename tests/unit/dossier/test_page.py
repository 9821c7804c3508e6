"""The blank file and the page of keys come from the schema, and keep up with it."""

import re
import tomllib
from datetime import date

import pytest

from kezek.dossier.field import Table, Tables
from kezek.dossier.kind import Setting
from kezek.dossier.page import schema_page, template_text
from kezek.dossier.problem import FlagCode
from kezek.dossier.read import read_dossier
from kezek.dossier.schema import DOCUMENTS, SECTIONS
from kezek.duties.lens import Lens
from kezek.law import keys
from kezek.law.book import load_book

FIELDS = [(section, field) for section in SECTIONS for field in section.fields]
INNER = [
    (section, one)
    for section, field in FIELDS
    if isinstance(field.kind, Table | Tables)
    for one in field.kind.fields
    if not isinstance(one.kind, Table | Tables)
]


def test_the_blank_file_is_a_file():
    dossier = read_dossier(text=template_text(), name="blank.toml", as_of=date(2025, 12, 10))
    assert dossier.facts.operator_id == "OP-001" and dossier.facts.books == ()


def test_the_blank_file_without_its_hashes_is_a_right_and_coherent_file():
    text = re.sub(r"(?m)^# ?", "", template_text())
    dossier = read_dossier(text=text, name="full.toml")
    assert [flag.code for flag in dossier.flags] == [FlagCode.QUARTER_GAP, FlagCode.IMPORTED_OUTSIDE]
    tables = tomllib.loads(text)
    assert set(tables) == {section.name for section in SECTIONS}
    for section, field in FIELDS:
        table = tables[section.name][0] if section.many else tables[section.name]
        assert field.key in table


@pytest.mark.parametrize(("section", "field"), FIELDS + INNER, ids=lambda one: getattr(one, "key", None))
def test_an_example_of_a_key_can_be_read(section, field):
    raw = tomllib.loads(f"it = {field.kind.example}")["it"]
    if isinstance(field.kind, Table):
        assert set(raw) <= {one.key for one in field.kind.fields}
    elif isinstance(field.kind, Tables):
        assert set(raw[0]) <= {one.key for one in field.kind.fields}
    else:
        value = field.kind.read(raw, Setting())
        assert (
            tomllib.loads(f"it = {field.kind.write(value)}")["it"] == raw
            or field.kind.read(tomllib.loads(f"it = {field.kind.write(value)}")["it"], Setting()) == value
        )


@pytest.mark.parametrize(("section", "field"), FIELDS + INNER, ids=lambda one: getattr(one, "key", None))
def test_every_key_asks_a_question_and_every_note_is_a_sentence(section, field):
    assert field.question.endswith("?") and field.question[0].isupper()
    assert field.note == "" or field.note.endswith(".")
    assert field.in_file == "" or field.in_file.endswith(".")
    assert "`" not in field.note and not field.note.startswith("false")


def test_no_line_of_the_blank_file_is_too_long_to_read():
    assert max(map(len, template_text().splitlines())) <= 130


def test_the_page_has_every_section_and_every_key():
    page = schema_page()
    for section in SECTIONS:
        assert f"## `{section.header}`" in page
    for _, field in FIELDS:
        assert re.search(rf"^\| `{field.key}`( \(needed\))? \|", page, re.MULTILINE), field.key
    assert "| `bought_on_platform.other_months.largest` (needed) |" in page


def test_every_row_of_the_page_has_five_cells():
    rows = [line for line in schema_page().splitlines() if line.startswith("| ")]
    assert len(rows) > 80
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_gates_are_keys_of_the_operator():
    known = {field.key for field in SECTIONS[0].fields}
    assert {section.gate for section in SECTIONS if section.gate} <= known


def test_the_documents_are_those_of_the_law():
    law = Lens(book=load_book(), profile="described", readings={}).on(date(2025, 10, 15))
    assert tuple(law.items(keys.LICENCE_STEPS_BEFORE)) == DOCUMENTS
