"""Kinds of values in an operator file: how each is read, written, and answered on a terminal."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kezek.dossier.number import read_number
from kezek.dossier.problem import Refusal
from kezek.units.calendar import Quarter
from kezek.units.problem import nearest

FIRST_REGIME_ON = date(2020, 7, 1)
"""Before the law of 25 June 2020 nothing in Kazakhstan spoke of mining."""
Content = Any
"""What a kind reads: a text, a number of the smallest unit, a date, a table of them."""
LAST_YEAR = 2100
MOST_LETTERS = 200
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_YES, _NO = ("yes", "y", "true"), ("no", "n", "false")


@dataclass(frozen=True, slots=True)
class Setting:
    """What values are read by.

    Args:
        tiyn_per_usd: What one dollar costs, or None. [tiyn]
        rate_of: Where that rate comes from.
    """

    tiyn_per_usd: int | None = None
    rate_of: str = "dollar_rate"


def quoted(text: str) -> str:
    """Write a text as TOML has it, in one line."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08X}"


def bare(key: str) -> str:
    """Write a key, in quotes where it must be."""
    return key if _BARE.fullmatch(key) else quoted(key)


def shown(raw: object) -> str:
    """Show a value in a sentence as it stands in the file."""
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, str):
        return f'"{raw}"'
    if isinstance(raw, date):
        return raw.isoformat()
    if isinstance(raw, list | dict):
        return "a list" if isinstance(raw, list) else "a table"
    return str(raw)


