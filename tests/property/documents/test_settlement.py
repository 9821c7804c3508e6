"""A settlement: every hour comes back from XML and from the table as it was written, settled or open."""

import csv
import datetime as dt
import io

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from kezek.documents.answers import settlement_tables
from kezek.documents.markup import schema_text
from kezek.documents.paper import RuleUsed, SettlementDocument, SettlementGap, SettlementRow
from kezek.documents.table import write_table_csv
from kezek.documents.xml_answers import write_settlement_xml
from kezek.market.imbalance import ImbalanceGap

AT = dt.datetime(2025, 10, 16, 5, 0, tzinfo=dt.UTC)
RULES = (RuleUsed("two_price", "1"),)
SCHEMA = etree.XMLSchema(etree.fromstring(schema_text("settlement")))
codes = st.sampled_from([*(one.value for one in ImbalanceGap), SettlementGap.NOT_DELIVERED.value])
ids = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
products = st.builds("2025-10-15/{}/{:02d}".format, st.sampled_from(["west", "north_south"]), st.integers(0, 23))
owed_tiyn = st.integers(0, 10**15)
balance_tiyn = st.integers(-(10**15), 10**15)
wh = st.integers(0, 10**12)


@st.composite
def rows(draw):
    code = draw(st.one_of(st.just(""), codes))
    return SettlementRow(
        operator_id=draw(ids),
        product_id=draw(products),
        bought_kwh=draw(st.integers(0, 10**9)),
        metered_wh=draw(st.one_of(st.none(), wh) if code else wh),
        energy_tiyn=draw(owed_tiyn),
        market_fee_tiyn=draw(owed_tiyn),
        transmission_tiyn=draw(owed_tiyn),
        imbalance_tiyn=draw(st.one_of(st.none(), balance_tiyn) if code else balance_tiyn),
        vat_tiyn=draw(owed_tiyn),
        open_code=code,
    )


def document(found):
    return SettlementDocument(
        "SE-1", AT, "KOREM", "OP-1", AT, AT + dt.timedelta(days=1), RULES, "ab" * 32, tuple(found)
    )


def smallest(text):
    """Give a number with decimals as a whole number of its smallest unit; None where nothing stands."""
    return int(text.replace(".", "").replace(",", "")) if text else None


def back(cells, bought, metered, energy, fee, transmission, imbalance, vat, code):
    """Read one row again from its cells by their names."""
    amounts = [smallest(cells.get(name)) for name in (energy, fee, transmission, imbalance, vat)]
    return (int(cells[bought]), smallest(cells.get(metered)), *amounts, cells.get(code) or "")


def values(row):
    amounts = (row.energy_tiyn, row.market_fee_tiyn, row.transmission_tiyn, row.imbalance_tiyn, row.vat_tiyn)
    return (row.bought_kwh, row.metered_wh, *amounts, row.open_code)


@settings(max_examples=60)
@given(st.lists(rows(), max_size=4))
def test_a_settlement_comes_back_from_xml_that_fits_the_schema(found):
    tree = etree.fromstring(write_settlement_xml(document(found)))
    SCHEMA.assertValid(tree)
    series = tree.findall("{*}AccountTimeSeries")
    assert len(series) == len(found)
    for one, row in zip(series, found, strict=True):
        cells = {etree.QName(leaf).localname: leaf.text for leaf in one.iter() if not len(leaf)}
        named = [f"{name}.amount" for name in ("energy", "marketFee", "transmission", "imbalance", "vat")]
        assert back(cells, "bought.quantity", "metered.quantity", *named, "code") == values(row)
        assert (cells["provider_MarketParticipant.mRID"], cells["auction.mRID"]) == (row.operator_id, row.product_id)
        assert smallest(cells["booked.amount"]) == row.booked_tiyn
        assert smallest(cells.get("total.amount")) == row.total_tiyn
        assert smallest(cells.get("imbalance.quantity")) == row.imbalance_wh


@settings(max_examples=60)
@given(st.lists(rows(), max_size=4))
def test_a_settlement_comes_back_from_its_table(found):
    text = write_table_csv(table=settlement_tables(document(found))[0]).decode("utf-8-sig")
    read = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert len(read) == len(found)
    for cells, row in zip(read, found, strict=True):
        named = [f"{name}_tenge" for name in ("energy", "market_fee", "transmission", "imbalance", "vat")]
        assert back(cells, "bought_kwh", "metered_kwh", *named, "open_code") == values(row)
        assert smallest(cells["booked_tenge"]) == row.booked_tiyn
        assert smallest(cells["total_tenge"]) == row.total_tiyn
        assert smallest(cells["imbalance_kwh"]) == row.imbalance_wh
        assert (row.total_tiyn is None) == bool(row.open_code)
