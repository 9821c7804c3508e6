"""The English words of every code: what a code means to a person, in one place."""

from collections.abc import Mapping
from types import MappingProxyType

from kezek.duties.explain import plain_name
from kezek.reports.market_words import MARKET_GROUPS

STATUSES: Mapping[str, str] = {
    "breached": "Breached",
    "at_risk": "At risk",
    "undetermined": "Undetermined",
    "met": "Met",
    "not_applicable": "Does not apply",
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
    "licence.holder": "Licence: a holder the law allows",
    "licence.subtype": "Licence: the right subtype",
    "licence.documents": "Licence: steps and papers before it",
    "licence.fee": "Licence: state fee paid",
    "licence.tax_prepayment": "Licence: tax paid in advance",
    "licence.cap": "Licence: one still to be had",
    "licence.review": "Licence: decided in time by the authority",
    "licence.renewal": "Licence: renewed in time",
    "licence.data_centre": "Licence: machines in a mining data centre",
    "notice.start": "Notice: start of mining",
    "notice.end": "Notice: end of mining",
    "report.quarterly": "Report: each quarter to the ministry",
    "report.pool": "Report: distributions of the pools",
    "equipment.registered": "Machines: all on the register",
    "equipment.fingerprint": "Machines: digital fingerprints match",
    "equipment.site": "Machines: at a licensed site",
    "equipment.replacement": "Machines: replacements registered",
    "pool.accredited": "Pools: accredited ones only",
    "energy.source": "Energy: platform or exempt source",
    "energy.direct_contract": "Energy: nothing straight from a utility",
    "energy.purchase_size": "Energy: size of a purchase",
    "energy.quota": "Energy: bought by who has a quota",
    "energy.programme": "Energy: share of a 70/30 plant for the grid",
    "energy.new_mine_power": "Energy: power of a new mine",
    "sale.share": "Mandatory sale: share",
    "sale.venue": "Mandatory sale: exchange",
    "sale.circulation": "Sale: circulation barred outside the AIFC",
    "fee.return": "Fee per kWh: return in time",
    "fee.payment": "Fee per kWh: paid in time",
    "fee.amount": "Fee per kWh: paid in full",
    "fee.rebate": "Fee per kWh: credit for renewable power",
    "tax.income": "Income tax: declared in full",
    "vat.import": "Import VAT: paid or lawfully spared",
    "vat.import_lock": "Import VAT: lock period kept",
    "records.coins": "Records: all coins disclosed",
    "records.energy": "Records: all energy metered",
    "records.detail": "Records: a complete log",
}

