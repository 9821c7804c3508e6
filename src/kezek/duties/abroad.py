"""Mining checked under the book of another jurisdiction: a proposed excise, a prohibition, a draft duty to report.

What is not law is never owed: every answer says whether its rule is law; where it is not, it says what would be.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from kezek.duties.dame import DameExcise, dame_excise
from kezek.law import keys
from kezek.law.absence import Absent, Ended, Unknown
from kezek.law.book import Book
from kezek.law.problem import NoRuleInForce
from kezek.law.snapshot import Snapshot
from kezek.law.value import Content, Unit, Value
from kezek.law.value import Status as LawStatus
from kezek.units.problem import InputProblem
from kezek.units.quantity import Share

JsonValue: TypeAlias = "str | int | bool | list[JsonValue] | dict[str, JsonValue] | None"
"""What an answer is made of when it is written as JSON."""


class Outcome(StrEnum):
    """Result of a check abroad."""

    PROHIBITED = "prohibited"
    COMPUTED = "computed"
    BREACHED = "breached"
    WOULD_BE_BREACHED = "would_be_breached"
    UNDETERMINED = "undetermined"
    MET = "met"
    WOULD_BE_MET = "would_be_met"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class AbroadFacts:
    """Facts about a miner abroad; None where the miner's file does not say.

    Args:
        electricity_cost_cents: Electricity bought for mining in the taxable year. [US cents]
        own_power_cost_cents: Estimated cost of power produced or obtained off the grid in that year. [US cents]
        electricity_kwh: Electricity used for mining in that year. [kWh] No rule in the books asks for it yet.
        year: Calendar year that is the taxable year; None takes the year of the check.
        address_reported: Whether the address-identifier was reported to the tax authority.

    Raises:
        InputProblem: duties.abroad.fact, an amount that is negative or no whole number, a year that is none.
    """

    electricity_cost_cents: int | None = None
    own_power_cost_cents: int = 0
    electricity_kwh: int | None = None
    year: int | None = None
    address_reported: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be a fact."""
        for name in ("electricity_cost_cents", "own_power_cost_cents", "electricity_kwh"):
            found = getattr(self, name)
            if found is not None and (type(found) is not int or found < 0):
                raise _no_fact(name, found, "Give a whole number, zero or more.")
        if self.year is not None and (type(self.year) is not int or not date.min.year <= self.year <= date.max.year):
            raise _no_fact("year", self.year, "Give a calendar year, as 2024.")
        if self.address_reported not in (None, True, False):
            raise _no_fact("address_reported", self.address_reported, "Say true or false, or leave it out.")


def _no_fact(name: str, found: object, way_out: str) -> InputProblem:
    return InputProblem("duties.abroad.fact", f"{found!r} is no {name}.", name, way_out)


@dataclass(frozen=True, slots=True)
class AbroadRow:
    """One quantity of the book on the day asked for, with its evidence; the rule's absence in words where none holds.

    Args:
        standing: Whether the text is law, a draft or a proposal.
        absent: Code of the absence, "" where a value holds.
    """

    key: str
    title: str
    says: str
    standing: str
    source: str = ""
    at: str = ""
    finding: str = ""
    confidence: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class AbroadCheck:
    """What a jurisdiction's book says to a miner on a day.

    Args:
        reason: Code of the sentence.
        is_law: Whether the rule that decided is law; where it is not, nothing is owed under it.
        rows: Everything in the book on that day.
        touched: Open questions on which the answer depends.
        details: Figures of this jurisdiction, ready for JSON.
    """

    jurisdiction: str
    on: date
    outcome: Outcome
    reason: str
    is_law: bool
    sentence: str
    rows: tuple[AbroadRow, ...]
    touched: tuple[str, ...] = ()
    details: Mapping[str, JsonValue] = field(default_factory=dict)

    @property
    def refused(self) -> bool:
        """Whether the book forbids mining, so that a shell refuses with the sentence."""
        return self.outcome is Outcome.PROHIBITED

    def as_dict(self) -> dict[str, JsonValue]:
        """Give the answer in texts, whole numbers, flags, lists and tables, ready for JSON."""
        return {
            "jurisdiction": self.jurisdiction,
            "on": self.on.isoformat(),
            "outcome": self.outcome.value,
            "reason": self.reason,
            "is_law": self.is_law,
            "sentence": self.sentence,
            "touched": [*self.touched],
            "rows": [_row_dict(row) for row in self.rows],
            **self.details,
        }


