"""A verdict as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Iterator
from functools import partial

from kezek.duties.finding import Status
from kezek.duties.formula import in_words
from kezek.reports import amounts
from kezek.reports.check_model import CheckView, Costlier, DutyView, FindingView
from kezek.reports.check_tree import cited, explanation_tree, held, printed
from kezek.reports.check_words import OWED_HEADS, OWED_MONEY, TURNS, UNJUDGED, burden_lines, owed_notes, owed_rows
from kezek.reports.markup import Cell, Markup, details, facts, join, paragraph, section, tag, text
from kezek.reports.markup import table as plain_table
from kezek.reports.shell import whole_page
from kezek.reports.words import graded, sentence

table = partial(plain_table, labelled=True)
"""Tables of this page fit a telephone: the cells of a row stand under each other there."""
ICONS = {
    Status.BREACHED: "✗",
    Status.AT_RISK: "!",
    Status.UNDETERMINED: "?",
    Status.MET: "✓",
    Status.NOT_APPLICABLE: "–",
}
"""A sign for each status, so that colour never stands alone."""


def check_page(view: CheckView) -> str:
    """Write the page of a verdict.

    Guarantees: one file without script or outside resource; every value escaped; every finding on the page with its
    explanation; the same verdict gives the same page.
    """
    sections = [*(_group(status, duties) for status, duties in view.groups), *_tail(view)]
    body = tag("body", _header(view), tag("main", *sections), _footer(view), class_="check")
    return whole_page(title=f"{view.operator}: {view.sentence}", styles=("page.css", "check.css"), body=body)


def _header(view: CheckView) -> Markup:
    receipt = view.receipt
    name = tag("p", text("Kezek"), tag("span", text("Duties of a crypto miner in Kazakhstan")), class_="name")
    readings = "".join(f", {question}={position}" for question, position in sorted(receipt.readings.items()))
    known = f", by what was public on {amounts.day(receipt.known_on)}" if receipt.known_on else ""
    about = f"{view.operator} on {amounts.day(view.as_of_on)}, by the profile “{receipt.profile}”{readings}{known}."
    stake = f" In the breaches {in_words(view.at_stake_tiyn, 'tiyn')} are at stake." if view.at_stake_tiyn else ""
    counts = [_count(status, count) for status, count in view.counts]
    links = [tag("li", tag("a", text(words), href=f"#{key}")) for key, words in _contents(view)]
    return tag(
        "header",
        name,
        tag("h1", text(view.sentence)),
        tag("p", printed(f"{about} {view.robustness}{stake}"), class_="lead"),
        tag("dl", *counts, class_="counts", aria_label="Duties by status"),
        *_flags(view),
        tag("nav", tag("ul", *links), aria_label="Contents"),
    )


def _count(status: Status, count: int) -> Markup:
    term = tag("dt", text(f"{ICONS[status]} {sentence(status.value)}"), class_=_class(status))
    return tag("div", tag("dd", text(amounts.count(count))), term, class_="some" if count else "")


def _class(status: Status) -> str:
    return status.value.replace("_", "-")


def _flags(view: CheckView) -> Iterator[Markup]:
    if not view.flags:
        return
    items = [
        tag("li", printed(one.sentence), tag("span", text(f" {one.place}"), class_="note")) for one in view.flags
    ]
    lead = tag("strong", text("Odd in the operator’s file; the check went on:"))
    yield tag("div", lead, tag("ul", *items), class_="notice", role="note")


def _contents(view: CheckView) -> Iterator[tuple[str, str]]:
    for status, _ in view.groups:
        yield _class(status), sentence(status.value)
    if view.turns:
        yield "turns", TURNS
    if view.owed:
        yield "owed", "Owed"
    if view.ahead:
        yield "deadlines", "Deadlines ahead"
    if view.readings:
        yield "readings", "Readings"
    yield "burden", "Cost of staying legal"
    if view.expected:
        yield "expected", "Announced"
    if view.unjudged:
        yield "unjudged", "Not known, and not judged"
    yield "sources", "Sources"
    yield "receipt", "Receipt"


def _group(status: Status, duties: tuple[DutyView, ...]) -> Markup:
    if status in (Status.MET, Status.NOT_APPLICABLE):
        parts = [tag("div", *(_folded(duty) for duty in duties), class_="folded")]
    else:
        parts = [tag("div", *(_card(duty, one) for duty in duties for one in duty.findings), class_="verdicts")]
    return section(key=_class(status), title=f"{sentence(status.value)} ({len(duties)})", parts=parts)


def _status(status: Status) -> Markup:
    words = f"{ICONS[status]} {sentence(status.value)}"
    return tag("span", text(words), class_=f"badge {_class(status)}")


def _card(duty: DutyView, one: FindingView) -> Markup:
    period = tag("span", text(one.period), class_="period") if one.period else Markup("")
    head = tag("h3", text(one.title), Markup(" "), period, Markup(" "), _status(one.status))
    reason = tag("p", text(one.reason), class_="reason")
    inner = [head, reason, facts(_rows(one)), _why(one)]
    if duty.otherwise:
        inner.append(tag("p", printed(f"Other periods: {'; '.join(duty.otherwise)}."), class_="note"))
    others = [other for other in duty.others if other.explanation.amounts or other.explanation.law]
    if others and one is duty.findings[-1]:
        inner.append(details("How the other periods came about", *(_finding(other) for other in others)))
    return tag("article", *inner, class_=f"verdict {_class(one.status)}-edge")


def _rows(one: FindingView) -> Iterator[tuple[str, Markup]]:
    if one.against:
        yield "Measured", tag("strong", printed(one.against))
    if one.missing:
        yield "Missing", text("; ".join(one.missing))
    if one.evidence:
        yield "Evidence", _evidence(one.evidence)
    if one.deadline:
        yield "Deadline", text(one.deadline)
    if one.at_stake:
        yield "At stake", printed(one.at_stake)
    if one.cited:
        yield "Law", cited(one.cited)
    if one.consequences:
        yield "May follow", tag("ul", *(tag("li", printed(words)) for words in one.consequences))
    if one.fix:
        yield "What to do", text(one.fix)
    if not one.missing:
        yield "Readings", _robustness(one)


def _evidence(evidence: tuple[str, ...]) -> Markup:
    if len(evidence) <= 4:
        return printed("; ".join(evidence))
    return details(
        f"{evidence[0]} and {len(evidence) - 1} more", tag("ul", *(tag("li", text(e)) for e in evidence[1:]))
    )


def _robustness(one: FindingView) -> Markup:
    holds = text(one.holds)
    shifts = [
        tag(
            "li",
            tag("strong", text(sentence(shift.status.value))),
            text(f" if: {'; and '.join(shift.words)} "),
            tag("code", text(shift.chosen)),
        )
        for shift in one.shifts
    ]
    parts = [text("Depends on the reading:"), tag("ul", *shifts)] if shifts else [holds]
    if one.costs:
        parts.append(paragraph("Costs something else by the reading:"))
        parts.append(tag("ul", *map(_cost, one.costs)))
    return join(parts)


def _cost(one: Costlier) -> Markup:
    said = printed("; ".join(one.costs))
    return tag("li", tag("strong", said), text(f" if: {'; and '.join(one.words)} "), tag("code", text(one.chosen)))


def _why(one: FindingView) -> Markup:
    explained = one.explanation
    if not (explained.amounts or explained.law or explained.conditions):
        return Markup("")
    return details("How this came about", explanation_tree(explained))


def _folded(duty: DutyView) -> Markup:
    """Set a duty that needs nothing done in one line that unfolds."""
    moves = any(one.shifts for one in duty.findings)
    note = ", ".join(filter(None, (duty.periods, "depends on the reading" if moves else "")))
    summary = tag("summary", text(f"{ICONS[duty.status]} {duty.title} "), tag("span", text(note), class_="note"))
    return tag("details", summary, *(_finding(one) for one in (*duty.findings, *duty.others)))


def _finding(one: FindingView) -> Markup:
    head = tag("h4", text(one.period or one.title), Markup(" "), _status(one.status))
    shown = [(term, value) for term, value in _rows(one) if term != "What to do" or one.status is not Status.MET]
    return tag("div", head, paragraph(one.reason, "reason"), facts(shown), _why(one), class_="period-finding")


def _codes(chosen: tuple[str, ...]) -> Cell:
    return Cell(*(tag("div", tag("code", text(one))) for one in chosen))


def _turns(view: CheckView) -> Iterator[Markup]:
    if view.turns:
        rows = [(one.title, one.periods or "–", sentence(one.status.value), _codes(one.chosen)) for one in view.turns]
        heads = ("Duty", "Quarters", "Here", "Breached if")
        made = table(heads=heads, rows=rows, caption="Each duty tried by itself, over the questions that it touches.")
        yield section(key="turns", title=TURNS, parts=[made])


def _tail(view: CheckView) -> Iterator[Markup]:
    yield from _turns(view)
    if view.owed:
        notes = [paragraph(note, "note") for note in owed_notes(view.owed)]
        yield section(key="owed", title="What is owed", parts=[_owed(view), *notes])
    if view.ahead:
        yield section(key="deadlines", title="Deadlines ahead", parts=[_deadlines(view)])
    if view.readings:
        lead = "The sources disagree or are silent on these questions, and this verdict rests on them."
        yield section(key="readings", title="Readings of the law", parts=[paragraph(lead), _readings(view)])
    yield _burden(view)
    if view.expected:
        lead = "Changes that were announced. None was seen in force, and no duty above counts with them."
        yield section(key="expected", title="Announced, not counted", parts=[paragraph(lead), _expected(view)])
    if view.unjudged:
        yield section(key="unjudged", title="Not known, and not judged", parts=[paragraph(UNJUDGED), _unjudged(view)])
    links = [tag("li", cited(one)) for one in view.sources]
    yield section(key="sources", title="Sources", parts=[tag("ul", *links), *_unconfirmed(view)])
    yield section(key="receipt", title="Receipt", parts=[*_receipt(view)])


def _owed(view: CheckView) -> Markup:
    rows = [tuple(amounts.tight(cell) for cell in row) for row in owed_rows(view.owed)]
    caption = "By the quarter in which it accrued, not in which it was paid."
    return table(heads=OWED_HEADS, rows=rows, caption=caption, numbers=OWED_MONEY)


def _deadlines(view: CheckView) -> Markup:
    rows = [
        (
            amounts.day(one.ahead.on),
            amounts.tight(one.words),
            "done" if one.ahead.done else "day not confirmed" if one.ahead.unconfirmed else "",
            Cell(cited(one.cited)),
        )
        for one in view.ahead
    ]
    return table(heads=("By", "What", "", "Source"), rows=rows, caption="The next twelve months.")


def _readings(view: CheckView) -> Markup:
    rows = [
        (
            one.text,
            Cell(held(one.question, one.taken)),
            "by name" if one.by_name else "by the profile",
            Cell(tag("ul", *(tag("li", held(one.question, other)) for other in one.others))),
        )
        for one in view.readings
    ]
    heads = ("Question", "Taken here", "How", "Others hold")
    return table(heads=heads, rows=rows, caption="Another can be chosen with --reading.")


def _burden(view: CheckView) -> Markup:
    rows = [(term, printed(words)) for term, words in burden_lines(view.burden)]
    lead = "By the sources, for a small operator and for any; neither is law, and neither was measured."
    return section(key="burden", title="What staying legal costs", parts=[paragraph(lead), facts(rows)])


def _expected(view: CheckView) -> Markup:
    rows = [
        (one.title, one.finding, amounts.day(one.from_on), graded(one.confidence), Cell(cited(one.cited)))
        for one in view.expected
    ]
    heads = ("What", "As announced", "Since", "Confidence", "Source")
    return table(
        heads=heads, rows=rows, caption="By the day of the announcement or of the change, as the source gives."
    )


def _unjudged(view: CheckView) -> Markup:
    rows = [(one.title, amounts.capital(one.missing), Cell(cited(one.cited))) for one in view.unjudged]
    return table(heads=("What", "What is missing", "Source"), rows=rows, caption="On the day of the verdict.")


def _unconfirmed(view: CheckView) -> Iterator[Markup]:
    if view.unconfirmed:
        yield tag("h3", text("Used although nothing seen confirms it"))
        yield tag("ul", *(tag("li", text(one)) for one in view.unconfirmed))


def _receipt(view: CheckView) -> Iterator[Markup]:
    one = view.receipt
    yield paragraph("With these the check can be made again, and comes out the same.")
    rows = (
        ("Receipt", one.sha256),
        ("Kezek", one.engine_version),
        ("Law", f"{one.jurisdiction}, {one.law_digest}"),
        ("Day", one.as_of_on.isoformat()),
        ("Known", f"what was public on {one.known_on}" if one.known_on else "all that the book has"),
        ("Profile", one.profile),
        ("Readings", ", ".join(f"{q}={p}" for q, p in sorted(one.readings.items())) or "the profile’s"),
        ("Accepted", ", ".join(sorted(one.accept_unconfirmed)) or "no unconfirmed value by name"),
        ("File", one.inputs_sha256),
    )
    yield facts((term, tag("code", text(value))) for term, value in rows)


def _footer(view: CheckView) -> Markup:
    line = (
        f"Written by Kezek {view.receipt.engine_version} from the operator’s own file. No legal advice. Apache-2.0."
    )
    return tag("footer", paragraph(line))