REASONS: Mapping[str, str] = {
    "duties.law.unknown": "The sources do not say what the rule was, so the duty cannot be judged.",
    "duties.law.not_in_force": "The rule was not in force in this period.",
    "duties.law.changed_inside_period": "The law changed inside the period; the books do not split it.",
    "duties.facts.missing": "The file does not say what this duty needs to know.",
    "duties.licence.covered": "An active licence covers every day of mining.",
    "duties.licence.suspended": "The operator mined while its licence was suspended.",
    "duties.licence.not_covered": "The operator mined on days that its licence does not cover.",
    "duties.licence.holder_entitled": "The operator is of a kind that may hold a licence.",
    "duties.licence.holder_not_entitled": "The operator is of a kind that may not hold a licence.",
    "duties.licence.none": "There is no licence, and none is being asked for.",
    "duties.licence.subtype_fits": "The subtype fits whose data centre it is.",
    "duties.licence.subtype_wrong": "The subtype does not fit whose data centre it is.",
    "duties.licence.steps_done": "Every step and paper before the licence is done.",
    "duties.licence.steps_open": "Steps or papers before the licence are still open.",
    "duties.licence.steps_missing": "The application went in without all its steps and papers.",
    "duties.licence.fee_paid": "The state fee of the licence is paid.",
    "duties.licence.fee_open": "The state fee of the licence is still to be paid.",
    "duties.licence.fee_short": "Less was paid than the state fee of the licence.",
    "duties.licence.no_prepayment": "No tax is paid in advance for a licence.",
    "duties.licence.prepayment_without_base": "Prepaid tax is claimed as a share, but nobody says of what.",
    "duties.licence.already_held": "The operator holds a licence already.",
    "duties.licence.no_cap": "The number of licences has no limit.",
    "duties.licence.cap_not_reached": "There are fewer licences than may be given.",
    "duties.licence.cap_reached": "As many licences are held as may be given.",
    "duties.licence.not_submitted": "No application is in, so no decision is due.",
    "duties.licence.authority_late": "The authority did not decide within the days that it has.",
    "duties.licence.decided": "The authority decided within the days that it has.",
    "duties.licence.under_review": "The authority still has time to decide.",
    "duties.licence.runs": "The licence runs on.",
    "duties.licence.expires_soon": "The licence ends within two weeks.",
    "duties.licence.expired": "The licence has ended.",
    "duties.licence.in_data_centre": "The machines stand in a mining data centre.",
    "duties.licence.outside_data_centre": "The machines stand outside any mining data centre.",
    "duties.notice.no_notice_needed": "The regime of notices does not reach this operator.",
    "duties.notice.not_ended": "Mining did not end under the regime of notices.",
    "duties.notice.start_done": "The start was notified in time.",
    "duties.notice.start_late": "The start was notified too late.",
    "duties.notice.start_missing": "The start was not notified and the day for it has passed.",
    "duties.notice.start_due_soon": "The notice of the start is due within two weeks.",
    "duties.notice.start_not_yet_due": "The notice of the start is not due yet.",
    "duties.notice.end_done": "The end was notified in time.",
    "duties.notice.end_late": "The end was notified too late.",
    "duties.notice.end_missing": "The end was not notified and the day for it has passed.",
    "duties.notice.end_due_soon": "The notice of the end is due within two weeks.",
    "duties.notice.end_not_yet_due": "The notice of the end is not due yet.",
    "duties.report.quarterly_done": "The quarterly report was filed in time.",
    "duties.report.quarterly_late": "The quarterly report was filed after its deadline.",
    "duties.report.quarterly_missing": "The quarterly report was not filed and its deadline has passed.",
    "duties.report.quarterly_due_soon": "The quarterly report is due within two weeks.",
    "duties.report.quarterly_not_yet_due": "The quarterly report is not due yet.",
    "duties.report.pool_reported": "The pools reported every distribution to the tax authority.",
    "duties.report.pool_not_reported": "A pool did not report every distribution to the tax authority.",
    "duties.equipment.registered": "Every machine seen at work is on the register.",
    "duties.equipment.not_registered": "Machines were seen at work that are not on the register under this operator.",
    "duties.equipment.fingerprints_match": "The register holds the matching fingerprint of every machine seen.",
    "duties.equipment.no_fingerprint": "The register has no matching fingerprint of some machines seen.",
    "duties.equipment.at_licensed_site": "Every machine seen stands at a site named in the licence.",
    "duties.equipment.off_site": "Machines were seen at a site that the licence does not name.",
    "duties.equipment.replacements_registered": "New machines were registered before they ran, old ones struck off.",
    "duties.equipment.replacement_not_registered": "A new machine ran unregistered, or the old one was kept on.",
    "duties.pool.accredited": "All coins came from accredited pools.",
    "duties.pool.not_accredited": "Coins came from a pool that is not accredited.",
    "duties.vat.nothing_imported": "No machine was imported in this period.",
    "duties.vat.import_settled": "Import VAT was paid, or lawfully spared.",
    "duties.vat.import_unpaid": "Less VAT was paid on imported machines than is due.",
    "duties.vat.lock_kept": "No machine imported free of VAT left the balance sheet too early.",
    "duties.vat.lock_broken": "Machines imported free of VAT left the balance sheet before their lock period ended.",
    "duties.energy.sourced": "All metered energy was bought on the platform or came from an exempt source.",
    "duties.energy.unsourced": "More energy was metered than was bought on the platform or came exempt.",
    "duties.energy.route_not_exempt": "Energy came from outside the platform by a route that is not exempt.",
    "duties.energy.surplus_hours_unknown": "A direct contract covers it; the books do not say in which hours.",
    "duties.energy.exempt_route": "The power comes by a route that is exempt.",
    "duties.energy.direct_contract": "Power was bought straight from a utility.",
    "duties.energy.no_direct_contract": "No power was bought straight from a utility.",
    "duties.energy.no_purchases": "The operator does not buy grid surplus itself.",
    "duties.energy.no_maximum": "There is no maximum for a single purchase.",
    "duties.energy.purchases_in_size": "Every purchase kept to the maximum for a single purchase.",
    "duties.energy.purchase_too_large": "A purchase was larger than the maximum for a single purchase.",
    "duties.energy.no_own_purchases": "The operator has no licence to buy with, or its host buys for it.",
    "duties.energy.quota_fits": "Only a licence with a quota bought on the platform.",
    "duties.energy.no_quota": "Energy was bought on the platform with a licence that has no quota.",
    "duties.energy.no_programme": "The operator has no plant of the 70/30 programme.",
    "duties.energy.programme_proposed": "The 70/30 programme is read as a proposal, which binds nobody.",
    "duties.energy.programme_by_capacity": "A share of capacity needs the power of every hour, not in the books.",
    "duties.energy.programme_shared": "The grid got its share of the plant's new output.",
    "duties.energy.programme_short": "The grid got less than its share of the plant's new output.",
    "duties.energy.not_a_new_mine": "The mine is not new.",
    "duties.energy.new_mine_in_size": "The new mine keeps to the power of the draft.",
    "duties.energy.new_mine_too_large": "The new mine has more power than the draft allows.",
    "duties.sale.sold": "The due share of coins was sold on licensed exchanges.",
    "duties.sale.short": "Fewer coins were sold on licensed exchanges than the due share.",
    "duties.sale.behind_pace": "Sales so far are under the due share of the coins so far; there is time to mend it.",
    "duties.sale.judged_with_the_year": "The year is over and is judged with its last quarter.",
    "duties.sale.whole_year_needed": "The share is measured over the year; its earlier quarters are not at hand.",
    "duties.sale.venue_licensed": "Coins were sold on licensed exchanges only.",
    "duties.sale.venue_not_licensed": "Coins were sold on an exchange that is not licensed.",
    "duties.sale.not_circulated": "No coins were sold outside the Astana International Financial Centre.",
    "duties.sale.circulated": "Coins were sold outside the Astana International Financial Centre, which was barred.",
    "duties.fee.no_return": "The first year of the fee had no return.",
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
    "duties.fee.host_is_no_payer": "The operator only hosts, and a host does not pay the fee.",
    "duties.fee.nothing_owed": "No fee is owed for this period.",
    "duties.fee.part_paid": "Less was paid so far than the fee on all metered energy; there is time to pay the rest.",
    "duties.fee.covered": "What was paid covers the fee on all metered energy.",
    "duties.fee.short": "Less was paid than the fee on all metered energy.",
    "duties.fee.no_rebate_claimed": "No credit for renewable power is claimed.",
    "duties.fee.rebate_within_cap": "The credit for renewable power keeps to what is granted.",
    "duties.fee.rebate_over_cap": "More credit for renewable power is claimed than is granted.",
    "duties.tax.covered": "The declared tax covers what the books come to.",
    "duties.tax.short": "Less tax was declared than the books come to.",
    "duties.tax.period_open": "The period is still open; tax is judged when it has closed.",
    "duties.records.disclosed": "All coins that the pools paid out were reported.",
    "duties.records.undisclosed": "Fewer coins were reported than the pools paid out.",
    "duties.records.meter_fits_coins": "The meters saw at least the energy that the coins must have taken.",
    "duties.records.meter_under_coins": "The meters saw less energy than the coins must have taken.",
    "duties.records.log_complete": "The log holds every hour, day and transaction.",
    "duties.records.log_gaps": "The log of hours, days and transactions has gaps.",
}

