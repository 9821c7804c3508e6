"""Tables of the state: read exactly from CSV and workbooks, and refused as a whole where one row is faulty."""

import datetime as dt
import io
import zipfile

import pytest
import xlsxwriter

from kezek.documents.fault import Limits, PaperCode, RowCode
from kezek.documents.side_tables import (
    BalancingPriceRow,
    CurtailmentRow,
    ParticipantRow,
    PrepaymentRow,
    ReadingRow,
    SideKind,
    SiteRow,
    SupplyAction,
    SupplyRow,
    read_curtailments,
    read_participants,
    read_prepayments,
    read_prices,
    read_readings,
    read_supply,
    side_template,
)
from kezek.registry.licence import Subtype
from kezek.registry.operator import Route
from kezek.registry.zone import Zone
from kezek.units.problem import InputProblem

READERS = {
    SideKind.PARTICIPANTS: read_participants,
    SideKind.SUPPLY: read_supply,
    SideKind.PREPAYMENTS: read_prepayments,
    SideKind.READINGS: read_readings,
    SideKind.BALANCING_PRICES: read_prices,
    SideKind.CURTAILMENTS: read_curtailments,
}
ROWS = {
    SideKind.PARTICIPANTS: {
        "operator_id": "OP-1",
        "name": "ТОО Қуат",
        "licence_no": "L-1",
        "subtype": "I",
        "licence_from": "2024-01-01",
        "licence_until": "2027-01-01",
        "suspended_from": "",
        "suspended_until": "",
        "terminated_on": "",
        "host_id": "",
        "beneficial_owner_id": "",
        "site_id": "S-1",
        "zone": "west",
        "power_kw": "40000",
        "route": "grid_surplus",
    },
    SideKind.SUPPLY: {
        "zone": "west",
        "hour_index": "07",
        "surplus_kwh": "40000",
        "programme_output_kwh": "",
        "programme_capacity_kw": "",
        "action": "",
    },
    SideKind.PREPAYMENTS: {"payment_id": "PAY-1", "operator_id": "OP-1", "amount_tenge": "250000,50"},
    SideKind.READINGS: {"operator_id": "OP-1", "site_id": "S-1", "hour_index": "07", "metered_kwh": "38950,125"},
    SideKind.BALANCING_PRICES: {"zone": "west", "hour_index": "07", "price_tenge_per_kwh": "24,30"},
    SideKind.CURTAILMENTS: {"product_id": "2025-10-15/west/07", "left_kwh": "30000"},
}
SITE = SiteRow("S-1", Zone.WEST, 40_000, Route.GRID_SURPLUS)
NO_SITE = {"subtype": "II", "site_id": "", "zone": "", "power_kw": "0", "route": ""}
LIMITS = Limits()


def participant(**changes):
    values = {
        "operator_id": "OP-1",
        "name": "ТОО Қуат",
        "licence_no": "L-1",
        "subtype": Subtype.I,
        "licence_from": dt.date(2024, 1, 1),
        "licence_until": dt.date(2027, 1, 1),
        "suspensions": (),
        "terminated_on": None,
        "host_id": "",
        "beneficial_owner_id": "",
        "sites": (SITE,),
        **changes,
    }
    return ParticipantRow(**values)


def table(kind, *rows, leave_out=()):
    columns = [name for name in ROWS[kind] if name not in leave_out]
    lines = [";".join({**ROWS[kind], **one}[name] for name in columns) for one in rows]
    return "\r\n".join((";".join(columns), *lines)).encode()


def book(kind, *rows, sheets=None, formulas=True):
    """Write the same rows as a workbook; texts of the base row that are numbers stay texts."""
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"default_date_format": "yyyy-mm-dd", "strings_to_formulas": formulas})
    for name in sheets or ("Sheet1",):
        sheet = made.add_worksheet(name)
        for number, one in enumerate((dict(zip(ROWS[kind], ROWS[kind], strict=True)), *rows)):
            sheet.write_row(number, 0, ({**ROWS[kind], **one}).values())
    made.close()
    return target.getvalue()


