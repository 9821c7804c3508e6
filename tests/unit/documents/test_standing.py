"""Standing orders: read strictly, said in words."""

import datetime as dt

import pytest

from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.paper import RowFault
from kezek.documents.standing import in_words, standing_orders
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem

KEYS = {
    "order_id": '"S-1"',
    "version": "1",
    "operator_id": '"OP-1"',
    "site_id": '"SITE-1"',
    "zone": '"north_south"',
    "power_kw": "40_000",
    "price_tenge_per_kwh": '"19.50"',
    "hours": '"nights"',
    "from_on": "2026-01-01",
    "last_on": "2026-03-31",
}


def table(**changes):
    keys = {key: value for key, value in {**KEYS, **changes}.items() if value is not None}
    return "[[standing_order]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())


def read(text, **options):
    return standing_orders(text=text, name="standing.toml", limits=options.pop("limits", Limits()), **options)


def one(**changes):
    rows = read(table(**changes))
    assert len(rows) == 1
    return rows[0]


def test_a_standing_order_is_read():
    row = one()
    assert (row.place, row.order_id, row.version, row.owner_id, row.zone) == (
        "standing_order 1",
        "S-1",
        1,
        "OP-1",
        Zone.NORTH_SOUTH,
    )
    assert (row.power_kw, row.price_tiyn_per_kwh) == (40_000, 1_950)
    assert row.hours == (0, 1, 2, 3, 4, 5, 22, 23)
    assert row.weekdays == (0, 1, 2, 3, 4, 5, 6)
    assert (row.from_on, row.until_on) == (dt.date(2026, 1, 1), dt.date(2026, 4, 1))


def test_until_on_is_the_day_after_the_last():
    assert one(last_on=None, until_on="2026-04-01") == one()


def test_a_price_in_tiyn_is_the_same():
    assert one(price_tenge_per_kwh=None, price_tiyn_per_kwh="1950") == one()
    assert one(price_tenge_per_kwh='"19,5"') == one()


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ('"all"', tuple(range(24))),
        ('"days"', tuple(range(6, 22))),
        ('["22-06", "13"]', (0, 1, 2, 3, 4, 5, 13, 22, 23)),
        ('["22-24"]', (22, 23)),
        ('["23"]', (23,)),
        ('["00-24"]', tuple(range(24))),
    ],
)
def test_hours_are_words_or_spans(said, hours):
    assert one(hours=said).hours == hours


