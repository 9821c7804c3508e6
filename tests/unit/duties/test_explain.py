"""Explanations of hand-made amounts: every step with its numbers, article, rounding and band row."""

import json
from datetime import date

import pytest

from kezek.duties.explain import Examined, as_json, explain, plain_name
from kezek.duties.finding import Finding, Status, Unit
from kezek.duties.formula import exact_quotient, formula, in_words, unit_of
from kezek.duties.trace import Trace
from kezek.law import keys
from kezek.law.absence import NotYetInForce
from kezek.law.book import load_book
from kezek.law.origin import Rounding
from kezek.law.reckon import ceil_div, half_up, least, most
from kezek.law.rule import RULES, rule
from kezek.law.term import Tape, fact_term, law_term
from kezek.law.value import Unit as LawUnit

BOOK = load_book()
AT = "a paper that says half up"


@rule(
    source="tax_law_165",
    at="Art. 606-5(1)",
    from_on=date(2022, 1, 1),
    unit=LawUnit.TIYN,
    rounding=Rounding.HALF_UP,
    rounding_at=AT,
    exception_to="general_example",
)
def example_fee_tiyn(*, metered_wh, rate_tiyn_per_kwh):
    """Fee of the example. [tiyn]"""
    return half_up(metered_wh * rate_tiyn_per_kwh, 1_000)


@pytest.fixture(scope="module", autouse=True)
def _no_rule_is_left_behind():
    yield
    RULES.pop("example_fee_tiyn", None)


@pytest.fixture
def tape():
    return Tape()


def energy(tape, amount=1_234_567):
    return fact_term(amount, name="metered_wh", unit="Wh", period="2025-Q3", tape=tape)


def rate_at(tape, price, on=date(2025, 9, 30)):
    law = BOOK.at(on=on, accept_unconfirmed=frozenset())
    value = law.band_amount(keys.FEE_RATE_GENERAL, price)
    band = law.band(keys.FEE_RATE_GENERAL, price)
    return law_term(value.content, value=value, tape=tape, band=band, asked_at=price)


def explained(tape, *, say=plain_name, conditions=(), asked=None, positions=None, **amounts):
    plain = {name: int(amount) for name, amount in amounts.items()}
    trace = Trace(amounts, tuple(conditions or tape.conditions), asked or {}, positions or {})
    finding = Finding(
        "fee.amount", "2025-Q3", Status.BREACHED, "duties.fee.short", unit=Unit.TIYN, trace=trace, **plain
    )
    return explain(finding, book=BOOK, say=say)


def test_a_fee_is_explained_down_to_its_rounding(tape):
    """1 234 567 Wh x 200 tiyn/kWh = 246 913.4 tiyn, half up 246 913."""
    fee = example_fee_tiyn(metered_wh=energy(tape), rate_tiyn_per_kwh=rate_at(tape, 1_850))
    ((name, step),) = explained(tape, limit=fee, say={"metered_wh": "energy metered"}.get).amounts
    assert (name, step.kind, step.label) == ("limit", "rule", "Fee of the example")
    assert (step.value, step.unit, step.says) == (246_913, "tiyn", "2 469.13 ₸")
    assert step.formula == "energy metered × digital mining fee per kWh, general case ÷ 1 000"
    assert step.worked == "1 234 567 Wh × 200 tiyn/kWh ÷ 1 000 = 246 913.4 tiyn"
    (rounded,) = step.roundings
    assert (rounded.before, rounded.after, rounded.mode, rounded.at) == ("246 913.4", 246_913, "half up", AT)
    assert rounded.changed
    assert step.cited.at == "Art. 606-5(1)"
    assert step.cited.number == "165-VII"
    assert step.exception_to == "general_example"


def test_the_parts_of_a_rule_are_its_children(tape):
    fee = example_fee_tiyn(metered_wh=energy(tape), rate_tiyn_per_kwh=rate_at(tape, 1_850))
    fact, law = explained(tape, limit=fee).amounts[0][1].children
    assert (fact.kind, fact.value, fact.unit, fact.period) == ("fact", 1_234_567, "Wh", "2025-Q3")
    assert (law.kind, law.value, law.unit) == ("law", 200, "tiyn/kWh")
    assert law.label == BOOK.quantities["fee.rate.general"].title
    assert law.confidence == "high"
    assert law.cited.title


def test_the_row_of_a_scale_is_named(tape):
    """2023: from 24.00 ₸/kWh the fee is 1.00 ₸/kWh; the price asked at is 24.50."""
    rate = rate_at(tape, 2_450, on=date(2023, 8, 1))
    ((_, step),) = explained(tape, limit=rate + 0).amounts
    assert step.band == "price 24.50 ₸/kWh: row from 24.00 ₸/kWh on"
    assert "2023" in step.period


def test_the_start_of_a_sum_is_no_part_of_the_story(tape):
    sold = fact_term(500, name="sold_sat", unit="sat", tape=tape)
    total = sum([sold], start=0) + 0
    ((_, step),) = explained(tape, measured=total).amounts
    assert (step.kind, step.label, step.children) == ("fact", "sold", ())


def test_a_number_without_an_origin_says_so(tape):
    ((_, step),) = explained(tape, measured=7).amounts
    assert (step.kind, step.value, step.says) == ("number", 7, "0.07 ₸")


