from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kezek.ledger.entry import CASH, ENERGY_SALES, VAT_PAYABLE, Entry, Ledger, Overdrawn, Posting, Unbalanced
from kezek.ledger.settlement import prepayment, refund, refund_amounts, release, reservation, settlement

AT = datetime(2025, 10, 14, 3, 0, tzinfo=UTC)
WHO = {"operator_id": "OP-001", "at": AT}


def paid_in(amount_tiyn=1_000_000):
    ledger = Ledger()
    ledger.post(prepayment(**WHO, amount_tiyn=amount_tiyn, entry_id="pay"))
    return ledger


def test_an_entry_that_does_not_add_up_to_zero_cannot_be_made():
    with pytest.raises(Unbalanced, match="adds up to 1 tiyn"):
        Entry("e", AT, "wrong", (Posting("a", 100), Posting("b", -99)))


def test_a_prepayment_is_cash_of_the_buyer_and_a_claim_of_the_operator():
    ledger = paid_in(5_000)
    assert ledger.balances_tiyn() == {CASH: 5_000, "prepaid:OP-001": -5_000}
    assert ledger.held_tiyn("prepaid:OP-001") == 5_000
    assert ledger.held_tiyn("prepaid:OP-002") == 0


@pytest.mark.parametrize(("amount", "held"), [(999_999, 1), (1_000_000, 0)])
def test_a_prepaid_account_may_be_emptied_to_the_last_tiyn(amount, held):
    ledger = paid_in()
    ledger.post(reservation(**WHO, amount_tiyn=amount, entry_id="r"))
    assert ledger.held_tiyn("prepaid:OP-001") == held
    assert ledger.held_tiyn("reserved:OP-001") == amount


def test_a_prepaid_account_is_never_overdrawn_by_a_tiyn_and_nothing_is_booked():
    ledger = paid_in()
    before = ledger.balances_tiyn()
    with pytest.raises(Overdrawn, match=r"overdraws prepaid:OP-001 by 1 tiyn"):
        ledger.post(reservation(**WHO, amount_tiyn=1_000_001, entry_id="r"))
    assert ledger.balances_tiyn() == before
    assert [entry.entry_id for entry in ledger.entries()] == ["pay"]


def test_a_settlement_over_what_is_reserved_is_refused():
    ledger = paid_in()
    ledger.post(reservation(**WHO, amount_tiyn=1_119, entry_id="r"))
    with pytest.raises(Overdrawn):
        ledger.post(settlement(**WHO, nets_tiyn=[1_000], vat_ppm=120_000, entry_id="s"))
    ledger.post(settlement(**WHO, nets_tiyn=[999], vat_ppm=120_000, entry_id="s"))  # 999 + 119.88 -> 1,119
    assert ledger.held_tiyn("reserved:OP-001") == 0


def test_two_postings_of_one_account_count_together():
    ledger = paid_in(100)
    twice = (Posting("prepaid:OP-001", 60), Posting("prepaid:OP-001", 60), Posting(CASH, -120))
    with pytest.raises(Overdrawn, match="by 20 tiyn"):
        ledger.post(Entry("twice", AT, "twice", twice))


def test_the_same_entry_again_is_booked_once():
    ledger = paid_in()
    ledger.post(prepayment(**WHO, amount_tiyn=1_000_000, entry_id="pay"))
    assert ledger.held_tiyn("prepaid:OP-001") == 1_000_000
    assert len(ledger.entries()) == 1


@pytest.mark.parametrize(
    "change",
    [{"memo": "other"}, {"postings": (Posting(CASH, 1), Posting("prepaid:OP-001", -1))}],
    ids=["memo", "amount"],
)
def test_an_entry_id_with_another_content_is_refused(change):
    ledger = paid_in()
    with pytest.raises(ValueError, match="another content"):
        ledger.post(replace(ledger.entries()[0], **change))
    assert ledger.held_tiyn("prepaid:OP-001") == 1_000_000


def test_a_trading_day_by_hand():
    # 2,300 kWh at 18.50 in lots of 1,000: nets 18,500.00, 18,500.00, 5,550.00; VAT 2,220.00, 2,220.00, 666.00.
    nets = [1_850_000, 1_850_000, 555_000]
    ledger = Ledger()
    for entry in (
        prepayment(**WHO, amount_tiyn=6_000_000, entry_id="pay"),
        reservation(**WHO, amount_tiyn=5_500_000, entry_id="reserve"),
        settlement(**WHO, nets_tiyn=nets, vat_ppm=120_000, entry_id="sale"),
        release(**WHO, amount_tiyn=5_500_000 - 4_765_600, entry_id="release"),
        refund(**WHO, net_tiyn=555_000, vat_tiyn=66_600, entry_id="refund"),
    ):
        ledger.post(entry)
    assert ledger.balances_tiyn() == {
        CASH: 6_000_000,
        ENERGY_SALES: -3_700_000,
        "prepaid:OP-001": -1_856_000,
        "reserved:OP-001": 0,
        VAT_PAYABLE: -444_000,
    }


def test_vat_is_rounded_for_each_purchase():
    entry = settlement(**WHO, nets_tiyn=[5, 5, 5], vat_ppm=120_000, entry_id="s")
    assert [posting.amount_tiyn for posting in entry.postings] == [18, -15, -3]


def test_a_refund_is_the_difference_of_what_was_booked_and_what_stays():
    # 3 kWh at 5 tiyn: 15 + 1.8 -> 2. 1 kWh stays: 5 + 0.6 -> 1. Back come 10 and 1, not 10 and 1.2.
    assert refund_amounts(before_kwh=3, left_kwh=1, price_tiyn_per_kwh=5, vat_ppm=120_000) == (10, 1)
    assert refund_amounts(before_kwh=3, left_kwh=3, price_tiyn_per_kwh=5, vat_ppm=120_000) == (0, 0)
