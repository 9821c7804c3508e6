"""The plan file: strict TOML with a unit in every amount; prices of past hours inline or in a CSV beside it."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from kezek.facts.figures import asic_models, difficulty_epochs, tiyn_per_usd, usd_cents_per_btc
from kezek.mining.network import Segment, network_day
from kezek.mining.output import energy_for_wh
from kezek.mining.value import coin_price
from kezek.planning.bidding import Strategy, Wish
from kezek.planning.breakeven import SiteCosts
from kezek.planning.fee_target import QuarterEnergy
from kezek.planning.plan_facts import MachineLot, PlanFacts, PlanHour
from kezek.planning.price_file import hour_places, read_records
from kezek.planning.win_chance import LEAST_OBSERVATIONS, PriceRecord
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.units.calendar import Hour, hours_of
from kezek.units.problem import InputProblem, nearest
from kezek.units.quantity import Coins, Energy, EnergyPrice, HashRate, Money, Power, Quantity, Share
from kezek.units.rounding import PPM, half_up

Beside = Callable[[str], str]
"""Gives the text of a file that lies beside the plan, by its name."""

PUBLISHED = "published"
"""Stands for the shipped figure of the day or its month, where a plan names none of its own."""
_SECTIONS = ("plan", "coin", "costs", "machines", "prices", "quarter")
_PLAN = (
    "operator",
    "site",
    "owner",
    "zone",
    "route",
    "date",
    "hours",
    "strategy",
    "margin",
    "target",
    "reserve_price",
    "site_power",
    "least_observations",
)
_COSTS = ("transmission", "regional_grid", "labour", "hosting", "overhead", "pool_fee", "sale_spread")
_MACHINES = ("name", "model", "count", "hashrate", "power", "efficiency", "total_power")
_SHAPES = (("model", "count"), ("hashrate", "power", "count"), ("efficiency", "total_power"))
"""The three ways to describe a group of machines."""
_QUARTER = ("bought", "cost", "planned", "lowest_price")
_MOST: dict[type[Quantity], int] = {
    Share: PPM,
    EnergyPrice: 10**6,
    Energy: 10**14,
    Power: 25 * 10**9,
    Money: 10**17,
    HashRate: 10**12,
    Coins: 50 * 10**8,
}
"""Largest amount of each kind; beyond it a number or a unit is wrong."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DOLLARS = re.compile(r"(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,12})(?:\.(\d{1,2}))? ?(?:USD|\$)")
_EFFICIENCY = re.compile(r"(\d{1,4})(?:\.(\d{1,3}))? ?J/TH")
_MOST_ID_CHARS = 37
"""Of the 64 characters of an order's id, 27 are its product's and the strokes between."""
_MOST_COUNT = 5_000_000
_MOST_DIFFICULTY = 10**18
_DIFFICULTY_ONE_TARGET = 0xFFFF << 208


