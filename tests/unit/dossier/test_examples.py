"""The shipped examples: each breaches what its title says, and nothing else."""

from pathlib import Path

import pytest

from kezek.dossier.example import example_names, example_text, example_title
from kezek.dossier.read import read_dossier
from kezek.duties.check import check
from kezek.duties.finding import Status
from kezek.duties.lens import Lens
from kezek.law.book import load_book
from kezek.units.problem import InputProblem

BREACHED = {
    "applicant": set(),
    "bypassed-meter": {("records.energy", "2025-Q3")},
    "clean": set(),
    "faulty-meter-2023": {("fee.amount", "2023-Q3")},
    "hosted-subtype-2": set(),
    "late-fee": {("fee.payment", "2025-Q3")},
    "loss-making": set(),
    "notice-2022": {("notice.start", "")},
    "odd-figures": set(),
    "renewable-only": set(),
    "suspended-licence": {("licence.held", "2025-Q3")},
    "under-sold": {("sale.share", "2025-Q3")},
    "unlicensed": {("licence.held", "2025-Q3")},
    "unregistered-rigs": {("equipment.registered", "2025-Q3"), ("equipment.fingerprint", "2025-Q3")},
    "vat-lock-broken": {("vat.import_lock", "2025-Q3")},
    "wrong-pool": {("pool.accredited", "2025-Q3")},
}
CLEAN = ("clean", "hosted-subtype-2", "loss-making", "odd-figures", "renewable-only")
FLAGGED = {"odd-figures": ["number_kind", "machine_efficient", "energy_over_power"]}
UNJUDGED = {
    "applicant": ["no_quarters"],
    "faulty-meter-2023": ["quarter_gap", "imported_outside"],
    "notice-2022": ["imported_outside"],
    "unlicensed": ["imported_outside"],
    "vat-lock-broken": ["quarter_gap", "imported_outside", "imported_outside"],
}
"""What no quarter of an example contains; most have one quarter of a licence from 2023, and an import before it."""


@pytest.fixture(scope="module")
def verdict_of():
    lens = Lens(book=load_book(), profile="described", readings={})
    return lambda name: check(facts=read_dossier(text=example_text(name), name=name).facts, lens=lens)


def test_every_shipped_example_is_judged_here():
    assert set(example_names()) == set(BREACHED) and len(BREACHED) >= 12


@pytest.mark.parametrize("name", sorted(BREACHED))
def test_an_example_breaches_what_its_title_says_and_nothing_else(name, verdict_of):
    verdict = verdict_of(name)
    assert {(one.duty, one.period) for one in verdict.breached} == BREACHED[name]


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_example_is_met_or_not_concerned_everywhere(name, verdict_of):
    verdict = verdict_of(name)
    other = [one for one in verdict.findings if one.status not in (Status.MET, Status.NOT_APPLICABLE)]
    assert other == [] and verdict.status is Status.MET


def test_the_applicant_has_a_paper_to_come(verdict_of):
    at_risk = [one for one in verdict_of("applicant").findings if one.status is Status.AT_RISK]
    assert [(one.duty, one.evidence) for one in at_risk] == [("licence.documents", ("aml_kyc_audit",))]


@pytest.mark.parametrize("name", sorted(BREACHED))
def test_an_example_has_no_flags_unless_it_shows_them(name):
    flags = read_dossier(text=example_text(name), name=name).flags
    assert [str(one.code).removeprefix("dossier.flag.") for one in flags] == [
        *FLAGGED.get(name, []),
        *UNJUDGED.get(name, ["quarter_gap", "imported_outside"]),
    ]


@pytest.mark.parametrize("name", sorted(BREACHED))
def test_an_example_begins_with_what_it_shows(name):
    assert example_text(name).startswith("# ")
    assert example_title(name).endswith(".") and len(example_title(name)) > 40


def test_the_example_files_ship_with_the_package():
    import kezek.dossier

    folder = Path(kezek.dossier.__file__).parent / "examples"
    assert sorted(path.stem for path in folder.glob("*.toml")) == sorted(example_names())


def test_an_unknown_example_names_the_nearest(verdict_of):
    with pytest.raises(InputProblem, match='Did you mean "under-sold"') as caught:
        example_text("undersold")
    assert caught.value.code == "dossier.example.unknown"


def test_figures_of_the_clean_example_add_up():
    for book in read_dossier(text=example_text("clean"), name="clean").facts.books:
        received = sum(sat for _, sat in book.received_sat)
        assert 4 * sum(sat for _, sat in book.sold_sat) >= 3 * received
        assert book.metered_wh <= 1_000 * book.platform.energy_kwh
        if book.fee.paid_on:
            assert 1_000 * book.fee.paid_tiyn == 200 * book.metered_wh
            assert 100 * book.tax_declared_tiyn == 15 * (book.coin_value_tiyn - book.cost_tiyn)