def read(kind, data, *, limits=LIMITS):
    return READERS[kind](data=data, name="table", limits=limits)


def refusal(kind, data, **options):
    with pytest.raises(InputProblem) as problem:
        read(kind, data, **options)
    assert problem.value.what.isprintable() and problem.value.way_out
    assert problem.value.where == "table"
    return problem.value


def rows_refused(kind, data, *codes):
    """Check that the table is refused for rows with these codes, and give what is said."""
    problem = refusal(kind, data)
    assert problem.code == PaperCode.SIDE_ROWS
    assert "so nothing of the table is taken" in problem.what
    found = [part.partition("]")[0] for part in problem.what.split("[documents.")[1:]]
    assert [f"documents.{one}" for one in found] == list(codes)
    return problem.what


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        (SideKind.PARTICIPANTS, participant()),
        (SideKind.SUPPLY, SupplyRow("row 2", Zone.WEST, 7, SupplyAction.PUBLISH, 40_000, None, None)),
        (SideKind.PREPAYMENTS, PrepaymentRow("row 2", "PAY-1", "OP-1", 25_000_050)),
        (SideKind.READINGS, ReadingRow("row 2", "OP-1", "S-1", 7, 38_950_125)),
        (SideKind.BALANCING_PRICES, BalancingPriceRow("row 2", Zone.WEST, 7, 2_430)),
        (SideKind.CURTAILMENTS, CurtailmentRow("row 2", "2025-10-15/west/07", 30_000)),
    ],
)
def test_a_row_is_read_alike_from_csv_and_from_a_workbook(kind, row):
    assert read(kind, table(kind, {})) == (row,)
    assert read(kind, book(kind, {})) == (row,)


@pytest.mark.parametrize("kind", list(SideKind))
def test_a_template_is_read_by_its_reader(kind):
    written = side_template(kind)
    assert written.startswith(b"\xef\xbb\xbf") and written.endswith(b"\r\n")
    assert len(written.decode("utf-8-sig").splitlines()) == 3
    assert len(read(kind, written)) == 2
    assert set(written.decode("utf-8-sig").splitlines()[0].split(";")) == set(ROWS[kind])


@pytest.mark.parametrize("kind", list(SideKind))
def test_a_header_alone_is_a_table_without_rows(kind):
    assert read(kind, table(kind)) == ()
    assert read(kind, book(kind)) == ()


@pytest.mark.parametrize("kind", list(SideKind))
@pytest.mark.parametrize("sheet_data", [table, book])
def test_the_same_row_twice_is_a_fault(kind, sheet_data):
    assert "row 3: " in rows_refused(kind, sheet_data(kind, {}, {}), RowCode.SIDE_TWICE)


def test_rows_of_one_operator_are_joined_in_the_order_of_first_rows():
    data = table(SideKind.PARTICIPANTS, {}, {"operator_id": "OP-2"}, {"site_id": "S-2", "zone": "north_south"})
    second = SiteRow("S-2", Zone.NORTH_SOUTH, 40_000, Route.GRID_SURPLUS)
    assert read(SideKind.PARTICIPANTS, data) == (participant(sites=(SITE, second)), participant(operator_id="OP-2"))


@pytest.mark.parametrize(
    ("changes", "value"),
    [
        ({"suspended_from": "2025-03-01", "suspended_until": "2025-04-01"}, "suspensions"),
        ({"terminated_on": "2025-12-01"}, "terminated_on"),
        ({"name": "ТОО Қуат+"}, "name"),
        ({"licence_no": "L-2"}, "licence_no"),
        ({"subtype": "II"}, "subtype"),
        ({"licence_from": "2023-01-01"}, "licence_from"),
        ({"licence_until": "2028-01-01"}, "licence_until"),
        ({"host_id": "OP-2"}, "host_id"),
        ({"beneficial_owner_id": "H-1"}, "beneficial_owner_id"),
    ],
)
def test_rows_of_one_operator_differ_only_in_the_site(changes, value):
    said = rows_refused(
        SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, {}, {"site_id": "S-2", **changes}), RowCode.SIDE_DIFFERS
    )
    assert f"Rows 2 and 3 are of operator OP-1, but differ in {value}" in said


