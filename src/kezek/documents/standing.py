"""Standing orders as TOML: "up to 40 MW at up to 19.50 tenge/kWh, nights, until 31 March", and back in words."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from kezek.documents.fault import (
    Limits,
    PaperCode,
    RowCode,
    Unreadable,
    refused,
    require_rows,
    require_size,
    shown,
)
from kezek.documents.paper import RowFault
from kezek.documents.rows import first_fault, taken
from kezek.documents.value import (
    MOST_ID_CHARS,
    MOST_PRICE_TIYN_PER_KWH,
    price_text,
    read_id,
    read_price,
    read_quantity,
    read_version,
    read_zone,
)
from kezek.registry.zone import Zone
from kezek.units.problem import nearest

NAMED_HOURS: Mapping[str, str] = MappingProxyType({"all": "00-24", "days": "06-22", "nights": "22-06"})
"""What the words for hours mean unless the caller says otherwise, on the clock of Kazakhstan."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_TABLE = "standing_order"
_NEEDED = ("order_id", "version", "operator_id", "site_id", "zone", "power_kw", "hours", "from_on")
_EITHER = (("price_tenge_per_kwh", "price_tiyn_per_kwh"), ("until_on", "last_on"))
_KEYS = (*_NEEDED, "owner_id", "weekdays", *_EITHER[0], *_EITHER[1])
_SPAN = re.compile(r"(?P<first>[01][0-9]|2[0-3])(?:-(?P<until>[01][0-9]|2[0-4]))?")
_Read = TypeVar("_Read")
_AT = re.compile(r"\s*\(at [^)]*\)$")


@dataclass(frozen=True, slots=True)
class StandingOrderRow:
    """An order that is placed anew for every delivery day until it ends.

    Args:
        place: As "standing_order 2".
        power_kw: Most power in each hour, which makes as many kWh. [kW]
        hours: Hours of the delivery day on the clock of Kazakhstan, 0..23, in order; 22 to 06 is the last two and the
            first six hours of the same delivery day.
        hours_said: The hours as the file says them, for people.
        weekdays: Of the delivery day, Monday 0; all seven where the file says nothing.
        from_on: First delivery day.
        until_on: Day after the last delivery day.
    """

    place: str
    order_id: str
    version: int
    operator_id: str
    site_id: str
    owner_id: str
    zone: Zone
    power_kw: int
    price_tiyn_per_kwh: int
    hours: tuple[int, ...]
    hours_said: str
    weekdays: tuple[int, ...]
    from_on: date
    until_on: date


def standing_orders(
    *, text: str, name: str, limits: Limits, named_hours: Mapping[str, str] = NAMED_HOURS
) -> tuple[StandingOrderRow | RowFault, ...]:
    """Read a file of standing orders, one table [[standing_order]] each.

    Exactly one of price_tenge_per_kwh (a text) and price_tiyn_per_kwh (a whole number), and exactly one of until_on
    (the day after the last) and last_on (the last day) is given. Where owner_id is left out, the operator bids for
    itself.

    Args:
        name: Of the file, for refusals.
        named_hours: Words for hours and what they mean.

    Raises:
        InputProblem: documents.paper.*, documents.toml.*: nothing of the file can be read.
    """
    require_size(size_bytes=len(text.encode("utf-8", "replace")), limits=limits, name=name)
    tables = _tables(text, name)
    require_rows(row_count=len(tables), limits=limits, name=name)
    return tuple(_row(f"{_TABLE} {number}", one, named_hours) for number, one in enumerate(tables, start=1))


def in_words(row: StandingOrderRow) -> str:
    """Say a standing order in English; the last day is meant inclusively.

    >>> file = '''[[standing_order]]
    ... order_id = "S-1"
    ... version = 1
    ... operator_id = "OP-001"
    ... site_id = "SITE-1"
    ... zone = "north_south"
    ... power_kw = 40_000
    ... price_tenge_per_kwh = "19.50"
    ... hours = "nights"
    ... from_on = 2026-01-01
    ... last_on = 2026-03-31
    ... '''
    >>> in_words(standing_orders(text=file, name="orders.toml", limits=Limits())[0])
    'up to 40 MW at up to 19.50 tenge/kWh, nights (22-06), from 1 January 2026 until and including 31 March 2026'
    """
    power = f"{row.power_kw} kW" if row.power_kw % 1_000 else f"{row.power_kw // 1_000} MW"
    days = "" if len(row.weekdays) == len(WEEKDAYS) else f", {_weekdays_said(row.weekdays)}"
    last_on = row.until_on - timedelta(days=1)
    return (
        f"up to {power} at up to {price_text(row.price_tiyn_per_kwh, mark='.')} tenge/kWh, {row.hours_said}{days}, "
        f"from {_day_said(row.from_on)} until and including {_day_said(last_on)}"
    )


