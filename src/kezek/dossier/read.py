"""Read an operator file: facts for the check, and what is odd about them."""

from dataclasses import dataclass
from datetime import date

from kezek.dossier.build import build_facts
from kezek.dossier.contradiction import refuse_contradictions
from kezek.dossier.field import Values
from kezek.dossier.kind import FIRST_REGIME_ON
from kezek.dossier.parse import Findings, parse_values
from kezek.dossier.plausible import judge_plausible
from kezek.dossier.problem import Flag
from kezek.duties.facts import OperatorFacts
from kezek.units.problem import InputProblem

LATE_ON = date(2100, 1, 1)
"""A day by which everything that an operator says has happened, for a file that gives none."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What an operator said about itself.

    Args:
        facts: For the check.
        flags: What is odd, in the order of the file's sections; it does not stop the check.
        number: BIN or IIN, or "".
    """

    facts: OperatorFacts
    flags: tuple[Flag, ...]
    number: str = ""


def read_dossier(*, text: str, name: str, as_of: date | None = None) -> Dossier:
    """Read the text of an operator file.

    Args:
        text: The whole file.
        name: Its name, for refusals and flags.
        as_of: Day of the verdict; overrules the file's `as_of`.

    Raises:
        DossierProblems: dossier.*, all that is wrong at once, each with line, key and way out.
    """
    findings = Findings(name, text)
    values = parse_values(text=text, findings=findings)
    on = as_of or values.get("operator", {}).get("as_of")
    if "operator" in values and on is None and not _day_refused(findings):
        way_out = "Add as_of = 2025-12-10 to [operator], or give --as-of."
        findings.refuse("as_of.missing", "Nobody says on which day to judge.", way_out, ("operator",))
    if as_of is not None and as_of < FIRST_REGIME_ON:
        what = f"{as_of} lies before {FIRST_REGIME_ON}, when the first rules on mining took effect."
        findings.problems.append(InputProblem("dossier.date.no_regime", what, "--as-of", "Choose a later day."))
    else:
        checked, by = {"operator": {}, **values}, on or LATE_ON
        refuse_contradictions(values=checked, as_of=by, findings=findings)
        judge_plausible(values=checked, as_of=by, findings=findings)
    findings.require_none()
    assert on is not None
    return Dossier(build_facts(values=values, as_of=on), tuple(findings.flags), values["operator"].get("bin", ""))


def _day_refused(findings: Findings) -> bool:
    """Tell whether the day is there and wrong, or its key misspelt, so that it is not called missing as well."""
    return any(one.what.startswith("as_of:") or '"as_of"' in one.way_out for one in findings.problems)


def read_values(*, text: str, name: str) -> Values:
    """Read the values of a file, amounts in their smallest unit, without holding them against each other.

    Raises:
        DossierProblems: dossier.*
    """
    findings = Findings(name, text)
    values = parse_values(text=text, findings=findings)
    findings.require_none()
    return values
