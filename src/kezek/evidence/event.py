"""Events: what a log takes. A JSON object that names its kind, the version of its form, its moment and itself.

    {"at":"2025-10-14T05:00:05Z","data":{…},"key":"order/7f3a","type":"order.submitted","v":1}

`key` is chosen by who sends the event, so that sending it twice adds it once; a log with a single writer may number
its events with `n` instead. Two more fields are taken where they are needed: `confidential`, with a fresh salt and
the moment until which the body stays closed, so that nobody can guess it from its published hash; and `private`, the
salted hashes of personal data that is kept outside.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from kezek.evidence.armour import from_base64, to_base64
from kezek.evidence.canonical import JsonObject, canonical_bytes
from kezek.evidence.error import ArmourError, EventError, EvidenceCode
from kezek.evidence.sealed import SALT_BYTES, Opening
from kezek.evidence.tiles import ENTRY_BYTES_MAX

KEY_LENGTH_MAX = 200
_KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FIELD = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_MOMENT_FORM = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SALT, _UNTIL = "salt", "until"
_KNOWN = frozenset({"at", "confidential", "data", "id", "key", "n", "private", "type", "v"})


class EventHead(NamedTuple):
    """What a log needs to know of an event.

    Args:
        key: Names the event in its log; `n/<number>` where it is numbered.
        kind: As `order.submitted`.
        version: Of the form of its data.
        until: Its body is closed before this moment; None where it is open at once.
    """

    key: str
    kind: str
    version: int
    at: datetime
    until: datetime | None


def entry_of(event: Mapping[str, object]) -> tuple[EventHead, bytes]:
    """Check an event and write it as the bytes that are hashed and stored.

    Raises:
        EventError: evidence.event.form, .key, .version, .moment, .confidential, .private, .size.
        CanonicalError: the event has no canonical form.

    >>> event = {"at": "2025-01-01T00:00:00Z", "data": {}, "key": "a-1", "type": "order.submitted", "v": 1}
    >>> entry_of(event)[0].key
    'a-1'
    """
    head = head_of(event)
    entry = canonical_bytes(event)
    if len(entry) > ENTRY_BYTES_MAX:
        what = (
            f"{len(entry)} bytes are more than the {ENTRY_BYTES_MAX} that a log takes: log a digest of the large part"
        )
        raise EventError(EvidenceCode.EVENT_SIZE, what, head.key)
    return head, entry


def head_of(event: Mapping[str, object]) -> EventHead:
    """Read what a log needs to know of an event.

    Raises:
        EventError: as `entry_of`, but for the size.
    """
    kind, version = event.get("type"), event.get("v")
    if not isinstance(kind, str) or not _is_kind(kind):
        raise EventError(EvidenceCode.EVENT_FORM, f"type is {kind!r}, expected a name as 'order.submitted'")
    if not _KNOWN.issuperset(event):
        foreign = sorted(set(event) - _KNOWN)
        raise EventError(EvidenceCode.EVENT_FORM, f"{', '.join(map(repr, foreign))} is no field of an event", kind)
    if type(version) is not int or version < 1:
        raise EventError(EvidenceCode.EVENT_VERSION, f"v is {version!r}, expected a whole number from 1", kind)
    until = _closed_until(event.get("confidential"), kind) if "confidential" in event else None
    if "private" in event:
        _check_private(event["private"], kind)
    return EventHead(key_of(event), kind, version, _moment(event.get("at"), "at", kind), until)


def key_of(event: Mapping[str, object]) -> str:
    """Return the name of an event in its log.

    Raises:
        EventError: evidence.event.key.
    """
    key, number = event.get("key"), event.get("n")
    if "key" not in event and type(number) is int and number >= 0:
        return f"n/{number}"
    if not isinstance(key, str) or not 0 < len(key) <= KEY_LENGTH_MAX or not key.isprintable():
        what = f"key is {key!r}, expected a printable text of at most {KEY_LENGTH_MAX} characters"
        raise EventError(EvidenceCode.EVENT_KEY, what, str(event.get("type")))
    if key.startswith("n/") or "n" in event:
        raise EventError(EvidenceCode.EVENT_KEY, f"key {key!r} is not distinct from a number", str(event.get("type")))
    return key


def closed(event: Mapping[str, object], *, salt: bytes, until: datetime) -> JsonObject:
    """Return the event as a confidential one.

    Args:
        salt: Fresh, from the edge. [32 bytes, secret until the body is shown]
        until: The body is shown from then on; an instant, in whole seconds, so that it opens at no other one.
    Raises:
        EventError: evidence.event.moment.
    """
    if until.tzinfo is None or until.microsecond:
        what = f"until is {until.isoformat()}, expected whole seconds with a time zone"
        raise EventError(EvidenceCode.EVENT_MOMENT, what, str(event.get("type")))
    return {**event, "confidential": {_SALT: to_base64(salt), _UNTIL: until.astimezone(UTC).strftime(_MOMENT)}}


def with_private(event: Mapping[str, object], openings: Mapping[str, Opening]) -> JsonObject:
    """Return the event with the digests of what is kept outside."""
    return {**event, "private": {name: opening.digest for name, opening in openings.items()}}


def content_of(event: Mapping[str, object]) -> JsonObject:
    """Return what an event says, without salts and what hangs on them: equal for the same event sent twice."""
    content = {name: value for name, value in event.items() if name not in ("confidential", "private")}
    match event.get("confidential"):
        case {"until": until}:
            content["confidential"] = until
    match event.get("private"):
        case dict(digests):
            content["private"] = sorted(digests)
    return content


@lru_cache(maxsize=1024)
def _is_kind(kind: str) -> bool:
    return _KIND.fullmatch(kind) is not None


def _closed_until(confidential: object, kind: str) -> datetime:
    match confidential:
        case {"salt": str(salt), "until": until, **rest} if not rest:
            pass
        case _:
            raise EventError(EvidenceCode.EVENT_CONFIDENTIAL, "confidential is not {salt, until}", kind)
    try:
        length = len(from_base64(salt))
    except ArmourError as error:
        raise EventError(EvidenceCode.EVENT_CONFIDENTIAL, error.what, kind) from None
    if length != SALT_BYTES:
        what = f"a salt has {SALT_BYTES} bytes, not {length}"
        raise EventError(EvidenceCode.EVENT_CONFIDENTIAL, what, kind)
    return _moment(until, _UNTIL, kind)


def _check_private(private: object, kind: str) -> None:
    if not isinstance(private, dict) or not private:
        raise EventError(EvidenceCode.EVENT_PRIVATE, "private is not an object of digests", kind)
    for name, digest in private.items():
        if not (isinstance(name, str) and _FIELD.fullmatch(name)):
            raise EventError(
                EvidenceCode.EVENT_PRIVATE, f"{name!r} is no name of a private field, as tax_number is", kind
            )
        if not (isinstance(digest, str) and _DIGEST.fullmatch(digest)):
            raise EventError(EvidenceCode.EVENT_PRIVATE, f"{name} is not a SHA-256 in hex", kind)


def _moment(value: object, name: str, kind: str) -> datetime:
    if isinstance(value, str) and _MOMENT_FORM.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    what = f"{name} is {value!r}, expected a moment as 2025-10-14T05:00:05Z"
    raise EventError(EvidenceCode.EVENT_MOMENT, what, kind)
