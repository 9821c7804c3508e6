"""Statement and contract notes as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Iterator, Sequence
from functools import partial

from kezek.ledger.statement import StatementLine
from kezek.reports import amounts
from kezek.reports.markup import Cell, Markup, details, facts, key_figure, paragraph, section, tag, text
from kezek.reports.markup import table as plain_table
from kezek.reports.shell import page_header, whole_page
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
from kezek.trading.state import SiteImbalance

table = partial(plain_table, labelled=True)
"""Tables of this page fit a telephone: the cells of a row stand under each other there."""
_CONTENTS = {
    "account": "Account",
    "orders": "Orders",
    "notes": "Contract notes",
    "imbalance": "Imbalance",
    "terms": "Terms",
    "sums": "What adds up",
}
_LINES_SHOWN = 24
"""Longer accounts are folded under their sums."""


def statement_page(papers: OperatorPapers) -> str:
    """Write the page.

    Guarantees: one file without script or outside resource; every value escaped; light and dark; every contract note
    and every line of the account on it; the same papers give the same page.
    """
    body = tag("body", _header(papers), tag("main", *_sections(papers)), _footer(papers), class_="check market")
    heading = f"{title(papers)}, {amounts.day(papers.terms.on)}"
    return whole_page(title=heading, styles=("page.css", "check.css", "statement.css"), body=body)


def _header(papers: OperatorPapers) -> Markup:
    return page_header(
        kind="Surplus market: statement and contract notes",
        title=title(papers),
        lead=tag("p", text(lead(papers)), class_="lead"),
        figures=_key_figures(papers),
        contents=_CONTENTS,
    )


def _key_figures(papers: OperatorPapers) -> Iterator[Markup]:
    for label, value, note in figures(papers):
        yield key_figure(label=label, value=value, note=note, mark=Markup(""))


def _sections(papers: OperatorPapers) -> Iterator[Markup]:
    made = {
        "account": _account(papers),
        "orders": _orders(papers),
        "notes": _notes(papers),
        "imbalance": _imbalance(papers),
        "terms": _terms(papers),
        "sums": _sums(papers),
    }
    for key, parts in made.items():
        yield section(key=key, title=_CONTENTS[key], parts=list(parts))


def _account(papers: OperatorPapers) -> Iterator[Markup]:
    account = papers.statement
    *rows, closing = sum_rows(papers)
    caption = f"Prepayment less debts, until {moment(papers.at)}."
    last = [Cell(tag("strong", text(one))) if one else "" for one in closing]
    yield table(heads=ACCOUNT_HEADS, rows=[*rows, last], caption=caption, numbers=(1, 2, 3, 4))
    if account.pending:
        aside = [(amounts.capital(one.memo), one.transfer_id, tenge(one.left_tiyn)) for one in account.pending]
        yield table(heads=("Set aside", "Id", "Left, ₸"), rows=aside, caption="Still set aside.", numbers=(2,))
    lines = _lines(account.lines)
    few = len(account.lines) <= _LINES_SHOWN
    yield lines if few else details(f"All {amounts.count(len(account.lines))} lines with the running balance", lines)


def _strong(words: str) -> Cell:
    return Cell(tag("strong", text(words)))


def _lines(lines: Sequence[StatementLine]) -> Markup:
    rows = [
        (
            moment(line.at),
            amounts.capital(line.memo),
            Cell(tag("code", text(line.transfer_id))),
            blank(line.debit_tiyn),
            blank(line.credit_tiyn),
            tenge(line.balance_tiyn),
        )
        for line in lines
    ]
    return table(heads=LINE_HEADS, rows=rows, caption="Every line, in the order of booking.", numbers=(3, 4, 5))


def _orders(papers: OperatorPapers) -> Iterator[Markup]:
    if not papers.answers:
        yield paragraph("No order was sent.")
        return
    rows = [
        (
            Cell(tag("code", text(line.order.order_id))),
            where(papers, line),
            Cell(*(tag("div", text(one)) for one in asked(line.order).split("; "))),
            kwh(line.left_kwh),
            end_words(papers, line),
        )
        for line in papers.orders
    ]
    yield table(
        heads=ORDER_HEADS, rows=rows, caption="Each order once, as its last version in the book.", numbers=(3,)
    )
    answers = [answer_row(answer) for answer in papers.answers]
    sent = table(
        heads=ANSWER_HEADS,
        rows=answers,
        caption="Orders, amendments and cancellations as they came.",
        numbers=(2,),
    )
    yield details(f"Every answer ({amounts.count(len(answers))})", sent)


def _notes(papers: OperatorPapers) -> Iterator[Markup]:
    if not papers.hours:
        yield paragraph("Nothing was bought, so there is no contract note.")
        return
    cut = any(hour.changed for hour in papers.hours)
    heads = (*HOUR_HEADS, *(HOUR_CUT_HEADS if cut else ()))
    rows = [hour_row(hour, cut=cut) for hour in papers.hours]
    yield table(heads=heads, rows=rows, caption="By hour and zone.", numbers=tuple(range(1, len(heads))))
    size = papers.purchase_max_kwh
    split = "Purchases are not split." if size is None else f"A purchase is at most {kwh(size)}\u00a0kWh."
    yield paragraph(f"{split} The notes of an hour unfold below; numbers run through the day.", "note")
    yield tag("div", *(_hour_notes(hour) for hour in papers.hours), class_="folded")


def _hour_notes(hour: HourNotes) -> Markup:
    heads = (*NOTE_HEADS, *(CUT_HEADS if hour.changed else ()))
    name = product_words(hour.product, hour.hour)
    said = f"{amounts.noun(len(hour.notes), 'note', 'notes')}, {kwh(hour.left_kwh)}\u00a0kWh, "
    summary = tag(
        "summary",
        text(f"{name} "),
        tag("span", text(f"{said}{amounts.money(hour.due_tiyn)}"), class_="note"),
    )
    rows = [note_row(note, changed=hour.changed) for note in hour.notes]
    caption = f"Struck {moment(hour.notes[0].head.struck_at)}; product {hour.product.product_id}."
    made = plain_table(heads=heads, rows=rows, caption=caption, numbers=tuple(range(2, len(heads))))
    return tag("details", summary, made)


def _imbalance(papers: OperatorPapers) -> Iterator[Markup]:
    if not papers.imbalances:
        yield paragraph("Not settled yet, or nothing was bought and nothing metered.")
    why = any_open(papers.imbalances)
    for one in papers.imbalances:
        yield table(
            heads=(*IMBALANCE_HEADS, *(("Why open",) if why else ())),
            rows=[row if why else row[:-1] for row in (*imbalance_rows(papers, one), _imbalance_sum(one))],
            caption=f"Site {one.site_id}, rule {one.settled.rule_id}. Below zero: credited.",
            numbers=(1, 2, 3, 4, 5),
        )


def _imbalance_sum(one: SiteImbalance) -> tuple[object, ...]:
    deviation = _strong(kwh_of_wh(one.settled.deviation_wh))
    return (_strong("All settled hours"), "", "", deviation, "", _strong(tenge(one.settled.amount_tiyn)), "")


def _terms(papers: OperatorPapers) -> Iterator[Markup]:
    pairs = [("Operator", papers.operator_id), ("Delivery", amounts.day(papers.terms.on)), *rule_lines(papers.terms)]
    yield facts((term, text(words)) for term, words in (*pairs, *charge_lines(papers.terms)))
    yield facts((term, tag("code", text(words))) for term, words in proof_lines(papers.terms))


def _sums(papers: OperatorPapers) -> Iterator[Markup]:
    yield paragraph("Checked before anything was written; where a sum fails, no paper is made.")
    yield tag("ul", *(tag("li", text(total_words(total))) for total in papers.totals), class_="lines")


def _footer(papers: OperatorPapers) -> Markup:
    line = f"Written by Kezek {papers.terms.engine_version} from the log of the session. Apache-2.0."
    return tag("footer", paragraph(line))
