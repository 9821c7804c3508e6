"""What a snapshot answers: values, typed absence, readings, caution with unconfirmed values, and what mattered."""

from datetime import date

import pytest

from kezek.law.book import Ended, NoRuleInForce, NotCovered, NotYetInForce, Unknown, Value, load_book
from kezek.law.problem import UnknownKey
from kezek.law.snapshot import Record
from kezek.units.problem import InputProblem

GAP = ("until_on = 2025-01-01", 'until_on = 2024-07-01\ngap = "repealed for half a year"')


@pytest.fixture
def book(pages, write_book):
    return load_book(write_book(pages))


def test_value_carries_its_evidence(book):
    value = book.at(on=date(2024, 6, 1)).find("sale.share")
    assert isinstance(value, Value)
    assert (value.content, value.unit, value.source.key, value.at) == (500_000, "ppm", "act", "Art. 1")
    assert (value.from_on, value.until_on) == (date(2024, 1, 1), date(2025, 1, 1))


def test_absence_is_typed(book, pages, write_book):
    assert book.at(on=date(2023, 12, 31)).find("sale.share") == NotYetInForce("sale.share", date(2024, 1, 1))
    pages["sale/share.toml"] = pages["sale/share.toml"].replace(*GAP)
    gapped = load_book(write_book(pages)).at(on=date(2024, 8, 1)).find("sale.share")
    assert gapped == Ended("sale.share", date(2024, 7, 1), "repealed for half a year")


def test_ended_says_when_and_why(pages, write_book):
    pages["sale/share.toml"] = pages["sale/share.toml"].replace(*GAP)
    with pytest.raises(NoRuleInForce, match=r"ended on 2024-07-01 \(repealed for half a year\)") as refusal:
        load_book(write_book(pages)).at(on=date(2024, 8, 1)).amount("sale.share")
    assert refusal.value.code == "law.value.ended"


def test_amount_outside_every_band_is_not_covered(pages, write_book):
    bands = "bands_unit = 'ppm'\nbands = [{ from = 10, until = 20, amount = 7 }]"
    pages["sale/share.toml"] = pages["sale/share.toml"].replace("amount = 500_000", bands)
    law = load_book(write_book(pages)).at(on=date(2024, 6, 1))
    assert law.band_amount("sale.share", 10).content == 7
    assert law.band_amount("sale.share", 9) == law.band_amount("sale.share", 20) == NotCovered("sale.share")


def test_not_covered_names_who_has_a_rule(pages, write_book):
    pages["sale/other.toml"] = pages["sale/other.toml"].partition('[[value]]\ntext = "b"')[0]
    law = load_book(write_book(pages)).at(on=date(2024, 6, 1), readings={"sale.other": "b"})
    assert law.find("sale.other") == NotCovered("sale.other", ("sale.other=a",))
    with pytest.raises(NoRuleInForce, match=r"One exists under sale.other=a. \[law.value.not_covered\]"):
        law.text("sale.other")


def test_position_unknown_stops_with_the_question(book):
    absent = book.at(on=date(2025, 6, 1), profile="published").find("sale.share")
    assert isinstance(absent, Unknown)
    assert (absent.question, absent.missing) == ("sale.share_2025", "Which share?")
    assert "sale.share_2025=majority" in absent.way_out
    before = book.at(on=date(2023, 6, 1), profile="published")
    assert isinstance(before.find("sale.share"), NotYetInForce)


@pytest.mark.parametrize(
    ("on", "profile", "code"),
    [
        (date(2023, 1, 1), "described", "law.value.not_yet_in_force"),
        (date(2025, 1, 1), "published", "law.value.unknown"),
    ],
)
def test_absence_raises_where_a_value_is_needed(book, on, profile, code):
    with pytest.raises(NoRuleInForce) as refusal:
        book.at(on=on, profile=profile).amount("sale.share")
    assert refusal.value.code == code
    assert refusal.value.absent.code == code
    assert isinstance(refusal.value, InputProblem)


def test_reading_chosen_by_name_is_an_opt_in(book):
    for profile in ("described", "published"):
        law = book.at(on=date(2025, 6, 1), profile=profile, readings={"sale.share_2025": "s2"})
        assert law.amount("sale.share") == 800_000
        assert law.unconfirmed_used() == {"sale.share"}


def test_unconfirmed_default_of_a_strict_profile(pages, write_book):
    pages["questions.toml"] = pages["questions.toml"].replace(
        'published = { position = "unknown"', 'published = { position = "s2"'
    )
    book = load_book(write_book(pages))
    absent = book.at(on=date(2025, 6, 1), profile="published").find("sale.share")
    assert isinstance(absent, Unknown)
    assert "Four fifths." in absent.missing
    assert "accept_unconfirmed sale.share" in absent.way_out
    accepted = book.at(on=date(2025, 6, 1), profile="published", accept_unconfirmed=frozenset({"sale.share"}))
    assert accepted.amount("sale.share") == 800_000
    assert accepted.unconfirmed_used() == {"sale.share"}