def _row_dict(row: AbroadRow) -> dict[str, JsonValue]:
    return {one.name: getattr(row, one.name) for one in fields(row)}


def check_abroad(
    *,
    jurisdiction: str,
    on: date,
    book: Book,
    facts: AbroadFacts,
    profile: str = "described",
    readings: Mapping[str, str] | None = None,
    accept_unconfirmed: frozenset[str] = frozenset(),
) -> AbroadCheck:
    """Check a miner under another jurisdiction's book.

    The excise of `us-dame` is asked as of the first day of the taxable year, `cn` and `ru` as of the day given.

    Args:
        on: Day of the check.
        book: The book of that jurisdiction.

    Raises:
        InputProblem: duties.abroad.jurisdiction, a jurisdiction without a check, as `kz`, which has its own, or
            `world`, which holds notes; law.profile.unknown, law.reading.unknown, law.accept.unknown.
    """
    if jurisdiction not in _CHECKS:
        what = f"There is no check abroad for {jurisdiction!r}."
        way_out = f"Known: {', '.join(sorted(_CHECKS))}; operators in Kazakhstan have their own check."
        raise InputProblem("duties.abroad.jurisdiction", what, "jurisdiction", way_out)
    asked_on = _taxable_year_from_on(facts, on) if jurisdiction == "us-dame" else on
    law = book.at(on=asked_on, profile=profile, readings=readings, accept_unconfirmed=accept_unconfirmed)
    return _CHECKS[jurisdiction](on, law, facts)


def _taxable_year_from_on(facts: AbroadFacts, on: date) -> date:
    return date(on.year if facts.year is None else facts.year, 1, 1)


# The proposed excise of the United States


def _check_us_dame(on: date, law: Snapshot, facts: AbroadFacts) -> AbroadCheck:
    if facts.electricity_cost_cents is None:
        return _answer("us-dame", on, law, keys.DAME_RATE_PPM, Outcome.UNDETERMINED, "cost_unknown", _COST_UNKNOWN)
    excise = dame_excise(
        electricity_cost_cents=facts.electricity_cost_cents,
        own_power_cost_cents=facts.own_power_cost_cents,
        taxable_year_from_on=law.on,
        law=law,
    )
    outcome, reason = _dame_outcome(excise.excise_cents)
    words = f"{_dame_words(excise, law)}{_dame_range(excise)}"
    details = _dame_details(excise)
    return _answer("us-dame", on, law, keys.DAME_RATE_PPM, outcome, reason, words, excise.touched, details)


_COST_UNKNOWN = "the excise would be a share of what the electricity cost, which the facts do not give."


def _dame_outcome(excise_cents: int | Absent) -> tuple[Outcome, str]:
    if isinstance(excise_cents, int):
        return Outcome.COMPUTED, "excise_computed"
    if isinstance(excise_cents, Unknown):
        return Outcome.UNDETERMINED, "rate_unknown"
    return Outcome.NOT_APPLICABLE, "no_rate"


def _dame_words(excise: DameExcise, law: Snapshot) -> str:
    year = f"a taxable year that begins on {excise.taxable_year_from_on}"
    amount, rate, base = excise.excise_cents, excise.rate_ppm, excise.base_cents
    if isinstance(amount, int) and isinstance(rate, int) and isinstance(base, int):
        owed = f"{'is' if excise.is_law else 'would be'} {_dollars(amount)}, {Share(rate)} of {_dollars(base)}"
        return f"the excise of {year} {owed} ({excise.source}, {excise.at})."
    assert not isinstance(excise.excise_cents, int)
    why = _absence_words(excise.excise_cents, law)
    if isinstance(excise.excise_cents, Unknown):
        return f"the excise of {year} could not be computed. {why}"
    return f"{year} would bear no excise. {why}"


def _dame_range(excise: DameExcise) -> str:
    if excise.least_cents is None or excise.most_cents is None:
        return ""
    told = [f"{_dollars(excise.least_cents)} to {_dollars(excise.most_cents)}"]
    for one in excise.without_figure():
        told.append(f"{'not known' if isinstance(one.excise_cents, Unknown) else 'none'} under {one}")
    return f" Over all readings: {'; '.join(told)}."


