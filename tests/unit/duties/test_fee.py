from dataclasses import replace
from datetime import date

import pytest

from kezek.duties.check import check
from kezek.duties.dues import DueKind, dues
from kezek.duties.facts import FeeRecord
from kezek.duties.fee import due_on, fee_owed_tiyn, fee_rate_tiyn_per_kwh
from kezek.duties.finding import ConsequenceKind, Status
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.law.origin import Provision, Rule
from kezek.law.problem import NoRuleInForce
from kezek.law.term import Term
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter

Q3 = Quarter(2025, 3)
RETURN_DUE, PAYMENT_DUE = date(2025, 11, 15), date(2025, 11, 25)
LATER = date(2025, 12, 1)
LENS = Lens(book=load_book(), profile="described", readings={})


def rate(on, route=Route.GRID_SURPLUS, price=1_850, **readings):
    law = load_book().at(on=on, readings={key.replace("__", "."): value for key, value in readings.items()})
    return fee_rate_tiyn_per_kwh(route=route, average_price_tiyn_per_kwh=price, law=law)


# --- the rate of the day --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "route", "price", "tiyn"),
    [
        (date(2022, 1, 1), Route.GRID_SURPLUS, 0, 100),
        (date(2022, 12, 31), Route.GRID_SURPLUS, 9_900, 100),
        (date(2023, 1, 1), Route.GRID_SURPLUS, 2_400, 100),
        (date(2023, 12, 31), Route.GRID_SURPLUS, 9_900, 100),
        (date(2023, 6, 1), Route.OWN_RENEWABLE, 0, 100),
        (date(2023, 6, 1), Route.OWN_GENERATION, 0, 1_000),
        (date(2024, 1, 1), Route.GRID_SURPLUS, 0, 200),
        (date(2024, 1, 1), Route.HOSTED, 0, 200),
        (date(2024, 1, 1), Route.IMPORTED, 0, 200),
        (date(2024, 1, 1), Route.OWN_RENEWABLE, 0, 100),
        (date(2024, 1, 1), Route.OWN_GENERATION, 0, 100),
        (date(2025, 10, 15), Route.GRID_SURPLUS, 9_900, 200),
        (date(2026, 3, 1), Route.GRID_SURPLUS, 9_900, 200),
    ],
)
def test_the_rate_is_that_of_the_day_the_source_and_the_price(on, route, price, tiyn):
    assert rate(on, route, price) == tiyn


@pytest.mark.parametrize("price", [0, 2_000, 2_399])
def test_the_bands_of_2023_between_the_known_points_stop_the_calculation(price):
    with pytest.raises(NoRuleInForce, match="between the known points"):
        rate(date(2023, 6, 1), price=price)


@pytest.mark.parametrize(
    ("price", "tiyn"), [(0, 2_500), (99, 2_500), (100, 2_400), (1_850, 700), (2_000, 500), (2_399, 200), (2_400, 100)]
)
def test_the_hypothesis_of_2023_takes_a_tenge_off_for_each_whole_tenge_of_the_price(price, tiyn):
    assert rate(date(2023, 6, 1), price=price, fee__bands_2023="hypothesis") == tiyn


def test_the_fee_before_2022_stops_the_calculation():
    with pytest.raises(NoRuleInForce):
        rate(date(2021, 12, 31))


@pytest.mark.parametrize(
    ("wh", "tiyn"), [(1_000, 200), (5_000_000, 1_000_000), (2, 0), (3, 1), (1_234_567, 246_913), (0, 0)]
)
def test_the_fee_is_taken_on_the_metered_wh_and_rounded_half_up(wh, tiyn):
    assert fee_owed_tiyn(metered_wh=wh, rate_tiyn_per_kwh=200) == tiyn


# --- return and payment ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "quarter", "on"),
    [
        ("1-20", Quarter(2022, 1), date(2022, 4, 20)),
        ("1-20", Quarter(2022, 4), date(2023, 1, 20)),
        ("2-15", Q3, RETURN_DUE),
        ("2-25", Q3, PAYMENT_DUE),
        ("2-25", Quarter(2025, 4), date(2026, 2, 25)),
    ],
)
def test_deadlines_are_counted_in_months_after_the_quarter(rule, quarter, on):
    assert due_on(rule=rule, quarter=quarter) == on


DUTIES = {"fee.return": (RETURN_DUE, "duties.fee.return"), "fee.payment": (PAYMENT_DUE, "duties.fee.payment")}


