"""An explanation as HTML: amounts as nested lists, the parts of each folded away; no script."""

from collections.abc import Iterator

from kezek.duties.explain import Asked, Citation, Explanation, Held, Step, Taken
from kezek.duties.formula import exactly
from kezek.reports import amounts
from kezek.reports.check_text import AMOUNTS, rounding_words
from kezek.reports.markup import Markup, details, join, tag, text
from kezek.reports.words import graded


def printed(words: str) -> Markup:
    """Set a text for print: groups of three and units stay together."""
    return text(amounts.tight(words))


def cited(place: Citation | None) -> Markup:
    """Name a place, with a link to it where one is known."""
    if place is None:
        return Markup("")
    number = f" ({place.number})" if place.number else ""
    words = text(f"{place}{number}")
    return tag("a", words, href=place.link, rel="noreferrer") if place.link.startswith("https://") else words


def explanation_tree(explanation: Explanation) -> Markup:
    """Set an explanation: amounts, conditions, the law that was asked, the readings taken."""
    parts = [_amount(name, step) for name, step in explanation.amounts]
    if explanation.conditions:
        rows = [_examined(one.words, one.holds) for one in explanation.conditions]
        parts.append(_block("Examined", tag("ul", *rows, class_="examined")))
    if explanation.law:
        parts.append(_block("What the law was asked", tag("ul", *map(_asked, explanation.law))))
    if explanation.readings:
        parts.append(_block("Readings taken", tag("ul", *map(_taken, explanation.readings))))
    return tag("div", *parts, class_="why")


def _block(title: str, *parts: Markup) -> Markup:
    return join([tag("p", tag("strong", text(title)), class_="label"), *parts])


def _amount(name: str, step: Step) -> Markup:
    head = tag("p", tag("strong", text(f"{AMOUNTS[name]}: ")), printed(step.says), class_="label")
    named = tag("ul", _step(step)) if step.kind in ("fact", "law") else join([*_lines(step), _children(step)])
    return tag("div", head, named, class_="amount")


def _step(step: Step) -> Markup:
    period = f", {amounts.quarter(step.period)}" if step.kind == "fact" and step.period else ""
    head = [text(f"{step.label}{period}: "), tag("strong", printed(step.says))]
    if not step.children:
        return tag("li", *head, *_lines(step))
    inner = join([*_lines(step), _children(step)])
    return tag("li", tag("details", tag("summary", *head), inner))


def _children(step: Step) -> Markup:
    return tag("ul", *map(_step, step.children)) if step.children else Markup("")


def _lines(step: Step) -> Iterator[Markup]:
    if step.kind == "fact":
        exact = (
            f"{exactly(step.value, step.unit)}, from the operator’s file" if step.unit else "from the operator’s file"
        )
        yield tag("p", printed(exact), class_="note")
    if step.kind == "rule":
        yield tag("p", text(f"Rule: {step.label[:1].lower()}{step.label[1:]}"), class_="note")
    if step.formula:
        yield tag("p", printed(f"= {step.formula}"), class_="formula")
    if step.worked:
        yield tag("p", printed(f"= {step.worked}"), class_="formula")
    for one in step.roundings:
        yield tag("p", printed(rounding_words(one)), class_="note")
    if step.band:
        yield tag("p", printed(amounts.capital(step.band)), class_="note")
    if step.cited is not None:
        yield tag("p", cited(step.cited), *_standing(step), class_="note")
    if step.exception_to:
        yield tag("p", text(f"Exception to: {step.exception_to.replace('_', ' ')}"), class_="note")


def _standing(step: Step) -> Iterator[Markup]:
    if step.kind != "law":
        return
    yield text(f"; {step.period}; confidence {graded(step.confidence)}")
    if step.reading:
        yield join([text("; reading "), tag("code", text(step.reading))])


def _examined(words: str, holds: bool) -> Markup:
    mark = tag("span", text("holds" if holds else "not so"), class_=f"truth {'yes' if holds else 'no'}")
    return tag("li", mark, Markup(" "), printed(words))


def _asked(one: Asked) -> Markup:
    notes = [
        text(note) for note in (one.period, f"confidence {graded(one.confidence)}" if one.confidence else "") if note
    ]
    if one.cited is not None:
        notes.insert(0, cited(one.cited))
    if one.reading:
        notes.append(join([text("reading "), tag("code", text(one.reading))]))
    if one.published_on:
        notes.append(text(f"published {one.published_on}"))
    joined = join(part for n, note in enumerate(notes) for part in ((text("; "), note) if n else (note,)))
    warned = [tag("span", text("unconfirmed"), class_="mark synthetic"), Markup(" ")] if one.unconfirmed else []
    says = tag("strong", printed(one.says))
    return tag("li", *warned, text(f"{one.title}: "), says, tag("p", joined, class_="note") if notes else Markup(""))


def _taken(one: Taken) -> Markup:
    how = "chosen by name" if one.by_name else "the profile’s"
    others = [tag("li", held(one.question, other)) for other in one.others]
    folded = details("Other positions", tag("ul", *others)) if others else Markup("")
    return tag("li", text(f"{one.text} "), tag("strong", held(one.question, one.taken)), text(f" ({how})"), folded)


def held(question: str, one: Held) -> Markup:
    """Name a position, who holds it, and how to choose it."""
    code = tag("code", text(f"{question}={one.position}"))
    return join([text(f"{one.why.rstrip('.')} ({one.holder}) "), code])