FACTS: Mapping[str, str] = {
    "accredited_pools": "list of accredited pools",
    "application": "the application for the licence",
    "application_power_w": "power applied for",
    "at_licensed_site": "whether each machine stands at a licensed site",
    "average_price_tiyn_per_kwh": "average price of power",
    "books_before": "books of the quarters before",
    "bought_on_platform": "energy bought on the platform",
    "business_day_calendar": "calendar of business days",
    "coin_value_tiyn": "value of the coins on receipt",
    "cost_tiyn": "costs of mining",
    "customs_value_tiyn": "customs value of the machine",
    "direct_contract_kwh": "energy bought straight from a utility",
    "disclosed_sat": "coins reported",
    "documents": "steps and papers done",
    "dollar_rate_tiyn": "rate of the dollar",
    "early_machines": "machines that left too early",
    "fee": "return and payment of the fee",
    "fee_paid_tiyn": "fee paid",
    "fingerprint_matches": "whether each machine's fingerprint matches",
    "has_data_centre": "whether the operator holds a data centre",
    "imports": "machines imported",
    "kind": "what the operator is in law",
    "largest_purchase_kwh": "largest single purchase",
    "least_energy_wh": "least energy that the coins can have taken",
    "licence_fee_paid_tiyn": "state fee paid",
    "licences": "licences held",
    "licensed_exchanges": "list of licensed exchanges",
    "log_gap_days": "days that the log lacks",
    "log_gap_hours": "hours without a complete log",
    "log_gap_transactions": "transactions that the log lacks",
    "log_gaps": "hours, days and transactions that the log lacks",
    "meter_faulty": "whether a meter was missing or faulty",
    "metered_wh": "energy metered",
    "mined_from": "days of mining",
    "mined_sat": "coins credited before the pools' fee",
    "mined_without_licence_days": "days of mining without a licence",
    "new_mine": "whether the mine is new",
    "new_output_kwh": "new output of the plant",
    "notice": "notices of start and end",
    "off_site_machines": "machines off the licensed site",
    "on_kz_balance_sheet": "whether a Kazakh entity has the machine on its books",
    "only_hosts": "whether the operator only houses machines of others",
    "other_months": "largest purchases of the other months",
    "other_source_kwh": "energy from other sources",
    "platform_kwh": "energy bought on the platform",
    "pool_reported": "whether the pools reported every distribution",
    "power_w": "power of the mine",
    "prepaid_tax_tiyn": "tax paid in advance",
    "programme": "whether the plant is in the 70/30 programme",
    "rebate_claimed_tiyn": "credit claimed for renewable power",
    "rebate_eligible": "whether the operator claims to be eligible for the credit",
    "received": "coins received, by pool",
    "received_sat": "coins received",
    "replacements": "machines replaced",
    "report_on": "day of the quarterly report",
    "route": "where the power comes from",
    "sightings": "machines seen by inspections",
    "sold": "coins sold, by exchange",
    "sold_on_licensed_exchanges_sat": "coins sold on licensed exchanges",
    "standing": "what the operator is and holds",
    "tax_declared_tiyn": "income tax declared",
    "to_grid_kwh": "energy given to the grid",
    "unmatched_machines": "machines without a matching fingerprint",
    "unregistered_machines": "machines not registered to the operator",
    "vat_exempt": "whether the machine came in free of VAT",
    "vat_paid_tiyn": "VAT paid on import",
    "wanted_subtype": "subtype applied for",
    "wrong_replacements": "replacements that were not registered in order",
}