def test_the_words_for_hours_are_data():
    assert read(table(), named_hours={"nights": "23-07"})[0].hours == (0, 1, 2, 3, 4, 5, 6, 23)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {},
            "up to 40 MW at up to 19.50 tenge/kWh, nights (22-06), "
            "from 1 January 2026 until and including 31 March 2026",
        ),
        (
            {"power_kw": "1500", "hours": '["13"]', "weekdays": '["monday", "friday"]'},
            "up to 1500 kW at up to 19.50 tenge/kWh, 13, Monday and Friday, "
            "from 1 January 2026 until and including 31 March 2026",
        ),
        (
            {"hours": '"all"', "weekdays": '["friday", "monday", "tuesday", "wednesday", "thursday"]'},
            "up to 40 MW at up to 19.50 tenge/kWh, all (00-24), Monday to Friday, "
            "from 1 January 2026 until and including 31 March 2026",
        ),
        (
            {"weekdays": '["sunday"]', "last_on": "2026-01-01"},
            "up to 40 MW at up to 19.50 tenge/kWh, nights (22-06), Sunday, "
            "from 1 January 2026 until and including 1 January 2026",
        ),
    ],
)
def test_an_order_is_said_in_words(changes, words):
    assert in_words(one(**changes)) == words


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"powr_kw": "1"}, RowCode.KEY, "'powr_kw'"),
        ({"zone": None}, RowCode.KEY, '"zone"'),
        ({"price_tiyn_per_kwh": "1950"}, RowCode.KEY, "both"),
        ({"price_tenge_per_kwh": None}, RowCode.KEY, "none"),
        ({"until_on": "2026-04-01"}, RowCode.KEY, "both"),
        ({"last_on": None}, RowCode.KEY, "none"),
        ({"price_tenge_per_kwh": "19.50"}, RowCode.FLOAT, "without quotes"),
        ({"price_tenge_per_kwh": "20"}, RowCode.CELL_KIND, "without quotes"),
        ({"price_tenge_per_kwh": '"NaN"'}, RowCode.NOT_A_NUMBER, "NaN"),
        ({"price_tenge_per_kwh": "nan"}, RowCode.FLOAT, "NaN"),
        ({"price_tenge_per_kwh": '"19.505"'}, RowCode.AMBIGUOUS, "19.505"),
        ({"price_tenge_per_kwh": None, "price_tiyn_per_kwh": "1950.0"}, RowCode.FLOAT, "1950.0"),
        ({"price_tenge_per_kwh": None, "price_tiyn_per_kwh": "10_000_001"}, RowCode.TOO_LARGE, "too large"),
        ({"power_kw": "40_000.0"}, RowCode.FLOAT, "not a whole number"),
        ({"power_kw": '"40 MW"'}, RowCode.CELL_KIND, "40 MW"),
        ({"power_kw": "true"}, RowCode.CELL_KIND, "True"),
        ({"power_kw": "0"}, RowCode.ZERO, "zero"),
        ({"power_kw": "-5"}, RowCode.NEGATIVE, "-5"),
        ({"power_kw": "9223372036854775808"}, RowCode.TOO_LARGE, "too large"),
        ({"version": "0"}, RowCode.ZERO, "version"),
        ({"order_id": '"=1"'}, RowCode.ID_CHARACTERS, "U+003D"),
        ({"order_id": "7"}, RowCode.CELL_KIND, "order_id"),
        ({"owner_id": '""'}, RowCode.ID_MISSING, "owner_id"),
        ({"zone": '"south"'}, RowCode.ZONE, "'south'"),
        ({"hours": '"night"'}, RowCode.HOURS, "'night'"),
        ({"hours": '"22-06"'}, RowCode.HOURS, "'22-06'"),
        ({"hours": "[]"}, RowCode.HOURS, "[]"),
        ({"hours": "22"}, RowCode.HOURS, "22"),
        ({"hours": '["6-22"]'}, RowCode.HOURS, "6-22"),
        ({"hours": '["06-06"]'}, RowCode.HOURS, "06-06"),
        ({"hours": '["24-06"]'}, RowCode.HOURS, "24-06"),
        ({"hours": '["22-06", "05"]'}, RowCode.HOURS, "twice"),
        ({"weekdays": "[]"}, RowCode.WEEKDAY, "[]"),
        ({"weekdays": '["monday", "monday"]'}, RowCode.WEEKDAY, "different"),
        ({"weekdays": '["munday"]'}, RowCode.WEEKDAY, "munday"),
        ({"weekdays": "[1]"}, RowCode.WEEKDAY, "1"),
        ({"from_on": '"2026-01-01"'}, RowCode.DATE, "from_on"),
        ({"from_on": "2026-01-01T00:00:00"}, RowCode.DATE, "from_on"),
        ({"last_on": "2025-12-31"}, RowCode.DATE, "ends before it begins"),
        ({"last_on": "9999-12-31"}, RowCode.DATE, "too late"),
    ],
)
def test_what_cannot_be_read_is_a_fault_with_its_code(changes, code, said):
    row = one(**changes)
    assert isinstance(row, RowFault)
    assert (row.place, row.code) == ("standing_order 1", code)
    assert said in row.what
    assert row.way_out


def test_a_misspelt_key_gets_a_hint():
    assert one(weekdys='["monday"]').way_out == 'Did you mean "weekdays"?'


def test_a_faulty_order_does_not_spoil_the_next():
    rows = read(table(zone='"x"') + table(order_id='"S-2"'))
    assert [row.place for row in rows] == ["standing_order 1", "standing_order 2"]
    assert isinstance(rows[0], RowFault)
    assert rows[0].order_id == "S-1"
    assert rows[1].order_id == "S-2"


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", PaperCode.EMPTY, "empty"),
        ("# nothing\n", PaperCode.TOML_NO_ORDERS, "no order"),
        ("[[standing_order]]\norder_id = \n", PaperCode.TOML_FORM, "line 2"),
        ("a = 1\na = 2\n", PaperCode.TOML_FORM, "line 2"),
        ("a = " + "9" * 5_000, PaperCode.TOML_FORM, "digits"),
        ("a = " + "[" * 5_000, PaperCode.TOML_FORM, "nested"),
        ("[[standing_orders]]\n", PaperCode.TOML_KEY, "standing_orders"),
        ("standing_order = 1\n", PaperCode.TOML_KEY, "no list"),
        ("standing_order = [1]\n", PaperCode.TOML_KEY, "no list"),
        ("# " + "a" * 2_000, PaperCode.TOO_LARGE, "bytes"),
        (table() * 4, PaperCode.TOO_MANY_ROWS, "4 rows"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(text, code, said):
    with pytest.raises(InputProblem) as problem:
        read(text, limits=Limits(most_bytes=len(text) - 1 if text.startswith("# a") else 20_000, most_rows=3))
    assert problem.value.code == code
    assert said in problem.value.what
