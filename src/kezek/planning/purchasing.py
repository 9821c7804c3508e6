"""A day of purchases under the same faults: by a person, by a naive script, by Kezek, and what is possible.

Guaranteed, and tested on drawn cases:
- no buyer covers more energy than the bound of the platform with all its outages (`at_risk`);
- where every approval takes the same time, no answer is lost and every outage was announced, Kezek reaches the bound,
  so that neither a person nor a script covers more;
- Kezek buys no lot twice, and every lot ends in exactly one of in time, late, not bought.

Not guaranteed: that Kezek covers at least as much in every single case of chance. A script that buys twice what it
needs may get the quicker approval of the two, and an outage that nobody announced may end between two of Kezek's
tries.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kezek.market.platform import Bought, Fates, Platform, PlatformRefusal, PlatformRules, Window, merged
from kezek.planning.at_risk import DeliveryHour, HourAhead, Lot, best_lots, earliest_slots, hours_at_risk, lots_of
from kezek.planning.buyers import Backoff, KezekBuyer, Person, Script, buy_as_person, buy_as_script
from kezek.units.chance import Stream
from kezek.units.rounding import PPM, floor_div


class Buyer(StrEnum):
    """Who buys."""

    PERSON = "person"
    SCRIPT = "script"
    KEZEK = "kezek"


class LotEnd(StrEnum):
    """How a lot ended; each in exactly one way."""

    IN_TIME = "in_time"
    LATE = "late"
    NOT_BOUGHT = "not_bought"


class Miss(StrEnum):
    """Why a lot was not approved in time, in order of precedence."""

    APPROVED_LATE = "planning.miss.approved_late"
    OUTAGE = "planning.miss.outage"
    NO_ANSWER = "planning.miss.no_answer"
    TOO_MANY_OPEN = "planning.miss.too_many_open"
    RATE_LIMIT = "planning.miss.rate_limit"
    NOT_REACHED = "planning.miss.not_reached"


_MISS_OF = {
    PlatformRefusal.OUTAGE: Miss.OUTAGE,
    PlatformRefusal.NO_ANSWER: Miss.NO_ANSWER,
    PlatformRefusal.TOO_MANY_OPEN: Miss.TOO_MANY_OPEN,
    PlatformRefusal.RATE_LIMIT: Miss.RATE_LIMIT,
}


@dataclass(frozen=True, slots=True)
class PurchasingCase:
    """One day of purchases: what is needed, the platform, its outages, and how each buyer goes about it.

    Args:
        hours: In the order of the clock.
        announced: Outages that are known ahead.
        surprises: Outages that nobody knows.
    """

    hours: tuple[DeliveryHour, ...]
    rules: PlatformRules
    announced: tuple[Window, ...]
    surprises: tuple[Window, ...]
    person: Person
    script: Script
    backoff: Backoff

    @property
    def outages(self) -> tuple[Window, ...]:
        """All outages, in order."""
        return merged((*self.announced, *self.surprises))


@dataclass(frozen=True, slots=True)
class HourResult:
    """How one hour ended for one buyer.

    Args:
        in_time: Lots approved before it closed; the others are `late` or `not_bought`.
        miss: What kept most of the others; None where all are in time.
    """

    needed_kwh: int
    covered_kwh: int
    in_time: int
    late: int
    not_bought: int
    miss: Miss | None

    @property
    def covered_ppm(self) -> int:
        """Share of the need that is covered, rounded down; all of it where nothing is needed. [ppm]"""
        return share_ppm(part=self.covered_kwh, whole=self.needed_kwh)


@dataclass(frozen=True, slots=True)
class BuyerResult:
    """How a day ended for one buyer.

    Args:
        requests: All that were sent.
        refusals: Requests that were not taken, by code.
        doubles: Purchases beyond the first of a lot: paid, and of no use.
        last_approved_s: When the last purchase was approved; None where nothing was bought. [s]
    """

    hours: tuple[HourResult, ...]
    ends: tuple[LotEnd, ...]
    requests: int
    refusals: Mapping[PlatformRefusal, int]
    doubles: int
    double_kwh: int
    last_approved_s: int | None

    @property
    def covered_kwh(self) -> int:
        """Energy that could be used. [kWh]"""
        return sum(hour.covered_kwh for hour in self.hours)

    @property
    def lost_kwh(self) -> int:
        """Energy awarded that could not be used. [kWh]"""
        return sum(hour.needed_kwh for hour in self.hours) - self.covered_kwh

    @property
    def uptime_ppm(self) -> int:
        """Share of the energy awarded that could be used, rounded down. [ppm]"""
        return share_ppm(part=self.covered_kwh, whole=self.covered_kwh + self.lost_kwh)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Three buyers under the same faults, what was known ahead, and what was possible.

    Args:
        ahead: By hour, from what was announced.
        bound_kwh: By hour, a largest energy that any buyer can cover with all outages known; its sum is the bound.
            [kWh]
    """

    case: PurchasingCase
    ahead: tuple[HourAhead, ...]
    bound_kwh: tuple[int, ...]
    results: Mapping[Buyer, BuyerResult]

    @property
    def needed_hours(self) -> int:
        """Hours for which energy was awarded."""
        return sum(hour.needed_kwh > 0 for hour in self.case.hours)

    @property
    def needed_kwh(self) -> int:
        """Energy awarded. [kWh]"""
        return sum(hour.needed_kwh for hour in self.case.hours)

    @property
    def bound_ppm(self) -> int:
        """Bound of the uptime, rounded down. [ppm]"""
        return share_ppm(part=sum(self.bound_kwh), whole=self.needed_kwh)


