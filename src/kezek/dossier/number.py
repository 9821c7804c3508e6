"""BIN and IIN: the twelve digits of a firm and of a person, with the check digit of the state's registers."""

from dataclasses import dataclass
from datetime import date

from kezek.dossier.problem import Refusal

_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_CENTURY = {"0": 1900, "1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000}
"""Century of birth by the seventh digit of an IIN; 0 stands for foreigners, whose century it does not say."""
_HOLDERS = {"4": "a resident legal entity", "5": "a non-resident legal entity", "6": "a joint sole trader"}
"""Holder by the fifth digit of a BIN."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """The sum behind a check digit: digits times weights, and what is left of it after dividing by 11."""

    total: int
    remainder: int


def _weigh(digits: str, weights: tuple[int, ...]) -> Weighed:
    total = sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))
    return Weighed(total, total % 11)


def check_digit(*, first_eleven: str) -> int | None:
    """Compute the twelfth digit from the eleven before it; None where the registers give out no such number.

    The digits are weighed 1 to 11 and summed; the remainder after dividing by 11 is the check digit. A remainder of
    10 is weighed again by 3 to 11, 1, 2; a number that leaves 10 once more is never given out.

    >>> check_digit(first_eleven="10014030030")
    1
    """
    once = _weigh(first_eleven, _FIRST)
    if once.remainder < 10:
        return once.remainder
    again = _weigh(first_eleven, _SECOND)
    return again.remainder if again.remainder < 10 else None


def is_personal(number: str) -> bool:
    """Tell a person's number from a firm's: its fifth digit begins a day of birth.

    >>> is_personal("991231599907"), is_personal("230540999016")
    (True, False)
    """
    return number[4] in "0123"


def holder_of(number: str) -> str:
    """Say in words whom a number belongs to by its own digits."""
    return "a person" if is_personal(number) else _HOLDERS[number[4]]


def read_number(text: str) -> str:
    """Read a BIN or an IIN: twelve digits, a possible month and day, the right check digit.

    Raises:
        Refusal: number.length, number.shape, number.check, with the arithmetic.
    """
    number = text.replace(" ", "")
    if len(number) != 12 or not (number.isascii() and number.isdigit()):
        what = f"{text!r} has {len(number)} characters; a BIN or IIN has 12 digits."
        raise Refusal("number.length", what, "Copy it from the registration certificate or identity card.")
    fault = _shape_fault(number)
    if fault:
        raise Refusal("number.shape", f"{text!r} is no BIN or IIN: {fault}.", "Look for a slip in the digits.")
    _require_check_digit(number)
    return number


def _shape_fault(number: str) -> str:
    month = int(number[2:4])
    if not 1 <= month <= 12:
        return f"digits 3 and 4 are a month, and there is no month {month}"
    if not is_personal(number):
        kind = number[4] in _HOLDERS
        return "" if kind else f"digit 5 is {number[4]}; a firm has 4, 5 or 6, a person's day begins with 0 to 3"
    if number[6] not in _CENTURY:
        return f"digit 7 of an IIN runs from 0 to 6, not {number[6]}"
    try:
        date(_CENTURY[number[6]] + int(number[:2]), month, int(number[4:6]))
    except ValueError:
        leap = number[6] == "0" and number[2:6] == "0229"
        return "" if leap else f"month {month} has no day {number[4:6]}"
    return ""


def _require_check_digit(number: str) -> None:
    digit = check_digit(first_eleven=number[:11])
    if digit == int(number[11]):
        return
    once = _weigh(number[:11], _FIRST)
    sum_of = f"the first eleven weighed 1 to 11 give {once.total}, which leaves {once.remainder} after dividing by 11"
    if once.remainder == 10:
        again = _weigh(number[:11], _SECOND)
        sum_of += f", and weighed 3 to 11, 1, 2 give {again.total}, which leaves {again.remainder}"
    due = "such a number is never given out" if digit is None else f"the last digit must be {digit}, not {number[11]}"
    what = f"{number} has a wrong check digit: {sum_of}; {due}."
    raise Refusal("number.check", what, "One of its digits is wrong or two are swapped.")
