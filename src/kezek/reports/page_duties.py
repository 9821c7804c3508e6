"""The page's sections on duties: verdicts, every breach with its reasons, and the open questions of the law."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from kezek.duties.finding import Status
from kezek.law.book import Book
from kezek.law.question import Question
from kezek.reports import amounts, charts_books
from kezek.reports.drawing import svg
from kezek.reports.markup import SYNTHETIC, Markup, facts, figure, join, paragraph, section, table, tag, text
from kezek.reports.page_market import Summary, Tables
from kezek.reports.page_money import SHEET, SLIP
from kezek.reports.words import DUTIES, sentence


class Change(NamedTuple):
    """A position on an open question under which a finding would have another status."""

    question: str
    position: str
    status: str
    also: tuple[tuple[str, str], ...]


def _reading(named: str) -> tuple[str, str]:
    question, _, position = named.partition("=")
    return question, position


def changes_of(listed: str) -> list[Change]:
    """Read the changes of a finding back from its column.

    >>> changes_of("tax.income=s4_it: met")
    [Change(question='tax.income', position='s4_it', status='met', also=())]
    """
    parts = (one.partition(": ") for one in listed.split("; ") if one)
    return [_change(readings.split(" + "), status) for readings, _, status in parts]


def _change(readings: list[str], status: str) -> Change:
    (question, position), *also = map(_reading, readings)
    return Change(question, position, status, tuple(also))


def source_title(key: str, book: Book) -> str:
    """Name a source by its title; a key that the book does not have is shown as it is."""
    return book.sources[key].title if key in book.sources else key


def _ask(question: str, book: Book) -> str:
    known = book.questions.get(question)
    return known.text if known else f"A question of another law book ({question})"


def _position(question: Question | None, position: str) -> str:
    held = question.positions.get(position) if question else None
    if held is None:
        return "The sources do not say" if position == "unknown" else position
    return f"{held.why.rstrip('.')} ({held.holder})"


def _robustness(finding: Mapping[str, Any], book: Book) -> Markup:
    changes = changes_of(finding["changes"])
    if not changes:
        return text("Holds under every reading of the law.")
    items = [
        tag(
            "li",
            tag("strong", text(sentence(one.status))),
            text(f" if: {_position(book.questions.get(one.question), one.position)}. "),
            tag("span", text(_ask(one.question, book)), class_="note"),
            *(
                text(f" And: {_position(book.questions.get(question), position)}. ")
                for question, position in one.also
            ),
        )
        for one in changes
    ]
    return join([text("Depends on the reading of the law:"), tag("ul", *items)])


def _terms(finding: Mapping[str, Any], book: Book) -> Iterator[tuple[str, Markup]]:
    measured, limit, unit = finding["measured"], finding["limit"], finding["unit"]
    if measured is not None:
        yield "Measured", text(amounts.measured(measured, unit))
        yield "Limit", text(amounts.measured(limit, unit))
        if limit:
            yield "Difference", text(amounts.measured(abs(measured - limit), unit))
    if finding["deadline_on"] is not None:
        yield "Deadline", text(amounts.day(finding["deadline_on"]))
    if finding["at_stake_tiyn"]:
        yield "At stake", text(amounts.money(finding["at_stake_tiyn"]))
    yield "Evidence", _evidence(finding["evidence"])
    yield "Source", text(", ".join(filter(None, (source_title(finding["source"], book), finding["at"]))))
    yield "Readings", _robustness(finding, book)


def _evidence(listed: str) -> Markup:
    items = [amounts.evidence(one) for one in listed.split("; ") if one]
    if len(items) <= 3:
        return text(amounts.capital("; ".join(items)) or "The two amounts above, from the books")
    folded = tag("summary", text(f"{items[0]} and {amounts.count(len(items) - 1)} more"))
    return tag("details", folded, tag("ul", *(tag("li", text(one)) for one in items[1:])))


def finding_card(*, finding: Mapping[str, Any], name: str, book: Book) -> Markup:
    """Set one finding with everything a person needs to check it."""
    status = tag("span", text(sentence(finding["status"])), class_=f"status {finding['status'].replace('_', '-')}")
    who = f"{name}, {finding['operator_id']}, {amounts.quarter(finding['period'])}"
    head = tag("h4", text(sentence(finding["duty"])), Markup(" "), status)
    reason = tag("p", text(sentence(finding["reason"])), class_="reason")
    return tag("article", head, paragraph(who, "who"), reason, facts(_terms(finding, book)), class_="card")


def _cards(tables: Tables, status: str, book: Book) -> list[Markup]:
    names = dict(tables["operators"].select("operator_id", "name").rows())
    found = tables["findings"].filter(pl.col("status") == status).to_dicts()
    order = list(DUTIES)
    found.sort(key=lambda one: (order.index(one["duty"]), one["operator_id"], one["period"]))
    return [
        finding_card(finding=one, name=names.get(one["operator_id"], "Unknown operator"), book=book) for one in found
    ]


def _counts(findings: pl.DataFrame, on: date) -> Markup:
    counted = charts_books.verdict_rows(findings=findings, on=on)
    cells = {(row["duty"], row["closed"], row["status"]): row["findings"] for row in counted}
    keys = dict.fromkeys((row["duty"], row["closed"]) for row in sorted(counted, key=lambda row: not row["closed"]))
    rows = [
        (
            sentence(duty),
            "closed" if closed else "open",
            *(amounts.count(cells.get((duty, closed, str(status)), 0)) for status in Status),
        )
        for duty, closed in keys
    ]
    heads = ("Duty", "Quarters", *(sentence(str(status)) for status in Status))
    return table(heads=heads, rows=rows, caption="Findings by duty and status.", numbers=range(2, 7))


def _undetermined(findings: pl.DataFrame) -> list[Markup]:
    """Say for which duties the law is not known well enough to judge."""
    open_ones = findings.filter(pl.col("status") == str(Status.UNDETERMINED))
    if open_ones.is_empty():
        return []
    counted = open_ones.group_by("duty", "period", "reason").len().sort("duty", "period", "reason").rows()
    rows = [(sentence(d), amounts.quarter(p), sentence(reason), amounts.count(n)) for d, p, reason, n in counted]
    heads = ("Duty", "Quarter", "Why", "Findings")
    tabled = table(heads=heads, rows=rows, caption="Findings that cannot be decided.", numbers=(3,))
    return [tag("h3", text("Undetermined")), tabled]


def _at_risk(tables: Tables) -> list[Markup]:
    """List what is at risk: behind pace in the open quarter, or due within 14 days."""
    risks = tables["findings"].filter(pl.col("status") == str(Status.AT_RISK)).sort("deadline_on", "operator_id")
    if risks.is_empty():
        return []
    rows = [
        (
            one["operator_id"],
            amounts.quarter(one["period"]),
            sentence(one["reason"]),
            amounts.day(one["deadline_on"]) if one["deadline_on"] else "",
        )
        for one in risks.iter_rows(named=True)
    ]
    heads = ("Operator", "Quarter", "What", "Deadline")
    tabled = table(
        heads=heads,
        rows=rows,
        caption="What the open quarter shows so far, which can still change, and what is due soon.",
        numbers=(),
    )
    return [tag("h3", text("At risk"), Markup(" "), SYNTHETIC), tabled]


def _drawn(summary: Summary, findings: pl.DataFrame, on: date) -> list[Markup]:
    """Draw the findings of duties that applied to somebody; the others are named in one line."""
    shown, idle = charts_books.applying(findings=findings)
    counted = summary["duties"]
    reading = (
        f"{amounts.noun(counted['findings_by_status']['met'], 'finding is', 'findings are')} met. "
        "What is breached or at risk stands as a number beside its bar."
    )
    wide, narrow = (svg(charts_books.verdicts_spec(findings=shown, on=on, width_px=width)) for width in (SHEET, SLIP))
    drawn = figure(
        title="Findings by duty",
        reading=reading if counted["operators_by_status"]["breached"] else "No duty is breached.",
        wide=wide,
        narrow=narrow,
        numbers=_counts(shown, on),
        mark=SYNTHETIC,
    )
    return [drawn, *_idle(idle)]


def _idle(duties: Sequence[str]) -> list[Markup]:
    """Name the duties that are not drawn since they applied to nobody."""
    if not duties:
        return []
    counted = amounts.noun(len(duties), "duty that applied", "duties that applied")
    named = "; ".join(sentence(duty) for duty in duties)
    return [paragraph(f"Left out: {counted} to nobody in these quarters. {named}.", "note")]


def duties_section(*, summary: Summary, tables: Tables, book: Book) -> Markup:
    """Show the verdicts, then every breach and every risk with its reasons."""
    on, duties = date.fromisoformat(summary["date"]), summary["duties"]
    judged, depends = sum(duties["findings_by_status"].values()), duties["findings_that_depend_on_a_reading"]
    by_status, opened = duties["operators_by_status"], duties["operators_by_status_open_quarter"]
    lead = (
        f"{amounts.noun(judged, 'finding', 'findings')}: each operator, each duty, the last quarters, the open one. "
        f"{amounts.noun(by_status['breached'], 'operator breaches', 'operators breach')} a duty, "
        f"{amounts.noun(by_status['at_risk'], 'other has', 'others have')} one due within 14 days, "
        f"{amounts.noun(opened['at_risk'], 'is', 'are')} at risk in the open quarter. "
        f"{amounts.noun(depends, 'finding', 'findings')} would be another under another reading of the law."
    )
    breached = _cards(tables, str(Status.BREACHED), book)
    parts = [
        paragraph(lead),
        *_drawn(summary, tables["findings"], on),
        tag("h3", text("Breaches"), Markup(" "), SYNTHETIC),
    ]
    parts.append(tag("div", *breached, class_="cards") if breached else paragraph("No duty is breached."))
    parts += _at_risk(tables)
    return section(key="duties", title="Duties", parts=[*parts, *_undetermined(tables["findings"])])


def _moved(findings: pl.DataFrame) -> dict[str, dict[str, Counter[str]]]:
    """Count for each question and position how many findings would have which other status."""
    moved: dict[str, dict[str, Counter[str]]] = {}
    for listed in findings.filter(pl.col("changes") != "")["changes"].to_list():
        for change in changes_of(listed):
            for question, position in ((change.question, change.position), *change.also):
                moved.setdefault(question, {}).setdefault(position, Counter())[change.status] += 1
    return moved


def law_section(*, summary: Summary, tables: Tables, book: Book) -> Markup:
    """List the open questions on which results rest, the position taken, and what the others would change."""
    taken = book.profiles[summary["profile"]].positions if summary["profile"] in book.profiles else {}
    taken, moved = {**taken, **summary["readings"]}, _moved(tables["findings"])
    cards = [
        _question_card(key, taken.get(key, "unknown"), moved.get(key, {}), book, chosen=key in summary["readings"])
        for key in dict.fromkeys([*summary["readings"], *moved])
    ]
    lead = paragraph(
        "The sources disagree or are silent on these questions. This run reads the law by the profile "
        f"“{summary['profile']}”. Any other position can be chosen with --reading, and the day be run again."
    )
    listed = tag("div", *cards, class_="cards") if cards else paragraph("No result depends on an open question.")
    parts = [lead, listed, *_unconfirmed(summary, book)]
    return section(key="law", title="Open questions of the law", parts=parts)


def _question_card(key: str, taken: str, moved: Mapping[str, Counter[str]], book: Book, *, chosen: bool) -> Markup:
    """Set a question with the position taken and what each other position would change."""
    question = book.questions.get(key)

    def held(position: str) -> Markup:
        named = tag("code", text(f"{key}={position}"))
        return join([text(f"{_position(question, position)}. "), named])

    others = [tag("li", held(position), text(f" {_effect(counted)}.")) for position, counted in sorted(moved.items())]
    effect = tag("ul", *others) if others else text("No finding would change.")
    term = "Chosen for this run" if chosen else "Taken here"
    head = tag("h4", text(_ask(key, book)))
    return tag("article", head, facts([(term, held(taken)), ("Others", effect)]), class_="card question")


def _effect(counted: Counter[str]) -> str:
    """Say how many findings would be what."""
    order = [str(status) for status in Status]
    parts = [f"{amounts.count(counted[one])} “{sentence(one).lower()}”" for one in order if counted[one]]
    noun = "finding" if sum(counted.values()) == 1 else "findings"
    return f"Would make {' and '.join(parts)} {noun}"


def _unconfirmed(summary: Summary, book: Book) -> list[Markup]:
    keys = summary["unconfirmed_law"]
    if not keys:
        return []
    titles = [book.quantities[key].title if key in book.quantities else key for key in keys]
    lead = "These values of the law are used although nothing seen confirms them:"
    return [
        tag("h3", text("Unconfirmed values")),
        paragraph(lead),
        tag("ul", *(tag("li", text(one)) for one in titles)),
    ]
