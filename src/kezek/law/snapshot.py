"""The law of one day under one choice of positions; it remembers which open questions mattered to what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from kezek.law.absence import Absent, Unknown
from kezek.law.keys import Amount, Banded, Flag, Key, Limit, Word, Words
from kezek.law.problem import NoRuleInForce, UnknownKey
from kezek.law.question import Caution, Profile, Question, check_readings
from kezek.law.resolve import resolve
from kezek.law.value import Band, Content, Quantity, Scale, Unit, Unlimited, Value
from kezek.units.problem import nearest

T = TypeVar("T", int, str, bool, tuple[str, ...])
_Answer = tuple[Value | Absent, frozenset[str], bool]


@dataclass(slots=True)
class Record:
    """What was asked of one law, or of the same law on several days.

    Args:
        touched: Questions on which another position would have changed an answer.
        unconfirmed: Keys whose answers rest on an unconfirmed value.
        asked: Every answer by its key and, for a scale, the amount it was asked at; in the order of asking.
        keeps_answers: Whether `asked` is kept.
    """

    touched: set[str] = field(default_factory=set)
    unconfirmed: set[str] = field(default_factory=set)
    asked: dict[tuple[str, int | None, date], Value | Absent] = field(default_factory=dict)
    keeps_answers: bool = True

    def clear(self) -> None:
        """Start anew."""
        self.touched, self.unconfirmed, self.asked = set(), set(), {}


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """What the law said on a day. Nothing in it changes but the record of what was asked.

    Args:
        quantities: Everything the book says, shared and never copied.
        questions: The open questions of the book.
        profile: The profile whose defaults were taken.
        on: The day asked for.
        known_on: Leave out what was published later; None for all.
        positions: The position chosen on every question.
        chosen: Questions whose position was chosen by name, not taken from the profile.
        accept_unconfirmed: Keys whose unconfirmed values are accepted under a profile that refuses them.
        digest: Hash of the book.
    """

    quantities: Mapping[str, Quantity]
    questions: Mapping[str, Question]
    profile: Profile
    on: date
    known_on: date | None
    positions: Mapping[str, str]
    chosen: frozenset[str]
    accept_unconfirmed: frozenset[str]
    digest: str
    _answers: dict[tuple[str, int | None], _Answer] = field(default_factory=dict, repr=False)
    _record: Record = field(default_factory=Record, repr=False)

    def find(self, key: Key) -> Value | Absent:
        """Give the value in force with its evidence, or the typed absence; a scale comes whole.

        Raises:
            UnknownKey: law.key.unknown, a key that no file of the book defines.
        """
        return self._ask(key, None)

    def band_amount(self, key: Amount | Banded, at: int) -> Value | Absent:
        """Give the value at an amount [of the scale's own unit]; one that depends on nothing is the same everywhere.

        Raises:
            UnknownKey: law.key.unknown.
        """
        return self._ask(key, at)

    def band(self, key: Amount | Banded, at: int) -> Band | None:
        """Give the row of a scale that holds an amount [of the scale's own unit]; None where there is no scale.

        Raises:
            UnknownKey: law.key.unknown.
        """
        whole = self._answers.get((key, None)) or self._answer(key, None)
        content = whole[0].content if isinstance(whole[0], Value) else None
        return content.row(at) if isinstance(content, Scale) else None

    def at(self, key: str, amount: int) -> Value | Absent:
        """Give the value of any key, written as a text, at an amount: for code that walks over the book.

        Raises:
            UnknownKey: law.key.unknown.
        """
        return self._ask(key, amount)

    def require(self, key: Key) -> Value:
        """Give the value in force with its evidence, where going on without one makes no sense.

        Raises:
            NoRuleInForce: law.value.*, with the absence. UnknownKey: law.key.unknown.
        """
        found = self._ask(key, None)
        if isinstance(found, Value):
            return found
        raise NoRuleInForce(found, on=self.on)

    def amount(self, key: Amount) -> int:
        """Give an amount [of the quantity's unit].

        Raises:
            NoRuleInForce: law.value.*, with the absence. TypeError: it is no amount. UnknownKey: law.key.unknown.
        """
        return self._typed(key, int)

    def limit(self, key: Limit) -> int | None:
        """Give a limit [of the quantity's unit], or None where the law is known to set none.

        Raises:
            NoRuleInForce: law.value.*, with the absence. TypeError: it is no amount. UnknownKey: law.key.unknown.
        """
        if isinstance(self.require(key).content, Unlimited):
            return None
        return self._typed(key, int)

    def text(self, key: Word) -> str:
        """Give a word, a date or a clock time, as written.

        Raises:
            NoRuleInForce: law.value.*, with the absence. TypeError: it is no text. UnknownKey: law.key.unknown.
        """
        return self._typed(key, str)

    def flag(self, key: Flag) -> bool:
        """Give a flag.

        Raises:
            NoRuleInForce: law.value.*, with the absence. TypeError: it is no flag. UnknownKey: law.key.unknown.
        """
        return self._typed(key, bool)

    def items(self, key: Words) -> tuple[str, ...]:
        """Give a list of words; it may be empty.

        Raises:
            NoRuleInForce: law.value.*, with the absence. TypeError: it is no list. UnknownKey: law.key.unknown.
        """
        return self._typed(key, tuple)

    def touched(self) -> frozenset[str]:
        """Questions on which another position would have changed an answer given so far."""
        return frozenset(self._record.touched)

    def unconfirmed_used(self) -> frozenset[str]:
        """Keys whose answers so far rest on an unconfirmed value."""
        return frozenset(self._record.unconfirmed)

    def recording(self, record: Record) -> "Snapshot":
        """Give the same law, writing into a record that may be shared with the law of other days."""
        return replace(self, _record=record)

    def with_readings(self, readings: Mapping[str, str]) -> "Snapshot":
        """Give the law under other positions on some questions, with an empty record; values are shared, not copied.

        Raises:
            InputProblem: law.reading.unknown.
        """
        check_readings(readings=readings, questions=self.questions)
        positions = MappingProxyType({**self.positions, **readings})
        return replace(self, positions=positions, chosen=self.chosen | {*readings}, _answers={}, _record=Record())

    def _ask(self, key: str, at: int | None) -> Value | Absent:
        answer = self._answers.get((key, at))
        if answer is None:
            answer = self._answers[key, at] = self._answer(key, at)
        found, touched, unconfirmed = answer
        record = self._record
        if record.keeps_answers:
            record.asked[key, at, self.on] = found
        if touched:
            record.touched |= touched
        if unconfirmed:
            record.unconfirmed.add(key)
        return found

    def _answer(self, key: str, at: int | None) -> _Answer:
        quantity = self._quantity(key)
        found = self._settled(quantity, at, self.positions, self.chosen)
        touched = frozenset(q for q in quantity.questions if self._matters(quantity, at, q, found))
        return found, touched, isinstance(found, Value) and found.unconfirmed

    def _matters(self, quantity: Quantity, at: int | None, question: str, found: Value | Absent) -> bool:
        others = {*self.questions[question].positions} - {self.positions[question]}
        chosen = self.chosen | {question}
        return any(
            _gist(self._settled(quantity, at, {**self.positions, question: other}, chosen)) != _gist(found)
            for other in others
        )

    def _settled(
        self, quantity: Quantity, at: int | None, positions: Mapping[str, str], chosen: frozenset[str]
    ) -> Value | Absent:
        found = resolve(
            quantity=quantity,
            on=self.on,
            positions=positions,
            questions=self.questions,
            known_on=self.known_on,
            at=at,
        )
        if not isinstance(found, Value) or not found.unconfirmed or self.profile.unconfirmed is Caution.USE:
            return found
        opted_in = quantity.key in self.accept_unconfirmed or (found.reading and found.reading.question in chosen)
        return found if opted_in else self._refused(found)

    def _refused(self, value: Value) -> Unknown:
        question = value.reading.question if value.reading else ""
        missing = f"a confirmed value of {value.key}; unconfirmed: {value.finding}"
        by_reading = f", or choose {value.reading} by name" if value.reading else ""
        way_out = f"Accept it: accept_unconfirmed {value.key}{by_reading}."
        return Unknown(value.key, missing, value.source, value.at, question, way_out)

    def _quantity(self, key: str) -> Quantity:
        if key not in self.quantities:
            what, way_out = f"The book has no key {key!r}.", nearest(key, list(self.quantities))
            raise UnknownKey("law.key.unknown", what, "", way_out, key=key)
        return self.quantities[key]

    def _typed(self, key: Key, kind: type[T]) -> T:
        value = self._ask(key, None)
        if not isinstance(value, Value):
            raise NoRuleInForce(value, on=self.on)
        if type(value.content) is kind:
            return value.content
        raise TypeError(f"{key} is {_noun(value.content, value.unit)}, asked for as {kind.__name__}")


def _gist(answer: Value | Absent) -> object:
    return answer.content if isinstance(answer, Value) else type(answer)


def _noun(content: Content, unit: Unit) -> str:
    if isinstance(content, Scale):
        return "a scale (ask band_amount)"
    return "a limit that does not exist (ask limit)" if isinstance(content, Unlimited) else f"in {unit}"