def test_conditions_keep_those_that_do_not_hold(tape):
    paid = fact_term(100, name="fee_paid_tiyn", unit="tiyn", tape=tape)
    fee = example_fee_tiyn(metered_wh=energy(tape), rate_tiyn_per_kwh=rate_at(tape, 1_850))
    assert not paid >= fee
    tape.note("grid_surplus is an exempt source", "", "", False)
    found = explained(tape, limit=fee).conditions
    assert found == (
        Examined("fee paid (1.00 ₸) ≥ fee of the example (2 469.13 ₸)", False),
        Examined("grid surplus is an exempt source", False),
    )


def test_the_law_that_was_asked_comes_with_its_absences(tape):
    law = BOOK.at(on=date(2025, 9, 30))
    value = law.find(keys.SALE_PERIOD)
    asked = {
        ("sale.period", None, date(2025, 9, 30)): value,
        ("sale.share_ppm", None, date(2020, 1, 1)): NotYetInForce("sale.share_ppm", date(2023, 4, 1)),
    }
    held, absent = explained(tape, measured=1, asked=asked).law
    assert (held.says, held.unconfirmed, held.absent) == ("calendar quarter", True, "")
    assert absent.absent == "law.value.not_yet_in_force"
    assert "2023-04-01" in absent.says


def test_a_reading_names_who_holds_the_others(tape):
    (taken,) = explained(tape, measured=1, positions={"sale.share_2025": ("s2", True)}).readings
    assert (taken.taken.position, taken.taken.holder, taken.by_name) == ("s2", "S2", True)
    assert [other.position for other in taken.others] == ["majority"]


def test_a_position_that_nobody_holds_is_not_known(tape):
    (taken,) = explained(tape, measured=1, positions={"sale.share_2025": ("unknown", False)}).readings
    assert taken.taken.why == "The sources do not say."
    assert len(taken.others) == 2


def test_json_has_whole_numbers_and_no_floats(tape):
    fee = example_fee_tiyn(metered_wh=energy(tape), rate_tiyn_per_kwh=rate_at(tape, 1_850))
    data = as_json(explained(tape, limit=fee))
    assert json.loads(json.dumps(data), parse_float=pytest.fail) == data
    assert "exception_to" not in data["amounts"][0][1]["children"][0]


def test_json_refuses_a_float():
    with pytest.raises(TypeError, match="no place"):
        as_json([0.5])


def test_an_untraced_finding_knows_its_own_amounts():
    found = explain(Finding("fee.amount", "", Status.MET, "x", 5, 3, Unit.TIYN), book=BOOK)
    assert [name for name, _ in found.amounts] == ["measured", "limit"]
    assert found.law == found.conditions == found.readings == ()


def names(amount, _share):
    return unit_of(amount) or str(int(amount))


@pytest.mark.parametrize(
    ("make", "written", "unit"),
    [
        (lambda a, b: (a + b) * 2, "(sat + sat) × 2", "sat"),
        (lambda a, b: a - (b - 1), "sat − (sat − 1)", "sat"),
        (lambda a, b: a - b + 1, "sat − sat + 1", "sat"),
        (lambda a, b: most(a - b, 0), "sat − sat (not less than 0)", "sat"),
        (lambda a, b: least(a, b) + 1, "(the smaller of sat and sat) + 1", "sat"),
        (lambda a, b: half_up(a * 5, b), "sat × 5 ÷ sat", ""),
        (lambda a, b: ceil_div(a + b, 3), "(sat + sat) ÷ 3", "sat"),
    ],
)
def test_a_formula_sets_its_brackets(tape, make, written, unit):
    first, second = (fact_term(n, name="x_sat", unit="sat", tape=tape) for n in (9, 4))
    amount = make(first, second)
    assert formula(amount, names) == written
    assert unit_of(amount) == unit


def test_a_share_of_an_amount_is_written_as_a_share(tape):
    coins = fact_term(1_001, name="received_sat", unit="sat", tape=tape)
    law = BOOK.at(on=date(2025, 9, 30))
    share = law_term(750_000, value=law.require(keys.SALE_SHARE_PPM), tape=tape)
    ((_, step),) = explained(tape, limit=ceil_div(coins * share, 1_000_000)).amounts
    assert step.worked.startswith("1 001 sat × 75 % = 750.75")
    assert step.roundings[0].mode == "up"
    assert step.value == 751


def test_kwh_written_as_wh_are_not_multiplied_in_words(tape):
    bought = fact_term(5, name="platform_kwh", unit="kWh", tape=tape)
    assert unit_of(1_000 * bought) == "Wh"
    assert formula(1_000 * bought, names) == "kWh"


@pytest.mark.parametrize(
    ("amount", "unit", "words"),
    [
        (1_234_567, "Wh", "1 234.567 kWh"),
        (2_450, "tiyn/kWh", "24.50 ₸/kWh"),
        (1, "documents", "1 document"),
        (2, "business_days", "2 business days"),
        (11_200, "USD cents", "112.00 US dollars"),
        (-150, "USD cents", "-1.50 US dollars"),
        (30_000_000, "sat", "0.3 BTC"),
        (7, "", "7"),
    ],
)
def test_amounts_are_in_the_unit_of_people(amount, unit, words):
    assert in_words(amount, unit) == words


@pytest.mark.parametrize(
    ("top", "bottom", "exact"), [(1, 3, "0 1/3"), (22, 7, "3 1/7"), (1, 8, "0.125"), (-7, 4, "-1.75"), (0, 5, "0")]
)
def test_a_quotient_is_exact(top, bottom, exact):
    assert exact_quotient(top, bottom) == exact
