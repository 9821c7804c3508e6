"""A bid plan on a terminal: what power is worth, what to bid, what comes of it, and the cliff of the fee."""

import textwrap
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text

from kezek.planning.bidding import NoBid
from kezek.planning.fee_target import FeeTarget
from kezek.planning.plan import BidPlan, HourBid, StepBid, Sums
from kezek.planning.plan_orders import alike, spans_of, standing_lines
from kezek.reports import amounts
from kezek.reports.bid_words import (
    SENTENCES,
    SHORT,
    ZONES,
    efficiency,
    energy,
    law_words,
    lots,
    notes,
    strategy_words,
    target_lines,
)
from kezek.reports.check_text import spaced
from kezek.units.rounding import half_up

_WIDTH = 80
_NAME = 17
_BAR = 13


class _Printer:
    """Prints lines of at most eighty columns."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def line(self, text: str = "", style: str = "") -> None:
        self.console.print(Text(spaced(text), style=style), soft_wrap=True)

    def wrapped(self, text: str, indent: str = "", style: str = "") -> None:
        width = _WIDTH - len(indent) - 2
        for part in textwrap.wrap(amounts.tight(text), width, break_on_hyphens=False, break_long_words=False):
            self.line(f"{indent}{part}", style)

    def head(self, title: str) -> None:
        self.line()
        self.line(title, "bold")


def show_plan(*, console: Console, plan: BidPlan) -> None:
    """Print a plan; no line is wider than eighty columns."""
    printer = _Printer(console)
    _lead(printer, plan)
    printer.head("WHAT EACH FURTHER MWh OF AN HOUR IS WORTH, ALL DUES INCLUDED")
    for text in _curve(plan):
        printer.line(text)
    _bids(printer, plan)
    printer.head("THE DAY")
    for text in _day(plan):
        printer.line(text)
    _orders(printer, plan)
    _fee(printer, plan)
    printer.head("TO BEAR IN MIND")
    for text in (*notes(plan), *law_words(plan)):
        printer.wrapped(text, "  ")


def _lead(printer: _Printer, plan: BidPlan) -> None:
    facts = plan.facts
    printer.line(f"Bid plan for {amounts.day(facts.on)}, {ZONES[facts.zone]}", "bold")
    printer.wrapped(strategy_words(plan))
    printer.wrapped(
        f"{facts.operator_id}, site {facts.site_id}; reserve {amounts.price(facts.reserve_tiyn_per_kwh)}; coin "
        f"{amounts.money(facts.tiyn_per_btc)}, {facts.price_words}; {facts.network_words}.",
        style="dim",
    )


def _bids(printer: _Printer, plan: BidPlan) -> None:
    printer.head("WHAT TO BID, AND WHAT TO EXPECT OF AN HOUR")
    heads = f"{'MWh':>8}{'₸/kWh':>8}{'wins':>8}{'lots':>6}{'power ₸':>12}{'BTC':>8}{'profit ₸':>11}"
    printer.line(f"  {'':<{_NAME}}{heads}", "dim")
    idle = _idle(plan)
    for same in alike(plan) if len(idle) < len(plan.curve) else ():
        spans = spans_of(on=plan.facts.on, indexes=[one.hour.index for one in same])
        printer.wrapped(f"{', '.join(spans)}: {_seen(same[0], plan)}", "  ", "cyan")
        for nth, step in enumerate(same[0].steps):
            if nth not in idle:
                printer.line(_step(step, same[0]), "dim" if step.why_not else "")
    for nth, why in idle.items():
        printer.wrapped(f"{plan.curve[nth].machine.name}: no bid in any hour. {SENTENCES[why]}", "  ", "dim")


def _idle(plan: BidPlan) -> dict[int, NoBid]:
    """Find the groups that bid in no hour, for one and the same reason: it is said once."""
    reasons = (({bid.steps[nth].why_not for bid in plan.hours}, nth) for nth in range(len(plan.curve)))
    return {nth: why for found, nth in reasons if len(found) == 1 for why in found if why is not None}


def _orders(printer: _Printer, plan: BidPlan) -> None:
    printer.head("AS STANDING ORDERS")
    lines = standing_lines(plan)
    for order in lines:
        printer.wrapped(
            f"up to {energy(order.power_kw)} an hour at up to {amounts.price(order.price_tiyn_per_kwh)}, "
            f"{', '.join(order.spans)} ({order.machine.name})",
            "  ",
        )
    if not lines:
        printer.line("  none: nothing is bid")


def _fee(printer: _Printer, plan: BidPlan) -> None:
    printer.head("THE FEE AND THE QUARTER’S AVERAGE PRICE")
    target = plan.target
    for text in target_lines(target, plan.tick_tiyn_per_kwh) if target else [SENTENCES[plan.fee_code]]:
        printer.wrapped(text, "  ")
    if target is not None and len(target.ways) > 1:
        for text in _cliff(target):
            printer.line(text)


def _seen(bid: HourBid, plan: BidPlan) -> str:
    record = bid.hour.record
    if not record.count:
        return "no prices known"
    few = " (few)" if record.count < plan.facts.least_observations else ""
    noun = "past hours" if plan.facts.kind == "history" else "scenarios"
    return f"{record.count} {noun}{few}, {record.open_count} not sold out"


def _name(name: str) -> str:
    return name if len(name) < _NAME else f"{name[: _NAME - 2].rstrip()}…"


def _curve(plan: BidPlan) -> Iterator[str]:
    highest = max((step.ceiling.price_tiyn_per_kwh or 0 for step in plan.curve), default=0)
    for step in plan.curve:
        ceiling = step.ceiling.price_tiyn_per_kwh
        span = f"{amounts.bare_mwh(step.from_kwh)} to {amounts.bare_mwh(step.until_kwh)} MWh"
        bar = "█" * half_up(_BAR * (ceiling or 0), highest) if highest else ""
        price = "none known" if ceiling is None and step.ceiling.unknown_above else amounts.bare_price(ceiling)
        if ceiling is not None and step.ceiling.unknown_above:
            price += "+"
        name, kind = _name(step.machine.name), efficiency(step.machine.efficiency_mj_per_th)
        yield f"  {name:<{_NAME}}{kind:>11} {span:>25}{price:>9} {bar}".rstrip()


def _step(step: StepBid, bid: HourBid) -> str:
    name, record = _name(step.machine.name), bid.hour.record
    if step.price_tiyn_per_kwh is None:
        return f"  {name:<{_NAME}}no bid: {SHORT[step.why_not] if step.why_not else ''}"
    price = amounts.bare_price(step.price_tiyn_per_kwh)
    chance = record.chance_ppm_at(step.price_tiyn_per_kwh)
    won = "?" if chance is None else amounts.share(chance).replace(amounts.THIN, "")
    sums = step.won if step.expected is None else step.expected
    return (
        f"  {name:<{_NAME}}{amounts.bare_mwh(step.machine.energy_kwh):>8}{price:>8}{won:>8}"
        f"{lots(sums):>6}{_tenge(sums.energy_tiyn):>12}{_btc(sums.coins_sat):>8}{_tenge(sums.profit_tiyn):>11}"
    )


def _tenge(tiyn: int) -> str:
    """Write money in whole tenge, without its sign."""
    return amounts.count(half_up(tiyn, 100))


def _btc(sat: int) -> str:
    return f"0.{half_up(sat, 10_000):04d}" if sat < 99_995_000 else amounts.coins_in_short(sat).split(amounts.THIN)[0]


def _day(plan: BidPlan) -> Iterator[str]:
    columns = [("if all is won", plan.won)] + ([("expected", plan.expected)] if plan.expected else [])
    yield f"  {'':<{_NAME}}" + "".join(f"{head:>25}" for head, _ in columns)
    rows: tuple[tuple[str, Callable[[Sums], str]], ...] = (
        ("energy", lambda one: energy(one.energy_kwh)),
        ("purchases", lots),
        ("power", lambda one: amounts.money(one.energy_tiyn)),
        ("its VAT", lambda one: amounts.money(one.vat_tiyn)),
        ("coins", lambda one: amounts.coins(one.coins_sat)),
        ("their value", lambda one: amounts.money(one.coin_value_tiyn)),
        ("profit after all", lambda one: amounts.money(one.profit_tiyn)),
    )
    for name, write in rows:
        yield f"  {name:<{_NAME}}" + "".join(f"{write(sums):>25}" for _, sums in columns)


def _cliff(target: FeeTarget) -> Iterator[str]:
    yield f"  {'average':>9}{'fee':>7}{'power and VAT ₸':>18}{'fee ₸':>15}{'all ₸':>15}  ₸/kWh"
    for way in target.ways:
        rate = "?" if way.rate_tiyn_per_kwh is None else amounts.bare_price(way.rate_tiyn_per_kwh)
        fee = "?" if way.fee_tiyn is None else _tenge(way.fee_tiyn)
        total = "?" if way.total_tiyn is None else _tenge(way.total_tiyn)
        each = (
            "?" if way.total_tiyn is None else amounts.bare_price(half_up(way.total_tiyn, target.quarter.energy_kwh))
        )
        mark = " best" if way is target.best else ""
        yield (
            f"  {amounts.bare_price(way.average_tiyn_per_kwh):>9}{rate:>7}{_tenge(way.power_tiyn):>18}"
            f"{fee:>15}{total:>15}{each:>7}{mark}"
        )
