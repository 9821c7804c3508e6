"""Deadlines ahead, worked by hand from the dated rules: 2-15 and 2-25 of the fee, ends of periods and terms."""

from dataclasses import replace
from datetime import date

import pytest

from kezek.dossier.example import example_text
from kezek.dossier.read import read_dossier
from kezek.duties.ahead import Act, deadlines_ahead
from kezek.duties.check import check
from kezek.duties.facts import Application, Import
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.registry.licence import Licence, Period, Subtype


@pytest.fixture(scope="module")
def clean():
    """A file of the third quarter of 2025, judged on 10 December 2025."""
    return read_dossier(text=example_text("clean"), name="clean").facts


def ahead_of(facts, **readings):
    lens = Lens(book=load_book(), profile="described", readings=readings)
    findings = check(facts=facts, lens=lens, explained=False).findings
    return deadlines_ahead(facts=facts, lens=lens, findings=findings)


def days(found, act):
    return [one.on for one in found if one.act is act]


def test_returns_and_payments_of_the_quarters_to_come(clean):
    found = ahead_of(clean)
    assert days(found, Act.FEE_RETURN) == [
        date(2026, 2, 15), date(2026, 5, 15), date(2026, 8, 15), date(2026, 11, 15)
    ]  # fmt: skip
    assert days(found, Act.FEE_PAYMENT)[0] == date(2026, 2, 25)


def test_days_off_move_under_the_other_reading(clean):
    """15 February 2026 is a Sunday; the next business day is the Monday."""
    found = ahead_of(clean, **{"deadline.shift": "next_business_day"})
    assert days(found, Act.FEE_RETURN)[0] == date(2026, 2, 16)


def test_what_is_done_is_marked(clean):
    """The return of the third quarter is ahead until 15 November; the day before it was filed it is not yet done."""
    filed_on = next(book.fee.return_on for book in clean.books if str(book.quarter) == "2025-Q3")
    before = ahead_of(replace(clean, as_of_on=filed_on.replace(day=filed_on.day - 1)))
    on_the_day = ahead_of(replace(clean, as_of_on=filed_on))
    third = [
        next(a for a in one if a.act is Act.FEE_RETURN and a.period == "2025-Q3") for one in (before, on_the_day)
    ]
    assert [one.done for one in third] == [False, True]


def test_the_period_of_the_sale_is_that_of_the_reading(clean):
    assert days(ahead_of(clean), Act.SALE_PERIOD)[:2] == [date(2025, 12, 31), date(2026, 3, 31)]
    assert days(ahead_of(clean, **{"sale.period": "calendar_year"}), Act.SALE_PERIOD) == [date(2025, 12, 31)]


def test_a_licence_ends_on_its_last_day_and_a_successor_answers_for_it(clean):
    licence = Licence("L-1", Subtype.I, Period(date(2023, 4, 1), date(2026, 4, 1)))
    (end,) = [one for one in ahead_of(replace(clean, licences=(licence,))) if one.act is Act.LICENCE]
    assert (end.on, end.subject, end.done) == (date(2026, 3, 31), "L-1", False)
    following = Licence("L-2", Subtype.I, Period(date(2026, 4, 1), date(2029, 4, 1)))
    (end,) = [one for one in ahead_of(replace(clean, licences=(licence, following))) if one.act is Act.LICENCE]
    assert end.done


def test_an_open_application_is_decided_within_fifteen_business_days(clean):
    """1 December 2025 is a Monday; the 16th is Independence Day, so fifteen business days end on the 23rd."""
    application = Application(submitted_on=date(2025, 12, 1))
    facts = replace(clean, standing=replace(clean.standing, application=application))
    assert days(ahead_of(facts), Act.DECISION) == [date(2025, 12, 23)]
    decided = replace(application, decided_on=date(2025, 12, 5))
    facts = replace(clean, standing=replace(clean.standing, application=decided))
    assert days(ahead_of(facts), Act.DECISION) == []


def test_locks_of_one_day_stand_together(clean):
    machines = tuple(Import(serial, date(2021, 5, 1), vat_exempt=True) for serial in ("A", "B", "C"))
    gone = Import("D", date(2021, 5, 1), vat_exempt=True, left_on=date(2024, 1, 1))
    paid = Import("E", date(2021, 5, 1), vat_exempt=False)
    (lock,) = [one for one in ahead_of(replace(clean, imports=(*machines, gone, paid))) if one.act is Act.VAT_LOCK]
    assert (lock.on, lock.subject) == (date(2026, 5, 1), "A +2")


def test_nothing_quarterly_is_due_without_books(clean):
    acts = {one.act for one in ahead_of(replace(clean, books=()))}
    assert not acts & {Act.FEE_RETURN, Act.FEE_PAYMENT, Act.SALE_PERIOD}


def test_all_lie_within_twelve_months_in_order(clean):
    found = [one.on for one in ahead_of(clean)]
    assert found == sorted(found)
    assert found[0] >= clean.as_of_on
    assert found[-1] <= date(2026, 12, 10)


def test_the_record_of_the_lens_is_left_alone(clean):
    lens = Lens(book=load_book(), profile="described", readings={})
    deadlines_ahead(facts=clean, lens=lens, findings=())
    assert not lens.touched()
    assert not lens.unconfirmed_used()
