"""Settling a delivered day: what each site used against what was bought for it, and the end of every reservation."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.ledger.charges import imbalance_charge, imbalance_credit
from kezek.ledger.transfer import prepaid
from kezek.market.imbalance import HourUse, ImbalanceKind, ImbalanceRule, OperatorImbalance, operator_imbalance
from kezek.market.product import Offer, product_id
from kezek.registry.zone import Zone
from kezek.trading.engine import Trading
from kezek.trading.events import Delivered, Derived, Metered, ReadingFault, Record
from kezek.trading.money import post, release_of
from kezek.trading.participant import Participant, ParticipantSite
from kezek.trading.state import SiteImbalance
from kezek.units.calendar import hours_of
from kezek.units.rounding import PPM, half_up

Place = tuple[str, str, int]
"""Operator, site, hour index."""
MOST_METERED_WH = 10**11
"""Largest reading of an hour, several hundred times what the largest farm draws: more is a slip. [Wh]"""
MOST_IN_ALL_WH = 5 * 10**12
"""Most that all sites of an operator can use in a day, so that what it owes fits the log. [Wh]"""
MOST_PRICE_TIYN_PER_KWH = 10**6
"""Largest price of the balancing market, 10,000 tenge a kWh: more is a slip. [tiyn/kWh]"""


def imbalance_rule(law: Snapshot) -> ImbalanceRule:
    """Read the price rule of deviations.

    Law: market.imbalance_price_rule, market.imbalance_over_ppm, market.imbalance_under_ppm.

    Raises:
        NoRuleInForce: the profile leaves the rule or its shares open.
    """
    kind = ImbalanceKind(law.text(keys.MARKET_IMBALANCE_PRICE_RULE))
    if kind is not ImbalanceKind.TWO_PRICE:
        return ImbalanceRule(kind, over_ppm=PPM, under_ppm=PPM)
    return ImbalanceRule(
        kind,
        over_ppm=law.amount(keys.MARKET_IMBALANCE_OVER_PPM),
        under_ppm=law.amount(keys.MARKET_IMBALANCE_UNDER_PPM),
    )


@dataclass(frozen=True, slots=True)
class Faulty:
    """What was handed in and cannot be settled with: whose reading or price of which hour, and why."""

    place: str
    fault: ReadingFault


def faulty_parts(delivered: Delivered, *, participants: Mapping[str, Participant], on: date) -> tuple[Faulty, ...]:
    """List the readings and prices that name no place of the day, state too much or too little, or stand twice."""
    hours = {hour.index for hour in hours_of(on)}
    return (*_faulty_readings(delivered.readings, participants, hours), *_faulty_prices(delivered, hours))


def _faulty_readings(
    readings: Sequence[Metered], participants: Mapping[str, Participant], hours: Set[int]
) -> list[Faulty]:
    sites = {(who, site.site_id) for who, one in participants.items() for site in one.sites}
    seen: set[Place] = set()
    used_wh: Counter[str] = Counter()
    faulty = []
    for one in readings:
        place = (one.operator_id, one.site_id, one.hour_index)
        checks = (
            (place[:2] not in sites, ReadingFault.UNKNOWN_SITE),
            (one.hour_index not in hours, ReadingFault.UNKNOWN_HOUR),
            (one.metered_wh < 0, ReadingFault.NEGATIVE),
            (one.metered_wh > MOST_METERED_WH, ReadingFault.TOO_LARGE),
            (place in seen, ReadingFault.TWICE),
            (used_wh[one.operator_id] + one.metered_wh > MOST_IN_ALL_WH, ReadingFault.TOO_LARGE),
        )
        fault = next((fault for wrong, fault in checks if wrong), None)
        named = f"{one.operator_id}, site {one.site_id}, hour {one.hour_index}"
        faulty += [Faulty(named, fault)] if fault else []
        used_wh[one.operator_id] += 0 if fault else one.metered_wh
        seen.add(place)
    return faulty


def _faulty_prices(delivered: Delivered, hours: Set[int]) -> list[Faulty]:
    known = {f"{zone}/{hour:02d}" for zone in Zone for hour in hours}
    faulty = []
    for place, price in delivered.prices_tiyn_per_kwh.items():
        if place not in known:
            faulty.append(Faulty(f"price of {place}", ReadingFault.UNKNOWN_PRICE_HOUR))
        elif abs(price) > MOST_PRICE_TIYN_PER_KWH:
            faulty.append(Faulty(f"price of {place}", ReadingFault.PRICE_TOO_LARGE))
    return faulty


def bought_kwh(trading: Trading) -> Counter[Place]:
    """Add up what was bought for each site and hour, after curtailment; one cut to nothing is there with 0. [kWh]"""
    totals: Counter[Place] = Counter()
    for state in trading.state.products.values():
        for row, kwh, purchases in zip(state.rows, state.fills_kwh, state.purchase_ids, strict=False):
            if purchases:
                totals[row.order.operator_id, row.order.site_id, state.product.hour_index] += kwh
    return totals


def reference_prices(trading: Trading) -> dict[tuple[Zone, int], int]:
    """Give the average price of the surplus of each zone and hour as it is paid in the end, rounded half up.

    Where nothing was bought, or nothing of it is left, it is the reserve. [tiyn/kWh]
    """
    prices = {}
    for state in trading.state.products.values():
        if state.product.offer is Offer.SURPLUS:
            keys_here = [key for row in state.purchase_ids for key in row]
            kept = [
                (trading.state.final_purchase_kwh[key], trading.state.price_of_purchase[key]) for key in keys_here
            ]
            energy_kwh = sum(kwh for kwh, _ in kept)
            cost_tiyn = sum(kwh * price for kwh, price in kept)
            price = half_up(cost_tiyn, energy_kwh) if energy_kwh else state.product.reserve_tiyn_per_kwh
            prices[state.product.zone, state.product.hour_index] = price
    return prices


def settle_deliveries(
    *,
    trading: Trading,
    participants: Iterable[Participant],
    delivered: Delivered,
    law: Snapshot,
    at: datetime,
    record: Record,
) -> None:
    """Let go of what is still set aside, then settle every site that bought or used something, hour by hour.

    Hours without a reading or without a price stay open: nothing is charged for them. An operator's sites are netted:
    one charge or one credit.
    """
    rule = imbalance_rule(law)
    _free(trading, at, record)
    prices = _prices(trading, delivered, rule)
    metered = {(one.operator_id, one.site_id, one.hour_index): one.metered_wh for one in delivered.readings}
    bought = bought_kwh(trading)
    for participant in participants:
        sites = [
            SiteImbalance(
                site.site_id, operator_imbalance(operator_id=participant.operator_id, hours=uses, rule=rule)
            )
            for site in participant.sites
            if (uses := _uses(participant.operator_id, site, trading.on, metered, bought, prices))
        ]
        if sites:
            _book(trading, sites, at, record)
    trading.settled = True


def _free(trading: Trading, at: datetime, record: Record) -> None:
    """Let go of what reservations still hold: the day is over, and no price can be struck again."""
    ledger = trading.state.ledger
    for state in trading.state.products.values():
        for decision in state.decisions:
            stem = f"release/{decision.order.order_id}/delivered"
            post(ledger, record, stem, at, release_of(ledger, decision, at, stem))


def _uses(
    operator_id: str,
    site: ParticipantSite,
    on: date,
    metered: Mapping[Place, int],
    bought: Mapping[Place, int],
    prices: Mapping[tuple[Zone, int], int],
) -> list[HourUse]:
    """List the hours in which a site bought or used something."""
    uses = []
    for hour in hours_of(on):
        place = (operator_id, site.site_id, hour.index)
        if place in bought or place in metered:
            name = product_id(on=on, zone=site.zone, hour_index=hour.index)
            price = prices.get((site.zone, hour.index))
            uses.append(HourUse(name, metered.get(place), bought.get(place, 0), price))
    return uses


def _prices(trading: Trading, delivered: Delivered, rule: ImbalanceRule) -> dict[tuple[Zone, int], int]:
    """Choose the prices: those of the balancing market as they were given, or the session's own."""
    if rule.kind is not ImbalanceKind.BALANCING_MARKET:
        return reference_prices(trading)
    given = delivered.prices_tiyn_per_kwh
    return {
        (zone, hour.index): given[f"{zone}/{hour.index:02d}"]
        for zone in Zone
        for hour in hours_of(trading.on)
        if f"{zone}/{hour.index:02d}" in given
    }


