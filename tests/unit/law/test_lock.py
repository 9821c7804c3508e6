"""The seal: a changed, missing or extra file is seen; a foreign book without a lock is read as it is."""

import shutil
from importlib.resources import as_file, files

import pytest

from kezek.law.book import load_book, seal
from kezek.law.problem import BookProblem

PACKAGED = files("kezek.law") / "books" / "kz"


@pytest.fixture(scope="module")
def sealed_copy(tmp_path_factory):
    """A copy of the packaged book, lock included."""
    target = tmp_path_factory.mktemp("sealed") / "kz"
    with as_file(PACKAGED) as folder:
        shutil.copytree(folder, target)
    return target


def refusal_of(folder):
    with pytest.raises(BookProblem) as refusal:
        load_book(folder)
    assert refusal.value.code == "law.file.changed"
    assert "kezek law seal" in refusal.value.way_out
    return refusal.value.file


def test_one_flipped_byte_in_any_file_is_seen(sealed_copy):
    pages = sorted(path for path in sealed_copy.rglob("*.toml"))
    assert len(pages) > 80
    for n, page in enumerate(pages):
        data = page.read_bytes()
        place = (n * 37) % len(data)
        page.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert refusal_of(sealed_copy) == page.relative_to(sealed_copy).as_posix()
        page.write_bytes(data)
    load_book(sealed_copy)


def test_missing_and_extra_file_are_seen(sealed_copy):
    page = sealed_copy / "mci/tiyn.toml"
    moved = page.rename(sealed_copy / "mci/tenge.toml")
    assert refusal_of(sealed_copy) == "mci/tenge.toml"
    data = moved.read_bytes()
    moved.unlink()
    assert refusal_of(sealed_copy) == "mci/tiyn.toml"
    page.write_bytes(data)
    load_book(sealed_copy)


def test_spoilt_lock_is_seen(sealed_copy):
    lock = sealed_copy / "book.lock"
    text = lock.read_text()
    lock.write_text("nothing\n" + text)
    assert refusal_of(sealed_copy) == "book.lock"
    lock.write_text(text)


def test_windows_line_ends_are_the_same_law(sealed_copy):
    page = sealed_copy / "mci/tiyn.toml"
    data = page.read_bytes()
    page.write_bytes(data.replace(b"\n", b"\r\n"))
    assert load_book(sealed_copy).digest == load_book().digest
    page.write_bytes(data)


def test_foreign_book_is_sealed_on_wish(pages, write_book):
    folder = write_book(pages)
    before = load_book(folder)
    lock = seal(folder)
    assert load_book(folder).digest == before.digest
    assert lock.read_text().splitlines() == sorted(
        (f"{digest}  {name}" for name, digest in before.file_digests.items()), key=lambda line: line[66:]
    )
    (folder / "sale/share.toml").write_text(pages["sale/share.toml"].replace("750_000", "760_000"))
    assert refusal_of(folder) == "sale/share.toml"
    seal(folder)
    assert load_book(folder).digest != before.digest


def test_book_that_does_not_load_is_not_sealed(pages, write_book):
    pages["sale/share.toml"] = pages["sale/share.toml"].replace('unit = "ppm"', "")
    folder = write_book(pages)
    with pytest.raises(BookProblem):
        seal(folder)
    assert not (folder / "book.lock").exists()


def test_packaged_book_without_its_lock_is_refused(sealed_copy, monkeypatch):
    from kezek.law import book

    (sealed_copy / "book.lock").rename(sealed_copy.parent / "book.lock")
    monkeypatch.setattr(book, "_BOOKS", sealed_copy.parent)
    book._packaged.cache_clear()
    with pytest.raises(BookProblem, match=r"book\.lock is missing"):
        load_book()
    book._packaged.cache_clear()
    (sealed_copy.parent / "book.lock").rename(sealed_copy / "book.lock")
