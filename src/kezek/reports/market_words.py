"""Sentences for the codes of the market, each with a way out: what a trader reads when something is refused."""

from collections.abc import Mapping

from kezek.market.order import OrderRefusal
from kezek.reports.amounts import count, money, price

ORDER_REFUSALS: Mapping[str, str] = {
    "market.order.not_whole": "Version, prices and quantities are not all whole numbers.",
    "market.order.id_taken": "This id and version were already used by an order with other content.",
    "market.order.version_not_next": "The version is not the one that comes next for this order.",
    "market.order.not_yours": "The order belongs to another operator.",
    "market.order.already_cancelled": "The order was cancelled; nothing can follow it.",
    "market.order.not_in_book": "There is no such order in the book.",
    "market.order.terms_changed": "An amendment changes site, owner or hour, which would be another order.",
    "market.order.unknown_operator": "The bidder is not on the list of licensees.",
    "market.order.no_quota": "A licence of this subtype has no quota to bid with; its host bids for it.",
    "market.order.licence_not_active": "The licence was not active on both the trading and the delivery day.",
    "market.order.operator_suspended": "The bidder, or the owner of the machines, is suspended.",
    "market.order.owner_not_hosted": "The machines' owner is neither the bidder nor a tenant in its data centre.",
    "market.order.owner_licence_not_active": (
        "The licence of the machines' owner was not active on both the trading and the delivery day."
    ),
    "market.order.unknown_site": "The bidder has no site with this id.",
    "market.order.before_opening": "The order arrived before trading opened.",
    "market.order.after_closure": "The order arrived after trading closed.",
    "market.order.unknown_product": "There is no such zone and hour in this session.",
    "market.order.other_zone": "The hour belongs to another zone than the bidder's site.",
    "market.order.not_offered": "Nothing is offered under this product: no supply was declared for it.",
    "market.order.no_steps": "The order has no price and quantity.",
    "market.order.too_many_steps": "The order has too many steps.",
    "market.order.step_twice": "Two steps of the order state the same price.",
    "market.order.price_too_high": "The price is higher than any that the market takes.",
    "market.order.price_off_tick": "The price is not a whole number of price steps.",
    "market.order.price_under_reserve": "The price is under the reserve price.",
    "market.order.quantity_not_positive": "The quantity is zero or less.",
    "market.order.quantity_too_small": "The quantity is under the smallest order.",
    "market.order.quantity_too_large": "The quantity is larger than any that the market takes.",
    "market.order.over_site_power": "With the bidder's other orders the quantity exceeds what its site may draw.",
    "market.order.over_prepaid_balance": "The order can cost more than what is left of the prepayment.",
}

ORDER_FIXES: Mapping[str, str] = {
    "market.order.not_whole": "Write prices in whole tiyn and quantities in whole kWh.",
    "market.order.id_taken": "Give it a new id, or send it as the next version.",
    "market.order.version_not_next": "Send version {limit}, not {found}.",
    "market.order.not_yours": "Use an id of your own.",
    "market.order.already_cancelled": "Send a new order under a new id.",
    "market.order.not_in_book": "Look up the id in the acknowledgement; a refused order need not be cancelled.",
    "market.order.terms_changed": "Cancel the order and send a new one.",
    "market.order.unknown_operator": "Ask the market operator to admit the licence.",
    "market.order.no_quota": "Let the host of the data centre bid for these machines.",
    "market.order.licence_not_active": "Have the licence renewed or reinstated first.",
    "market.order.operator_suspended": "Settle the suspension with the ministry.",
    "market.order.owner_not_hosted": "Name the bidder or one of its registered tenants as owner.",
    "market.order.owner_licence_not_active": "Leave these machines out until their owner's licence is active.",
    "market.order.unknown_site": "Name a site of the bidder as the register has it.",
    "market.order.before_opening": "Send it again once the session is open.",
    "market.order.after_closure": "Bid in the session of the next day.",
    "market.order.unknown_product": "Write date, zone and hour as 2025-10-15/west/07.",
    "market.order.other_zone": "Bid for an hour of the site's own zone.",
    "market.order.not_offered": "Bid for an hour that is offered.",
    "market.order.no_steps": "Give at least one price with a quantity.",
    "market.order.too_many_steps": "Join steps of nearly the same price: {limit} are the most, these are {found}.",
    "market.order.step_twice": "Join the steps at {found_price} into one.",
    "market.order.price_too_high": "Look for a slip: {found_price} is over the highest, {limit_price}.",
    "market.order.price_off_tick": "Use a multiple of {limit_price}, not {found_price}.",
    "market.order.price_under_reserve": "Bid {limit_price} or more, not {found_price}.",
    "market.order.quantity_not_positive": "Write whole kWh over zero, not {found}.",
    "market.order.quantity_too_small": "Ask for {limit} kWh or more, not {found} kWh.",
    "market.order.quantity_too_large": "Look for a slip of the unit: {found} kWh is over {limit} kWh.",
    "market.order.over_site_power": "Keep all orders of the hour within {limit} kWh; these come to {found} kWh.",
    "market.order.over_prepaid_balance": (
        "It can cost {found_money}, {limit_money} are left: bid less, or prepay more before the next session."
    ),
}

OUTCOMES: Mapping[str, str] = {
    "accepted": "accepted in full",
    "partly_accepted": "accepted in part",
    "rejected": "rejected",
    "cancelled": "cancelled",
}

