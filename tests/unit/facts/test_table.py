import hashlib
import re
from importlib import resources

import pytest

from kezek.facts import table
from kezek.facts.table import SHAPES, FactError, parse_table, read_table, table_digests

HEAD = "year,production_gwh,source,terms"
ROW = "2025,1.5,Statistics,official figure"


def refused(*lines):
    with pytest.raises(FactError) as caught:
        parse_table(name="annual_production", text="\n".join(lines) + "\n")
    return caught.value


@pytest.mark.parametrize("name", SHAPES)
def test_every_shipped_table_reads_and_names_its_sources(name):
    rows = read_table(name)
    assert rows
    assert all(row["source"] and row["terms"] for row in rows)


def test_every_file_in_the_folder_is_a_declared_table():
    folder = resources.files("kezek.facts").joinpath("tables")
    assert {entry.name for entry in folder.iterdir()} == {f"{name}.csv" for name in SHAPES}


def test_another_header_is_refused_at_line_one():
    problem = refused("year,production_gwh,terms,source", ROW)
    assert (problem.file, problem.line) == ("annual_production.csv", 1)
    assert "header" in problem.what


def test_an_empty_file_is_refused():
    assert refused("").line == 1


def test_an_empty_source_is_refused_with_its_line():
    problem = refused(HEAD, ROW, "2024,1.4,,official figure")
    assert problem.line == 3
    assert problem.what == "column 'source' is empty"


def test_an_empty_cell_may_stand_only_where_declared():
    head = "fuel,year,generation_twh,installed_mw,source,terms"
    assert parse_table(name="generation_by_fuel", text=f"{head}\ncoal,2022,1,,Ember,CC BY\n")[0]["installed_mw"] == ""
    with pytest.raises(FactError, match="'generation_twh' is empty"):
        parse_table(name="generation_by_fuel", text=f"{head}\ncoal,2022,,,Ember,CC BY\n")


@pytest.mark.parametrize("line", ["2024,1.4,Statistics", "2024,1.4,Statistics,official figure,more", "2024"])
def test_a_wrong_number_of_cells_is_refused(line):
    problem = refused(HEAD, line)
    assert problem.line == 2
    assert "cells where 4 are due" in problem.what


def test_a_key_stands_once():
    problem = refused(HEAD, ROW, "2024,1.4,Statistics,official figure", "2025,9,Other,official figure")
    assert problem.line == 4
    assert problem.what == "'2025' is in line 2 already"


def test_spaces_around_a_cell_are_refused():
    assert "spaces" in refused(HEAD, "2025, 1.5,Statistics,official figure").what


def test_an_unknown_table_is_refused_with_what_is_known():
    for ask in (read_table, lambda name: parse_table(name=name, text="")):
        with pytest.raises(FactError, match="plants"):
            ask("prices")


def test_bytes_that_are_no_utf8_are_refused(monkeypatch):
    monkeypatch.setattr(table, "_bytes_of", lambda name: HEAD.encode() + b"\n\xff\n")
    with pytest.raises(FactError, match="UTF-8"):
        read_table("annual_production")


def test_an_error_prints_as_one_line():
    assert str(FactError("plants.csv", 7, "odd")) == "plants.csv:7: odd"


def test_digests_are_those_of_the_files_and_a_caller_cannot_change_them():
    digests = table_digests()
    assert set(digests) == {f"{name}.csv" for name in SHAPES}
    for file, digest in digests.items():
        content = resources.files("kezek.facts").joinpath("tables", file).read_bytes()
        assert digest == hashlib.sha256(content).hexdigest()
    digests.clear()
    assert len(table_digests()) == len(SHAPES)


@pytest.mark.parametrize("name", SHAPES)
def test_a_table_carries_no_price_of_machines_and_no_path(name):
    text = resources.files("kezek.facts").joinpath("tables", f"{name}.csv").read_text(encoding="utf-8")
    assert not re.search(r"(^|[\s,\"])/\w+/", text)
    assert "price" not in text.split("\n")[0]
    assert "\r" not in text
