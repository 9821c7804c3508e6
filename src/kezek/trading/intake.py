"""From papers to acts: rows of tables and documents become participants, declarations, orders and readings."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from kezek.documents.paper import Action, OrderRow, RowFault
from kezek.documents.side_tables import ParticipantRow, ReadingRow, SupplyAction, SupplyRow
from kezek.documents.standing import StandingOrderRow
from kezek.law import keys
from kezek.law.snapshot import Snapshot
from kezek.market.order import Cancellation, Order, Step
from kezek.market.product import Offer, product_id
from kezek.market.standing_order import StandingOrder
from kezek.market.supply import Declaration, SupplyAct, programme_kwh
from kezek.registry.licence import Licence, Period
from kezek.trading.events import Metered, Unreadable
from kezek.trading.participant import Participant, ParticipantSite
from kezek.trading.session import programme_in_force
from kezek.units.problem import InputProblem

_ACTS = {
    SupplyAction.PUBLISH: SupplyAct.PUBLISHED,
    SupplyAction.REVISE: SupplyAct.REVISED,
    SupplyAction.WITHDRAW: SupplyAct.WITHDRAWN,
}


def participant_of(row: ParticipantRow) -> Participant:
    """Turn a row of the table of participants into one."""
    licence = Licence(
        licence_no=row.licence_no,
        subtype=row.subtype,
        term=Period(row.licence_from, row.licence_until),
        suspensions=tuple(Period(from_on, until_on) for from_on, until_on in row.suspensions),
        terminated_on=row.terminated_on,
    )
    sites = tuple(ParticipantSite(site.site_id, site.zone, 1_000 * site.power_kw, site.route) for site in row.sites)
    return Participant(row.operator_id, row.name, licence, row.host_id, row.beneficial_owner_id, sites)


def declarations_of(
    rows: Sequence[SupplyRow], *, on: date, at: datetime, law: Snapshot, name: str
) -> list[Declaration]:
    """Turn a table of supply into declarations: the surplus, and apart from it the miners' share of the programme.

    Raises:
        InputProblem: trading.supply.programme_not_in_force, .programme_base, .nothing_said.
    """
    return [one for row in rows for one in _declared(row, on, at, law, name)]


def _declared(row: SupplyRow, on: date, at: datetime, law: Snapshot, name: str) -> Iterable[Declaration]:
    act = _ACTS[row.action]
    share_kwh = _programme_share(row, law, name)
    withdrawn = act is SupplyAct.WITHDRAWN
    if row.surplus_kwh is None and share_kwh is None and not withdrawn:
        what, way_out = f"{row.place} declares nothing.", "Give surplus_kwh, or withdraw the hour."
        raise InputProblem("trading.supply.nothing_said", what, name, way_out)
    offers = [(Offer.SURPLUS, row.surplus_kwh), (Offer.PROGRAMME, share_kwh)]
    if withdrawn and share_kwh is None:
        offers = [(Offer.SURPLUS, 0)]
    for offer, kwh in offers:
        if kwh is not None:
            key = product_id(on=on, zone=row.zone, hour_index=row.hour_index, offer=offer)
            yield Declaration(key, act, kwh, at)


def _programme_share(row: SupplyRow, law: Snapshot, name: str) -> int | None:
    """Compute the miners' share of the 70/30 programme in one hour, None where nothing is said of it. [kWh]

    Law: programme_70_30.status, programme_70_30.base, programme_70_30.miner_share_ppm.
    """
    if row.programme_output_kwh is None and row.programme_capacity_kw is None:
        return None
    if not programme_in_force(law):
        what = f"{row.place} declares output of the 70/30 programme, which is a proposal under this reading."
        way_out = "Leave it out, or open the session with --reading programme_70_30.status=in_force."
        raise InputProblem("trading.supply.programme_not_in_force", what, name, way_out)
    by_capacity = law.text(keys.PROGRAMME_70_30_BASE) == "capacity"
    given = row.programme_capacity_kw if by_capacity else row.programme_output_kwh
    if given is None:
        column = "programme_capacity_kw" if by_capacity else "programme_output_kwh"
        what, way_out = f"{row.place} lacks {column}, which this reading shares out.", f"Give {column}."
        raise InputProblem("trading.supply.programme_base", what, name, way_out)
    return programme_kwh(new_output_kwh=given, miner_share_ppm=law.amount(keys.PROGRAMME_70_30_MINER_SHARE_PPM))


def order_of(row: OrderRow, *, at: datetime) -> Order | Cancellation | RowFault:
    """Turn a row of a bid paper into an order, a cancellation, or a fault where action and version contradict."""
    if row.action is Action.CANCEL:
        return Cancellation(row.order_id, row.version, row.operator_id, at)
    if (row.action is Action.NEW) != (row.version == 1):
        what = f"{row.order_id} version {row.version} is called {row.action}."
        way_out = "A new order has version 1, an amendment the next one."
        return RowFault(row.place, row.order_id, "trading.paper.action_version", what, way_out)
    return Order(
        order_id=row.order_id,
        version=row.version,
        operator_id=row.operator_id,
        site_id=row.site_id,
        owner_id=row.owner_id,
        product_id=row.product_id,
        steps=tuple(Step(step.price_tiyn_per_kwh, step.quantity_kwh) for step in row.steps),
        received_at=at,
    )


def standing_order_of(row: StandingOrderRow) -> StandingOrder:
    """Turn a standing order of a file into one of the market."""
    return StandingOrder(
        order_id=row.order_id,
        version=row.version,
        operator_id=row.operator_id,
        site_id=row.site_id,
        owner_id=row.owner_id,
        price_tiyn_per_kwh=row.price_tiyn_per_kwh,
        power_kw=row.power_kw,
        clock_hours=frozenset(row.hours),
        weekdays=frozenset(row.weekdays),
        term=Period(row.from_on, row.until_on),
    )


def standing_in_zone(row: StandingOrderRow, participants: Mapping[str, Participant]) -> StandingOrderRow | RowFault:
    """Give a standing order back, or a fault where its site lies in another zone than it says."""
    participant = participants.get(row.operator_id)
    sites = {site.site_id: site.zone for site in participant.sites} if participant else {}
    zone = sites.get(row.site_id, row.zone)
    if zone is row.zone:
        return row
    what = f"Site {row.site_id} lies in zone {zone}, the order says {row.zone}."
    return RowFault(row.place, row.order_id, "trading.paper.standing_zone", what, "Name the site's own zone.")


def own_row(row: OrderRow | StandingOrderRow | RowFault, sender_id: str) -> OrderRow | StandingOrderRow | RowFault:
    """Give a row back, or a fault where a paper speaks for somebody else; "" where it names no sender."""
    if not sender_id or isinstance(row, RowFault) or row.operator_id == sender_id:
        return row
    what = f"The paper is of {sender_id}, the order of {row.operator_id}."
    return RowFault(row.place, row.order_id, "trading.paper.sender", what, "Send it in a paper of its own.")


def unreadable_of(fault: RowFault, *, paper: str) -> Unreadable:
    """Note a row that could not be read."""
    return Unreadable(f"{paper}, {fault.place}", fault.order_id, fault.code, fault.what)


def metered_of(rows: Iterable[ReadingRow]) -> tuple[Metered, ...]:
    """Turn a table of meter readings into readings."""
    return tuple(Metered(row.operator_id, row.site_id, row.hour_index, row.metered_wh) for row in rows)
