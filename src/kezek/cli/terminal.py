"""The day on a terminal: a table per zone and hour, and the summary."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kezek.reports.words import sentence
from kezek.units.quantity import Coins, Energy, EnergyPrice, Money, Power, Share
from kezek.units.rounding import half_up

_COLUMNS = (
    ("hour", 5),
    ("offered", 7),
    ("asked", 6),
    ("bought", 6),
    ("bids", 4),
    ("low", 5),
    ("mean", 5),
    ("high", 5),
    ("", 11),
)
"""Columns of the hourly table with their least width: 80 characters hold them all."""


def _mwh(kwh: int) -> str:
    """Whole MWh where it is whole, else one decimal, rounded half up."""
    tenths = half_up(kwh, 100)
    whole = f"{tenths // 10:,}".replace(",", " ")
    return whole if kwh % 1_000 == 0 else f"{whole}.{tenths % 10}"


def _price(tiyn: int | None) -> str:
    return "–" if tiyn is None else f"{tiyn // 100}.{tiyn % 100:02d}"


def _whole_mwh(kwh: int) -> str:
    return Energy(1_000 * kwh).in_unit("MWh", 0)


def _whole_gwh(mwh: int) -> str:
    return Energy(10**6 * mwh).in_unit("GWh", 0)


def _whole_mw(watts: int) -> str:
    return Power(watts).in_unit("MW", 0)


def _count(number: int) -> str:
    return f"{number:,}".replace(",", " ")


def _trillions(difficulty: str) -> str:
    hundredths = half_up(int(difficulty.partition(".")[0]), 10**10)
    return f"{hundredths // 100}.{hundredths % 100:02d} T"


def _share(ppm: int) -> str:
    return Share(ppm).in_unit("%", 1)


def show_day(*, console: Console, summary: Mapping[str, Any], hours: pl.DataFrame, folder: Path) -> None:
    """Print the day: both zones by hour, then what it came to."""
    for zone in hours["zone"].unique(maintain_order=True).to_list():
        console.print(_zone_table(zone, hours.filter(pl.col("zone") == zone)))
    console.print(_summary_panel(summary))
    console.print(_breaches(summary))
    for one in summary["duties"]["undetermined"]:
        missing = f" {one['missing']}" if one["missing"] else ""
        count = f"{sentence(one['duty'])}, {one['period']}: {one['findings']} undetermined."
        line = f"{count} {sentence(one['reason'])}{missing}"
        console.print(line, markup=False)
    stated, page = summary["assumptions"], escape(str(folder / "report.html"))
    console.print(
        f"[bold]{page}[/] shows it all with charts; its {len(stated)} assumptions "
        f"({sum(one['synthetic'] for one in stated)} synthetic) are listed there and in summary.json.",
        soft_wrap=True,
    )
    console.print(f"Check it: [cyan]{escape(_own_name())} replay {escape(str(folder))}[/]", soft_wrap=True)


def _own_name() -> str:
    """How this program is called from here: by name where that finds it, else by the path it was called with."""
    called = Path(sys.argv[0])
    if called.name != "kezek" or shutil.which("kezek") == str(called.resolve()):
        return "kezek"
    here = Path.cwd()
    return str(called.relative_to(here)) if called.is_relative_to(here) else str(called)


def _zone_table(zone: str, rows: pl.DataFrame) -> Table:
    table = Table(
        title=f"{sentence(zone)}: MWh by hour; ₸/kWh paid, without VAT",
        title_style="bold",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for name, width in _COLUMNS:
        table.add_column(name, justify="left" if name in ("hour", "") else "right", no_wrap=True, min_width=width)
    for row in rows.iter_rows(named=True):
        table.add_row(*_hour_cells(row), style="dim" if row["offered_kwh"] == 0 else "")
    return table


def _hour_cells(row: Mapping[str, Any]) -> list[str]:
    hour = row["hour"].replace("(second)", "2nd")
    if row["offered_kwh"] == 0:
        return [hour, "0", "–", "–", "–", "–", "–", "–", "no surplus"]
    note = ""
    if row["revised_offer_kwh"] is not None:
        note = f"cut to {_mwh(row['bought_after_curtailment_kwh'])}"
    elif row["bought_kwh"] == row["offered_kwh"]:
        note = "sold out"
    return [
        hour,
        _mwh(row["offered_kwh"]),
        _mwh(row["asked_kwh"]),
        _mwh(row["bought_kwh"]),
        str(row["bid_count"]),
        _price(row["lowest_tiyn_per_kwh"]),
        _price(row["average_tiyn_per_kwh"]),
        _price(row["highest_tiyn_per_kwh"]),
        note,
    ]


def _summary_panel(summary: Mapping[str, Any]) -> Panel:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, text in summary_lines(summary):
        grid.add_row(name, text)
    title = f"National day {summary['date']}, profile {summary['profile']}, seed {summary['seed']}"
    return Panel(grid, title=title, subtitle="fleet, bids, meters and books are synthetic", box=box.ROUNDED)


def summary_lines(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Say what the day came to, a name and a sentence a line."""
    market, network, fleet = summary["market"], summary["network"], summary["fleet"]
    money, output, evidence = summary["money"], summary["output"], summary["evidence"]
    refused = sum(market["refusals"].values())
    return [
        (
            "Surplus",
            f"{_whole_mwh(market['offered_kwh'])} offered, {_whole_mwh(market['bought_kwh'])} bought: "
            f"take-up {_share(market['take_up_ppm'])}; over the month {_share(market['month_take_up_ppm'])} of "
            f"{_whole_gwh(market['month_offered_mwh'])} (the real market: {_share(market['target_take_up_ppm'])} of "
            f"{_whole_gwh(market['target_offered_mwh'])})",
        ),
        (
            "Auction",
            f"{market['orders']} orders, {refused} refused; {market['purchases']} purchases, the largest "
            f"{Energy(1_000 * market['largest_purchase_kwh'])}; reserve "
            f"{EnergyPrice(market['reserve_tiyn_per_kwh'])}{_mark(summary, 'reserve_price')}; "
            f"rules {', '.join(market['rules'])}",
        ),
        *([("Curtailment", _curtailment(one)) for one in summary["curtailment"]] or [_NO_CURTAILMENT]),
        (
            "Money",
            f"{Money(money['energy_sales_tiyn'])} energy + {Money(money['vat_tiyn'])} VAT from "
            f"{Money(money['prepaid_tiyn'])} prepaid; all accounts add up to {money['sum_of_all_accounts_tiyn']}",
        ),
        (
            "Fleet",
            f"{fleet['operators']} operators, {_count(fleet['machines_registered'])} machines registered "
            f"({_whole_mw(fleet['registered_power_w'])}), {_count(fleet['machines_active'])} running "
            f"({_whole_mw(fleet['active_power_w'])})",
        ),
        (
            "Coins",
            f"{Coins(output['credited_sat'])} mined from {_whole_mwh(output['metered_wh'] // 1_000)} metered; "
            f"{Coins(output['paid_sat'])} paid out by the pools, worth {Money(output['coin_value_tiyn'])}; "
            f"difficulty {_trillions(network['difficulty'])}; transaction fees {network['transaction_fees']}",
        ),
        (
            "Evidence",
            f"{evidence['entries']} log entries, {evidence['receipts']} receipts, root {evidence['root'][:24]}…",
        ),
    ]


