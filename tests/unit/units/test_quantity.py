import sys

import pytest
from mypy import api as mypy_api

from kezek.units.problem import InputProblem
from kezek.units.quantity import Coins, Energy, EnergyPrice, HashRate, Money, Power, Quantity, Share, UnitMismatch

PARSED = [
    (Energy, "1 MWh", 1_000_000),
    (Energy, "1 Wh", 1),
    (Energy, "0.25 kWh", 250),
    (Energy, "4 320 MWh", 4_320_000_000),
    (Energy, "7GWh", 7_000_000_000),
    (Power, "3.25 kW", 3_250),
    (Power, "180 MW", 180_000_000),
    (Money, "1 500.50 ₸", 150_050),
    (Money, "-12 tiyn", -12),
    (Money, "\u22123.50 KZT", -350),
    (EnergyPrice, "24.50 ₸/kWh", 2_450),
    (EnergyPrice, "1850 tiyn/kWh", 1_850),
    (Coins, "0.125 BTC", 12_500_000),
    (Coins, "1 sat", 1),
    (HashRate, "110 TH/s", 110_000),
    (HashRate, "1.077 EH/s", 1_077_000_000),
    (Share, "75 %", 750_000),
    (Share, "0.0001 %", 1),
]

PRINTED = [
    (Energy(1_000_000), "1 MWh"),
    (Energy(1_234_567), "1.234567 MWh"),
    (Energy(999), "999 Wh"),
    (Energy(0), "0 Wh"),
    (Energy(-2_500), "-2.5 kWh"),
    (Power(3_250), "3.25 kW"),
    (Money(150_050), "1 500.50 ₸"),
    (Money(-5), "-0.05 ₸"),
    (EnergyPrice(2_450), "24.50 ₸/kWh"),
    (Coins(12_500_000), "0.125 BTC"),
    (Coins(99_999), "99 999 sat"),
    (Coins(100_000), "0.001 BTC"),
    (HashRate(110_000), "110 TH/s"),
    (Share(750_000), "75 %"),
]

REFUSED = [
    (Energy, "1 MW", "units.parse.unit"),
    (Power, "1 MWh", "units.parse.unit"),
    (Energy, "1 mwh", "units.parse.unit"),
    (Energy, "1 barrel", "units.parse.unit"),
    (Money, "24.50 ₸/kWh", "units.parse.unit"),
    (EnergyPrice, "24.50 ₸", "units.parse.unit"),
    (Coins, "1 ETH", "units.parse.unit"),
    (Energy, "1e3 kWh", "units.parse.unit"),
    (Energy, "1 5000 kWh", "units.parse.unit"),
    (Energy, "1", "units.parse.form"),
    (Energy, "", "units.parse.form"),
    (Energy, "kWh", "units.parse.form"),
    (Energy, "1,5 MWh", "units.parse.form"),
    (Money, "1,500.50 ₸", "units.parse.form"),
    (Energy, "1.5.5 MWh", "units.parse.form"),
    (Energy, ".5 MWh", "units.parse.form"),
    (Energy, "9" * 5_000 + " MWh", "units.parse.form"),
    (Energy, "0.5 Wh", "units.parse.fraction"),
    (Energy, "1 000.0001 kWh", "units.parse.fraction"),
    (Money, "1.005 ₸", "units.parse.fraction"),
    (Coins, "0.123456789 BTC", "units.parse.fraction"),
    (Coins, "0.5 sat", "units.parse.fraction"),
    (Share, "33.33333 %", "units.parse.fraction"),
    (Energy, "1.0000000000000000000000000000000001 MWh", "units.parse.fraction"),
]

KINDS = [Energy, Power, Money, EnergyPrice, Coins, HashRate, Share]


@pytest.mark.parametrize(("kind", "text", "amount"), PARSED)
def test_text_with_a_unit_becomes_whole_smallest_units(kind, text, amount):
    assert kind.parse(text) == kind(amount)


