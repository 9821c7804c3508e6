"""Files of assumptions, and the terms of a session among them: strict, every refusal with key and way out."""

import hashlib

import pytest

from kezek.trading.settings import Efficiency, Form, read_settings
from kezek.trading.terms import default_terms, read_terms
from kezek.units.problem import InputProblem
from kezek.units.quantity import Energy, EnergyPrice, Share

FORM = Form(
    "test.settings",
    {
        "price": EnergyPrice,
        "share": Share,
        "hour": Energy,
        "count": int,
        "word": str,
        "names": list,
        "fleet": Efficiency,
    },
    "kezek example",
)
VALUES = {
    "price": '"18.50 ₸/kWh"',
    "share": '"12.5 %"',
    "hour": '"1 MWh"',
    "count": "84",
    "word": '"shaded"',
    "names": '["a", "b"]',
    "fleet": '"60 J/TH"',
}


def text_of(**values):
    return "".join(
        f'[{key}]\nvalue = {value}\nwhy = "because"\nsource = "S0"\n' for key, value in {**VALUES, **values}.items()
    )


def read(tmp_path, text, form=FORM):
    path = tmp_path / "file.toml"
    path.write_text(text, encoding="utf-8")
    return read_settings(path=path, default="", form=form)


def refused(tmp_path, text):
    with pytest.raises(InputProblem) as caught:
        read(tmp_path, text)
    assert caught.value.where == str(tmp_path / "file.toml")
    assert caught.value.way_out
    return caught.value


def test_amounts_are_read_into_their_smallest_unit(tmp_path):
    settings = read(tmp_path, text_of())
    assert [settings.whole(key) for key in ("price", "share", "hour", "count", "fleet")] == [
        1_850,
        125_000,
        1_000_000,
        84,
        60_000,
    ]
    assert (settings.text("word"), settings.words("names")) == ("shaded", ("a", "b"))


def test_the_digest_is_that_of_the_text_as_read(tmp_path):
    settings = read(tmp_path, text_of())
    assert settings.source_text == text_of()
    assert settings.digest == hashlib.sha256(text_of().encode()).hexdigest()
    assert read(tmp_path, text_of(count="85")).digest != settings.digest


def test_every_assumption_says_why_and_where_from(tmp_path):
    text = text_of().replace('source = "S0"', 'source = ""', 1)
    first, second, *_, names, _ = read(tmp_path, text).assumptions
    assert (first.source, second.source) == ("Kezek, own assumption", "S0")
    assert first.why == "because"
    assert "a, b" in str(names)


