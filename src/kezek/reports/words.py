"""The English words of every code: what a code means to a person, in one place."""

from collections.abc import Mapping
from types import MappingProxyType

STATUSES: Mapping[str, str] = {
    "breached": "Breached",
    "at_risk": "At risk",
    "undetermined": "Undetermined",
    "met": "Met",
    "not_applicable": "Does not apply",
}

OUTCOMES: Mapping[str, str] = {
    "accepted": "Accepted in full",
    "partly_accepted": "Accepted in part",
    "outbid": "Outbid",
    "refused": "Refused at entry",
}

ORDER_REFUSALS: Mapping[str, str] = {
    "market.order.id_taken": "The order's number was already used by an order with other content.",
    "market.order.unknown_operator": "The bidder is not on the list of licensees.",
    "market.order.no_quota": "A licence of this subtype has no quota to bid with; its host bids for it.",
    "market.order.licence_not_active": "The licence was not active on both the trading and the delivery day.",
    "market.order.owner_not_hosted": "The machines' owner is neither the bidder nor a tenant in its data centre.",
    "market.order.owner_licence_not_active": (
        "The licence of the machines' owner was not active on both the trading and the delivery day."
    ),
    "market.order.before_opening": "The order arrived before trading opened.",
    "market.order.after_closure": "The order arrived after trading closed.",
    "market.order.unknown_product": "There is no such zone and hour in this session.",
    "market.order.other_zone": "The hour belongs to another zone than the bidder's site.",
    "market.order.not_offered": "No surplus was declared for this hour.",
    "market.order.price_off_tick": "The price is not a whole number of price steps.",
    "market.order.price_under_reserve": "The price is under the reserve price.",
    "market.order.quantity_too_small": "The quantity is under the smallest order.",
    "market.order.over_site_power": "With the bidder's other orders the quantity exceeds what its site may draw.",
    "market.order.over_prepaid_balance": "The order can cost more than what is left of the prepayment.",
}

READING_REFUSALS: Mapping[str, str] = {
    "metering.reading.unknown_meter": "The meter is on no list of settlement meters.",
    "metering.reading.unknown_hour": "The hour is not an hour of this day.",
    "metering.reading.twice": "The meter already has a reading for this hour.",
    "metering.reading.negative": "The energy is negative.",
    "metering.reading.over_connection": "The energy is more than the connection can carry.",
}

DUTIES: Mapping[str, str] = {
    "licence.held": "Licence: held while mining",
    "equipment.registered": "Machines: all on the register",
    "pool.accredited": "Pools: accredited ones only",
    "energy.source": "Energy: platform or exempt source",
    "energy.purchase_size": "Energy: size of a purchase",
    "sale.share": "Mandatory sale: share",
    "sale.venue": "Mandatory sale: exchange",
    "fee.return": "Fee per kWh: return in time",
    "fee.payment": "Fee per kWh: paid in time",
    "fee.amount": "Fee per kWh: paid in full",
    "tax.income": "Income tax: declared in full",
    "vat.import_lock": "Import VAT: lock period kept",
    "records.coins": "Records: all coins disclosed",
    "records.energy": "Records: all energy metered",
}