def test_a_participant_with_all_cells_is_read():
    changes = {
        "suspended_from": "2025-03-01",
        "suspended_until": "2025-04-01",
        "terminated_on": "2025-12-01",
        "host_id": "OP-2",
        "beneficial_owner_id": "H-1",
    }
    (row,) = read(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, changes))
    assert row == participant(
        suspensions=((dt.date(2025, 3, 1), dt.date(2025, 4, 1)),),
        terminated_on=dt.date(2025, 12, 1),
        host_id="OP-2",
        beneficial_owner_id="H-1",
    )


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        (SideKind.PARTICIPANTS, ("suspended_from", "suspended_until", "terminated_on")),
        (SideKind.SUPPLY, ("programme_output_kwh", "programme_capacity_kw", "action")),
    ],
)
def test_optional_columns_may_be_left_out_and_the_others_may_not(kind, columns):
    assert read(kind, table(kind, {}, leave_out=columns)) == read(kind, table(kind, {}))
    for column in set(ROWS[kind]) - set(columns):
        problem = refusal(kind, table(kind, {}, leave_out=(column,)))
        assert (problem.code, problem.what) == (PaperCode.COLUMN_MISSING, f'Column "{column}" is missing.')


@pytest.mark.parametrize("power", ["0", ""])
def test_a_tenant_may_have_no_site(power):
    (row,) = read(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, {**NO_SITE, "power_kw": power}))
    assert row == participant(subtype=Subtype.II, sites=())


def test_a_tenant_may_have_a_site_without_power_of_its_own():
    (row,) = read(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, {"subtype": "II", "power_kw": "0"}))
    assert row.sites == (SiteRow("S-1", Zone.WEST, 0, Route.GRID_SURPLUS),)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({**NO_SITE, "subtype": "I"}, RowCode.SIDE_CONTRADICTS),
        ({**NO_SITE, "zone": "west"}, RowCode.SIDE_CONTRADICTS),
        ({**NO_SITE, "route": "hosted"}, RowCode.SIDE_CONTRADICTS),
        ({**NO_SITE, "power_kw": "5"}, RowCode.SIDE_CONTRADICTS),
        ({**NO_SITE, "site_id": "S-1"}, RowCode.SIDE_CONTRADICTS),
        ({"power_kw": "0"}, RowCode.ZERO),
        ({"power_kw": ""}, RowCode.SIDE_CONTRADICTS),
        ({"zone": ""}, RowCode.SIDE_CONTRADICTS),
        ({"suspended_from": "2025-03-01"}, RowCode.SIDE_CONTRADICTS),
        ({"suspended_until": "2025-03-01"}, RowCode.SIDE_CONTRADICTS),
        ({"suspended_from": "2025-03-01", "suspended_until": "2025-03-01"}, RowCode.DATE),
        ({"licence_until": "2024-01-01"}, RowCode.DATE),
    ],
)
def test_cells_of_a_participant_that_cannot_both_be_meant_are_a_fault(changes, code):
    rows_refused(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, changes), code)


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        (NO_SITE, {"subtype": "II"}, RowCode.SIDE_CONTRADICTS),
        ({"subtype": "II"}, NO_SITE, RowCode.SIDE_CONTRADICTS),
        (NO_SITE, NO_SITE, RowCode.SIDE_TWICE),
    ],
)
def test_an_operator_without_a_site_has_one_row(first, second, code):
    rows_refused(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, first, second), code)


def test_a_name_with_quotes_and_the_delimiter_is_read_from_csv_and_from_a_workbook():
    name = 'ТОО "Хеш; сервис", филиал'
    quoted = '"' + name.replace('"', '""') + '"'
    for data in (
        table(SideKind.PARTICIPANTS, {"name": quoted}),
        book(SideKind.PARTICIPANTS, {"name": name}),
    ):
        assert read(SideKind.PARTICIPANTS, data) == (participant(name=name),)