def done(duty, on):
    return FeeRecord(
        on if duty == "fee.return" else date(2025, 11, 1), on if duty == "fee.payment" else None, 1_000_000
    )


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize(
    ("days", "status", "ending"),
    [(-1, Status.MET, "_done"), (0, Status.MET, "_done"), (1, Status.BREACHED, "_late")],
)
def test_the_day_of_the_deadline_is_in_time_and_the_day_after_is_late(
    facts_of, book_of, judge, duty, days, status, ending
):
    deadline, stem = DUTIES[duty]
    on = date.fromordinal(deadline.toordinal() + days)
    finding = judge(duty, facts_of(book_of(fee=done(duty, on)), as_of_on=LATER))
    assert (finding.status, finding.reason, finding.deadline_on) == (status, stem + ending, deadline)


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize(
    ("days", "status", "ending"),
    [
        (-15, Status.NOT_APPLICABLE, "_not_yet_due"),
        (-14, Status.AT_RISK, "_due_soon"),
        (-1, Status.AT_RISK, "_due_soon"),
        (0, Status.AT_RISK, "_due_soon"),
        (1, Status.BREACHED, "_missing"),
    ],
)
def test_what_is_not_done_is_at_risk_for_14_days_and_then_in_breach(
    facts_of, book_of, judge, duty, days, status, ending
):
    deadline, stem = DUTIES[duty]
    as_of_on = date.fromordinal(deadline.toordinal() + days)
    finding = judge(duty, facts_of(book_of(fee=FeeRecord(None, None, 0)), as_of_on=as_of_on))
    assert (finding.status, finding.reason) == (status, stem + ending)


@pytest.mark.parametrize("duty", DUTIES)
def test_what_is_only_done_after_the_day_of_the_verdict_is_not_done(facts_of, book_of, judge, duty):
    facts = facts_of(book_of(fee=done(duty, date(2025, 11, 12))), as_of_on=date(2025, 11, 11))
    assert judge(duty, facts).status is Status.AT_RISK


def test_the_first_year_knew_no_return_and_an_earlier_payment(facts_of, book_of, judge):
    book = book_of(Quarter(2022, 4), fee=FeeRecord(None, date(2023, 1, 21), 500_000))
    facts = facts_of(book)
    returned, paid = judge("fee.return", facts), judge("fee.payment", facts)
    assert (returned.status, returned.reason) == (Status.NOT_APPLICABLE, "duties.fee.no_return")
    assert (paid.status, paid.deadline_on) == (Status.BREACHED, date(2023, 1, 20))
    in_time = replace(book, fee=replace(book.fee, paid_on=date(2023, 1, 20)))
    assert judge("fee.payment", facts_of(in_time)).status is Status.MET


# --- the amount -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "status", "short"),
    [(999_999, Status.BREACHED, 1), (1_000_000, Status.MET, 0), (1_000_001, Status.MET, 0)],
)
def test_the_last_tiyn_of_the_fee_decides(facts_of, book_of, judge, paid, status, short):
    # 5 MWh at 2 tenge are 10,000.00 tenge.
    finding = judge("fee.amount", facts_of(book_of(fee=FeeRecord(RETURN_DUE, PAYMENT_DUE, paid))))
    assert (finding.status, finding.limit, finding.at_stake_tiyn) == (status, 1_000_000, short)


@pytest.mark.parametrize(
    ("route", "quarter", "owed"),
    [
        (Route.GRID_SURPLUS, Quarter(2022, 4), 500_000),
        (Route.GRID_SURPLUS, Quarter(2024, 1), 1_000_000),
        (Route.OWN_RENEWABLE, Quarter(2024, 1), 500_000),
        (Route.OWN_RENEWABLE, Quarter(2023, 3), 500_000),
        (Route.OWN_GENERATION, Quarter(2023, 3), 5_000_000),
    ],
)
def test_the_fee_of_the_quarter_and_the_source_applies(facts_of, book_of, judge, route, quarter, owed):
    assert judge("fee.amount", facts_of(book_of(quarter), route=route)).limit == owed


def test_a_cheap_quarter_of_2023_is_undetermined_until_a_reading_is_chosen(facts_of, book_of, judge):
    # At 20 tenge the hypothesis gives 5 tenge: 5,000 kWh x 5 = 25,000.00 tenge.
    paid_on = date(2023, 11, 25)
    right, short = (
        facts_of(
            book_of(
                Quarter(2023, 3), average_price_tiyn_per_kwh=2_000, fee=FeeRecord(date(2023, 11, 15), paid_on, tiyn)
            )
        )
        for tiyn in (2_500_000, 2_499_999)
    )
    assert judge("fee.amount", right).status is Status.UNDETERMINED
    assert judge("fee.amount", right, fee__bands_2023="hypothesis").status is Status.MET
    assert judge("fee.amount", short, fee__bands_2023="hypothesis").status is Status.BREACHED


