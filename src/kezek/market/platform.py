"""A state marketplace with faults, in whole seconds: slow approvals, outages, lost answers, limits on requests.

Modelled: a window that opens at one instant and closes hour by hour; an approval for every purchase, whose clock
stands still during an outage; outages, in which every request is refused; answers that are lost although the purchase
may have been made; ids that are idempotent; a limit on requests in any 60 seconds; a limit on unapproved purchases.

Not modelled: time on the line, the price of asking how a purchase stands, approvals that are denied, office hours of
those who approve, several operators in each other's way, a check that purchases stay within the award.
"""

import heapq
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kezek.units.chance import Stream
from kezek.units.rounding import PPM, ceil_div

MINUTE_S = 60
_STEPS = 1 << 20


class PlatformRefusal(StrEnum):
    """Why the platform did not take a request, in order of precedence; the last one is silence."""

    OUTAGE = "market.platform.outage"
    NOT_OPEN = "market.platform.not_open"
    CLOSED = "market.platform.closed"
    OVER_PURCHASE_MAX = "market.platform.over_purchase_max"
    ID_TAKEN = "market.platform.id_taken"
    RATE_LIMIT = "market.platform.rate_limit"
    TOO_MANY_OPEN = "market.platform.too_many_open"
    NO_ANSWER = "market.platform.no_answer"


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open span of time. [s]"""

    from_s: int
    until_s: int


def merged(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Put windows in order, and those that touch or overlap into one.

    >>> merged([Window(5, 9), Window(0, 5), Window(20, 30)])
    (Window(from_s=0, until_s=9), Window(from_s=20, until_s=30))
    """
    joined: list[Window] = []
    for window in sorted(windows):
        if joined and window.from_s <= joined[-1].until_s:
            joined[-1] = Window(joined[-1].from_s, max(joined[-1].until_s, window.until_s))
        else:
            joined.append(window)
    return tuple(joined)


def next_up(*, at_s: int, outages: Sequence[Window]) -> int:
    """Give the first instant, not before a given one, that lies in no outage. [s]

    Args:
        outages: As `merged` gives them.
    """
    return next((window.until_s for window in outages if window.from_s <= at_s < window.until_s), at_s)


def after_work(*, at_s: int, work_s: int, outages: Sequence[Window]) -> int:
    """Give the instant at which some seconds of work are done that stands still in outages. [s]

    Guarantees: a later start never ends earlier.

    >>> after_work(at_s=0, work_s=10, outages=[Window(4, 100)])
    106
    """
    at_s = next_up(at_s=at_s, outages=outages)
    for window in outages:
        if window.from_s < at_s:
            continue
        if at_s + work_s <= window.from_s:
            break
        work_s -= window.from_s - at_s
        at_s = window.until_s
    return at_s + work_s


@dataclass(frozen=True, slots=True)
class ApprovalDelay:
    """How long an approval takes: half from minimum to typical, half longer, thinning out to the longest. [s]"""

    minimum_s: int
    typical_s: int
    longest_s: int

    def __post_init__(self) -> None:
        if not 1 <= self.minimum_s <= self.typical_s <= self.longest_s:
            raise ValueError(f"{self} is not 1 <= minimum <= typical <= longest")

    def drawn(self, draw: int) -> int:
        """Turn a number in [0, 2**20) into a delay; over the typical one by its cube: long ones are rare. [s]

        >>> delay = ApprovalDelay(10, 30, 300)
        >>> delay.drawn(0), delay.drawn(2**19), delay.drawn(2**20 - 2**17)
        (10, 30, 143)
        """
        half = _STEPS // 2
        if draw < half:
            return self.minimum_s + (self.typical_s - self.minimum_s) * draw // half
        return self.typical_s + (self.longest_s - self.typical_s) * (draw - half) ** 3 // half**3

    @property
    def mean_s(self) -> int:
        """Mean, rounded up. [s]"""
        return ceil_div(
            2 * (self.minimum_s + self.typical_s) + 4 * self.typical_s + self.longest_s - self.typical_s, 8
        )


