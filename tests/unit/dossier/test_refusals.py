"""What an operator file is refused for: code, line, and the arithmetic in the sentence."""

from datetime import date

import pytest

from kezek.dossier.problem import DossierProblems
from kezek.dossier.read import read_dossier


def test_a_misspelt_key_names_key_line_and_the_nearest_right_one():
    with pytest.raises(DossierProblems) as caught:
        read_dossier(text='[operator]\nid = "x"\nas_of = 2025-12-10\nrout = "hosted"\n', name="o.toml")
    assert str(caught.value) == 'o.toml:4: "rout" means nothing here. Did you mean "route"? [dossier.key.unknown]'


def test_a_misspelt_section_is_named_as_well(refused):
    assert refused({"[[machine]]": "[[machin]]"}) == [
        ("key.unknown", "o.toml:7", '"machin" means nothing here.'),
    ]


def test_all_problems_are_told_at_once_in_the_order_of_their_lines(refused):
    found = refused({"power =": "powr =", '"12 000 MWh"': "12000", "18.50": "1850", "count = 3000": "count = 3.5"})
    assert [(code, place) for code, place, _ in found] == [
        ("key.unknown", "o.toml:5"),
        ("value.kind", "o.toml:9"),
        ("value.unit", "o.toml:16"),
        ("price.range", "o.toml:17"),
    ]


def test_one_exception_has_a_line_of_text_for_each_problem(small):
    with pytest.raises(DossierProblems) as caught:
        read_dossier(text=small({"power =": "powr =", "18.50": "0.50"}), name="o.toml")
    assert len(str(caught.value).splitlines()) == 2
    assert caught.value.code == "dossier.key.unknown"


@pytest.mark.parametrize(
    ("old", "new", "code", "what"),
    [
        (
            '"12 000 MWh"',
            '"12 MW"',
            "value.unit",
            'metered: "12 MW" is power, and energy is due. Power times hours is energy: 12 MW for 24 h is 288 MWh.',
        ),
        (
            'power = "10 MW"',
            'power = "240 MWh"',
            "value.unit",
            'power: "240 MWh" is energy, and power is due. Energy by hours is power: 240 MWh in 24 h is 10 MW.',
        ),
        ('"12 000 MWh"', "12000", "value.unit", "metered: 12000 has no unit."),
        ('"12 000 MWh"', "12.5", "value.unit", "metered: 12.5 has no unit."),
        ('"12 000 MWh"', '"12 000"', "value.unit", 'metered: "12 000" has no unit.'),
        ('"12 000 MWh"', '"12 000 mwh"', "value.unit", "metered: 'mwh' in '12 000 mwh' is no unit of energy."),
        ('"12 000 MWh"', '"plenty"', "value.form", "metered: 'plenty' is not energy."),
        ('"12 000 MWh"', '"-1 MWh"', "value.negative", 'metered: "-1 MWh" is less than nothing.'),
        ('"12 000 MWh"', "true", "value.kind", "metered: true is not energy."),
        (
            '"12 000 MWh"',
            '"120 000 GWh"',
            "value.range",
            'metered: "120 000 GWh" cannot be: the whole country makes about 120 TWh in a year.',
        ),
        (
            '"7.4 BTC"',
            '"21 000 001 BTC"',
            "value.range",
            'mined: "21 000 001 BTC" cannot be: there will never be more than 21 000 000 BTC.',
        ),
        ('"7.4 BTC"', '"0.000000001 BTC"', "value.fraction", None),
        (
            '"18.50 ₸/kWh"',
            '"0.99 ₸/kWh"',
            "price.range",
            'average_price: "0.99 ₸/kWh" cannot be: energy costs between 1 and 200 ₸/kWh, so an amount or a unit is '
            "wrong.",
        ),
        ('"18.50 ₸/kWh"', '"200.01 ₸/kWh"', "price.range", None),
        (
            '"18.50 ₸/kWh"',
            '"18.50 ₸"',
            "value.unit",
            'average_price: "18.50 ₸" is money, and an energy price is due.',
        ),
        ('"2025-Q3"', '"2019-Q3"', "date.no_regime", None),
        ('"2025-Q3"', '"2025-Q5"', "value.kind", 'period: "2025-Q5" is not a quarter.'),
        ('"2025-Q3"', '"9999-Q4"', "date.no_regime", None),
        ("2025-12-10", "2019-12-10", "date.no_regime", None),
        ("2025-12-10", '"2025-12-10"', "value.kind", 'as_of: "2025-12-10" is a text.'),
        ("2025-12-10", "2025-12-10T09:30:00", "value.kind", None),
        ("3000", "-1", "value.range", None),
        ("kazakh_legal_entity", "kazakh_legal_entty", "value.word", 'kind: "kazakh_legal_entty" is not known here.'),
        ('"OP-001"', '""', "value.text", None),
        ('{ pool-a = "7.2 BTC" }', '{ pool-a = "7.2" }', "value.unit", 'received: pool-a: "7.2" has no unit.'),
        ('{ pool-a = "7.2 BTC" }', '"7.2 BTC"', "value.kind", None),
    ],
)
def test_a_wrong_value_is_refused_with_its_reason(refused, old, new, code, what):
    found = refused({old: new})
    assert found[0][0] == code
    if what is not None:
        assert found[0][2] == what


