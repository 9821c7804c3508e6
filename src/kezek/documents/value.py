"""Single values of a row, read strictly: ids, words, products, prices and amounts in tenge, energy in kWh."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from kezek.documents.fault import RowCode, Unreadable, shown
from kezek.documents.paper import Action
from kezek.market.product import Offer
from kezek.registry.zone import Zone
from kezek.units.calendar import hours_of
from kezek.units.problem import nearest

MOST_ID_CHARS = 64
MOST_PRICE_TIYN_PER_KWH = 10_000_000
"""100 000 tenge per kWh: beyond it a number or its unit is wrong. [tiyn/kWh]"""
MOST_QUANTITY_KWH = 1_000_000_000
"""1 TWh in an hour: the country draws about 16 GW. With the highest price it is 10^16 tiyn, well under 2^63. [kWh]"""
MOST_METERED_WH = 1_000 * MOST_QUANTITY_KWH
"""The same in Wh: the largest reading of an hour. [Wh]"""
MOST_VERSION = 1_000_000
MOST_AMOUNT_TIYN = 1_000_000_000_000_000
"""10^13 tenge: beyond it a number or its unit is wrong; well under 2^63. [tiyn]"""
MOST_TEXT_CHARS = 200
_WH_DIGITS = 3
MOST_HOUR_INDEX = 24
"""Place of the last hour of the one day of 25 hours (2024-02-29)."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*", re.ASCII)
_SPACES = " \u00a0\u202f\u2009"
_GROUPED = rf"[1-9][0-9]{{0,2}}(?:(?P<gap>[{_SPACES}])[0-9]{{3}})(?:(?P=gap)[0-9]{{3}}){{0,9}}"
_WHOLE = rf"(?P<whole>{_GROUPED}|0|[1-9][0-9]{{0,29}})"
_NUMBER = re.compile(rf"(?P<sign>[-−]?){_WHOLE}(?:(?P<mark>[.,])(?P<part>[0-9]{{1,40}}))?")
_MANY_MARKS = re.compile(r"[-−]?[0-9]{1,3}(?:[.,'][0-9]{3})+(?:[.,][0-9]*)?")
_NOT_A_NUMBER = re.compile(r"[-+]?(?:s?nan|inf|infinity|#.*)", re.IGNORECASE)
_PRODUCT = re.compile(
    r"(?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2})/(?P<zone>[a-z_]{1,20})/(?P<hour>[0-9]{2})" + f"(?:/{Offer.PROGRAMME})?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR = re.compile(r"0[0-9]")
_FORMULA_STARTS = ("=", "+", "-", "@")
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Delivery:
    """The hour and zone that a product id names."""

    zone: Zone
    from_at: datetime
    until_at: datetime


def read_id(text: str, *, of: str) -> str:
    """Read an id: Latin letters, digits and . _ : / - after a first letter or digit, at most 64 characters.

    The first character can never be one that a spreadsheet takes for the start of a formula.

    Args:
        of: What it names, as "order_id".

    Raises:
        Unreadable: documents.id.*

    >>> read_id("OP-001/7", of="order_id")
    'OP-001/7'
    """
    if not text.strip():
        raise Unreadable(RowCode.ID_MISSING, f"{of} is empty.", f"Write the {of}.")
    if len(text) > MOST_ID_CHARS:
        what = f"{of} {shown(text)} has {len(text)} characters; at most {MOST_ID_CHARS} are allowed."
        raise Unreadable(RowCode.ID_TOO_LONG, what, "Use a shorter id.")
    if not _ID.fullmatch(text):
        bad = next(one for at, one in enumerate(text) if not _ID.fullmatch(one if at == 0 else f"A{one}"))
        what = f"{of} {shown(text)} holds the character {shown(bad)} (U+{ord(bad):04X}) where it may not stand."
        way_out = "Begin with a Latin letter or a digit; then letters, digits and . _ : / - are allowed."
        raise Unreadable(RowCode.ID_CHARACTERS, what, way_out)
    return text


def read_word(text: str, *, of: str, known: type[_Word], code: RowCode = RowCode.WORD) -> _Word:
    """Read one of the words that a column knows, written exactly so.

    Raises:
        Unreadable: documents.value.word, or the code given.
    """
    try:
        return known(text)
    except ValueError:
        way_out = nearest(text[:MOST_ID_CHARS], [one.value for one in known])
        raise Unreadable(code, f"{of} {shown(text)} is not known.", way_out) from None


def read_action(text: str) -> Action:
    """Read what a row asks for.

    Raises:
        Unreadable: documents.value.action.
    """
    return read_word(text, of="action", known=Action, code=RowCode.ACTION)


def read_zone(text: str) -> Zone:
    """Read the name of a zone.

    Raises:
        Unreadable: documents.value.zone.
    """
    return read_word(text, of="zone", known=Zone, code=RowCode.ZONE)


def read_text(text: str, *, of: str) -> str:
    """Read a text for people, as the name of a firm: letters of any script, on one line, at most 200 characters.

    Characters that cannot be seen (control and direction marks, no-break spaces) are refused, and so are a space at
    either end and a beginning that a spreadsheet takes for a formula.

    Raises:
        Unreadable: documents.text.*, documents.value.empty.

    >>> read_text('ТОО "Сарыарқа"', of="name")
    'ТОО "Сарыарқа"'
    """
    if not text.strip():
        raise Unreadable(RowCode.EMPTY, f"{of} is empty.", "Write it.")
    if len(text) > MOST_TEXT_CHARS:
        what = f"{of} {shown(text)} has {len(text)} characters; at most {MOST_TEXT_CHARS} are allowed."
        raise Unreadable(RowCode.TEXT_TOO_LONG, what, "Shorten it.")
    bad = next((one for one in text if not one.isprintable()), None)
    if bad:
        what = f"{of} {shown(text)} holds the character {shown(bad)} (U+{ord(bad):04X}), which cannot be seen."
        raise Unreadable(RowCode.TEXT_CHARACTERS, what, "Write it again by hand, with plain spaces.")
    if text != text.strip() or text.startswith(_FORMULA_STARTS):
        what = f"{of} {shown(text)} begins with = + - @ or a space, or ends with a space."
        raise Unreadable(RowCode.TEXT_CHARACTERS, what, "Leave that character out.")
    return text


def read_date(text: str, *, of: str) -> date:
    """Read a date written year first.

    Raises:
        Unreadable: documents.value.date, documents.value.empty.

    >>> read_date("2026-03-31", of="licence_until")
    datetime.date(2026, 3, 31)
    """
    if not text.strip():
        raise Unreadable(RowCode.EMPTY, f"{of} is empty.", 'Write it, as "2026-03-31".')
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise Unreadable(RowCode.DATE, f"{of} {shown(text)} is not a date.", 'Write it, as "2026-03-31".')


def read_hour_index(text: str, *, of: str = "hour_index") -> int:
    """Read the place of an hour in its day, 0 to 24, with or without a leading 0.

    Whether the day has an hour 24 is not known here.

    Raises:
        Unreadable: documents.value.*

    >>> read_hour_index("07"), read_hour_index("7")
    (7, 7)
    """
    bare = text.strip(_SPACES)
    hour_index = read_quantity(bare[1:] if _HOUR.fullmatch(bare) else text, of=of, unit="hours", zero_allowed=True)
    if hour_index > MOST_HOUR_INDEX:
        what = f"{of} {shown(text)} is no hour of a day."
        raise Unreadable(RowCode.HOUR_INDEX, what, "Hours are counted from local midnight: 00 to 23, rarely 24.")
    return hour_index


def read_product_id(text: str) -> str:
    """Read the id of a product that the calendar has.

    Raises:
        Unreadable: documents.id.*, documents.value.product.
    """
    product_id = read_id(text, of="product_id")
    delivery_of(product_id)
    return product_id


def delivery_of(product_id: str) -> Delivery:
    """Find the hour and zone that a product id names; /programme behind it is the 70/30 programme's share.

    Raises:
        Unreadable: documents.value.product: another form, no such day, zone or hour.

    >>> delivery_of("2025-10-15/west/07").from_at.isoformat()
    '2025-10-15T02:00:00+00:00'
    >>> delivery_of("2025-10-15/west/07/programme") == delivery_of("2025-10-15/west/07")
    True
    """
    match = _PRODUCT.fullmatch(product_id)
    if not match:
        what = f"product_id {shown(product_id)} is not a day, a zone and an hour."
        way_out = f'Write it as "2025-10-15/west/07", for the programme with "/{Offer.PROGRAMME}" behind it.'
        raise Unreadable(RowCode.PRODUCT, what, way_out)
    if match["zone"] not in list(Zone):
        way_out = nearest(match["zone"], [one.value for one in Zone])
        raise Unreadable(RowCode.PRODUCT, f"product_id {shown(product_id)} names no zone of the market.", way_out)
    try:
        hours = hours_of(date.fromisoformat(match["on"]))
        hour = hours[int(match["hour"])]
    except (ValueError, OverflowError):
        what = f"product_id {shown(product_id)} names no day of the calendar."
        raise Unreadable(RowCode.PRODUCT, what, "Look at the date.") from None
    except IndexError:
        what = f"product_id {shown(product_id)} names an hour that the day does not have."
        raise Unreadable(RowCode.PRODUCT, what, f"Hours are counted from 00 to {len(hours) - 1:02d}.") from None
    return Delivery(Zone(match["zone"]), hour.starts_at, hour.starts_at + timedelta(hours=1))


def read_price(text: str, *, of: str = "price") -> int:
    """Read a price in tenge per kWh into tiyn per kWh, exactly.

    Decimals take a comma or a point; groups of three may be parted by spaces, one and the same kind throughout. One
    mark with three digits after one to three digits ("1,950") could be a group or a fraction: it is refused.

    Raises:
        Unreadable: documents.value.*

    >>> read_price("19,50"), read_price("1 950.5"), read_price("20")
    (1950, 195050, 2000)
    """
    price_tiyn_per_kwh = _tiyn(_number(text, of, '"19,50"'), text, of)
    most = f"{MOST_PRICE_TIYN_PER_KWH // 100} tenge per kWh"
    return _bounded(price_tiyn_per_kwh, MOST_PRICE_TIYN_PER_KWH, text, of, most)


def read_signed_price(text: str, *, of: str) -> int:
    """Read a price that may be zero or, with a minus before it, less: as `read_price` in all else. [tiyn/kWh]

    Raises:
        Unreadable: documents.value.*

    >>> read_signed_price("-5,00", of="price"), read_signed_price("0", of="price")
    (-500, 0)
    """
    match = _number(text, of, '"19,50"', signed=True)
    most = f"{MOST_PRICE_TIYN_PER_KWH // 100} tenge per kWh"
    price_tiyn_per_kwh = _tiyn(match, text, of)
    _bounded(price_tiyn_per_kwh, MOST_PRICE_TIYN_PER_KWH, text, of, most, zero_allowed=True)
    if match["sign"] and not price_tiyn_per_kwh:
        raise Unreadable(RowCode.FORM, f"{of} {shown(text)} is a zero with a minus.", "Write 0, or all decimals.")
    return -price_tiyn_per_kwh if match["sign"] else price_tiyn_per_kwh


def read_amount(text: str, *, of: str) -> int:
    """Read an amount of tenge into tiyn, exactly; written as a price is. [tiyn]

    Raises:
        Unreadable: documents.value.*

    >>> read_amount("1 250 000,50", of="amount")
    125000050
    """
    amount_tiyn = _tiyn(_number(text, of, '"250000,50"'), text, of)
    return _bounded(amount_tiyn, MOST_AMOUNT_TIYN, text, of, f"{MOST_AMOUNT_TIYN // 100} tenge")


def read_metered(text: str, *, of: str) -> int:
    """Read metered energy in kWh into Wh, exactly; zero is a reading. [Wh]

    "1,950" could part thousands and is refused; a fourth decimal 0 says that it is a fraction.

    Raises:
        Unreadable: documents.value.*

    >>> read_metered("812,5", of="metered_kwh"), read_metered("1,9500", of="metered_kwh")
    (812500, 1950)
    """
    way_out = "Part thousands by spaces or not at all; to a fraction add a fourth decimal, 0, or give whole Wh."
    match = _number(text, of, '"812,5"', ambiguous_way_out=way_out)
    part = (match["part"] or "").ljust(_WH_DIGITS, "0")
    if part[_WH_DIGITS:].strip("0"):
        raise Unreadable(RowCode.FRACTION, f"{of} {shown(text)} is finer than one Wh.", "Write three decimals.")
    metered_wh = int(_digits(match["whole"]) + part[:_WH_DIGITS])
    return _bounded(metered_wh, MOST_METERED_WH, text, of, f"{MOST_QUANTITY_KWH} kWh", zero_allowed=True)


def read_metered_wh(text: str, *, of: str) -> int:
    """Read metered energy in whole Wh; zero is a reading. [Wh]

    Without a fraction there is nothing to be taken for thousands: a comma or a point is refused.

    Raises:
        Unreadable: documents.value.*

    >>> read_metered_wh("350000", of="metered_wh"), read_metered_wh("38 950 125", of="metered_wh")
    (350000, 38950125)
    """
    return _whole(text, of, "Wh", MOST_METERED_WH, zero_allowed=True)


def read_quantity(text: str, *, of: str = "quantity", unit: str = "kWh", zero_allowed: bool = False) -> int:
    """Read a whole number of kWh (or kW); groups of three may be parted by spaces.

    Raises:
        Unreadable: documents.value.*

    >>> read_quantity("40 000")
    40000
    """
    return _whole(text, of, unit, MOST_QUANTITY_KWH, zero_allowed=zero_allowed)


def read_version(text: str) -> int:
    """Read the version of an order, counted from 1.

    Raises:
        Unreadable: documents.value.*
    """
    match = _number(text, "version", '"1"')
    if match["part"] or match["gap"]:
        code = RowCode.FRACTION if match["part"] else RowCode.FORM
        raise Unreadable(code, f"version {shown(text)} is not a whole number in plain digits.", "Count from 1.")
    return _bounded(int(match["whole"]), MOST_VERSION, text, "version", str(MOST_VERSION))


def price_text(price_tiyn_per_kwh: int, *, mark: str) -> str:
    """Write a price in tenge with two decimals.

    >>> price_text(1950, mark=",")
    '19,50'
    """
    return f"{price_tiyn_per_kwh // 100}{mark}{price_tiyn_per_kwh % 100:02d}"


def _whole(text: str, of: str, unit: str, most: int, *, zero_allowed: bool) -> int:
    match = _number(text, of, '"1500"')
    if match["part"]:
        what = f"{of} {shown(text)} is not a whole number of {unit}."
        raise Unreadable(RowCode.FRACTION, what, f"Write whole {unit}, without a comma or a point.")
    return _bounded(int(_digits(match["whole"])), most, text, of, f"{most} {unit}", zero_allowed=zero_allowed)


def _digits(whole: str) -> str:
    return "".join(one for one in whole if one not in _SPACES)


def _tiyn(match: re.Match[str], text: str, of: str) -> int:
    """Give a number of tenge in tiyn, without its sign."""
    part = match["part"] or ""
    if len(part) > 2:
        what = f"{of} {shown(text)} is finer than one tiyn (0.01 tenge)."
        raise Unreadable(RowCode.OFF_TICK, what, "Write at most two decimals.")
    return int(_digits(match["whole"]) + part.ljust(2, "0"))


def _number(
    text: str,
    of: str,
    example: str,
    *,
    signed: bool = False,
    ambiguous_way_out: str = "Part thousands by spaces or not at all.",
) -> re.Match[str]:
    """Take a number apart, or say what is wrong with it; the value itself is judged by the caller."""
    bare = text.strip(_SPACES)
    if not bare:
        raise Unreadable(RowCode.EMPTY, f"{of} is empty.", f"Write it, as {example}.")
    if any(one.isnumeric() and not one.isascii() for one in bare):
        what = f"{of} {shown(text)} has digits of another script."
        raise Unreadable(RowCode.DIGITS, what, "Use the digits 0 to 9.")
    if _NOT_A_NUMBER.fullmatch(bare):
        raise Unreadable(RowCode.NOT_A_NUMBER, f"{of} {shown(text)} is not a number.", f"Write it, as {example}.")
    match = _NUMBER.fullmatch(bare)
    if _is_ambiguous(bare, match):
        what = f"{of} {shown(text)} can be read in two ways: as thousands or as a fraction."
        raise Unreadable(RowCode.AMBIGUOUS, what, ambiguous_way_out)
    if match is None:
        what = f"{of} {shown(text)} is not written as a number in plain digits."
        raise Unreadable(RowCode.FORM, what, f"Write it, as {example}: no plus, no exponent, no unit, no leading 0.")
    if match["sign"] and not signed:
        raise Unreadable(RowCode.NEGATIVE, f"{of} {shown(text)} is less than nothing.", "Write a positive number.")
    return match


def _is_ambiguous(bare: str, match: re.Match[str] | None) -> bool:
    """Tell whether a mark could part thousands: "1,950" and "1.950.000", but not "0,505" or "1950.500"."""
    if match is None:
        return _MANY_MARKS.fullmatch(bare) is not None
    part, whole = match["part"] or "", match["whole"]
    return len(part) == 3 and len(whole) <= 3 and whole != "0"


def _bounded(value: int, most: int, text: str, of: str, most_text: str, *, zero_allowed: bool = False) -> int:
    if value == 0 and not zero_allowed:
        raise Unreadable(RowCode.ZERO, f"{of} is zero.", "Write a positive number, or leave the row out.")
    if value > most:
        what = f"{of} {shown(text)} is too large: the most is {most_text}."
        raise Unreadable(RowCode.TOO_LARGE, what, "Look at the number and at its unit.")
    return value
