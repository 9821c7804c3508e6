"""Which duties want which key: without it they are undetermined, under one reading of the law or another."""

from kezek.dossier.schema import SECTIONS

_LICENCE = ("licence.held", "licence.subtype", "licence.fee", "licence.cap", "licence.renewal", "energy.quota")
_SEEN = ("equipment.registered", "equipment.fingerprint", "equipment.site")
_VAT = ("vat.import", "vat.import_lock")
_NOTICE = ("notice.start", "notice.end")
_FEE = ("fee.payment", "fee.amount")

WANTED_BY: dict[str, tuple[str, ...]] = {
    "operator.kind": ("licence.holder",),
    "operator.route": (
        "licence.data_centre",
        "energy.source",
        "energy.direct_contract",
        "energy.purchase_size",
        "energy.quota",
        "fee.rebate",
        *_FEE,
    ),
    "operator.has_data_centre": ("licence.subtype", "licence.data_centre"),
    "operator.power": ("energy.new_mine_power",),
    "operator.only_hosts": ("fee.return", "fee.payment", "fee.amount"),
    "operator.new_mine": ("energy.new_mine_power",),
    "operator.has_licence": _LICENCE,
    "operator.wanted_subtype": ("licence.subtype", "licence.fee"),
    "operator.has_notice": _NOTICE,
    "operator.has_imports": _VAT,
    "operator.has_replacements": ("equipment.replacement",),
    "operator.was_inspected": _SEEN,
    **{f"licence.{key}": _LICENCE for key in ("subtype", "from", "until", "suspensions")},
    "application.submitted": ("licence.documents", "licence.review"),
    "application.decided": ("licence.review",),
    "application.documents": ("licence.documents",),
    **{f"application.{key}": ("licence.fee",) for key in ("fee_paid_on", "fee_paid", "power", "dollar_rate")},
    "notice.started_on": ("notice.start",),
    "notice.notified_on": ("notice.start",),
    "notice.ended_on": ("notice.end",),
    "notice.end_notified_on": ("notice.end",),
    "lists.accredited_pools": ("pool.accredited",),
    "lists.licensed_exchanges": ("sale.share", "sale.venue", "sale.circulation"),
    **{f"machine.{key}": ("records.energy",) for key in ("model", "power", "hashrate")},
    **{f"sighting.{key}": _SEEN for key in ("serial", "seen_on")},
    "sighting.registered_to": ("equipment.registered",),
    "sighting.fingerprint_matches": ("equipment.fingerprint",),
    "sighting.at_licensed_site": ("equipment.site",),
    **{f"import.{key}": _VAT for key in ("serial", "imported_on", "vat_exempt")},
    **{f"import.{key}": ("vat.import",) for key in ("customs_value", "vat_paid", "on_kz_balance_sheet")},
    **{f"import.{key}": ("vat.import_lock",) for key in ("left_on", "departure")},
    **{
        f"replacement.{key}": ("equipment.replacement",)
        for key in ("old_serial", "new_serial", "replaced_on", "excluded_on", "registered_on")
    },
    "quarter.mined_from": ("licence.held",),
    "quarter.mined_until": ("licence.held",),
    "quarter.mined": ("sale.share",),
    "quarter.received": ("pool.accredited", "sale.share", "records.coins", "records.energy"),
    "quarter.sold": ("sale.share", "sale.venue", "sale.circulation"),
    "quarter.disclosed": ("records.coins",),
    "quarter.metered": ("energy.source", *_FEE, "records.energy"),
    "quarter.meter_faulty": _FEE,
    "quarter.bought_on_platform": ("energy.source", "energy.purchase_size", "energy.quota"),
    "quarter.exempt_energy": ("energy.source",),
    "quarter.direct_contract": ("energy.direct_contract",),
    "quarter.average_price": _FEE,
    "quarter.power_cost": _FEE,
    "quarter.coin_value": ("tax.income",),
    "quarter.cost": ("tax.income",),
    "quarter.tax_declared": ("tax.income",),
    "quarter.fee": ("fee.return", *_FEE),
    "quarter.rebate_claimed": ("fee.rebate",),
    "quarter.rebate_eligible": ("fee.rebate",),
    "quarter.programme": ("energy.programme",),
    **{f"quarter.log_gap_{what}": ("records.detail",) for what in ("hours", "days", "transactions")},
    "quarter.report_on": ("report.quarterly",),
    "quarter.pool_reported": ("report.pool",),
}
"""Duties by section and key; keys that only name something, or that other keys are held against, are not here."""