@pytest.mark.parametrize(("least", "most"), [("1 ₸/kWh", "200 ₸/kWh")])
def test_prices_of_one_and_of_two_hundred_are_accepted(read, least, most):
    for price in (least, most):
        assert read({"18.50 ₸/kWh": price}).facts.books[0].average_price_tiyn_per_kwh in (100, 20_000)


def test_a_share_over_the_whole_is_refused_and_the_whole_is_not(refused, read):
    assert refused(more='pool_fee = "100.1 %"') == [
        ("share.range", "o.toml:18", 'pool_fee: "100.1 %" cannot be: a share is at most 100 %.')
    ]
    assert read(more='pool_fee = "100 %"')


def test_energy_and_money_that_make_no_price_are_refused_with_the_likely_slip(refused):
    found = refused({'"12 000 MWh"': '"50 MWh"'}, 'power_cost = "9 000 000 000 ₸"')
    assert found == [
        (
            "price.implied",
            "o.toml:18",
            "2025-Q3: 50 MWh for 9 000 000 000.00 ₸ is 180 000.00 ₸/kWh; energy costs between 1 and 200 ₸/kWh. "
            "As 50 MW it would be 110.4 GWh at 81.52 ₸/kWh over the 2208 h of the quarter or 876 GWh at 10.27 ₸/kWh "
            "over two years (17520 h): probably MW was written as MWh.",
        )
    ]


def test_dollars_are_turned_into_tenge_by_the_rate_of_the_file(refused):
    found = refused(
        {'"12 000 MWh"': '"50 MWh"', 'power = "10 MW"': 'dollar_rate = "545.45 ₸"'}, 'power_cost = "16 500 000 USD"'
    )
    assert found[0][0] == "price.implied"
    # 16 500 000 USD / 50 000 kWh = 330 USD/kWh; 330 × 545.45 ₸ = 179 998.50 ₸
    assert found[0][2].startswith(
        "2025-Q3: 50 MWh for 16 500 000 USD is 330.00 USD/kWh, and 179 998.50 ₸/kWh at 545.45 ₸ for a dollar "
        "(dollar_rate); energy costs between 1 and 200 ₸/kWh. As 50 MW it"
    )


def test_dollars_of_a_quarter_without_a_rate_are_judged_by_the_official_rate_of_its_middle(refused):
    bought = 'energy = "50 MWh", largest = "1 MWh", largest_on = 2025-07-04, paid = "16 500 000 USD"'
    found = refused(more=f"bought_on_platform = {{ {bought} }}")
    assert found[0][:2] == ("price.implied", "o.toml:18")
    # 330 USD/kWh × 533 ₸
    assert (
        "330.00 USD/kWh, and 175 890.00 ₸/kWh at 533.00 ₸ for a dollar (the official rate of 2025-08)" in found[0][2]
    )
    assert "or 876 GWh at 10.04 ₸/kWh over two years (17520 h): probably" in found[0][2]


