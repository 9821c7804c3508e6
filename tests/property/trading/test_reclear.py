"""Any session is cleared again from its entries alone; whatever a re-signed log says otherwise is named."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.property.trading.acts import CHARGES, RULES, days, run
from tests.trading.market_days import UNIFORM, delivered_session
from tests.trading.reclearing import again, altered, index_of
from tests.trading.sessions import events

from kezek.trading.reclear import DERIVED

KEPT = {"market.price_rule": "uniform", "market.curtailment_price": "kept"}
EQUAL = {"market.tie_rule": "equal_share"}


@settings(max_examples=120)
@given(rules=RULES, charges=CHARGES, day=days())
def test_every_session_follows_from_its_own_entries(rules, charges, day):
    session = run(rules, charges, day)
    found = again(events(session))
    assert found.ok, (found.faults, [hour.fault for hour in found.hours.values()])
    states = session.trading.state.products
    assert {name: hour.left_kwh for name, hour in found.hours.items()} == (
        {name: state.sold_kwh for name, state in states.items()} if session.trading.cleared else {}
    )


@cache
def told(readings):
    return tuple(events(delivered_session(dict(readings))))


def places(entries):
    """Every value of every derived entry: its index and the way to it."""
    return [
        (index, way)
        for index, event in enumerate(entries)
        if event["type"] in DERIVED
        for way in _ways(event["data"])
    ]


def _ways(value, way=()):
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from _ways(value[key], (*way, key))
    elif way:
        yield way


@settings(max_examples=150)
@given(data=st.data(), readings=st.sampled_from([UNIFORM, KEPT, EQUAL]))
def test_any_changed_value_of_a_derived_entry_is_named_by_its_entry(data, readings):
    entries = told(tuple(readings.items()))
    index, way = data.draw(st.sampled_from(places(entries)))
    found = again(altered(entries, index, way))
    assert not found.ok
    assert index_of(found) == index


@settings(max_examples=80)
@given(data=st.data(), readings=st.sampled_from([UNIFORM, KEPT, EQUAL]), twice=st.booleans())
def test_a_derived_entry_that_is_missing_or_stands_twice_is_found(data, readings, twice):
    entries = list(told(tuple(readings.items())))
    offered = {event["data"]["product_id"] for event in entries if event["type"] == "supply.declared"}
    derived = [i for i, event in enumerate(entries) if event["type"] in DERIVED]
    empty = {i for i in derived if entries[i]["type"] == "product.cleared" and entries[i]["id"] not in offered}
    index = data.draw(st.sampled_from([i for i in derived if twice or i not in empty]))
    entries[index : index + 1] = [entries[index]] * (2 if twice else 0)
    assert not again(entries).ok


@settings(max_examples=150)
@given(data=st.data())
def test_whatever_an_entry_is_replaced_by_gives_a_verdict_and_no_traceback(data):
    entries = list(told(tuple(UNIFORM.items())))
    index = data.draw(st.integers(0, len(entries) - 1))
    event, junk = entries[index], st.sampled_from([None, 1, "x", [], {}, [1], {"order_id": []}, True])
    name = data.draw(st.sampled_from([*event, "data"]))
    if name == "data" and isinstance(event["data"], dict) and event["data"] and data.draw(st.booleans()):
        field = data.draw(st.sampled_from(sorted(event["data"])))
        changed = {**event, "data": {**event["data"], field: data.draw(junk)}}
    else:
        changed = {**event, name: data.draw(junk)}
    entries[index] = changed
    found = again(entries)
    assert found.ok in (True, False)
    assert all(fault.what for fault in found.faults)


@pytest.mark.parametrize("readings", [UNIFORM, KEPT, EQUAL])
def test_the_days_above_have_all_kinds_of_entries(readings):
    kinds = {event["type"] for event in told(tuple(readings.items()))}
    assert set(DERIVED) - kinds <= {"purchase.restruck"}
    assert ("purchase.restruck" in kinds) == (readings is UNIFORM)
