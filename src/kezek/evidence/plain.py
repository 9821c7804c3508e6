"""Plain values for the log and back: dataclasses to JSON objects, by their annotations; instants to the second."""

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class CodecError(ValueError):
    """An event of the log does not hold what its type says."""


def to_plain(value: Any) -> Any:  # noqa: ANN401 - any dataclass tree goes in
    """Turn a value into JSON types: instants as `...Z` to the second, dates as ISO, enums as values, tuples as lists.

    Raises:
        CodecError: a value that has no plain form, as a float.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | bool):
        return value
    raise CodecError(f"{type(value).__name__} has no plain form")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def from_plain(kind: type[T], plain: Any) -> T:  # noqa: ANN401 - JSON goes in
    """Build a dataclass from its plain form; every field must be there and no other.

    Raises:
        CodecError: a missing or foreign field, a value of the wrong type, or one that the class itself refuses.
    """
    if not isinstance(plain, dict):
        raise CodecError(f"{kind.__name__} wants an object, found {type(plain).__name__}")
    hints = _hints(kind)  # type: ignore[arg-type]  # a class is hashable, whatever its T
    if set(plain) != set(hints):
        raise CodecError(f"{kind.__name__} wants {sorted(hints)}, found {sorted(plain)}")
    values = {name: _value(hint, plain[name]) for name, hint in hints.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise CodecError(f"{kind.__name__}: {error}") from error


def _value(hint: Any, plain: Any) -> Any:  # noqa: ANN401 - dispatch over annotations
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return None if plain is None else _value(next(a for a in arguments if a is not type(None)), plain)
    if origin is tuple:
        return _tuple(arguments, plain)
    if origin is frozenset:
        return frozenset(_value(arguments[0], item) for item in _of(list, plain))
    if origin in (dict, Mapping):
        return {key: _value(arguments[1], item) for key, item in _of(dict, plain).items()}
    if dataclasses.is_dataclass(hint):
        return from_plain(hint, plain)  # type: ignore[arg-type]
    return _scalar(hint, plain)


def _of(kind: type, plain: Any) -> Any:  # noqa: ANN401 - JSON goes in
    if type(plain) is not kind:
        raise CodecError(f"wanted {kind.__name__}, found {plain!r}")
    return plain


def _tuple(arguments: tuple[Any, ...], plain: Any) -> tuple[Any, ...]:  # noqa: ANN401 - JSON goes in
    items = _of(list, plain)
    parts = arguments[:1] * len(items) if arguments[-1] is Ellipsis else arguments
    if len(parts) != len(items):
        raise CodecError(f"wanted {len(parts)} items, found {len(items)}")
    return tuple(_value(part, item) for part, item in zip(parts, items, strict=True))


def _scalar(hint: Any, plain: Any) -> Any:  # noqa: ANN401 - dispatch over annotations
    try:
        if isinstance(hint, type) and issubclass(hint, Enum):
            return hint(plain)
        if hint is datetime:
            return datetime.strptime(_of(str, plain), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        if hint is date:
            return date.fromisoformat(_of(str, plain))
    except CodecError:
        raise
    except ValueError as error:
        raise CodecError(f"{plain!r} is no {hint.__name__}") from error
    return _of(hint, plain)


def event_of(*, kind: str, subject_id: str, at: datetime, data: object, number: int, version: int) -> dict[str, Any]:
    """Lay out an entry of a log: what happened to what and when, under its running number.

    Args:
        version: Of the form of the data.

    Raises:
        CodecError: the data have no plain form.

    >>> at = datetime(2025, 1, 1, tzinfo=UTC)
    >>> event_of(kind="gate.closed", subject_id="d", at=at, data={}, number=7, version=1)
    {'at': '2025-01-01T00:00:00Z', 'data': {}, 'id': 'd', 'n': 7, 'type': 'gate.closed', 'v': 1}
    """
    return {
        "at": to_plain(at),
        "data": to_plain(data),
        "id": subject_id,
        "n": number,
        "type": kind,
        "v": version,
    }
