"""What of an operator's time and acts no quarter of the file contains, so that nothing judges it: flagged."""

from collections.abc import Iterable, Iterator
from datetime import date

from kezek.dossier.field import Values
from kezek.dossier.kind import FIRST_REGIME_ON
from kezek.dossier.parse import Findings
from kezek.dossier.problem import FlagCode, Path
from kezek.duties.case import Scope
from kezek.duties.check import DUTIES
from kezek.units.calendar import Quarter

_OUTSIDE = (
    ("sighting", "seen_on", "serial", "was seen", FlagCode.SEEN_OUTSIDE),
    ("import", "imported_on", "serial", "was imported", FlagCode.IMPORTED_OUTSIDE),
    ("import", "left_on", "serial", "left", FlagCode.LEFT_OUTSIDE),
    ("replacement", "replaced_on", "old_serial", "was replaced", FlagCode.REPLACED_OUTSIDE),
)
"""Acts that are judged with the quarter of their day: section, key of the day, key of the name, words."""


def judge_coverage(*, values: Values, books: list[Values], as_of: date, findings: Findings) -> None:
    """Flag closed quarters that the file does not contain, and acts whose day no quarter contains.

    Args:
        books: Quarters that have begun, in order of time.
    """
    if not values.get("quarter"):
        duties = sum(one.scope is Scope.QUARTER for one in DUTIES.values())
        sentence = f"There is no [[quarter]], so the {duties} duties that go by the books of a quarter were not "
        sentence += "judged; add one for each quarter of mining."
        findings.flag(FlagCode.NO_QUARTERS, sentence, ("operator",))
        return
    if books:
        _quarters(values, books, as_of, findings)
        _parts(books, as_of, findings)
        _acts(values, as_of, findings)


def _quarters(values: Values, books: list[Values], as_of: date, findings: Findings) -> None:
    given = [book["period"] for book in books]
    missing = [one for one in _expected(values, given, as_of) if one not in given]
    runs = [_run_words(run) for run in _runs(missing)]
    if runs:
        quarters = "a closed quarter" if len(missing) == 1 else f"{len(missing)} closed quarters"
        since = "under the licence or between those given" if values.get("licence") else "since the first one given"
        sentence = f"Not judged: {', '.join(runs)}; {quarters} {since} that the file does not contain."
        findings.flag(FlagCode.QUARTER_GAP, sentence, _first(books, findings))


def _parts(books: list[Values], as_of: date, findings: Findings) -> None:
    for book in books:
        quarter, until = book["period"], book.get("until")
        if until is not None and until < quarter.until_on <= as_of:
            sentence = (
                f"Not judged: {until} to {quarter.until_on}, the rest of {quarter}, which is over; its books end "
            )
            sentence += "before it does."
            findings.flag(FlagCode.QUARTER_GAP, sentence, findings.path_of(book, "until"))


def _first(books: list[Values], findings: Findings) -> Path:
    return findings.path_of(books[0], "period")


def _expected(values: Values, given: list[Quarter], as_of: date) -> Iterator[Quarter]:
    """List the closed quarters from the first given or licensed one, each licensed or followed by one given."""
    licences = values.get("licence", [])
    starts = [Quarter.of(one["from"]) for one in licences]
    quarter = min([given[0], *starts])
    while quarter.until_on <= as_of:
        between = given[0] < quarter < given[-1]
        if not licences or between or any(_covers(one, quarter) for one in licences):
            yield quarter
        quarter = quarter.next


def _covers(licence: Values, quarter: Quarter) -> bool:
    until = min(licence["until"], licence.get("terminated_on") or licence["until"])
    return bool(licence["from"] < quarter.until_on and quarter.from_on < until)


def _runs(quarters: Iterable[Quarter]) -> list[list[Quarter]]:
    runs: list[list[Quarter]] = []
    for one in quarters:
        if runs and runs[-1][-1].next == one:
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _run_words(run: list[Quarter]) -> str:
    return str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}"


def _acts(values: Values, as_of: date, findings: Findings) -> None:
    books = [(book["period"], book.get("until")) for book in values["quarter"]]
    for section, key, name, what, code in _OUTSIDE:
        for one in values.get(section, []):
            on = one[key]
            if on and FIRST_REGIME_ON <= on <= as_of and not _inside(books, on):
                sentence = f"{one[name]} {what} on {on}: not judged, since no quarter in this file contains that day."
                findings.flag(code, sentence, findings.path_of(one, key))


def _inside(books: list[tuple[Quarter, date | None]], on: date) -> bool:
    """Tell whether any book, which may end before its quarter, contains a day."""
    return any(quarter.from_on <= on < (until or quarter.until_on) for quarter, until in books)
