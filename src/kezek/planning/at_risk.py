"""Which delivery hours can be covered at all, known before the first request: slack, lots that cannot make it, why.

No buyer can be faster than the platform. Let s_k be the earliest instant at which a k-th purchase can be taken: not
before the window opens, not in an outage, not before the one before it, 60 seconds after the one that stands a
minute's requests before it, and not before the one that stands `open_max` before it can be approved. By induction the
k-th purchase of any buyer, in whatever order it buys, is taken no earlier than s_k and approved no earlier than s_k
plus the shortest approval. So of all lots due by an instant no buyer gets more in time than there are such approvals
by then. The largest energy that fits under these limits, one for each hour, is the bound: the limits are nested, and
taking the largest lots first is exact.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from kezek.market.lots import lot_sizes
from kezek.market.platform import MINUTE_S, PlatformRules, Window, after_work, next_up
from kezek.units.rounding import PPM, ceil_div, floor_div


@dataclass(frozen=True, slots=True)
class DeliveryHour:
    """An hour that is to be covered.

    Args:
        label: Its name on a Kazakh clock.
        starts_s: When it starts. [s]
        needed_kwh: Energy awarded for it, which the farm wants to use. [kWh]
    """

    label: str
    starts_s: int
    needed_kwh: int


@dataclass(frozen=True, slots=True)
class Lot:
    """One purchase that is needed; it covers its hour if it is approved by `due_s`. [kWh, s]"""

    index: int
    hour_index: int
    energy_kwh: int
    due_s: int


def lots_of(*, hours: Sequence[DeliveryHour], rules: PlatformRules) -> tuple[Lot, ...]:
    """Split the awards of all hours into purchases, in the order of the clock."""
    lots: list[Lot] = []
    for hour_index, hour in enumerate(hours):
        for size in lot_sizes(award_kwh=hour.needed_kwh, purchase_max_kwh=rules.purchase_max_kwh):
            lots.append(Lot(len(lots), hour_index, size, hour.starts_s - rules.closes_before_s))
    return tuple(lots)


@dataclass(frozen=True, slots=True)
class Slots:
    """Earliest instants at which purchases can be taken and approved, in order. [s]"""

    taken_s: tuple[int, ...]
    approved_s: tuple[int, ...]

    def approved_by(self, at_s: int) -> int:
        """Count how many can be approved by an instant."""
        return bisect_right(self.approved_s, at_s)


def earliest_slots(*, count: int, rules: PlatformRules, outages: Sequence[Window], delay_s: int) -> Slots:
    """Find the earliest instants at which any buyer can have purchases taken and approved.

    Args:
        outages: As `merged` gives them.
        delay_s: What each approval takes; with the shortest one nobody is faster. [s]

    >>> from kezek.market.platform import ApprovalDelay
    >>> rules = PlatformRules(0, 0, 2, 9, 1_000, ApprovalDelay(5, 5, 5), 0, 0, 30)
    >>> earliest_slots(count=5, rules=rules, outages=(Window(60, 100),), delay_s=5).taken_s
    (0, 0, 100, 100, 160)
    """
    taken: list[int] = []
    approved: list[int] = []
    for nth in range(count):
        at_s = max(rules.opens_s, taken[-1] if taken else rules.opens_s)
        if nth >= rules.requests_per_minute:
            at_s = max(at_s, taken[nth - rules.requests_per_minute] + MINUTE_S)
        if nth >= rules.open_max:
            at_s = max(at_s, approved[nth - rules.open_max])
        at_s = next_up(at_s=at_s, outages=outages)
        taken.append(at_s)
        approved.append(after_work(at_s=at_s, work_s=delay_s, outages=outages))
    return Slots(tuple(taken), tuple(approved))


def best_lots(*, lots: Sequence[Lot], slots: Slots) -> frozenset[int]:
    """Choose the lots with the most energy that can all be approved in time, by their index.

    Guarantees: no buyer under these limits gets more energy in time.
    """
    groups = _groups(lots)
    dues = sorted(groups)
    free = [slots.approved_by(due_s) for due_s in dues]
    chosen: set[int] = set()
    for due_s, energy_kwh in _by_size(groups):
        first, group = dues.index(due_s), groups[due_s][energy_kwh]
        taken = max(0, min(len(group), *free[first:]))
        chosen.update(group[:taken])
        free[first:] = [left - taken for left in free[first:]]
    return frozenset(chosen)


def _groups(lots: Sequence[Lot]) -> dict[int, dict[int, list[int]]]:
    """Group lots by when they are due and how large they are, for each group their indexes in order."""
    groups: dict[int, dict[int, list[int]]] = {}
    for lot in lots:
        groups.setdefault(lot.due_s, {}).setdefault(lot.energy_kwh, []).append(lot.index)
    return groups


def _by_size(groups: Mapping[int, Mapping[int, list[int]]]) -> list[tuple[int, int]]:
    """List the groups, the largest lots first, of equal ones those that are due first."""
    named = [(due_s, energy_kwh) for due_s, sizes in groups.items() for energy_kwh in sizes]
    return sorted(named, key=lambda one: (-one[1], one[0]))


def planned_lots(
    *, lots: Sequence[Lot], rules: PlatformRules, announced: Sequence[Window], at_s: int
) -> frozenset[int]:
    """Choose the lots to go first from an instant on, by their index: what can be in time even if chance is unkind.

    A lot that is bought at the last moment is in time only if its approval is quick. Where there is not time for all,
    a request for such a lot costs a later lot its place. So the lots with time for the longest approval are chosen
    first, on the requests that are left when some get lost; lots that need a quick approval are added as far as that
    takes nothing from the others.

    Guarantees: `best_lots` where every approval takes the same time and no answer is lost.
    """
    from_now = replace(rules, opens_s=max(at_s, rules.opens_s))
    slots = earliest_slots(count=len(lots), rules=from_now, outages=announced, delay_s=rules.approval.minimum_s)
    spare_s = rules.approval.longest_s - rules.approval.minimum_s
    groups = _groups(lots)
    dues = sorted(groups)
    quick = [slots.approved_by(due_s) for due_s in dues]
    kept_ppm = PPM - rules.lost_ppm
    safe = [floor_div(slots.approved_by(due_s - spare_s) * kept_ppm, PPM) for due_s in dues]
    chosen: set[int] = set()
    for safe_from in (0, 1):
        for due_s, energy_kwh in _by_size(groups):
            first, group = dues.index(due_s), groups[due_s][energy_kwh]
            taken = max(0, min(len(group), *quick[first:], *safe[first + safe_from :]))
            chosen.update(group[:taken])
            del group[:taken]
            for free in (quick, safe):
                free[first:] = [left - taken for left in free[first:]]
    return frozenset(chosen)


class Risk(StrEnum):
    """Why an hour is at risk, in order of precedence: what would have to go for it to be covered."""

    OUTAGE = "planning.risk.outage"
    OPEN_LIMIT = "planning.risk.open_limit"
    RATE_LIMIT = "planning.risk.rate_limit"
    NO_TIME = "planning.risk.no_time"
    FAILURES = "planning.risk.failures"


@dataclass(frozen=True, slots=True)
class HourAhead:
    """What can be known about an hour before the first request.

    Args:
        lots: Purchases that it needs.
        lots_short: Those that no buyer can have approved in time.
        slack_s: Time between the earliest approval of its last purchase and its closing, when what earlier hours can
            get goes first and later hours wait; negative where that is too late. None without a need. [s]
        slack_reserved_s: The same with the requests that will be lost, mean approvals and a longest one at the end.
            [s]
        risk: Why it is at risk; None where it is not.
    """

    hour: DeliveryHour
    lots: int
    lots_short: int
    slack_s: int | None
    slack_reserved_s: int | None
    risk: Risk | None


def with_reserve(*, requests: int, lost_ppm: int) -> int:
    """Add to requests those that will be needed again because an answer is lost; rounded up.

    >>> with_reserve(requests=180, lost_ppm=20_000)
    184
    """
    return ceil_div(requests * PPM, PPM - lost_ppm)


def hours_at_risk(
    *, hours: Sequence[DeliveryHour], rules: PlatformRules, announced: Sequence[Window]
) -> tuple[HourAhead, ...]:
    """Say of each hour, before any request, whether it can be covered, with what slack, and what hinders it.

    Args:
        announced: Outages that are known, as `merged` gives them.

    Guarantees: no request, no chance; the lots short hold the least energy that any buyer must leave.
    """
    lots = lots_of(hours=hours, rules=rules)
    slots = earliest_slots(count=len(lots), rules=rules, outages=announced, delay_s=rules.approval.minimum_s)
    short = _lots_short(hours=hours, rules=rules, outages=announced)
    reasons = _reasons(hours, rules, announced) if any(short) else [Risk.NO_TIME] * len(hours)
    most = with_reserve(requests=len(lots), lost_ppm=rules.lost_ppm)
    usual = earliest_slots(count=most, rules=rules, outages=announced, delay_s=rules.approval.mean_s)
    ahead: list[HourAhead] = []
    before = 0
    for hour_index, hour in enumerate(hours):
        mine = [lot for lot in lots if lot.hour_index == hour_index]
        if not mine:
            ahead.append(HourAhead(hour, 0, 0, None, None, None))
            continue
        last = before + len(mine)
        asked = with_reserve(requests=last, lost_ppm=rules.lost_ppm)
        longest_s = after_work(at_s=usual.taken_s[asked - 1], work_s=rules.approval.longest_s, outages=announced)
        reserved_s = mine[0].due_s - longest_s
        risk = reasons[hour_index] if short[hour_index] else Risk.FAILURES if reserved_s < 0 else None
        slack_s = mine[0].due_s - slots.approved_s[last - 1]
        ahead.append(HourAhead(hour, len(mine), short[hour_index], slack_s, reserved_s, risk))
        before = last - short[hour_index]
    return tuple(ahead)


def _lots_short(*, hours: Sequence[DeliveryHour], rules: PlatformRules, outages: Sequence[Window]) -> list[int]:
    """Count by hour the lots that no buyer can have in time."""
    lots = lots_of(hours=hours, rules=rules)
    slots = earliest_slots(count=len(lots), rules=rules, outages=outages, delay_s=rules.approval.minimum_s)
    best = best_lots(lots=lots, slots=slots)
    short = [0] * len(hours)
    for lot in lots:
        short[lot.hour_index] += lot.index not in best
    return short


def _reasons(hours: Sequence[DeliveryHour], rules: PlatformRules, announced: Sequence[Window]) -> list[Risk]:
    """Take away one hindrance after another: the first without which an hour can be covered is its reason."""
    count = len(lots_of(hours=hours, rules=rules))
    unhurried = replace(rules, open_max=count)
    trials: tuple[tuple[Risk, PlatformRules, Sequence[Window]], ...] = (
        (Risk.OUTAGE, rules, ()),
        (Risk.OPEN_LIMIT, unhurried, announced),
        (Risk.RATE_LIMIT, replace(unhurried, requests_per_minute=count), announced),
    )
    tried = [(risk, _lots_short(hours=hours, rules=easier, outages=outages)) for risk, easier, outages in trials]
    return [next((risk for risk, short in tried if not short[n]), Risk.NO_TIME) for n in range(len(hours))]
