"""Scenario and fleet files: strict, every refusal names file, key and way out."""

import pytest

from kezek.day.settings import default_text, read_fleet, read_scenario
from kezek.units.problem import InputProblem


def write(tmp_path, text, name="fleet.toml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_files_read_into_smallest_units():
    assert read_scenario(None).whole("reserve_price") == 1_800
    assert read_scenario(None).whole("target_offered") == 300 * 10**9
    assert read_fleet(None).whole("machines") == 415_000
    assert len(read_fleet(None).words("pools")) == 5


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        (("[operators]", "[operatrs]"), "day.settings.unknown_key", 'Did you mean "operators"?'),
        (("[labour]", "[labour]\nvalu = 3"), "day.settings.unknown_key", 'Did you mean "value"?'),
        (("[labour]", "[labour]\nvalue = 3"), "day.settings.toml", "value"),
        (("[labour]", "[machines]"), "day.settings.toml", "fleet.toml"),
        (('value = "2.00 ₸/kWh"\n', ""), "day.settings.missing", "[hosting]"),
        (("value = 84", 'value = "84"'), "day.settings.type", "[operators]"),
        (("value = 84", "value = -84"), "day.settings.type", "[operators]"),
        (("value = 84", "value = 40"), "day.settings.counts", "too few"),
        (("value = 415_000", "value = 4_000"), "day.settings.counts", "100 machines"),
        (('value = "10 %"', 'value = "10 MW"'), "day.settings.value", "MW"),
        (('value = "10 %"', 'value = "110 %"'), "day.settings.range", "from 0 to 100 %"),
        (('value = "10 %"', "value = 10"), "day.settings.type", "75 %"),
        (('"60 J/TH"', '"60 TH"'), "day.settings.value", "J/TH"),
        (('"2019-01"', '"banana"'), "day.settings.value", "2019-01"),
        (("value = 415_000", "value = 90_000_000"), "day.settings.type", "5000000"),
        (('value = "2.00 ₸/kWh"', 'value = "20000.00 ₸/kWh"'), "day.settings.range", "10 000.00 ₸/kWh"),
        (('"shaded"', '"shadde"'), "day.settings.strategy", 'Did you mean "shaded"?'),
    ],
)
def test_a_wrong_fleet_file_is_refused_with_a_way_out(tmp_path, change, code, word):
    text = default_text("fleet.toml")
    assert change[0] in text
    path = write(tmp_path, text.replace(*change, 1))
    with pytest.raises(InputProblem) as refusal:
        read_fleet(path)
    assert refusal.value.code == code
    assert word in str(refusal.value) and str(path) in str(refusal.value)


def test_a_missing_table_is_named(tmp_path):
    text = default_text("scenario.toml").split("[uptime_least]")[0]
    with pytest.raises(InputProblem, match="uptime_least") as refusal:
        read_scenario(write(tmp_path, text, "scenario.toml"))
    assert refusal.value.code == "day.settings.missing"


def test_a_span_of_hours_that_is_none_is_refused(tmp_path):
    text = default_text("scenario.toml").replace("value = 18\n", "value = 23\n", 1)
    with pytest.raises(InputProblem, match="no span of hours"):
        read_scenario(write(tmp_path, text, "scenario.toml"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputProblem, match="nowhere") as refusal:
        read_fleet(tmp_path / "nowhere.toml")
    assert refusal.value.code == "day.settings.unreadable"


def test_a_changed_assumption_names_the_file_as_its_own(tmp_path):
    text = default_text("scenario.toml").replace('"18.00 ₸/kWh"', '"20.50 ₸/kWh"')
    assert read_scenario(write(tmp_path, text, "scenario.toml")).whole("reserve_price") == 2_050
