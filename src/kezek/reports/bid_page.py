"""A bid plan as one page to read, print and send: a single HTML file that needs nothing else."""

from collections.abc import Iterator, Sequence
from functools import partial

from kezek.planning.fee_target import FeeTarget
from kezek.planning.plan import BidPlan, HourBid, StepBid
from kezek.planning.plan_orders import alike, spans_of, standing_lines
from kezek.reports import amounts
from kezek.reports.bid_charts import chance_spec, cliff_spec, hours_spec, records_of, together, worth_spec
from kezek.reports.bid_words import (
    CAVEAT,
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
from kezek.reports.drawing import svg
from kezek.reports.markup import Markup, details, facts, figure, key_figure, paragraph, section, tag, text
from kezek.reports.markup import table as plain_table
from kezek.reports.shell import page_header, whole_page

table = partial(plain_table, labelled=True)
WIDE_PX, NARROW_PX = 900, 300
_CONTENTS = {
    "worth": "What energy is worth",
    "bids": "What to bid",
    "chance": "Chance of winning",
    "hours": "Hour by hour",
    "orders": "Standing orders",
    "fee": "The fee",
    "notes": "To bear in mind",
}


def bid_page(plan: BidPlan) -> str:
    """Write the page of a plan.

    Guarantees: one file without script or outside resource; every value escaped; the same plan gives the same page.
    """
    body = tag("body", _header(plan), tag("main", *_sections(plan)), _footer(), class_="check bid")
    return whole_page(title=_title(plan), styles=("page.css", "check.css", "charts.css", "bid.css"), body=body)


def _title(plan: BidPlan) -> str:
    return f"Bids for {amounts.day(plan.facts.on)}, {ZONES[plan.facts.zone]}"


def _header(plan: BidPlan) -> Markup:
    about = f"{plan.facts.operator_id}, site {plan.facts.site_id}. {strategy_words(plan)}"
    return page_header(
        kind="Bid plan of a miner on the surplus market",
        title=_title(plan),
        lead=paragraph(about, "lead"),
        figures=_key_figures(plan),
        contents=dict(_contents(plan)),
    )


def _contents(plan: BidPlan) -> list[tuple[str, str]]:
    return [(key, words) for key, words in _CONTENTS.items() if key != "chance" or plan.facts.kind]


def _key_figures(plan: BidPlan) -> Iterator[Markup]:
    won, expected = plan.won, plan.expected
    sums = won if expected is None else expected
    what = "if all is won" if expected is None else f"expected; if all is won {amounts.million(won.profit_tiyn)}"
    figures = (
        ("Profit after all dues", amounts.million(sums.profit_tiyn), what),
        ("Energy", amounts.mwh(sums.energy_kwh), f"of {amounts.mwh(won.energy_kwh)} bid for"),
        ("Coins", amounts.coins_in_short(sums.coins_sat), f"worth {amounts.million(sums.coin_value_tiyn)}"),
        ("Prepayment", amounts.million(plan.prepay_tiyn), "at most, with VAT; platform charges come on top"),
    )
    for label, value, note in figures:
        yield key_figure(label=label, value=value, note=note, mark=Markup(""))


def _sections(plan: BidPlan) -> Iterator[Markup]:
    yield section(key="worth", title=_CONTENTS["worth"], parts=[_worth(plan)])
    yield section(key="bids", title=_CONTENTS["bids"], parts=[_bids(plan)])
    if records_of(plan):
        yield section(key="chance", title=_CONTENTS["chance"], parts=[_chance(plan)])
    yield section(key="hours", title=_CONTENTS["hours"], parts=[_hours(plan), _day(plan)])
    yield section(key="orders", title=_CONTENTS["orders"], parts=[_orders(plan)])
    yield section(key="fee", title="The fee and the quarter’s average price", parts=list(_fee(plan)))
    said = [tag("li", text(amounts.tight(one))) for one in (*notes(plan), *law_words(plan))]
    coin = f"{amounts.money(plan.facts.tiyn_per_btc)}, {plan.facts.price_words}"
    given = facts([("Coin", text(coin)), ("Network", text(amounts.tight(plan.facts.network_words)))])
    yield section(key="notes", title=_CONTENTS["notes"], parts=[tag("ul", *said, class_="lines"), given])


def _worth(plan: BidPlan) -> Markup:
    rows = [
        (
            step.machine.name,
            efficiency(step.machine.efficiency_mj_per_th),
            f"{amounts.bare_mwh(step.from_kwh)} to {amounts.bare_mwh(step.until_kwh)}",
            amounts.bare_price(step.ceiling.price_tiyn_per_kwh),
            "fee above not known" if step.ceiling.unknown_above else "",
        )
        for step in plan.curve
    ]
    heads = ("Machines", "Efficiency", "MWh of an hour", "Worth, ₸/kWh", "")
    return figure(
        title="What each further MWh is worth",
        reading="At this price of power a MWh leaves nothing, every due included; the most efficient machines first.",
        wide=svg(worth_spec(plan=plan, width_px=WIDE_PX)),
        narrow=svg(worth_spec(plan=plan, width_px=NARROW_PX)),
        numbers=table(heads=heads, rows=rows, caption="In the first hour of the plan.", numbers=(3,)),
        mark=Markup(""),
    )


def _bids(plan: BidPlan) -> Markup:
    rows = [
        (
            bid.hour.label,
            step.machine.name,
            amounts.bare_price(step.ceiling.price_tiyn_per_kwh),
            amounts.bare_price(step.price_tiyn_per_kwh),
            SENTENCES[step.why_not] if step.why_not else "",
        )
        for bid in plan.hours
        for step in bid.steps
    ]
    heads = ("Hour", "Machines", "Ceiling, ₸/kWh", "Bid, ₸/kWh", "Why not")
    return figure(
        title="Ceiling and bid",
        reading=strategy_words(plan),
        wide=svg(hours_spec(plan=plan, width_px=WIDE_PX)),
        narrow=svg(hours_spec(plan=plan, width_px=NARROW_PX)),
        numbers=table(heads=heads, rows=rows, caption="Every hour and group.", numbers=(2, 3)),
        mark=Markup(""),
    )


def _chance(plan: BidPlan) -> Markup:
    records = {**records_of(plan), "all hours": together(plan)}
    rows = [
        (
            name,
            amounts.count(record.count),
            amounts.count(record.open_count),
            amounts.bare_price(next(iter(record.marginal_tiyn_per_kwh), None)),
            amounts.bare_price(next(reversed(record.marginal_tiyn_per_kwh), None)),
        )
        for name, record in records.items()
    ]
    heads = ("Hours", "Observations", "Not sold out", "Lowest marginal, ₸/kWh", "Highest marginal, ₸/kWh")
    return figure(
        title="Chance of winning against the price",
        reading="Counted, not fitted: the share of observations that a price would have won.",
        wide=svg(chance_spec(plan=plan, width_px=WIDE_PX)),
        narrow=svg(chance_spec(plan=plan, width_px=NARROW_PX)),
        numbers=table(heads=heads, rows=rows, caption="What the counts are made of.", numbers=(1, 2, 3, 4)),
        mark=Markup(""),
    )


def _hours(plan: BidPlan) -> Markup:
    caption = "An hour of each: expected energy, purchases, power without VAT, coins and profit."
    if plan.expected is None:
        caption = "An hour of each as if it won; where no prices are known nothing is expected."
    on = plan.facts.on
    spans = [(", ".join(spans_of(on=on, indexes=[one.hour.index for one in same])), same[0]) for same in alike(plan)]
    parts = [_steps(spans, caption)]
    if len(spans) < len(plan.hours):
        each = [(bid.hour.label, bid) for bid in plan.hours]
        parts.append(details("Every hour by itself", _steps(each, "Every hour of the plan.")))
    return tag("div", *parts, class_="hours")


def _steps(hours: Sequence[tuple[str, HourBid]], caption: str) -> Markup:
    rows = [(name, *_step(bid, step)) for name, bid in hours for step in bid.steps]
    heads = (*("Hours", "Machines", "Bid, ₸/kWh", "Wins", "MWh", "Lots", "Power, ₸", "Coins, BTC", "Profit, ₸"),)
    return table(heads=heads, rows=rows, caption=caption, numbers=tuple(range(2, 9)))


def _step(bid: HourBid, step: StepBid) -> Sequence[str]:
    record = bid.hour.record
    sums = step.won if step.expected is None else step.expected
    if step.price_tiyn_per_kwh is None:
        why = f" ({SHORT[step.why_not]})" if step.why_not else ""
        return (f"{step.machine.name}{why}", "no bid", *["–"] * 6)
    return (
        step.machine.name,
        amounts.bare_price(step.price_tiyn_per_kwh),
        f"{amounts.count(step.wins)} of {amounts.count(record.count)}" if record.count else "–",
        amounts.bare_mwh(sums.energy_kwh),
        lots(sums),
        _tenge(sums.energy_tiyn),
        amounts.coins(sums.coins_sat).removesuffix(f"{amounts.THIN}BTC"),
        _tenge(sums.profit_tiyn),
    )


def _tenge(tiyn: int) -> str:
    return amounts.money(tiyn).removesuffix(f"{amounts.THIN}₸")


def _day(plan: BidPlan) -> Markup:
    won, expected = plan.won, plan.expected
    columns = [("If all is won", won)] + ([("Expected", expected)] if expected else [])
    rows = [
        ("Energy", *(energy(one.energy_kwh) for _, one in columns)),
        ("Purchases", *(lots(one) for _, one in columns)),
        ("Power without VAT", *(amounts.money(one.energy_tiyn) for _, one in columns)),
        ("Its VAT", *(amounts.money(one.vat_tiyn) for _, one in columns)),
        ("Coins, after the pool’s fee", *(amounts.coins(one.coins_sat) for _, one in columns)),
        ("Their value", *(amounts.money(one.coin_value_tiyn) for _, one in columns)),
        ("Profit after all dues", *(amounts.money(one.profit_tiyn) for _, one in columns)),
    ]
    heads = ("", *(head for head, _ in columns))
    return table(heads=heads, rows=rows, caption="The day.", numbers=(1, 2))


def _orders(plan: BidPlan) -> Markup:
    lines = standing_lines(plan)
    if not lines:
        return paragraph("None: nothing is bid.")
    rows = [
        (
            line.machine.name,
            f"{energy(line.power_kw)} an hour",
            amounts.price(line.price_tiyn_per_kwh),
            ", ".join(line.spans),
        )
        for line in lines
    ]
    return table(heads=("Machines", "Up to", "At up to", "Hours"), rows=rows, caption="The plan, said once.")


def _fee(plan: BidPlan) -> Iterator[Markup]:
    target = plan.target
    said = list(target_lines(target, plan.tick_tiyn_per_kwh)) if target else [SENTENCES[plan.fee_code]]
    caveat = CAVEAT in said
    yield tag("ul", *(tag("li", text(one)) for one in said if one != CAVEAT), class_="lines")
    if caveat:
        yield tag("div", paragraph(CAVEAT), class_="notice", role="note")
    if len(plan.bands) > 1:
        yield figure(
            title="The cliff of the fee",
            reading=(
                "What a kWh costs in all, against the average price of the quarter; the solid line stops where the "
                "fee is not known."
            ),
            wide=svg(cliff_spec(plan=plan, target=target, width_px=WIDE_PX)),
            narrow=svg(cliff_spec(plan=plan, target=target, width_px=NARROW_PX)),
            numbers=_ways(target) if target else _bands(plan),
            mark=Markup(""),
        )


def _ways(target: FeeTarget) -> Markup:
    rows = [
        (
            f"{amounts.bare_price(way.average_tiyn_per_kwh)}{' (best)' if way is target.best else ''}",
            "not known" if way.rate_tiyn_per_kwh is None else amounts.bare_price(way.rate_tiyn_per_kwh),
            _tenge(way.energy_tiyn),
            _tenge(way.vat_tiyn),
            "–" if way.fee_tiyn is None else _tenge(way.fee_tiyn),
            "–" if way.total_tiyn is None else _tenge(way.total_tiyn),
        )
        for way in target.ways
    ]
    heads = ("Average, ₸/kWh", "Fee, ₸/kWh", "Power, ₸", "VAT, ₸", "Fee, ₸", "In all, ₸")
    return table(heads=heads, rows=rows, caption="The quarter, each way.", numbers=(1, 2, 3, 4, 5))


def _bands(plan: BidPlan) -> Markup:
    rows = [
        (
            amounts.bare_price(band.from_tiyn_per_kwh),
            "–" if band.until_tiyn_per_kwh is None else amounts.bare_price(band.until_tiyn_per_kwh),
            "not known" if band.rate_tiyn_per_kwh is None else amounts.bare_price(band.rate_tiyn_per_kwh),
        )
        for band in plan.bands
    ]
    heads = ("From, ₸/kWh", "to under", "Fee, ₸/kWh")
    return table(heads=heads, rows=rows, caption="The fee by average price.", numbers=(1, 2))


def _footer() -> Markup:
    line = "Written by Kezek from the operator’s own plan. Arithmetic, no advice. Open source, Apache-2.0."
    return tag("footer", paragraph(line))
