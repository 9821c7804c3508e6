"""From a session to the papers that answer it: acknowledgement, allocation, settlement."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kezek.documents import paper
from kezek.documents.answers import answer_to_fault
from kezek.ledger.charges import NOTHING, Cost, purchase_cost
from kezek.market.imbalance import HourImbalance, ImbalanceGap, Undetermined
from kezek.market.order import CancelDecision, Decision, Order, Outcome
from kezek.market.product import product_id
from kezek.market.rules import CURTAILMENT_RULE_VERSION
from kezek.trading.session import Gate, MarketSession
from kezek.units.calendar import hours_of

MARKET = "KEZEK-MARKET"
"""Party that sends the market's papers, unless another name is given."""
EVERYBODY = "market-operator"
"""Receiver of a paper with the rows of all operators: under the embargo nobody else may have it."""
Answer = Decision | CancelDecision
AnswerWords = Callable[[Answer], str]
"""Says what the market answers: taken, or refused, why, and what to do."""
CodeWords = Callable[[str], str]
"""Gives the sentence of a code."""


def require_cleared(session: MarketSession) -> Gate:
    """Give the gate of a cleared session.

    Raises:
        ValueError: it is not cleared: there is nothing to answer yet.
    """
    if session.gate is None or session.cleared_at is None:
        raise ValueError(f"the session of {session.opened.on} is not cleared")
    return session.gate


def rules_used(session: MarketSession) -> tuple[str, ...]:
    """List the rules of clearing and of curtailment as `<rule>/<version>`; empty before the session was cleared.

    Law: market.price_rule, market.tie_rule, market.curtailment_price.
    """
    clearings = (state.clearing for state in session.trading.state.products.values())
    found = next((clearing.rules for clearing in clearings if clearing is not None), ())
    return (*found, f"{session.trading.rules.curtailment_price}/{CURTAILMENT_RULE_VERSION}") if found else ()


def acknowledgement_of(
    *,
    document_id: str,
    received_document_id: str,
    receiver_id: str,
    rows: Iterable[paper.AckRow],
    created_at: datetime,
    sender_id: str = MARKET,
) -> paper.Acknowledgement:
    """Answer a paper that was read, row by row, in its order (`acknowledged`)."""
    return paper.Acknowledgement(
        document_id=document_id,
        received_document_id=received_document_id,
        created_at=created_at,
        sender_id=sender_id,
        receiver_id=receiver_id,
        accepted=True,
        code="",
        sentence="",
        rows=tuple(rows),
    )


def acknowledged(*, answer: Answer | paper.RowFault, place: str, sentence: AnswerWords) -> paper.AckRow:
    """Answer one row."""
    if isinstance(answer, paper.RowFault):
        return answer_to_fault(answer)
    sent = answer.order if isinstance(answer, Decision) else answer.cancellation
    taken = answer.refusal is None
    code = "" if answer.refusal is None else answer.refusal.value
    return paper.AckRow(sent.order_id, sent.version, taken, code, sentence(answer), place)


def orders_ended(session: MarketSession) -> dict[str, Order]:
    """Give, for each order that has an end, the version that counts.

    It is the last one that was taken; of an order that never was, the one whose refusal is the end.
    """
    state = session.trading.state
    found: dict[str, Order] = {}
    for decision in state.decisions:
        order = decision.order
        end = state.ends.get(order.order_id)
        if end is not None and (decision.refusal is None or decision.refusal == end.reason):
            refused_later = decision.refusal is not None and order.order_id in found
            found[order.order_id] = found[order.order_id] if refused_later else order
    return found


def allocation_of(
    *,
    session: MarketSession,
    created_at: datetime,
    sentence: CodeWords,
    operator_id: str = "",
    sender_id: str = MARKET,
) -> paper.AllocationResult:
    """Say how each order ended at the clearing; what a curtailment takes later is in the settlement.

    Args:
        operator_id: Whose orders; "" for those of all, which is a paper for the market operator alone.
    Raises:
        ValueError: the session is not cleared.
    """
    gate, state = require_cleared(session), session.trading.state
    awards = _awards(session, operator_id)
    rows = []
    for order_id, order in orders_ended(session).items():
        if operator_id in ("", order.operator_id):
            end = state.ends[order_id]
            whole = end.outcome is Outcome.ACCEPTED
            said = ("", "") if whole else (end.reason.value, sentence(end.reason.value))
            rows.append(_allocated(order, paper.Outcome(end.outcome.value), said, awards.get(order_id, ())))
    return paper.AllocationResult(
        document_id=f"ALLOCATION-{session.opened.on}{f'-{operator_id}' if operator_id else ''}",
        created_at=created_at,
        sender_id=sender_id,
        receiver_id=operator_id or EVERYBODY,
        session_on=session.opened.on,
        rules=tuple(paper.RuleUsed(*rule.split("/")) for rule in rules_used(session)),
        log_root=gate.root,
        rows=tuple(rows),
    )


def _allocated(
    order: Order, outcome: paper.Outcome, said: tuple[str, str], awarded: tuple[paper.PaperStep, ...]
) -> paper.AllocationRow:
    return paper.AllocationRow(
        order_id=order.order_id,
        version=order.version,
        operator_id=order.operator_id,
        site_id=order.site_id,
        owner_id=order.owner_id,
        product_id=order.product_id,
        outcome=outcome,
        asked_kwh=order.quantity_kwh,
        code=said[0],
        sentence=said[1],
        awarded=awarded,
    )


