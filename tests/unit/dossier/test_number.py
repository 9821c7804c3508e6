"""BIN and IIN: expected digits are worked by hand."""

import pytest

from kezek.dossier.number import check_digit, holder_of, is_personal, read_number
from kezek.dossier.problem import Refusal


def test_the_first_weights_give_the_digit_where_they_leave_less_than_ten():
    # 2*1 + 3*2 + 0*3 + 5*4 + 4*5 + 0*6 + 9*7 + 9*8 + 9*9 + 0*10 + 1*11 = 275 = 25 * 11 + 0
    assert check_digit(first_eleven="23054099901") == 0


def test_a_remainder_of_ten_is_weighed_a_second_time():
    # 1*1 + 0*2 + 0*3 + 1*4 + 4*5 + 0*6 + 0*7 + 0*8 + 0*9 + 3*10 + 0*11 = 55 leaves 0; with 5 as the seventh digit
    # 55 + 35 = 90 leaves 2; with 3: 55 + 21 = 76 = 6 * 11 + 10, so by the second weights
    # 1*3 + 0*4 + 0*5 + 1*6 + 4*7 + 0*8 + 3*9 + 0*10 + 0*11 + 3*1 + 0*2 = 67 = 6 * 11 + 1
    assert check_digit(first_eleven="10014030030") == 1


def test_a_number_that_leaves_ten_twice_is_never_given_out():
    never = [f"2305409{n:04d}" for n in range(10_000) if check_digit(first_eleven=f"2305409{n:04d}") is None]
    assert never
    with pytest.raises(Refusal, match="such a number is never given out"):
        read_number(f"{never[0]}0")


def test_a_right_number_is_read_with_or_without_spaces():
    assert read_number("230540999010") == "230540999010"
    assert read_number("230540 999010") == "230540999010"


def test_a_wrong_check_digit_is_refused_with_its_arithmetic():
    with pytest.raises(Refusal) as caught:
        read_number("230540999017")
    assert caught.value.reason == "number.check"
    assert caught.value.what == (
        "230540999017 has a wrong check digit: the first eleven weighed 1 to 11 give 275, which leaves 0 after "
        "dividing by 11; the last digit must be 0, not 7."
    )


def test_the_second_weighing_is_shown_as_well():
    with pytest.raises(
        Refusal, match=r"give 76, which leaves 10 .*, 1, 2 give 67, which leaves 1; .* must be 1, not 9"
    ):
        read_number("100140300309")


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("23054099901", "has 11 characters"),
        ("2305409990100", "has 13 characters"),
        ("23054099901x", "a BIN or IIN has 12 digits"),
        ("٢٣٠٥٤٠٩٩٩٠١٠", "a BIN or IIN has 12 digits"),
        ("231340999010", "there is no month 13"),
        ("230040999010", "there is no month 0"),
        ("230570999010", "digit 5 is 7"),
        ("230231399010", "month 2 has no day 31"),
        ("230200399010", "month 2 has no day 00"),
        ("230215799010", "digit 7 of an IIN runs from 0 to 6, not 7"),
        ("010229599010", "month 2 has no day 29"),
    ],
)
def test_a_number_of_the_wrong_shape_is_refused(number, fault):
    with pytest.raises(Refusal, match=fault):
        read_number(number)


def test_the_fifth_digit_tells_a_person_from_a_firm():
    assert is_personal("991231599907") and not is_personal("230540999010")
    assert holder_of("230540999010") == "a resident legal entity"
    assert holder_of("230550999010") == "a non-resident legal entity"
    assert holder_of("230560999010") == "a joint sole trader"
