"""What is odd about an operator file and still judged: each flag with its arithmetic."""

import pytest

from kezek.dossier.problem import FlagCode
from kezek.dossier.read import read_dossier
from kezek.duties.case import Scope
from kezek.duties.check import DUTIES


def test_a_plain_file_has_no_flags(flagged):
    assert flagged() == []


def test_more_coins_received_than_mined(flagged):
    assert flagged({'"7.4 BTC"': '"7 BTC"'}) == [
        ("received_over_mined", "o.toml:14", "2025-Q3: 7.2 BTC received is 0.2 BTC more than the 7 BTC mined.")
    ]


def test_a_pool_fee_that_does_not_lead_from_mined_to_received(flagged):
    # 7.4 less 10 % is 6.66, and 5 % of that is 0.333
    assert flagged(more='pool_fee = "10 %"') == [
        (
            "pool_fee_differs",
            "o.toml:14",
            "2025-Q3: 7.4 BTC mined less the pools' share is 6.66 BTC, and 7.2 BTC came.",
        )
    ]
    assert flagged(more='pool_fee = "2 %"') == []


def test_more_coins_sold_than_there_were(flagged):
    assert flagged({'"5.5 BTC"': '"7.3 BTC"'}) == [
        (
            "sold_over_stock",
            "o.toml:15",
            "2025-Q3: 7.3 BTC sold is more than 7.2 BTC received and 0 sat left over from the quarters in this file; "
            "the rest must come from earlier ones.",
        )
    ]


def test_coins_left_over_from_the_quarter_before_may_be_sold_in_the_next(flagged):
    # 1.7 BTC are left of the third quarter
    fourth = '[[quarter]]\nperiod = "2025-Q4"\nreceived = {{ a = "1 BTC" }}\nsold = {{ exchange-a = "{}" }}'
    assert flagged(more=fourth.format("2.7 BTC")) == []
    found = flagged(more=fourth.format("2.8 BTC"))
    assert [code for code, _, _ in found] == ["sold_over_stock"]
    assert "1 BTC received and 1.7 BTC left over" in found[0][2]


def test_more_coins_disclosed_than_received(flagged):
    assert flagged(more='disclosed = "7.3 BTC"')[0][::2] == (
        "disclosed_over_received",
        "2025-Q3: 7.3 BTC disclosed is more than the 7.2 BTC received.",
    )


def test_a_coin_value_far_from_the_price_of_its_quarter(flagged):
    # 72 M tenge for 7.2 BTC is 10 M a bitcoin; July had 115 400 $ at 517.06, which is 59 668 724
    found = flagged(more='coin_value = "72 000 000 ₸"')
    assert found[0][0] == "coin_value_odd"
    assert found[0][2].startswith("2025-Q3: 72 000 000.00 ₸ for 7.2 BTC is 10 000 000 ₸ for a bitcoin; ")
    assert "59 668 724 ₸" in found[0][2]
    assert flagged(more='coin_value = "430 000 000 ₸"') == []


def test_more_energy_than_the_mine_can_draw(flagged):
    # 22 081 MWh in 2 208 h is 10.000453 MW
    found = flagged({'"12 000 MWh"': '"22 081 MWh"', "count = 3000": ""})
    assert found == [
        (
            "energy_over_power",
            "o.toml:16",
            "2025-Q3: 22.081 GWh in 2208 h is 10.000453 MW on average, and the mine has 10 MW, which makes at most "
            "22.08 GWh.",
        )
    ]
    assert flagged({'"12 000 MWh"': '"22 080 MWh"', "count = 3000": ""}) == []


def test_more_energy_than_the_machines_can_draw(flagged):
    # 1 000 machines of 3.05 kW with a fifth for cooling: 3.66 MW, in 2 208 h 8 081.28 MWh
    found = flagged({"3000": "1000"})
    assert found[0][0] == "energy_over_power"
    assert "the machines draw, with a fifth for cooling, 3.66 MW, which makes at most 8.08128 GWh" in found[0][2]


def test_machines_that_draw_more_than_the_mine_has(flagged):
    # 4 000 times 3.05 kW
    assert flagged({"3000": "4000"}) == [
        ("machines_over_power", "o.toml:5", "The machines together draw 12.2 MW, and the mine has 10 MW.")
    ]


