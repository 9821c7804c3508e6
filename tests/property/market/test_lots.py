from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.market.lots import cut_purchases, lot_sizes, purchases_of
from kezek.market.order import MarketRules, worst_case_tiyn
from kezek.units.rounding import share_of

awards = st.integers(0, 50_000)
maxima = st.none() | st.integers(100, 3_000)


def bought(award_kwh, purchase_max_kwh):
    return purchases_of(
        order_id="A",
        operator_id="OP-001",
        product_id="p",
        award_kwh=award_kwh,
        price_tiyn_per_kwh=1_850,
        purchase_max_kwh=purchase_max_kwh,
        owner_id="OP-001",
    )


@settings(max_examples=200)
@given(award=awards, maximum=maxima)
def test_lots_add_up_to_the_award_none_empty_none_too_large(award, maximum):
    sizes = lot_sizes(award_kwh=award, purchase_max_kwh=maximum)
    assert sum(sizes) == award
    assert all(0 < size <= (maximum or award) for size in sizes)
    assert len(sizes) == (-(-award // maximum) if maximum else (award > 0))


@settings(max_examples=200)
@given(award=awards, maximum=maxima, data=st.data())
def test_a_cut_leaves_exactly_the_new_award_and_touches_nothing_before_it(award, maximum, data):
    left = data.draw(st.integers(0, award))
    purchases = bought(award, maximum)
    cuts = {cut.purchase.purchase_id: cut.left_kwh for cut in cut_purchases(purchases=purchases, award_kwh=left)}
    kept = [cuts.get(purchase.purchase_id, purchase.energy_kwh) for purchase in purchases]
    assert sum(kept) == left
    touched = [purchase.purchase_id in cuts for purchase in purchases]
    assert touched == sorted(touched)
    assert all(kept < purchase.energy_kwh for kept, purchase in zip(kept, purchases, strict=True) if kept == 0)


@settings(max_examples=200)
@given(award=awards, maximum=maxima, price=st.integers(0, 100_000), vat_ppm=st.integers(0, 300_000))
def test_the_worst_cost_is_what_settlement_of_a_full_fill_books(award, maximum, price, vat_ppm):
    rules = MarketRules("pay_as_bid", "time_priority", 1, 1, maximum, vat_ppm)
    nets = [size * price for size in lot_sizes(award_kwh=award, purchase_max_kwh=maximum)]
    booked = sum(nets) + sum(share_of(net, vat_ppm) for net in nets)
    assert worst_case_tiyn(quantity_kwh=award, price_tiyn_per_kwh=price, rules=rules) == booked


@settings(max_examples=200)
@given(award=awards, maximum=maxima, price=st.integers(0, 100_000), vat_ppm=st.integers(0, 300_000), data=st.data())
def test_a_smaller_fill_at_a_lower_price_never_costs_more_than_was_reserved(award, maximum, price, vat_ppm, data):
    rules = MarketRules("uniform", "time_priority", 1, 1, maximum, vat_ppm)
    fill, paid = data.draw(st.integers(0, award)), data.draw(st.integers(0, price))
    cost = worst_case_tiyn(quantity_kwh=fill, price_tiyn_per_kwh=paid, rules=rules)
    assert cost <= worst_case_tiyn(quantity_kwh=award, price_tiyn_per_kwh=price, rules=rules)
