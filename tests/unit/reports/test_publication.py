"""A publication: what everybody may know and nothing else, in words that fit an under-subscribed market."""

import csv
import datetime as dt
import io
import json
import re
from importlib.resources import files

import pytest
import python_calamine
from tests.trading.market_days import (
    FIRST,
    GATE_AT,
    LATE,
    ON,
    PAPERS_AT,
    PROGRAMME,
    SECOND,
    UNIFORM,
    closed_session,
    cut_session,
    declare,
    delivered_session,
    new_session,
    order,
)

from kezek.market.curve import CurveRefusal
from kezek.reports.amounts import THIN
from kezek.reports.publication_charts import curve_steps, price_domain, zone_spec
from kezek.reports.publication_json import publication_json
from kezek.reports.publication_model import publication
from kezek.reports.publication_page import publication_page
from kezek.reports.publication_tables import publication_csv, publication_xlsx
from kezek.reports.publication_words import busiest, embargo_words, lead, withheld_words, zone_words
from kezek.units.calendar import hours_of

NEXT_DAY = dt.date(2025, 10, 16)
LAST_CLOSED, FIRST_OPEN = dt.date(2026, 1, 13), dt.date(2026, 1, 14)
READINGS = pytest.mark.parametrize("readings", [{}, UNIFORM, PROGRAMME], ids=["described", "uniform", "programme"])


def made_on(session, on=NEXT_DAY):
    return publication(session=session, on=on)


@pytest.fixture(scope="module")
def made():
    return made_on(delivered_session())


def plain(text):
    return text.replace(THIN, " ").replace("\u00a0", " ")


def quiet_session():
    """Nobody bids against anybody: all is sold at the reserve, most is left."""
    session = new_session()
    declare(session, FIRST, 100_000)
    declare(session, LATE, 30_000)
    order(session, "A-1", "OP-001", "S-1", FIRST, (1_500, 10_000))
    order(session, "B-1", "OP-002", "S-2", FIRST, (1_500, 9_000))
    order(session, "C-1", "OP-003", "S-3", FIRST, (1_500, 8_000))
    session.close(GATE_AT)
    session.clear(GATE_AT)
    return session


@READINGS
def test_totals_are_the_sums_of_their_hours(readings):
    session = delivered_session(readings)
    made = made_on(session)
    state = session.trading.state
    assert sum(total.bought_kwh for total in made.zones) == sum(one.energy_kwh for one in state.purchases.values())
    assert sum(total.left_kwh for total in made.zones) == sum(state.final_purchase_kwh.values())
    assert sum(one.paid_tiyn for one in made.products) == sum(one.net_tiyn for one in state.purchases.values())
    assert sum(len(made.of(total)) for total in made.zones) == len(made.products)


def test_each_hour_says_what_was_offered_bought_and_paid(made):
    hours = {one.product.product_id: one for one in made.products}
    assert list(hours) == [FIRST, SECOND, LATE]
    short = hours[SECOND]
    assert (short.summary.offered_kwh, short.summary.bought_kwh, short.left_kwh) == (50_000, 50_000, 34_600)
    assert (short.summary.lowest_tiyn_per_kwh, short.summary.highest_tiyn_per_kwh) == (1_700, 1_900)
    assert short.summary.first_rejected_tiyn_per_kwh == 1_700
    assert short.revised_kwh == 34_600
    assert not hours[FIRST].short


def test_a_price_struck_again_is_published():
    hours = {one.product.product_id: one for one in made_on(cut_session(UNIFORM)).products}
    assert hours[SECOND].summary.uniform_tiyn_per_kwh == 1_700
    assert hours[SECOND].price_left_tiyn_per_kwh == 1_800
    assert hours[FIRST].price_left_tiyn_per_kwh == 1_500
    assert "After curtailment" in publication_page(made_on(cut_session(UNIFORM)))


def test_the_programme_is_an_offer_of_its_own():
    made = made_on(delivered_session(PROGRAMME))
    assert [(str(one.zone), str(one.offer)) for one in made.zones] == [
        ("north_south", "surplus"),
        ("west", "surplus"),
        ("north_south", "programme"),
    ]
    assert "North + South, 70/30 programme" in publication_page(made)


def test_a_curve_of_fewer_than_three_owners_is_withheld_and_said_so(made):
    late = next(one for one in made.products if one.product.product_id == LATE)
    assert late.curve.levels == ()
    assert late.curve.withheld is CurveRefusal.TOO_FEW_BIDDERS
    assert "West, 07:00" in withheld_words(made)
    assert withheld_words(made) in publication_page(made)
    assert late not in busiest(made)


def everything(made):
    book = publication_xlsx(made, created_at=PAPERS_AT)
    sheets = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book))
    cells = [str(sheets.get_sheet_by_name(name).to_python()) for name in sheets.sheet_names]
    texts = (publication_page(made), json.dumps(publication_json(made)), publication_csv(made).decode())
    return "\n".join((*texts, *cells))


def test_nobody_is_named_before_the_embargo_ends():
    session = delivered_session()
    written = everything(made_on(session, LAST_CLOSED))
    assert made_on(session, LAST_CLOSED).bids == ()
    for participant in session.participants.values():
        assert participant.operator_id not in written
        assert participant.sites[0].site_id + '"' not in written
    assert "A-1" not in written
    assert "14\u00a0January\u00a02026" in written


