"""An explanation as plain text: indented, at most eighty columns wide."""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from kezek.duties.explain import Asked, Citation, Explanation, Held, Step, Taken
from kezek.duties.formula import Rounded, exactly
from kezek.reports import amounts
from kezek.reports.words import graded, sentence

WIDTH = 80
AMOUNTS = {"measured": "Measured", "limit": "Limit", "at_stake_tiyn": "At stake"}
"""Words for the amounts of a finding."""


def as_text(explanation: Explanation, others: Sequence[tuple[str, str]] = ()) -> str:
    """Write an explanation: amounts as trees, conditions, the law that was asked, the readings taken.

    Args:
        others: Other readings, as --reading takes them, each with what it would give.
    """
    period = f", {amounts.quarter(explanation.period)}" if explanation.period else ""
    head = spaced(f"{sentence(explanation.duty)}{period}: {sentence(explanation.status).lower()}")
    lines = [head, *wrapped(sentence(explanation.reason), 0), ""]
    seen: set[tuple[str, int]] = set()
    for name, step in explanation.amounts:
        named = _step(step, 1, seen) if step.kind in ("fact", "law") else _own(step, 1, seen)
        lines += [f"{AMOUNTS[name]}: {step.says}", *named, ""]
    lines += _part("Examined", [line for one in explanation.conditions for line in _examined(one.words, one.holds)])
    lines += _part("What the law was asked", [line for one in explanation.law for line in _asked(one)])
    lines += _part("Readings taken", [line for one in explanation.readings for line in _taken(one)])
    lines += _part("Under another reading", [line for one in others for line in wrapped(" → ".join(one), 1, 2)])
    return "\n".join(lines).rstrip() + "\n"


def wrapped(text: str, depth: int, hang: int = 0) -> list[str]:
    """Break a text into lines of at most eighty columns, indented by two spaces a level."""
    first, rest = "  " * depth, "  " * depth + " " * hang
    options: dict[str, Any] = {"break_on_hyphens": False, "break_long_words": False}
    lines = textwrap.wrap(amounts.tight(text), WIDTH, initial_indent=first, subsequent_indent=rest, **options)
    return [spaced(line) for line in lines]


def spaced(text: str) -> str:
    """Write the spaces that keep numbers together as plain ones, for a terminal."""
    return text.replace("\u00a0", " ").replace(amounts.THIN, " ")


def _part(title: str, lines: list[str]) -> list[str]:
    return [title, *lines, ""] if lines else []


def _step(step: Step, depth: int, seen: set[tuple[str, int]]) -> Iterator[str]:
    """Write a step under its name; a rule that was written out before is only named."""
    again = bool(step.children) and (step.label, step.value) in seen
    period = f", {amounts.quarter(step.period)}" if step.kind == "fact" and step.period else ""
    yield from wrapped(f"{step.label}: {step.says}{period}{', as above' if again else ''}", depth, 2)
    if not again:
        yield from _own(step, depth + 1, seen)


def _own(step: Step, depth: int, seen: set[tuple[str, int]]) -> Iterator[str]:
    """Write how a step was made, without its name and amount."""
    seen.add((step.label, step.value))
    for line in step_lines(step):
        yield from wrapped(line, depth, 2)
    for child in step.children:
        yield from _step(child, depth, seen)


def step_lines(step: Step) -> Iterator[str]:
    """Say how one step was made: formula, numbers, roundings, band, article, in force, what it is an exception to."""
    if step.kind == "fact":
        yield (
            f"{exactly(step.value, step.unit)}, from the operator's file" if step.unit else "from the operator's file"
        )
    if step.kind == "number":
        return
    if step.kind == "rule":
        yield f"Rule: {step.label[:1].lower()}{step.label[1:]}"
    if step.formula:
        yield f"= {step.formula}"
    if step.worked:
        yield f"= {step.worked}"
    yield from map(rounding_words, step.roundings)
    if step.band:
        yield step.band[:1].upper() + step.band[1:]
    if step.cited is not None:
        yield cited_words(step.cited)
    if step.kind == "law":
        reading = f"; reading {step.reading}" if step.reading else ""
        yield f"{step.period}; confidence {graded(step.confidence)}{reading}"
    if step.exception_to:
        yield f"Exception to: {step.exception_to.replace('_', ' ')}"


def rounding_words(one: Rounded) -> str:
    """Say what was rounded, how, and where that stands."""
    if not one.changed:
        return "Comes out whole; nothing was rounded."
    stands = f" ({one.at})" if one.at else ""
    return f"Rounded {one.mode}: {one.before} → {exactly(one.after, one.unit)}{stands}"


def cited_words(cited: Citation) -> str:
    """Name a place: article, title, number of the act, link."""
    number = f" ({cited.number})" if cited.number else ""
    return " · ".join(filter(None, (f"{cited}{number}", cited.link)))


def _examined(words: str, holds: bool) -> list[str]:
    return wrapped(f"{'holds      ' if holds else 'not so     '} {words}", 1, 12)


def _asked(one: Asked) -> Iterator[str]:
    yield from wrapped(f"{one.title}: {one.says}", 1, 2)
    notes = [cited_words(one.cited) if one.cited else "", one.period]
    notes += [f"reading {one.reading}" if one.reading else ""]
    notes += ["UNCONFIRMED: nothing seen supports it" if one.unconfirmed else ""]
    notes += [f"published {one.published_on}" if one.published_on else ""]
    notes += [f"confidence {graded(one.confidence)}" if one.confidence else ""]
    line = "; ".join(filter(None, notes))
    if line:
        yield from wrapped(line, 2, 2)


def _taken(one: Taken) -> Iterator[str]:
    yield from wrapped(one.text, 1, 2)
    how = "chosen by name" if one.by_name else "by the profile"
    yield from wrapped(f"taken: {one.question}={one.taken.position}, {how}: {_held(one.taken)}", 2, 2)
    for other in one.others:
        yield from wrapped(f"other: {one.question}={other.position}: {_held(other)}", 2, 2)


def _held(held: Held) -> str:
    return f"{held.why.rstrip('.')} ({held.holder})"
