"""What a session publishes as tables: CSV for a program or a spreadsheet, and a workbook."""

from collections.abc import Iterator
from datetime import datetime

from kezek.documents.table import Column, ColumnKind, Table, Value, write_table_csv
from kezek.documents.workbook import workbook_xlsx
from kezek.reports import amounts
from kezek.reports.publication_model import Publication, PublishedProduct
from kezek.reports.publication_words import curve_state, embargo_words, proof_lines
from kezek.reports.statement_words import charge_lines, rule_lines

_COUNT, _KWH, _PRICE = ColumnKind.COUNT, ColumnKind.KWH, ColumnKind.TENGE_PER_KWH
_PRODUCTS = (
    Column("product_id"),
    Column("zone"),
    Column("offer"),
    Column("hour"),
    Column("reserve_tenge_per_kwh", _PRICE),
    Column("offered_kwh", _KWH),
    Column("revised_kwh", _KWH),
    Column("asked_kwh", _KWH),
    Column("bought_kwh", _KWH),
    Column("left_kwh", _KWH),
    Column("bids", _COUNT),
    Column("bidders", _COUNT),
    Column("lowest_tenge_per_kwh", _PRICE),
    Column("average_tenge_per_kwh", _PRICE),
    Column("highest_tenge_per_kwh", _PRICE),
    Column("uniform_tenge_per_kwh", _PRICE),
    Column("price_left_tenge_per_kwh", _PRICE),
    Column("marginal_tenge_per_kwh", _PRICE),
    Column("first_not_served_tenge_per_kwh", _PRICE),
    Column("curve"),
)
_ZONES = (
    Column("zone"),
    Column("offer"),
    Column("hours_offered", _COUNT),
    Column("hours_short", _COUNT),
    Column("offered_kwh", _KWH),
    Column("revised_kwh", _KWH),
    Column("asked_kwh", _KWH),
    Column("bought_kwh", _KWH),
    Column("left_kwh", _KWH),
    Column("lowest_tenge_per_kwh", _PRICE),
    Column("average_tenge_per_kwh", _PRICE),
    Column("highest_tenge_per_kwh", _PRICE),
)
_CURVES = (Column("product_id"), Column("price_tenge_per_kwh", _PRICE), Column("asked_at_it_or_more_kwh", _KWH))
_BIDS = (
    Column("product_id"),
    Column("operator_id"),
    Column("order_id"),
    Column("price_tenge_per_kwh", _PRICE),
    Column("asked_kwh", _KWH),
    Column("awarded_kwh", _KWH),
)
_ABOUT = (Column("key"), Column("value"))


def publication_csv(made: Publication) -> bytes:
    """Write every hour as CSV, with semicolons and decimal commas."""
    return write_table_csv(table=_products(made))


def publication_xlsx(made: Publication, *, created_at: datetime) -> bytes:
    """Write the workbook: Products, Zones, Curves, About, and Bids once the embargo is over."""
    tables = [_products(made), _zones(made), _curves(made), Table("About", _ABOUT, tuple(_about(made)))]
    if made.embargo.open:
        rows = [
            (
                bid.product_id,
                bid.operator_id,
                bid.order_id,
                bid.price_tiyn_per_kwh,
                bid.asked_kwh,
                bid.awarded_kwh,
            )
            for bid in made.bids
        ]
        tables.append(Table("Bids", _BIDS, tuple(rows)))
    return workbook_xlsx(tables=tables, created_at=created_at)


def _products(made: Publication) -> Table:
    return Table("Products", _PRODUCTS, tuple(_product(one) for one in made.products))


def _product(one: PublishedProduct) -> tuple[Value, ...]:
    product, summary = one.product, one.summary
    return (
        *(product.product_id, str(product.zone), str(product.offer), one.hour, product.reserve_tiyn_per_kwh),
        *(summary.offered_kwh, one.revised_kwh, summary.asked_kwh, summary.bought_kwh, one.left_kwh),
        *(summary.bid_count, summary.bidder_count),
        *(summary.lowest_tiyn_per_kwh, summary.average_tiyn_per_kwh, summary.highest_tiyn_per_kwh),
        *(summary.uniform_tiyn_per_kwh, one.price_left_tiyn_per_kwh),
        *(summary.marginal_tiyn_per_kwh, summary.first_rejected_tiyn_per_kwh),
        curve_state(one.curve),
    )


def _zones(made: Publication) -> Table:
    rows = [
        (
            *(str(total.zone), str(total.offer), total.hours_offered, total.hours_short),
            *(total.offered_kwh, total.revised_kwh, total.asked_kwh, total.bought_kwh, total.left_kwh),
            *(total.lowest_tiyn_per_kwh, total.average_tiyn_per_kwh, total.highest_tiyn_per_kwh),
        )
        for total in made.zones
    ]
    return Table("Zones", _ZONES, tuple(rows))


def _curves(made: Publication) -> Table:
    rows = [
        (one.product.product_id, level.price_tiyn_per_kwh, level.asked_kwh)
        for one in made.products
        for level in one.curve.levels
    ]
    return Table("Curves", _CURVES, tuple(rows))


def _about(made: Publication) -> Iterator[tuple[Value, ...]]:
    yield "Delivery", made.terms.on.isoformat()
    yield "Published", made.on.isoformat()
    yield from (pair for pair in rule_lines(made.terms) if pair[0] != "Imbalance")
    yield from (*charge_lines(made.terms), *proof_lines(made))
    yield "Single bids", embargo_words(made)
    yield "Curves withheld", amounts.count(sum(one.curve.withheld is not None for one in made.products))
