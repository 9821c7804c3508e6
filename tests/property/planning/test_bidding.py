"""What `choose_bid` and `ceiling_of` guarantee, against trying every tick."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.law.book import load_book
from kezek.planning.bidding import Strategy, Wish, Worth, ceiling_of, choose_bid
from kezek.planning.breakeven import SiteCosts
from kezek.planning.fee_target import FeeBand, fee_bands
from kezek.planning.win_chance import PriceRecord
from kezek.registry.operator import Route

COSTS = SiteCosts(40, 30, 20, 0, 40_000, 20_000, 10_000, 120_000)
LAWS = {
    "flat": load_book().at(on=date(2025, 10, 15)),
    "gross tax": load_book().at(on=date(2025, 10, 15), readings={"tax.income": "s0"}),
    "graded": load_book().at(on=date(2023, 8, 15), readings={"fee.bands_2023": "hypothesis"}),
    "open": load_book().at(on=date(2023, 8, 15)),
    "draft": load_book().at(on=date(2023, 8, 15), readings={"fee.bands_2023": "draft_2022"}),
}
laws = st.sampled_from(sorted(LAWS))
values = st.integers(0, 4_000_000)
ticks = st.sampled_from([1, 5, 25])
records = st.builds(
    lambda prices, count: PriceRecord(tuple(sorted(prices)), count),
    st.lists(st.integers(1_000, 3_500), max_size=12),
    st.integers(0, 6),
)


def worth(value, law):
    return Worth(value, Route.GRID_SURPLUS, COSTS, fee_bands(route=Route.GRID_SURPLUS, law=LAWS[law]), LAWS[law])


@settings(max_examples=25)
@given(value=values, law=laws, tick=ticks)
def test_the_ceiling_is_the_highest_tick_that_pays(value, law, tick):
    of = worth(value, law)
    top = (of.most_tiyn_per_kwh // tick + 2) * tick
    paying = [price for price in range(0, top, tick) if (of.net_tiyn(price) or -1) >= 0 or of.net_tiyn(price) == 0]
    assert ceiling_of(worth=of, tick_tiyn_per_kwh=tick).price_tiyn_per_kwh == (max(paying) if paying else None)


@settings(max_examples=40)
@given(value=values, law=laws, tick=ticks, record=records, reserve=st.integers(1_000, 3_000))
def test_no_tick_earns_more_than_the_best_bid_and_no_lower_one_the_same(value, law, tick, record, reserve):
    of = worth(value, law)
    found = choose_bid(
        worth=of,
        ceiling=ceiling_of(worth=of, tick_tiyn_per_kwh=tick),
        record=record,
        wish=Wish(Strategy.BEST),
        reserve_tiyn_per_kwh=reserve,
        tick_tiyn_per_kwh=tick,
    ).price_tiyn_per_kwh
    lowest = -(-reserve // tick) * tick
    tried = {
        price: net * record.wins_at(price)
        for price in range(lowest, of.most_tiyn_per_kwh + tick, tick)
        if (net := of.net_tiyn(price)) is not None
    }
    most = max(tried.values(), default=0)
    if found is None:
        assert most <= 0
    else:
        assert tried[found] == most > 0
        assert found == min(price for price, gain in tried.items() if gain == most)


@settings(max_examples=40)
@given(
    value=values,
    law=laws,
    tick=ticks,
    record=records,
    reserve=st.integers(1_000, 3_000),
    wish=st.builds(
        Wish,
        st.sampled_from(list(Strategy)),
        margin_tiyn_per_kwh=st.integers(0, 800),
        target_ppm=st.integers(1, 1_000_000),
        uniform=st.booleans(),
    ),
)
def test_no_strategy_bids_off_the_tick_under_the_reserve_or_at_a_loss(value, law, tick, record, reserve, wish):
    of = worth(value, law)
    found = choose_bid(
        worth=of,
        ceiling=ceiling_of(worth=of, tick_tiyn_per_kwh=tick),
        record=record,
        wish=wish,
        reserve_tiyn_per_kwh=reserve,
        tick_tiyn_per_kwh=tick,
    )
    price = found.price_tiyn_per_kwh
    assert (price is None) == (found.why_not is not None)
    if price is not None:
        assert price % tick == 0 and price >= reserve
        assert of.net_tiyn(price) >= 0


@given(record=records, prices=st.tuples(st.integers(1_000, 4_000), st.integers(1_000, 4_000)))
def test_a_higher_price_never_wins_less(record, prices):
    low, high = sorted(prices)
    assert record.wins_at(low) <= record.wins_at(high) <= record.count
    assert record.wins_at(low) + record.ties_at(low) <= record.wins_at(low + 1)


@given(record=records, reserve=st.integers(1_000, 3_500), tick=ticks)
def test_between_two_steps_the_count_of_wins_stays(record, reserve, tick):
    steps = list(record.steps(reserve_tiyn_per_kwh=reserve, tick_tiyn_per_kwh=tick))
    for start, end in zip(steps, [*steps[1:], steps[-1] + 10 * tick], strict=True):
        assert {record.wins_at(price) for price in range(start, end, tick)} == {record.wins_at(start)}


def test_the_band_of_the_draft_is_open_in_the_middle():
    assert FeeBand(1_500, 2_000, None) in worth(1, "draft").bands
