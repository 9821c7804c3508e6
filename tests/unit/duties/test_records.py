import pytest

from kezek.duties.finding import Status


@pytest.mark.parametrize(
    ("disclosed", "status"), [(999_999, Status.BREACHED), (1_000_000, Status.MET), (1_000_001, Status.MET)]
)
def test_the_last_satoshi_must_be_disclosed(facts_of, book_of, judge, disclosed, status):
    finding = judge("records.coins", facts_of(book_of(disclosed_sat=disclosed)))
    assert (finding.status, finding.measured, finding.limit) == (status, disclosed, 1_000_000)


def test_not_to_sell_and_not_to_disclose_are_two_offences(facts_of, book_of, judge):
    # law_conflicts.md, 12: mined 10, sold 6, disclosed 10: undisclosed 0, short of the sale 1.5.
    unsold = facts_of(book_of(sold_sat=(("exchange-a", 600_000),)))
    assert judge("records.coins", unsold).status is Status.MET
    assert judge("sale.share", unsold).status is Status.BREACHED
    hidden = facts_of(book_of(disclosed_sat=600_000))
    assert judge("records.coins", hidden).status is Status.BREACHED
    assert judge("sale.share", hidden).status is Status.MET


@pytest.mark.parametrize(
    ("metered", "status"), [(4_899_999, Status.BREACHED), (4_900_000, Status.MET), (5_000_000, Status.MET)]
)
def test_a_meter_may_be_two_percent_under_what_the_coins_imply(facts_of, book_of, judge, metered, status):
    finding = judge("records.energy", facts_of(book_of(least_energy_wh=5_000_000, metered_wh=metered)))
    assert (finding.status, finding.limit) == (status, 4_900_000)


def test_disclosure_is_undetermined_where_its_law_was_not_read(facts_of, judge):
    assert judge("records.coins", facts_of(), profile="published").status is Status.UNDETERMINED
