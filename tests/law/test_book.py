"""The packaged book as a whole: change dates, profiles, documents, cost."""

from datetime import date, timedelta
from itertools import chain

import pytest

from kezek.law.book import Ended, NotCovered, NotYetInForce, Unknown, Value, load_book
from kezek.law.value import Confidence, Missing, Scale

BOOK = load_book()
DAY = timedelta(days=1)
STARTS = [
    pytest.param(value, id=f"{value.key}-{value.from_on}-{value.reading}")
    for value in chain.from_iterable(quantity.values for quantity in BOOK.quantities.values())
]


def under(value, on):
    readings = {value.reading.question: value.reading.positions[0]} if value.reading else {}
    return BOOK.at(on=on, readings=readings).find(value.key)


def is_it(found, value):
    if isinstance(value.content, Missing):
        return isinstance(found, Unknown) and found.missing == value.content.what
    return found == value


@pytest.mark.parametrize("value", STARTS)
def test_value_holds_from_its_first_day_and_not_before(value):
    before = under(value, value.from_on - DAY)
    assert not is_it(before, value)
    assert isinstance(before, Value | Unknown | NotYetInForce | Ended | NotCovered)
    if isinstance(before, NotYetInForce):
        assert before.from_on == value.from_on
    assert is_it(under(value, value.from_on), value)
    assert is_it(under(value, value.from_on + DAY), value)


@pytest.mark.parametrize("value", [case for case in STARTS if case.values[0].until_on])
def test_value_ends_on_the_day_its_period_ends(value):
    assert is_it(under(value, value.until_on - DAY), value)
    after = under(value, value.until_on)
    assert not is_it(after, value)
    if isinstance(after, Ended):
        assert after.until_on == value.until_on


def test_every_answer_says_where_it_comes_from():
    for quantity in BOOK.quantities.values():
        for value in quantity.values:
            assert value.source.title
            assert value.finding.endswith(".")
            if value.source.kind == "ours" and value.reading and value.reading.question != "rebate.renewable":
                assert value.unconfirmed, f"{value.key}: our own choice is not confirmed by anybody"


@pytest.mark.parametrize(
    "on", [date(2022, 6, 1), date(2023, 6, 1), date(2024, 6, 1), date(2025, 10, 15), date(2026, 6, 1)]
)
def test_published_gives_nothing_that_only_one_document_claims(on):
    law = BOOK.at(on=on, profile="published")
    for key in BOOK.quantities:
        found = law.find(key)
        if isinstance(found, Value) and not key.startswith("preset."):
            assert found.confidence in (Confidence.HIGH, Confidence.MED), key
    assert law.unconfirmed_used() == frozenset()


def test_described_answers_everything_but_what_nobody_knows():
    law = BOOK.at(on=date(2025, 10, 15))
    unknown = {key for key in BOOK.quantities if isinstance(law.find(key), Unknown)}
    assert unknown == {
        "compliance.small_operator_rigs_max",
        "licence.termination_grounds",
        "penalty.repeat_factor",
        "report.miner_current_period",
        "market.operator_fee_tiyn_per_kwh",
        "market.price_floor_tiyn_per_kwh",
        "penalty.digital_asset_law_mci",
        "vat.early_exit_rate_ppm",
    }
    assert {"sale.period", "market.tie_rule", "vat.rate_ppm"} <= law.unconfirmed_used()


def test_every_question_moves_some_answer():
    moved = set()
    for on in (date(2021, 12, 1), date(2023, 8, 1), date(2025, 10, 15), date(2026, 6, 1)):
        law = BOOK.at(on=on)
        for key, quantity in BOOK.quantities.items():
            banded = any(isinstance(value.content, Scale) for value in quantity.values)
            _ = law.band_amount(key, 1000) if banded else law.find(key)
        moved |= law.touched()
    one_position = {key for key, question in BOOK.questions.items() if len(question.positions) == 1}
    assert {*BOOK.questions} - moved == one_position | {"equipment.count"}, "both counts are 415,000"


def test_readings_reach_the_answer():
    law = BOOK.at(on=date(2025, 10, 15), readings={"sale.share_2025": "s2"})
    assert law.amount("sale.share_ppm") == 800_000
    assert law.limit("energy.purchase_max_kwh") == 1000
    assert law.with_readings({"energy.purchase_max": "none"}).limit("energy.purchase_max_kwh") is None
    assert law.items("energy.exempt_routes") == ("own_renewable", "imported", "own_generation")
    assert law.with_readings({"energy.exemptions": "none"}).items("energy.exempt_routes") == ()
    assert law.touched() == {"sale.share_2025", "energy.purchase_max", "energy.exemptions"}


def test_band_that_all_readings_share_touches_nothing():
    law = BOOK.at(on=date(2023, 6, 1), readings={"fee.bands_2023": "hypothesis"})
    assert law.band_amount("fee.rate.general", 2399).content == 200
    assert law.touched() == {"fee.bands_2023"}
    flat = BOOK.at(on=date(2024, 6, 1))
    assert flat.band_amount("fee.rate.general", 2399).content == 200
    assert flat.touched() == frozenset()
    with pytest.raises(TypeError, match="ask band_amount"):
        law.amount("fee.rate.general")


def test_hypothesis_is_25_less_the_whole_tenge_and_at_least_1():
    law = BOOK.at(on=date(2023, 6, 1), readings={"fee.bands_2023": "hypothesis"})
    for price_tiyn in range(0, 3000, 7):
        expected = max(100, 2500 - price_tiyn // 100 * 100)
        assert law.band_amount("fee.rate.general", price_tiyn).content == expected


def test_two_loads_give_the_same_book():
    assert load_book() is load_book()
    assert load_book().digest == BOOK.digest
    assert len(BOOK.digest) == 64
    assert {*BOOK.file_digests} >= {"sources.toml", "questions.toml", "profiles.toml", "fee/rate.general.toml"}
