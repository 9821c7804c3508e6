"""From the file to the facts: what was said arrives in the smallest unit, what was not stays missing."""

from dataclasses import fields
from datetime import date

import pytest

from kezek.dossier.example import example_names, example_text
from kezek.dossier.read import read_dossier
from kezek.duties.facts import Departure, FeeRecord, Import, Notice, Programme, Purchased, Replacement, Sighting
from kezek.registry.licence import Period
from kezek.units.calendar import Quarter


def test_a_file_with_nothing_but_a_name_has_nothing_but_missing_facts():
    facts = read_dossier(text='[operator]\nid = "x"\nas_of = 2025-12-10', name="o.toml").facts
    assert (facts.licences, facts.sightings, facts.imports, facts.replacements, facts.route) == (None,) * 5
    assert (facts.accredited_pool_ids, facts.licensed_exchange_ids) == (None, None)
    assert facts.books == () and facts.register_digest == ""
    assert facts.standing.notice is None and not facts.standing.notice_known
    assert facts.standing.application is None and facts.standing.holder_kind is None


def test_a_quarter_with_nothing_but_a_name_has_nothing_but_missing_facts(read):
    book = read(more='[[quarter]]\nperiod = "2025-Q4"').facts.books[1]
    assert (book.quarter, book.until_on) == (Quarter(2025, 4), date(2025, 12, 10))
    given = {"quarter", "until_on", "programme_known", "report_known"}
    assert {one.name: getattr(book, one.name) for one in fields(book) if one.name not in given} == {
        one.name: None for one in fields(book) if one.name not in given
    }
    assert not book.programme_known and not book.report_known


def test_none_is_not_the_same_as_unknown():
    text = (
        '[operator]\nid = "x"\nas_of = 2025-12-10\nhas_licence = false\nhas_imports = false\nhas_replacements = false'
        "\nwas_inspected = false\nhas_notice = false"
    )
    facts = read_dossier(text=text, name="o.toml").facts
    assert (facts.licences, facts.sightings, facts.imports, facts.replacements) == ((), (), (), ())
    assert facts.standing.notice_known and facts.standing.notice is None


def test_an_empty_list_says_none_as_well():
    facts = read_dossier(text='import = []\n[operator]\nid = "x"\nas_of = 2025-12-10', name="o.toml").facts
    assert facts.imports == () and facts.sightings is None


def test_amounts_arrive_in_the_smallest_unit(read):
    book = read(
        more="""\
disclosed = "720 000 000 sat"
exempt_energy = "0.5 MWh"
direct_contract = "0 kWh"
cost = "342 000 000.50 ₸"
fee = { returned_on = false, paid_on = 2025-11-20, paid = "24 000 000 ₸" }
programme = { new_output = "10 MWh", to_grid = "7 MWh" }
log_gap_hours = 3
log_gap_days = 0
log_gap_transactions = 12
[quarter.bought_on_platform]
energy = "12 060 MWh"
largest = "1 MWh"
largest_on = 2025-09-15
other_months = [{ on = 2025-07-10, largest = "900 kWh" }]
"""
    ).facts.books[0]
    assert book.metered_wh == 12_000_000_000 and book.average_price_tiyn_per_kwh == 1_850
    assert book.mined_sat == 740_000_000 and book.disclosed_sat == 720_000_000
    assert book.received_sat == (("pool-a", 720_000_000),) and book.sold_sat == (("exchange-a", 550_000_000),)
    assert book.platform == Purchased(12_060_000, 1_000, date(2025, 9, 15), ((date(2025, 7, 10), 900),))
    assert (book.other_source_kwh, book.direct_contract_kwh) == (500, 0)
    assert book.cost_tiyn == 34_200_000_050
    assert book.fee == FeeRecord(None, date(2025, 11, 20), 2_400_000_000)
    assert book.programme == Programme(10_000, 7_000) and book.programme_known
    assert (book.log_gap_hours, book.log_gap_days, book.log_gap_transactions) == (3, 0, 12)


def test_nothing_bought_on_the_platform_is_a_fact(read):
    book = read(more='bought_on_platform = { energy = "0 kWh" }').facts.books[0]
    assert book.platform == Purchased(0, 0, date(2025, 9, 30))


def test_what_was_not_done_is_known_as_not_done(read):
    book = read({'"2025-Q3"': '"2022-Q3"'}, "programme = false\nreport_on = false").facts.books[0]
    assert book.programme_known and book.programme is None
    assert book.report_known and book.report_on is None


def test_quarters_come_in_order_of_time_whatever_the_file_has(read):
    books = read(more='[[quarter]]\nperiod = "2025-Q2"\n[[quarter]]\nperiod = "2024-Q4"').facts.books
    assert [str(book.quarter) for book in books] == ["2024-Q4", "2025-Q2", "2025-Q3"]


def test_an_open_quarter_ends_with_its_books(read):
    book = read(more='[[quarter]]\nperiod = "2025-Q4"\nuntil = 2025-11-30').facts.books[1]
    assert book.until_on == date(2025, 11, 30)


