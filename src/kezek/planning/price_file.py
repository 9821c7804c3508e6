"""Prices of past hours, or of a forecast: inline in the plan, or as a CSV beside it."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from kezek.planning.win_chance import PriceRecord
from kezek.units.calendar import hours_of
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import EnergyPrice

HEADER = ("date", "hour", "marginal_price_tenge_per_kwh")
NOT_SOLD_OUT = "not sold out"
"""Stands for a price where an hour was not sold out; in the CSV the field is empty."""
FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Days outside of these years are slips."""
MOST_ROWS = 200_000
_PRICE = re.compile(r"(\d{1,5})(?:[.,](\d{1,2}))?")
_MOST_TIYN_PER_KWH = 10**6

Refuse = Callable[[str, str, str], InputProblem]
"""Makes a refusal of the last word of its code, what is wrong, and a way out."""


def _problem(reason: str, what: str, where: str, way_out: str) -> InputProblem:
    return InputProblem(f"planning.prices.{reason}", what, where, way_out)


def read_records(
    *, values: Mapping[str, Any], name: str, on: date, beside: Callable[[str], str]
) -> dict[int, PriceRecord]:
    """Read `csv` or `hours` of [prices] into one record an hour of the day.

    Raises:
        InputProblem: planning.prices.*.
    """
    if ("csv" in values) == ("hours" in values):
        what = "[prices] has both csv and hours." if "csv" in values else "[prices] has neither csv nor hours."
        raise _problem("source", what, name, "Give a CSV beside the plan, or [[prices.hours]] in it.")
    if "csv" not in values:
        return _inline(values["hours"], name, on)
    file = values["csv"]
    plain = isinstance(file, str) and file and file.isprintable() and not file.startswith(".")
    if not plain or "/" in file or "\\" in file:
        what = f"[prices] csv {file!r} is no name of a file beside the plan."
        raise _problem("file", what, name, "Put the CSV in the folder of the plan, and give its bare name.")
    return parse_prices(text=beside(file), name=file)


def _inline(raw: object, name: str, on: date) -> dict[int, PriceRecord]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise _problem("form", "prices.hours is no list of tables.", name, "Write [[prices.hours]] over each.")
    prices: dict[int, list[int | None]] = {}
    for number, one in enumerate(raw, start=1):
        where = f"[[prices.hours]] {number}"
        for key in one:
            if key not in ("hours", "marginal"):
                raise _problem("key", f"{where}: {key!r} means nothing.", name, nearest(key, ["hours", "marginal"]))
        hours, marginal = one.get("hours"), one.get("marginal")
        if not isinstance(hours, list) or not isinstance(marginal, list):
            raise _problem("form", f"{where} lacks hours or marginal as lists.", name, "Give both as lists.")
        if not marginal:
            raise _problem("empty", f"{where} has no prices.", name, "Give at least one, or leave it out.")
        read = [read_price(text, f"{where}:", name) for text in marginal]
        for hour in hour_places(hours, on, partial(_refusal, where, name)):
            if hour in prices:
                raise _problem("hour", f"{where}: hour {hour} has prices already.", name, "Put them in one list.")
            prices[hour] = read
    if not prices:
        raise _problem("empty", "[prices] has no prices at all.", name, "Give some, or a strategy that needs none.")
    return {hour: record_of(found) for hour, found in prices.items()}


def _refusal(where: str, name: str, _: str, what: str, way_out: str) -> InputProblem:
    return _problem("hour", f"{where}: {what}", name, way_out)


def hour_places(raw: Sequence[object], on: date, problem: Refuse) -> list[int]:
    """Read places of hours in a day: 0 to 23, and 24 on a day whose clock was set back.

    Raises:
        InputProblem: made by `problem` from the last word of a code (type, hours), what is wrong and a way out.
    """
    count, places = len(hours_of(on)), []
    for one in raw:
        if type(one) is not int:
            raise problem("type", f"hours holds {one!r}.", "Write whole numbers, as [0, 1, 22, 23].")
        if not 0 <= one < count:
            what = f"hours holds {one}, and {on} has {count} hours."
            raise problem("hours", what, f"They run from 0 to {count - 1}; 0 is the hour after midnight.")
        if one in places:
            raise problem("hours", f"hours holds {one} twice.", "Name each hour once.")
        places.append(one)
    if not places:
        raise problem("hours", "hours is empty.", "Name at least one hour.")
    return places


