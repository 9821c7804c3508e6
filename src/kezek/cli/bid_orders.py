"""The orders of a bid plan as a file that `kezek market bid` reads: a table, a workbook or a document."""

from datetime import UTC

from kezek.documents.csv_bids import write_bids_csv
from kezek.documents.paper import Action, BidPaper, OrderRow, PaperStep
from kezek.documents.workbook import write_bids_xlsx
from kezek.documents.xml_bids import write_bid_xml
from kezek.planning.plan import BidPlan
from kezek.planning.plan_orders import planned_orders
from kezek.trading.answers import MARKET
from kezek.units.calendar import hours_of
from kezek.units.problem import InputProblem


def orders_file(*, plan: BidPlan, suffix: str, name: str) -> bytes:
    """Write the orders of a plan; without a clock: a file states the start of the delivery day as its creation.

    Args:
        suffix: ".csv", ".xlsx" or ".xml".
        name: Of the file, for refusals.

    Raises:
        InputProblem: cli.bid.no_orders: a document says over which hours it reaches, and the plan bids in none.
    """
    paper = _paper(plan)
    created_at = hours_of(plan.facts.on)[0].starts_at.astimezone(UTC)
    if suffix == ".csv":
        return write_bids_csv(paper=paper)
    if suffix == ".xlsx":
        return write_bids_xlsx(paper=paper, created_at=created_at)
    if not paper.rows:
        way_out = "Leave --orders out, or write a .csv, which may be empty."
        raise InputProblem("cli.bid.no_orders", "The plan bids in no hour.", name, way_out)
    return write_bid_xml(paper=paper, receiver_id=MARKET, created_at=created_at)


def _paper(plan: BidPlan) -> BidPaper:
    rows = tuple(
        OrderRow(
            place=f"hour {number}",
            order_id=order.order_id,
            version=1,
            action=Action.NEW,
            operator_id=order.operator_id,
            site_id=order.site_id,
            owner_id=order.owner_id,
            product_id=order.product_id,
            steps=tuple(PaperStep(step.price_tiyn_per_kwh, step.quantity_kwh) for step in order.steps),
        )
        for number, order in enumerate(planned_orders(plan), start=1)
    )
    return BidPaper(f"BID-{plan.facts.on}-{plan.facts.zone}", plan.facts.operator_id, rows)
