"""Canonical JSON (RFC 8785) for a value space without floats: one value, one sequence of bytes.

Objects, arrays, strings, integers of at most 2**53 - 1 in size, true, false, null. Money and energy beyond that are
written as strings; a float has no place in evidence.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Never

from kezek.evidence.error import CanonicalError, EvidenceCode

INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 64
JsonObject = dict[str, Any]

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False).encode
_encode_sorted = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, sort_keys=True
).encode


def canonical_bytes(value: object) -> bytes:
    """Write a value as canonical JSON in UTF-8, without a line end.

    Keys are sorted by UTF-16 code units (RFC 8785 section 3.2.3), strings escaped as in section 3.2.2.2.

    Raises:
        CanonicalError: evidence.json.kind, .float, .number, .text (lone surrogate), .depth.
    Guarantees: test_canonical_roundtrip, test_canonical_key_order_does_not_matter.

    >>> canonical_bytes({"price_tiyn": 2450, "lot": "ә-7"}).decode()
    '{"lot":"ә-7","price_tiyn":2450}'
    """
    text = _encode_sorted(value) if _is_simple(value, 0) else _encode(_ordered(value, 0))
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        found = f"U+{ord(text[error.start]):04X}"
        raise CanonicalError(EvidenceCode.JSON_TEXT, f"lone surrogate {found} is no character") from None


def parse_canonical(line: bytes) -> JsonObject:
    """Read one object from its canonical bytes; anything that would be written differently is refused.

    So duplicate keys, spaces, other escapes, `-0`, `1.0`, another order of keys and a line end are all refused.

    Raises:
        CanonicalError: evidence.json.form, or the code `canonical_bytes` would give.

    >>> parse_canonical(b'{"a":1,"a":1}')
    Traceback (most recent call last):
    kezek.evidence.error.CanonicalError: not canonical from byte 6 on: found b',"a":1}' [evidence.json.form]
    """
    try:
        value = json.loads(line.decode(), parse_float=_refuse_float, parse_constant=_refuse_float)
    except UnicodeDecodeError as error:
        raise _not_canonical(f"byte {error.start} is not UTF-8") from None
    except RecursionError:
        raise CanonicalError(EvidenceCode.JSON_DEPTH, f"nested deeper than {DEPTH_MAX}") from None
    except ValueError as error:
        raise _not_canonical(f"not JSON: {error}") from None
    if not isinstance(value, dict):
        raise _not_canonical(f"an object was expected, found {_named(value)}")
    again = canonical_bytes(value)
    if again != line:
        at = next(
            (i for i, (a, b) in enumerate(zip(again, line, strict=False)) if a != b), min(len(again), len(line))
        )
        raise _not_canonical(f"not canonical from byte {at} on: found {line[at : at + 12]!r}")
    return value


def _is_simple(value: object, depth: int) -> bool:
    """Tell whether sorting keys by code point is all that is to be done: the usual case, and the quick one.

    Anything else, sound or not, is left to `_ordered`, which says what is wrong.
    """
    items: Iterable[Any]
    if type(value) is dict:
        items = value.values()
        if not all(type(key) is str and key.isascii() for key in value):
            return False
    elif type(value) is list:
        items = value
    else:
        return False
    for item in items:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int:
            if not -INTEGER_MAX <= item <= INTEGER_MAX:
                return False
        elif depth >= DEPTH_MAX - 1 or not _is_simple(item, depth + 1):
            return False
    return True


def _ordered(value: object, depth: int) -> object:
    """Return the value with all keys in order, or refuse what is outside the value space."""
    if isinstance(value, str) or value is None or value is True or value is False:
        return value
    if isinstance(value, int):
        return _checked_integer(value)
    if depth >= DEPTH_MAX:
        raise CanonicalError(EvidenceCode.JSON_DEPTH, f"nested deeper than {DEPTH_MAX}")
    if isinstance(value, (dict, Mapping)):
        return {key: _ordered(value[key], depth + 1) for key in _sorted_keys(value)}
    if isinstance(value, (list, tuple)):
        return [_ordered(item, depth + 1) for item in value]
    if isinstance(value, float):
        raise CanonicalError(
            EvidenceCode.JSON_FLOAT, f"{value!r} is a float: write whole numbers of the smallest unit"
        )
    raise CanonicalError(EvidenceCode.JSON_KIND, f"{_named(value)} has no JSON form")


def _sorted_keys(value: Mapping[Any, object]) -> list[str]:
    keys = list(value)
    try:
        if all(map(str.isascii, keys)):
            return sorted(keys)
        return sorted(keys, key=_utf16)
    except TypeError:
        key = next(key for key in keys if not isinstance(key, str))
        what = f"key {key!r} is {_named(key)}: only strings are keys"
        raise CanonicalError(EvidenceCode.JSON_KIND, what) from None


def _utf16(key: str) -> bytes:
    return str.encode(key, "utf-16-be", "surrogatepass")


def _checked_integer(value: int) -> int:
    if -INTEGER_MAX <= value <= INTEGER_MAX:
        return value
    what = f"an integer of {value.bit_length()} bits is beyond 2**53 - 1: write as string"
    raise CanonicalError(EvidenceCode.JSON_NUMBER, what)


def _refuse_float(text: str) -> Never:
    raise CanonicalError(EvidenceCode.JSON_FLOAT, f"{text} is a float: write whole numbers of the smallest unit")


def _not_canonical(what: str) -> CanonicalError:
    return CanonicalError(EvidenceCode.JSON_FORM, what)


def _named(value: object) -> str:
    return type(value).__name__
