"""From a row of the table of supply to what is declared: the surplus, and apart from it the programme's share."""

import pytest
from tests.trading.sessions import BID_AT, ON, PUBLISHED_AT, hour, market, open_session

from kezek.documents.side_tables import SupplyAction, SupplyRow
from kezek.market.product import Offer
from kezek.market.supply import Declaration, SupplyAct
from kezek.registry.zone import Zone
from kezek.trading.intake import declarations_of
from kezek.units.problem import InputProblem

IN_FORCE = {"programme_70_30.status": "in_force"}
THIRTY = hour(offer=Offer.PROGRAMME)


def declared(action, surplus_kwh=None, output_kwh=None, *, readings=IN_FORCE):
    row = SupplyRow("row 2", Zone.NORTH_SOUTH, 3, action, surplus_kwh, output_kwh, None)
    law = open_session(readings=readings).law
    return [
        (one.product_id, one.act, one.declared_kwh)
        for one in declarations_of([row], on=ON, at=BID_AT, law=law, name="supply.csv")
    ]


WITHDRAWN = SupplyAct.WITHDRAWN


@pytest.mark.parametrize(
    ("surplus_kwh", "output_kwh", "expected"),
    [
        (None, None, [(hour(), WITHDRAWN, 0)]),
        (0, None, [(hour(), WITHDRAWN, 0)]),
        (None, 0, [(THIRTY, WITHDRAWN, 0)]),
        (0, 0, [(hour(), WITHDRAWN, 0), (THIRTY, WITHDRAWN, 0)]),
    ],
    ids=["nothing", "surplus", "programme", "both"],
)
def test_a_withdrawal_is_of_what_the_row_names_and_of_the_surplus_where_it_names_nothing(
    surplus_kwh, output_kwh, expected
):
    assert declared(SupplyAction.WITHDRAW, surplus_kwh, output_kwh) == expected


def test_a_withdrawal_where_the_programme_is_no_law_is_of_the_surplus():
    assert declared(SupplyAction.WITHDRAW, readings=None) == [(hour(), WITHDRAWN, 0)]
    with pytest.raises(InputProblem) as refusal:
        declared(SupplyAction.WITHDRAW, None, 0, readings=None)
    assert refusal.value.code == "trading.supply.programme_not_in_force"


@pytest.mark.parametrize("action", [SupplyAction.PUBLISH, SupplyAction.REVISE])
def test_each_offer_is_declared_by_itself(action):
    act = {SupplyAction.PUBLISH: SupplyAct.PUBLISHED, SupplyAction.REVISE: SupplyAct.REVISED}[action]
    assert declared(action, 700, 1_001) == [(hour(), act, 700), (THIRTY, act, 300)]
    assert declared(action, None, 1_001) == [(THIRTY, act, 300)]
    assert declared(action, 700) == [(hour(), act, 700)]
    with pytest.raises(InputProblem) as refusal:
        declared(action)
    assert refusal.value.code == "trading.supply.nothing_said"


@pytest.mark.parametrize(
    ("surplus_kwh", "output_kwh", "left"),
    [(None, None, (0, 300)), (None, 0, (700, 0)), (0, 0, (0, 0)), (0, None, (0, 300))],
    ids=["nothing", "programme", "both", "surplus"],
)
def test_what_is_withdrawn_is_offered_no_more_and_the_other_offer_stays(surplus_kwh, output_kwh, left):
    session = market("A", readings=IN_FORCE, supply_kwh=700)
    assert session.declare(Declaration(THIRTY, SupplyAct.PUBLISHED, 300, PUBLISHED_AT)) is None
    row = SupplyRow("row 2", Zone.NORTH_SOUTH, 3, SupplyAction.WITHDRAW, surplus_kwh, output_kwh, None)
    for one in declarations_of([row], on=ON, at=BID_AT, law=session.law, name="supply.csv"):
        assert session.declare(one) is None
    products = session.trading.state.products
    assert (products[hour()].product.offered_kwh, products[THIRTY].product.offered_kwh) == left
