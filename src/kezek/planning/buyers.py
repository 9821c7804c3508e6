"""Three ways to buy the same lots on the same platform: a person clicking, a naive script, and Kezek."""

import heapq
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field

from kezek.market.platform import MINUTE_S, Answer, Platform, PlatformRefusal, Window, after_work, next_up
from kezek.planning.at_risk import Lot, planned_lots
from kezek.units.chance import Stream

REPLAN_S = 300
"""How long a plan stands at least. [s]"""
_MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who buys by hand, one purchase at a time, and waits for each approval.

    Args:
        click_s: From the decision to the request. [s]
        notices_after_s: How long until a failure is seen. [s]
        at_work: When purchases are begun. [s]
    """

    click_s: int
    notices_after_s: int
    at_work: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Script:
    """A loop over the lots that asks, waits for the approval, and asks again under a new id where that fails.

    Args:
        pause_s: Wait after a failure. [s]
        tries_max: Tries for a lot; then it is given up.
    """

    pause_s: int
    tries_max: int


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long Kezek waits after a failure: twice as long each time, less up to a half by chance. [s]"""

    first_s: int
    longest_s: int

    def wait_s(self, *, tries: int, slack_s: int, jitter: Stream) -> int:
        """Give the wait after some failures in a row, never more than half of what time is left. [s]"""
        wait_s = min(self.first_s << min(tries, _MOST_DOUBLINGS), self.longest_s)
        wait_s -= jitter.integer(0, wait_s // 2 + 1)
        return max(1, min(wait_s, slack_s // 2))


def buy_as_person(*, platform: Platform, lots: Sequence[Lot], person: Person) -> None:
    """Buy by hand in the order of the clock; the list of purchases shows what was bought, so nothing is twice."""
    at_s = platform.rules.opens_s
    for lot in lots:
        while True:
            begins_s = _at_work(at_s, person.at_work)
            if begins_s is None:
                return
            asked_s = begins_s + person.click_s
            if asked_s >= lot.due_s:
                break
            answer = _ask(platform, lot, asked_s, f"{lot.index}")
            if answer.bought is not None:
                at_s = max(asked_s, answer.bought.approved_s)
                break
            at_s = asked_s + max(person.notices_after_s, _silence_s(platform, answer))


def _at_work(at_s: int, at_work: Sequence[Window]) -> int | None:
    """Give the first instant at work, not before a given one. [s]"""
    return next((max(at_s, window.from_s) for window in at_work if at_s < window.until_s), None)


def _silence_s(platform: Platform, answer: Answer) -> int:
    """How long an answer takes: none at all is known after the time-out. [s]"""
    return platform.rules.timeout_s if answer.refusal is PlatformRefusal.NO_ANSWER else 0


def _ask(platform: Platform, lot: Lot, at_s: int, purchase_id: str) -> Answer:
    return platform.submit(
        at_s=at_s,
        purchase_id=purchase_id,
        hour_index=lot.hour_index,
        energy_kwh=lot.energy_kwh,
        lot_index=lot.index,
    )


def buy_as_script(*, platform: Platform, lots: Sequence[Lot], script: Script) -> None:
    """Buy in the order of the clock; a lost answer is asked again under a new id, which may buy twice."""
    at_s = platform.rules.opens_s
    for lot in lots:
        for nth in range(script.tries_max):
            answer = _ask(platform, lot, at_s, f"{lot.index}/{nth}")
            if answer.bought is not None:
                at_s = max(at_s, answer.bought.approved_s)
                break
            if answer.refusal is PlatformRefusal.CLOSED:
                break
            at_s += _silence_s(platform, answer) + script.pause_s


@dataclass(slots=True)
class KezekBuyer:
    """Buy by deadline: as many at once as the platform allows, one id for each lot, and patient where it fails.

    It knows the rules, the outages that were announced, and the answers that it got; nothing else.

    It plans which lots go first with `planned_lots`, and again, at most every `REPLAN_S`, when it has fallen behind.

    Args:
        announced: Outages that are known, as `merged` gives them.
    """

    platform: Platform
    lots: Sequence[Lot]
    announced: tuple[Window, ...]
    backoff: Backoff
    jitter: Stream
    _planned: frozenset[int] = frozenset()
    _planned_s: int = 0
    _ready: list[tuple[bool, int, int, int]] = field(default_factory=list)
    _waiting: list[tuple[int, int]] = field(default_factory=list)
    _taken: list[int] = field(default_factory=list)
    _approvals: list[int] = field(default_factory=list)
    _tries: dict[int, int] = field(default_factory=dict)
    _held_until_s: int = 0
    _refused_in_a_row: int = 0

    def buy(self) -> None:
        """Buy until every lot is bought or cannot be in time any more."""
        at_s: int | None = self.platform.rules.opens_s
        self._held_until_s = self.platform.rules.opens_s
        self._plan(self.lots, self.platform.rules.opens_s)
        for lot in self.lots:
            self._make_ready(lot)
        while at_s is not None:
            at_s = self._act(at_s)

    def _plan(self, lots: Sequence[Lot], at_s: int) -> None:
        rules = self.platform.rules
        self._planned = planned_lots(lots=lots, rules=rules, announced=self.announced, at_s=at_s)
        self._planned_s = at_s

    def _replan_if_behind(self, at_s: int) -> None:
        """Choose anew where the lot at the head has no time left for the longest approval."""
        if not self._ready or at_s < self._planned_s + REPLAN_S:
            return
        longest_s = self.platform.rules.approval.longest_s
        if self._ready[0][1] >= after_work(at_s=at_s, work_s=longest_s, outages=self.announced):
            return
        ready = [self.lots[entry[3]] for entry in self._ready]
        self._plan([*ready, *(self.lots[index] for _, index in self._waiting)], at_s)
        self._ready.clear()
        for lot in ready:
            self._make_ready(lot)

    def _make_ready(self, lot: Lot) -> None:
        heapq.heappush(self._ready, (lot.index not in self._planned, lot.due_s, -lot.energy_kwh, lot.index))

    def _act(self, at_s: int) -> int | None:
        """Send what can be sent, and give the next instant at which something can change; None at the end."""
        while self._waiting and self._waiting[0][0] <= at_s:
            self._make_ready(self.lots[heapq.heappop(self._waiting)[1]])
        while self._approvals and self._approvals[0] <= at_s:
            heapq.heappop(self._approvals)
        self._drop_hopeless(at_s)
        self._replan_if_behind(at_s)
        while self._ready and self._gate(at_s) <= at_s:
            self._send(self.lots[heapq.heappop(self._ready)[3]], at_s)
            self._drop_hopeless(at_s)
        instants = [self._waiting[0][0]] if self._waiting else []
        return min([*instants, self._gate(at_s)] if self._ready else instants, default=None)

    def _drop_hopeless(self, at_s: int) -> None:
        """Leave the lots at the head that cannot be approved in time, not even by the quickest approval."""
        earliest_s = self._earliest_approval(at_s)
        while self._ready and self._ready[0][1] < earliest_s:
            heapq.heappop(self._ready)

    def _earliest_approval(self, at_s: int) -> int:
        return after_work(at_s=at_s, work_s=self.platform.rules.approval.minimum_s, outages=self.announced)

    def _gate(self, at_s: int) -> int:
        """When the limits let the next request through, as far as the answers tell. [s]"""
        rules = self.platform.rules
        gate_s = max(at_s, self._held_until_s)
        if len(self._taken) == rules.requests_per_minute:
            gate_s = max(gate_s, self._taken[0] + MINUTE_S)
        if len(self._approvals) >= rules.open_max:
            gate_s = max(gate_s, self._approvals[0])
        return next_up(at_s=gate_s, outages=self.announced)

    def _send(self, lot: Lot, at_s: int) -> None:
        answer = _ask(self.platform, lot, at_s, f"{lot.index}")
        if answer.bought is not None:
            self._took(at_s, answer.bought.approved_s)
        elif answer.refusal is PlatformRefusal.NO_ANSWER:
            tries = self._tries[lot.index] = self._tries.get(lot.index, -1) + 1
            silent_until_s = at_s + self.platform.rules.timeout_s
            again_s = silent_until_s + self._wait_s(lot, silent_until_s, tries)
            heapq.heappush(self._waiting, (again_s, lot.index))
        else:
            self._hold(lot, at_s, answer)

    def _took(self, at_s: int, approved_s: int) -> None:
        self._refused_in_a_row = 0
        self._count(at_s)
        if approved_s > at_s:
            heapq.heappush(self._approvals, approved_s)

    def _count(self, taken_s: int) -> None:
        """Remember when the latest requests were taken that fill a minute's limit."""
        insort(self._taken, taken_s)
        del self._taken[: -self.platform.rules.requests_per_minute]

    def _hold(self, lot: Lot, at_s: int, answer: Answer) -> None:
        """Send nothing for as long as the platform says, or until another try with one request is worth it."""
        if answer.refusal not in (
            PlatformRefusal.OUTAGE,
            PlatformRefusal.RATE_LIMIT,
            PlatformRefusal.TOO_MANY_OPEN,
        ):
            raise ValueError(f"lot {lot.index} at {at_s} s: {answer.refusal} cannot happen to a right request")
        wait_s = answer.retry_after_s or self._wait_s(lot, at_s, self._refused_in_a_row)
        if answer.refusal is PlatformRefusal.TOO_MANY_OPEN and self._approvals:
            wait_s = min(wait_s, self._approvals[0] - at_s)
        oldest_s = at_s + wait_s - MINUTE_S
        if answer.refusal is PlatformRefusal.RATE_LIMIT and oldest_s not in self._taken:
            self._count(oldest_s)  # one whose answer was lost was taken after all
        self._refused_in_a_row += 1
        self._held_until_s = at_s + wait_s
        self._make_ready(lot)

    def _wait_s(self, lot: Lot, at_s: int, tries: int) -> int:
        slack_s = lot.due_s - self._earliest_approval(at_s)
        return self.backoff.wait_s(tries=tries, slack_s=slack_s, jitter=self.jitter.child(lot.index, tries, at_s))
