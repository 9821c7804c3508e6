from datetime import date

import pytest

from kezek.market.platform import ApprovalDelay, Window
from kezek.planning.platform_file import MOST_OUTAGES, example_platform, read_platform
from kezek.units.chance import Stream
from kezek.units.problem import InputProblem

HOUR_S = 3_600
TEXT = example_platform()
NOTHING = ", ".join(['"0 MWh"'] * 24)


def changed(old, new):
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


def refused(text):
    with pytest.raises(InputProblem) as caught:
        read_platform(text=text, name="mine.toml")
    assert caught.value.where == "mine.toml"
    assert caught.value.way_out
    return caught.value


def test_the_shipped_file_is_a_farm_of_180_mw_with_4320_purchases():
    file = read_platform(text=TEXT, name="example")
    assert file.delivery_on == date(2025, 10, 15)
    assert [hour.needed_kwh for hour in file.hours] == [180_000] * 24
    assert (file.hours[0].label, file.hours[23].starts_s) == ("00:00", 23 * HOUR_S)
    assert file.rules.purchase_max_kwh == 1_000
    assert file.rules.opens_s == -6 * HOUR_S
    assert file.rules.approval == ApprovalDelay(5, 20, 300)
    assert (file.rules.lost_ppm, file.rules.executed_ppm) == (20_000, 500_000)
    assert file.announced == (Window(-4 * HOUR_S, 2 * HOUR_S),)
    assert file.person.at_work == (Window(-17 * HOUR_S, -HOUR_S), Window(7 * HOUR_S, 23 * HOUR_S))


def test_every_number_of_the_shipped_file_says_where_it_comes_from():
    lines = [line for line in TEXT.splitlines() if " = " in line and not line.startswith("#")]
    of_an_outage = [line for line in lines if line.startswith(("from =", "until ="))]
    assert len(lines) >= 24
    assert [
        line
        for line in lines
        if line not in of_an_outage and not any(word in line for word in ("assumption", "source", "choice"))
    ] == []


def test_surprises_are_drawn_from_the_seed():
    file = read_platform(text=TEXT, name="example")
    first, again, other = (file.case(stream=Stream(seed, "uptime")).surprises for seed in (1, 1, 2))
    assert first == again != other
    assert all(-6 * HOUR_S <= one.from_s < 23 * HOUR_S for one in first)
    none = read_platform(text=changed("count = 3", "count = 0"), name="example")
    assert none.case(stream=Stream(1, "uptime")).surprises == ()


def test_an_award_may_differ_by_hour_and_an_operator_may_have_no_cap():
    awards = ", ".join(f'"{n} MWh"' for n in range(24))
    text = changed('purchase_max = "1 MWh"', 'purchase_max = "none"').replace('"180 MWh"', f"[{awards}]")
    file = read_platform(text=text, name="example")
    assert [hour.needed_kwh for hour in file.hours] == [1_000 * n for n in range(24)]
    assert file.rules.purchase_max_kwh is None


def test_the_day_of_25_hours_has_25():
    text = TEXT.replace("2025-10-15", "2024-02-29").replace("2025-10-14", "2024-02-28")
    file = read_platform(text=text, name="example")
    assert len(file.hours) == 25
    assert (file.hours[24].label, file.hours[24].starts_s) == ("23:00 (second)", 24 * HOUR_S)


def test_a_file_without_outages_has_none():
    start, end = TEXT.index("[[outage]]"), TEXT.index("[surprises]")
    assert read_platform(text=TEXT[:start] + TEXT[end:], name="example").announced == ()


