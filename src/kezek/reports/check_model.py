"""A verdict in words: what every form of the report shows, put together once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from kezek.dossier.problem import Flag
from kezek.duties.ahead import Ahead, deadlines_ahead
from kezek.duties.burden import Burden, compliance_burden
from kezek.duties.check import DUTIES, DutyResult, Verdict
from kezek.duties.dues import Due, dues
from kezek.duties.explain import Citation, Explanation, Step, Taken, content_words, explain
from kezek.duties.facts import OperatorFacts
from kezek.duties.finding import Finding, Status
from kezek.duties.formula import in_words
from kezek.duties.lens import Lens
from kezek.law.absence import Unknown
from kezek.law.book import Book
from kezek.law.keys import Word
from kezek.law.value import Value
from kezek.reports import amounts
from kezek.reports.check_receipt import Receipt
from kezek.reports.check_words import (
    against_words,
    ahead_words,
    change_words,
    consequence_words,
    cost_words,
    counts_of,
    deadline_words,
    margin_words,
    periods_words,
    readings_words,
    robustness_sentence,
    stake_words,
    unknown_words,
    verdict_sentence,
)
from kezek.reports.ways import missing_words, readable, what_to_do
from kezek.reports.words import fact_words, sentence

EXPECTED = "expected."
"""Keys of changes announced and not seen in force begin so."""


def _chosen(readings: Iterable[tuple[str, str]]) -> str:
    """Write readings as --reading takes them, those that go together joined."""
    return " + ".join(f"{question}={position}" for question, position in readings)


@dataclass(frozen=True, slots=True)
class Shift:
    """Readings under which a finding would be another: what it would be, what to choose, and what that means."""

    status: Status
    readings: tuple[tuple[str, str], ...]
    words: tuple[str, ...]

    @property
    def chosen(self) -> str:
        """What to write after --reading."""
        return _chosen(self.readings)


@dataclass(frozen=True, slots=True)
class Costlier:
    """Readings under which a breach stays one and costs something else: what to choose, what it means, the cost."""

    readings: tuple[tuple[str, str], ...]
    words: tuple[str, ...]
    costs: tuple[str, ...]

    @property
    def chosen(self) -> str:
        """What to write after --reading."""
        return _chosen(self.readings)

    def is_least_of(self, others: "Iterable[Costlier]") -> bool:
        """Tell whether none of the others needs only a part of its readings."""
        return not any(set(other.readings) < set(self.readings) for other in others)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Something that the law asks and whose content could not be read, so that no duty judges it."""

    key: str
    title: str
    missing: str
    cited: Citation | None


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding in words; what does not apply is ""."""

    finding: Finding
    title: str
    period: str
    reason: str
    measured: str
    limit: str
    margin: str
    against: str
    deadline: str
    at_stake: str
    cited: Citation | None
    consequences: tuple[str, ...]
    fix: str
    missing: tuple[str, ...]
    evidence: tuple[str, ...]
    shifts: tuple[Shift, ...]
    costs: tuple[Costlier, ...]
    explanation: Explanation

    @property
    def holds(self) -> str:
        """How firm the finding is where no reading moves it."""
        if self.costs:
            return "Breached under every reading of the law; what it costs depends on the reading."
        if self.status is Status.UNDETERMINED:
            return "Undetermined under every reading of the law."
        return "Holds under every reading of the law."

    @property
    def gives(self) -> tuple[tuple[str, str], ...]:
        """What other readings would make of it: what to choose, and the status in words."""
        return tuple((shift.chosen, sentence(shift.status.value).lower()) for shift in self.shifts)

    @property
    def status(self) -> Status:
        """Status of the finding."""
        return self.finding.status


@dataclass(frozen=True, slots=True)
class DutyView:
    """One duty over its periods: the findings that name its status, and the others."""

    duty: str
    title: str
    status: Status
    findings: tuple[FindingView, ...]
    others: tuple[FindingView, ...]

    @property
    def periods(self) -> str:
        """Periods of the findings that name the status."""
        return periods_words([one.finding.period for one in self.findings if one.period]).replace("\u00a0", " ")

    @property
    def otherwise(self) -> tuple[str, ...]:
        """The findings of other periods, each in a line; what is a risk or undecided with its reason."""
        return tuple(filter(None, (_other_words(self.others, status) for status in Status)))


@dataclass(frozen=True, slots=True)
class Turn:
    """A duty that is not breached, and the readings under which it would be, each as --reading takes it."""

    duty: str
    title: str
    periods: str
    status: Status
    chosen: tuple[str, ...]

    @property
    def words(self) -> str:
        """All in a line: what it is, in which quarters, what it is now, and what to choose."""
        about = f"{self.title}, {self.periods}" if self.periods else self.title
        return f"{about} ({sentence(self.status.value).lower()}): {' or '.join(self.chosen)} → breached"


@dataclass(frozen=True, slots=True)
class AheadView:
    """One deadline ahead in words."""

    ahead: Ahead
    words: str
    cited: Citation | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A change announced and not seen in force; no verdict uses it."""

    key: str
    title: str
    finding: str
    says: str
    from_on: date
    confidence: str
    cited: Citation


