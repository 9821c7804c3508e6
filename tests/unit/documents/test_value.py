"""Single values: what is taken exactly, and what is refused with which code."""

import datetime as dt

import pytest

from kezek.documents.fault import RowCode, Unreadable
from kezek.documents.paper import Action
from kezek.documents.value import (
    MOST_AMOUNT_TIYN,
    delivery_of,
    price_text,
    read_action,
    read_amount,
    read_date,
    read_hour_index,
    read_id,
    read_metered,
    read_metered_wh,
    read_price,
    read_product_id,
    read_quantity,
    read_signed_price,
    read_text,
    read_version,
    read_zone,
)
from kezek.market.product import Offer, product_id
from kezek.registry.zone import Zone

NBSP, NARROW, THIN = "\u00a0", "\u202f", "\u2009"


@pytest.mark.parametrize(
    ("text", "tiyn"),
    [
        ("19,50", 1950),
        ("19.50", 1950),
        ("19,5", 1950),
        ("20", 2000),
        ("0,05", 5),
        ("1 950,00", 195_000),
        (f"1{NBSP}950,00", 195_000),
        (f"1{NARROW}950", 195_000),
        (f"12{THIN}950.5", 1_295_050),
        (" 19,50 ", 1950),
        ("1950", 195_000),
        ("100000", 10_000_000),
    ],
)
def test_a_price_is_read_exactly(text, tiyn):
    assert read_price(text) == tiyn


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("   ", RowCode.EMPTY),
        (NBSP, RowCode.EMPTY),
        ("NaN", RowCode.NOT_A_NUMBER),
        ("nan", RowCode.NOT_A_NUMBER),
        ("inf", RowCode.NOT_A_NUMBER),
        ("-Infinity", RowCode.NOT_A_NUMBER),
        ("#DIV/0!", RowCode.NOT_A_NUMBER),
        ("1e3", RowCode.FORM),
        ("0x10", RowCode.FORM),
        ("+5", RowCode.FORM),
        ("5 ₸", RowCode.FORM),
        ("19,", RowCode.FORM),
        (",50", RowCode.FORM),
        ("19,50,30", RowCode.FORM),
        ("019,50", RowCode.FORM),
        ("1_950", RowCode.FORM),
        ("19 50", RowCode.FORM),
        (f"1 950{NBSP}000", RowCode.FORM),
        ("9" * 40, RowCode.FORM),
        ("9" * 5_000, RowCode.FORM),
        ("=1+1", RowCode.FORM),
        ("１２", RowCode.DIGITS),
        ("١٢", RowCode.DIGITS),
        ("1½", RowCode.DIGITS),
        ("1,950", RowCode.AMBIGUOUS),
        ("1.950", RowCode.AMBIGUOUS),
        ("19.505", RowCode.AMBIGUOUS),
        ("1,950.00", RowCode.AMBIGUOUS),
        ("1.950,00", RowCode.AMBIGUOUS),
        ("1.950.000", RowCode.AMBIGUOUS),
        ("1'950", RowCode.AMBIGUOUS),
        ("-5", RowCode.NEGATIVE),
        ("−19,50", RowCode.NEGATIVE),
        ("-0", RowCode.NEGATIVE),
        ("19,5050", RowCode.OFF_TICK),
        ("0,505", RowCode.OFF_TICK),
        ("1950.500", RowCode.OFF_TICK),
        ("1 950,500", RowCode.OFF_TICK),
        ("0", RowCode.ZERO),
        ("0,00", RowCode.ZERO),
        ("100000,01", RowCode.TOO_LARGE),
        ("9223372036854775808", RowCode.TOO_LARGE),
    ],
)
def test_a_price_that_is_not_plain_is_refused_with_its_code(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_price(text)
    assert refusal.value.code is code
    assert refusal.value.what.startswith("price ")
    assert refusal.value.way_out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1,5", RowCode.FRACTION),
        ("100.0", RowCode.FRACTION),
        ("1,000", RowCode.AMBIGUOUS),
        ("0", RowCode.ZERO),
        ("-1", RowCode.NEGATIVE),
        ("1000000001", RowCode.TOO_LARGE),
        ("9223372036854775808", RowCode.TOO_LARGE),
        ("1e3", RowCode.FORM),
    ],
)
def test_a_quantity_is_a_whole_positive_number(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_quantity(text)
    assert refusal.value.code is code
    assert read_quantity("1 000 000 000") == 10**9


@pytest.mark.parametrize(("text", "code"), [("1.0", RowCode.FRACTION), ("0", RowCode.ZERO), ("1 000", RowCode.FORM)])
def test_a_version_counts_from_one(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_version(text)
    assert refusal.value.code is code
    assert read_version("7") == 7


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", RowCode.ID_MISSING, "order_id is empty"),
        ("A" * 65, RowCode.ID_TOO_LONG, "65 characters"),
        ("=cmd|' /C calc'!A0", RowCode.ID_CHARACTERS, "U+003D"),
        ("+7", RowCode.ID_CHARACTERS, "U+002B"),
        ("-1", RowCode.ID_CHARACTERS, "U+002D"),
        ("@SUM(A1)", RowCode.ID_CHARACTERS, "U+0040"),
        ("A\u202e1", RowCode.ID_CHARACTERS, "U+202E"),
        ("A\x071", RowCode.ID_CHARACTERS, "U+0007"),
        ("A 1", RowCode.ID_CHARACTERS, "U+0020"),
        ("А1", RowCode.ID_CHARACTERS, "U+0410"),
        ("A1\n", RowCode.ID_CHARACTERS, "U+000A"),
    ],
)
def test_an_id_is_kept_to_a_safe_alphabet(text, code, said):
    with pytest.raises(Unreadable) as refusal:
        read_id(text, of="order_id")
    assert refusal.value.code is code
    assert said in refusal.value.what
    assert refusal.value.what.isprintable()


