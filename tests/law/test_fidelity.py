"""The provisions of the packaged book: each source, value and key has one, and a wrong file is refused."""

from decimal import Decimal

import pytest

from kezek.law.book import load_book
from kezek.law.fidelity import FIDELITY_NAME, How, coverage, load_fidelity, parse_fidelity
from kezek.law.file import BookFile
from kezek.law.problem import BookProblem

BOOK = load_book()
FIDELITY = load_fidelity()

IMPOSSIBLE = {
    "s0.theft_energy": "16 million dollars of 50 MWh",
    "s1.theft_energy": "16.5 million dollars of 50 MWh",
    "s1.city": "50 MWh for 60,000 people",
    "s1.twenty_percent": "20 % of national output",
    "s4.share_estimate": "3.47 to 4.34 % of 400 to 620 MW",
    "s0.undersale_200": "200 % of the undisclosed for selling too little",
    "s0.prepayment": "15 % prepaid of an income that does not exist",
    "s1.small_operator": "10 to 15 % with 15 % of tax in it",
}


def test_every_source_has_a_provision():
    counted = coverage(BOOK, FIDELITY)
    assert {*counted} == {*BOOK.sources}
    assert [source for source, kinds in counted.items() if not sum(kinds.values())] == []


def test_every_value_has_a_provision_of_its_own_source():
    named = {(one.source, key) for one in FIDELITY.provisions for key in one.keys}
    values = {(value.source.key, key) for key, quantity in BOOK.quantities.items() for value in quantity.values}
    assert sorted(values - named) == []


def test_every_key_is_named_by_a_provision():
    assert [key for key in BOOK.quantities if not FIDELITY.naming(key)] == []


def test_the_law_of_2023_is_told_article_by_article():
    places = {one.at.partition("(")[0].partition(",")[0].strip() for one in FIDELITY.of("digital_assets_law")}
    assert places >= {f"Art. {article}" for article in range(1, 15)}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_claim_is_a_deviation_that_says_why(name):
    (one,) = (one for one in FIDELITY.provisions if one.name == name)
    assert one.how is How.DEVIATION
    assert len(one.why) > 20
    assert one.numbers
    assert one.conflicts


def test_a_place_names_its_source_and_sentences_end():
    for one in FIDELITY.provisions:
        assert one.name.startswith(f"{one.source}."), one.name
        assert one.says.endswith("."), one.name
        assert not one.why or one.why.endswith("."), one.name


IN_INDICES = {"s2.licence_fee"}
"""Dollars of a day that the book holds in monthly calculation indices."""


def encoded_amounts():
    """Shares and sums of money that an encoded provision of a document claims, with the amounts its keys may hold."""
    for one in FIDELITY.provisions:
        if one.how is How.ENCODED and one.name not in IN_INDICES:
            for number in one.numbers:
                if number.endswith("%"):
                    yield one, number, {Decimal(number[:-1]) * 10_000}
                elif number.startswith("$"):
                    dollars = Decimal(number[1:].replace(",", ""))
                    yield one, number, {dollars * 100, dollars * 100_000}


@pytest.mark.parametrize(
    ("one", "number", "amounts"), [*encoded_amounts()], ids=lambda part: getattr(part, "name", str(part))
)
def test_encoded_share_or_sum_is_an_amount_of_its_keys(one, number, amounts):
    held = {value.content for key in one.keys for value in BOOK.quantities[key].values if type(value.content) is int}
    assert held & amounts, f"{one.name}: {number} is not in {', '.join(one.keys)}"


def test_coverage_counts_by_what_became_of_a_provision():
    text = PAGE.replace('"encoded"\nkeys = ["sale.share_ppm"]', '"asked"\nfield = "the share"') + PAGE.replace(
        "a.b", "a.c"
    )
    counted = coverage(BOOK, parse_fidelity(BookFile(FIDELITY_NAME, text), BOOK))
    assert counted["s0"] == {How.ENCODED: 1, How.ASKED: 1, How.LEFT_OUT: 0, How.DEVIATION: 0}
    assert sum(counted["s1"].values()) == 0


PAGE = """["a.b"]
source = "s0"
at = "table"
says = "Something."
how = "encoded"
keys = ["sale.share_ppm"]
"""

REFUSED = {
    "key_unknown": ("says =", "sayss =", "law.file.key_unknown", 4, 'Did you mean "says"?'),
    "at_missing": ('at = "table"\n', "", "law.file.key_missing", 1, "'at' is missing"),
    "source_unknown": ('"s0"', '"s00"', "law.file.source", 2, 'Did you mean "s0"?'),
    "book_key_unknown": ("share_ppm", "share_pm", "law.file.content", 6, 'Did you mean "sale.share_ppm"?'),
    "how_unknown": ('"encoded"', '"encded"', "law.file.content", 5, 'Did you mean "encoded"?'),
    "keys_missing": ('keys = ["sale.share_ppm"]\n', "", "law.file.key_missing", 1, "has no keys"),
    "keys_empty": ('["sale.share_ppm"]', "[]", "law.file.key_missing", 6, "has no keys"),
    "why_missing": ('how = "encoded"', 'how = "deviation"', "law.file.key_missing", 1, "has no why"),
    "left_out_with_keys": (
        '"encoded"',
        '"left_out"\nwhy = "Old."',
        "law.file.content",
        7,
        "is left_out and has keys",
    ),
    "field_missing": ('"encoded"', '"asked"', "law.file.key_missing", 1, "has no field"),
    "encoded_with_why": ('"encoded"', '"encoded"\nwhy = "So."', "law.file.content", 6, "is encoded and has why"),
    "says_empty": ('"Something."', '" "', "law.file.content", 4, "says is empty"),
    "conflict_is_text": ("keys =", 'conflicts = ["1"]\nkeys =', "law.file.kind", 6, "Write a whole number"),
    "number_is_no_text": ("keys =", "numbers = [15]\nkeys =", "law.file.kind", 6, "Write a text in quotes"),
    "provision_is_text": ('["a.b"]\n', 'x = "y"\n["a.b"]\n', "law.file.kind", 1, "is not a table"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_file_is_refused_with_its_line(case):
    old, new, code, line, words = REFUSED[case]
    assert old in PAGE
    with pytest.raises(BookProblem) as caught:
        parse_fidelity(BookFile(FIDELITY_NAME, PAGE.replace(old, new)), BOOK)
    assert caught.value.code == code
    assert caught.value.line == line
    assert caught.value.file == FIDELITY_NAME
    assert words in f"{caught.value.what} {caught.value.way_out}"


def test_book_without_the_file_says_so(tmp_path):
    for name in ("sources.toml", "questions.toml", "profiles.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    with pytest.raises(BookProblem, match="is missing") as caught:
        load_fidelity(tmp_path)
    assert caught.value.code == "law.file.missing"


def test_file_that_is_not_utf_8_says_so(tmp_path):
    for name in ("sources.toml", "questions.toml", "profiles.toml"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / FIDELITY_NAME).write_bytes(b'["a.b"]\nat = "\xff"')
    with pytest.raises(BookProblem, match="Byte 14 is not UTF-8"):
        load_fidelity(tmp_path)


def test_the_file_is_sealed_with_the_book():
    assert FIDELITY_NAME in BOOK.file_digests
