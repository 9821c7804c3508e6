"""Every rule: one number, a traced number and a column give the same; what could overflow is refused."""

import inspect
import sys
from importlib import import_module
from itertools import chain
from pkgutil import iter_modules

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kezek.duties
from kezek.law.book import jurisdictions, load_book
from kezek.law.magnitude import INT64_MAX
from kezek.law.origin import Rounding
from kezek.law.rule import RULES, on_columns
from kezek.law.term import Op, Tape, Term, fact_term
from kezek.law.value import Unit
from kezek.units.rounding import PPM

for module in iter_modules(kezek.duties.__path__):
    import_module(f"kezek.duties.{module.name}")
NAMES = sorted(name for name, rule in RULES.items() if rule.function.__module__.startswith("kezek."))
FALLS_WITH = {
    ("profit_tiyn", "cost_tiyn"),
    ("unsold_value_tiyn", "received_sat"),
    ("undisclosed_value_tiyn", "received_sat"),
    ("fee_after_credit_tiyn", "claimed_tiyn"),
    ("fee_after_credit_tiyn", "most_tiyn"),
    ("least_metered_wh", "tolerance_ppm"),
}
"""A greater amount of these makes a smaller result; of all others a result that is no smaller."""

SHARES = {("least_metered_wh", "tolerance_ppm")}
"""A share of a whole is no more than the whole, of which it is taken off."""

AMOUNTS = st.integers(-(10**6), 10**6)
"""Three of them multiplied stay inside int64."""


def run(name):
    """Give a rule as its callers see it, not the bare function."""
    return getattr(sys.modules[RULES[name].function.__module__], name)


def arguments(name):
    return tuple(inspect.signature(RULES[name].function).parameters)


def test_all_rules_of_the_duties_are_known():
    assert len(NAMES) >= 16


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_columns_equal_cases(name, data):
    """Row by row; a plain number stands for a column of it."""
    rows = data.draw(st.integers(1, 5))
    columns = {one: data.draw(st.lists(AMOUNTS, min_size=rows, max_size=rows)) for one in arguments(name)}
    plain = data.draw(st.sets(st.sampled_from(sorted(columns)), max_size=len(columns) - 1))
    given_columns = {
        one: amounts[0] if one in plain else np.array(amounts, np.int64) for one, amounts in columns.items()
    }
    expected = [
        run(name)(**{one: amounts[0 if one in plain else row] for one, amounts in columns.items()})
        for row in range(rows)
    ]
    assert on_columns(run(name), given_columns).tolist() == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_column_longer_than_a_block_equals_its_cases(name):
    """Rows are calculated in blocks of 32,768: the last row of one and the first of the next are right as well."""
    rows = 2 * 32_768 + 3
    columns = {one: (np.arange(rows, dtype=np.int64) * (7 + n)) % 1_000_003 for n, one in enumerate(arguments(name))}
    found = on_columns(run(name), columns)
    assert len(found) == rows
    for row in (0, 1, 32_767, 32_768, 65_535, 65_536, rows - 1):
        assert found[row] == run(name)(**{one: int(column[row]) for one, column in columns.items()})


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_columns_equal_cases_or_are_refused(name, data):
    """Amounts of any size: never a number that wrapped around."""
    wide = st.integers(-(2**63), 2**63 - 1) | st.integers(-(2**32), 2**32)
    columns = {one: data.draw(st.lists(wide, min_size=2, max_size=2)) for one in arguments(name)}
    try:
        found = on_columns(run(name), {one: np.array(amounts, np.int64) for one, amounts in columns.items()})
    except OverflowError:
        largest = 1
        for one, amounts in columns.items():
            whole = PPM if (name, one) in SHARES else 0
            largest *= max(1, *map(abs, amounts)) + whole
        # The half that rounding adds is at most a denominator: a million for a share, a hundred million for dollars.
        assert largest * 2 + 2 * 10**8 > INT64_MAX
    else:
        cases = [run(name)(**{one: amounts[row] for one, amounts in columns.items()}) for row in range(2)]
        assert found.tolist() == cases