@pytest.mark.parametrize("name", ['ТОО "Хеш"', '"ТОО', 'a""b', '"a"b', '"a"""" b', '"a" '])
def test_a_name_with_bare_quotes_is_a_fault(name):
    said = rows_refused(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, {"name": name}), RowCode.QUOTES)
    assert said.startswith("1 of 1 rows cannot be read")


def test_quotes_stay_out_of_all_other_cells():
    rows_refused(SideKind.PARTICIPANTS, table(SideKind.PARTICIPANTS, {"host_id": '"A""B"'}), RowCode.QUOTES)
    rows_refused(SideKind.SUPPLY, table(SideKind.SUPPLY, {"zone": '"we""st"'}), RowCode.QUOTES)
    assert read(SideKind.SUPPLY, table(SideKind.SUPPLY, {"zone": '"west"'}))[0].zone is Zone.WEST


@pytest.mark.parametrize("action", list(SupplyAction))
def test_supply_may_be_published_revised_and_withdrawn(action):
    (row,) = read(SideKind.SUPPLY, table(SideKind.SUPPLY, {"action": action.value, "surplus_kwh": ""}))
    assert row == SupplyRow("row 2", Zone.WEST, 7, action, None, None, None)


def test_an_empty_cell_of_supply_is_not_zero():
    values = {"surplus_kwh": "0", "programme_output_kwh": "", "programme_capacity_kw": "5 000"}
    assert read(SideKind.SUPPLY, table(SideKind.SUPPLY, values)) == (
        SupplyRow("row 2", Zone.WEST, 7, SupplyAction.PUBLISH, 0, None, 5_000),
    )


@pytest.mark.parametrize("column", ["surplus_kwh", "programme_output_kwh", "programme_capacity_kw"])
def test_a_withdrawal_states_no_energy(column):
    withdrawal = {"action": "withdraw", "surplus_kwh": "", column: "500"}
    said = rows_refused(SideKind.SUPPLY, table(SideKind.SUPPLY, withdrawal), RowCode.SIDE_CONTRADICTS)
    assert f"but {column} is '500'" in said


@pytest.mark.parametrize("programme", ["programme_output_kwh", "programme_capacity_kw"])
@pytest.mark.parametrize("surplus", ["0", ""])
def test_a_withdrawal_names_what_it_withdraws_by_a_zero(programme, surplus):
    (row,) = read(
        SideKind.SUPPLY, table(SideKind.SUPPLY, {"action": "withdraw", "surplus_kwh": surplus, programme: "0"})
    )
    assert (row.action, row.surplus_kwh) == (SupplyAction.WITHDRAW, 0 if surplus else None)
    assert getattr(row, programme) == 0
    assert {row.programme_output_kwh, row.programme_capacity_kw} == {0, None}


def test_the_same_hour_written_in_two_ways_is_the_same_hour():
    said = rows_refused(SideKind.SUPPLY, table(SideKind.SUPPLY, {}, {"hour_index": "7"}), RowCode.SIDE_TWICE)
    assert "zone west, hour_index 7 stands in row 2 already" in said


def test_hour_24_is_read_and_a_curtailment_may_leave_nothing_of_the_programme():
    assert read(SideKind.BALANCING_PRICES, table(SideKind.BALANCING_PRICES, {"hour_index": "24"}))[0].hour_index == 24
    cut = {"product_id": "2025-10-15/west/07/programme", "left_kwh": "0"}
    assert read(SideKind.CURTAILMENTS, table(SideKind.CURTAILMENTS, {}, cut))[1] == CurtailmentRow(
        "row 3", "2025-10-15/west/07/programme", 0
    )


def in_wh(data):
    return data.replace(b"metered_kwh", b"metered_wh")


