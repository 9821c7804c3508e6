"""Books of one operator who did everything right, to be changed one fact at a time."""

from dataclasses import replace
from datetime import date

import pytest
from tests.spec.clean import clean_book as clean_quarter_book

from kezek.duties.check import check
from kezek.duties.facts import OperatorFacts, Sighting
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter

Q3 = Quarter(2025, 3)


def clean_book(quarter=Q3, **changes):
    """1,000,000 sat received and 760,000 sold; 5 MWh bought and metered; 10 % profit on the coins."""
    return replace(clean_quarter_book(quarter), **changes)


def clean_facts(*books, **changes):
    """Facts around the books, looked at when all deadlines of the last book have passed."""
    books = books or (clean_book(),)
    facts = OperatorFacts(
        operator_id="OP-001",
        route=Route.GRID_SURPLUS,
        licences=(Licence("DM-I-0001", Subtype.I, Period(date(2023, 4, 1), date(2026, 4, 1))),),
        as_of_on=books[-1].quarter.day_of_month_after(3, 1),
        accredited_pool_ids=frozenset({"pool-a", "pool-b"}),
        licensed_exchange_ids=frozenset({"exchange-a", "exchange-b"}),
        sightings=tuple(Sighting("S-0", book.quarter.from_on, "OP-001", True, True) for book in books),
        register_digest="ab" * 32,
        imports=(),
        books=books,
        replacements=(),
    )
    return replace(facts, **changes)


@pytest.fixture
def book_of():
    return clean_book


@pytest.fixture
def facts_of():
    return clean_facts


@pytest.fixture(scope="session")
def lens_of():
    """Give one lens per profile and readings, so that the law is looked up once."""
    known = {}

    def make(profile="described", **readings):
        readings = {question.replace("__", "."): position for question, position in readings.items()}
        key = (profile, *sorted(readings.items()))
        if key not in known:
            known[key] = Lens(book=load_book(), profile=profile, readings=readings)
        return known[key]

    return make


@pytest.fixture
def judge(lens_of):
    """Judge facts and give the finding of one duty for the last book."""

    def finding(duty, facts, profile="described", **readings):
        verdict = check(facts=facts, lens=lens_of(profile, **readings))
        period = str(facts.books[-1].quarter)
        return next(one for one in verdict.findings if (one.duty, one.period) == (duty, period))

    return finding