_PLACES: dict[str, tuple[str, ...]] = {
    "accredited_pools": ("lists.accredited_pools",),
    "application": ("application",),
    "application_power_w": ("application.power",),
    "at_licensed_site": ("sighting.at_licensed_site",),
    "average_price_tiyn_per_kwh": ("quarter.average_price", "quarter.power_cost"),
    "bought_on_platform": ("quarter.bought_on_platform",),
    "coin_value_tiyn": ("quarter.coin_value",),
    "cost_tiyn": ("quarter.cost",),
    "customs_value_tiyn": ("import.customs_value",),
    "direct_contract_kwh": ("quarter.direct_contract",),
    "disclosed_sat": ("quarter.disclosed",),
    "documents": ("application.documents",),
    "dollar_rate_tiyn": ("application.dollar_rate",),
    "fee": ("quarter.fee",),
    "fee_paid_tiyn": ("quarter.fee",),
    "fingerprint_matches": ("sighting.fingerprint_matches",),
    "has_data_centre": ("operator.has_data_centre",),
    "imports": ("import",),
    "kind": ("operator.kind",),
    "largest_purchase_kwh": ("quarter.bought_on_platform",),
    "least_energy_wh": ("machine", "quarter.received"),
    "licence_fee_paid_tiyn": ("application.fee_paid",),
    "licences": ("licence",),
    "licensed_exchanges": ("lists.licensed_exchanges",),
    "log_gap_days": ("quarter.log_gap_days",),
    "log_gap_hours": ("quarter.log_gap_hours",),
    "log_gap_transactions": ("quarter.log_gap_transactions",),
    "meter_faulty": ("quarter.meter_faulty",),
    "metered_wh": ("quarter.metered",),
    "mined_from": ("quarter.mined_from",),
    "mined_sat": ("quarter.mined",),
    "new_mine": ("operator.new_mine",),
    "new_output_kwh": ("quarter.programme",),
    "notice": ("notice",),
    "on_kz_balance_sheet": ("import.on_kz_balance_sheet",),
    "only_hosts": ("operator.only_hosts",),
    "other_source_kwh": ("quarter.exempt_energy",),
    "platform_kwh": ("quarter.bought_on_platform",),
    "pool_reported": ("quarter.pool_reported",),
    "power_w": ("operator.power",),
    "prepaid_tax_tiyn": ("application.prepaid_tax",),
    "programme": ("quarter.programme",),
    "rebate_claimed_tiyn": ("quarter.rebate_claimed",),
    "rebate_eligible": ("quarter.rebate_eligible",),
    "received": ("quarter.received",),
    "received_sat": ("quarter.received",),
    "replacements": ("replacement",),
    "report_on": ("quarter.report_on",),
    "route": ("operator.route",),
    "sightings": ("sighting",),
    "sold": ("quarter.sold",),
    "standing": ("operator.name",),
    "tax_declared_tiyn": ("quarter.tax_declared",),
    "to_grid_kwh": ("quarter.programme",),
    "vat_exempt": ("import.vat_exempt",),
    "vat_paid_tiyn": ("import.vat_paid",),
    "wanted_subtype": ("operator.wanted_subtype",),
}
"""Section and key that a fact is read from, or the section alone, by the name that duties give the fact."""
_OTHERWISE = {
    "books_before": "add a [[quarter]] for each quarter of the year before this one",
    "least_energy_wh": "give each [[machine]] by its model, and `received` under [[quarter]]",
    "other_months": "write `other_months` inside `bought_on_platform` under [[quarter]]",
}
_SECTIONS = {section.name: section for section in SECTIONS}


def written_as(fact: str) -> str:
    """Say what to write where so that a fact is there; "" for one that no file gives.

    >>> written_as("imports")
    'write an [[import]] for each, or `has_imports = false` under [operator]'
    """
    if fact in _OTHERWISE:
        return _OTHERWISE[fact]
    return " or ".join(map(_place, _PLACES.get(fact, ())))


def _place(place: str) -> str:
    name, _, key = place.partition(".")
    section = _SECTIONS[name]
    if key:
        return f"write `{key}` under {section.header}"
    article = "an" if name[0] in "aeiou" else "a"
    each = f"{article} {section.header} for each" if section.many else section.header
    none = f", or `{section.gate} = false` under [operator]" if section.gate else ""
    return f"write {each}{none}"