@dataclass(frozen=True, slots=True)
class CheckView:
    """Everything that a report of a check shows.

    Args:
        sentence: The verdict in one sentence.
        robustness: Whether another reading of the law would change the verdict.
        counts: Duties by status.
        at_stake_tiyn: Money at stake in the breaches. [tiyn]
        groups: Duties by status, the worst first; no group is empty.
        owed: What accrued in each quarter, and what was paid for it.
        turns: Duties that are not breached and would be under another reading.
        readings: Positions taken on every question that mattered.
        unjudged: What the law asks on the day and nobody could read, so that no duty judges it.
        unconfirmed: Titles of values of the law that nothing seen confirms.
        sources: Every act and document that the verdict rests on, by title.
        flags: Remarks on the operator's file.
    """

    operator: str
    as_of_on: date
    sentence: str
    robustness: str
    counts: tuple[tuple[Status, int], ...]
    at_stake_tiyn: int
    groups: tuple[tuple[Status, tuple[DutyView, ...]], ...]
    turns: tuple[Turn, ...]
    owed: tuple[Due, ...]
    ahead: tuple[AheadView, ...]
    burden: Burden
    expected: tuple[Expected, ...]
    unjudged: tuple[Unjudged, ...]
    readings: tuple[Taken, ...]
    unconfirmed: tuple[str, ...]
    sources: tuple[Citation, ...]
    flags: tuple[Flag, ...]
    receipt: Receipt

    @property
    def duties(self) -> tuple[DutyView, ...]:
        """All duties, in the order of the groups."""
        return tuple(duty for _, duties in self.groups for duty in duties)


def check_view(
    *, facts: OperatorFacts, lens: Lens, verdict: Verdict, receipt: Receipt, flags: Sequence[Flag] = ()
) -> CheckView:
    """Put a verdict into words, with explanations, deadlines ahead, burden and expectations.

    Raises:
        KeyError: a code without words.
    """
    book = lens.book
    duties = tuple(_duty(one, facts.as_of_on, book) for one in verdict.duties)
    explained = [one.explanation for duty in duties for one in (*duty.findings, *duty.others)]
    return CheckView(
        operator=(facts.standing.name if facts.standing else "") or facts.operator_id,
        as_of_on=facts.as_of_on,
        sentence=verdict_sentence(verdict),
        robustness=robustness_sentence(verdict),
        counts=tuple(counts_of(verdict).items()),
        at_stake_tiyn=sum(one.at_stake_tiyn for one in verdict.breached),
        groups=tuple((status, of) for status in Status if (of := tuple(d for d in duties if d.status is status))),
        turns=tuple(turn for duty in duties for turn in _turns(duty)),
        owed=dues(facts=facts, lens=lens),
        ahead=_ahead(facts, lens, verdict),
        burden=compliance_burden(facts=facts, lens=lens),
        expected=expectations(book),
        unjudged=_unjudged(lens, facts.as_of_on),
        readings=tuple({taken.question: taken for one in explained for taken in one.readings}.values()),
        unconfirmed=tuple(sorted({asked.title for one in explained for asked in one.law if asked.unconfirmed})),
        sources=_sources(explained),
        flags=tuple(flags),
        receipt=receipt,
    )


def citation(source: str, at: str, book: Book) -> Citation | None:
    """Give the place and the source of a key; a source that the book does not have is named by its key."""
    if not source:
        return None
    known = book.sources.get(source)
    return Citation(at, known.title, known.number, known.link) if known else Citation(at, source)


def _duty(result: DutyResult, as_of_on: date, book: Book) -> DutyView:
    views = [_finding(one, as_of_on, book) for one in result.findings]
    return DutyView(
        duty=result.duty,
        title=sentence(result.duty),
        status=result.status,
        findings=tuple(one for one in views if one.status is result.status),
        others=tuple(one for one in views if one.status is not result.status),
    )


def _turns(duty: DutyView) -> Iterable[Turn]:
    """List the readings under which findings of a duty would be breaches, the quarters of each together."""
    found: dict[tuple[Status, str], list[str]] = {}
    for one in (*duty.findings, *duty.others):
        for shift in one.shifts:
            if shift.status is Status.BREACHED:
                found.setdefault((one.status, shift.chosen), []).append(one.finding.period)
    together: dict[tuple[Status, str], list[str]] = {}
    for (status, chosen), periods in found.items():
        named = periods_words(sorted(filter(None, periods))).replace("\u00a0", " ")
        together.setdefault((status, named), []).append(chosen)
    for (status, named), choices in together.items():
        yield Turn(duty.duty, duty.title, named, status, tuple(choices))