def test_an_undetermined_fee_says_under_which_readings_it_would_be_determined(facts_of, book_of, judge):
    book = book_of(Quarter(2023, 3), average_price_tiyn_per_kwh=2_000)
    changes = judge("fee.amount", facts_of(book)).changes
    # 10,000.00 paid: short of the hypothesis (25,000.00) and of the draft's 3 tenge (15,000.00).
    assert {(change.question, change.position, change.status) for change in changes} == {
        ("fee.bands_2023", "hypothesis", Status.BREACHED),
        ("fee.bands_2023", "draft_2022", Status.BREACHED),
    }


@pytest.mark.parametrize(
    ("as_of_on", "amount_reason", "payment_status", "stake"),
    [
        (PAYMENT_DUE, "duties.fee.accrued", Status.AT_RISK, 0),
        (LATER, "duties.fee.unpaid", Status.BREACHED, 1_000_000),
    ],
)
def test_an_unpaid_fee_is_one_breach_with_all_of_it_at_stake(
    facts_of, book_of, judge, as_of_on, amount_reason, payment_status, stake
):
    facts = facts_of(book_of(fee=FeeRecord(RETURN_DUE, None, 0)), as_of_on=as_of_on)
    amount, payment = judge("fee.amount", facts), judge("fee.payment", facts)
    assert (amount.status, amount.reason, amount.limit) == (Status.NOT_APPLICABLE, amount_reason, 1_000_000)
    assert (payment.status, payment.at_stake_tiyn, amount.at_stake_tiyn) == (payment_status, stake, 0)


@pytest.mark.parametrize(
    ("as_of_on", "paid", "status", "reason"),
    [
        (date(2025, 11, 20), 999_999, Status.AT_RISK, "duties.fee.part_paid"),
        (PAYMENT_DUE, 999_999, Status.AT_RISK, "duties.fee.part_paid"),
        (date(2025, 11, 26), 999_999, Status.BREACHED, "duties.fee.short"),
        (PAYMENT_DUE, 1_000_000, Status.MET, "duties.fee.covered"),
    ],
)
def test_a_part_payment_is_a_risk_until_the_deadline_has_passed(
    facts_of, book_of, judge, as_of_on, paid, status, reason
):
    facts = facts_of(book_of(fee=FeeRecord(RETURN_DUE, date(2025, 11, 20), paid)), as_of_on=as_of_on)
    amount, payment = judge("fee.amount", facts), judge("fee.payment", facts)
    assert (amount.status, amount.reason, amount.at_stake_tiyn) == (status, reason, 1_000_000 - paid)
    assert (payment.status, payment.at_stake_tiyn) == (Status.MET, 0)


@pytest.mark.parametrize(
    ("paid", "amount_status", "short_tiyn"),
    [(1_000_000, Status.MET, 0), (600_000, Status.BREACHED, 400_000)],
)
def test_of_a_late_payment_only_what_is_missing_is_at_stake_and_the_interest_is_not_known(
    facts_of, book_of, judge, paid, amount_status, short_tiyn
):
    facts = facts_of(book_of(fee=FeeRecord(RETURN_DUE, date(2025, 11, 26), paid)), as_of_on=LATER)
    amount, payment = judge("fee.amount", facts), judge("fee.payment", facts)
    assert (payment.status, payment.reason) == (Status.BREACHED, "duties.fee.payment_late")
    assert (amount.status, payment.at_stake_tiyn, amount.at_stake_tiyn) == (amount_status, 0, short_tiyn)
    (interest,) = payment.consequences
    assert (interest.kind, interest.least, interest.most) == (ConsequenceKind.UNPAID, None, None)
    assert interest.unknown == "the interest on a payment that came late"


def test_what_is_paid_after_the_day_of_the_verdict_is_not_paid(facts_of, book_of, judge):
    facts = facts_of(book_of(fee=FeeRecord(RETURN_DUE, date(2025, 12, 2), 1_000_000)), as_of_on=LATER)
    assert (judge("fee.amount", facts).measured, judge("fee.payment", facts).at_stake_tiyn) == (0, 1_000_000)


def test_a_missing_payment_at_an_unknown_rate_is_a_breach_without_a_sum(facts_of, book_of, judge):
    book = book_of(Quarter(2023, 3), average_price_tiyn_per_kwh=2_000, fee=FeeRecord(None, None, 0))
    finding = judge("fee.payment", facts_of(book))
    assert (finding.status, finding.at_stake_tiyn) == (Status.BREACHED, 0)