def test_touched_only_where_a_position_matters(book):
    law = book.at(on=date(2024, 6, 1))
    assert law.amount("sale.share") == 500_000
    assert law.touched() == frozenset()
    law = book.at(on=date(2025, 6, 1))
    assert law.amount("sale.share") == 750_000
    assert law.touched() == {"sale.share_2025"}
    assert law.text("sale.other") == "a"
    assert law.touched() == {"sale.share_2025", "sale.other"}


def test_touched_by_an_absence_and_not_by_agreement(book, pages, write_book):
    law = book.at(on=date(2025, 6, 1), profile="published")
    assert isinstance(law.find("sale.share"), Unknown)
    assert law.touched() == {"sale.share_2025"}
    pages["sale/share.toml"] = pages["sale/share.toml"].replace("800_000", "750_000")
    agreed = load_book(write_book(pages)).at(on=date(2025, 6, 1))
    assert agreed.amount("sale.share") == 750_000
    assert agreed.touched() == frozenset()


def test_the_same_law_writes_into_another_record(book):
    law = book.at(on=date(2025, 6, 1))
    law.amount("sale.share")
    record = Record()
    other = law.recording(record)
    assert other.touched() == frozenset()
    assert other.amount("sale.share") == 750_000
    assert record.touched == other.touched() == law.touched() == {"sale.share_2025"}
    assert [(key, at, on) for key, at, on in record.asked] == [("sale.share", None, date(2025, 6, 1))]
    record.clear()
    assert not record.touched
    assert not record.asked


def test_overlay_shares_the_values_and_leaves_the_first_alone(book):
    law = book.at(on=date(2025, 6, 1))
    other = law.with_readings({"sale.share_2025": "s2"})
    assert (law.amount("sale.share"), other.amount("sale.share")) == (750_000, 800_000)
    assert other.quantities is law.quantities
    assert law.positions["sale.share_2025"] == "majority"
    assert other.positions == {"sale.share_2025": "s2", "sale.other": "a"}


def test_positions_cannot_be_written(book):
    with pytest.raises(TypeError):
        book.at(on=date(2025, 6, 1)).positions["sale.other"] = "b"
    with pytest.raises(AttributeError):
        book.at(on=date(2025, 6, 1)).on = date(2024, 1, 1)


def test_asked_for_as_another_kind(book):
    law = book.at(on=date(2025, 6, 1))
    with pytest.raises(TypeError, match=r"sale.share is in ppm, asked for as bool"):
        law.flag("sale.share")
    with pytest.raises(TypeError, match=r"sale.other is in text, asked for as int"):
        law.amount("sale.other")
    with pytest.raises(TypeError):
        law.items("sale.other")
    with pytest.raises(TypeError):
        law.limit("sale.other")


def test_misspelt_key_is_a_bug(book):
    with pytest.raises(UnknownKey, match=r'Did you mean "sale.share"\? \[law.key.unknown\]'):
        book.at(on=date(2025, 6, 1)).amount("sale.shaer")
    assert issubclass(UnknownKey, KeyError)


@pytest.mark.parametrize(
    ("wish", "code", "words"),
    [
        ({"profile": "publisht"}, "law.profile.unknown", 'Did you mean "published"? Known: described, published.'),
        ({"readings": {"sale.share_2024": "s2"}}, "law.reading.unknown", 'Did you mean "sale.share_2025"?'),
        ({"readings": {"sale.share_2025": "s3"}}, "law.reading.unknown", "Known: majority, s2."),
        ({"accept_unconfirmed": frozenset({"sale.shar"})}, "law.accept.unknown", 'Did you mean "sale.share"?'),
    ],
)
def test_wish_that_names_nothing(book, wish, code, words):
    with pytest.raises(InputProblem) as refusal:
        book.at(on=date(2025, 6, 1), **wish)
    assert refusal.value.code == code
    assert words in str(refusal.value)


def test_unknown_is_a_position_of_every_question(book):
    law = book.at(on=date(2025, 6, 1), readings={"sale.share_2025": "unknown"})
    assert isinstance(law.find("sale.share"), Unknown)


def test_what_was_known_on_a_day(pages, write_book):
    share = pages["sale/share.toml"].replace(
        "until_on = 2025-01-01", "until_on = 2025-01-01\npublished_on = 2023-02-06"
    )
    pages["sale/share.toml"] = share.replace(
        "from_on = 2025-01-01", "from_on = 2025-01-01\npublished_on = 2024-07-05"
    )
    book = load_book(write_book(pages))

    def share_on(on, known_on):
        return book.at(on=on, known_on=known_on).find("sale.share")

    assert share_on(date(2024, 6, 1), date(2023, 2, 5)) == NotCovered("sale.share")
    assert share_on(date(2024, 6, 1), date(2023, 2, 6)).content == 500_000
    assert share_on(date(2025, 6, 1), date(2024, 7, 4)).content == 500_000, "the end was not known yet"
    assert share_on(date(2025, 6, 1), date(2024, 7, 5)).content == 750_000