def read_plan(*, text: str, name: str, beside: Beside) -> PlanFacts:
    """Read a plan file.

    Args:
        text: The file.
        name: Its name, for people.
        beside: Gives the text of a CSV that the plan names.

    Raises:
        InputProblem: planning.plan.*, planning.prices.*, naming file, key and way out; mining.network.date_outside
            and mining.value.month_outside where a shipped figure is asked for and there is none.
    Guarantees: nothing is defaulted but what the manual says, and every amount came with its unit.
    """
    tables = _toml(text, name)
    root = _Table("", tables, name, _SECTIONS)
    plan, coin = root.table("plan", _PLAN), root.table("coin", ("price", "dollar_rate", "difficulty", "subsidy"))
    on = _day(plan)
    hours = _hours(plan, on)
    wish = _wish(plan)
    records, kind = _records(root, wish, hours, on, beside)
    network, network_words = _network(coin, on)
    tiyn_per_btc, price_words = _coin_price(coin, on)
    costs = _costs(root.table("costs", _COSTS))
    operator_id, site_id, owner_id = _ids(plan)
    return PlanFacts(
        operator_id=operator_id,
        site_id=site_id,
        owner_id=owner_id,
        zone=Zone(plan.choice("zone", [one.value for one in Zone])),
        on=on,
        route=Route(plan.choice("route", [one.value for one in Route])),
        wish=wish,
        reserve_tiyn_per_kwh=plan.amount("reserve_price", EnergyPrice),
        site_power_w=plan.amount("site_power", Power, least=1_000) if "site_power" in plan.values else None,
        costs=costs,
        tiyn_per_btc=tiyn_per_btc,
        price_words=price_words,
        network_words=network_words,
        kind=kind,
        least_observations=plan.whole("least_observations", 1, 10_000)
        if "least_observations" in plan.values
        else LEAST_OBSERVATIONS,
        hours=tuple(
            PlanHour(hour.index, hour.label, network[hour.index], records.get(hour.index, PriceRecord()))
            for hour in hours
        ),
        machines=_machines(root, costs.overhead_ppm),
        quarter=_quarter(root.table("quarter", _QUARTER)) if "quarter" in tables else None,
    )


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        way_out = "Correct the line; `kezek bid --template` prints a right file."
        raise InputProblem("planning.plan.toml", f"is not TOML: {error}.", name, way_out) from None


@dataclass(frozen=True, slots=True)
class _Table:
    """One table of the file, with its header and what may stand in it."""

    header: str
    values: Mapping[str, Any]
    name: str
    known: Sequence[str]

    def __post_init__(self) -> None:
        for key in self.values:
            if key not in self.known:
                what = f"{self.header}{' ' if self.header else ''}{key!r} means nothing here."
                raise self.problem("unknown_key", what, nearest(key, list(self.known)))

    def problem(self, reason: str, what: str, way_out: str) -> InputProblem:
        return InputProblem(f"planning.plan.{reason}", what, self.name, way_out)

    def about(self, key: str) -> str:
        return f"{self.header} {key}".strip()

    def need(self, key: str, example: str) -> Any:  # noqa: ANN401 - any TOML
        if key not in self.values:
            raise self.problem("missing", f"{self.about(key)} is missing.", f"Add {key} = {example}.")
        return self.values[key]

    def table(self, key: str, known: Sequence[str]) -> "_Table":
        raw = self.need(key, "… as a table") if key in self.values else None
        if raw is None:
            raise self.problem("missing", f"[{key}] is missing.", f"Add [{key}] with {', '.join(known[:4])}.")
        if not isinstance(raw, dict):
            raise self.problem("type", f"{key} is {raw!r}, not a table.", f"Write [{key}] and its keys under it.")
        return _Table(f"[{key}]", raw, self.name, known)

    def text(self, key: str, example: str) -> str:
        raw = self.need(key, example)
        if not isinstance(raw, str):
            raise self.problem(
                "type", f"{self.about(key)} is {_shown(raw)}, not a text.", f"Write {key} = {example}."
            )
        return raw

    def name_of(self, key: str) -> str:
        raw = self.text(key, f'"{key}-1"')
        if not _ID.fullmatch(raw):
            way_out = "Use letters, digits, dot, hyphen and underscore, at most 64, a letter or digit first."
            raise self.problem("id", f"{self.about(key)} {raw!r} is no id.", way_out)
        return raw

    def choice(self, key: str, known: list[str]) -> str:
        raw = self.text(key, f'"{known[0]}"')
        if raw not in known:
            raise self.problem("choice", f"{self.about(key)} {raw!r} is not known.", nearest(raw, known))
        return raw

    def whole(self, key: str, least: int, most: int) -> int:
        raw = self.need(key, str(least))
        if type(raw) is not int:
            raise self.problem(
                "type", f"{self.about(key)} is {_shown(raw)}.", "Write a whole number, without quotes."
            )
        if not least <= raw <= most:
            raise self.problem("range", f"{self.about(key)} is {raw}.", f"It runs from {least} to {most}.")
        return raw

    def amount(self, key: str, kind: type[Quantity], least: int = 0) -> int:
        raw = self.need(key, kind.example)
        if not isinstance(raw, str):
            what = f"{self.about(key)} is {_shown(raw)}, without a unit."
            raise self.problem("type", what, f"Write it as text with its unit, as {kind.example}.")
        try:
            amount = kind.parse(raw).amount
        except InputProblem as problem:
            raise self.problem("value", f"{self.about(key)}: {problem.what}", problem.way_out) from None
        if not least <= amount <= _MOST[kind]:
            span = f"It runs from {kind(least)} to {kind(_MOST[kind])}."
            raise self.problem("range", f"{self.about(key)} {raw!r} is out of range.", span)
        return amount


