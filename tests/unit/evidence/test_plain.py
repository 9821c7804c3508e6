"""Values survive the way into the log and back."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from kezek.evidence.plain import CodecError, from_plain, to_plain


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    on: date
    sat: int


@dataclass(frozen=True)
class Outer:
    name: str
    at: datetime
    colour: Colour
    inner: Inner
    many: tuple[Inner, ...]
    pairs: tuple[tuple[str, int], ...]
    words: frozenset[str]
    table: dict[str, int]
    maybe: int | None


VALUE = Outer(
    "a",
    datetime(2025, 10, 14, 4, 30, tzinfo=UTC),
    Colour.RED,
    Inner(date(2025, 10, 15), 7),
    (Inner(date(2025, 1, 1), 1),),
    (("x", 1), ("y", 2)),
    frozenset({"b", "a"}),
    {"k": 3},
    None,
)


def test_a_tree_of_values_comes_back_the_same():
    assert from_plain(Outer, to_plain(VALUE)) == VALUE


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.pop("name"),
        lambda plain: plain.update(extra=1),
        lambda plain: plain.update(name=3),
        lambda plain: plain["inner"].update(sat="7"),
        lambda plain: plain["inner"].update(sat=True),
        lambda plain: plain["inner"].update(on=5),
        lambda plain: plain["inner"].update(on="2025-13-01"),
        lambda plain: plain.update(at=5),
        lambda plain: plain.update(at="yesterday"),
        lambda plain: plain.update(colour="blue"),
        lambda plain: plain.update(colour=["red"]),
        lambda plain: plain.update(colour=None),
        lambda plain: plain.update(inner=None),
        lambda plain: plain.update(many={"on": 1}),
        lambda plain: plain.update(many=7),
        lambda plain: plain.update(pairs=[["x", 1, 2]]),
        lambda plain: plain.update(pairs=[["x"]]),
        lambda plain: plain.update(pairs=["xy"]),
        lambda plain: plain.update(words="ab"),
        lambda plain: plain.update(words=[["a"]]),
        lambda plain: plain.update(table=[["k", 3]]),
        lambda plain: plain.update(table={"k": None}),
        lambda plain: plain.update(maybe="7"),
    ],
)
def test_a_changed_form_is_refused(change):
    plain = to_plain(VALUE)
    change(plain)
    with pytest.raises(CodecError):
        from_plain(Outer, plain)


@dataclass(frozen=True)
class Picky:
    sat: int

    def __post_init__(self):
        if self.sat < 0:
            raise ValueError("a class may refuse too")


@pytest.mark.parametrize("plain", [None, 5, "text", [], {"sat": -1}])
def test_what_is_no_such_value_at_all_is_refused(plain):
    with pytest.raises(CodecError):
        from_plain(Picky, plain)


def test_a_float_has_no_plain_form():
    with pytest.raises(CodecError, match="float"):
        to_plain({"price": 1.5})
