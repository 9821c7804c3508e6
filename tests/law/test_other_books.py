"""The books of other jurisdictions: all load, are sealed, and never call law what was not."""

from datetime import date
from pathlib import Path

import pytest

from kezek.law import lock
from kezek.law.book import NotYetInForce, Unknown, Value, jurisdictions, load_book
from kezek.law.value import Confidence, Status

BOOKS = Path(lock.__file__).with_name("books")
OTHERS = [name for name in jurisdictions() if name != "kz"]
LAW = {
    "cn": "all",
    "ru": {"mining_register.kind", "mining_report.successor"},
    "us-dame": set(),
    "world": {
        "us_states.federal_cap",
        "us_states.rules",
        "world.mining_kwh",
        "world.mining_share_ppm",
        "world.more_than",
    },
}
"""What the books do not mark as a draft or proposal: acts, and figures and news that no status fits."""


def values(jurisdiction):
    return [
        value for quantity in load_book(jurisdiction=jurisdiction).quantities.values() for value in quantity.values
    ]


def test_four_other_books_ship():
    assert OTHERS == ["cn", "ru", "us-dame", "world"]


@pytest.mark.parametrize("jurisdiction", OTHERS)
def test_book_loads_and_matches_its_seal(jurisdiction):
    book = load_book(jurisdiction=jurisdiction)
    seal = (BOOKS / jurisdiction / lock.LOCK_NAME).read_text(encoding="utf-8")
    lock.verify(digests=book.file_digests, lock=seal)
    assert "described" in book.profiles
    assert len(book.digest) == 64


@pytest.mark.parametrize("jurisdiction", OTHERS)
def test_what_was_never_enacted_says_so(jurisdiction):
    quantities = load_book(jurisdiction=jurisdiction).quantities
    enacted = {key for key, quantity in quantities.items() if quantity.status is Status.LAW}
    assert enacted == ({*quantities} if LAW[jurisdiction] == "all" else LAW[jurisdiction])
    assert all(value.status is quantities[value.key].status for value in values(jurisdiction))


@pytest.mark.parametrize("jurisdiction", OTHERS)
def test_every_source_is_used_and_every_value_says_where_it_comes_from(jurisdiction):
    used = {value.source.key for value in values(jurisdiction)}
    assert used == {*load_book(jurisdiction=jurisdiction).sources}
    for value in values(jurisdiction):
        assert value.finding.endswith("."), value.key
        assert value.at or value.source.key in ("kezek_design", "law_221_fz", "interfax_2024"), value.key
        assert value.source.kind != "ours" or value.unconfirmed, value.key


@pytest.mark.parametrize("jurisdiction", ["cn", "ru", "us-dame"])
@pytest.mark.parametrize("on", [date(2022, 1, 1), date(2023, 6, 1), date(2025, 10, 15), date(2026, 11, 20)])
def test_published_rests_on_nothing_weak(jurisdiction, on):
    law = load_book(jurisdiction=jurisdiction).at(on=on, profile="published")
    for key in law.quantities:
        found = law.find(key)
        if isinstance(found, Value):
            assert found.confidence in (Confidence.HIGH, Confidence.MED), key


def test_the_rate_of_s2_is_reached_under_every_reading_that_has_steps():
    book = load_book(jurisdiction="us-dame")
    for position in ("green_book_2024", "green_book_2025", "none"):
        assert book.at(on=date(2027, 1, 1), readings={"dame.phase_in": position}).amount("dame.rate_ppm") == 300_000
    assert isinstance(
        book.at(on=date(2027, 1, 1), readings={"dame.phase_in": "unknown"}).find("dame.rate_ppm"), Unknown
    )


def test_the_later_wording_of_the_excise_is_not_known_before_it_was_published():
    book, readings = load_book(jurisdiction="us-dame"), {"dame.phase_in": "green_book_2025"}
    before = book.at(on=date(2025, 1, 1), readings=readings, known_on=date(2024, 3, 10)).find("dame.rate_ppm")
    assert not isinstance(before, Value)
    after = book.at(on=date(2025, 1, 1), readings=readings, known_on=date(2024, 3, 11))
    assert after.amount("dame.rate_ppm") == 100_000


def test_china_has_eleven_issuers_where_s2_counts_ten():
    law = load_book(jurisdiction="cn").at(on=date(2025, 1, 1))
    assert law.amount("mining_ban.issuer_count") == 10
    assert law.with_readings({"mining_ban.issuers": "press"}).amount("mining_ban.issuer_count") == 11


def test_the_russian_draft_sets_no_tax_and_keeps_russian_infrastructure_out():
    law = load_book(jurisdiction="ru").at(on=date(2023, 1, 22))
    assert law.flag("mining_tax.set_by_draft") is False
    assert law.flag("mining_sale.russian_infrastructure_barred") is True
    assert law.text("mining_sale.exception") == "experimental_regime"
    assert isinstance(law.find("mining_register.kind"), NotYetInForce)


def test_the_two_figures_of_s1_agree_with_each_other():
    """168.3 TWh at 0.55 % make 30,600 TWh of electricity in the world, as the article implies."""
    law = load_book(jurisdiction="world").at(on=date(2025, 10, 15))
    assert law.amount("world.mining_kwh") * 1_000_000 == 30_600 * 10**9 * law.amount("world.mining_share_ppm")
    assert law.text("world.more_than") == "Argentina"
    assert law.flag("us_states.federal_cap") is False
    assert law.text("france.nuclear_mining") == "considered"
