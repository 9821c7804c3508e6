from dataclasses import replace

import pytest

from kezek.market.platform import (
    ApprovalDelay,
    Fates,
    Platform,
    PlatformRefusal,
    PlatformRules,
    Window,
    after_work,
    drawn_outages,
    merged,
    next_up,
)
from kezek.units.chance import Stream

RULES = PlatformRules(
    opens_s=0,
    closes_before_s=0,
    requests_per_minute=2,
    open_max=2,
    purchase_max_kwh=1_000,
    approval=ApprovalDelay(10, 10, 10),
    lost_ppm=0,
    executed_ppm=0,
    timeout_s=30,
)


class AlwaysLost(Fates):
    """The first try for every lot gets no answer."""

    def __init__(self, *, executed):
        super().__init__(rules=replace(RULES, executed_ppm=executed), lot_count=9, stream=Stream(1, "fates"))

    def fate(self, *, lot_index, nth):
        drawn = super().fate(lot_index=lot_index, nth=nth)
        return replace(drawn, lost=nth == 0)


def platform(*, outages=(), fates=None, **changes):
    rules = replace(RULES, **changes)
    fates = fates or Fates(rules=rules, lot_count=9, stream=Stream(1, "fates"))
    return Platform(rules=rules, outages=merged(outages), closes_s=(600, 4_200), fates=fates)


def ask(where, at_s, purchase_id="a", hour=0, energy=1_000, lot=0):
    return where.submit(at_s=at_s, purchase_id=purchase_id, hour_index=hour, energy_kwh=energy, lot_index=lot)


def test_a_right_request_is_bought_and_approved_after_the_delay():
    answer = ask(platform(), 5)
    assert answer.refusal is None
    assert (answer.bought.approved_s, answer.bought.energy_kwh) == (15, 1_000)


def test_the_same_id_with_the_same_content_is_the_same_purchase():
    one = platform()
    first, again = ask(one, 0), ask(one, 3)
    assert again.bought == first.bought
    assert len(one.book) == 1


def test_the_same_id_with_other_content_is_refused():
    one = platform()
    ask(one, 0)
    assert ask(one, 1, hour=1).refusal is PlatformRefusal.ID_TAKEN
    assert ask(one, 1, energy=999).refusal is PlatformRefusal.ID_TAKEN


def test_the_window_opens_at_one_instant_and_closes_hour_by_hour():
    one = platform(opens_s=100)
    early = ask(one, 99)
    assert (early.refusal, early.retry_after_s) == (PlatformRefusal.NOT_OPEN, 1)
    assert ask(one, 100).bought is not None
    assert ask(one, 599, "b", lot=1).bought.approved_s == 609
    assert ask(one, 600, "c", lot=2).refusal is PlatformRefusal.CLOSED
    assert ask(one, 600, "d", hour=1, lot=3).bought is not None


def test_a_purchase_over_the_cap_is_refused_and_one_without_a_cap_is_not():
    assert ask(platform(), 0, energy=1_001).refusal is PlatformRefusal.OVER_PURCHASE_MAX
    assert ask(platform(purchase_max_kwh=None), 0, energy=180_000).bought is not None


def test_the_rate_limit_says_when_to_come_again_and_means_it():
    one = platform(open_max=9)
    ask(one, 0, "a", lot=0)
    ask(one, 20, "b", lot=1)
    refused = ask(one, 45, "c", lot=2)
    assert (refused.refusal, refused.retry_after_s) == (PlatformRefusal.RATE_LIMIT, 15)
    assert ask(one, 59, "c", lot=2).refusal is PlatformRefusal.RATE_LIMIT
    assert ask(one, 60, "c", lot=2).bought is not None


def test_only_so_many_purchases_wait_for_approval():
    one = platform(requests_per_minute=9)
    ask(one, 0, "a", lot=0)
    ask(one, 1, "b", lot=1)
    assert ask(one, 9, "c", lot=2).refusal is PlatformRefusal.TOO_MANY_OPEN
    assert ask(one, 9, "a", lot=0).bought is not None
    assert ask(one, 10, "c", lot=2).bought is not None


def test_an_outage_refuses_every_request_and_stops_the_clock_of_approvals():
    one = platform(outages=[Window(5, 105)])
    assert ask(one, 0).bought.approved_s == 110
    assert ask(one, 5, "b", lot=1).refusal is PlatformRefusal.OUTAGE
    assert ask(one, 104, "b", lot=1).refusal is PlatformRefusal.OUTAGE
    assert ask(one, 105, "b", lot=1).bought is not None


