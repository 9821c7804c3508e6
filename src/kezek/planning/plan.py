"""The bid plan of one day: what each group of machines bids in each hour, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.market.lots import lot_sizes, purchase_max_kwh
from kezek.mining.network import Segment, expected_sat
from kezek.mining.output import after_pool_fee_sat, gigahashes_of
from kezek.planning.bidding import Ceiling, NoBid, Worth, ceiling_of, choose_bid
from kezek.planning.breakeven import coin_value_per_mwh_tiyn
from kezek.planning.fee_target import (
    FeeBand,
    FeeTarget,
    FeeTargetCode,
    fee_bands,
    fee_target,
    is_graded,
)
from kezek.planning.plan_facts import MachineLot, PlanFacts, PlanHour
from kezek.units.rounding import floor_div, half_up, share_of

_MWH_KWH = 1_000


@dataclass(frozen=True, slots=True)
class Sums:
    """What some energy costs and earns; also of what is expected, by the count of wins. [kWh, tiyn, sat]

    Args:
        purchases_milli: Purchases, in thousandths: an expected number is rarely whole.
        energy_tiyn: Power without VAT. vat_tiyn: VAT on power alone.
        profit_tiyn: What is left after every cost and due, grids, labour, fee, tax and compliance included.
    """

    energy_kwh: int = 0
    purchases_milli: int = 0
    energy_tiyn: int = 0
    vat_tiyn: int = 0
    coins_sat: int = 0
    coin_value_tiyn: int = 0
    profit_tiyn: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.energy_kwh + other.energy_kwh,
            self.purchases_milli + other.purchases_milli,
            self.energy_tiyn + other.energy_tiyn,
            self.vat_tiyn + other.vat_tiyn,
            self.coins_sat + other.coins_sat,
            self.coin_value_tiyn + other.coin_value_tiyn,
            self.profit_tiyn + other.profit_tiyn,
        )

    def times(self, number: int) -> "Sums":
        """Take it so many times."""
        return Sums(
            self.energy_kwh * number,
            self.purchases_milli * number,
            self.energy_tiyn * number,
            self.vat_tiyn * number,
            self.coins_sat * number,
            self.coin_value_tiyn * number,
            self.profit_tiyn * number,
        )

    def over(self, number: int) -> "Sums":
        """Give the mean of so many, each amount rounded half up."""
        return Sums(
            half_up(self.energy_kwh, number),
            half_up(self.purchases_milli, number),
            half_up(self.energy_tiyn, number),
            half_up(self.vat_tiyn, number),
            half_up(self.coins_sat, number),
            half_up(self.coin_value_tiyn, number),
            half_up(self.profit_tiyn, number),
        )


@dataclass(frozen=True, slots=True)
class StepBid:
    """What one group of machines does in one hour.

    Args:
        ceiling: What one MWh is worth at most.
        price_tiyn_per_kwh: What is bid; None where nothing is, with the reason in `why_not`.
        wins, ties: Observations that the price would have won, and those in which it ties and counts as lost.
        won: What comes of it if the bid wins all its energy and pays its own price; nothing where none is made.
        expected: The same over all observations, by what each would have cost; None without observations, or where
            one would have cost a price whose fee is not known.
    """

    machine: MachineLot
    ceiling: Ceiling
    price_tiyn_per_kwh: int | None
    why_not: NoBid | None
    wins: int
    ties: int
    won: Sums
    expected: Sums | None


@dataclass(frozen=True, slots=True)
class HourBid:
    """One hour of the plan: what each group bids, the most efficient first."""

    hour: PlanHour
    steps: tuple[StepBid, ...]

    @property
    def won(self) -> Sums:
        """What comes of it if every step wins."""
        return sum((step.won for step in self.steps), Sums())

    @property
    def expected(self) -> Sums | None:
        """What is expected; None without observations, or where an outcome hangs on a fee that is not known."""
        known = [step.expected for step in self.steps if step.expected is not None]
        return sum(known, Sums()) if len(known) == len(self.steps) and self.hour.record.count else None


@dataclass(frozen=True, slots=True)
class CurveStep:
    """A step of the curve of what a further MWh is worth. [kWh, tiyn/kWh]

    Args:
        ceiling: Value of each MWh between the two amounts: the ceiling of the group that would use it.
    """

    machine: MachineLot
    from_kwh: int
    until_kwh: int
    ceiling: Ceiling


@dataclass(frozen=True, slots=True)
class BidPlan:
    """A plan.

    Args:
        facts: What it was made of, the VAT of the day in its costs.
        uniform: All winners pay one price.
        curve: What each further MWh of an hour is worth, in the first hour of the plan.
        unused_kwh: Energy an hour for which the site has no power. [kWh]
        purchase_max_kwh: Largest purchase, None where purchases are not split. [kWh]
        prepay_tiyn: The most that all orders can cost, VAT included. [tiyn]
        target: The average price of the quarter to come to; None where no quarter was given.
        touched: Questions of the law on which the plan rests. unconfirmed: Keys whose values nothing confirms.
    """

    facts: PlanFacts
    uniform: bool
    tick_tiyn_per_kwh: int
    bands: tuple[FeeBand, ...]
    hours: tuple[HourBid, ...]
    curve: tuple[CurveStep, ...]
    unused_kwh: int
    purchase_max_kwh: int | None
    prepay_tiyn: int
    target: FeeTarget | None
    touched: tuple[str, ...]
    unconfirmed: tuple[str, ...]

    @property
    def won(self) -> Sums:
        """What comes of the day if every step wins."""
        return sum((hour.won for hour in self.hours), Sums())

    @property
    def expected(self) -> Sums | None:
        """What is expected of the day; None where any hour has no observations."""
        each = [hour.expected for hour in self.hours]
        known = [one for one in each if one is not None]
        return sum(known, Sums()) if len(known) == len(each) else None

    @property
    def fee_code(self) -> FeeTargetCode:
        """What there is to say of the quarter's average price."""
        if not is_graded(self.bands):
            return FeeTargetCode.FLAT
        return FeeTargetCode.NO_QUARTER if self.target is None else self.target.code

    @property
    def few_observations(self) -> tuple[PlanHour, ...]:
        """Hours with observations, but fewer than were asked for."""
        least = self.facts.least_observations
        return tuple(one.hour for one in self.hours if 0 < one.hour.record.count < least)


