"""What holds between buyers and the bound, on drawn platforms, awards and faults."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.platform import ApprovalDelay, Fates, Platform, PlatformRules, Window, after_work, merged
from kezek.planning.at_risk import DeliveryHour, best_lots, earliest_slots, hours_at_risk, lots_of, planned_lots
from kezek.planning.buyers import Backoff, Person, Script
from kezek.planning.purchasing import Buyer, LotEnd, PurchasingCase, compare_buyers
from kezek.units.chance import Stream

HOUR_S = 3_600
whole = st.integers


@st.composite
def windows(draw, most=3):
    begins = draw(st.lists(whole(-2 * HOUR_S, 3 * HOUR_S), max_size=most))
    return merged(Window(begin, begin + draw(whole(1, HOUR_S))) for begin in begins)


@st.composite
def delays(draw, constant=False):
    minimum = draw(whole(1, 200))
    typical = minimum + (0 if constant else draw(whole(0, 200)))
    return ApprovalDelay(minimum, typical, typical + (0 if constant else draw(whole(0, 1_500))))


@st.composite
def cases(draw, calm=False):
    """A case; a calm one has no chance in it, and no outage that was not announced."""
    needed = draw(st.lists(whole(0, 12_500), min_size=1, max_size=4))
    rules = PlatformRules(
        opens_s=-draw(whole(0, 2 * HOUR_S)),
        closes_before_s=draw(st.sampled_from([0, 60, 600])),
        requests_per_minute=draw(whole(1, 6)),
        open_max=draw(whole(1, 8)),
        purchase_max_kwh=draw(st.sampled_from([1_000, 1_000, 700, None])),
        approval=draw(delays(constant=calm)),
        lost_ppm=0 if calm else draw(st.sampled_from([0, 20_000, 200_000, 500_000])),
        executed_ppm=draw(st.sampled_from([0, 500_000, 1_000_000])),
        timeout_s=draw(whole(1, 120)),
    )
    return PurchasingCase(
        hours=tuple(DeliveryHour(f"{n:02d}:00", n * HOUR_S, kwh) for n, kwh in enumerate(needed)),
        rules=rules,
        announced=draw(windows()),
        surprises=() if calm else draw(windows()),
        person=Person(draw(whole(1, 120)), draw(whole(1, 900)), draw(windows())),
        script=Script(draw(whole(1, 60)), draw(whole(1, 6))),
        backoff=Backoff(draw(whole(1, 10)), draw(whole(10, 120))),
    )


streams = st.builds(Stream, whole(0, 2**32), st.just("property"))


@given(cases(), streams)
@settings(max_examples=150)
def test_no_buyer_covers_more_than_the_bound(case, stream):
    comparison = compare_buyers(case=case, stream=stream)
    bound = sum(comparison.bound_kwh)
    for result in comparison.results.values():
        assert result.covered_kwh <= bound
        assert result.uptime_ppm <= comparison.bound_ppm


@given(cases(), streams)
@settings(max_examples=150)
def test_kezek_buys_nothing_twice_and_every_lot_ends_in_one_way(case, stream):
    comparison = compare_buyers(case=case, stream=stream)
    lots = lots_of(hours=case.hours, rules=case.rules)
    kezek = comparison.results[Buyer.KEZEK]
    assert (kezek.doubles, kezek.double_kwh) == (0, 0)
    for result in comparison.results.values():
        assert len(result.ends) == len(lots)
        for nth, (hour, needed) in enumerate(zip(result.hours, case.hours, strict=True)):
            mine = [lot for lot in lots if lot.hour_index == nth]
            assert hour.in_time + hour.late + hour.not_bought == len(mine)
            covered = sum(lot.energy_kwh for lot in mine if result.ends[lot.index] is LotEnd.IN_TIME)
            assert hour.covered_kwh == covered <= needed.needed_kwh
            assert (hour.miss is None) == (hour.in_time == len(mine))


@given(cases(calm=True), streams)
@settings(max_examples=200)
def test_without_chance_kezek_reaches_the_bound_so_that_nobody_covers_more(case, stream):
    comparison = compare_buyers(case=case, stream=stream)
    kezek = comparison.results[Buyer.KEZEK]
    assert kezek.covered_kwh == sum(comparison.bound_kwh)
    assert kezek.covered_kwh >= comparison.results[Buyer.SCRIPT].covered_kwh
    assert kezek.covered_kwh >= comparison.results[Buyer.PERSON].covered_kwh
    assert dict(kezek.refusals) == {}


@given(cases(calm=True), streams)
def test_without_chance_what_is_named_ahead_is_what_comes(case, stream):
    comparison = compare_buyers(case=case, stream=stream)
    for ahead, result in zip(comparison.ahead, comparison.results[Buyer.KEZEK].hours, strict=True):
        assert ahead.lots == result.in_time + result.late + result.not_bought
        assert (ahead.lots_short == 0) or ahead.risk is not None
    short = sum(one.lots_short for one in comparison.ahead)
    assert short == sum(result.late + result.not_bought for result in comparison.results[Buyer.KEZEK].hours)


@given(cases(), streams)
def test_the_same_case_and_stream_give_the_same_comparison(case, stream):
    assert compare_buyers(case=case, stream=stream) == compare_buyers(case=case, stream=stream)


@given(cases(calm=True))
def test_without_chance_the_plan_is_the_best_one(case):
    lots = lots_of(hours=case.hours, rules=case.rules)
    delay_s = case.rules.approval.minimum_s
    slots = earliest_slots(count=len(lots), rules=case.rules, outages=case.announced, delay_s=delay_s)
    planned = planned_lots(lots=lots, rules=case.rules, announced=case.announced, at_s=case.rules.opens_s)
    assert planned == best_lots(lots=lots, slots=slots)


@given(cases())
def test_the_best_lots_are_as_good_as_the_best_of_all_subsets(case):
    small = replace(case.rules, purchase_max_kwh=2_500)
    lots = lots_of(hours=case.hours[:3], rules=small)[:8]
    slots = earliest_slots(count=len(lots), rules=small, outages=case.announced, delay_s=small.approval.minimum_s)

    def fits(chosen):
        dues = [lot.due_s for lot in chosen]
        return all(sum(one <= due for one in dues) <= slots.approved_by(due) for due in dues)

    subsets = (chosen for count in range(len(lots) + 1) for chosen in combinations(lots, count) if fits(chosen))
    most = max(sum(lot.energy_kwh for lot in chosen) for chosen in subsets)
    best = best_lots(lots=lots, slots=slots)
    assert sum(lot.energy_kwh for lot in lots if lot.index in best) == most


@given(cases(), st.lists(st.tuples(whole(0, 400), whole(0, 11)), max_size=60), streams)
def test_no_order_of_requests_is_taken_or_approved_before_the_earliest_slots(case, requests, stream):
    lots = lots_of(hours=case.hours, rules=case.rules)
    fates = Fates(rules=case.rules, lot_count=len(lots) + 1, stream=stream)
    dues = tuple(hour.starts_s - case.rules.closes_before_s for hour in case.hours)
    platform = Platform(rules=case.rules, outages=case.outages, closes_s=dues, fates=fates)
    at_s, taken = case.rules.opens_s - 100, []
    for pause_s, pick in requests:
        if not lots:
            break
        at_s += pause_s
        lot = lots[pick % len(lots)]
        known = len(platform.book)
        platform.submit(
            at_s=at_s,
            purchase_id=f"{pick}/{pause_s}",
            hour_index=lot.hour_index,
            energy_kwh=lot.energy_kwh,
            lot_index=lot.index,
        )
        taken += [at_s] if len(platform.book) > known else []
    delay_s = case.rules.approval.minimum_s
    slots = earliest_slots(count=len(taken), rules=case.rules, outages=case.outages, delay_s=delay_s)
    approved = sorted(one.approved_s for one in platform.book.values())
    assert all(mine >= earliest for mine, earliest in zip(taken, slots.taken_s, strict=True))
    assert all(mine >= earliest for mine, earliest in zip(approved, slots.approved_s, strict=True))


@given(cases())
def test_a_longer_outage_never_lessens_what_is_short(case):
    before = hours_at_risk(hours=case.hours, rules=case.rules, announced=case.announced)
    longer = merged(Window(one.from_s, one.until_s + 600) for one in case.announced)
    after = hours_at_risk(hours=case.hours, rules=case.rules, announced=longer)
    assert sum(one.lots_short for one in before) <= sum(one.lots_short for one in after)


@given(whole(-500, 500), whole(0, 500), whole(0, 500), windows())
def test_work_begun_later_never_ends_earlier(at_s, later_s, work_s, outages):
    early = after_work(at_s=at_s, work_s=work_s, outages=outages)
    assert at_s + work_s <= early <= after_work(at_s=at_s + later_s, work_s=work_s, outages=outages)
