"""What to do about a reason: one plain sentence for each that is a breach, a risk, or undecided."""

from collections.abc import Mapping

FIXES: Mapping[str, str] = {
    "duties.law.unknown": "Choose a reading with --reading, or get the text of the rule from the authority.",
    "duties.law.changed_inside_period": "Keep the books of the days before and after the change apart.",
    "duties.facts.missing": "Put the missing fact into the file and check again.",
    "duties.licence.suspended": "Stop the machines until the suspension ends, and clear what led to it.",
    "duties.licence.not_covered": "Stop the machines until a licence covers them; apply through the state's portal.",
    "duties.licence.holder_not_entitled": "Let a Kazakh entity, or an entrepreneur, hold the licence.",
    "duties.licence.subtype_wrong": "Apply for the other subtype, or change whose data centre it is.",
    "duties.licence.steps_open": "Finish the steps listed, then hand in the application.",
    "duties.licence.steps_missing": "Bring the missing papers at once; an application without them is refused.",
    "duties.licence.fee_open": "Pay the state fee before the licence is issued.",
    "duties.licence.fee_short": "Pay what is missing of the state fee.",
    "duties.licence.prepayment_without_base": "Ask the authority in writing what the share is of; keep the answer.",
    "duties.licence.cap_reached": "Ask to be put in line, or mine as a tenant of a licensee.",
    "duties.licence.authority_late": "Ask the authority for its decision in writing; silence is no licence.",
    "duties.licence.expires_soon": "Apply for the next licence now; the decision alone takes three weeks.",
    "duties.licence.expired": "Stop the machines until a new licence is there.",
    "duties.licence.outside_data_centre": "Move the machines into a mining data centre, your own or a host's.",
    "duties.notice.start_late": "Nothing mends a late notice; keep proof of the day you gave it.",
    "duties.notice.start_missing": "Give the notice now and keep proof of the day.",
    "duties.notice.start_due_soon": "Give the notice by the deadline and keep proof of the day.",
    "duties.notice.end_late": "Nothing mends a late notice; keep proof of the day you gave it.",
    "duties.notice.end_missing": "Give the notice now and keep proof of the day.",
    "duties.notice.end_due_soon": "Give the notice by the deadline and keep proof of the day.",
    "duties.report.quarterly_late": "Nothing mends a late report; keep proof of the day you filed it.",
    "duties.report.quarterly_missing": "File the report now and keep proof of the day.",
    "duties.report.quarterly_due_soon": "File the report by the deadline.",
    "duties.report.pool_not_reported": "Ask the pool for proof of its reports, and leave a pool that has none.",
    "duties.equipment.not_registered": "Switch them off until the register holds them under your name.",
    "duties.equipment.no_fingerprint": "Have the machines read again and their fingerprints entered in the register.",
    "duties.equipment.off_site": "Move the machines to a licensed site, or have the site entered in the licence.",
    "duties.equipment.replacement_not_registered": "Register the new one before it runs; strike the old one off.",
    "duties.pool.not_accredited": "Point the machines at an accredited pool, and keep the contract with it.",
    "duties.vat.import_unpaid": "Pay the VAT that is missing, or show the exemption and the Kazakh balance sheet.",
    "duties.vat.lock_broken": "Bring the machines back if you can, and settle the VAT with the tax authority.",
    "duties.energy.unsourced": "Buy on the platform what you use, and show a meter or a contract for the rest.",
    "duties.energy.route_not_exempt": "End the contract and buy on the platform, or change to an exempt source.",
    "duties.energy.surplus_hours_unknown": "Get the utility's list of surplus hours and set it beside your meter.",
    "duties.energy.direct_contract": "End the contract and buy on the platform.",
    "duties.energy.purchase_too_large": "Split what you buy into purchases no larger than the maximum.",
    "duties.energy.no_quota": "Let the host buy for you, or apply for subtype I with a data centre of your own.",
    "duties.energy.programme_by_capacity": "Keep the power by the hour; ask the ministry what the share is of.",
    "duties.energy.programme_short": "Give the grid what is missing of its share.",
    "duties.energy.new_mine_too_large": "Bring the power of the mine down to the limit.",
    "duties.sale.short": "Sell what is missing on a licensed exchange now and keep the slips.",
    "duties.sale.behind_pace": "Sell what is missing on a licensed exchange before the deadline.",
    "duties.sale.whole_year_needed": "Put the books of all four quarters into the file.",
    "duties.sale.venue_not_licensed": "Sell on licensed exchanges only; what was sold elsewhere does not count.",
    "duties.sale.circulated": "Sell inside the Astana International Financial Centre only.",
    "duties.fee.return_late": "Nothing mends a late return; file the next one by its deadline.",
    "duties.fee.return_missing": "File the return now; each day makes it later.",
    "duties.fee.return_due_soon": "File the return by the deadline.",
    "duties.fee.payment_late": "Pay the interest that the tax authority asks for; pay the next fee by its deadline.",
    "duties.fee.payment_missing": "Pay the whole fee now, with the interest that the tax authority asks for.",
    "duties.fee.payment_due_soon": "Pay the fee by the deadline.",
    "duties.fee.part_paid": "Pay the rest by the deadline.",
    "duties.fee.short": "Pay what is missing and correct the return.",
    "duties.fee.rebate_over_cap": "Claim no more than the limit, and pay the difference.",
    "duties.tax.short": "Declare and pay the difference in a corrected return.",
    "duties.records.undisclosed": "Report the missing coins in a corrected report before an audit finds them.",
    "duties.records.meter_under_coins": "Have the meters checked and sealed, and look for load that they do not see.",
    "duties.records.log_gaps": "Fill the gaps from the pools' and the meters' own records.",
}
"""What to do about a reason that is a breach, a risk, or undecided."""


def fix(reason: str) -> str:
    """Say what to do about a reason; "" for one that needs nothing done.

    >>> fix("duties.sale.behind_pace"), fix("duties.sale.sold")
    ('Sell what is missing on a licensed exchange before the deadline.', '')
    """
    return FIXES.get(reason, "")