def test_machines_imports_replacements_and_notices(read):
    facts = read(
        more="""
[[sighting]]
serial = "S-1"
seen_on = 2025-08-14
registered_to = "self"
[[sighting]]
serial = "S-2"
seen_on = 2025-08-14
registered_to = "nobody"
fingerprint_matches = false
[[sighting]]
serial = "S-3"
seen_on = 2025-08-14
registered_to = "OP-117"
at_licensed_site = true
[[import]]
serial = "G"
imported_on = 2023-05-05
left_on = 2025-08-20
departure = "exported"
[[replacement]]
old_serial = "A"
new_serial = "B"
replaced_on = 2025-08-04
excluded_on = false
registered_on = 2025-08-01
[notice]
started_on = 2022-07-01
notified_on = false
"""
    ).facts
    assert facts.sightings == (
        Sighting("S-1", date(2025, 8, 14), "OP-001"),
        Sighting("S-2", date(2025, 8, 14), "", fingerprint_matches=False),
        Sighting("S-3", date(2025, 8, 14), "OP-117", at_licensed_site=True),
    )
    gone = Import("G", date(2023, 5, 5), vat_exempt=None, left_on=date(2025, 8, 20), departure=Departure.EXPORTED)
    assert facts.imports == (gone,)
    assert facts.replacements == (Replacement("A", "B", date(2025, 8, 4), None, date(2025, 8, 1)),)
    assert facts.standing.notice == Notice(date(2022, 7, 1)) and facts.standing.notice_known


def test_licences_with_their_suspensions_oldest_first(read):
    text = """
[[licence]]
number = "L-2"
subtype = "I"
from = 2025-01-01
until = 2028-01-01
[[licence]]
number = "L-1"
subtype = "II"
from = 2023-06-01
until = 2025-01-01
suspensions = [{ from = 2024-01-01, until = 2024-02-01 }]
"""
    first, second = read(more=text).facts.licences
    assert (first.licence_no, second.licence_no) == ("L-1", "L-2")
    assert first.term == Period(date(2023, 6, 1), date(2025, 1, 1))
    assert first.suspensions == (Period(date(2024, 1, 1), date(2024, 2, 1)),)
    assert (first.terminated_on, second.terminated_on) == (None, None)


@pytest.mark.parametrize(("said", "on"), [("2025-10-06", date(2025, 10, 6)), ("false", None)])
def test_a_licence_may_have_been_ended(read, said, on):
    text = f'[[licence]]\nnumber = "L"\nsubtype = "I"\nfrom = 2025-01-01\nuntil = 2028-01-01\nterminated_on = {said}'
    assert read(more=text).facts.licences[0].terminated_on == on


@pytest.mark.parametrize(("said", "known"), [("only_hosts = true", True), ("only_hosts = false", False), ("", None)])
def test_whether_it_only_hosts_is_unknown_unless_said(read, said, known):
    standing = read({'power = "10 MW"': f'power = "10 MW"\n{said}'}).facts.standing
    assert standing.only_hosts is known


PRICED = 'average_price = "18.50 ₸/kWh"'
BOUGHT = 'bought_on_platform = { energy = "9 000 MWh", largest = "1 MWh", largest_on = 2025-07-01 }'
SOURCES = f'exempt_energy = "1 000 MWh"\ndirect_contract = "0 MWh"\n{BOUGHT}'


@pytest.mark.parametrize(
    ("changes", "more", "price"),
    [
        # 222 150 000 ₸ / 12 000 000 kWh = 18.5125 ₸, and 18.515 ₸: half up
        ({PRICED: ""}, 'power_cost = "222 150 000 ₸"', 1_851),
        ({PRICED: ""}, 'power_cost = "222 180 000 ₸"', 1_852),
        # said outright, the bill is only held against it
        ({}, 'power_cost = "222 150 000 ₸"', 1_850),
        # 185 000 000 ₸ / (9 000 + 1 000) MWh
        ({PRICED: "", 'metered = "12 000 MWh"': ""}, f'power_cost = "185 000 000 ₸"\n{SOURCES}', 1_850),
        # nobody said what came from elsewhere
        ({PRICED: "", 'metered = "12 000 MWh"': ""}, f'power_cost = "185 000 000 ₸"\n{BOUGHT}', None),
        ({PRICED: ""}, "", None),
        ({PRICED: "", '"12 000 MWh"': '"0 MWh"'}, 'power_cost = "0 ₸"', None),
    ],
)
def test_the_average_price_follows_from_the_bill_where_nobody_said_it(read, changes, more, price):
    assert read(changes, more).facts.books[0].average_price_tiyn_per_kwh == price


def test_the_papers_of_an_application(read):
    application = read(
        more="""
[application]
submitted = 2025-05-10
decided = false
fee_paid_on = false
documents = { technical_plan = 2025-04-24, aml_kyc_audit = false }
"""
    ).facts.standing.application
    assert application.documents == {"technical_plan": date(2025, 4, 24), "aml_kyc_audit": None}
    assert application.submitted_on == date(2025, 5, 10) and application.decided_on is None


def test_the_least_energy_of_the_coins_comes_from_the_best_machine(read):
    s19 = read().facts.books[0].least_energy_wh
    # the same coins on machines of 15 J/TH, against 30.5: half of it, up to rounding
    twice = read(more='[[machine]]\nmodel = "X"\npower = "3.05 kW"\nhashrate = "200 TH/s"\ncount = 1').facts.books[0]
    assert 10_000_000_000 < s19 < 12_000_000_000
    assert abs(2 * twice.least_energy_wh - s19) <= 2


def test_the_least_energy_is_not_known_without_coins_or_with_an_unknown_machine(read):
    assert read({'received = { pool-a = "7.2 BTC" }': ""}).facts.books[0].least_energy_wh is None
    assert read({"Antminer S19j Pro 100T": "Some other"}).facts.books[0].least_energy_wh is None
    assert read(more='[[machine]]\nmodel = "X"').facts.books[0].least_energy_wh is None
    assert read({"2025-Q3": "2020-Q4"}).facts.books[0].least_energy_wh is None


@pytest.mark.parametrize("name", example_names())
def test_every_example_says_its_number_and_its_name(name):
    dossier = read_dossier(text=example_text(name), name=name)
    assert len(dossier.number) == 12 and dossier.facts.standing.name
