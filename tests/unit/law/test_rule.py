import pickle
from datetime import date

import numpy as np
import pytest

from kezek.law.origin import Rounding
from kezek.law.reckon import half_up
from kezek.law.rule import RULES, UNSTATED, on_columns, rule
from kezek.law.term import Op, Tape, Term, fact_term
from kezek.law.value import Unit

SAYS = {"source": "s1", "at": "somewhere", "from_on": date(2025, 1, 1), "unit": Unit.TIYN}


@pytest.fixture(autouse=True)
def _rules_as_they_were():
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def double(*, amount):
    """Twice an amount. [tiyn]

    More about it.
    """
    return amount * 2


def test_a_rule_runs_as_the_function_it_was():
    made = rule(**SAYS)(double)
    assert made(amount=21) == 42
    assert made.__name__ == "double"
    assert made.__doc__ == double.__doc__


def test_a_rule_is_known_by_its_name_with_the_first_line_of_its_words():
    rule(**SAYS, until_on=date(2026, 1, 1), exception_to="nothing at all")(double)
    known = RULES["double"]
    assert (known.name, known.label, known.source, known.at) == (
        "double",
        "Twice an amount. [tiyn]",
        "s1",
        "somewhere",
    )
    assert (known.from_on, known.until_on, known.unit) == (date(2025, 1, 1), date(2026, 1, 1), Unit.TIYN)
    assert (known.rounding, known.rounding_at, known.exception_to) == (Rounding.NONE, "", "nothing at all")
    assert known.function is double


@pytest.mark.parametrize(
    "says",
    [{"rounding": Rounding.HALF_UP}, {"rounding": Rounding.UP, "rounding_at": ""}, {"rounding_at": UNSTATED}],
)
def test_rounding_and_where_it_stands_come_together(says):
    with pytest.raises(ValueError, match="where its rounding stands"):
        rule(**SAYS, **says)(double)
    assert "double" not in RULES


def test_a_rule_without_words_is_none():
    def silent(*, amount):
        return amount

    with pytest.raises(ValueError, match="silent"):
        rule(**SAYS)(silent)


def test_two_rules_of_one_name_in_two_modules_are_refused():
    def fee_owed_tiyn(*, amount):
        """Another fee."""
        return amount

    import kezek.duties.fee

    assert RULES["fee_owed_tiyn"].function.__module__ == kezek.duties.fee.__name__
    with pytest.raises(ValueError, match="two rules are called fee_owed_tiyn"):
        rule(**SAYS)(fee_owed_tiyn)


def test_a_module_that_is_loaded_again_replaces_its_rule():
    rule(**SAYS)(double)
    rule(**SAYS)(double)
    assert RULES["double"].function is double


def test_the_result_of_a_term_is_the_rules():
    made, tape = rule(**SAYS)(double), Tape()
    amount = fact_term(21, name="energy", unit="Wh", tape=tape)
    result = made(amount=amount)
    assert (type(result), int(result), result.op, result.about) == (Term, 42, Op.RULE, RULES["double"])
    assert [int(part) for part in result.parts] == [42, 21]
    assert result.tape is tape


def test_a_result_without_a_term_stays_marked_if_an_argument_is_one():
    def chosen(*, amount, other):
        """The other amount."""
        return int(other)

    made = rule(**SAYS)(chosen)
    result = made(amount=fact_term(1, name="amount", unit="", tape=Tape()), other=7)
    assert (type(result), int(result)) == (Term, 7)


def test_a_rule_runs_on_columns():
    made = rule(**SAYS)(double)
    found = on_columns(made, {"amount": np.array([1, -2, 3], np.int64)})
    assert found.tolist() == [2, -4, 6]
    assert found.dtype == np.int64


def test_an_empty_column_gives_an_empty_one():
    assert on_columns(rule(**SAYS)(double), {"amount": np.array([], np.int64)}).tolist() == []


@pytest.mark.parametrize(
    ("amount", "fits"), [(2**62 - 1, True), (2**62, False), (-(2**62) + 1, True), (-(2**62), False)]
)
def test_what_could_leave_int64_is_refused_before_it_is_calculated(amount, fits):
    """Twice 2**62 is one more than int64 holds; its negative would just fit, and is refused with it."""
    made, column = rule(**SAYS)(double), np.array([0, amount], np.int64)
    if fits:
        assert on_columns(made, {"amount": column}).tolist() == [0, 2 * amount]
    else:
        with pytest.raises(OverflowError, match=str(2**63)):
            on_columns(made, {"amount": column})


@pytest.mark.parametrize(
    "column",
    [
        np.array([1, 2], np.int32),
        np.array([1, 2], np.uint64),
        np.array([1.0, 2.0]),
        np.array([True, False]),
        np.array([[1, 2]], np.int64),
        np.array(1, np.int64),
    ],
)
def test_only_columns_of_int64_are_reckoned_with(column):
    with pytest.raises(TypeError, match="amount is no column of int64"):
        on_columns(rule(**SAYS)(double), {"amount": column})


def test_columns_have_one_length():
    def added(*, amount, other):
        """Two amounts added."""
        return amount + other

    made = rule(**SAYS)(added)
    one, two = np.array([1], np.int64), np.array([1, 2], np.int64)
    with pytest.raises(ValueError, match=r"found lengths \[1, 2\]"):
        on_columns(made, {"amount": one, "other": two})
    with pytest.raises(ValueError, match="columns of one length"):
        on_columns(made, {"amount": 1, "other": 2})
    assert on_columns(made, {"amount": two, "other": 1}).tolist() == [2, 3]


@pytest.mark.parametrize("denominator", [0, -1])
def test_a_column_of_denominators_is_positive(denominator):
    def shared(*, amount, among):
        """Part of an amount."""
        return half_up(amount, among)

    made = rule(**SAYS)(shared)
    with pytest.raises(ValueError, match=f"denominator {denominator} is not positive"):
        on_columns(made, {"amount": np.array([7, 7], np.int64), "among": np.array([2, denominator], np.int64)})


def test_the_rules_have_one_home_and_a_rule_is_stored_by_its_name():
    from kezek.duties.fee import fee_owed_tiyn
    from kezek.law import origin

    assert origin.RULES is RULES
    known = RULES[fee_owed_tiyn.__name__]
    assert pickle.loads(pickle.dumps(known)) is known