def test_a_reading_may_be_given_in_whole_wh():
    texts = in_wh(table(SideKind.READINGS, {"metered_kwh": "350000"}, {"hour_index": "8", "metered_kwh": "0"}))
    assert read(SideKind.READINGS, texts) == (
        ReadingRow("row 2", "OP-1", "S-1", 7, 350_000),
        ReadingRow("row 3", "OP-1", "S-1", 8, 0),
    )
    in_kwh = table(SideKind.READINGS, {"metered_kwh": "350,0000"})
    assert read(SideKind.READINGS, in_kwh) == read(SideKind.READINGS, texts)[:1]
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target)
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["metered_wh", "operator_id", "site_id", "hour_index"])
    sheet.write_row(1, 0, [350_000, "OP-1", "S-1", 7])
    made.close()
    assert read(SideKind.READINGS, target.getvalue()) == read(SideKind.READINGS, texts)[:1]


@pytest.mark.parametrize(
    ("text", "code"),
    [("350,000", RowCode.AMBIGUOUS), ("38950,125", RowCode.FRACTION), ("", RowCode.EMPTY), ("-1", RowCode.NEGATIVE)],
)
def test_a_reading_in_wh_is_whole_or_refuses_the_table(text, code):
    said = rows_refused(SideKind.READINGS, in_wh(table(SideKind.READINGS, {"metered_kwh": text})), code)
    assert "row 2: metered_wh " in said


def test_readings_have_one_of_the_two_columns_of_energy():
    whole = table(SideKind.READINGS, {})
    both = refusal(SideKind.READINGS, whole.replace(b"metered_kwh", b"metered_kwh;metered_wh"))
    assert (both.code, both.what) == (
        PaperCode.COLUMN_EITHER,
        'Columns "metered_kwh" and "metered_wh" both stand in the header.',
    )
    neither = refusal(SideKind.READINGS, table(SideKind.READINGS, {}, leave_out=("metered_kwh",)))
    assert (neither.code, neither.what) == (
        PaperCode.COLUMN_EITHER,
        'Neither of the columns "metered_kwh" and "metered_wh" is there.',
    )
    assert both.way_out == neither.way_out == "Keep exactly one of the two: they say the same."


HOSTILE_NUMBERS = [
    ("=1+1", RowCode.FORM),
    ("=cmd|' /C calc'!A0", RowCode.FORM),
    ("1e3", RowCode.FORM),
    ("0x10", RowCode.FORM),
    ("+5", RowCode.FORM),
    ("05000", RowCode.FORM),
    ("5 kWh", RowCode.FORM),
    ("9" * 4_000, RowCode.FORM),
    ("NaN", RowCode.NOT_A_NUMBER),
    ("inf", RowCode.NOT_A_NUMBER),
    ("#REF!", RowCode.NOT_A_NUMBER),
    ("１２", RowCode.DIGITS),
    ("1,950", RowCode.AMBIGUOUS),
    ("1.950", RowCode.AMBIGUOUS),
    ("1.950,00", RowCode.AMBIGUOUS),
    ("99999999999999999999", RowCode.TOO_LARGE),
]
NUMBERS = [
    (SideKind.PARTICIPANTS, "power_kw"),
    (SideKind.SUPPLY, "surplus_kwh"),
    (SideKind.SUPPLY, "programme_output_kwh"),
    (SideKind.SUPPLY, "programme_capacity_kw"),
    (SideKind.PREPAYMENTS, "amount_tenge"),
    (SideKind.READINGS, "metered_kwh"),
    (SideKind.BALANCING_PRICES, "price_tenge_per_kwh"),
    (SideKind.CURTAILMENTS, "left_kwh"),
]


@pytest.mark.parametrize(("kind", "column"), NUMBERS)
@pytest.mark.parametrize(("text", "code"), HOSTILE_NUMBERS)
def test_a_number_that_is_not_plain_is_refused_with_its_code(kind, column, text, code):
    assert f"row 2: {column} " in rows_refused(kind, table(kind, {column: text}), code)


@pytest.mark.parametrize(("kind", "column"), NUMBERS)
def test_only_a_balancing_price_may_be_less_than_nothing(kind, column):
    data = table(kind, {column: "-5"})
    if kind is SideKind.BALANCING_PRICES:
        assert read(kind, data)[0].price_tiyn_per_kwh == -500
    else:
        rows_refused(kind, data, RowCode.NEGATIVE)