OUTCOME_REASONS: Mapping[str, str] = {
    "market.outcome.served": "The whole quantity was served.",
    "market.outcome.shared": "Supply ended at this price; what was left was shared.",
    "market.outcome.outbid": "Supply ended at a higher price.",
    "market.outcome.no_supply": "Nothing was left to sell in this hour when the book was cleared.",
    "market.outcome.by_operator": "The operator cancelled it before the gate closed.",
    "market.outcome.operator_suspended": "The operator was suspended before the gate closed.",
}

SUPPLY: Mapping[str, str] = {
    "market.supply.unknown_product": "There is no such zone and hour in this session.",
    "market.supply.negative": "The supply is less than nothing.",
    "market.supply.too_large": "The supply is larger than the country's.",
    "market.supply.published_twice": "The supply of this hour was published before; send a revision.",
    "market.supply.not_published": "The supply of this hour was never published.",
    "market.supply.already_withdrawn": "The supply of this hour was withdrawn before.",
    "market.supply.withdrawn_amount": "A withdrawal leaves nothing, and states an amount.",
    "market.supply.after_closure": "After the gate nothing new can be offered.",
    "market.supply.hour_over": "The hour is over; what was delivered stays.",
    "market.supply.raised_after_closure": "After the gate the supply can only shrink.",
    "market.supply.after_settlement": "The day is settled; nothing can change any more.",
    "market.supply.below_sold": "The supply is less than what was sold: purchases were cut and paid back.",
    "market.supply.covers_sold": "The supply still covers what was sold: no purchase was cut.",
}

PREPAYMENTS: Mapping[str, str] = {
    "trading.prepayment.id_taken": "This payment id was used by a payment with other content.",
    "trading.prepayment.unknown_operator": "The payer takes no part in the session.",
    "trading.prepayment.not_positive": "The amount is zero or less.",
    "trading.prepayment.too_large": "The amount is larger than any that the market takes.",
    "trading.prepayment.too_much_in_all": "All prepayments together are more than the market takes.",
    "trading.prepayment.unknown_payment": "There is no such payment in this session.",
    "trading.prepayment.corrected": "The payment was taken back before.",
    "trading.prepayment.spent": "Part of the payment is spent or set aside for orders.",
    "trading.prepayment.late": "The payment came after the time for prepayments.",
}

STAGES: Mapping[str, str] = {
    "trading.stage.gate_closed": "The gate is closed.",
    "trading.stage.gate_open": "The gate is still open: close it first.",
    "trading.stage.before_closure": "The session has not ended yet.",
    "trading.stage.cleared": "The session was cleared before.",
    "trading.stage.not_cleared": "The session was not cleared yet.",
    "trading.stage.not_delivered": "The day is not over yet: its last hour is still to be delivered.",
    "trading.stage.settled": "The day was settled before.",
    "trading.stage.orders_taken": "Orders were taken already; what is known of a participant stays as it is.",
    "trading.stage.unknown_operator": "This operator takes no part in the session.",
    "trading.stage.back_in_time": "The session has seen a later moment already.",
}

READINGS: Mapping[str, str] = {
    "trading.reading.unknown_site": "The reading is of no site of the session.",
    "trading.reading.unknown_hour": "The hour is not an hour of this day.",
    "trading.reading.negative": "The reading is less than nothing.",
    "trading.reading.too_large": "The reading is larger than any site can draw.",
    "trading.reading.twice": "The site has two readings for this hour.",
    "trading.price.unknown_hour": "The price is of no zone and hour of this day.",
    "trading.price.too_large": "The price is larger than any of the balancing market.",
}

IMBALANCES: Mapping[str, str] = {
    "market.imbalance.no_reading": "The meter has no reading for this hour; nothing is charged for it.",
    "market.imbalance.no_price": "No price is known for this hour; its deviation stays open.",
}

OPEN_HOURS: Mapping[str, str] = {
    "documents.settlement.not_delivered": "The day is not settled yet: nobody has handed in what was metered.",
}

WITHHELD: Mapping[str, str] = {
    "market.curve.too_few_bidders": "Fewer than three owners bid in this hour; a curve would show what each bid.",
    "market.bids.under_embargo": "Single bids of this day are still closed.",
}

MARKET_GROUPS: Mapping[str, Mapping[str, str]] = {
    "outcome": OUTCOMES,
    "order refusal": ORDER_REFUSALS,
    "end of an order": OUTCOME_REASONS,
    "supply": SUPPLY,
    "prepayment": PREPAYMENTS,
    "stage of a session": STAGES,
    "reading to settle": READINGS,
    "imbalance": IMBALANCES,
    "open hour": OPEN_HOURS,
    "publication": WITHHELD,
}
"""Groups of codes of the market, for the page of all codes."""


def refusal_sentence(refusal: OrderRefusal, *, found: int, limit: int) -> str:
    """Say why an order was refused and what to do, with what was found and the limit where they matter.

    >>> refusal_sentence(OrderRefusal.QUANTITY_TOO_SMALL, found=4, limit=5)
    'The quantity is under the smallest order. Ask for 5 kWh or more, not 4 kWh.'
    """
    fix = ORDER_FIXES[refusal].format(
        limit=count(limit),
        limit_price=price(limit),
        found_price=price(found),
        limit_money=money(limit),
        found=count(found),
        found_money=money(found),
    )
    return f"{ORDER_REFUSALS[refusal]} {fix}"


def code_sentence(code: str) -> str:
    """Give the sentence of any code of the market.

    >>> code_sentence("market.outcome.outbid")
    'Supply ended at a higher price.'
    """
    return next(words[code] for words in MARKET_GROUPS.values() if code in words)
