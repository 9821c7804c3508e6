"""A market session on the terminal: what was done, how the hours stand, what comes next."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kezek.cli.output import forgiving
from kezek.cli.screen import screen
from kezek.documents.paper import Acknowledgement
from kezek.ledger.transfer import PREPAID
from kezek.market.product import Offer
from kezek.registry.zone import Zone
from kezek.reports.amounts import bare_price, count, money, noun
from kezek.reports.market_words import OUTCOMES
from kezek.reports.words import ZONES
from kezek.trading.session import MarketSession
from kezek.trading.state import ProductState
from kezek.units.calendar import ALMATY, hours_of
from kezek.units.rounding import half_up

MOST_REFUSED, MOST_TAKEN = 40, 8
"""Answers that are shown; the files hold all."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line about what was done."""

    name: str
    text: str
    refused: bool = False


def show(said: Sequence[Said], session: MarketSession, folder: Path, *, written: Sequence[Path] = ()) -> None:
    """Show what was done, where the session stands, and which command comes next."""
    parts: list[RenderableType] = [_panel(said, session)]
    if session.trading.closed:
        parts += [_hours(session, zone) for zone in Zone]
    parts += _written(written)
    parts.append(Text(_next(session, folder), style="dim"))
    with forgiving():
        screen().print(Group(*parts))


def _panel(said: Sequence[Said], session: MarketSession) -> Panel:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for one in said:
        grid.add_row(one.name, Text(one.text, style="red" if one.refused else ""))
    for name, text in state_lines(session):
        grid.add_row(name, text)
    title = f"Market session for {session.opened.on}, profile {session.opened.profile}"
    return Panel(grid, title=title, box=box.ROUNDED, width=80)


def state_lines(session: MarketSession) -> list[tuple[str, str]]:
    """Say where a session stands, a name and a sentence a line."""
    trading, clock = session.trading, session.trading.session
    stage = next(
        words
        for true, words in (
            (trading.settled, "settled"),
            (trading.cleared, "cleared"),
            (trading.closed, "gate closed, not cleared"),
            (True, "open for papers"),
        )
        if true
    )
    times = [at.astimezone(ALMATY).strftime("%H:%M") for at in (clock.opens_at, clock.closes_at)]
    on = clock.opens_at.astimezone(ALMATY).date()
    rules = trading.rules
    balances = trading.state.ledger.balances_tiyn()
    held = -sum(amount for account, amount in balances.items() if account.startswith(PREPAID))
    return [
        ("Stage", f"{stage}; trading is on {on} from {times[0]} to {times[1]}"),
        ("Rules", f"{rules.price_rule}, {rules.tie_rule}, curtailment {rules.curtailment_price}"),
        ("Orders", _orders(session)),
        ("Money", f"{money(held)} prepaid and not spent; all accounts add up to {sum(balances.values())}"),
        ("Log", f"{len(session.log)}:{session.log.tree.root().hex()[:32]}, its size and root to keep"),
    ]


def _orders(session: MarketSession) -> str:
    state = session.trading.state
    answered = len(state.decisions) + len(state.cancellations)
    if not session.trading.cleared:
        live = sum(len(session.trading.book.live(one.product.product_id)) for one in _products(session))
        return f"{noun(answered, 'answer', 'answers')} given, {noun(live, 'order', 'orders')} in the book"
    ends = Counter(str(end.outcome) for end in state.ends.values())
    said = [f"{count(ends[outcome])} {words}" for outcome, words in OUTCOMES.items() if ends[outcome]]
    said += [f"{noun(session.unreadable_count, 'row', 'rows')} could not be read"] if session.unreadable_count else []
    return ", ".join(said) or "none"


def cleared_words(session: MarketSession) -> str:
    """Say what a clearing came to."""
    states = _products(session)
    offered = sum(one.product.offered_kwh for one in states)
    sold = sum(one.sold_kwh for one in states)
    purchases = len(session.trading.state.purchases)
    return f"{count(sold)} of {count(offered)} kWh sold in {noun(purchases, 'purchase', 'purchases')}"


def settled_words(session: MarketSession) -> str:
    """Say what a settlement came to."""
    sites = session.trading.state.imbalances
    total = sum(one.settled.amount_tiyn for one in sites)
    gaps = sum(len(one.settled.open_hours) for one in sites)
    rule = sites[0].settled.rule_id if sites else "no site used or bought anything"
    more = f"; {noun(gaps, 'hour stays', 'hours stay')} open for want of a reading or a price" if gaps else ""
    return f"imbalance of {noun(len(sites), 'site', 'sites')} by {rule}: {money(total)} in all{more}"