@pytest.mark.parametrize("text", ["A", "1", "2025-10-15/west/07/G-1", "a.b_c:d/e-f", "A" * 64])
def test_usual_ids_are_taken(text):
    assert read_id(text, of="order_id") == text


@pytest.mark.parametrize(
    "text",
    [
        "2025-10-15/west/7",
        "2025-10-15/wset/07",
        "2025-02-30/west/07",
        "2025-10-15/west/24",
        "2024-02-29/west/25",
        "0001-01-01/west/00",
        "9999-12-31/west/00",
        "west/07",
        "2025-10-15/west/07/surplus",
        "2025-10-15/west/07/program",
        "2025-10-15/west/07/programme/",
        "2025-10-15/west/07/PROGRAMME",
        "2025-10-15/west/24/programme",
        "2025-10-15/west/07\n",
    ],
)
def test_a_product_that_the_calendar_does_not_have_is_refused(text):
    with pytest.raises(Unreadable) as refusal:
        delivery_of(text)
    assert refusal.value.code is RowCode.PRODUCT


def test_the_day_of_25_hours_has_an_hour_24():
    assert delivery_of("2024-02-29/west/24").until_at == delivery_of("2024-03-01/west/00").from_at


def test_the_programme_of_an_hour_is_a_product_of_the_same_hour():
    named = product_id(on=dt.date(2025, 10, 15), zone=Zone.WEST, hour_index=7, offer=Offer.PROGRAMME)
    assert delivery_of(named) == delivery_of("2025-10-15/west/07")
    assert read_product_id(named) == named
    with pytest.raises(Unreadable, match="product_id is empty"):
        read_product_id("")


def test_a_misspelt_zone_in_a_product_gets_a_hint():
    with pytest.raises(Unreadable, match="no zone") as refusal:
        delivery_of("2025-10-15/wset/07")
    assert refusal.value.way_out == 'Did you mean "west"?'


def test_words_are_read_as_they_are():
    assert read_action("amend") is Action.AMEND
    assert read_zone("north_south") is Zone.NORTH_SOUTH
    with pytest.raises(Unreadable) as wrong_action:
        read_action("ammend")
    assert (wrong_action.value.code, wrong_action.value.way_out) == (RowCode.ACTION, 'Did you mean "amend"?')
    with pytest.raises(Unreadable) as wrong_zone:
        read_zone("North_South")
    assert wrong_zone.value.code is RowCode.ZONE


