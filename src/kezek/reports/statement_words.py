"""The words of statements and contract notes: what page, sheet and workbook say alike."""

from collections.abc import Iterator
from datetime import datetime

from kezek.market.imbalance import Imbalance, ImbalanceGap, Undetermined
from kezek.market.order import CancelDecision, Decision, Order, OrderRefusal
from kezek.market.product import Offer, Product
from kezek.reports import amounts
from kezek.reports.market_words import OUTCOMES, code_sentence, refusal_sentence
from kezek.reports.statement_model import OperatorPapers, OrderLine, Terms
from kezek.reports.words import sentence
from kezek.units.calendar import ALMATY, hours_of
from kezek.units.quantity import Energy

IMBALANCE_RULES = {
    "balancing_market": "the price of the balancing market, hour by hour",
    "two_price": "energy used beyond the purchase costs more than the hour’s price, energy not used brings less",
    "single_price": "the hour’s price both ways",
}
GAPS = {
    ImbalanceGap.NO_READING: "No meter reading for this hour: nothing is charged and nothing guessed.",
    ImbalanceGap.NO_PRICE: "No price for this hour: nothing is charged and nothing guessed.",
}
NOTHING_BOUGHT = "Nothing was bought."


def tenge(tiyn: int) -> str:
    """Write money without its sign, for a column whose head names it.

    >>> tenge(-1234567).replace(amounts.THIN, " ")
    '−12 345.67'
    """
    return amounts.money(tiyn).removesuffix(f"{amounts.THIN}₸")


def kwh(energy_kwh: int) -> str:
    """Write whole kWh without the unit."""
    return amounts.count(energy_kwh)


def kwh_of_wh(energy_wh: int | None) -> str:
    """Write metered energy in kWh to the Wh, without the unit; a dash where there is no reading."""
    if energy_wh is None:
        return "–"
    return amounts.thin(Energy(energy_wh).in_unit("kWh", 3)).removesuffix(f"{amounts.THIN}kWh")


def moment(at: datetime) -> str:
    """Write an instant on a Kazakh clock."""
    local = at.astimezone(ALMATY)
    return f"{amounts.day(local.date())}, {local:%H:%M}"


def product_words(product: Product, hour: str) -> str:
    """Name an hour of a zone, and the offer where it is not the surplus."""
    tail = ", 70/30 programme" if product.offer is Offer.PROGRAMME else ""
    return f"{hour}, {sentence(str(product.zone))}{tail}"


def where(papers: OperatorPapers, line: OrderLine) -> str:
    """Name what an order asked for."""
    if line.product is None:
        return line.order.product_id
    return product_words(line.product, hours_of(papers.terms.on)[line.product.hour_index].label)


def title(papers: OperatorPapers) -> str:
    """Head the papers."""
    return f"Statement of {papers.name or papers.operator_id}"


def lead(papers: OperatorPapers) -> str:
    """Say in a few sentences what the session came to."""
    parts = [f"Surplus power for delivery on {amounts.day(papers.terms.on)}.", _bought(papers)]
    cut_kwh = sum(hour.energy_kwh - hour.left_kwh for hour in papers.hours)
    if cut_kwh:
        parts.append(f"Curtailment took {kwh(cut_kwh)}\u00a0kWh, which are paid back.")
    if papers.imbalances:
        parts.append(_imbalance(papers))
    return " ".join(part for part in parts if part)


def _bought(papers: OperatorPapers) -> str:
    if not papers.note_count:
        return NOTHING_BOUGHT
    left_kwh = sum(hour.left_kwh for hour in papers.hours)
    bought = amounts.noun(papers.note_count, "purchase", "purchases")
    return f"{kwh(left_kwh)}\u00a0kWh in {bought} for {amounts.money(papers.due_tiyn)}, all charges and VAT included."


def _imbalance(papers: OperatorPapers) -> str:
    amount_tiyn = papers.imbalance_tiyn
    verb = "charged" if amount_tiyn > 0 else "credited"
    said = f"Deviations from it were {verb} at {amounts.money(abs(amount_tiyn))}" if amount_tiyn else ""
    open_hours = sum(len(one.settled.open_hours) for one in papers.imbalances)
    left = f"{amounts.noun(open_hours, 'hour', 'hours')} {'stays' if open_hours == 1 else 'stay'} open"
    parts = [part for part in (said, left if open_hours else "") if part]
    return f"{'; '.join(parts) or 'What was used is what was bought'}."


