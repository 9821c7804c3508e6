from datetime import UTC, datetime

import pytest

from kezek.ledger.charges import (
    NOTHING,
    Charges,
    Cost,
    award_cost,
    difference,
    imbalance_charge,
    imbalance_credit,
    prepayment,
    purchase_cost,
    refund,
    release,
    reservation,
    reservation_id,
    restrike,
    settlement,
    worst_case_tiyn,
)
from kezek.ledger.transfer import (
    CASH,
    ENERGY_SALES,
    IMBALANCE,
    MARKET_FEE,
    TRANSMISSION,
    VAT,
    Ledger,
    LedgerRefused,
    TransferRefusal,
    owed,
    prepaid,
)

AT = datetime(2025, 10, 14, 5, 0, tzinfo=UTC)
WHO = {"operator_id": "OP-001", "at": AT}
ME = prepaid("OP-001")
FULL = Charges(market_fee_tiyn_per_kwh=5, transmission_tiyn_per_kwh=120, vat_ppm=120_000)
VAT_ONLY = Charges(market_fee_tiyn_per_kwh=0, transmission_tiyn_per_kwh=0, vat_ppm=120_000)


def cost(*sizes, price=1_850, charges=FULL):
    return award_cost(sizes_kwh=sizes, price_tiyn_per_kwh=price, charges=charges)


def reserved(amount=6_000_000, paid=10_000_000):
    ledger = Ledger()
    ledger.post(prepayment(**WHO, amount_tiyn=paid, stem="p"))
    ledger.post(reservation(**WHO, amount_tiyn=amount, stem="A"))
    return ledger


def test_a_purchase_by_hand():
    # 1,000 kWh x 18.50 = 18,500.00; fee 50.00; transmission 1,200.00; VAT 12 % of 19,750.00 = 2,370.00.
    one = purchase_cost(energy_kwh=1_000, price_tiyn_per_kwh=1_850, charges=FULL)
    assert one == Cost(1_850_000, 5_000, 120_000, 237_000)
    assert one.total_tiyn == 2_212_000


def test_vat_is_rounded_half_up_once_a_purchase_on_the_sum_of_the_three():
    # 25 tiyn x 2 % = 0.5 -> 1, for each of three purchases; on 75 tiyn together it would be 1.5 -> 2.
    charges = Charges(market_fee_tiyn_per_kwh=2, transmission_tiyn_per_kwh=3, vat_ppm=20_000)
    assert cost(1, price=20, charges=charges) == Cost(20, 2, 3, 1)
    assert cost(1, 1, 1, price=20, charges=charges) == Cost(60, 6, 9, 3)
    assert cost(3, price=20, charges=charges).vat_tiyn == 2


def test_an_award_of_nothing_costs_nothing():
    assert cost() == cost(0) == NOTHING


@pytest.mark.parametrize(("size", "price"), [(-1, 1_850), (1, -1)])
def test_no_purchase_has_a_negative_energy_or_price(size, price):
    with pytest.raises(ValueError, match="a purchase of"):
        cost(1, size, price=price)


@pytest.mark.parametrize("amounts", [(-1, 0, 0), (0, -1, 0), (0, 0, -1)])
def test_no_charge_is_negative(amounts):
    with pytest.raises(ValueError, match="negative charge"):
        Charges(*amounts)


def test_the_worst_case_is_the_whole_order_at_its_own_limit():
    sizes = [1_000, 1_000, 300]
    assert (
        worst_case_tiyn(sizes_kwh=sizes, limit_tiyn_per_kwh=2_000, charges=FULL)
        == cost(*sizes, price=2_000).total_tiyn
    )


def test_a_day_by_hand():
    ledger = reserved(5_600_000, 6_000_000)
    award = cost(1_000, 1_000, 300)
    assert award == Cost(4_255_000, 11_500, 276_000, 545_100)
    ledger.post(settlement(**WHO, cost=award, reserved_id=reservation_id("A"), stem="S"))
    assert ledger.pending_left_tiyn("A/reserved") == 5_600_000 - 5_087_600
    ledger.post(release(**WHO, left_tiyn=512_400, reserved_id="A/reserved", stem="R"))
    ledger.post(refund(**WHO, before=cost(300), left=NOTHING, stem="C"))
    assert ledger.balances_tiyn() == {
        CASH: 6_000_000,
        ENERGY_SALES: -3_700_000,
        MARKET_FEE: -10_000,
        ME: -1_576_000,
        TRANSMISSION: -240_000,
        VAT: -474_000,
    }
    assert ledger.available_tiyn(ME) == ledger.held_tiyn(ME)
    assert [one.transfer_id for one in ledger.transfers()][2:6] == ["S/energy", "S/fee", "S/transmission", "S/vat"]
    assert [one.transfer_id for one in ledger.transfers()][7] == "C/back/energy"