def read_price(raw: object, where: str, name: str) -> int | None:
    """Read a price with its unit, or that the hour was not sold out (None). [tiyn/kWh]

    Raises:
        InputProblem: planning.prices.value.
    """
    if raw == NOT_SOLD_OUT:
        return None
    if not isinstance(raw, str):
        what = f"{where} {raw} has no unit."
        raise _problem("value", what, name, f'Write it as "18.50 ₸/kWh", or "{NOT_SOLD_OUT}".')
    try:
        amount = EnergyPrice.parse(raw).amount
    except InputProblem as problem:
        raise _problem("value", f"{where} {problem.what}", name, problem.way_out) from None
    if not 0 < amount <= _MOST_TIYN_PER_KWH:
        raise _problem("value", f"{where} {raw!r} is out of range.", name, "It is over 0 and at most 10 000 ₸/kWh.")
    return amount


def record_of(prices: Sequence[int | None]) -> PriceRecord:
    """Put observations into a record; None is an hour that was not sold out."""
    return PriceRecord(tuple(sorted(one for one in prices if one is not None)), sum(one is None for one in prices))


def parse_prices(*, text: str, name: str) -> dict[int, PriceRecord]:
    r"""Read a CSV of past hours: `date;hour;marginal_price_tenge_per_kwh`, the price empty where not sold out.

    Decimal comma or point; one row for an hour of a day; a scenario of a forecast counts as a day of its own.

    Raises:
        InputProblem: planning.prices.*, with the line.

    >>> csv = "date;hour;marginal_price_tenge_per_kwh\n2025-10-14;7;18,50\n2025-10-13;7;\n"
    >>> parse_prices(text=csv, name="prices.csv")
    {7: PriceRecord(marginal_tiyn_per_kwh=(1850,), open_count=1)}
    """
    lines = text.removeprefix("\ufeff").removesuffix("\n").replace("\r\n", "\n").split("\n")
    if len(lines) > MOST_ROWS:
        raise _problem("size", f"has {len(lines)} lines.", name, f"At most {MOST_ROWS} are read.")
    if not lines or tuple(lines[0].split(";")) != HEADER:
        found = repr(lines[0][:80]) if lines else "nothing"
        raise _problem("form", f"begins with {found}.", f"{name}:1", f"The first line is {';'.join(HEADER)}.")
    seen: set[tuple[date, int]] = set()
    prices: dict[int, list[int | None]] = {}
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        on, hour, price = _row(line, f"{name}:{number}")
        if (on, hour) in seen:
            raise _problem("twice", f"{on} hour {hour} stands twice.", f"{name}:{number}", "Keep one of the two.")
        seen.add((on, hour))
        prices.setdefault(hour, []).append(price)
    if not prices:
        raise _problem("empty", "has a header and no prices.", name, "Give some, or a strategy that needs none.")
    return {hour: record_of(found) for hour, found in sorted(prices.items())}


def _row(line: str, where: str) -> tuple[date, int, int | None]:
    fields = [field.strip() for field in line.split(";")]
    if len(fields) != len(HEADER):
        raise _problem("form", f"has {len(fields)} fields.", where, f"Write {len(HEADER)}, parted by semicolons.")
    day, place, price = fields
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise _problem("form", f"{day!r} is no date.", where, "Write it as 2025-10-15.") from None
    if not FIRST_YEAR <= on.year <= LAST_YEAR:
        way_out = f"Look for a slip: years run from {FIRST_YEAR} to {LAST_YEAR}."
        raise _problem("range", f"{day} is out of range.", where, way_out)
    hours = len(hours_of(on))
    if not re.fullmatch(r"[0-9]{1,2}", place) or int(place) >= hours:
        what = f"{place!r} is no hour of {on}, which has {hours}."
        raise _problem("hour", what, where, f"They run from 0 to {hours - 1}.")
    if not price:
        return on, int(place), None
    found = _PRICE.fullmatch(price)
    amount = 100 * int(found[1]) + int((found[2] or "").ljust(2, "0")) if found and found[0].isascii() else 0
    if not 0 < amount <= _MOST_TIYN_PER_KWH:
        way_out = "Write tenge, as 18,50; leave it empty where the hour was not sold out."
        raise _problem("value", f"{price!r} is no price.", where, way_out)
    return on, int(place), amount