def _products(session: MarketSession) -> list[ProductState]:
    return list(session.trading.state.products.values())


def _hours(session: MarketSession, zone: Zone) -> Table:
    """Lay out the hours of a zone with supply or orders: volumes and the prices paid."""
    title = f"{ZONES[zone]}: kWh, and ₸/kWh without VAT"
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), title=title, title_style="bold", title_justify="left")
    for head in ("hour", "offered", "asked", "bids", "bought", "low", "avg", "high"):
        table.add_column(head, justify="left" if head == "hour" else "right", no_wrap=True)
    labels = {hour.index: hour.label for hour in hours_of(session.opened.on)}
    for state in _products(session):
        offered = state.product.offered_kwh if state.revised_kwh is None else state.revised_kwh
        if state.product.zone is not zone or not (offered or state.rows):
            continue
        tail = " 30 %" if state.product.offer is Offer.PROGRAMME else ""
        asked = sum(row.step.quantity_kwh for row in state.rows)
        bought = count(state.sold_kwh) if session.trading.cleared else ""
        cells = (count(offered), count(asked), count(len(state.rows)), bought, *_prices(session, state))
        table.add_row(f"{labels[state.product.hour_index]}{tail}", *cells)
    return table


def _prices(session: MarketSession, state: ProductState) -> tuple[str, str, str]:
    """Lowest, average and highest price paid for what is left after any curtailment."""
    if state.summary is None:
        return "", "", ""
    held = session.trading.state
    keys = [key for row in state.purchase_ids for key in row if held.final_purchase_kwh[key]]
    paid = [(held.final_purchase_kwh[key], held.price_of_purchase[key]) for key in keys]
    prices, energy_kwh = [price for _, price in paid], sum(kwh for kwh, _ in paid)
    average = half_up(sum(kwh * price for kwh, price in paid), energy_kwh) if paid else None
    return bare_price(min(prices, default=None)), bare_price(average), bare_price(max(prices, default=None))


def _written(paths: Sequence[Path]) -> list[RenderableType]:
    if not paths:
        return []
    by_folder: Counter[Path] = Counter(path.parent for path in paths)
    lines = [f"Written: {noun(number, 'file', 'files')} in {folder}" for folder, number in by_folder.items()]
    return [Text("\n".join(lines))]


def _next(session: MarketSession, folder: Path) -> str:
    trading = session.trading
    if trading.settled:
        return f"Next: kezek market publish {folder}"
    if trading.cleared:
        return f"Next: kezek market curtail {folder}, or after delivery kezek market settle {folder} --readings FILE"
    if trading.closed:
        return f"Next: kezek market clear {folder}"
    return f"Next: kezek market bid {folder} PAPER, or after the session kezek market close {folder}"


def show_acknowledgements(
    answers: Sequence[Acknowledgement], session: MarketSession, folder: Path, written: Sequence[Path]
) -> None:
    """Show what was refused and why, and the first of what was taken; the files hold the answer to every row."""
    parts: list[RenderableType] = [part for answer in answers for part in _answers(answer)]
    parts += [*_written(written), _panel([], session), Text(_next(session, folder), style="dim")]
    with forgiving():
        screen().print(Group(*parts))


def _answers(answer: Acknowledgement) -> list[RenderableType]:
    refused = [row for row in answer.rows if not row.accepted]
    taken = [row for row in answer.rows if row.accepted]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), width=80)
    for head, share, least in (("where", 2, 16), ("order", 3, None), ("answer", 6, None)):
        table.add_column(head, overflow="fold", ratio=share, min_width=least)
    for row in [*refused[:MOST_REFUSED], *taken[:MOST_TAKEN]]:
        told = row.sentence if row.accepted else f"{row.sentence} [{row.code}]"
        version = f" v{row.version}" if row.version else ""
        name = f"{row.order_id}{version}" or "not readable"
        table.add_row(row.place, name, Text(told, style="" if row.accepted else "red"))
    more = max(0, len(refused) - MOST_REFUSED) + max(0, len(taken) - MOST_TAKEN)
    head = f"{answer.received_document_id}: {count(len(taken))} of {count(len(answer.rows))} answers are yes"
    tail = [Text(f"  and {count(more)} more in {answer.document_id}", style="dim")] if more else []
    return [Text(head, style="bold"), table, *tail]