def plan_bids(*, facts: PlanFacts, law: Snapshot) -> BidPlan:
    """Plan the bids of a day.

    Args:
        law: The law of the day of delivery.

    Raises:
        NoRuleInForce: the law leaves open what the plan needs: tick, VAT, tax, or the fee at any price.
    Guarantees: the same facts and law give the same plan; no step at which one MWh loses.
    """
    facts = replace(facts, costs=replace(facts.costs, vat_ppm=law.amount(keys.VAT_RATE_PPM)))
    uniform = law.text(keys.MARKET_PRICE_RULE) == "uniform"
    facts = replace(facts, wish=replace(facts.wish, uniform=uniform))
    tick = law.amount(keys.MARKET_PRICE_TICK_TIYN_PER_KWH)
    bands = fee_bands(route=facts.route, law=law)
    maker = _Maker(facts, law, tick, bands, purchase_max_kwh(route=facts.route, law=law))
    hours = tuple(maker.hour(hour) for hour in facts.hours)
    target = None
    if facts.quarter is not None:
        if is_graded(bands):
            law.text(keys.FEE_PRICE_MEASURE)
        target = fee_target(quarter=facts.quarter, bands=bands, vat_ppm=facts.costs.vat_ppm, tick_tiyn_per_kwh=tick)
    return BidPlan(
        facts=facts,
        uniform=uniform,
        tick_tiyn_per_kwh=tick,
        bands=bands,
        hours=hours,
        curve=maker.curve(facts.hours[0]),
        unused_kwh=sum(one.energy_kwh for one in facts.machines) - sum(one.energy_kwh for one in maker.used),
        purchase_max_kwh=maker.most_kwh,
        prepay_tiyn=sum(maker.prepaid_tiyn(hour) for hour in hours),
        target=target,
        touched=tuple(sorted(law.touched())),
        unconfirmed=tuple(sorted(law.unconfirmed_used())),
    )


def offers_of(hour: HourBid) -> Mapping[int, int]:
    """Add up the steps of an hour by price, highest first: what its order says. [tiyn/kWh: kWh]"""
    offers: dict[int, int] = {}
    for step in hour.steps:
        if step.price_tiyn_per_kwh is not None:
            offers[step.price_tiyn_per_kwh] = offers.get(step.price_tiyn_per_kwh, 0) + step.machine.energy_kwh
    return dict(sorted(offers.items(), reverse=True))