def test_single_bids_open_when_the_embargo_ends():
    session = delivered_session()
    made = made_on(session, FIRST_OPEN)
    assert len(made.bids) == sum(len(state.rows) for state in session.trading.state.products.values())
    assert sum(bid.awarded_kwh for bid in made.bids) == sum(total.bought_kwh for total in made.zones)
    assert "OP-002" in publication_page(made)
    assert "since 14 January 2026" in plain(embargo_words(made))


def test_an_under_subscribed_day_reads_well():
    made = made_on(quiet_session())
    assert plain(lead(made)) == (
        "130 MWh were offered and 27 MWh bought, 20.8 % of it, at 15.00 ₸/kWh before charges and VAT. "
        "Every bid was served in full in 1 of 1 zone hour."
    )
    north, west = made.zones
    assert plain(zone_words(north)) == (
        "100 MWh in 1 hour; 27 MWh found a buyer (27.0 %); no bid went short. "
        "All of it went at the reserve price, 15.00 ₸/kWh."
    )
    assert plain(zone_words(west)) == "30 MWh in 1 hour were offered and nothing was sold."
    assert publication_page(made).count("<svg") == 2 * (2 + 1)


def test_a_day_without_supply_has_a_page():
    session = new_session()
    session.close(GATE_AT)
    session.clear(GATE_AT)
    made = made_on(session)
    assert made.products == ()
    assert "No surplus was offered." in publication_page(made)
    assert publication_json(made)["products"] == []


def test_marks_at_the_reserve_can_be_seen():
    quiet = made_on(quiet_session())
    low, high = price_domain([1_500])
    assert low < 1_500 < high
    labels = [hour.label for hour in hours_of(ON)]
    spec = zone_spec(total=quiet.zones[0], products=quiet.of(quiet.zones[0]), labels=labels, width_px=960)
    domains = {str(layer["encoding"]["y"]["scale"]["domain"]) for layer in spec["vconcat"][1]["layer"]}
    assert domains == {"[14.75, 15.25]"}


def test_a_curve_is_cut_where_the_supply_ends(made):
    short = next(one for one in made.products if one.product.product_id == SECOND)
    assert [(row["from"], row["until"], row["price"], row["part"]) for row in curve_steps(short)] == [
        (0.0, 12.0, 19.0, "Served"),
        (12.0, 37.0, 18.0, "Served"),
        (37.0, 50.0, 17.0, "Served"),
        (50.0, 71.2, 17.0, "Not served"),
    ]


def test_the_page_is_one_file_and_the_same_each_time(made):
    page = publication_page(made)
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)|<script|@import""", page) == []
    assert re.findall(r"url\((?!#)", page) == []
    assert page == publication_page(made_on(delivered_session()))
    assert made.terms.gate.root in page
    assert made.root in page


@pytest.mark.parametrize("page_css", ["bid.css", "publication.css"])
def test_colours_of_charts_in_the_dark_stand_once(page_css):
    def coloured(name):
        text = files("kezek.reports").joinpath(name).read_text(encoding="utf-8")
        return set(re.findall(r'svg (\[(?:fill|stroke)="#[0-9a-f]{6}"\])', text))

    assert coloured("charts.css") and coloured(page_css)
    assert not coloured("charts.css") & coloured(page_css)


def test_the_page_has_a_dark_colour_for_all_that_its_charts_draw(made):
    page = publication_page(made)
    drawn = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', page[page.index("<svg") :]))
    assert drawn
    assert drawn <= set(re.findall(r'svg \[(?:fill|stroke)="(#[0-9a-f]{6})"\]', page))


def test_the_object_for_programs_has_no_float(made):
    def values(node):
        if isinstance(node, dict):
            return [leaf for value in node.values() for leaf in values(value)]
        return [leaf for value in node for leaf in values(value)] if isinstance(node, list) else [node]

    plain_object = publication_json(made)
    assert not any(isinstance(leaf, float) for leaf in values(plain_object))
    assert plain_object["products"][1]["curve"]["levels"][0] == {"asked_kwh": 12_000, "price_tiyn_per_kwh": 1_900}
    assert plain_object["products"][2]["curve"]["withheld"] == "market.curve.too_few_bidders"
    assert plain_object["products"][0]["starts_at"] == "2025-10-14T19:00:00Z"
    assert plain_object["bids"] == {"open": False, "opens_on": "2026-01-14", "orders": []}


def test_the_table_says_the_same_as_the_object(made):
    rows = list(csv.DictReader(io.StringIO(publication_csv(made).decode("utf-8-sig")), delimiter=";"))
    assert [row["product_id"] for row in rows] == [FIRST, SECOND, LATE]
    assert rows[1]["lowest_tenge_per_kwh"] == "17,00"
    assert rows[1]["left_kwh"] == "34600"
    assert rows[0]["first_not_served_tenge_per_kwh"] == ""


def test_the_workbook_has_bids_only_when_they_are_open(made):
    names = ["Products", "Zones", "Curves", "About"]
    for one, wanted in ((made, names), (made_on(delivered_session(), FIRST_OPEN), [*names, "Bids"])):
        data = publication_xlsx(one, created_at=PAPERS_AT)
        assert data == publication_xlsx(one, created_at=PAPERS_AT)
        assert python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).sheet_names == wanted


def test_nothing_is_published_before_the_session_is_cleared():
    with pytest.raises(ValueError, match="is not cleared"):
        made_on(closed_session())