def test_a_lost_answer_may_hide_a_purchase_and_the_same_id_finds_it():
    one = platform(fates=AlwaysLost(executed=1_000_000))
    assert ask(one, 0).refusal is PlatformRefusal.NO_ANSWER
    assert len(one.book) == 1
    assert ask(one, 30).bought.approved_s == 10


def test_a_new_id_after_a_lost_answer_buys_twice():
    one = platform(fates=AlwaysLost(executed=1_000_000))
    ask(one, 0, "first")
    ask(one, 30, "second")
    assert [purchase.lot_index for purchase in one.book.values()] == [0, 0]


def test_a_lost_request_that_was_not_executed_leaves_no_trace():
    one = platform(fates=AlwaysLost(executed=0))
    for lot in range(3):
        assert ask(one, 0, f"{lot}", lot=lot).refusal is PlatformRefusal.NO_ANSWER
    assert one.book == {}
    assert one.refusals == {PlatformRefusal.NO_ANSWER: 3}


def test_refusals_come_in_their_order_of_precedence():
    one = platform(outages=[Window(700, 800)])
    assert ask(one, 700, energy=5_000).refusal is PlatformRefusal.OUTAGE
    assert ask(one, 800, energy=5_000).refusal is PlatformRefusal.CLOSED
    assert ask(one, 800, energy=5_000, hour=1).refusal is PlatformRefusal.OVER_PURCHASE_MAX


def test_requests_out_of_the_order_of_time_are_a_bug():
    one = platform()
    ask(one, 10)
    with pytest.raises(ValueError, match="a request at 9 s after one at 10 s"):
        ask(one, 9)


def test_fates_depend_on_lot_and_try_and_on_nothing_else():
    rules = replace(RULES, lost_ppm=500_000, executed_ppm=500_000, approval=ApprovalDelay(1, 50, 900))
    left, right = (Fates(rules=rules, lot_count=20, stream=Stream(7, "x")) for _ in range(2))
    forward = [left.fate(lot_index=n, nth=k) for k in range(3) for n in range(20)]
    backward = [right.fate(lot_index=n, nth=k) for k in reversed(range(3)) for n in range(20)]
    assert sorted(forward, key=str) == sorted(backward, key=str)
    assert len({fate.delay_s for fate in forward}) > 20


def test_half_of_the_delays_are_no_longer_than_the_typical_one_and_their_mean_is_the_stated_one():
    delay = ApprovalDelay(10, 30, 300)
    drawn = [delay.drawn(n) for n in range(0, 1 << 20, 64)]
    assert min(drawn) == 10
    assert max(drawn) in (299, 300)
    assert sum(one <= 30 for one in drawn) * 2 >= len(drawn)
    assert abs(sum(drawn) - delay.mean_s * len(drawn)) <= len(drawn)


@pytest.mark.parametrize("delays", [(0, 1, 2), (2, 1, 3), (1, 3, 2)])
def test_delays_that_do_not_rise_are_a_bug(delays):
    with pytest.raises(ValueError, match="minimum <= typical <= longest"):
        ApprovalDelay(*delays)


@pytest.mark.parametrize(
    "change",
    [
        {"requests_per_minute": 0},
        {"open_max": 0},
        {"timeout_s": 0},
        {"closes_before_s": -1},
        {"lost_ppm": 1_000_000},
        {"executed_ppm": -1},
    ],
)
def test_rules_without_sense_are_a_bug(change):
    with pytest.raises(ValueError, match="PlatformRules"):
        replace(RULES, **change)


def test_windows_that_touch_are_one():
    assert merged([Window(10, 20), Window(0, 5), Window(5, 7)]) == (Window(0, 7), Window(10, 20))
    assert merged([Window(0, 50), Window(10, 20)]) == (Window(0, 50),)


def test_time_in_outages_does_not_count_as_work():
    outages = (Window(10, 20), Window(30, 40))
    assert next_up(at_s=9, outages=outages) == 9
    assert next_up(at_s=10, outages=outages) == 20
    assert after_work(at_s=0, work_s=10, outages=outages) == 10
    assert after_work(at_s=0, work_s=11, outages=outages) == 21
    assert after_work(at_s=15, work_s=15, outages=outages) == 45


def test_drawn_outages_begin_in_their_window_and_have_lengths_in_range():
    within = Window(-100, 100)
    drawn = [
        one
        for seed in range(40)
        for one in drawn_outages(count=1, shortest_s=5, longest_s=9, within=within, stream=Stream(seed, "o"))
    ]
    assert {one.until_s - one.from_s for one in drawn} == {5, 6, 7, 8, 9}
    assert all(-100 <= one.from_s < 100 for one in drawn)
    assert drawn_outages(count=0, shortest_s=5, longest_s=9, within=within, stream=Stream(1, "o")) == ()
