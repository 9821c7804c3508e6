"""The words of a publication: what page, table and workbook say alike."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from kezek.market.curve import Curve
from kezek.market.product import Offer
from kezek.reports import amounts
from kezek.reports.publication_model import Publication, PublishedProduct, ZoneTotal
from kezek.reports.words import sentence
from kezek.units.rounding import half_up

_MUCH_KWH = 1_000_000
CURVES_DRAWN = 4
"""So many hours have their curve drawn: those that were asked for most beside their supply."""


def zone_name(total: ZoneTotal) -> str:
    """Name a zone, and the offer where it is not the surplus."""
    tail = ", 70/30 programme" if total.offer is Offer.PROGRAMME else ""
    return f"{sentence(str(total.zone))}{tail}"


def product_name(one: PublishedProduct) -> str:
    """Name an hour of a zone."""
    tail = ", 70/30 programme" if one.product.offer is Offer.PROGRAMME else ""
    return f"{sentence(str(one.product.zone))}, {one.hour}{tail}"


def price_span(lowest_tiyn_per_kwh: int | None, highest_tiyn_per_kwh: int | None) -> str:
    """Say between which prices energy was sold."""
    if lowest_tiyn_per_kwh is None or highest_tiyn_per_kwh is None:
        return "no price was paid"
    if lowest_tiyn_per_kwh == highest_tiyn_per_kwh:
        return amounts.price(lowest_tiyn_per_kwh)
    return f"{amounts.bare_price(lowest_tiyn_per_kwh)} to {amounts.price(highest_tiyn_per_kwh)}"


def day_prices(made: Publication) -> tuple[int | None, int | None, int | None]:
    """Give lowest, average and highest price of the day, the average weighted by energy. [tiyn/kWh]"""
    lowest = min((one.lowest_tiyn_per_kwh for one in made.zones if one.lowest_tiyn_per_kwh is not None), default=None)
    highest = max(
        (one.highest_tiyn_per_kwh for one in made.zones if one.highest_tiyn_per_kwh is not None), default=None
    )
    bought_kwh = sum(one.summary.bought_kwh for one in made.products)
    average = half_up(sum(one.paid_tiyn for one in made.products), bought_kwh) if bought_kwh else None
    return lowest, average, highest


def lead(made: Publication) -> str:
    """Say in a few sentences how the session went."""
    offered_kwh, bought_kwh = (sum(getattr(one, key) for one in made.zones) for key in ("offered_kwh", "bought_kwh"))
    if not offered_kwh:
        return "No surplus was offered."
    if not bought_kwh:
        return f"{energy(offered_kwh)} were offered and nothing was sold."
    lowest, _, highest = day_prices(made)
    cut_kwh = bought_kwh - sum(one.left_kwh for one in made.zones)
    cut = f" Curtailment took {energy(cut_kwh)} of it later." if cut_kwh else ""
    return (
        f"{energy(offered_kwh)} were offered and {energy(bought_kwh)} bought, "
        f"{amounts.part(bought_kwh, offered_kwh)} of it, at {price_span(lowest, highest)} before charges and VAT."
        f"{cut} {_served(made.products)}"
    )


def _served(products: Sequence[PublishedProduct]) -> str:
    """Say in how many hours everybody got all: the normal case of an under-subscribed market."""
    bid_for = [one for one in products if one.summary.bid_count]
    served = amounts.count(sum(not one.short for one in bid_for))
    return f"Every bid was served in full in {served} of {amounts.noun(len(bid_for), 'zone hour', 'zone hours')}."


def energy(energy_kwh: int) -> str:
    """Write energy in MWh, with a decimal where it is little."""
    return amounts.mwh(energy_kwh, 1 if energy_kwh < _MUCH_KWH and energy_kwh % 1_000 else 0)


def zone_words(total: ZoneTotal) -> str:
    """Say how a zone's day went."""
    if not total.offered_kwh:
        return "No surplus was offered here."
    offered = f"{energy(total.offered_kwh)} in {amounts.noun(total.hours_offered, 'hour', 'hours')}"
    if not total.bought_kwh:
        return f"{offered} were offered and nothing was sold."
    share = amounts.part(total.bought_kwh, total.offered_kwh)
    short = (
        f"{amounts.noun(total.hours_short, 'hour was', 'hours were')} short of supply"
        if total.hours_short
        else "no bid went short"
    )
    cut = "" if total.left_kwh == total.bought_kwh else f" After curtailment {energy(total.left_kwh)} are left."
    return f"{offered}; {energy(total.bought_kwh)} found a buyer ({share}); {short}. {_paid(total)}{cut}"


