"""Why a finding says what it says: a tree of amounts with formulas, articles and sources, and all that was examined.

Names of facts come out as `say` words them: the sentences of the product live in the reports.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import TypeAlias

from kezek.duties.finding import Finding
from kezek.duties.formula import (
    Rounded,
    exact_quotient,
    exactly,
    formula,
    grouped,
    in_words,
    is_leaf,
    leaves,
    made_of,
    plainly,
    roundings,
    unit_of,
)
from kezek.law.absence import Absent, Unknown
from kezek.law.book import Book
from kezek.law.origin import Fact, Provision, Rule
from kezek.law.problem import NoRuleInForce
from kezek.law.term import Condition, Op, Term
from kezek.law.value import Band, Confidence, Content, Missing, Scale, Unit, Unlimited, Value

Say: TypeAlias = Callable[[str], str]
"""Gives the words of a fact's name."""

JsonTree: TypeAlias = "str | int | bool | list[JsonTree] | dict[str, JsonTree] | None"
"""What an explanation is made of when it is written as JSON: no floats."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where something stands: place, title and number of the act or document, link where one is known."""

    at: str
    title: str
    number: str = ""
    link: str = ""

    def __str__(self) -> str:
        """The place, then the source."""
        return ", ".join(filter(None, (self.at, self.title)))