def _shown(raw: object) -> str:
    return f"the number {raw}" if isinstance(raw, int | Decimal) and not isinstance(raw, bool) else repr(raw)


def _ids(plan: _Table) -> tuple[str, str, str]:
    """Read who bids, for which site, and for whose machines; ids of orders are made of the last two."""
    operator_id, site_id = plan.name_of("operator"), plan.name_of("site")
    owner_id = plan.name_of("owner") if "owner" in plan.values else operator_id
    if len(owner_id) + len(site_id) > _MOST_ID_CHARS:
        what = f"[plan] {owner_id!r} and {site_id!r} are too long for the ids of orders."
        raise plan.problem("id", what, f"Together they have at most {_MOST_ID_CHARS} characters.")
    return operator_id, site_id, owner_id


def _day(plan: _Table) -> date:
    raw = plan.need("date", "2025-10-15")
    if type(raw) is not date:
        what = f"[plan] date is {_shown(raw)}, not a day."
        raise plan.problem("type", what, "Write date = 2025-10-15, without quotes.")
    if not 2009 <= raw.year <= 2100:
        raise plan.problem("range", f"[plan] date {raw} lies outside 2009 to 2100.", "Look for a slip in the year.")
    return raw


def _hours(plan: _Table, on: date) -> tuple[Hour, ...]:
    """Read the hours to bid for: all, or a list of their places in the day."""
    raw, every = plan.need("hours", '"all"'), hours_of(on)
    if raw == "all":
        return every
    if not isinstance(raw, list):
        way_out = 'Write hours = "all", or a list as [0, 1, 22, 23].'
        raise plan.problem("type", f"[plan] hours is {_shown(raw)}.", way_out)
    chosen = hour_places(raw, on, lambda reason, what, way_out: plan.problem(reason, f"[plan] {what}", way_out))
    return tuple(every[index] for index in sorted(chosen))


def _wish(plan: _Table) -> Wish:
    strategy = Strategy(plan.choice("strategy", [one.value for one in Strategy]))
    for key, of in (("margin", Strategy.MARGIN), ("target", Strategy.TARGET)):
        if key in plan.values and strategy is not of:
            what = f"[plan] {key} has no effect under the strategy {strategy.value!r}."
            raise plan.problem("idle", what, f'Leave it out, or write strategy = "{of.value}".')
    margin = plan.amount("margin", EnergyPrice) if strategy is Strategy.MARGIN else 0
    target = plan.amount("target", Share, least=1) if strategy is Strategy.TARGET else PPM
    return Wish(strategy, margin, target)


def _records(
    root: _Table, wish: Wish, hours: Sequence[Hour], on: date, beside: Beside
) -> tuple[dict[int, PriceRecord], str]:
    counts = wish.strategy in (Strategy.BEST, Strategy.TARGET)
    if "prices" not in root.values:
        if counts:
            what = f"[prices] is missing, and the strategy {wish.strategy.value!r} counts in it."
            raise root.problem("missing", what, 'Add [prices] with kind and csv, or choose strategy = "truthful".')
        return {}, ""
    prices = root.table("prices", ("kind", "csv", "hours"))
    kind = prices.choice("kind", ["history", "forecast"])
    records = read_records(values=prices.values, name=root.name, on=on, beside=beside)
    bare = [hour.label for hour in hours if hour.index not in records]
    if bare and counts:
        what = f"[prices] has nothing on {', '.join(bare[:6])}{' and more' if len(bare) > 6 else ''}."
        way_out = "Add prices of these hours, or leave the hours out of [plan] hours."
        raise InputProblem("planning.prices.hour_missing", what, root.name, way_out)
    return records, kind


