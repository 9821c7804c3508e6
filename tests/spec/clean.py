"""One clean operator, and a way to change its facts one at a time by paths written in TOML."""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache
from typing import Union, get_args, get_origin, get_type_hints

from kezek.duties.facts import (
    Application,
    FeeRecord,
    HolderKind,
    OperatorFacts,
    Purchased,
    QuarterBook,
    Sighting,
    Size,
    Standing,
)
from kezek.registry.licence import Licence, Period, Subtype
from kezek.registry.operator import Route
from kezek.units.calendar import Quarter

DOCUMENTS = (
    "association_registration",
    "energy_forecast",
    "peak_mitigation_plan",
    "technical_plan",
    "aml_kyc_audit",
)
DAY = timedelta(days=1)


def clean_book(quarter, until_on=None):
    """1,000,000 sat received and 760,000 sold; 5 MWh bought and metered; 100,000 tenge of coins, 90,000 of costs."""
    until_on = until_on or quarter.until_on
    return QuarterBook(
        quarter=quarter,
        until_on=until_on,
        mined=Period(quarter.from_on, until_on),
        mined_sat=1_010_000,
        received_sat=(("pool-a", 1_000_000),),
        sold_sat=(("exchange-a", 500_000), ("exchange-b", 260_000)),
        disclosed_sat=1_000_000,
        metered_wh=5_000_000,
        platform=Purchased(5_000, 1_000, until_on - DAY),
        other_source_kwh=0,
        least_energy_wh=4_000_000,
        average_price_tiyn_per_kwh=1_850,
        coin_value_tiyn=10_000_000,
        cost_tiyn=9_000_000,
        tax_declared_tiyn=150_000,
        fee=FeeRecord(quarter.day_of_month_after(2, 10), quarter.day_of_month_after(2, 20), 1_000_000),
        direct_contract_kwh=0,
        meter_faulty=False,
        rebate_claimed_tiyn=0,
        rebate_eligible=False,
        programme=None,
        programme_known=True,
        log_gap_hours=0,
        log_gap_days=0,
        log_gap_transactions=0,
        report_on=quarter.day_of_month_after(1, 5),
        report_known=True,
        pool_reported=True,
    )


def clean_standing():
    """A Kazakh company of medium size with a data centre of 10 MW; 2,000 x 3,450 tenge paid for a licence."""
    return Standing(
        name="Clean Mining LLP",
        holder_kind=HolderKind.KAZAKH_LEGAL_ENTITY,
        size=Size.MEDIUM,
        has_data_centre=True,
        wanted_subtype=Subtype.I,
        application=Application(
            submitted_on=date(2023, 4, 3),
            decided_on=date(2023, 4, 21),
            documents=dict.fromkeys(DOCUMENTS, date(2023, 4, 3)),
            fee_paid_on=date(2023, 4, 20),
            fee_paid_tiyn=690_000_000,
            prepaid_tax_tiyn=0,
            power_w=10_000_000,
            tiyn_per_usd=45_100,
        ),
        notice=None,
        notice_known=True,
        new_mine=False,
        power_w=10_000_000,
        only_hosts=False,
    )


def clean_operator(*, quarters=(), until_on=None, as_of_on=None):
    """Facts around clean books; looked at, unless said otherwise, when all deadlines of the last book have passed."""
    quarters = quarters or (Quarter(2025, 3),)
    books = [clean_book(quarter) for quarter in quarters[:-1]]
    books.append(clean_book(quarters[-1], until_on))
    return OperatorFacts(
        operator_id="OP-001",
        route=Route.GRID_SURPLUS,
        licences=(Licence("DM-I-0001", Subtype.I, Period(date(2023, 4, 1), date(2026, 4, 1))),),
        as_of_on=as_of_on or quarters[-1].day_of_month_after(3, 1),
        accredited_pool_ids=frozenset({"pool-a", "pool-b"}),
        licensed_exchange_ids=frozenset({"exchange-a", "exchange-b"}),
        sightings=tuple(Sighting("S-0", quarter.from_on, "OP-001", True, True) for quarter in quarters),
        register_digest="ab" * 32,
        imports=(),
        books=tuple(books),
        replacements=(),
        standing=clean_standing(),
    )


def quarter_named(name):
    """Turn `2025-Q3` into a quarter."""
    year, _, number = name.partition("-Q")
    return Quarter(int(year), int(number))


@cache
def _hints(kind):
    return get_type_hints(kind)


def built(hint, value):
    """Build what a type wants from tables, lists and plain values, as TOML gives them."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return built(next(arg for arg in args if arg is not type(None)), value)
    if is_dataclass(hint):
        missing = {field.name: None for field in fields(hint) if field.name in ("return_on", "paid_on", "departure")}
        missing |= {name: None for name in ("excluded_on", "registered_on") if name in _hints(hint)}
        return hint(**missing | {name: built(_hints(hint)[name], one) for name, one in value.items()})
    if origin is tuple:
        if len(args) == 2 and args[1] is Ellipsis:
            rows = value.items() if isinstance(value, Mapping) else value
            return tuple(built(args[0], row) for row in rows)
        return tuple(built(arg, one) for arg, one in zip(args, value, strict=True))
    if origin is frozenset:
        return frozenset(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    assert origin is not None or type(value) is hint, f"{value!r} is no {hint}"
    return {name: None if one == "never" else one for name, one in value.items()} if origin else value


def changed(thing, path, value, *, unsaid=False):
    """Give a thing with another value at a path of attribute names; None where nobody said it."""
    name, *rest = path
    if rest:
        return replace(thing, **{name: changed(getattr(thing, name), rest, value, unsaid=unsaid)})
    if name not in _hints(type(thing)):
        raise AttributeError(f"{type(thing).__name__} has no {name}")
    return replace(thing, **{name: None if unsaid else built(_hints(type(thing))[name], value)})


def with_change(facts, path, value=None, *, unsaid=False):
    """Change facts at `book.<field>` (the last book), `books.<field>` (each), `2025-Q3.<field>`, or `<field>`."""
    first, *rest = path.split(".")
    if first not in ("book", "books") and "-Q" not in first:
        return changed(facts, [first, *rest], value, unsaid=unsaid)
    chosen = {
        "book": facts.books[-1:],
        "books": facts.books,
    }.get(first) or [book for book in facts.books if str(book.quarter) == first]
    assert chosen, path
    books = tuple(
        changed(book, rest, value, unsaid=unsaid) if any(book is one for one in chosen) else book
        for book in facts.books
    )
    return replace(facts, books=books)