@pytest.mark.parametrize(
    ("key", "value", "reason", "word"),
    [
        ("price", "18", "type", "with its unit"),
        ("price", "18.5", "type", "with its unit"),
        ("price", '"18"', "value", "with its unit"),
        ("price", '"18 %"', "value", "%"),
        ("price", '"18,50 ₸/kWh"', "value", "decimals take a point"),
        ("price", '"18.505 ₸/kWh"', "value", "smallest"),
        ("price", '"-1 ₸/kWh"', "range", "from 0"),
        ("price", '"10000.01 ₸/kWh"', "range", "10 000.00 ₸/kWh"),
        ("share", '"100.0001 %"', "range", "100 %"),
        ("hour", '"11 TWh"', "value", "TWh"),
        ("hour", '"10001 GWh"', "range", "10 000 GWh"),
        ("count", "-1", "type", "whole number"),
        ("count", "5000001", "type", "5000000"),
        ("count", "true", "type", "whole number"),
        ("count", "8.0", "type", "whole number"),
        ("count", "nan", "type", "whole number"),
        ("count", '"84"', "type", "whole number"),
        ("word", "3", "type", "a text"),
        ("names", "[]", "type", "different texts"),
        ("names", '["a", "a"]', "type", "different texts"),
        ("names", "[1]", "type", "different texts"),
        ("names", '"a"', "type", "different texts"),
        ("fleet", '"60"', "value", "60 J/TH"),
        ("fleet", '"60 W/TH"', "value", "60 J/TH"),
        ("fleet", '"-60 J/TH"', "value", "60 J/TH"),
        ("fleet", "60", "value", "60 J/TH"),
        ("fleet", '"² J/TH"', "value", "60 J/TH"),
        ("fleet", '"٦٠ J/TH"', "value", "60 J/TH"),
        ("fleet", '"0 J/TH"', "value", "60 J/TH"),
        ("fleet", '"060 J/TH"', "value", "60 J/TH"),
        ("fleet", '"60.5 J/TH"', "value", "60 J/TH"),
        ("fleet", '"60  J/TH"', "value", "60 J/TH"),
        ("fleet", '"1000000 J/TH"', "value", "60 J/TH"),
        ("fleet", f'"{"9" * 5_000} J/TH"', "value", "60 J/TH"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_wanted(tmp_path, key, value, reason, word):
    problem = refused(tmp_path, text_of(**{key: value}))
    assert problem.code == f"test.settings.{reason}"
    assert f"[{key}]" in problem.what
    assert word in str(problem)


@pytest.mark.parametrize(
    ("key", "value", "amount"),
    [
        ("price", '"10000 ₸/kWh"', 10**6),
        ("price", '"0 ₸/kWh"', 0),
        ("share", '"100 %"', 10**6),
        ("hour", '"10000 GWh"', 10**13),
        ("count", "5_000_000", 5 * 10**6),
        ("count", "0", 0),
        ("fleet", '"1 J/TH"', 1_000),
        ("fleet", '"999999 J/TH"', 999_999_000),
    ],
)
def test_the_largest_and_the_smallest_value_are_taken(tmp_path, key, value, amount):
    assert read(tmp_path, text_of(**{key: value})).whole(key) == amount


@pytest.mark.parametrize(
    ("change", "reason", "word"),
    [
        (lambda text: text.replace("[count]", "[cuont]"), "unknown_key", 'Did you mean "count"?'),
        (lambda text: text.replace("[count]", "[count]\nvalu = 1"), "unknown_key", 'Did you mean "value"?'),
        (lambda text: text.split("[fleet]")[0], "missing", "lacks fleet"),
        (lambda text: text.replace('why = "because"\n', "", 1), "missing", "lacks why"),
        (lambda text: "price = 3\n[share]" + text.split("[share]", 1)[1], "form", "[price] is not a table"),
        (lambda text: text + "[price]\n", "toml", "is not TOML"),
        (lambda text: text + "???", "toml", "kezek example"),
        (lambda text: text.replace("84", "9" * 5_000), "toml", "is not TOML"),
        (lambda text: text.replace("84", "[" * 5_000), "toml", "is not TOML"),
        (lambda text: text.replace('why = "because"', 'why = ""', 1), "form", "[price] why or source"),
        (lambda text: text.replace('why = "because"', 'why = " "', 1), "form", "[price] why or source"),
        (lambda text: text.replace('why = "because"', "why = 3", 1), "form", "[price] why or source"),
        (lambda text: text.replace('source = "S0"', "source = 3", 1), "form", "[price] why or source"),
    ],
)
def test_a_wrong_form_is_refused_with_the_key(tmp_path, change, reason, word):
    problem = refused(tmp_path, change(text_of()))
    assert problem.code == f"test.settings.{reason}"
    assert word in str(problem)


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name in ("nowhere.toml", "bytes.toml", "."):
        with pytest.raises(InputProblem) as caught:
            read_settings(path=tmp_path / name, default="", form=FORM)
        assert caught.value.code == "test.settings.unreadable"
        assert str(tmp_path / name) in str(caught.value)


def test_without_a_file_the_shipped_text_is_read_and_named_as_such():
    assert read_settings(path=None, default=text_of(), form=FORM).whole("count") == 84
    with pytest.raises(InputProblem, match="shipped file"):
        read_settings(path=None, default="", form=FORM)


# The terms of a session


def test_the_shipped_terms():
    terms = read_terms(None)
    keys = ("reserve_north_south", "reserve_west", "market_fee", "transmission")
    assert [terms.whole(key) for key in keys] == [1_800, 1_800, 0, 250]
    assert all(one.why for one in terms.assumptions)


def test_terms_of_ones_own(tmp_path):
    path = tmp_path / "terms.toml"
    path.write_text(default_terms().replace('"2.50 ₸/kWh"', '"3.10 ₸/kWh"'), encoding="utf-8")
    assert read_terms(path).whole("transmission") == 310
    path.write_text(default_terms().replace("[market_fee]", "[market_fees]"), encoding="utf-8")
    with pytest.raises(InputProblem) as caught:
        read_terms(path)
    assert caught.value.code == "trading.terms.unknown_key"
    assert 'Did you mean "market_fee"?' in str(caught.value)