@dataclass(frozen=True, slots=True)
class Step:
    """One amount on the way, with everything it was made of.

    Args:
        kind: fact, law, rule, sum, or number for one without an origin.
        says: The amount in the unit a person thinks in.
        formula: How it was made, in names; "" for what was not calculated.
        worked: The same with the numbers and units in it.
        cited: Where it stands; None for a fact of the operator's.
        period: Period of a fact; days on which a value of the law holds.
        band: Row of the scale that was taken.
        reading: Positions under which the value holds; "" under all.
        exception_to: The rule in whose place this one stands.
        children: What it was made of.
    """

    kind: str
    label: str
    value: int
    unit: str
    says: str
    formula: str = ""
    worked: str = ""
    roundings: tuple[Rounded, ...] = ()
    cited: Citation | None = None
    period: str = ""
    confidence: str = ""
    band: str = ""
    reading: str = ""
    exception_to: str = ""
    children: tuple["Step", ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One value of the law that was asked, or why there was none; `absent` is the code of the absence."""

    key: str
    title: str
    says: str
    on: date
    cited: Citation | None = None
    period: str = ""
    published_on: date | None = None
    confidence: str = ""
    unconfirmed: bool = False
    reading: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Examined:
    """A condition with its numbers, and whether it held."""

    words: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A position on a question, who holds it and why."""

    position: str
    holder: str
    why: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The position taken on a question that mattered, and the others; `by_name` if it was chosen by name."""

    question: str
    text: str
    taken: Held
    by_name: bool
    others: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a finding came about.

    Args:
        amounts: `measured`, `limit`, `at_stake_tiyn`, each as a tree.
        law: What the law was asked, in order.
        conditions: What was examined, whether it held or not.
        readings: Positions taken on the questions that mattered.
    """

    duty: str
    period: str
    status: str
    reason: str
    amounts: tuple[tuple[str, Step], ...]
    law: tuple[Asked, ...]
    conditions: tuple[Examined, ...]
    readings: tuple[Taken, ...]


_CODE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
"""A code in the middle of words, as `grid_surplus`."""

_SHORT = 80
"""Letters that a formula may take in the middle of a condition."""


def plain_name(name: str) -> str:
    """Read a fact's name aloud: the words before its unit.

    >>> plain_name("metered_wh"), plain_name("average_price_tiyn_per_kwh")
    ('metered', 'average price')
    """
    words = name
    for suffix in ("_tiyn_per_kwh", "_kwh", "_wh", "_w", "_sat", "_tiyn", "_ppm"):
        words = words.removesuffix(suffix)
    return words.replace("_", " ")


def explain(finding: Finding, *, book: Book, say: Say = plain_name) -> Explanation:
    """Explain a finding from its trace; without one, only its own amounts are known.

    Args:
        say: Words for the names of facts.
    """
    trace = finding.trace
    asked = trace.asked.items() if trace else ()
    return Explanation(
        duty=finding.duty,
        period=finding.period,
        status=finding.status.value,
        reason=finding.reason,
        amounts=_amounts(finding, book, say),
        law=tuple(_asked(key, at, on, found, book) for (key, at, on), found in asked),
        conditions=_conditions(trace.conditions if trace else (), book, say),
        readings=tuple(_taken(one, *how, book) for one, how in trace.positions.items()) if trace else (),
    )


def _amounts(finding: Finding, book: Book, say: Say) -> tuple[tuple[str, Step], ...]:
    units = {"measured": finding.unit.value, "limit": finding.unit.value, "at_stake_tiyn": "tiyn"}
    plain = {"measured": finding.measured, "limit": finding.limit, "at_stake_tiyn": finding.at_stake_tiyn or None}
    traced = finding.trace.amounts if finding.trace else {}
    found = {name: traced.get(name, amount) for name, amount in plain.items() if amount is not None}
    return tuple((name, _step(amount, units[name], book, say)) for name, amount in found.items())


def _step(amount: int, unit: str, book: Book, say: Say) -> Step:
    """Give the tree of an amount; `unit` is taken where the amount does not tell its own."""
    amount = plainly(amount)
    if not isinstance(amount, Term):
        return Step("number", "a number without an origin", amount, unit, in_words(amount, unit))
    match amount.about:
        case Fact(name, own_unit, period):
            says = in_words(amount, own_unit or unit)
            return Step("fact", say(name), int(amount), own_unit or unit, says, period=period)
        case Provision():
            return _law_step(amount, amount.about, book)
        case Rule():
            return _rule_step(amount, amount.about, book, say)
    return _made(amount, unit or unit_of(amount), book, say)


def _law_step(amount: Term, about: Provision, book: Book) -> Step:
    value = about.value
    return Step(
        kind="law",
        label=_title(value.key, book),
        value=int(amount),
        unit=str(value.unit),
        says=in_words(amount, value.unit),
        cited=_citation(value),
        period=_in_force(value),
        confidence=value.confidence.value,
        band=_band_words(about.band, about.asked_at),
        reading=str(value.reading or ""),
    )


def _rule_step(amount: Term, about: Rule, book: Book, say: Say) -> Step:
    source = book.sources.get(about.source)
    made = _made(amount, str(about.unit), book, say, rounding_at=about.rounding_at)
    known = (source.title, source.number, source.link) if source else (about.source,)
    return Step(
        kind="rule",
        label=rule_name(about),
        value=made.value,
        unit=made.unit,
        says=made.says,
        formula=made.formula,
        worked=made.worked,
        roundings=made.roundings,
        cited=Citation(about.at, *known),
        exception_to=about.exception_to,
        children=made.children,
    )


def rule_name(rule: Rule) -> str:
    """Give a rule's label without its unit and full stop."""
    return rule.label.partition(" [")[0].rstrip(".")


def _made(amount: Term, unit: str, book: Book, say: Say, rounding_at: str = "") -> Step:
    """Give an amount that arithmetic or a rule made, with its formula in names and in numbers."""
    inner = made_of(amount)
    used = [*leaves(inner), *(part for part in amount.parts[1:] if amount.op is Op.RULE and is_leaf(part))]
    children: dict[tuple[str, str, int, str], Step] = {}
    for part in used:
        child = _step(part, "", book, say)
        children.setdefault((child.kind, child.label, child.value, child.period), child)
    return Step(
        kind="sum",
        label="calculated",
        value=int(amount),
        unit=unit,
        says=in_words(amount, unit),
        formula=formula(inner, lambda part, _: _name(part, book, say)),
        worked=_worked(inner, unit),
        roundings=tuple(roundings(inner, at=rounding_at, unit=unit)),
        children=tuple(children.values()),
    )


def _name(part: int, book: Book, say: Say) -> str:
    """Name what a formula is written with, as it stands in the middle of a line."""
    if not isinstance(part, Term):
        return grouped(part)
    match part.about:
        case Fact(name):
            return say(name)
        case Provision(value):
            return _lower(_title(value.key, book))
        case Rule():
            return _lower(rule_name(part.about).partition(":")[0])
    return grouped(int(part))


def _lower(text: str) -> str:
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _title(key: str, book: Book) -> str:
    return book.quantities[key].title if key in book.quantities else key


def _number(part: int, share: bool) -> str:
    unit = unit_of(part)
    return in_words(part, unit) if share else exactly(part, unit)


def _worked(inner: int, unit: str) -> str:
    """Write a formula with its numbers and what it comes to, before the last rounding."""
    written = formula(inner, _number)
    if isinstance(inner, Term) and inner.op in (Op.HALF_UP, Op.CEIL, Op.FLOOR):
        return f"{written} = {exact_quotient(int(inner.parts[0]), int(inner.parts[1]))} {unit}".strip()
    plain = not isinstance(inner, Term) or inner.op in (Op.FACT, Op.LAW, Op.RULE)
    return written if plain else f"{written} = {exactly(int(inner), unit)}"


def _band_words(band: Band | None, asked_at: int | None) -> str:
    if band is None or asked_at is None:
        return ""
    asked, least = (in_words(amount, "tiyn/kWh") for amount in (asked_at, band.from_amount))
    number = least.removesuffix(" ₸/kWh")
    until = (
        f"{number} to under {in_words(band.until_amount, 'tiyn/kWh')}" if band.until_amount else f"from {least} on"
    )
    return f"price {asked}: row {until}"


def _citation(value: Value) -> Citation:
    return Citation(value.at, value.source.title, value.source.number, value.source.link)


def _in_force(value: Value) -> str:
    return f"from {value.from_on}" + (f" until {value.until_on}" if value.until_on else "")


def content_words(content: Content, unit: Unit) -> str:
    """Say what a value of the law holds."""
    match content:
        case bool():
            return "yes" if content else "no"
        case int():
            return in_words(content, unit)
        case Scale(bands=bands):
            return f"a scale of {len(bands)} rows"
        case Unlimited():
            return "no limit"
        case Missing(what):
            return f"not known: {what}"
        case str():
            return content.replace("_", " ")
    return ", ".join(word.replace("_", " ") for word in content) or "none"


def _asked(key: str, at: int | None, on: date, found: Value | Absent, book: Book) -> Asked:
    title = _title(key, book)
    if not isinstance(found, Value):
        cited = Citation(found.at, found.source.title) if isinstance(found, Unknown) and found.source else None
        what = NoRuleInForce(found, on=on).what
        return Asked(key, title, what, on, cited=cited, absent=found.code.value)
    asked_at = f" (asked at {in_words(at, 'tiyn/kWh')})" if at is not None else ""
    return Asked(
        key=key,
        title=title,
        says=content_words(found.content, found.unit) + asked_at,
        on=on,
        cited=_citation(found),
        period=_in_force(found),
        published_on=found.published_on,
        confidence=found.confidence.value,
        unconfirmed=found.confidence is Confidence.UNCONFIRMED,
        reading=str(found.reading or ""),
    )


def _conditions(conditions: tuple[Condition, ...], book: Book, say: Say) -> tuple[Examined, ...]:
    return tuple(dict.fromkeys(Examined(_condition_words(one, book, say), one.holds) for one in conditions))


def without_codes(text: str) -> str:
    """Read the codes in a text aloud; names and serial numbers stay as they are.

    >>> without_codes("grid_surplus is an exempt source, ANT_7 is not")
    'grid surplus is an exempt source, ANT_7 is not'
    """
    return _CODE.sub(lambda found: found[0].replace("_", " "), text)


def _condition_words(one: Condition, book: Book, say: Say) -> str:
    if not one.sign:
        return without_codes(str(one.left))
    units = [unit_of(side) for side in (one.left, one.right) if isinstance(side, int)]
    unit = next(filter(None, units), "")
    return f"{_side(one.left, unit, book, say)} {one.sign} {_side(one.right, unit, book, say)}"


def _side(side: object, unit: str, book: Book, say: Say) -> str:
    """Write one side of a comparison: its name, or its formula where that is short, and its amount."""
    if not isinstance(side, int):
        return str(side)
    amount = in_words(side, unit)
    named = formula(side, lambda part, _: _name(part, book, say)) if isinstance(side, Term) else ""
    return f"{named} ({amount})" if named and len(named) <= _SHORT else amount


def _taken(question: str, position: str, by_name: bool, book: Book) -> Taken:
    asked = book.questions[question]
    held = {name: Held(name, one.holder, one.why) for name, one in asked.positions.items()}
    own = held.pop(position, Held(position, "nobody", "The sources do not say."))
    return Taken(question, asked.text, own, by_name, tuple(held.values()))


def as_json(explained: object) -> JsonTree:
    """Write an explanation in texts, whole numbers, flags, lists and tables; what is empty is left out.

    Raises:
        TypeError: a value that has no place in an explanation, as a float.
    """
    if is_dataclass(explained) and not isinstance(explained, type):
        written = {one.name: as_json(getattr(explained, one.name)) for one in fields(explained)}
        return {name: value for name, value in written.items() if value not in ("", None, [])}
    if isinstance(explained, Enum):
        return str(explained.value)
    if isinstance(explained, bool) or explained is None:
        return explained
    if isinstance(explained, int):
        return int(explained)
    if isinstance(explained, tuple | list):
        return [as_json(one) for one in explained]
    if isinstance(explained, date):
        return explained.isoformat()
    if isinstance(explained, str):
        return str(explained)
    raise TypeError(f"{explained!r} has no place in an explanation")
