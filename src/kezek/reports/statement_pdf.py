"""Statement and contract notes as a PDF to hand in or file, typeset by Typst: words are data, never markup."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files
from typing import Any

from kezek.reports import amounts
from kezek.reports.statement_model import HourNotes, OperatorPapers
from kezek.reports.statement_rows import (
    ACCOUNT_HEADS,
    ANSWER_HEADS,
    CUT_HEADS,
    HOUR_CUT_HEADS,
    HOUR_HEADS,
    IMBALANCE_HEADS,
    LINE_HEADS,
    NOTE_HEADS,
    ORDER_HEADS,
    any_open,
    blank,
    figures,
    hour_row,
    imbalance_rows,
    note_row,
    sum_rows,
    total_words,
)
from kezek.reports.statement_words import (
    answer_row,
    asked,
    charge_lines,
    end_words,
    kwh,
    kwh_of_wh,
    lead,
    moment,
    product_words,
    proof_lines,
    rule_lines,
    tenge,
    title,
    where,
)

_STAMP = 0
"""Moment of making, in the file: none, so that the same papers give one file."""
_TEXT_PT, _NOTE_PT = 8, 6.5
_JOINTS = re.compile(r"(?<=[/._=#])")


def statement_pdf(papers: OperatorPapers) -> bytes:
    """Typeset the papers.

    Guarantees: every contract note and every line of the account is in it; the same papers give the same bytes; fonts
    are the library's own; nothing is read from the network.
    """
    import typst

    template = files("kezek.reports").joinpath("statement.typ").read_bytes()
    inputs = {"data": json.dumps(_spaced(pdf_data(papers)), ensure_ascii=False)}
    made = typst.Compiler(template, ignore_system_fonts=True, sys_inputs=inputs).compile(
        format="pdf", timestamp=_STAMP
    )
    if not isinstance(made, bytes):
        raise TypeError("the typesetter gave no single file")
    return made


def _spaced(data: Any) -> Any:  # noqa: ANN401 - a tree of texts
    """Use a space that the font has between groups of three: its narrow one is too narrow."""
    if isinstance(data, str):
        return data.replace(amounts.THIN, "\u00a0")
    if isinstance(data, dict):
        return {key: _spaced(value) for key, value in data.items()}
    return [_spaced(one) for one in data] if isinstance(data, list | tuple) else data


def breaking(name: str) -> str:
    """Let an id break where it is joined."""
    return _JOINTS.sub("\u200b", name)


def pdf_data(papers: OperatorPapers) -> dict[str, Any]:
    """Collect what the sheets show, as texts and tables."""
    on = amounts.day(papers.terms.on)
    root = papers.terms.gate.root
    return {
        "title": title(papers),
        "subtitle": "surplus market: statement and contract notes",
        "footer": f"{papers.operator_id}, delivery {on}, log at the gate {root[:16]}",
        "lead": lead(papers),
        "figures": [list(one) for one in figures(papers)],
        "groups": list(_groups(papers)),
        "annexes": list(_annexes(papers)),
        "terms": [
            ["Operator", papers.operator_id],
            ["Delivery", on],
            *[list(pair) for pair in (*rule_lines(papers.terms), *charge_lines(papers.terms))],
        ],
        "proof": [[term, breaking(words)] for term, words in proof_lines(papers.terms)],
        "totals": [total_words(total) for total in papers.totals],
    }


def _group(title: str, sheets: Iterable[dict[str, Any]], lead: str = "") -> dict[str, Any]:
    return {"title": title, "lead": lead, "sheets": list(sheets)}


def _sheet(
    heads: Sequence[str],
    lines: Iterable[Sequence[str]],
    *,
    title: str = "",
    widths: Sequence[int] = (),
    first_number: int = 1,
    size: float = _TEXT_PT,
) -> dict[str, Any]:
    """Collect a table; columns from `first_number` on are set right, a width of 0 is as wide as its words."""
    return {
        "title": title,
        "heads": list(heads),
        "lines": [list(line) for line in lines],
        "widths": list(widths) or [0] * len(heads),
        "numbers": list(range(first_number, len(heads))),
        "size": size,
        "sum_last": False,
    }


def _groups(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    yield _group("Account", _account(papers), f"Prepayment less debts, until {moment(papers.at)}.")
    yield _group("Orders", _orders(papers), "" if papers.answers else "No order was sent.")
    bought = "Each note stands at the end." if papers.hours else "Nothing was bought, so there is no contract note."
    yield _group("Contract notes by hour", _notes(papers), bought)
    settled = "" if papers.imbalances else "Not settled yet, or nothing was bought and nothing metered."
    yield _group("Imbalance", _imbalances(papers), settled)


def _annexes(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    """Give the long lists, behind all that is read first."""
    yield _group("Every line of the account", [_lines(papers)])
    if papers.answers:
        yield _group("Every answer", [_answers(papers)])
    if papers.hours:
        yield _group("Every contract note", map(_hour_notes, papers.hours), _notes_lead(papers))


def _account(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    account = papers.statement
    yield _sheet(ACCOUNT_HEADS, sum_rows(papers), widths=(4, 1, 2, 2, 2)) | {"sum_last": True}
    if account.pending:
        aside = [(amounts.capital(one.memo), one.transfer_id, tenge(one.left_tiyn)) for one in account.pending]
        yield _sheet(("Set aside", "Id", "Left, ₸"), aside, widths=(3, 4, 2), first_number=2)


def _lines(papers: OperatorPapers) -> dict[str, Any]:
    lines = [
        (
            moment(line.at),
            amounts.capital(line.memo),
            breaking(line.transfer_id),
            blank(line.debit_tiyn),
            blank(line.credit_tiyn),
            tenge(line.balance_tiyn),
        )
        for line in papers.statement.lines
    ]
    return _sheet(LINE_HEADS, lines, widths=(5, 6, 9, 3, 3, 3), first_number=3, size=_NOTE_PT)


def _orders(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    if not papers.answers:
        return
    rows = [
        (
            breaking(line.order.order_id),
            where(papers, line),
            asked(line.order),
            kwh(line.left_kwh),
            end_words(papers, line),
        )
        for line in papers.orders
    ]
    yield _sheet(ORDER_HEADS, rows, widths=(2, 3, 4, 2, 6)) | {"numbers": [3]}


def _answers(papers: OperatorPapers) -> dict[str, Any]:
    answers = [(at, breaking(order_id), *rest) for at, order_id, *rest in map(answer_row, papers.answers)]
    return _sheet(ANSWER_HEADS, answers, widths=(4, 3, 1, 5, 6), size=_NOTE_PT) | {"numbers": [2]}


def _notes_lead(papers: OperatorPapers) -> str:
    number = next(papers.notes).head.note_number
    return f"The full number of a note has {number.rpartition('-')[0]}- before it; numbers run through the day."


def _notes(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    if not papers.hours:
        return
    cut = any(hour.changed for hour in papers.hours)
    heads = (*HOUR_HEADS, *(HOUR_CUT_HEADS if cut else ()))
    rows = [hour_row(hour, cut=cut) for hour in papers.hours]
    size = 7 if cut else _TEXT_PT
    yield _sheet(heads, rows, widths=(0, *[1] * (len(heads) - 1)), size=size)


def _hour_notes(hour: HourNotes) -> dict[str, Any]:
    heads = (*NOTE_HEADS, *(CUT_HEADS if hour.changed else ()))
    rows = []
    for note in hour.notes:
        number, purchase_id, *rest = note_row(note, changed=hour.changed)
        rows.append((number.rpartition("-")[2], breaking(purchase_id), *rest))
    name = f"{product_words(hour.product, hour.hour)}: {amounts.noun(len(rows), 'note', 'notes')}"
    return _sheet(heads, rows, title=name, widths=(0, 0, *[1] * (len(heads) - 2)), first_number=2, size=_NOTE_PT)


def _imbalances(papers: OperatorPapers) -> Iterator[dict[str, Any]]:
    why = any_open(papers.imbalances)
    heads = (*IMBALANCE_HEADS, *(("Why open",) if why else ()))
    for one in papers.imbalances:
        total = ("All settled hours", "", "", kwh_of_wh(one.settled.deviation_wh), "", tenge(one.settled.amount_tiyn))
        rows = [row if why else row[:-1] for row in (*imbalance_rows(papers, one), (*total, ""))]
        name = f"Site {one.site_id}, rule {one.settled.rule_id}; below zero: credited"
        widths = (2, 2, 2, 2, 2, 2, *((4,) if why else ()))
        yield _sheet(heads, rows, title=name, widths=widths) | {"numbers": [1, 2, 3, 4, 5], "sum_last": True}
