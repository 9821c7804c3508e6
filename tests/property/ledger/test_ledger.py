from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.ledger.entry import CASH, Entry, Ledger, Overdrawn, Posting
from kezek.ledger.settlement import prepayment, refund, refund_amounts, release, reservation, settlement
from kezek.market.lots import cut_purchases, lot_sizes, purchases_of
from kezek.units.rounding import share_of

AT = datetime(2025, 10, 14, 3, 0, tzinfo=UTC)
amounts = st.integers(0, 1_000)
operators = st.sampled_from(["OP-001", "OP-002", "OP-003"])
steps = st.lists(
    st.tuples(st.sampled_from(["pay", "reserve", "settle", "release", "refund"]), operators, amounts, amounts),
    max_size=40,
)


def entry_of(number, kind, operator_id, first, second):
    who = {"operator_id": operator_id, "at": AT, "entry_id": f"e{number}"}
    if kind == "settle":
        return settlement(**who, nets_tiyn=[first, second], vat_ppm=120_000)
    if kind == "refund":
        return refund(**who, net_tiyn=first, vat_tiyn=second)
    make = {"pay": prepayment, "reserve": reservation, "release": release}[kind]
    return make(**who, amount_tiyn=first)


@settings(max_examples=200)
@given(steps=steps)
def test_after_every_step_the_book_adds_up_to_zero_and_no_operator_is_below_nothing(steps):
    ledger = Ledger()
    for number, step in enumerate(steps):
        before = ledger.balances_tiyn()
        try:
            ledger.post(entry_of(number, *step))
        except Overdrawn:
            assert ledger.balances_tiyn() == before
        balances = ledger.balances_tiyn()
        assert sum(balances.values()) == 0
        assert all(ledger.held_tiyn(name) >= 0 for name in balances if name.startswith(("prepaid:", "reserved:")))


@settings(max_examples=100)
@given(steps=steps)
def test_balances_are_the_sums_of_the_postings_that_were_booked(steps):
    ledger = Ledger()
    for number, step in enumerate(steps):
        try:
            ledger.post(entry_of(number, *step))
        except Overdrawn:
            continue
    totals = {}
    for entry in ledger.entries():
        for posting in entry.postings:
            totals[posting.account] = totals.get(posting.account, 0) + posting.amount_tiyn
    assert ledger.balances_tiyn() == totals


@settings(max_examples=100)
@given(steps=steps)
def test_booking_everything_twice_is_booking_it_once(steps):
    once, twice = Ledger(), Ledger()
    for number, step in enumerate(steps):
        entry = entry_of(number, *step)
        for ledger, times in ((once, 1), (twice, 2)):
            for _ in range(times):
                try:
                    ledger.post(entry)
                except Overdrawn:
                    break
    assert once.balances_tiyn() == twice.balances_tiyn()
    assert once.entries() == twice.entries()


@settings(max_examples=200)
@given(
    award=st.integers(1, 20_000),
    maximum=st.none() | st.integers(1, 3_000).filter(lambda size: size >= 50),
    price=st.integers(1, 100_000),
    vat_ppm=st.integers(0, 300_000),
    data=st.data(),
)
def test_settled_then_cut_then_cut_to_nothing_gives_back_every_tiyn(award, maximum, price, vat_ppm, data):
    """Any VAT, any lot size, two curtailments: refunds follow the lots, as the engine books them."""
    sizes = lot_sizes(award_kwh=award, purchase_max_kwh=maximum)
    nets = [size * price for size in sizes]
    cost = sum(nets) + sum(share_of(net, vat_ppm) for net in nets)
    who = {"operator_id": "OP-001", "at": AT}
    ledger = Ledger()
    ledger.post(prepayment(**who, amount_tiyn=cost, entry_id="pay"))
    ledger.post(reservation(**who, amount_tiyn=cost, entry_id="reserve"))
    ledger.post(settlement(**who, nets_tiyn=nets, vat_ppm=vat_ppm, entry_id="settle"))
    assert ledger.held_tiyn("prepaid:OP-001") == ledger.held_tiyn("reserved:OP-001") == 0

    purchases = purchases_of(
        order_id="A",
        operator_id="OP-001",
        product_id="p",
        award_kwh=award,
        price_tiyn_per_kwh=price,
        purchase_max_kwh=maximum,
        owner_id="OP-001",
    )
    left = {purchase.purchase_id: purchase.energy_kwh for purchase in purchases}
    for round_number, new_award in enumerate((data.draw(st.integers(0, award)), 0)):
        for cut in cut_purchases(purchases=purchases, award_kwh=new_award):
            name = cut.purchase.purchase_id
            net, vat = refund_amounts(
                before_kwh=left[name], left_kwh=cut.left_kwh, price_tiyn_per_kwh=price, vat_ppm=vat_ppm
            )
            left[name] = cut.left_kwh
            ledger.post(refund(**who, net_tiyn=net, vat_tiyn=vat, entry_id=f"refund/{round_number}/{name}"))
    assert ledger.balances_tiyn() == {
        CASH: cost,
        "energy_sales:single_buyer": 0,
        "prepaid:OP-001": -cost,
        "reserved:OP-001": 0,
        "vat_payable:single_buyer": 0,
    }


@settings(max_examples=100)
@given(amounts=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=8))
def test_any_balanced_postings_keep_the_book_at_zero(amounts):
    postings = tuple(Posting(f"other:{n}", amount) for n, amount in enumerate(amounts))
    ledger = Ledger()
    ledger.post(Entry("e", AT, "", (*postings, Posting("other:rest", -sum(amounts)))))
    assert sum(ledger.balances_tiyn().values()) == 0
