"""The words of a bid plan: sentences for its codes, and the few lines that every form of it says."""

from collections.abc import Iterator

from kezek.planning.bidding import NoBid, Strategy
from kezek.planning.fee_target import FeeTarget, FeeTargetCode, split_of
from kezek.planning.plan import BidPlan, Sums
from kezek.registry.zone import Zone
from kezek.reports import amounts
from kezek.units.quantity import Energy
from kezek.units.rounding import half_up

SENTENCES: dict[NoBid | FeeTargetCode, str] = {
    NoBid.RATE_UNKNOWN: "The fee at the prices that could pay is not known, so nothing can be said of them.",
    NoBid.NO_PRICE_PAYS: "These machines lose at any price of power, even at none.",
    NoBid.CEILING_UNDER_RESERVE: "The reserve price is over what a MWh is worth on these machines.",
    NoBid.MARGIN_UNDER_RESERVE: "The ceiling less the margin lies under the reserve price.",
    NoBid.LOSES_AT_PRICE: "At the ceiling less the margin the fee is in a higher band, and a MWh loses.",
    NoBid.TARGET_OUT_OF_REACH: "No price up to the ceiling wins as often as the target asks.",
    NoBid.NOTHING_TO_GAIN: "No price up to the ceiling that would have won leaves anything.",
    FeeTargetCode.FLAT: "The fee is flat: it does not fall as the price rises, so there is no cliff.",
    FeeTargetCode.NO_QUARTER: "The fee falls in steps as the quarter’s average price rises; [quarter] is missing.",
    FeeTargetCode.RATE_UNKNOWN: "The fee at the average that the lowest price gives is not known.",
    FeeTargetCode.RAISE: "Paying more for power costs less in all: the fee falls by more than the power rises.",
    FeeTargetCode.STAY: "The lowest price is best: no step of the fee is worth what it costs to reach it.",
}
SHORT: dict[NoBid, str] = {
    NoBid.RATE_UNKNOWN: "the fee is not known",
    NoBid.NO_PRICE_PAYS: "loses at any price",
    NoBid.CEILING_UNDER_RESERVE: "worth less than the reserve price",
    NoBid.MARGIN_UNDER_RESERVE: "the margin leads under the reserve price",
    NoBid.LOSES_AT_PRICE: "loses at the ceiling less the margin",
    NoBid.TARGET_OUT_OF_REACH: "the target is out of reach",
    NoBid.NOTHING_TO_GAIN: "nothing to gain up to the ceiling",
}
"""Why nothing is bid, in a few words for one line."""
ZONES = {Zone.NORTH_SOUTH: "North and South", Zone.WEST: "West"}
CAVEAT = "This is arithmetic, not advice: that more was paid than needed so as to be charged less may be questioned."
TIE_RULE = "A bid equal to the marginal price counts as lost; an hour that was not sold out is won at the reserve."
UNIFORM = (
    "All winners pay one price, so the ceiling is bid whatever the strategy: a bid decides whether one wins, not "
    "what one pays; less loses hours that would pay, more wins hours that do not. (Unless one’s own bid "
    "sets the price.)"
)
FEE_BY_PRICE = (
    "The fee of a bid is taken at its own price, as if the quarter’s average were that price; where the average is "
    "steered as said above, the bids follow that and not these."
)
_STRATEGIES = {
    Strategy.BEST: "the price that earns most, expected, against the {kind}",
    Strategy.TARGET: "the lowest price that wins {target} of the {kind}",
    Strategy.MARGIN: "the ceiling less {margin}",
    Strategy.TRUTHFUL: "the ceiling itself: it wins most and, paid as bid, earns nothing",
}


def strategy_words(plan: BidPlan) -> str:
    """Say how prices were chosen."""
    wish = plan.facts.wish
    if plan.uniform:
        return "Uniform price: the ceiling."
    words = _STRATEGIES[wish.strategy].format(
        kind=plan.facts.kind,
        target=amounts.share(wish.target_ppm),
        margin=amounts.price(wish.margin_tiyn_per_kwh),
    )
    return f"Pay as bid, strategy “{wish.strategy.value}”: {words}."


