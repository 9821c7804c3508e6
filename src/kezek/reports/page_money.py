"""The page's sections on money and the fleet."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from kezek.reports import amounts, charts_books
from kezek.reports.drawing import svg
from kezek.reports.markup import PUBLISHED, SYNTHETIC, Markup, facts, figure, paragraph, section, table, tag, text
from kezek.reports.page_market import FULL, NARROW, Summary, Tables
from kezek.reports.words import ROUTES, SUBTYPES, sentence
from kezek.units.rounding import half_up

SHEET, SLIP = 1040, 335
"""Widths of a chart whose labels stand inside it, on a wide sheet and on a telephone. [px]"""


def _settlement(money: Mapping[str, Any]) -> Markup:
    rows = [
        ("Prepaid by bidders", amounts.money(money["prepaid_tiyn"]), "Received before the session"),
        ("Energy sold", amounts.money(money["energy_sales_tiyn"]), "At the prices paid, after refunds"),
        ("VAT on it", amounts.money(money["vat_tiyn"]), "Rounded once a purchase"),
        ("Left with operators", amounts.money(money["left_with_operators_tiyn"]), "Theirs, for the next session"),
        ("Sum of all accounts", amounts.money(money["sum_of_all_accounts_tiyn"]), "Zero: debits equal credits"),
    ]
    caption = f"Settlement in double entry: {amounts.noun(money['transfers'], 'transfer', 'transfers')}."
    return table(heads=("Account", "Amount", "What it is"), rows=rows, caption=caption, numbers=(1,))


def _money_figure(output: Mapping[str, Any]) -> Markup:
    lines = output["where_the_money_goes"]
    value = sum(line["amount_tiyn"] for line in lines)
    left = sum(line["amount_tiyn"] for line in lines if line["line"] == "left_to_operators")
    rows = [
        (
            sentence(line["line"]),
            amounts.money(line["amount_tiyn"]),
            amounts.part(line["amount_tiyn"], value),
        )
        for line in lines
    ]
    total = ("Value of the coins", amounts.money(value), amounts.part(value, value))
    heads = ("Line", "Amount", "Share of the value")
    tabled = table(heads=heads, rows=[*rows, total], caption="The lines add up to the value.", numbers=(1, 2))
    reading = (
        f"Coins worth {amounts.million(value)} were mined on bought energy; {amounts.million(left)} "
        f"({amounts.part(left, value)}) are left after power, dues and costs. Grid buyers and their tenants only."
    )
    wide, narrow = (svg(charts_books.money_spec(lines=lines, width_px=width)) for width in (SHEET, SLIP))
    title = "From the value of the day's coins to what is left, million ₸"
    return figure(title=title, reading=reading, wide=wide, narrow=narrow, numbers=tabled, mark=SYNTHETIC)


def money_section(*, summary: Summary) -> Markup:
    """Show who paid whom on the platform, and where the value of the coins goes."""
    money, output = summary["money"], summary["output"]
    lead = (
        f"Bidders prepaid {amounts.million(money['prepaid_tiyn'])}. After the auction and curtailment "
        f"{amounts.million(money['energy_sales_tiyn'])} went to energy and "
        f"{amounts.million(money['vat_tiyn'])} to VAT; "
        f"{amounts.million(money['left_with_operators_tiyn'])} stayed with the operators."
    )
    parts = [paragraph(lead), _settlement(money)]
    if any(line["amount_tiyn"] for line in output["where_the_money_goes"]):
        parts.append(_money_figure(output))
    else:
        parts.append(paragraph("No coins were mined on bought energy, so there is no value to split."))
    return section(key="money", title="Money", parts=parts)


def coins_section(*, summary: Summary) -> Markup:
    """Show what the network was on that day and what the machines got out of it."""
    network, output = summary["network"], summary["output"]
    blocks = network["expected_blocks_milli"]
    per_block = amounts.coins(network["subsidy_sat"])
    lead = (
        f"{amounts.mwh(output['metered_wh'] // 1_000)} on the meters made {amounts.coins(output['credited_sat'])}, "
        f"{amounts.share(output['share_of_network_ppm'], 2)} of what the whole network was due; the pools kept "
        f"{amounts.coins(output['pool_fee_sat'])}. Transaction fees {network['transaction_fees']}."
    )
    pairs = [
        ("Difficulty", thousands(network["difficulty"])),
        ("Height at the start of the day", amounts.count(network["height_at_start"])),
        ("Subsidy of a block", per_block),
        (
            "Blocks expected",
            f"{half_up(blocks, 100) // 10}.{half_up(blocks, 100) % 10} at the pace between two retargets",
        ),
        (f"Price, {network['price_month']}", f"{amounts.money(network['tiyn_per_btc'])} per BTC"),
    ]
    parts = [paragraph(lead), facts((name, text(value)) for name, value in pairs)]
    return section(key="coins", title="Coins", parts=parts)


def thousands(number: str) -> str:
    """Group the digits before the point of a decimal number.

    >>> thousands("150839487.50")
    '150\u202f839\u202f487.50'
    """
    whole, _, part = number.partition(".")
    return f"{amounts.count(int(whole))}.{part}"


def _fleet_figure(operators: pl.DataFrame) -> Markup:
    rows = [
        (amounts.count(row["rank"]), amounts.count(row["registered"]), amounts.count(row["active"]))
        for row in charts_books.fleet_rows(operators=operators)
    ]
    ranked = operators.sort("machines_registered", descending=True)["machines_registered"]
    total, ten = int(ranked.sum()), int(ranked.head(10).sum())
    reading = (
        f"The ten largest of {amounts.noun(operators.height, 'operator', 'operators')} hold "
        f"{amounts.part(ten, total, 0)} of the registered machines."
    )
    heads = ("Rank", "Registered", "Active")
    tabled = table(heads=heads, rows=rows, caption="Machines by rank of operator.", numbers=(0, 1, 2))
    wide, narrow = (svg(charts_books.fleet_spec(operators=operators, width_px=width)) for width in (FULL, NARROW))
    title = "A few large operators and a long tail"
    return figure(title=title, reading=reading, wide=wide, narrow=narrow, numbers=tabled, mark=SYNTHETIC)


def _by_kind(operators: pl.DataFrame, column: str, words: Mapping[str, str], head: str) -> Markup:
    added = operators.group_by(column).agg(
        pl.len(), *(pl.col(key).sum() for key in ("machines_registered", "machines_active", "active_power_w"))
    )
    found = {row[0]: row[1:] for row in added.rows()}
    rows = [
        (words[code], *map(amounts.count, found[code][:3]), amounts.megawatts(found[code][3]))
        for code in words
        if code in found
    ]
    heads = (head, "Operators", "Machines registered", "Machines active", "Active power")
    return table(heads=heads, rows=rows, caption=f"The fleet by {head.lower()}.", numbers=(1, 2, 3, 4))


def _counts_note(summary: Summary) -> Markup:
    """Say whether the counts of operators and machines are published figures or made up."""
    synthetic = {one["key"]: one["synthetic"] for one in summary["assumptions"]}
    made_up = synthetic.get("operators", True) or synthetic.get("machines", True)
    mark = SYNTHETIC if made_up else PUBLISHED
    counts, rest = text("The counts of operators and machines are "), text("; all else about them is ")
    return tag("p", counts, mark, rest, SYNTHETIC, text("."), class_="note")


def fleet_section(*, summary: Summary, tables: Tables) -> Markup:
    """Show the licensed fleet: what is registered and the little of it that runs."""
    fleet, operators = summary["fleet"], tables["operators"]
    why = {one["key"]: one["why"] for one in summary["assumptions"]}
    lead = (
        f"{amounts.noun(fleet['machines_registered'], 'machine', 'machines')} are registered, which would draw "
        f"{amounts.megawatts(fleet['registered_power_w'])}. "
        f"{amounts.noun(fleet['machines_active'], 'machine', 'machines')} are active and draw "
        f"{amounts.megawatts(fleet['active_power_w'])} when they have power. "
        "Registered is not running: the surplus that is offered and bought could never carry the whole register."
    )
    parts = [paragraph(lead)]
    if "active_share_grid" in why:
        parts.append(paragraph(f"How the active share was set: {why['active_share_grid']}.", "note"))
    parts.append(_counts_note(summary))
    parts.append(_fleet_figure(operators))
    by_route = _by_kind(operators, "route", ROUTES, "Source of power")
    parts += [by_route, _by_kind(operators, "subtype", SUBTYPES, "Licence")]
    return section(key="fleet", title="The fleet", parts=parts)