def _tables(text: str, name: str) -> list[Mapping[str, Any]]:
    way_out = "Correct it; the manual has an example."
    try:
        file = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise refused(
            PaperCode.TOML_FORM, f"The file is not TOML: {_line_first(str(error))}.", name, way_out
        ) from None
    except (ValueError, RecursionError):
        what = "The file holds a number of too many digits, or tables nested too deep."
        raise refused(PaperCode.TOML_FORM, what, name, way_out) from None
    unknown = next((key for key in file if key != _TABLE), None)
    if unknown is not None:
        what = f"Key {shown(unknown)} is not known at the top of the file."
        raise refused(PaperCode.TOML_KEY, what, name, f"Begin each order with [[{_TABLE}]].")
    tables = file.get(_TABLE, [])
    if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
        raise refused(PaperCode.TOML_KEY, f"{_TABLE} is no list of tables.", name, f"Write [[{_TABLE}]].")
    if not tables:
        raise refused(PaperCode.TOML_NO_ORDERS, "The file holds no order.", name, f"Begin one with [[{_TABLE}]].")
    return tables


def _line_first(error: str) -> str:
    """Put the place of a fault before the fault: "line 3, column 1: ..."."""
    at = _AT.search(error)
    return f"{at[0].strip(' ()').removeprefix('at ')}: {_AT.sub('', error)}" if at else error


def _row(place: str, table: Mapping[str, Any], named_hours: Mapping[str, str]) -> StandingOrderRow | RowFault:
    faults = _key_faults(table)
    order_id = taken(_text(table, "order_id"), partial(read_id, of="order_id"), faults) or ""
    ids = {
        key: taken(_text(table, key), partial(read_id, of=key), faults) or "" for key in ("operator_id", "site_id")
    }
    owner_id = ids["operator_id"]
    if "owner_id" in table:
        owner_id = taken(_text(table, "owner_id"), partial(read_id, of="owner_id"), faults) or ""
    said, hours = _kept(lambda: _hours(table.get("hours"), named_hours), faults) or ("", ())
    from_on = _kept(lambda: _date(table, "from_on"), faults) or date.min
    until_on = _kept(lambda: _until_on(table, from_on), faults) or date.max
    row = StandingOrderRow(
        place=place,
        order_id=order_id,
        version=taken(_whole(table, "version"), read_version, faults) or 0,
        operator_id=ids["operator_id"],
        site_id=ids["site_id"],
        owner_id=owner_id,
        zone=taken(_text(table, "zone"), read_zone, faults) or Zone.WEST,
        power_kw=taken(_whole(table, "power_kw"), partial(read_quantity, of="power_kw", unit="kW"), faults) or 0,
        price_tiyn_per_kwh=_kept(lambda: _price(table), faults) or 0,
        hours=hours,
        hours_said=said,
        weekdays=_kept(lambda: _weekdays(table.get("weekdays")), faults) or (),
        from_on=from_on,
        until_on=until_on,
    )
    wrong = first_fault(faults)
    return RowFault(place, order_id, wrong.code.value, wrong.what, wrong.way_out) if wrong else row


def _kept(read: Callable[[], _Read], faults: list[Unreadable]) -> _Read | None:
    try:
        return read()
    except Unreadable as wrong:
        faults.append(wrong)
        return None


def _key_faults(table: Mapping[str, Any]) -> list[Unreadable]:
    """Find keys that are unknown, missing, or stand beside one that says the same."""
    faults = []
    for key in table:
        if key not in _KEYS:
            way_out = nearest(key[:MOST_ID_CHARS], list(_KEYS))
            faults.append(Unreadable(RowCode.KEY, f"Key {shown(key)} is not known.", way_out))
    for key in _NEEDED:
        if key not in table:
            faults.append(Unreadable(RowCode.KEY, f'Key "{key}" is missing.', "Add it; the manual has an example."))
    for one, other in _EITHER:
        if (one in table) == (other in table):
            both = "both" if one in table else "none"
            what = f'Of "{one}" and "{other}" the order has {both}.'
            faults.append(Unreadable(RowCode.KEY, what, "Give exactly one of the two."))
    return faults


def _text(table: Mapping[str, Any], key: str) -> str | Unreadable:
    found = table.get(key, "")
    if isinstance(found, str):
        return found
    return Unreadable(RowCode.CELL_KIND, f"{key} is {shown(found)}, not a text.", f'Write {key} = "..." in quotes.')


def _whole(table: Mapping[str, Any], key: str) -> str | Unreadable:
    found = table.get(key, "")
    if found == "" or type(found) is int:
        return str(found)
    code = RowCode.FLOAT if isinstance(found, Decimal) else RowCode.CELL_KIND
    return Unreadable(code, f"{key} is {shown(found)}, not a whole number.", "Write it in digits, without quotes.")