def cyrillic_words(text: str) -> str:
    """Say which Cyrillic letters a text has, of which many look Latin; "" where it has none.

    >>> cyrillic_words("mined_\u0441")
    ' It contains the Cyrillic letter \u0441.'
    """
    found = list(dict.fromkeys(letter for letter in text if "\u0400" <= letter <= "\u04ff"))
    if not found:
        return ""
    return f" It contains the Cyrillic letter{'s' if len(found) > 1 else ''} {', '.join(found[:5])}."


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value.

    Args:
        form: What it is, for people.
        example: One as it stands in a file.
    """

    form: str
    example: str

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        return f"{self.form}, as {self.example}".replace(" in quotes", "").replace('"', "")

    def read(self, raw: object, _setting: Setting) -> Content:
        """Turn a TOML value into what it means.

        Raises:
            Refusal: reason, what is wrong, way out.
        """
        raise NotImplementedError

    def write(self, value: Content) -> str:
        """Turn it back into TOML, exactly."""
        return quoted(value)

    def raw_of(self, answer: str) -> object:
        """Turn what was typed into the TOML value that `read` takes."""
        return answer

    def answer_of(self, value: Content) -> str:
        """Say what would be typed for a value: the inverse of `raw_of` and `read`."""
        return str(value)

    def _wrong(self, raw: object) -> Refusal:
        return Refusal("value.kind", f"{shown(raw)} is not {self.form}.", f"Write {self.example}.")


@dataclass(frozen=True, slots=True)
class Text(Kind):
    """Words in one line."""

    form: str = "a text in quotes"
    example: str = '"pool-a"'

    def read(self, raw: object, _setting: Setting) -> str:
        """Give the words back without space around them."""
        if not isinstance(raw, str):
            raise self._wrong(raw)
        text = raw.strip()
        if not text or len(text) > MOST_LETTERS or not all(c.isprintable() for c in text):
            what = f"{shown(raw[:40])} is empty, longer than {MOST_LETTERS} letters or more than one line."
            raise Refusal("value.text", what, f"Write {self.example}.")
        return text


@dataclass(frozen=True, slots=True)
class Number(Text):
    """A BIN or an IIN."""

    form: str = "a BIN or IIN in quotes"
    example: str = '"230540999010"'

    def read(self, raw: object, setting: Setting) -> str:
        """Read the twelve digits; a number without quotes has lost its leading zeros."""
        if type(raw) is int:
            way_out = f'Write it in quotes: "{raw:012d}".'
            raise Refusal("value.kind", f"{raw} is a number, and a BIN or IIN may begin with 0.", way_out)
        return read_number(Text.read(self, raw, setting))


@dataclass(frozen=True, slots=True)
class Word(Kind):
    """One word of a list."""

    words: type[StrEnum]

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        return " or ".join(map(str, self.words))

    def raw_of(self, answer: str) -> object:
        """Understand a word in capitals or not, with spaces, and 1 and 2 for I and II."""
        plain = {"1": "i", "2": "ii"}.get(answer.strip(), answer.strip().casefold().replace(" ", "_"))
        return next((str(word) for word in self.words if str(word).casefold() == plain), answer)

    def read(self, raw: object, _setting: Setting) -> StrEnum:
        """Find the word."""
        known = [str(word) for word in self.words]
        if not isinstance(raw, str):
            raise Refusal("value.kind", f"{shown(raw)} is not a word in quotes.", f'Write "{known[0]}".')
        if raw not in known:
            raise Refusal("value.word", f"{shown(raw)} is not known here.", nearest(raw, known))
        return self.words(raw)

    def write(self, value: Content) -> str:
        """Write the word in quotes."""
        return quoted(str(value))


@dataclass(frozen=True, slots=True)
class YesNo(Kind):
    """True or false."""

    form: str = "true or false"
    example: str = "true"

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        return "yes or no"

    def read(self, raw: object, _setting: Setting) -> bool:
        """Take nothing but true and false."""
        if type(raw) is not bool:
            raise Refusal("value.kind", f"{shown(raw)} is neither true nor false.", "Write true or false, no quotes.")
        return raw

    def write(self, value: Content) -> str:
        """Write it in small letters."""
        return "true" if value else "false"

    def raw_of(self, answer: str) -> object:
        """Understand yes and no."""
        if answer.lower() in _YES + _NO:
            return answer.lower() in _YES
        raise Refusal("value.kind", f"{answer!r} is neither yes nor no.", "Answer yes or no, or skip.")

    def answer_of(self, value: Content) -> str:
        """Answer yes or no."""
        return "yes" if value else "no"


@dataclass(frozen=True, slots=True)
class Day(Kind):
    """A date in Kazakhstan.

    Args:
        may_be_no: `false` stands for what was not done, or has not happened.
        any_age: It may lie before the first regime.
    """

    form: str = "a date"
    example: str = "2025-09-30"
    may_be_no: bool = False
    any_age: bool = False

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        return f"a date, as {self.example}{', or no' if self.may_be_no else ''}"

    def read(self, raw: object, _setting: Setting) -> date | bool:
        """Take a plain date, not a text and not an instant."""
        if raw is False and self.may_be_no:
            return False
        if isinstance(raw, str) and _plain_date(raw):
            raise Refusal("value.kind", f"{shown(raw)} is a text.", f"Write the date without quotes: {raw.strip()}.")
        if not isinstance(raw, date) or isinstance(raw, datetime):
            instead = ", or false if it was not done" if self.may_be_no else ""
            raise Refusal("value.kind", f"{shown(raw)} is not a date.", f"Write {self.example}{instead}.")
        if raw.year > LAST_YEAR or (raw < FIRST_REGIME_ON and not self.any_age):
            what = f"{raw} lies before {FIRST_REGIME_ON}, when the first rules on mining took effect."
            what = f"{raw} lies after the year {LAST_YEAR}." if raw.year > LAST_YEAR else what
            raise Refusal("date.no_regime", what, "Look for a slip in the year.")
        return raw

    def write(self, value: Content) -> str:
        """Write it without quotes."""
        return value.isoformat() if value else "false"

    def raw_of(self, answer: str) -> object:
        """Understand a date, and no where that is an answer."""
        if self.may_be_no and answer.lower() in _NO:
            return False
        on = _plain_date(answer)
        if on is None:
            instead = ", or no" if self.may_be_no else ""
            raise Refusal("value.kind", f"{answer!r} is not a date.", f"Write it as {self.example}{instead}.")
        return on

    def answer_of(self, value: Content) -> str:
        """Answer with the date, or no."""
        return value.isoformat() if value else "no"


def _plain_date(text: str) -> date | None:
    try:
        on = date.fromisoformat(text.strip())
    except ValueError:
        return None
    return on if on.isoformat() == text.strip() else None


@dataclass(frozen=True, slots=True)
class Count(Kind):
    """A whole number that counts something."""

    form: str = "a whole number"
    example: str = "3000"
    most: int = 10_000_000

    def read(self, raw: object, _setting: Setting) -> int:
        """Take a whole number from 0."""
        if isinstance(raw, Decimal) or type(raw) is not int:
            raise self._wrong(raw)
        if not 0 <= raw <= self.most:
            raise Refusal("value.range", f"{raw} is not between 0 and {self.most}.", f"Write {self.example}.")
        return raw

    def write(self, value: Content) -> str:
        """Write the digits."""
        return str(value)

    def raw_of(self, answer: str) -> object:
        """Understand digits, in groups of three or not."""
        digits = answer.replace(" ", "")
        if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
            raise Refusal("value.kind", f"{answer!r} is not a whole number.", f"Write it as {self.example}.")
        return int(digits)


@dataclass(frozen=True, slots=True)
class QuarterName(Kind):
    """A quarter of a year."""

    form: str = "a quarter"
    example: str = '"2025-Q3"'

    def read(self, raw: object, _setting: Setting) -> Quarter:
        """Understand 2025-Q3."""
        match = re.fullmatch(r"(\d{4})-Q([1-4])", raw) if isinstance(raw, str) else None
        if match is None:
            raise self._wrong(raw)
        quarter = Quarter(max(1, int(match[1])), int(match[2]))
        if not FIRST_REGIME_ON <= quarter.from_on <= date(LAST_YEAR, 1, 1):
            what = f"{raw} lies before {FIRST_REGIME_ON}, when the first rules on mining took effect."
            what = f"{raw} lies after the year {LAST_YEAR}." if quarter.year >= LAST_YEAR else what
            raise Refusal("date.no_regime", what, "Look for a slip in the year.")
        return quarter

    def write(self, value: Content) -> str:
        """Write it in quotes."""
        return quoted(str(value))


@dataclass(frozen=True, slots=True)
class Names(Kind):
    """A list of names."""

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        example = self.example.strip("[]").replace('"', "")
        return f"names with commas between them, as {example}, or none"

    def read(self, raw: object, setting: Setting) -> tuple[str, ...]:
        """Take different names, none empty."""
        if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
            raise self._wrong(raw)
        names = tuple(Text().read(name, setting) for name in raw)
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise Refusal("value.twice", f"{shown(twice[0])} stands here twice.", "Keep one of the two.")
        return names

    def write(self, value: Content) -> str:
        """Write them in brackets."""
        return f"[{', '.join(map(quoted, value))}]"

    def raw_of(self, answer: str) -> object:
        """Understand names with commas between them; none stands for an empty list."""
        return [] if answer.strip().lower() == "none" else [name.strip() for name in answer.split(",")]

    def answer_of(self, value: Content) -> str:
        """Answer with commas between the names."""
        return ", ".join(value) or "none"


@dataclass(frozen=True, slots=True)
class ByName(Kind):
    """A table of values of one kind by name.

    Args:
        of: Kind of each value.
        names: Names that are known; empty where any will do.
    """

    of: Kind
    names: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """How to answer on a terminal."""
        example = self.example.strip("{} ").replace('"', "").replace(",", ";").replace("false", "no")
        return f"name = value; name = value, as {example}, or none"

    def read(self, raw: object, setting: Setting) -> dict[str, Any]:
        """Read each value; a refusal names its key."""
        if not isinstance(raw, dict):
            raise self._wrong(raw)
        return {self._name(name): self._value(name, one, setting) for name, one in raw.items()}

    def _name(self, name: str) -> str:
        if self.names and name not in self.names:
            raise Refusal("key.unknown", f"{shown(name)} means nothing here.", nearest(name, list(self.names)))
        return Text().read(name, Setting())

    def _value(self, name: str, raw: object, setting: Setting) -> Content:
        try:
            return self.of.read(raw, setting)
        except Refusal as refusal:
            raise Refusal(refusal.reason, f"{name}: {refusal.what}", refusal.way_out) from None

    def write(self, value: Mapping[str, Any]) -> str:
        """Write a table in one line."""
        inside = ", ".join(f"{bare(name)} = {self.of.write(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"

    def raw_of(self, answer: str) -> object:
        """Understand `name = value; name: value`; none stands for an empty table."""
        if answer.strip().lower() == "none":
            return {}
        pairs = [part.rpartition(":" if ":" in part else "=") for part in answer.split(";") if part.strip()]
        if not pairs or not all(name.strip() for name, _, _ in pairs):
            raise Refusal("value.kind", f"{answer!r} names nothing.", "Answer name = value; name = value, or none.")
        return {name.strip(): self.of.raw_of(one.strip()) for name, _, one in pairs}

    def answer_of(self, value: Mapping[str, Any]) -> str:
        """Answer with semicolons between the pairs."""
        return "; ".join(f"{name}: {self.of.answer_of(one)}" for name, one in value.items()) or "none"