_NO_CURTAILMENT = ("Curtailment", "none: nothing was sold in the evening peak")


def _mark(summary: Mapping[str, Any], key: str) -> str:
    """Mark a figure whose assumption is made up."""
    made_up = any(one["key"] == key and one["synthetic"] for one in summary["assumptions"])
    return " (synthetic)" if made_up else ""


def _curtailment(one: Mapping[str, Any]) -> str:
    return (
        f"{one['product_id']}: {Energy(1_000 * one['sold_before_kwh'])} sold, cut to "
        f"{Energy(1_000 * one['sold_after_kwh'])}; {one['purchases_cancelled']} purchases cancelled, "
        f"{one['purchases_reduced']} reduced, {one['awards_raised'] or 'no'} award rose"
    )


def _breaches(summary: Mapping[str, Any]) -> Table | Text:
    duties = summary["duties"]
    states, opened = duties["operators_by_status"], duties["operators_by_status_open_quarter"]
    title = (
        f"Closed quarters: {states['breached']} of {summary['fleet']['operators']} operators breach a duty, "
        f"{states['at_risk']} have one due within 14 days, {states['undetermined']} are undetermined. "
        f"Open quarter: {opened['at_risk']} at risk. "
        f"{duties['findings_that_depend_on_a_reading']} findings depend on a reading of the law"
    )
    if not duties["breached"]:
        return Text(title)
    table = Table(title=title, title_style="bold", title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("operator", "quarter", "what"):
        table.add_column(name, no_wrap=name in ("operator", "quarter"))
    for one in duties["breached"]:
        table.add_row(one["operator_id"], one["period"], sentence(one["reason"]))
    return table
