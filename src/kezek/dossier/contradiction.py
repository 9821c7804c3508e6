"""What cannot be true in an operator file whatever the law says: refused, with both sides shown."""

from collections.abc import Iterator
from datetime import date, timedelta

from kezek.dossier.field import Values
from kezek.dossier.parse import Findings
from kezek.dossier.problem import Path
from kezek.dossier.schema import SECTIONS
from kezek.units.quantity import Energy

_ONE_DAY = timedelta(days=1)


def refuse_contradictions(*, values: Values, as_of: date, findings: Findings) -> None:
    """Hold what was said in one place against what was said in another; refusals are kept in `findings`.

    Refusals: dossier.section.contradicts, dossier.quarter.*, dossier.period.*, dossier.purchase.*, dossier.fee.paid,
    dossier.programme.over, dossier.import.*, dossier.application.*, dossier.notice.*.
    """
    _gates(values, findings)
    _licences(values, findings)
    _imports(values, findings)
    _application(values, findings)
    _notice(values, findings)
    _quarters(values, as_of, findings)


def books_until(*, quarter: Values, as_of: date) -> date:
    """Give the day after the last in the books of a quarter: the file's own, else its end or the verdict's day."""
    until: date = quarter.get("until") or min(quarter["period"].until_on, as_of)
    return until


def _gates(values: Values, findings: Findings) -> None:
    operator = values.get("operator", {})
    for section in SECTIONS:
        if section.gate and operator.get(section.gate) is False and values.get(section.name):
            what = f"{section.gate} = false says that there is none, and {section.header} is one."
            path = findings.path_of(operator, section.gate)
            findings.refuse("section.contradicts", what, "Say true, or leave the section out.", path)


def _ordered(table: Values, first: str, then: str, findings: Findings, *, may_be_same: bool = False) -> bool:
    if table[first] < table[then] or (may_be_same and table[first] == table[then]):
        return True
    wrong = "earlier than" if may_be_same else "not later than"
    what = f"{then} = {table[then]} is {wrong} {first} = {table[first]}."
    findings.refuse("period.order", what, "Look for a slip in one of the two dates.", findings.path_of(table, then))
    return False


def _licences(values: Values, findings: Findings) -> None:
    for licence in values.get("licence", []):
        for period in (licence, *licence.get("suspensions", [])):
            _ordered(period, "from", "until", findings)
        if licence.get("terminated_on") and _ordered(licence, "from", "terminated_on", findings, may_be_same=True):
            _ordered(licence, "terminated_on", "until", findings, may_be_same=True)
    numbers = [licence["number"] for licence in values.get("licence", [])]
    for nth, licence in enumerate(values.get("licence", [])):
        if licence["number"] in numbers[:nth]:
            what = f"Licence {licence['number']} stands here twice."
            findings.refuse("licence.twice", what, "Keep one of the two.", findings.path_of(licence, "number"))


def _imports(values: Values, findings: Findings) -> None:
    for one in values.get("import", []):
        if one["left_on"]:
            _ordered(one, "imported_on", "left_on", findings, may_be_same=True)
        elif "departure" in one:
            what = f'departure = "{one["departure"]}" and left_on = false contradict each other.'
            way_out = "Say when it left, or take departure out."
            findings.refuse("import.departure", what, way_out, findings.path_of(one, "departure"))


def _application(values: Values, findings: Findings) -> None:
    application = values.get("application", {})
    if not application.get("submitted"):
        return
    if findings.was_refused(application, "decided"):
        return
    if "decided" not in application:
        what = f"[application] was handed in on {application['submitted']}, and nobody says whether it was decided."
        way_out = "Add decided = the date, or false."
        findings.refuse("application.decided", what, way_out, findings.path_of(application, "submitted"))
    elif application["decided"]:
        _ordered(application, "submitted", "decided", findings, may_be_same=True)


def _notice(values: Values, findings: Findings) -> None:
    notice = values.get("notice", {})
    if not notice.get("ended_on"):
        return
    _ordered(notice, "started_on", "ended_on", findings, may_be_same=True)
    if "end_notified_on" not in notice and not findings.was_refused(notice, "end_notified_on"):
        what = f"[notice] says that the mining ended on {notice['ended_on']}, and not whether the ministry was told."
        way_out = "Add end_notified_on = the date, or false."
        findings.refuse("notice.end", what, way_out, findings.path_of(notice, "ended_on"))


