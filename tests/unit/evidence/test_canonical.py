import enum
import json

import pytest

from kezek.evidence.canonical import DEPTH_MAX, INTEGER_MAX, canonical_bytes, parse_canonical
from kezek.evidence.error import CanonicalError, EvidenceCode


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


def test_example_of_rfc_8785_without_its_floats():
    value = {
        "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
        "literals": [None, True, False],
    }

    assert canonical_bytes(value) == (
        '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'.encode()
    )


def test_keys_are_sorted_by_utf16_code_units():
    """RFC 8785 section 3.2.3: U+1F600 is D83D DE00 in UTF-16, so it comes before U+FB33, unlike by code point."""
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]

    written = canonical_bytes(dict.fromkeys(keys, 0))

    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_control_characters_are_escaped_in_the_one_way():
    assert canonical_bytes(["\b\t\n\f\r\x00\x1f\x7f\u2028"]) == b'["\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\xe2\x80\xa8"]'


@pytest.mark.parametrize("number", [0, 1, -1, INTEGER_MAX, -INTEGER_MAX])
def test_integers_within_53_bits_are_written(number):
    assert canonical_bytes({"n": number}) == b'{"n":%d}' % number


@pytest.mark.parametrize("number", [INTEGER_MAX + 1, -INTEGER_MAX - 1, 10**400])
def test_larger_integer_is_refused_with_the_way_out(number):
    with pytest.raises(CanonicalError, match="write as string") as refused:
        canonical_bytes({"n": number})

    assert refused.value.code is EvidenceCode.JSON_NUMBER


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0.5, EvidenceCode.JSON_FLOAT),
        (float("nan"), EvidenceCode.JSON_FLOAT),
        ([1, {"a": 2.0}], EvidenceCode.JSON_FLOAT),
        ({1: "a"}, EvidenceCode.JSON_KIND),
        ({None: "a"}, EvidenceCode.JSON_KIND),
        ({"é": 1, 2: "a"}, EvidenceCode.JSON_KIND),
        (b"bytes", EvidenceCode.JSON_KIND),
        ({1, 2}, EvidenceCode.JSON_KIND),
        ("\ud800", EvidenceCode.JSON_TEXT),
        ({"\udfff": 1}, EvidenceCode.JSON_TEXT),
        ({"\udfff": 1, "é": 2}, EvidenceCode.JSON_TEXT),
        (nested(DEPTH_MAX), EvidenceCode.JSON_DEPTH),
    ],
)
def test_value_outside_the_space_is_refused(value, code):
    with pytest.raises(CanonicalError) as refused:
        canonical_bytes(value)

    assert refused.value.code is code


def test_codes_of_other_rooms_are_plain_strings():
    class Code(enum.StrEnum):
        CAP = "market.order.cap"

    assert canonical_bytes({"code": Code.CAP}) == b'{"code":"market.order.cap"}'


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b"null",
        b'"a"',
        b'{"a":1} ',
        b'{"a":1}\n',
        b' {"a":1}',
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\\u000A"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}{"a":1}',
        b'{"a":True}',
    ],
)
def test_line_that_would_be_written_otherwise_is_refused(line):
    with pytest.raises(CanonicalError) as refused:
        parse_canonical(line)

    assert refused.value.code in {EvidenceCode.JSON_FORM, EvidenceCode.JSON_TEXT}


@pytest.mark.parametrize("number", [b"1.0", b"1e3", b"1E400", b"NaN", b"Infinity", b"-Infinity", b"-0.0"])
def test_float_in_a_line_is_refused_as_a_float(number):
    with pytest.raises(CanonicalError) as refused:
        parse_canonical(b'{"a":' + number + b"}")

    assert refused.value.code is EvidenceCode.JSON_FLOAT


def test_number_of_many_digits_is_refused():
    with pytest.raises(CanonicalError):
        parse_canonical(b'{"a":' + b"9" * 100_000 + b"}")


def test_hostile_nesting_is_refused():
    with pytest.raises(CanonicalError) as refused:
        parse_canonical(b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}")

    assert refused.value.code is EvidenceCode.JSON_DEPTH