class _Maker:
    """Works out hour after hour; hours with the same network share what a MWh is worth."""

    def __init__(
        self, facts: PlanFacts, law: Snapshot, tick: int, bands: tuple[FeeBand, ...], most_kwh: int | None
    ) -> None:
        self.facts, self.law, self.tick, self.bands, self.most_kwh = facts, law, tick, bands, most_kwh
        self.used = _within(_by_efficiency(facts.machines), facts.site_power_w)
        self._worth: dict[tuple[int, int, tuple[Segment, ...]], tuple[Worth, Ceiling]] = {}

    def hour(self, hour: PlanHour) -> HourBid:
        return HourBid(hour, tuple(self._step(machine, hour) for machine in self.used))

    def curve(self, hour: PlanHour) -> tuple[CurveStep, ...]:
        ends = list(accumulate(machine.energy_kwh for machine in self.used))
        return tuple(
            CurveStep(machine, end - machine.energy_kwh, end, self._worth_of(machine, hour)[1])
            for machine, end in zip(self.used, ends, strict=True)
        )

    def prepaid_tiyn(self, hour: HourBid) -> int:
        """Most that an hour's order can cost: every purchase at its own price with VAT. [tiyn]"""
        vat_ppm = self.facts.costs.vat_ppm
        purchases = [
            size * price
            for price, energy_kwh in offers_of(hour).items()
            for size in lot_sizes(award_kwh=energy_kwh, purchase_max_kwh=self.most_kwh)
        ]
        return sum(net_tiyn + share_of(net_tiyn, vat_ppm) for net_tiyn in purchases)

    def _worth_of(self, machine: MachineLot, hour: PlanHour) -> tuple[Worth, Ceiling]:
        key = (machine.power_w, machine.hashrate_ghs, hour.segments)
        if key not in self._worth:
            value_tiyn = coin_value_per_mwh_tiyn(
                power_w=machine.power_w,
                hashrate_ghs=machine.hashrate_ghs,
                costs=self.facts.costs,
                segments=hour.segments,
                tiyn_per_btc=self.facts.tiyn_per_btc,
            )
            worth = Worth(value_tiyn, self.facts.route, self.facts.costs, self.bands, self.law)
            self._worth[key] = worth, ceiling_of(worth=worth, tick_tiyn_per_kwh=self.tick)
        return self._worth[key]

    def _step(self, machine: MachineLot, hour: PlanHour) -> StepBid:
        worth, ceiling = self._worth_of(machine, hour)
        choice = choose_bid(
            worth=worth,
            ceiling=ceiling,
            record=hour.record,
            wish=self.facts.wish,
            reserve_tiyn_per_kwh=self.facts.reserve_tiyn_per_kwh,
            tick_tiyn_per_kwh=self.tick,
        )
        price = choice.price_tiyn_per_kwh
        if price is None:
            nothing = Sums() if hour.record.count else None
            return StepBid(machine, ceiling, None, choice.why_not, 0, 0, Sums(), nothing)
        won = self._sums(machine, hour, worth, price)
        return StepBid(
            machine=machine,
            ceiling=ceiling,
            price_tiyn_per_kwh=price,
            why_not=None,
            wins=hour.record.wins_at(price),
            ties=hour.record.ties_at(price),
            won=won,
            expected=self._expected(machine, hour, worth, price),
        )

    def _expected(self, machine: MachineLot, hour: PlanHour, worth: Worth, price: int) -> Sums | None:
        if not hour.record.count:
            return None
        paid = hour.record.paid_at(
            price_tiyn_per_kwh=price,
            reserve_tiyn_per_kwh=self.facts.reserve_tiyn_per_kwh,
            uniform=self.facts.wish.uniform,
        )
        if any(worth.net_tiyn(one) is None for one in paid):
            return None
        each = (self._sums(machine, hour, worth, one).times(times) for one, times in paid.items())
        return sum(each, Sums()).over(hour.record.count)

    def _sums(self, machine: MachineLot, hour: PlanHour, worth: Worth, price: int) -> Sums:
        """Work out all energy of a group at the price paid; the MWh comes first, its parts rounded half up."""
        costs, energy_kwh = self.facts.costs, machine.energy_kwh
        gigahashes = gigahashes_of(
            energy_wh=1_000 * energy_kwh,
            power_w=machine.power_w,
            hashrate_ghs=machine.hashrate_ghs,
            overhead_ppm=costs.overhead_ppm,
        )
        gross_sat = expected_sat(gigahashes=gigahashes, segments=hour.segments)
        purchases = len(lot_sizes(award_kwh=energy_kwh, purchase_max_kwh=self.most_kwh))
        net_tiyn = worth.net_tiyn(price)
        if net_tiyn is None:
            raise ValueError(f"the fee at {price} tiyn/kWh is not known")
        return Sums(
            energy_kwh=energy_kwh,
            purchases_milli=1_000 * purchases,
            energy_tiyn=energy_kwh * price,
            vat_tiyn=share_of(energy_kwh * price, costs.vat_ppm),
            coins_sat=after_pool_fee_sat(gross_sat=gross_sat, fee_ppm=costs.pool_fee_ppm),
            coin_value_tiyn=half_up(worth.coin_value_tiyn * energy_kwh, _MWH_KWH),
            profit_tiyn=half_up(net_tiyn * energy_kwh, _MWH_KWH),
        )


def _by_efficiency(machines: Sequence[MachineLot]) -> list[MachineLot]:
    """Put the most efficient first: those that make most of a MWh; of equals, as they were given."""
    return sorted(machines, key=lambda one: floor_div(one.power_w * 10**12, one.hashrate_ghs))


def _within(machines: Sequence[MachineLot], site_power_w: int | None) -> tuple[MachineLot, ...]:
    """Leave out, from the least efficient up, what the site has no power for."""
    if site_power_w is None:
        return tuple(machines)
    left_kwh, used = site_power_w // 1_000, []
    for machine in machines:
        energy_kwh = min(machine.energy_kwh, left_kwh)
        left_kwh -= energy_kwh
        if energy_kwh:
            used.append(replace(machine, energy_kwh=energy_kwh))
    return tuple(used)