@pytest.mark.parametrize(("kind", "column"), NUMBERS)
def test_zero_is_a_value_but_of_a_payment_and_of_licensed_power(kind, column):
    data = table(kind, {column: "0"})
    if kind in (SideKind.PREPAYMENTS, SideKind.PARTICIPANTS):
        rows_refused(kind, data, RowCode.ZERO)
    else:
        assert len(read(kind, data)) == 1


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        (SideKind.PARTICIPANTS, {"name": "=HYPERLINK(1)"}, RowCode.TEXT_CHARACTERS),
        (SideKind.PARTICIPANTS, {"name": "А\u202eБ"}, RowCode.TEXT_CHARACTERS),
        (SideKind.PARTICIPANTS, {"name": "А" * 201}, RowCode.TEXT_TOO_LONG),
        (SideKind.PARTICIPANTS, {"name": ""}, RowCode.EMPTY),
        (SideKind.PARTICIPANTS, {"licence_no": "№ 7"}, RowCode.ID_CHARACTERS),
        (SideKind.PARTICIPANTS, {"host_id": "=A1"}, RowCode.ID_CHARACTERS),
        (SideKind.PARTICIPANTS, {"subtype": "III"}, RowCode.WORD),
        (SideKind.PARTICIPANTS, {"subtype": "І"}, RowCode.WORD),
        (SideKind.PARTICIPANTS, {"route": "grid"}, RowCode.WORD),
        (SideKind.PARTICIPANTS, {"licence_from": "01.01.2024"}, RowCode.DATE),
        (SideKind.PARTICIPANTS, {"licence_from": ""}, RowCode.EMPTY),
        (SideKind.PARTICIPANTS, {"power_kw": "1,5"}, RowCode.FRACTION),
        (SideKind.PARTICIPANTS, {"power_kw": "-1", "zone": "east"}, RowCode.ZONE),
        (SideKind.SUPPLY, {"zone": "West"}, RowCode.ZONE),
        (SideKind.SUPPLY, {"hour_index": "25"}, RowCode.HOUR_INDEX),
        (SideKind.SUPPLY, {"hour_index": "０７"}, RowCode.DIGITS),
        (SideKind.SUPPLY, {"hour_index": ""}, RowCode.EMPTY),
        (SideKind.SUPPLY, {"action": "publsh"}, RowCode.ACTION),
        (SideKind.SUPPLY, {"surplus_kwh": "0,5"}, RowCode.FRACTION),
        (SideKind.PREPAYMENTS, {"payment_id": "-1"}, RowCode.ID_CHARACTERS),
        (SideKind.PREPAYMENTS, {"operator_id": ""}, RowCode.ID_MISSING),
        (SideKind.PREPAYMENTS, {"amount_tenge": "10000000000000,01"}, RowCode.TOO_LARGE),
        (SideKind.PREPAYMENTS, {"amount_tenge": "0,005"}, RowCode.OFF_TICK),
        (SideKind.READINGS, {"metered_kwh": "0,0001"}, RowCode.FRACTION),
        (SideKind.READINGS, {"metered_kwh": ""}, RowCode.EMPTY),
        (SideKind.READINGS, {"site_id": "S" * 65}, RowCode.ID_TOO_LONG),
        (SideKind.BALANCING_PRICES, {"price_tenge_per_kwh": "-0,00"}, RowCode.FORM),
        (SideKind.BALANCING_PRICES, {"price_tenge_per_kwh": "0,0001"}, RowCode.OFF_TICK),
        (SideKind.CURTAILMENTS, {"product_id": "2025-10-15/west/07/surplus"}, RowCode.PRODUCT),
        (SideKind.CURTAILMENTS, {"product_id": "2025-10-15/west/24"}, RowCode.PRODUCT),
        (SideKind.CURTAILMENTS, {"left_kwh": "0,5"}, RowCode.FRACTION),
    ],
)
def test_a_faulty_cell_refuses_the_table_with_the_first_code_by_precedence(kind, changes, code):
    for data in (table(kind, {}, changes), book(kind, {}, changes, formulas=False)):
        said = rows_refused(kind, data, code)
        assert said.startswith("1 of 2 rows cannot be read")
        assert "row 3: " in said


