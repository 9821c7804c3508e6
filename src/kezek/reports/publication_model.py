"""What a session publishes: volumes, prices and curves of each hour, rules; single bids after the embargo."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from kezek.market.curve import Curve, demand_curve
from kezek.market.embargo import Embargo, bids_open
from kezek.market.product import Offer, Product
from kezek.market.publication import ProductSummary
from kezek.registry.zone import Zone
from kezek.reports.statement_model import Terms, terms_of
from kezek.trading.session import MarketSession
from kezek.trading.state import ProductState
from kezek.units.calendar import hours_of
from kezek.units.rounding import PPM, half_up


@dataclass(frozen=True, slots=True)
class PublishedProduct:
    """One hour of one zone.

    Args:
        hour: Name of the hour on a Kazakh clock.
        summary: Figures of the clearing.
        paid_tiyn: For all that was bought at the clearing, without charges and VAT. [tiyn]
        revised_kwh: Supply after the last revision behind the gate, None where there was none. [kWh]
        left_kwh: Bought, less what was curtailed. [kWh]
        price_left_tiyn_per_kwh: The one price that what is left pays, under the uniform rule. [tiyn/kWh]
        curve: Aggregated demand, or why it is withheld.
    """

    product: Product
    hour: str
    summary: ProductSummary
    paid_tiyn: int
    revised_kwh: int | None
    left_kwh: int
    price_left_tiyn_per_kwh: int | None
    curve: Curve

    @property
    def cut_kwh(self) -> int:
        """What a curtailment took. [kWh]"""
        return self.summary.bought_kwh - self.left_kwh

    @property
    def short(self) -> bool:
        """Tell whether a bid got less than it asked for."""
        return self.summary.first_rejected_tiyn_per_kwh is not None


@dataclass(frozen=True, slots=True)
class ZoneTotal:
    """The day of one offer in one zone. [kWh, tiyn/kWh]

    Args:
        hours_offered: Hours with supply at the gate.
        hours_short: Hours in which a bid got less than it asked for.
        revised_kwh: Supply after revisions behind the gate. [kWh]
        average_tiyn_per_kwh: Of the clearing, weighted by energy, rounded half up; None where nothing was sold.
    """

    zone: Zone
    offer: Offer
    reserve_tiyn_per_kwh: int
    hours_offered: int
    hours_short: int
    offered_kwh: int
    revised_kwh: int
    asked_kwh: int
    bought_kwh: int
    left_kwh: int
    lowest_tiyn_per_kwh: int | None
    average_tiyn_per_kwh: int | None
    highest_tiyn_per_kwh: int | None

    @property
    def take_up_ppm(self) -> int | None:
        """Share of the offer that was bought at the clearing; None where nothing was offered. [ppm]"""
        return half_up(self.bought_kwh * PPM, self.offered_kwh) if self.offered_kwh else None


@dataclass(frozen=True, slots=True)
class PublishedBid:
    """One step of one operator's order, shown once the embargo is over. [tiyn/kWh, kWh]

    Args:
        awarded_kwh: At the clearing. [kWh]
    """

    product_id: str
    operator_id: str
    order_id: str
    price_tiyn_per_kwh: int
    asked_kwh: int
    awarded_kwh: int


@dataclass(frozen=True, slots=True)
class Publication:
    """What the market tells everybody of a session.

    Args:
        on: Day of publishing: it decides whether single bids are shown.
        products: Every hour that was offered, in the order of the day, or that somebody bid for.
        bids: Single bids; empty while `embargo` is closed, and no model of the page holds them then.
        root, size: Of the whole log as it is, hex.
    """

    on: date
    terms: Terms
    products: tuple[PublishedProduct, ...]
    zones: tuple[ZoneTotal, ...]
    embargo: Embargo
    bids: tuple[PublishedBid, ...]
    root: str
    size: int

    def of(self, total: ZoneTotal) -> tuple[PublishedProduct, ...]:
        """Give the hours of one offer in one zone."""
        return tuple(
            one for one in self.products if one.product.zone is total.zone and one.product.offer is total.offer
        )


def publication(*, session: MarketSession, on: date) -> Publication:
    """Collect what is published of a cleared session.

    Args:
        on: Day of publishing.
    Raises:
        ValueError: the session is not cleared.
    Guarantees: nobody's single bids before the embargo ends; no curve of fewer than three owners' bids.
    """
    terms = terms_of(session)
    embargo = bids_open(delivered_on=terms.on, embargo_days=session.opened.embargo_days, on=on)
    products = tuple(_products(session))
    return Publication(
        on=on,
        terms=terms,
        products=products,
        zones=tuple(_totals(products)),
        embargo=embargo,
        bids=tuple(_bids(session)) if embargo.open else (),
        root=session.log.tree.root().hex(),
        size=len(session.log),
    )


def _products(session: MarketSession) -> Iterator[PublishedProduct]:
    labels = {hour.index: hour.label for hour in hours_of(session.opened.on)}
    for state in session.trading.state.products.values():
        summary, clearing = state.summary, state.clearing
        if summary and clearing and (summary.offered_kwh or summary.bid_count):
            yield PublishedProduct(
                product=state.product,
                hour=labels[state.product.hour_index],
                summary=summary,
                paid_tiyn=int(clearing.fill_kwh @ clearing.pay_tiyn_per_kwh),
                revised_kwh=state.revised_kwh,
                left_kwh=state.sold_kwh,
                price_left_tiyn_per_kwh=_price_left(session, state, summary),
                curve=_curve(session, state),
            )


def _price_left(session: MarketSession, state: ProductState, summary: ProductSummary) -> int | None:
    """Find the one price that is paid now; a curtailment may have struck it again."""
    if summary.uniform_tiyn_per_kwh is None or not state.sold_kwh:
        return None
    trading = session.trading.state
    return next(
        trading.price_of_purchase[key]
        for keys in state.purchase_ids
        for key in keys
        if trading.final_purchase_kwh[key]
    )


def _curve(session: MarketSession, state: ProductState) -> Curve:
    bidders = session.trading.book.bidders
    claimants = [bidders[row.order.operator_id].claimant_id for row in state.rows]
    codes = {claimant: code for code, claimant in enumerate(sorted(set(claimants)))}
    return demand_curve(
        price_tiyn_per_kwh=np.array([row.step.price_tiyn_per_kwh for row in state.rows], dtype=np.int64),
        quantity_kwh=np.array([row.step.quantity_kwh for row in state.rows], dtype=np.int64),
        claimant=np.array([codes[claimant] for claimant in claimants], dtype=np.int64),
    )


def _totals(products: Sequence[PublishedProduct]) -> Iterator[ZoneTotal]:
    for offer in Offer:
        for zone in Zone:
            mine = [one for one in products if one.product.zone is zone and one.product.offer is offer]
            if mine:
                yield _total(mine)


def _total(products: Sequence[PublishedProduct]) -> ZoneTotal:
    first, summaries = products[0].product, [one.summary for one in products]
    bought_kwh = sum(one.bought_kwh for one in summaries)
    revised = (one.summary.offered_kwh if one.revised_kwh is None else one.revised_kwh for one in products)
    return ZoneTotal(
        zone=first.zone,
        offer=first.offer,
        reserve_tiyn_per_kwh=first.reserve_tiyn_per_kwh,
        hours_offered=sum(one.offered_kwh > 0 for one in summaries),
        hours_short=sum(one.short for one in products),
        offered_kwh=sum(one.offered_kwh for one in summaries),
        revised_kwh=sum(revised),
        asked_kwh=sum(one.asked_kwh for one in summaries),
        bought_kwh=bought_kwh,
        left_kwh=sum(one.left_kwh for one in products),
        lowest_tiyn_per_kwh=min(_known(one.lowest_tiyn_per_kwh for one in summaries), default=None),
        average_tiyn_per_kwh=half_up(sum(one.paid_tiyn for one in products), bought_kwh) if bought_kwh else None,
        highest_tiyn_per_kwh=max(_known(one.highest_tiyn_per_kwh for one in summaries), default=None),
    )


def _known(prices: Iterable[int | None]) -> list[int]:
    return [price for price in prices if price is not None]


def _bids(session: MarketSession) -> Iterator[PublishedBid]:
    for state in session.trading.state.products.values():
        fills = state.clearing.fill_kwh.tolist() if state.clearing else ()
        for row, awarded_kwh in zip(state.rows, fills, strict=True):
            order, step = row.order, row.step
            yield PublishedBid(
                product_id=order.product_id,
                operator_id=order.operator_id,
                order_id=order.order_id,
                price_tiyn_per_kwh=step.price_tiyn_per_kwh,
                asked_kwh=step.quantity_kwh,
                awarded_kwh=awarded_kwh,
            )