AHEAD: Mapping[str, str] = {
    "ahead.fee.return": "File the return of the fee per kWh",
    "ahead.fee.payment": "Pay the fee per kWh",
    "ahead.sale.period_end": "Last day to sell the due share of coins",
    "ahead.report.quarterly": "File the quarterly report to the ministry",
    "ahead.licence.expiry": "Licence ends; apply for the next one well before",
    "ahead.licence.decision": "The authority decides on the application by this day",
    "ahead.vat.lock_end": "Machines imported free of VAT may leave from this day",
    "ahead.duty.deadline": "Deadline of a duty",
}

CONSEQUENCES: Mapping[str, str] = {
    "prison": "Imprisonment",
    "confiscation": "Machines and other assets seized",
    "suspension": "Licence suspended",
    "fine": "Fine",
    "unpaid": "To be paid, with the interest on it",
}

DUES: Mapping[str, str] = {
    "due.fee": "Fee per kWh",
    "due.income_tax": "Income tax",
    "due.import_vat": "VAT on imports",
}

SIZES: Mapping[str, str] = {
    "individual": "one person",
    "small": "small",
    "medium": "medium",
    "large": "large",
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
    "kept": "a curtailment keeps the price",
    "restruck": "a curtailment strikes the price again",
}

GROUPS: Mapping[str, Mapping[str, str]] = {
    "status": STATUSES,
    **MARKET_GROUPS,
    "reading refusal": READING_REFUSALS,
    "duty": DUTIES,
    "reason": REASONS,
    "fact": FACTS,
    "deadline": AHEAD,
    "consequence": CONSEQUENCES,
    "due": DUES,
    "size": SIZES,
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


def fact_words(name: str) -> str:
    """Give the words of a fact's name; one named by an operator or a pool is read as it is.

    >>> fact_words("metered_wh"), fact_words("exchange-a_sat")
    ('energy metered', 'exchange-a')
    """
    return FACTS.get(name) or plain_name(name)


def graded(confidence: str) -> str:
    """Say how well a value is supported.

    >>> graded("med"), graded("high")
    ('medium', 'high')
    """
    return {"med": "medium"}.get(confidence, confidence)
