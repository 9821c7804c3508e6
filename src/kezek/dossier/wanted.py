"""Which duties want which key: without it they are undetermined, under one reading of the law or another."""

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
    "operator.wanted_subtype": ("licence.fee",),
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
    "quarter.coin_value": ("tax.income",),
    "quarter.cost": ("tax.income",),
    "quarter.tax_declared": ("tax.income",),
    "quarter.fee": ("fee.return", *_FEE),
    "quarter.rebate_claimed": ("fee.rebate",),
    "quarter.rebate_eligible": ("fee.rebate",),
    "quarter.programme": ("energy.programme",),
    "quarter.log_gap_hours": ("records.detail",),
    "quarter.report_on": ("report.quarterly",),
    "quarter.pool_reported": ("report.pool",),
}
"""Duties by section and key; keys that only name something, or that other keys are held against, are not here."""
