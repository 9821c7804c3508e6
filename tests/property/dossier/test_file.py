"""Promises of the operator file that hold for whatever is in it."""

import re
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kezek.dossier.amount import _RANGES, Amount
from kezek.dossier.example import example_names, example_text
from kezek.dossier.field import Table, Tables
from kezek.dossier.kind import FIRST_REGIME_ON, ByName, Count, Day, Names, Number, QuarterName, Setting, Word, YesNo
from kezek.dossier.number import check_digit, read_number
from kezek.dossier.problem import DossierProblems, Refusal
from kezek.dossier.read import read_dossier, read_values
from kezek.dossier.schema import SECTIONS
from kezek.dossier.write import write_values
from kezek.units.calendar import Quarter

WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
DAYS = st.dates(FIRST_REGIME_ON, date(2100, 12, 31))


def amounts(kind):
    allowed = _RANGES[kind.of]
    least = max(kind.least, allowed.least)
    return st.integers(-(-least // kind.step), allowed.most // kind.step).map(lambda n: n * kind.step)


def values(kind):
    """What a kind reads, drawn."""
    match kind:
        case Amount():
            return amounts(kind)
        case Table():
            one = tables(kind.fields)
            return one | st.just(False) if kind.may_be_no else one
        case Tables():
            return st.lists(tables(kind.fields), max_size=3)
        case ByName():
            names = st.sampled_from(kind.names) if kind.names else WORDS
            return st.dictionaries(names, values(kind.of), max_size=4)
        case Number():
            return st.just("230540999010")
        case Word():
            return st.sampled_from(list(kind.words))
        case YesNo():
            return st.booleans()
        case Day():
            return DAYS | st.just(False) if kind.may_be_no else DAYS
        case Count():
            return st.integers(0, kind.most)
        case QuarterName():
            return st.builds(Quarter, st.integers(2021, 2099), st.integers(1, 4))
        case Names():
            return st.lists(WORDS, unique=True, max_size=4).map(tuple)
    return WORDS


def tables(fields):
    needed = {field.key: values(field.kind) for field in fields if field.needed}
    optional = {field.key: values(field.kind) for field in fields if not field.needed}
    return st.fixed_dictionaries(needed, optional=optional)


def files():
    parts = {
        section.name: st.lists(tables(section.fields), max_size=3) if section.many else tables(section.fields)
        for section in SECTIONS
    }
    operator = parts.pop("operator")
    return st.fixed_dictionaries({"operator": operator}, optional=parts)


@given(files())
def test_what_is_written_is_read_back_the_same(file):
    assert read_values(text=write_values(values=file), name="o.toml") == file


@given(files())
def test_the_same_values_are_written_as_the_same_text(file):
    text = write_values(values=file)
    assert write_values(values=read_values(text=text, name="o.toml")) == text


@given(st.data())
def test_an_answer_on_the_terminal_means_what_is_in_the_file(data):
    plain = [one for section in SECTIONS for one in section.fields if not isinstance(one.kind, Table | Tables)]
    kind = data.draw(st.sampled_from(plain)).kind
    value = data.draw(values(kind))
    names = value if isinstance(value, dict | tuple) else ()
    assume(not any(set(name) & set(",;:") or name == "none" for name in names))
    assert kind.read(kind.raw_of(kind.answer_of(value)), Setting()) == value


@given(st.integers(0, 99), st.integers(1, 12), st.sampled_from("456"), st.integers(0, 999_999))
def test_of_the_ten_last_digits_exactly_one_is_right_or_none(year, month, kind, serial):
    first_eleven = f"{year:02d}{month:02d}{kind}{serial:06d}"
    right = [digit for digit in range(10) if accepted(f"{first_eleven}{digit}")]
    digit = check_digit(first_eleven=first_eleven)
    assert right == ([] if digit is None else [digit])


def accepted(number):
    try:
        return read_number(number) == number
    except Refusal:
        return False


@given(st.integers(0, 99), st.integers(1, 12), st.sampled_from("456"), st.integers(0, 999_999), st.data())
def test_one_wrong_digit_of_the_serial_number_is_noticed_where_one_weighing_decides(year, month, kind, serial, data):
    """Eleven is prime and each weight is not a multiple of it, so that one changed digit changes the remainder."""
    eleven = f"{year:02d}{month:02d}{kind}{serial:06d}"
    place = data.draw(st.integers(5, 9))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != eleven[place]]))
    changed = eleven[:place] + other + eleven[place + 1 :]
    once = [sum(int(d) * w for w, d in enumerate(one, 1)) % 11 for one in (eleven, changed)]
    assume(10 not in once)
    assert check_digit(first_eleven=eleven) != check_digit(first_eleven=changed)


@given(st.sampled_from(example_names()), st.data())
def test_a_changed_file_is_read_or_refused_and_never_breaks(name, data):
    lines = example_text(name).splitlines()
    place = data.draw(st.integers(0, len(lines) - 1))
    key = lines[place].partition("=")[0]
    others = [
        "",
        key,
        f"{key}= 1",
        f'{key}= "1 MW"',
        f"{key}= []",
        f"{key}= {{}}",
        f"{key}= false",
        "[quarter]",
        "[[",
    ]
    lines[place] = data.draw(st.sampled_from([*others, f"{key}= 1e400", f"{key}= 2025-01-01", lines[place] + " x"]))
    for problem in problems_of("\n".join(lines)):
        assert re.fullmatch(r"dossier(\.[a-z_]+)+", problem.code)
        assert problem.where.startswith("o.toml") and problem.way_out


def problems_of(text):
    try:
        read_dossier(text=text, name="o.toml")
    except DossierProblems as problems:
        return problems.problems
    return ()


@given(st.text(max_size=60))
def test_any_text_at_all_is_refused_in_words(text):
    with pytest.raises(DossierProblems):
        read_dossier(text=text, name="o.toml")