def test_a_price_that_power_over_the_quarter_explains_needs_no_two_years(refused):
    found = refused({'"12 000 MWh"': '"5.5 MWh"'}, 'power_cost = "222 000 000 ₸"')
    # 5.5 MW × 2208 h = 12 144 MWh; 222 000 000 ₸ / 12 144 000 kWh = 18.28 ₸/kWh
    assert "As 5.5 MW it would be 12.144 GWh at 18.28 ₸/kWh over the 2208 h of the quarter: probably" in found[0][2]


def test_dollars_outside_a_quarter_need_a_rate(refused):
    found = refused(more='[[import]]\nserial = "G"\nimported_on = 2023-05-05\nleft_on = false\nvat_paid = "9 USD"')
    assert found[0][:2] == ("value.no_rate", "o.toml:22")


def test_dollars_of_a_quarter_without_a_published_rate_are_refused(refused):
    assert refused({"2025-Q3": "2020-Q4"}, 'cost = "1 000 USD"')[0][0] == "value.no_rate"


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ("$16.5M", "16 500 000 USD"),
        ("16.5 million USD", "16 500 000 USD"),
        ("$ 99.50", "99.5 USD"),
        ("1.2 bn KZT", "1 200 000 000 ₸"),
        ("₸5k", "5 000 ₸"),
    ],
)
def test_money_in_words_is_refused_with_the_right_form(read, refused, said, right):
    (found,) = refused(more=f'cost = "{said}"')
    assert found[0] == "value.form" and f'"{said}"' in found[2]
    with pytest.raises(DossierProblems) as caught:
        read(more=f'cost = "{said}"')
    assert caught.value.way_out == f'Write "{right}".'


@pytest.mark.parametrize(
    ("on", "what"),
    [
        ("2023-05-01", "terminated_on = 2023-05-01 is earlier than from = 2023-06-01."),
        ("2026-07-01", "until = 2026-06-01 is earlier than terminated_on = 2026-07-01."),
    ],
)
def test_a_licence_ends_early_inside_its_term(refused, on, what):
    text = f'[[licence]]\nnumber = "L"\nsubtype = "I"\nfrom = 2023-06-01\nuntil = 2026-06-01\nterminated_on = {on}'
    assert [one[2] for one in refused(more=text)] == [what]


def test_money_for_no_energy_is_refused(refused):
    found = refused({'"12 000 MWh"': '"0 MWh"'}, 'power_cost = "1 ₸"')
    assert found == [("price.implied", "o.toml:18", "2025-Q3: 1.00 ₸ was paid for no energy.")]


def test_energy_bought_and_paid_on_the_platform_makes_a_price_too(refused):
    found = refused(
        more='bought_on_platform = { energy = "1 000 MWh", largest = "1 MWh", largest_on = 2025-07-01, paid = "5 ₸" }'
    )
    assert found[0][:2] == ("price.implied", "o.toml:18")
    assert found[0][2].startswith("2025-Q3: 1 GWh for 5.00 ₸ is 0.00 ₸/kWh; ")


def test_a_rig_of_400_watts_that_hashes_like_one_of_3300_is_refused_with_its_arithmetic(refused):
    found = refused({'model = "Antminer S19j Pro 100T"': 'model = "S1"\npower = "0.4 kW"\nhashrate = "110 TH/s"'})
    # 400 W / 110 TH/s = 3.63 J/TH; 110 TH/s at 12.5 J/TH = 1 375 W
    assert found == [
        (
            "machine.physics",
            "o.toml:9",
            "S1: 400 W for 110 TH/s is 3.6 J/TH; the best machine known, Bitdeer SealMiner A3 Pro Air 290T, takes "
            "12.5 J/TH, and would draw 1.375 kW for it.",
        )
    ]


