"""A dated value of the law with its evidence: amount, period, source, place, finding, confidence, reading."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

UNKNOWN_POSITION = "unknown"
"""A position every question has without declaring it: nobody knows, so the calculation stops."""


class Unit(StrEnum):
    """Unit in which a quantity of the law is stated; each amount is a whole number of it."""

    TIYN = "tiyn"
    TIYN_PER_KWH = "tiyn/kWh"
    SAT = "sat"
    PPM = "ppm"
    WH = "Wh"
    KWH = "kWh"
    W = "W"
    MCI = "MCI"
    USD_CENTS = "USD cents"
    USD_CENTS_PER_MWH = "USD cents/MWh"
    HOURS = "hours"
    DAYS = "days"
    BUSINESS_DAYS = "business_days"
    MONTHS = "months"
    YEARS = "years"
    COUNT = "count"
    CLOCK = "clock"
    DATE = "date"
    TEXT = "text"
    FLAG = "flag"
    LIST = "list"


class Confidence(StrEnum):
    """How well a value is supported; `unconfirmed` enters no strict profile without being asked for."""

    HIGH = "high"
    MED = "med"
    LOW = "low"
    UNCONFIRMED = "unconfirmed"


class Status(StrEnum):
    """Whether a text was ever law; an expectation is a change announced and not seen in force."""

    LAW = "law"
    DRAFT = "draft"
    PROPOSAL = "proposal"
    EXPECTATION = "expectation"


@dataclass(frozen=True, slots=True)
class Source:
    """Act or document: key, title, kind; number, issuer, date (ISO, as fine as it is known) and link where known."""

    key: str
    title: str
    kind: str
    number: str = ""
    issuer: str = ""
    date: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """The positions on one question under which a value holds."""

    question: str
    positions: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.question}={'|'.join(self.positions)}"


@dataclass(frozen=True, slots=True)
class Missing:
    """Content that the sources do not give: what is missing, in words."""

    what: str


@dataclass(frozen=True, slots=True)
class Unlimited:
    """Content of a limit that is known not to exist."""


@dataclass(frozen=True, slots=True)
class Band:
    """Row of a scale: from `from_amount` up to, not including, `until_amount` (None: no upper end)."""

    from_amount: int
    until_amount: int | None
    content: int | Missing


@dataclass(frozen=True, slots=True)
class Scale:
    """Amounts that depend on another amount: rows without gap or overlap, and the unit they are asked in."""

    unit: Unit
    bands: tuple[Band, ...]

    def row(self, at: int) -> Band | None:
        """Find the row that holds an amount [of `unit`]; None below the first and above the last."""
        found = (b for b in self.bands if b.from_amount <= at and (b.until_amount is None or at < b.until_amount))
        return next(found, None)


Content = int | str | bool | tuple[str, ...] | Scale | Unlimited | Missing
"""What a value says: an amount of its unit, a word, a flag, a list, a scale, no limit, or that it is missing."""


@dataclass(frozen=True, slots=True)
class Value:
    """What one source says one quantity was from `from_on` until `until_on` (exclusive; None: still in force)."""

    key: str
    unit: Unit
    content: Content
    from_on: date
    until_on: date | None
    published_on: date | None
    source: Source
    at: str
    finding: str
    confidence: Confidence
    checked_on: date
    reading: Reading | None = None
    gap: str = ""
    status: Status = Status.LAW

    def held_under(self, positions: Mapping[str, str]) -> bool:
        """Tell whether the value holds under these positions; one without a reading holds under all."""
        return self.reading is None or positions.get(self.reading.question) in self.reading.positions

    def in_force(self, on: date) -> bool:
        """Tell whether a date lies in the period."""
        return self.from_on <= on and (self.until_on is None or on < self.until_on)

    def known(self, known_on: date | None) -> bool:
        """Tell whether the value was public on a date; without a publication date, from its start."""
        return known_on is None or (self.published_on or self.from_on) <= known_on

    def saying(self, content: Content) -> "Value":
        """Give the same value with another content: the row of a scale in place of the scale."""
        return replace(self, content=content)

    @property
    def unconfirmed(self) -> bool:
        """Whether nothing seen supports the value."""
        return self.confidence is Confidence.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Quantity:
    """One quantity of the law: its key, title, unit, and everything anybody says about it, in file order."""

    key: str
    title: str
    unit: Unit
    values: tuple[Value, ...]
    status: Status = Status.LAW

    @property
    def questions(self) -> tuple[str, ...]:
        """Questions on which the values differ, sorted."""
        return tuple(sorted({value.reading.question for value in self.values if value.reading}))