@pytest.mark.parametrize(
    ("old", "new", "reason", "says"),
    [
        ("[farm]", "[farm", "toml", "is not TOML"),
        ("[script]", "[skript]", "unknown_key", "'skript'"),
        ("tries = 5", "trys = 5", "unknown_key", "'trys'"),
        ("tries = 5", "", "missing", "lacks tries"),
        ("[[outage]]", "[outage]", "form", "[[outage]]"),
        ("tries = 5", 'tries = "5"', "value", "'5' is no whole number"),
        ("tries = 5", "tries = true", "value", "True is no whole number"),
        ("tries = 5", "tries = 5.0", "value", "is no whole number"),
        ("tries = 5", "tries = 0", "range", "0 is out of range"),
        ("requests_per_minute = 4", "requests_per_minute = 0", "range", "0 is out of range"),
        ("open_max = 10", "open_max = -1", "range", "-1 is out of range"),
        ('timeout = "30 s"', "timeout = 30", "value", "30 is no duration"),
        ('timeout = "30 s"', 'timeout = "30"', "value", "'30' is no duration"),
        ('timeout = "30 s"', 'timeout = "0.5 s"', "value", "'0.5 s' is no duration"),
        ('timeout = "30 s"', 'timeout = "-5 s"', "value", "'-5 s' is no duration"),
        ('timeout = "30 s"', 'timeout = "0 s"', "range", "'0 s' is out of range"),
        ('timeout = "30 s"', 'timeout = "49 h"', "range", "'49 h' is out of range"),
        ('lost = "2 %"', "lost = 0.02", "value", "is no share"),
        ('lost = "2 %"', 'lost = "2"', "value", "'2'"),
        ('lost = "2 %"', 'lost = "51 %"', "range", "'51 %' is out of range"),
        ('lost = "2 %"', 'lost = "-1 %"', "range", "'-1 %' is out of range"),
        ('award = "180 MWh"', "award = 180", "value", "180 is no energy"),
        ('award = "180 MWh"', 'award = "180 MW"', "value", "no unit of energy"),
        ('award = "180 MWh"', 'award = "0 MWh"', "range", "out of range"),
        ('award = "180 MWh"', 'award = "500 Wh"', "range", "out of range"),
        ('award = "180 MWh"', 'award = ["180 MWh"]', "hours", "1 amounts for the 24 hours"),
        ('award = "180 MWh"', 'award = "9 GWh"', "size", "purchases"),
        ('award = "180 MWh"', f"award = [{NOTHING}]", "size", "0 purchases"),
        ('purchase_max = "1 MWh"', "purchase_max = 1", "value", "1 is no energy"),
        ("delivery_date = 2025-10-15", 'delivery_date = "2025-10-15"', "value", "2025-10-15 is no date"),
        ("delivery_date = 2025-10-15", "delivery_date = 1925-10-15", "range", "1925-10-15 is out of range"),
        ("opens = 2025-10-14T18:00:00", "opens = 2025-10-14T18:00:00Z", "value", "is no time of a day"),
        ("opens = 2025-10-14T18:00:00", "opens = 18:00:00", "value", "is no time of a day"),
        ("opens = 2025-10-14T18:00:00", "opens = 2025-10-15T23:00:00", "opens", "opens at"),
        ("opens = 2025-10-14T18:00:00", "opens = 2025-10-01T18:00:00", "opens", "opens at"),
        ("works_from = 07:00:00", "works_from = 7", "value", "7 is no clock time"),
        ("works_from = 07:00:00", "works_from = 23:00:00", "order", "works from"),
        ("until = 2025-10-15T02:00:00", "until = 2025-10-14T20:00:00", "order", "[[outage]] ends at"),
        ('approval_typical = "20 s"', 'approval_typical = "4 s"', "order", "approval_typical (4 s)"),
        ('shortest = "10 min"', 'shortest = "2 h"', "order", "longest (3600 s)"),
        ('backoff_first = "2 s"', 'backoff_first = "3 min"', "order", "backoff_longest (120 s)"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(old, new, reason, says):
    problem = refused(changed(old, new))
    assert problem.code == f"planning.platform.{reason}"
    assert says in problem.what


def test_a_missing_table_is_named():
    start, end = TEXT.index("[person]"), TEXT.index("[script]")
    assert "lacks person" in refused(TEXT[:start] + TEXT[end:]).what


def test_a_value_in_place_of_a_table_is_refused():
    start, end = TEXT.index("[person]"), TEXT.index("[script]")
    assert refused("person = 3\n" + TEXT[:start] + TEXT[end:]).code == "planning.platform.form"


def test_too_many_outages_are_refused():
    one = "[[outage]]\nfrom = 2025-10-14T20:00:00\nuntil = 2025-10-14T20:01:00\n"
    assert refused(TEXT + one * MOST_OUTAGES).code == "planning.platform.form"


@pytest.mark.parametrize("text", ["", "\x00", "x = " + "[" * 5_000, "x = " + "9" * 5_000, "a.b = 1\na = 2"])
def test_what_is_no_such_file_is_one_refusal(text):
    assert refused(text).code.startswith("planning.platform.")


def test_a_misspelt_key_is_answered_with_the_nearest():
    assert refused(changed("open_max", "open_mx")).way_out == 'Did you mean "open_max"?'
