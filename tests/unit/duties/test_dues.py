"""What is owed by quarter, worked by hand: 2 ₸ a kWh, 15 % of profit, 12 % VAT; cash apart from accrual."""

from dataclasses import replace
from datetime import date

from kezek.duties.dues import DueKind, dues, paid_by_quarter
from kezek.duties.facts import FeeRecord, Import
from kezek.units.calendar import Quarter


def owed(facts, lens):
    return {(one.kind, str(one.quarter)): one for one in dues(facts=facts, lens=lens)}


def test_a_quarter_accrues_its_fee_and_its_tax(facts_of, lens_of):
    found = owed(facts_of(), lens_of())
    fee, tax = found[DueKind.FEE, "2025-Q3"], found[DueKind.INCOME_TAX, "2025-Q3"]
    assert (fee.accrued_tiyn, fee.paid_tiyn, fee.open_tiyn) == (1_000_000, 1_000_000, 0)  # 5,000 kWh
    assert (fee.due_on, fee.paid_on) == (date(2025, 11, 25), date(2025, 11, 20))
    assert (tax.accrued_tiyn, tax.declared_tiyn, tax.due_on) == (150_000, 150_000, None)  # 15 % of 1,000,000
    assert (tax.paid_tiyn, tax.open_tiyn) == (None, None)  # the books say what was declared, not what was paid
    assert fee.declared_tiyn is None


def test_what_is_not_paid_stays_open(facts_of, book_of, lens_of):
    book = book_of(fee=FeeRecord(None, None, 0))
    fee = owed(facts_of(book), lens_of())[DueKind.FEE, "2025-Q3"]
    assert (fee.accrued_tiyn, fee.paid_tiyn, fee.paid_on, fee.open_tiyn) == (1_000_000, 0, None, 1_000_000)


def test_cash_falls_into_another_quarter_than_its_accrual(facts_of, book_of, lens_of):
    books = (book_of(Quarter(2025, 2)), book_of(Quarter(2025, 3)))
    found = dues(facts=facts_of(*books), lens=lens_of())
    assert paid_by_quarter(owed=found) == {Quarter(2025, 3): 1_000_000, Quarter(2025, 4): 1_000_000}


def test_an_unknown_rate_owes_no_figure_and_says_why(facts_of, book_of, lens_of):
    fee = owed(facts_of(book_of(Quarter(2023, 3))), lens_of())[DueKind.FEE, "2023-Q3"]
    assert (fee.accrued_tiyn, fee.open_tiyn) == (None, None)
    assert "between the known points" in fee.unknown


def test_a_missing_fact_is_named(facts_of, book_of, lens_of):
    fee = owed(facts_of(book_of(metered_wh=None)), lens_of())[DueKind.FEE, "2025-Q3"]
    assert (fee.accrued_tiyn, fee.missing) == (None, "metered_wh")


def test_vat_of_an_import(facts_of, book_of, lens_of):
    came = Import("S-1", date(2025, 8, 1), customs_value_tiyn=100_000_000, vat_exempt=False, vat_paid_tiyn=2_000_000)
    vat = owed(replace(facts_of(), imports=(came,)), lens_of())[DueKind.IMPORT_VAT, "2025-Q3"]
    assert (vat.accrued_tiyn, vat.paid_tiyn, vat.open_tiyn) == (12_000_000, 2_000_000, 10_000_000)


def test_what_does_not_apply_is_left_out(facts_of, lens_of):
    assert (DueKind.IMPORT_VAT, "2025-Q3") not in owed(facts_of(), lens_of())
