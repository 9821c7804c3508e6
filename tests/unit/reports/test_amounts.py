"""Amounts for people: groups, units, rounding."""

import pytest

from kezek.reports import amounts


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("amount", "unit", "expected"),
    [
        (10_112_027_668, "Wh", "10 112.028 MWh"),
        (29_462_802, "sat", "0.29462802 BTC"),
        (0, "sat", "0 BTC"),
        (426_096_445, "tiyn", "4 260 964.45 ₸"),
        (1, "days", "1 day"),
        (17, "machines", "17 machines"),
        (1, "hours", "1 hour"),
        (2, "documents", "2 documents"),
        (5_500_000, "W", "5.5 MW"),
        (None, "", "–"),
    ],
)
def test_a_measured_value_has_its_unit(amount: int | None, unit: str, expected: str) -> None:
    assert plain(amounts.measured(amount, unit)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("973000 960000 ppm by clock hour", "97.3, 96 % by clock hour"),
        ("1307789835 of 10372066297 kWh in the West", "1 307 789 835 of 10 372 066 297 kWh in the West"),
        ("2019-01", "2019-01"),
        ("18.00 ₸/kWh", "18.00 ₸/kWh"),
    ],
)
def test_an_assumption_is_readable(written: str, expected: str) -> None:
    assert plain(amounts.spoken(written)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("pool-abroad (17991009 sat)", "pool-abroad (0.17991009 BTC)"),
        ("suspended 2025-07-21..2025-08-21", "suspended 21 July 2025 until 21 August 2025"),
        ("XXX0000-00000001", "XXX0000-00000001"),
    ],
)
def test_evidence_keeps_serial_numbers(written: str, expected: str) -> None:
    assert plain(amounts.evidence(written)) == expected


def test_rounded_amounts() -> None:
    assert plain(amounts.million(-7_288_840_000)) == "−72.89 million ₸"
    assert plain(amounts.bare_mwh(124_435)) == "124.435"
    assert plain(amounts.bare_price(None)) == "–"
    assert plain(amounts.part(1, 3)) == "33.3 %"
    assert amounts.part(1, 0) == "–"