def test_a_price_is_written_with_two_decimals():
    assert [price_text(1950, mark=","), price_text(5, mark="."), price_text(200_000, mark=",")] == [
        "19,50",
        "0.05",
        "2000,00",
    ]


NAME = 'ТОО "Сарыарқа Қуат" № 7 (филиал), ООО «Рога & копыта»'


@pytest.mark.parametrize("text", [NAME, "Ә", "Sary-Arka 100%", "a" * 200, "7 = 7", "電力"])
def test_a_name_may_have_letters_of_any_script(text):
    assert read_text(text, of="name") == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        (" \t", RowCode.EMPTY),
        ("a" * 201, RowCode.TEXT_TOO_LONG),
        ("a\x00b", RowCode.TEXT_CHARACTERS),
        ("a\tb", RowCode.TEXT_CHARACTERS),
        ("a\nb", RowCode.TEXT_CHARACTERS),
        ("a\x85b", RowCode.TEXT_CHARACTERS),
        ("a\u202eb", RowCode.TEXT_CHARACTERS),
        ("a\u2066b", RowCode.TEXT_CHARACTERS),
        ("a\u200fb", RowCode.TEXT_CHARACTERS),
        ("a\u200bb", RowCode.TEXT_CHARACTERS),
        ("a\u00adb", RowCode.TEXT_CHARACTERS),
        ("a\u2028b", RowCode.TEXT_CHARACTERS),
        ("a\ud800b", RowCode.TEXT_CHARACTERS),
        (f"a{NBSP}b", RowCode.TEXT_CHARACTERS),
        (" a", RowCode.TEXT_CHARACTERS),
        ("a ", RowCode.TEXT_CHARACTERS),
        ("=1+1", RowCode.TEXT_CHARACTERS),
        ("+7 701", RowCode.TEXT_CHARACTERS),
        ("-a", RowCode.TEXT_CHARACTERS),
        ("@SUM(A1)", RowCode.TEXT_CHARACTERS),
    ],
)
def test_a_name_hides_nothing_and_is_no_formula(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_text(text, of="name")
    assert refusal.value.code is code
    assert refusal.value.what.isprintable()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("31.03.2026", RowCode.DATE),
        ("2026-3-31", RowCode.DATE),
        ("20260331", RowCode.DATE),
        ("2026-W13-2", RowCode.DATE),
        ("2026-02-30", RowCode.DATE),
        ("２０２６-03-31", RowCode.DATE),
        ("2026-03-31T00:00", RowCode.DATE),
        (" 2026-03-31", RowCode.DATE),
        ("46112", RowCode.DATE),
        ("=TODAY()", RowCode.DATE),
    ],
)
def test_a_date_is_written_year_first(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_date(text, of="licence_until")
    assert refusal.value.code is code
    assert read_date("2024-02-29", of="licence_until") == dt.date(2024, 2, 29)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("25", RowCode.HOUR_INDEX),
        ("99", RowCode.HOUR_INDEX),
        ("1 000", RowCode.HOUR_INDEX),
        ("007", RowCode.FORM),
        ("07:00", RowCode.FORM),
        ("1e1", RowCode.FORM),
        ("-1", RowCode.NEGATIVE),
        ("7,5", RowCode.FRACTION),
        ("０７", RowCode.DIGITS),
        ("0７", RowCode.DIGITS),
        ("nan", RowCode.NOT_A_NUMBER),
    ],
)
def test_an_hour_is_counted_from_0_to_24(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_hour_index(text)
    assert refusal.value.code is code
    assert [read_hour_index(one) for one in ("0", "00", "7", "07", "24", " 07 ")] == [0, 0, 7, 7, 24, 7]


@pytest.mark.parametrize(
    ("text", "wh"),
    [
        ("0", 0),
        ("0,000", 0),
        ("0,001", 1),
        ("812,5", 812_500),
        ("1950,505", 1_950_505),
        ("1 950,505", 1_950_505),
        ("1,9500", 1_950),
        ("1.950500000", None),
        ("1000000000", 10**12),
    ],
)
def test_a_reading_is_exact_to_the_wh(text, wh):
    if wh is None:
        with pytest.raises(Unreadable) as refusal:
            read_metered(text, of="metered_kwh")
        assert refusal.value.code is RowCode.FRACTION
    else:
        assert read_metered(text, of="metered_kwh") == wh


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("1,950", RowCode.AMBIGUOUS),
        ("1.950,00", RowCode.AMBIGUOUS),
        ("0,0001", RowCode.FRACTION),
        ("-0,5", RowCode.NEGATIVE),
        ("1e3", RowCode.FORM),
        ("NaN", RowCode.NOT_A_NUMBER),
        ("１２", RowCode.DIGITS),
        ("1000000000,001", RowCode.TOO_LARGE),
        ("9" * 5_000, RowCode.FORM),
    ],
)
def test_a_reading_that_is_not_plain_is_refused(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_metered(text, of="metered_kwh")
    assert refusal.value.code is code


@pytest.mark.parametrize(
    ("text", "wh"), [("0", 0), ("350000", 350_000), ("350 000", 350_000), ("1000000000000", 10**12)]
)
def test_a_reading_in_wh_is_whole(text, wh):
    assert read_metered_wh(text, of="metered_wh") == wh


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("350,000", RowCode.AMBIGUOUS),
        ("350000,0", RowCode.FRACTION),
        ("812.5", RowCode.FRACTION),
        ("-5", RowCode.NEGATIVE),
        ("1000000000001", RowCode.TOO_LARGE),
    ],
)
def test_a_reading_in_wh_that_is_not_whole_is_refused(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_metered_wh(text, of="metered_wh")
    assert refusal.value.code is code


def test_an_ambiguous_reading_is_told_how_to_say_it():
    with pytest.raises(Unreadable) as refusal:
        read_metered("12,345", of="metered_kwh")
    assert "a fourth decimal" in refusal.value.way_out
    assert read_metered("12,3450", of="metered_kwh") == 12_345


@pytest.mark.parametrize(
    ("text", "tiyn"), [("24,30", 2430), ("-1,50", -150), ("−1.5", -150), ("0", 0), ("0,00", 0), ("-100000", -(10**7))]
)
def test_a_balancing_price_may_be_zero_or_less(text, tiyn):
    assert read_signed_price(text, of="price") == tiyn


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RowCode.EMPTY),
        ("-0", RowCode.FORM),
        ("-0,00", RowCode.FORM),
        ("--1", RowCode.FORM),
        ("- 1", RowCode.FORM),
        ("+1", RowCode.FORM),
        ("(1,50)", RowCode.FORM),
        ("1e3", RowCode.FORM),
        ("-1,950", RowCode.AMBIGUOUS),
        ("-0,001", RowCode.OFF_TICK),
        ("-inf", RowCode.NOT_A_NUMBER),
        ("-１", RowCode.DIGITS),
        ("-100000,01", RowCode.TOO_LARGE),
        ("100000,01", RowCode.TOO_LARGE),
    ],
)
def test_a_balancing_price_that_is_not_plain_is_refused(text, code):
    with pytest.raises(Unreadable) as refusal:
        read_signed_price(text, of="price")
    assert refusal.value.code is code


def test_an_amount_is_exact_to_the_tiyn_and_has_a_limit():
    assert read_amount("1 250 000,50", of="amount") == 125_000_050
    assert read_amount("10000000000000", of="amount") == MOST_AMOUNT_TIYN
    for text, code in (
        ("10000000000000,01", RowCode.TOO_LARGE),
        ("0", RowCode.ZERO),
        ("-5", RowCode.NEGATIVE),
        ("0,005", RowCode.OFF_TICK),
        ("1,950", RowCode.AMBIGUOUS),
    ):
        with pytest.raises(Unreadable) as refusal:
            read_amount(text, of="amount")
        assert refusal.value.code is code


def test_a_quantity_may_be_zero_only_where_that_is_said():
    assert read_quantity("0", zero_allowed=True) == 0
    with pytest.raises(Unreadable):
        read_quantity("-0", zero_allowed=True)