def _awards(session: MarketSession, operator_id: str) -> dict[str, tuple[paper.PaperStep, ...]]:
    """Collect what each order was awarded at the clearing, by the price that it paid then, best price first."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for state in session.trading.state.products.values():
        if state.clearing is None:
            continue
        fills, pays = state.clearing.fill_kwh.tolist(), state.clearing.pay_tiyn_per_kwh.tolist()
        for row, kwh, price in zip(state.rows, fills, pays, strict=True):
            if kwh and operator_id in ("", row.order.operator_id):
                mine = found[row.order.order_id]
                mine[price] = mine.get(price, 0) + kwh
    return {
        order_id: tuple(paper.PaperStep(price, kwh) for price, kwh in sorted(mine.items(), reverse=True))
        for order_id, mine in found.items()
    }


@dataclass(slots=True)
class _Hour:
    bought_kwh: int = 0
    cost: Cost = NOTHING
    settled: tuple[HourImbalance, ...] = ()


def settlement_of(
    *, session: MarketSession, created_at: datetime, operator_id: str = "", sender_id: str = MARKET
) -> paper.SettlementDocument:
    """Say what each operator bought, used and owes, hour by hour; all of an hour stands in one row, as it is metered.

    Purchases of the 70/30 programme count into the surplus product of their hour: a meter does not tell them apart.
    An hour that cannot be settled is open and says why; before delivery every hour is.

    Args:
        operator_id: Whose hours; "" for those of all.
    Raises:
        ValueError: the session is not cleared.
    Law: market.imbalance_price_rule.
    Guarantees: each operator's hour with a purchase or a reading is in exactly one row; what is booked of all rows is
        what the ledger holds.
    """
    gate = require_cleared(session)
    hours, settled = hours_of(session.opened.on), session.trading.settled
    rules = dict.fromkeys(one.settled.rule_id for one in session.trading.state.imbalances)
    rows = [
        _settled(who, product, hour, settled)
        for (who, product), hour in sorted(_hours(session).items())
        if operator_id in ("", who)
    ]
    return paper.SettlementDocument(
        document_id=f"SETTLEMENT-{session.opened.on}{f'-{operator_id}' if operator_id else ''}",
        created_at=created_at,
        sender_id=sender_id,
        receiver_id=operator_id or EVERYBODY,
        from_at=hours[0].starts_at,
        until_at=hours[-1].starts_at + timedelta(hours=1),
        rules=tuple(paper.RuleUsed(*rule.split("/")) for rule in rules),
        log_root=gate.root,
        rows=tuple(rows),
    )


def _hours(session: MarketSession) -> dict[tuple[str, str], _Hour]:
    """Add up purchases and imbalance by operator and hour."""
    state, on = session.trading.state, session.opened.on
    found: dict[tuple[str, str], _Hour] = defaultdict(_Hour)
    for key, purchase in state.purchases.items():
        product, left_kwh = state.products[purchase.product_id].product, state.final_purchase_kwh[key]
        name = product_id(on=on, zone=product.zone, hour_index=product.hour_index)
        hour = found[purchase.operator_id, name]
        price, charges = state.price_of_purchase[key], session.trading.charges
        hour.bought_kwh += left_kwh
        hour.cost += purchase_cost(energy_kwh=left_kwh, price_tiyn_per_kwh=price, charges=charges)
    for one in state.imbalances:
        for settled in one.settled.hours:
            found[one.settled.operator_id, settled.use.product_id].settled += (settled,)
    return found


def _settled(operator_id: str, name: str, hour: _Hour, is_settled: bool) -> paper.SettlementRow:
    """Lay out one hour; what is not known of it is None."""
    uses = [one.use.metered_wh for one in hour.settled]
    known_wh = [wh for wh in uses if wh is not None]
    amounts_tiyn = [one.outcome.amount_tiyn for one in hour.settled if not isinstance(one.outcome, Undetermined)]
    return paper.SettlementRow(
        operator_id=operator_id,
        product_id=name,
        bought_kwh=hour.bought_kwh,
        metered_wh=sum(known_wh) if known_wh and len(known_wh) == len(uses) else None,
        energy_tiyn=hour.cost.net_tiyn,
        market_fee_tiyn=hour.cost.fee_tiyn,
        transmission_tiyn=hour.cost.transmission_tiyn,
        imbalance_tiyn=sum(amounts_tiyn) if amounts_tiyn else None,
        vat_tiyn=hour.cost.vat_tiyn,
        open_code=_open_code(hour, is_settled),
    )


def _open_code(hour: _Hour, is_settled: bool) -> str:
    """Say why an hour is open, of several reasons the first by precedence; "" where it is settled."""
    if not is_settled:
        return paper.SettlementGap.NOT_DELIVERED.value
    gaps = {one.outcome.gap for one in hour.settled if isinstance(one.outcome, Undetermined)}
    if not hour.settled:
        gaps.add(ImbalanceGap.NO_READING)
    return next((gap.value for gap in ImbalanceGap if gap in gaps), "")