def _price(table: Mapping[str, Any]) -> int:
    tenge, tiyn = _EITHER[0]
    if tenge in table:
        found = table[tenge]
        if not isinstance(found, str):
            code = RowCode.FLOAT if isinstance(found, Decimal) else RowCode.CELL_KIND
            what = f"{tenge} is {shown(found)} without quotes: a price must not pass through a binary fraction."
            raise Unreadable(code, what, 'Write it as a text, as "19.50".')
        return read_price(found, of=tenge)
    found = _whole(table, tiyn)
    if isinstance(found, Unreadable):
        raise found
    price_tiyn_per_kwh = read_quantity(found, of=tiyn, unit="tiyn")
    if price_tiyn_per_kwh > MOST_PRICE_TIYN_PER_KWH:
        what = f"{tiyn} {price_tiyn_per_kwh} is too large: the most is {MOST_PRICE_TIYN_PER_KWH}."
        raise Unreadable(RowCode.TOO_LARGE, what, "Look at the number and at its unit.")
    return price_tiyn_per_kwh


def _hours(found: object, named_hours: Mapping[str, str]) -> tuple[str, tuple[int, ...]]:
    """Read the hours: a word, or a list of spans as "22-06" and single hours as "13"."""
    if isinstance(found, str):
        if found not in named_hours:
            way_out = f'{nearest(found[:MOST_ID_CHARS], list(named_hours))} Or write a list, as ["22-06", "13"].'
            raise Unreadable(RowCode.HOURS, f"hours {shown(found)} is no word for hours.", way_out)
        return f"{found} ({named_hours[found]})", tuple(sorted(_span(named_hours[found])))
    if not isinstance(found, list) or not found or not all(isinstance(one, str) for one in found):
        raise Unreadable(RowCode.HOURS, f"hours is {shown(found)}.", 'Write a word, or a list as ["22-06", "13"].')
    hours = [hour for one in found for hour in _span(one)]
    if len(set(hours)) < len(hours):
        raise Unreadable(RowCode.HOURS, f"hours {shown(found)} name one hour twice.", "Let spans not overlap.")
    return ", ".join(found), tuple(sorted(hours))


def _span(text: str) -> list[int]:
    """List the hours of a span, past midnight where its end lies before its start.

    >>> _span("22-02"), _span("13")
    ([22, 23, 0, 1], [13])
    """
    match = _SPAN.fullmatch(text)
    if not match or match["first"] == match["until"]:
        what = f"{shown(text)} is no span of hours."
        raise Unreadable(RowCode.HOURS, what, 'Write two digits: "22-06", "00-24", or "13" for 13:00 to 14:00.')
    first = int(match["first"])
    until = int(match["until"]) if match["until"] else first + 1
    return [hour % 24 for hour in range(first, until if until > first else until + 24)]


def _weekdays(found: object) -> tuple[int, ...]:
    if found is None:
        return tuple(range(len(WEEKDAYS)))
    if not isinstance(found, list) or not found or len(set(map(str, found))) < len(found):
        what = f"weekdays is {shown(found)}: no list of different days."
        raise Unreadable(RowCode.WEEKDAY, what, 'Write it as ["monday", "friday"], or leave it out for every day.')
    unknown = next((one for one in found if one not in WEEKDAYS), None)
    if unknown is not None:
        way_out = nearest(str(unknown)[:MOST_ID_CHARS], list(WEEKDAYS))
        raise Unreadable(RowCode.WEEKDAY, f"weekday {shown(unknown)} is not known.", way_out)
    return tuple(sorted(WEEKDAYS.index(one) for one in found))


def _date(table: Mapping[str, Any], key: str) -> date:
    found = table.get(key)
    if isinstance(found, date) and not isinstance(found, datetime):
        return found
    raise Unreadable(RowCode.DATE, f"{key} is {shown(found)}, not a date.", "Write it without quotes: 2026-03-31.")


def _until_on(table: Mapping[str, Any], from_on: date) -> date:
    """Give the first day on which the order no longer stands, from either way of saying it."""
    until, last = _EITHER[1]
    if until in table:
        until_on = _date(table, until)
    else:
        last_on = _date(table, last)
        if last_on == date.max:
            raise Unreadable(RowCode.DATE, f"{last} {last_on} is too late.", "Choose an earlier day.")
        until_on = last_on + timedelta(days=1)
    if until_on <= from_on:
        what = f"The order ends before it begins: from {from_on}, and no longer on {until_on}."
        raise Unreadable(RowCode.DATE, what, f"{until} is the day after the last; {last} is the last day itself.")
    return until_on


def _day_said(on: date) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def _weekdays_said(weekdays: tuple[int, ...]) -> str:
    names = [WEEKDAYS[day].capitalize() for day in weekdays]
    if len(names) > 2 and weekdays == tuple(range(weekdays[0], weekdays[-1] + 1)):
        return f"{names[0]} to {names[-1]}"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