def _finding(one: Finding, as_of_on: date, book: Book) -> FindingView:
    unit, measured_both = str(one.unit), one.measured is not None and one.limit is not None
    explanation = explain(one, book=book, say=fact_words)
    return FindingView(
        finding=one,
        title=sentence(one.duty),
        period=amounts.quarter(one.period).replace("\u00a0", " ") if one.period else "",
        reason=sentence(one.reason),
        measured="" if one.measured is None else in_words(one.measured, unit),
        limit="" if one.limit is None or not measured_both else in_words(one.limit, unit),
        margin=margin_words(one),
        against=against_words(one),
        deadline=deadline_words(one.deadline_on, as_of_on),
        at_stake=stake_words(one),
        cited=citation(one.source, one.at, book),
        consequences=tuple(map(consequence_words, one.consequences)),
        fix=what_to_do(one.reason, explanation),
        missing=tuple(map(missing_words, one.missing)),
        evidence=tuple(amounts.evidence(readable(text)) for text in one.evidence) if not one.missing else (),
        shifts=tuple(
            Shift(change.status, ((change.question, change.position), *change.also), change_words(change, book))
            for change in one.changes
        ),
        costs=_costs(one, book),
        explanation=explanation,
    )


def _costs(one: Finding, book: Book) -> tuple[Costlier, ...]:
    found = (Costlier(o.readings, readings_words(o.readings, book), cost_words(o, one)) for o in one.otherwise)
    return tuple(cost for cost in found if cost.costs)


def _other_words(others: Iterable[FindingView], status: Status) -> str:
    found = [one for one in others if one.status is status and one.period]
    if not found:
        return ""
    periods = periods_words([one.finding.period for one in found]).replace("\u00a0", " ")
    said = f"{periods}: {sentence(status.value).lower()}"
    if status in (Status.MET, Status.NOT_APPLICABLE):
        return said
    return ". ".join(
        (said, *(f"{one.reason.rstrip('.')}{f' ({one.against})' if one.against else ''}" for one in found))
    )


def _ahead(facts: OperatorFacts, lens: Lens, verdict: Verdict) -> tuple[AheadView, ...]:
    found = deadlines_ahead(facts=facts, lens=lens, findings=verdict.findings)
    return tuple(AheadView(one, ahead_words(one), citation(one.source, one.at, lens.book)) for one in found)


def expectations(book: Book) -> tuple[Expected, ...]:
    """List every change that is announced and not seen in force, by the day it is announced for."""
    keys = sorted(key for key in book.quantities if key.startswith(EXPECTED))
    values = [(key, value) for key in keys for value in book.quantities[key].values]
    found = [_expected(key, book.quantities[key].title, value) for key, value in values]
    return tuple(sorted(found, key=lambda one: (one.from_on, one.key)))


def _unjudged(lens: Lens, on: date) -> tuple[Unjudged, ...]:
    """List what is in force on a day with its content not known, and read by no duty, by title."""
    law, asked = lens.with_readings({}).on(on), {key for duty in DUTIES.values() for key in duty.reads}
    found = []
    for key in sorted(set(lens.book.quantities) - asked):
        absent = None if key.startswith(EXPECTED) else law.find(Word(key))
        if isinstance(absent, Unknown):
            cited = citation(absent.source.key if absent.source else "", absent.at, lens.book)
            found.append(Unjudged(key, lens.book.quantities[key].title, _gap_words(absent.missing), cited))
    return tuple(sorted(found, key=lambda one: one.title))


def _gap_words(missing: str) -> str:
    return unknown_words(missing) if missing.endswith("?") else missing


def _expected(key: str, title: str, value: Value) -> Expected:
    return Expected(
        key=key,
        title=amounts.capital(title.removeprefix("Expected: ")),
        finding=value.finding,
        says=content_words(value.content, value.unit),
        from_on=value.from_on,
        confidence=value.confidence.value,
        cited=Citation(value.at, value.source.title, value.source.number, value.source.link),
    )


def _sources(explained: Iterable[Explanation]) -> tuple[Citation, ...]:
    """Collect the sources that were asked or stand in a formula, each once, by title."""
    found: dict[str, Citation] = {}
    for one in explained:
        cited = [asked.cited for asked in one.law]
        cited += [step.cited for _, top in one.amounts for step in all_steps(top)]
        for place in cited:
            if place is not None:
                found.setdefault(place.title, Citation("", place.title, place.number, place.link))
    return tuple(found[title] for title in sorted(found))


def all_steps(step: Step) -> Iterable[Step]:
    """Walk a tree of steps, the whole before its parts."""
    yield step
    for child in step.children:
        yield from all_steps(child)