def test_charges_of_zero_are_not_booked():
    group = settlement(**WHO, cost=cost(10, charges=VAT_ONLY), reserved_id="A/reserved", stem="S")
    assert [one.transfer_id for one in group] == ["S/energy", "S/vat"]
    assert settlement(**WHO, cost=NOTHING, reserved_id="A/reserved", stem="S") == ()
    assert refund(**WHO, before=cost(5), left=cost(5), stem="C") == ()


def test_a_settlement_over_what_is_reserved_is_refused_whole():
    ledger = reserved(cost(1_000).total_tiyn - 1)
    with pytest.raises(LedgerRefused) as caught:
        ledger.post(settlement(**WHO, cost=cost(1_000), reserved_id="A/reserved", stem="S"))
    assert caught.value.code is TransferRefusal.PENDING_EXCEEDED
    assert ledger.held_tiyn(ENERGY_SALES) == 0


def test_nothing_left_needs_no_release():
    assert release(**WHO, left_tiyn=0, reserved_id="A/reserved", stem="R") == ()


def test_a_refund_is_the_difference_of_what_was_booked_and_what_stays():
    # 3 kWh at 5: 15 + 1.8 -> 2. 1 kWh stays: 5 + 0.6 -> 1. Back come 10 and 1, not 10 and 1.2.
    before, left = cost(3, price=5, charges=VAT_ONLY), cost(1, price=5, charges=VAT_ONLY)
    assert difference(larger=before, smaller=left) == Cost(10, 0, 0, 1)
    assert [one.amount_tiyn for one in refund(**WHO, before=before, left=left, stem="C")] == [10, 1]


def test_a_new_price_draws_the_difference_from_what_is_still_reserved():
    ledger = reserved(cost(1_000, 1_000, price=2_500).total_tiyn)
    ledger.post(settlement(**WHO, cost=cost(1_000, 1_000), reserved_id="A/reserved", stem="S"))
    ledger.post(refund(**WHO, before=cost(1_000), left=NOTHING, stem="C"))
    stays = {"before": cost(1_000), "after": cost(1_000, price=2_100)}
    ledger.post(restrike(**WHO, **stays, reserved_id="A/reserved", stem="N"))
    assert ledger.held_tiyn(ENERGY_SALES) == 2_100_000
    assert ledger.held_tiyn(VAT) == cost(1_000, price=2_100).vat_tiyn
    assert 10_000_000 - ledger.held_tiyn(ME) == cost(1_000, price=2_100).total_tiyn


def test_a_refund_never_takes_and_a_new_price_is_never_lower():
    with pytest.raises(ValueError, match="is not within"):
        refund(**WHO, before=cost(1), left=cost(2), stem="C")
    with pytest.raises(ValueError, match="is not within"):
        restrike(**WHO, before=cost(1), after=cost(1, price=1), reserved_id="A/reserved", stem="N")


@pytest.mark.parametrize(
    ("amount", "available", "shown"),
    [
        (700, 1_000, [("i/imbalance/paid", ME, 700)]),
        (1_000, 1_000, [("i/imbalance/paid", ME, 1_000)]),
        (1_001, 1_000, [("i/imbalance/paid", ME, 1_000), ("i/imbalance/owed", owed("OP-001"), 1)]),
        (700, 0, [("i/imbalance/owed", owed("OP-001"), 700)]),
        (0, 1_000, []),
    ],
)
def test_an_imbalance_is_paid_as_far_as_the_prepayment_reaches_and_the_rest_is_owed(amount, available, shown):
    group = imbalance_charge(**WHO, amount_tiyn=amount, available_tiyn=available, stem="i")
    assert [(one.transfer_id, one.debit, one.amount_tiyn) for one in group] == shown
    assert all(one.credit == IMBALANCE for one in group)


def test_a_charge_does_not_touch_what_is_reserved():
    ledger = reserved(6_000, 10_000)
    free_tiyn = ledger.available_tiyn(ME)
    ledger.post(imbalance_charge(**WHO, amount_tiyn=9_000, available_tiyn=free_tiyn, stem="i"))
    assert (ledger.available_tiyn(ME), ledger.held_tiyn(ME), ledger.held_tiyn(owed("OP-001"))) == (0, 6_000, -5_000)
    ledger.require_zero()


def test_an_imbalance_credit_goes_to_the_prepayment():
    ledger = reserved()
    ledger.post(imbalance_credit(**WHO, amount_tiyn=250, stem="i"))
    assert (ledger.held_tiyn(ME), ledger.held_tiyn(IMBALANCE)) == (10_000_250, -250)
    assert imbalance_credit(**WHO, amount_tiyn=0, stem="i") == ()


def test_a_charge_and_a_credit_keep_their_directions():
    with pytest.raises(ValueError, match="a charge of -1"):
        imbalance_charge(**WHO, amount_tiyn=-1, available_tiyn=5, stem="i")
    with pytest.raises(ValueError, match="on -5 tiyn"):
        imbalance_charge(**WHO, amount_tiyn=1, available_tiyn=-5, stem="i")
    with pytest.raises(ValueError, match="is a charge"):
        imbalance_credit(**WHO, amount_tiyn=-1, stem="i")
