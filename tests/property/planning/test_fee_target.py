"""What `fee_target` guarantees, against spending every tick more."""

from hypothesis import assume, given
from hypothesis import strategies as st

from kezek.planning.fee_target import FeeBand, FeeTargetCode, QuarterEnergy, fee_target
from kezek.units.rounding import share_of

VAT_PPM = 120_000
quarters = st.builds(
    lambda bought, price, planned, lowest: QuarterEnergy(bought, bought * price, planned, lowest),
    st.integers(0, 8),
    st.integers(1, 40),
    st.integers(1, 8),
    st.integers(1, 40),
)
ticks = st.sampled_from([1, 2, 5])


@st.composite
def scales(draw, known=True):
    """Bands over a small span of prices; rates in any order, some unknown if asked for."""
    edges = sorted(draw(st.sets(st.integers(1, 60), max_size=6)))
    rates = st.integers(0, 40) if known else st.none() | st.integers(0, 40)
    starts = [0, *edges]
    ends = [*edges, None]
    return tuple(FeeBand(a, b, draw(rates)) for a, b in zip(starts, ends, strict=True))


def found(quarter, bands, tick=1):
    return fee_target(quarter=quarter, bands=bands, vat_ppm=VAT_PPM, tick_tiyn_per_kwh=tick)


def every_total(quarter, bands, tick):
    """Total by what is spent, every tick from the lowest price until the last edge is passed; half up by hand."""
    natural = quarter.planned_kwh * (-(-quarter.lowest_tiyn_per_kwh // tick) * tick)
    totals = {}
    for spend in range(natural, max(natural, 70 * quarter.energy_kwh) + tick, tick):
        energy = quarter.cost_tiyn + spend
        average = (2 * energy + quarter.energy_kwh) // (2 * quarter.energy_kwh)
        rate = next(
            one.rate_tiyn_per_kwh
            for one in bands
            if one.from_tiyn_per_kwh <= average and (one.until_tiyn_per_kwh or 10**9) > average
        )
        if rate is not None:
            totals[spend] = energy + share_of(energy, VAT_PPM) + quarter.energy_kwh * rate
    return totals


@given(quarter=quarters, bands=scales(), tick=ticks)
def test_nothing_that_could_be_spent_costs_less_in_all_and_nothing_less_the_same(quarter, bands, tick):
    totals = every_total(quarter, bands, tick)
    best = found(quarter, bands, tick).best
    assert best.total_tiyn == min(totals.values())
    assert best.spend_tiyn == min(spend for spend, total in totals.items() if total == best.total_tiyn)


@given(quarter=quarters, bands=scales(known=False), tick=ticks)
def test_with_unknown_bands_it_is_the_best_of_what_is_known(quarter, bands, tick):
    totals = every_total(quarter, bands, tick)
    target = found(quarter, bands, tick)
    assert (target.best is None) == (not totals)
    if target.best is not None:
        assert target.best.total_tiyn == min(totals.values())
    assert (target.code is FeeTargetCode.RATE_UNKNOWN) == (
        len(bands) > 1 and target.natural.rate_tiyn_per_kwh is None
    )


@given(quarter=quarters, bands=scales())
def test_the_gain_is_never_negative_and_is_the_difference_of_the_totals(quarter, bands):
    target = found(quarter, bands)
    assert target.gain_tiyn == target.natural.total_tiyn - target.best.total_tiyn >= 0
    assert target.extra_tiyn >= 0
    assert target.saved_tiyn >= target.extra_tiyn
    assert (target.code is FeeTargetCode.RAISE) == (target.best is not target.natural)


@given(quarter=quarters, bands=scales(), more=st.integers(1, 10))
def test_a_dearer_lowest_price_never_makes_the_quarter_cheaper(quarter, bands, more):
    dearer = QuarterEnergy(
        quarter.bought_kwh, quarter.cost_tiyn, quarter.planned_kwh, quarter.lowest_tiyn_per_kwh + more
    )
    assert found(quarter, bands).best.total_tiyn <= found(dearer, bands).best.total_tiyn


@given(quarter=quarters, bands=scales(), less=st.integers(1, 10))
def test_a_lower_fee_never_makes_the_quarter_dearer(quarter, bands, less):
    lower = tuple(
        FeeBand(one.from_tiyn_per_kwh, one.until_tiyn_per_kwh, max(0, one.rate_tiyn_per_kwh - less)) for one in bands
    )
    assert found(quarter, lower).best.total_tiyn <= found(quarter, bands).best.total_tiyn


@given(quarter=quarters, average=st.integers(1, 80), tick=ticks)
def test_the_least_spend_reaches_an_average_and_one_tick_less_does_not(quarter, average, tick):
    spend = quarter.least_spend_tiyn(average_tiyn_per_kwh=average, tick_tiyn_per_kwh=tick)
    assume(spend > tick)
    assert quarter.average_tiyn_per_kwh(spend) >= average > quarter.average_tiyn_per_kwh(spend - tick)


@given(quarter=quarters, bands=scales(known=False), rate=st.integers(0, 60))
def test_the_rate_from_which_it_pays_is_exact(quarter, bands, rate):
    target = found(quarter, bands)
    assume(target.pays_from_tiyn_per_kwh is not None)
    told_tiyn = target.natural.power_tiyn + quarter.energy_kwh * rate
    assert (target.best.total_tiyn < told_tiyn) == (rate >= target.pays_from_tiyn_per_kwh)
