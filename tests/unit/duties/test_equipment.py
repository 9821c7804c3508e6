from datetime import date

import pytest

from kezek.duties.facts import Import, Sighting
from kezek.duties.finding import Status
from kezek.units.calendar import Quarter


@pytest.mark.parametrize(
    ("seen_on", "status"),
    [
        (date(2025, 6, 30), Status.MET),
        (date(2025, 7, 1), Status.BREACHED),
        (date(2025, 9, 30), Status.BREACHED),
        (date(2025, 10, 1), Status.MET),
    ],
)
def test_a_stranger_among_the_machines_counts_in_the_quarter_it_was_seen(facts_of, judge, seen_on, status):
    known = Sighting("S-0", date(2025, 8, 1), "OP-001")
    finding = judge("equipment.registered", facts_of(sightings=(known, Sighting("S-1", seen_on, ""))))
    assert finding.status is status
    assert finding.evidence == (("S-1",) if status is Status.BREACHED else ())


@pytest.mark.parametrize("duty", ["equipment.registered", "equipment.fingerprint", "equipment.site"])
@pytest.mark.parametrize(("metered", "status"), [(1, Status.UNDETERMINED), (0, Status.MET)])
def test_a_quarter_with_energy_and_no_machine_seen_is_not_judged(facts_of, book_of, judge, duty, metered, status):
    finding = judge(duty, facts_of(book_of(metered_wh=metered), sightings=(Sighting("S-1", date(2025, 6, 30), ""),)))
    assert finding.status is status
    assert finding.missing == (("sightings",) if metered else ())


def test_that_machines_may_be_looked_for_is_a_note_in_the_explanation(facts_of, judge):
    finding = judge("vat.import_lock", facts_of())
    assert ("inspections may look for the machines", True) in [
        (one.left, one.holds) for one in finding.trace.conditions
    ]


def test_every_unregistered_machine_is_named(facts_of, judge):
    seen = tuple(Sighting(f"S-{n}", date(2025, 8, n), "") for n in (1, 2, 3))
    finding = judge("equipment.registered", facts_of(sightings=seen))
    assert (finding.measured, finding.evidence) == (3, ("S-1", "S-2", "S-3"))


def test_machines_needed_no_register_before_april_2023(facts_of, book_of, judge):
    facts = facts_of(book_of(Quarter(2023, 1)), sightings=(Sighting("S-1", date(2023, 2, 1), ""),))
    assert judge("equipment.registered", facts).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("received", "status", "measured"),
    [
        ((("pool-a", 500_000), ("pool-b", 500_000)), Status.MET, 0),
        ((("pool-a", 999_999), ("pool-abroad", 1)), Status.BREACHED, 1),
        ((("pool-a", 1_000_000), ("pool-abroad", 0)), Status.MET, 0),
        ((), Status.MET, 0),
    ],
)
def test_the_first_satoshi_from_a_pool_off_the_list_is_a_breach(facts_of, book_of, judge, received, status, measured):
    finding = judge("pool.accredited", facts_of(book_of(received_sat=received)))
    assert (finding.status, finding.measured) == (status, measured)


def gone(imported_on, left_on):
    return {"imports": (Import("S-9", imported_on, left_on=left_on),)}


@pytest.mark.parametrize(
    ("imported_on", "left_on", "status"),
    [
        (date(2020, 8, 15), date(2025, 8, 14), Status.BREACHED),
        (date(2020, 8, 15), date(2025, 8, 15), Status.MET),
        (date(2020, 8, 15), date(2025, 8, 16), Status.MET),
        (date(2024, 1, 1), date(2025, 6, 30), Status.MET),  # the quarter before
        (date(2024, 1, 1), date(2025, 7, 1), Status.BREACHED),
        (date(2024, 1, 1), date(2025, 9, 30), Status.BREACHED),
        (date(2024, 1, 1), date(2025, 10, 1), Status.MET),  # the quarter after
    ],
)
def test_a_machine_free_of_vat_stays_five_years(facts_of, judge, imported_on, left_on, status):
    assert judge("vat.import_lock", facts_of(**gone(imported_on, left_on))).status is status


@pytest.mark.parametrize(
    ("left_on", "status"), [(date(2025, 2, 27), Status.BREACHED), (date(2025, 2, 28), Status.MET)]
)
def test_a_machine_of_a_leap_day_is_free_on_the_28th(facts_of, book_of, judge, left_on, status):
    facts = facts_of(book_of(Quarter(2025, 1)), **gone(date(2020, 2, 29), left_on))
    assert judge("vat.import_lock", facts).status is status


def test_an_early_leaver_is_named_and_no_sum_is_claimed(facts_of, judge):
    finding = judge("vat.import_lock", facts_of(**gone(date(2024, 1, 1), date(2025, 8, 1))))
    assert finding.evidence == ("S-9: imported 2024-01-01, left 2025-08-01",)
    assert finding.at_stake_tiyn == 0


def test_the_lock_ends_with_the_exemption_under_the_reading_of_2022(facts_of, judge):
    facts = facts_of(**gone(date(2024, 1, 1), date(2025, 8, 1)))
    finding = judge("vat.import_lock", facts)
    assert [(change.question, change.position, change.status) for change in finding.changes] == [
        ("vat.import_exemption", "withdrawn", Status.MET)
    ]
    assert judge("vat.import_lock", facts, profile="published").status is Status.UNDETERMINED


@pytest.mark.parametrize(
    ("registered_to", "status", "evidence"),
    [
        ("OP-001", Status.MET, ()),
        ("OP-002", Status.BREACHED, ("S-1 (registered to OP-002)",)),
        ("", Status.BREACHED, ("S-1",)),
    ],
)
def test_the_register_decides_whose_a_machine_is_that_was_seen(facts_of, judge, registered_to, status, evidence):
    seen = (Sighting("S-0", date(2025, 8, 1), "OP-001"), Sighting("S-1", date(2025, 8, 1), registered_to))
    finding = judge("equipment.registered", facts_of(sightings=seen))
    assert (finding.status, finding.evidence, finding.measured) == (status, evidence, len(evidence))