REASONS: Mapping[str, str] = {
    "duties.law.unknown": "The sources do not say what the rule was, so the duty cannot be judged.",
    "duties.law.not_in_force": "The rule was not in force in this period.",
    "duties.law.changed_inside_period": "The law changed inside the period; the books do not split it.",
    "duties.licence.covered": "An active licence covers every day of mining.",
    "duties.licence.suspended": "The operator mined while its licence was suspended.",
    "duties.licence.not_covered": "The operator mined on days that its licence does not cover.",
    "duties.equipment.registered": "Every machine seen at work is on the register.",
    "duties.equipment.not_registered": "Machines were seen at work that are not on the register under this operator.",
    "duties.pool.accredited": "All coins came from accredited pools.",
    "duties.pool.not_accredited": "Coins came from a pool that is not accredited.",
    "duties.vat.lock_kept": "No machine imported free of VAT left the balance sheet too early.",
    "duties.vat.lock_broken": "Machines imported free of VAT left the balance sheet before their lock period ended.",
    "duties.energy.sourced": "All metered energy was bought on the platform or came from an exempt source.",
    "duties.energy.unsourced": "More energy was metered than was bought on the platform or came exempt.",
    "duties.energy.route_not_exempt": "Energy came from outside the platform by a route that is not exempt.",
    "duties.energy.surplus_hours_unknown": "A direct contract covers it; the books do not say in which hours.",
    "duties.energy.no_purchases": "The operator does not buy grid surplus itself.",
    "duties.energy.no_maximum": "There is no maximum for a single purchase.",
    "duties.energy.purchases_in_size": "Every purchase kept to the maximum for a single purchase.",
    "duties.energy.purchase_too_large": "A purchase was larger than the maximum for a single purchase.",
    "duties.sale.sold": "The due share of coins was sold on licensed exchanges.",
    "duties.sale.short": "Fewer coins were sold on licensed exchanges than the due share.",
    "duties.sale.behind_pace": "Sales so far are under the due share of the coins so far; there is time to mend it.",
    "duties.sale.whole_year_needed": "The share is measured over the year; its earlier quarters are not at hand.",
    "duties.sale.venue_licensed": "Coins were sold on licensed exchanges only.",
    "duties.sale.venue_not_licensed": "Coins were sold on an exchange that is not licensed.",
    "duties.fee.return_done": "The fee return was filed in time.",
    "duties.fee.return_late": "The fee return was filed after the deadline.",
    "duties.fee.return_missing": "The fee return was not filed and its deadline has passed.",
    "duties.fee.return_due_soon": "The fee return is due within two weeks.",
    "duties.fee.return_not_yet_due": "The fee return is not due yet.",
    "duties.fee.payment_done": "The fee was paid in time.",
    "duties.fee.payment_late": "The fee was paid after the deadline.",
    "duties.fee.payment_missing": "The fee was not paid and its deadline has passed.",
    "duties.fee.payment_due_soon": "The fee is due within two weeks.",
    "duties.fee.payment_not_yet_due": "The fee is not due yet.",
    "duties.fee.accrued": "The fee has accrued; nothing was paid yet.",
    "duties.fee.unpaid": "Nothing was paid by the deadline; that breach is counted at the payment.",
    "duties.fee.nothing_owed": "No fee is owed for this period.",
    "duties.fee.part_paid": "Less was paid so far than the fee on all metered energy; there is time to pay the rest.",
    "duties.fee.covered": "What was paid covers the fee on all metered energy.",
    "duties.fee.short": "Less was paid than the fee on all metered energy.",
    "duties.tax.covered": "The declared tax covers what the books come to.",
    "duties.tax.short": "Less tax was declared than the books come to.",
    "duties.tax.period_open": "The period is still open; tax is judged when it has closed.",
    "duties.records.disclosed": "All coins that the pools paid out were reported.",
    "duties.records.undisclosed": "Fewer coins were reported than the pools paid out.",
    "duties.records.meter_fits_coins": "The meters saw at least the energy that the coins must have taken.",
    "duties.records.meter_under_coins": "The meters saw less energy than the coins must have taken.",
}

ZONES: Mapping[str, str] = {"north_south": "North + South", "west": "West"}

ROUTES: Mapping[str, str] = {
    "grid_surplus": "Grid surplus, bought on the platform",
    "own_renewable": "Own renewable plant",
    "imported": "Import contract",
    "own_generation": "Own plant off the grid",
    "hosted": "Tenant in a host's data centre",
}

SUBTYPES: Mapping[str, str] = {
    "I": "Subtype I: owns a data centre",
    "II": "Subtype II: machines in another's data centre",
}

MONEY_LINES: Mapping[str, str] = {
    "energy": "Energy on the platform",
    "grids": "Transmission and regional grids",
    "vat": "VAT on energy and grids",
    "fee_per_kwh": "Digital-mining fee per kWh",
    "labour": "Labour and hosting",
    "sale_spread": "Lost when coins are sold",
    "compliance": "Compliance",
    "income_tax": "Income tax",
    "left_to_operators": "Left to operators",
}

CLEARING_RULES: Mapping[str, str] = {
    "pay_as_bid": "each winner pays its own price",
    "uniform": "all winners pay the lowest accepted price",
    "pro_rata_per_operator": "equal prices at the margin share in proportion, per operator",
    "time_priority": "equal prices at the margin are served in order of arrival",
    "equal_share": "equal prices at the margin get the same volume each",
}

GROUPS: Mapping[str, Mapping[str, str]] = {
    "status": STATUSES,
    "outcome": OUTCOMES,
    "order refusal": ORDER_REFUSALS,
    "reading refusal": READING_REFUSALS,
    "duty": DUTIES,
    "reason": REASONS,
    "zone": ZONES,
    "route": ROUTES,
    "subtype": SUBTYPES,
    "money line": MONEY_LINES,
    "clearing rule": CLEARING_RULES,
}
"""Every group of codes; no code stands in two of them (a test)."""

_ALL: Mapping[str, str] = MappingProxyType(
    {code: words for group in GROUPS.values() for code, words in group.items()}
)


def sentence(code: str) -> str:
    """Give the English words of a code: a sentence for a reason or refusal, a title for a name.

    Raises:
        KeyError: a code without words, which is a bug (`test_every_code_has_a_sentence`).

    >>> sentence("duties.fee.short")
    'Less was paid than the fee on all metered energy.'
    """
    return _ALL[code]