def _dame_details(excise: DameExcise) -> dict[str, JsonValue]:
    return {
        "taxable_year_from_on": excise.taxable_year_from_on.isoformat(),
        "rate_ppm": _figure(excise.rate_ppm),
        "base_cents": _figure(excise.base_cents),
        "excise_cents": _figure(excise.excise_cents),
        "owed_cents": excise.owed_cents,
        "least_cents": excise.least_cents,
        "most_cents": excise.most_cents,
        "readings": [
            {"positions": dict(one.positions), "excise_cents": _figure(one.excise_cents)} for one in excise.readings
        ],
    }


def _figure(found: int | Absent) -> JsonValue:
    return found if isinstance(found, int) else {"absent": found.code.value}


def _dollars(cents: int) -> str:
    dollars, rest = divmod(cents, 100)
    return f"${dollars:,}.{rest:02d}"


# China's prohibition


@dataclass(frozen=True, slots=True)
class Prohibited:
    """What stands against mining on a day: a row of the book for each prohibition in force; empty if none is."""

    reasons: tuple[AbroadRow, ...]


_PROHIBITIONS = (
    (keys.MINING_BAN_NEW_INVESTMENT, "no new investment in mining"),
    (keys.MINING_BAN_DATA_CENTRE_LABEL, "no mine may call itself a data centre"),
    (keys.MINING_BAN_POWER_SUPPLY, "no power may be supplied to {scope}"),
    (keys.MINING_BAN_ILLEGAL_SUPPLY_SANCTIONED, "illegal supply to existing mines is investigated and punished"),
)
_SCOPES = {"all_miners": "miners", "new_mines": "new mines"}


def prohibitions(*, law: Snapshot) -> Prohibited:
    """List what China's notice prohibits on the day of the law, each with its source.

    Law: mining_ban.new_investment, .data_centre_label, .power_supply, .supply_scope, .illegal_supply_sanctioned.
    """
    found = ((law.find(key), key, words) for key, words in _PROHIBITIONS)
    return Prohibited(
        tuple(
            _row(law, key, value, words.format(scope=_scope(law)) if key == keys.MINING_BAN_POWER_SUPPLY else words)
            for value, key, words in found
            if isinstance(value, Value) and value.content is True
        )
    )


def _scope(law: Snapshot) -> str:
    found = law.find(keys.MINING_BAN_SUPPLY_SCOPE)
    return _SCOPES.get(str(found.content), str(found.content)) if isinstance(found, Value) else "some miners at least"


def _check_cn(on: date, law: Snapshot, facts: AbroadFacts) -> AbroadCheck:
    law = law.with_readings({})
    found, first = prohibitions(law=law), law.find(keys.MINING_BAN_NEW_INVESTMENT)
    touched = tuple(sorted(law.touched()))
    key = keys.MINING_BAN_NEW_INVESTMENT
    if found.reasons:
        words = "; ".join(f"{row.says} ({row.source}, {row.at})" for row in found.reasons)
        details: dict[str, JsonValue] = {"reasons": [_row_dict(row) for row in found.reasons]}
        words = f"Refused; in force in China on {on}: {words}."
        return _answer("cn", on, law, key, Outcome.PROHIBITED, "prohibited", words, touched, details)
    unknown = isinstance(first, Unknown)
    words = "the book names no prohibition." if isinstance(first, Value) else _absence_words(first, law)
    outcome = Outcome.UNDETERMINED if unknown else Outcome.NOT_APPLICABLE
    reason = "prohibition_unknown" if unknown else "not_prohibited_yet"
    return _answer("cn", on, law, key, outcome, reason, words, touched, {"reasons": []})


# Russia's draft duty to report


def _check_ru(on: date, law: Snapshot, facts: AbroadFacts) -> AbroadCheck:
    law, key = law.with_readings({}), keys.MINING_REPORT_ADDRESS_IDENTIFIER_REQUIRED
    duty = law.find(key)
    if isinstance(duty, Value):
        outcome, reason, words = _report_judged(duty, facts.address_reported)
    else:
        outcome, reason, words = _report_absent(duty, law)
    details: dict[str, JsonValue] = {"address_reported": facts.address_reported}
    return _answer("ru", on, law, key, outcome, reason, words, tuple(sorted(law.touched())), details)


