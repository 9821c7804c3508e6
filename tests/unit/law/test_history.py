"""The history of a quantity: lanes by reading, gaps in words, human units."""

from datetime import date

import pytest

from kezek.law.absence import NotYetInForce, Unknown
from kezek.law.book import load_book
from kezek.law.history import Gap, Row, history_of, holding, near_keys, said, said_band
from kezek.law.value import Band, Missing, Scale, Unit, Unlimited
from kezek.units.problem import InputProblem


@pytest.fixture
def book(pages, write_book):
    return load_book(write_book(pages))


def row(lane, nth=0):
    found = lane.rows[nth]
    return (
        str(found.from_on),
        str(found.until_on),
        found.said if isinstance(found, Row) else f"nothing: {found.why}",
    )


def test_lanes_are_the_readings_with_who_holds_and_who_takes_them(book):
    general, majority, s2 = history_of(book, "sale.share").lanes
    assert (general.reading, general.holders, general.taken_by) == (None, {}, ())
    assert (str(majority.reading), majority.holders, majority.taken_by) == (
        "sale.share_2025=majority",
        {"majority": "most"},
        ("described",),
    )
    assert (s2.holders, s2.taken_by) == ({"s2": "one"}, ())
    assert row(general) == ("2024-01-01", "2025-01-01", "50 %")
    assert [row(lane) for lane in (majority, s2)] == [
        ("2025-01-01", "None", "75 %"),
        ("2025-01-01", "None", "80 %"),
    ]


def test_history_names_its_questions_and_its_first_day(book):
    history = history_of(book, "sale.share")
    assert [question.key for question in history.questions] == ["sale.share_2025"]
    assert history.first_on == date(2024, 1, 1)


def test_end_that_another_value_follows_is_no_gap(book):
    lanes = history_of(book, "sale.share").lanes
    assert not any(isinstance(one, Gap) for lane in lanes for one in lane.rows)


def test_declared_gap_and_end_without_a_successor_are_said(pages, write_book):
    share = pages["sale/share.toml"].replace("until_on = 2025-01-01", 'until_on = 2024-07-01\ngap = "repealed"')
    share = share.replace("from_on = 2025-01-01", "from_on = 2025-01-01\nuntil_on = 2026-01-01")
    pages["sale/share.toml"] = share
    general, majority, _ = history_of(load_book(write_book(pages)), "sale.share").lanes
    assert row(general, 1) == ("2024-07-01", "2025-01-01", "nothing: repealed")
    assert row(majority, 1) == ("2026-01-01", "None", "nothing: no text seen says what follows")


def test_value_of_another_position_does_not_fill_a_gap(pages, write_book):
    """Only the position `s2` goes on from 2026; whoever holds `majority` has nothing then."""
    share = pages["sale/share.toml"].replace(
        "amount = 750_000\nfrom_on = 2025-01-01", "amount = 750_000\nfrom_on = 2025-01-01\nuntil_on = 2026-01-01"
    )
    first, second = share.rsplit("[[value]]", 1)
    ended = second.replace("from_on = 2025-01-01", "from_on = 2025-01-01\nuntil_on = 2026-01-01")
    pages["sale/share.toml"] = f"{first}[[value]]{ended}\n[[value]]{second.replace('2025-01-01', '2026-01-01')}"
    _, majority, s2 = history_of(load_book(write_book(pages)), "sale.share").lanes
    assert isinstance(majority.rows[1], Gap)
    assert [type(one) for one in s2.rows] == [Row, Row]


def test_unknown_key_gets_the_nearest_right_one(book):
    with pytest.raises(InputProblem, match=r"Did you mean sale\.share\? `kezek law show` lists") as refusal:
        history_of(book, "sale.shaer")
    assert refusal.value.code == "law.key.unknown"
    with pytest.raises(InputProblem, match=r"Did you mean sale\.other"):
        history_of(book, "other")


def test_word_near_to_nothing_gets_the_list_alone():
    assert near_keys("zzz", ["sale.share"], listing="kezek law show") == "`kezek law show` lists all of them."
    assert near_keys("", ["sale.share"], listing="x") == "`x` lists all of them."
    assert near_keys("s", [f"s{n}" for n in range(9)], listing="x").count(" or ") <= 4


