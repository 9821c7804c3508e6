"""The compiled form: the same book exactly, and never used when anything about it or its folder is not right."""

import json
import os
import shutil
from dataclasses import fields
from datetime import date
from hashlib import sha256
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezek.law import book as book_module
from kezek.law import compiled
from kezek.law.book import Book, jurisdictions, load_book, seal
from kezek.law.problem import BookProblem
from kezek.law.value import Band, Confidence, Missing, Quantity, Reading, Scale, Source, Unit, Unlimited, Value


def packaged(jurisdiction="kz"):
    return files("kezek.law") / "books" / jurisdiction


@pytest.fixture
def sealed_copy(tmp_path):
    with as_file(packaged()) as folder:
        shutil.copytree(folder, tmp_path / "kz")
    return tmp_path / "kz"


@pytest.fixture
def small(pages, write_book):
    return write_book(pages)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "deep" / "cache"


def the_file(cache):
    [path] = cache.iterdir()
    return path


@pytest.fixture
def toml_reads(monkeypatch):
    """How often the TOML was read."""
    reads = []
    real = book_module._read

    def counted(folder):
        reads.append(folder)
        return real(folder)

    monkeypatch.setattr(book_module, "_read", counted)
    return reads


def assert_same(one, other):
    for field in fields(Book):
        assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert one.digest == other.digest
    assert list(one.quantities) == list(other.quantities), "the order of the file is kept"


@pytest.mark.parametrize("jurisdiction", jurisdictions())
def test_packaged_book_from_the_compiled_form_is_the_one_from_toml(jurisdiction, cache, toml_reads):
    with as_file(packaged(jurisdiction)) as folder:
        first = load_book(folder, cache=cache)
        again = load_book(folder, cache=cache)
        assert len(toml_reads) == 1
        assert_same(again, first)
        assert_same(again, load_book(folder))


def test_compiled_book_answers_as_the_other(sealed_copy, cache):
    first, again = load_book(sealed_copy, cache=cache), load_book(sealed_copy, cache=cache)
    for on in (date(2022, 6, 1), date(2025, 10, 15)):
        for profile in first.profiles:
            law, other = (book.at(on=on, profile=profile) for book in (first, again))
            for key in first.quantities:
                assert law.find(key) == other.find(key)
            assert law.touched() == other.touched()


def test_without_a_cache_nothing_is_written(small, tmp_path):
    load_book(small)
    assert {path.name for path in tmp_path.iterdir()} == {"book"}


def test_rows_are_built_when_they_are_asked_for(small, cache):
    load_book(small, cache=cache)
    quantities = load_book(small, cache=cache).quantities
    assert (len(quantities), set(quantities), "sale.share" in quantities) == (2, {"sale.share", "sale.other"}, True)
    assert quantities._built == {}
    assert quantities["sale.share"] is quantities["sale.share"]
    assert set(quantities._built) == {"sale.share"}
    with pytest.raises(KeyError):
        quantities["sale.shaer"]


def test_damage_is_seen_wherever_it_is(small, cache, toml_reads):
    expected = load_book(small, cache=cache)
    path = the_file(cache)
    good = path.read_bytes()
    assert len(good) > 2_000
    places = [*range(200), *range(200, len(good), 41), len(good) - 1]
    for place in places:
        toml_reads.clear()
        path.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert_same(load_book(small, cache=cache), expected)
        assert len(toml_reads) == 1, f"byte {place} was trusted"
        assert path.read_bytes() == good, "it is written anew"