def _quarters(values: Values, as_of: date, findings: Findings) -> None:
    seen = set()
    for book in values.get("quarter", []):
        period = book["period"]
        if period in seen:
            what = f"{period} stands here twice."
            findings.refuse("quarter.twice", what, "Put both into one.", findings.path_of(book, "period"))
        seen.add(period)
        if "mined_from" in book and "mined_until" in book:
            _ordered(book, "mined_from", "mined_until", findings, may_be_same=True)
        if period.from_on >= as_of and "until" not in book:
            what = f"{period} begins on {period.from_on}, and the verdict is of {as_of}: it has no books yet."
            way_out = "Leave the quarter out, or judge on a later day."
            findings.refuse("quarter.future", what, way_out, findings.path_of(book, "period"))
        elif _until_fits(book, as_of, findings):
            _quarter(book, books_until(quarter=book, as_of=as_of), findings)


def _until_fits(book: Values, as_of: date, findings: Findings) -> bool:
    period, until = book["period"], books_until(quarter=book, as_of=as_of)
    last = min(period.until_on, as_of + _ONE_DAY)
    if period.from_on < until <= last:
        return True
    what = f"until = {until} is not between {period.from_on + _ONE_DAY} and {last}, the verdict being of {as_of}."
    way_out = "Write the day after the last in the books, or leave it out."
    findings.refuse("quarter.until", what, way_out, findings.path_of(book, "until"))
    return False


def _quarter(book: Values, until: date, findings: Findings) -> None:
    _mined(book, until, findings)
    _purchases(book, until, findings)
    fee, programme = book.get("fee", {}), book.get("programme") or {}
    if fee.get("paid_on") and "paid" not in fee and not findings.was_refused(fee, "paid"):
        what = f"The fee of {book['period']} was paid on {fee['paid_on']}, and the file does not say how much."
        findings.refuse("fee.paid", what, 'Add paid = "... ₸".', findings.path_of(fee, "paid_on"))
    if programme and programme["to_grid"] > programme["new_output"]:
        to_grid, output = Energy(programme["to_grid"]), Energy(programme["new_output"])
        what = f"{to_grid} to the grid is more than the whole output, {output}."
        findings.refuse("programme.over", what, "Look at both amounts.", findings.path_of(programme, "to_grid"))


def _mined(book: Values, until: date, findings: Findings) -> None:
    period, pair = book["period"], [key for key in ("mined_from", "mined_until") if key in book]
    other = next((key for key in ("mined_from", "mined_until") if key not in book), "")
    if len(pair) == 1 and findings.was_refused(book, other):
        return
    if len(pair) == 1:
        what, path = f"{period} has {pair[0]} and not the other end of it.", findings.path_of(book, *pair)
        findings.refuse("period.half", what, "Give mined_from and mined_until, or neither.", path)
    elif pair and book["mined_from"] <= book["mined_until"]:
        first, last = book["mined_from"], book["mined_until"]
        if not period.from_on <= first <= last <= until:
            what = f"Mining from {first} until {last} is not inside the books, {period.from_on} until {until}."
            way_out = f"Give the days inside {period}."
            findings.refuse("period.outside", what, way_out, findings.path_of(book, "mined_from"))


def _purchases(book: Values, until: date, findings: Findings) -> None:
    platform = book.get("bought_on_platform")
    if not platform:
        return
    for key in ("largest", "largest_on"):
        if platform["energy"] and key not in platform and not findings.was_refused(platform, key):
            what = f"{book['period']} has bought {Energy(platform['energy'])}, and the file gives no {key}."
            findings.refuse("purchase.largest", what, f"Add {key}.", findings.path_of(platform))
    for on, largest, path in _largest(platform, findings):
        if on is not None and not book["period"].from_on <= on < until:
            what = (
                f"{on} is not in the books of {book['period']}, which run from {book['period'].from_on} to {until}."
            )
            findings.refuse("purchase.outside", what, "Give a day inside.", path)
        if largest > platform["energy"]:
            what = (
                f"The largest purchase, {Energy(largest)}, is more than all purchases, {Energy(platform['energy'])}."
            )
            findings.refuse("purchase.over", what, "Look at both amounts.", path)


def _largest(platform: Values, findings: Findings) -> Iterator[tuple[date | None, int, Path]]:
    yield platform.get("largest_on"), platform.get("largest", 0), findings.path_of(platform, "largest_on")
    for one in platform.get("other_months", []):
        yield one["on"], one["largest"], findings.path_of(one, "on")