def test_a_power_bill_that_gives_another_price(flagged):
    # 300 M tenge for 12 000 MWh is 25 tenge
    assert flagged(more='power_cost = "300 000 000 ₸"') == [
        (
            "price_differs",
            "o.toml:17",
            "2025-Q3: 300 000 000.00 ₸ for 12 GWh is 25.00 ₸/kWh, and average_price says 18.50 ₸/kWh.",
        )
    ]


def test_dollars_by_the_official_rate_are_told(flagged):
    assert flagged(more='cost = "1 000 USD"\ntax_declared = "10 USD"') == [
        (
            "dollar_rate",
            "o.toml:18",
            "2025-Q3: amounts in dollars were turned into tenge by the official rate of 2025-08, 533.00 ₸ for a "
            "dollar; dollar_rate in [operator] gives another.",
        )
    ]
    assert flagged({'power = "10 MW"': 'dollar_rate = "520 ₸"'}, 'cost = "1 000 USD"') == []


def test_a_fee_higher_than_there_ever_was(flagged):
    # 312 M tenge on 12 000 MWh is 26 tenge
    found = flagged(more='fee = { returned_on = false, paid_on = 2025-11-20, paid = "312 000 000 ₸" }')
    assert found[0][0] == "fee_odd"
    assert found[0][2].endswith("on 12 GWh is 26.00 ₸/kWh; there was never more than 25.00 ₸/kWh.")


@pytest.mark.parametrize(
    ("rig", "code", "sentence"),
    [
        (
            'model = "X"\npower = "1.2 kW"\nhashrate = "100 TH/s"',
            "machine_efficient",
            "X: 1.2 kW for 100 TH/s is 12.0 J/TH; the best machine known, Bitdeer SealMiner A3 Pro Air 290T, takes "
            "12.5 J/TH.",
        ),
        (
            'model = "X"\npower = "1.2 kW"\nhashrate = "1 TH/s"',
            "machine_wasteful",
            "X: 1.2 kW for 1 TH/s is 1200.0 J/TH; the worst machine known takes 110.0 J/TH.",
        ),
        (
            'model = "X"\npower = "0.4 kW"',
            "machine_small",
            "X: 400 W is less than half of what the smallest machine known, Canaan Avalon A821 11.5T, draws: 1.2 kW.",
        ),
        (
            'model = "antminer s19j pro 100t"\npower = "4 kW"',
            "model_differs",
            "antminer s19j pro 100t: power = 4 kW, and its maker says 3.05 kW.",
        ),
    ],
)
def test_a_machine_that_is_unlike_those_that_are_known(flagged, rig, code, sentence):
    found = flagged({'model = "Antminer S19j Pro 100T"\ncount = 3000': rig})
    assert [(one, text) for one, _, text in found] == [(code, sentence)]


def test_what_was_done_after_the_day_of_the_verdict(flagged):
    found = flagged(more='fee = { returned_on = 2025-11-12, paid_on = 2025-12-11, paid = "24 000 000 ₸" }')
    assert found == [
        (
            "done_later",
            "o.toml:18",
            "paid_on = 2025-12-11 is after 2025-12-10, the day of the verdict: it counts as not done yet.",
        )
    ]


def test_what_was_done_before_any_rule(flagged):
    found = flagged(more='[[import]]\nserial = "G"\nimported_on = 2018-05-05\nleft_on = false')
    assert [(code, place) for code, place, _ in found] == [("date_early", "o.toml:20")]


def test_a_licence_from_before_there_were_any_and_a_suspension_outside_of_it(flagged):
    licence = '[[licence]]\nnumber = "L"\nsubtype = "I"\nfrom = 2023-03-31\nuntil = 2026-03-31\n'
    found = flagged(more=f"{licence}suspensions = [{{ from = 2026-03-01, until = 2026-04-01 }}]")
    assert [(code, place) for code, place, _ in found] == [
        ("licence_early", "o.toml:21"),
        ("suspension_outside", "o.toml:23"),
        ("quarter_gap", "o.toml:12"),
    ]


@pytest.mark.parametrize(
    ("number", "kind", "odd"),
    [
        ("230540999010", "kazakh_legal_entity", False),
        ("230540999010", "foreign_entity", True),
        ("230540999010", "individual_entrepreneur", True),
        ("991231699913", "individual_entrepreneur", False),
        ("991231699913", "natural_person", False),
        ("991231699913", "kazakh_legal_entity", True),
    ],
)
def test_a_number_of_another_kind_of_holder(flagged, number, kind, odd):
    found = flagged({"kazakh_legal_entity": kind, 'power = "10 MW"': f'bin = "{number}"'})
    assert [code for code, _, _ in found] == (["number_kind"] if odd else [])