def test_the_first_five_faults_are_told_and_the_others_counted():
    faulty = [{"hour_index": str(hour), "surplus_kwh": "x"} for hour in range(7)]
    said = rows_refused(
        SideKind.SUPPLY, table(SideKind.SUPPLY, {"zone": "north_south"}, *faulty), *[RowCode.FORM] * 5
    )
    assert said.startswith("7 of 8 rows cannot be read")
    assert "row 7: " in said and "row 8: " not in said
    assert said.endswith("; and 2 more rows.")
    six = refusal(SideKind.SUPPLY, table(SideKind.SUPPLY, *faulty[:6]))
    assert six.what.endswith("; and 1 more row.")
    five = refusal(SideKind.SUPPLY, table(SideKind.SUPPLY, *faulty[:5]))
    assert "more" not in five.what
    assert five.way_out.endswith("Then send the whole table again.")


def test_faults_of_participants_are_told_in_the_order_of_rows():
    data = table(SideKind.PARTICIPANTS, {}, {}, {"operator_id": "="}, {"site_id": "S-2", "name": "B"})
    said = rows_refused(SideKind.PARTICIPANTS, data, RowCode.SIDE_TWICE, RowCode.ID_CHARACTERS, RowCode.SIDE_DIFFERS)
    assert said.startswith("3 of 4 rows")


def test_a_row_with_too_many_cells_refuses_the_table_and_empty_rows_are_passed_over():
    rows_refused(SideKind.SUPPLY, table(SideKind.SUPPLY, {}) + b";\r\n", RowCode.CELLS)
    data = table(SideKind.SUPPLY, {}) + b"\r\n\r\n;;;;;\r\n"
    assert len(read(SideKind.SUPPLY, data)) == 1


@pytest.mark.parametrize("kind", list(SideKind))
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda data: b"", PaperCode.EMPTY),
        (lambda data: data.replace(b";", b"\x00;", 1), PaperCode.NUL),
        (lambda data: data.decode().encode("utf-16"), PaperCode.UTF16),
        (lambda data: data + b"\xff", PaperCode.ENCODING),
        (lambda data: data + b"\r\n" + b"A" * 9_000, PaperCode.CSV_LINE_TOO_LONG),
        (lambda data: data + b"\n", PaperCode.CSV_LINE_ENDS),
        (lambda data: data.replace(b";", b"|"), PaperCode.CSV_DELIMITER),
        (lambda data: b'"' + data, PaperCode.CSV_HEADER_QUOTES),
        (lambda data: b'"x""";' + data, PaperCode.CSV_HEADER_QUOTES),
        (lambda data: b"note;" + data, PaperCode.COLUMN_UNKNOWN),
        (lambda data: data.partition(b";")[0] + b";" + data, PaperCode.COLUMN_TWICE),
        (lambda data: data + b"\r\n;" * 5, PaperCode.TOO_MANY_ROWS),
        (lambda data: data + b"\r\n" + b" " * 5_000, PaperCode.TOO_LARGE),
        (lambda data: b"PK\x03\x04" + data, PaperCode.XLSX_NOT_A_WORKBOOK),
        (lambda data: b"PK\x05\x06" + bytes(18), PaperCode.XLSX_NOT_A_WORKBOOK),
        (lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + data, PaperCode.XLSX_ENCRYPTED),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused_as_one_of_orders_is(kind, change, code):
    small = PaperCode.TOO_LARGE if code is PaperCode.TOO_LARGE else None
    limits = Limits(most_bytes=4_000, most_rows=4) if small else Limits(most_rows=4)
    assert refusal(kind, change(table(kind, {})), limits=limits).code == code