@pytest.mark.parametrize("name", ["licence_fee_tiyn", "administrative_fine_tiyn"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_product_is_refused_exactly_from_the_first_that_does_not_fit(name, sign):
    """INT64_MAX = 7 x 1,317,624,576,693,539,401."""
    first, second = arguments(name)
    fits = INT64_MAX // 7
    assert 7 * fits == INT64_MAX
    column = np.array([1, sign * fits], np.int64)
    assert on_columns(run(name), {first: 7, second: column}).tolist() == [7, sign * INT64_MAX]
    with pytest.raises(OverflowError, match=name):
        on_columns(run(name), {first: 7, second: column + sign})


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_terms_equal_numbers(name, data):
    amounts = {one: data.draw(AMOUNTS) for one in arguments(name)}
    tape = Tape()
    terms = {one: fact_term(amount, name=one, unit="", tape=tape) for one, amount in amounts.items()}
    result, expected = run(name)(**terms), run(name)(**amounts)
    assert type(result) is Term and type(expected) is int
    assert int(result) == expected
    assert (result.op, result.about) == (Op.RULE, RULES[name])
    assert [part.about.name for part in result.parts[1:]] == [*amounts]
    one = data.draw(st.sampled_from(sorted(amounts)))
    assert int(run(name)(**{**amounts, one: terms[one]})) == expected


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=60)
@given(data=st.data())
def test_no_amount_turns_negative_and_more_of_one_never_gives_less(name, data):
    limits = {one: PPM if (name, one) in SHARES else 10**9 for one in arguments(name)}
    amounts = {one: data.draw(st.integers(0, most)) for one, most in limits.items()}
    one = data.draw(st.sampled_from(sorted(amounts)))
    more = data.draw(st.integers(0, PPM - amounts[one] if (name, one) in SHARES else 10**9))
    before, after = run(name)(**amounts), run(name)(**{**amounts, one: amounts[one] + more})
    assert before >= 0
    assert after <= before if (name, one) in FALLS_WITH else after >= before


def _ops(amount):
    if isinstance(amount, Term):
        yield amount.op
        for part in amount.parts:
            yield from _ops(part)


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_rounds_as_it_says_and_not_otherwise(name):
    tape = Tape()
    result = run(name)(**{one: fact_term(7, name=one, unit="", tape=tape) for one in arguments(name)})
    rounded = set(_ops(result)) & {Op.HALF_UP, Op.CEIL, Op.FLOOR}
    said = {Rounding.NONE: set(), Rounding.HALF_UP: {Op.HALF_UP}, Rounding.UP: {Op.CEIL}}
    assert rounded == said[RULES[name].rounding]


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_says_where_it_stands(name):
    rule = RULES[name]
    sources = {*chain.from_iterable(load_book(jurisdiction=one).sources for one in jurisdictions())}
    assert rule.source in sources
    assert rule.at
    assert rule.label and rule.label[0].isupper()
    assert isinstance(rule.unit, Unit)
    assert rule.until_on is None or rule.from_on < rule.until_on
    assert (rule.rounding is not Rounding.NONE) == bool(rule.rounding_at)


@pytest.mark.parametrize("name", [name for name in NAMES if RULES[name].exception_to])
def test_an_exception_names_the_general_rule_it_stands_in_place_of(name):
    general = RULES[RULES[name].exception_to]
    assert general.name != name
    assert not general.exception_to
    assert general.unit is RULES[name].unit


def test_no_rule_is_an_exception_by_chance():
    assert {name for name in NAMES if RULES[name].exception_to} >= {
        "licence_fee_by_power_tiyn",
        "own_or_renewable_rate",
        "own_plant_rate",
        "renewable_plant_rate",
        "faulty_meter_rate",
    }