def _paid(total: ZoneTotal) -> str:
    reserve = total.reserve_tiyn_per_kwh
    if total.lowest_tiyn_per_kwh == total.highest_tiyn_per_kwh == reserve:
        return f"All of it went at the reserve price, {amounts.price(reserve)}."
    span = price_span(total.lowest_tiyn_per_kwh, total.highest_tiyn_per_kwh)
    if total.lowest_tiyn_per_kwh == total.highest_tiyn_per_kwh:
        return f"All of it went at {span}; reserve {amounts.price(reserve)}."
    average = amounts.bare_price(total.average_tiyn_per_kwh)
    return f"Paid: {span}, on average {average}; reserve {amounts.price(reserve)}."


def busiest(made: Publication) -> list[PublishedProduct]:
    """Choose the hours whose curves are drawn: most asked for each kWh offered, with a curve that may be shown."""
    drawn = [one for one in made.products if one.curve.levels and one.summary.offered_kwh]
    drawn.sort(key=lambda one: -Fraction(one.summary.asked_kwh, one.summary.offered_kwh))
    return drawn[:CURVES_DRAWN]


def curve_words(one: PublishedProduct) -> str:
    """Say what a curve shows."""
    asked, offered = energy(one.summary.asked_kwh), energy(one.summary.offered_kwh)
    said = f"{asked} asked for by {one.curve.bidder_count} owners, {offered} offered"
    if one.short:
        first = amounts.price(one.summary.first_rejected_tiyn_per_kwh or 0)
        return f"{said}; bids from {first} down were not served in full."
    return f"{said}; every bid was served in full."


def withheld_words(made: Publication) -> str:
    """Say which curves are withheld and why; "" where none is."""
    withheld = [one for one in made.products if one.curve.withheld and one.summary.bid_count]
    if not withheld:
        return ""
    fewest = withheld[0].curve.fewest_bidders
    hours = amounts.noun(len(withheld), "hour", "hours")
    named = "; ".join(product_name(one) for one in withheld)
    why = f"fewer than {fewest} owners bid, and one could read another’s bids off the curve"
    return f"Withheld for {hours} in which {why}: {named}."


def curve_state(curve: Curve) -> str:
    """Say in a word whether a curve is published."""
    return "withheld" if curve.withheld else "published"


def embargo_words(made: Publication) -> str:
    """Say whether single bids are shown, and from when."""
    until = amounts.day(made.embargo.until_on)
    if made.embargo.open:
        return f"The embargo ended; since {until} everybody may see who bid what."
    return f"Who bid what stays closed under the embargo; it opens on {until}."


def proof_lines(made: Publication) -> Iterator[tuple[str, str]]:
    """List with what the publication can be checked."""
    gate = made.terms.gate
    yield "Root of the log at the gate", f"{gate.root}, {amounts.count(gate.size)} entries"
    yield "Root of the log now", f"{made.root}, {amounts.count(made.size)} entries"
    readings = "".join(f", {question}={position}" for question, position in sorted(made.terms.readings.items()))
    yield "Law", f"{made.terms.law_digest}, profile “{made.terms.profile}”{readings}"
    yield "Kezek", made.terms.engine_version