def share_ppm(*, part: int, whole: int) -> int:
    """Give a part as a share, rounded down so that only all of it is 100 %; nothing of nothing is all of it. [ppm]"""
    return floor_div(part * PPM, whole) if whole else PPM


def compare_buyers(*, case: PurchasingCase, stream: Stream) -> Comparison:
    """Let all three buy the same lots on platforms with the same outages and the same fates of requests.

    Guarantees: the same case and stream give the same comparison; see the module for what holds between the buyers.
    """
    lots = lots_of(hours=case.hours, rules=case.rules)
    slots = earliest_slots(
        count=len(lots), rules=case.rules, outages=case.outages, delay_s=case.rules.approval.minimum_s
    )
    possible = best_lots(lots=lots, slots=slots)
    bound_kwh = [0] * len(case.hours)
    for lot in lots:
        bound_kwh[lot.hour_index] += lot.energy_kwh if lot.index in possible else 0
    return Comparison(
        case=case,
        ahead=hours_at_risk(hours=case.hours, rules=case.rules, announced=merged(case.announced)),
        bound_kwh=tuple(bound_kwh),
        results={buyer: buy_as(buyer=buyer, case=case, stream=stream) for buyer in Buyer},
    )


def buy_as(*, buyer: Buyer, case: PurchasingCase, stream: Stream) -> BuyerResult:
    """Let one buyer buy the lots of a case on a platform of its own, and read the result from the platform's book."""
    lots = lots_of(hours=case.hours, rules=case.rules)
    platform = Platform(
        rules=case.rules,
        outages=case.outages,
        closes_s=tuple(hour.starts_s - case.rules.closes_before_s for hour in case.hours),
        fates=Fates(rules=case.rules, lot_count=len(lots), stream=stream.child("requests")),
    )
    if buyer is Buyer.PERSON:
        buy_as_person(platform=platform, lots=lots, person=case.person)
    elif buyer is Buyer.SCRIPT:
        buy_as_script(platform=platform, lots=lots, script=case.script)
    else:
        _buy_as_kezek(platform, lots, case, stream.child("jitter"))
    return _result(platform, lots, case)


def _buy_as_kezek(platform: Platform, lots: Sequence[Lot], case: PurchasingCase, jitter: Stream) -> None:
    KezekBuyer(platform, lots, merged(case.announced), case.backoff, jitter).buy()


def _result(platform: Platform, lots: Sequence[Lot], case: PurchasingCase) -> BuyerResult:
    bought: dict[int, list[Bought]] = {}
    for one in platform.book.values():
        bought.setdefault(one.lot_index, []).append(one)
    ends = tuple(_end(lot, bought.get(lot.index, [])) for lot in lots)
    doubled = {index: len(purchases) - 1 for index, purchases in bought.items()}
    return BuyerResult(
        hours=_hours(platform, lots, case, ends),
        ends=ends,
        requests=platform.requests,
        refusals={code: platform.refusals[code] for code in PlatformRefusal if platform.refusals[code]},
        doubles=sum(doubled.values()),
        double_kwh=sum(count * lots[index].energy_kwh for index, count in doubled.items()),
        last_approved_s=max((one.approved_s for one in platform.book.values()), default=None),
    )


def _end(lot: Lot, purchases: Sequence[Bought]) -> LotEnd:
    if not purchases:
        return LotEnd.NOT_BOUGHT
    return LotEnd.IN_TIME if min(one.approved_s for one in purchases) <= lot.due_s else LotEnd.LATE


def _hours(
    platform: Platform, lots: Sequence[Lot], case: PurchasingCase, ends: Sequence[LotEnd]
) -> tuple[HourResult, ...]:
    by_hour: list[list[Lot]] = [[] for _ in case.hours]
    for lot in lots:
        by_hour[lot.hour_index].append(lot)
    return tuple(_hour(platform, hour.needed_kwh, mine, ends) for hour, mine in zip(case.hours, by_hour, strict=True))


def _hour(platform: Platform, needed_kwh: int, lots: Sequence[Lot], ends: Sequence[LotEnd]) -> HourResult:
    counted = Counter(ends[lot.index] for lot in lots)
    misses = Counter(_miss(platform, lot, ends[lot.index]) for lot in lots if ends[lot.index] is not LotEnd.IN_TIME)
    return HourResult(
        needed_kwh=needed_kwh,
        covered_kwh=sum(lot.energy_kwh for lot in lots if ends[lot.index] is LotEnd.IN_TIME),
        in_time=counted[LotEnd.IN_TIME],
        late=counted[LotEnd.LATE],
        not_bought=counted[LotEnd.NOT_BOUGHT],
        miss=max(Miss, key=lambda miss: misses[miss]) if misses else None,
    )


def _miss(platform: Platform, lot: Lot, end: LotEnd) -> Miss:
    if end is LotEnd.LATE:
        return Miss.APPROVED_LATE
    refusal = platform.last_refusal.get(lot.index)
    return Miss.NOT_REACHED if refusal is None else _MISS_OF[refusal]