def test_what_holds_on_a_day_under_profile_and_reading(book):
    def ask(on, profile="described", **readings):
        taken = {key.replace("__", "."): position for key, position in readings.items()}
        return holding(book, "sale.share", on=on, profile=profile, readings=taken)

    assert ask(date(2024, 6, 1)).said == "50 %"
    assert ask(date(2025, 6, 1)).said == "75 %"
    other = ask(date(2025, 6, 1), sale__share_2025="s2")
    assert (other.said, other.readings) == ("80 %", {"sale.share_2025": "s2"})
    early = ask(date(2023, 12, 31))
    assert isinstance(early.answer, NotYetInForce)
    assert early.said == "No rule is in force on 2023-12-31: the first starts on 2024-01-01. Ask for a later day."
    left_open = ask(date(2025, 6, 1), profile="published")
    assert isinstance(left_open.answer, Unknown)
    assert left_open.said == (
        "Not known on 2025-06-01: Which share? Choose a reading: sale.share_2025=majority, sale.share_2025=s2."
    )
    with pytest.raises(InputProblem, match=r"law\.reading\.unknown"):
        ask(date(2025, 6, 1), sale__share_2025="s3")


@pytest.mark.parametrize(
    ("content", "unit", "words"),
    [
        (750_000, Unit.PPM, "75 %"),
        (500, Unit.PPM, "0.05 %"),
        (200, Unit.TIYN_PER_KWH, "2.00 ₸/kWh"),
        (432_500, Unit.TIYN, "4 325.00 ₸"),
        (1_000, Unit.KWH, "1 MWh"),
        (100_000_000, Unit.W, "100 MW"),
        (2_000, Unit.MCI, "2 000 MCI"),
        (500_005, Unit.USD_CENTS, "5 000.05 USD"),
        (4_500, Unit.USD_CENTS_PER_MWH, "45.00 USD/MWh"),
        (415_000, Unit.COUNT, "415 000"),
        (15, Unit.BUSINESS_DAYS, "15 business days"),
        (1, Unit.BUSINESS_DAYS, "1 business day"),
        (1, Unit.MCI, "1 MCI"),
        (3, Unit.YEARS, "3 years"),
        (True, Unit.FLAG, "yes"),
        (False, Unit.FLAG, "no"),
        (("a", "b"), Unit.LIST, "a, b"),
        ((), Unit.LIST, "none"),
        ("09:30", Unit.CLOCK, "09:30"),
        (Unlimited(), Unit.KWH, "no limit"),
        (Missing("the rate"), Unit.PPM, "unknown: the rate"),
    ],
)
def test_said_in_human_units(content, unit, words):
    assert said(content, unit) == words


def test_scale_is_said_in_short_and_by_band():
    scale = Scale(
        Unit.TIYN_PER_KWH, (Band(0, 500, Missing("the rate")), Band(500, 1000, 1000), Band(1000, None, 300))
    )
    assert said(scale, Unit.TIYN_PER_KWH) == "3 bands by tiyn/kWh, 3.00 ₸/kWh to 10.00 ₸/kWh, 1 unknown"
    assert [said_band(band, scale, Unit.TIYN_PER_KWH) for band in scale.bands] == [
        ("0.00 to under 5.00 ₸/kWh", "unknown: the rate"),
        ("5.00 to under 10.00 ₸/kWh", "10.00 ₸/kWh"),
        ("from 10.00 ₸/kWh", "3.00 ₸/kWh"),
    ]


def test_every_quantity_of_the_packaged_book_has_a_history():
    """Each value stands in exactly one lane, in order, and says something."""
    book = load_book()
    for key, quantity in book.quantities.items():
        lanes = history_of(book, key).lanes
        rows = [one for lane in lanes for one in lane.rows if isinstance(one, Row)]
        assert sorted(map(id, (one.value for one in rows))) == sorted(map(id, quantity.values)), key
        for lane in lanes:
            starts = [one.from_on for one in lane.rows]
            assert starts == sorted(starts)
        assert all(one.said.strip() for one in rows)