@dataclass(frozen=True, slots=True)
class PlatformRules:
    """What the platform allows and how well it works.

    Args:
        opens_s: From when on purchases can be requested. [s]
        closes_before_s: How long before an hour starts its purchases must be approved. [s]
        requests_per_minute: Most requests that are taken in any 60 seconds.
        open_max: Most purchases that may wait for approval.
        purchase_max_kwh: Largest purchase; None for an operator without a maximum. [kWh]
        approval: Delay of an approval.
        lost_ppm: Share of requests, else acceptable, that get no answer. [ppm]
        executed_ppm: Share of those that were executed all the same. [ppm]
        timeout_s: After how long silence counts as no answer. [s]
    """

    opens_s: int
    closes_before_s: int
    requests_per_minute: int
    open_max: int
    purchase_max_kwh: int | None
    approval: ApprovalDelay
    lost_ppm: int
    executed_ppm: int
    timeout_s: int

    def __post_init__(self) -> None:
        if min(self.requests_per_minute, self.open_max, self.timeout_s) < 1 or self.closes_before_s < 0:
            raise ValueError(f"{self} has a limit under 1")
        if not (0 <= self.lost_ppm < PPM and 0 <= self.executed_ppm <= PPM):
            raise ValueError(f"{self} has a share out of range")


def drawn_outages(
    *, count: int, shortest_s: int, longest_s: int, within: Window, stream: Stream
) -> tuple[Window, ...]:
    """Draw outages that nobody announced; each begins within a window. [s]"""
    if count == 0:
        return ()
    begins = stream.child("begins").integers(count, within.from_s, within.until_s).tolist()
    lengths = stream.child("lengths").integers(count, shortest_s, longest_s + 1).tolist()
    return merged(Window(begin, begin + length) for begin, length in zip(begins, lengths, strict=True))


@dataclass(frozen=True, slots=True)
class Fate:
    """What chance holds for one request: lost answer or not, executed all the same or not, time to approval."""

    lost: bool
    executed: bool
    delay_s: int