def _book(trading: Trading, sites: Sequence[SiteImbalance], at: datetime, record: Record) -> None:
    """Log the imbalance of an operator's sites and book the net amount, from the prepayment first."""
    who = sites[0].settled.operator_id
    amount_tiyn = sum(one.settled.amount_tiyn for one in sites)
    for one in sites:
        trading.state.imbalances.append(one)
        record(Derived.IMBALANCE, f"{who}/{one.site_id}", at, _body(one.site_id, one.settled))
    ledger, stem = trading.state.ledger, f"deviation/{who}"
    if amount_tiyn > 0:
        free_tiyn = ledger.available_tiyn(prepaid(who))
        group = imbalance_charge(operator_id=who, amount_tiyn=amount_tiyn, available_tiyn=free_tiyn, at=at, stem=stem)
    else:
        group = imbalance_credit(operator_id=who, amount_tiyn=-amount_tiyn, at=at, stem=stem)
    post(ledger, record, stem, at, group)


def _body(site_id: str, settled: OperatorImbalance) -> dict[str, object]:
    hours = [[one.use.product_id, one.use.metered_wh, one.use.bought_kwh, one.outcome] for one in settled.hours]
    return {
        "operator_id": settled.operator_id,
        "site_id": site_id,
        "rule": settled.rule_id,
        "hours": hours,
        "amount_tiyn": settled.amount_tiyn,
    }
