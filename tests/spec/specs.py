"""Worked cases and timelines as specifications: facts, law, and what must come out; with a runner that compares."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from unittest.mock import patch

from tests.spec.clean import DAY, clean_operator, quarter_named, with_change

from kezek.duties.burden import compliance_burden
from kezek.duties.case import Scope
from kezek.duties.check import DUTIES, check
from kezek.duties.facts import OperatorFacts
from kezek.duties.lens import Lens
from kezek.duties.licence import licence_fee_tiyn
from kezek.duties.tax import compliance_cost_tiyn, income_tax_tiyn
from kezek.law import keys
from kezek.law.book import load_book
from kezek.law.problem import NoRuleInForce
from kezek.units.calendar import Quarter

HERE = Path(__file__).parent
FIELDS = {
    "status",
    "reason",
    "measured",
    "limit",
    "unit",
    "at_stake_tiyn",
    "deadline_on",
    "missing",
    "evidence",
    "source",
    "consequences",
    "changes",
}
CHECKED_ALWAYS = {"changes": {}}
"""What a worked case must list in full, even where it lists nothing."""


@dataclass(frozen=True)
class Spec:
    """One thing that must come out: of a duty in a period, or of a calculation (`compute`)."""

    name: str
    facts: OperatorFacts
    profile: str
    readings: Mapping[str, str]
    accept: frozenset[str]
    duty: str
    period: str
    expected: Mapping[str, object]
    compute: str = ""
    at: object = None

    @property
    def law(self):
        """The law under which it is judged, as a key for lenses."""
        return self.profile, tuple(sorted(self.readings.items())), self.accept


@dataclass
class Lenses:
    """Lenses on one book, one for each profile and set of readings."""

    book: object
    made: dict = field(default_factory=dict)

    def of(self, spec):
        """Give the lens of a specification."""
        if spec.law not in self.made:
            self.made[spec.law] = Lens(
                book=self.book, profile=spec.profile, readings=spec.readings, accept_unconfirmed=spec.accept
            )
        return self.made[spec.law]


def finding_of(spec, lenses):
    """Judge one duty alone and give its finding for the period."""
    with patch.dict(DUTIES, {spec.duty: DUTIES[spec.duty]}, clear=True):
        found = check(facts=spec.facts, lens=lenses.of(spec)).findings
    return next(one for one in found if one.period == spec.period)


def consequence_text(one):
    """Write a consequence as `fine 5175000..51750000 tiyn ?`; the question mark says that something is missing."""
    least = "" if one.least is None else one.least
    amount = "" if one.most is None else f" {least}..{one.most} {one.unit}"
    return f"{one.kind}{amount}{' ?' if one.unknown else ''}"


def change_texts(finding):
    """Write changes as `question=position` (joined by + where several go together) to the status."""
    return {
        " + ".join(f"{q}={p}" for q, p in ((one.question, one.position), *one.also)): str(one.status)
        for one in finding.changes
    }


def said_by(finding):
    """Give a finding as the case files write one."""
    return {
        "status": str(finding.status),
        "reason": finding.reason.removeprefix("duties."),
        "measured": finding.measured,
        "limit": finding.limit,
        "unit": str(finding.unit),
        "at_stake_tiyn": finding.at_stake_tiyn,
        "deadline_on": finding.deadline_on,
        "missing": list(finding.missing),
        "evidence": list(finding.evidence),
        "source": finding.source,
        "consequences": [consequence_text(one) for one in finding.consequences],
        "changes": change_texts(finding),
    }


def _income_tax(spec, law):
    book = spec.facts.books[-1]
    return income_tax_tiyn(coin_value_tiyn=book.coin_value_tiyn, cost_tiyn=book.cost_tiyn, law=law(book.last_on))


def _compliance(spec, law):
    book = spec.facts.books[-1]
    return compliance_cost_tiyn(coin_value_tiyn=book.coin_value_tiyn, cost_tiyn=book.cost_tiyn, law=law(book.last_on))


def _five_indices(spec, law):
    return licence_fee_tiyn(fee_mci=5, mci_tiyn=law(spec.at).amount(keys.MCI_TIYN))


COMPUTATIONS = {
    "income_tax_tiyn": _income_tax,
    "compliance_cost_tiyn": _compliance,
    "five_indices_tiyn": _five_indices,
}


def _burden(spec, lens):
    found = compliance_burden(facts=spec.facts, lens=lens)
    return {
        "cost_tiyn": "unknown" if found.cost_tiyn is None else found.cost_tiyn,
        "claims": [f"{one.size} {one.least_ppm}..{one.most_ppm} ppm of {one.base}" for one in found.claims],
        "unknown": len(found.unknown),
    }


def outcome(spec, lenses):
    """Give what comes out, restricted to what the specification says."""
    if not spec.compute:
        said = said_by(finding_of(spec, lenses))
        return {name: said[name] for name in spec.expected}
    lens = lenses.of(spec)
    if spec.compute == "burden":
        return {"result": _burden(spec, lens)}
    try:
        return {"result": COMPUTATIONS[spec.compute](spec, lens.on)}
    except NoRuleInForce as absence:
        return {"result": absence.absent.code.value.removeprefix("law.value.")}


def holds(spec, lenses):
    """Tell whether a specification holds under a book; an error is no answer, so that it does not hold."""
    try:
        return outcome(spec, lenses) == spec.expected
    except (ValueError, TypeError, KeyError, LookupError):
        return False


def facts_from(page):
    """Build the facts of a case or a variant: the clean operator, changed as it says."""
    quarters = tuple(map(quarter_named, page.get("quarters", ["2025-Q3"])))
    facts = clean_operator(quarters=quarters, until_on=page.get("until"), as_of_on=page.get("as_of"))
    for path, value in page.get("set", {}).items():
        facts = with_change(facts, path, value)
    for path in page.get("unsaid", ()):
        facts = with_change(facts, path, unsaid=True)
    return facts


PAGE = {"title", "source", "worked", "variant"}
VARIANT = {
    "name",
    "quarters",
    "until",
    "as_of",
    "set",
    "unsaid",
    "profile",
    "readings",
    "accept",
    "expect",
    "compute",
}


@cache
def pages():
    """Read the case files: name to page."""
    found = {}
    for path in sorted((HERE / "cases").glob("*.toml")):
        page = tomllib.loads(path.read_text(encoding="utf-8"))
        page.setdefault("variant", [])
        found[path.stem] = page
    return found


def _merged(page, variant):
    both = {**page, **variant}
    both["set"] = {**page.get("set", {}), **variant.get("set", {})}
    both["readings"] = {**page.get("readings", {}), **variant.get("readings", {})}
    return both


@cache
def case_specs():
    """List what the case files say must come out."""
    specs = []
    for stem, page in pages().items():
        assert page.keys() <= PAGE | VARIANT, f"{stem}: {page.keys() - PAGE - VARIANT}"
        for n, variant in enumerate(page["variant"]):
            assert variant.keys() <= VARIANT, f"{stem}: {variant.keys() - VARIANT}"
            specs += _specs_of(f"{stem}-{n}-{variant['name']}", _merged(page, variant))
    return tuple(specs)


def _specs_of(name, page):
    facts = facts_from(page)
    law = (page.get("profile", "described"), page.get("readings", {}), frozenset(page.get("accept", ())))
    for asked, expected in page.get("expect", {}).items():
        duty, _, period = asked.partition("@")
        if not period and DUTIES[duty].scope is Scope.QUARTER:
            period = str(facts.books[-1].quarter)
        assert {"status", "reason"} <= expected.keys() <= FIELDS, f"{name} {asked}: {expected.keys()}"
        expected = {**CHECKED_ALWAYS, **expected}
        if expected["changes"] == "open":
            del expected["changes"]
        if expected["status"] == "breached":
            expected.setdefault("consequences", [])
        yield Spec(f"{name}-{asked}", facts, *law, duty, period, expected)
    for asked, expected in page.get("compute", {}).items():
        what, _, on = asked.partition("@")
        at = date.fromisoformat(on) if on else None
        yield Spec(f"{name}-{asked}", facts, *law, "", "", {"result": expected}, compute=what, at=at)


@cache
def timelines():
    """Read the timelines: operators by name, and lines of points in time."""
    operators, lines = {}, []
    for path in sorted((HERE / "timelines").glob("*.toml")):
        page = tomllib.loads(path.read_text(encoding="utf-8"))
        operators |= page.get("operator", {})
        lines += page.get("line", [])
    return operators, lines


def _timeline_facts(changes, duty, on):
    """Facts on a day: for a standing duty the day of the verdict, else the last day in the books."""
    quarter = Quarter.of(on)
    standing = DUTIES[duty].scope is Scope.STANDING
    facts = clean_operator(
        quarters=(quarter,), until_on=None if standing else on + DAY, as_of_on=on if standing else None
    )
    named = {"first": quarter.from_on, "last": on}
    for path, value in changes.get("set", {}).items():
        facts = with_change(facts, path, _dated(value, named))
    for path in changes.get("unsaid", ()):
        facts = with_change(facts, path, unsaid=True)
    return facts


def _dated(value, named):
    """Put dates in place of their names, however deep they stand."""
    if isinstance(value, dict):
        return {name: _dated(one, named) for name, one in value.items()}
    if isinstance(value, list):
        return [_dated(one, named) for one in value]
    return named.get(value, value) if isinstance(value, str) else value


@cache
def timeline_specs():
    """For each day on which a line changes, the day before, the day itself and the day after."""
    operators, lines = timelines()
    specs = []
    for line in lines:
        points = sorted((date.fromisoformat(on), said) for on, said in line["from"].items())
        days = {on + n * DAY for on, _ in points[1:] for n in (-1, 0, 1)} | {points[0][0]}
        for on in sorted(days):
            said = max((point for point in points if point[0] <= on), key=lambda point: point[0])[1]
            answer, bar, follows = said.partition(" | ")
            status, _, reason = answer.partition(" ")
            changes = operators[line["operator"]]
            facts = _timeline_facts(changes, line["duty"], on)
            standing = DUTIES[line["duty"]].scope is Scope.STANDING
            law = (line.get("profile", "described"), line.get("readings", {}), frozenset(line.get("accept", ())))
            name = (
                f"{line['operator']}-{line['duty']}-{on}-{'-'.join(map('='.join, line.get('readings', {}).items()))}"
            )
            period = "" if standing else str(Quarter.of(on))
            expected = {"status": status, "reason": reason}
            if bar:
                expected["consequences"] = [one for one in follows.split(", ") if one]
            specs.append(Spec(name, facts, *law, line["duty"], period, expected))
    return tuple(specs)


@cache
def all_specs():
    """List every specification of the case files and the timelines."""
    return case_specs() + timeline_specs()


@cache
def packaged_lenses():
    """Give the lenses on the packaged book."""
    return Lenses(load_book())
