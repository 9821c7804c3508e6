import json

from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.evidence.canonical import INTEGER_MAX, canonical_bytes, parse_canonical

seeded = settings(derandomize=True, deadline=None)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
scalars = st.none() | st.booleans() | st.integers(-INTEGER_MAX, INTEGER_MAX) | text
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(text, values, max_size=5)


@given(objects)
@seeded
def test_canonical_roundtrip(value):
    line = canonical_bytes(value)

    assert parse_canonical(line) == value
    assert canonical_bytes(parse_canonical(line)) == line
    assert b"\n" not in line


@given(objects, st.randoms(use_true_random=False))
@seeded
def test_canonical_key_order_does_not_matter(value, chance):
    keys = list(value)
    chance.shuffle(keys)

    assert canonical_bytes({key: value[key] for key in keys}) == canonical_bytes(value)


@given(objects)
@seeded
def test_canonical_is_json_with_sorted_keys_for_plain_keys(value):
    plain = {f"k{number}": item for number, item in enumerate(value.values()) if not isinstance(item, dict | list)}

    expected = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()

    assert canonical_bytes(plain) == expected


@given(objects, objects)
@seeded
def test_canonical_bytes_differ_when_values_do(one, other):
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (canonical_bytes(one) == canonical_bytes(other)) is same