class Fates:
    """Fates by lot and try: the n-th try for a lot meets the same fate whoever makes it, and whenever."""

    def __init__(self, *, rules: PlatformRules, lot_count: int, stream: Stream) -> None:
        self._rules, self._lot_count, self._stream = rules, lot_count, stream
        self._drawn: list[list[Fate]] = []

    def fate(self, *, lot_index: int, nth: int) -> Fate:
        """Give the fate of the n-th try for a lot, from 0."""
        while len(self._drawn) <= nth:
            self._drawn.append(self._draw(self._stream.child(len(self._drawn))))
        return self._drawn[nth][lot_index]

    def _draw(self, stream: Stream) -> list[Fate]:
        count, rules = self._lot_count, self._rules
        lost = stream.child("lost").integers(count, 0, PPM).tolist()
        executed = stream.child("executed").integers(count, 0, PPM).tolist()
        delays = stream.child("delay").integers(count, 0, _STEPS).tolist()
        return [
            Fate(a < rules.lost_ppm, b < rules.executed_ppm, rules.approval.drawn(c))
            for a, b, c in zip(lost, executed, delays, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase in the platform's book.

    Args:
        lot_index: Which lot the buyer wanted it for; the platform itself does not look at it.
        approved_s: When it is approved, and so covers its hour. [s]
    """

    purchase_id: str
    hour_index: int
    energy_kwh: int
    lot_index: int
    approved_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What the platform says to a request: a purchase, or why not.

    Args:
        retry_after_s: How long to wait, where the platform says it; else 0. [s]
    """

    bought: Bought | None
    refusal: PlatformRefusal | None = None
    retry_after_s: int = 0


@dataclass(slots=True)
class Platform:
    """The platform with its book; a new one for each buyer, on the same outages and fates.

    Args:
        outages: All of them, as `merged` gives them.
        closes_s: When each delivery hour closes. [s]
    """

    rules: PlatformRules
    outages: tuple[Window, ...]
    closes_s: tuple[int, ...]
    fates: Fates
    book: dict[str, Bought] = field(default_factory=dict)
    requests: int = 0
    refusals: Counter[PlatformRefusal] = field(default_factory=Counter)
    last_refusal: dict[int, PlatformRefusal] = field(default_factory=dict)
    _counted: deque[int] = field(default_factory=deque)
    _open: list[int] = field(default_factory=list)
    _tries: Counter[int] = field(default_factory=Counter)
    _now_s: int | None = None

    def submit(self, *, at_s: int, purchase_id: str, hour_index: int, energy_kwh: int, lot_index: int) -> Answer:
        """Take a request for a purchase.

        Guarantees: a known id with the same content gives the purchase of the first time and buys nothing; every
        refusal but NO_ANSWER leaves the book as it was; only requests that were taken count against the limits.

        Raises:
            ValueError: requests that do not come in the order of time.
        """
        if self._now_s is not None and at_s < self._now_s:
            raise ValueError(f"a request at {at_s} s after one at {self._now_s} s")
        self._now_s = at_s
        self.requests += 1
        while self._open and self._open[0] <= at_s:
            heapq.heappop(self._open)
        asked = Bought(purchase_id, hour_index, energy_kwh, lot_index, at_s)
        refusal, retry_after_s = self._refusal(asked)
        if refusal is None:
            return self._lottery(asked)
        return self._refused(lot_index, refusal, retry_after_s)

    def _refusal(self, asked: Bought) -> tuple[PlatformRefusal | None, int]:
        """Find the first reason against a request, by precedence; its instant stands in `approved_s`."""
        at_s, rules = asked.approved_s, self.rules
        if next_up(at_s=at_s, outages=self.outages) != at_s:
            return PlatformRefusal.OUTAGE, 0
        if at_s < rules.opens_s:
            return PlatformRefusal.NOT_OPEN, rules.opens_s - at_s
        if at_s >= self.closes_s[asked.hour_index]:
            return PlatformRefusal.CLOSED, 0
        if rules.purchase_max_kwh is not None and asked.energy_kwh > rules.purchase_max_kwh:
            return PlatformRefusal.OVER_PURCHASE_MAX, 0
        known = self.book.get(asked.purchase_id)
        if known is not None and (known.hour_index, known.energy_kwh) != (asked.hour_index, asked.energy_kwh):
            return PlatformRefusal.ID_TAKEN, 0
        while self._counted and self._counted[0] + MINUTE_S <= at_s:
            self._counted.popleft()
        if len(self._counted) >= rules.requests_per_minute:
            return PlatformRefusal.RATE_LIMIT, self._counted[0] + MINUTE_S - at_s
        if known is None and len(self._open) >= rules.open_max:
            return PlatformRefusal.TOO_MANY_OPEN, 0
        return None, 0

    def _refused(self, lot_index: int, refusal: PlatformRefusal, retry_after_s: int) -> Answer:
        self.refusals[refusal] += 1
        if refusal is not PlatformRefusal.CLOSED:
            self.last_refusal[lot_index] = refusal
        return Answer(None, refusal, retry_after_s)

    def _lottery(self, asked: Bought) -> Answer:
        fate = self.fates.fate(lot_index=asked.lot_index, nth=self._tries[asked.lot_index])
        self._tries[asked.lot_index] += 1
        if not fate.lost or fate.executed:
            self._counted.append(asked.approved_s)
            self._enter(asked, fate.delay_s)
        if fate.lost:
            return self._refused(asked.lot_index, PlatformRefusal.NO_ANSWER, 0)
        return Answer(self.book[asked.purchase_id])

    def _enter(self, asked: Bought, delay_s: int) -> None:
        if asked.purchase_id in self.book:
            return
        approved_s = after_work(at_s=asked.approved_s, work_s=delay_s, outages=self.outages)
        heapq.heappush(self._open, approved_s)
        self.book[asked.purchase_id] = Bought(
            asked.purchase_id, asked.hour_index, asked.energy_kwh, asked.lot_index, approved_s
        )