def test_file_cut_short_or_longer_or_foreign_is_no_answer(small, cache, toml_reads):
    expected = load_book(small, cache=cache)
    path = the_file(cache)
    good = path.read_bytes()
    for bad in (b"", b"\n", good[:64], good[: len(good) // 2], good[:-1], good + b"\n", b"[]", os.urandom(500)):
        toml_reads.clear()
        path.write_bytes(bad)
        assert_same(load_book(small, cache=cache), expected)
        assert len(toml_reads) == 1


def signed(rest):
    return f"{compiled.FORMAT} {sha256(rest).hexdigest()}\n".encode() + rest


@pytest.mark.parametrize("head", [b"", b"[]", b"{}", b"null", b'{"sealed": true, "keys": [["a"]]}', b"\xff"])
def test_file_with_the_right_hash_and_other_content_is_no_answer(head):
    assert compiled.load(signed(b"s\n" + head), signature="s", must_be_sealed=False) is None


def test_other_version_of_the_format_is_no_answer(small, cache):
    load_book(small, cache=cache)
    data = the_file(cache).read_bytes()
    signature = data.split(b"\n")[1].decode()
    assert compiled.load(data, signature=signature, must_be_sealed=False)
    other = data.replace(compiled.FORMAT.encode(), b"kezek-law-book-0", 1)
    assert compiled.load(other, signature=signature, must_be_sealed=False) is None
    assert compiled.load(data, signature="0" * 64, must_be_sealed=False) is None


def test_changed_byte_is_still_refused_with_the_name_of_the_file(sealed_copy, cache):
    load_book(sealed_copy, cache=cache)
    page = sealed_copy / "mci" / "tiyn.toml"
    data = page.read_bytes()
    page.write_bytes(data.replace(b"3_932_00", b"3_933_00") if b"3_932_00" in data else data[:-1] + b" ")
    os.utime(page, ns=(1, 1))
    with pytest.raises(BookProblem) as refusal:
        load_book(sealed_copy, cache=cache)
    assert (refusal.value.code, refusal.value.file) == ("law.file.changed", "mci/tiyn.toml")
    page.write_bytes(data)
    assert load_book(sealed_copy, cache=cache).quantities["mci.tiyn"]


@pytest.mark.parametrize("change", ["new_file", "new_area", "gone", "renamed", "touched", "lock"])
def test_any_change_of_the_folder_is_seen(change, small, cache, toml_reads):
    load_book(small, cache=cache)
    page = small / "sale" / "other.toml"
    match change:
        case "new_file":
            (small / "sale" / "third.toml").write_bytes(page.read_bytes())
        case "new_area":
            (small / "area").mkdir()
            (small / "area" / "third.toml").write_bytes(page.read_bytes())
        case "gone":
            page.unlink()
        case "renamed":
            page.rename(page.with_name("third.toml"))
        case "touched":
            os.utime(page, ns=(10**18, 10**18))
        case "lock":
            seal(small)
    toml_reads.clear()
    if change == "gone":
        with pytest.raises(BookProblem, match=r"law\.file\.unused"):
            load_book(small, cache=cache)
    else:
        again = load_book(small, cache=cache)
        assert len(toml_reads) == 1
        assert_same(again, load_book(small))


def test_intended_change_is_read_after_sealing(small, cache, pages):
    seal(small)
    assert load_book(small, cache=cache).at(on=date(2025, 6, 1)).amount("sale.share") == 750_000
    (small / "sale/share.toml").write_text(pages["sale/share.toml"].replace("750_000", "760_000"))
    with pytest.raises(BookProblem, match="differs from what was sealed"):
        load_book(small, cache=cache)
    seal(small)
    assert load_book(small, cache=cache).at(on=date(2025, 6, 1)).amount("sale.share") == 760_000


def test_compiled_form_of_an_unsealed_book_does_not_open_a_book_that_must_be_sealed(small, cache, monkeypatch):
    load_book(small, cache=cache)
    monkeypatch.setattr(book_module, "_BOOKS", small.parent)
    book_module._packaged.cache_clear()
    with pytest.raises(BookProblem, match=r"book\.lock is missing"):
        load_book(jurisdiction="book", cache=cache)
    seal(small)
    book_module._packaged.cache_clear()
    assert load_book(jurisdiction="book", cache=cache) is load_book(jurisdiction="book"), "once per process"
    book_module._packaged.cache_clear()


def test_book_that_does_not_load_leaves_nothing(pages, write_book, cache):
    pages["sale/share.toml"] = "title ="
    with pytest.raises(BookProblem):
        load_book(write_book(pages), cache=cache)
    assert not cache.exists()


def test_cache_that_cannot_be_written_to_changes_nothing(small, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    for cache in (tmp_path / "file", tmp_path / "file" / "below"):
        assert load_book(small, cache=cache).quantities["sale.share"]
    assert (tmp_path / "file").read_text() == "not a folder"


def test_no_part_of_a_file_is_left_behind(small, cache):
    load_book(small, cache=cache)
    assert the_file(cache).suffix == ".json"
    blocked = cache / f"{the_file(cache).name}"
    blocked.unlink()
    blocked.mkdir()
    assert load_book(small, cache=cache).quantities["sale.share"], "a folder stands in its place"
    assert [path.name for path in cache.iterdir()] == [blocked.name]


def test_two_books_have_two_files(pages, small, sealed_copy, cache):
    load_book(small, cache=cache)
    load_book(sealed_copy, cache=cache)
    assert len(list(cache.iterdir())) == 2
    assert len(load_book(small, cache=cache).quantities) == 2


def test_compiled_form_holds_text_lines_of_json(small, cache):
    load_book(small, cache=cache)
    first, signature, *lines = the_file(cache).read_text(encoding="utf-8").split("\n")
    assert first.split() == [compiled.FORMAT, sha256("\n".join([signature, *lines]).encode()).hexdigest()]
    assert all(json.loads(line) for line in lines)


words = st.text(max_size=20)
sources = st.builds(Source, words, words, words, words, words, words, words)
contents = st.one_of(
    st.integers(),
    words,
    st.booleans(),
    st.lists(words, max_size=3).map(tuple),
    st.builds(Missing, words),
    st.just(Unlimited()),
    st.builds(
        Scale,
        st.sampled_from(Unit),
        st.lists(
            st.builds(Band, st.integers(), st.none() | st.integers(), st.integers() | st.builds(Missing, words)),
            max_size=3,
        ).map(tuple),
    ),
)
values = st.builds(
    Value,
    key=words,
    unit=st.sampled_from(Unit),
    content=contents,
    from_on=st.dates(),
    until_on=st.none() | st.dates(),
    published_on=st.none() | st.dates(),
    source=sources,
    at=words,
    finding=words,
    confidence=st.sampled_from(Confidence),
    checked_on=st.dates(),
    reading=st.none() | st.builds(Reading, words, st.lists(words, max_size=2).map(tuple)),
    gap=words,
)


@settings(max_examples=40)
@given(st.dictionaries(words, st.builds(Quantity, words, words, st.sampled_from(Unit), st.lists(values).map(tuple))))
def test_any_quantity_comes_back_as_it_was(quantities):
    parts = compiled.Parts(quantities, {}, {}, {}, {"a.toml": "b"}, {})
    data = compiled.dump(parts, signature="s", sealed=True)
    back = compiled.load(data, signature="s", must_be_sealed=True)
    assert back.quantities == quantities and back.file_digests == {"a.toml": "b"}
    for key, quantity in quantities.items():
        for value, other in zip(quantity.values, back.quantities[key].values, strict=True):
            assert type(value.content) is type(other.content)


@pytest.mark.parametrize("content", [0.5, b"x", {1, 2}])
def test_what_has_no_compiled_form_is_a_bug(content, small):
    book = load_book(small)
    value = book.quantities["sale.share"].values[0].saying(content)
    parts = compiled.Parts({"k": Quantity("k", "t", Unit.PPM, (value,))}, {}, {}, {}, {}, {})
    with pytest.raises(TypeError, match="has no compiled form"):
        compiled.dump(parts, signature="s", sealed=False)


def test_folder_that_cannot_be_listed_has_no_signature(tmp_path):
    assert compiled.signature_of(tmp_path / "nowhere", lambda name: False) is None
    with pytest.raises(BookProblem, match="There is no such folder"):
        load_book(tmp_path / "nowhere", cache=tmp_path)


def test_same_folder_by_another_name_has_the_same_file(tmp_path):
    (tmp_path / "book").mkdir()
    by_detour = tmp_path / "book" / ".." / "book"
    assert compiled.path_in(Path("c"), by_detour) == compiled.path_in(Path("c"), tmp_path / "book")