def _network(coin: _Table, on: date) -> tuple[tuple[tuple[Segment, ...], ...], str]:
    """Give target and subsidy of every hour, and where they come from."""
    raw = coin.need("difficulty", '"published"')
    if raw == PUBLISHED:
        if "subsidy" in coin.values:
            raise coin.problem("idle", "[coin] subsidy has no effect with the published network.", "Leave it out.")
        try:
            day = network_day(on=on, epochs=difficulty_epochs())
        except InputProblem as problem:
            way_out = f"{problem.way_out} Or give difficulty as a number, and subsidy."
            raise InputProblem(problem.code, problem.what, f"{coin.name}: [coin] difficulty", way_out) from None
        return day.hours, f"difficulty {day.difficulty:,}".replace(",", " ") + f", as published for {on}"
    difficulty = coin.whole("difficulty", 1, _MOST_DIFFICULTY)
    segment = Segment(3_600, _DIFFICULTY_ONE_TARGET // difficulty, coin.amount("subsidy", Coins, least=1))
    words = f"difficulty {difficulty:,}".replace(",", " ") + ", as the plan gives it"
    return tuple((segment,) for _ in hours_of(on)), words


def _coin_price(coin: _Table, on: date) -> tuple[int, str]:
    raw = coin.text("price", '"published"')
    if raw == PUBLISHED:
        if "dollar_rate" in coin.values:
            raise coin.problem("idle", "[coin] dollar_rate has no effect with the published price.", "Leave it out.")
        try:
            found = coin_price(on=on, usd_cents=usd_cents_per_btc(), tiyn_per_usd=tiyn_per_usd())
        except InputProblem as problem:
            way_out = f"{problem.way_out} Or give the price itself."
            raise InputProblem(problem.code, problem.what, f"{coin.name}: [coin] price", way_out) from None
        return found.tiyn_per_btc, f"as published for {found.month}"
    dollars = _DOLLARS.fullmatch(raw)
    if dollars is None:
        if "dollar_rate" in coin.values:
            raise coin.problem("idle", "[coin] dollar_rate has no effect on a price in tenge.", "Leave it out.")
        return coin.amount("price", Money, least=1), "as the plan gives it"
    cents = 100 * int(re.sub(r"\D", "", dollars[1])) + int((dollars[2] or "").ljust(2, "0"))
    rate = coin.amount("dollar_rate", Money, least=1)
    tiyn_per_btc = half_up(cents * rate, 100)
    if not tiyn_per_btc:
        raise coin.problem("range", f"[coin] price {raw!r} is nothing.", "Give what a coin is worth.")
    return tiyn_per_btc, f"{raw} at {Money(rate)} a dollar, as the plan gives them"


def _costs(costs: _Table) -> SiteCosts:
    """Read the costs; VAT comes from the law of the day, later."""
    return SiteCosts(
        transmission_tiyn_per_kwh=costs.amount("transmission", EnergyPrice),
        regional_tiyn_per_kwh=costs.amount("regional_grid", EnergyPrice),
        labour_tiyn_per_kwh=costs.amount("labour", EnergyPrice),
        hosting_tiyn_per_kwh=costs.amount("hosting", EnergyPrice),
        overhead_ppm=costs.amount("overhead", Share),
        pool_fee_ppm=costs.amount("pool_fee", Share),
        sale_spread_ppm=costs.amount("sale_spread", Share),
        vat_ppm=0,
    )


def _machines(root: _Table, overhead_ppm: int) -> tuple[MachineLot, ...]:
    raw = root.need("machines", "… as [[machines]] tables")
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise root.problem("type", "machines is no list of tables.", "Write [[machines]] over each group.")
    if not raw:
        raise root.problem("missing", "machines is empty.", "Add [[machines]] with model and count.")
    lots: list[MachineLot] = []
    for number, one in enumerate(raw, start=1):
        table = _Table(f"[[machines]] {number}:", one, root.name, _MACHINES)
        lot = _machine(table, overhead_ppm)
        if any(lot.name == other.name for other in lots):
            what = f"{table.header} the name {lot.name!r} stands twice."
            raise table.problem("twice", what, "Give each group a name of its own, with name = …")
        lots.append(lot)
    return tuple(lots)


def _machine(table: _Table, overhead_ppm: int) -> MachineLot:
    given = set(table.values) - {"name"}
    shape = next((one for one in _SHAPES if given == set(one)), None)
    if shape is None:
        ways = "; or ".join(" and ".join(one) for one in _SHAPES)
        what = f"{table.header} {', '.join(sorted(given)) or 'nothing'} does not describe machines."
        raise table.problem("machine", what, f"Give {ways}.")
    if "efficiency" in given:
        power_w, hashrate_ghs = _efficiency_mj_per_th(table), 10**6
        whole_wh, called = table.amount("total_power", Power, least=1_000), str(table.values["efficiency"])
    else:
        power_w, hashrate_ghs, called = _rated(table)
        count = table.whole("count", 1, _MOST_COUNT)
        whole_wh = energy_for_wh(count=count, power_w=power_w, overhead_ppm=overhead_ppm)
    if whole_wh < 1_000:
        raise table.problem("range", f"{table.header} draws less than 1 kWh an hour.", "Nothing smaller is traded.")
    name = table.text("name", '"hall A"') if "name" in table.values else called
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise table.problem("value", f"{table.header} {name!r} is no name.", "Use 1 to 64 letters.")
    return MachineLot(name, power_w, hashrate_ghs, whole_wh // 1_000)


def _rated(table: _Table) -> tuple[int, int, str]:
    """Give power and hash rate of one machine, and what it is called."""
    if "model" not in table.values:
        power_w, hashrate_ghs = table.amount("power", Power, least=1), table.amount("hashrate", HashRate, least=1)
        return power_w, hashrate_ghs, f"{table.values['hashrate']}, {table.values['power']}"
    wanted = table.text("model", '"Antminer S21 200T"')
    found = next((one for one in asic_models() if wanted in (one.model, f"{one.make} {one.model}")), None)
    if found is None:
        what = f"{table.header} there is no machine {wanted!r} in the shipped table."
        way_out = nearest(wanted, [one.model for one in asic_models()])
        raise table.problem("model", what, f"{way_out} Or give hashrate and power of one machine.")
    return found.power_w, found.hashrate_ghs, found.model


def _efficiency_mj_per_th(table: _Table) -> int:
    raw = table.text("efficiency", '"17.5 J/TH"')
    found = _EFFICIENCY.fullmatch(raw)
    amount = int(found[1]) * 1_000 + int((found[2] or "").ljust(3, "0")) if found else 0
    if not amount:
        raise table.problem("value", f"{table.header} {raw!r} is no efficiency.", 'Write it as "17.5 J/TH".')
    return amount


def _quarter(quarter: _Table) -> QuarterEnergy:
    bought_wh, cost_tiyn = quarter.amount("bought", Energy), quarter.amount("cost", Money)
    planned_wh = quarter.amount("planned", Energy, least=1_000)
    for key, amount in (("bought", bought_wh), ("planned", planned_wh)):
        if amount % 1_000:
            raise quarter.problem("value", f"[quarter] {key} is no whole number of kWh.", "Round it to a whole kWh.")
    if bool(bought_wh) != bool(cost_tiyn):
        what = "[quarter] bought and cost do not go together: one is nothing and the other is not."
        raise quarter.problem("contradiction", what, "Give both, or 0 kWh and 0 ₸.")
    lowest = quarter.amount("lowest_price", EnergyPrice, least=1)
    return QuarterEnergy(bought_wh // 1_000, cost_tiyn, planned_wh // 1_000, lowest)
