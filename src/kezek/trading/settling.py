"""Settling a delivered day: what each site used against what was bought for it, and the end of every reservation."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.ledger.charges import imbalance_charge, imbalance_credit
from kezek.ledger.transfer import prepaid
from kezek.market.imbalance import HourUse, ImbalanceKind, ImbalanceRule, OperatorImbalance, operator_imbalance
from kezek.market.product import Offer, product_id
from kezek.registry.zone import Zone
from kezek.trading.engine import Trading
from kezek.trading.events import Delivered, Derived, Record
from kezek.trading.money import post, release_of
from kezek.trading.participant import Participant
from kezek.trading.state import SiteImbalance
from kezek.units.calendar import hours_of
from kezek.units.rounding import PPM

Place = tuple[str, str, int]
"""Operator, site, hour index."""


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


def bought_kwh(trading: Trading) -> Counter[Place]:
    """Add up what was bought for each site and hour, after curtailment. [kWh]"""
    totals: Counter[Place] = Counter()
    for state in trading.state.products.values():
        for row, kwh in zip(state.rows, state.fills_kwh, strict=True):
            totals[row.order.operator_id, row.order.site_id, state.product.hour_index] += kwh
    return totals


def reference_prices(trading: Trading) -> dict[tuple[Zone, int], int]:
    """Give the average price paid for the surplus of each zone and hour, or its reserve where nothing was sold."""
    prices = {}
    for state in trading.state.products.values():
        if state.product.offer is Offer.SURPLUS:
            average = state.summary.average_tiyn_per_kwh if state.summary else None
            reserve = state.product.reserve_tiyn_per_kwh
            prices[state.product.zone, state.product.hour_index] = reserve if average is None else average
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
    """Settle every site that bought or used something, hour by hour, and let go of what is still set aside.

    Hours without a reading or without a price stay open: nothing is charged for them.
    """
    rule = imbalance_rule(law)
    prices = _prices(trading, delivered, rule)
    metered = {(one.operator_id, one.site_id, one.hour_index): one.metered_wh for one in delivered.readings}
    bought = bought_kwh(trading)
    for participant in participants:
        for site in participant.sites:
            who = participant.operator_id
            uses = []
            for hour in hours_of(trading.on):
                place = (who, site.site_id, hour.index)
                if bought[place] or place in metered:
                    name = product_id(on=trading.on, zone=site.zone, hour_index=hour.index)
                    price = prices.get((site.zone, hour.index))
                    uses.append(HourUse(name, metered.get(place), bought[place], price))
            if uses:
                settled = operator_imbalance(operator_id=who, hours=uses, rule=rule)
                _book(trading, SiteImbalance(site.site_id, settled), at, record)
    for state in trading.state.products.values():
        for decision in state.decisions:
            stem = f"release/{decision.order.order_id}/delivered"
            post(trading.state.ledger, record, stem, at, release_of(trading.state.ledger, decision, at, stem))
    trading.settled = True


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


def _book(trading: Trading, one: SiteImbalance, at: datetime, record: Record) -> None:
    """Log one site's imbalance and book its amount, from the prepayment first."""
    who, amount_tiyn = one.settled.operator_id, one.settled.amount_tiyn
    stem = f"imbalance/{who}/{one.site_id}"
    trading.state.imbalances.append(one)
    record(Derived.IMBALANCE, stem, at, _body(one.site_id, one.settled))
    if amount_tiyn > 0:
        free_tiyn = trading.state.ledger.available_tiyn(prepaid(who))
        group = imbalance_charge(operator_id=who, amount_tiyn=amount_tiyn, available_tiyn=free_tiyn, at=at, stem=stem)
    else:
        group = imbalance_credit(operator_id=who, amount_tiyn=-amount_tiyn, at=at, stem=stem)
    post(trading.state.ledger, record, stem, at, group)


def _body(site_id: str, settled: OperatorImbalance) -> dict[str, object]:
    hours = [[one.use.product_id, one.use.metered_wh, one.use.bought_kwh, one.outcome] for one in settled.hours]
    return {
        "operator_id": settled.operator_id,
        "site_id": site_id,
        "rule": settled.rule_id,
        "hours": hours,
        "amount_tiyn": settled.amount_tiyn,
    }
