from dataclasses import replace
from datetime import date

import pytest

from kezek.duties.check import check
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.duties.sale import due_sale_sat, required_sale_sat
from kezek.law.book import load_book
from kezek.units.calendar import Quarter

Q2, Q3, Q4 = Quarter(2025, 2), Quarter(2025, 3), Quarter(2025, 4)


def sold(*amounts):
    return {"sold_sat": tuple((f"exchange-{letter}", sat) for letter, sat in zip("ab", amounts, strict=False))}


@pytest.mark.parametrize(
    ("received", "share", "due"),
    [
        (10 * 10**8, 750_000, 7.5 * 10**8),
        (10 * 10**8, 800_000, 8 * 10**8),
        (1_001, 750_000, 751),
        (1, 750_000, 1),
        (0, 750_000, 0),
        (100, 0, 0),
        (3, 500_000, 2),
    ],
)
def test_the_due_share_is_rounded_up_to_the_satoshi(received, share, due):
    assert required_sale_sat(received_sat=received, share_ppm=share) == due


@pytest.mark.parametrize(
    ("sat", "status"),
    [(749_999, Status.BREACHED), (750_000, Status.MET), (750_001, Status.MET), (0, Status.BREACHED)],
)
def test_the_last_satoshi_of_the_share_decides(facts_of, book_of, judge, sat, status):
    finding = judge("sale.share", facts_of(book_of(**sold(sat))))
    assert (finding.status, finding.measured, finding.limit) == (status, sat, 750_000)
    assert finding.deadline_on == date(2025, 9, 30)


def test_a_shortfall_is_worth_its_part_of_the_coins_value(facts_of, book_of, judge):
    # 250,000 of 1,000,000 sat short, worth a quarter of 10,000,000 tiyn.
    assert judge("sale.share", facts_of(book_of(**sold(500_000)))).at_stake_tiyn == 2_500_000
    assert judge("sale.share", facts_of(book_of(**sold(750_000)))).at_stake_tiyn == 0


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        (Quarter(2023, 4), 0),
        (Quarter(2024, 1), 500_000),
        (Quarter(2024, 4), 500_000),
        (Quarter(2025, 1), 750_000),
        (Quarter(2026, 1), 750_000),
    ],
)
def test_the_share_of_the_quarter_applies(facts_of, book_of, judge, quarter, due):
    enough = judge("sale.share", facts_of(book_of(quarter, **sold(due))))
    assert (enough.status, enough.limit) == (Status.MET, due)
    if due:
        assert judge("sale.share", facts_of(book_of(quarter, **sold(due - 1)))).status is Status.BREACHED


def test_a_quarter_of_the_coins_was_due_in_2023_under_the_press_reading(facts_of, book_of, judge):
    facts = facts_of(book_of(Quarter(2023, 4), **sold(249_999)))
    assert judge("sale.share", facts).status is Status.MET
    assert judge("sale.share", facts, sale__share_2023="press").status is Status.BREACHED


def test_coins_sold_elsewhere_count_for_nothing_and_breach_the_venue(facts_of, book_of, judge):
    facts = facts_of(book_of(sold_sat=(("exchange-a", 749_999), ("exchange-abroad", 1))))
    assert judge("sale.share", facts).status is Status.BREACHED
    venue = judge("sale.venue", facts)
    assert (venue.status, venue.measured) == (Status.BREACHED, 1)
    assert venue.evidence == ("exchange-abroad (1 sat)",)


def test_an_exchange_on_which_nothing_was_sold_is_no_breach(facts_of, book_of, judge):
    facts = facts_of(book_of(sold_sat=(("exchange-a", 750_000), ("exchange-abroad", 0))))
    assert judge("sale.venue", facts).status is Status.MET


def test_coins_before_the_pools_fee_count_under_that_reading(facts_of, book_of, judge):
    # 75 % of 1,010,000 mined is 757,500.
    for sat, status in ((757_499, Status.BREACHED), (757_500, Status.MET)):
        assert judge("sale.share", facts_of(book_of(**sold(sat))), sale__denominator="coins_mined").status is status


def test_a_surplus_of_the_quarter_before_counts_only_under_the_reading_that_carries_it(facts_of, book_of, judge):
    # 850,000 sold in Q2 are 100,000 over; 650,000 in Q3 are 100,000 short.
    facts = facts_of(book_of(Q2, **sold(850_000)), book_of(Q3, **sold(650_000)))
    assert judge("sale.share", facts).status is Status.BREACHED
    carried = judge("sale.share", facts, sale__carry_over="yes")
    assert (carried.status, carried.measured) == (Status.MET, 750_000)
    short_before = facts_of(book_of(Q2, **sold(10)), book_of(Q3, **sold(750_000)))
    assert judge("sale.share", short_before, sale__carry_over="yes").status is Status.MET


def test_a_quarter_of_a_calendar_year_is_behind_pace_at_worst(facts_of, book_of, judge):
    finding = judge("sale.share", facts_of(book_of(**sold(1))), sale__period="calendar_year")
    assert (finding.status, finding.reason) == (Status.AT_RISK, "duties.sale.behind_pace")
    assert finding.deadline_on == date(2025, 12, 31)


def test_a_short_last_quarter_leaves_a_calendar_year_undetermined_without_its_other_quarters(
    facts_of, book_of, judge
):
    finding = judge("sale.share", facts_of(book_of(Q4, **sold(1))), sale__period="calendar_year")
    assert finding.status is Status.UNDETERMINED
    assert finding.reason == "duties.sale.whole_year_needed"


def test_a_quarter_without_coins_owes_no_sale(facts_of, book_of, judge):
    book = book_of(mined_sat=0, received_sat=(), sold_sat=(), disclosed_sat=0)
    finding = judge("sale.share", facts_of(book))
    assert (finding.status, finding.limit, finding.at_stake_tiyn) == (Status.MET, 0, 0)


@pytest.mark.parametrize(
    ("denominator", "share", "due"),
    [
        ("coins_received", "majority", 750_000),
        ("coins_mined", "majority", 757_500),
        ("coins_received", "s2", 800_000),
        ("coins_mined", "s2", 808_000),
    ],
)
def test_what_is_due_follows_the_denominator_and_the_share_that_are_read(denominator, share, due):
    law = load_book().at(on=date(2025, 9, 30), readings={"sale.denominator": denominator, "sale.share_2025": share})
    assert due_sale_sat(received_sat=1_000_000, mined_sat=1_010_000, law=law) == due


def test_a_deadline_that_no_rule_explains_is_a_gap_that_raises(facts_of):
    book = load_book()
    deadline = book.quantities["sale.deadline"]
    other = replace(deadline, values=tuple(replace(value, content="end_of_next_month") for value in deadline.values))
    odd = replace(book, quantities={**book.quantities, "sale.deadline": other})
    with pytest.raises(ValueError, match="end_of_next_month"):
        check(facts=facts_of(), lens=Lens(book=odd, profile="described", readings={}))
