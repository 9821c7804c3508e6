"""A verdict as a PDF to hand in or file, typeset by Typst: its words are passed as data, never as markup."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, TypeAlias

from kezek.duties.explain import Citation, Taken
from kezek.duties.finding import Status
from kezek.duties.formula import in_words
from kezek.reports import amounts
from kezek.reports.check_model import CheckView, DutyView, FindingView
from kezek.reports.check_page import ICONS
from kezek.reports.check_words import OWED_HEADS, OWED_MONEY, TURNS, UNJUDGED, burden_lines, owed_notes, owed_rows
from kezek.reports.words import graded, sentence

_STAMP = 0
"""Moment of making, in the file: none, so that one verdict gives one file."""


def check_pdf(view: CheckView) -> bytes:
    """Typeset a verdict.

    Guarantees: the same verdict gives the same bytes; fonts are the library's own, so that the machine's do not
    matter, and hold Kazakh letters and the tenge sign; nothing is read from the network.
    """
    import typst

    template = files("kezek.reports").joinpath("check.typ").read_bytes()
    inputs = {"data": json.dumps(_tight(pdf_data(view)), ensure_ascii=False)}
    made = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=inputs).compile(
        format="pdf", timestamp=_STAMP
    )
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no single file")
    return made


Data: TypeAlias = "str | int | list[Data] | dict[str, Data]"
"""What the sheet is made of."""


def _tight(data: Data) -> Data:
    """Keep numbers and their units together in every text; the font's narrow space is too narrow for groups."""
    if isinstance(data, str):
        return amounts.tight(data).replace(amounts.THIN, "\u00a0")
    if isinstance(data, dict):
        return {key: value if key == "link" else _tight(value) for key, value in data.items()}
    return [_tight(one) for one in data] if isinstance(data, list) else data


def _breaking(code: str) -> str:
    """Let a code break where it is joined."""
    return re.sub(r"(?<=[._=])", "\u200b", code)


def pdf_data(view: CheckView) -> dict[str, Any]:
    """Collect what the sheet shows, as texts, lists and tables."""
    receipt = view.receipt
    readings = "".join(f", {question}={position}" for question, position in sorted(receipt.readings.items()))
    stake = f" In the breaches {in_words(view.at_stake_tiyn, 'tiyn')} are at stake." if view.at_stake_tiyn else ""
    known = f", by what was public on {amounts.day(receipt.known_on)}" if receipt.known_on else ""
    about = f"{view.operator} on {amounts.day(view.as_of_on)}, by the profile “{receipt.profile}”{readings}{known}."
    return {
        "title": f"{view.operator}: {view.sentence}",
        "subtitle": "duties of a crypto miner in Kazakhstan",
        "footer": f"Kezek {receipt.engine_version}, law {receipt.law_digest[:12]}, receipt {receipt.sha256[:16]}",
        "sentence": view.sentence,
        "lead": f"{about} {view.robustness}{stake}",
        "flags": [f"{one.sentence} ({one.place})" for one in view.flags],
        "counts": [[f"{ICONS[s]} {sentence(s.value)}", str(count), s.value] for s, count in view.counts],
        "groups": [_group(status, duties) for status, duties in view.groups],
        "tables": list(_tables(view)),
        "lists": list(_lists(view)),
        "receipt": [
            ["Receipt", receipt.sha256],
            ["Law", f"{receipt.jurisdiction} {receipt.law_digest}"],
            ["File", receipt.inputs_sha256],
            ["Profile", f"{receipt.profile}{readings}{known}, on {receipt.as_of_on}, Kezek {receipt.engine_version}"],
        ],
    }


def _cited(cited: Citation | None) -> dict[str, str]:
    if cited is None:
        return {"words": "", "link": ""}
    number = f" ({cited.number})" if cited.number else ""
    return {"words": f"{cited}{number}", "link": cited.link if cited.link.startswith("https://") else ""}


def _group(status: Status, duties: tuple[DutyView, ...]) -> dict[str, Any]:
    full = status in (Status.BREACHED, Status.AT_RISK, Status.UNDETERMINED)
    met = [[one.title, one.periods, one.findings[-1].reason] for one in duties]
    return {
        "status": status.value,
        "title": f"{sentence(status.value)} ({len(duties)})",
        "cards": [_card(duty, one) for duty in duties for one in duty.findings] if full else [],
        "lines": met if status is Status.MET else [],
        "names": "; ".join(one.title for one in duties) if status is Status.NOT_APPLICABLE else "",
    }


def _card(duty: DutyView, one: FindingView) -> dict[str, Any]:
    return {
        "title": one.title,
        "period": one.period,
        "status": f"{ICONS[one.status]} {sentence(one.status.value)}",
        "reason": one.reason,
        "rows": [list(pair) for pair in _rows(duty, one)],
    }


