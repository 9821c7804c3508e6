"""What the sources claim and cannot be: refused or left unknown, never computed."""

import pytest
from tests.spec.clean import clean_operator, with_change
from tests.spec.specs import Spec, case_specs, finding_of, outcome, packaged_lenses, timeline_specs
from tests.spec.thresholds import threshold_specs

from kezek.duties.finding import ConsequenceKind
from kezek.law.absence import Unknown
from kezek.law.book import load_book
from kezek.law.value import Missing, Scale

FEE_POINTS_2023 = (2_400, 2_401, 5_000, 10_000)
BETWEEN = (0, 1, 99, 100, 500, 1_000, 1_850, 2_399)


def spec(duty, changes, readings=None, **facts):
    judged = clean_operator(**facts)
    for path, value in changes.items():
        judged = with_change(judged, path, value)
    period = "" if duty.startswith("licence.") else str(judged.books[-1].quarter)
    return Spec("", judged, "described", readings or {}, frozenset(), duty, period, {})


def finding(duty, changes, readings=None, **facts):
    return finding_of(spec(duty, changes, readings, **facts), packaged_lenses())


@pytest.mark.parametrize("sold", [0, 1, 600_000, 749_999])
def test_200_per_cent_never_falls_on_what_was_disclosed_and_not_sold(sold):
    """All 1,000,000 sat disclosed: S0's share of the undisclosed is a share of nothing, as described."""
    changes = {"book.sold_sat": {"exchange-a": sold}}
    unsold, disclosed = (finding(duty, changes) for duty in ("sale.share", "records.coins"))
    assert disclosed.consequences == ()
    fines = [one for one in unsold.consequences if one.kind is ConsequenceKind.FINE]
    assert [(one.least, one.most) for one in fines] == [(5_898_000, 58_980_000)]
    assert not any(one.most == 2 * unsold.at_stake_tiyn for one in fines)


@pytest.mark.parametrize("sold", [0, 600_000, 749_999])
def test_200_per_cent_of_the_shortfall_takes_a_reading_chosen_by_name(sold):
    literally = finding("sale.share", {"book.sold_sat": {"exchange-a": sold}}, {"penalty.undersale": "s0_200"})
    fine = next(one for one in literally.consequences if one.kind is ConsequenceKind.FINE)
    # 10 tiyn a satoshi: twice ten times what is short of 750,000
    assert fine.least == fine.most == 2 * 10 * (750_000 - sold)


@pytest.mark.parametrize("prepaid", [0, 1, 690_000_000])
@pytest.mark.parametrize("reading", ["none", "s0"])
def test_15_per_cent_before_the_first_coin_computes_no_amount(prepaid, reading):
    changes = {"standing.application.prepaid_tax_tiyn": prepaid}
    found = finding("licence.tax_prepayment", changes, {"licence.tax_prepayment": reading})
    assert (found.limit, found.at_stake_tiyn, found.consequences) == (None, 0, ())
    assert found.measured == (None if reading == "none" else prepaid)  # what was paid, against no amount
    assert found.status == ("not_applicable" if reading == "none" else "undetermined")


def test_the_range_of_10_to_15_per_cent_with_tax_inside_is_unknown():
    law = load_book().at(on=clean_operator().as_of_on, readings={"compliance.cost": "s1_text"})
    for key in ("compliance.base", "compliance.rate_ppm"):
        assert isinstance(law.find(key), Unknown)


@pytest.mark.parametrize("reading", ["s0_s1", "src_2025"])
def test_84_or_75_licences_are_no_limit(reading):
    found = finding("licence.cap", {"licences": []}, {"licence.count": reading})
    assert (found.status, found.measured, found.limit) == ("met", None, None)


def test_capped_without_a_number_is_unknown():
    found = finding("licence.cap", {"licences": []}, {"licence.cap": "s1"})
    assert (found.status, found.reason, found.limit) == ("undetermined", "duties.law.unknown", None)


@pytest.mark.parametrize("price", BETWEEN)
def test_bands_between_the_known_points_are_never_guessed(price):
    changes = {"book.average_price_tiyn_per_kwh": price, "book.fee.paid_tiyn": 12_500_000}
    found = finding("fee.amount", changes, quarters=clean_quarters("2023-Q3"))
    assert (found.status, found.limit, found.at_stake_tiyn) == ("undetermined", None, 0)


@pytest.mark.parametrize("price", FEE_POINTS_2023)
def test_the_known_end_of_the_bands_is_computed(price):
    changes = {"book.average_price_tiyn_per_kwh": price, "book.fee.paid_tiyn": 500_000}
    found = finding("fee.amount", changes, quarters=clean_quarters("2023-Q3"))
    assert (found.status, found.limit) == ("met", 500_000)


def clean_quarters(name):
    from tests.spec.clean import quarter_named

    return (quarter_named(name),)


def test_no_amount_follows_where_a_source_gives_none():
    """The bands of 2023 below 24 tenge, early exit, the fine inside its range: missing, in so many words."""
    book = load_book()
    general = book.quantities["fee.rate.general"].values
    by_act = next(one for one in general if one.reading and one.reading.positions == ("unknown",))
    assert isinstance(by_act.content, Scale)
    assert [type(row.content) for row in by_act.content.bands] == [Missing, int]
    for key in ("vat.early_exit_rate_ppm", "penalty.digital_asset_law_mci", "penalty.repeat_factor"):
        assert all(isinstance(one.content, Missing) for one in book.quantities[key].values)


def test_a_nationwide_or_mw_limit_is_not_mixed_with_1_mwh_per_purchase():
    """The draft of 2021 limits power, S0 and S1 energy: a purchase of 1 MWh says nothing about a mine of 10 MW."""
    changes = {"standing.new_mine": True, "standing.power_w": 10_000_000}
    assert finding("energy.purchase_size", changes).status == "met"
    assert outcome(
        Spec(
            "",
            spec("licence.held", changes).facts,
            "described",
            {"energy.purchase_max": "none"},
            frozenset(),
            "energy.new_mine_power",
            "",
            {"status": "", "limit": None},
        ),
        packaged_lenses(),
    ) == {"status": "not_applicable", "limit": None}


def test_every_position_on_every_question_that_a_verdict_touches_decides_a_case():
    """Named as a change of the status in some worked case."""
    decided, touched = set(), set()
    for one in case_specs():
        for change in one.expected.get("changes", ()):
            decided |= {tuple(part.split("=")) for part in change.split(" + ")}
    for one in (*case_specs(), *timeline_specs(), *threshold_specs()):
        if one.duty:
            touched |= set(finding_of(one, packaged_lenses()).trace.positions)
    questions = load_book().questions
    silent = {(question, position) for question in touched for position in questions[question].positions} - decided
    assert silent == set()
    assert len(touched) >= 25


def test_positions_on_what_follows_and_on_costs_are_each_worked():
    """They move an amount, not a verdict: the case files choose each by name, or take it by default."""
    chosen = {(question, position) for one in case_specs() for question, position in one.readings.items()}
    defaults = load_book().profiles["described"].positions
    for question in ("penalty.undersale", "penalty.unlicensed", "compliance.cost"):
        positions = set(load_book().questions[question].positions)
        assert positions - {defaults[question]} == {p for q, p in chosen if q == question}
