"""One quantity of the law through time: every value in human units, by reading, with the gaps said in words."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from kezek.law.absence import Absent
from kezek.law.book import Book
from kezek.law.keys import Word
from kezek.law.problem import NoRuleInForce
from kezek.law.question import Question
from kezek.law.value import Band, Content, Missing, Quantity, Reading, Scale, Unit, Unlimited, Value
from kezek.units.problem import InputProblem
from kezek.units.quantity import Energy, EnergyPrice, Money, Power, Share

_UNTOLD = "no text seen says what follows"
_MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A value of the history and what it says in human units."""

    value: Value
    said: str

    @property
    def from_on(self) -> date:
        """First day."""
        return self.value.from_on

    @property
    def until_on(self) -> date | None:
        """Day after the last; None: still in force."""
        return self.value.until_on


@dataclass(frozen=True, slots=True)
class Gap:
    """A time after a value in which nothing holds: from, until (None: for good, as far as known), and why."""

    from_on: date
    until_on: date | None
    why: str


@dataclass(frozen=True, slots=True)
class Lane:
    """The values of one reading in time.

    Args:
        reading: The positions under which they hold; None: whatever the reading.
        holders: Position to who holds it.
        taken_by: Profiles that take one of the positions by default.
        rows: Values and gaps, by their first day.
    """

    reading: Reading | None
    holders: Mapping[str, str]
    taken_by: tuple[str, ...]
    rows: tuple[Row | Gap, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Everything said about one quantity: its lanes, the general one first, and the questions they differ on."""

    quantity: Quantity
    lanes: tuple[Lane, ...]
    questions: tuple[Question, ...]

    @property
    def first_on(self) -> date:
        """First day on which anything holds."""
        return min(value.from_on for value in self.quantity.values)


@dataclass(frozen=True, slots=True)
class Holding:
    """What holds on a day under a profile and readings.

    Args:
        on: The day.
        profile: Name of the profile.
        readings: Positions taken, of the quantity's questions alone.
        answer: The value, or the typed absence.
        said: The value in human units, or the absence in a sentence with its way out.
        known_on: What was published later was left out; None where nothing was.
    """

    on: date
    profile: str
    readings: Mapping[str, str]
    answer: Value | Absent
    said: str
    known_on: date | None = None


def history_of(book: Book, key: str) -> History:
    """Put a quantity's values in order.

    Raises:
        InputProblem: law.key.unknown, with the nearest right ones.

    >>> from kezek.law.book import load_book
    >>> [lane.rows[0].said for lane in history_of(load_book(), "sale.share_ppm").lanes][:2]
    ['50 %', '0 %']
    """
    if key not in book.quantities:
        what = f"The book has no key {key!r}."
        raise InputProblem("law.key.unknown", what, "", near_keys(key, book.quantities, listing="kezek law show"))
    quantity = book.quantities[key]
    readings = dict.fromkeys(value.reading for value in sorted(quantity.values, key=_place))
    return History(
        quantity=quantity,
        lanes=tuple(_lane(book, quantity, reading) for reading in readings),
        questions=tuple(book.questions[question] for question in quantity.questions),
    )


def holding(
    book: Book, key: str, *, on: date, profile: str, readings: Mapping[str, str], known_on: date | None = None
) -> Holding:
    """Find what a quantity is on a day.

    Args:
        book: The law book.
        key: A key it has.
        on: Day in Kazakhstan.
        profile: Whose defaults to take.
        readings: Question to position, where another than the profile's is wanted.
        known_on: Leave out what was published later.

    Raises:
        InputProblem: law.profile.unknown, law.reading.unknown. UnknownKey: law.key.unknown.
    """
    law = book.at(on=on, profile=profile, readings=readings, known_on=known_on)
    quantity = book.quantities[key]
    answer = law.find(Word(key))
    taken = {question: law.positions[question] for question in quantity.questions}
    return Holding(on, profile, taken, answer, _said_answer(answer, quantity.unit, on), known_on)


def _said_answer(answer: Value | Absent, unit: Unit, on: date) -> str:
    if isinstance(answer, Value):
        return said(answer.content, unit)
    problem = NoRuleInForce(answer, on=on)
    stop = "" if problem.what.endswith((".", "?")) else "."
    return f"{problem.what}{stop} {problem.way_out}"


def _place(value: Value) -> tuple[bool, date]:
    return value.reading is not None, value.from_on


def _lane(book: Book, quantity: Quantity, reading: Reading | None) -> Lane:
    values = sorted((v for v in quantity.values if v.reading == reading), key=lambda value: value.from_on)
    question = book.questions[reading.question] if reading else None
    held = reading.positions if reading else ()
    return Lane(
        reading=reading,
        holders={one: question.positions[one].holder for one in held if one in question.positions}
        if question
        else {},
        taken_by=tuple(name for name, one in question.defaults.items() if one.position in held) if question else (),
        rows=tuple(row for value in values for row in _rows(value, quantity)),
    )


def _rows(value: Value, quantity: Quantity) -> tuple[Row | Gap, ...]:
    row = Row(value, said(value.content, quantity.unit))
    gap = _gap_after(value, quantity)
    return (row,) if gap is None else (row, gap)


def _gap_after(value: Value, quantity: Quantity) -> Gap | None:
    end = value.until_on
    if end is None:
        return None
    later = [one.from_on for one in quantity.values if one.from_on >= end and _compatible(value.reading, one.reading)]
    next_on = min(later, default=None)
    return None if next_on == end else Gap(end, next_on, value.gap or _UNTOLD)


def _compatible(one: Reading | None, other: Reading | None) -> bool:
    """Whether one choice of positions can hold both."""
    return (
        one is None
        or other is None
        or one.question != other.question
        or not {*one.positions}.isdisjoint(other.positions)
    )


def near_keys(word: str, known: Iterable[str], *, listing: str) -> str:
    """Name the known keys nearest to a misspelt one, and the command that lists all, as a way out.

    >>> near_keys("share_ppm", ["sale.share_ppm", "vat.rate_ppm"], listing="kezek law show")
    'Did you mean sale.share_ppm? `kezek law show` lists all of them.'
    """
    keys = [*known]
    holding_it = [one for one in keys if word and word in one]
    near = [*dict.fromkeys([*difflib.get_close_matches(word, keys, n=1), *holding_it])][:_MOST_NEAR]
    listed = f"`{listing}` lists all of them."
    return f"Did you mean {' or '.join(near)}? {listed}" if near else listed


def said(content: Content, unit: Unit) -> str:
    """Say a content in human units.

    >>> said(750_000, Unit.PPM), said(200, Unit.TIYN_PER_KWH), said(2_000, Unit.MCI), said(1, Unit.YEARS)
    ('75 %', '2.00 ₸/kWh', '2 000 MCI', '1 year')
    >>> said((), Unit.LIST), said(False, Unit.FLAG), said(Unlimited(), Unit.KWH)
    ('none', 'no', 'no limit')
    """
    match content:
        case Missing():
            return f"unknown: {content.what}"
        case Unlimited():
            return "no limit"
        case Scale():
            return _said_scale(content, unit)
        case bool():
            return "yes" if content else "no"
        case int():
            return _said_amount(content, unit)
        case tuple():
            return ", ".join(content) or "none"
        case str():
            return content


def said_band(band: Band, scale: Scale, unit: Unit) -> tuple[str, str]:
    """Say a row of a scale: where it holds, and what it gives."""
    low = _said_amount(band.from_amount, scale.unit)
    if band.until_amount is None:
        where = f"from {low}"
    else:
        high = _said_amount(band.until_amount, scale.unit)
        unit_of_high = f" {high.rpartition(' ')[2]}"
        where = f"{low.removesuffix(unit_of_high)} to under {high}"
    return where, said(band.content, unit)


def _said_scale(scale: Scale, unit: Unit) -> str:
    amounts = [band.content for band in scale.bands if isinstance(band.content, int)]
    unknown = len(scale.bands) - len(amounts)
    ends = dict.fromkeys(_said_amount(end, unit) for end in (min(amounts), max(amounts))) if amounts else {}
    known = f", {' to '.join(ends)}" if ends else ""
    return f"{len(scale.bands)} bands by {scale.unit}{known}{f', {unknown} unknown' if unknown else ''}"


def _said_amount(amount: int, unit: Unit) -> str:
    match unit:
        case Unit.TIYN:
            return str(Money(amount))
        case Unit.TIYN_PER_KWH:
            return str(EnergyPrice(amount))
        case Unit.PPM:
            return str(Share(amount))
        case Unit.KWH:
            return str(Energy(1_000 * amount))
        case Unit.W:
            return str(Power(amount))
        case Unit.USD_CENTS | Unit.USD_CENTS_PER_MWH:
            return f"{_grouped(amount // 100)}.{amount % 100:02d} USD{unit.removeprefix('USD cents')}"
        case Unit.COUNT:
            return _grouped(amount)
        case _:
            return f"{_grouped(amount)} {_counted(unit, amount)}"


def _grouped(amount: int) -> str:
    return f"{amount:,}".replace(",", " ")


def _counted(unit: Unit, amount: int) -> str:
    """Name a unit for a number of it: `business_days` is "business days", and "business day" for one."""
    name = unit.replace("_", " ")
    return name.removesuffix("s") if amount == 1 and name.islower() else name