def test_a_zip_bomb_is_never_unpacked():
    target = io.BytesIO()
    plain = book(SideKind.SUPPLY, {})
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, b" " * 200_000_000 if "sheet1" in name else old.read(name))
    assert refusal(SideKind.SUPPLY, target.getvalue()).code == PaperCode.XLSX_UNPACKED_TOO_LARGE


def test_the_sheet_is_the_only_one_or_has_the_name_of_the_table():
    assert len(read(SideKind.SUPPLY, book(SideKind.SUPPLY, {}, sheets=("Notes", "Supply")))) == 1
    problem = refusal(SideKind.SUPPLY, book(SideKind.SUPPLY, {}, sheets=("Notes", "Orders")))
    assert problem.code == PaperCode.XLSX_SHEET
    assert '"Supply"' in problem.what


def test_number_and_date_cells_of_a_workbook_are_exact():
    numbers = {"hour_index": 7, "metered_kwh": 812.345}
    assert read(SideKind.READINGS, book(SideKind.READINGS, numbers))[0].metered_wh == 812_345
    price = {"hour_index": 0, "price_tenge_per_kwh": -1.5}
    assert read(SideKind.BALANCING_PRICES, book(SideKind.BALANCING_PRICES, price))[0].price_tiyn_per_kwh == -150
    paid = {"amount_tenge": 9_999_999_999_999.99}
    assert read(SideKind.PREPAYMENTS, book(SideKind.PREPAYMENTS, paid))[0].amount_tiyn == 999_999_999_999_999
    dated = {"licence_from": dt.date(2024, 1, 1), "power_kw": 40_000}
    assert read(SideKind.PARTICIPANTS, book(SideKind.PARTICIPANTS, dated)) == (participant(),)


@pytest.mark.parametrize(
    ("kind", "changes", "code"),
    [
        (SideKind.PARTICIPANTS, {"licence_from": dt.datetime(2024, 1, 1, 12)}, RowCode.CELL_KIND),  # noqa: DTZ001
        (SideKind.PARTICIPANTS, {"site_id": dt.date(2024, 1, 1)}, RowCode.CELL_KIND),
        (SideKind.PARTICIPANTS, {"licence_no": 1.5}, RowCode.CELL_KIND),
        (SideKind.PARTICIPANTS, {"licence_until": 46_112}, RowCode.DATE),
        (SideKind.PARTICIPANTS, {"power_kw": 0.5}, RowCode.FRACTION),
        (SideKind.SUPPLY, {"hour_index": 7.5}, RowCode.FRACTION),
        (SideKind.SUPPLY, {"surplus_kwh": True}, RowCode.CELL_KIND),
        (SideKind.SUPPLY, {"surplus_kwh": 1.505}, RowCode.FRACTION),
        (SideKind.SUPPLY, {"surplus_kwh": -7}, RowCode.NEGATIVE),
        (SideKind.READINGS, {"metered_kwh": 0.3000000000000001}, RowCode.FRACTION),
        (SideKind.PREPAYMENTS, {"amount_tenge": 19.505}, RowCode.OFF_TICK),
        (SideKind.PREPAYMENTS, {"amount_tenge": 1e300}, RowCode.FORM),
        (SideKind.CURTAILMENTS, {"left_kwh": 1e18}, RowCode.TOO_LARGE),
    ],
)
def test_a_cell_of_a_workbook_that_is_not_exact_refuses_the_table(kind, changes, code):
    rows_refused(kind, book(kind, changes), code)


def test_a_formula_in_a_workbook_counts_by_its_kept_result_and_an_error_is_told():
    assert read(SideKind.CURTAILMENTS, book(SideKind.CURTAILMENTS, {"left_kwh": "=1+1"}))[0].left_kwh == 0
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ROWS[SideKind.CURTAILMENTS])
    sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    made.close()
    problem = refusal(SideKind.CURTAILMENTS, target.getvalue())
    assert (problem.code, "B2" in problem.what) == (PaperCode.XLSX_ERROR_CELL, True)
