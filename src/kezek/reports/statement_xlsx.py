"""Statement and contract notes as a workbook: every line, every note, every hour, in numbers that add up."""

from collections.abc import Iterator

from kezek.documents.table import Column, ColumnKind, Table, Value
from kezek.documents.workbook import workbook_xlsx
from kezek.market.imbalance import Undetermined
from kezek.market.order import CancelDecision
from kezek.reports.market_words import OUTCOMES
from kezek.reports.statement_model import OperatorPapers
from kezek.reports.statement_words import (
    answer_words,
    charge_lines,
    end_words,
    moment,
    outcome_words,
    product_words,
    proof_lines,
    rule_lines,
    where,
)
from kezek.reports.words import sentence

_COUNT, _KWH, _WH = ColumnKind.COUNT, ColumnKind.KWH, ColumnKind.WH_AS_KWH
_TENGE, _PRICE = ColumnKind.TENGE, ColumnKind.TENGE_PER_KWH
_LINES = (
    Column("When"),
    Column("For"),
    Column("Transfer"),
    Column("Account"),
    Column("Debit", _TENGE),
    Column("Credit", _TENGE),
    Column("Balance", _TENGE),
)
_NOTES = (
    Column("Number"),
    Column("Purchase"),
    Column("Order"),
    Column("For the machines of"),
    Column("Product"),
    Column("Hour"),
    Column("Energy bought", _KWH),
    Column("Price", _PRICE),
    Column("Energy", _TENGE),
    Column("Fee", _TENGE),
    Column("Transmission", _TENGE),
    Column("VAT", _TENGE),
    Column("Total", _TENGE),
    Column("Energy left", _KWH),
    Column("Price of what is left", _PRICE),
    Column("Refund", _TENGE),
    Column("Added by a new price", _TENGE),
    Column("Due", _TENGE),
)
_IMBALANCE = (
    Column("Site"),
    Column("Product"),
    Column("Rule"),
    Column("Bought", _KWH),
    Column("Used", _WH),
    Column("Deviation", _WH),
    Column("Price", _PRICE),
    Column("Amount", _TENGE),
    Column("Why open"),
)
_ORDERS = (
    Column("Order"),
    Column("Version", _COUNT),
    Column("Site"),
    Column("For the machines of"),
    Column("Product"),
    Column("Hour"),
    Column("Step", _COUNT),
    Column("Price asked", _PRICE),
    Column("Energy asked", _KWH),
    Column("Awarded at the clearing", _KWH),
    Column("Left", _KWH),
    Column("Outcome"),
    Column("Code"),
    Column("How it ended"),
)
_ANSWERS = (Column("When"), Column("Order"), Column("Version", _COUNT), Column("Code"), Column("Answer"))
_TERMS = (Column("Term"), Column("Words"))


def statement_xlsx(papers: OperatorPapers) -> bytes:
    """Write the workbook: Statement, Contract notes, Imbalance, Orders, Answers, Terms.

    Guarantees: every contract note and every line of the account is in it; the same papers give the same bytes.
    """
    tables = (
        Table("Statement", _LINES, tuple(_lines(papers))),
        Table("Contract notes", _NOTES, tuple(_notes(papers))),
        Table("Imbalance", _IMBALANCE, tuple(_imbalances(papers))),
        Table("Orders", _ORDERS, tuple(_orders(papers))),
        Table("Answers", _ANSWERS, tuple(_answers(papers))),
        Table("Terms", _TERMS, tuple(_terms(papers))),
    )
    return workbook_xlsx(tables=tables, created_at=papers.at)


def _lines(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    account = papers.statement
    yield (moment(account.from_at), "Opening balance", None, None, None, None, account.opening_tiyn)
    for line in account.lines:
        moved = (line.debit_tiyn or None, line.credit_tiyn or None, line.balance_tiyn)
        yield (moment(line.at), line.memo, line.transfer_id, line.account, *moved)
    yield (moment(papers.at), "Closing balance", None, None, None, None, account.closing_tiyn)
    yield (moment(papers.at), "Set aside", None, None, None, None, account.pending_tiyn)
    yield (moment(papers.at), "Available", None, None, None, None, account.available_tiyn)
    yield (moment(papers.at), "Owed", None, None, None, None, account.owed_tiyn)


def _notes(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    for hour in papers.hours:
        name = product_words(hour.product, hour.hour)
        for note in hour.notes:
            head, cost = note.head, note.cost
            yield (
                *(head.note_number, head.purchase_id, head.order_id, head.owner_id, head.product_id, name),
                *(note.energy_kwh, note.price_tiyn_per_kwh),
                *(cost.net_tiyn, cost.fee_tiyn, cost.transmission_tiyn, cost.vat_tiyn, cost.total_tiyn),
                *(note.left_kwh, note.price_left_tiyn_per_kwh if note.left_kwh else None),
                *(note.refund.total_tiyn, note.extra.total_tiyn, note.due_tiyn),
            )


def _imbalances(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    for one in papers.imbalances:
        for hour in one.settled.hours:
            use, outcome = hour.use, hour.outcome
            still_open = isinstance(outcome, Undetermined)
            yield (
                *(one.site_id, use.product_id, one.settled.rule_id, use.bought_kwh, use.metered_wh),
                None if isinstance(outcome, Undetermined) else outcome.deviation_wh,
                use.reference_tiyn_per_kwh,
                None if isinstance(outcome, Undetermined) else outcome.amount_tiyn,
                outcome_words(outcome) if still_open else None,
            )


def _orders(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    """Repeat the order for each step; what it was awarded stands with the first only, so that it sums."""
    for line in papers.orders:
        order = line.order
        ids = (order.order_id, order.version, order.site_id, order.owner_id, order.product_id, where(papers, line))
        end = (OUTCOMES[line.end.outcome.value], line.end.reason.value, end_words(papers, line))
        for number, step in enumerate(order.steps, start=1):
            bought = (line.awarded_kwh, line.left_kwh) if number == 1 else (None, None)
            yield (*ids, number, step.price_tiyn_per_kwh, step.quantity_kwh, *bought, *end)
        if not order.steps:
            yield (*ids, None, None, None, line.awarded_kwh, line.left_kwh, *end)


def _answers(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    for answer in papers.answers:
        sent = answer.cancellation if isinstance(answer, CancelDecision) else answer.order
        code = answer.refusal.value if answer.refusal else None
        yield (moment(sent.received_at), sent.order_id, sent.version, code, answer_words(answer))


def _terms(papers: OperatorPapers) -> Iterator[tuple[Value, ...]]:
    yield "Operator", f"{papers.operator_id}, {papers.name}"
    yield "Delivery", papers.terms.on.isoformat()
    yield from (*rule_lines(papers.terms), *charge_lines(papers.terms), *proof_lines(papers.terms))
    yield from (("Zone", f"{zone}: {sentence(zone)}") for zone in sorted(papers.terms.reserve_tiyn_per_kwh))