@pytest.mark.parametrize("quarter", [Q3, Quarter(2023, 3)])
def test_who_metered_nothing_owes_nothing_whatever_the_rate(facts_of, book_of, judge, quarter):
    book = book_of(quarter, metered_wh=0, average_price_tiyn_per_kwh=2_000, fee=FeeRecord(None, None, 0))
    payment, amount = judge("fee.payment", facts_of(book)), judge("fee.amount", facts_of(book))
    assert (payment.status, payment.reason) == (Status.NOT_APPLICABLE, "duties.fee.nothing_owed")
    assert (amount.status, amount.limit) == (Status.NOT_APPLICABLE, 0)


# --- which rate, and what comes off ---------------------------------------------------------------------------------


def rates_in(amount):
    """Name the rules that a traced amount went through."""
    if not isinstance(amount, Term):
        return set()
    own = {amount.about.name} if isinstance(amount.about, Rule) else set()
    return own.union(*(rates_in(part) for part in amount.parts))


@pytest.mark.parametrize(
    ("quarter", "route", "faulty", "rules"),
    [
        (Quarter(2022, 3), Route.OWN_RENEWABLE, False, {"general_rate"}),
        (Quarter(2023, 3), Route.GRID_SURPLUS, False, {"general_rate"}),
        (Quarter(2023, 3), Route.OWN_RENEWABLE, False, {"renewable_plant_rate"}),
        (Quarter(2023, 3), Route.OWN_GENERATION, False, {"own_plant_rate"}),
        (Quarter(2023, 3), Route.OWN_GENERATION, True, {"own_plant_rate", "faulty_meter_rate"}),
        (Quarter(2024, 1), Route.OWN_RENEWABLE, False, {"own_or_renewable_rate"}),
        (Quarter(2024, 1), Route.OWN_GENERATION, False, {"own_or_renewable_rate"}),
        (Quarter(2024, 1), Route.GRID_SURPLUS, True, {"general_rate"}),
    ],
)
def test_each_rate_is_a_rule_of_its_own_years(facts_of, book_of, judge, quarter, route, faulty, rules):
    book = book_of(quarter, average_price_tiyn_per_kwh=2_400, meter_faulty=faulty)
    limit = judge("fee.amount", facts_of(book, route=route)).trace.amounts["limit"]
    assert rates_in(limit) == {"fee_owed_tiyn", *rules}


def provisions(amount):
    if not isinstance(amount, Term):
        return []
    own = [amount.about] if isinstance(amount.about, Provision) else []
    return own + [one for part in amount.parts for one in provisions(part)]


def test_a_flat_rate_is_asked_at_no_price_and_a_banded_one_at_the_operators(facts_of, book_of, judge):
    flat = judge("fee.amount", facts_of())
    (rate_of_2025,) = {one.value.key: one for one in provisions(flat.trace.amounts["limit"])}.values()
    assert (rate_of_2025.value.content, rate_of_2025.asked_at) == (200, None)
    banded = judge("fee.amount", facts_of(book_of(Quarter(2023, 3), average_price_tiyn_per_kwh=2_500)))
    asked = {one.asked_at for one in provisions(banded.trace.amounts["limit"])}
    assert asked == {2_500}


def test_where_several_rates_fit_the_law_is_asked_and_no_other_rule_is_known(facts_of, book_of):
    book = load_book()
    several = book.quantities["fee.several_rates"]
    other = replace(several, values=tuple(replace(one, content="lowest") for one in several.values))
    lens = Lens(
        book=replace(book, quantities={**book.quantities, "fee.several_rates": other}),
        profile="described",
        readings={},
    )
    with pytest.raises(ValueError, match="lowest"):
        check(facts=facts_of(book_of(Quarter(2023, 3), meter_faulty=True)), lens=lens)


def test_a_rebate_lawfully_claimed_leaves_the_fee_paid_in_full(facts_of, book_of, judge):
    """5,000 kWh of an own renewable plant at 1 tenge are 500,000 tiyn; 5 % of it 25,000, so 475,000 are owed."""
    fee = FeeRecord(RETURN_DUE, PAYMENT_DUE, 475_000)
    book = book_of(rebate_claimed_tiyn=25_000, rebate_eligible=True, fee=fee)
    facts = facts_of(book, route=Route.OWN_RENEWABLE)
    amount, rebate = judge("fee.amount", facts), judge("fee.rebate", facts)
    assert (amount.status, amount.limit, rebate.status, rebate.limit) == (Status.MET, 475_000, Status.MET, 25_000)
    (due,) = [one for one in dues(facts=facts, lens=LENS) if one.kind is DueKind.FEE]
    assert (due.accrued_tiyn, due.open_tiyn) == (475_000, 0)
    unclaimed = judge("fee.amount", facts_of(replace(book, rebate_claimed_tiyn=0), route=Route.OWN_RENEWABLE))
    assert (unclaimed.status, unclaimed.at_stake_tiyn) == (Status.BREACHED, 25_000)