def test_a_known_model_lends_its_hash_rate_to_a_power_that_cannot_be(refused):
    assert refused({"count = 3000": 'power = "0.4 kW"'})[0][0] == "machine.physics"


@pytest.mark.parametrize(
    ("more", "code", "place"),
    [
        ('[[quarter]]\nperiod = "2025-Q3"', "quarter.twice", "o.toml:19"),
        ('[[quarter]]\nperiod = "2026-Q1"', "quarter.future", "o.toml:19"),
        ('[[quarter]]\nperiod = "2025-Q4"\nuntil = 2025-12-12', "quarter.until", "o.toml:20"),
        ('[[quarter]]\nperiod = "2025-Q4"\nuntil = 2025-10-01', "quarter.until", "o.toml:20"),
        ("mined_from = 2025-07-01", "period.half", "o.toml:18"),
        ("mined_from = 2025-06-30\nmined_until = 2025-09-01", "period.outside", "o.toml:18"),
        ("mined_from = 2025-09-02\nmined_until = 2025-09-01", "period.order", "o.toml:19"),
        ('bought_on_platform = { energy = "5 MWh", largest = "1 MWh" }', "purchase.largest", "o.toml:18"),
        (
            'bought_on_platform = { energy = "5 MWh", largest = "1 MWh", largest_on = 2025-10-01 }',
            "purchase.outside",
            "o.toml:18",
        ),
        (
            '[quarter.bought_on_platform]\nenergy = "5 MWh"\nlargest = "6 MWh"\nlargest_on = 2025-09-01',
            "purchase.over",
            "o.toml:21",
        ),
        ('exempt_energy = "500 Wh"', "value.fraction", "o.toml:18"),
        ("fee = { returned_on = false, paid_on = 2025-11-20 }", "fee.paid", "o.toml:18"),
        ("fee = { paid_on = 2025-11-20 }", "key.missing", "o.toml:18"),
        ('programme = { new_output = "1 GWh", to_grid = "2 GWh" }', "programme.over", "o.toml:18"),
        (
            '[[licence]]\nnumber = "L"\nsubtype = "I"\nfrom = 2025-01-01\nuntil = 2024-01-01',
            "period.order",
            "o.toml:22",
        ),
        ("[notice]\nstarted_on = 2022-07-01\nnotified_on = false\nended_on = 2022-12-31", "notice.end", "o.toml:21"),
        (
            '[[import]]\nserial = "G"\nimported_on = 2023-05-05\nleft_on = false\ndeparture = "sold"',
            "import.departure",
            "o.toml:22",
        ),
        ("[application]\nsubmitted = 2025-04-02\nfee_paid_on = false", "application.decided", "o.toml:19"),
        (
            "[application]\nsubmitted = 2025-04-02\ndecided = 2025-04-01\nfee_paid_on = false",
            "period.order",
            "o.toml:20",
        ),
        (
            "[application]\nsubmitted = false\nfee_paid_on = false\n[application.documents]\n"
            "technical_pln = 2023-04-02",
            "key.unknown",
            "o.toml:21",
        ),
        ("[lists]\naccredited_pools = ['a', 'a']", "value.twice", "o.toml:19"),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_line(refused, more, code, place):
    assert [found[:2] for found in refused(more=more)] == [(code, place)]


def test_none_said_and_one_given_contradict_each_other(refused):
    found = refused(
        {'power = "10 MW"': "has_imports = false"},
        '[[import]]\nserial = "G"\nimported_on = 2023-05-05\nleft_on = false',
    )
    assert found == [
        ("section.contradicts", "o.toml:5", "has_imports = false says that there is none, and [[import]] is one.")
    ]


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("a = [", "file.toml", "o.toml:1"),
        ('[operator]\nid = "x"\nid = "y"', "key.twice", "o.toml:3"),
        ("", "section.missing", "o.toml"),
        ("operator = 3", "value.kind", "o.toml:1"),
        ('[operator]\nid = "x"', "as_of.missing", "o.toml:1"),
        ("[operator]\nas_of = 2025-12-10", "key.missing", "o.toml:1"),
    ],
)
def test_a_file_that_is_no_operator_file_is_refused(text, code, where):
    with pytest.raises(DossierProblems) as caught:
        read_dossier(text=text, name="o.toml")
    assert [(one.code, one.where) for one in caught.value.problems] == [(f"dossier.{code}", where)]


