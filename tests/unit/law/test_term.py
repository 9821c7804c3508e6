import operator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.law import keys
from kezek.law.book import load_book
from kezek.law.origin import Fact, Provision
from kezek.law.term import Op, Tape, Term, fact_term, first_term, law_term

NUMBERS = st.integers(-(10**30), 10**30)
ARITHMETIC = [(operator.add, Op.ADD), (operator.sub, Op.SUBTRACT), (operator.mul, Op.MULTIPLY)]
COMPARED = [(operator.lt, "<"), (operator.le, "≤"), (operator.gt, ">"), (operator.ge, "≥")]


def term(amount, tape=None):
    return fact_term(amount, name="amount", unit="Wh", period="2025-Q3", tape=Tape() if tape is None else tape)


@given(one=NUMBERS, other=NUMBERS)
@pytest.mark.parametrize(("operate", "op"), ARITHMETIC)
def test_arithmetic_with_terms_is_arithmetic(operate, op, one, other):
    expected = operate(one, other)
    assert int(operate(term(one), other)) == int(operate(term(one), term(other))) == expected
    assert int(operate(one, term(other))) == expected


@pytest.mark.parametrize(("operate", "op"), ARITHMETIC)
def test_arithmetic_remembers_what_it_was_made_of_and_in_which_order(operate, op):
    left = operate(term(7), 3)
    right = operate(7, term(3))
    for made in (left, right):
        assert (type(made), made.op, made.about) == (Term, op, None)
        assert [int(part) for part in made.parts] == [7, 3]


def test_a_sum_that_starts_at_nothing_is_its_first_part():
    amount = term(7)
    assert sum([amount], start=0) is amount
    assert [int(part) for part in sum([amount, term(3)], start=0).parts] == [7, 3]


@given(one=NUMBERS, other=NUMBERS)
@pytest.mark.parametrize(("compare", "sign"), COMPARED)
def test_comparing_a_term_gives_the_outcome_and_notes_it(compare, sign, one, other):
    tape = Tape()
    amount = term(one, tape)
    assert compare(amount, other) is compare(one, other)
    noted = tape.conditions[0]
    assert (noted.left is amount, noted.sign, noted.right, noted.holds) == (True, sign, other, compare(one, other))


@pytest.mark.parametrize("amount", [0, 1, -1])
def test_whether_a_term_is_nothing_is_noted_as_well(amount):
    tape = Tape()
    assert bool(term(amount, tape)) is bool(amount)
    assert [(one.sign, one.right, one.holds) for one in tape.conditions] == [("≠", 0, bool(amount))]


def test_every_condition_is_noted_in_order():
    tape = Tape()
    assert tape.note("the meter works", "", "", True) is True
    assert tape.note("the meter works", "", "", True) is True
    assert tape.note("the meter works", "", "", False) is False
    assert [one.holds for one in tape.conditions] == [True, True, False]


@given(amount=NUMBERS)
def test_a_term_is_equal_to_its_number_and_stands_for_it_in_a_set(amount):
    assert term(amount) == amount
    assert {term(amount): 1}[amount] == 1
    assert term(amount) != amount + 1


def test_a_fact_knows_its_name_unit_and_period():
    amount = term(7)
    assert (amount.op, amount.parts, amount.about) == (Op.FACT, (), Fact("amount", "Wh", "2025-Q3"))


def test_an_amount_of_the_law_knows_its_value_and_the_row_it_stands_in():
    law = load_book().at(on=date(2023, 7, 1), readings={"fee.bands_2023": "hypothesis"})
    value = law.band_amount(keys.FEE_RATE_GENERAL, 150)
    amount = law_term(2_400, value=value, tape=Tape(), band=law.band(keys.FEE_RATE_GENERAL, 150), asked_at=150)
    assert amount.op is Op.LAW
    assert isinstance(amount.about, Provision)
    assert (amount.about.value.key, amount.about.band.from_amount, amount.about.asked_at) == (
        "fee.rate.general",
        100,
        150,
    )


def test_made_keeps_the_tape_and_says_what_it_is_about():
    amount = term(7)
    made = amount.made(3, Op.LEAST, amount, 3, about=Fact("other", "Wh"))
    assert (int(made), made.op, made.parts, made.about) == (3, Op.LEAST, (7, 3), Fact("other", "Wh"))
    assert made.tape is amount.tape


def test_the_first_term_among_plain_numbers_is_found():
    one, other = term(1), term(2)
    assert first_term(5, "word", one, other) is one
    assert first_term(5, True) is None
    assert first_term() is None


def test_conditions_on_equal_amounts_of_other_facts_are_both_kept():
    tape = Tape()
    energy = fact_term(5, name="metered_wh", unit="Wh", tape=tape)
    coins = fact_term(5, name="received_sat", unit="sat", tape=tape)
    assert energy < 6
    assert coins < 6
    assert [one.left.about.name for one in tape.conditions] == ["metered_wh", "received_sat"]


def test_arithmetic_with_a_fraction_is_that_of_a_whole_number():
    assert term(5) + 1.5 == 6.5
    assert 1.5 + term(5) == 6.5
    assert term(5) * 0.5 == 2.5


def test_a_negative_keeps_its_origin():
    assert (-term(5), (-term(5)).op) == (-5, Op.SUBTRACT)
