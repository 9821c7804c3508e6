"""The rows of statements and contract notes, as texts: what page and sheet set as tables."""

from collections.abc import Iterable, Iterator, Sequence

from kezek.ledger.charges import Cost
from kezek.ledger.contract_note import ContractNote
from kezek.ledger.statement import StatementLine
from kezek.market.imbalance import Undetermined
from kezek.reports import amounts
from kezek.reports.statement_model import HourNotes, OperatorPapers, Total
from kezek.reports.statement_words import kwh, kwh_of_wh, outcome_words, product_words, tenge
from kezek.trading.state import SiteImbalance
from kezek.units.calendar import hours_of

ACCOUNT_HEADS = ("For", "Lines", "Debit, ₸", "Credit, ₸", "Balance, ₸")
LINE_HEADS = ("When", "For", "Transfer", "Debit, ₸", "Credit, ₸", "Balance, ₸")
ORDER_HEADS = ("Order", "Hour", "Asked", "Bought, kWh", "How it ended")
ANSWER_HEADS = ("When", "Order", "Version", "Sent", "Answer")
COST_HEADS = ("Energy, ₸", "Fee, ₸", "Grid, ₸", "VAT, ₸", "Total, ₸")
NOTE_HEADS = ("No.", "Purchase", "kWh", "₸/kWh", *COST_HEADS)
CUT_HEADS = ("Left, kWh", "at ₸/kWh", "Refund, ₸", "Added, ₸", "Due, ₸")
HOUR_HEADS = ("Hour", "Notes", "kWh", *COST_HEADS)
HOUR_CUT_HEADS = ("Left, kWh", "Refund, ₸", "Added, ₸", "Due, ₸")
IMBALANCE_HEADS = ("Hour", "Bought, kWh", "Used, kWh", "Deviation, kWh", "Price, ₸/kWh", "Amount, ₸")


def figures(papers: OperatorPapers) -> tuple[tuple[str, str, str], ...]:
    """Give the key figures: name, amount, note."""
    account = papers.statement
    refund_tiyn = sum(hour.refund.total_tiyn for hour in papers.hours)
    added_tiyn = sum(hour.extra.total_tiyn for hour in papers.hours)
    changes = [f"{tenge(refund_tiyn)} of it paid back"] if refund_tiyn else []
    changes += [f"{tenge(added_tiyn)} added by a new price"] if added_tiyn else []
    cost_tiyn = sum(hour.cost.total_tiyn for hour in papers.hours)
    first = f"{amounts.money(cost_tiyn)} at the clearing; {', '.join(changes)}" if changes else "all charges and VAT"
    return (
        ("Energy bought", amounts.money(papers.due_tiyn), first),
        ("Imbalance", amounts.money(papers.imbalance_tiyn), "below zero it is credited"),
        ("Available", amounts.money(account.available_tiyn), f"and {amounts.money(account.pending_tiyn)} set aside"),
        ("Owed", amounts.money(account.owed_tiyn), "beyond the prepayment"),
    )


def sums_by_memo(lines: Sequence[StatementLine]) -> list[tuple[str, int, int, int]]:
    """Add up an account by what the lines are for, in the order in which it came: memo, lines, debits, credits."""
    found: dict[str, tuple[int, int, int]] = {}
    for line in lines:
        count, debit_tiyn, credit_tiyn = found.get(line.memo, (0, 0, 0))
        found[line.memo] = (count + 1, debit_tiyn + line.debit_tiyn, credit_tiyn + line.credit_tiyn)
    return [(memo, *sums) for memo, sums in found.items()]


def sum_rows(papers: OperatorPapers) -> Iterator[tuple[str, str, str, str, str]]:
    """Write the account by what its lines are for, between the two balances."""
    account = papers.statement
    yield "Opening balance", "", "", "", tenge(account.opening_tiyn)
    for memo, count, debit_tiyn, credit_tiyn in sums_by_memo(account.lines):
        yield amounts.capital(memo), amounts.count(count), blank(debit_tiyn), blank(credit_tiyn), ""
    yield "Closing balance", "", "", "", tenge(account.closing_tiyn)


def blank(tiyn: int) -> str:
    """Write money, and nothing for nothing."""
    return tenge(tiyn) if tiyn else ""


def _parts(cost: Cost) -> tuple[str, ...]:
    parts = (cost.net_tiyn, cost.fee_tiyn, cost.transmission_tiyn, cost.vat_tiyn, cost.total_tiyn)
    return tuple(tenge(part) for part in parts)


def hour_row(hour: HourNotes, *, cut: bool) -> tuple[str, ...]:
    """Write the sums of an hour's contract notes."""
    tail = (kwh(hour.left_kwh), tenge(hour.refund.total_tiyn), tenge(hour.extra.total_tiyn), tenge(hour.due_tiyn))
    name = product_words(hour.product, hour.hour)
    return (name, amounts.count(len(hour.notes)), kwh(hour.energy_kwh), *_parts(hour.cost), *(tail if cut else ()))


def note_row(note: ContractNote, *, changed: bool) -> tuple[str, ...]:
    """Write one contract note as a row: as struck, and behind it what a curtailment left."""
    struck = (
        note.head.note_number,
        note.head.purchase_id,
        kwh(note.energy_kwh),
        amounts.bare_price(note.price_tiyn_per_kwh),
        *_parts(note.cost),
    )
    if not changed:
        return struck
    left = (
        kwh(note.left_kwh),
        amounts.bare_price(note.price_left_tiyn_per_kwh) if note.left_kwh else "–",
        tenge(note.refund.total_tiyn),
        tenge(note.extra.total_tiyn),
        tenge(note.due_tiyn),
    )
    return (*struck, *left)


def imbalance_rows(papers: OperatorPapers, one: SiteImbalance) -> Iterator[tuple[str, ...]]:
    """Write the hours of a site; an open one says why."""
    labels = {hour.index: hour.label for hour in hours_of(papers.terms.on)}
    for hour in one.settled.hours:
        use, outcome = hour.use, hour.outcome
        unknown = isinstance(outcome, Undetermined)
        yield (
            labels[int(use.product_id.split("/")[2])],
            kwh(use.bought_kwh),
            kwh_of_wh(use.metered_wh),
            "–" if isinstance(outcome, Undetermined) else kwh_of_wh(outcome.deviation_wh),
            amounts.bare_price(use.reference_tiyn_per_kwh),
            "open" if isinstance(outcome, Undetermined) else tenge(outcome.amount_tiyn),
            outcome_words(outcome) if unknown else "",
        )


def total_words(total: Total) -> str:
    """Write a sum that was checked."""
    shown, unit = (kwh, "kWh") if total.unit == "kWh" else (tenge, "₸")
    parts = " + ".join(f"{name} {shown(amount)}" for name, amount in total.parts)
    return f"{parts} = {total.name} {shown(total.amount)}\u00a0{unit}"


def any_open(sites: Iterable[SiteImbalance]) -> bool:
    """Tell whether an hour stays open."""
    return any(one.settled.open_hours for one in sites)