def test_the_day_asked_for_overrules_that_of_the_file(small):
    dossier = read_dossier(text=small(), name="o.toml", as_of=date(2026, 2, 1))
    assert dossier.facts.as_of_on == date(2026, 2, 1)
    assert read_dossier(text='[operator]\nid = "x"', name="o.toml", as_of=date(2026, 2, 1)).facts.books == ()


def test_a_day_before_any_rule_is_refused_from_the_command_line_as_well(small):
    with pytest.raises(DossierProblems) as caught:
        read_dossier(text=small(), name="o.toml", as_of=date(2020, 6, 30))
    assert [(one.code, one.where) for one in caught.value.problems] == [("dossier.date.no_regime", "--as-of")]


def test_a_quarter_before_the_day_of_the_verdict_only_is_judged(refused):
    assert [found[:2] for found in refused({"2025-12-10": "2025-07-01"})] == [("quarter.future", "o.toml:12")]


def test_a_quarter_of_the_year_nought_and_a_number_of_5000_digits_are_refused_in_words(refused):
    assert refused({'"2025-Q3"': '"0000-Q1"'})[0][0] == "date.no_regime"
    assert refused({"count = 3000": f"count = {'9' * 5000}"}) == [
        ("file.toml", "o.toml", "A number in it has too many digits.")
    ]


def test_a_key_of_another_section_is_sent_there(small):
    with pytest.raises(DossierProblems, match=r"It belongs under \[\[quarter\]\]\."):
        read_dossier(text=small({'power = "10 MW"': 'metered = "5 MWh"'}), name="o.toml")


def test_a_key_unlike_any_names_the_five_nearest_only(small):
    with pytest.raises(DossierProblems, match=r"Known: (\w+, ){4}\w+ and \d+ more\."):
        read_dossier(text=small({'power = "10 MW"': "zzz = 1"}), name="o.toml")


@pytest.mark.parametrize(
    ("changes", "letter"),
    [({'"12 000 MWh"': '"12 000 \u041cWh"'}, "\u041c"), ({"metered =": "m\u0435tered ="}, "\u0435")],
)
def test_a_cyrillic_letter_is_named(refused, changes, letter):
    ((_, _, what),) = refused(changes)
    assert f"It contains the Cyrillic letter {letter}." in what


def test_units_as_written_in_kazakhstan_are_read(read):
    same = read({'"10 MW"': '"10 МВт"', '"12 000 MWh"': '"12 000 МВт·ч"', '"18.50 ₸/kWh"': '"18.50 тг/кВтч"'})
    assert same.facts == read().facts


def test_an_amount_that_was_refused_is_not_called_missing(refused):
    more = 'fee = { returned_on = false, paid_on = 2025-11-20, paid = "5 MWh" }'
    assert [code for code, _, _ in refused(more=more)] == ["value.unit"]


def test_a_day_whose_key_is_misspelt_is_not_called_missing(refused):
    assert [code for code, _, _ in refused({"as_of =": "asof ="})] == ["key.unknown"]


def test_days_in_the_wrong_order_are_told_with_all_other_problems(refused):
    found = refused({"as_of = 2025-12-10": "asof = 2025-12-10", '"12 000 MWh"': "12"},
                    "mined_from = 2025-09-01\nmined_until = 2025-08-01")  # fmt: skip
    assert [code for code, _, _ in found] == ["key.unknown", "value.unit", "period.order"]