@pytest.mark.parametrize(("quantity", "text"), PRINTED)
def test_an_amount_prints_in_the_unit_that_fits(quantity, text):
    assert str(quantity) == text


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"], ids=["plain", "no-break", "narrow", "thin"])
def test_groups_of_three_are_read_with_any_space(space):
    assert Money.parse(f"1{space}234{space}567.89{space}₸").amount == 123_456_789


@pytest.mark.parametrize(("kind", "text", "code"), REFUSED, ids=lambda part: str(part)[:24])
def test_an_amount_that_cannot_be_meant_is_refused_with_its_code(kind, text, code):
    with pytest.raises(InputProblem) as refusal:
        kind.parse(text)
    assert refusal.value.code == code


def test_a_foreign_unit_is_refused_with_the_units_that_are_right():
    with pytest.raises(InputProblem) as refusal:
        Energy.parse("5 MW")
    assert "'MW'" in refusal.value.what
    assert "MWh" in refusal.value.way_out


def test_a_comma_decimal_is_refused_with_the_word_point():
    with pytest.raises(InputProblem, match="decimals take a point"):
        Energy.parse("1,5 MWh")


def test_an_amount_of_more_digits_than_a_decimal_holds_stays_exact():
    assert Energy.parse("1000000000000000000000000000001 kWh").amount == 10**33 + 1_000
    assert Energy.parse(Energy(10**35 + 1).in_unit("GWh")) == Energy(10**35 + 1)


@pytest.mark.parametrize("amount", [1.0, 0.1 + 0.2, True, "1", None])
def test_an_amount_that_is_no_whole_number_is_refused(amount):
    with pytest.raises(TypeError, match="whole number"):
        Energy(amount)


def test_a_factor_that_is_no_whole_number_is_refused():
    with pytest.raises(UnitMismatch):
        Money(100) * 1.12
    assert Money(100) * 3 == Money(300)


@pytest.mark.parametrize("left", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("right", [*KINDS, int], ids=lambda kind: kind.__name__)
def test_two_kinds_are_never_added_subtracted_or_compared(left, right):
    if left is right:
        assert left(5) + right(2) == left(7)
        assert left(5) - right(2) == left(3)
        assert right(2) < left(5)
        assert left(5) <= right(5)
        return
    with pytest.raises(TypeError):
        left(1) + right(1)
    with pytest.raises(TypeError):
        left(1) - right(1)
    with pytest.raises(TypeError):
        _ = left(1) < right(1)
    with pytest.raises(TypeError):
        _ = left(1) >= right(1)
    assert left(1) != right(1)


def test_a_mismatch_names_both_kinds():
    with pytest.raises(UnitMismatch, match=r"power \(1 MW\) and energy \(1 MWh\)"):
        Energy.parse("1 MWh") + Power.parse("1 MW")


def test_no_kind_is_left_without_units_and_an_example_that_parses():
    for kind in Quantity.__subclasses__():
        assert min(kind.units.values()) == 1
        assert kind.parse(kind.example.strip('"')).amount > 0


MIXED = """
from kezek.units.quantity import Energy, EnergyPrice, Money, Power

right = Energy(1) + Energy(2)
summed = Energy(1) + Power(1)
less = Money(1) - EnergyPrice(1)
compared = Energy(1) < Power(1)
scaled = Money(1) * 1.12
"""


def test_mixed_kinds_are_refused_by_the_type_checker(tmp_path, monkeypatch):
    snippet = tmp_path / "mixed.py"
    snippet.write_text(MIXED)
    monkeypatch.chdir(tmp_path)
    options = ["--config-file=", "--no-error-summary", "--follow-imports=silent", "--cache-dir", str(tmp_path)]
    limit = sys.getrecursionlimit()  # the checker raises it for its whole process, which is that of the tests here
    try:
        found, _, status = mypy_api.run([*options, str(snippet)])
    finally:
        sys.setrecursionlimit(limit)
    refused = {line.split(":")[1] for line in found.splitlines() if "[operator]" in line}
    assert (status, refused) == (1, {"5", "6", "7", "8"}), found