def asked(order: Order) -> str:
    """Say what an order asked for."""
    return "; ".join(
        f"{kwh(step.quantity_kwh)}\u00a0kWh at {amounts.price(step.price_tiyn_per_kwh)}" for step in order.steps
    )


def end_words(papers: OperatorPapers, line: OrderLine) -> str:
    """Say how an order ended and why."""
    why = refused_why(papers, line) or code_sentence(line.end.reason.value)
    cut_kwh = line.awarded_kwh - line.left_kwh
    cut = f" Curtailment took {kwh(cut_kwh)}\u00a0kWh of it, which are paid back." if cut_kwh else ""
    return f"{amounts.capital(OUTCOMES[line.end.outcome.value])}. {why}{cut}"


def refused_why(papers: OperatorPapers, line: OrderLine) -> str:
    """Say why an order never stood in the book, and what to do; "" where it did."""
    if not isinstance(line.end.reason, OrderRefusal):
        return ""
    found = (one for one in papers.answers if isinstance(one, Decision) and one.order is line.order)
    return next((refusal_sentence(line.end.reason, found=one.found, limit=one.limit) for one in found), "")


def answer_words(answer: Decision | CancelDecision) -> str:
    """Say what the market answered."""
    if answer.refusal is not None:
        return refusal_sentence(answer.refusal, found=answer.found, limit=answer.limit)
    if isinstance(answer, CancelDecision):
        return "Cancelled; its money is free again."
    return f"In the book; {amounts.money(answer.reserved_tiyn)} are reserved."


def answer_row(answer: Decision | CancelDecision) -> tuple[str, str, str, str, str]:
    """Say when what was sent, and what the market answered."""
    if isinstance(answer, CancelDecision):
        sent = answer.cancellation
        said = (moment(sent.received_at), sent.order_id, kwh(sent.version), "Cancel")
    else:
        order = answer.order
        said = (moment(order.received_at), order.order_id, kwh(order.version), asked(order))
    return (*said, answer_words(answer))


def outcome_words(outcome: Imbalance | Undetermined) -> str:
    """Say why an hour stays open; "" where it was settled."""
    return GAPS[outcome.gap] if isinstance(outcome, Undetermined) else ""


def rule_words(rule: str) -> str:
    """Say a rule with its id and version."""
    name = rule.split("/")[0]
    words = IMBALANCE_RULES[name] if name in IMBALANCE_RULES else sentence(name)
    return f"{amounts.capital(words)} ({rule})"


def rule_lines(terms: Terms) -> Iterator[tuple[str, str]]:
    """List the rules of a session."""
    names = ("Price", "Equal prices", "Curtailment")
    yield from ((name, rule_words(rule)) for name, rule in zip(names, terms.rules, strict=True))
    if terms.imbalance_rule:
        yield "Imbalance", rule_words(terms.imbalance_rule)


def charge_lines(terms: Terms) -> Iterator[tuple[str, str]]:
    """List what is charged beside the price."""
    reserve = terms.reserve_tiyn_per_kwh
    yield (
        "Reserve price",
        "; ".join(f"{sentence(zone)} {amounts.price(price)}" for zone, price in sorted(reserve.items())),
    )
    yield "Market fee", amounts.price(terms.charges.market_fee_tiyn_per_kwh)
    yield "Transmission", amounts.price(terms.charges.transmission_tiyn_per_kwh)
    yield "VAT", f"{amounts.share(terms.charges.vat_ppm)} on price and charges, half up to the tiyn for each purchase"


def proof_lines(terms: Terms) -> Iterator[tuple[str, str]]:
    """List with what the session can be made again and proved."""
    readings = "".join(f", {question}={position}" for question, position in sorted(terms.readings.items()))
    yield "Gate", f"closed {moment(terms.gate.closed_at)}, {kwh(terms.gate.size)} entries in the log"
    yield "Root of the log at the gate", terms.gate.root
    yield "Law", f"{terms.law_digest}, profile “{terms.profile}”{readings}"
    yield "Kezek", terms.engine_version