def _rows(duty: DutyView, one: FindingView) -> Iterator[tuple[str, object]]:
    found: tuple[tuple[str, object], ...] = (
        ("Measured", one.against),
        ("Missing", "; ".join(one.missing)),
        ("Evidence", "; ".join(one.evidence)),
        ("Deadline", one.deadline),
        ("At stake", one.at_stake),
        ("Law", _cited(one.cited) if one.cited else ""),
        ("May follow", list(one.consequences)),
        ("What to do", one.fix),
        ("Readings", _readings(one)),
        ("Otherwise", list(duty.otherwise)),
    )
    yield from ((label, value) for label, value in found if value)


def _readings(one: FindingView) -> object:
    if one.missing:
        return ""
    found = [f"{sentence(s.status.value)} if {'; and '.join(s.words)} [{s.chosen}]" for s in one.shifts]
    costs = [f"{'; '.join(c.costs)} if {'; and '.join(c.words)} [{c.chosen}]" for c in one.costs]
    return [*(found or [one.holds]), *costs] if found or costs else one.holds


def _table(
    title: str,
    lead: str,
    widths: list[int],
    heads: list[str],
    lines: list[list[Any]],
    numbers: tuple[int, ...] = (),
) -> dict[str, Any]:
    return {"title": title, "lead": lead, "widths": widths, "heads": heads, "lines": lines, "numbers": [*numbers]}


def _tables(view: CheckView) -> Iterator[dict[str, Any]]:
    if view.turns:
        turns: list[list[Any]] = [
            [one.title, one.periods or "–", sentence(one.status.value), _breaking(" or ".join(one.chosen))]
            for one in view.turns
        ]
        heads = ["Duty", "Quarters", "Here", "Breached if"]
        lead = "Each duty tried by itself, over the questions that it touches."
        yield _table(TURNS, lead, [5, 4, 3, 7], heads, turns)
    if view.owed:
        owed: list[list[Any]] = [[*row] for row in owed_rows(view.owed)]
        lead = " ".join(owed_notes(view.owed))
        yield _table("What is owed", lead, [3, 4, 5, 4, 5, 4, 5], [*OWED_HEADS], owed, OWED_MONEY)
    if view.ahead:
        lines = [
            [amounts.day(one.ahead.on), one.words, _note(one.ahead.done, one.ahead.unconfirmed), _cited(one.cited)]
            for one in view.ahead
        ]
        yield _table("Deadlines ahead", "", [3, 6, 3, 6], ["By", "What", "", "Source"], lines)
    if view.readings:
        lead = "The sources disagree or are silent on these questions, and this verdict rests on them."
        heads = ["Question", "Taken here", "As", "Others hold"]
        yield _table("Readings of the law", lead, [5, 5, 4, 6], heads, [_reading_line(one) for one in view.readings])
    costs = [[*one] for one in burden_lines(view.burden)]
    yield _table("What staying legal costs", "", [2, 8], ["", "By the sources"], costs)
    if view.expected:
        expected = [
            [one.title, one.finding, amounts.day(one.from_on), graded(one.confidence)] for one in view.expected
        ]
        lead = "Changes that were announced. None was seen in force, and no duty above counts with them."
        heads = ["What", "As announced", "Since", "Confidence"]
        yield _table("Announced, not counted", lead, [5, 8, 3, 3], heads, expected)
    yield from _unjudged(view)


def _unjudged(view: CheckView) -> Iterator[dict[str, Any]]:
    if view.unjudged:
        unjudged: list[list[Any]] = [
            [one.title, amounts.capital(one.missing), _cited(one.cited)] for one in view.unjudged
        ]
        heads = ["What", "What is missing", "Source"]
        yield _table("Not known, and not judged", UNJUDGED, [5, 7, 6], heads, unjudged)


def _reading_line(one: Taken) -> list[str]:
    held = [f"{each.why.rstrip('.')} ({each.holder})" for each in (one.taken, *one.others)]
    return [one.text, held[0], _breaking(f"{one.question}={one.taken.position}"), "; ".join(held[1:])]


def _note(done: bool, unconfirmed: bool) -> str:
    return "done" if done else "day not confirmed" if unconfirmed else ""


def _lists(view: CheckView) -> Iterator[dict[str, Any]]:
    yield {"title": "Sources", "lead": "", "items": [_cited(one) for one in view.sources]}
    if view.unconfirmed:
        title = "Used although nothing seen confirms it"
        yield {"title": title, "lead": "", "items": list(view.unconfirmed)}