def _report_judged(duty: Value, reported: bool | None) -> tuple[Outcome, str, str]:
    if duty.content is not True:
        return Outcome.NOT_APPLICABLE, "report_not_required", "no address-identifier has to be reported."
    law = duty.status is LawStatus.LAW
    rule = "a miner has to report its address-identifier to the tax authority"
    rule = rule if law else rule.replace("has to", "would have to")
    place = f"({duty.source.key}, {duty.at})"
    if reported is None:
        return Outcome.UNDETERMINED, "report_unknown", f"{rule} {place}; the facts do not say whether it did."
    if reported:
        return (Outcome.MET if law else Outcome.WOULD_BE_MET), "reported", f"{rule} {place}; it did."
    outcome = Outcome.BREACHED if law else Outcome.WOULD_BE_BREACHED
    return outcome, "not_reported", f"{rule} {place}; it did not."


def _report_absent(duty: Absent, law: Snapshot) -> tuple[Outcome, str, str]:
    words = _absence_words(duty, law)
    followed = isinstance(law.find(keys.MINING_REPORT_SUCCESSOR), Value)
    if isinstance(duty, Ended) and followed:
        return Outcome.UNDETERMINED, "draft_ended", f"{words} Look the duty up there."
    if isinstance(duty, Unknown):
        return Outcome.UNDETERMINED, "report_not_known", words
    return Outcome.NOT_APPLICABLE, "no_report_rule", words


# What all answers share

_CHECKS = {"us-dame": _check_us_dame, "cn": _check_cn, "ru": _check_ru}
_PREFACES = {
    LawStatus.LAW: "",
    LawStatus.PROPOSAL: "Proposed, not enacted",
    LawStatus.DRAFT: "Draft, not law",
}
_NO_DETAILS: Mapping[str, JsonValue] = MappingProxyType({})


def _answer(
    jurisdiction: str,
    on: date,
    law: Snapshot,
    key: keys.Key,
    outcome: Outcome,
    reason: str,
    words: str,
    touched: tuple[str, ...] = (),
    details: Mapping[str, JsonValue] = _NO_DETAILS,
) -> AbroadCheck:
    """Put an answer together; the status of the deciding quantity chooses the mood of the sentence."""
    standing = _PREFACES.get(law.quantities[key].status, "Announced, not law")
    preface = f"{standing}: nothing is owed today; if it were law, " if standing and reason not in _PLAIN else ""
    return AbroadCheck(
        jurisdiction=jurisdiction,
        on=on,
        outcome=outcome,
        reason=f"duties.abroad.{reason}",
        is_law=_is_law(law, key),
        sentence=preface + (words if preface else words[:1].upper() + words[1:]),
        rows=tuple(_rows(law)),
        touched=touched,
        details=details,
    )


_PLAIN = ("draft_ended", "no_report_rule", "report_not_known")
"""Reasons whose sentence is about the absence of a rule, whatever its status was."""


def _is_law(law: Snapshot, key: keys.Key) -> bool:
    return law.quantities[key].status is LawStatus.LAW


def _rows(law: Snapshot) -> Iterator[AbroadRow]:
    apart = law.with_readings({})
    for key in sorted(law.quantities):
        found = apart.find(keys.Word(key))
        says = _content_words(found.content, found.unit) if isinstance(found, Value) else _absence_words(found, law)
        yield _row(law, key, found, says)


def _row(law: Snapshot, key: str, found: Value | Absent, says: str) -> AbroadRow:
    quantity = law.quantities[key]
    if not isinstance(found, Value):
        return AbroadRow(key, quantity.title, says, quantity.status.value, absent=found.code.value)
    return AbroadRow(
        key=key,
        title=quantity.title,
        says=says,
        standing=quantity.status.value,
        source=found.source.key,
        at=found.at,
        finding=found.finding,
        confidence=found.confidence.value,
    )


def _content_words(content: Content, unit: Unit) -> str:
    if isinstance(content, bool):
        return "yes" if content else "no"
    if isinstance(content, tuple):
        return ", ".join(content)
    if isinstance(content, int):
        return str(Share(content)) if unit is Unit.PPM else f"{content} {unit}"
    return str(content)


def _absence_words(absent: Absent, law: Snapshot) -> str:
    what = NoRuleInForce(absent, on=law.on).what
    return what if what.endswith(".") else f"{what}."