def notes(plan: BidPlan) -> Iterator[str]:
    """Say what a reader of the plan has to bear in mind."""
    if plan.uniform:
        yield UNIFORM
    if plan.facts.kind:
        counted = "observations" if plan.facts.kind == "history" else "scenarios, all equally likely"
        yield f"Chances are counts of {counted}, and own energy is taken not to move the price. {TIE_RULE}"
    else:
        yield "Without prices there is no chance of winning to count, and nothing is expected."
    few = plan.few_observations
    if few:
        hours = amounts.noun(len(few), "hour", "hours")
        least = min(hour.record.count for hour in few)
        yield (
            f"Few observations: {hours} with fewer than {plan.facts.least_observations}, the fewest {least}. "
            "Their chances say little."
        )
    if len(plan.bands) > 1:
        yield FEE_BY_PRICE
    if len(plan.bands) > 1 and plan.uniform:
        yield "Under one price for all nobody chooses what it pays, so no bid steers the quarter’s average."
    for low, high in unknown_prices(plan):
        until = f"to under {amounts.price(high)}" if high else "and over"
        yield f"Prices from {amounts.price(low)} {until} are left out: the fee there is not known."
    if plan.unused_kwh:
        yield f"The site has no power for {energy(plan.unused_kwh)} an hour; the least efficient machines stand."
    paid = amounts.money(plan.prepay_tiyn)
    yield f"The orders can cost {paid} at most, VAT included; what the platform charges on top is not in it."


def unknown_prices(plan: BidPlan) -> list[tuple[int, int | None]]:
    """List the spans of prices at which the fee is not known. [tiyn/kWh]"""
    bands = (band for band in plan.bands if band.rate_tiyn_per_kwh is None)
    return [(band.from_tiyn_per_kwh, band.until_tiyn_per_kwh) for band in bands]


def law_words(plan: BidPlan) -> Iterator[str]:
    """Say on which open questions and unconfirmed values of the law the plan rests."""
    if plan.touched:
        yield f"Rests on the readings of {', '.join(plan.touched)}."
    if plan.unconfirmed:
        yield f"Nothing seen confirms {', '.join(plan.unconfirmed)}."


def target_lines(target: FeeTarget, tick_tiyn_per_kwh: int) -> Iterator[str]:
    """Say what the average price of the quarter should come to, and what that gains."""
    yield SENTENCES[target.code]
    natural, best = target.natural, target.best
    if target.code is FeeTargetCode.FLAT:
        return
    rate = "not known" if natural.rate_tiyn_per_kwh is None else amounts.price(natural.rate_tiyn_per_kwh)
    yield f"At the lowest price the quarter averages {amounts.price(natural.average_tiyn_per_kwh)}; fee {rate}."
    if best is not None and best is not natural and best.rate_tiyn_per_kwh is not None:
        yield from _raise_lines(target, tick_tiyn_per_kwh)
    unknown = target.unknown_ways - (natural.rate_tiyn_per_kwh is None)
    if unknown:
        steps = amounts.noun(unknown, "step", "steps")
        yield f"The fee of {steps} above is not known; a cheaper one may be among them."
    yield CAVEAT


def _raise_lines(target: FeeTarget, tick_tiyn_per_kwh: int) -> Iterator[str]:
    best, quarter = target.best, target.quarter
    if best is None or best.rate_tiyn_per_kwh is None:
        return
    lead = "Target" if target.gain_tiyn is not None else "With a known fee"
    yield (
        f"{lead}: an average of {amounts.price(best.average_tiyn_per_kwh)}; "
        f"fee {amounts.price(best.rate_tiyn_per_kwh)}."
    )
    split = split_of(spend_tiyn=best.spend_tiyn, planned_kwh=quarter.planned_kwh, tick_tiyn_per_kwh=tick_tiyn_per_kwh)
    parts = [(split.low_kwh, split.low_tiyn_per_kwh), (split.high_kwh, split.high_tiyn_per_kwh)]
    said = " and ".join(f"{energy(kwh)} at {amounts.price(price)}" for kwh, price in parts if kwh)
    yield f"To come there, buy {said}."
    extra = f"Power costs {amounts.money(target.extra_tiyn)} more, VAT included"
    if target.saved_tiyn is not None and target.gain_tiyn is not None:
        saved, gain = amounts.money(target.saved_tiyn), amounts.money(target.gain_tiyn)
        yield f"{extra}; the fee {saved} less; net gain {gain}."
    elif target.pays_from_tiyn_per_kwh is not None:
        least = amounts.price(target.pays_from_tiyn_per_kwh)
        yield f"{extra}. That pays if the fee at the lower average is {least} or more."


def energy(kwh: int) -> str:
    """Write energy given in kWh as MWh, to the kWh."""
    return amounts.thin(Energy(1_000 * kwh).in_unit("MWh"))


def lots(sums: Sums) -> str:
    """Write a number of purchases, to a tenth where it is not whole."""
    tenths = half_up(sums.purchases_milli, 100)
    whole, part = divmod(tenths, 10)
    return f"{amounts.count(whole)}.{part}" if part else amounts.count(whole)


def efficiency(mj_per_th: int) -> str:
    """Write an efficiency given in mJ/TH as J/TH.

    >>> efficiency(17_500).replace(chr(160), " ")
    '17.50 J/TH'
    """
    whole, part = divmod(mj_per_th // 10, 100)
    return f"{whole}.{part:02d}\u00a0J/TH"