def test_a_quarter_that_nothing_is_said_about(flagged):
    assert flagged(more='[[quarter]]\nperiod = "2025-Q1"') == [
        (
            "quarter_gap",
            "o.toml:19",
            "Not judged: 2025-Q2; a closed quarter since the first one given that the file does not contain.",
        )
    ]


LICENCE = '[[licence]]\nnumber = "L"\nsubtype = "I"\nfrom = {}\nuntil = {}\n'


@pytest.mark.parametrize(
    ("licence", "as_of", "periods", "said"),
    [
        (("2023-06-01", "2026-06-01"), "2025-12-10", ["2025-Q3"], "2023-Q2 to 2025-Q2; 9 closed quarters under the "),
        (("2025-07-01", "2028-06-01"), "2026-05-01", ["2025-Q3"], "2025-Q4 to 2026-Q1; 2 closed quarters under the "),
        (
            ("2025-01-01", "2028-06-01"),
            "2026-05-01",
            ["2025-Q3"],
            "2025-Q1 to 2025-Q2, 2025-Q4 to 2026-Q1; 4 closed ",
        ),
        (("2023-06-01", "2024-06-01"), "2025-12-10", ["2025-Q3"], "2023-Q2 to 2024-Q2; 5 closed quarters under the "),
        (None, "2026-05-01", ["2025-Q3"], "2025-Q4 to 2026-Q1; 2 closed quarters since the first one given that "),
    ],
)
def test_closed_quarters_that_the_file_does_not_contain_are_named(flagged, licence, as_of, periods, said):
    more = LICENCE.format(*licence) if licence else ""
    (found,) = flagged({"2025-12-10": as_of}, more)
    assert found[0] == "quarter_gap" and found[2].startswith(f"Not judged: {said}")


def test_open_quarters_and_those_given_are_not_missed(flagged):
    assert flagged({}, LICENCE.format("2025-07-01", "2026-06-01")) == []


def test_a_file_without_quarters_says_what_was_not_judged():
    text = '[operator]\nid = "x"\nas_of = 2025-12-10\n'
    (flag,) = read_dossier(text=text, name="o.toml").flags
    duties = sum(one.scope is Scope.QUARTER for one in DUTIES.values())
    assert flag.code is FlagCode.NO_QUARTERS
    assert f"the {duties} duties that go by the books of a quarter were not judged" in flag.sentence


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        (
            '[[import]]\nserial = "G"\nimported_on = 2025-05-05\nleft_on = false',
            "imported_outside",
            "G was imported on 2025-05-05: ",
        ),
        (
            '[[import]]\nserial = "G"\nimported_on = 2025-07-05\nleft_on = 2025-11-01',
            "left_outside",
            "G left on 2025-11-01: ",
        ),
        (
            '[[replacement]]\nold_serial = "A"\nnew_serial = "B"\nreplaced_on = 2025-10-02\nexcluded_on = false\n'
            "registered_on = false",
            "replaced_outside",
            "A was replaced on 2025-10-02: ",
        ),
    ],
)
def test_an_act_that_no_quarter_contains_is_not_judged_and_said(flagged, more, code, said):
    (found,) = flagged(more=more)
    assert found[0] == code
    assert found[2] == f"{said}not judged, since no quarter in this file contains that day."


def test_an_open_application_beside_a_valid_licence_is_odd(flagged):
    application = "[application]\nsubmitted = 2025-11-01\ndecided = false\nfee_paid_on = false\n"
    found = flagged(more=LICENCE.format("2025-07-01", "2026-06-01") + application)
    assert [code for code, _, _ in found] == ["applied_with_licence"]
    assert flagged(more=LICENCE.format("2025-07-01", "2025-12-01") + application) == []


def test_a_machine_seen_in_no_quarter_of_the_file(flagged):
    sighting = '[[sighting]]\nserial = "S"\nseen_on = 2025-10-01\nregistered_to = "self"'
    assert flagged(more=sighting) == [
        (
            "seen_outside",
            "o.toml:20",
            "S was seen on 2025-10-01: not judged, since no quarter in this file contains that day.",
        )
    ]


def test_a_licence_that_is_claimed_and_not_shown(flagged, read):
    claimed = {'power = "10 MW"': "has_licence = true"}
    assert [code for code, _, _ in flagged(claimed)] == ["section_missing"]
    assert read(claimed).facts.licences is None
