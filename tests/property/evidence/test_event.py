from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezek.evidence.canonical import parse_canonical
from kezek.evidence.error import EventError, EvidenceError, SealError
from kezek.evidence.event import closed, content_of, entry_of, head_of, key_of, with_private
from kezek.evidence.sealed import Opening, check_opening

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
moments = st.datetimes(datetime(1000, 1, 2), datetime(9999, 12, 30)).map(  # noqa: DTZ001 - given a zone below
    lambda at: at.replace(microsecond=0, tzinfo=UTC)
)
keys = st.text(min_size=1, max_size=30).filter(lambda key: key.isprintable() and not key.startswith("n/"))
events = st.fixed_dictionaries(
    {
        "at": moments.map(lambda at: f"{at:%Y-%m-%dT%H:%M:%SZ}"),
        "data": values,
        "key": keys,
        "type": st.from_regex(r"[a-z][a-z0-9_]{0,5}(\.[a-z][a-z0-9_]{0,5}){1,2}", fullmatch=True),
        "v": st.integers(1, 9),
    }
)
salts = st.binary(min_size=32, max_size=32)
private = st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True), values, min_size=1, max_size=3)


@given(events)
def test_event_is_read_back_from_its_entry(event):
    head, entry = entry_of(event)

    assert parse_canonical(entry) == event
    assert entry_of(parse_canonical(entry)) == (head, entry)
    assert (head.key, head.kind, head.version) == (event["key"], event["type"], event["v"])
    assert key_of(event) == head.key


@given(events, private, salts, salts, moments)
def test_content_is_what_an_event_says_without_its_salts(event, values, salt, other, until):
    def sealed(with_salt):
        return with_private(event, {name: Opening(value, with_salt) for name, value in values.items()})

    first, second = (closed(sealed(one), salt=one, until=until) for one in (salt, other))
    assert content_of(first) == content_of(second)
    assert (entry_of(first)[1] == entry_of(second)[1]) is (salt == other)
    assert content_of(first) != content_of(sealed(salt))
    assert content_of(first) != content_of(closed(event, salt=salt, until=until))
    assert content_of(event) == event


@given(events, salts, moments, st.integers(-14 * 60, 14 * 60))
def test_embargo_ends_at_the_same_instant_in_every_zone(event, salt, until, minutes):
    from datetime import timezone

    moved = until.astimezone(timezone(timedelta(minutes=minutes)))
    assert head_of(closed(event, salt=salt, until=moved)).until == until


@given(values, values, salts)
def test_digest_opens_for_its_own_value_alone(value, other, salt):
    digest = Opening(value, salt).digest
    check_opening(Opening(value, salt), digest)
    if Opening(other, salt).digest != digest:
        assert not (type(value) is type(other) and value == other)
        with pytest.raises(SealError):
            check_opening(Opening(other, salt), digest)
    else:
        assert value == other


@given(events, st.sampled_from(["at", "data", "key", "type", "v"]), values | st.floats())
def test_changed_field_is_an_event_or_refused_with_a_code(event, name, value):
    try:
        head, entry = entry_of({**event, name: value})
    except EvidenceError as error:
        assert str(error.code).startswith(("evidence.event.", "evidence.json."))
        return
    assert parse_canonical(entry)[name] == value
    assert head == head_of({**event, name: value})


@given(events, st.text(min_size=1, max_size=8))
def test_foreign_field_is_refused(event, name):
    if name in ("at", "confidential", "data", "id", "key", "n", "private", "type", "v"):
        return
    with pytest.raises(EventError):
        entry_of({**event, name: 1})
